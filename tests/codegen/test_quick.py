"""Pieces of a row that the quick way of a function does not suit are computed again with care."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen import emit
from theano.codegen.dialects.c import PIECE

SIZES = (1, 7, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5)
FUNCTIONS = {
    "exp": (lambda n, x: n.exp(x), [800.0, -760.0, -740.5, np.inf, -np.inf, np.nan, 708.5]),
    "sin": (lambda n, x: n.sin(x), [1e22, -1e10, np.nan]),
    "cos and tan": (lambda n, x: n.cos(x) * n.tan(x / 2), [1e22, -1e10, np.nan]),
    "exp of sin": (lambda n, x: n.exp(n.sin(x)) * n.exp(x), [1e22, 800.0]),
    **{name: (lambda n, x, name=name: getattr(n, name)(abs(x)), [0.0, 1e-22, 1e-40, 1e19, np.inf, np.nan])
       for name in ("log", "log2", "log10")},
    "exp2": (lambda n, x: n.exp2(x), [150.0, -149.5, -1e30, np.inf, -np.inf, np.nan]),
    "powers": (lambda n, x: abs(x) ** x, [0.0, 40.0, -40.0, 150.0, -1e30, np.inf, -np.inf, np.nan]),
    "remainder": (lambda n, x: x % np.float32(0.625), [1e300, np.nan, np.inf]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_hard_numbers_among_easy_ones(name, dtype):
    function, hard = FUNCTIONS[name]
    x = T.vector(dtype=dtype)
    f = theano.function([x], function(T, x))
    w = theano.shared(np.zeros(1, dtype))
    update = theano.function([], [], updates=[(w, function(T, w))])
    rng = np.random.default_rng(0)
    for size in SIZES:
        value = rng.uniform(-3, 3, size).astype(dtype)
        with np.errstate(all="ignore"):
            value[rng.integers(0, size, len(hard))] = np.asarray(hard, dtype)
            expected = function(np, value)
        for given in (value, value[::-1]):
            np.testing.assert_allclose(f(given), function_of(function, given), rtol=4 * np.finfo(dtype).eps,
                                       atol=2 * np.finfo(dtype).smallest_subnormal)
        w.set_value(value)
        update()
        np.testing.assert_allclose(w.get_value(), expected, rtol=4 * np.finfo(dtype).eps,
                                   atol=2 * np.finfo(dtype).smallest_subnormal)


def function_of(function, value):
    with np.errstate(all="ignore"):
        return function(np, value)


def test_rows_with_masked_entries():
    x = T.dmatrix()
    f = theano.function([x], T.nnet.softmax(x))
    value = np.random.default_rng(1).standard_normal((6, 40))
    value[2, 5:] = -np.inf
    value[4, 1] = -2000.0
    shifted = np.exp(value - value.max(1, keepdims=True))
    np.testing.assert_allclose(f(value), shifted / shifted.sum(1, keepdims=True), rtol=1e-14)


@pytest.mark.parametrize(("text", "expected"), [
    ("f(a)", ["a"]), ("f((a + g(b))) * f(c, (d))", ["(a + g(b))", "c, (d)"]), ("ff(a) + g(a)", [])])
def test_arguments_of_calls(text, expected):
    assert list(emit.arguments_of("f", text)) == expected
