"""`vectorize`: functions of single values applied to many."""

import functools

from theano.graph.variable import Variable
from theano.inner.batch import elementwise, indexing, loops, products, rows, shaping  # noqa: F401  the rules
from theano.inner.batch.core import broadcast, moved
from theano.inner.batch.streams import batch_with_streams
from theano.inner.scan.loop import row_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.shape import shape_i, unbroadcast
from theano.tensor.type import TensorType


def vectorize(function, in_axes=0, out_axes=0):
    """A function that applies ``function`` to every slice of its arguments at once.

    Parameters
    ----------
    function : callable
        From variables to a variable, or a list or tuple of them. It is called once, with a variable for one slice of
        each argument; other variables that it uses are the same for all slices.
    in_axes : int, None, or a list or tuple of these
        The axis of each argument along which its slices lie; None for one that is the same for all slices. One
        number counts for all arguments.
    out_axes : int, None, or a list or tuple of these
        The axis of each result along which those of the slices lie; None for one that is the same for all slices.

    Returns
    -------
    callable
        It takes as many arguments. Ops are batched, each as its rule says; those that have none run once for every
        slice. Gradients and all else work on the result as on any graph, and vectorized functions can be vectorized.

    Raises
    ------
    ValueError
        When called: where no argument has an axis of slices, axes don't fit the arguments or results, or a result
        with None differs between slices.
    TypeError
        When called: where an op has no rule and results that can't be stacked, as random states.

    Notes
    -----
    Arguments with different numbers of slices make the compiled function raise; where one has a single slice, the ops
    that meet it decide whether it serves for all, as elementwise work, products and linear algebra do. A random stream
    has one state for all slices, of which each draws what it would draw alone: the same numbers, moved and scaled where
    they are uniform or normal and their parameters differ. In a loop that ends for each slice at another step, the
    stream goes on until the last one stops, and that is where it goes on in the next call. Streams whose states would
    differ between slices are refused with a TypeError.
    """
    if not callable(function):
        raise TypeError(f"vectorize needs a function of variables, got {function!r}; for graphs there is "
                        "vectorize_graph")

    @functools.wraps(function)
    def vectorized(*args):
        args = [as_tensor_variable(x) for x in args]
        axes = _per_item(in_axes, len(args), "in_axes", "arguments")
        whole = [_in_front(x, axis) for x, axis in zip(args, axes, strict=True)]
        if all(axis is None for axis in axes):
            raise ValueError("vectorize: no argument has an axis of slices")
        slices = [x if axis is None else row_of(x, x.name) for x, axis in zip(whole, axes, strict=True)]
        returned = function(*slices)
        kind = type(returned) if isinstance(returned, (list, tuple)) else None
        outputs = [as_tensor_variable(y) for y in (returned if kind else [returned])]
        replace = {row: x for row, x, axis in zip(slices, whole, axes, strict=True) if axis is not None}
        n = shape_i(next(iter(replace.values())), 0)
        found = [_out(y, row, axis, n) for y, row, axis in zip(
            batch_with_streams(outputs, replace), outputs, _per_item(out_axes, len(outputs), "out_axes", "results"),
            strict=True)]
        return kind(found) if kind else found[0]

    return vectorized


def _per_item(axes, count, name, what):
    if axes is None or isinstance(axes, int):
        return [axes] * count
    axes = list(axes)
    if len(axes) != count:
        raise ValueError(f"vectorize: {name} has {len(axes)} entries for {count} {what}")
    return axes


def _in_front(x, axis):
    """``x`` with its axis of slices in front."""
    if axis is None:
        return x
    if not -x.type.ndim <= axis < x.type.ndim:
        raise ValueError(f"vectorize: {x} has {x.type.ndim} dimensions, and no axis {axis}")
    return unbroadcast(moved(x, axis % x.type.ndim, 0), 0)


def _out(y, row, axis, n):
    """A result with its axis of slices in place."""
    whole = y.type.ndim > row.type.ndim
    if axis is None:
        if whole:
            raise ValueError(f"vectorize: the result {row} differs between slices, so out_axes can't be None for it")
        return y
    y = y if whole else broadcast(y, n)
    if not -y.type.ndim <= axis < y.type.ndim:
        raise ValueError(f"vectorize: a result with {y.type.ndim} dimensions has no axis {axis}")
    return moved(y, 0, axis % y.type.ndim)


def vectorize_graph(outputs, replace):
    """``outputs`` for variables with more axes in place of some of those that they are computed from.

    Parameters
    ----------
    outputs : variable, or list or tuple of variables
    replace : dict
        From variables to what takes their place: the same axes, and any number of batch axes before them. Batch axes
        are matched from the right, as NumPy broadcasts; one of extent 1 by its type counts for all.

    Returns
    -------
    variable, list or tuple, as ``outputs``
        With the batch axes in front; outputs that don't depend on anything replaced stay as they are.

    Raises
    ------
    TypeError
        Where a replacement has fewer axes, or another dtype, than what it replaces, or an op has no rule and results
        that can't be stacked.
    """
    kind = type(outputs) if isinstance(outputs, (list, tuple)) else None
    found = list(outputs) if kind else [outputs]
    for level in _levels([(old, _checked(old, new)) for old, new in replace.items()]):
        found = batch_with_streams(found, level)
    return kind(found) if kind else found[0]


def _checked(old, new):
    if not isinstance(old, Variable):
        raise TypeError(f"vectorize_graph replaces variables, got {old!r}")
    new = as_tensor_variable(new)
    if new.type.ndim < old.type.ndim or new.type.dtype != old.type.dtype:
        raise TypeError(f"vectorize_graph: {new}, a {new.type}, can't take the place of {old}, a {old.type}")
    return new


def _levels(pairs):
    """Replacements by one axis at a time, the innermost first: a dict for each."""
    extras = [new.type.ndim - old.type.ndim for old, new in pairs]
    depth = max(extras, default=0)
    levels = [{} for _ in range(max(depth, 1))]
    long = [any(e > k and not new.type.broadcastable[e - 1 - k] for e, (_, new) in zip(extras, pairs, strict=True))
            for k in range(depth)]
    for extra, (old, new) in zip(extras, pairs, strict=True):
        joins = [k for k in range(extra) if not (long[k] and new.type.broadcastable[extra - 1 - k])]
        new = new.dimshuffle([extra - 1 - k for k in reversed(joins)] + list(range(extra, new.type.ndim)))
        new = unbroadcast(new, *range(len(joins)))
        stages = [TensorType(new.type.dtype, new.type.broadcastable[len(joins) - 1 - j:])() for j in
                  range(len(joins) - 1)]
        for k, before, after in zip(joins or [0], [old, *stages], [*stages, new], strict=True):
            levels[k][before] = after
    return levels
