"""Ops on rows, written with elementwise ops and reductions for `cluster` and `rows` to fuse with their neighbours.

Lowering works on the expanded graph; users see the graph with the ops they know.
"""

from operator import itemgetter

from theano.graph import origin
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.graph.walk import substitute, toposort
from theano.inner.batch.core import batch_graph
from theano.inner.batch.each_row import EachRow
from theano.inner.scan.loop import Other, Sequence, fitted, row_of
from theano.inner.scan.op import Scan, run
from theano.rewrite.engine import Merger
from theano.rewrite.extents import Extents, extents_of_numbers
from theano.scalar.dtype import computed_in, is_small
from theano.scalar.table import TABLE
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedIncSubtensor1, operation_of
from theano.tensor.blas import Dot22
from theano.tensor.careduce import CAReduce, Prod
from theano.tensor.create import Alloc, AllocEmpty, is_zero
from theano.tensor.cumulate import DiffOp
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise, cast, eq, exp, log, switch
from theano.tensor.index import IncSubtensor, Subtensor, index_of, interval, overlap
from theano.tensor.linalg.product import Kron, KronGrad
from theano.tensor.nnet.softmax import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
)
from theano.tensor.others import ProdOfOthers
from theano.tensor.reduce import Argmax, MaxAndArgmax, Sum, positions_of_max
from theano.tensor.shape import MakeVector, Reshape, shape_i
from theano.tensor.type import tensor


class _Part(Op):
    """Part of an op ``of`` that was written out, whose name it has in messages.

    from_end : bool
        Whether negative numbers count columns from the end.
    """

    __props__ = ("from_end", "of")

    def __init__(self, of, from_end=False):
        self.of, self.from_end = of, from_end

    def __str__(self):
        return self.of


class Pick(_Part):
    """One number of each row: x[i, columns[i]], or x[0, columns[i]] where ``spread`` is set."""

    __props__ = ("from_end", "of", "spread")

    def __init__(self, of, from_end=False, spread=False):
        super().__init__(of, from_end)
        self.spread = spread

    def make_node(self, x, columns):
        return Apply(self, [x, columns], [tensor(x.type.dtype, columns.type.broadcastable)])

    @staticmethod
    def extents(known, node):
        """Extents of the result, for `Extents`."""
        return known[node.inputs[1]]


class Put(_Part):
    """x with values[i] added to x[i, columns[i]]."""

    def make_node(self, x, columns, values):
        return Apply(self, [x, columns, values], [x.type()])

    @staticmethod
    def extents(known, node):
        """Extents of the result, for `Extents`."""
        return known[node.inputs[0]]


class Assemble(_Part):
    """Zeros but for parts along an axis.

    bounds : tuple of pairs
        Where each part begins and ends, in order; -1 is the end of the axis. The extents come first, then the parts,
        which broadcast.
    """

    __props__ = ("of", "axis", "bounds", "pattern", "dtype")

    def __init__(self, of, axis, bounds, pattern, dtype):
        super().__init__(of)
        self.axis, self.bounds, self.pattern, self.dtype = axis, bounds, pattern, dtype

    def make_node(self, *inputs):
        return Apply(self, list(inputs), [tensor(self.dtype, self.pattern)])

    @staticmethod
    def extents(known, node):
        """Extents of the result, for `Extents`."""
        return extents_of_numbers(known, node.inputs[:len(node.op.pattern)])


class First(Op):
    """Position of the largest or the smallest element along axes, the first of equal ones; see `Argmax`."""

    __props__ = ("axis", "smallest")

    def __init__(self, axis, smallest):
        self.axis, self.smallest = axis, smallest

    def make_node(self, x):
        return Apply(self, [x], [v.type() for v in Argmax(self.axis).make_node(x).outputs])

    def perform(self, node, inputs, output_storage):
        x, = inputs
        turned = x if not self.smallest else -x if x.dtype.kind == "f" else ~x
        output_storage[0][0] = positions_of_max(turned, self.axis)

    @staticmethod
    def extents(known, node):
        """Extents of the result, for `Extents`."""
        axes = range(node.inputs[0].type.ndim) if node.op.axis is None else node.op.axis
        return tuple(n for d, n in enumerate(known[node.inputs[0]]) if d not in axes)

    def __str__(self):
        return Argmax.__name__


