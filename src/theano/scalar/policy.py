"""Cast policies beyond the original's: which dtype a result has, and which one a Python number gets beside others.

"numpy2" gives what NumPy 2 gives, NEP 50: a Python number takes the dtype of what it meets, if its kind can hold it,
else int64, float64 or complex128. "floatX" does the same, but no float is wider than floatX unless an input is, and
floats that come from integers are floatX; there NumPy's own numbers count as Python's.
"""

import functools

import numpy as np

from theano.config import config
from theano.scalar.dtype import numpy_dtype, result_type

POLICIES = ("numpy2", "floatX")
PYTHON = {int: "int64", float: "float64", complex: "complex128"}
FLOATS = ("float16", "bfloat16", "float32", "float64")      # from narrow to wide
COMPLEX = {"complex64": "float32", "complex128": "float64"}
NUMPY = (np.floating, np.complexfloating, np.integer)


def is_weak(x):
    """Whether ``x`` is a number whose dtype depends on what it meets."""
    return type(x) in PYTHON or (config.cast_policy == "floatX" and isinstance(x, NUMPY))


def capped(result, dtypes):
    """``result``, or under "floatX" the dtype that a result computed from ``dtypes`` has."""
    if config.cast_policy != "floatX" or result not in (*FLOATS, *COMPLEX):
        return result
    given = [COMPLEX.get(d, d) for d in dtypes if d in FLOATS or d in COMPLEX]
    if result in FLOATS and not given:
        return config.floatX
    if {"float16", "bfloat16"} <= set(given):
        given.append("float32")
    limit = max([config.floatX, *given], key=FLOATS.index)
    if result in FLOATS:
        return min(result, limit, key=FLOATS.index)
    return "complex128" if limit == "float64" else "complex64"


def result_dtype(row, dtypes, rule, by_numpy):
    """dtype of a row's result under these policies: what NumPy's function gives, else by the original's ``rule``.

    Raises TypeError where it is not defined for these dtypes.
    """
    given = _numpy_dtype(row.name, row.numpy, dtypes) if by_numpy else None
    if given is None and row.name.startswith("cast_"):      # somebody asked for it
        return rule(*dtypes)
    return capped(rule(*dtypes) if given is None else given, dtypes)


@functools.lru_cache(maxsize=4096)
def _numpy_dtype(name, function, dtypes):
    """What NumPy's function makes of arrays of these dtypes, None for a dtype that we don't have."""
    known = ["float16" if d == "bfloat16" else d for d in dtypes]
    with np.errstate(all="ignore"):
        result = np.asarray(function(*(np.ones(1, d) for d in known))).dtype.name
    if result == "float16" and "bfloat16" in dtypes:
        result = "float32" if "float16" in dtypes else "bfloat16"
    return None if result in ("longdouble", "clongdouble", "object") else result


def settled(row, inputs, any_size=False):
    """``inputs`` of a row with Python numbers as arrays of the dtype that they get beside the others.

    any_size: the dtype of the result is no integer's, so that a number needn't fit beside the others.

    Raises OverflowError for a whole number that this dtype can't hold.
    """
    weak = [is_weak(x) for x in inputs]
    if not any(weak):
        return inputs
    strong = [_dtype_of(x) for k, x in enumerate(inputs) if not weak[k] and k not in row.conditions]
    return [_literal(row, x, strong, any_size) if is_literal else x
            for x, is_literal in zip(inputs, weak, strict=True)]


def _dtype_of(x):
    kind = getattr(x, "type", None)
    return kind.dtype if kind is not None else np.asarray(x).dtype.name


def _literal(row, x, strong, any_size):
    number = x.item() if isinstance(x, np.generic) else x
    dtype = result_type(*map(numpy_dtype, strong), number).name if strong else PYTHON[type(number)]
    dtype = capped(dtype, strong)
    if isinstance(number, int) and dtype not in FLOATS and dtype not in COMPLEX and not _holds(dtype, number):
        if strong and not any_size:
            raise OverflowError(f"{row} of {', '.join(strong)} and the number {number}: {dtype} can't hold it; make "
                                "it a constant of another dtype")
        dtype = "int64" if number < 1 << 63 else "uint64"
    return np.asarray(number, dtype=numpy_dtype(dtype))


def _holds(dtype, number):
    info = np.iinfo(dtype)
    return info.min <= number <= info.max


def literal(x):
    """A Python number that meets nothing, as an array."""
    number = x.item() if isinstance(x, np.generic) else x
    dtype = capped(PYTHON[type(number)], ())
    if isinstance(number, int) and not _holds(dtype, number):
        dtype = "uint64"
    return np.asarray(number, dtype=dtype)


def wide_float():
    """The float dtype that counts and quotients of integers get: float64, under "floatX" that one."""
    return config.floatX if config.cast_policy == "floatX" else "float64"
