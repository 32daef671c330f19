"""Sparse matrices of other shapes and orders: transposed, stacked, sorted, cleaned, diagonal; sums and scales."""

import numpy as np
import scipy.sparse

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.dtype import kind_of
from theano.scalar.type import upcast
from theano.sparse.convert import CSM, SparseFromDense, as_gradient_of, cast, csm_properties
from theano.sparse.elemwise import mul
from theano.sparse.type import SparseType, format_cls, matrix
from theano.sparse.variable import as_sparse_variable, method
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import ones, ones_like, zeros_like
from theano.tensor.elemwise import cast as cast_tensor
from theano.tensor.shape import shape_i
from theano.tensor.type import tensor


class Transpose(Op):
    """A sparse matrix with rows and columns exchanged; csr becomes csc and the other way round, a view."""

    __props__ = ()
    view_map = {0: [0]}
    format_map = {"csr": "csc", "csc": "csr"}

    def make_node(self, x):
        x = as_sparse_variable(x)
        if x.type.format not in self.format_map:
            raise TypeError(f"transpose is not defined for format {x.type.format}: {x}")
        return Apply(self, [x], [x.type.clone(format=self.format_map[x.type.format])()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].transpose()

    def infer_shape(self, node, shapes):
        return [shapes[0][::-1]]

    def grad(self, inputs, output_grads):
        return [transpose(output_grads[0])]

    def __str__(self):
        return "SparseTranspose"


transpose = Transpose()


@method("T")
def _transposed(x):
    """Rows and columns exchanged."""
    return transpose(x)


def sp_ones_like(x):
    """Ones where ``x`` stores elements."""
    data, *places = csm_properties(as_sparse_variable(x))
    return CSM(x.type.format)(ones_like(data), *places)


def sp_zeros_like(x):
    """A sparse matrix in the shape of ``x`` that stores nothing."""
    return _zeros(as_sparse_variable(x), x.type.dtype)


@method("zeros_like")
def _like(model):
    """A sparse matrix in the shape of ``model`` that stores nothing."""
    return sp_zeros_like(model)


def _zeros(x, dtype):
    data, indices, indptr, extents = csm_properties(x)
    return CSM(x.type.format)(data[:0].astype(dtype), indices[:0], zeros_like(indptr), extents)


def _ones(x, dtype):
    data, *places = csm_properties(x)
    return CSM(x.type.format)(ones_like(data, dtype=dtype), *places)


SparseType.make_zeros, SparseType.make_ones = staticmethod(_zeros), staticmethod(_ones)


class _Reordered(Op):
    """The same matrix, stored in another way; ``inplace`` does it in the storage of the input."""

    __props__ = ("inplace",)
    overwrites = 0

    def __init__(self, inplace=False):
        self.inplace = bool(inplace)
        if inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        x = inputs[0] if self.inplace else inputs[0].copy()
        self.reorder(x)
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        return output_grads


class EnsureSortedIndices(_Reordered):
    """A sparse matrix whose rows or columns are stored in order."""

    def __init__(self, inplace):
        super().__init__(inplace)

    @staticmethod
    def reorder(x):
        """Sort a value in place."""
        x.sort_indices()

    def __str__(self):
        return f"{type(self).__name__}{{{'inplace' if self.inplace else 'no_inplace'}}}"


class Remove0(_Reordered):
    """A sparse matrix without stored zeros."""

    @staticmethod
    def reorder(x):
        """Drop the zeros of a value in place."""
        x.eliminate_zeros()

    def __str__(self):
        return f"{type(self).__name__}{{{'inplace' if self.inplace else ''}}}"


ensure_sorted_indices, remove0 = EnsureSortedIndices(False), Remove0()


def clean(x):
    """``x`` without stored zeros, sorted."""
    return ensure_sorted_indices(remove0(x))


# -- blocks --------------------------------------------------------------------------------------------------


class HStack(Op):
    """Sparse matrices side by side.

    mat: sparse (m, n1), (m, n2) ...   ->   sparse (m, n1 + n2 + ...)
    format, dtype: of the result; csc and the promoted one unless given.
    """

    __props__ = ("format", "dtype")
    axis = 1
    stack = staticmethod(scipy.sparse.hstack)

    def __init__(self, format=None, dtype=None):
        if dtype is None:
            raise ValueError(f"{type(self).__name__}: the dtype of the result must be given, as in dtype='float64'")
        self.format = format or "csc"
        self.dtype = dtype

    def make_node(self, *mat):
        if not mat:
            raise ValueError(f"{type(self).__name__} cannot join an empty list of sparse matrices: give at least one")
        return Apply(self, [as_sparse_variable(x) for x in mat], [matrix(self.format, dtype=self.dtype)])

    def perform(self, node, inputs, output_storage):
        stacked = self.stack([x.astype(self.dtype, copy=False) for x in inputs], format=self.format, dtype=self.dtype)
        output_storage[0][0] = stacked

    def infer_shape(self, node, shapes):
        total = shapes[0][self.axis]
        for extents in shapes[1:]:
            total = total + extents[self.axis]
        return [(shapes[0][0], total) if self.axis == 1 else (total, shapes[0][1])]

    def grad(self, inputs, output_grads):
        g, = output_grads
        found, start = [], 0
        for x in inputs:
            stop = start + shape_i(x, self.axis)
            part = g[:, start:stop] if self.axis == 1 else g[start:stop]
            found.append(cast(as_gradient_of(x, part), x.type.dtype)
                         if kind_of(x.type.dtype) in "fc" else x.type.zeros_like(x))
            start = stop
        return found

    def __str__(self):
        return f"{type(self).__name__}({self.format},{self.dtype})"


class VStack(HStack):
    """Sparse matrices one above the other.

    mat: sparse (m1, n), (m2, n) ...   ->   sparse (m1 + m2 + ..., n)
    """

    axis = 0
    stack = staticmethod(scipy.sparse.vstack)


def _stacked(cls, blocks, format, dtype):
    blocks = [as_sparse_variable(x) for x in blocks]
    return cls(format=format, dtype=upcast(*(x.type.dtype for x in blocks)) if dtype is None else dtype)(*blocks)


def hstack(blocks, format=None, dtype=None):
    """Sparse matrices side by side; format csc and the promoted dtype unless given."""
    return _stacked(HStack, blocks, format, dtype)


def vstack(blocks, format=None, dtype=None):
    """Sparse matrices one above the other; format csc and the promoted dtype unless given."""
    return _stacked(VStack, blocks, format, dtype)


# -- diagonals -------------------------------------------------------------------------------------------------


class Diag(Op):
    """The diagonal of a square sparse matrix.

    x: sparse (n, n)   ->   (n,)
    """

    __props__ = ()

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [tensor(x.type.dtype, (False,))])

    def perform(self, node, inputs, output_storage):
        x, = inputs
        if x.shape[0] != x.shape[1]:
            raise ValueError(f"Diag only apply on square matrix, got shape {x.shape}")
        output_storage[0][0] = x.diagonal()

    def infer_shape(self, node, shapes):
        return [(shapes[0][0],)]

    def grad(self, inputs, output_grads):
        return [as_gradient_of(inputs[0], square_diagonal(output_grads[0]))]


