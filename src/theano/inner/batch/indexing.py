"""Batch rules of reading and writing by indices."""

from theano.graph.variable import Variable
from theano.inner.batch.core import broadcast, count_of, moved, padded, rule
from theano.scalar.type import Scalar
from theano.tensor.advanced import (
    AdvancedBooleanIncSubtensor,
    AdvancedBooleanSubtensor,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    advanced_subtensor1,
    take,
)
from theano.tensor.create import arange
from theano.tensor.elemwise import switch
from theano.tensor.index import IncSubtensor, Subtensor, flat_indices, get_idx_list
from theano.tensor.shape import tensor_from_scalar
from theano.tensor.slices import NoneType
from theano.tensor.type import TensorType


def _entries(op, inputs, batched, first):
    """The index of a basic indexing; None where the bounds of a slice are batched: rows would differ in length."""
    moving = {id(x) for x, b in zip(inputs[first:], batched[first:], strict=True) if b}
    index = get_idx_list((None, *inputs[first:]), op.idx_list)
    for entry in index:
        if isinstance(entry, slice) and any(id(p) in moving for p in (entry.start, entry.stop, entry.step)):
            return None
    return index


def _places(index):
    """The integers of an index as tensors."""
    return [tensor_from_scalar(e) if isinstance(e, Variable) and isinstance(e.type, Scalar) else e for e in index
            if not isinstance(e, slice)]


def _counted_first(ndim, index):
    """The order of axes with those in front that integers are for."""
    numbers = [d for d, e in enumerate(index) if not isinstance(e, slice)]
    return [*numbers, *(d for d in range(ndim) if d not in numbers)]


@rule(Subtensor)
def part(node, inputs, batched):
    """Of every row; integers that differ between rows are an advanced index."""
    x, moving = inputs[0], batched[0]
    if not any(batched[1:]):
        return [Subtensor((slice(None), *node.op.idx_list))(x, *inputs[1:])]
    index = _entries(node.op, inputs, batched, 1)
    if index is None:
        return None
    order = _counted_first(node.inputs[0].type.ndim, index)
    places, slices = _places(index), [e for e in index if isinstance(e, slice)]
    if moving:
        rows = x.dimshuffle(0, *(d + 1 for d in order))
        found = AdvancedSubtensor()(rows, arange(count_of(inputs, batched)), *places)
    elif len(places) == 1:
        found = advanced_subtensor1(x.dimshuffle(order), places[0])
    else:
        found = AdvancedSubtensor()(x.dimshuffle(order), *places)
    if slices:
        op = Subtensor((slice(None), *slices))
        found = op(found, *flat_indices(slices))
    return [found]


@rule(IncSubtensor)
def with_part(node, inputs, batched):
    """Of every row; integers that differ between rows are an advanced index."""
    x, y, *rest = inputs
    n = count_of(inputs, batched)
    x = x if batched[0] else broadcast(x, n)
    fixed = node.op.set_instead_of_inc
    index = _entries(node.op, inputs, batched, 2)
    if index is None:
        return None
    rank = node.inputs[0].type.ndim - len(_places(index))
    y = padded(y, True, max(rank, node.inputs[1].type.ndim)) if batched[1] else y
    if not any(batched[2:]):
        return [IncSubtensor((slice(None), *node.op.idx_list), set_instead_of_inc=fixed)(x, y, *rest)]
    order = _counted_first(node.inputs[0].type.ndim, index)
    slices = [e for e in index if isinstance(e, slice)]
    rows = x.dimshuffle(0, *(d + 1 for d in order))
    found = AdvancedIncSubtensor(set_instead_of_inc=fixed)(rows, y, arange(n), *_places(index), *slices)
    return [found.dimshuffle(0, *(order.index(d) + 1 for d in range(len(order))))]


@rule(AdvancedSubtensor1)
def rows_of(node, inputs, batched):
    """Along the first axis of the rows."""
    (x, index), (moving, chosen) = inputs, batched
    if not chosen:
        return [take(x, index, axis=1)]
    if not moving:
        return [take(x, index, axis=0)]
    return [AdvancedSubtensor()(x, arange(count_of(inputs, batched)).dimshuffle(0, "x"), index)]


