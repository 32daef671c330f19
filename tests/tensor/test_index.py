"""Indices of every kind against NumPy: read, set, incremented; errors, gradients and shapes."""

import itertools
import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from random_indices import OPERATIONS, Drawn, check

import theano
import theano.tensor as T

PYTHON = theano.Mode("py", None)


GENERATE = (Phase.explicit, Phase.generate)         # a smaller seed is no smaller case


@pytest.mark.parametrize("mode", [theano.Mode("cvm", None), PYTHON], ids=["machine", "python"])
@settings(max_examples=8, deadline=None, phases=GENERATE)
@given(seed=st.integers(0, 2**32 - 1))
def test_reads_and_writes_like_numpy(mode, seed):
    assert check(seed, 60, mode) == []


@settings(max_examples=3, deadline=None, phases=GENERATE)
@given(st.integers(0, 2**32 - 1))
def test_reads_and_writes_like_numpy_after_rewriting(seed):
    assert check(seed, 30, gradients=10) == []


@pytest.mark.parametrize("dtype", ["int8", "float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("wrong", [700, -701, 2**62, -(2**63)])
def test_many_places_are_looked_up_block_by_block(rng, dtype, wrong):
    """Those of a block that counts from the start only are used as they are, 512 at once."""
    x, i = T.vector("x", dtype), T.lvector("i")
    f = theano.function([x, i], [x[i], x[::-1][i]])
    a, places = rng.randint(-9, 9, 700).astype(dtype), rng.randint(0, 700, 1900)
    for changed in ([], [600], [511, 1024, 1899]):
        places[changed] -= 700
        for found, expected in zip(f(a, places), [a[places], a[::-1][places]], strict=True):
            np.testing.assert_array_equal(found, expected)
    for at in (0, 1500, 1899):
        bad = places.copy()
        bad[at] = wrong
        with pytest.raises(IndexError):
            f(a, bad)


def test_masks_beside_integers_of_two_dimensions(rng):
    x, m, i = rng.rand(3, 4, 5), rng.rand(4, 5) < 0.5, np.array([[2], [0]])
    vx, vm, vi = T.dtensor3(), T.TensorType("bool", (False, False))(), T.lmatrix()
    f = theano.function([vx, vm, vi], [vx[vi, vm], T.inc_subtensor(vx[vi, vm], 1)])
    added = x.copy()
    np.add.at(added, (i, m), 1)
    for found, wanted in zip(f(x, m, i), (x[i, m], added), strict=True):
        np.testing.assert_array_equal(found, wanted)


def drawn_indices(rng, count):
    """Random indices that select something."""
    found = []
    while len(found) < count:
        drawn = Drawn(rng)
        if drawn.part.size and len(drawn.shape):
            found.append(drawn)
    return found


def test_shapes_are_inferred(rng):
    for drawn in drawn_indices(rng, 60):
        x = T.TensorType("float64", (False,) * drawn.x.ndim)("x")
        part = x[drawn.index]
        f = theano.function([x, *drawn.variables], part.shape, on_unused_input="ignore", mode="FAST_COMPILE")
        assert tuple(f(drawn.x, *drawn.values)) == drawn.part.shape, drawn


@pytest.mark.parametrize("operation", OPERATIONS)
def test_gradients_to_second_order(operation, rng):
    for drawn in drawn_indices(rng, 5):
        values = dict(zip(drawn.variables, drawn.values, strict=True))
        count = drawn.x.size + drawn.y.size
        numbers = rng.permutation(count) / count + 0.5          # all different, so that min and max have derivatives
        x, y = numbers[:drawn.x.size].reshape(drawn.shape), numbers[drawn.x.size:].reshape(drawn.y.shape)

        def cost(x, y, given=values, drawn=drawn):
            part = x.at[drawn.index]
            result = part.get() * y if operation == "get" else getattr(part, operation)(y)
            return theano.clone((result ** 3).sum(), replace={
                v: T.as_tensor_variable(a) for v, a in given.items()})

        with theano.config.change_flags(cxx="", mode="FAST_COMPILE"):
            T.verify_grad(cost, [x, y], rng=rng)
            T.verify_grad(lambda x, y: T.grad(cost(x, y), x).sum() + T.grad(cost(x, y), y).sum(), [x, y], rng=rng)  # noqa: B023


def test_directional_derivatives(rng):
    x, y, i = T.dmatrix(), T.dmatrix(), np.array([0, 2, 0])
    u, v = T.dmatrix(), T.dmatrix()
    a, b, c, d = (rng.rand(3, 4) for _ in range(4))
    for result in (T.set_subtensor(x[i], y), T.inc_subtensor(x[i], y), x.at[i].mul(y), x[i] * y):
        forward = theano.function([x, y, u, v], T.Rop(result, [x, y], [u, v]))
        f = theano.function([x, y], result)
        e = 1e-6
        np.testing.assert_allclose(forward(a, b, c, d), (f(a + e * c, b + e * d) - f(a - e * c, b - e * d)) / (2 * e),
                                   atol=1e-6)


UFUNCS = {"add": np.add, "mul": np.multiply, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("operation", UFUNCS)
def test_updates_at_equal_indices(operation, dtype, rng):
    if dtype == "complex64" and operation in ("min", "max"):
        return                                          # complex numbers are not ordered
    x, y = T.TensorType(dtype, (False, False))(), T.TensorType(dtype, (False, False))()
    i = np.array([0, 2, 0, -1])
    a, b = ((rng.rand(*s) * 5).astype(dtype) for s in ((4, 3), (4, 3)))
    wanted = a.copy()
    UFUNCS[operation].at(wanted, i, b)
    for mode in (None, PYTHON):
        f = theano.function([x, y], getattr(x.at[i], operation)(y), mode=mode)
        np.testing.assert_allclose(f(a, b), wanted, rtol=1e-2 if dtype == "float16" else 1e-6)


def test_parts_without_repetition():
    x = T.dmatrix()
    a = np.arange(12.0).reshape(3, 4)
    for index in ((slice(None, None, -2), 1), Ellipsis, None, a > 5, (), (None, 0)):
        wanted = a.copy()
        wanted[index] *= 3
        np.testing.assert_array_equal(theano.function([x], x.at[index].mul(3))(a), wanted)
        wanted[index] = 7
        np.testing.assert_array_equal(theano.function([x], x.at[index].set(7))(a), wanted)
        np.testing.assert_array_equal(theano.function([x], x.at[index].get())(a), a[index])


def test_parts_are_subtracted_from_and_divided_where_indices_are_equal():
    x, y, i = T.dvector(), T.dvector(), [0, 2, 0]
    a, b = np.array([8.0, 1.0, 6.0]), np.array([2.0, 3.0, 4.0])
    f = theano.function([x, y], [x.at[i].sub(y), x.at[i].div(y), x.at[1:].subtract(y[:2]), x.at[0].divide(4)])
    for found, expected in zip(f(a, b), ([2, 1, 3], [1, 1, 2], [8, -1, 3], [2, 1, 6]), strict=True):
        np.testing.assert_allclose(found, expected)


def test_entries_of_an_index_are_named_where_they_are_wrong():
    with pytest.raises(TypeError, match="but one entry is 'row', of type str"):
        T.dmatrix()["row"]


@pytest.mark.parametrize("bound", [1.5, 1.0, "b", T.lvector("b"), T.dvector("b"), np.arange(2)])
@pytest.mark.parametrize("index", [lambda b: slice(b, None), lambda b: slice(None, b), lambda b: (slice(0, 9, b), [0])])
def test_bounds_of_slices_are_whole_numbers(index, bound):
    with pytest.raises(TypeError, match="a bound of a slice must be an integer or None, got"):
        T.dmatrix()[index(bound)]


def test_small_whole_numbers_are_bounds_beside_arrays():
    x, start = T.dmatrix("x"), T.bscalar("start")
    f = theano.function([x, start], [x[start:, [0, 2]], x[np.int8(1):, [0, 2]], x[np.array(1):, [0, 2]]])
    for found in f(np.arange(9.0).reshape(3, 3), 1):
        np.testing.assert_array_equal(found, [[3, 5], [6, 8]])


def test_ignored_duplicates():
    x = T.dvector()
    f = theano.function([x], T.inc_subtensor(x[np.array([0, 0, 1])], [1., 2., 4.], ignore_duplicates=True))
    assert f(np.zeros(3)).tolist() == [2, 4, 0]


BAD = {                                     # index -> its variable, the value, and what the error says
    "vector": (lambda x, i: x[i], [0, 3], IndexError, "index 3 is out of bounds for axis 0 with size 3"),
    "negative": (lambda x, i: x[i], [0, -4], IndexError, "index -4 is out of bounds for axis 0 with size 3"),
    "column": (lambda x, i: x[:, i], [0, 4], IndexError, "index 4 is out of bounds for axis [01] with size 4"),
    "pairs": (lambda x, i: x[i, i], [0, 3], IndexError, "index 3 is out of bounds for axis 0 with size 3"),
    "behind a slice": (lambda x, i: x[1:, i], [4], IndexError, "index 4 is out of bounds for axis 1 with size 4"),
    "mask": (lambda x, i: x[T.neq(i, 0)], [1, 0], IndexError, "boolean index did not match"),
    "shapes": (lambda x, i: x[i, i[1:]], [0, 1, 2], IndexError, "could not be broadcast"),
}


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("name", BAD)
def test_bad_indices(name, write):
    build, value, error, text = BAD[name]
    x, i = T.dmatrix(), T.ivector()
    part = build(x, i)
    f = theano.function([x, i], T.inc_subtensor(part, 1) if write else part)
    with pytest.raises(error, match=text):
        f(np.ones((3, 4)), np.asarray(value, "int32"))


def test_values_that_do_not_fit():
    x, v, i = T.dmatrix(), T.dmatrix(), T.lvector()
    f = theano.function([x, v, i], T.set_subtensor(x[i], v))
    with pytest.raises(ValueError, match="does not broadcast|could not broadcast|mismatch"):
        f(np.ones((3, 4)), np.ones((3, 4)), [0, 1])
    with pytest.raises(TypeError, match="cast it first"):
        T.set_subtensor(T.lmatrix()[i], v)


PARTS = {"slice": slice(1, 3), "places": [2, 0], "mask": np.arange(4) % 2 == 0, "row": np.array([[1, 3]])}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("held, given", [("float32", "float64"), ("float32", "int64"), ("int8", "int64"),
                                         ("uint8", "int8"), ("complex64", "complex128"), ("bool", "int8")])
def test_values_are_stored_in_the_dtype_of_the_tensor(part, held, given):
    x, v = T.vector(dtype=held), T.scalar(dtype=given)
    before, at = np.ones(4, held), PARTS[part]
    found = theano.function([x, v], [T.set_subtensor(x[at], v), T.inc_subtensor(x[at], v)])(before, 3)
    stored, added = before.copy(), before.copy()
    stored[at] = 3
    added[at] = added[at] + np.asarray(3, held)
    for result, wanted in zip(found, (stored, added), strict=True):
        np.testing.assert_array_equal(result, wanted)
        assert result.dtype == held


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("held, given", [("float32", "float64"), ("float64", "float32"), ("complex128", "float64")])
def test_gradients_of_stored_values_have_their_dtype(part, held, given):
    x, v = T.vector(dtype=held), T.scalar(dtype=given)
    for store, wanted in ((T.set_subtensor, 2 * 2 * 3.), (T.inc_subtensor, 2 * 2 * (1 + 3.))):
        g = T.grad((abs(store(x[PARTS[part]], v)) ** 2).sum(), v)
        assert g.type.dtype == given
        np.testing.assert_allclose(theano.function([x, v], g)(np.ones(4, held), 3), wanted, rtol=1e-6)


def test_embeddings_are_updated_in_place(rng):
    table = theano.shared(rng.rand(50, 4), borrow=True)
    i, step = T.lvector(), T.dmatrix()
    old = table.get_value(borrow=True)
    for build, ufunc in ((T.inc_subtensor, np.add.at), (T.set_subtensor, np.ndarray.__setitem__)):
        f = theano.function([i, step], [], updates={table: build(table[i], step)})
        wanted = old.copy()
        rows, values = np.array([3, 7, 3]), rng.rand(3, 4)
        ufunc(wanted, rows, values)
        f(rows, values)
        assert table.get_value(borrow=True) is old
        np.testing.assert_array_equal(old, wanted)
        with pytest.raises(IndexError, match="index 50 is out of bounds"):
            f([1, 50, 2], values)                       # and nothing has changed
        np.testing.assert_array_equal(old, wanted)


def test_rows_of_embeddings_and_their_new_values(rng):
    table = theano.shared(rng.rand(30, 4))
    i = T.lvector()
    rows = table[i]
    cost = (rows ** 2).sum()
    f = theano.function([i], cost, updates={table: T.inc_subtensor(rows, -0.1 * T.grad(cost, rows))})
    wanted = table.get_value()
    k = np.array([2, 5, 2])
    assert np.isclose(f(k), (wanted[k] ** 2).sum())
    np.add.at(wanted, k, -0.2 * wanted[k])
    np.testing.assert_allclose(table.get_value(), wanted)


M = [True, False, True, True]
BOOLS = [M, (slice(None), [True, False, True]), True, False, (True, 1), (True, False), (M, [True, False, True, True]),
         [0, False], (M, 0), (M, None), [[True, False, True]] * 4, (..., [False, True, True])]


@pytest.mark.parametrize("index", BOOLS, ids=str)
def test_bools_of_python_are_masks(index):
    x, v = T.dmatrix(), np.arange(12.).reshape(4, 3)
    try:
        wanted = v[index]
    except IndexError:
        with pytest.raises(IndexError):
            x[index].eval({x: v})
        return
    np.testing.assert_array_equal(x[index].eval({x: v}), wanted)
    changed = v.copy()
    changed[index] = -1
    np.testing.assert_array_equal(T.set_subtensor(x[index], -1).eval({x: v}), changed)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", PYTHON], ids=["run", "compile", "python"])
def test_slices_that_are_arguments(mode):
    x, s, v = T.dmatrix(), T.slicetype(), np.arange(12.).reshape(4, 3)
    outputs = [x[s], x[s, s], x[:, s], x[0, s], T.set_subtensor(x[s], 7.), T.inc_subtensor(x[s, 0], 7.),
               T.grad((x[s] ** 2).sum(), x)]
    f = theano.function([x, s], outputs, mode=mode)
    for taken in (slice(1, 3), slice(None, None, -1), slice(0, 0), slice(None)):
        replaced, more, slope = v.copy(), v.copy(), np.zeros_like(v)
        replaced[taken], slope[taken] = 7, 2 * v[taken]
        more[taken, 0] += 7
        found = f(v, taken)
        for value, wanted in zip(found, [v[taken], v[taken, taken], v[:, taken], v[0, taken], replaced, more, slope],
                                 strict=True):
            np.testing.assert_array_equal(value, wanted)
        found[0][...] = -1
        assert v.min() == 0, "the result is no view of the argument"


def dirty_bytes(x):
    """How much of the memory of an array was written to since it was mapped; None where the system does not say."""
    try:
        lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    except OSError:
        return None
    for line in lines:
        if line.startswith(f"{x.ctypes.data:x}-") or line.startswith(f"{x.ctypes.data:08x}-"):
            return next(int(rest.split()[1]) for rest in lines if rest.startswith("Private_Dirty:")) * 1024
    return None


def test_descent_writes_to_the_rows_that_are_used_alone():
    # Memory that is mapped but not written to: the system counts the pages that are.
    memory = mmap.mmap(-1, 64 << 20)
    values = np.frombuffer(memory, "float64").reshape(-1, 64)
    table, i = theano.shared(values, borrow=True), T.lvector()
    assert table.get_value(borrow=True) is values or np.shares_memory(table.get_value(borrow=True), values)
    cost = ((table[i] - 1) ** 2).sum()
    step = theano.function([i], cost, updates={table: table - 0.5 * T.grad(cost, table)})
    rows = np.array([5, 60000, 5, 100000])
    assert step(rows) == 4 * 64
    assert np.shares_memory(table.get_value(borrow=True), values)
    moved = dirty_bytes(values)
    assert moved is None or 0 < moved <= 1 << 18            # of 64 MiB
    np.testing.assert_array_equal(values[[5, 6, 60000, 100000], 0], [2, 0, 1, 1])


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex128"])
def test_elements_far_from_one_another(dtype, rng):
    n = (1 << 21) // np.dtype(dtype).itemsize
    x, b = rng.randint(-9, 9, n).astype(dtype), rng.randint(-9, 9, 1000).astype(dtype)
    k = rng.randint(-n, n, 1000)
    k[:3] = k[0]
    vx, vi, vb = T.TensorType(dtype, (False,))(), T.lvector(), T.TensorType(dtype, (False,))()
    f = theano.function([vx, vi, vb], [vx[vi], T.set_subtensor(vx[vi], vb), T.inc_subtensor(vx[vi], vb),
                                       T.inc_subtensor(vx[::2][vi // 2], vb[:1])])
    added, strided, put = x.copy(), x.copy(), x.copy()
    put[k] = b
    np.add.at(added, k, b)
    np.add.at(strided[::2], k // 2, b[:1])
    for found, wanted in zip(f(x, k, b), (x[k], put, added, strided[::2]), strict=True):
        np.testing.assert_array_equal(found, wanted)
    for bad in (n, -n - 1):
        with pytest.raises(IndexError, match=f"index {bad} is out of bounds"):
            f(x, np.append(k[:-1], bad), b)


def test_places_of_masks_of_any_length(rng):
    m = T.TensorType("bool", (False,))()
    f = theano.function([m], T.nonzero(m)[0])
    for n, share in itertools.product((*range(20), 1000, 4099), (0, 0.1, 0.9, 1)):
        mask = rng.rand(n) < share
        np.testing.assert_array_equal(f(mask), np.nonzero(mask)[0])
    odd = np.array([2, 0, 255, 128, 1, 0, 64, 3, 0] * 7, "uint8").view(bool)        # all that is not zero holds
    np.testing.assert_array_equal(f(odd), np.nonzero(odd)[0])


@pytest.mark.parametrize("index", [[], [0], [2, 0, -1], list(range(3)) * 30])
def test_the_same_elements_of_many_rows(index, rng):
    x, i = T.dtensor3(), T.lvector()
    f = theano.function([x, i], [x[:, :, i], x[::-1, 1:, i], x[:, ::2][..., i]])
    for shape in ((3, 4, 3), (1, 2, 3), (5, 1, 3), (0, 2, 3)):
        a, k = rng.rand(*shape), np.array(index, "int64")
        for found, wanted in zip(f(a, k), (a[:, :, k], a[::-1, 1:, k], a[:, ::2][..., k]), strict=True):
            np.testing.assert_array_equal(found, wanted)
