"""Loops: what nobody needs, what is the same in all steps, what one product does instead of one in each step."""

from dataclasses import replace

from theano.graph.fgraph import FunctionGraph
from theano.graph.variable import Constant, Variable
from theano.graph.walk import ancestors, equal_computations, substitute, toposort
from theano.inner.graph import read
from theano.inner.scan.loop import Sequence, buffer_of, fitted, rows_of, twin
from theano.inner.scan.op import Scan, run
from theano.rewrite.engine import Merger, rule
from theano.rewrite.rules.match import args
from theano.tensor.create import AllocEmpty, alloc
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import DimShuffle, Elemwise, minimum
from theano.tensor.index import IncSubtensor, Subtensor, index_of
from theano.tensor.shape import ScalarFromTensor, Shape_i, patternbroadcast
from theano.tensor.type import values_eq_approx


@rule(Scan, tags=("canonicalize", "scan", "remove_constants_and_unused_inputs_scan"))
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


@rule(Scan, tags=("canonicalize", "scan", "scanOp_pushout_nonseqs_ops", "all_pushout_opt"))
def invariants_of_scan(node):
    """scan of f(row, g(x)) >> scan of f(row, y) where y = g(x)"""
    loop, moved = node.op.loop(node.inputs).hoisted()
    if not moved:
        return None
    return dict(zip(node.outputs, run(loop), strict=True))


@rule(Scan, tags=("canonicalize", "scan", "scanOp_pushout_nonseqs_ops", "all_pushout_opt"))
def equal_rows_of_scan(node):
    """scan of y >> alloc(y, n, ...) where y is the same in all steps"""
    loop = node.op.loop(node.inputs)
    same = {o.inner: o.outer for o in loop.others if hasattr(o.outer.type, "broadcastable")}
    stacks = zip(node.outputs[len(node.outputs) - len(loop.stacks):], loop.stacks, strict=True)
    found = {output: same[s.value] for output, s in stacks if output.clients and s.value in same}
    if not found or loop.until is not None:
        return None
    return {output: alloc(y, loop.n, *(y.shape[d] for d in range(y.type.ndim))) for output, y in found.items()}


@rule(Scan, name="scan_save_mem", tags=("specialize", "scan", "scanOp_save_mem"))
def last_rows_of_scan(node):
    """scan in a buffer for all steps, of which only the last rows are used >> scan in a buffer for these"""
    loop, shorter = node.op.loop(node.inputs), False
    for s, output in zip(reversed(loop.stacks), reversed(node.outputs), strict=False):
        used = _rows_used(output, 0) if s.length is loop.n else None
        if used and not (isinstance(loop.n, Constant) and loop.n.data <= used):
            s.length = minimum(loop.n, used)
            shorter = True
    for c, output in zip(loop.carries, node.outputs, strict=False):
        initial, used = _initial_rows(c, loop.n), _rows_used(output, c.reach)
        if initial is None or used is None or isinstance(loop.n, Constant) and loop.n.data <= used:
            continue
        c.buffer = fitted(buffer_of(initial, minimum(loop.n, used)), c.buffer.type)
        shorter = True
    if not shorter:
        return None
    outputs = run(loop)
    # The rows of steps go first: with another input that variable would not be what came in place of something.
    after = {client.outputs[0]: new[c.reach:] for c, old, new in zip(loop.carries, node.outputs, outputs, strict=False)
             for client in _after_initial(old, c.reach)}
    for v in (*outputs[:len(loop.carries)], *outputs[len(loop.carries) + len(loop.states):], *after.values()):
        v.tag.values_eq_approx = equal_last_rows
    return after | dict(zip(node.outputs, outputs, strict=True))


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


def _after_initial(output, reach):
    """The nodes ``output[reach:]``, of a carry the rows that steps gave."""
    return [client for client, _ in output.clients if client != "output" and isinstance(client.op, Subtensor)
            and client.inputs[0] is output and _constant_index(client) == [slice(reach, None, None)]]


