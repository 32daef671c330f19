"""Operations on numbers: what a row of the table is, and the rules for result dtypes."""

import numpy as np

from theano.gradient import DisconnectedType, grad_not_implemented
from theano.graph.op import Op
from theano.graph.props import WithProps
from theano.graph.variable import Apply, Variable
from theano.scalar.type import (
    Scalar,
    as_scalar,
    complex_dtypes,
    config,
    continuous_dtypes,
    discrete_dtypes,
    float_dtypes,
    upcast,
)

# -- result dtypes: functions of the dtypes of the inputs ----------------------------------------------


def upcast_out(*dtypes):
    """The smallest dtype that holds all inputs."""
    return upcast(*dtypes)


def upcast_out_nobool(*dtypes):
    """Like `upcast_out`; bool is refused."""
    result = upcast(*dtypes)
    if result == "bool":
        raise TypeError("bool output not supported: cast an input, e.g. to int8")
    return result


def upcast_out_min8(*dtypes):
    """Like `upcast_out`, at least int8."""
    result = upcast(*dtypes)
    return "int8" if result == "bool" else result


def same_out(dtype):
    """The dtype of the input."""
    return dtype


def same_out_nobool(dtype):
    """The dtype of the input; bool is refused."""
    if dtype == "bool":
        raise TypeError("bool input not supported: cast it, e.g. to int8")
    return dtype


def same_out_min8(dtype):
    """The dtype of the input, at least int8."""
    return "int8" if dtype == "bool" else dtype


def same_out_float_only(dtype):
    """The dtype of the input, which must be a float."""
    if dtype not in float_dtypes:
        raise TypeError(f"only float types are supported, got {dtype}")
    return dtype


def no_complex_same_out(dtype):
    """The dtype of the input, which must be neither bool nor complex."""
    if dtype in complex_dtypes:
        raise TypeError("complex argument not supported")
    return same_out_nobool(dtype)


def upgrade_to_float(*dtypes):
    """Float or complex; small integers become float32, others float64."""
    small = ("bool", "int8", "int16", "uint8", "uint16")
    raised = [d if d in continuous_dtypes else "float32" if d in small or config.floatX == "float16"
              else "float64" for d in dtypes]
    return upcast(*raised)


def upgrade_to_float_no_complex(*dtypes):
    """Like `upgrade_to_float`; complex is refused."""
    if any(d in complex_dtypes for d in dtypes):
        raise TypeError("complex argument not supported")
    return upgrade_to_float(*dtypes)


def true_div_out(*dtypes):
    """floatX at least for integers, else the smallest float that holds both."""
    if all(d in discrete_dtypes for d in dtypes):
        return config.floatX
    return upcast(*dtypes)


def truth_out(*dtypes):
    """bool."""
    return "bool"


def float64_out(*dtypes):
    """float64."""
    return "float64"


