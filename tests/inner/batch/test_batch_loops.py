"""Loops within batches, and batches of what is done row by row."""

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.graph.walk import toposort
from theano.inner.batch.each_row import EachRow
from theano.inner.rowwise import map_rows
from theano.inner.scan.op import Scan
from theano.inner.scan.structured import Going, Longest


@pytest.fixture
def rng():
    return np.random.RandomState(3)


def compare(build, arguments, values, batched):
    """``build`` batched against a loop over rows, value and gradients; returns the batched results."""
    found = theano.vectorize(lambda *args: list(build(*args)), in_axes=[0 if b else None for b in batched])(
        *(v if b else r for v, r, b in zip(whole_of(arguments), arguments, batched, strict=True)))
    whole = [v if b else r for v, r, b in zip(whole_of.made, arguments, batched, strict=True)]
    rows = list(build(*arguments))
    n = len(next(v for v, b in zip(values, batched, strict=True) if b))
    f = theano.function(arguments, rows + T.grad(sum(r.sum() for r in rows if r.dtype == "float64"), arguments,
                                                 disconnected_inputs="ignore"))
    one = [[np.array(v) for v in f(*(x[i] if b else x for x, b in zip(values, batched, strict=True)))]
           for i in range(n)]
    expected = [np.stack(column) for column in zip(*one, strict=True)]
    gradients = T.grad(sum(r.sum() for r in found if r.dtype == "float64"), whole, disconnected_inputs="ignore")
    made = theano.function(whole, found + gradients)(*values)
    for k, (a, b) in enumerate(zip(made, expected, strict=True)):
        summed = k >= len(rows) and not batched[k - len(rows)]
        np.testing.assert_allclose(a, b.sum(axis=0) if summed else b, rtol=1e-9, atol=1e-12)
    return found


def whole_of(arguments):
    whole_of.made = [T.TensorType(a.dtype, (False, *a.type.broadcastable))() for a in arguments]
    return whole_of.made


BOTH = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize("batched", BOTH)
def test_scans_become_one_scan(batched, rng):
    x, h = T.dmatrix("x"), T.dvector("h")

    def build(x, h):
        states, _ = theano.scan(lambda row, last: T.tanh(row + last * h[0]), sequences=x, outputs_info=h)
        totals, _ = theano.scan(lambda row: row.sum() * h, sequences=x)
        return states, totals

    values = [rng.rand(4, 5, 3) if batched[0] else rng.rand(5, 3), rng.rand(4, 3) if batched[1] else rng.rand(3)]
    found = compare(build, [x, h], values, batched)
    assert not any(isinstance(n.op, EachRow) for n in toposort(found))
    assert sum(isinstance(n.op, Scan) for n in toposort(found)) == 2


@pytest.mark.parametrize("batched", BOTH)
def test_steps_that_become_batched(batched, rng):
    """The start is the same for all rows, what the steps make of it is not; and several taps."""
    x, w = T.dvector("x"), T.dscalar("w")

    def build(x, w):
        start = dict(initial=T.ones((2,)), taps=[-2, -1])
        out, _ = theano.scan(lambda row, a, b: (a + b) * row * w, sequences=x, outputs_info=start)
        last, _ = theano.scan(lambda a: a * w, outputs_info=T.ones(()), n_steps=3)
        return out, last[-1] + x.sum()

    values = [rng.rand(4, 5) if batched[0] else rng.rand(5), rng.rand(4) if batched[1] else rng.rand()]
    compare(build, [x, w], values, batched)


def test_rows_may_stop_together_but_not_apart(rng):
    x, limit = T.dvector(), T.dscalar()

    def build(x, limit):
        return [theano.scan(lambda row, k: (row * k * limit, theano.scan_module.until(k > 2)),
                            sequences=[x, T.arange(x.shape[0])])[0]]

    compare(build, [x, limit], [rng.rand(4, 6), np.array(2.0)], (True, False))
    def stops(x, limit):
        return [theano.scan(lambda row: (row, theano.scan_module.until(row > limit)), sequences=x)[0]]
    found = compare(stops, [x, limit], [np.arange(6.) + np.zeros((3, 1)), np.array(3.5)], (True, False))
    assert any(isinstance(n.op, EachRow) for n in toposort(found))


def root(x):
    """By Newton's method, with as many steps as it takes."""
    return theano.loop(lambda s: ((s + x / s) / 2, None), x, until=lambda s: abs(s * s - x) < 1e-10)[0]


def slowly(x, w):
    """A state of two parts, of which one shows how many steps there were; stops at once or late."""
    def step(s):
        return {"x": s["x"] * 0.9, "v": s["v"] + w * s["x"], "n": s["n"] + 1}, None
    last, _ = theano.loop(step, {"x": x, "v": w * 0, "n": 0}, until=lambda s: s["x"] < 0.5)
    return [last["x"], last["v"], last["n"]]


