"""Results in the storage of inputs that nobody needs afterwards.

The nodes are looked at in one fixed order of execution, so that "nobody needs it afterwards" is a look at a number.
"""

from theano.graph.copying import ViewOp
from theano.graph.destroy import storages
from theano.graph.op import with_changes
from theano.graph.variable import Constant
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedIncSubtensor1
from theano.tensor.blas import Gemm, Gemv, Ger
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import IncSubtensor
from theano.tensor.shape import Rebroadcast, SpecifyShape

INCREMENTS = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor)


def inplace(fgraph):
    """Replace ops by their in-place forms where that is safe; how many."""
    order = fgraph.toposort()
    storage = storages(fgraph)
    last = _last_uses(order, storage)
    protected = {root for v in fgraph.outputs for root in storage[v]} | set(getattr(fgraph, "protected", ()))
    updated = {fgraph.outputs[o]: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
    taken = set()
    count = 0
    for position, node in enumerate(order):
        for index, candidate in _candidates(node):
            root = _sole_root(candidate, storage)
            if root is None or root in taken or isinstance(root, Constant) or last[root] > position:
                continue
            if root in protected and not (root.owner is None and updated.get(node.outputs[index]) is root):
                continue
            if root.owner is None and root in set(getattr(fgraph, "protected", ())):
                continue
            if sum(root in storage[v] for v in node.inputs) > 1:
                continue
            new = _in_place(node, index, node.inputs.index(candidate))
            if new is None:
                continue
            taken.add(root)
            for old, fresh in zip(node.outputs, new.outputs, strict=True):
                storage[fresh] = storage[old] | {root} if old is node.outputs[index] else storage[old]
                last[root] = max(last.get(root, 0), max((last.get(r, 0) for r in storage[old]), default=0))
            fgraph.replace_all(list(zip(node.outputs, new.outputs, strict=True)), reason="inplace")
            count += 1
            break
    return count


def overwrite(fgraph):
    """Let ops that say what they overwrite do it to a value that they update and that nothing else reads; how many."""
    updated = {fgraph.outputs[o]: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
    count = 0
    for node in fgraph.toposort():
        position = node.op.overwrites
        if position is None or node.op.inplace:
            continue
        x = node.inputs[position]
        if updated.get(node.outputs[0]) is not x or len(x.clients) > 1 or x in getattr(fgraph, "protected", ()):
            continue
        new = _in_place(node, 0, position)
        fgraph.replace_all(list(zip(node.outputs, new.outputs, strict=True)), reason="overwrite")
        count += 1
    return count


def _last_uses(order, storage):
    last = {}
    for position, node in enumerate(order):
        for variable in node.inputs:
            for root in storage[variable]:
                last[root] = position
    return last


def _sole_root(variable, storage):
    """The storage that ``variable`` has all of, or None."""
    roots = storage.get(variable, ())
    root = next(iter(roots)) if len(roots) == 1 else None
    while variable.owner is not None and isinstance(variable.owner.op, (SpecifyShape, Rebroadcast, ViewOp)):
        variable = variable.owner.inputs[0]
    return root if root is variable else None


def _candidates(node):
    """(output index, input) pairs of which the output could take over the input's storage."""
    op = node.op
    if type(op) is Elemwise and not op.inplace_pattern:
        out = node.outputs[0]
        return [(0, v) for v in node.inputs if v.type == out.type]
    if isinstance(op, (Gemm, Gemv)) and not op.inplace or isinstance(op, Ger) and not op.destructive:
        return [(0, node.inputs[0])]
    if isinstance(op, INCREMENTS) and not op.inplace:
        return [(0, node.inputs[0])]
    if op.overwrites is not None and not op.inplace:
        return [(0, node.inputs[op.overwrites])]
    return []


def overwriting_form(node):
    """The node whose op writes its result to the memory of the first input, None where there is no such op."""
    if not isinstance(node.op, INCREMENTS) or node.op.inplace:
        return None
    return _in_place(node, 0, 0)


def _in_place(node, index, position):
    op = node.op
    if type(op) is Elemwise:
        return Elemwise(op.scalar_op, {index: position}).make_node(*node.inputs)
    if isinstance(op, Ger):
        return Ger(destructive=True).make_node(*node.inputs)
    if isinstance(op, (Gemm, Gemv)):
        return type(op)(inplace=True).make_node(*node.inputs)
    return with_changes(op, inplace=True, destroy_map={0: [position]}).make_node(*node.inputs)
