"""Graphs as ops."""

import pickle
from functools import partial

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import MissingInputError
from theano.gradient import DisconnectedType, NullType, disconnected_type
from theano.inner.subgraph import OpFromGraph

BOTH = pytest.mark.parametrize("make", [OpFromGraph, partial(OpFromGraph, inline=True)])


@BOTH
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_values_and_gradients(make, mode, rng):
    x, y, z = T.dmatrices("xyz")
    op = make([x, y, z], [x + y * z])
    out = op(x, y, z) - op(y, z, x)
    f = theano.function([x, y, z], [out, *T.grad(out.sum(), [x, y, z])], mode=mode)
    a, b, c = rng.normal(size=(3, 2, 4))
    expected = [a + b * c - (b + c * a), 1 - c, c - 1, b - a]
    for found, wanted in zip(f(a, b, c), expected, strict=True):
        np.testing.assert_allclose(found, wanted)
    kept = [n for n in f.maker.fgraph.toposort() if isinstance(n.op, OpFromGraph)]
    assert bool(kept) == (make is OpFromGraph)


@BOTH
def test_derivatives_of_derivatives(make, rng):
    x = T.dvector("x")
    op = make([x], [T.exp(x) * x])
    a = rng.normal(size=3)
    T.verify_grad(op, [a], rng=rng)
    T.verify_grad(lambda v: T.grad(op(v).sum(), v), [a], rng=rng)
    u = T.dvector()
    np.testing.assert_allclose(T.Rop(op(x), x, u).eval({x: a, u: a}), a * np.exp(a) * (1 + a))


@BOTH
def test_shared_variables(make, rng):
    s = theano.shared(rng.normal(size=3))
    x = T.dvector()
    op = make([x], [x * s ** 2])
    f = theano.function([x], [op(x), T.grad(op(x).sum(), s)])
    a = rng.normal(size=3)
    for _ in range(2):
        value, slope = f(a)
        np.testing.assert_allclose(value, a * s.get_value() ** 2)
        np.testing.assert_allclose(slope, 2 * a * s.get_value())
        s.set_value(s.get_value() + 1)


@BOTH
def test_gradients_of_the_user(make):
    x, w, b, g = T.dvectors("xwbg")

    def whole(inputs, grads):
        x, w, b = inputs
        return [2 * grads[0] * w, 3 * grads[0] * x, grads[0]]

    as_op = make([x, w, b, g], whole([x, w, b], [g]))
    in_list = [lambda i, g: 2 * g[0] * i[1], lambda i, g: 3 * g[0] * i[0], "default"]
    for overrides in (whole, as_op, in_list):
        op = make([x, w, b], [x * w + b], grad_overrides=overrides)
        f = theano.function([x, w, b], T.grad(op(x, w, b).sum(), [x, w, b]))
        np.testing.assert_allclose(f([1., 2], [3., 4], [5., 6]), [[6, 8], [3, 6], [1, 1]])


@BOTH
def test_gradients_that_are_none(make):
    x, w, b = T.dvectors("xwb")
    op = make([x, w, b], [x * w + b], grad_overrides=["default", NullType()(), DisconnectedType()()])
    slopes = T.grad(op(x, w, b).sum(), [x, w, b], return_disconnected="Disconnected", disconnected_inputs="ignore",
                    null_gradients="return")
    assert isinstance(slopes[0].type, T.TensorType) and isinstance(slopes[1].type, NullType)
    assert isinstance(slopes[2].type, DisconnectedType)
    again = make([x, w], [w + T.round(w)], grad_overrides=lambda i, g: [g[0], disconnected_type()],
                 connection_pattern=[[True], [False]])
    assert again.connection_pattern(None) == [[True], [False]]
    np.testing.assert_allclose(T.grad(again(x, w).sum(), x).eval({x: [1., 2], w: [1., 2]}), [1, 1])


@BOTH
def test_lop_and_rop_of_the_user(make):
    x, y, u, v = T.dvectors("xyuv")
    root = make([x], [T.sqrt(x)], lop_overrides=lambda i, o, g: [g[0] * 5 / o[0]])
    np.testing.assert_allclose(T.grad(root(x).sum(), x).eval({x: [4., 9]}), [2.5, 5 / 3])

    def along(inputs, points):
        return [2 * points[0] * inputs[1] + 3 * points[1] * inputs[0]]

    for overrides in (along, make([x, y, u, v], along([x, y], [u, v])), [lambda i, p: along(i, p)[0]]):
        op = make([x, y], [x * y], rop_overrides=overrides)
        f = theano.function([x, y, u, v], T.Rop(op(x, y), [x, y], [u, v]))
        np.testing.assert_allclose(f([1.], [2.], [3.], [4.]), [24])
        one = theano.function([x, y, v], T.Rop(op(x, y), y, v))         # the other input does not move
        np.testing.assert_allclose(one([1.], [2.], [4.]), [12])


