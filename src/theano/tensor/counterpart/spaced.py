"""NumPy's evenly spaced numbers, grids, and indices of parts."""

from theano.scalar.dtype import kind_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.shape import moved
from theano.tensor.counterpart.ufunc import inexact, number
from theano.tensor.create import alloc, arange, tri
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.nonzero import flatnonzero, nonzero
from theano.tensor.shape import shape_i
from theano.tensor.variable import counterpart

maximum, switch, eq, gt, floor, log10, power, sgn = (ELEMWISE[n] for n in (
    "maximum", "switch", "eq", "gt", "floor", "log10", "pow", "sgn"))

counterpart("diag_indices_from")(lambda arr: (arange(shape_i(arr, 0)),) * arr.type.ndim)
counterpart("tril_indices_from")(lambda arr, k=0: tuple(nonzero(tri(shape_i(arr, 0), shape_i(arr, 1), k))))
counterpart("triu_indices_from")(lambda arr, k=0: tuple(nonzero(eq(tri(shape_i(arr, 0), shape_i(arr, 1), k - 1), 0))))


@counterpart("linspace")
def evenly(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """``num`` numbers, along a new axis.  Reference: numpy.linspace"""
    start, stop = number(start), number(stop)
    ndim = max(start.type.ndim, stop.type.ndim)
    k = arange(num).dimshuffle(0, *["x"] * ndim)
    steps = num - 1 if endpoint else num
    step = (stop - start) / maximum(steps, 1)
    found = start + k * step
    if endpoint:                                        # exactly
        found = switch(eq(k, num - 1) & gt(k, 0), stop, found)
    if dtype is not None:
        found = (floor(found) if kind_of(as_tensor_variable(0).astype(dtype).type.dtype) in "iu" else found)
        found = found.astype(dtype)
    found = moved(found, 0, axis) if axis else found
    return (found, step) if retstep else found


@counterpart("logspace")
def _by_powers(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    found = power(number(base), evenly(start, stop, num, endpoint, axis=axis))
    return found if dtype is None else found.astype(dtype)


@counterpart("geomspace")
def _by_ratios(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Numbers with one ratio; the ends have one sign, and come out exactly."""
    start, stop = inexact(number(start)), inexact(number(stop))
    k = arange(num).dimshuffle(0, *["x"] * max(start.type.ndim, stop.type.ndim))
    found = sgn(start) * power(10.0, evenly(log10(abs(start)), log10(abs(stop)), num, endpoint))
    found = switch(eq(k, 0), start, found)
    if endpoint:
        found = switch(eq(k, num - 1) & gt(k, 0), stop, found)
    found = moved(found, 0, axis) if axis else found
    return found if dtype is None else found.astype(dtype)


@counterpart("meshgrid")
def _mesh(*xi, indexing="xy", sparse=False, copy=True):
    """Vectors as coordinates of a grid: a list of tensors."""
    vectors = [as_tensor_variable(x).flatten() for x in xi]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = 1, 0
    extents = [vectors[d].shape[0] for d in order]
    lines = [v.dimshuffle(*[0 if d == k else "x" for d in order]) for k, v in enumerate(vectors)]
    return lines if sparse else [alloc(line, *extents) for line in lines]


@counterpart("ix_")
def _open_grid(*args):
    """Vectors as indices of a grid; of masks the places that are true."""
    vectors = [flatnonzero(v) if v.type.dtype == "bool" else v for v in map(as_tensor_variable, args)]
    return tuple(v.dimshuffle(*[0 if d == k else "x" for d in range(len(vectors))]) for k, v in enumerate(vectors))
