"""Scalar operations between all elements along axes: sums, products, extrema, and those of truth values."""


import numpy as np

from theano.config import config
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar import special  # noqa: F401  its rows join the table
from theano.scalar.declare import row as declare_row
from theano.scalar.dtype import SMALL, computed_in
from theano.scalar.preference import upcast_out
from theano.scalar.table import TABLE
from theano.scalar.type import complex_dtypes, continuous_dtypes, discrete_dtypes, resolve, upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import NAMELESS, conjugate, eq, neq, second, switch, type_of
from theano.tensor.half import in_single
from theano.tensor.variable import TensorVariable

REDUCERS = {"add": np.add, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
            "supremum": np.maximum, "and_": np.bitwise_and, "or_": np.bitwise_or, "xor": np.bitwise_xor}


class CAReduce(Op):
    """A commutative, associative scalar op along axes.

    scalar_op: of two inputs   axis: int, list of them, or None for all
    """

    __props__ = ("scalar_op", "axis")
    _f16_ok = True

    def __init__(self, scalar_op, axis=None):
        if scalar_op.nin not in (-1, 2) or scalar_op.nout != 1:
            raise NotImplementedError(f"CAReduce only supports binary functions with a single output, but {scalar_op} "
                                      f"has {scalar_op.nin} inputs and {scalar_op.nout} outputs")
        self.scalar_op = scalar_op
        if axis is not None:
            axis = [axis] if np.ndim(axis) == 0 else axis
            axis = tuple(int(a) for a in axis)
            if len(set(axis)) != len(axis):
                raise ValueError(f"axis {axis} names a dimension twice")
        self.axis = axis

    def make_node(self, x):
        x = as_tensor_variable(x)
        axis = self.axis
        if axis is not None:
            if any(not -x.type.ndim <= a < x.type.ndim for a in axis):
                raise ValueError(f"Not enough dimensions on {x} to reduce on axis {axis}: it has {x.type.ndim}")
            axis = tuple(sorted(a % x.type.ndim for a in axis))
        op = self if axis == self.axis else self.with_axis(axis)
        kept = tuple(b for d, b in enumerate(x.type.broadcastable) if axis is not None and d not in axis)
        x = op.prepared(x)
        return Apply(op, [x], [TensorVariable(type_of(op.output_dtype(x.type.dtype), kept))])

    def with_axis(self, axis):
        """This reduction along other axes."""
        return CAReduce(self.scalar_op, axis)

    def prepared(self, x):
        """The input in the dtype that the op works on."""
        return x

    def output_dtype(self, dtype):
        """dtype of the result for the dtype of the input."""
        return self.scalar_op.output_dtype(dtype, dtype)

    @in_single
    def perform(self, node, inputs, output_storage):
        x, = inputs
        axis = tuple(range(x.ndim)) if self.axis is None else self.axis
        dtype = node.outputs[0].type.numpy_dtype
        reducer = REDUCERS.get(self.scalar_op.row_name)
        if reducer is None:
            result = self._by_pairs(x, axis)
        elif self.scalar_op is supremum:
            result = reducer.reduce(x, axis=axis, initial=supremum.identity)
        elif reducer in (np.maximum, np.minimum):
            if any(x.shape[a] == 0 for a in axis):
                raise ValueError(f"Input ({node.inputs[0]}) has zero-size on axis {axis}: {self} of nothing is "
                                 "not defined")
            result = reducer.reduce(x, axis=axis)
        else:
            with np.errstate(all="ignore"):
                result = reducer.reduce(x, axis=axis, dtype=self.acc(node))
        output_storage[0][0] = np.asarray(result).astype(dtype, copy=False) if axis or x.ndim == 0 else \
            np.array(x, dtype=dtype)

    def acc(self, node):
        """dtype that the reduction accumulates in."""
        return computed_in(getattr(self, "acc_dtype", None) or node.outputs[0].type.dtype)

    def _by_pairs(self, x, axis):
        for a in sorted(axis, reverse=True):
            parts = np.moveaxis(x, a, 0)
            total = parts[0]
            for part in parts[1:]:
                total = self.scalar_op.numpy(total, part)
            x = total
        return x

    def infer_shape(self, node, shapes):
        if self.axis is None:
            return [()]
        return [tuple(n for d, n in enumerate(shapes[0]) if d not in self.axis)]

    def L_op(self, inputs, outputs, output_grads):
        x, out, g = inputs[0], outputs[0], output_grads[0]
        name = self.scalar_op.row_name
        if x.type.dtype in discrete_dtypes or out.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        if name in ("maximum", "minimum", "supremum"):
            same = eq(self.spread(x, out), x)
            return [switch(same, self.spread(x, g), 0).astype(x.type.dtype)]
        if name == "add":
            return [second(x, self.spread(x, g).astype(x.type.dtype))]
        if name == "mul":
            return Prod(self.axis).L_op(inputs, outputs, output_grads)
        raise NotImplementedError(f"{self} has no gradient")

    def spread(self, x, value):
        """``value``, of the shape of the result, with the reduced axes put back as broadcastable ones."""
        axis = range(x.type.ndim) if self.axis is None else self.axis
        order, position = [], 0
        for d in range(x.type.ndim):
            order.append("x" if d in axis else position)
            position += d not in axis
        return value.dimshuffle(order)

    def R_op(self, inputs, eval_points):
        return None

    def __str__(self):
        axes = "" if self.axis is None else f"{{{', '.join(map(str, self.axis))}}}"
        return f"Reduce{{{self.scalar_op}}}{axes}"


