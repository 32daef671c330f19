"""One form for what can be written in many ways; nothing computed that need not be."""

import numpy as np

from theano.errors import MethodNotDefined
from theano.gradient import GRADIENT_OPS
from theano.graph.copying import ViewOp
from theano.graph.op import performer
from theano.graph.variable import Constant
from theano.rewrite.engine import Rule, rule
from theano.rewrite.rules.match import apply, args, is_float, like, number, row, shaped
from theano.scalar.dtype import can_cast, computed_in
from theano.scalar.table import CASTS, TABLE
from theano.scalar.type import upcast
from theano.tensor.careduce import CAReduce, Prod, Sum
from theano.tensor.constant import constant
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise, SumToShapeOf, cast
from theano.tensor.reduce import Argmax, MaxAndArgmax
from theano.tensor.shape import Rebroadcast

# -- products and quotients --------------------------------------------------------------------------------


def factors_of(variable, invert=False, root=True, shared=False):
    """Numerator, denominator and constant factor of a chain of mul, true_div, neg, inv and sqr.

    Only chains of one float dtype are looked through; ``shared``: also where something else uses their values.
    """
    top, bottom, value = [], [], 1.0
    stack = [(variable, invert, root)]
    while stack:
        v, inverted, is_root = stack.pop()
        known = number(v)
        if known is not None:
            if isinstance(known, complex) or (inverted and known == 0):
                return None
            value = value / known if inverted else value * known
            continue
        inputs = links(v, is_root) if len(top) + len(bottom) + len(stack) < LONGEST else None
        if inputs is None:
            (bottom if inverted else top).append(v)
            continue
        name = row(v)
        if name == "neg":
            value = -value
        first = inverted != (name == "inv")
        flips = name == "true_div"
        stack.extend((x, inverted != flips, shared) for x in reversed(inputs[1:]))
        stack.append((inputs[0], first, shared))
    return top, bottom, value


def links(variable, root=False):
    """Inputs of a node of a chain of products, or None where the chain ends.

    It ends at values that something else uses too, and where the dtype changes.
    """
    if row(variable) not in CHAIN or not (root or len(variable.clients) <= 1):
        return None
    inputs = variable.owner.inputs
    dtype = variable.type.dtype
    if not root and len(inputs) > LONGEST // 2:
        return None
    return inputs if all(x.type.dtype == dtype or number(x) is not None for x in inputs) else None


CHAIN = ("mul", "true_div", "neg", "inv")
LONGEST = 16                # longer chains are left in pieces, so that the cost stays linear


@rule("mul", "true_div", "neg", "inv", name="local_mul_canonizer", tags=("canonicalize",))
def product(node):
    """x*y/x >> y, x/x >> 1, 2*x*3 >> 6*x, -(2*x) >> -2*x"""
    out = node.outputs[0]
    if not is_float(out) or _is_plain(node) or links(out, True) is None:
        return None
    if len(out.clients) == 1:
        client = out.clients[0][0]
        if client != "output" and links(client.outputs[0], True) is not None and not _is_long(out):
            return None                 # the user of this node looks at the whole chain
    found = factors_of(out)
    if found is None:
        return None
    top, bottom, value = found
    cancelled = _cancel(top, bottom)
    if not cancelled and not _simpler(node, top, bottom, value):
        return None
    return shaped(quotient(top, bottom, value, out), out)


def _cancel(some, others):
    """Remove from two lists what is in both, as often as it is in both; whether anything is."""
    cancelled = False
    for x in list(others):
        if x in some:
            some.remove(x)
            others.remove(x)
            cancelled = True
    return cancelled


def _is_plain(node):
    """Whether a node is a product of values that are no products, and at most one constant, which does something."""
    if row(node.outputs[0]) != "mul":
        return False
    constants = [known for known in map(number, node.inputs) if known is not None]
    if len(constants) > 1 or constants and (isinstance(constants[0], complex) or constants[0] in (0, 1, -1)):
        return False
    return all(links(x) is None for x in node.inputs)


