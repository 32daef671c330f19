"""Elementwise functions that overwrite their first argument: ``exp_inplace(x)``, one for each row of the table."""

from theano.scalar.composite import Composite
from theano.scalar.table import TABLE
from theano.scalar.type import Scalar, complex_dtypes
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise


class _Overwriting(Elemwise):
    """An elementwise op whose result takes the storage, and so the dtype, of its first argument.

    What the op computes is cast: ``add_inplace(i, 0.5)`` of integers cuts off the fractions, as C does. Raises
    TypeError for complex results and an argument that is not complex.
    """

    def __eq__(self, other):                # nodes have the plain op, which is the same to all that looks ops up
        return self is other or (isinstance(other, Elemwise) and self.key_props() == other.key_props())

    __hash__ = Elemwise.__hash__

    def make_node(self, *inputs):
        inputs = [as_tensor_variable(x) for x in self.scalar_op.settle(inputs)]
        dtype = inputs[0].type.dtype if inputs else None
        computed, = self.output_dtypes([x.type.dtype for x in inputs], inputs)
        if computed == dtype or (computed in complex_dtypes and dtype not in complex_dtypes):
            op = self.scalar_op                             # which refuses the second case
        else:
            arguments = [Scalar(x.type.dtype)() for x in inputs]
            op = Composite(arguments, [TABLE[f"cast_{dtype}"](self.scalar_op(*arguments))])
        return Elemwise(op, self.inplace_pattern, name=self.name).make_node(*inputs)


INPLACE = {f"{name}_inplace": _Overwriting(op.scalar_op, {0: 0}, name=f"{name}_inplace")
           for name, op in ELEMWISE.items() if not name.startswith("cast_")}
globals().update(INPLACE)
fill_inplace = INPLACE["second_inplace"]


def transpose_inplace(x, **kwargs):
    """The axes of ``x`` in reverse order, as a view."""
    return DimShuffle(x.type.broadcastable, range(x.type.ndim)[::-1], inplace=True)(x)
