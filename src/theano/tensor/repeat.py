"""Elements repeated, tensors tiled, and what is counted and chosen by integer vectors."""

import numpy as np

from theano.config import config
from theano.errors import NotScalarConstantError
from theano.gradient import DisconnectedType, grad
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.tensor.advanced import inc_subtensor, set_subtensor, take
from theano.tensor.assertion import Assert
from theano.tensor.axis import axis_of
from theano.tensor.constant import as_tensor_variable, constant, get_scalar_constant_value
from theano.tensor.create import alloc, arange, ones, zeros
from theano.tensor.elemwise import cast, eq, sum_to_shape_of, switch
from theano.tensor.join import concatenate, stack
from theano.tensor.nonzero import flatnonzero
from theano.tensor.shape import flatten
from theano.tensor.type import tensor
from theano.tensor.variable import FUNCTIONS, method

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


class RepeatOp(Op):
    """Every element along ``axis`` as often as ``repeats`` says, one number for all or one for each.

    x: any tensor   repeats: integer scalar or vector   Reference: numpy.repeat
    """

    __props__ = ("axis",)

    def __init__(self, axis=None):
        self.axis = axis

    def make_node(self, x, repeats):
        x, repeats = as_tensor_variable(x), as_tensor_variable(repeats)
        if repeats.type.dtype not in INTEGERS:
            raise TypeError(f"repeats must be integers, got {repeats.type}")
        if repeats.type.dtype == "uint64":
            raise TypeError("dtype uint64 is not supported for the parameter 'repeats': NumPy counts by int64")
        if repeats.type.ndim > 1:
            raise TypeError(f"repeats must be a scalar or a vector, got {repeats.type}")
        if self.axis is None:
            return Apply(self, [x, repeats], [tensor(x.type.dtype, (False,))])
        pattern, axis = list(x.type.broadcastable), axis_of(x, self.axis)
        try:
            pattern[axis] = pattern[axis] and int(get_scalar_constant_value(repeats)) == 1
        except NotScalarConstantError:
            pattern[axis] = False
        return Apply(self, [x, repeats], [tensor(x.type.dtype, pattern)])

    def perform(self, node, inputs, output_storage):
        x, repeats = inputs
        output_storage[0][0] = np.repeat(x, repeats, axis=self.axis)

    def infer_shape(self, node, shapes):
        repeats = cast(node.inputs[1], "int64")
        shape, axis = list(shapes[0]), self.axis
        if axis is None:
            size = as_tensor_variable(np.int64(1))
            for extent in shape:
                size = size * extent
            shape, axis = [size], 0
        if repeats.type.ndim:
            one_for_all = eq(shapes[1][0], 1)
            shape[axis] = switch(one_for_all, shape[axis], 1) * repeats.sum(dtype="int64")
        else:
            shape[axis] = shape[axis] * repeats
        return [tuple(shape)]

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        (x, repeats), (g,) = inputs, output_grads
        axis = 0 if self.axis is None else self.axis % x.type.ndim
        source = flatten(x) if self.axis is None else x
        if repeats.type.ndim == 0:
            extents = [source.shape[d] for d in range(source.type.ndim)]
            parts = g.reshape([*extents[:axis + 1], cast(repeats, "int64"), *extents[axis + 1:]], source.type.ndim + 1)
            found = parts.sum(axis=axis + 1)
        else:
            front = [axis, *(d for d in range(source.type.ndim) if d != axis)]
            back = [front.index(d) for d in range(source.type.ndim)]
            places = RepeatOp(0)(arange(source.shape[axis]), repeats)
            found = inc_subtensor(source.zeros_like().dimshuffle(front)[places], g.dimshuffle(front)).dimshuffle(back)
        return [found.reshape(x.shape, x.type.ndim) if self.axis is None else found, DisconnectedType()()]


