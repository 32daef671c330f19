"""Fourier transforms: see runtime/fourier.c."""

from theano.codegen.loops import as_dtype
from theano.graph.variable import Constant
from theano.tensor.fft import IRFFTOp, RFFTOp
from theano.tensor.fourier import Fourier


def real_transform(kernel):
    """Of real arrays, and back."""
    def lower(lowering, node):
        a, s = node.inputs
        places = [as_dtype(lowering, a, node.outputs[0].type.dtype), as_dtype(lowering, s, "int64")]
        lowering.add("call", places, [lowering.temp(node.outputs[0])], kernel=kernel, node=node)
        return None
    return lower


def along_one_axis(lowering, node):
    """Of complex numbers along a known axis."""
    a, n, axis = node.inputs
    if not isinstance(axis, Constant):
        return NotImplemented
    places = [as_dtype(lowering, a, "complex128"), as_dtype(lowering, n, "int64")]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], (int(axis.data) % a.type.ndim,), kernel="fft",
                 node=node)
    return None


FOURIER = {RFFTOp: real_transform("rfft"), IRFFTOp: real_transform("irfft"), Fourier: along_one_axis}