def test_shapes_connections_and_text():
    x, y, z = T.dmatrices("xyz")
    op = OpFromGraph([x, y, z], [x * y, y * z], name="pair")
    assert op.connection_pattern(None) == [[True, False], [True, True], [False, True]]
    f = theano.function([x, y, z], [v.shape for v in op(x, y, z)])
    assert not any(isinstance(n.op, OpFromGraph) for n in f.maker.fgraph.toposort())
    assert [list(s) for s in f(np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 3)))] == [[2, 3], [2, 3]]
    assert str(op) == "pair{inline=False}"
    assert isinstance(op.get_lop_op(), OpFromGraph) and isinstance(op.get_rop_op(), OpFromGraph)


def test_two_nodes_of_one_op_and_nesting():
    x = T.dvector("x")
    op = OpFromGraph([x], [x * 2])
    outer = OpFromGraph([x], [op(x) + op(op(x))])
    np.testing.assert_allclose(theano.function([x], [outer(x), outer(x + 1)])([1.]), [[6], [12]])


def test_it_is_pickled_with_its_function():
    x = T.dvector("x")
    f = theano.function([x], OpFromGraph([x], [x * 2])(x) + 1)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(f))([1., 2]), [3, 5])


def test_test_values():
    x, y = T.dscalar(), T.dscalar()
    with theano.config.change_flags(compute_test_value="raise"):
        x.tag.test_value = y.tag.test_value = np.float64(2)
        out = OpFromGraph([x], [x ** 3])(y)
        assert out.tag.test_value == 8 and T.grad(out, y).tag.test_value == 12


@pytest.mark.parametrize("make, error", [
    (lambda x, y: OpFromGraph([x], [x + y]), MissingInputError), (lambda x, y: OpFromGraph([x], [1]), TypeError),
    (lambda x, y: OpFromGraph([x], [x], updates=[]), TypeError),
    (lambda x, y: OpFromGraph([x], [x], lop_overrides=[None], grad_overrides=[None]), ValueError),
    (lambda x, y: OpFromGraph([x], [x], grad_overrides=[None, None]), ValueError),
    (lambda x, y: OpFromGraph([x], [x], grad_overrides=3), TypeError),
    (lambda x, y: OpFromGraph([x], [x], grad_overrides=[x]), TypeError),
    (lambda x, y: OpFromGraph([x], [x])(x, y), ValueError)])
def test_refused(make, error):
    with pytest.raises(error):
        make(*T.dvectors("xy"))


@BOTH
@pytest.mark.parametrize("used", [(0,), (1,), (2,), (3,), (0, 1), (1, 2, 3), (0, 1, 2, 3)])
def test_gradients_of_some_of_outputs_that_are_inputs_repeated_or_not_connected(make, used, rng):
    x, y = T.dvectors("xy")
    shared_part = T.sin(x) * y
    outputs = [shared_part, x, shared_part * shared_part.sum(), T.round(y)]
    op = make([x, y], [*outputs, outputs[2]])
    found = []
    for results in (outputs, op(x, y)):
        cost = sum((results[k] ** 2).sum() for k in used)
        slopes = T.grad(cost, [x, y], disconnected_inputs="ignore")
        found.append([*slopes, *T.Rop(slopes, [x, y], [y, x], disconnected_outputs="ignore")])
    values = rng.standard_normal((2, 3))
    for expected, result in zip(*(theano.function([x, y], v, on_unused_input="ignore")(*values) for v in found),
                                strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-12)


@BOTH
def test_overrides_that_give_too_few_or_too_many_are_refused(make):
    x, y = T.dvectors("xy")
    one = make([x], [x * 2], lop_overrides=lambda i, o, g: 17 * g[0])       # one is no list
    np.testing.assert_allclose(T.grad(one(x).sum(), x).eval({x: [1., 2]}), [17, 17])
    for given in (lambda i, g: [g[0]], lambda i, g: [g[0]] * 3):
        with pytest.raises(ValueError, match="grad_overrides of .* 2 are needed"):
            T.grad(make([x, y], [x * y], grad_overrides=given)(x, y).sum(), x)
    with pytest.raises(ValueError, match="rop_overrides of .* gave 1 results, 2 are needed"):
        T.Rop(make([x], [x, x * 2], rop_overrides=lambda i, p: [p[0]])(x), x, x)
