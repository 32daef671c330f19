"""What `benchmarks.isoneutral` computes, written as loops over numbers for numba."""

import numpy as np
from numba import njit

from benchmarks.isoneutral import (
    CABBELING,
    CONTRACTION,
    DENSITY,
    EXPANSION,
    GRAVITY,
    REFERENCE,
    SLOPE,
    STEEP,
    STEP,
    THERMOBARIC,
    TINY,
    WIDTH,
)


@njit(error_model="numpy")
def taper_of(slope):
    """The taper: 1 for small slopes, 0 for steep ones."""
    return 0.5 * (1 + np.tanh((SLOPE - abs(slope)) / WIDTH))


@njit(error_model="numpy")
def prepare(mask_t, mask_u, mask_v, mask_w, dxu, dyu, dzw, cost, zt, salt, temp):
    """Densities by temperature and by salinity; gradients of both in three directions."""
    nx, ny, nz = mask_t.shape
    by_t, by_s = np.empty((nx, ny, nz)), np.empty((nx, ny, nz))
    tx, ty, tz = np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz))
    sx, sy, sz = np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz))
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                t, s = temp[i, j, k, 0], salt[i, j, k, 0]
                by_t[i, j, k] = mask_t[i, j, k] * -DENSITY * (
                    CABBELING * (t - REFERENCE) + EXPANSION * (1 + THERMOBARIC * GRAVITY * DENSITY * abs(zt[k])))
                by_s[i, j, k] = mask_t[i, j, k] * (CONTRACTION * DENSITY)
                if i < nx - 1:
                    width = mask_u[i, j, k] / (dxu[i] * cost[j])
                    tx[i, j, k] = width * (temp[i + 1, j, k, 0] - t)
                    sx[i, j, k] = width * (salt[i + 1, j, k, 0] - s)
                if j < ny - 1:
                    width = mask_v[i, j, k] / dyu[j]
                    ty[i, j, k] = width * (temp[i, j + 1, k, 0] - t)
                    sy[i, j, k] = width * (salt[i, j + 1, k, 0] - s)
                if k < nz - 1:
                    width = mask_w[i, j, k] / dzw[k]
                    tz[i, j, k] = width * (temp[i, j, k + 1, 0] - t)
                    sz[i, j, k] = width * (salt[i, j, k + 1, 0] - s)
    return by_t, by_s, tx, ty, tz, sx, sy, sz


@njit(error_model="numpy")
def side(di, dj, mask, dzt, dzw, k_iso, by_t, by_s, th, sh, tz, sz):
    """Diffusivity and slopes at eastern (di = 1) or northern (dj = 1) faces, and the coefficient of both."""
    nx, ny, nz = k_iso.shape
    diffusivity, mixing, slopes = np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz)), np.zeros((nx, ny, nz, 2, 2))
    for i in range(2 - di, nx - 2):
        for j in range(2 - dj, ny - 2):
            for k in range(nz):
                if k == 0:
                    m = 0.5 * (k_iso[i, j, 0] + k_iso[i + di, j + dj, 0])
                else:
                    m = 0.25 * (k_iso[i, j, k] + k_iso[i, j, k - 1]
                                + k_iso[i + di, j + dj, k] + k_iso[i + di, j + dj, k - 1])
                mixing[i, j, k] = m
                total = 0.0
                for upper in range(2):
                    if k == 0 and upper == 0:
                        continue
                    for n in range(2):
                        a, b, c = i + n * di, j + n * dj, k + upper - 1
                        across = by_t[a, b, k] * th[i, j, k] + by_s[a, b, k] * sh[i, j, k]
                        upwards = by_t[a, b, k] * tz[a, b, c] + by_s[a, b, k] * sz[a, b, c]
                        slope = -across / (min(0.0, upwards) - TINY)
                        taper = taper_of(slope)
                        total += dzw[c] * mask[i, j, k] * max(STEEP, m * taper)
                        slopes[i, j, k, n, upper] = taper * slope * mask[i, j, k]
                diffusivity[i, j, k] = total / (4 * dzt[k])
    return diffusivity, slopes, mixing


