"""Indexing as instructions."""

from theano.codegen import nest as ir
from theano.codegen.expand import Pick, Put
from theano.codegen.loops import as_dtype
from theano.graph.variable import Constant
from theano.scalar.dtype import can_cast, is_small
from theano.tensor.advanced import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    operation_of,
)
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import IncSubtensor, Subtensor, get_idx_list
from theano.tensor.repeat import INTEGERS, Choose
from theano.tensor.slices import MakeSlice, NoneType, SliceType, slice_of
from theano.tensor.type import TensorType

PARTS = ("start", "stop", "step")


def encode_index(lowering, index):
    """Params and input places of a subtensor instruction, see runtime/view.c; numbers need no lowering."""
    codes, numbers, places = [], [], []

    def put(part):
        if isinstance(part, (int, Constant)):
            numbers.extend((1, int(getattr(part, "data", part))))
        else:
            numbers.extend((0, 0))
            places.append(lowering.place(part))

    for entry in index:
        if isinstance(entry, slice):
            given = [getattr(entry, name) for name in PARTS]
            codes.append(1 + sum(2 << k for k, part in enumerate(given) if part is not None))
            for part in given:
                if part is not None:
                    put(part)
        else:
            codes.append(0)
            put(entry)
    return (len(codes), *codes, *numbers), places


def subtensor(lowering, node):
    """A view."""
    source = lowering.place(node.inputs[0])
    params, places = encode_index(lowering, get_idx_list(node.inputs, node.op.idx_list))
    lowering.add("subtensor", [source, *places], [lowering.view(node.outputs[0], source)], params, node=node)


def inc_subtensor(lowering, node):
    """A copy of x (or its storage), a view of the part, and a loop that adds to or sets the part.

    A part that is set need not be copied.
    """
    x, y, *rest = node.inputs
    out = node.outputs[0]
    row = lowering.row("second" if node.op.set_instead_of_inc else "add")
    if not lowering.can_apply(row, [x.type.dtype, y.type.dtype], out.type.dtype):
        return NotImplemented
    result = lowering.temp(out)
    source = lowering.place(x)
    params, places = encode_index(lowering, get_idx_list((x, *rest), node.op.idx_list))
    left_out = (places, params) if node.op.set_instead_of_inc else ((), ())
    copy = lowering.add("copy", [source, *left_out[0]], [result], left_out[1], node=node, inplace=[(result, source)])
    ndim = x.type.ndim - sum(not isinstance(e, slice) for e in get_idx_list((x, *rest), node.op.idx_list))
    part = type(result)(result.dtype, ndim, "view", of=result)
    view = lowering.add("subtensor", [result, *places], [part], params, node=node)
    written = type(result)(result.dtype, ndim, "view", of=part)
    value = lowering.place(y)
    missing = ndim - y.type.ndim
    axes = tuple(-1 if d < missing or y.type.broadcastable[d - missing] else d - missing for d in range(ndim))
    identity = tuple(range(ndim))
    operands = (ir.Operand(result.dtype, identity), ir.Operand(value.dtype, axes),
                ir.Operand(result.dtype, identity, "out", 0))
    body = (ir.load(0, operands), ir.load(1, operands), ir.Value(row, (0, 1), result.dtype))
    if node.op.set_instead_of_inc and value.dtype == result.dtype:
        body = body[1:2]
    nest = ir.LoopNest(ndim, (False,) * ndim, operands, (ir.Phase(body, ((len(body) - 1, 2),)),))
    lowering.add("loop", [part, value], [written], nest=nest, node=node, sets=(copy, view))
    return None


class Advanced:
    """An index with arrays: a basic index and new axes, that make a view, and where in that view the arrays go.

    basic: an entry for each dimension of the array. order: of a dimshuffle. arrays: integers and masks. axes: the
    first dimension of the view that each takes. front: dimensions before those of the arrays in what is selected.
    """

    def __init__(self, ndim, index):
        self.basic, self.order, self.arrays, self.axes = [], [], [], []
        self.selected = 0               # dimensions of the view that no array takes
        positions, self.front = [], 0
        for position, entry in enumerate(index):
            if isinstance(entry.type, TensorType):
                if not positions:
                    self.front = self.selected
                positions.append(position)
                self.arrays.append(entry)
                self.axes.append(len(self.order))
                self._whole(entry.type.ndim if entry.type.dtype == "bool" else 1)
            elif isinstance(entry.type, NoneType):
                self.order.append(-1)
                self.selected += 1
            else:
                self._whole(1, slice_of(entry))
                self.selected += 1
        self.selected += ndim - len(self.basic)
        self._whole(ndim - len(self.basic))
        if positions != list(range(positions[0], positions[0] + len(positions))):
            self.front = 0

    def _whole(self, count, entry=slice(None)):
        self.order.extend(range(len(self.basic), len(self.basic) + count))
        self.basic.extend([entry] * count)

    def is_whole(self):
        """Whether the view is the array itself."""
        return all(entry == slice(None) for entry in self.basic) and -1 not in self.order

    def view(self, lowering, source, node):
        """The place of the view."""
        if any(entry != slice(None) for entry in self.basic):
            params, places = encode_index(lowering, self.basic)
            part = type(source)(source.dtype, source.ndim, "view", of=source)
            lowering.add("subtensor", [source, *places], [part], params, node=node)
            source = part
        if -1 in self.order:
            wide = type(source)(source.dtype, len(self.order), "view", of=source)
            lowering.add("dimshuffle", [source], [wide], self.order, node=node)
            source = wide
        return source

    def places(self, lowering):
        """The places of the arrays."""
        return [lowering.place(a) for a in self.arrays]


