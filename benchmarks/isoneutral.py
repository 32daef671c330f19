"""Mixing of heat and salt along surfaces of equal density: what `benchmarks.ocean` measures as "slopes" and "mixing".

Slopes of these surfaces are taken in the four triads around each face of a cell, after Griffies, Gnanadesikan,
Pacanowski, Larichev, Dukowicz and Smith (1998), and tapered by tanh where they are steep. "slopes" are diffusivities at
eastern, northern and upper faces and the tapered slopes, with the extents that the benchmark pyhpc has; "mixing" goes
on to the fluxes through these faces, their divergence, and a step in time in which the vertical part is implicit.

The text is written once for all systems. It uses operators, slices, and these names of a system: ``abs tanh maximum
minimum``, ``zeros(x)`` of the shape of x, ``zeros_of_triads(x)`` with two axes of 2 more, ``put(x, index, values)`` and
``add(x, index, values)``, which give x with a part set or increased and may overwrite it, and ``columns(lower,
diagonal, upper, right_sides)``, which solves tridiagonal systems over the last axis by `eliminate` and `insert`.
"""

from dataclasses import dataclass, fields

import numpy as np

TINY = 1e-20                    # keeps densities that do not change with depth from dividing by zero
SLOPE, WIDTH = 1e-3, 1e-3       # slopes at which tapering is half done, and how gradual it is
STEEP = 50.0                    # the least diffusivity, in m^2/s
DENSITY, GRAVITY = 1024.0, 9.81
EXPANSION, THERMOBARIC, CABBELING, CONTRACTION = 1.67e-4, 1.1e-8, 1e-5, 0.78e-3
REFERENCE = 9.85                # deg C
STEP = 3600.0                   # seconds

ALL, MIDDLE, FACES = slice(None), slice(2, -2), slice(1, -2)


@dataclass
class Ocean:
    """Arrays over (x, y, z), z upwards; temperature and salinity have a last axis of three points in time.

    ``dxt`` to ``dzw`` are distances of cells (t) and faces (u, w); ``cost`` and ``cosu`` cosines of latitude of cells
    and of their northern faces; ``zt`` depths; masks are 1 in water.
    """

    mask_t: object
    mask_u: object
    mask_v: object
    mask_w: object
    dxt: object
    dxu: object
    dyt: object
    dyu: object
    dzt: object
    dzw: object
    cost: object
    cosu: object
    zt: object
    salt: object
    temp: object
    k_iso: object


NAMES = tuple(field.name for field in fields(Ocean))


def inputs(shape, rng):
    """Arrays for `Ocean`: stratified water with noise, in which some slopes are tapered and some are not."""
    nx, ny, nz = shape
    masks = [(rng.random(shape) < 0.8).astype("float64") for _ in range(4)]
    horizontal = [1e5 * rng.uniform(0.9, 1.1, n) for n in (nx, nx, ny, ny)]
    vertical = [4000 / nz * rng.uniform(0.9, 1.1, nz) for _ in range(2)]
    latitude = np.linspace(-1, 1, ny)
    depth = 4000 * (np.arange(nz) + 0.5) / nz
    times = (*shape, 3)
    salt = 35 + 0.1 * rng.standard_normal(times)
    temp = 2 + 18 * (depth / 4000)[:, None] + 0.3 * rng.standard_normal(times)
    return [*masks, *horizontal, *vertical, np.cos(latitude), np.cos(latitude + 0.5 / ny), depth - 4000, salt, temp,
            rng.uniform(500, 1500, shape)]


def along(axis, first, second, depth=ALL):
    """The index that takes ``first`` along a horizontal axis, ``second`` along the other one."""
    return (first, second, depth) if axis == 0 else (second, first, depth)


def over(axis, values):
    """Numbers of one axis, to be combined with arrays."""
    return values[tuple(ALL if k == axis else None for k in range(3))]


def shifted(by):
    """The cells on one side or the other of `FACES`, and the faces on one side or the other of `MIDDLE`."""
    return slice(1 + by, -2 + by), slice(1 + by, -3 + by)


def layers(upper):
    """Layers that have a face between them and the one below or above them, and these faces."""
    return (slice(0, None), slice(None)) if upper else (slice(1, None), slice(0, -1))


def taper(names, slope):
    """1 for small slopes, 0 for steep ones."""
    return 0.5 * (1 + names.tanh((SLOPE - names.abs(slope)) / WIDTH))


def densities(o, temp):
    """How density changes with temperature and with salinity."""
    by_temp = -DENSITY * (CABBELING * (temp - REFERENCE)
                          + EXPANSION * (1 + THERMOBARIC * GRAVITY * DENSITY * abs(over(2, o.zt))))
    return o.mask_t * by_temp, o.mask_t * (CONTRACTION * DENSITY)


