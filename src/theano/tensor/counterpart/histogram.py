"""NumPy's functions that count elements between bounds."""

import numpy as np

from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.spaced import evenly
from theano.tensor.counterpart.ufunc import inexact, number
from theano.tensor.cumulate import cumsum, diff
from theano.tensor.elemwise import eq, ge, le, switch
from theano.tensor.join import concatenate
from theano.tensor.reduce import any as any_of
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import min as min_of
from theano.tensor.reduce import sum
from theano.tensor.repeat import bincount
from theano.tensor.sort import argsort, searchsorted, sort
from theano.tensor.variable import counterpart

counterpart("bincount")(lambda x, weights=None, minlength=0: bincount(x, weights, minlength or None))


@counterpart("digitize")
def _bins(x, bins, right=False):
    """The number of the bin of each element; the bounds ascend or descend, which is seen when it runs."""
    bins = as_tensor_variable(bins)
    descending = any_of(bins[:1] > bins[-1:])
    found = searchsorted(bins[::switch(descending, -1, 1)], as_tensor_variable(x), side="left" if right else "right")
    return switch(descending, bins.shape[0] - found, found)


@counterpart("histogram_bin_edges")
def _bounds(a, bins=10, range=None, weights=None):                                                   # noqa: A002
    """Bounds that are given, or of some bins as wide as each other."""
    if isinstance(bins, str):
        raise TypeError(f"numpy.histogram of a variable needs a number of bins or their bounds, got {bins!r}")
    if np.ndim(bins):
        return as_tensor_variable(bins)
    a = inexact(as_tensor_variable(a).flatten())
    if range is None:                                   # of nothing: from 0 to 1
        nothing = eq(a.shape[0], 0)
        known = concatenate([a, constant(np.zeros(1, a.type.dtype))])[:switch(nothing, 1, a.shape[0])]
        low, high = min_of(known), max_of(known)
        high = switch(nothing, 1, high)
    else:
        low, high = (number(v).astype(a.type.dtype) for v in range)
    same = eq(low, high)
    return evenly(switch(same, low - 0.5, low), switch(same, high + 0.5, high), bins + 1)


@counterpart("histogram")
def _histogram(a, bins=10, range=None, density=False, weights=None):                                 # noqa: A002
    """How many elements, or how much of ``weights``, each bin has; the last one has both its bounds."""
    a, edges = as_tensor_variable(a).flatten(), _bounds(a, bins, range)
    if weights is None:
        ordered, running = sort(a), None
    else:
        weights, order = as_tensor_variable(weights).flatten(), argsort(a)
        ordered = a[order]
        running = concatenate([constant(np.zeros(1, weights.type.dtype)), cumsum(weights[order])])
    places = concatenate([searchsorted(ordered, edges[:-1]), searchsorted(ordered, edges[-1:], side="right")])
    counts = diff(places if running is None else running[places])
    return (counts / diff(edges) / sum(counts) if density else counts), edges


@counterpart("histogram2d")
def _histogram_of_pairs(x, y, bins=10, range=None, density=False, weights=None):                     # noqa: A002
    """The number of pairs in each cell of a grid."""
    pairs = isinstance(bins, (tuple, list)) and len(bins) == 2
    each = bins if pairs else [bins, bins]
    values = [as_tensor_variable(v).flatten() for v in (x, y)]
    edges = [_bounds(v, b, r) for v, b, r in zip(values, each, range or [None, None], strict=True)]
    cells, inside = [], constant(True)
    for v, e in zip(values, edges, strict=True):
        last = e[-1]
        cells.append(searchsorted(e, v, side="right") - 1 - eq(v, last))
        inside = inside & ge(v, e[0]) & le(v, last)
    rows, columns = (e.shape[0] - 1 for e in edges)
    place = switch(inside, cells[0] * columns + cells[1], rows * columns)
    weights = None if weights is None else as_tensor_variable(weights)
    counts = bincount(place, weights, rows * columns + 1)[:rows * columns].reshape((rows, columns)).astype("float64")
    if density:
        counts = counts / sum(counts) / diff(edges[0]).dimshuffle(0, "x") / diff(edges[1])
    return counts, *edges
