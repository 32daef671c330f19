"""Basic indexing: integers and slices, read, set and incremented."""

from itertools import pairwise

import numpy as np

from theano.errors import AdvancedIndexingError, NotScalarConstantError
from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.dtype import can_cast, kind_of
from theano.scalar.type import Scalar, as_scalar
from theano.tensor.constant import SEEN_THROUGH, as_tensor_variable, get_scalar_constant_value
from theano.tensor.elemwise import ELEMWISE, cast, maximum, minimum, sum_to_shape_of, switch
from theano.tensor.shape import (
    LENGTHS,
    MakeVector,
    Shape,
    scalar_from_tensor,
    shape_i,
    tensor_from_scalar,
    vector_length,
)
from theano.tensor.type import TensorType, tensor

WHOLE_REAL_COMPLEX = {"b": 0, "u": 0, "i": 0, "f": 1, "c": 2}       # kinds of dtypes, by what they have a place for
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def index_type(entry, slice_ok=True):
    """One entry of an index as the type of what it takes at run time: a Scalar, None, or a slice of these.

    Raises AdvancedIndexingError for anything that needs `advanced` indexing.
    """
    if entry is None:
        return None
    if isinstance(entry, Scalar):
        return entry
    if isinstance(entry, Variable):
        return _variable_index(entry)
    if isinstance(entry, TensorType) and entry.dtype in INTEGERS and entry.ndim == 0:
        return Scalar(entry.dtype)
    if isinstance(entry, slice) and slice_ok:
        return slice(*(index_type(part, False) for part in (entry.start, entry.stop, entry.step)))
    if isinstance(entry, (int, np.integer)) and not isinstance(entry, (bool, np.bool_)):
        return Scalar("int64")
    if isinstance(entry, np.ndarray) and entry.ndim == 0 and entry.dtype.name in INTEGERS:
        return Scalar("int64")
    raise AdvancedIndexingError(Subtensor.e_indextype, entry)


def _variable_index(entry):
    dtype = getattr(entry.type, "dtype", None)
    if dtype == "bool":
        raise AdvancedIndexingError("a boolean is a mask without dimensions", entry)
    if isinstance(entry.type, Scalar):
        if dtype in INTEGERS:
            return entry.type
        raise TypeError(f"Expected an integer, got {entry} of type {entry.type}")
    if isinstance(entry.type, TensorType) and entry.type.ndim == 0:
        if dtype in INTEGERS:
            return Scalar(dtype)
        raise TypeError(f"Expected an integer, got {entry} of type {entry.type}")
    raise AdvancedIndexingError(Subtensor.e_indextype, entry)


def flat_indices(entries):
    """The integers of an index, those inside slices too, in the order in which an op takes them."""
    found = []
    for entry in entries:
        parts = (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)
        found.extend(part for part in parts if part is not None)
    return found


def get_idx_list(inputs, idx_list, get_count=False):
    """The index that an op with ``idx_list`` applies, its integers taken from ``inputs[1:]``."""
    remaining = list(reversed(inputs[1:]))

    def take(entry):
        if isinstance(entry, slice):
            return slice(take(entry.start), take(entry.stop), take(entry.step))
        return remaining.pop() if isinstance(entry, Scalar) else entry

    result = tuple(take(entry) for entry in idx_list)
    return (result, len(inputs) - len(remaining)) if get_count else result


def scalar_index(value):
    """One integer of an index as a scalar variable."""
    if isinstance(value, Variable):
        if isinstance(value.type, Scalar):
            return value
        if isinstance(value, Constant):
            return as_scalar(value.data[()])
        owner = value.owner
        if owner is not None and type(owner.op) is type(tensor_from_scalar):
            return owner.inputs[0]
        return scalar_from_tensor(value)
    return as_scalar(np.asarray(value, dtype="int64")[()])


