"""Which nodes share a loop nest.

Nodes are given levels: a node lies above everything it needs, except that an elementwise value used at the
same points of the same index space may stay on its user's level. Nodes of one level and one space that are
joined by such a value, or that read the same array, make a cluster. Edges between clusters go up in level, so
no order of fusing can make a cycle.
"""

from dataclasses import dataclass, field

MAX_NODES = 200             # scalar operations in one kernel: compilers are superlinear beyond
MAX_OPERANDS = 28
RECENT = 8                  # how many clusters of a level and space still take nodes


@dataclass(eq=False)
class Cluster:
    """Nodes that run in one nest, in order; ``space`` is their index space."""

    level: int
    space: tuple
    nodes: list = field(default_factory=list)
    operands: set = field(default_factory=set)
    size: int = 0
    number: int = 0             # clusters of one level and space depend on those with smaller numbers only


class Clusters:
    """Groups the nodes of a graph.

    Parameters
    ----------
    nodes : list of Apply
        In order of execution.
    loops : dict
        node -> `LoopNode` for those that can be part of a nest.
    """

    def __init__(self, nodes, loops):
        self.loops = loops
        self.level = {}
        self.of = {}                # node -> Cluster
        self.groups = []            # Cluster or node, in order of execution
        self._open = {}             # (level, space) -> clusters that still take nodes
        for node in nodes:
            self._place(node)
        self._order(nodes)

    def _place(self, node):
        loop = self.loops.get(node)
        level = 0
        for variable in node.inputs if loop is None else (*loop.bases, *loop.needs):
            producer = variable.owner
            if producer is not None:
                level = max(level, self.level[producer] + 1 - self._stays(loop, producer, variable))
        self.level[node] = level
        if loop is not None:
            self._join(node, loop, level)

    def _stays(self, loop, producer, variable):
        """1 when the value can be used where it is computed, in the same nest."""
        other = self.loops.get(producer)
        return int(loop is not None and other is not None and other.elementwise
                   and variable in loop.pointwise and other.space == loop.space)

    def _join(self, node, loop, level):
        tail = self._open.get((level, loop.space), ())[-RECENT:]
        fits = [c for c in tail
                if c.size + loop.size <= MAX_NODES
                and self._read(c.operands | loop.reads, c) < MAX_OPERANDS and self._related(c, node, loop)]
        late = max((self._position(v) for v in loop.bases if self._feeds(v, level, loop)), default=-1)
        fits = [c for c in fits if c.number >= late]
        if fits:
            cluster = fits[0]
            for other in fits[1:]:
                if self._mergeable(cluster, other, tail):
                    self._absorb(cluster, other)
                    tail.remove(other)
        else:
            cluster = Cluster(level, loop.space, number=len(self.of))
            self._open.setdefault((level, loop.space), []).append(cluster)
        cluster.nodes.append(node)
        cluster.operands |= loop.reads
        cluster.size += loop.size
        self.of[node] = cluster

    def _feeds(self, variable, level, loop):
        owner = variable.owner
        return owner in self.of and self.level[owner] == level

    def _position(self, variable):
        return self.of[variable.owner].number

    def _related(self, cluster, node, loop):
        if any(v.owner in self.of and self.of[v.owner] is cluster for v in loop.pointwise):
            return True
        return bool(cluster.operands & loop.reads)

    def _read(self, operands, *clusters):
        """How many of ``operands`` are not computed in ``clusters``; more than that where there are few anyway."""
        if len(operands) < MAX_OPERANDS:
            return len(operands)
        return sum(self.of.get(v.owner) not in clusters for v in operands)

    def _mergeable(self, a, b, siblings):
        """Whether ``b`` can be put behind ``a``: both small enough, no third one between that could depend."""
        return (a.size + b.size <= MAX_NODES and self._read(a.operands | b.operands, a, b) < MAX_OPERANDS
                and siblings.index(b) - siblings.index(a) == 1)

    def _absorb(self, a, b):
        for node in b.nodes:
            self.of[node] = a
        a.nodes += b.nodes
        a.operands |= b.operands
        a.size += b.size
        self._open[a.level, a.space].remove(b)

    def _order(self, nodes):
        """Groups by level, then by first node; within a cluster nodes keep the order of the graph."""
        rank = {node: k for k, node in enumerate(nodes)}
        for cluster in set(self.of.values()):
            cluster.nodes.sort(key=rank.__getitem__)
        groups = [(c.level, c.number, rank[c.nodes[0]], c) for c in dict.fromkeys(self.of.values())]
        groups += [(self.level[n], -1, rank[n], n) for n in nodes if n not in self.of]
        groups.sort(key=lambda g: (g[0], g[1], g[2]))
        self.groups = [g[3] for g in groups]
