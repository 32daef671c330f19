"""Gradients of linear algebra: first and second order against finite differences, and directions against products."""

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.tensor import fft, fourier, nlinalg, slinalg
from theano.tensor.linalg import cholesky, inverse


def flat(*parts):
    """All elements of some results, as one vector."""
    return T.concatenate([p.flatten() for p in parts])


def symmetric(x):
    return x + x.T


def positive(x):
    return x.dot(x.T) + T.eye(x.shape[0])


def gram(a):
    return a.dot(a.conj().T)


# name: (function, shapes of its arguments; an argument (n, n) gets 2 on its diagonal)
CASES = {
    "solve": (slinalg.solve, (4, 4), (4, 3)),
    "solve_vector": (slinalg.solve, (4, 4), (4,)),
    "lower": (slinalg.solve_lower_triangular, (4, 4), (4, 3)),
    "upper": (slinalg.solve_upper_triangular, (4, 4), (4,)),
    "symmetric": (lambda a, b: slinalg.solve_symmetric(symmetric(a), b), (4, 4), (4, 3)),
    "indefinite": (lambda a, b: slinalg.solve_symmetric(symmetric(a) - 5 * T.eye(4), b), (4, 4), (4,)),
    "cholesky": (slinalg.cholesky, "positive"),
    "cholesky_of_product": (lambda a: slinalg.cholesky(positive(a)), (4, 4)),
    "cholesky_upper": (slinalg.Cholesky(lower=False), "positive"),
    "inverse_from_cholesky": (lambda a: cholesky.CholeskyInverse()(slinalg.cholesky(a)), "positive"),
    "inverse_from_upper": (lambda a: cholesky.CholeskyInverse(False)(slinalg.Cholesky(False)(a)), "positive"),
    "inverse": (nlinalg.matrix_inverse, (4, 4)),
    "pinv": (nlinalg.pinv, (5, 3)),
    "pinv_wide": (nlinalg.pinv, (3, 5)),
    "det": (nlinalg.det, (4, 4)),
    "slogdet": (lambda a: inverse.slogdet(a)[1], (4, 4)),
    "tensorinv": (lambda a: nlinalg.tensorinv(a, 1), (6, 2, 3)),
    "tensorsolve": (lambda a, b: nlinalg.tensorsolve(a, b, axes=(0,)), (4, 2, 2), (2, 2)),
    "lstsq": (lambda a, b: nlinalg.lstsq()(a, b, 1e-10)[0], (5, 3), (5, 2)),
    "lstsq_vector": (lambda a, b: nlinalg.lstsq()(a, b, 1e-10)[0], (5, 3), (5,)),
    "lstsq_wide": (lambda a, b: nlinalg.lstsq()(a, b, -1.0)[0], (3, 5), (3, 2)),
    "lstsq_truncated": (lambda a, b: nlinalg.lstsq()(a, b, 0.6)[0], (4, 4), (4, 2)),
    "lstsq_residuals": (lambda a, b: flat(*nlinalg.lstsq()(a, b, 1e-10)[:2]), (5, 3), (5, 2)),
    "lstsq_values": (lambda a, b: flat(nlinalg.lstsq()(a, b, 1e-10)[3], b), (5, 3), (5,)),
    "lstsq_residual_of_vector": (lambda a, b: nlinalg.lstsq()(a, b, 1e-10)[1], (5, 3), (5,)),
    "eig": (lambda a: flat(nlinalg.eig(symmetric(a))[0], abs(nlinalg.eig(symmetric(a))[1])), (4, 4)),
    "eigh": (lambda a: flat(*nlinalg.eigh(a)), (4, 4)),
    "eigh_upper": (lambda a: flat(*nlinalg.eigh(a, "U")), (4, 4)),
    "eigh_grad": (lambda a, w, v: nlinalg.EighGrad()(a, *nlinalg.eigh(a), w, v), (4, 4), (4,), (4, 4)),
    "eigh_grad_upper": (lambda a, w, v: nlinalg.EighGrad("U")(a, *nlinalg.eigh(a, "U"), w, v), (4, 4), (4,), (4, 4)),
    "eigvalsh": (lambda a: slinalg.eigvalsh(a, None), (4, 4)),
    "eigvalsh_of_two": (slinalg.eigvalsh, (4, 4), "positive"),
    "eigvalsh_upper": (lambda a, b: slinalg.eigvalsh(a, b, lower=False), (4, 4), "positive"),
    "qr": (lambda a: flat(*nlinalg.qr(a)), (5, 3)),
    "qr_wide": (lambda a: flat(*nlinalg.qr(a)), (3, 5)),
    "qr_complete": (lambda a: flat(*nlinalg.qr(a, "complete")), (3, 5)),
    "qr_complete_projection": (lambda a: gram(nlinalg.qr(a, "complete")[0][:, 3:]), (5, 3)),
    "qr_complete_part": (lambda a: nlinalg.qr(a, "complete")[0][:, :3], (5, 3)),
    "qr_raw": (lambda a: flat(*nlinalg.qr(a, "raw")), (5, 3)),
    "qr_raw_wide": (lambda a: flat(*nlinalg.qr(a, "raw")), (3, 5)),
    "qr_raw_square": (lambda a: flat(*nlinalg.qr(a, "raw")), (4, 4)),
    "qr_raw_h": (lambda a: nlinalg.qr(a, "raw")[0], (5, 3)),
    "qr_raw_tau": (lambda a: nlinalg.qr(a, "raw")[1], (3, 5)),
    "qr_complete_r": (lambda a: nlinalg.qr(a, "complete")[1], (5, 3)),
    "qr_r": (lambda a: nlinalg.qr(a, "r"), (5, 3)),
    "qr_r_wide": (lambda a: nlinalg.qr(a, "r"), (3, 5)),
    "svd_values": (lambda a: nlinalg.svd(a, compute_uv=0), (5, 3)),
    "svd_tall": (lambda a: flat(*nlinalg.svd(a, full_matrices=0)), (5, 3)),
    "svd_wide": (lambda a: flat(*nlinalg.svd(a, full_matrices=0)), (3, 5)),
    "svd_square": (lambda a: flat(*nlinalg.svd(a)), (4, 4)),
    "svd_full": (lambda a: flat(nlinalg.svd(a)[0][:, :3], nlinalg.svd(a)[2]), (5, 3)),
    "svd_projection": (lambda a: gram(nlinalg.svd(a)[0][:, 3:]), (5, 3)),
    "svd_projection_wide": (lambda a: gram(nlinalg.svd(a)[2][3:].T), (3, 5)),
    "expm": (slinalg.expm, (3, 3)),
    "power": (lambda a: nlinalg.matrix_power(a, 5), (3, 3)),
    "power_negative": (lambda a: nlinalg.matrix_power(a, -2), (3, 3)),
    "kron": (slinalg.kron, (2, 3), (3, 2)), "kron_twice": (lambda a: slinalg.kron(a, a), (2, 3)),
    "kron_3": (slinalg.kron, (2,), (3, 2)),
    **{f"norm_{k}": (lambda a, k=k: nlinalg.norm(a, k), (4, 3)) for k in (
        None, "fro", "nuc", "inf", "-inf", 1, -1, 2, -2)},
    **{f"vector_norm_{k}": (lambda a, k=k: nlinalg.norm(a, k), (4,)) for k in (
        None, "inf", "-inf", 1, -1, 2, -2, 3, 2.5)},
    "rfft": (fft.rfft, (2, 6)),
    "rfft_odd": (fft.rfft, (2, 4, 5)),
    "irfft": (fft.irfft, (2, 4, 2)),
    "irfft_odd": (lambda a: fft.irfft(a, is_odd=True, norm="ortho"), (2, 3, 4, 2)),
    "rfft_shorter": (lambda a: fft.rfft_op(a, np.array([3, 4])), (2, 4, 5)),
    "rfft_longer": (lambda a: fft.rfft_op(a, np.array([5, 7])), (2, 4, 5)),
    "irfft_shorter": (lambda a: fft.irfft_op(a, np.array([2, 4])), (2, 3, 4, 2)),
    "irfft_longer": (lambda a: fft.irfft_op(a, np.array([4, 9])), (2, 3, 4, 2)),
    "fourier": (lambda a: flat(fourier.fft(a, None, None).real, fourier.fft(a, None, 0).imag), (5, 3)),
    "fourier_longer": (lambda a: fourier.fft(a, 7, 0).imag, (5, 3)),
    "fourier_shorter": (lambda a: abs(fourier.fft(a, 3, 0)), (5, 3)),
}
THIRD = {"eigh_grad", "eigh_grad_upper"}                # gradients themselves


