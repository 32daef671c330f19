"""An inner graph for every row of a result."""

import numpy as np

from theano.gradient import DisconnectedType, NullType, Rop, grad
from theano.graph.copying import view_op
from theano.graph.op import Op
from theano.graph.testvalue import afterwards
from theano.graph.variable import Apply
from theano.graph.walk import io_connection_pattern, substitute
from theano.inner.graph import close, depending
from theano.scalar.type import Scalar
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.type import tensor


class Rowwise(Op):
    """Rows ``f(i, *others)`` for i = 0 ... n-1, stacked or summed.

    Inputs of a node are n, the extents of a row of each output, and the others; all but the others are integers.

    Parameters
    ----------
    graph : InnerGraph
        f; its first input is i, an int64 scalar.
    summed : tuple of bool
        For each output whether its rows are added up, so that only one of them is in memory.
    """

    __props__ = ("graph", "summed")
    rop_takes_none = True

    def __init__(self, graph, summed):
        self.graph, self.summed = graph, tuple(summed)

    def parts(self, values):
        """Inputs of a node, or something for each: (of n, a list for each output, of the others)."""
        extents, at = [], 1
        for output in self.graph.outputs:
            extents.append(list(values[at:at + output.type.ndim]))
            at += output.type.ndim
        return values[0], extents, list(values[at:])

    def make_node(self, *inputs):
        inputs = [x if isinstance(getattr(x, "type", None), Scalar) else as_tensor_variable(x) for x in inputs]
        n, extents, others = self.parts(inputs)
        for x in (n, *(e for row in extents for e in row)):
            if x.type.ndim or not x.type.dtype.startswith(("int", "uint")):
                raise TypeError(f"{self} needs integer scalars as lengths, but got {x}, a {x.type}")
        others = [own.type.filter_variable(x) for own, x in zip(self.graph.inputs[1:], others, strict=True)]
        rows = [v.type for v in self.graph.outputs]
        return Apply(self, inputs[:len(inputs) - len(others)] + others, [
            tensor(t.dtype, t.broadcastable if summed else (False, *t.broadcastable))
            for t, summed in zip(rows, self.summed, strict=True)])

    def perform(self, node, inputs, output_storage, params=None):
        n, extents, others = self.parts(inputs)
        results = [(np.zeros if summed else np.empty)(tuple(shape) if summed else (n, *shape), v.type.dtype)
                   for shape, v, summed in zip(extents, self.graph.outputs, self.summed, strict=True)]
        index = np.zeros((), "int64")
        for i in range(int(n)):
            index[()] = i
            for result, row, shape, summed in zip(results, self.graph(index, *others), extents, self.summed,
                                                  strict=True):
                if row.shape != tuple(shape):
                    raise ValueError(f"{self} found a row of shape {row.shape}, expected {tuple(map(int, shape))}")
                if summed:
                    result += row
                else:
                    result[i] = row
        for cell, result in zip(output_storage, results, strict=True):
            cell[0] = result

    def do_constant_folding(self, node):
        return False                    # it would compile the inner graph while the outer one is rewritten

    def infer_shape(self, node, shapes):
        n, extents, _ = self.parts(node.inputs)
        return [tuple(row) if summed else (n, *row) for row, summed in zip(extents, self.summed, strict=True)]

    def connection_pattern(self, node):
        others = io_connection_pattern(self.graph.inputs[1:], self.graph.outputs)
        return [[False] * len(node.outputs)] * (len(node.inputs) - len(others)) + others

    @afterwards
    def L_op(self, inputs, outputs, output_grads):
        n, _, others = self.parts(inputs)
        index, *own = self.graph.inputs
        # Views, because an output of the inner graph may be computed from another one, or be the same.
        known = {view_op(row): g if summed else g[index] for row, g, summed
                 in zip(self.graph.outputs, output_grads, self.summed, strict=True)
                 if not isinstance(g.type, DisconnectedType)}
        terms = grad(None, own, known_grads=known, disconnected_inputs="ignore", null_gradients="return",
                     return_disconnected="Disconnected") if own else []
        finite = [k for k, g in enumerate(terms) if not isinstance(g.type, (DisconnectedType, NullType))]
        made = self._map([terms[k] for k in finite], others, n, [others[k].shape for k in finite], True)
        for k, term in zip(finite, made, strict=True):
            terms[k] = term
        return [DisconnectedType()() for _ in range(len(inputs) - len(others))] + terms

    @afterwards
    def R_op(self, inputs, eval_points):
        n, extents, others = self.parts(inputs)
        points = self.parts(eval_points)[2]
        moved = [(x, p) for x, p in zip(self.graph.inputs[1:], points, strict=True) if p is not None]
        tangents = Rop(self.graph.outputs, *map(list, zip(*moved, strict=True)), disconnected_outputs="ignore",
                       return_disconnected="None")
        live = [k for k, t in enumerate(tangents) if t is not None]
        made = self._map([tangents[k] for k in live], others, n, [extents[k] for k in live],
                         [self.summed[k] for k in live])
        for k, tangent in zip(live, made, strict=True):
            tangents[k] = tangent
        return tangents

    def only(self, positions, inputs):
        """The outputs at ``positions`` of a node with these inputs, without the work for the others."""
        n, extents, others = self.parts(inputs)
        return self._map([self.graph.outputs[k] for k in positions], others, n, [extents[k] for k in positions],
                         [self.summed[k] for k in positions])

    def _map(self, rows, others, n, shapes, summed):
        """`map_rows` of expressions of the inner inputs."""
        index, *own = self.graph.inputs
        rows = substitute(rows, dict(zip(own, others, strict=True)))
        return map_rows(index, rows, n, shapes, summed) if rows else []

    def __str__(self):
        return f"Rowwise{{{self.graph}, {'summed' if all(self.summed) else 'stacked'}}}"


def map_rows(index, rows, n, shapes, summed=False):
    """For each of ``rows`` its values for ``index`` = 0 ... n-1, stacked or summed.

    What does not depend on ``index`` is computed once, outside of the loop.

    Parameters
    ----------
    index : int64 scalar without owner
    rows : list of tensors
    n : integer scalar
    shapes : list
        For each row its extents, or the vector of them.
    summed : bool, or one for each row

    Returns
    -------
    list of tensors, (n, *shape) or (shape), dtype of the row
    """
    summed = [summed] * len(rows) if isinstance(summed, bool) else summed
    extents = [[shape[d] for d in range(row.type.ndim)] for row, shape in zip(rows, shapes, strict=True)]
    moving = depending([index], rows)
    results = [row if row in moving else row * n.astype(row.type.dtype) if total else alloc(row, n, *shape)
               for row, shape, total in zip(rows, extents, summed, strict=True)]
    live = [k for k, row in enumerate(rows) if row in moving]
    if live:
        graph, others = close([index], [rows[k] for k in live])
        op = Rowwise(graph, [summed[k] for k in live])
        made = op(n, *(e for k in live for e in extents[k]), *others, return_list=True)
        for k, result in zip(live, made, strict=True):
            results[k] = result
    return results
