"""Images enlarged by linear interpolation, and convolutions made of others."""

import numpy as np

from theano.config import config
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.dot import tensordot
from theano.tensor.elemwise import ELEMWISE, cast, maximum
from theano.tensor.join import concatenate
from theano.tensor.nnet.conv import AbstractConv2d, AbstractConv3d, apply_forward, conv2d, declared

clip = ELEMWISE["clip"]


def bilinear_kernel_1D(ratio, normalize=True):                                       # noqa: N802
    """1, 2 .. ratio .. 2, 1, divided by ``ratio`` when normalized: a vector of floatX."""
    half = arange(1, ratio + 1, dtype=config.floatX)
    kernel = concatenate([half, half[-2::-1]])
    return kernel / cast(ratio, config.floatX) if normalize else kernel


def bilinear_kernel_2D(ratio, normalize=True):                                       # noqa: N802
    """The outer product of `bilinear_kernel_1D` with itself."""
    kernel = bilinear_kernel_1D(ratio, normalize)
    return kernel.dimshuffle(0, "x") * kernel.dimshuffle("x", 0)


def _interpolation(n, up, down):
    """The matrix (ceil(n * up / down), n) that interpolates between n points; its rows sum to 1."""
    count = (n * up + down - 1) // down
    at = (arange(count) * down - (up - 1) // 2) / np.asarray(up, dtype=config.floatX)
    inside = clip(at, 0, cast(n - 1, at.type.dtype))
    distance = abs(inside.dimshuffle(0, "x") - arange(n).dimshuffle("x", 0))
    return maximum(1 - distance, 0)


def bilinear_upsampling(input, ratio=None, frac_ratio=None, batch_size=None, num_input_channels=None,
                        use_1D_kernel=True):                                         # noqa: N803
    """Images with their rows and columns interpolated; the borders are repeated outwards.

    input: (b, c, rows, columns)   ratio: int, for both axes   frac_ratio: a pair (up, down) of ints for both axes, or
    a pair of such pairs   ->   (b, c, rows * ratio, columns * ratio). The other arguments change nothing.
    """
    if (ratio is None) == (frac_ratio is None):
        raise ValueError("give either ratio or frac_ratio")
    pairs = (ratio, 1) if frac_ratio is None else frac_ratio
    pairs = pairs if isinstance(pairs[0], tuple) else (pairs, pairs)
    x = as_tensor_variable(input)
    for up, down in pairs:                      # each turn takes the rows and puts its result behind the columns
        divisor = int(np.gcd(up, down)) if isinstance(up, int) and isinstance(down, int) else 1
        weights = cast(_interpolation(x.shape[2], up // divisor, down // divisor), x.type.dtype)
        x = tensordot(x, weights, [[2], [1]])
    return x


def frac_bilinear_upsampling(input, frac_ratio):
    """`bilinear_upsampling` by fractions."""
    return bilinear_upsampling(input, frac_ratio=frac_ratio)


def _separable(cls, input, depthwise, pointwise, channels, shapes, border_mode, subsample, filter_flip, dilation):
    image, filters, points = map(declared, shapes)
    between = apply_forward(cls, input, depthwise, image, filters, border_mode, subsample=subsample,
                            filter_flip=filter_flip, filter_dilation=dilation, num_groups=channels)
    return apply_forward(cls, between, pointwise, None, points, "valid", filter_flip=filter_flip)


def separable_conv2d(input, depthwise_filters, pointwise_filters, num_channels, input_shape=None,
                     depthwise_filter_shape=None, pointwise_filter_shape=None, border_mode="valid", subsample=(1, 1),
                     filter_flip=True, filter_dilation=(1, 1)):
    """Every channel convolved by filters of its own, then all of them mixed at each point.

    depthwise_filters: (num_channels * k, 1, rows, columns)   pointwise_filters: (n, num_channels * k, 1, 1)
    """
    shapes = input_shape, depthwise_filter_shape, pointwise_filter_shape
    return _separable(AbstractConv2d, input, depthwise_filters, pointwise_filters, num_channels, shapes, border_mode,
                      subsample, filter_flip, filter_dilation)


def separable_conv3d(input, depthwise_filters, pointwise_filters, num_channels, input_shape=None,
                     depthwise_filter_shape=None, pointwise_filter_shape=None, border_mode="valid",
                     subsample=(1, 1, 1), filter_flip=True, filter_dilation=(1, 1, 1)):
    """`separable_conv2d` in three dimensions."""
    shapes = input_shape, depthwise_filter_shape, pointwise_filter_shape
    return _separable(AbstractConv3d, input, depthwise_filters, pointwise_filters, num_channels, shapes, border_mode,
                      subsample, filter_flip, filter_dilation)


def causal_conv1d(input, filters, filter_shape, input_shape=None, subsample=1, filter_flip=True, filter_dilation=1,
                  num_groups=1, unshared=False):
    """Convolution along time whose outputs depend on no later inputs, and are as many.

    input: (b, c, time)   filters: (n, c, length), of the declared ``filter_shape``   ->   (b, n, time)
    """
    if unshared:
        raise NotImplementedError("causal_conv1d has no unshared filters: unshared must be False")
    length = declared(filter_shape)[2]
    image_shape = None if input_shape is None else (*declared(input_shape)[:2], 1, declared(input_shape)[2])
    n, c, _ = declared(filter_shape)
    before = (length - 1) * filter_dilation
    output = conv2d(as_tensor_variable(input).dimshuffle(0, 1, "x", 2),
                    as_tensor_variable(filters).dimshuffle(0, 1, "x", 2), image_shape, (n, c, 1, length),
                    ((0, 0), (before, 0)), (1, subsample), filter_flip, filter_dilation=(1, filter_dilation),
                    num_groups=num_groups)
    return output[:, :, 0, :]