@method("repeat")
def repeat(x, repeats, axis=None):
    """Every element of ``x`` along ``axis`` repeated; without axis those of the flattened ``x``.

    repeats: integer scalar, or vector with one number for each element.  Reference: numpy.repeat
    """
    x, repeats = as_tensor_variable(x), as_tensor_variable(repeats)
    if repeats.type.ndim > 1:
        raise ValueError(f"repeats should be a scalar or a vector, got {repeats.type}")
    if repeats.type.ndim == 1 and not repeats.type.broadcastable[0] or repeats.type.dtype == "uint64":
        return RepeatOp(axis)(x, repeats)
    count = repeats[0] if repeats.type.ndim else repeats
    if axis is None:
        x, axis = flatten(x), 0
    axis = axis_of(x, axis)
    shape = [x.shape[d] for d in range(x.type.ndim)]
    pattern = [*range(axis + 1), "x", *range(axis + 1, x.type.ndim)]
    every = alloc(x.dimshuffle(pattern), *shape[:axis + 1], count, *shape[axis + 1:])
    return every.reshape([*shape[:axis], shape[axis] * count, *shape[axis + 1:]], x.type.ndim)


def tile(x, reps, ndim=None):
    """``x`` side by side with itself, ``reps`` times along each axis.

    reps: integer, integer variable, list of these, or an integer vector (then ``ndim`` must be given). ndim: how many
    dimensions the result has, at least those of ``x``. Shorter ``reps`` go to the last axes. Raises ValueError for
    anything else.  Reference: numpy.tile
    """
    x = as_tensor_variable(x)
    if ndim is not None and ndim < x.type.ndim:
        raise ValueError(f"tile: ndim should be equal or larger than x.ndim, got ndim={ndim} for {x.type}")
    reps, ndim = _tile_counts(reps, ndim, x.type.ndim)
    counts = [1] * (ndim - len(reps)) + reps
    x = x.dimshuffle(*["x"] * (ndim - x.type.ndim), *range(x.type.ndim))
    shape = [x.shape[d] for d in range(ndim)]
    pattern = [p for d in range(ndim) for p in ("x", d)]
    every = alloc(x.dimshuffle(pattern), *(n for d in range(ndim) for n in (counts[d], shape[d])))
    return every.reshape([shape[d] * counts[d] for d in range(ndim)], ndim)


class Tile(Op):
    """``x`` side by side with itself, as one op: `tile` with a vector of ``ndim`` numbers.

    x: at most ndim dimensions   reps: (ndim,) integers   Reference: numpy.tile
    """

    __props__ = ("ndim",)

    def __init__(self, ndim):
        self.ndim = int(ndim)

    def make_node(self, x, reps):
        x, reps = as_tensor_variable(x), as_tensor_variable(reps)
        if x.type.ndim > self.ndim or reps.type.ndim != 1 or reps.type.dtype not in INTEGERS:
            raise TypeError(f"{self} needs at most {self.ndim} dimensions and an integer vector, got {x.type}, "
                            f"{reps.type}")
        return Apply(self, [x, reps], [tensor(x.type.dtype, [False] * self.ndim)])

    def perform(self, node, inputs, output_storage):
        x, reps = inputs
        result = np.tile(x, [int(n) for n in reps])
        if result.ndim != self.ndim:
            raise ValueError(f"{self} expected {self.ndim} repetitions, got {reps}")
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        _, reps = node.inputs
        extents = (*[1] * (self.ndim - len(shapes[0])), *shapes[0])
        return [tuple(n * reps[d] for d, n in enumerate(extents))]

    def connection_pattern(self, node):
        return [[True], [False]]

    def L_op(self, inputs, outputs, output_grads):
        x, reps = inputs
        same = tile(x, reps, ndim=self.ndim)
        return [grad(None, x, known_grads={same: output_grads[0]}), DisconnectedType()()]


def _tile_counts(reps, ndim, x_ndim):
    """``reps`` as a list of at most ``ndim`` numbers, and ndim."""
    if isinstance(reps, (list, tuple)):
        reps = [as_tensor_variable(r) for r in reps]
        if any(r.type.ndim or r.type.dtype not in INTEGERS for r in reps):
            raise ValueError(f"tile: elements of reps must be integer scalars, got {[r.type for r in reps]}")
        if ndim is not None and len(reps) > ndim:
            raise ValueError(f"tile: len(reps) should be equal or less than ndim, got {len(reps)} and ndim={ndim}")
        return reps, max(len(reps), x_ndim) if ndim is None else ndim
    reps = as_tensor_variable(reps)
    if reps.type.ndim > 1 or reps.type.dtype not in INTEGERS:
        raise ValueError(f"reps must be a scalar, a vector or a list of integers, got {reps.type}")
    if reps.type.ndim == 0:
        return [reps], max(x_ndim, 1) if ndim is None else ndim
    if ndim is None:
        raise ValueError("tile: if reps is a vector, ndim must be given, as its length is not known while the graph is "
                         "built")
    missing = ndim - reps.shape[0]
    missing = Assert("reps is longer than ndim")(missing, missing >= 0)
    padded = concatenate([ones((missing,), dtype=reps.type.dtype), reps])
    return [padded[d] for d in range(ndim)], ndim


