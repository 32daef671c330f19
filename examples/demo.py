"""The logistic regression of the founding documents, trained on real data: ``make demo``."""

import time
from pathlib import Path

import numpy as np

import theano
import theano.tensor as T

DATA = Path(__file__).parent / "data" / "wdbc.csv"
STEPS = 2000


def load(seed=0):
    """Training and test data: measurements scaled to mean 0 and variance 1, classes 0 and 1."""
    table = np.loadtxt(DATA, delimiter=",", skiprows=1)
    np.random.RandomState(seed).shuffle(table)
    features, target = table[:, :-1], table[:, -1]
    train = slice(0, 400)
    mean, scale = features[train].mean(axis=0), features[train].std(axis=0)
    features = (features - mean) / scale
    return features[:400], target[:400], features[400:], target[400:]


def build(n_features):
    """The functions ``train(x, y)`` and ``predict(x)``, and their parameters."""
    rng = np.random.RandomState(1)
    x, y = T.matrix("x"), T.vector("y")
    w = theano.shared(rng.randn(n_features), name="w")
    b = theano.shared(0.0, name="b")
    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))                 # probability that the class is 1
    prediction = p_1 > 0.5
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)       # cross-entropy
    cost = xent.mean() + 0.01 * (w ** 2).sum()
    gw, gb = T.grad(cost, [w, b])
    start = time.perf_counter()
    train = theano.function([x, y], [prediction, xent], updates={w: w - 0.1 * gw, b: b - 0.1 * gb}, name="train")
    predict = theano.function([x], prediction, name="predict")
    return train, predict, time.perf_counter() - start


def describe(function):
    """One line about what a function was compiled to."""
    made = function.fn
    program = getattr(made, "program", None)
    if program is None:
        return f"{function.name}: runs in Python, {len(made.nodes)} operations (no C compiler or extension)"
    kernels = {c[5] for c in program.code if c[5] is not None}
    where = "from the cache" if made.cached else "compiled"
    return (f"{function.name}: {len(program.code)} instructions, {len(kernels)} C kernels, {where} in "
            f"{made.seconds:.3f} s")


def main():
    """Train, and say how it went."""
    x, y, x_test, y_test = load()
    print(f"Breast cancer data: {len(x)} cases to learn from, {len(x_test)} to test, {x.shape[1]} measurements each")
    train, predict, seconds = build(x.shape[1])
    print(f"Two functions ready after {seconds:.3f} s")
    print("  " + describe(train))
    print("  " + describe(predict))
    start = time.perf_counter()
    for step in range(STEPS + 1):
        prediction, xent = train(x, y)
        if step % 400 == 0:
            print(f"step {step:5d}   cost {xent.mean():.4f}   accuracy {np.mean(prediction == y):.3f}")
    seconds = time.perf_counter() - start
    print(f"{STEPS} steps in {seconds:.3f} s: {1e6 * seconds / STEPS:.1f} us a step")
    print(f"Accuracy on the test data: {np.mean(predict(x_test) == y_test):.3f}")


if __name__ == "__main__":
    main()
