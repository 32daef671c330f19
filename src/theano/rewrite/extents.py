"""Extents of arrays as symbols: which dimensions of a graph are equal to which.

An extent is an int, or a `Symbol`: dimension ``axis`` of a variable that is given or computed. Elementwise
work equates the extents it meets. NumPy lets an extent of 1 broadcast although its type does not say so; code
specialised for equal extents is right only where that does not happen, so every pair of different
symbols that is equated is an *assumption*, and the function checks it when it is called.
"""

from typing import NamedTuple

from theano.graph.copying import DeepCopyOp, ViewOp
from theano.graph.variable import Constant, Variable
from theano.tensor.advanced import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
)
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.careduce import CAReduce
from theano.tensor.create import Alloc, AllocEmpty, ARange, Eye, Tri
from theano.tensor.dot import Dot, count_of_batch_axes
from theano.tensor.elemwise import DimShuffle, Elemwise, SumToShapeOf
from theano.tensor.index import IncSubtensor
from theano.tensor.nnet.softmax import (
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxWithBias,
)
from theano.tensor.shape import Rebroadcast, Shape_i, SpecifyShape


class Symbol(NamedTuple):
    """Dimension ``axis`` of ``variable``; axis -1: the value of the integer scalar itself."""

    variable: Variable
    axis: int


class Extents:
    """Extents of the variables of a graph, and the assumptions made about them."""

    def __init__(self):
        self._parent = {}
        self._of = {}
        self.assumptions = []           # pairs (Symbol, Symbol or int)

    def __getitem__(self, variable):
        """Extents of ``variable``: a tuple with an int or Symbol for each dimension."""
        known = self._of.get(variable)
        if known is None:
            known = self._of[variable] = fresh(variable)
        return known

    def find(self, extent):
        """The representative of an extent."""
        while extent in self._parent:
            extent = self._parent[extent]
        return extent

    def canonical(self, variable):
        """Extents of ``variable`` by their representatives: equal tuples mean equal shapes."""
        return tuple(map(self.find, self[variable]))

    def equate(self, a, b):
        """Treat two extents as equal; the one that stands for both."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return a
        if isinstance(a, int):
            a, b = b, a
        if not isinstance(a, int):          # two different ints fail when the function runs
            self._parent[a] = b
            self.assumptions.append((a, b))
        return b

    def visit(self, node):
        """Derive the extents of the outputs of ``node`` from those of its inputs."""
        rule = RULES.get(type(node.op), getattr(node.op, "extents", None))
        if rule is None and isinstance(node.op, CAReduce):
            rule = _reduced
        if rule is not None and hasattr(node.outputs[0].type, "broadcastable"):
            self._of[node.outputs[0]] = _static(node.outputs[0], rule(self, node))


def fresh(variable):
    """Extents that nothing is known about, but what type and value say."""
    if isinstance(variable, Constant):
        return tuple(map(int, variable.data.shape))
    pattern = getattr(variable.type, "broadcastable", None) or (False,) * getattr(variable.type, "ndim", 0)
    static = getattr(variable.type, "shape", None) or (None,) * len(pattern)
    return tuple(1 if b else n if n is not None else Symbol(variable, axis)
                 for axis, (b, n) in enumerate(zip(pattern, static, strict=True)))


def _static(variable, extents):
    return tuple(1 if b else e for b, e in zip(variable.type.broadcastable, extents, strict=True))


def _elementwise(extents, node):
    result = []
    for axis in range(node.outputs[0].type.ndim):
        met = [extents[v][axis] for v in node.inputs if not v.type.broadcastable[axis]]
        for other in met[1:]:
            extents.equate(met[0], other)
        result.append(met[0] if met else 1)
    return result


def _dimshuffle(extents, node):
    given = extents[node.inputs[0]]
    return [1 if d == "x" else given[d] for d in node.op.new_order]


def _reduced(extents, node):
    given = extents[node.inputs[0]]
    axes = range(len(given)) if node.op.axis is None else node.op.axis
    return [e for d, e in enumerate(given) if d not in axes]


def _like(position):
    return lambda extents, node: extents[node.inputs[position]]


def _same_as_both(extents, node):
    """SumToShapeOf: the gradient has the shape of what it is the gradient of."""
    g, x = (extents[v] for v in node.inputs)
    return [extents.equate(a, b) if not (isinstance(a, int) and isinstance(b, int)) else b
            for a, b in zip(g, x, strict=True)]


def scalar_extent(variable):
    """The extent that an integer scalar variable stands for."""
    node = variable.owner
    while node is not None and not isinstance(node.op, Shape_i):
        if not isinstance(node.op, (DimShuffle, ViewOp)) and type(node.op).__name__ not in TRANSPARENT:
            return Symbol(variable, -1)
        variable = node.inputs[0]
        node = variable.owner
    if node is not None:
        return Symbol(node.inputs[0], node.op.i)
    return int(variable.data) if isinstance(variable, Constant) else Symbol(variable, -1)


TRANSPARENT = {"TensorFromScalar", "ScalarFromTensor"}


def extents_of_numbers(extents, variables):
    """Extents of an array that are given as integer scalars."""
    found = []
    for variable in variables:
        extent = scalar_extent(variable)
        if isinstance(extent, Symbol) and extent.axis >= 0:
            extent = extents[extent.variable][extent.axis]
        found.append(extent)
    return found


def _square(extents, node):
    n, m = (scalar_extent(v) for v in node.inputs[:2])
    return [extents[e.variable][e.axis] if isinstance(e, Symbol) and e.axis >= 0 else e for e in (n, m)]


def _range(extents, node):
    start, stop, step = map(scalar_extent, node.inputs)
    if (start, step) != (0, 1) or isinstance(stop, Symbol) and stop.axis < 0 or isinstance(stop, int) and stop < 0:
        return fresh(node.outputs[0])
    return [stop if isinstance(stop, int) else extents[stop.variable][stop.axis]]


def _dot(extents, node):
    a, b = (extents[v] for v in node.inputs[:2])
    return [*a[:-1], *b[:-2], *b[-1:]] if len(b) > 1 else list(a[:-1])


def _batched(extents, node):
    """Batch axes broadcast, natively too: nothing is assumed of them."""
    (a, b), out, n = (extents[v] for v in node.inputs), node.outputs[0], count_of_batch_axes(*node.inputs)
    return [*(_common(extents, *pair, Symbol(out, d)) for d, pair in enumerate(zip(a[:n], b[:n], strict=True))),
            *a[n:-1], *b[n + 1:]]


def _common(extents, a, b, unknown):
    """The extent of what broadcasts to two extents; ``unknown`` where that can't be said."""
    if extents.find(a) == extents.find(b) or b == 1:
        return a
    return b if a == 1 or isinstance(b, int) else a if isinstance(a, int) else unknown


