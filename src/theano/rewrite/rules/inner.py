"""Ops with an inner graph: what nobody needs, and graphs that are written out. Those of loops are in `scan`."""

from theano.inner.custom import CustomGradient
from theano.inner.rowwise import Rowwise
from theano.inner.subgraph import OpFromGraph
from theano.rewrite.engine import rule


@rule(Rowwise, tags=("canonicalize",))
def rowwise_with_unused(node):
    """rowwise(f, g) >> rowwise(f) where nothing uses the rows of g"""
    used = [k for k, v in enumerate(node.outputs) if v.clients]
    if len(used) == len(node.outputs):
        return None
    return dict(zip([node.outputs[k] for k in used], node.op.only(used, node.inputs), strict=True))


@rule(CustomGradient, tags=("canonicalize",))
def custom_gradient(node):
    """custom_gradient(y, x) >> y, which was only there for its gradient"""
    return node.inputs[:node.op.results]


@rule(OpFromGraph, name="inline_ofg_expansion")
def graph_as_op(node):
    """op of a graph, which says that it is inline >> the graph"""
    return node.op.inlined(node.inputs) if node.op.is_inline else None


INNER = (custom_gradient, rowwise_with_unused)
