"""NumPy's polynomials, by their coefficients, and convolution."""

import numpy as np

from theano.scalar.dtype import finfo
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.counterpart.ufunc import inexact, number
from theano.tensor.create import alloc, arange
from theano.tensor.cumulate import cumprod
from theano.tensor.dot import dot
from theano.tensor.elemwise import ELEMWISE, maximum, minimum, sqrt, switch
from theano.tensor.join import concatenate
from theano.tensor.linalg.inverse import lstsq
from theano.tensor.reduce import sum
from theano.tensor.shape import shape_i
from theano.tensor.variable import counterpart


def _powers(x, n, dtype=None):
    """1, x, x² ... up to the power n - 1, along a new last axis: products, whose derivatives hold at zero."""
    dtype = dtype or (x + constant(1, dtype="int64")).type.dtype
    x = x.astype(dtype)
    extents = [x.shape[d] for d in range(x.type.ndim)]
    rest = alloc(x.dimshuffle(*range(x.type.ndim), "x"), *extents, maximum(as_tensor_variable(n) - 1, 0))
    whole = concatenate([alloc(constant(1, dtype=dtype), *extents, 1), rest], axis=x.type.ndim)
    return cumprod(whole, x.type.ndim)[..., :n]


@counterpart("vander")
def _vandermonde(x, N=None, increasing=False):                                                       # noqa: N803
    x = as_tensor_variable(x)
    found = _powers(x, shape_i(x, 0) if N is None else N)
    return found if increasing else found[:, ::-1]


@counterpart("polyval")
def _value(p, x):
    """Coefficients of the highest power first."""
    p, x = number(p), number(x)
    return sum(p * _powers(x, shape_i(p, 0))[..., ::-1], axis=-1)


@counterpart("polyadd")
def _added(a1, a2):
    a, b = (as_tensor_variable(x).flatten() for x in (a1, a2))
    n = maximum(shape_i(a, 0), shape_i(b, 0))
    return _led_by_zeros(a, n) + _led_by_zeros(b, n)


def _led_by_zeros(x, n):
    return concatenate([alloc(constant(0, dtype=x.type.dtype), n - shape_i(x, 0)), x])


@counterpart("polysub")
def _subtracted(a1, a2):
    return _added(a1, -as_tensor_variable(a2))


@counterpart("polymul")
def _multiplied(a1, a2):
    return _convolved(a1, a2)


@counterpart("polyder")
def _derived(p, m=1):
    p = as_tensor_variable(p)
    for _ in range(m):
        p = p[:-1] * arange(shape_i(p, 0))[:0:-1]
    return p


@counterpart("polyint")
def _integrated(p, m=1, k=None):
    p = as_tensor_variable(p)
    constants = np.broadcast_to(0 if k is None else k, m)
    for c in constants:
        p = concatenate([p / arange(shape_i(p, 0), 0, -1), as_tensor_variable(np.array([c]))])
    return p


@counterpart("polyfit")
def _fitted(x, y, deg, rcond=None, w=None):
    """The coefficients of the polynomial of degree ``deg`` with the least squares of errors."""
    x, y = (inexact(as_tensor_variable(v)) for v in (x, y))
    left, right = _powers(x, deg + 1)[:, ::-1], y
    if w is not None:
        w = as_tensor_variable(w)
        left, right = left * w.dimshuffle(0, "x"), right * (w if y.type.ndim == 1 else w.dimshuffle(0, "x"))
    scale = sqrt(sum(left * left, axis=0))
    if rcond is None:
        rcond = (shape_i(x, 0) * float(finfo(x.type.dtype).eps)).astype("float64")
    found = lstsq()(left / scale, right, rcond)[0]
    return found / (scale if y.type.ndim == 1 else scale.dimshuffle(0, "x"))


@counterpart("convolve")
def _convolved(a, v, mode="full"):
    """Of every shift the sum of products: one product with a matrix of all shifts."""
    a, v = as_tensor_variable(a), as_tensor_variable(v)
    a, v = (x.dimshuffle("x") if not x.type.ndim else x for x in (a, v))
    return _part_of(_all_shifts(a, v[::-1]), a, v, mode, (minimum(shape_i(a, 0), shape_i(v, 0)) - 1) // 2)


@counterpart("correlate")
def _correlated(a, v, mode="valid"):
    a, v = as_tensor_variable(a), as_tensor_variable(v)
    n, m = shape_i(a, 0), shape_i(v, 0)
    return _part_of(_all_shifts(a, ELEMWISE["conj"](v)), a, v, mode, switch(n < m, n // 2, (m - 1) // 2))


def _all_shifts(a, v):
    n, m = shape_i(a, 0), shape_i(v, 0)
    edge = alloc(constant(0, dtype=a.type.dtype), m - 1)
    places = arange(n + m - 1).dimshuffle(0, "x") + arange(m)
    return dot(concatenate([edge, a, edge])[places], v)


def _part_of(full, a, v, mode, start):
    n, m = shape_i(a, 0), shape_i(v, 0)
    large, small = maximum(n, m), minimum(n, m)
    if mode == "full":
        return full
    if mode == "same":
        return full[start:start + large]
    if mode != "valid":
        raise ValueError(f"mode must be 'full', 'same' or 'valid', got {mode!r}")
    return full[small - 1:large]
