"""Kronecker products: what is computed from kron(A, B) is computed from A and B, which have far fewer elements."""

from theano.inner.ifelse import IfElse
from theano.rewrite.engine import rule
from theano.rewrite.rules.linalg import TAGS, column_times_row_of, is_real, made_by, scalars_of
from theano.rewrite.rules.match import apply, like, shaped
from theano.rewrite.structure import facts, is_square
from theano.scalar.type import complex_dtypes, float_dtypes
from theano.tensor.diagonal import ExtractDiag, diagonal
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import DimShuffle, Elemwise, cast, mul
from theano.tensor.linalg.cholesky import Cholesky
from theano.tensor.linalg.inverse import Det, MatrixInverse, MatrixPinv, SLogDet
from theano.tensor.linalg.product import Kron, KronGrad
from theano.tensor.linalg.solve import SYMMETRIC, TRANSPOSED, Solve, solve
from theano.tensor.shape import shape_i


def factors_of(variable):
    """(a, b) where ``variable`` is kron(a, b) and all three have one dtype of floats or complex numbers; else None."""
    node = made_by(variable, Kron)
    dtypes = {variable.type.dtype, *(v.type.dtype for v in node.inputs)} if node is not None else ()
    return node.inputs if len(dtypes) == 1 and dtypes <= {*float_dtypes, *complex_dtypes} else None


@rule(DimShuffle, name="transpose_of_kron", tags=TAGS)
def transpose_of_kron(node):
    """kron(A, B).T >> kron(A.T, B.T)"""
    node_of = made_by(node.inputs[0], Kron)
    if node_of is None or node.op.new_order != (1, 0):
        return None
    a, b = node_of.inputs
    return node_of.op(a.T, b.T)


@rule("mul", "neg", name="scaled_kron", tags=("stabilize", "canonicalize"))
def scaled_kron(node):
    """c * kron(A, B) >> kron(c * A, B) for a scalar c"""
    if not any(made_by(v, Kron) for v in node.inputs):
        return None
    found = scalars_of(node.outputs[0])
    factors = factors_of(found[1]) if found is not None else None
    if factors is None:
        return None
    a, b = factors
    scaled = mul(*found[0], a)
    return Kron()(scaled, b) if scaled.type == a.type else None


@rule(MatrixInverse, MatrixPinv, name="inverse_of_kron", tags=TAGS)
def inverse_of_kron(node):
    """inv(kron(A, B)) >> kron(inv(A), inv(B)), and the same for pinv"""
    factors = factors_of(node.inputs[0])
    return None if factors is None else Kron()(*map(node.op, factors))


@rule(Cholesky, name="cholesky_of_kron", tags=TAGS)
def cholesky_of_kron(node):
    """cholesky(kron(A, B)) >> kron(cholesky(A), cholesky(B)) for A and B known to be positive definite"""
    factors = factors_of(node.inputs[0])
    if factors is None or not all("psd" in facts(v) for v in factors):
        return None
    return Kron()(*map(node.op, factors))


@rule(Solve, name="solve_of_kron", tags=TAGS)
def solve_of_kron(node):
    """solve(kron(A, B), y) >> solve(A, Y) and solve(B, Y.T), where y has the elements of the matrix Y in its order"""
    factors, y, structure = factors_of(node.inputs[0]), node.inputs[1], node.op.A_structure
    if factors is None or _is_outer(y):
        return None
    needed = "symmetric" if structure in SYMMETRIC else structure.removesuffix("_triangular")
    triangle = structure in TRANSPOSED
    if (triangle or structure in SYMMETRIC) and not all(needed in facts(v) for v in factors):
        return None                                     # only a part of the product is read
    op = node.op if triangle else solve
    return shaped(_through_both(lambda v, x: op(v, x), *factors, y, rows=0), node.outputs[0])


def _is_outer(y):
    """Whether a matrix is known to be outer(u, v): u alone is multiplied or solved for, see `rewrite.rules.linalg`."""
    return y.type.ndim == 2 and not any(y.type.broadcastable) and column_times_row_of(y) is not None


def is_for_gradient(variable, depth=6):
    """Whether nothing but gradients of Kronecker products by their factors is computed from a matrix."""
    clients = [client for client, _ in variable.clients] if depth and hasattr(variable, "clients") else []
    return len(clients) > 0 and all(client != "output" and (
        isinstance(client.op, KronGrad) or isinstance(client.op, (Dot, Elemwise, DimShuffle))
        and is_for_gradient(client.outputs[0], depth - 1)) for client in clients)


