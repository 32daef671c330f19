"""Reductions against NumPy: ``python -m benchmarks.reductions`` prints the cells that lose most, and how many lose.

A cell is a reduction of a 3-dimensional array along some of its axes, with one dtype and one layout in memory. Both
sides are measured in turn, one thread, and the least time of each counts. Sums with more than one rounding error that
are less exact than NumPy's by over a tenth are listed, with the error against long doubles relative to the sum of
magnitudes (root of the mean square over all sums of a cell).
"""

import argparse
import itertools
import time

import numpy as np

import theano
import theano.tensor as tt

SHAPES = {"large": (64, 96, 128), "flat": (500, 400, 3), "small": (8, 12, 16)}
DTYPES = ("float32", "float64", "int32", "complex128")
AXES = (0, 1, 2, (0, 1), (0, 2), (1, 2), None)
LAYOUTS = {
    "C": lambda x: x.copy(),
    "F": np.asfortranarray,
    "T102": lambda x: x.transpose(1, 0, 2).copy().transpose(1, 0, 2),
    "strided": lambda x: np.repeat(np.repeat(x, 2, axis=1), 2, axis=2)[:, ::2, ::2],
    "rows": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "negative": lambda x: x[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "mixed": lambda x: x[:, ::-1].copy()[:, ::-1],
}
REDUCTIONS = {
    "sum": (lambda x, axis: x.sum(axis=axis), np.sum),
    "max": (lambda x, axis: x.max(axis=axis), np.max),
    "min": (lambda x, axis: x.min(axis=axis), np.min),
    "prod": (lambda x, axis: x.prod(axis=axis), np.prod),
    "mean": (lambda x, axis: x.mean(axis=axis), np.mean),
    "argmax": (lambda x, axis: tt.argmax(x, axis=axis), np.argmax),
    "any": (lambda x, axis: tt.any(x, axis=axis), np.any),
}
NO_ORDER = ("max", "min", "argmax", "any")


def values(dtype, shape):
    """Numbers near one, so that products stay finite, or small whole ones."""
    rng = np.random.default_rng(0)
    if dtype == "bool":
        return np.zeros(shape, bool)
    if dtype.startswith("int"):
        return rng.integers(-3, 4, shape).astype(dtype)
    x = 1 + 1e-3 * rng.standard_normal(shape)
    return (x + 1e-3j * rng.standard_normal(shape)).astype(dtype) if dtype.startswith("complex") else x.astype(dtype)


def compiled(name, dtype, axis):
    """A function of one 3-dimensional array."""
    x = tt.TensorType(dtype, (False,) * 3)("x")
    f = theano.function([x], theano.Out(REDUCTIONS[name][0](x, axis), borrow=True))
    f.trust_input = True
    return f


def least(functions, argument, rounds, seconds=1e-3):
    """Seconds a call of each, the least of several rounds that take turns."""
    repeats = []
    for f in functions:
        f(argument)
        start = time.perf_counter()
        f(argument)
        repeats.append(max(1, min(200, int(seconds / (time.perf_counter() - start)))))
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for k, f in enumerate(functions):
            start = time.perf_counter()
            for _ in range(repeats[k]):
                f(argument)
            best[k] = min(best[k], (time.perf_counter() - start) / repeats[k])
    return best


def error(found, x, axis):
    """The error of sums, relative to the sum of magnitudes: the root of its mean square."""
    wide = x.astype("longdouble" if x.dtype.kind == "f" else "clongdouble")
    right, size = wide.sum(axis=axis), np.abs(wide).sum(axis=axis)
    return float(np.sqrt(np.mean((np.abs(found - right) / size) ** 2)))


def cells(options):
    """What to measure: name, dtype, axis, layout, shape."""
    for name, dtype, axis in itertools.product(options.reduction, options.dtype, AXES):
        if dtype.startswith("complex") and name in NO_ORDER or name == "argmax" and isinstance(axis, tuple):
            continue
        for layout, shape in itertools.product(options.layout, options.shape):
            yield name, "bool" if name == "any" else dtype, axis, layout, shape


def measure(options):
    """Rows of (ratio, ours, NumPy's, cell, error ratio is no worse)."""
    known = {}
    for name, dtype, axis, layout, shape in dict.fromkeys(cells(options)):
        x = LAYOUTS[layout](values(dtype, SHAPES[shape]))
        if (name, dtype, axis) not in known:
            known[name, dtype, axis] = compiled(name, dtype, axis)
        f, g = known[name, dtype, axis], lambda x, name=name, axis=axis: REDUCTIONS[name][1](x, axis=axis)
        ours, theirs = least([f, g], x, options.rounds)
        worse = ""
        if name == "sum" and x.dtype.kind in "fc":
            a, b = error(f(x), x, axis), error(g(x), x, axis)
            worse = f"error {a:.1e}, NumPy's {b:.1e}" if a > max(1.1 * b, np.finfo(x.dtype).eps) else ""
        yield ours / theirs, ours, theirs, (name, dtype, axis, layout, shape), worse


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, choices in (("reduction", REDUCTIONS), ("dtype", DTYPES), ("layout", LAYOUTS), ("shape", SHAPES)):
        parser.add_argument(f"--{name}", action="append", choices=choices)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--worst", type=int, default=30, help="how many cells to print")
    parser.add_argument("--limit", type=float, default=1.2, help="of NumPy's time")
    options = parser.parse_args()
    for name, choices in (("reduction", REDUCTIONS), ("dtype", DTYPES), ("layout", LAYOUTS), ("shape", SHAPES)):
        setattr(options, name, getattr(options, name) or list(choices))
    theano.set_num_threads(1)
    rows = sorted(measure(options), key=lambda row: -row[0])
    print(f"{'ours / NumPy':>12s}{'ours, us':>12s}{'NumPy, us':>12s}  cell")
    for ratio, ours, theirs, cell, worse in rows[:options.worst]:
        print(f"{ratio:12.2f}{ours * 1e6:12.2f}{theirs * 1e6:12.2f}  {' '.join(map(str, cell))} {worse}")
    for *_, cell, worse in rows:
        if worse:
            print("less exact:", *cell, worse)
    over = sum(row[0] > options.limit for row in rows)
    share = 100 * over / max(1, len(rows))
    print(f"{over} of {len(rows)} cells ({share:.1f} %) take over {options.limit} of NumPy's time")


if __name__ == "__main__":
    main()
