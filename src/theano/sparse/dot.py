"""Products of sparse matrices with each other and with arrays."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.sparse.convert import CSM, as_gradient_of, csm_properties, dense_from_sparse
from theano.sparse.elemwise import mul
from theano.sparse.shape import transpose
from theano.sparse.type import SparseType, format_cls
from theano.sparse.variable import (
    as_sparse_or_tensor_variable,
    as_sparse_variable,
    is_sparse_variable,
    method,
)
from theano.tensor.constant import as_tensor_variable
from theano.tensor.dot import dot as dot_tensors
from theano.tensor.join import stack
from theano.tensor.type import tensor


def _transposed(x):
    return transpose(x) if is_sparse_variable(x) else x.T


def _check_extents(op, x, y):
    if x.shape[-1] != y.shape[0]:
        raise ValueError(f"{op}: shapes {x.shape} and {y.shape} don't fit: {x.shape[-1]} columns meet "
                         f"{y.shape[0]} rows")


def _product(x, y, dtype):
    """The product of two values, in the format of the first that is sparse."""
    return x.astype(dtype, copy=False) @ y.astype(dtype, copy=False)


def _product_as(name, a, b, kind):
    """The product of two values as a value of type ``kind``; ``name`` is for messages."""
    _check_extents(name, a, b)
    product = _product(a, b, kind.dtype)
    return product.asformat(kind.format) if hasattr(kind, "format") else product


class StructuredDot(Op):
    """The product of a sparse matrix with a matrix; the gradient is that of the elements that are stored.

    a: sparse (m, k)   b: (k, n), sparse or dense   ->   (m, n), sparse where b is
    """

    __props__ = ()

    def make_node(self, a, b):
        a, b = as_sparse_variable(a), as_sparse_or_tensor_variable(b)
        dtype = upcast(a.type.dtype, b.type.dtype)
        if is_sparse_variable(b):
            return Apply(self, [a, b], [SparseType(a.type.format, dtype)()])
        if b.type.ndim != 2:
            raise NotImplementedError(f"structured_dot needs a matrix, got {b} of type {b.type}")
        return Apply(self, [a, b], [tensor(dtype, (False, b.type.broadcastable[1]))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = _product_as("structured_dot", *inputs, node.outputs[0].type)

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[1][1])]

    def grad(self, inputs, output_grads):
        a, b = inputs
        g, = output_grads
        return [structured_dot_grad(a, b, g), as_gradient_of(b, structured_dot(transpose(a), g))]


_structured_dot = StructuredDot()


def structured_dot(x, y):
    """The product of two matrices, one of them sparse, whose gradient has elements where the sparse one stores them.

    Raises TypeError where none is sparse.
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if is_sparse_variable(x):
        return _structured_dot(x, y)
    if is_sparse_variable(y):
        return _transposed(_structured_dot(transpose(y), _transposed(x)))
    raise TypeError(f"structured_dot requires at least one sparse argument, got {x.type} and {y.type}: use dot")


class _StructuredDotGrad(Op):
    """The stored elements of ``g_ab @ b.T`` at the places that a matrix of `format` stores.

    indices: (k,)   indptr: (m + 1,)   b: (j, n)   g_ab: (i, n)   ->   (k,)
    """

    __props__ = ()
    format = None

    def make_node(self, indices, indptr, b, g_ab):
        indices, indptr, b, g_ab = map(as_tensor_variable, (indices, indptr, b, g_ab))
        return Apply(self, [indices, indptr, b, g_ab], [tensor(upcast(b.type.dtype, g_ab.type.dtype), (False,))])

    def perform(self, node, inputs, output_storage):
        indices, indptr, b, g = inputs
        major = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        rows, columns = (major, indices) if self.format == "csr" else (indices, major)
        output_storage[0][0] = np.asarray(_row_products(g, rows, b, columns), dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[False], [False], [True], [True]]

    def grad(self, inputs, output_grads):
        (indices, indptr, b, g), (gg,) = inputs, output_grads
        placed = CSM(self.format)(gg, indices, indptr, stack([g.shape[0], b.shape[0]]))
        by_b, by_g = structured_dot(transpose(placed), g), structured_dot(placed, b)
        return [DisconnectedType()(), DisconnectedType()(), as_gradient_of(b, by_b), as_gradient_of(g, by_g)]


ROWS_AT_ONCE = 1 << 14          # so that the gathered rows stay in the cache


