"""Orders of nodes by comparison: what depends on what first, then the wishes of users."""

import functools
import heapq
from collections import defaultdict

from theano.graph.walk import io_toposort, list_of_nodes


def memodict(f):
    """``f``, a function of one argument, which remembers its results."""
    return functools.cache(f)


def make_depends():
    """A function ``depends((a, b))``: whether node ``a`` needs a result of node ``b``, directly or not."""
    known = {}                          # node -> all nodes that it needs

    def needed(node):
        stack = [node]
        while stack:
            top = stack[-1]
            owners = [v.owner for v in top.inputs if v.owner is not None]
            missing = [] if top in known else [o for o in owners if o not in known]
            stack.extend(missing)
            if not missing:
                known.setdefault(top, frozenset(owners).union(*(known[o] for o in owners)))
                stack.pop()
        return known[node]

    def depends(pair):
        a, b = pair
        return b in needed(a)
    return depends


def make_dependence_cmp():
    """A comparison of nodes: 1 where the first needs the second, -1 where the second needs the first, else 0."""
    depends = make_depends()

    def dependence(a, b):
        return 1 if depends((a, b)) else -1 if depends((b, a)) else 0
    return dependence


def reverse_dict(d):
    """For a dict of sequences a dict from each element to the tuple of the keys whose sequence has it."""
    found = defaultdict(list)
    for key, values in d.items():
        for value in values:
            found[value].append(key)
    return {value: tuple(keys) for value, keys in found.items()}


def _toposort(edges):
    """Keys and elements of ``edges`` so that each key stands before its elements; ValueError for a cycle."""
    incoming = defaultdict(set)
    for key, values in edges.items():
        for value in values:
            incoming[value].add(key)
    ready = [key for key in edges if key not in incoming]
    order = []
    while ready:
        key = ready.pop()
        order.append(key)
        for value in edges.get(key, ()):
            incoming[value].discard(key)
            if not incoming[value]:
                ready.append(value)
    if any(incoming.values()):
        raise ValueError("the graph has a cycle")
    return order


def posort(l, *cmps):                                                             # noqa: E741
    """``l`` sorted by comparisons that may be partial, the first weighing most; where all are silent the order stays.

    A comparison counts only where it doesn't contradict what earlier ones and the elements between say.
    """
    items = list(l)
    after = [set() for _ in items]          # positions that must come later
    before = [set() for _ in items]

    def order(i, j):
        if j in after[i] or i in after[j]:
            return
        ahead, behind = before[i] | {i}, after[j] | {j}
        for a in ahead:
            after[a] |= behind
        for b in behind:
            before[b] |= ahead

    for compare in cmps:
        for i in range(len(items)):
            for j in range(i + 1, len(items)):
                sign = compare(items[i], items[j])
                if sign < 0:
                    order(i, j)
                elif sign > 0:
                    order(j, i)
    left = [len(b) for b in before]
    ready = [i for i, n in enumerate(left) if n == 0]
    heapq.heapify(ready)
    result = []
    while ready:
        i = heapq.heappop(ready)
        result.append(items[i])
        for j in after[i]:
            left[j] -= 1
            if left[j] == 0:
                heapq.heappush(ready, j)
    return result


def sort_apply_nodes(inputs, outputs, cmps):
    """Nodes between ``inputs`` and ``outputs`` in an order in which they can run, and by ``cmps`` where that leaves
    a choice."""
    return posort(list_of_nodes(inputs, outputs), make_dependence_cmp(), *cmps)


def sort_schedule_fn(*cmps):
    """A ``schedule`` for linkers: from a graph to its nodes, ordered by ``cmps`` where there is a choice."""
    dependence = make_dependence_cmp()

    def schedule(fgraph):
        return posort(io_toposort(fgraph.inputs, fgraph.outputs, fgraph.orderings()), dependence, *cmps)
    return schedule


def key_to_cmp(key):
    """The comparison that a sort key stands for."""
    def compare(a, b):
        a, b = key(a), key(b)
        return (a > b) - (a < b)
    return compare
