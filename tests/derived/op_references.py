"""What ops compute, by NumPy and SciPy, where that is more than one call."""

import numpy as np
import scipy.sparse
import scipy.special

SUMS = {"b": "int64", "i": "int64", "u": "uint64"}


def total(x, axis):
    """A sum of whole numbers in 64 bits."""
    return x.sum(axis=axis, dtype=SUMS.get(x.dtype.kind))


def product(x, axis):
    """A product of whole numbers in 64 bits."""
    return x.prod(axis=axis, dtype=SUMS.get(x.dtype.kind))


def running(function, x, axis):
    """A running sum or product in the dtype of ``x``."""
    return function(x, axis=axis, dtype=x.dtype)


def dot(x, y):
    """A product in the common dtype."""
    return np.dot(x, y).astype(np.result_type(x, y))


def written(x, index, y, add=None):
    """``x`` with ``y`` put or added at an index; equal indices add up."""
    x = x.copy()
    if add is None:
        x[index] = y
    else:
        add.at(x, index, y)
    return x


def fill_diagonal(a, value, offset=0):
    """The matrix ``a`` with ``value`` on a diagonal."""
    return np.where(np.eye(*a.shape, int(offset), dtype=bool), value, a)


def silent(op, value):
    """What prints instead of Print: nothing."""


def unique(x):
    """The distinct elements, where each comes first, which each is, how often each comes."""
    values, first, inverse, counts = np.unique(x, True, True, True)
    return [values, first, inverse.reshape(-1), counts]


def crossentropy_grad(g, p, y):
    """The gradient of the negative logarithm of one element of each row."""
    hot = np.eye(p.shape[1], dtype=p.dtype)[y]
    return -g[:, None] * hot / p


def crossentropy_softmax(x, b, y):
    """Negative logarithm of the right probability, all probabilities, and the place of the largest."""
    z = x + b
    p = scipy.special.softmax(z, axis=1)
    return [-scipy.special.log_softmax(z, axis=1)[np.arange(len(y)), y], p, p.argmax(axis=1)]


# -- convolution, one output at a time ------------------------------------------------------------------------


def pads(mode, kernel):
    """Zeros before and after each axis."""
    if isinstance(mode, str):
        return [{"valid": (0, 0), "half": (k // 2, k // 2), "full": (k - 1, k - 1)}[mode] for k in kernel]
    return [(p, p) if isinstance(p, int) else p for p in mode]


def convolved(x, w, border_mode="valid", subsample=None, filter_dilation=None, filter_flip=True, num_groups=1):
    """Filters ``w`` laid over ``x`` and summed, place by place."""
    n = x.ndim - 2
    dilation, step = filter_dilation or (1,) * n, subsample or (1,) * n
    wide = np.zeros((*w.shape[:2], *((k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation, strict=True))), w.dtype)
    wide[(..., *(slice(None, None, d) for d in dilation))] = w
    if filter_flip:
        wide = np.flip(wide, tuple(range(2, 2 + n)))
    kernel = wide.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), *pads(border_mode, kernel)])
    extents = [(size - k) // s + 1 for size, k, s in zip(x.shape[2:], kernel, step, strict=True)]
    out = np.zeros((len(x), len(wide), *extents), np.result_type(x, w))
    each = len(wide) // num_groups
    for place in np.ndindex(*extents):
        window = x[(..., *(slice(p * s, p * s + k) for p, s, k in zip(place, step, kernel, strict=True)))]
        for group, part in enumerate(np.split(window, num_groups, axis=1)):
            filters = slice(group * each, (group + 1) * each)
            out[(slice(None), filters, *place)] = np.einsum("bcz,ncz->bn", part.reshape(*part.shape[:2], -1),
                                                            wide[filters].reshape(each, part.shape[1], -1))
    return out


def by_weights(x, g):
    """The gradient of a valid convolution by filters: the images convolved by the gradient."""
    turned = convolved(x.swapaxes(0, 1), g.swapaxes(0, 1), filter_flip=False).swapaxes(0, 1)
    return np.flip(turned, tuple(range(2, x.ndim)))


def by_inputs(w, g):
    """The gradient of a valid convolution by images: the gradient fully convolved by the mirrored filters."""
    return convolved(g, w.swapaxes(0, 1), border_mode="full", filter_flip=False)


# -- pooling --------------------------------------------------------------------------------------------------


def pooled(x, window, function):
    """Windows side by side."""
    n = len(window)
    split = x.reshape(*x.shape[:-n], *(e for size, w in zip(x.shape[-n:], window, strict=True) for e in (size // w, w)))
    return function(split, axis=tuple(range(x.ndim - n + 1, split.ndim, 2)))


def pooled_padded(x, window, step, pad, mode):
    """Windows that step over zeros around the last two axes."""
    def sums(a):
        a = np.pad(a, [(0, 0)] * (a.ndim - 2) + [(p, p) for p in pad])
        every = np.lib.stride_tricks.sliding_window_view(a, window, axis=(-2, -1))
        return every[..., ::step[0], ::step[1], :, :].sum(axis=(-2, -1))
    if mode == "sum":
        return sums(x)
    return sums(x) / (np.prod(window) if mode == "average_inc_pad" else sums(np.ones_like(x)))


def pooled_with_border(x, window):
    """The largest of windows side by side, the last ones cut off."""
    room = [-size % w for size, w in zip(x.shape[-2:], window, strict=True)]
    return pooled(np.pad(x, [(0, 0), (0, room[0]), (0, room[1])], constant_values=-np.inf), window, np.max)


def max_pool_grad(x, g):
    """``g`` at the largest of each window of two by two."""
    spread = pooled(x, (2, 2), np.max).repeat(2, axis=1).repeat(2, axis=2)
    return np.where(x == spread, g.repeat(2, axis=1).repeat(2, axis=2), 0)


def max_pool_grad_grad(x, g):
    """The elements of ``g`` at the largest of each window of two by two."""
    spread = pooled(x, (2, 2), np.max).repeat(2, axis=1).repeat(2, axis=2)
    return pooled(np.where(x == spread, g, 0), (2, 2), np.sum)


# -- choices --------------------------------------------------------------------------------------------------


def choice(p, u):
    """For each row the categories whose part of [0, 1] two uniform numbers fall in."""
    edges, u = p.cumsum(axis=1)[:, None], u.reshape(2, len(p)).T[..., None]
    return np.minimum((edges <= u).sum(axis=2), p.shape[1] - 1)


def multinomial(p, u):
    """How often each category was chosen."""
    return (choice(p, u)[..., None] == np.arange(p.shape[1])).sum(axis=1).astype(p.dtype)


def csc_parts(x):
    """Data, indices, indptr and shape of a matrix by columns."""
    x = scipy.sparse.csc_matrix(x)
    return [x.data, x.indices, x.indptr, np.array(x.shape)]