class CAReduceDtype(CAReduce):
    """A reduction with a dtype of its own for the result and one for accumulating.

    Integers are summed in int64 or uint64; floats of 16 bits accumulate in float32 by
    default, float32 in float64.
    """

    __props__ = ("scalar_op", "axis", "dtype", "acc_dtype")

    def __init__(self, scalar_op, axis=None, dtype=None, acc_dtype=None):
        super().__init__(scalar_op, axis)
        self.dtype, self.acc_dtype = dtype, acc_dtype

    def make_node(self, x):
        x = as_tensor_variable(x)
        dtype, acc = self.result_dtype(x.type.dtype), self.accumulator(x.type.dtype)
        self._check(x, dtype, acc)
        if (dtype, acc) != (self.dtype, self.acc_dtype):
            twin = self.with_dtypes(dtype, acc)
            return twin.make_node(x)
        return super().make_node(x)

    @staticmethod
    def _check(x, dtype, acc):
        if x.type.dtype not in discrete_dtypes and dtype in discrete_dtypes:
            raise TypeError(f"Cannot reduce a {x.type.dtype} tensor to a result of dtype {dtype}: cast it first")
        if x.type.dtype in complex_dtypes and dtype not in complex_dtypes:
            raise TypeError(f"Cannot reduce a {x.type.dtype} tensor to a result of dtype {dtype}: take real(), imag() "
                            "or abs() of it first")
        if upcast(x.type.dtype, acc) != acc and not (acc in continuous_dtypes and x.type.dtype in discrete_dtypes):
            raise TypeError(f"Cannot accumulate a {x.type.dtype} tensor in {acc}: precision would be lost")

    def result_dtype(self, dtype):
        """dtype of the result for an input dtype."""
        if self.dtype is not None:
            return resolve(self.dtype)
        return {"bool": "int64", "int8": "int64", "int16": "int64", "int32": "int64", "uint8": "uint64",
                "uint16": "uint64", "uint32": "uint64"}.get(dtype, dtype)

    def accumulator(self, dtype):
        """dtype in which an input dtype accumulates."""
        if self.acc_dtype is not None:
            return resolve(self.acc_dtype)
        wide = {"bool": "int64", "int8": "int64", "int16": "int64", "int32": "int64", "uint8": "uint64",
                "uint16": "uint64", "uint32": "uint64", **SMALL, "float32": "float64",
                "complex64": "complex128"}.get(dtype, dtype)
        if self.dtype is None or wide in discrete_dtypes and self.result_dtype(dtype) in discrete_dtypes:
            return wide                 # of 64 bits: the lower ones of them are right for every kind of integers
        return upcast(wide, self.result_dtype(dtype))

    def output_dtype(self, dtype):
        return self.result_dtype(dtype)

    def with_axis(self, axis):
        return type(self)(axis=axis, dtype=self.dtype, acc_dtype=self.acc_dtype) if type(self) in \
            (Sum, Prod, ProdWithoutZeros) else CAReduceDtype(self.scalar_op, axis, self.dtype, self.acc_dtype)

    def with_dtypes(self, dtype, acc_dtype):
        """This reduction with other dtypes."""
        if type(self) is CAReduceDtype:
            return CAReduceDtype(self.scalar_op, self.axis, dtype, acc_dtype)
        return type(self)(axis=self.axis, dtype=dtype, acc_dtype=acc_dtype)

    def __str__(self):
        parts = [] if self.axis is None else [f"axis={list(self.axis)}"]
        if self.acc_dtype is not None:
            parts.append(f"acc_dtype={self.acc_dtype}")
        return f"{type(self).__name__}{{{', '.join(parts)}}}"


