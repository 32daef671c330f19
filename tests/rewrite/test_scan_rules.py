"""Rules for loops: what is left in the step, and that the results stay the same."""

from dataclasses import replace

import numpy as np
import pytest
from theano.scan_module import scan_opt

import theano
import theano.tensor as T
from theano.graph.fgraph import FunctionGraph
from theano.inner.graph import read
from theano.inner.scan.loop import Carry, Loop, Sequence, Stack, State
from theano.inner.scan.op import Scan, run
from theano.rewrite.pipeline import optimize
from theano.rewrite.query import Query
from theano.rewrite.rules.guards import assume_equal_extents
from theano.tensor.dot import Dot
from theano.tensor.index import IncSubtensor

MODE = theano.Mode("py", "fast_run")


def rewritten(outputs, inputs, mode=MODE):
    """A function, and the loops in its graph."""
    f = theano.function(inputs, outputs, mode=mode)
    return f, [n for n in f.maker.fgraph.toposort() if isinstance(n.op, Scan)]


def dots(node):
    """How many products a step computes, but for those of which it needs the shape."""
    needed = read(node.op.outputs, set(node.op.inputs))
    return sum(isinstance(v.owner.op, Dot) for v in needed if v.owner is not None)


def values(rng, *shapes):
    return [rng.standard_normal(shape) for shape in shapes]


def steps(x, h, w, u):
    """The loop of a recurrent network in Python."""
    found = []
    for row in x:
        h = np.tanh(row @ w + h @ u)
        found.append(h)
    return np.array(found)


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def network(x, h, w, u):
    return theano.scan(lambda row, h, w, u: T.tanh(T.dot(row, w) + T.dot(h, u)), sequences=x, outputs_info=h,
                       non_sequences=[w, u])[0]


@pytest.mark.parametrize(("x", "h"), [(T.dtensor3("x"), T.dmatrix("h")), (T.dmatrix("x"), T.dvector("h"))])
def test_products_of_rows_come_before_the_loop(rng, x, h):
    w, u = T.dmatrix("w"), T.dmatrix("u")
    f, (loop,) = rewritten(network(x, h, w, u), [x, h, w, u])
    assert dots(loop) == 1                      # of h and u
    given = values(rng, (6, 2, 3)[:x.ndim] if x.ndim == 3 else (6, 3), (2, 4)[2 - h.ndim:], (3, 4), (4, 4))
    np.testing.assert_allclose(f(*given), steps(*given))


def test_products_of_rows_stay_where_the_loop_may_stop():
    x, w = T.dmatrix("x"), T.dmatrix("w")
    out, _ = theano.scan(lambda row, w: (T.dot(row, w), theano.scan_module.until(row.sum() > 0)), sequences=x,
                         non_sequences=w)
    f, (loop,) = rewritten(out, [x, w])
    assert dots(loop) == 1
    np.testing.assert_array_equal(f(-np.ones((3, 2)), np.eye(2)), -np.ones((3, 2)))


@pytest.mark.parametrize("backwards", [False, True])
def test_matrix_times_row(rng, backwards):
    x, w = T.dmatrix("x"), T.dmatrix("w")
    out, _ = theano.scan(lambda row, total, w: total + T.dot(w, row), sequences=x, outputs_info=T.zeros((4,)),
                         non_sequences=w, go_backwards=backwards)
    f, (loop,) = rewritten(out, [x, w])
    assert dots(loop) == 0
    x, w = values(rng, (5, 3), (4, 3))
    np.testing.assert_allclose(f(x, w), np.cumsum((x[::-1] if backwards else x) @ w.T, axis=0))


