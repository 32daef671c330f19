"""Scalar ops from expressions of SymPy, an optional package: its C code, its derivatives."""

import functools
import importlib

import numpy as np

from theano.scalar.op import ScalarOp, fixed_number
from theano.scalar.table import TABLE
from theano.scalar.type import TYPES, as_scalar


def sympy():
    """The package SymPy. Raises ImportError with what to do where it is missing."""
    try:
        return importlib.import_module("sympy")
    except ImportError as error:
        raise ImportError("SymPyCCode needs SymPy: pip install sympy") from error


class SymPyCCode(ScalarOp):
    """The value of a SymPy expression, in float64.

    Parameters
    ----------
    inputs : sequence of sympy.Symbol
        The arguments, in this order.
    expr : sympy.Expr
    name : str, optional
    """

    __props__ = ("inputs", "expr")

    def __init__(self, inputs, expr, name=None):
        self.inputs, self.expr = tuple(inputs), sympy().sympify(expr)
        self.nin = len(self.inputs)
        unknown = self.expr.free_symbols - set(self.inputs)
        if unknown:
            raise ValueError(f"{expr} has the symbols {sorted(map(str, unknown))}, which are no inputs")
        super().__init__(lambda *types: (TYPES["float64"],), name)

    @functools.cached_property
    def function(self):
        """The expression as a function of NumPy arrays."""
        return sympy().lambdify(self.inputs, self.expr, modules=["scipy", "numpy"])

    def __getstate__(self):
        return {k: v for k, v in vars(self).items() if k not in ("function", "output_types_preference")}

    def __setstate__(self, state):
        self.__init__(state["inputs"], state["expr"], state["name"])

    def __hash__(self):
        return hash((type(self), self.inputs, self.expr))

    def key_props(self):
        return (sympy().srepr(self.inputs), sympy().srepr(self.expr))

    def numpy(self, *arrays):
        """The value for arrays."""
        arrays = [np.asarray(a, dtype="float64") for a in arrays]
        return np.broadcast_to(self.function(*arrays), np.broadcast_shapes(*(a.shape for a in arrays)))

    def impl(self, *inputs):
        return np.float64(self.numpy(*inputs))

    def c_for(self, dtypes, dtype):
        symbols = {symbol: sympy().Symbol(f"THEANO_INPUT_{k}") for k, symbol in enumerate(self.inputs)}
        symbols |= {number: number.evalf(17) for number in self.expr.atoms(sympy().NumberSymbol)}       # pi is no C
        text = sympy().ccode(self.expr.xreplace(symbols)).replace("{", "{{").replace("}", "}}")
        if "Not supported" in text:
            return None
        for k in reversed(range(self.nin)):
            text = text.replace(f"THEANO_INPUT_{k}", f"((double){{{k}}})")
        return text

    def make_node(self, *inputs):
        return super().make_node(*(as_scalar(x) for x in inputs))

    def L_op(self, inputs, outputs, output_grads):
        g, = output_grads
        slopes = [SymPyCCode(self.inputs, self.expr.diff(symbol))(*inputs) for symbol in self.inputs]
        number = g.owner.inputs[1] if g.owner is not None and g.owner.op == TABLE["second"] else g
        return slopes if fixed_number(number) == 1 else [g * slope for slope in slopes]

    def grad(self, inputs, output_grads):
        return self.L_op(inputs, None, output_grads)

    def __str__(self):
        return self.name or f"SymPyCCode{{{self.expr}}}"
