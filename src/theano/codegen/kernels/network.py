"""Pooling as instructions."""

from theano.codegen.loops import as_dtype
from theano.graph.variable import Constant
from theano.tensor.signal.pool import (
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    Pool,
)

WAYS = {"largest": 0, "sum": 1, MaxPoolGrad: 2, DownsampleFactorMaxGradGrad: 3, AveragePoolGrad: 4}
COUNTED = {"max": 0, "sum": 0, "average_inc_pad": 1, "average_exc_pad": 2}      # what averages divide by


def pool(lowering, node):
    """Every window as one number, or a gradient of that."""
    op = node.op
    *arrays, ws, stride, pad = node.inputs
    if {v.type.dtype for v in arrays} not in ({"float32"}, {"float64"}) or op.ndim > 3:
        return NotImplemented
    if not isinstance(pad, Constant) or pad.data.any() and not isinstance(ws, Constant):
        return NotImplemented               # padding that is not supported is found out at run time
    way = WAYS.get(type(op), WAYS["largest" if op.mode == "max" else "sum"])
    places = [*map(lowering.place, arrays), *(as_dtype(lowering, v, "int64") for v in (ws, stride, pad))]
    params = (way, COUNTED[op.mode], op.ndim, int(op.ignore_border))
    lowering.add("call", places, [lowering.temp(node.outputs[0])], params, kernel="pool", node=node)
    return None


NETWORK = dict.fromkeys((Pool, MaxPoolGrad, DownsampleFactorMaxGradGrad, AveragePoolGrad), pool)
