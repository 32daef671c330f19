"""Sorting, the largest elements, and the places of values in sorted vectors."""

import numpy as np

from theano.errors import NotScalarConstantError
from theano.gradient import DisconnectedType, grad_undefined
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.tensor.advanced import set_subtensor
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value
from theano.tensor.create import arange
from theano.tensor.elemwise import cast
from theano.tensor.half import in_single
from theano.tensor.shape import flatten
from theano.tensor.type import TensorType, tensor
from theano.tensor.variable import method

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def along_axis(index, axis):
    """The advanced index of the elements at ``index`` along ``axis``.  Reference: numpy.take_along_axis"""
    ndim = index.type.ndim
    every = [arange(index.shape[d]).dimshuffle(*(["x"] * d), 0, *(["x"] * (ndim - d - 1))) for d in range(ndim)]
    every[axis] = index
    return tuple(every)


class _SortOp(Op):
    """An op of a tensor and the axis to sort along; ``kind`` is NumPy's name of the algorithm."""

    __props__ = ("kind", "order")

    def __init__(self, kind, order=None):
        self.kind = kind
        self.order = tuple(order) if isinstance(order, list) else order

    def make_node(self, input, axis=-1):
        input, axis = as_tensor_variable(input), as_tensor_variable(axis)
        if axis.type.ndim:
            raise TypeError(f"axis must be a scalar, got {axis.type}")
        if isinstance(axis, Constant) and input.type.ndim and axis.data == int(axis.data):
            axis_of(input, int(axis.data))
        return Apply(self, [input, axis], [TensorType(self.dtype(input), input.type.broadcastable)()])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, axis = inputs
        if axis != int(axis):
            raise ValueError(f"sort needs an integer axis, got {axis}")
        output_storage[0][0] = self.compute(x, int(axis))

    def infer_shape(self, node, shapes):
        return [shapes[0]]


class SortOp(_SortOp):
    """``input`` sorted along an axis.  Reference: numpy.sort"""

    __props__ = ("kind", "order")

    @staticmethod
    def dtype(x):
        """The dtype of the result."""
        return x.type.dtype

    def compute(self, x, axis):
        """The value of the result."""
        return np.sort(x, axis, self.kind, self.order)

    def grad(self, inputs, output_grads):
        x, axis = inputs
        try:
            where = int(get_scalar_constant_value(axis))
        except NotScalarConstantError as error:
            raise ValueError(f"sort has a gradient only if its axis is constant, got {axis}: give a number") from error
        rank = argsort(argsort(x, where, self.kind, self.order), where)
        return [output_grads[0][along_axis(rank, where)],
                grad_undefined(self, 1, axis, "The gradient by the axis of sort is not defined.")]


class ArgSortOp(_SortOp):
    """The indices that sort ``input`` along an axis.  Reference: numpy.argsort"""

    __props__ = ("kind", "order")

    @staticmethod
    def dtype(x):
        """The dtype of the result."""
        return "int64"

    def compute(self, x, axis):
        """The value of the result."""
        return np.argsort(x, axis, self.kind, self.order).astype("int64", copy=False)

    def grad(self, inputs, output_grads):
        x, axis = inputs
        return [x.zeros_like(dtype="floatX") if x.type.dtype in INTEGERS else x.zeros_like(),
                grad_undefined(self, 1, axis, "The gradient by the axis of argsort is not defined.")]


def _flat(a, axis):
    a = as_tensor_variable(a)
    return (flatten(a), 0) if axis is None else (a, axis)


@method("sort")
def sort(a, axis=-1, kind="quicksort", order=None):
    """``a`` with its elements in ascending order, nan last.

    Parameters
    ----------
    a : tensor
    axis : int, integer scalar, or None
        None: sort the flattened ``a``.
    kind, order
        As NumPy's; "stable" keeps the order of equal elements.

    Returns
    -------
    tensor
        Of the shape of ``a``; a vector for axis None.

    Raises
    ------
    TypeError
        For an ``axis`` that is no scalar.
    ValueError
        For the gradient by ``a`` along an axis that is not constant.

    Reference: numpy.sort
    """
    return SortOp(kind, order)(*_flat(a, axis))


@method("argsort")
def argsort(a, axis=-1, kind="quicksort", order=None):
    """The indices that sort ``a``.

    Parameters
    ----------
    a : tensor
    axis : int, integer scalar, or None
        None: those into the flattened ``a``.
    kind, order
        As NumPy's; "stable" keeps the order of equal elements.

    Returns
    -------
    tensor of int64
        Of the shape of ``a``; a vector for axis None.

    Raises
    ------
    TypeError
        For an ``axis`` that is no scalar.

    Reference: numpy.argsort
    """
    return ArgSortOp(kind, order)(*_flat(a, axis))


