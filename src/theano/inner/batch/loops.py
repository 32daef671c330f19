"""Batch rules of ops that hold a graph: the graph is batched."""

from dataclasses import replace

from theano.graph.variable import Constant
from theano.inner.batch.core import (
    all_batched,
    batch_graph,
    broadcast,
    broadcast_to,
    count_of,
    flat_rows,
    moved,
    rule,
    unflat_rows,
)
from theano.inner.batch.each_row import EachRow
from theano.inner.batch.streams import is_state, refuse
from theano.inner.graph import InnerGraph
from theano.inner.ifelse import IfElse
from theano.inner.rowwise import Rowwise, map_rows
from theano.inner.scan.loop import Carry, Other, Sequence, Stack, State, is_tensor
from theano.inner.scan.op import Scan, run
from theano.inner.scan.structured import Going, Longest, Recorded
from theano.tensor.constant import constant
from theano.tensor.create import alloc
from theano.tensor.elemwise import eq, lt, neq, switch
from theano.tensor.join import concatenate
from theano.tensor.reduce import max as maximum_of
from theano.tensor.shape import shape_i
from theano.tensor.type import TensorType


def _rows_of(variable):
    """A variable for rows that ``variable`` is one of."""
    return TensorType(variable.type.dtype, (False, *variable.type.broadcastable))(variable.name)


@rule(Rowwise)
def rowwise(node, inputs, batched):
    """Every row of the loop becomes as many."""
    n, extents, others = node.op.parts(inputs)
    moving = node.op.parts(batched)
    if moving[0] or any(any(row) for row in moving[1]):
        return None
    index, *own = node.op.graph.inputs
    copies = {v: x for v, x in zip(own, others, strict=True)}
    rows = batch_graph(node.op.graph.outputs, copies)
    count = count_of(inputs, batched)
    rows = [x if x.type.ndim > v.type.ndim else broadcast(x, count)
            for x, v in zip(rows, node.op.graph.outputs, strict=True)]
    found = map_rows(index, rows, n, [[count, *row] for row in extents], list(node.op.summed))
    return [v if total else moved(v, 1, 0) for v, total in zip(found, node.op.summed, strict=True)]


@rule(EachRow)
def each_row(node, inputs, batched):
    """A loop over the rows of all rows: their number becomes an axis of those."""
    op = node.op
    if len(op.graph.outputs[0].owner.outputs) == len(op.graph.outputs) and all(
            v.owner is op.graph.outputs[0].owner for v in op.graph.outputs) and all(
            v in op.graph.inputs or isinstance(v, Constant) for v in op.graph.outputs[0].owner.inputs):
        return _one_batch(node, inputs, batched)
    within, given, kept = {}, [], []
    for own, x, b, each in zip(op.graph.inputs, inputs, batched, op.batched, strict=True):
        within[own] = _rows_of(own) if b else own.type()
        given.append(moved(x, 0, 1) if b and each else x)
        kept.append(each)
    n = count_of(list(within.values()), batched)
    rows = batch_graph(op.graph.outputs, within)
    rows = [x if x.type.ndim > v.type.ndim else broadcast(x, n) for x, v in zip(rows, op.graph.outputs, strict=True)]
    found = EachRow(InnerGraph(within.values(), rows), kept)(*given, return_list=True) if any(kept) else None
    return [moved(v, 1, 0) for v in found]


def _one_batch(node, inputs, batched):
    """Rows of rows of one op as rows of it: both leading axes become one."""
    n, op = count_of(inputs, batched), node.op
    m = next(shape_i(x, int(b)) for x, b, each in zip(inputs, batched, op.batched, strict=True) if each)
    given = []
    for x, b, each in zip(inputs, batched, op.batched, strict=True):
        if each and not b:
            x = broadcast(x, n)
        elif b and not each:
            x = moved(broadcast(x, m), 1, 0)
        given.append(flat_rows(x, 1) if b or each else x)
    op = EachRow(op.graph, [b or each for b, each in zip(batched, op.batched, strict=True)])
    return [unflat_rows(v, [n, m]) for v in op(*given, return_list=True)]


@rule(Scan)
def scan(node, inputs, batched):
    """One loop of batched steps. What steps hand on is batched once anything that goes into it is."""
    loop, flags = node.op.loop(inputs), node.op.loop([_Flag(b) for b in batched])
    loop.until = node.op.loop(node.inputs).until
    if flags.n.batched or any(s.length.batched for s in flags.stacks):
        return None
    count = count_of(inputs, batched)
    fed = [f.buffer.batched for f in flags.carries] + [f.start.batched for f in flags.states]
    n_carries = len(loop.carries)
    while True:
        within = {s.row: _rows_of(s.row) if f.array.batched else s.row
                  for s, f in zip(loop.sequences, flags.sequences, strict=True)}
        for c, b in zip(loop.carries, fed, strict=False):
            within |= {row: _rows_of(row) if b else row for row in c.rows}
        within |= {s.before: _rows_of(s.before) if b else s.before
                   for s, b in zip(loop.states, fed[n_carries:], strict=True)}
        within |= {o.inner: _rows_of(o.inner) if f.outer.batched else o.inner
                   for o, f in zip(loop.others, flags.others, strict=True)}
        values = batch_graph(loop.outputs, {old: new for old, new in within.items() if new is not old})
        more = [b or x.type.ndim > v.type.ndim if is_tensor(v) else b
                for x, v, b in zip(values, loop.values, fed, strict=False)]
        if more == fed:
            break
        fed = more
    if loop.until is not None and values[-1].type.ndim:
        return _until_all_stop(loop, flags, fed, count)         # rows stop at different steps
    return _batched_loop(node, loop, flags, within, values, fed, count)


