"""Sums over the steps of loops: products of all rows at once, and sums that inner loops go on with."""

from dataclasses import replace

from theano.graph.walk import ancestors, substitute, toposort
from theano.inner.scan.loop import fitted
from theano.inner.scan.op import Scan, run
from theano.rewrite.engine import rule
from theano.rewrite.rules.match import args
from theano.tensor.create import is_zero
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import DimShuffle


@rule(Scan, name="scanOp_pushout_output", tags=("scan", "all_pushout_opt", "scan_pushout_dot1", "more_mem"))
def sums_of_products(node):
    """scan of s = s + dot(x.T, y) for rows of arrays >> one product of these

    A factor that a step computes stays there: nobody need keep it for all steps.
    """
    loop = node.op.loop(node.inputs)
    if loop.until is not None or loop.lean:
        return None
    states, sums = [], {}
    arrays = {s.row: s.array[:loop.n] for s in loop.sequences}
    for k, s in enumerate(loop.states):
        pairs, rest = _products_in(s, loop, arrays)
        if not pairs:
            states.append(s)
            continue
        sums[k] = s, pairs, bool(rest)
        if rest:
            after = rest[0]
            for term in rest[1:]:
                after = after + term
            states.append(replace(s, after=fitted(s.before + after, s.before.type)))
    if not sums:
        return None
    return _with_sums(node, loop, sums, run(replace(loop, states=states)), arrays)


def _with_sums(node, loop, sums, made, arrays):
    """The outputs of the loop in terms of those of the loop without ``sums``."""
    left, found = iter(made[len(loop.carries):]), dict(zip(node.outputs[:len(loop.carries)], made, strict=False))
    outputs = node.outputs[len(loop.carries):]
    for k, (s, output) in enumerate(zip(loop.states, outputs, strict=False)):
        if k not in sums:
            found[output] = next(left)
            continue
        _, pairs, more = sums[k]
        total = next(left) if more else s.start
        for x, y in pairs:
            total = total + dot(_in_a_row(arrays[x]).T, _in_a_row(arrays[y]))
        found[output] = fitted(total, output.type)
    found.update(zip(outputs[len(loop.states):], left, strict=False))
    return found


def _in_a_row(x):
    """All rows of matrices as those of one matrix."""
    return x if x.type.ndim == 2 else x.reshape((x.shape[0] * x.shape[1], x.shape[2]))


def _products_in(state, loop, rows):
    """Pairs (x, y) of ``rows`` where a state is summed up with dot(x.T, y), and the other terms; nothing for no sum."""
    terms = _added(state, loop) if getattr(state.before.type, "ndim", 0) == 2 else None
    if terms is None:
        return [], []
    terms = [t for term in terms for t in _summands(term)]
    if any(t.type != state.before.type for t in terms):
        return [], []
    pairs = {t: _factors(t) for t in terms}
    pairs = {t: p for t, p in pairs.items() if p and p[0] in rows and p[1] in rows}
    return list(pairs.values()), [t for t in terms if t not in pairs]


def _added(state, loop):
    """What a step adds to a state of which it makes nothing else; None where it does more than that."""
    place = len(loop.carries) + next(k for k, s in enumerate(loop.states) if s is state)
    if state.before in ancestors(loop.outputs[:place] + loop.outputs[place + 1:], loop.inputs):
        return None
    terms, stack = [], [state.after]
    while stack:
        term = stack.pop()
        inner = args(term, "add")
        if inner is not None and term.type == state.before.type and state.before in ancestors([term], loop.inputs):
            stack.extend(reversed(inner))
        else:
            terms.append(term)
    rest = [t for t in terms if t is not state.before]
    return rest if len(rest) == len(terms) - 1 and state.before not in ancestors(rest, loop.inputs) else None


def _summands(term):
    """The terms of a sum of products."""
    found, stack = [], [term]
    while stack:
        inner = args(stack[-1], "add")
        top = stack.pop()
        if inner is not None and all(v.type == term.type for v in inner):
            stack.extend(reversed(inner))
        else:
            found.append(top)
    return found


def _factors(term):
    """(x, y) where a matrix is dot(x.T, y), or outer(x, y); else None."""
    node = term.owner
    if node is not None and isinstance(node.op, Dot) and [v.type.ndim for v in node.inputs] == [2, 2]:
        x, y = node.inputs
        turned = x.owner is not None and isinstance(x.owner.op, DimShuffle) and x.owner.op.new_order == (1, 0)
        return (x.owner.inputs[0], y) if turned else None
    product = args(term, "mul")
    if product is None or len(product) != 2:
        return None
    nodes = [v.owner for v in product]
    if any(n is None or not isinstance(n.op, DimShuffle) for n in nodes):
        return None
    orders = [n.op.new_order for n in nodes]
    if sorted(orders, key=str) != [("x", 0), (0, "x")] and sorted(orders, key=str) != [(0, "x"), ("x", 0)]:
        return None
    x, y = (n.inputs[0] for n in (nodes if orders[0] == (0, "x") else nodes[::-1]))
    return (x, y) if x.type.dtype == y.type.dtype == term.type.dtype else None


@rule(Scan)
def sums_of_inner_loops(node):
    """scan of s = s + (sum that an inner scan begins with 0) >> scan of s = that sum, begun with s

    Gradients of loops of loops are such sums, of weights that the innermost one uses.
    """
    loop = node.op.loop(node.inputs)
    if not loop.states:
        return None
    outside = {o.inner: o.outer for o in loop.others}
    clients, begun = _clients(loop), {}
    for s in loop.states:
        parts = args(s.after, "add") or []
        term = next((v for v in parts if v is not s.before), None)
        if len(parts) != 2 or s.before not in parts or term is None or clients[term] != 1 \
                or not isinstance(getattr(term.owner, "op", None), Scan) or not is_zero(s.start):
            continue
        inner = term.owner
        within = inner.op.loop(inner.inputs)
        place, states = inner.outputs.index(term) - len(within.carries), within.states
        if 0 <= place < len(states) and outside.get(states[place].start) is s.start:        # then of one shape too
            begun.setdefault(inner, {})[place] = s
    known = {}
    for inner, sums in begun.items():
        within = inner.op.loop(inner.inputs)
        sums = {k: s for k, s in sums.items() if _added(within.states[k], within) is not None}
        states = [replace(x, start=sums[k].before) if k in sums else x for k, x in enumerate(within.states)]
        made = dict(zip(inner.outputs, run(replace(within, states=states), pruned=False), strict=True))
        known |= made if sums else {}
        for k, s in sums.items():
            known[s.after] = made[inner.outputs[len(within.carries) + k]]
    return run(loop.with_outputs(substitute(loop.outputs, known)), pruned=False) if known else None


def _clients(loop):
    """How often each variable of a step is used."""
    count = dict.fromkeys(loop.outputs, 0)
    for v in [*loop.outputs, *(v for n in toposort(loop.outputs, loop.inputs) for v in n.inputs)]:
        count[v] = count.get(v, 0) + 1
    return count


SUMS = (sums_of_products, sums_of_inner_loops)
