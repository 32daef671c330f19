"""C11 for the CPU: no header, plain pointers, loops that the compiler turns into SIMD.

Every row of a kernel is contiguous (runtime/loop.c packs what is not), so one loop is all there is.
"""

import itertools
import re
from dataclasses import replace

import numpy as np

from theano.codegen import mathlib
from theano.codegen.dialect import CUT, Access, Choice, Comparison, Dialect, Function, Quick
from theano.scalar.dtype import itemsize_of, kind_of, numpy_dtype

STORAGE = {
    "bool": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "i64", "uint8": "unsigned char", "uint16": "unsigned short",
    "uint32": "unsigned", "uint64": "u64", "float16": "unsigned short", "bfloat16": "unsigned short",
    "float32": "float", "float64": "double", "complex64": "float _Complex", "complex128": "double _Complex",
}  # fmt: skip

SMALL = {"float16": "f16", "bfloat16": "bf16"}      # floats that are computed as float: how half.h calls them
ARITHMETIC = STORAGE | dict.fromkeys(SMALL, "float")

HEADER = """\
typedef __INT64_TYPE__ i64;
typedef __UINT64_TYPE__ u64;
#define TH_LIGHT
#define TH_SINGLE
#if defined(__GNUC__) && !defined(__clang__)
#define TH_NARROW __attribute__((target("prefer-vector-width=256")))
#if defined(TH_HALF_VECTORS)
#undef TH_LIGHT
#define TH_LIGHT TH_NARROW
#elif defined(TH_FULL_VECTORS)
#undef TH_SINGLE
#define TH_SINGLE TH_NARROW
#endif
#endif
"""

BLOCK = 256             # points of small floats that are converted at once
STAGE = 256             # points of one stage before those of the next
KEPT = 12               # the most values that stages keep for later ones: the first cache has no room for many more
SIDE = 512              # points that may all choose the same,
FIRST = 32              # how many of these tell most often that they don't,
OUTSIDE = 4096          # and how many there are of a row for which it pays: they outlast the first cache
PIECE = 1024            # points that are computed again where one of them needs more care than the quick way takes

# How the instructions that compare call the relations of floats, without exceptions, and of integers, and the one that
# classifies floats its classes; and what th_compare and th_class (include/compare.h) are for the rest of their names.
FLOATS = {"eq": 0, "neq": 4, "lt": 17, "le": 18, "ge": 29, "gt": 30}
INTEGERS = {"eq": 0, "neq": 4, "lt": 1, "le": 2, "ge": 5, "gt": 6}
CLASSES = {"isnan": 0x81, "isinf": 0x18}
COMPARED = {"float64": "f64", "float32": "f32", "float16": "f32", "bfloat16": "f32", "int64": "i64", "int32": "i32"}

BINARY = {"pow", "atan2", "fmod", "remainder", "hypot", "copysign", "nextafter", "fmax", "fmin", "fdim"}
BUILTIN = {"isnan", "isinf", "isfinite", "signbit"}
REAL_OF_COMPLEX = {"cabs", "carg", "creal", "cimag"}
LIBM = BINARY | {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "tgamma", "lgamma",
    "floor", "ceil", "trunc", "rint", "round", "nearbyint", "fabs", "j0", "j1", "y0", "y1",
}  # fmt: skip
COMPLEX = REAL_OF_COMPLEX | {
    "cexp", "clog", "csqrt", "csin", "ccos", "ctan", "casin", "cacos", "catan", "csinh",
    "ccosh", "ctanh", "casinh", "cacosh", "catanh", "cpow", "conj",
}  # fmt: skip

VALUE = re.compile(r"const (.+?) (v\d+) = ")
NAME = re.compile(r"\bv\d+\b")