class SquareDiagonal(Op):
    """A sparse matrix with the given diagonal.

    diag: (n,)   ->   sparse csc (n, n)
    """

    __props__ = ()

    def make_node(self, diag):
        diag = as_tensor_variable(diag)
        if diag.type.ndim != 1:
            raise TypeError(f"data argument must be a vector, got {diag.type}")
        return Apply(self, [diag], [SparseType("csc", diag.type.dtype)()])

    def perform(self, node, inputs, output_storage):
        data, = inputs
        n = len(data)
        output_storage[0][0] = format_cls["csc"]((data.copy(), np.arange(n), np.arange(n + 1)), shape=(n, n))

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[0][0])]

    def grad(self, inputs, output_grads):
        return [diag(output_grads[0])]


diag, square_diagonal = Diag(), SquareDiagonal()


# -- sums and scales -------------------------------------------------------------------------------------------


class SpSum(Op):
    """The sum of a sparse matrix over ``axis``, or over all elements.

    x: sparse (m, n)   ->   (n,) for axis 0, (m,) for axis 1, () for None
    sparse_grad: the gradient is that of the elements that are stored, else of all.
    """

    __props__ = ("axis",)

    def __init__(self, axis=None, sparse_grad=True):
        self.axis = axis
        self.structured = sparse_grad
        if axis not in (None, 0, 1):
            raise ValueError(f"axis must be None, 0 or 1 for a sparse matrix, got {axis!r}")

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [tensor(x.type.dtype, () if self.axis is None else (False,))])

    def perform(self, node, inputs, output_storage):
        total = inputs[0].sum(self.axis, dtype=node.outputs[0].type.dtype)
        output_storage[0][0] = np.asarray(total) if self.axis is None else np.asarray(total).ravel()

    def infer_shape(self, node, shapes):
        return [{None: (), 0: (shapes[0][1],), 1: (shapes[0][0],)}[self.axis]]

    def grad(self, inputs, output_grads):
        x, = inputs
        g, = output_grads
        if self.axis is not None:
            g = g.dimshuffle("x", 0) if self.axis == 0 else g.dimshuffle(0, "x")
        if self.structured:
            return [mul(_ones(x, g.type.dtype), g)]
        return [SparseFromDense(x.type.format)(ones((shape_i(x, 0), shape_i(x, 1)), dtype=g.type.dtype) * g)]

    def __str__(self):
        return f"{type(self).__name__}{{axis={self.axis}}}"


