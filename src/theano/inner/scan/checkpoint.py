"""Loops whose gradient keeps few states: a loop over chunks of steps, each of which is a loop.

Going backwards, the steps of a chunk are made again from the state before it (Griewank, "Achieving logarithmic growth
of temporal and spatial complexity in reverse automatic differentiation", 1992, with one level): in place of n states,
those of n / m chunks and of m steps are kept.
"""

from dataclasses import replace

from theano.gradient import DisconnectedType
from theano.graph.variable import Constant
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
    rows_of,
    twin,
)
from theano.inner.scan.op import run
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import is_zero
from theano.tensor.elemwise import Elemwise, cast, ceil, maximum, minimum, sqrt
from theano.tensor.index import IncSubtensor
from theano.tensor.join import join
from theano.tensor.shape import reshape, shape_padleft


class Rows(FirstOfTwo):
    """``rows``, of which ``last`` is the last one.

    Gradients of the last row alone go to ``last``, so that all rows are needed only by what uses others. Rewriting
    takes ``last`` for the last row, and ``rows`` otherwise.
    """

    def L_op(self, inputs, outputs, output_grads):
        rows, last = inputs
        parts = {True: [], False: []}
        for term in _terms(output_grads[0]):
            found = _of_last(term, last)
            parts[found is not None].append(term if found is None else found)
        return [fitted(sum(terms[1:], terms[0]), x.type) if terms else DisconnectedType()()
                for x, terms in ((rows, parts[False]), (last, parts[True]))]

    def R_op(self, inputs, eval_points):
        return eval_points[:1]

    def connection_pattern(self, node):
        return [[True], [True]]


def _terms(g):
    """What a gradient is the sum of."""
    found, stack = [], [g]
    while stack:
        v = stack.pop()
        if v.owner is not None and type(v.owner.op) is Elemwise and v.owner.op.scalar_op.row_name == "add":
            stack.extend(reversed(v.owner.inputs))
        else:
            found.append(v)
    return found


def _of_last(g, last):
    """The gradient of the last row where ``g`` is that gradient among zeros, else None."""
    node = g.owner
    if node is None or type(node.op) is not IncSubtensor or node.op.set_instead_of_inc or not is_zero(node.inputs[0]):
        return None
    rest = rest_of_last(node, 2)
    if rest is None:
        return None
    index, inputs = rest
    return IncSubtensor(index)(last.zeros_like(), node.inputs[1], *inputs) if index else node.inputs[1]


def rest_of_last(node, first):
    """What an index that begins with -1 says besides, with its inputs; None for another index.

    first: the number of the first input of ``node`` that is part of the index.
    """
    index, inputs = node.op.idx_list, node.inputs[first:]
    if not index or isinstance(index[0], slice) or not inputs or not isinstance(inputs[0], Constant) \
            or int(inputs[0].data) != -1:
        return None
    return index[1:], inputs[1:]


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
    return _Chunks(loop.closed(pruned=False), every).results(ends)


def _counted(loop):
    """How many steps a loop makes."""
    count = constant(0, dtype="int64")
    own = twin(count)
    buffer = fitted(buffer_of(shape_padleft(count), loop.n), rows_of(count.type))
    counting = replace(loop, carries=[*loop.carries, Carry((-1,), [own], buffer, own + 1)])
    return run(counting)[len(loop.carries)][-1]


