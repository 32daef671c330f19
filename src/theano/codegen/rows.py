"""Clusters that work on the same rows, one after the other, as one nest with several phases.

Softmax, logsumexp, or the mean and variance of rows need a reduction of a row before they can go on with it. In a nest
of their own each of these steps would read all of the data; in phases a few rows stay in the cache.

``join_rows`` decides which clusters belong together; `phases` which phase computes what.
"""

from dataclasses import dataclass, field

from theano.codegen.access import access, aligned, literal_of
from theano.codegen.cluster import MAX_NODES, MAX_OPERANDS, Cluster
from theano.codegen.loops import kept_axes
from theano.tensor.careduce import CAReduce

AHEAD = 48                  # how many later groups may join a cluster
CHEAP = 4                   # a value that costs less than this is computed again in a later phase


@dataclass(eq=False)
class Rows:
    """Clusters that run in one nest with phases, and their nodes in order.

    space: extents of the points. reduced: the axes that each phase runs over. axes: for what nodes compute, which of
    its dimensions each axis of the space walks, -1 where it stays in place.
    """

    space: tuple
    reduced: tuple
    members: list = field(default_factory=list)
    nodes: list = field(default_factory=list)
    axes: dict = field(default_factory=dict)

    def axes_of(self, variable, loop):
        """``(base, axes)`` of what a node with index space ``loop.space`` reads; axes are those of the nest."""
        if loop.space == self.space:
            base, axes = access(variable)
            return base, aligned(base, axes, self.space)
        base, axes = access(variable)
        axes = (-1,) * (len(loop.space) - len(axes)) + tuple(axes)      # an extent that is filled has no axes
        spread = [-1] * len(self.space)
        for d, axis in zip(self.places(loop.space), axes, strict=True):
            spread[d] = axis
        return base, tuple(spread)

    def places(self, space):
        """The axis of the nest for each dimension of the space between reductions, or None for another space."""
        kept = [d for d in range(len(self.space)) if d not in self.reduced]
        if space == tuple(self.space[d] for d in kept):
            return kept
        if space == tuple(1 if d in self.reduced else e for d, e in enumerate(self.space)):
            return list(range(len(self.space)))
        return None


def reduced_axes(node):
    """The axes that a reduction reduces."""
    ndim = node.inputs[0].type.ndim
    return tuple(sorted(range(ndim) if node.op.axis is None else node.op.axis))


def join_rows(clusters):
    """Replace clusters of ``clusters`` that can share their rows by `Rows`."""
    groups = clusters.groups
    needs = {id(group): _needs(clusters, group) for group in groups}
    position = 0
    while position < len(groups):
        made = _from(clusters, groups[position:position + AHEAD], needs)
        if made is not None:
            members, rows, order = made
            groups[position:position + AHEAD] = order
            needs[id(rows)] = set().union(*(needs[id(m)] for m in members)) - {id(m) for m in members}
            for group in groups:
                if not needs[id(group)].isdisjoint(id(m) for m in members):
                    needs[id(group)].add(id(rows))
            for node in rows.nodes:
                clusters.of[node] = rows
            continue                    # what came before the last member is still to be looked at
        position += 1


def _needs(clusters, group):
    """Identities of the groups that ``group`` reads results of."""
    found = set()
    for node in group.nodes if isinstance(group, Cluster) else [group]:
        loop = clusters.loops.get(node)
        for variable in node.inputs if loop is None else (*loop.bases, *loop.needs):
            base = access(variable)[0] if hasattr(variable.type, "broadcastable") else variable
            if base.owner is not None:
                found.add(id(clusters.of.get(base.owner, base.owner)))
    return found - {id(group)}


def _from(clusters, window, needs):
    """``(members, rows, new order of the window)`` for the first group and those that can join it, or None."""
    first = window[0]
    if not isinstance(first, Cluster):
        return None
    for reduced in dict.fromkeys(reduced_axes(n) for n in first.nodes if isinstance(n.op, CAReduce)):
        kept = [e for d, e in enumerate(first.space) if d not in reduced]
        if all(e == 1 for e in kept):
            continue
        rows = Rows(first.space, reduced)
        _take(rows, first)
        members = [first]
        full = 1                        # members up to the last one that walks whole rows
        inside, tainted = {id(first)}, set()
        for group in window[1:]:
            if not needs[id(group)].isdisjoint(tainted):
                tainted.add(id(group))
            elif not needs[id(group)].isdisjoint(inside):
                if _fits(clusters, rows, group):
                    _take(rows, group)
                    members.append(group)
                    inside.add(id(group))
                    if group.space == rows.space:
                        full = len(members)
                else:
                    tainted.add(id(group))
        if full == 1:
            continue
        members = members[:full]
        inside = {id(m) for m in members}
        rows.members = members
        rows.nodes = [node for member in members for node in member.nodes]
        made = {v for node in rows.nodes for v in node.outputs}
        rows.axes = {v: axes for v, axes in rows.axes.items() if v in made}
        return members, rows, _reordered(window, rows, inside, needs)
    return None


def _reordered(window, rows, inside, needs):
    """The groups with ``rows`` in place of its members: behind what they need, before what needs them."""
    last = max(i for i, group in enumerate(window) if id(group) in inside)
    before, behind, late = [], [], set(inside)
    for group in window[:last + 1]:
        if id(group) in inside:
            continue
        if needs[id(group)].isdisjoint(late):
            before.append(group)
        else:
            late.add(id(group))
            behind.append(group)
    return [*before, rows, *behind, *window[last + 1:]]


def _take(rows, group):
    """Note where the results of a group lie in the space of ``rows``."""
    rows.nodes.extend(group.nodes)
    ndim = len(rows.space)
    for node in group.nodes:
        for variable in node.outputs:
            if isinstance(node.op, CAReduce):
                rows.axes[variable] = kept_axes(node.op, ndim)
            elif group.space == rows.space:
                rows.axes[variable] = tuple(range(ndim))
            else:
                spread = [-1] * ndim
                for dimension, d in enumerate(rows.places(group.space)):
                    if d not in rows.reduced:
                        spread[d] = dimension
                rows.axes[variable] = tuple(spread)


def _fits(clusters, rows, group):
    """Whether a group can be part of ``rows``: it works on whole rows, or on one value a row."""
    if not isinstance(group, Cluster):
        return False
    whole = group.space == rows.space
    if not whole and (rows.places(group.space) is None
                      or any(isinstance(node.op, CAReduce) for node in group.nodes)):
        return False
    loops = [clusters.loops[node] for node in [*rows.nodes, *group.nodes]]
    if sum(loop.size for loop in loops) > MAX_NODES or len(set().union(*(o.reads for o in loops))) > MAX_OPERANDS:
        return False
    if any(v.owner in rows.nodes for node in group.nodes for v in clusters.loops[node].needs):
        return False
    own = {v for node in group.nodes for v in node.outputs}
    for node in group.nodes:
        for variable in node.inputs:
            if literal_of(variable) is not None:
                continue
            base, axes = rows.axes_of(variable, clusters.loops[node])
            if base in own or base not in rows.axes:
                continue
            if axes != rows.axes[base] or not _finished(rows, base):
                return False
    return True


def _finished(rows, variable):
    """Whether what a node of ``rows`` computed can be read by a later phase."""
    node = variable.owner
    return not isinstance(node.op, CAReduce) or reduced_axes(node) == rows.reduced
