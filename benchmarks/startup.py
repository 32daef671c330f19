"""How long a program waits for its function: ``python -m benchmarks.startup``.

Every row is measured in processes of their own: "cold" with an empty cache, "warm" in those that come later and find
what the first left. Time is the CPU's, with that of the C compiler, for `theano.function` and one call, after imports
and after the graph was written; of loops also for writing it down, with gradients. Before them: what
``import theano`` takes above NumPy's import.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np

import theano
import theano.tensor as tt
from benchmarks.loops import nested


def expression():
    """exp(2 x y + y)"""
    x, y = tt.dvectors("x", "y")
    value = np.linspace(0, 1, 100)
    return lambda: theano.function([x, y], tt.exp(2 * x * y + y)), (value, value)


def logistic_regression(samples=400, features=784):
    """A training step with the gradient of the cross-entropy and weight decay."""
    rng = np.random.default_rng(0)
    x, y = tt.dmatrix("x"), tt.dvector("y")
    w, b = theano.shared(rng.normal(size=features), name="w"), theano.shared(np.asarray(0.0), name="b")
    p = 1 / (1 + tt.exp(-tt.dot(x, w) - b))
    entropy = -y * tt.log(p) - (1 - y) * tt.log(1 - p)
    gw, gb = theano.grad(entropy.mean() + 0.01 * (w ** 2).sum(), [w, b])
    updates = [(w, w - 0.01 * gw), (b, b - 0.01 * gb)]
    arguments = rng.normal(size=(samples, features)), rng.integers(0, 2, samples).astype("float64")
    return lambda: theano.function([x, y], [p > 0.5, entropy], updates=updates), arguments


def perceptron(batch=60, width=784, hidden=500, classes=10):
    """A training step of a perceptron with one hidden layer and a softmax, in float32."""
    rng = np.random.default_rng(0)
    x, y = tt.fmatrix("x"), tt.lvector("y")
    parameters = [theano.shared((rng.normal(size=size) * 0.05).astype("float32"))
                  for size in ((width, hidden), hidden, (hidden, classes), classes)]
    w, b, v, c = parameters
    p = tt.nnet.softmax(tt.dot(tt.tanh(tt.dot(x, w) + b), v) + c)
    cost = -tt.log(p[tt.arange(y.shape[0]), y]).mean()
    updates = [(q, q - np.float32(0.01) * g) for q, g in zip(parameters, theano.grad(cost, parameters), strict=True)]
    arguments = rng.random((batch, width), dtype="float32"), rng.integers(0, classes, batch)
    return lambda: theano.function([x, y], cost, updates=updates), arguments


def chain(steps=60):
    """The gradient of a chain of elementwise operations with sums between: about a thousand nodes."""
    x = tt.dvector("x")
    value = x
    for step in range(steps):
        value = tt.tanh(value * 1.5) + (value.sum() if step % 10 == 0 else value) / 3
    gradient = theano.grad(value.sum(), x)
    return lambda: theano.function([x], gradient), (np.linspace(-1, 1, 100),)


def lstm(steps=100, batch=32, width=128):
    """A long short-term memory and its gradients, in float32."""
    rng = np.random.default_rng(0)
    w, u = ((rng.normal(size=(width, 4 * width)) * 0.05).astype("float32") for _ in range(2))
    values = (rng.normal(size=(steps, batch, width)) * 0.1).astype("float32")

    def step(row, h, c, w, u, b):
        z = tt.dot(row, w) + tt.dot(h, u) + b
        gate = [tt.nnet.sigmoid(z[:, k * width:(k + 1) * width]) for k in (0, 1, 3)]
        c = gate[1] * c + gate[0] * tt.tanh(z[:, 2 * width:3 * width])
        return gate[2] * tt.tanh(c), c

    def make():
        x, start = tt.ftensor3("x"), tt.zeros((batch, width), "float32")
        weights = [theano.shared(v) for v in (w, u, np.zeros(4 * width, "float32"))]
        (h, _), _ = theano.scan(step, x, [start, start], weights)
        cost = (h[-1] ** 2).sum()
        return theano.function([x], [cost, *theano.grad(cost, weights)])
    return make, (values,)


def residual_network(blocks=54, classes=10):
    """A training step of a residual network: three convolutions a block, batch normalisation before each; float32."""
    rng = np.random.default_rng(0)
    parameters = []

    def share(value):
        parameters.append(theano.shared(np.asarray(value, "float32")))
        return parameters[-1]

    def convolved(x, given, made, size, stride=1):
        w = share(rng.normal(size=(made, given, size, size)) / np.sqrt(given * size * size))
        return tt.nnet.conv2d(x, w, border_mode="half", subsample=(stride, stride))

    def normal(x, width):
        scale, shift = (share(v).dimshuffle("x", 0, "x", "x") for v in (np.ones(width), np.zeros(width)))
        mean, variance = (f(axis=(0, 2, 3), keepdims=True) for f in (x.mean, x.var))
        return tt.nnet.relu(scale * (x - mean) / tt.sqrt(variance + np.float32(1e-5)) + shift)

    x, y = tt.ftensor4("x"), tt.lvector("y")
    h, width = convolved(x, 3, 4, 3), 4
    for k in range(blocks):
        inner = 4 * 2 ** (3 * k // blocks)
        stride = 2 if k and 3 * k % blocks == 0 else 1
        start = normal(h, width)
        short = h if width == 4 * inner and stride == 1 else convolved(start, width, 4 * inner, 1, stride)
        part = normal(convolved(start, width, inner, 1, stride), inner)
        part = normal(convolved(part, inner, inner, 3), inner)
        h, width = short + convolved(part, inner, 4 * inner, 1), 4 * inner
    p = tt.nnet.softmax(tt.dot(normal(h, width).mean(axis=(2, 3)), share(0.1 * rng.normal(size=(width, classes)))))
    cost = tt.nnet.categorical_crossentropy(p, y).mean()
    rate = np.float32(0.01)

    def make():
        updates = [(q, q - rate * g) for q, g in zip(parameters, theano.grad(cost, parameters), strict=True)]
        return theano.function([x, y], cost, updates=updates)
    return make, (rng.normal(size=(2, 3, 16, 16)).astype("float32"), np.array([1, 2]))


def loops(levels):
    """The gradient through loops, one in the other."""
    def make():
        cost, wrt = nested(levels)
        return theano.function(wrt, theano.grad(cost, wrt))
    return lambda: (make, (np.eye(4) / 2, np.ones(4)))


WORKLOADS = {"exp(2xy + y)": expression, "logistic regression": logistic_regression, "perceptron": perceptron,
             "chain of 1,000 nodes": chain, "LSTM": lstm, "loop": loops(1), "3 loops": loops(3),
             "residual network": residual_network}
LONG = {"residual network"}         # measured where it is asked for


def measure_here(name):
    """Milliseconds that this process takes to make and call one function."""
    make, arguments = WORKLOADS[name]()
    start = cpu()
    make()(*arguments)
    return 1e3 * (cpu() - start)


def cpu():
    """Seconds that this process has worked, and those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def measure(name, folder, seed="0"):
    """`measure_here` in a process of its own, with its cache in ``folder``."""
    flags = f"{os.environ.get('THEANO_FLAGS', '')},base_compiledir={folder}"
    done = subprocess.run([sys.executable, "-m", "benchmarks.startup", "--one", name], check=True, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, "THEANO_FLAGS": flags, "PYTHONHASHSEED": seed})
    return float(done.stdout)


