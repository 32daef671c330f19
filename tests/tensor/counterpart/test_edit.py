"""Parts taken out of arrays, and put into and around them."""

import numpy as np
import pytest
from numpy_calls import PLAIN, compared

import theano
import theano.tensor as T

CALLS = """
np.delete(v, [0, 2]); np.delete(x, [0, -1], axis=1); np.delete(x, slice(1, 3), axis=1)
np.delete(v, slice(None, None, 2)); np.delete(v, [True, False, True, False, False]); np.delete(x, 1, 0)
np.delete(x, -1, axis=1); np.delete(v, []); np.delete(x, [3, 3, 5]); np.delete(v, k[:2] * 0 + 1); np.delete(v, v > 0)
np.delete(t, np.array([1]), axis=1); np.delete(i, slice(-2, None), axis=0); np.delete(v, np.array(2))
np.delete(x, slice(3, 0, -1), axis=1); np.insert(v, 1, 9.0); np.insert(v, 1, [7.0, 8.0]); np.insert(x, 1, 9.0, axis=1)
np.insert(x, 1, v[:3], axis=1); np.insert(x, 1, r, axis=0); np.insert(x, [1], v[:3, None], axis=1)
np.insert(x, [0, 2, 2], 5.0, axis=1); np.insert(v, [3, 0, -1], [1.0, 2.0, 3.0]); np.insert(v, slice(0, 4, 2), 6.0)
np.insert(v, np.array([True, False, True, False, False]), 1.0); np.insert(v, v > 0, 1.0); np.insert(x, -1, 0.0)
np.insert(v, 5, 1.0); np.insert(i, 2, 3.7); np.insert(x, [0, 4], [[1.0, 2.0]], axis=1); np.insert(v, [], [])
np.insert(t, 1, x[:2], axis=1); np.insert(v, np.array(1), s); np.resize(x, (2, 3)); np.resize(v, 12)
np.resize(x, (5, 5)); np.trim_zeros(g); np.trim_zeros(g, 'f'); np.trim_zeros(g, 'b'); np.trim_zeros(g * 0)
np.append(x, [[1.0, 2, 3, 4]], axis=0)
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
np.delete(x, [0, -1], axis=1); np.delete(v, slice(None, None, 2)); np.insert(v, [3, 0, -1], w[:3])
np.insert(x, 1, r, axis=0); np.resize(x, (5, 5)); np.trim_zeros(v)
np.pad(x, ((1, 3), (2, 1)), 'reflect'); np.pad(x, 2, 'symmetric'); np.pad(v, 12, 'wrap'); np.pad(x, 2, 'edge')
np.pad(v, 14, 'reflect', reflect_type='odd'); np.pad(x, 3, 'linear_ramp', end_values=2.0); np.pad(x, 2, 'mean')
np.pad(x, 1, 'maximum'); np.pad(x, 1, 'median'); np.pad(x, 1, constant_values=((1, 2), (3, 4)))
"""

test_values, test_gradients = compared(CALLS, DERIVED)


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
