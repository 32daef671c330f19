"""Ops, types and nodes of this package as plain data, and made again from it.

A program in the cache may run the ``perform`` of an op. What such an op is, is written as JSON: its class, by name,
and its attributes, as plain values. Only classes of this package are taken, none of them is called to load an
entry, and what can't be written so raises `NoRecipe`; then the program is not kept.
"""

import importlib

import numpy as np

from theano.graph.props import WithProps
from theano.graph.variable import Apply, Constant
from theano.late import base64
from theano.scalar.dtype import numpy_dtype, text_of
from theano.scalar.op import ScalarOp

PACKAGE = __name__.partition(".")[0]
PLAIN = (type(None), bool, int, float, str)
FORGOTTEN = ("_hash", "_token", "_instance")        # kept with an object, and worked out again


class NoRecipe(Exception):
    """A value can't be written as plain data."""


def describe(value):
    """``value`` as plain data; raises `NoRecipe`."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return [type(value).__name__, *map(describe, value)]
    if type(value) is dict:
        return ["dict", *([describe(k), describe(v)] for k, v in value.items())]
    if isinstance(value, slice):
        return ["slice", *map(describe, (value.start, value.stop, value.step))]
    if isinstance(value, np.dtype) and value.names is None and not value.hasobject:
        return ["dtype", text_of(value)]
    if isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject and value.dtype.names is None:
        array = np.asarray(value)
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return [kind, text_of(array.dtype), list(array.shape),
                base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()]
    if isinstance(value, type) and _importable(value):
        return ["class", value.__module__, value.__qualname__]
    if isinstance(value, ScalarOp) and ScalarOp.table.get(value.name) is value:
        return ["row", value.name]
    if isinstance(value, WithProps) and _importable(type(value)):
        return _describe_object(value)
    raise NoRecipe(f"{value!r} can't be written as plain data")


def _describe_object(value):
    cls = type(value)
    if cls.__reduce__ is not object.__reduce__:
        maker, arguments = value.__reduce__()[:2]
        if maker is not cls:
            raise NoRecipe(f"{cls.__qualname__} is made in a way of its own")
        return ["call", cls.__module__, cls.__qualname__, describe(arguments)]
    state = value.__getstate__() or {}
    if not isinstance(state, dict):
        raise NoRecipe(f"{cls.__qualname__} keeps its state in a way of its own")
    return ["object", cls.__module__, cls.__qualname__,
            [[name, describe(v)] for name, v in state.items() if name not in FORGOTTEN]]


def _importable(cls):
    return cls.__module__.partition(".")[0] == PACKAGE and "<locals>" not in cls.__qualname__ \
        and _lookup(cls.__module__, cls.__qualname__) is cls


def _lookup(module, name):
    """A class of this package; ValueError for anything else."""
    if module.partition(".")[0] != PACKAGE:
        raise ValueError(f"{module} is not part of {PACKAGE}")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        raise ValueError(f"{module}.{name} is not a class")
    return found


def build(data):
    """The value that `describe` wrote; ValueError, TypeError or KeyError for anything else."""
    if not isinstance(data, list):
        return data
    kind, *rest = data
    return MAKERS[kind](*rest)


def _build_array(dtype, shape, text):
    return np.frombuffer(base64.b64decode(text), dtype=numpy_dtype(dtype)).reshape(shape).copy()


def _with_props(module, name):
    cls = _lookup(module, name)
    if not issubclass(cls, WithProps):
        raise ValueError(f"{module}.{name} is neither an op nor a type")
    return cls


def _build_object(module, name, state):
    cls = _with_props(module, name)
    value = cls.__new__(cls)
    value.__dict__.update({key: build(v) for key, v in state})
    return value


MAKERS = {
    "tuple": lambda *items: tuple(map(build, items)),
    "list": lambda *items: [build(item) for item in items],
    "dict": lambda *pairs: {build(k): build(v) for k, v in pairs},
    "slice": lambda *bounds: slice(*map(build, bounds)),
    "dtype": numpy_dtype,
    "array": _build_array,
    "number": lambda *parts: _build_array(*parts)[()],
    "class": _lookup,
    "row": lambda name: ScalarOp.table[name],
    "object": _build_object,
    "call": lambda module, name, arguments: _with_props(module, name)(*build(arguments)),
}


def describe_node(node):
    """An application as plain data: its op, and the types of its inputs and outputs, with constant values."""
    return [describe(node.op), [[describe(v.type), *([describe(v.data)] if isinstance(v, Constant) else [])]
                                for v in node.inputs], [describe(v.type) for v in node.outputs]]


def build_node(data):
    """A node of its own that `describe_node` wrote."""
    op, inputs, outputs = data
    variables = []
    for kind, *value in inputs:
        made = build(kind)
        variables.append(made.make_constant(build(value[0])) if value else made.make_variable())
    return Apply(build(op), variables, [build(kind).make_variable() for kind in outputs])
