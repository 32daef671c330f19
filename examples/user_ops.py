"""Ops written in Python: from a decorated function to one with gradients, an R-op and shapes."""

import numpy as np

import theano
import theano.tensor as T
from theano.gradient import DisconnectedType


class Double(theano.Op):
    """Twice ``x``, with the least an op can have."""

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))

    def __str__(self):
        return type(self).__name__

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


class Product(Double):
    """Elementwise product of two tensors of one type."""

    def make_node(self, x, y):
        x, y = T.as_tensor_variable(x), T.as_tensor_variable(y)
        return theano.Apply(self, [x, y], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        output_storage[0][0] = x * y


class SumAndDifference(theano.Op):
    """x + y and x - y, with gradients."""

    __props__ = ()

    def make_node(self, x, y):
        x, y = T.as_tensor_variable(x), T.as_tensor_variable(y)
        return theano.Apply(self, [x, y], [x.type(), x.type()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        output_storage[0][0], output_storage[1][0] = x + y, x - y

    def infer_shape(self, node, shapes):
        return [shapes[0], shapes[0]]

    def grad(self, inputs, output_grads):
        total, difference = (inputs[0].zeros_like() if isinstance(g.type, DisconnectedType) else g
                             for g in output_grads)
        return [total + difference, total - difference]


class Scale(theano.Op):
    """``factor`` times ``x``: an op with a parameter, gradient, R-op and shape."""

    __props__ = ("factor",)
    itypes = [T.dmatrix]
    otypes = [T.dmatrix]

    def __init__(self, factor):
        if not isinstance(factor, int):
            raise TypeError(f"factor must be an int, got {factor!r}")
        self.factor = factor

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * self.factor

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * self.factor]

    def R_op(self, inputs, eval_points):
        return self.grad(inputs, eval_points)


class DoubleByThunk(Double):
    """Twice ``x`` by a thunk that works on the storage cells, as ops for other devices do."""

    def make_thunk(self, node, storage_map, _, _2, impl=None):
        inputs = [storage_map[v] for v in node.inputs]
        outputs = [storage_map[v] for v in node.outputs]

        def thunk():
            outputs[0][0] = inputs[0][0] * 2
        return thunk


def shape_of_product(node, input_shapes):
    """The shape of a matrix product from those of its factors."""
    a, b = input_shapes
    return [a[:-1] + b[-1:]]


@theano.as_op(itypes=[T.fmatrix, T.fmatrix], otypes=[T.fmatrix], infer_shape=shape_of_product)
def numpy_dot(a, b):
    """The matrix product, by NumPy."""
    return np.dot(a, b)


def main():
    """Call them all."""
    x, y = T.matrices("x", "y")
    v, w = np.arange(4.0).reshape(2, 2), np.ones((2, 2))
    print("twice:", theano.function([x], Double()(x))(v), sep="\n")
    print("twice by a thunk:", theano.function([x], DoubleByThunk()(x))(v), sep="\n")
    print("product:", theano.function([x, y], Product()(x, y))(v, w), sep="\n")
    total, difference = SumAndDifference()(x, y)
    print("sum and difference:", *theano.function([x, y], [total, difference])(v, w), sep="\n")
    print("gradient of sum * difference by y:",
          theano.function([x, y], T.grad((total * difference).sum(), y))(v, w), sep="\n")
    d = T.dmatrix("d")
    print("gradient of the sum of 3 d:", theano.function([d], T.grad(Scale(3)(d).sum(), d))(v), sep="\n")
    theano.gradient.verify_grad(Scale(3), [v], rng=np.random.RandomState(0))
    a, b = T.fmatrices("a", "b")
    f = theano.function([a, b], numpy_dot(a, b))
    print("product of matrices:", f(np.ones((2, 3), "float32"), np.ones((3, 1), "float32")), sep="\n")


if __name__ == "__main__":
    main()
