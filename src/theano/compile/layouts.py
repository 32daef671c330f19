"""The same values in memory laid out otherwise, and memory for results as an op may find it."""

import itertools

import numpy as np

JUNK = 7                                # what memory for results holds before, where 0 would hide that it is added to
OUTPUT_KINDS = ("initial", "previous", "c_contiguous", "f_contiguous", "strided", "wrong_size")
INPUT_KINDS = ("f_contiguous", "strided", "reversed")


def private(value):
    """A copy of a value that an op could overwrite; other values as they are."""
    if type(value) is np.ndarray:
        return value.copy(order="K")
    if isinstance(value, list):
        return [private(v) for v in value]
    if hasattr(value, "tocsr"):
        return value.copy()
    if isinstance(value, np.random.RandomState):
        twin = np.random.RandomState()
        twin.set_state(value.get_state())
        return twin
    return value


def laid_out(value, kind):
    """A copy of an array in memory of a kind of `INPUT_KINDS`; None where that is nothing new."""
    if type(value) is not np.ndarray or value.ndim == 0 or value.size == 0:
        return None
    if kind == "f_contiguous":
        return value.copy(order="F") if value.ndim > 1 else None
    steps = (2 if kind == "strided" else -1,) * value.ndim
    twin = _stepped(value.shape, value.dtype, steps)
    twin[...] = value
    return twin


def _stepped(shape, dtype, steps):
    """A new array of junk that steps through its memory by ``steps``, one for each axis."""
    whole = np.full([n * abs(s) for n, s in zip(shape, steps, strict=True)], JUNK, dtype)
    return whole[tuple(slice(None, None, s) for s in steps)]


def buffers(kind, values, types, last, most_strided):
    """Lists of memory for results of the kinds of one node, each with words that describe it.

    kind: of `OUTPUT_KINDS`. values: the results. types: of the outputs. last: results of the call before, or None.
    most_strided: only so many axes in front get other steps.
    """
    if kind == "initial":
        if last is not None:
            yield "memory of the call before", [private(v) for v in last]
    elif kind == "previous":
        yield "memory with the result", [private(v) for v in values]
    elif kind in ("c_contiguous", "f_contiguous"):
        yield f"{kind} memory", [_of(v, lambda v: np.full(v.shape, JUNK, v.dtype, order=kind[0].upper()))
                                 for v in values]
    elif kind == "strided":
        rank = min(max((getattr(v, "ndim", 0) for v in values), default=0), most_strided)
        for steps in _all_steps(rank):
            yield f"memory with steps {steps}", [
                _of(v, lambda v, steps=steps: _stepped(v.shape, v.dtype, (*steps, *[1] * v.ndim)[:v.ndim]))
                for v in values]
    elif kind == "wrong_size":
        rank = max((getattr(v, "ndim", 0) for v in values), default=0)
        for axis, change in itertools.product(range(rank), (1, -1)):
            yield f"memory with {change:+} in extent {axis}", [
                _resized(v, kind_, axis, change) for v, kind_ in zip(values, types, strict=True)]


def _all_steps(rank):
    """Steps for each of ``rank`` axes: all combinations for two axes, else the same for all, and for one at a time."""
    if rank <= 2:
        return [steps for steps in itertools.product((1, 2, -1, -2), repeat=rank) if set(steps) - {1}]
    return [tuple(step if axis in (None, k) else 1 for k in range(rank))
            for step in (2, -1, -2) for axis in (None, *range(rank))]


def _of(value, make):
    return make(value) if type(value) is np.ndarray else None


def _resized(value, kind, axis, change):
    if type(value) is not np.ndarray:
        return None
    shape = list(value.shape)
    if axis < len(shape) and shape[axis] + change >= 0 and not kind.broadcastable[axis] \
            and getattr(kind, "shape", [None] * len(shape))[axis] is None:
        shape[axis] += change
    return np.full(shape, JUNK, value.dtype)
