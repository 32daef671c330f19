"""Checks that would be lost with the values that make them.

``join(0, x, y).shape`` needs no join, but a join refuses matrices whose widths differ; so does what takes its place.
`dropped_checks` finds the operations of a graph of which only shapes are wanted, or which rules replace by some that
demand less, and writes what they demand of extents and indices as conditions. Native code tests them with its other
assumptions; see `theano.rewrite.rules.guards`. `SpecifyShape` is left out: its shape is what the user says, as it was
in the original.
"""

from theano.graph.need import ALWAYS
from theano.graph.variable import Constant
from theano.inner.scan.op import Scan
from theano.rewrite.rules.match import made_by, number
from theano.rewrite.structure import facts
from theano.scalar.type import Scalar
from theano.tensor.advanced import AdvancedSubtensor1
from theano.tensor.careduce import CAReduce
from theano.tensor.constant import constant
from theano.tensor.create import Alloc, Eye
from theano.tensor.diagonal import AllocDiag
from theano.tensor.dot import BatchedDot, Dot, count_of_batch_axes
from theano.tensor.elemwise import ELEMWISE, Elemwise, SumToShapeOf
from theano.tensor.index import IncSubtensor, Subtensor, index_of
from theano.tensor.join import Join, Split
from theano.tensor.linalg.cholesky import Cholesky
from theano.tensor.linalg.inverse import Det, MatrixInverse
from theano.tensor.linalg.solve import Solve
from theano.tensor.reduce import Argmax, MaxAndArgmax
from theano.tensor.shape import Rebroadcast, Reshape, Shape, Shape_i, tensor_from_scalar

SAME_TWICE = {"sub", "true_div", "eq", "neq", "lt", "le", "gt", "ge"}      # of a value and itself: known without it


def dropped_checks(fgraph, order, when, assumed=()):
    """What operations demand whose values are not computed: a list of (condition, cases in which it must hold).

    order: all nodes. when: the cases in which nodes are needed, see `theano.graph.need`; always those that it lacks.
    assumed: class of ops that are left out.
    """
    read = _read(order, fgraph.outputs)
    dropped = [node for node in order if type(node.op) in CHECKS and type(node.op) is not assumed
               and (not any(v in read for v in node.outputs) or _is_passed_over(node))]
    return [(condition, when.get(node, ALWAYS)) for node in dropped for condition in CHECKS[type(node.op)](node)
            if not isinstance(condition, Constant) and _is_cheap(condition, read)]


def _is_passed_over(node):
    """Whether rules put something that demands less in the place of this operation."""
    test = PASSED_OVER.get(type(node.op))
    return test is not None and test(node)


def _is_reshaped(node):
    """Whether a shape is given to a vector, or only to be replaced by another one."""
    return node.op.ndim == 1 == node.inputs[0].type.ndim or all(
        client != "output" and isinstance(client.op, Reshape) for client, _ in node.outputs[0].clients)


PASSED_OVER = {
    Reshape: _is_reshaped,
    Dot: lambda node: any(made_by(v, AllocDiag) for v in node.inputs),
    Solve: lambda node: made_by(node.inputs[1], Eye) is not None,
    Det: lambda node: bool(facts(node.inputs[0]) & {"lower", "upper"}),
}


def _read(order, outputs):
    """Variables whose values are needed, not only their shapes."""
    read = set(outputs)
    for node in reversed(order):
        if any(v in read for v in node.outputs):
            unread = _unread(node)
            read.update(v for i, v in enumerate(node.inputs) if i not in unread)
    return read


def _unread(node):
    """Places of the inputs of which only the shape is wanted."""
    if isinstance(node.op, (Shape, Shape_i)):
        return (0,)
    if isinstance(node.op, SumToShapeOf):
        return (1,)
    if type(node.op) is not Elemwise:
        return ()
    row, inputs = node.op.scalar_op.row_name, node.inputs
    if row in SAME_TWICE and inputs[0] is inputs[1]:
        return (0, 1)
    if row == "pow" and number(inputs[1]) == 0:
        return (0,)
    if row == "mul" and any(number(v) == 0 for v in inputs):
        return range(len(inputs))
    if row == "switch" and number(inputs[0]) is not None:
        return (2,) if number(inputs[0]) else (1,)
    return node.op.scalar_op.unread


def _is_cheap(condition, read):
    """Whether a condition is computed from shapes, single numbers and vectors; ``read``: variables computed anyway."""
    stack, seen = [condition], set()
    while stack:
        node = stack.pop().owner
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node.op, (Shape, Shape_i)):
            if not _has_cheap_shape(node.inputs[0], read):
                return False
            continue
        if any(getattr(v.type, "ndim", 0) > 1 for v in node.inputs):
            return False
        stack.extend(node.inputs)
    return True


def _has_cheap_shape(v, read):
    """Whether no loop has to run only to tell the shape of a variable."""
    stack, seen = [v], set()
    while stack:
        v = stack.pop()
        if v in read or v in seen or v.owner is None:
            continue
        seen.add(v)
        if isinstance(v.owner.op, Scan):
            return False
        stack.extend(v.owner.inputs)
    return True


# -- what operations demand: functions of a node that give conditions, scalars of bool ----------------------------


def _extents(v):
    """Extents of a tensor, as scalar variables."""
    return [constant(1, dtype="int64") if b else Shape_i(axis)(v) for axis, b in enumerate(v.type.broadcastable)]


def _is(a, b):
    """a == b"""
    if isinstance(a, Constant) and isinstance(b, Constant):
        return constant(int(a.data) == int(b.data))
    return ELEMWISE["eq"](a, b)