def _through_both(function, a, b, y, rows):
    """``function(a, .)`` along the slow part of the rows of y, ``function(b, .)`` along the fast one.

    rows : int
        The axis of ``a`` and ``b`` that the rows of y belong to; the other one belongs to those of the result.
    """
    m, p = shape_i(a, rows), shape_i(b, rows)
    n, q = shape_i(a, 1 - rows), shape_i(b, 1 - rows)
    if y.type.ndim == 1:
        return function(b, function(a, y.reshape((m, p), ndim=2)).T).T.reshape((n * q,), ndim=1)
    k = shape_i(y, 1)
    half = function(a, y.reshape((m, p * k), ndim=2)).reshape((n, p, k), ndim=3)
    turned = half.dimshuffle(1, 0, 2).reshape((p, n * k), ndim=2)
    whole = function(b, turned).reshape((q, n, k), ndim=3)
    return whole.dimshuffle(1, 0, 2).reshape((n * q, k), ndim=2)


@rule(Dot, name="product_with_kron", tags=("stabilize", "canonicalize"))
def product_with_kron(node):
    """dot(kron(A, B), y) >> dot(dot(A, Y), B.T), where y has the elements of the matrix Y in its order; y first also"""
    left, right = node.inputs
    if left.type.dtype != right.type.dtype or _is_outer(left) or _is_outer(right) or is_for_gradient(node.outputs[0]):
        return None
    factors = factors_of(left)
    if factors is not None:
        return shaped(_through_both(dot, *factors, right, rows=1), node.outputs[0])
    factors = factors_of(right)
    if factors is None:
        return None
    turned = [v.T for v in factors]
    found = _through_both(dot, *turned, left if left.type.ndim == 1 else left.T, rows=1)
    return shaped(found if left.type.ndim == 1 else found.T, node.outputs[0])


def _where_square(a, b, values, others):
    """``values``, or ``others`` where a and b are not square, of which the product has no full rank."""
    if is_square(a) and is_square(b):
        return values
    square = apply("eq", shape_i(a, 0), shape_i(a, 1))
    return IfElse(len(values))(square, *values, *others, return_list=True)


def _logarithm(a, b):
    """(sign, logarithm of the absolute value) of the determinant of kron(a, b), which is det(a)**p * det(b)**m."""
    m, p = (cast(shape_i(v, 0), v.type.dtype) for v in (a, b))
    (sign_a, log_a), (sign_b, log_b) = SLogDet()(a), SLogDet()(b)
    return mul(apply("pow", sign_a, p), apply("pow", sign_b, m)), mul(p, log_a) + mul(m, log_b)


@rule(SLogDet, name="slogdet_of_kron", tags=TAGS)
def slogdet_of_kron(node):
    """slogdet(kron(A, B)) >> that of A times the rows of B, and that of B times the rows of A"""
    factors = factors_of(node.inputs[0])
    if factors is None or not is_real(node.inputs[0]):
        return None
    zero = like(0, node.outputs[0])
    return _where_square(*factors, _logarithm(*factors), (zero, like(-float("inf"), node.outputs[1])))


@rule(Det, name="det_of_kron", tags=("specialize",))
def det_of_kron(node):
    """det(kron(A, B)) >> that of slogdet(A) and slogdet(B), which don't overflow where the product doesn't"""
    factors = factors_of(node.inputs[0])
    if factors is None or not is_real(node.inputs[0]):
        return None
    sign, logarithm = _logarithm(*factors)
    return _where_square(*factors, [mul(sign, apply("exp", logarithm))], [like(0, node.outputs[0])])


@rule(ExtractDiag, name="diagonal_of_kron", tags=("stabilize", "canonicalize"))
def diagonal_of_kron(node):
    """diag(kron(A, B)) >> the elements of outer(diag(A), diag(B)) for square B"""
    factors, op = factors_of(node.inputs[0]), node.op
    if factors is None or op.offset or (op.axis1, op.axis2) != (0, 1) or not is_square(factors[1]):
        return None
    a, b = map(diagonal, factors)
    return mul(a.dimshuffle(0, "x"), b.dimshuffle("x", 0)).flatten()


OF_PRODUCT = (
    transpose_of_kron, scaled_kron, inverse_of_kron, cholesky_of_kron, solve_of_kron, product_with_kron,
    slogdet_of_kron, det_of_kron, diagonal_of_kron,
)
