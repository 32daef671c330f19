"""Arrays laid out without gaps."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable


class CpuContiguous(Op):
    """``x`` as a C-contiguous array: itself if it is one, else a copy."""

    __props__ = ()
    view_map = {0: [0]}
    check_input = False

    def make_node(self, x):
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.ascontiguousarray(inputs[0]).reshape(inputs[0].shape)

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return list(output_grads)

    def R_op(self, inputs, eval_points):
        return list(eval_points)


cpu_contiguous = CpuContiguous()
