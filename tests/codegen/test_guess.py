"""Logarithms of sums of exponentials whose largest value is guessed are what they are where it is looked for."""

import numpy as np
import pytest
from scipy.special import logsumexp

import theano
import theano.tensor as T

NATIVE = theano.Mode(linker="cvm", optimizer="fast_run")
INF, NAN = np.inf, np.nan


def shifted_by_hand(x):
    largest = x.max(axis=1, keepdims=True)
    return (largest + T.log(T.exp(x - largest).sum(axis=1, keepdims=True)))[:, 0]


PROGRAMS = {
    "rows": (lambda x: T.log(T.exp(x).sum(axis=1)), lambda x: logsumexp(x, 1)),
    "columns": (lambda x: T.log(T.exp(x).sum(axis=0)), lambda x: logsumexp(x, 0)),
    "by hand": (shifted_by_hand, lambda x: logsumexp(x, 1)),
    "of a sum": (lambda x: 3 * T.log(T.exp(2 * x + 1).sum(axis=1)), lambda x: 3 * logsumexp(2 * x + 1, 1)),
    "log softmax": (lambda x: x - T.log(T.exp(x).sum(axis=1, keepdims=True)),
                    lambda x: x - logsumexp(x, 1, keepdims=True)),
}
RANDOM = np.random.default_rng(7).standard_normal((70, 200))
DATA = {
    "near": RANDOM,
    "far apart": 500 * RANDOM,
    "far off": RANDOM - 1e5,
    "rising": np.sort(20 * RANDOM),                             # the first points are far from the largest one
    "late": np.where(np.arange(200) < 150, RANDOM, 1000 * RANDOM),
    "some rows": np.where(np.arange(70)[:, None] % 3, RANDOM, 300 * RANDOM),
    "holes": np.where(RANDOM > 1, -INF, RANDOM),
    "special": np.vstack([np.full(200, -INF), np.full(200, INF), np.full(200, NAN), RANDOM[0],
                          np.where(np.arange(200) == 99, NAN, RANDOM[0]), np.where(np.arange(200) == 9, INF, RANDOM[0]),
                          np.where(np.arange(200) < 9, -INF, RANDOM[0]), RANDOM[1]]),
    "no rows": RANDOM[:0],
    "short rows": RANDOM[:, :5],
    "one": RANDOM[:1, :1],
}


def guesses(f):
    """Whether a nest of the function guesses."""
    return any(phase.tries for task in f.maker.compiled.nodes() if task.nest is not None for phase in task.nest.phases)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_guessing_changes_nothing(name, dtype):
    make, meant = PROGRAMS[name]
    x = T.matrix("x", dtype=dtype)
    f = theano.function([x], make(x), mode=NATIVE)
    assert guesses(f)
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    for label, data in DATA.items():
        if label == "special" and name == "by hand":            # inf - inf
            data = data[3:4]
        if label == "no rows" and name == "columns":
            continue
        data = data.astype(dtype)
        size = np.abs(data[np.isfinite(data)]).max(initial=1)       # what results are rounded like
        for given in (data, np.asfortranarray(data), data[:, ::-1], np.repeat(data, 2, 1)[:, ::2]):
            with np.errstate(all="ignore"):
                expected = meant(given.astype("float64")).astype(dtype)
            np.testing.assert_allclose(f(given), expected, tolerance, tolerance * size / 10, err_msg=label)


def test_a_row_depends_on_itself_alone():
    x = T.dmatrix("x")
    f = theano.function([x], T.log(T.exp(x).sum(axis=1)), mode=NATIVE)
    for data in (DATA["some rows"], DATA["special"]):
        np.testing.assert_array_equal(f(data), np.concatenate([f(row[None]) for row in data]))


def test_of_three_axes():
    x = T.dtensor3("x")
    f = theano.function([x], [T.log(T.exp(x).sum(axis=(0, 2))), T.log(T.exp(x).sum(axis=1))], mode=NATIVE)
    value = 3 * np.random.default_rng(1).standard_normal((9, 70, 11))
    for given in (value, value.transpose(2, 1, 0), 200 * value):
        for got, axis in zip(f(given), ((0, 2), 1), strict=True):
            np.testing.assert_allclose(got, logsumexp(given, axis), 1e-13)


@pytest.mark.parametrize("make", [
    lambda g, s: [g + T.log(s), g],
    lambda g, s: g + T.log(s) + s,
    lambda g, s: g * T.log(s),
    lambda g, s: g + g + T.log(s),
    lambda g, s: g + T.log1p(s),
    lambda g, s: g[:, None] + T.log(s),
    lambda g, s: g + T.log(s)[::-1],
    lambda g, s: g + T.log(s + 1),
])
def test_what_depends_on_the_shift_is_not_guessed(make):
    x = T.dmatrix("x")
    g = x.max(axis=1)
    f = theano.function([x], make(g, T.exp(x - g[:, None]).sum(axis=1)), mode=NATIVE)
    assert not guesses(f)
    plain = theano.function([x], make(g, T.exp(x - g[:, None]).sum(axis=1)), mode=theano.Mode("py", None))
    for got, expected in zip(np.atleast_1d(f(RANDOM)), np.atleast_1d(plain(RANDOM)), strict=True):
        np.testing.assert_allclose(got, expected, 1e-13)


def test_another_order_of_rows_is_not_guessed():
    x = T.dtensor3("x")
    g = x.max(axis=2)
    f = theano.function([x], g + T.log(T.exp(x - g[:, :, None]).sum(axis=2)).T, mode=NATIVE)
    assert not guesses(f)
    value = np.random.default_rng(2).standard_normal((6, 6, 100))
    top = value.max(2)
    np.testing.assert_allclose(f(value), top + np.log(np.exp(value - top[:, :, None]).sum(2)).T, 1e-13)


def test_the_largest_of_nothing_is_an_error():
    x = T.dmatrix("x")
    with pytest.raises(ValueError, match="of nothing"):
        theano.function([x], shifted_by_hand(x), mode=NATIVE)(np.zeros((5, 0)))
    f = theano.function([x], PROGRAMS["rows"][0](x), mode=NATIVE)
    np.testing.assert_array_equal(f(np.zeros((5, 0))), [-INF] * 5)
