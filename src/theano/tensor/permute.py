"""Rows with their elements in another order."""

import numpy as np

from theano.config import config
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import continuous_dtypes
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import maximum, sum_to_shape_of
from theano.tensor.type import tensor


class PermuteRowElements(Op):
    """The elements of each row of ``x``, permuted as the row of ``y`` says.

    x: (..., n)   y: (..., n) integers, a permutation in each row; leading axes broadcast
    inverse: a number; where it is not zero, element i goes to position y[i] instead of coming from there.
    """

    __props__ = ()

    def make_node(self, x, y, inverse):
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        inverse = as_tensor_variable(np.int8(inverse) if isinstance(inverse, bool) else inverse)
        if y.type.dtype in ("bool", *continuous_dtypes):
            raise TypeError(f"a permutation needs integers, got {y.type}")
        if inverse.type.ndim or not inverse.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"inverse must be an integer scalar, got {inverse.type}")
        ndim = max(x.type.ndim, y.type.ndim)
        x, y = (v.dimshuffle(["x"] * (ndim - v.type.ndim) + list(range(v.type.ndim))) for v in (x, y))
        pattern = [a and b for a, b in zip(x.type.broadcastable, y.type.broadcastable, strict=True)]
        return Apply(self, [x, y, inverse], [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x, y, inverse = inputs
        shape = np.broadcast_shapes(x.shape, y.shape)
        x, y = np.broadcast_to(x, shape), np.broadcast_to(y, shape)
        if inverse:
            result = np.empty(shape, x.dtype)
            np.put_along_axis(result, y, x, -1)
        else:
            result = np.take_along_axis(x, y, -1)
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        x, y = node.inputs[:2]
        return [tuple(b if p else a if q else maximum(a, b) for a, b, p, q in zip(
            *shapes[:2], x.type.broadcastable, y.type.broadcastable, strict=True))]

    def grad(self, inputs, output_grads):
        x, y, inverse = inputs
        back = self(output_grads[0], y, 1 - inverse)
        return [sum_to_shape_of(back, x), *(v.zeros_like(dtype=config.floatX) for v in (y, inverse))]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else [self(eval_points[0], *inputs[1:])]


_permute = PermuteRowElements()


def permute_row_elements(x, y, inverse=0):
    """The elements of each row of ``x`` in the order of ``y``, or back from it; see `PermuteRowElements`."""
    return _permute(x, y, inverse)


def inverse_permutation(perm):
    """For each row of integers ``perm`` the permutation that undoes it, in the same dtype."""
    return permute_row_elements(arange(perm.shape[-1], dtype=perm.dtype), perm, inverse=1)
