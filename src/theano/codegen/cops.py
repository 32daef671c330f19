"""Ops with C code of their own: one C++ library per node, called like a Python function.

The text of an op and those of its types become a struct with the functions ``init``, ``run`` and ``cleanup``. The
library has one symbol, which makes such a struct and returns a builtin function (node, inputs, cells) that runs it.
Libraries are kept by their content, as whole functions are, so versions of ops need no care.
"""

import ctypes
import functools
import inspect
import os
import re

import numpy as np

from theano.codegen import build, cache, mathlib
from theano.codegen.dialects.c import LIBM
from theano.config import config
from theano.errors import CompileError, MethodNotDefined
from theano.graph.ctext import gathered
from theano.graph.op import Op
from theano.late import hashlib, sysconfig
from theano.scalar.op import ScalarOp

OVERLOAD = """\
template <class... numbers> static inline double {name}(numbers... x) {{ return {function}(x...); }}
"""
NAME = "node_0"             # of the node in its library: there is no other
PARAMS = "P0"
FAIL = """{{
    failure = {label};
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "the C code of an op failed and set no exception");
    goto label_{label};
}}"""

LIBRARY = """\
#define PY_SSIZE_T_CLEAN
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#include <Python.h>
#include <math.h>
#include <numpy/arrayobject.h>
{headers}

{support}

namespace {{
struct theano_node {{
    int failure;
    PyObject *py_{params};
{declared}
{members}

int init(PyObject *given)
{{
    failure = 0;
    py_{params} = given;
    Py_INCREF(given);
{init}
    return failure;
}}

void cleanup()
{{
{cleanup}
    Py_DECREF(py_{params});
}}

int run(PyObject *inputs, PyObject *cells)
{{
    failure = 0;
{run}
    return failure;
}}
}};

PyObject *theano_call(PyObject *self, PyObject *const *args, Py_ssize_t n)
{{
    theano_node *node = (theano_node *)PyCapsule_GetPointer(self, NULL);
    if (!node || n != 3 || !PyList_Check(args[1]) || !PyList_Check(args[2])
        || PyList_GET_SIZE(args[1]) != {n_inputs} || PyList_GET_SIZE(args[2]) != {n_outputs}) {{
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "expected a node, a list of values and a list of cells");
        return NULL;
    }}
    if (node->run(args[1], args[2]))
        return NULL;
    Py_RETURN_NONE;
}}

void theano_free(PyObject *capsule)
{{
    theano_node *node = (theano_node *)PyCapsule_GetPointer(capsule, NULL);
    node->cleanup();
    delete node;
}}

PyMethodDef theano_method = {{"c_code", (PyCFunction)(void (*)(void))theano_call, METH_FASTCALL, NULL}};
}}

extern "C" __attribute__((visibility("default"))) PyObject *theano_make(PyObject *params)
{{
    static int ready = 0;
    if (!ready) {{
        if (_import_array() < 0)
            return NULL;
{setup}
        ready = 1;
    }}
    theano_node *node = new theano_node();
    if (node->init(params)) {{
        node->cleanup();
        delete node;
        return NULL;
    }}
    PyObject *capsule = PyCapsule_New(node, NULL, theano_free);
    if (!capsule)
        return NULL;
    PyObject *call = PyCFunction_New(&theano_method, capsule);
    Py_DECREF(capsule);
    return call;
}}
"""

INPUT = """\
{{
PyObject *py_{name} = PyList_GET_ITEM(inputs, {k});
Py_INCREF(py_{name});
{declare}
{{
{extract}
{inside}
}}
label_{label}: ;
{cleanup}
Py_XDECREF(py_{name});
}}
"""

OUTPUT = """\
{{
PyObject *cell_{name} = PyList_GET_ITEM(cells, {k}), *py_{name} = PySequence_GetItem(cell_{name}, 0);
if (!py_{name})
    return failure = -1;
{declare}
{{
{extract}
{inside}
if (!failure) {{
{sync}
if (PySequence_SetItem(cell_{name}, 0, py_{name}) < 0)
    failure = {label};
}}
}}
label_{label}: ;
{cleanup}
Py_XDECREF(py_{name});
}}
"""


def defines_c(op):
    """Whether an op has C code of its own."""
    return hasattr(op, "c_code") and not getattr(op.c_code, "undefined", False)


def available():
    """Whether C code of ops can be compiled: there are a C++ compiler and Python's headers."""
    return build.cpp_compiler() is not None and _has_headers()


