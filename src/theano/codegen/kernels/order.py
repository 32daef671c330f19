"""Sorting, running sums, repetition and diagonals as instructions."""

from theano.codegen import nest as ir
from theano.codegen.loops import as_dtype
from theano.scalar.dtype import result_type
from theano.tensor.cumulate import CumOp, Recurrence
from theano.tensor.diagonal import ExtractDiag, FillDiagonal, FillDiagonalOffset
from theano.tensor.nonzero import Nonzero
from theano.tensor.repeat import INTEGERS, Bincount, RepeatOp
from theano.tensor.sort import ArgSortOp, SearchsortedOp, SortOp, TopKOp, Unique

KINDS = {"quicksort": 0, "heapsort": 1, "mergesort": 2, "stable": 2, None: 0}       # of NumPy's sorting functions
NUMBERS = ir.DTYPES[:-1]
INEXACT = ("float32", "float64", "complex64", "complex128")
REAL = tuple(d for d in NUMBERS if not d.startswith("complex"))


def nonzero(lowering, node):
    """The places where a mask holds."""
    if node.inputs[0].type.dtype != "bool":
        return NotImplemented
    results = [lowering.temp(v) for v in node.outputs]
    lowering.add("call", [lowering.place(node.inputs[0])], results, kernel="nonzero", node=node)
    return None


def diagonal(lowering, node):
    """A view."""
    x, op = node.inputs[0], node.op
    source = lowering.place(x)
    params = (op.offset, *op.axes(x.type.ndim))
    lowering.add("parts", [source], [lowering.view(node.outputs[0], source)], params, kernel="diagonal", node=node)


def fill_diagonal(lowering, node):
    """A copy of a, or its storage, with the value on a diagonal."""
    a, value, *offset = node.inputs
    result, source = lowering.temp(node.outputs[0]), lowering.place(a)
    lowering.add("copy", [source], [result], node=node, inplace=[(result, source)])
    written = type(result)(result.dtype, result.ndim, "view", of=result)
    inputs = [result, lowering.place(value), *(lowering.place(v) for v in offset)]
    lowering.add("call", inputs, [written], kernel="fill_diagonal", node=node)


def repeat(lowering, node):
    """Elements or slices, each as often as a vector says."""
    x, repeats = node.inputs
    axis = -1 if node.op.axis is None else node.op.axis % x.type.ndim
    if repeats.type.ndim != 1:
        return NotImplemented
    inputs = [lowering.place(x), as_dtype(lowering, repeats, "int64")]
    lowering.add("call", inputs, [lowering.temp(node.outputs[0])], (axis,), kernel="repeat", node=node)
    return None


def cumulate(lowering, node):
    """Running sums or products."""
    x, op = node.inputs[0], node.op
    if x.type.dtype not in NUMBERS:
        return NotImplemented
    axis = -1 if op.axis is None else op.axis % x.type.ndim
    lowering.add("call", [lowering.place(x)], [lowering.temp(node.outputs[0])], (axis, int(op.mode == "mul")),
                 kernel="cumulate", node=node)
    return None


def sort(lowering, node):
    """Values in order, or their order."""
    x, axis = node.inputs
    op = node.op
    if op.order is not None or op.kind not in KINDS or axis.type.dtype not in INTEGERS or x.type.dtype not in NUMBERS:
        return NotImplemented
    lowering.add("call", [lowering.place(x), lowering.place(axis)], [lowering.temp(node.outputs[0])],
                 (KINDS[op.kind], int(isinstance(op, ArgSortOp))), kernel="sort", node=node)
    return None


def topk(lowering, node):
    """The largest or smallest, and where they are."""
    x, k = node.inputs
    op = node.op
    if x.type.dtype not in REAL:
        return NotImplemented
    params = (op.axis % x.type.ndim, int(op.return_values), int(op.return_indices), int(op.sorted))
    lowering.add("call", [lowering.place(x), lowering.place(k)], [lowering.temp(v) for v in node.outputs], params,
                 kernel="topk", node=node)
    return None


def searchsorted(lowering, node):
    """Places in a sorted vector."""
    x, v, *sorter = node.inputs
    common = result_type(x.type.dtype, v.type.dtype).name
    if sorter or common not in REAL:
        return NotImplemented
    inputs = [as_dtype(lowering, variable, common) for variable in (x, v)]
    params = (int(node.op.side == "right"),)
    lowering.add("call", inputs, [lowering.temp(node.outputs[0])], params, kernel="searchsorted", node=node)
    return None


def recurrence(lowering, node):
    """Running sums of which every term fades by a factor a step."""
    dtype = node.outputs[0].type.dtype
    if dtype not in INEXACT:
        return NotImplemented
    places = [as_dtype(lowering, v, dtype) for v in node.inputs]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], (node.op.axis,), kernel="recurrence", node=node)
    return None


def bincount(lowering, node):
    """How often each number comes."""
    places = [as_dtype(lowering, v, "int64") for v in node.inputs]
    lowering.add("call", places, [lowering.temp(node.outputs[0])], kernel="bincount", node=node)


def unique(lowering, node):
    """Distinct elements, their places and counts."""
    x, op = node.inputs[0], node.op
    if x.type.dtype not in REAL or (op.axis is not None and x.type.ndim != 1):
        return NotImplemented
    params = (int(op.return_index), int(op.return_inverse), int(op.return_counts))
    lowering.add("call", [lowering.place(x)], [lowering.temp(v) for v in node.outputs], params, kernel="unique",
                 node=node)
    return None


ORDER = {Nonzero: nonzero, ExtractDiag: diagonal, FillDiagonal: fill_diagonal, FillDiagonalOffset: fill_diagonal,
         RepeatOp: repeat, CumOp: cumulate, SortOp: sort, ArgSortOp: sort, TopKOp: topk, SearchsortedOp: searchsorted,
         Unique: unique, Bincount: bincount, Recurrence: recurrence}