def imports(rounds):
    """Median seconds of ``import numpy``, and of what ``import theano`` takes on top of it, by turns."""
    def seconds(module):
        code = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
        return float(subprocess.run([sys.executable, "-c", code], check=True, text=True, stdout=subprocess.PIPE,
                                    env=environment).stdout)

    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        seconds("theano")                               # writes the byte code
        pairs = [(seconds("numpy"), seconds("theano")) for _ in range(rounds)]
    return statistics.median(n for n, _ in pairs), statistics.median(t - n for n, t in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each time is measured")
    parser.add_argument("--only", action="append", choices=WORKLOADS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(measure_here(arguments.one))
        return
    numpy, above = imports(3 * arguments.rounds)
    print(f"import numpy {1e3 * numpy:.0f} ms, import theano {1e3 * above:.0f} ms more\n")
    print(f"{'function':24s}{'cold, ms':>10s}{'warm, ms':>10s}{'ratio':>8s}{'entries added by reruns':>26s}")
    for name in arguments.only or (name for name in WORKLOADS if name not in LONG):
        cold = []
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as folder:
                cold.append(measure(name, folder))
                before = entries(folder)
                warm = [measure(name, folder, str(seed)) for seed in range(arguments.rounds)]
                added = entries(folder) - before
        cold, warm = statistics.median(cold), statistics.median(warm)
        print(f"{name:24s}{cold:10.1f}{warm:10.1f}{warm / cold:8.3f}{added:26d}")


def entries(folder):
    """How many files the cache below ``folder`` holds."""
    return sum(len(files) for _, _, files in os.walk(folder))


if __name__ == "__main__":
    main()
