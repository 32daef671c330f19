"""Convolution and pooling of signals: ``theano.tensor.signal.something``."""

from theano.tensor.signal import conv, pool
