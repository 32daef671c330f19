"""Activation functions made of elementwise ops."""

from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import clip, expm1, switch


def relu(x, alpha=0):
    """max(x, alpha * x) for a slope alpha <= 1: the rectified linear unit.  Reference: Nair & Hinton 2010

    Arithmetic alone: of arrays that is an array.
    """
    if isinstance(alpha, (int, float)) and alpha == 0:
        return 0.5 * (x + abs(x))
    f1, f2 = 0.5 * (1 + alpha), 0.5 * (1 - alpha)
    return f1 * x + f2 * abs(x)


def elu(x, alpha=1):
    """x where positive, alpha * (exp(x) - 1) elsewhere.  Reference: Clevert et al. 2015, equation 15"""
    x = as_tensor_variable(x)
    return switch(x > 0, x, alpha * expm1(x))


def selu(x):
    """Scaled `elu` that keeps mean and variance.  Reference: Klambauer et al. 2017, equation 2"""
    return 1.0507009873554804934193349852946 * elu(x, alpha=1.6732632423543772848170429916717)


def hard_sigmoid(x):
    """clip(0.2 * x + 0.5, 0, 1): three straight lines instead of a sigmoid."""
    x = as_tensor_variable(x)
    slope, shift = (as_tensor_variable(v).astype(x.type.dtype) for v in (0.2, 0.5))
    return clip(x * slope + shift, 0, 1)


