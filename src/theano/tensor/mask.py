"""Gradients that a choice has set to zero.

The gradient of ``switch(c, f(x), 0)`` is ``switch(c, g, 0)`` times the derivative of f, and that is nan wherever the
derivative of f is infinite: 0 * inf. So the elementwise ops take the choice off the gradient that comes in, and put it
on those that go out, where it costs the same and hides whatever the branch not taken gives.
"""

import numpy as np

from theano.graph.variable import Constant

DEPTH = 8               # of nodes looked through, so that chains of sums and choices don't cost their length each time


def take_off(g, depth=DEPTH):
    """What ``g`` is where nothing hides it, and what hides it elsewhere.

    Returns
    -------
    variable
    list of (condition, bool)
        ``g`` is the variable where each condition has the given truth, else zero.
    """
    node = g.owner
    if node is None or not depth:
        return g, []
    op = node.op
    if hasattr(op, "new_order"):                                    # DimShuffle
        value, masks = take_off(node.inputs[0], depth - 1)
        return (value.dimshuffle(op.new_order), [(c.dimshuffle(op.new_order), t) for c, t in masks]) if masks \
            else (g, [])
    if type(op).__name__ == "SumToShapeOf":
        _, masks = take_off(node.inputs[0], depth - 1)
        return g, [(op(_as_bool(c, t), node.inputs[1]), True) for c, t in masks]
    name = op.scalar_op.name if hasattr(op, "inplace_pattern") else None      # of the row, for Elemwise
    if name == "switch":
        return _of_choice(*node.inputs, g, depth)
    if name == "second" or (name or "").startswith("cast_"):
        value, masks = take_off(node.inputs[-1], depth - 1)
        return (op(*node.inputs[:-1], value), masks) if masks else (g, [])
    if name == "add":
        return _of_sum(node, g, depth)
    return g, []


def put_on(g, masks):
    """``g`` where the masks allow it, else zero."""
    for condition, truth in reversed(masks):
        g = g.type.lift("switch", condition, *((g, 0) if truth else (0, g)))
    return g


def _of_choice(condition, x, y, g, depth):
    for taken, other, truth in ((x, y, True), (y, x, False)):
        if _is_zero(other):
            value, masks = take_off(taken, depth - 1)
            return value, [(condition, truth), *masks]
    return g, []


def _of_sum(node, g, depth):
    """The choices common to all terms, the outermost ones."""
    parts, common = [], None
    for term in node.inputs:
        value, masks = take_off(term, depth - 1)
        common = masks if common is None else [m for m, n in zip(common, masks, strict=False) if m == n]
        if not common:
            return g, []
        parts.append((value, masks))
    return node.op(*(put_on(value, masks[len(common):]) for value, masks in parts)), common


def _as_bool(condition, truth):
    """A bool for whether ``condition`` has a truth value: a sum of those is their disjunction."""
    if condition.type.dtype != "bool" or not truth:
        return condition.type.lift("neq" if truth else "eq", condition, 0)
    return condition


def _is_zero(variable):
    while variable.owner is not None and hasattr(variable.owner.op, "new_order"):
        variable = variable.owner.inputs[0]
    return isinstance(variable, Constant) and not np.any(variable.data)
