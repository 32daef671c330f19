"""Loops whose gradient keeps few states: a loop over chunks of steps, each of which is a loop.

Going backwards, the steps of a chunk are made again from the state before it (Griewank, "Achieving logarithmic growth
of temporal and spatial complexity in reverse automatic differentiation", 1992, with one level): in place of all states,
those before the chunks and those of one chunk are kept.
"""

from dataclasses import replace

from theano.gradient import DisconnectedType
from theano.graph.testvalue import afterwards
from theano.graph.walk import substitute, toposort
from theano.inner.graph import depending
from theano.inner.ifelse import ifelse
from theano.inner.scan.derivative import is_kept
from theano.inner.scan.ends import rows_from_end
from theano.inner.scan.loop import (
    Carry,
    FirstOfTwo,
    Loop,
    Other,
    Sequence,
    Stack,
    State,
    buffer_of,
    fitted,
    initial_rows,
    is_tensor,
    rows_of,
    twin,
)
from theano.inner.scan.op import ending, row_extents, run
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import AllocEmpty, arange, zeros
from theano.tensor.dot import Dot
from theano.tensor.elemwise import cast, ceil, maximum, minimum, sqrt, switch
from theano.tensor.join import join
from theano.tensor.shape import shape_i, shape_padleft

SHORTEST = 1 / 4            # how long the last chunk is, the first one being 1


class Rows(FirstOfTwo):
    """``rows``, of which ``last`` is the last one, or the initial value where there are none.

    Gradients of the last row alone go to ``last``, so that all rows are needed only by what uses others. Rewriting
    takes ``last`` for the last row, and ``rows`` otherwise.
    """

    def L_op(self, inputs, outputs, output_grads):
        rows, last = inputs
        found, rest = rows_from_end(output_grads[0], last)
        own = found.pop(1, None)
        if found:                       # of rows before the last one, which only ``rows`` has
            own, rest = None, output_grads[0]
        own = None if own is None else if_rows(rows, own)
        return [DisconnectedType()() if g is None else fitted(g, x.type) for x, g in ((rows, rest), (last, own))]

    def R_op(self, inputs, eval_points):
        return eval_points[:1]

    def connection_pattern(self, node):
        return [[True], [True]]


def if_rows(rows, value):
    """``value``; where there are no ``rows``, of which it was to be the last one, or its gradient, IndexError."""
    return shape_padleft(value)[:minimum(rows.shape[0], 1)][-1]


@afterwards
def run_in_chunks(loop, every, ends=False):
    """The outputs of a loop whose gradient keeps the states before every chunk of steps only.

    loop: without ``truncate``; with ``until`` the steps are counted by running it once more.
    every: number of steps in a chunk, or "sqrt", see `shrinking`
    ends: only the rows after each chunk, the last of which may be shorter

    Returns
    -------
    list of carries, list of what is carried last, list of states, list of stacks
        Of carries the rows after each step, without the initial ones.
    """
    if loop.truncate >= 0:
        raise ValueError("checkpoint and truncate_gradient exclude each other: a gradient that is cut off needs few "
                         "states")
    every = _checked(every)
    if loop.until is not None:
        loop = replace(loop, n=_counted(loop), until=None)
    loop = loop.closed(pruned=False)
    loop.n = cast(loop.n, "int64")
    n_carries, n_states = len(loop.carries), len(loop.states)
    heads = [fitted(initial_rows(c), rows_of(c.rows[0].type)) for c in loop.carries]
    states, ended = [s.start for s in loop.states], []
    rows = [] if ends else _room(loop)
    for bounds in _bounds(loop, every):
        found = _over_chunks(loop, bounds, heads, [*states, *rows], ends)
        heads = [x[-1] for x in found[:n_carries]]
        states, rows = (found[n_carries:][:n_states], found[n_carries + n_states:])
        ended.append(rows)
    if ends:
        rows = [join(0, *parts) if len(parts) > 1 else parts[0] for parts in zip(*ended, strict=True)]
    lasts = [head[-1] for head in heads]
    carried = [Rows()(x, last) for x, last in zip(rows, lasts, strict=False)]
    return carried, lasts, states, rows[n_carries:]


