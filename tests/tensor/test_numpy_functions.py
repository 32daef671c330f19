"""NumPy's functions applied to variables: what they build has the values that NumPy gives for arrays."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import equal_computations

RNG = np.random.RandomState(0)
M = RNG.rand(4, 4) + 3 * np.eye(4)
ARRAYS = {
    "x": RNG.rand(3, 4) + 0.2, "y": 2 * RNG.rand(3, 4) + 0.1, "h": RNG.rand(3, 4) / 2, "v": RNG.rand(4),
    "w": RNG.rand(4), "u": np.sort(RNG.rand(3)), "t": RNG.rand(2, 3, 4), "m": M, "p": M @ M.T,
    "i": RNG.randint(0, 9, (3, 4)),
    "j": RNG.randint(1, 9, (3, 4)), "b": RNG.rand(3, 4) > 0.5, "c": RNG.randint(0, 2, 4),
    "r": RNG.rand(1, 4),
    "n": np.where(RNG.rand(3, 4) > 0.7, np.nan, 1.5), "z": RNG.rand(3, 4) + 1j * RNG.rand(3, 4)}
CALLS = """
np.absolute(x); np.abs(x); np.fabs(x); np.add(x, y); np.subtract(x, y); np.multiply(x, y); np.divide(x, y)
np.true_divide(x, y); np.floor_divide(x, y); np.negative(x); np.positive(x); np.power(x, y)
np.float_power(x, y); np.remainder(x, y); np.mod(x, y); np.fmod(x, y); np.divmod(x, y); np.sign(x)
np.heaviside(x, y); np.conj(x); np.conjugate(z); np.exp(x); np.exp2(x); np.log(x); np.log2(x); np.log10(x)
np.expm1(x); np.log1p(x); np.logaddexp(x, y); np.logaddexp2(x, y); np.sqrt(x); np.square(x); np.cbrt(x)
np.reciprocal(x); np.sin(x); np.cos(x); np.tan(x); np.arcsin(h); np.arccos(h); np.arctan(x); np.arctan2(x, y)
np.hypot(x, y); np.sinh(x); np.cosh(x); np.tanh(x); np.arcsinh(x); np.arccosh(x + 1); np.arctanh(h)
np.deg2rad(x); np.rad2deg(x); np.radians(x); np.degrees(x); np.bitwise_and(i, j); np.bitwise_or(i, j)
np.bitwise_xor(i, j); np.invert(i); np.bitwise_not(i); np.left_shift(i, 2); np.right_shift(i, 1)
np.greater(x, y); np.greater_equal(x, y); np.less(x, y); np.less_equal(x, y); np.equal(x, y); np.not_equal(x, y)
np.logical_and(x, y); np.logical_or(b, y); np.logical_xor(x, y); np.logical_not(x); np.maximum(x, y)
np.minimum(x, y); np.fmax(x, y); np.fmin(x, y); np.isfinite(x); np.isinf(x); np.isnan(x); np.signbit(x)
np.copysign(x, y); np.floor(x); np.ceil(x); np.trunc(x); np.rint(x); np.matmul(x, m); np.matmul(t, m)
np.vecdot(x, y); np.add.reduce(x); np.add.reduce(x, axis=1); np.multiply.reduce(x); np.maximum.reduce(x)
np.minimum.reduce(x, axis=None); np.add.accumulate(x, axis=1); np.multiply.accumulate(x); np.add.outer(v, w)
np.multiply.outer(v, w); np.subtract.outer(v, w); np.logical_or.reduce(b); np.logical_and.reduce(b); np.sum(x)
np.sum(x, axis=0); np.sum(x, axis=1, keepdims=True); np.prod(x); np.prod(x, 0); np.mean(x); np.mean(x, axis=0)
np.var(x); np.var(x, axis=1, ddof=1); np.std(x); np.std(x, 0); np.max(x); np.amax(x, axis=1); np.min(x, 0)
np.amin(x); np.ptp(x); np.ptp(x, 0); np.all(b); np.any(b, axis=0); np.argmax(x); np.argmax(x, axis=1)
np.argmin(x, axis=0); np.cumsum(x); np.cumsum(x, axis=1); np.cumprod(x, 0); np.cumprod(x); np.diff(x)
np.diff(x, n=2, axis=0); np.average(x); np.average(x, axis=0); np.average(v, weights=w); np.median(x)
np.median(x, axis=1); np.count_nonzero(b); np.count_nonzero(i, axis=0); np.nansum(n); np.nanmax(n)
np.nanmin(n, axis=0); np.nanmean(n); np.nanprod(n); np.dot(x, m); np.dot(x, v); np.dot(v, w); np.vdot(v, w)
np.inner(v, w); np.inner(x, y); np.outer(v, w); np.tensordot(x, m, 1); np.tensordot(t, t, axes=[[1, 2], [1, 2]])
np.einsum('ij,jk->ik', x, m); np.einsum('ij->j', x); np.kron(x, m); np.trace(m); np.trace(m, 1)
np.cross(u, u[::-1]); np.reshape(x, (4, 3)); np.reshape(x, -1); np.ravel(x); np.transpose(x)
np.transpose(t, (2, 0, 1)); np.swapaxes(t, 0, 2); np.moveaxis(t, 0, -1); np.rollaxis(t, 2); np.expand_dims(x, 1)
np.broadcast_to(v, (3, 4)); np.concatenate([x, y])
np.concatenate((x, y), axis=1); np.concat([x, y]); np.stack([x, y]); np.stack([x, y], axis=2); np.vstack([x, y])
np.hstack([x, y]); np.dstack([x, y]); np.column_stack([v, w]); np.split(x, 2, axis=1)
np.split(x, [1, 2], axis=1); np.array_split(v, 3); np.hsplit(x, 2); np.vsplit(m, 2); np.tile(v, 3)
np.tile(x, (2, 1)); np.repeat(x, 2); np.repeat(x, 2, axis=1); np.flip(x); np.flip(x, 0); np.fliplr(x)
np.flipud(x); np.roll(v, 1); np.roll(x, 1, axis=1); np.rot90(x); np.append(v, w); np.append(x, y, axis=0)
np.delete(v, 1); np.pad(v, 2); np.pad(x, ((1, 1), (0, 2))); np.where(x > y, x, y); np.where(b)
np.select([x > 1, x > 0.5], [x, y], 0.0); np.choose(c, [v, w]); np.take(x, [1, 0], axis=1); np.take(x, 3)
np.compress([True, False, True], x, axis=0); np.take_along_axis(x, i % 4, axis=1); np.diag(v); np.diag(m)
np.diag(m, 1); np.diagonal(m); np.diagflat(v); np.tril(m); np.triu(m, 1); np.nonzero(b); np.flatnonzero(b)
np.argwhere(b); np.extract(b, x); np.searchsorted(np.sort(v), w); np.unravel_index(c, (5, 4))
np.ravel_multi_index((c, c), (5, 5)); np.sort(x); np.sort(x, axis=0); np.argsort(x); np.unique(c)
np.bincount(c); np.digitize(v, [0.5, 1.0]); np.zeros_like(x); np.ones_like(x); np.full_like(x, 2.0); np.copy(x)
np.real(z); np.imag(z); np.angle(z); np.real(x); np.clip(x, 0.5, 1.0); np.round(x); np.around(x); np.fix(x)
np.nan_to_num(n); np.isclose(x, y); np.allclose(x, y); np.array_equal(x, y); np.size(x); np.isreal(x)
np.interp(v, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]); np.sinc(x); np.i0(v); np.ediff1d(v); np.gradient(v)
np.polyval([1.0, 2.0], v); np.meshgrid(v, w); np.cov(x); np.corrcoef(x); np.trapezoid(v); np.matrix_transpose(t)
np.permute_dims(t, (2, 0, 1)); np.isin(c, [1, 2]); np.cumulative_sum(v); np.linalg.cross(u, u[::-1])
np.linalg.inv(m); np.linalg.pinv(x); np.linalg.det(m); np.linalg.slogdet(m); np.linalg.solve(m, v)
np.linalg.solve(m, m + 1); np.linalg.cholesky(p); np.linalg.qr(x)[0]; np.linalg.svd(x)[1]
np.linalg.svd(x, compute_uv=False); np.linalg.eigh(p)[0]; np.linalg.eigvalsh(p); np.linalg.eig(p)[0]
np.linalg.norm(v); np.linalg.norm(x); np.linalg.norm(x, 1); np.linalg.norm(x, axis=1); np.linalg.norm(v, 3)
np.linalg.matrix_power(m, 3); np.linalg.lstsq(m, v, rcond=None)[0]; np.linalg.tensorinv(m, 1)
np.linalg.tensorsolve(m, v); np.linalg.multi_dot([x, m, m]); np.linalg.matrix_rank(m); np.linalg.trace(m)
np.linalg.diagonal(m); np.linalg.outer(v, w); np.linalg.vecdot(v, w); np.linalg.matmul(x, m); np.linalg.cond(m)
np.linalg.vector_norm(v); np.linalg.matrix_norm(x); np.linalg.matrix_transpose(x); np.linalg.eigvals(p)
np.linalg.svdvals(x); np.fft.fft(v); np.fft.rfft(v); np.fft.ifft(v); np.fft.fftshift(v); np.squeeze(r)
np.squeeze(r, axis=0); np.matmul(t, np.swapaxes(t, 1, 2)); np.matmul(v, t.transpose(0, 2, 1))
np.matmul(m, t.transpose(0, 2, 1)); np.matmul(t[:, None], t.transpose(0, 2, 1)[None])
np.cov(v); np.corrcoef(v); np.tril(t); np.triu(t, 1); np.tril(x[:1, None], 1); np.triu(t[:, :, None], 1)
np.digitize(x, [1.0, 0.5, 0.25]); np.digitize(x, [1.0, 0.5], right=True); np.digitize(v, np.sort(w)[::-1])
np.digitize(v, [0.5]); np.digitize(v, [])
np.einsum('bij,bkj->bik', t, t); np.einsum('ii->i', m); np.einsum('ij,jk,k', x, m, v); np.einsum('i,j', v, w)
np.pad(x, 1, constant_values=2.0); np.median(n); np.nan_to_num(n, nan=2.0); np.meshgrid(v, u, indexing='ij')
np.array_split(u, 2); np.rot90(x, 3); np.flip(t, (0, 2)); np.moveaxis(t, (0, 1), (1, 2))
np.trapezoid(x, axis=0); np.average(x, axis=1, weights=v); np.cross(x[:, :3], x[:, 1:])
np.linalg.norm(x, -np.inf); np.linalg.norm(x, axis=0, keepdims=True); np.linalg.norm(x, 'nuc'); np.fmod(-x, y)
np.left_shift(-i, j); np.right_shift(-i, j); np.copysign(x, -y); np.fft.fft(x, axis=0)
np.maximum.reduce(t, axis=(0, 1), keepdims=True); np.round(x, 1); np.interp(v, u, u); np.isfinite(n)
np.logaddexp(x, x); np.select([b], [x]); np.delete(x, -1, axis=1); np.heaviside(n, x)
"""
PLAIN = theano.Mode("py", None)


def symbols():
    return {k: T.TensorType(str(a.dtype), [n == 1 for n in a.shape])(k) for k, a in ARRAYS.items()}


def parts(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("call", CALLS.replace("\n", "; ").strip("; ").split("; "))
def test_values(call):
    variables = symbols()
    built = [T.as_tensor_variable(y) for y in parts(eval(call, {"np": np, **variables}))]
    found = theano.function(list(variables.values()), built, mode=PLAIN, on_unused_input="ignore")(*ARRAYS.values())
    for value, expected in zip(found, parts(eval(call, {"np": np, **ARRAYS})), strict=True):
        assert value.shape == np.shape(expected)
        assert (value.dtype.kind == "b") == (np.asarray(expected).dtype.kind == "b")
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-12)


SAME = """
np.exp(x) T.exp(x); np.add(x, y) T.add(x, y); np.sum(x, axis=1) T.sum(x, axis=1); np.mean(x) T.mean(x)
np.dot(x, m) T.dot(x, m); np.concatenate([x, y], axis=1) T.concatenate([x, y], axis=1)
np.stack([x, y]) T.stack([x, y]); np.where(b, x, y) T.where(b, x, y); np.maximum(x, y) T.maximum(x, y)
np.max(x, axis=0) T.max(x, axis=0); np.argmax(x) T.argmax(x); np.clip(x, 0, 1) T.clip(x, 0, 1)
np.transpose(t, (1, 0, 2)) T.transpose(t, (1, 0, 2)); np.reshape(x, (4, 3)) T.reshape(x, (4, 3))
np.tile(v, 2) T.tile(v, 2); np.tensordot(x, m, 1) T.tensordot(x, m, 1); np.outer(v, w) T.outer(v, w)
np.linalg.inv(m) T.nlinalg.matrix_inverse(m); np.linalg.solve(m, v) T.slinalg.solve(m, v)
np.linalg.det(m) T.nlinalg.det(m); np.cumsum(x, axis=0) T.cumsum(x, axis=0); np.sort(x) T.sort(x)
np.repeat(x, 2, axis=1) T.repeat(x, 2, axis=1); np.zeros_like(x) T.zeros_like(x); x @ m T.dot(x, m)
np.diag(v) T.diag(v); np.tril(m) T.tril(m); np.roll(x, 1, axis=1) T.roll(x, 1, axis=1)
np.linalg.qr(x)[1] T.nlinalg.qr(x)[1]
"""


@pytest.mark.parametrize("pair", SAME.replace("\n", "; ").strip("; ").split("; "))
def test_graphs_are_those_of_our_functions(pair):
    theirs, ours = pair.split(" T.", 1)
    names = {"np": np, "T": T, **symbols()}
    assert equal_computations([eval(theirs, names)], [eval("T." + ours, names)])


def test_what_is_known_while_the_graph_is_built():
    x, z = T.fmatrix(), T.zvector()
    assert np.ndim(x) == 2 and np.iscomplexobj(z) and not np.iscomplexobj(x) and np.isrealobj(x)
    assert np.result_type(x, z) == np.dtype("complex128")
    assert np.shape(T.as_tensor_variable(np.ones((2, 3)))) == (2, 3)
    assert list(np.shape(x).eval({x: np.ones((4, 5), "float32")})) == [4, 5]


def test_extremes_of_logarithms_of_sums():
    x, y = T.dvectors("xy")
    a, b = np.array([np.inf, -np.inf, -np.inf, 1000.0, np.nan]), np.array([np.inf, -np.inf, 2.0, 0.0, 1.0])
    for f in (np.logaddexp, np.logaddexp2, np.hypot, np.fmax, np.fmin):
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(f(x, y).eval({x: a, y: b}), f(a, b))
    signs = np.array([0.0, -0.0, -2.0, 3.0])
    np.testing.assert_array_equal(np.signbit(x).eval({x: signs}), np.signbit(signs))


def test_products_of_stacks_have_gradients(rng):
    T.verify_grad(lambda x, y: x @ y, [rng.rand(2, 3, 4), rng.rand(2, 4, 2)], rng=rng)
    T.verify_grad(lambda x, y: np.einsum("bij,kj->bik", x, y), [rng.rand(2, 3, 4), rng.rand(5, 4)], rng=rng)


def test_what_can_not_be_built_says_so():
    x, v, t = T.dmatrix(), T.dvector(), T.dtensor3()
    for call, words in [(lambda: np.packbits(v), "numpy.packbits has no symbolic counterpart"),
                        (lambda: x @ T.dscalar(), "matmul needs"), (lambda: np.unstack(x), "needs to know its extent"),
                        (lambda: np.pad(v, 1, mode="empty"), "has the modes .'constant', 'edge'"),
                        (lambda: np.pad(v, T.iscalar()), "widths that are known"),
                        (lambda: np.add(x, x, out=np.ones((2, 2))), "NotImplemented"),
                        (lambda: np.sum(x, out=np.ones(())), "out"), (lambda: np.add(x, x, where=x > 0), "NotImpl"),
                        (lambda: np.quantile(x, 0.5, method="inverted_cdf"), "has the methods"),
                        (lambda: np.histogram(v, "auto"), "number of bins"), (lambda: np.trim_zeros(x), "vector"),
                        (lambda: np.gradient(x, 1.0, 2.0, 3.0), "for each of 2 axes")]:
        with pytest.raises(TypeError, match=words):
            call()
    for call, words in [(lambda: np.max(x, where=x > 0), "needs initial"), (lambda: np.einsum("...i->i", x), "none"),
                        (lambda: np.einsum("ij,jk->ik", x), "2 terms for 1 operands"),
                        (lambda: np.gradient(x, edge_order=3), "edge_order 1 and 2"),
                        (lambda: np.linalg.norm(t, axis=(0, 1, 2)), "one axis or two"),
                        (lambda: np.linalg.norm(t, "nil", axis=(0, 1)), "no norm of order 'nil'"),
                        (lambda: np.reshape(x, -1, order="B"), "order must be"),
                        (lambda: np.convolve(v, v, "half"), "mode must be"),
                        (lambda: np.fft.fft(v, norm="no"), "norm must be"),
                        (lambda: np.cumulative_sum(x), "needs an axis"),
                        (lambda: np.pad(v, 1, "edge", stat_length=1), "has the options"),
                        (lambda: np.piecewise(v, [v > 0], [1.0, 2.0, 3.0]), "1 conditions")]:
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize("x", [T.dscalar(), T.dvector(), T.dmatrix(), T.constant([1.0, 2.0])])
def test_arrays_hold_variables(x):
    """Programs go through ``np.atleast_1d(variables)``, whether that is one or a list."""
    y = T.dvector()
    assert np.array(x).item() is x
    for function, ndim in ((np.atleast_1d, 1), (np.atleast_2d, 2), (np.atleast_3d, 3)):
        one, both = function(x), function([x, y])
        assert one.dtype == both.dtype == object and one.ndim == both.ndim == ndim
        assert one.item() is x and list(both.flat) == [x, y]
        first, second = function(x, 1.0)
        assert first.item() is x and second.item() == 1.0


def test_functions_of_numpy_are_names_of_the_tensor_language(rng):
    x, n = T.dmatrix(), T.iscalar()
    given = rng.normal(size=(3, 4))
    made = [T.moveaxis(x, 0, 1), T.unique(x), T.hypot(x, given), T.fliplr(given), T.hstack([x, given]),
            T.expand_dims(x, (0, -1)), T.linspace(0, n, 5), np.linspace(x, 2, n),
            T.linspace(x[0], 1, 3, endpoint=False), T.linspace(1, 2, 1), T.linspace(0.0, 1.0, n + 3),
            T.geomspace(3.5, 7.0, n), T.logspace(0, 1, n, base=3.0), T.pad(x, np.array([[1, 0], [0, 2]]), mode="edge"),
            T.insert(given, n, 0.0), T.sum(given, 0), T.atleast_1d(n), T.atleast_2d(x[0]), T.atleast_3d(x)]
    expected = [given.T, np.unique(given), np.hypot(given, given), given[:, ::-1], np.hstack([given, given]),
                given[None, ..., None], np.linspace(0, 4, 5), np.linspace(given, 2, 4),
                np.linspace(given[0], 1, 3, endpoint=False), [1.0], np.linspace(0, 1, 7), np.geomspace(3.5, 7, 4),
                np.logspace(0, 1, 4, base=3), np.pad(given, [[1, 0], [0, 2]], "edge"),
                np.insert(given, 4, 0.0), given.sum(0), [4], given[:1], given[..., None]]
    for found, value in zip(theano.function([x, n], made)(given, 4), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12)
    with pytest.raises(AttributeError, match="has no attribute 'packbits'"):
        T.packbits                                                                     # noqa: B018
    assert T.extra_ops.Unique                           # submodules of old are still found


AXES = {"take": lambda x: T.take(x, 0, axis=2), "roll": lambda x: T.roll(x, 1, axis=2), "sort": lambda x: T.sort(x, 2),
        "repeat": lambda x: T.repeat(x, 2, axis=2), "repeat_each": lambda x: T.repeat(x, [1, 2], axis=-3),
        "swapaxes": lambda x: x.swapaxes(0, 2), "moveaxis": lambda x: T.moveaxis(x, 0, 2), "sum": lambda x: x.sum(2),
        "transpose": lambda x: x.transpose(0, 3), "compress": lambda x: T.compress([1], x, axis=2),
        "flip": lambda x: T.flip(x, 2), "expand_dims": lambda x: T.expand_dims(x, 4), "topk": lambda x: T.topk(x, 1, 2),
        "diff": lambda x: T.diff(x, axis=2), "cumsum": lambda x: x.cumsum(2), "stack": lambda x: T.stack([x, x], 3)}


@pytest.mark.parametrize("name", sorted(AXES))
def test_axes_that_are_not_there_are_told_at_once(name):
    with pytest.raises(np.exceptions.AxisError, match="axis -?[234] is out of bounds for x, which has 2 dimensions"):
        AXES[name](T.dmatrix("x"))


def test_one_extent_alone_can_be_worked_out():
    with pytest.raises(ValueError, match="only one extent of a shape can be -1"):
        T.dmatrix().reshape((2, -1, -1))


def test_axes_must_be_integers_and_differ():
    x = T.dmatrix("x")
    with pytest.raises(TypeError, match="an axis must be an integer, got 0.5"):
        x.swapaxes(0, 0.5)
    with pytest.raises(ValueError, match="axes must differ"):
        T.flip(x, (0, -2))


def test_rolled_along_several_axes(rng):
    x, given = T.dmatrix(), rng.normal(size=(3, 4))
    f = theano.function([x], [T.roll(x, (1, -2), (0, 1)), T.roll(x, 1, (0, 1))])
    for found, expected in zip(f(given), [np.roll(given, (1, -2), (0, 1)), np.roll(given, 1, (0, 1))], strict=True):
        np.testing.assert_array_equal(found, expected)
