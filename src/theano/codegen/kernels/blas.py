"""Products as BLAS calls."""

import numpy as np

from theano.tensor.blas import BLAS_DTYPES, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.dot import Dot


def _zero(lowering, node):
    return lowering.constant(np.zeros((), node.outputs[0].type.dtype), node.outputs[0].type.dtype)


def _one(lowering, node):
    return lowering.constant(np.ones((), node.outputs[0].type.dtype), node.outputs[0].type.dtype)


def _empty(lowering, out, extents):
    """Storage of the shape of a product, and the place of the result that takes it over."""
    start = type(lowering.scalar())(out.type.dtype, out.type.ndim, "temp",
                                    size=lowering.extents.canonical(out))
    lowering.add("empty", extents, [start])
    return start


def _extent(lowering, variable, axis):
    place = lowering.scalar()
    lowering.add("shape_i", [lowering.place(variable)], [place], (axis,))
    return place


def accumulate(kind):
    """gemm, gemv or ger with all inputs given."""
    def lower(lowering, node):
        inputs = [lowering.place(v) for v in node.inputs]
        result = lowering.temp(node.outputs[0])
        lowering.add(kind, inputs, [result], (0,), node=node, inplace=[(result, inputs[0])])
    return lower


def product(lowering, node):
    """dot of two matrices, of a matrix and a vector, or of two vectors."""
    x, y = node.inputs[:2]
    out = node.outputs[0]
    if x.type.dtype != y.type.dtype or x.type.dtype not in BLAS_DTYPES:
        return NotImplemented
    alpha = lowering.place(node.inputs[2]) if len(node.inputs) == 3 else _one(lowering, node)
    places = [lowering.place(x), lowering.place(y)]
    if (x.type.ndim, y.type.ndim) == (1, 1):
        if x.type.dtype not in ("float32", "float64"):
            return NotImplemented
        lowering.add("dot", places, [lowering.temp(out)], (0,), node=node)
        return None
    if (x.type.ndim, y.type.ndim) == (2, 2):
        start = _empty(lowering, out, [_extent(lowering, x, 0), _extent(lowering, y, 1)])
        inputs, kind = [start, alpha, *places, _zero(lowering, node)], "gemm"
    elif x.type.ndim == 2:
        start = _empty(lowering, out, [_extent(lowering, x, 0)])
        inputs, kind = [start, alpha, *places, _zero(lowering, node)], "gemv"
    else:
        return NotImplemented
    result = lowering.temp(out)
    lowering.add(kind, inputs, [result], (0,), node=node, inplace=[(result, start)])
    return None


BLAS = {Gemm: accumulate("gemm"), Gemv: accumulate("gemv"), Ger: accumulate("ger"), Dot: product,
        Dot22: product, Dot22Scalar: product}
