"""An inner graph for every row of a result."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.mode import Mode
from theano.gradient import DisconnectedType
from theano.graph.walk import connection_pattern
from theano.inner.graph import InnerGraph
from theano.inner.rowwise import Rowwise, map_rows

MODES = ["FAST_RUN", "FAST_COMPILE", Mode("py", None)]


@pytest.fixture
def rng():
    return np.random.RandomState(7)


def powers(x, n, summed=False):
    """Rows i * tanh(x) + x**i."""
    i = T.lscalar()
    return map_rows(i, [i * T.tanh(x) + x ** i], n, [x.shape], summed)[0]


def expected(x, n):
    return np.array([i * np.tanh(x) + x ** i for i in range(n)]).reshape((n, *x.shape))


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("n", [0, 1, 5])
def test_rows_are_stacked_or_summed(mode, n, rng):
    x, length = T.dmatrix(), T.lscalar()
    f = theano.function([x, length], [powers(x, length), powers(x, length, True)], mode=mode)
    value = rng.rand(2, 3)
    stacked, total = f(value, n)
    np.testing.assert_allclose(stacked, expected(value, n))
    np.testing.assert_allclose(total, expected(value, n).sum(axis=0))
    assert stacked.shape == (n, 2, 3) and total.shape == (2, 3)


def test_what_is_the_same_in_all_rows_is_computed_once():
    x = T.dvector()
    node = powers(x, 4).owner
    assert [v.owner and str(v.owner.op) for v in node.inputs[2:]] == ["Elemwise{tanh,no_inplace}", None]


def test_rows_that_do_not_depend_on_the_index_need_no_loop(rng):
    i, x = T.lscalar(), T.dvector()
    same, moving, total = map_rows(i, [T.exp(x), x * i, x], T.constant(3), [x.shape] * 3, [False, False, True])
    assert not isinstance(same.owner.op, Rowwise) and not isinstance(total.owner.op, Rowwise)
    value = rng.rand(4)
    a, b, c = theano.function([x], [same, moving, total])(value)
    np.testing.assert_allclose(a, np.tile(np.exp(value), (3, 1)))
    np.testing.assert_allclose(b, np.outer([0, 1, 2], value))
    np.testing.assert_allclose(c, 3 * value)


@pytest.mark.parametrize("summed", [False, True])
def test_gradients(summed, rng):
    value = rng.rand(2, 3) + 0.5
    theano.gradient.verify_grad(lambda x: powers(x, 4, summed), [value], rng=rng)
    theano.gradient.verify_grad(lambda x: T.grad((powers(x, 4, summed) ** 2).sum(), x), [value], rng=rng)


def test_gradient_where_outputs_and_inputs_are_one_another(rng):
    """A row may be another row, be computed from another one, or from two arguments of which one needs the other."""
    def rows(x):
        i = T.lscalar()
        y = T.exp(x)
        a = x * y * i
        made = map_rows(i, [a, a, a * a], T.constant(3), [x.shape] * 3, [False, True, False])
        return made[0].sum(axis=0) * made[1] + made[2].sum(axis=0)

    theano.gradient.verify_grad(rows, [rng.rand(3)], rng=rng)


@pytest.mark.parametrize("summed", [False, True])
def test_directional_derivatives(summed, rng):
    x, v = T.dvectors("xv")
    f = theano.function([x, v], T.Rop(powers(x, 4, summed), x, v))
    g = theano.function([x], powers(x, 4, summed))
    at, direction = rng.rand(3) + 0.5, rng.rand(3)
    slope = (g(at + 1e-6 * direction) - g(at - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(f(at, direction), slope, rtol=1e-6)


def test_directional_derivatives_of_some_outputs():
    x, y, v = T.dvectors("xyv")
    i = T.lscalar()
    a, b = map_rows(i, [x * i, y * i], T.constant(2), [x.shape, y.shape])
    tangents = a.owner.op.R_op(a.owner.inputs, [v if other is x else None for other in a.owner.inputs])
    assert tangents[1] is None
    np.testing.assert_allclose(tangents[0].eval({x: [0., 0.], v: [1., 2.]}), [[0, 0], [1, 2]])


def test_lengths_have_no_gradient():
    x, k, n = T.dvector(), T.lvector(), T.lscalar()
    i = T.lscalar()
    out = map_rows(i, [x * k * i], n, [x.shape])[0]
    pattern = connection_pattern(out.owner)
    assert [row[0] for row in pattern[:2]] == [False, False] and all(row[0] for row in pattern[2:])
    terms = out.owner.op.L_op(out.owner.inputs, out.owner.outputs, [T.ones_like(out)])
    assert all(isinstance(g.type, DisconnectedType) for g in terms[:2])
    assert all(g.type.dtype == "float64" for g in terms[2:])


def test_gradient_by_integers_is_that_of_floats():
    x, k = T.dvector(), T.lvector()
    i = T.lscalar()
    out = map_rows(i, [k * x ** i], T.constant(3), [x.shape])[0]
    f = theano.function([x, k], T.grad(out.sum(), k), on_unused_input="ignore")
    assert f([1., 4.], [2, 5]).tolist() == [3, 21]
    out = map_rows(i, [(k + i) // 2], T.constant(3), [k.shape])[0]
    assert T.grad((out * 0.5).sum(), k).eval({k: [2, 5]}).tolist() == [0, 0]


def test_shapes_are_known_without_running_rows():
    x = T.dvector()
    f = theano.function([x], [powers(x, x.shape[0] + 2).shape, powers(x, 3, True).shape])
    assert [v.tolist() for v in f(np.zeros(4))] == [[6, 4], [4]]
    assert not any(isinstance(n.op, Rowwise) for n in f.maker.fgraph.toposort())


def test_rows_nobody_needs_are_not_computed():
    i, x, y = T.lscalar(), T.dvector(), T.dvector()
    a, b = map_rows(i, [x * i, T.exp(y * i)], T.constant(3), [x.shape, y.shape])
    f = theano.function([x, y], a, on_unused_input="ignore")
    node, = (n for n in f.maker.fgraph.toposort() if isinstance(n.op, Rowwise))
    assert len(node.outputs) == 1 and len(node.inputs) == 3
    np.testing.assert_allclose(f([1., 2.], [1.]), [[0, 0], [1, 2], [2, 4]])
    assert b.eval({x: [1.], y: [0.]}).tolist() == [[1], [1], [1]]


def test_a_row_of_another_shape_is_refused():
    i, x = T.lscalar(), T.dvector()
    out = map_rows(i, [x[:i]], T.constant(3), [x.shape])[0]
    with pytest.raises(ValueError, match=r"row of shape \(0,\), expected \(2,\)"):
        theano.function([x], out)([1., 2.])


def test_lengths_are_integers():
    i, x = T.lscalar(), T.dvector()
    with pytest.raises(TypeError, match="integer scalars"):
        map_rows(i, [x * i], T.dscalar(), [x.shape])


def test_equal_graphs_make_equal_ops_and_are_merged(rng):
    x, y = T.dvectors("xy")
    one, same, other = powers(x, 3), powers(y, 3), powers(x, 3, True)
    assert one.owner.op == same.owner.op and hash(one.owner.op) == hash(same.owner.op)
    assert one.owner.op != other.owner.op and one.owner.op.graph != 1
    i = T.lscalar()
    assert map_rows(i, [x * i + 1], 3, [x.shape])[0].owner.op != map_rows(i, [x * i + 2], 3, [x.shape])[0].owner.op
    f = theano.function([x], [powers(x, 3) + 1, powers(x, 3) * 2])
    assert sum(isinstance(n.op, Rowwise) for n in f.maker.fgraph.toposort()) == 1
    value = rng.rand(2)
    np.testing.assert_allclose(f(value)[0] - 1, expected(value, 3))


def test_pickles_and_copies(rng):
    x = T.dvector()
    out = powers(x, 3)
    value = rng.rand(2)
    before = theano.function([x], out)
    before(value)
    for twin in (pickle.loads(pickle.dumps(before)), copy.copy(before)):
        np.testing.assert_allclose(twin(value), expected(value, 3))
    arguments, result = pickle.loads(pickle.dumps(([x], out)))
    np.testing.assert_allclose(theano.function(arguments, result)(value), expected(value, 3))
    assert pickle.loads(pickle.dumps(out.owner.op)) == out.owner.op


def test_inner_graphs_run():
    x, y = T.dvectors("xy")
    graph = InnerGraph([x, y], [x + y, x * y])
    assert [v.tolist() for v in graph(np.ones(1), np.full(1, 3.))] == [[4], [3]]
    assert str(graph) == "2 -> 2"
