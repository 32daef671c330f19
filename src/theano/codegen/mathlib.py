"""C sources of scalar mathematical functions, pasted into generated code one by one.

The headers of ``include`` (branch-free, made to be vectorised; ``special.h``: what libm lacks) consist
of paragraphs separated by blank lines. A paragraph that defines a function, a table
or a macro is a snippet; the words ``th_...`` inside are its dependencies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache

HEADERS = ("half.h", "arithmetic.h", "exponential.h", "logarithm.h", "hyperbolic.h", "error_function.h",
           "power.h", "trigonometry.h", "complex.h", "gamma.h", "bessel.h", "special.h", "compare.h")

# Headers that are read twice: for float the words and numbers of double become those of float.
TWICE = ("complex.h",)
SINGLE = [(re.compile(pattern), replacement) for pattern, replacement in (
    (r"EITHER\([^,]*, ([^)]*)\)", r"\1"), (r"\bdouble\b", "float"), (r"_c128\b", "_c64"), (r"_f64\b", "_f32"),
    (r"\b(__builtin_(?!complex)\w+)\(", r"\1f("), (r"(?<![\w.])(0x[\da-f.]+p[+-]?\d+|\d+\.\d+)\b", r"\1f"))]
_FIRST = re.compile(r"EITHER\(([^,]*), [^)]*\)")

# Values of these dtypes are computed in the format whose suffix is given.
SUFFIXES = {"float64": "f64", "float32": "f32", "float16": "f32", "bfloat16": "f32",
            "complex128": "c128", "complex64": "c64"}

# Other names of the same function.
ALIASES = {"nearbyint": "rint", "tgamma": "gamma"}

LIMIT = "0x7f000000u"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DEFINED = re.compile(r"^(?:#define|TH_INLINE|TH_APART|static)\b[^({=]*?\b(th_\w+|TH_\w+)", re.MULTILINE)
_WORD = re.compile(r"\b(?:th|TH)_\w+")


@cache
def _snippets() -> dict[str, str]:
    """Source of every snippet by the name that it defines, in the order of the headers."""
    found = {}
    for header in HEADERS:
        with open(os.path.join(os.path.dirname(__file__), "include", header), encoding="utf-8") as file:
            text = _COMMENT.sub("", file.read())
        for paragraph in _paragraphs(header, text):
            defined = _DEFINED.search(paragraph)
            if defined:
                found[defined[1]] = paragraph.strip("\n")
    return found


def _paragraphs(header: str, text: str) -> list[str]:
    """Paragraphs of a header, whose comments are gone; of one that is read twice those for float follow."""
    if header not in TWICE:
        return re.split(r"\n\s*\n", text)
    single = text
    for pattern, replacement in SINGLE:
        single = pattern.sub(replacement, single)
    return re.split(r"\n\s*\n", _FIRST.sub(r"\1", text)) + re.split(r"\n\s*\n", single)


def resolve(name: str, dtype: str) -> str | None:
    """The C function that computes ``name`` for values of a dtype; None: there is none of ours.

    name: the float64 name of libm (``exp``, ``log1p``) or of a special function (``psi``).
    dtype: the dtype of the computation (floats of 16 bits are computed in float32). Where only float64
    has a function (special.h), that serves float32 too, through C's conversions; complex numbers have functions of
    their own (complex.h).
    """
    if dtype not in SUFFIXES:
        return None
    for suffix in (SUFFIXES[dtype],) if dtype.startswith("complex") else (SUFFIXES[dtype], "f64"):
        function = f"th_{ALIASES.get(name, name)}_{suffix}"
        if function in _snippets():
            return function
    return None


def fast(function: str) -> tuple[str, str] | None:
    """A vectorisable twin of a C function that branches, and where it is right; None: no twin.

    ``th_sin_f64`` calls libm for huge arguments, so that a loop around it stays scalar. Where the
    second function (same arguments, returns int) holds for all elements of a block, the first one
    gives the same results: ``fast("th_sin_f64") == ("th_sin_fast_f64", "th_sin_fits_f64")``.
    """
    stem, _, suffix = function.rpartition("_")
    twin = f"{stem}_fast_{suffix}", f"{stem}_fits_{suffix}"
    return twin if twin[0] in _snippets() else None


def outside(fits: str) -> str | None:
    """The function that tells by a number below ``LIMIT`` what one of :func:`fast` tells by a truth value, or None."""
    name = fits.replace("_fits_", "_outside_")
    return name if name in _snippets() else None


def snippets(names: Iterable[str]) -> str:
    """Sources of C functions and of all that they need, in an order that compiles.

    names: what :func:`resolve` returned. Each snippet comes once; KeyError for an unknown name.
    """
    known, wanted, waiting = _snippets(), set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [word for word in _WORD.findall(known[name]) if word in known]
    return "".join(known[name] + "\n" for name in known if name in wanted)
