"""Every row of the scalar table: value, C, gradient, dtype. Being in the table is being tested."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scalar.op import ScalarOp
from theano.scalar.type import complex_dtypes, discrete_dtypes
from theano.tensor.elemwise import ELEMWISE

ROWS = {name: row for name, row in ScalarOp.table.items()
        if name in ELEMWISE and not name.startswith("cast_")}
PYTHON = theano.Mode("py", None)
NAMES = sorted(ROWS)
DTYPES = ("bool", "int8", "int32", "int64", "uint8", "float32", "float64", "complex128")


def draw(row, dtype, rng, n=37):
    """Arguments in the domain of a row."""
    count = 2 if row.nin < 0 else row.nin
    domains = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
    values = [rng.uniform(low, high, n) for low, high in domains]
    if dtype in complex_dtypes:
        values = [v + 1j * rng.uniform(-0.5, 0.5, n) for v in values]
    if dtype in discrete_dtypes:
        values = [np.abs(np.round(v * 3)) if dtype.startswith(("u", "b")) else np.round(v * 3) for v in values]
    return [v.astype(dtype) for v in values]


def variables(row, values):
    return [T.tensor(v.dtype.name, (False,)) for v in values]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_native_value_is_numpys(name, dtype, rng):
    row = ROWS[name]
    values = draw(row, dtype, rng)
    inputs = variables(row, values)
    try:
        output = ELEMWISE[name](*inputs)
    except TypeError:
        with pytest.raises(TypeError):
            row.output_dtype(*(v.dtype.name for v in values))
        return
    try:
        expected = theano.function(inputs, output, mode=PYTHON)(*values)
    except TypeError:                                       # NumPy or SciPy has no loop for it
        return
    result = theano.function(inputs, output)(*values)
    assert result.dtype == expected.dtype == output.dtype
    tolerance = 1e-6 if result.dtype.itemsize <= 4 or result.dtype == "complex64" else 1e-12
    np.testing.assert_allclose(result, expected, rtol=tolerance * 10, atol=tolerance)


SMOOTH = [name for name in NAMES if ROWS[name].gradient is not None
          and name not in ("complex", "complex_from_polar", "angle", "real", "imag", "conj", "ultra_fast_sigmoid")]


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient_is_the_derivative(name, rng):
    row = ROWS[name]
    values = draw(row, "float64", rng, n=5)
    if name == "switch":
        values[0] = np.array([0.0, 1, 1, 0, 1])
    fixed = [i for i, t in enumerate(row.gradient(*(T.dvector() for _ in values), T.dvector(), T.dvector()))
             if t is None]
    moving = [v for i, v in enumerate(values) if i not in fixed]
    if not moving:
        return

    def function(*xs):
        xs = iter(xs)
        return ELEMWISE[name](*(T.constant(v) if i in fixed else next(xs) for i, v in enumerate(values)))

    T.verify_grad(function, moving, rng=rng, eps=1e-6, abs_tol=2e-4, rel_tol=2e-4)


@pytest.mark.parametrize("name", [n for n in NAMES if ROWS[n].nin == 1])
def test_zero_is_true_to_numpy(name):
    row = ROWS[name]
    with np.errstate(all="ignore"):
        try:
            at_zero = np.asarray(row.numpy(np.array(0.0)))
        except TypeError:                                   # bits of floats
            return
    if row.zero:
        assert at_zero == 0


@pytest.mark.parametrize("name", [n for n in NAMES if ROWS[n].commutative])
def test_commutative_is_true_to_numpy(name, rng):
    row = ROWS[name]
    dtype = "int64" if name in ("and_", "or_", "xor") else "float64"
    x, y = draw(row, dtype, rng)
    np.testing.assert_array_equal(row.numpy(x, y), row.numpy(y, x))
