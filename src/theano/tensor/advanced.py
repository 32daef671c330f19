"""Indexing with arrays and masks, and the functions that write through an index."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import arange
from theano.tensor.elemwise import DimShuffle, switch
from theano.tensor.half import add_at
from theano.tensor.index import (
    INTEGERS,
    IncSubtensor,
    Subtensor,
    slice_length,
    stored_value,
    sum_to_value,
)
from theano.tensor.shape import Rebroadcast, Reshape, SpecifyShape, shape_i
from theano.tensor.slices import NoneType, SliceConstant, SliceType, as_index_variable, slice_of
from theano.tensor.type import TensorType, tensor
from theano.tensor.variable import method


def value_gradient(y, g, part, rest, index):
    """The gradient of what was set: that of each place goes to the value that was written there last.

    g: gradient of the result. part: function (tensor, index) that reads. rest: function (tensor, values, index) that
    sets.
    """
    found = part(g, index)
    if may_repeat(index):
        shape = found.shape
        number = arange(found.size).reshape(shape, ndim=found.type.ndim)
        kept = part(rest(g.zeros_like(dtype="int64"), number, index), index)
        found = found.type.lift("switch", found.type.lift("eq", kept, number), found, found.zeros_like())
    return sum_to_value(y, found)


def may_repeat(index):
    """Whether an index may lead to one place twice: not where arrays are known to differ."""
    arrays = [i for i in index if isinstance(i.type, TensorType) and i.type.dtype != "bool"]
    if all(all(a.type.broadcastable) for a in arrays):
        return False
    if not all(isinstance(a, Constant) for a in arrays) or any((a.data < 0).any() for a in arrays):
        return True
    tuples = np.stack([a.ravel() for a in np.broadcast_arrays(*(a.data for a in arrays))])
    return len(np.unique(tuples, axis=1).T) < tuples.shape[1]


class BaseAdvancedSubtensor(Op):
    """What reads through an index with arrays."""


class BaseAdvancedIncSubtensor(Op):
    """What writes through an index with arrays.

    inplace: the result is the storage of the first input. set_instead_of_inc: set rather than add.
    """

    def __init__(self, inplace=False, set_instead_of_inc=False):
        self.inplace, self.set_instead_of_inc = bool(inplace), bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}


def _check_rows(x, ilist):
    """Raise TypeError unless ``ilist`` is a vector of integers and ``x`` has rows."""
    if ilist.type.dtype not in INTEGERS:
        raise TypeError(f"index must be integers, got {ilist} of type {ilist.type}")
    if ilist.type.ndim != 1:
        raise TypeError(f"index must be vector, got {ilist} of type {ilist.type}")
    if x.type.ndim == 0:
        raise TypeError(f"cannot index into a scalar, got {x} of type {x.type}")


class AdvancedSubtensor1(Op):
    """Rows of ``x``: ``x[index]`` for an integer vector.

    x: (n, ...)   index: (k,)   ->   (k, ...)   Reference: numpy.take with axis 0
    sparse_grad: the gradient is a sparse matrix; see `sparse_grad`.
    """

    __props__ = ("sparse_grad",)
    _f16_ok, check_input = True, False
    sparse_gradient = None          # function(x, g, index), filled by the package that has sparse matrices

    def __init__(self, sparse_grad=False):
        self.sparse_grad = sparse_grad

    def __hash__(self):
        return hash((type(self), self.sparse_grad))

    def make_node(self, x, ilist):
        x, ilist = as_tensor_variable(x), as_tensor_variable(ilist)
        _check_rows(x, ilist)
        pattern = (ilist.type.broadcastable[0], *x.type.broadcastable[1:])
        return Apply(self, [x, ilist], [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x, index = inputs
        output_storage[0][0] = x.take(index.astype("int64", copy=False), axis=0)

    def infer_shape(self, node, shapes):
        return [(*shapes[1], *shapes[0][1:])]

    def connection_pattern(self, node):
        return [[True], *([[False]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        x, index = inputs
        if x.type.dtype in INTEGERS or x.type.dtype == "bool":
            return [x.zeros_like(dtype="floatX"), DisconnectedType()()]
        if self.sparse_grad:
            return [AdvancedSubtensor1.sparse_gradient(x, output_grads[0], index), DisconnectedType()()]
        return [advanced_inc_subtensor1(x.zeros_like(), output_grads[0], index), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self.make_node(eval_points[0], inputs[1]).outputs

    def __str__(self):
        return type(self).__name__


def sparse_grad(var):
    """``x[index]`` as another variable, the gradient of which by ``x`` is a sparse matrix.

    var: rows of a matrix by an integer vector. Raises TypeError for anything else.
    """
    if var.owner is None or not isinstance(var.owner.op, AdvancedSubtensor1):
        raise TypeError(f"sparse_grad needs rows of a matrix, x[index] with a vector of integers; got {var}")
    return AdvancedSubtensor1(sparse_grad=True)(*var.owner.inputs)


class AdvancedIncSubtensor1(Op):
    """``x`` with ``x[index] += y`` (``= y``) for an integer vector; duplicates add up (the last one stays).

    x: (n, ...)   y: broadcasts to (k, ...)   index: (k,)
    """

    __props__ = ("inplace", "set_instead_of_inc")
    check_input = False

    def __init__(self, inplace=False, set_instead_of_inc=False):
        self.inplace, self.set_instead_of_inc = bool(inplace), bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def clone_inplace(self):
        """The op that overwrites ``x``."""
        return type(self)(inplace=True, set_instead_of_inc=self.set_instead_of_inc)

    def make_node(self, x, y, ilist):
        x, y, ilist = map(as_tensor_variable, (x, y, ilist))
        _check_rows(x, ilist)
        if y.type.ndim > x.type.ndim:
            verb = "set" if self.set_instead_of_inc else "increment"
            raise TypeError(f"cannot {verb} x subtensor with ndim={x.type.ndim} by y with "
                            f"ndim={y.type.ndim}")
        return Apply(self, [x, stored_value(x, y), ilist], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, y, index = inputs
        if not self.inplace:
            x = x.copy()
        if self.set_instead_of_inc:
            x[index] = y
        else:
            add_at(x, index, y)
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def grad(self, inputs, output_grads):
        g, = output_grads
        x, y, index = inputs
        if x.type.dtype in INTEGERS or x.type.dtype == "bool":
            return [x.zeros_like(dtype="floatX"), y.zeros_like(dtype="floatX"), DisconnectedType()()]
        if not self.set_instead_of_inc:
            return [g, sum_to_value(y, advanced_subtensor1(g, index)), DisconnectedType()()]
        gy = value_gradient(y, g, lambda t, i: advanced_subtensor1(t, *i),
                            lambda t, v, i: advanced_set_subtensor1(t, v, *i), [index])
        return [advanced_set_subtensor1(g, y.zeros_like(), index), gy, DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None or eval_points[1] is None:
            return [None]
        return self.make_node(eval_points[0], eval_points[1], inputs[2]).outputs

    def __str__(self):
        place = "inplace" if self.inplace else "no_inplace"
        return f"{type(self).__name__}{{{place},{'set' if self.set_instead_of_inc else 'inc'}}}"


advanced_subtensor1 = AdvancedSubtensor1()
advanced_inc_subtensor1 = AdvancedIncSubtensor1()
advanced_set_subtensor1 = AdvancedIncSubtensor1(set_instead_of_inc=True)


class AdvancedSubtensor(BaseAdvancedSubtensor):
    """``x[index]`` for any mix of integer arrays, masks, slices and None.  Reference: numpy advanced indexing"""

    __props__ = ()
    _f16_ok = True

    def make_node(self, x, *index):
        x = as_tensor_variable(x)
        index = tuple(map(as_index_variable, index))
        return Apply(self, (x, *index), [tensor(x.type.dtype, result_pattern(x, index))])

    def perform(self, node, inputs, output_storage):
        x, *index = inputs
        check_advanced_indexing_dimensions(x, index)
        found = np.asarray(x[tuple(_numpy_index(i) for i in index)])
        output_storage[0][0] = found.copy() if np.may_share_memory(found, x) else found     # slices alone give a view

    def infer_shape(self, node, shapes):
        index = node.inputs[1:]
        unknown = any(isinstance(i.type, SliceType) and slice_of(i) is None for i in index)
        if unknown or not any(isinstance(i.type, TensorType) for i in index):
            return [tuple(shape_i(node.outputs[0], d) for d in range(node.outputs[0].type.ndim))]
        kept, (shape, *given), front, positions, d = [], shapes, 0, [], 0
        for position, (entry, extents) in enumerate(zip(index, given, strict=True)):
            if isinstance(entry.type, TensorType):
                front = front if positions else len(kept)
                positions.append(position)
            elif isinstance(entry.type, NoneType):
                kept.append(constant(1, dtype="int64"))
            else:
                kept.append(slice_length(slice_of(entry), shape[d]))
            d += _width(entry)
        kept.extend(shape[d:])
        if positions != list(range(positions[0], positions[0] + len(positions))):
            front = 0
        joined = _joined_shape([(i, s) for i, s in zip(index, given, strict=True) if isinstance(i.type, TensorType)])
        return [(*kept[:front], *joined, *kept[front:])]

    def connection_pattern(self, node):
        return [[True], *([[False]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        x, *index = inputs
        rest = [DisconnectedType()() for _ in index]
        if x.type.dtype in INTEGERS or x.type.dtype == "bool":
            return [x.zeros_like(dtype="floatX"), *rest]
        increment = AdvancedBooleanIncSubtensor() if _has_mask(index) else AdvancedIncSubtensor()
        return [increment(x.zeros_like(), output_grads[0], *index), *rest]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self.make_node(eval_points[0], *inputs[1:]).outputs

    def __str__(self):
        return type(self).__name__


class AdvancedBooleanSubtensor(AdvancedSubtensor):
    """`AdvancedSubtensor` with a mask among the indices."""

    __props__ = ()


class AdvancedIncSubtensor(BaseAdvancedIncSubtensor):
    """``x`` with ``x[index] += y`` (``= y``) for any index; duplicates add up."""

    __props__ = ("inplace", "set_instead_of_inc")

    def make_node(self, x, y, *index):
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        index = tuple(map(as_index_variable, index))
        y = stored_value(x, y)
        if y.type.ndim > len(result_pattern(x, index)):
            raise ValueError(f"a value of {y.type.ndim} dimensions does not fit into x[index] of "
                             f"{len(result_pattern(x, index))}")
        return Apply(self, (x, y, *index), [x.type()])

    def perform(self, node, inputs, output_storage):
        x, y, *index = inputs
        check_advanced_indexing_dimensions(x, index)
        if not self.inplace:
            x = x.copy()
        self.store(x, tuple(_numpy_index(i) for i in index), y)
        output_storage[0][0] = x

    def store(self, x, index, y):
        """Write to the array ``x``."""
        if self.set_instead_of_inc:
            x[index] = y
        else:
            add_at(x, index, y)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], [True], *([[False]] * (len(node.inputs) - 2))]

    def grad(self, inputs, output_grads):
        x, y, *index = inputs
        g, = output_grads
        rest = [DisconnectedType()() for _ in index]
        if x.type.dtype in INTEGERS or x.type.dtype == "bool":
            return [x.zeros_like(dtype="floatX"), y.zeros_like(dtype="floatX"), *rest]
        one = _has_mask(index) and all(y.type.broadcastable) and not may_repeat(index)
        gy = _gradient_of_number(y, g, index) if one else \
            value_gradient(y, g, read, write, index) if self.set_instead_of_inc else sum_to_value(y, read(g, index))
        return [write(g, y.zeros_like(), index) if self.set_instead_of_inc else g, gy, *rest]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None or eval_points[1] is None:
            return [None]
        return self.make_node(eval_points[0], eval_points[1], *inputs[2:]).outputs


class AdvancedBooleanIncSubtensor(AdvancedIncSubtensor):
    """`AdvancedIncSubtensor` with a mask among the indices."""

    __props__ = ("inplace", "set_instead_of_inc")


advanced_subtensor = AdvancedSubtensor()
advanced_inc_subtensor = AdvancedIncSubtensor()
advanced_set_subtensor = AdvancedIncSubtensor(set_instead_of_inc=True)
advanced_boolean_subtensor = AdvancedBooleanSubtensor()
advanced_boolean_inc_subtensor = AdvancedBooleanIncSubtensor()
advanced_boolean_set_subtensor = AdvancedBooleanIncSubtensor(set_instead_of_inc=True)


def operation_of(op):
    """What an op does to the elements it writes to: "set", "add", "mul", "minimum" or "maximum"."""
    return getattr(op, "operation", "set" if op.set_instead_of_inc else "add")


def read(x, index):
    """``x[index]`` for variables of `as_index_variable`."""
    return (advanced_boolean_subtensor if _has_mask(index) else advanced_subtensor)(x, *index)


def write(x, y, index, **options):
    """``x`` with ``x[index] = y``."""
    kind = AdvancedBooleanIncSubtensor if _has_mask(index) else AdvancedIncSubtensor
    return kind(set_instead_of_inc=True, **options)(x, y, *index)


def _gradient_of_number(y, g, index):
    """The gradient of one number put where masks are true: with no part in between, whose length is not known ahead."""
    places = index[0] if len(index) == 1 and index[0].type.ndim == g.type.ndim else \
        write(g.zeros_like(dtype="bool"), constant(True), index)
    return sum_to_value(y, switch(places, g, constant(0, dtype=g.type.dtype)))


def _numpy_index(entry):
    return entry if entry is None or isinstance(entry, slice) else np.asarray(entry)


def check_advanced_indexing_dimensions(input, idx_list):
    """Raise IndexError for a mask whose shape is not that of the dimensions it selects from."""
    d = 0
    for entry in idx_list:
        if entry is None:
            continue
        if isinstance(entry, slice) or np.asarray(entry).dtype != bool:
            d += 1
            continue
        mask = np.asarray(entry)
        if mask.shape != input.shape[d:d + mask.ndim]:
            raise IndexError(f"boolean index did not match indexed array along dimension {d}: the array has "
                             f"shape {input.shape}, the mask {mask.shape}")
        d += mask.ndim


def _has_mask(index):
    return any(getattr(i.type, "dtype", None) == "bool" for i in index)


def _joined_shape(arrays):
    """What the arrays of an index broadcast to, from pairs of a variable and its extents."""
    shapes = [(entry.sum(dtype="int64"),) if entry.type.dtype == "bool" else extents for entry, extents in arrays]
    patterns = [(False,) if entry.type.dtype == "bool" else entry.type.broadcastable for entry, _ in arrays]
    ndim = max(map(len, shapes))
    result = []
    for d in range(-ndim, 0):
        met = [s[d] for s, p in zip(shapes, patterns, strict=True) if len(s) >= -d and not p[d]]
        extent = met[-1] if met else constant(1, dtype="int64")
        for other in met[-2::-1]:
            extent = switch(as_tensor_variable(other).type.lift("eq", other, 1), extent, other)
        result.append(extent)
    return result


def result_pattern(x, index):
    """Broadcast pattern of ``x[index]``; IndexError when the index has too many entries."""
    taken = sum(_width(i) for i in index)
    if taken > x.type.ndim:
        raise IndexError(f"too many indices for array: {x} has {x.type.ndim} dimensions, the index takes "
                         f"{taken}")
    arrays = [i for i in index if isinstance(i.type, TensorType)]
    positions = [k for k, i in enumerate(index) if isinstance(i.type, TensorType)]
    joined = _array_pattern(arrays)
    kept, d, front = [], 0, None
    for entry in index:
        if isinstance(entry.type, TensorType):
            if front is None:
                front = len(kept)
            d += _width(entry)
        elif isinstance(entry.type, NoneType):
            kept.append(True)
        else:
            whole = isinstance(entry, SliceConstant) and entry.data == slice(None)
            kept.append(x.type.broadcastable[d] and whole)
            d += 1
    kept.extend(x.type.broadcastable[d:])
    adjacent = positions == list(range(positions[0], positions[0] + len(positions))) if positions else True
    where = front if adjacent and front is not None else 0
    return [*kept[:where], *joined, *kept[where:]]


def _width(entry):
    """How many dimensions of the array an entry takes."""
    if isinstance(entry.type, NoneType):
        return 0
    return entry.type.ndim if getattr(entry.type, "dtype", None) == "bool" else 1


def _array_pattern(arrays):
    patterns = [(False,) if a.type.dtype == "bool" else a.type.broadcastable for a in arrays]
    ndim = max((len(p) for p in patterns), default=0)
    padded = [(True,) * (ndim - len(p)) + tuple(p) for p in patterns]
    return [all(column) for column in zip(*padded, strict=True)] if ndim else []


def adv_index_broadcastable_pattern(a, idx):
    """Broadcast pattern of ``a[idx]`` for an index with arrays, a tuple of entries."""
    return result_pattern(as_tensor_variable(a), [as_index_variable(entry) for entry in idx])


@method("take")
def take(a, indices, axis=None, mode="raise"):
    """Elements of ``a`` at integer ``indices`` along ``axis``; of the flattened tensor without axis.

    mode: "raise", "wrap" or "clip" for indices out of range.  Reference: numpy.take
    """
    a, indices = as_tensor_variable(a), as_tensor_variable(indices)
    axis = None if axis is None else axis_of(a, axis)
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
    if mode == "clip":
        indices = indices.clip(0, (a.size if axis is None else a.shape[axis]) - 1)
    elif mode == "wrap":
        indices = indices % (a.size if axis is None else a.shape[axis])
    if axis is None:
        return take(a.flatten(), indices, axis=0)
    if indices.type.ndim == 1:
        return _take_rows(a, indices, axis)
    flat = _take_rows(a, indices.flatten(), axis)
    shape = [shape_i(a, d) for d in range(axis)]
    shape += [shape_i(indices, d) for d in range(indices.type.ndim)]
    shape += [shape_i(a, d) for d in range(axis + 1, a.type.ndim)]
    return flat.reshape(shape, ndim=len(shape)) if shape else flat.reshape((), ndim=0)


def _take_rows(a, indices, axis):
    if axis == 0:
        return advanced_subtensor1(a, indices)
    order = list(range(a.type.ndim))
    order[0], order[axis] = axis, 0
    return advanced_subtensor1(a.dimshuffle(order), indices).dimshuffle(order)


def set_subtensor(x, y, inplace=False, tolerate_inplace_aliasing=False):
    """The tensor that ``x`` is taken from, with ``x`` replaced by ``y``.

    x: the result of an indexing, e.g. ``set_subtensor(r[10:], 5)``.
    """
    return inc_subtensor(x, y, inplace, set_instead_of_inc=True,
                         tolerate_inplace_aliasing=tolerate_inplace_aliasing)


def inc_subtensor(x, y, inplace=False, set_instead_of_inc=False, tolerate_inplace_aliasing=False,
                  ignore_duplicates=False):
    """The tensor that ``x`` is taken from, with ``y`` added to ``x``; duplicate indices add up.

    x: the result of an indexing, possibly transposed or reshaped afterwards. ignore_duplicates: of equal indices
    only the last counts, as in NumPy's ``x[index] += y``. The value is cast to the dtype of ``x``. Raises TypeError for
    an ``x`` that is no indexing, and when ``y`` can't be broadcast to ``x`` or has fractions or imaginary parts and
    ``x`` has no place for them.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    y = _fitting_value(x, y)
    if ignore_duplicates and not set_instead_of_inc:
        return inc_subtensor(x, x + y, inplace, True, tolerate_inplace_aliasing)
    node = x.owner
    if node is None:
        raise TypeError(f"x must be the result of a subtensor operation, got {x}")
    options = {"inplace": inplace, "set_instead_of_inc": set_instead_of_inc}
    if isinstance(node.op, Subtensor):
        tolerate = [(0, 1)] if tolerate_inplace_aliasing else None
        op = IncSubtensor(node.op.idx_list, destroyhandler_tolerate_aliased=tolerate, **options)
        return op(node.inputs[0], y, *node.inputs[1:])
    if isinstance(node.op, AdvancedSubtensor1):
        return AdvancedIncSubtensor1(**options)(node.inputs[0], _padded(y, x), node.inputs[1])
    if isinstance(node.op, AdvancedBooleanSubtensor):
        return AdvancedBooleanIncSubtensor(**options)(node.inputs[0], y, *node.inputs[1:])
    if isinstance(node.op, AdvancedSubtensor):
        return AdvancedIncSubtensor(**options)(node.inputs[0], y, *node.inputs[1:])
    return _through(x, y, node, dict(options, tolerate_inplace_aliasing=tolerate_inplace_aliasing))


