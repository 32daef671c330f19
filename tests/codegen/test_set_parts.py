"""Parts of arrays that are set, written by the nests that compute them: `codegen.direct.set_directly`."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen.direct import _are_apart
from theano.codegen.kernels.index import encode_index

PLAIN = theano.Mode("py", None)
WITHOUT = theano.Mode("vm", "fast_run")
x, y = T.dmatrices("x", "y")
GIVEN = np.arange(60.0).reshape(6, 10) / 10


def put(array, index, value):
    return T.set_subtensor(array[index], value)


def columns(array, *values, first=0):
    """Values as every third column from the first on: each a column of its own."""
    for k, value in enumerate(values):
        array = put(array, np.s_[:, first + 3 * k], value)
    return array


SLOTS = T.zeros((x.shape[0], x.shape[1], 2))
FIRST = put(SLOTS, np.s_[:, :, 0], T.exp(x))
HALF = T.exp(x[:, :5] * y[:, 5:])
DIRECT = {                  # (expression, how many results are written where they belong)
    "slots": (put(FIRST, np.s_[:, :, 1], x * T.exp(x)), 2),
    "the last slot": (put(FIRST, np.s_[:, :, -1], T.exp(y)), 1),
    "inside zeros": (put(T.zeros_like(x), np.s_[1:-1, 2:-2], T.exp(x[1:-1, 2:-2])), 1),
    "inside an argument": (put(x, np.s_[1:-1], T.exp(y[1:-1])), 1),
    "columns": (columns(y, *(T.exp(k * x[:, 1]) for k in range(3))), 3),
    "edge and middle": (put(put(T.zeros_like(x), np.s_[1:], T.exp(x[1:])), 0, T.exp(y[0])), 2),
    "backwards": (put(T.zeros_like(x), np.s_[::-1, ::-1], T.exp(y)), 1),
    "then increased": (T.inc_subtensor(put(T.zeros_like(x), np.s_[:3], T.exp(x[:3]))[1:4], y[1:4]), 1),
    "increased before": (put(T.inc_subtensor(T.zeros_like(x)[:2], y[:2]), np.s_[2:], T.exp(x[2:])), 1),
    "one zero for two": (T.stack([put(T.zeros_like(x), np.s_[k:], T.exp(x[k:] * y[k:])) for k in (1, 2)]), 2),
    "over what was set before": (put(put(T.zeros_like(x), np.s_[:4], T.exp(x[:4])), np.s_[3:],
                                     T.exp(put(T.zeros_like(x), np.s_[:4], T.exp(x[:4])).sum() * y[3:] / 1e3)), 2),
}
OTHERWISE = {
    "overlap": (put(put(T.zeros_like(x), np.s_[:4], T.exp(x[:4])), np.s_[3:], T.exp(x[3:])), 1),
    "overlap of slots": (put(FIRST, np.s_[:, :, 0], T.exp(y)), 1),
    "seen in between": (put(FIRST, np.s_[:, :, 1], T.exp(y)) + 2 * FIRST, 1),
    "copied before it is set": (put(FIRST, np.s_[:, :, 1], T.exp(x) * y) + 2 * FIRST, 1),
    "also wanted": ((put(T.zeros_like(x), np.s_[:, :5], HALF), HALF), 0),
    "twice the same": (put(put(T.zeros_like(x), np.s_[:, :5], HALF), np.s_[:, 5:], HALF), 0),
    "a row for all": (put(T.zeros_like(x), np.s_[1:], T.exp(y[0])), 0),
    "a number": (put(T.zeros_like(x), np.s_[1:], T.exp(y.sum() / 1e3)), 0),
    "single precision": (put(T.zeros_like(x), np.s_[1:], T.exp(y[1:]).astype("float32")), 0),
}
ALL = {name: expression for name, (expression, _) in (DIRECT | OTHERWISE).items()}


def written(f):
    """How many results of loops are written to a part of another value: those in place of what has no axes."""
    count = 0
    for words in (words for *_, words, _, _ in f.maker.compiled.program.code if words is not None):
        ndim, operands = words[0], words[5 + 2 * words[0]:]
        operands = [operands[k * (5 + ndim):(k + 1) * (5 + ndim)] for k in range(words[1])]
        count += sum(o[3] >= 0 and max(operands[o[3]][5:], default=0) < 0 for o in operands)
    return count


def function(expression, mode=None):
    outputs = list(expression) if isinstance(expression, tuple) else [expression]
    return theano.function([x, y], outputs, mode=mode, on_unused_input="ignore")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("mode", [None, WITHOUT], ids=["compiled", "vm"])
def test_as_one_after_the_other(name, mode):
    f, plain = function(ALL[name], mode), function(ALL[name], PLAIN)
    for shape in ((6, 10), (9, 10), (6, 10)):
        values = np.resize(GIVEN, shape), np.resize(GIVEN[::-1], shape)
        for found, expected in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("name", DIRECT | OTHERWISE)
def test_how_many_are(name):
    expression, count = (DIRECT | OTHERWISE)[name]
    assert written(function(expression)) == count


def test_what_has_another_shape_than_the_part():
    f = function(put(T.zeros_like(x), np.s_[1:], T.exp(y)))
    assert written(f) == 1
    expected = np.zeros((6, 10))
    expected[1:] = np.exp(GIVEN[:1])
    np.testing.assert_allclose(f(GIVEN, GIVEN[:1])[0], expected, rtol=1e-13)
    np.testing.assert_allclose(f(GIVEN, GIVEN[1:])[0][1:], np.exp(GIVEN[1:]), rtol=1e-13)
    with pytest.raises(ValueError):
        f(GIVEN, GIVEN[2:])
    np.testing.assert_allclose(f(GIVEN, GIVEN[:1])[0], expected, rtol=1e-13)


def test_a_part_of_one_element_takes_no_more():
    f = function(put(T.zeros_like(x), np.s_[1:2], T.exp(y)))
    with pytest.raises(ValueError):
        f(GIVEN, GIVEN)


def test_shared_variables_are_set_after_everything_that_can_fail():
    state = theano.shared(np.zeros((6, 10)))
    new = put(state, np.s_[1:], T.exp(x[1:] + state[:-1]))
    f = theano.function([x, y], T.dot(x, y), updates=[(state, new)])
    with pytest.raises(ValueError):
        f(GIVEN, GIVEN)
    assert not state.get_value().any()
    f(GIVEN, GIVEN.T)
    np.testing.assert_allclose(state.get_value()[1:], np.exp(GIVEN[1:]))
    assert not state.get_value()[0].any()


def test_in_the_steps_of_a_loop():
    def step(row, before):
        return put(put(T.zeros_like(before), np.s_[1:], T.exp(before[:-1] - row[1:])), 0, T.tanh(row[0]))

    states, _ = theano.scan(step, sequences=x, outputs_info=T.zeros_like(x[0]))
    f, expected, state = theano.function([x], states), [], np.zeros(10)
    for row in GIVEN:
        state = np.concatenate([[np.tanh(row[0])], np.exp(state[:-1] - row[1:])])
        expected.append(state)
    np.testing.assert_allclose(f(GIVEN), expected, rtol=1e-13)


@pytest.mark.parametrize(("one", "other", "apart"), [
    (np.s_[0], np.s_[1], True), (np.s_[0], np.s_[-1], False), (np.s_[-2], np.s_[-1], True), (np.s_[1], np.s_[1], False),
    (np.s_[:, 0], np.s_[:, 1], True), (np.s_[1:], np.s_[0], True), (np.s_[1:], np.s_[1], False),
    (np.s_[:2], np.s_[2:], True), (np.s_[:3], np.s_[2:], False), (np.s_[:-1], np.s_[-1], False),
    (np.s_[::2], np.s_[1::2], False), (np.s_[::-1], np.s_[0], False), (np.s_[4::-1], np.s_[0], False),
    (np.s_[1:2, 3], np.s_[1:2], False), (np.s_[:, :2], np.s_[:, 5:], True), (np.s_[-3:], np.s_[:2], False),
])
def test_what_is_apart(one, other, apart):
    params = [encode_index(None, index if isinstance(index, tuple) else (index,))[0] for index in (one, other)]
    assert _are_apart(*params) is apart
    assert _are_apart(*params[::-1]) is apart
