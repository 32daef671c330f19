"""Reproduce the polynomial coefficients of ``codegen/include/vector_math.h``.

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
import numpy as np

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
    fixed: tuple[float, ...] = ()  # lowest coefficients that are given


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


def coefficients(fit: Fit) -> tuple[list[mp.mpf], mp.mpf]:
    """Coefficients that are numbers of the dtype, and the weighted error that they leave."""
    known = [mp.mpf(c) for c in fit.fixed]
    while len(known) <= fit.degree:
        best, _ = remez(fit, known)
        known.append(rounded(best[len(known)], fit.dtype))
    grid = chebyshev_points(*map(mp.mpf, fit.interval), 1001)
    error = max(abs(fit.weight(x) * (horner(known, x) - fit.target(x))) for x in grid)
    return known, error


def literal(value: mp.mpf, dtype: str) -> str:
    """Hexadecimal C literal."""
    text = float(value).hex()
    mantissa, exponent = text.split("p")
    mantissa = mantissa.rstrip("0") if "." in mantissa else mantissa
    return f"{mantissa.rstrip('.')}p{int(exponent)}" + ("f" if dtype == "float32" else "")


def series(x: mp.mpf, term: Callable[[int], mp.mpf]) -> mp.mpf:
    """Sum of ``term(i) * x**i``, for targets that cancel near zero (|x| < 1)."""
    return mp.nsum(lambda i: term(int(i)) * x ** int(i), [0, 90], method="d")


def power_sum(term: Callable[[int], mp.mpf], count: int = 60) -> Function:
    """The function ``sum of term(i) * x**i``; exact where the closed form cancels."""
    terms = [mp.mpf(term(i)) for i in range(count)]
    return lambda x: horner(terms, x)


HALF_LN2 = float(mp.log(2) / 2) * 1.0001
LOG_Z = float((3 - 2 * mp.sqrt(2)) ** 2) * 1.001

exp_tail = power_sum(lambda i: 1 / mp.factorial(i + 2))
log_tail = power_sum(lambda i: mp.mpf(2) / (2 * i + 3), 120)


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
    np.seterr(all="raise")
    main(sys.argv[1:])
