"""Products as calls of BLAS, with scaling and accumulation inside."""

from theano.rewrite.engine import rule
from theano.rewrite.rules.match import apply, args, like, made_by, number, row
from theano.tensor.blas import BLAS_DTYPES, Dot22, Gemm, Gemv, _dot22, gemm_no_inplace, gemv_no_inplace
from theano.tensor.blas import ger as ger_op
from theano.tensor.careduce import CAReduce
from theano.tensor.create import AllocEmpty
from theano.tensor.dot import Dot
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.shape import shape_i


@rule(Dot, name="local_dot_to_dot22", tags=("BlasOpt",))
def dot_of_matrices(node):
    """dot(matrix, matrix) >> dot22"""
    x, y = node.inputs
    if x.type.ndim == 2 and y.type.ndim == 2 and x.type.dtype == y.type.dtype and x.type.dtype in BLAS_DTYPES:
        return _dot22(x, y)
    return None


@rule(Dot, name="local_dot_to_gemv", tags=("BlasOpt",), fgraph=True)
def dot_with_vector(fgraph, node):
    """dot(matrix, vector) >> gemv, dot(vector, matrix) >> gemv with the transpose"""
    x, y = node.inputs
    if x.type.dtype != y.type.dtype or x.type.dtype not in BLAS_DTYPES or x.type.ndim + y.type.ndim != 3:
        return None
    if y.type.ndim == 2:
        x, y = y.T, x
    extent = shape_i(x, 0, fgraph)
    start = AllocEmpty(x.type.dtype)(extent)
    return gemv_no_inplace(start, like(1, x), x, y, like(0, x))


@rule("add", name="local_sum_of_products", tags=("specialize",))
def sum_of_products(node):
    """x y + u v + z >> gemm(x y, 1, u, v, 1) + z, which makes one array instead of two"""
    out = node.outputs[0]
    if out.type.dtype not in BLAS_DTYPES or out.type.ndim != 2:
        return None
    products = [v for v in node.inputs if v.type == out.type and _is_lone_product(v)]
    if len(products) < 2:
        return None
    rest = [v for v in node.inputs if v not in products]
    total = rest.pop() if len(rest) == 1 and rest[0].type == out.type else products.pop(0)
    for product in products:
        total = gemm_no_inplace(total, like(1, out), *product.owner.inputs, like(1, out))
    return apply("add", total, *rest) if rest else total


def _is_lone_product(v):
    """Whether nothing but one sum needs this product of matrices."""
    if made_by(v, Dot) is None or len(v.clients) > 1:
        return False
    return all(x.type.ndim == 2 and x.type.dtype == v.type.dtype for x in v.owner.inputs)


def scaled(variable):
    """(scalar factor or None, what it multiplies) of a term ``a * x``, ``x / a`` or ``-x``, if nothing else uses it."""
    x, sign = variable, 1
    inner = args(x, "neg")
    if inner is not None and len(x.clients) <= 1:
        x, sign = inner[0], -1
    parts = args(x, "mul")
    if parts is None or len(x.clients) > 1:
        return (like(-1, variable), x) if sign == -1 else (None, variable)
    scalars = [p for p in parts if all(p.type.broadcastable) and p.type.dtype == variable.type.dtype]
    others = [p for p in parts if p not in scalars]
    if len(others) != 1 or not scalars:
        return (like(-1, variable), x) if sign == -1 else (None, variable)
    flat = [s.dimshuffle([]) if s.type.ndim else s for s in scalars]
    factor = flat[0] if len(flat) == 1 else apply("mul", *flat)
    if sign == -1:
        known = number(factor)
        factor = like(-known, variable) if known is not None else apply("neg", factor)
    return factor, others[0]


def _through(v):
    """A product behind the transposition that a gradient often has, as (node, whether transposed)."""
    if v.owner is not None and isinstance(v.owner.op, DimShuffle) and v.owner.op.new_order == (1, 0) \
            and len(v.clients) <= 1:
        return v.owner.inputs[0].owner, True
    return v.owner, False


@rule("add", "sub", name="local_gemm", tags=("BlasOpt",))
def sum_with_product(node):
    """z + a * dot(x, y) >> gemm(z, a, x, y, b) and so for gemv

    A penalty on z meets its product already: z + a * gemm(z, b, x, y, c) >> gemm(z, a * b, x, y, 1 + a * c).
    """
    out = node.outputs[0]
    if len(node.inputs) != 2 or out.type.dtype not in BLAS_DTYPES or out.type.ndim not in (1, 2):
        return None
    for k in (1, 0):
        term, rest = node.inputs[k], node.inputs[1 - k]
        if term.type != out.type or rest.type != out.type or len(term.clients) > 1:
            continue
        found = _accumulated(rest, term, row(out) == "sub", k)
        if found is not None:
            return found
    return None


