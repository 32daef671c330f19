"""Scalar operations on arrays, element by element; axes reordered."""

import threading

import numpy as np

from theano.config import config
from theano.errors import NotScalarConstantError
from theano.gradient import DisconnectedType, NullType
from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.scalar import special  # noqa: F401  its rows join the table
from theano.scalar.composite import Composite
from theano.scalar.table import CASTS, TABLE
from theano.scalar.type import Scalar, complex_dtypes, discrete_dtypes, float_dtypes, resolve
from theano.tensor.constant import SEEN_THROUGH, as_tensor_variable, constant
from theano.tensor.half import in_single
from theano.tensor.mask import merged, put_on, root_of_magnitudes, take_off
from theano.tensor.type import TensorType, tensor
from theano.tensor.variable import FUNCTIONS, TensorVariable, method

_types = {}                 # (dtype, pattern) -> TensorType: making a type costs more than finding it


def type_of(dtype, pattern):
    """The TensorType of a dtype and pattern."""
    key = (dtype, pattern)
    found = _types.get(key)
    if found is None:
        found = _types[key] = TensorType(dtype, pattern)
    return found


class DimShuffle(Op):
    """Axes permuted, dropped or added.

    input_broadcastable: pattern of the input   new_order: for each axis of the result an axis of the input, or "x"
    for a new one of extent 1; axes left out must be broadcastable.
    """

    view_map = {0: [0]}
    __props__ = ("input_broadcastable", "new_order", "inplace")
    _f16_ok = True

    def __init__(self, input_broadcastable, new_order, inplace=True):
        self.input_broadcastable = tuple(map(bool, input_broadcastable))
        if any(isinstance(d, str) and d != "x" for d in new_order):
            raise ValueError(f"a new order has numbers of axes, and \"x\" for new ones, but got {tuple(new_order)}")
        self.new_order = tuple(d if isinstance(d, str) else int(d) for d in new_order)
        self.inplace = inplace
        ndim = len(self.input_broadcastable)
        seen = set()
        for d in self.new_order:
            if d == "x":
                continue
            if not 0 <= d < ndim:
                raise ValueError(f"new_order[{self.new_order.index(d)}] is {d}, but the input only has {ndim} "
                                 "axes.")
            if d in seen:
                raise ValueError(f"dimension {d} may not appear twice in the new order {tuple(new_order)}")
            seen.add(d)
        self.drop = [d for d in range(ndim) if d not in seen]
        for d in self.drop:
            if not self.input_broadcastable[d]:
                raise ValueError(f"dimshuffle to {self.new_order} drops dimension {d}, which may be longer than 1 in "
                                 f"the pattern {self.input_broadcastable}")
        self.shuffle = [d for d in self.new_order if d != "x"]
        self.augment = [i for i, d in enumerate(self.new_order) if d == "x"]
        self.pattern = tuple(d == "x" or self.input_broadcastable[d] for d in self.new_order)

    @property
    def transposition(self):
        """The axes that are kept, then those that are dropped, as `perform` transposes them."""
        return self.shuffle + self.drop

    def make_node(self, x):
        x = as_tensor_variable(x)
        given = x.type.broadcastable
        if given != self.input_broadcastable and (
                len(given) != len(self.input_broadcastable)
                or any(e and not b for e, b in zip(self.input_broadcastable, given, strict=True))):
            raise TypeError(f"this DimShuffle takes the broadcast pattern {self.input_broadcastable}, got {given}")
        pattern = self.pattern if given == self.input_broadcastable else tuple(
            d == "x" or given[d] for d in self.new_order)
        return Apply(self, [x], [TensorVariable(type_of(x.type.dtype, pattern))])

    def perform(self, node, inputs, output_storage, params=None):
        x = np.asarray(inputs[0])
        shape = [1 if d == "x" else x.shape[d] for d in self.new_order]
        for d in self.drop:
            if x.shape[d] != 1:
                raise ValueError(f"{self} drops dimension {d}, which must have extent 1, got shape {x.shape}")
        output_storage[0][0] = x.transpose(self.transposition).reshape(shape)

    def infer_shape(self, node, shapes):
        return [tuple(constant(1, dtype="int64") if d == "x" else shapes[0][d] for d in self.new_order)]

    def grad(self, inputs, output_grads):
        x, g = inputs[0], output_grads[0]
        back = ["x"] * x.type.ndim
        for i, d in enumerate(self.new_order):
            if d != "x":
                back[d] = i
        if x.type.dtype in discrete_dtypes:
            return [x.zeros_like(dtype=config.floatX)]
        g = _droppable(g, back)
        return [DimShuffle(g.type.broadcastable, back)(g)]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else self(*eval_points, return_list=True)

    def __str__(self):
        order = ",".join(map(str, self.new_order))
        return f"{'Inplace' if self.inplace else ''}DimShuffle{{{order}}}"


