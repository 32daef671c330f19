"""Gradients of Kronecker products by their factors, without the gradient by the product, which is as large as that."""

from theano.rewrite.engine import rule
from theano.rewrite.extents import scalar_extent
from theano.rewrite.rules.diagonal import filled_with, on_diagonal
from theano.rewrite.rules.kron import OF_PRODUCT, factors_of
from theano.rewrite.rules.linalg import TAGS, column_times_row_of, scalars_of
from theano.rewrite.rules.match import apply, args, is_number, made_by
from theano.rewrite.structure import is_square, transposed
from theano.tensor.advanced import inc_subtensor
from theano.tensor.careduce import Sum
from theano.tensor.create import alloc, arange, zeros
from theano.tensor.diagonal import AllocDiag, ExtractDiag
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import cast, mul
from theano.tensor.linalg.product import Kron, KronGrad
from theano.tensor.shape import shape_i


def _same_dtypes(*variables):
    return len({v.type.dtype for v in variables}) == 1


def _has_extents(x, rows, columns, fgraph):
    """Whether ``x`` certainly is a matrix of so many rows and columns."""
    found = [scalar_extent(n) for n in fgraph.shape_feature.shape_of(x)]
    wanted = [scalar_extent(n) for n in (rows, columns)]
    return found == wanted or is_square(x) and all(n in found for n in wanted)


def _has_extent(x, axis, n, fgraph):
    """Whether a matrix certainly has so many rows, or columns."""
    found = [scalar_extent(v) for v in fgraph.shape_feature.shape_of(x)]
    return found[axis] == scalar_extent(n) or is_square(x) and scalar_extent(n) in found


@rule(KronGrad, name="kron_gradient_of_kron", tags=TAGS, fgraph=True)
def gradient_of_kron(fgraph, node):
    """kron_grad(kron(X, Y), b) >> X * sum(Y * b), and Y * sum(X * a) for that by b"""
    (g, other, *extents), first = node.inputs, node.op.first
    parts = args(g, "second")
    g = parts[1] if parts is not None and parts[1].type == g.type else g         # the extents are looked at below
    factors = factors_of(g)
    if factors is None or not _same_dtypes(g, other):
        return None
    kept, met = factors if first else factors[::-1]
    shape = fgraph.shape_feature.shape_of(other)
    if not _has_extents(kept, *extents, fgraph) or not _has_extents(met, *shape, fgraph):
        return None
    return mul(kept, mul(met, other).sum().dimshuffle("x", "x"))


@rule(KronGrad, name="kron_gradient_through_kron", tags=TAGS, fgraph=True)
def gradient_through_kron(fgraph, node):
    """kron_grad(dot(kron(C, D), G), b) >> dot(C, kron_grad(G, dot(D.T, b))), from the other side alike"""
    g, other, rows, columns = node.inputs
    product = made_by(g, Dot)
    if product is None or any(x.type.ndim != 2 for x in product.inputs) or not _same_dtypes(*product.inputs, other):
        return None
    for k, inner in enumerate(product.inputs):
        factors = factors_of(inner)
        if factors is None:
            continue
        kept, met = factors if node.op.first else factors[::-1]
        wanted = (rows, columns)[k], fgraph.shape_feature.shape_of(other)[k]
        if not all(_has_extent(v, k, n, fgraph) for v, n in zip((kept, met), wanted, strict=True)):
            return None
        if k == 0:
            return dot(kept, node.op(product.inputs[1], dot(met.T, other), shape_i(kept, 1), columns))
        return dot(node.op(product.inputs[0], dot(other, met.T), rows, shape_i(kept, 0)), kept)
    return None


@rule(KronGrad, name="kron_gradient_of_product", tags=TAGS)
def gradient_of_product(node):
    """kron_grad(dot(U, V), b) >> products of the parts of U and V with b; the same for outer(u, v)"""
    g, other, rows, columns = node.inputs
    inner, found = made_by(g, Dot), column_times_row_of(g)
    if found is not None:
        u, v = found[0].dimshuffle(0, "x"), found[1].dimshuffle("x", 0)
    elif inner is not None and all(x.type.ndim == 2 for x in inner.inputs):
        u, v = inner.inputs
    else:
        return None
    if not _same_dtypes(u, v, other):
        return None
    k, p, q = shape_i(u, 1), shape_i(other, 0), shape_i(other, 1)
    if node.op.first:
        turned = u.reshape((rows, p, k), ndim=3).dimshuffle(0, 2, 1).reshape((rows * k, p), ndim=2)
        left = dot(turned, other).reshape((rows, k * q), ndim=2)
        right = v.reshape((k, columns, q), ndim=3).dimshuffle(0, 2, 1).reshape((k * q, columns), ndim=2)
        return dot(left, right)
    turned = u.reshape((p, rows, k), ndim=3).dimshuffle(1, 2, 0).reshape((rows * k, p), ndim=2)
    return dot(dot(turned, other).reshape((rows, k * q), ndim=2), v.reshape((k * q, columns), ndim=2))


@rule(KronGrad, name="kron_gradient_of_scaled", tags=TAGS)
def gradient_of_scaled(node):
    """kron_grad(c * G, b) >> c * kron_grad(G, b) for a scalar c"""
    found = scalars_of(node.inputs[0])
    if found is None:
        return None
    result = node.op(found[1], *node.inputs[1:])
    return mul(*(s.dimshuffle("x", "x") if s.type.ndim == 0 else s for s in found[0]), result)


