"""What a specialised graph takes for granted, as one truth value that is checked when the function is called."""

from theano.rewrite.extents import Extents, Symbol
from theano.tensor.constant import constant
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.shape import Shape_i, shape_ops


def assume_equal_extents(fgraph):
    """Let rules take extents that meet in elementwise operations as equal; how many outputs were added.

    The output added, if any, is false when the assumption does not hold. Rules ask ``fgraph.extents_agree``.
    """
    extents = Extents()
    for node in fgraph.toposort():
        extents.visit(node)
    fgraph.extents_agree = True
    checks = [ELEMWISE["eq"](_value(a), _value(b)) for a, b in extents.assumptions]
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
