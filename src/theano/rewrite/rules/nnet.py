"""Softmax with its logarithm and its cross-entropy, in one stable operation each."""

from theano.rewrite.engine import rule
from theano.rewrite.extents import rows_and_labels
from theano.rewrite.rules.match import apply, args, number
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedSubtensor
from theano.tensor.careduce import Sum
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle
from theano.tensor.nnet.softmax import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
    log_softmax_op,
    softmax_with_bias,
)


def softmax_input(variable):
    """x where ``variable`` is softmax(x); None otherwise."""
    if variable.owner is not None and isinstance(variable.owner.op, Softmax):
        return variable.owner.inputs[0]
    return None


def _zeros(x):
    """The bias that changes nothing: zeros of the width of ``x``."""
    return x[0].zeros_like()


def labels_of_rows(fgraph, index):
    """The labels where an index is [arange(n), labels] and there are n rows; None where it may be anything else."""
    found = rows_and_labels(index)
    return found[1] if found is not None and getattr(fgraph, "extents_agree", False) else None


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


@rule(AdvancedSubtensor, name="local_advanced_indexing_crossentropy_onehot", tags=("stabilize", "specialize"),
      fgraph=True)
def picked_log_softmax(fgraph, node):
    """logsoftmax(x)[arange(n), y] >> -nll of the fused softmax and cross-entropy, where x has n rows"""
    source = node.inputs[0].owner
    if source is None or not isinstance(source.op, LogSoftmax):
        return None
    labels = labels_of_rows(fgraph, node.inputs[1:])
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


@rule(SoftmaxGrad, name="local_advanced_indexing_crossentropy_onehot_grad", tags=("stabilize", "xent"), fgraph=True)
def grad_of_picked_log(fgraph, node):
    """softmax_grad(inc(zeros, -g / softmax(x)[arange(n), y]), softmax(x)) >> dx of the fused op, and the same of
    softmax_grad(inc(zeros, -g) / softmax(x), softmax(x)), where x has n rows
    """
    scattered, sm = node.inputs
    divided = args(scattered, "true_div")
    if divided is not None and divided[1] is sm:
        scattered = divided[0]
    inc = scattered.owner
    if inc is None or not isinstance(inc.op, AdvancedIncSubtensor) or inc.op.set_instead_of_inc:
        return None
    labels = labels_of_rows(fgraph, inc.inputs[2:])
    base, value = inc.inputs[:2]
    while args(base, "second") is not None:
        base = args(base, "second")[1]
    if labels is None or number(base) != 0:
        return None
    scale = value if divided is not None else _over_picked(value, sm, labels)
    if scale is None or scale.type.ndim > 1 or scale.type.dtype != sm.type.dtype:
        return None
    return crossentropy_softmax_1hot_with_bias_dx(apply("neg", scale), sm, labels)


@rule(CrossentropySoftmax1HotWithBiasDx, name="local_useless_crossentropy_softmax_1hot_with_bias_dx_alloc",
      tags=("canonicalize", "stabilize", "specialize"), fgraph=True)
def crossentropy_grad_of_one_number(fgraph, node):
    """dx(fill(v, g), sm, y) >> dx(g, sm, y) of the fused op, with one number g, where v has as many rows"""
    dy, sm, labels = node.inputs
    negative = args(dy, "neg")
    filled = (negative[0] if negative is not None else dy).owner
    if filled is None or not getattr(fgraph, "extents_agree", False):
        return None
    if args(filled.outputs[0], "second") is not None:
        g = filled.inputs[1]
    elif isinstance(filled.op, Alloc) and filled.inputs[0].type.ndim == 0:
        g = filled.inputs[0].dimshuffle("x")
    else:
        return None
    if g.type.broadcastable != (True,) or g.type.dtype != dy.type.dtype or dy.type.broadcastable == (True,):
        return None
    return node.op(apply("neg", g) if negative is not None else g, sm, labels)


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
    found = rows_and_labels(node.inputs[1:])
    return same and found is not None and found[1] is labels


def _without_bias(variable):
    """(x, b) where ``variable`` is x + b with a vector b, for each row, that may be wider than one; else None."""
    terms = args(variable, "add")
    for k, term in enumerate(terms or ()):
        node = term.owner
        if node is None or not isinstance(node.op, DimShuffle) or node.op.new_order != ("x", 0) \
                or node.inputs[0].type.broadcastable[0]:
            continue
        rest = [v for i, v in enumerate(terms) if i != k]
        x = rest[0] if len(rest) == 1 else apply("add", *rest)
        if x.type == variable.type and term.type.dtype == x.type.dtype:
            return x, node.inputs[0]
    return None


@rule(Softmax, name="local_softmax_with_bias", tags=("specialize",))
def softmax_of_sum(node):
    """softmax(x + b) >> softmax_with_bias(x, b), for each row"""
    found = _without_bias(node.inputs[0])
    return softmax_with_bias(*found) if found is not None else None


@rule(CrossentropySoftmaxArgmax1HotWithBias, name="local_crossentropy_of_sum", tags=("specialize",))
def crossentropy_of_sum(node):
    """crossentropy_softmax_with_bias(x + b, 0, y) >> crossentropy_softmax_with_bias(x, b, y), for each row"""
    x, bias, labels = node.inputs
    while args(bias, "second") is not None:
        bias = args(bias, "second")[1]
    found = _without_bias(x) if number(bias) == 0 else None
    return node.op(*found, labels, return_list=True) if found is not None else None


@rule(SoftmaxWithBias, name="graph_merge_softmax_with_crossentropy_softmax", tags=("specialize",))
def softmax_of_crossentropy(node):
    """softmax_with_bias(x, b) >> the softmax that crossentropy_softmax_with_bias(x, b, y) gives too"""
    x, b = node.inputs
    for client, _ in x.clients:
        if client != "output" and isinstance(client.op, CrossentropySoftmaxArgmax1HotWithBias) \
                and client.inputs[:2] == [x, b]:
            return client.outputs[1]
    return None


BIASED = (softmax_of_sum, crossentropy_of_sum, softmax_of_crossentropy)
NNET = (log_of_softmax, log_of_picked_softmax, picked_log_softmax, crossentropy_of_softmax,
        grad_of_crossentropy_of_softmax, grad_of_picked_log, crossentropy_grad_of_one_number, grad_of_log_of_softmax)
