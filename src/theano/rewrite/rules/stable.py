"""Forms that keep their accuracy where the ones written down lose it."""

import numpy as np

from theano.graph.variable import Constant
from theano.rewrite.engine import rule
from theano.rewrite.rules.canonical import factors_of, flat_factors, links, quotient
from theano.rewrite.rules.match import apply, args, is_float, is_number, like, negated, row, shaped
from theano.tensor.careduce import CAReduce, Sum, supremum
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle

MODERATE = 80           # exp of it and of minus it fit into single precision


def one_plus(variable):
    """x where ``variable`` is 1 + x; None otherwise."""
    terms = args(variable, "add")
    if terms is None or len(terms) == 1:
        return None
    for k, term in enumerate(terms):
        if is_number(term, 1):
            rest = [t for i, t in enumerate(terms) if i != k]
            return rest[0] if len(rest) == 1 else apply("add", *rest)
    return None


def one_minus(variable):
    """x where ``variable`` is 1 - x; None otherwise."""
    terms = args(variable, "sub")
    if terms is not None and is_number(terms[0], 1):
        return terms[1]
    inner = one_plus(variable)
    return negated(inner) if inner is not None else None


def exponent(variable):
    """x where ``variable`` is exp(x); None otherwise."""
    inner = args(variable, "exp")
    return None if inner is None else inner[0]


def _negative(x):
    inner = negated(x)
    return inner if inner is not None else apply("neg", x)


def square_root(variable):
    """x where ``variable`` is sqr(x) or x * x; None otherwise."""
    inner = args(variable, "sqr")
    if inner is None:
        inner = args(variable, "mul")
        if inner is None or len(inner) != 2 or inner[0] is not inner[1]:
            return None
    return inner[0]


def opposite(x, y):
    """Whether y certainly is -x."""
    if negated(y) is x or negated(x) is y:
        return True
    a, b = args(x, "sub"), args(y, "sub")
    return a is not None and b is not None and a[0] is b[1] and a[1] is b[0]


def _real(*variables):
    return all(is_float(v) for v in variables)


@rule("true_div", "inv", name="local_inv_1_plus_exp", tags=("stabilize", "specialize"))
def sigmoid(node):
    """1 / (1 + exp(-x)) >> sigmoid(x); y / (1 + exp(-x)) >> y * sigmoid(x)"""
    below = node.inputs[-1]
    inner = one_plus(below)
    x = exponent(inner) if inner is not None else None
    if x is None or not _real(node.outputs[0], x) or x.type.dtype != node.outputs[0].type.dtype:
        return None
    result = apply("sigmoid", _negative(x))
    above = node.inputs[0] if len(node.inputs) == 2 else None
    if above is None or is_number(above, 1):
        return shaped(result, node.outputs[0])
    if exponent(above) is x:
        return shaped(apply("sigmoid", x), node.outputs[0])
    sign = negated(above)
    if sign is not None and exponent(sign) is x:
        return shaped(apply("neg", apply("sigmoid", x)), node.outputs[0])
    return shaped(apply("mul", above, result), node.outputs[0])


@rule("true_div", "inv", name="local_div_sqr_1_plus_exp", tags=("stabilize", "specialize"))
def division_by_square_of_one_plus_exp(node):
    """y / sqr(1 + exp(x)) >> y * sigmoid(-x) * sigmoid(-x)"""
    base = square_root(node.inputs[-1])
    inner = one_plus(base) if base is not None else None
    x = exponent(inner) if inner is not None else None
    if x is None or not _real(node.outputs[0], x) or x.type.dtype != node.outputs[0].type.dtype:
        return None
    s = apply("sigmoid", _negative(x))
    above = node.inputs[0] if len(node.inputs) == 2 else None
    return shaped(apply("mul", s, s) if above is None or is_number(above, 1) else apply("mul", above, s, s),
                  node.outputs[0])


@rule("sub", "add", name="local_1msigmoid", tags=("stabilize", "canonicalize"))
def one_minus_sigmoid(node):
    """1 - sigmoid(x) >> sigmoid(-x)"""
    inner = one_minus(node.outputs[0])
    x = args(inner, "sigmoid") if inner is not None else None
    if x is None or not _real(x[0]) or len(node.inputs) != 2:
        return None
    if any(c != "output" and row(c.outputs[0]) == "log" for c, _ in node.outputs[0].clients):
        return None                     # log(1 - sigmoid(x)) has a better form
    return shaped(apply("sigmoid", _negative(x[0])), node.outputs[0])


