"""What users of the core asked for, in figures: ``python -m benchmarks.needs [NAME ...]``.

One line for each promise: what was measured, the figure, and what it should be. One thread; what others are compared
with runs in turn in the same process, and the least time of each counts. Promises that have a program of their own:
`benchmarks.reductions` (every layout and axis), `benchmarks.ocean` (two models, against JAX and numba),
`benchmarks.startup` (chains, second processes), `benchmarks.threads`, `benchmarks.without_compiler`,
`tools/stress_cache.py` (many processes on one cache), `tools/fuzz_graphs.py`.
"""

import argparse
import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import theano
import theano.tensor as tt
from benchmarks import memory, startup


def least(*calls, rounds=30, seconds=2e-3):
    """Seconds a call of each, in turn."""
    counts, best = [], [float("inf")] * len(calls)
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        counts.append(max(1, int(seconds / (time.perf_counter() - start))))
    for _ in range(rounds):
        for k, call in enumerate(calls):
            start = time.perf_counter()
            for _ in range(counts[k]):
                call()
            best[k] = min(best[k], (time.perf_counter() - start) / counts[k])
    return best


def function(inputs, outputs, trusted=True):
    """A compiled function whose results are its own."""
    several = isinstance(outputs, list)
    lent = [theano.Out(y, borrow=True) for y in (outputs if several else [outputs])]
    f = theano.function(inputs, lent if several else lent[0])
    f.trust_input = trusted
    return f


def products():
    """A2: BLAS without any setting."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 512, 512))
    x, y, v = tt.dmatrix("x"), tt.dmatrix("y"), tt.dvector("v")
    product = function([x, y], tt.dot(x, y))
    ours, numpys = least(lambda: product(a, b), lambda: np.dot(a, b))
    yield "512 x 512 product, speed against np.dot", numpys / ours, ">=", 0.95
    small, vector = rng.normal(size=(16, 16)), rng.normal(size=16)
    apply, empty = function([x, v], tt.dot(x, v)), function([x, v], v[:x.shape[0]])
    inside, outside = least(lambda: apply(small, vector), lambda: empty(small, vector))
    yield "16 x 16 product with a vector in a function, us", 1e6 * (inside - outside), "<=", 0.5


def large_graphs():
    """B2: a residual network of 164 layers with its gradient."""
    with tempfile.TemporaryDirectory() as folder:
        for label, limit in (("empty", 60), ("filled", 5)):
            yield f"164 layers, {label} cache, s", startup.measure("residual network", folder) / 1e3, "<=", limit


def shapes():
    """B6: one function for all shapes."""
    rng = np.random.default_rng(0)
    x = tt.dmatrix("x")
    f = function([x], [tt.tanh(x).sum(axis=0), tt.dot(x, x.T)])
    given = [rng.normal(size=rng.integers(1, 60, 2)) for _ in range(1000)]
    for value in given[:10]:
        f(value)
    start = time.perf_counter()
    for value in given:
        f(value)
    first = time.perf_counter() - start
    later = least(lambda: [f(v) for v in given], rounds=9)[0]
    yield "1,000 shapes, their first calls against later ones", first / later, "<=", 1.5


def calls():
    """C1: small functions."""
    x, v = tt.dscalar("x"), tt.dvector("v")
    one, hundred = np.asarray(1.5), np.zeros(100)
    state = theano.shared(np.zeros(3))
    for name, variable, value in (("a number", x, one), ("100 numbers", v, hundred)):
        for trusted, limit in ((False, 1.0), (True, 0.5)):
            f = function([variable], variable + 1, trusted)
            label = ", trusted" if trusted else ""
            yield f"f(x) = x + 1 of {name}{label}, us", 1e6 * least(lambda f=f, value=value: f(value))[0], "<=", limit
    constant = function([], state + 1)
    yield "a function of nothing, us", 1e6 * least(constant)[0], "<=", 0.3
    number = theano.shared(0.0)
    step = theano.function([], [], updates=[(number, number + 1)])
    yield "f.fn(n_calls=1000) of an update, ns a call", 1e6 * least(lambda: step.fn(n_calls=1000))[0], "<=", 50


SCALAR = """
#include <math.h>
#define LOOP(NAME, EXPRESSION) \\
    void NAME(double *restrict y, const double *restrict x, long n) \\
    { for (long i = 0; i < n; i++) { double a = x[i]; y[i] = EXPRESSION; } }
