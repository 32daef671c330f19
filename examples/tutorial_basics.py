"""One layer of a network: expressions, functions, givens, gradients, shared variables and updates."""

import numpy as np

import theano
from theano import tensor as T


def layer():
    """Symbolic inputs x, W, b and the two outputs: the product, and its sigmoid with bias."""
    x, W, b = T.vector("x"), T.matrix("W"), T.vector("b")
    dot = T.dot(x, W)
    out = T.nnet.sigmoid(dot + b)
    return x, W, b, dot, out


def example_values():
    """Values for x, W, b and a target y, always the same."""
    rng = np.random.RandomState(42)
    W_val = rng.randn(4, 3)
    x_val = rng.rand(4)
    return x_val, W_val, np.ones(3), rng.uniform(size=3)


def forward():
    """Results of functions with one output or several."""
    x, W, b, dot, out = layer()
    x_val, W_val, b_val, _ = example_values()
    f = theano.function(inputs=[x, W], outputs=dot)
    g = theano.function([x, W, b], out)
    h = theano.function([x, W, b], [dot, out])
    i = theano.function([x, W, b], [dot + b, out])
    return f(x_val, W_val), g(x_val, W_val, b_val), h(x_val, W_val, b_val), i(x_val, W_val, b_val)


def standardized():
    """The product for a standardized x: replaced when the function is made, and in a copy of the expression."""
    x, W, _, dot, out = layer()
    x_val, W_val, _, _ = example_values()
    x_ = T.vector("x_")
    by_givens = theano.function([x_, W], dot, givens={x: (x_ - x_.mean()) / x_.std()})
    dot_n, _ = theano.clone([dot, out], replace={x: (x - x.mean()) / x.std()})
    by_clone = theano.function([x, W], dot_n)
    return by_givens(x_val, W_val), by_clone(x_val, W_val)


def gradients():
    """A cost with its gradients, and with the values that one step down makes of the parameters."""
    x, W, b, _, out = layer()
    y = T.vector("y")
    C = ((out - y) ** 2).sum()
    dC_dW, dC_db = theano.grad(C, [W, b])
    cost_and_grads = theano.function([x, W, b, y], [C, dC_dW, dC_db])
    cost_and_upd = theano.function([x, W, b, y], [C, W - 0.1 * dC_dW, b - 0.1 * dC_db])
    values = example_values()
    return cost_and_grads(*values), cost_and_upd(*values)


def training(steps=5):
    """Costs of a few steps when the parameters are shared variables that each call updates."""
    x_val, W_val, b_val, y_val = example_values()
    x, y = T.vector("x"), T.vector("y")
    W, b = theano.shared(W_val, name="W"), theano.shared(b_val, name="b")
    dot = T.dot(x, W)
    out = T.nnet.sigmoid(dot + b)
    f, g = theano.function([x], dot), theano.function([x], out)
    first = f(x_val), g(x_val)
    C = ((out - y) ** 2).sum()
    dC_dW, dC_db = theano.grad(C, [W, b])
    step = theano.function(inputs=[x, y], outputs=C, updates=[(W, W - 0.1 * dC_dW), (b, b - 0.1 * dC_db)])
    costs = [float(step(x_val, y_val)) for _ in range(steps)]
    return first, costs, W.get_value(), b.get_value()


def main():
    """Print the expressions, what becomes of them, and the numbers."""
    x, W, b, dot, out = layer()
    print("out, as written:")
    theano.printing.debugprint(out)
    print("and as it runs:")
    theano.printing.debugprint(theano.function([x, W, b], out))
    f, g, h, i = forward()
    print("f ->", f)
    print("g ->", g)
    print("h ->", h)
    print("i ->", i)
    print("standardized x:", *standardized())
    (cost, dW, db), (_, W, b) = gradients()
    print("cost:", cost, "\ndC/dW:", dW, "\ndC/db:", db, "\nW after a step:", W, "\nb after a step:", b, sep="\n")
    _, costs, _, _ = training()
    print("costs while training:", costs)


if __name__ == "__main__":
    main()
