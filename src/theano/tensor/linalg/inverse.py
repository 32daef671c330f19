"""Inverses and determinants of matrices, and what is solved by them for tensors."""

import numpy as np
from numpy.linalg import LinAlgError

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import zeros
from theano.tensor.dot import dot, tensordot
from theano.tensor.elemwise import abs_, eq, gt, lt, switch
from theano.tensor.join import concatenate
from theano.tensor.linalg import lapack
from theano.tensor.linalg.adjoint import (
    adjoint,
    conjugate,
    connected,
    gradients_like,
    inexact,
    is_complex,
    matrix_argument,
    real,
)
from theano.tensor.linalg.decompose import svd
from theano.tensor.linalg.solve import right_side, solve
from theano.tensor.type import tensor


class MatrixInverse(Op):
    """The inverse of a square matrix.

    x: (n, n)   ->   (n, n)   Raises LinAlgError where ``x`` is singular or not square.
    Where the inverse multiplies something, `solve` is more exact, and what the rewriter uses.
    Reference: numpy.linalg.inv
    """

    __props__ = ()
    rop_takes_none = True

    def make_node(self, x):
        x = matrix_argument("matrix_inverse", x)
        return Apply(self, [x], [tensor(inexact(x.type.dtype), x.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        x = np.asarray(lapack.square("matrix_inverse", inputs[0]), node.outputs[0].type.numpy_dtype)
        output_storage[0][0] = lapack.lu_inverse(*lapack.lu_factor(x))

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        turned = adjoint(outputs[0])
        return gradients_like(inputs, [-dot(turned, dot(output_grads[0], turned))])

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return [None]
        inverse = self(inputs[0])
        return [-dot(inverse, dot(eval_points[0], inverse))]


class MatrixPinv(Op):
    """The pseudo-inverse of Moore and Penrose.

    x: (m, n)   ->   (n, m)   Reference: numpy.linalg.pinv
    """

    __props__ = ()

    def make_node(self, x):
        x = matrix_argument("pinv", x)
        return Apply(self, [x], [tensor(inexact(x.type.dtype), x.type.broadcastable[::-1])])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.linalg.pinv(np.asarray(inputs[0], node.outputs[0].type.numpy_dtype))

    def infer_shape(self, node, shapes):
        return [shapes[0][::-1]]

    def L_op(self, inputs, outputs, output_grads):
        """The gradient where the rank does not change (Golub and Pereyra 1973, equation 4.12)."""
        (x,), (p,), (g,) = inputs, outputs, output_grads
        p_h, g_h = adjoint(p), adjoint(g)
        outside = dot(g_h, dot(p, p_h)) - dot(dot(x, p), dot(g_h, dot(p, p_h)))
        inside = dot(p_h, dot(p, g_h)) - dot(dot(p_h, dot(p, g_h)), dot(p, x))
        return gradients_like(inputs, [outside + inside - dot(p_h, dot(g, p_h))])


class Det(Op):
    """The determinant of a square matrix.

    x: (n, n)   ->   ()   Reference: numpy.linalg.det
    """

    __props__ = ()

    def make_node(self, x):
        x = matrix_argument("det", x)
        return Apply(self, [x], [tensor(inexact(x.type.dtype), ())])

    def perform(self, node, inputs, output_storage):
        x = np.asarray(lapack.square("det", inputs[0]), node.outputs[0].type.numpy_dtype)
        with np.errstate(all="ignore"):                     # inf and nan are results
            output_storage[0][0] = np.asarray(np.linalg.det(x), x.dtype)

    def infer_shape(self, node, shapes):
        return [()]

    def L_op(self, inputs, outputs, output_grads):
        (x,), (d,), (g,) = inputs, outputs, output_grads
        return gradients_like(inputs, [(g * conjugate(d)).dimshuffle("x", "x") * adjoint(matrix_inverse(x))])

    def __str__(self):
        return "Det"


class SLogDet(Op):
    """The sign of the determinant of a square matrix, and the logarithm of its absolute value, without overflow.

    x: (n, n)   ->   sign (), logarithm ()   Reference: numpy.linalg.slogdet
    """

    __props__ = ()

    def make_node(self, x):
        x = matrix_argument("slogdet", x)
        dtype = inexact(x.type.dtype)
        return Apply(self, [x], [tensor(dtype, ()), tensor(real(dtype), ())])

    def perform(self, node, inputs, output_storage):
        x = np.asarray(lapack.square("slogdet", inputs[0]), node.outputs[0].type.numpy_dtype)
        with np.errstate(all="ignore"):
            found = np.linalg.slogdet(x)
        for cell, value, out in zip(output_storage, found, node.outputs, strict=True):
            cell[0] = np.asarray(value, out.type.numpy_dtype)

    def infer_shape(self, node, shapes):
        return [(), ()]

    def L_op(self, inputs, outputs, output_grads):
        """``d log(det(x)) == trace(inv(x) @ dx)``, by its real part the logarithm, by its imaginary part the sign."""
        (x,), (sign, _), (of_sign, of_log) = inputs, outputs, output_grads
        slope = None
        if connected(of_sign) and is_complex(sign):
            slope = 1j * (of_sign * conjugate(sign)).imag
        if connected(of_log):
            slope = of_log if slope is None else slope + of_log
        if slope is None:
            return [x.zeros_like()]
        return gradients_like(inputs, [slope.dimshuffle("x", "x") * adjoint(matrix_inverse(x))])


class TensorInv(Op):
    """The inverse for `tensordot` of ``ind`` axes.

    a: shape with the product of the first ``ind`` extents equal to that of the rest   ->   the rest, then the first
    Reference: numpy.linalg.tensorinv
    """

    __props__ = ("ind",)

    def __init__(self, ind=2):
        self.ind = ind

    def make_node(self, a):
        a = as_tensor_variable(a)
        if self.ind <= 0 or self.ind > a.type.ndim:
            raise ValueError(f"tensorinv needs 0 < ind <= {a.type.ndim}, got {self.ind}")
        pattern = a.type.broadcastable
        return Apply(self, [a], [tensor(inexact(a.type.dtype), pattern[self.ind:] + pattern[:self.ind])])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.linalg.tensorinv(np.asarray(inputs[0], node.outputs[0].type.numpy_dtype), self.ind)

    def infer_shape(self, node, shapes):
        return [(*shapes[0][self.ind:], *shapes[0][:self.ind])]

    def L_op(self, inputs, outputs, output_grads):
        (a,), (inverse,), (g,) = inputs, outputs, output_grads
        n, m = self.ind, a.type.ndim - self.ind
        turned = conjugate(inverse).dimshuffle(*range(m, m + n), *range(m))
        return gradients_like(inputs, [-tensordot(turned, tensordot(g, turned, n), m)])


class TensorSolve(Op):
    """x with ``tensordot(a, x, x.ndim) == b``.

    a: shape of ``b``, then that of x, after ``axes`` were moved to the end   Reference: numpy.linalg.tensorsolve
    """

    __props__ = ("axes",)

    def __init__(self, axes=None):
        self.axes = None if axes is None else tuple(axes)

    def make_node(self, a, b):
        a, b = as_tensor_variable(a), as_tensor_variable(b)
        if a.type.ndim < b.type.ndim:
            raise TypeError(f"tensorsolve needs at least as many axes of a as of b, got {a.type} and {b.type}")
        pattern = [a.type.broadcastable[d] for d in self._order(a.type.ndim)[b.type.ndim:]]
        return Apply(self, [a, b], [tensor(inexact(upcast(a.type.dtype, b.type.dtype)), pattern)])

    def _order(self, ndim):
        moved = [] if self.axes is None else [d % ndim for d in self.axes]
        return [d for d in range(ndim) if d not in moved] + moved

    def perform(self, node, inputs, output_storage):
        dtype = node.outputs[0].type.numpy_dtype
        a, b = (np.asarray(x, dtype) for x in inputs)
        output_storage[0][0] = np.linalg.tensorsolve(a, b, self.axes)

    def infer_shape(self, node, shapes):
        order = self._order(len(shapes[0]))
        return [tuple(shapes[0][d] for d in order[len(shapes[1]):])]

    def L_op(self, inputs, outputs, output_grads):
        (a, b), (x,), (g,) = inputs, outputs, output_grads
        moved = a.dimshuffle(self._order(a.type.ndim))
        matrix = moved.reshape((b.size, x.size), ndim=2)
        of_b = solve(adjoint(matrix), g.flatten()).reshape(b.shape, ndim=b.type.ndim)
        of_moved = -tensordot(of_b, conjugate(x), 0)
        order = self._order(a.type.ndim)
        return gradients_like(inputs, [of_moved.dimshuffle([order.index(d) for d in range(len(order))]), of_b])


class lstsq(Op):                                                                                        # noqa: N801
    """The solution of ``x @ z == y`` by least squares, of smallest norm where there are several.

    x: (m, n)   y: (m,) or (m, k)   rcond: scalar, singular values below this part of the largest count as zero
    ->   z (n,) or (n, k); sums of squared residuals, (0,) where the rank is not n or m <= n; the rank; singular values
    Raises LinAlgError where these are no matrices and scalar.  Reference: numpy.linalg.lstsq
    """

    __props__ = ()

    def make_node(self, x, y, rcond):
        x, y, rcond = (as_tensor_variable(v) for v in (x, y, rcond))
        dtype = inexact(upcast(x.type.dtype, y.type.dtype))
        rest = real(dtype)
        return Apply(self, [x, y, rcond], [tensor(dtype, (False,) * y.type.ndim), tensor(rest, (False,)),
                                           tensor("int64", ()), tensor(rest, (False,))])

    def perform(self, node, inputs, output_storage):
        x, y, rcond = inputs
        if rcond.ndim:
            raise LinAlgError(f"lstsq needs a scalar as rcond, got shape {rcond.shape}")
        dtype = node.outputs[0].type.numpy_dtype
        results = np.linalg.lstsq(np.asarray(x, dtype), np.asarray(y, dtype), float(rcond))
        for cell, value, out in zip(output_storage, results, node.outputs, strict=True):
            cell[0] = np.asarray(value, out.type.numpy_dtype)

    def connection_pattern(self, node):
        return [[True, True, False, True], [True, True, False, False], [False] * 4]

    def L_op(self, inputs, outputs, output_grads):
        """The gradient of all but the rank, where no singular value comes to the limit that ``rcond`` sets."""
        x, y, rcond = inputs
        of_z, of_residuals, _, of_values = output_grads
        z, right = columns(outputs[0]), columns(right_side("lstsq", y))
        u, s, vh = svd(x, full_matrices=0)
        of_x, of_y = x.zeros_like(dtype=u.type.dtype), right.zeros_like(dtype=z.type.dtype)
        if connected(of_residuals):                     # one of each column, or none; z is where they don't change
            away = (dot(x, z) - right) * 2 * padded(of_residuals, z.shape[1])
            of_x, of_y = of_x + dot(away, adjoint(z)), of_y - away
        if connected(of_z):
            more, of_right = gradient_of_solution(u, s, vh, right, columns(of_z), rcond)
            of_x, of_y = of_x + more, of_y + of_right
        if connected(of_values):
            of_x = of_x + dot(u * of_values.dimshuffle("x", 0), vh)
        return [*gradients_like([x, y], [of_x, of_y if y.type.ndim == 2 else of_y[:, 0]]), DisconnectedType()()]


def columns(x):
    """A vector as a matrix of one column; a matrix as it is."""
    return x.dimshuffle(0, "x") if x.type.ndim == 1 else x


def padded(x, n):
    """``n`` elements: those of ``x``, or zeros where it has none."""
    return concatenate([x, zeros((n,), x.type.dtype)])[:n]


def gradient_of_solution(u, s, vh, right, g, rcond):
    """Gradients of x and y for the gradient ``g`` of ``z == v @ diag(f(s)) @ u.H @ y``; f is 1/s, or 0 for small s.

    As a graph. The derivative of such a function of singular values has divided differences of f, here of odd and even
    order, between the vectors, and f(s)/s outside (Noferini 2017, A formula for the Frechet derivative of a generalized
    matrix function, theorem 3.4). Where values are left out whose singular values are zero, the rank stays as it is.
    """
    def row(x):
        return x.dimshuffle("x", 0)

    def column(x):
        return x.dimshuffle(0, "x")

    kept = gt(s, switch(lt(rcond, 0), np.finfo(s.type.dtype).eps, rcond) * s[:1].sum()).astype(s.type.dtype)
    f = switch(eq(kept, 0), 0, 1 / switch(eq(kept, 0), 1, s))
    both, one = column(f) * row(f), column(kept) * (1 - row(kept)) + row(kept) * (1 - column(kept))
    mixed, apart = (column(f) + row(f)) * one, abs_(column(s) - row(s)) + (1 - one)
    total = column(s) + row(s) + (1 - one)
    turned = dot(right, adjoint(g))                                              # of the adjoint of the inverse
    inner = dot(adjoint(u), dot(turned, adjoint(vh)))
    even, odd = (inner + adjoint(inner)) / 2, (inner - adjoint(inner)) / 2
    middle = even * (mixed / apart - both) + odd * (mixed / total + both)
    left, right_part = dot(turned, adjoint(vh)) - dot(u, inner), dot(adjoint(u), turned) - dot(inner, vh)
    of_x = dot(dot(u, middle) + left * row(f ** 2), vh) + dot(u, column(f ** 2) * right_part)
    return of_x, dot(u, column(f) * dot(vh, g))


matrix_inverse = MatrixInverse()
pinv = MatrixPinv()
det = Det()
_slogdet = SLogDet()


def slogdet(x):
    """The sign of the determinant of ``x`` and the logarithm of its absolute value.  Reference: numpy.linalg.slogdet"""
    return _slogdet(x)


def tensorinv(a, ind=2):
    """The inverse of ``a`` for `tensordot` of ``ind`` axes.  Reference: numpy.linalg.tensorinv"""
    return TensorInv(ind)(a)


def tensorsolve(a, b, axes=None):
    """x with ``tensordot(a, x, x.ndim) == b``.  Reference: numpy.linalg.tensorsolve"""
    return TensorSolve(axes)(a, b)
