"""NumPy's elementwise functions that are made of rows of the scalar table, and the methods of all of them."""

import numpy as np

from theano.graph.variable import Variable
from theano.scalar.dtype import kind_of
from theano.scalar.type import complex_dtypes
from theano.tensor.arithmetic import isinf, isnan
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.cumulate import cumprod, cumsum
from theano.tensor.elemwise import ELEMWISE, abs_, cast, eq, gt, lt, maximum, minimum, neq, sqrt, switch
from theano.tensor.reduce import sum
from theano.tensor.variable import NUMPY, UFUNC_METHODS, UFUNCS

log1p, exp, exp2, log2, mod, power, trunc, sgn, int_div, xor, and_, or_ = (ELEMWISE[n] for n in (
    "log1p", "exp", "exp2", "log2", "mod", "pow", "trunc", "sgn", "int_div", "xor", "and_", "or_"))


def ufunc(function):
    """Register a function for the ufunc of NumPy of its name."""
    UFUNCS[function.__name__] = lambda *args: function(*(as_tensor_variable(a) for a in args))
    return function


def truth(x):
    """Whether elements are not zero."""
    return x if x.type.dtype == "bool" else neq(x, 0)


@ufunc
def logical_and(x, y):
    return and_(truth(x), truth(y))


@ufunc
def logical_or(x, y):
    return or_(truth(x), truth(y))


@ufunc
def logical_xor(x, y):
    return xor(truth(x), truth(y))


@ufunc
def logical_not(x):
    return eq(x, 0)


@ufunc
def fabs(x):
    return abs_(inexact(x))


def inexact(x):
    """``x`` with a dtype that has fractions."""
    return x if kind_of(x.type.dtype) in "fc" else cast(x, "float64")


def number(x):
    """A variable; of Python's numbers in 64 bits, as NumPy has them, for what is computed before an array is met."""
    return x if isinstance(x, Variable) else as_tensor_variable(np.asarray(x))


@ufunc
def rint(x):
    return ELEMWISE["round_half_to_even"](inexact(x))


@ufunc
def float_power(x, y):
    wide = "complex128" if {x.type.dtype, y.type.dtype} & set(complex_dtypes) else "float64"
    return power(cast(x, wide), cast(y, wide))


@ufunc
def fmod(x, y):
    """The remainder with the sign of ``x``."""
    rest = mod(abs_(x), abs_(y))
    return switch(lt(x, 0), -rest, rest)


@ufunc
def divmod(x, y):
    return int_div(x, y), mod(x, y)


@ufunc
def heaviside(x, half):
    return switch(lt(x, 0), 0, switch(gt(x, 0), 1, switch(isnan(x), x, half)))


@ufunc
def logaddexp(x, y):
    return switch(eq(x, y), x + np.log(2), maximum(x, y) + log1p(exp(-abs_(x - y))))


@ufunc
def logaddexp2(x, y):
    return switch(eq(x, y), x + 1, maximum(x, y) + log2(1 + exp2(-abs_(x - y))))


@ufunc
def cbrt(x):
    return sgn(x) * power(abs_(x), 1 / 3)


@ufunc
def hypot(x, y):
    large, small = maximum(abs_(x), abs_(y)), minimum(abs_(x), abs_(y))
    plain = eq(large, 0) | isinf(large)
    return switch(plain, inexact(large), large * sqrt(1 + (small / switch(plain, 1, large)) ** 2))


@ufunc
def fmax(x, y):
    return switch(isnan(x), y, switch(isnan(y), x, maximum(x, y)))


@ufunc
def fmin(x, y):
    return switch(isnan(x), y, switch(isnan(y), x, minimum(x, y)))


@ufunc
def isfinite(x):
    return ~(isnan(x) | isinf(x))


@ufunc
def signbit(x):
    """Whether the sign is minus, that of zero included; that of nan counts as plus."""
    if kind_of(x.type.dtype) != "f":
        return lt(x, 0)
    return lt(x, 0) | (eq(x, 0) & lt(1 / x, 0))


@ufunc
def copysign(x, y):
    return switch(eq(signbit(x), signbit(y)), x, -x)


@ufunc
def left_shift(x, n):
    return x * power(constant(2, dtype=x.type.dtype), n).astype(x.type.dtype)


@ufunc
def right_shift(x, n):
    return int_div(x, power(constant(2, dtype=x.type.dtype), n).astype(x.type.dtype))


@ufunc
def ldexp(x, n):
    x = inexact(x)
    return x * power(constant(2, dtype=x.type.dtype), n.astype(x.type.dtype))


@ufunc
def modf(x):
    """What is behind the point, and what is before it: both with the sign of ``x``."""
    x = inexact(x)
    whole = trunc(x)
    return copysign(switch(isinf(x), 0, x - whole), x).astype(x.type.dtype), whole


@ufunc
def matvec(m, v):
    return sum(m * v.dimshuffle(*range(v.type.ndim - 1), "x", v.type.ndim - 1), axis=-1)


@ufunc
def vecmat(v, m):
    return sum(v.conj().dimshuffle(*range(v.type.ndim), "x") * m, axis=-2)


@ufunc
def vecdot(x, y):
    return sum(x.conj() * y, axis=-1)


# -- reduce, accumulate, outer -----------------------------------------------------------------------------------------

REDUCED = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
           "logical_or": "any"}
ACCUMULATED = {"add": cumsum, "multiply": cumprod}


def reduce(name, apply, x, axis=0, **more):
    """``np.add.reduce(x)``, along the first axis if nothing else is said."""
    return NUMPY[REDUCED[name]](as_tensor_variable(x), axis=axis, **{k: v for k, v in more.items() if v is not None})


def accumulate(name, apply, x, axis=0):
    """``np.add.accumulate(x)``"""
    return ACCUMULATED[name](as_tensor_variable(x), axis=axis)


def outer(name, apply, x, y):
    """``np.add.outer(x, y)``: the function of every element of ``x`` and every one of ``y``."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    return apply(x.dimshuffle(*range(x.type.ndim), *["x"] * y.type.ndim),
                 y.dimshuffle(*["x"] * x.type.ndim, *range(y.type.ndim)))


UFUNC_METHODS.update(reduce=reduce, accumulate=accumulate, outer=outer)
