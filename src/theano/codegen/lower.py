"""From a rewritten graph to a program: loop nests, instructions, memory.

Elementwise nodes, reductions and fills become loop nests (`cluster` says which share one); every other op has a
function in `kernels` that adds instructions, or runs its ``perform``.
"""

import numpy as np

from theano.codegen.blocks import Uncovered
from theano.codegen.cluster import MAX_OPERANDS, Cluster, Clusters
from theano.codegen.direct import set_directly, write_directly
from theano.codegen.expand import expand
from theano.codegen.kernels import find_kernel
from theano.codegen.loops import build_nest, loop_node
from theano.codegen.phases import build_rows
from theano.codegen.rows import Rows, join_rows
from theano.codegen.task import Place, Task
from theano.graph.variable import Constant
from theano.rewrite.extents import Extents
from theano.rewrite.rules.branch import close_branches
from theano.rewrite.rules.inplace import overwriting_form
from theano.scalar.table import TABLE
from theano.tensor.elemwise import DimShuffle


def dtype_of(variable):
    """dtype of a tensor; "object" for everything else."""
    return variable.type.dtype if hasattr(variable.type, "broadcastable") else "object"


class Lowering:
    """State of lowering one graph; `tasks` and `places` are the result.

    loops: the `LoopSet` that nests must be made of, None where there is a compiler. query_of: function of the mode of
    an inner graph, or None, that gives the query by which it is rewritten; None where it must run by itself.
    """

    def __init__(self, fgraph, kinds, n_guards=0, loops=None, query_of=lambda mode: None):
        self.loop_set, self.query_of = loops, query_of
        self.fgraph = fgraph = expand(_closed(fgraph))
        self.tasks = []
        self.places = {}
        self.extents = Extents()
        self.sources = []               # C source of hand-written kernels
        self.kinds = dict(zip(fgraph.inputs, kinds, strict=True))   # what may be done with their memory, see `Place`
        nodes = fgraph.toposort()
        for node in nodes:
            self.extents.visit(node)
        loops = {}
        for node in nodes:
            found = loop_node(self, node)
            if found is not None:
                loops[node] = found
        self.loops = loops
        self.clusters = Clusters(nodes, loops)
        join_rows(self.clusters)
        for variable in fgraph.inputs:
            self._input(variable)
        for group in self.clusters.groups:
            if isinstance(group, Rows):
                self._rows(group)
            elif isinstance(group, Cluster):
                for part in self._parts(group):
                    build_nest(self, part)
            else:
                self._lower(group)
        checks = fgraph.outputs[len(fgraph.outputs) - n_guards:]
        self.guards = [self.place(v) for v in checks if not (isinstance(v, Constant) and v.data.all())]
        self.outputs = [self.place(v) for v in fgraph.outputs[:len(fgraph.outputs) - n_guards]]
        kept = [*self.outputs, *self.guards]
        self.tasks = set_directly(write_directly(self.tasks, kept), kept)

    def _input(self, variable):
        pattern = getattr(variable.type, "broadcastable", ())
        ones = sum(1 << d for d, b in enumerate(pattern) if b)
        place = Place(dtype_of(variable), len(pattern), self.kinds[variable], ones=ones)
        place.size = self.extents.canonical(variable) if hasattr(variable.type, "ndim") else ()
        self.places[variable] = place

    def _rows(self, rows):
        """A nest with phases, or failing that one nest after the other."""
        if build_rows(self, rows):
            return
        for cluster in rows.members:
            for node in cluster.nodes:
                self.clusters.of[node] = cluster
        for cluster in rows.members:
            build_nest(self, cluster)

    def _parts(self, cluster):
        """A cluster, or its halves and so on where it would read and write too many arrays."""
        stored = sum(self.is_needed(v, cluster) for node in cluster.nodes for v in node.outputs)
        read = {b for node in cluster.nodes for b in self.loops[node].reads
                if self.clusters.of.get(b.owner) is not cluster}
        if len(cluster.nodes) == 1 or stored + len(read) <= MAX_OPERANDS:
            return [cluster]
        middle = len(cluster.nodes) // 2
        halves = []
        for nodes in (cluster.nodes[:middle], cluster.nodes[middle:]):
            half = Cluster(cluster.level, cluster.space, nodes)
            for node in nodes:
                self.clusters.of[node] = half
            halves.append(half)
        return [part for half in halves for part in self._parts(half)]

    def _lower(self, node):
        if isinstance(node.op, DimShuffle):
            return                      # made when somebody asks for it; loops read through it
        kernel = find_kernel(node)
        if kernel is None or kernel(self, node) is NotImplemented:
            self.python(node)

    # -- what kernels use -------------------------------------------------------------------------

    def place(self, variable):
        """The place of a variable, with its elements in memory."""
        found = self.places.get(variable)
        if found is not None:
            return found
        if isinstance(variable, Constant):
            is_array = hasattr(variable.type, "broadcastable")
            value = np.ascontiguousarray(variable.data).reshape(np.shape(variable.data)) if is_array else \
                variable.data
            found = Place(dtype_of(variable), variable.type.ndim if is_array else 0, "const", value=value)
            if is_array:
                found.size = self.extents.canonical(variable)
        elif isinstance(variable.owner.op, DimShuffle):
            op = variable.owner.op
            source = self.place(variable.owner.inputs[0])
            found = self.view(variable, source)
            order = tuple(-1 if d == "x" else d for d in op.new_order)
            self.add("dimshuffle", [source], [found], order, node=variable.owner)
        else:
            raise KeyError(f"{variable} was not computed")
        self.places[variable] = found
        return found

    def temp(self, variable, dtype=None):
        """A new place for a variable."""
        dtype = dtype or dtype_of(variable)
        place = Place(dtype, variable.type.ndim if dtype != "object" else 0, "temp")
        if dtype != "object":
            place.size = self.extents.canonical(variable)
        self.places[variable] = place
        return place

    def view(self, variable, source):
        """A place for a variable in the storage of ``source``."""
        place = Place(variable.type.dtype, variable.type.ndim, "view", of=source)
        place.size = self.extents.canonical(variable)
        self.places[variable] = place
        return place

    def scalar(self, dtype="int64"):
        """A new place for one number."""
        return Place(dtype, 0, "temp", size=())

    @staticmethod
    def row(name):
        """A row of the scalar table."""
        return TABLE[name]

    def constant(self, value, dtype="int64"):
        """The place of a constant array that the graph doesn't have."""
        array = np.asarray(value, dtype)
        return Place(dtype, array.ndim, "const", value=array)

    def add(self, kind, inputs, outputs, params=(), **more):
        """Append an instruction."""
        task = Task(kind, list(inputs), list(outputs), tuple(params), **more)
        self.tasks.append(task)
        return task

    def python(self, node):
        """Run ``node.op.perform``."""
        destroyed = {i for positions in node.op.destroy_map.values() for i in positions}
        inputs = [self.place(v) for v in node.inputs]
        for place in inputs:
            place.root().array = True
        outputs = []
        for index, variable in enumerate(node.outputs):
            if index == 0 and node.op.overwrites is not None and destroyed:     # the very storage of that input
                outputs.append(inputs[node.op.overwrites])
                self.places[variable] = outputs[0]
                continue
            place = self.temp(variable)
            place.array = True
            viewed = node.op.view_map.get(index, ())
            place.foreign = bool(viewed or destroyed and node.op.overwrites is None)
            for position in viewed:                     # nobody may write there while the view is used
                inputs[position].root().foreign = True
            outputs.append(place)
        overwriting = overwriting_form(node)
        self.add("python", inputs, outputs, node=node, nodes=(node,), overwriting=overwriting,
                 inplace=[] if overwriting is None else [(outputs[0], inputs[0])])

    def keep_arguments(self):
        """Keep arguments as they are: a call may turn out to be one for the interpreter, which begins again."""
        for place in self.places.values():
            if place.kind == "mutable":
                place.kind = "lent"

    def can_apply(self, row, dtypes, out):
        """Whether a nest can hold a row of the scalar table for arguments of these dtypes."""
        return self.loop_set is None or self.loop_set.has_row(row, tuple(dtypes), out)

    def is_needed(self, variable, cluster):
        """Whether anything outside ``cluster`` uses ``variable``."""
        stack = [variable]
        while stack:
            for client, _ in stack.pop().clients:
                if client == "output":
                    return True
                if isinstance(client.op, DimShuffle):
                    stack.extend(client.outputs)
                elif self.clusters.of.get(client) is not cluster:
                    return True
        return False


def _closed(fgraph):
    """The graph with branches as graphs; raises `Uncovered` where these would need one another in a circle."""
    closed = close_branches(fgraph)
    done = set()
    for node in closed.toposort() if closed is not fgraph else ():
        if any(v.owner is not None and v.owner not in done for v in node.inputs):
            raise Uncovered("branches that need one another")
        done.add(node)
    return closed
