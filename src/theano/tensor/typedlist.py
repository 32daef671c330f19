"""Lists of values of one type, and what can be done to them: ``theano.typed_list``."""

import copy

import numpy as np

from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply, Constant, Variable
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.slices import SliceType, as_index_variable
from theano.tensor.type import TensorType, lscalar

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


class TypedListType(Type):
    """Lists whose elements are of the type ``ttype``.

    depth: how many more lists are around each element. Raises TypeError for a ``ttype`` that is no type.
    """

    __props__ = ("ttype",)

    def __init__(self, ttype, depth=0):
        if depth < 0:
            raise ValueError("depth must not be negative")
        if not isinstance(ttype, Type):
            raise TypeError(f"a typed list needs the type of its elements, got {ttype!r}")
        self.ttype = ttype if depth == 0 else TypedListType(ttype, depth - 1)

    def filter(self, x, strict=False, allow_downcast=None):
        """``x`` as a list with every element filtered; TypeError for no list, or with ``strict`` for others."""
        if not isinstance(x, list) and (strict or not isinstance(x, tuple)):
            raise TypeError(f"{self} expected a list, got {type(x).__name__}")
        return [self.ttype.filter(element, strict, allow_downcast) for element in x]

    def get_depth(self):
        """How many lists are between this one and the elements of the elements."""
        return self.ttype.get_depth() + 1 if isinstance(self.ttype, TypedListType) else 0

    def values_eq(self, a, b):
        """Whether two lists are of equal length and have equal elements."""
        return len(a) == len(b) and all(self.ttype.values_eq(x, y) for x, y in zip(a, b, strict=True))

    def values_eq_approx(self, a, b):
        """Like `values_eq`, up to rounding."""
        return len(a) == len(b) and all(self.ttype.values_eq_approx(x, y) for x, y in zip(a, b, strict=True))

    def may_share_memory(self, a, b):
        """Whether two lists are one, or have elements that may overlap."""
        return a is b or any(self.ttype.may_share_memory(x, y) for x in a for y in b)

    @property
    def dtype(self):
        """The dtype of the elements."""
        return self.ttype.dtype

    @property
    def ndim(self):
        """One more than the elements have."""
        return self.ttype.ndim + 1

    def __str__(self):
        return f"TypedList <{self.ttype}>"

    __repr__ = __str__


class _typed_list_py_operators:                                                   # noqa: N801
    """What a variable that is a list can do."""

    ttype = property(lambda self: self.type.ttype, doc="The type of the elements.")
    dtype = property(lambda self: self.type.dtype, doc="The dtype of the elements.")
    ndim = property(lambda self: self.type.ndim, doc="One more than the elements have.")

    def __getitem__(self, index):
        """An element, or for a slice a list."""
        return getitem(self, index)

    def __iter__(self):
        raise TypeError("how many elements a typed list has is known when the function runs: it can't be iterated over")

    def __len__(self):
        """How many elements there are, as a variable; the builtin ``len`` takes no variable."""
        return length(self)

    def append(self, toAppend):                                                    # noqa: N803
        """The list with one more element at its end."""
        return append(self, toAppend)

    def extend(self, toAppend):                                                    # noqa: N803
        """The list with the elements of another one at its end."""
        return extend(self, toAppend)

    def insert(self, index, toInsert):                                             # noqa: N803
        """The list with one more element before the element ``index``."""
        return insert(self, index, toInsert)

    def remove(self, toRemove):                                                    # noqa: N803
        """The list without the first element that is equal to ``toRemove``."""
        return remove(self, toRemove)

    def reverse(self):
        """The list from its end to its beginning."""
        return reverse(self)

    def count(self, elem):
        """How many elements are equal to ``elem``."""
        return count(self, elem)

    def ind(self, elem):
        """Where the first element is that is equal to ``elem``."""
        return index_(self, elem)


class TypedListVariable(_typed_list_py_operators, Variable):
    """A symbolic list."""


class TypedListConstant(_typed_list_py_operators, Constant):
    """A list that is known."""

    def signature(self):
        """Type and content."""
        elements = (self.type.ttype.make_constant(element).signature() for element in self.data)
        return (self.type, tuple(elements))


TypedListType.Variable, TypedListType.Constant = TypedListVariable, TypedListConstant


def _list(x):
    if not isinstance(getattr(x, "type", None), TypedListType):
        raise TypeError(f"expected a typed list, got {x!r} of type {getattr(x, 'type', type(x).__name__)}")
    return x


def _element(x, value):
    """``value`` as a variable of the type of the elements of ``x``."""
    if not isinstance(value, Variable) and isinstance(x.type.ttype, TensorType):
        value = as_tensor_variable(value)
    return x.type.ttype.filter_variable(value)


