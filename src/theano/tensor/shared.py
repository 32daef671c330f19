"""Shared variables that hold arrays, and `shared`, which picks the kind for a value."""

import copy

import numpy as np

from theano.graph import origin
from theano.graph.shared import SharedVariable
from theano.graph.type import generic
from theano.scalar.dtype import NUMBERS, is_small, kind_of
from theano.tensor.type import TensorType
from theano.tensor.variable import _tensor_py_operators


class TensorSharedVariable(_tensor_py_operators, SharedVariable):
    """A shared array."""

    def get_value(self, borrow=False, return_internal_type=False):
        """The array; a copy unless ``borrow``."""
        value = self.container.storage[0]
        return value if borrow else value.copy()

    def set_value(self, new_value, borrow=False):
        """Replace the array; with ``borrow`` the given array itself may become the storage.

        Raises TypeError when dtype or rank doesn't fit.
        """
        if not borrow and isinstance(new_value, np.ndarray):
            new_value = new_value.copy()
        self.container.value = new_value if borrow or isinstance(new_value, np.ndarray) else \
            copy.deepcopy(new_value)

    def zero(self, borrow=False):
        """Set all elements to zero."""
        if borrow:
            self.container.value[...] = 0
        else:
            self.container.value = np.zeros_like(self.container.value)


class ScalarSharedVariable(TensorSharedVariable):
    """A shared number."""


def tensor_constructor(value, name=None, strict=False, allow_downcast=None, borrow=False, broadcastable=None,
                       target="cpu", shape=None):
    """A shared variable for an ndarray; shape: extents that it keeps, numbers, names or None, see `TensorType`."""
    if target != "cpu":
        raise TypeError("not for cpu")
    if not isinstance(value, np.ndarray):
        raise TypeError("not an ndarray")
    if kind_of(value.dtype) not in NUMBERS:
        raise TypeError(f"a shared array needs numbers, got dtype {value.dtype}")
    type_ = TensorType(value.dtype, (False,) * value.ndim if broadcastable is None else broadcastable, shape=shape)
    return TensorSharedVariable(type=type_, value=value if borrow else np.array(value, copy=True), name=name,
                                strict=strict, allow_downcast=allow_downcast)


def scalar_constructor(value, name=None, strict=False, allow_downcast=None, borrow=False, target="cpu"):
    """A shared variable for a Python or NumPy number."""
    if target != "cpu":
        raise TypeError("not for cpu")
    if not isinstance(value, (np.number, float, int, complex, np.bool_)) and not (
            isinstance(value, np.generic) and is_small(value.dtype)):
        raise TypeError("not a number")
    array = np.asarray(value)
    return ScalarSharedVariable(type=TensorType(array.dtype.name, ()), value=np.array(array, copy=True), name=name,
                                strict=strict, allow_downcast=allow_downcast)


def generic_constructor(value, name=None, strict=False, allow_downcast=None):
    """A shared variable for any object."""
    return SharedVariable(type=generic, value=value, name=name, strict=strict, allow_downcast=allow_downcast)


CONSTRUCTORS = [generic_constructor, tensor_constructor, scalar_constructor]


def shared_constructor(ctor, remove=False):
    """Make `shared` try ``ctor`` first (or no more)."""
    if remove:
        CONSTRUCTORS.remove(ctor)
    else:
        CONSTRUCTORS.append(ctor)
    return ctor


def shared(value, name=None, strict=False, allow_downcast=None, **kwargs):
    """A variable with a value that functions share and can update.

    Parameters
    ----------
    value : array, number, or any object
        Arrays and numbers become tensors of their dtype and rank, sparse matrices sparse ones, RandomState
        random states, other objects generic variables.
    name : str, optional
    strict : bool
        Accept only values of exactly the variable's type later on.
    allow_downcast : bool, optional
        Let later values lose precision; None only lets Python floats become floatX.
    **kwargs
        For tensors: ``borrow=True`` keeps ``value`` itself, not a copy; ``broadcastable`` is the pattern (default: no
        dimension is), ``shape`` the extents that values keep, numbers, names or None.

    Returns
    -------
    SharedVariable
        With ``get_value()`` and ``set_value(value)``.

    Raises
    ------
    TypeError
        For a symbolic variable, or arguments that no type takes.
    """
    if hasattr(value, "owner") and hasattr(value, "type"):
        raise TypeError(f"Shared variable constructor needs numeric values and not symbolic variables, got {value}, a "
                        f"{value.type}: give its value, or write the expression without shared")
    for constructor in reversed(CONSTRUCTORS):
        try:
            variable = constructor(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
        except TypeError:
            continue
        variable.tag.trace = origin.trace()
        return variable
    raise TypeError(f"nothing makes a shared variable of {value!r} with the arguments {kwargs}; a dtype is given by "
                    "the value, not by an argument")


def load_shared_variable(val):
    """A shared variable for ``val``; what old pickles of shared variables call."""
    return tensor_constructor(val)
