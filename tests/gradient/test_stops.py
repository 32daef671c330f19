"""Identities that stop or change gradients, and parts of graphs."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import gradient
from theano.errors import DisconnectedInputError, GradientError, NullTypeGradError

CHANGES = {                             # name -> (identity, gradient of sum(identity(x) ** 2) at 1, -3)
    "consider_constant": (gradient.consider_constant, [0, 0]),
    "zero_grad": (gradient.zero_grad, [0, 0]),
    "grad_clip": (lambda x: gradient.grad_clip(x, -1, 4), [2, -1]),
    "grad_scale": (lambda x: gradient.grad_scale(x, 10), [20, -60]),
}
ALL = {**{name: op for name, (op, _) in CHANGES.items()}, "disconnected_grad": gradient.disconnected_grad,
       "undefined_grad": gradient.undefined_grad}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_gradients(name):
    change, expected = CHANGES[name]
    x = T.dvector()
    f = theano.function([x], T.grad((change(x) ** 2).sum(), x), on_unused_input="ignore")
    assert f([1., -3.]).tolist() == expected
    both = theano.function([x], T.grad((change(x) * x).sum(), x))
    own = {"grad_clip": np.clip([1, -3], -1, 4), "grad_scale": [10, -30]}.get(name, [0, 0])
    assert both([1., -3.]).tolist() == [1 + own[0], -3 + own[1]]


@pytest.mark.parametrize("name", ALL)
def test_values_are_unchanged_and_compiled_functions_have_none_of_it(name):
    x = T.dvector()
    f = theano.function([x], ALL[name](x) * 2)
    assert f([1., 2.]).tolist() == [2, 4]
    assert not any(isinstance(n.op, gradient.GradientOp) for n in f.maker.fgraph.toposort())
    assert ALL[name](x).owner.op == ALL[name](x).owner.op and str(ALL[name](x).owner.op)


def test_disconnected_and_undefined():
    x = T.dvector("x")
    with pytest.raises(DisconnectedInputError, match="DisconnectedGrad cut the path"):
        T.grad(gradient.disconnected_grad(x).sum(), x)
    assert T.grad((x * gradient.disconnected_grad(x)).sum(), x).eval({x: [2., 3.]}).tolist() == [2, 3]
    with pytest.raises(NullTypeGradError, match=r"UndefinedGrad by its input 0 \(x\)"):
        T.grad((x * gradient.undefined_grad(x)).sum(), x)


def test_directions_through_identities():
    x, v = T.dvectors("xv")
    for constant in (gradient.zero_grad, gradient.consider_constant):
        assert T.Rop(constant(x) * 2, x, v).eval({x: [1.], v: [5.]}) == 0
        assert T.Rop(constant(x) * x, x, v).eval({x: [3.], v: [5.]}) == 15
    assert T.Rop(gradient.grad_scale(x, 3) * 2, x, v).eval({x: [1.], v: [5.]}) == 10


def test_bounds_must_be_in_order():
    with pytest.raises(ValueError, match="clip_upper_bound"):
        gradient.grad_clip(T.dvector(), 1, -1)


# -- parts of graphs -------------------------------------------------------------------------------------------


def network():
    """(inputs, parameters, hidden layer, cost of the output, cost of the first weights)"""
    rng = np.random.RandomState(9)
    x, t = T.dvectors("xt")
    w1, w2 = theano.shared(rng.randn(3, 4), "w1"), theano.shared(rng.randn(4, 2), "w2")
    a1 = T.tanh(T.dot(x, w1))
    cost2 = T.sqr(T.tanh(T.dot(a1, w2)) - t).sum() + T.sqr(w2).sum()
    return [x, t], [w1, w2], a1, cost2, T.sqr(w1).sum()


AT = [[0.1, 0.2, -0.3], [0.5, -0.5]]


def test_gradients_part_by_part_are_those_of_the_whole():
    inputs, (w1, w2), a1, cost2, cost1 = network()
    (g2,), (end,) = theano.subgraph_grad([w2], [a1], cost=cost2)
    (g1,), (gx,) = theano.subgraph_grad([w1], [inputs[0]], start={a1: end}, cost=cost1)
    whole = T.grad(cost1 + cost2, [w1, w2, inputs[0]])
    f = theano.function(inputs, [*whole, g1, g2, gx])
    results = f(*AT)
    for one, other in zip(results[:3], results[3:], strict=True):
        np.testing.assert_allclose(one, other)


def test_details_of_parts():
    inputs, (w1, _), a1, cost2, cost1 = network()
    start = {a1: T.ones_like(a1)}
    wrt, end, by_start, by_cost = theano.subgraph_grad([w1], [inputs[0]], start, cost1, details=True)
    assert (len(wrt), len(end), len(by_start), len(by_cost)) == (1, 1, 2, 2)
    f = theano.function(inputs, [wrt[0] + 0, T.grad(a1.sum() + cost1, w1), *by_start], on_unused_input="ignore")
    total, expected = f(*AT)[:2]
    np.testing.assert_allclose(total, expected)


def test_bad_parts():
    inputs, (w1, _), a1, *_ = network()
    with pytest.raises(ValueError, match="`cost` or `start`"):
        theano.subgraph_grad([w1], [a1])
    with pytest.raises(TypeError, match="lists"):
        theano.subgraph_grad(w1, [a1], cost=a1.sum())


# -- verify_grad ----------------------------------------------------------------------------------------------


class Tripled(theano.Op):
    """Twice the input, with the gradient of three times."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def grad(self, inputs, output_grads):
        return [3 * output_grads[0]]


def test_a_wrong_gradient_is_found():
    rng = np.random.RandomState(1)
    with pytest.raises(GradientError, match="gradient of argument 0 of shape"):
        gradient.verify_grad(Tripled(), [np.ones((2, 3))], rng=rng)
    with pytest.raises(GradientError, match="argument 1"):
        gradient.verify_grad(lambda x, y: x + Tripled()(y), [np.ones(2), np.ones(2)], rng=rng)
    gradient.verify_grad(lambda x, y: x * T.exp(y), [np.ones(2), np.ones(2)], rng=rng)
    gradient.verify_grad(T.tanh, [rng.rand(2, 2).astype("float32")], rng=rng)


def test_verify_grad_wants_floats_and_a_generator():
    rng = np.random.RandomState(1)
    with pytest.raises(TypeError, match="floating point"):
        gradient.verify_grad(T.exp, [np.ones(2, "int32")], rng=rng)
    with pytest.raises(TypeError, match="rng"):
        gradient.verify_grad(T.exp, [np.ones(2)])
    with pytest.raises(TypeError, match="list"):
        gradient.verify_grad(T.exp, np.ones(2), rng=rng)


def test_numeric_gradients():
    found = gradient.numeric_grad(lambda x, y: (x * y).sum(), [np.array([1., 2.]), np.array([3., 4.])])
    np.testing.assert_allclose(found.gf[0], [3, 4], rtol=1e-5)
    np.testing.assert_allclose(found.gf[1], [1, 2], rtol=1e-5)
    assert found.max_err([np.array([3., 5.]), np.array([1., 2.])], 1e-4, 1e-4)[:2] == (0, 1)
