"""Ops with an inner graph: what nobody needs, and what is the same in all steps of a loop."""

from dataclasses import replace

from theano.graph.variable import Constant
from theano.graph.walk import ancestors
from theano.inner.custom import CustomGradient
from theano.inner.rowwise import Rowwise
from theano.inner.scan.loop import buffer_of, fitted
from theano.inner.scan.op import Scan, run
from theano.inner.subgraph import OpFromGraph
from theano.rewrite.engine import rule
from theano.tensor.create import AllocEmpty, alloc
from theano.tensor.elemwise import minimum
from theano.tensor.index import IncSubtensor, Subtensor
from theano.tensor.type import values_eq_approx


@rule(Rowwise, tags=("canonicalize",))
def rowwise_with_unused(node):
    """rowwise(f, g) >> rowwise(f) where nothing uses the rows of g"""
    used = [k for k, v in enumerate(node.outputs) if v.clients]
    if len(used) == len(node.outputs):
        return None
    return dict(zip([node.outputs[k] for k in used], node.op.only(used, node.inputs), strict=True))


@rule(Scan, tags=("canonicalize",))
def scan_with_unused(node):
    """scan of (f, g) over (x, y) >> scan of f over x where nothing uses the rows of g, nor do later steps, nor f y"""
    loop = node.op.loop(node.inputs)
    used = _needed(loop, {k for k, v in enumerate(node.outputs) if v.clients})
    above = set(ancestors(loop.outputs, loop.inputs))
    idle = not above.issuperset([*(s.row for s in loop.sequences), *(o.inner for o in loop.others)])
    if not used or len(used) == len(node.outputs) and not idle:
        return None
    position = iter(range(len(node.outputs)))
    smaller = replace(loop, carries=[c for c in loop.carries if next(position) in used],
                      states=[s for s in loop.states if next(position) in used],
                      stacks=[s for s in loop.stacks if next(position) in used])
    return dict(zip([node.outputs[k] for k in sorted(used)], run(smaller), strict=True))


def _needed(loop, wanted):
    """Positions of the values that a step must compute so that those in ``wanted`` come out."""
    recurrent = [c.rows for c in loop.carries] + [[s.before] for s in loop.states]
    while True:
        values = [loop.values[k] for k in wanted] + ([] if loop.until is None else [loop.until])
        above = set(ancestors(values, loop.inputs))
        more = {k for k, rows in enumerate(recurrent) if not above.isdisjoint(rows)}
        if more <= wanted:
            return wanted
        wanted = wanted | more


@rule(Scan, tags=("canonicalize",))
def invariants_of_scan(node):
    """scan of f(row, g(x)) >> scan of f(row, y) where y = g(x)"""
    loop, moved = node.op.loop(node.inputs).hoisted()
    if not moved:
        return None
    return dict(zip(node.outputs, run(loop), strict=True))


@rule(Scan, tags=("canonicalize",))
def equal_rows_of_scan(node):
    """scan of y >> alloc(y, n, ...) where y is the same in all steps"""
    loop = node.op.loop(node.inputs)
    same = {o.inner: o.outer for o in loop.others if hasattr(o.outer.type, "broadcastable")}
    stacks = zip(node.outputs[len(node.outputs) - len(loop.stacks):], loop.stacks, strict=True)
    found = {output: same[s.value] for output, s in stacks if output.clients and s.value in same}
    if not found or loop.until is not None:
        return None
    return {output: alloc(y, loop.n, *(y.shape[d] for d in range(y.type.ndim))) for output, y in found.items()}


@rule(Scan, name="scan_save_mem", tags=("specialize",))
def last_rows_of_scan(node):
    """scan in a buffer for all steps, of which only the last rows are used >> scan in a buffer for these"""
    loop, shorter = node.op.loop(node.inputs), False
    for c, output in zip(loop.carries, node.outputs, strict=False):
        initial, used = _initial_rows(c, loop.n), _rows_used(output, c.reach)
        if initial is None or used is None or isinstance(loop.n, Constant) and loop.n.data <= used:
            continue
        c.buffer = fitted(buffer_of(initial, minimum(loop.n, used)), c.buffer.type)
        shorter = True
    if not shorter:
        return None
    outputs = run(loop)
    for output in outputs[:len(loop.carries)]:
        output.tag.values_eq_approx = equal_last_rows
    return dict(zip(node.outputs, outputs, strict=True))


def equal_last_rows(a, b):
    """Whether two arrays are nearly equal in the rows that both have, counted from the end."""
    rows = min(len(a), len(b))
    return values_eq_approx(a[len(a) - rows:], b[len(b) - rows:])


def _initial_rows(carry, n):
    """What the buffer begins with, where it has room for ``n`` more rows and nothing else in it; else None."""
    node = carry.buffer.owner
    if node is None or not isinstance(node.op, IncSubtensor) or not node.op.set_instead_of_inc:
        return None
    empty, (index, *more) = node.inputs[0].owner, node.op.idx_list
    if more or not isinstance(index, slice) or index.start is not None or index.step is not None \
            or empty is None or not isinstance(empty.op, AllocEmpty):
        return None
    rows = empty.inputs[0]
    if isinstance(rows, Constant):
        whole = isinstance(n, Constant) and rows.data == n.data + carry.reach
    else:
        whole = rows.owner is not None and any(v is n or isinstance(n, Constant) and n.equals(v)
                                               for v in rows.owner.inputs)
    return node.inputs[1] if whole else None


def _rows_used(output, reach):
    """How many of the last rows are read, of ``output`` or of ``output[reach:]``; None where others are, or all."""
    most, stack = 0, [output]
    while stack:
        x = stack.pop()
        if not x.clients:
            return None
        for client, _ in x.clients:
            if client == "output" or not isinstance(client.op, Subtensor) or client.inputs[0] is not x:
                return None
            index = client.op.get_constant_idx(client.inputs, allow_partial=True, only_process_constants=True)
            if x is output and index == [slice(reach, None, None)]:
                stack.append(client.outputs[0])
            elif isinstance(index[0], int) and index[0] < 0:
                most = max(most, -index[0])
            else:
                return None
    return most


@rule(CustomGradient, tags=("canonicalize",))
def custom_gradient(node):
    """custom_gradient(y, x) >> y, which was only there for its gradient"""
    return node.inputs[:node.op.results]


@rule(OpFromGraph, name="inline_ofg_expansion")
def graph_as_op(node):
    """op of a graph, which says that it is inline >> the graph"""
    return node.op.inlined(node.inputs) if node.op.is_inline else None


INNER = (custom_gradient, rowwise_with_unused, scan_with_unused, invariants_of_scan, equal_rows_of_scan,
         last_rows_of_scan)
