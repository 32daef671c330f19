"""An inner graph run for every row of its arguments: what is batched without a rule."""

import numpy as np

from theano.gradient import DisconnectedType, NullType, Rop, grad
from theano.graph.copying import view_op
from theano.graph.op import Op
from theano.graph.testvalue import afterwards
from theano.graph.variable import Apply, Constant
from theano.graph.walk import ancestors, io_connection_pattern, substitute
from theano.inner.graph import InnerGraph, extents_of
from theano.scalar.type import Scalar
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import alloc
from theano.tensor.dot import broadcast_extents
from theano.tensor.elemwise import sum_to_shape_of
from theano.tensor.shape import scalar_from_tensor, shape_i, tensor_from_scalar
from theano.tensor.type import TensorType, tensor


class EachRow(Op):
    """``graph`` applied to each row of the batched inputs and to all of the others; its results, stacked.

    Parameters
    ----------
    graph : InnerGraph
        Outputs are tensors, the same shape for every row.
    batched : tuple of bool
        For each input whether it has a leading axis; for one at least. One row serves for as many as others have.
    """

    __props__ = ("graph", "batched")
    rop_takes_none = True
    batch_graph = None          # filled by the module of the walk over graphs

    def __init__(self, graph, batched):
        self.graph, self.batched = graph, tuple(batched)

    def make_node(self, *inputs):
        given = []
        for own, x, is_batch in zip(self.graph.inputs, inputs, self.batched, strict=True):
            kind = TensorType(own.type.dtype, (False, *own.type.broadcastable)) if is_batch else own.type
            given.append(kind.filter_variable(x))
        return Apply(self, given, [tensor(v.type.dtype, (False, *v.type.broadcastable)) for v in self.graph.outputs])

    def perform(self, node, inputs, output_storage, params=None):
        counts = {len(x) for x, is_batch in zip(inputs, self.batched, strict=True) if is_batch}
        if len(counts - {1}) > 1:
            raise ValueError(f"{self} got different numbers of rows: {sorted(counts)}")
        n, results = (counts - {1} or {1}).pop(), None
        for i in range(n):
            rows = self.graph(*(x[i if len(x) == n else 0, ...] if b else x
                                for x, b in zip(inputs, self.batched, strict=True)))
            if results is None:
                results = [np.empty((n, *row.shape), row.dtype) for row in rows]
            for result, row in zip(results, rows, strict=True):
                if result.shape[1:] != row.shape:
                    raise ValueError(f"{self}: rows must have one shape, but row 0 has {result.shape[1:]} and row {i} "
                                     f"{row.shape}")
                result[i] = row
        for cell, result in zip(output_storage, results or self._no_rows(inputs), strict=True):
            cell[0] = result

    def _no_rows(self, inputs):
        """Results of no rows: their extents are worked out from rows of zeros."""
        shapes = InnerGraph(self.graph.inputs, [v.shape for v in self.graph.outputs])
        given = [np.zeros(x.shape[1:], x.dtype) if b else x for x, b in zip(inputs, self.batched, strict=True)]
        return [np.empty((0, *map(int, shape)), v.type.dtype)
                for shape, v in zip(shapes(*given), self.graph.outputs, strict=True)]

    def do_constant_folding(self, node):
        return False                    # it would compile the inner graph while the outer one is rewritten

    def infer_shape(self, node, shapes):
        given = [s[1:] if b else s for s, b in zip(shapes, self.batched, strict=True)]
        n, own = broadcast_extents([s[0] for s, b in zip(shapes, self.batched, strict=True) if b]), self.graph.inputs
        moving = {v for v, b in zip(own, self.batched, strict=True) if b}
        fixed = {v: x for v, x, b in zip(own, node.inputs, self.batched, strict=True) if not b}
        found = []
        for output, row in zip(node.outputs, extents_of(self.graph.outputs, dict(zip(own, given, strict=True))),
                               strict=True):
            lifted = [as_tensor_variable(e) for e in row]
            found.append((n, *(shape_i(output, d + 1) if moving.intersection(ancestors([e]))
                               else e if isinstance(e, Constant) else substitute([e], fixed)[0]
                               for d, e in enumerate(lifted))))
        return found

    def connection_pattern(self, node):
        return io_connection_pattern(self.graph.inputs, self.graph.outputs)

    @afterwards
    def L_op(self, inputs, outputs, output_grads):
        own, replace = self.graph.inputs, dict(zip(self.graph.inputs, inputs, strict=True))
        known = {}
        for row, g in zip(self.graph.outputs, output_grads, strict=True):
            if not isinstance(g.type, DisconnectedType):
                rows_of_g = TensorType(g.type.dtype, row.type.broadcastable)()
                known[view_op(row)] = rows_of_g         # an output may be computed from another one, or be the same
                replace[rows_of_g] = TensorType(g.type.dtype, (False, *row.type.broadcastable)).filter_variable(g)
        terms = grad(None, own, known_grads=known, disconnected_inputs="ignore", null_gradients="return",
                     return_disconnected="Disconnected")
        finite = [k for k, g in enumerate(terms) if not isinstance(g.type, (DisconnectedType, NullType))]
        made = self.batch_graph([terms[k] for k in finite], replace)
        n = broadcast_extents([shape_i(x, 0) for x, b in zip(inputs, self.batched, strict=True) if b])
        for k, term in zip(finite, made, strict=True):
            whole = term.type.ndim > terms[k].type.ndim
            if self.batched[k]:
                terms[k] = term if whole else inputs[k].type.lift("second", inputs[k], term.dimshuffle(
                    "x", *range(term.type.ndim)))
                if whole and sum(self.batched) > 1:
                    terms[k] = sum_to_shape_of(term, inputs[k])
            else:
                terms[k] = term.sum(axis=0) if whole else term * n.astype(term.type.dtype)
        return terms

    @afterwards
    def R_op(self, inputs, eval_points):
        own, replace = self.graph.inputs, dict(zip(self.graph.inputs, inputs, strict=True))
        variables, points = [], []
        for v, x, p in zip(own, inputs, eval_points, strict=True):
            if p is not None:
                variables.append(v)
                points.append(v.type())
                replace[points[-1]] = x.type.filter_variable(p)
        tangents = Rop(self.graph.outputs, variables, points, disconnected_outputs="ignore",
                       return_disconnected="None")
        live = [k for k, t in enumerate(tangents) if t is not None]
        n = broadcast_extents([shape_i(x, 0) for x, b in zip(inputs, self.batched, strict=True) if b])
        for k, made in zip(live, self.batch_graph([tangents[k] for k in live], replace), strict=True):
            tangents[k] = made if made.type.ndim > self.graph.outputs[k].type.ndim else \
                alloc(made, n, *(shape_i(made, d) for d in range(made.type.ndim)))
        return tangents

    def __str__(self):
        return f"EachRow{{{self.graph}}}"


def each_row(node, inputs, batched):
    """What the outputs of ``node`` become for batched inputs, row by row; TypeError where they are no tensors."""
    for output in node.outputs:
        if not isinstance(output.type, (TensorType, Scalar)):
            raise TypeError(f"vectorize: {node.op} has no rule, and its rows can't be stacked, as it gives a "
                            f"{output.type}. Give the op a method batch_op(node, inputs, batched).")
    copies, within, outer = {}, [], []
    for old, new, is_batch in zip(node.inputs, inputs, batched, strict=True):
        if isinstance(new, Constant) and not is_batch or old in copies:
            continue
        scalar = isinstance(old.type, Scalar) and is_batch
        own = TensorType(old.type.dtype, ())() if scalar else old.type.make_variable(old.name)
        copies[old] = scalar_from_tensor(own) if scalar else own
        within.append(own)
        outer.append((new, is_batch))
    rows = node.clone_with_new_inputs([copies.get(v, new) for v, new in zip(node.inputs, inputs, strict=True)]).outputs
    rows = [tensor_from_scalar(v) if isinstance(v.type, Scalar) else v for v in rows]
    op = EachRow(InnerGraph(within, rows), [b for _, b in outer])
    return op(*(x for x, _ in outer), return_list=True)
