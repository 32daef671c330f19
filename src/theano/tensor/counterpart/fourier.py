"""NumPy's Fourier transforms: all are made of that along one axis."""

from theano.tensor.axis import axes_of, axis_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import eq, lt, or_, sqrt, switch
from theano.tensor.fourier import fft
from theano.tensor.join import roll
from theano.tensor.variable import counterpart

SCALES = {None: (0, 1), "backward": (0, 1), "ortho": (0.5, 0.5), "forward": (1, 0)}     # forwards, back: powers of 1/n
SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}

counterpart("fft.fftn")(lambda a, s=None, axes=None, norm=None: _over_axes(_transform, a, s, axes, norm))
counterpart("fft.ifftn")(lambda a, s=None, axes=None, norm=None: _over_axes(_inverse, a, s, axes, norm))
counterpart("fft.fft2")(lambda a, s=None, axes=(-2, -1), norm=None: _over_axes(_transform, a, s, axes, norm))
counterpart("fft.ifft2")(lambda a, s=None, axes=(-2, -1), norm=None: _over_axes(_inverse, a, s, axes, norm))
counterpart("fft.rfft2")(lambda a, s=None, axes=(-2, -1), norm=None: _half_over_axes(a, s, axes, norm))
counterpart("fft.irfft2")(lambda a, s=None, axes=(-2, -1), norm=None: _from_half_over_axes(a, s, axes, norm))
counterpart("fft.hfft")(lambda a, n=None, axis=-1, norm=None: _from_half(
    as_tensor_variable(a).conj(), n, axis, SWAPPED[norm]))
counterpart("fft.ihfft")(lambda a, n=None, axis=-1, norm=None: _half(a, n, axis, SWAPPED[norm]).conj())
counterpart("fft.fftshift")(lambda x, axes=None: _shifted(as_tensor_variable(x), axes, lambda n: n // 2))
counterpart("fft.ifftshift")(lambda x, axes=None: _shifted(as_tensor_variable(x), axes, lambda n: -(n // 2)))


def _shifted(x, axes, step):
    for d in range(x.type.ndim) if axes is None else axes_of(x, axes):
        x = roll(x, step(x.shape[d]), axis=d)
    return x


def _scaled(found, axis, norm, back):
    if norm not in SCALES:
        raise ValueError(f"norm must be one of {list(SCALES)}, got {norm!r}")
    power, n = SCALES[norm][back], found.shape[axis]
    return found if not power else found / (sqrt(n.astype("float64")) if power == 0.5 else n)


@counterpart("fft.fft")
def _transform(a, n=None, axis=-1, norm=None):
    a = as_tensor_variable(a)
    axis = axis_of(a, axis)
    return _scaled(fft(a, n, axis), axis, norm, back=False)


@counterpart("fft.ifft")
def _inverse(a, n=None, axis=-1, norm=None):
    a = as_tensor_variable(a)
    axis = axis_of(a, axis)
    return _scaled(fft(a.conj(), n, axis).conj(), axis, norm, back=True)


@counterpart("fft.rfft")
def _half(a, n=None, axis=-1, norm=None):
    whole = _transform(a, n, axis, norm)
    axis = axis_of(whole, axis)
    return whole[(*[slice(None)] * axis, slice(0, whole.shape[axis] // 2 + 1))]


@counterpart("fft.irfft")
def _from_half(a, n=None, axis=-1, norm=None):
    """The real part of the inverse of one half, where what stands for two counts twice."""
    a = as_tensor_variable(a)
    axis = axis_of(a, axis)
    n = as_tensor_variable(2 * (a.shape[axis] - 1) if n is None else n)
    k = arange(a.shape[axis])
    weights = switch(or_(eq(k, 0), eq(2 * k, n)), 1, switch(lt(2 * k, n), 2, 0))
    return _inverse(a * weights.dimshuffle(*[0 if d == axis else "x" for d in range(a.type.ndim)]), n, axis, norm).real


def _extents(a, s, axes):
    """Axes and their numbers of points, None for all that are there."""
    axes = (range(a.type.ndim) if s is None else range(-len(s), 0)) if axes is None else axes
    axes = axes_of(a, tuple(axes))
    return axes, [None] * len(axes) if s is None else [None if n == -1 else n for n in s]


def _over_axes(transform, a, s, axes, norm):
    a = as_tensor_variable(a)
    for d, n in zip(*_extents(a, s, axes), strict=True):
        a = transform(a, n, d, norm)
    return a


@counterpart("fft.rfftn")
def _half_over_axes(a, s=None, axes=None, norm=None):
    a = as_tensor_variable(a)
    axes, s = _extents(a, s, axes)
    return _over_axes(_transform, _half(a, s[-1], axes[-1], norm), _known(s[:-1]), axes[:-1], norm)


@counterpart("fft.irfftn")
def _from_half_over_axes(a, s=None, axes=None, norm=None):
    a = as_tensor_variable(a)
    axes, s = _extents(a, s, axes)
    return _from_half(_over_axes(_inverse, a, _known(s[:-1]), axes[:-1], norm), s[-1], axes[-1], norm)


def _known(s):
    return [-1 if n is None else n for n in s]
