"""Shapes of convolutions: of the output, and of what must have made it."""

import numpy as np

from theano.config import config
from theano.errors import NotScalarConstantError
from theano.graph.variable import Variable
from theano.tensor.assertion import Assert
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value

WORDS = "valid", "half", "full"


def axis_pads(mode, dilated):
    """Zeros added before and after an axis: ``mode`` is "valid", "half", "full", an int or a pair of ints.

    dilated: extent of the filter with its holes, a number or a symbolic one.
    """
    if mode == "valid":
        return 0, 0
    if mode == "half":
        return dilated // 2, dilated // 2
    if mode == "full":
        return dilated - 1, dilated - 1
    return tuple(mode) if isinstance(mode, tuple) else (mode, mode)


def modes_by_axis(border_mode, convdim):
    """``border_mode`` for each axis: the same word, or words, ints and pairs of ints as given."""
    if border_mode in WORDS:
        return (border_mode,) * convdim
    if isinstance(border_mode, (int, np.integer)):
        border_mode = (int(border_mode),) * convdim
    if not isinstance(border_mode, tuple) or len(border_mode) != convdim:
        raise ValueError(f"invalid border_mode {border_mode!r}: expected 'valid', 'half', 'full', an int, or a tuple "
                         f"with {convdim} of these or of pairs of ints")
    for mode in border_mode:
        if mode in WORDS:
            continue
        pads = mode if isinstance(mode, tuple) else (mode, mode)
        if len(pads) != 2 or any(not isinstance(p, (int, np.integer)) or p < 0 for p in pads):
            raise ValueError(f"invalid border_mode {border_mode!r}: paddings must be ints >= 0")
    return border_mode


def border_mode_to_pad(mode, convdim, kshp):
    """Pairs (zeros before, zeros after) for each axis; ``kshp``: extents of the dilated filter."""
    return tuple(axis_pads(m, k) for m, k in zip(modes_by_axis(mode, convdim), kshp, strict=True))


def get_conv_shape_1axis(image_shape, kernel_shape, border_mode, subsample, dilation=1):
    """Extent of the output along one axis; None where an extent is None."""
    if None in (image_shape, kernel_shape, border_mode, subsample, dilation):
        return None
    dilated = (kernel_shape - 1) * dilation + 1
    before, after = axis_pads(border_mode, dilated)
    return (image_shape + before + after - dilated) // subsample + 1


def get_conv_gradweights_shape_1axis(image_shape, top_shape, border_mode, subsample, dilation):
    """Extent of the filter along one axis, None where several would fit."""
    if None in (image_shape, top_shape) or subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        return (top_shape - image_shape) // dilation + 1
    return (image_shape + sum(axis_pads(border_mode, 0)) - top_shape) // dilation + 1


def get_conv_gradinputs_shape_1axis(kernel_shape, top_shape, border_mode, subsample, dilation):
    """Extent of the image along one axis, None where several would fit."""
    if None in (kernel_shape, top_shape) or subsample != 1:
        return None
    dilated = (kernel_shape - 1) * dilation + 1
    return top_shape + dilated - 1 - sum(axis_pads(border_mode, dilated))


def _by_axis(rule, first, second, border_mode, subsample, filter_dilation):
    dilation = filter_dilation or (1,) * len(subsample)
    modes = modes_by_axis(border_mode, len(subsample))
    return tuple(rule(*known) for known in zip(first, second, modes, subsample, dilation, strict=True))


def get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation=None):
    """Shape (b, n, *out) of a convolution; extents may be numbers, symbolic or None."""
    n = len(subsample)
    return (image_shape[0], kernel_shape[0],
            *_by_axis(get_conv_shape_1axis, image_shape[-n:], kernel_shape[-n:], border_mode, subsample,
                      filter_dilation))


def get_conv_gradweights_shape(image_shape, top_shape, border_mode, subsample, filter_dilation=None, num_groups=1,
                               unshared=False):
    """Shape of the filters that make ``top_shape`` of ``image_shape``; None where several would do."""
    channels = image_shape[1] if image_shape[1] is None else image_shape[1] // num_groups
    size = _by_axis(get_conv_gradweights_shape_1axis, image_shape[2:], top_shape[2:], border_mode, subsample,
                    filter_dilation)
    return (top_shape[1], *(top_shape[2:] if unshared else ()), channels, *size)


def get_conv_gradinputs_shape(kernel_shape, top_shape, border_mode, subsample, filter_dilation=None, num_groups=1):
    """Shape of the images that ``kernel_shape`` makes ``top_shape`` of; None where several would do."""
    n = len(subsample)
    channels = kernel_shape[-n - 1] if kernel_shape[-n - 1] is None else kernel_shape[-n - 1] * num_groups
    return (top_shape[0], channels, *_by_axis(get_conv_gradinputs_shape_1axis, kernel_shape[-n:], top_shape[2:],
                                              border_mode, subsample, filter_dilation))


def check_conv_gradinputs_shape(image_shape, kernel_shape, output_shape, border_mode, subsample,
                                filter_dilation=None):
    """Whether ``output_shape`` is what a convolution gives, as far as all extents are known."""
    expected = get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation)
    return all(None in (a, b) or a == b for a, b in zip(output_shape, expected, strict=True))


def assert_conv_shape(shape):
    """Extents checked when the function runs: the first two are >= 0, the others > 0."""
    checked = []
    for k, extent in enumerate(map(as_tensor_variable, shape)):
        least = 0 if k < 2 else 1
        check = Assert(f"extent {k} of the shape of a convolution must be at least {least}")
        checked.append(check(extent, extent >= least))
    return checked


def assert_shape(x, expected_shape, msg="Unexpected shape."):
    """``x``, whose shape is checked when the function runs if the flag ``conv.assert_shape`` says so."""
    if expected_shape is None or not config.conv.assert_shape:
        return x
    x = as_tensor_variable(x)
    wanted = [x.shape[k].type.lift("eq", x.shape[k], as_tensor_variable(n)) for k, n in enumerate(expected_shape)
              if n is not None]
    return Assert(msg)(x, *wanted) if wanted else x


def static_shape(shape, ndim):
    """A declared shape as a tuple of ints and None; ValueError for extents that are not constant."""
    if shape is None:
        return (None,) * ndim
    if isinstance(shape, Variable):
        raise ValueError(f"a declared shape must be a tuple of ints and None, got {shape}")
    found = []
    for extent in shape:
        try:
            found.append(None if extent is None else int(
                get_scalar_constant_value(as_tensor_variable(extent), only_process_constants=True)))
        except NotScalarConstantError as error:
            raise ValueError(f"a declared shape needs constant extents, but {extent} is not") from error
    if len(found) != ndim:
        raise ValueError(f"expected {ndim} extents, got the shape {shape}")
    return tuple(found)