def quotient(top, bottom, value, out):
    """The product of ``top`` and the number ``value``, divided by that of ``bottom``, in the dtype of ``out``."""
    scaled = [] if value in (1, -1) and (top or (bottom and value == 1)) else [like(value, out)]
    upper = scaled + top
    if not bottom:
        result = upper[0] if len(upper) == 1 else apply("mul", *upper)
    else:
        lower = bottom[0] if len(bottom) == 1 else apply("mul", *bottom)
        if not upper:
            result = apply("inv", lower)
        else:
            result = apply("true_div", upper[0] if len(upper) == 1 else apply("mul", *upper), lower)
    return apply("neg", result) if value == -1 and not scaled else result


def _simpler(node, top, bottom, value):
    """Whether rebuilding the chain saves an operation."""
    before = _count(node.outputs[0], True)
    n = len(top) + (value not in (1, -1))
    after = (n > 1) + (len(bottom) > 1) + bool(bottom) + (value == -1 and bool(top or bottom))
    constants_before = _constants(node.outputs[0], True)
    return after < before or (constants_before > 1) or (after == before and value == 1 and constants_before)


def _is_long(variable):
    """Whether a chain is too long to be looked at as a whole."""
    return sum(len(inputs) - 1 for inputs in _walk(variable, True)) >= LONGEST // 2


def _count(variable, root):
    """How many operations a chain has."""
    return sum(1 for _ in _walk(variable, root))


def _constants(variable, root):
    """How many constants a chain has."""
    return sum(number(x) is not None for inputs in _walk(variable, root) for x in inputs)


def _walk(variable, root):
    """The inputs of each operation of a chain, as far as `factors_of` looks."""
    stack, seen = [(variable, root)], 0
    while stack and seen < LONGEST:
        v, is_root = stack.pop()
        inputs = links(v, is_root)
        if inputs is not None:
            seen += 1
            yield inputs
            stack.extend((x, False) for x in inputs)


@rule("mul", name="local_distribute_quotients", tags=("canonicalize",))
def product_with_quotients(node):
    """u * v * (a/u - b/v) >> a*v - b*u, which is finite where u or v vanish

    Casts between floats are looked through: all is computed in the widest dtype there is, where the quotients fit.
    """
    out = node.outputs[0]
    if not is_float(out) or not any(row(_uncast(x)) in ("sub", "add", "mul") for x in node.inputs):
        return None
    factors = [_uncast(v) for v in flat_factors(out)]
    for k, factor in enumerate(factors):
        if row(factor) not in ("sub", "add") or len(factor.clients) > 1 or len(factor.owner.inputs) != 2:
            continue
        rest = factors[:k] + factors[k + 1:]
        wide = upcast(*(v.type.dtype for v in (out, *factors)))
        terms = []
        for x in map(_uncast, factor.owner.inputs):
            top, bottom, value = factors_of(x, False, True) if is_float(x) else ([], [], 1)
            below = _uncast(bottom[0]) if len(bottom) == 1 else None
            if below not in rest:
                break
            left = list(rest)
            left.remove(below)
            kept = [v if v.type.dtype == wide else cast(v, wide) for v in (*map(_uncast, top), *left)]
            terms.append(quotient(kept, [], value, factor))
        else:
            return shaped(apply(row(factor), *terms), out)
    return None


def _uncast(variable):
    """What ``variable`` is a cast of, where both are floats; else itself."""
    while str(row(variable)).startswith("cast_") and is_float(variable) and is_float(variable.owner.inputs[0]):
        variable = variable.owner.inputs[0]
    return variable


def flat_factors(variable):
    """Factors of nested products."""
    found, stack = [], [(variable, True)]
    while stack:
        v, root = stack.pop()
        if row(v) == "mul" and (root or len(v.clients) <= 1) and len(found) + len(stack) < LONGEST:
            stack.extend((x, False) for x in reversed(v.owner.inputs))
        else:
            found.append(v)
    return found


