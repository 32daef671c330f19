"""Which nodes share a loop nest.

Nodes are given levels: a node lies above everything it needs, except that an elementwise value used at the
same points of the same index space may stay on its user's level, or is raised to it. Nodes of one level and
one space that are joined by such a value, or that read the same array, make a cluster. Edges between clusters
go up in level, so no order of fusing can make a cycle.
"""

from dataclasses import dataclass, field
from operator import attrgetter

MAX_NODES = 300             # scalar operations in one kernel: with 400, compilers take three times as long for them
MAX_OPERANDS = 40
FEW_READS = 4               # a value of so many arrays may be computed later than it could be
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
    needs: set = field(default_factory=set)         # those of this level and space that it depends on itself


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
        for node in reversed(nodes):
            self._delay(node)
        for node in nodes:
            if node in loops:
                self._join(node, loops[node], self.level[node])
        self._order(nodes)

    def _delay(self, node):
        """Let a value that is used in one nest only, later on, be computed there rather than be kept until then."""
        loop = self.loops.get(node)
        if loop is None or not loop.elementwise or len(loop.reads) > FEW_READS:
            return
        clients = [(c, v) for v in node.outputs for c, _ in v.clients]
        if not clients or any(c == "output" or not self._stays(self.loops.get(c), node, v) for c, v in clients):
            return
        level = min(self.level[c] for c, _ in clients)
        if level > self.level[node] and not any(self._shares(v, node) for v in loop.bases):
            self.level[node] = level

    def _shares(self, variable, node):
        """Whether a value is computed where ``node`` is now, for other nodes too."""
        producer = variable.owner
        return producer is not None and self.level.get(producer) == self.level[node] \
            and any(c is not node for v in producer.outputs for c, _ in v.clients)

    def _place(self, node):
        loop = self.loops.get(node)
        level = 0
        for variable in node.inputs if loop is None else (*loop.bases, *loop.needs):
            producer = variable.owner
            if producer is not None:
                level = max(level, self.level[producer] + 1 - self._stays(loop, producer, variable))
        self.level[node] = level

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
        feeding = {self.of[v.owner] for v in loop.bases if v.owner in self.of and self.level[v.owner] == level}
        late = max((c.number for c in feeding), default=-1)
        cluster = next((c for c in fits if c.number >= late), None)
        if cluster is None:
            cluster = Cluster(level, loop.space, number=len(self.of))
            self._open.setdefault((level, loop.space), []).append(cluster)
        else:
            for other in fits:
                first, second = sorted((cluster, other), key=attrgetter("number"))
                if other is not cluster and self._mergeable(first, second, tail):
                    self._absorb(first, second)
                    tail.remove(first)
                    feeding = {second if c is first else c for c in feeding}
                    cluster = second
        cluster.needs |= feeding - {cluster}
        cluster.nodes.append(node)
        cluster.operands |= loop.reads
        cluster.size += loop.size
        self.of[node] = cluster

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
        """Whether ``a`` can run where ``b`` does, later: both small enough, none between depends on it."""
        return (a.size + b.size <= MAX_NODES and self._read(a.operands | b.operands, a, b) < MAX_OPERANDS
                and not any(a.number < c.number < b.number and a in c.needs for c in siblings))

    def _absorb(self, a, b):
        """Make the nodes of ``a`` part of ``b``; both are among the last ones, as are those that need them."""
        siblings = self._open[a.level, a.space]
        del siblings[next(k for k in range(len(siblings) - 1, -1, -1) if siblings[k] is a)]
        for node in a.nodes:
            self.of[node] = b
        for c in siblings[-RECENT:]:
            if a in c.needs:
                c.needs = c.needs - {a} | {b} - {c}
        b.nodes = a.nodes + b.nodes
        b.operands |= a.operands
        b.needs |= a.needs - {b}
        b.size += a.size

    def _order(self, nodes):
        """Groups by level, then by first node; within a cluster nodes keep the order of the graph."""
        rank = {node: k for k, node in enumerate(nodes)}
        for cluster in set(self.of.values()):
            cluster.nodes.sort(key=rank.__getitem__)
        groups = [(c.level, c.number, rank[c.nodes[0]], c) for c in dict.fromkeys(self.of.values())]
        groups += [(self.level[n], -1, rank[n], n) for n in nodes if n not in self.of]
        groups.sort(key=lambda g: (g[0], g[1], g[2]))
        self.groups = [g[3] for g in groups]
