"""Gradients at the points where a factor is infinite or a choice is tied are the finite ones."""

import numpy as np
import pytest

import theano
import theano.tensor as T

INF = np.inf
CASES = {                               # cost of a vector, where, the gradient there
    "log of positives": (lambda x: T.switch(x > 0, T.log(x), 0).sum(), [0, 1, -1], [0, 1, 0]),
    "other branch": (lambda x: T.switch(x <= 0, 0, T.log(x)).sum(), [0, 1, -1], [0, 1, 0]),
    "root of positives": (lambda x: T.switch(x > 0, T.sqrt(x), 0).sum(), [0, 1, -1], [0, 0.5, 0]),
    "inverse": (lambda x: T.switch(T.neq(x, 0), 1 / x, 0).sum(), [0, 1, -1], [0, -1, -1]),
    "x log x": (lambda x: T.switch(x > 0, x * T.log(x), 0).sum(), [0, 1, -1], [0, 1, 0]),
    "chain": (lambda x: T.switch(x > 0, T.exp(T.sqrt(T.log(x) * 2 + 9)), x).sum(), [0, 1, -1], [1, np.exp(3) / 3, 1]),
    "twice in a branch": (lambda x: T.switch(x > 0, T.sqrt(x) + T.sqrt(x) ** 2, 0).sum(), [0, 1], [0, 1.5]),
    "nested": (lambda x: T.switch(x > 0, T.switch(x < 1, T.log(x) + T.log(1 - x), 1), 0).sum(), [0, 1, 0.5], [0, 0, 0]),
    "of a sum": (lambda x: T.switch(x.sum() > 0, T.log(x.sum()), 0), [0, 0], [0, 0]),
    "sum inside": (lambda x: T.switch(x[0] > 0, T.log(x).sum(), 0), [0, 0], [0, 0]),
    "column": (lambda x: T.switch((x > 0).dimshuffle(0, "x"), T.log(x).dimshuffle(0, "x"), 0).sum(), [0, 2], [0, 0.5]),
    "overflow": (lambda x: T.switch(x < 1, T.exp(x), 0).sum(), [0, 1000], [1, 0]),
    "arcsin": (lambda x: T.switch(x < 1, T.arcsin(x), 0).sum(), [0, 1, 2], [1, 0, 0]),
    "condition of floats": (lambda x: T.switch(x, 1 / x, 0).sum(), [0, 2], [0, -0.25]),
    "root": (lambda x: T.sqrt(x).sum(), [0, 4], [INF, 0.25]),
    "norm": (lambda x: x.norm(2), [0, 0], [0, 0]),
    "norm of order 3": (lambda x: x.norm(3), [0, 0], [0, 0]),
    "norm as written": (lambda x: T.sqrt((x ** 2).sum()), [0, 0], [0, 0]),
    "norm of a difference": (lambda x: T.sqrt(T.sqr(x - 1).sum()), [1, 1], [0, 0]),
    "norm of something": (lambda x: x.norm(2), [3, -4], [0.6, -0.8]),
    "standard deviation": (lambda x: x.std(), [1, 1], [0, 0]),
    "square": (lambda x: (x ** 2).sum(), [0, -1], [0, -2]),
    "power 1": (lambda x: (x ** 1).sum(), [0, -1], [1, 1]),
    "power 0": (lambda x: (x ** 0).sum(), [0, -1], [0, 0]),
    "abs": (lambda x: abs(x).sum(), [0, -1, 2], [0, -1, 1]),
    "largest, tied": (lambda x: T.max(x), [1, 1, 0], [1, 1, 0]),
    "larger, tied": (lambda x: T.maximum(x, 1).sum(), [1, 2, 0], [1, 1, 0]),
    "larger than itself": (lambda x: T.maximum(x, x).sum(), [1, 2], [1, 1]),
    "product, one zero": (lambda x: x.prod(), [0, 2, 3], [6, 0, 0]),
    "product, two zeros": (lambda x: x.prod(), [0, 0, 3], [0, 0, 0]),
    "product": (lambda x: x.prod(), [1, 2, 3], [6, 3, 2]),
    "clip": (lambda x: T.clip(x, 0, 1).sum(), [0, 1, 2, -1], [1, 1, 0, 0]),
    "logsumexp of nothing": (T.logsumexp, [-INF, -INF], [0, 0]),
    "logsumexp": (T.logsumexp, [-INF, 0], [0, 1]),
    "logsumexp of large": (T.logsumexp, [1000, 1000], [0.5, 0.5]),
    "logsumexp of small": (T.logsumexp, [-1000, -1000], [0.5, 0.5]),
    "log of softmax": (lambda x: T.log(T.nnet.softmax(x))[0, 0], [-1000, 0], [1, -1]),
    "log of sigmoid": (lambda x: T.log(T.nnet.sigmoid(x)).sum(), [-1000, 1000], [1, 0]),
    "tanh": (lambda x: T.tanh(x).sum(), [1000, -1000, 0], [0, 0, 1]),
    "softplus": (lambda x: T.nnet.softplus(x).sum(), [-1000, 1000], [0, 1]),
}
STABILIZED = {"log of sigmoid"}         # by a rewrite


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("name", CASES)
def test_gradients_at_edges(name, mode):
    build, at, expected = CASES[name]
    x = T.dvector()
    f = theano.function([x], T.grad(build(x), x), mode="FAST_RUN" if name in STABILIZED else mode,
                        on_unused_input="ignore")
    np.testing.assert_allclose(f(np.array(at, float)), expected, rtol=1e-12, atol=1e-12)


