"""Columns taken from rows, of which four share what is read of the index; rows of any number of bytes."""

import numpy as np
import pytest

import theano
import theano.tensor as T

BYTES = [*range(1, 34), 40, 47, 48, 49, 63, 64, 65, 72, 128, 248, 511, 4088, 4095, 4096]           # of a row


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


@pytest.mark.parametrize("columns", BYTES)
def test_rows_of_any_number_of_bytes(columns):
    """Copied like numbers, by their ends or by pieces; from an odd address, in blocks of places and what remains."""
    x, places, mask = T.matrix(dtype="uint8"), T.lvector(), T.vector(dtype="bool")
    f = theano.function([x, places, mask], [x[places], x[mask], x[:-1, :columns - 1][places // 2]])
    rng = np.random.RandomState(columns)
    for rows in (3, 14, 1100):
        value = rng.randint(0, 256, rows * columns + 1).astype("uint8")[1:].reshape(rows, columns)
        chosen = rng.rand(rows) < 0.6
        for lowest, highest in ((0, rows), (-rows, rows)):
            at = rng.randint(lowest, highest, rows)
            expected = [value[at], value[chosen], value[:-1, :columns - 1][at // 2]]
            for found, wanted in zip(f(value, at, chosen), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("columns", BYTES)
def test_rows_of_any_number_of_bytes_are_written(columns):
    """Of the values for one row the last one stays; those of rows are side by side, apart, or one for all."""
    x, values, places, pairs = T.matrix(dtype="uint8"), T.matrix(dtype="uint8"), T.lvector(), T.lmatrix()
    f = theano.function([x, values, places, pairs], [
        T.set_subtensor(x[places], values), T.set_subtensor(x[places], values[::2][:1]),
        T.set_subtensor(x[places, :columns - 1], values[:, 1:]),
        T.set_subtensor(x[pairs], values[:2].dimshuffle(0, "x", 1))])
    rng = np.random.RandomState(columns)
    for rows in (3, 14, 1100):
        value = rng.randint(0, 256, rows * columns + 1).astype("uint8")[1:].reshape(rows, columns)
        for others in (value[::-1].copy(), value[::-1]):
            at = rng.randint(-rows, rows, rows)
            two = at[:rows // 2 * 2].reshape(2, -1)
            expected = [value.copy() for _ in range(4)]
            expected[0][at] = others
            expected[1][at] = others[0]
            expected[2][at, :columns - 1] = others[:, 1:]
            expected[3][two] = others[:2, None]
            for found, wanted in zip(f(value, others, at, two), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "complex128"])
def test_short_rows_beyond_the_caches(columns, dtype):
    x, places = T.matrix(dtype=dtype), T.lvector()
    f = theano.function([x, places], [x[places], x[::2][places // 2]])
    rng = np.random.RandomState(columns)
    value = rng.randint(0, 100, ((9 << 19) // columns // np.dtype(dtype).itemsize, columns)).astype(dtype)
    for count in (1, 8, 700):
        at = rng.randint(-len(value), len(value), count)
        for found, wanted in zip(f(value, at), [value[at], value[::2][at // 2]], strict=True):
            np.testing.assert_array_equal(found, wanted)
    for wrong in (len(value), -len(value) - 1):
        at[count // 2] = wrong
        with pytest.raises(IndexError, match=str(wrong)):
            f(value, at)
