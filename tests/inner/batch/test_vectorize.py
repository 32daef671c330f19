"""`vectorize` and `vectorize_graph`: axes, kinds of results, closures, nesting, errors."""

import numpy as np
import pytest

import theano
import theano.tensor as T


@pytest.fixture
def rng():
    return np.random.RandomState(4)


@pytest.mark.parametrize("in_axes, out_axes, subscripts", [
    (0, 0, "nij,njk->nik"), ((1, 0), 0, "inj,njk->nik"), ((-1, None), 0, "ijn,jk->nik"),
    ([None, 2], 1, "ij,jkn->ink"), ((0, 1), -1, "nij,jnk->ikn")])
def test_axes(in_axes, out_axes, subscripts, rng):
    extents = dict(n=5, i=2, j=3, k=4)
    left, right = subscripts.split("->")[0].split(",")
    a, b = (rng.rand(*(extents[c] for c in letters)) for letters in (left, right))
    x, y = (T.TensorType("float64", (False,) * v.ndim)() for v in (a, b))
    found = theano.vectorize(T.dot, in_axes, out_axes)(x, y)
    np.testing.assert_allclose(found.eval({x: a, y: b}), np.einsum(subscripts, a, b))


@pytest.mark.parametrize("kind", [list, tuple])
def test_results_come_as_they_are_returned(kind, rng):
    x = T.dmatrix()
    found = theano.vectorize(lambda x: kind([x.sum(), 3.0, x.shape[0]]), out_axes=(0, 0, None))(x)
    assert type(found) is kind and [v.ndim for v in found] == [1, 1, 0]
    total, three, length = theano.function([x], list(found))(np.ones((2, 4)))
    assert total.tolist() == [4, 4] and three.tolist() == [3, 3] and length == 4


def test_the_function_keeps_its_name():
    def slope(x):
        """Of a line."""
        return x * 2

    assert theano.vectorize(slope).__name__ == "slope" and theano.vectorize(slope).__doc__ == "Of a line."


def test_variables_from_around_are_the_same_for_all_slices(rng):
    w = theano.shared(rng.rand(3), "w")
    x = T.dmatrix()
    y = theano.vectorize(lambda x: T.dot(x, w))(x)
    f = theano.function([x], T.grad(y.sum(), w))
    value = rng.rand(4, 3)
    np.testing.assert_allclose(f(value), value.sum(axis=0))


def test_gradients_within(rng):
    """Gradients for each example."""
    w, x, t = T.dvector("w"), T.dmatrix("x"), T.dvector("t")
    each = theano.vectorize(lambda x, t: T.grad((T.dot(x, w) - t) ** 2, w))(x, t)
    a, b, c = rng.rand(3), rng.rand(5, 3), rng.rand(5)
    np.testing.assert_allclose(each.eval({w: a, x: b, t: c}), 2 * (b @ a - c)[:, None] * b)


def test_distances_of_all_pairs(rng):
    x, y = T.dmatrix(), T.dmatrix()
    def distance(a, b):
        return T.sqr(a - b).sum()

    pairs = theano.vectorize(theano.vectorize(distance, in_axes=(None, 0)), in_axes=(0, None))(x, y)
    a, b = rng.rand(3, 2), rng.rand(4, 2)
    np.testing.assert_allclose(pairs.eval({x: a, y: b}), ((a[:, None] - b) ** 2).sum(axis=2))


def test_one_product_where_one_factor_is_batched():
    x, w = T.dmatrix(), T.dmatrix()
    f = theano.function([x, w], theano.vectorize(lambda x: T.dot(x, w))(x))
    assert [type(n.op).__name__ for n in f.maker.fgraph.toposort()] == ["Dot22"]


def test_random_numbers_are_the_same_for_all_slices(rng):
    stream = T.shared_randomstreams.RandomStreams(3)
    x = T.dmatrix()
    found = theano.function([x], theano.vectorize(lambda x: x + stream.normal((3,)))(x))(np.zeros((2, 3)))
    np.testing.assert_array_equal(found[0], found[1])


def test_test_values(rng):
    with theano.change_flags(compute_test_value="raise"):
        x = T.dmatrix()
        x.tag.test_value = rng.rand(4, 3)
        y = theano.vectorize(lambda x: T.dot(x, x))(x)
        np.testing.assert_allclose(y.tag.test_value, (x.tag.test_value ** 2).sum(axis=1))