def _checked(every):
    """The length of chunks as a variable, or "sqrt"."""
    if isinstance(every, str):
        if every != "sqrt":
            raise ValueError(f"checkpoint must be a number of steps, 'sqrt' or None, got {every!r}")
        return every
    every = as_tensor_variable(every)
    if every.type.ndim or not every.type.dtype.startswith(("int", "uint")):
        raise TypeError(f"checkpoint must be an integer number of steps, got {every}, a {every.type}")
    return maximum(1, cast(every, "int64"))


def _counted(loop):
    """How many steps a loop makes."""
    count = constant(0, dtype="int64")
    own = twin(count)
    buffer = fitted(buffer_of(shape_padleft(count), loop.n), rows_of(count.type))
    counting = replace(loop, carries=[*loop.carries, Carry((-1,), [own], buffer, own + 1)])
    return run(counting)[len(loop.carries)][-1]


# -- how long chunks are --------------------------------------------------------------------------------


def _bounds(loop, every):
    """The numbers of the steps with which chunks begin, and the one after the last; for one or two loops over them."""
    n, kept = loop.n, kept_by_steps(loop)
    random = not all(is_tensor(s.before) for s in loop.states)
    if every == "sqrt":
        if not random:
            return [shrinking(n, kept)]
        every = maximum(1, cast(ceil(sqrt(cast(n, "float64") / kept)), "int64"))
    if not random:
        count = minimum(n, (n + every - 1) // every)        # negative where n is, which the loop refuses
        return [minimum(n, arange(count + 1) * every)]
    # What random states gave is kept for all chunks in one array, to which they must be of one length.
    whole = n // every
    done = whole * every
    return [arange(whole + 1) * every, done + arange(minimum(n - done, 1) + 1) * (n - done)]


def shrinking(n, kept):
    """Bounds of chunks of ``n`` steps for which gradients need the least memory.

    Going backwards, states before chunks that are done are needed no more, so that the chunks before these may be
    longer: chunk j, of j = 0, 1, ..., has (most - j) / kept steps, where ``kept`` values are read of each, so that
    always about ``most`` states are in memory, sqrt(2 kept n) where chunks shrink to nothing. To have fewer of them,
    the last ones still have `SHORTEST` of the length of the first one, and at least one step.
    """
    most = sqrt(cast(n, "float64") * (2 * kept / (1 - SHORTEST ** 2)))
    longer = minimum((1 - SHORTEST) * most, maximum(most - kept, 0))        # so many chunks have more than one step

    def begin(number):
        part = minimum(number, longer)
        return part * (most - part / 2.0) / kept + (number - part)

    count = ceil(longer + n - begin(longer))
    count = minimum(n, maximum(1, cast(count, "int64") - (begin(count - 1) > n - 1)))       # none has no steps
    number = arange(count + 1)
    return switch(number < count, minimum(cast(ceil(begin(number)), "int64"), n), n)


# -- the loop over chunks -------------------------------------------------------------------------------


def _over_chunks(loop, bounds, heads, starts, ends):
    """The outputs of the loop over chunks: buffers of what carries hand on, states, rows.

    heads: the initial rows of carries. starts: of states; without ``ends`` also arrays for all rows of carries and of
    stacks, which are then handed on as states, and of which every chunk writes its part.
    """
    before, after = (constant(0, dtype="int64").type() for _ in range(2))
    steps = after - before
    arrays = [twin(s.array) for s in loop.sequences]
    given = [twin(x) for x in [*heads, *starts]]
    first, last = given[:len(heads)], given[len(heads):]
    inner = replace(
        loop, n=steps, lean=True,
        sequences=[Sequence(s.row, _part(x, before, after)) for s, x in zip(loop.sequences, arrays, strict=True)],
        carries=[replace(c, buffer=fitted(buffer_of(x, steps, c.reach), c.buffer.type))
                 for c, x in zip(loop.carries, first, strict=True)],
        states=[replace(s, start=x) for s, x in zip(loop.states, last, strict=False)],
        stacks=[replace(s, length=steps) for s in loop.stacks],
        others=[Other(o.inner, twin(o.outer)) for o in loop.others])
    made = run(inner, pruned=False)
    n_carries, n_states = len(loop.carries), len(loop.states)
    carried, states = made[:n_carries], made[n_carries:][:n_states]
    rows = [x[c.reach:] for c, x in zip(loop.carries, carried, strict=True)] + made[n_carries + n_states:]
    outer = Loop(bounds.shape[0] - 1, name=f"chunks_of_{loop.name or 'scan_fn'}", mode=loop.mode, freeing=True)
    outer.sequences = [Sequence(before, bounds[:-1]), Sequence(after, bounds[1:])]
    buffers = [fitted(buffer_of(shape_padleft(x), outer.n), rows_of(x.type)) for x in heads]
    outer.carries = [Carry((-1,), [x], buffer, fitted(y[-c.reach:], x.type))
                     for c, x, buffer, y in zip(loop.carries, first, buffers, carried, strict=True)]
    if ends:
        outer.stacks = [Stack(x[-1], outer.n) for x in rows]
    else:
        states = states + [set_subtensor(whole[before:after], fitted(x, whole.type))
                           for whole, x in zip(last[n_states:], rows, strict=True)]
    outer.states = [State(x, start, y) for x, start, y in zip(last, starts, states, strict=True)]
    outer.others = [Other(i.outer, o.outer) for i, o in zip(inner.others, loop.others, strict=True)]
    outer.others += [Other(x, s.array) for x, s in zip(arrays, loop.sequences, strict=True)]
    return run(outer, pruned=False)


def _room(loop):
    """Arrays for the rows of carries and of stacks after all steps."""
    def extents(variables):
        return [tuple(shape_i(v, d) for d in range(v.type.ndim)) if is_tensor(v) else None for v in variables]

    heads = [shape_padleft(initial_rows(c)[0]) for c in loop.carries]
    stacked = row_extents(loop, ((), extents(s.array for s in loop.sequences), extents(heads),
                                 extents(s.start for s in loop.states), (), extents(o.outer for o in loop.others)))
    rows = [e[1:] for e in extents(heads)]
    rows += [_shape_of_first(loop, s.value) if None in e else e for s, e in zip(loop.stacks, stacked, strict=True)]
    values = [c.value for c in loop.carries] + [s.value for s in loop.stacks]
    return [fitted(AllocEmpty(v.type.dtype)(loop.n, *e), rows_of(v.type)) for v, e in zip(values, rows, strict=True)]


def _shape_of_first(loop, value):
    """The extents of what the first step gives; of rows of zeros where it is not made."""
    def extents(value, rows):
        given = [*rows, *(initial_rows(c)[c.reach + tap] for c in loop.carries for tap in c.taps),
                 *(s.start for s in loop.states), *(o.outer for o in loop.others)]
        return substitute([value], {v: fitted(x, v.type) for v, x in zip(loop.inputs, given, strict=True)})[0].shape

    none = [zeros([shape_i(s.array, d) for d in range(1, s.array.type.ndim)], s.array.type.dtype)
            for s in loop.sequences]
    shape = ifelse(loop.n > 0, extents(value, [s.array[0] for s in loop.sequences]),
                   extents(*ending([value], loop.inputs), none))
    return [shape[d] for d in range(value.type.ndim)]


def kept_by_steps(loop):
    """How many values a gradient reads of every step of a chunk, for each that one chunk hands on to the next.

    Carries are read, and what `derivative` has kept; products of rows of sequences are made for a chunk at once. Values
    of fewer dimensions than the largest of what is carried don't count.
    """
    most = max((c.value.type.ndim for c in loop.carries), default=0)
    count = sum(c.value.type.ndim == most for c in loop.carries)
    recurrent, rows = depending([r for c in loop.carries for r in c.rows], loop.values), {s.row for s in loop.sequences}
    kept = sum(is_tensor(node.outputs[0]) and node.outputs[0].type.ndim == most and (
        is_kept(node) and node.outputs[0] in recurrent or isinstance(node.op, Dot) and not rows.isdisjoint(node.inputs))
        for node in toposort(loop.values, loop.inputs))
    return (count + kept) / sum(c.reach for c in loop.carries if c.value.type.ndim == most) if count else 1.0


def _part(array, begin, end):
    """Rows of an array."""
    found = array[begin:end]
    return fitted(found, found.type.clone(broadcastable=(False, *array.type.broadcastable[1:])))
