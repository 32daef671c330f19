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