def _droppable(g, order):
    """``g`` with the axes that ``order`` leaves out called broadcastable."""
    wrong = [d for d in range(g.type.ndim) if d not in order and not g.type.broadcastable[d]]
    if not wrong:
        return g
    return TensorType.rebroadcast(g, tuple(b or d in wrong for d, b in enumerate(g.type.broadcastable)))


@method("dimshuffle")
def dimshuffle(x, *pattern):
    """``x`` with its axes in another order; "x" adds an axis of extent 1.  ``x.dimshuffle(0, "x", 1)``"""
    if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
        pattern = pattern[0]
    return DimShuffle(x.type.broadcastable, pattern)(x)


class Elemwise(Op):
    """A scalar op on every element, with broadcasting as in NumPy.

    Parameters
    ----------
    scalar_op : ScalarOp
    inplace_pattern : dict, optional
        output index -> index of the input whose storage it takes over.
    name : str, optional
        Printed instead of the scalar op's text.
    """

    __props__ = ("scalar_op", "inplace_pattern")
    rop_takes_none = True
    _f16_ok = True

    def __init__(self, scalar_op, inplace_pattern=None, name=None, nfunc_spec=None, openmp=None):
        self.scalar_op = scalar_op
        self.inplace_pattern = dict(inplace_pattern or {})
        if self.inplace_pattern:
            self.destroy_map = {o: [i] for o, i in self.inplace_pattern.items()}
        self.name = name
        self.nfunc_spec = nfunc_spec

    def key_props(self):
        """What tells this op from others, for the cache."""
        return (self.scalar_op, tuple(sorted(self.inplace_pattern.items())))

    def __eq__(self, other):
        return self is other or (type(self) is type(other) and self.scalar_op == other.scalar_op
                                 and self.inplace_pattern == other.inplace_pattern)

    def __hash__(self):
        return hash((Elemwise, self.scalar_op, tuple(self.inplace_pattern.items())))

    def make_node(self, *inputs):
        inputs = [x if isinstance(x, Variable) and isinstance(x.type, TensorType) else as_tensor_variable(x)
                  for x in self.scalar_op.settle(inputs)]
        dtypes = self.output_dtypes([x.type.dtype for x in inputs], inputs)
        ndim = max((x.type.ndim for x in inputs), default=0)
        inputs = [x if x.type.ndim == ndim else
                  x.dimshuffle(["x"] * (ndim - x.type.ndim) + list(range(x.type.ndim))) for x in inputs]
        patterns = {x.type.broadcastable for x in inputs}
        pattern = patterns.pop() if len(patterns) == 1 else tuple(
            all(column) for column in zip(*(x.type.broadcastable for x in inputs), strict=True))
        for o, i in self.inplace_pattern.items():
            if inputs[i].type.broadcastable != pattern or inputs[i].type.dtype != dtypes[o]:
                raise TypeError(f"{self} can't write its output {o} ({dtypes[o]}, {pattern}) into input {i} "
                                f"({inputs[i].type})")
        return Apply(self, inputs, [TensorVariable(type_of(d, pattern)) for d in dtypes])

    def output_dtypes(self, dtypes, inputs=()):
        """dtypes of the outputs for those of the inputs."""
        op = self.scalar_op
        try:
            if op.nout == 1 and op.nin in (-1, len(dtypes)):
                return [op.output_dtype(*dtypes)]
            return [v.type.dtype for v in op.make_node(*(Scalar(d)() for d in dtypes)).outputs]
        except TypeError as error:
            names = ", ".join(f"{x} ({d})" for x, d in zip(inputs, dtypes, strict=False))
            raise TypeError(f"{self} cannot be applied to {names}: {error}") from None

    def perform(self, node, inputs, output_storage, params=None):
        op = self.scalar_op
        with np.errstate(all="ignore"):
            try:
                if isinstance(op, Composite):
                    values = op.results(inputs)
                else:
                    values = [op.compute(inputs, node.outputs[0].type.dtype)]
            except ValueError as error:
                raise self._mismatch(inputs, error) from error
        shapes = {np.shape(x) for x in inputs}
        shape = np.broadcast_shapes(*shapes) if len(shapes) != 1 else shapes.pop()
        for index, (cell, value, variable) in enumerate(zip(output_storage, values, node.outputs, strict=True)):
            value = np.asarray(value)
            dtype = variable.type.dtype
            target = self.inplace_pattern.get(index)
            if target is not None and inputs[target].shape == shape:     # it may be broadcast although its type is not
                inputs[target][...] = value
                cell[0] = inputs[target]
            elif value.shape != shape or value.dtype != dtype or not value.flags.owndata \
                    or any(value is x for x in inputs):             # a result is never an argument itself
                fresh = np.empty(shape, dtype)
                fresh[...] = value
                cell[0] = fresh
            else:
                cell[0] = value

    @staticmethod
    def _mismatch(inputs, error):
        shapes = [np.shape(x) for x in inputs]
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            return ValueError(f"Input dimension mis-match: the inputs have shapes {shapes}, which can't be "
                              "broadcast together")
        return error

    def get_output_info(self, dim_shuffle, *inputs):
        """dtypes and patterns of the outputs, and the inputs with axes added at the left by ``dim_shuffle``'s class."""
        ndim = max((x.type.ndim for x in inputs), default=0)
        added = [x if x.type.ndim == ndim else dim_shuffle(
            x.type.broadcastable, ["x"] * (ndim - x.type.ndim) + list(range(x.type.ndim)))(x) for x in inputs]
        node = self.make_node(*added)
        return [v.type.dtype for v in node.outputs], [v.type.broadcastable for v in node.outputs], added

    def python_constant_folding(self, node):
        """Whether folding a node of constants is better done by `perform`: where the result is one number."""
        return node.outputs[0].type.ndim == 0

    def infer_shape(self, node, shapes):
        result = []
        for d in range(node.outputs[0].type.ndim):
            known = [s[d] for x, s in zip(node.inputs, shapes, strict=True) if not x.type.broadcastable[d]]
            static = next((n for n in known if hasattr(n, "data")), None)
            result.append(static if static is not None else known[0] if known else constant(1, dtype="int64"))
        return [tuple(result)] * len(node.outputs)

    def connection_pattern(self, node):
        return [[i not in self.scalar_op.unread] * len(node.outputs) for i in range(len(node.inputs))]

    def L_op(self, inputs, outputs, output_grads):
        if any(isinstance(g.type, NullType) for g in output_grads):
            null = next(g for g in output_grads if isinstance(g.type, NullType))
            return [null for _ in inputs]
        value, masks = take_off(output_grads[0]) if len(outputs) == 1 else (None, [])
        masks = merged(masks)
        around, NAMING.ops = NAMING.ops, NAMELESS
        try:
            terms = self.scalar_op.L_op(inputs, outputs, [value] if masks else output_grads)
        finally:
            NAMING.ops = around
        if masks:
            terms = [output_grads[0] if g is value else g if isinstance(g.type, (NullType, DisconnectedType))
                     else put_on(g, masks) for g in terms]
        if root_of_magnitudes(outputs[0].owner):
            terms[0] = put_on(terms[0], [(ELEMWISE["eq"](inputs[0], 0), False)])
        return [self._to_shape_of(k, x, g, inputs) for k, (x, g) in enumerate(zip(inputs, terms, strict=True))]

    @staticmethod
    def _to_shape_of(k, x, g, inputs):
        """``g`` summed over the axes along which ``x`` was broadcast."""
        if isinstance(g.type, (NullType, DisconnectedType)):
            return g
        g = as_tensor_variable(g)
        if g.type.ndim < x.type.ndim:
            g = second(x, g) if x.type.ndim else g
        axes = [d for d, (b, gb) in enumerate(zip(x.type.broadcastable, g.type.broadcastable, strict=True))
                if b and not gb]
        if axes:
            g = g.sum(axis=axes)
            order, position = [], 0
            for d in range(x.type.ndim):
                order.append("x" if d in axes else position)
                position += d not in axes
            g = g.dimshuffle(order)
        others = [y for i, y in enumerate(inputs) if i != k]
        unknown = [d for d, b in enumerate(x.type.broadcastable)
                   if not b and not g.type.broadcastable[d] and any(not y.type.broadcastable[d] and y is not x
                                                                    for y in others)]
        return sum_to_shape_of(g, x) if unknown else g

    def R_op(self, inputs, eval_points):
        out = self(*inputs)
        if isinstance(out, list) or out.type.dtype not in float_dtypes or self.scalar_op.gradient is None \
                or any(x.type.dtype.startswith("complex") for x in inputs):
            return [None]
        partial = self.scalar_op.L_op(inputs, [out], [out.ones_like()])
        terms = [real_product(p, e) for p, e in zip(partial, eval_points, strict=True)
                 if e is not None and not isinstance(p.type, (DisconnectedType, NullType))]
        return [add(*terms) if terms else out.zeros_like()]

    def __str__(self):
        if self.name:
            return self.name
        text = str(self.scalar_op) if isinstance(self.scalar_op, Composite) else \
            str(self.scalar_op) if not self.inplace_pattern else type(self.scalar_op).__name__
        if self.inplace_pattern:
            return f"Elemwise{{{text}}}{sorted(self.inplace_pattern.items())}"
        return f"Elemwise{{{text}}}"


