"""Indexing that need not happen, or can happen earlier."""

from theano.graph.variable import Constant
from theano.rewrite.engine import rule
from theano.rewrite.rules.match import row
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedIncSubtensor1, AdvancedSubtensor, AdvancedSubtensor1
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise
from theano.tensor.index import IncSubtensor, Subtensor, index_of, interval, overlap
from theano.tensor.nonzero import Nonzero


def _is_plain(bound, default):
    """Whether a bound of a slice is ``default``, said or not."""
    return bound is None or isinstance(bound, Constant) and bound.data == default or bound == default


@rule(Subtensor, name="local_useless_subtensor", tags=("canonicalize",))
def whole_subtensor(node):
    """x[:, :] >> x"""
    if all(isinstance(e, slice) and e == slice(None) for e in index_of(node)):
        return node.inputs[0]
    return None


@rule(Subtensor, tags=("canonicalize",))
def subtensor_from_first(node):
    """x[0:] >> x, unless it is an output, which must stay a variable of its own"""
    if any(client == "output" for client, _ in node.outputs[0].clients):
        return None
    if all(isinstance(e, slice) and e.stop is None and _is_plain(e.start, 0) and _is_plain(e.step, 1)
           for e in index_of(node)):
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


@rule(Subtensor, name="local_subtensor_of_elemwise", tags=("specialize",), fgraph=True)
def parts_of_elementwise(fgraph, node):
    """(x + y)[:n], (x + y)[n:] >> x[:n] + y[:n], x[n:] + y[n:] for parts that do not overlap"""
    x = node.inputs[0]
    if x.owner is None or type(x.owner.op) is not Elemwise or len(x.owner.outputs) != 1 \
            or not getattr(fgraph, "extents_agree", False):
        return None
    parts = [client for client, _ in x.clients]
    if "output" in parts or any(type(c.op) is not Subtensor for c in parts):
        return None
    axes, *bounds = zip(*(interval(index_of(c)) for c in parts), strict=True)
    if len(set(axes)) != 1 or None in axes or overlap(zip(*bounds, strict=True)):
        return None
    axis = axes[0]
    inputs = [v if v.type.broadcastable[axis] else node.op(v, *node.inputs[1:]) for v in x.owner.inputs]
    return x.owner.op(*inputs)


def _exchanged(variable):
    """What ``variable`` has with its first axis and another one exchanged, and that axis; (None, 0) otherwise."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle) or not node.op.new_order:
        return None, 0
    axis = node.op.new_order[0]
    order = list(range(node.inputs[0].type.ndim))
    if axis in ("x", 0):
        return None, 0
    order[0], order[axis] = axis, 0
    return (node.inputs[0], axis) if list(node.op.new_order) == order else (None, 0)


def _model(variable):
    """What ``variable`` has the shape of, where it is filled with one number."""
    if row(variable) == "second" and all(variable.owner.inputs[1].type.broadcastable):
        return variable.owner.inputs[0]
    return variable


@rule(DimShuffle, name="local_take_along_axis", tags=("specialize",))
def rows_of_exchanged(node):
    """x.dimshuffle(1, 0)[i].dimshuffle(1, 0) >> x[:, i], also set and incremented"""
    rows, axis = _exchanged(node.outputs[0])
    if axis == 0 or rows.owner is None or len(rows.clients) > 1:
        return None
    op, (first, *rest) = rows.owner.op, rows.owner.inputs
    if not isinstance(op, (AdvancedSubtensor1, AdvancedIncSubtensor1)):
        return None
    x, other = _exchanged(_model(first))
    if x is None or other != axis:
        return None
    if x is not _exchanged(first)[0]:                               # second(x, 0), as in gradients
        x = ELEMWISE["second"](x, first.owner.inputs[1])
    index = (*[slice(None)] * axis, rest[-1])
    if isinstance(op, AdvancedSubtensor1):
        return AdvancedSubtensor()(x, *index)
    order = list(range(x.type.ndim))
    order[0], order[axis] = axis, 0
    wide = rest[0].dimshuffle(*["x"] * (x.type.ndim - rest[0].type.ndim), *range(rest[0].type.ndim))
    return AdvancedIncSubtensor(set_instead_of_inc=op.set_instead_of_inc)(x, wide.dimshuffle(order), *index)


@rule(Nonzero, name="local_nonzero_of_bool", tags=("specialize",))
def nonzero_of_numbers(node):
    """nonzero(x) >> nonzero(neq(x, 0)), which the machine finds, and which becomes part of what computes x"""
    x, = node.inputs
    return None if x.type.dtype == "bool" else Nonzero()(x.type.lift("neq", x, 0), return_list=True)


INDEX = (whole_subtensor, subtensor_from_first, subtensor_of_set, subtensor_of_unary)
# forms that the machine has instructions for, or works on best
MACHINE = (parts_of_elementwise, rows_of_exchanged, nonzero_of_numbers)
