"""Costs of classification, and what was taken for what."""

from theano.scalar.type import upcast
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange, zeros
from theano.tensor.dot import dot
from theano.tensor.elemwise import cast, eq, log, softplus
from theano.tensor.join import concatenate
from theano.tensor.nnet.softmax import crossentropy_categorical_1hot
from theano.tensor.sort import Unique


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


def confusion_matrix(actual, pred):
    """How often each class was taken for each: an int64 matrix, and the sorted classes that its axes stand for.

    actual, pred: vectors of one length, the classes of some examples and what was predicted for them: the rows and the
    columns of the matrix. Raises ValueError for anything but vectors.
    """
    actual, pred = as_tensor_variable(actual), as_tensor_variable(pred)
    for name, given in (("actual", actual), ("pred", pred)):
        if given.type.ndim != 1:
            raise ValueError(f"{name} must be 1-d tensor variable, got {given.type}")
    order = Unique()(concatenate([actual, pred]))
    of_actual, of_pred = (cast(eq(v.dimshuffle(0, "x"), order), "int64") for v in (actual, pred))
    return [dot(of_actual.T, of_pred), order]
