"""Elements counted between bounds."""

from numpy_calls import compared

CALLS = """
np.histogram(v); np.histogram(x, 4); np.histogram(v, bins=[-1.0, 0.0, 0.5, 1.0]); np.histogram(x, 5, (-1.0, 1.0))
np.histogram(x, 4, density=True); np.histogram(v, 3, weights=w); np.histogram(v, 3, weights=w, density=True)
np.histogram(k, 3); np.histogram(v * 0, 3); np.histogram(e, 3); np.histogram(v, c); np.histogram_bin_edges(v, 4)
np.histogram(v, 3, weights=k); np.histogram2d(v, w, 3); np.histogram2d(v, w, [3, 2])
np.histogram2d(v, w, [[-1.0, 0.0, 1.0], 2], density=True); np.histogram2d(v, w, 2, weights=c)
np.histogram2d(v, w, 3, range=[[-1, 1], [1, 3]]); np.bincount(k, minlength=9); np.digitize(x, c)
"""
DERIVED = """
np.histogram(c, [0.2, 0.5, 0.9], weights=v)[0]
"""

test_values, test_gradients = compared(CALLS, DERIVED)
