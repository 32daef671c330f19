"""NumPy's sums, products, extrema, means and variances, of chosen elements too; its medians and quantiles."""

import numpy as np

from theano.scalar.dtype import kind_of
from theano.tensor.arithmetic import isnan
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.shape import taken_along
from theano.tensor.counterpart.ufunc import inexact, number, truth
from theano.tensor.create import alloc
from theano.tensor.cumulate import cumprod, cumsum
from theano.tensor.elemwise import ELEMWISE, abs_, sqrt, switch
from theano.tensor.join import concatenate
from theano.tensor.reduce import all as all_of
from theano.tensor.reduce import any as any_of
from theano.tensor.reduce import argmax, argmin, makeKeepDims, mean, normal_axes, prod, sum, var
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import min as min_of
from theano.tensor.sort import sort
from theano.tensor.variable import counterpart

counterpart("count_nonzero")(lambda a, axis=None, keepdims=False: sum(truth(a), axis=axis, keepdims=keepdims))
counterpart("all")(lambda a, axis=None, keepdims=False, where=True: all_of(
    _chosen(a, where, True), axis=axis, keepdims=keepdims))
counterpart("any")(lambda a, axis=None, keepdims=False, where=True: any_of(
    _chosen(a, where, False), axis=axis, keepdims=keepdims))
counterpart("ptp")(lambda a, axis=None, keepdims=False: max_of(a, axis, keepdims) - min_of(a, axis, keepdims))
counterpart("std")(lambda *args, **kwargs: sqrt(_variance(*args, **kwargs)))
counterpart("nanmean")(lambda a, *args, **kwargs: _mean(a, *args, **_of_numbers(a, **kwargs)))
counterpart("nanvar")(lambda a, *args, **kwargs: _variance(a, *args, **_of_numbers(a, **kwargs)))
counterpart("nanstd")(lambda a, *args, **kwargs: sqrt(_variance(a, *args, **_of_numbers(a, **kwargs))))
counterpart("nansum")(lambda a, *args, **kwargs: _sum(a, *args, **_of_numbers(a, **kwargs)))
counterpart("nanprod")(lambda a, *args, **kwargs: _product(a, *args, **_of_numbers(a, **kwargs)))
counterpart("nanmax")(lambda a, axis=None, keepdims=False, initial=None, where=True: _among_numbers(
    max_of, -np.inf, a, axis, keepdims, initial, where))
counterpart("nanmin")(lambda a, axis=None, keepdims=False, initial=None, where=True: _among_numbers(
    min_of, np.inf, a, axis, keepdims, initial, where))
counterpart("nanargmax")(lambda a, axis=None, keepdims=False: argmax(_filled(a, -np.inf), axis, keepdims))
counterpart("nanargmin")(lambda a, axis=None, keepdims=False: argmin(_filled(a, np.inf), axis, keepdims))
counterpart("nancumsum")(lambda a, axis=None, dtype=None: cumsum(_filled(a, 0).astype(dtype or a.type.dtype), axis))
counterpart("nancumprod")(lambda a, axis=None, dtype=None: cumprod(_filled(a, 1).astype(dtype or a.type.dtype), axis))


def merged(x, axis):
    """``x`` with an axis, several or all (None) as one, the last."""
    axes = normal_axes(x, axis)
    if axes is None or len(axes) == x.type.ndim != 1:
        return x.flatten()
    kept = [d for d in range(x.type.ndim) if d not in axes]
    moved = x.dimshuffle(*kept, *axes)
    if len(axes) == 1:
        return moved
    size = constant(1, dtype="int64")
    for d in axes:
        size = size * x.shape[d]
    return moved.reshape([*(x.shape[d] for d in kept), size], ndim=len(kept) + 1)


def _chosen(a, where, value):
    """``a`` with ``value`` in place of what is not chosen."""
    a = as_tensor_variable(a)
    return a if where is True else switch(truth(as_tensor_variable(where)), a, constant(value, dtype=a.type.dtype))


def _of_numbers(a, where=True, **more):
    """Arguments that leave out nan."""
    numbers = ~isnan(as_tensor_variable(a))
    return {**more, "where": numbers if where is True else numbers & truth(as_tensor_variable(where))}


def _filled(a, value):
    a = as_tensor_variable(a)
    return a if kind_of(a.type.dtype) not in "fc" else _chosen(a, ~isnan(a), value)


