"""Loops whose gradient keeps few states: a loop over chunks of steps, each of which is a loop.

Going backwards, the steps of a chunk are made again from the state before it (Griewank, "Achieving logarithmic growth
of temporal and spatial complexity in reverse automatic differentiation", 1992, with one level): in place of n states,
those of n / m chunks and of m steps are kept.
"""

from dataclasses import replace

from theano.gradient import DisconnectedType
from theano.graph.walk import toposort
from theano.inner.graph import depending
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
from theano.inner.scan.op import run
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import arange
from theano.tensor.dot import Dot
from theano.tensor.elemwise import cast, ceil, maximum, minimum, sqrt
from theano.tensor.join import join
from theano.tensor.shape import reshape, shape_padleft


class Rows(FirstOfTwo):
    """``rows``, of which ``last`` is the last one.

    Gradients of the last row alone go to ``last``, so that all rows are needed only by what uses others. Rewriting
    takes ``last`` for the last row, and ``rows`` otherwise.
    """

    def L_op(self, inputs, outputs, output_grads):
        rows, last = inputs
        found, rest = rows_from_end(output_grads[0], last)
        own = found.pop(1, None)
        if found:                       # of rows before the last one, which only ``rows`` has
            own, rest = None, output_grads[0]
        return [DisconnectedType()() if g is None else fitted(g, x.type) for x, g in ((rows, rest), (last, own))]

    def R_op(self, inputs, eval_points):
        return eval_points[:1]

    def connection_pattern(self, node):
        return [[True], [True]]


def run_in_chunks(loop, every, ends=False):
    """The outputs of a loop whose gradient keeps the states of every ``every``-th step only.

    loop: without ``truncate``; with ``until`` the steps are counted by running it once more.
    every: number of steps, or "sqrt", the square root of the number of all steps
    ends: only the rows after each chunk, the last of which may be shorter

    Returns
    -------
    list of carries, list of states, list of stacks
        Of carries the rows after each step, without the initial ones.
    """
    if loop.truncate >= 0:
        raise ValueError("checkpoint and truncate_gradient exclude each other: a gradient that is cut off needs few "
                         "states")
    if loop.until is not None:
        loop = replace(loop, n=_counted(loop), until=None)
    loop = loop.closed(pruned=False)
    n, every = cast(loop.n, "int64"), _length(loop, every)
    if all(is_tensor(s.before) for s in loop.states):
        rows, lasts, states = _Chunks(loop, n, every).results(ends)
    else:       # what random states gave is kept for all chunks in one array, to which they must be of one length
        whole = n // every * every
        first, begins, states = _Chunks(loop, whole, every).results(ends)
        rest = _Chunks(_after(loop, whole, begins, states), n - whole, n - whole)
        more, lasts, states = rest.results(ends)
        rows = [join(0, a, fitted(b, a.type)) for a, b in zip(first, more, strict=True)]
    carried = [Rows()(x, last[-1]) for x, last in zip(rows, lasts, strict=False)]
    return carried, states, rows[len(carried):]


def _after(loop, done, begins, states):
    """A loop after ``done`` of its steps, from what these handed on."""
    return replace(
        loop, sequences=[Sequence(s.row, s.array[done:]) for s in loop.sequences],
        carries=[replace(c, buffer=fitted(buffer_of(x, loop.n), c.buffer.type))
                 for c, x in zip(loop.carries, begins, strict=True)],
        states=[replace(s, start=x) for s, x in zip(loop.states, states, strict=True)])


def _length(loop, every):
    """The length of chunks."""
    if isinstance(every, str):
        if every != "sqrt":
            raise ValueError(f"checkpoint must be a number of steps, 'sqrt' or None, got {every!r}")
        every = cast(ceil(sqrt(cast(loop.n, "float64") / kept_by_steps(loop))), "int64")
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