def function(name, dtype):
    """Our function for that dtype, else libm's with its prototype."""
    if name in BUILTIN:
        return Function(f"__builtin_{name}")
    ours = mathlib.resolve(name, dtype)
    if ours:
        return Function(ours)
    if dtype.startswith("complex"):
        return complex_function(name, dtype)
    if name not in LIBM:
        return None
    kind, suffix = ("float", "f") if ARITHMETIC[dtype] == "float" else ("double", "")
    arguments = ", ".join([kind] * (2 if name in BINARY else 1))
    return Function(name + suffix, f"{kind} {name}{suffix}({arguments});")


def library(names):
    return mathlib.snippets(name for name in names if name.startswith("th_"))


def complex_function(name, dtype):
    known = {"fabs": "cabs", "abs": "cabs"}.get(name, name if name in COMPLEX else f"c{name}")
    if known not in COMPLEX:
        return None
    real, suffix = ("float", "f") if dtype == "complex64" else ("double", "")
    kind = f"{real} _Complex"
    result = real if known in REAL_OF_COMPLEX else kind
    arguments = f"{kind}, {kind}" if known == "cpow" else kind
    return Function(known + suffix, f"{result} {known}{suffix}({arguments});")


def operators(row, count, dtype):
    """Products and quotients of complex numbers: C's look for nan, and loops around them stay scalar."""
    if not is_complex(dtype):
        return None
    product = "{0}"
    for k in range(1, count):
        product = f"multiply({product}, {{{k}}})"
    return {"mul": product, "sqr": "multiply({0}, {0})", "true_div": "divide({0}, {1})", "inv": "inverse({0})"}.get(row)


def literal(value, dtype):
    """A constant, exactly: floats in hexadecimal."""
    kind = kind_of(dtype)
    if kind == "c":
        part = "float32" if dtype == "complex64" else "float64"
        value = complex(value)
        return f"__builtin_complex({literal(value.real, part)}, {literal(value.imag, part)})"
    if isinstance(value, complex | np.complexfloating):
        value = value.real
    if kind == "f":
        return float_literal(numpy_dtype(dtype).type(value), "" if dtype == "float64" else "f")
    if kind == "b":
        return str(int(bool(value)))
    return int_literal(int(np.asarray(value).astype(numpy_dtype(dtype))), dtype)


def float_literal(value, suffix):
    if np.isnan(value):
        return f'__builtin_nan{suffix}("")'
    if np.isinf(value):
        return ("-" if value < 0 else "") + f"__builtin_inf{suffix}()"
    return float(value).hex() + suffix


def int_literal(value, dtype):
    suffix = {"int64": "LL", "uint64": "ULL", "uint32": "U"}.get(dtype, "")
    lowest = np.iinfo(dtype).min
    if value == lowest and value < 0:
        return f"(-{-(value + 1)}{suffix} - 1)"
    return f"{value}{suffix}"


def cast(text, old, new):
    """Converts like NumPy's astype: imaginary parts are dropped, truth is "not zero"."""
    if old == new:
        return text
    if new == "bool":
        return f"({text} != 0)"
    if is_complex(old) and not is_complex(new):
        text = f"__real__ {text}"
    if ARITHMETIC[old] == ARITHMETIC[new]:
        return text
    return f"({ARITHMETIC[new]}){text}"


def is_complex(dtype):
    return dtype.startswith("complex")


def load(access):
    return f"s{access.number}" if access.scalar else f"x{access.number}[j]"


def store(access, text):
    return f"x{access.number}[j] = {text};"


def widened(text, dtype):
    """What is stored as that dtype, as a value."""
    return f"th_from_{SMALL[dtype]}({text})" if dtype in SMALL else text


def narrowed(text, dtype):
    """A value as it is stored as that dtype."""
    return f"th_to_{SMALL[dtype]}({text})" if dtype in SMALL else text


def rounded(text, dtype):
    """A value rounded to what that dtype holds, as a value."""
    return widened(narrowed(text, dtype), dtype)


