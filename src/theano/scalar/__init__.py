"""Numbers: their dtypes, and the operations on them, one row each: ``theano.scalar.something``."""

from theano.errors import ComplexError, IntegerDivisionError
from theano.gradient import DisconnectedType, grad_not_implemented, grad_undefined
from theano.graph.fgraph import FunctionGraph
from theano.graph.op import Op
from theano.graph.pretty import pprint
from theano.graph.type import Type
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar import declare as _declare
from theano.scalar import special as _special
from theano.scalar.arithmetic import (
    Compositef32,
    as_common_dtype,
    composite_f32,
    div_proxy,
    handle_cast,
    handle_composite,
    int_or_true_div,
    mod_check,
    round_half_away_from_zero_,
    round_half_away_from_zero_vec,
    round_half_away_from_zero_vec32,
    round_half_away_from_zero_vec64,
)
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
from theano.scalar.op import ScalarOp
from theano.scalar.preference import (
    float_out,
    float_out_nocomplex,
    int_out,
    int_out_nocomplex,
    real_out,
    same_out,
    same_out_float_only,
    same_out_min8,
    same_out_nobool,
    same_out_nocomplex,
    specific_out,
    transfer_type,
    unary_out_lookup,
    upcast_out,
    upcast_out_min8,
    upcast_out_no_complex,
    upcast_out_nobool,
    upgrade_to_float,
    upgrade_to_float64,
    upgrade_to_float_no_complex,
)
from theano.scalar.table import CASTS, TABLE, cast
from theano.scalar.type import (
    TYPES,
    NumericAutocaster,
    NumpyAutocaster,
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
imported_scipy_special = True                               # SciPy is there
floor_div, scalar_sigmoid, scalar_softplus = TABLE["int_div"], TABLE["sigmoid"], TABLE["softplus"]
