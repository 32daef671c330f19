"""Factorizations: of positive definite matrices that of Cholesky, and one for all that is computed from a matrix."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.linalg import is_real
from theano.rewrite.rules.match import apply, args, like, made_by
from theano.rewrite.structure import are_transposes, facts, transposed
from theano.tensor.careduce import Prod, Sum
from theano.tensor.create import arange
from theano.tensor.diagonal import diagonal
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import mul
from theano.tensor.linalg.adjoint import adjoint
from theano.tensor.linalg.cholesky import Cholesky, CholeskyInverse
from theano.tensor.linalg.decompose import SVD, QRFull, QRIncomplete
from theano.tensor.linalg.eigen import Eigh, eigvalsh
from theano.tensor.linalg.inverse import Det, MatrixInverse, SLogDet
from theano.tensor.linalg.solve import (
    TRANSPOSED,
    LUFactor,
    LUInverse,
    LUSolve,
    Solve,
    solve_lower_triangular,
    solve_upper_triangular,
)

FROM_FACTORS = (MatrixInverse, Det, SLogDet, LUFactor)      # and Solve of a matrix that is not triangular


def clients_of(variable):
    """The nodes that use ``variable``."""
    return [client for client, _ in variable.clients if client != "output"]


def lower_factor(a):
    """The lower Cholesky factor of ``a``: one that is computed already, or a new one."""
    known = [c for c in clients_of(a) if isinstance(c.op, Cholesky)] if hasattr(a, "clients") else []
    for node in sorted(known, key=lambda c: (c.op.on_error == "semidefinite", not c.op.lower)):
        if node.op.on_error != "nan":
            return node.outputs[0] if node.op.lower else adjoint(node.outputs[0])
    return Cholesky(lower=True, on_error="semidefinite")(a)


def is_definite(a):
    """Whether ``a`` is known to be positive semidefinite, or something else uses its Cholesky factor."""
    return "psd" in facts(a) or any(isinstance(c.op, Cholesky) and c.op.on_error == "raise" for c in clients_of(a))


def log_of_determinant(factor):
    """The logarithm of the determinant of a matrix with this factor."""
    entries = diagonal(factor)
    total = apply("log", entries if is_real(factor) else entries.real).sum()
    return mul(like(2, total), total)


@rule(Cholesky, tags=("stabilize", "canonicalize", "specialize"))
def second_cholesky(node):
    """cholesky(A) >> the factor of A that is computed already

    A user's two factors, lower and upper, read different triangles: they are one only where A is known to be symmetric.
    """
    a, op = node.inputs[0], node.op
    if op.on_error == "raise" and "symmetric" not in facts(a):
        return None
    for other in clients_of(a):
        if other is node or not isinstance(other.op, Cholesky) or other.op.on_error == "nan" or op.on_error == "nan":
            continue
        if other.op.on_error == op.on_error and (other.op.lower or not op.lower):
            continue
        if other.op.on_error == "raise":
            return other.outputs[0] if other.op.lower == op.lower else adjoint(other.outputs[0])
    return None


@rule(Solve, name="psd_solve_with_chol", tags=("stabilize", "canonicalize", "specialize"))
def solve_of_definite(node):
    """solve(A, b) >> solve(L.T, solve(L, b)) with L = cholesky(A) for positive definite A"""
    a, b = node.inputs
    if node.op.A_structure in TRANSPOSED or a.type.dtype != node.outputs[0].type.dtype \
            or facts(a) & {"lower", "upper"} or not is_definite(a):
        return None
    factor = lower_factor(a)
    return solve_upper_triangular(adjoint(factor), solve_lower_triangular(factor, b))


@rule(SLogDet, tags=("stabilize", "canonicalize", "specialize"))
def slogdet_of_definite(node):
    """slogdet(A) >> 1, 2 * sum(log(diag(cholesky(A)))) for positive definite A"""
    a, sign = node.inputs[0], node.outputs[0]
    if a.type.dtype != sign.type.dtype or facts(a) & {"lower", "upper"} or not is_definite(a):
        return None
    return [like(1, sign), log_of_determinant(lower_factor(a))]


@rule(Det, name="local_det_chol", tags=("specialize",))
def det_of_definite(node):
    """det(A) >> prod(diag(cholesky(A))) ** 2 for positive definite A"""
    a = node.inputs[0]
    if a.type.dtype != node.outputs[0].type.dtype or not is_real(a) or not is_definite(a):
        return None
    root = Prod(dtype=a.type.dtype, acc_dtype=a.type.dtype)(diagonal(lower_factor(a)))
    return mul(root, root)


@rule(MatrixInverse, tags=("specialize",))
def inverse_of_definite(node):
    """inv(A) >> its inverse from cholesky(A) for positive definite A"""
    a = node.inputs[0]
    if a.type.dtype != node.outputs[0].type.dtype or not is_definite(a):
        return None
    return CholeskyInverse(True)(lower_factor(a))


@rule(Cholesky, tags=("stabilize", "canonicalize", "specialize"))
def cholesky_of_square(node):
    """cholesky(dot(L, L.T)) >> L for triangular L with a diagonal that is not negative"""
    product = made_by(node.inputs[0], Dot)
    if product is None or product.inputs[0].type.ndim != 2 or not are_transposes(*product.inputs) \
            or node.inputs[0].type.dtype != node.outputs[0].type.dtype or not is_real(node.inputs[0]):
        return None
    lower = product.inputs[0]
    if "lower" not in facts(lower) or not has_positive_diagonal(lower):
        return None
    return lower if node.op.lower else product.inputs[1]


def has_positive_diagonal(a):
    """Whether a matrix is a Cholesky factor."""
    turned = transposed(a)
    return made_by(a if turned is None else turned, Cholesky) is not None


def _half_of(b, x):
    """solve(L, b) where x is solve(L.T, solve(L, b)), which nothing else needs; None otherwise."""
    outer = made_by(x, Solve)
    inner = made_by(outer.inputs[1], Solve) if outer is not None and is_real(x) and len(x.clients) < 2 else None
    if inner is None or inner.op.A_structure != TRANSPOSED.get(outer.op.A_structure) or inner.inputs[1] is not b:
        return None
    turned = transposed(outer.inputs[0]) is inner.inputs[0] or transposed(inner.inputs[0]) is outer.inputs[0]
    return inner.outputs[0] if turned else None


@rule(Dot, tags=("stabilize", "canonicalize"))
def quadratic_form(node):
    """dot(b, solve(L.T, solve(L, b))) >> sum(sqr(solve(L, b)))"""
    for b, x in (node.inputs, node.inputs[::-1]):
        half = _half_of(b, x) if b.type.ndim == x.type.ndim == 1 else None
        if half is not None:
            return dot(half, half)
    return None


@rule(Sum, tags=("stabilize", "canonicalize"))
def sum_of_quadratic_forms(node):
    """sum(b * solve(L.T, solve(L, b))) >> sum(sqr(solve(L, b))), of one vector or of columns"""
    product = node.inputs[0]
    factors = args(product, "mul")
    if factors is None or len(factors) != 2 or node.op.axis is not None and 0 not in node.op.axis:
        return None
    for b, x in (factors, factors[::-1]):
        half = _half_of(b, x) if b.type == x.type else None
        if half is not None:
            return node.op(apply("sqr", half))
    return None


# -- one factorization for all -------------------------------------------------------------------------------


def _base(a):
    """The matrix of which ``a`` is the transpose, or ``a``; and whether it is."""
    turned = transposed(a)
    return (a, False) if turned is None else (turned, True)


def _needs_factors(node):
    return isinstance(node.op, FROM_FACTORS) or isinstance(node.op, Solve) and node.op.A_structure not in TRANSPOSED


def _shared_factors(node):
    """(lu, pivots, whether of the transpose) where something else needs factors of the first input too; else None."""
    a, turned = _base(node.inputs[0])
    dtype = node.inputs[0].type.dtype
    if dtype != node.outputs[0].type.dtype or facts(a) & {"lower", "upper"}:
        return None
    views = [a, *(c.outputs[0] for c in clients_of(a) if transposed(c.outputs[0]) is a)]
    users = {c for view in views for c in clients_of(view) if c.inputs[0] is view and _needs_factors(c)}
    if len(users) < 2:
        return None
    lu, pivots = LUFactor()(a)
    return lu, pivots, turned


@rule(Solve, tags=("specialize",))
def solve_with_shared_factors(node):
    """solve(A, b) >> solve from lu(A), where that serves something else too"""
    found = _shared_factors(node) if _needs_factors(node) else None
    return None if found is None else LUSolve(found[2])(*found[:2], node.inputs[1])


@rule(MatrixInverse, tags=("specialize",))
def inverse_with_shared_factors(node):
    """inv(A) >> inverse from lu(A), where that serves something else too"""
    found = _shared_factors(node)
    if found is None:
        return None
    inverse = LUInverse()(*found[:2])
    return inverse.T if found[2] else inverse


def _exchanges(pivots):
    """1 or -1: the sign of the permutation that ``pivots`` are."""
    moved = apply("neq", pivots, arange(pivots.shape[0]))
    return Prod(dtype="int64")(apply("switch", moved, like(-1, pivots), like(1, pivots)))


@rule(Det, tags=("specialize",))
def det_with_shared_factors(node):
    """det(A) >> prod(diag(lu(A))) with its sign, where the factors serve something else too"""
    found = _shared_factors(node)
    if found is None:
        return None
    dtype = node.outputs[0].type.dtype
    product = Prod(dtype=dtype, acc_dtype=dtype)(diagonal(found[0]))
    return mul(product, apply("cast_" + dtype, _exchanges(found[1])))


@rule(SLogDet, tags=("specialize",))
def slogdet_with_shared_factors(node):
    """slogdet(A) >> signs and logarithms of diag(lu(A)), where the factors serve something else too"""
    found = _shared_factors(node) if is_real(node.inputs[0]) else None
    if found is None:
        return None
    dtype, entries = node.outputs[0].type.dtype, diagonal(found[0])
    sign = Prod(dtype=dtype, acc_dtype=dtype)(apply("sgn", entries))
    return [mul(sign, apply("cast_" + dtype, _exchanges(found[1]))), apply("log", abs(entries)).sum()]


@rule(SVD, QRIncomplete, tags=("specialize",))
def part_of_decomposition(node):
    """svd(A) without vectors >> s of that with them; qr(A, "r") >> r of the reduced one; where these are computed"""
    if isinstance(node.op, SVD) and node.op.compute_uv:
        return None
    for other in clients_of(node.inputs[0]):
        whole = isinstance(other.op, SVD) and other.op.compute_uv or \
            isinstance(other.op, QRFull) and other.op.mode == "reduced"
        if whole and isinstance(other.op, SVD) == isinstance(node.op, SVD):
            return other.outputs[1]
    return None


@rule(SVD, QRFull, Eigh, tags=("specialize",))
def decomposition_without_vectors(node):
    """svd(A)[1] >> svd(A) without vectors, qr(A)[1] >> qr(A, "r"), eigh(A)[0] >> eigvalsh(A): nothing uses the rest"""
    op, a = node.op, node.inputs[0]
    place = 0 if isinstance(op, Eigh) else 1
    if len(node.outputs) < 2 or isinstance(op, QRFull) and op.mode != "reduced" \
            or any(v.clients for k, v in enumerate(node.outputs) if k != place) or not node.outputs[place].clients:
        return None
    found = [None] * len(node.outputs)
    found[place] = SVD(compute_uv=False)(a) if isinstance(op, SVD) else \
        QRIncomplete("r")(a) if isinstance(op, QRFull) else eigvalsh(a, None, op.UPLO == "L")
    return found


FACTOR = (
    second_cholesky, cholesky_of_square, solve_of_definite, slogdet_of_definite, quadratic_form,
    sum_of_quadratic_forms, det_of_definite, inverse_of_definite,
    solve_with_shared_factors, inverse_with_shared_factors, det_with_shared_factors, slogdet_with_shared_factors,
    part_of_decomposition, decomposition_without_vectors,
)
DEFINITE = FACTOR[:6]               # those that make the numbers better
