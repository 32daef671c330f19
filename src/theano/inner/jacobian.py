"""Jacobians and Hessians, row by row, of any length."""

from theano.gradient import as_list, grad
from theano.graph.variable import Variable
from theano.inner.rowwise import map_rows
from theano.tensor.type import tensor


def jacobian(expression, wrt, consider_constant=None, disconnected_inputs="raise"):
    """Derivatives of every element of ``expression`` by every element of ``wrt``.

    Parameters
    ----------
    expression : scalar or vector
        Flatten what has more dimensions.
    wrt : variable, or list or tuple of variables, of any rank
    consider_constant : list of variables, optional
        Gradients don't go through these.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when ``expression`` does not depend on one of ``wrt``; its derivatives are zero.

    Returns
    -------
    variable, list or tuple, as ``wrt``
        ``J[i, j, ...]`` is the derivative of ``expression[i]`` by ``wrt[j, ...]``; for a scalar ``expression`` the
        gradient.

    Raises
    ------
    TypeError
        When ``expression`` is no variable, or not real, or one of ``wrt`` is no variable.
    ValueError
        When ``expression`` is neither scalar nor vector.
    DisconnectedInputError
    """
    _require(expression, "tensor.jacobian", "expression", (0, 1), "Make it a vector: expression.flatten()")
    if expression.type.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    variables, kind = as_list(wrt)
    index = tensor("int64", (), name="row")
    rows = grad(expression[index], variables, consider_constant, disconnected_inputs)
    found = map_rows(index, rows, expression.shape[0], [x.shape for x in variables]) if rows else []
    return found[0] if kind is None else kind(found)


def hessian(cost, wrt, consider_constant=None, disconnected_inputs="raise"):
    """Second derivatives of a scalar ``cost`` by every pair of elements of a vector.

    Parameters
    ----------
    cost : scalar
    wrt : vector, or list or tuple of vectors
    consider_constant : list of variables, optional
        Gradients don't go through these.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when ``cost`` does not depend on one of ``wrt``; its second derivatives are zero.

    Returns
    -------
    matrix, or list or tuple of matrices, as ``wrt``
        One for each vector; mixed derivatives of two vectors are not among them.

    Raises
    ------
    TypeError
        When ``cost`` or one of ``wrt`` is no variable, or ``cost`` is not real.
    ValueError
        When ``cost`` is no scalar, or one of ``wrt`` no vector.
    DisconnectedInputError
    """
    _require(cost, "tensor.hessian", "cost", (0,), "Reduce it, e.g. with .sum()")
    variables, kind = as_list(wrt)
    for x in variables:
        _require(x, "tensor.hessian", "wrt", (1,), "Flatten it before the cost is computed from it")
    slopes = grad(cost, variables, consider_constant, disconnected_inputs)
    found = [jacobian(g, x, consider_constant, "ignore") for g, x in zip(slopes, variables, strict=True)]
    return found[0] if kind is None else kind(found)


def _require(variable, function, argument, ranks, advice):
    """Raise where an argument is no variable or has a rank not among ``ranks``."""
    wanted = " or ".join(map(str, ranks))
    if not isinstance(variable, Variable) or not hasattr(variable.type, "ndim"):
        raise TypeError(f"{function} expects a {wanted} dimensional variable as `{argument}`, got {variable!r}")
    if variable.type.ndim not in ranks:
        raise ValueError(f"{function} expects a {wanted} dimensional variable as `{argument}`, but {variable} has "
                         f"{variable.type.ndim} dimensions. {advice}.")
