"""Products as BLAS has them: what the rewriter makes of dot, sums and scalings."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.tensor.constant import as_tensor_variable
from theano.tensor.dot import BatchedDot, _batched_dot, batched_dot, batched_tensordot
from theano.tensor.type import tensor

BLAS_DTYPES = ("float32", "float64", "complex64", "complex128")


class _Accumulating(Op):
    """An op whose result takes over the storage of its first input when ``inplace``."""

    __props__ = ("inplace",)

    def __init__(self, inplace=False):
        self.inplace = bool(inplace)
        if self.inplace:
            self.destroy_map = {0: [0]}

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def _node(self, inputs, ranks):
        inputs = [as_tensor_variable(x) for x in inputs]
        dtype = inputs[0].type.dtype
        if tuple(x.type.ndim for x in inputs) != ranks or any(x.type.dtype != dtype for x in inputs) \
                or dtype not in BLAS_DTYPES:
            raise TypeError(f"{self} needs tensors of ranks {ranks} and one dtype of {BLAS_DTYPES}, got "
                            f"{[x.type for x in inputs]}")
        return Apply(self, inputs, [inputs[0].type()])

    def _store(self, z, value, output_storage):
        if self.inplace and z.shape == value.shape:         # in Python z may be broadcast
            z[...] = value
            output_storage[0][0] = z
        else:
            output_storage[0][0] = np.asarray(value, dtype=z.dtype)

    def __str__(self):
        return f"{type(self).__name__}{{{'inplace' if self.inplace else 'no_inplace'}}}"


class Gemm(_Accumulating):
    """beta * z + alpha * dot(x, y).

    z: (m, n)   alpha: ()   x: (m, k)   y: (k, n)   beta: ()
    """

    def make_node(self, *inputs):
        return self._node(inputs, (2, 0, 2, 2, 0))

    def perform(self, node, inputs, output_storage):
        z, a, x, y, b = inputs
        product = a * np.dot(x, y)
        self._store(z, product if b == 0 else b * z + product, output_storage)


class Gemv(_Accumulating):
    """beta * y + alpha * dot(A, x).

    y: (m,)   alpha: ()   A: (m, k)   x: (k,)   beta: ()
    """

    def make_node(self, *inputs):
        return self._node(inputs, (1, 0, 2, 1, 0))

    def perform(self, node, inputs, output_storage):
        y, alpha, matrix, x, beta = inputs
        product = alpha * np.dot(matrix, x)
        self._store(y, product if beta == 0 else beta * y + product, output_storage)


class Ger(Op):
    """A + alpha * outer(x, y).

    A: (m, n)   alpha: ()   x: (m,)   y: (n,)
    """

    __props__ = ("destructive",)

    def __init__(self, destructive=False):
        self.destructive = bool(destructive)
        if self.destructive:
            self.destroy_map = {0: [0]}

    @property
    def inplace(self):
        """Whether the result takes over the storage of A."""
        return self.destructive

    def make_node(self, *inputs):
        inputs = [as_tensor_variable(x) for x in inputs]
        if [x.type.ndim for x in inputs] != [2, 0, 1, 1] or len({x.type.dtype for x in inputs}) != 1:
            raise TypeError(f"Ger needs a matrix, a scalar and two vectors of one dtype, got "
                            f"{[x.type for x in inputs]}")
        return Apply(self, inputs, [inputs[0].type()])

    def perform(self, node, inputs, output_storage):
        matrix, alpha, x, y = inputs
        product = alpha * np.outer(x, y)
        if self.destructive and matrix.shape == product.shape:
            matrix += product
            output_storage[0][0] = matrix
        else:
            output_storage[0][0] = np.asarray(matrix + product, dtype=matrix.dtype)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def __str__(self):
        return f"{type(self).__name__}{{{'destructive' if self.destructive else 'non-destructive'}}}"


class Dot22(Op):
    """dot of two matrices of one float or complex dtype.

    x: (m, k)   y: (k, n)   ->   (m, n)
    """

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        if x.type.ndim != 2 or y.type.ndim != 2 or x.type.dtype != y.type.dtype \
                or x.type.dtype not in BLAS_DTYPES:
            raise TypeError(f"Dot22 needs two matrices of one dtype of {BLAS_DTYPES}, got {x.type}, {y.type}")
        return Apply(self, [x, y], [tensor(x.type.dtype, (x.type.broadcastable[0], y.type.broadcastable[1]))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(np.dot(*inputs))

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[1][1])]


class Dot22Scalar(Op):
    """alpha * dot(x, y).

    x: (m, k)   y: (k, n)   alpha: ()   ->   (m, n)
    """

    __props__ = ()

    def make_node(self, x, y, a):
        x, y, a = map(as_tensor_variable, (x, y, a))
        if (x.type.ndim, y.type.ndim, a.type.ndim) != (2, 2, 0) or not \
                x.type.dtype == y.type.dtype == a.type.dtype or x.type.dtype not in BLAS_DTYPES:
            raise TypeError(f"Dot22Scalar needs two matrices and a scalar of one dtype, got {x.type}, {y.type}, "
                            f"{a.type}")
        return Apply(self, [x, y, a],
                     [tensor(x.type.dtype, (x.type.broadcastable[0], y.type.broadcastable[1]))])

    def perform(self, node, inputs, output_storage):
        x, y, a = inputs
        output_storage[0][0] = np.asarray(a * np.dot(x, y), dtype=x.dtype)

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[1][1])]


gemm_inplace, gemm_no_inplace = Gemm(inplace=True), Gemm(inplace=False)
gemm = gemm_no_inplace
gemv_inplace, gemv_no_inplace = Gemv(inplace=True), Gemv(inplace=False)
gemv = gemv_no_inplace
ger, ger_destructive = Ger(destructive=False), Ger(destructive=True)
_dot22, _dot22scalar = Dot22(), Dot22Scalar()

__all__ = ["BatchedDot", "Dot22", "Dot22Scalar", "Gemm", "Gemv", "Ger", "_batched_dot", "_dot22", "_dot22scalar",
           "batched_dot", "batched_tensordot", "gemm", "gemm_inplace", "gemm_no_inplace", "gemv", "gemv_inplace",
           "gemv_no_inplace", "ger", "ger_destructive"]
