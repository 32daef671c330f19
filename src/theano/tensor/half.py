"""Half precision is for storage: what is computed of it is computed in single precision, and rounded."""

import functools

import numpy as np


def in_single(perform):
    """A ``perform`` for arrays of any dtype that gets half precision as single precision.

    Results are rounded where the node says that they are float16.
    """
    @functools.wraps(perform)
    def rounding(self, node, inputs, output_storage, *params):
        if not any(getattr(x, "dtype", None) == "float16" for x in inputs):
            return perform(self, node, inputs, output_storage, *params)
        inputs = [x.astype("float32") if getattr(x, "dtype", None) == "float16" else x for x in inputs]
        perform(self, node, inputs, output_storage, *params)
        for cell, variable in zip(output_storage, node.outputs, strict=True):
            if getattr(variable.type, "dtype", None) == "float16":
                cell[0] = cell[0].astype("float16", copy=False)
        return None
    return rounding


def add_at(x, index, y):
    """Add ``y`` to ``x[index]`` in place; equal indices add up.  Reference: numpy.add.at"""
    if x.dtype != "float16":
        np.add.at(x, index, y)
        return
    wide = x.astype("float32")
    np.add.at(wide, index, y)
    x[...] = wide
