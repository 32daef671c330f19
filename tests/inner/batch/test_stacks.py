"""NumPy's linear algebra of stacks of matrices."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import equal_computations


def stack(rng, *shape):
    return rng.normal(size=shape) + 4 * np.eye(*shape[-2:])


@pytest.mark.parametrize(("left", "right"), [
    ((2, 3, 3), (3,)), ((2, 3, 3), (2, 3, 2)), ((3, 3), (5, 3, 1)), ((4, 1, 3, 3), (2, 3, 2)), ((2, 2, 3, 3), (3, 2))])
def test_solutions_broadcast(left, right, rng):
    values = stack(rng, *left), rng.normal(size=right)
    a, b = (T.TensorType("float64", [n == 1 for n in v.shape])() for v in values)
    found = theano.function([a, b], np.linalg.solve(a, b))(*values)
    np.testing.assert_allclose(found, np.linalg.solve(*values))


def test_functions_of_two_axes_of_stacks(rng):
    a, value = T.dtensor4(), stack(rng, 2, 3, 3, 3)
    calls = [lambda a: np.linalg.inv(a=a), np.linalg.det, lambda a: np.linalg.slogdet(a).logabsdet, np.linalg.svdvals,
             lambda a: np.linalg.matrix_power(a, -2), np.linalg.pinv, np.linalg.cond, np.linalg.matrix_rank,
             lambda a: np.linalg.cholesky(a @ np.swapaxes(a, -1, -2), upper=True)]
    f = theano.function([a], [call(a) for call in calls])
    for found, call in zip(f(value), calls, strict=True):
        np.testing.assert_allclose(found, call(value), atol=1e-12)


def test_one_matrix_is_no_stack():
    a, b = T.dmatrix(), T.dvector()
    assert equal_computations([np.linalg.solve(a, b)], [T.slinalg.solve(a, b)])
    assert equal_computations([np.linalg.det(a)], [T.nlinalg.det(a)])


def test_gradients_of_stacks(rng):
    T.verify_grad(lambda a, b: np.linalg.solve(a, b), [stack(rng, 2, 3, 3), rng.normal(size=(3, 2))], rng=rng)
