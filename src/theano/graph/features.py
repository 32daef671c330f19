"""Listeners of a FunctionGraph that users attach or derive from."""

from theano.errors import InconsistencyError
from theano.graph.fgraph import AlreadyThere


class Feature:
    """A listener that does nothing; subclasses override what they want to hear."""

    def on_attach(self, fgraph):
        """The listener was attached to ``fgraph``; raise AlreadyThere to refuse."""

    def on_detach(self, fgraph):
        """The listener was removed."""

    def on_import(self, fgraph, node, reason):
        """``node`` came into the graph."""

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        """Input ``i`` of ``node`` (or output ``i`` of the graph, then ``node`` is "output") is now ``new_r``."""

    def on_prune(self, fgraph, node, reason):
        """``node`` left the graph."""

    def orderings(self, fgraph):
        """Dict from a node to nodes that must run before it."""
        return {}


class NodeFinder(Feature):
    """Gives a graph ``get_nodes(op)``: its nodes with that op, in the order in which they came."""

    pickles = True

    def __init__(self):
        self.by_op = {}

    def on_attach(self, fgraph):
        if hasattr(fgraph, "get_nodes"):
            raise AlreadyThere("the graph has get_nodes already")
        self.by_op = {}
        fgraph.get_nodes = self.query
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph):
        del fgraph.get_nodes
        self.by_op = {}

    def on_import(self, fgraph, node, reason):
        self.by_op.setdefault(node.op, {})[node] = None

    def on_prune(self, fgraph, node, reason):
        del self.by_op[node.op][node]

    def query(self, op):
        """The nodes with ``op``."""
        return list(self.by_op.get(op, ()))


class PrintListener(Feature):
    """Prints what happens to a graph while ``active``."""

    def __init__(self, active=True):
        self.active = active

    def _print(self, *words):
        if self.active:
            print("--", *words)

    def on_attach(self, fgraph):
        self._print("attaching to", fgraph)

    def on_detach(self, fgraph):
        self._print("detaching from", fgraph)

    def on_import(self, fgraph, node, reason):
        self._print("importing", node, "because of", reason)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self._print("changing", (node, i), "from", r, "to", new_r, "because of", reason)

    def on_prune(self, fgraph, node, reason):
        self._print("pruning", node, "because of", reason)


class NoOutputFromInplace(Feature):
    """Forbids that outputs of a graph are computed in place, those from ``first`` up to ``last``."""

    def __init__(self, first_output_idx=0, last_output_idx=None):
        self.first, self.last = first_output_idx, last_output_idx

    def validate(self, fgraph):
        """Raise InconsistencyError when one is."""
        for variable in fgraph.outputs[self.first:self.last]:
            node = variable.owner
            if node is not None and variable.index in (getattr(node.op, "destroy_map", None) or {}):
                raise InconsistencyError(f"output {variable} of the graph is computed in place by {node}")
