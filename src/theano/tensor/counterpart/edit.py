"""NumPy's functions that take parts out of arrays, and put others into and around them."""

import numpy as np

from theano.graph.variable import Constant, Variable
from theano.scalar.dtype import kind_of
from theano.tensor.advanced import set_subtensor, take
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.reduction import median
from theano.tensor.counterpart.shape import along, extents_of
from theano.tensor.create import alloc, arange, full
from theano.tensor.elemwise import ELEMWISE, lt, maximum, minimum, mod, neq, switch
from theano.tensor.join import concatenate
from theano.tensor.nonzero import flatnonzero
from theano.tensor.reduce import argmax, mean
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import min as min_of
from theano.tensor.shape import shape_i
from theano.tensor.sort import argsort, sort
from theano.tensor.variable import counterpart


@counterpart("append")
def _appended(arr, values, axis=None):
    arr, values = as_tensor_variable(arr), as_tensor_variable(values)
    return concatenate([arr.flatten(), values.flatten()]) if axis is None else concatenate([arr, values], axis)


def _axis_or_flat(arr, axis):
    arr = as_tensor_variable(arr)
    return (arr.flatten(), 0) if axis is None else (arr, axis_of(arr, axis))


@counterpart("delete")
def _deleted(arr, obj, axis=None):
    """``arr`` without slices across an axis: those of an index, several, a slice or a mask."""
    x, d = _axis_or_flat(arr, axis)
    n = shape_i(x, d)
    if isinstance(obj, (int, np.integer)):
        at = obj if obj >= 0 else n + obj
        return concatenate([x[along(d, slice(0, at))], x[along(d, slice(at + 1, None))]], d)
    kept = alloc(constant(1, dtype="int8"), n)
    return take(x, flatnonzero(set_subtensor(kept[_index(obj)], 0)), axis=d)


def _index(obj):
    """What NumPy takes for an index: of an empty list one of integers."""
    if isinstance(obj, (slice, Variable)):
        return obj
    obj = np.asarray(obj)
    return as_tensor_variable(obj if obj.size or obj.dtype == "bool" else obj.astype("int64"))


@counterpart("insert")
def _inserted(arr, obj, values, axis=None):
    """``arr`` with ``values`` before the slices across an axis that ``obj`` names: all is put together and ordered."""
    x, d = _axis_or_flat(arr, axis)
    n, values = shape_i(x, d), as_tensor_variable(values).astype(x.type.dtype)
    places = arange(n)[obj] if isinstance(obj, slice) else _index(obj)
    if places.type.dtype == "bool":
        places = flatnonzero(places)
    if not places.type.ndim:
        places = places.dimshuffle("x")
        if values.type.ndim:                            # one place: the axis of all values, however many, is the first
            values = values.dimshuffle(*["x"] * (x.type.ndim - values.type.ndim), *range(values.type.ndim))
            values = values.dimshuffle(*range(1, d + 1), 0, *range(d + 1, x.type.ndim))
            places = places + alloc(constant(0, dtype="int64"), values.shape[d])
    new = alloc(values, *(places.shape[0] if k == d else x.shape[k] for k in range(x.type.ndim)))
    places = switch(lt(places, 0), places + n, places)
    order = argsort(concatenate([2 * arange(n) + 1, 2 * places]), kind="stable")
    return take(concatenate([x, new], d), order, axis=d)


@counterpart("resize")
def _resized(a, new_shape):
    """Elements in a new shape, again from the first one where they are too few."""
    a, shape = as_tensor_variable(a).flatten(), extents_of(new_shape)
    size = constant(1, dtype="int64")
    for extent in shape:
        size = size * extent
    return a[arange(size) % shape_i(a, 0)].reshape(shape, ndim=len(shape))


@counterpart("trim_zeros")
def _trimmed(filt, trim="fb"):
    """A vector without the zeros at its ends."""
    if filt.type.ndim != 1:
        raise TypeError(f"numpy.trim_zeros of a variable is that of a vector, got {filt.type}")
    known = concatenate([neq(filt, 0), as_tensor_variable(np.array([True]))])
    back = concatenate([neq(filt[::-1], 0), as_tensor_variable(np.array([True]))])
    start = argmax(known) if "f" in trim.lower() else 0
    return filt[start:shape_i(filt, 0) - (argmax(back) if "b" in trim.lower() else 0)]


@counterpart("partition")
def _partitioned(a, kth, axis=-1, kind="introselect", order=None):
    """Sorted, which puts more elements in their place than was asked."""
    return sort(as_tensor_variable(a), axis=axis)


@counterpart("argpartition")
def _partition_places(a, kth, axis=-1, kind="introselect", order=None):
    return argsort(as_tensor_variable(a), axis=axis)


STATISTICS = {"maximum": max_of, "minimum": min_of, "mean": mean, "median": median}
OPTIONS = {"constant": {"constant_values": 0}, "edge": {}, "wrap": {}, "linear_ramp": {"end_values": 0},
           "reflect": {"reflect_type": "even"}, "symmetric": {"reflect_type": "even"},
           **{name: {"stat_length": None} for name in STATISTICS}}


