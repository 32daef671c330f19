"""Derivatives against complex steps: f(x + i h) of an analytic f has the imaginary part h f'(x): nothing cancels."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.scalar.op import ScalarOp
from theano.tensor import fourier, nlinalg, slinalg
from theano.tensor.elemwise import ELEMWISE

STEP = 1e-30
NOT_ANALYTIC = {"abs_", "sgn", "real", "imag", "conj", "angle", "complex", "complex_from_polar", "switch", "mod",
                "second"}
# of these SciPy and NumPy have no complex values, or none of this precision so near to the axis
REAL_ALONE = {"tri_gamma", "arctan2", "int_div", "j0", "j1", "jv", "iv", "i0", "i1", "gammaln", "gamma", "psi", "erf",
              "erfc", "erfcx", "maximum", "minimum"}
PLAIN = theano.Mode("py", "fast_compile")


def analytic_rows():
    for name, row in sorted(ScalarOp.table.items()):
        if name not in ELEMWISE or name.startswith("cast_") or row.gradient is None:
            continue
        if name in NOT_ANALYTIC | REAL_ALONE:
            continue
        try:
            y = ELEMWISE[name](*(T.zscalar() for _ in range(2 if row.nin < 0 else row.nin)))
        except TypeError:
            continue
        if y.type.dtype == "complex128":
            yield name


@pytest.mark.parametrize("name", list(analytic_rows()))
def test_rows(name, rng):
    row = ScalarOp.table[name]
    count = 2 if row.nin < 0 else row.nin
    domains = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
    values = [rng.uniform(low + 0.01 * (high - low), high, 5) for low, high in domains]
    reals, complexes = [T.dvector() for _ in values], [T.zvector() for _ in values]
    gradients = T.grad(ELEMWISE[name](*reals).sum(), reals, disconnected_inputs="ignore")
    slopes = theano.function(reals, gradients, mode=PLAIN, on_unused_input="ignore")(*values)
    f = theano.function(complexes, ELEMWISE[name](*complexes), mode=PLAIN)
    for k, slope in enumerate(slopes):
        stepped = f(*(v + 1j * STEP * (j == k) for j, v in enumerate(values)))
        np.testing.assert_allclose(stepped.imag / STEP, slope, rtol=1e-9, atol=1e-12)


MATRICES = {
    "dot": (lambda a, b: T.dot(a, b), (3, 3), (3, 2)), "inverse": (nlinalg.matrix_inverse, (3, 3)),
    "det": (nlinalg.det, (3, 3)), "solve": (slinalg.solve, (3, 3), (3, 2)), "expm": (slinalg.expm, (3, 3)),
    "lower": (slinalg.solve_lower_triangular, (3, 3), (3,)), "power": (lambda a: nlinalg.matrix_power(a, -2), (3, 3)),
    "symmetric": (lambda a, b: slinalg.solve_symmetric(a + a.T, b), (3, 3), (3,)),
    "kron": (slinalg.kron, (2, 2), (2, 3)),
    "tensorinv": (lambda a: nlinalg.tensorinv(a, 1), (4, 2, 2)), "tensordot": (
        lambda a, b: T.tensordot(a, b, [[1], [0]]), (2, 3), (3, 2)), "batched": (T.batched_dot, (2, 3, 2), (2, 2, 3)),
    "prod": (lambda a: T.prod(a, axis=0), (3, 2)), "cumprod": (lambda a: T.cumprod(a, axis=1), (3, 2)),
    "cumsum": (lambda a: T.cumsum(a), (4,)), "mean": (lambda a: T.mean(a ** 3, axis=0), (3, 2)),
    "fourier": (lambda a: fourier.fft(a, 4, 0), (4, 2)), "scan": (
        lambda a: theano.scan(lambda r, s: s * r + r, sequences=a, outputs_info=a[0].zeros_like())[0], (4, 2)),
    "set": (lambda a, b: T.set_subtensor(a[1:], b) ** 2, (3, 2), (2, 2)),
    "trace": (lambda a: nlinalg.trace(a.dot(a)), (3, 3)),
}


@pytest.mark.parametrize("name", MATRICES)
def test_products_of_jacobians(name, rng):
    """Rop of real numbers, and of complex ones as these are analytic, is what a step gives."""
    build, *shapes = MATRICES[name]
    for dtype in ("float64", "complex128"):
        inputs = [T.TensorType(dtype, (False,) * len(s))() for s in shapes]
        ways = [rng.normal(size=s) for s in shapes]
        values = [rng.normal(size=s) + 2 * np.eye(*s) if s == (3, 3) else rng.normal(size=s) for s in shapes]
        pushed = T.Rop(build(*inputs), inputs, [T.constant(w.astype(dtype)) for w in ways])
        push = theano.function(inputs, pushed, mode=PLAIN, on_unused_input="ignore")
        found = push(*(v.astype(dtype) for v in values))
        complexes = [T.TensorType("complex128", (False,) * len(s))() for s in shapes]
        f = theano.function(complexes, build(*complexes), mode=PLAIN)
        if name == "fourier":                   # of real numbers it is complex already
            expected = f(*(w + 0j for w in ways))
        else:
            expected = f(*(v + 1j * STEP * w for v, w in zip(values, ways, strict=True))).imag / STEP
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10)
