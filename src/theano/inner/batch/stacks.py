"""NumPy's linear algebra of stacks of matrices: what is there for one matrix, vectorized over the axes before."""

from theano.inner.batch.front import vectorize_graph
from theano.tensor.constant import as_tensor_variable
from theano.tensor.type import TensorType
from theano.tensor.variable import NUMPY, counterpart

# name of NumPy's function -> how many of its arguments are matrices
MATRICES = {"inv": 1, "pinv": 1, "det": 1, "slogdet": 1, "cholesky": 1, "qr": 1, "svd": 1, "svdvals": 1, "eig": 1,
            "eigvals": 1, "eigh": 1, "eigvalsh": 1, "matrix_power": 1, "solve": 2}


def of_stacks(function, count):
    """``function``, whose first ``count`` arguments are matrices, with axes before those of each."""
    def stacked(*args, **kwargs):
        args = [*args, *(kwargs.pop(name) for name in ("a", "x", "b") if name in kwargs)]
        arrays = [as_tensor_variable(x) for x in args[:count]]
        if all(x.type.ndim <= 2 for x in arrays):
            return function(*arrays, *args[count:], **kwargs)
        slices = [TensorType(x.type.dtype, x.type.broadcastable[-2:])(x.name) for x in arrays]
        found = function(*slices, *args[count:], **kwargs)
        replace = dict(zip(slices, arrays, strict=True))
        return type(found)(*vectorize_graph(list(found), replace)) if isinstance(found, tuple) else vectorize_graph(
            found, replace)
    return stacked


for _name, _count in MATRICES.items():
    counterpart(f"linalg.{_name}")(of_stacks(NUMPY[f"linalg.{_name}"], _count))
