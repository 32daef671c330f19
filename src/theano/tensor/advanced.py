"""Indexing with arrays and masks, and the functions that write through an index."""

import numpy as np

from theano.errors import AdvancedIndexingError
from theano.gradient import DisconnectedType, grad_undefined
from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.type import Scalar
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.elemwise import DimShuffle
from theano.tensor.half import add_at
from theano.tensor.index import (
    INTEGERS,
    IncSubtensor,
    Subtensor,
    flat_indices,
    index_type,
    slice_length,
    sum_to_value,
)
from theano.tensor.join import stack
from theano.tensor.shape import Rebroadcast, Reshape, SpecifyShape, shape_i, tensor_from_scalar
from theano.tensor.type import TensorType, tensor
from theano.tensor.variable import method


class SliceType(Type):
    """Slices whose bounds are integers or None."""

    __props__ = ()

    def filter(self, value, strict=False, allow_downcast=None):
        if isinstance(value, slice):
            return value
        raise TypeError(f"Expected a slice, got {value!r}")

    def __str__(self):
        return "slice"


class NoneType(Type):
    """The value None."""

    __props__ = ()

    def filter(self, value, strict=False, allow_downcast=None):
        if value is None:
            return value
        raise TypeError(f"Expected None, got {value!r}")

    def __str__(self):
        return "None"


slicetype = SliceType()
none_type = NoneType()


class SliceConstant(Constant):
    """A slice of known bounds."""

    def signature(self):
        return (SliceConstant, self.data.start, self.data.stop, self.data.step)

    def __str__(self):
        return f"SliceConstant{{{self.data.start}, {self.data.stop}, {self.data.step}}}"


SliceType.Constant = SliceConstant
NoneConst = Constant(none_type, None, name="NoneConst")


