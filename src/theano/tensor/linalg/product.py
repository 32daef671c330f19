"""Products, powers, norms and exponentials of matrices."""

from importlib import import_module

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import identity_like, zeros_like
from theano.tensor.dot import dot
from theano.tensor.elemwise import abs_, cast, neq, sqrt
from theano.tensor.join import concatenate
from theano.tensor.linalg import lapack
from theano.tensor.linalg.adjoint import (
    adjoint,
    conjugate,
    gradients_like,
    inexact,
    matrix_argument,
    through,
)
from theano.tensor.linalg.decompose import svd
from theano.tensor.linalg.inverse import matrix_inverse
from theano.tensor.reduce import max as maximum_of
from theano.tensor.reduce import min as minimum_of
from theano.tensor.shape import shape_i
from theano.tensor.type import tensor


def matrix_dot(*args):
    """The product of one or more matrices, from the left to the right."""
    result = args[0]
    for factor in args[1:]:
        result = dot(result, factor)
    return result


def matrix_power(M, n):                                                                              # noqa: N803
    """The square matrix ``M`` times itself, ``n`` factors; its inverse for negative ``n``.

    n: int. Raises TypeError for anything else.  Reference: numpy.linalg.matrix_power
    """
    base = matrix_argument("matrix_power", M)
    if not isinstance(n, (int, np.integer)):
        raise TypeError(f"matrix_power needs an integer exponent, got {n!r}")
    if n < 0:
        base, n = matrix_inverse(base), -n
    if n == 0:
        return identity_like(base)
    result = None
    while n:
        if n & 1:
            result = base if result is None else dot(result, base)
        n >>= 1
        if n:
            base = dot(base, base)
    return result


class Kron(Op):
    """The Kronecker product of two matrices: blocks a[i, j] * b.

    a: (m, n)   b: (p, q)   ->   (m * p, n * q), dtype as of their elementwise product
    Solutions, inverses, determinants, Cholesky factors and products of it are those of ``a`` and ``b``, see
    `rewrite.rules.kron`, their gradients too (but not those of its Cholesky factor: write ``log(det(...))`` and
    ``solve(...)``); what is left is written out as an elementwise product.  Reference: numpy.kron
    """

    __props__ = ()

    def make_node(self, a, b):
        a, b = matrix_argument("kron", a), matrix_argument("kron", b)
        return Apply(self, [a, b], [self.written_out(a, b).type()])

    @staticmethod
    def written_out(a, b):
        """The product as a graph of elementwise ops and shapes."""
        product = a.dimshuffle(0, "x", 1, "x") * b.dimshuffle("x", 0, "x", 1)
        return product.reshape([shape_i(a, d) * shape_i(b, d) for d in (0, 1)], ndim=2)

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.kron(*inputs).astype(node.outputs[0].type.numpy_dtype, copy=False)

    def infer_shape(self, node, shapes):
        (m, n), (p, q) = shapes
        return [(m * p, n * q)]

    def L_op(self, inputs, outputs, output_grads):
        (a, b), (g,) = inputs, output_grads
        return gradients_like(inputs, [kron_grad(True, g, conjugate(b), a), kron_grad(False, g, conjugate(a), b)])

    def R_op(self, inputs, eval_points):
        (a, b), (da, db) = inputs, eval_points
        terms = ([self(da, b)] if da is not None else []) + ([self(a, db)] if db is not None else [])
        return [sum(terms[1:], terms[0]) if terms else None]


