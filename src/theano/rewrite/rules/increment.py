"""Increments of zeros, as in gradients of parts: added to what they are added to, so that nothing else is written."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import row
from theano.tensor.advanced import AdvancedBooleanIncSubtensor, AdvancedIncSubtensor, AdvancedIncSubtensor1
from theano.tensor.create import is_zero
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.index import IncSubtensor

INCREMENTS = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor, AdvancedBooleanIncSubtensor)


def _increments(v):
    """The nodes that make ``v`` of zeros, the last first, where nothing else needs what they make; else None."""
    found = []
    while v.owner is not None and type(v.owner.op) in INCREMENTS and not v.owner.op.set_instead_of_inc \
            and len(v.clients) == 1:
        found.append(v.owner)
        v = v.owner.inputs[0]
        if is_zero(v):
            return found
    return None


def _again(nodes, base, change):
    """The same increments of ``base``, the values of which were changed."""
    for node in reversed(nodes):
        base = node.op(base, change(node.inputs[1]), *node.inputs[2:])
    return base


def _first(variables):
    """The first of them that is made by increments of zeros, and these; (None, None) where none is."""
    return next(((v, nodes) for v in variables if (nodes := _increments(v)) is not None), (None, None))


@rule("mul", "neg", "true_div", name="local_scaled_increment", tags=("specialize",))
def scaled_increment(node):
    """c * inc_subtensor(zeros[i], y) >> inc_subtensor(zeros[i], c * y) for a scalar c, also divided, and negated"""
    v, nodes = _first(node.inputs)
    out, others = node.outputs[0], [c for c in node.inputs if c is not v]
    if v is None or out.type != v.type or len(others) != len(node.inputs) - 1:
        return None
    if any(not all(c.type.broadcastable) for c in others) or (row(out) == "true_div" and node.inputs[0] is not v):
        return None

    def scaled(y):
        return node.op(*(y if c is v else c.dimshuffle() for c in node.inputs))
    if any(scaled(n.inputs[1]).type.dtype != n.inputs[1].type.dtype for n in nodes):
        return None
    return _again(nodes, nodes[-1].inputs[0], scaled)


@rule("add", "sub", name="local_add_of_increments", tags=("specialize",), fgraph=True)
def added_increment(fgraph, node):
    """x + inc_subtensor(zeros[i], y) >> inc_subtensor(x[i], y), also subtracted, for an x of that shape"""
    taken = row(node.outputs[0]) == "sub"
    v, nodes = _first(node.inputs[int(taken):])
    rest = [x for x in node.inputs if x is not v]
    if v is None or not rest or len(rest) != len(node.inputs) - 1:
        return None
    base = rest[0] if len(rest) == 1 else ELEMWISE["add"](*rest)
    if base.type != v.type or v.type != node.outputs[0].type or not _have_one_shape(fgraph, v, rest):
        return None
    return _again(nodes, base, ELEMWISE["neg"] if taken else lambda y: y)


def _have_one_shape(fgraph, v, others):
    """Whether one of ``others``, to which all broadcast, has the shape of ``v``."""
    if getattr(fgraph, "extents_agree", False):
        return any(x.type.broadcastable == v.type.broadcastable for x in others)
    feature = getattr(fgraph, "shape_feature", None)
    return len(others) == 1 and feature is not None and feature.same_shape(others[0], v)


INCREMENT = (scaled_increment, added_increment)
