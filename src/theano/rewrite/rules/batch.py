"""Batches of matrices: what is known about linear algebra is applied to the graph of one row, which is batched again.

Where `theano.vectorize` made a batch of an op of linear algebra, the op is an `EachRow`, and what is around it became
ops on stacks. The nodes near to such ops that treat every row alike are written as a graph of one row, rewritten there,
and given their leading axis back.
"""

import copy

from theano.graph import origin
from theano.graph.fgraph import FunctionGraph
from theano.graph.variable import Constant
from theano.graph.walk import clone_get_equiv, substitute
from theano.inner.batch.core import batch_graph
from theano.inner.batch.each_row import EachRow
from theano.rewrite.engine import Engine, Phase
from theano.rewrite.rules.canonical import CANONICAL
from theano.rewrite.rules.factor import DEFINITE, FACTOR
from theano.rewrite.rules.kron_gradient import KRON
from theano.rewrite.rules.linalg import LINALG
from theano.rewrite.rules.shape import attach_shapes, detach_shapes
from theano.rewrite.rules.stable import STABLE
from theano.rewrite.structure import attach_hints, detach_hints
from theano.tensor.careduce import CAReduce
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.dot import BatchedDot, count_of_batch_axes, dot
from theano.tensor.elemwise import DimShuffle, Elemwise, SumToShapeOf
from theano.tensor.shape import Shape, Shape_i
from theano.tensor.type import TensorType

NEAR = 8                        # nodes on a path to an op of linear algebra that is considered
STEPS = (Phase("stabilize", (*KRON, *LINALG, *DEFINITE, *STABLE, *CANONICAL), tags=frozenset()),
         Phase("specialize", (*KRON, *LINALG, *FACTOR, *CANONICAL), tags=frozenset()))
OF_MATRICES = {item.name for item in (*KRON, *LINALG, *DEFINITE, *FACTOR)}


def is_anchor(node):
    """Whether a node is an op of linear algebra for every row."""
    inner = node.op.graph.outputs[0].owner if isinstance(node.op, EachRow) else None
    return inner is not None and "linalg" in type(inner.op).__module__


def has_rows(variable):
    """Whether a variable has a leading axis that stays one."""
    pattern = getattr(variable.type, "broadcastable", ())
    return len(pattern) > 0 and not pattern[0]


def row_by_row(node, agree):
    """Whether `rows_of` can write a node for one row.

    agree: whether axes that meet are known to have the same extent, so that none is summed over for having met a longer
    one.
    """
    if isinstance(node.op, EachRow):
        return True
    if not all(has_rows(v) for v in node.outputs):
        return False
    if isinstance(node.op, DimShuffle):
        return node.op.new_order[0] == 0 and has_rows(node.inputs[0])
    if isinstance(node.op, CAReduce):
        return node.op.axis is not None and 0 not in node.op.axis and has_rows(node.inputs[0])
    if isinstance(node.op, AllocDiag):
        return min(node.op.axis1, node.op.axis2) > 0 and has_rows(node.inputs[0])
    if isinstance(node.op, ExtractDiag):
        return min(node.op.axes(node.inputs[0].type.ndim)) > 0 and has_rows(node.inputs[0])
    if isinstance(node.op, SumToShapeOf):
        return agree and node.inputs[0].type == node.outputs[0].type and has_rows(node.inputs[0])
    if isinstance(node.op, BatchedDot):
        return count_of_batch_axes(*node.inputs) == 1 and all(map(has_rows, node.inputs))
    return type(node.op) is Elemwise and not node.op.inplace_pattern


