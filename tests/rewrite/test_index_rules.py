"""Indexing that happens earlier."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import Subtensor

PLAIN = theano.Mode("py", None)
x, y = T.dmatrices("x", "y")
r = T.drow("r")
total = x * y + r
SPLIT = {
    "halves": [T.exp(total[:, :2]), T.tanh(total[:, 2:])],
    "one part": [T.exp(total[1:3])],
    "beyond the end": [total[:9].sum(axis=0), total[9:].sum(axis=0)],
}
WHOLE = {
    "overlap": [T.exp(total[:, :3]), T.tanh(total[:, 2:])],
    "used otherwise": [T.exp(total[:, :3]), total.sum()],
    "two axes": [T.exp(total[:, :3]), T.exp(total[3:])],
}


@pytest.mark.parametrize("name", [*SPLIT, *WHOLE])
def test_parts_of_sums(name):
    outputs = (SPLIT | WHOLE)[name]
    f, plain = (theano.function([x, y, r], outputs, mode=mode) for mode in (None, PLAIN))
    read = [n.inputs[0].owner for n in f.maker.fgraph.toposort() if isinstance(n.op, Subtensor)]
    assert any(maker is not None and isinstance(maker.op, Elemwise) for maker in read) is (name in WHOLE)
    rng = np.random.default_rng(0)
    for shapes in (((5, 4), (5, 4)), ((5, 4), (1, 4)), ((1, 1), (5, 4)), ((0, 4), (0, 4))):
        given = [rng.standard_normal(shape) for shape in (*shapes, (1, 4))]
        for a, b in zip(f(*given), plain(*given), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)
