"""Sums, extrema, means, variances and quantiles, of chosen elements and of those that are numbers."""

from numpy_calls import compared

CALLS = """
np.sum(x, initial=3.0); np.sum(x, axis=0, where=b); np.sum(x, axis=(0, 1), where=b, initial=1); np.sum(i, initial=0.5)
np.sum(i, where=[True, False, True, True]); np.sum(e, axis=0, initial=2.0); np.sum(b, where=b)
np.sum(x, axis=1, dtype='float32'); np.sum(x, out=None); np.prod(x, initial=3.0)
np.prod(x, axis=1, where=b, keepdims=True); np.prod(i, where=b); np.max(x, initial=0.5)
np.max(x, axis=0, where=b, initial=-1.0); np.max(x, axis=(0, 1), where=b, initial=-1.0, keepdims=True)
np.min(x, axis=1, initial=0.0, where=b); np.max(e, axis=0, initial=2.0); np.max(e, initial=2.0); np.min(i, initial=3)
np.max(i, initial=2.7); np.amax(x, axis=-1, initial=1.0, keepdims=True)
np.amin(t, axis=(0, 2), where=t > 0, initial=9.0); np.max(s, initial=3.0); np.max(n, initial=0.0)
np.max(t, axis=(2, 0), initial=-9.0); np.max(s, axis=()); np.all(x, where=b); np.any(x, axis=0, where=b)
np.all(b, axis=1, where=[True, False, False, True]); np.mean(x, where=b); np.mean(x, axis=1, where=b[:, ::-1] | b)
np.var(x, where=b); np.std(x, where=b, axis=1); np.var(x, ddof=1, where=x > 0); np.mean(i, where=b)
np.mean(f, where=b); np.var(z, where=b); np.std(z); np.var(f, where=b, keepdims=True)
np.var(x, dtype='float32', axis=0); np.std(i); np.add.reduce(x, initial=2.0)
np.maximum.reduce(x, axis=1, initial=0.0); np.add.reduce(x, where=b); np.nanmean(n, axis=1); np.nanvar(n)
np.nanstd(n, axis=0, ddof=0); np.nansum(n, axis=1, keepdims=True); np.nanprod(n, axis=0); np.nanmax(n, axis=1)
np.nanmin(i); np.nanargmax(x, axis=1); np.nanargmin(n); np.nanargmax(n); np.nancumsum(n, axis=1); np.nancumprod(n)
np.nansum(i); np.nanmean(i); np.nansum(n, initial=2.0); np.average(x, axis=1, weights=r, returned=True)
np.average(x, returned=True); np.average(t, axis=(1, 2), weights=x)
np.average(t, axis=(0, 2), weights=t, keepdims=True); np.nansum(n, where=b); np.nanmax(n, axis=1, initial=-9.0)
np.nanmin(n, axis=0, where=b, initial=9.0); np.nanvar(n, where=b); np.var(x, correction=1)
np.std(x, axis=1, correction=1); np.ptp(x, 1, keepdims=True); np.nancumsum(i, 1, 'float64')
np.nanprod(n, where=b, initial=2.0); np.nanmean(n, 1, keepdims=True)
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
np.sum(x, axis=0, where=b); np.prod(x, axis=1, where=b); np.max(x, axis=1, initial=0.1)
np.min(x, axis=0, initial=0.0, where=b); np.var(x, where=b); np.std(x, axis=1); np.mean(x, where=b)
np.average(t, axis=(1, 2), weights=x); np.nancumsum(x, axis=0)
np.median(t, axis=(0, 2)); np.quantile(x, [0.3, 0.6], axis=1); np.nanquantile(x, 0.4, axis=0)
"""

test_values, test_gradients = compared(CALLS, DERIVED)
