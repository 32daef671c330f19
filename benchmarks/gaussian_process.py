"""The marginal likelihood of a Gaussian process with its gradient, against code written by hand with SciPy.

``python -m benchmarks.gaussian_process`` prints the least milliseconds of many interleaved calls, and ratios. The graph
is written twice: with solve and det of a matrix that is said to be positive definite, and with cholesky.
"""

import argparse
import time

import numpy as np
from scipy.linalg.blas import dsyr
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from theano.sandbox.linalg import psd
from theano.tensor.nlinalg import det
from theano.tensor.slinalg import cholesky, solve, solve_lower_triangular

import theano
import theano.tensor as tt


def by_hand(distances, y):
    """A function of (log length, log scale, log noise) that gives the log likelihood and its gradient."""
    n = len(y)
    diagonal = np.arange(n)

    def value_and_gradient(log_length, log_scale, log_noise):
        length, scale, noise = np.exp(2 * np.array([log_length, log_scale, log_noise]))
        kernel = np.multiply(distances, -0.5 / length)
        np.exp(kernel, out=kernel)
        kernel *= scale
        covariance = kernel.copy()
        covariance[diagonal, diagonal] += noise
        factor, info = dpotrf(covariance.T, lower=1, clean=0, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("not positive definite")
        alpha, _ = dpotrs(factor, y, lower=1)
        log_det = 2 * np.log(factor.diagonal()).sum()
        value = -0.5 * (y @ alpha + log_det + n * np.log(2 * np.pi))
        weights, _ = dpotri(factor, lower=1, overwrite_c=1)             # the lower triangle of the inverse
        weights = dsyr(-1.0, alpha, lower=1, a=weights, overwrite_a=1).T
        on_diagonal = weights.diagonal().copy()
        weights = np.triu(weights)                                      # C order: the triangle is the upper one
        weights[diagonal, diagonal] *= 0.5
        np.multiply(weights, kernel, out=kernel)                        # half of the symmetric sums
        of_scale = -2 * kernel.sum()
        of_length = -np.vdot(kernel, distances) / length
        return value, np.array([of_length, of_scale, -noise * on_diagonal.sum()])
    return value_and_gradient


def in_theano(form, distances, y):
    """The same as a compiled function."""
    log_length, log_scale, log_noise = parameters = tt.dscalars("log_length", "log_scale", "log_noise")
    d, y = theano.shared(distances), theano.shared(y)
    kernel = tt.exp(2 * log_scale) * tt.exp(-0.5 * d / tt.exp(2 * log_length))
    covariance = kernel + tt.exp(2 * log_noise) * tt.eye(y.shape[0])
    if form == "solve":
        covariance = psd(covariance)
        misfit, log_det = tt.dot(y, solve(covariance, y)), tt.log(det(covariance))
    else:
        factor = cholesky(covariance)
        misfit = (solve_lower_triangular(factor, y) ** 2).sum()
        log_det = 2 * tt.log(tt.nlinalg.diag(factor)).sum()
    value = -0.5 * (misfit + log_det + y.shape[0] * np.log(2 * np.pi))
    return theano.function(list(parameters), [value, tt.stack(theano.grad(value, list(parameters)))])


def least_times(functions, arguments, rounds):
    """The least seconds of each function, called in turn."""
    best = dict.fromkeys(functions, np.inf)
    for _ in range(rounds):
        for name, f in functions.items():
            start = time.perf_counter()
            f(*arguments)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 500, 1000])
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    print(f"{'n':>6s}{'by hand, ms':>14s}{'solve, ms':>12s}{'ratio':>8s}{'cholesky, ms':>14s}{'ratio':>8s}")
    for n in options.sizes:
        rng = np.random.default_rng(n)
        x, arguments = rng.normal(size=(n, 3)), (0.3, 0.1, -1.0)
        distances = ((x[:, None] - x[None]) ** 2).sum(-1)
        y = np.sin(x[:, 0]) + 0.3 * rng.normal(size=n)
        functions = {"hand": by_hand(distances, y), **{f: in_theano(f, distances, y) for f in ("solve", "cholesky")}}
        expected = functions["hand"](*arguments)
        for f in functions.values():
            for found, other in zip(f(*arguments), expected, strict=True):
                np.testing.assert_allclose(found, other, rtol=1e-6)
        best = least_times(functions, arguments, max(5, options.rounds))
        hand = best["hand"]
        print(f"{n:6d}{1e3 * hand:14.3f}" + "".join(
            f"{1e3 * best[f]:{w}.3f}{best[f] / hand:8.2f}" for f, w in (("solve", 12), ("cholesky", 14))), flush=True)


if __name__ == "__main__":
    main()