class Sum(CAReduceDtype):
    """Sum along axes.  Reference: numpy.sum"""

    __props__ = ("axis", "dtype", "acc_dtype")

    def __init__(self, axis=None, dtype=None, acc_dtype=None):
        super().__init__(TABLE["add"], axis, dtype, acc_dtype)

    def L_op(self, inputs, outputs, output_grads):
        x, out, g = inputs[0], outputs[0], output_grads[0]
        if out.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        g = self.spread(x, g)
        return [NAMELESS["second"](x, g if x.type.dtype in discrete_dtypes else g.astype(x.type.dtype))]

    def R_op(self, inputs, eval_points):
        return [None] if None in eval_points else self(*eval_points, return_list=True)


class Prod(CAReduceDtype):
    """Product along axes; derivatives are right where elements are zero.  Reference: numpy.prod"""

    __props__ = ("axis", "dtype", "acc_dtype", "no_zeros_in_input")
    of_others = None            # the op of its gradient, filled by the module of running products

    def __init__(self, axis=None, dtype=None, acc_dtype=None, no_zeros_in_input=False):
        super().__init__(TABLE["mul"], axis, dtype, acc_dtype)
        self.no_zeros_in_input = no_zeros_in_input

    def with_axis(self, axis):
        return Prod(axis, self.dtype, self.acc_dtype, self.no_zeros_in_input)

    def with_dtypes(self, dtype, acc_dtype):
        return Prod(self.axis, dtype, acc_dtype, self.no_zeros_in_input)

    def L_op(self, inputs, outputs, output_grads):
        x, out, g = inputs[0], outputs[0], output_grads[0]
        if x.type.dtype in discrete_dtypes or out.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        g, x = self.spread(x, g).astype(x.type.dtype), conjugate(x)
        if self.no_zeros_in_input:
            return [g * self.spread(x, conjugate(out)) / x]
        return [g * Prod.of_others(range(x.type.ndim) if self.axis is None else self.axis)(x)]


class ProdWithoutZeros(CAReduceDtype):
    """Product along axes of the elements that are not zero."""

    __props__ = ("axis", "dtype", "acc_dtype")

    def __init__(self, axis=None, dtype=None, acc_dtype=None):
        super().__init__(mul_without_zeros, axis, dtype, acc_dtype)

    @staticmethod
    def _check(x, dtype, acc):
        CAReduceDtype._check(x, x.type.dtype, acc)              # the result may have any dtype

    @in_single
    def perform(self, node, inputs, output_storage):
        x, = inputs
        axis = tuple(range(x.ndim)) if self.axis is None else self.axis
        result = np.multiply.reduce(np.where(x == 0, 1, x), axis=axis, dtype=self.acc(node))
        output_storage[0][0] = np.asarray(result).astype(node.outputs[0].type.dtype, copy=False)

    def L_op(self, inputs, outputs, output_grads):
        x, out, g = inputs[0], outputs[0], output_grads[0]
        g, out, x = self.spread(x, g), self.spread(x, conjugate(out)), conjugate(x)
        return [switch(eq(x, 0), 0, g * out / x).astype(x.type.dtype)]


mul_without_zeros = declare_row("MulWithoutZeros", "mul_without_zeros",
                                lambda x, y: np.where(x == 0, y, np.where(y == 0, x, x * y)), None, None, upcast_out,
                                nin=2, commutative=True, associative=True, identity=0.,
                                doc="A product that leaves zeros out.")
MulWithoutZeros = type(mul_without_zeros)
supremum = declare_row("Supremum", "supremum", np.maximum, None, None, upcast_out, nin=2, commutative=True,
                       associative=True, identity=-np.inf,
                       doc="The larger of two floats: a reduction by it gives -inf for nothing, where others raise.")


class _Truth(CAReduce):
    """A reduction of truth values."""

    __props__ = ("axis",)

    def __init__(self, axis=None):
        super().__init__(TABLE[self.row], axis)

    def with_axis(self, axis):
        return type(self)(axis)

    def prepared(self, x):
        return x if x.type.dtype == "bool" else neq(x, 0)

    def output_dtype(self, dtype):
        return "bool"

    def L_op(self, inputs, outputs, output_grads):
        return [inputs[0].zeros_like(dtype=config.floatX)]

    def __str__(self):
        axes = "" if self.axis is None else f"{{{', '.join(map(str, self.axis))}}}"
        return f"{type(self).__name__}{axes}"


class All(_Truth):
    """Whether all elements along axes are true."""

    __props__ = ("axis",)
    row = "and_"


class Any(_Truth):
    """Whether some element along axes is true."""

    __props__ = ("axis",)
    row = "or_"