def _fitting_value(x, y):
    """``y``, where ``x`` has extent 1 by its type, with that known of its type too: it may come out at run time."""
    if y.type.ndim > x.type.ndim:
        raise TypeError(f"Trying to increment a {x.type.ndim}-dimensional subtensor with a "
                        f"{y.type.ndim}-dimensional value.")
    offset = x.type.ndim - y.type.ndim
    return TensorType.rebroadcast(y, tuple(b or x.type.broadcastable[d + offset]
                                           for d, b in enumerate(y.type.broadcastable)))


def _padded(y, x):
    missing = x.type.ndim - y.type.ndim
    return y.dimshuffle(["x"] * missing + list(range(y.type.ndim))) if missing else y


def _is_take(rows, order):
    """Whether ``rows`` shuffled to ``order`` are those of a tensor along a later axis, as `take` makes them."""
    source = rows.owner.inputs[0].owner if rows.owner is not None and isinstance(rows.owner.op, AdvancedSubtensor1) \
        else None
    return source is not None and isinstance(source.op, DimShuffle) and source.op.new_order == order


def _is_part(x):
    """Whether a variable was made by indexing, perhaps transposed or reshaped afterwards."""
    kinds = (Subtensor, AdvancedSubtensor1, AdvancedSubtensor, DimShuffle, Rebroadcast, SpecifyShape, Reshape)
    return x.owner is not None and isinstance(x.owner.op, kinds)