def real_part_out(dtype):
    """The dtype of the parts of a complex number; other dtypes are kept."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def bits_out(*dtypes):
    """The smallest integer dtype that holds all inputs; bool goes with bool only."""
    if any(d not in discrete_dtypes for d in dtypes):
        raise TypeError(f"input to a bit operation must be integers or bool, got {', '.join(dtypes)}")
    if len({d == "bool" for d in dtypes}) > 1:
        raise TypeError("a bit operation cannot mix bool and integers: cast one of them")
    return upcast(*dtypes)


def last_out(*dtypes):
    """The dtype of the last input."""
    return dtypes[-1]


def branches_out(condition, *branches):
    """The smallest dtype that holds both branches."""
    return upcast(*branches)


def complex_out(*dtypes):
    """complex128 for any real input but float32 pairs, as the original; complex is refused."""
    common = upcast(*dtypes)
    if common in complex_dtypes:
        raise TypeError(f"the parts of a complex number are real, got {', '.join(dtypes)}")
    return {"float32": "complex64"}.get(common, "complex128")


# -- the op ---------------------------------------------------------------------------------------------


class ScalarOp(Op):
    """An operation on numbers: one row of the table.

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

    __props__ = ("name",)
    nout = 1
    unread = conditions = ()
    missing = {}
    parts = False
    table = {}

    def __init__(self, name, numpy, c, grad, dtype=upcast_out, *, nin=1, domain=(-2.0, 2.0), zero=False,
                 commutative=False, associative=False, identity=None, cost=1, doc="", label=None,
                 unread=(), conditions=(), missing=None, parts=False):
        self.name, self.numpy, self.c, self.gradient, self.dtype_rule = name, numpy, c, grad, dtype
        self.nin, self.domain, self.zero, self.cost, self.doc = nin, domain, zero, cost, doc
        self.commutative, self.associative, self.identity = commutative, associative, identity
        self.unread, self.conditions, self.missing, self.parts = unread, conditions, dict(missing or {}), parts
        self.label = label or name
        self.__doc__ = doc or type(self).__doc__
        if name in self.table:
            raise ValueError(f"scalar op {name!r} is declared twice")
        self.table[name] = self

    def __reduce__(self):
        return _row, (self.name,)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def output_dtype(self, *dtypes):
        """Name of the result's dtype."""
        return self.dtype_rule(*dtypes)

    def output_types(self, types):
        """Types of the results for types of inputs."""
        return [Scalar(self.output_dtype(*(t.dtype for t in types)))]

    def output_types_preference(self, *types):
        """Like `output_types`, with the types as separate arguments."""
        return self.output_types(types)

    def make_node(self, *inputs):
        if self.nin >= 0 and len(inputs) != self.nin:
            raise TypeError(f"Wrong number of inputs for {self}.make_node (got {len(inputs)}({inputs}), "
                            f"expected {self.nin})")
        inputs = [as_scalar(x) for x in inputs]
        return Apply(self, inputs, [t() for t in self.output_types([x.type for x in inputs])])

    def __call__(self, *inputs, **kwargs):
        """The result for scalar variables, or elementwise for variables of other types."""
        for x in inputs:
            if isinstance(x, Variable) and not isinstance(x.type, Scalar):
                return x.type.lift(self, *inputs)
        return super().__call__(*inputs, **kwargs)

    def impl(self, *inputs):
        """The result for numbers."""
        return self.numpy(*inputs)

    def perform(self, node, inputs, output_storage, params=None):
        dtype = node.outputs[0].type.dtype
        with np.errstate(all="ignore"):
            output_storage[0][0] = np.asarray(self.compute(inputs, dtype)).astype(dtype)[()]

    def compute(self, arrays, dtype):
        """The result for arrays, computed in ``dtype`` where the inputs would give less."""
        if dtype != "bool" and self.dtype_rule in WIDENING and arrays:
            kind = COMPUTED_IN.get(dtype, dtype)
            arrays = [np.asarray(a) for a in arrays]
            arrays = [a.astype(np.result_type(a, kind) if a.dtype.kind == "c" else kind, copy=False) for a in arrays]
        return self.numpy(*arrays)

    def argument_dtypes(self, dtypes, dtype):
        """The dtypes in which `compute` works on arguments of these dtypes, where it can be told beforehand."""
        if dtype == "bool":
            return [np.result_type(*dtypes)] * len(dtypes) if dtypes else []
        return [np.dtype(dtype)] * len(dtypes) if self.dtype_rule in WIDENING else dtypes

    def function_for(self, dtypes, dtype):
        """Like `compute`, as a function of arrays of these dtypes."""
        if dtype != "bool" and self.dtype_rule in WIDENING and any(d != dtype for d in dtypes):
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
        return self.label

    __repr__ = __str__


class specific_out(WithProps):                                                    # noqa: N801
    """A dtype rule: results of these types, whatever the inputs are."""

    __props__ = ("spec",)

    def __init__(self, *spec):
        self.spec = spec

    def __call__(self, *types):
        return self.spec


def fixed_number(x):
    """The number that a variable always and everywhere is, None where it isn't one."""
    while x.owner is not None and hasattr(x.owner.op, "new_order"):                 # DimShuffle
        x = x.owner.inputs[0]
    data = getattr(x, "data", None)
    return None if data is None or np.size(data) != 1 else np.asarray(data).item()


def zero_gradient(x):
    """A zero of the float dtype in which gradients of ``x`` are."""
    return x.zeros_like(dtype=config.floatX) if x.type.dtype in discrete_dtypes else x.zeros_like()


WIDENING = set()        # dtype rules whose results are wider than NumPy's own for the same inputs
WIDENING |= {upgrade_to_float, upgrade_to_float_no_complex, true_div_out, upcast_out, upcast_out_nobool,
             upcast_out_min8, same_out_min8, float64_out, complex_out, same_out_float_only}
COMPUTED_IN = {"float16": "float32"}            # half precision is for storage


def _row(name):
    return ScalarOp.table[name]
