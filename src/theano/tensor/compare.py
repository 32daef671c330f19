"""When two arrays count as equal up to rounding."""

import numpy as np

from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE

and_, eq, invert, isinf, isnan, le, or_ = (ELEMWISE[n] for n in ("and_", "eq", "invert", "isinf", "isnan", "le", "or_"))

float32_atol, float32_rtol = 1e-5, 1e-5
float64_atol, float64_rtol = 1e-8, 1e-5
TOLERANCES = {                          # relative, absolute; the least precise first
    "float16": (8e-3, 8e-3),
    "float32": (float32_rtol, float32_atol),
    "complex64": (float32_rtol, float32_atol),
}


def _allclose(a, b, rtol=None, atol=None):
    """Whether all elements are close, with the tolerance of the less precise of the two dtypes unless it is given.

    a, b: arrays or sparse matrices.
    """
    a, b = (value.toarray() if hasattr(value, "toarray") else value for value in (a, b))
    dtypes = {str(getattr(value, "dtype", "")) for value in (a, b)}
    usual = next((TOLERANCES[dtype] for dtype in TOLERANCES if dtype in dtypes), (float64_rtol, float64_atol))
    return np.allclose(a, b, rtol=usual[0] if rtol is None else rtol, atol=usual[1] if atol is None else atol)


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
