"""Products with diagonal matrices, solutions with them, and diagonals of them."""

from theano.rewrite.engine import rule
from theano.rewrite.extents import scalar_extent
from theano.rewrite.rules.match import apply, args, is_number, shaped
from theano.rewrite.structure import facts, is_square
from theano.tensor.advanced import AdvancedIncSubtensor
from theano.tensor.create import Alloc, ARange, Eye
from theano.tensor.diagonal import AllocDiag, ExtractDiag, diagonal
from theano.tensor.dot import Dot
from theano.tensor.elemwise import cast
from theano.tensor.linalg.inverse import MatrixInverse
from theano.tensor.linalg.solve import TRANSPOSED, Divisors, Solve
from theano.tensor.shape import patternbroadcast, shape_i


def is_identity(x):
    """Whether ``x`` is eye(n)."""
    if x.owner is None or type(x.owner.op) is not Eye:
        return False
    n, m, k = x.owner.inputs
    return is_number(k, 0) and (n is m or (hasattr(n, "data") and hasattr(m, "data") and n.data == m.data))


def _factors(x):
    """Rows and columns by which eye(n) is multiplied, where that is what ``x`` is; else None."""
    if is_identity(x):
        return []
    terms = args(x, "mul") or ()
    units = [t for t in terms if is_identity(t)]
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


def filled_with(g):
    """The scalar that all elements of ``g`` are; None where they are not known to be one."""
    node = g.owner if g.owner is not None and type(g.owner.op) is Alloc else None
    if node is not None and all(node.inputs[0].type.broadcastable):
        return node.inputs[0]
    parts = args(g, "second")
    return parts[1] if parts is not None and all(parts[1].type.broadcastable) else None


def on_diagonal(g):
    """The vector v where ``g`` is zero but for v on its main diagonal, from its upper left corner on; else None."""
    node = g.owner
    if node is not None and isinstance(node.op, AllocDiag):
        return node.inputs[0] if node.op.offset == 0 and g.type.ndim == 2 else None
    if node is None or not isinstance(node.op, AdvancedIncSubtensor) or len(node.inputs) != 4 \
            or not node.op.set_instead_of_inc or node.inputs[2] is not node.inputs[3]:
        return None
    filling, along = filled_with(node.inputs[0]), node.inputs[2].owner
    if filling is None or not is_number(filling, 0) or along is None or not isinstance(along.op, ARange) \
            or not is_number(along.inputs[0], 0) or not is_number(along.inputs[2], 1) \
            or node.inputs[1].type.broadcastable != (False,):
        return None
    return node.inputs[1]


@rule(AdvancedIncSubtensor, tags=("stabilize", "canonicalize"), fgraph=True)
def vector_on_diagonal(fgraph, node):
    """zeros((n, n)) with v set on the diagonal, as in gradients of traces >> alloc_diag(v)"""
    out = node.outputs[0]
    v = on_diagonal(out)
    if v is None or any(out.type.broadcastable) or v.type.dtype != out.type.dtype or not is_square(node.inputs[0]):
        return None
    n = fgraph.shape_feature.shape_of(v)[0]             # so many are set, then: more don't fit, fewer would not be set
    known = list(map(scalar_extent, fgraph.shape_feature.shape_of(out)))
    if not all(scalar_extent(x) in known for x in args(n, "minimum") or [n]):
        return None
    return AllocDiag()(v)


def _is_diagonal(a, structure="general"):
    """Whether a solver sees a diagonal matrix: ``a`` is one, or the triangle of it that is read."""
    other = {"lower_triangular": {"upper"}, "upper_triangular": {"lower"}}.get(structure, {"lower", "upper"})
    return facts(a) >= other


def _divisors(a, rows, dtype, name):
    return Divisors(name)(cast(diagonal(a), dtype) if a.type.dtype != dtype else diagonal(a), rows)


@rule(Solve, tags=("stabilize", "canonicalize", "specialize"))
def solve_of_diagonal(node):
    """solve(alloc_diag(v), b) >> b / v; an error where v has a zero, as before"""
    (a, b), out = node.inputs, node.outputs[0]
    if not _is_diagonal(a, node.op.A_structure):
        return None
    v = _divisors(a, shape_i(b, 0), out.type.dtype, "solve")
    b = cast(b, out.type.dtype) if b.type.dtype != out.type.dtype else b
    return apply("true_div", b, v.dimshuffle(0, "x") if b.type.ndim == 2 else v)


@rule(MatrixInverse, tags=("stabilize", "canonicalize", "specialize"))
def inverse_of_diagonal(node):
    """inv(alloc_diag(v)) >> alloc_diag(1 / v); an error where v has a zero, as before"""
    a, out = node.inputs[0], node.outputs[0]
    clients = [client for client, _ in out.clients]
    if not _is_diagonal(a) or is_identity(a) or clients and all(
            client != "output" and isinstance(client.op, Dot) for client in clients):
        return None                         # products with an inverse are solutions, which look at the extents
    return AllocDiag()(apply("inv", _divisors(a, shape_i(a, 0), out.type.dtype, "inverse")))


@rule(Solve, tags=("stabilize", "canonicalize", "specialize"))
def solution_for_diagonal(node):
    """solve(A, alloc_diag(v)) >> inv(A) times v as a row, for a general A"""
    (a, b), out = node.inputs, node.outputs[0]
    made = b.owner
    if node.op.A_structure in TRANSPOSED or made is None or not isinstance(made.op, AllocDiag) or made.op.offset \
            or a.type.dtype != b.type.dtype or facts(a) & {"lower", "upper"} or b.type != out.type:
        return None
    return apply("mul", MatrixInverse()(a), made.inputs[0].dimshuffle("x", 0))


DIVISIONS = (vector_on_diagonal, solution_for_diagonal, solve_of_diagonal, inverse_of_diagonal)
DIAGONAL = (dot_of_diagonal, diagonal_of_diagonal)