def _constant_index(node):
    return node.op.get_constant_idx(node.inputs, allow_partial=True, only_process_constants=True)


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
            index = _constant_index(client)
            if x is output and index == [slice(reach, None, None)]:
                stack.append(client.outputs[0])
            elif isinstance(index[0], int) and index[0] < 0:
                most = max(most, -index[0])
            elif isinstance(index[0], slice) and index[0] == slice(index[0].start, None, None) \
                    and isinstance(index[0].start, int) and index[0].start < 0:
                most = max(most, -index[0].start)
            else:
                return None
    return most


@rule(Scan, tags=("canonicalize", "scan", "scan_merge_inouts", "scanOp_merge_inouts"))
def rows_of_sequences_and_carries(node):
    """scan of (f, x) over all of x >> scan of f, and x; where a stacked value is carried too, the carried ones"""
    loop = node.op.loop(node.inputs)
    if loop.until is not None:
        return None
    known = {s.row: s.array for s in loop.sequences if _is_extent(loop.n, s.array)}
    for c, output in zip(loop.carries, node.outputs, strict=False):
        if _initial_rows(c, loop.n) is not None:
            known.setdefault(c.value, output[c.reach:])
    stacks = zip(node.outputs[len(node.outputs) - len(loop.stacks):], loop.stacks, strict=True)
    found = {v: known[s.value] for v, s in stacks if v.clients and s.length is loop.n and s.value in known}
    return found or None


@rule(Scan, name="scan_merge", tags=("canonicalize", "scan", "scanOp_merge"), fgraph=True)
def part_of_another_scan(fgraph, node):
    """scan of f over x, where there is a scan of (f, g) over (x, y) >> its rows of f"""
    feeding = [v for v in node.inputs[1:] if not isinstance(v, Constant)]
    others = {c for v in feeding for c, _ in v.clients if c != "output" and c is not node and isinstance(c.op, Scan)}
    for other in sorted(others, key=str) if others else ():
        found = steps_in(node, other)
        if found and not set(node.outputs).intersection(ancestors(other.inputs)):
            return found
    return None


def steps_in(node, other):
    """Which outputs of ``other`` are those of ``node``; None where some are not there."""
    loop, wide = node.op.loop(node.inputs), other.op.loop(other.inputs)
    if loop.n is not wide.n or (loop.until is None) != (wide.until is None) or loop.truncate != wide.truncate:
        return None
    pairs, outputs, values = {}, {}, []
    rows = {s.array: s.row for s in wide.sequences}
    outer = {o.outer: o.inner for o in wide.others}
    carries, starts = {}, {}                    # several may begin with the same
    for k, c in enumerate(wide.carries):
        carries.setdefault((c.buffer, c.taps), []).append(k)
    for k, s in enumerate(wide.states):
        starts.setdefault(s.start, []).append(k)
    pairs.update((s.row, rows.get(s.array)) for s in loop.sequences)
    pairs.update((o.inner, outer.get(o.outer)) for o in loop.others)
    given = iter(node.outputs)
    for c in loop.carries:
        same = carries.get((c.buffer, c.taps))
        if not same:
            return None
        k = same.pop(0)
        pairs.update(zip(c.rows, wide.carries[k].rows, strict=True))
        values.append((c.value, wide.carries[k].value))
        outputs[next(given)] = other.outputs[k]
    for s in loop.states:
        same = starts.get(s.start)
        if not same:
            return None
        k = same.pop(0)
        pairs[s.before] = wide.states[k].before
        values.append((s.after, wide.states[k].after))
        outputs[next(given)] = other.outputs[len(wide.carries) + k]
    if None in pairs.values():
        return None
    if loop.until is not None:
        values.append((loop.until, wide.until))
    inside, within = list(pairs), list(pairs.values())
    if not equal_computations([a for a, _ in values], [b for _, b in values], inside, within):
        return None
    for s, output in zip(loop.stacks, given, strict=True):
        twins = (v for t, v in zip(wide.stacks, other.outputs[len(wide.carries) + len(wide.states):], strict=True)
                 if t.length is s.length and equal_computations([s.value], [t.value], inside, within))
        outputs[output] = next(twins, None)
    return None if None in outputs.values() else outputs


