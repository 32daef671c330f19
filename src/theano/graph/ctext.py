"""What ops and types say in C: the methods that may be defined, and what they mean where they aren't.

Texts go into one C++ struct per node, see `codegen.cops`. ``name`` is the variable's name in C, ``py_<name>`` the
Python object; ``sub["fail"]`` ends the computation after an exception was set. A method that is not defined raises
`MethodNotDefined`, and then nothing is inserted.
"""

import inspect

from theano.errors import MethodNotDefined


def _undefined(name, doc):
    def method(self, *args, **kwargs):
        raise MethodNotDefined(name, type(self), type(self).__name__)
    method.__name__, method.__doc__, method.undefined = name, doc, True
    return method


class CLinkerObject:
    """What an op and a type can need from the C compiler."""

    c_headers = _undefined("c_headers", "Headers to include, a list.")
    c_header_dirs = _undefined("c_header_dirs", "Folders where headers are looked for, a list.")
    c_libraries = _undefined("c_libraries", "Libraries to link with, a list of names.")
    c_lib_dirs = _undefined("c_lib_dirs", "Folders where libraries are looked for, a list.")
    c_support_code = _undefined("c_support_code", "C code outside of all functions, once per op or type.")
    c_compile_args = _undefined("c_compile_args", "Further arguments of the compiler, a list.")
    c_no_compile_args = _undefined("c_no_compile_args", "Arguments that the compiler must not get, a list.")
    c_init_code = _undefined("c_init_code", "C code that runs once, when the library was loaded; a list.")
    c_compiler = _undefined("c_compiler", "The command of another compiler.")

    def c_code_cache_version(self):
        """Version of the C code; compiled code is kept by its content, of which this is part."""
        return ()


class CLinkerOp(CLinkerObject):
    """What an op says in C."""

    c_code = _undefined("c_code", "C code that computes ``outputs`` from ``inputs``, names of C variables.")
    c_code_cleanup = _undefined("c_code_cleanup", "C code that runs after `c_code`, also where that failed.")
    c_support_code_apply = _undefined("c_support_code_apply", "C code outside of all functions, for one node.")
    c_init_code_apply = _undefined("c_init_code_apply", "C code that runs once, when the library was loaded.")
    c_support_code_struct = _undefined("c_support_code_struct", "Members of the node's struct.")
    c_init_code_struct = _undefined("c_init_code_struct", "C code that runs when a function is made.")
    c_cleanup_code_struct = _undefined("c_cleanup_code_struct", "C code that runs when a function goes away.")

    def c_code_cache_version_apply(self, node):
        """Like `c_code_cache_version`, for one node."""
        return self.c_code_cache_version()


class CLinkerType(CLinkerObject):
    """How values of a type become C variables, and these Python objects."""

    c_declare = _undefined("c_declare", "Declaration of the C variables that hold a value.")
    c_init = _undefined("c_init", "C code that makes them hold nothing.")
    c_extract = _undefined("c_extract", "C code that fills them from the object ``py_<name>``.")
    c_sync = _undefined("c_sync", "C code that lets ``py_<name>`` be an object made of them.")
    c_cleanup = _undefined("c_cleanup", "C code that gives back what they hold.")
    c_element_type = _undefined("c_element_type", "C type of one element.")
    c_is_simple = _undefined("c_is_simple", "Whether values are numbers of C.")

    def c_literal(self, data):
        """``data`` as an expression of C, "" where there is none."""
        return ""

    def c_extract_out(self, name, sub, check_input=True):
        """C code that fills the C variables of an output, which may have no value yet."""
        return (f"if (py_{name} == Py_None) {{\n{self.c_init(name, sub)}\n}} else {{\n"
                f"{self.c_extract(name, sub, check_input)}\n}}\n")


class ObjectText(CLinkerType):
    """Values that C code handles as Python objects."""

    def c_declare(self, name, sub, check_input=True):
        """A pointer."""
        return f"PyObject *{name};\n"

    def c_init(self, name, sub):
        """No object."""
        return f"{name} = NULL;\n"

    def c_extract(self, name, sub, check_input=True):
        """A reference to the object."""
        return f"Py_INCREF(py_{name});\n{name} = py_{name};\n"

    def c_sync(self, name, sub):
        """The object, None where there is none."""
        return (f"Py_XDECREF(py_{name});\npy_{name} = {name} ? {name} : Py_None;\nPy_INCREF(py_{name});\n")

    def c_cleanup(self, name, sub):
        """Give the reference back."""
        return f"Py_XDECREF({name});\n"


def gathered(things, method, compiler=None):
    """What ``method`` of each of ``things`` returns, in one list without repetition.

    A text counts as a list of one. A method that takes an argument gets ``compiler``. Things that don't define the
    method contribute nothing.
    """
    found = []
    for thing in things:
        call = getattr(thing, method, None)
        if call is None:
            continue
        undefined = getattr(call, "undefined", False)
        arguments = (compiler,) if not undefined and inspect.signature(call).parameters else ()
        try:
            given = call(*arguments)
        except (MethodNotDefined, NotImplementedError):
            continue
        found += [given] if isinstance(given, str) else list(given)
    return list(dict.fromkeys(found))
