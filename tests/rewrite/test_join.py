"""Joins that rewriting takes away."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.join import Join
from theano.tensor.shape import MakeVector

X, V, W, A, B, C = T.dmatrix("X"), T.dvector("V"), T.fvector("W"), *T.dscalars("A", "B", "C")
VALUES = {X: np.arange(6.).reshape(2, 3), V: np.arange(4.), W: np.arange(3, dtype="float32"), A: 1.5, B: 2.5, C: 3.5}
EMPTY = T.constant(np.zeros(0))
CASES = {                               # expression, joins that are left, inputs of these
    "one": (Join()(1, X), 0, 0),
    "one of a wider dtype": (Join()(0, W, EMPTY), 0, 0),
    "empty vectors": (Join()(0, V, EMPTY, W, EMPTY), 1, 2),
    "made vectors": (Join()(0, T.stack([A, B]), T.stack([C]), V), 1, 2),
    "made vectors apart": (Join()(0, T.stack([A, B]), V, T.stack([C])), 1, 3),
    "only made vectors": (Join()(0, T.stack([A]), T.stack([B]), T.stack([C, A])), 0, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_joins(name):
    expression, joins, inputs = CASES[name]
    variables = list(theano.graph.walk.inputs([expression]))
    variables = [v for v in VALUES if v in variables]
    plain = theano.function(variables, expression, mode=theano.Mode("py", None))
    f = theano.function(variables, expression)
    left = [node for node in f.maker.fgraph.toposort() if isinstance(node.op, Join)]
    assert len(left) == joins and sum(len(node.inputs) - 1 for node in left) == inputs
    found, wanted = (g(*(VALUES[v] for v in variables)) for g in (f, plain))
    assert found.dtype == wanted.dtype == expression.dtype
    np.testing.assert_array_equal(found, wanted)


def test_vectors_are_made_once():
    f = theano.function([A, B, C], Join()(0, T.stack([A]), T.stack([B, C])))
    nodes = f.maker.fgraph.toposort()
    assert [type(node.op) for node in nodes] == [MakeVector] and f(1, 2, 3).tolist() == [1, 2, 3]
