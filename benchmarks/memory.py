"""What compiling in a loop leaves behind: ``python -m benchmarks.memory`` prints the growth of this process."""

import argparse
import gc

import numpy as np

import theano
import theano.tensor as tt


def resident():
    """Mebibytes of memory this process uses."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 2 ** 20


def one(k):
    """Compile, call and drop a training step."""
    x, w = tt.dmatrix("x"), theano.shared(np.zeros(4))
    cost = tt.sqr(tt.tanh(tt.dot(x, w) * k) - 1).mean()
    theano.function([x], cost, updates=[(w, w - 0.1 * theano.grad(cost, w))])(np.ones((300, 4)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=2000)
    parser.add_argument("--distinct", type=int, default=50, help="how many of them are compiled, not read")
    options = parser.parse_args()
    for k in range(20):
        one(k % options.distinct)
    gc.collect()
    start = resident()
    for done in range(1, options.functions + 1):
        one(done % options.distinct)
        if done % (options.functions // 4) == 0:
            gc.collect()
            print(f"{done} functions: {resident() - start:.1f} MiB above the {start:.0f} MiB at the start")


if __name__ == "__main__":
    main()
