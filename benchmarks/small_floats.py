"""float16 and bfloat16 against NumPy: ``python -m benchmarks.small_floats`` prints times and how many times as fast.

Both sides are measured in turn, one thread, and the least time of each counts; the last column of each size compares
with the same function of float32. For bfloat16 NumPy's functions are those of the package ml_dtypes.
"""

import argparse

import ml_dtypes  # noqa: F401  with it NumPy knows bfloat16
import numpy as np

import theano
import theano.tensor as tt
from benchmarks.reductions import least

FUNCTIONS = {
    "exp": (1, tt.exp, np.exp), "tanh": (1, tt.tanh, np.tanh), "add": (2, tt.add, np.add),
    "mul": (2, tt.mul, np.multiply), "sum": (1, tt.sum, np.sum), "max": (1, tt.max, np.max), "dot": (2, tt.dot, np.dot),
}
SIZES = (100, 10_000, 1_000_000)


def compiled(name, dtype, linker):
    """A function of vectors, given as a list."""
    count, build, _ = FUNCTIONS[name]
    xs = [tt.tensor(dtype, (False,)) for _ in range(count)]
    f = theano.function(xs, theano.Out(build(*xs), borrow=True), mode=theano.Mode(linker=linker))
    return lambda arrays: f(*arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--linker", default="cvm", help="vm: prebuilt loops in place of a compiler")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    for dtype in ("float16", "bfloat16"):
        print(f"{dtype:10}" + "".join(f"{n:>12,} us   /NumPy /float32" for n in SIZES))
        for name, (count, _, numpy) in FUNCTIONS.items():
            ours, single = (compiled(name, d, options.linker) for d in (dtype, "float32"))
            line = f"{name:10}"
            for n in SIZES:
                wide = [rng.standard_normal(n).astype("float32") for _ in range(count)]
                small = [x.astype(dtype) for x in wide]
                a, b = least([ours, lambda arrays, f=numpy: f(*arrays)], small, options.rounds)
                c, = least([single], wide, options.rounds)
                line += f"{1e6 * a:15.2f} {b / a:8.2f} {c / a:8.2f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
