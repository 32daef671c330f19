"""Means and norms of whole numbers, which are not whole."""

import numpy as np
import pytest

import theano
import theano.tensor as T

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def extremes(dtype):
    """A matrix of numbers whose sums and powers the dtype has no room for."""
    limits = np.iinfo(dtype)
    return np.array([[limits.max, limits.max, 3], [limits.min, limits.max - 1, 1]], dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_means_of_integers_do_not_wrap(dtype):
    x, value = T.matrix(dtype=dtype), extremes(dtype)
    results = theano.function([x], [x.mean(), x.mean(axis=1), x.var(), x.std(axis=0), x.mean(axis=())])(value)
    expected = [value.mean(), value.mean(axis=1), value.var(), value.std(axis=0), value.mean(axis=())]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted, strict=True)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_norms_of_integers_do_not_wrap(dtype):
    x, value = T.matrix(dtype=dtype), extremes(dtype)
    results = theano.function([x], [x.norm(2, axis=0), x.norm(3), x.norm(4, axis=1, keepdims=True)])(value)
    wide = abs(value.astype("float64"))
    expected = [np.linalg.norm(value, axis=0), (wide ** 3).sum() ** (1 / 3), (wide ** 4).sum(1, keepdims=True) ** 0.25]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted)
