"""Batch rules of what works element by element, of reductions, and of identities."""

from theano.gradient import GRADIENT_OPS
from theano.graph.copying import DeepCopyOp, ViewOp
from theano.graph.printout import Print
from theano.inner.batch.core import count_of, padded, row_extents, rule
from theano.scalar.composite import Composite
from theano.scalar.table import TABLE
from theano.scalar.type import Scalar
from theano.tensor.assertion import Assert
from theano.tensor.careduce import All, Any, CAReduce, CAReduceDtype, Prod, ProdWithoutZeros, Sum
from theano.tensor.constant import constant
from theano.tensor.contiguous import CpuContiguous
from theano.tensor.create import alloc
from theano.tensor.cumulate import CumOp, DiffOp, Recurrence
from theano.tensor.elemwise import DimShuffle, Elemwise, SumToShapeOf, cast, sum_to_shape_of
from theano.tensor.linalg.solve import Divisors
from theano.tensor.others import ProdOfOthers
from theano.tensor.reduce import Argmax, MaxAndArgmax
from theano.tensor.shape import tensor_from_scalar


@rule(Elemwise)
def elemwise(node, inputs, batched):
    """The op itself, which broadcasts what is not batched."""
    op = Elemwise(node.op.scalar_op, name=node.op.name) if node.op.inplace_pattern else node.op
    rank = node.outputs[0].type.ndim
    return op(*(padded(x, b, rank) for x, b in zip(inputs, batched, strict=True)), return_list=True)


@rule(Composite, *{type(op) for op in TABLE.values()})
def scalar_op(node, inputs, batched):
    """A row on scalars becomes one on vectors."""
    return Elemwise(node.op)(*(tensor_from_scalar(x) if isinstance(x.type, Scalar) else x for x in inputs),
                             return_list=True)


@rule(DimShuffle)
def dimshuffle(node, inputs, batched):
    """The other axes keep their order behind the first."""
    return [inputs[0].dimshuffle(0, *(d if d == "x" else d + 1 for d in node.op.new_order))]


@rule(CAReduce, CAReduceDtype, Sum, Prod, ProdWithoutZeros, All, Any)
def reduction(node, inputs, batched):
    """Along the same axes of the rows."""
    x, = inputs
    axes = range(x.type.ndim - 1) if node.op.axis is None else node.op.axis
    if not axes:
        return [cast(x, node.outputs[0].type.dtype)]
    return [node.op.with_axis(tuple(d + 1 for d in axes))(x)]


@rule(Argmax, MaxAndArgmax)
def position_of_largest(node, inputs, batched):
    """Along the same axes of the rows; several of them count as one."""
    x, = inputs
    axes = range(x.type.ndim - 1) if node.op.axis is None else node.op.axis
    if axes:
        return type(node.op)(tuple(d + 1 for d in axes))(x, return_list=True)
    position = x.zeros_like(dtype="int64")
    return [position] if isinstance(node.op, Argmax) else [x, position]


@rule(SumToShapeOf)
def summed_to_shape(node, inputs, batched):
    """A row of what gives the shape is as good as another."""
    (g, like), (moving, reshaped) = inputs, batched
    if moving != reshaped:
        count = [count_of(inputs, batched)] if moving else []
        like = alloc(constant(0, dtype=like.type.dtype), *count, *row_extents(like, reshaped))
    return [sum_to_shape_of(g, like)]


@rule(ViewOp, DeepCopyOp, CpuContiguous, Print, *GRADIENT_OPS)
def identity(node, inputs, batched):
    """The op itself."""
    return node.op(*inputs, return_list=True)


@rule(Divisors)
def divisors(node, inputs, batched):
    """More diagonals."""
    return None if batched[1] else [node.op(*inputs)]


@rule(Assert)
def assertion(node, inputs, batched):
    """The condition of every row."""
    conditions = [c.all() if b else c for c, b in zip(inputs[1:], batched[1:], strict=True)]
    return [node.op(inputs[0], *conditions)]


@rule(CumOp)
def cumulated(node, inputs, batched):
    """Along the same axis of the rows."""
    x, = inputs
    if node.op.axis is None:
        return [CumOp(1, node.op.mode)(x.flatten(2))] if x.type.ndim > 1 else [x.dimshuffle(0, "x")]
    return [CumOp(node.op.axis % (x.type.ndim - 1) + 1, node.op.mode)(x)]


@rule(Recurrence)
def recurrence(node, inputs, batched):
    """Along the same axis of the rows."""
    rank = node.outputs[0].type.ndim
    return [Recurrence(node.op.axis + 1)(*(padded(x, b, rank) for x, b in zip(inputs, batched, strict=True)))]


@rule(ProdOfOthers)
def products_of_others(node, inputs, batched):
    """Along the same axes of the rows."""
    return [ProdOfOthers(d + 1 for d in node.op.axis)(inputs[0])]


@rule(DiffOp)
def differences(node, inputs, batched):
    """Along the same axis of the rows."""
    x, = inputs
    return [DiffOp(node.op.n, node.op.axis % (x.type.ndim - 1) + 1)(x)]
