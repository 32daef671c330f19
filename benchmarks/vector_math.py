"""Time our vector mathematics against NumPy and glibc's libmvec, one thread.

``python benchmarks/vector_math.py [elements]`` prints nanoseconds per element; a dash where NumPy
or libmvec has no such function. The last rows are fused expressions.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from theano.codegen import mathlib

FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno",
         "-fno-trapping-math", "-fopenmp-simd"]
C_TYPES = {"float64": "double", "float32": "float"}

# name: (arguments, NumPy's function, libmvec has it)
FUNCTIONS = {
    "exp": (1, np.exp, True), "expm1": (1, np.expm1, True), "exp2": (1, np.exp2, True),
    "log": (1, np.log, True), "log1p": (1, np.log1p, True), "log2": (1, np.log2, True),
    "log10": (1, np.log10, True), "tanh": (1, np.tanh, True), "sigmoid": (1, None, False),
    "softplus": (1, None, False), "sinh": (1, np.sinh, True), "cosh": (1, np.cosh, True),
    "asinh": (1, np.arcsinh, True), "acosh": (1, np.arccosh, True), "atanh": (1, np.arctanh, True),
    "sin": (1, np.sin, True), "cos": (1, np.cos, True), "tan": (1, np.tan, True),
    "asin": (1, np.arcsin, True), "acos": (1, np.arccos, True), "atan": (1, np.arctan, True),
    "erf": (1, None, True), "erfc": (1, None, True), "cbrt": (1, np.cbrt, True),
    "pow": (2, np.power, True), "atan2": (2, np.arctan2, True), "mod": (2, np.mod, False),
    "floor_divide": (2, np.floor_divide, False), "rint": (1, np.rint, False),
    "sqrt": (1, np.sqrt, False), "maximum": (2, np.maximum, False),
}  # fmt: skip

# C expression with functions in braces, NumPy expression
FUSED = {
    "exp(-a*a)*b + tanh(b)*log1p(a*a)": (
        "{exp}(-a * a) * b + {tanh}(b) * {log1p}(a * a)",
        lambda a, b: np.exp(-a * a) * b + np.tanh(b) * np.log1p(a * a)),
    "1/(1 + exp(-a-b))": ("1 / (1 + {exp}(-a - b))", lambda a, b: 1 / (1 + np.exp(-a - b))),
}


def kernel(label: str, expression: str, c_type: str) -> str:
    """C source of a loop over one or two arrays, repeated to be timed."""
    return (f"void {label}({c_type} *restrict o, {c_type} *restrict x, {c_type} *restrict y, "
            f"long n, long repeat) {{\n    while (repeat--)\n#pragma omp simd\n"
            f"        for (long i = 0; i < n; i++) {{ {c_type} a = x[i], b = y[i]; (void)b; "
            f"o[i] = {expression}; }}\n}}\n")


def call(function: str, arity: int) -> str:
    """C source of a call with the arguments that kernel provides."""
    return f"{function}({'a, b' if arity == 2 else 'a'})"


def build(folder: Path, name: str, source: str, *libraries: str) -> ctypes.CDLL | None:
    """Compile and load; None where a library is missing."""
    (folder / f"{name}.c").write_text(source)
    command = [os.environ.get("CC", "cc"), *FLAGS, "-shared", "-fPIC", f"{name}.c",
               "-o", f"{name}.so", *libraries, "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return None
    return ctypes.CDLL(str(folder / f"{name}.so"))


def our_source() -> str:
    """Loops over our functions, the vectorisable twins where there are two."""
    text, used = "", set()
    for dtype, c_type in C_TYPES.items():
        best = {}
        for name in FUNCTIONS:
            function = mathlib.resolve(name, dtype)
            best[name] = (mathlib.fast(function) or [function])[0]
        used.update(best.values())
        for name, (arity, _, _) in FUNCTIONS.items():
            text += kernel(f"{name}_{dtype}", call(best[name], arity), c_type)
        for k, (expression, _) in enumerate(FUSED.values()):
            text += kernel(f"fused{k}_{dtype}", expression.format(**best), c_type)
    return mathlib.snippets(used) + text


def libmvec_source() -> str:
    """The same loops over libm functions that are declared to have vector versions."""
    text = ""
    for dtype, c_type in C_TYPES.items():
        for name, (arity, _, known) in FUNCTIONS.items():
            if known:
                function = name + ("f" if dtype == "float32" else "")
                text += "__attribute__((simd(\"notinbranch\"), const)) "
                text += f"{c_type} {function}({', '.join([c_type] * arity)});\n"
                text += kernel(f"{name}_{dtype}", call(function, arity), c_type)
    return text


def time_loop(library: ctypes.CDLL | None, label: str, out, a, b) -> float:
    """Nanoseconds per element; nan where the function is missing."""
    if library is None or not hasattr(library, label):
        return float("nan")
    repeat, best = max(1, 400_000 // a.size), float("inf")
    pointers = [ctypes.c_void_p(x.ctypes.data) for x in (out, a, b)]
    for _ in range(10):
        start = time.perf_counter()
        getattr(library, label)(*pointers, ctypes.c_long(a.size), ctypes.c_long(repeat))
        best = min(best, time.perf_counter() - start)
    return best / repeat / a.size * 1e9


def time_numpy(function, *arguments) -> float:
    """Nanoseconds per element, the last argument of a ufunc being out; nan for no function."""
    if function is None:
        return float("nan")
    best, size = float("inf"), arguments[0].size
    if isinstance(function, np.ufunc):
        function = partial(function, out=arguments[-1])
        arguments = arguments[:-1]
    for _ in range(max(10, 1_000_000 // size)):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return best / size * 1e9


def row(text: str, label: str, libraries, peer: float, a, b) -> None:
    """Print one line of the table."""
    out = np.empty_like(a)
    ours, theirs = (time_loop(library, label, out, a, b) for library in libraries)
    cells = [f"{t:7.3f}".replace("nan", "  -") for t in (ours, peer, theirs, peer / ours)]
    print(f"{a.dtype.name}  {text:36} {' '.join(cells)}")


def report(size: int) -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        libraries = (build(Path(name), "ours", our_source()),
                     build(Path(name), "libmvec", libmvec_source(), "-lmvec"))
    print(f"{size} elements, ns each{'ours':>27} {'numpy':>7} {'libmvec':>7}  numpy / ours")
    for dtype in C_TYPES:
        a, b = rng.uniform(0.05, 0.95, (2, size)).astype(dtype)
        above = a + 1
        for function, (arity, numpy, _) in FUNCTIONS.items():
            x = above if function == "acosh" else a
            peer = time_numpy(numpy, *(x, b)[:arity], np.empty_like(a))
            row(function, f"{function}_{dtype}", libraries, peer, x, b)
        for k, (text, (_, numpy)) in enumerate(FUSED.items()):
            row(text, f"fused{k}_{dtype}", libraries, time_numpy(numpy, a, b), a, b)


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
