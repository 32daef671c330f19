"""``x.at[index]``: a tensor with a part of it set, incremented, multiplied, or bounded."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.tensor.advanced import AdvancedIncSubtensor, inc_subtensor, may_repeat, read, set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE, DimShuffle, switch
from theano.tensor.getitem import expand_index, separated
from theano.tensor.half import apply_at
from theano.tensor.index import sum_to_value
from theano.tensor.slices import as_index_variable
from theano.tensor.type import TensorType
from theano.tensor.variable import method

UFUNCS = {"mul": np.multiply, "minimum": np.minimum, "maximum": np.maximum}


class AdvancedUpdate(AdvancedIncSubtensor):
    """``x`` with ``x[index] = operation(x[index], y)``, where equal indices count one after the other.

    operation: "mul", "minimum" or "maximum".  Reference: numpy.ufunc.at
    """

    __props__ = ("operation", "inplace")

    def __init__(self, operation, inplace=False):
        if operation not in UFUNCS:
            raise ValueError(f"operation must be one of {', '.join(UFUNCS)}, got {operation!r}")
        super().__init__(inplace)
        self.operation = operation

    def store(self, x, index, y):
        """Write to the array ``x``."""
        apply_at(UFUNCS[self.operation], x, index, y)

    def L_op(self, inputs, outputs, output_grads):
        (x, y, *index), (out,), (g,) = inputs, outputs, output_grads
        rest = [DisconnectedType()() for _ in index]
        if x.type.dtype.startswith(("int", "uint", "bool")):
            return [x.zeros_like(dtype="floatX"), y.zeros_like(dtype="floatX"), *rest]
        if self.operation == "mul":
            x, y = (v.conj() if v.type.dtype.startswith("complex") else v for v in (x, y))
            return [self(g, y, *index), sum_to_value(y, read(g * x, index) * _product_of_others(x, y, index)), *rest]
        equal, chosen = x.type.lift("eq", out, x), x.type.lift("eq", read(out, index), y)
        share = g / AdvancedIncSubtensor()(equal.astype(g.type.dtype), chosen.astype(g.type.dtype), *index)
        taken = read(share, index)          # those that are equal have equal shares
        return [switch(equal, share, g.zeros_like()), sum_to_value(y, switch(chosen, taken, taken.zeros_like())),
                *rest]

    R_op = Op.R_op                      # reverse mode twice


def _product_of_others(x, y, index):
    """For each value the product of all the others that go to the same place; right with zeros among them."""
    zero = y.type.lift("eq", y, 0)
    factors = switch(zero, y.ones_like(), y)
    product = AdvancedUpdate("mul")(x.ones_like(), factors, *index)
    zeros = AdvancedIncSubtensor()(x.zeros_like(dtype="int64"), zero.astype("int64"), *index)
    others = read(zeros, index) - zero.astype("int64")
    whole = read(product, index) / factors
    return switch(others.type.lift("eq", others, 0), whole, whole.zeros_like())


class Part:
    """A part of a tensor; its methods give the whole tensor with that part changed.

    All take a value that broadcasts to the part and has a dtype that the tensor can hold; TypeError otherwise.
    """

    def __init__(self, x, index):
        self._x, self._index = x, index

    def get(self):
        """The part itself, ``x[index]``."""
        return self._x[self._index]

    def set(self, value):
        """The tensor with ``x[index] = value``; of equal indices the last counts."""
        return self._joined(set_subtensor, value)

    def add(self, value):
        """The tensor with ``x[index] += value``; equal indices add up."""
        return self._joined(inc_subtensor, value)

    def mul(self, value):
        """The tensor with ``x[index] *= value``; of equal indices all count."""
        return self._combined("mul", value)

    def min(self, value):
        """The tensor with ``x[index]`` at most ``value``; of equal indices all count."""
        return self._combined("minimum", value)

    def max(self, value):
        """The tensor with ``x[index]`` at least ``value``; of equal indices all count."""
        return self._combined("maximum", value)

    def sub(self, value):
        """The tensor with ``x[index] -= value``; equal indices add up."""
        return self.add(-as_tensor_variable(value))

    def div(self, value):
        """The tensor with ``x[index] /= value``; of equal indices all count."""
        return self.mul(1 / as_tensor_variable(value))

    multiply, subtract, divide = mul, sub, div

    def _joined(self, function, value):
        part = self.get()
        if isinstance(part.owner.op, DimShuffle) and part.owner.inputs[0] is self._x:      # new axes only
            part = self._x[(slice(None),) * self._x.type.ndim].dimshuffle(part.owner.op.new_order)
        return function(part, value)

    def _combined(self, operation, value):
        index, gap = separated(self._x, self._index, expand_index(self._x, self._index))
        index = [as_index_variable(entry) for entry in index]
        part, value = self.get(), as_tensor_variable(value)
        if not may_repeat(index):
            return self._joined(set_subtensor, ELEMWISE[operation](part, value))
        if value.type.ndim > part.type.ndim:
            raise TypeError(f"a part of {part.type.ndim} dimensions can't take a value of {value.type.ndim}")
        pattern = part.type.broadcastable[part.type.ndim - value.type.ndim:]
        value = TensorType.rebroadcast(value, tuple(a or b for a, b in zip(value.type.broadcastable, pattern,
                                                                           strict=True)))
        if gap is not None:
            missing = part.type.ndim - value.type.ndim
            order = ["x"] * missing + list(range(value.type.ndim))
            value = value.dimshuffle([*order[:gap], "x", *order[gap:]])
        return AdvancedUpdate(operation)(self._x, value, *index)


class At:
    """``x.at``: indexed like ``x``, gives a `Part`."""

    def __init__(self, x):
        self._x = x

    def __getitem__(self, index):
        return Part(self._x, index)


@method("at")
def at(x):
    """``x.at[index]`` is a part of ``x``; its methods set, add, sub, mul, div, min and max give a changed ``x``."""
    return At(x)
