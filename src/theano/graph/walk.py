"""Walks over graphs: order, ancestors, cloning, replacement, comparison.

All of them are iterative, so that the depth of a graph is limited by memory only.
"""

from collections import deque

from theano.graph.variable import Apply, Constant, Variable


def toposort(outputs, blockers=()):
    """Nodes that ``outputs`` need, inputs first; nothing above ``blockers`` is visited."""
    order, done = [], set()
    blocked = set(blockers) if isinstance(blockers, (list, tuple)) else blockers
    for output in outputs:
        if output.owner is None or output.owner in done or output in blocked:
            continue
        stack = [(output.owner, iter(output.owner.inputs))]
        open_nodes = {output.owner}
        while stack:
            node, pending = stack[-1]
            for variable in pending:
                owner = variable.owner
                if owner is not None and owner not in done and variable not in blocked \
                        and owner not in open_nodes:
                    stack.append((owner, iter(owner.inputs)))
                    open_nodes.add(owner)
                    break
            else:
                stack.pop()
                open_nodes.discard(node)
                if node not in done:
                    done.add(node)
                    order.append(node)
    return order


def io_toposort(inputs, outputs, orderings=None, clients=None):
    """Nodes between ``inputs`` and ``outputs`` in an order that also respects ``orderings``.

    orderings: dict from a node to nodes that must come before it. Raises ValueError on a cycle.
    """
    if not orderings:
        return toposort(outputs, inputs)
    blocked = set(inputs)

    def needs(obj):
        if isinstance(obj, Variable):
            return [obj.owner] if obj.owner is not None and obj not in blocked else []
        return list(obj.inputs) + list(orderings.get(obj, ()))

    return [obj for obj in general_toposort(outputs, needs) if not isinstance(obj, Variable)]


def stack_search(start, expand, mode="bfs", build_inv=False):
    """All objects reachable from the deque ``start`` by ``expand``, in search order.

    With ``build_inv`` also a dict from each object to those that expand to it.
    """
    if mode not in ("bfs", "dfs"):
        raise ValueError(f"mode should be 'bfs' or 'dfs', got {mode!r}")
    take = start.popleft if mode == "bfs" else start.pop
    seen, found, inverse = set(), [], {}
    while start:
        obj = take()
        if obj in seen:
            continue
        seen.add(obj)
        found.append(obj)
        reached = expand(obj)
        if reached:
            if build_inv:
                for other in reached:
                    inverse.setdefault(other, []).append(obj)
            start.extend(reached)
    return (found, inverse) if build_inv else found


def general_toposort(outputs, deps, debug_print=False, compute_deps_cache=None, deps_cache=None,
                     clients=None):
    """Objects that ``outputs`` need by ``deps``, needed ones first. Raises ValueError on a cycle."""
    known = {} if deps_cache is None else deps_cache

    def needs(obj):
        if obj not in known:
            known[obj] = list(deps(obj) or ())
        return known[obj]

    reachable, users = stack_search(deque(outputs), needs, "dfs", True)
    waiting = {obj: len(set(needs(obj))) for obj in reachable}
    ready = deque(obj for obj in reachable if not waiting[obj])
    order = []
    while ready:
        obj = ready.popleft()
        order.append(obj)
        for user in dict.fromkeys(users.get(obj, ())):
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    if len(order) != len(reachable):
        raise ValueError("graph contains cycles")
    return order


def ancestors(variable_list, blockers=None):
    """Variables that ``variable_list`` depend on, themselves included, nearest first, up to ``blockers``."""
    blocked = set(blockers or ())

    def expand(variable):
        if variable.owner is not None and variable not in blocked:
            return reversed(variable.owner.inputs)

    return stack_search(deque(variable_list), lambda v: list(expand(v) or ()), "dfs")


def inputs(variable_list, blockers=None):
    """Variables without owner that ``variable_list`` depend on, constants included."""
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def variables_and_orphans(i, o):
    """Variables between the inputs ``i`` and the outputs ``o``, and those without owner among them."""
    given = set(i)

    def expand(variable):
        if variable.owner is not None and variable not in given:
            return [*reversed(variable.owner.inputs),
                    *(v for v in variable.owner.outputs if v is not variable)]
        return ()

    found = stack_search(deque(o), lambda v: list(expand(v)), "dfs")
    return found, [v for v in found if v.owner is None and v not in given]


def variables(i, o):
    """Variables between the inputs ``i`` and the outputs ``o``."""
    return variables_and_orphans(i, o)[0]


def orphans(i, o):
    """Variables without owner that the outputs ``o`` need besides the inputs ``i``."""
    return variables_and_orphans(i, o)[1]


def ops(i, o):
    """Set of nodes between the inputs ``i`` and the outputs ``o``."""
    return set(toposort(o, i))


def list_of_nodes(inputs, outputs):
    """Nodes between ``inputs`` and ``outputs``."""
    return toposort(outputs, inputs)


def is_in_ancestors(l_node, f_node):
    """Whether ``f_node`` is a node that ``l_node`` depends on, or ``l_node`` itself."""
    return f_node in toposort(l_node.outputs)


def check_chain(r, *chain):
    """Whether ``r`` was made by an op like the first of ``chain``, its first input by one like the second, and so on.

    r: a node or a variable. chain: ops, classes of ops, None for any op, or functions that say if a node will do.
    """
    for link in chain:
        node = r if isinstance(r, Apply) else r.owner
        if node is None or not _is_link(node, link):
            return False
        r = node.inputs[0] if node.inputs else None
    return bool(chain)


