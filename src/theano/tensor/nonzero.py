"""The places where something is not zero."""

import numpy as np

from theano.gradient import grad_undefined
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable
from theano.tensor.half import in_single
from theano.tensor.join import stack
from theano.tensor.type import TensorType
from theano.tensor.variable import method


@method("nonzero")
def nonzero(a, return_matrix=False):
    """Indices of the elements that are not zero: a vector per dimension, or a matrix.

    Reference: numpy.nonzero
    """
    found = Nonzero()(a, return_list=True)
    return stack(found) if return_matrix else tuple(found)


class Nonzero(Op):
    """Indices of the elements that are not zero, an int64 vector per dimension."""

    __props__ = ()

    def make_node(self, a):
        a = as_tensor_variable(a)
        if a.type.ndim == 0:
            raise ValueError(f"Nonzero only supports non-scalar arrays, got {a}, a {a.type}: use a.dimshuffle('x')")
        return Apply(self, [a], [TensorType("int64", (False,))() for _ in range(a.type.ndim)])

    @in_single
    def perform(self, node, inputs, output_storage):
        for cell, found in zip(output_storage, np.nonzero(inputs[0]), strict=True):
            cell[0] = found.astype("int64", copy=False)

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, 0, inputs[0])]


def flatnonzero(a):
    """Indices of the elements of the flattened ``a`` that are not zero."""
    a = as_tensor_variable(a)
    return nonzero(a.flatten() if a.type.ndim else a)[0]            # which refuses scalars


@method("nonzero_values")
def nonzero_values(a):
    """Elements of ``a`` that are not zero, a vector."""
    return as_tensor_variable(a).flatten()[flatnonzero(a)]