def _row_products(a, a_rows, b, b_rows):
    """``sum(a[i] * b[j])`` for pairs (i, j) of row numbers."""
    parts = [np.einsum("ij,ij->i", a[a_rows[k:k + ROWS_AT_ONCE]], b[b_rows[k:k + ROWS_AT_ONCE]])
             for k in range(0, len(a_rows), ROWS_AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.result_type(a, b))


class StructuredDotGradCSC(_StructuredDotGrad):
    """The gradient of the stored elements of a csc matrix in a structured product."""

    format = "csc"


class StructuredDotGradCSR(_StructuredDotGrad):
    """The gradient of the stored elements of a csr matrix in a structured product."""

    format = "csr"


sdg_csc, sdg_csr = StructuredDotGradCSC(), StructuredDotGradCSR()


def structured_dot_grad(sparse_A, dense_B, ga):                                   # noqa: N803
    """The gradient of the sparse factor of ``structured_dot(sparse_A, dense_B)``, given that of the product."""
    kind = sparse_A.type.format
    if is_sparse_variable(dense_B) or is_sparse_variable(ga):
        return mul(SparseType.make_ones(sparse_A, ga.type.dtype), true_dot(ga, _transposed(dense_B)))
    if kind not in ("csr", "csc"):
        raise NotImplementedError(f"structured_dot has no gradient for format {kind}")
    _, *places = csm_properties(sparse_A)
    data = {"csc": sdg_csc, "csr": sdg_csr}[kind](places[0], places[1], dense_B, ga)
    return CSM(kind)(data, *places)


class Dot(Op):
    """The product of two matrices or vectors, at least one of them sparse; the gradient is that of all elements.

    x: (m, k)   y: (k, n); an array may also be a vector   ->   (m, n), sparse where both are
    """

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        if not (is_sparse_variable(x) or is_sparse_variable(y)):
            raise TypeError(f"theano.sparse.Dot needs a sparse matrix, got a {x.type} and a {y.type}")
        dtype = upcast(x.type.dtype, y.type.dtype)
        if is_sparse_variable(x) and is_sparse_variable(y):
            return Apply(self, [x, y], [SparseType(x.type.format, dtype)()])
        for v in (x, y):
            if v.type.ndim not in (1, 2):
                raise TypeError(f"theano.sparse.Dot: {v} should be a vector or matrix, but is a {v.type}")
        pattern = ((False,) if is_sparse_variable(x) else x.type.broadcastable[:-1],
                   (False,) if is_sparse_variable(y) else y.type.broadcastable[1:])
        return Apply(self, [x, y], [tensor(dtype, pattern[0] + pattern[1])])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = _product_as("dot", *inputs, node.outputs[0].type)

    def infer_shape(self, node, shapes):
        a, b = shapes
        return [(*a[:-1], *b[1:])]

    def grad(self, inputs, output_grads):
        x, y = inputs
        g, = output_grads
        gx = _outer(g, y) if y.type.ndim == 1 else dot(g, _transposed(y))
        gy = _outer(x, g) if x.type.ndim == 1 else dot(_transposed(x), g)
        return [as_gradient_of(x, gx), as_gradient_of(y, gy)]

    def __str__(self):
        return "SparseDot"


def _outer(x, y):
    return x.dimshuffle(0, "x") * y.dimshuffle("x", 0)


_dot = Dot()


def dot(x, y):
    """The product of two matrices or vectors, one or both sparse; sparse where both are.

    Two arrays have the usual product.
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not (is_sparse_variable(x) or is_sparse_variable(y)):
        return dot_tensors(x, y)
    return _dot(x, y)


@method("__dot__", "__matmul__")
def _product_of(x, y):
    """`structured_dot` of matrices, `dot` with a vector."""
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    return dot(x, y) if 1 in (x.type.ndim, y.type.ndim) else structured_dot(x, y)


@method("__rdot__", "__rmatmul__")
def _swapped_product(right, left):
    """The product with the variable at the right."""
    return _product_of(left, right)


class TrueDot(Op):
    """The product of two matrices, at least one of them sparse; the result is always sparse.

    x: (m, k)   y: (k, n)   ->   sparse (m, n)
    grad_preserves_dense: gradients of arrays are arrays.
    """

    __props__ = ()

    def __init__(self, grad_preserves_dense=True):
        self.grad_preserves_dense = grad_preserves_dense

    def __eq__(self, other):
        return type(self) is type(other) and self.grad_preserves_dense == other.grad_preserves_dense

    def __hash__(self):
        return hash((type(self), self.grad_preserves_dense))

    def make_node(self, x, y):
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        if not (is_sparse_variable(x) or is_sparse_variable(y)):
            raise TypeError(f"true_dot needs a sparse matrix, got a {x.type} and a {y.type}")
        if x.type.ndim != 2 or y.type.ndim != 2:
            raise TypeError(f"true_dot needs matrices, got a {x.type} and a {y.type}")
        sparse = x if is_sparse_variable(x) else y
        return Apply(self, [x, y], [SparseType(sparse.type.format, upcast(x.type.dtype, y.type.dtype))()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        _check_extents("true_dot", x, y)
        kind = node.outputs[0].type
        output_storage[0][0] = format_cls[kind.format](_product(x, y, kind.dtype))

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[1][1])]

    def grad(self, inputs, output_grads):
        x, y = inputs
        g, = output_grads
        found = [true_dot(g, _transposed(y)), true_dot(_transposed(x), g)]
        return [as_gradient_of(v, t) if is_sparse_variable(v) or self.grad_preserves_dense else t
                for v, t in zip(inputs, found, strict=True)]


def true_dot(x, y, grad_preserves_dense=True):
    """The product of two matrices, at least one of them sparse, as a sparse matrix.

    grad_preserves_dense: gradients of arrays are arrays, else sparse matrices.
    """
    return TrueDot(grad_preserves_dense)(x, y)


class SamplingDot(Op):
    """``p * dot(x, y.T)``, computed only where the sparse matrix ``p`` stores elements.

    x: (m, k)   y: (n, k)   p: sparse (m, n)   ->   sparse (m, n)
    """

    __props__ = ()

    def make_node(self, x, y, p):
        x, y, p = as_tensor_variable(x), as_tensor_variable(y), as_sparse_variable(p)
        if x.type.ndim != 2 or y.type.ndim != 2:
            raise TypeError(f"sampling_dot needs matrices, got a {x.type} and a {y.type}")
        return Apply(self, [x, y, p], [p.type.clone(dtype=upcast(x.type.dtype, y.type.dtype, p.type.dtype))()])

    def perform(self, node, inputs, output_storage):
        x, y, p = inputs
        if x.shape[1] != y.shape[1] or p.shape != (x.shape[0], y.shape[0]):
            raise ValueError(f"sampling_dot: shapes {x.shape}, {y.shape} and {p.shape} don't fit")
        kind = node.outputs[0].type
        placed = p.tocoo()
        placed.data = (placed.data * _row_products(x, placed.row, y, placed.col)).astype(kind.dtype, copy=False)
        output_storage[0][0] = placed.asformat(kind.format)

    def infer_shape(self, node, shapes):
        return [shapes[2]]

    def grad(self, inputs, output_grads):
        x, y, p = inputs
        by_p = mul(self(x, y, SparseType.make_ones(p, p.type.dtype)), output_grads[0])
        g = mul(p, output_grads[0])
        return [dot(g, y), dot(transpose(g), x), as_gradient_of(p, by_p)]


sampling_dot = SamplingDot()


class Usmm(Op):
    """``alpha * dot(x, y) + z``, with at least one of x and y sparse.

    alpha: scalar   x: (m, k)   y: (k, n)   z: (m, n)   ->   (m, n)
    """

    __props__ = ()

    def make_node(self, alpha, x, y, z):
        alpha, z = as_tensor_variable(alpha), as_tensor_variable(z)
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        if not (is_sparse_variable(x) or is_sparse_variable(y)):
            raise TypeError(f"usmm needs a sparse matrix, got a {x.type} and a {y.type}")
        if alpha.type.ndim or any(v.type.ndim != 2 for v in (x, y, z)):
            raise TypeError(f"usmm needs a scalar and three matrices, got {[v.type for v in (alpha, x, y, z)]}")
        dtype = upcast(*(v.type.dtype for v in (alpha, x, y, z)))
        return Apply(self, [alpha, x, y, z], [tensor(dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        alpha, x, y, z = inputs
        _check_extents("usmm", x, y)
        product = _product(x, y, node.outputs[0].type.dtype)
        product = product.toarray() if hasattr(product, "toarray") else product
        output_storage[0][0] = np.asarray(alpha * product + z, dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node, shapes):
        return [shapes[3]]

    def grad(self, inputs, output_grads):
        alpha, x, y, z = inputs
        g, = output_grads
        product = dot(x, y)
        product = dense_from_sparse(product) if is_sparse_variable(product) else product
        gx, gy = _dot.grad([x, y], [alpha * g])
        return [(g * product).sum(), gx, gy, g]

    def __str__(self):
        return "Usmm{no_inplace}"


usmm = Usmm()
