"""Fourier transforms of real arrays; complex numbers are pairs of real ones in the last axis."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.graph.walk import equal_computations
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import sqrt
from theano.tensor.linalg.adjoint import inexact
from theano.tensor.type import tensor

NORMS = ("", "ortho", "no_norm")


class Fitted(Op):
    """``x`` cut or filled with zeros at the end of its axes, to the shape of ``model``; ``x`` itself where it fits."""

    __props__ = ()
    view_map = {0: [0]}
    rop_takes_none = True

    def make_node(self, x, model):
        return Apply(self, [x, model], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, model = inputs
        result = x
        if x.shape != model.shape:
            result = np.zeros(model.shape, x.dtype)
            common = tuple(slice(min(a, b)) for a, b in zip(model.shape, x.shape, strict=True))
            result[common] = x[common]
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [False]]

    def L_op(self, inputs, outputs, output_grads):
        return [self(output_grads[0], inputs[0]), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0], inputs[1])]


fitted = Fitted()


class _Transform(Op):
    """What both directions share: the first axis counts the arrays, ``s`` are the real extents of the others."""

    __props__ = ()
    rop_takes_none = True

    def make_node(self, a, s=None):
        a = as_tensor_variable(a)
        if a.type.ndim < self.least:
            raise TypeError(f"{type(self).__name__} needs at least {self.least} dimensions, of which the first counts "
                            f"arrays, but {a} is a {a.type}")
        s = self.usual_shapes(a)[0] if s is None else as_tensor_variable(s)
        if not s.type.dtype.startswith(("int", "uint")) or s.type.ndim != 1:
            raise TypeError(f"{type(self).__name__} needs a vector of integers as s, the extents that are "
                            f"transformed, got a {s.type}")
        return Apply(self, [a, s], [self.output_type(a)()])

    def connection_pattern(self, node):
        return [[True], [False]]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0], inputs[1])]

    def like_input(self, gradient, inputs):
        """``gradient`` in the shape of the array, of which the transform has cut or filled what ``s`` says."""
        a, s = inputs
        if any(equal_computations([s], [usual]) for usual in self.usual_shapes(a)):
            return gradient
        return fitted(gradient, a)

    def doubled(self, gradient, s, factor):
        """``gradient`` times ``factor`` at frequencies that stand for two: all but zero and half of the last extent."""
        last = s[s.shape[0] - 1]
        twice = [slice(None)] * (gradient.type.ndim - 2) + [slice(1, last // 2 + last % 2)]
        part = gradient[tuple(twice)]
        return set_subtensor(part, part * np.asarray(factor, gradient.type.dtype))


class RFFTOp(_Transform):
    """Transforms of real arrays, without scaling.

    a: (m, ..., n)   s: extents of all axes but the first   ->   (m, ..., n // 2 + 1, 2), real and imaginary parts
    Reference: numpy.fft.rfftn
    """

    __props__ = ()
    least = 2

    def output_type(self, inp):
        """The type of the result."""
        return tensor(inexact(inp.type.dtype), (False,) * (inp.type.ndim + 1)).type

    @staticmethod
    def usual_shapes(a):
        return [a.shape[1:]]

    def perform(self, node, inputs, output_storage):
        a, s = inputs
        dtype = node.outputs[0].type.numpy_dtype
        found = np.fft.rfftn(np.asarray(a, dtype), s=tuple(map(int, s)), axes=tuple(range(1, a.ndim)))
        output_storage[0][0] = np.stack([found.real, found.imag], -1).astype(dtype, copy=False)

    def infer_shape(self, node, shapes):
        s = node.inputs[1]
        n = len(shapes[0]) - 1
        return [(shapes[0][0], *(s[d] for d in range(n - 1)), s[n - 1] // 2 + 1, 2)]

    def L_op(self, inputs, outputs, output_grads):
        found = irfft_op(self.doubled(output_grads[0], inputs[1], 0.5), inputs[1])
        return [self.like_input(found, inputs), DisconnectedType()()]


class IRFFTOp(_Transform):
    """The inverse of `RFFTOp` times the number of elements.

    a: (m, ..., n // 2 + 1, 2)   s: extents of the result but the first   ->   (m, ..., n)   Reference: numpy.fft.irfftn
    """

    __props__ = ()
    least = 3

    def output_type(self, inp):
        """The type of the result."""
        return tensor(inexact(inp.type.dtype), (False,) * (inp.type.ndim - 1)).type

    @staticmethod
    def usual_shapes(a):
        s = a.shape[1:-1]
        return [set_subtensor(s[-1], (s[-1] - 1) * 2 + odd) for odd in (0, 1)]

    def perform(self, node, inputs, output_storage):
        a, s = inputs
        dtype, shape = node.outputs[0].type.numpy_dtype, tuple(map(int, s))
        if a.shape[-1] != 2:
            raise ValueError(f"irfft needs real and imaginary parts in a last axis of extent 2, got shape {a.shape}")
        a = np.ascontiguousarray(a, dtype).view(np.result_type(dtype, "complex64"))[..., 0]
        found = np.fft.irfftn(a, s=shape, axes=tuple(range(1, a.ndim)), norm="forward")
        output_storage[0][0] = found.astype(dtype, copy=False)

    def infer_shape(self, node, shapes):
        s = node.inputs[1]
        return [(shapes[0][0], *(s[d] for d in range(len(shapes[0]) - 2)))]

    def L_op(self, inputs, outputs, output_grads):
        found = self.doubled(rfft_op(output_grads[0], inputs[1]), inputs[1], 2)
        return [self.like_input(found, inputs), DisconnectedType()()]


rfft_op, irfft_op = RFFTOp(), IRFFTOp()


def _scaling(norm):
    name = "" if norm is None else norm
    if name not in NORMS:
        raise ValueError(f"norm must be None, 'ortho' or 'no_norm', got {norm!r}")
    return name


def rfft(inp, norm=None):
    """The Fourier transforms of real arrays, over all axes but the first.

    inp: (m, ..., n)   ->   (m, ..., n // 2 + 1, 2), real and imaginary parts in the last axis
    norm: None or "no_norm" doesn't scale, "ortho" divides by the root of the number of elements. Raises ValueError
    for others.
    Reference: numpy.fft.rfftn
    """
    s = as_tensor_variable(inp).shape[1:]
    result = rfft_op(inp, s)
    return result / sqrt(s.prod().astype(result.type.dtype)) if _scaling(norm) == "ortho" else result


def irfft(inp, norm=None, is_odd=False):
    """The inverse of `rfft` with the same ``norm``.

    inp: (m, ..., n // 2 + 1, 2)   ->   (m, ..., n)   is_odd: whether n is odd
    norm: None divides by the number of elements, "ortho" by its root, "no_norm" doesn't scale. Raises ValueError
    for others.
    Reference: numpy.fft.irfftn
    """
    if is_odd not in (True, False):
        raise ValueError(f"is_odd must be True or False, got {is_odd!r}")
    name = _scaling(norm)
    inp = as_tensor_variable(inp)
    s = IRFFTOp.usual_shapes(inp)[bool(is_odd)]
    result = irfft_op(inp, s)
    if name == "no_norm":
        return result
    size = s.prod().astype(result.type.dtype)
    return result / (sqrt(size) if name == "ortho" else size)
