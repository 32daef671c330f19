"""Small questions that rules ask of variables."""

import numpy as np

from theano.graph.variable import Constant
from theano.scalar.dtype import NUMBERS, kind_of
from theano.scalar.type import float_dtypes
from theano.tensor.constant import constant
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise


def row(variable):
    """Name of the scalar row that computes a variable, or None."""
    node = variable.owner
    if node is None or type(node.op) is not Elemwise:
        return None
    return node.op.scalar_op.row_name


def args(variable, name):
    """Inputs of the node that computes ``variable``, where that is row ``name``; else None."""
    return variable.owner.inputs if row(variable) == name else None


def made_by(variable, op):
    """The node that computes ``variable``, where that is an ``op``; else None."""
    return variable.owner if variable.owner is not None and isinstance(variable.owner.op, op) else None


def number(variable):
    """The number a variable always is, seen through dimshuffles; None where it isn't one."""
    while variable.owner is not None and isinstance(variable.owner.op, DimShuffle):
        variable = variable.owner.inputs[0]
    if not isinstance(variable, Constant):
        return None
    known = variable.__dict__.get("_unique", False)
    if known is False:
        data = np.asarray(variable.data)
        known = None
        if data.size and kind_of(data.dtype) in NUMBERS and (data.size == 1 or (data == data.flat[0]).all()):
            known = data.flat[0].item()
        variable._unique = known
    return known


def is_number(variable, value):
    """Whether a variable always is ``value``."""
    found = number(variable)
    return found is not None and found == value


def is_float(variable):
    """Whether a variable has a float dtype."""
    return variable.type.dtype in float_dtypes


def like(value, variable):
    """``value`` as a constant of the dtype of ``variable``, ready to be combined with it."""
    return constant(value, dtype=variable.type.dtype)


def apply(name, *inputs):
    """Row ``name`` elementwise."""
    return ELEMWISE[name](*inputs)


def shaped(value, model):
    """``value`` with the type of ``model``, the variable it replaces: filled to its shape where that differs."""
    if value.type.dtype != model.type.dtype:
        value = ELEMWISE["cast_" + model.type.dtype](value)
    missing = model.type.ndim - value.type.ndim
    if missing > 0:
        value = value.dimshuffle(["x"] * missing + list(range(value.type.ndim)))
    for x in model.owner.inputs if model.owner is not None else ():
        if value.type.broadcastable == model.type.broadcastable:
            break
        if x.type.ndim == model.type.ndim and any(
                b and not wide for b, wide in zip(value.type.broadcastable, x.type.broadcastable, strict=True)):
            value = ELEMWISE["second"](x, value)
    return value


def negated(variable):
    """x where ``variable`` is -x (also a product with a negative constant); None otherwise."""
    inner = args(variable, "neg")
    if inner is not None:
        return inner[0]
    if number(variable) is not None and number(variable) < 0:
        return constant(-np.asarray(number(variable)), dtype=variable.type.dtype)
    factors = args(variable, "mul")
    if factors is not None:
        for k, factor in enumerate(factors):
            value = number(factor)
            if value is not None and not isinstance(value, complex) and value < 0:
                rest = [f for i, f in enumerate(factors) if i != k]
                if value == -1:
                    return rest[0] if len(rest) == 1 else apply("mul", *rest)
                return apply("mul", like(-value, factor), *rest)
    return None
