"""Convolutions in two and three dimensions and their gradients.

All of them are three bilinear maps of images (b, g * c, *size), filters (n, c, *kernel) and outputs (b, n, *out),
where g is the number of groups: each is the gradient of another.
"""

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import cast
from theano.tensor.half import in_single
from theano.tensor.nnet.conv_shape import (
    assert_shape,
    border_mode_to_pad,
    get_conv_output_shape,
    get_conv_shape_1axis,
    modes_by_axis,
    static_shape,
)
from theano.tensor.shape import patternbroadcast
from theano.tensor.type import tensor

imported_scipy_signal = True        # programs ask before they convolve on the CPU

# -- values ------------------------------------------------------------------------------------------------


def windows(x, kernel, pads, stride, dilation):
    """Every window of the zero-padded ``x``: (b, c, *out, *kernel), a view. ValueError where none fits."""
    n = len(kernel)
    axes = tuple(range(2, 2 + n))
    extents = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    padded = np.pad(x, [(0, 0), (0, 0), *pads]) if any(map(any, pads)) else x
    if any(e < 1 or e > padded.shape[a] for e, a in zip(extents, axes, strict=True)):
        raise ValueError(f"filters of size {tuple(kernel)} (dilated {extents}) don't fit into images of size "
                         f"{x.shape[2:]} padded by {tuple(pads)}")
    every = (slice(None), slice(None), *(slice(None, None, s) for s in stride),
             *(slice(None, None, d) for d in dilation))
    return sliding_window_view(padded, extents, axes)[every]


def overlap_add(parts, size, pads, stride, dilation):
    """The transpose of `windows`: parts (b, c, *out, *kernel) summed into images of the given size."""
    n = len(size)
    out, kernel = parts.shape[2:2 + n], parts.shape[2 + n:]
    padded = np.zeros((*parts.shape[:2], *(m + sum(p) for m, p in zip(size, pads, strict=True))), parts.dtype)
    for offset in itertools.product(*map(range, kernel)):
        where = tuple(slice(k * d, k * d + (m - 1) * s + 1, s)
                      for k, d, m, s in zip(offset, dilation, out, stride, strict=True))
        padded[(..., *where)] += parts[(..., *offset)]
    return padded[(..., *(slice(p[0], p[0] + m) for m, p in zip(size, pads, strict=True)))]


# -- ops ---------------------------------------------------------------------------------------------------


