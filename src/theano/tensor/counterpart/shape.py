"""NumPy's functions that move, join and cut arrays."""

import numpy as np

from theano.errors import NotScalarConstantError
from theano.scalar.dtype import result_type
from theano.tensor.axis import axes_of, axis_of
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value
from theano.tensor.create import alloc, arange, empty_like, full, full_like, tril, triu
from theano.tensor.diagonal import diag
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.join import concatenate, roll, stack
from theano.tensor.repeat import tile
from theano.tensor.shape import get_vector_length, shape_padaxis, squeeze, transpose
from theano.tensor.variable import counterpart

counterpart("zeros_like")(lambda a, dtype=None, order="K", subok=True, shape=None: _full(a, 0, dtype, shape))
counterpart("ones_like")(lambda a, dtype=None, order="K", subok=True, shape=None: _full(a, 1, dtype, shape))
counterpart("full_like")(lambda a, fill_value, dtype=None, order="K", subok=True, shape=None: _full(
    a, fill_value, dtype, shape))
counterpart("size")(lambda a, axis=None: a.size if axis is None else a.shape[axis_of(a, axis)])
counterpart("broadcast_to")(lambda array, shape, subok=False: alloc(
    as_tensor_variable(array), *extents_of(shape)))
counterpart("tile")(lambda A, reps: tile(as_tensor_variable(A), reps))                               # noqa: N803
counterpart("expand_dims")(lambda a, axis: _expanded(as_tensor_variable(a), axis))
counterpart("permute_dims")(lambda a, axes=None: transpose(a, axes))
counterpart("matrix_transpose", "linalg.matrix_transpose")(lambda x: transposed(as_tensor_variable(x)))
counterpart("astype")(lambda x, dtype, copy=True: as_tensor_variable(x).astype(dtype))
counterpart("copy")(lambda a, order="K", subok=False: as_tensor_variable(a).copy())
counterpart("empty_like")(lambda prototype, dtype=None, order="K", subok=True, shape=None: empty_like(
    prototype, dtype) if shape is None else _full(prototype, 0, dtype, shape))
counterpart("ndim")(lambda a: a.type.ndim)
counterpart("iscomplexobj")(lambda x: x.type.dtype.startswith("complex"))
counterpart("isrealobj")(lambda x: not x.type.dtype.startswith("complex"))
counterpart("result_type")(lambda *args: result_type(*(getattr(a, "dtype", a) for a in args)))
counterpart("flip")(lambda m, axis=None: flipped(as_tensor_variable(m), axis))
counterpart("fliplr")(lambda m: flipped(m, 1))
counterpart("flipud")(lambda m: flipped(m, 0))
counterpart("atleast_1d")(lambda *arys: _each(arys, lambda x: x if x.type.ndim else x.dimshuffle("x")))
counterpart("atleast_2d")(lambda *arys: _each(arys, _two))
counterpart("atleast_3d")(lambda *arys: _each(arys, lambda x: x if x.type.ndim > 2 else _three(x)))
counterpart("vstack")(lambda tup, dtype=None: _joined([_two(as_tensor_variable(x)) for x in tup], 0, dtype))
counterpart("dstack")(lambda tup: concatenate([_three(as_tensor_variable(x)) for x in tup], axis=2))
counterpart("hsplit")(lambda ary, indices_or_sections: split(ary, indices_or_sections, min(1, ary.type.ndim - 1)))
counterpart("vsplit")(lambda ary, indices_or_sections: split(ary, indices_or_sections))
counterpart("dsplit")(lambda ary, indices_or_sections: split(ary, indices_or_sections, axis=2))
counterpart("diagflat")(lambda v, k=0: diag(as_tensor_variable(v).flatten(), k))
counterpart("diag")(lambda v, k=0: diag(as_tensor_variable(v), k))


def transposed(x):
    """``x`` with its last two axes exchanged."""
    return x.dimshuffle(*range(x.type.ndim - 2), -1 % x.type.ndim, -2 % x.type.ndim)


def extents_of(shape):
    """A shape as a list; one extent is that of a vector."""
    return [shape] if not isinstance(shape, (tuple, list)) and np.ndim(shape) == 0 else list(shape)


def along(axis, part):
    """The index that takes ``part`` along an axis."""
    return (*[slice(None)] * axis, part)


