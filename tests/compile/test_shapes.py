"""Shapes from shapes."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.shapes import shape_of_variables
from theano.tensor.constant import hash_from_ndarray


@pytest.mark.parametrize(("build", "given", "expected"), [
    (lambda x: x + x, (5, 5), (5, 5)), (lambda x: T.dot(x, x.T), (5, 1), (5, 5)), (lambda x: x[1:], (10, 3), (9, 3)),
    (lambda x: T.exp(x).sum(axis=0), (10**9, 2), (2,))])
def test_shapes(build, given, expected):
    x = T.matrix("x")
    y = build(x)
    shapes = shape_of_variables(theano.FunctionGraph([x], [y], clone=False), {x: given})
    assert shapes[x] == given and shapes[y] == expected


def test_inputs_of_another_graph_are_refused():
    x = T.matrix("x")
    with pytest.raises(ValueError, match="clone=False"):
        shape_of_variables(theano.FunctionGraph([x], [x[1:]]), {x: (2, 2)})


def test_hashes_tell_content_shape_and_dtype_apart():
    a = np.arange(6.0).reshape(2, 3)
    different = [a, a.T, a.reshape(3, 2), a[:1], a[:, ::-1], a.astype("float32"), np.zeros((1, 0)), np.zeros((2, 0))]
    assert len({hash_from_ndarray(v) for v in different}) == len(different)
    assert hash_from_ndarray(a[:, ::-1]) == hash_from_ndarray(a[:, ::-1].copy())
