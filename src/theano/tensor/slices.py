"""What an index is made of, as variables: slices, None, arrays."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.type import Scalar
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.index import (
    INTEGERS,
)
from theano.tensor.shape import tensor_from_scalar


class SliceType(Type):
    """Slices whose bounds are integers or None."""

    __props__ = ()

    def filter(self, x, strict=False, allow_downcast=None):
        if isinstance(x, slice):
            return x
        raise TypeError(f"Expected a slice, got {x!r}")

    def __str__(self):
        return "slice"


class NoneType(Type):
    """The value None."""

    __props__ = ()

    def filter(self, x, strict=False, allow_downcast=None):
        if x is None:
            return x
        raise TypeError(f"Expected None, got {x!r}")

    def __str__(self):
        return "None"


slicetype = SliceType()
none_type = NoneType()


class SliceConstant(Constant):
    """A slice of known bounds."""

    def signature(self):
        return (SliceConstant, self.data.start, self.data.stop, self.data.step)

    def __str__(self):
        return f"SliceConstant{{{self.data.start}, {self.data.stop}, {self.data.step}}}"


SliceType.Constant = SliceConstant
NoneConst = Constant(none_type, None, name="NoneConst")


class MakeSlice(Op):
    """A slice from integer scalars and None."""

    __props__ = ()

    def make_node(self, start, stop=None, step=None):
        return Apply(self, [_bound(p) for p in (start, stop, step)], [slicetype()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = slice(*(None if p is None else int(p) for p in inputs))

    def grad(self, inputs, output_grads):
        return [DisconnectedType()() for _ in inputs]


make_slice = MakeSlice()


def _bound(part):
    if part is None:
        return NoneConst
    if isinstance(part, Variable) and isinstance(part.type, NoneType):
        return part
    if isinstance(part, Variable) and isinstance(part.type, Scalar):
        part = tensor_from_scalar(part)
    try:
        bound = as_tensor_variable(part)
    except TypeError as error:
        raise TypeError(f"a bound of a slice must be an integer or None, got {part!r}") from error
    if bound.type.ndim or bound.type.dtype not in (*INTEGERS, "bool"):
        raise TypeError(f"a bound of a slice must be an integer or None, got {part}, a {bound.type}")
    return bound if isinstance(part, Variable) else constant(bound.data, dtype="int64")


def as_index_variable(idx):
    """An entry of an advanced index as a variable: None, a slice, an integer array or a mask."""
    if idx is None:
        return NoneConst
    if isinstance(idx, slice):
        parts = (idx.start, idx.stop, idx.step)
        if all(p is None or isinstance(p, (int, np.integer)) for p in parts):
            return SliceConstant(slicetype, slice(*(None if p is None else int(p) for p in parts)))
        return make_slice(*parts)
    if isinstance(idx, Variable) and isinstance(idx.type, (SliceType, NoneType)):
        return idx
    if isinstance(idx, Variable) and isinstance(idx.type, Scalar):
        idx = tensor_from_scalar(idx)
    try:
        variable = as_tensor_variable(np.asarray(idx) if isinstance(idx, (list, tuple)) and not
                                      is_symbolic(idx) else idx)
    except (TypeError, ValueError) as error:
        raise TypeError("an index has integers, slices, None, ..., integer arrays and boolean masks, "
                        f"but one entry is {idx!r}, of type {type(idx).__name__}") from error
    if variable.type.dtype != "bool" and variable.type.dtype not in INTEGERS:
        if isinstance(variable, Constant) and variable.data.size == 0:
            return constant(variable.data.astype("int64"))
        raise TypeError(f"index must be integers or a boolean mask, got {variable} of type {variable.type}")
    return variable


def is_symbolic(entry):
    """Whether there is a variable in a list, or in lists in it."""
    return any(isinstance(e, Variable) or (isinstance(e, (list, tuple)) and is_symbolic(e)) for e in entry)


def slice_of(entry):
    """A slice variable as a slice of ints, variables and None; None where its parts are not known."""
    if isinstance(entry, Constant):
        return entry.data
    if entry.owner is None or not isinstance(entry.owner.op, MakeSlice):
        return None
    return slice(*(None if isinstance(p.type, NoneType) else p for p in entry.owner.inputs))
