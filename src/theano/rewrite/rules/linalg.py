"""Linear algebra by what is known about matrices: solutions instead of inverses, triangles, logarithms."""

import numpy as np

from theano.rewrite.engine import rule
from theano.rewrite.rules.blas import outer_product
from theano.rewrite.rules.diagonal import DIVISIONS
from theano.rewrite.rules.match import apply, args, is_float, like, made_by, number, row
from theano.rewrite.structure import DIAGONAL, are_transposes, facts, nonnegative, transposed
from theano.scalar.type import complex_dtypes
from theano.tensor.careduce import Prod, Sum
from theano.tensor.create import Eye, Tri, eye
from theano.tensor.diagonal import AllocDiag, ExtractDiag, diagonal
from theano.tensor.dot import Dot, dot
from theano.tensor.elemwise import DimShuffle, Elemwise, mul
from theano.tensor.linalg.adjoint import adjoint
from theano.tensor.linalg.hint import Hint
from theano.tensor.linalg.inverse import Det, MatrixInverse, SLogDet
from theano.tensor.linalg.solve import TRANSPOSED, Solve, solve, solve_lower_triangular, solve_upper_triangular
from theano.tensor.shape import shape_i

TAGS = ("canonicalize", "stabilize", "specialize")


def is_real(variable):
    """Whether a variable has real numbers."""
    return variable.type.dtype not in complex_dtypes


# -- hints and transposes ------------------------------------------------------------------------------------


@rule(Hint, name="remove_hint_nodes", tags=TAGS)
def hint(node):
    """hint(x) >> x; the graph keeps what was said about it"""
    return node.inputs[0]


@rule(DimShuffle, name="no_transpose_symmetric", tags=TAGS)
def transpose_of_symmetric(node):
    """x.T >> x for symmetric x"""
    x = node.inputs[0]
    if node.op.new_order != (1, 0) or not is_real(x) or x.type != node.outputs[0].type:
        return None
    return x if "symmetric" in facts(x) else None


@rule(DimShuffle, name="transinv_to_invtrans", tags=TAGS)
def transpose_of_inverse(node):
    """inv(x).T >> inv(x.T)"""
    inner = made_by(node.inputs[0], MatrixInverse)
    return inner.op(inner.inputs[0].T) if inner is not None and node.op.new_order == (1, 0) else None


# -- inverses and solutions ----------------------------------------------------------------------------------


@rule(Dot, name="inv_as_solve", tags=("stabilize", "canonicalize"))
def product_with_inverse(node):
    """dot(inv(A), B) >> solve(A, B); dot(B, inv(A)) >> solve(A.T, B.T).T"""
    left, right = node.inputs
    inner = made_by(left, MatrixInverse)
    if inner is not None and inner.inputs[0].type.dtype == left.type.dtype:
        return solve(inner.inputs[0], right)
    inner = made_by(right, MatrixInverse)
    if inner is None or inner.inputs[0].type.dtype != right.type.dtype:
        return None
    turned = inner.inputs[0].T
    return solve(turned, left.T).T if left.type.ndim == 2 else solve(turned, left)


@rule(Dot, tags=("stabilize", "canonicalize"))
def product_with_solved_identity(node):
    """dot(solve(L, eye), B) >> solve(L, B); dot(B, solve(L, eye)) >> solve(L.T, B.T).T: inverses of triangles"""
    left, right = node.inputs
    if left.type.dtype != right.type.dtype:
        return None
    inner = made_by(left, Solve)
    if inner is not None and _is_identity(inner.inputs[1]):
        return inner.op(inner.inputs[0], right)
    inner = made_by(right, Solve)
    if inner is None or right.type.ndim == 1 or not _is_identity(inner.inputs[1]) \
            or inner.op.A_structure not in TRANSPOSED:
        return None
    op, turned = type(inner.op)(TRANSPOSED[inner.op.A_structure], not inner.op.lower), inner.inputs[0].T
    return op(turned, left) if left.type.ndim == 1 else op(turned, left.T).T


