"""Batch rules of ops that work on the rows of a matrix, of sorting and choosing, and of pooling."""

from theano.errors import NotScalarConstantError
from theano.graph.op import with_changes
from theano.inner.batch.core import all_batched, broadcast_to, count_of, expansion, flat_rows, padded, rule, unflat_rows
from theano.tensor.constant import constant, get_scalar_constant_value
from theano.tensor.create import alloc
from theano.tensor.elemwise import second
from theano.tensor.multiindex import RavelMultiIndex, UnravelIndex
from theano.tensor.nnet.softmax import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
    softmax_op,
)
from theano.tensor.shape import shape_i
from theano.tensor.signal import pool
from theano.tensor.sort import ArgSortOp, SearchsortedOp, SortOp, TopKOp


@rule(Softmax, LogSoftmax, SoftmaxGrad, CrossentropyCategorical1Hot, CrossentropyCategorical1HotGrad)
def by_rows(node, inputs, batched):
    """The rows of all matrices one below the other."""
    arrays = all_batched(inputs, batched)
    count = [shape_i(arrays[0], 0), shape_i(arrays[0], 1)]
    found = node.op(*(flat_rows(x, 1) for x in arrays), return_list=True)
    return [unflat_rows(v, count) for v in found]


@expansion(SoftmaxWithBias)
def softmax_with_bias(node):
    """softmax(x + b)"""
    x, b = node.inputs
    return [softmax_op(x + b.dimshuffle("x", 0))]


@rule(CrossentropySoftmaxArgmax1HotWithBias)
def cross_entropy_of_softmax(node, inputs, batched):
    """Rows one below the other; a batched bias is added before."""
    (x, b, y), n = inputs, count_of(inputs, batched)
    if batched[1]:
        x = broadcast_to(x, batched[0], n) + b.dimshuffle(0, "x", 1)
        b = alloc(constant(0, dtype=b.type.dtype), shape_i(b, 1))
    else:
        x = broadcast_to(x, batched[0], n)
    count = [n, shape_i(x, 1)]
    found = node.op(flat_rows(x, 1), b, flat_rows(broadcast_to(y, batched[2], n), 1))
    return [unflat_rows(v, count) for v in found]


@rule(CrossentropySoftmax1HotWithBiasDx)
def cross_entropy_dx(node, inputs, batched):
    """Rows one below the other, each with its own factor."""
    n = count_of(inputs, batched)
    dy = padded(inputs[0], batched[0], 1)
    sm, y = (broadcast_to(x, b, n) for x, b in zip(inputs[1:], batched[1:], strict=True))
    dy = second(y.astype(dy.type.dtype), dy)
    return [unflat_rows(node.op(*(flat_rows(x, 1) for x in (dy, sm, y))), [n, shape_i(sm, 1)])]


def _axis_behind(axis, ndim):
    """Axis of rows with ``ndim`` dimensions, as one of all of them; None where it is not known."""
    try:
        return int(get_scalar_constant_value(axis)) % ndim + 1
    except NotScalarConstantError:
        return None


@rule(SortOp, ArgSortOp)
def in_order(node, inputs, batched):
    """Along the next axis."""
    axis = None if batched[1] else _axis_behind(inputs[1], node.inputs[0].type.ndim)
    return None if axis is None else [node.op(inputs[0], axis)]


@rule(TopKOp)
def largest(node, inputs, batched):
    """Along the next axis, as many in every row."""
    if batched[1]:
        return None
    op = with_changes(node.op, axis=node.op.axis % node.inputs[0].type.ndim + 1)
    return op(*inputs, return_list=True)


@rule(SearchsortedOp)
def places(node, inputs, batched):
    """All values at once, where all are put into the same vector."""
    if batched[0] or any(batched[2:]):
        return None
    return [node.op(*inputs)]


@rule(UnravelIndex)
def unravelled(node, inputs, batched):
    """All places at once, in arrays of the same shape."""
    return None if batched[1] else node.op(*inputs, return_list=True)


@rule(RavelMultiIndex)
def ravelled(node, inputs, batched):
    """All places at once, in arrays of the same shape."""
    if batched[-1]:
        return None
    rank = node.outputs[0].type.ndim
    return [node.op(*(padded(x, b, rank) for x, b in zip(inputs[:-1], batched, strict=False)), inputs[-1])]


@rule(pool.Pool, pool.MaxPoolGrad, pool.DownsampleFactorMaxGradGrad, pool.AveragePoolGrad)
def pooled(node, inputs, batched):
    """Pooling leaves all leading axes alone."""
    arrays = node.op.n_arrays
    if any(batched[arrays:]):
        return None
    return [node.op(*all_batched(inputs[:arrays], batched[:arrays]), *inputs[arrays:])]