@functools.cache
def _has_headers():
    python, numpy = folders_of_headers()
    return os.path.exists(os.path.join(python, "Python.h")) and os.path.exists(
        os.path.join(numpy, "numpy", "arrayobject.h"))


def folders_of_headers():
    """Where the headers of Python and NumPy lie."""
    return [sysconfig.get_paths()["include"], np.get_include()]


def _optional(method, *args):
    """The text that ``method`` gives, "" where it isn't defined."""
    try:
        return method(*args)
    except (MethodNotDefined, NotImplementedError):
        return ""


_CALLED = re.compile(r"\b([a-z_]\w*)\(")


def functions_of_ours(text):
    """What C code of scalar ops needs of the mathematical functions that libm lacks: ``mod(x, y)``, ``psi(x)`` ..."""
    found = {name: mathlib.resolve(name, "float64") for name in sorted(set(_CALLED.findall(text)) - LIBM)}
    ours = {name: function for name, function in found.items() if function is not None}
    if not ours:
        return ""
    return mathlib.snippets(ours.values()) + "".join(OVERLOAD.format(name=name, function=function)
                                                     for name, function in ours.items())


class Text:
    """The source of a node's library, and what the compiler must be told besides.

    Raises MethodNotDefined or NotImplementedError where the op has no C code for this node, or one of its types none.
    """

    def __init__(self, node, compiler=None):
        self.node, self.op = node, node.op
        kinds = [v.type for v in (*node.inputs, *node.outputs)]
        self.params_type = node.params_type
        self.has_params = self.params_type is not None and node.run_params() is not None
        self.things = [*kinds, *([self.params_type] if self.has_params else []), self.op]
        self.compiler = compiler
        self.check_input = getattr(self.op, "check_input", True)
        names = {}
        for variable in (*node.inputs, *node.outputs):
            names.setdefault(variable, f"V{len(names) + 1}")
        self.inputs, self.outputs = [names[v] for v in node.inputs], [names[v] for v in node.outputs]
        self.source = self._library()

    def gather(self, method):
        """What the op and its types say, in one list."""
        return gathered(self.things, method, self.compiler)

    def options(self):
        """Arguments of the compiler before the file, and those behind it."""
        banned = set(self.gather("c_no_compile_args"))
        level = "-O0" if config.cmodule.remove_gxx_opt else "-O3"
        folders = [*self.gather("c_header_dirs"), *folders_of_headers()]
        given = [level, "-march=native", "-w", "-fPIC", "-shared", "-fvisibility=hidden", *config.gcc.cxxflags.split(),
                 *self.gather("c_compile_args"), *(f"-I{folder}" for folder in folders)]
        places = [option for folder in self.gather("c_lib_dirs") for option in (f"-L{folder}", f"-Wl,-rpath,{folder}")]
        link = [*places, *(f"-l{name}" for name in self.gather("c_libraries")), "-lm"]
        return tuple(o for o in given if o not in banned), tuple(o for o in link if o not in banned)

    def local_headers(self):
        """Contents of the headers that lie in folders of the op and its types: they decide what is compiled too."""
        texts = []
        for folder in self.gather("c_header_dirs"):
            for name in self.gather("c_headers"):
                path = os.path.join(folder, name.strip('"<>'))
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        texts.append(file.read())
        return b"\0".join(texts)

    def _library(self):
        node, op = self.node, self.op
        headers = self.gather("c_headers")
        support = [*self.gather("c_support_code"), _optional(op.c_support_code_apply, node, NAME)]
        setup = [*self.gather("c_init_code"), _optional(op.c_init_code_apply, node, NAME)]
        run = self._run()
        if isinstance(op, ScalarOp):
            support.append(functions_of_ours(run))
        parts = {"members": _optional(op.c_support_code_struct, node, NAME), "support": "\n".join(support),
                 "setup": "\n".join(setup), "run": run, **self._life()}
        if any("cout" in part or "std::" in part for part in parts.values()):
            headers = ["<iostream>", *headers]
        lines = [f"#include {h}" if h[:1] in '"<' else f'#include "{h}"' for h in headers]
        return LIBRARY.format(headers="\n".join(lines), params=PARAMS, n_inputs=len(self.inputs),
                              n_outputs=len(self.outputs), **parts)

    def _sub(self, label):
        sub = {"fail": FAIL.format(label=label), "id": label}
        return {**sub, "params": PARAMS} if self.has_params else sub

    def _life(self):
        """What happens when the struct is made and when it goes away."""
        node, op, kind = self.node, self.op, self.params_type
        init = f"{{\n{_optional(op.c_init_code_struct, node, NAME, self._sub(2))}\n}}\nlabel_2: ;\n"
        cleanup = _optional(op.c_cleanup_code_struct, node, NAME)
        if not self.has_params:
            return {"declared": "", "init": init, "cleanup": cleanup}
        extract = f"{kind.c_init(PARAMS, self._sub(1))}\n{kind.c_extract(PARAMS, self._sub(1))}"
        return {"declared": kind.c_declare(PARAMS, self._sub(1)),
                "init": f"{{\n{extract}\n{init}\n}}\nlabel_1: ;\n",
                "cleanup": f"{cleanup}\n{kind.c_cleanup(PARAMS, self._sub(1))}"}

    def _run(self):
        """The op's code inside the blocks of its variables: the last output's is the innermost."""
        label = len(self.inputs) + len(self.outputs) + 3
        arguments = (self.node, NAME, self.inputs, self.outputs, self._sub(label))
        code = self.op.c_code(*arguments)
        cleanup = _optional(self.op.c_code_cleanup, *arguments)
        text = f"{{\n{code}\nlabel_{label}: ;\n{cleanup}\n}}\n" if cleanup else \
            f"{{\n{code}\n}}\nlabel_{label}: ;\n"
        for k, (variable, name) in reversed(list(enumerate(zip(self.node.outputs, self.outputs, strict=True)))):
            text = self._block(OUTPUT, variable.type, name, k, label := label - 1, text, "c_extract_out",
                               sync=variable.type.c_sync(name, self._sub(label)))
        for k, (variable, name) in reversed(list(enumerate(zip(self.node.inputs, self.inputs, strict=True)))):
            label -= 1
            if name not in self.inputs[:k]:
                text = self._block(INPUT, variable.type, name, k, label, text, "c_extract")
        return text

    def _block(self, template, kind, name, k, label, inside, extract, **more):
        sub = self._sub(label)
        return template.format(name=name, k=k, label=label, inside=inside, cleanup=kind.c_cleanup(name, sub),
                               declare=self._checked(kind.c_declare, name, sub),
                               extract=self._checked(getattr(kind, extract), name, sub), **more)

    def _checked(self, method, name, sub):
        """A type's text, without checks where the op wants none."""
        if not self.check_input and "check_input" in inspect.signature(method).parameters:
            return method(name, sub, check_input=False)
        return method(name, sub)