def kernel(symbol, phases, work=()):
    """One function; the phases of a nest are cases of a switch."""
    marks = "".join(f"TH_{word.upper()} " for word in work)
    lines = [
        f"{marks}int {symbol}(char **ptr, const i64 *stride, const i64 *extent)",
        "{",
        "    const i64 n = extent[0];",
    ]
    filled = [(p, *phase) for p, phase in enumerate(phases) if phase[1]]
    for p, accesses, statements, way in filled:
        body = loop(accesses, statements, way)
        if any(a.still for a in accesses):
            known = row_loop(accesses, statements, way)
            body = ["if (extent[3]) {", *indent(known, 1), "} else {", *indent(body, 1), "}"]
        if len(phases) == 1:
            lines += indent(body, 1)
        else:
            lines += [f"    if (extent[2] == {p}) {{", *indent(body, 2), "    }"]
    return "\n".join([*lines, "    return 0;", "}", ""])


def row_loop(accesses, statements, way):
    """The loop of one phase where operands stay in place along a row: they are loaded once a row."""
    still = [a for a in accesses if a.still]

    def fixed(texts):
        for access in still:
            texts = [re.sub(rf"\bx{access.number}\[j\]", f"s{access.number}", text) for text in texts]
        return texts
    loads = [scalar(a, f" + i * stride[{a.number}]") for a in still]
    if isinstance(way, Quick):
        way = replace(way, statements=tuple(fixed(way.statements)))
    elif isinstance(way, Choice):
        way = replace(way, **{name: tuple(fixed(getattr(way, name))) for name in ("given", "held", "failed")})
    elif isinstance(way, Comparison):
        left, right = fixed([way.left, way.right])
        way = replace(way, left=left, right=right)
    return loop([a for a in accesses if not a.still], fixed(statements), way, loads)


def loop(accesses, statements, way, loads=()):
    """Rows of one phase; ``loads`` come before the points of each row."""
    arrays = [a for a in accesses if not a.scalar]
    if isinstance(way, Quick):
        body = pieces(accesses, statements, way)
    elif isinstance(way, Choice):
        body = chosen(statements, way)
    elif isinstance(way, Comparison) and way.dtype in COMPARED and "[j]" in way.left + way.right:
        body = compared(statements, way)
    else:
        body = points("0", "n", statements)
    converted = conversion(arrays, statements)
    if converted:
        rows, body = [pointer(a) for a in arrays], [converted]
    elif any(a.dtype in SMALL for a in arrays):
        rows, body = [pointer(a, "y") for a in arrays], blocks(arrays, body)
    else:
        rows = [pointer(a) for a in arrays]
    return [
        *(scalar(a) for a in accesses if a.scalar),
        "for (i64 i = 0; i < extent[1]; i++) {",
        *indent([*rows, *loads, *body], 1),
        "}",
    ]


def chosen(statements, choice):
    """The points of a row some at a time: where all of these choose one side the other one isn't read."""
    kind = {1: "unsigned char", 2: "unsigned short", 4: "unsigned"}.get(itemsize_of(choice.dtype), "u64")
    test = [*choice.given, f"some |= ({kind})({choice.condition});", f"all &= ({kind})({choice.condition});"]
    clause = " reduction(|:some) reduction(&:all)"
    lines = [
        f"const i64 to = n - from < {SIDE} ? n : from + {SIDE}, at = to - from < {FIRST} ? to : from + {FIRST};",
        f"{kind} some = 0, all = 1;",
        f"if (n >= {OUTSIDE}) {{",
        *indent(points("from", "at", test, clause), 1),
        "    if (some == all) {",
        *indent(points("at", "to", test, clause), 2),
        "    }",
        "}",
        "if (some != all) {",
        *indent(points("from", "to", statements), 1),
        "} else if (all) {",
        *indent(points("from", "to", choice.held), 1),
        "} else {",
        *indent(points("from", "to", choice.failed), 1),
        "}",
    ]
    return [f"for (i64 from = 0; from < n; from += {SIDE}) {{", *indent(lines, 1), "}"]


