"""QR factors and singular values."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.assertion import Assert
from theano.tensor.create import tril
from theano.tensor.diagonal import diag, diagonal
from theano.tensor.dot import dot
from theano.tensor.elemwise import eq, minimum, switch
from theano.tensor.join import concatenate
from theano.tensor.linalg.adjoint import (
    adjoint,
    connected,
    gradients_like,
    inexact,
    is_complex,
    matrix_argument,
    real,
    zero_disconnected,
)
from theano.tensor.linalg.solve import solve_upper_triangular
from theano.tensor.type import tensor

MODES = {"reduced": 2, "complete": 2, "raw": 2, "r": 1}            # how many results
only_first = Assert("This gradient exists only where what it says about columns beyond min(m, n) is zero: they are not "
                    "unique. Use mode='reduced' or full_matrices=False.")


class QRFull(Op):
    """``a == dot(q, r)`` with orthonormal columns of q and triangular r.

    a: (m, n), k = min(m, n)   ->   mode "reduced": q (m, k), r (k, n); "complete": q (m, m), r (m, n); "raw": h (n, m)
    and tau (k,) of LAPACK.  Reference: numpy.linalg.qr
    """

    __props__ = ("mode",)

    def __init__(self, mode):
        if MODES.get(mode) != 2:
            raise ValueError(f"mode must be one of {[m for m, n in MODES.items() if n == 2]}, got {mode!r}")
        self.mode = mode

    def make_node(self, a):
        a = matrix_argument("qr", a)
        dtype = inexact(a.type.dtype)
        second = (False,) if self.mode == "raw" else (False, False)
        return Apply(self, [a], [tensor(dtype, (False, False)), tensor(dtype, second)])

    def perform(self, node, inputs, output_storage):
        found = np.linalg.qr(np.asarray(inputs[0], node.outputs[0].type.numpy_dtype), self.mode)
        output_storage[0][0], output_storage[1][0] = found

    def infer_shape(self, node, shapes):
        m, n = shapes[0]
        k = minimum(m, n)
        return {"reduced": [(m, k), (k, n)], "complete": [(m, m), (m, n)], "raw": [(n, m), (k,)]}[self.mode]

    def L_op(self, inputs, outputs, output_grads):
        if self.mode == "raw":
            raise NotImplementedError("qr(mode='raw') has no gradient. Use mode='reduced'.")
        (a,), (q, r) = inputs, outputs
        of_q, of_r = zero_disconnected(outputs, output_grads)
        if self.mode == "complete":
            k = minimum(a.shape[0], a.shape[1])
            of_q, of_r = only_first(of_q, eq(of_q[:, k:], 0).all()), of_r[:k]
            q, r, of_q = q[:, :k], r[:k], of_q[:, :k]
        return gradients_like(inputs, [gradient_of_qr(a, q, r, of_q, of_r)])


def gradient_of_qr(a, q, r, of_q, of_r):
    """The gradient of the reduced factors of full rank, as a graph (Walter and Lehmann, arXiv:1009.6112).

    The columns of a wide matrix after the square part only turn with q (Roberts and Roberts, arXiv:2009.10071).
    """
    k = q.shape[1]
    of_q = of_q + dot(a[:, k:], adjoint(of_r[:, k:]))
    square, of_square = r[:, :k], of_r[:, :k]
    middle = dot(square, adjoint(of_square)) - dot(adjoint(of_q), q)
    below = tril(middle, -1)
    middle = below + adjoint(below) + diag(diagonal(middle).real if is_complex(middle) else diagonal(middle))
    first = adjoint(solve_upper_triangular(square, adjoint(of_q + dot(q, middle))))
    return concatenate([first, dot(q, of_r[:, k:])], axis=1)


class QRIncomplete(Op):
    """The triangular factor r of ``a == dot(q, r)``.

    a: (m, n)   ->   (min(m, n), n)   Reference: numpy.linalg.qr with mode "r"
    """

    __props__ = ("mode",)

    def __init__(self, mode):
        if MODES.get(mode) != 1:
            raise ValueError(f"mode must be 'r', got {mode!r}")
        self.mode = mode

    def make_node(self, a):
        a = matrix_argument("qr", a)
        return Apply(self, [a], [tensor(inexact(a.type.dtype), (False, False))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.linalg.qr(np.asarray(inputs[0], node.outputs[0].type.numpy_dtype), self.mode)

    def infer_shape(self, node, shapes):
        m, n = shapes[0]
        return [(minimum(m, n), n)]

    def L_op(self, inputs, outputs, output_grads):
        a, = inputs
        q, r = QRFull("reduced")(a)
        return gradients_like(inputs, [gradient_of_qr(a, q, r, q.zeros_like(), output_grads[0])])


class SVD(Op):
    """Singular values, in descending order, and singular vectors: ``A == dot(u * s, vt)``.

    A: (m, n), k = min(m, n)   ->   u (m, m), s (k,), vt (n, n); with full_matrices=False u (m, k) and vt (k, n); with
    compute_uv=False only s.  Reference: numpy.linalg.svd
    """

    __props__ = ("full_matrices", "compute_uv")

    def __init__(self, full_matrices=True, compute_uv=True):
        self.full_matrices, self.compute_uv = bool(full_matrices), bool(compute_uv)

    def make_node(self, x):
        x = matrix_argument("svd", x)
        dtype = inexact(x.type.dtype)
        values, vectors = tensor(real(dtype), (False,)), [tensor(dtype, (False, False)) for _ in range(2)]
        return Apply(self, [x], [vectors[0], values, vectors[1]] if self.compute_uv else [values])

    def perform(self, node, inputs, output_storage):
        dtype = node.outputs[0].type.numpy_dtype if self.compute_uv else inexact(node.inputs[0].type.dtype)
        found = np.linalg.svd(np.asarray(inputs[0], dtype), self.full_matrices, self.compute_uv)
        for cell, value in zip(output_storage, found if self.compute_uv else [found], strict=True):
            cell[0] = value

    def infer_shape(self, node, shapes):
        m, n = shapes[0]
        k = minimum(m, n)
        if not self.compute_uv:
            return [(k,)]
        return [(m, m), (k,), (n, n)] if self.full_matrices else [(m, k), (k,), (k, n)]

    def L_op(self, inputs, outputs, output_grads):
        a, = inputs
        if not self.compute_uv:
            u, s, vt = SVD(full_matrices=False)(a)
            return gradients_like(inputs, [dot(u * output_grads[0].dimshuffle("x", 0), vt)])
        u, s, vt = outputs
        of_u, of_s, of_vt = (g if connected(g) else None for g in output_grads)
        if self.full_matrices:
            k = s.shape[0]
            u, vt = u[:, :k], vt[:k]
            if of_u is not None:
                of_u = only_first(of_u, eq(of_u[:, k:], 0).all())[:, :k]
            if of_vt is not None:
                of_vt = only_first(of_vt, eq(of_vt[k:], 0).all())[:k]
        return gradients_like(inputs, [gradient_of_svd(u, s, vt, of_u, of_s, of_vt)])


def gradient_of_svd(u, s, vt, of_u, of_s, of_vt):
    """The gradient of the reduced factors, as a graph (Townsend 2016; complex: Wan and Zhang, arXiv:1909.02659).

    Gradients are None for what is disconnected. Vectors of equal singular values are not unique: what the gradients say
    about their rotation is left out.
    """
    row, column = s.dimshuffle("x", 0), s.dimshuffle(0, "x")
    gaps = row * row - column * column
    same = eq(gaps, 0)
    gaps = switch(same, 1, gaps)
    total, outside = None if of_s is None else diag(of_s), []
    v, vh = adjoint(vt), vt
    if of_u is not None:
        inner = dot(adjoint(u), of_u)
        turn = switch(same, 0, (inner - adjoint(inner)) / gaps) * row
        if is_complex(u):
            imaginary = diagonal(inner).imag / s
            turn = turn + 1j * diag(imaginary)
        total = turn if total is None else total + turn
        outside.append(dot((of_u - dot(u, inner)) / row, vh))
    if of_vt is not None:
        of_v = adjoint(of_vt)
        inner = dot(vh, of_v)
        turn = switch(same, 0, (inner - adjoint(inner)) / gaps) * column
        total = turn if total is None else total + turn
        outside.append(dot(u, adjoint((of_v - dot(v, inner)) / row)))
    result = dot(u, dot(total, vh))
    for term in outside:
        result = result + term
    return result.astype(u.type.dtype)


def qr(a, mode="reduced"):
    """QR factors of a matrix: the pair (q, r), for mode "r" only r.  Reference: numpy.linalg.qr

    Raises ValueError for a mode that does not exist.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {tuple(MODES)}, got {mode!r}")
    return (QRFull if MODES[mode] == 2 else QRIncomplete)(mode)(a)


def svd(a, full_matrices=1, compute_uv=1):
    """Singular values and vectors: (u, s, vt), with compute_uv=0 only s.  Reference: numpy.linalg.svd"""
    return SVD(full_matrices, compute_uv)(a)
