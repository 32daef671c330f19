"""Result dtypes of scalar ops: rules from the types of the inputs, which ops prefer when they are made."""

import functools

from theano.config import config
from theano.graph.props import WithProps
from theano.scalar.dtype import SMALL
from theano.scalar.type import (
    TYPES,
    Scalar,
    complex_dtypes,
    continuous_dtypes,
    discrete_dtypes,
    float_dtypes,
    upcast,
)


def rule(function):
    """A rule for dtypes that also takes types: their names give a name, the types a tuple of one type."""
    @functools.wraps(function)
    def preference(*types):
        if types and isinstance(types[0], Scalar):
            return (TYPES[function(*(t.dtype for t in types))],)
        return function(*types)
    return preference


@rule
def upcast_out(*dtypes):
    """The smallest dtype that holds all inputs."""
    return upcast(*dtypes)


@rule
def upcast_out_nobool(*dtypes):
    """Like `upcast_out`; bool is refused."""
    result = upcast(*dtypes)
    if result == "bool":
        raise TypeError(f"the result would be bool, got inputs {', '.join(dtypes)}: cast one of them, e.g. to int8")
    return result


@rule
def upcast_out_min8(*dtypes):
    """Like `upcast_out`, at least int8."""
    result = upcast(*dtypes)
    return "int8" if result == "bool" else result


@rule
def same_out(type):
    """The dtype of the input."""
    return type


@rule
def same_out_nobool(type):
    """The dtype of the input; bool is refused."""
    if type == "bool":
        raise TypeError("expected a number, got a bool: cast it, e.g. to int8")
    return type


@rule
def same_out_min8(type):
    """The dtype of the input, at least int8."""
    return "int8" if type == "bool" else type


@rule
def same_out_float_only(type):
    """The dtype of the input, which must be a float."""
    if type not in float_dtypes:
        raise TypeError(f"expected a float, got {type}: cast it first")
    return type


@rule
def no_complex_same_out(x):
    """The dtype of the input, which must be neither bool nor complex."""
    _refuse_complex([x])
    return same_out_nobool(x)


@rule
def upgrade_to_float(*dtypes):
    """Float or complex; small integers become float32, others float64."""
    small = ("bool", "int8", "int16", "uint8", "uint16")
    raised = [d if d in continuous_dtypes else "float32" if d in small or config.floatX in SMALL
              else "float64" for d in dtypes]
    return upcast(*raised)


@rule
def upgrade_to_float_no_complex(*dtypes):
    """Like `upgrade_to_float`; complex is refused."""
    _refuse_complex(dtypes)
    return upgrade_to_float(*dtypes)


@rule
def true_div_out(*dtypes):
    """floatX at least for integers, else the smallest float that holds both."""
    if all(d in discrete_dtypes for d in dtypes):
        return config.floatX
    return upcast(*dtypes)


@rule
def truth_out(*dtypes):
    """bool."""
    return "bool"


@rule
def float64_out(*dtypes):
    """float64."""
    return "float64"


@rule
def real_part_out(type):
    """The dtype of the parts of a complex number; other dtypes are kept."""
    return {"complex64": "float32", "complex128": "float64"}.get(type, type)


@rule
def bits_out(*dtypes):
    """The smallest integer dtype that holds all inputs; bool goes with bool only."""
    if any(d not in discrete_dtypes for d in dtypes):
        raise TypeError(f"input to a bit operation must be integers or bool, got {', '.join(dtypes)}")
    if len({d == "bool" for d in dtypes}) > 1:
        raise TypeError("a bit operation cannot mix bool and integers: cast one of them")
    return upcast(*dtypes)


@rule
def last_out(*dtypes):
    """The dtype of the last input."""
    return dtypes[-1]


@rule
def branches_out(condition, *branches):
    """The smallest dtype that holds both branches."""
    return upcast(*branches)


@rule
def complex_out(*dtypes):
    """complex128 for any real input but float32 pairs, as the original; complex is refused."""
    common = upcast(*dtypes)
    if common in complex_dtypes:
        raise TypeError(f"the parts of a complex number are real, got {', '.join(dtypes)}")
    return {"float32": "complex64"}.get(common, "complex128")


@rule
def upcast_out_no_complex(*dtypes):
    """Like `upcast_out`; complex is refused."""
    _refuse_complex(dtypes)
    return upcast(*dtypes)


@rule
def same_out_nocomplex(type):
    """The dtype of the input; complex is refused."""
    _refuse_complex((type,))
    return type


@rule
def upgrade_to_float64(*dtypes):
    """Like `upgrade_to_float`, in float64 where that is a float of one number."""
    found = upgrade_to_float(*dtypes)
    return found if found in complex_dtypes else "float64"


@rule
def int_out(*dtypes):
    """int64."""
    return "int64"


@rule
def int_out_nocomplex(*dtypes):
    """int64; complex is refused."""
    _refuse_complex(dtypes)
    return "int64"


@rule
def float_out_nocomplex(*dtypes):
    """float64; complex is refused."""
    _refuse_complex(dtypes)
    return "float64"


float_out, real_out = float64_out, real_part_out


def _refuse_complex(dtypes):
    if any(d in complex_dtypes for d in dtypes):
        raise TypeError(f"expected real numbers, got {', '.join(dtypes)}: take the real part, or abs, first")


# -- preferences with parameters ------------------------------------------------------------------------------


class specific_out(WithProps):                                                    # noqa: N801
    """Results of these types, whatever the inputs are."""

    __props__ = ("spec",)

    def __init__(self, *spec):
        self.spec = spec

    def __call__(self, *types):
        return self.spec


class transfer_type(WithProps):                                                   # noqa: N801
    """Results of the types of the inputs with these numbers.

    A type among the numbers stands for itself, None for the smallest type that holds all inputs.
    """

    __props__ = ("transfer",)

    def __init__(self, *transfer):
        if not all(x is None or isinstance(x, (int, Scalar)) for x in transfer):
            raise TypeError(f"transfer_type needs numbers of inputs, types or None, got {transfer}")
        self.transfer = transfer

    def __call__(self, *types):
        return tuple(upcast_out(*types)[0] if x is None else types[x] if isinstance(x, int) else x
                     for x in self.transfer)

    def __str__(self):
        return f"transfer_type{{{', '.join(map(str, self.transfer))}}}"


class unary_out_lookup(WithProps):                                                # noqa: N801
    """The result type by the type of the only input.

    type_table : dict
        type -> type, or a function type -> type. TypeError for what is not in it.
    """

    def __init__(self, type_table):
        self.tbl = type_table

    def __call__(self, *types):
        if len(types) != 1:
            raise TypeError(f"unary_out_lookup takes one type, got {types}")
        found = self.tbl(*types) if callable(self.tbl) else self.tbl.get(types[0])
        if found is None:
            raise TypeError(f"the table of result types has none for {types[0]}")
        return found if isinstance(found, (list, tuple)) else [found]

    def __eq__(self, other):
        return type(self) is type(other) and self.tbl == other.tbl

    def __hash__(self):
        return hash(type(self))


WIDENING = set()        # dtype rules whose results are wider than NumPy's own for the same inputs
WIDENING |= {upgrade_to_float, upgrade_to_float_no_complex, true_div_out, upcast_out, upcast_out_nobool,
             upcast_out_min8, upcast_out_no_complex, same_out_min8, float64_out, complex_out, same_out_float_only}
