"""Elementwise functions that overwrite their first argument: ``exp_inplace(x)``, one for each row of the table."""

from theano.tensor.elemwise import ELEMWISE, Elemwise

INPLACE = {f"{name}_inplace": Elemwise(op.scalar_op, {0: 0}, name=f"Elemwise{{{name},inplace}}")
           for name, op in ELEMWISE.items() if not name.startswith("cast_")}
globals().update(INPLACE)
