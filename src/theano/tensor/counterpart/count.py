"""NumPy's functions that count, order, search and choose."""

import numpy as np

from theano.scalar.dtype import finfo, kind_of
from theano.tensor.arithmetic import cov, isinf, isnan
from theano.tensor.axis import axis_of
from theano.tensor.compare import allclose, isclose
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.shape import along
from theano.tensor.counterpart.ufunc import inexact, truth
from theano.tensor.create import arange
from theano.tensor.cumulate import cumprod, cumsum, diff
from theano.tensor.elemwise import ELEMWISE, eq, minimum, neq, sqrt, switch
from theano.tensor.join import concatenate
from theano.tensor.multiindex import ravel_multi_index, unravel_index
from theano.tensor.nonzero import flatnonzero, nonzero
from theano.tensor.reduce import all as all_of
from theano.tensor.reduce import any as any_of
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import mean, prod, sum, var
from theano.tensor.reduce import min as min_of
from theano.tensor.repeat import bincount
from theano.tensor.sort import Unique, searchsorted, sort
from theano.tensor.variable import FUNCTIONS, counterpart

counterpart("amax")(max_of)
counterpart("amin")(min_of)
counterpart("around")(lambda a, decimals=0: _rounded(a, decimals))
counterpart("round")(lambda a, decimals=0: _rounded(a, decimals))
counterpart("fix")(lambda x: ELEMWISE["trunc"](x))
counterpart("diff")(lambda a, n=1, axis=-1: diff(as_tensor_variable(a), n, axis))
counterpart("ediff1d")(lambda ary: diff(as_tensor_variable(ary).flatten(), 1, 0))
counterpart("cumulative_sum")(lambda x, axis=None: cumsum(x, 0 if axis is None else axis))
counterpart("cumulative_prod")(lambda x, axis=None: cumprod(x, 0 if axis is None else axis))
counterpart("cov")(lambda m, y=None, rowvar=True, bias=False, ddof=None: cov(m, y, rowvar, bias, ddof))
counterpart("count_nonzero")(lambda a, axis=None, keepdims=False: sum(truth(a), axis=axis, keepdims=keepdims))
counterpart("isclose")(isclose)
counterpart("allclose")(allclose)
counterpart("isreal")(lambda x: eq(x.imag, 0))
counterpart("iscomplex")(lambda x: neq(x.imag, 0))
counterpart("flatnonzero")(flatnonzero)
counterpart("argwhere")(lambda a: nonzero(a, return_matrix=True).T)
counterpart("extract")(lambda condition, arr: as_tensor_variable(arr).flatten()[flatnonzero(condition)])
counterpart("bincount")(lambda x, weights=None, minlength=0: bincount(x, weights, minlength or None))
counterpart("unravel_index")(lambda indices, shape, order="C": unravel_index(indices, shape, order))
counterpart("ravel_multi_index")(lambda multi_index, dims, mode="raise", order="C": ravel_multi_index(
    multi_index, dims, mode, order))
counterpart("isin")(lambda element, test_elements: any_of(eq(
    as_tensor_variable(element).dimshuffle(*range(as_tensor_variable(element).type.ndim), "x"),
    as_tensor_variable(test_elements).flatten()), axis=-1))
counterpart("nansum")(lambda a, axis=None, keepdims=False: sum(_without_nan(a, 0), axis=axis, keepdims=keepdims))
counterpart("nanprod")(lambda a, axis=None, keepdims=False: prod(_without_nan(a, 1), axis=axis, keepdims=keepdims))
counterpart("nanmax")(lambda a, axis=None, keepdims=False: _among_numbers(max_of, -np.inf, a, axis, keepdims))
counterpart("nanmin")(lambda a, axis=None, keepdims=False: _among_numbers(min_of, np.inf, a, axis, keepdims))
counterpart("nanmean")(lambda a, axis=None, keepdims=False: sum(_without_nan(a, 0), axis=axis, keepdims=keepdims) / sum(
    ~isnan(a), axis=axis, keepdims=keepdims))
counterpart("sinc")(lambda x: _sinc(inexact(as_tensor_variable(x)) * np.pi))


@counterpart("digitize")
def _bins(x, bins, right=False):
    """The number of the bin of each element; the bounds ascend or descend, which is seen when it runs."""
    bins = as_tensor_variable(bins)
    descending = any_of(bins[:1] > bins[-1:])
    found = searchsorted(bins[::switch(descending, -1, 1)], as_tensor_variable(x), side="left" if right else "right")
    return switch(descending, bins.shape[0] - found, found)


@counterpart("var")
def _variance(a, axis=None, ddof=0, keepdims=False):
    if a.type.dtype.startswith("complex"):
        return var(a.real, axis, ddof, keepdims) + var(a.imag, axis, ddof, keepdims)
    return var(a, axis, ddof, keepdims)


@counterpart("std")
def _deviation(a, axis=None, ddof=0, keepdims=False):
    return sqrt(_variance(a, axis, ddof, keepdims))


def _rounded(a, decimals):
    scale = 10.0 ** decimals
    half = ELEMWISE["round_half_to_even"]
    return half(a) if decimals == 0 else half(a * scale) / scale


def _without_nan(a, value):
    return switch(isnan(a), constant(value, dtype=a.type.dtype), a)


def _among_numbers(reduce, neutral, a, axis, keepdims):
    found = reduce(switch(isnan(a), neutral, a), axis=axis, keepdims=keepdims)
    return switch(all_of(isnan(a), axis=axis, keepdims=keepdims), np.nan, found).astype(found.type.dtype)