def _is_identity(x):
    return made_by(x, Eye) is not None and facts(x) >= DIAGONAL | {"rows"}


@rule(Solve, name="tag_solve_triangular", tags=TAGS)
def solve_of_triangular(node):
    """solve(A, b) >> solve(A, b) with the structure that A has"""
    a, b = node.inputs
    if node.op.A_structure in TRANSPOSED:
        return None
    known = facts(a)
    if "lower" in known:
        return solve_lower_triangular(a, b)
    return solve_upper_triangular(a, b) if "upper" in known else None


@rule(Solve, tags=TAGS)
def solve_of_orthogonal(node):
    """solve(Q, b) >> dot(Q.T, b) for orthogonal Q"""
    a, b = node.inputs
    if node.op.A_structure in TRANSPOSED or not facts(a) >= {"columns", "rows"} or a.type.dtype != b.type.dtype \
            or facts(a) >= DIAGONAL:
        return None
    return dot(adjoint(a), b)


@rule(Solve, tags=TAGS)
def solve_of_identity(node):
    """solve(A, eye) >> inv(A) for a general A"""
    a, b = node.inputs
    if node.op.A_structure in TRANSPOSED or a.type.dtype != b.type.dtype or not _is_identity(b):
        return None
    return MatrixInverse()(a)


@rule(MatrixInverse, tags=TAGS)
def inverse_of_inverse(node):
    """inv(inv(A)) >> A"""
    inner = made_by(node.inputs[0], MatrixInverse)
    return inner.inputs[0] if inner is not None and inner.inputs[0].type == node.outputs[0].type else None


@rule(MatrixInverse, tags=TAGS)
def inverse_with_structure(node):
    """inv(Q) >> Q.T for orthogonal Q; inv(L) >> solve(L, eye) for triangular L"""
    x = node.inputs[0]
    known = facts(x)
    if known >= {"columns", "rows"} and x.type.dtype == node.outputs[0].type.dtype:
        return adjoint(x)
    if "lower" in known:
        return solve_lower_triangular(x, _identity(x, node.outputs[0]))
    return solve_upper_triangular(x, _identity(x, node.outputs[0])) if "upper" in known else None


def _identity(x, model):
    return eye(shape_i(x, 0), dtype=model.type.dtype)


# -- products ------------------------------------------------------------------------------------------------


def column_times_row_of(variable):
    """(u, v) where ``variable`` is outer(u, v); None otherwise."""
    inner = transposed(variable)
    if inner is not None:
        found = column_times_row_of(inner)
        return None if found is None else found[::-1]
    node = made_by(variable, Dot)
    if node is not None and variable.type.ndim == 2 and all(v.type.ndim == 2 for v in node.inputs):
        column, line = node.inputs
        return (column.dimshuffle(0), line.dimshuffle(1)) if column.type.broadcastable[1] and \
            line.type.broadcastable[0] else None
    found = outer_product(variable)
    if found is None:
        return None
    u, v, scalars = found
    return (mul(u, *(s.dimshuffle("x") for s in scalars)) if scalars else u), v


def _outer(u, v, model):
    result = mul(u.dimshuffle(0, "x"), v.dimshuffle("x", 0))
    return result if result.type.dtype == model.type.dtype else None


@rule(Dot, tags=("stabilize", "canonicalize"))
def product_with_diagonal(node):
    """dot(alloc_diag(v), A) >> v as a column times A; dot(A, alloc_diag(v)) >> A times v as a row"""
    for k, matrix in enumerate(node.inputs):
        other, inner = node.inputs[1 - k], made_by(matrix, AllocDiag)
        if inner is None or inner.op.offset or matrix.type.ndim != 2 or any(other.type.broadcastable[-2:]) \
                or other.type.dtype != matrix.type.dtype:
            continue
        v = inner.inputs[0]
        return mul(v if other.type.ndim == 1 else v.dimshuffle(*((0, "x") if k == 0 else ("x", 0))), other)
    return None


