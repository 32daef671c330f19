"""Cholesky factors of positive definite matrices, and what is computed from them."""

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
BLOCK = 128                     # columns of which the gradient is computed together


class Cholesky(Op):
    """The triangular factor of a positive definite matrix: lower ``L @ L.T == x``, upper ``U.T @ U == x``.

    x: (n, n), of which one triangle is read   ->   (n, n); transposes are conjugate ones for complex matrices
    Reference: scipy.linalg.cholesky

    Parameters
    ----------
    lower : bool
    on_error : {"raise", "nan", "semidefinite"}
        What to do with other matrices: raise LinAlgError; give nan; or give a factor of positive semidefinite ones, and
        raise for the rest.
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

    def L_op(self, inputs, outputs, output_grads):
        """The gradient by the triangle that is read (Murray, arXiv:1602.07527)."""
        (x,), (factor,), (g,) = inputs, outputs, output_grads
        if not is_complex(factor):
            return gradients_like(inputs, [CholeskyGrad(self.lower)(x, factor, g)])
        return gradients_like(inputs, [gradient_of_factor(factor, g, self.lower)])


def semidefinite_factor(x, lower):
    """A triangular factor of a semidefinite matrix by its eigenvalues; None where one is negative beyond rounding."""
    if not np.isfinite(x).all():
        return None
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
            output_storage[0][0] = blocked_gradient(factor, np.tril(g))
        else:
            output_storage[0][0] = blocked_gradient(factor.T, np.tril(g.T)).T

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def L_op(self, inputs, outputs, output_grads):
        x, factor, g = inputs
        of_factor, of_g = through([gradient_of_factor(factor, g, self.lower)], [factor, g], output_grads)
        return gradients_like(inputs, [x.zeros_like(), of_factor, of_g])


def blocked_gradient(factor, g):
    """The gradient of the lower triangle of a matrix from its lower factor; overwrites the gradient ``g`` of that."""
    for stop in range(len(factor), 0, -BLOCK):
        start = max(stop - BLOCK, 0)
        left, block, corner, below = (factor[start:stop, :start], factor[start:stop, start:stop],
                                      factor[stop:, :start], factor[stop:, start:stop])
        of_block = g[start:stop, start:stop]
        if stop < len(factor):
            of_below = lapack.solve_triangular(block.T, g[stop:, start:stop].T, False).T
            g[stop:, start:stop] = of_below
            g[stop:, :start] -= of_below @ left
            of_block -= np.tril(of_below.T @ below)
            g[start:stop, :start] -= of_below.T @ corner
        of_block[...] = _gradient_of_block(block, of_block)
        g[start:stop, :start] -= (of_block + of_block.T) @ left
    return g


def _gradient_of_block(block, g):
    middle = np.tril(block.T @ g)
    np.fill_diagonal(middle, middle.diagonal() / 2)
    half = lapack.solve_triangular(block.T, lapack.solve_triangular(block.T, middle.T, False).T, False)
    whole = half + half.T
    np.fill_diagonal(whole, whole.diagonal() / 2)
    return np.tril(whole)


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

    def L_op(self, inputs, outputs, output_grads):
        factor, = inputs
        lower = factor if self.lower else adjoint(factor)
        root = solve_lower_triangular(lower, identity_like(lower))
        return through([dot(adjoint(root), root)], inputs, output_grads)


cholesky = Cholesky()
