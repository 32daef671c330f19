"""Convolutions of videos: images in time, with channels behind the time."""

from theano.tensor.constant import as_tensor_variable
from theano.tensor.nnet.conv import conv3d as conv3d_of_channels
from theano.tensor.nnet.conv import declared

CHANNELS_FIRST = 0, 2, 1, 3, 4          # from (time, channels) to (channels, time), and back


def conv3d(signals, filters, signals_shape=None, filters_shape=None, border_mode="valid"):
    """Filters convolved with videos: (b, time, n, rows, columns).

    Parameters
    ----------
    signals : videos (b, time, c, rows, columns)
    filters : (n, filter time, c, filter rows, filter columns)
    signals_shape, filters_shape : tuples of int or None, optional
        Declared shapes; other ones are a ValueError when the function runs.
    border_mode : {"valid", "half", "full"}, or a tuple of 3 of these, for time, rows and columns
        How many zeros are added around the videos; as numbers, too, as in `theano.tensor.nnet.conv2d`.

    Reference: scipy.signal.convolve
    """
    signals, filters = (as_tensor_variable(x).dimshuffle(CHANNELS_FIRST) for x in (signals, filters))
    shapes = [None if shape is None else [declared(shape)[d] for d in CHANNELS_FIRST]
              for shape in (signals_shape, filters_shape)]
    return conv3d_of_channels(signals, filters, *shapes, border_mode).dimshuffle(CHANNELS_FIRST)
