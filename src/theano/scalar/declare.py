"""How rows of the table are declared: each gets a class of its own, as users test for them."""

from theano.scalar.op import ScalarOp
from theano.scalar.type import Scalar, Variable, constant


class UnaryScalarOp(ScalarOp):
    """An operation on one number."""


class BinaryScalarOp(ScalarOp):
    """An operation on two numbers."""


class LogicalComparison(BinaryScalarOp):
    """A comparison: its result is bool."""


class FixedLogicalComparison(UnaryScalarOp):
    """A test of one number: its result is bool."""


class UnaryBitOp(UnaryScalarOp):
    """An operation on the bits of one integer."""


class BinaryBitOp(BinaryScalarOp):
    """An operation on the bits of two integers."""


CLASSES = {}            # class name -> class


def row(class_name, name, numpy, c, grad, dtype, base=None, nin=1, **options):
    """Declare one row; see `ScalarOp`."""
    base = base or {1: UnaryScalarOp, 2: BinaryScalarOp}.get(nin, ScalarOp)
    cls = CLASSES.get(class_name)
    if cls is None:
        cls = type(class_name, (base,), {"__doc__": options.get("doc"), "__module__": __name__})
        CLASSES[class_name] = globals()[class_name] = cls
    return cls(name, numpy, c, grad, dtype, nin=nin, **options)


def symbolic(*values):
    """The first of ``values`` that is a variable."""
    return next(v for v in values if isinstance(v, Variable))


def apply(name, *inputs):
    """Row ``name`` of the table applied to variables of any type, and numbers."""
    return ScalarOp.table[name](*inputs)


def number(value, like):
    """``value`` as a constant of the dtype of the variable ``like``."""
    dtype = like.type.dtype
    if isinstance(like.type, Scalar):
        return constant(value, dtype=dtype)
    return like.type.constant(value, dtype)