@pytest.mark.parametrize("shape", [(2, 3), (3,)])
def test_sums_of_products_of_what_a_step_computes_stay_there(rng, shape):
    x, h = (T.dtensor3("x"), T.dmatrix("h")) if len(shape) == 2 else (T.dmatrix("x"), T.dvector("h"))
    w, u = T.dmatrix("w"), T.dmatrix("u")
    cost = (network(x, h, w, u) ** 2).sum()
    f, loops = rewritten(T.grad(cost, [w, u]), [x, h, w, u])
    assert len(loops) == 2                      # forwards, which keeps what the other needs, and back
    back = next(n for n in loops if (n.op.name or "").startswith("grad"))
    assert back.op.states == 3 and back.op.stacks == 0             # the gradient, and both sums
    given = values(rng, (5, *shape), shape, (3, 3), (3, 3))
    for k, slope in zip((2, 3), f(*given), strict=True):
        moved = [list(given), list(given)]
        moved[0][k], moved[1][k] = given[k] + 1e-6, given[k] - 1e-6
        change = [(steps(*m) ** 2).sum() for m in moved]
        np.testing.assert_allclose(slope.sum(), (change[0] - change[1]) / 2e-6, rtol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3), (3,)])
@pytest.mark.parametrize("lean", [False, True])
def test_sums_of_products_of_rows_come_after_the_loop(rng, lean, shape):
    x, w = T.dtensor3("x") if len(shape) == 2 else T.dmatrix("x"), T.dmatrix("w")
    loop = theano.scan(T.dot, x, None, w)[0].owner
    made, = run(replace(loop.op.loop(loop.inputs), lean=lean))
    f, loops = rewritten(T.grad((made ** 2).sum(), w), [x, w])
    x, w = values(rng, (5, *shape), (3, 4))
    rows = x.reshape(-1, 3)
    np.testing.assert_allclose(f(x, w), rows.T @ (2 * rows @ w))
    assert [node.op.states for node in loops if node.op.states] == [1] * lean


def test_part_of_another_loop(rng):
    x, h = T.dmatrix("x"), T.dvector("h")
    one, _ = theano.scan(lambda row, h: T.tanh(row + h), sequences=x, outputs_info=h)
    (same, more), _ = theano.scan(lambda row, h: (T.tanh(row + h), row * h), sequences=x, outputs_info=[h, None])
    f, loops = rewritten([one, same, more], [x, h])
    assert len(loops) == 1
    a, b, _ = f(*values(rng, (4, 2), 2))
    np.testing.assert_array_equal(a, b)


def test_carries_that_begin_alike_are_told_apart(rng):
    x, h = T.dmatrix("x"), T.dvector("h")
    (a, b), _ = theano.scan(lambda row, a, b: (a + row, b * row), sequences=x, outputs_info=[h, h])
    (c, d, e), _ = theano.scan(lambda row, b, a: (b * row, a + row, a * b), sequences=x, outputs_info=[h, h, None])
    f, _ = rewritten([a, b, c, d], [x, h])
    a, b, c, d = f(*values(rng, (4, 2), 2))
    np.testing.assert_array_equal(a, d)
    np.testing.assert_array_equal(b, c)


def test_stacked_values_that_are_carried_too(rng):
    x, h = T.dmatrix("x"), T.dvector("h")

    def step(row, h):
        new = h + row
        return new, new, row
    (a, b, c), _ = theano.scan(step, sequences=x, outputs_info=[h, None, None])
    f, (loop,) = rewritten([a, b, c], [x, h])
    assert not loop.op.stacks
    x, h = values(rng, (4, 2), 2)
    a, b, c = f(x, h)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(c, x)


@pytest.mark.parametrize("stops", [False, True])
def test_of_stacks_only_the_last_rows_are_kept(rng, stops):
    x = T.dmatrix("x")
    out, _ = theano.scan(lambda row: (row * 2, theano.scan_module.until(row[0] > 100)) if stops else row * 2,
                         sequences=x)
    f, (loop,) = rewritten([out[-1], out[-2]], [x])
    length, = loop.op.loop(loop.inputs).stacks
    assert length.length is not loop.inputs[0]
    x, = values(rng, (5, 2))
    last, other = f(x)
    np.testing.assert_array_equal([other, last], x[-2:] * 2)


@pytest.mark.parametrize(("slices", "kept"), [
    (lambda x: x[:x.shape[0]], 0), (lambda x: x[::-1][:x.shape[0]], 1), (lambda x: x[:3][:3], 2), (lambda x: x[1:], 1)])