class _Chunks:
    """A loop as a loop over chunks, and a loop over the steps that are left."""

    def __init__(self, loop, every):
        self.loop, self.n = loop, cast(loop.n, "int64")
        self.size = size = self._size(every)
        self.count = self.n // size
        self.whole = self.count * size
        self.inner = {o.inner: twin(o.outer) for o in loop.others}
        self.inner_size = twin(size)

    def _size(self, every):
        if isinstance(every, str):
            if every != "sqrt":
                raise ValueError(f"checkpoint must be a number of steps, 'sqrt' or None, got {every!r}")
            every = cast(ceil(sqrt(cast(self.n, "float64"))), "int64")
        every = as_tensor_variable(every)
        if every.type.ndim or not every.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"checkpoint must be an integer number of steps, got {every}, a {every.type}")
        return maximum(1, cast(every, "int64"))

    def _chunk(self):
        """The loop over one chunk within a step of the loop over chunks, and variables for what it begins with."""
        loop = self.loop
        rows = [rows_of(s.row.type).make_variable(s.row.name) for s in loop.sequences]
        heads = [rows_of(c.rows[0].type).make_variable() for c in loop.carries]
        befores = [twin(s.before) for s in loop.states]
        inner = replace(
            loop, n=self.inner_size,
            sequences=[Sequence(s.row, x) for s, x in zip(loop.sequences, rows, strict=True)],
            carries=[replace(c, buffer=fitted(buffer_of(x, self.inner_size), c.buffer.type))
                     for c, x in zip(loop.carries, heads, strict=True)],
            states=[replace(s, start=x) for s, x in zip(loop.states, befores, strict=True)],
            stacks=[replace(s, length=self.inner_size) for s in loop.stacks],
            others=[Other(o.inner, self.inner[o.inner]) for o in loop.others])
        return inner, rows, heads, befores

    def _over_chunks(self, ends):
        """The loop over chunks: its results as by `parts`, those of stacks for carries and then for stacks."""
        loop = self.loop
        inner, rows, heads, befores = self._chunk()
        carried, states, stacks = self.parts(run(inner, pruned=False), loop)
        outer = Loop(self.count, name=f"chunks_of_{loop.name or 'scan_fn'}", mode=loop.mode)
        outer.sequences = [Sequence(x, _cut(s.array, self.count, self.size)) for x, s in
                           zip(rows, loop.sequences, strict=True)]
        for c, x, made in zip(loop.carries, heads, carried, strict=True):
            start = c.buffer[:c.reach]
            kind = x.type
            outer.carries.append(Carry(
                (-1,), [x], fitted(buffer_of(shape_padleft(fitted(start, kind)), self.count), rows_of(kind)),
                fitted(made[-c.reach:], kind)))
        outer.states = [State(x, s.start, after) for x, s, after in
                        zip(befores, loop.states, states, strict=True)]
        values = [x[c.reach:] for c, x in zip(loop.carries, carried, strict=True)] + stacks
        outer.stacks = [Stack(x[-1] if ends else x, self.count) for x in values]
        outer.others = [Other(self.inner[o.inner], o.outer) for o in loop.others] + [Other(self.inner_size, self.size)]
        return self.parts(run(outer, pruned=False), outer)

    @staticmethod
    def parts(found, loop):
        """Outputs of a loop as lists: carries, states, stacks."""
        a, b = len(loop.carries), len(loop.carries) + len(loop.states)
        return found[:a], found[a:b], found[b:]

    def _rest(self, heads, states):
        """The results of the steps after the last whole chunk."""
        loop, rest = self.loop, self.n - self.whole
        left = replace(
            loop, n=rest,
            sequences=[Sequence(s.row, s.array[self.whole:self.n]) for s in loop.sequences],
            carries=[replace(c, buffer=fitted(buffer_of(x[-1], rest), c.buffer.type))
                     for c, x in zip(loop.carries, heads, strict=True)],
            states=[replace(s, start=x) for s, x in zip(loop.states, states, strict=True)],
            stacks=[replace(s, length=rest) for s in loop.stacks])
        return self.parts(run(left, pruned=False), loop)

    def results(self, ends):
        """See `run_in_chunks`."""
        loop = self.loop
        heads, states, blocks = self._over_chunks(ends)
        carried, states, stacks = self._rest(heads, states)
        lasts = [x[-1] for x in carried]
        left = [x[c.reach:] for c, x in zip(loop.carries, carried, strict=True)] + stacks
        if ends:
            first = minimum(self.n - self.whole, 1)
            left = [x[x.shape[0] - first:] for x in left]
        else:
            blocks = [_joined(x) for x in blocks]
        rows = [join(0, a, fitted(b, a.type)) for a, b in zip(blocks, left, strict=True)]
        whole = [Rows()(x, last) for x, last in zip(rows, lasts, strict=False)]
        return whole, states, rows[len(whole):]


def _cut(array, count, size):
    """An array in ``count`` chunks of ``size`` rows, without the rows that are left."""
    shape = [count, size, *(array.shape[d] for d in range(1, array.type.ndim))]
    found = reshape(array[:count * size], shape, ndim=array.type.ndim + 1)
    return fitted(found, found.type.clone(broadcastable=(False, False, *array.type.broadcastable[1:])))


def _joined(blocks):
    """The rows of all chunks."""
    shape = [blocks.shape[0] * blocks.shape[1], *(blocks.shape[d] for d in range(2, blocks.type.ndim))]
    found = reshape(blocks, shape, ndim=blocks.type.ndim - 1)
    return fitted(found, found.type.clone(broadcastable=(False, *blocks.type.broadcastable[2:])))
