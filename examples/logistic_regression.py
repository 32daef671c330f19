"""Logistic regression on random data: learn which of 400 random points belong to which of two classes."""

import numpy

import theano
import theano.tensor as T

N, FEATS = 400, 784


def data(seed=0):
    """Points (N, FEATS) and classes (N,), in the dtype floatX."""
    rng = numpy.random.RandomState(seed)
    return (rng.randn(N, FEATS).astype(theano.config.floatX),
            rng.randint(size=N, low=0, high=2).astype(theano.config.floatX))


def build(rate=0.1, seed=1, mode=None):
    """The functions ``train(x, y)`` and ``predict(x)``, and the parameters w and b."""
    rng = numpy.random.RandomState(seed)
    x, y = T.matrix("x"), T.vector("y")
    w = theano.shared(rng.randn(FEATS).astype(theano.config.floatX), name="w")
    b = theano.shared(numpy.asarray(0., dtype=theano.config.floatX), name="b")
    x.tag.test_value, y.tag.test_value = data()

    p_1 = 1 / (1 + T.exp(-T.dot(x, w) - b))                     # probability that the class is 1
    prediction = p_1 > 0.5
    xent = -y * T.log(p_1) - (1 - y) * T.log(1 - p_1)           # cross-entropy
    cost = xent.mean() + 0.01 * (w ** 2).sum()                  # with a penalty of large weights
    gw, gb = T.grad(cost, [w, b])

    train = theano.function(inputs=[x, y], outputs=[prediction, xent], updates={w: w - rate * gw, b: b - rate * gb},
                            name="train", mode=mode)
    predict = theano.function(inputs=[x], outputs=prediction, name="predict", mode=mode)
    return train, predict, w, b


def operations(function):
    """Names of the operations that a compiled function consists of."""
    return [str(node.op) for node in function.maker.fgraph.toposort()]


def uses_blas(function):
    """Whether matrix products are calls of BLAS."""
    return any(type(node.op).__name__ in ("Gemv", "Gemm") for node in function.maker.fgraph.toposort())


def main(steps=3000):
    """Train, and compare predictions with targets."""
    points, classes = data()
    train, predict, w, b = build()
    print("predict:")
    theano.printing.debugprint(predict)
    print("train is computed by:", *operations(train), sep="\n  ")
    print("matrix products by BLAS" if uses_blas(train) else "matrix products by loops")
    for step in range(steps):
        prediction, xent = train(points, classes)
        if step % 500 == 0:
            print(f"step {step}: cross-entropy {xent.mean():.4f}, right {numpy.mean(prediction == classes):.3f}")
    print("|w|:", numpy.linalg.norm(w.get_value()), "b:", b.get_value())
    print("targets:    ", classes[:20].astype(int))
    print("predictions:", predict(points)[:20].astype(int))
    print("all right" if (predict(points) == classes).all() else "not all right")


if __name__ == "__main__":
    main()
