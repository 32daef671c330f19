"""Numbers: their dtypes, and the operations on them, one row each: ``theano.scalar.something``."""

from theano.graph.pretty import pprint
from theano.scalar import declare as _declare
from theano.scalar import special as _special
from theano.scalar.composite import Composite
from theano.scalar.declare import (
    CLASSES,
    BinaryBitOp,
    BinaryScalarOp,
    FixedLogicalComparison,
    LogicalComparison,
    UnaryBitOp,
    UnaryScalarOp,
)
from theano.scalar.op import ScalarOp, same_out, specific_out, upcast_out, upgrade_to_float
from theano.scalar.table import CASTS, TABLE, cast
from theano.scalar.type import (
    TYPES,
    NumericAutocaster,
    Scalar,
    ScalarConstant,
    ScalarVariable,
    all_types,
    as_scalar,
    autocast_float,
    autocast_float_as,
    autocast_int,
    complex_types,
    complexs,
    complexs64,
    complexs128,
    constant,
    continuous_types,
    convert,
    discrete_types,
    float_types,
    floats,
    get_scalar_type,
    int_types,
    integer_types,
    ints,
    uint_types,
    upcast,
)

globals().update(TYPES)                                    # int8 ... complex128, bool
globals().update(CLASSES)                                  # Add, Mul, Exp ...
globals().update({name: row for name, row in TABLE.items() if not name.startswith("cast_")})
globals().update({f"convert_to_{dtype}": row for dtype, row in CASTS.items()})
floor_div, scalar_sigmoid, scalar_softplus = TABLE["int_div"], TABLE["sigmoid"], TABLE["softplus"]
