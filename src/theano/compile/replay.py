"""Runs a graph again, node by node and inside of ops that hold a graph too, and shows every value to somebody."""

from contextlib import contextmanager

import numpy as np

from theano.compile.layouts import private
from theano.graph.need import marks_of
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
        stack = [v.owner for v in reversed(fgraph.outputs) if v.owner is not None]
        while stack:
            node = stack[-1]
            missing = [] if node.outputs[0] in known else self._missing(node, known)
            if missing:
                stack.extend(v.owner for v in reversed(missing))
                continue
            stack.pop()
            if node.outputs[0] not in known:
                self._compute(node, known)
        return [v.data if isinstance(v, Constant) else known[v] for v in fgraph.outputs]

    @staticmethod
    def _missing(node, known):
        """Inputs of ``node`` that it needs and that are not computed; conditions come before what depends on them."""
        marks = marks_of(node)
        for wanted in (None, ...):
            found = [v for v, mark in zip(node.inputs, marks, strict=True) if not isinstance(v, Constant)
                     and v not in known and (mark is None or wanted is ... and _holds(mark, known))]
            if found:
                return found
        return []

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


def _holds(mark, known):
    """Whether a condition has the truth value that it must have."""
    condition, truth = mark
    return bool(condition.data if isinstance(condition, Constant) else known[condition]) == truth
