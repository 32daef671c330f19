"""Extents that are known while a graph is built: numbers, or names as in ``T.matrix("x", shape=("n", 10))``.

Every op that is applied to a variable with declared extents tells those of its result, and raises `DimensionError`
where they can't fit: two numbers, or two names. Whatever is not known fits everything. An op without a row in `RULES`
knows nothing of its result.
"""

import math

from theano.errors import DimensionError, NotScalarConstantError
from theano.graph import origin
from theano.graph.op import Op
from theano.graph.variable import Constant, Variable
from theano.graph.walk import inputs as leaves
from theano.tensor.advanced import AdvancedSubtensor1
from theano.tensor.careduce import CAReduce
from theano.tensor.constant import get_scalar_constant_value
from theano.tensor.create import Alloc, Eye
from theano.tensor.cumulate import CumOp
from theano.tensor.dot import BatchedDot, Dot, count_of_batch_axes
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.index import IncSubtensor, Subtensor
from theano.tensor.join import Join
from theano.tensor.linalg.inverse import MatrixInverse
from theano.tensor.linalg.solve import Solve
from theano.tensor.nnet.softmax import LogSoftmax, Softmax
from theano.tensor.reduce import Argmax, MaxAndArgmax
from theano.tensor.shape import (
    Flatten,
    MakeVector,
    Rebroadcast,
    Reshape,
    ScalarFromTensor,
    Shape,
    Shape_i,
    SpecifyShape,
    TensorFromScalar,
)
from theano.tensor.sort import ArgSortOp, SortOp


def dims_of(variable):
    """Extents of a variable: a tuple with an int, a name or None for each dimension; None: nothing is known."""
    if variable.owner is not None:
        return variable.tag.__dict__.get("dims")
    return getattr(variable.data, "shape", None) if isinstance(variable, Constant) else \
        getattr(variable.type, "dims", None)


def known(variable):
    """Extents of a tensor, None for each where nothing is known."""
    pattern = getattr(variable.type, "broadcastable", (False,) * variable.type.ndim)
    return dims_of(variable) or tuple(1 if b else None for b in pattern)


def check(node):
    """Give the outputs of ``node`` their extents; DimensionError where those of the inputs can't fit."""
    for v in node.inputs:                       # most variables have an owner and no extents: that must be quick
        if "dims" in v.tag.__dict__ if v.owner is not None else _declared(v):
            break
    else:
        return
    if origin.rewriting():
        return
    rule = RULES.get(type(node.op)) or (_reduced if isinstance(node.op, CAReduce) else None)
    if rule is None:
        return
    try:
        found = rule(node)                      # of all outputs: they are alike
    except DimensionError:
        if all(isinstance(v, Constant) for v in leaves(node.inputs)):
            return                              # numbers alone: programs expect the error when they are computed with
        raise
    if found is not None and any(n is not None and n != 1 for n in found):
        for output in node.outputs:
            output.tag.dims = tuple(found)


def _declared(variable):
    """Whether anything is known of a variable without an owner, but that it is a number."""
    if isinstance(variable, Constant):
        return getattr(variable.data, "size", 1) > 1 and hasattr(variable.data, "shape")
    return getattr(variable.type, "dims", None) is not None


def fit(node, a, i, b, j, broadcast=False):
    """What extent ``i`` of ``a`` and extent ``j`` of ``b`` are if they are equal; DimensionError where they aren't."""
    m, n = known(a)[i], known(b)[j]
    if broadcast and 1 in (m, n):
        return n if m == 1 else m
    if m is None or n is None:
        return n if m is None else m
    if m != n and type(m) is type(n):
        raise DimensionError("\n".join([f"{node.op} needs equal extents, but {m!r} meets {n!r}:",
                                        *(_described(v, k) for v, k in ((a, i), (b, j)))]))
    return m if isinstance(m, int) else n


def _described(v, axis):
    where = origin.describe(v)
    return (f"    dimension {axis % max(len(known(v)), 1)} of {v}, of shape ({', '.join(map(_text, known(v)))})"
            + (f", made at {where}" if where else ""))