def real_product(gradient, direction):
    """How fast a real value changes in a direction; a complex gradient holds the derivatives by both parts."""
    if gradient.type.dtype not in complex_dtypes or direction.type.dtype not in complex_dtypes:
        return gradient * direction
    return ELEMWISE["real"](gradient) * ELEMWISE["real"](direction) \
        + ELEMWISE["imag"](gradient) * ELEMWISE["imag"](direction)


def conjugate(x):
    """The complex conjugate; real numbers are their own."""
    return ELEMWISE["conj"](x) if x.type.dtype in complex_dtypes else x


class SumToShapeOf(Op):
    """``g`` summed over the axes along which ``x`` has extent 1 and ``g`` has not.

    g, x: same rank   ->   the shape of x; a view of ``g`` where nothing is summed
    """

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, g, x):
        g, x = as_tensor_variable(g), as_tensor_variable(x)
        pattern = tuple(a or b for a, b in zip(g.type.broadcastable, x.type.broadcastable, strict=True))
        return Apply(self, [g, x], [tensor(g.type.dtype, pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        g, x = inputs
        axes = tuple(d for d in range(g.ndim) if x.shape[d] == 1 and g.shape[d] != 1)
        output_storage[0][0] = g.sum(axis=axes, keepdims=True, dtype=g.dtype) if axes else g

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        g, _ = inputs
        return [second(g, output_grads[0]), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None] if eval_points[0] is None else [self(eval_points[0], inputs[1])]


sum_to_shape_of = SumToShapeOf()

# -- the functions of the table -----------------------------------------------------------------------------

ELEMWISE = {}               # row name -> Elemwise instance
NAMELESS = {}               # the same ops as they are printed in gradients: Elemwise{mul}


class _Naming(threading.local):
    """Which of the two a row becomes; both are equal."""

    ops = ELEMWISE


NAMING = _Naming()


def _declare():
    for name, op in TABLE.items():
        if name.startswith("cast_"):
            printed = f"Elemwise{{{op}}}"
        elif name in ("sigmoid", "softplus", "softsign", "ultra_fast_sigmoid"):
            printed = name
        else:
            printed = f"Elemwise{{{name},no_inplace}}"
        ELEMWISE[name] = Elemwise(op, name=printed)
        ELEMWISE[name].__doc__ = f"{op.__doc__}\n\n    Elementwise, with broadcasting as in NumPy."
        NAMELESS[name] = Elemwise(op)


_declare()


def apply_row(row, inputs):
    """Scalar row, or the name of one, applied element by element."""
    op = NAMING.ops[row] if isinstance(row, str) else NAMING.ops.get(row.row_name)
    return (op or Elemwise(row))(*inputs)


TensorType.apply_row = staticmethod(apply_row)
globals().update(ELEMWISE)
add, mul, sub, second, switch = (ELEMWISE[n] for n in ("add", "mul", "sub", "second", "switch"))
exp, log, expm1, sqrt, sqr = (ELEMWISE[n] for n in ("exp", "log", "expm1", "sqrt", "sqr"))
maximum, minimum, ceil, floor = (ELEMWISE[n] for n in ("maximum", "minimum", "ceil", "floor"))
eq, neq, lt, le, gt, ge = (ELEMWISE[n] for n in ("eq", "neq", "lt", "le", "gt", "ge"))
sigmoid, softplus, clip, true_div, int_div = (ELEMWISE[n] for n in
                                              ("sigmoid", "softplus", "clip", "true_div", "int_div"))
fill = second
where = switch


def clipped(x, low, high):
    """``x`` between two bounds; there is none where it is None."""
    if low is not None and high is not None:
        return clip(x, low, high)
    x = x if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


METHODS = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "floor", "ceil", "trunc", "sin", "cos",
           "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "deg2rad",
           "rad2deg", "conj")


def _member(op):
    def member(self, *args):
        return op(self, *args)
    member.__doc__ = op.__doc__
    return member


for _name in METHODS:
    method(_name)(_member(ELEMWISE[_name]))
FUNCTIONS["clip"] = clip
method("clip")(lambda self, a_min, a_max: clipped(self, a_min, a_max))
method("conjugate")(_member(ELEMWISE["conj"]))
FUNCTIONS["fill"] = second
method("fill")(lambda self, value: second(self, value))
FUNCTIONS["where"] = switch
for _name, _op in ELEMWISE.items():
    FUNCTIONS.setdefault(_name, _op)


@method("astype")
def cast(x, dtype):
    """``x`` converted to ``dtype``; ``x`` itself where it has it. Complex goes to complex only (TypeError)."""
    dtype = resolve(dtype)
    x = as_tensor_variable(x)
    if x.type.dtype == dtype:
        return x
    return ELEMWISE[CASTS[dtype].name](x)


@method("round")
def round(a, mode=None):                                                          # noqa: A001
    """``a`` rounded: "half_to_even" (default) or "half_away_from_zero"."""
    if mode in (None, "half_to_even"):
        return ELEMWISE["round_half_to_even"](a)
    if mode == "half_away_from_zero":
        return ELEMWISE["round_half_away_from_zero"](a)
    raise Exception(f"round mode {mode!r} is not implemented: use 'half_to_even' or 'half_away_from_zero'")


def _constant_elemwise(node, index, get):
    op = node.op.scalar_op
    name = op.row_name
    if name is None:
        raise NotScalarConstantError()
    if name == "second":
        return get(node.inputs[1])
    if name.startswith("cast_") or name in ("add", "sub", "mul", "neg", "true_div", "int_div", "mod",
                                                  "maximum", "minimum", "eq", "neq", "lt", "gt", "le", "ge"):
        values = [get(v) for v in node.inputs]
        with np.errstate(all="ignore"):
            return np.asarray(op.compute(values, node.outputs[0].type.dtype)).astype(node.outputs[0].type.dtype)
    if name == "switch":
        return get(node.inputs[1 if get(node.inputs[0]) else 2])
    raise NotScalarConstantError()


SEEN_THROUGH[Elemwise] = _constant_elemwise
SEEN_THROUGH[DimShuffle] = lambda node, index, get: get(node.inputs[0])
