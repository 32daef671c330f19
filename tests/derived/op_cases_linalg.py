"""The table of `op_cases`, continued: linear algebra and Fourier transforms.

References are written so that they don't depend on signs and orders that are free.
"""

import numpy as np
import scipy.linalg
from draws import ALL
from op_case import A, Case

import theano.tensor as T
from theano.tensor import fft as transforms
from theano.tensor.fourier import fft
from theano.tensor.linalg import cholesky as roots
from theano.tensor.linalg import decompose, eigen, inverse, product, solve
from theano.tensor.linalg.hint import Hint

REALS = ("float32", "float64")
FIELDS = ("float32", "float64", "complex64", "complex128")
PHASE = ("none of what depends on the phases of complex vectors, which are not unique (AssertionError); what is said "
         "about rotations among vectors of equal values is left out")
BASIS = ("none of what depends on which basis the columns beyond min(m, n) are, for mode='complete' or "
         "full_matrices=True (AssertionError)")
REFLECTED = f"{BASIS}; mode='raw': not where a column is zero below its diagonal, where a sign jumps (LinAlgError)"
DISTINCT = "for distinct eigenvalues; none of what depends on the phases of complex vectors (AssertionError)"
RANK = "along changes by which the rank stays"
SOLVABLE = tuple(d for d in ALL if d != "bool")         # whole numbers become float64, half precision single
LATE = "made by rewriting, after gradients were taken"


def square(definite=False):
    """A well conditioned matrix, Hermitian and positive definite if asked for."""
    def draw(rng, shape, dtype, sizes):
        x = rng.uniform(-1, 1, shape)
        if np.dtype(dtype).kind in "iu":
            x = rng.randint(0, 2, shape)
        if np.dtype(dtype).kind == "c":
            x = x + 1j * rng.uniform(-1, 1, shape)
        return x @ x.conj().T + np.diag(1 + np.arange(3.0)) if definite else x + np.diag([3.0, 4.0, 5.0])
    return A("33", kind=draw)


def triangle(x, lower=True):
    """One half of a matrix, which is what is read of a Hermitian one."""
    half = np.tril(x) if lower else np.triu(x)
    other = np.tril(x, -1) if lower else np.triu(x, 1)
    return half + other.conj().T


def real(x):
    """Whole numbers in double precision, for which SciPy would take a narrower one."""
    return x if x.dtype.kind in "fc" else x.astype("float64")


def fold(x):
    """A Hermitian gradient as one by the lower triangle, which is what is read."""
    return np.tril(x) + np.triu(x, 1).conj().T


def same_product(parts):
    """What is unique about factors: their product."""
    result = parts[0]
    for part in parts[1:]:
        result = T.dot(result, part)
    return result