def advanced(x, index):
    """`Advanced` for a node's index, None where the machine can't apply it."""
    if not any(isinstance(e.type, TensorType) for e in index) or x.type.dtype not in ir.DTYPES[:-1]:
        return None
    if any(isinstance(e.type, SliceType) and slice_of(e) is None for e in index):
        return None
    found = Advanced(x.type.ndim, index)
    widest = max(1 if a.type.dtype == "bool" else a.type.ndim for a in found.arrays)
    return found if max(len(found.order), found.selected + widest) <= ir.MAX_NDIM else None


def gather(lowering, node):
    """The elements that an index with arrays selects."""
    x, *index = node.inputs
    found = advanced(x, index)
    if found is None:
        return NotImplemented
    source = found.view(lowering, lowering.place(x), node)
    lowering.add("call", [source, *found.places(lowering)], [lowering.temp(node.outputs[0])],
                 (found.front, *found.axes), kernel="gather", node=node)
    return None


OPERATIONS = ("set", "add", "mul", "minimum", "maximum")


def can_scatter(node):
    """Whether the machine can write through the index of a node."""
    x, y, *index = node.inputs
    operation, dtype = operation_of(node.op), x.type.dtype
    if is_small(dtype) and operation != "set" or dtype.startswith("complex") and operation in ("minimum", "maximum"):
        return False
    return can_cast(y.type.dtype, dtype, "same_kind") and advanced(x, index) is not None


def scatter(lowering, node):
    """A copy of x (or its storage), in which values are written through an index with arrays.

    Rows that a mask selects need not be copied where they are set.
    """
    if not can_scatter(node):
        return NotImplemented
    x, y, *index = node.inputs
    found = advanced(x, index)
    result, source, arrays = lowering.temp(node.outputs[0]), lowering.place(x), found.places(lowering)
    masked = operation_of(node.op) == "set" and found.axes == [0] and found.arrays[0].type.dtype == "bool"
    left_out = (arrays, (-1,)) if masked and found.is_whole() else ((), ())
    lowering.add("copy", [source, *left_out[0]], [result], left_out[1], node=node, inplace=[(result, source)])
    part = found.view(lowering, result, node)
    written = type(result)(result.dtype, part.ndim, "view", of=part)
    inputs = [part, as_dtype(lowering, y, x.type.dtype), *arrays]
    params = (OPERATIONS.index(operation_of(node.op)), found.front, *found.axes)
    lowering.add("scatter", inputs, [written], params, kernel="scatter", node=node)
    return None


def make_slice(lowering, node):
    """Nothing, where all that use a slice read its parts."""
    for client, _ in node.outputs[0].clients:
        op = getattr(client, "op", None)
        if isinstance(op, AdvancedSubtensor) and advanced(client.inputs[0], client.inputs[1:]) is not None:
            continue
        if isinstance(op, AdvancedIncSubtensor) and can_scatter(client):
            continue
        return NotImplemented
    return None


def pick(lowering, node):
    """One number of each row."""
    x, columns = node.inputs
    places = [lowering.place(x), as_dtype(lowering, columns, "int64")]
    params = (int(node.op.from_end), int(node.op.spread))
    lowering.add("pick", places, [lowering.temp(node.outputs[0])], params, node=node)


def put(lowering, node):
    """A number added to one of each row, in a copy of the matrix or in its storage."""
    x, columns, values = node.inputs
    source, result = lowering.place(x), lowering.temp(node.outputs[0])
    lowering.add("copy", [source], [result], node=node, inplace=[(result, source)])
    written = type(result)(result.dtype, 2, "view", of=result)
    places = [result, as_dtype(lowering, columns, "int64"), lowering.place(values)]
    lowering.add("put", places, [written], (int(node.op.from_end),), node=node)


MODES = ("raise", "wrap", "clip")


def _before_widening(lowering, v):
    """What ``v`` is, or the same numbers in a smaller dtype, where these are in memory."""
    node = v.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.scalar_op.name.startswith("cast_"):
        x, = node.inputs
        if x in lowering.places and x.type.dtype in ("bool", *INTEGERS) and can_cast(x.type.dtype, v.type.dtype):
            return x
    return v


def choose(lowering, node):
    """Elements of several arrays, or of one along its first axis."""
    numbers, *choices = node.inputs
    dtype = node.outputs[0].type.dtype
    if numbers.type.dtype == "uint64" or dtype not in ir.DTYPES[:-1] or any(v.type.dtype != dtype for v in choices):
        return NotImplemented
    places = [lowering.place(v) for v in (_before_widening(lowering, numbers), *choices)]
    params = (MODES.index(node.op.mode), int(len(choices) == 1))
    lowering.add("call", places, [lowering.temp(node.outputs[0])], params, kernel="choose", node=node)
    return None


INDEX = {Subtensor: subtensor, IncSubtensor: inc_subtensor, Pick: pick, Put: put, MakeSlice: make_slice,
         Choose: choose,
         **dict.fromkeys((AdvancedSubtensor1, AdvancedSubtensor), gather),
         **dict.fromkeys((AdvancedIncSubtensor1, AdvancedIncSubtensor), scatter)}
