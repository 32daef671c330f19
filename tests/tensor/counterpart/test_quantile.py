"""Medians and quantiles."""

import pytest
from numpy_calls import agrees, derives, listed

CALLS = """
np.median(x, axis=(0, 1)); np.median(t, axis=(0, 2)); np.median(t, axis=(2, 0), keepdims=True)
np.median(x, keepdims=True); np.median(x, axis=1, keepdims=True); np.median(n, axis=0); np.median(i, axis=1)
np.median(s); np.median(f, axis=0); np.median(t, axis=-1); np.quantile(x, 0.3)
np.quantile(x, [0.1, 0.5, 1.0], axis=1); np.quantile(t, 0.25, axis=(0, 2), keepdims=True)
np.quantile(x, [[0.0, 0.2], [0.3, 0.9]], axis=0, keepdims=True); np.percentile(x, 30)
np.percentile(t, [10, 90], axis=1); np.quantile(x, s / 2, axis=0); np.quantile(n, 0.5, axis=1)
np.quantile(x, 0.37, method='lower'); np.quantile(x, 0.37, method='higher', axis=0)
np.quantile(x, 0.37, method='nearest'); np.quantile(x, 0.37, method='midpoint', axis=1)
np.quantile(x, [0.0, 0.01, 0.99, 1.0], method='hazen'); np.quantile(x, 0.37, method='weibull', axis=0)
np.quantile(x, 0.77, method='median_unbiased'); np.quantile(x, 0.77, method='normal_unbiased', axis=1)
np.quantile(v, [0.01, 0.5], method='interpolated_inverted_cdf'); np.quantile(i, 0.3, axis=1)
np.nanquantile(n, 0.4, axis=0); np.nanquantile(n, [0.4, 0.6], axis=1, keepdims=True); np.nanpercentile(n, 40)
np.nanmedian(n); np.nanmedian(n, axis=1); np.nanmedian(n, axis=0, keepdims=True); np.quantile(f, 0.3)
"""
DERIVED = """
np.median(t, axis=(0, 2)); np.quantile(x, [0.3, 0.6], axis=1); np.nanquantile(x, 0.4, axis=0)
"""


@pytest.mark.parametrize("call", listed(CALLS))
def test_values(call):
    agrees(call)


@pytest.mark.parametrize("call", listed(DERIVED))
def test_gradients(call, rng):
    derives(call, rng)
