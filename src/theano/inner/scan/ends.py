"""Gradients that go to some of the rows only, as that of ``rows[-1]`` does."""

from theano.graph.variable import Constant
from theano.tensor.create import is_zero
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import IncSubtensor, index_of


def terms_of(g):
    """What a gradient is the sum of."""
    found, stack = [], [g]
    while stack:
        v = stack.pop()
        if v.owner is not None and type(v.owner.op) is Elemwise and v.owner.op.scalar_op.row_name == "add":
            stack.extend(reversed(v.owner.inputs))
        else:
            found.append(v)
    return found


def rest_of_row(node, first):
    """The number that an index begins with, what it says besides, and the inputs of that; None for another index.

    first: the number of the first input of ``node`` that is part of the index.
    """
    index, inputs = node.op.idx_list, node.inputs[first:]
    if not index or isinstance(index[0], slice) or not inputs or not isinstance(inputs[0], Constant):
        return None
    return int(inputs[0].data), index[1:], inputs[1:]


def rows_from_end(g, like, skip=0):
    """A gradient as those of single rows, counted from the end, and the rest of it.

    like: a variable of the shape of a row. skip: rows may also be taken from ``x[skip:]``, and as ``x[-j:]`` for a j
    that isn't more; so many there are.

    Returns
    -------
    dict
        From j to the gradient of row -j.
    variable or None
    """
    rows, left = {}, []
    for term in terms_of(g):
        node = _increment_of_zeros(term)
        found = [] if node is None else _rows(node, like, skip)
        if not found and node is not None and skip and _begins_at(node) == skip:
            more, rest = rows_from_end(node.inputs[1], like)
            found = list(more.items())
            term = None if rest is None else node.op(node.inputs[0], rest, *node.inputs[2:]) if more else term
            left += [] if term is None else [term]
        elif not found:
            left.append(term)
        for j, value in found:
            rows[j] = rows[j] + value if j in rows else value
    return rows, sum(left[1:], left[0]) if left else None


def rows_from(gradient, first):
    """Rows of the gradient of a buffer; as it was before the gradient of `buffer[first:]` put it below zeros."""
    if is_below_zeros(gradient, first) and gradient.owner.inputs[1].type == gradient.type:
        return gradient.owner.inputs[1]
    return gradient[first:]


def is_below_zeros(gradient, first):
    """Whether a gradient has ``first`` rows of zeros because it is that of `buffer[first:]`."""
    node = _increment_of_zeros(gradient)
    return node is not None and _begins_at(node) == first


def _increment_of_zeros(g):
    node = g.owner
    if node is None or type(node.op) is not IncSubtensor or node.op.set_instead_of_inc or not is_zero(node.inputs[0]):
        return None
    return node


def _rows(node, like, most):
    """Pairs (j, gradient) where zeros are incremented in the rows -j only, else nothing."""
    rest = rest_of_row(node, 2)
    if rest is not None and rest[0] < 0:
        number, index, inputs = rest
        return [(-number, IncSubtensor(index)(like.zeros_like(), node.inputs[1], *inputs) if index else node.inputs[1])]
    begin = _begins_at(node)
    if begin is None or not -most <= begin < 0:
        return []
    return [(j, node.inputs[1][-begin - j]) for j in range(1, -begin + 1)]


def _begins_at(node):
    """The start of the one slice that a node takes, to the end; None for another index."""
    index = index_of(node)
    if len(index) != 1 or not isinstance(index[0], slice) or index[0].stop is not None or index[0].step is not None:
        return None
    return int(index[0].start.data) if isinstance(index[0].start, Constant) else None
