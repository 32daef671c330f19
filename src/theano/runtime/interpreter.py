"""Runs a graph node by node in Python: the meaning every other way of running is tested against."""

from theano.graph.variable import Constant
from theano.runtime.report import describe_failure, extended


class Interpreter:
    """Runs the nodes of a FunctionGraph in order, each by its own thunk.

    Attributes
    ----------
    storage_map : dict
        variable -> its one-element cell; those given at the start, of shared variables, are used as they are.
    nodes, thunks : lists
        In the order of execution.
    failed : Apply or None
        The node whose error ended the last call that failed.
    """

    def __init__(self, fgraph, allow_gc=True, storage_map=None):
        self.fgraph = fgraph
        self.allow_gc = allow_gc
        self.nodes = fgraph.toposort()
        self.storage_map = dict(storage_map or {})
        self._fill_storage()
        self._lent = {id(cell) for cell in (storage_map or {}).values()}
        self.compute_map = {v: [v.owner is None] for v in self.storage_map}
        self.thunks = [self._thunk(node) for node in self.nodes]
        self._last_use = self._plan_release()
        self.profile = self.failed = None

    def _fill_storage(self):
        for variable in self.fgraph.inputs:
            self.storage_map.setdefault(variable, [None])
        for variable in [*(v for n in self.nodes for v in [*n.inputs, *n.outputs]),
                         *self.fgraph.outputs]:
            if variable not in self.storage_map:
                self.storage_map[variable] = [variable.data if isinstance(variable, Constant) else None]

    def _thunk(self, node):
        return node.op.make_thunk(node, self.storage_map, self.compute_map, [])

    def _plan_release(self):
        """For each node the cells that nobody needs after it."""
        if not self.allow_gc:
            return [[] for _ in self.nodes]
        kept = {*self.fgraph.inputs, *self.fgraph.outputs}
        last = {}
        for position, node in enumerate(self.nodes):
            for variable in [*node.inputs, *node.outputs]:
                if variable.owner is not None and variable not in kept:
                    last[variable] = position
        release = [[] for _ in self.nodes]
        for variable, position in last.items():
            release[position].append(self.storage_map[variable])
        return release

    def __call__(self, values):
        """Values of the graph's outputs for ``values`` of its inputs."""
        for variable, value in zip(self.fgraph.inputs, values, strict=True):
            self.storage_map[variable][0] = value
        position = 0
        try:
            for position, (thunk, dead) in enumerate(zip(self.thunks, self._last_use, strict=True)):
                thunk()
                for cell in dead:
                    cell[0] = None
        except Exception as error:
            raise self._failure(error, position) from error
        results = [self.storage_map[v][0] for v in self.fgraph.outputs]
        if self.allow_gc:
            for variable in self.fgraph.outputs:
                if variable.owner is not None:
                    self.storage_map[variable][0] = None
        return results

    def _failure(self, error, position):
        node = self.failed = self.nodes[position]
        values = [self.storage_map[v][0] for v in node.inputs]
        return extended(error, describe_failure(node, values, position))

    def free(self):
        """Forget all intermediate values; what is in cells of others stays."""
        for variable, cell in self.storage_map.items():
            if not isinstance(variable, Constant) and id(cell) not in self._lent:
                cell[0] = None