def points(name, rng):
    values = []
    for shape in CASES[name][1:]:
        value = rng.normal(size=(4, 4) if shape == "positive" else shape)
        if shape == "positive":
            value = value @ value.T + np.eye(4)
        elif len(shape) == 2 and shape[0] == shape[1]:
            value = value / 2 + 2 * np.eye(shape[0])
        values.append(value)
    return values


def cost(outputs):
    """A scalar that tells elements apart."""
    weights = T.sin(1 + T.arange(outputs.size)).reshape(outputs.shape, ndim=outputs.ndim)
    return (weights * outputs).sum()


@pytest.mark.parametrize("name", sorted(CASES))
def test_gradient(name, rng):
    T.verify_grad(CASES[name][0], points(name, rng), rng=rng)


@pytest.mark.parametrize("name", sorted(set(CASES) - THIRD - {"fourier_shorter"}))
def test_second_order(name, rng):
    def gradients(*inputs):
        y = CASES[name][0](*inputs)
        return flat(*theano.grad(cost(y + T.sqr(y) / 4), list(inputs)))
    T.verify_grad(gradients, points(name, rng), rng=rng, rel_tol=1e-3, mode=theano.Mode("py", "fast_compile"))


@pytest.mark.parametrize("name", sorted(set(CASES) - {"fourier_shorter"}))
def test_directional_derivative(name, rng):
    values = points(name, rng)
    inputs = [T.TensorType("float64", (False,) * v.ndim)() for v in values]
    directions = [x.type() for x in inputs]
    y = CASES[name][0](*inputs)
    forward = cost(T.Rop(y, inputs, directions))
    backward = sum((g * d).sum() for g, d in zip(theano.grad(cost(y), inputs), directions, strict=True))
    f = theano.function([*inputs, *directions], [forward, backward])
    np.testing.assert_allclose(*f(*values, *(rng.normal(size=v.shape) for v in values)), rtol=1e-7)