STOPPING = {"root": (root, [T.dscalar()], [np.array([4.0, 9.0, 1e4])], (True,)),
            "slope": (lambda x: T.grad(root(x), x), [T.dscalar()], [np.array([4.0, 9.0, 1e4])], (True,)),
            "curve": (lambda x: T.grad(T.grad(root(x), x), x), [T.dscalar()], [np.array([4.0, 100.0])], (True,)),
            "slowly": (slowly, [T.dscalar(), T.dvector()], [np.array([0.1, 3.0, 1.0]), np.ones((3, 2))], (True, True)),
            "shared": (slowly, [T.dscalar(), T.dvector()], [np.array([0.1, 3.0, 1.0]), np.ones(2)], (True, False)),
            "slopes": (lambda x, w: T.grad(slowly(x, w)[1].sum() * x, [x, w]), [T.dscalar(), T.dvector()],
                       [np.array([0.1, 3.0, 1.0]), np.array([[1.0, 2], [3, 4], [5, 6]])], (True, True))}


@pytest.mark.parametrize("name", sorted(STOPPING))
def test_rows_that_stop_apart_keep_their_last_values(name):
    build, variables, values, batched = STOPPING[name]

    def listed(*args):
        made = build(*args)
        return list(made) if isinstance(made, (list, tuple)) else [made]

    whole = [x.type.clone(broadcastable=(False,) * v.ndim)() if b else x
             for x, v, b in zip(variables, values, batched, strict=True)]
    made = theano.vectorize(listed, [0 if b else None for b in batched])(*whole)
    one = theano.function(variables, listed(*variables), on_unused_input="ignore")
    rows = zip(*[one(*(v[k] if b else v for v, b in zip(values, batched, strict=True)))
                 for k in range(len(values[0]))], strict=True)
    expected = [np.array(column) for column in rows]
    for mode in ("FAST_RUN", "FAST_COMPILE", theano.Mode("py", None)):
        f = theano.function(whole, made, mode=mode, on_unused_input="ignore")
        for found, value in zip(f(*values), expected, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-9)
    assert f(values[0][:0], *values[1:])[0].shape[0] == 0 if not any(batched[1:]) else True