def known_extent(x, axis):
    """An extent that is known while the graph is built, else None."""
    try:
        if x.type.ndim == 1:
            return get_vector_length(x)
        return int(get_scalar_constant_value(x.shape[axis_of(x, axis)]))
    except (ValueError, NotScalarConstantError):
        return None


def flipped(x, axis=None):
    """``x`` backwards along an axis, some axes or all."""
    for d in range(x.type.ndim) if axis is None else axes_of(x, axis):
        x = x[along(d, slice(None, None, -1))]
    return x


def _each(arrays, function):
    found = [function(as_tensor_variable(a)) for a in arrays]
    return found[0] if len(found) == 1 else found


def _two(x):
    return x.dimshuffle(*["x"] * (2 - x.type.ndim), *range(x.type.ndim)) if x.type.ndim < 2 else x


def _three(x):
    order = {0: "xxx", 1: ("x", 0, "x"), 2: (0, 1, "x")}.get(x.type.ndim)
    return x if order is None else x.dimshuffle(*order)


def _expanded(x, axis):
    axes = axis if isinstance(axis, (tuple, list)) else [axis]
    for d in sorted(axis_of(x, d, new=len(axes)) for d in axes):
        x = shape_padaxis(x, d)
    return x


@counterpart("take_along_axis")
def taken_along(arr, indices, axis=-1):
    """Elements at places along an axis, for every place along the others.  Reference: numpy.take_along_axis"""
    arr, indices = as_tensor_variable(arr), as_tensor_variable(indices)
    if axis is None:
        arr, axis = arr.flatten(), 0
    ndim, axis = arr.type.ndim, axis_of(arr, axis)
    places = [arange(indices.shape[d]).dimshuffle(*[0 if k == d else "x" for k in range(ndim)]) for d in range(ndim)]
    places[axis] = indices
    return arr[tuple(places)]


@counterpart("reshape")
def _reshaped(a, shape, order="C", copy=None):
    """Elements in the order of memory of a new shape; a variable has no other order than that of C."""
    a = as_tensor_variable(a)
    if _is_in_rows(order):
        return a.reshape(shape)
    shape = shape if isinstance(shape, (tuple, list)) or np.ndim(shape) else [shape]
    return transpose(transpose(a).reshape(shape[::-1]))


@counterpart("ravel")
def _flat(a, order="C"):
    a = as_tensor_variable(a)
    return (a if _is_in_rows(order) else transpose(a)).flatten()


def _is_in_rows(order):
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be 'C', 'F', 'A' or 'K', got {order!r}")
    return order != "F"


@counterpart("roll")
def _rolled(a, shift, axis=None):
    """One shift for all axes, one for each, or several for one."""
    a, many = as_tensor_variable(a), isinstance(shift, (tuple, list))
    if axis is None or not many or isinstance(axis, (tuple, list)) and len(axis) == len(shift):
        return roll(a, sum(shift) if axis is None and many else shift, axis)
    axes = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    shifts = list(shift) * len(axes) if len(shift) == 1 else list(shift)
    return roll(a, shifts, axes * len(shifts) if len(axes) == 1 else axes)


@counterpart("tril")
def _lower(m, k=0):
    return tril(_rows_of(m), k)


@counterpart("triu")
def _upper(m, k=0):
    return triu(_rows_of(m), k)


def _rows_of(m):
    """A matrix of which each row is the vector, as NumPy makes triangles of vectors."""
    m = as_tensor_variable(m)
    return alloc(m, m.shape[0], m.shape[0]) if m.type.ndim == 1 else m


@counterpart("broadcast_arrays")
def _same_shape(*args):
    """Each with the shape that all have together."""
    arrays = [as_tensor_variable(x) for x in args]
    return tuple(_filled(x, [y for k, y in enumerate(arrays) if k != place]) for place, x in enumerate(arrays))


def _filled(x, models):
    for model in models:
        x = ELEMWISE["second"](model, x)
    return x


