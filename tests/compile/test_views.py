"""What Python code makes as a view is not written to, nor what it is a view of."""

import numpy as np

import theano
import theano.tensor as T


def test_arguments_survive_work_on_their_parts():
    x, u = T.dvectors("xu")
    part = T.split(x, [1, 2], 2)[1]
    f = theano.function([x, u], T.concatenate([part * u, x[:1]]).sum())
    value = np.array([1., 2., 3.])
    assert f(value, np.array([2., 3.])) == 4 + 9 + 1
    assert value.tolist() == [1, 2, 3]


def test_parts_survive_work_on_the_whole():
    x, u = T.dvectors("xu")
    whole = T.concatenate([T.exp(x), x])
    part = T.split(whole, [1, 3], 2)[1]
    f = theano.function([x, u], T.concatenate([part, T.concatenate([whole * u, x])]))
    value, weights = np.array([0.1, 0.2]), np.array([1., 2, 3, 4])
    joined = np.concatenate([np.exp(value), value])
    np.testing.assert_allclose(f(value, weights), np.concatenate([joined[1:], joined * weights, value]))
