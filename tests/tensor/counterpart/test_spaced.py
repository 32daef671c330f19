"""Evenly spaced numbers, grids and indices of parts."""

from numpy_calls import compared

CALLS = """
np.linspace(x, 2, 5, axis=1); np.linspace(s, 3, 4, retstep=True); np.linspace(v, w, 3, axis=-1)
np.linspace(v, w, 3, endpoint=False, retstep=True); np.linspace(s, 9, 4, dtype='int64'); np.linspace(0, s, 1)
np.linspace(0, s, 0); np.linspace(-s, s, 5, dtype=int); np.linspace(i, 7, 3); np.linspace(z, 1, 3, axis=2)
np.logspace(s, 3, 4); np.logspace(v, w, 3, base=2.0, axis=1); np.logspace(0, s, 4, endpoint=False)
np.geomspace(s, 100, 4); np.geomspace(-w, -2.0 * w, 3, axis=1); np.geomspace(s, 3, 5, endpoint=False)
np.ix_(k, v > 0); np.diag_indices_from(m); np.tril_indices_from(x); np.triu_indices_from(m, 1)
np.meshgrid(v, k, sparse=True)
"""
DERIVED = """
np.linspace(v, w, 4, axis=1); np.geomspace(w, 2 * w, 3); np.logspace(v, w, 3, base=2.0)
"""

test_values, test_gradients = compared(CALLS, DERIVED)
