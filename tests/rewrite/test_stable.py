"""Forms that keep their accuracy where the ones written down lose it."""

import numpy as np
import pytest
import scipy.special

import theano
import theano.tensor as T


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-12), ("float32", 1e-5)])
def test_gradients_of_logarithms_of_erfc(dtype, rtol):
    x, value = T.vector(dtype=dtype), np.array([-20, -2, -0.5, 0, 3, 9, 12, 26, 28, 40, 1000], dtype)
    first = T.grad(T.log(T.erfc(x)).sum(), x)
    tail = T.grad(T.log(0.5 * T.erfc(x / np.sqrt(2).astype(dtype))).sum(), x)
    ratio = 2 / np.sqrt(np.pi) / scipy.special.erfcx(value.astype("float64"))
    results = theano.function([x], [first, T.grad(first.sum(), x)])(value)
    np.testing.assert_allclose(results[0], -ratio, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(results[1], 2 * value * ratio - ratio ** 2, rtol=1e-4, atol=1e5 * rtol if dtype ==
                               "float32" else 1e-4)
    expected = -np.sqrt(2 / np.pi) / scipy.special.erfcx(value / np.sqrt(2))
    np.testing.assert_allclose(theano.function([x], tail)(value), expected, rtol=10 * rtol, atol=rtol)


@pytest.mark.parametrize("targets", ["float64", "float32", "float16", "int64", "int8"])
@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-12), ("float32", 1e-6), ("float16", 2e-3)])
def test_gradients_of_cross_entropy_of_sigmoid_where_dtypes_are_mixed(dtype, targets, rtol):
    x, t = T.vector(dtype=dtype), T.vector(dtype=targets)
    cost = T.nnet.binary_crossentropy(T.nnet.sigmoid(x), t).mean()
    value = np.array([-60000, -2000, -100, -20, -9, -1, 0, 1, 9, 20, 100, 2000, 60000], dtype)
    truth = np.array([0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0], targets)
    result = theano.function([x, t], T.grad(cost, x))(value, truth)
    assert result.dtype == dtype
    expected = (scipy.special.expit(value.astype("float64")) - truth) / value.size
    np.testing.assert_allclose(result, expected, rtol=rtol, atol=rtol * 1e-4)
