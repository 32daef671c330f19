"""NumPy's medians and quantiles."""

from theano.tensor.arithmetic import isnan
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.reduction import merged
from theano.tensor.counterpart.shape import taken_along
from theano.tensor.counterpart.ufunc import inexact, number
from theano.tensor.elemwise import ELEMWISE, switch
from theano.tensor.reduce import makeKeepDims, normal_axes, sum
from theano.tensor.sort import sort
from theano.tensor.variable import counterpart

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
