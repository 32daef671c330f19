"""Sums of products that steps of a loop put aside: runtime/delayed.c."""

import numpy as np
import pytest

import theano
import theano.tensor as T

PLAIN = theano.Mode("py", None)
LIMIT = 256                     # rows that are put aside before they are added, see `codegen.parts`


@pytest.fixture
def rng():
    return np.random.RandomState(4)


def gradient(dtype, ndim):
    """Gradients of a recurrent network by two matrices, for rows of so many dimensions."""
    x, h = T.TensorType(dtype, (False,) * (ndim + 1))("x"), T.TensorType(dtype, (False,) * ndim)("h")
    w, u = T.matrix("w", dtype=dtype), T.matrix("u", dtype=dtype)
    rows, _ = theano.scan(lambda x, h, w, u: T.tanh(T.dot(x, w) + T.dot(h, u)), x, h, [w, u])
    return [x, h, w, u], T.grad(abs(rows ** 2).sum(), [w, u])


def delayed(f):
    """How many products the steps of a function put aside, and how many rows they may be."""
    parts = [part for parts in f.maker.compiled.program.parts.values() for part in parts]
    return [params[0] for part in parts for kind, _, _, params, *_ in part.code if kind in ("gemm", "ger")
            and params[0] > 1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("steps", "shape"), [
    (0, (2,)), (1, (2,)), (3, (2,)), (300, (1,)),                       # LIMIT is passed by one row after the other
    (0, (4,)), (5, (1,)), (20, (32,)), (3, (128,)), (3, (129,)), (4, (300,)), (7, (100,)),
])  # fmt: skip
def test_gradients_of_matrices(rng, dtype, steps, shape):
    inputs, slopes = gradient(dtype, 2)
    given = [rng.randn(*s).astype(dtype) / 10 for s in [(steps, *shape, 5), (*shape, 70), (5, 70), (70, 70)]]
    f, plain = (theano.function(inputs, slopes, mode=mode) for mode in (None, PLAIN))
    assert delayed(f) == [LIMIT, LIMIT]
    for a, b in zip(f(*given), plain(*given), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3 if dtype == "float32" else 1e-9, atol=1e-4)


@pytest.mark.parametrize("steps", [0, 1, 7, 255, 256, 257, 600])
def test_gradients_of_vectors(rng, steps):
    inputs, slopes = gradient("float64", 1)
    given = [rng.randn(*s) / 4 for s in [(steps, 3), (6,), (3, 6), (6, 6)]]
    f, plain = (theano.function(inputs, slopes, mode=mode) for mode in (None, PLAIN))
    assert delayed(f) == [LIMIT, LIMIT]
    for _ in range(2):                          # what the first call left behind must not matter
        for a, b in zip(f(*given), plain(*given), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lengths", [[3, 100, 0, 128, 128, 127, 1], [200, 5, 60] * 6, [1] * 300, [0, 0]])
def test_steps_of_different_lengths(rng, dtype, lengths):
    """Two sums that share a factor, and one that has another."""
    x, y, n = T.matrix("x", dtype=dtype), T.matrix("y", dtype=dtype), T.lvector("n")
    w, u, v = (T.matrix(name, dtype=dtype) for name in "wuv")

    def step(n, x, y, w, u, v):
        return (T.tanh(T.dot(x[:n], w) + T.dot(y[:n], u)) ** 2).sum() + T.exp(T.dot(y[:n], v)).sum()

    costs, _ = theano.scan(step, n, None, [x, y, w, u, v])
    given = [rng.randn(*shape).astype(dtype) / 8 for shape in [(200, 4), (200, 33), (4, 40), (33, 40), (33, 3)]]
    inputs, slopes = [n, x, y, w, u, v], T.grad(costs.sum(), [w, u, v])
    f, plain = (theano.function(inputs, slopes, mode=mode) for mode in (None, PLAIN))
    assert delayed(f) == [LIMIT] * 3
    for a, b in zip(f(lengths, *given), plain(lengths, *given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3 if dtype == "float32" else 1e-9, atol=1e-4)


def test_threads_take_rows_of_the_sum(rng):
    inputs, slopes = gradient("float64", 2)
    given = [rng.randn(*s) / 10 for s in [(10, 40, 500), (40, 70), (500, 70), (70, 70)]]
    f, before = theano.function(inputs, slopes), theano.get_num_threads()
    found = []
    for threads in 1, 2, 3:
        theano.set_num_threads(threads)
        try:
            found.append(f(*given))
        finally:
            theano.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(rng, dtype):
    x, w = T.tensor3("x", dtype=dtype), T.matrix("w", dtype=dtype)
    rows, _ = theano.scan(lambda x, w: T.dot(x, w) ** 2, x, None, w)
    given = [(rng.randn(*shape) + 1j * rng.randn(*shape)).astype(dtype) for shape in [(40, 9, 4), (4, 5)]]
    f, plain = (theano.function([x, w], T.grad((abs(rows) ** 2).sum(), w), mode=mode) for mode in (None, PLAIN))
    assert delayed(f) == [LIMIT]
    np.testing.assert_allclose(f(*given), plain(*given), rtol=1e-4)


def test_failing_steps_leave_nothing_behind(rng):
    """A step fails after others put rows aside; the next call begins anew."""
    x, w, k = T.dtensor3("x"), T.dmatrix("w"), T.lvector("k")
    rows, _ = theano.scan(lambda x, k, w: T.tanh(T.dot(x, w))[k].sum(), [x, k], None, w)
    f, plain = (theano.function([x, w, k], T.grad(rows.sum(), w), mode=mode) for mode in (None, PLAIN))
    assert delayed(f) == [LIMIT]
    given, good, bad = [rng.randn(5, 2, 3), rng.randn(3, 4)], [0, 1, 1, 0, 0], [0, 1, 0, 2, 0]
    for _ in range(2):
        np.testing.assert_allclose(f(*given, good), plain(*given, good))
        with pytest.raises(IndexError):
            f(*given, bad)