@rule(Dot, tags=("canonicalize",))
def column_times_row(node):
    """dot(column, row) >> their elementwise product, which loops compute where they need it"""
    column, line = node.inputs
    if column.type.ndim != 2 or line.type.ndim != 2 \
            or not (column.type.broadcastable[1] and line.type.broadcastable[0]):
        return None
    result = mul(column, line)
    return result if result.type == node.outputs[0].type else None


@rule(Dot, tags=("stabilize", "canonicalize"))
def product_with_outer(node):
    """dot(A, outer(u, v)) >> outer(dot(A, u), v); dot(outer(u, v), A) >> outer(u, dot(v, A))"""
    left, right = node.inputs
    if left.type.ndim != 2 or any(left.type.broadcastable + right.type.broadcastable):
        return None
    found = column_times_row_of(right)
    if found is not None:
        return _outer(dot(left, found[0]), found[1], node.outputs[0])
    found = column_times_row_of(left) if right.type.ndim == 2 else None
    return None if found is None else _outer(found[0], dot(found[1], right), node.outputs[0])


@rule(Solve, tags=("stabilize", "canonicalize"))
def solve_of_outer(node):
    """solve(A, outer(u, v)) >> outer(solve(A, u), v)"""
    a, b = node.inputs
    found = column_times_row_of(b) if b.type.ndim == 2 and not any(b.type.broadcastable) else None
    return None if found is None else _outer(node.op(a, found[0]), found[1], node.outputs[0])


def scalars_of(variable):
    """(scalars, what they multiply) where ``variable`` is a product with scalars or a negative; else None."""
    inner = args(variable, "neg")
    if inner is not None:
        return None if variable.type.dtype.startswith(("uint", "bool")) else ([like(-1, variable)], inner[0])
    factors = args(variable, "mul")
    scalars = [f for f in factors or () if all(f.type.broadcastable)]
    rest = [f for f in factors or () if f not in scalars]
    if not scalars or not rest:
        return None
    inside = rest[0] if len(rest) == 1 else mul(*rest)
    return (scalars, inside) if inside.type == variable.type else None


@rule(Solve, tags=("stabilize", "canonicalize"))
def solve_of_scaled(node):
    """solve(A, c * b) >> c * solve(A, b) for a scalar c"""
    a, b = node.inputs
    found = scalars_of(b)
    if found is None or b.type != node.outputs[0].type:
        return None
    scalars, inside = found
    return mul(*scalars, node.op(a, inside))


@rule(Dot, tags=TAGS)
def product_of_orthonormal(node):
    """dot(Q.T, Q) >> eye for orthonormal columns of Q, dot(Q, Q.T) for rows"""
    left, right = node.inputs
    if left.type.ndim != 2 or not are_transposes(left, right) or not is_real(left):
        return None
    if "columns" in facts(right) or "rows" in facts(left):
        return eye(shape_i(right, 1), dtype=node.outputs[0].type.dtype)
    return None


# -- determinants --------------------------------------------------------------------------------------------


@rule(Det, tags=TAGS)
def det_with_structure(node):
    """det(A.T) >> det(A), det(inv(A)) >> 1 / det(A), det(L) >> prod(diag(L)) for triangular L"""
    x = node.inputs[0]
    if x.type.dtype != node.outputs[0].type.dtype:
        return None
    turned = transposed(x)
    if turned is not None:
        return node.op(turned)
    inner = made_by(x, MatrixInverse)
    if inner is not None and inner.inputs[0].type.dtype == x.type.dtype:
        return 1 / node.op(inner.inputs[0])
    known = facts(x)
    return _product(diagonal(x)) if known & {"lower", "upper"} else None


def _product(x):
    return Prod(dtype=x.type.dtype, acc_dtype=x.type.dtype)(x)


def _inside_log(node, op_class):
    """The node of a class whose result, or its magnitude, a logarithm is of, and whether it is the magnitude.

    None in place of the node where there is none, or it changes the dtype.
    """
    x = node.inputs[0]
    magnitude = args(x, "abs_")
    inner = made_by(x if magnitude is None else magnitude[0], op_class)
    fits = inner is not None and is_float(x) and inner.inputs[0].type.dtype == x.type.dtype
    return inner if fits else None, magnitude is not None


