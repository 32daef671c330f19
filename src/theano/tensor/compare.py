"""When two arrays count as equal up to rounding."""

import numpy as np

from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.tolerance import usual

and_, eq, invert, isinf, isnan, le, or_ = (ELEMWISE[n] for n in ("and_", "eq", "invert", "isinf", "isnan", "le", "or_"))


def _allclose(a, b, rtol=None, atol=None):
    """Whether all elements are close, with the tolerance of the less precise of the two dtypes unless it is given.

    a, b: arrays or sparse matrices.
    """
    a, b = (value.toarray() if hasattr(value, "toarray") else value for value in (a, b))
    usual_rtol, usual_atol = usual(*(getattr(value, "dtype", "") for value in (a, b)))
    return np.allclose(a, b, rtol=usual_rtol if rtol is None else rtol, atol=usual_atol if atol is None else atol)


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether each element of ``a`` is within ``atol + rtol * abs(b)`` of that of ``b``, as bool.

    equal_nan: whether nan is close to nan.  Reference: numpy.isclose
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    finite = invert(or_(isinf(a), isinf(b)))
    close = or_(and_(le(abs(a - b), atol + rtol * abs(b)), finite), eq(a, b))
    return or_(close, and_(isnan(a), isnan(b))) if equal_nan else close


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements of ``a`` and ``b`` are close, see `isclose`: a bool scalar.  Reference: numpy.allclose"""
    return isclose(a, b, rtol, atol, equal_nan).all()
