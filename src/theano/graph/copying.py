"""Identity ops that decide about memory: one copies, one shares."""

import copy

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply


class ViewOp(Op):
    """The input itself, as another variable: ``view_op(x)`` shares the storage of ``x``."""

    view_map = {0: [0]}
    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return output_grads

    def R_op(self, inputs, eval_points):
        return eval_points


class DeepCopyOp(Op):
    """A copy of the input that shares nothing with it."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node, inputs, output_storage):
        value = inputs[0]
        output_storage[0][0] = np.array(value, order="C", copy=True) if type(value) is np.ndarray \
            else copy.deepcopy(value)

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return output_grads

    def R_op(self, inputs, eval_points):
        return eval_points


view_op = ViewOp()
deep_copy_op = DeepCopyOp()