def _through(x, y, node, options):
    """inc_subtensor for a subtensor that was transposed, reshaped or given another broadcast pattern."""
    inner = node.inputs[0]
    if isinstance(node.op, DimShuffle):
        order = node.op.new_order
        dims = [d for d in order if d != "x"]
        if sorted(dims) != list(range(inner.type.ndim)) and any(d not in dims for d in range(inner.type.ndim)
                                                                if not inner.type.broadcastable[d]):
            raise TypeError(f"cannot increment through {node.op}")
        if dims == list(range(inner.type.ndim)) and not _is_part(inner):        # x[None]
            inner = inner[(slice(None),) * inner.type.ndim]
        y = _padded(y, x)
        back = [order.index(d) if d in order else "x" for d in range(inner.type.ndim)]
        drop = [k for k, d in enumerate(order) if d == "x" and not y.type.broadcastable[k]]
        if drop:
            y = Rebroadcast(*((k, True) for k in drop))(y)
        result = inc_subtensor(inner, y.dimshuffle(back), **options)
        return result.dimshuffle(order) if _is_take(inner, order) else result
    if isinstance(node.op, (Rebroadcast, SpecifyShape)):
        return inc_subtensor(inner, y, **options)
    if isinstance(node.op, Reshape):
        value = y if y.type.ndim == 0 else (x.zeros_like() + y).reshape(inner.shape, ndim=inner.type.ndim)
        return inc_subtensor(inner, value, **options)
    raise TypeError(f"x must be the result of a subtensor operation, got {x}, made by {node.op}")