def _either(a, b):
    return ELEMWISE["or_"](a, b)


def _both(a, b):
    return ELEMWISE["and_"](a, b)


def _integer(v):
    return tensor_from_scalar(v) if isinstance(v.type, Scalar) else v


def _elementwise(node):
    """Extents are equal, or 1."""
    found = []
    for axis in range(node.outputs[0].type.ndim):
        met = None
        for v in node.inputs:
            if v.type.broadcastable[axis]:
                continue
            extent = Shape_i(axis)(v)
            if met is not None:
                found.append(_either(_is(met, extent), _either(_is(met, 1), _is(extent, 1))))
            met = extent if met is None else ELEMWISE["switch"](_is(met, 1), extent, met)
    return found


def _dot(node):
    """The last extent of the first and the last but one of the second are equal."""
    a, b = map(_extents, node.inputs)
    return [_is(a[-1], b[-2] if len(b) > 1 else b[-1])]


def _batched_dot(node):
    """As many matrices in both, or one, which fit."""
    (a, b), n = map(_extents, node.inputs), count_of_batch_axes(*node.inputs)
    x, y = (v.type.broadcastable for v in node.inputs)
    return [*(_either(_is(a[d], b[d]), _either(_is(a[d], 1), _is(b[d], 1))) for d in range(n) if not (x[d] or y[d])),
            _is(a[-1], b[n])]


def _join(node):
    """All extents but those along the axis are equal."""
    axis, first, *others = node.inputs
    if not isinstance(axis, Constant):
        return []
    axis, wanted = int(axis.data) % first.type.ndim, _extents(first)
    return [_is(n, m) for v in others for d, (n, m) in enumerate(zip(wanted, _extents(v), strict=True)) if d != axis]


def _split(node):
    """Sizes are not negative and add up to the extent."""
    x, axis, sizes = node.inputs
    if not isinstance(axis, Constant):
        return []
    return [ELEMWISE["ge"](sizes, 0).all(), _is(_extents(x)[int(axis.data) % x.type.ndim], sizes.sum())]


def _within(index, extent):
    return _both(ELEMWISE["ge"](index, -extent), ELEMWISE["lt"](index, extent))


def _subtensor(node):
    """Numbers are within the extents."""
    index = index_of(node)
    extents = _extents(node.inputs[0])
    return [_within(_integer(entry) if hasattr(entry, "type") else constant(entry, dtype="int64"), extent)
            for entry, extent in zip(index, extents, strict=False) if not isinstance(entry, slice)]


def _increment(node):
    """Numbers are within the extents, and the values fit the part."""
    x, y, *index = node.inputs
    part = _extents(Subtensor(node.op.idx_list)(x, *index))
    given = _extents(y)
    fits = [_either(_is(n, 1), _is(n, m)) for n, m, b in zip(reversed(given), reversed(part),
                                                             reversed(y.type.broadcastable), strict=False) if not b]
    return [*_subtensor(node), *fits]


def _rows(node):
    """The index is within the extent."""
    x, index = node.inputs
    return [_within(index, _extents(x)[0]).all()]


def _reshape(node):
    """As many elements before and after; one extent that is not known is a whole number, if it can be told."""
    x, shape = node.inputs
    size, negative = constant(1, dtype="int64"), ELEMWISE["lt"](shape, 0)
    for n in _extents(x):
        size = size * n
    known = ELEMWISE["switch"](negative, 1, shape).astype("int64").prod()
    whole = _both(ELEMWISE["gt"](known, 0), _is(ELEMWISE["mod"](size, ELEMWISE["maximum"](known, 1)), 0))
    unknown = negative.sum()
    return [ELEMWISE["switch"](_is(unknown, 0), _is(size, known), _both(_is(unknown, 1), whole))]


def _rebroadcast(node):
    """What is said to be broadcastable has extent 1."""
    x, = node.inputs
    return [_is(Shape_i(d)(x), 1) for d, b in node.op.axis.items() if b and not x.type.broadcastable[d]]


def _alloc(node):
    """The value fits the shape, and no extent is negative."""
    value, *shape = node.inputs
    fits = [_either(_is(n, 1), _is(n, m)) for n, m, b in
            zip(reversed(_extents(value)), reversed(shape), reversed(value.type.broadcastable), strict=False) if not b]
    return [*fits, *(ELEMWISE["ge"](n, 0) for n in shape if not isinstance(n, Constant))]


def _extreme(node):
    """There is something of which one is the largest."""
    x, = node.inputs
    axes = range(x.type.ndim) if node.op.axis is None else node.op.axis
    return [ELEMWISE["gt"](Shape_i(axis)(x), 0) for axis in axes if not x.type.broadcastable[axis]]


def _reduction(node):
    return _extreme(node) if node.op.scalar_op.row_name in ("maximum", "minimum") else []


def _square(node):
    """As many rows as columns."""
    *_, n, m = _extents(node.inputs[0])
    return [_is(n, m)]


def _solve(node):
    """As many rows as columns, and as many on the right."""
    a, b = map(_extents, node.inputs)
    return [_is(a[0], a[1]), _is(a[0], b[0])]


CHECKS = {
    Elemwise: _elementwise, Dot: _dot, BatchedDot: _batched_dot, Join: _join, Split: _split, Subtensor: _subtensor,
    IncSubtensor: _increment, AdvancedSubtensor1: _rows, Reshape: _reshape,
    Rebroadcast: _rebroadcast, Alloc: _alloc, CAReduce: _reduction, Argmax: _extreme, MaxAndArgmax: _extreme,
    Cholesky: _square, Det: _square, MatrixInverse: _square, Solve: _solve,
}
