"""Shapes, views and copies as instructions. A function gives NotImplemented where Python must do it."""

from theano.codegen.loops import as_dtype
from theano.graph.copying import DeepCopyOp, ViewOp
from theano.scalar.type import Scalar
from theano.tensor.create import AllocEmpty
from theano.tensor.shape import (
    MakeVector,
    Rebroadcast,
    Reshape,
    ScalarFromTensor,
    Shape_i,
    TensorFromScalar,
)


def shape_i(lowering, node):
    """An extent, read from the array."""
    x = node.inputs[0]
    if not hasattr(x.type, "broadcastable"):
        return NotImplemented
    lowering.add("shape_i", [lowering.place(x)], [lowering.temp(node.outputs[0])], (node.op.i,), node=node)
    return None


def reshape(lowering, node):
    """A view where the array is contiguous, else a copy."""
    x, shape = node.inputs
    shape_place = lowering.place(shape)
    source = lowering.place(x)
    lowering.add("reshape", [source, shape_place], [lowering.view(node.outputs[0], source)], node=node)
    return None


def make_vector(lowering, node):
    """Scalars side by side."""
    places = [lowering.place(v) for v in node.inputs]
    if not places:
        return NotImplemented
    lowering.add("make_vector", places, [lowering.temp(node.outputs[0])], node=node)
    return None


def copy(lowering, node):
    """A contiguous copy."""
    if not hasattr(node.inputs[0].type, "broadcastable"):
        return NotImplemented
    lowering.add("copy", [lowering.place(node.inputs[0])], [lowering.temp(node.outputs[0])], node=node)
    return None


def same(lowering, node):
    """The same storage under another type."""
    x, out = node.inputs[0], node.outputs[0]
    if isinstance(x.type, Scalar) and not hasattr(out.type, "broadcastable") and isinstance(
            node.op, TensorFromScalar):
        return NotImplemented
    source = lowering.place(x)
    if source.dtype == "object":
        return NotImplemented
    lowering.places[out] = source
    return None


def rebroadcast(lowering, node):
    """The same storage, where extents are 1 that the result's type says to be."""
    axes = sorted(axis for axis, one in node.op.axis.items() if one)
    if not axes:
        return same(lowering, node)
    source = lowering.place(node.inputs[0])
    lowering.add("parts", [source], [lowering.view(node.outputs[0], source)], axes, kernel="rebroadcast", node=node)
    return None


def empty(lowering, node):
    """Storage with arbitrary content."""
    places = [as_dtype(lowering, v, "int64") for v in node.inputs]
    lowering.add("empty", places, [lowering.temp(node.outputs[0])], node=node)
    return None


SHAPE = {Shape_i: shape_i, Reshape: reshape, MakeVector: make_vector, DeepCopyOp: copy, AllocEmpty: empty,
         Rebroadcast: rebroadcast, **dict.fromkeys((ViewOp, ScalarFromTensor, TensorFromScalar), same)}
