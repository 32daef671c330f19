"""The Fourier transform along one axis."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.scalar.type import integer_dtypes
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import eq, switch
from theano.tensor.fft import fitted
from theano.tensor.linalg.adjoint import gradients_like, is_none
from theano.tensor.type import tensor


class Fourier(Op):
    """``fft(a, n, axis)``: the discrete Fourier transform of ``n`` points along one axis.

    a: at least a vector   n: integer, by default the extent of the axis; a shorter axis is filled with zeros, of a
    longer one the first n are taken   axis: integer, by default the last   ->   complex128.  Reference: numpy.fft.fft
    """

    __props__ = ()

    def make_node(self, a, n, axis):
        a = as_tensor_variable(a)
        if a.type.ndim < 1:
            raise TypeError(f"{type(self).__name__} needs at least a vector, but {a} is a {a.type}")
        axis = self._argument("axis", a.type.ndim - 1 if is_none(axis) else axis)
        if isinstance(axis, Constant) and not -a.type.ndim <= int(axis.data) < a.type.ndim:
            raise TypeError(f"{type(self).__name__}: axis {int(axis.data)} is out of range for a {a.type}")
        if is_none(n):
            n = a.shape[axis]
        n = self._argument("n", n)
        if isinstance(n, Constant) and int(n.data) < 1:
            raise TypeError(f"{type(self).__name__}: n must be at least 1, got {int(n.data)}")
        return Apply(self, [a, n, axis], [tensor("complex128", (False,) * a.type.ndim)])

    def _argument(self, name, value):
        value = as_tensor_variable(value)
        if value.type.ndim or value.type.dtype not in integer_dtypes:
            raise TypeError(f"{type(self).__name__}: {name} must be an integer scalar, got a {value.type}")
        return value

    def perform(self, node, inputs, output_storage):
        a, n, axis = inputs
        output_storage[0][0] = np.fft.fft(a, int(n), int(axis)).astype("complex128", copy=False)

    def infer_shape(self, node, shapes):
        n, axis = node.inputs[1:]
        if isinstance(axis, Constant):
            along = int(axis.data) % len(shapes[0])
            return [tuple(n if d == along else extent for d, extent in enumerate(shapes[0]))]
        axis = axis % len(shapes[0])
        return [tuple(switch(eq(axis, d), n, extent) for d, extent in enumerate(shapes[0]))]

    def connection_pattern(self, node):
        return [[True], [False], [False]]

    def L_op(self, inputs, outputs, output_grads):
        """The conjugate transpose of the transform, with the derivatives by real and imaginary part as one number."""
        a, n, axis = inputs
        gradient = fitted(self(output_grads[0].conj(), n, axis).conj(), a)
        return [*gradients_like([a], [gradient]), DisconnectedType()(), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]


fft = Fourier()
