"""What NumPy puts around arrays: `numpy.pad`, an axis at a time."""

import numpy as np

from theano.graph.variable import Constant, Variable
from theano.scalar.dtype import kind_of
from theano.tensor.advanced import set_subtensor
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.quantile import median
from theano.tensor.counterpart.shape import along
from theano.tensor.create import alloc, arange, full
from theano.tensor.elemwise import ELEMWISE, maximum, minimum, mod, switch
from theano.tensor.join import concatenate
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import mean
from theano.tensor.reduce import min as min_of
from theano.tensor.variable import counterpart

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
