"""NumPy's functions that take parts out of arrays and put others in."""

import numpy as np

from theano.graph.variable import Variable
from theano.tensor.advanced import set_subtensor, take
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.shape import along, extents_of
from theano.tensor.create import alloc, arange
from theano.tensor.elemwise import lt, neq, switch
from theano.tensor.join import concatenate
from theano.tensor.nonzero import flatnonzero
from theano.tensor.reduce import argmax
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