def _sinc(x):
    return switch(eq(x, 0), 1, ELEMWISE["sin"](x) / switch(eq(x, 0), 1, x)).astype(x.type.dtype)


@counterpart("where")
def _where(condition, *choices):
    if not choices:
        return nonzero(condition)
    return switch(truth(as_tensor_variable(condition)), *choices)


@counterpart("select")
def _selected(condlist, choicelist, default=0):
    result = as_tensor_variable(default)
    for condition, choice in zip(condlist[::-1], choicelist[::-1], strict=True):
        result = switch(condition, choice, result)
    return result


@counterpart("average")
def _average(a, axis=None, weights=None, keepdims=False):
    a = as_tensor_variable(a)
    if weights is None:
        return mean(a, axis=axis, keepdims=keepdims)
    weights = as_tensor_variable(weights)
    if weights.type.ndim != a.type.ndim:            # a vector, along one axis
        weights = weights.dimshuffle(*[0 if d == axis_of(a, axis) else "x" for d in range(a.type.ndim)])
    whole = sum(weights + a.zeros_like(), axis=axis, keepdims=keepdims)
    return sum(a * weights, axis=axis, keepdims=keepdims) / whole


@counterpart("median")
def _median(a, axis=None, keepdims=False):
    a = inexact(as_tensor_variable(a))
    x, d = (a.flatten(), 0) if axis is None else (a, axis_of(a, axis))
    ordered, n = sort(x, axis=d), x.shape[d]
    low, high, last = (ordered[along(d, k)] for k in ((n - 1) // 2, n // 2, -1))
    found = switch(isnan(last), last, (low + high) / 2)                              # nan is sorted to the end
    if not keepdims:
        return found
    return found.dimshuffle(*["x"] * a.type.ndim) if axis is None else \
        found.dimshuffle(*range(d), "x", *range(d, a.type.ndim - 1))


@counterpart("corrcoef")
def _correlation(x, y=None, rowvar=True):
    found = cov(x, y, rowvar)
    if not found.type.ndim:
        return found / found
    deviation = sqrt(found.diagonal())
    return found / deviation.dimshuffle(0, "x") / deviation.dimshuffle("x", 0)


@counterpart("trapezoid")
def _trapezoid(y, x=None, dx=1.0, axis=-1):
    y = as_tensor_variable(y)
    axis %= y.type.ndim
    step = dx if x is None else diff(as_tensor_variable(x), 1, axis if as_tensor_variable(x).type.ndim > 1 else 0)
    if x is not None and step.type.ndim < y.type.ndim:
        step = step.dimshuffle(*[0 if d == axis else "x" for d in range(y.type.ndim)])
    return sum(step * (y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]) / 2, axis=axis)


@counterpart("array_equal")
def _same(a1, a2):
    """Whether elements are equal; extents must be."""
    a1, a2 = as_tensor_variable(a1), as_tensor_variable(a2)
    return all_of(eq(a1, a2)) if a1.type.ndim == a2.type.ndim else constant(False)


@counterpart("nan_to_num")
def _finite(x, nan=0.0, posinf=None, neginf=None):
    x = as_tensor_variable(x)
    if kind_of(x.type.dtype) != "f":
        return x
    limits = finfo(x.type.dtype)
    large, small = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    return switch(isnan(x), nan, switch(isinf(x), switch(x > 0, large, small), x)).astype(x.type.dtype)


@counterpart("take_along_axis")
def _taken(arr, indices, axis):
    arr, indices = as_tensor_variable(arr), as_tensor_variable(indices)
    ndim = arr.type.ndim
    places = [arange(indices.shape[d]).dimshuffle(*[0 if k == d else "x" for k in range(ndim)]) for d in range(ndim)]
    places[axis % ndim] = indices
    return arr[tuple(places)]


@counterpart("unique")
def _distinct(ar, return_index=False, return_inverse=False, return_counts=False, axis=None):
    return Unique(return_index, return_inverse, return_counts, axis)(as_tensor_variable(ar))


@counterpart("interp")
def _interpolated(x, xp, fp, left=None, right=None):
    """Straight lines between points with rising ``xp``."""
    x, xp, fp = (inexact(as_tensor_variable(v)) for v in (x, xp, fp))
    k = minimum(ELEMWISE["maximum"](searchsorted(xp, x, side="right") - 1, 0), xp.shape[0] - 2)
    inside = fp[k] + (x - xp[k]) * (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    return switch(x < xp[0], low, switch(x >= xp[-1], switch(eq(x, xp[-1]), fp[-1], high), inside))


@counterpart("polyval")
def _polynomial(p, x):
    p = as_tensor_variable(p)
    powers = as_tensor_variable(x).dimshuffle(*range(as_tensor_variable(x).type.ndim), "x") ** arange(p.shape[0])[::-1]
    return sum(p * powers, axis=-1)


@counterpart("gradient")
def _slopes(f):
    """Central differences of a vector, one-sided ones at its ends."""
    if f.type.ndim != 1:
        raise TypeError(f"numpy.gradient of a variable is that of a vector with distances 1, got {f.type}")
    f = inexact(f)
    return concatenate([f[1:2] - f[:1], (f[2:] - f[:-2]) / 2, f[-1:] - f[-2:-1]])


for _name in ("sum", "prod", "mean", "max", "min", "ptp", "all", "any", "argmax", "argmin", "cumsum",
              "cumprod", "clip", "reshape", "ravel", "transpose", "swapaxes", "compress", "choose", "take", "diagonal",
              "nonzero", "searchsorted", "sort", "argsort", "repeat", "zeros_like", "ones_like", "real", "imag",
              "angle", "size", "i0"):
    counterpart(_name)(FUNCTIONS[_name])
