"""What the ops of linear algebra share: checks of their arguments, and gradients written as graphs."""

from theano.gradient import DisconnectedType, grad
from theano.graph.copying import view_op
from theano.scalar.dtype import computed_in
from theano.scalar.type import complex_dtypes, discrete_dtypes
from theano.tensor.assertion import Assert
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import tril, triu
from theano.tensor.diagonal import diag, diagonal
from theano.tensor.dot import in_pattern
from theano.tensor.elemwise import abs_, eq, gt
from theano.tensor.slices import NoneConst

REAL = {"complex64": "float32", "complex128": "float64"}
ROUNDING = {"float32": 1e-3, "float64": 1e-6}                       # what counts as zero in a gradient, by its size
unique_alone = Assert("This cost depends on what is not unique: further columns of orthonormal factors (use "
                      "mode='reduced' or full_matrices=False) or the phases of complex eigenvectors or singular "
                      "vectors (use what stays when such a vector is multiplied by exp(i*t)). It has no gradient.")


def matrix_argument(name, x):
    """``x`` as a variable; TypeError unless it is a matrix."""
    x = as_tensor_variable(x)
    if x.type.ndim != 2:
        raise TypeError(f"{name} needs a matrix, but {x} is a {x.type}. Index or reshape it to 2 dimensions.")
    return x


def is_none(value):
    """Whether an optional argument was left out: None, or a constant that stands for it."""
    return value is None or getattr(value, "type", None) == NoneConst.type


def inexact(dtype):
    """The dtype in which LAPACK works on a dtype: float64 for integers, float32 for floats of 16 bits."""
    return "float64" if dtype in discrete_dtypes or dtype == "bool" else computed_in(dtype)


def real(dtype):
    """The dtype of the real part."""
    return REAL.get(dtype, dtype)


def is_complex(x):
    """Whether a variable has a complex dtype."""
    return x.type.dtype in complex_dtypes


def conjugate(x):
    """The conjugate of ``x``, which is ``x`` when that is real."""
    return x.conj() if is_complex(x) else x


def adjoint(x):
    """The conjugate transpose of a matrix."""
    return conjugate(x).T


def connected(gradient):
    """Whether a gradient is one at all."""
    return not isinstance(gradient.type, DisconnectedType)


def zero_disconnected(outputs, gradients):
    """``gradients`` of ``outputs``, with zeros where there is none."""
    return [g if connected(g) else o.zeros_like() for o, g in zip(outputs, gradients, strict=True)]


def gradients_like(variables, gradients):
    """Gradients with the dtypes and broadcast patterns of their variables."""
    return [in_pattern(v, g) if connected(g) and hasattr(v.type, "broadcastable") else g
            for v, g in zip(variables, gradients, strict=True)]


def unless_free(result, turns, *gradients):
    """``result``, or AssertionError where the derivatives ``turns`` by what could be chosen otherwise are not zero.

    They are compared with the sizes of the ``gradients`` that they were computed from; nan passes.
    """
    size = sum((abs_(g).sum() for g in gradients), 1)
    return unique_alone(result, eq(gt(abs_(turns).sum(), ROUNDING[real(result.type.dtype)] * size), 0))


def through(function, inputs, gradients):
    """Gradients of ``inputs``, some of which may be the same variable, where what ``function`` makes of them, a list,
    has ``gradients``.
    """
    apart = [view_op(x) for x in inputs]
    known = {o: g for o, g in zip(function(*apart), gradients, strict=True) if connected(g)}
    found = grad(None, apart, known_grads=known, consider_constant=apart, disconnected_inputs="ignore")
    return gradients_like(inputs, found)


def fold(gradient, lower):
    """The gradient of a Hermitian matrix as that of its one triangle that is read."""
    if lower:
        return tril(gradient) + adjoint(triu(gradient, 1))
    return triu(gradient) + adjoint(tril(gradient, -1))


def hermitian(x, lower):
    """The Hermitian matrix of which one triangle is that of ``x``; its diagonal is real."""
    half = tril(x, -1) if lower else triu(x, 1)
    middle = diagonal(x)
    return half + diag(middle.real if is_complex(x) else middle) + adjoint(half)
