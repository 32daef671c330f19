"""What a specialised graph takes for granted, as one truth value that is checked when the function is called."""

from theano.graph.need import ALWAYS, gated, implies, needs
from theano.inner.ifelse import IfElse
from theano.rewrite.extents import Extents, Symbol
from theano.tensor.constant import constant
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.shape import Shape_i, shape_ops

MOST_KINDS = 16         # of nodes by the conditions under which they are needed; each kind has assumptions of its own


def assume_equal_extents(fgraph):
    """Let rules take extents that meet in elementwise operations as equal; how many outputs were added.

    The output added, if any, is false when the assumption does not hold. Rules ask ``fgraph.extents_agree``.
    """
    order = fgraph.toposort()
    when = needs(order, fgraph.outputs) or {}
    kinds = dict.fromkeys([ALWAYS, *(when.get(node, ALWAYS) for node in order)])
    if len(kinds) > MOST_KINDS:
        return 0
    fgraph.extents_agree = True
    checks, known = [], set()
    for cases in kinds:
        extents = Extents()
        for node in order:
            if implies(cases, when.get(node, ALWAYS)):
                extents.visit(node)
        for a, b in extents.assumptions:
            if (a, b) not in known:
                check = ELEMWISE["eq"](_value(a), _value(b))
                checks.append(check if cases == ALWAYS else gated(IfElse.gated, cases, check, constant(True)))
        if cases == ALWAYS:
            known.update(extents.assumptions)
    if not checks:
        return 0
    together = checks[0]
    for check in checks[1:]:
        together = ELEMWISE["and_"](together, check)
    fgraph.add_output(together)
    return 1


def _value(extent):
    """An extent as an int64 scalar variable."""
    if not isinstance(extent, Symbol):
        return constant(extent, dtype="int64")
    if extent.axis < 0:
        return ELEMWISE["cast_int64"](extent.variable) if extent.variable.type.dtype != "int64" \
            else extent.variable
    return (shape_ops[extent.axis] if extent.axis < len(shape_ops) else Shape_i(extent.axis))(extent.variable)