def index_text(idx_list):
    """``int64, ::int64`` as in the name of an op."""
    def one(entry):
        if isinstance(entry, slice):
            start, stop, step = ("" if p is None else str(p) for p in (entry.start, entry.stop, entry.step))
            return f"{start}:{stop}:{step}"
        return str(entry)
    return ", ".join(map(one, idx_list))


def get_canonical_form_slice(theslice, length):
    """``theslice`` of a dimension of ``length`` with 0 <= start <= stop <= length and step > 0.

    Returns the slice and 1, or -1 when the result must be reversed. An integer is returned in [0, length).
    """
    if not isinstance(theslice, slice):
        value = _value(theslice)
        if isinstance(value, int):
            return (value if value >= 0 else value + length), 1
        return switch(_less(theslice, 0), theslice + length, theslice), 1
    start, stop, step = (_value(p) for p in (theslice.start, theslice.stop, theslice.step))
    step = 1 if step is None else step
    if isinstance(step, int):
        if step == 0:
            raise ValueError("slice step cannot be zero")
        return (_forward(start, stop, step, length), 1) if step > 0 else _backward(start, stop, step, length)
    step = as_tensor_variable(step)
    forward = _forward(start, stop, abs(step), length)
    backward, _ = _backward(start, stop, -abs(step), length)
    positive = _less(0, step)
    return slice(switch(positive, forward.start, backward.start), switch(positive, forward.stop, backward.stop),
                 abs(step)), switch(positive, 1, -1)


def _value(part):
    """A part of a slice as an int where it is constant, as a tensor variable otherwise."""
    if part is None or isinstance(part, (int, np.integer)):
        return part if part is None else int(part)
    try:
        return int(get_scalar_constant_value(part))
    except NotScalarConstantError:
        return tensor_from_scalar(part) if isinstance(part.type, Scalar) else part


def _less(a, b):
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    return a.type.lift("lt", a, b)


def _clamped(bound, length, default, low=0):
    """A bound of a slice in [low, length + low]."""
    if bound is None:
        return default
    if isinstance(bound, int):
        if bound >= 0:
            return bound if bound == 0 and low == 0 else minimum(bound, length + low)
        return maximum(bound + length, low)
    wrapped = switch(_less(bound, 0), bound + length, bound)
    return minimum(maximum(wrapped, low), length + low)


def _forward(start, stop, step, length):
    start = _clamped(start, length, 0)
    stop = _clamped(stop, length, length)
    if not (isinstance(start, int) and start == 0):
        stop = maximum(stop, start)
    return slice(start, stop, step)


