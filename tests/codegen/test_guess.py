"""Logarithms of sums of exponentials are the same whether their largest value is guessed or looked for."""

import numpy as np
import pytest
from scipy.special import logsumexp

import theano
import theano.tensor as T

NATIVE = theano.Mode(linker="cvm", optimizer="fast_run")
INF, NAN = np.inf, np.nan


PROGRAMS = {
    "rows": (lambda x: T.log(T.exp(x).sum(axis=1)), lambda x: logsumexp(x, 1)),
    "columns": (lambda x: T.log(T.exp(x).sum(axis=0)), lambda x: logsumexp(x, 0)),
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
    assert guesses(f) == (dtype == "float64")
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    for label, data in DATA.items():
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
    lower = RANDOM.copy()
    lower[::2, 1] = -30                                         # among the first points
    for data in (DATA["some rows"], DATA["special"], lower):
        np.testing.assert_array_equal(f(data), np.concatenate([f(row[None]) for row in data]))


def test_of_three_axes():
    x = T.dtensor3("x")
    f = theano.function([x], [T.log(T.exp(x).sum(axis=(0, 2))), T.log(T.exp(x).sum(axis=1))], mode=NATIVE)
    value = 3 * np.random.default_rng(1).standard_normal((9, 70, 11))
    for given in (value, value.transpose(2, 1, 0), 200 * value):
        for got, axis in zip(f(given), ((0, 2), 1), strict=True):
            np.testing.assert_allclose(got, logsumexp(given, axis), 1e-13)


def finite(g):
    """What rewriting subtracts."""
    return T.switch(T.isinf(g), 0, g)


@pytest.mark.parametrize("make", [
    lambda g, s: [finite(g) + T.log(s), g],
    lambda g, s: [finite(g) + T.log(s), finite(g)],
    lambda g, s: finite(g) + T.log(s) + s,
    lambda g, s: finite(g) * T.log(s),
    lambda g, s: finite(g) + finite(g) + T.log(s),
    lambda g, s: finite(g) + T.log1p(s),
    lambda g, s: finite(g)[:, None] + T.log(s),
    lambda g, s: finite(g) + T.log(s)[::-1],
    lambda g, s: finite(g) + T.log(s + 1),
    lambda g, s: g + T.log(s),
])
def test_what_depends_on_the_shift_is_not_guessed(make):
    x = T.dmatrix("x")
    g = x.max(axis=1)
    outputs = make(g, T.exp(x - finite(g)[:, None]).sum(axis=1))
    f, plain = (theano.function([x], outputs, mode=mode) for mode in (NATIVE, theano.Mode("py", None)))
    assert not guesses(f)
    for got, expected in zip(np.atleast_1d(f(RANDOM)), np.atleast_1d(plain(RANDOM)), strict=True):
        np.testing.assert_allclose(got, expected, 1e-13)


def test_that_these_would_be_guessed():
    x = T.dmatrix("x")
    g = finite(x.max(axis=1))
    assert guesses(theano.function([x], g + T.log(T.exp(x - g[:, None]).sum(axis=1)), mode=NATIVE))


@pytest.mark.parametrize("make", [
    lambda x, top, total: total * 2 + (x - top) * total,
    lambda x, top, total: total + T.switch(T.eq(x, top), 1, 0) * total,
    lambda x, top, total: [x - total, T.exp(x - total).sum(axis=1), T.nnet.softmax(x)],
    lambda x, top, total: [total, T.grad(total.sum(), x), T.grad((total ** 2).sum(), x)],
    lambda x, top, total: [x - total, T.log(T.exp(2 * x).sum(axis=1)), x.min(axis=1)],
])
def test_other_phases_of_the_same_rows(make):
    x = T.dmatrix("x")
    total = T.log(T.exp(x).sum(axis=1, keepdims=True))
    outputs = make(x, x.max(axis=1, keepdims=True), total)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    f, plain = (theano.function([x], outputs, mode=mode) for mode in (NATIVE, theano.Mode("py", None)))
    for data in (RANDOM, RANDOM[:, :5], 30 * RANDOM):
        for got, expected in zip(f(data), plain(data), strict=True):
            np.testing.assert_allclose(got, expected, 1e-11, 1e-11)


@pytest.mark.parametrize("count", [50, 54, 56, 60])
def test_more_operands_than_a_nest_has(count):
    x = T.dmatrix("x")
    total = T.log(T.exp(x).sum(axis=1, keepdims=True))
    f = theano.function([x], [T.tanh(x * (i + 1.0)) - total * (i + 3.0) for i in range(count)], mode=NATIVE)
    expected = logsumexp(RANDOM, 1, keepdims=True)
    for i, got in enumerate(f(RANDOM)):
        np.testing.assert_allclose(got, np.tanh(RANDOM * (i + 1)) - expected * (i + 3), 1e-12, 1e-12)


def test_another_order_of_rows_is_not_guessed():
    x = T.dtensor3("x")
    g = finite(x.max(axis=2))
    f = theano.function([x], g + T.log(T.exp(x - g[:, :, None]).sum(axis=2)).T, mode=NATIVE)
    assert not guesses(f)
    value = np.random.default_rng(2).standard_normal((6, 6, 100))
    top = value.max(2)
    np.testing.assert_allclose(f(value), top + np.log(np.exp(value - top[:, :, None]).sum(2)).T, 1e-13)


def test_sums_of_nothing():
    x = T.dmatrix("x")
    f = theano.function([x], PROGRAMS["rows"][0](x), mode=NATIVE)
    np.testing.assert_array_equal(f(np.zeros((5, 0))), [-INF] * 5)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", "fast_run")], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("make", [lambda x, axis: T.log(T.exp(x).sum(axis=axis)), T.logsumexp], ids=["log", "one"])
def test_nothing(make, dtype, mode):
    x = T.matrix("x", dtype=dtype)
    cases = {(0, 3): [-INF, [-INF] * 3, []], (2, 0): [-INF, [], [-INF] * 2], (0, 0): [-INF, [], []]}
    f = theano.function([x], [make(x, axis) for axis in (None, 0, 1)], mode=mode)
    for shape, expected in cases.items():
        assert [v.tolist() for v in f(np.ones(shape, dtype))] == expected
    alone = theano.function([x], make(x, None), mode=mode)       # of all, the reduction stands for itself
    assert alone(np.ones((0, 3), dtype)) == -INF


@pytest.mark.parametrize("dtype", ["uint8", "int8", "float16", "complex64"])
def test_logsumexp_of_other_dtypes(dtype):
    x = T.vector("x", dtype=dtype)
    found = theano.function([x], T.logsumexp(x))(np.array([1, 5, 3], dtype))
    assert found.dtype == T.exp(x).dtype
    np.testing.assert_allclose(found, logsumexp([1., 5., 3.]), rtol=1e-3)