# -- sums and differences ------------------------------------------------------------------------------------

SUMS = ("add", "sub")


@rule("add", "sub", name="local_add_canonizer", tags=("canonicalize",))
def total(node):
    """x + y - x >> y, x - x >> 0, (x + 1) + 2 >> x + 3, x + (y + z) >> x + y + z"""
    out = node.outputs[0]
    dtype = out.type.dtype
    if dtype == "bool" or any(x.type.dtype != dtype for x in node.inputs):
        return None
    plus, minus, value, depth = _terms(out)
    cancelled = _cancel(plus, minus)
    constants = sum(number(x) is not None for x in node.inputs)
    n_plus = len(plus) + (value != 0)
    smallest = (n_plus > 1) + (len(minus) > 1) + bool(minus and n_plus)
    if not cancelled and depth <= max(smallest, 1) and constants <= 1 and not (constants and value == 0):
        return None
    if depth >= LONGEST and not cancelled:
        return None
    if value != 0 or not plus:
        if value != 0 or not minus:
            plus = [*plus, like(value, out)]
    if not plus:
        result = apply("neg", minus[0] if len(minus) == 1 else apply("add", *minus))
    else:
        result = plus[0] if len(plus) == 1 else apply("add", *plus)
        if minus:
            result = apply("sub", result, minus[0] if len(minus) == 1 else apply("add", *minus))
    return shaped(result, out)


