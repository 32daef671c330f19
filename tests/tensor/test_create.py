"""New tensors."""

import numpy as np
import pytest

import theano
import theano.tensor as T

ALL = ("bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64", "complex64", "complex128")


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("dtype", ALL)
def test_triangles_of_what_is_not_finite(dtype, mode):
    x, value = T.matrix(dtype=dtype), np.ones((3, 4), dtype)
    if dtype[0] in "fc":
        value = -value
        value[0, 3], value[2, 0], value[1, 1] = np.nan, np.inf, -np.inf
    offsets = (-3, -1, 0, 1, 4)
    results = theano.function([x], [f(x, k) for f in (T.tril, T.triu) for k in offsets], mode=mode)(value)
    for result, expected in zip(results, [f(value, k) for f in (np.tril, np.triu) for k in offsets], strict=True):
        np.testing.assert_array_equal(result, expected, strict=True)
        assert np.array_equal(np.signbit(result.real), np.signbit(expected.real))


def test_diagonals_of_triangles_whose_offset_is_not_known():
    x, k = T.dmatrix(), T.iscalar()
    f = theano.function([x, k], [T.diag(T.tril(x, k)), T.diag(T.triu(x, k))])
    value = np.arange(1., 17.).reshape(4, 4)
    for offset in (-1, 0, 1):
        below, above = f(value, offset)
        np.testing.assert_array_equal(below, np.diag(np.tril(value, offset)))
        np.testing.assert_array_equal(above, np.diag(np.triu(value, offset)))