def differences(names, o, x):
    """Gradients of x at eastern, northern and upper faces."""
    east = o.mask_u[:-1] * (x[1:] - x[:-1]) / (over(0, o.dxu[:-1]) * over(1, o.cost))
    north = o.mask_v[:, :-1] * (x[:, 1:] - x[:, :-1]) / over(1, o.dyu[:-1])
    top = o.mask_w[:, :, :-1] * (x[:, :, 1:] - x[:, :, :-1]) / over(2, o.dzw[:-1])
    return [names.put(names.zeros(o.k_iso), index, values)
            for index, values in ((np.s_[:-1], east), (np.s_[:, :-1], north), (np.s_[:, :, :-1], top))]


def side(names, o, axis, by, gradients):
    """At eastern (axis 0) or northern (axis 1) faces: diffusivity, tapered slopes, and the coefficient of both.

    by: densities. gradients: of temperature and of salinity, at faces of this axis and at upper faces.
    """
    faces, (near, far) = along(axis, FACES, MIDDLE), (along(axis, shifted(k)[0], MIDDLE) for k in range(2))
    k, mask = o.k_iso, (o.mask_u, o.mask_v)[axis]
    (temp_x, temp_z), (salt_x, salt_z) = gradients
    mixing = names.zeros(k)
    mixing = names.put(mixing, along(axis, FACES, MIDDLE, slice(1, None)),
                       0.25 * (k[near][:, :, 1:] + k[near][:, :, :-1] + k[far][:, :, 1:] + k[far][:, :, :-1]))
    mixing = names.put(mixing, along(axis, FACES, MIDDLE, 0), 0.5 * (k[near][:, :, 0] + k[far][:, :, 0]))
    total = names.zeros(k)[faces]
    slopes = names.zeros_of_triads(k)
    for upper in range(2):
        here, faces_z = layers(upper)
        face = along(axis, FACES, MIDDLE, here)
        for n in range(2):
            cell = along(axis, shifted(n)[0], MIDDLE, here)
            under = along(axis, shifted(n)[0], MIDDLE, faces_z)
            by_temp, by_salt = by[0][cell], by[1][cell]
            across = by_temp * temp_x[face] + by_salt * salt_x[face]
            upwards = by_temp * temp_z[under] + by_salt * salt_z[under]
            slope = -across / (names.minimum(0.0, upwards) - TINY)
            tapered = taper(names, slope)
            total = names.add(total, np.s_[:, :, here], over(2, o.dzw[faces_z]) * mask[face]
                              * names.maximum(STEEP, mixing[face] * tapered))
            slopes = names.put(slopes, (*face, n, upper), tapered * slope * mask[face])
    return names.put(names.zeros(k), faces, total / (4 * over(2, o.dzt))), slopes, mixing


def top(names, o, by, gradients):
    """At upper faces: diffusivity, and tapered slopes in x and in y.

    by: densities. gradients: of temperature and of salinity, in three directions.
    """
    inner = np.s_[2:-2, 2:-2, :-1]
    k, mask = o.k_iso[inner], o.mask_w[inner]
    (*temp_h, temp_z), (*salt_h, salt_z) = gradients
    sums = [names.zeros(o.k_iso)[inner] for _ in range(2)]
    slopes = [names.zeros_of_triads(o.k_iso) for _ in range(2)]
    for upper in range(2):
        layer = slice(1, None) if upper else slice(0, -1)
        by_temp, by_salt = by[0][2:-2, 2:-2, layer], by[1][2:-2, 2:-2, layer]
        upwards = names.minimum(0.0, by_temp * temp_z[inner] + by_salt * salt_z[inner]) - TINY
        for axis in range(2):
            for n in range(2):
                behind = shifted(n)[1]
                face = along(axis, behind, MIDDLE, layer)
                slope = -(by_temp * temp_h[axis][face] + by_salt * salt_h[axis][face]) / upwards
                tapered = taper(names, slope)
                width = over(0, o.dxu[behind]) if axis == 0 else over(1, o.cosu[behind] * o.dyu[behind])
                sums[axis] = sums[axis] + width * k * tapered * slope**2 * mask
                slopes[axis] = names.put(slopes[axis], (*inner, n, upper), tapered * slope * mask)
    total = (sums[0] / (4 * over(0, o.dxt[2:-2]))
             + sums[1] / (4 * over(1, o.dyt[2:-2]) * over(1, o.cost[2:-2])))
    return names.put(names.zeros(o.k_iso), inner, total), *slopes


