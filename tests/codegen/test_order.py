"""Sorting, the largest elements, running sums, repetition and diagonals as the machine computes them."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.cumulate import recurrence
from theano.tensor.diagonal import fill_diagonal, fill_diagonal_offset

REAL = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]
NATIVE, PYTHON = theano.Mode("cvm", "fast_run"), theano.Mode("py", None)
LAYOUTS = {"C": np.ascontiguousarray, "F": np.asfortranarray, "strided": lambda x: np.repeat(x, 2, -1)[..., ::2],
           "backwards": lambda x: np.ascontiguousarray(x[::-1])[::-1]}


def numbers(rng, dtype, shape):
    """Numbers with repetitions; some are not numbers, where there are such."""
    x = rng.randint(0 if dtype[0] in "ub" else -20, 20, shape).astype(dtype)
    if dtype.startswith(("float", "complex")):
        x[rng.rand(*shape) < 0.05] = np.nan
        x[rng.rand(*shape) < 0.05] = -np.inf
    return x


def both(build, *arrays):
    """The results of the machine and of Python."""
    inputs = [T.TensorType(a.dtype.name, (False,) * a.ndim)() for a in arrays]
    outputs = build(*inputs)
    f, plain = theano.function(inputs, outputs, mode=NATIVE), theano.function(inputs, outputs, mode=PYTHON)
    assert not f.maker.compiled.program.performs
    return f(*arrays), plain(*arrays)


@pytest.mark.parametrize("dtype", [*REAL, "float16", "complex64", "complex128"])
def test_sorts(dtype, rng):
    for layout in LAYOUTS.values():
        x = layout(numbers(rng, dtype, (5, 7, 3)))
        for axis in (0, 1, -1):
            for kind in ("quicksort", "mergesort", "heapsort"):
                found, plain = both(lambda x, a=axis, k=kind: T.sort(x, a, k), x)
                np.testing.assert_array_equal(found, np.sort(x, axis))
            found, plain = both(lambda x, a=axis: T.argsort(x, a, "stable"), x)
            np.testing.assert_array_equal(found, np.argsort(x, axis, kind="stable"))
        if dtype != "float64":
            break


def long_rows(rng, dtype, n):
    """Rows that are sorted by their digits: of all bits, of few values, in order, backwards, all alike."""
    any_bits = rng.randint(0, 256, (n, np.dtype(dtype).itemsize)).astype("uint8").view(dtype)[:, 0]
    few = rng.randint(0, 5, n).astype(dtype)
    if dtype.startswith("float"):
        few[::3] *= -1                                          # zeros of both signs
        few[5::7], any_bits[::11], any_bits[1::11] = np.nan, np.inf, -np.nan
    up = np.arange(n).astype(dtype)
    return np.stack([any_bits, few, up, up[::-1], few[:1].repeat(n)])


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64", "float32", "float64"])
@pytest.mark.parametrize("n", [399, 400, 999, 1000, 3001])
def test_sorts_long_rows(dtype, n, rng):
    x = long_rows(rng, dtype, n)
    for rows, axis in ((x, 1), (np.asfortranarray(x), 1), (x.T, 0), (x[0], 0)):
        (values, order), _ = both(lambda x, a=axis: [T.sort(x, a), T.argsort(x, a, "stable")], rows)
        np.testing.assert_array_equal(values, np.sort(rows, axis))
        np.testing.assert_array_equal(order, np.argsort(rows, axis, kind="stable"))
    zeros = np.signbit(values) & (values == 0)                  # none of them became another number
    assert zeros.sum() == (np.signbit(rows) & (rows == 0)).sum()


@pytest.mark.parametrize("dtype", [*REAL, "float16"])
def test_largest(dtype, rng):
    for shape, axis in (((40,), 0), ((3, 300), 1), ((30, 4), 0), ((2000,), 0)):
        x = numbers(rng, dtype, shape)
        for k in (1, 3, x.shape[axis] // 2, x.shape[axis], -2, -x.shape[axis]):
            (values, index), _ = both(lambda x, k=k, a=axis: list(T.topk_and_argtopk(x, k, a)), x)
            sorted_ = np.sort(x, axis)
            cut = slice(-k, None) if k > 0 else slice(None, -k)
            wanted = sorted_[(slice(None),) * axis + (cut,)]
            np.testing.assert_array_equal(np.sort(values, axis), wanted)
            np.testing.assert_array_equal(np.take_along_axis(x, index, axis), values)
            ranked = wanted if k < 0 else np.flip(wanted, axis)
            np.testing.assert_array_equal(values, ranked)
            (_, apart), _ = both(lambda x, k=k, a=axis: list(T.topk_and_argtopk(x, k, a, sorted=False)), x)
            np.testing.assert_array_equal(apart, np.sort(index, axis))
            assert (np.diff(apart, axis=axis) > 0).all()            # each place once


@pytest.mark.parametrize("k", [7, 300, -300])
def test_largest_of_equal_numbers_come_by_their_places(k, rng):
    x = rng.randint(0, 5, (3, 400)).astype("int8")
    (values, index), _ = both(lambda x: list(T.topk_and_argtopk(x, k)), x)
    order = np.argsort(-x if k > 0 else x, axis=1, kind="stable")[:, :abs(k)]
    np.testing.assert_array_equal(index, order)
    np.testing.assert_array_equal(values, np.take_along_axis(x, order, 1))


def test_largest_in_narrow_rows(rng):
    x = rng.randint(0, 3, (4, 5000)).astype("int32")
    for k in (600, 2500, -700):
        (values, index), _ = both(lambda x, k=k: list(T.topk_and_argtopk(x, k, 1, idx_dtype="uint16")), x)
        assert index.dtype == "uint16"
        np.testing.assert_array_equal(np.sort(values, 1), np.sort(x, 1)[:, -k:] if k > 0 else np.sort(x, 1)[:, :-k])


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", REAL)
def test_places_in_sorted_vectors(dtype, side, rng):
    for n in (0, 1, 2, 50, 1000):
        x, v = np.sort(numbers(rng, dtype, (n,))), numbers(rng, dtype, (7, 9))
        found, _ = both(lambda x, v: T.searchsorted(x, v, side), x, v.T)
        np.testing.assert_array_equal(found, np.searchsorted(x, v.T, side))
        unsorted = rng.permutation(x)
        found, _ = both(lambda x, v: T.searchsorted(x, v, side), unsorted, v)
        np.testing.assert_array_equal(found, np.searchsorted(unsorted, v, side))


@pytest.mark.parametrize("dtype", [*REAL, "complex64", "complex128"])
def test_running_sums_and_products(dtype, rng):
    for layout in LAYOUTS.values():
        x = layout(rng.randint(0, 3, (6, 5, 4)).astype(dtype))
        for axis in (None, 0, 1, 2):
            for ours, numpys in ((T.cumsum, np.cumsum), (T.cumprod, np.cumprod)):
                found, _ = both(lambda x, a=axis, f=ours: f(x, a), x)
                np.testing.assert_array_equal(found, numpys(x, axis, dtype=dtype))
                assert found.dtype == dtype
        if dtype != "float64":
            break
    for shape in ((0, 3), (3, 0)):
        found, _ = both(lambda x: T.cumsum(x, 0), np.zeros(shape, dtype))
        assert found.shape == shape


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_recurrences(dtype, rng):
    for shape, axis in (((300,), 0), ((6, 40), 1), ((40, 6), 0), ((3, 5, 7), 1), ((0, 4), 1), ((4, 0), 1), ((1, 3), 0)):
        a, b = (rng.randn(*shape).astype(dtype) for _ in range(2))
        rough = 1e-11 if dtype in ("float64", "complex128") else 1e-4
        for layout in LAYOUTS.values():
            found, plain = both(lambda a, b, axis=axis: recurrence(a, b, axis), layout(a), b)
            np.testing.assert_allclose(found, plain, rtol=rough)
            found, plain = both(lambda a, b, axis=axis: recurrence(a, b, axis), a, layout(b))
            np.testing.assert_allclose(found, plain, rtol=rough)


def test_recurrences_with_one_factor_for_several(rng):
    a, b = rng.randn(5), rng.randn(5, 4)
    found, plain = both(lambda a, b: recurrence(a.dimshuffle(0, "x"), b, 0), a, b)
    np.testing.assert_allclose(found, plain)


@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_gradients_of_running_products_stay_in_the_machine(axis, rng):
    x = rng.randn(3, 4, 5)
    x[1, 1, 1] = x[1, 2, 1] = 0
    found, plain = both(lambda x: T.grad((T.cumprod(x, axis) ** 2).sum() + (T.cumsum(x, axis) ** 3).sum(), x), x)
    np.testing.assert_allclose(found, plain, atol=1e-12)


def test_repetition(rng):
    for layout in LAYOUTS.values():
        for dtype in ("int8", "float32", "float64", "complex128"):
            x = layout(rng.randint(0, 9, (4, 3, 5)).astype(dtype))
            for axis in (None, 0, 1, -1):
                n = x.size if axis is None else x.shape[axis]
                for counts in (rng.randint(0, 4, n), rng.randint(0, 20, n).astype("int32"), np.zeros(n, "int64")):
                    found, _ = both(lambda x, c, a=axis: T.repeat(x, c, a), x, counts)
                    np.testing.assert_array_equal(found, np.repeat(x, counts, axis))
    x, c = T.dvector(), T.lvector()
    f = theano.function([x, c], T.repeat(x, c))
    for wrong in ([1, -1, 2], [1, 2]):
        with pytest.raises(ValueError, match="repeat|count|negative|broadcast"):
            f(np.ones(3), wrong)


def test_diagonals_filled(rng):
    a = rng.rand(4, 6)
    for x in (a, a.T, a[::-1, ::2]):
        found, plain = both(lambda x: fill_diagonal(x, 7), x)
        np.testing.assert_array_equal(found, plain)
        for offset in (-9, -2, 0, 3, 9):
            found, plain = both(lambda x, k=offset: fill_diagonal_offset(x, x[0, 0], k), x)
            np.testing.assert_array_equal(found, plain)
    cube = rng.rand(3, 3, 3)
    found, plain = both(lambda x: fill_diagonal(x, 7), cube)
    np.testing.assert_array_equal(found, plain)


def test_diagonals_are_read_in_place(rng):
    x = rng.rand(3, 4, 5)
    for offset in (-9, -1, 0, 2, 9):
        found, _ = both(lambda x, k=offset: x.diagonal(k, 2, 0) * 2, x)
        np.testing.assert_array_equal(found, x.diagonal(offset, 2, 0) * 2)


def test_places_that_hold(rng):
    for shape in ((30,), (3, 4, 5), (0, 3), (2, 0)):
        for layout in LAYOUTS.values():
            x = layout(rng.rand(*shape) < 0.4)
            found, _ = both(lambda x: list(x.nonzero()), x)
            for ours, numpys in zip(found, x.nonzero(), strict=True):
                np.testing.assert_array_equal(ours, numpys)
    x = np.array([0.0, -0.0, np.nan, 1])
    assert both(lambda x: x.nonzero()[0], x)[0].tolist() == [2, 3]