# -- products ---------------------------------------------------------------------------------------------


@rule(Scan, name="scanOp_pushout_seqs_ops", tags=("scan", "all_pushout_opt"))
def products_of_rows(node):
    """scan of f(dot(row, w)) over x >> scan of f(row) over dot(x, w), one product of matrices"""
    loop = node.op.loop(node.inputs)
    if loop.until is not None:
        return None
    arrays, same = {s.row: s.array for s in loop.sequences}, {o.inner: o.outer for o in loop.others}
    replaced, added, needed = {}, [], read(loop.outputs, set(loop.inputs))
    for inner in toposort(loop.outputs, loop.inputs):
        if not isinstance(inner.op, Dot) or inner.outputs[0] not in needed:
            continue
        out, (x, w) = inner.outputs[0], inner.inputs
        if x in same and x.type.ndim == 2 and w in arrays and w.type.ndim == 1:
            x, w = w, x.T
        outside = _outside(w, same)
        if x not in arrays or outside is None or w.type.ndim != 2:
            continue
        replaced[out] = row = twin(out)
        product = _product_of_rows(arrays[x], outside)
        added.append(Sequence(row, fitted(product, rows_of(row.type, product.type.broadcastable[:1]))))
    if not replaced:
        return None
    loop = loop.with_outputs(substitute(loop.outputs, replaced))
    loop.sequences = loop.sequences + added
    return dict(zip(node.outputs, run(loop), strict=True))


def _outside(variable, same):
    """What stands outside for a variable, or its transpose, that is the same in all steps; else None."""
    if variable in same:
        return same[variable]
    if isinstance(variable, Constant):
        return variable.clone()
    node = variable.owner
    if node is not None and isinstance(node.op, DimShuffle) and node.inputs[0] in same:
        return node.op(same[node.inputs[0]])
    return None


def _product_of_rows(x, w):
    """dot(row, w) for all rows of x; rows in reverse order are turned afterwards, as others may want the product."""
    node = x.owner
    if node is not None and isinstance(node.op, Subtensor) and _slice_of(node) == slice(None, None, -1):
        return _product_of_rows(node.inputs[0], w)[::-1]
    if x.type.ndim == 2:
        return dot(x, w)
    flat = dot(x.reshape((x.shape[0] * x.shape[1], x.shape[2])), w)
    return flat.reshape((x.shape[0], x.shape[1], w.shape[1]))


# -- slices that loops are made with ------------------------------------------------------------------------


@rule(Subtensor, name="local_subtensor_of_first_rows", tags=("canonicalize",))
def first_rows_of_first_rows(node):
    """x[:n][::-1][:n] >> x[:n][::-1], x[:x.shape[0]] >> x, x[0:] >> x"""
    entry = _slice_of(node)
    if entry == slice(0, None):
        return node.inputs[0]
    if entry is None or entry.start is not None or entry.step is not None or not isinstance(entry.stop, Variable):
        return None
    return node.inputs[0] if _is_bound(node.inputs[0], entry.stop) else None


