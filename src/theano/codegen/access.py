"""How loop nests read variables: through transposes and broadcasts, without copying."""

from theano.graph.variable import Constant
from theano.scalar.dtype import is_small
from theano.tensor.elemwise import DimShuffle


def access(variable, ndim=None):
    """``(base, axes)``: the variable that really holds the elements, and which of its dimensions each
    dimension of ``variable`` walks; -1 for a broadcast one.

    Follows chains of DimShuffle. Dimensions that the type calls broadcastable are -1.
    """
    pattern = variable.type.broadcastable
    axes = tuple(-1 if b else d for d, b in enumerate(pattern))
    base = variable
    while base.owner is not None and isinstance(base.owner.op, DimShuffle):
        order = base.owner.op.new_order
        base = base.owner.inputs[0]
        axes = tuple(-1 if a < 0 or order[a] == "x" else order[a] for a in axes)
        pattern = base.type.broadcastable
        axes = tuple(-1 if a >= 0 and pattern[a] else a for a in axes)
    return base, axes


def literal_of(variable):
    """The number a variable always is, or None: a constant of one element, seen through DimShuffle."""
    base, _ = access(variable)
    if isinstance(base, Constant) and all(base.type.broadcastable):
        number = base.data.reshape(())
        return float(number) if is_small(base.type.dtype) else number.item()
    return None


def aligned(base, axes, space):
    """Axes of ``base`` for the axes of a space: shorter ones are padded at the left, and dimensions of extent 1
    are walked where the space has extent 1 too, so that equal shapes look equal.
    """
    padded = (-1,) * (len(space) - len(axes)) + tuple(axes)
    if base.type.ndim != len(space):
        return padded
    whole = tuple(d if a < 0 and e == 1 and base.type.broadcastable[d] else a
                  for d, (a, e) in enumerate(zip(padded, space, strict=True)))
    return whole if whole == tuple(range(len(space))) else padded
