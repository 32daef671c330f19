"""Python functions as ops: ``as_op``."""

import importlib

from theano.graph.op import Op
from theano.graph.type import Type


class FromFunctionOp(Op):
    """An op that calls a Python function of values.

    Parameters
    ----------
    fn : callable, from the values of the inputs to the value of the output, or to a sequence of values
    itypes, otypes : lists of Type
    infer_shape : callable (node, input shapes) -> output shapes, or None
    """

    def __init__(self, fn, itypes, otypes, infer_shape):
        self._fn = fn
        self.itypes, self.otypes = itypes, otypes
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)
        if infer_shape is not None:
            self._infer_shape = infer_shape
            self.infer_shape = self._checked_shapes

    def __eq__(self, other):
        return type(self) is type(other) and self._fn == other._fn

    def __hash__(self):
        return hash((type(self), self._fn))

    def __str__(self):
        return f"FromFunctionOp{{{self.__name__}}}"

    def perform(self, node, inputs, output_storage):
        values = self._fn(*inputs)
        if not isinstance(values, (list, tuple)):
            values = (values,)
        if len(values) != len(output_storage):
            raise ValueError(f"{self} returned {len(values)} values, but has {len(output_storage)} output types")
        for cell, value in zip(output_storage, values, strict=True):
            cell[0] = value

    def _checked_shapes(self, node, shapes):
        result = self._infer_shape(node, shapes)
        if len(result) != len(node.outputs):
            raise ValueError(f"infer_shape of {self} gave {len(result)} shapes for {len(node.outputs)} outputs")
        return result

    def __reduce__(self):
        return load_back, (self._fn.__module__, self.__name__)


def load_back(module, name):
    """The op that decorates the function ``name`` of a module: what pickling stores."""
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def as_types(types, what):
    """``types`` as a list; TypeError for anything that is no type."""
    given = list(types) if isinstance(types, (list, tuple)) else [types]
    for entry in given:
        if not isinstance(entry, Type):
            raise TypeError(f"{what} has to be a type or a list of types, got {entry!r}")
    return given


def as_op(itypes, otypes, infer_shape=None):
    """A decorator that makes an op of a function of values.

    itypes, otypes: a type or a list of types. infer_shape: function (node, input shapes) -> list of output shapes.
    The op has no gradient; one that needs it is a subclass of `Op`.
    """
    inputs, outputs = as_types(itypes, "itypes"), as_types(otypes, "otypes")
    if infer_shape is not None and not callable(infer_shape):
        raise TypeError(f"infer_shape needs to be a callable, got {infer_shape!r}")

    def make_op(fn):
        return FromFunctionOp(fn, inputs, outputs, infer_shape)
    return make_op
