"""Tensor types: dtype, rank and broadcast pattern, and extents where they are known."""

import functools
import math
from collections.abc import Iterable

import numpy as np

from theano.config import config
from theano.errors import ShapeError
from theano.graph.type import Type
from theano.scalar.dtype import DTYPES, NUMBERS, kind_of, numpy_dtype, result_type
from theano.scalar.type import Scalar, discrete_dtypes, resolve
from theano.tensor.ctext import ArrayText
from theano.tensor.tolerance import usual


@functools.cache
def _is_held(have, wanted):
    """Whether a dtype holds all numbers of another one, by NumPy's rules."""
    return have == wanted if have.kind == "O" else kind_of(have) in NUMBERS and result_type(have, wanted) == wanted


class TensorType(ArrayText, Type):
    """Arrays of one dtype and rank.

    Parameters
    ----------
    dtype : str
        "floatX" follows the flag.
    broadcastable : sequence of bool, optional
        True where the extent is always 1. Left out when ``shape`` is given.
    name : str, optional
    shape : sequence of int, str or None, optional
        Extents where they are known. Dimensions of one name are equal; those of two names may not meet, see
        `tensor.dims`.
    """

    __props__ = ("dtype", "broadcastable")
    context_name = "cpu"
    filter_checks_isfinite = False          # `filter` refuses no nan and inf

    def __init__(self, dtype, broadcastable=None, name=None, sparse_grad=False, shape=None):
        self.dtype = resolve(dtype)
        if broadcastable is None:
            if shape is None:
                raise TypeError("TensorType needs broadcastable or shape, as in TensorType('float64', (False, True)) "
                                "and TensorType('float64', shape=(None, 1))")
            broadcastable = [n == 1 for n in shape]
        if not isinstance(broadcastable, Iterable) or isinstance(broadcastable, str):
            raise TypeError("broadcastable needs True or False for each dimension, as (False, False) for matrices; got "
                            f"{broadcastable!r}")
        self.broadcastable = tuple(map(bool, broadcastable))
        self.ndim = len(self.broadcastable)
        static = (None,) * self.ndim if shape is None else tuple(shape)
        if len(static) != self.ndim:
            raise ValueError(f"shape {shape} and broadcastable {broadcastable} disagree in length")
        self.shape = tuple(1 if b else None if n is None or isinstance(n, str) else int(n)
                           for b, n in zip(self.broadcastable, static, strict=True))
        self.dims = None if shape is None else tuple(
            n if isinstance(n, str) and not b else k
            for b, n, k in zip(self.broadcastable, static, self.shape, strict=True))
        self.numpy_dtype = numpy_dtype(self.dtype)
        self.name = name
        self.sparse_grad = sparse_grad

    def __eq__(self, other):
        if self is other:
            return True
        return type(self) is type(other) and self.dtype == other.dtype \
            and self.broadcastable == other.broadcastable

    def __hash__(self):
        return hash((self.dtype, self.broadcastable))

    def key_props(self):
        """What tells this type from others, for the cache."""
        return (self.dtype, self.broadcastable, self.shape)

    def clone(self, dtype=None, broadcastable=None):
        """This type with another dtype or broadcast pattern."""
        return type(self)(dtype or self.dtype, self.broadcastable if broadcastable is None else broadcastable,
                          name=self.name)

    # -- values -----------------------------------------------------------------------------------------

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` as an ndarray of this type.

        Raises TypeError for a dtype, rank or extent that does not fit, see `Type.filter`.
        """
        if type(data) is np.ndarray and data.dtype is self.numpy_dtype:
            pass
        elif type(data) is np.memmap and data.dtype == self.numpy_dtype:
            pass
        elif strict:
            self._check_strict(data)
            data = np.asarray(data)
        elif allow_downcast:
            data = np.asarray(data).astype(self.numpy_dtype, copy=False)
        else:
            data = self._converted(data, allow_downcast)
        if data.dtype.num != self.numpy_dtype.num:          # an equal one by another name, such as C's long long
            data = data.view(self.numpy_dtype)
        if data.ndim != self.ndim:
            raise TypeError(f"Wrong number of dimensions: expected {self.ndim}, got {data.ndim} with shape "
                            f"{data.shape}.")
        for d, b in enumerate(self.broadcastable):
            if b and data.shape[d] != 1:
                raise TypeError(f"Non-unit value on shape on a broadcastable dimension: {self} needs extent 1 in "
                                f"dimension {d}, got shape {data.shape}")
        for d, n in enumerate(self.shape):
            if n is not None and data.shape[d] != n:
                raise ShapeError(f"extent {d} must be {n}, got shape {data.shape}")
        if self.filter_checks_isfinite and kind_of(data.dtype) in "fc" and not np.isfinite(data).all():
            raise ValueError(f"{self} is not to hold values that are not finite: {_short(data)}")
        return data if data.flags.aligned else data.copy()

    def _check_strict(self, data):
        if not isinstance(data, np.ndarray):
            raise TypeError(f"{self} expected a ndarray object, got a {type(data).__name__}")
        if data.dtype != self.numpy_dtype:
            raise TypeError(f"{self} expected a ndarray object with dtype = {self.dtype} (got {data.dtype}).")

    def _converted(self, data, allow_downcast):
        """``data`` converted to the dtype without losing anything."""
        if isinstance(data, np.ndarray) or isinstance(data, np.generic):
            have = data.dtype
            if _is_held(have, self.numpy_dtype):
                return np.asarray(data, dtype=self.numpy_dtype)
            if have.kind == "f" and self.dtype == config.floatX and data.ndim == 0 \
                    and allow_downcast is None and isinstance(data, float):
                return np.asarray(data, dtype=self.numpy_dtype)
            raise TypeError(f"{self} can't hold a {have} without loss: cast it to {self.dtype}, or make the function "
                            f"with allow_input_downcast=True. Value: {_short(data)}")
        if type(data) is float and allow_downcast is None and self.dtype == config.floatX:
            return np.asarray(data, dtype=self.numpy_dtype)
        try:
            given = np.asarray(data)
        except ValueError as error:
            raise TypeError(f"{self} cannot be made of {_short(data)}: {error}") from error
        if given.dtype == self.numpy_dtype and type(data) in (list, tuple):
            return given
        if kind_of(given.dtype) not in NUMBERS:
            error = ValueError if given.dtype.kind in "US" else TypeError
            raise error(f"{self} expected numbers, got {_short(data)} (dtype {given.dtype}). The original "
                        "value may be a symbolic variable: give values to functions, variables to "
                        "expressions.")
        with np.errstate(all="ignore"):
            result = given.astype(self.numpy_dtype) if not (given.dtype.kind == "c" and
                                                            kind_of(self.dtype) != "c") else given
        if result.dtype != self.numpy_dtype or not np.array_equal(result, given, equal_nan=given.dtype.kind in
                                                                  "fc"):
            raise TypeError(f"{self} would hold {_short(data)} as {_short(result)}: make it an array of {self.dtype}, "
                            "or the function with allow_input_downcast=True")
        return result

    filter_checks_isfinite = False          # programs set it to have `filter` refuse nan and inf

    def value_validity_msg(self, a):
        """Why ``a`` is or isn't a value of this type."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    @staticmethod
    def values_eq(a, b, force_same_dtype=True):
        """Whether two arrays have the same shape, dtype and elements; nan equals nan."""
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or (force_same_dtype and a.dtype != b.dtype):
            return False
        return bool(np.array_equal(a, b, equal_nan=kind_of(a.dtype) in "fc" and kind_of(b.dtype) in "fc"))

    @staticmethod
    def values_eq_approx(a, b, allow_remove_inf=False, allow_remove_nan=False, rtol=None, atol=None):
        """Whether two arrays have the same shape and dtype, and nearly the same elements."""
        return values_eq_approx(a, b, allow_remove_inf, allow_remove_nan, rtol, atol)

    @staticmethod
    def may_share_memory(a, b):
        """Whether two values may overlap in memory."""
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)

    # -- variables ----------------------------------------------------------------------------------------

    def convert_variable(self, var):
        """``var`` as this type: possible when it has the dtype and rank, and is broadcastable where we are."""
        if isinstance(var.type, TensorType) and var.type.dtype == self.dtype and var.type.ndim == self.ndim \
                and all(b or not s for s, b in zip(self.broadcastable, var.type.broadcastable, strict=True)):
            if var.type.broadcastable == self.broadcastable:
                return var
            return self.rebroadcast(var, self.broadcastable)
        return None

    def filter_variable(self, other, allow_convert=True):
        """``other`` as a variable of this type; TypeError when that is not possible without loss."""
        if not hasattr(other, "type"):
            other = self.Constant(type=self, data=self.filter(other))
        if other.type == self:
            return other
        converted = self.convert_variable(other) if allow_convert else None
        if converted is not None:
            return converted
        raise TypeError(f"{other} is a {other.type} and can't become a {self} by itself: convert it")

    rebroadcast = None      # function(variable, pattern), filled by the module of shapes
    apply_row = None        # function(row or its name, inputs), filled by the module of elementwise ops
    as_scalar = None        # function(0-d variable), filled by the module of shapes
    make_constant_of = None     # function(value, dtype), filled by the module of constants

    def lift(self, row, *inputs):
        """A scalar row applied element by element."""
        return TensorType.apply_row(row, inputs)

    def constant(self, value, dtype=None):
        """A tensor constant."""
        return TensorType.make_constant_of(value, dtype)

    def zeros_like(self, variable):
        """Zeros in the shape of ``variable`` and the dtype of its gradients."""
        return variable.zeros_like(dtype=config.floatX if self.dtype in discrete_dtypes else self.dtype)

    def ones_like(self, variable):
        """Ones in the shape of ``variable`` and the dtype of its gradients."""
        return variable.ones_like(dtype=config.floatX if self.dtype in discrete_dtypes else self.dtype)

    def dtype_specs(self):
        """Python type, C type and NumPy type number name of the dtype, as the original."""
        return (self.numpy_dtype.type, self.c_element_type(), f"NPY_{self.dtype.upper()}")

    def to_scalar_type(self):
        """The scalar type of an element."""
        return Scalar(self.dtype)

    def value_zeros(self, shape):
        """An array of zeros."""
        return np.zeros(shape, dtype=self.dtype)

    def get_shape_info(self, obj):
        """What a profiler keeps to tell the size of ``obj``: its shape."""
        return obj.shape

    def get_size(self, shape_info):
        """The bytes that an array with this `get_shape_info` takes."""
        return math.prod(shape_info) * self.numpy_dtype.itemsize

    def __str__(self):
        if self.name:
            return self.name
        pattern = self.broadcastable
        named = {(): "scalar", (False,): "vector", (False, True): "col", (True, False): "row",
                 (False, False): "matrix"}.get(pattern)
        if named is None:
            named = str(pattern) if any(pattern) else f"{self.ndim}D"
        return f"TensorType({self.dtype}, {named})"

    def __repr__(self):
        return str(self)


def values_eq_approx(a, b, allow_remove_inf=False, allow_remove_nan=False, rtol=None, atol=None):
    """Whether two arrays have the same shape and dtype, and nearly the same elements."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if kind_of(a.dtype) in "biu":
        return bool(np.array_equal(a, b))
    usual_rtol, usual_atol = usual(a.dtype)
    close = np.isclose(a, b, rtol=usual_rtol if rtol is None else rtol,
                       atol=usual_atol if atol is None else atol, equal_nan=True)
    if allow_remove_nan:
        close = close | np.isnan(a) | np.isnan(b)
    if allow_remove_inf:
        close = close | np.isinf(a) | np.isinf(b)
    return bool(close.all())


def values_eq_approx_remove_inf(a, b):
    """`values_eq_approx` where neither is infinite."""
    return values_eq_approx(a, b, allow_remove_inf=True)


def values_eq_approx_remove_nan(a, b):
    """`values_eq_approx` where neither is nan."""
    return values_eq_approx(a, b, allow_remove_nan=True)


def values_eq_approx_remove_inf_nan(a, b):
    """`values_eq_approx` where both are finite."""
    return values_eq_approx(a, b, allow_remove_inf=True, allow_remove_nan=True)


def values_eq_approx_always_true(a, b):
    """True: for an output whose value is arbitrary, as its ``tag.values_eq_approx``."""
    return True


def _short(data):
    text = repr(data)
    return text if len(text) < 80 else text[:77] + "..."


def tensor(*args, **kwargs):
    """A tensor variable: ``tensor(dtype, broadcastable)``, ``tensor(dtype, shape=(None, 3), name="x")``."""
    name = kwargs.pop("name", None)
    return TensorType(*args, **kwargs)(name=name)


# -- constructors, from one table of ranks -----------------------------------------------------------------

RANKS = {"scalar": (), "vector": (False,), "row": (True, False), "col": (False, True),
         "matrix": (False, False), **{f"tensor{n}": (False,) * n for n in range(3, 8)}}
PLURALS = {"matrix": "matrices"}
LETTERS = {row.letter: row.name for row in DTYPES.values() if row.letter and row.letter != "h"}
TYPES = {}              # name -> TensorType: iscalar, fvector, zmatrix ...


def _constructor(kind, pattern):
    def make(name=None, dtype=None, shape=None):
        dtype = config.floatX if dtype is None else dtype
        if shape is not None:
            return TensorType(dtype, [n == 1 for n in shape], shape=shape)(name)
        return TensorType(dtype, pattern)(name)
    make.__name__ = make.__qualname__ = kind
    make.__doc__ = f"A {kind} variable; dtype floatX unless given."
    return make


def _plural(make, kind):
    def several(*names, **kwargs):
        if len(names) == 1 and isinstance(names[0], int):
            names = (None,) * names[0]
        elif len(names) == 1 and isinstance(names[0], str):
            names = tuple(names[0]) if len(names[0]) > 1 else names
        made = [make(name, **kwargs) for name in names]
        return made[0] if len(made) == 1 else made
    several.__name__ = several.__qualname__ = kind
    several.__doc__ = f"{kind.capitalize()}: names, letters of one name, or how many."
    return several


def _declare():
    """All constructors by name."""
    made = {}
    for kind, pattern in RANKS.items():
        plural = PLURALS.get(kind, kind + "s")
        made[kind] = _constructor(kind, pattern)
        made[plural] = _plural(made[kind], plural)
        for letter, dtype in LETTERS.items():
            TYPES[letter + kind] = made[letter + kind] = TensorType(dtype, pattern)
            made[letter + plural] = _plural(made[letter + kind], letter + plural)
    return made


CONSTRUCTORS = _declare()
globals().update(CONSTRUCTORS)


def _groups():
    """The types of one kind of dtype and rank, as tuples: int_vector_types, float_types (of scalars) ..."""
    made = {}
    for kind, letters in (("int", "bwil"), ("float", "fd"), ("complex", "cz")):
        for rank in ("scalar", "vector", "matrix"):
            made[f"{kind}_{rank}_types"] = tuple(TYPES[letter + rank] for letter in letters)
        made[f"{kind}_types"] = made[f"{kind}_scalar_types"]
    return made


GROUPS = _groups()
globals().update(GROUPS)
lscalar, lvector = CONSTRUCTORS["lscalar"], CONSTRUCTORS["lvector"]
