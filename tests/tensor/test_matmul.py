"""Products of stacks of matrices, whose axes broadcast when a function runs."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T

MODES = {"native": "FAST_RUN", "interpreter": theano.Mode(linker="py")}
RANKS = [(3, 3), (4, 4), (3, 4), (4, 3)]


def tensors(*ranks, dtype="float64"):
    return [T.TensorType(dtype, (False,) * n)() for n in ranks]


def stacks(ranks, rng, extents=((1, 2, 0), (1, 2, 3))):
    """Pairs of stacks of (3, 4) and of (4, 2) matrices."""
    for left in itertools.product(extents[0], repeat=ranks[0] - 2):
        for right in itertools.product(extents[1], repeat=ranks[1] - 2):
            yield rng.normal(size=(*left, 3, 4)), rng.normal(size=(*right, 4, 2))


def fit(a, b):
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        return False
    return True


def summed_like(g, x):
    """``g`` summed over the axes that ``x`` lacks or has one place along."""
    g = g.sum(tuple(range(g.ndim - x.ndim)))
    return g.sum(tuple(d for d in range(g.ndim) if x.shape[d] == 1), keepdims=True) if 1 in x.shape else g


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("ranks", RANKS)
def test_batch_axes_broadcast_as_in_numpy(ranks, mode, rng):
    x, y = tensors(*ranks)
    product = x @ y
    assert product.type.broadcastable == (False,) * max(ranks)
    f = theano.function([x, y], [product, product.shape], mode=mode)
    for a, b in stacks(ranks, rng):
        if fit(a, b):
            found, shape = f(a, b)
            np.testing.assert_allclose(found, a @ b, atol=1e-12)
            assert tuple(shape) == found.shape
        else:
            with pytest.raises(ValueError, match="batched_dot.*must be equal, or one of them 1"):
                f(a, b)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("ranks", RANKS)
def test_gradients_are_summed_over_what_was_broadcast(ranks, mode, rng):
    x, y = tensors(*ranks)
    product = x @ y
    g = tensors(product.type.ndim)[0]
    f = theano.function([x, y, g], T.Lop(product, [x, y], g), mode=mode)
    for a, b in stacks(ranks, rng):
        if not fit(a, b):
            continue
        out = rng.normal(size=(a @ b).shape)
        for found, x_, whole in zip(f(a, b, out), (a, b), (out @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ out),
                                    strict=True):
            assert found.shape == x_.shape
            np.testing.assert_allclose(found, summed_like(whole, x_), atol=1e-12)


@pytest.mark.parametrize("shapes", [((1, 2, 3), (4, 3, 2)), ((4, 2, 3), (1, 3, 2)), ((2, 1, 2, 3), (4, 3, 2))])
def test_derivatives_to_second_order(shapes, rng):
    values = [rng.normal(size=s) for s in shapes]
    theano.gradient.verify_grad(lambda x, y: x @ y, values, rng=rng)
    theano.gradient.verify_grad(lambda x, y: T.grad(T.sqr(x @ y).sum(), [x, y])[0], values, rng=rng)
    x, y = tensors(*map(len, shapes))
    dx, dy = tensors(*map(len, shapes))
    tangents = [rng.normal(size=s) for s in shapes]
    found = theano.function([x, y, dx, dy], T.Rop(x @ y, [x, y], [dx, dy]))(*values, *tangents)
    np.testing.assert_allclose(found, tangents[0] @ values[1] + values[0] @ tangents[1], atol=1e-12)


@pytest.mark.parametrize("shapes", [
    ((1, 40, 30), (7, 30, 20)), ((7, 40, 30), (1, 30, 20)), ((7, 1, 5), (1, 5, 3)), ((5, 1, 20, 9), (1, 6, 9, 8)),
    ((5, 6, 2, 9), (5, 1, 9, 8)), ((1, 1, 2, 3), (4, 2, 3, 2))])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_broadcasting_is_native(shapes, dtype, rng):
    """No call is handed to the general graph, whatever lies where."""
    x, y = tensors(*map(len, shapes), dtype=dtype)
    f = theano.function([x, y], x @ y)
    a, b = (rng.normal(size=s).astype(dtype) for s in shapes)
    turned = [np.ascontiguousarray(v.swapaxes(-1, -2)).swapaxes(-1, -2) for v in (a, b)]
    apart = [np.repeat(v, 2, axis=0)[::2] for v in (a, b)]
    for left, right in ((a, b), turned, apart):
        np.testing.assert_allclose(f(left, right), a @ b, rtol=1e-3 if dtype == "float32" else 1e-9, atol=1e-4)
    assert f._general is None


def test_patterns_that_are_known():
    row, column = T.TensorType("float64", (True, False, False))(), T.tensor3()
    assert (row @ column).type.broadcastable == (False, False, False)
    assert (row @ row).type.broadcastable == (True, False, False)
    g = T.grad((row @ column).sum(), row)
    assert g.type == row.type
    found = theano.function([row, column], g)(np.ones((1, 2, 3)), np.ones((5, 3, 4)))
    np.testing.assert_array_equal(found, np.full((1, 2, 3), 20.0))


def test_shapes_alone_are_checked_too():
    x, y = T.tensor3s("xy")
    f = theano.function([x, y], (x @ y).shape)
    assert tuple(f(np.ones((1, 2, 3)), np.ones((5, 3, 4)))) == (5, 2, 4)
    for bad in (np.ones((3, 3, 4)), np.ones((2, 4, 4))):
        with pytest.raises(ValueError, match="batched_dot|must hold"):
            f(np.ones((2, 2, 3)), bad)


def test_products_of_vectors_broadcast_too(rng):
    x, y, z = T.matrix(), T.tensor3(), T.matrix()
    f = theano.function([x, y, z], [T.batched_dot(x, y), T.batched_dot(y, z), T.batched_dot(x, z),
                                    *T.grad(T.batched_dot(T.batched_dot(x, y), z).sum(), [x, y, z])],
                        mode=theano.Mode(linker="py"))
    a, b, c = rng.normal(size=(1, 3)), rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 3))
    first, second, third, *gradients = f(a, b, c)
    np.testing.assert_allclose(first, (a[:, None] @ b)[:, 0])
    np.testing.assert_allclose(second, (b @ c[..., None])[..., 0])
    np.testing.assert_allclose(third, (a * c).sum(1))
    np.testing.assert_allclose(gradients[0], (b @ c[..., None])[..., 0].sum(0, keepdims=True))
    np.testing.assert_allclose(gradients[1], a[:, :, None] * c[:, None])
    np.testing.assert_allclose(gradients[2], (a[:, None] @ b)[:, 0])


def test_a_sum_with_a_product_that_broadcasts(rng):
    """Extents are taken as equal only where elementwise work demands it, and that is checked."""
    x, y = T.tensor3s("xy")
    f = theano.function([x, y], T.tanh(x + x @ y) * 2)
    for n, m in ((1, 4), (4, 1), (3, 3)):
        a, b = rng.normal(size=(n, 3, 3)), rng.normal(size=(m, 3, 3))
        np.testing.assert_allclose(f(a, b), np.tanh(a + a @ b) * 2)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_one_matrix_of_a_batch_serves_for_all(mode, rng):
    """Ops that run for every row follow NumPy as well, and so do those of which rewriting makes them."""
    a, b = T.tensor3s("ab")
    solution = theano.vectorize(T.slinalg.solve)(a, b)
    product = theano.vectorize(T.nlinalg.matrix_inverse)(a) @ b
    f = theano.function([a, b], [solution, product, *T.grad(T.sqr(solution).sum(), [a, b]),
                                 *T.grad(T.sqr(product).sum(), [a, b]), solution.shape], mode=mode)
    for n, m in ((1, 3), (3, 1), (3, 3)):
        x, y = rng.normal(size=(n, 4, 4)) + 4 * np.eye(4), rng.normal(size=(m, 4, 2))
        *found, shape = f(x, y)
        expected = np.linalg.solve(x, y)
        assert tuple(shape) == expected.shape
        of_b = np.linalg.solve(x.swapaxes(1, 2), 2 * expected)
        of_a = summed_like(-of_b @ expected.swapaxes(1, 2), x)
        for v, w in zip(found, [expected] * 2 + [of_a, summed_like(of_b, y)] * 2, strict=True):
            np.testing.assert_allclose(v, w, atol=1e-9)
            assert v.shape == w.shape
    with pytest.raises(ValueError, match="different numbers"):
        f(np.ones((2, 4, 4)), np.ones((3, 4, 2)))


def test_vectorized_products_of_stacks(rng):
    x, y = T.TensorType("float64", (False,) * 4)(), T.tensor3()
    f = theano.function([x, y], theano.vectorize(lambda a: a @ y)(x))
    g = theano.function([x, y], theano.vectorize(lambda b: x @ b[None, None], in_axes=0)(y))
    a, b = rng.normal(size=(2, 5, 3, 4)), rng.normal(size=(1, 4, 2))
    np.testing.assert_allclose(f(a, b), a @ b)
    np.testing.assert_allclose(g(a, b), a[None] @ b[:, None, None])
    h = theano.function([x, y], theano.vectorize(lambda a: theano.vectorize(T.batched_dot, (0, None))(a, y))(x[None]))
    np.testing.assert_allclose(h(a, rng.normal(size=(5, 4, 2)) * 0 + b), (a @ b)[None])
