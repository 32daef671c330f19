"""A softmax of two levels: classes, and outputs of a class."""

from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.dot import batched_dot, dot, tensordot
from theano.tensor.nnet.softmax import softmax


def h_softmax(x, batch_size, n_outputs, n_classes, n_outputs_per_class, W1, b1, W2, b2, target=None):   # noqa: N803
    """Probabilities of many outputs, as that of the class of an output times that of the output in its class.

    Output ``i`` is number ``i % n_outputs_per_class`` of class ``i // n_outputs_per_class``.

    Parameters
    ----------
    x : (batch_size, d)
    batch_size, n_outputs, n_classes, n_outputs_per_class : int or integer scalar
        The classes have room for all outputs: n_classes * n_outputs_per_class is at least n_outputs.
    W1, b1 : (d, n_classes), (n_classes,)
        Weights and biases of the first level.
    W2, b2 : (n_classes, d, n_outputs_per_class), (n_classes, n_outputs_per_class)
        Weights and biases of the second level.
    target : integers of shape (batch_size,) or (batch_size, 1), optional
        An output for each row of ``x``. With it only the classes of these are computed.

    Returns
    -------
    (batch_size,) probabilities of ``target``, or without it (batch_size, n_outputs) of all outputs

    References
    ----------
    J. Goodman, "Classes for fast maximum entropy training", ICASSP 2001.
    """
    x, W1, b1, W2, b2 = map(as_tensor_variable, (x, W1, b1, W2, b2))    # noqa: N806
    of_class = softmax(dot(x, W1) + b1)
    if target is None:
        scores = tensordot(x, W2, axes=((1,), (1,))) + b2               # (batch_size, n_classes, per class)
        rows = scores.reshape((batch_size * n_classes, n_outputs_per_class), ndim=2)
        in_class = softmax(rows).reshape((batch_size, n_classes, n_outputs_per_class), ndim=3)
        every = of_class.dimshuffle(0, 1, "x") * in_class
        return every.reshape((batch_size, n_classes * n_outputs_per_class), ndim=2)[:, :n_outputs]
    target = as_tensor_variable(target).flatten()
    which, place = target // n_outputs_per_class, target % n_outputs_per_class
    in_class = softmax(batched_dot(x, W2[which]) + b2[which])
    rows = arange(batch_size)
    return of_class[rows, which] * in_class[rows, place]
