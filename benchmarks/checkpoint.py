"""Time and memory of gradients through loops, with and without checkpoints: ``python -m benchmarks.checkpoint``.

A gated recurrent unit, with one state (``--batch 0``) and with those of a batch. Its update gate begins nearly closed:
were it half open, states would be subnormal numbers after some hundred steps, with which steps take twice as long on
Intel's processors. Memory is the most that a call has
resident beyond the most that one of few steps has, which is what any number of steps needs. Linux is asked for it in a
process of its own. (What `resource` calls the peak is not it: processes inherit that of the process that started them.)
It counts pages in lots of 128 kB for each processor, so that this is how far the figure for small states may be off.
"""

import argparse
import ctypes
import subprocess
import sys
import time

import numpy as np

import theano
import theano.tensor as tt

FEW = 16            # steps
CLOSED = 4          # what is added for the update gate to begin with


def gru(batch, units, checkpoint):
    """The gradient of the last state of a gated recurrent unit by its weights, and a state to begin with."""
    n, start = tt.lscalar("n"), tt.dmatrix("start") if batch else tt.dvector("start")
    weights = [theano.shared(np.random.RandomState(k).randn(units, units) / units ** 0.5) for k in range(3)]

    def step(h, *w):
        z, r = tt.nnet.sigmoid(tt.dot(h, w[0]) + CLOSED), tt.nnet.sigmoid(tt.dot(h, w[1]))
        return z * h + (1 - z) * tt.tanh(tt.dot(r * h, w[2]))

    rows, _ = theano.scan(step, None, start, weights, n_steps=n, checkpoint=checkpoint)
    f = theano.function([start, n], theano.grad(tt.sqr(rows[-1]).sum(), weights))
    return f, np.ones((batch, units) if batch else units)


def resident(name):
    """Bytes that Linux tells of this process: VmRSS, those in memory now, VmHWM, the most since the last `forget`."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def forget():
    """Let the most be that of now, with nothing that is free."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak(f, start, steps):
    """The most bytes in memory during calls of so many steps; the second one begins with what the first one left."""
    f(start, steps)
    forget()
    f(start, steps)
    return resident("VmHWM")


def grown(batch, units, steps, checkpoint):
    """How many states more are in memory at most than with few steps."""
    f, start = gru(batch, units, checkpoint)
    few = peak(f, start, FEW)
    return (peak(f, start, steps) - few) / start.nbytes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--peak", help="print the peak of one form only")
    options = parser.parse_args()
    if options.peak:
        print(grown(options.batch, options.units, options.steps, None if options.peak == "all" else options.peak))
        return
    forms = {"all": None, "sqrt": "sqrt"}
    functions = {name: gru(options.batch, options.units, form) for name, form in forms.items()}
    best = dict.fromkeys(forms, np.inf)
    for _ in range(options.repeats):
        for name, (f, state) in functions.items():
            start = time.perf_counter()
            f(state, options.steps)
            best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        command = [sys.executable, "-m", "benchmarks.checkpoint", "--peak", name, "--batch", str(options.batch),
                   "--units", str(options.units), "--steps", str(options.steps)]
        states = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{name:5} {seconds:8.3f} s  {seconds / best['all']:5.2f}  {states:9.0f} states, "
              f"{states / options.steps ** 0.5:7.1f} sqrt(T)")


if __name__ == "__main__":
    main()
