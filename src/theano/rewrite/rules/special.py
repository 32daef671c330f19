"""Faster forms, once nothing else needs the canonical ones."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import apply, is_float, like, number, shaped
from theano.scalar.dtype import finfo

LARGEST_POWER = 512         # products beyond cost more than pow


@rule("pow", name="local_pow_specialize", tags=("specialize",))
def pow_of_integer(node):
    """x**10 >> products of squares"""
    x, power = node.inputs
    out, n = node.outputs[0], number(power)
    if n is None or isinstance(n, complex) or not 2 <= abs(n) <= LARGEST_POWER or n != int(n) \
            or x.type.dtype != out.type.dtype:
        return None
    if n < 0 and not is_float(out):
        return None
    result, square, left = None, x, abs(int(n))
    while left:
        if left & 1:
            result = square if result is None else apply("mul", result, square)
        left >>= 1
        if left:
            square = apply("sqr", square)
    return shaped(apply("inv", result) if n < 0 else result, out)


@rule("mul", name="local_mul_to_sqr", tags=("specialize",))
def product_with_itself(node):
    """x * x >> sqr(x)"""
    if len(node.inputs) == 2 and node.inputs[0] is node.inputs[1]:
        return apply("sqr", node.inputs[0])
    return None


@rule("true_div", name="local_div_to_mul", tags=("specialize",))
def division_by_power_of_two(node):
    """x / c >> x * (1 / c) where 1 / c is exact"""
    x, below = node.inputs
    value = number(below)
    if value is None or isinstance(value, complex) or not is_float(node.outputs[0]) or value == 0:
        return None
    mantissa = abs(float(value)).hex().split("p")[0]
    limits = finfo(node.outputs[0].type.dtype)
    if mantissa not in ("0x1.0000000000000", "0x1.0") \
            or not float(limits.tiny) <= abs(1 / float(value)) <= float(limits.max):
        return None
    return shaped(apply("mul", x, like(1 / value, node.outputs[0])), node.outputs[0]) \
        if x.type.dtype == node.outputs[0].type.dtype else None


SPECIAL = (pow_of_integer, product_with_itself, division_by_power_of_two)
