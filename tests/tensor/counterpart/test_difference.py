"""Differences, slopes and interpolation."""

from numpy_calls import compared

CALLS = """
np.gradient(v); np.gradient(x); np.gradient(x, axis=0); np.gradient(x, axis=(1, 0)); np.gradient(x, 2.0)
np.gradient(x, 2.0, 3.0); np.gradient(v, c); np.gradient(x, r, axis=1); np.gradient(v, edge_order=2)
np.gradient(x, edge_order=2, axis=0); np.gradient(v, c, edge_order=2); np.gradient(x, 0.5, r, edge_order=2)
np.gradient(t, axis=-1); np.gradient(i, axis=1); np.gradient(f, axis=1); np.gradient(z, axis=0); np.gradient(v, s)
np.gradient(x, np.array([0.0, 1.0, 3.0]), axis=0); np.diff(x, prepend=0); np.diff(x, append=1.5, axis=0)
np.diff(x, prepend=x, append=0.0); np.diff(v, 2, prepend=[1.0, 2.0]); np.diff(x, prepend=x[:, :1], axis=1)
np.diff(x, n=0, prepend=0); np.diff(b); np.diff(i, prepend=0, n=3); np.diff(v, prepend=s)
np.diff(e, prepend=1, axis=0); np.diff(z, append=0); np.diff(f, prepend=0); np.ediff1d(v, to_begin=0)
np.ediff1d(v, to_end=[1.0, 2.0], to_begin=-9); np.ediff1d(x, 7); np.ediff1d(i, to_begin=np.array([1, 2]))
np.ediff1d(v[:0]); np.ediff1d(v, to_end=s); np.trapezoid(x, dx=2.0, axis=0); np.trapezoid(x, r)
np.trapezoid(x, x, axis=1); np.trapezoid(i); np.interp(x, c, v); np.interp(x, c, v, left=-1.0, right=9.0)
np.interp(x, c, v, period=0.7); np.interp(s, c, v); np.unwrap(v * 5); np.unwrap(x * 9, axis=0)
np.unwrap(x * 9, period=3.0); np.unwrap(i * 3, period=4); np.unwrap(k * 5, period=7); np.unwrap(x * 9, discont=4.0)
np.unwrap(f * 9)
"""
DERIVED = """
np.gradient(v, c); np.gradient(v, c, edge_order=2); np.gradient(x, axis=0); np.diff(x, prepend=x[:, :1] ** 2)
np.ediff1d(x, to_begin=v); np.trapezoid(x, r); np.interp(x, c, v); np.unwrap(v * 5); np.unwrap(x * 9, axis=0)
"""

test_values, test_gradients = compared(CALLS, DERIVED)