def sp_sum(x, axis=None, sparse_grad=False):
    """The sum of a sparse matrix over ``axis``, or over all elements: dense.

    sparse_grad: the gradient is that of the elements that are stored, else of all.
    """
    return SpSum(axis, sparse_grad)(x)


SparseType.row_functions["column_sums"] = lambda x: sp_sum(x, axis=0, sparse_grad=True)


class _Scale(Op):
    """The columns or rows of a csc matrix times the elements of a vector."""

    __props__ = ()
    axis = None

    def make_node(self, x, s):
        x, s = as_sparse_variable(x), as_tensor_variable(s)
        if x.type.format != "csc":
            raise ValueError(f"{type(self).__name__} needs a csc matrix, {x} has format {x.type.format}")
        if s.type.ndim != 1:
            raise TypeError(f"{type(self).__name__} needs a vector, got a {s.type}")
        return Apply(self, [x, s], [x.type.clone(dtype=upcast(x.type.dtype, s.type.dtype))()])

    def perform(self, node, inputs, output_storage):
        x, s = inputs
        if len(s) != x.shape[self.axis]:
            raise ValueError(f"{type(self).__name__}: a matrix of shape {x.shape} needs a vector of "
                             f"{x.shape[self.axis]}, got {len(s)}")
        factors = np.repeat(s, np.diff(x.indptr)) if self.axis == 1 else s[x.indices]
        data = (x.data * factors).astype(node.outputs[0].type.dtype, copy=False)
        output_storage[0][0] = type(x)((data, x.indices.copy(), x.indptr.copy()), shape=x.shape)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        x, s = inputs
        g, = output_grads
        return [self(g, s), cast_tensor(sp_sum(x * g, axis=1 - self.axis, sparse_grad=True), s.type.dtype)]


class ColScaleCSC(_Scale):
    """The columns of a csc matrix times the elements of a vector.

    x: sparse (m, n)   s: (n,)   ->   sparse (m, n)
    """

    axis = 1


class RowScaleCSC(_Scale):
    """The rows of a csc matrix times the elements of a vector.

    x: sparse (m, n)   s: (m,)   ->   sparse (m, n)
    """

    axis = 0
    view_map = {}


def col_scale(x, s):
    """The columns of a csr or csc matrix times the elements of ``s``."""
    return _scaled(ColScaleCSC(), RowScaleCSC(), x, s)


def row_scale(x, s):
    """The rows of a csr or csc matrix times the elements of ``s``."""
    return _scaled(RowScaleCSC(), ColScaleCSC(), x, s)


def _scaled(op, op_of_transposed, x, s):
    x = as_sparse_variable(x)
    if x.type.format == "csc":
        return op(x, s)
    if x.type.format == "csr":
        return transpose(op_of_transposed(transpose(x), s))
    raise NotImplementedError(f"scaling is defined for csr and csc matrices, {x} has format {x.type.format}")
