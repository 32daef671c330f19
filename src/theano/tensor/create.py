"""New tensors: filled, counted, diagonal."""

import numpy as np

from theano.config import config
from theano.gradient import DisconnectedType, grad_undefined
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.dtype import numpy_dtype
from theano.scalar.type import float_dtypes, resolve, upcast
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.elemwise import DimShuffle, Elemwise, cast, ceil, maximum, second, sum_to_shape_of, switch
from theano.tensor.shape import Rebroadcast, as_shape, shape_i, static_extent
from theano.tensor.type import tensor, values_eq_approx_always_true
from theano.tensor.variable import method

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def extent_variable(value):
    """An extent as an integer scalar variable; TypeError for anything else."""
    variable = as_tensor_variable(value, ndim=0)
    if variable.type.dtype not in INTEGERS:
        raise TypeError(f"an extent must be an integer, but {value} is a {variable.type}")
    return variable if variable.type.dtype == "int64" else cast(variable, "int64")


def alloc_validate_shape(shape):
    """Extents as variables, and the broadcast pattern they imply."""
    extents = [extent_variable(s) for s in shape]
    return extents, [static_extent(s) == 1 for s in extents]


class Alloc(Op):
    """``value`` repeated to a shape.

    value: any tensor that broadcasts to the shape; the others: integer scalars.
    """

    __props__ = ()
    _f16_ok = True

    def make_node(self, value, *shape):
        value = as_tensor_variable(value)
        extents, pattern = alloc_validate_shape(shape)
        if value.type.ndim > len(extents):
            raise TypeError(f"a value of {value.type.ndim} dimensions doesn't fit a shape of {len(extents)}")
        return Apply(self, [value, *extents], [tensor(value.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        value, *extents = inputs
        result = np.empty(tuple(int(n) for n in extents), dtype=value.dtype)
        result[...] = value
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        return [tuple(node.inputs[1:])]

    def connection_pattern(self, node):
        return [[True], *([[False]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        value, g = inputs[0], output_grads[0]
        added = g.type.ndim - value.type.ndim
        axes = [*range(added), *(d + added for d, b in enumerate(value.type.broadcastable) if b
                                 and not g.type.broadcastable[d + added])]
        if axes:
            g = g.sum(axis=axes)
        kept = [d for d, b in enumerate(value.type.broadcastable)
                if not (b and not output_grads[0].type.broadcastable[d + added])]
        order = [kept.index(d) if d in kept else "x" for d in range(value.type.ndim)]
        if axes:
            g = g.dimshuffle(order)
        if not all(value.type.broadcastable):           # an extent that is 1 only when the function runs is spread too
            g = sum_to_shape_of(g, value)
        return [g, *(DisconnectedType()() for _ in inputs[1:])]

    def R_op(self, inputs, eval_points):
        if eval_points[0] is None:
            return [None]
        return self(eval_points[0], *inputs[1:], return_list=True)

    def do_constant_folding(self, node):
        """Large constants that only an elementwise op reads are better made when they are needed."""
        clients = node.outputs[0].clients
        return bool(clients) and all(client != "output" for client, _ in clients)


alloc = Alloc()


class AllocEmpty(Op):
    """An array of the given shape whose content is arbitrary."""

    __props__ = ("dtype",)
    _f16_ok = True

    def __init__(self, dtype):
        self.dtype = resolve(dtype)

    def make_node(self, *shape):
        extents, pattern = alloc_validate_shape(shape)
        made = tensor(self.dtype, pattern)
        made.tag.values_eq_approx, made.tag.nan_guard_mode_check = values_eq_approx_always_true, False
        return Apply(self, extents, [made])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.empty(tuple(int(n) for n in inputs), dtype=self.dtype)

    def infer_shape(self, node, shapes):
        return [tuple(node.inputs)]

    def connection_pattern(self, node):
        return [[False] for _ in node.inputs]

    def grad(self, inputs, output_grads):
        return [DisconnectedType()() for _ in inputs]

    def R_op(self, inputs, eval_points):
        return [zeros(inputs, self.dtype)]

    def do_constant_folding(self, node):
        return False

    def __str__(self):
        return f"AllocEmpty{{dtype={self.dtype!r}}}"


def zeros(shape, dtype=None):
    """Zeros of a shape.

    Parameters
    ----------
    shape : int, sequence of ints and integer scalars, or integer vector
    dtype : str, optional
        Default: floatX.

    Returns
    -------
    tensor

    Raises
    ------
    ValueError
        For a vector whose length is not known while the graph is built.

    Reference: numpy.zeros
    """
    return full(shape, 0, dtype or config.floatX)


def ones(shape, dtype=None):
    """Ones of ``shape``; arguments as for `zeros`.  Reference: numpy.ones"""
    return full(shape, 1, dtype or config.floatX)


def full(shape, fill_value, dtype=None):
    """``fill_value`` repeated to ``shape``, by default in its own dtype.

    Raises ValueError for a shape vector of unknown length.
    """
    extents = as_shape(shape)
    if extents is None:
        raise ValueError(f"the length of the shape {shape} is not known")
    value = as_tensor_variable(fill_value) if isinstance(fill_value, Variable) else \
        constant(np.asarray(fill_value, dtype=numpy_dtype(resolve(dtype)) if dtype else None))
    if dtype is not None:
        value = cast(value, dtype)
    return alloc(value, *extents)


def is_zero(variable):
    """Whether all elements are known to be zero: those of a constant, or what was filled with zeros."""
    while variable.owner is not None:
        op, inputs = variable.owner.op, variable.owner.inputs
        name = op.scalar_op.row_name if type(op) is Elemwise else ""
        if name == "second":
            variable = inputs[1]
        elif type(op) in (Alloc, DimShuffle, Rebroadcast) or name.startswith("cast_"):
            variable = inputs[0]
        else:
            return False
    return isinstance(variable, Constant) and variable.type.ndim == np.ndim(variable.data) and not np.any(variable.data)


@method("zeros_like")
def zeros_like(model, dtype=None, opt=False):
    """Zeros of the shape of ``model``."""
    return full_like(model, 0, dtype, opt)


@method("ones_like")
def ones_like(model, dtype=None, opt=False):
    """Ones of the shape of ``model``."""
    return full_like(model, 1, dtype, opt)


def full_like(model, fill_value, dtype=None, opt=False):
    """``fill_value`` in the shape of ``model``, by default in its dtype."""
    model = as_tensor_variable(model)
    dtype = model.type.dtype if dtype is None else resolve(dtype)
    value = fill_value if isinstance(fill_value, Variable) else constant(fill_value, dtype=dtype)
    if value.type.dtype != dtype:
        value = cast(value, dtype)
    if opt and model.type.ndim == 0 and value.type.ndim == 0:
        return value
    return second(model, value)


def empty_like(model, dtype=None):
    """An array of the shape of ``model`` with arbitrary content."""
    return AllocEmpty(dtype or model.type.dtype)(*(shape_i(model, d) for d in range(model.type.ndim)))


def empty(shape, dtype=None):
    """An array of ``shape`` with arbitrary content."""
    return AllocEmpty(dtype or config.floatX)(*as_shape(shape))


class ARange(Op):
    """start, start + step, ... below stop.  Reference: numpy.arange"""

    __props__ = ("dtype",)

    def __init__(self, dtype):
        self.dtype = str(dtype)

    def make_node(self, start, stop, step):
        inputs = [as_tensor_variable(x) for x in (start, stop, step)]
        if any(x.type.ndim for x in inputs):
            raise TypeError(f"arange needs scalars, got {[x.type for x in inputs]}")
        return Apply(self, inputs, [tensor(self.dtype, (False,))])

    def perform(self, node, inputs, output_storage):
        start, stop, step = (x.item() for x in inputs)
        output_storage[0][0] = np.arange(start, stop, step, dtype=self.dtype)

    def infer_shape(self, node, shapes):
        start, stop, step = node.inputs
        if static_extent(step) == 1 and all(x.type.dtype in INTEGERS for x in node.inputs):
            if static_extent(start) == 0:
                return [(maximum(cast(stop, "int64"), 0),)]
            return [(maximum(cast(cast(stop, "int64") - cast(start, "int64"), "int64"), 0),)]
        wide = upcast(*(x.type.dtype for x in node.inputs), "float32")
        wide = "float64" if wide in float_dtypes else wide
        count = ceil(cast(cast(stop, wide) - cast(start, wide), wide) / cast(step, wide))
        return [(maximum(cast(count, "int64"), 0),)]

    def connection_pattern(self, node):
        return [[True], [False], [True]]

    def L_op(self, inputs, outputs, output_grads):
        start, stop, step = inputs
        g, = output_grads
        if self.dtype.startswith(("int", "uint")):
            return [start.zeros_like(dtype=config.floatX), DisconnectedType()(),
                    step.zeros_like(dtype=config.floatX)]
        count = shape_i(outputs[0], 0)
        return [g.sum(), DisconnectedType()(), (g * arange(count, dtype=self.dtype)).sum()]

    def R_op(self, inputs, eval_points):
        return [None]

    def __str__(self):
        return f"ARange{{dtype={self.dtype!r}}}"


def arange(start, stop=None, step=1, dtype=None):
    """start, start + step, ... up to ``stop``, which is left out.

    Parameters
    ----------
    start, stop, step : numbers or scalars
        ``arange(stop)`` begins at 0.
    dtype : str, optional
        Default: int64 for integers (float64 if one is uint64), else what the three promote to.

    Returns
    -------
    vector
        Of ceil((stop - start) / step) elements, none if that is negative.

    Reference: numpy.arange
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (as_tensor_variable(x) for x in (start, stop, step))
    if dtype is None:
        dtype = _arange_dtype(start, stop, step)
    dtype = resolve(dtype)
    return ARANGES.setdefault(dtype, ARange(dtype))(start, stop, step)


ARANGES = {}                    # dtype -> the op that serves all graphs


def _arange_dtype(start, stop, step):
    dtype = upcast(start.type.dtype, stop.type.dtype, step.type.dtype)
    if dtype in INTEGERS or dtype == "bool":
        return "float64" if dtype == "uint64" else "int64"
    if config.cast_policy == "numpy+floatX" and config.floatX == "float32" and dtype == "float64" \
            and not any(x.type.dtype == "float64" for x in (start, stop, step)):
        return config.floatX
    return dtype


def _corners(n, m, k):
    """Extents and diagonal as ints, where the last two may be None."""
    return int(n), int(n if m is None else m), int(0 if k is None else k)


class Eye(Op):
    """Ones on a diagonal, zeros elsewhere: (n, m, k) -> (n, m).  Reference: numpy.eye

    Inputs of a function that are m or k may be given as None, as in NumPy: that is n, or 0.
    """

    __props__ = ("dtype",)
    takes_none = (1, 2)

    def __init__(self, dtype=None):
        self.dtype = resolve(dtype or config.floatX)

    def make_node(self, n, m, k):
        inputs = [as_tensor_variable(x) for x in (n, m, k)]
        if any(x.type.ndim for x in inputs):
            raise TypeError(f"eye needs scalars for n, m and k, got {', '.join(str(x.type) for x in inputs)}")
        return Apply(self, inputs, [tensor(self.dtype, (False, False))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.eye(*_corners(*inputs), dtype=self.dtype)

    def infer_shape(self, node, shapes):
        return [(cast(node.inputs[0], "int64"), cast(node.inputs[1], "int64"))]

    def connection_pattern(self, node):
        return [[False]] * 3

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, i, x) for i, x in enumerate(inputs)]


def eye(n, m=None, k=0, dtype=None):
    """A matrix of zeros with ones on a diagonal.

    Parameters
    ----------
    n : int or integer scalar
        Number of rows.
    m : int or integer scalar, optional
        Number of columns; default: ``n``.
    k : int or integer scalar
        Which diagonal: above the main one if positive, else below.
    dtype : str, optional
        Default: floatX.

    Returns
    -------
    matrix (n, m)

    Raises
    ------
    TypeError
        For arguments that are no scalars.

    Reference: numpy.eye
    """
    return Eye(dtype)(n, n if m is None else m, 0 if k is None else k)


def identity_like(x):
    """The identity matrix of the shape of the matrix ``x``."""
    return eye(shape_i(x, 0), shape_i(x, 1), k=0, dtype=x.type.dtype)


class Tri(Eye):
    """Ones at and below a diagonal.  Reference: numpy.tri"""

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.tri(*_corners(*inputs), dtype=self.dtype)


def tri(N, M=None, k=0, dtype=None):                                              # noqa: N803
    """Ones at and below the diagonal ``k`` of a zero matrix (N, M)."""
    return Tri(dtype)(N, N if M is None else M, 0 if k is None else k)


def tril(m, k=0):
    """The matrix ``m`` with zeros above its diagonal ``k``; of more dimensions the matrices of the last two."""
    return switch(_triangle_below(m, k), m, constant(0, dtype=m.type.dtype))


def triu(m, k=0):
    """The matrix ``m`` with zeros below its diagonal ``k``; of more dimensions the matrices of the last two."""
    return switch(_triangle_below(m, k - 1), constant(0, dtype=m.type.dtype), m)


def _triangle_below(m, k):
    if m.type.ndim < 2:
        raise TypeError(f"a triangle is of a matrix or of several, got {m.type}")
    rows, columns = (shape_i(m, d) for d in (m.type.ndim - 2, m.type.ndim - 1))
    return tri(rows, columns, k=k, dtype="bool")


class Bartlett(Op):
    """A triangular window of M points: (M) -> (max(M, 0),), float64.  Reference: numpy.bartlett"""

    __props__ = ()

    def make_node(self, M):                                                        # noqa: N803
        M = as_tensor_variable(M)                                                  # noqa: N806
        if M.type.ndim or M.type.dtype not in INTEGERS:
            raise TypeError(f"{self} works only on integer scalars, got {M.type}")
        return Apply(self, [M], [tensor("float64", (False,))])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.bartlett(int(inputs[0]))

    def infer_shape(self, node, shapes):
        return [(maximum(cast(node.inputs[0], "int64"), 0),)]

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, 0, inputs[0])]


bartlett = Bartlett()
