"""Axes that users name: one check, and one error, for all functions."""

from operator import index

from numpy.exceptions import AxisError


def axis_of(x, axis, new=0):
    """The dimension of the tensor ``x``, from 0, that ``axis`` is.

    new : int
        How many further dimensions it may have, in the result.

    Raises AxisError, which is both a ValueError and an IndexError, for a dimension that ``x`` has not; TypeError for
    what is no integer.
    """
    ndim = x.type.ndim + new
    try:
        axis = index(getattr(axis, "data", axis))
    except TypeError:
        raise TypeError(f"an axis must be an integer, got {axis!r}") from None
    if not -ndim <= axis < ndim:
        has = f"which has {x.type.ndim} dimensions" + (f", the result {ndim}" if new else "")
        raise AxisError(f"axis {axis} is out of bounds for {x}, {has}")
    return axis % ndim


def axes_of(x, axes):
    """`axis_of` for one axis or a sequence of them, as a list; ValueError for one that comes twice."""
    found = [axis_of(x, axis) for axis in (axes if isinstance(axes, (tuple, list)) else [axes])]
    if len(set(found)) < len(found):
        raise ValueError(f"axes must differ, got {axes}")
    return found