def _text(extent):
    return "?" if extent is None else str(extent)


def _elementwise(node):
    return [_broadcast(node, axis) for axis in range(node.outputs[0].type.ndim)]


def _broadcast(node, axis):
    """The extent along an axis over which all inputs broadcast."""
    best = node.inputs[0]
    for v in node.inputs[1:]:
        fit(node, best, axis, v, axis, broadcast=True)
        have, other = known(best)[axis], known(v)[axis]
        if have in (None, 1) and other not in (None, 1) or isinstance(have, str) and isinstance(other, int) \
                and other != 1:
            best = v
    extents = [known(v)[axis] for v in node.inputs]
    return known(best)[axis] if known(best)[axis] != 1 or None not in extents else None


def _dimshuffle(node):
    given = known(node.inputs[0])
    return [1 if d == "x" else given[d] for d in node.op.new_order]


def _reduced(node):
    given, axis = known(node.inputs[0]), node.op.axis
    axes = range(len(given)) if axis is None else [a % len(given) for a in ([axis] if isinstance(axis, int) else axis)]
    return [n for d, n in enumerate(given) if d not in axes]


def _like(node):
    return known(node.inputs[0])


def _dot(node):
    a, b = node.inputs
    fit(node, a, -1, b, -2 if len(known(b)) > 1 else -1)
    return [*known(a)[:-1], *known(b)[:-2], *known(b)[-1:]] if len(known(b)) > 1 else known(a)[:-1]


def _batched(node):
    (a, b), n = node.inputs, count_of_batch_axes(*node.inputs)
    fit(node, a, -1, b, n)
    return [*(_broadcast(node, d) for d in range(n)), *known(a)[n:-1], *known(b)[n + 1:]]


def _join(node):
    axis, *parts = node.inputs
    if not isinstance(axis, Constant):
        return None
    at = int(axis.data) % len(known(parts[0]))
    found = list(known(parts[0]))
    for d in range(len(found)):
        if d == at:
            extents = [known(v)[d] for v in parts]
            found[d] = sum(extents) if all(isinstance(n, int) for n in extents) else None
            continue
        best = parts[0]
        for v in parts[1:]:
            found[d] = fit(node, best, d, v, d)
            best = v if known(best)[d] is None else best
    return found


def extent(variable):
    """The number or name of the extent that a scalar variable is, None where that is not known."""
    passing = TensorFromScalar, ScalarFromTensor, DimShuffle
    while variable.owner is not None and isinstance(variable.owner.op, passing):
        variable = variable.owner.inputs[0]
    if isinstance(variable, Constant):
        return int(variable.data) if getattr(variable.data, "size", 1) == 1 else None
    node = variable.owner
    if node is not None and isinstance(node.op, Shape_i):
        return known(node.inputs[0])[node.op.i]
    source = node.inputs[0].owner if node is not None and isinstance(node.op, Subtensor) else None
    if source is not None and isinstance(source.op, Shape):
        index = node.op.get_constant_idx(node.inputs, allow_partial=True, only_process_constants=True)
        return known(source.inputs[0])[index[0]] if isinstance(index[0], int) else None
    try:
        return int(get_scalar_constant_value(variable))
    except NotScalarConstantError:
        return None


def _entries(shape, ndim):
    """Extents that a vector of integers holds."""
    if isinstance(shape, Constant):
        return [int(n) for n in shape.data]
    node = shape.owner
    if node is not None and isinstance(node.op, MakeVector):
        return [extent(v) for v in node.inputs]
    if node is not None and isinstance(node.op, Shape):
        return list(known(node.inputs[0]))
    return [None] * ndim


