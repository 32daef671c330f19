"""Sums, means, extrema and their positions."""

import numbers

import numpy as np

from theano.config import config
from theano.gradient import DisconnectedType, disconnected_grad
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.dtype import computed_in, is_small
from theano.scalar.policy import wide_float
from theano.scalar.table import TABLE
from theano.scalar.type import complex_dtypes, discrete_dtypes
from theano.tensor.axis import axis_of
from theano.tensor.careduce import All, Any, CAReduce, Prod, Sum, supremum
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.elemwise import ELEMWISE, cast, eq, exp, log, sqrt, switch, true_div
from theano.tensor.half import in_single
from theano.tensor.shape import shape, shape_i
from theano.tensor.type import tensor
from theano.tensor.variable import FUNCTIONS, method


def normal_axes(x, axis):
    """``axis`` - None, int, constant or sequence - as a sorted tuple of dimensions of ``x``, None for all.

    Raises TypeError for anything else, ValueError for dimensions that ``x`` has not.
    """
    if axis is None or (isinstance(axis, Variable) and axis.type.__class__.__name__ == "NoneType"):
        return None
    if isinstance(axis, Constant):
        axis = axis.data
    if isinstance(axis, (tuple, list)):
        axes = [int(a.data) if isinstance(a, Constant) else int(a) for a in axis]
    elif np.ndim(axis) <= 1 and np.asarray(axis).dtype.kind in "iu":
        axes = [int(a) for a in np.atleast_1d(axis)]
    else:
        raise TypeError(f"axis must be an integer, tuple of integers or None, got {axis!r}")
    return tuple(sorted({axis_of(x, a) for a in axes}))


def check_and_normalize_axes(x, axis):
    """``axis`` as a list of dimensions of ``x``, empty for None."""
    return list(normal_axes(as_tensor_variable(x), axis) or ())


