"""Conditions checked while a function runs."""

import numpy as np

from theano.errors import DroppedCheckError, NotScalarConstantError
from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.tensor.constant import SEEN_THROUGH, as_tensor_variable


class Assert(Op):
    """``value``, after a check that every condition is true: ``Assert("what is wrong")(value, a > 0)``.

    value: any variable   conds: scalars   ->   value. Raises AssertionError with ``msg`` when one is false.
    """

    __props__ = ("msg",)
    view_map = {0: [0]}
    _f16_ok = True
    error = AssertionError

    def __init__(self, msg="Theano Assert failed!"):
        self.msg = msg

    def make_node(self, value, *conds):
        if not isinstance(value, Variable):
            value = as_tensor_variable(value)
        conds = [as_tensor_variable(c) for c in conds]
        if any(c.type.ndim for c in conds):
            raise TypeError(f"Assert needs scalar conditions, got {[c.type for c in conds]}. Use .all() or .any().")
        return Apply(self, [value, *conds], [value.type()])

    def perform(self, node, inputs, output_storage):
        value, *conds = inputs
        if not np.all(conds):
            raise self.error(self.msg)
        output_storage[0][0] = value

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], *([[False]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        return [*output_grads, *(DisconnectedType()() for _ in inputs[1:])]

    def R_op(self, inputs, eval_points):
        return [eval_points[0]]


assert_op = Assert()


class KeptChecks(Assert):
    """``value``, after the checks of operations whose own values are not computed."""

    error = DroppedCheckError

    def __init__(self, msg="extents or an index don't fit an operation of which only the shape is computed"):
        super().__init__(msg)


def _value_if_true(node, index, get):
    value, *conds = node.inputs
    if not all(get(c) for c in conds):
        raise NotScalarConstantError()
    return get(value)


SEEN_THROUGH[Assert] = _value_if_true


class Raise(Op):
    """An exception where it is computed: the class ``exc`` with the text ``msg``.

    x: any variable, of whose type the result would be
    """

    __props__ = ("msg", "exc")

    def __init__(self, msg="", exc=NotImplementedError):
        self.msg, self.exc = msg, exc

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        raise self.exc(self.msg)

    def do_constant_folding(self, node):
        return False

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return [self(output_grads[0])]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else self(eval_points[0])]

    def __str__(self):
        return f"Raise{{{self.exc.__name__}({self.msg})}}"
