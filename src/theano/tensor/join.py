"""Tensors put together and taken apart along an axis."""

import warnings

import numpy as np

from theano.errors import NotScalarConstantError
from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.scalar.type import upcast
from theano.tensor.axis import axis_of
from theano.tensor.constant import STACK, as_tensor_variable, constant, get_scalar_constant_value
from theano.tensor.elemwise import cast, switch
from theano.tensor.shape import (
    MakeVector,
    make_vector,
    patternbroadcast,
    shape_i,
    shape_padaxis,
    vector_item,
)
from theano.tensor.type import tensor


def static_axis(axis, ndim):
    """A constant axis as a number in [0, ndim), or None when it is only known at run time."""
    try:
        value = int(get_scalar_constant_value(axis))
    except NotScalarConstantError:
        return None
    if not -ndim <= value < ndim:
        raise IndexError(f"Join axis {value} out of bounds [0, {ndim})")
    return value % ndim


class Join(Op):
    """Tensors concatenated along an axis; the other extents must agree.

    axis: integer scalar   tensors: all of one rank   Reference: numpy.concatenate
    """

    __props__ = ("view",)
    _f16_ok = True

    def __init__(self, view=-1):
        self.view = view
        if view != -1:
            self.view_map = {0: [1 + view]}

    def make_node(self, axis, *tensors):
        if not tensors:
            raise ValueError("Cannot join an empty list of tensors: give at least one")
        tensors = [as_tensor_variable(t) for t in tensors]
        axis = as_tensor_variable(axis)
        if axis.type.dtype not in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
            raise TypeError(f"join needs an integer axis, got {axis} of type {axis.type}")
        dtype = upcast(*(t.type.dtype for t in tensors))
        ndim = tensors[0].type.ndim
        if ndim < 1:
            raise TypeError("join takes vectors and more; stack puts scalars side by side")
        if any(t.type.ndim != ndim for t in tensors):
            raise TypeError(f"join needs tensors of one rank, got ranks {[t.type.ndim for t in tensors]}")
        pattern = self._pattern(axis, tensors, ndim)
        return Apply(self, [axis, *tensors], [tensor(dtype, pattern)])

    @staticmethod
    def _pattern(axis, tensors, ndim):
        where = static_axis(axis, ndim)
        if where is None:
            return [False] * ndim
        pattern = [any(t.type.broadcastable[d] for t in tensors) for d in range(ndim)]
        pattern[where] = len(tensors) == 1 and tensors[0].type.broadcastable[where]
        return pattern

    def perform(self, node, inputs, output_storage):
        axis, *tensors = inputs
        if self.view != -1 and all(t.shape[int(axis)] == 0 for k, t in enumerate(tensors)
                                   if k != self.view):
            output_storage[0][0] = tensors[self.view]
            return
        ndim = tensors[0].ndim
        if not -ndim <= axis < ndim:
            raise IndexError(f"Join axis {int(axis)} out of bounds [0, {ndim})")
        dtype = node.outputs[0].type.numpy_dtype
        output_storage[0][0] = np.concatenate([t.astype(dtype, copy=False) for t in tensors], axis=int(axis))

    def infer_shape(self, node, shapes):
        ndim = node.outputs[0].type.ndim
        where = static_axis(node.inputs[0], ndim)
        tensor_shapes = shapes[1:]
        total = tensor_shapes[0]
        result = []
        for d in range(ndim):
            summed = total[d]
            if where is None or where == d:
                for other in tensor_shapes[1:]:
                    summed = summed + other[d]
            if where is None:
                axis = node.inputs[0]
                here = (axis % ndim if not axis.type.dtype.startswith("u") else axis)
                summed = switch(here.type.lift("eq", here, constant(d, dtype="int8")), summed, total[d])
            elif where != d:
                summed = self._known_extent(node, tensor_shapes, d)
            result.append(summed)
        return [tuple(result)]

    @staticmethod
    def _known_extent(node, shapes, d):
        for variable, extents in zip(node.inputs[1:], shapes, strict=True):
            if variable.type.broadcastable[d]:
                return constant(1, dtype="int64")
            if isinstance(extents[d], Constant):
                return extents[d]
        return shapes[0][d]

    def connection_pattern(self, node):
        return [[False], *([[True]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        axis, *tensors = inputs
        g, = output_grads
        if g.type.dtype.startswith(("int", "uint", "bool")):
            return [DisconnectedType()(), *(t.zeros_like(dtype="floatX") for t in tensors)]
        where = static_axis(axis, tensors[0].type.ndim)
        sizes = [shape_i(t, where) if where is not None else t.shape[axis] for t in tensors]
        parts = Split(len(tensors))(g, axis, stack(sizes) if len(sizes) > 1 else make_vector(*sizes),
                                    return_list=True)
        return [DisconnectedType()(), *(patternbroadcast(p, t.type.broadcastable)
                                        for p, t in zip(parts, tensors, strict=True))]

    def R_op(self, inputs, eval_points):
        if any(e is None for e in eval_points[1:]):
            return [None]
        return self.make_node(inputs[0], *eval_points[1:]).outputs

    def __str__(self):
        return "Join" if self.view == -1 else f"Join{{view={self.view}}}"


def join(axis, *tensors_list):
    """Tensors one behind the other along ``axis``; see `Join`."""
    if len(tensors_list) == 1:
        return as_tensor_variable(tensors_list[0])
    return Join()(axis, *tensors_list)


def concatenate(tensor_list, axis=0):
    """The tensors of a list one behind the other along ``axis``.  Reference: numpy.concatenate

    Raises TypeError when ``tensor_list`` is a variable rather than a list.
    """
    if not isinstance(tensor_list, (tuple, list)):
        raise TypeError(f"concatenate takes a list or tuple of tensors, concatenate([a, b]); got {tensor_list}")
    return join(axis, *tensor_list)


def stack(*tensors, **kwargs):
    """Tensors of one rank put side by side along a new axis: ``stack([a, b], axis=0)``.

    The old form ``stack(a, b)`` stacks along axis 0.  Reference: numpy.stack
    """
    axis = kwargs.pop("axis", None)
    if "tensors" in kwargs:
        tensors = (kwargs.pop("tensors"), *tensors)
    if kwargs:
        raise TypeError(f"stack got unexpected arguments {sorted(kwargs)}")
    if not tensors:
        raise TypeError("theano.tensor.stack(tensors, axis) needs a list of tensors, got nothing")
    if isinstance(tensors[0], (list, tuple)):
        parts = list(tensors[0])
        axis = tensors[1] if len(tensors) > 1 else 0 if axis is None else axis
    else:
        warnings.warn("stack(a, b) is the old form of stack([a, b])", DeprecationWarning, stacklevel=2)
        parts, axis = list(tensors), 0 if axis is None else axis
    if not parts:
        raise ValueError("Cannot stack an empty list of tensors: give at least one")
    parts = [as_tensor_variable(t) for t in parts]
    axis = axis_of(parts[0], axis, new=1)
    if all(t.type.ndim == 0 for t in parts):
        dtype = upcast(*(t.type.dtype for t in parts))
        return MakeVector(dtype)(*(cast(t, dtype) for t in parts))
    return join(axis, *(shape_padaxis(t, axis) for t in parts))


def stacklists(arg):
    """Nested lists of tensors of one rank as one tensor, a leading axis per level."""
    if isinstance(arg, (tuple, list)):
        return stack([stacklists(item) for item in arg])
    return arg


def horizontal_stack(*args):
    """Two or more matrices side by side. Raises ValueError for fewer, or for anything else."""
    return concatenate(_matrices("horizontal_stack", args), axis=1)


def vertical_stack(*args):
    """Two or more matrices one above the other. Raises ValueError for fewer, or for anything else."""
    return concatenate(_matrices("vertical_stack", args), axis=0)


def _matrices(name, args):
    """``args`` as a list, of two matrices at least."""
    if len(args) < 2:
        raise ValueError(f"{name} needs two matrices at least, got {len(args)}")
    if any(a.type.ndim != 2 for a in args):
        raise ValueError(f"{name} needs matrices, got {', '.join(str(a.type) for a in args)}")
    return list(args)


class Split(Op):
    """The parts of ``x`` of the given sizes along an axis: the inverse of `Join`.

    x: any tensor   axis: integer scalar   splits: int vector (len_splits,)   ->   len_splits tensors
    Reference: numpy.split
    """

    __props__ = ("len_splits",)
    _f16_ok = True

    def __init__(self, len_splits):
        self.len_splits = int(len_splits)
        self.view_map = {k: [0] for k in range(self.len_splits)}

    def make_node(self, x, axis, splits):
        x, axis, splits = as_tensor_variable(x), as_tensor_variable(axis), as_tensor_variable(splits)
        if splits.type.ndim != 1 or not splits.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"splits must have type tensor.lvector, got {splits.type}")
        if axis.type.ndim or not axis.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"axis must have type lscalar, got {axis.type}")
        where = static_axis(axis, x.type.ndim)
        pattern = [b and where is not None and d != where for d, b in enumerate(x.type.broadcastable)]
        return Apply(self, [x, axis, splits], [tensor(x.type.dtype, pattern)
                                               for _ in range(self.len_splits)])

    def perform(self, node, inputs, output_storage):
        x, axis, splits = inputs
        axis = int(axis)
        if len(splits) != self.len_splits:
            raise ValueError(f"split: the sizes must be as many as the parts, {self.len_splits}, but there are "
                             f"{len(splits)}")
        if int(np.sum(splits)) != x.shape[axis]:
            raise ValueError(f"The splits sum to {int(np.sum(splits))}, expected {x.shape[axis]}")
        if any(n < 0 for n in splits):
            raise ValueError(f"split sizes can't be negative, got {splits.tolist()}")
        start = 0
        for cell, n in zip(output_storage, splits, strict=True):
            index = [slice(None)] * x.ndim
            index[axis] = slice(start, start + int(n))
            cell[0] = x[tuple(index)]
            start += int(n)

    def infer_shape(self, node, shapes):
        x, axis, splits = node.inputs
        where = static_axis(axis, x.type.ndim)
        result = []
        for k in range(self.len_splits):
            extents = list(shapes[0])
            size = cast(splits[k] if not isinstance(getattr(splits.owner, "op", None), MakeVector)
                        else vector_item(splits, k), "int64")
            if where is None:
                extents = [switch(axis.type.lift("eq", axis, constant(d, dtype="int8")), size, n)
                           for d, n in enumerate(extents)]
            else:
                extents[where] = size
            result.append(tuple(extents))
        return result

    def connection_pattern(self, node):
        n = len(node.outputs)
        return [[True] * n, [False] * n, [False] * n]

    def L_op(self, inputs, outputs, output_grads):
        x, axis, splits = inputs
        if all(isinstance(g.type, DisconnectedType) for g in output_grads):
            return [x.zeros_like(), DisconnectedType()(), DisconnectedType()()]
        parts = [o.zeros_like() if isinstance(g.type, DisconnectedType) else g
                 for o, g in zip(outputs, output_grads, strict=True)]
        return [join(axis, *parts), DisconnectedType()(), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return [None] * self.len_splits
        return self.make_node(eval_points[0], *inputs[1:]).outputs

    def __str__(self):
        return f"Split{{{self.len_splits}}}"


def split(x, splits_size, n_splits, axis=0):
    """Consecutive parts of a tensor along an axis.

    Parameters
    ----------
    x : tensor
    splits_size : list of ints or integer scalars, or integer vector
        The extent of each part along ``axis``; they add up to that of ``x``.
    n_splits : int
        How many parts there are.
    axis : int or integer scalar

    Returns
    -------
    list of tensors
        The variable itself, not a list, if ``n_splits`` is 1.

    Raises
    ------
    TypeError
        For an ``axis`` or sizes that are no integers.
    ValueError
        When the function runs, where the sizes don't add up or are not ``n_splits``.
    """
    return Split(n_splits)(x, axis, splits_size)


def roll(x, shift, axis=None):
    """``x`` with its elements moved by ``shift`` along ``axis``, those pushed out coming in again.

    Without axis the flattened tensor is rolled; several axes have a shift each, or all the same one.
    Reference: numpy.roll
    """
    x = as_tensor_variable(x)
    if isinstance(axis, (tuple, list)):
        for d, n in zip(axis, shift if isinstance(shift, (tuple, list)) else [shift] * len(axis), strict=True):
            x = roll(x, n, d)
        return x
    if axis is None:
        if x.type.ndim != 1:
            return roll(x.flatten(), shift, axis=0).reshape(x.shape, ndim=x.type.ndim)
        axis = 0
    axis = axis_of(x, axis)
    every = (slice(None),) * axis
    cut = shape_i(x, axis) - as_tensor_variable(shift) % shape_i(x, axis)
    return join(axis, x[(*every, slice(cut, None))], x[(*every, slice(0, cut))])


STACK.append(lambda x: stacklists(x) if any(isinstance(e, (list, tuple)) for e in x) else stack(list(x)))
