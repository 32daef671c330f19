"""Expressions with variables replaced."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import inputs


@pytest.fixture
def parts():
    """x, W, a shared b, and two outputs."""
    x, w, b = T.vector("x"), T.matrix("w"), theano.shared(np.ones(3), name="b")
    dot = T.dot(x, w)
    return x, w, b, dot, T.tanh(dot + b)


def test_a_variable_means_itself_in_its_replacement(parts, rng):
    x, w, b, dot, out = parts
    new_dot, new_out = theano.clone([dot, out], replace={x: (x - x.mean()) / x.std()})
    v, m = rng.randn(4), rng.randn(4, 3)
    scaled = (v - v.mean()) / v.std()
    for found, expected in zip(theano.function([x, w], [new_dot, new_out])(v, m),
                               [scaled @ m, np.tanh(scaled @ m + 1)], strict=True):
        np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(theano.function([x, w], dot)(v, m), v @ m)


def test_sharing_inputs(parts):
    x, w, b, _, out = parts
    assert {x, w, b} <= set(inputs([theano.clone(out)]))
    copied = set(inputs([theano.clone(out, share_inputs=False)]))
    assert not {x, w, b} & copied and {v.name for v in copied} >= {x.name, w.name, b.name}


def test_types_are_kept_unless_not_strict(parts):
    x, w, b, dot, _ = parts
    with pytest.raises(TypeError):
        theano.clone(dot, replace=[(x, T.fvector())])
    assert theano.clone(dot, replace=[(x, T.fvector())], strict=False).type == dot.type
    assert list(theano.clone({"dot": dot}, replace={b: b * 2})) == ["dot"]


def test_replacements_may_need_what_is_copied():
    x = theano.shared(0.)
    y = ((x + 1) ** 2).sum()
    for extra in (0.1, 0.1 + 0 * y):
        np.testing.assert_allclose(theano.clone(y, replace={x: x + extra}).eval(), 1.1 ** 2)
