"""Derivatives as one expression against the same row by row: ``python -m benchmarks.derivatives``.

Prints microseconds, the least of many interleaved calls, 1 thread, and ratios: Jacobians and Hessians against a loop
over rows (`theano.scan`, native code too; and where PyTensor is installed, its `jacobian`, a scan), `theano.Rop` and
the value alone, `theano.vectorize` and a loop in Python.
"""

import sys
import time

import numpy as np

import theano
import theano.tensor as tt

ROUNDS = 200
WIDTH = 100


def network(rng, hidden, width=WIDTH, system=theano, functions=tt):
    """A vector, and what a network with ``hidden`` layers of that width makes of it."""
    x, last = functions.dvector("x"), None
    for k in range(hidden + 1):
        w = system.shared(rng.standard_normal((width, width)) / np.sqrt(width), f"w{k}")
        last = functions.tanh(functions.dot(x if last is None else last, w))
    return x, last


def by_rows(expression, x):
    """The Jacobian, row after row."""
    return theano.scan(lambda k, y, x: tt.grad(y[k], x), sequences=tt.arange(expression.shape[0]),
                       non_sequences=[expression, x])[0]


def least(functions, rounds=ROUNDS):
    """Seconds of the quickest call of each function, in turn."""
    best = [np.inf] * len(functions)
    for _ in range(rounds):
        for k, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[k] = min(best[k], time.perf_counter() - start)
    return best


def row(name, functions, labels, rounds=ROUNDS):
    """Print one line: the first function against the second."""
    one, other = least(functions, rounds)
    print(f"{name:34s} {labels[0]:>10s} {one * 1e6:10.1f} {labels[1]:>10s} {other * 1e6:10.1f}   {other / one:6.2f}x",
          flush=True)


def jacobians(rng):
    """All rows at once against one after the other."""
    for hidden in (1, 2, 3):
        x, y = network(rng, hidden)
        once, rows = theano.function([x], tt.jacobian(y, x)), theano.function([x], by_rows(y, x))
        at = rng.standard_normal(WIDTH)
        np.testing.assert_allclose(once(at), rows(at))
        row(f"jacobian, {hidden} hidden layers", [lambda: once(at), lambda: rows(at)], ("once", "by rows"))     # noqa: B023
    against_pytensor()


def against_pytensor():
    """The same Jacobian of one hidden layer by the scan of PyTensor, if that is installed."""
    try:
        import pytensor
        from pytensor.gradient import jacobian
    except ImportError:
        return
    x, y = network(np.random.default_rng(1), 1)
    x2, y2 = network(np.random.default_rng(1), 1, system=pytensor, functions=pytensor.tensor)
    once, peer = theano.function([x], tt.jacobian(y, x)), pytensor.function([x2], jacobian(y2, x2), mode="NUMBA")
    at = np.linspace(-1, 1, WIDTH)
    np.testing.assert_allclose(once(at), peer(at))
    row("jacobian, 1 hidden layer", [lambda: once(at), lambda: peer(at)], ("once", "PyTensor"))


def hessians(rng):
    """Of a network, and of a sum of elements, of which there is only a diagonal."""
    x, y = network(rng, 1)
    cost = tt.sqr(y).sum()
    once, rows = theano.function([x], tt.hessian(cost, x)), theano.function([x], by_rows(tt.grad(cost, x), x))
    at = rng.standard_normal(WIDTH)
    np.testing.assert_allclose(once(at), rows(at), atol=1e-12)
    row("hessian, 1 hidden layer", [lambda: once(at), lambda: rows(at)], ("once", "by rows"))
    x = tt.dvector("x")
    cost = (tt.exp(x) * x).sum()
    diagonal = theano.function([x], tt.hessian(cost, x).diagonal())
    short, long = np.linspace(0, 1, 10 ** 4), np.linspace(0, 1, 10 ** 5)
    row("diagonal of a hessian, 10 times n", [lambda: diagonal(short), lambda: diagonal(long)], ("1e4", "1e5"))


def directions(rng):
    """The value against value and directional derivative."""
    for hidden in (1, 3):
        x, y = network(rng, hidden)
        v = tt.dvector("v")
        value, both = theano.function([x], y), theano.function([x, v], [y, tt.Rop(y, x, v)])
        at, along = rng.standard_normal((2, WIDTH))
        row(f"value and rop, {hidden} hidden layers", [lambda: value(at), lambda: both(at, along)],     # noqa: B023
            ("value", "and rop"))


def batches(rng):
    """A network of each of 256 rows against calls for each of them."""
    x, y = network(rng, 1)
    rows = tt.dmatrix("rows")
    whole = theano.function([rows], theano.vectorize_graph(y, {x: rows}))
    each = theano.function([x], y)
    given = rng.standard_normal((256, WIDTH))
    np.testing.assert_allclose(whole(given), [each(r) for r in given])
    row("256 rows of a network", [lambda: whole(given), lambda: [each(r) for r in given]], ("vectorize", "calls"))


def main():
    theano.set_num_threads(1)
    rng = np.random.default_rng(0)
    for part in (jacobians, hessians, directions, batches):
        part(rng)


if __name__ == "__main__":
    sys.exit(main())