def test_slices_that_take_all(slices, kept):
    x = T.dmatrix("x")
    f = theano.function([x], slices(x), mode=MODE)
    assert sum(type(n.op).__name__ == "Subtensor" for n in f.maker.fgraph.toposort()) <= kept
    given = np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(f(given), slices(given))


def test_products_of_which_only_the_shape_is_needed_are_not_kept():
    x, h0 = T.tensor3("x"), T.matrix("h0")
    w = T.matrix("w")

    def step(row, h, w):
        z = row + T.dot(h, w)
        return T.tanh(z[:, :2]) * T.nnet.sigmoid(z[:, 2:4])
    rows, _ = theano.scan(step, sequences=x, outputs_info=h0, non_sequences=w)
    found = T.grad((rows ** 2).sum(), [h0, w])
    f, loops = rewritten(found, [x, h0, w])
    forward = loops[0].op.loop(loops[0].inputs)
    assert len(loops) == 2 and not any(isinstance(s.value.owner.op, Dot) for s in forward.stacks)
    plain = theano.function([x, h0, w], found, mode=theano.Mode("py", None))
    given = values(np.random.default_rng(0), (5, 3, 4), (3, 2), (2, 4))
    for a, b in zip(f(*given), plain(*given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("index", [np.s_[-1], np.s_[-3:], np.s_[-5:]], ids=str)
def test_a_loop_keeps_the_last_rows_that_are_used(rng, index):
    x, h, n = T.dmatrix("x"), T.dvector("h"), T.lscalar("n")
    rows, _ = theano.scan(lambda row, h: T.tanh(row + h), x[:n], h)
    f, (loop,) = rewritten(rows[index], [x, h, n])
    buffer = loop.inputs[2].owner.inputs[0].owner               # empty, before the initial row is put there
    assert "minimum" in theano.printing.pprint(buffer.inputs[0])
    given, start = values(rng, (9, 3), (3,))
    for m in (1, 2, 4, 9):
        whole = [start]
        for row in given[:m]:
            whole.append(np.tanh(row + whole[-1]))
        np.testing.assert_allclose(f(given, start, m), np.array(whole[1:])[index])


@pytest.mark.parametrize("use", [lambda rows: rows[-1].sum(), lambda rows: (rows[-2:] ** 2).sum() + rows.sum()])
def test_gradients_of_initial_rows_are_put_into_no_buffer(rng, use):
    def cost(h, u):
        return use(theano.scan(lambda h, u: T.tanh(T.dot(h, u)), None, h, u, n_steps=5)[0])

    h, u = T.dvector("h"), T.dmatrix("u")
    graph = FunctionGraph([h, u], [T.grad(cost(h, u), h)])
    assume_equal_extents(graph)
    optimize(graph, Query(include=("fast_run",)), native=True)
    made = [n for n in graph.toposort() if isinstance(n.op, IncSubtensor) and n.op.set_instead_of_inc]
    assert len(made) == 1                                       # the buffer of the forward loop
    theano.gradient.verify_grad(cost, values(rng, (3,), (3, 3)), rng=np.random.RandomState(1))


NAMES = {                   # names of the original's rewrites, and whether the loop below is another one without them
    "scan": True, "scanOp_pushout_nonseqs_ops": True, "scanOp_save_mem": True, "all_pushout_opt": True,
    "scanOp_merge": False, "scanOp_merge_inouts": False, "scan_pushout_dot1": False,
    "remove_constants_and_unused_inputs_scan": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_modes_know_the_names_that_rewrites_had(name):
    x, w = T.dvectors("x", "w")
    out, _ = theano.scan(lambda row, h: T.tanh(h * row + T.exp(w).sum()), sequences=x, outputs_info=T.zeros(()))
    found = [theano.function([x, w], out[-1], mode=mode) for mode in
             (theano.Mode("py", "fast_run"), theano.Mode("py", "fast_run").excluding(name))]
    texts = [theano.printing.debugprint(f, file="str") for f in found]
    assert (texts[0] != texts[1]) is NAMES[name]
    np.testing.assert_allclose(*(f([1.0, 2.0], [0.1, 0.2]) for f in found))


def test_rewrites_of_loops_as_optimizers():
    x, w = T.dvectors("x", "w")
    out, _ = theano.scan(lambda row, h: T.tanh(h * row + T.exp(w).sum()), sequences=x, outputs_info=T.zeros(()))
    again, _ = theano.scan(lambda row, h: T.tanh(h * row + T.exp(w).sum()), sequences=x, outputs_info=T.zeros(()))
    other, _ = theano.scan(lambda row, h: h + row, sequences=x, outputs_info=T.zeros(()))
    nodes = [v.owner.inputs[0].owner for v in (out, again, other)]
    fgraph = theano.gof.FunctionGraph([x, w], [out])
    scan_opt.PushOutNonSeqScan().optimize(fgraph)
    assert any(node.op == T.exp for node in fgraph.apply_nodes)             # outside of the loop now
    merge = scan_opt.ScanMerge()
    assert not merge.belongs_to_set(nodes[0], [nodes[2]]) and not merge.belongs_to_set(nodes[2], [nodes[0]])


def added(before, found):
    return before + found


def sums_of_rows(x, start, inner_start, after=added, inside=added, seen=lambda before, *found: 2 * before,
                 within=False):
    """A loop over matrices with one over their rows, which adds these up; ``within`` gives the sums after each too."""
    rows, row, before, part = T.dmatrix("rows"), T.dvector("row"), T.dvector("before"), T.dvector("part")
    value = inside(part, T.tanh(row))
    found, *parts = run(Loop(rows.shape[0], sequences=[Sequence(row, rows)], states=[State(part, inner_start, value)],
                             stacks=[Stack(value, rows.shape[0])] * within))
    return run(Loop(x.shape[0], sequences=[Sequence(rows, x)], states=[State(before, start, after(before, found))],
                    stacks=[Stack(seen(before, found, *parts), x.shape[0])]))


def is_added(loop):
    """Whether the step of the outer loop adds what the inner one found to its last state."""
    return not isinstance(loop.op.loop(loop.inputs).states[-1].after.owner.op, Scan)


@pytest.mark.parametrize("mode", [MODE, theano.Mode("cvm", "fast_run"), theano.Mode("py", "fast_compile")], ids=str)
def test_inner_loops_go_on_with_sums(rng, mode):
    x, like = T.dtensor3("x"), T.dvector("like")
    zeros = T.zeros_like(like)
    f, loops = rewritten(sums_of_rows(x, zeros, zeros), [x, like], mode)
    if mode is MODE:
        assert [is_added(loop) for loop in loops] == [False]
    for shape in ((5, 3, 4), (5, 0, 4), (0, 3, 4)):
        given, = values(rng, shape)
        total, before = f(given, np.ones(4))
        parts = np.tanh(given).sum(axis=1)
        np.testing.assert_allclose(total, parts.sum(axis=0))
        np.testing.assert_allclose(before, 2 * (np.cumsum(parts, axis=0) - parts))


def with_more(before, found):
    """One sum of three terms."""
    return T.add(before, found, abs(before)) if isinstance(before, theano.Variable) else before + found + abs(before)


ANEW = {
    "begins with ones": {"inner_start": 1},
    "begins elsewhere": {"start": 3},
    "no sum": {"inside": lambda part, row: part / 2 + row},
    "added to itself": {"inside": lambda part, row: part + part + row},
    "seen too": {"seen": lambda before, found: found},
    "seen within": {"seen": lambda before, found, parts: parts[0], "within": True},
    "not added": {"after": lambda before, found: before / 2 + found},
    "added twice": {"after": lambda before, found: before + found + found},
    "added with more": {"after": with_more},
    "both begin with ones": {"start": 1, "inner_start": 1},
}


@pytest.mark.parametrize("changes", ANEW.values(), ids=ANEW)
def test_inner_loops_begin_anew_where(rng, changes):
    x, like = T.dtensor3("x"), T.dvector("like")
    starts = {name: T.zeros_like(like) if changes.get(name, 0) == 0 else T.ones_like(like) * changes[name]
              for name in ("start", "inner_start")}
    rest = {name: value for name, value in changes.items() if name not in starts}
    f, loops = rewritten(sums_of_rows(x, **starts, **rest), [x, like])
    assert [is_added(loop) for loop in loops] == [True]
    given, = values(rng, (5, 3, 4))
    total, seen = np.full(4, changes.get("start", 0.0)), []
    for rows in given:
        parts = [np.full(4, float(changes.get("inner_start", 0)))]
        for row in np.tanh(rows):
            parts.append(rest.get("inside", added)(parts[-1], row))
        part = parts[-1]
        seen.append(rest["seen"](total, part, *[parts[1:]] * ("within" in rest)) if "seen" in rest else 2 * total)
        total = rest.get("after", added)(total, part)
    for a, b in zip(f(given, np.ones(4)), (total, seen), strict=True):
        np.testing.assert_allclose(a, b)


def test_rows_of_inner_loops_are_added(rng):
    """They are no sum that the inner loop could go on with, though it has one that begins with the same zeros."""
    x, like = T.dtensor3("x"), T.dmatrix("like")
    rows, row, before = T.dmatrix("rows"), T.dvector("row"), T.dmatrix("before")
    h, part, zeros = T.dvector("h"), T.dmatrix("part"), T.zeros_like(like)
    buffer = T.set_subtensor(T.zeros_like(like)[0], 1.0)
    found, _ = run(Loop(rows.shape[0], sequences=[Sequence(row, rows)], carries=[Carry((-1,), [h], buffer, h + row)],
                        states=[State(part, zeros, part + T.outer(row, row))]), pruned=False)
    total, = run(Loop(x.shape[0], sequences=[Sequence(rows, x)], states=[State(before, zeros, before + found)]))
    f, _ = rewritten(total, [x, like])
    given, = values(rng, (5, 3, 4))
    expected = sum(1 + np.vstack([np.zeros(4), np.cumsum(part, axis=0)]) for part in given)
    np.testing.assert_allclose(f(given, np.ones((4, 4))), expected)


def test_inner_loops_leave_what_the_outer_one_was_given(rng):
    x, start = T.dtensor3("x"), T.dvector("start")
    rows, before = T.dmatrix("rows"), T.dvector("before")
    row, part = T.dvector("row"), T.dvector("part")
    found, = run(Loop(rows.shape[0], sequences=[Sequence(row, rows)], states=[State(part, before, part + row)]))
    total, seen = run(Loop(x.shape[0], sequences=[Sequence(rows, x)], states=[State(before, start, found)],
                           stacks=[Stack(found - before, x.shape[0])]))
    f = theano.function([x, start], [total, seen])
    given, first = values(rng, (5, 3, 4), 4)
    kept = first.copy()
    for _ in range(2):
        total, seen = f(given, first)
        np.testing.assert_array_equal(first, kept)
        np.testing.assert_allclose(total, kept + given.sum(axis=(0, 1)))
        np.testing.assert_allclose(seen, given.sum(axis=1))


def test_gradients_of_loops_of_loops_add_up_in_one_place(rng):
    x, h, w = T.dtensor3("x"), T.dvector("h"), T.dvector("w")

    def step(row, h, w):
        return T.tanh(h * w + row)
    last, _ = theano.scan(lambda rows, h, w: theano.scan(step, rows, h, w)[0][-1], x, h, w)
    cost = (last ** 2).sum()
    f, loops = rewritten(T.grad(cost, w), [x, h, w])
    back = next(n for n in loops if (n.op.name or "").startswith("grad"))
    assert back.op.states == 2 and not is_added(back)           # by h, and by w
    plain = theano.function([x, h, w], T.grad(cost, w), mode="FAST_COMPILE")
    given = values(rng, (4, 3, 2), 2, 2)
    np.testing.assert_allclose(f(*given), plain(*given))