def to_one_hot(y, nb_class, dtype=None):
    """A matrix with a one in each row, at the column that the integer vector ``y`` says.

    y: (n,)   ->   (n, nb_class), floatX unless ``dtype`` is given
    """
    y = as_tensor_variable(y)
    found = zeros((y.shape[0], nb_class), dtype=dtype or config.floatX)
    return set_subtensor(found[arange(y.shape[0]), y], 1)


def bincount(x, weights=None, minlength=None, assert_nonneg=False):
    """How often each integer, or truth value, occurs in the vector ``x``, or the sum of its ``weights``.

    minlength: least length of the result. assert_nonneg: AssertionError for negative elements, which count from the
    end otherwise.  Reference: numpy.bincount
    """
    x = as_tensor_variable(x)
    if x.type.dtype == "bool":
        x = cast(x, "uint8")
    if x.type.ndim != 1 or x.type.dtype not in INTEGERS:
        raise TypeError(f"bincount needs an integer vector, got {x.type}")
    if assert_nonneg:
        x = Assert("Input to bincount has negative values!")(x, (x >= 0).all())
    counts = Bincount()(x, 0 if minlength is None else minlength)
    if weights is None:
        return counts
    weights = as_tensor_variable(weights)
    return inc_subtensor(zeros(counts.shape, dtype=weights.type.dtype)[x], weights)


class Bincount(Op):
    """How often each integer occurs in a vector; negative ones count from the end.

    x: (n,) integers   minlength: integer scalar   ->   int64, as long as the largest says, at least ``minlength``
    Raises IndexError for numbers below minus that length.
    """

    __props__ = ()

    def make_node(self, x, minlength):
        x, minlength = as_tensor_variable(x), as_tensor_variable(minlength)
        if any(v.type.ndim != ndim or v.type.dtype not in INTEGERS for v, ndim in ((x, 1), (minlength, 0))):
            raise TypeError(f"bincount needs an integer vector and an integer, got {x.type} and {minlength.type}")
        return Apply(self, [x, minlength], [tensor("int64", (False,))])

    def perform(self, node, inputs, output_storage):
        x, minlength = (v.astype("int64", copy=False) for v in inputs)
        length = max(int(x.max(initial=-1)) + 1, int(minlength), 0)
        if x.min(initial=0) < -length:
            raise IndexError(f"bincount: {x.min()} is out of bounds for counts of length {length}")
        output_storage[0][0] = np.bincount(x + (x < 0) * length, minlength=length).astype("int64", copy=False)

    def connection_pattern(self, node):
        return [[False], [False]]

    def grad(self, inputs, output_grads):
        return [DisconnectedType()() for _ in inputs]


def compress(condition, x, axis=None):
    """The slices of ``x`` along ``axis`` where the vector ``condition`` is true.  Reference: numpy.compress"""
    return take(x, flatnonzero(condition), axis=axis)


FUNCTIONS["compress"] = compress            # whose first argument is the condition, but not that of the method
method("compress")(lambda self, a, axis=None: compress(a, self, axis))


@method("choose")
def choose(a, choices, out=None, mode="raise"):
    """For each element of the integer tensor ``a`` that of the choice it names.  Reference: numpy.choose

    choices: tensor whose first axis is chosen from, or list of tensors, which are broadcast. mode: "raise", "wrap" or
    "clip".
    """
    if out is not None:
        raise ValueError("choose gives a new variable; out must be None")
    if isinstance(choices, (list, tuple)) and len(choices) > 1:
        return Choose(mode)(a, *choices)
    return Choose(mode)(a, stack(list(choices)) if isinstance(choices, (list, tuple)) else choices)


