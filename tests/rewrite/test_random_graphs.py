"""Rewriting, fusing and compiling never change a value: random graphs against unoptimised Python.

`tools/fuzz_graphs.py` looks at as many more as one likes.
"""

import numpy as np
import pytest
from random_graphs import arguments, disagreements, grow, noise

import theano
import theano.tensor as T

MODES = ("FAST_RUN", theano.Mode("py", "fast_run"), "FAST_COMPILE")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(30))
def test_values_survive_rewriting(seed, dtype):
    rng = np.random.RandomState(seed)
    inputs, values = arguments(rng, dtype)
    assert not disagreements(grow(rng, inputs, 14), inputs, values, MODES)


@pytest.mark.parametrize("seed", range(30))
def test_gradients_survive_rewriting(seed):
    rng = np.random.RandomState(1000 + seed)
    inputs, values = arguments(rng, "float64")
    cost = sum(o.sum() for o in grow(rng, inputs, 8))
    gradients = T.grad(cost, [v for v in inputs if v.dtype == "float64"], disconnected_inputs="ignore")
    assert not disagreements(gradients, inputs, values, MODES[:1])


def test_noise_tells_what_rounding_can_change():
    x, value = T.fvector(), np.asarray([0.3, 0.7, 1.1], "float32")
    assert noise(x * 3 + 1, [x], [value]).max() < 1e-4
    assert noise(x % (x * 3 / 3), [x], [value]).min() > 0.2             # nearly 0, or nearly x
    assert noise(T.arctan(T.log(x - x[0])), [x], [value]).tolist()[0] == np.inf             # looks finite at the end
    assert noise(T.arctan(T.log(x - x[0])), [x], [value])[1:].max() < 1e-4


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("value", [0.0, 1000.0, -1000.0])
def test_shifted_constants_are_not_shifted_again(mode, value):
    """Rewriting log(sum(exp(x + constant))) ends: what is left after the shift is a constant. Warnings are errors."""
    x = T.dscalar("x")
    rows = T.log(T.exp(T.arctan(x) + T.alloc(value, 3, 4)).sum(axis=1))
    f = theano.function([x], rows, mode=mode)
    np.testing.assert_allclose(f(0.5), np.arctan(0.5) + value + np.log(4) * np.ones(3))
