"""Running sums and products, and differences."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.elemwise import ELEMWISE, conjugate, eq, le, maximum, switch
from theano.tensor.half import in_single
from theano.tensor.join import concatenate
from theano.tensor.shape import flatten
from theano.tensor.type import tensor
from theano.tensor.variable import method

and_ = ELEMWISE["and_"]


class CumOp(Op):
    """The sums (``mode="add"``) or products (``"mul"``) of all elements up to each, along ``axis``.

    x: any tensor   ->   the shape of x; with axis None a vector.  Reference: numpy.cumsum, numpy.cumprod
    """

    __props__ = ("axis", "mode")

    def __init__(self, axis=None, mode="add"):
        if mode not in ("add", "mul"):
            raise ValueError(f"{type(self).__name__}: Unknown mode {mode!r}, expected 'add' or 'mul'")
        self.axis, self.mode = axis, mode

    def make_node(self, x):
        x = as_tensor_variable(x)
        if self.axis is None:
            return Apply(self, [x], [tensor(x.type.dtype, (False,))])
        if not -x.type.ndim <= self.axis < x.type.ndim:
            raise ValueError(f"axis(={self.axis}) out of bounds for {x} with {x.type.ndim} dimensions")
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
        axis = 0 if self.axis is None else self.axis % x.type.ndim
        flat = flatten(x) if self.axis is None else x
        total = _from_each_on(g, axis) if self.mode == "add" else _grad_cumprod(flat, y, g, axis)
        return [total.reshape(x.shape, x.type.ndim) if self.axis is None else total]


def _from_each_on(x, axis):
    """The sums of all elements from each on."""
    backwards = (slice(None),) * axis + (slice(None, None, -1),)
    return cumsum(x[backwards], axis)[backwards]


def _grad_cumprod(x, y, g, axis):
    """The gradient of running products ``y``, right to the second derivative where elements are zero.

    A product up to j contains a first zero, and no other, between its place and that of the second one. Derivatives by
    the first zero are the products without it; those by the second are zero, but have derivatives by the first.
    """
    x, y = conjugate(x), conjugate(y)
    zero = eq(x, 0)
    rank = cumsum(zero.astype("int64"), axis)
    first, second_ = and_(zero, eq(rank, 1)), and_(zero, eq(rank, 2))
    without_first, without_both = switch(first, 1, x), switch(and_(zero, le(rank, 2)), 1, x)
    nothing = switch(first, x, 0).sum(axis=axis, keepdims=True)
    by_first = _from_each_on(g * cumprod(without_first, axis), axis)
    by_second = _from_each_on(g * cumprod(without_both, axis), axis) * nothing
    by_others = _from_each_on(g * y, axis) / switch(zero, 1, x)
    return switch(first, by_first, switch(second_, by_second, switch(zero, 0, by_others)))


@method("cumsum")
def cumsum(x, axis=None):
    """Running sums along ``axis``, or of the flattened ``x``.  Reference: numpy.cumsum"""
    return CumOp(axis, "add")(x)


@method("cumprod")
def cumprod(x, axis=None):
    """Running products along ``axis``, or of the flattened ``x``.  Reference: numpy.cumprod"""
    return CumOp(axis, "mul")(x)


class DiffOp(Op):
    """The n-th differences of neighbours along an axis.  Reference: numpy.diff"""

    __props__ = ("n", "axis")

    def __init__(self, n=1, axis=-1):
        if n < 0:
            raise ValueError(f"diff needs n >= 0, got {n}")
        self.n, self.axis = n, axis

    def make_node(self, x):
        x = as_tensor_variable(x)
        if not -x.type.ndim <= self.axis < x.type.ndim:
            raise ValueError(f"axis {self.axis} is out of bounds for {x} with {x.type.ndim} dimensions")
        pattern = [b and d != self.axis % x.type.ndim for d, b in enumerate(x.type.broadcastable)]
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
        zero, extents = np.zeros((), dtype=g.type.dtype), [g.shape[d] for d in range(g.type.ndim)]
        extents[axis] = self.n
        ends = alloc(zero, *extents)
        return [(-1) ** self.n * DiffOp(self.n, axis)(concatenate([ends, g, ends], axis))]


def diff(x, n=1, axis=-1):
    """The n-th differences of neighbours along ``axis``.  Reference: numpy.diff"""
    return DiffOp(n, axis)(x)


@method("ravel")
def ravel(x):
    """All elements as a vector."""
    return flatten(x)
