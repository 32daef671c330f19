"""Runs a graph again, node by node and inside of ops that hold a graph too, and shows every value to somebody."""

from contextlib import contextmanager

import numpy as np

from theano.compile.layouts import private
from theano.graph.need import compute_needed
from theano.graph.op import performer
from theano.graph.variable import Constant
from theano.inner.graph import InnerGraph


class Replay:
    """Runs graphs in Python.

    Parameters
    ----------
    look : function
        Called with ``variable, value, node, inputs`` for every input of a graph, where ``node`` is None, and for every
        output of a node, after it was computed from the values ``inputs``.
    prepare : function, optional
        Called with each FunctionGraph before it runs for the first time, those inside of ops too.
    """

    def __init__(self, look, prepare=lambda fgraph: None):
        self.look, self.prepare = look, prepare
        self._prepared = set()

    def run(self, fgraph, inputs):
        """The values of the outputs for those of the inputs, which stay as they are."""
        if fgraph not in self._prepared:
            self.prepare(fgraph)
            self._prepared.add(fgraph)
        known = {}
        for variable, value in zip(fgraph.inputs, inputs, strict=True):
            self.look(variable, value, None, ())
            known[variable] = value
        compute_needed(fgraph.outputs, known, lambda node: self._compute(node, known))
        return [v.data if isinstance(v, Constant) else known[v] for v in fgraph.outputs]

    def _compute(self, node, known):
        values = [v.data if isinstance(v, Constant) else known.get(v) for v in node.inputs]
        overwritten = {i for positions in node.op.destroy_map.values() for i in positions}
        given = [private(value) if i in overwritten else value for i, value in enumerate(values)]
        cells = [[None] for _ in node.outputs]
        with self._inside(node.op), np.errstate(all="ignore"):
            performer(node, "py")(node, given, cells)
        for variable, cell in zip(node.outputs, cells, strict=True):
            known[variable] = cell[0]
            self.look(variable, cell[0], node, values)

    @contextmanager
    def _inside(self, op):
        """Let the graph in ``op``, if there is one, run here too."""
        graph = getattr(op, "graph", None)
        if not isinstance(graph, InnerGraph):
            yield
            return
        before, written = graph._function, graph.unoptimized()
        graph._function = lambda *values: self.run(written, values)
        try:
            yield
        finally:
            graph._function = before