@rule(Subtensor, tags=("canonicalize",), fgraph=True)
def initial_rows_of_set(fgraph, node):
    """set_subtensor(fill(buffer, 0)[:k], y)[:k] >> y of k rows, for a buffer with room for a loop's k initial rows"""
    made, entry = node.inputs[0].owner, _slice_of(node)
    if entry is None or entry.start is not None or entry.step is not None or not isinstance(entry.stop, int) \
            or made is None or not isinstance(made.op, IncSubtensor) or not made.op.set_instead_of_inc:
        return None
    y, same = made.inputs[1], made.op.idx_list == node.op.idx_list and made.inputs[2:] == node.inputs[1:]
    filled, pattern = args(made.inputs[0], "second"), node.outputs[0].type.broadcastable
    if not same or filled is None or _rows_at_least(filled[0]) < entry.stop or _rows_of(fgraph, y) != entry.stop:
        return None
    agree = getattr(fgraph, "extents_agree", False)
    return patternbroadcast(y, pattern) if agree and y.type.broadcastable[1:] == pattern[1:] else None


def _rows_at_least(buffer):
    """How many rows a buffer of a loop has at least."""
    while buffer.owner is not None and isinstance(buffer.owner.op, IncSubtensor):
        buffer = buffer.owner.inputs[0]
    if buffer.owner is None or not isinstance(buffer.owner.op, AllocEmpty):
        return 0
    rows = buffer.owner.inputs[0]
    return max((int(v.data) for v in args(rows, "add") or [rows] if isinstance(v, Constant)), default=0)


def _rows_of(fgraph, x):
    """How many rows ``x`` has; None where that is no constant."""
    if x.type.broadcastable[:1] == (True,):
        return 1
    feature = getattr(fgraph, "shape_feature", None)
    rows = feature.get_shape(x, 0) if feature is not None and x.type.ndim else None
    return int(rows.data) if isinstance(rows, Constant) else None


def _slice_of(node):
    """The slice of rows that a Subtensor takes, with bounds that are numbers or variables; None where it does more."""
    index = index_of(node)
    if len(index) != 1 or not isinstance(index[0], slice):
        return None
    parts = (index[0].start, index[0].stop, index[0].step)
    return slice(*(int(p.data) if isinstance(p, Constant) else p for p in parts))


def _is_bound(x, stop):
    """Whether ``x`` is known to have at most ``stop`` rows."""
    extent = _tensor_of(stop)
    if _is_extent(extent, x):
        return True
    node = x.owner
    entry = _slice_of(node) if node is not None and isinstance(node.op, Subtensor) else None
    if entry is None:
        return False
    if entry.stop is None:
        return entry.step in (None, -1) and _is_bound(node.inputs[0], stop)
    if entry.step is not None or not isinstance(entry.stop, Variable):
        return False
    if entry.start in (None, 0):
        return entry.stop is stop
    summands = args(_tensor_of(entry.stop), "add")
    return summands is not None and len(summands) == 2 and extent in summands \
        and any(isinstance(v, Constant) and v.data == entry.start for v in summands)


def _is_extent(n, x):
    """Whether ``n`` is how many rows ``x`` has."""
    return n.owner is not None and isinstance(n.owner.op, Shape_i) and n.owner.op.i == 0 and n.owner.inputs[0] is x


def _tensor_of(bound):
    """A bound of a slice as a tensor."""
    node = bound.owner
    return node.inputs[0] if node is not None and isinstance(node.op, ScalarFromTensor) else bound


# -- loops that are none --------------------------------------------------------------------------------------


@rule(Scan, name="scanOp_pushout_elemwise", tags=("scan", "all_pushout_opt", "scanOp_pushout_seqs_ops"))
def elementwise_of_rows(node):
    """scan of f over x, where f is elementwise and needs no earlier step >> f(x)"""
    loop = node.op.loop(node.inputs)
    if loop.carries or loop.states or loop.until is not None or not loop.sequences \
            or not all(_has_rows(loop.n, s.array) for s in loop.sequences) \
            or not all(s.length is loop.n for s in loop.stacks):
        return None
    known, same = {s.row: s.array for s in loop.sequences}, {o.inner: o.outer for o in loop.others}
    for inner in toposort(loop.values, loop.inputs):
        if known.keys().isdisjoint(inner.inputs):
            continue                        # the same in all steps: found outside by `invariants_of_scan`
        if type(inner.op) not in (Elemwise, DimShuffle):
            return None
        given = [_over_rows(v, known, same) for v in inner.inputs]
        if None in given:
            return None
        op = inner.op
        if type(op) is DimShuffle:
            order = [0, *(d if d == "x" else d + 1 for d in op.new_order)]
            op = DimShuffle(given[0].type.broadcastable, order)
        known.update(zip(inner.outputs, op(*given, return_list=True), strict=True))
    if not all(s.value in known for s in loop.stacks):
        return None
    return {v: known[s.value] for v, s in zip(node.outputs, loop.stacks, strict=True)}


