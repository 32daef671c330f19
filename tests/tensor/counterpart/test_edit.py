"""Parts taken out of arrays and put in."""

import pytest
from numpy_calls import agrees, derives, listed

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
"""
DERIVED = """
np.delete(x, [0, -1], axis=1); np.delete(v, slice(None, None, 2)); np.insert(v, [3, 0, -1], w[:3])
np.insert(x, 1, r, axis=0); np.resize(x, (5, 5)); np.trim_zeros(v)
"""


@pytest.mark.parametrize("call", listed(CALLS))
def test_values(call):
    agrees(call)


@pytest.mark.parametrize("call", listed(DERIVED))
def test_gradients(call, rng):
    derives(call, rng)