def _reshape(node):
    x, shape = node.inputs
    found = _entries(shape, node.op.ndim)
    given = known(x)
    if not all(isinstance(n, int) for n in given) or not all(isinstance(n, int) for n in found):
        return [None if n == -1 else n for n in found]
    size, rest = math.prod(given), math.prod(n for n in found if n != -1)
    if -1 in found and rest and size % rest == 0:
        return [size // rest if n == -1 else n for n in found]
    if size != rest:
        raise DimensionError(f"{node.op} can't give {size} elements the shape {tuple(found)}:\n{_described(x, 0)}")
    return found


def _index(node):
    """Extents of ``x[index]``, for x the first input."""
    x, used = node.inputs[0], node.inputs if isinstance(node.op, Subtensor) else [node.inputs[0], *node.inputs[2:]]
    index = node.op.get_constant_idx(used, allow_partial=True, only_process_constants=True) \
        if isinstance(node.op, Subtensor) else Subtensor(node.op.idx_list).get_constant_idx(
            used, allow_partial=True, only_process_constants=True)
    found = []
    for axis, n in enumerate(known(x)):
        entry = index[axis] if axis < len(index) else slice(None)
        if isinstance(entry, slice):
            found.append(_sliced(entry, n))
        elif isinstance(entry, int) and isinstance(n, int) and not -n <= entry < n and not isinstance(x, Constant):
            raise DimensionError(f"index {entry} is out of bounds:\n{_described(x, axis)}")
    return found


def _sliced(entry, n):
    if entry == slice(None):
        return n
    parts = entry.start, entry.stop, entry.step
    if not isinstance(n, int) or any(isinstance(part, Variable) for part in parts) or entry.step == 0:
        return None
    return len(range(*entry.indices(n)))


def _increment(node):
    x, y = node.inputs[:2]
    region = _index(node)
    given = known(y)
    for d in range(1, len(given) + 1):
        m, n = region[-d], given[-d]
        if isinstance(m, int) and isinstance(n, int) and n not in (1, m):
            raise DimensionError(f"{node.op} can't put extent {n} into extent {m}:\n{_described(y, -d)}\n"
                                 f"{_described(x, 0)}")
    return known(x)


def _gather(node):
    x, index = node.inputs
    return [*known(index), *known(x)[1:]]


def _specified(node):
    x, shape = node.inputs
    found = []
    for d, (m, n) in enumerate(zip(known(x), _entries(shape, len(known(x))), strict=False)):
        if isinstance(m, int) and isinstance(n, int) and m != n:
            raise DimensionError(f"{node.op} promises extent {n}, but it is {m}:\n{_described(x, d)}")
        found.append(m if n is None else n)
    return found


def _flat(node):
    given = known(node.inputs[0])
    left = given[:node.op.outdim - 1]
    rest = given[node.op.outdim - 1:]
    return [*left, math.prod(rest) if all(isinstance(n, int) for n in rest) else None]


def _square(node):
    a = node.inputs[0]
    fit(node, a, -2, a, -1)
    return known(a)


def _solve(node):
    a, b = node.inputs
    fit(node, a, -2, a, -1)
    fit(node, a, -2, b, 0)
    return known(b)


def _filled(node):
    value, *extents = node.inputs
    found = [extent(v) for v in extents]
    given = known(value)
    for d in range(1, len(given) + 1):
        if isinstance(found[-d], int) and isinstance(given[-d], int) and given[-d] not in (1, found[-d]):
            raise DimensionError(f"{node.op} can't fill extent {found[-d]} with extent {given[-d]}:\n"
                                 f"{_described(value, -d)}")
    return found


RULES = {
    Elemwise: _elementwise, DimShuffle: _dimshuffle, Dot: _dot, BatchedDot: _batched, Join: _join, Reshape: _reshape,
    Subtensor: _index, IncSubtensor: _increment, AdvancedSubtensor1: _gather, SpecifyShape: _specified, Flatten: _flat,
    Argmax: _reduced, MaxAndArgmax: _reduced, MatrixInverse: _square, Solve: _solve, Alloc: _filled,
    Eye: lambda node: [extent(v) for v in node.inputs[:2]],
    MakeVector: lambda node: [len(node.inputs)],
    **dict.fromkeys((Softmax, LogSoftmax, Rebroadcast, CumOp, SortOp, ArgSortOp), _like),
}
Op.check_dims = staticmethod(check)
