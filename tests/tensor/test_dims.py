"""Declared extents: programs that can't be right are refused while they are built, right ones never."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DimensionError, ShapeError
from theano.tensor.dims import dims_of

x, y = T.matrix("x", shape=("n", 10)), T.matrix("y", shape=("n", 4))
w, b = T.matrix("w", shape=(10, 6)), T.vector("b", shape=(6,))
t = T.tensor3("t", shape=("n", 5, 7))
i = T.lvector("i")
shared = theano.shared(np.zeros((8, 3)), "shared", shape=(8, 3))

WRONG = [                       # each with the two extents that the message names
    ("product of a product", lambda: T.dot(T.dot(x, w), T.matrix("v", shape=(10, 6))), "6 meets 10"),
    ("product of layers", lambda: T.dot(T.tanh(T.dot(x, w) + b), T.matrix("v", shape=(5, 2))), "6 meets 5"),
    ("product with a vector", lambda: T.dot(x, b), "10 meets 6"),
    ("product of vectors", lambda: T.dot(b, T.vector("c", shape=(7,))), "6 meets 7"),
    ("product with a transpose", lambda: T.dot(w.T, b), "10 meets 6"),
    ("sum", lambda: x + y, "10 meets 4"),
    ("sum of several", lambda: T.add(x, 2, y), "10 meets 4"),
    ("bias", lambda: T.dot(x, w) + T.vector("c", shape=(5,)), "6 meets 5"),
    ("difference of names", lambda: T.vector("p", shape=("n",)) - T.vector("q", shape=("m",)), "'n' meets 'm'"),
    ("comparison", lambda: T.eq(x, y), "10 meets 4"),
    ("choice", lambda: T.switch(x > 0, x, y), "10 meets 4"),
    ("after a reduction", lambda: x.sum(axis=0) * b, "10 meets 6"),
    ("after a mean", lambda: x - T.dot(x, w).mean(axis=0), "10 meets 6"),
    ("after an argmax", lambda: T.argmax(w, axis=1) + T.TensorType("int64", shape=(6,))("k"), "10 meets 6"),
    ("after a transposition", lambda: w.T * w, "6 meets 10"),
    ("slices", lambda: w[1:] - w[:-2], "9 meets 8"),
    ("columns", lambda: x[:, :3] + x, "3 meets 10"),
    ("index", lambda: w[10], "index 10"),
    ("index from behind", lambda: b[-7], "index -7"),
    ("index of a column", lambda: x[:, 12], "index 12"),
    ("concatenation", lambda: T.concatenate([x, y], axis=0), "10 meets 4"),
    ("concatenation, then product", lambda: T.dot(T.concatenate([x, y], axis=1), w), "14 meets 10"),
    ("reshape", lambda: w.reshape((7, 9)), "60 elements"),
    ("reshape with the rest", lambda: w.reshape((7, -1)), "60 elements"),
    ("reshape, then sum", lambda: w.reshape((6, 10)) + w, "6 meets 10"),
    ("flattened", lambda: w.flatten() + T.vector("c", shape=(50,)), "60 meets 50"),
    ("rows", lambda: w[i] * T.matrix("v", shape=(None, 5)), "6 meets 5"),
    ("set", lambda: T.set_subtensor(w[2:5], T.matrix("v", shape=(4, 6))), "extent 4 into extent 3"),
    ("added", lambda: T.inc_subtensor(b[:3], T.vector("v", shape=(4,))), "extent 4 into extent 3"),
    ("promise", lambda: T.specify_shape(w, (10, 7)), "promises extent 7"),
    ("shared variable", lambda: T.dot(x, shared), "10 meets 8"),
    ("softmax", lambda: T.nnet.softmax(T.dot(x, w)) * y, "6 meets 4"),
    ("constant", lambda: x * np.ones(9), "10 meets 9"),
    ("batched product", lambda: T.batched_dot(t, T.tensor3("u", shape=("n", 6, 2))), "7 meets 6"),
    ("inverse", lambda: T.nlinalg.matrix_inverse(w), "10 meets 6"),
    ("filled", lambda: T.alloc(b, 3, 5), "extent 5 with extent 6"),
]


def test_there_are_many_wrong_programs():
    assert len(WRONG) >= 30


@pytest.mark.parametrize("build, extents", [pytest.param(*row[1:], id=row[0]) for row in WRONG])
def test_wrong_programs_are_refused_with_both_extents_and_lines(build, extents):
    with pytest.raises(DimensionError, match=extents) as caught:
        build()
    text = str(caught.value)
    assert isinstance(caught.value, ValueError) and "dimension" in text and f"made at {__file__}:" in text
    if " meets " in extents:
        assert text.count("made at") + text.count("TensorConstant") >= 2, text


n = np.ones((3, 10))
RIGHT = [                       # an expression, its extents as far as they are known
    ("layer", lambda: T.tanh(T.dot(x, w) + b), ("n", 6)),
    ("broadcast", lambda: x + x.mean(axis=1, keepdims=True), ("n", 10)),
    ("broadcast with a type that knows", lambda: x * T.col("c"), ("n", 10)),
    ("unknown", lambda: x + T.matrix("u"), ("n", 10)),
    ("name and number", lambda: T.vector("p", shape=("n",)) + T.vector("q", shape=(3,)), (3,)),
    ("gradient", lambda: theano.grad(T.dot(x, w).sum(), w) + w, (10, 6)),
    ("concatenation", lambda: T.concatenate([x, y], axis=1), ("n", 14)),
    ("rows of another", lambda: x.reshape((x.shape[0], 2, 5)), ("n", 2, 5)),
    ("reshape with the rest", lambda: w.reshape((-1, 12)), (5, 12)),
    ("slices", lambda: w[::-2, 1:3], (5, 2)),
    ("index", lambda: t[:, -1], ("n", 7)),
    ("stack", lambda: T.stack([b, b]), (2, 6)),
    ("reduction", lambda: t.max(axis=(0, 2)), (5,)),
    ("swap", lambda: t.dimshuffle(2, "x", 0, 1), (7, 1, "n", 5)),
    ("products of batches", lambda: T.batched_dot(t, t.dimshuffle(0, 2, 1)), ("n", 5, 5)),
    ("rows", lambda: w[i], (None, 6)),
    ("one row into many", lambda: T.set_subtensor(w[2:5], T.row("r")), (10, 6)),
    ("nothing of a number", lambda: x[:0], (None, 10)),
]


@pytest.mark.parametrize("build, dims", [pytest.param(*row[1:], id=row[0]) for row in RIGHT])
def test_extents_of_right_programs(build, dims):
    assert dims_of(build()) == dims


def test_programs_that_declare_nothing_are_left_alone():
    u, v = T.matrices("u", "v")
    assert dims_of(T.dot(u, v) + 1) is None
    with pytest.raises(ValueError):
        theano.function([u, v], T.dot(u, v))(np.ones((2, 3)), np.ones((2, 3)))


def test_functions_run_with_what_was_declared():
    f = theano.function([x, w, b], theano.grad(T.sqr(T.nnet.sigmoid(T.dot(x, w) + b)).sum(), [w, b]))
    for rows in (0, 1, 3):
        gw, gb = f(np.ones((rows, 10)), np.ones((10, 6)), np.ones(6))
        assert gw.shape == (10, 6) and gb.shape == (6,)
    with pytest.raises((ShapeError, ValueError), match="10"):
        f(np.ones((3, 9)), np.ones((10, 6)), np.ones(6))


def test_a_shared_variable_keeps_its_extents():
    with pytest.raises(ShapeError, match="extent 0 must be 8"):
        shared.set_value(np.zeros((7, 3)))
    shared.set_value(np.ones((8, 3)))


def test_what_is_one_broadcasts():
    row = T.matrix("row", shape=(1, 10))
    assert row.type.broadcastable == (True, False) and dims_of(x + row) == ("n", 10)


def test_numbers_alone_fail_when_they_are_computed_with():
    """As in programs that build first and expect the error of the call."""
    product = T.dot(T.constant(np.ones(5)), T.constant(np.ones(6)).reshape((6,)))
    with pytest.raises(ValueError, match="align|differ|shape"):
        product.eval()