def test_gradients_of_vectorized_loops_that_stop_apart():
    x = T.dvector()
    roots = theano.vectorize(root)(x)
    f = theano.function([x], [T.grad(roots.sum(), x), T.jacobian(roots, x), T.Rop(roots, x, x)])
    given = np.array([4.0, 9.0, 1e4])
    slopes = 0.5 / np.sqrt(given)
    for found, expected in zip(f(given), (slopes, np.diag(slopes), slopes * given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_rows_of_what_loops_that_stop_apart_gave_are_refused():
    x = T.dvector()
    rows = theano.vectorize(lambda x: theano.loop(lambda s: (s * 0.5, s), x, until=lambda s: s < 1)[1])(x)
    f = theano.function([x], rows)
    np.testing.assert_array_equal(f([2.0, 2.5]), [[2, 1], [2.5, 1.25]])
    with pytest.raises(ValueError, match="rows must have one shape"):
        f([2.0, 20.0])


def test_one_loop_has_nothing_that_is_for_batches():
    x = T.dscalar()
    f = theano.function([x], [root(x), T.grad(root(x), x)], mode=theano.Mode("py", "fast_run"))
    steps = [n.op.graph for n in f.maker.fgraph.toposort() if isinstance(n.op, Scan)]
    assert steps and not any(isinstance(n.op, (Going, Longest)) for g in steps for n in toposort(g.outputs, g.inputs))


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("batched", BOTH)
def test_rowwise(batched, summed, rng):
    x, w = T.dvector("x"), T.dmatrix("w")

    def build(x, w):
        i = T.lscalar()
        return map_rows(i, [T.sin(x * i) * w[i], x * i], w.shape[0], [x.shape, x.shape], summed)

    values = [rng.rand(4, 3) if batched[0] else rng.rand(3), rng.rand(4, 2, 3) if batched[1] else rng.rand(2, 3)]
    found = compare(build, [x, w], values, batched)
    assert not any(isinstance(n.op, EachRow) for n in toposort(found))


class Cube(Op):
    """x ** 3 of a vector, and the largest; without a rule."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type(), T.dscalar()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] ** 3
        output_storage[1][0] = np.asarray(inputs[0].max())

    def grad(self, inputs, output_grads):
        x, = inputs
        terms = []
        if not isinstance(output_grads[0].type, theano.gradient.DisconnectedType):
            terms.append(3 * x ** 2 * output_grads[0])
        if not isinstance(output_grads[1].type, theano.gradient.DisconnectedType):
            terms.append(T.eq(x, x.max()) * output_grads[1])
        return [sum(terms)]


class Scaled(Op):
    """x * k, with a rule of its own."""

    __props__ = ()
    itypes, otypes = [T.dvector, T.dscalar], [T.dvector]

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * inputs[1]

    def batch_op(self, node, inputs, batched):
        x, k = inputs
        x = x if batched[0] else x.dimshuffle("x", 0)
        return [x * (k.dimshuffle(0, "x") if batched[1] else k)]


def test_ops_without_a_rule_run_for_every_row(rng):
    x, w = T.dvector(), T.dvector()
    found = compare(lambda x, w: [*Cube()(x * w), Cube()(w)[0]], [x, w], [rng.rand(4, 3), rng.rand(3)], (True, False))
    assert sum(isinstance(n.op, EachRow) for n in toposort(found)) == 1


def test_ops_bring_their_rule(rng):
    for batched in BOTH:
        x, k = T.dvector(), T.dscalar()
        found = theano.vectorize(Scaled(), in_axes=[0 if b else None for b in batched])(
            T.dmatrix() if batched[0] else x, T.dvector() if batched[1] else k)
        assert not any(isinstance(n.op, EachRow) for n in toposort([found]))
    x, k = T.dmatrix(), T.dvector()
    a, b = rng.rand(4, 3), rng.rand(4)
    np.testing.assert_allclose(theano.vectorize(Scaled())(x, k).eval({x: a, k: b}), a * b[:, None])


def test_a_wrong_rule_is_refused():
    class Wrong(Scaled):
        def batch_op(self, node, inputs, batched):
            return [T.dtensor4()]

    with pytest.raises(TypeError, match="one more, or as many"):
        theano.vectorize(Wrong())(T.dmatrix(), T.dvector())


def test_loops_in_loops(rng):
    x = T.dtensor3()
    f = theano.vectorize(theano.vectorize(lambda x: Cube()(x)[0]))
    value = rng.rand(2, 4, 3)
    np.testing.assert_allclose(f(x).eval({x: value}), value ** 3)
    y = T.dmatrix()
    np.testing.assert_allclose(theano.vectorize(lambda x: theano.vectorize(
        lambda x, y: Cube()(x * y)[0], in_axes=(None, 0))(x, y))(y).eval({y: value[0]}),
        (value[0][:, None] * value[0]) ** 3)


def test_derivatives_of_loops(rng):
    x, v = T.dmatrix(), T.dmatrix()
    y = theano.vectorize(lambda x: T.sin(Cube()(x)[0]))(x)
    a, b = rng.rand(4, 3), rng.rand(4, 3)
    np.testing.assert_allclose(T.Rop(y, x, v).eval({x: a, v: b}), np.cos(a ** 3) * 3 * a ** 2 * b)
    second = T.grad(T.grad(y.sum(), x).sum(), x)
    np.testing.assert_allclose(second.eval({x: a}), -np.sin(a ** 3) * 9 * a ** 4 + np.cos(a ** 3) * 6 * a)


def test_no_rows(rng):
    x = T.dmatrix()
    f = theano.function([x], theano.vectorize(lambda x: [*Cube()(x), T.dot(x, x), x.reshape((-1, 1))])(x))
    shapes = [v.shape for v in f(np.zeros((0, 3)))]
    assert shapes == [(0, 3), (0,), (0,), (0, 3, 1)]


def test_shapes_are_known_without_running_rows():
    x = T.dmatrix()
    y = theano.vectorize(lambda x: T.searchsorted(x, x * 2))(x)
    f = theano.function([x], y.shape)
    assert f(np.zeros((4, 3))).tolist() == [4, 3]
    assert not any(isinstance(n.op, EachRow) for n in f.maker.fgraph.toposort())


def test_rows_of_different_shapes_are_refused():
    x = T.dmatrix()
    with pytest.raises(ValueError, match="one shape"):
        theano.vectorize(lambda x: x.nonzero()[0])(x).eval({x: np.eye(3)[:, [0, 1, 1]]})


def test_different_numbers_of_rows_are_refused():
    x, y = T.dmatrix(), T.dmatrix()
    with pytest.raises(ValueError):
        theano.vectorize(lambda x, y: T.searchsorted(x, y))(x, y).eval({x: np.zeros((2, 3)), y: np.zeros((3, 3))})


def test_pickles_and_copies(rng):
    x = T.dmatrix()
    out = theano.vectorize(lambda x: T.searchsorted(x, x * 2))(x)
    f = theano.function([x], out)
    value = np.sort(rng.rand(4, 3))
    for twin in (pickle.loads(pickle.dumps(f)), copy.copy(f)):
        np.testing.assert_array_equal(twin(value), f(value))
    assert pickle.loads(pickle.dumps(out.owner.op)) == out.owner.op
    assert str(out.owner.op) == "EachRow{2 -> 1}"


def test_equal_loops_are_merged(rng):
    x = T.dmatrix()
    search = theano.vectorize(lambda x: T.searchsorted(x, x * 2))
    f = theano.function([x], [search(x) + 1, search(x) * 2])
    assert sum(isinstance(n.op, EachRow) for n in f.maker.fgraph.toposort()) == 1


def test_what_is_no_tensor_cannot_be_stacked():
    with pytest.raises(TypeError, match="batch_op"):
        theano.vectorize(lambda m: theano.typed_list.make_list([m])[0])(T.dvector())
