"""Products with diagonal matrices, and diagonals of them."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import apply, args, is_number, shaped
from theano.tensor.create import Eye
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.dot import Dot
from theano.tensor.shape import patternbroadcast


def _is_identity(x):
    """Whether ``x`` is eye(n)."""
    if x.owner is None or type(x.owner.op) is not Eye:
        return False
    n, m, k = x.owner.inputs
    return is_number(k, 0) and (n is m or (hasattr(n, "data") and hasattr(m, "data") and n.data == m.data))


def _factors(x):
    """Rows and columns by which eye(n) is multiplied, where that is what ``x`` is; else None."""
    if _is_identity(x):
        return []
    terms = args(x, "mul") or ()
    units = [t for t in terms if _is_identity(t)]
    rest = [t for t in terms if t not in units]
    return rest if len(units) == 1 and all(any(t.type.broadcastable) for t in rest) else None


def _along(factor, places):
    """A row or column of the diagonal, laid along one axis of the result."""
    axis = next((d for d, b in enumerate(factor.type.broadcastable) if not b), None)
    return factor.dimshuffle(*(axis if p and axis is not None else "x" for p in places))


@rule(Dot, tags=("canonicalize",))
def dot_of_diagonal(node):
    """dot(eye(n) * row, x) >> row.T * x, dot(x, eye(n) * row) >> x * row"""
    x, out = node.inputs, node.outputs[0]
    for k in (0, 1):
        factors, other = _factors(x[k]) if x[k].type.ndim == 2 else None, x[1 - k]
        if factors is None:
            continue
        places = (True,) if other.type.ndim == 1 else (True, False) if k == 0 else (False, True)
        product = apply("mul", other, *(_along(f, places) for f in factors)) if factors else other
        return patternbroadcast(shaped(product, out), out.type.broadcastable)
    return None


@rule(ExtractDiag, tags=("canonicalize",))
def diagonal_of_diagonal(node):
    """diagonal(diag(x)) >> x"""
    made = node.inputs[0].owner
    if made is None or type(made.op) is not AllocDiag:
        return None
    one, two = node.op, made.op
    axes = one.axes(node.inputs[0].type.ndim)
    return made.inputs[0] if one.offset == two.offset and axes == (two.axis1, two.axis2) else None


DIAGONAL = (dot_of_diagonal, diagonal_of_diagonal)
