"""The programs of `benchmarks.ocean` compute what NumPy does, and the derivative of the equation of state is right."""

import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
def ocean(monkeypatch):
    """The module, imported as ``python -m`` does from the folder of the project."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import ocean
    yield ocean
    for name in [n for n in sys.modules if n.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("linker", ["default", "vm"])
@pytest.mark.parametrize("program", ["state", "by grad", "slopes", "mixing"])
def test_as_numpy(ocean, program, linker):
    arrays = ocean.arrays_of(program, 300)
    expected = ocean.NumPy().prepare("state" if program == "by grad" else program, arrays)()
    f = ocean.Theano().compile(program, arrays, None if linker == "default" else theano.Mode(linker, "fast_run"))
    for _ in range(2):
        ocean.agree(f(*arrays), expected)


def test_derivative_of_the_equation_of_state(ocean):
    enthalpy = ocean.seawater.function_of(ocean.seawater.ENTHALPY, T.sqrt, T.log)
    points = [np.array([5.0, 34.0, 36.5]), np.array([-1.0, 4.0, 22.0]), np.array([10.0, 500.0, 4000.0])]
    T.verify_grad(lambda *arguments: enthalpy(*arguments) / 1e3, points, rng=np.random.RandomState(1))


def test_enthalpy_is_the_integral_of_the_specific_volume(ocean):
    water, (s, t, p) = ocean.seawater, (35.0, 25.0, 2000.0)
    a, b, c, e, f, g, k = (eval(water.polynomial(table), {"s": s, "t": t, "r": np.sqrt(s)}) for table in (
        water.A, water.B, water.C, water.E, water.F, water.G, water.K))
    volume = (e + f * p + g * p**2 + k * p**3) / (a + 2 * b * p + c * p**2)
    enthalpy = water.function_of(water.ENTHALPY, np.sqrt, np.log)
    assert (enthalpy(s, t, p + 1) - enthalpy(s, t, p - 1)) / 2e4 == pytest.approx(volume, rel=1e-8)
    assert enthalpy(s, t, 0.0) == 0
