"""Joins of tensors that need no joining."""

from theano.graph.variable import Constant
from theano.rewrite.engine import rule
from theano.tensor.elemwise import cast
from theano.tensor.join import Join, static_axis
from theano.tensor.shape import MakeVector, patternbroadcast


def _like(new, out):
    """``new`` with the dtype and the broadcast pattern of ``out``."""
    new = new if new.type.dtype == out.type.dtype else cast(new, out.type.dtype)
    return new if new.type.broadcastable == out.type.broadcastable else patternbroadcast(new, out.type.broadcastable)


@rule(Join, name="local_join_1", tags=("canonicalize", "specialize"))
def join_of_one(node):
    """join(0, x) >> x"""
    axis, *tensors = node.inputs
    if len(tensors) != 1 or static_axis(axis, tensors[0].type.ndim) is None:
        return None
    return _like(tensors[0], node.outputs[0])


@rule(Join, name="local_join_empty", tags=("canonicalize", "specialize"))
def join_with_empty_vectors(node):
    """join(0, x, [], y) >> join(0, x, y)"""
    axis, *vectors = node.inputs
    kept = [v for v in vectors if not (isinstance(v, Constant) and v.data.size == 0)]
    if node.outputs[0].type.ndim != 1 or not kept or len(kept) == len(vectors) or node.op.view != -1:
        return None
    return _like(node.op(axis, *kept), node.outputs[0])


@rule(Join, name="local_join_make_vector", tags=("canonicalize", "specialize"))
def join_of_made_vectors(node):
    """join(0, make_vector(a), make_vector(b, c), x) >> join(0, make_vector(a, b, c), x)"""
    axis, *vectors = node.inputs
    if node.outputs[0].type.ndim != 1 or node.op.view != -1:
        return None
    found = []
    for v in vectors:
        if found and _op(v) == _op(found[-1]) is not None:
            found[-1] = v.owner.op(*found[-1].owner.inputs, *v.owner.inputs)
        else:
            found.append(v)
    return None if len(found) == len(vectors) else _like(node.op(axis, *found), node.outputs[0])


def _op(v):
    """The op that makes a vector of scalars, None for other variables."""
    return v.owner.op if v.owner is not None and isinstance(v.owner.op, MakeVector) else None


JOIN = (join_of_one, join_with_empty_vectors, join_of_made_vectors)
