"""What users say about matrices, for the rewriter to use."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable
from theano.tensor.diagonal import trace
from theano.tensor.dot import dot


class Hint(Op):
    """Its input, a matrix with known properties: ``Hint(psd=True)(x)``.

    x: any tensor   ->   x
    Known hints, all of matrices: symmetric, psd (positive definite), lower_triangular, upper_triangular, diagonal,
    orthogonal; of any tensor: positive.
    """

    __props__ = ("hints",)
    view_map = {0: [0]}

    def __init__(self, **kwargs):
        self.hints = tuple(sorted(kwargs.items()))

    def make_node(self, x):
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node, shapes):
        return shapes

    def L_op(self, inputs, outputs, output_grads):
        return output_grads

    def R_op(self, inputs, eval_points):
        return eval_points


def is_hint_node(node):
    """Whether a node is a `Hint`."""
    return node is not None and isinstance(node.op, Hint)


def hints(variable):
    """Dict of what was said about a variable: by its `Hint`, or in its graph, from which hints were taken out."""
    known = getattr(getattr(variable, "fgraph", None), "hints", {})
    found = dict(known.get(variable, ()))
    if is_hint_node(variable.owner):
        found.update(variable.owner.op.hints)
    return found


def psd(v):
    """The matrix ``v``, which is known to be symmetric (Hermitian) and positive definite."""
    return Hint(psd=True, symmetric=True)(v)


def spectral_radius_bound(X, log2_exponent):                                                         # noqa: N803
    """An upper bound of the largest eigenvalue of a symmetric positive semidefinite matrix, from the trace of a power.

    X: (n, n)   log2_exponent: int of at least 1, the power is 2**log2_exponent   ->   ()
    Raises TypeError or ValueError for other arguments.
    """
    X = as_tensor_variable(X)                                                                        # noqa: N806
    if X.type.ndim != 2:
        raise TypeError(f"spectral_radius_bound requires a matrix argument, got {X.type}")
    if not isinstance(log2_exponent, (int, np.integer)) or isinstance(log2_exponent, bool):
        raise TypeError(f"spectral_radius_bound requires an integer exponent, got {log2_exponent!r}")
    if log2_exponent <= 0:
        raise ValueError(f"spectral_radius_bound requires a strictly positive exponent, got {log2_exponent}")
    power = X
    for _ in range(log2_exponent):
        power = dot(power, power)
    return trace(power) ** (2.0 ** -log2_exponent)
