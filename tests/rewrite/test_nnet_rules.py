"""Softmax with a bias, and losses of a softmax: one op each, and right where extents turn out to be others."""

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.tensor.nnet import (
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
)

X, W, B, Y = tt.dmatrix("x"), tt.dmatrix("w"), tt.dvector("b"), tt.lvector("y")
RNG = np.random.default_rng(0)
VALUES = {X: RNG.normal(size=(5, 3)), W: RNG.normal(size=(3, 4)), B: RNG.normal(size=4), Y: np.array([0, 3, 2, 1, 1])}
ROWS = (Softmax, SoftmaxWithBias, LogSoftmax, SoftmaxGrad, CrossentropySoftmaxArgmax1HotWithBias,
        CrossentropySoftmax1HotWithBiasDx)
PYTHON = theano.Mode("py", "fast_run")
SCORES = tt.dot(X, W) + B
PICKED = tt.log(tt.nnet.softmax(SCORES))[tt.arange(Y.shape[0]), Y]
LOSS = tt.nnet.categorical_crossentropy(tt.nnet.softmax(SCORES), Y)
CASES = {                               # expression, the row ops that are left of it
    "softmax": (tt.nnet.softmax(SCORES), [SoftmaxWithBias]),
    "bias first": (tt.nnet.softmax(B + tt.dot(X, W)), [SoftmaxWithBias]),
    "two more terms": (tt.nnet.softmax(SCORES + 2 * tt.dot(X, W)), [SoftmaxWithBias]),
    "no bias": (tt.nnet.softmax(tt.dot(X, W) + tt.dot(X, W) ** 2), [Softmax]),
    "bias of one element": (tt.nnet.softmax(tt.dot(X, W) + B.sum()), [Softmax]),
    "column": (tt.nnet.softmax(tt.dot(X, W) + X.sum(axis=1, keepdims=True)), [Softmax]),
    "gradient": (tt.grad(tt.nnet.softmax(SCORES)[:, 0].sum(), B), [SoftmaxWithBias, SoftmaxGrad]),
    "picked log": (PICKED, [CrossentropySoftmaxArgmax1HotWithBias]),
    "picked log and its gradient": (tt.grad(PICKED.mean(), B) * PICKED.sum(),
                                    [CrossentropySoftmaxArgmax1HotWithBias, CrossentropySoftmax1HotWithBiasDx]),
    "gradient of the picked log": (tt.grad(PICKED.mean(), W), [SoftmaxWithBias, CrossentropySoftmax1HotWithBiasDx]),
    "weighted": (tt.grad((PICKED * X[:, 0]).sum(), B), [SoftmaxWithBias, CrossentropySoftmax1HotWithBiasDx]),
    "loss": (LOSS, [CrossentropySoftmaxArgmax1HotWithBias]),
    "loss and its gradient": (tt.grad(LOSS.mean(), W) * LOSS.sum(),
                              [CrossentropySoftmaxArgmax1HotWithBias, CrossentropySoftmax1HotWithBiasDx]),
}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE", theano.Mode("py", None)], ids=str)
def test_the_loss_of_one_sample(mode):
    v = tt.dvector("v")
    one = tt.nnet.categorical_crossentropy(tt.nnet.softmax(v), Y)
    f = theano.function([v, Y], [one, tt.grad(tt.sqr(one).sum(), v)], mode=mode)
    given, p = np.array([1.0, 2.0, 3.0]), np.exp([-2.0, -1.0, 0.0])
    p /= p.sum()
    loss, gradient = f(given, [2])
    np.testing.assert_allclose(loss, [-np.log(p[2])], rtol=1e-12)
    np.testing.assert_allclose(gradient, 2 * loss * (p - [0, 0, 1]), rtol=1e-12)
    with pytest.raises((ValueError, IndexError)):
        f(given, [2, 1])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int8", "int64", "float32"])
