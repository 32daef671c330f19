"""Short and reproducible texts."""

import sys

import numpy as np
import pytest

import theano.tensor as T
from theano.graph.outline import hex_digest, min_informative_str, position_independent_str, var_descriptor


def test_the_outline_ends_at_names():
    a, b, d, e = T.dmatrices("a", "b", "d", "e")
    c = a + b
    c.name = "c"
    assert min_informative_str(c + (d + e)) == (
        "A. Elemwise{add,no_inplace}\n B. c\n C. Elemwise{add,no_inplace}\n  D. d\n  E. e")


def test_the_outline_refers_to_what_it_showed():
    x = T.dvector("x")
    y = T.exp(x)
    assert min_informative_str(y * y, indent_level=1) == (
        " A. Elemwise{mul,no_inplace}\n  B. Elemwise{exp,no_inplace}\n   C. x\n  <B>")
    assert min_informative_str(np.zeros(2)) == "A. <ndarray>"


def test_descriptors_are_equal_for_equal_graphs_only():
    def described(value, name):
        x = T.dvector(name)
        return var_descriptor(T.exp(x * value) + x)

    assert described(2.5, "x") == described(2.5, "x")
    assert len({described(2.5, "x"), described(3.5, "x"), described(2.5, "y")}) == 3
    x = T.dvector("x")
    assert var_descriptor(T.exp(x) * x) == "A=Elemwise{mul,no_inplace}(B=Elemwise{exp,no_inplace}(C=x),<C>)"
    assert var_descriptor(T.dvector()) == "A=theano_var{type=TensorType(float64, vector)}"
    assert "\n" not in var_descriptor(T.constant(np.arange(2000.0)))


def test_position_independent_texts():
    assert position_independent_str(T.dvector("x")) == "theano_var{type=TensorType(float64, vector)}"
    assert position_independent_str(3) == "3"


def test_digests_tell_content_shape_and_strides():
    x = np.arange(6.0)
    texts = {hex_digest(a) for a in (x, x + 1, x.reshape(2, 3), np.asfortranarray(x.reshape(2, 3)), x.astype("f4"))}
    assert len(texts) == 5 and hex_digest(x) == hex_digest(x.copy())
    assert hex_digest(x).endswith("|strides=[8]|shape=[6]|dtype=float64")
    with pytest.raises(TypeError, match="ndarray"):
        hex_digest([1, 2])


def test_deep_graphs():
    x = T.dvector("x")
    y = x
    for _ in range(10_000):
        y = T.exp(y)
    assert sys.getrecursionlimit() <= 1000
    assert min_informative_str(y).count("\n") == 10_000
    text = var_descriptor(y)
    assert text.count("Elemwise{exp,no_inplace}(") == 10_000 and text.endswith("=x" + ")" * 10_000)
