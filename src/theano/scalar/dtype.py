"""Dtypes, one row each, and what NumPy can't tell of the one that it doesn't have.

NumPy has no bfloat16. The package ml_dtypes, which is optional, adds it: under that name, but as a kind of its own
(no float) that doesn't go with most others. So kinds and promotions are asked for here.
"""

import functools
import importlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DType:
    """One dtype: its NumPy name, the letter of its constructors, and its kind.

    kind: "bool", "int", "uint", "float" or "complex".
    """

    name: str
    letter: str
    kind: str


DTYPES = {row.name: row for row in (
    DType("bool", "", "bool"),
    DType("int8", "b", "int"), DType("int16", "w", "int"), DType("int32", "i", "int"),
    DType("int64", "l", "int"),
    DType("uint8", "ub", "uint"), DType("uint16", "uw", "uint"), DType("uint32", "ui", "uint"),
    DType("uint64", "ul", "uint"),
    DType("float16", "h", "float"), DType("bfloat16", "", "float"), DType("float32", "f", "float"),
    DType("float64", "d", "float"), DType("complex64", "c", "complex"), DType("complex128", "z", "complex"),
)}
SMALL = {"float16": "float32", "bfloat16": "float32"}       # for storage: the dtype that each is computed in
NUMBERS = "biufc"                                           # NumPy's kinds of numbers


@functools.cache
def numpy_dtype(name):
    """NumPy's dtype of that name.

    Raises ImportError for bfloat16 where the package ml_dtypes is missing.
    """
    if name == "bfloat16":
        try:
            importlib.import_module("ml_dtypes")
        except ImportError as error:
            raise ImportError("bfloat16 needs the package ml_dtypes, which gives NumPy this dtype: "
                              "pip install ml_dtypes") from error
    return np.dtype(name)


def itemsize_of(name):
    """Bytes of a number; bfloat16 needs no package for that."""
    return 2 if name in SMALL else np.dtype(name).itemsize


def text_of(dtype):
    """What tells a NumPy dtype from others and makes it again: its code, where it has one of its own."""
    return dtype.name if _is_bfloat16(dtype) else dtype.str


def kind_of(dtype):
    """NumPy's letter for the kind of a dtype or of its name: b, i, u, f or c for numbers; bfloat16 is a float."""
    if isinstance(dtype, str):
        return DTYPES[dtype].kind[0] if dtype in DTYPES else np.dtype(dtype).kind
    return "f" if _is_bfloat16(dtype) else dtype.kind


def is_small(dtype):
    """Whether a dtype, or its name, is a float of 16 bits."""
    if not isinstance(dtype, np.dtype):
        return dtype in SMALL
    return dtype.itemsize == 2 and (dtype.kind == "f" or _is_bfloat16(dtype))


def _is_bfloat16(thing):
    """Whether a dtype, the name of one, or what has a dtype is bfloat16."""
    dtype = getattr(thing, "dtype", thing)
    if isinstance(dtype, np.dtype):
        return dtype.kind == "V" and dtype.name == "bfloat16"
    return isinstance(dtype, str) and dtype == "bfloat16"


def computed_in(dtype):
    """The name of the dtype in which values of the dtype of that name are computed."""
    return SMALL.get(dtype, dtype)


def finfo(dtype):
    """What NumPy's function of that name gives."""
    return importlib.import_module("ml_dtypes").finfo("bfloat16") if _is_bfloat16(dtype) else np.finfo(dtype)


def result_type(*things):
    """What NumPy's function of that name gives, by the rules of float16 for bfloat16; both together give float32."""
    found = [_is_bfloat16(thing) for thing in things]
    if not any(found):
        return np.result_type(*things)
    result = np.result_type(*("float16" if stands else thing for thing, stands in zip(things, found, strict=True)))
    if result != "float16":
        return result
    both = any(is_small(getattr(t, "dtype", t)) for t, stands in zip(things, found, strict=True) if not stands)
    return np.dtype("float32") if both else numpy_dtype("bfloat16")


def can_cast(source, target, casting="safe"):
    """What NumPy's function of that name gives, for dtypes or their names."""
    source, target = str(source), str(target)
    if "bfloat16" not in (source, target):
        return np.can_cast(source, target, casting)
    if casting == "safe":
        return str(result_type(source, target)) == target
    return np.can_cast(*("float16" if name == "bfloat16" else name for name in (source, target)), casting)
