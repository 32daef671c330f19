"""Carried values whose initial value and whose later values differ in dtype or broadcast pattern."""

import numpy as np
import pytest

import theano
import theano.tensor as T

X, V, S = T.dtensor3("X"), T.dvector("V"), T.dscalar("S")
M, F, COL = T.dmatrix("M"), T.fmatrix("F"), T.dcol("COL")
RNG = np.random.RandomState(2)


def nested(x):
    inner, _ = theano.scan(lambda a, h: h + a, x, T.zeros((1, 3)), n_steps=2)
    return inner[-1]


# what: (rows, arguments, the rows by NumPy)
CASES = {
    "a row of zeros, to which rows of a matrix are added": (
        lambda: theano.scan(lambda x, h: h + x, X, T.zeros((1, 3)))[0], [X], lambda x: np.cumsum(x, 0)),
    "a constant with one row": (
        lambda: theano.scan(lambda x, h: x + h, X, [dict(initial=T.constant(np.zeros((1, 3))))])[0], [X],
        lambda x: np.cumsum(x, 0)),
    "alloc with an extent of 1": (
        lambda: theano.scan(lambda x, h: h + x, X, T.alloc(np.float64(0), X.shape[1], 1) + T.zeros((1, 3)))[0], [X],
        lambda x: np.cumsum(x, 0)),
    "a column": (
        lambda: theano.scan(lambda x, h: T.tanh(h * 0 + x), M.dimshuffle(0, 1, "x"), COL)[0], [M, COL],
        lambda m, c: np.tanh(m)[:, :, None]),
    "a vector of one element and a vector": (
        lambda: theano.scan(lambda h: h * 2 + V, None, T.zeros((1,)), n_steps=3)[0][:, :1], [V],
        None),
    "a number and a float": (lambda: theano.scan(lambda h: h / 2 + S, None, 1, n_steps=3)[0], [S], None),
    "an integer constant and a float": (
        lambda: theano.scan(lambda h: h / 2 + S, None, T.constant(1), n_steps=3)[0], [S], None),
    "float32 and a step in float64": (
        lambda: theano.scan(lambda x, h: h + x * np.float64(2), F, T.zeros((3,), "float32"))[0] +
        theano.scan(lambda h: h + S, None, T.zeros((3,), "float32"), n_steps=F.shape[0])[0] * 0, [F, S], None),
    "float64 and a step in float32": (
        lambda: theano.scan(lambda x, h: T.cast(x + h, "float32"), F, T.zeros((3,), "float64"))[0], [F],
        lambda f: np.cumsum(f, 0)),
    "int8 and int64": (
        lambda: theano.scan(lambda i, h: h + i, T.arange(5), np.int8(0))[0] + S * 0, [S],
        lambda s: np.cumsum(np.arange(5))),
    "bool and a comparison's count": (
        lambda: theano.scan(lambda x, h: h + T.gt(x, 0).sum(), M, T.constant(False))[0] + S * 0, [M, S],
        lambda m, s: np.cumsum((m > 0).sum(1))),
    "two initial rows of one column": (
        lambda: theano.scan(lambda a, b: a + b + V[:2], None, dict(initial=T.zeros((2, 1)), taps=[-2, -1]),
                            n_steps=3)[0][:, :1], [V], None),
    "carries that widen one another": (
        lambda: theano.scan(lambda a, b, c: [a + b, b * c, c + V.sum()], None,
                            [T.zeros((1,)), T.ones((1,), "float32"), np.int8(1)], n_steps=3)[0][0], [V], None),
    "a carry that a later one widens": (
        lambda: theano.scan(lambda a, b: [a + 1, b + a.sum() + V], None, [T.zeros((1, 1)), T.zeros((1,))],
                            n_steps=3)[0][1], [V], None),
    "a loop within a loop": (
        lambda: theano.scan(lambda x, h: h + nested(X), M, T.zeros((1, 3)))[0], [X, M],
        lambda x, m: np.cumsum([x[:2].sum(0)] * len(m), 0)),
    "unbroadcast by hand": (
        lambda: theano.scan(lambda x, h: h + x, X, T.unbroadcast(T.zeros((1, 3)), 0))[0], [X],
        lambda x: np.cumsum(x, 0)),
}
VALUES = {X: RNG.randn(4, 1, 3), M: RNG.randn(5, 1), V: RNG.randn(1), S: np.float64(0.7),
          F: RNG.randn(4, 3).astype("float32"), COL: RNG.randn(1, 1)}


@pytest.mark.parametrize("name", CASES)
def test_they_are_given_one_type(name):
    build, inputs, want = CASES[name]
    values = [VALUES[v] for v in inputs]
    rows = build()
    floats = [v for v in inputs if v.type.dtype.startswith("float")]
    g = T.grad((rows ** 2).sum(), floats, disconnected_inputs="ignore")
    f = theano.function(inputs, [rows, *g, T.Rop(rows, floats[0], floats[0], disconnected_outputs="ignore")])
    found = f(*values)
    if want is not None:
        np.testing.assert_allclose(found[0], want(*values), rtol=1e-5)
    step = 1e-6 if "float32" not in name else 1e-2
    for k, v in enumerate(floats):
        at = inputs.index(v)
        along = np.asarray(RNG.randn(*values[at].shape), values[at].dtype)
        high, low = ((f(*values[:at], values[at] + sign * step * along, *values[at + 1:])[0] ** 2).sum()
                     for sign in (1, -1))
        np.testing.assert_allclose((high - low) / (2 * step), (found[1 + k] * along).sum(), rtol=1e-3, atol=1e-4)


def test_the_dtype_is_that_of_both():
    assert theano.scan(lambda h: h + S, None, T.zeros((), "float32"), n_steps=2)[0].type.dtype == "float64"
    assert theano.scan(lambda h: T.cast(h, "float32"), None, S, n_steps=2)[0].type.dtype == "float64"
    assert theano.scan(lambda h: h * 2, None, T.zeros((), "float32"), n_steps=2)[0].type.dtype == "float32"


def test_another_rank_is_refused_with_the_lines_that_made_it():
    start = T.zeros((3,))
    with pytest.raises(TypeError, match="output 0 has 1 dimensions in its initial value, but 0 after a step") as error:
        theano.scan(lambda h: h.sum(), None, start, n_steps=2)
    lines = str(error.value).splitlines()
    assert "start = T.zeros((3,))" in lines[1] and "the initial value was made at" in lines[1]
    assert "h.sum()" in lines[2] and "the value after a step was made at" in lines[2]


def test_a_step_that_another_dtype_does_not_suit_is_refused_with_the_lines_that_made_it():
    buffer = T.zeros((3,), "int32")

    def step(h):
        return T.set_subtensor(T.zeros((3,), "int32")[:], h) + S

    with pytest.raises(TypeError, match="output 0 is a TensorType.int32, vector. in its initial value") as caught:
        theano.scan(step, None, buffer, n_steps=2)
    assert 'buffer = T.zeros((3,), "int32")' in str(caught.value)
