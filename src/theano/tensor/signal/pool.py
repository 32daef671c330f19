"""Pooling: the largest, the sum or the average of every window.

The last ``ndim`` axes are pooled. Windows start every ``stride``, after ``pad`` extra places at both ends. All
loops go over the places inside a window; each step handles all windows at once.
"""

import itertools

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.dtype import kind_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import maximum, minimum
from theano.tensor.half import in_single
from theano.tensor.type import tensor

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")


def axis_extent(n, ws, stride, pad, ignore_border):
    """How many windows an axis of extent ``n`` has; numbers or symbolic integers."""
    symbolic = any(isinstance(v, Variable) for v in (n, ws, stride, pad))
    larger, smaller = (maximum, minimum) if symbolic else (max, min)
    if ignore_border:
        return larger((n + 2 * pad - ws) // stride + 1, 0)
    return smaller(n, (larger(n - larger(ws, stride), 0) + stride - 1) // stride + 1)


class Windows:
    """The windows of one call: where they lie in the padded array, and how much of each is inside."""

    def __init__(self, op, shape, ws, stride, pad):
        lead = len(shape) - op.ndim
        self.ws, self.stride, self.pad = (tuple(map(int, v)) for v in (ws, stride, pad))
        if not len(self.ws) == len(self.stride) == len(self.pad) == op.ndim:
            raise ValueError(f"{op}: ws, stride and pad must have {op.ndim} elements, got {self.ws}, {self.stride} "
                             f"and {self.pad}")
        if min(*self.ws, *self.stride) < 1 or min(self.pad, default=0) < 0:
            raise ValueError(f"{op}: pooling needs windows and strides of at least 1, padding of at least 0, got "
                             f"{self.ws}, {self.stride} and {self.pad}")
        self.size, self.lead = tuple(shape[lead:]), tuple(shape[:lead])
        self.out = tuple(axis_extent(*axis, op.ignore_border) for axis in zip(self.size, self.ws, self.stride, self.pad,
                                                                              strict=True))
        self.shape = self.lead + self.out
        self.full = tuple(max((o - 1) * s + w, n + 2 * p) for o, s, w, n, p in
                          zip(self.out, self.stride, self.ws, self.size, self.pad, strict=True))
        self.inside = (..., *(slice(p, p + n) for p, n in zip(self.pad, self.size, strict=True)))

    def __iter__(self):
        """For each place inside a window: the index of that place of every window."""
        for offset in itertools.product(*map(range, self.ws)):
            yield (..., *(slice(k, k + max((o - 1) * s + 1, 0), s)
                          for k, o, s in zip(offset, self.out, self.stride, strict=True)))

    def padded(self, x, fill=0):
        """``x`` with ``fill`` around it."""
        found = np.full(self.lead + self.full, fill, dtype=x.dtype)
        found[self.inside] = x
        return found

    def counts(self, mode):
        """How many places of each window count for an average."""
        counts = np.ones((), dtype="int64")
        for n, w, s, p, o in zip(self.size, self.ws, self.stride, self.pad, self.out, strict=True):
            start = np.arange(o) * s
            first, last = (0, n + 2 * p) if mode == "average_inc_pad" else (p, p + n)
            counts = np.multiply.outer(counts, np.minimum(start + w, last) - np.maximum(start, first))
        return counts


def lowest(dtype):
    """What is no larger than any number of the dtype."""
    return -np.inf if kind_of(dtype) == "f" else np.iinfo(dtype).min


class _Pooling(Op):
    """What pooling and its gradients have in common: the last three inputs are ws, stride and pad.

    Parameters
    ----------
    ignore_border : bool, leave out windows that reach over the end; False allows no padding
    mode : "max", "sum", "average_inc_pad" (padding counts) or "average_exc_pad"
    ndim : how many axes are pooled
    """

    __props__ = ("ignore_border", "mode", "ndim")

    def __init__(self, ignore_border=False, mode="max", ndim=2, openmp=None):
        if mode not in MODES:
            raise ValueError(f"Pool mode must be one of {MODES}, got {mode!r}")
        self.ignore_border, self.mode, self.ndim = bool(ignore_border), mode, int(ndim)

    def check(self, ws, pad):
        """Raise for a padding that is not supported."""
        if any(pad) and not self.ignore_border:
            raise NotImplementedError("padding works only with ignore_border=True")
        empty_is_undefined = self.mode in ("max", "average_exc_pad")
        if empty_is_undefined and any(p >= w for p, w in zip(pad, ws, strict=True)):
            raise NotImplementedError(f"padding must be smaller than the windows, got pad {pad} and ws {ws}")

    def make_node(self, *inputs, **named):
        *arrays, ws, stride, pad = self._arguments(*inputs, **named)
        if any(x.type.ndim < self.ndim for x in arrays):
            raise TypeError(f"{self} needs tensors of {self.ndim} or more dimensions, got {[x.type for x in arrays]}")
        x = arrays[0].type
        pattern = x.broadcastable if self.like_input else (*x.broadcastable[:x.ndim - self.ndim], *[False] * self.ndim)
        return Apply(self, [*arrays, ws, stride, pad], [tensor(x.dtype, pattern)])

    n_arrays = 1
    like_input = False                  # whether the result has the shape of the first input, not that of the pooled

    def _arguments(self, *inputs, ws=None, stride=None, pad=None):
        """The arrays, and ws, stride and pad after them or by name, as variables."""
        arrays, settings = inputs[:self.n_arrays], inputs[self.n_arrays:]
        arrays = [as_tensor_variable(x) for x in arrays]
        given = [*settings, *(ws, stride, pad)[len(settings):]]
        if given[0] is None or len(given) != 3 or len(arrays) != self.n_arrays:
            raise TypeError(f"{self} needs {self.n_arrays} arrays, then ws, and perhaps stride and pad")
        ws, stride, pad = given
        settings = [ws, ws if stride is None else stride, (0,) * self.ndim if pad is None else pad]
        settings = [as_tensor_variable(v) for v in settings]
        if any(v.type.ndim != 1 or not v.type.dtype.startswith(("int", "uint")) for v in settings):
            raise TypeError(f"ws, stride and pad must be vectors of integers, got {[v.type for v in settings]}")
        if any(isinstance(v, Constant) and v.data.size != self.ndim for v in settings):
            raise ValueError(f"{self} pools {self.ndim} axes, and needs so many numbers in each of ws, stride and pad; "
                             f"got {[getattr(v, 'data', v) for v in settings]}")
        return [*arrays, *settings]

    def infer_shape(self, node, shapes):
        if self.like_input:
            return [shapes[0]]
        ws, stride, pad = node.inputs[-3:]
        lead = node.inputs[0].type.ndim - self.ndim
        return [(*shapes[0][:lead], *(axis_extent(shapes[0][lead + k], _item(ws, k), _item(stride, k), _item(pad, k),
                                                  self.ignore_border) for k in range(self.ndim)))]

    def connection_pattern(self, node):
        return [*[[True]] * self.n_arrays, [False], [False], [False]]

    def rest(self):
        """Gradients of ws, stride and pad: there are none."""
        return [DisconnectedType()() for _ in range(3)]

    @staticmethod
    def out_shape(imgshape, ws=None, ignore_border=False, stride=None, pad=None, ndim=2, ds=None, st=None,
                  padding=None):
        """The shape of the pooled array as a list; extents may be symbolic. ds, st and padding are old names."""
        ws, stride, pad = _renamed(ws, stride, pad, ds, st, padding)
        stride = ws if stride is None else stride
        pad = (0,) * ndim if pad is None else pad
        if len(imgshape) < ndim:
            raise TypeError(f"imgshape must have at least {ndim} elements, got {imgshape}")
        lead = len(imgshape) - ndim
        return [*imgshape[:lead], *(axis_extent(imgshape[lead + k], ws[k], stride[k], pad[k], ignore_border)
                                    for k in range(ndim))]


def _item(vector, k):
    return int(vector.data[k]) if isinstance(vector, Constant) else vector[k]


def _renamed(ws, stride, pad, ds, st, padding):
    """The arguments under their new names; ValueError where one is given under both."""
    for new, old, names in ((ws, ds, "ws and ds"), (stride, st, "stride and st")):
        if new is not None and old is not None:
            raise ValueError(f"{names} are two names of one argument")
    if padding is not None and pad is not None and any(p is not None and p != 0 for p in pad):
        raise ValueError("pad and padding are two names of one argument")
    ws = ds if ws is None else ws
    if ws is None:
        raise ValueError("ws, the shape of the windows, must be given")
    return ws, st if stride is None else stride, pad if padding is None else padding


class Pool(_Pooling):
    """The largest, the sum or the average of every window.

    x: (..., *size)   ws, stride, pad: integer vectors (ndim,)   ->   (..., *out)
    """

    def make_node(self, *inputs, **named):
        node = super().make_node(*inputs, **named)
        ws, _, pad = node.inputs[1:]
        if isinstance(ws, Constant) and isinstance(pad, Constant):
            self.check(ws.data, pad.data)
        return node

    @in_single
    def perform(self, node, inputs, output_storage):
        x, *settings = inputs
        windows = Windows(self, x.shape, *settings)
        self.check(windows.ws, windows.pad)
        is_max = self.mode == "max"
        padded = windows.padded(x, lowest(x.dtype) if is_max else 0)
        combine = np.maximum if is_max else np.add
        total = np.full(windows.shape, lowest(x.dtype) if is_max else 0, dtype=x.dtype)
        for where in windows:
            combine(total, padded[where], out=total)
        if self.mode.startswith("average"):
            total = (total / windows.counts(self.mode)).astype(x.dtype, copy=False)
        output_storage[0][0] = total

    def L_op(self, inputs, outputs, output_grads):
        x, *settings = inputs
        g, = output_grads
        if self.mode == "max":
            return [MaxPoolGrad(self.ignore_border, self.ndim)(x, outputs[0], g, *settings), *self.rest()]
        return [AveragePoolGrad(self.ignore_border, self.mode, self.ndim)(x, g, *settings), *self.rest()]

    def R_op(self, inputs, eval_points):
        x, *settings = inputs
        e = eval_points[0]
        if e is None:
            return [None]
        if self.mode != "max":
            return [self(e, *settings)]
        return [DownsampleFactorMaxGradGrad(self.ignore_border, "max", self.ndim)(x, self(*inputs), e, *settings)]


class PoolGrad(_Pooling):
    """A gradient of pooling by its input, which it has the shape of."""

    like_input = True


class MaxPoolGrad(PoolGrad):
    """The gradient of max pooling: it goes to every place that is equal to the largest of its window.

    x: (..., *size)   maxout, gz: (..., *out)   ->   (..., *size)
    """

    n_arrays = 3

    def __init__(self, ignore_border, ndim=2, openmp=None):
        super().__init__(ignore_border, "max", ndim)

    @in_single
    def perform(self, node, inputs, output_storage):
        x, largest, gz, *settings = inputs
        windows = Windows(self, x.shape, *settings)
        padded, result = windows.padded(x, lowest(x.dtype)), windows.padded(np.zeros_like(x))
        for where in windows:
            result[where] += np.where(padded[where] == largest, gz, 0)
        output_storage[0][0] = np.ascontiguousarray(result[windows.inside])

    def grad(self, inputs, output_grads):
        x, largest, _, *settings = inputs
        again = DownsampleFactorMaxGradGrad(self.ignore_border, "max", self.ndim)
        return [x.zeros_like(), largest.zeros_like(), again(x, largest, output_grads[0], *settings), *self.rest()]


class DownsampleFactorMaxGradGrad(_Pooling):
    """Of each window the sum of ``ggx`` at the places where ``x`` is the largest of its window.

    x: (..., *size)   maxout: (..., *out)   ggx: (..., *size)   ->   (..., *out)
    """

    n_arrays = 3

    @in_single
    def perform(self, node, inputs, output_storage):
        x, largest, ggx, *settings = inputs
        windows = Windows(self, x.shape, *settings)
        padded, given = windows.padded(x, lowest(x.dtype)), windows.padded(ggx)
        output_storage[0][0] = total = np.zeros(windows.shape, dtype=x.dtype)
        for where in windows:
            total += np.where(padded[where] == largest, given[where], 0)

    def grad(self, inputs, output_grads):
        x, largest, _, *settings = inputs
        back = MaxPoolGrad(self.ignore_border, self.ndim)(x, largest, output_grads[0], *settings)
        return [x.zeros_like(), largest.zeros_like(), back, *self.rest()]


class AveragePoolGrad(PoolGrad):
    """The gradient of sums and averages: every place of a window gets the same share.

    x: (..., *size)   gz: (..., *out)   ->   (..., *size)
    """

    n_arrays = 2

    def __init__(self, ignore_border, mode="average_inc_pad", ndim=2):
        super().__init__(ignore_border, mode, ndim)
        if mode == "max":
            raise ValueError("the gradient of max pooling is MaxPoolGrad")

    @in_single
    def perform(self, node, inputs, output_storage):
        x, gz, *settings = inputs
        windows = Windows(self, x.shape, *settings)
        share = gz if self.mode == "sum" else gz / windows.counts(self.mode)
        result = windows.padded(np.zeros_like(x))
        for where in windows:
            result[where] += share
        output_storage[0][0] = np.ascontiguousarray(result[windows.inside])

    def grad(self, inputs, output_grads):
        x, _, *settings = inputs
        return [x.zeros_like(), Pool(self.ignore_border, self.mode, self.ndim)(output_grads[0], *settings),
                *self.rest()]


# -- functions ---------------------------------------------------------------------------------------------


def _pool(ndim, input, ws, ignore_border, stride, pad, mode, ds, st, padding):
    input = as_tensor_variable(input)
    if input.type.ndim < ndim:
        raise NotImplementedError(f"pool_{ndim}d requires a dimension >= {ndim}, got {input.type}")
    ws, stride, pad = _renamed(ws, stride, pad, ds, st, padding)
    return Pool(bool(ignore_border), mode, ndim)(input, ws, stride, pad)


def pool_2d(input, ws=None, ignore_border=None, stride=None, pad=(0, 0), mode="max", ds=None, st=None, padding=None):
    """The windows of the last two axes, each as one number.

    Parameters
    ----------
    input : (..., rows, columns)
    ws : pair of ints or integer vector, the extents of a window
    ignore_border : bool
        Leave out windows that reach over the end. Default False.
    stride : like ws, from the start of a window to that of the next; default: ws
    pad : like ws, places added at both ends; only with ``ignore_border``
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}
    ds, st, padding : old names of ws, stride and pad
    """
    return _pool(2, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def pool_3d(input, ws=None, ignore_border=None, stride=None, pad=(0, 0, 0), mode="max", ds=None, st=None,
            padding=None):
    """The windows of the last three axes, each as one number.

    input: (..., depth, rows, columns)   ->   the same rank; other arguments, of three extents each, as for `pool_2d`.
    """
    return _pool(3, input, ws, ignore_border, stride, pad, mode, ds, st, padding)


def max_pool_2d_same_size(input, patch_size):
    """``input`` with zeros at all places but the largest of each window of ``patch_size``."""
    input = as_tensor_variable(input)
    largest = Pool(True)(input, patch_size)
    return MaxPoolGrad(True)(input, largest, largest, patch_size)