@njit(error_model="numpy")
def top(mask_w, dxt, dxu, dyt, dyu, cost, cosu, k_iso, by_t, by_s, tx, ty, tz, sx, sy, sz):
    """Diffusivity and slopes at upper faces."""
    nx, ny, nz = k_iso.shape
    diffusivity = np.zeros((nx, ny, nz))
    slopes_x, slopes_y = np.zeros((nx, ny, nz, 2, 2)), np.zeros((nx, ny, nz, 2, 2))
    for i in range(2, nx - 2):
        for j in range(2, ny - 2):
            for k in range(nz - 1):
                total_x, total_y = 0.0, 0.0
                for upper in range(2):
                    c = k + upper
                    upwards = min(0.0, by_t[i, j, c] * tz[i, j, k] + by_s[i, j, c] * sz[i, j, k]) - TINY
                    for n in range(2):
                        a = i - 1 + n
                        slope = -(by_t[i, j, c] * tx[a, j, c] + by_s[i, j, c] * sx[a, j, c]) / upwards
                        taper = taper_of(slope)
                        total_x += dxu[a] * k_iso[i, j, k] * taper * slope * slope * mask_w[i, j, k]
                        slopes_x[i, j, k, n, upper] = taper * slope * mask_w[i, j, k]
                        b = j - 1 + n
                        slope = -(by_t[i, j, c] * ty[i, b, c] + by_s[i, j, c] * sy[i, b, c]) / upwards
                        taper = taper_of(slope)
                        total_y += cosu[b] * dyu[b] * k_iso[i, j, k] * taper * slope * slope * mask_w[i, j, k]
                        slopes_y[i, j, k, n, upper] = taper * slope * mask_w[i, j, k]
                diffusivity[i, j, k] = total_x / (4 * dxt[i]) + total_y / (4 * dyt[j] * cost[j])
    return diffusivity, slopes_x, slopes_y


@njit(error_model="numpy")
def side_flux(di, dj, x, gradient, diffusivity, slopes, mixing, dzt, weight):
    """What flows through eastern (di = 1) or northern (dj = 1) faces."""
    nx, ny, nz = mixing.shape
    flux = np.empty((nx, ny, nz))
    for i in range(2 - di, nx - 2):
        for j in range(2 - dj, ny - 2):
            for k in range(nz):
                total = 0.0
                for upper in range(2):
                    c = k + upper
                    if c == 0 or c == nz:
                        continue
                    for n in range(2):
                        a, b = i + n * di, j + n * dj
                        total += slopes[i, j, k, n, upper] * (x[a, b, c, 0] - x[a, b, c - 1, 0])
                flux[i, j, k] = weight[j] * (
                    mixing[i, j, k] * total / (4 * dzt[k]) + gradient[i, j, k] * diffusivity[i, j, k])
    return flux


@njit(error_model="numpy")
def top_flux(x, k_iso, slopes_x, slopes_y, dxt, dyt, cost, cosu):
    """What flows through upper faces, but for what the vertical gradient drives."""
    nx, ny, nz = k_iso.shape
    flux = np.empty((nx, ny, nz))
    for i in range(2, nx - 2):
        for j in range(2, ny - 2):
            for k in range(nz - 1):
                total_x, total_y = 0.0, 0.0
                for upper in range(2):
                    c = k + upper
                    for n in range(2):
                        total_x += slopes_x[i, j, k, n, upper] * (x[i + n, j, c, 0] - x[i + n - 1, j, c, 0])
                        total_y += cosu[j + n - 1] * slopes_y[i, j, k, n, upper] * (
                            x[i, j + n, c, 0] - x[i, j + n - 1, c, 0])
                flux[i, j, k] = k_iso[i, j, k] * (
                    total_x / (4 * dxt[i] * cost[j]) + total_y / (4 * dyt[j] * cost[j]))
    return flux


@njit(error_model="numpy")
def change(x, mask_t, dxt, dyt, dzt, cost, flux_x, flux_y, flux_z):
    """The values before the vertical part."""
    nx, ny, nz = mask_t.shape
    result = np.empty((nx - 4, ny - 4, nz))
    for i in range(2, nx - 2):
        for j in range(2, ny - 2):
            for k in range(nz):
                total = ((flux_x[i, j, k] - flux_x[i - 1, j, k]) / (dxt[i] * cost[j])
                         + (flux_y[i, j, k] - flux_y[i, j - 1, k]) / (dyt[j] * cost[j]))
                if k < nz - 1:
                    total += flux_z[i, j, k] / dzt[k]
                if k > 0:
                    total -= flux_z[i, j, k - 1] / dzt[k]
                result[i - 2, j - 2, k] = x[i, j, k, 0] + STEP * mask_t[i, j, k] * total
    return result


