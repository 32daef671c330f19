"""Loops in chunks: the last row alone, where nobody needs the others; loops that were made for batches too."""

from theano.graph.walk import substitute, toposort
from theano.inner.scan.checkpoint import Rows, if_rows
from theano.inner.scan.ends import rest_of_row
from theano.inner.scan.op import Scan, run
from theano.inner.scan.structured import Going, Longest, Recorded
from theano.rewrite.engine import rule
from theano.rewrite.rules.match import row, shaped
from theano.tensor.elemwise import DimShuffle
from theano.tensor.index import Subtensor


@rule(Subtensor, name="last_of_rows", tags=("canonicalize",))
def last_of_rows(node):
    """rows(x, last)[-1] >> last, if there are rows"""
    made = node.inputs[0].owner
    rest = rest_of_row(node, 1) if made is not None and isinstance(made.op, Rows) else None
    if rest is None or rest[0] != -1:
        return None
    _, index, inputs = rest
    last = if_rows(*made.inputs)
    return Subtensor(index)(last, *inputs) if index else last


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


@rule(Longest, tags=("canonicalize",))
def longest(node):
    """longest(n) >> n, where there is one loop only"""
    return node.inputs[0]


@rule(Scan, tags=("canonicalize",))
def going(node):
    """switch(going(t, n), x, y) >> x in the steps of one loop only"""
    order = toposort(node.op.graph.outputs, node.op.graph.inputs)
    known = {inner.outputs[0]: shaped(inner.inputs[1], inner.outputs[0]) for inner in order
             if row(inner.outputs[0]) == "switch" and _goes_on(inner.inputs[0])}
    if not known:
        return None
    loop = node.op.loop(node.inputs)
    return run(loop.with_outputs(substitute(loop.outputs, known)), pruned=False)


def _goes_on(condition):
    while condition.owner is not None and isinstance(condition.owner.op, DimShuffle):
        condition = condition.owner.inputs[0]
    return condition.owner is not None and isinstance(condition.owner.op, Going)


CHECKPOINT = (last_of_rows, rows_in_chunks, recorded, longest, going)
