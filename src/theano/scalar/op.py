"""Operations on numbers: what a row of the table is, and what a user's own operation is."""

import functools
import importlib

import numpy as np

from theano.config import config
from theano.errors import MethodNotDefined
from theano.gradient import DisconnectedType, grad_not_implemented
from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply, Variable
from theano.scalar.dtype import computed_in, is_small, kind_of, numpy_dtype, result_type
from theano.scalar.policy import POLICIES, result_dtype, settled
from theano.scalar.preference import (
    WIDENING,
    bits_out,
    float64_out,
    same_out_nobool,
    true_div_out,
    truth_out,
    upcast_out,
)
from theano.scalar.type import Scalar, as_scalar, complex_dtypes, discrete_dtypes

BY_NUMPY = WIDENING | {bits_out, same_out_nobool, float64_out}   # rules that give way to NumPy's if the policy says so

# -- the op ---------------------------------------------------------------------------------------------


class ScalarOp(Op):
    """An operation on numbers.

    A row of the table is made by `declare`. A class of a user defines ``impl(self, *inputs)``, the result for Python
    or NumPy numbers, and if it has one ``grad``; ``theano.tensor.Elemwise(op)`` applies it to arrays.

    Parameters
    ----------
    output_types_preference : callable, optional
        From the types of the inputs to a tuple of types of the results, e.g. ``theano.scalar.upcast_out``. Without it
        the class has a method of this name, or `output_types`.
    name : str, optional
        How the op is printed.

    Attributes
    ----------
    nin, nout : int
        Number of inputs, -1 for any, and of outputs.
    nfunc_spec : (str, int, int) or None
        Function of NumPy, or of SciPy with its full name, that gives the same, and its numbers of inputs and outputs.
    commutative, associative, identity
        What may be done to the order of inputs, and which number changes nothing.
    row_name : str or None
        For a row of the table its name there.
    """

    nin, nout = -1, 1
    unread = conditions = ()
    nfunc_spec = row_name = None
    commutative = associative = False
    identity = None
    table = {}

    def __init__(self, output_types_preference=None, name=None):
        self.name = name
        if output_types_preference is not None:
            if not callable(output_types_preference):
                raise TypeError(f"output_types_preference must be callable, got {output_types_preference!r} for "
                                f"{type(self).__name__}")
            self.output_types_preference = output_types_preference

    # What a row of the table has, and others may have.
    c = gradient = None
    zero, cost, doc, domain, missing, parts = False, 1, "", (-2.0, 2.0), {}, False

    @classmethod
    def declare(cls, name, numpy, c, grad, dtype=upcast_out, *, nin=1, domain=(-2.0, 2.0), zero=False,
                commutative=False, associative=False, identity=None, cost=1, doc="", label=None,
                unread=(), conditions=(), missing=None, parts=False):
        """A row of the table: the one op of this name.

        Parameters
        ----------
        name : str
            Identifier in ``theano.scalar`` and, elementwise, in ``theano.tensor``.
        numpy : callable
            Reference implementation on arrays of any shape.
        c : str or callable or None
            C expression in ``{0}``, ``{1}``, ...; or a function of the input dtypes and the output dtype that
            gives one, or None where there is none. Arguments were cast to the dtype of the computation.
        grad : callable or None
            ``(inputs..., output, g)`` -> gradient of each input (None: disconnected); None means flat.
        dtype : callable
            Result dtype from the dtypes of the inputs; raises TypeError for those not supported.
        domain : tuple
            Interval on which tests draw inputs, or one per input.
        nin : int
            Number of inputs, -1 for any.
        unread : tuple of int
            Inputs of which only the shape matters: the result is not connected to them.
        conditions : tuple of int
            Inputs that are truth values, whatever their dtype.
        missing : dict
            Input -> why there is no gradient by it although the result depends on it.
        parts : bool
            Whether ``grad`` itself takes the gradient by the parts of a complex result, see `L_op`.
        """
        op = object.__new__(cls)
        op.name = op.row_name = name
        op.label = label or name
        op.__doc__ = doc or cls.__doc__
        facts = dict(
            numpy=numpy, c=c, gradient=grad, output_types_preference=dtype, nin=nin, domain=domain, zero=zero,
            cost=cost, doc=doc, commutative=commutative, associative=associative, identity=identity, unread=unread,
            conditions=conditions, missing=dict(missing or {}), parts=parts)
        op.__dict__.update(facts)
        if cls.numpy is ScalarOp.numpy:             # so that another op of the class is made like its first row
            for fact, value in facts.items():
                setattr(cls, fact, staticmethod(value) if callable(value) else value)
        if name in cls.table:
            raise ValueError(f"scalar op {name!r} is declared twice")
        cls.table[name] = op
        return op

    def __eq__(self, other):
        if self is other:
            return True
        return (type(self) is type(other) and self.row_name is None and other.row_name is None
                and getattr(self, "output_types_preference", None) == getattr(other, "output_types_preference", None)
                and (self.__props__ is None or self._props() == other._props()))

    def __hash__(self):
        return hash((type(self), self.row_name))

    __props__ = None

    def _props(self):
        return tuple(getattr(self, name) for name in self.__props__ or ())

    def __reduce_ex__(self, protocol):
        return (_row, (self.row_name,)) if self.row_name is not None else super().__reduce_ex__(protocol)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def key_props(self):
        """What tells this op from others, for the cache; `object` for an op of which nothing is known."""
        if self.row_name is not None:
            return (self.row_name,)
        return object() if self.__props__ is None else self._props()

    def output_dtype(self, *dtypes):
        """Name of the result's dtype."""
        if self.row_name is None:
            return self.output_types([Scalar(d) for d in dtypes])[0].dtype
        rule = self.output_types_preference
        if config.cast_policy in POLICIES:
            return result_dtype(self, dtypes, rule, rule in BY_NUMPY or isinstance(self.numpy, np.ufunc))
        return rule(*dtypes)

    def settle(self, inputs):
        """``inputs`` with Python numbers as arrays of the dtypes that the flag ``cast_policy`` gives them."""
        if config.cast_policy in POLICIES:
            return settled(self, inputs, getattr(self, "output_types_preference", None) in (truth_out, true_div_out))
        return inputs

    def output_types(self, types):
        """Types of the results for types of inputs."""
        preference = getattr(self, "output_types_preference", None)
        if preference is None:
            raise NotImplementedError(f"{self} says nothing about its result: give it an output_types_preference")
        found = preference(*types)
        if not isinstance(found, (list, tuple)) or any(not isinstance(t, Type) for t in found):
            raise TypeError(f"output_types_preference of {self} must give a tuple of types, got {found!r}")
        if len(found) != self.nout:
            raise TypeError(f"{self} has {self.nout} outputs, but its output_types_preference gave {found!r}")
        return list(found)

    def make_node(self, *inputs):
        if self.nin >= 0 and len(inputs) != self.nin:
            raise TypeError(f"Wrong number of inputs for {self}.make_node (got {len(inputs)}({inputs}), "
                            f"expected {self.nin})")
        inputs = [as_scalar(x) for x in self.settle(inputs)]
        return Apply(self, inputs, [t() for t in self.output_types([x.type for x in inputs])])

    def __call__(self, *inputs, **kwargs):
        """The result for scalar variables, or elementwise for variables of other types."""
        for x in inputs:
            if isinstance(x, Variable) and not isinstance(x.type, Scalar):
                return x.type.lift(self, *inputs)
        return super().__call__(*inputs, **kwargs)

    def impl(self, *inputs):
        """The result for numbers."""
        if type(self).numpy is ScalarOp.numpy:
            raise MethodNotDefined("impl", type(self), type(self).__name__)
        return self.numpy(*inputs)

    def numpy(self, *arrays):
        """The result for arrays of any shapes: by ``nfunc_spec``, or by `impl` for each element."""
        if self.nfunc_spec is not None:
            return numpy_function(self.nfunc_spec[0])(*arrays)
        return np.frompyfunc(self.impl, len(arrays), self.nout)(*arrays)

    def supports_c_code(self, inputs, outputs):
        """Whether there is C for variables ``inputs`` and ``outputs``."""
        return self.c_for([v.type.dtype for v in inputs], outputs[0].type.dtype) is not None

    def c_code(self, node, name, inputs, outputs, sub):
        """A C statement that computes the output from the inputs, which are names of C variables."""
        template = self.c_for([v.type.dtype for v in node.inputs], node.outputs[0].type.dtype)
        if template is None:
            raise MethodNotDefined("c_code", type(self), type(self).__name__)
        out = node.outputs[0].type.dtype
        arguments = [argument_in_c(name, v.type.dtype, out) for v, name in zip(node.inputs, inputs, strict=True)]
        return f"{outputs[0]} = {template.format(*arguments)};"

    def make_new_inplace(self, output_types_preference=None, name=None):
        """An op like this one with another rule for result types."""
        return type(self)(output_types_preference, name or self.name)

    def perform(self, node, inputs, output_storage, params=None):
        dtype = node.outputs[0].type.dtype
        with np.errstate(all="ignore"):
            output_storage[0][0] = np.asarray(self.compute(inputs, dtype)).astype(numpy_dtype(dtype))[()]

    def compute(self, arrays, dtype):
        """The result for arrays, computed in ``dtype`` where the inputs would give less."""
        arrays = [a.astype(computed_in(a.dtype.name)) if hasattr(a, "dtype") and is_small(a.dtype) else a
                  for a in arrays]
        if dtype != "bool" and self.widens() and arrays:
            kind = computed_in(dtype)
            arrays = [np.asarray(a) for a in arrays]
            arrays = [a.astype(np.result_type(a, kind) if a.dtype.kind == "c" else kind, copy=False) for a in arrays]
        return self.numpy(*arrays)

    def widens(self):
        """Whether results may be wider than what NumPy computes for the same arguments."""
        return self.row_name is not None and self.output_types_preference in WIDENING

    def argument_dtypes(self, dtypes, dtype):
        """The dtypes in which `compute` works on arguments of these dtypes, where it can be told beforehand."""
        if dtype == "bool":
            return [result_type(*dtypes)] * len(dtypes) if dtypes else []
        return [numpy_dtype(dtype)] * len(dtypes) if self.widens() else dtypes

    def function_for(self, dtypes, dtype):
        """Like `compute`, as a function of arrays of these dtypes."""
        if any(map(is_small, dtypes)) or dtype != "bool" and self.widens() and any(d != dtype for d in dtypes):
            return lambda *arrays: self.compute(arrays, dtype)
        return getattr(self.numpy, "of_two", self.numpy) if len(dtypes) == 2 else self.numpy

    def c_for(self, dtypes, dtype):
        """The C expression for these input dtypes and this output dtype, or None."""
        return self.c(dtypes, dtype) if callable(self.c) else self.c

    def L_op(self, inputs, outputs, output_grads):
        """Gradients of the inputs.

        That of a complex number holds the derivative of the real cost by its real part and, as imaginary part, that
        by its imaginary part: for an analytic row the gradient of the result times the conjugate of the derivative.
        """
        g, = output_grads
        if self.gradient is None:
            if type(self).grad is not ScalarOp.grad:
                return self.grad(inputs, output_grads)
            if type(self).numpy is ScalarOp.numpy:
                raise MethodNotDefined("grad", type(self), type(self).__name__, f"{self} has no gradient")
            return [self._without(k, x) for k, x in enumerate(inputs)]
        if outputs[0].type.dtype in discrete_dtypes:
            return [zero_gradient(x) for x in inputs]
        dtype = outputs[0].type.dtype           # whole numbers are differentiated as the floats they stand for
        smooth = [x.astype(dtype) if x.type.dtype in discrete_dtypes and k not in self.conditions
                  and fixed_number(x) is None else x for k, x in enumerate(inputs)]
        terms = self._terms(smooth, outputs[0], g)
        return [t if t is not None else DisconnectedType()() if k in self.unread else self._without(k, x)
                for k, (x, t) in enumerate(zip(inputs, terms, strict=True))]

    def _terms(self, inputs, out, g):
        if out.type.dtype not in complex_dtypes or self.parts:
            return self.gradient(*inputs, out, g)
        conj, real = self.table["conj"], self.table["real"]
        if g.type.dtype not in complex_dtypes:
            mirrored = g
        else:
            mirrored = conj(g)
        terms = []
        for x, t in zip(inputs, self.gradient(*inputs, out, mirrored), strict=True):
            if t is not None:
                t = g if t is mirrored else conj(t) if t.type.dtype in complex_dtypes else t
                t = real(t) if x.type.dtype not in complex_dtypes and t.type.dtype in complex_dtypes else t
            terms.append(t)
        return terms

    def _without(self, k, x):
        """What stands for the gradient by an input where the row gives none."""
        if k in self.missing and x.type.dtype not in discrete_dtypes:
            return grad_not_implemented(self, k, x, self.missing[k])
        return zero_gradient(x)

    def grad(self, inputs, output_grads):
        return self.L_op(inputs, [self(*inputs)], output_grads)

    def connection_pattern(self, node):
        return [[k not in self.unread] for k in range(len(node.inputs))]

    def R_op(self, inputs, eval_points):
        return None

    def infer_shape(self, node, shapes):
        return [()]

    def __str__(self):
        label = self.__dict__.get("label") or getattr(self, "name", None)
        if label:
            return label
        preference = self.__dict__.get("output_types_preference")
        return type(self).__name__ + ("" if preference is None else f"{{{preference}}}")

    __repr__ = __str__


def argument_in_c(name, dtype, out):
    """A C variable of ``dtype`` as an argument of what gives a number of dtype ``out``: 1 / 3 of integers is 0 in C."""
    return f"((npy_{out}){name})" if kind_of(out) == "f" and kind_of(dtype) in "biu" else name


@functools.cache
def numpy_function(name):
    """A function of NumPy, or of another package by its full name."""
    module, _, attribute = f"numpy.{name}".rpartition(".") if "." not in name else name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError:                         # "scipy.stats.chi2.sf": a method of an object
        return getattr(numpy_function(module), attribute)


def fixed_number(x):
    """The number that a variable always and everywhere is, None where it isn't one."""
    while x.owner is not None and hasattr(x.owner.op, "new_order"):                 # DimShuffle
        x = x.owner.inputs[0]
    data = getattr(x, "data", None)
    return None if data is None or np.size(data) != 1 else np.asarray(data).item()


def zero_gradient(x):
    """A zero of the float dtype in which gradients of ``x`` are."""
    return x.zeros_like(dtype=config.floatX) if x.type.dtype in discrete_dtypes else x.zeros_like()


def _row(name):
    return ScalarOp.table[name]
