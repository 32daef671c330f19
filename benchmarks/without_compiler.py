"""Functions without a C compiler against NumPy written by hand: ``python -m benchmarks.without_compiler``.

Prints microseconds a call, the least of interleaved rounds, and how many times as fast as NumPy functions are;
one thread. ``--cxx gcc`` compares compiled functions instead.
"""

import argparse
import math
import time

import numpy as np

import theano
import theano.tensor as tt

# name: (expression, the same by NumPy, arguments: "v" a vector, "m" a matrix with 100 columns, "s" a number)
EXPRESSIONS = {
    "x + y": (lambda x, y: x + y, lambda x, y: x + y, "vv"),
    "2*x + 1": (lambda x: 2 * x + 1, lambda x: 2 * x + 1, "v"),
    "polynomial": (lambda x: ((0.3 * x + 1.5) * x - 2) * x + 0.5, lambda x: ((0.3 * x + 1.5) * x - 2) * x + 0.5, "v"),
    "x**2 + y**2": (lambda x, y: x**2 + y**2, lambda x, y: x**2 + y**2, "vv"),
    "distance": (lambda x, y: tt.sqrt((x - y) ** 2 + 1), lambda x, y: np.sqrt((x - y) ** 2 + 1), "vv"),
    "exp(2*x*y + y)": (lambda x, y: tt.exp(2 * x * y + y), lambda x, y: np.exp(2 * x * y + y), "vv"),
    "sigmoid": (lambda x: tt.nnet.sigmoid(x), lambda x: 1 / (1 + np.exp(-x)), "v"),
    "tanh(x) * y": (lambda x, y: tt.tanh(x) * y, lambda x, y: np.tanh(x) * y, "vv"),
    "log1p(exp(x))": (lambda x: tt.log1p(tt.exp(x)), lambda x: np.log1p(np.exp(x)), "v"),
    "sin(x)**2 + cos(y)": (lambda x, y: tt.sin(x)**2 + tt.cos(y), lambda x, y: np.sin(x)**2 + np.cos(y), "vv"),
    "gaussian": (lambda x, m, s: tt.exp(-0.5 * ((x - m) / s) ** 2) / s,
                 lambda x, m, s: np.exp(-0.5 * ((x - m) / s) ** 2) / s, "vss"),
    "relu": (lambda x: tt.maximum(x, 0), lambda x: np.maximum(x, 0), "v"),
    "where": (lambda x, y: tt.switch(tt.gt(x, y), x - y, 0.1 * y),
              lambda x, y: np.where(x > y, x - y, 0.1 * y), "vv"),
    "clip": (lambda x: tt.clip(x, -1, 1) * 2, lambda x: np.clip(x, -1, 1) * 2, "v"),
    "sum": (lambda x: x.sum(), lambda x: x.sum(), "v"),
    "mean squared error": (lambda x, y: ((x - y) ** 2).mean(), lambda x, y: ((x - y) ** 2).mean(), "vv"),
    "log density": (lambda x: (-0.5 * x**2 - 0.5 * math.log(2 * math.pi)).sum(),
                    lambda x: (-0.5 * x**2 - 0.5 * math.log(2 * math.pi)).sum(), "v"),
    "standardize": (lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True),
                    lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True), "m"),
    "softmax": (lambda x: tt.nnet.softmax(x), lambda x: softmax(x), "m"),
    "momentum": (lambda x, y: [0.9 * x - 0.01 * y, y + 0.9 * x - 0.01 * y],
                 lambda x, y: [(v := 0.9 * x - 0.01 * y), y + v], "vv"),
}  # fmt: skip


def softmax(x):
    """As one writes it by hand."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def symbols(kinds):
    """Symbolic arguments."""
    return [{"v": tt.vector, "m": tt.matrix, "s": tt.scalar}[kind](dtype="float64") for kind in kinds]


def values(kinds, n, rng):
    """Arguments of n elements."""
    shapes = {"v": (n,), "m": (n // 100, 100), "s": ()}
    return [rng.uniform(0.5, 2, shapes[kind]) if kind == "s" else rng.normal(size=shapes[kind]) for kind in kinds]


def fastest(first, second, arguments, seconds):
    """Microseconds of two functions, each the least of rounds in turn."""
    times = [math.inf, math.inf]
    repeat = max(1, int(2e-4 / max(once(second, arguments, 3), 1e-7)))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for k, function in enumerate((first, second)):
            times[k] = min(times[k], once(function, arguments, repeat))
    return [1e6 * t for t in times]


def once(function, arguments, repeat):
    """Seconds a call."""
    start = time.perf_counter()
    for _ in range(repeat):
        function(*arguments)
    return (time.perf_counter() - start) / repeat


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--seconds", type=float, default=0.3, help="time spent on each line")
    parser.add_argument("--cxx", default="", help="a C compiler to use after all")
    options = parser.parse_args()
    theano.config.cxx = options.cxx
    theano.set_num_threads(1)
    theano.doctor()
    rng = np.random.default_rng(0)
    for n in options.sizes:
        print(f"\n{f'{n} elements':24s}{'theano, us':>12s}{'NumPy, us':>12s}{'ratio':>8s}")
        ratios = []
        for name, (expression, by_hand, kinds) in EXPRESSIONS.items():
            inputs, arguments = symbols(kinds), values(kinds, n, rng)
            f = theano.function(inputs, expression(*inputs))
            np.testing.assert_allclose(f(*arguments), by_hand(*arguments), rtol=1e-9, atol=1e-9)
            ours, numpys = fastest(f, by_hand, arguments, options.seconds)
            ratios.append(numpys / ours)
            print(f"{name:24s}{ours:12.2f}{numpys:12.2f}{ratios[-1]:8.2f}")
        print(f"{'geometric mean':48s}{math.exp(np.mean(np.log(ratios))):8.2f}")


if __name__ == "__main__":
    main()
