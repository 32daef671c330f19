"""Running sums and products, and differences."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.dtype import computed_in
from theano.scalar.type import upcast
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.elemwise import conjugate, maximum, minimum, second, sum_to_shape_of
from theano.tensor.half import in_single
from theano.tensor.join import concatenate
from theano.tensor.shape import flatten, patternbroadcast
from theano.tensor.type import tensor
from theano.tensor.variable import method


class CumOp(Op):
    """Cumulative sums (``mode="add"``) or products (``"mul"``) along ``axis``.

    x: any tensor   ->   the shape of x; with axis None a vector.  Reference: numpy.cumsum, numpy.cumprod
    """

    __props__ = ("axis", "mode")
    check_input = False

    def __init__(self, axis=None, mode="add"):
        if mode not in ("add", "mul"):
            raise ValueError(f"{type(self).__name__}: Unknown mode {mode!r}, expected 'add' or 'mul'")
        self.axis, self.mode = axis, mode

    def make_node(self, x):
        x = as_tensor_variable(x)
        if self.axis is None:
            return Apply(self, [x], [tensor(x.type.dtype, (False,))])
        axis_of(x, self.axis)
        return Apply(self, [x], [x.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, = inputs
        output_storage[0][0] = (np.cumsum if self.mode == "add" else np.cumprod)(x, axis=self.axis, dtype=x.dtype)

    def infer_shape(self, node, shapes):
        if self.axis is not None:
            return shapes
        size = as_tensor_variable(1)
        for extent in shapes[0]:
            size = size * extent
        return [(size,)]

    def L_op(self, inputs, outputs, output_grads):
        (x,), (y,), (g,) = inputs, outputs, output_grads
        if x.type.dtype.startswith(("int", "uint", "bool")):
            return [x.zeros_like(dtype="floatX")]
        axis, row = (0, flatten(x)) if self.axis is None else (self.axis % x.type.ndim, x)
        if self.mode == "add":
            total = reversed_along(cumsum(reversed_along(g, axis), axis), axis)
        else:                           # without dividing by x, which may be zero
            row, y = conjugate(row), conjugate(y)
            later = recurrence(neighbour(reversed_along(row, axis), axis, 0), reversed_along(g, axis), axis)
            total = reversed_along(later, axis) * neighbour(y, axis, 1)
        return [total.reshape(x.shape, x.type.ndim) if self.axis is None else total]


def reversed_along(x, axis):
    """``x`` with the order along one axis reversed."""
    return x[(slice(None),) * axis + (slice(None, None, -1),)]


def neighbour(x, axis, first):
    """For every element the one before it along ``axis``; the number ``first`` where there is none."""
    extents = [x.shape[d] for d in range(x.type.ndim)]
    extents[axis] = minimum(extents[axis], 1)
    start = alloc(np.asarray(first, dtype=x.type.dtype), *extents)
    rest = x[(*(slice(None),) * axis, slice(None, -1))]
    return patternbroadcast(concatenate([start, rest], axis), x.type.broadcastable)


class Recurrence(Op):
    """h[t] = a[t] * h[t - 1] + b[t] along an axis, where h[-1] is zero.

    a, b: one rank   ->   h: what they broadcast to, but not along the axis, which they share
    """

    __props__ = ("axis",)

    def __init__(self, axis):
        self.axis = axis

    def make_node(self, a, b):
        a, b = as_tensor_variable(a), as_tensor_variable(b)
        if a.type.ndim != b.type.ndim or not 0 <= self.axis < a.type.ndim:
            raise ValueError(f"{self} needs two tensors of one rank with axis {self.axis}, got {a.type} and {b.type}")
        pattern = [p and q for p, q in zip(a.type.broadcastable, b.type.broadcastable, strict=True)]
        return Apply(self, [a, b], [tensor(upcast(a.type.dtype, b.type.dtype), pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        a, b = np.broadcast_arrays(*inputs)
        result = np.empty(a.shape, dtype=computed_in(node.outputs[0].type.dtype))
        a, b, h = (np.moveaxis(v, self.axis, 0) for v in (a, b, result))
        last = np.zeros(h.shape[1:], dtype=h.dtype)
        for t in range(len(h)):
            last = h[t, ...] = a[t] * last + b[t]
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        known = [zip(shape, x.type.broadcastable, strict=True) for shape, x in zip(shapes, node.inputs, strict=True)]
        return [tuple(m if not b else n for (m, b), (n, _) in zip(*known, strict=True))]

    def L_op(self, inputs, outputs, output_grads):
        (a, b), (h,), (g,) = inputs, map(conjugate, outputs), output_grads
        later = Recurrence(self.axis)(neighbour(reversed_along(second(h, conjugate(a)), self.axis), self.axis, 0),
                                      reversed_along(g, self.axis))
        gb = reversed_along(later, self.axis)
        ga = gb * neighbour(h, self.axis, 0)
        return [sum_to_shape_of(_summed(t, x), x).astype(x.type.dtype) for x, t in ((a, ga), (b, gb))]

    def __str__(self):
        return f"Recurrence{{{self.axis}}}"


def _summed(g, x):
    """``g`` summed along the axes where ``x`` is broadcastable by its type."""
    axes = [d for d, (b, c) in enumerate(zip(x.type.broadcastable, g.type.broadcastable, strict=True)) if b and not c]
    return g.sum(axis=axes, keepdims=True) if axes else g


def recurrence(a, b, axis):
    """h[t] = a[t] * h[t - 1] + b[t] along ``axis``, where h[-1] is zero."""
    return Recurrence(axis)(a, b)


class CumsumOp:
    """`CumOp` of sums, under the name that it had once."""

    def __new__(cls, *args, **kwargs):
        return CumOp(*args, mode="add", **kwargs)


class CumprodOp:
    """`CumOp` of products, under the name that it had once."""

    def __new__(cls, *args, **kwargs):
        return CumOp(*args, mode="mul", **kwargs)


@method("cumsum")
def cumsum(x, axis=None):
    """Running sums along ``axis``, or of the flattened ``x``.  Reference: numpy.cumsum"""
    return CumOp(axis, "add")(x)


@method("cumprod")
def cumprod(x, axis=None):
    """Running products along ``axis``, or of the flattened ``x``.  Reference: numpy.cumprod"""
    return CumOp(axis, "mul")(x)


class DiffOp(Op):
    """The n-th discrete difference along an axis.  Reference: numpy.diff"""

    __props__ = ("n", "axis")

    def __init__(self, n=1, axis=-1):
        if n < 0:
            raise ValueError(f"diff needs n >= 0, got {n}")
        self.n, self.axis = n, axis

    def make_node(self, x):
        x = as_tensor_variable(x)
        axis = axis_of(x, self.axis)
        pattern = [b and d != axis for d, b in enumerate(x.type.broadcastable)]
        return Apply(self, [x], [tensor(x.type.dtype, pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        found = np.diff(inputs[0], n=self.n, axis=self.axis)
        output_storage[0][0] = found.copy() if self.n == 0 else found

    def infer_shape(self, node, shapes):
        shape = list(shapes[0])
        shape[self.axis] = maximum(shape[self.axis] - self.n, 0)
        return [tuple(shape)]

    def grad(self, inputs, output_grads):
        (x,), (g,) = inputs, output_grads
        axis = self.axis % x.type.ndim

        def zeros(rows):
            extents = [rows if d == axis else g.shape[d] for d in range(g.type.ndim)]
            return alloc(np.zeros((), dtype=g.type.dtype), *extents)

        behind = x.shape[axis] - g.shape[axis]          # less than n where there was no difference to be taken
        return [(-1) ** self.n * DiffOp(self.n, axis)(concatenate([zeros(self.n), g, zeros(behind)], axis))]


def diff(x, n=1, axis=-1):
    """The n-th differences of neighbours along ``axis``.  Reference: numpy.diff"""
    return DiffOp(n, axis)(x)


@method("ravel")
def ravel(x):
    """All elements as a vector."""
    return flatten(x)
