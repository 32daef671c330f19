"""Extents of 1 and of 0 that only show when a function runs: values, and the shapes and values of gradients, as NumPy.

Every expression is compiled once for each rank and mode, of inputs whose types don't say that anything is broadcast.
"""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as tt


def total(values, like):
    """The gradient of a sum: ``values`` added up over the axes along which an array was broadcast."""
    extra = values.ndim - like.ndim
    axes = tuple(range(extra)) + tuple(extra + d for d, n in enumerate(like.shape) if n == 1 != values.shape[extra + d])
    return values.sum(axis=axes, keepdims=True).reshape(like.shape)


EXPRESSIONS = {                         # of two arrays, and its derivatives by both
    "x * y": (lambda m, x, y: x * y, lambda x, y: (y, x)),
    "exp(x) - 2 * y": (lambda m, x, y: m.exp(x) - 2 * y, lambda x, y: (np.exp(x), -2.0)),
    "x / (1 + y**2)": (lambda m, x, y: x / (1 + y ** 2), lambda x, y: (1 / (1 + y ** 2), -2 * x * y / (1 + y**2)**2)),
    "(x - y)**2": (lambda m, x, y: (x - y) ** 2, lambda x, y: (2 * (x - y), -2 * (x - y))),
    "tanh(x + y) * x": (lambda m, x, y: m.tanh(x + y) * x,
                        lambda x, y: (m_tanh(x, y) + np.tanh(x + y), m_tanh(x, y))),
    "x + y**0": (lambda m, x, y: x + y ** 0, lambda x, y: (1.0, 0.0)),
}


def m_tanh(x, y):
    return (1 - np.tanh(x + y) ** 2) * x


def shapes(rank, count, seed):
    """Pairs of shapes with extents of 0, 1 and 3 that fit together, the first ones by hand, the others drawn."""
    every = list(itertools.product((0, 1, 3), repeat=rank))
    fitting = [(a, b) for a in every for b in every if a != b and all(n == m or 1 in (n, m)
                                                                      for n, m in zip(a, b, strict=True))]
    np.random.default_rng(seed).shuffle(fitting)
    return fitting[:count]


COUNTS = {1: 4, 2: 15, 3: 16}           # of shapes, for each expression: 6 * (4 + 15 + 16) = 210 cases
MODES = {"native": None, "python": theano.Mode("py", "fast_run")}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("rank", COUNTS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_gradients(name, rank, mode):
    build, slopes = EXPRESSIONS[name]
    x, y = (tt.TensorType("float64", (False,) * rank)(n) for n in "xy")
    value = build(tt, x, y)
    f = theano.function([x, y], [value, *theano.grad(value.sum(), [x, y])], mode=mode)
    rng, cases = np.random.default_rng(rank), shapes(rank, COUNTS[rank], rank)
    assert len(cases) == COUNTS[rank]
    for a, b in cases:
        u, v = rng.normal(size=a), rng.normal(size=b)
        expected = build(np, u, v)
        found, *gradients = f(u, v)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-10)
        for array, slope, gradient in zip((u, v), slopes(u, v), gradients, strict=True):
            assert gradient.shape == array.shape, (a, b)
            np.testing.assert_allclose(gradient, total(np.broadcast_to(slope, expected.shape), array), atol=1e-10)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_what_does_not_fit_is_refused(name, mode):
    x, y = tt.dmatrices("x", "y")
    f = theano.function([x, y], EXPRESSIONS[name][0](tt, x, y), mode=mode)
    for a, b in (((3, 2), (2, 3)), ((0, 3), (2, 3)), ((3, 1), (2, 1)), ((1, 0), (1, 2))):
        with pytest.raises(ValueError):
            np.empty(a) + np.empty(b)
        with pytest.raises(ValueError):
            f(np.ones(a), np.ones(b))


OTHERS = {                              # of one array, in Theano and in NumPy alike
    "sum": lambda m, x: x.sum(axis=0), "prod": lambda m, x: x.prod(axis=1), "any": lambda m, x: (x > 0).any(axis=0),
    "all": lambda m, x: (x > 0).all(axis=1), "cumsum": lambda m, x: m.cumsum(x, axis=0),
    "sorted": lambda m, x: m.sort(x, axis=1), "transposed": lambda m, x: x.T + 1,
    "flat": lambda m, x: x.reshape((-1,)) * 2 if x.ndim else x, "stacked": lambda m, x: m.stack([x, 2 * x]),
    "joined": lambda m, x: m.concatenate([x, x[:1]], axis=0), "dot": lambda m, x: m.dot(x.T, x),
    "outer": lambda m, x: x[:, None] * x[None], "reversed": lambda m, x: x[::-1, ::-1] - 1,
    "repeated": lambda m, x: m.tile(x, (2, 1)),
    "where": lambda m, x: (tt.switch if m is tt else np.where)(x > 0, x, -x),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_operations_on_rows_and_columns_of_one_and_none(name):
    x = tt.dmatrix("x")
    value = OTHERS[name](tt, x)
    outputs = [value, theano.grad(value.sum(), x, disconnected_inputs="ignore")] \
        if value.type.dtype == "float64" else [value]
    f = theano.function([x], outputs)
    for shape in itertools.product((0, 1, 3), repeat=2):
        given = np.random.default_rng(0).normal(size=shape)
        found, *gradient = f(given)
        expected = OTHERS[name](np, given)
        assert found.shape == expected.shape and (not gradient or gradient[0].shape == shape), shape
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_a_bias_of_one_element_for_a_whole_layer(mode):
    x, w, b = tt.dmatrix("x"), tt.dmatrix("w"), tt.dvector("b")
    cost = tt.tanh(tt.dot(x, w) + b).sum()
    f = theano.function([x, w, b], [cost, *theano.grad(cost, [x, w, b])], mode=mode)
    for n, k, h, c in itertools.product((0, 1, 3), (0, 1, 2), (1, 4), (1, 4)):
        if c not in (1, h) and h != 1:
            continue
        values = [np.ones((n, k)), np.full((k, h), 0.1), np.full(c, 0.5)]
        z = values[0] @ values[1] + values[2]
        found, *gradients = f(*values)
        np.testing.assert_allclose(found, np.tanh(z).sum())
        assert [g.shape for g in gradients] == [v.shape for v in values]
        np.testing.assert_allclose(gradients[2], total(1 - np.tanh(z) ** 2, values[2]))
