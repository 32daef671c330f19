"""Choosing among arrays, distinct elements and counts as the machine computes them."""

import numpy as np
import pytest
from test_order import LAYOUTS, REAL, both, numbers

import theano
import theano.tensor as T
from theano.tensor.sort import Unique

CHOICES = [((4, 5), (3, 4, 5)), ((5,), (3, 4, 5)), ((4, 1), (3, 4, 5)), ((4, 5), (3, 5)), ((4, 5), (3, 1, 1)),
           ((2, 4, 5), (3, 4, 5)), ((), (3, 5)), ((5,), (3,)), ((0, 5), (3, 1, 5)), ((3, 700), (2, 3, 700))]


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "complex128"])
@pytest.mark.parametrize(("shape", "choices"), CHOICES, ids=str)
def test_choice_from_an_array(dtype, shape, choices, rng):
    for layout in LAYOUTS.values():
        x = layout(numbers(rng, dtype, choices))
        for mode, limit in (("raise", 0), ("wrap", 9), ("clip", 9)):
            a = rng.randint(-limit, choices[0] + limit, shape)
            for index in ("int64", "int8"):
                found, plain = both(lambda a, c, mode=mode: T.choose(a, c, mode=mode), a.astype(index), x)
                np.testing.assert_array_equal(found, np.choose(a, list(x), mode=mode))
                np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_choice_from_a_list(count, rng):
    choices = [numbers(rng, "float64", (40, 50)) for _ in range(count)]
    for turn in range(2):
        given = [c[:, ::-1] if turn and k == 1 else c for k, c in enumerate(choices)]
        a = rng.randint(0, count, (40, 50))
        found, plain = both(lambda a, *c: T.choose(a, c), a, *given)
        np.testing.assert_array_equal(found, np.choose(a, given))
        np.testing.assert_array_equal(found, plain)


def test_choices_are_not_copied_together(rng):
    a, x, y = T.lvector(), T.dvector(), T.dvector()
    f = theano.function([a, x, y], T.choose(a, [x, y]))
    assert [t[0] for t in f.maker.compiled.program.code if t[0] in ("call", "copy", "loop")] == ["call"]
    with pytest.raises(ValueError, match="invalid entry"):
        f([0, 2], [1, 2], [3, 4])
    with pytest.raises(ValueError, match="invalid entry"):
        f([0, -1], [1, 2], [3, 4])
    assert f([0, 1], [1, 2], [3]).tolist() == [1, 3]            # as NumPy broadcasts
    with pytest.raises(ValueError, match="broadcast"):
        f([0, 1], [1, 2], [3, 4, 5])


def test_masks_choose(rng):
    m, x, y = rng.rand(1000) < 0.5, rng.randn(1000), rng.randn(1000)
    found, _ = both(lambda m, x, y: T.choose(T.cast(m, "int64"), [x, y]), m, x, y)
    np.testing.assert_array_equal(found, np.where(m, y, x))


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("far", [1, 10 ** 6])
def test_distinct_elements(dtype, far, rng):
    for layout in LAYOUTS.values():
        for shape in ((300,), (20, 30), (0,), (1,)):
            x = layout(numbers(rng, dtype, shape))
            if dtype in ("int32", "int64", "uint32", "uint64", "float64"):
                x = x * np.array(far, dtype)
            for flags in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)):
                found, _ = both(lambda x, flags=flags: Unique(*flags)(x), x)
                wanted = np.unique(x, *map(bool, flags))
                found, wanted = (v if isinstance(v, (tuple, list)) else [v] for v in (found, wanted))
                for value, expected in zip(found, wanted, strict=True):
                    np.testing.assert_array_equal(value, np.asarray(expected).ravel())


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64"])
def test_counts(dtype, rng):
    for n, length in ((0, 0), (0, 3), (1, 0), (1000, 50), (1000, 5)):
        x = rng.randint(0, 20, n).astype(dtype)
        for given in (x, np.repeat(x, 2)[::2]):
            found, plain = both(lambda x, length=length: T.extra_ops.bincount(x, minlength=length), given)
            np.testing.assert_array_equal(found, np.bincount(x, minlength=length))
            np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "uint64"])
@pytest.mark.parametrize("numbers", [[], [1, 0, 1], [127, 3, 1]])
def test_sums_of_weights(dtype, numbers, rng):
    given, weights = np.array(numbers, dtype), rng.rand(len(numbers))
    x, w = T.vector("x", dtype=dtype), T.dvector("w")
    counts, found = theano.function([x, w], [T.extra_ops.bincount(x), T.extra_ops.bincount(x, w)])(given, weights)
    whole = given.astype("int64")
    np.testing.assert_array_equal(counts, np.bincount(whole))
    np.testing.assert_allclose(found, np.bincount(whole, weights))


def test_negative_numbers_count_from_the_end():
    x = T.lvector()
    f = theano.function([x], T.extra_ops.bincount(x))
    np.testing.assert_array_equal(f([3, -1, -4, 0]), [2, 0, 0, 2])
    with pytest.raises(IndexError, match="out of bounds"):
        f([3, -5])
    with pytest.raises(AssertionError, match="negative"):
        theano.function([x], T.extra_ops.bincount(x, assert_nonneg=True))([3, -1])
