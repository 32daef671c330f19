"""Loops in chunks: the last row alone, where nobody needs the others."""

from theano.inner.scan.checkpoint import Rows
from theano.inner.scan.ends import rest_of_row
from theano.inner.scan.structured import Recorded
from theano.rewrite.engine import rule
from theano.tensor.index import Subtensor


@rule(Subtensor, name="last_of_rows", tags=("canonicalize",))
def last_of_rows(node):
    """rows(x, last)[-1] >> last"""
    made = node.inputs[0].owner
    rest = rest_of_row(node, 1) if made is not None and isinstance(made.op, Rows) else None
    if rest is None or rest[0] != -1:
        return None
    _, index, inputs = rest
    return Subtensor(index)(made.inputs[1], *inputs) if index else made.inputs[1]


@rule(Rows, tags=("canonicalize",))
def rows_in_chunks(node):
    """rows(x, last) >> x, once no last row is taken from it"""
    output, = node.outputs
    if any(user != "output" and isinstance(user.op, Subtensor) and position == 0
           and (rest_of_row(user, 1) or (0,))[0] == -1 for user, position in output.clients):
        return None
    return node.inputs[0]


@rule(Recorded, tags=("canonicalize",))
def recorded(node):
    """recorded(x, y) >> x, where y was only there for gradients"""
    return node.inputs[0]


CHECKPOINT = (last_of_rows, rows_in_chunks, recorded)
