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