@rule("log", tags=("stabilize", "canonicalize"))
def log_of_det(node):
    """log(abs(det(A))) >> slogdet(A)[1]; log(det(A)) >> slogdet(A)[1], nan where the sign is negative"""
    inner, positive = _inside_log(node, Det)
    if inner is None:
        return None
    sign, logarithm = SLogDet()(inner.inputs[0])
    if positive:
        return logarithm
    return apply("switch", apply("ge", sign, like(0, sign)), logarithm, like(float("nan"), logarithm))


@rule(SLogDet, tags=TAGS)
def slogdet_with_structure(node):
    """slogdet(A.T) >> slogdet(A); slogdet(inv(A)) >> its sign, minus its logarithm; triangles: that of the diagonal"""
    x = node.inputs[0]
    if x.type.dtype != node.outputs[0].type.dtype or not is_real(x):
        return None
    turned = transposed(x)
    if turned is not None:
        return node.op(turned, return_list=True)
    inner = made_by(x, MatrixInverse)
    if inner is not None and inner.inputs[0].type.dtype == x.type.dtype:
        sign, logarithm = node.op(inner.inputs[0])
        return [sign, -logarithm]
    if not facts(x) & {"lower", "upper"}:
        return None
    entries = diagonal(x)
    return [_product(apply("sgn", entries)), apply("log", abs(entries)).sum()]


# -- logarithms of products ----------------------------------------------------------------------------------


@rule("log", name="local_log_pow", tags=TAGS)
def log_of_power(node):
    """log(x ** a) >> a * log(x) for a number a, log(abs(x)) where it is even; also for sqr and sqrt"""
    x, out = node.inputs[0], node.outputs[0]
    if not is_float(x) or x.type.dtype != out.type.dtype or len(x.clients) > 1:
        return None
    for name, power in (("sqr", 2), ("sqrt", 0.5)):
        if args(x, name) is not None:
            return _scaled_log(args(x, name)[0], power, out)
    inner = args(x, "pow")
    power = number(inner[1]) if inner is not None else None
    if power is None or isinstance(power, complex) or power == 0 or not np.isfinite(power) \
            or inner[0].type.broadcastable != out.type.broadcastable:
        return None
    return _scaled_log(inner[0], power, out)


def _scaled_log(x, power, out):
    if x.type.dtype != out.type.dtype:
        return None
    base = abs(x) if power % 2 == 0 and not nonnegative(x) else x
    return mul(like(power, out), apply("log", base))


@rule("log", name="local_log_prod_sqr", tags=TAGS)
def log_of_product(node):
    """log(prod(x)) >> sum(log(x)) where x is not negative; log(abs(prod(x))) >> sum(log(abs(x)))"""
    inner, positive = _inside_log(node, Prod)
    if inner is None or not (positive or nonnegative(inner.inputs[0])):
        return None
    factors = inner.inputs[0]
    return Sum(inner.op.axis)(apply("log", abs(factors) if positive else factors))


# -- diagonals -----------------------------------------------------------------------------------------------


@rule(ExtractDiag, tags=TAGS)
def diagonal_of_diagonal(node):
    """diag(alloc_diag(v)) >> v; diag(A.T) >> diag(A)"""
    x, op = node.inputs[0], node.op
    if x.type.ndim != 2 or (op.axis1, op.axis2) != (0, 1):
        return None
    inner = made_by(x, AllocDiag)
    if inner is not None and inner.inputs[0].type.ndim == 1 and inner.op.offset == op.offset and inner.op.axis1 == 0:
        return inner.inputs[0]
    turned = transposed(x)
    return ExtractDiag(-op.offset, 0, 1, op.view)(turned) if turned is not None else None


