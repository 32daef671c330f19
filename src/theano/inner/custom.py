"""Functions of variables with a gradient of their own."""

import functools

from theano.config import config
from theano.gradient import DisconnectedType, as_list
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.graph.walk import substitute
from theano.inner.batch.core import batch_graph, broadcast, broadcast_to, count_of
from theano.inner.graph import InnerGraph, close
from theano.scalar.type import discrete_dtypes
from theano.tensor.constant import as_tensor_variable
from theano.tensor.shape import patternbroadcast, shape_i
from theano.tensor.type import TensorType


class CustomGradient(Op):
    """Its first inputs, passed on; their gradients go to the next inputs, as ``backward`` says.

    Inputs of a node are the results, the arguments of the function, and what ``backward`` needs besides. It is dropped
    by rewriting: the results are computed outside of it.

    Parameters
    ----------
    backward : InnerGraph
        From gradients of the results, and what it needs, to gradients of some arguments.
    results : int
    reached : tuple of bool
        For each argument whether it has a gradient.
    """

    __props__ = ("backward", "results", "reached")

    def __init__(self, backward, results, reached):
        self.backward, self.results, self.reached = backward, results, tuple(reached)
        self.view_map = {k: [k] for k in range(results)}

    def parts(self, values):
        """Inputs of a node, or something for each: (of results, of arguments, of the others)."""
        end = self.results + len(self.reached)
        return list(values[:self.results]), list(values[self.results:end]), list(values[end:])

    def make_node(self, *inputs):
        results, arguments, others = self.parts(inputs)
        others = [own.type.filter_variable(x) for own, x in
                  zip(self.backward.inputs[self.results:], others, strict=True)]
        return Apply(self, [*results, *arguments, *others], [y.type() for y in results])

    def perform(self, node, inputs, output_storage, params=None):
        for cell, value in zip(output_storage, inputs, strict=False):
            cell[0] = value

    def do_constant_folding(self, node):
        return False

    def infer_shape(self, node, shapes):
        return shapes[:self.results]

    def connection_pattern(self, node):
        behind = len(node.inputs) - self.results - len(self.reached)
        return [[live] * self.results for live in [*[False] * self.results, *self.reached, *[False] * behind]]

    def L_op(self, inputs, outputs, output_grads):
        _, arguments, others = self.parts(inputs)
        given = [y.type.zeros_like(y) if isinstance(g.type, DisconnectedType) else
                 patternbroadcast(g.astype(own.type.dtype), own.type.broadcastable)
                 for y, g, own in zip(outputs, output_grads, self.backward.inputs, strict=False)]
        made = iter(substitute(self.backward.outputs, dict(zip(self.backward.inputs, [*given, *others], strict=True))))
        gradients = [next(made) if live else DisconnectedType()() for live in self.reached]
        return [*(DisconnectedType()() for _ in outputs), *gradients, *(DisconnectedType()() for _ in others)]

    def batch_op(self, node, inputs, batched):
        """The gradient of every row; all results and arguments get rows, so that gradients of some are not added up."""
        front, n = self.results + len(self.reached), count_of(inputs, batched)
        given = [broadcast_to(x, b, n) for x, b in zip(inputs[:front], batched[:front], strict=True)]
        within = {v: TensorType(v.type.dtype, (False, *v.type.broadcastable))() if b else v.type() for v, b in
                  zip(self.backward.inputs, [True] * self.results + batched[front:], strict=True)}
        rows = shape_i(within[self.backward.inputs[0]], 0)
        made = [g if g.type.ndim > row.type.ndim else broadcast(g, rows) for g, row in
                zip(batch_graph(self.backward.outputs, within), self.backward.outputs, strict=True)]
        op = CustomGradient(InnerGraph(within.values(), made), self.results, self.reached)
        return op(*given, *inputs[front:], return_list=True)

    def __str__(self):
        return "CustomGradient"


def custom_grad(function):
    """A decorator: a function of variables that says itself what its gradient is.

    The function returns its results, one variable or a list or tuple of them, and a function of their gradients, which
    returns the gradients of the arguments in the same way: one for each, None for arguments that have none. Both make
    graphs; the second may use what the first has computed::

        @theano.custom_grad
        def rounded(x):                             # a straight-through estimator
            return T.round(x), lambda g: g

        slope = T.grad(rounded(x).sum(), x)         # ones

    Returns
    -------
    callable
        Of variables, or what becomes one; it returns the results.

    Raises
    ------
    TypeError
        When called: where the function returns no such pair.
    ValueError
        When called: where there are not as many gradients as arguments, or one has another rank than its argument.

    Notes
    -----
    Second derivatives are those of the gradient as it is written; `theano.Rop` is the transpose of it. Gradients go to
    the arguments alone: variables that the function uses besides get none.
    """
    @functools.wraps(function)
    def with_gradient(*args):
        arguments = [as_tensor_variable(x) for x in args]
        returned = function(*arguments)
        if not isinstance(returned, tuple) or len(returned) != 2 or not callable(returned[1]):
            raise TypeError(f"{function.__name__} has a custom gradient, so it must return its results and a function "
                            f"of their gradients, but it returned {returned!r}")
        results, kind = as_list(returned[0])
        results = [as_tensor_variable(y) for y in results]
        directions = [_gradient_type(y)() for y in results]
        gradients, _ = as_list(returned[1](*directions))
        if len(gradients) != len(arguments):
            raise ValueError(f"the gradient of {function.__name__} must give one term for each of {len(arguments)} "
                             f"arguments, but gave {len(gradients)}")
        gradients = [None if g is None else _fitting(function, x, g) for x, g in zip(arguments, gradients, strict=True)]
        backward, others = close(directions, [g for g in gradients if g is not None])
        op = CustomGradient(backward, len(results), [g is not None for g in gradients])
        made = op(*results, *arguments, *others, return_list=True)
        return made[0] if kind is None else kind(made)

    return with_gradient


def _gradient_type(y):
    dtype = config.floatX if y.type.dtype in discrete_dtypes else y.type.dtype
    return TensorType(dtype, y.type.broadcastable)


def _fitting(function, x, gradient):
    """A gradient in the type of gradients by ``x``."""
    gradient = as_tensor_variable(gradient)
    if gradient.type.ndim != x.type.ndim:
        raise ValueError(f"the gradient of {function.__name__} by {x} has {gradient.type.ndim} dimensions, but {x} has "
                         f"{x.type.ndim}")
    return patternbroadcast(gradient.astype(_gradient_type(x).dtype), x.type.broadcastable)
