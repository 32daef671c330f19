"""What threads gain: ``python -m benchmarks.threads`` prints milliseconds with one thread and with more.

NumPy copies of as many bytes, each thread its part, show what memory allows: where one thread moves all that it gives,
another one has nothing to gain. Then several processes at once, each with one thread and each with more: how much
longer they take together where there are more threads than processors.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import theano
import theano.tensor as tt
from benchmarks.worker import per_call

WORKLOADS = {
    "exp, 1e7": (tt.exp, (10_000_000,)),
    "sum of exp, 1e7": (lambda x: tt.exp(x).sum(), (10_000_000,)),
    "sum of gamma, 1e7": (lambda x: tt.gamma(x).sum(), (10_000_000,)),
    "add, 1e7": (lambda x: x + 1, (10_000_000,)),
    "sum, 1e7": (lambda x: x.sum(), (10_000_000,)),
    "sum of columns, 1e4 x 1e3": (lambda x: x.sum(axis=0), (10_000, 1_000)),
    "softmax by hand, 1e4 x 1e3": (lambda x: tt.exp(x) / tt.exp(x).sum(axis=1, keepdims=True), (10_000, 1_000)),
    "matrix product, 1e3": (lambda x: tt.dot(x, x), (1_000, 1_000)),
}
PROCESSES, CALLS = 4, 300


def workload(name):
    """A call of a compiled function."""
    expression, shape = WORKLOADS[name]
    x = tt.TensorType("float64", (False,) * len(shape))("x")
    f = theano.function([x], theano.Out(expression(x), borrow=True))
    value = np.random.default_rng(0).random(shape)
    return lambda: f(value)


def copies(threads, pool):
    """A call that copies 1e7 numbers, each thread its part."""
    given, made = np.random.default_rng(0).random(10_000_000), np.empty(10_000_000)
    parts = list(zip(np.array_split(made, threads), np.array_split(given, threads), strict=True))
    return lambda: list(pool.map(lambda part: np.copyto(*part), parts))


def speed_ups(threads):
    print(f"{'workload':28s}{'1 thread, ms':>14s}{f'{threads} threads, ms':>15s}{'speed-up':>10s}")
    for name in WORKLOADS:
        call, times = workload(name), []
        for n in (1, threads):
            theano.set_num_threads(n)
            times.append(per_call(call) / 1e3)
        print(f"{name:28s}{times[0]:14.2f}{times[1]:15.2f}{times[0] / times[1]:10.2f}")
    with ThreadPoolExecutor(threads) as pool:
        times = [per_call(copies(n, pool)) / 1e3 for n in (1, threads)]
    print(f"{'NumPy copies 1e7':28s}{times[0]:14.2f}{times[1]:15.2f}{times[0] / times[1]:10.2f}")


def work(threads):
    """One of several processes: says that it is ready, waits for a line, and works."""
    theano.set_num_threads(threads)
    x, w = tt.dmatrix("x"), theano.shared(np.random.default_rng(0).standard_normal((500, 500)) / 50)
    f = theano.function([x], [tt.tanh(tt.dot(x, w)).sum(), tt.exp(-x).sum(axis=0)])
    value = np.random.default_rng(1).standard_normal((1000, 500))
    f(value)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(CALLS):
        f(value)


def together(threads):
    """Seconds that several processes take which work at the same time."""
    command = [sys.executable, "-m", "benchmarks.threads", "--work", str(threads)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]
    for worker in workers:
        worker.stdout.readline()
    start = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.wait()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return
    speed_ups(options.threads)
    rounds = [[together(n) for n in (1, options.threads)] for _ in range(3)]
    one, more = (sorted(times)[1] for times in zip(*rounds, strict=True))
    print(f"{PROCESSES} processes: {one:.2f} s with one thread each, {more:.2f} s with {options.threads} each"
          f" ({more / one:.2f})")


if __name__ == "__main__":
    main()
