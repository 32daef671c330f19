"""Graphs as values, for the ops that hold one."""

import copy

from theano.config import config
from theano.graph.fgraph import FunctionGraph
from theano.graph.op import with_changes
from theano.graph.variable import Constant
from theano.graph.walk import clone, equal_computations, substitute, toposort
from theano.tensor.create import AllocEmpty
from theano.tensor.dot import Dot
from theano.tensor.elemwise import Elemwise, SumToShapeOf
from theano.tensor.shape import shape_i


class InnerGraph:
    """A function from variables to variables; two that compute the same from inputs of the same types are equal.

    Calling it with values runs it. It is compiled at the first call, by what the layer that compiles has put at
    ``InnerGraph.builder``; the compiled function is neither copied nor pickled.
    ``key`` is kept by `codegen.key`.
    """

    builder = None              # function(inputs, outputs, mode, profile) -> callable with a list of arrays as result
    profile = None              # what measures the compiled function, given before it is made

    def __init__(self, inputs, outputs, mode=None):
        self.inputs, self.outputs, self.mode = list(inputs), list(outputs), mode
        self._function = self._hash = self.key = None

    @property
    def function(self):
        """The compiled function."""
        if self._function is None:
            with config.change_flags(compute_test_value="off"):     # the inner variables have no test values
                copies = clone(self.inputs, self.outputs)           # constants may belong to the graph around
                self._function = InnerGraph.builder(*copies, self.mode, self.profile)
        return self._function

    def unoptimized(self):
        """A copy as a FunctionGraph, not rewritten."""
        with config.change_flags(compute_test_value="off"):
            return FunctionGraph(*clone(self.inputs, self.outputs), clone=False)

    def __call__(self, *values):
        return (self._function or self.function)(*values)

    def __eq__(self, other):
        return self is other or (isinstance(other, InnerGraph) and equal_computations(
            self.outputs, other.outputs, self.inputs, other.inputs))

    def __hash__(self):
        if self._hash is None:
            nodes = toposort(self.outputs, self.inputs)
            self._hash = hash((tuple(v.type for v in self.inputs + self.outputs), frozenset(n.op for n in nodes)))
        return self._hash

    def __getstate__(self):
        return {"inputs": self.inputs, "outputs": self.outputs, "mode": self.mode, "_function": None, "_hash": None,
                "key": None}

    def __str__(self):
        return f"{len(self.inputs)} -> {len(self.outputs)}"


def graphs_of(op):
    """The graphs inside of ``op``, by the names of its attributes."""
    return {name: value for name, value in vars(op).items() if isinstance(value, InnerGraph)}


def run_in(node, mode):
    """``node`` for running in a function of ``mode``: graphs in its op that have no mode of their own have this one.

    The node itself where there are none; otherwise a copy, whose outputs belong to ``node``.
    """
    graphs = {name: InnerGraph(graph.inputs, graph.outputs, mode) for name, graph in graphs_of(node.op).items()
              if graph.mode is None}
    if mode is None or not graphs:
        return node
    twin = copy.copy(node)
    twin.op = with_changes(node.op, **graphs)
    return twin


def depending(inputs, outputs):
    """Variables that depend on ``inputs``, themselves included, up to ``outputs``."""
    found = set(inputs)
    for node in toposort(outputs, inputs):
        if not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


def read(outputs, inputs):
    """Variables up to ``inputs`` of which ``outputs`` need the elements, not only the shape."""
    found, stack = set(), list(outputs)
    while stack:
        v = stack.pop()
        if v in found:
            continue
        found.add(v)
        if v.owner is not None and v not in inputs:
            stack.extend(v.owner.inputs[:1] if isinstance(v.owner.op, SumToShapeOf) else v.owner.inputs)
    return found


def close(inputs, outputs):
    """The part of the graph of ``outputs`` that depends on ``inputs``, as a graph of its own.

    What is computed from constants alone stays inside, where rewriting can make use of its value.

    Returns
    -------
    InnerGraph
        Its inputs stand for ``inputs`` and then for
    list of variables
        what the part needs besides, computed outside of it.
    """
    inside, fixed, needed = depending(inputs, outputs), set(), []
    for node in toposort(outputs, inputs):
        if not inside.isdisjoint(node.inputs):
            needed.extend(node.inputs)
        elif all(isinstance(v, Constant) or v in fixed for v in node.inputs):
            fixed.update(node.outputs)
    others = [v for v in dict.fromkeys([*needed, *outputs])
              if not (v in inside or v in fixed or isinstance(v, Constant))]
    copies = {v: v.type.make_variable(v.name) for v in [*inputs, *others]}
    return InnerGraph(copies.values(), substitute(outputs, copies)), others


def extents_of(variables, known):
    """Extents of ``variables``, a tuple for each.

    known: dict from variables, up to which the graph is looked at, to their extents.
    """
    known = dict(known)

    def extents(v):
        if v not in known and hasattr(v.type, "ndim"):
            known[v] = tuple(shape_i(v, d) for d in range(v.type.ndim))
        return known.get(v)

    for node in toposort(variables, known):
        if hasattr(node.op, "infer_shape"):
            found = node.op.infer_shape(node, [extents(v) for v in node.inputs])
            for v, e in zip(node.outputs, found, strict=True):
                if e is not None:
                    known.setdefault(v, tuple(e))
    return [extents(v) for v in variables]


def with_light_shapes(outputs, inputs):
    """``outputs`` up to ``inputs`` where no product is made only to tell the shape of something."""
    memo = {}
    for node in toposort(outputs, inputs):
        given = [memo.get(v, v) for v in node.inputs]
        like = _shape_giver(node)
        if like is not None:
            given[like] = _of_same_shape(given[like], inputs)
        if any(a is not b for a, b in zip(given, node.inputs, strict=True)):
            memo.update(zip(node.outputs, node.clone_with_new_inputs(given).outputs, strict=True))
    return [memo.get(v, v) for v in outputs]


def _shape_giver(node):
    """Number of the input of which only the shape matters; None where there is none."""
    if isinstance(node.op, SumToShapeOf):
        return 1
    return 0 if type(node.op) is Elemwise and node.op.scalar_op.row_name == "second" else None


def _of_same_shape(x, inputs):
    """A variable of the type and shape of ``x``, where elementwise work on products without them."""
    node = x.owner
    if node is None or x in inputs:
        return x
    if isinstance(node.op, Dot) and x.type.ndim == 2 and x.type.broadcastable == (False, False):
        return AllocEmpty(x.type.dtype)(*(shape_i(v, axis) for axis, v in enumerate(node.inputs)))
    if type(node.op) is not Elemwise or len(node.outputs) > 1:
        return x
    given = [_of_same_shape(v, inputs) for v in node.inputs]
    changed = any(a is not b for a, b in zip(given, node.inputs, strict=True))
    return node.clone_with_new_inputs(given).outputs[0] if changed else x
