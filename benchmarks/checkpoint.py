"""Time and memory of gradients through loops, with and without checkpoints: ``python -m benchmarks.checkpoint``."""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

import theano
import theano.tensor as tt


def gru(units, checkpoint):
    """The gradient of the last state of a gated recurrent unit by its weights."""
    n, start = tt.lscalar("n"), tt.dvector("start")
    weights = [theano.shared(np.random.RandomState(k).randn(units, units) / units ** 0.5) for k in range(3)]

    def step(h, *w):
        z, r = tt.nnet.sigmoid(tt.dot(h, w[0])), tt.nnet.sigmoid(tt.dot(h, w[1]))
        return z * h + (1 - z) * tt.tanh(tt.dot(r * h, w[2]))

    rows, _ = theano.scan(step, None, start, weights, n_steps=n, checkpoint=checkpoint)
    return theano.function([start, n], theano.grad(tt.sqr(rows[-1]).sum(), weights))


def peak(units, steps, checkpoint):
    """How many states more than after a short run are in memory at most; asked in a process of its own."""
    f, start = gru(units, checkpoint), np.ones(units)
    f(start, 16)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    f(start, steps)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (8 * units)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peak", help="print the peak of one form only")
    options = parser.parse_args()
    if options.peak:
        print(peak(options.units, options.steps, None if options.peak == "all" else options.peak))
        return
    forms = {"all": None, "sqrt": "sqrt"}
    functions = {name: gru(options.units, form) for name, form in forms.items()}
    best = dict.fromkeys(forms, np.inf)
    for _ in range(options.repeats):
        for name, f in functions.items():
            start = time.perf_counter()
            f(np.ones(options.units), options.steps)
            best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        command = [sys.executable, "-m", "benchmarks.checkpoint", "--peak", name, "--units", str(options.units),
                   "--steps", str(options.steps)]
        states = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{name:5} {seconds:8.3f} s  {seconds / best['all']:5.2f}  {states:9.0f} states, "
              f"{states / options.steps ** 0.5:7.1f} sqrt(T)")


if __name__ == "__main__":
    main()
