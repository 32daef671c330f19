"""Arrays for the derived tests: values of every dtype, in every layout that NumPy has."""

import ml_dtypes  # noqa: F401  with it NumPy knows bfloat16
import numpy as np

from theano.scalar.dtype import DTYPES

KINDS = {name: row.kind for name, row in DTYPES.items()}
DISCRETE = tuple(name for name, kind in KINDS.items() if kind in ("bool", "int", "uint"))
FLOATS = tuple(name for name, kind in KINDS.items() if kind == "float")
COMPLEX = tuple(name for name, kind in KINDS.items() if kind == "complex")
REAL = (*DISCRETE, *FLOATS)
ALL = tuple(KINDS)
SMALL = ("float16", "bfloat16")
WIDE = {"float16": "float32", "bfloat16": "float32", "float32": "float64", "complex64": "complex128"}


def numbers(rng, shape, dtype, low=-2.0, high=2.0):
    """Random numbers between ``low`` and ``high``; integers from three times as far, complex ones off the axis."""
    kind = KINDS[dtype]
    value = rng.uniform(low, high, shape)
    if kind == "complex":
        value = value + 1j * rng.uniform(-0.5, 0.5, shape)
    elif kind == "bool":
        value = value > (low + high) / 2
    elif kind in ("int", "uint"):
        value = np.round(value * 3)
        value = np.abs(value) if kind == "uint" else value
    return np.asarray(value).astype(dtype)


def strided(x):
    """``x`` with gaps between all elements."""
    room = np.zeros([2 * n + 1 for n in x.shape], x.dtype)
    view = room[(slice(1, None, 2),) * x.ndim]
    view[...] = x
    return view


def reversed_(x):
    """``x`` with negative strides along every axis."""
    back = (slice(None, None, -1),) * x.ndim
    return x[back].copy()[back]


def repeated(x):
    """The first of ``x`` along the last axis for all of them, with stride 0: other values, one place in memory."""
    return x if x.ndim == 0 or x.shape[-1] == 0 else np.broadcast_to(x[..., :1], x.shape)


LAYOUTS = {"contiguous": np.ascontiguousarray, "fortran": np.asfortranarray, "strided": strided,
           "reversed": reversed_, "repeated": repeated}


def laid_out(x, layout):
    """``x`` in a layout; 0-d arrays have only one."""
    return x if x.ndim == 0 else LAYOUTS[layout](x)


def widened(x):
    """``x`` in the next wider dtype, in which the result of its own dtype can be told exactly."""
    return x.astype(WIDE.get(x.dtype.name, x.dtype))


def ulps(result, expected):
    """By how many units in the last place float arrays differ, at most; nan equals nan, inf equals inf."""
    if result.dtype.kind == "c":
        return max(ulps(result.real, expected.real), ulps(result.imag, expected.imag))
    with np.errstate(all="ignore"):
        same = (result == expected) | (np.isnan(result) & np.isnan(expected))
        unit = np.spacing(np.maximum(np.abs(expected), ml_dtypes.finfo(expected.dtype).tiny))
        away = np.abs(result.astype("float64") - expected.astype("float64")) / unit.astype("float64")
    away = np.where(same, 0, np.where(np.isnan(away), np.inf, away))
    return float(away.max(initial=0))
