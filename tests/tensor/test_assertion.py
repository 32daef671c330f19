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


def test_a_number_is_known_where_the_conditions_are():
    c = T.constant(2)
    assert T.get_scalar_constant_value(Assert()(c, c > 1, c < 3)) == 2
    for condition in (c > 2, T.dscalar() > 0):
        with pytest.raises(T.NotScalarConstantError):
            T.get_scalar_constant_value(Assert()(c, condition))


def test_extents_of_one_are_known():
    assert T.get_scalar_constant_value(T.row().shape[0]) == T.get_scalar_constant_value(T.row().shape[-2]) == 1
    for extent in (T.row().shape[1], T.matrix().shape[2]):
        with pytest.raises((T.NotScalarConstantError, IndexError)):
            T.get_scalar_constant_value(extent)
