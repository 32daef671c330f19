"""For every element the product of the others: a gradient of products that is right at any order, with zeros too."""

import math

import numpy as np

from theano.gradient import grad
from theano.graph.copying import view_op
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.careduce import Prod
from theano.tensor.constant import as_tensor_variable
from theano.tensor.cumulate import cumprod, neighbour, reversed_along
from theano.tensor.half import in_single
from theano.tensor.shape import shape_i


class ProdOfOthers(Op):
    """For every element of ``x`` the product of the others along ``axis``.

    x: any float or complex tensor   ->   the shape of x
    axis: increasing dimensions of x
    """

    __props__ = ("axis",)

    def __init__(self, axis):
        self.axis = tuple(axis)

    def make_node(self, x):
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, = inputs
        with np.errstate(all="ignore"):
            whole = np.multiply.reduce(x, axis=self.axis, keepdims=True)
            if x.all() and whole.all() and np.isfinite(whole).all():
                output_storage[0][0] = np.asarray(whole / x, dtype=x.dtype)
                return
            order = self._order(x.ndim)
            moved = x.transpose(order)
            rows = moved.reshape(*moved.shape[:x.ndim - len(self.axis)], -1)
            found = np.ones_like(rows)
            found[..., 1:] = np.multiply.accumulate(rows[..., :-1], axis=-1)
            found[..., :-1] *= np.multiply.accumulate(rows[..., :0:-1], axis=-1)[..., ::-1]
        output_storage[0][0] = np.ascontiguousarray(found.reshape(moved.shape).transpose(np.argsort(order)))

    def _order(self, ndim):
        """The order of dimensions with those of ``axis`` at the end."""
        return [*(d for d in range(ndim) if d not in self.axis), *self.axis]

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def L_op(self, inputs, outputs, output_grads):
        (x,), (g,) = inputs, output_grads
        return [grad(None, x, [x], known_grads={view_op(self.written_out(x)): g})]

    def written_out(self, x):
        """The products of those before times the products of those after: right derivatives of any order."""
        order = self._order(x.type.ndim)
        moved = x.dimshuffle(order)
        kept = x.type.ndim - len(self.axis)
        rows = moved.reshape((*(shape_i(moved, d) for d in range(kept)), math.prod(
            shape_i(moved, d) for d in range(kept, x.type.ndim))), ndim=kept + 1)
        before = neighbour(cumprod(rows, kept), kept, 1)
        after = neighbour(cumprod(reversed_along(rows, kept), kept), kept, 1)
        found = (before * reversed_along(after, kept)).reshape(moved.shape, ndim=x.type.ndim)
        found = x.type.rebroadcast(found, moved.type.broadcastable)
        return found.dimshuffle([order.index(d) for d in range(x.type.ndim)])

    def __str__(self):
        return f"ProdOfOthers{{{', '.join(map(str, self.axis))}}}"


Prod.of_others = ProdOfOthers
