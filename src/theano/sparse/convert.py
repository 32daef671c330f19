"""Sparse matrices from arrays and back, from their parts and to them, and into other dtypes."""

import numpy as np

from theano.config import config
from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.sparse.type import SparseType, continuous_dtypes, format_cls
from theano.sparse.variable import as_sparse_variable, is_sparse_variable, method
from theano.tensor.advanced import AdvancedSubtensor1
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import cast as cast_tensor
from theano.tensor.shape import patternbroadcast, reshape, shape, shape_i
from theano.tensor.type import tensor


def disconnected():
    """The gradient of what an output does not depend on differentiably."""
    return DisconnectedType()()


class DenseFromSparse(Op):
    """The array with the elements of a sparse matrix.

    x: sparse (m, n)   ->   (m, n)
    structured: the gradient is that of the elements that are stored, else of all.
    """

    rule_key = "DenseFromSparse"
    __props__ = ()

    def __init__(self, structured=True):
        self.sparse_grad = structured

    def __eq__(self, other):
        return type(self) is type(other)        # the way back has no part in what is computed

    def __hash__(self):
        return hash(type(self))

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [tensor(x.type.dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].toarray()

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        x, = inputs
        g, = output_grads
        if not self.sparse_grad:
            return [SparseFromDense(x.type.format)(g)]
        return [SparseType.row_functions["mul"](SparseType.make_ones(x, g.type.dtype), g)]

    def __str__(self):
        return f"{type(self).__name__}{{structured_grad={self.sparse_grad}}}"


dense_from_sparse = DenseFromSparse()


@method("toarray")
def _toarray(x):
    """The array with the same elements."""
    return dense_from_sparse(x)


class SparseFromDense(Op):
    """The sparse matrix of the elements of an array that are not 0.

    x: (m, n), or (n,) as one row, or a scalar   ->   sparse (m, n)
    """

    rule_key = "SparseFromDense"
    __props__ = ("format",)

    def __init__(self, format):
        self.format = format

    def make_node(self, x):
        x = as_tensor_variable(x)
        if x.type.ndim > 2:
            raise TypeError(f"a tensor of {x.type.ndim} dimensions has no sparse form: {x}. There are no sparse "
                            "tensors, only matrices.")
        return Apply(self, [x], [SparseType(self.format, x.type.dtype)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = format_cls[self.format](np.atleast_2d(inputs[0]))

    def infer_shape(self, node, shapes):
        return [(1,) * (2 - len(shapes[0])) + tuple(shapes[0])]

    def grad(self, inputs, output_grads):
        x, = inputs
        g = dense_from_sparse(output_grads[0])
        if x.type.ndim < 2:
            g = reshape(g, shape(x), ndim=x.type.ndim)
        return [patternbroadcast(g, x.type.broadcastable)]

    def __str__(self):
        return f"{type(self).__name__}{{{self.format}}}"


csr_from_dense, csc_from_dense = SparseFromDense("csr"), SparseFromDense("csc")


class CSMProperties(Op):
    """The parts of a sparse matrix: data, indices, indptr and shape, the last three int32.

    csm: sparse (m, n)   ->   (k,), (k,), (m + 1,) or (n + 1,), (2,); data is a view
    """

    rule_key = "CSMProperties"
    __props__ = ()
    view_map = {0: [0], 1: [0], 2: [0]}

    def __init__(self, kmap=None):
        if kmap is not None:
            raise NotImplementedError("kmap is not supported: index the data instead")

    def make_node(self, csm):
        csm = as_sparse_variable(csm)
        if csm.type.format == "bsr":
            raise TypeError(f"{csm} has blocks, convert it to csr or csc first")
        return Apply(self, [csm], [tensor(dtype, (False,)) for dtype in (csm.type.dtype, "int32", "int32", "int32")])

    def perform(self, node, inputs, output_storage):
        csm, = inputs
        output_storage[0][0] = csm.data
        for cell, part in zip(output_storage[1:], (csm.indices, csm.indptr, csm.shape), strict=True):
            cell[0] = np.asarray(part, dtype="int32")

    def infer_shape(self, node, shapes):
        return [None, None, None, (2,)]

    def connection_pattern(self, node):
        return [[True, False, False, False]]

    def grad(self, inputs, output_grads):
        csm, = inputs
        g = output_grads[0]
        if isinstance(g.type, DisconnectedType):
            return [csm.type.zeros_like(csm)]
        return [CSM(csm.type.format)(g, *self(csm)[1:])]


csm_properties = CSMProperties()


def _part(position, meaning):
    def part(csm):
        csm = as_sparse_variable(csm)
        if csm.owner is not None and isinstance(csm.owner.op, CSM):
            return csm.owner.inputs[position]
        return csm_properties(csm)[position]
    part.__doc__ = f"The {meaning} of a csr or csc matrix."
    return part


csm_data, csm_indices = _part(0, "stored elements"), _part(1, "index in its row or column of each stored element")
csm_indptr, csm_shape = _part(2, "places where rows or columns begin"), _part(3, "shape")
for _name in ("csm_data", "csm_indices", "csm_indptr", "csm_shape"):
    globals()[_name].__name__ = globals()[_name].__qualname__ = _name


@method("size")
def _size(x):
    """How many elements are stored, an int64 scalar."""
    return csm_data(x).shape[0]


class CSM(Op):
    """The sparse matrix with the given parts.

    data: (k,)   indices: (k,)   indptr: (m + 1,)   shape: (2,)   ->   sparse (m, n) for "csr"
    The parts are copied. Reference: scipy.sparse.csr_matrix, csc_matrix
    """

    rule_key = "CSM"
    __props__ = ("format",)

    def __init__(self, format, kmap=None):
        if format not in ("csr", "csc"):
            raise ValueError(f"format must be one of: 'csr', 'csc', got {format!r}")
        if kmap is not None:
            raise NotImplementedError("kmap is not supported: index the data instead")
        self.format = format

    def make_node(self, data, indices, indptr, shape):
        data = as_tensor_variable(data)
        parts = [_as_indices(part, name) for part, name in
                 ((indices, "indices"), (indptr, "indptr"), (shape, "shape"))]
        if data.type.ndim != 1:
            raise TypeError(f"data argument must be a vector, got {data.type}")
        return Apply(self, [data, *parts], [SparseType(self.format, data.type.dtype)()])

    def perform(self, node, inputs, output_storage):
        data, indices, indptr, extents = inputs
        if len(extents) != 2:
            raise ValueError(f"Shape should be an array of length 2, got {extents}")
        if data.shape != indices.shape:
            raise ValueError(f"Data and indices must have the same length: {data.shape}, {indices.shape}")
        output_storage[0][0] = format_cls[self.format]((data.copy(), indices.copy(), indptr.copy()),
                                                       shape=tuple(map(int, extents)))

    def infer_shape(self, node, shapes):
        extents = node.inputs[3]
        if extents.owner is not None and isinstance(extents.owner.op, CSMProperties):
            return [tuple(shape_i(extents.owner.inputs[0], k) for k in range(2))]
        return [(extents[0], extents[1])]

    def connection_pattern(self, node):
        return [[True], [False], [False], [False]]

    def grad(self, inputs, output_grads):
        g, = output_grads
        return [CSMGrad()(*inputs, *csm_properties(g)), disconnected(), disconnected(), disconnected()]

    def __str__(self):
        return f"{type(self).__name__}{{format={self.format!r}}}"


def _as_indices(part, name):
    """A part of a matrix as a vector of int32."""
    part = as_tensor_variable(part)
    if part.type.ndim != 1 or not part.type.dtype.startswith(("int", "uint")):
        raise TypeError(f"{name} must be vector of integers, got {part} of type {part.type}")
    return part if part.type.dtype == "int32" else cast_tensor(part, "int32")


CSC, CSR = CSM("csc"), CSM("csr")


class CSMGrad(Op):
    """The gradient of the data that a matrix was made from: the elements of ``g`` at the places of the matrix.

    data, indices, indptr, shape of the matrix, then those of ``g``   ->   the shape of data
    """

    __props__ = ()

    def __init__(self, kmap=None):
        if kmap is not None:
            raise NotImplementedError("kmap is not supported: index the data instead")

    def make_node(self, *inputs):
        inputs = [as_tensor_variable(x) for x in inputs]
        return Apply(self, inputs, [tensor(inputs[4].type.dtype, (False,))])

    def perform(self, node, inputs, output_storage):
        data, indices, indptr, extents, g_data, g_indices, g_indptr, _ = inputs
        if np.array_equal(indices, g_indices) and np.array_equal(indptr, g_indptr):
            output_storage[0][0] = g_data.copy()
            return
        n_major = len(indptr) - 1
        n_minor = int(max(extents))
        place = np.repeat(np.arange(n_major, dtype="int64"), np.diff(indptr)) * n_minor + indices
        g_place = np.repeat(np.arange(n_major, dtype="int64"), np.diff(g_indptr)) * n_minor + g_indices
        places, back = np.unique(np.concatenate([place, g_place]), return_inverse=True)
        sums = np.zeros(len(places), dtype=g_data.dtype)
        np.add.at(sums, back[len(place):], g_data)
        output_storage[0][0] = sums[back[:len(place)]]

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[k == 4] for k in range(8)]

    def grad(self, inputs, output_grads):
        _, *places = inputs[:4]
        data, *given = inputs[4:]
        back = self(data, *given, output_grads[0], *places)
        return [back if k == 4 else disconnected() for k in range(8)]


csm_grad = CSMGrad


class Cast(Op):
    """A sparse matrix in another dtype.

    x: sparse (m, n)   ->   sparse (m, n) of dtype ``out_type``
    """

    __props__ = ("out_type",)

    def __init__(self, out_type):
        self.out_type = out_type

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [x.type.clone(dtype=self.out_type)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].astype(self.out_type)

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        x, = inputs
        if x.type.dtype not in continuous_dtypes or self.out_type not in continuous_dtypes:
            return [x.type.zeros_like(x)]
        return [Cast(x.type.dtype)(output_grads[0])]

    def __str__(self):
        return f"{type(self).__name__}({self.out_type})"


bcast, wcast, icast, lcast = (Cast(dtype) for dtype in ("int8", "int16", "int32", "int64"))
fcast, dcast, ccast, zcast = (Cast(dtype) for dtype in ("float32", "float64", "complex64", "complex128"))


@method("astype")
def cast(variable, dtype):
    """``variable`` in another dtype; "floatX" by the flag."""
    variable = as_sparse_variable(variable)
    dtype = config.floatX if dtype == "floatX" else str(np.dtype(dtype))
    return variable if variable.type.dtype == dtype else Cast(dtype)(variable)


class ConstructSparseFromList(Op):
    """A csc matrix in the shape of ``x`` whose rows ``ilist`` are the rows of ``values``; equal ones are added up.

    x: (m, n)   values: (k, n)   ilist: (k,)   ->   sparse (m, n)
    """

    __props__ = ()

    def make_node(self, x, values, ilist):
        x, values, ilist = map(as_tensor_variable, (x, values, ilist))
        if not ilist.type.dtype.startswith(("int", "uint")) or ilist.type.ndim != 1:
            raise TypeError(f"index must be a vector of integers, got a {ilist.type}")
        if x.type.ndim != 2 or values.type.ndim != 2:
            raise TypeError(f"sparse gradients are those of matrices, got a {x.type} and a {values.type}")
        return Apply(self, [x, values, ilist], [SparseType("csc", x.type.dtype)()])

    def perform(self, node, inputs, output_storage):
        x, values, ilist = inputs
        indptr = np.arange(len(ilist) + 1)
        spread = format_cls["csc"]((np.ones(len(ilist), dtype=x.dtype), ilist, indptr), shape=(len(x), len(ilist)))
        output_storage[0][0] = spread @ format_cls["csc"](values.astype(x.dtype, copy=False))

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def R_op(self, inputs, eval_points):
        if None in eval_points[:2]:
            return [None]
        return self.make_node(eval_points[0], eval_points[1], inputs[2]).outputs

    def grad(self, inputs, output_grads):
        g = dense_from_sparse(output_grads[0])
        return [g, g[inputs[2]], disconnected()]


construct_sparse_from_list = ConstructSparseFromList()
AdvancedSubtensor1.sparse_gradient = construct_sparse_from_list


class AsFormat(Op):
    """A sparse matrix in another format.

    x: sparse (m, n)   ->   sparse (m, n)
    """

    __props__ = ("format",)

    def __init__(self, format):
        self.format = format

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [x.type.clone(format=self.format)()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0].asformat(self.format, copy=True)

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_grads):
        return [as_gradient_of(inputs[0], output_grads[0])]


def as_gradient_of(variable, gradient):
    """``gradient``, sparse or dense, in the kind and format of ``variable``."""
    if not is_sparse_variable(variable):
        gradient = dense_from_sparse(gradient) if is_sparse_variable(gradient) else gradient
        return patternbroadcast(gradient, variable.type.broadcastable)
    if not is_sparse_variable(gradient):
        return SparseFromDense(variable.type.format)(gradient)
    if gradient.type.format == variable.type.format:
        return gradient
    return AsFormat(variable.type.format)(gradient)