class KronGrad(Op):
    """The gradient of ``kron(a, b)`` by one of them, sums of parts of the gradient of the product.

    g: (m * p, n * q)   other: (p, q), b, for the gradient by a; (m, n), a, for that by b   extents: those of the result
    -> [i, j] = sum(g[i * p + k, j * q + l] * b[k, l]), [k, l] = sum(g[i * p + k, j * q + l] * a[i, j])
    Gradients of solutions, determinants and products are computed without g, see `rewrite.rules.kron_gradient`; what is
    left is written out.

    Parameters
    ----------
    first : bool
        Whether it is the gradient by ``a``.
    """

    __props__ = ("first",)

    def __init__(self, first):
        self.first = bool(first)

    def make_node(self, g, other, rows, columns):
        g, other = matrix_argument("KronGrad", g), matrix_argument("KronGrad", other)
        extents = [cast(as_tensor_variable(n), "int64") for n in (rows, columns)]
        pattern = [getattr(n, "data", None) == 1 for n in extents]
        return Apply(self, [g, other, *extents], [tensor(upcast(g.type.dtype, other.type.dtype), pattern)])

    def written_out(self, g, other, rows, columns):
        """The sums as a graph of elementwise ops, reductions and shapes."""
        p, q = shape_i(other, 0), shape_i(other, 1)
        if self.first:
            parts = g.reshape((rows, p, columns, q), ndim=4) * other.dimshuffle("x", 0, "x", 1)
            return parts.sum(axis=(1, 3))
        return (g.reshape((p, rows, q, columns), ndim=4) * other.dimshuffle(0, "x", 1, "x")).sum(axis=(0, 2))

    def perform(self, node, inputs, output_storage):
        g, other, rows, columns = inputs
        p, q = other.shape
        shape = (rows, p, columns, q) if self.first else (p, rows, q, columns)
        found = np.einsum("ikjl,kl->ij" if self.first else "ikjl,ij->kl", g.reshape(tuple(map(int, shape))), other)
        output_storage[0][0] = np.asarray(found, node.outputs[0].type.numpy_dtype)

    def infer_shape(self, node, shapes):
        return [tuple(node.inputs[2:])]

    def connection_pattern(self, node):
        return [[True], [True], [False], [False]]

    def L_op(self, inputs, outputs, output_grads):
        (g, other, *extents), (turn,) = inputs, output_grads
        pair = [turn, conjugate(other)] if self.first else [conjugate(other), turn]
        of_other = kron_grad(not self.first, conjugate(g), turn, other)
        return [*gradients_like([g, other], [Kron()(*pair), of_other]), *(DisconnectedType()() for _ in extents)]

    def R_op(self, inputs, eval_points):
        (g, other, *extents), (dg, dother, *_) = inputs, eval_points
        terms = ([self(dg, other, *extents)] if dg is not None else []) \
            + ([self(g, dother, *extents)] if dother is not None else [])
        return [sum(terms[1:], terms[0]) if terms else None]


def kron_grad(first, g, other, model):
    """The gradient of a Kronecker product by ``model``, its first or its second factor; ``other`` is the other one."""
    return KronGrad(first)(g, other, shape_i(model, 0), shape_i(model, 1))


