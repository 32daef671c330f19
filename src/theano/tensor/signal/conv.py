"""Convolutions of single images: no channels to sum over."""

from theano.tensor.constant import as_tensor_variable
from theano.tensor.nnet import conv as nnet_conv


def conv2d(input, filters, image_shape=None, filter_shape=None, border_mode="valid", subsample=(1, 1), **kargs):
    """Every filter convolved with every image: (b, n, *out), without b or n where only one was given.

    input: (b, rows, columns) or (rows, columns)   filters: (n, rows, columns) or (rows, columns)
    image_shape, filter_shape: their declared shapes   border_mode: "valid" or "full"
    Reference: scipy.signal.convolve2d
    """
    input, filters = as_tensor_variable(input), as_tensor_variable(filters)
    if input.type.ndim not in (2, 3) or filters.type.ndim not in (2, 3):
        raise TypeError(f"signal.conv2d needs tensors of 2 or 3 dimensions, got {input.type} and {filters.type}")
    images = input.dimshuffle(*("x",) * (3 - input.type.ndim), *range(input.type.ndim)).dimshuffle(0, "x", 1, 2)
    kernels = filters.dimshuffle(*("x",) * (3 - filters.type.ndim), *range(filters.type.ndim)).dimshuffle(0, "x", 1, 2)
    output = nnet_conv.conv2d(images, kernels, _with_channel(image_shape), _with_channel(filter_shape), border_mode,
                              subsample, **kargs)
    kept = [d for d, many in enumerate((input.type.ndim == 3, filters.type.ndim == 3, True, True)) if many]
    return output if len(kept) == 4 else output[tuple(slice(None) if d in kept else 0 for d in range(4))]


def _with_channel(shape):
    if shape is None:
        return None
    first = (1,) * (3 - len(shape)) + tuple(shape)
    return (first[0], 1, *first[1:])