class Choose(Op):
    """The elements of ``choices`` that ``a`` names.

    a: integers   choices: (n, ...), choices[k] broadcasts with a; or n tensors, two or more   Reference: numpy.choose
    """

    __props__ = ("mode",)

    def __init__(self, mode):
        if mode not in ("raise", "wrap", "clip"):
            raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', got {mode!r}")
        self.mode = mode

    def make_node(self, a, *choices):
        a, choices = as_tensor_variable(a), [as_tensor_variable(c) for c in choices]
        if a.type.dtype not in INTEGERS:
            raise TypeError(f"choose first argument must have an integer type, got {a.type}")
        first = len(choices) == 1
        patterns = [a.type.broadcastable, *(c.type.broadcastable[first:] for c in choices)]
        ndim = max(map(len, patterns))
        padded = [(True,) * (ndim - len(p)) + p for p in patterns]
        dtype = upcast(*(c.type.dtype for c in choices))
        return Apply(self, [a, *choices], [tensor(dtype, [all(p) for p in zip(*padded, strict=True)])])

    def perform(self, node, inputs, output_storage):
        a, *choices = inputs
        stacked = len(choices) == 1
        choices = choices[0] if stacked else choices
        count = len(choices)
        if not count:
            raise ValueError("choose has nothing to choose from: choices is empty")
        shape = np.broadcast_shapes(a.shape, *([choices.shape[1:]] if stacked else [c.shape for c in choices]))
        index = a % count if self.mode == "wrap" else np.clip(a, 0, count - 1)
        if self.mode == "raise" and (index != a).any():
            raise ValueError("invalid entry in choice array")
        index = np.broadcast_to(index, shape)
        if stacked:
            same_rank = choices.reshape(count, *(1,) * (len(shape) - choices.ndim + 1), *choices.shape[1:])
            wide = np.broadcast_to(same_rank, (count, *shape))
            output_storage[0][0] = np.take_along_axis(wide, index[None].astype("int64"), 0)[0]
            return
        out = np.empty(shape, node.outputs[0].type.dtype)
        for k, choice in enumerate(choices):
            np.copyto(out, choice, where=index == k)
        output_storage[0][0] = out

    def infer_shape(self, node, shapes):
        first = len(shapes) == 2
        parts = [(node.inputs[0].type.broadcastable, shapes[0]),
                 *((x.type.broadcastable[first:], s[first:]) for x, s in zip(node.inputs[1:], shapes[1:], strict=True))]
        found = []
        for d in range(-node.outputs[0].type.ndim, 0):
            met = [shape[d] for pattern, shape in parts if len(shape) >= -d and not pattern[d]]
            extent = met[-1] if met else constant(1, dtype="int64")
            for other in met[-2::-1]:
                extent = switch(eq(extent, 1), other, extent)
            found.append(extent)
        return [tuple(found)]

    def connection_pattern(self, node):
        return [[False], *([[True]] * (len(node.inputs) - 1))]

    def grad(self, inputs, output_grads):
        (a, *choices), (g,) = inputs, output_grads
        ndim = g.type.ndim
        count = len(choices) if len(choices) > 1 else choices[0].shape[0]
        index = a % count if self.mode == "wrap" else a.clip(0, count - 1)
        index = index.dimshuffle(*["x"] * (ndim - a.type.ndim), *range(a.type.ndim))
        if len(choices) > 1:
            wide = [c.dimshuffle(*["x"] * (ndim - c.type.ndim), *range(c.type.ndim)) for c in choices]
            found = [sum_to_shape_of(switch(eq(index, k), g, 0), w).astype(w.type.dtype) for k, w in enumerate(wide)]
            return [DisconnectedType()(), *(f.dimshuffle(list(range(ndim - c.type.ndim, ndim)))
                                            for f, c in zip(found, choices, strict=True))]
        choices, = choices
        added = ndim - choices.type.ndim + 1
        numbers = arange(count).dimshuffle(0, *["x"] * ndim)
        parts = switch(eq(numbers, index.dimshuffle("x", *range(ndim))), g.dimshuffle("x", *range(ndim)), 0)
        wide = choices.dimshuffle(0, *["x"] * added, *range(1, choices.type.ndim))
        found = sum_to_shape_of(parts.astype(choices.type.dtype), wide)
        return [DisconnectedType()(), found.dimshuffle(0, *range(1 + added, 1 + ndim))]
