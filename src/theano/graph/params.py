"""Parameters of ops: one object with named fields in Python, one struct in C."""

import re

from theano.errors import MethodNotDefined
from theano.graph.ctext import gathered
from theano.graph.enum import EnumType
from theano.graph.type import Type
from theano.late import hashlib

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
RESERVED = frozenset("""
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class compl const
    const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern false
    float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
    private protected public register reinterpret_cast return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void
    volatile wchar_t while xor xor_eq""".split())


class Params(dict):
    """Values of the fields of a `ParamsType`: ``Params(kind, a=1)``, read as ``p.a``; they can't be changed.

    Raises TypeError where fields are missing or unknown.
    """

    def __init__(self, params_type, **kwargs):
        if not isinstance(params_type, ParamsType):
            raise TypeError(f"Params needs a ParamsType, got {params_type!r}")
        if set(kwargs) != set(params_type.fields):
            raise TypeError(f"Params needs exactly the fields {params_type.fields}, got {tuple(sorted(kwargs))}")
        super().__init__(kwargs)
        self.__dict__["__params_type__"] = params_type

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no parameter {name!r}") from None

    def __setattr__(self, name, value):
        raise NotImplementedError("parameters can't be changed")

    __setitem__ = __setattr__
    __delattr__ = __delitem__ = lambda self, name: self.__setattr__(name, None)

    def _signature(self):
        kind = self.__dict__["__params_type__"]
        constants = (t.make_constant(self[name]) for name, t in zip(kind.fields, kind.types, strict=True))
        return (kind, *(c.signature() for c in constants))

    def __hash__(self):
        return hash(self._signature())

    def __eq__(self, other):
        return type(self) is type(other) and self._signature() == other._signature()

    def __ne__(self, other):
        return not self == other

    def __reduce__(self):
        return _params, (self.__dict__["__params_type__"], dict(self))

    def __repr__(self):
        return f"Params({', '.join(f'{name}:{type(value).__name__}:{value}' for name, value in sorted(self.items()))})"


def _params(kind, values):
    return Params(kind, **values)


