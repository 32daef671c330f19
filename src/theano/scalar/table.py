"""THE TABLE: arithmetic, comparison, bits, rounding, exponentials, trigonometry, complex parts.

C expressions see arguments cast to the dtype of the computation and use libm's float64 names; `codegen` picks
the function of the dtype. Gradients are written with operators and other rows, so that the type
of the arguments decides how they are applied.
"""

import functools
import operator

import numpy as np

from theano.errors import ComplexError
from theano.scalar.declare import (
    BinaryBitOp,
    FixedLogicalComparison,
    LogicalComparison,
    UnaryBitOp,
    UnaryScalarOp,
    apply,
    number,
    row,
)
from theano.scalar.dtype import DTYPES, SMALL, computed_in, numpy_dtype
from theano.scalar.op import ScalarOp, fixed_number, zero_gradient
from theano.scalar.preference import (
    bits_out,
    branches_out,
    complex_out,
    float64_out,
    last_out,
    no_complex_same_out,
    real_part_out,
    rule,
    same_out,
    same_out_float_only,
    same_out_min8,
    same_out_nobool,
    true_div_out,
    truth_out,
    upcast_out,
    upcast_out_min8,
    upcast_out_no_complex,
    upcast_out_nobool,
    upgrade_to_float,
    upgrade_to_float_no_complex,
)
from theano.scalar.type import Scalar, complex_dtypes, discrete_dtypes, float_dtypes

TABLE = Scalar.rows = ScalarOp.table


def by_kind(bool_=None, uint=None, int_=None, float_=None, complex_=None):
    """A C expression chosen by the dtype of the computation; the first given serves the kinds left out."""
    def choose(dtypes, dtype):
        known = [d for d in dtypes if d != "bool"] if dtype == "bool" else [dtype]
        kind = DTYPES[known[0]].kind if known else "bool"
        return {"bool": bool_, "uint": uint or int_, "int": int_, "float": float_, "complex": complex_}[kind]
    return choose


def real_only(template):
    """A C expression that complex numbers don't have."""
    return lambda dtypes, dtype: None if {dtype, *dtypes} & set(complex_dtypes) else template


def chain(sign):
    """``{0} + {1} + ...``, as many as there are inputs."""
    return lambda dtypes, dtype: f" {sign} ".join(f"{{{k}}}" for k in range(len(dtypes)))


def fold(function):
    """A NumPy function of two arguments, for any number."""
    def folded(*xs):
        return functools.reduce(function, xs)
    folded.of_two = function
    return folded


def select(condition, x, y):
    """x where condition, else y: what the branch not taken holds (nan, inf) doesn't matter."""
    return apply("switch", condition, x, y)


def grad_add(*args):
    *xs, z, g = args
    return tuple(g for _ in xs)


def grad_mul(*args):
    *xs, z, g = args
    return tuple(functools.reduce(operator.mul, [g, *xs[:k], *xs[k + 1:]]) for k in range(len(xs)))


# -- arithmetic -----------------------------------------------------------------------------------------

add = row("Add", "add", fold(np.add), chain("+"), grad_add, upcast_out, ScalarOp, -1, commutative=True,
          associative=True, identity=0, ufunc="add", doc="The sum of all arguments.")
mul = row("Mul", "mul", fold(np.multiply), chain("*"), grad_mul, upcast_out, ScalarOp, -1, commutative=True,
          associative=True, identity=1, ufunc="multiply", doc="The product of all arguments.")
sub = row("Sub", "sub", np.subtract, "{0} - {1}", lambda x, y, z, g: (g, -g), upcast_out_nobool, nin=2)
true_div = row("TrueDiv", "true_div", np.true_divide, "{0} / {1}",
               lambda x, y, z, g: (g / y, -(g * x) / (y * y)), true_div_out, nin=2, domain=(0.5, 2.0), cost=4)
