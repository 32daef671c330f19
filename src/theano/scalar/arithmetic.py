"""Functions on scalar or tensor variables that choose among rows of the table, and rounding for plain numbers."""

import numpy as np

from theano.config import config
from theano.errors import IntegerDivisionError
from theano.graph.fgraph import FunctionGraph
from theano.graph.variable import Constant
from theano.scalar.composite import Composite
from theano.scalar.dtype import is_small
from theano.scalar.preference import upcast_out
from theano.scalar.table import CASTS, TABLE, away_from_zero, cast
from theano.scalar.type import Scalar, _scalar_py_operators, as_scalar, complex_dtypes, constant, discrete_dtypes


def as_common_dtype(*vars):
    """Scalar variables as the smallest dtype that holds all of them: a list."""
    dtype = upcast_out(*(v.type.dtype for v in vars))
    return [cast(v, dtype) for v in vars]


def int_or_true_div(x_discrete, y_discrete):
    """The division that ``x / y`` was in Python 2: by flag ``int_division`` for two integers, else `true_div`.

    Raises IntegerDivisionError for two integers where the flag is "raise".
    """
    if not (x_discrete and y_discrete) or config.int_division == "floatX":
        return TABLE["true_div"]
    if config.int_division == "raise":
        raise IntegerDivisionError("integers are divided with '/': write x // y for the integer below the quotient, "
                                   "or cast one of them to a float")
    return TABLE["int_div"]


def div_proxy(x, y):
    """``x`` divided by ``y`` as `int_or_true_div` says."""
    x, y = as_scalar(x), as_scalar(y)
    return int_or_true_div(x.type.dtype in discrete_dtypes, y.type.dtype in discrete_dtypes)(x, y)


def mod_check(x, y):
    """The remainder ``x % y``; ComplexError for complex numbers."""
    x, y = as_scalar(x), as_scalar(y)
    if x.type.dtype in complex_dtypes or y.type.dtype in complex_dtypes:
        raise TABLE["mod"].complex_error
    return TABLE["mod"](x, y)


def round_half_away_from_zero_(a):
    """A number rounded to a whole one, halves away from zero."""
    return float(away_from_zero(np.float64(a)))


round_half_away_from_zero_vec64 = np.vectorize(round_half_away_from_zero_, otypes=["float64"],
                                               doc="`round_half_away_from_zero_` of every element, as float64.")
round_half_away_from_zero_vec32 = np.vectorize(round_half_away_from_zero_, otypes=["float32"],
                                               doc="`round_half_away_from_zero_` of every element, as float32.")


def round_half_away_from_zero_vec(a):
    """`round_half_away_from_zero_` of every element: float32 stays, other arrays become float64."""
    return (round_half_away_from_zero_vec32 if getattr(a, "dtype", None) == np.float32 else
            round_half_away_from_zero_vec64)(a)


# -- floats of 16 bits computed as float32 --------------------------------------------------------------------


def handle_cast(node, mapping):
    """The outputs of a `Cast` on ``mapping``'s inputs, with float32 for floats of 16 bits."""
    return [node.op.clone_float32()(mapping[node.inputs[0]])]


def handle_composite(node, mapping):
    """The outputs of a `Composite` on ``mapping``'s inputs, with float32 for floats of 16 bits inside."""
    return node.op.clone_float32()(*(mapping[v] for v in node.inputs), return_list=True)


class Compositef32:
    """Remakes a scalar graph with float32 wherever it has floats of 16 bits."""

    special = {type(CASTS["float32"]): handle_cast, Composite: handle_composite}

    def apply(self, fgraph):
        """A `FunctionGraph` like ``fgraph`` without floats of 16 bits; inputs of these dtypes are float32."""
        mapping = {}
        for variable in [*fgraph.inputs, *(v for node in fgraph.toposort() for v in node.inputs), *fgraph.outputs]:
            if variable.owner is None and variable not in mapping:
                mapping[variable] = _wider(variable)
        for node in fgraph.toposort():
            made = self.special.get(type(node.op), _again)(node, mapping)
            mapping.update(zip(node.outputs, made, strict=True))
        return FunctionGraph([mapping[v] for v in fgraph.inputs], [mapping[v] for v in fgraph.outputs], clone=False)


def _wider(variable):
    """A leaf as float32 where it is a float of 16 bits."""
    if not is_small(variable.type.dtype):
        return variable.clone()
    if isinstance(variable, Constant):
        return constant(variable.data, dtype="float32")
    return Scalar("float32")(variable.name)


def _again(node, mapping):
    return node.op(*(mapping[v] for v in node.inputs), return_list=True)


def clone_float32(composite):
    """The `Composite` with float32 wherever it has floats of 16 bits."""
    fgraph = composite_f32.apply(composite.fgraph)
    return Composite(fgraph.inputs, fgraph.outputs)


composite_f32 = Compositef32()
Composite.clone_float32 = clone_float32
_scalar_py_operators.__div__ = lambda self, other: div_proxy(self, other)
_scalar_py_operators.__rdiv__ = lambda self, other: div_proxy(other, self)