@pytest.mark.parametrize("lower", [True, False])
def test_blocks_of_the_gradient_of_cholesky(lower, rng):
    a, g = rng.normal(size=(300, 300)), rng.normal(size=(300, 300))
    a = a @ a.T + 300 * np.eye(300)
    x, y = T.dmatrices(2)
    factor = slinalg.Cholesky(lower)(x)
    blocked = slinalg.CholeskyGrad(lower)(x, factor, y)
    f = theano.function([x, y], [blocked, cholesky.gradient_of_factor(factor, y, lower)])
    np.testing.assert_allclose(*f(a, g), rtol=1e-9, atol=1e-12)


# name: (function, shapes of its complex arguments)
COMPLEX = {
    "solve": (slinalg.solve, (3, 3), (3, 2)), "solve_vector": (slinalg.solve, (3, 3), (3,)),
    "lower": (slinalg.solve_lower_triangular, (3, 3), (3, 2)), "inverse": (nlinalg.matrix_inverse, (3, 3)),
    "upper": (slinalg.solve_upper_triangular, (3, 3), (3,)),
    "symmetric": (lambda a, b: slinalg.solve_symmetric(a + a.T, b), (3, 3), (3, 2)),
    "det": (lambda a: nlinalg.det(a).dimshuffle("x"), (3, 3)), "expm": (lambda a: slinalg.expm(a / 2), (3, 3)),
    "cholesky": (lambda a: slinalg.cholesky(gram(a)), (3, 3)),
    "cholesky_upper": (lambda a: slinalg.Cholesky(lower=False)(gram(a)), (3, 3)),
    "cholesky_inverse": (lambda a: cholesky.CholeskyInverse()(slinalg.cholesky(gram(a))), (3, 3)),
    "hermitian": (lambda a, b: slinalg.Solve("hermitian")(gram(a), b), (3, 3), (3,)),
    "slogdet": (lambda a: flat(*inverse.slogdet(a)), (3, 3)), "pinv": (nlinalg.pinv, (4, 3)),
    "pinv_wide": (nlinalg.pinv, (3, 4)),
    "lstsq": (lambda a, b: nlinalg.lstsq()(a, b, -1.0)[0], (4, 3), (4, 2)),
    "lstsq_truncated": (lambda a, b: nlinalg.lstsq()(a, b, 0.6)[0], (3, 4), (3,)),
    "lstsq_residuals": (lambda a, b: nlinalg.lstsq()(a, b, -1.0)[1], (4, 3), (4, 2)),
    "tensorinv": (lambda a: nlinalg.tensorinv(a, 1), (4, 2, 2)),
    "tensorsolve": (lambda a, b: nlinalg.tensorsolve(a, b, axes=(0,)), (4, 2, 2), (2, 2)),
    "eigh": (lambda a: nlinalg.eigh(gram(a))[0], (3, 3)),
    "eigh_vectors": (lambda a: abs(nlinalg.eigh(gram(a))[1]), (3, 3)),
    "eigh_projection": (lambda a: gram(nlinalg.eigh(gram(a), "U")[1][:, :2]), (3, 3)),
    "eigvalsh": (lambda a: slinalg.eigvalsh(gram(a), None), (3, 3)),
    "eigvalsh_of_two": (lambda a, b: slinalg.eigvalsh(gram(a), gram(b)), (3, 3), (3, 3)),
    "eig": (lambda a: nlinalg.eig(a)[0], (3, 3)),
    "eig_vectors": (lambda a: abs(nlinalg.eig(a)[1]), (3, 3)),
    "qr": (lambda a: flat(*nlinalg.qr(a)), (4, 3)), "qr_wide": (lambda a: flat(*nlinalg.qr(a)), (3, 4)),
    "qr_r": (lambda a: nlinalg.qr(a, "r"), (4, 3)),
    "qr_raw": (lambda a: flat(*nlinalg.qr(a, "raw")), (4, 3)),
    "qr_raw_square": (lambda a: flat(*nlinalg.qr(a, "raw")), (3, 3)),
    "qr_raw_wide": (lambda a: flat(*nlinalg.qr(a, "raw")), (3, 4)),
    "qr_complete": (lambda a: gram(nlinalg.qr(a, "complete")[0][:, 2:]), (4, 2)),
    "svd": (lambda a: abs(flat(*nlinalg.svd(a, full_matrices=0))), (4, 3)),
    "svd_product": (lambda a: T.dot(*nlinalg.svd(a, full_matrices=0)[::2]), (3, 4)),
    "svd_full": (lambda a: gram(nlinalg.svd(a)[0][:, 2:]), (4, 2)),
    "svd_values": (lambda a: nlinalg.svd(a, compute_uv=0), (3, 4)),
    "power": (lambda a: nlinalg.matrix_power(a, -3), (3, 3)), "kron": (slinalg.kron, (2, 3), (3, 2)),
    **{f"norm_{k}": (lambda a, k=k: nlinalg.norm(a, k).dimshuffle("x"), (4, 3)) for k in (None, "nuc", "inf", 1, 2)},
    "fourier": (lambda a: fourier.fft(a, 5, 0), (3, 2)),
}


