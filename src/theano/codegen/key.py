"""The content key of a graph: equal keys mean equal programs, in every process.

Names, lines and addresses don't count; ops count by class and ``__props__``, constants by value.
"""


import numpy as np

from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Constant
from theano.graph.walk import toposort
from theano.inner.graph import InnerGraph
from theano.late import hashlib
from theano.scalar.dtype import text_of


class NoKey(Exception):
    """An op, type or constant has no value that another process would recognise."""


PLAIN = (type(None), bool, int, float, complex, str, bytes)


def token(value):
    """A text that is equal for equal values; raises `NoKey` for what can't be described."""
    if isinstance(value, PLAIN):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, (tuple, list)):
        return f"({','.join(map(token, value))})"
    if isinstance(value, dict):
        return "{" + ",".join(f"{token(k)}={token(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, slice):
        return f"slice({token(value.start)},{token(value.stop)},{token(value.step)})"
    if isinstance(value, (np.dtype, np.generic)):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, np.ndarray):
        return array_token(value)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, (Op, Type)):
        return object_token(value)
    if isinstance(value, InnerGraph):
        return inner_token(value)
    raise NoKey(f"{value!r} has no key")


def array_token(array):
    """Dtype, shape and content."""
    if array.dtype == object:
        raise NoKey("an array of objects has no key")
    if array.size <= 4:
        return f"{text_of(array.dtype)}{array.shape}{array.tobytes().hex()}"
    digest = hashlib.blake2b(np.ascontiguousarray(array).view("uint8"), digest_size=16).hexdigest()
    return f"{text_of(array.dtype)}{array.shape}{digest}"


def object_token(value):
    """Class and properties of an op or type, kept with it."""
    try:
        return value.__dict__["_token"]
    except KeyError:
        pass
    describe = getattr(value, "key_props", None)
    if describe is not None:
        props = describe()
    elif getattr(value, "__props__", None) is not None:
        props = value._props()
    else:
        raise NoKey(f"{value} has no __props__, so compiled functions that use it are not kept")
    cls = type(value)
    if "<locals>" in cls.__qualname__ or cls.__module__ == "__main__":
        raise NoKey(f"{cls.__qualname__} is not importable by name")
    text = f"{cls.__module__}.{cls.__qualname__}{token(props)}"
    value.__dict__["_token"] = text
    return text


def inner_token(graph):
    """The key of a graph inside an op, kept with it."""
    if graph.key is None:
        graph.key = graph_key(graph.inputs, graph.outputs)
    return graph.key


def graph_key(inputs, outputs, extra=()):
    """Digest of the graph between ``inputs`` and ``outputs`` and of the texts ``extra``.

    Raises `NoKey` where some op, type or constant can't be described.
    """
    numbers = {}
    lines = [token(tuple(extra))]
    for variable in inputs:
        numbers[variable] = len(numbers)
        lines.append(object_token(variable.type))
    for node in toposort(outputs, inputs):
        for variable in node.inputs:
            if variable not in numbers:
                _leaf(variable, numbers, lines)
        arguments = ",".join([str(numbers[v]) for v in node.inputs])
        lines.append(f"{object_token(node.op)}({arguments}){len(node.outputs)}")
        for variable in node.outputs:                   # of a copied node these may know more than the inputs say
            lines.append(object_token(variable.type))
            numbers[variable] = len(numbers)
    for variable in outputs:
        if variable not in numbers:
            _leaf(variable, numbers, lines)
    lines.append(",".join(str(numbers[v]) for v in outputs))
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=20).hexdigest()


def _leaf(variable, numbers, lines):
    if not isinstance(variable, Constant):
        raise NoKey(f"{variable} has neither owner nor value")
    numbers[variable] = len(numbers)
    lines.append(f"{object_token(variable.type)}={token(variable.data)}")