def _is_link(node, link):
    if link is None:
        return True
    if isinstance(link, type):
        return isinstance(node.op, link)
    if hasattr(link, "make_node"):
        return node.op == link
    return bool(link(node))


def view_roots(r):
    """Variables whose storage ``r`` may share."""
    found, stack = [], [r]
    while stack:
        v = stack.pop()
        views = None if v.owner is None else v.owner.op.view_map.get(v.owner.outputs.index(v))
        if views:
            stack.extend(v.owner.inputs[i] for i in reversed(views))
        else:
            found.append(v)
    return found


def clone(i, o, copy_inputs=True, copy_orphans=None):
    """Copies of the inputs ``i`` and of the graph up to the outputs ``o``: (inputs, outputs)."""
    if copy_orphans is None:
        copy_orphans = copy_inputs
    memo = clone_get_equiv(i, o, copy_inputs, copy_orphans)
    return [memo[v] for v in i], [memo[v] for v in o]


def clone_get_equiv(inputs, outputs, copy_inputs=True, copy_orphans=True, memo=None):
    """Copy a graph; a dict from every old variable and node to the new one."""
    if memo is None:
        memo = {}
    for variable in inputs:
        memo.setdefault(variable, variable.clone() if copy_inputs else variable)

    def leaf(variable):
        memo[variable] = variable.clone() if copy_orphans else variable

    for node in toposort(outputs, memo):
        for variable in node.inputs:
            if variable not in memo:
                leaf(variable)
        new = node.clone_with_new_inputs([memo[v] for v in node.inputs])
        memo[node] = new
        for old, fresh in zip(node.outputs, new.outputs, strict=True):
            memo.setdefault(old, fresh)
    for variable in outputs:
        if variable not in memo:
            leaf(variable)
    return memo


def substitute(outputs, replace, strict=True, copy_inputs=False):
    """``outputs`` with the variables of the dict ``replace`` replaced by their values.

    strict: the types must agree or be convertible. Replacements are not themselves rewritten.
    Variables that do not depend on any replaced one are kept as they are.
    """
    memo = {}
    for old, new in replace.items():
        if strict:
            new = old.type.filter_variable(new)
        memo[old] = new
    for node in toposort(outputs, memo):
        new_inputs = [memo.get(v, v) for v in node.inputs]
        if not copy_inputs and all(a is b for a, b in zip(new_inputs, node.inputs, strict=True)):
            continue
        new = node.clone_with_new_inputs(new_inputs, strict=strict)
        for old, fresh in zip(node.outputs, new.outputs, strict=True):
            memo.setdefault(old, fresh)
    return [memo.get(v, v) for v in outputs]


def same_graph(left, right, givens=None):
    """Whether two lists of variables compute the same from the same inputs.

    givens: dict that says which variables count as which.
    """
    equal = {}
    forward = dict(givens or {})
    stack = list(zip(left, right, strict=True)) if len(left) == len(right) else None
    if stack is None:
        return False
    while stack:
        a, b = stack.pop()
        a, b = forward.get(a, a), forward.get(b, b)
        if a is b or equal.get((a, b)):
            continue
        if isinstance(a, Constant) and isinstance(b, Constant):
            if not a.equals(b):
                return False
            continue
        x, y = a.owner, b.owner
        if x is None or y is None or x.op != y.op or len(x.inputs) != len(y.inputs) \
                or x.outputs.index(a) != y.outputs.index(b):
            return False
        equal[a, b] = True
        stack.extend(zip(x.inputs, y.inputs, strict=True))
    return True


def is_same_graph(var1, var2, givens=None, debug=False):
    """Whether two variables compute the same; ``givens`` pairs variables that count as equal."""
    pairs = list(givens.items()) if hasattr(givens, "items") else list(givens or ())
    return same_graph([var1], [var2], dict(pairs))


def equal_computations(xs, ys, in_xs=(), in_ys=()):
    """Whether ``xs`` as a function of ``in_xs`` is the same as ``ys`` of ``in_ys``."""
    if len(xs) != len(ys) or len(in_xs) != len(in_ys):
        return False
    if any(x.type != y.type for x, y in zip([*xs, *in_xs], [*ys, *in_ys], strict=True)):
        return False
    return same_graph(list(xs), list(ys), dict(zip(in_xs, in_ys, strict=True)))


def connection_pattern(node):
    """Rows per input, columns per output: whether the output depends on it differentiably or not."""
    method = getattr(node.op, "connection_pattern", None)
    if method is not None:
        pattern = method(node)
        if len(pattern) != len(node.inputs) or not all(
                hasattr(row, "__len__") and len(row) == len(node.outputs) for row in pattern):
            raise ValueError(f"{type(node.op).__name__}.connection_pattern must return a list for each of "
                             f"{len(node.inputs)} inputs, with True or False for each of {len(node.outputs)} outputs; "
                             f"it returned {pattern!r}")
        return pattern
    return [[True] * len(node.outputs) for _ in node.inputs]


def io_connection_pattern(inputs, outputs):
    """Whether each of ``outputs`` is connected to each of ``inputs``: a row per input."""
    reach = {v: {i} for i, v in enumerate(inputs)}
    for node in toposort(outputs, inputs):
        pattern = connection_pattern(node)
        for j, output in enumerate(node.outputs):
            reached = set()
            for i, variable in enumerate(node.inputs):
                if pattern[i][j]:
                    reached |= reach.get(variable, set())
            reach.setdefault(output, reached)
    return [[i in reach.get(output, ()) for output in outputs] for i in range(len(inputs))]
