"""Branches as graphs: what is needed only for one value of a condition, and the op that computes nothing else."""

import copy

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.inner.ifelse import IfElse, either
from theano.scalar.type import Scalar
from theano.tensor.type import TensorType


class Branch(Op):
    """The outputs of one of two graphs, of which only that one is computed.

    Inputs of a node are the condition, and what the graphs need, which both have as inputs. Where a graph has nothing
    to say about an output, its value there is `absent`, and nobody reads it.

    Parameters
    ----------
    true, false : InnerGraph
    name : str, optional
        For texts only.
    """

    __props__ = ("true", "false")
    _f16_ok = True

    def __init__(self, true, false, name=None):
        self.true, self.false, self.name = true, false, name
        self._passed = _passed(true), _passed(false)        # positions and constants, of graphs without nodes

    def make_node(self, condition, *others):
        return Apply(self, [condition, *others],
                     [either(a, b) for a, b in zip(self.true.outputs, self.false.outputs, strict=True)])

    def perform(self, node, inputs, output_storage, params=None):
        condition, *others = inputs
        graph, passed = (self.true, self._passed[0]) if condition else (self.false, self._passed[1])
        values = graph(*others) if passed is None else [others[i] if isinstance(i, int) else i.data for i in passed]
        for cell, value in zip(output_storage, values, strict=True):
            # The next call of the inner function may write there, and others may have the inputs.
            cell[0] = np.array(value) if isinstance(value, np.ndarray) else copy.deepcopy(value)

    def do_constant_folding(self, node):
        return False

    def __str__(self):
        return f"branch{{{self.name or ''}}}"


def _passed(graph):
    """Where the outputs of a graph come from that computes nothing, else None."""
    places = {v: i for i, v in enumerate(graph.inputs)}
    if all(v in places or isinstance(v, Constant) for v in graph.outputs):
        return [places.get(v, v) for v in graph.outputs]
    return None


def absent(variable):
    """A constant of the type of ``variable``, as small as can be."""
    kind = variable.type
    if isinstance(kind, Scalar):
        return Constant(kind, kind.filter(0))
    if not isinstance(kind, TensorType):
        return Constant(kind, None)
    shape = [n if n is not None else 1 if b else 0 for n, b in zip(kind.shape, kind.broadcastable, strict=True)]
    return kind.make_constant(np.zeros(shape, kind.dtype))


def is_choice(node):
    """Whether a node is one of `ifelse`."""
    return isinstance(node.op, IfElse)
