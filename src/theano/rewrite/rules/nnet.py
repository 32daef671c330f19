"""Softmax with its logarithm and its cross-entropy, in one stable operation each."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import apply, args, number
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from theano.tensor.careduce import Sum
from theano.tensor.create import ARange
from theano.tensor.nnet.softmax import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
    log_softmax_op,
)


def softmax_input(variable):
    """x where ``variable`` is softmax(x); None otherwise."""
    if variable.owner is not None and isinstance(variable.owner.op, Softmax):
        return variable.owner.inputs[0]
    return None


def _zeros(x):
    """The bias that changes nothing: zeros of the width of ``x``."""
    return x[0].zeros_like()


def rows_and_labels(index):
    """The labels where an index is [arange(n), labels]; None otherwise."""
    if len(index) != 2 or index[0].owner is None or not isinstance(index[0].owner.op, ARange):
        return None
    start, _, step = index[0].owner.inputs
    if number(start) != 0 or number(step) != 1:
        return None
    labels = index[1]
    return labels if labels.type.ndim == 1 and labels.type.dtype.startswith(("int", "uint")) else None


@rule("log", name="local_logsoftmax", tags=("stabilize", "specialize"))
def log_of_softmax(node):
    """log(softmax(x)) >> logsoftmax(x)"""
    x = softmax_input(node.inputs[0])
    return log_softmax_op(x) if x is not None and x.type == node.outputs[0].type else None


@rule("log", name="local_log_advanced_indexing", tags=("stabilize", "specialize"))
def log_of_picked_softmax(node):
    """log(softmax(x)[arange(n), y]) >> logsoftmax(x)[arange(n), y]"""
    picked = node.inputs[0].owner
    if picked is None or not isinstance(picked.op, AdvancedSubtensor):
        return None
    x = softmax_input(picked.inputs[0])
    return picked.op(log_softmax_op(x), *picked.inputs[1:]) if x is not None else None


@rule(AdvancedSubtensor, name="local_advanced_indexing_crossentropy_onehot", tags=("stabilize", "specialize"))
def picked_log_softmax(node):
    """logsoftmax(x)[arange(n), y] >> -nll of the fused softmax and cross-entropy"""
    source = node.inputs[0].owner
    if source is None or not isinstance(source.op, LogSoftmax):
        return None
    labels = rows_and_labels(node.inputs[1:])
    if labels is None:
        return None
    x = source.inputs[0]
    nll = crossentropy_softmax_argmax_1hot_with_bias(x, _zeros(x), labels)[0]
    return apply("neg", nll)


@rule(CrossentropyCategorical1Hot, name="crossentropy_to_crossentropy_with_softmax", tags=("stabilize", "xent"))
def crossentropy_of_softmax(node):
    """crossentropy(softmax(x), y) >> nll of the fused op"""
    probabilities, labels = node.inputs
    x = softmax_input(probabilities)
    if x is None:
        return None
    return crossentropy_softmax_argmax_1hot_with_bias(x, _zeros(x), labels)[0]


@rule(SoftmaxGrad, name="local_softmax_grad_to_crossentropy_with_softmax_grad", tags=("stabilize", "xent"))
def grad_of_crossentropy_of_softmax(node):
    """softmax_grad(crossentropy_grad(g, softmax(x), y), softmax(x)) >> dx of the fused op"""
    g, sm = node.inputs
    if g.owner is not None and isinstance(g.owner.op, CrossentropyCategorical1HotGrad) \
            and g.owner.inputs[1] is sm:
        return crossentropy_softmax_1hot_with_bias_dx(g.owner.inputs[0], sm, g.owner.inputs[2])
    return None


@rule(SoftmaxGrad, name="local_advanced_indexing_crossentropy_onehot_grad", tags=("stabilize", "xent"))
def grad_of_picked_log(node):
    """softmax_grad(inc(zeros, -g / softmax(x)[arange(n), y]), softmax(x)) >> dx of the fused op"""
    scattered, sm = node.inputs
    inc = scattered.owner
    if inc is None or not isinstance(inc.op, AdvancedIncSubtensor) or inc.op.set_instead_of_inc:
        return None
    labels = rows_and_labels(inc.inputs[2:])
    base, value = inc.inputs[:2]
    while args(base, "second") is not None:
        base = args(base, "second")[1]
    if labels is None or number(base) != 0:
        return None
    scale = _over_picked(value, sm, labels)
    if scale is None:
        return None
    return crossentropy_softmax_1hot_with_bias_dx(apply("neg", scale), sm, labels)


@rule(SoftmaxGrad, name="local_logsoftmax_grad", tags=("stabilize", "specialize"))
def grad_of_log_of_softmax(node):
    """softmax_grad(g / softmax(x), softmax(x)) >> g - softmax(x) * g.sum(axis=1, keepdims=True)"""
    parts, sm = args(node.inputs[0], "true_div"), node.inputs[1]
    if parts is None or parts[1] is not sm or parts[0].type.broadcastable != sm.type.broadcastable:
        return None
    total = Sum(axis=[1])(parts[0]).dimshuffle(0, "x")
    return apply("sub", parts[0], apply("mul", sm, total))


def _over_picked(value, sm, labels):
    """g where ``value`` is g / sm[arange(n), labels], a vector or scalar; None otherwise."""
    parts = args(value, "true_div")
    if parts is None:
        inner = args(value, "neg")
        found = _over_picked(inner[0], sm, labels) if inner is not None else None
        return apply("neg", found) if found is not None else None
    above, below = parts
    if _is_picked(below, sm, labels):
        return above if above.type.ndim <= 1 else None
    factors = args(below, "mul")
    if factors is not None:
        for k, factor in enumerate(factors):
            if _is_picked(factor, sm, labels):
                rest = [f for i, f in enumerate(factors) if i != k]
                return apply("true_div", above, rest[0] if len(rest) == 1 else apply("mul", *rest))
    return None


def _is_picked(variable, sm, labels):
    node = variable.owner
    if node is None or not isinstance(node.op, AdvancedSubtensor):
        return False
    source = node.inputs[0]
    same = source is sm or (softmax_input(source) is not None and softmax_input(source) is softmax_input(sm))
    return same and rows_and_labels(node.inputs[1:]) is labels


NNET = (log_of_softmax, log_of_picked_softmax, picked_log_softmax, crossentropy_of_softmax,
        grad_of_crossentropy_of_softmax, grad_of_picked_log, grad_of_log_of_softmax)