def _is_small(g):
    """Whether the rules here have a short way for ``g``."""
    found = scalars_of(g)
    g = g if found is None else found[1]
    return any(made_by(g, kind) is not None for kind in (Kron, Dot, AllocDiag)) or column_times_row_of(g) is not None \
        or on_diagonal(g) is not None or filled_with(g) is not None


@rule(KronGrad, name="kron_gradient_of_choice", tags=TAGS)
def gradient_of_choice(node):
    """kron_grad(switch(c, G, 0), b) >> switch(c, kron_grad(G, b), 0) for a scalar c"""
    g, *rest = node.inputs
    parts = args(g, "switch")
    if parts is None or not all(parts[0].type.broadcastable):
        return None
    for k in (1, 2):
        if parts[k].type == g.type and is_number(parts[3 - k], 0):
            result = node.op(parts[k], *rest)
            return apply("switch", parts[0], *((result, parts[2]) if k == 1 else (parts[1], result)))
    return None


@rule(KronGrad, name="kron_gradient_of_sum", tags=TAGS)
def gradient_of_sum(node):
    """kron_grad(G + H, b) >> kron_grad(G, b) + kron_grad(H, b) where there is a short way for one of them"""
    g, *rest = node.inputs
    for name in ("add", "sub"):
        terms = args(g, name)
        fit = terms is not None and all(t.type == g.type or _is_scalar(t, g) for t in terms)
        if fit and any(map(_is_small, terms)):
            return apply(name, *(_everywhere(t, *rest) if _is_scalar(t, g) else node.op(t, *rest) for t in terms))
    return None


def _is_scalar(term, g):
    return all(term.type.broadcastable) and not any(g.type.broadcastable)


def _everywhere(value, other, rows, columns):
    """The gradient where that by the product is one number everywhere."""
    return alloc(cast(value.dimshuffle(), other.type.dtype) * other.sum(), rows, columns)


@rule(KronGrad, name="kron_gradient_of_fill", tags=TAGS)
def gradient_of_fill(node):
    """kron_grad(c everywhere, b) >> c * sum(b) everywhere"""
    g, other, *extents = node.inputs
    value = filled_with(g)
    if value is None or not _same_dtypes(g, other):
        return None
    return _everywhere(value, other, *extents)


def _along_diagonal(n, p, q):
    """Where the first n elements of the diagonal of kron(a, b) come from: rows and columns of a, and of b: (p, q)."""
    r = arange(n)
    one = apply("maximum", p, 1), apply("maximum", q, 1)
    return [apply("int_div", r, k) for k in one], [apply("mod", r, k) for k in one]


@rule(KronGrad, name="kron_gradient_of_diagonal", tags=TAGS)
def gradient_of_diagonal(node):
    """kron_grad(diag(v), b) >> v times elements of b, added up"""
    g, other, rows, columns = node.inputs
    v = on_diagonal(g)
    if v is None or not _same_dtypes(g, other, v):
        return None
    p, q = (shape_i(other, 0), shape_i(other, 1)) if node.op.first else (rows, columns)
    of_first, of_second = _along_diagonal(shape_i(v, 0), p, q)
    to, source = (of_first, of_second) if node.op.first else (of_second, of_first)
    empty = zeros((rows, columns), dtype=g.type.dtype)
    return inc_subtensor(empty[to[0], to[1]], mul(v, other[source[0], source[1]]))


@rule(ExtractDiag, name="diagonal_of_any_kron", tags=("stabilize", "canonicalize"))
def diagonal_of_any_kron(node):
    """diag(kron(A, B)) >> products of elements of A and B"""
    factors, op = factors_of(node.inputs[0]), node.op
    if factors is None or op.offset or (op.axis1, op.axis2) != (0, 1) or is_square(factors[1]):
        return None
    a, b = factors
    p, q = shape_i(b, 0), shape_i(b, 1)
    n = apply("minimum", shape_i(a, 0) * p, shape_i(a, 1) * q)
    of_first, of_second = _along_diagonal(n, p, q)
    return mul(a[of_first[0], of_first[1]], b[of_second[0], of_second[1]])


@rule(KronGrad, name="kron_gradient_of_transpose", tags=TAGS)
def gradient_of_transpose(node):
    """kron_grad(G.T, b) >> kron_grad(G, b.T).T where there is a short way for G"""
    g, other, rows, columns = node.inputs
    inner = transposed(g)
    return node.op(inner, other.T, columns, rows).T if inner is not None and _is_small(inner) else None


@rule(Sum, name="sum_of_kron", tags=("stabilize", "canonicalize"))
def sum_of_kron(node):
    """sum(kron(A, B)) >> sum(A) * sum(B)"""
    factors = factors_of(node.inputs[0])
    if factors is None or node.outputs[0].type.ndim:
        return None
    return mul(*(Sum(None, dtype=node.op.dtype, acc_dtype=node.op.acc_dtype)(v) for v in factors))


@rule("sqr", "abs_", name="function_of_kron", tags=("stabilize", "canonicalize"))
def function_of_kron(node):
    """sqr(kron(A, B)) >> kron(sqr(A), sqr(B)), the same for abs"""
    factors = factors_of(node.inputs[0])
    if factors is None:
        return None
    found = Kron()(*map(node.op, factors))
    return found if found.type == node.outputs[0].type else None


KRON = (
    *OF_PRODUCT, gradient_of_kron, gradient_through_kron, gradient_of_scaled, gradient_of_choice, gradient_of_fill,
    gradient_of_diagonal, gradient_of_product, gradient_of_sum, gradient_of_transpose, diagonal_of_any_kron,
    sum_of_kron, function_of_kron,
)
