"""Typed loops that are built with this package, for machines without a C compiler.

A loop is one row of the scalar table for one dtype, a conversion, or a copy: a kernel like every other, printed by
`emit`. `blocks` makes programs of them; runtime/interpret.c runs these block by block.
"""

import itertools

from theano.codegen.emit import computation_dtype, emit_library
from theano.codegen.nest import CHEAP, DTYPES, LoopNest, Operand, Phase, Value, load
from theano.scalar.dtype import SMALL, is_small
from theano.scalar.table import TABLE

COMPUTED = ("bool", "int32", "int64", "float32", "float64")     # dtypes that rows are computed in
REAL = tuple(d for d in DTYPES[:DTYPES.index("complex64")] if not is_small(d))
COMPLEX = ("complex64", "complex128")
CONVERSIONS = [(a, b) for a in (*REAL, *COMPLEX) for b in (*REAL, *COMPLEX) if a != b and (a in REAL or b in COMPLEX)]
CONVERSIONS += [pair for small, wide in SMALL.items() for pair in ((small, wide), (wide, small))]
# What copies of elements of some size are compiled as.
CARRIERS = {1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64", 16: "complex128"}

# A product and what is added to it, as one loop: the row, and its arguments, of which "p" is the product.
SUMS = {"plus": ("add", "pc"), "minus": ("sub", "pc"), "from": ("sub", "cp")}
SUMMED = ("float32", "float64")

# name of a group of instruction sets, the compiler's name for it; the last that a CPU has is used
LEVELS = {
    "base": "",
    "avx2": "avx2,fma,f16c,bmi,bmi2",
    "avx512": "avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,bmi,bmi2,prefer-vector-width=512",
}


def copy_name(itemsize, pattern="v"):
    """The loop that copies elements of that size."""
    return f"copy{itemsize} {pattern}"


def cast_name(source, target, pattern="v"):
    """The loop that converts."""
    return f"{source} to {target} {pattern}"


def row_name(row, dtype, pattern):
    """The loop of a row of the table; pattern: for each argument "v", or "s" for one element."""
    return f"{row.name} {dtype} {pattern}"


def sum_name(kind, dtype, pattern):
    """The loop of a product and one more argument; kind: one of `SUMS`."""
    return f"product {kind} {dtype} {pattern}"


def typed_loops():
    """The loops as nests of one axis, by name."""
    loops = {copy_name(size, p): _nest([dtype], dtype, None, p) for size, dtype in CARRIERS.items() for p in "vs"}
    loops |= {cast_name(a, b): _nest([a], b, None, "v") for a, b in CONVERSIONS}
    for row in TABLE.values():
        for dtype in COMPUTED:
            for pattern in patterns(row):
                nest = row_loop(row, dtype, pattern)
                if nest is not None:
                    loops[row_name(row, dtype, pattern)] = nest
    loops |= {sum_name(kind, dtype, pattern): _sum(kind, dtype, pattern)
              for kind in SUMS for dtype in SUMMED for pattern in ("vvv", "vvs", "vsv", "vss")}
    return loops


def arity(row):
    """How many arguments the loop of a row takes; rows that take any number are applied to two at a time."""
    return 2 if row.nin < 0 else row.nin


def patterns(row):
    """Which arguments of a row may be one element: none, or of a cheap row some; the first of three never is."""
    n = arity(row)
    if row.cost > CHEAP:
        return ["v" * n]
    if n > 2:
        return ["v" + "".join(p) for p in itertools.product("vs", repeat=n - 1)]
    return ["".join(p) for p in itertools.product("vs", repeat=n) if "v" in p]


def argument_dtypes(row, dtype):
    """The dtypes of the arguments of a row that is computed in ``dtype``."""
    return ["bool" if row.name == "switch" and k == 0 else dtype for k in range(arity(row))]


def is_plain(template):
    """Whether a C expression is one of its arguments."""
    return template is not None and template.startswith("{") and template.endswith("}") and template.count("{") == 1


def loop_dtype(row, dtype):
    """The dtype of the result of a row that is computed in ``dtype``; None where the row has another dtype then."""
    dtypes = argument_dtypes(row, dtype)
    try:
        out = row.output_dtype(*dtypes)
    except TypeError:
        return None
    return out if out in (dtype, "bool") and computation_dtype(row, dtypes, out) == dtype else None


def row_loop(row, dtype, pattern):
    """The loop of a row, or None where there is none or it needs none."""
    dtypes, out = argument_dtypes(row, dtype), loop_dtype(row, dtype)
    template = None if out is None else row.c_for(tuple(dtypes), dtype)
    return None if template is None or is_plain(template) else _nest(dtypes, out, row, pattern)


def _nest(dtypes, out, row, pattern):
    values = () if row is None else (Value(row, tuple(range(len(dtypes))), out),)
    return _loop(dtypes, out, values, pattern)


def _sum(kind, dtype, pattern):
    name, order = SUMS[kind]
    values = (Value(TABLE["mul"], (0, 1), dtype), Value(TABLE[name], tuple({"p": 3, "c": 2}[a] for a in order), dtype))
    return _loop([dtype] * 3, dtype, values, pattern)


def _loop(dtypes, out, values, pattern):
    """The loop that stores the last of its arguments and values."""
    operands = (*(Operand(d, (0 if p == "v" else -1,)) for d, p in zip(dtypes, pattern, strict=True)),
                Operand(out, (0,), "out"))
    n = len(dtypes)
    body = (*(load(k, operands) for k in range(n)), *values)
    return LoopNest(1, (False,), operands, (Phase(body, ((len(body) - 1, n),)),), (0,) if "v" not in pattern else ())


def sources():
    """C sources by file name: the loops for each level, and the table of all of them."""
    loops = typed_loops()
    files = {}
    for level, target in LEVELS.items():
        text, symbols = emit_library(loops.values(), prefix=f"th_{level}_")
        table = ", ".join(symbols[nest] for nest in loops.values())
        text = f"{text}int (*const th_loops_{level}[])(char **, const i64 *, const i64 *) = {{{table}}};\n"
        if target:
            text = f'#include "levels.h"\n#ifdef TH_LEVELS\n#pragma GCC target("{target}")\n{text}#endif\n'
        files[f"loops_{level}.c"] = text
    names = ",\n".join(f'    "{name}"' for name in loops)
    files["loop_names.c"] = f"const int th_loop_count = {len(loops)};\n" \
                            f"const char *const th_loop_names[] = {{\n{names}\n}};\n"
    return files