LINEAR = [
    Case("cholesky", roots.Cholesky(), [square(True)], lambda x: np.linalg.cholesky(x), dtypes=SOLVABLE, rough=100),
    Case("cholesky_upper", roots.Cholesky(lower=False), [square(True)], lambda x: scipy.linalg.cholesky(real(x)),
         dtypes=SOLVABLE, rough=100),
    Case("cholesky_inverse", lambda x: roots.CholeskyInverse()(roots.cholesky(x)), [square(True)], np.linalg.inv,
         dtypes=SOLVABLE, rough=1000),
    Case("inverse", inverse.matrix_inverse, [square()], np.linalg.inv, dtypes=SOLVABLE, rough=100),
    Case("pinv", inverse.pinv, [A("34")], np.linalg.pinv, dtypes=FIELDS, rough=1000, only=RANK),
    Case("det", inverse.det, [square()], np.linalg.det, dtypes=SOLVABLE, rough=1000),
    Case("slogdet", lambda x: inverse.slogdet(x), [square()], lambda x: list(np.linalg.slogdet(x)), dtypes=SOLVABLE,
         rough=100),
    Case("tensorinv", inverse.TensorInv(1), [square()], lambda x: np.linalg.tensorinv(x, 1), dtypes=SOLVABLE,
         rough=100),
    Case("tensorsolve", inverse.TensorSolve(), [square(), A("3")], np.linalg.tensorsolve, dtypes=SOLVABLE, rough=100),
    Case("lstsq", lambda x, y: inverse.lstsq()(x, y, -1.0)[0], [A("53"), A("52")],
         lambda x, y: np.linalg.lstsq(x, y, rcond=-1)[0], dtypes=FIELDS, rough=1000,
         no_shape="it is that of four results, one of which depends on the rank", only=RANK),
    Case("lstsq_rest", lambda x, y: inverse.lstsq()(x, y, 1e-5)[1:], [A("53"), A("5")],
         lambda x, y: np.linalg.lstsq(x, y, rcond=1e-5)[1:], dtypes=FIELDS, rough=1000,
         no_shape="it is that of four results, one of which depends on the rank"),
    Case("solve", solve.solve, [square(), A("32")], np.linalg.solve, dtypes=SOLVABLE, rough=100),
    Case("solve_lower", solve.solve_lower_triangular, [square(), A("3")],
         lambda a, b: scipy.linalg.solve_triangular(real(a), real(b), lower=True), dtypes=SOLVABLE, rough=100),
    Case("solve_symmetric", solve.solve_symmetric, [square(True), A("32")],
         lambda a, b: np.linalg.solve(triangle(a, lower=False), b), dtypes=REALS, rough=1000),
    Case("lu_solve", lambda a, b: solve.LUSolve()(*solve.LUFactor()(a), b), [square(), A("32")], np.linalg.solve,
         dtypes=SOLVABLE, rough=100, flat=LATE),
    Case("lu_inverse", lambda a: solve.LUInverse()(*solve.LUFactor()(a)), [square()], np.linalg.inv, dtypes=SOLVABLE,
         rough=100, flat=LATE),
    Case("qr", lambda a: same_product(decompose.QRFull("reduced")(a)), [A("53")], lambda a: a, dtypes=FIELDS, rough=10),
    Case("qr_complete", lambda a: same_product(decompose.QRFull("complete")(a)), [A("53")], lambda a: a, dtypes=FIELDS,
         rough=100),
    Case("qr_raw", lambda a: decompose.QRFull("raw")(a), [A("43")], lambda a: list(np.linalg.qr(a, "raw")),
         dtypes=FIELDS, rough=100, only=REFLECTED),
    Case("qr_r", lambda a: abs(decompose.QRIncomplete("r")(a)), [A("53")], lambda a: abs(np.linalg.qr(a, "r")),
         dtypes=FIELDS, rough=100),
    Case("svd", lambda a: decompose.SVD(False, True)(a)[1], [A("43")], lambda a: np.linalg.svd(a, compute_uv=False),
         dtypes=FIELDS, rough=100, only=f"{BASIS}; {PHASE}"),
    Case("svd_product", lambda a: same_product([T.dot(u * s, v) for u, s, v in [decompose.SVD(False, True)(a)]]),
         [A("43")], lambda a: a, dtypes=FIELDS, rough=100),
    Case("eig", lambda a: T.sort(eigen.eig(a)[0]), [square(True)], lambda a: np.sort(np.linalg.eigvals(a).real),
         dtypes=REALS, rough=1000, only=DISTINCT),
    Case("eigh", lambda a: eigen.eigh(a)[0], [square(True)], lambda a: np.linalg.eigvalsh(triangle(a)), dtypes=SOLVABLE,
         rough=100, only=PHASE),
    Case("eigh_product", lambda a: [T.dot(v * w, T.conj(v).T) for w, v in [eigen.eigh(a)]], [square(True)],
         lambda a: [triangle(a)], dtypes=FIELDS, rough=100),
    Case("eigh_grad", lambda a, g: eigen.EighGrad()(a, *eigen.eigh(a), g, a.zeros_like()), [square(True), A("3")],
         lambda a, g: fold((np.linalg.eigh(triangle(a))[1] * g) @ np.linalg.eigh(triangle(a))[1].conj().T),
         dtypes=REALS, rough=100),
    Case("eigvalsh", lambda a, b: eigen.eigvalsh(a, b), [square(True), square(True)],
         lambda a, b: scipy.linalg.eigvalsh(real(triangle(a)), real(triangle(b))), dtypes=SOLVABLE, rough=1000),
    Case("divisors", lambda v: solve.Divisors()(v, 3), [A("23", 0.5, 2)], lambda v: v, dtypes=FIELDS),
    Case("kron", product.Kron(), [A("mn"), A("34")], np.kron),
    Case("kron_grad_by_first", lambda g, b: product.KronGrad(True)(g, b, 2, 3), [A("86"), A("42")],
         lambda g, b: np.einsum("ikjl,kl->ij", g.reshape(2, 4, 3, 2), b), dtypes=FIELDS, rough=10),
    Case("kron_grad_by_second", lambda g, a: product.KronGrad(False)(g, a, 4, 2), [A("86"), A("23")],
         lambda g, a: np.einsum("ikjl,ij->kl", g.reshape(2, 4, 3, 2), a), dtypes=FIELDS, rough=10),
    Case("expm", product.expm, [A("33", -0.5, 0.5)], scipy.linalg.expm, dtypes=FIELDS, rough=100),
    Case("hint", Hint(psd=True), [A("mn")], lambda x: x, dtypes=SOLVABLE),
]
FOURIER = [
    Case("rfft", transforms.RFFTOp(), [A("m6")], lambda x: np.stack([np.fft.rfft(x).real, np.fft.rfft(x).imag], -1),
         dtypes=REALS, rough=10),
    Case("irfft", transforms.IRFFTOp(), [A("m42")], lambda x: 6 * np.fft.irfft(x[..., 0] + 1j * x[..., 1]),
         dtypes=REALS, rough=10),
    Case("fft", lambda x: fft(x, 5, 0), [A("4n")], lambda x: np.fft.fft(x, 5, 0), dtypes=("float64", "complex128"),
         rough=10),
    Case("fitted", transforms.fitted, [A("m4"), A("m6", moves=False)],
         lambda x, model: np.pad(x, [(0, 0), (0, 2)]), dtypes=FIELDS),
]
LINALG_CASES = [*LINEAR, *FOURIER]
