"""``x[...]`` with everything that NumPy accepts."""

import numpy as np

from theano.errors import AdvancedIndexingError
from theano.graph.variable import Variable
from theano.tensor.advanced import read, take
from theano.tensor.index import (
    Subtensor,
    flat_indices,
    index_type,
)
from theano.tensor.slices import NoneConst, NoneType, SliceType, as_index_variable, is_symbolic
from theano.tensor.variable import method


@method("__getitem__")
def getitem(x, args):
    """``x[args]`` with everything NumPy accepts: ints, slices, None, Ellipsis, integer arrays, masks."""
    index = expand_index(x, args)
    if any(_is_advanced(entry) for entry in index):
        index, gap = separated(x, args, index)
        result = _advanced(x, index)
        return result if gap is None else result.dimshuffle([d for d in range(result.type.ndim) if d != gap])
    order, plain = _without_newaxis(x, index)
    # x[:] is a node too, for set_subtensor(x[:], y); x[None, :] is nothing but a new axis.
    taken = order is None or _selects(plain)
    result = Subtensor(plain)(x, *flat_indices(plain)) if taken else x
    if order is not None:
        result = result.dimshuffle(order)
    return result


def separated(x, args, index):
    """The index with a new axis in the place of dots that stand for nothing, but part arrays as dots do.

    index: ``args`` expanded. Returns the index, and which axis of the result the new one is, or None.
    """
    entries = args if isinstance(args, tuple) else (args,)
    at = next((k for k, e in enumerate(entries) if e is Ellipsis), None)
    if at is None or len(index) >= len(entries):
        return index, None
    if not all(any(_is_array(e) for e in part) for part in (index[:at], index[at:])):
        return index, None
    arrays = [as_index_variable(e) for e in index if _is_array(e)]
    joined = max(1 if a.type.dtype == "bool" else a.type.ndim for a in arrays)
    return [*index[:at], None, *index[at:]], joined + sum(not _is_array(e) for e in index[:at])


def _is_array(entry):
    """Whether an entry of an index with arrays is an array or an integer."""
    return not (entry is None or entry is NoneConst or isinstance(entry, slice) or
                isinstance(getattr(entry, "type", None), (SliceType, NoneType)))


def _selects(index):
    return any(not isinstance(e, slice) or e != slice(None) for e in index)


def expand_index(x, args):
    """``args`` as a list with an entry per dimension indexed and no Ellipsis; Python's bools as masks, as in NumPy.

    Raises IndexError for more than one Ellipsis, or for more entries than dimensions.
    """
    index = list(args) if isinstance(args, tuple) else [args]
    if isinstance(args, list) and any(isinstance(e, slice) for e in args):
        index = list(args)
    index = [np.bool_(e) if isinstance(e, bool) else e for e in index]
    dots = [k for k, e in enumerate(index) if e is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    width = sum(_entry_width(e) for e in index if e is not Ellipsis)
    if dots:
        fill = [slice(None)] * (x.type.ndim - width)
        index[dots[0]:dots[0] + 1] = fill
    if width > x.type.ndim:
        raise IndexError(f"too many indices for array: {x} has {x.type.ndim} dimensions, the index takes "
                         f"{width}")
    return index


def _entry_width(entry):
    if entry is None or entry is np.newaxis or entry is NoneConst:
        return 0
    if isinstance(entry, Variable) and getattr(entry.type, "dtype", None) == "bool":
        return entry.type.ndim
    if isinstance(entry, (np.ndarray, np.bool_)) and entry.dtype == bool:
        return entry.ndim
    if isinstance(entry, list) and entry and not is_symbolic(entry) and np.asarray(entry).dtype == bool:
        return np.ndim(entry)
    return 1


def check_and_reject_bool(args_el):
    """True, or TypeError where an entry of an index is Python's True or False, or a list with a boolean in it.

    For programs that want indices without masks; ``x[...]`` takes Python's bools as NumPy does.
    """
    if isinstance(args_el, bool) or getattr(args_el, "dtype", None) == "bool":
        raise TypeError(f"expected an index without masks, got {args_el!r}")
    if isinstance(args_el, (list, tuple)):
        for part in args_el:
            check_and_reject_bool(part)
    return True


def _is_advanced(entry):
    if entry is None:
        return False
    if isinstance(entry, Variable) and isinstance(entry.type, NoneType):
        return False
    try:
        index_type(entry)
    except AdvancedIndexingError:
        return True
    return False


def _without_newaxis(x, index):
    """Order of a dimshuffle that puts new axes in (None when there are none), and the index without them."""
    plain = [e for e in index if e is not None and e is not NoneConst]
    if len(plain) == len(index):
        return None, plain
    order, k = [], 0
    for entry in index:
        if entry is None or entry is NoneConst:
            order.append("x")
        elif isinstance(entry, slice):
            order.append(k)
            k += 1
    remaining = x.type.ndim - len(plain)
    order.extend(range(k, k + remaining))
    return order, plain


def _advanced(x, index):
    arrays = [k for k, e in enumerate(index) if _is_array(e)]
    if len(index) and len(arrays) == 1 and arrays[0] == len(index) - 1 and all(
            isinstance(e, slice) and e == slice(None) for e in index[:-1]):
        variable = as_index_variable(index[-1])
        if variable.type.dtype != "bool":
            return take(x, variable, axis=len(index) - 1)
    return read(x, [as_index_variable(e) for e in index])