def _backward(start, stop, step, length):
    """A slice with negative step as a forward one to be reversed."""
    first = _clamped(start, length, length - 1, low=-1)
    last = _clamped(stop, length, -1, low=-1)
    count = maximum((first - last + (-step) - 1) // (-step), 0)
    lowest = first - (count - 1) * (-step)
    return slice(switch(_less(0, count), lowest, 0), switch(_less(0, count), first + 1, 0), -step), -1


def slice_length(theslice, length):
    """How many elements a slice takes of a dimension of ``length``, as a symbolic integer."""
    if theslice == slice(None, None, None):
        return length
    canonical, _ = get_canonical_form_slice(theslice, length)
    span = canonical.stop - canonical.start if not (isinstance(canonical.start, int)
                                                    and canonical.start == 0) else canonical.stop
    if isinstance(canonical.step, int) and canonical.step == 1:
        return cast(as_tensor_variable(span), "int64")
    return cast((span + canonical.step - 1) // canonical.step, "int64")


def static_slice_length(theslice, length):
    """Like `slice_length` for a known length and a slice of constants; None where it isn't known."""
    parts = [_value(p) for p in (theslice.start, theslice.stop, theslice.step)]
    if length is None or not all(p is None or isinstance(p, int) for p in parts):
        return None
    return len(range(*slice(*parts).indices(length)))


class Subtensor(Op):
    """``x[index]`` for integers and slices, a view.

    idx_list: an entry per leading dimension; its integers, as scalar variables, follow ``x`` in the inputs.
    Reference: numpy basic indexing
    """

    view_map = {0: [0]}
    __props__ = ("idx_list",)
    _f16_ok, check_input, debug = True, False, 0
    e_indextype = "Invalid index type or slice for Subtensor"
    e_subslice = "nested slicing is not supported"

    def __init__(self, idx_list):
        self.idx_list = tuple(index_type(entry) for entry in idx_list)

    @staticmethod
    def convert(entry, slice_ok=True):
        """`index_type`: one entry of an index as the type of what it takes at run time."""
        return index_type(entry, slice_ok)

    @staticmethod
    def collapse(idxs, cond):
        """The parts of an index for which ``cond`` holds, those inside slices too, as a list."""
        return [part for part in flat_indices(idxs) if cond(part)]

    @staticmethod
    def my_as_scalar(a):
        """`scalar_index`: one integer of an index as a scalar variable."""
        return scalar_index(a)

    @staticmethod
    def str_from_slice(entry):
        """``start:stop:step``."""
        return index_text((entry,))

    def __hash__(self):
        return hash((type(self), index_text(self.idx_list)))

    def key_props(self):
        """What tells this op from others, for the cache."""
        return index_text(self.idx_list)

    def make_node(self, x, *inputs):
        x = as_tensor_variable(x)
        inputs = tuple(scalar_index(a) for a in inputs)
        check_dimensions(x, self.idx_list)
        expected = flat_indices(self.idx_list)
        if len(expected) != len(inputs):
            raise IndexError(f"Not enough inputs to fill in the Subtensor template: {len(inputs)} for "
                             f"{index_text(self.idx_list)}")
        for given, wanted in zip(inputs, expected, strict=True):
            if given.type != wanted:
                raise TypeError(f"Wrong type for Subtensor template. Expected {wanted}, got {given.type}.")
        index = get_idx_list((x, *inputs), self.idx_list)
        pattern, shape = [], []
        static = getattr(x.type, "shape", None) or (None,) * x.type.ndim
        for d in range(x.type.ndim):
            entry = index[d] if d < len(index) else slice(None)
            if isinstance(entry, slice):
                length = static_slice_length(entry, 1 if x.type.broadcastable[d] else static[d])
                pattern.append(length == 1 if length is not None else False)
                shape.append(length)
        return Apply(self, (x, *inputs), [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x = inputs[0]
        index = get_idx_list(inputs, self.idx_list)
        output_storage[0][0] = np.asarray(x[tuple(_plain(entry) for entry in index)])

    def infer_shape(self, node, shapes):
        index = get_idx_list(node.inputs, self.idx_list)
        result = []
        for d, n in enumerate(shapes[0]):
            entry = index[d] if d < len(index) else slice(None)
            if isinstance(entry, slice):
                result.append(slice_length(entry, n))
        return [tuple(result)]

    def connection_pattern(self, node):
        return [[True], *([[False]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        x, *rest = inputs
        if x.type.dtype.startswith(("int", "uint", "bool")):
            first = x.zeros_like(dtype="floatX")
        else:
            first = IncSubtensor(self.idx_list)(x.zeros_like(), output_grads[0], *rest)
        return [first, *(DisconnectedType()() for _ in rest)]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self(eval_points[0], *inputs[1:], return_list=True)

    def get_constant_idx(self, inputs, allow_partial=False, only_process_constants=False, elemwise=True):
        """The index as Python numbers.

        allow_partial: keep variables where a number isn't known; otherwise NotScalarConstantError is raised.
        """
        def known(part):
            if not isinstance(part, Variable):
                return part
            try:
                return int(get_scalar_constant_value(part, only_process_constants=only_process_constants,
                                                     elemwise=elemwise))
            except NotScalarConstantError:
                if allow_partial:
                    return part
                raise

        return [slice(known(e.start), known(e.stop), known(e.step)) if isinstance(e, slice) else known(e)
                for e in get_idx_list(inputs, self.idx_list)]

    def __str__(self):
        return f"{type(self).__name__}{{{index_text(self.idx_list)}}}"


def _plain(entry):
    """An index entry with Python ints for NumPy scalars."""
    if isinstance(entry, slice):
        return slice(*(None if p is None else int(p) for p in (entry.start, entry.stop, entry.step)))
    return int(entry)


def make_constant(args):
    """An index with scalar constants for its Python integers."""
    def one(entry):
        if isinstance(entry, slice):
            return slice(one(entry.start), one(entry.stop), one(entry.step))
        return scalar_index(entry) if isinstance(entry, (int, np.integer)) else entry
    return tuple(map(one, args))


def check_dimensions(x, idx_list):
    """Raise IndexError when there are more entries than dimensions."""
    if len(idx_list) > x.type.ndim:
        raise IndexError(f"too many indices for array: {x} has {x.type.ndim} dimensions, the index "
                         f"{len(idx_list)}")


class IncSubtensor(Op):
    """``x`` with ``x[index] += y``, or ``= y`` with ``set_instead_of_inc``.

    x: any tensor   y: broadcasts to x[index]   then the integers of the index
    inplace: the result is the storage of ``x``.
    """

    __props__ = ("idx_list", "inplace", "set_instead_of_inc")
    check_input = False

    def __init__(self, idx_list, inplace=False, set_instead_of_inc=False,
                 destroyhandler_tolerate_aliased=None):
        self.idx_list = tuple(index_type(entry) for entry in idx_list)
        self.inplace = bool(inplace)
        self.set_instead_of_inc = bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}
        self.destroyhandler_tolerate_aliased = list(destroyhandler_tolerate_aliased or ())

    def __hash__(self):
        return hash((type(self), index_text(self.idx_list), self.inplace, self.set_instead_of_inc))

    def key_props(self):
        """What tells this op from others, for the cache."""
        return (index_text(self.idx_list), self.inplace, self.set_instead_of_inc)

    def make_node(self, x, y, *inputs):
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        if y.type.ndim > x.type.ndim:
            raise ValueError(f"a part of {x.type.ndim} dimensions can't take a value of {y.type.ndim}")
        y = stored_value(x, y)
        inputs = tuple(scalar_index(a) for a in inputs)
        check_dimensions(x, self.idx_list)
        if len(flat_indices(self.idx_list)) != len(inputs):
            raise IndexError("Not enough inputs to fill in the Subtensor template.")
        return Apply(self, (x, y, *inputs), [x.type()])

    def perform(self, node, inputs, output_storage):
        x, y, *rest = inputs
        index = tuple(_plain(e) for e in get_idx_list((x, *rest), self.idx_list))
        if not self.inplace:
            x = x.copy()
        if self.set_instead_of_inc:
            x[index] = y
        else:
            x[index] += y
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], [True], *([[False]] * (len(node.inputs) - 2))]

    def grad(self, inputs, output_grads):
        x, y, *rest = inputs
        g, = output_grads
        if x.type.dtype.startswith(("int", "uint", "bool")):
            gx = x.zeros_like(dtype="floatX")
            gy = y.zeros_like(dtype="floatX")
        else:
            gx = IncSubtensor(self.idx_list, set_instead_of_inc=True)(g, y.zeros_like(), *rest) \
                if self.set_instead_of_inc else g
            gy = sum_to_value(y, Subtensor(self.idx_list)(g, *rest))
        return [gx, gy, *(DisconnectedType()() for _ in rest)]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None or eval_points[1] is None:
            return [None]
        return self(eval_points[0], eval_points[1], *inputs[2:], return_list=True)

    def __str__(self):
        name = ("Inplace" if self.inplace else "") + ("Set" if self.set_instead_of_inc else "Inc")
        return f"{type(self).__name__}{{{name};{index_text(self.idx_list)}}}"


def stored_value(x, y):
    """``y`` for parts of ``x``: as it is where they hold all its values, else cast as NumPy's assignment does.

    Raises TypeError where fractions or imaginary parts would be lost.
    """
    dtype = x.type.dtype
    if can_cast(y.type.dtype, dtype):
        return y
    if WHOLE_REAL_COMPLEX[kind_of(y.type.dtype)] > WHOLE_REAL_COMPLEX[kind_of(dtype)]:
        raise TypeError(f"a part of dtype {dtype} can't take a value of dtype {y.type.dtype}: cast it first")
    return cast(y, dtype)


def sum_to_value(y, g):
    """The gradient of ``y`` from ``g``, that of its places: summed over those it was broadcast to, in its dtype."""
    extra = g.type.ndim - y.type.ndim
    if extra:
        g = g.sum(axis=list(range(extra)))
    axes = [d for d, (b, gb) in enumerate(zip(y.type.broadcastable, g.type.broadcastable, strict=True))
            if b and not gb]
    if axes:
        g = g.sum(axis=axes, keepdims=True)
    if not all(y.type.broadcastable):
        g = sum_to_shape_of(g, y)
    if kind_of(y.type.dtype) == "f" and kind_of(g.type.dtype) == "c":
        g = ELEMWISE["real"](g)
    return cast(g, y.type.dtype) if kind_of(y.type.dtype) in "fc" else g


def index_of(node):
    """The index that a Subtensor or IncSubtensor node applies."""
    skip = 1 if isinstance(node.op, Subtensor) else 2
    return get_idx_list((None, *node.inputs[skip:]), node.op.idx_list)


def interval(index):
    """(axis, begin, end) of an index that takes an interval of one axis, end -1 for its last place; else axis None."""
    taken = [axis for axis, entry in enumerate(index) if entry != slice(None)]
    entry = index[taken[0]] if len(taken) == 1 else None
    if not isinstance(entry, slice) or entry.step is not None \
            or any(b is not None and not (isinstance(b, Constant) and b.data >= 0) for b in (entry.start, entry.stop)):
        return None, 0, 0
    begin = 0 if entry.start is None else int(entry.start.data)
    return taken[0], begin, -1 if entry.stop is None else max(begin, int(entry.stop.data))


def overlap(bounds):
    """Whether some of the intervals from begin to end, see `interval`, have a place in common."""
    return any(end == -1 or end > begin for (_, end), (begin, _) in pairwise(sorted(bounds)))


def _static_length(v):
    """How many elements a slice of a vector has where length and bounds are known."""
    x, (entry, *_) = v.owner.inputs[0], index_of(v.owner)
    length = vector_length(x) if x.type.ndim == 1 else None
    bounds = [entry.start, entry.stop, entry.step]
    if length is None or any(isinstance(b, Variable) and not isinstance(b, Constant) for b in bounds):
        return None
    return len(range(*slice(*(int(b.data) if isinstance(b, Constant) else b for b in bounds)).indices(length)))


LENGTHS[Subtensor] = _static_length


def _constant_element(node, index, get):
    """The element that integers choose: of a constant, or of scalars that were put side by side."""
    x, entries = node.inputs[0], index_of(node)
    if len(entries) != x.type.ndim or any(e is None or isinstance(e, slice) for e in entries):
        raise NotScalarConstantError()
    position = tuple(int(get(e)) for e in entries)
    try:
        if isinstance(x, Constant):
            return x.data[position]
        if x.owner is not None and isinstance(x.owner.op, MakeVector):
            return get(x.owner.inputs[position[0]])
        if x.owner is not None and isinstance(x.owner.op, Shape):
            return get(shape_i(x.owner.inputs[0], position[0] % x.owner.inputs[0].type.ndim))
    except IndexError:                                      # for the function to raise, with the user's line
        pass
    raise NotScalarConstantError()


SEEN_THROUGH[Subtensor] = _constant_element