class BaseAbstractConv(Op):
    """What the three maps have in common.

    Parameters
    ----------
    convdim : 2 or 3
    imshp, kshp : tuples of int or None, declared shapes of images and filters, checked when the op runs
    border_mode : "valid", "half", "full", int, or tuple with one of these or a pair of ints per axis
    subsample : tuple of int, steps between windows
    filter_flip : bool, True for a convolution, False for a correlation
    filter_dilation : tuple of int, steps inside a window
    num_groups : int, how many groups of channels are convolved apart
    unshared : bool, filters (n, *out, c, *kernel): every position has its own
    """

    __props__ = ("convdim", "border_mode", "subsample", "filter_flip", "imshp", "kshp", "filter_dilation",
                 "num_groups", "unshared")

    def __init__(self, convdim, imshp=None, kshp=None, border_mode="valid", subsample=None, filter_flip=True,
                 filter_dilation=None, num_groups=1, unshared=False):
        if convdim not in (2, 3):
            raise ValueError(f"convolution dimension {convdim} is not supported: 2 or 3")
        if unshared and convdim != 2:
            raise NotImplementedError(f"unshared convolution has 2 dimensions, got convdim={convdim}")
        if num_groups < 1:
            raise ValueError(f"num_groups must be >= 1, got {num_groups}")
        self.convdim = convdim
        self.border_mode = border_mode if isinstance(border_mode, str) else None
        modes = modes_by_axis(border_mode, convdim)
        if self.border_mode is None:
            self.border_mode = modes
        self.subsample = self._steps(subsample, "subsample")
        self.filter_dilation = self._steps(filter_dilation, "filter_dilation")
        self.filter_flip, self.num_groups, self.unshared = bool(filter_flip), int(num_groups), bool(unshared)
        self.imshp = static_shape(imshp, convdim + 2)
        self.kshp = static_shape(kshp, convdim + 2 + (convdim if unshared else 0))

    def _steps(self, steps, name):
        steps = tuple(map(int, steps or (1,) * self.convdim))
        if len(steps) != self.convdim or min(steps) < 1:
            raise ValueError(f"{name} must have {self.convdim} elements >= 1, got {steps}")
        return steps

    def like(self, cls):
        """An op of another class with the same properties: one of the gradients."""
        made = cls.__new__(cls)
        made.__dict__.update({name: getattr(self, name) for name in self.__props__})
        return made

    def _tensors(self, **given):
        """Inputs as tensors of one dtype and of the right rank."""
        ranks = {name: self.convdim * (2 if name == "filters" and self.unshared else 1) + 2 for name in given}
        inputs = {name: as_tensor_variable(x) for name, x in given.items()}
        for name, x in inputs.items():
            if x.type.ndim != ranks[name]:
                raise TypeError(f"{name} must be {ranks[name]}D tensor, got {x} of type {x.type}")
        dtype = upcast(*(x.type.dtype for x in inputs.values()))
        return [x if x.type.dtype == dtype else cast(x, dtype) for x in inputs.values()]

    def _size(self, shape):
        shape = as_tensor_variable(shape)
        if shape.type.ndim != 1 or not shape.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"shape must be a vector of {self.convdim} integers, got {shape.type}")
        return shape

    def pads(self, kernel):
        """Pairs of zeros before and after each axis for filters of size ``kernel``."""
        return border_mode_to_pad(self.border_mode, self.convdim, [
            (k - 1) * d + 1 for k, d in zip(kernel, self.filter_dilation, strict=True)])

    def windows(self, x, kernel):
        """Windows (g, b, c, *out, *kernel) of the images of each group."""
        found = windows(x, kernel, self.pads(kernel), self.subsample, self.filter_dilation)
        return self.grouped(found, 1)

    def grouped(self, values, axis):
        """``values`` with the groups that ``axis`` consists of as a new first axis."""
        shape, groups = values.shape, self.num_groups
        split = values.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1:])
        return np.moveaxis(split, axis, 0)

    def flipped(self, filters):
        """Filters as they are laid over the images."""
        return filters[(..., *(slice(None, None, -1),) * self.convdim)] if self.filter_flip else filters

    def check(self, image, filters, top=None):
        """ValueError for shapes that don't fit each other or what was declared."""
        n = self.convdim
        for name, declared, real in (("image", self.imshp, image), ("filter", self.kshp, filters)):
            if any(d is not None and d != r for d, r in zip(declared, real, strict=True)):
                raise ValueError(f"{self}: declared {name}_shape {declared}, but the real shape is {real}")
        if image[1] != filters[-n - 1] * self.num_groups or filters[0] % self.num_groups:
            raise ValueError(f"{self}: images with {image[1]} channels in {self.num_groups} groups don't fit filters "
                             f"of shape {filters}")
        expected = get_conv_output_shape(image, filters, self.border_mode, self.subsample, self.filter_dilation)
        if min(expected[2:]) < 1 or min(filters[-n:]) < 1:
            raise ValueError(f"{self}: the convolution of {image} by {filters} would have the shape {expected}")
        if (top is not None and tuple(top) != expected) or (self.unshared and tuple(filters[1:1 + n]) != expected[2:]):
            raise ValueError(f"{self}: images {image} and filters {filters} make an output of shape {expected}, not "
                             f"{top or filters[1:1 + n]}")

    def do_constant_folding(self, node):
        return False

    def R_op(self, inputs, eval_points):
        """The map is linear in each of its two arguments."""
        first, second, *shape = inputs
        terms = [self(e, second, *shape) if k == 0 else self(first, e, *shape)
                 for k, e in enumerate(eval_points[:2]) if e is not None]
        return [None if not terms else terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def _known(self, declared, shape):
        return [s if d is None else as_tensor_variable(d) for d, s in zip(declared, shape, strict=True)]


def gradient_of(x, g):
    """``g`` in the dtype and broadcast pattern of ``x``."""
    return patternbroadcast(g if g.type.dtype == x.type.dtype else cast(g, x.type.dtype), x.type.broadcastable)


class AbstractConv(BaseAbstractConv):
    """Filters laid over images, and summed.

    img: (b, g * c, *size)   kern: (n, c, *kernel)   ->   (b, n, *out)   Reference: scipy.signal.convolve
    """

    def make_node(self, img, kern):
        img, kern = self._tensors(img=img, filters=kern)
        pattern = [img.type.broadcastable[0], kern.type.broadcastable[0], *[False] * self.convdim]
        return Apply(self, [img, kern], [tensor(img.type.dtype, pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, w = inputs
        self.check(x.shape, w.shape)
        n = self.convdim
        parts = self.windows(x, w.shape[-n:])
        filters = self.grouped(self.flipped(w), 0)
        if self.unshared:
            found = [np.einsum("bcyxhw,nyxchw->bnyx", p, f, optimize=True) for p, f in zip(parts, filters, strict=True)]
        else:
            axes = ([1, *range(2 + n, 2 + 2 * n)], [1, *range(2, 2 + n)])
            found = [np.moveaxis(np.tensordot(p, f, axes), -1, 1) for p, f in zip(parts, filters, strict=True)]
        output_storage[0][0] = np.ascontiguousarray(np.concatenate(found, axis=1))

    def infer_shape(self, node, shapes):
        image, filters = self._known(self.imshp, shapes[0]), self._known(self.kshp, shapes[1])
        return [get_conv_output_shape(image, filters, self.border_mode, self.subsample, self.filter_dilation)]

    def grad(self, inputs, output_grads):
        (x, w), (g,) = inputs, output_grads
        n = self.convdim
        return [gradient_of(x, self.like(self.grad_inputs)(w, g, x.shape[-n:])),
                gradient_of(w, self.like(self.grad_weights)(x, g, w.shape[-n:]))]


class AbstractConv_gradWeights(BaseAbstractConv):                                   # noqa: N801
    """The gradient of a convolution by its filters.

    img: (b, g * c, *size)   topgrad: (b, n, *out)   shape: the extents *kernel   ->   (n, c, *kernel)
    """

    def make_node(self, img, topgrad, shape, add_assert_shape=True):
        img, topgrad = self._tensors(img=img, topgrad=topgrad)
        n, extra = self.convdim, 2 if self.unshared else 0
        one_channel = img.type.broadcastable[1] and self.num_groups == 1
        pattern = [topgrad.type.broadcastable[1], *[False] * extra, one_channel, *[False] * n]
        return Apply(self, [img, topgrad, self._size(shape)], [tensor(img.type.dtype, pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, top, size = inputs
        n, groups = self.convdim, self.num_groups
        kernel = tuple(map(int, size))
        self.check(x.shape, (top.shape[1], *(top.shape[2:] if self.unshared else ()), x.shape[1] // groups, *kernel),
                   top.shape)
        tops = self.grouped(top, 1)
        parts = self.windows(x, kernel)
        if self.unshared:
            found = [np.einsum("bcyxhw,bnyx->nyxchw", p, t, optimize=True) for p, t in zip(parts, tops, strict=True)]
        else:
            axes = ([0, *range(2, 2 + n)],) * 2
            found = [np.tensordot(t, p, axes) for p, t in zip(parts, tops, strict=True)]
        output_storage[0][0] = np.ascontiguousarray(self.flipped(np.concatenate(found)))

    def infer_shape(self, node, shapes):
        n, size = self.convdim, node.inputs[2]
        middle = shapes[1][2:] if self.unshared else ()
        shape = [shapes[1][1], *middle, shapes[0][1] // self.num_groups, *(size[k] for k in range(n))]
        return [tuple(self._known(self.kshp, shape))]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def grad(self, inputs, output_grads):
        (x, top, _), (g,) = inputs, output_grads
        return [gradient_of(x, self.like(self.grad_inputs)(g, top, x.shape[2:])),
                gradient_of(top, self.like(self.forward)(x, g)), DisconnectedType()()]


class AbstractConv_gradInputs(BaseAbstractConv):                                    # noqa: N801
    """The gradient of a convolution by its images: a transposed convolution.

    kern: (n, c, *kernel)   topgrad: (b, n, *out)   shape: the extents *size   ->   (b, g * c, *size)
    """

    def make_node(self, kern, topgrad, shape, add_assert_shape=True):
        kern, topgrad = self._tensors(filters=kern, topgrad=topgrad)
        one_channel = kern.type.broadcastable[-self.convdim - 1] and self.num_groups == 1
        pattern = [topgrad.type.broadcastable[0], one_channel, *[False] * self.convdim]
        return Apply(self, [kern, topgrad, self._size(shape)], [tensor(kern.type.dtype, pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        w, top, size = inputs
        n, groups = self.convdim, self.num_groups
        size = tuple(map(int, size))
        self.check((len(top), w.shape[-n - 1] * groups, *size), w.shape, top.shape)
        filters = self.grouped(self.flipped(w), 0)
        tops = self.grouped(top, 1)
        if self.unshared:
            parts = [np.einsum("nyxchw,bnyx->bcyxhw", f, t, optimize=True) for f, t in zip(filters, tops, strict=True)]
        else:
            parts = [np.moveaxis(np.tensordot(t, f, ([1], [0])), 1 + n, 1) for f, t in zip(filters, tops, strict=True)]
        found = [overlap_add(p, size, self.pads(w.shape[-n:]), self.subsample, self.filter_dilation) for p in parts]
        output_storage[0][0] = np.ascontiguousarray(np.concatenate(found, axis=1))

    def infer_shape(self, node, shapes):
        channels = shapes[0][-self.convdim - 1] * self.num_groups
        size = node.inputs[2]
        return [tuple(self._known(self.imshp, [shapes[1][0], channels, *(size[k] for k in range(self.convdim))]))]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def grad(self, inputs, output_grads):
        (w, top, _), (g,) = inputs, output_grads
        return [gradient_of(w, self.like(self.grad_weights)(g, top, w.shape[-self.convdim:])),
                gradient_of(top, self.like(self.forward)(g, w)), DisconnectedType()()]


def _of_dimension(base, convdim):
    """The op class for ``convdim`` dimensions, which takes the other properties only."""
    def __init__(self, imshp=None, kshp=None, border_mode="valid", subsample=(1,) * convdim, filter_flip=True,
                 filter_dilation=(1,) * convdim, num_groups=1, unshared=False):
        base.__init__(self, convdim, imshp, kshp, border_mode, subsample, filter_flip, filter_dilation, num_groups,
                      unshared)
    head, _, tail = base.__name__.partition("_")
    name = f"{head}{convdim}d" + ("_" + tail if tail else "")
    return type(name, (base,), {"__init__": __init__, "__module__": __name__, "n": convdim,
                                "__doc__": f"`{base.__name__}` in {convdim} dimensions."})


AbstractConv2d, AbstractConv3d = _of_dimension(AbstractConv, 2), _of_dimension(AbstractConv, 3)
AbstractConv2d_gradWeights = _of_dimension(AbstractConv_gradWeights, 2)
AbstractConv3d_gradWeights = _of_dimension(AbstractConv_gradWeights, 3)
AbstractConv2d_gradInputs = _of_dimension(AbstractConv_gradInputs, 2)
AbstractConv3d_gradInputs = _of_dimension(AbstractConv_gradInputs, 3)

for _ops in ((AbstractConv, AbstractConv_gradWeights, AbstractConv_gradInputs),
             (AbstractConv2d, AbstractConv2d_gradWeights, AbstractConv2d_gradInputs),
             (AbstractConv3d, AbstractConv3d_gradWeights, AbstractConv3d_gradInputs)):
    for _op in _ops:
        _op.forward, _op.grad_weights, _op.grad_inputs = _ops


# -- functions ---------------------------------------------------------------------------------------------

OBSOLETE = {"unroll_batch", "unroll_kern", "unroll_patch", "imshp_logical", "kshp_logical", "openmp", "version",
            "kshp_logical_top_aligned", "verbose", "direction_hint"}        # how the original's loops were written


def declared(shape):
    """A shape given as a tuple, list or constant vector, as a tuple; None stays None."""
    if isinstance(shape, Constant):
        return tuple(shape.data.tolist())
    return shape if shape is None else tuple(shape)


def _constants(shape, ndim):
    """The constant extents of a shape, None for the others."""
    return tuple(None if isinstance(n, Variable) and not isinstance(n, Constant) else n
                 for n in declared(shape) or (None,) * ndim)


def apply_forward(cls, input, filters, input_shape, filter_shape, border_mode, **properties):
    """The op ``cls`` with these properties on images and filters whose shapes may be declared."""
    input_shape, filter_shape = declared(input_shape), declared(filter_shape)
    op = cls(input_shape, filter_shape, border_mode, **properties)
    channels = op.imshp[1], op.kshp[-op.convdim - 1]
    if None not in channels and channels[0] != channels[1] * op.num_groups:
        raise AssertionError(f"images with {channels[0]} channels in {op.num_groups} groups don't fit filters with "
                             f"{channels[1]}")
    return op(assert_shape(as_tensor_variable(input), input_shape, "AbstractConv: unexpected input shape."),
              assert_shape(as_tensor_variable(filters), filter_shape, "AbstractConv: unexpected filter shape."))


def _by_inputs(cls, output_grad, filters, input_shape, filter_shape, border_mode, **properties):
    input_shape, filter_shape = declared(input_shape), declared(filter_shape)
    op = cls(_constants(input_shape, cls.n + 2), filter_shape, border_mode, **properties)
    return op(assert_shape(as_tensor_variable(filters), filter_shape, "AbstractConv: unexpected filter shape."),
              as_tensor_variable(output_grad), as_tensor_variable(list(input_shape[-cls.n:])))


def _by_weights(cls, input, output_grad, filter_shape, input_shape, border_mode, **properties):
    input_shape, filter_shape = declared(input_shape), declared(filter_shape)
    op = cls(input_shape, _constants(filter_shape, cls.n + 2), border_mode, **properties)
    return op(assert_shape(as_tensor_variable(input), input_shape, "AbstractConv: unexpected input shape."),
              as_tensor_variable(output_grad), as_tensor_variable(list(filter_shape[-cls.n:])))


def conv2d(input, filters, input_shape=None, filter_shape=None, border_mode="valid", subsample=(1, 1),
           filter_flip=True, image_shape=None, filter_dilation=(1, 1), num_groups=1, unshared=False, **kwargs):
    """Filters convolved with images: (b, n, *out).

    Parameters
    ----------
    input : images (b, c, rows, columns)
    filters : (n, c // num_groups, filter rows, filter columns); with ``unshared`` (n, *out, c, rows, columns)
    input_shape, filter_shape : tuples of int or None, optional
        Declared shapes; other ones are a ValueError when the function runs.
    border_mode : {"valid", "half", "full"}, int, or tuple with one of these or a pair of ints per axis
        How many zeros are added around the images.
    subsample : tuple of 2 int, steps between windows
    filter_flip : bool, False for a cross-correlation
    image_shape : the old name of ``input_shape``
    filter_dilation : tuple of 2 int, steps inside a window
    num_groups : int, how many groups of channels are convolved apart

    Reference: scipy.signal.convolve2d
    """
    unknown = set(kwargs) - OBSOLETE
    if unknown:
        raise TypeError(f"conv2d got unexpected arguments {sorted(unknown)}")
    if image_shape is not None and input_shape is not None:
        raise ValueError("input_shape and image_shape are two names of one argument")
    shape = input_shape if image_shape is None else image_shape
    return apply_forward(AbstractConv2d, input, filters, shape, filter_shape, border_mode, subsample=subsample,
                         filter_flip=filter_flip, filter_dilation=filter_dilation, num_groups=num_groups,
                         unshared=unshared)


def conv3d(input, filters, input_shape=None, filter_shape=None, border_mode="valid", subsample=(1, 1, 1),
           filter_flip=True, filter_dilation=(1, 1, 1), num_groups=1):
    """Filters convolved with images of three dimensions.

    input: (b, c, depth, rows, columns)   filters: (n, c // num_groups, *kernel)   ->   (b, n, *out)
    Other arguments, of three extents each, and errors are those of `conv2d`.
    """
    return apply_forward(AbstractConv3d, input, filters, input_shape, filter_shape, border_mode, subsample=subsample,
                         filter_flip=filter_flip, filter_dilation=filter_dilation, num_groups=num_groups)


def conv2d_grad_wrt_inputs(output_grad, filters, input_shape, filter_shape=None, border_mode="valid",
                           subsample=(1, 1), filter_flip=True, filter_dilation=(1, 1), num_groups=1, unshared=False):
    """The gradient by the images of a `conv2d`, given that by its result.

    output_grad: (b, n, *out)   filters: (n, c // num_groups, *kernel)   ->   (b, c, *input_shape[2:])
    input_shape: of the images, a tuple of int or None; the last two must be given. Others as for `conv2d`.
    """
    return _by_inputs(AbstractConv2d_gradInputs, output_grad, filters, input_shape, filter_shape, border_mode,
                      subsample=subsample, filter_flip=filter_flip, filter_dilation=filter_dilation,
                      num_groups=num_groups, unshared=unshared)


def conv3d_grad_wrt_inputs(output_grad, filters, input_shape, filter_shape=None, border_mode="valid",
                           subsample=(1, 1, 1), filter_flip=True, filter_dilation=(1, 1, 1), num_groups=1):
    """The gradient by the images of a `conv3d`, given that by its result; see `conv2d_grad_wrt_inputs`."""
    return _by_inputs(AbstractConv3d_gradInputs, output_grad, filters, input_shape, filter_shape, border_mode,
                      subsample=subsample, filter_flip=filter_flip, filter_dilation=filter_dilation,
                      num_groups=num_groups)


def conv2d_grad_wrt_weights(input, output_grad, filter_shape, input_shape=None, border_mode="valid",
                            subsample=(1, 1), filter_flip=True, filter_dilation=(1, 1), num_groups=1, unshared=False):
    """The gradient by the filters of a `conv2d`, given that by its result.

    input: (b, c, rows, columns)   output_grad: (b, n, *out)   ->   (n, c // num_groups, *filter_shape[2:])
    filter_shape: of the filters, a tuple of int or None; the last two must be given. Others as for `conv2d`.
    """
    return _by_weights(AbstractConv2d_gradWeights, input, output_grad, filter_shape, input_shape, border_mode,
                       subsample=subsample, filter_flip=filter_flip, filter_dilation=filter_dilation,
                       num_groups=num_groups, unshared=unshared)


def conv3d_grad_wrt_weights(input, output_grad, filter_shape, input_shape=None, border_mode="valid",
                            subsample=(1, 1, 1), filter_flip=True, filter_dilation=(1, 1, 1), num_groups=1):
    """The gradient by the filters of a `conv3d`, given that by its result; see `conv2d_grad_wrt_weights`."""
    return _by_weights(AbstractConv3d_gradWeights, input, output_grad, filter_shape, input_shape, border_mode,
                       subsample=subsample, filter_flip=filter_flip, filter_dilation=filter_dilation,
                       num_groups=num_groups)


def conv2d_transpose(input, filters, output_shape, filter_shape=None, border_mode="valid", input_dilation=(1, 1),
                     filter_flip=True, filter_dilation=(1, 1), num_groups=1, unshared=False):
    """The transposed convolution: the gradient of a `conv2d` by its images.

    input: (b, n, rows, columns)   filters: (n, c // num_groups, *kernel)   ->   (b, c, *output_shape[2:])
    output_shape: a tuple of int or None; the last two must be given. input_dilation: ``subsample`` of that `conv2d`, by
    which the elements of ``input`` are apart in the result. Others as for `conv2d`.
    """
    return conv2d_grad_wrt_inputs(input, filters, output_shape, filter_shape, border_mode, input_dilation, filter_flip,
                                  filter_dilation, num_groups, unshared)


class ConvOp(AbstractConv2d):
    """The convolution of the first Theano: declared extents, no padding or a full one.

    imshp: (c, rows, columns) or (rows, columns)   kshp: (rows, columns)   dx, dy: steps   output_mode: "valid", "full"
    Arguments that tuned the original's loops are accepted and have no effect.
    """

    def __init__(self, imshp=None, kshp=None, nkern=None, bsize=None, dx=1, dy=1, output_mode="valid", **tuning):
        unknown = set(tuning) - OBSOLETE
        if unknown:
            raise TypeError(f"ConvOp got unexpected arguments {sorted(unknown)}")
        if output_mode not in ("valid", "full"):
            raise NotImplementedError(f"output_mode must be 'valid' or 'full', got {output_mode!r}")
        image = (1,) * (3 - len(imshp)) + tuple(imshp) if imshp is not None else (None, None, None)
        filters = (nkern, image[0], *(kshp if kshp is not None else (None, None)))
        super().__init__((bsize, *image), filters, output_mode, (dx, dy))

    @staticmethod
    def getOutputShape(inshp, kshp, stride=(1, 1), mode="valid"):                      # noqa: N802
        """Extents of the output for images of extents ``inshp``."""
        return tuple(get_conv_shape_1axis(i, k, mode, s) for i, k, s in zip(inshp, kshp, stride, strict=True))