def rows_of(node, row, same):
    """The outputs of a node for one row; ``row`` and ``same`` are for inputs with a leading axis and without."""
    if isinstance(node.op, EachRow):
        given = {own: (row if b else same)(x) for own, x, b in
                 zip(node.op.graph.inputs, node.inputs, node.op.batched, strict=True)}
        return substitute(node.op.graph.outputs, given)
    inputs = [row(x) for x in node.inputs]
    if isinstance(node.op, SumToShapeOf):
        return inputs[:1]
    if isinstance(node.op, AllocDiag):
        return [AllocDiag(node.op.offset, node.op.axis1 - 1, node.op.axis2 - 1)(*inputs)]
    if isinstance(node.op, ExtractDiag):
        return [ExtractDiag(node.op.offset, *(d - 1 for d in node.op.axes(node.inputs[0].type.ndim)))(*inputs)]
    if isinstance(node.op, DimShuffle):
        return [inputs[0].dimshuffle(*(d if d == "x" else d - 1 for d in node.op.new_order[1:]))]
    if isinstance(node.op, CAReduce):
        op = copy.copy(node.op)
        op.axis = tuple(d - 1 for d in node.op.axis)
        return op(*inputs, return_list=True)
    return [dot(*inputs)] if isinstance(node.op, BatchedDot) else node.op(*inputs, return_list=True)


def region(anchors, fgraph):
    """The nodes near to ``anchors`` that work row by row."""
    found, edge, agree = set(anchors), list(anchors), getattr(fgraph, "extents_agree", False)
    for _ in range(NEAR):
        around = [v.owner for node in edge for v in node.inputs if v.owner is not None]
        around += [client for node in edge for v in node.outputs for client, _ in v.clients if client != "output"]
        edge = [node for node in dict.fromkeys(around) if node not in found and row_by_row(node, agree)]
        found.update(edge)
    return [node for node in fgraph.toposort() if node in found]


def rewrite_rows(fgraph, engine):
    """Rewrite batches of linear algebra as graphs of one row; how many results were replaced."""
    anchors = [node for node in fgraph.apply_nodes if is_anchor(node)]
    if not anchors:
        return 0
    nodes = region(anchors, fgraph)
    rows, fixed, known = {}, {}, {}

    def same(x):
        if isinstance(x, Constant):
            return x
        if x not in known:
            known[x] = x.type()
            fixed[known[x]] = x
        return known[x]

    def row(x):
        if x in rows:
            return rows[x]
        if not has_rows(x):                             # of extent 1: the same for all rows
            padded = x.owner is not None and isinstance(x.owner.op, DimShuffle) and x.owner.op.new_order[:1] == ("x",)
            found = same(x.owner.inputs[0]).dimshuffle(*x.owner.op.new_order[1:]) if padded else \
                same(x).dimshuffle(*range(1, x.type.ndim)) if x.type.ndim else same(x)
        else:
            found = TensorType(x.type.dtype, x.type.broadcastable[1:])()
            fixed[found] = x
        return rows.setdefault(x, found)
    for node in nodes:
        rows.update(zip(node.outputs, rows_of(node, row, same), strict=True))
    inside = set(nodes)
    wanted = [v for node in nodes for v in node.outputs
              if any(client == "output" or client not in inside and not isinstance(client.op, (Shape, Shape_i))
                     for client, _ in v.clients)]                       # extents are found without the value
    with origin.inherited(next((v.tag.trace for node in anchors for v in node.outputs if v.tag.trace), ())):
        made = _rewritten([rows[v] for v in wanted], list(fixed), engine, getattr(fgraph, "extents_agree", False))
        batches = [] if made is None else batch_graph(made, fixed)
    pairs = [(old, new) for old, new in zip(wanted, batches, strict=False) if new.type == old.type]
    for old, new in pairs:
        fgraph.replace(old, new, reason="rewrite_rows")
    return len(pairs)


def _rewritten(outputs, inputs, engine, agree):
    """A graph of one row by what is known about matrices; None where that changes nothing.

    agree: whether extents that meet in elementwise work are checked to be equal, in all rows.
    """
    inner = FunctionGraph(inputs, outputs)
    inner.extents_agree = agree
    attach_hints(inner)
    attach_shapes(inner)
    worker = Engine(inner, engine.selected)
    for phase in STEPS:
        worker.run(phase)
    detach_shapes(inner)
    detach_hints(inner)
    if not OF_MATRICES & set(worker.fired.rules):
        return None
    for name, count in worker.fired.rules.items():
        engine.fired.rules[name] = engine.fired.rules.get(name, 0) + count
    copies = clone_get_equiv(inner.inputs, inner.outputs)           # constants that no graph owns
    return substitute([copies[v] for v in inner.outputs],
                      {copies[v]: x for v, x in zip(inner.inputs, inputs, strict=True)})


rewrite_rows.takes_engine = True