def _column(v):
    """One value a row as a column."""
    return DimShuffle(v.type.broadcastable, (0, "x"))(v)


def _largest(x):
    return CAReduce(TABLE["maximum"], (1,))(x)


def _total(x):
    return Sum((1,), acc_dtype=x.type.dtype)(x)


def _softmax(x):
    e = exp(x - _column(_largest(x)))
    return [e / _column(_total(e))]


def _log_softmax(x):
    shifted = x - _column(_largest(x))
    return [shifted - _column(log(_total(exp(shifted))))]


def _softmax_grad(dy, sm):
    scaled = dy * sm
    return [scaled - _column(_total(scaled)) * sm]


def _cross_entropy_of_softmax(x, b, y):
    name = CrossentropySoftmaxArgmax1HotWithBias.__name__
    z, chosen = x, Pick(name)(x, y)
    if not is_zero(b):
        bias = b.dimshuffle("x", 0)
        z, chosen = x + bias, chosen + Pick(name, spread=True)(bias, y)
    top = _largest(z)
    e = exp(z - _column(top))
    total = _total(e)
    return [log(total) + (top - chosen), e / _column(total), None]


def _cross_entropy_dx(dy, sm, y):
    return [Put(CrossentropySoftmax1HotWithBiasDx.__name__)(sm * _column(dy), y, -dy)]


def _cross_entropy(p, y):
    return [-log(Pick(CrossentropyCategorical1Hot.__name__, from_end=True)(p, y))]


def _cross_entropy_grad(g, p, y):
    name = CrossentropyCategorical1HotGrad.__name__
    return [Put(name, from_end=True)(p.zeros_like(), y, -g / Pick(name, from_end=True)(p, y))]


EXPANSIONS = {
    Softmax: _softmax, LogSoftmax: _log_softmax, SoftmaxGrad: _softmax_grad,
    SoftmaxWithBias: lambda x, b: _softmax(x + b.dimshuffle("x", 0)),
    CrossentropySoftmaxArgmax1HotWithBias: _cross_entropy_of_softmax,
    CrossentropySoftmax1HotWithBiasDx: _cross_entropy_dx,
    CrossentropyCategorical1Hot: _cross_entropy, CrossentropyCategorical1HotGrad: _cross_entropy_grad,
}
FLOATS = ("float32", "float64")


# -- ops that are written out under a condition: a function of the node, which gives None where it is not met


def _argmax(node):
    """The largest of what has been turned round is the smallest."""
    x, = node.inputs
    turned = getattr(getattr(x.owner, "op", None), "scalar_op", None)
    kind = x.type.dtype.rstrip("0123456789")
    if turned is TABLE["neg"] and x.type.dtype in FLOATS or turned is TABLE["invert"] and kind in ("int", "bool"):
        return [First(node.op.axis, True)(x.owner.inputs[0])]
    return None


def _max_and_argmax(node):
    x, = node.inputs
    if x.type.ndim == 0 or x.type.dtype.startswith("complex"):
        return None
    axes = tuple(range(x.type.ndim)) if node.op.axis is None else node.op.axis
    return [CAReduce(TABLE["maximum"], axes)(x), First(node.op.axis, False)(x)]


def _diff(node):
    """Differences of slices, which become part of a loop."""
    v, = node.inputs
    if v.type.dtype == "bool" or not 1 <= node.op.n <= 2:
        return None
    every = (slice(None),) * (node.op.axis % v.type.ndim)
    for _ in range(node.op.n):
        v = v[(*every, slice(1, None))] - v[(*every, slice(None, -1))]
    return [v]


def _thin_product(node):
    """A column times a row is one product a place."""
    x, y = node.inputs
    thin = (x.type.ndim, y.type.ndim) == (2, 2) and x.type.broadcastable[1] and y.type.broadcastable[0]
    return [x * y] if thin and x.type.dtype == y.type.dtype else None


