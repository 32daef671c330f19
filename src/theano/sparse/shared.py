"""Shared variables that hold sparse matrices."""

import copy

from theano.graph.shared import SharedVariable
from theano.sparse.type import SparseType, format_cls, is_sparse
from theano.sparse.variable import _sparse_py_operators
from theano.tensor.shared import shared_constructor


class SparseTensorSharedVariable(_sparse_py_operators, SharedVariable):
    """A shared sparse matrix."""

    def zero(self, borrow=False):
        """Set all elements to zero; none are stored afterwards. With ``borrow`` the matrix itself is changed."""
        value = self.container.value
        if borrow:
            value.data[...] = 0
            value.eliminate_zeros()
        else:
            self.container.value = type(value)(value.shape, dtype=value.dtype)


@shared_constructor
def sparse_constructor(value, name=None, strict=False, allow_downcast=None, borrow=False, format=None):
    """A shared variable for a sparse matrix of SciPy; with ``borrow`` the matrix itself is the storage.

    format: of the variable; that of ``value`` unless given. Raises TypeError for anything but sparse matrices.
    """
    if not is_sparse(value):
        raise TypeError(f"expected a sparse matrix of SciPy, got {type(value)}")
    if format is None:
        format = value.format if value.format in format_cls else "csr"
    kind = SparseType(format, value.dtype.name)
    return SparseTensorSharedVariable(type=kind, value=value if borrow else copy.deepcopy(value), name=name,
                                      strict=strict, allow_downcast=allow_downcast)
