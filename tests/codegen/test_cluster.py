"""Which elementwise nodes share a nest."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen import cluster

x, y, z = (T.tensor("float64", (False, False), shape=(4, 3), name=name) for name in "xyz")


def nests(f):
    return [kind for kind, *_ in f.maker.compiled.program.code].count("loop")


def gates(x, y, z):
    """As in a cell of long short-term memory: three that have nothing in common until the end."""
    a, b = T.nnet.sigmoid(x), T.tanh(y)
    c = a * z
    d = T.nnet.sigmoid(y - 1) * b
    return [a, b, c, d, T.tanh(c + d)]


def test_nodes_that_meet_late_share_a_nest():
    f = theano.function([x, y, z], gates(x, y, z))
    given = [np.random.RandomState(k).randn(4, 3) for k in range(3)]
    assert nests(f) == 1
    expected = theano.function([x, y, z], gates(x, y, z), mode=theano.Mode("py", None))(*given)
    for a, b in zip(f(*given), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_what_is_used_late_is_computed_there():
    """A value that is used with a product alone is not kept in memory until that is known; one that others need is."""
    a, b = T.dmatrices("a", "b")
    late, product = a[1:] - a[:-1], T.dot(a, b)
    given = np.random.RandomState(1).randn(2, 4, 4)
    for also, count in (([], 1), ([late], 2)):
        f = theano.function([a, b], [T.tanh(late) * product[1:], *also])
        words = [words for *_, words, _, _ in f.maker.compiled.program.code if words is not None]
        assert sum(ndim > 0 for ndim, *_ in words) == count
        np.testing.assert_allclose(f(*given)[0], np.tanh(np.diff(given[0], axis=0)) * (given[0] @ given[1])[1:])


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
def test_nests_of_few_nodes_run_in_an_order_that_works(monkeypatch, most):
    """Where nests are small, some depend on others of their level, which must not be joined across them."""
    monkeypatch.setattr(cluster, "MAX_NODES", most)
    rng = np.random.RandomState(most)
    for _ in range(20):
        values = [x, y, z]
        for _ in range(25):
            a, b = (values[k] for k in rng.randint(len(values), size=2))
            values.append([a + b, a * b, T.tanh(a), a - T.exp(-abs(b))][rng.randint(4)])
        outputs = [values[k] for k in rng.choice(len(values), 6, replace=False)]
        given = [rng.randn(4, 3) / 4 for _ in range(3)]
        f, plain = (theano.function([x, y, z], outputs, mode=theano.Mode(linker, None), on_unused_input="ignore")
                    for linker in ("vm", "py"))
        for a, b in zip(f(*given), plain(*given), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11)
