"""Diagonals: read, made into matrices, and filled."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import cast, maximum, minimum
from theano.tensor.index import stored_value
from theano.tensor.type import tensor
from theano.tensor.variable import method


def _leading(ndim, axis1, axis2):
    """The order of axes with two of them in front."""
    return [axis1, axis2, *(d for d in range(ndim) if d not in (axis1, axis2))]


def _inverse(order):
    return [order.index(d) for d in range(len(order))]


class ExtractDiag(Op):
    """The diagonals of the matrices that two axes of ``x`` are, as the last axis of the result.

    x: at least a matrix   Reference: numpy.diagonal
    """

    __props__ = ("offset", "axis1", "axis2", "view")

    def __init__(self, offset=0, axis1=0, axis2=1, view=False):
        self.offset, self.axis1, self.axis2, self.view = offset, axis1, axis2, bool(view)
        if self.view:
            self.view_map = {0: [0]}

    def make_node(self, x):
        x = as_tensor_variable(x)
        if x.type.ndim < 2:
            raise ValueError(f"ExtractDiag needs an input with 2 or more dimensions, got {x} of type {x.type}")
        kept = _leading(x.type.ndim, *self.axes(x.type.ndim))[2:]
        return Apply(self, [x], [tensor(x.type.dtype, [*(x.type.broadcastable[d] for d in kept), False])])

    def axes(self, ndim):
        """The two axes, counted from the left; ValueError where they are one or don't exist."""
        if not all(-ndim <= a < ndim for a in (self.axis1, self.axis2)) or (self.axis1 - self.axis2) % ndim == 0:
            raise ValueError(f"axis1 and axis2 must be different axes of {ndim}, got {self.axis1} and {self.axis2}")
        return self.axis1 % ndim, self.axis2 % ndim

    def perform(self, node, inputs, output_storage):
        found = inputs[0].diagonal(self.offset, self.axis1, self.axis2)
        output_storage[0][0] = found if self.view else found.copy()

    def infer_shape(self, node, shapes):
        shape, (one, two) = shapes[0], self.axes(len(shapes[0]))
        n = minimum(shape[one], shape[two]) if not self.offset else maximum(0, minimum(
            shape[one] - max(-self.offset, 0), shape[two] - max(self.offset, 0)))
        return [(*(e for d, e in enumerate(shape) if d not in (one, two)), n)]

    def grad(self, inputs, output_grads):
        (x,), (g,) = inputs, output_grads
        order = _leading(x.type.ndim, *self.axes(x.type.ndim))
        along = arange(g.shape[g.type.ndim - 1])
        rows, columns = (along + shift if shift > 0 else along for shift in (-self.offset, self.offset))
        places = x.zeros_like().dimshuffle(order)[rows, columns]
        filled = set_subtensor(places, g.dimshuffle(g.type.ndim - 1, *range(g.type.ndim - 1)))
        return [filled.dimshuffle(_inverse(order))]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0])]


class AllocDiag(Op):
    """Zeros with the last axis of ``x`` on the diagonals of two new axes: the inverse of `ExtractDiag`.

    x: (..., n)   ->   one axis more; axis1 and axis2 have n + abs(offset) places
    """

    __props__ = ("offset", "axis1", "axis2")

    def __init__(self, offset=0, axis1=0, axis2=1):
        if axis1 < 0 or axis2 < 0 or axis1 == axis2:
            raise ValueError(f"AllocDiag needs different axis1 and axis2 >= 0, got {axis1} and {axis2}")
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def make_node(self, diag):
        diag = as_tensor_variable(diag)
        if diag.type.ndim < 1 or max(self.axis1, self.axis2) > diag.type.ndim:
            raise ValueError(f"AllocDiag can't put {diag.type} on axes {self.axis1} and {self.axis2}")
        order = _leading(diag.type.ndim + 1, self.axis1, self.axis2)
        pattern = [False, False, *diag.type.broadcastable[:-1]]
        return Apply(self, [diag], [tensor(diag.type.dtype, [pattern[k] for k in _inverse(order)])])

    def perform(self, node, inputs, output_storage):
        x, = inputs
        n = x.shape[-1] + abs(self.offset)
        order = _leading(x.ndim + 1, self.axis1, self.axis2)
        result = np.zeros((n, n, *x.shape[:-1]), dtype=x.dtype)
        along = np.arange(x.shape[-1])
        result[along + max(-self.offset, 0), along + max(self.offset, 0)] = np.moveaxis(x, -1, 0)
        output_storage[0][0] = np.ascontiguousarray(result.transpose(_inverse(order)))

    def infer_shape(self, node, shapes):
        n = shapes[0][-1] + abs(self.offset)
        shape = [n, n, *shapes[0][:-1]]
        return [tuple(shape[k] for k in _inverse(_leading(len(shape), self.axis1, self.axis2)))]

    def grad(self, inputs, output_grads):
        return [diagonal(output_grads[0], self.offset, self.axis1, self.axis2)]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0])]


