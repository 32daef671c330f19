"""Ops whose kernels are part of the runtime: see runtime/kernels.h. NotImplemented where Python must do it."""

import numpy as np

from theano.codegen.expand import Assemble, First
from theano.codegen.loops import as_dtype
from theano.tensor.blas import BLAS_DTYPES
from theano.tensor.create import ARange, Eye, Tri
from theano.tensor.diagonal import AllocDiag
from theano.tensor.dot import BatchedDot
from theano.tensor.join import Join, Split, static_axis
from theano.tensor.reduce import Argmax

WHOLE = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"}
ORDERED = {*WHOLE, "uint64", "float32", "float64"}


def arange(lowering, node):
    """Equal steps; computed in the dtype of the result, as NumPy does where no other is involved."""
    dtype = node.op.dtype
    given = {v.type.dtype for v in node.inputs}
    if not (dtype == "int64" and given <= WHOLE or dtype == "float64" and given <= {*WHOLE, "float32", dtype}
            or dtype == "float32" and given == {dtype}):
        return NotImplemented
    places = [as_dtype(lowering, v, dtype) for v in node.inputs]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], kernel="arange", node=node)
    return None


def ones_at(kernel):
    """Eye and Tri."""
    def lower(lowering, node):
        if any(v.type.dtype not in WHOLE for v in node.inputs):
            return NotImplemented
        places = [*(as_dtype(lowering, v, "int64") for v in node.inputs), lowering.constant(1, node.op.dtype)]
        lowering.add("call", places, [lowering.temp(node.outputs[0])], kernel=kernel, node=node)
        return None
    return lower


def alloc_diag(lowering, node):
    """Zeros but for diagonals."""
    op = node.op
    lowering.add("call", [lowering.place(node.inputs[0])], [lowering.temp(node.outputs[0])],
                 (op.offset, op.axis1, op.axis2), kernel="alloc_diag", node=node)


def join(lowering, node):
    """Copies one behind the other."""
    axis = static_axis(node.inputs[0], node.outputs[0].type.ndim)
    if axis is None or node.op.view != -1:
        return NotImplemented
    places = [as_dtype(lowering, v, node.outputs[0].type.dtype) for v in node.inputs[1:]]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], (axis,), kernel="join", node=node)
    return None


def assemble(lowering, node):
    """Parts along an axis with zeros between them."""
    params = (node.op.axis, *(b for bounds in node.op.bounds for b in bounds))
    lowering.add("call", [lowering.place(v) for v in node.inputs], [lowering.temp(node.outputs[0])], params,
                 kernel="assemble", node=node)


def split(lowering, node):
    """Views of the parts."""
    x, axis, sizes = node.inputs
    axis = static_axis(axis, x.type.ndim)
    if axis is None or sizes.type.dtype not in WHOLE:
        return NotImplemented
    source = lowering.place(x)
    places = [source, as_dtype(lowering, sizes, "int64")]
    lowering.add("parts", places, [lowering.view(v, source) for v in node.outputs], (axis,), kernel="split", node=node)
    return None


def argmax(lowering, node):
    """Where the largest or the smallest element is."""
    x, = node.inputs
    if x.type.dtype not in ORDERED or node.op.axis == () or x.type.ndim == 0:
        return NotImplemented
    axes = range(x.type.ndim) if node.op.axis is None else node.op.axis
    params = (sum(1 << d for d in axes), int(getattr(node.op, "smallest", False)))
    lowering.add("call", [lowering.place(x)], [lowering.temp(node.outputs[0])], params, kernel="argmax", node=node)
    return None


def batched_dot(lowering, node):
    """Products of matrices in pairs."""
    dtype = node.outputs[0].type.dtype
    if dtype not in BLAS_DTYPES:
        return NotImplemented
    places = [*(as_dtype(lowering, v, dtype) for v in node.inputs),
              *(lowering.constant(np.array(number), dtype) for number in (1, 0))]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], kernel="batched_dot", node=node)
    return None


PREBUILT = {ARange: arange, Eye: ones_at("eye"), Tri: ones_at("tri"), AllocDiag: alloc_diag, Join: join, Split: split,
            Argmax: argmax, First: argmax, BatchedDot: batched_dot, Assemble: assemble}
