"""Sparse variables: Python's operators on them, constants, and anything as a sparse variable.

Methods that belong to a topic are added by the module of that topic with `method`.
"""


import numpy as np

from theano.graph.variable import Apply, Constant, Variable
from theano.late import hashlib
from theano.sparse.type import SparseType, is_sparse
from theano.tensor.constant import as_tensor_variable
from theano.tensor.shape import shape
from theano.tensor.type import TensorType

PROPERTIES = {"T", "size"}


def method(*names):
    """Make a function whose first argument is a sparse variable a method (or property) of sparse variables."""
    def add(function):
        for name in names:
            member = property(function, doc=function.__doc__) if name in PROPERTIES else function
            setattr(_sparse_py_operators, name, member)
        return function
    return add


class _sparse_py_operators:                                                       # noqa: N801
    """What a sparse variable can do."""

    __array_ufunc__ = None          # arrays leave operators to us
    __array_priority__ = 1000
    __hash__ = Variable.__hash__

    @property
    def dtype(self):
        """Name of the dtype."""
        return self.type.dtype

    @property
    def format(self):
        """Name of the format."""
        return self.type.format

    @property
    def ndim(self):
        """Number of dimensions: 2."""
        return self.type.ndim

    @property
    def shape(self):
        """Shape as a vector of int64."""
        return shape(self)

    def __iter__(self):
        raise TypeError("a sparse variable can't be iterated over: how many rows it has is known when the function "
                        "runs. Use theano.scan for loops.")


class SparseVariable(_sparse_py_operators, Variable):
    """A symbolic sparse matrix."""

    def __str__(self):
        return super().__str__() if self.name is not None or self.owner is not None else \
            f"{type(self).__name__}{{{self.format},{self.dtype}}}"

    __repr__ = __str__


class SparseConstantSignature(tuple):
    """The type and content of a constant; equal for equal constants."""

    def theano_hash(self):
        """A text that is equal for equal constants."""
        return self[1]


def hash_from_sparse(data):
    """A text that is equal for matrices of equal format, dtype, shape and stored elements."""
    digest = hashlib.blake2b(f"{data.format} {data.dtype.str} {data.shape}".encode(), digest_size=20)
    for part in (data.indptr, data.indices[:data.indptr[-1]], data.data[:data.indptr[-1]]):
        digest.update(f" {part.shape} ".encode() + np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


class SparseConstant(_sparse_py_operators, Constant):
    """A sparse matrix that is part of the graph."""

    def signature(self):
        """Type and content."""
        known = self.__dict__.get("_signature")
        if known is None:
            known = self._signature = SparseConstantSignature((self.type, hash_from_sparse(self.data)))
        return known

    def __str__(self):
        return self.name or f"{type(self).__name__}{{{self.format},{self.dtype},shape={self.data.shape},nnz=" \
                            f"{self.data.nnz}}}"

    __repr__ = __str__


SparseType.Variable, SparseType.Constant = SparseVariable, SparseConstant


def constant(x, name=None):
    """A constant with a copy of the sparse matrix ``x``; TypeError for anything else."""
    if not is_sparse(x):
        raise TypeError(f"sparse.constant must be called on a scipy.sparse.spmatrix, got {type(x)}")
    return SparseConstant(SparseType(x.format, x.dtype.name), x.copy(), name=name)


def as_sparse_variable(x, name=None):
    """``x`` as a sparse variable.

    x: sparse variable, node, or matrix of SciPy. Raises TypeError for anything else.
    """
    if isinstance(x, Apply):
        x = x.default_output()
    if isinstance(x, Variable):
        if isinstance(x.type, SparseType):
            return x
        raise TypeError(f"expected a sparse variable, but {x} is a {x.type}. Use csr_from_dense or csc_from_dense.")
    return constant(x, name=name)


as_sparse = as_sparse_variable


def as_sparse_or_tensor_variable(x, name=None):
    """``x`` as a sparse variable where it is sparse, else as a tensor variable."""
    if isinstance(x, Apply):
        x = x.default_output()
    if is_sparse_variable(x) or is_sparse(x):
        return as_sparse_variable(x, name=name)
    return as_tensor_variable(x, name=name)


def is_sparse_variable(x):
    """Whether ``x`` is a variable for sparse matrices."""
    return isinstance(x, Variable) and isinstance(x.type, SparseType)


def is_dense_variable(x):
    """Whether ``x`` is a variable for arrays."""
    return isinstance(x, Variable) and isinstance(x.type, TensorType)


def is_dense(x):
    """Whether ``x`` is an array."""
    return isinstance(x, np.ndarray)
