"""Ops whose C code lies in files of its own, and ops that may use OpenMP."""

import inspect
import os
import re

from theano.config import config
from theano.errors import MethodNotDefined
from theano.graph.op import Op
from theano.graph.params import ParamsType
from theano.late import hashlib

SECTIONS = ("init_code", "init_code_apply", "init_code_struct", "support_code", "support_code_apply",
            "support_code_struct", "cleanup_code_struct", "code", "code_cleanup")
SECTION = re.compile(r"^#section[ \t]+(\S+)[ \t]*$", re.MULTILINE)
CONTINUED = " \\\n"         # at the end of a line of a macro


def sections_of(text, path):
    """``(tag, code)`` of each section of a file; one without sections is ``support_code_apply``.

    Raises ValueError for a tag that is none of `SECTIONS`, and for code before the first one.
    """
    before, *parts = SECTION.split(text)
    if not parts:
        return [("support_code_apply", text)]
    if before.strip() and not before.lstrip().startswith("//") and not before.lstrip().startswith("/*"):
        raise ValueError(f"{path}: there is code before the first #section")
    tags = parts[::2]
    unknown = sorted(set(tags) - set(SECTIONS))
    if unknown:
        raise ValueError(f"{path}: unknown section {', '.join(unknown)}; one of {', '.join(SECTIONS)}")
    return list(zip(tags, parts[1::2], strict=True))