@njit(error_model="numpy")
def columns(mask_t, k_33, dzt, dzw, temp, salt):
    """The vertical part, in place."""
    nx, ny, nz = mask_t.shape
    factor = np.empty(nz)
    for i in range(2, nx - 2):
        for j in range(2, ny - 2):
            t, s = temp[i - 2, j - 2], salt[i - 2, j - 2]
            for k in range(nz):
                lower, upper = 0.0, 0.0
                if k > 0:
                    lower = -mask_t[i, j, k] * STEP * k_33[i, j, k - 1] / (dzw[k - 1] * dzt[k])
                if k < nz - 1:
                    upper = -mask_t[i, j, k] * STEP * k_33[i, j, k] / (dzw[k] * dzt[k])
                diagonal = 1 - lower - upper
                if k == 0:
                    scale = 1 / diagonal
                    t[k], s[k] = t[k] * scale, s[k] * scale
                else:
                    scale = 1 / (diagonal - lower * factor[k - 1])
                    t[k], s[k] = (t[k] - lower * t[k - 1]) * scale, (s[k] - lower * s[k - 1]) * scale
                factor[k] = upper * scale
            for k in range(nz - 2, -1, -1):
                t[k] -= factor[k] * t[k + 1]
                s[k] -= factor[k] * s[k + 1]


@njit(error_model="numpy")
def coefficients(mask_t, mask_u, mask_v, mask_w, dxt, dxu, dyt, dyu, dzt, dzw, cost, cosu, zt, salt, temp, k_iso):
    """What `slopes` and `mixing` share."""
    by_t, by_s, tx, ty, tz, sx, sy, sz = prepare(mask_t, mask_u, mask_v, mask_w, dxu, dyu, dzw, cost, zt, salt, temp)
    k_11, east, mixing_x = side(1, 0, mask_u, dzt, dzw, k_iso, by_t, by_s, tx, sx, tz, sz)
    k_22, north, mixing_y = side(0, 1, mask_v, dzt, dzw, k_iso, by_t, by_s, ty, sy, tz, sz)
    k_33, top_x, top_y = top(mask_w, dxt, dxu, dyt, dyu, cost, cosu, k_iso, by_t, by_s, tx, ty, tz, sx, sy, sz)
    return k_11, k_22, k_33, east, north, top_x, top_y, mixing_x, mixing_y, tx, ty, sx, sy


@njit(error_model="numpy")
def slopes(*arrays):
    """Diffusivities at the three faces, and the tapered slopes of four triads each."""
    return coefficients(*arrays)[:7]


@njit(error_model="numpy")
def mixing(mask_t, mask_u, mask_v, mask_w, dxt, dxu, dyt, dyu, dzt, dzw, cost, cosu, zt, salt, temp, k_iso):
    """Temperature and salinity after a step in time."""
    k_11, k_22, k_33, east, north, top_x, top_y, mixing_x, mixing_y, tx, ty, sx, sy = coefficients(
        mask_t, mask_u, mask_v, mask_w, dxt, dxu, dyt, dyu, dzt, dzw, cost, cosu, zt, salt, temp, k_iso)
    one = np.ones_like(cosu)
    new_temp = change(temp, mask_t, dxt, dyt, dzt, cost,
                      side_flux(1, 0, temp, tx, k_11, east, mixing_x, dzt, one),
                      side_flux(0, 1, temp, ty, k_22, north, mixing_y, dzt, cosu),
                      top_flux(temp, k_iso, top_x, top_y, dxt, dyt, cost, cosu))
    new_salt = change(salt, mask_t, dxt, dyt, dzt, cost,
                      side_flux(1, 0, salt, sx, k_11, east, mixing_x, dzt, one),
                      side_flux(0, 1, salt, sy, k_22, north, mixing_y, dzt, cosu),
                      top_flux(salt, k_iso, top_x, top_y, dxt, dyt, cost, cosu))
    columns(mask_t, k_33, dzt, dzw, new_temp, new_salt)
    return new_temp, new_salt