def makeKeepDims(x, y, axis):                                                     # noqa: N802
    """``y``, a reduction of ``x`` along ``axis``, with the reduced dimensions put back as broadcastable ones."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    axes = normal_axes(x, axis)
    axes = range(x.type.ndim) if axis is None else axes
    order, position = [], 0
    for d in range(x.type.ndim):
        order.append("x" if d in axes else position)
        position += d not in axes
    return y.dimshuffle(order)


def _kept(x, out, axis, keepdims):
    return makeKeepDims(x, out, axis) if keepdims else out


@method("sum")
def sum(input, axis=None, dtype=None, keepdims=False, acc_dtype=None):            # noqa: A001
    """The sum along axes.

    Parameters
    ----------
    input : tensor
    axis : int, list of ints, or None
        What is reduced; negative ones count from the end. None: all axes.
    dtype : str, optional
        Of the result. Default: int64 for bool and signed integers, uint64 for unsigned ones, else that of the
        tensor.
    keepdims : bool
        Keep the reduced axes, with extent 1.
    acc_dtype : str, optional
        In which it is accumulated. Default: float64 for float32, float32 for floats of 16 bits, complex128 for
        complex64, else the dtype of the result.

    Returns
    -------
    tensor
        Without the reduced axes.

    Raises
    ------
    TypeError, ValueError
        For an ``axis`` that is no integer, or that the tensor has not.

    Reference: numpy.sum
    """
    x = as_tensor_variable(input)
    return _kept(x, Sum(normal_axes(x, axis), dtype, acc_dtype)(x), axis, keepdims)


@method("prod")
def prod(input, axis=None, dtype=None, keepdims=False, acc_dtype=None, no_zeros_in_input=False):
    """The product along axes.

    Arguments are those of `sum`, and no_zeros_in_input, a promise that no element is 0: the gradient is then simpler,
    and wrong where one is.  Reference: numpy.prod
    """
    x = as_tensor_variable(input)
    return _kept(x, Prod(normal_axes(x, axis), dtype, acc_dtype, no_zeros_in_input)(x), axis, keepdims)


@method("all")
def all(x, axis=None, keepdims=False):                                            # noqa: A001
    """Whether all elements along axes are true.

    A bool tensor; arguments as for `max`.  Reference: numpy.all
    """
    x = as_tensor_variable(x)
    return _kept(x, All(normal_axes(x, axis))(x), axis, keepdims)


@method("any")
def any(x, axis=None, keepdims=False):                                            # noqa: A001
    """Whether some element along axes is true.

    A bool tensor; arguments as for `max`.  Reference: numpy.any
    """
    x = as_tensor_variable(x)
    return _kept(x, Any(normal_axes(x, axis))(x), axis, keepdims)


@method("max")
def max(x, axis=None, keepdims=False):                                            # noqa: A001
    """The largest element along axes; nan where there is one.

    Parameters
    ----------
    x : tensor
    axis : int, list of ints, or None
        What is reduced; negative ones count from the end. None: all axes.
    keepdims : bool
        Keep the reduced axes, with extent 1.

    Returns
    -------
    tensor
        Without the reduced axes, in the dtype of ``x``.

    Raises
    ------
    TypeError, ValueError
        For an ``axis`` that is no integer, or that the tensor has not.

    Reference: numpy.max
    """
    x = as_tensor_variable(x)
    out = max_and_argmax(x, axis)[0]
    out.name = "max"
    return _kept(x, out, axis, keepdims)


@method("min")
def min(x, axis=None, keepdims=False):                                            # noqa: A001
    """The smallest element along axes; nan where there is one.

    In the dtype of ``x``; arguments as for `max`. Raises NotImplementedError for complex numbers.  Reference: numpy.min
    """
    x = as_tensor_variable(x)
    if x.type.dtype in complex_dtypes:
        raise NotImplementedError(f"complex numbers have no order: {x} is {x.type.dtype}")
    return _kept(x, CAReduce(TABLE["minimum"], normal_axes(x, axis))(x), axis, keepdims)


class Argmax(Op):
    """Position of the largest element along axes, the first of equal ones.

    x: any tensor   ->   int64, without the axes; with several axes the position in them flattened together
    """

    __props__ = ("axis",)

    def __init__(self, axis):
        self.axis = None if axis is None else tuple(axis)

    def make_node(self, x):
        x = as_tensor_variable(x)
        axes = range(x.type.ndim) if self.axis is None else self.axis
        pattern = [b for d, b in enumerate(x.type.broadcastable) if d not in axes]
        return Apply(self, [x], [tensor("int64", pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = positions_of_max(inputs[0], self.axis)

    def infer_shape(self, node, shapes):
        axes = range(len(shapes[0])) if self.axis is None else self.axis
        return [tuple(n for d, n in enumerate(shapes[0]) if d not in axes)]

    def grad(self, inputs, output_grads):
        return [inputs[0].zeros_like(dtype=config.floatX)]

    def R_op(self, inputs, eval_points):
        return [None]


def positions_of_max(x, axis):
    """Values: position of the largest element along the axes flattened together."""
    axes = tuple(range(x.ndim)) if axis is None else axis
    kept = [d for d in range(x.ndim) if d not in axes]
    moved = x.transpose([*kept, *axes])
    count = int(np.prod([x.shape[d] for d in axes], dtype="int64"))
    flat = moved.reshape([x.shape[d] for d in kept] + [count])
    if flat.shape[-1] == 0:
        raise ValueError(f"argmax of nothing: shape {x.shape}, axes {axes}")
    return np.asarray(flat.argmax(axis=-1), dtype="int64")


class MaxAndArgmax(Op):
    """Largest element along axes, and its position."""

    __props__ = ("axis",)
    nin, nout = 2, 2

    def __init__(self, axis):
        self.axis = None if axis is None else tuple(axis)

    def make_node(self, x):
        x = as_tensor_variable(x)
        axes = range(x.type.ndim) if self.axis is None else self.axis
        pattern = [b for d, b in enumerate(x.type.broadcastable) if d not in axes]
        return Apply(self, [x], [tensor(x.type.dtype, pattern), tensor("int64", pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, = inputs
        axes = tuple(range(x.ndim)) if self.axis is None else self.axis
        output_storage[1][0] = positions_of_max(x, self.axis)
        output_storage[0][0] = np.asarray(np.maximum.reduce(x, axis=axes) if axes else x)

    def infer_shape(self, node, shapes):
        axes = range(len(shapes[0])) if self.axis is None else self.axis
        shape = tuple(n for d, n in enumerate(shapes[0]) if d not in axes)
        return [shape, shape]

    def connection_pattern(self, node):
        return [[True, False]]

    def L_op(self, inputs, outputs, output_grads):
        x, g = inputs[0], output_grads[0]
        if isinstance(g.type, DisconnectedType):
            return [DisconnectedType()()]
        if x.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        largest = makeKeepDims(x, outputs[0], self.axis)
        return [switch(eq(largest, x), makeKeepDims(x, g, self.axis), 0).astype(x.type.dtype)]

    def R_op(self, inputs, eval_points):
        return None


@method("argmax")
def argmax(x, axis=None, keepdims=False):
    """The position of the largest element along axes, of equal ones that of the first.

    Parameters
    ----------
    x : tensor
    axis : int, list of ints, or None
        Positions along several axes, or all (None), are those in these axes flattened together.
    keepdims
        As for `sum`.

    Returns
    -------
    tensor of int64
        Without the reduced axes.

    Raises
    ------
    ValueError
        When the function runs, where there is no element.

    Reference: numpy.argmax
    """
    x = as_tensor_variable(x)
    return _kept(x, Argmax(normal_axes(x, axis))(x), axis, keepdims)


@method("argmin")
def argmin(x, axis=None, keepdims=False):
    """The position of the smallest element along axes, of equal ones that of the first; arguments as for `argmax`.

    Raises NotImplementedError for complex numbers.  Reference: numpy.argmin
    """
    return argmax(_reversed(as_tensor_variable(x)), axis, keepdims)


def _reversed(x):
    """``x`` with the order of its elements reversed."""
    if x.type.dtype in complex_dtypes:
        raise NotImplementedError(f"complex numbers have no order: {x} is {x.type.dtype}")
    if x.type.dtype == "bool":
        return ELEMWISE["invert"](x)
    if x.type.dtype.startswith("uint"):
        return constant(np.iinfo(x.type.dtype).max, dtype=x.type.dtype) - x
    if x.type.dtype.startswith("int"):
        return ELEMWISE["invert"](x)
    return -x


@method("max_and_argmax")
def max_and_argmax(a, axis=None, keepdims=False):
    """The largest element along axes and its position, a list of `max` and `argmax`; arguments as for these."""
    a = as_tensor_variable(a)
    axes = normal_axes(a, axis)
    if axes is None or len(axes) == a.type.ndim:
        axes = tuple(range(a.type.ndim))
    largest, position = MaxAndArgmax(axes)(a)
    return [_kept(a, largest, axis, keepdims), _kept(a, position, axis, keepdims)]


class Mean(Op):
    """The mean along axes, as one op; floats keep their dtype, other dtypes give float64.

    axis: int, list of them, or None for all.  Reference: numpy.mean
    """

    __props__ = ("axis",)
    spread, infer_shape = CAReduce.spread, CAReduce.infer_shape

    def __init__(self, axis=None):
        self.axis = None if axis is None else tuple(sorted(int(a) for a in np.atleast_1d(axis)))

    def make_node(self, x):
        x = as_tensor_variable(x)
        axis = normal_axes(x, self.axis)
        kept = [b for d, b in enumerate(x.type.broadcastable) if axis is not None and d not in axis]
        dtype = "float64" if x.type.dtype in discrete_dtypes else x.type.dtype
        return Apply(self if axis == self.axis else Mean(axis), [x], [tensor(dtype, kept)])

    @in_single
    def perform(self, node, inputs, output_storage):
        out = computed_in(node.outputs[0].type.dtype)
        output_storage[0][0] = np.asarray(np.mean(inputs[0], axis=self.axis, dtype=out), dtype=out)

    def L_op(self, inputs, outputs, output_grads):
        x, g = inputs[0], output_grads[0]
        if x.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        count = cast(prod(shape(x)) if self.axis is None else prod(
            as_tensor_variable([shape_i(x, d) for d in self.axis])), g.type.dtype)
        return [x.zeros_like() + self.spread(x, g / count)]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else [self(eval_points[0])]

    def __str__(self):
        return "Mean" if self.axis is None else f"Mean{{{', '.join(map(str, self.axis))}}}"


def mean(input, axis=None, dtype=None, op=False, keepdims=False, acc_dtype=None):
    """The mean along axes.

    Parameters
    ----------
    input : tensor
    axis
        As for `sum`.
    dtype : str, optional
        In which it is summed, and of the result if it is a float. Default: float64 for bool and integers, else
        that of the tensor.
    op : bool
        Build one op `Mean` in place of a sum and a division; ``dtype`` and ``acc_dtype`` then have no effect.
    keepdims, acc_dtype
        As for `sum`.

    Returns
    -------
    tensor
        Without the reduced axes.

    Reference: numpy.mean
    """
    x = as_tensor_variable(input)
    if op:
        return makeKeepDims(x, Mean(axis)(x), axis) if keepdims else Mean(axis)(x)
    if dtype is not None:
        sum_dtype = dtype
    else:
        sum_dtype = None
        if is_small(x.type.dtype):
            sum_dtype = "float32"
        elif x.type.dtype in ("int64", "uint64"):       # their sum may need more than 64 bits
            sum_dtype, acc_dtype = wide_float(), acc_dtype or "float64"
    total = sum(x, axis=axis, dtype=sum_dtype, keepdims=keepdims, acc_dtype=acc_dtype)
    axes = normal_axes(x, axis)
    axes = range(x.type.ndim) if axes is None else axes
    # The count in the dtype of the sum, so that float32 stays float32.
    if computed_in(total.type.dtype) in ("float32", "complex64"):
        count_dtype = "float32"
    else:
        count_dtype = wide_float()
    extents = cast(shape(x), count_dtype)
    for d in axes:
        total = true_div(total, extents[d])
    if total.type.dtype in discrete_dtypes:             # the mean over no axis
        total = cast(total, "float64")
    if is_small(dtype or x.type.dtype):
        total = cast(total, dtype or x.type.dtype)
    total.name = "mean"
    return total


FUNCTIONS["mean"] = mean                    # the method has its arguments in another order
method("mean")(lambda self, axis=None, dtype=None, keepdims=False, acc_dtype=None: mean(
    self, axis, dtype, keepdims=keepdims, acc_dtype=acc_dtype))


@method("var")
def var(input, axis=None, ddof=0, keepdims=False, corrected=False):
    """The variance along axes, by the two-pass formula.

    Parameters
    ----------
    input : tensor
    axis
        As for `sum`.
    ddof : int
        The sum of squares is divided by the number of elements minus this.
    keepdims
        As for `sum`.
    corrected : bool
        Subtract what rounding leaves of the mean.

    Returns
    -------
    tensor
        Without the reduced axes.

    Raises
    ------
    ValueError
        For a ``ddof`` that is a bool.

    Notes
    -----
    Of complex numbers it is that of their squares, as in Theano 1.0, and complex; ``numpy.var`` of a variable is real.

    Reference: numpy.var; Chan et al. 1983, equation 1.7
    """
    x = as_tensor_variable(input)
    if isinstance(ddof, bool):
        raise ValueError(f"ddof must be a number, got {ddof}; if it was meant for keepdims, give that by name")
    if is_small(x.type.dtype):
        return cast(var(cast(x, computed_in(x.type.dtype)), axis, ddof, keepdims, corrected), x.type.dtype)
    axes = normal_axes(x, axis)
    axes = tuple(range(x.type.ndim)) if axes is None else axes
    centered = x - mean(x, axes, keepdims=True)
    squared = ELEMWISE["sqr"](centered)
    if ddof == 0:
        result = mean(squared, axes, keepdims=keepdims)
    else:
        count = constant(1, dtype="int64")
        for d in axes:
            count = count * shape_i(x, d)
        dtype = "float32" if x.type.dtype in ("float16", "bfloat16", "float32") else wide_float()
        result = sum(squared, axis=axes, keepdims=keepdims) / cast(ELEMWISE["maximum"](count - ddof, 0), dtype)
    if corrected:
        result = result - ELEMWISE["sqr"](mean(centered, axes, keepdims=keepdims))
    result.name = "var"
    return result


@method("std")
def std(input, axis=None, ddof=0, keepdims=False, corrected=False):
    """The standard deviation along axes: the square root of `var`, whose arguments it has.  Reference: numpy.std"""
    if isinstance(ddof, bool):
        raise ValueError(f"ddof must be a number, got {ddof}; if it was meant for keepdims, give that by name")
    x = as_tensor_variable(input)
    if is_small(x.type.dtype):
        return cast(std(cast(x, computed_in(x.type.dtype)), axis, ddof, keepdims, corrected), x.type.dtype)
    result = sqrt(var(input, axis, ddof, keepdims, corrected))
    result.name = "std"
    return result


@method("norm")
def norm(self, L, axis=None, keepdims=False):                                     # noqa: N803
    """The L-norm along ``axis``: the number of nonzeros for L = 0, the largest magnitude for L = inf.

    Raises NotImplementedError for L < 0.
    """
    if not isinstance(L, (numbers.Real, np.ndarray)):
        raise TypeError(f"the order of a norm must be a number, got {L!r}")
    if L < 0:
        raise NotImplementedError("only norms of order 0 and more are defined")
    if L == 0:
        return ELEMWISE["neq"](self, 0).sum(axis=axis, keepdims=keepdims)
    if np.isinf(L):
        return max(abs(self), axis=axis, keepdims=keepdims)
    if L == 1:
        return sum(abs(self), axis=axis, keepdims=keepdims)
    powers = abs(self) ** L
    if powers.type.dtype in discrete_dtypes:            # which have no room for powers
        powers = abs(cast(self, wide_float())) ** L
    return sum(powers, axis=axis, keepdims=keepdims) ** (1.0 / L)


@method("ptp")
def ptp(a, axis=None):
    """Largest minus smallest element along ``axis``."""
    a = as_tensor_variable(a)
    return max(a, axis) - min(a, axis)


def logsumexp(x, axis=None, keepdims=False):
    """log(sum(exp(x))) along ``axis``, without overflow.

    Of nothing it is -inf. Where all of ``x`` is -inf its gradient is zero.
    """
    x = as_tensor_variable(x)
    x = cast(x, exp(x).type.dtype)
    fixed = disconnected_grad(x)
    largest = max(fixed, axis) if x.type.dtype.startswith("complex") else CAReduce(supremum, axis)(fixed)
    shift = switch(ELEMWISE["isinf"](largest), 0, largest)
    total = sum(exp(x - makeKeepDims(x, shift, axis)), axis=axis)
    result = switch(eq(total, 0), constant(-np.inf, dtype=total.type.dtype), log(total)) + shift
    return makeKeepDims(x, result, axis) if keepdims else result


def smallest(*args):
    """The elementwise smallest of tensors, or of two and more scalars."""
    result = args[0]
    for other in args[1:]:
        result = ELEMWISE["minimum"](result, other)
    return result


def largest(*args):
    """The elementwise largest of tensors."""
    result = args[0]
    for other in args[1:]:
        result = ELEMWISE["maximum"](result, other)
    return result

