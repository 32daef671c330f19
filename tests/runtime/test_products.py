"""Products of matrices of any layout, against NumPy."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.runtime import native

SIZES = [(1, 1, 1), (1, 7, 3), (5, 1, 4), (12, 32, 8), (13, 33, 401), (60, 10, 37), (100, 70, 5), (97, 64, 801),
         (3, 500, 2), (500, 3, 60), (500, 36, 401), (26, 512, 5), (1000, 66, 33),
         (100, 70, 3), (700, 30, 4), (40, 100, 2), (97, 500, 36), (30, 2100, 2)]
TOLERANCE = {"float32": 2e-4, "float64": 1e-12, "complex128": 1e-12, "complex64": 2e-4}
LAYOUTS = {
    "C": lambda a: a,
    "F": np.asfortranarray,
    "columns apart": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "rows apart": lambda a: np.repeat(a, 3, axis=0)[::3],
    "backwards": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
}


def values(rng, dtype, *shape):
    a = rng.standard_normal(shape)
    return (a + 1j * rng.standard_normal(shape) if dtype.startswith("c") else a).astype(dtype)


@pytest.fixture(scope="module")
def functions():
    """Of each dtype: x y; z = beta z + alpha x y in place; the same of a matrix and a vector."""
    made = {}
    for dtype in TOLERANCE:
        x, y, v = T.matrix(dtype=dtype), T.matrix(dtype=dtype), T.vector(dtype=dtype)
        alpha, beta = T.scalar(dtype=dtype), T.scalar(dtype=dtype)
        z, w = theano.shared(np.zeros((1, 1), dtype)), theano.shared(np.zeros(1, dtype))
        made[dtype] = (
            theano.function([x, y], x.dot(y)),
            z, theano.function([x, y, alpha, beta], [], updates=[(z, beta * z + alpha * T.dot(x, y))]),
            theano.function([x, v], x.dot(v)),
            w, theano.function([x, v, alpha, beta], [], updates=[(w, beta * w + alpha * T.dot(x, v))]))
    return made


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_layout(functions, dtype, size):
    m, n, k = size
    rng = np.random.default_rng(0)
    product, z, update, apply, w, update_vector = functions[dtype]
    tolerance = TOLERANCE[dtype] * k
    a, b, v = values(rng, dtype, m, k), values(rng, dtype, k, n), values(rng, dtype, k)
    start, line = values(rng, dtype, m, n), values(rng, dtype, m)
    for left in LAYOUTS.values():
        np.testing.assert_allclose(apply(left(a), v), a @ v, atol=tolerance)
        for given, expected in ((2, 2 * line + 3 * (a @ v)), (0, 3 * (a @ v))):
            w.set_value(line)
            update_vector(left(a), v[::-1].copy()[::-1], np.asarray(3, dtype), np.asarray(given, dtype))
            np.testing.assert_allclose(w.get_value(), expected, atol=5 * tolerance)
        for right in LAYOUTS.values():
            np.testing.assert_allclose(product(left(a), right(b)), a @ b, atol=tolerance)
        for target in (np.ascontiguousarray, np.asfortranarray):
            z.set_value(target(start.copy()), borrow=True)
            update(left(a), b, np.asarray(3, dtype), np.asarray(2, dtype))
            np.testing.assert_allclose(z.get_value(), 2 * start + 3 * (a @ b), atol=5 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [
    [(m, k, n) for n in range(1, 36) for m, k in ((1, 50), (13, 1), (40, 17), (61, 64), (100, 33))],
    [(m, k, n) for m in range(1, 40) for n, k in ((5, 40), (16, 1), (23, 17), (50, 70), (54, 450))]],
    ids=["columns", "rows"])
def test_every_number_of_rows_and_columns(functions, dtype, sizes):
    rng = np.random.default_rng(4)
    product, z, update, *_ = functions[dtype]
    for m, k, n in sizes:
        a, b, start = values(rng, dtype, m, k), values(rng, dtype, k, n), values(rng, dtype, m, n)
        tolerance = TOLERANCE[dtype] * k
        for left, right in itertools.product(("C", "F"), repeat=2):
            given = LAYOUTS[left](a), LAYOUTS[right](b)
            np.testing.assert_allclose(product(*given), a @ b, atol=tolerance)
            z.set_value(start)
            update(*given, np.asarray(2, dtype), np.asarray(3, dtype))
            np.testing.assert_allclose(z.get_value(), 3 * start + 2 * (a @ b), atol=5 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(700, 3, 601), (1100, 4, 500), (700, 5, 601), (530, 9, 511), (1000, 17, 420),
                                  (500, 300, 430), (37, 270, 900)], ids=str)
def test_factors_that_no_cache_holds(functions, dtype, size):
    m, n, k = size
    rng = np.random.default_rng(5)
    product, z, update, *_ = functions[dtype]
    a, b, start = values(rng, dtype, m, k), values(rng, dtype, k, n), values(rng, dtype, m, n)
    for left in (a, np.asfortranarray(a), np.asfortranarray(np.repeat(a, 2, axis=1))[:, ::2]):
        np.testing.assert_allclose(product(left, b), a @ b, atol=TOLERANCE[dtype] * k)
        z.set_value(start)
        update(left, b, np.asarray(2, dtype), np.asarray(3, dtype))
        np.testing.assert_allclose(z.get_value(), 3 * start + 2 * (a @ b), atol=5 * TOLERANCE[dtype] * k)


def placed(a, elements):
    """A copy of an array that begins so many elements after the begin of a line of the cache."""
    room = np.empty(a.nbytes + 128, np.uint8)
    begin = -room.ctypes.data % 64 + elements * a.itemsize
    copy = room[begin:begin + a.nbytes].view(a.dtype).reshape(a.shape)
    copy[...] = a
    return copy


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(16, 16), (16, 32), (9, 48), (48, 5), (128, 128), (160, 272), (272, 160), (1040, 16),
                                   (33, 17), (700, 320)])
def test_where_a_matrix_begins_does_not_matter(functions, dtype, shape):
    rng = np.random.default_rng(1)
    *_, apply, w, update = functions[dtype]
    matrix, v, u = values(rng, dtype, *shape), values(rng, dtype, shape[1]), values(rng, dtype, shape[0])
    number = np.asarray(2, dtype)
    found = []
    for elements in range(0, 64 // matrix.itemsize, 3):
        a = placed(matrix, elements)
        w.set_value(u)
        update(a, v, number, number)
        np.testing.assert_allclose(w.get_value(), 2 * u + 2 * (matrix @ v), atol=50 * TOLERANCE[dtype])
        found.append([apply(a, v), apply(a.T, u), w.get_value()])
        np.testing.assert_allclose(found[-1][1], matrix.T @ u, atol=50 * TOLERANCE[dtype])
    for each in found[1:]:
        for one, other in zip(found[0], each, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_values_stay_in_their_rows_and_columns(functions, dtype):
    product, _, _, apply, *_ = functions[dtype]
    a, b = np.ones((14, 9), dtype), np.ones((9, 37), dtype)
    a[13, 2], a[0, 0], b[8, 36] = np.inf, np.nan, -np.inf
    got = product(a, b)
    expected = np.full((14, 37), 9.0)
    expected[13], expected[:, 36], expected[0], expected[13, 36] = np.inf, -np.inf, np.nan, np.nan
    np.testing.assert_array_equal(got, expected)
    for matrix in (a, np.asfortranarray(a)):
        np.testing.assert_array_equal(apply(matrix, np.ones(9, dtype)), [np.nan, *[9.0] * 12, np.inf])


@pytest.mark.parametrize("shape", [(700, 40), (40, 700), (250, 250)])
def test_threads(shape):
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((shape[0], 200)), rng.standard_normal((200, shape[1]))
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], x.dot(y))
    before = native.get_num_threads()
    results = []
    for count in (1, 3):
        native.set_num_threads(count)
        try:
            results.append(f(a, b))
        finally:
            native.set_num_threads(before)
    if f.maker.compiled is not None and native._machine.OWN_PRODUCTS:
        np.testing.assert_array_equal(*results)
    else:
        np.testing.assert_allclose(*results, rtol=1e-12, atol=1e-12)        # BLAS may add up in another order
    np.testing.assert_allclose(results[0], a @ b, atol=1e-11)


def test_empty_products(functions):
    product = functions["float64"][0]
    assert product(np.ones((3, 0)), np.ones((0, 2))).tolist() == [[0.0, 0.0]] * 3
    assert product(np.ones((0, 3)), np.ones((3, 2))).shape == (0, 2)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("beta", [0, 1, 0.5])
def test_empty_products_that_are_added(functions, dtype, beta):
    _, z, update, _, w, update_vector = functions[dtype]
    three, scale = np.asarray(3, dtype), np.asarray(beta, dtype)
    for target in (np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2]):
        z.set_value(target(np.full((4, 3), 2, dtype)), borrow=True)
        update(np.ones((4, 0), dtype), np.ones((0, 3), dtype), three, scale)
        np.testing.assert_array_equal(z.get_value(), np.full((4, 3), 2 * beta))
    w.set_value(np.repeat(np.full(4, 2, dtype), 2)[::2], borrow=True)
    update_vector(np.ones((4, 0), dtype), np.ones(0, dtype), three, scale)
    np.testing.assert_array_equal(w.get_value(), np.full(4, 2 * beta))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [*SIZES, (20, 17, 16), (8, 96, 450), (130, 200, 70)], ids=str)
def test_a_factor_that_is_the_same_in_all_steps(dtype, threads, size):
    m, n, k = size
    rng = np.random.default_rng(1)
    x, w = T.tensor3(dtype=dtype), T.matrix(dtype=dtype)
    # the product with the step before can't be made outside
    def step(row, before, w):
        return T.dot(row + before.mean(), w)
    rows = theano.scan(step, sequences=x, outputs_info=T.zeros((m, n), dtype), non_sequences=w)[0]
    f = theano.function([x, w], rows)
    turned = theano.function([x, w], theano.clone(rows, {w: w.T}))
    code, = (part.code for parts in f.maker.compiled.program.parts.values() for part in parts)
    assert any(kernel == "pack_factor" for *_, kernel, _ in code)
    a, b = values(rng, dtype, 3, m, k), values(rng, dtype, k, n)
    expected, before = [], np.zeros((m, n))
    for row in a:
        before = (row + before.mean()) @ b.astype("float64")
        expected.append(before)
    with theano.config.change_flags(openmp=False):
        theano.set_num_threads(threads)
        try:
            np.testing.assert_allclose(f(a, b), expected, rtol=1e-3 if dtype == "float32" else 1e-10,
                                       atol=TOLERANCE[dtype] * k * 100)
            np.testing.assert_array_equal(turned(a, np.ascontiguousarray(b.T)), f(a, b))
        finally:
            theano.set_num_threads(1)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_batches_of_small_matrices(dtype):
    x, y = T.tensor3(dtype=dtype), T.tensor3(dtype=dtype)
    f = theano.function([x, y], T.batched_dot(x, y))
    rng = np.random.default_rng(3)
    sizes = [*itertools.product((1, 2, 3, 7, 8, 9), (1, 5), (1, 2, 3, 8, 9, 16, 17)),
             (5, 4, 31), (12, 40, 20), (4, 3, 64), (33, 33, 33), (13, 0, 5), (97, 3, 5), (3, 401, 5), (2, 70, 30)]
    for m, k, n in sizes:
        a, b = values(rng, dtype, 4, m, k), values(rng, dtype, 4, k, n)
        with np.errstate(invalid="ignore"):     # sgemv of OpenBLAS adds up what a register held before
            wanted = np.matmul(a, b)
        a[1, 0], wanted[1, 0] = np.nan, np.nan if k else 0          # stays in its row
        turned = [np.ascontiguousarray(v.transpose(0, 2, 1)).transpose(0, 2, 1) for v in (a, b)]
        apart = [np.repeat(v, 2, axis=2)[:, :, ::2] for v in (a, b)]
        for left, right in ((a, b), tuple(turned), (a, turned[1]), tuple(apart), (a[:, ::-1], b[:, :, ::-1])):
            expected = wanted[:, ::-1] if left.strides[1] < 0 else wanted
            expected = expected[:, :, ::-1] if right.strides[2] < 0 else expected
            np.testing.assert_allclose(f(left, right), expected, TOLERANCE[dtype], 10 * TOLERANCE[dtype])
