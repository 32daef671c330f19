"""How rows of the table are declared: each gets a class of its own, as users test for them."""

import functools
from inspect import Parameter, Signature

import numpy as np

from theano.scalar.op import ScalarOp
from theano.scalar.preference import bits_out, truth_out
from theano.scalar.type import Scalar, Variable, constant


class UnaryScalarOp(ScalarOp):
    """An operation on one number."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """An operation on two numbers."""

    nin = 2


class LogicalComparison(BinaryScalarOp):
    """A comparison: its result is bool."""

    output_types_preference = staticmethod(truth_out)


class FixedLogicalComparison(UnaryScalarOp):
    """A test of one number: its result is bool."""

    output_types_preference = staticmethod(truth_out)


class UnaryBitOp(UnaryScalarOp):
    """An operation on the bits of one integer."""

    output_types_preference = staticmethod(bits_out)


class BinaryBitOp(BinaryScalarOp):
    """An operation on the bits of two integers."""

    output_types_preference = staticmethod(bits_out)


CLASSES = {}            # class name -> class


ARGUMENTS = {-1: "*inputs", 1: "x", 2: "x y"}       # what `impl` calls its arguments, where a row doesn't say


def row(class_name, name, numpy, c, grad, dtype, base=None, nin=1, args=None, ufunc=None, **options):
    """Declare one row; see `ScalarOp.declare`.

    args: what `impl` calls its arguments. ufunc: the NumPy function of ``nfunc_spec``, by default ``numpy``'s name; a
    row without a ``doc`` is described by it.
    """
    known = ufunc or next((n for n in (name, getattr(numpy, "__name__", "")) if getattr(np, n, 0) is numpy), None)
    if known and not options.get("doc"):
        options["doc"] = f"As ``{known if '.' in known else 'numpy.' + known}``."
    base = base or {1: UnaryScalarOp, 2: BinaryScalarOp}.get(nin, ScalarOp)
    cls = CLASSES.get(class_name)
    if cls is None:
        own = base if base.__name__ == class_name else type(class_name, (base,), {"__module__": __name__})
        cls = CLASSES[class_name] = globals()[class_name] = own
        cls.__doc__ = cls.__doc__ or options.get("doc")
        cls.impl = _impl(args or ARGUMENTS[nin])
        cls.nfunc_spec = known and (known, 2 if nin < 0 else nin, 1)
    return cls.declare(name, numpy, c, grad, dtype, nin=nin, **options)


@functools.cache
def _impl(names):
    """A method ``impl`` with arguments of these names."""
    if names.startswith("*"):
        def impl(self, *inputs):
            """The result for numbers."""
            return self.numpy(*inputs)
        return impl
    names = names.split()

    def impl(self, *inputs, **named):
        """The result for numbers."""
        return self.numpy(*inputs, *(named[n] for n in names[len(inputs):]))
    impl.__signature__ = Signature([Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in ("self", *names)])
    return impl


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
