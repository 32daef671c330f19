"""NumPy's differences, slopes and interpolation."""

import numpy as np

from theano.scalar.dtype import kind_of
from theano.tensor.axis import axes_of, axis_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.shape import along
from theano.tensor.counterpart.ufunc import inexact, number
from theano.tensor.create import alloc
from theano.tensor.cumulate import cumsum, diff
from theano.tensor.elemwise import ELEMWISE, abs_, eq, gt, minimum, mod, switch
from theano.tensor.join import concatenate
from theano.tensor.reduce import sum
from theano.tensor.sort import argsort, searchsorted
from theano.tensor.variable import counterpart


@counterpart("diff")
def _differences(a, n=1, axis=-1, prepend=None, append=None):
    a = as_tensor_variable(a)
    if n and (prepend is not None or append is not None):
        axis = axis_of(a, axis)
        parts = [None if x is None else as_tensor_variable(x) for x in (prepend, a, append)]
        a = concatenate([_slice_of(x, a, axis) for x in parts if x is not None], axis)
    return diff(a, n, axis)


def _slice_of(value, a, axis):
    """A scalar as one slice across an axis of ``a``."""
    if value.type.ndim:
        return value
    return alloc(value, *(1 if d == axis else a.shape[d] for d in range(a.type.ndim)))


@counterpart("ediff1d")
def _differences_between(ary, to_end=None, to_begin=None):
    ary = as_tensor_variable(ary).flatten()
    ends = [None if x is None else as_tensor_variable(x).flatten().astype(ary.type.dtype) for x in (to_begin, to_end)]
    parts = [x for x in (ends[0], diff(ary, 1, 0), ends[1]) if x is not None]
    return parts[0] if len(parts) == 1 else concatenate(parts)


@counterpart("trapezoid")
def _trapezoid(y, x=None, dx=1.0, axis=-1):
    y = as_tensor_variable(y)
    axis = axis_of(y, axis)
    step = dx if x is None else diff(as_tensor_variable(x), 1, axis if as_tensor_variable(x).type.ndim > 1 else 0)
    if x is not None and step.type.ndim < y.type.ndim:
        step = step.dimshuffle(*[0 if d == axis else "x" for d in range(y.type.ndim)])
    return sum(step * (y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]) / 2, axis=axis)


@counterpart("gradient")
def _slopes(f, *varargs, axis=None, edge_order=1):
    """Slopes of parabolas through three neighbours; at the ends of straight lines, or parabolas (``edge_order=2``)."""
    f = inexact(as_tensor_variable(f))
    axes = list(range(f.type.ndim)) if axis is None else axes_of(f, axis)
    if edge_order not in (1, 2):
        raise ValueError(f"numpy.gradient has edge_order 1 and 2, got {edge_order}")
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"numpy.gradient needs no spacing, one or one for each of {len(axes)} axes, got {len(varargs)}")
    spacings = [inexact(number(x)) for x in (varargs or [1.0])]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    found = tuple(_slopes_along(f, x, d, edge_order) for x, d in zip(spacings, axes, strict=True))
    return found[0] if len(axes) == 1 else found


def _slopes_along(f, spacing, axis, edge_order):
    def part(start, stop):
        return f[along(axis, slice(start, stop))]

    steps = None
    if spacing.type.ndim:                                # coordinates
        steps = diff(spacing, 1, 0).dimshuffle(*[0 if d == axis else "x" for d in range(f.type.ndim)])

    def step(start, stop):
        return spacing if steps is None else steps[along(axis, slice(start, stop))]
    p, q = step(None, -1), step(1, None)
    inside = _weighted((-q / (p * (p + q)), part(None, -2)), ((q - p) / (p * q), part(1, -1)),
                       (p / (q * (p + q)), part(2, None)))
    if edge_order == 1:
        first, last = (part(1, 2) - part(0, 1)) / step(0, 1), (part(-1, None) - part(-2, -1)) / step(-1, None)
    else:
        p, q = step(0, 1), step(1, 2)
        first = _weighted((-(2 * p + q) / (p * (p + q)), part(0, 1)), ((p + q) / (p * q), part(1, 2)),
                          (-p / (q * (p + q)), part(2, 3)))
        p, q = step(-2, -1), step(-1, None)
        last = _weighted((q / (p * (p + q)), part(-3, -2)), (-(p + q) / (p * q), part(-2, -1)),
                         ((2 * q + p) / (q * (p + q)), part(-1, None)))
    return concatenate([first, inside, last], axis).astype(f.type.dtype)


def _weighted(*terms):
    (weight, x), *rest = terms
    total = weight * x
    for weight, x in rest:
        total = total + weight * x
    return total


@counterpart("unwrap")
def _unwrapped(p, discont=None, axis=-1, period=2 * np.pi):
    p = as_tensor_variable(p)
    if not (isinstance(period, (int, np.integer)) and kind_of(p.type.dtype) in "iu"):
        p, period = inexact(p), float(period)
    axis = axis_of(p, axis)
    high = period // 2 if isinstance(period, (int, np.integer)) else period / 2
    low, step = -high, diff(p, 1, axis)
    near = mod(step - low, period) + low
    if isinstance(period, float) or period % 2 == 0:    # both ends of the interval are as near
        near = switch(eq(near, low) & gt(step, 0), high, near)
    turned = switch(abs_(step) < (period / 2 if discont is None else discont), 0, near - step)
    start = p[along(axis, slice(0, 1))]
    return concatenate([start, p[along(axis, slice(1, None))] + cumsum(turned, axis)], axis).astype(p.type.dtype)


@counterpart("interp")
def _interpolated(x, xp, fp, left=None, right=None, period=None):
    """Straight lines between points with rising ``xp``; with a period points in any order."""
    x, xp, fp = (inexact(as_tensor_variable(v)) for v in (x, xp, fp))
    if period is not None:
        period, left, right = abs(period), None, None
        x, xp = mod(x, period), mod(xp, period)
        order = argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
    k = minimum(ELEMWISE["maximum"](searchsorted(xp, x, side="right") - 1, 0), xp.shape[0] - 2)
    inside = fp[k] + (x - xp[k]) * (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    return switch(x < xp[0], low, switch(x >= xp[-1], switch(eq(x, xp[-1]), fp[-1], high), inside))
