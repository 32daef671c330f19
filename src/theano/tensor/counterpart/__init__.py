"""What NumPy's functions do with tensor variables, where that is more than the method of the same name.

Each module fills `theano.tensor.variable.NUMPY`: ``np.median(x)`` of a variable builds graph. Arguments have NumPy's
names and defaults; those for results that are there already (``out``, ``where``) are not taken.
"""

from theano.tensor.counterpart import count, matrix, shape, ufunc  # noqa: F401  filled as they are loaded
from theano.tensor.variable import NUMPY as NUMPY_FUNCTIONS  # noqa: F401
