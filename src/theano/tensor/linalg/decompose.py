"""QR factors and singular values."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.create import eye, tril, triu
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
    unless_free,
    zero_disconnected,
)
from theano.tensor.linalg.solve import solve_lower_triangular, solve_upper_triangular
from theano.tensor.type import tensor

MODES = {"reduced": 2, "complete": 2, "raw": 2, "r": 1}            # how many results


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
        """The gradient for matrices of full rank; mode "complete" of what does not depend on the choice of columns."""
        (a,), (first, second) = inputs, outputs
        of_first, of_second = zero_disconnected(outputs, output_grads)
        if self.mode == "raw":
            return gradients_like(inputs, [gradient_of_raw(a, first, of_first, of_second)])
        if self.mode == "complete":
            k = minimum(a.shape[0], a.shape[1])
            of_first = of_first_columns(first, of_first, k)
            first, second, of_second = first[:, :k], second[:k], of_second[:k]
        return gradients_like(inputs, [gradient_of_qr(a, first, second, of_first, of_second)])


def of_first_columns(q, g, k):
    """The gradient of the first ``k`` columns of a unitary matrix, for the gradient ``g`` of all of them.

    The others are any basis of what the first leave: what ``g`` says about them reaches the first, as ``q`` stays
    unitary, ``d(q2) == -q1 @ d(q1).H @ q2``. Raises AssertionError when it runs where ``g`` depends on the basis.
    """
    q1, q2, g1, g2 = q[:, :k], q[:, k:], g[:, :k], g[:, k:]
    turns = dot(adjoint(q2), g2)
    return unless_free(g1 - dot(q2, dot(adjoint(g2), q1)), turns - adjoint(turns), g2)


def gradient_of_raw(a, h, of_h, of_tau):
    """The gradient of LAPACK's form of the factors, as a graph.

    The vectors v of the reflectors ``1 - tau * v * v.H``, and -tau, are the lower factor and the diagonal of the upper
    one in ``q - 1 == v @ u`` (Ballard et al., Reconstructing Householder vectors from TSQR, 2014, section 4); the
    gradient of such factors without pivots is a triangle of products. A real square matrix has no last reflector.
    A column that is zero below its diagonal has none either, and no derivative: solving raises LinAlgError.
    """
    q, r = QRFull("reduced")(a)
    (m, k), packed = q.shape, of_h.T
    count = k if is_complex(q) else minimum(m - 1, k)
    v = tril(h.T, -1)[:, :count] + eye(m, count, dtype=h.type.dtype)
    square = solve_lower_triangular(v[:count], q[:count, :count] - eye(count, dtype=q.type.dtype))
    of_v = tril(packed, -1)[:, :count]
    of_below = adjoint(solve_upper_triangular(square, adjoint(of_v[count:])))
    of_square = -diag(of_tau[:count]) - dot(adjoint(v[count:]), of_below)
    turned = adjoint(v[:count])
    middle = tril(dot(turned, of_v[:count]), -1) + triu(dot(triu(of_square), adjoint(square)))
    of_top = adjoint(solve_upper_triangular(square, adjoint(solve_upper_triangular(turned, middle))))
    of_q = concatenate([concatenate([of_top, of_below]), q[:, count:].zeros_like()], axis=1)
    return gradient_of_qr(a, q, r, of_q, triu(packed)[:k])


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
                of_u = of_first_columns(outputs[0], of_u, k)
            if of_vt is not None:
                of_vt = adjoint(of_first_columns(adjoint(outputs[2]), adjoint(of_vt), k))
        return gradients_like(inputs, [gradient_of_svd(u, s, vt, of_u, of_s, of_vt)])


def gradient_of_svd(u, s, vt, of_u, of_s, of_vt):
    """The gradient of the reduced factors, as a graph (Townsend 2016; complex: Wan and Zhang, arXiv:1909.02659).

    Gradients are None for what is disconnected. Vectors of equal singular values are not unique: what the gradients say
    about their rotation is left out. A pair of complex ones has a common phase that is free: see `unless_free`.
    """
    row, column = s.dimshuffle("x", 0), s.dimshuffle(0, "x")
    gaps = row * row - column * column
    same = eq(gaps, 0)
    gaps = switch(same, 1, gaps)
    total, outside, phases = None if of_s is None else diag(of_s), [], []
    v, vh = adjoint(vt), vt
    if of_u is not None:
        inner = dot(adjoint(u), of_u)
        turn = switch(same, 0, (inner - adjoint(inner)) / gaps) * row
        if is_complex(u):
            phases.append(diagonal(inner).imag)
            turn = turn + 1j * diag(phases[0] / s)
        total = turn if total is None else total + turn
        outside.append(dot((of_u - dot(u, inner)) / row, vh))
    if of_vt is not None:
        of_v = adjoint(of_vt)
        inner = dot(vh, of_v)
        phases.append(diagonal(inner).imag if is_complex(u) else None)
        turn = switch(same, 0, (inner - adjoint(inner)) / gaps) * column
        total = turn if total is None else total + turn
        outside.append(dot(u, adjoint((of_v - dot(v, inner)) / row)))
    result = dot(u, dot(total, vh))
    for term in outside:
        result = result + term
    if is_complex(u) and phases:
        result = unless_free(result, sum(phases[1:], phases[0]), *(g for g in (of_u, of_vt) if g is not None))
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
