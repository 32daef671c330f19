"""Eigenvalues and eigenvectors."""

from importlib import import_module

import numpy as np
from numpy.linalg import LinAlgError

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.diagonal import diag, diagonal
from theano.tensor.dot import dot
from theano.tensor.elemwise import eq, switch
from theano.tensor.linalg import lapack
from theano.tensor.linalg.adjoint import (
    adjoint,
    conjugate,
    connected,
    fold,
    gradients_like,
    hermitian,
    inexact,
    is_complex,
    is_none,
    matrix_argument,
    real,
    through,
    unless_free,
)
from theano.tensor.linalg.cholesky import cholesky
from theano.tensor.linalg.solve import solve, solve_lower_triangular, solve_upper_triangular
from theano.tensor.slices import NoneConst
from theano.tensor.type import tensor


class Eig(Op):
    """Eigenvalues of a square matrix and its right eigenvectors, the columns of ``v``.

    x: (n, n)   ->   w (n,), v (n, n), of the dtype of x
    Raises LinAlgError where a real matrix has complex ones.  Reference: numpy.linalg.eig
    """

    __props__ = ()

    def make_node(self, x):
        x = matrix_argument(type(self).__name__.lower(), x)
        dtype = inexact(x.type.dtype)
        return Apply(self, [x], [tensor(dtype, (False,)), tensor(dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        dtype = node.outputs[0].type.numpy_dtype
        values, vectors = np.linalg.eig(np.asarray(lapack.square("eig", inputs[0]), dtype))
        if values.dtype.kind == "c" and dtype.kind != "c":
            raise LinAlgError("eig: this real matrix has complex eigenvalues. "
                              "Give it as complex numbers: eig(x.astype('complex128')).")
        output_storage[0][0], output_storage[1][0] = values, vectors

    def infer_shape(self, node, shapes):
        n = shapes[0][0]
        return [(n,), (n, n)]

    def L_op(self, inputs, outputs, output_grads):
        """The gradient for distinct eigenvalues (Giles 2008, section 3.1, for eigenvectors of unit norm).

        The phase of a complex eigenvector is free: see `unless_free`.
        """
        w, v = outputs
        of_values, of_vectors = output_grads
        middle = diag(of_values) if connected(of_values) else None
        if connected(of_vectors):
            inner = dot(adjoint(v), of_vectors)
            along = (conjugate(v) * of_vectors).sum(0)
            if is_complex(v):
                inner, along = unless_free(inner, along.imag, of_vectors), along.real
            unit = dot(adjoint(v), v) * along.dimshuffle("x", 0)
            term = _over_differences(inner - unit, conjugate(w))
            middle = term if middle is None else middle + term
        turned = adjoint(v)
        return gradients_like(inputs, [solve(turned, dot(middle, turned))])


def _over_differences(x, w):
    """``x[i, j] / (w[j] - w[i])``, zero where these are equal."""
    differences = w.dimshuffle("x", 0) - w.dimshuffle(0, "x")
    same = eq(differences, 0)
    return switch(same, 0, x / switch(same, 1, differences)).astype(x.type.dtype)


class Eigh(Eig):
    """Eigenvalues of a Hermitian matrix in ascending order, and its orthonormal eigenvectors, the columns of ``v``.

    x: (n, n), of which the triangle ``UPLO`` ("L" or "U") is read   ->   w (n,), real; v (n, n)
    Reference: numpy.linalg.eigh
    """

    __props__ = ("UPLO",)

    def __init__(self, UPLO="L"):                                                                    # noqa: N803
        if UPLO not in ("L", "U"):
            raise ValueError(f"UPLO must be 'L' or 'U', got {UPLO!r}")
        self.UPLO = UPLO

    def make_node(self, x):
        x = matrix_argument("eigh", x)
        dtype = inexact(x.type.dtype)
        return Apply(self, [x], [tensor(real(dtype), (False,)), tensor(dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        x = np.asarray(lapack.square("eigh", inputs[0]), node.outputs[1].type.numpy_dtype)
        output_storage[0][0], output_storage[1][0] = np.linalg.eigh(x, self.UPLO)

    def L_op(self, inputs, outputs, output_grads):
        w, v = outputs
        of_values, of_vectors = (g if connected(g) else None for g in output_grads)
        return gradients_like(inputs, [gradient_of_eigh(w, v, of_values, of_vectors, self.UPLO)])


def gradient_of_eigh(w, v, of_values, of_vectors, uplo):
    """The gradient by the triangle that is read, as a graph (Giles 2008, section 3.1); None for what is disconnected.

    Eigenvectors of equal eigenvalues are not unique: what the gradients say about their rotation is left out. So are
    the phases of complex ones: see `unless_free`.
    """
    middle = None if of_values is None else diag(of_values)
    if of_vectors is not None:
        inner = dot(adjoint(v), of_vectors)
        if is_complex(v):
            inner = unless_free(inner, diagonal(inner).imag, of_vectors)
        term = _over_differences(inner, w)
        middle = term if middle is None else middle + term
    whole = dot(v, dot(middle, adjoint(v)))
    return fold((whole + adjoint(whole)) / 2, uplo == "L")


class EighGrad(Op):
    """The gradient of `Eigh` by the triangle that it reads.

    x: (n, n)   w, v: what Eigh gives   W, V: gradients of these   ->   (n, n)
    """

    __props__ = ("UPLO",)

    def __init__(self, UPLO="L"):                                                                    # noqa: N803
        self.UPLO = UPLO

    def make_node(self, x, w, v, W, V):                                                              # noqa: N803
        x, w, v, of_w, of_v = (as_tensor_variable(z) for z in (x, w, v, W, V))
        return Apply(self, [x, w, v, of_w, of_v], [tensor(v.type.dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        _, w, v, of_w, of_v = inputs
        with np.errstate(all="ignore"):
            inner = lapack.adjoint(v) @ of_v / (w[None, :] - w[:, None])
        middle = np.where(w[None, :] == w[:, None], 0, inner)
        np.fill_diagonal(middle, of_w)
        whole = v @ middle @ lapack.adjoint(v)
        whole = (whole + lapack.adjoint(whole)) / 2
        half = np.tril(whole) + lapack.adjoint(np.triu(whole, 1))
        output_storage[0][0] = (half if self.UPLO == "L" else lapack.adjoint(half)).astype(v.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        return [inputs[0].zeros_like(),
                *through(lambda *known: [gradient_of_eigh(*known, self.UPLO)], inputs[1:], output_grads)]


class Eigvalsh(Op):
    """Eigenvalues of a Hermitian matrix, or w with ``a @ v == w * b @ v``, in ascending order.

    a: (n, n)   b: (n, n), positive definite, or None   ->   (n,), real. One triangle of each is read.
    Reference: scipy.linalg.eigvalsh
    """

    __props__ = ("lower",)

    def __init__(self, lower=True):
        if lower not in (True, False):
            raise ValueError(f"lower must be True or False, got {lower!r}")
        self.lower = bool(lower)

    def make_node(self, a, b):
        a = matrix_argument("eigvalsh", a)
        if is_none(b):
            return Apply(self, [a, NoneConst.clone()], [tensor(real(inexact(a.type.dtype)), (False,))])
        b = matrix_argument("eigvalsh", b)
        return Apply(self, [a, b], [tensor(real(inexact(upcast(a.type.dtype, b.type.dtype))), (False,))])

    def perform(self, node, inputs, output_storage):
        a, b = _pencil(inputs, node)
        if b is None:
            values = np.linalg.eigvalsh(a, "L" if self.lower else "U")
        else:
            values = import_module("scipy.linalg").eigh(a, b, lower=self.lower, eigvals_only=True, check_finite=False)
        output_storage[0][0] = values

    def infer_shape(self, node, shapes):
        return [(shapes[0][0],)]

    def connection_pattern(self, node):
        return [[True], [node.inputs[1].type != NoneConst.type]]

    def L_op(self, inputs, outputs, output_grads):
        a, b = inputs
        if b.type == NoneConst.type:
            w, v = eigh(a, "L" if self.lower else "U")
            return [*gradients_like([a], [gradient_of_eigh(w, v, output_grads[0], None, "L" if self.lower else "U")]),
                    DisconnectedType()()]
        return gradients_like(inputs, EigvalshGrad(self.lower)(a, b, output_grads[0]))


def _pencil(inputs, node):
    dtype = np.result_type(*(np.dtype(inexact(v.type.dtype)) for v in node.inputs if v.type != NoneConst.type))
    a = np.asarray(lapack.square("eigvalsh", inputs[0]), dtype)
    if inputs[1] is None:
        return a, None
    lapack.fitting("eigvalsh", a, lapack.square("eigvalsh", inputs[1]))
    return a, np.asarray(inputs[1], dtype)


class EigvalshGrad(Op):
    """The gradient of `Eigvalsh` of two matrices, by the triangles that it reads.

    a, b: (n, n)   gw: (n,)   ->   (n, n), (n, n)
    """

    __props__ = ("lower",)

    def __init__(self, lower=True):
        self.lower = bool(lower)

    def make_node(self, a, b, gw):
        a, b, gw = matrix_argument("EigvalshGrad", a), matrix_argument("EigvalshGrad", b), as_tensor_variable(gw)
        dtype = inexact(upcast(a.type.dtype, b.type.dtype, gw.type.dtype))
        return Apply(self, [a, b, gw], [tensor(dtype, (False, False)), tensor(dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        a, b = _pencil(inputs[:2], node)
        w, v = import_module("scipy.linalg").eigh(a, b, lower=self.lower, check_finite=False)
        gw = inputs[2]
        wholes = (v * gw) @ lapack.adjoint(v), (v * (-gw * w)) @ lapack.adjoint(v)
        for cell, whole in zip(output_storage, wholes, strict=True):
            half = np.tril(whole) + lapack.adjoint(np.triu(whole, 1))
            cell[0] = (half if self.lower else lapack.adjoint(half)).astype(node.outputs[0].type.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0], shapes[1]]

    def L_op(self, inputs, outputs, output_grads):
        return through(lambda *given: _gradient_of_pencil(*given, self.lower), inputs, output_grads)


def _gradient_of_pencil(a, b, gw, lower):
    """What EigvalshGrad computes, as a graph: of the matrix ``inv(L) a inv(L).T`` with ``L L.T == b``."""
    a, b = hermitian(a, lower), hermitian(b, lower)
    factor = cholesky(b)
    reduced = solve_lower_triangular(factor, adjoint(solve_lower_triangular(factor, a)))
    w, u = eigh(reduced)
    v = solve_upper_triangular(adjoint(factor), u)
    row = gw.dimshuffle("x", 0)
    return [fold(dot(v * row, adjoint(v)), lower), fold(-dot(v * (row * w.dimshuffle("x", 0)), adjoint(v)), lower)]


eig = Eig()


def eigh(a, UPLO="L"):                                                                               # noqa: N803
    """Eigenvalues and eigenvectors of a Hermitian matrix.  Reference: numpy.linalg.eigh"""
    return Eigh(UPLO)(a)


def eigvalsh(a, b, lower=True):
    """Eigenvalues of a Hermitian matrix, or of two; ``b`` may be None.  Reference: scipy.linalg.eigvalsh"""
    return Eigvalsh(lower)(a, b)