def _gather(extents, node):
    x, index = (extents[v] for v in node.inputs)
    return [*index, *x[1:]]


def _biased(extents, node):
    """softmax(x + b): there are as many columns in both."""
    x, b = (extents[v] for v in node.inputs[:2])
    columns = extents.equate(x[1], b[0])
    return [x[0], columns][:node.outputs[0].type.ndim]


def _crossentropy_grad(extents, node):
    """dx of a cross-entropy: each row has a label, and a gradient of its own or that of all rows."""
    rows = extents[node.inputs[1]][0]
    for v in (node.inputs[0], node.inputs[2]):
        if not v.type.broadcastable[0]:
            rows = extents.equate(rows, extents[v][0])
    return [rows, extents[node.inputs[1]][1]]


def rows_and_labels(index):
    """(n, labels) where an index is [arange(n), labels], one element of each of n rows; None otherwise."""
    if len(index) != 2 or index[0].owner is None or not isinstance(index[0].owner.op, ARange):
        return None
    start, stop, step = index[0].owner.inputs
    labels = index[1]
    if (scalar_extent(start), scalar_extent(step)) != (0, 1) or getattr(labels.type, "ndim", None) != 1 \
            or not labels.type.dtype.startswith(("int", "uint")):
        return None
    return stop, labels


def _of_softmax(variable):
    """Whether a variable is elementwise work on a softmax, or zeros like that."""
    while variable.owner is not None and isinstance(variable.owner.op, Elemwise):
        variable = variable.owner.inputs[0]
    return variable.owner is not None and isinstance(variable.owner.op, (Softmax, LogSoftmax))


def _picked(first):
    """One element of each row, read or added to: losses take rows and labels of a softmax to be equally many.

    first: where the index begins among the inputs.
    """
    def rule(extents, node):
        source = node.inputs[0]
        found = rows_and_labels(node.inputs[first:]) if _of_softmax(source) else None
        if found is not None:
            stop = scalar_extent(found[0])
            stop = extents[stop.variable][stop.axis] if isinstance(stop, Symbol) and stop.axis >= 0 else stop
            extents.equate(extents.equate(extents[source][0], stop), extents[found[1]][0])
        return fresh(node.outputs[0]) if first == 1 else extents[source]
    return rule


RULES = {
    Elemwise: _elementwise, DimShuffle: _dimshuffle, SumToShapeOf: _same_as_both,
    Alloc: lambda extents, node: extents_of_numbers(extents, node.inputs[1:]),
    AllocEmpty: lambda extents, node: extents_of_numbers(extents, node.inputs),
    Eye: _square, Tri: _square, ARange: _range,
    Dot: _dot, Dot22: _dot, Dot22Scalar: _dot, BatchedDot: _batched, AdvancedSubtensor1: _gather,
    SoftmaxWithBias: _biased, CrossentropySoftmaxArgmax1HotWithBias: _biased,
    CrossentropySoftmax1HotWithBiasDx: _crossentropy_grad,
    AdvancedSubtensor: _picked(1), AdvancedIncSubtensor: _picked(2),
    **dict.fromkeys((Gemm, Gemv, Ger, IncSubtensor, AdvancedIncSubtensor1, Softmax, LogSoftmax, Rebroadcast,
                     SpecifyShape, DeepCopyOp, ViewOp), _like(0)),
}
