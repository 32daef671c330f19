"""Old module names that programs import: one row each, and the importer that serves them.

A row names the modules whose public names the old one shows; nothing of ours uses old names.
"""

import collections.abc
import importlib
import io
import operator
import struct
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np

from theano.tensor.elemwise import ELEMWISE

GRAPH = ("graph.variable", "graph.walk", "graph.inline", "graph.fgraph", "graph.op", "graph.type", "graph.enum",
         "graph.shared", "graph.props", "graph.destroy", "graph.features", "graph.testvalue", "errors")
GATHERED = {
    "gof": GRAPH,
    "gof.graph": ("graph.variable", "graph.walk", "graph.inline"),
    "gof.fg": ("graph.fgraph", "errors"),
    "gof.op": ("graph.op", "graph.testvalue", "graph.fgraph", "errors"),
    "gof.type": ("graph.type", "graph.enum", "errors"),
    "gof.opt": ("rewrite.traces", "rewrite.engine", "rewrite.pipeline", "graph.walk", "errors"),
    "gof.toolbox": ("graph.features", "graph.fgraph", "errors"),
    "gof.link": ("graph.shared", "compile.mode"),
    "gof.destroyhandler": ("graph.destroy",),
    "gof.null_type": ("gradient",),
    "gof.utils": ("graph.props", "graph.op", "graph.testvalue", "errors"),
    "compile.pfunc": ("compile.function", "compile.io", "compile.rebuild", "tensor.shared", "graph.shared"),
    "compile.function_module": ("compile.maker", "compile.callable", "compile.io", "compile.function", "errors"),
    "compile.sharedvalue": ("graph.shared", "tensor.shared"),
    "compile.ops": ("graph.copying", "tensor.shape"),
    "tensor.basic": ("tensor", "tensor.type", "tensor.variable", "tensor.elemwise", "tensor.constant", "tensor.create",
                     "tensor.reduce", "tensor.shape", "tensor.join", "tensor.dot", "tensor.advanced", "tensor.compare",
                     "gradient",
                     "graph.variable", "graph.op", "errors"),
    "tensor.subtensor": ("tensor.index", "tensor.advanced"),
    "tensor.sharedvar": ("tensor.shared", "graph.shared"),
    "tensor.var": ("tensor.variable",),
    "tensor.opt": ("tensor.shape", "rewrite.rules.shape"),
    "tensor.extra_ops": ("tensor.advanced", "tensor.shape"),
    "tensor.utils": ("compile.shapes", "tensor.constant"),
    "tensor.nnet.nnet": ("tensor.nnet", "tensor.nnet.softmax", "tensor.nnet.loss", "tensor.nnet.activation"),
    "tensor.nnet.sigm": ("tensor.nnet", "tensor.nnet.activation"),
    "scalar.basic": ("scalar", "scalar.type", "scalar.op", "scalar.table"),
    "scalar.basic_scipy": ("scalar", "scalar.special"),
    "updates": ("compile.updates",),
    "configparser": ("configparam", "config"),
    "configdefaults": ("configparam", "config"),
    "compat": (),
    "misc": (),
    "misc.may_share_memory": ("tensor.overlap",),
    "misc.pkl_utils": ("compile.persistence",),
    "misc.safe_asarray": ("tensor.constant",),
}


def exc_message(error):
    """What an exception says: its argument, or all of them when there are several."""
    return error.args[0] if len(error.args) == 1 else error.args


EXTRA = {                       # further names of an old module: where they are, "module:name", or the value
    "compile.function_module": {"orig_function": "compile.function:function"},
    "configparser": {"change_flags": "config:ChangeFlags", "TheanoConfigParser": "config:Config"},
    "tensor.basic": {"_shared": "tensor.shared:shared",
                     **{f"_convert_to_{row[5:]}": op for row, op in ELEMWISE.items() if row.startswith("cast_")}},
    "configdefaults": {"change_flags": "config:ChangeFlags", "TheanoConfigParser": "config:Config",
                       "python_int_bitwidth": lambda: 8 * struct.calcsize("l"),
                       "local_bitwidth": lambda: 8 * struct.calcsize("P")},
    "gof.utils": {"scratchpad": "graph.props:Scratchpad", "MetaObject": "graph.props:WithProps"},
    "gof": {"PureOp": "graph.op:Op"},
    "gof.graph": {"is_same_graph_with_merge": "graph.walk:is_same_graph", "config": "config:config",
                  "string_types": (str,), "integer_types": (int,)},
    "gof.op": {"PureOp": "graph.op:Op", "utils": "gof.utils:"},
    "gof.type": {"PureType": "graph.type:Type"},
    "compat": {"PY3": True, "exc_message": exc_message, "izip": zip, "imap": map, "ifilter": filter,
               "BytesIO": io.BytesIO, "StringIO": io.StringIO, "OrderedDict": collections.OrderedDict,
               "Callable": collections.abc.Callable, "operator_div": operator.truediv, "decode": bytes.decode},
}
STAR = {                        # what `from theano.tensor import *` brings besides: attributes of the package
    "tensor": {"np": np, "theano": ":", "compile": "compile:", "config": "config:config", "basic": "tensor.basic:"},
}
PREFIX = "theano."


class LegacyFinder:
    """Imports an old module name; nothing else in the package knows that it exists."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """The spec of an old module, None for anything else."""
        if name.startswith(PREFIX) and name[len(PREFIX):] in GATHERED:
            old = name[len(PREFIX):]
            is_package = any(other.startswith(old + ".") for other in GATHERED)
            return ModuleSpec(name, LegacyFinder, is_package=is_package)
        return None

    @staticmethod
    def create_module(spec):
        """The module, with the names it shows."""
        old = spec.name[len(PREFIX):]
        module = ModuleType(spec.name, f"Old name of {', '.join(PREFIX + m for m in GATHERED[old])}.")
        for source in reversed(GATHERED[old]):
            found = importlib.import_module(PREFIX + source)
            module.__dict__.update({k: v for k, v in vars(found).items() if not k.startswith("__")})
        for name, place in EXTRA.get(old, {}).items():
            module.__dict__[name] = _resolve(place)
        module.__getattr__ = _submodules_of(spec.name)
        return module

    @staticmethod
    def exec_module(module):
        """Nothing is left to do."""


def _resolve(place):
    """The thing at "module:name", or the module at "module:"; anything but a text stands for itself."""
    if not isinstance(place, str):
        return place
    where, _, attribute = place.partition(":")
    module = importlib.import_module((PREFIX + where).rstrip("."))
    return getattr(module, attribute) if attribute else module


def _submodules_of(package):
    """A ``__getattr__`` that imports old submodules of ``package``; AttributeError for other names."""
    inside = package[len(PREFIX):] + "." if package.startswith(PREFIX) else ""

    def attribute(name):
        if inside + name in GATHERED:
            return importlib.import_module(PREFIX + inside + name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return attribute


def install():
    """Serve old module names from now on, by import and as attributes of the packages they were in."""
    if LegacyFinder not in sys.meta_path:
        sys.meta_path.append(LegacyFinder)
    parents = {PREFIX + old.rpartition(".")[0] for old in GATHERED if "." in old} | {"theano"}
    for parent in parents:
        if parent in sys.modules:
            sys.modules[parent].__dict__.setdefault("__getattr__", _submodules_of(parent))
    for package, names in STAR.items():
        for name, place in names.items():
            sys.modules[PREFIX + package].__dict__.setdefault(name, _resolve(place))