@rule(AdvancedIncSubtensor1)
def with_rows(node, inputs, batched):
    """Along the first axis of the rows."""
    x, y, index = inputs
    n = count_of(inputs, batched)
    x = x if batched[0] else broadcast(x, n)
    y = padded(y, batched[1], node.inputs[0].type.ndim)
    fixed = node.op.set_instead_of_inc
    if batched[2]:
        places = arange(n).dimshuffle(0, "x")
        return [AdvancedIncSubtensor(set_instead_of_inc=fixed)(x, y, places, index)]
    found = AdvancedIncSubtensor1(set_instead_of_inc=fixed)(moved(x, 1, 0), moved(y, 1, 0), index)
    return [moved(found, 0, 1)]


class _Layout:
    """Where the axes of ``x[index]`` come from: those of the arrays among the index, and those that are kept."""

    def __init__(self, index, x_ndim):
        arrays = [k for k, e in enumerate(index) if isinstance(e.type, TensorType)]
        masks = [k for k in arrays if index[k].type.dtype == "bool"]
        self.joined = max(1 if k in masks else index[k].type.ndim for k in arrays)
        taken = sum(index[k].type.ndim if k in masks else 1 for k in arrays)
        slices = len(index) - len(arrays) - sum(isinstance(e.type, NoneType) for e in index)
        self.kept = len(index) - len(arrays) + x_ndim - taken - slices
        adjacent = arrays == list(range(arrays[0], arrays[0] + len(arrays)))
        self.front = arrays[0] if adjacent else 0       # how many kept axes come before those of the arrays

    @property
    def ndim(self):
        """Of the result."""
        return self.joined + self.kept

    def arrays_first(self, leading):
        """The order of axes, behind ``leading`` others, that puts those of the arrays before the kept ones."""
        order = [*range(self.front, self.front + self.joined), *range(self.front), *range(self.front + self.joined,
                                                                                          self.ndim)]
        return [*range(leading), *(d + leading for d in order)]


def _masked_by_rows(index, batched):
    return any(b and e.type.dtype == "bool" for e, b in zip(index, batched, strict=True))


def _rows_too(index, old, batched, n, layout):
    """``index`` for all rows: first the number of the row, then what it was."""
    ones = ["x"] * layout.joined
    return [arange(n).dimshuffle(0, *ones),
            *(padded(e, True, layout.joined) if b else e for e, b in zip(index, batched, strict=True))]


@rule(AdvancedSubtensor, AdvancedBooleanSubtensor)
def advanced(node, inputs, batched):
    """Rows are numbered by one more array among the index where anything else is batched too."""
    x, *index = inputs
    old, flags = node.inputs[1:], batched[1:]
    if _masked_by_rows(index, flags):
        return None                                     # rows of different lengths
    layout = _Layout(old, node.inputs[0].type.ndim)
    if not any(flags):
        every = [slice(None), *index]
        found = node.op(x, *every)
        adjacent = _Layout(found.owner.inputs[1:], x.type.ndim).front
        return [found if adjacent else moved(found, layout.joined, 0)]
    x = x if batched[0] else broadcast(x, count_of(inputs, batched))
    found = node.op(x, *_rows_too(index, old, flags, count_of(inputs, batched), layout))
    order = layout.arrays_first(1)
    return [found.dimshuffle([order.index(d) for d in range(len(order))])]


@rule(AdvancedIncSubtensor, AdvancedBooleanIncSubtensor)
def with_advanced(node, inputs, batched):
    """Rows are numbered by one more array among the index."""
    x, y, *index = inputs
    old, flags = node.inputs[2:], batched[2:]
    n = count_of(inputs, batched)
    x = x if batched[0] else broadcast(x, n)
    if _masked_by_rows(index, flags):
        return _with_masked(node, x, y, index, batched)
    layout = _Layout(old, node.inputs[0].type.ndim)
    y = padded(y, batched[1], layout.ndim).dimshuffle(layout.arrays_first(1))
    op = type(node.op)(set_instead_of_inc=node.op.set_instead_of_inc)
    return [op(x, y, *_rows_too(index, old, flags, n, layout))]


def _with_masked(node, x, y, index, batched):
    """A number put where a mask of the shape of a row is true."""
    if len(index) > 1 or node.inputs[1].type.ndim:
        return None
    rank = node.inputs[0].type.ndim
    mask = index[0].dimshuffle(*range(index[0].type.ndim), *["x"] * (rank - index[0].type.ndim + 1))
    y = padded(y, batched[1], rank)
    return [switch(mask, y if node.op.set_instead_of_inc else x + y, x)]
