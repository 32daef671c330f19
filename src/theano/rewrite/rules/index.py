"""Indexing that need not happen, or can happen earlier."""

from theano.rewrite.engine import rule
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import IncSubtensor, Subtensor, index_of


@rule(Subtensor, name="local_useless_subtensor", tags=("canonicalize",))
def whole_subtensor(node):
    """x[:, :] >> x"""
    if all(isinstance(e, slice) and e == slice(None) for e in index_of(node)):
        return node.inputs[0]
    return None


@rule(Subtensor, name="local_subtensor_inc_subtensor", tags=("canonicalize",))
def subtensor_of_set(node):
    """set_subtensor(x[i], y)[i] >> y where y has the shape of x[i]"""
    x = node.inputs[0]
    if x.owner is None or not isinstance(x.owner.op, IncSubtensor) or not x.owner.op.set_instead_of_inc:
        return None
    if x.owner.op.idx_list != node.op.idx_list or list(x.owner.inputs[2:]) != list(node.inputs[1:]):
        return None
    y = x.owner.inputs[1]
    return y if y.type == node.outputs[0].type and not any(
        not b for b in y.type.broadcastable) else None


@rule(Subtensor, name="local_subtensor_lift", tags=("canonicalize",))
def subtensor_of_unary(node):
    """exp(x)[i] >> exp(x[i]) where nothing else uses exp(x)"""
    x = node.inputs[0]
    if x.owner is None or type(x.owner.op) is not Elemwise or len(x.owner.inputs) != 1 or len(x.clients) != 1 \
            or len(x.owner.outputs) != 1:
        return None
    return x.owner.op(node.op(x.owner.inputs[0], *node.inputs[1:]))


INDEX = (whole_subtensor, subtensor_of_set, subtensor_of_unary)
