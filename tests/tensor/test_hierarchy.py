"""Softmax of two levels against NumPy."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import nnet

FEATURES, CLASSES, EACH = 5, 4, 3


def softmax(x):
    """Probabilities along the last axis."""
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


@pytest.fixture
def weights(rng):
    shapes = [(FEATURES, CLASSES), (CLASSES,), (CLASSES, FEATURES, EACH), (CLASSES, EACH)]
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("rows", [0, 1, 6])
@pytest.mark.parametrize("outputs", [10, 12])
def test_probabilities(rows, outputs, weights, rng):
    value, target = rng.normal(size=(rows, FEATURES)), rng.randint(outputs, size=rows)
    w1, b1, w2, b2 = weights
    in_class = softmax(np.einsum("bi,cik->bck", value, w2) + b2)
    expected = (softmax(value @ w1 + b1)[:, :, None] * in_class).reshape(rows, CLASSES * EACH)[:, :outputs]
    x, i, column, n = T.dmatrix(), T.lvector(), T.imatrix(), T.lscalar()

    def of(target=None):
        return nnet.h_softmax(x, n, outputs, CLASSES, EACH, *weights, target)
    every, some, same = theano.function([x, i, column, n], [of(), of(i), of(column)])(
        value, target, target[:, None].astype("int32"), rows)
    np.testing.assert_allclose(every, expected)
    for found in (some, same):
        np.testing.assert_allclose(found, expected[np.arange(rows), target])


@pytest.mark.parametrize("target", [None, [3, 9]])
def test_gradient(target, weights, rng):
    theano.gradient.verify_grad(lambda x, *w: nnet.h_softmax(x, 2, 10, CLASSES, EACH, *w, target),
                                [rng.normal(size=(2, FEATURES)), *weights], rng=rng)
