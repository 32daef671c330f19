"""What the checks of NanGuardMode cost: ``python -m benchmarks.nan_guard``.

Each program is called alternately with and without them; the shortest of many calls counts.
"""

import time

import numpy as np

import theano
import theano.tensor as tt

rng = np.random.RandomState(0)


def network(mode):
    """A training step of a network with two hidden layers, on 64 pictures."""
    x, y = tt.fmatrix("x"), tt.lvector("y")
    shapes = ((784, 500), (500,), (500, 500), (500,), (500, 10), (10,))
    params = [theano.shared((0.01 * rng.randn(*s)).astype("float32")) for s in shapes]
    h = x
    for k in (0, 2):
        h = tt.tanh(tt.dot(h, params[k]) + params[k + 1])
    p = tt.nnet.softmax(tt.dot(h, params[4]) + params[5])
    cost = -tt.log(p[tt.arange(y.shape[0]), y]).mean()
    updates = [(v, v - np.float32(0.01) * g) for v, g in zip(params, theano.grad(cost, params), strict=True)]
    return theano.function([x, y], cost, updates=updates, mode=mode), \
        (rng.rand(64, 784).astype("float32"), rng.randint(0, 10, 64))


def elementwise(build, n):
    """A function of two vectors."""
    def make(mode):
        x, y = tt.dvectors("x", "y")
        return theano.function([x, y], build(x, y), mode=mode), (rng.rand(n), rng.rand(n))
    return make


def rows(mode):
    """Softmax of 256 rows."""
    x = tt.fmatrix("x")
    return theano.function([x], tt.nnet.softmax(x * 2), mode=mode), (rng.rand(256, 1000).astype("float32"),)


PROGRAMS = {
    "training step": (network, 60),
    "exp, tanh, quotient": (elementwise(
        lambda x, y: tt.exp(2 * x * y + y) + tt.tanh(x) * y - x / (1 + y * y), 1_000_000), 60),
    "sums and products": (elementwise(lambda x, y: x + 2 * y - x * y + 3, 1_000_000), 60),
    "sums and products, short": (elementwise(lambda x, y: x + 2 * y - x * y + 3, 1000), 3000),
    "softmax": (rows, 200),
}


def main():
    """Print a line for each program."""
    for name, (build, times) in PROGRAMS.items():
        made = [build(mode) for mode in ("FAST_RUN", "NanGuardMode")]
        best = [np.inf, np.inf]
        for _ in range(times):
            for k, (f, args) in enumerate(made):
                start = time.perf_counter()
                f(*args)
                best[k] = min(best[k], time.perf_counter() - start)
        print(f"{name:28} {best[0] * 1e6:10.1f} us {best[1] * 1e6:10.1f} us {best[1] / best[0]:8.2f}")


if __name__ == "__main__":
    main()
