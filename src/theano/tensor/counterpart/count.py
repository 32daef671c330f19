"""NumPy's functions that count, order, search and choose, and those of arrays as sets."""

from collections import namedtuple

import numpy as np

from theano.graph.variable import Variable
from theano.scalar.dtype import finfo, kind_of
from theano.tensor.arithmetic import cov, isinf, isnan
from theano.tensor.axis import axis_of
from theano.tensor.compare import allclose, isclose
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.shape import taken_along, unstacked
from theano.tensor.counterpart.ufunc import inexact, truth
from theano.tensor.create import alloc
from theano.tensor.cumulate import cumprod, cumsum
from theano.tensor.elemwise import ELEMWISE, clipped, eq, gt, lt, neq, sqrt, switch
from theano.tensor.join import concatenate
from theano.tensor.multiindex import ravel_multi_index, unravel_index
from theano.tensor.nonzero import flatnonzero, nonzero
from theano.tensor.reduce import all as all_of
from theano.tensor.reduce import any as any_of
from theano.tensor.sort import Unique, argsort, sort
from theano.tensor.variable import FUNCTIONS, counterpart

counterpart("around")(lambda a, decimals=0: _rounded(a, decimals))
counterpart("round")(lambda a, decimals=0: _rounded(a, decimals))
counterpart("fix")(lambda x: ELEMWISE["trunc"](x) if kind_of(x.type.dtype) == "f" else x)
counterpart("cumsum")(lambda a, axis=None, dtype=None: cumsum(_counted(a, dtype), axis))
counterpart("cumprod")(lambda a, axis=None, dtype=None: cumprod(_counted(a, dtype), axis))
counterpart("cumulative_sum")(lambda x, axis=None, dtype=None, include_initial=False: _running(
    cumsum, 0, x, axis, dtype, include_initial))
counterpart("cumulative_prod")(lambda x, axis=None, dtype=None, include_initial=False: _running(
    cumprod, 1, x, axis, dtype, include_initial))
counterpart("cov")(lambda m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, dtype=None: cov(
    _typed(m, dtype), y, rowvar, bias, ddof, fweights, aweights))
counterpart("compress")(lambda condition, a, axis=None: FUNCTIONS["compress"](condition, a, axis))
counterpart("sort")(lambda a, axis=-1, kind="quicksort", order=None, *, stable=None: sort(
    a, axis, "stable" if stable else kind or "quicksort", order))
counterpart("argsort")(lambda a, axis=-1, kind="quicksort", order=None, *, stable=None: argsort(
    a, axis, "stable" if stable else kind or "quicksort", order))
counterpart("angle")(lambda z, deg=False: ELEMWISE["rad2deg"](FUNCTIONS["angle"](z)) if deg else FUNCTIONS["angle"](z))
counterpart("isposinf")(lambda x: isinf(x) & gt(x, 0))
counterpart("isneginf")(lambda x: isinf(x) & lt(x, 0))
counterpart("sort_complex")(lambda a: sort(as_tensor_variable(a) + 0j))
counterpart("isclose")(isclose)
counterpart("allclose")(allclose)
counterpart("isreal")(lambda x: eq(x.imag, 0))
counterpart("iscomplex")(lambda x: neq(x.imag, 0))
counterpart("flatnonzero")(flatnonzero)
counterpart("argwhere")(lambda a: nonzero(a, return_matrix=True).T)
counterpart("extract")(lambda condition, arr: as_tensor_variable(arr).flatten()[flatnonzero(condition)])
counterpart("unravel_index")(lambda indices, shape, order="C": unravel_index(indices, shape, order))
counterpart("ravel_multi_index")(lambda multi_index, dims, mode="raise", order="C": ravel_multi_index(
    multi_index, dims, mode, order))
counterpart("sinc")(lambda x: _sinc(inexact(as_tensor_variable(x)) * np.pi))


def _rounded(a, decimals):
    a, half = as_tensor_variable(a), ELEMWISE["round_half_to_even"]
    if kind_of(a.type.dtype) not in "fc":
        return a if decimals >= 0 else (half(a / 10 ** -decimals) * 10 ** -decimals).astype(a.type.dtype)
    if a.type.dtype.startswith("complex"):
        return _rounded(a.real, decimals) + 1j * _rounded(a.imag, decimals)
    if decimals == 0:
        return half(a)
    scale = constant(10.0 ** abs(decimals), dtype=a.type.dtype)
    return half(a * scale) / scale if decimals > 0 else half(a / scale) * scale


def _typed(x, dtype):
    return as_tensor_variable(x) if dtype is None else as_tensor_variable(x).astype(dtype)


def _counted(x, dtype):
    """What is added up or multiplied: truth counts as 0 and 1."""
    x = as_tensor_variable(x)
    return x.astype(dtype or ("int64" if x.type.dtype == "bool" else x.type.dtype))


def _running(function, start, x, axis, dtype, include_initial):
    x = _counted(x, dtype)
    if axis is None and x.type.ndim > 1:
        raise ValueError(f"an array with more than one dimension needs an axis, got {x.type}")
    axis = axis_of(x, axis or 0)
    found = function(x, axis)
    if not include_initial:
        return found
    extents = [1 if d == axis else x.shape[d] for d in range(x.type.ndim)]
    return concatenate([alloc(constant(start, dtype=found.type.dtype), *extents), found], axis)


