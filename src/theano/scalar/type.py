"""Scalar types and variables."""

import functools
import math

import numpy as np

from theano.config import config
from theano.errors import ComplexError
from theano.graph.type import Type
from theano.graph.variable import Constant, Variable
from theano.scalar.ctext import NumberText
from theano.scalar.dtype import DTYPES, numpy_dtype, result_type
from theano.scalar.policy import POLICIES, capped, is_weak, literal


def of_kind(*kinds):
    """Names of the dtypes of these kinds."""
    return tuple(name for name, row in DTYPES.items() if row.kind in kinds)


integer_dtypes = of_kind("int", "uint")
float_dtypes = of_kind("float")
complex_dtypes = of_kind("complex")
discrete_dtypes = of_kind("bool", "int", "uint")
continuous_dtypes = of_kind("float", "complex")


def resolve(dtype):
    """Name of a dtype; "floatX" by the flag. TypeError for one that has no row."""
    if dtype == "floatX":
        return config.floatX
    name = str(dtype) if isinstance(dtype, str) and dtype in DTYPES else np.dtype(dtype).name
    if name not in DTYPES:
        raise TypeError(f"Unsupported dtype: {dtype}. Use one of {', '.join(DTYPES)}.")
    return name


@functools.cache
def _promote(dtypes):
    return result_type(*map(numpy_dtype, dtypes)).name


def upcast(dtype, *dtypes):
    """Smallest dtype that can hold values of all the given ones, by NumPy's promotion of arrays.

    With ``cast_policy='numpy+floatX'`` and floatX float32, float64 arises only from float64.
    """
    every = (str(dtype), *map(str, dtypes))
    result = _promote(every)
    if config.cast_policy == "floatX":
        return capped(result, every)
    if config.cast_policy == "numpy+floatX" and config.floatX == "float32" and result == "float64" \
            and "float64" not in every:
        return "float32"
    return result