@counterpart("block")
def _blocks(arrays):
    """Nested lists of parts, the innermost lists along the last axis."""
    depth, level = 0, arrays
    while isinstance(level, list):
        depth, level = depth + 1, level[0]
    ndim = max([depth, *(x.type.ndim for x in _leaves(arrays))])

    def put_together(part, depth):
        if isinstance(part, list):
            return concatenate([put_together(p, depth - 1) for p in part], axis=ndim - depth)
        part = as_tensor_variable(part)
        return part.dimshuffle(*["x"] * (ndim - part.type.ndim), *range(part.type.ndim))
    return put_together(arrays, depth)


def _leaves(arrays):
    return [x for part in arrays for x in _leaves(part)] if isinstance(arrays, list) else [as_tensor_variable(arrays)]


@counterpart("unstack")
def unstacked(x, axis=0):
    """The slices across an axis whose extent is known."""
    x = as_tensor_variable(x)
    axis, n = axis_of(x, axis), known_extent(x, axis)
    if n is None:
        raise TypeError(f"numpy.unstack of a variable needs to know its extent, and that of {x} along axis {axis} is "
                        "not: x[k] is a slice of it")
    return tuple(x[along(axis, k)] for k in range(n))


@counterpart("squeeze")
def _squeezed(a, axis=None):
    return squeeze(a) if axis is None else squeeze(a, axis)


def _full(a, value, dtype, shape):
    if shape is None:
        return full_like(a, value, dtype)
    return full(extents_of(shape), value, dtype or a.type.dtype)


@counterpart("concatenate", "concat")
def _joined(arrays, axis=0, dtype=None):
    """One after the other; with axis None all elements of each."""
    if axis is None:
        arrays, axis = [as_tensor_variable(x).flatten() for x in arrays], 0
    found = concatenate(arrays, axis=axis)
    return found if dtype is None else found.astype(dtype)


@counterpart("stack")
def _stacked(arrays, axis=0, dtype=None):
    found = stack([as_tensor_variable(x) for x in arrays], axis=axis)
    return found if dtype is None else found.astype(dtype)


@counterpart("hstack")
def _side_by_side(tup, dtype=None):
    parts = [x if x.type.ndim else x.dimshuffle("x") for x in map(as_tensor_variable, tup)]
    return _joined(parts, 0 if parts[0].type.ndim == 1 else 1, dtype)


@counterpart("column_stack")
def _columns(tup):
    return concatenate([x if x.type.ndim > 1 else x.flatten().dimshuffle(0, "x")
                        for x in map(as_tensor_variable, tup)], axis=1)


@counterpart("moveaxis")
def moved(a, source, destination):
    """``a`` with some axes in other places.  Reference: numpy.moveaxis"""
    a = as_tensor_variable(a)
    source, destination = (axes_of(a, part) for part in (source, destination))
    order = [d for d in range(a.type.ndim) if d not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return a.dimshuffle(order)


@counterpart("rollaxis")
def _rolled_axis(a, axis, start=0):
    axis, start = axis_of(a, axis), start + a.type.ndim * (start < 0)
    return moved(a, axis, start - (start > axis))


@counterpart("rot90")
def _turned(m, k=1, axes=(0, 1)):
    first, second = axes_of(m, axes)
    order = list(range(m.type.ndim))
    order[first], order[second] = second, first
    k %= 4
    if k == 2:
        return flipped(m, (first, second))
    return m if not k else flipped(m, second).dimshuffle(order) if k == 1 else flipped(m.dimshuffle(order), second)


@counterpart("split")
def split(ary, indices_or_sections, axis=0):
    """Parts of equal extent, which is not checked, or between indices: a list."""
    return _cut(ary, indices_or_sections, axis, even=True)


@counterpart("array_split")
def _cut(ary, indices_or_sections, axis=0, even=False):
    ary = as_tensor_variable(ary)
    axis %= ary.type.ndim
    n = ary.shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        count = int(indices_or_sections)
        size, larger = n // count, 0 if even else n % count
        places = [k * size + (0 if even else ELEMWISE["minimum"](k, larger)) for k in range(1, count)]
    else:
        places = list(indices_or_sections)
    return [ary[along(axis, slice(a, b))] for a, b in zip([None, *places], [*places, None], strict=True)]


@counterpart("shape")
def _shape(a):
    """Extents as a vector; those that are known as a tuple of ints."""
    try:
        return tuple(int(get_scalar_constant_value(a.shape[d])) for d in range(a.type.ndim))
    except NotScalarConstantError:
        return a.shape
