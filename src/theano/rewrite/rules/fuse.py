"""Chains of elementwise operations as one `Elemwise` with a `Composite` inside."""

from theano.graph.variable import Constant
from theano.scalar.composite import Composite
from theano.scalar.type import Scalar, constant
from theano.tensor.elemwise import DimShuffle, Elemwise

MAX_INPUTS = 30


def fuse(fgraph):
    """Fuse every elementwise node into its user where that is its only one; how many nodes went."""
    count = 0
    order = fgraph.toposort()
    for node in reversed(order):
        if not _fusable(node) or node not in fgraph.apply_nodes:
            continue
        group = _group(node)
        if len(group) < 2:
            continue
        new = _fused(node, group)
        if new is None:
            continue
        fgraph.replace_all(list(zip(node.outputs, new.outputs, strict=True)), reason="elemwise_fusion")
        count += len(group) - 1
    return count


def _fusable(node):
    return type(node.op) is Elemwise and not node.op.inplace_pattern and len(node.outputs) == 1


def _group(root):
    """``root`` and the producers that only this group uses, with the same broadcast pattern."""
    group = {root: None}
    stack = [root]
    pattern = root.outputs[0].type.broadcastable
    inputs = {v for v in root.inputs}
    while stack:
        node = stack.pop()
        for variable in node.inputs:
            producer = variable.owner
            if producer is None or producer in group or not _fusable(producer) \
                    or variable.type.broadcastable != pattern:
                continue
            if any(c == "output" or c not in group for c, _ in variable.clients):
                continue
            wider = (inputs - {variable}) | set(producer.inputs)
            if len(wider) > MAX_INPUTS:
                continue
            inputs = wider
            group[producer] = None
            stack.append(producer)
    return group


def _fused(root, group):
    """The fused node."""
    inside, outer, scalars = {}, [], []

    def scalar_of(variable):
        if variable.owner in group and variable is not root.outputs[0]:
            return inside[variable]
        if variable not in inside:
            known = _number(variable)
            if known is not None:
                inside[variable] = known
            else:
                inside[variable] = Scalar(variable.type.dtype)()
                outer.append(variable)
                scalars.append(inside[variable])
        return inside[variable]

    for node in _in_order(root, group):
        result = node.op.scalar_op.make_node(*(scalar_of(v) for v in node.inputs))
        if result.outputs[0].type.dtype != node.outputs[0].type.dtype:
            return None
        inside[node.outputs[0]] = result.outputs[0]
    if not outer:
        return None
    return Elemwise(Composite(scalars, [inside[root.outputs[0]]])).make_node(*outer)


def _in_order(root, group):
    done, order, stack = set(), [], [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            order.append(node)
            continue
        stack.append((node, True))
        stack.extend((v.owner, False) for v in reversed(node.inputs) if v.owner in group and v.owner not in done)
    return order


def _number(variable):
    base = variable
    while base.owner is not None and isinstance(base.owner.op, DimShuffle):
        base = base.owner.inputs[0]
    if isinstance(base, Constant) and all(base.type.broadcastable) and base.data.size == 1:
        return constant(base.data.reshape(())[()], dtype=base.type.dtype)
    return None
