"""What threads gain: ``python -m benchmarks.threads`` prints milliseconds with one thread and with more."""

import argparse
import os

import numpy as np

import theano
import theano.tensor as tt
from benchmarks.worker import per_call

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
    options = parser.parse_args()
    print(f"{'workload':28s}{'1 thread, ms':>14s}{f'{options.threads} threads, ms':>15s}{'speed-up':>10s}")
    for name, (expression, shape) in WORKLOADS.items():
        x = tt.TensorType("float64", (False,) * len(shape))("x")
        f = theano.function([x], theano.Out(expression(x), borrow=True))
        value = np.random.default_rng(0).random(shape)
        times = []
        for n in (1, options.threads):
            theano.set_num_threads(n)
            times.append(per_call(lambda f=f, value=value: f(value)) / 1e3)
        print(f"{name:28s}{times[0]:14.2f}{times[1]:15.2f}{times[0] / times[1]:10.2f}")


if __name__ == "__main__":
    main()