class MakeSlice(Op):
    """A slice from integer scalars and None."""

    __props__ = ()

    def make_node(self, start, stop=None, step=None):
        return Apply(self, [_bound(p) for p in (start, stop, step)], [slicetype()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = slice(*(None if p is None else int(p) for p in inputs))

    def grad(self, inputs, output_grads):
        return [DisconnectedType()() for _ in inputs]


make_slice = MakeSlice()


def _bound(part):
    if part is None:
        return NoneConst
    if isinstance(part, Variable):
        return tensor_from_scalar(part) if isinstance(part.type, Scalar) else part
    return constant(part, dtype="int64")


def as_index_variable(entry):
    """One entry of an advanced index as a variable: None, a slice, an integer array or a mask."""
    if entry is None:
        return NoneConst
    if isinstance(entry, slice):
        parts = (entry.start, entry.stop, entry.step)
        if all(p is None or isinstance(p, (int, np.integer)) for p in parts):
            return SliceConstant(slicetype, slice(*(None if p is None else int(p) for p in parts)))
        return make_slice(*parts)
    if isinstance(entry, Variable) and isinstance(entry.type, (SliceType, NoneType)):
        return entry
    if isinstance(entry, Variable) and isinstance(entry.type, Scalar):
        entry = tensor_from_scalar(entry)
    variable = as_tensor_variable(np.asarray(entry) if isinstance(entry, (list, tuple)) and not
                                  _symbolic(entry) else entry)
    if variable.type.dtype != "bool" and variable.type.dtype not in INTEGERS:
        if isinstance(variable, Constant) and variable.data.size == 0:
            return constant(variable.data.astype("int64"))
        raise TypeError(f"index must be integers or a boolean mask, got {variable} of type {variable.type}")
    return variable


def _symbolic(entry):
    return any(isinstance(e, Variable) or (isinstance(e, (list, tuple)) and _symbolic(e)) for e in entry)


class AdvancedSubtensor1(Op):
    """Rows of ``x``: ``x[index]`` for an integer vector.

    x: (n, ...)   index: (k,)   ->   (k, ...)   Reference: numpy.take with axis 0
    sparse_grad: the gradient is a sparse matrix; see `sparse_grad`.
    """

    __props__ = ("sparse_grad",)
    _f16_ok = True
    sparse_gradient = None          # function(x, g, index), filled by the package that has sparse matrices

    def __init__(self, sparse_grad=False):
        self.sparse_grad = sparse_grad

    def __hash__(self):
        return hash((type(self), self.sparse_grad))

    def make_node(self, x, ilist):
        x, ilist = as_tensor_variable(x), as_tensor_variable(ilist)
        if ilist.type.dtype not in INTEGERS:
            raise TypeError(f"index must be integers, got {ilist} of type {ilist.type}")
        if ilist.type.ndim != 1:
            raise TypeError(f"index must be vector, got {ilist} of type {ilist.type}")
        if x.type.ndim == 0:
            raise TypeError("cannot index into a scalar")
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

    def __init__(self, inplace=False, set_instead_of_inc=False):
        self.inplace, self.set_instead_of_inc = bool(inplace), bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def clone_inplace(self):
        """The op that overwrites ``x``."""
        return type(self)(inplace=True, set_instead_of_inc=self.set_instead_of_inc)

    def make_node(self, x, y, ilist):
        x, y, ilist = map(as_tensor_variable, (x, y, ilist))
        if ilist.type.dtype not in INTEGERS:
            raise TypeError(f"index must be integers, got {ilist} of type {ilist.type}")
        if ilist.type.ndim != 1:
            raise TypeError(f"index must be vector, got {ilist} of type {ilist.type}")
        if x.type.ndim == 0:
            raise TypeError("cannot index into a scalar")
        if y.type.ndim > x.type.ndim:
            verb = "set" if self.set_instead_of_inc else "increment"
            raise TypeError(f"cannot {verb} x subtensor with ndim={x.type.ndim} by y with "
                            f"ndim={y.type.ndim}")
        return Apply(self, [x, y, ilist], [x.type()])

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
        gx = advanced_set_subtensor1(g, y.zeros_like(), index) if self.set_instead_of_inc else g
        gy = sum_to_value(y, advanced_subtensor1(g, index))
        return [gx, gy, DisconnectedType()()]

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


class AdvancedSubtensor(Op):
    """``x[index]`` for any mix of integer arrays, masks, slices and None.  Reference: numpy advanced indexing"""

    __props__ = ()
    _f16_ok = True

    def make_node(self, x, *index):
        x = as_tensor_variable(x)
        index = tuple(map(as_index_variable, index))
        return Apply(self, (x, *index), [tensor(x.type.dtype, result_pattern(x, index))])

    def perform(self, node, inputs, output_storage):
        x, *index = inputs
        check_masks(x, index)
        output_storage[0][0] = np.asarray(x[tuple(_numpy_index(i) for i in index)])

    def infer_shape(self, node, shapes):
        index = node.inputs[1:]
        if not _has_mask(index):
            found = _result_shape(shapes[0], index, shapes[1:])
            if found is not None:
                return [found]
        return [tuple(shape_i(node.outputs[0], d) for d in range(node.outputs[0].type.ndim))]

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


class AdvancedIncSubtensor(Op):
    """``x`` with ``x[index] += y`` (``= y``) for any index; duplicates add up."""

    __props__ = ("inplace", "set_instead_of_inc")

    def __init__(self, inplace=False, set_instead_of_inc=False):
        self.inplace, self.set_instead_of_inc = bool(inplace), bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, x, y, *index):
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        index = tuple(map(as_index_variable, index))
        result_pattern(x, index)
        return Apply(self, (x, y, *index), [x.type()])

    def perform(self, node, inputs, output_storage):
        x, y, *index = inputs
        check_masks(x, index)
        if not self.inplace:
            x = x.copy()
        index = tuple(_numpy_index(i) for i in index)
        if self.set_instead_of_inc:
            x[index] = y
        else:
            add_at(x, index, y)
        output_storage[0][0] = x

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
        gx = type(self)(set_instead_of_inc=True)(g, y.zeros_like(), *index) if self.set_instead_of_inc else g
        read = AdvancedBooleanSubtensor() if _has_mask(index) else AdvancedSubtensor()
        return [gx, sum_to_value(y, read(g, *index)), *rest]

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


def _numpy_index(entry):
    return entry if entry is None or isinstance(entry, slice) else np.asarray(entry)


def check_masks(x, index):
    """Raise IndexError for a mask whose shape is not that of the dimensions it selects from."""
    d = 0
    for entry in index:
        if entry is None:
            continue
        if isinstance(entry, slice) or np.asarray(entry).dtype != bool:
            d += 1
            continue
        mask = np.asarray(entry)
        if mask.shape != x.shape[d:d + mask.ndim]:
            raise IndexError(f"boolean index did not match indexed array along dimension {d}: the array has "
                             f"shape {x.shape}, the mask {mask.shape}")
        d += mask.ndim


def _has_mask(index):
    return any(getattr(i.type, "dtype", None) == "bool" for i in index)


def _result_shape(extents, index, shapes):
    """Extents of what an index without masks selects; None where it has slices that are inputs of the function."""
    positions = [k for k, i in enumerate(index) if isinstance(i.type, TensorType)]
    kept, d, front = [], 0, 0
    for k, entry in enumerate(index):
        if positions and k == positions[0]:
            front = len(kept)
        if isinstance(entry.type, NoneType):
            kept.append(constant(1, dtype="int64"))
            continue
        if isinstance(entry.type, SliceType):
            part = _slice_of(entry)
            if part is None:
                return None
            kept.append(slice_length(part, extents[d]))
        d += 1
    kept.extend(extents[d:])
    if not positions:
        return tuple(kept)
    joined = _broadcast_shape([index[k] for k in positions], [shapes[k] for k in positions])
    adjacent = positions[-1] - positions[0] == len(positions) - 1
    where = front if adjacent else 0
    return (*kept[:where], *joined, *kept[where:])


def _slice_of(entry):
    """A slice, with variables where its bounds are computed; None where it is an input itself."""
    if isinstance(entry, Constant):
        return entry.data
    if entry.owner is None or not isinstance(entry.owner.op, MakeSlice):
        return None
    return slice(*(None if isinstance(b.type, NoneType) else b for b in entry.owner.inputs))


def _broadcast_shape(index, shapes):
    ndim = max(i.type.ndim for i in index)
    result = []
    for d in range(ndim):
        extent = constant(1, dtype="int64")
        for variable, shape in zip(index, shapes, strict=True):
            k = d - (ndim - variable.type.ndim)
            if k >= 0 and not variable.type.broadcastable[k]:
                extent = shape[k]
                break
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


@method("__getitem__")
def getitem(x, args):
    """``x[args]`` with everything NumPy accepts: ints, slices, None, Ellipsis, integer arrays, masks."""
    index = expand_index(x, args)
    if any(_is_advanced(entry) for entry in index):
        return _advanced(x, index)
    order, plain = _without_newaxis(x, index)
    # x[:] is a node too, for set_subtensor(x[:], y); x[None, :] is nothing but a new axis.
    taken = plain if order is None else _selects(plain)
    result = Subtensor(plain)(x, *flat_indices(plain)) if taken else x
    if order is not None:
        result = result.dimshuffle(order)
    return result


def _selects(index):
    return any(not isinstance(e, slice) or e != slice(None) for e in index)


def expand_index(x, args):
    """``args`` as a list with an entry per dimension indexed and no Ellipsis.

    Raises IndexError for more than one Ellipsis, or for more entries than dimensions.
    """
    index = list(args) if isinstance(args, tuple) else [args]
    if isinstance(args, list) and any(isinstance(e, slice) for e in args):
        index = list(args)
    dots = [k for k, e in enumerate(index) if e is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    width = sum(_entry_width(e) for e in index if e is not Ellipsis)
    if dots:
        fill = [slice(None)] * (x.type.ndim - width)
        index[dots[0]:dots[0] + 1] = fill
    if width > x.type.ndim:
        raise IndexError(f"too many indices for array: {x} has {x.type.ndim} dimensions, the index takes "
                         f"{width}")
    return index


def _entry_width(entry):
    if entry is None or entry is np.newaxis or entry is NoneConst:
        return 0
    if isinstance(entry, Variable) and getattr(entry.type, "dtype", None) == "bool":
        return entry.type.ndim
    if isinstance(entry, np.ndarray) and entry.dtype == bool:
        return entry.ndim
    if isinstance(entry, list) and entry and not _symbolic(entry) and np.asarray(entry).dtype == bool:
        return np.ndim(entry)
    return 1


NO_MASK = "Python's True and False are no index: write a mask as an array, x[np.array([True, False])]"


def _is_advanced(entry):
    if entry is None:
        return False
    if isinstance(entry, (bool, np.bool_)):
        raise TypeError(NO_MASK)
    if isinstance(entry, Variable) and isinstance(entry.type, NoneType):
        return False
    try:
        index_type(entry)
    except AdvancedIndexingError:
        return True
    return False


def _without_newaxis(x, index):
    """Order of a dimshuffle that puts new axes in (None when there are none), and the index without them."""
    plain = [e for e in index if e is not None and e is not NoneConst]
    if len(plain) == len(index):
        return None, plain
    order, k = [], 0
    for entry in index:
        if entry is None or entry is NoneConst:
            order.append("x")
        elif isinstance(entry, slice):
            order.append(k)
            k += 1
    remaining = x.type.ndim - len(plain)
    order.extend(range(k, k + remaining))
    return order, plain


def _advanced(x, index):
    _reject_python_bools(index)
    arrays = [k for k, e in enumerate(index) if not isinstance(e, slice) and e is not None]
    if len(index) and len(arrays) == 1 and arrays[0] == len(index) - 1 and all(
            isinstance(e, slice) and e == slice(None) for e in index[:-1]):
        variable = as_index_variable(index[-1])
        if variable.type.dtype != "bool":
            return take(x, variable, axis=len(index) - 1)
    variables = [as_index_variable(e) for e in index]
    op = advanced_boolean_subtensor if _has_mask(variables) else advanced_subtensor
    return op(x, *variables)


def _reject_python_bools(index):
    for entry in index:
        if isinstance(entry, (list, tuple)) and not _symbolic(entry) and np.asarray(entry).dtype == bool:
            raise TypeError(NO_MASK)


@method("take")
def take(a, indices, axis=None, mode="raise"):
    """Elements of ``a`` at integer ``indices`` along ``axis``; of the flattened tensor without axis.

    mode: "raise", "wrap" or "clip" for indices out of range.  Reference: numpy.take
    """
    a, indices = as_tensor_variable(a), as_tensor_variable(indices)
    if mode == "clip":
        indices = indices.clip(0, (a.size if axis is None else a.shape[axis]) - 1)
    elif mode == "wrap":
        indices = indices % (a.size if axis is None else a.shape[axis])
    if axis is None:
        return take(a.flatten(), indices, axis=0)
    axis = axis % a.type.ndim
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

    x: the result of an indexing, possibly transposed or reshaped afterwards. Raises TypeError for anything
    else, and when ``y`` can't be broadcast to ``x`` or has a dtype that ``x`` can't hold.
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    y = _fitting_value(x, y)
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


def _through(x, y, node, options):
    """inc_subtensor for a subtensor that was transposed, reshaped or given another broadcast pattern."""
    inner = node.inputs[0]
    if isinstance(node.op, DimShuffle):
        order = node.op.new_order
        dims = [d for d in order if d != "x"]
        if sorted(dims) != list(range(inner.type.ndim)) and any(d not in dims for d in range(inner.type.ndim)
                                                                if not inner.type.broadcastable[d]):
            raise TypeError(f"cannot increment through {node.op}")
        y = _padded(y, x)
        back = [order.index(d) if d in order else "x" for d in range(inner.type.ndim)]
        drop = [k for k, d in enumerate(order) if d == "x" and not y.type.broadcastable[k]]
        if drop:
            y = Rebroadcast(*((k, True) for k in drop))(y)
        return inc_subtensor(inner, y.dimshuffle(back), **options)
    if isinstance(node.op, (Rebroadcast, SpecifyShape)):
        return inc_subtensor(inner, y, **options)
    if isinstance(node.op, Reshape):
        value = y if y.type.ndim == 0 else (x.zeros_like() + y).reshape(inner.shape, ndim=inner.type.ndim)
        return inc_subtensor(inner, value, **options)
    raise TypeError(f"x must be the result of a subtensor operation, got {x}, made by {node.op}")


@method("nonzero")
def nonzero(a, return_matrix=False):
    """Indices of the elements that are not zero: a vector per dimension, or a matrix.

    Reference: numpy.nonzero
    """
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError("Nonzero only supports non-scalar arrays.")
    found = Nonzero()(a, return_list=True)
    return stack(found) if return_matrix else tuple(found)


class Nonzero(Op):
    """Indices of the elements that are not zero, an int64 vector per dimension."""

    __props__ = ()

    def make_node(self, a):
        a = as_tensor_variable(a)
        if a.type.ndim == 0:
            raise ValueError("Nonzero only supports non-scalar arrays.")
        return Apply(self, [a], [TensorType("int64", (False,))() for _ in range(a.type.ndim)])

    def perform(self, node, inputs, output_storage):
        for cell, found in zip(output_storage, np.nonzero(inputs[0]), strict=True):
            cell[0] = found.astype("int64", copy=False)

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, 0, inputs[0])]


def flatnonzero(a):
    """Indices of the elements of the flattened ``a`` that are not zero."""
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError("Nonzero only supports non-scalar arrays.")
    return nonzero(a.flatten())[0]


@method("nonzero_values")
def nonzero_values(a):
    """Elements of ``a`` that are not zero, a vector."""
    return as_tensor_variable(a).flatten()[flatnonzero(a)]

