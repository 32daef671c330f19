"""NumPy's functions that move, join and cut arrays."""

import numpy as np

from theano.errors import NotScalarConstantError
from theano.scalar.dtype import result_type
from theano.tensor.advanced import set_subtensor
from theano.tensor.axis import axes_of, axis_of
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value
from theano.tensor.create import alloc, arange, empty_like, full, full_like, tril, triu
from theano.tensor.diagonal import diag
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.join import concatenate, roll, stack
from theano.tensor.repeat import tile
from theano.tensor.shape import shape_padaxis, squeeze, transpose
from theano.tensor.variable import counterpart

counterpart("concatenate", "concat")(concatenate)
counterpart("broadcast_to")(lambda array, shape: alloc(as_tensor_variable(array), *shape))
counterpart("roll")(lambda a, shift, axis=None: roll(as_tensor_variable(a), shift, axis))
counterpart("tile")(lambda A, reps: tile(as_tensor_variable(A), reps))                               # noqa: N803
counterpart("expand_dims")(lambda a, axis: _expanded(as_tensor_variable(a), axis))
counterpart("permute_dims")(lambda a, axes=None: transpose(a, axes))
counterpart("matrix_transpose", "linalg.matrix_transpose")(lambda x: transposed(as_tensor_variable(x)))
counterpart("copy")(lambda a: as_tensor_variable(a).copy())
counterpart("full_like")(lambda a, fill_value, dtype=None: full_like(a, fill_value, dtype))
counterpart("empty_like")(lambda prototype, dtype=None: empty_like(prototype, dtype))
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
counterpart("vstack")(lambda tup: concatenate([_two(as_tensor_variable(x)) for x in tup]))
counterpart("dstack")(lambda tup: concatenate([_three(as_tensor_variable(x)) for x in tup], axis=2))
counterpart("hsplit")(lambda ary, parts: split(ary, parts, axis=min(1, ary.type.ndim - 1)))
counterpart("vsplit")(lambda ary, parts: split(ary, parts))
counterpart("dsplit")(lambda ary, parts: split(ary, parts, axis=2))
counterpart("diagflat")(lambda v, k=0: diag(as_tensor_variable(v).flatten(), k))
counterpart("diag")(lambda v, k=0: diag(as_tensor_variable(v), k))
counterpart("tril")(lambda m, k=0: tril(as_tensor_variable(m), k))
counterpart("triu")(lambda m, k=0: triu(as_tensor_variable(m), k))
counterpart("fft.fftshift")(lambda x, axes=None: _shifted(as_tensor_variable(x), axes, lambda n: n // 2))
counterpart("fft.ifftshift")(lambda x, axes=None: _shifted(as_tensor_variable(x), axes, lambda n: -(n // 2)))


def transposed(x):
    """``x`` with its last two axes exchanged."""
    return x.dimshuffle(*range(x.type.ndim - 2), -1 % x.type.ndim, -2 % x.type.ndim)


def along(axis, part):
    """The index that takes ``part`` along an axis."""
    return (*[slice(None)] * axis, part)


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


def _shifted(x, axes, step):
    for d in range(x.type.ndim) if axes is None else axes_of(x, axes):
        x = roll(x, step(x.shape[d]), axis=d)
    return x


@counterpart("squeeze")
def _squeezed(a, axis=None):
    return squeeze(a) if axis is None else squeeze(a, axis)


@counterpart("stack")
def _stacked(arrays, axis=0):
    return stack([as_tensor_variable(x) for x in arrays], axis=axis)


@counterpart("hstack")
def _side_by_side(tup):
    parts = [x if x.type.ndim else x.dimshuffle("x") for x in map(as_tensor_variable, tup)]
    return concatenate(parts, axis=0 if parts[0].type.ndim == 1 else 1)


@counterpart("column_stack")
def _columns(tup):
    return concatenate([x if x.type.ndim > 1 else x.flatten().dimshuffle(0, "x")
                        for x in map(as_tensor_variable, tup)], axis=1)


@counterpart("append")
def _appended(arr, values, axis=None):
    arr, values = as_tensor_variable(arr), as_tensor_variable(values)
    return concatenate([arr.flatten(), values.flatten()]) if axis is None else concatenate([arr, values], axis)


@counterpart("delete")
def _deleted(arr, obj, axis=None):
    arr = as_tensor_variable(arr)
    x, d = (arr.flatten(), 0) if axis is None else (arr, axis_of(arr, axis))
    if not isinstance(obj, (int, np.integer)):
        raise TypeError(f"numpy.delete of a variable needs an int, got {obj!r}: write x[mask] for masks")
    at = obj if obj >= 0 else x.shape[d] + obj
    return concatenate([x[along(d, slice(0, at))], x[along(d, slice(at + 1, None))]], d)


@counterpart("moveaxis")
def _moved(a, source, destination):
    a = as_tensor_variable(a)
    source, destination = (axes_of(a, part) for part in (source, destination))
    order = [d for d in range(a.type.ndim) if d not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return a.dimshuffle(order)


@counterpart("rollaxis")
def _rolled_axis(a, axis, start=0):
    axis, start = axis_of(a, axis), start + a.type.ndim * (start < 0)
    return _moved(a, axis, start - (start > axis))


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


@counterpart("pad")
def _padded(array, pad_width, mode="constant", constant_values=0):
    """Constants around an array."""
    if mode != "constant" or np.ndim(constant_values):
        raise TypeError("numpy.pad of a variable puts one constant around it: mode='constant'")
    array = as_tensor_variable(array)
    widths = np.broadcast_to(np.asarray(pad_width), (array.type.ndim, 2))
    extents = [array.shape[d] + int(a + b) for d, (a, b) in enumerate(widths)]
    inside = tuple(slice(int(a), int(a) + array.shape[d]) for d, (a, _) in enumerate(widths))
    return set_subtensor(full(extents, constant_values, array.type.dtype)[inside], array)


@counterpart("meshgrid")
def _mesh(*xi, indexing="xy"):
    """Vectors as coordinates of a grid: a list of tensors."""
    vectors = [as_tensor_variable(x).flatten() for x in xi]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = 1, 0
    extents = [vectors[d].shape[0] for d in order]
    return [alloc(v.dimshuffle(*[0 if d == k else "x" for d in order]), *extents) for k, v in enumerate(vectors)]


@counterpart("shape")
def _shape(a):
    """Extents as a vector; those that are known as a tuple of ints."""
    try:
        return tuple(int(get_scalar_constant_value(a.shape[d])) for d in range(a.type.ndim))
    except NotScalarConstantError:
        return a.shape


@counterpart("linspace")
def _evenly(start, stop, num=50, endpoint=True, dtype=None):
    """``num`` numbers, along a new first axis."""
    start, stop = as_tensor_variable(start), as_tensor_variable(stop)
    k = arange(num)
    k = k.dimshuffle(0, *["x"] * max(start.type.ndim, stop.type.ndim))
    steps = ELEMWISE["maximum"](num - 1 if endpoint else num, 1)
    found = start + k * ((stop - start) / steps)
    if endpoint:                                # exactly
        found = ELEMWISE["switch"](ELEMWISE["eq"](k, num - 1) & ELEMWISE["gt"](k, 0), stop, found)
    return found if dtype is None else found.astype(dtype)