def _terms(variable):
    """Terms with sign plus, with sign minus, the constant, and how many nodes were taken apart."""
    plus, minus, value, depth = [], [], 0, 0
    stack = [(variable, False, True)]
    dtype = variable.type.dtype
    while stack:
        v, negative, root = stack.pop()
        known = number(v)
        if known is not None:
            value = value - known if negative else value + known
            continue
        name = row(v) if v.type.dtype == dtype and (root or len(v.clients) <= 1) and depth < LONGEST else None
        if name in SUMS and (root or len(v.owner.inputs) <= LONGEST // 2) \
                and all(x.type.dtype == dtype for x in v.owner.inputs):
            depth += 1
            first, *rest = v.owner.inputs
            flipped = negative != (name == "sub")
            stack.extend((x, flipped, False) for x in reversed(rest))
            stack.append((first, negative, False))
        else:
            (minus if negative else plus).append(v)
    return plus, minus, value, depth


@rule("neg", name="local_neg_neg", tags=("canonicalize",))
def neg_of_neg(node):
    """-(-x) >> x, -(x - y) >> y - x"""
    inner = args(node.inputs[0], "neg")
    if inner is not None:
        return inner[0]
    inner = args(node.inputs[0], "sub")
    if inner is not None and len(node.inputs[0].clients) == 1:
        return apply("sub", inner[1], inner[0])
    return None


@rule("add", name="local_add_neg_to_sub", tags=("canonicalize",))
def add_of_neg(node):
    """x + -y >> x - y"""
    if len(node.inputs) != 2:
        return None
    for k, x in enumerate(node.inputs):
        inner = args(x, "neg")
        if inner is not None and inner[0].type.dtype == node.outputs[0].type.dtype:
            return shaped(apply("sub", node.inputs[1 - k], inner[0]), node.outputs[0])
    return None


@rule("sub", name="local_sub_neg_to_add", tags=("canonicalize",))
def sub_of_neg(node):
    """x - -y >> x + y"""
    inner = args(node.inputs[1], "neg")
    if inner is None or inner[0].type.dtype != node.outputs[0].type.dtype:
        return None
    return shaped(apply("add", node.inputs[0], inner[0]), node.outputs[0])


@rule("mul", name="local_mul_zero", tags=("canonicalize",))
def mul_by_zero(node):
    """x * 0 >> 0"""
    if any(number(x) == 0 and number(x) is not None for x in node.inputs):
        return shaped(like(0, node.outputs[0]), node.outputs[0])
    return None


@rule("mul", name="local_useless_mul_one", tags=("canonicalize",))
def mul_by_one(node):
    """x * 1 >> x, for every dtype"""
    out = node.outputs[0]
    kept = [x for x in node.inputs if not (number(x) is not None and number(x) == 1)]
    if len(kept) == len(node.inputs) or not kept:
        return None
    return shaped(kept[0] if len(kept) == 1 else apply("mul", *kept), out)


@rule("true_div", "int_div", name="local_intdiv_by_one", tags=("canonicalize",))
def div_by_one(node):
    """x / 1 >> x, x // 1 >> floor(x)"""
    out = node.outputs[0]
    if number(node.inputs[1]) != 1:
        return None
    return shaped(apply("floor", node.inputs[0]) if row(out) == "int_div" and is_float(out) else node.inputs[0], out)


# -- fills and broadcasts ---------------------------------------------------------------------------------------


@rule("second", name="local_useless_fill", tags=("canonicalize",))
def useless_fill(node):
    """second(x, y) >> y where x adds nothing to the shape"""
    model, value = node.inputs
    if value.type == node.outputs[0].type and (node.outputs[0].type.ndim == 0 or value is model
                                               or all(model.type.broadcastable)):
        return value
    return None


@rule("second", name="local_fill_to_model", tags=("canonicalize",), fgraph=True)
def fill_of_equal_shape(fgraph, node):
    """second(x, y) >> y where x and y have the same pattern and extents may be taken as equal"""
    model, value = node.inputs
    if getattr(fgraph, "extents_agree", False) and value.type.broadcastable == model.type.broadcastable \
            and not isinstance(value, Constant):
        return value
    return None


@rule("second", name="local_fill_of_expression", tags=("canonicalize",), fgraph=True)
def fill_like_leaf(fgraph, node):
    """second(f(x), y) >> second(x, y): only the shape of the first matters"""
    model, value = node.inputs
    inner, agree = model, getattr(fgraph, "extents_agree", False)
    while inner.owner is not None and type(inner.owner.op) is Elemwise:
        same = [x for x in inner.owner.inputs if x.type.broadcastable == model.type.broadcastable]
        others = [x for x in inner.owner.inputs if not all(x.type.broadcastable)]
        if not same or len(set(others)) > 1 and not agree:
            break
        inner = same[0]
    return apply("second", inner, value) if inner is not model else None


@rule(name="local_fill_sink", tags=("canonicalize",), fgraph=True)
def fill_in_elemwise(fgraph, node):
    """f(second(x, a), y) >> f(a, y) where y has the shape anyway"""
    if type(node.op) is not Elemwise:
        return None
    if node.op.scalar_op.row_name == "second" and not getattr(fgraph, "extents_agree", False):
        return None                     # which of two fills is the outer one doesn't matter
    filled = {}
    for k, v in enumerate(node.inputs):
        found = _filled(v)
        if found is not None:
            filled[k] = found
    if not filled:
        return None
    new = list(node.inputs)
    for k, (model, value) in filled.items():
        new[k] = value
        if not _covered(fgraph, node, new, k, model):
            new[k] = node.inputs[k]
    if new == list(node.inputs):
        return None
    return node.op.make_node(*new).outputs


def _filled(v):
    """(what gives the shape, the value) of a fill; None for anything else."""
    inner = args(v, "second")
    if inner is not None:
        return inner[0], inner[1]
    if v.owner is not None and type(v.owner.op) is Alloc:
        value = v.owner.inputs[0]
        missing = v.type.ndim - value.type.ndim
        if missing:
            value = value.dimshuffle(["x"] * missing + list(range(value.type.ndim)))
        return v, value
    return None


def _covered(fgraph, node, new, k, model):
    """Whether the other inputs give the result its shape without the fill."""
    agree = getattr(fgraph, "extents_agree", False)
    for d, wide in enumerate(node.inputs[k].type.broadcastable):
        if wide or not new[k].type.broadcastable[d]:
            continue
        others = [x for i, x in enumerate(new) if i != k and not x.type.broadcastable[d]]
        if not others or not (agree or model in others):
            return False
    return True


# -- dimshuffles ---------------------------------------------------------------------------------------------------


@rule(DimShuffle, name="local_dimshuffle_lift", tags=("canonicalize",))
def dimshuffle_of_dimshuffle(node):
    """x.dimshuffle(a).dimshuffle(b) >> x.dimshuffle(c); x.dimshuffle(0, 1, ...) >> x"""
    x, order = node.inputs[0], node.op.new_order
    if order == tuple(range(x.type.ndim)):
        return x
    if x.owner is not None and isinstance(x.owner.op, DimShuffle):
        inner = x.owner.op.new_order
        base = x.owner.inputs[0]
        return DimShuffle(base.type.broadcastable, ["x" if d == "x" else inner[d] for d in order])(base)
    if x.owner is not None and type(x.owner.op) is Elemwise and len(x.owner.inputs) == 1 \
            and x.type.ndim == 0 and len(x.clients) == 1:
        base = x.owner.inputs[0]
        return x.owner.op(DimShuffle((), order)(base))
    filled = args(x, "second")
    if filled is not None and all(filled[1].type.broadcastable):
        return apply("second", *(DimShuffle(v.type.broadcastable, order)(v) for v in filled))
    return None


@rule(Rebroadcast, name="local_useless_rebroadcast", tags=("canonicalize",))
def useless_rebroadcast(node):
    """A rebroadcast that changes nothing is dropped"""
    return node.inputs[0] if node.inputs[0].type == node.outputs[0].type else None


@rule(SumToShapeOf, name="local_sum_to_shape_of", tags=("canonicalize",), fgraph=True)
def sum_to_same_shape(fgraph, node):
    """sum_to_shape_of(g, x) >> g where the extents agree"""
    g, x = node.inputs
    if getattr(fgraph, "extents_agree", False) or g is x:
        return g if g.type.broadcastable == node.outputs[0].type.broadcastable else None
    return None


@rule(ViewOp, *GRADIENT_OPS, name="local_view_op", tags=("canonicalize",))
def view(node):
    """view(x) >> x, and the same for identities that were only there for their gradient"""
    return node.inputs[0]


# -- single operations ------------------------------------------------------------------------------------------------


LONG = ("int64", "uint64")       # integers of which doubles round large ones


@rule(*("cast_" + d for d in CASTS), name="local_useless_cast", tags=("canonicalize",))
def useless_cast(node):
    """cast(x, its dtype) >> x; cast(cast(x, wide), dtype) >> cast(x, dtype)"""
    x, out = node.inputs[0], node.outputs[0]
    if x.type.dtype == out.type.dtype:
        return x
    name = row(x)
    if name is not None and name.startswith("cast_"):
        inner = x.owner.inputs[0]
        if can_cast(inner.type.dtype, x.type.dtype, "safe") and inner.type.dtype != "bool" \
                and not (inner.type.dtype in LONG and is_float(x)):
            return inner if inner.type.dtype == out.type.dtype else \
                apply("cast_" + out.type.dtype, inner)
    return None


@rule("identity", name="local_identity", tags=("canonicalize",))
def identity(node):
    """identity(x) >> x"""
    return node.inputs[0]


@rule("real", "conj", name="local_real_of_real", tags=("canonicalize",))
def real_of_real(node):
    """real(x) >> x and conj(x) >> x, where x is real"""
    x, dtype = node.inputs[0], node.outputs[0].type.dtype
    return x if x.type.dtype == dtype and not dtype.startswith("complex") else None


@rule("switch", name="local_useless_switch", tags=("canonicalize",))
def switch_of_constant(node):
    """switch(1, x, y) >> x; switch(c, x, x) >> x"""
    condition, x, y = node.inputs
    known = number(condition)
    if known is not None:
        return shaped(x if known else y, node.outputs[0])
    if x is y and all(condition.type.broadcastable):
        return shaped(x, node.outputs[0])
    return None


@rule("eq", "le", "ge", "neq", "lt", "gt", name="local_useless_elemwise_comparison", tags=("canonicalize",))
def comparison_with_itself(node):
    """n == n >> True for integers"""
    x, y = node.inputs
    if x is y and x.type.dtype.startswith(("int", "uint", "bool")):
        value = node.op.scalar_op.row_name in ("eq", "le", "ge")
        return shaped(constant(np.array(value)), node.outputs[0])
    return None


@rule("maximum", "minimum", name="local_useless_extremum", tags=("canonicalize",))
def extremum_of_same(node):
    """maximum(x, x) >> x"""
    return node.inputs[0] if node.inputs[0] is node.inputs[1] else None


@rule("abs_", name="local_abs_abs", tags=("canonicalize",))
def abs_of_abs(node):
    """abs(abs(x)) >> abs(x); abs(sqr(x)) >> sqr(x) for real x"""
    if row(node.inputs[0]) in ("abs_", "sqr", "exp") and is_float(node.inputs[0]):
        return node.inputs[0]
    return None


@rule("exp", "log", "log1p", "expm1", name="local_log_exp", tags=("canonicalize",))
def inverse_functions(node):
    """log(exp(x)) >> x, log1p(expm1(x)) >> x, expm1(log1p(x)) >> x"""
    pair = {"log": "exp", "log1p": "expm1", "expm1": "log1p"}.get(node.op.scalar_op.row_name)
    inner = args(node.inputs[0], pair) if pair else None
    return inner[0] if inner is not None and inner[0].type == node.outputs[0].type and is_float(inner[0]) else None


# -- powers ---------------------------------------------------------------------------------------------------------


@rule("pow", name="local_pow_canonicalize", tags=("canonicalize",))
def pow_of_constant(node):
    """x**1 >> x, x**0 >> 1, x**2 >> sqr(x), x**0.5 >> sqrt(x), x**-1 >> 1/x"""
    x, power = node.inputs
    out, n = node.outputs[0], number(power)
    if n is None or x.type.dtype != out.type.dtype or isinstance(n, complex):
        return None
    if n == 1:
        return shaped(x, out)
    if n == 0:
        return shaped(like(1, out), out)
    if n == 2:
        return shaped(apply("sqr", x), out)
    if not is_float(out):
        return None
    simple = {0.5: "sqrt", -1: "inv"}.get(n)
    if simple:
        return shaped(apply(simple, x), out)
    if n == -0.5:
        return shaped(apply("inv", apply("sqrt", x)), out)
    if n == -2:
        return shaped(apply("inv", apply("sqr", x)), out)
    return None


# -- reductions -------------------------------------------------------------------------------------------------------


@rule(Sum, Prod, name="local_sum_prod_mul_by_scalar", tags=("canonicalize",))
def sum_of_scaled(node):
    """sum(c * x) >> c * sum(x), sum(-x) >> -sum(x) for a scalar c"""
    x, out = node.inputs[0], node.outputs[0]
    if not isinstance(node.op, Sum) or not is_float(out) or x.type.dtype != out.type.dtype \
            or len(x.clients) > 1:
        return None
    inner = args(x, "neg")
    if inner is not None:
        return apply("neg", node.op(inner[0]))
    factors = args(x, "mul")
    if factors is None:
        return None
    scalars = [f for f in factors if all(f.type.broadcastable)]
    others = [f for f in factors if not all(f.type.broadcastable)]
    if not scalars or not others or any(f.type.dtype != out.type.dtype for f in factors):
        return None
    rest = others[0] if len(others) == 1 else apply("mul", *others)
    if rest.type.broadcastable != x.type.broadcastable:
        return None
    small = [s.dimshuffle([]) if s.type.ndim else s for s in scalars]
    return apply("mul", *small, node.op(rest))


@rule(Sum, Prod, CAReduce, name="local_reduce_of_nothing", tags=("canonicalize",))
def reduce_over_no_axis(node):
    """A reduction along no axis, or of a scalar, is its input"""
    x, out = node.inputs[0], node.outputs[0]
    if x.type.dtype != out.type.dtype:
        return None
    if x.type.ndim == 0 or node.op.axis == ():
        return x
    axes = range(x.type.ndim) if node.op.axis is None else node.op.axis
    if all(x.type.broadcastable[d] for d in axes):
        return x.dimshuffle([d for d in range(x.type.ndim) if d not in axes])
    return None


@rule(MaxAndArgmax, name="local_max_and_argmax", tags=("canonicalize",))
def max_or_argmax(node):
    """The largest element alone is a reduction; its position alone is an argmax"""
    largest, position = node.outputs
    if not position.clients:
        return {largest: CAReduce(TABLE["maximum"], node.op.axis)(node.inputs[0])}
    if not largest.clients:
        return {position: Argmax(node.op.axis)(node.inputs[0])}
    return None


@rule(Sum, name="local_sum_of_fill", tags=("canonicalize",), fgraph=True)
def sum_of_fill(fgraph, node):
    """sum(second(x, scalar)) >> scalar * number of elements of x"""
    from_fill = _filled(node.inputs[0])
    if from_fill is None or not all(from_fill[1].type.broadcastable) or not is_float(node.outputs[0]) \
            or node.inputs[0].type.dtype != node.outputs[0].type.dtype:
        return None
    feature = getattr(fgraph, "shape_feature", None)
    if feature is None or node.op.axis not in (None, tuple(range(node.inputs[0].type.ndim))):
        return None
    total = cast(from_fill[1].dimshuffle([]), computed_in(node.outputs[0].type.dtype))
    for d in range(node.inputs[0].type.ndim):
        total = total * cast(feature.get_shape(node.inputs[0], d), total.type.dtype)
    return cast(total, node.outputs[0].type.dtype)


# -- constants ------------------------------------------------------------------------------------------------------


def _fold(node):
    """f(constants) >> their value"""
    if not node.inputs or not all(isinstance(v, Constant) for v in node.inputs):
        return None
    if not node.op.do_constant_folding(node) or any(
            getattr(v.type, "dtype", "object") == "object" for v in node.outputs):
        return None
    cells = [[None] for _ in node.outputs]
    thunk_inputs = [v.data for v in node.inputs]
    if node.op.destroy_map:
        return None
    try:
        performer(node, "py")(node, thunk_inputs, cells)
    except (NotImplementedError, MethodNotDefined):
        return None
    results = []
    for variable, (value,) in zip(node.outputs, cells, strict=True):
        if not hasattr(variable.type, "broadcastable") or not hasattr(variable.type, "shape"):
            results.append(variable.type.make_constant(value))
            continue
        results.append(variable.type.Constant(type=variable.type, data=np.array(value)))
    return results


FOLDING = (Rule("constant_folding", _fold, (), frozenset({"constant_folding"})),)

CANONICAL = (
    neg_of_neg, mul_by_zero, mul_by_one, div_by_one, product_with_quotients, product, total,
    add_of_neg, sub_of_neg, useless_fill,
    fill_of_equal_shape, fill_like_leaf, dimshuffle_of_dimshuffle, useless_rebroadcast, sum_to_same_shape, view,
    useless_cast, identity, real_of_real, switch_of_constant, comparison_with_itself, extremum_of_same, abs_of_abs,
    inverse_functions, pow_of_constant, sum_of_scaled, max_or_argmax, reduce_over_no_axis, sum_of_fill,
    fill_in_elemwise,
)
