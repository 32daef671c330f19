"""Copies for parts that are set: what is written next is left out, in large arrays."""

import numpy as np
import pytest

import theano
from theano import tensor as T

LARGE = (40, 12, 130)           # of float64: more than the bytes from which on parts are left out
INDICES = [
    np.s_[1:-1], np.s_[:], np.s_[5:], np.s_[:-30:-1], np.s_[35:3:-1], np.s_[::2], np.s_[30:2], np.s_[-4:400],
    np.s_[:, 3:], np.s_[2:38, 1:-1], np.s_[2:38, :, 100:20:-1], np.s_[:, :, 1:-1], np.s_[:, 3], np.s_[-1],
    np.s_[:, :, 5], np.s_[1:, ::-1], np.s_[3:30, -2, :], np.s_[:, 1:11, ::3], np.s_[1:, 0:0],
]


def layouts(rng):
    x = rng.normal(size=LARGE)
    return [x, np.asfortranarray(x), x[::-1], rng.normal(size=LARGE[::-1]).T, np.repeat(x, 2, axis=1)[:, ::2]]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_parts_are_set_in_copies(index, rng):
    x, v = T.dtensor3(), T.dscalar()
    one = theano.function([x, v], T.set_subtensor(x[index], v))
    part = T.TensorType("float64", (False,) * np.empty(LARGE)[index].ndim)()
    many = theano.function([x, part], T.set_subtensor(x[index], part))
    for value in layouts(rng):
        kept, expected = value.copy(), value.copy()
        expected[index] = 2.5
        np.testing.assert_array_equal(one(value, 2.5), expected)
        new = rng.normal(size=value[index].shape)
        expected[index] = new
        np.testing.assert_array_equal(many(value, new), expected)
        np.testing.assert_array_equal(value, kept)


def test_bounds_that_are_known_when_it_runs(rng):
    x, i, j = T.dmatrix(), T.lscalar(), T.lscalar()
    f = theano.function([x, i, j], T.set_subtensor(x[i:j, i], 0.0))
    g = theano.function([x, i, j], T.set_subtensor(x[i:, j:], x[i:, j:] + 1))
    value = rng.normal(size=(300, 300))
    for low, high in ((0, 300), (3, -3), (-5, 2), (-300, 1000), (299, 300)):
        expected, other = value.copy(), value.copy()
        expected[low:high, low] = 0
        other[low:, high:] += 1
        np.testing.assert_array_equal(f(value, low, high), expected)
        np.testing.assert_array_equal(g(value, low, high), other)
    with pytest.raises(IndexError):
        f(value, 300, 2)


@pytest.mark.parametrize("shape", [(50_000,), (300, 200), (30, 20, 150)])
def test_rows_of_a_mask_are_set_in_copies(shape, rng):
    x, v = T.TensorType("float64", (False,) * len(shape))(), T.dscalar()
    value = rng.normal(size=shape)
    for ndim in range(1, len(shape) + 1):
        m = T.TensorType("bool", (False,) * ndim)()
        f = theano.function([x, m, v], T.set_subtensor(x[m], v))
        for held in (0.0, 0.3, 1.0):
            mask = rng.random(shape[:ndim]) < held
            for given in (value, value[::-1]):
                expected = given.copy()
                expected[mask] = 7
                np.testing.assert_array_equal(f(given, mask, 7), expected)
        with pytest.raises(IndexError):
            f(value, np.ones((2, *shape[1:ndim]), bool), 7)


def test_rows_of_a_mask_take_values(rng):
    x, m, y = T.dmatrix(), T.TensorType("bool", (False,))(), T.dmatrix()
    f = theano.function([x, m, y], T.set_subtensor(x[m], y))
    value, mask = rng.normal(size=(200, 300)), rng.random(200) < 0.5
    new = rng.normal(size=(mask.sum(), 300))
    expected = value.copy()
    expected[mask] = new
    np.testing.assert_array_equal(f(value, mask, new), expected)
    with pytest.raises(ValueError):
        f(value, mask, new[1:])


def test_shared_variables_are_set_in_place(rng):
    """The copy that a part is left out of is none there."""
    value = rng.normal(size=(300, 300))
    s, m, i = theano.shared(value.copy()), T.TensorType("bool", (False,))(), T.lscalar()
    mask = rng.random(300) < 0.5
    theano.function([m], [], updates=[(s, T.set_subtensor(s[m], 1.0))])(mask)
    theano.function([i], [], updates=[(s, T.set_subtensor(s[i:-i], 2.0))])(20)
    old = theano.function([], s, updates=[(s, T.set_subtensor(s[:, 10:], 3.0))])()
    value[mask] = 1
    value[20:-20] = 2
    np.testing.assert_array_equal(old, value)
    value[:, 10:] = 3
    np.testing.assert_array_equal(s.get_value(), value)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "complex128"])
def test_copies_of_strided_rows(dtype, rng):
    x = T.TensorType(dtype, (False, False))()
    value = rng.randint(0, 100, size=(7, 64)).astype(dtype)
    for n in (1, 2, 7, 8, 9, 31, 64):
        for index in (np.s_[:, :n:2], np.s_[:, 1:n:2], np.s_[:, n::-1], np.s_[::-1, n::-2], np.s_[:, :n:3]):
            np.testing.assert_array_equal(theano.function([x], x[index].copy())(value), value[index])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "complex128"])
def test_copies_of_transposed_arrays(dtype, rng):
    x = T.TensorType(dtype, (False,) * 3)()
    f = theano.function([x], [x.dimshuffle(order).copy() for order in ((2, 1, 0), (0, 2, 1), (1, 0, 2))])
    for shape in ((1, 1, 1), (2, 3, 5), (4, 4, 4), (3, 17, 33), (2, 16, 21), (1, 40, 19), (35, 1, 18)):
        value = rng.randint(0, 100, size=shape).astype(dtype)
        for given in (value, np.asfortranarray(value), value[:, ::-1], np.repeat(value, 2, axis=2)[:, :, ::2]):
            for found, order in zip(f(given), ((2, 1, 0), (0, 2, 1), (1, 0, 2)), strict=True):
                np.testing.assert_array_equal(found, given.transpose(order))
