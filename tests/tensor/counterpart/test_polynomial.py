"""Polynomials and convolution."""

from numpy_calls import compared

CALLS = """
np.vander(v); np.vander(v, 3); np.vander(v, 4, increasing=True); np.vander(k, 3); np.vander(v, 0); np.polyval(v, x)
np.polyval([1.0, 2.0], s); np.polyval(v, w); np.polyval([1, 2], k); np.polyval(v, s); np.polyval(z[0], v)
np.polyadd(v, r); np.polysub(r, v); np.polymul(v, r); np.polyder(v); np.polyder(v, 2); np.polyder(v, 0); np.polyint(v)
np.polyint(v, 2, k=[1, 2]); np.polyfit(c, v, 2); np.polyfit(v, x.T[[0, 1, 2, 3, 0]], 1); np.polyfit(c, v, 1, w=w)
np.polyder(v, 9); np.convolve(v, r); np.convolve(v, r, 'same'); np.convolve(r, v, 'same'); np.convolve(v, r, 'valid')
np.convolve(r, v, 'valid'); np.convolve(k, u); np.convolve(z[0], v); np.convolve(v, s); np.correlate(v, r)
np.correlate(v, r, 'same'); np.correlate(r, v, 'same'); np.correlate(v, r, 'full'); np.correlate(r, v, 'full')
np.correlate(r, v); np.correlate(z[0], z[1], 'full'); np.correlate(r, z[1][:3], 'same')
np.correlate(v[:3], r, 'same'); np.correlate(v[:2], v, 'same')
"""
DERIVED = """
np.vander(v); np.vander(v, 4, True); np.polyval(v, x); np.polymul(v, r); np.polyint(v); np.polyfit(c, v, 2)
np.convolve(v, r, 'same'); np.correlate(v, r, 'full')
"""

test_values, test_gradients = compared(CALLS, DERIVED)