def test_powers_by_base_and_exponent():
    x, y = T.dvectors("xy")
    f = theano.function([x, y], T.grad((x ** y).sum(), [x, y]))
    by_base, by_exponent = f([0., 0, 0, 2], [0., 1, 2, 0])
    assert by_base.tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(by_exponent, [0, 0, 0, np.log(2)])


@pytest.mark.parametrize("at", [[1., 2, 3], [0., 2, 3], [0., 0, 3], [0., 0, 0]], ids=str)
def test_second_derivatives_of_products(at):
    x = T.dvector()
    found = theano.function([x], T.hessian(x.prod(), x))(at)
    others = [[0 if i == j else np.prod([v for k, v in enumerate(at) if k not in (i, j)]) for j in range(3)]
              for i in range(3)]
    np.testing.assert_allclose(found, others)


def test_a_tie_of_two_inputs_goes_to_the_first():
    x, y = T.dvectors("xy")
    for op in (T.maximum, T.minimum):
        assert [g.tolist() for g in theano.function([x, y], T.grad(op(x, y).sum(), [x, y]))([1.], [1.])] == [[1], [0]]


@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (1, 1), (3, 2)], ids=str)
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_choices_broadcast_at_run_time(shape, mode):
    """A branch of extent 1 is used where any of the choices takes it."""
    x, c = T.dmatrix("x"), T.bmatrix("c")
    f = theano.function([x, c], T.grad(T.switch(c, T.log(x), 0).sum(), x), mode=mode)
    condition = np.array([[1, 0], [1, 0], [0, 0]], "int8")
    axes = tuple(d for d, n in enumerate(shape) if n == 1)
    uses = np.broadcast_to(condition, (3, 2)).sum(axis=axes, keepdims=True)
    found = f(np.where(uses > 0, 2.0, 0.0), condition)
    np.testing.assert_allclose(found, uses / 2)
    assert found.shape == shape


def test_long_chains_of_choices():
    """Neither the recursion limit nor the length of the chain squared."""
    x = z = T.dvector()
    for _ in range(350):
        z = T.switch(x > 0, z, 0) * 1.0
    f = theano.function([x], T.grad(z.sum(), x), mode="FAST_COMPILE")
    assert f([0., 1.]).tolist() == [0, 1]


def test_a_chain_of_choices_costs_one_each_time():
    x = z = T.dvector()
    sizes = []
    for k in range(40):
        z = T.switch(x > k / 40, z, 0) * 1.5
        if k % 20 == 19:
            sizes.append(len(theano.graph.walk.toposort([T.grad(z.sum(), x)])))
    assert sizes[1] - sizes[0] < 20 * 24
    np.testing.assert_allclose(theano.function([x], T.grad(z.sum(), x))([0.5, 1.0]), [0, 1.5 ** 40])


def test_sums_of_terms_with_different_choices():
    """Where a choice is common to all terms it hides what any of them gives."""
    x, y = T.dvectors("xy")
    both = T.switch(x > 0, T.switch(y > 0, T.log(x) * y, 0) + T.sqrt(x), 0) * 2
    f = theano.function([x, y], T.grad(both.sum(), [x, y]))
    gx, gy = f([4., 4., 0., 0.], [2., -1., 2., -1.])
    np.testing.assert_allclose(gx, [2 * (2 / 4 + 0.25), 0.5, 0, 0])
    np.testing.assert_allclose(gy, [2 * np.log(4), 0, 0, 0])
