"""Tensor variables: Python's operators, NumPy's functions and methods, as graph.

Methods that belong to a topic - indexing, shapes, sorting - are added by the module of that topic with
`method`, so that this file needs none of them.
"""

import copy

import numpy as np

from theano.errors import ComplexError, TensorConversionError
from theano.graph.variable import Constant, Variable
from theano.late import hashlib
from theano.scalar.type import with_operators
from theano.tensor.type import TensorType

PROPERTIES = {"shape", "size", "T", "real", "imag", "at"}
VARIADIC = {"reshape", "transpose", "dimshuffle"}      # x.reshape(2, 3) as well as x.reshape((2, 3))
FUNCTIONS = {}                                          # name of a method or function -> ours
NUMPY = {}                                              # name of NumPy's function -> ours, for np.f(variable)
HOLDING = "numpy.atleast_1d", "numpy.atleast_2d", "numpy.atleast_3d"    # programs make lists of variables by these
UFUNCS = {}                                             # the same of its elementwise functions that are no row
UFUNC_METHODS = {}                                      # "reduce" ... -> what does it, by name and function


def method(*names):
    """Make a function of a tensor and more a method (or property) of tensor variables.

    One without a docstring, which has its arguments in another order than the function of that name, takes over its.
    """
    def add(function):
        for name in names:
            named = FUNCTIONS.setdefault(name, function)
            function.__doc__ = function.__doc__ or named.__doc__
            setattr(_tensor_py_operators, name, _as_member(name, function))
        return function
    return add


def counterpart(*names):
    """Make a function what NumPy's functions of these names do with variables; ``linalg.inv`` is one of a submodule."""
    def add(function):
        for name in names:
            NUMPY[name] = function
        return function
    return add


def _held(x):
    """A variable as the one element of an array of objects without dimensions."""
    array = np.empty((), object)
    array[()] = x
    return array


def _as_member(name, function):
    if name in PROPERTIES:
        return property(function, doc=function.__doc__)
    if name not in VARIADIC:
        return function

    def variadic(self, *args, **kwargs):
        if not args and "shape" in kwargs:
            args = (kwargs.pop("shape"),)
        whole = args and (isinstance(args[0], (list, tuple)) or args[0] is None or isinstance(args[0], Variable) and (
            len(args) == 1 or getattr(args[0].type, "ndim", 0) == 1))
        return function(self, *args, **kwargs) if whole else function(self, args, **kwargs)
    variadic.__doc__, variadic.__name__ = function.__doc__, name
    return variadic


def _binary(row, swapped=False):
    def operator(self, other):
        if row == "mod" and any(isinstance(x, complex) or str(getattr(x, "dtype", "")).startswith("complex")
                                for x in (self, other)):
            raise ComplexError("complex numbers have no remainder (mod, %)")
        try:
            return TensorType.apply_row(row, (other, self) if swapped else (self, other))
        except (NotImplementedError, TensorConversionError):
            return NotImplemented
    operator.__doc__ = f"Elementwise ``{row}``."
    return operator


def _unary(row):
    def operator(self):
        return TensorType.apply_row(row, (self,))
    operator.__doc__ = f"Elementwise ``{row}``."
    return operator


def _in_place(sign):
    return lambda self, other: getattr(self, sign)(other)