LOOP(exp_, exp(a)) LOOP(log_, log(a)) LOOP(tanh_, tanh(a)) LOOP(sigmoid_, 1 / (1 + exp(-a)))
"""


def mathematics():
    """C2: exp, log, tanh and the logistic function against libm's, one number after the other."""
    value, out = np.random.default_rng(0).uniform(0.05, 5, 10_000), np.empty(10_000)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (out, value)]
    x = tt.dvector("x")
    ours = {"exp": tt.exp, "log": tt.log, "tanh": tt.tanh, "sigmoid": tt.nnet.sigmoid}
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "scalar.c"), Path(folder, "scalar.so")
        source.write_text(SCALAR, encoding="ascii")
        flags = ("-O2", "-fno-tree-vectorize", "-shared", "-fPIC")
        subprocess.run([os.environ.get("CC", "cc"), *flags, source, "-o", library, "-lm"], check=True)
        libm = ctypes.CDLL(str(library))
    for name, op in ours.items():
        f, scalar = function([x], op(x)), getattr(libm, f"{name}_")
        quick, slow = least(lambda f=f: f(value), lambda c=scalar: c(*pointers, ctypes.c_long(value.size)))
        yield f"{name} of 1e4 numbers, speed against libm", slow / quick, ">=", 4
    for name, op in ours.items():
        yield f"{name}, error in ulp", worst_error(name, op), "<=", 2


def worst_error(name, op, points=400_000):
    """The largest error in units in the last place, in a million numbers of all sizes."""
    rng = np.random.default_rng(1)
    exponents = np.exp2(rng.uniform(-40, 9.4, points))
    value = exponents if name == "log" else np.concatenate([exponents, -exponents, rng.uniform(-2, 2, points)])
    if name == "log":
        value = np.concatenate([value, rng.uniform(0.5, 2, points), np.exp2(rng.uniform(-1000, 1000, points))])
    value = value[np.abs(value) < 700]
    wide = value.astype("longdouble")
    exact = 1 / (1 + np.exp(-wide)) if name == "sigmoid" else getattr(np, name)(wide)
    x = tt.dvector("x")
    found = theano.function([x], op(x))(value)
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact).astype("float64"))))


def fused():
    """C4: elementwise work in reductions, 1e7 numbers."""
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 10_000_000))
    rows = a.reshape(10_000, 1000)
    x, y, m = tt.dvector("x"), tt.dvector("y"), tt.dmatrix("m")
    exps = lambda v: np.exp(v - v.max(axis=1, keepdims=True))                                        # noqa: E731
    cases = {
        "sum((x - y)**2)": ([x, y], ((x - y) ** 2).sum(), (a, b), lambda a, b: ((a - b) ** 2).sum()),
        "log(sum(exp(x)))": ([x], tt.log(tt.exp(x).sum()), (a,), lambda a: a.max() + np.log(np.exp(a - a.max()).sum())),
        "softmax": ([m], tt.nnet.softmax(m), (rows,), lambda r: (lambda e: e / e.sum(axis=1, keepdims=True))(exps(r))),
        "mean and variance": ([x], [x.mean(), x.var()], (a,), lambda a: (a.mean(), a.var())),
    }
    functions = {name: function(inputs, outputs) for name, (inputs, outputs, _, _) in cases.items()}
    for name, (_, _, values, _) in cases.items():       # before NumPy needs more
        functions[name](*(v[:100] for v in values))
        before = most()
        results = functions[name](*values)
        made = sum(r.nbytes for r in (results if isinstance(results, list) else [results])) / 2**20
        yield f"{name}, memory besides results, MB", max(0, most() - before - made), "<=", 1
    for name, (_, _, values, numpys) in cases.items():
        quick, slow = least(lambda f=functions[name], v=values: f(*v), lambda g=numpys, v=values: g(*v), rounds=7)
        yield f"{name}, speed against NumPy", slow / quick, ">=", 2


def most():
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def growth():
    """D3: functions made, called and dropped."""
    for k in range(70):
        memory.one(k % 50)
    start = memory.resident()
    for k in range(5000):
        memory.one(k % 50)
    yield "5,000 functions, growth in MB", memory.resident() - start, "<=", 30
    f = function([], theano.shared(np.zeros(3)) + 1)
    start = memory.resident()
    for _ in range(1_000_000):
        f()
    yield "1e6 calls, growth in MB", memory.resident() - start, "<=", 0.5


NEEDS = {"products": products, "large_graphs": large_graphs, "shapes": shapes, "calls": calls,
         "mathematics": mathematics, "fused": fused, "growth": growth}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NEEDS))
    options = parser.parse_args()
    theano.set_num_threads(1)
    missed = 0
    for name in options.names or NEEDS:
        print(NEEDS[name].__doc__)
        for what, figure, relation, limit in NEEDS[name]():
            met = figure >= limit if relation == ">=" else figure <= limit
            missed += not met
            print(f"    {what:56s}{figure:10.3f}   {relation} {limit:.3g}{'' if met else '   missed'}", flush=True)
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