@counterpart("clip")
def _clipped(a, a_min=None, a_max=None, *, min=None, max=None):                                      # noqa: A002
    """Between two bounds, of which one or both may be None."""
    low, high = min if a_min is None else a_min, max if a_max is None else a_max
    return clipped(as_tensor_variable(a), low, high)


@counterpart("lexsort")
def _order_by(keys, axis=-1):
    """The order by the last key, where it is equal by the one before ..."""
    first, *rest = [as_tensor_variable(k) for k in (keys if isinstance(keys, (tuple, list)) else unstacked(keys))]
    order = argsort(first, axis=axis, kind="stable")
    for key in rest:
        order = taken_along(order, argsort(taken_along(key, order, axis), axis=axis, kind="stable"), axis)
    return order


@counterpart("piecewise")
def _by_pieces(x, condlist, funclist, *args, **kw):
    """Each function of all elements, of which those are taken for which its condition holds."""
    x = as_tensor_variable(x)
    if isinstance(condlist, Variable) and not condlist.type.ndim or not isinstance(condlist, (tuple, list, Variable)):
        condlist = [condlist]
    conditions = [truth(as_tensor_variable(c)) for c in condlist]
    values = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    if len(values) - len(conditions) not in (0, 1):
        raise ValueError(f"{len(conditions)} conditions need as many functions or one more, got {len(values)}")
    result = as_tensor_variable(values[-1] if len(values) > len(conditions) else 0)
    for condition, value in zip(conditions, values, strict=False):
        result = switch(condition, value, result)
    return result.astype(x.type.dtype)


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


@counterpart("corrcoef")
def _correlation(x, y=None, rowvar=True, dtype=None):
    found = cov(_typed(x, dtype), y, rowvar)
    if not found.type.ndim:
        return found / found
    deviation = sqrt(found.diagonal())
    return found / deviation.dimshuffle(0, "x") / deviation.dimshuffle("x", 0)


@counterpart("array_equal")
def _same(a1, a2, equal_nan=False):
    """Whether elements are equal; extents must be."""
    a1, a2 = as_tensor_variable(a1), as_tensor_variable(a2)
    if a1.type.ndim != a2.type.ndim:
        return constant(False)
    return all_of(eq(a1, a2) | isnan(a1) & isnan(a2) if equal_nan else eq(a1, a2))


@counterpart("nan_to_num")
def _finite(x, copy=True, nan=0.0, posinf=None, neginf=None):
    x = as_tensor_variable(x)
    if x.type.dtype.startswith("complex"):
        real, imag = (_finite(part, copy, nan, posinf, neginf) for part in (x.real, x.imag))
        return (real + 1j * imag).astype(x.type.dtype)
    if kind_of(x.type.dtype) != "f":
        return x
    limits = finfo(x.type.dtype)
    large, small = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    return switch(isnan(x), nan, switch(isinf(x), switch(x > 0, large, small), x)).astype(x.type.dtype)


def _of_a(function):
    """A function whose first argument has NumPy's name too."""
    return lambda a, *args, **kwargs: function(a, *args, **kwargs)


for _name in ("choose", "take", "diagonal", "nonzero", "real", "imag", "i0"):
    counterpart(_name)(FUNCTIONS[_name])
for _name in ("argmax", "argmin", "repeat", "searchsorted", "swapaxes", "transpose"):
    counterpart(_name)(_of_a(FUNCTIONS[_name]))


Counts = namedtuple("UniqueCountsResult", "values counts")
Inverse = namedtuple("UniqueInverseResult", "values inverse_indices")
All = namedtuple("UniqueAllResult", "values indices inverse_indices counts")

counterpart("unique_values")(lambda x: _distinct(x))
counterpart("unique_counts")(lambda x: Counts(*_distinct(x, return_counts=True)))
counterpart("unique_inverse")(lambda x: Inverse(*_distinct(x, return_inverse=True)))
counterpart("unique_all")(lambda x: All(*_distinct(x, True, True, True)))
counterpart("union1d")(lambda ar1, ar2: _distinct(concatenate([_flat(ar1), _flat(ar2)])))


def _flat(x):
    return as_tensor_variable(x).flatten()


@counterpart("unique")
def _distinct(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, sorted=True):   # noqa: A002
    ar = as_tensor_variable(ar)
    found = Unique(return_index, return_inverse, return_counts, axis)(ar)
    if not return_inverse or axis is not None:
        return found
    place = 1 + bool(return_index)
    return [v.reshape(ar.shape, ar.type.ndim) if k == place else v for k, v in enumerate(found)]


@counterpart("isin")
def _members(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Which elements are among others, each compared with all."""
    element = as_tensor_variable(element)
    found = any_of(eq(element.dimshuffle(*range(element.type.ndim), "x"), _flat(test_elements)), axis=-1)
    return ~found if invert else found


@counterpart("setdiff1d")
def _without(ar1, ar2, assume_unique=False):
    first = _flat(ar1) if assume_unique else _distinct(ar1)
    return first[_members(first, ar2, invert=True)]


@counterpart("intersect1d")
def _common(ar1, ar2, assume_unique=False, return_indices=False):
    first, place = Unique(return_index=True)(_flat(ar1))
    both = _members(first, ar2)
    if not return_indices:
        return first[both]
    second, other = Unique(return_index=True)(_flat(ar2))
    return first[both], place[both], other[_members(second, ar1)]


@counterpart("setxor1d")
def _in_one(ar1, ar2, assume_unique=False):
    return sort(concatenate([_without(ar1, ar2, assume_unique), _without(ar2, ar1, assume_unique)]))