def real_cost(y):
    """A real number that depends on both parts of all elements."""
    return cost(y.real) + cost(T.cos(y.imag)) if y.dtype.startswith("complex") else cost(y)


@pytest.mark.parametrize("name", sorted(set(COMPLEX) - {"fourier"}))
def test_complex_second_order_and_forward_mode(name, rng):
    """Along a random direction: the gradient of the gradient, and Rop, against differences."""
    f, *shapes = COMPLEX[name]
    values, steps = ([rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes] for _ in range(2))
    inputs = [T.TensorType("complex128", (False,) * v.ndim)() for v in values]
    y = f(*inputs)
    first = theano.grad(real_cost(y), inputs)
    slope = sum(real_cost(g) for g in first)
    second = theano.grad(slope, inputs)
    forward = T.Rop(y, inputs, [T.constant(s) for s in steps])
    g = theano.function(inputs, [slope, y, forward, *second], mode=theano.Mode("py", "fast_compile"))
    found = g(*values)
    above, below = (g(*(v + e * s for v, s in zip(values, steps, strict=True))) for e in (1e-6, -1e-6))
    np.testing.assert_allclose((above[1] - below[1]) / 2e-6, found[2], rtol=1e-4, atol=1e-5)
    change = sum(np.sum(np.conj(x) * s).real for x, s in zip(found[3:], steps, strict=True))
    np.testing.assert_allclose((above[0] - below[0]) / 2e-6, change, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", sorted(COMPLEX))
def test_complex_gradient_is_the_derivative_by_both_parts(name, rng):
    """The gradient is that by the real part plus i times that by the imaginary part."""
    f, *shapes = COMPLEX[name]
    values = [rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes]
    inputs = [T.TensorType("complex128", (False,) * v.ndim)() for v in values]
    y = f(*inputs)
    total = real_cost(y)
    value = theano.function(inputs, total)
    found = theano.function(inputs, theano.grad(total, inputs))(*values)
    for k, gradient in enumerate(found):
        for place in np.ndindex(gradient.shape):
            expected = 0
            for unit in (1, 1j):
                shifted = [[v.copy() for v in values] for _ in range(2)]
                shifted[0][k][place] += 1e-6 * unit
                shifted[1][k][place] -= 1e-6 * unit
                expected += unit * (value(*shifted[0]) - value(*shifted[1])) / 2e-6
            np.testing.assert_allclose(gradient[place], expected, rtol=1e-5, atol=1e-6)


def test_gradients_of_columns_that_are_not_unique(rng):
    x = T.dmatrix()
    for y in (nlinalg.svd(x)[0], nlinalg.qr(x, "complete")[0], nlinalg.svd(x.T)[2]):
        with pytest.raises(AssertionError, match="not unique"):
            theano.function([x], theano.grad(cost(y), x))(rng.normal(size=(4, 2)))


def test_gradients_of_phases_that_are_free(rng):
    z = T.zmatrix()
    value = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    for y in (nlinalg.eigh(gram(z))[1], nlinalg.eig(z)[1], nlinalg.svd(z)[0], nlinalg.svd(z)[2]):
        with pytest.raises(AssertionError, match="phases"):
            theano.function([z], theano.grad(real_cost(y), z))(value)


def test_nan_in_gradients_is_no_dependence_on_what_is_free(rng):
    z = T.zmatrix()
    f = theano.function([z], theano.grad((np.nan * abs(nlinalg.eigh(gram(z))[1])).sum(), z))
    assert np.isnan(f(rng.normal(size=(3, 3)) + 0j)).any()


def test_reflectors_of_columns_that_are_zero_below_their_diagonal():
    x = T.dmatrix()
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        theano.function([x], theano.grad(cost(nlinalg.qr(x, "raw")[1]), x))(np.triu(np.ones((4, 3))))


@pytest.mark.parametrize("op", [nlinalg.pinv, lambda a: nlinalg.lstsq()(a, T.eye(a.shape[0]), 1e-10)[0]])
@pytest.mark.parametrize("shape", [(5, 4), (4, 4), (3, 5)])
def test_gradients_of_pseudoinverses_where_the_rank_stays(op, shape, rng):
    """A product of factors with two columns has rank 2, however these change."""
    factors = [rng.normal(size=(shape[0], 2)), rng.normal(size=(2, shape[1]))]
    T.verify_grad(lambda a, b: op(T.dot(a, b)), factors, rng=rng, rel_tol=1e-3)


def test_equal_eigenvalues_have_finite_gradients():
    x = T.dmatrix()
    for y in (nlinalg.eigh(x)[0], nlinalg.svd(x)[1], nlinalg.eigh(x)[1], flat(*nlinalg.svd(x))):
        assert np.isfinite(theano.function([x], theano.grad(y.sum(), x))(np.eye(3))).all()


def test_mixed_dtypes(rng):
    a, b = T.fmatrix(), T.dmatrix()
    of_a, of_b = theano.grad(slinalg.solve(a, b).sum(), [a, b])
    assert (of_a.dtype, of_b.dtype) == ("float32", "float64")
    i = T.lmatrix()
    assert theano.grad(slinalg.solve(i, b).sum(), b).dtype == "float64"
