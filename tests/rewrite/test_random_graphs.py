"""Rewriting, fusing and compiling never change a value: random graphs against unoptimised Python."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.elemwise import ELEMWISE

PYTHON = theano.Mode("py", None)
UNARY = ("neg", "exp", "tanh", "sqr", "sigmoid", "softplus", "abs_", "inv", "log1p", "expm1", "sin", "sqrt", "log")
BINARY = ("add", "sub", "mul", "true_div", "maximum", "minimum", "pow")
NUMBERS = (0, 1, 2, -1, 0.5, 3.0)


def grow(rng, inputs, steps):
    """A random expression of positive, moderate values."""
    pool = list(inputs)
    for _ in range(steps):
        kind = rng.randint(8)
        x = pool[rng.randint(len(pool))]
        if kind < 3:
            y = ELEMWISE[UNARY[rng.randint(len(UNARY))]](x)
        elif kind < 6:
            other = pool[rng.randint(len(pool))] if rng.randint(3) else NUMBERS[rng.randint(len(NUMBERS))]
            pair = (x, other) if rng.randint(2) else (other, x)
            y = ELEMWISE[BINARY[rng.randint(len(BINARY))]](*pair)
        elif kind == 6 and x.ndim:
            axis = rng.randint(x.ndim)
            y = (x.sum, x.max, x.mean)[rng.randint(3)](axis=axis, keepdims=True)
        else:
            y = x[:, ::-1] if x.ndim == 2 else x + 1
        if y.dtype == "float64":
            pool.append(y)
    return pool[-4:]


@pytest.mark.parametrize("seed", range(60))
def test_values_survive_rewriting(seed):
    rng = np.random.RandomState(seed)
    x, y, s = T.dmatrix("x"), T.dmatrix("y"), T.dscalar("s")
    outputs = grow(rng, [x, y, s], 14)
    values = [rng.uniform(0.3, 1.5, (3, 4)), rng.uniform(0.3, 1.5, (3, 4)), np.asarray(0.7)]
    options = {"on_unused_input": "ignore"}
    with np.errstate(all="ignore"):
        expected = theano.function([x, y, s], outputs, mode=PYTHON, **options)(*values)
        for mode in ("FAST_RUN", theano.Mode("py", "fast_run"), "FAST_COMPILE"):
            results = theano.function([x, y, s], outputs, mode=mode, **options)(*values)
            for a, b in zip(results, expected, strict=True):
                finite = np.isfinite(b) & (np.abs(b) < 1e8)
                assert a.shape == b.shape and a.dtype == b.dtype
                np.testing.assert_allclose(a[finite], b[finite], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_gradients_survive_rewriting(seed):
    rng = np.random.RandomState(1000 + seed)
    x, y, s = T.dmatrix("x"), T.dmatrix("y"), T.dscalar("s")
    cost = sum(o.sum() for o in grow(rng, [x, y, s], 8))
    gradients = T.grad(cost, [x, y, s], disconnected_inputs="ignore")
    values = [rng.uniform(0.3, 1.5, (3, 4)), rng.uniform(0.3, 1.5, (3, 4)), np.asarray(0.7)]
    options = {"on_unused_input": "ignore"}
    with np.errstate(all="ignore"):
        expected = theano.function([x, y, s], gradients, mode=PYTHON, **options)(*values)
        results = theano.function([x, y, s], gradients, **options)(*values)
    for a, b in zip(results, expected, strict=True):
        finite = np.isfinite(b) & (np.abs(b) < 1e8)
        np.testing.assert_allclose(a[finite], b[finite], rtol=1e-6, atol=1e-8)