@rule("log", name="log_of_sigmoid", tags=("stabilize", "specialize"))
def log_of_sigmoid(node):
    """log(sigmoid(x)) >> -softplus(-x), log(1 - sigmoid(x)) >> -softplus(x)"""
    x = args(node.inputs[0], "sigmoid")
    if x is not None:
        given, kind = x[0], node.outputs[0].type.dtype
        if not is_float(given):                             # integers that are negated may wrap around
            given = apply("cast_" + kind, given)
        return apply("neg", apply("softplus", _negative(given)))
    inner = one_minus(node.inputs[0])
    x = args(inner, "sigmoid") if inner is not None else None
    return shaped(apply("neg", apply("softplus", x[0])), node.outputs[0]) if x is not None else None


@rule("log1p", name="log1p_neg_sigmoid", tags=("stabilize", "specialize"))
def log1p_of_negative_sigmoid(node):
    """log1p(-sigmoid(x)) >> -softplus(x), log1p(exp(x)) >> softplus(x)"""
    x = exponent(node.inputs[0])
    if x is not None and _real(x):
        return apply("softplus", x)
    inner = negated(node.inputs[0])
    x = args(inner, "sigmoid") if inner is not None else None
    return apply("neg", apply("softplus", x[0])) if x is not None else None


@rule("log", name="local_log1p", tags=("stabilize", "specialize"))
def log_of_one_plus(node):
    """log(1 + x) >> log1p(x), log(1 - x) >> log1p(-x)"""
    if not _real(node.outputs[0]) or node.inputs[0].type.dtype != node.outputs[0].type.dtype:
        return None
    inner = one_plus(node.inputs[0])
    if inner is None:
        terms = args(node.inputs[0], "sub")
        if terms is None or not is_number(terms[0], 1):
            return None
        inner = apply("neg", terms[1])
    if inner.type.dtype != node.outputs[0].type.dtype:
        return None
    return shaped(apply("log1p", inner), node.outputs[0])


@rule("sub", "add", name="local_expm1", tags=("stabilize", "specialize"))
def exp_minus_one(node):
    """exp(x) - 1 >> expm1(x)"""
    out = node.outputs[0]
    if not _real(out) or len(node.inputs) != 2:
        return None
    for k, other in enumerate(node.inputs):
        wanted = 1 if row(out) == "sub" else -1
        if row(out) == "sub" and k == 0:
            continue
        x = exponent(node.inputs[1 - k])
        if x is not None and is_number(other, wanted) and x.type.dtype == out.type.dtype:
            return shaped(apply("expm1", x), out)
    return None


@rule("mul", name="local_sigm_times_exp", tags=("stabilize", "canonicalize"))
def sigmoid_times_exp(node):
    """sigmoid(-x) * exp(x) >> sigmoid(x)"""
    if not _real(node.outputs[0]) or not any(row(x) in ("exp", "sigmoid", "mul") for x in node.inputs):
        return None
    factors = flat_factors(node.outputs[0])
    for i, a in enumerate(factors):
        x = exponent(a)
        if x is None:
            continue
        for j, b in enumerate(factors):
            y = args(b, "sigmoid")
            if y is None or not opposite(x, y[0]):
                continue
            rest = [v for k, v in enumerate(factors) if k not in (i, j)]
            result = apply("sigmoid", x)
            return shaped(apply("mul", *rest, result) if rest else result, node.outputs[0])
    return None


@rule("sub", "add", name="local_one_minus_erf", tags=("stabilize", "specialize"))
def one_minus_erf(node):
    """1 - erf(x) >> erfc(x)"""
    inner = one_minus(node.outputs[0])
    x = args(inner, "erf") if inner is not None and len(node.inputs) == 2 else None
    return shaped(apply("erfc", x[0]), node.outputs[0]) if x is not None and _real(x[0]) else None


@rule("log", name="local_log_erfc", tags=("stabilize", "specialize"))
def log_of_erfc(node):
    """log(erfc(x)) for large x by the asymptotic series of erfc (DLMF 7.12.1)"""
    inner = args(node.inputs[0], "erfc")
    if inner is None or not _real(inner[0]):
        return None
    x = inner[0]
    limit = {"float16": 3.0, "float32": 10.0541948}.get(x.type.dtype, 26.641747557)     # where erfc loses precision
    square = apply("sqr", x)
    series = 1 - 1 / (2 * square) + 3 / (4 * apply("sqr", square)) - 15 / (8 * square * apply("sqr", square))
    large = -square + apply("log", series) - apply("log", x * like(1.7724538509055159, x))
    return apply("switch", apply("lt", x, like(limit, x)), apply("log", apply("erfc", x)), large) \
        if not _is_guarded(node) else None


def _is_guarded(node):
    """Whether this logarithm is already the branch of the switch that the rule makes."""
    return any(c != "output" and row(c.outputs[0]) == "switch" for c, _ in node.outputs[0].clients)


