"""Products with diagonal matrices need no matrix."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.create import Eye
from theano.tensor.diagonal import AllocDiag

CASES = {                       # name -> a function of a matrix (3, 3), a vector and a matrix (3, 1)
    "identity at the left": lambda x, v, c: T.dot(T.eye(v.shape[0]), x),
    "identity at the right": lambda x, v, c: T.dot(x, T.eye(v.shape[0])),
    "a vector": lambda x, v, c: T.dot(T.eye(v.shape[0]) * v, v),
    "a vector at the left": lambda x, v, c: T.dot(v, T.eye(v.shape[0]) * v),
    "rows at the left": lambda x, v, c: T.dot(T.eye(v.shape[0]) * v * T.exp(v), x),
    "columns at the right": lambda x, v, c: T.dot(x, v.dimshuffle(0, "x") * T.eye(v.shape[0])),
    "both": lambda x, v, c: T.dot(v.dimshuffle(0, "x") * T.eye(v.shape[0]) * v, x),
    "a number": lambda x, v, c: T.dot(T.eye(v.shape[0]) * v[0], x),
    "a column": lambda x, v, c: T.dot(T.eye(v.shape[0]) * v, c),
    "a diagonal of a diagonal": lambda x, v, c: T.diagonal(T.diag(v)),
    "of another one": lambda x, v, c: T.diagonal(T.diag(v, 1), 1),
}
OTHERS = {                      # that are no such products
    "another diagonal": lambda x, v, c: T.dot(T.eye(v.shape[0], k=1), x),
    "a matrix of other extents": lambda x, v, c: T.dot(T.eye(v.shape[0], x.shape[1]), x),
    "a product with a matrix": lambda x, v, c: T.dot(T.eye(v.shape[0]) * x, x),
    "another diagonal of a diagonal": lambda x, v, c: T.diagonal(T.diag(v), 1),
}


@pytest.mark.parametrize("name", [*CASES, *OTHERS])
def test_values(name):
    rng = np.random.RandomState(1)
    x, v, c = T.dmatrix(), T.dvector(), T.dcol()
    values = [rng.rand(3, 3), rng.rand(3), rng.rand(3, 1)]
    out = {**CASES, **OTHERS}[name](x, v, c)
    f = theano.function([x, v, c], out, on_unused_input="ignore")
    expected = theano.function([x, v, c], out, mode=theano.Mode("py", None), on_unused_input="ignore")(*values)
    np.testing.assert_allclose(f(*values), expected)
    matrices = [n for n in f.maker.fgraph.toposort() if isinstance(n.op, (Eye, AllocDiag))]
    assert not matrices or name in OTHERS
