"""Arrays in other shapes, orders and places, and elements chosen and rounded."""

from numpy_calls import compared

CALLS = """
np.sort(np.unique_values(k)); np.ravel(x, order='F'); np.ravel(t, 'F'); np.ravel(s, 'F'); np.ravel(x, order='A')
np.reshape(x, (4, 3), order='F'); np.reshape(t, (4, -1), order='F'); np.reshape(x, -1, order='F'); np.reshape(x, 12)
np.reshape(x, shape=(2, 6)); np.reshape(x, (2, 6), copy=True); np.reshape(s, (1, 1), order='F'); np.round(i)
np.rint(i); np.around(i, 2); np.round(i * 7, -1); np.round(x, 2); np.round(x * 100, -1); np.round(f, 1)
np.round(z, 1); np.fix(i); np.round(u, -1); np.roll(s, 1); np.roll(x, (1, 2), (0, 1)); np.roll(x, (1, 2), axis=1)
np.roll(x, 5); np.roll(t, 1, (0, 2)); np.roll(e, 1, axis=0); np.roll(x, (1, 2)); np.roll(o, 3); np.tril(v)
np.triu(v, 1); np.tril(x, -1); np.triu(k); np.clip(x, None, 0.5); np.clip(x, 0.1, None); np.clip(x, min=0.2)
np.clip(x, max=s); x.clip(None, 1); np.clip(x, 0, 1); np.clip(i, None, 2); np.clip(x, r, None); np.clip(u, 3, None)
np.heaviside(x, 0.5); np.heaviside(i, 1.0); np.nan_to_num(n, copy=False); np.nan_to_num(n, nan=1.0); np.nan_to_num(z)
np.cov(x, fweights=[1, 2, 3, 4]); np.cov(x, aweights=r); np.cov(v, w); np.cov(x, rowvar=False, ddof=0)
np.corrcoef(v, w); np.corrcoef(x, rowvar=False); np.corrcoef(x, x + v[:4]); np.broadcast_arrays(x, r, s)
np.broadcast_arrays(o, x); np.block([[x, x], [x, x * 2]]); np.block([v, w]); np.block([[np.stack([s, s]), v]])
np.block([s, v]); np.astype(x, 'int32'); np.unstack(np.stack([s, s + 1])); np.isposinf(x / 0); np.isneginf(x / 0)
np.piecewise(x, [x < 0, x > 1], [lambda y: -y, 5.0, lambda y: y * y]); np.piecewise(v, [v > 0], [lambda y: y])
np.lexsort((k, u)); np.lexsort((v, k)); np.lexsort((i, x)); np.lexsort((i, i[::-1]), axis=0); np.sort_complex(z)
np.cumsum(i, axis=1, dtype='float64'); np.cumsum(x, dtype='float32'); np.cumulative_sum(v, include_initial=True)
np.cumulative_prod(x, axis=1, include_initial=True); np.take_along_axis(x, np.argsort(x, axis=None), axis=None)
np.take_along_axis(x, np.argsort(x), axis=-1); np.modf(x * 3); np.modf(i); np.ldexp(x, i); np.matvec(t, r)
np.vecmat(x[:, 0], t); np.matvec(q, x); np.vecmat(z[0], m); np.array_equal(x, x); np.moveaxis(t, [0, 1], [2, 0])
np.concatenate([x, i], axis=None); np.concatenate([x, i], dtype='float32'); np.hstack([x, x])
np.stack([x, i], dtype='float32'); np.vstack([v, v], dtype='float32'); np.zeros_like(x, shape=(2, 3))
np.ones_like(a=i); np.full_like(x, 2.5, shape=4, dtype='int64'); np.size(x, 1); np.size(a=x); np.sort(x, stable=True)
np.argsort(k, stable=True); np.array_equal(n, n); np.array_equal(n, n, equal_nan=True)
np.corrcoef(x, dtype='float64'); np.argmax(a=x, axis=1); np.compress(condition=[True, False, True], a=x, axis=0)
np.repeat(a=v, repeats=2); np.searchsorted(a=c, v=v); np.hsplit(x, indices_or_sections=2); np.vsplit(x, [1])
np.transpose(a=x); np.swapaxes(a=x, axis1=0, axis2=1)
np.broadcast_to(s, 3); np.broadcast_to(r, x.shape); np.tile(s, 3); np.angle(z, deg=True); np.cumsum(b)
np.cumprod(b, axis=1); np.broadcast_to(v, (x.shape[0], 5)); np.reshape(x, (x.shape[1], 3), order='F')
np.full_like(v, 1.0, shape=x.shape); np.resize(v, x.shape); np.reshape(x, x.shape[::-1], order="F")
np.cumulative_sum(b, axis=1); np.roll(e, 1, axis=1); np.tile(e, (2, 2)); np.tril(e); np.block([[e], [x]])
np.ravel(e, 'F'); np.full_like(v, 2.0, shape=(x.shape[1], 2))
"""
DERIVED = """
np.reshape(t, (4, 6), order='F'); np.ravel(x, 'F'); np.roll(x, (1, 2), (0, 1)); np.tril(v); np.clip(x, None, 0.5)
np.cov(x, aweights=r); np.corrcoef(x); np.block([[x, x], [x, x * 2]]); np.broadcast_arrays(x, r)[1]
np.piecewise(x, [x < 0, x > 1], [lambda y: -y, 5.0, lambda y: y * y]); np.modf(x)[0]; np.matvec(t, r)
np.vecmat(x[:, 0], t); np.cumulative_prod(x, axis=1, include_initial=True); np.take_along_axis(x, np.argsort(x), -1)
np.sort(np.partition(v, 2))
"""

test_values, test_gradients = compared(CALLS, DERIVED)