class TopKOp(Op):
    """The ``kth`` largest elements along an axis, or the -kth smallest: values, indices, or both.

    x: any tensor   kth: integer scalar, not 0   ->   values, indices of dtype idx_dtype

    Parameters
    ----------
    sorted : bool
        The largest (negative ``kth``: the smallest) comes first, of equal ones that with the smaller index; False:
        ordered as x has them.
    """

    __props__ = ("axis", "sorted", "return_values", "return_indices", "idx_dtype")

    def __init__(self, axis=-1, sorted=True, idx_dtype="int64", return_values=True, return_indices=True):
        if not isinstance(axis, int):
            raise TypeError(f"axis parameter must be integer, got {axis!r}")
        if idx_dtype not in INTEGERS:
            raise TypeError(f"idx_dtype must be an integer dtype, got {idx_dtype!r}")
        if not (return_values or return_indices):
            raise ValueError("TopKOp must return values, indices, or both: return_values and return_indices are False")
        self.axis, self.sorted, self.idx_dtype = axis, bool(sorted), idx_dtype
        self.return_values, self.return_indices = bool(return_values), bool(return_indices)

    def make_node(self, inp, kth):
        inp, kth = as_tensor_variable(inp), as_tensor_variable(kth)
        axis = axis_of(inp, self.axis)
        if kth.type.ndim or kth.type.dtype not in INTEGERS:
            raise TypeError(f"kth must be an integer scalar, got {kth.type}")
        pattern = [b and d != axis for d, b in enumerate(inp.type.broadcastable)]
        dtypes = [inp.type.dtype] * self.return_values + [self.idx_dtype] * self.return_indices
        return Apply(self, [inp, kth], [tensor(dtype, pattern) for dtype in dtypes])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, k = inputs[0], int(inputs[1])
        n = x.shape[self.axis]
        if not 1 <= abs(k) <= n:
            raise ValueError(f"topk: kth must be between 1 and {n} in size, got {k}")
        first = [slice(None)] * x.ndim
        first[self.axis] = slice(abs(k))
        if k > 0:                   # of equal elements the first, as in native code
            index = n - 1 - np.flip(np.argsort(np.flip(x, self.axis), self.axis, kind="stable"), self.axis)
        else:
            index = np.argsort(x, self.axis, kind="stable")
        index = index[tuple(first)]
        if not self.sorted:
            index = np.sort(index, self.axis)
        results = [np.take_along_axis(x, index, self.axis)] * self.return_values
        results += [index.astype(self.idx_dtype)] * self.return_indices
        for cell, value in zip(output_storage, results, strict=True):
            cell[0] = value

    def infer_shape(self, node, shapes):
        shape = list(shapes[0])
        shape[self.axis] = cast(abs(node.inputs[1]), "int64")
        return [tuple(shape)] * len(node.outputs)

    def connection_pattern(self, node):
        return [[self.return_values] + [False] * (len(node.outputs) - 1), [False] * len(node.outputs)]

    def L_op(self, inputs, outputs, output_grads):
        x, k = inputs
        if not self.return_values or isinstance(output_grads[0].type, DisconnectedType):
            return [DisconnectedType()(), DisconnectedType()()]
        index = outputs[1] if self.return_indices else argtopk(x, k, self.axis, self.sorted)
        places = x.zeros_like()[along_axis(index, self.axis % x.type.ndim)]
        return [set_subtensor(places, output_grads[0]), DisconnectedType()()]


def _topk(x, kth, axis, **properties):
    x, axis = _flat(x, axis)
    return TopKOp(axis=axis, **properties)(x, kth)


def topk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """The largest or smallest elements along an axis.

    Parameters
    ----------
    x : tensor
    kth : int or integer scalar
        How many: the ``kth`` largest, from the largest on; negative: the -kth smallest, from the smallest on.
    axis : int or None
        None: of the flattened ``x``.
    sorted : bool
        False: in the order in which ``x`` has them.
    idx_dtype : str
        Only for `argtopk`.

    Returns
    -------
    tensor
        Like ``x``, with the extent abs(kth) along ``axis``.

    Raises
    ------
    TypeError
        For a ``kth`` that is no integer scalar, or an ``axis`` that is no integer.
    ValueError
        When the function runs, for a ``kth`` that is 0 or beyond the number of elements.
    """
    return _topk(x, kth, axis, sorted=sorted, idx_dtype=idx_dtype, return_indices=False)


def argtopk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """The indices along ``axis`` of what `topk` gives, in the integer dtype ``idx_dtype``; arguments as for `topk`."""
    return _topk(x, kth, axis, sorted=sorted, idx_dtype=idx_dtype, return_values=False)


def topk_and_argtopk(x, kth, axis=-1, sorted=True, idx_dtype="int64"):
    """A list of `topk` and `argtopk`, whose arguments it has."""
    return _topk(x, kth, axis, sorted=sorted, idx_dtype=idx_dtype)