DENSITIES = ("exp", "erfc", "mul", "true_div", "neg", "inv")         # what a product with a density may begin with


@rule("true_div", "mul", name="local_grad_log_erfc_neg", tags=("stabilize", "specialize"))
def normal_density_by_tail(node):
    """exp(-x**2) / erfc(x) >> 1 / erfcx(x): the gradient of log(erfc(x)), where both vanish for large x"""
    out = node.outputs[0]
    if not _real(out) or links(out, True) is None or not any(row(x) in DENSITIES for x in node.inputs):
        return None
    found = factors_of(out, shared=True)
    if found is None:
        return None
    top, bottom, value = found
    replaced = False
    for below in list(bottom):
        tail = args(below, "erfc")
        density = None if tail is None else next((v for v in top if _is_minus_square(exponent(v), tail[0])), None)
        if density is not None:
            top.remove(density)
            bottom[bottom.index(below)] = apply("erfcx", tail[0])
            replaced = True
    return shaped(quotient(top, bottom, value, out), out) if replaced else None


def _is_minus_square(variable, x):
    """Whether ``variable`` is -x**2."""
    if variable is None:
        return False
    inner = negated(variable)
    if inner is not None and square_root(inner) is x:
        return True
    pair = args(variable, "mul")
    return pair is not None and len(pair) == 2 and any(
        a is x and negated(b) is x for a, b in (pair, reversed(pair)))


@rule("log", name="local_log_sum_exp", tags=("stabilize",))
def log_of_sum_of_exp(node):
    """log(sum(exp(x))) >> max(x) + log(sum(exp(x - max(x)))); of nothing -inf, as log(0)"""
    inner, order = node.inputs[0], None
    if inner.owner is not None and isinstance(inner.owner.op, DimShuffle):
        order, inner = inner.owner.op.new_order, inner.owner.inputs[0]
    if inner.owner is None or not isinstance(inner.owner.op, Sum):
        return None
    x = exponent(inner.owner.inputs[0])
    if x is None or not _real(x) or inner.type.dtype != x.type.dtype:
        return None
    if _is_shifted(x) or _is_moderate(x):
        return None
    op = inner.owner.op
    largest = CAReduce(supremum, op.axis)(x)
    infinite = apply("isinf", largest)
    safe = apply("switch", infinite, like(0, largest), largest)
    shifted = x - op.spread(x, safe)
    result = safe + apply("log", op(apply("exp", shifted)))
    return result if order is None else DimShuffle(result.type.broadcastable, order)(result)


def _is_shifted(x):
    """Whether x is y - max(y) already."""
    terms = args(x, "sub")
    if terms is None:
        return False
    v = terms[1]
    while v.owner is not None and (isinstance(v.owner.op, DimShuffle) or row(v) == "switch"):
        v = v.owner.inputs[-1]
    return v.owner is not None and isinstance(v.owner.op, CAReduce) and \
        v.owner.op.scalar_op.row_name in ("maximum", "supremum")


def _is_moderate(x):
    """Whether x is known to be numbers whose exponentials fit, as what is left of a constant after its shift."""
    while not isinstance(x, Constant):
        if x.owner is None or not (row(x) == "second" or isinstance(x.owner.op, (DimShuffle, Alloc))):
            return False
        x = x.owner.inputs[row(x) == "second"]
    return bool((np.abs(x.data) <= MODERATE).all())


@rule("sqrt", name="local_sqrt_sqr", tags=("stabilize", "canonicalize"))
def sqrt_of_square(node):
    """sqrt(sqr(x)) >> abs(x)"""
    inner = args(node.inputs[0], "sqr")
    return apply("abs_", inner[0]) if inner is not None and _real(inner[0]) else None


@rule("sqr", name="local_sqr_sqrt", tags=("stabilize", "canonicalize"))
def square_of_sqrt(node):
    """sqr(sqrt(x)) >> switch(x >= 0, x, nan)"""
    inner = args(node.inputs[0], "sqrt")
    if inner is None or not _real(inner[0]) or inner[0].type.dtype != node.outputs[0].type.dtype:
        return None
    x = inner[0]
    return apply("switch", apply("ge", x, like(0, x)), x, like(float("nan"), x))


STABLE = (
    sigmoid, division_by_square_of_one_plus_exp, log_of_sigmoid, log1p_of_negative_sigmoid,
    log_of_one_plus, exp_minus_one, one_minus_sigmoid,
    sigmoid_times_exp, one_minus_erf, log_of_erfc, normal_density_by_tail, log_of_sum_of_exp, sqrt_of_square,
    square_of_sqrt,
)
