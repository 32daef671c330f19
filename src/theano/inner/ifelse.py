"""`ifelse`: of two results the one that a condition names, and only what that one needs."""

import copy
from contextlib import suppress

from theano.gradient import DisconnectedType
from theano.graph import origin
from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.scalar.type import Scalar, upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.shape import patternbroadcast, tensor_from_scalar
from theano.tensor.type import TensorType


class IfElse(Op):
    """``n_outs`` values for a true condition, or as many others for a false one.

    Inputs of a node are the condition, the values for true, the values for false. What only the others need is not
    computed: the interpreter asks for inputs when they are needed, and programs have the branches as graphs of
    their own (`Branch`).

    Parameters
    ----------
    n_outs : int
    as_view : bool
        Results are the chosen inputs themselves, not copies.
    gpu : bool
        Has no effect.
    name : str, optional
        For texts only.
    """

    __props__ = ("n_outs", "as_view")
    rop_takes_none = True
    _f16_ok = True

    def __init__(self, n_outs, as_view=False, gpu=False, name=None):
        self.n_outs, self.as_view, self.gpu, self.name = n_outs, as_view, gpu, name
        if as_view:
            self.view_map = {k: [1 + k, 1 + n_outs + k] for k in range(n_outs)}

    def parts(self, values):
        """Inputs of a node, or something for each: (of the condition, of the values for true, of those for false)."""
        return values[0], list(values[1:1 + self.n_outs]), list(values[1 + self.n_outs:])

    def make_node(self, condition, *values):
        if len(values) != 2 * self.n_outs:
            raise ValueError(f"{self} needs {self.n_outs} values for each branch, got {len(values)} in all")
        condition = condition_of(condition)
        n = self.n_outs
        pairs = [joined(a, b, k) for k, (a, b) in enumerate(zip(values[:n], values[n:], strict=True))]
        true, false = zip(*pairs, strict=True) if n else ((), ())
        return Apply(self, [condition, *true, *false], [either(a, b) for a, b in pairs])

    # -- values -----------------------------------------------------------------------------------------

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        """A lazy thunk: it lists the numbers of the inputs that it still needs, none once it has the results."""
        outputs = [storage_map[v] for v in node.outputs]
        computed = [compute_map[v] for v in node.outputs]
        condition, known = storage_map[node.inputs[0]], [compute_map[v] for v in node.inputs]
        cells = [storage_map[v] for v in node.inputs]
        n, view = self.n_outs, self.as_view

        def thunk():
            if not known[0][0]:
                return [0]
            first = 1 if condition[0] else 1 + n
            missing = [i for i in range(first, first + n) if not known[i][0]]
            if not missing:
                for k in range(n):
                    value = cells[first + k][0]
                    outputs[k][0] = value if view else copy.deepcopy(value)
                    computed[k][0] = True
            return missing

        thunk.lazy, thunk.inputs, thunk.outputs = True, cells, outputs
        return thunk

    def perform(self, node, inputs, output_storage, params=None):
        condition, true, false = self.parts(inputs)
        for cell, value in zip(output_storage, true if condition else false, strict=True):
            cell[0] = value if self.as_view else copy.deepcopy(value)

    def do_constant_folding(self, node):
        return False

    # -- what is known without running ------------------------------------------------------------------

    def infer_shape(self, node, shapes):
        """Extents that both branches have in common."""
        _, true, false = self.parts(shapes)
        return [None if a is None or any(m is not n for m, n in zip(a, b, strict=True)) else a
                for a, b in zip(true, false, strict=True)]

    def connection_pattern(self, node):
        n = self.n_outs
        return [[True] * n, *([k == i for k in range(n)] for _ in range(2) for i in range(n))]

    def branches(self, node):
        """For each input of ``node`` the pair (condition, truth) for which it is needed; None: always."""
        condition = node.inputs[0]
        return [None, *[(condition, True)] * self.n_outs, *[(condition, False)] * self.n_outs]

    # -- derivatives ------------------------------------------------------------------------------------

    @staticmethod
    def taken_gradients(inputs, output_grads):
        """Gradients of the inputs of a node, those of each branch for the case that it is taken."""
        return [inputs[0].type.zeros_like(inputs[0]), *output_grads, *output_grads]

    def L_op(self, inputs, outputs, output_grads):
        found = [inputs[0].type.zeros_like(inputs[0])]
        for k, x in enumerate(inputs[1:]):
            g = output_grads[k % self.n_outs]
            found.append(g if isinstance(g.type, DisconnectedType)
                         else self.gated(inputs[0], k < self.n_outs, g, self.zeros_for(x, g)))
        return found

    @staticmethod
    def gated(condition, truth, value, other):
        """``value`` where ``condition`` has the truth value ``truth``, else ``other``."""
        return IfElse(1)(condition, *((value, other) if truth else (other, value)))

    @staticmethod
    def zeros_for(variable, gradient):
        """The gradient of ``variable`` where its branch is not taken: zeros of the dtype of ``gradient``."""
        zeros = variable.type.zeros_like(variable)
        if type(zeros.type) is not type(gradient.type):             # a sparse matrix may have a dense gradient
            return gradient.type.zeros_like(gradient)
        dtype = getattr(gradient.type, "dtype", None)
        return zeros if getattr(zeros.type, "dtype", None) == dtype else zeros.astype(dtype)

    def R_op(self, inputs, eval_points):
        condition, *values = inputs
        found = []
        for k in range(self.n_outs):
            a, b = eval_points[1 + k], eval_points[1 + k + self.n_outs]
            if a is None and b is None:
                found.append(None)
                continue
            a = values[k].type.zeros_like(values[k]) if a is None else a
            b = values[k + self.n_outs].type.zeros_like(values[k + self.n_outs]) if b is None else b
            if getattr(a.type, "dtype", None) != getattr(b.type, "dtype", None):
                dtype = upcast(a.type.dtype, b.type.dtype)
                a, b = a.astype(dtype), b.astype(dtype)
            found.append(IfElse(1)(condition, a, b))
        return found

    def __str__(self):
        return "if{" + ",".join([*([self.name] if self.name else []), *(["inplace"] if self.as_view else [])]) + "}"