class _Chunks:
    """A loop as a loop over chunks, of which the last one may be shorter."""

    def __init__(self, loop, n, size):
        self.loop, self.n, self.size = loop, n, size
        self.count = (n + size - 1) // maximum(1, size)
        self.inner = {o.inner: twin(o.outer) for o in loop.others}
        self.begin = constant(0, dtype="int64").type()
        self.total, self.most = twin(self.n), twin(self.size)
        self.steps = minimum(self.most, self.total - self.begin)

    def _chunk(self):
        """The loop over one chunk within a step of the loop over chunks, and variables for what it begins with."""
        loop = self.loop
        arrays = [twin(s.array) for s in loop.sequences]
        heads = [rows_of(c.rows[0].type).make_variable() for c in loop.carries]
        befores = [twin(s.before) for s in loop.states]
        inner = replace(
            loop, n=self.steps, lean=True,
            sequences=[Sequence(s.row, _part(x, self.begin, self.steps)) for s, x in
                       zip(loop.sequences, arrays, strict=True)],
            carries=[replace(c, buffer=fitted(buffer_of(x, self.steps, c.reach), c.buffer.type))
                     for c, x in zip(loop.carries, heads, strict=True)],
            states=[replace(s, start=x) for s, x in zip(loop.states, befores, strict=True)],
            stacks=[replace(s, length=self.steps) for s in loop.stacks],
            others=[Other(o.inner, self.inner[o.inner]) for o in loop.others])
        return inner, arrays, heads, befores

    def _over_chunks(self, ends):
        """The loop over chunks: its results as by `parts`, those of stacks for carries and then for stacks."""
        loop = self.loop
        inner, arrays, heads, befores = self._chunk()
        carried, states, stacks = self.parts(run(inner, pruned=False), loop)
        outer = Loop(self.count, name=f"chunks_of_{loop.name or 'scan_fn'}", mode=loop.mode)
        outer.sequences = [Sequence(self.begin, arange(self.count) * self.size)]
        for c, x, made in zip(loop.carries, heads, carried, strict=True):
            kind = x.type
            start = shape_padleft(fitted(initial_rows(c), kind))
            outer.carries.append(Carry((-1,), [x], fitted(buffer_of(start, self.count), rows_of(kind)),
                                       fitted(made[-c.reach:], kind)))
        outer.states = [State(x, s.start, after) for x, s, after in
                        zip(befores, loop.states, states, strict=True)]
        values = [x[c.reach:] for c, x in zip(loop.carries, carried, strict=True)] + stacks
        outer.stacks = [Stack(x[-1] if ends else buffer_of(x, self.most - self.steps), self.count) for x in values]
        outer.others = [Other(self.inner[o.inner], o.outer) for o in loop.others]
        outer.others += [Other(x, s.array) for x, s in zip(arrays, loop.sequences, strict=True)]
        outer.others += [Other(self.total, self.n), Other(self.most, self.size)]
        return self.parts(run(outer, pruned=False), outer)

    @staticmethod
    def parts(found, loop):
        """Outputs of a loop as lists: carries, states, stacks."""
        a, b = len(loop.carries), len(loop.carries) + len(loop.states)
        return found[:a], found[a:b], found[b:]

    def results(self, ends):
        """Rows of carries and stacks, the last rows that each carry hands on, the last states."""
        heads, states, blocks = self._over_chunks(ends)
        rows = blocks if ends else [_joined(x)[:self.n] for x in blocks]
        return rows, [x[-1] for x in heads], states


def kept_by_steps(loop):
    """How many values a gradient reads of every step of a chunk, for each that is carried from chunk to chunk.

    Carries are read, and what `derivative` has kept; products of rows of sequences are made for a chunk at once. Values
    of fewer dimensions than the largest of what is carried don't count.
    """
    most = max((c.value.type.ndim for c in loop.carries), default=0)
    count = sum(c.value.type.ndim == most for c in loop.carries)
    recurrent, rows = depending([r for c in loop.carries for r in c.rows], loop.values), {s.row for s in loop.sequences}
    kept = sum(node.outputs[0].type.ndim == most and (
        is_kept(node) and node.outputs[0] in recurrent or isinstance(node.op, Dot) and not rows.isdisjoint(node.inputs))
        for node in toposort(loop.values, loop.inputs))
    return (count + kept) / count if count else 1.0


def _part(array, begin, length):
    """Rows of an array."""
    found = array[begin:begin + length]
    return fitted(found, found.type.clone(broadcastable=(False, *array.type.broadcastable[1:])))


def _joined(blocks):
    """The rows of all chunks."""
    shape = [blocks.shape[0] * blocks.shape[1], *(blocks.shape[d] for d in range(2, blocks.type.ndim))]
    found = reshape(blocks, shape, ndim=blocks.type.ndim - 1)
    return fitted(found, found.type.clone(broadcastable=(False, *blocks.type.broadcastable[2:])))
