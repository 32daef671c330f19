"""The op that stops a function in the debugger."""


import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.late import pdb
from theano.tensor.constant import as_tensor_variable


class PdbBreakpoint(Op):
    """The variables themselves; where ``condition`` is true, the debugger starts when they are computed.

    ``x, y = PdbBreakpoint("too high")(cost > 1000, x, y)`` watches two variables; use its results in their place. In
    the debugger ``monitored`` is the list of their values, and an array that is changed there stays changed.

    condition: scalar   monitored: any variables   ->   a view of each

    Parameters
    ----------
    name : str
        What is printed when the debugger starts.
    """

    __props__ = ("name",)

    def __init__(self, name):
        self.name = name

    def make_node(self, condition, *monitored_vars):
        condition = as_tensor_variable(np.bool_(condition) if isinstance(condition, bool) else condition)
        if condition.type.ndim:
            raise TypeError(f"PdbBreakpoint needs a scalar condition, got {condition.type}. Use .all() or .any().")
        if not monitored_vars:
            raise ValueError("PdbBreakpoint needs at least one variable to watch")
        watched = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in monitored_vars]
        op = PdbBreakpoint(self.name)
        op.view_map = {k: [k + 1] for k in range(len(watched))}
        return Apply(op, [condition, *watched], [v.type() for v in watched])

    def perform(self, node, inputs, output_storage):
        condition, *monitored = inputs
        if condition:
            print(f"\nBreakpoint {self.name!r}: its condition holds. `monitored` is the list of the values.")
            pdb.set_trace()
        for cell, value in zip(output_storage, monitored, strict=True):
            cell[0] = value

    def do_constant_folding(self, node):
        """Never: it would stop when the function is compiled, and not when it runs."""
        return False

    def infer_shape(self, node, shapes):
        return shapes[1:]

    def connection_pattern(self, node):
        n = len(node.outputs)
        return [[False] * n, *([k == j for j in range(n)] for k in range(n))]

    def grad(self, inputs, output_grads):
        return [DisconnectedType()(), *output_grads]

    def R_op(self, inputs, eval_points):
        return eval_points[1:]
