"""What NumPy puts around arrays."""

import numpy as np
import pytest
from numpy_calls import PLAIN, agrees, derives, listed

import theano
import theano.tensor as T

CALLS = """
np.pad(x, 2, mode='edge'); np.pad(x, ((1, 2), (0, 3)), mode='edge'); np.pad(v, 7, mode='reflect')
np.pad(v, 7, 'symmetric'); np.pad(v, 12, 'wrap'); np.pad(x, ((1, 3), (2, 1)), 'reflect'); np.pad(x, 2, 'symmetric')
np.pad(t, 1, 'wrap'); np.pad(v, 3, 'reflect', reflect_type='odd'); np.pad(v, 4, 'symmetric', reflect_type='odd')
np.pad(v, 14, 'reflect', reflect_type='odd'); np.pad(v, 14, 'symmetric', reflect_type='odd'); np.pad(o, 3, 'reflect')
np.pad(o, 3, 'reflect', reflect_type='odd'); np.pad(o, 3, 'symmetric'); np.pad(o, 2, 'wrap')
np.pad(i, (2, 3), 'reflect'); np.pad(x, 3, 'linear_ramp'); np.pad(x, 3, 'linear_ramp', end_values=((1, 2), (3, 4)))
np.pad(i, 4, 'linear_ramp', end_values=7); np.pad(k, (3, 0), 'linear_ramp', end_values=-5); np.pad(x, 2, 'maximum')
np.pad(x, 2, 'minimum'); np.pad(x, 2, 'mean'); np.pad(x, ((0, 2), (3, 0)), 'median'); np.pad(i, 2, 'mean')
np.pad(i, 1, 'median'); np.pad(i, 1, 'maximum', stat_length=2); np.pad(x, 1, 'mean', stat_length=((1, 2), (3, 9)))
np.pad(x, 1, constant_values=((1, 2), (3, 4))); np.pad(i, (1, 2), constant_values=(1, 2)); np.pad(x, 0, 'edge')
np.pad(f, 2, 'linear_ramp'); np.pad(f, 1, 'mean'); np.pad(x, {0: 1, -1: (0, 2)}); np.pad(s, 0)
np.pad(z, 1, 'reflect'); np.pad(z, 1, 'linear_ramp'); np.pad(b, 1, 'edge'); np.pad(e, 1)
np.pad(e, ((0, 0), (1, 2)), 'edge'); np.pad(u, 2, 'wrap'); np.pad(x, 1, constant_values=s)
"""
DERIVED = """
np.pad(x, ((1, 3), (2, 1)), 'reflect'); np.pad(x, 2, 'symmetric'); np.pad(v, 12, 'wrap'); np.pad(x, 2, 'edge')
np.pad(v, 14, 'reflect', reflect_type='odd'); np.pad(x, 3, 'linear_ramp', end_values=2.0); np.pad(x, 2, 'mean')
np.pad(x, 1, 'maximum'); np.pad(x, 1, 'median'); np.pad(x, 1, constant_values=((1, 2), (3, 4)))
"""


@pytest.mark.parametrize("call", listed(CALLS))
def test_values(call):
    agrees(call)


@pytest.mark.parametrize("call", listed(DERIVED))
def test_gradients(call, rng):
    derives(call, rng)


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap", "linear_ramp", "minimum", "median"])
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_drawn_widths(mode, dtype, rng):
    for ndim in (1, 2, 3):
        x, value = T.TensorType(dtype, (False,) * ndim)(), rng.randint(-9, 9, rng.randint(1, 5, ndim)).astype(dtype)
        widths = [rng.randint(0, 9, (ndim, 2)).tolist() for _ in range(3)]
        odd = {"reflect_type": "odd"} if mode in ("reflect", "symmetric") else {}
        given = [(width, options) for width in widths for options in ({}, odd)]
        f = theano.function([x], [np.pad(x, width, mode, **options) for width, options in given], mode=PLAIN)
        for found, (width, options) in zip(f(value), given, strict=True):
            np.testing.assert_allclose(found, np.pad(value, width, mode, **options), atol=1e-12)
