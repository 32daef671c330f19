"""A value that stands for one that is None."""

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable


class Default(Op):
    """``x``, or where its value is None, ``default``, which has the same type; an input ``x`` may be given as None."""

    __props__ = ()
    view_map = {0: [0]}
    takes_none = (0, 1)

    def make_node(self, x, default):
        x, default = as_tensor_variable(x), as_tensor_variable(default)
        if x.type != default.type:
            raise TypeError(f"both arguments of default must have the same type, got {x.type} and {default.type}")
        return Apply(self, [x, default], [default.type()])

    def perform(self, node, inputs, output_storage):
        x, default = inputs
        if x is None and default is None:
            raise ValueError(f"{node.inputs[0]} and what stands for it, {node.inputs[1]}, are both None")
        output_storage[0][0] = default.copy() if x is None else x


default = setdefault = Default()