@method("diagonal")
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The diagonals of the matrices that two axes of ``a`` are.  Reference: numpy.diagonal"""
    return ExtractDiag(offset, axis1, axis2)(a)


def diag(v, k=0):
    """A matrix with the vector ``v`` on its diagonal ``k``, or that diagonal of the tensor ``v``.

    Raises ValueError for a scalar.  Reference: numpy.diag
    """
    v = as_tensor_variable(v)
    if v.type.ndim == 0:
        raise ValueError(f"diag needs a vector or a tensor of two dimensions and more, got {v.type}")
    return AllocDiag(k)(v) if v.type.ndim == 1 else diagonal(v, offset=k)


@method("trace")
def trace(X):                                                                        # noqa: N803
    """The sum of the diagonal of the matrix ``X``.  Reference: numpy.trace"""
    return diagonal(X).sum()


class FillDiagonal(Op):
    """``a`` with ``val`` on its main diagonal.

    a: matrix, or tensor of equal extents   val: scalar   Reference: numpy.fill_diagonal
    """

    __props__ = ()

    def make_node(self, a, val):
        a, val = as_tensor_variable(a), as_tensor_variable(val)
        if a.type.ndim < 2:
            raise TypeError(f"{self}: first parameter must have at least two dimensions, got {a.type}")
        if val.type.ndim:
            raise TypeError(f"{self}: second parameter must be a scalar, got {val.type}")
        return Apply(self, [a, cast(stored_value(a, val), a.type.dtype)], [a.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = result = inputs[0].copy()
        np.fill_diagonal(result, inputs[1])

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        g, = output_grads
        rest = fill_diagonal(g, 0)
        return [rest, diagonal(g).sum() if g.type.ndim == 2 else (g - rest).sum()]


class FillDiagonalOffset(Op):
    """The matrix ``a`` with ``val`` on the diagonal ``offset``.

    a: (m, n)   val: scalar   offset: integer scalar, positive above the main diagonal
    """

    __props__ = ()

    def make_node(self, a, val, offset):
        a, val, offset = as_tensor_variable(a), as_tensor_variable(val), as_tensor_variable(offset)
        if a.type.ndim != 2 or val.type.ndim or offset.type.ndim:
            raise TypeError(f"{self} needs a matrix and two scalars, got {a.type}, {val.type} and {offset.type}")
        if not offset.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"{self}: the offset must be an integer, got {offset.type}")
        return Apply(self, [a, cast(stored_value(a, val), a.type.dtype), offset], [a.type()])

    def perform(self, node, inputs, output_storage):
        a, value, offset = inputs
        offset = int(offset)
        output_storage[0][0] = result = a.copy()
        along = np.arange(max(min(a.shape[0] - max(-offset, 0), a.shape[1] - max(offset, 0)), 0))
        result[along + max(-offset, 0), along + max(offset, 0)] = value

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def grad(self, inputs, output_grads):
        (_, _, offset), (g,) = inputs, output_grads
        rows, columns = arange(g.shape[0]).dimshuffle(0, "x"), arange(g.shape[1]).dimshuffle("x", 0)
        on_diagonal = rows.type.lift("eq", columns - rows, offset)
        zero = g.zeros_like()
        return [g.type.lift("switch", on_diagonal, zero, g), g.type.lift("switch", on_diagonal, g, zero).sum(),
                DisconnectedType()()]


fill_diagonal_, fill_diagonal_offset_ = FillDiagonal(), FillDiagonalOffset()


def fill_diagonal(a, val):
    """``a`` with ``val`` on its main diagonal.  Reference: numpy.fill_diagonal, which works in place"""
    return fill_diagonal_(a, val)


def fill_diagonal_offset(a, val, offset):
    """The matrix ``a`` with ``val`` on its diagonal ``offset``."""
    return fill_diagonal_offset_(a, val, offset)