def _products_of_others(node):
    """Without zeros the product of all divided; with one zero that of the others, there."""
    x, = node.inputs
    if x.type.dtype not in FLOATS:
        return None

    def along(total):
        places = iter(range(x.type.ndim))
        order = ["x" if d in node.op.axis else next(places) for d in range(x.type.ndim)]
        return DimShuffle(total.type.broadcastable, order)(total)

    zero = eq(x, 0)
    count = along(Sum(node.op.axis)(zero))
    rest = along(Prod(node.op.axis)(switch(zero, 1, x)))
    return [switch(eq(count, 0), rest / x, switch(ELEMWISE["and_"](eq(count, 1), zero), rest, 0))]


def _parts_of_zeros(node):
    """Increments of zeros, of intervals of one axis that don't overlap: every element is written once."""
    out = v = node.outputs[0]
    if any(client != "output" and _increments(client.op) and client.inputs[0] is v for client, _ in v.clients):
        return None                         # the last one writes all of them
    parts, axes = [], set()
    while v.owner is not None and _increments(v.owner.op) and (v is out or len(v.clients) == 1):
        x, y = v.owner.inputs[:2]
        axis, *bounds = interval(index_of(v.owner))
        axes.add(axis)
        missing = x.type.ndim - y.type.ndim
        parts.append((tuple(bounds), y.dimshuffle(*["x"] * missing, *range(y.type.ndim)) if missing else y))
        if y.type.dtype != out.type.dtype:
            return None
        v = x
    parts.sort(key=itemgetter(0))
    bounds = tuple(where for where, _ in parts)
    if len(axes) != 1 or None in axes or not is_zero(v) or v.type != out.type \
            or overlap(bounds):
        return None
    op = Assemble(str(node.op), axes.pop(), bounds, out.type.broadcastable, out.type.dtype)
    return [op(*_extents_of_fill(v), *(y for _, y in parts))]


def _extents_of_fill(v):
    """Extents of something filled with a number, which need not be made for that."""
    node = v.owner
    if node is not None and type(node.op) in (Alloc, AllocEmpty):
        return node.inputs[len(node.inputs) - v.type.ndim:]
    if node is not None and getattr(node.op, "scalar_op", None) is TABLE["second"] \
            and all(node.inputs[1].type.broadcastable):
        return _extents_of_fill(node.inputs[0])
    return [shape_i(v, d) for d in range(v.type.ndim)]


def _increments(op):
    return type(op) is IncSubtensor and not op.set_instead_of_inc


def _products_of_rows(node):
    """Kronecker products, one for each row, or their gradients."""
    made, own = node.op.graph.outputs[0].owner, node.op.graph.inputs
    if made is None or type(made.op) not in (Kron, KronGrad) or len(node.outputs) > 1 or set(made.inputs) != set(own):
        return None
    outside = dict(zip(own, node.inputs, strict=True))
    rows = {v: x for (v, x), is_batch in zip(outside.items(), node.op.batched, strict=True) if is_batch}
    return batch_graph([made.op.written_out(*(v if v in rows else outside[v] for v in made.inputs))], rows)


def _made_of_rows(array):
    """(x, w) where an array of matrices is dot(x, w), made of all rows of x at once for nobody else; else None."""
    node = array.owner
    if node is not None and isinstance(node.op, Subtensor) and len(array.clients) == 1 \
            and len(index_of(node)) == 1 and isinstance(index_of(node)[0], slice):
        found = _made_of_rows(node.inputs[0])
        return found and (node.op(found[0], *node.inputs[1:]), found[1])
    product = node.inputs[0].owner if node is not None and isinstance(node.op, Reshape) else None
    if product is None or type(product.op) not in (Dot, Dot22) or len(array.clients) > 1 \
            or len(product.outputs[0].clients) > 1:
        return None
    flat, w = product.inputs
    if flat.owner is None or not isinstance(flat.owner.op, Reshape) or flat.owner.inputs[0].type.ndim != 3 \
            or w.type.ndim != 2:
        return None
    x, known = flat.owner.inputs[0], Extents()
    for earlier in toposort([array]):
        known.visit(earlier)
    shapes = [extents_of_numbers(known, v.owner.inputs) if v.owner is not None and isinstance(v.owner.op, MakeVector)
              else [] for v in (flat.owner.inputs[1], node.inputs[1])]
    rows, columns, inner = known[x]
    fits = not known.assumptions and shapes[0][1:] == [inner] and shapes[1] == [rows, columns, known[w][1]]
    return (x, w) if fits else None


