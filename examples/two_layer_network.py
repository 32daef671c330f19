"""A network with one hidden layer, its gradients written by hand in NumPy and derived by Theano."""

import numpy as np

import theano
import theano.tensor as T

BATCH, RATE = 60, 0.002


def data(seed=0, n=600):
    """Inputs (n, 784) and targets (n, 10)."""
    rng = np.random.RandomState(seed)
    return rng.rand(n, 784), np.eye(10)[rng.randint(10, size=n)]


def parameters(seed=1):
    """Weights and biases of both layers."""
    rng = np.random.RandomState(seed)
    return rng.normal(0, 0.1, size=(784, 500)), np.zeros(500), rng.normal(0, 0.1, size=(500, 10)), np.zeros(10)


def by_numpy(x, y, steps):
    """Errors of the steps, and the parameters after them; derivatives by hand."""
    w, b, v, c = parameters()
    errors = []
    for i in range(steps):
        x_i, y_i = (a[i * BATCH:(i + 1) * BATCH] for a in (x, y))
        hidout = np.tanh(np.dot(x_i, w) + b)
        outout = (np.tanh(np.dot(hidout, v) + c) + 1) / 2
        g_outout = outout - y_i
        errors.append(0.5 * np.sum(g_outout ** 2))
        g_outin = g_outout * 2 * outout * (1 - outout)
        g_hidin = np.dot(g_outin, v.T) * (1 - hidout ** 2)
        b, c = b - RATE * np.sum(g_hidin, axis=0), c - RATE * np.sum(g_outin, axis=0)
        w, v = w - RATE * np.dot(x_i.T, g_hidin), v - RATE * np.dot(hidout.T, g_outin)
    return errors, (w, b, v, c)


def by_theano(x, y, steps):
    """The same by a compiled function."""
    sx, sy = T.matrix(), T.matrix()
    w, b, v, c = shared = [theano.shared(p) for p in parameters()]
    outout = (T.tanh(T.dot(T.tanh(T.dot(sx, w) + b), v) + c) + 1) / 2
    err = 0.5 * T.sum((outout - sy) ** 2)
    gw, gb, gv, gc = T.grad(err, [w, b, v, c])
    train = theano.function([sx, sy], err, updates={w: w - RATE * gw, b: b - RATE * gb, v: v - RATE * gv,
                                                    c: c - RATE * gc})
    errors = [train(x[i * BATCH:(i + 1) * BATCH], y[i * BATCH:(i + 1) * BATCH]) for i in range(steps)]
    return errors, [p.get_value() for p in shared]


def main():
    """Both, side by side."""
    x, y = data()
    for i, (ours, numpys) in enumerate(zip(by_theano(x, y, 10)[0], by_numpy(x, y, 10)[0], strict=True)):
        print(f"step {i}: error {ours:.10f} by Theano, {numpys:.10f} by NumPy")


if __name__ == "__main__":
    main()
