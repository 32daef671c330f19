"""Which BLAS calls sums of products become, and that they give what NumPy gives."""

import numpy as np
import pytest

import theano
import theano.tensor as T

RATE, PENALTY = 0.1, 0.02


def arguments(f, name):
    """The inputs of the first node whose op has that name."""
    return next(node.inputs for node in f.maker.fgraph.toposort() if str(node.op) == name)


@pytest.mark.parametrize("written", [
    lambda w, g: w - RATE * (g + PENALTY * w), lambda w, g: w - RATE * g - RATE * PENALTY * w,
    lambda w, g: (1 - RATE * PENALTY) * w - RATE * g, lambda w, g: w + (-RATE) * (PENALTY * w + g)])
@pytest.mark.parametrize("ndim", [1, 2])
def test_a_step_with_a_penalty_is_one_product(written, ndim):
    """As the founding documents show it: gemv{inplace}(w, -rate, x.T, error, 1 - rate * penalty)."""
    rng = np.random.default_rng(0)
    x, error = T.dmatrix("x"), (T.dvector if ndim == 1 else T.dmatrix)("error")
    start = rng.standard_normal((5, 3)[:ndim])
    w = theano.shared(start.copy(), name="w")
    f = theano.function([x, error], [], updates=[(w, written(w, T.dot(x.T, error)))], mode="FAST_RUN")
    z, alpha, _, _, beta = arguments(f, "Gemv{inplace}" if ndim == 1 else "Gemm{inplace}")
    assert z.name == "w"
    np.testing.assert_allclose([alpha.data, beta.data], [-RATE, 1 - RATE * PENALTY])
    a, b = rng.standard_normal((7, 5)), rng.standard_normal((7, 3)[:ndim])
    memory = w.get_value(borrow=True)
    f(a, b)
    np.testing.assert_allclose(w.get_value(), written(start, a.T @ b))
    assert w.get_value(borrow=True) is memory


@pytest.mark.parametrize(("written", "products", "sums"), [
    (lambda x, w, h, u, b, z: T.dot(x, w) + T.dot(h, u) + b, 1, 1),
    (lambda x, w, h, u, b, z: T.dot(x, w) + b + T.dot(h, u), 1, 1),
    (lambda x, w, h, u, b, z: T.dot(x, w) + T.dot(h, u) + z, 0, 2),
    (lambda x, w, h, u, b, z: T.dot(x, w) + T.dot(h, u), 1, 1),
    (lambda x, w, h, u, b, z: T.dot(x, w) + T.dot(h, u) + T.dot(h + 1, u) + z + b, 1, 2),
    (lambda x, w, h, u, b, z: T.tanh(T.dot(x, w)) + T.dot(h, u) + b, 2, 0),
    (lambda x, w, h, u, b, z: T.dot(x, w) * 2 + T.dot(h, u) + b, 2, 0)])
def test_sums_of_products_become_one_array(written, products, sums):
    """How many products are arrays of their own, and how many are added to one; b is a row, z a matrix."""
    rng = np.random.default_rng(1)
    x, w, h, u, z = T.dmatrices("xwhuz")
    b = T.dvector("b")
    f = theano.function([x, w, h, u, b, z], written(x, w, h, u, b, z), mode="FAST_RUN", on_unused_input="ignore")
    names = [type(node.op).__name__ for node in f.maker.fgraph.toposort()]
    assert (names.count("Dot22"), names.count("Gemm")) == (products, sums)
    values = [rng.standard_normal(s) for s in ((4, 3), (3, 5), (4, 6), (6, 5), 5, (4, 5))]
    numbers = theano.function([x, w, h, u, b, z], written(x, w, h, u, b, z), mode=theano.Mode("py", None),
                              on_unused_input="ignore")
    np.testing.assert_allclose(f(*values), numbers(*values))
