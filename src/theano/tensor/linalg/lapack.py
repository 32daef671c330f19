"""LAPACK on arrays, through SciPy, which is imported when the first routine is needed.

Arrays in C order go to LAPACK as transposed views, so that no matrix is copied only to change its order. All raise
`numpy.linalg.LinAlgError` where there is no result.
"""

from functools import cache
from importlib import import_module

import numpy as np
from numpy.linalg import LinAlgError

PREFIX = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}
BLOCK = 64                      # columns that LAPACK works on at a time, for the size of its workspace


@cache
def routine(module, name, dtype):
    """The function ``name`` of BLAS or LAPACK for a dtype."""
    return getattr(import_module(f"scipy.linalg.{module}"), PREFIX[dtype] + name)


def lapack(name, *arrays):
    """A LAPACK routine for the dtype of ``arrays``."""
    return routine("lapack", name, arrays[0].dtype.name)


def square(name, a):
    """The matrix ``a``, when it is square."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise LinAlgError(f"{name} needs a square matrix, got shape {a.shape}")
    return a


def fitting(name, a, b):
    """Raise LinAlgError unless ``a`` is square and ``b`` has as many rows."""
    square(name, a)
    if b.shape[0] != a.shape[0]:
        raise LinAlgError(f"{name}: shapes {a.shape} and {b.shape} don't fit, both need the same number of rows")


def cholesky(a, lower):
    """The triangular factor of the triangle ``lower`` of ``a``; None where ``a`` is not positive definite."""
    if not a.size:
        return np.zeros_like(a)
    turned = not a.flags.f_contiguous           # the factor of the conjugate then: the transposed factor of ``a``
    factor, info = lapack("potrf", a)(a.T if turned else a, lower=lower != turned, clean=1)
    if info < 0:
        raise LinAlgError(f"potrf: argument {-info} is wrong")
    return None if info else factor.T if turned else factor


def inverse_from_cholesky(factor, lower):
    """The inverse of the matrix with this Cholesky factor."""
    if not factor.size:
        return np.zeros_like(factor)
    turned = not factor.flags.f_contiguous
    half, info = lapack("potri", factor)(factor.T if turned else factor, lower=lower != turned)
    if info > 0:
        raise LinAlgError(f"inverse: the matrix is singular, pivot {info} is zero")
    half = half.T if turned else half
    return mirrored(half, lower)


def mirrored(half, lower):
    """The Hermitian matrix of which one triangle is that of ``half``; fills the other one in place."""
    n, step = len(half), 2 * BLOCK
    source = half if lower else half.T
    target = half if lower else half.T
    for start in range(0, n, step):
        stop = min(start + step, n)
        block = source[start:stop, start:stop]
        below = np.tril(block, -1)
        block[...] = np.tril(block) + below.conj().T
        target[start:stop, stop:] = source[stop:, start:stop].conj().T
    return half


def solve_triangular(a, b, lower):
    """x with ``a @ x == b`` for a triangle of ``a``."""
    if not a.size or not b.size:
        return np.zeros_like(b)
    if not a.diagonal().all():
        raise LinAlgError(f"solve: the triangular matrix is singular, pivot "
                          f"{int(np.flatnonzero(a.diagonal() == 0)[0]) + 1} is zero")
    turned = not a.flags.f_contiguous
    matrix, lower = (a.T, not lower) if turned else (a, lower)
    if b.ndim == 1:
        return routine("blas", "trsv", a.dtype.name)(matrix, b, lower=lower, trans=turned)
    trsm = routine("blas", "trsm", a.dtype.name)
    if b.flags.f_contiguous:
        return trsm(1, matrix, b, side=0, lower=lower, trans_a=turned)
    return trsm(1, matrix, b.T, side=1, lower=lower, trans_a=not turned).T


def lu_factor(a):
    """``(lu, pivots)`` of ``a``, in C order; the pivots count from 0. Singular matrices have a zero on the diagonal."""
    if not a.size:
        return np.zeros_like(a), np.zeros(0, "int64")
    lu, pivots, info = lapack("getrf", a)(a.T)
    if info < 0:
        raise LinAlgError(f"getrf: argument {-info} is wrong")
    return lu.T, pivots.astype("int64")


def lu_solve(lu, pivots, b, transposed):
    """x with ``a @ x == b``, or with the transpose of ``a``, from `lu_factor` of ``a``."""
    if not lu.size or not b.size:
        return np.zeros_like(b)
    _check_pivots("solve", lu)
    x, info = lapack("getrs", lu)(lu.T, pivots.astype("int32"), b, trans=0 if transposed else 1)
    return x.reshape(b.shape) if x.shape != b.shape else x


def lu_inverse(lu, pivots):
    """The inverse of the matrix with this `lu_factor`."""
    if not lu.size:
        return np.zeros_like(lu)
    _check_pivots("inverse", lu)
    found, info = lapack("getri", lu)(lu.T, pivots.astype("int32"), lwork=len(lu) * BLOCK)
    return found.T


def _check_pivots(name, lu):
    zero = np.flatnonzero(lu.diagonal() == 0)
    if zero.size:
        raise LinAlgError(f"{name}: the matrix is singular, pivot {zero[0] + 1} is zero")


def solve_symmetric(a, b, lower):
    """x with ``a @ x == b`` for a Hermitian ``a``, of which one triangle is read."""
    if not a.size or not b.size:
        return np.zeros_like(b)
    factor = cholesky(a, lower) if (a.diagonal().real > 0).all() else None
    if factor is not None:
        first, second = (factor, adjoint(factor)) if lower else (adjoint(factor), factor)
        return solve_triangular(second, solve_triangular(first, b, True), False)
    solver = lapack("hesv" if a.dtype.kind == "c" else "sysv", a)
    _, _, x, info = solver(a, b, lower=lower, lwork=len(a) * BLOCK)
    if info > 0:
        raise LinAlgError(f"solve: the matrix is singular, pivot {info} is zero")
    return x.reshape(b.shape)


def adjoint(a):
    """The conjugate transpose."""
    return a.conj().T if a.dtype.kind == "c" else a.T
