"""The generator MRG31k3p: its recurrences, and jumps far ahead.

Reference: L'Ecuyer and Touzin, Fast combined multiple recursive generators with multipliers of the form
a = +-2^q +- 2^r, Proceedings of the 2000 Winter Simulation Conference. A state is six numbers: the last three, newest
first, of either recurrence

    x[n] = 2^22 x[n-2] + (2^7 + 1) x[n-3]    mod M1 = 2^31 - 1
    y[n] = 2^15 y[n-1] + (2^15 + 1) y[n-3]   mod M2 = 2^31 - 21069

and a draw is x[n] - y[n], or M1 more where that is not positive. Streams begin 2^134 draws apart, substreams 2^72.
"""

import numpy as np

from theano.scalar.dtype import is_small, numpy_dtype

M1, M2 = 2**31 - 1, 2**31 - 21069
A1 = np.array([[0, 2**22, 2**7 + 1], [1, 0, 0], [0, 1, 0]], dtype="int64")
A2 = np.array([[2**15, 0, 2**15 + 1], [1, 0, 0], [0, 1, 0]], dtype="int64")
# What 2^72 and 2^134 steps multiply a state by: A1 and A2 to these powers.
A1p72 = np.array([[1516919229, 758510237, 499121365], [1884998244, 1516919229, 335398200],
                  [601897748, 1884998244, 358115744]])
A2p72 = np.array([[1228857673, 1496414766, 954677935], [1133297478, 1407477216, 1496414766],
                  [2002613992, 1639496704, 1407477216]])
A1p134 = np.array([[1702500920, 1849582496, 1656874625], [828554832, 1702500920, 1512419905],
                   [1143731069, 828554832, 102237247]])
A2p134 = np.array([[796789021, 1464208080, 607337906], [1241679051, 1431130166, 1464208080],
                   [1401213391, 1178684362, 1431130166]])


def product(a, b, m):
    """``a @ b`` modulo ``m``; a: (..., 3)   b: (3, n), numbers below 2^31."""
    terms = a[..., :, None].astype("int64") * b % m
    return terms.sum(axis=-2) % m


def matVecModM(A, s, m):                                                           # noqa: N802, N803
    """``A @ s`` modulo ``m`` as int32; A: (n, 3)   s: (3,)."""
    A, s = np.asarray(A, dtype="int64"), np.asarray(s, dtype="int64")             # noqa: N806
    return ((A * s % m).sum(axis=1) % m).astype("int32")


def jumped(states, first, second):
    """States as far ahead as the matrices ``first`` and ``second`` say; states: (..., 6) -> (..., 6), int32."""
    states = np.asarray(states)
    halves = product(states[..., :3], first.T, M1), product(states[..., 3:], second.T, M2)
    return np.concatenate(halves, axis=-1).astype("int32")


def ff_2p72(rstate):
    """The state of the next substream."""
    return jumped(rstate, A1p72, A2p72)


def ff_2p134(rstate):
    """The state of the next stream."""
    return jumped(rstate, A1p134, A2p134)


def substreams(state, n):
    """States of ``n`` substreams one after the other, the first of them ``state``: (n, 6), int32."""
    states, first, second = np.asarray(state, dtype="int32")[None], A1p72, A2p72
    while len(states) < n:
        states = np.concatenate([states, jumped(states, first, second)])
        first, second = product(first, first, M1), product(second, second, M2)
    return states[:n].copy()


def draw(states, n):
    """``n`` draws, int64 in [1, M1], and the states afterwards; draw i is made by substream ``i % len(states)``."""
    width = len(states)
    x1, x2, x3, y1, y2, y3 = np.array(states.T, dtype="int64")
    draws = np.empty(n, dtype="int64")
    for start in range(0, n, width):
        k = min(width, n - start)           # the last round may need only the first substreams
        x = _modulo_m1((x2[:k] << 22) + x3[:k] * (2**7 + 1))
        y = _modulo_m2((y1[:k] << 15) + y3[:k] * (2**15 + 1))
        z = np.subtract(x, y, out=draws[start:start + k])
        z += (z <= 0) * M1
        x1, x2, x3 = _shifted(x, x1, x2, x3)
        y1, y2, y3 = _shifted(y, y1, y2, y3)
    return draws, np.stack([x1, x2, x3, y1, y2, y3], axis=1).astype("int32")


def _modulo_m1(v):
    """``v % M1`` for v below 2^54."""
    high = v >> 31
    v &= M1
    v += high
    v -= (v >= M1) * M1
    return v


def _modulo_m2(v):
    """``v % M2`` for v below 2^47: 2^31 is 21069 modulo M2."""
    high = v >> 31
    high *= 2**31 - M2
    v &= M1
    v += high
    v -= (v >= M2) * M2
    return v


def _shifted(new, a, b, c):
    """The last three numbers with new ones before them; substreams without a new one stay as they are."""
    k = len(new)
    if k == len(a):
        return new, a, b
    return tuple(np.concatenate([fresh[:k], old[k:]]) for fresh, old in ((new, a), (a, b), (b, c)))


def as_uniform(draws, dtype):
    """Draws as numbers of the open interval (0, 1)."""
    if is_small(dtype):                     # all that it tells apart, and less than one
        bits = {"float16": 10, "bfloat16": 7}[dtype]
        return (((draws >> 31 - bits) + 0.5) / 2 ** bits).astype(numpy_dtype(dtype))
    norm = 2.0**-31 if dtype == "float64" else float(np.nextafter(np.float32(2.0**-31), np.float32(0)))
    return (draws * norm).astype(dtype, copy=False)


def guess_n_streams(size, warn=False):
    """How many substreams to use for ``size`` draws: a sixth of them, at most 15360, which it is too where the size
    is not known before the function runs."""
    most = 60 * 256
    if not isinstance(size, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in size):
        return most
    n = int(np.prod(size, dtype="int64"))
    return min(n // 6 if n > 6 else n, most)
