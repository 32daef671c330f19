"""Types of sparse matrices: a format of SciPy and a dtype."""

import numpy as np
import scipy.sparse

from theano.config import config
from theano.graph.type import Type
from theano.scalar.dtype import SMALL
from theano.scalar.type import DTYPES, resolve
from theano.tensor.overlap import may_share_memory

format_cls = {"csr": scipy.sparse.csr_matrix, "csc": scipy.sparse.csc_matrix, "bsr": scipy.sparse.bsr_matrix}
sparse_formats = ["csc", "csr"]                             # those that every op takes
_mtypes = [format_cls[name] for name in sparse_formats]

all_dtypes = {name for name in DTYPES if name != "bool" and name not in SMALL}       # what SciPy computes with


def _of_kind(*kinds):
    return [name for name in DTYPES if name in all_dtypes and DTYPES[name].kind in kinds]


int_dtypes, uint_dtypes = _of_kind("int"), _of_kind("uint")
integer_dtypes = discrete_dtypes = int_dtypes + uint_dtypes
float_dtypes, complex_dtypes = _of_kind("float"), _of_kind("complex")
continuous_dtypes = complex_dtypes + float_dtypes


def is_sparse(value):
    """Whether ``value`` is a sparse matrix or array of SciPy."""
    return scipy.sparse.issparse(value)


class SparseType(Type):
    """Sparse matrices of one format and dtype.

    Parameters
    ----------
    format : {"csr", "csc", "bsr"}
        Raises NotImplementedError for another.
    dtype : str
        "floatX" follows the flag. Raises NotImplementedError for bool, floats of 16 bits and what is no number.
    """

    __props__ = ("format", "dtype")
    dtype_set = all_dtypes
    format_cls = format_cls
    ndim = 2

    def __init__(self, format, dtype):
        try:
            self.dtype = resolve(dtype)
        except TypeError:
            self.dtype = None
        if self.dtype not in all_dtypes:
            raise NotImplementedError(f"sparse matrices of dtype {dtype!r} are not supported: use one of "
                                      f"{', '.join(sorted(all_dtypes))}")
        if not isinstance(format, str) or format not in format_cls:
            raise NotImplementedError(f"unsupported format {format!r}: use one of {', '.join(format_cls)}")
        self.format = format
        self.numpy_dtype = np.dtype(self.dtype)

    def clone(self, format=None, dtype=None):
        """This type with another format or dtype."""
        return type(self)(format or self.format, dtype or self.dtype)

    # -- values -----------------------------------------------------------------------------------------

    def filter(self, value, strict=False, allow_downcast=None):
        """``value`` as a matrix of this type.

        value: matrix of any format of SciPy, or, unless ``strict``, anything that SciPy makes a matrix of. It keeps
        its storage where format and dtype fit. Raises TypeError, see `Type.filter`.
        """
        cls = format_cls[self.format]
        if type(value) is cls and value.dtype == self.numpy_dtype:
            return value
        if strict:
            raise TypeError(f"{self} expected a {cls.__name__} of dtype {self.dtype}, got {_described(value)}")
        matrix = self._as_matrix(value)
        if matrix.dtype == self.numpy_dtype:
            return matrix
        if not allow_downcast and np.promote_types(matrix.dtype, self.numpy_dtype) != self.numpy_dtype:
            raise TypeError(f"{self} can't hold {_described(value)} without loss: convert it with "
                            f"astype({self.dtype!r}), or make the function with allow_input_downcast=True")
        return matrix.astype(self.numpy_dtype)

    def _as_matrix(self, value):
        """``value`` in the format; TypeError where SciPy can't."""
        if hasattr(value, "owner"):
            raise TypeError(f"{self} needs a value, but {value} is a symbolic variable")
        if not is_sparse(value) and np.ndim(value) != 2:
            raise TypeError(f"{self} expected a matrix, got {_described(value)}")
        try:
            matrix = format_cls[self.format](value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{self} expected a sparse matrix, got {_described(value)}: {error}") from error
        if matrix.dtype.kind not in "biufc":
            raise TypeError(f"{self} expected numbers, got {_described(value)}")
        return matrix

    @staticmethod
    def values_eq(a, b):
        """Whether two matrices have the same shape, dtype, format and elements."""
        return is_sparse(a) and is_sparse(b) and _comparable(a, b) and abs(a - b).nnz == 0

    @staticmethod
    def values_eq_approx(a, b, eps=1e-6):
        """Whether two matrices have the same shape, dtype and format, and no elements differ by more than ``eps``."""
        if not (is_sparse(a) and is_sparse(b) and _comparable(a, b)):
            return False
        difference = abs(a - b)
        return difference.nnz == 0 or bool(difference.max() < eps)

    @staticmethod
    def may_share_memory(a, b):
        """Whether two matrices, or a matrix and an array, may overlap in memory."""
        return may_share_memory(a, b, raise_other_type=False)

    def get_shape_info(self, obj):
        """What `get_size` wants to know of a matrix: its shape, and sizes and item sizes of its three arrays."""
        parts = obj.data, obj.indices, obj.indptr
        return (obj.shape, *(part.size for part in parts), *(part.dtype.itemsize for part in parts))

    @staticmethod
    def get_size(shape_info):
        """Bytes of a matrix that `get_shape_info` describes."""
        return sum(count * size for count, size in zip(shape_info[1:4], shape_info[4:], strict=True))

    # -- variables ----------------------------------------------------------------------------------------

    row_functions = {}          # name of a scalar row -> function of sparse variables, filled by the modules of ops
    make_zeros = None           # function(variable, dtype), filled by the module of matrices
    make_ones = None            # function(variable, dtype), likewise

    def lift(self, row, *inputs):
        """A scalar row applied to the matrices; TypeError where there is no sparse form."""
        function = self.row_functions.get(getattr(row, "name", row))
        return super().lift(row, *inputs) if function is None else function(*inputs)

    def zeros_like(self, variable):
        """A matrix without elements in the shape of ``variable``, of the dtype of its gradients."""
        return SparseType.make_zeros(variable, self._gradient_dtype())

    def ones_like(self, variable):
        """Ones where ``variable`` has elements, of the dtype of its gradients."""
        return SparseType.make_ones(variable, self._gradient_dtype())

    point_like = ones_like          # a point for forward mode that stores the elements that ``variable`` does

    def _gradient_dtype(self):
        return config.floatX if self.dtype in discrete_dtypes else self.dtype

    def __str__(self):
        return f"Sparse[{self.dtype}, {self.format}]"

    __repr__ = __str__


def _comparable(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.format == b.format


def _described(value):
    if is_sparse(value):
        return f"a {type(value).__name__} of dtype {value.dtype}"
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "..."


def matrix(format, name=None, dtype=None):
    """A variable for sparse matrices of ``format``; dtype floatX unless given."""
    return SparseType(format, config.floatX if dtype is None else dtype)(name)


def _constructor(format):
    def make(name=None, dtype=None):
        return matrix(format, name, dtype)
    make.__name__ = make.__qualname__ = f"{format}_matrix"
    make.__doc__ = f"A variable for sparse matrices of format {format}; dtype floatX unless given."
    return make


csr_matrix, csc_matrix, bsr_matrix = map(_constructor, format_cls)
TYPES = {f"{name}_{letter}matrix": SparseType(name, dtype)
         for name in format_cls for letter, dtype in (("d", "float64"), ("f", "float32"))}
csr_dmatrix, csr_fmatrix, csc_dmatrix, csc_fmatrix, bsr_dmatrix, bsr_fmatrix = TYPES.values()
