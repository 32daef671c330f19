"""Functions that the package itself shows, whose arguments have other names in the tensor language."""

from theano.tensor.constant import get_scalar_constant_value as number_of
from theano.tensor.dot import dot as product


def dot(l, r):                                                                    # noqa: E741
    """The product of two variables: `theano.tensor.dot`, or what one of them has as ``__dot__`` or ``__rdot__``."""
    return product(l, r)


def get_scalar_constant_value(v):
    """The number that a variable always is; see `theano.tensor.get_scalar_constant_value`."""
    return number_of(v)