class COp(Op):
    """An op whose C code is in files, in sections that begin with a line ``#section <tag>``.

    Parameters
    ----------
    func_files : str or list of str
        Relative to the file in which the class is defined.
    func_name : str, optional
        A function ``int f(inputs..., outputs..., params)`` that computes the outputs, to which it gets pointers; not
        0 means that it has set an exception. Without it, the files have a section ``code``.

    Macros in sections: ``APPLY_SPECIFIC(name)``, ``DTYPE_INPUT_0``, ``TYPENUM_INPUT_0``, ``ITEMSIZE_INPUT_0``, the
    same for OUTPUT, ``PARAMS_TYPE`` and ``DTYPE_PARAM_<field>``; in code also ``FAIL``, ``PARAMS``, ``INPUT_0`` and
    ``OUTPUT_0``. Raises ValueError for a section of an unknown name, and where both a function and ``code`` are given.
    """

    def __init__(self, func_files, func_name=None):
        self.func_files = [self.get_path(f) for f in ([func_files] if isinstance(func_files, str) else func_files)]
        self.func_name = func_name
        self.load_c_code(self.func_files)
        if func_name is not None and {"code", "code_cleanup"} & set(self.code_sections):
            raise ValueError("give either func_name or the sections code and code_cleanup")

    @classmethod
    def get_path(cls, f):
        """The absolute path of a file given relative to that of the class."""
        return f if os.path.isabs(f) else os.path.realpath(os.path.join(os.path.dirname(inspect.getfile(cls)), f))

    def load_c_code(self, func_files):
        """Read the sections of the files."""
        self.func_codes, self.code_sections = [], {}
        for path in func_files:
            with open(path, encoding="utf-8") as file:
                self.func_codes.append(file.read())
            for tag, code in sections_of(self.func_codes[-1], path):
                self.code_sections[tag] = self.code_sections.get(tag, "") + code

    def c_code_cache_version(self):
        """A digest of the files."""
        digest = hashlib.blake2b("\n".join(self.func_codes).encode(), digest_size=16).hexdigest()
        return (digest, self.func_name)

    # -- macros ----------------------------------------------------------------------------------------------

    def get_c_macros(self, node, name, check_input=None):
        """``(definitions, their removal)``: of the types of inputs, outputs and parameters."""
        macros = [("APPLY_SPECIFIC(str)", f"str##_{name}")]
        if check_input is None:
            check_input = getattr(self, "check_input", True)
        if check_input:
            for word, variables in (("INPUT", node.inputs), ("OUTPUT", node.outputs)):
                for k, variable in enumerate(variables):
                    macros += self._type_macros(f"{word}_{k}", variable.type)
        kind = node.params_type
        if kind is not None:
            macros.append(("PARAMS_TYPE", kind.name if isinstance(kind, ParamsType) else kind.c_element_type()))
        for field, of_field in zip(getattr(kind, "fields", ()), getattr(kind, "types", ()), strict=True):
            try:
                macros.append((f"DTYPE_PARAM_{field}", of_field.c_element_type()))
            except MethodNotDefined:
                continue
        return _define(macros)

    @staticmethod
    def _type_macros(word, kind):
        if getattr(kind, "dtype_specs", None) is None:
            return []
        number = f"NPY_{kind.dtype.upper()}"
        return [(f"DTYPE_{word}", kind.dtype_specs()[1]), (f"TYPENUM_{word}", number),
                (f"ITEMSIZE_{word}", str(kind.numpy_dtype.itemsize))]

    def get_sub_macros(self, sub):
        """``(definitions, their removal)`` of FAIL and PARAMS."""
        macros = [("FAIL", sub["fail"])]
        return _define([*macros, ("PARAMS", sub["params"])] if "params" in sub else macros)

    def get_io_macros(self, inputs, outputs):
        """``(definitions, their removal)`` of the names of inputs and outputs."""
        return _define([*((f"INPUT_{k}", n) for k, n in enumerate(inputs)),
                        *((f"OUTPUT_{k}", n) for k, n in enumerate(outputs))])

    # -- texts -----------------------------------------------------------------------------------------------

    def _section(self, tag, *macros):
        if tag not in self.code_sections:
            raise MethodNotDefined(f"c_{tag}", type(self), type(self).__name__)
        code = self.code_sections[tag]
        return "\n".join([*(define for define, _ in macros), code, *(undefine for _, undefine in macros), ""])

    def c_init_code(self):
        """The section ``init_code``."""
        return [self._section("init_code")]

    def c_support_code(self):
        """The section ``support_code``."""
        return self._section("support_code")

    def c_init_code_apply(self, node, name):
        """The section ``init_code_apply``."""
        return self._section("init_code_apply", self.get_c_macros(node, name))

    def c_support_code_apply(self, node, name):
        """The section ``support_code_apply``."""
        return self._section("support_code_apply", self.get_c_macros(node, name))

    def c_support_code_struct(self, node, name):
        """The section ``support_code_struct``."""
        return self._section("support_code_struct", self.get_c_macros(node, name))

    def c_cleanup_code_struct(self, node, name):
        """The section ``cleanup_code_struct``."""
        return self._section("cleanup_code_struct", self.get_c_macros(node, name))

    def c_init_code_struct(self, node, name, sub):
        """The section ``init_code_struct``."""
        return self._section("init_code_struct", self.get_c_macros(node, name), self.get_sub_macros(sub))

    def c_code(self, node, name, inputs, outputs, sub):
        """A call of the function, or the section ``code``."""
        if self.func_name is None:
            return self._section("code", self.get_c_macros(node, name), self.get_sub_macros(sub),
                                 self.get_io_macros(inputs, outputs))
        define, undefine = self.get_c_macros(node, name)
        more_inputs = getattr(self, "_cop_num_inputs", len(inputs)) - len(inputs)
        more_outputs = getattr(self, "_cop_num_outputs", len(outputs)) - len(outputs)
        arguments = [*inputs, *["NULL"] * more_inputs, *(f"&{v}" for v in outputs), *["NULL"] * more_outputs]
        if "params" in sub:
            arguments.append(sub["params"])
        return (f"{define}\n{{\nif ({self.func_name}({', '.join(arguments)}) != 0) {{\n{sub['fail']}\n}}\n}}\n"
                f"{undefine}\n")

    def c_code_cleanup(self, node, name, inputs, outputs, sub):
        """The section ``code_cleanup``."""
        return self._section("code_cleanup", self.get_c_macros(node, name), self.get_sub_macros(sub),
                             self.get_io_macros(inputs, outputs))


def _define(macros):
    """Texts that define macros and that remove them."""
    defined = [f"#define {name} {CONTINUED.join(text.splitlines())}" for name, text in macros]
    return "\n".join(defined), "\n".join(f"#undef {name.partition('(')[0]}" for name, _ in macros)


class OpenMPOp(Op):
    """An op whose C code may use OpenMP: ``openmp`` says whether, None stands for the flag ``openmp``."""

    def __init__(self, openmp=None):
        self.openmp = config.openmp if openmp is None else openmp

    def update_self_openmp(self):
        """Settle ``openmp`` where it is None, as in ops that were pickled so."""
        if getattr(self, "openmp", None) is None:
            self.openmp = config.openmp

    def c_compile_args(self):
        """What makes the compiler heed OpenMP."""
        self.update_self_openmp()
        return ["-fopenmp"] if self.openmp else []

    def c_headers(self):
        """OpenMP's header."""
        self.update_self_openmp()
        return ["omp.h"] if self.openmp else []