@with_operators(_binary, _unary)
class _tensor_py_operators:                                                       # noqa: N801
    """What a tensor variable can do."""

    __array_priority__ = 1000
    __hash__ = Variable.__hash__
    __bool__ = __nonzero__ = Variable.__bool__
    __ceil__, __floor__, __trunc__ = _unary("ceil"), _unary("floor"), _unary("trunc")

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __pos__(self):
        return self

    def __div__(self, other):
        """As `theano.tensor.div_proxy`: what ``/`` was in Python 2."""
        return FUNCTIONS["div_proxy"](self, other)

    def __rdiv__(self, other):
        return FUNCTIONS["div_proxy"](other, self)

    @property
    def dtype(self):
        """Name of the dtype."""
        return self.type.dtype

    @property
    def ndim(self):
        """Number of dimensions."""
        return self.type.ndim

    @property
    def broadcastable(self):
        """Which dimensions always have extent 1."""
        return self.type.broadcastable

    @property
    def T(self):                                                                  # noqa: N802
        """The axes in reverse order."""
        return self.transpose()

    @property
    def real(self):
        """Real part."""
        return TensorType.apply_row("real", (self,))

    @property
    def imag(self):
        """Imaginary part."""
        return TensorType.apply_row("imag", (self,))

    def __int__(self):
        raise TypeError("a symbolic variable is no number while the graph is built: functions of Python and the module "
                        "math can't take it. Use theano.tensor's functions of these names, theano.tensor.cast for int "
                        "and float, theano.scan for range, or eval for a value.")

    __float__ = __complex__ = __int__

    def __len__(self):
        raise TypeError("object of type 'TensorVariable' has no len(): its extents are known when the function "
                        "runs. Use x.shape[0].")

    def __iter__(self):
        for i in range(self._static_length()):
            yield self[i]

    def _static_length(self):
        length = FUNCTIONS["get_vector_length"](self) if self.type.ndim == 1 else self.type.shape[0] \
            if self.type.ndim else None
        if length is None:
            raise TypeError("a symbolic variable can't be iterated over: how many elements it has is known when the "
                            "function runs. Use theano.scan for loops, theano.tensor.sum or .max for the builtin "
                            "functions of that name, and lists where lists are expected.")
        return length

    def __setitem__(self, index, value):
        raise TypeError("'TensorVariable' object does not support item assignment: expressions have no side "
                        "effects. Write x = theano.tensor.set_subtensor(x[index], value), or inc_subtensor for "
                        "+=.")

    def __contains__(self, element):
        raise TypeError("a TensorVariable can't be searched while the graph is built. Use "
                        "theano.tensor.any(theano.tensor.eq(x, element)).")

    def __array_ufunc__(self, ufunc, kind, *inputs, **kwargs):
        """``np.exp(x)`` builds graph."""
        if kwargs.get("out") is not None or "where" in kwargs and kind != "reduce":
            return NotImplemented
        name = UFUNC_NAMES.get(ufunc.__name__, ufunc.__name__)
        apply = UFUNCS.get(name) or (lambda *args: TensorType.apply_row(name, args))
        try:
            if kind != "__call__":
                return UFUNC_METHODS[kind](ufunc.__name__, apply, *inputs, **kwargs)
            return NotImplemented if kwargs else apply(*inputs)
        except KeyError:
            return NotImplemented

    def __array_function__(self, function, types, args, kwargs):
        """``np.sum(x)`` builds graph."""
        name = f"{function.__module__}.{function.__name__}"
        if name in HOLDING:
            return function(*(_held(x) if isinstance(x, Variable) else x for x in args))
        ours = NUMPY.get(name.removeprefix("numpy."))
        if ours is None:
            raise TypeError(f"{name} has no symbolic counterpart; call it on values, or build "
                            "the expression from theano.tensor functions")
        if kwargs.get("out", False) is None:            # the default, written out
            del kwargs["out"]
        return ours(*args, **kwargs)

    def copy(self, name=None):
        """The same tensor as another variable."""
        result = TensorType.apply_row("identity", (self,))
        result.name = name
        return result

    def get_scalar_constant_value(self):
        """The number this tensor always is; NotScalarConstantError where it isn't."""
        return FUNCTIONS["get_scalar_constant_value"](self)

    def transfer(self, target):
        """This tensor on a device; ``"cpu"`` is where it is."""
        return FUNCTIONS["transfer"](self, target)


UFUNC_NAMES = {"absolute": "abs_", "negative": "neg", "multiply": "mul", "subtract": "sub",
               "true_divide": "true_div", "divide": "true_div", "floor_divide": "int_div", "power": "pow",
               "remainder": "mod", "square": "sqr", "sign": "sgn", "less": "lt", "less_equal": "le",
               "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "neq", "bitwise_and": "and_",
               "bitwise_or": "or_", "bitwise_xor": "xor", "bitwise_not": "invert", "conjugate": "conj",
               "positive": "identity", "reciprocal": "inv", "radians": "deg2rad", "degrees": "rad2deg"}


class TensorVariable(_tensor_py_operators, Variable):
    """A symbolic array."""

    def __init__(self, type, owner=None, index=None, name=None):
        super().__init__(type, owner=owner, index=index, name=name)


class TensorConstantSignature(tuple):
    """The type and value of a constant; equal for equal constants."""


def signature_of(type, data):
    """The signature of a constant of this type and array."""
    return TensorConstantSignature((type, data.shape, data.tobytes() if data.size <= 32 else _digest(data)))


class TensorConstant(_tensor_py_operators, Constant):
    """An array with a name."""

    def __init__(self, type, data, name=None):
        super().__init__(type, data, name)

    def signature(self):
        """Type and content."""
        known = self.__dict__.get("_signature")
        if known is None:
            known = self._signature = signature_of(self.type, np.asarray(self.data))
        return known

    def equals(self, other):
        """Whether ``other`` is a constant of the same type and value."""
        if not isinstance(other, (Constant, np.ndarray, int, float)):
            return False
        if not isinstance(other, Constant):
            other = TensorType.make_constant_of(other, None)
        return self.signature() == other.signature()

    def value_text(self):
        data = np.asarray(self.data)
        if data.ndim and data.size and (data == data.flat[0]).all():
            return f"{data.shape} of {data.flat[0]}"
        return str(data)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        twin = type(self)(copy.deepcopy(self.type, memo), copy.deepcopy(self.data, memo), self.name)
        memo[id(self)] = twin
        return twin


def _digest(data):
    return hashlib.blake2b(np.ascontiguousarray(data), digest_size=16).digest()


TensorType.Variable = TensorVariable
TensorType.Constant = TensorConstant