_made = {}                  # key of a library -> its function, which is never closed


def compile_op(node):
    """A function (node, inputs, cells) that runs the C code of ``node``'s op, or None.

    None: the op has no C code for this node, or there is no C++ compiler, or no headers of Python, or the node has
    bfloat16, for which NumPy's headers have no type. Raises CompileError
    where the compiler refuses the code.
    """
    if not defines_c(node.op) or not available():
        return None
    dtypes = {getattr(v.type, "dtype", None) for v in (*node.inputs, *node.outputs)}
    if "float16" in dtypes and not getattr(node.op, "_f16_ok", False) or "bfloat16" in dtypes:
        return None
    try:
        text = Text(node, build.cpp_compiler()[0])
        command = _command(node.op)
    except (MethodNotDefined, NotImplementedError):
        return None
    make = _make(node.op, text, command)
    return make(node.run_params() if text.has_params else None)


def _command(op):
    """The compiler: the op's own, where it names one."""
    given = _optional(op.c_compiler)
    return build.cpp_compiler() if not given else (given,) if isinstance(given, str) else tuple(given)


def _compiled(op, text, command):
    try:
        return build.compile_cpp(command, text.source, *text.options())
    except CompileError as error:
        raise CompileError(f"the C code of {op} could not be compiled: {error}") from None


def _make(op, text, command):
    """The function of the library of this text, which is compiled where it isn't there yet."""
    options, link = text.options()
    mark = hashlib.blake2b(digest_size=20)
    for part in (build.fingerprint(command, (*options, *link)), text.source, np.__version__):
        mark.update(part.encode() + b"\0")
    mark.update(text.local_headers())
    key = "p" + mark.hexdigest()
    if key not in _made:
        store = cache.current()
        found = store.read(key)
        if found is None:
            with store.claim(key) as found:
                if found is None:
                    found = _compiled(op, text, command), b""
                    store.write(key, *found)
        _made[key] = _load(found[0], store.path(key))
    return _made[key]


def _load(content, path):
    address = build.symbol_for_ever(content, path, "theano_make")
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(address)


Op.compile_c = staticmethod(compile_op)