def test_targets_of_any_dtype(dtype):
    x, t = tt.dvector("x"), tt.vector("t", dtype)
    cost = tt.nnet.sigmoid_binary_crossentropy(x, t)
    f = theano.function([x, t], [cost, tt.grad(cost.sum(), x)])
    given, target = np.array([-1.0, 1.0, 2.0]), np.array([1, 1, 0], dtype)
    value, gradient = f(given, target)
    np.testing.assert_allclose(value, np.log1p(np.exp(given)) - given * target, rtol=1e-12)
    np.testing.assert_allclose(gradient, 1 / (1 + np.exp(-given)) - target, rtol=1e-12)


def computed(expression, mode, values):
    inputs = [v for v in values if v in set(theano.graph.walk.inputs([expression]))]
    f = theano.function(inputs, expression, mode=mode)
    return f, f(*(values[v] for v in inputs))


@pytest.mark.parametrize("name", CASES)
def test_rows_are_one_op(name):
    expression, expected = CASES[name]
    f, found = computed(expression, None, VALUES)
    kinds = [type(node.op) for node in f.maker.fgraph.toposort() if isinstance(node.op, ROWS)]
    assert sorted(kinds, key=str) == sorted(expected, key=str)
    for mode in (PYTHON, "FAST_COMPILE", theano.Mode("py", None)):
        np.testing.assert_allclose(computed(expression, mode, VALUES)[1], found, rtol=1e-10)


@pytest.mark.parametrize("mode", [None, PYTHON, "FAST_COMPILE"], ids=["native", "python", "fast_compile"])
@pytest.mark.parametrize("columns, biases", [(4, 1), (1, 4), (1, 1), (4, 4)])
def test_a_bias_that_turns_out_to_be_broadcast(mode, columns, biases):
    values = {X: VALUES[X], W: VALUES[W][:, :columns], B: VALUES[B][:biases]}
    z = values[X] @ values[W] + values[B]
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(computed(tt.nnet.softmax(SCORES), mode, values)[1], expected)
    direct = tt.nnet.softmax_with_bias(tt.dot(X, W), B)
    np.testing.assert_allclose(computed(direct, mode, values)[1], expected)
    for softmax in (tt.nnet.softmax(SCORES), direct):
        for v in (B, W):
            gradient = computed(tt.grad((softmax[:, 0] ** 2).sum(), v), mode, values)[1]
            assert gradient.shape == values[v].shape
            if v is B:
                np.testing.assert_allclose(gradient, slopes(values), atol=1e-6)


def slopes(values, step=1e-6):
    """The gradient of sum(softmax(x @ w + b)[:, 0]**2) by b, from differences."""
    def cost(b):
        z = values[X] @ values[W] + b
        return ((np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[:, 0] ** 2).sum()
    steps = step * np.eye(len(values[B]))
    return [(cost(values[B] + s) - cost(values[B] - s)) / (2 * step) for s in steps]


@pytest.mark.parametrize("mode", [None, PYTHON, "FAST_COMPILE"], ids=["native", "python", "fast_compile"])
@pytest.mark.parametrize("labels", [[0, 3, 1], [2], []])
def test_fewer_labels_than_rows(mode, labels):
    z, labels = VALUES[X] @ VALUES[W], np.array(labels, "int64")
    x = tt.dmatrix("z")
    picked = tt.log(tt.nnet.softmax(x))[tt.arange(Y.shape[0]), Y]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    _, found = computed(picked, mode, {x: z, Y: labels})
    np.testing.assert_allclose(found, np.log(p[np.arange(len(labels)), labels]))
    expected = -p
    expected[np.arange(len(labels)), labels] += 1
    expected[len(labels):] = 0
    _, gradient = computed(tt.grad(picked.sum(), x), mode, {x: z, Y: labels})
    np.testing.assert_allclose(gradient, expected)


def test_columns_that_do_not_fit_are_refused():
    f = theano.function([X, B], tt.nnet.softmax(X + B))
    with pytest.raises(ValueError, match=r"\(5, 3\).*\(1?,? ?4,?\)"):
        f(VALUES[X], VALUES[B])
    direct = theano.function([X, B], tt.nnet.softmax_with_bias(X, B), mode=PYTHON)
    with pytest.raises(ValueError, match="same number of columns"):
        direct(VALUES[X], VALUES[B])
