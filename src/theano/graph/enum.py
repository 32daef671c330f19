"""Types for the parameters of ops with C code: named constants and C pointers."""

import ctypes
import re

from theano.graph.type import Type

NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")


class EnumType(Type):
    """Named numbers: ``EnumType(A=0, B=("beta", 1), ctype="int")``; ``e.A`` and ``e.fromalias("beta")`` give them.

    Parameters
    ----------
    ctype : str
        C type that holds a value.
    cname : str, optional
        Name of the enumeration; default: made of ``ctype``.
    constants : numbers, or pairs (alias, number)

    Raises AttributeError for a name that is not in capitals, TypeError for a value that is no number and for an
    alias that is used twice or is the name of a constant.
    """

    default_ctype = "double"

    def __init__(self, ctype=None, cname=None, **constants):
        self.ctype = self.default_ctype if ctype is None else ctype
        self.aliases, self.constants = {}, {}
        for name, value in constants.items():
            if isinstance(value, (tuple, list)):
                alias, value = value
                self._add_alias(alias, name, constants)
            if not NAME.match(name):
                raise AttributeError(f"invalid constant name {name!r}: use capitals, digits and underscores, "
                                     "beginning with a letter")
            if not isinstance(value, (bool, int, float)):
                raise TypeError(f"constant {name} must be a number, got {value!r}")
            self.constants[name] = int(value) if isinstance(value, bool) else value
        self.cname = cname or self.ctype.replace(" ", "_").replace("*", "_ptr")

    def _add_alias(self, alias, name, constants):
        if not isinstance(alias, str):
            raise TypeError(f"the alias of {name} must be a string, got {alias!r}")
        if alias in constants or alias in self.aliases:
            raise TypeError(f"the alias {alias!r} of {name} is taken")
        self.aliases[alias] = name

    def __getattr__(self, name):
        try:
            return self.__dict__["constants"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no constant {name!r}") from None

    def __eq__(self, other):
        return type(self) is type(other) and (self.ctype, self.cname, self.constants, self.aliases) == (
            other.ctype, other.cname, other.constants, other.aliases)

    def __hash__(self):
        return hash((type(self), self.ctype, frozenset(self.constants.items()), frozenset(self.aliases.items())))

    def __repr__(self):
        names = {name: alias for alias, name in self.aliases.items()}
        parts = (f"{k}({names[k]}):{v}" if k in names else f"{k}:{v}" for k, v in self.constants.items())
        return f"{type(self).__name__}<{self.ctype}>({', '.join(parts)})"

    def has_alias(self, alias):
        """Whether ``alias`` names a constant."""
        return alias in self.aliases

    def get_aliases(self):
        """All aliases."""
        return tuple(self.aliases)

    def fromalias(self, alias):
        """The constant of an alias or a name; KeyError for others."""
        return self.constants[self.aliases.get(alias, alias)]

    def filter(self, value, strict=False, allow_downcast=None):
        """``value`` if it is one of the constants, or the constant that it names."""
        if isinstance(value, str) and not strict:
            if value not in self.aliases and value not in self.constants:
                raise ValueError(f"unknown constant {value!r}; one of {sorted([*self.constants, *self.aliases])}")
            value = self.fromalias(value)
        if value not in self.constants.values():
            raise ValueError(f"{value!r} is none of the constants {self!r}")
        return value

    @staticmethod
    def values_eq_approx(a, b):
        """Constants are equal or not."""
        return a == b


class EnumList(EnumType):
    """Constants numbered from 0: ``EnumList("A", ("B", "beta"), ctype="int")``."""

    default_ctype = "int"

    def __init__(self, *names, ctype=None, cname=None):
        constants = {}
        for number, entry in enumerate(names):
            name, alias = (entry, None) if isinstance(entry, str) else entry
            if name in constants:
                raise AttributeError(f"constant {name} is there twice")
            constants[name] = number if alias is None else (alias, number)
        super().__init__(ctype, cname, **constants)


class CEnumType(EnumList):
    """Constants that a C header defines: the numbers in Python only tell them apart."""


class CDataType(Type):
    """A C pointer, held in a capsule.

    Parameters
    ----------
    ctype : str
        The C type, a pointer.
    freefunc : str, optional
        C function that frees what the pointer points at.
    headers, header_dirs, libraries, lib_dirs, compile_args : sequences of str
        What code that uses the type needs.
    extra_support_code : str
    version : object, optional
    """

    __props__ = ("ctype", "freefunc", "headers", "header_dirs", "libraries", "lib_dirs", "compile_args",
                 "extra_support_code", "version")

    def __init__(self, ctype, freefunc=None, headers=(), header_dirs=(), libraries=(), lib_dirs=(), compile_args=(),
                 extra_support_code="", version=None):
        if not isinstance(ctype, str):
            raise TypeError(f"ctype must be a string, got {ctype!r}")
        self.ctype, self.freefunc = ctype, freefunc
        self.headers, self.header_dirs = tuple(headers), tuple(header_dirs)
        self.libraries, self.lib_dirs = tuple(libraries), tuple(lib_dirs)
        self.compile_args = tuple(compile_args)
        self.extra_support_code, self.version = extra_support_code, version

    def filter(self, value, strict=False, allow_downcast=None):
        """``value`` if it is a capsule."""
        if value is not None and type(value).__name__ != "PyCapsule":
            raise TypeError(f"expected a capsule, got {value!r}")
        return value

    @staticmethod
    def make_value(pointer):
        """A capsule around an address."""
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(pointer, None, None)

    def __str__(self):
        return f"CDataType{{{self.ctype}}}"
