"""Diagonals of matrices, under the names and with the checks that linear algebra has for them."""

from theano.tensor.constant import as_tensor_variable
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.diagonal import trace as trace_of

extract_diag = ExtractDiag()
_alloc_diag = AllocDiag()


def alloc_diag(x):
    """The diagonal matrix of a vector. Raises TypeError for anything else."""
    x = as_tensor_variable(x)
    if x.type.ndim != 1:
        raise TypeError(f"alloc_diag needs a vector, but {x} is a {x.type}")
    return _alloc_diag(x)


def diag(x):
    """The diagonal matrix of a vector, or the diagonal of a matrix. Raises TypeError for anything else."""
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2):
        raise TypeError(f"diag needs a vector or matrix, but {x} is a {x.type}")
    return alloc_diag(x) if x.type.ndim == 1 else extract_diag(x)


def trace(X):                                                                                        # noqa: N803
    """The sum of the diagonal of a matrix.  Reference: numpy.trace"""
    return trace_of(X)
