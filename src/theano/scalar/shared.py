"""Shared variables that hold one number and no array."""

import numpy as np

from theano.graph.shared import SharedVariable
from theano.scalar.dtype import is_small, numpy_dtype
from theano.scalar.type import Scalar, _scalar_py_operators


class ScalarSharedVariable(_scalar_py_operators, SharedVariable):
    """A shared number of a scalar type."""


def shared(value, name=None, strict=False, allow_downcast=None):
    """A shared variable of scalar type: int64 or float64 for Python numbers, for NumPy's their own.

    Raises TypeError for what is no number.
    """
    if not isinstance(value, (np.number, float, int, complex)) and not is_small(getattr(value, "dtype", "")):
        raise TypeError(f"a shared scalar needs a number, got {value!r}")
    dtype = np.asarray(value).dtype.name
    return ScalarSharedVariable(type=Scalar(dtype), value=numpy_dtype(dtype).type(value), name=name, strict=strict,
                                allow_downcast=allow_downcast)
