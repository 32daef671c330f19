"""Ops made of Python functions."""

import pickle

import numpy as np
import pytest
from theano.compile.ops import as_op

import theano
import theano.tensor as T


@as_op([T.dmatrix, T.dmatrix], T.dmatrix)
def product(a, b):
    """Elementwise."""
    return a * b


@as_op(T.dvector, [T.dvector, T.dscalar], infer_shape=lambda node, shapes: [shapes[0], ()])
def order(x):
    """Sorted, and the median."""
    return np.sort(x), np.asarray(np.median(x))


def test_values(rng):
    a, b = rng.randn(2, 3), rng.randn(2, 3)
    x, y = T.dmatrix(), T.dmatrix()
    np.testing.assert_array_equal(theano.function([x, y], product(x, y) + 1)(a, b), a * b + 1)


def test_several_outputs_and_their_shapes(rng):
    x = T.dvector()
    values, median = order(x)
    found, middle = theano.function([x], [values, median])(np.array([3.0, 1, 2]))
    assert found.tolist() == [1, 2, 3] and middle == 2
    f = theano.function([x], values.shape)
    assert f(np.zeros(4)).tolist() == [4]
    assert not any(node.op is order for node in f.maker.fgraph.toposort())


def test_pickling():
    m = product(T.dmatrix("x"), T.dmatrix("y"))
    assert pickle.loads(pickle.dumps(m)).owner.op == m.owner.op == product
    assert str(m.owner.op) == "FromFunctionOp{product}"


@pytest.mark.parametrize("arguments", [(1, T.dvector), (T.dvector, [1]), (T.dvector, T.dvector, 3)])
def test_wrong_arguments(arguments):
    with pytest.raises(TypeError):
        as_op(*arguments)


def test_wrong_numbers_of_results():
    two = as_op(T.dvector, T.dvector)(lambda x: (x, x))
    with pytest.raises(ValueError, match="returned 2 values"):
        theano.function([x := T.dvector()], two(x))(np.zeros(2))
    shapeless = as_op(T.dvector, T.dvector, infer_shape=lambda node, shapes: [])(lambda x: x)
    with pytest.raises(ValueError, match="0 shapes for 1 outputs"):
        theano.function([x], shapeless(x).shape)
