"""Loops against the same loops written by hand: ``python -m benchmarks.loops``.

Prints microseconds of a step, the least of many interleaved calls, 1 thread, and ratios: the steps of an LSTM against
C (`lstm_by_hand.c`) that calls the same BLAS, and a recurrent network against a loop in Python with NumPy. Then, in
milliseconds of CPU time, what it takes to write down the gradient of loops in loops; `benchmarks.startup` compiles it.
"""

import ctypes
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import theano
import theano.tensor as tt
from theano.codegen.build import compiler
from theano.runtime import native

STEPS, ROWS, WIDTH = 100, 32, 128
ROUNDS = 40
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC"]


def least(functions, rounds=ROUNDS):
    """Seconds of the quickest call of each function, in turn."""
    best = [np.inf] * len(functions)
    for _ in range(rounds):
        for k, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[k] = min(best[k], time.perf_counter() - start)
    return best


def row(name, ours, other, label):
    """Print one line."""
    a, b = least([ours, other])
    print(f"{name:34s} theano {a / STEPS * 1e6:8.1f}   {label:>8s} {b / STEPS * 1e6:8.1f}   {a / b:6.2f}x", flush=True)


def by_hand(folder):
    """The function of `lstm_by_hand.c`, with the BLAS that compiled functions call."""
    path = Path(folder) / "lstm.so"
    source = Path(__file__).with_name("lstm_by_hand.c")
    subprocess.run([*compiler(), *FLAGS, str(source), "-o", str(path), "-lm"], check=True)
    addresses, wide, _ = native.bundled_blas()
    if not wide:
        raise RuntimeError("the C code is written for a BLAS with 64-bit integers, which NumPy does not bring here")
    function = ctypes.CDLL(str(path)).lstm
    function.argtypes = [ctypes.c_void_p] * 6 + [ctypes.c_int64] * 3
    return lambda xw, u, h, c, z: function(addresses[native.ROUTINES.index("sgemm")], xw.ctypes.data, u.ctypes.data,
                                           h.ctypes.data, c.ctypes.data, z.ctypes.data, STEPS, ROWS, WIDTH)


def lstm(rng, folder):
    """Forward steps, the inputs' part given."""
    def step(xw, h, c, u):
        z, n = xw + tt.dot(h, u), WIDTH
        gate = [tt.nnet.sigmoid(z[:, k * n:(k + 1) * n]) for k in (0, 1, 3)]
        c = gate[1] * c + gate[0] * tt.tanh(z[:, 2 * n:3 * n])
        return gate[2] * tt.tanh(c), c

    xw, u = tt.ftensor3(), tt.fmatrix()
    start = tt.zeros((ROWS, WIDTH), "float32")
    (h, c), _ = theano.scan(step, sequences=xw, outputs_info=[start, start], non_sequences=u)
    f = theano.function([xw, u], [theano.Out(h, borrow=True), theano.Out(c, borrow=True)])
    given = rng.standard_normal((STEPS, ROWS, 4 * WIDTH)).astype("float32")
    weights = (rng.standard_normal((WIDTH, 4 * WIDTH)) / 20).astype("float32")
    hs, cs = (np.zeros((STEPS + 1, ROWS, WIDTH), "float32") for _ in range(2))
    z = np.empty((ROWS, 4 * WIDTH), "float32")
    hand = by_hand(folder)
    hand(given, weights, hs, cs, z)
    np.testing.assert_allclose(f(given, weights)[0], hs[1:], rtol=1e-3, atol=1e-5)
    row("LSTM, 32 x 128, forward", lambda: f(given, weights), lambda: hand(given, weights, hs, cs, z), "C")


def network(rng):
    """tanh(x W + h U) and its gradients."""
    x, w, u = tt.ftensor3(), tt.fmatrix(), tt.fmatrix()
    h, _ = theano.scan(lambda row, h, w, u: tt.tanh(tt.dot(row, w) + tt.dot(h, u)), sequences=x,
                       outputs_info=tt.zeros((ROWS, WIDTH), "float32"), non_sequences=[w, u])
    f = theano.function([x, w, u], theano.grad((h[-1] ** 2).sum(), [w, u]))
    xs = rng.standard_normal((STEPS, ROWS, WIDTH)).astype("float32") / 10
    ws, us = ((rng.standard_normal((WIDTH, WIDTH)) / 20).astype("float32") for _ in range(2))

    def numpy():
        hs = [np.zeros((ROWS, WIDTH), "float32")]
        for row in xs:
            hs.append(np.tanh(row @ ws + hs[-1] @ us))
        g, gw, gu = 2 * hs[-1], np.zeros_like(ws), np.zeros_like(us)
        for t in range(STEPS, 0, -1):
            g = g * (1 - hs[t] ** 2)
            gw += xs[t - 1].T @ g
            gu += hs[t - 1].T @ g
            g = g @ us.T
        return gw, gu

    for a, b in zip(f(xs, ws, us), numpy(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)
    row("network, 32 x 128, gradients", lambda: f(xs, ws, us), numpy, "NumPy")


def nested(levels):
    """A recurrent network in so many loops, one in the other: the cost, and what it depends on."""
    w, h = tt.dmatrix("w"), tt.dvector("h")

    def level(k):
        def step(h, w):
            if k == 1:
                return tt.tanh(tt.dot(h, w))
            rows, _ = theano.scan(level(k - 1), None, h, w, n_steps=3)
            return rows[-1]
        return step

    rows, _ = theano.scan(level(levels), None, h, w, n_steps=4)
    return (rows[-1] ** 2).sum(), [w, h]


def building(levels=(1, 2, 3)):
    """Time to build gradients, the least of many in turn."""
    best = dict.fromkeys(levels, np.inf)
    for _ in range(ROUNDS):
        for k in levels:
            cost, wrt = nested(k)
            start = time.process_time()
            theano.grad(cost, wrt)
            best[k] = min(best[k], time.process_time() - start)
    for k in levels:
        print(f"gradient through {k} loops, built in {1e3 * best[k]:6.2f} ms {best[k] / best[levels[0]]:6.2f}x",
              flush=True)


def main():
    """Run all of it."""
    native.set_num_threads(1)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        lstm(rng, folder)
    network(rng)
    building()


if __name__ == "__main__":
    sys.exit(main())
