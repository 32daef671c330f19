"""Values, dtypes, shapes and errors of linear algebra, against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.linalg

import theano
from theano import tensor as T
from theano.tensor import nlinalg, slinalg
from theano.tensor.linalg import cholesky, inverse, lapack, solve

FLOATS = ("float32", "float64", "complex64", "complex128")
TOLERANCE = {"float32": 3e-4, "float64": 1e-10, "complex64": 3e-4, "complex128": 1e-10}


def matrix(rng, dtype, *shape):
    """Random numbers of a dtype, plus a multiple of the identity where that is square."""
    value = rng.normal(size=shape)
    if dtype.startswith("complex"):
        value = value + 1j * rng.normal(size=shape)
    if len(shape) == 2 and shape[0] == shape[1]:
        value = value + 3 * np.eye(*shape)
    return value.astype(dtype)


def positive(rng, dtype, n):
    a = matrix(rng, dtype, n, n)
    return (a @ a.conj().T + np.eye(n)).astype(dtype)


def tri(a, lower):
    return np.tril(a) if lower else np.triu(a)


# name: (op, reference, arguments: a general, p positive definite, w wide, t tall, v vector, b matrix of 3 columns)
CASES = {
    "solve": (slinalg.solve, scipy.linalg.solve, "ab"),
    "solve_vector": (slinalg.solve, scipy.linalg.solve, "av"),
    "lower": (slinalg.solve_lower_triangular, lambda a, b: scipy.linalg.solve_triangular(a, b, lower=True), "ab"),
    "upper": (slinalg.solve_upper_triangular, scipy.linalg.solve_triangular, "ab"),
    "upper_vector": (slinalg.solve_upper_triangular, scipy.linalg.solve_triangular, "av"),
    "hermitian": (slinalg.Solve("hermitian"), np.linalg.solve, "pb"),
    "cholesky": (slinalg.cholesky, np.linalg.cholesky, "p"),
    "cholesky_upper": (slinalg.Cholesky(lower=False), lambda a: np.linalg.cholesky(a).conj().T, "p"),
    "inverse": (nlinalg.matrix_inverse, np.linalg.inv, "a"),
    "inverse_from_cholesky": (lambda a: cholesky.CholeskyInverse()(slinalg.cholesky(a)), np.linalg.inv, "p"),
    "inverse_from_upper": (lambda a: cholesky.CholeskyInverse(False)(slinalg.Cholesky(False)(a)), np.linalg.inv, "p"),
    "lu_solve": (lambda a, b: solve.LUSolve()(*solve.LUFactor()(a), b), np.linalg.solve, "ab"),
    "lu_solve_turned": (lambda a, b: solve.LUSolve(True)(*solve.LUFactor()(a), b),
                        lambda a, b: np.linalg.solve(a.T, b), "ab"),
    "lu_inverse": (lambda a: solve.LUInverse()(*solve.LUFactor()(a)), np.linalg.inv, "a"),
    "pinv": (nlinalg.pinv, np.linalg.pinv, "t"),
    "det": (nlinalg.det, np.linalg.det, "a"),
    "slogdet": (inverse.slogdet, np.linalg.slogdet, "a"),
    "eigh": (lambda a: abs(nlinalg.eigh(a)[0]), lambda a: abs(np.linalg.eigh(a)[0]), "p"),
    "eigvalsh": (lambda a: slinalg.eigvalsh(a, None), scipy.linalg.eigvalsh, "p"),
    "eigvalsh_of_two": (slinalg.eigvalsh, scipy.linalg.eigvalsh, "pp"),
    "svd": (lambda a: nlinalg.svd(a, compute_uv=0), lambda a: np.linalg.svd(a, compute_uv=False), "w"),
    "qr": (nlinalg.qr, np.linalg.qr, "t"),
    "qr_complete": (lambda a: nlinalg.qr(a, "complete"), lambda a: np.linalg.qr(a, "complete"), "t"),
    "qr_r": (lambda a: nlinalg.qr(a, "r"), lambda a: np.linalg.qr(a, "r"), "w"),
    "qr_raw": (lambda a: nlinalg.qr(a, "raw"), lambda a: np.linalg.qr(a, "raw"), "w"),
    "expm": (slinalg.expm, scipy.linalg.expm, "a"),
    "power": (lambda a: nlinalg.matrix_power(a, 5), lambda a: np.linalg.matrix_power(a, 5), "a"),
    "power_0": (lambda a: nlinalg.matrix_power(a, 0), lambda a: np.linalg.matrix_power(a, 0), "a"),
    "power_negative": (lambda a: nlinalg.matrix_power(a, -2), lambda a: np.linalg.matrix_power(a, -2), "a"),
    "matrix_dot": (nlinalg.matrix_dot, lambda *m: np.linalg.multi_dot(m), "taw"),
    "kron": (slinalg.kron, np.kron, "wt"),
    "trace": (nlinalg.trace, np.trace, "a"),
    "tensorinv": (lambda a: nlinalg.tensorinv(a.reshape((4, 2, 2)), 1),
                  lambda a: np.linalg.tensorinv(a.reshape(4, 2, 2), 1), "a"),
    "tensorsolve": (lambda a, b: nlinalg.tensorsolve(a.reshape((2, 2, 4)), b.reshape((2, 2))),
                    lambda a, b: np.linalg.tensorsolve(a.reshape(2, 2, 4), b.reshape(2, 2)), "av"),
}
SHAPES = {"a": (4, 4), "w": (4, 6), "t": (6, 4), "v": (4,), "b": (4, 3)}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", sorted(CASES))
def test_values(name, dtype, rng):
    op, reference, kinds = CASES[name]
    values = [positive(rng, dtype, 4) if k == "p" else matrix(rng, dtype, *SHAPES[k]) for k in kinds]
    inputs = [T.TensorType(dtype, (False,) * v.ndim)() for v in values]
    outputs = op(*inputs)
    f, expected = theano.function(inputs, outputs, mode=theano.Mode("py", None)), reference(*values)
    several = isinstance(outputs, (list, tuple))
    for order in ("C", "F"):
        found = f(*(np.asarray(v, order=order) for v in values))
        for out, value, other in zip(outputs if several else [outputs], found if several else [found],
                                     expected if several else [expected], strict=True):
            assert value.dtype == out.dtype == other.dtype
            np.testing.assert_allclose(value, other, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * abs(other).max())


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
@pytest.mark.parametrize("full", [True, False])
def test_products_of_factors_are_the_matrix(dtype, shape, full, rng):
    x, a = T.TensorType(dtype, (False, False))(), matrix(rng, dtype, *shape)
    u, s, vt = theano.function([x], nlinalg.svd(x, full_matrices=full))(a)
    k = min(shape)
    np.testing.assert_allclose((u[:, :k] * s) @ vt[:k], a, atol=30 * TOLERANCE[dtype])
    assert u.shape[1] == (shape[0] if full else k) and vt.shape[0] == (shape[1] if full else k)
    assert s.dtype == np.zeros(0, dtype).real.dtype
    if shape[0] == shape[1]:
        hermitian = a + a.conj().T
        for uplo in "LU":
            w, v = theano.function([x], nlinalg.eigh(x, uplo))(tri(hermitian, uplo == "L"))
            np.testing.assert_allclose((v * w) @ v.conj().T, hermitian, atol=30 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("n", [1, 5, 300])
def test_large_and_one_triangle(dtype, lower, n, rng):
    a = positive(rng, dtype, n)
    half = tri(a, lower)
    x, b = T.TensorType(dtype, (False, False))(), matrix(rng, dtype, n, 2)
    factor = theano.function([x], slinalg.Cholesky(lower)(x))(half)
    product = factor @ factor.conj().T if lower else factor.conj().T @ factor
    np.testing.assert_allclose(product, a, atol=TOLERANCE[dtype] * abs(a).max())
    assert not tri(factor, not lower)[~np.eye(n, dtype=bool)].any()
    inverted = cholesky.CholeskyInverse(lower)(x)
    np.testing.assert_allclose(theano.function([x], inverted)(factor) @ a, np.eye(n), atol=100 * TOLERANCE[dtype])
    for found in (lapack.solve_symmetric(half, b, lower), lapack.solve_symmetric(np.asfortranarray(half), b, lower)):
        np.testing.assert_allclose(a @ found, b, atol=100 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", FLOATS)
def test_indefinite_systems_are_solved(dtype, rng):
    a = matrix(rng, dtype, 5, 5)
    a, b = a + a.conj().T - 9 * np.diag([1, 0, 1, 0, 1]).astype(dtype), matrix(rng, dtype, 5, 2)
    for lower in (True, False):
        np.testing.assert_allclose(a @ lapack.solve_symmetric(tri(a, lower), b, lower), b, atol=100 * TOLERANCE[dtype])


def test_a_complex_symmetric_system_is_not_hermitian(rng):
    a = matrix(rng, "complex128", 4, 4)
    a, b = a + a.T, matrix(rng, "complex128", 4)
    x, y = T.zmatrix(), T.zvector()
    np.testing.assert_allclose(a @ theano.function([x, y], slinalg.solve_symmetric(x, y))(a, b), b)


DTYPES = [("int8", "float64"), ("bool", "float64"), ("float16", "float32"), ("float32", "float32"),
          ("complex64", "complex64")]


@pytest.mark.parametrize(("given", "expected"), DTYPES)
def test_dtypes(given, expected):
    x = T.TensorType(given, (False, False))()
    eye = np.eye(2).astype(given)
    for y in (nlinalg.matrix_inverse(x), slinalg.cholesky(x), slinalg.solve(x, x), nlinalg.det(x), nlinalg.pinv(x),
              slinalg.expm(x), *nlinalg.qr(x), nlinalg.svd(x)[0], nlinalg.eig(x)[0], nlinalg.eigh(x)[1]):
        assert y.dtype == expected == theano.function([x], y)(eye).dtype


EMPTY = {
    "solve": lambda x: slinalg.solve(x, x), "lower": lambda x: slinalg.solve_lower_triangular(x, x),
    "symmetric": lambda x: slinalg.solve_symmetric(x, x[:, 0:0].sum(1)), "cholesky": slinalg.cholesky,
    "gradient": lambda x: theano.grad(slinalg.cholesky(x).sum(), x), "inverse": nlinalg.matrix_inverse,
    "det": lambda x: nlinalg.det(x) - 1, "eigh": lambda x: nlinalg.eigh(x)[1], "svd": lambda x: nlinalg.svd(x)[1],
    "qr": lambda x: nlinalg.qr(x)[0], "pinv": nlinalg.pinv, "expm": slinalg.expm,
    "expm_gradient": lambda x: theano.grad(slinalg.expm(x).sum(), x), "lu": lambda x: solve.LUFactor()(x)[0],
    "lu_solve": lambda x: solve.LUSolve()(*solve.LUFactor()(x), x),
    "lu_inverse": lambda x: solve.LUInverse()(*solve.LUFactor()(x)),
    "from_cholesky": lambda x: cholesky.CholeskyInverse()(x),
}


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
@pytest.mark.parametrize("name", sorted(EMPTY))
def test_empty_matrices(name, mode):
    x = T.dmatrix()
    assert not theano.function([x], EMPTY[name](x), mode=mode)(np.zeros((0, 0))).any()


SQUARE = {"solve": lambda x: slinalg.solve(x, x), "lower": lambda x: slinalg.solve_lower_triangular(x, x),
          "symmetric": lambda x: slinalg.solve_symmetric(x, x), "cholesky": slinalg.cholesky, "det": nlinalg.det,
          "slogdet": lambda x: inverse.slogdet(x)[1], "inverse": nlinalg.matrix_inverse, "eigh": nlinalg.eigh,
          "eig": nlinalg.eig, "eigvalsh": lambda x: slinalg.eigvalsh(x, None), "expm": slinalg.expm,
          "power": lambda x: nlinalg.matrix_power(x, 2), "lu": solve.LUFactor()}


@pytest.mark.parametrize("name", sorted(SQUARE))
def test_matrices_that_are_not_square(name):
    x = T.dmatrix()
    f = theano.function([x], SQUARE[name](x))
    with pytest.raises(ValueError, match=r"(?s)(square|shape).*test_linalg_values.py"):      # LinAlgError is one
        f(np.ones((2, 3)))


@pytest.mark.parametrize("name", sorted(SQUARE))
def test_vectors_are_refused(name):
    with pytest.raises(TypeError, match="matrix, but"):
        SQUARE[name](T.dvector())


SINGULAR = {"solve": lambda x: slinalg.solve(x, x), "lower": lambda x: slinalg.solve_lower_triangular(x, x),
            "vector": lambda x: slinalg.solve_upper_triangular(x, x[0]), "inverse": nlinalg.matrix_inverse,
            "symmetric": lambda x: slinalg.solve_symmetric(x, x), "power": lambda x: nlinalg.matrix_power(x, -1),
            "from_cholesky": cholesky.CholeskyInverse()}


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize("name", sorted(SINGULAR))
def test_singular_matrices(name, dtype):
    x = T.TensorType(dtype, (False, False))()
    f = theano.function([x], SINGULAR[name](x))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        f(np.array([[1, 0], [0, 0]], dtype))


def test_matrices_that_are_not_positive_definite():
    x, bad = T.dmatrix(), np.array([[1, 0.2], [0.2, -2]])
    for op in (slinalg.cholesky, slinalg.Cholesky(on_error="semidefinite"), slinalg.Cholesky(lower=False)):
        with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
            theano.function([x], op(x))(bad)
        with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
            theano.function([x], theano.grad(op(x).sum(), x))(bad)
    op = slinalg.Cholesky(on_error="nan")
    assert np.isnan(theano.function([x], op(x))(bad)).all()
    assert np.isnan(theano.function([x], theano.grad(op(x).sum(), x))(bad)).all()
    with pytest.raises(ValueError, match="on_error"):
        slinalg.Cholesky(on_error="ignore")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("lower", [True, False])
def test_factors_of_semidefinite_matrices(dtype, lower, rng):
    a = matrix(rng, dtype, 5, 2)
    a = a @ a.conj().T
    x = T.TensorType(dtype, (False, False))()
    found = theano.function([x], slinalg.Cholesky(lower, "semidefinite")(x))(a)
    product = found @ found.conj().T if lower else found.conj().T @ found
    np.testing.assert_allclose(product, a, atol=100 * TOLERANCE[dtype])
    np.testing.assert_array_equal(found, tri(found, lower))
    assert (found.diagonal().real >= 0).all()


def test_eig_of_rotations_needs_complex_numbers():
    x, z, a = T.dmatrix(), T.zmatrix(), np.array([[0.0, -1.0], [1.0, 0.0]])
    with pytest.raises(np.linalg.LinAlgError, match="complex eigenvalues"):
        theano.function([x], nlinalg.eig(x))(a)
    w, v = theano.function([z], nlinalg.eig(z))(a.astype("complex128"))
    np.testing.assert_allclose(a @ v, w * v)


def test_least_squares(rng):
    x, y = T.dmatrix(), T.dvector()
    a, b = rng.normal(size=(5, 3)), rng.normal(size=5)
    f = theano.function([x, y], nlinalg.lstsq()(x, y, 1e-10))
    for found, expected in zip(f(a, b), np.linalg.lstsq(a, b, 1e-10), strict=True):
        np.testing.assert_allclose(found, expected)
    with pytest.raises(np.linalg.LinAlgError, match="scalar"):
        theano.function([x, y], nlinalg.lstsq()(x, y, y))(a, b)


NORMS = [(None, None), ("fro", "fro"), ("inf", np.inf), (np.inf, np.inf), ("-inf", -np.inf), (1, 1), (-1, -1), (2, 2),
         (-2, -2), (0, 0), (3, 3), (2.5, 2.5)]


@pytest.mark.parametrize(("ours", "theirs"), NORMS)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_norms(ours, theirs, dtype, rng):
    for value, orders in ((matrix(rng, dtype, 4), {None, np.inf, -np.inf, 1, -1, 2, -2, 0, 3, 2.5}),
                          (matrix(rng, dtype, 4, 3), {None, "fro", np.inf, -np.inf, 1, -1, 2, -2})):
        x = T.TensorType(dtype, (False,) * value.ndim)()
        if theirs not in orders:
            with pytest.raises(ValueError, match="norm of order"):
                nlinalg.norm(x, ours)
            continue
        np.testing.assert_allclose(theano.function([x], nlinalg.norm(x, ours))(value), np.linalg.norm(value, theirs))


def test_wrong_arguments():
    x = T.dmatrix()
    for call, error, words in [
            (lambda: slinalg.Solve("round"), ValueError, "structure"),
            (lambda: nlinalg.qr(x, "half"), ValueError, "mode"),
            (lambda: nlinalg.Eigh("M"), ValueError, "UPLO"),
            (lambda: nlinalg.matrix_power(x, 0.5), TypeError, "integer"),
            (lambda: slinalg.solve(x, T.dtensor3()), TypeError, "right side"),
            (lambda: nlinalg.tensorinv(x, 0), ValueError, "ind"), (lambda: slinalg.Eigvalsh(2), ValueError, "lower"),
            (lambda: nlinalg.tensorsolve(x, T.dtensor3()), TypeError, "axes"),
            (lambda: slinalg.kron(T.dvector(), T.dvector()), TypeError, "outer"),
            (lambda: nlinalg.norm(T.dtensor3(), 2), NotImplementedError, "3 dim"),
            (lambda: nlinalg.norm(3, None), ValueError, "scalar"),
            (lambda: nlinalg.QRFull("r"), ValueError, "mode"),
            (lambda: nlinalg.QRIncomplete("raw"), ValueError, "mode"),
            (lambda: nlinalg.diag(T.dtensor3()), TypeError, "vector or matrix"),
            (lambda: nlinalg.alloc_diag(x), TypeError, "vector")]:
        with pytest.raises(error, match=words):
            call()
    with pytest.raises(np.linalg.LinAlgError, match="rows"):
        theano.function([x], slinalg.solve(x, x[1:]))(np.eye(3))


def test_shapes_need_no_factorization():
    x = T.dmatrix()
    outputs = [slinalg.cholesky(x), nlinalg.matrix_inverse(x), slinalg.solve(x, x), *nlinalg.svd(x), *nlinalg.qr(x),
               *nlinalg.qr(x, "raw"), nlinalg.qr(x, "r"), *nlinalg.eigh(x), slinalg.expm(x), nlinalg.pinv(x[:2]),
               theano.grad(slinalg.cholesky(x).sum(), x), slinalg.eigvalsh(x, x), nlinalg.svd(x, full_matrices=0)[2],
               nlinalg.tensorinv(x, 1), nlinalg.tensorsolve(x, x[0]), *solve.LUFactor()(x)]
    f = theano.function([x], [y.shape for y in outputs], mode="FAST_RUN")
    assert not [node.op for node in f.maker.fgraph.toposort() if "linalg" in type(node.op).__module__]
    a = np.array([[4.0, 1, 0], [1, 5, 2], [0, 2, 6]])
    for shape, y in zip(f(a), outputs, strict=True):
        assert tuple(shape) == y.eval({x: a}).shape
