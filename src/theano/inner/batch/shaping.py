"""Batch rules of shapes, of joining and splitting, and of new tensors."""

from theano.inner.batch.core import (
    all_batched,
    expansion,
    padded,
    row_extents,
    rule,
)
from theano.tensor.constant import constant
from theano.tensor.create import Alloc, alloc, arange
from theano.tensor.diagonal import (
    AllocDiag,
    ExtractDiag,
    FillDiagonal,
    FillDiagonalOffset,
)
from theano.tensor.elemwise import ELEMWISE, eq, switch
from theano.tensor.join import Join, Split, join, static_axis
from theano.tensor.repeat import RepeatOp
from theano.tensor.shape import (
    MakeVector,
    Rebroadcast,
    Reshape,
    ScalarFromTensor,
    Shape,
    Shape_i,
    SpecifyShape,
    TensorFromScalar,
    make_vector,
    shape_i,
    specify_shape,
    vector_item,
)


@rule(Shape)
def shape(node, inputs, batched):
    """The same for all rows."""
    extents = row_extents(inputs[0], True)
    return [make_vector(*extents) if extents else constant([], dtype="int64")]


@rule(Shape_i)
def extent(node, inputs, batched):
    """The same for all rows."""
    return [shape_i(inputs[0], node.op.i + 1)]


@rule(ScalarFromTensor, TensorFromScalar)
def same(node, inputs, batched):
    """A batch of scalars is a vector."""
    return list(inputs)


@rule(MakeVector)
def vector(node, inputs, batched):
    """Vectors side by side."""
    return [join(1, *(x.dimshuffle(0, "x") for x in all_batched(inputs, batched)))]


@rule(Reshape)
def reshape(node, inputs, batched):
    """Extents that are -1 are worked out: for no rows they would not be known."""
    x, new = inputs
    if batched[1]:
        return None
    row = node.op.make_node(node.inputs[0], new)
    extents, = node.op.infer_shape(row, [row_extents(x, True)])
    return [x.reshape((shape_i(x, 0), *extents), ndim=node.op.ndim + 1)]


@rule(SpecifyShape)
def specified(node, inputs, batched):
    """Rows of that shape."""
    x, new = inputs
    length = node.inputs[0].type.ndim
    if batched[1]:
        return None
    return [specify_shape(x, make_vector(shape_i(x, 0), *(vector_item(new, d).astype("int64") for d in range(length))))]


@rule(Rebroadcast)
def rebroadcast(node, inputs, batched):
    """The same of the rows."""
    return [Rebroadcast(*((d + 1, b) for d, b in node.op.axis.items()))(inputs[0])]


@rule(Alloc)
def allocated(node, inputs, batched):
    """Extents must be the same in all rows."""
    value, *extents = inputs
    if any(batched[1:]):
        return None
    return [alloc(padded(value, True, len(extents)), shape_i(value, 0), *extents)]


@rule(Join)
def joined(node, inputs, batched):
    """Along the next axis."""
    axis, *parts = inputs
    if batched[0]:
        return None
    where = static_axis(axis, node.outputs[0].type.ndim)
    where = axis % node.outputs[0].type.ndim + 1 if where is None else where + 1
    return [Join()(where, *all_batched(parts, batched[1:]))]


@rule(Split)
def split(node, inputs, batched):
    """Along the next axis, if the sizes are the same in all rows."""
    x, axis, sizes = inputs
    if batched[1] or batched[2]:
        return None
    where = static_axis(axis, node.inputs[0].type.ndim)
    where = axis % node.inputs[0].type.ndim + 1 if where is None else where + 1
    return Split(node.op.len_splits)(x, where, sizes, return_list=True)


@rule(RepeatOp)
def repeated(node, inputs, batched):
    """Along the next axis, if the numbers are the same in all rows."""
    x, repeats = inputs
    if batched[1]:
        return None
    if node.op.axis is None:
        flat = x.flatten(2) if x.type.ndim > 1 else x.dimshuffle(0, "x")
        return [RepeatOp(1)(flat, repeats)]
    return [RepeatOp(node.op.axis % (x.type.ndim - 1) + 1)(x, repeats)]


@rule(ExtractDiag)
def diagonals(node, inputs, batched):
    """Of the next axes."""
    one, two = node.op.axes(node.inputs[0].type.ndim)
    return [ExtractDiag(node.op.offset, one + 1, two + 1)(inputs[0])]


@rule(AllocDiag)
def put_on_diagonals(node, inputs, batched):
    """Of the next axes."""
    return [AllocDiag(node.op.offset, node.op.axis1 + 1, node.op.axis2 + 1)(inputs[0])]


@expansion(FillDiagonal)
def fill_diagonal(node):
    """switch(all indices are equal, value, a)"""
    a, value = node.inputs
    places = [arange(shape_i(a, d)).dimshuffle(*(0 if k == d else "x" for k in range(a.type.ndim)))
              for d in range(a.type.ndim)]
    equal = eq(places[0], places[1])
    for place in places[2:]:
        equal = ELEMWISE["and_"](equal, eq(places[0], place))
    return [switch(equal, value, a)]


@expansion(FillDiagonalOffset)
def fill_diagonal_offset(node):
    """switch(column - row == offset, value, a)"""
    a, value, offset = node.inputs
    rows, columns = arange(shape_i(a, 0)).dimshuffle(0, "x"), arange(shape_i(a, 1)).dimshuffle("x", 0)
    return [switch(eq(columns - rows, offset), value, a)]
