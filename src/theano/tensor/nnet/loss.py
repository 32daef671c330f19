"""Costs of classification."""

from theano.scalar.type import upcast
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange, zeros
from theano.tensor.elemwise import cast, log, softplus
from theano.tensor.nnet.softmax import crossentropy_categorical_1hot


def binary_crossentropy(output, target):
    """-(target * log(output) + (1 - target) * log(1 - output)), element by element."""
    return -(target * log(output) + (1.0 - target) * log(1.0 - output))


def sigmoid_binary_crossentropy(output, target):
    """`binary_crossentropy` of sigmoid(output), finite for every output."""
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    if target.type.dtype == "bool" or target.type.dtype.startswith("uint"):     # differences may be below zero
        target = cast(target, upcast(output.type.dtype, target.type.dtype))
    return softplus(-abs(output)) + output * ((output > 0) - target)


def categorical_crossentropy(coding_dist, true_dist):
    """Cross-entropy between distributions, a value per row.

    coding_dist: (n, k), rows of probabilities   true_dist: (n, k), or int (n,) with the true class
    Raises TypeError for anything else.
    """
    coding, true = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if true.type.ndim == coding.type.ndim:
        return -(true * log(coding)).sum(axis=coding.type.ndim - 1)
    if true.type.ndim == coding.type.ndim - 1:
        return crossentropy_categorical_1hot(coding, true)
    raise TypeError(f"rank mismatch between coding and true distributions: {coding.type} and {true.type}")


def one_hot(y, nb_class, dtype=None):
    """A matrix with a one per row at column ``y[i]``."""
    result = zeros((y.shape[0], nb_class), dtype=dtype)
    return set_subtensor(result[arange(y.shape[0]), y], 1)
