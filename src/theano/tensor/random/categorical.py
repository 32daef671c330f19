"""Choosing among categories of given probabilities by uniform numbers."""

import numpy as np

from theano.errors import NotScalarConstantError
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value
from theano.tensor.half import in_single
from theano.tensor.type import tensor


def _first_above(cumulated, uniforms):
    """For each uniform number the first category whose cumulated probability is above it, else the last one."""
    return np.minimum(np.searchsorted(cumulated, uniforms, side="right"), len(cumulated) - 1)


class MultinomialFromUniform(Op):
    """How often each category comes in ``n`` independent choices, for each row of probabilities.

    pvals: (m, k)   unis: (m * n,), the first m for the first choice of each row   n: integer   ->   (m, k)
    odtype: dtype of the result; "auto": that of pvals.
    """

    __props__ = ("odtype",)

    def __init__(self, odtype):
        self.odtype = odtype

    def make_node(self, pvals, unis, n=1):
        pvals, unis, n = _checked(pvals, unis, n)
        dtype = pvals.type.dtype if self.odtype == "auto" else self.odtype
        return Apply(self, [pvals, unis, n], [tensor(dtype, pvals.type.broadcastable)])

    @in_single
    def perform(self, node, inputs, output_storage):
        pvals, unis, n = _values(inputs)
        cumulated = pvals.cumsum(axis=1)
        result = np.zeros(pvals.shape, dtype=node.outputs[0].type.dtype)
        if n == 1:
            chosen = np.minimum((cumulated <= unis.T).sum(axis=1), pvals.shape[1] - 1)
            result[np.arange(len(pvals)), chosen] = 1
        else:
            for row, given, out in zip(cumulated, unis.T, result, strict=True):
                out[:] = np.bincount(_first_above(row, given), minlength=len(row))
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        return [x.zeros_like(dtype="floatX") for x in inputs]

    def R_op(self, inputs, eval_points):
        return [None]


class ChoiceFromUniform(Op):
    """Numbers of ``n`` chosen categories, for each row of probabilities.

    pvals: (m, k)   unis: (m * n,), the first m for the first choice of each row   n: integer   ->   (m, n)
    odtype: dtype of the result; "auto": int64. replace: a category may be chosen again, else ValueError is raised when
    there are fewer than n.
    """

    __props__ = ("odtype", "replace")

    def __init__(self, odtype, replace=False):
        self.odtype, self.replace = odtype, bool(replace)

    def make_node(self, pvals, unis, n=1):
        pvals, unis, n = _checked(pvals, unis, n)
        try:
            one = int(get_scalar_constant_value(n)) == 1
        except NotScalarConstantError:
            one = False
        dtype = "int64" if self.odtype == "auto" else self.odtype
        return Apply(self, [pvals, unis, n], [tensor(dtype, (pvals.type.broadcastable[0], one))])

    @in_single
    def perform(self, node, inputs, output_storage):
        pvals, unis, n = _values(inputs)
        if n > pvals.shape[1] and not self.replace:
            raise ValueError(f"Cannot sample without replacement {n} samples from {pvals.shape[1]} categories")
        choose = self._again if self.replace else self._others
        result = np.empty((len(pvals), n), dtype=node.outputs[0].type.dtype)
        for row, given, out in zip(pvals, unis.T, result, strict=True):
            out[:] = choose(row, given)
        output_storage[0][0] = result

    @staticmethod
    def _again(pvals, uniforms):
        return _first_above(pvals.cumsum(), uniforms)

    @staticmethod
    def _others(pvals, uniforms):
        """Choices that are all different: what was chosen gets probability 0, and the others more."""
        left = pvals.copy()
        chosen = []
        for u in uniforms:
            k = _first_above(left.cumsum(), u)
            if left[k] == 0:                # rounding: the sum ended below u
                possible = np.flatnonzero(left)
                k = possible[-1] if len(possible) else np.setdiff1d(np.arange(len(left)), chosen)[0]
            chosen.append(k)
            left[k] = 0
            total = left.sum()
            left = left / total if total else left
        return chosen

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], node.inputs[2])]

    def grad(self, inputs, output_grads):
        return [x.zeros_like(dtype="floatX") for x in inputs]

    def R_op(self, inputs, eval_points):
        return [None]


class MultinomialWOReplacementFromUniform(ChoiceFromUniform):
    """`ChoiceFromUniform` under an older name."""


def _checked(pvals, unis, n):
    """Inputs as variables; NotImplementedError for other ranks."""
    pvals, unis, n = as_tensor_variable(pvals), as_tensor_variable(unis), as_tensor_variable(n)
    for x, ndim, name in ((pvals, 2, "pvals"), (unis, 1, "unis"), (n, 0, "n")):
        if x.type.ndim != ndim:
            raise NotImplementedError(f"{name} should have {ndim} dimensions, got {x} of type {x.type}")
    return pvals, unis, n


def _values(inputs):
    """Probabilities, uniform numbers (n, m), and n; ValueError where they don't fit."""
    pvals, unis, n = inputs
    n = int(n)
    if unis.shape[0] != pvals.shape[0] * n:
        raise ValueError(f"unis.shape[0] != pvals.shape[0] * n_samples: {unis.shape[0]}, {pvals.shape[0]}, {n}")
    return pvals, unis.reshape(n, len(pvals)), n
