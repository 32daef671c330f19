"""Elementwise functions that overwrite their first argument: ``exp_inplace(x)``, one for each row of the table."""

from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise

INPLACE = {f"{name}_inplace": Elemwise(op.scalar_op, {0: 0}, name=f"{name}_inplace")
           for name, op in ELEMWISE.items() if not name.startswith("cast_")}
globals().update(INPLACE)
fill_inplace = INPLACE["second_inplace"]


def transpose_inplace(x, **kwargs):
    """The axes of ``x`` in reverse order, as a view."""
    return DimShuffle(x.type.broadcastable, range(x.type.ndim)[::-1], inplace=True)(x)