def _products_in_steps(node):
    """scan of f(row) over dot(x, w) >> scan of f(dot(row, w)) over x; steps make it for some rows at once."""
    products = {k: _made_of_rows(x) for k, x in enumerate(node.inputs[1:1 + node.op.sequences])}
    if not any(products.values()):
        return None
    loop = node.op.loop(node.inputs)
    made = {}
    for k, found in products.items():
        if found is not None:
            x, w = found
            old, row, factor = loop.sequences[k].row, row_of(x), w.type()
            product = dot(row, factor)
            if product.type != old.type:
                continue
            made[old] = product
            loop.sequences[k] = Sequence(row, x)
            loop.others.append(Other(factor, w))
    return run(loop.with_outputs(substitute(loop.outputs, made))) if made else None


CONDITIONAL = {Argmax: _argmax, MaxAndArgmax: _max_and_argmax, DiffOp: _diff, Dot: _thin_product, Dot22: _thin_product,
               ProdOfOthers: _products_of_others, IncSubtensor: _parts_of_zeros,
               **dict.fromkeys((Kron, KronGrad), lambda node: [node.op.written_out(*node.inputs)]),
               EachRow: _products_of_rows, Scan: _products_in_steps}


def expand(fgraph):
    """A copy of the graph with the ops of the table written out, or the graph itself where there are none."""
    if not any(_expansion(node) for node in fgraph.apply_nodes):
        return fgraph
    fgraph = fgraph.clone(check_integrity=False)
    for node in fgraph.toposort():
        written = _expansion(node)
        if written is None:
            continue
        with origin.inherited(next((v.tag.trace for v in node.outputs if v.tag.trace), ())):
            pairs = [(old, fitted(new, old.type)) for old, new in zip(node.outputs, written(node), strict=True)
                     if new is not None]
        fgraph.replace_all(pairs, reason="expand")
    merger = Merger()                       # a loss and its gradient need the same softmax
    fgraph.attach_feature(merger)
    while merger.settle(fgraph):
        pass
    fgraph.remove_feature(merger)
    return fgraph


def _in_single(node):
    """The op on float32 in place of floats of 16 bits, which is written out itself where it is one for that."""
    inputs = [cast(v, computed_in(v.type.dtype)) if is_small(getattr(v.type, "dtype", "")) else v for v in node.inputs]
    wide = node.op.make_node(*inputs)
    written = _expansion(wide)
    made = wide.outputs if written is None else written(wide)
    return [None if new is None or not old.clients else fitted(new, old.type)
            if is_small(getattr(old.type, "dtype", "")) else new for new, old in zip(made, node.outputs, strict=True)]


def _computes(op):
    """Whether an op computes with floats of 16 bits, which loops don't do for it, rather than move them."""
    if isinstance(op, (AdvancedIncSubtensor, AdvancedIncSubtensor1)):
        return operation_of(op) != "set"
    return getattr(type(op).perform, "in_single", False) and not isinstance(op, (Elemwise, CAReduce))


def _expansion(node):
    """The function that writes a node out, or None."""
    kind = type(node.op)
    if any(is_small(getattr(v.type, "dtype", "")) for v in node.inputs) and _computes(node.op):
        return _in_single
    if kind in CONDITIONAL:
        return None if CONDITIONAL[kind](node) is None else CONDITIONAL[kind]
    if kind not in EXPANSIONS:
        return None
    if any(v.type.dtype not in FLOATS for v in node.outputs if v.type.dtype.startswith("float")) \
            or len({v.type.dtype for v in node.inputs if v.type.dtype.startswith("float")}) > 1:
        return None
    if len(node.outputs) == 3 and node.outputs[2].clients:
        return None                         # somebody wants the places of the largest
    return lambda node: EXPANSIONS[kind](*node.inputs)
