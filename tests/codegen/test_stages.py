"""Long functions of what long functions gave, which kernels compute in loops of their own."""

import numpy as np
import pytest
from scipy import special

import theano
import theano.tensor as T
from theano.codegen.dialects.c import KEPT, PIECE, STAGE

SIZES = (0, 1, STAGE - 1, STAGE, STAGE + 1, PIECE + 3, 3 * PIECE + 5)


def sigmoid(x):
    return special.expit(x)


CASES = {
    "two": (lambda x, y: T.tanh(T.nnet.sigmoid(x) * y), lambda x, y: np.tanh(sigmoid(x) * y)),
    "three": (lambda x, y: T.erf(T.tanh(T.nnet.sigmoid(x) + y) - y) * x,
              lambda x, y: special.erf(np.tanh(sigmoid(x) + y) - y) * x),
    "quick": (lambda x, y: T.exp(T.tanh(T.sin(x)) * y) + T.sin(x),
              lambda x, y: np.exp(np.tanh(np.sin(x)) * y) + np.sin(x)),
    "truth": (lambda x, y: T.switch(T.gt(T.tanh(T.exp(x)), 0.5), T.sin(y), y),
              lambda x, y: np.where(np.tanh(np.exp(x)) > 0.5, np.sin(y), y)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_stages_agree_with_numpy(name, dtype):
    ours, numpy = CASES[name]
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    f = theano.function([x, y], ours(x, y))
    rng = np.random.default_rng(1)
    tolerance = 20 * np.finfo(dtype).eps
    for size in SIZES:
        a, b = rng.uniform(-3, 3, size).astype(dtype), rng.uniform(-2, 2, size).astype(dtype)
        wide = numpy(a.astype("float64"), b.astype("float64"))
        for given in ((a, b), (a[::-1], b[::-1])):
            expected = wide if given[0] is a else wide[::-1]
            np.testing.assert_allclose(f(*given), expected, rtol=tolerance, atol=tolerance)


def test_hard_numbers_reach_a_later_stage():
    """A quick function behind a cut is checked where its argument is known."""
    x = T.vector("x", "float64")
    f = theano.function([x], T.exp(T.sinh(x)))
    value = np.random.default_rng(0).uniform(-2, 2, 2 * PIECE + 7)
    value[[3, STAGE, PIECE + 5, -1]] = [7.5, -8.0, np.nan, 30.0]
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(f(value), np.exp(np.sinh(value)), rtol=1e-13, atol=1e-320)


def test_stages_in_place():
    """What a later stage reads was not overwritten by an earlier one."""
    w = theano.shared(np.linspace(-2, 2, 2 * PIECE + 9))
    before = w.get_value()
    theano.function([], [], updates=[(w, T.tanh(T.exp(w)) + T.sin(T.tanh(w) + w) * w)])()
    np.testing.assert_allclose(w.get_value(), np.tanh(np.exp(before)) + np.sin(np.tanh(before) + before) * before,
                               rtol=1e-14, atol=1e-15)


def test_stages_of_rows_and_sums():
    """Biases that stay in place along rows, and values that are summed, cross cuts too."""
    x, b = T.matrix("x", "float64"), T.vector("b", "float64")
    both = T.tanh(T.exp(x * 0.5) + b) * b[:, None][:, :1].sum()
    f = theano.function([x, b], [both, T.tanh(T.exp(x) + b[0]).sum(axis=1)])
    rng = np.random.default_rng(2)
    a, c = rng.uniform(-2, 2, (37, 513)), rng.uniform(-1, 1, 513)
    found = f(a, c)
    np.testing.assert_allclose(found[0], np.tanh(np.exp(a * 0.5) + c) * c.sum(), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(found[1], np.tanh(np.exp(a) + c[0]).sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("count", [KEPT, KEPT + 1])
def test_many_values_for_a_later_stage(count):
    """Kept for the second stage, or computed in one loop where they are too many."""
    xs = [T.vector(f"x{k}", "float64") for k in range(count)]
    f = theano.function(xs, sum(T.tanh(T.exp(xs[0]) * x) for x in xs))
    values = np.random.default_rng(3).uniform(-1, 1, (count, STAGE + 50))
    np.testing.assert_allclose(f(*values), np.tanh(np.exp(values[0]) * values).sum(axis=0), rtol=1e-13, atol=1e-14)