int_div = row(
    "IntDiv", "int_div", np.floor_divide,
    by_kind("{1} ? {0} : 0", "{1} == 0 ? 0 : {0} / {1}",
            "{1} == 0 ? 0 : {1} == -1 ? -{0} : {0} / {1} - ({0} % {1} != 0 && ({0} < 0) != ({1} < 0))",
            "floor_divide({0}, {1})"),
    None, upcast_out, nin=2, domain=(0.5, 4.0), cost=12)
mod = row(
    "Mod", "mod", np.mod,
    by_kind("0", "{1} == 0 ? 0 : {0} % {1}",
            "{1} == 0 || {1} == -1 ? 0 : {0} % {1} + ({0} % {1} != 0 && ({0} < 0) != ({1} < 0) ? {1} : 0)",
            "mod({0}, {1})"),
    lambda x, y, z, g: (g, -g * (x // y)), upcast_out, nin=2, domain=(0.5, 4.0), cost=12)
type(int_div).complex_error = ComplexError("complex numbers have no //")
type(mod).complex_error = ComplexError("complex numbers have no remainder (mod, %)")


def _grad_pow(x, y, z, g):
    less = y - 1 if fixed_number(y) else select(apply("eq", y, 0), 1, y - 1)        # not 0 * inf where both are zero
    gx = g * y * x ** less
    zero = apply("eq", x, 0)
    gy = g * z * apply("log", select(zero, 1, x))
    return gx, gy


pow_ = row("Pow", "pow", np.power,
           lambda dtypes, dtype: "pow({0}, {1})" if dtype not in discrete_dtypes else None,
           _grad_pow, upcast_out_min8, nin=2, domain=(0.3, 2.0), cost=40)
neg = row("Neg", "neg", np.negative, "-{0}", lambda x, z, g: (-g,), same_out_nobool, zero=True)
inv = row("Inv", "inv", lambda x: np.true_divide(1, x), "1 / {0}", lambda x, z, g: (-g / (x * x),),
          upgrade_to_float, domain=(0.5, 2.0), cost=4, doc="1 / x")
sqr = row("Sqr", "sqr", np.square, by_kind("{0}", "{0} * {0}", "{0} * {0}", "{0} * {0}", "{0} * {0}"),
          lambda x, z, g: (g * x * 2,), same_out, zero=True)
abs_ = row("Abs", "abs_", np.abs,
           by_kind("{0}", "{0}", "{0} < 0 ? -{0} : {0}", "fabs({0})", "cabs({0})"),
           lambda x, z, g: (_grad_abs(x, z, g),), real_part_out, zero=True, label="Abs", ufunc="abs")
sgn = row("Sgn", "sgn", np.sign, real_only("({0} > 0) - ({0} < 0) + ({0} != {0} ? {0} : 0)"), None,
          no_complex_same_out, zero=True)


def _grad_abs(x, z, g):
    if x.type.dtype in float_dtypes:
        return g * apply("sgn", x)
    if x.type.dtype in complex_dtypes:
        return g * x / select(apply("eq", z, 0), 1, z)
    return x.zeros_like()


def _chosen(x, y, z, g):
    """All of it goes to the one that was chosen, the first of equal ones."""
    first = apply("eq", z, x)
    return select(first, g, 0), select(first, 0, g)


def _extreme(name, sign):
    """The larger or the smaller of two numbers, or nan where one is nan."""
    choice = f"{{0}} {sign} {{1}} ? {{0}} : {{1}}"
    return by_kind(choice, choice, choice, f"{name}({{0}}, {{1}})")


maximum = row("Maximum", "maximum", np.maximum, _extreme("maximum", ">"), _chosen,
              upcast_out, nin=2, commutative=True, associative=True, args="*inputs")
minimum = row("Minimum", "minimum", np.minimum, _extreme("minimum", "<"), _chosen,
              upcast_out, nin=2, commutative=True, associative=True, args="*inputs")

# -- choice ---------------------------------------------------------------------------------------------

switch = row("Switch", "switch", np.where, "{0} ? {1} : {2}",
             lambda c, x, y, z, g: (None, select(c, g, 0), select(c, 0, g)), branches_out, nin=3,
             label="Switch", conditions=(0,), args="cond ift iff")
second = row("Second", "second", lambda x, y: np.broadcast_arrays(x, y)[1], "{1}",
             lambda x, y, z, g: (None, g), last_out, nin=2, unread=(0,),
             doc="The second argument, broadcast with the first.")
identity = row("Identity", "identity", np.array, "{0}", lambda x, z, g: (g,), same_out, zero=True,
               args="input", doc="The argument itself.")


def _grad_clip(x, low, high, z, g):
    inside = apply("and_", apply("ge", x, low), apply("le", x, high))
    return select(inside, g, 0), select(apply("lt", x, low), g, 0), select(apply("gt", x, high), g, 0)


clip = row("Clip", "clip", lambda x, low, high: np.where(x < low, low, np.where(x > high, high, x)),
           real_only("{0} < {1} ? {1} : {0} > {2} ? {2} : {0}"), _grad_clip, upcast_out_no_complex, nin=3,
           domain=((-2.0, 2.0), (-1.0, 0.0), (0.5, 1.0)), args="x min max",
           doc="x, but min where it is below that, and max where it is above.")

# -- comparison -----------------------------------------------------------------------------------------


def compare(class_name, name, function, sign, **options):
    """A comparison; flat."""
    ordered = sign not in ("==", "!=")
    c = f"{{0}} {sign} {{1}}"
    return row(class_name, name, function, real_only(c) if ordered else c, None, truth_out,
               LogicalComparison, 2, label=class_name, **options)


lt = compare("LT", "lt", np.less, "<")
gt = compare("GT", "gt", np.greater, ">")
le = compare("LE", "le", np.less_equal, "<=")
ge = compare("GE", "ge", np.greater_equal, ">=")
eq = compare("EQ", "eq", np.equal, "==", commutative=True)
neq = compare("NEQ", "neq", np.not_equal, "!=", commutative=True)
isnan = row("IsNan", "isnan", np.isnan, "{0} != {0}", None, truth_out, FixedLogicalComparison,
            label="IsNan")
isinf = row("IsInf", "isinf", np.isinf, by_kind("0", "0", "0", "fabs({0}) == __builtin_inf()",
                                                   "__builtin_isinf(__real__ {0}) || __builtin_isinf(__imag__ {0})"),
            None, truth_out, FixedLogicalComparison, label="IsInf")


class InRange(LogicalComparison):
    """Whether a number lies in an interval, which may be open at either end."""

    nin = 3

    def __new__(cls, openlow, openhi):
        return TABLE[INTERVALS[bool(openlow), bool(openhi)]]

    def __init__(self, openlow, openhi):
        """Nothing is left to do: there is one op for each kind of interval."""

    def get_grad(self, elem):
        """The gradient by ``elem``: zero, as floatX where it is no float."""
        return zero_gradient(elem)


INTERVALS = {(True, True): "inopenrange", (False, False): "inclosedrange", (True, False): "inopenclosedrange",
             (False, True): "inclosedopenrange"}         # open below, open above -> name of the row


def in_range(open_low, open_high):
    """The row for one kind of interval."""
    left, right = ("<" if open_low else "<="), ("<" if open_high else "<=")
    low, high = (np.less if open_low else np.less_equal), (np.less if open_high else np.less_equal)
    op = row("InRange", INTERVALS[open_low, open_high], lambda x, a, b: low(a, x) & high(x, b),
             real_only(f"{{1}} {left} {{0}} && {{0}} {right} {{2}}"), None, truth_out, InRange, 3,
             label=f"InRange{{openlow={open_low}, openhi={open_high}}}", args="x low hi",
             doc=f"Whether low {left} x and x {right} hi.")
    op.openlow, op.openhi = open_low, open_high
    return op


inopenrange, inclosedrange, inopenclosedrange, inclosedopenrange = (in_range(*kind) for kind in INTERVALS)

# -- bits -----------------------------------------------------------------------------------------------


def bits(class_name, name, function, sign, **options):
    """An operation on the bits of two integers; flat."""
    c = f"{{0}} {sign} {{1}}"
    return row(class_name, name, function, by_kind(c, c, c), None, bits_out, BinaryBitOp, 2,
               commutative=True, associative=True, label=class_name, **options)


and_ = bits("AND", "and_", np.bitwise_and, "&", identity=-1)
or_ = bits("OR", "or_", np.bitwise_or, "|", identity=0)
xor = bits("XOR", "xor", np.bitwise_xor, "^", identity=0)
invert = row("Invert", "invert", np.invert, by_kind("!{0}", "~{0}", "~{0}"), None,
             lambda d: bits_out(d), UnaryBitOp, label="Invert")

# -- rounding -------------------------------------------------------------------------------------------


def rounded(class_name, name, function, c, dtype=upgrade_to_float_no_complex, **options):
    """A function that gives whole numbers; flat."""
    return row(class_name, name, function, c, None, dtype, zero=True, cost=2, **options)


def away_from_zero(x):
    """``x`` rounded, halves away from zero."""
    return np.where(x >= 0, np.floor(x + 0.5), np.ceil(x - 0.5)).astype(np.asarray(x).dtype)


ceil = rounded("Ceil", "ceil", np.ceil, "ceil({0})")
floor = rounded("Floor", "floor", np.floor, "floor({0})")
trunc = rounded("Trunc", "trunc", np.trunc, "trunc({0})")
round_half_to_even = rounded("RoundHalfToEven", "round_half_to_even", np.rint, "rint({0})",
                             same_out_float_only, label="RoundHalfToEven", ufunc="around")
round_half_away_from_zero = rounded(
    "RoundHalfAwayFromZero", "round_half_away_from_zero", away_from_zero,
    "{0} >= 0 ? floor({0} + 0.5) : ceil({0} - 0.5)", same_out_float_only, label="RoundHalfAwayFromZero",
    doc="x rounded to an integer, halves away from zero.")

# -- exponentials and logarithms --------------------------------------------------------------------------

LN2, LN10, DEGREE = float(np.log(2)), float(np.log(10)), float(np.pi / 180)


def smooth(class_name, name, grad, c=None, domain=(-2.0, 2.0), dtype=upgrade_to_float, numpy=None, cost=20,
           zero=False, doc="", c_complex=True):
    """A differentiable function of one number, by default NumPy's and libm's of the same name."""
    template = c or f"{name}({{0}})"
    return row(class_name, name, numpy or getattr(np, name), template if c_complex else real_only(template),
               lambda x, z, g: (grad(x, z, g),), dtype, domain=domain, cost=cost, zero=zero, doc=doc, ufunc=name)


def times(factor):
    """A product with a constant, which is computed in single precision where the argument is."""
    return lambda dtypes, dtype: f"{{0}} * {factor!r}{'f' if dtype in ('float32', *SMALL) else ''}"


exp = smooth("Exp", "exp", lambda x, z, g: g * z)
exp2 = smooth("Exp2", "exp2", lambda x, z, g: g * z * number(LN2, z))
expm1 = smooth("Expm1", "expm1", lambda x, z, g: g * (z + 1), zero=True,
               doc="exp(x) - 1, accurate near zero.")
log = smooth("Log", "log", lambda x, z, g: g / x, domain=(0.1, 3.0))
log2 = smooth("Log2", "log2", lambda x, z, g: g / (x * number(LN2, x)), domain=(0.1, 3.0))
log10 = smooth("Log10", "log10", lambda x, z, g: g / (x * number(LN10, x)), domain=(0.1, 3.0))
log1p = smooth("Log1p", "log1p", lambda x, z, g: g / (1 + x), domain=(-0.9, 5.0), zero=True,
               doc="log(1 + x), accurate near zero.")
sqrt = smooth("Sqrt", "sqrt", lambda x, z, g: g * number(0.5, z) / z, domain=(0.1, 3.0), cost=6, zero=True)
deg2rad = smooth("Deg2Rad", "deg2rad", lambda x, z, g: g * number(DEGREE, z), cost=1, zero=True,
                 c=times(DEGREE), numpy=lambda x: x * DEGREE)
rad2deg = smooth("Rad2Deg", "rad2deg", lambda x, z, g: g / number(DEGREE, z), cost=1, zero=True,
                 c=times(1 / DEGREE), numpy=lambda x: x * (1 / DEGREE))

# -- trigonometry ---------------------------------------------------------------------------------------

sin = smooth("Sin", "sin", lambda x, z, g: g * apply("cos", x), zero=True)
cos = smooth("Cos", "cos", lambda x, z, g: -g * apply("sin", x))
tan = smooth("Tan", "tan", lambda x, z, g: g * (1 + z * z), domain=(-1.0, 1.0), zero=True)
sinh = smooth("Sinh", "sinh", lambda x, z, g: g * apply("cosh", x), zero=True)
cosh = smooth("Cosh", "cosh", lambda x, z, g: g * apply("sinh", x))
tanh = smooth("Tanh", "tanh", lambda x, z, g: g * (1 - z * z), zero=True)
arcsin = smooth("ArcSin", "arcsin", lambda x, z, g: g / apply("sqrt", 1 - x * x), "asin({0})", (-0.9, 0.9),
                zero=True)
arccos = smooth("ArcCos", "arccos", lambda x, z, g: -g / apply("sqrt", 1 - x * x), "acos({0})", (-0.9, 0.9))
arctan = smooth("ArcTan", "arctan", lambda x, z, g: g / (1 + x * x), "atan({0})", zero=True)
arcsinh = smooth("ArcSinh", "arcsinh", lambda x, z, g: g / apply("sqrt", x * x + 1), "asinh({0})", zero=True)
arccosh = smooth("ArcCosh", "arccosh", lambda x, z, g: g / apply("sqrt", x * x - 1), "acosh({0})", (1.1, 4.0))
arctanh = smooth("ArcTanh", "arctanh", lambda x, z, g: g / (1 - x * x), "atanh({0})", (-0.9, 0.9), zero=True)
arctan2 = row("ArcTan2", "arctan2", np.arctan2, real_only("atan2({0}, {1})"),
              lambda y, x, z, g: (g * x / (x * x + y * y), -g * y / (x * x + y * y)), upgrade_to_float, nin=2,
              domain=(0.3, 2.0), cost=40, args="y x")

# -- complex --------------------------------------------------------------------------------------------


def from_parts(x, y):
    """Complex numbers of real and imaginary parts, which may be infinite."""
    x, y = np.broadcast_arrays(x, y)
    dtype = np.result_type(x, y, np.complex64)
    if {x.dtype.kind, y.dtype.kind} & {"c"}:
        return x + 1j * y
    z = np.empty(x.shape, dtype)
    z.real, z.imag = x, y
    return z


def of_reals(template):
    """A C expression for real arguments only."""
    return lambda dtypes, dtype: None if {*dtypes} & set(complex_dtypes) else template


real = row("Real", "real", np.real, by_kind("{0}", "{0}", "{0}", "{0}", "__real__ {0}"),
           lambda x, z, g: (_as_complex(x, g, real_side=True),), real_part_out, zero=True)
imag = row("Imag", "imag", np.imag, by_kind("0", "0", "0", "0", "__imag__ {0}"),
           lambda x, z, g: (_as_complex(x, g, real_side=False),), real_part_out, zero=True)
conj = row("Conj", "conj", np.conj, by_kind("{0}", "{0}", "{0}", "{0}", "~{0}"),
           lambda x, z, g: (apply("conj", g),), same_out_min8, zero=True)

ANGLE = f"{{0}} != {{0}} ? {{0}} : copysign(1.0, {{0}}) < 0 ? {np.pi!r} : 0"
angle = row("Angle", "angle", np.angle, by_kind("0", "0", ANGLE, ANGLE, "carg({0})"),
            lambda x, z, g: (_grad_angle(x, z, g),), float64_out)
complex_ = row("Complex", "complex", from_parts, of_reals("__builtin_complex(__real__ {0}, __real__ {1})"),
               lambda x, y, z, g: (apply("real", g), apply("imag", g)), complex_out, nin=2, parts=True,
               doc="x + 1j * y")
complex_from_polar = row(
    "ComplexFromPolar", "complex_from_polar", lambda r, t: from_parts(r * np.cos(t), r * np.sin(t)),
    of_reals("polar({0}, {1})"),
    lambda r, t, z, g: (apply("cos", t) * apply("real", g) + apply("sin", t) * apply("imag", g),
                        -r * apply("sin", t) * apply("real", g) + r * apply("cos", t) * apply("imag", g)),
    complex_out, nin=2, args="r theta", parts=True, doc="r * exp(1j * theta)")


def _as_complex(x, g, real_side):
    if x.type.dtype not in complex_dtypes:
        return g if real_side else x.zeros_like()
    zero = g.zeros_like()
    return apply("complex", g, zero) if real_side else apply("complex", zero, g)


def _grad_angle(x, z, g):
    if x.type.dtype not in complex_dtypes:
        return x.zeros_like()
    re, im = apply("real", x), apply("imag", x)
    square = re * re + im * im
    return apply("complex", -g * im / square, g * re / square)


# -- casts ----------------------------------------------------------------------------------------------


class Cast(UnaryScalarOp):
    """A conversion to the type ``o_type``; there is one op for each type."""

    def __new__(cls, o_type, name=None):
        if not isinstance(o_type, Scalar):
            raise TypeError(f"Cast needs a scalar type, got {o_type!r}")
        return CASTS[o_type.dtype]

    def __init__(self, o_type, name=None):
        """Nothing is left to do."""

    def make_new_inplace(self, output_types_preference=None, name=None):
        """This op: a conversion has one result type."""
        return self

    def clone_float32(self):
        """The conversion to float32 where this is one to a float of 16 bits, else this op."""
        return CASTS[computed_in(self.o_type.dtype)]


def cast_to(dtype):
    """The row that converts to ``dtype``; complex goes to complex only."""
    def to(source):
        if source in complex_dtypes and dtype not in complex_dtypes:
            raise TypeError(f"a complex number has no one real value: take real(), imag(), angle() or abs() of it "
                            f"before casting to {dtype}")
        return dtype

    def grad(x, z, g):
        if x.type.dtype in discrete_dtypes:
            return (None,)
        if g.type.dtype in complex_dtypes and x.type.dtype not in complex_dtypes:
            g = apply("real", g)
        return (apply("cast_" + x.type.dtype, g),)

    always = rule(to)
    always.spec = (Scalar(dtype),)
    return row("Cast", "cast_" + dtype, lambda x: np.asarray(x).astype(numpy_dtype(dtype)), "{0}", grad, always, Cast,
               zero=True, label=f"Cast{{{dtype}}}", args="input", doc=f"The argument as {dtype}.")


CASTS = {dtype: cast_to(dtype) for dtype in DTYPES}


def cast(x, dtype):
    """``x`` converted to ``dtype``; ``x`` itself where it has it."""
    return x if x.type.dtype == dtype else CASTS[dtype](x)


for _op in CASTS.values():
    _op.o_type = Scalar(_op.name.removeprefix("cast_"))
