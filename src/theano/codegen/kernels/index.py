"""Indexing as instructions."""

from theano.codegen import nest as ir
from theano.codegen.expand import Pick, Put
from theano.codegen.loops import as_dtype
from theano.graph.variable import Constant
from theano.tensor.advanced import AdvancedSubtensor1
from theano.tensor.index import IncSubtensor, Subtensor, get_idx_list

PARTS = ("start", "stop", "step")


def encode_index(lowering, index):
    """Params and input places of a subtensor instruction; see runtime/machine.c."""
    codes, numbers, places = [], [], []

    def put(part):
        if isinstance(part, Constant):
            numbers.extend((1, int(part.data)))
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
    """A copy of x (or its storage), a view of the part, and a loop that adds to or sets the part."""
    x, y, *rest = node.inputs
    out = node.outputs[0]
    row = lowering.row("second" if node.op.set_instead_of_inc else "add")
    if not lowering.can_apply(row, [x.type.dtype, y.type.dtype], out.type.dtype):
        return NotImplemented
    result = lowering.temp(out)
    source = lowering.place(x)
    lowering.add("copy", [source], [result], node=node, inplace=[(result, source)])
    params, places = encode_index(lowering, get_idx_list((x, *rest), node.op.idx_list))
    ndim = x.type.ndim - sum(not isinstance(e, slice) for e in get_idx_list((x, *rest), node.op.idx_list))
    part = type(result)(result.dtype, ndim, "view", of=result)
    lowering.add("subtensor", [result, *places], [part], params, node=node)
    written = type(result)(result.dtype, ndim, "view", of=part)
    value = lowering.place(y)
    missing = ndim - y.type.ndim
    axes = tuple(-1 if d < missing or y.type.broadcastable[d - missing] else d - missing for d in range(ndim))
    identity = tuple(range(ndim))
    operands = (ir.Operand(result.dtype, identity), ir.Operand(value.dtype, axes),
                ir.Operand(result.dtype, identity, "out", 0))
    body = (ir.load(0, operands), ir.load(1, operands), ir.Value(row, (0, 1), result.dtype))
    nest = ir.LoopNest(ndim, (False,) * ndim, operands, (ir.Phase(body, ((2, 2),)),))
    lowering.add("loop", [part, value], [written], nest=nest, node=node)
    return None


def gather(lowering, node):
    """Rows by an integer vector."""
    x, index = node.inputs
    places = [lowering.place(x), as_dtype(lowering, index, "int64")]
    lowering.add("gather", places, [lowering.temp(node.outputs[0])], node=node)


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


INDEX = {Subtensor: subtensor, IncSubtensor: inc_subtensor, AdvancedSubtensor1: gather, Pick: pick, Put: put}
