"""Cholesky factors of positive definite matrices, and what is computed from them."""

from functools import cache

import numpy as np
from numpy.linalg import LinAlgError

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.create import identity_like, tril, triu
from theano.tensor.diagonal import diag, diagonal
from theano.tensor.dot import dot
from theano.tensor.linalg import lapack
from theano.tensor.linalg.adjoint import adjoint, gradients_like, inexact, is_complex, matrix_argument, through
from theano.tensor.linalg.solve import solve_lower_triangular, solve_upper_triangular
from theano.tensor.type import tensor

ON_ERROR = ("raise", "nan", "semidefinite")
BLOCK = 64                     # columns of which the gradient is computed together


class Cholesky(Op):
    """The triangular factor of a positive definite matrix: lower ``L @ L.T == x``, upper ``U.T @ U == x``.

    x: (n, n), of which one triangle is read   ->   (n, n); transposes are conjugate ones for complex matrices
    Reference: scipy.linalg.cholesky

    Parameters
    ----------
    lower : bool
    on_error : {"raise", "nan", "semidefinite"}
        What to do with other matrices: raise LinAlgError; give nan; or give a factor of positive semidefinite ones, nan
        for those with nan, and raise for the rest.
    """

    __props__ = ("lower", "destructive", "on_error")

    def __init__(self, lower=True, on_error="raise"):
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error must be one of {ON_ERROR}, got {on_error!r}")
        self.lower, self.destructive, self.on_error = bool(lower), False, on_error

    def make_node(self, x):
        x = matrix_argument("cholesky", x)
        return Apply(self, [x], [tensor(inexact(x.type.dtype), (False, False))])

    def perform(self, node, inputs, output_storage):
        x = np.asarray(lapack.square("cholesky", inputs[0]), node.outputs[0].type.numpy_dtype)
        factor = lapack.cholesky(x, self.lower)
        if factor is None and self.on_error == "nan":
            factor = np.full_like(x, np.nan)
        elif factor is None and self.on_error == "semidefinite":
            factor = semidefinite_factor(x, self.lower)
        if factor is None:
            raise LinAlgError(f"cholesky: the matrix of shape {x.shape} is not positive definite. "
                              "on_error='nan' gives nan instead.")
        output_storage[0][0] = factor

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        """The gradient by the triangle that is read (Murray, arXiv:1602.07527)."""
        (x,), (factor,), (g,) = inputs, outputs, output_grads
        if not is_complex(factor):
            return gradients_like(inputs, [CholeskyGrad(self.lower)(x, factor, g)])
        return gradients_like(inputs, [gradient_of_factor(factor, g, self.lower)])


def semidefinite_factor(x, lower):
    """A triangular factor of a semidefinite matrix by its eigenvalues; None where one is negative beyond rounding.

    The factor of a matrix with nan or inf is nan, as its inverse and determinant are.
    """
    if not np.isfinite(x).all():
        return np.full_like(x, np.nan)
    values, vectors = np.linalg.eigh(x, "L" if lower else "U")
    if values[0] < -len(values) * np.finfo(values.dtype).eps * abs(values).max():
        return None
    root = np.linalg.qr(np.sqrt(np.maximum(values, 0))[:, None] * vectors.conj().T, "r")
    sign = np.sign(root.diagonal().real)
    upper = np.where(sign == 0, 1, sign).astype(x.dtype)[:, None] * root
    return lapack.adjoint(upper) if lower else upper


def gradient_of_factor(factor, g, lower):
    """The gradient of the triangle of x that is read, as a graph of its factor and the gradient ``g`` of that."""
    if not lower:
        factor, g = adjoint(factor), adjoint(g)
    middle = tril(dot(adjoint(factor), g))
    middle = middle - diag(diagonal(middle) / 2)
    if is_complex(middle):
        middle = middle - 0.5j * diag(diagonal(middle).imag)
    upper = adjoint(factor)
    half = solve_upper_triangular(upper, adjoint(solve_upper_triangular(upper, adjoint(middle))))
    whole = half + adjoint(half)
    whole = whole - diag(diagonal(whole) / 2)
    return tril(whole) if lower else triu(adjoint(whole))


