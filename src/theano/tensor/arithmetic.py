"""Functions on tensors that choose among elementwise ops, and statistics of several variables."""

import numpy as np

from theano.scalar.arithmetic import int_or_true_div
from theano.scalar.type import complex_dtypes, discrete_dtypes, integer_dtypes, upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.dot import dot
from theano.tensor.elemwise import ELEMWISE, cast, int_div, neq, round
from theano.tensor.join import concatenate
from theano.tensor.reduce import sum
from theano.tensor.shape import shape_i
from theano.tensor.slices import NoneConst
from theano.tensor.variable import FUNCTIONS

mod = ELEMWISE["mod"]


def isnan(a):
    """Where ``a`` is no number, as bool; for integers False everywhere.  Reference: numpy.isnan"""
    return _nowhere_in_integers("isnan", a)


def isinf(a):
    """Where ``a`` is infinite, as bool; for integers False everywhere.  Reference: numpy.isinf"""
    return _nowhere_in_integers("isinf", a)


def _nowhere_in_integers(row, a):
    a = as_tensor_variable(a)
    if a.type.dtype in discrete_dtypes:
        return alloc(np.asarray(False), *(shape_i(a, d) for d in range(a.type.ndim)))
    return ELEMWISE[row](a)


def iround(a, mode=None):
    """``a`` rounded to int64; see `round`."""
    return cast(round(a, mode), "int64")


def ceil_intdiv(a, b):
    """The smallest whole number not below ``a / b``, in the dtype of ``a // b``."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    quotient = int_div(a, b)
    return quotient + cast(neq(mod(a, b), 0), upcast(a.type.dtype, b.type.dtype))


def div_proxy(x, y):
    """``x`` divided by ``y`` as Python 2 did; for integers the flag ``int_division`` says how."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    return ELEMWISE[int_or_true_div(x.type.dtype in discrete_dtypes, y.type.dtype in discrete_dtypes).row_name](x, y)


def mod_check(x, y):
    """The remainder ``x % y``; ComplexError for complex numbers."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if {x.type.dtype, y.type.dtype} & set(complex_dtypes):
        raise mod.scalar_op.complex_error
    return mod(x, y)


def divmod(x, y):
    """``x // y`` and ``x % y``."""
    return int_div(x, y), mod_check(x, y)


FUNCTIONS["div_proxy"] = div_proxy


def check_equal_numpy(x, y):
    """Whether two values are equal; arrays: in dtype, shape and all elements."""
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
        return x.dtype == y.dtype and x.shape == y.shape and bool(np.all(x == y))
    return x == y


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    """The matrix of covariances of variables; of a single one, such as a vector, the variance as a scalar.

    Parameters
    ----------
    m, y : tensors with 1 or 2 dimensions
        A variable in each row, or in each column where ``rowvar`` is false; those of ``y`` come after.
    bias : bool
        Divide by the number of observations instead of one less; ``ddof`` says how many less.
    fweights, aweights : vectors, optional
        How often each observation was made (integers), and how much it counts.

    Raises ValueError for more than 2 dimensions, TypeError or ValueError for other weights.  Reference: numpy.cov
    """
    m = _observed(m, rowvar, "m")
    if y is not None:
        m = concatenate([m, _observed(y, rowvar, "y")], axis=0)
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"ddof must be an integer, got {ddof!r}")
    ddof = int(ddof) if ddof is not None else 0 if bias else 1
    weights = _weights(fweights, "fweights", True), _weights(aweights, "aweights", False)
    given = [w for w in weights if w is not None]
    weight = given[0] * given[1] if len(given) == 2 else given[0] if given else None
    if weight is None:
        total = shape_i(m, 1)
        centre, scaled = sum(m, axis=1) / total, None
    else:
        total = sum(weight)
        centre, scaled = sum(m * weight, axis=1) / total, weight
    m = m - centre.dimshuffle(0, "x")
    if scaled is None or ddof == 0 or weights[1] is None:
        count = total - ddof
    else:
        count = total - ddof * sum(weight * weights[1]) / total
    moved = m if scaled is None else m * scaled
    found = dot(moved, ELEMWISE["conj"](m.T) if m.type.dtype in complex_dtypes else m.T) / count
    return found[0, 0] if found.type.broadcastable == (True, True) else found


def _observed(x, rowvar, name):
    """Observations with a variable in each row."""
    x = as_tensor_variable(x)
    if x.type.ndim > 2:
        raise ValueError(f"{name} has more than 2 dimensions: it is a {x.type}")
    if x.type.ndim < 2:
        return x.dimshuffle("x", *range(x.type.ndim))
    return x if rowvar else x.T


def _weights(weights, name, whole):
    if weights is None:
        return None
    weights = as_tensor_variable(weights)
    if weights.type.ndim != 1:
        raise ValueError(f"{name} must be a vector")
    if whole and weights.type.dtype not in discrete_dtypes:
        raise TypeError(f"{name} must be integers, got {weights.type.dtype}")
    return weights


def as_int_none_variable(x):
    """None, or an integer scalar, as a variable; TypeError for anything else."""
    if x is None:
        return NoneConst
    x = as_tensor_variable(x, ndim=0)
    if x.type.dtype not in integer_dtypes:
        raise TypeError(f"expected an integer or None, got {x} of type {x.type}")
    return x


TRANSFERS = []              # functions (variable, target) -> variable, or None for a target they don't know


def transfer(var, target):
    """``var`` on the device ``target``; "cpu" is where it is. Raises ValueError for a target that nobody knows."""
    if target == "cpu":
        return as_tensor_variable(var)
    for other in TRANSFERS:
        moved = other(var, target)
        if moved is not None:
            return moved
    raise ValueError(f"no device is called {target!r}: expected 'cpu' or a target of register_transfer")


def register_transfer(fn):
    """Let `transfer` ask ``fn(variable, target)`` too."""
    TRANSFERS.append(fn)


FUNCTIONS["transfer"] = transfer