@rule(ExtractDiag, tags=("stabilize", "canonicalize"))
def diagonal_of_product(node):
    """diag(dot(A, B)) >> sum of A * B.T over rows, cut to the smaller extent"""
    x, op = node.inputs[0], node.op
    inner = made_by(x, Dot)
    if inner is None or x.type.ndim != 2 or op.offset or (op.axis1, op.axis2) != (0, 1) or len(x.clients) > 1:
        return None
    a, b = inner.inputs
    if a.type.dtype != b.type.dtype:
        return None
    n = apply("minimum", shape_i(a, 0), shape_i(b, 1))
    return Sum(1)(mul(a[:n], b[:, :n].T)) if is_float(x) else None


@rule(ExtractDiag, tags=("stabilize", "canonicalize"), fgraph=True)
def diagonal_of_function(fgraph, node):
    """diag(f(A)) >> f(diag(A)) for an elementwise function of matrices, columns, rows and scalars"""
    x, op = node.inputs[0], node.op
    inner = made_by(x, Elemwise)
    if inner is None or x.type.ndim != 2 or (op.axis1, op.axis2) != (0, 1) or len(x.clients) > 1 \
            or len(inner.outputs) > 1 or any(x.type.broadcastable):
        return None
    patterns = [v.type.broadcastable for v in inner.inputs if not all(v.type.broadcastable)]
    if patterns != [(False, False)] and (
            not getattr(fgraph, "extents_agree", False) and (False, False) in patterns
            or op.offset and not set(patterns) <= {(False, False)}):
        return None
    n = apply("minimum", shape_i(x, 0), shape_i(x, 1))
    return inner.op(*(v.dimshuffle("x") if v.type.ndim == 0 or all(v.type.broadcastable) else op(v)
                      if not any(v.type.broadcastable) else v.dimshuffle(v.type.broadcastable.index(False))[:n]
                      for v in inner.inputs))


@rule(ExtractDiag, tags=("stabilize", "canonicalize"))
def diagonal_of_triangle(node):
    """diag(tril(A)) >> diag(A), the same for triu and products with tri"""
    x, op = node.inputs[0], node.op
    if x.type.ndim != 2 or op.offset or (op.axis1, op.axis2) != (0, 1):
        return None
    if row(x) == "switch":
        mask, below, above = x.owner.inputs
        k = _offset(mask)
        matrix = None if k is None else below if k >= 0 else above
        return op(matrix) if matrix is not None and matrix.type == x.type else None
    factors = args(x, "mul")
    rest = [f for f in factors or () if not _keeps_diagonal(f)]
    if not rest or len(rest) == len(factors):
        return None
    matrix = mul(*rest) if len(rest) > 1 else rest[0]
    return op(matrix) if matrix.type == x.type else None


def _keeps_diagonal(mask):
    """Whether a factor, `tri` or 1 - `tri`, is 1 on the main diagonal."""
    outside = args(mask, "sub")
    k = _offset(mask if outside is None else outside[1])
    return k is not None and (k >= 0 if outside is None else k < 0 and number(outside[0]) == 1)


def _offset(mask):
    """The number of the last diagonal where a matrix made by `tri` is 1, or None."""
    made = made_by(mask, Tri)
    return number(made.inputs[2]) if made is not None else None


@rule(Sum, tags=TAGS)
def sum_of_diagonal_matrix(node):
    """sum(alloc_diag(v)) >> sum(v)"""
    inner = made_by(node.inputs[0], AllocDiag)
    if inner is None or node.outputs[0].type.ndim:
        return None
    return Sum(None, dtype=node.op.dtype, acc_dtype=node.op.acc_dtype)(inner.inputs[0])


LINALG = (
    hint, transpose_of_symmetric, transpose_of_inverse, *DIVISIONS, solve_of_triangular, solve_of_orthogonal,
    solve_of_identity, inverse_of_inverse, inverse_with_structure, product_of_orthonormal, product_with_inverse,
    product_with_solved_identity, product_with_diagonal, column_times_row, product_with_outer, solve_of_outer,
    solve_of_scaled, det_with_structure, slogdet_with_structure, log_of_det, log_of_power, log_of_product,
    diagonal_of_diagonal, diagonal_of_product, diagonal_of_triangle, diagonal_of_function, sum_of_diagonal_matrix,
)