class Scalar(NumberText, Type):
    """One number of a dtype; values are NumPy scalars."""

    __props__ = ("dtype",)
    ndim = 0
    broadcastable = ()
    shape = ()
    _instances = {}

    def __new__(cls, dtype="floatX"):
        name = resolve(dtype)
        if name not in cls._instances:
            cls._instances[name] = super().__new__(cls)
            cls._instances[name].dtype = name
        return cls._instances[name]

    @property
    def numpy_dtype(self):
        """NumPy's dtype of values."""
        return numpy_dtype(self.dtype)

    def __reduce__(self):
        return Scalar, (self.dtype,)

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return hash((Scalar, self.dtype))

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` as a NumPy scalar of this dtype; TypeError where it doesn't fit."""
        value = data
        numpy_type = self.numpy_dtype.type
        if isinstance(value, numpy_type):
            return value
        if strict:
            raise TypeError(f"{self} expected a {self.dtype}, got {value!r} of type {type(value).__name__}. "
                            "Strict inputs are not converted.")
        with np.errstate(all="ignore"):
            try:
                result = np.asarray(value).astype(self.numpy_dtype)[()]
            except (TypeError, ValueError) as error:
                raise TypeError(f"{self} expected a number, got {value!r}") from error
        if allow_downcast or (allow_downcast is None and type(value) is float
                              and self.dtype == config.floatX) or bool(np.all(result == value)) \
                or (isinstance(value, float) and math.isnan(value)):
            return result
        raise TypeError(f"{value!r} is not exactly a {self.dtype}: allow_downcast=True would round it")

    def values_eq_approx(self, a, b, tolerance=1e-4):
        return bool(abs(a - b) <= abs(a) * tolerance + abs(b) * tolerance)

    def upcast(self, *others):
        """dtype that can hold values of this type and of ``others``."""
        return upcast(*(t.dtype for t in (self, *others)))

    def dtype_specs(self):
        """Python type, C type and suffix of the dtype, as the original."""
        return (self.numpy_dtype.type, self.c_element_type(), self.dtype.capitalize())

    def c_element_type(self):
        """The C type of a value."""
        return f"npy_{self.dtype}"

    def c_literal(self, data):
        """``data`` as C code; NotImplementedError for complex numbers."""
        if self.dtype in complex_dtypes:
            raise NotImplementedError("C has no literal of a complex number of NumPy's types")
        return str(int(data)) if self.dtype == "bool" else str(data)

    def c_headers(self, c_compiler=None):
        """Headers that C code for values includes."""
        return ["<math.h>"] + (["<numpy/halffloat.h>"] if self.dtype == "float16" else [])

    def get_shape_info(self, obj):
        """What a profiler keeps to tell the size of ``obj``: the number of its bytes."""
        return obj.itemsize

    def get_size(self, shape_info):
        """The bytes that a value with this `get_shape_info` takes."""
        return shape_info if shape_info else self.numpy_dtype.itemsize

    def clone(self, dtype=None):
        """The type of another dtype."""
        return Scalar(dtype or self.dtype)

    def zeros_like(self, variable):
        """Zero in the dtype of the gradients of ``variable``."""
        return variable.zeros_like(dtype=config.floatX if self.dtype in discrete_dtypes else self.dtype)

    def ones_like(self, variable):
        """One in the dtype of the gradients of ``variable``."""
        return variable.ones_like(dtype=config.floatX if self.dtype in discrete_dtypes else self.dtype)

    def lift(self, row, *inputs):
        """Scalars need no lifting: the row itself is the op."""
        return self.rows[row](*inputs) if isinstance(row, str) else row(*inputs)

    rows = {}           # the table of scalar ops, filled by the table

    def __str__(self):
        return self.dtype

    def __repr__(self):
        return f"Scalar({self.dtype})"


def get_scalar_type(dtype):
    """The `Scalar` of a dtype."""
    return Scalar(dtype)


def _binary(row, swapped=False):
    def operator(self, other):
        if row == "mod" and any(getattr(x, "dtype", "") in complex_dtypes for x in (self, other)):
            raise ComplexError("complex numbers have no remainder (mod, %)")
        return self.type.lift(row, other, self) if swapped else self.type.lift(row, self, other)
    operator.__doc__ = f"Scalar op ``{row}``."
    return operator


def _unary(row):
    def operator(self):
        return self.type.lift(row, self)
    operator.__doc__ = f"Scalar op ``{row}``."
    return operator


# Python's operators -> rows of the table of scalar ops.
ARITHMETIC = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "true_div", "floordiv": "int_div", "mod": "mod",
              "pow": "pow", "and": "and_", "or": "or_", "xor": "xor"}
COMPARISONS = ("lt", "le", "gt", "ge")
UNARY = {"neg": "neg", "abs": "abs_", "invert": "invert"}


def with_operators(binary, unary):
    """A class decorator that gives a class Python's operators.

    binary: function of a row, and whether the operands are swapped, that gives the method. unary: function of a row.
    """
    def give(cls):
        for name, row in ARITHMETIC.items():
            setattr(cls, f"__{name}__", binary(row))
            setattr(cls, f"__r{name}__", binary(row, True))
        for row in COMPARISONS:
            setattr(cls, f"__{row}__", binary(row))
        for name, row in UNARY.items():
            setattr(cls, f"__{name}__", unary(row))
        return cls
    return give


@with_operators(_binary, _unary)
class _scalar_py_operators:                                                       # noqa: N801
    """Python's operators as scalar ops."""

    ndim = 0

    @property
    def dtype(self):
        """Name of the dtype."""
        return self.type.dtype

    def astype(self, dtype):
        """This number as another dtype."""
        return self.type.lift("cast_" + resolve(dtype), self)

    def zeros_like(self, dtype=None):
        """Zero of this dtype."""
        return self.type.lift("second", self, constant(0, dtype=resolve(dtype or self.dtype)))

    def ones_like(self, dtype=None):
        """One of this dtype."""
        return self.type.lift("second", self, constant(1, dtype=resolve(dtype or self.dtype)))


class ScalarVariable(_scalar_py_operators, Variable):
    """A symbolic number."""

    __hash__ = Variable.__hash__


class ScalarConstant(_scalar_py_operators, Constant):
    """A number."""

    printed = "Constant"
    __hash__ = Constant.__hash__

    def signature(self):
        value = self.data
        return (self.type, value.tobytes())


Scalar.Variable = ScalarVariable
Scalar.Constant = ScalarConstant


class NumericAutocaster:
    """Gives Python numbers the first dtype of a list that holds them exactly.

    Parameters
    ----------
    dtypes : sequence of str
    """

    def __init__(self, dtypes):
        self.dtypes = tuple(dtypes)

    def __call__(self, x):
        """``x`` as a NumPy array; arrays and NumPy scalars keep their dtype."""
        if config.cast_policy in ("numpy", "numpy+floatX"):
            return _numpy_cast(x)
        if hasattr(x, "dtype"):
            return np.asarray(x)
        if isinstance(x, float) and config.floatX in self.dtypes and config.floatX == "float32":
            return np.asarray(x, dtype=config.floatX)
        for dtype in self.dtypes:
            with np.errstate(all="ignore"):
                try:
                    result = np.asarray(x, dtype=dtype)
                except OverflowError:
                    continue
            if result.item() == x or x != x:
                return result
        return result


def _numpy_cast(x):
    result = np.asarray(x)
    if config.cast_policy == "numpy+floatX" and config.floatX == "float32" and result.dtype == np.float64 \
            and not hasattr(x, "dtype"):
        return result.astype("float32")
    return result


NumpyAutocaster = NumericAutocaster
autocast_int = NumericAutocaster(("int8", "int16", "int32", "int64"))
autocast_float = NumericAutocaster(("float32", "float64"))


class autocast_float_as:                                                          # noqa: N801
    """Context in which Python floats become the first of ``dtypes`` that holds them exactly."""

    def __init__(self, *dtypes):
        self.dtypes = dtypes

    def __enter__(self):
        self.before = autocast_float.dtypes
        autocast_float.dtypes = self.dtypes

    def __exit__(self, *error):
        autocast_float.dtypes = self.before


def convert(x, dtype=None):
    """A Python or NumPy number as an array, with the dtype it has in expressions.

    Raises TypeError for Python's bool, which is more often a mistake than a number.
    """
    if dtype is not None:
        return np.asarray(x, dtype=numpy_dtype(resolve(dtype)))
    if config.cast_policy in POLICIES and is_weak(x):
        return literal(x)
    if isinstance(x, int) and not isinstance(x, bool):
        return autocast_int(x)
    if isinstance(x, float) and not hasattr(x, "dtype"):
        return autocast_float(x)
    return np.asarray(x)


def constant(x, name=None, dtype=None):
    """A scalar constant."""
    if isinstance(x, Constant):
        return x
    value = convert(x, dtype)
    if value.ndim:
        raise TypeError(f"a scalar constant needs one number, got shape {value.shape}")
    return ScalarConstant(Scalar(value.dtype.name), value[()], name)


def as_scalar(x, name=None):
    """``x`` as a scalar variable; 0-d tensors go through ScalarFromTensor.

    Raises TypeError for anything else.
    """
    if isinstance(x, Variable):
        if isinstance(x.type, Scalar):
            return x
        to_scalar = getattr(x.type, "as_scalar", None)
        if to_scalar is not None and x.type.ndim == 0:
            return to_scalar(x)
        raise TypeError(f"Variable type field must be a Scalar or a 0-d tensor, got {x} of type {x.type}")
    try:
        return constant(x, name)
    except (TypeError, ValueError) as error:
        raise TypeError(f"Cannot convert {x!r}, a {type(x).__name__}, to Scalar: a number is needed") from error


TYPES = {name: Scalar(name) for name in DTYPES}
int8, int16, int32, int64 = (TYPES[f"int{n}"] for n in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (TYPES[f"uint{n}"] for n in (8, 16, 32, 64))
float16, float32, float64 = (TYPES[f"float{n}"] for n in (16, 32, 64))
bfloat16 = TYPES["bfloat16"]
complex64, complex128, bool_ = TYPES["complex64"], TYPES["complex128"], TYPES["bool"]


def types_of(dtypes):
    """The types of a sequence of dtypes."""
    return tuple(TYPES[d] for d in dtypes)


int_types, uint_types = types_of(of_kind("int")), types_of(of_kind("uint"))
integer_types, float_types = types_of(integer_dtypes), types_of(float_dtypes)
complex_types, discrete_types = types_of(complex_dtypes), types_of(discrete_dtypes)
continuous_types = types_of(continuous_dtypes)
all_types = types_of(d for d in DTYPES if d != "bfloat16")      # those of NumPy: programs loop over them


def several(type_):
    """A function that makes variables of ``type_``: ``floats('x', 'y')``, ``floats('xy')`` or ``floats(2)``."""
    def make(*names):
        if len(names) == 1 and isinstance(names[0], str):
            names = tuple(names[0])
        if len(names) == 1 and isinstance(names[0], int):
            names = (None,) * names[0]
        made = [type_(name) for name in names]
        return made[0] if len(made) == 1 else made
    make.__doc__ = f"Variables of type {type_!r}."
    return make


ints, floats, complexs = several(int64), several(float64), several(complex128)
complexs64, complexs128 = several(complex64), several(complex128)