def _over_rows(variable, known, same):
    """What a variable of a step is for all rows; None where that isn't known."""
    if variable in known:
        return known[variable]
    outside = variable.clone() if isinstance(variable, Constant) else same.get(variable)
    if outside is None or not hasattr(outside.type, "broadcastable"):
        return None
    return outside.dimshuffle("x", *range(outside.type.ndim))


def _has_rows(n, x):
    """Whether ``x`` is known to have exactly ``n`` rows."""
    node = x.owner
    entry = _slice_of(node) if node is not None and isinstance(node.op, Subtensor) else None
    if _is_extent(n, x) or entry is None:
        return _is_extent(n, x)
    if entry == slice(None, None, -1):
        return _has_rows(n, node.inputs[0])
    return entry.start in (None, 0) and entry.step is None and isinstance(entry.stop, Variable) \
        and _tensor_of(entry.stop) is n and _is_at_most(n, node.inputs[0])


def _is_at_most(n, x):
    """Whether ``x`` is known to have ``n`` rows or more."""
    parts = args(n, "minimum")
    if parts is not None:
        return any(_is_at_most(part, x) for part in parts)
    if isinstance(n, Constant) and isinstance(x, Constant):
        return n.data <= len(x.data)
    return _is_extent(n, x)


@rule(Scan)
def equal_values_in_steps(node):
    """scan of f(g(x), g(x)) >> scan of f(y, y) where y = g(x)"""
    loop = node.op.loop(node.inputs)
    graph = FunctionGraph(loop.inputs, loop.outputs)
    merger = Merger()
    graph.attach_feature(merger)
    changed = False
    while merger.settle(graph):
        changed = True
    if not changed:
        return None
    graph.remove_feature(merger)
    inputs, outputs = graph.inputs, graph.outputs
    graph.disown()
    loop = loop.with_outputs(substitute(outputs, dict(zip(inputs, loop.inputs, strict=True))))
    return dict(zip(node.outputs, run(loop), strict=True))


@rule("second", tags=("specialize",), fgraph=True)
def filled_as_scan(fgraph, node):
    """fill(buffer that a loop gives, y) >> fill(buffer that it takes, y), for which no step is made"""
    x, y = node.inputs
    like = _shaped_alike(x) if getattr(fgraph, "extents_agree", False) else None
    return None if like is None else node.op(like, y)


def _shaped_alike(x):
    """What has the shape of ``x``, a buffer that a loop gives or a part of one, before the loop; None for others."""
    node = x.owner
    if node is not None and isinstance(node.op, Subtensor):
        whole = _shaped_alike(node.inputs[0])
        return None if whole is None else node.op(whole, *node.inputs[1:])
    if node is None or type(node.op) is not Scan or node.op.until:
        return None
    k, buffers = node.outputs.index(x), node.op.parts(node.inputs)[2]
    return buffers[k] if k < len(buffers) else None


SCAN = (scan_with_unused, invariants_of_scan, equal_rows_of_scan, rows_of_sequences_and_carries,
        part_of_another_scan, first_rows_of_first_rows, initial_rows_of_set)
PRODUCTS = (elementwise_of_rows, filled_as_scan, equal_values_in_steps, products_of_rows)
