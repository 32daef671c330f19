"""What threads gain: ``python -m benchmarks.threads`` prints milliseconds with one thread and with more."""

import argparse
import os

import numpy as np

import theano
import theano.tensor as tt
from benchmarks.__main__ import median_seconds

WORKLOADS = {
    "exp, 1e7": (tt.exp, (10_000_000,)),
    "add, 1e7": (lambda x: x + 1, (10_000_000,)),
    "sum, 1e7": (lambda x: x.sum(), (10_000_000,)),
    "sum of columns, 1e4 x 1e3": (lambda x: x.sum(axis=0), (10_000, 1_000)),
    "softmax by hand, 1e4 x 1e3": (lambda x: tt.exp(x) / tt.exp(x).sum(axis=1, keepdims=True), (10_000, 1_000)),
    "matrix product, 1e3": (lambda x: tt.dot(x, x), (1_000, 1_000)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each measurement")
    options = parser.parse_args()
    print(f"{'workload':28s}{'1 thread, ms':>14s}{f'{options.threads} threads, ms':>15s}{'speed-up':>10s}")
    for name, (expression, shape) in WORKLOADS.items():
        x = tt.TensorType("float64", (False,) * len(shape))("x")
        f = theano.function([x], theano.Out(expression(x), borrow=True))
        value = np.random.default_rng(0).random(shape)
        seconds = []
        for n in (1, options.threads):
            theano.set_num_threads(n)
            seconds.append(median_seconds(lambda f=f, value=value: f(value), options.seconds))
        print(f"{name:28s}{1e3 * seconds[0]:14.2f}{1e3 * seconds[1]:15.2f}{seconds[0] / seconds[1]:10.2f}")


if __name__ == "__main__":
    main()