def _accumulated(rest, term, subtract, position):
    alpha, product = scaled(term)
    node, transposed = _through(product)
    if node is None or len(product.clients) > 1 or product.type != term.type:
        return None
    alpha = like(1, term) if alpha is None else alpha
    sign_rest = 1
    if subtract:
        if position == 1:
            alpha = _minus(alpha)
        else:
            sign_rest = -1
    if isinstance(node.op, Dot22):
        x, y = node.inputs
        if transposed:
            x, y = y.T, x.T
        beta, z = scaled(rest) if not isinstance(getattr(rest.owner, "op", None), Dot22) else (None, rest)
        beta = like(1, rest) if beta is None else beta
        if z.type != term.type:
            beta, z = like(1, rest), rest
        return gemm_no_inplace(z, alpha, x, y, _minus(beta) if sign_rest < 0 else beta)
    if isinstance(node.op, (Gemv, Gemm)) and not transposed:
        z, a, x, y, b = node.inputs
        beta, same = scaled(rest)
        if same is z and number(b) != 0:
            beta = like(1, rest) if beta is None else beta
            op = gemv_no_inplace if isinstance(node.op, Gemv) else gemm_no_inplace
            return op(z, _times(alpha, a), x, y, _plus(_minus(beta) if sign_rest < 0 else beta, _times(alpha, b)))
    if isinstance(node.op, Gemv) and not transposed and number(node.inputs[4]) == 0:
        _, a, matrix, x, _ = node.inputs
        beta, z = scaled(rest)
        beta = like(1, rest) if beta is None else beta
        if z.type != term.type:
            beta, z = like(1, rest), rest
        return gemv_no_inplace(z, _times(alpha, a), matrix, x, _minus(beta) if sign_rest < 0 else beta)
    return None


def _minus(x):
    known = number(x)
    return like(-known, x) if known is not None else apply("neg", x)


def _times(a, b):
    x, y = number(a), number(b)
    if x == 1:
        return b
    if y == 1:
        return a
    return like(x * y, a) if x is not None and y is not None else apply("mul", a, b)


def _plus(a, b):
    x, y = number(a), number(b)
    return like(x + y, a) if x is not None and y is not None else apply("add", a, b)


@rule("mul", name="local_dot22_scalar", tags=("BlasOpt",))
def scaled_gemv(node):
    """a * gemv(y, b, A, x, 0) >> gemv(y, a * b, A, x, 0)"""
    out = node.outputs[0]
    scalars = [p for p in node.inputs if all(p.type.broadcastable) and p.type.dtype == out.type.dtype]
    others = [p for p in node.inputs if p not in scalars]
    if len(others) != 1 or not scalars or len(others[0].clients) > 1 or others[0].owner is None \
            or others[0].type != out.type or not isinstance(others[0].owner.op, Gemv):
        return None
    y, b, matrix, x, beta = others[0].owner.inputs
    if number(beta) != 0:
        return None
    flat = [s.dimshuffle([]) if s.type.ndim else s for s in scalars]
    factor = flat[0] if len(flat) == 1 else apply("mul", *flat)
    return gemv_no_inplace(y, _times(factor, b), matrix, x, beta)


@rule("neg", name="local_neg_gemv", tags=("BlasOpt",))
def negated_gemv(node):
    """-gemv(y, a, A, x, 0) >> gemv(y, -a, A, x, 0)"""
    inner = node.inputs[0]
    if inner.owner is None or not isinstance(inner.owner.op, Gemv) or len(inner.clients) > 1:
        return None
    y, a, matrix, x, beta = inner.owner.inputs
    return gemv_no_inplace(y, _minus(a), matrix, x, beta) if number(beta) == 0 else None


def outer_product(variable):
    """(x, y, scalars) where ``variable`` is scalars * outer(x, y); None otherwise."""
    parts = args(variable, "mul")
    if parts is None:
        return None
    columns = [p for p in parts if p.type.broadcastable == (False, True)]
    rows = [p for p in parts if p.type.broadcastable == (True, False)]
    scalars = [p for p in parts if all(p.type.broadcastable)]
    if len(columns) != 1 or len(rows) != 1 or len(columns) + len(rows) + len(scalars) != len(parts):
        return None
    return columns[0].dimshuffle(0), rows[0].dimshuffle(1), [s.dimshuffle([]) for s in scalars]


def _is_part_of_loop(x):
    """Whether loops alone use ``x``, and not only to add something else to it."""
    clients = [c for c, _ in x.clients]
    return all(c != "output" and isinstance(c.op, (Elemwise, CAReduce)) for c in clients) \
        and not all(isinstance(c.op, Elemwise) and row(c.outputs[0]) in ("add", "sub") for c in clients)


@rule("add", "sub", name="local_ger", tags=("BlasOpt",))
def sum_with_outer_product(node):
    """A + a * outer(x, y) >> ger(A, a, x, y), unless a loop computes the sum where it needs it"""
    out = node.outputs[0]
    if len(node.inputs) != 2 or out.type.ndim != 2 or out.type.dtype not in BLAS_DTYPES or _is_part_of_loop(out):
        return None
    matrix, term = node.inputs
    found = outer_product(term) if len(term.clients) <= 1 else None
    if found is None or matrix.type != out.type or term.type != out.type:
        return None
    x, y, scalars = found
    if any(v.type.dtype != out.type.dtype for v in (x, y, *scalars)):
        return None
    alpha = like(1, out)
    for s in scalars:
        alpha = _times(alpha, s)
    return ger_op(matrix, _minus(alpha) if row(out) == "sub" else alpha, x, y)


BLAS = (dot_of_matrices, dot_with_vector, scaled_gemv, negated_gemv, sum_with_product, sum_with_outer_product)
