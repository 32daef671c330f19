"""Reproduce the polynomial coefficients of ``codegen/include/*.h``.

``python tools/minimax.py`` prints every row of ``FITS`` as hexadecimal floats with the error
that is left; ``python tools/minimax.py exp_f64`` prints one. Needs mpmath.

Each row is a polynomial ``p`` of given degree that minimises ``max |weight * (p - target)|`` on an
interval (Remez exchange). Coefficients are rounded one by one, lowest first, and the
higher ones are fitted again after each rounding, so that rounding costs almost nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp

mp.mp.prec = 200

Function = Callable[[mp.mpf], mp.mpf]


@dataclass(frozen=True)
class Fit:
    """One polynomial: what it approximates, where, and how its error is weighed."""

    target: Function
    weight: Function
    interval: tuple[float, float]
    degree: int
    dtype: str = "float64"
    refit: bool = True  # False where zero is inside the interval and the fit would not settle


def chebyshev_points(low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    """Extrema of the Chebyshev polynomial of degree ``count - 1`` on an interval."""
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * i / (count - 1)) for i in range(count)]


def horner(coefficients: list[mp.mpf], x: mp.mpf) -> mp.mpf:
    """Value of a polynomial, lowest coefficient first."""
    value = mp.mpf(0)
    for c in reversed(coefficients):
        value = value * x + c
    return value


def solve_alternating(fit: Fit, points: list[mp.mpf], known: list[mp.mpf]) -> list[mp.mpf]:
    """The polynomial whose weighted error alternates +e, -e on ``points``."""
    first, count = len(known), len(points)
    matrix, right = mp.matrix(count, count), mp.matrix(count, 1)
    for row, x in enumerate(points):
        weight = fit.weight(x)
        for column in range(count - 1):
            matrix[row, column] = weight * x ** (first + column)
        matrix[row, count - 1] = (-1) ** row
        right[row] = weight * (fit.target(x) - horner(known, x))
    solution = mp.lu_solve(matrix, right)
    return known + [solution[i] for i in range(count - 1)]


def extrema(error: list[mp.mpf], grid: list[mp.mpf], count: int) -> list[mp.mpf]:
    """``count`` grid points of alternating sign where the error is largest."""
    best: list[int] = []
    for i, value in enumerate(error):
        if best and (value >= 0) == (error[best[-1]] >= 0):
            if abs(value) > abs(error[best[-1]]):
                best[-1] = i
        else:
            best.append(i)
    while len(best) > count:
        best.pop(0 if abs(error[best[0]]) < abs(error[best[-1]]) else -1)
    return [grid[i] for i in best]


def remez(fit: Fit, known: list[mp.mpf]) -> tuple[list[mp.mpf], mp.mpf]:
    """Best coefficients above the ``known`` ones, and the largest weighted error."""
    low, high = map(mp.mpf, fit.interval)
    count = fit.degree + 2 - len(known)
    points = chebyshev_points(low, high, count + 2)[1:-1]
    grid = chebyshev_points(low, high, 40 * count + 1)
    weights, targets = [fit.weight(x) for x in grid], [fit.target(x) for x in grid]
    best, least = None, mp.inf
    for _ in range(12):
        coefficients = solve_alternating(fit, points, known)
        error = [w * (horner(coefficients, x) - t)
                 for x, w, t in zip(grid, weights, targets, strict=True)]
        worst = max(map(abs, error))
        if worst < least:
            best, least = coefficients, worst
        points = extrema(error, grid, count)
        if len(points) < count:
            break
    return best, least


def rounded(value: mp.mpf, dtype: str) -> mp.mpf:
    """Nearest number of a dtype."""
    with mp.workprec(53 if dtype == "float64" else 24):
        return mp.mpf(+value)


def largest_error(fit: Fit, values: list[mp.mpf]) -> mp.mpf:
    """Largest weighted error of a polynomial on its interval."""
    grid = chebyshev_points(*map(mp.mpf, fit.interval), 1001)
    return max(abs(fit.weight(x) * (horner(values, x) - fit.target(x))) for x in grid)


def coefficients(fit: Fit) -> tuple[list[mp.mpf], mp.mpf]:
    """Coefficients that are numbers of the dtype, and the weighted error that they leave."""
    best, _ = remez(fit, [])
    known: list[mp.mpf] = []
    while len(known) <= fit.degree:
        known.append(rounded(best[len(known)], fit.dtype))
        if fit.refit and len(known) <= fit.degree:
            best, _ = remez(fit, known)
    return known, largest_error(fit, known)


def literal(value: mp.mpf, dtype: str) -> str:
    """Hexadecimal C literal."""
    text = float(value).hex()
    mantissa, exponent = text.split("p")
    mantissa = mantissa.rstrip("0") if "." in mantissa else mantissa
    return f"{mantissa.rstrip('.')}p{int(exponent):+d}" + ("f" if dtype == "float32" else "")


def power_sum(term: Callable[[int], mp.mpf], count: int = 60) -> Function:
    """The function ``sum of term(i) * x**i``; exact where the closed form cancels."""
    terms = [mp.mpf(term(i)) for i in range(count)]
    return lambda x: horner(terms, x)


LOG1P = (float(mp.sqrt(0.5) - 1) * 1.0001, float(mp.sqrt(2) - 1) * 1.0001)
HALF_LN2 = float(mp.log(2) / 2) * 1.0001
LOG_Z = float((3 - 2 * mp.sqrt(2)) ** 2) * 1.001

TRIG_Z = float(mp.pi**2 / 16) * 1.02
ATAN_Z = float((mp.sqrt(2) - 1) ** 2) * 1.001


def sign(i: int) -> int:
    """(-1)**i."""
    return -1 if i % 2 else 1


def arcsine_tail(z: mp.mpf) -> mp.mpf:
    """(asin(x) - x) / x^3 of z = x^2, at 400 bits because it cancels."""
    if z == 0:
        return mp.mpf(1) / 6
    with mp.workprec(400):
        x = mp.sqrt(z)
        return (mp.asin(x) - x) / (x * z)


def log1p_tail(f: mp.mpf) -> mp.mpf:
    """(log(1 + f) - f + f^2 / 2) / f^3."""
    return mp.mpf(1) / 3 - f / 4 if abs(f) < 1e-20 else (mp.log1p(f) - f + f * f / 2) / f**3


def error_function_tail(z: mp.mpf) -> mp.mpf:
    """erf(x) / x - 1 of z = x^2."""
    return 2 / mp.sqrt(mp.pi) - 1 if z == 0 else mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1


def tanh_tail(z: mp.mpf) -> mp.mpf:
    """(tanh(x) / x - 1) / z of z = x^2."""
    if z < mp.mpf("1e-20"):
        return mp.mpf(-1) / 3 + 2 * z / 15
    return (mp.tanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z


def scaled_erfc(t: mp.mpf) -> mp.mpf:
    """(1 + 2 x) exp(x^2) erfc(x) where t = (x - 4) / (x + 4) (Shepherd & Laframboise 1981)."""
    if t == 1:
        return 2 / mp.sqrt(mp.pi)
    with mp.workprec(400):
        x = 4 * (1 + t) / (1 - t)
        if x < 40:
            return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)
        term, total = mp.mpf(1), mp.mpf(0)
        for n in range(30):  # DLMF 7.12.1
            total += term
            term *= -(2 * n + 1) / (2 * x * x)
        return (2 + 1 / x) / mp.sqrt(mp.pi) * total


def erfc_interval(low: float, high: float) -> tuple[float, float]:
    """The interval of t for an interval of x."""
    return (low - 4) / (low + 4), (high - 4) / (high + 4)


exp_tail = power_sum(lambda i: 1 / mp.factorial(i + 2))
log_tail = power_sum(lambda i: mp.mpf(2) / (2 * i + 3), 120)
exp2_slope = power_sum(lambda i: mp.log(2) ** (i + 1) / mp.factorial(i + 1))


PSI_ROOT = mp.findroot(mp.digamma, 1.46)
BESSEL_ROOTS = [[mp.besseljzero(n, k) for k in (1, 2)] for n in (0, 1)]
BESSEL_MIDDLE = 13          # the middle of x^2 for x <= 5


def gamma_slope(u: mp.mpf) -> mp.mpf:
    """(gamma(2 + u) - 1) / u."""
    return 1 - mp.euler if u == 0 else (mp.gamma(2 + u) - 1) / u


def digamma_slope(d: mp.mpf) -> mp.mpf:
    """Digamma over the distance from its root."""
    return mp.psi(1, PSI_ROOT) if d == 0 else mp.digamma(PSI_ROOT + d) / d


def digamma_tail(w: mp.mpf) -> mp.mpf:
    """(digamma(h + 1/2) - log(h)) / w, w = 1 / h^2."""
    with mp.workprec(600):
        return mp.mpf(1) / 24 if w == 0 else (mp.digamma(1 / mp.sqrt(w) + 0.5) + mp.log(w) / 2) / w


def digamma_weight(w: mp.mpf) -> mp.mpf:
    """How much of digamma(h + 1/2) an error of its tail is."""
    return mp.mpf(0) if w == 0 else w / mp.digamma(1 / mp.sqrt(w) + 0.5)


def bessel_small(n: int) -> Function:
    """p(z) of J0(x) = 1 - z / 4 + z^2 p(z) or J1(x) = x (1/2 + z p(z)), z = x^2."""
    factorials = lambda i: mp.factorial(i) * mp.factorial(i + n) * mp.mpf(4) ** i * (1 + n)  # noqa: E731
    return power_sum(lambda i: sign(i + 2 - n) / factorials(i + 2 - n), 20)


def bessel_middle(n: int) -> Function:
    """J(x) / x^n without the factors of its first two roots, of x^2 - BESSEL_MIDDLE."""
    def function(v: mp.mpf) -> mp.mpf:
        x = mp.sqrt(v + BESSEL_MIDDLE)
        first, second = BESSEL_ROOTS[n]
        return mp.besselj(n, x) / (x**n * (x * x - first**2) * (x * x - second**2))
    return function


def bessel_modulus(n: int) -> Function:
    """m of J(x) = m cos(...) / sqrt(x), of 1 / x^2."""
    return lambda t: (mp.sqrt(2 / mp.pi) if t == 0 else
                      mp.sqrt(mp.hypot(mp.besselj(n, 1 / mp.sqrt(t)), mp.bessely(n, 1 / mp.sqrt(t))) ** 2 / mp.sqrt(t)))


def bessel_phase(n: int) -> Function:
    """x (phase of J(x) + i Y(x), less x - (2n + 1) pi / 4), of 1 / x^2."""
    def function(t: mp.mpf) -> mp.mpf:
        if t == 0:
            return mp.mpf(4 * n * n - 1) / 8
        x = 1 / mp.sqrt(t)
        turned = mp.mpc(mp.besselj(n, x), mp.bessely(n, x)) * mp.expjpi(mp.mpf(2 * n + 1) / 4) * mp.expj(-x)
        return mp.arg(turned) * x
    return function


def modified_small(n: int) -> Function:
    """p(z) of I0(x) = 1 + z p(z) or I1(x) = x (1/2 + z p(z)), z = x^2 / 4."""
    return power_sum(lambda i: 1 / (mp.factorial(i + 1) * mp.factorial(i + 1 + n) * (1 + n)))


def modified_large(n: int) -> Function:
    """exp(8) sqrt(x) exp(-x) I(x), of 1 / x - 1/16."""
    def function(s: mp.mpf) -> mp.mpf:
        if s == mp.mpf(-1) / 16:
            return mp.exp(8) / mp.sqrt(2 * mp.pi)
        x = 1 / (s + mp.mpf(1) / 16)
        return mp.sqrt(x) * mp.exp(8 - x) * mp.besseli(n, x)
    return function


def bessel_fits(n: int) -> dict[str, Fit]:
    """Rows for J and I of order n, each named after its C function."""
    middle, large = bessel_middle(n), modified_large(n)
    return {
        f"j{n}_small": Fit(bessel_small(n), lambda z: z ** (2 - n), (0.0, 1.0), 6),
        f"j{n}_middle": Fit(middle, lambda v: 1 / middle(v), (-12.1, 12.1), 14, refit=False),
        f"j{n}_modulus": Fit(bessel_modulus(n), lambda t: mp.mpf(1), (0.0, 0.040004), 17, refit=False),
        f"j{n}_phase": Fit(bessel_phase(n), mp.sqrt, (0.0, 0.040004), 17, refit=False),
        f"i{n}_near": Fit(modified_small(n), lambda z: z * mp.exp(-2 * mp.sqrt(z)) * (1 + z), (0.0, 16.0), 16,
                          refit=False),
        f"i{n}_far": Fit(large, lambda s: 1 / large(s), (-0.0625, 0.0625), 24, refit=False),
    }


def two_dtypes(name: str, degrees: tuple[int, int], target: Function, weight: Function,
               interval: tuple[float, float]) -> dict[str, Fit]:
    """Rows ``name_f64`` and ``name_f32``."""
    return {f"{name}_f64": Fit(target, weight, interval, degrees[0]),
            f"{name}_f32": Fit(target, weight, interval, degrees[1], "float32")}


FITS: dict[str, Fit] = {
    # exp(r) = 1 + r + r^2 p(r)
    **two_dtypes("exp", (9, 4), exp_tail, lambda r: r * r / mp.exp(r), (-HALF_LN2, HALF_LN2)),
    # log((1 + s) / (1 - s)) = 2 s + s z p(z), z = s^2
    **two_dtypes("log", (6, 2), log_tail, lambda z: z / 2, (0.0, LOG_Z)),
    # log(1 + f) = f - f^2 (1/2 - f p(f))
    "log1p_f32": Fit(log1p_tail, lambda f: f * f * f / (mp.log1p(f) or 1), LOG1P, 7, "float32", refit=False),
    # the first one for pow: in float64 after the term 2/3 z, in float32 computed in float64
    "log_pow_f64": Fit(power_sum(lambda i: mp.mpf(2) / (2 * i + 5), 120), lambda z: z * z,
                       (0.0, LOG_Z), 6),
    "log_pow_f32": Fit(log_tail, lambda z: z / 2, (0.0, LOG_Z), 4),
    "log2_pow_f32": Fit(lambda z: log_tail(z) / mp.log(2), lambda z: z / 2 * mp.log(2), (0.0, LOG_Z), 2, "float32"),
    # 2^u = 1 + u p(u)
    "exp2_f32": Fit(exp2_slope, lambda u: u / mp.mpf(2) ** u, (-0.5, 0.5), 5, "float32"),
    "exp_pow_f32": Fit(exp_tail, lambda r: r * r / mp.exp(r), (-HALF_LN2, HALF_LN2), 5),
    # sin(r) = r + r z p(z), cos(r) = 1 - z / 2 + z^2 p(z), z = r^2
    **two_dtypes("sin", (5, 2), power_sum(lambda i: sign(i + 1) / mp.factorial(2 * i + 3)),
                 lambda z: z, (0.0, TRIG_Z)),
    **two_dtypes("cos", (5, 2), power_sum(lambda i: sign(i) / mp.factorial(2 * i + 4)),
                 lambda z: z * z, (0.0, TRIG_Z)),
    # atan(x) = x + x z p(z), asin(x) = x + x z p(z), z = x^2
    **two_dtypes("atan", (10, 4), power_sum(lambda i: sign(i + 1) / mp.mpf(2 * i + 3), 150),
                 lambda z: z, (0.0, ATAN_Z)),
    **two_dtypes("asin", (11, 4), arcsine_tail, lambda z: z, (0.0, 0.25)),
    # erf(x) = x + x p(z), z = x^2 <= 1
    **two_dtypes("erf", (12, 7), error_function_tail, lambda z: 1 / (1 + error_function_tail(z)),
                 (0.0, 1.0)),
    # (1 + 2 x) exp(x^2) erfc(x) = 1.25 + p(t), t = (x - 4) / (x + 4), from x = 1/2
    "erfc_f64": Fit(lambda t: scaled_erfc(t) - 1.25, lambda t: 1 / scaled_erfc(t),
                    erfc_interval(0.5, 28), 20, refit=False),
    "erfc_f32": Fit(lambda t: scaled_erfc(t) - 1.25, lambda t: 1 / scaled_erfc(t),
                    erfc_interval(0.5, 11), 11, "float32", refit=False),
    # tanh(x) = x + x z p(z), z = x^2
    "tanh_f64": Fit(tanh_tail, lambda z: z, (0.0, 0.0677), 6),
    # atanh(s) = s + s z p(z), z = s^2
    **two_dtypes("atanh", (7, 3), power_sum(lambda i: mp.mpf(1) / (2 * i + 3)), lambda z: z, (0.0, 0.0403)),
    # gamma(2 + u) = 1 + u p(u); psi(x0 + d) = d p(d), and log(h) + w p(w) at h + 1/2, w = 1 / h^2
    "gamma": Fit(gamma_slope, lambda u: u / mp.gamma(2 + u), (-0.5001, 0.5001), 19, refit=False),
    "psi_near": Fit(digamma_slope, lambda d: 1 / digamma_slope(d), (-0.4617, 0.5385), 22, refit=False),
    "psi_far": Fit(digamma_tail, digamma_weight, (0.0, 0.44449), 19, refit=False),
    **bessel_fits(0), **bessel_fits(1),
    # cbrt(x) on [1, 8], to be refined by Halley's method
    **two_dtypes("cbrt", (4, 4), mp.cbrt, lambda x: 1 / mp.cbrt(x), (1.0, 8.0)),
}


def main(names: list[str]) -> None:
    """Print the named rows, or all."""
    for name in names or FITS:
        fit = FITS[name]
        values, error = coefficients(fit)
        print(f"{name}: degree {fit.degree}, error 2^{float(mp.log(error, 2)):.1f}")
        for value in values:
            print("    " + literal(value, fit.dtype))


if __name__ == "__main__":
    main(sys.argv[1:])
