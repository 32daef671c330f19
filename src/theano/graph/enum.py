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

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` if it is one of the constants, or the constant that it names."""
        if isinstance(data, str) and not strict:
            if data not in self.aliases and data not in self.constants:
                raise ValueError(f"unknown constant {data!r}; one of {sorted([*self.constants, *self.aliases])}")
            data = self.fromalias(data)
        if data not in self.constants.values():
            raise ValueError(f"{data!r} is none of the constants {self!r}")
        return data

    @staticmethod
    def values_eq_approx(a, b):
        """Constants are equal or not."""
        return a == b

    def c_support_code(self):
        """A macro for each constant."""
        return "".join(f"#define {name} ({value!r})\n" for name, value in self.constants.items())

    def c_to_string(self):
        """A C function ``theano_enum_to_string_<cname>(value, text)`` that writes the name of a constant."""
        lines = "".join(f'if (value == {name}) {{ sprintf(text, "{name}"); return 0; }}\n' for name in self.constants)
        return f"int theano_enum_to_string_{self.cname}({self.ctype} value, char *text)\n{{\n{lines}return -1;\n}}\n"

    def c_declare(self, name, sub, check_input=True):
        """A number."""
        return f"{self.ctype} {name};\n"

    def c_init(self, name, sub):
        """Zero."""
        return f"{name} = 0;\n"

    def c_extract(self, name, sub, check_input=True):
        """The number."""
        return (f"{name} = PyLong_Check(py_{name}) ? ({self.ctype})PyLong_AsLongLong(py_{name})\n"
                f"    : ({self.ctype})PyFloat_AsDouble(py_{name});\nif (PyErr_Occurred()) {sub['fail']}\n")

    def c_cleanup(self, name, sub):
        """Nothing."""
        return ""


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

    def c_support_code(self):
        """Nothing: a header has the constants."""
        return ""

    def c_extract(self, name, sub, check_input=True):
        """The constant of the header that the number stands for."""
        cases = "".join(f"case {number}: {name} = {constant}; break;\n" for constant, number in self.constants.items())
        return (f"switch (PyLong_AsLong(py_{name})) {{\n{cases}default:\n"
                f'PyErr_SetString(PyExc_ValueError, "no constant of the enumeration {self.cname}");\n'
                f'{{{sub["fail"]}}}\n}}\n')


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

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` if it is a capsule."""
        if data is not None and type(data).__name__ != "PyCapsule":
            raise TypeError(f"expected a capsule, got {data!r}")
        return data

    @staticmethod
    def make_value(ptr):
        """A capsule around an address."""
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ptr, None, None)

    def c_declare(self, name, sub, check_input=True):
        """The pointer."""
        return f"{self.ctype} {name};\n"

    def c_init(self, name, sub):
        """No pointer."""
        return f"{name} = NULL;\n"

    def c_extract(self, name, sub, check_input=True):
        """The pointer in the capsule."""
        return (f"{name} = ({self.ctype})PyCapsule_GetPointer(py_{name}, NULL);\n"
                f"if ({name} == NULL) {sub['fail']}\n")

    def c_extract_out(self, name, sub, check_input=True):
        """No pointer: what the last call made belongs to its capsule."""
        return self.c_init(name, sub)

    def c_sync(self, name, sub):
        """A capsule that frees what the pointer points at; None for no pointer."""
        free = "NULL" if self.freefunc is None else (
            f"[](PyObject *o) {{ {self.freefunc}(({self.ctype})PyCapsule_GetPointer(o, NULL)); }}")
        return (f"Py_XDECREF(py_{name});\n"
                f"py_{name} = {name} ? PyCapsule_New((void *){name}, NULL, {free}) : NULL;\n"
                f"if (!py_{name}) {{ py_{name} = Py_None; Py_INCREF(Py_None); }}\n")

    def c_cleanup(self, name, sub):
        """Nothing: the capsule does it."""
        return ""

    def c_support_code(self):
        """What was given as ``extra_support_code``."""
        return self.extra_support_code

    def c_headers(self):
        """Headers given."""
        return list(self.headers)

    def c_header_dirs(self):
        """Folders of headers given."""
        return list(self.header_dirs)

    def c_libraries(self):
        """Libraries given."""
        return list(self.libraries)

    def c_lib_dirs(self):
        """Folders of libraries given."""
        return list(self.lib_dirs)

    def c_compile_args(self):
        """Arguments given."""
        return list(self.compile_args)

    def c_code_cache_version(self):
        """The version given."""
        return (self.version,)

    def __str__(self):
        return f"CDataType{{{self.ctype}}}"