class CholeskyGrad(Op):
    """The gradient of `Cholesky`, by the triangle that it reads.

    x: (n, n)   l: its factor   dz: the gradient of that   ->   (n, n), zero in the other triangle; float32 or float64
    Reference: Murray, arXiv:1602.07527, the blocked algorithm
    """

    __props__ = ("lower", "destructive")

    def __init__(self, lower=True):
        self.lower, self.destructive = bool(lower), False

    def make_node(self, x, l, dz):                                                                    # noqa: E741
        x, factor, g = (matrix_argument("CholeskyGrad", v) for v in (x, l, dz))
        return Apply(self, [x, factor, g], [tensor(factor.type.dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        _, factor, g = inputs
        g = np.asarray(g, factor.dtype)
        if np.isnan(factor.diagonal()).any():               # what Cholesky gives for on_error="nan"
            output_storage[0][0] = np.full_like(factor, np.nan)
        elif self.lower:
            output_storage[0][0] = blocked_gradient(factor, g)
        else:
            output_storage[0][0] = blocked_gradient(factor.T, g.T).T

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        x, factor, g = inputs
        of_factor, of_g = through(lambda factor, g: [gradient_of_factor(factor, g, self.lower)], [factor, g],
                                    output_grads)
        return gradients_like(inputs, [x.zeros_like(), of_factor, of_g])


def blocked_gradient(factor, g):
    """The gradient of the lower triangle of a matrix from its lower factor, and the gradient ``g`` of that.

    From the last block of columns to the first; ``whole`` holds the finished gradient and its transpose, so that all
    that later columns say about a block is one product.
    """
    n = len(factor)
    whole = np.empty(g.shape, g.dtype)
    for stop in range(n, 0, -BLOCK):
        start = max(stop - BLOCK, 0)
        block, below = np.ascontiguousarray(factor[start:stop, start:stop]), factor[stop:, start:stop]
        of_block = np.where(halves(stop - start, g.dtype), g[start:stop, start:stop], 0)
        if stop < n:
            of_below = g[stop:, start:stop] - whole[stop:, stop:] @ below
            of_below = lapack.solve_triangular(block.T, of_below.T, False).T
            whole[stop:, start:stop] = of_below
            whole[start:stop, stop:] = of_below.T
            of_block -= of_below.T @ below
        whole[start:stop, start:stop] = _gradient_of_block(block, of_block)
    if n <= BLOCK:
        return whole * halves(n, g.dtype)
    whole.reshape(-1)[::n + 1] /= 2
    return np.tril(whole)


def _gradient_of_block(block, g):
    """The gradient and its transpose, for the lower triangle ``g``."""
    middle = (block.T @ g) * halves(len(block), g.dtype)
    half = lapack.solve_triangular(block.T, lapack.solve_triangular(block.T, middle.T, False).T, False)
    return half + half.T


@cache
def halves(n, dtype):
    """1 below the diagonal, 1/2 there, 0 above; of at most BLOCK rows."""
    return np.tri(n, dtype=dtype) - np.eye(n, dtype=dtype) / 2


class CholeskyInverse(Op):
    """The inverse of a positive definite matrix from its factor.

    factor: (n, n), see `Cholesky`   ->   (n, n)
    """

    __props__ = ("lower",)

    def __init__(self, lower=True):
        self.lower = bool(lower)

    def make_node(self, factor):
        factor = matrix_argument("CholeskyInverse", factor)
        return Apply(self, [factor], [tensor(inexact(factor.type.dtype), (False, False))])

    def perform(self, node, inputs, output_storage):
        factor = np.asarray(lapack.square("inverse", inputs[0]), node.outputs[0].type.numpy_dtype)
        output_storage[0][0] = lapack.inverse_from_cholesky(factor, self.lower)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        def inverse(factor):
            lower = factor if self.lower else adjoint(factor)
            root = solve_lower_triangular(lower, identity_like(lower))
            return [dot(adjoint(root), root)]
        return through(inverse, inputs, output_grads)


cholesky = Cholesky()