def compared(statements, comparison):
    """The points of a row by the instructions of the CPU for that, where it has some."""
    dtype, name = comparison.dtype, comparison.relation
    kind = ARITHMETIC[dtype]
    operands = ", ".join(f"{text[:-3]}, 1" if text.endswith("[j]") else f"&(const {kind}){{{text}}}, 0"
                         for text in (comparison.left, comparison.right))
    verb = "class" if name in CLASSES else "compare"
    number = {**(INTEGERS if dtype.startswith("int") else FLOATS), **CLASSES}[name]
    call = f"th_{verb}_{COMPARED[dtype]}({operands}, x{comparison.target}, n, {number})"
    return [f"const i64 done = {call};", *points("done", "n", statements)]


def conversion(arrays, statements):
    """The call that is all there is to do where a row is only converted from or to small floats, else None."""
    if len(arrays) != 2 or len(statements) != 2:
        return None
    given, made = sorted(arrays, key=lambda a: a.writes)
    small, other = (given, made) if given.dtype in SMALL else (made, given)
    if small.dtype not in SMALL or other.dtype != "float32" or given.writes or made.reads or not re.fullmatch(
            rf"const float (v\d+) = x{given.number}\[j\];x{made.number}\[j\] = \1;", "".join(statements)):
        return None
    return f"th_{'widen' if small is given else 'narrow'}_{SMALL[small.dtype]}(x{given.number}, x{made.number}, n);"


def blocks(arrays, body):
    """A row with small floats a block at a time: what is read is converted before, what is written after."""
    small = [a for a in arrays if a.dtype in SMALL]
    lines = [
        *(f"_Alignas(64) float w{a.number}[{BLOCK}], *const x{a.number} = w{a.number};" for a in small),
        *(f"{element(a)} *const x{a.number} = y{a.number} + at;" for a in arrays if a not in small),
        f"const i64 n = left < {BLOCK} ? left : {BLOCK};",
        *(f"th_widen_{SMALL[a.dtype]}(y{a.number} + at, x{a.number}, n);" for a in small if a.reads),
        *body,
        *(f"th_narrow_{SMALL[a.dtype]}(x{a.number}, y{a.number} + at, n);" for a in small if a.writes),
    ]
    return [f"for (i64 at = 0, left = n; left > 0; at += {BLOCK}, left -= {BLOCK}) {{", *indent(lines, 1), "}"]


def points(start, stop, statements, clause=""):
    """The loop over the points of a row, or several of them where statements are cut."""
    if CUT in statements:
        return stages(start, stop, statements, clause)
    return [f"#pragma omp simd{clause}", f"for (i64 j = {start}; j < {stop}; j++) {{", *indent(statements, 1), "}"]


def stages(start, stop, statements, clause):
    """A loop for what stands between cuts, and one for all of them over a few points at a time. What is needed behind a
    cut is kept in an array; where that is too much cuts don't count.
    """
    parts = [list(part) for cut, part in itertools.groupby(statements, CUT.__eq__) if not cut]
    made = [{m[2]: m[1] for m in map(VALUE.match, part) if m} for part in parts]
    kept = [sorted(set(values) & names(itertools.chain(*parts[k + 1:]))) for k, values in enumerate(made)]
    if sum(map(len, kept)) > KEPT:
        return points(start, stop, [text for text in statements if text != CUT], clause)
    lines = [f"const i64 end = {stop} - begin < {STAGE} ? {stop} : begin + {STAGE};"]
    lines += [f"_Alignas(64) {made[k][v]} k{v}[{STAGE}];" for k, values in enumerate(kept) for v in values]
    for k, part in enumerate(parts):
        given = [f"const {made[b][v]} {v} = k{v}[j - begin];" for b in range(k) for v in kept[b] if v in names(part)]
        lines += points("begin", "end", [*given, *part, *(f"k{v}[j - begin] = {v};" for v in kept[k])], clause)
    return [f"for (i64 begin = {start}; begin < {stop}; begin += {STAGE}) {{", *indent(lines, 1), "}"]


def place_of(check, statements):
    """Where a check goes: before the cut behind the last of what it names, or at the end."""
    known = max((k for k, s in enumerate(statements) if (m := VALUE.match(s)) and m[2] in names([check])), default=0)
    return statements.index(CUT, known) if CUT in statements[known:] else len(statements)