def _position(index):
    if isinstance(index, Variable) and isinstance(index.type, SliceType):
        return index
    index = index if isinstance(index, Variable) else constant(index, ndim=0, dtype="int64")
    if not isinstance(index.type, TensorType) or index.type.ndim or index.type.dtype not in INTEGERS:
        raise TypeError(f"expected an integer scalar or a slice as index, got {index} of type {index.type}")
    return index


class GetItem(Op):
    """An element of a list, or for a slice a list."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x, index):
        index = as_index_variable(index) if isinstance(index, slice) else _position(index)
        made = _list(x).type if isinstance(index.type, SliceType) else x.type.ttype
        return Apply(self, [x, index], [made()])

    def perform(self, node, inputs, output_storage):
        x, index = inputs
        output_storage[0][0] = x[index if isinstance(index, slice) else int(index)]


getitem = GetItem()


class _Change(Op):
    """A list that is changed: a new list, or with ``inplace`` the same one."""

    __props__ = ("inplace",)
    overwrites = 0

    def __init__(self, inplace=False):
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, x, *arguments):
        return Apply(self, [_list(x), *self.arguments(x, *arguments)], [x.type()])

    def arguments(self, x):
        """The inputs besides the list, checked."""
        return []

    def perform(self, node, inputs, output_storage):
        x, *arguments = inputs
        # Elements are copied: the list must not be the way by which one array has two owners.
        result = x if self.inplace else copy.deepcopy(x)
        self.change(node, result, *(copy.deepcopy(a) for a in arguments))
        output_storage[0][0] = result

    def __str__(self):
        return type(self).__name__ + ("{inplace}" if self.inplace else "")


def _changing(name, doc, change, arguments):
    """A subclass of `_Change`.

    change: function (node, list, *arguments) that changes the list. arguments: function (list variable, *arguments) ->
    inputs.
    """
    return type(name, (_Change,), {
        "__doc__": doc, "__module__": __name__, "__props__": ("inplace",), "change": staticmethod(change),
        "arguments": staticmethod(arguments)})


def _find(node, x, value):
    """Where the first element is that is equal to ``value``; ValueError if there is none."""
    equal = node.inputs[0].type.ttype.values_eq
    for k, element in enumerate(x):
        if equal(element, value):
            return k
    raise ValueError(f"{node.op} found no element that is equal to {value}")


def _remove(node, x, value):
    del x[_find(node, x, value)]


def _as_list(x, other):
    if _list(other).type != x.type:
        raise TypeError(f"expected a list of type {x.type}, got {other.type}")
    return [other]


Append = _changing("Append", "The list with one more element at its end.",
                   lambda node, x, value: x.append(value), lambda x, value: [_element(x, value)])
Extend = _changing("Extend", "The list with the elements of another one of the same type at its end.",
                   lambda node, x, other: x.extend(other), _as_list)
Insert = _changing("Insert", "The list with one more element before the element with a number.",
                   lambda node, x, index, value: x.insert(int(index), value),
                   lambda x, index, value: [_position(index), _element(x, value)])
Remove = _changing("Remove", "The list without the first element that is equal to another; ValueError without any.",
                   _remove, lambda x, value: [_element(x, value)])
Reverse = _changing("Reverse", "The list from its end to its beginning.", lambda node, x: x.reverse(), lambda x: [])
append, extend, insert, remove, reverse = Append(), Extend(), Insert(), Remove(), Reverse()


class _Number(Op):
    """An int64 scalar that is computed from a list."""

    __props__ = ()

    def make_node(self, x, *values):
        return Apply(self, [_list(x), *(_element(x, v) for v in values)], [lscalar()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(self.number(node, *inputs), dtype="int64")


def _number(name, doc, number):
    """A subclass of `_Number`; number: function (node, list, *values)."""
    return type(name, (_Number,), {"__doc__": doc, "__module__": __name__, "__props__": (),
                                   "number": staticmethod(number)})


Index = _number("Index", "Where the first element is that is equal to another; ValueError without any.", _find)
Count = _number("Count", "How many elements are equal to another.", lambda node, x, value: sum(
    node.inputs[0].type.ttype.values_eq(element, value) for element in x))
Length = _number("Length", "How many elements there are.", lambda node, x: len(x))
index_, count, length = Index(), Count(), Length()


class MakeList(Op):
    """A list of variables of one type, which are given in a list or tuple."""

    __props__ = ()

    def make_node(self, a):
        if not isinstance(a, (tuple, list)) or not a:
            raise TypeError(f"make_list needs variables in a list or tuple, got {a!r}")
        elements = [x if isinstance(x, Variable) else as_tensor_variable(x) for x in a]
        if any(x.type != elements[0].type for x in elements):
            raise TypeError(f"elements of a typed list must be of one type, got {[str(x.type) for x in elements]}")
        return Apply(self, elements, [TypedListType(elements[0].type)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = [copy.deepcopy(x) for x in inputs]


make_list = MakeList()
