"""Complex numbers in generated code: values, and NumPy's at infinities, nan, zeros and branch cuts."""

import mpmath
import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen import mathlib
from theano.scalar.table import TABLE
from theano.tensor.elemwise import ELEMWISE

# name: largest error, in units of the last place of the modulus of the result
FUNCTIONS = {
    "exp": 4, "exp2": 4, "expm1": 4, "log": 3, "log2": 4, "log10": 4, "log1p": 4, "sqrt": 3, "sin": 4, "cos": 4,
    "tan": 8, "sinh": 4, "cosh": 4, "tanh": 8, "abs_": 2, "angle": 3, "sqr": 3, "inv": 4,
}
REFERENCES = {
    "exp2": lambda z: mpmath.power(2, z), "log2": lambda z: mpmath.log(z) / mpmath.log(2), "abs_": abs,
    "log1p": lambda z: mpmath.log(1 + z), "angle": mpmath.arg, "sqr": lambda z: z * z, "inv": lambda z: 1 / z,
}  # fmt: skip
PARTS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-3, np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300, 750.0, -750.0, 1e22]


def function(name, count, dtype):
    """A compiled row of the table for vectors."""
    inputs = [T.vector(dtype=dtype) for _ in range(count)]
    return theano.function(inputs, ELEMWISE[name](*inputs))


def draw(rng, size):
    """Numbers of several magnitudes, among them some near the unit circle."""
    ordinary = rng.uniform(-3, 3, size) + 1j * rng.uniform(-3, 3, size)
    small = 10.0 ** rng.uniform(-12, 0, size) * np.exp(2j * np.pi * rng.random(size))
    unit = (1 + 1e-9 * rng.standard_normal(size)) * np.exp(2j * np.pi * rng.random(size))
    return np.concatenate([ordinary, small, unit])


def grid(dtype):
    """All pairs of special parts."""
    with np.errstate(over="ignore"):
        re, im = np.meshgrid(np.array(PARTS, dtype), np.array(PARTS, dtype))
    z = np.empty(re.shape, np.result_type(dtype, np.complex64))
    z.real, z.imag = re, im
    return z.ravel()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_accurate(name, dtype):
    z = draw(np.random.default_rng(0), 40).astype(dtype)
    got = function(name, 1, dtype)(z)
    reference = REFERENCES.get(name) or getattr(mpmath, name)
    with mpmath.workprec(120):
        expected = [reference(mpmath.mpc(complex(v))) for v in z]
        off = [abs(mpmath.mpc(complex(g)) - e) / abs(e) for g, e in zip(got, expected, strict=True)]
    worst = int(np.argmax(off))
    assert off[worst] / np.finfo(dtype).eps < FUNCTIONS[name], (z[worst], got[worst], expected[worst])


def agree(got, expected, rtol):
    """Elementwise: close, or the same infinities and nan in both parts."""
    with np.errstate(all="ignore"):
        close = np.abs(got - expected) <= rtol * np.abs(expected)
    parts = [(a == b) | np.isnan(a) & np.isnan(b)
             for a, b in ((got.real, expected.real), (got.imag, expected.imag))]
    return close | parts[0] & parts[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["exp", "exp2", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
                                  "tanh", "abs_", "angle", "sqr", "inv", "conj", "real", "imag"])
def test_special_values_are_those_of_numpy(name, dtype):
    z = grid(dtype)
    for size in (z.size, 1):
        got = np.concatenate([function(name, 1, z.dtype.name)(part) for part in np.split(z, z.size // size)])
        with np.errstate(all="ignore"):
            expected = np.asarray(TABLE[name].numpy(z))
        wrong = ~agree(got, expected, 16 * np.finfo(dtype).eps)
        assert not wrong.any(), [(z[k], got[k], expected[k]) for k in np.flatnonzero(wrong)[:5]]
        zero = (got == 0) & (expected == 0) & (name != "imag")
        assert (np.signbit(got.real) == np.signbit(expected.real))[zero].all()
        if size == z.size:
            z = z[::7][:14]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "true_div", "eq", "neq"])
def test_arithmetic_of_special_values_is_that_of_numpy(name):
    z = grid("float64")
    rng = np.random.default_rng(1)
    a, b = rng.choice(z, 4000), rng.choice(z, 4000)
    with np.errstate(all="ignore"):
        expected = np.asarray(TABLE[name].numpy(a, b))
    got = function(name, 2, "complex128")(a, b)
    assert got.dtype == expected.dtype
    wrong = got != expected if got.dtype == bool else ~agree(got, expected, 1e-14)
    assert not wrong.any(), [(a[k], b[k], got[k], expected[k]) for k in np.flatnonzero(wrong)[:5]]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_powers_are_those_of_numpy(dtype):
    parts = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5]
    powers = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 4.0, 7.0, 25.0, -25.0, 200.0, 2.5, np.inf, np.nan]
    grids = np.meshgrid(parts, parts, powers, [0.0, -0.0, 1.0, -0.5])
    a, b = np.empty((2, grids[0].size), dtype)
    a.real, a.imag, b.real, b.imag = (v.ravel() for v in grids)
    with np.errstate(all="ignore"):
        expected = np.power(a, b)
    wrong = ~agree(function("pow", 2, dtype)(a, b), expected, 64 * np.finfo(dtype).eps)
    assert not wrong.any(), [(a[k], b[k], expected[k]) for k in np.flatnonzero(wrong)[:5]]


@pytest.mark.parametrize("name", ["isnan", "isinf"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_questions_about_complex_numbers(name, dtype):
    z = grid(dtype)
    np.testing.assert_array_equal(function(name, 1, z.dtype.name)(z), getattr(np, name)(z))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_complex_numbers_of_parts(dtype):
    with np.errstate(over="ignore"):
        x, y = (a.ravel() for a in np.meshgrid(np.array(PARTS, dtype), np.array(PARTS, dtype)))
    z = function("complex", 2, dtype)(x, y)
    np.testing.assert_array_equal(np.stack([z.real, z.imag]), np.stack([x, y]))
    assert (np.signbit(z.real) == np.signbit(x))[~np.isnan(x)].all()
    r, t = np.array([1.0, 2.0, -1.0, 0.5], dtype), np.array([0.0, 0.5, 3.0, 1e10], dtype)
    np.testing.assert_allclose(function("complex_from_polar", 2, dtype)(r, t), r * np.exp(1j * t.astype(complex)),
                               rtol=4 * np.finfo(dtype).eps)


def test_conditions_may_be_complex():
    z, large = np.array([0, 1j, np.nan], "complex64"), np.array([2 ** 64 - 2, 2 ** 64 - 4, 2 ** 63 - 1], "uint64")
    c, x, y = T.cvector(), *T.vectors("xy", dtype="uint64")
    np.testing.assert_array_equal(theano.function([c, x, y], T.switch(c, x, y))(z, large, large - 1),
                                  np.where(z, large, large - 1))


def test_angles_of_real_numbers():
    x = np.array([0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(function("angle", 1, "float64")(x), np.angle(x))
    whole = np.arange(-2, 3, dtype="int32")
    np.testing.assert_array_equal(function("angle", 1, "int32")(whole), np.angle(whole))


def test_every_function_has_a_vectorisable_form():
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "log1p"):
        for dtype in ("complex64", "complex128"):
            assert mathlib.fast(mathlib.resolve(name, dtype)) is not None