def test_replacements_with_several_axes(rng):
    x, y = T.dvector(), T.dvector()
    out = T.dot(x, y) * x
    X, Y = T.dtensor4(), T.dtensor3()
    found = theano.vectorize_graph(out, {x: X, y: Y})
    a, b = rng.rand(2, 4, 5, 3), rng.rand(4, 5, 3)
    np.testing.assert_allclose(found.eval({X: a, Y: b}), (a * b).sum(axis=-1, keepdims=True) * a)


def test_replacements_of_extent_one_count_for_all(rng):
    x, y = T.dvector(), T.dvector()
    X, Y = T.dtensor3(), T.TensorType("float64", (False, True, False))()
    found, = theano.vectorize_graph([T.dot(x, y)], {x: X, y: Y})
    a, b = rng.rand(2, 4, 3), rng.rand(2, 1, 3)
    np.testing.assert_allclose(found.eval({X: a, Y: b}), (a * b).sum(axis=-1))
    one = theano.vectorize_graph(T.dot(x, y), {x: Y, y: Y})
    np.testing.assert_allclose(one.eval({Y: b}), (b * b).sum(axis=-1))


def test_replacements_without_more_axes(rng):
    x, y, z = T.dvector(), T.dvector(), T.dmatrix()
    found = theano.vectorize_graph((x * y, x + 1, y * 2), {x: z, y: x ** 2})
    a, b = rng.rand(2, 3), rng.rand(3)
    for one, other in zip(theano.function([x, z], list(found))(b, a), (a * b ** 2, a + 1, 2 * b ** 2), strict=True):
        np.testing.assert_allclose(one, other)
    assert theano.vectorize_graph(x, {y: z}) is x


@pytest.mark.parametrize("call, error, match", [
    (lambda x: theano.vectorize(x), TypeError, "vectorize_graph"),
    (lambda x: theano.vectorize(T.exp, in_axes=None)(x), ValueError, "no argument"),
    (lambda x: theano.vectorize(T.exp, in_axes=2)(x), ValueError, "no axis 2"),
    (lambda x: theano.vectorize(T.exp, in_axes=(0, 0))(x), ValueError, "2 entries for 1 arguments"),
    (lambda x: theano.vectorize(T.exp, out_axes=(0, 0))(x), ValueError, "2 entries for 1 results"),
    (lambda x: theano.vectorize(T.exp, out_axes=2)(x), ValueError, "no axis 2"),
    (lambda x: theano.vectorize(T.exp, out_axes=None)(x), ValueError, "differs between slices"),
    (lambda x: theano.vectorize_graph(x * 2, {x: T.dvector()}), TypeError, "take the place"),
    (lambda x: theano.vectorize_graph(x * 2, {x: T.ltensor3()}), TypeError, "take the place"),
    (lambda x: theano.vectorize_graph(x * 2, {"x": x}), TypeError, "replaces variables"),
])
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call(T.dmatrix())


def test_different_numbers_of_slices():
    x, y = T.dmatrix(), T.dmatrix()
    with pytest.raises(ValueError):
        theano.vectorize(lambda x, y: x + y)(x, y).eval({x: np.zeros((2, 3)), y: np.zeros((4, 3))})


@pytest.mark.parametrize("function, extents", [
    (lambda m: T.slinalg.kron(m, m), (9, 9)), (lambda m: T.slinalg.solve(m, m[0]), (3,)),
    (lambda m: T.grad(T.log(abs(T.nlinalg.det(m))), m), (3, 3))], ids=["kron", "solve", "log of det"])
def test_gradients_with_constant_weights_of_the_rows(function, extents):
    rng = np.random.RandomState(5)
    a, weights, value = T.dtensor3(), rng.randn(2, *extents), rng.randn(2, 3, 3)
    gradient = T.grad((theano.vectorize(function)(a) * T.constant(weights)).sum(), a)
    found, plain = (theano.function([a], gradient, mode=mode)(value) for mode in (None, theano.Mode("py", None)))
    np.testing.assert_allclose(found, plain, rtol=1e-8)