def condition_of(condition):
    """``condition`` as a scalar variable; TypeError for anything else."""
    condition = as_tensor_variable(condition)
    if condition.type.ndim:
        raise TypeError(f"ifelse needs a scalar condition, but {condition} is a {condition.type}: "
                        "switch chooses element by element")
    return condition


def joined(a, b, k=0):
    """Two values for one result with one type; TypeError where there is none.

    A number takes the dtype of the other value if that can hold it, and broadcast patterns are made the same.
    """
    if not isinstance(a, Variable) and isinstance(b, Variable):
        a = _like(a, b)
    elif isinstance(a, Variable) and not isinstance(b, Variable):
        b = _like(b, a)
    a, b = (v if isinstance(v, Variable) else as_tensor_variable(v) for v in (a, b))
    a, b = (tensor_from_scalar(v) if isinstance(v.type, Scalar) else v for v in (a, b))
    kinds = a.type, b.type
    if all(isinstance(kind, TensorType) for kind in kinds) and len({(kind.dtype, kind.ndim) for kind in kinds}) == 1:
        pattern = [x and y for x, y in zip(*(kind.broadcastable for kind in kinds), strict=True)]
        return patternbroadcast(a, pattern), patternbroadcast(b, pattern)
    for first, second in ((a, b), (b, a)):
        with suppress(TypeError):
            converted = first.type.filter_variable(second)
            return (first, converted) if first is a else (converted, first)
    raise TypeError(_mismatch(a, b, k))


def either(a, b):
    """A variable for a result that is ``a`` or ``b``, which are of equal types, perhaps with other static extents."""
    same = getattr(a.type, "shape", None) == getattr(b.type, "shape", None)
    return a.type() if same else a.type.clone()()


def _like(value, other):
    """A Python value as a variable of the type of ``other``, where it fits."""
    try:
        return other.type.filter_variable(value)
    except (TypeError, ValueError, NotImplementedError):
        return as_tensor_variable(value)


def _mismatch(a, b, k):
    lines = [f"ifelse has two values of different types for result {k}: {a} is a {a.type}, {b} is a {b.type}. "
             "Cast or reshape one of them."]
    for v in (a, b):
        where = origin.describe(v)
        if where:
            lines.append(f"    {v} was made at {where}")
    return "\n".join(lines)


def ifelse(condition, then_branch, else_branch, name=None):
    """``then_branch`` where ``condition`` is true, else ``else_branch``; what only the other one needs isn't computed.

    Parameters
    ----------
    condition : scalar
        True is any number but 0.
    then_branch, else_branch : variable, or list of variables
        Of the same types; a Python number takes the dtype of the other branch, broadcast patterns may differ.
    name : str, optional
        The name of the node in texts.

    Returns
    -------
    variable, or a list or tuple as ``then_branch``
        The gradient of what the branch that is not taken needs is zero; it is not computed either.

    Raises
    ------
    TypeError
        For a condition that is no scalar, or two values of different types.
    ValueError
        For branches with different numbers of values.
    """
    kind = type(then_branch) if isinstance(then_branch, (list, tuple)) else None
    true = list(then_branch) if kind else [then_branch]
    false = list(else_branch) if isinstance(else_branch, (list, tuple)) else [else_branch]
    if len(true) != len(false):
        raise ValueError(f"both branches of ifelse must have as many values, got {len(true)} and {len(false)}")
    found = IfElse(len(true), name=name)(condition, *true, *false, return_list=True)
    return found[0] if kind is None else kind(found)