def names(statements):
    """The values that they name."""
    return set(NAME.findall(" ".join(statements)))


def pieces(accesses, statements, quick):
    """The points of a row a piece at a time, in the quick way; again with care where that isn't right."""
    kinds = {a.number: ARITHMETIC[a.dtype] for a in accesses if a.number in quick.staged}
    attempt = list(quick.statements)
    for k in kinds:
        attempt = [text.replace(f"x{k}[j] =", f"t{k}[j - from] =") for text in attempt]
    far = False
    for check in quick.checks:
        name, arguments = check.split("(", 1)
        number = mathlib.outside(name)
        far |= number is not None
        attempt.insert(place_of(check, attempt),
                       f"{{ const unsigned d = {number}({arguments}; far = d > far ? d : far; }}" if number
                       else f"wrong |= !{check};")
    copies = [f"x{k}[j] = t{k}[j - from];" for k in kinds]
    lines = [
        "int wrong = 0;",
        *["unsigned far = 0;"] * far,
        f"const i64 to = n - from < {PIECE} ? n : from + {PIECE};",
        *(f"{kind} t{k}[{PIECE}];" for k, kind in kinds.items()),
        *points("from", "to", attempt, " reduction(|:wrong)" + " reduction(max:far)" * far),
        f"if (wrong || far >= {mathlib.LIMIT}) {{" if far else "if (wrong) {",
        *indent(points("from", "to", statements), 1),
        "}",
    ]
    if copies:
        lines[-1:] = ["} else {", *indent(points("from", "to", copies), 1), "}"]
    return [f"for (i64 from = 0; from < n; from += {PIECE}) {{", *indent(lines, 1), "}"]


def scalar(access: Access, offset=""):
    k = access.number
    place = f"(ptr[{k}]{offset})" if offset else f"ptr[{k}]"
    text = widened(f"*(const {STORAGE[access.dtype]} *){place}", access.dtype)
    return f"const {ARITHMETIC[access.dtype]} s{k} = {text};"


def element(access: Access):
    return STORAGE[access.dtype] if access.writes else f"const {STORAGE[access.dtype]}"


def pointer(access: Access, name="x"):
    kind, k = element(access) + " *", access.number
    return f"{kind}const {name}{k} = ({kind})(ptr[{k}] + i * stride[{k}]);"


def indent(lines, depth):
    return [line if line.startswith("#") else "    " * depth + line for line in lines]


# Measured with gcc 12 on Zen 5: -O3 makes one kernel in 33 ms, ten in 110 ms; -O1 with the vectoriser saves a quarter
# of that and loses a third of the speed of exp and tanh; the preferred width of vectors is best left to -march.
# IEEE semantics stay: nothing reassociates and nan is nan. No loop here reads errno or floating
# exceptions; integers wrap; a * b + c may be rounded once. clang need not tell which loop it leaves scalar, and has no
# second scheduler to switch off: gcc's loads lines of memory out of order, and what fetches them ahead loses its way
# (a comparison of a million numbers takes 151 us with their order kept, else 163).
FLAGS = (
    "-std=gnu11", "-O3", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-fno-strict-aliasing", "-fwrapv",
    "-fno-schedule-insns2", "-Wno-pass-failed", "-Wno-ignored-optimization-argument",
)  # fmt: skip

DIALECT = Dialect(
    name="c",
    storage=STORAGE,
    arithmetic=ARITHMETIC,
    literal=literal,
    operators=operators,
    function=function,
    cast=cast,
    load=load,
    store=store,
    rounded=rounded,
    library=library,
    twin=mathlib.fast,
    kernel=kernel,
    helpers=frozenset(
        [f"th_{verb}_{name}" for verb in ("from", "to", "widen", "narrow") for name in SMALL.values()]
        + [f"th_compare_{name}" for name in COMPARED.values()] + ["th_class_f64", "th_class_f32"]),
    header=HEADER,
    flags=FLAGS,
)
