"""Columns taken from rows, of which four share what is read of the index."""

import numpy as np
import pytest

import theano
import theano.tensor as T


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("rows", [1, 3, 4, 5, 8, 11])
def test_columns_where_a_mask_holds_and_columns_by_number(rows, dtype):
    x, mask, places = T.matrix(dtype=dtype), T.vector(dtype="bool"), T.lvector()
    f = theano.function([x, mask, places], [x[:, mask], x[:, places]])
    rng = np.random.RandomState(rows)
    for width in (1, 7, 100, 300, 700):
        value = (100 * rng.rand(2 * rows, 2 * width)).astype(dtype)
        chosen, at = rng.rand(width) < 0.5, rng.randint(-width, width, width // 2)
        for part in (value[:rows, :width], value[::-2, ::2][:rows], np.asfortranarray(value)[:rows, -width:]):
            for found, expected in zip(f(part, chosen, at), (part[:, chosen], part[:, at]), strict=True):
                np.testing.assert_array_equal(found, expected)


def test_columns_of_stacked_matrices():
    x, places = T.dtensor3(), T.lvector()
    value, at = np.random.RandomState(3).rand(3, 5, 9), np.array([8, 0, -3, 3])
    np.testing.assert_array_equal(theano.function([x, places], x[:, :, places])(value, at), value[:, :, at])
    swapped = value.transpose(1, 0, 2)
    np.testing.assert_array_equal(theano.function([x, places], x[:, :, places])(swapped, at), swapped[:, :, at])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("width", range(1, 12))
def test_parts_of_rows_by_number(width, dtype):
    x, places = T.matrix(dtype=dtype), T.lvector()
    f = theano.function([x, places], x[places, 1:1 + width])
    rng = np.random.RandomState(width)
    value = (100 * rng.rand(30, 13)).astype(dtype)
    for count in (0, 1, 11, 12, 13, 40):
        at = rng.randint(-30, 30, count)
        np.testing.assert_array_equal(f(value, at), value[at, 1:1 + width])
        np.testing.assert_array_equal(f(value[:, ::-1], at), value[:, ::-1][at, 1:1 + width])
    with pytest.raises(IndexError):
        f(value, [0, 30])