class SearchsortedOp(Op):
    """Where the elements of ``v`` would be put into the sorted vector ``x``.

    x: (n,)   v: any shape   sorter: (n,), optional, indices that sort x   ->   int64, the shape of v
    Reference: numpy.searchsorted
    """

    __props__ = ("side",)
    check_input = False

    def __init__(self, side="left"):
        if side not in ("left", "right"):
            raise ValueError(f"side must be 'left' or 'right', got {side!r}")
        self.side = side

    def make_node(self, x, v, sorter=None):
        inputs = [as_tensor_variable(i) for i in (x, v) + (() if sorter is None else (sorter,))]
        for vector in (inputs[0], *inputs[2:]):
            if vector.type.ndim != 1:
                raise ValueError(f"searchsorted needs vectors for x and sorter, got {vector.type}")
        if len(inputs) == 3 and inputs[2].type.dtype not in INTEGERS:
            raise TypeError(f"sorter must be an integer vector, got {inputs[2].type}")
        return Apply(self, inputs, [TensorType("int64", inputs[1].type.broadcastable)()])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, v, *sorter = inputs
        output_storage[0][0] = np.asarray(np.searchsorted(x, v, self.side, *sorter), dtype="int64")

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [True], [False]][:len(node.inputs)]

    def grad(self, inputs, output_grads):
        return [*(x.zeros_like(dtype="floatX") if x.type.dtype in INTEGERS else x.zeros_like() for x in inputs[:2]),
                *(DisconnectedType()() for _ in inputs[2:])]


@method("searchsorted")
def searchsorted(x, v, side="left", sorter=None):
    """Where elements would have to be inserted into a sorted vector to keep it sorted.

    Parameters
    ----------
    x : vector
        In ascending order, unless there is a ``sorter``.
    v : tensor
        The elements.
    side : {"left", "right"}
        Before or after elements of ``x`` that are equal.
    sorter : integer vector, optional
        Indices that sort ``x``.

    Returns
    -------
    tensor of int64
        Of the shape of ``v``.

    Raises
    ------
    ValueError
        For another ``side``, or an ``x`` or ``sorter`` that is no vector.
    TypeError
        For a ``sorter`` that is not of integers.

    Reference: numpy.searchsorted
    """
    return SearchsortedOp(side)(x, v, sorter)


class Unique(Op):
    """The sorted distinct elements of ``x``, or slices along ``axis``; then what the flags ask for.

    return_index: where each comes first; return_inverse: which of them each element is; return_counts: how often each
    comes; all int64 vectors.  Reference: numpy.unique
    """

    __props__ = ("return_index", "return_inverse", "return_counts", "axis")

    def __init__(self, return_index=False, return_inverse=False, return_counts=False, axis=None):
        self.return_index, self.return_inverse = bool(return_index), bool(return_inverse)
        self.return_counts, self.axis = bool(return_counts), axis

    def make_node(self, x):
        x = as_tensor_variable(x)
        if self.axis is not None and not -x.type.ndim <= self.axis < x.type.ndim:
            raise RuntimeError(f"Unique axis {self.axis} is out of bounds for {x.type}")
        pattern = [False] if self.axis is None else list(x.type.broadcastable)
        pattern[0 if self.axis is None else self.axis] = False
        more = self.return_index + self.return_inverse + self.return_counts
        return Apply(self, [x], [tensor(x.type.dtype, pattern), *(tensor("int64", (False,)) for _ in range(more))])

    @in_single
    def perform(self, node, inputs, output_storage):
        flags = {"return_index": self.return_index, "return_inverse": self.return_inverse,
                 "return_counts": self.return_counts}
        found = np.unique(inputs[0], axis=self.axis, **flags)
        values, *more = found if any(flags.values()) else (found,)
        for cell, value in zip(output_storage, [values, *(v.reshape(-1).astype("int64") for v in more)], strict=True):
            cell[0] = value

    def infer_shape(self, node, shapes):
        known = [None] * len(node.outputs)
        if self.return_inverse:
            size = as_tensor_variable(np.int64(1))
            for n in shapes[0] if self.axis is None else [shapes[0][self.axis]]:
                size = size * n
            known[2 if self.return_index else 1] = (size,)
        return known

    def connection_pattern(self, node):
        return [[True, *[False] * (len(node.outputs) - 1)]]

    def L_op(self, inputs, outputs, output_grads):
        """To the first of equal elements."""
        (x,), g = inputs, output_grads[0]
        if isinstance(g.type, DisconnectedType):
            return [DisconnectedType()()]
        if x.type.dtype in INTEGERS or x.type.dtype == "bool":
            return [x.zeros_like(dtype="floatX")]
        first = outputs[1] if self.return_index else Unique(return_index=True, axis=self.axis)(x)[1]
        if self.axis is None:
            return [set_subtensor(flatten(x).zeros_like()[first], g).reshape(x.shape, x.type.ndim)]
        part = x.zeros_like()[(slice(None),) * (self.axis % x.type.ndim) + (first,)]
        return [set_subtensor(part, g)]