class ParamsType(Type):
    """A group of named types: ``ParamsType(a=scalar.float64, mode=EnumList("SUM", "MEAN"))``.

    An op with such a ``params_type`` needs no ``get_params`` when its attributes have the names of the fields.
    ``perform`` gets a `Params` as its last argument, C code a pointer to a struct: ``params->a``.

    Attributes
    ----------
    fields, types : tuples
        Names, sorted, and the type of each.
    length : int
    name : str
        Of the struct in C.

    Raises AttributeError for a field that is no name in C and for constants of enumerations that clash, TypeError for
    something that is no type.
    """

    def __init__(self, **kwargs):
        if not kwargs:
            raise ValueError("a ParamsType needs at least one field")
        for name, kind in kwargs.items():
            if not IDENTIFIER.match(name) or name in RESERVED:
                raise AttributeError(f"ParamsType: {name!r} can't be the name of a field in C")
            if not isinstance(kind, Type):
                raise TypeError(f"ParamsType: field {name} needs a type, got {kind!r}")
        self.fields = tuple(sorted(kwargs))
        self.types = tuple(kwargs[name] for name in self.fields)
        self.length = len(self.fields)
        self._collect_enums()
        self.name = self.generate_struct_name()

    def _collect_enums(self):
        self._constants, self._aliases = {}, {}
        for kind in self.types:
            if not isinstance(kind, EnumType):
                continue
            for known, new in ((self._constants, kind.constants), (self._aliases, kind.aliases)):
                clash = sorted(set(known) & set(new))
                if clash:
                    raise AttributeError(f"ParamsType: several enumerations have {', '.join(clash)}")
                known.update(dict.fromkeys(new, kind))
        clash = sorted(set(self._constants) & set(self._aliases))
        if clash:
            raise AttributeError(f"ParamsType: {', '.join(clash)} is a constant and an alias")

    def generate_struct_name(self):
        """A name made of fields and types: equal types have equal names."""
        text = ",".join(f"{name}:{kind!r}" for name, kind in zip(self.fields, self.types, strict=True))
        return f"_Params_{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"

    def __getattr__(self, name):
        constants = self.__dict__.get("_constants", {})
        if name in constants:
            return constants[name].constants[name]
        raise AttributeError(f"ParamsType has no constant {name!r}")

    def __eq__(self, other):
        return type(self) is type(other) and (self.fields, self.types) == (other.fields, other.types)

    def __hash__(self):
        return hash((type(self), self.fields, self.types))

    def __repr__(self):
        return f"ParamsType<{', '.join(f'{n}:{t}' for n, t in zip(self.fields, self.types, strict=True))}>"

    def key_props(self):
        """What tells this type from others, for the cache."""
        return tuple(zip(self.fields, self.types, strict=True))

    # -- fields --------------------------------------------------------------------------------------------

    def has_type(self, theano_type):
        """Whether a field has this type."""
        return theano_type in self.types

    def get_type(self, field_name):
        """Type of a field."""
        return self.types[self.fields.index(field_name)]

    def get_field(self, theano_type):
        """The first field of a type."""
        return self.fields[self.types.index(theano_type)]

    def get_enum(self, key):
        """Value of a constant of one of the enumerations."""
        return getattr(self, key)

    def enum_from_alias(self, alias):
        """Value of a constant of one of the enumerations, by its alias or its name."""
        kind = self._aliases.get(alias) or self._constants.get(alias)
        if kind is None:
            raise KeyError(f"no enumeration has {alias!r}")
        return kind.fromalias(alias)

    def get_params(self, *objects, **kwargs):
        """A `Params`: each field from ``kwargs``, else the attribute of its name of the first object that has one.

        Raises AttributeError where nobody has one.
        """
        values = {}
        for name, kind in zip(self.fields, self.types, strict=True):
            if name in kwargs:
                value = kwargs[name]
            else:
                owners = [o for o in objects if hasattr(o, name)]
                if not owners:
                    raise AttributeError(f"no value was given for the parameter {name!r}")
                value = getattr(owners[0], name)
            values[name] = kind.filter(value, strict=False, allow_downcast=True)
        return self.filter(Params(self, **values), strict=False, allow_downcast=True)

    def extended(self, **kwargs):
        """A ParamsType with further fields."""
        return type(self)(**{**dict(zip(self.fields, self.types, strict=True)), **kwargs})

    # -- values --------------------------------------------------------------------------------------------

    def filter(self, data, strict=False, allow_downcast=None):
        """A `Params` whose fields are values of their types; TypeError for anything else."""
        if not isinstance(data, Params):
            raise TypeError(f"{self} needs a Params, got {data!r}")
        values = {name: kind.filter(data[name], strict=strict, allow_downcast=allow_downcast)
                  for name, kind in zip(self.fields, self.types, strict=True)}
        return data if strict else Params(self, **values)

    def values_eq(self, a, b):
        """Whether all fields are equal."""
        return all(kind.values_eq(a[name], b[name]) for name, kind in zip(self.fields, self.types, strict=True))

    def values_eq_approx(self, a, b):
        """Whether all fields are equal up to rounding."""
        return all(kind.values_eq_approx(a[name], b[name])
                   for name, kind in zip(self.fields, self.types, strict=True))

    # -- C ---------------------------------------------------------------------------------------------------

    def c_support_code(self):
        """The struct: its members are what the fields' types declare."""
        fail = {"fail": "return -1;"}
        declared, extracted, cleaned = [], [], []
        for name, kind in zip(self.fields, self.types, strict=True):
            declared.append(kind.c_declare(name, fail))
            extracted.append(f'{{\nPyObject *py_{name} = PyDict_GetItemString(params, "{name}");\n'
                             f'if (!py_{name}) {{ PyErr_SetString(PyExc_KeyError, "{name}"); return -1; }}\n'
                             f"{kind.c_extract(name, fail)}}}\n")
            cleaned.append(kind.c_cleanup(name, fail))
        empty = "".join(kind.c_init(name, fail) for name, kind in zip(self.fields, self.types, strict=True))
        struct = (f"#ifndef STRUCT_{self.name}\n#define STRUCT_{self.name}\nstruct {self.name} {{\n"
                  f"{''.join(declared)}{self.name}() {{\n{empty}}}\n~{self.name}() {{\n{''.join(cleaned)}}}\n"
                  f"int extract(PyObject *params) {{\n{''.join(extracted)}return 0;\n}}\n}};\n#endif\n")
        return [*gathered(self.types, "c_support_code"), struct]

    def c_declare(self, name, sub, check_input=True):
        """A pointer to the struct."""
        return f"{self.name} *{name};\n"

    def c_init(self, name, sub):
        """No struct."""
        return f"{name} = NULL;\n"

    def c_extract(self, name, sub, check_input=True):
        """A struct with the fields of the object."""
        return f"{name} = new {self.name};\nif ({name}->extract(py_{name}) < 0) {sub['fail']}\n"

    def c_sync(self, name, sub):
        """Parameters are never results."""
        raise MethodNotDefined("c_sync", type(self), type(self).__name__)

    def c_cleanup(self, name, sub):
        """Give the struct back."""
        return f"delete {name};\n{name} = NULL;\n"


def _of_fields(method):
    def gather(self, c_compiler=None):
        return gathered(self.types, method, c_compiler)
    gather.__name__, gather.__doc__ = method, f"``{method}`` of all fields."
    return gather


for _method in ("c_headers", "c_header_dirs", "c_libraries", "c_lib_dirs", "c_compile_args", "c_no_compile_args",
                "c_init_code"):
    setattr(ParamsType, _method, _of_fields(_method))
