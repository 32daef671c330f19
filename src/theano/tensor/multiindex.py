"""Places in flattened arrays, and the same places by one index per axis."""

import numpy as np

from theano.errors import AsTensorError
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable
from theano.tensor.shape import get_vector_length
from theano.tensor.type import TensorType

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def _integers(x, what):
    try:
        x = as_tensor_variable(x)
    except AsTensorError as error:
        raise TypeError(f"{what} must be integers, got {x!r}") from error
    if x.type.dtype not in INTEGERS:
        raise TypeError(f"{what} must be integers, got {x.type}")
    return x


def _dims(dims):
    dims = _integers(dims, "dims")
    if dims.type.ndim != 1:
        raise TypeError(f"dims must be a 1D sequence, got {dims.type}")
    return dims


def _check_order(order):
    if order not in ("C", "F"):
        raise ValueError(f"order must be 'C' or 'F', got {order!r}")
    return order


class UnravelIndex(Op):
    """The ``ndim`` indices of places in the flattened array of shape ``dims``.

    indices: integers of any shape   dims: (ndim,)   ->   ndim int64 tensors of the shape of indices
    Reference: numpy.unravel_index
    """

    __props__ = ("ndim", "order")

    def __init__(self, ndim, order="C"):
        if not isinstance(ndim, (int, np.integer)):
            raise ValueError(f"ndim must be an integer, got {ndim!r}")
        self.ndim, self.order = int(ndim), _check_order(order)

    def make_node(self, indices, dims):
        indices, dims = _integers(indices, "indices"), _dims(dims)
        return Apply(self, [indices, dims], [TensorType("int64", indices.type.broadcastable)()
                                             for _ in range(self.ndim)])

    def perform(self, node, inputs, output_storage):
        indices, dims = inputs
        if len(dims) != self.ndim:
            raise ValueError(f"{self} got {len(dims)} dims")
        for cell, value in zip(output_storage, np.unravel_index(indices, tuple(dims), order=self.order), strict=True):
            cell[0] = np.array(value, dtype="int64")

    def infer_shape(self, node, shapes):
        return [shapes[0]] * self.ndim


def unravel_index(indices, dims, order="C", ndim=None):
    """Indices along each axis of the places ``indices`` in a flattened array: a tuple of tensors.

    dims: the shape of the array. ndim: how long it is, where that is not known.  Reference: numpy.unravel_index
    """
    dims = _dims(dims)
    if ndim is None:
        try:
            ndim = get_vector_length(dims)
        except ValueError as error:
            raise ValueError(f"ndim must be given: the length of {dims} is not known") from error
    found = UnravelIndex(ndim, order)(indices, dims, return_list=True)
    return tuple(found)


class RavelMultiIndex(Op):
    """Places in the flattened array of shape ``dims`` of what one index per axis says.

    multi_index: integers that broadcast   dims: (number of indices,)   ->   int64   Reference: numpy.ravel_multi_index
    """

    __props__ = ("mode", "order")

    def __init__(self, mode="raise", order="C"):
        if mode not in ("raise", "wrap", "clip"):
            raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
        self.mode, self.order = mode, _check_order(order)

    def make_node(self, *inputs):
        *multi_index, dims = inputs
        multi_index, dims = [_integers(i, "multi_index") for i in multi_index], _dims(dims)
        if len({i.type.ndim for i in multi_index}) != 1:
            raise TypeError(f"multi_index must be tensors of one rank, got {[i.type for i in multi_index]}")
        pattern = [all(b) for b in zip(*(i.type.broadcastable for i in multi_index), strict=True)]
        return Apply(self, [*multi_index, dims], [TensorType("int64", pattern)()])

    def perform(self, node, inputs, output_storage):
        *multi_index, dims = inputs
        found = np.ravel_multi_index(tuple(multi_index), tuple(dims), mode=self.mode, order=self.order)
        output_storage[0][0] = np.asarray(found, dtype="int64")

    def infer_shape(self, node, shapes):
        known = [next((s[d] for s, x in zip(shapes[:-1], node.inputs[:-1], strict=True)
                       if not x.type.broadcastable[d]), shapes[0][d]) for d in range(len(shapes[0]))]
        return [tuple(known)]


def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """Places in a flattened array of shape ``dims`` from one index per axis.

    mode: what is done with indices out of bounds: "raise", "wrap" or "clip".  Reference: numpy.ravel_multi_index
    """
    if not isinstance(multi_index, (tuple, list)):
        raise TypeError(f"multi_index must be a tuple or a list, with one index for each axis, got {multi_index!r}")
    return RavelMultiIndex(mode, order)(*multi_index, dims)
