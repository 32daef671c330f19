"""What values a variable may hold."""

import numpy as np

from theano.errors import MethodNotDefined
from theano.graph import origin
from theano.graph.ctext import CLinkerType, ObjectText
from theano.graph.props import WithProps
from theano.graph.variable import Constant, Variable


class Type(CLinkerType, WithProps):
    """A set of values, and how to make variables and constants of it.

    Subclasses define `filter`; equality says which variables may replace each other.
    """

    Variable = Variable
    Constant = Constant
    dtype = None

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` as a member of this type.

        strict: accept only values that need no conversion. allow_downcast: True lets precision be
        lost, None only for Python floats into floatX. Raises TypeError otherwise.
        """
        raise MethodNotDefined("filter", type(self), type(self).__name__)

    def is_valid_value(self, a):
        """Whether `filter` accepts ``a`` without conversion."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, a):
        """Why ``a`` is or isn't valid."""
        return "none"

    def filter_variable(self, other, allow_convert=True):
        """``other`` as a variable of this type; raises TypeError when that loses information."""
        if not isinstance(other, Variable):
            other = self.Constant(type=self, data=self.filter(other))
        if other.type != self and allow_convert:
            converted = self.convert_variable(other)
            if converted is not None:
                return converted
        if other.type != self:
            raise TypeError(f"{other} is a {other.type} and can't become a {self} by itself: convert it")
        return other

    def convert_variable(self, var):
        """``var`` as this type when every value it can hold is a member, else None."""
        return var if var.type == self else None

    def make_variable(self, name=None):
        """A new variable of this type."""
        return self.Variable(self, name=name)

    def make_constant(self, value, name=None):
        """A constant of this type."""
        return self.Constant(type=self, data=value, name=name)

    def __call__(self, name=None):
        """A new variable of this type that remembers where it was made."""
        variable = self.make_variable(name)
        variable.tag.trace = origin.trace()
        return variable

    @staticmethod
    def values_eq(a, b):
        """Whether two values are equal."""
        return a == b

    def values_eq_approx(self, a, b):
        """Whether two values are equal up to rounding."""
        return self.values_eq(a, b)

    @staticmethod
    def may_share_memory(a, b):
        """Whether two values may overlap in memory."""
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return np.may_share_memory(a, b)
        return a is b

    def lift(self, row, *inputs):
        """The application of scalar row ``row`` to variables of this type."""
        raise TypeError(f"{row} does not apply to variables of type {self}")


class SingletonType(Type):
    """A type that has one instance."""

    __props__ = ()
    _instance = None

    def __new__(cls, *args, **kwargs):
        if "_instance" not in vars(cls) or cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __str__(self):
        return type(self).__name__


class Generic(ObjectText, SingletonType):
    """Any Python object."""

    def filter(self, data, strict=False, allow_downcast=None):
        return data

    def is_valid_value(self, a):
        return True

    def __str__(self):
        return type(self).__name__

    __repr__ = __str__


generic = Generic()
