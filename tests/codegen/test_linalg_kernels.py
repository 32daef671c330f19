"""Linear algebra as kernels of the machine: against the ops' `perform`, for all dtypes, sizes and layouts."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen.kernels.linalg import LINALG_ROWS
from theano.runtime import native
from theano.tensor.linalg import cholesky, decompose, eigen, inverse, product, solve

FIELDS = ("float32", "float64", "complex64", "complex128")
NATIVE, PYTHON = theano.Mode("cvm", "fast_compile"), theano.Mode("py", "fast_compile")
SIZES = (1, 2, 7, 9, 16, 17, 33, 70, 130)
LAYOUTS = {
    "plain": lambda x: x,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(np.repeat(x, 2, axis=0), 2, axis=-1)[::2][..., ::2] if x.ndim > 1 else \
        np.repeat(x, 2)[::2],
    "reversed": lambda x: np.flip(np.flip(x).copy()),
}


@pytest.fixture
def limit_level():
    """Picks the group of instruction sets for the loops that factor matrices; the largest one that there is."""
    yield native._machine.limit_level
    native._machine.limit_level(2)


def draw(rng, dtype, *shape):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype.startswith("complex") else x).astype(dtype)


def general(rng, dtype, n):
    return draw(rng, dtype, n, n) + 2 * np.sqrt(n) * np.eye(n, dtype=dtype)


def definite(rng, dtype, n):
    a = draw(rng, dtype, n, n)
    return (a @ a.conj().T + n * np.eye(n)).astype(dtype)


def wide(rng, dtype, n):
    return draw(rng, dtype, n, n + 3)


def tall(rng, dtype, n):
    return draw(rng, dtype, n + 3, n)


def columns(rng, dtype, n):
    return draw(rng, dtype, n, 3)


def vector(rng, dtype, n):
    return draw(rng, dtype, n)


def factor(rng, dtype, n):
    return np.linalg.cholesky(definite(rng, dtype, n))


def up_to_sign(parts):
    return [abs(p) for p in parts]


def whole_svd(a):
    u, s, vt = decompose.SVD(full_matrices=False)(a)
    return [s, T.dot(u * s.dimshuffle("x", 0), vt)]


def whole_eigh(uplo):
    def op(a):
        w, v = eigen.Eigh(uplo)(a)
        return [w, T.dot(v * w.dimshuffle("x", 0), v.conj().T if v.type.dtype.startswith("complex") else v.T)]
    return op


# name: (op, arguments)
CASES = {
    "solve": (solve.solve, general, columns),
    "solve_vector": (solve.solve, general, vector),
    "solve_wide": (solve.solve, general, wide),
    "lower": (solve.solve_lower_triangular, general, columns),
    "lower_vector": (solve.solve_lower_triangular, general, vector),
    "lower_wide": (solve.solve_lower_triangular, general, wide),
    "upper": (solve.solve_upper_triangular, general, wide),
    "upper_vector": (solve.solve_upper_triangular, general, vector),
    "hermitian": (solve.Solve("hermitian", lower=True), definite, columns),
    "hermitian_upper": (solve.Solve("hermitian"), definite, columns),
    "indefinite": (lambda a, b: solve.Solve("hermitian")(-a, b), definite, columns),
    "lu_solve": (lambda a, b: solve.LUSolve()(*solve.LUFactor()(a), b), general, columns),
    "lu_solve_turned": (lambda a, b: solve.LUSolve(True)(*solve.LUFactor()(a), b), general, columns),
    "lu": (lambda a: solve.LUFactor()(a), general),
    "lu_inverse": (lambda a: solve.LUInverse()(*solve.LUFactor()(a)), general),
    "inverse": (inverse.matrix_inverse, general),
    "slogdet": (inverse.slogdet, general),
    "pinv": (inverse.pinv, general),
    "pinv_tall": (inverse.pinv, tall),
    "cholesky": (cholesky.Cholesky(), definite),
    "cholesky_upper": (cholesky.Cholesky(lower=False), definite),
    "cholesky_inverse": (cholesky.CholeskyInverse(), factor),
    "cholesky_inverse_upper": (lambda a: cholesky.CholeskyInverse(False)(a.T), factor),
    "qr": (decompose.QRFull("reduced"), tall),
    "qr_wide": (decompose.QRFull("reduced"), wide),
    "qr_complete": (decompose.QRFull("complete"), tall),
    "qr_raw": (decompose.QRFull("raw"), wide),
    "qr_r": (decompose.QRIncomplete("r"), wide),
    "svd": (whole_svd, wide),
    "svd_values": (decompose.SVD(compute_uv=False), tall),
    "eigh": (whole_eigh("L"), definite),
    "eigh_upper": (whole_eigh("U"), definite),
    "eigvalsh": (lambda a: eigen.eigvalsh(a, None), definite),
    "eigvalsh_of_two": (eigen.eigvalsh, definite, definite),
    "expm": (product.expm, lambda rng, dtype, n: draw(rng, dtype, n, n) / n),
    "expm_scaled": (product.expm, lambda rng, dtype, n: 3 * draw(rng, dtype, n, n) / np.sqrt(n).astype("float32")),
}


def variables(values):
    return [T.TensorType(v.dtype, (False,) * v.ndim)() for v in values]


def functions(op, values):
    """The op in the machine, and as Python."""
    given = variables(values)
    found = op(*given)
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    fast = theano.function(given, found, mode=NATIVE)
    assert not fast.maker.compiled.program.performs
    return fast, theano.function(given, found, mode=PYTHON)


def check(found, expected, dtype, n):
    tolerance = (2e-5 if dtype in ("float32", "complex64") else 1e-13) * (n + 10)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * max(1, abs(other).max(initial=0)))


@pytest.mark.parametrize("dtype", FIELDS)
@pytest.mark.parametrize("name", CASES)
def test_kernels(name, dtype, limit_level, rng):
    op, *arguments = CASES[name]
    fast, slow = functions(op, [make(rng, dtype, 2) for make in arguments])
    layouts = list(LAYOUTS.values())
    levels = ((2, SIZES), (1, (5, 33)), (0, (5, 20))) if dtype in ("float32", "float64") else ((2, (3, 40)),)
    for level, sizes in levels:         # complex numbers go to LAPACK at once
        limit_level(level)
        for k, n in enumerate(sizes):
            values = [layouts[k % len(layouts)](make(rng, dtype, n)) for make in arguments]
            check(fast(*values), slow(*values), dtype, n)


@pytest.mark.parametrize("dtype", FIELDS)
def test_determinants(dtype, rng):
    fast, slow = functions(inverse.det, [general(rng, dtype, 2)])
    for n in (0, 1, 3, 8, 20, 33):
        a = general(rng, dtype, n) / np.sqrt(n + 1).astype("float32")
        np.testing.assert_allclose(fast(a), slow(a), rtol=1e-4 if dtype in ("float32", "complex64") else 1e-11)
    if dtype == "float64":
        for a in (1e200 * np.eye(4), np.diag([1e300, 1e300, 1e-300, 1e-300]), np.zeros((3, 3)),
                  np.full((3, 3), np.nan)):
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(fast(a)[0], slow(a)[0], rtol=1e-10)


@pytest.mark.parametrize("dtype", ("float32", "float64"))
def test_gradient_of_cholesky(dtype, rng):
    for lower in (True, False):
        op = cholesky.CholeskyGrad(lower)
        fast, slow = functions(op, [definite(rng, dtype, 2)] * 3)
        for n in (1, 9, 64, 65, 150):
            root = factor(rng, dtype, n) if lower else factor(rng, dtype, n).T
            values = [definite(rng, dtype, n), root, draw(rng, dtype, n, n)]
            check(fast(*values), slow(*values), dtype, n)


@pytest.mark.parametrize("dtype", FIELDS)
def test_semidefinite_matrices(dtype, rng):
    for lower in (True, False):
        fast, slow = functions(cholesky.Cholesky(lower, "semidefinite"), [definite(rng, dtype, 2)])
        for n in (3, 40):
            half = draw(rng, dtype, n, 2)
            a = (half @ half.conj().T).astype(dtype)
            for f in (fast, slow):
                root, = f(a)
                whole = root @ root.conj().T if lower else root.conj().T @ root
                np.testing.assert_allclose(whole, a, atol=(1e-3 if dtype in ("float32", "complex64") else 1e-9) * n)
        bad = np.diag([1, -1]).astype(dtype)
        for f in (fast, slow):
            with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
                f(bad)


@pytest.mark.parametrize("dtype", FIELDS)
def test_least_squares(dtype, rng):
    real = np.dtype(dtype).char.lower() if dtype.startswith("complex") else dtype
    limit = np.asarray(1e-4, "float32" if real in ("f", "float32") else "float64")
    for right in (columns, vector):
        for m, n in ((8, 3), (3, 8), (5, 5), (40, 33)):
            a, b = draw(rng, dtype, m, n), right(rng, dtype, m)
            fast, slow = functions(lambda *xs: inverse.lstsq()(*xs), [a, b, limit])
            check(fast(a, b, limit), slow(a, b, limit), dtype, 10 * m)
    given = variables([limit.reshape(1), limit.reshape(1), limit])
    f = theano.function(given, inverse.lstsq()(*given), mode=NATIVE)
    with pytest.raises(np.linalg.LinAlgError):
        f(draw(rng, limit.dtype.name, 3), draw(rng, limit.dtype.name, 3), limit)


def test_eigenvalues_of_general_matrices(rng):
    fast, slow = functions(lambda a: up_to_sign(eigen.eig(a)), [general(rng, "complex128", 3)])
    a = general(rng, "complex128", 6)
    check(fast(a), slow(a), "complex128", 50)
    real, slow = functions(lambda a: up_to_sign(eigen.eig(a)), [np.eye(3)])
    a = definite(rng, "float64", 6)
    check(real(a), slow(a), "float64", 50)
    with pytest.raises(np.linalg.LinAlgError, match="complex eigenvalues"):
        real(np.array([[0.0, 1.0], [-1.0, 0.0]]))


def test_empty_matrices():
    for name in ("solve", "inverse", "slogdet", "cholesky", "svd", "qr", "qr_complete", "eigh", "expm", "lu"):
        op, *arguments = CASES[name]
        values = [np.zeros((0, 0))] + [np.zeros((0, 3))] * (len(arguments) - 1)
        fast, slow = functions(op, values)
        check(fast(*values), slow(*values), "float64", 0)
    fast, slow = functions(lambda a: decompose.SVD()(a), [np.zeros((0, 3))])
    check(fast(np.zeros((0, 3))), slow(np.zeros((0, 3))), "float64", 0)


def test_errors_name_what_was_given(rng):
    a, b = np.zeros((40, 40)), np.zeros(40)
    for op, values, words in (
            (solve.solve, [a, b], "solve: the matrix is singular, pivot 1 is zero"),
            (inverse.matrix_inverse, [a], "inverse: the matrix is singular, pivot 1 is zero"),
            (solve.solve_lower_triangular, [a, b], "solve: the triangular matrix is singular, pivot 1 is zero"),
            (solve.solve, [a, b[:3]], r"solve: shapes \(40, 40\) and \(3,\) don't fit"),
            (inverse.det, [a[:3]], r"det needs a square matrix, got shape \(3, 40\)"),
            (cholesky.Cholesky(), [a], r"cholesky: the matrix of shape \(40, 40\) is not positive definite")):
        for f in functions(op, values):
            with pytest.raises(np.linalg.LinAlgError, match=words):
                f(*values)


BATCHED = {
    **{name: CASES[name] for name in CASES if name not in ("indefinite", "svd", "eigh", "eigh_upper")},
    "det": (inverse.det, general),
    "gradient": (lambda a, g: cholesky.CholeskyGrad()(a, a, g), factor, general),
}


@pytest.mark.parametrize("name", BATCHED)
def test_batches(name, rng):
    """Each argument as rows, in all combinations: one call of a kernel for all matrices."""
    op, *arguments = BATCHED[name]
    dtype = "complex128" if name in ("solve", "cholesky_upper", "qr") else "float64"
    for n in (4, 40) if name in ("solve", "cholesky", "inverse", "gradient") else (5,):
        for mask in range(1, 1 << len(arguments)):
            values = [np.stack([make(rng, dtype, n) for _ in range(3)]) if mask >> k & 1 else make(rng, dtype, n)
                      for k, make in enumerate(arguments)]
            given = variables(values)
            single = [T.TensorType(v.dtype, (False,) * (v.ndim - (mask >> k & 1)))() for k, v in enumerate(values)]
            rows = theano.vectorize(_with_fixed(op, single, mask))(*[x for k, x in enumerate(given) if mask >> k & 1])
            rows = list(rows) if isinstance(rows, (list, tuple)) else [rows]
            fixed = {s: x for k, (s, x) in enumerate(zip(single, given, strict=True)) if not mask >> k & 1}
            fast = theano.function(given, theano.clone(rows, fixed) if fixed else rows, mode=NATIVE)
            assert not fast.maker.compiled.program.performs
            slow = theano.function(single, list(_tuple(op(*single))), mode=PYTHON)
            found = fast(*values)
            for i in range(3):
                expected = slow(*(v[i] if mask >> k & 1 else v for k, v in enumerate(values)))
                check([f[i] for f in found], expected, dtype, n)


def _tuple(found):
    return tuple(found) if isinstance(found, (list, tuple)) else (found,)


def _with_fixed(op, fixed, mask):
    """``op`` as a function of the arguments in ``mask``."""
    def function(*moving):
        rows = iter(moving)
        return _tuple(op(*(next(rows) if mask >> k & 1 else x for k, x in enumerate(fixed))))
    return function


def test_batches_of_batches(rng):
    x, b = T.tensor4(dtype="float64"), T.dtensor4()
    f = theano.function([x, b], theano.vectorize(theano.vectorize(solve.solve))(x, b), mode=NATIVE)
    assert [kernel for kind, *_, kernel, _ in f.maker.compiled.program.code if kind == "call"] == ["solve"]
    a, right = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 3, 4, 2))
    np.testing.assert_allclose(f(a, right), np.linalg.solve(a, right), rtol=1e-9)
    v = T.dtensor3()
    found = theano.vectorize(lambda m, r: theano.vectorize(lambda one: solve.solve(one, r))(m))(x, v)
    g = theano.function([x, v], found, mode=NATIVE)
    np.testing.assert_allclose(g(a, right[:, 0]), np.linalg.solve(a, right[:, :1]), rtol=1e-9)


def test_batches_of_no_matrices_and_of_different_numbers(rng):
    x, b = T.dtensor3(), T.dtensor3()
    f = theano.function([x, b], theano.vectorize(solve.solve)(x, b), mode=NATIVE)
    assert f(np.zeros((0, 3, 3)), np.zeros((0, 3, 2))).shape == (0, 3, 2)
    with pytest.raises(ValueError, match="different numbers"):
        f(np.zeros((2, 3, 3)), np.zeros((3, 3, 2)))


def test_every_kernel_has_a_case():
    """A new row of the table needs a case here."""
    seen = set()
    for op, *arguments in [*CASES.values(), *BATCHED.values()]:
        rng = np.random.RandomState(0)
        found = op(*variables([make(rng, "float64", 3) for make in arguments]))
        for variable in _tuple(found):
            stack = [variable]
            while stack:
                node = stack.pop().owner
                if node is not None:
                    seen.add(type(node.op))
                    stack.extend(node.inputs)
    assert set(LINALG_ROWS) - seen == {inverse.lstsq, eigen.Eig}          # which have tests of their own
