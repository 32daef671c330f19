"""Conditions checked at run time."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.assertion import Assert


def test_a_false_condition_fails():
    x, y = T.vector(), T.vector()
    checked = Assert("lengths differ")(x, T.eq(x.shape[0], y.shape[0]), x.sum() > 0)
    f = theano.function([x, y], [(checked * 2).sum(), checked.shape])
    total, shape = f([1, 2], [0, 0])
    assert total == 6 and list(shape) == [2]
    for arguments in (([1, 2], [0]), ([-1, -2], [0, 0])):
        with pytest.raises(AssertionError, match="lengths differ"):
            f(*arguments)


def test_gradients_pass_through(rng):
    theano.gradient.verify_grad(lambda x: Assert()(x, x.sum() > 0) ** 2, [rng.rand(3)], rng=rng)
    x, e = T.vector(), T.vector()
    slope = theano.function([x, e], theano.Rop(Assert()(x, x[0] > 0) ** 2, x, e))
    np.testing.assert_allclose(slope([1, 2], [3, 4]), [6, 16])


def test_conditions_are_scalars():
    with pytest.raises(TypeError, match="scalar conditions"):
        Assert()(T.vector(), T.vector() > 0)
