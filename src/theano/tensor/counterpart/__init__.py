"""What NumPy's functions do with tensor variables, where that is more than the method of the same name.

Each module fills `theano.tensor.variable.NUMPY`: ``np.median(x)`` of a variable builds graph. Arguments have NumPy's
names and defaults; results that are there already (``out``) are not taken.
"""

from functools import wraps

import numpy as np

from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart import (  # noqa: F401  filled as they are loaded
    count,
    difference,
    edit,
    fourier,
    histogram,
    matrix,
    polynomial,
    reduction,
    shape,
    spaced,
    ufunc,
)
from theano.tensor.variable import NUMPY as NUMPY_FUNCTIONS
from theano.tensor.variable import UFUNCS


def numpy_function(name):
    """NumPy's function of that name for variables, of which arrays become constants; None where there is none."""
    ours = NUMPY_FUNCTIONS.get(name) or UFUNCS.get(name)
    if ours is None:
        return None

    @wraps(getattr(np, name), assigned=("__name__",), updated=())
    def function(*args, **kwargs):
        return ours(*(as_tensor_variable(a) if isinstance(a, np.ndarray) else a for a in args), **kwargs)
    function.__doc__ = f"What ``numpy.{name}`` does, for variables."
    return function
