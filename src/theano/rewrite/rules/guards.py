"""What is checked when a function is called, as one truth value: what a specialised graph takes for granted, and what
operations demand whose values are not computed.
"""

from theano.graph.need import ALWAYS, gated, implies, needs
from theano.inner.ifelse import IfElse
from theano.rewrite.checks import dropped_checks
from theano.rewrite.extents import Extents, Symbol
from theano.tensor.assertion import KeptChecks
from theano.tensor.constant import constant
from theano.tensor.elemwise import ELEMWISE, Elemwise
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
                checks.append((ELEMWISE["eq"](_value(a), _value(b)), cases))
        if cases == ALWAYS:
            known.update(extents.assumptions)
    checks += dropped_checks(fgraph, order, when, assumed=Elemwise)
    if not checks:
        return 0
    fgraph.add_output(_together(checks))
    return 1


def keep_checks(fgraph):
    """Let the first output raise DroppedCheckError where operations would whose values are not computed."""
    order = fgraph.toposort()
    checks = dropped_checks(fgraph, order, needs(order, fgraph.outputs) or {}) if fgraph.outputs else []
    if checks:
        fgraph.change_input("output", 0, KeptChecks()(fgraph.outputs[0], _together(checks)), reason="keep_checks")


def _together(checks):
    """Whether all of ``checks`` hold: pairs of a condition and the cases in which it must."""
    together = None
    for check, cases in checks:
        check = check if cases == ALWAYS else gated(IfElse.gated, cases, check, constant(True))
        together = check if together is None else ELEMWISE["and_"](together, check)
    return together


def _value(extent):
    """An extent as an int64 scalar variable."""
    if not isinstance(extent, Symbol):
        return constant(extent, dtype="int64")
    if extent.axis < 0:
        return ELEMWISE["cast_int64"](extent.variable) if extent.variable.type.dtype != "int64" \
            else extent.variable
    return (shape_ops[extent.axis] if extent.axis < len(shape_ops) else Shape_i(extent.axis))(extent.variable)
