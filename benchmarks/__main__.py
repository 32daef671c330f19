"""Functions of ours against NumPy: ``python -m benchmarks`` prints medians and their ratio."""

import argparse
import statistics
import time

import numpy as np

import theano
import theano.tensor as tt


def polynomial(x):
    return 2 * x ** 3 - x ** 2 + 3 * x - 1


def variance(x):
    return ((x - x.mean()) ** 2).mean()


WORKLOADS = {
    "polynomial, 1e3": (polynomial, polynomial, 1_000),
    "polynomial, 1e6": (polynomial, polynomial, 1_000_000),
    "exp and tanh, 1e5": (lambda x: tt.exp(tt.tanh(x)), lambda x: np.exp(np.tanh(x)), 100_000),
    "variance, 1e6": (variance, variance, 1_000_000),
}


def median_seconds(call, budget):
    """Median seconds of one call, over samples that together take about ``budget`` seconds."""
    call()
    start = time.perf_counter()
    call()
    repeats = max(1, int(1e-3 / max(time.perf_counter() - start, 1e-7)))
    samples, end = [], time.perf_counter() + budget
    while not samples or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        samples.append((time.perf_counter() - start) / repeats)
    return statistics.median(samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="time for each measurement")
    budget = parser.parse_args().seconds
    print(f"{'workload':20s}{'ours, us':>12s}{'NumPy, us':>12s}{'ratio':>8s}")
    for name, (symbolic, numeric, size) in WORKLOADS.items():
        value = np.random.default_rng(0).normal(size=size)
        x = tt.dvector("x")
        compiled = theano.function([x], symbolic(x))
        np.testing.assert_allclose(compiled(value), numeric(value), rtol=1e-9)
        ours = median_seconds(lambda f=compiled, v=value: f(v), budget)
        peer = median_seconds(lambda f=numeric, v=value: f(v), budget)
        print(f"{name:20s}{ours * 1e6:12.2f}{peer * 1e6:12.2f}{ours / peer:8.3f}")


if __name__ == "__main__":
    main()