def coefficients(names, o):
    """Diffusivities at the three faces, slopes (east, north, top in x, top in y), and what `flux` needs besides."""
    temp, salt = o.temp[:, :, :, 0], o.salt[:, :, :, 0]
    by = densities(o, temp)
    of_temp, of_salt = differences(names, o, temp), differences(names, o, salt)
    k_11, east, mixing_x = side(names, o, 0, by, [(d[0], d[2]) for d in (of_temp, of_salt)])
    k_22, north, mixing_y = side(names, o, 1, by, [(d[1], d[2]) for d in (of_temp, of_salt)])
    k_33, *tops = top(names, o, by, (of_temp, of_salt))
    return [k_11, k_22, k_33, east, north, *tops], (mixing_x, mixing_y), (of_temp, of_salt)


def slopes(names, *arrays):
    """Diffusivities at the three faces, and the tapered slopes of four triads each."""
    return coefficients(names, Ocean(*arrays))[0]


def side_flux(names, o, axis, x, gradient, diffusivity, slopes, mixing):
    """What flows through eastern (axis 0) or northern faces, along surfaces of equal density."""
    faces = along(axis, FACES, MIDDLE)
    total = names.zeros(x)[faces]
    for upper in range(2):
        below = slice(0, -1)
        here = below if upper else slice(1, None)
        for n in range(2):
            column = x[along(axis, shifted(n)[0], MIDDLE)]
            total = names.add(total, np.s_[:, :, here], mixing[along(axis, FACES, MIDDLE, here)]
                              * slopes[(*along(axis, FACES, MIDDLE, here), n, upper)]
                              * (column[:, :, 1:] - column[:, :, :-1]))
    flux = total / (4 * over(2, o.dzt)) + gradient[faces] * diffusivity[faces]
    return flux if axis == 0 else over(1, o.cosu[FACES]) * flux


def top_flux(names, o, x, slopes):
    """What flows through upper faces, but for what the vertical gradient drives."""
    inner = np.s_[2:-2, 2:-2, :-1]
    parts = []
    for axis in range(2):
        total = 0.0
        for upper in range(2):
            layer = slice(1, None) if upper else slice(0, -1)
            for n in range(2):
                face, far = shifted(n)[1], shifted(n + 1)[1]
                step = x[along(axis, far, MIDDLE, layer)] - x[along(axis, face, MIDDLE, layer)]
                width = 1 / over(1, o.cost[2:-2]) if axis == 0 else over(1, o.cosu[face])
                total = total + width * o.k_iso[inner] * slopes[axis][(*inner, n, upper)] * step
        parts.append(total)
    return parts[0] / (4 * over(0, o.dxt[2:-2])) + parts[1] / (4 * over(1, o.dyt[2:-2]) * over(1, o.cost[2:-2]))


def mixing(names, *arrays):
    """Temperature and salinity after a step in time, in the cells that have two neighbours on every side."""
    o = Ocean(*arrays)
    (k_11, k_22, k_33, east, north, *tops), (mixing_x, mixing_y), gradients = coefficients(names, o)
    cells = np.s_[2:-2, 2:-2]
    mask, right_sides = o.mask_t[cells], []
    for x, (by_x, by_y, _) in zip((o.temp[:, :, :, 0], o.salt[:, :, :, 0]), gradients, strict=True):
        flux_x = side_flux(names, o, 0, x, by_x, k_11, east, mixing_x)
        flux_y = side_flux(names, o, 1, x, by_y, k_22, north, mixing_y)
        flux_z = top_flux(names, o, x, tops)
        change = ((flux_x[1:] - flux_x[:-1]) / (over(0, o.dxt[2:-2]) * over(1, o.cost[2:-2]))
                  + (flux_y[:, 1:] - flux_y[:, :-1]) / (over(1, o.dyt[2:-2]) * over(1, o.cost[2:-2])))
        change = names.add(change, np.s_[:, :, :-1], flux_z / over(2, o.dzt[:-1]))
        change = names.add(change, np.s_[:, :, 1:], -flux_z / over(2, o.dzt[1:]))
        right_sides.append(x[cells] + STEP * mask * change)
    rate = STEP * k_33[cells][:, :, :-1] / over(2, o.dzw[:-1])      # between a layer and the next one
    above = names.put(names.zeros(mask), np.s_[:, :, :-1], rate)
    below = names.put(names.zeros(mask), np.s_[:, :, 1:], rate)
    upper, lower = -mask * above / over(2, o.dzt), -mask * below / over(2, o.dzt)
    return names.columns(lower, 1 - upper - lower, upper, right_sides)


def eliminate(row, before):
    """One step down the columns of tridiagonal systems: (lower, diagonal, upper, right sides), after the row before."""
    lower, diagonal, upper, *right = row
    scale = 1 / (diagonal - lower * before[0])
    return [upper * scale, *((r - lower * b) * scale for r, b in zip(right, before[1:], strict=True))]


def insert(row, after):
    """One step back: the solution in a row, from that in the row after it."""
    factor, *right = row
    return [r - factor * x for r, x in zip(right, after, strict=True)]