class _Flag:
    """Stands for an input of a loop: whether it is batched."""

    def __init__(self, batched):
        self.batched = batched


def _batched_loop(node, loop, flags, within, values, fed, count):
    """Run the loop of batched steps; batched arrays of rows have the steps first."""
    left = iter(values)
    n = next((shape_i(new, 0) for old, new in within.items() if new is not old), None)
    made = replace(
        loop,
        sequences=[Sequence(within[s.row], moved(s.array, 0, 1) if f.array.batched else s.array)
                   for s, f in zip(loop.sequences, flags.sequences, strict=True)],
        carries=[Carry(c.taps, [within[r] for r in c.rows],
                       moved(broadcast_to(c.buffer, f.buffer.batched, count), 0, 1) if b else c.buffer,
                       _with_rows(next(left), c.value, b, n))
                 for c, f, b in zip(loop.carries, flags.carries, fed, strict=False)],
        states=[State(within[s.before], broadcast_to(s.start, f.start.batched, count) if b else s.start,
                      _with_rows(next(left), s.after, b, n))
                for s, f, b in zip(loop.states, flags.states, fed[len(loop.carries):], strict=True)],
        stacks=[Stack(next(left), s.length) for s in loop.stacks],
        others=[Other(within[o.inner], o.outer) for o in loop.others],
        until=None if loop.until is None else next(left))
    found = []
    states = range(len(loop.carries), len(loop.carries) + len(loop.states))
    for k, (old, new) in enumerate(zip(node.outputs, run(made), strict=True)):
        whole = k not in states and is_tensor(old) and new.type.ndim > old.type.ndim
        found.append(moved(new, 1, 0) if whole else new)
    return found


def _until_all_stop(loop, flags, fed, count):
    """Steps until the last row stops, in which those that have stopped keep their values; None for loops of which rows
    of steps come out, as there would be more of some than of others.

    The loop has two states more: which rows go on, and how many steps there were. Random streams go on for all rows.
    """
    streams = [is_state(s.after) for s in loop.states]
    for s, b, random in zip(loop.states, fed[len(loop.carries):], streams, strict=False):
        if random and (b or loop.carries or loop.stacks):
            refuse(s.start, "there is a state for each slice" if b else "slices whose loops end by themselves return "
                   "rows of steps, of which each may have another number: theano.loop returns what the last step gave")
    if loop.carries or loop.stacks:
        return None
    within = {s.row: _rows_of(s.row) for s, f in zip(loop.sequences, flags.sequences, strict=True) if f.array.batched}
    within |= {o.inner: _rows_of(o.inner) for o, f in zip(loop.others, flags.others, strict=True) if f.outer.batched}
    within |= {s.before: _rows_of(s.before) for s, random in zip(loop.states, streams, strict=True) if not random}
    *values, stop = batch_graph(loop.outputs, within)
    going, steps = TensorType("bool", (False,))(), TensorType("int64", ())()
    still = going & eq(stop, 0)
    states = [State(s.before, s.start, x) if random else
              State(within[s.before], broadcast_to(s.start, f.start.batched, count),
                    _where(going, _with_rows(x, s.after, True, count), within[s.before]))
              for s, f, x, random in zip(loop.states, flags.states, values, streams, strict=True)]
    made = replace(
        loop, until=eq(still.any(), 0),
        sequences=[Sequence(within.get(s.row, s.row), moved(s.array, 0, 1) if f.array.batched else s.array)
                   for s, f in zip(loop.sequences, flags.sequences, strict=True)],
        states=[*states, State(going, alloc(constant(True, dtype="bool"), count), still),
                State(steps, constant(0, dtype="int64"), steps + 1)],
        others=[Other(within.get(o.inner, o.inner), o.outer) for o in loop.others])
    return run(made)[:len(states)]


def _where(rows, a, b):
    return switch(rows.dimshuffle(0, *["x"] * (a.type.ndim - 1)), a, b)


@rule(Recorded)
def recorded(node, inputs, batched):
    """All rows, by both ways of computing them."""
    value, again = all_batched(inputs, batched)
    return [node.op(value, value.type.filter_variable(again))]


@rule(Longest)
def longest(node, inputs, batched):
    """The number of steps of the row that goes on longest, which all rows make."""
    most = maximum_of(concatenate([inputs[0], constant([1], dtype=inputs[0].type.dtype)]))      # of no rows too
    return [node.op(most)]                      # these rows may become rows of others


@rule(Going)
def going(node, inputs, batched):
    """Rows go on as long as they have steps of their own."""
    return [lt(*inputs)]


def _with_rows(x, old, is_batch, n):
    return broadcast(x, n) if is_batch and x.type.ndim == old.type.ndim else x


@rule(IfElse)
def ifelse(node, inputs, batched):
    """A choice row by row where the condition is batched, else one choice of all rows."""
    condition, true, false = node.op.parts(inputs)
    count, n = count_of(inputs, batched), node.op.n_outs
    pairs = []
    for k, (a, b) in enumerate(zip(true, false, strict=True), 1):
        if batched[0] or batched[k] or batched[k + n]:
            a, b = broadcast_to(a, batched[k], count), broadcast_to(b, batched[k + n], count)
        pairs.append((a, b))
    if not batched[0]:
        return IfElse(n, name=node.op.name)(condition, *(a for a, _ in pairs), *(b for _, b in pairs),
                                            return_list=True)
    rows = neq(condition, 0)
    return [_where(rows, a, b) for a, b in pairs]