def kron(a, b):
    """The Kronecker product.

    a, b: tensors with 3 dimensions or more together   ->   for matrices the matrix of SciPy. For others number the axes
    of ``a`` and then those of ``b``: 0 and 2 become the first axis of the result, 1 and 3 the second, further ones
    follow; of three axes the result is a vector. Raises TypeError for fewer: outer is what multiplies two vectors.
    Reference: scipy.linalg.kron
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    p, q = a.type.ndim, b.type.ndim
    if p + q <= 2:
        raise TypeError(f"kron needs tensors with 3 or more dimensions together, got {a.type} and {b.type}: use outer")
    if p == q == 2:
        return Kron()(a, b)
    product = a.dimshuffle(*range(p), *["x"] * q) * b.dimshuffle(*["x"] * p, *range(q))
    if p + q == 3:
        return product.dimshuffle(1, 0, 2).flatten()
    extents = [*(a.shape[d] for d in range(p)), *(b.shape[d] for d in range(q))]
    shape = [extents[0] * extents[2], extents[1] * extents[3], *extents[4:]]
    return product.dimshuffle(0, 2, 1, *range(3, p + q)).reshape(shape, ndim=len(shape))


def norm(x, ord):
    """A norm of a vector or matrix.

    x: vector: ord None, "inf", "-inf", 0 or any number; matrix: None, "fro", "nuc", "inf", "-inf", 1,
        -1, 2, -2
    Raises ValueError for an order that does not exist, NotImplementedError for tensors.  Reference: numpy.linalg.norm
    """
    x = as_tensor_variable(x)
    if x.type.ndim == 0:
        raise ValueError("norm needs a vector or matrix, got a scalar")
    if x.type.ndim > 2:
        raise NotImplementedError(f"norm needs a vector or matrix, got {x} with {x.type.ndim} dimensions: "
                                  "np.linalg.norm takes axes")
    if isinstance(ord, float) and np.isinf(ord):
        ord = "inf" if ord > 0 else "-inf"
    return (_norm_of_vector if x.type.ndim == 1 else _norm_of_matrix)(x, ord)


def _euclidean(x):
    return sqrt((abs_(x) ** 2).sum())


def _norm_of_vector(x, order):
    if order is None:
        return _euclidean(x)
    if order == "inf":
        return maximum_of(abs_(x))
    if order == "-inf":
        return minimum_of(abs_(x))
    if isinstance(order, str):
        raise ValueError(f"vectors have no norm of order {order!r}: it must be None, 'inf', '-inf' or a number")
    if order == 0:
        return cast(neq(x, 0).sum(), inexact(x.type.dtype))
    return (abs_(x) ** order).sum() ** (1.0 / order)


def _norm_of_matrix(x, order):
    if order is None or order == "fro":
        return _euclidean(x)
    if order in (2, -2, "nuc"):
        values = svd(x, compute_uv=0)
        if order == "nuc":
            return values.sum()
        return maximum_of(values) if order > 0 else minimum_of(values)
    axes = {"inf": 1, "-inf": 1, 1: 0, -1: 0}
    if order not in axes:
        raise ValueError(f"matrices have no norm of order {order!r}: it must be None, 'fro', 'nuc', 'inf', "
                         "'-inf', 1, -1, 2 or -2")
    sums = abs_(x).sum(axes[order])
    return minimum_of(sums) if order in ("-inf", -1) else maximum_of(sums)


class Expm(Op):
    """The exponential of a square matrix.

    A: (n, n)   ->   (n, n)   Reference: scipy.linalg.expm
    """

    __props__ = ()

    def make_node(self, A):                                                                          # noqa: N803
        a = matrix_argument("expm", A)
        return Apply(self, [a], [tensor(inexact(a.type.dtype), (False, False))])

    def perform(self, node, inputs, output_storage):
        a = np.asarray(lapack.square("expm", inputs[0]), node.outputs[0].type.numpy_dtype)
        output_storage[0][0] = import_module("scipy.linalg").expm(a) if a.size else a.copy()

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        return gradients_like(inputs, [ExpmGrad()(inputs[0], output_grads[0])])


class ExpmGrad(Op):
    """The gradient of `Expm`: the Fréchet derivative of the exponential at the adjoint of ``A``.

    A: (n, n)   gw: (n, n), the gradient of expm(A)   ->   (n, n)   Reference: scipy.linalg.expm_frechet
    """

    __props__ = ()

    def make_node(self, A, gw):                                                                      # noqa: N803
        a, g = matrix_argument("ExpmGrad", A), matrix_argument("ExpmGrad", gw)
        return Apply(self, [a, g], [tensor(inexact(a.type.dtype), (False, False))])

    def perform(self, node, inputs, output_storage):
        dtype = node.outputs[0].type.numpy_dtype
        a, g = (np.asarray(x, dtype) for x in inputs)
        if a.dtype.kind == "c" and a.size:
            n = len(a)
            block = np.block([[lapack.adjoint(a), g], [np.zeros_like(a), lapack.adjoint(a)]])
            output_storage[0][0] = import_module("scipy.linalg").expm(block)[:n, n:].copy()
            return
        found = import_module("scipy.linalg").expm_frechet(lapack.adjoint(a), g, compute_expm=False) if a.size else a
        output_storage[0][0] = np.array(found, dtype)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def L_op(self, inputs, outputs, output_grads):
        a, g = inputs
        turn, = output_grads

        def corner(a, g):
            turned, n = adjoint(a), a.shape[0]
            block = concatenate([concatenate([turned, g], 1), concatenate([zeros_like(turned), turned], 1)], 0)
            return [expm(block)[:n, n:]]
        of_a, _ = through(corner, inputs, [turn])
        return [of_a, *gradients_like([g], [ExpmGrad()(adjoint(a), turn)])]


expm = Expm()
