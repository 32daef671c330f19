"""Shapes: reading, changing and asserting them."""

import functools
import math
import operator

import numpy as np

from theano.config import config
from theano.errors import NotScalarConstantError, ShapeError
from theano.gradient import DisconnectedType
from theano.graph.copying import DeepCopyOp, ViewOp
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.dtype import numpy_dtype, result_type
from theano.scalar.type import Scalar, continuous_dtypes
from theano.tensor.axis import axis_of
from theano.tensor.constant import (
    FROM_TYPE,
    SEEN_THROUGH,
    as_tensor_variable,
    constant,
    get_scalar_constant_value,
)
from theano.tensor.elemwise import DimShuffle, cast
from theano.tensor.type import TensorType, lscalar, lvector, tensor
from theano.tensor.variable import FUNCTIONS, method


def _disconnected():
    return DisconnectedType()()


class Shape(Op):
    """Shape of ``x``: a vector of int64."""

    __props__ = ()
    _f16_ok = True

    def make_node(self, x):
        if not isinstance(x, Variable):
            x = as_tensor_variable(x)
        return Apply(self, [x], [lvector()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.array(np.shape(inputs[0]), dtype="int64")

    def infer_shape(self, node, shapes):
        return [[constant(node.inputs[0].type.ndim, dtype="int64")]]

    def connection_pattern(self, node):
        return [[False]]

    def grad(self, inputs, output_grads):
        return [_disconnected()]

    def R_op(self, inputs, eval_points):
        return [None]


class Shape_i(Op):                                                                # noqa: N801
    """Extent ``i`` of ``x``: an int64 scalar."""

    __props__ = ("i",)
    _f16_ok = True

    def __init__(self, i):
        self.i = int(i)

    def make_node(self, x):
        if not isinstance(x, Variable):
            x = as_tensor_variable(x)
        if not hasattr(x.type, "ndim"):
            raise TypeError(f"{x} has no shape: it is a {x.type}")
        if not 0 <= self.i < x.type.ndim:
            raise TypeError(f"x has too few dimensions for Shape_i: {x} has {x.type.ndim}, dimension "
                            f"{self.i} was asked for")
        return Apply(self, [x], [lscalar()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0].shape[self.i], dtype="int64")

    def infer_shape(self, node, shapes):
        return [()]

    def connection_pattern(self, node):
        return [[False]]

    def grad(self, inputs, output_grads):
        return [_disconnected()]

    def R_op(self, inputs, eval_points):
        return [None]

    def __str__(self):
        return f"Shape_i{{{self.i}}}"


shape_ops = [Shape_i(i) for i in range(8)]
_shape = Shape()


def shape_i(x, i, fgraph=None):
    """Extent ``i`` of ``x``; where a rewriting graph knows it, without computing ``x``."""
    feature = getattr(fgraph, "shape_feature", None)
    if feature is not None:
        return feature.get_shape(x, i)
    if isinstance(x, Constant):
        return constant(x.data.shape[i], dtype="int64")
    return (shape_ops[i] if i < len(shape_ops) else Shape_i(i))(x)


@method("shape")
def shape(x):
    """Shape of ``x`` as a vector of int64."""
    if not isinstance(x, Variable):
        x = as_tensor_variable(x)
    return _shape(x)


@method("size")
def size(x):
    """Number of elements of ``x``, an int64 scalar."""
    return shape(x).prod()


class MakeVector(Op):
    """A vector of scalars."""

    __props__ = ("dtype",)

    def __init__(self, dtype="int64"):
        self.dtype = str(dtype)

    def make_node(self, *inputs):
        inputs = [as_tensor_variable(x) for x in inputs]
        if any(x.type.ndim for x in inputs):
            raise TypeError(f"MakeVector needs scalars, got {[x.type for x in inputs]}")
        inputs = [x if x.type.dtype == self.dtype else _safe_cast(x, self.dtype) for x in inputs]
        return Apply(self, inputs, [tensor(dtype=self.dtype, broadcastable=(len(inputs) == 1,))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.array(inputs, dtype=self.dtype).reshape(len(inputs))

    def infer_shape(self, node, shapes):
        return [(constant(len(shapes), dtype="int64"),)]

    def grad(self, inputs, output_grads):
        if self.dtype.startswith(("int", "uint", "bool")):
            return [x.zeros_like(dtype="floatX") for x in inputs]
        return [output_grads[0][i] for i in range(len(inputs))]

    def R_op(self, inputs, eval_points):
        if any(e is None for e in eval_points):
            return [None]
        return self.make_node(*eval_points).outputs

    def __str__(self):
        return f"{type(self).__name__}{{dtype={self.dtype!r}}}"


def _safe_cast(x, dtype):
    if result_type(x.type.dtype, dtype) != numpy_dtype(dtype):
        raise TypeError(f"MakeVector of {dtype} cannot hold {x}, a {x.type.dtype}: cast it first")
    return cast(x, dtype)


make_vector = MakeVector()


class ScalarFromTensor(Op):
    """A 0-d tensor as a scalar variable."""

    __props__ = ()

    def make_node(self, t):
        t = as_tensor_variable(t)
        if t.type.ndim:
            raise TypeError(f"only 0-d tensors can be scalars, {t} has {t.type.ndim} dimensions")
        return Apply(self, [t], [Scalar(t.type.dtype)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].flatten()[0]

    def infer_shape(self, node, shapes):
        return [()]

    def grad(self, inputs, output_grads):
        return [tensor_from_scalar(output_grads[0])]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self.make_node(*eval_points).outputs


class TensorFromScalar(Op):
    """A scalar variable as a 0-d tensor."""

    __props__ = ()

    def make_node(self, s):
        if not isinstance(s.type, Scalar):
            raise TypeError(f"TensorFromScalar needs a scalar variable, got a {s.type}")
        return Apply(self, [s], [tensor(dtype=s.type.dtype, broadcastable=())])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(inputs[0])

    def infer_shape(self, node, shapes):
        return [()]

    def grad(self, inputs, output_grads):
        if inputs[0].type.dtype in continuous_dtypes:
            return [scalar_from_tensor(output_grads[0])]
        return [inputs[0].zeros_like(dtype=config.floatX)]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self.make_node(*eval_points).outputs


scalar_from_tensor = ScalarFromTensor()
tensor_from_scalar = TensorFromScalar()


def as_shape(value):
    """A symbolic shape as a list of integer variables, or None when its length is not known.

    value: int, scalar variable, sequence of them, or an integer vector variable of known length.
    """
    if isinstance(value, Variable):
        if value.type.ndim == 0:
            return [value]
        length = vector_length(value)
        return None if length is None else [vector_item(value, k) for k in range(length)]
    if np.ndim(value) == 0 and not isinstance(value, (list, tuple)):
        return [value]
    return list(value)


def vector_length(v):
    """Static length of a vector variable, or None."""
    if isinstance(v, Constant):
        return int(v.data.shape[0])
    static = getattr(v.type, "shape", (None,))[0]
    if static is not None:
        return static
    if v.type.broadcastable[0]:
        return 1
    op = getattr(v.owner, "op", None)
    if isinstance(op, MakeVector):
        return len(v.owner.inputs)
    if isinstance(op, Shape):
        return v.owner.inputs[0].type.ndim
    known = LENGTHS.get(type(op))
    return None if known is None else known(v)


LENGTHS = {}        # op class -> function(variable) -> length; filled by the modules of those ops


def get_vector_length(v):
    """Static length of a vector.

    Raises TypeError for anything that is no vector, ValueError where the length is not known.
    """
    v = as_tensor_variable(v)
    if v.type.ndim != 1:
        raise TypeError(f"argument must be symbolic vector, got {v} with {v.type.ndim} dimensions")
    length = vector_length(v)
    if length is None:
        raise ValueError(f"length not known: that of {v} is only known when the function runs; use {v}.shape[0]")
    return length


def vector_item(v, k):
    """Element ``k`` of an integer vector, without indexing where it is known."""
    op = getattr(v.owner, "op", None)
    if isinstance(op, MakeVector):
        return v.owner.inputs[k]
    if isinstance(op, Shape):
        return shape_i(v.owner.inputs[0], k)
    if isinstance(v, Constant):
        return constant(v.data[k])
    return v[k]


def static_extent(value):
    """The int that an extent always is, or None."""
    try:
        return int(get_scalar_constant_value(value))
    except NotScalarConstantError:
        return None


class Reshape(Op):
    """``x`` with another shape of ``ndim`` dimensions; one extent may be -1.

    x: (...)   shp: int vector (ndim,)   ->   (shp[0], ..., shp[ndim - 1]), a view where possible
    Reference: numpy.reshape
    """

    view_map = {0: [0]}
    __props__ = ("ndim",)
    _f16_ok = True

    def __init__(self, ndim, name=None):
        self.ndim = int(ndim)
        if self.ndim < 0:
            raise ValueError(f"The output dimensions after reshape must be 0 or greater, got ndim={ndim}")
        self.name = name

    def make_node(self, x, shp):
        x = as_tensor_variable(x)
        given = shp
        shp = as_tensor_variable(shp, ndim=1)
        if not (shp.type.dtype.startswith(("int", "uint")) or
                (isinstance(shp, Constant) and shp.data.size == 0)):
            raise TypeError(f"Shape must be integers, got {given} of dtype {shp.type.dtype}")
        if isinstance(shp, Constant) and shp.data.dtype != np.int64:
            shp = constant(shp.data.astype("int64"))
        length = vector_length(shp)
        if length is not None and length != self.ndim:
            raise ValueError(f"Reshape to {self.ndim} dimensions got a shape of length {length}: {given}")
        pattern = [False] * self.ndim
        if length is not None:
            pattern = [static_extent(vector_item(shp, k)) == 1 for k in range(self.ndim)]
        return Apply(self, [x, shp], [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x, shp = inputs
        if len(shp) != self.ndim:
            raise ValueError(f"this reshape takes {self.ndim} extents, got {len(shp)}")
        try:
            output_storage[0][0] = np.reshape(x, tuple(int(n) for n in shp))
        except ValueError:
            raise ValueError(f"Cannot reshape input of shape {x.shape} to shape {tuple(map(int, shp))}") from None

    def infer_shape(self, node, shapes):
        x, shp = node.inputs
        extents = [vector_item(shp, k) for k in range(self.ndim)]
        static = [static_extent(e) for e in extents]
        if all(n is not None and n >= 0 for n in static):
            return [tuple(constant(n, dtype="int64") for n in static)]
        total = 1
        for n in shapes[0]:
            total = n * total
        return [tuple(self._extent(d, extents, static, total) for d in range(self.ndim))]

    def _extent(self, d, extents, static, total):
        """Extent ``d`` of the result: as given, or what is left where that is -1."""
        if static[d] is not None and static[d] >= 0:
            return constant(static[d], dtype="int64")
        others = 1
        for k in range(self.ndim):
            if k != d:
                others = extents[k] * others
        if static[d] == -1:
            return cast(total // others, "int64")
        if any(n == -1 for k, n in enumerate(static) if k != d):
            return cast(extents[d], "int64")
        return cast(_minus_one_means(extents[d], total // abs(as_tensor_variable(others))), "int64")

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        x, _ = inputs
        g, = output_grads
        return [reshape(g, shape(x), ndim=x.type.ndim), _disconnected()]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return [None]
        return self(eval_points[0], *inputs[1:], return_list=True)

    def __str__(self):
        return f"{type(self).__name__}{{{self.ndim}}}"


def _minus_one_means(extent, rest):
    """``rest`` where ``extent`` is -1, else ``extent``."""
    extent = as_tensor_variable(extent)
    return extent.type.lift("switch", extent.type.lift("eq", extent, constant(-1, dtype="int8")),
                            rest, extent)


@method("reshape")
def reshape(x, newshape, ndim=None):
    """``x`` with shape ``newshape``; see `Reshape`.

    newshape: sequence of ints and int scalars, or an int vector. ndim: its length where that can't be known.
    Raises ValueError when the length is neither known nor given.
    """
    x = as_tensor_variable(x)
    if isinstance(newshape, (tuple, list)) and sum(isinstance(n, int) and n == -1 for n in newshape) > 1:
        raise ValueError(f"only one extent of a shape can be -1, which is worked out from the others; got {newshape}")
    if ndim is None:
        newshape = as_tensor_variable(newshape)
        if newshape.type.ndim == 0:
            newshape = newshape.dimshuffle("x")
        if newshape.type.ndim != 1:
            raise TypeError(f"a shape must be a vector or a list of scalars, got {newshape}")
        ndim = vector_length(newshape)
        if ndim is None:
            raise ValueError(f"how many dimensions a reshape to {newshape} gives is not known: give reshape ndim=")
    return Reshape(ndim)(x, newshape)


def flatten(x, ndim=None, outdim=None):
    """``x`` with ``ndim`` dimensions (default 1): the leading ones are kept, the others become one.

    Raises ValueError when ``ndim`` is more than ``x`` has, or less than 1.
    """
    x = as_tensor_variable(x)
    ndim = outdim if ndim is None else ndim
    ndim = 1 if ndim is None else ndim
    if ndim < 1 or (ndim > 1 and ndim > x.type.ndim):
        raise ValueError(f"flatten: ndim must be from 1 to {max(x.type.ndim, 1)} for a {x.type}, got {ndim}")
    kept = tuple(shape_i(x, d) for d in range(ndim - 1))
    rest = -1
    if kept:                            # not -1, which is not known where one of these is 0
        rest = shape_i(x, ndim - 1)
        for d in range(ndim, x.type.ndim):
            rest = rest * shape_i(x, d)
    flat = reshape(x, (*kept, rest), ndim=ndim)
    pattern = (*x.type.broadcastable[:ndim - 1], all(x.type.broadcastable[ndim - 1:]))
    return patternbroadcast(flat, pattern)


FUNCTIONS["flatten"] = flatten
method("flatten")(lambda self, ndim=1, outdim=None: flatten(self, ndim if outdim is None else outdim))


class Flatten(Op):
    """``x`` with ``outdim`` dimensions, as one op: the leading ones are kept, the others become one; a view.

    Raises ValueError when ``x`` has fewer dimensions.
    """

    __props__ = ("outdim",)
    view_map = {0: [0]}

    def __init__(self, outdim=1):
        if outdim < 1:
            raise ValueError(f"outdim must be at least 1, got {outdim}")
        self.outdim = int(outdim)

    def make_node(self, x):
        x = as_tensor_variable(x)
        if x.type.ndim < self.outdim and self.outdim > 1:
            raise ValueError(f"{self} needs at least {self.outdim} dimensions, got {x.type}")
        kept = self.outdim - 1
        pattern = (*x.type.broadcastable[:kept], all(x.type.broadcastable[kept:]))
        return Apply(self, [x], [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x, = inputs
        kept = x.shape[:self.outdim - 1]
        output_storage[0][0] = x.reshape(*kept, math.prod(x.shape[self.outdim - 1:]))

    def infer_shape(self, node, shapes):
        kept, rest = shapes[0][:self.outdim - 1], shapes[0][self.outdim - 1:]
        return [(*kept, functools.reduce(operator.mul, rest) if rest else constant(1, dtype="int64"))]

    def grad(self, inputs, output_grads):
        x, = inputs
        return [reshape(output_grads[0], shape(x), ndim=x.type.ndim)]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else [self(eval_points[0])]


def is_flat(var, ndim=None, outdim=None):
    """Whether ``var`` has ``ndim`` dimensions (default 1)."""
    ndim = outdim if ndim is None else ndim
    return var.type.ndim == (1 if ndim is None else ndim)


class Rebroadcast(Op):
    """``x`` with another broadcast pattern: ``Rebroadcast((axis, pattern), ...)``.

    Fails at run time when an axis said to be broadcastable has another extent than 1.
    """

    view_map = {0: [0]}
    _f16_ok = True
    __props__ = ("axis",)

    def __init__(self, *axis):
        self.axis = dict(sorted(((int(a), bool(b)) for a, b in axis)))

    def __hash__(self):
        return hash((type(self), tuple(self.axis.items())))

    def __eq__(self, other):
        return type(self) is type(other) and self.axis == other.axis

    def make_node(self, x):
        if self.axis and max(self.axis) >= x.type.ndim:
            raise ValueError(f"Trying to rebroadcast non-existent dimension {max(self.axis)} of {x}, which "
                             f"has {x.type.ndim}")
        pattern = [self.axis.get(d, b) for d, b in enumerate(x.type.broadcastable)]
        return Apply(self, [x], [x.type.clone(broadcastable=pattern)()])

    def perform(self, node, inputs, output_storage):
        x, = inputs
        for axis, broadcastable in self.axis.items():
            if broadcastable and x.shape[axis] != 1:
                raise ValueError(f"dimension {axis} was declared broadcastable, but has {x.shape[axis]} elements")
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        return [tuple(constant(1, dtype="int64") if self.axis.get(d) else n
                      for d, n in enumerate(shapes[0]))]

    def grad(self, inputs, output_grads):
        x, = inputs
        return [Rebroadcast(*[(a, x.type.broadcastable[a]) for a in self.axis])(output_grads[0])]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self(*eval_points, return_list=True)

    def __str__(self):
        known = [self.axis.get(d) for d in range(max(self.axis, default=-1) + 1)]
        inside = ",".join("?" if b is None else str(int(b)) for b in known)
        return f"Rebroadcast{{{inside}}}"


def addbroadcast(x, *axes):
    """``x`` with these axes broadcastable; they must have extent 1 when the function runs."""
    x = as_tensor_variable(x)
    return _rebroadcast(x, [(axis, True) for axis in axes])


def unbroadcast(x, *axes):
    """``x`` with these axes not broadcastable."""
    x = as_tensor_variable(x)
    return _rebroadcast(x, [(axis, False) for axis in axes])


def patternbroadcast(x, broadcastable):
    """``x`` with the given broadcast pattern."""
    x = as_tensor_variable(x)
    return _rebroadcast(x, list(enumerate(broadcastable)))


def _rebroadcast(x, pairs):
    pattern = {int(a): bool(b) for a, b in pairs}
    if any(not 0 <= a < x.type.ndim for a in pattern):
        raise ValueError(f"{x} has {x.type.ndim} dimensions, none with the number {max(pattern)}")
    if x.owner is not None and isinstance(x.owner.op, Rebroadcast):            # two in a row are one
        pattern, x = {**x.owner.op.axis, **pattern}, x.owner.inputs[0]
    changes = [(a, b) for a, b in pattern.items() if x.type.broadcastable[a] != b]
    return Rebroadcast(*changes)(x) if changes else x


class SpecifyShape(Op):
    """``x``, asserted to have ``shape`` when the function runs."""

    view_map = {0: [0]}
    __props__ = ()
    _f16_ok = True

    def make_node(self, x, shp):
        if not isinstance(x, Variable):
            x = as_tensor_variable(x)
        shp = as_tensor_variable(np.zeros(0, "int64") if isinstance(shp, (list, tuple)) and not shp else shp)
        if shp.type.ndim != 1 or shp.type.dtype not in ("int8", "int16", "int32", "int64", "uint8",
                                                        "uint16", "uint32", "uint64"):
            raise TypeError(f"SpecifyShape needs a shape vector of integers, got {shp} of type {shp.type}")
        length = vector_length(shp)
        if length is not None and length != x.type.ndim:
            raise AssertionError(f"SpecifyShape: {x} has {x.type.ndim} dimensions, the shape has {length}")
        if not isinstance(x.type, TensorType):
            return Apply(self, [x, shp], [x.type()])
        pattern = x.type.broadcastable
        if length is not None:
            pattern = [b or static_extent(vector_item(shp, d)) == 1 for d, b in enumerate(pattern)]
        return Apply(self, [x, shp], [x.type.clone(broadcastable=pattern)()])

    def perform(self, node, inputs, output_storage):
        x, shp = inputs
        if tuple(x.shape) != tuple(shp):
            raise AssertionError(f"SpecifyShape: got shape {x.shape}, expected {tuple(int(n) for n in shp)}")
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        shp = node.inputs[1]
        return [tuple(cast(vector_item(shp, d), "int64") for d in range(node.inputs[0].type.ndim))]

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        return [specify_shape(output_grads[0], inputs[1]), _disconnected()]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return [None]
        return self.make_node(eval_points[0], *inputs[1:]).outputs


specify_shape = SpecifyShape()


@method("transpose")
def transpose(x, axes=None):
    """``x`` with its axes in the given order, by default reversed."""
    x = as_tensor_variable(x)
    if axes is None or (isinstance(axes, (tuple, list)) and len(axes) == 0 and x.type.ndim):
        axes = tuple(range(x.type.ndim - 1, -1, -1))
    result = DimShuffle(x.type.broadcastable, tuple(axis_of(x, a) for a in axes))(x)
    if x.name and tuple(axes) == tuple(range(x.type.ndim - 1, -1, -1)):
        result.name = x.name + ".T"
    return result


@method("swapaxes")
def swapaxes(y, axis1, axis2):
    """``y`` with two axes exchanged."""
    y = as_tensor_variable(y)
    axis1, axis2 = axis_of(y, axis1), axis_of(y, axis2)
    order = list(range(y.type.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return y.dimshuffle(order)


def shape_padleft(t, n_ones=1):
    """``t`` with ``n_ones`` broadcastable dimensions put before the others."""
    t = as_tensor_variable(t)
    return t.dimshuffle(["x"] * n_ones + list(range(t.type.ndim)))


def shape_padright(t, n_ones=1):
    """``t`` with ``n_ones`` broadcastable dimensions put after the others."""
    t = as_tensor_variable(t)
    return t.dimshuffle(list(range(t.type.ndim)) + ["x"] * n_ones)


def shape_padaxis(t, axis):
    """``t`` with one broadcastable dimension put at ``axis``."""
    t = as_tensor_variable(t)
    order = list(range(t.type.ndim))
    order.insert(axis_of(t, axis, new=1), "x")
    return t.dimshuffle(order)


@method("squeeze")
def squeeze(x, axis=None):
    """``x`` without its broadcastable dimensions, or without those named by ``axis``.

    Raises ShapeError when a named dimension is not broadcastable by its type.
    """
    x = as_tensor_variable(x)
    if axis is None:
        axis = [d for d, b in enumerate(x.type.broadcastable) if b]
    else:
        axis = [int(a) % max(x.type.ndim, 1) for a in np.atleast_1d(axis)]
    for d in axis:
        if not x.type.broadcastable[d]:
            raise ShapeError(f"cannot squeeze dimension {d} of {x}: its type {x.type} does not call it "
                             "broadcastable. Use addbroadcast first.")
    return x.dimshuffle([d for d in range(x.type.ndim) if d not in axis])



FROM_TYPE[Scalar] = tensor_from_scalar
TensorType.rebroadcast = staticmethod(patternbroadcast)
TensorType.as_scalar = staticmethod(scalar_from_tensor)
FUNCTIONS["get_vector_length"] = vector_length
SEEN_THROUGH.update({
    op: lambda node, index, get: get(node.inputs[0])
    for op in (TensorFromScalar, ScalarFromTensor, Rebroadcast, SpecifyShape, ViewOp, DeepCopyOp)})


def _constant_extent(node, index, get):
    known = getattr(node.inputs[0].type, "shape", (None,) * (node.op.i + 1))[node.op.i]
    if known is None:
        raise NotScalarConstantError()
    return np.asarray(known, dtype="int64")


SEEN_THROUGH[Shape_i] = _constant_extent