@counterpart("pad")
def _padded(array, pad_width, mode="constant", **options):
    """Around an array what ``mode`` says; widths are ints."""
    if mode not in OPTIONS:
        raise TypeError(f"numpy.pad of a variable has the modes {sorted(OPTIONS)}, got {mode!r}")
    if not set(options) <= set(OPTIONS[mode]):
        raise ValueError(f"numpy.pad with mode {mode!r} has the options {sorted(OPTIONS[mode])}, got {sorted(options)}")
    x = as_tensor_variable(array)
    option = _value(next(iter({**OPTIONS[mode], **options}.values()), None))
    widths = _widths(x, pad_width)
    if mode == "constant" and (isinstance(option, Variable) or not np.ndim(option)):
        return _framed(x, widths, option)
    pairs = [option] * x.type.ndim if mode in ("reflect", "symmetric") else _pairs(option, x.type.ndim)
    for axis, (width, given) in enumerate(zip(widths, pairs, strict=True)):
        if any(width):
            x = _padded_along(x, axis, width, mode, given)
    return x


def _widths(x, given):
    """Two numbers for each axis; a dict has those of some."""
    given = _value(given)
    if isinstance(given, Variable):
        raise TypeError(f"numpy.pad of a variable needs widths that are known, got {given}")
    if not isinstance(given, dict):
        return [(int(a), int(b)) for a, b in np.broadcast_to(np.asarray(given), (x.type.ndim, 2))]
    found = [(0, 0)] * x.type.ndim
    for axis, width in given.items():
        found[axis_of(x, axis)] = tuple(map(int, np.broadcast_to(width, 2)))
    return found


def _value(given):
    """An array, where it has become a constant."""
    return given.data if isinstance(given, Constant) else given


def _pairs(given, ndim):
    if isinstance(given, Variable) or given is None:
        return [(given, given)] * ndim
    return [tuple(pair) for pair in np.broadcast_to(np.asarray(given), (ndim, 2))]


def _framed(x, widths, value):
    extents = [x.shape[d] + (a + b) for d, (a, b) in enumerate(widths)]
    inside = tuple(slice(a, a + x.shape[d]) for d, (a, _) in enumerate(widths))
    return set_subtensor(full(extents, value, x.type.dtype)[inside], x)


def _padded_along(x, axis, widths, mode, given):
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        return _repeated(x, axis, widths, mode, given)
    before, after = (_margin(x, axis, width, mode, value, side)
                     for side, (width, value) in enumerate(zip(widths, given, strict=True)))
    return concatenate([before, x, after], axis)


def _repeated(x, axis, widths, mode, given):
    """Elements of ``x`` at places past its ends: the nearest, or as if it went on periodically, turned or not."""
    n = x.shape[axis]
    k = arange(-widths[0], n + widths[1])
    if mode == "edge":
        return x[along(axis, maximum(minimum(k, n - 1), 0))]
    if mode == "wrap":
        return x[along(axis, mod(k, n))]
    back = 2 * n - 1 if mode == "symmetric" else 2 * (n - 1)        # what a place and its image add up to
    period = 2 * n if mode == "symmetric" else maximum(back, 1)
    place = mod(k, period)
    turned = place >= n
    found = x[along(axis, switch(turned, back - place, place))]
    if given == "even":
        return found
    shape = [0 if d == axis else "x" for d in range(x.type.ndim)]
    turned, periods = turned.dimshuffle(*shape), (k // period).dimshuffle(*shape)
    first, last = x[along(axis, slice(0, 1))], x[along(axis, slice(-1, None))]
    odd = switch(turned, 2 * last - found, found) + 2 * (last - first) * periods
    return odd.astype(x.type.dtype)


def _margin(x, axis, width, mode, given, side):
    """What is put at one side."""
    extents = [width if d == axis else x.shape[d] for d in range(x.type.ndim)]
    if mode == "constant":
        return alloc(as_tensor_variable(given).astype(x.type.dtype), *extents)
    if mode == "linear_ramp":
        edge = x[along(axis, slice(-1, None) if side else slice(0, 1))]
        part = np.arange(width) / max(width, 1)
        part = (part[::-1] if side else part).reshape([-1 if d == axis else 1 for d in range(x.type.ndim)])
        whole = kind_of(x.type.dtype) not in "fc"
        found = given + (edge - given) * part.astype("float64" if whole else x.type.dtype)
        return (ELEMWISE["floor"](found) if whole else found).astype(x.type.dtype)
    if given is not None:
        x = x[along(axis, slice(-minimum(int(given), x.shape[axis]), None) if side else slice(0, int(given)))]
    found = STATISTICS[mode](x, axis=axis, keepdims=True)
    if kind_of(found.type.dtype) == "f" and kind_of(x.type.dtype) not in "fc":
        found = ELEMWISE["round_half_to_even"](found)
    return alloc(found.astype(x.type.dtype), *extents)
