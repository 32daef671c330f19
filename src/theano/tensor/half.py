"""Floats of 16 bits are for storage: what is computed of them is computed in single precision, and rounded."""

import functools

import numpy as np

from theano.scalar.dtype import computed_in, is_small


def _in_single(value):
    """An array of floats of 16 bits as float32, anything else as it is."""
    dtype = getattr(value, "dtype", None)
    return value.astype(computed_in(dtype.name)) if isinstance(dtype, np.dtype) and is_small(dtype) else value


def in_single(perform):
    """A ``perform`` for arrays of any dtype that gets floats of 16 bits as float32.

    Results are rounded where the node says that they are of 16 bits. Native code computes such nodes in float32 as
    well, see `theano.codegen.expand`.
    """
    @functools.wraps(perform)
    def rounding(self, node, inputs, output_storage, *params):
        wide = [_in_single(x) for x in inputs]
        perform(self, node, wide, output_storage, *params)
        if all(x is y for x, y in zip(wide, inputs, strict=True)):
            return
        for cell, variable in zip(output_storage, node.outputs, strict=True):
            if is_small(getattr(variable.type, "dtype", "")):
                cell[0] = cell[0].astype(variable.type.numpy_dtype, copy=False)
    rounding.in_single = True
    return rounding


def add_at(x, index, y):
    """Add ``y`` to ``x[index]`` in place; equal indices add up.  Reference: numpy.add.at"""
    apply_at(np.add, x, index, y)


def apply_at(ufunc, x, index, y):
    """``ufunc.at(x, index, y)``, computed in float32 for floats of 16 bits."""
    wide = _in_single(x)
    ufunc.at(wide, index, _in_single(y))
    if wide is not x:
        x[...] = wide