def _started(found, initial, combine):
    return found if initial is None else combine(found, as_tensor_variable(initial).astype(found.type.dtype))


@counterpart("sum")
def _sum(a, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    found = sum(_chosen(a, where, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return _started(found, initial, lambda x, y: x + y)


@counterpart("prod")
def _product(a, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    found = prod(_chosen(a, where, 1), axis=axis, dtype=dtype, keepdims=keepdims)
    return _started(found, initial, lambda x, y: x * y)


@counterpart("max", "amax")
def _largest(a, axis=None, keepdims=False, initial=None, where=True):
    return _extremum(max_of, a, axis, keepdims, initial, where)


@counterpart("min", "amin")
def _smallest(a, axis=None, keepdims=False, initial=None, where=True):
    return _extremum(min_of, a, axis, keepdims, initial, where)


def _extremum(reduce, a, axis, keepdims, initial, where):
    """The extremum of chosen elements and one more, so that nothing chosen is no error."""
    a = as_tensor_variable(a)
    if initial is None:
        if where is not True:
            raise ValueError("the largest or smallest of chosen elements needs initial, for where none is chosen")
        return reduce(a, axis=axis, keepdims=keepdims)
    initial = as_tensor_variable(initial).astype(a.type.dtype)
    rows = merged(a if where is True else switch(truth(as_tensor_variable(where)), a, initial), axis)
    first = alloc(initial, *(rows.shape[d] for d in range(rows.type.ndim - 1)), 1)
    found = reduce(concatenate([first, rows], axis=-1), axis=-1)
    return makeKeepDims(a, found, axis) if keepdims else found


def _among_numbers(reduce, neutral, a, axis, keepdims, initial, where):
    a = as_tensor_variable(a)
    if initial is not None or where is not True:
        return _extremum(reduce, _filled(a, neutral), axis, keepdims, initial, where)
    if kind_of(a.type.dtype) != "f":
        return reduce(a, axis=axis, keepdims=keepdims)
    found = reduce(_filled(a, neutral), axis=axis, keepdims=keepdims)
    return switch(all_of(isnan(a), axis=axis, keepdims=keepdims), np.nan, found).astype(found.type.dtype)


@counterpart("mean")
def _mean(a, axis=None, dtype=None, keepdims=False, where=True):
    if where is True:
        return mean(a, axis=axis, dtype=dtype, keepdims=keepdims)
    total = sum(_chosen(a, where, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return _per(total, _count(a, where, axis, keepdims))


def _count(a, where, axis, keepdims):
    """How many elements are chosen."""
    ones = as_tensor_variable(a).zeros_like(dtype="int64") + 1
    return sum(_chosen(ones, where, 0), axis=axis, keepdims=keepdims)


def _per(total, count):
    """A mean in the dtype that the sum has, if that has fractions."""
    return total / (count.astype(total.type.dtype) if kind_of(total.type.dtype) in "fc" else count)


@counterpart("var")
def _variance(a, axis=None, dtype=None, ddof=0, keepdims=False, where=True, correction=None):
    a, ddof = as_tensor_variable(a), ddof if correction is None else correction
    a = a if dtype is None else a.astype(dtype)
    if where is True and a.type.dtype.startswith("complex"):
        return var(a.real, axis, ddof, keepdims) + var(a.imag, axis, ddof, keepdims)
    if where is True:
        return var(a, axis, ddof, keepdims)
    spread = abs_(_chosen(a - _mean(a, axis, None, True, where), where, 0))
    return _per(sum(spread * spread, axis=axis, keepdims=keepdims), _count(a, where, axis, keepdims) - ddof)


@counterpart("average")
def _average(a, axis=None, weights=None, returned=False, keepdims=False):
    a = as_tensor_variable(a)
    if weights is None:
        found = mean(a, axis=axis, keepdims=keepdims)
        return (found, _count(a, True, axis, keepdims).astype(found.type.dtype)) if returned else found
    weights = as_tensor_variable(weights)
    if weights.type.ndim != a.type.ndim:            # along the axes that are averaged, in their order
        axes = list(normal_axes(a, axis))
        weights = weights.dimshuffle(*[axes.index(d) if d in axes else "x" for d in range(a.type.ndim)])
    whole = sum(weights + a.zeros_like(), axis=axis, keepdims=keepdims)
    found = sum(a * weights, axis=axis, keepdims=keepdims) / whole
    return (found, whole) if returned else found


floor, ceil, clip, half_to_even = (ELEMWISE[n] for n in ("floor", "ceil", "clip", "round_half_to_even"))
# (alpha, beta) of n q + alpha + q (1 - alpha - beta) - 1, the place between sorted elements (Hyndman and Fan 1996)
PLACES = {"interpolated_inverted_cdf": (0, 1), "hazen": (0.5, 0.5), "weibull": (0, 0), "linear": (1, 1),
          "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8)}
ROUNDED = {"lower": floor, "higher": ceil, "nearest": half_to_even,
           "midpoint": lambda place: (floor(place) + ceil(place)) / 2}

counterpart("quantile")(lambda a, q, axis=None, method="linear", keepdims=False: _quantile(
    a, q, axis, method, keepdims))
counterpart("percentile")(lambda a, q, axis=None, method="linear", keepdims=False: _quantile(
    a, number(q) / 100, axis, method, keepdims))
counterpart("nanquantile")(lambda a, q, axis=None, method="linear", keepdims=False: _quantile(
    a, q, axis, method, keepdims, numbers=True))
counterpart("nanpercentile")(lambda a, q, axis=None, method="linear", keepdims=False: _quantile(
    a, number(q) / 100, axis, method, keepdims, numbers=True))
counterpart("nanmedian")(lambda a, axis=None, keepdims=False: _quantile(a, 0.5, axis, "linear", keepdims, numbers=True))


@counterpart("median")
def median(a, axis=None, keepdims=False):
    a = inexact(as_tensor_variable(a))
    ordered = sort(merged(a, axis), axis=-1)
    n = ordered.shape[ordered.type.ndim - 1]
    low, high, last = (ordered[..., k] for k in ((n - 1) // 2, n // 2, -1))
    found = switch(isnan(last), last, (low + high) / 2)                              # nan is sorted to the end
    return makeKeepDims(a, found, axis) if keepdims else found


def _quantile(a, q, axis, method, keepdims, numbers=False):
    """Quantiles, along new first axes for those of ``q``; ``numbers`` passes over nan."""
    if method not in PLACES and method not in ROUNDED:
        raise TypeError(f"numpy.quantile of a variable has the methods {sorted({*PLACES, *ROUNDED})}, got {method!r}")
    a, q = inexact(as_tensor_variable(a)), inexact(number(q))
    ordered = sort(merged(a, axis), axis=-1)
    kept = ordered.type.ndim - 1
    wanted = q.flatten().dimshuffle(*["x"] * kept, 0)
    n = ordered.shape[kept]
    if numbers:
        n = sum(~isnan(ordered), axis=-1, keepdims=True)
    alpha, beta = PLACES.get(method, (1, 1))
    place = n * wanted + (alpha + wanted * (1 - alpha - beta)) - 1
    place = ROUNDED.get(method, lambda place: place)(place)
    place = ELEMWISE["maximum"](ELEMWISE["minimum"](place, n - 1), 0)
    low, high = ([_elements(ordered, whole(place).astype("int64"), numbers)] for whole in (floor, ceil))
    found = low[0] + (high[0] - low[0]) * (place - floor(place)).astype(a.type.dtype)
    found = switch(ELEMWISE["eq"](low[0], high[0]), low[0], found)                   # infinite ones have no difference
    if not numbers:
        last = ordered[..., -1:]
        found = switch(isnan(last), last, found)
    found = found.dimshuffle(kept, *range(kept))
    if keepdims:
        found = found.dimshuffle(0, *_put_back(a, axis, kept))
    left = [found.shape[d] for d in range(1, found.type.ndim)]
    return found.reshape([*(q.shape[d] for d in range(q.type.ndim)), *left], ndim=q.type.ndim + len(left))


def _put_back(a, axis, kept):
    """Where kept axes and reduced ones are, for axes that have one before them."""
    axes, left = normal_axes(a, axis), iter(range(1, kept + 1))
    return ["x" if axes is None or d in axes else next(left) for d in range(a.type.ndim)]


def _elements(ordered, places, by_row):
    if by_row:
        return taken_along(ordered, places, -1)
    return ordered[..., places.flatten()]
