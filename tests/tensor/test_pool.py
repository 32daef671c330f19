"""Pooling against a plain loop; gradients of both orders, directional derivatives and shapes."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.signal import downsample
from theano.tensor.signal.pool import (
    MODES,
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    Pool,
    max_pool_2d_same_size,
    pool_2d,
    pool_3d,
)

BORDERS = [({"ws": (2, 3), "ignore_border": ignore} | more) for ignore in (True, False)
           for more in ({}, {"stride": (1, 2)}, {"stride": (3, 4)}, {"stride": (4, 1)})]
BORDERS += [{"ws": (3, 2), "ignore_border": True, "pad": (2, 1)},
            {"ws": (3, 3), "ignore_border": True, "pad": (1, 2), "stride": (2, 1)},
            {"ws": (9, 9), "ignore_border": False}, {"ws": (1, 1), "ignore_border": True}]


def loop_pool(x, mode, ws, ignore_border, stride=None, pad=None):
    """The definition, one window at a time: its places are those inside the (padded) array."""
    stride, pad, n = stride or ws, pad or (0,) * len(ws), len(ws)
    starts = []
    for size, w, s, p in zip(x.shape[-n:], ws, stride, pad, strict=True):
        end = size + 2 * p
        found = [k for k in range(0, end, s) if k + w <= end]
        if not ignore_border and (not found or found[-1] + w < end) and len(found) * s < end:
            found.append(len(found) * s)
        starts.append(found)
    out = np.zeros((*x.shape[:-n], *map(len, starts)))
    for lead in np.ndindex(*x.shape[:-n]):
        for place in np.ndindex(*map(len, starts)):
            corner = [s[k] for s, k in zip(starts, place, strict=True)]
            inside, cells = [], 1
            for c, w, p, size in zip(corner, ws, pad, x.shape[-n:], strict=True):
                inside.append(slice(max(c - p, 0), max(min(c + w - p, size), 0)))
                cells *= min(c + w, size + 2 * p) - c
            patch = x[lead][tuple(inside)]
            out[lead + place] = {"max": patch.max, "sum": patch.sum, "average_exc_pad": patch.mean,
                                 "average_inc_pad": lambda patch=patch, cells=cells: patch.sum() / cells}[mode]()
    return out


def values(f, *arrays):
    """What the expression ``f(*variables)`` is for the arrays."""
    inputs = [T.TensorType(a.dtype.name, (False,) * a.ndim)() for a in arrays]
    return theano.function(inputs, f(*inputs))(*arrays)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("settings", BORDERS, ids=str)
def test_the_definition(rng, mode, settings):
    x = rng.randn(2, 3, 7, 8)
    expected = loop_pool(x, mode, **settings)
    np.testing.assert_allclose(values(lambda v: pool_2d(v, mode=mode, **settings), x), expected)
    named = {"ignore_border": settings["ignore_border"], "stride": settings.get("stride"), "pad": settings.get("pad")}
    assert tuple(Pool.out_shape(x.shape, settings["ws"], **named)) == expected.shape


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("shape", "ws"), [((7,), (2,)), ((2, 5, 6, 4), (2, 3, 2)), ((3, 4, 5, 3, 4), (2, 2, 2, 3))],
                         ids=str)
def test_any_number_of_axes(rng, mode, shape, ws):
    x = rng.randn(*shape)
    for ignore in (True, False):
        found = values(lambda v, ignore=ignore: Pool(ignore, mode, len(ws))(v, ws), x)
        np.testing.assert_allclose(found, loop_pool(x, mode, ws, ignore))
    if len(ws) == 3:
        np.testing.assert_array_equal(values(lambda v: pool_3d(v, ws, mode=mode), x), found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("settings", BORDERS, ids=str)
def test_gradients(rng, mode, settings):
    x = 1.0 * rng.permutation(84).reshape(2, 6, 7)
    theano.gradient.verify_grad(lambda v: pool_2d(v, mode=mode, **settings), [x], rng=rng)


@pytest.mark.parametrize("settings", [BORDERS[1], BORDERS[5], BORDERS[9]], ids=str)
def test_second_gradients(rng, settings):
    settings = dict(settings)
    ignore, x = settings.pop("ignore_border"), 1.0 * rng.permutation(42).reshape(1, 6, 7)
    top = rng.randn(*Pool.out_shape(x.shape, ignore_border=ignore, **settings))

    def back(v, g):
        return MaxPoolGrad(ignore)(v, Pool(ignore)(v, **settings), g, **settings)

    theano.gradient.verify_grad(back, [x, top], rng=rng)
    largest = values(lambda v: Pool(ignore)(v, **settings), x)
    theano.gradient.verify_grad(lambda e: DownsampleFactorMaxGradGrad(ignore)(x, largest, e, **settings),
                                [rng.randn(*x.shape)], rng=rng)
    for mode in MODES[1:]:
        theano.gradient.verify_grad(lambda v, g, mode=mode: AveragePoolGrad(ignore, mode)(v, g, **settings), [x, top],
                                    rng=rng)


@pytest.mark.parametrize("mode", MODES)
def test_directional_derivative(rng, mode):
    x, e = 1.0 * rng.permutation(60).reshape(2, 5, 6), rng.randn(2, 5, 6)
    v, d = T.tensor3(), T.tensor3()
    slope = theano.Rop(pool_2d(v, (2, 3), mode=mode), v, d)
    slope = theano.function([v, d], slope, on_unused_input="ignore")(x, e)
    np.testing.assert_allclose(slope, loop_pool(x + 1e-6 * e, mode, (2, 3), False) * 1e6
                               - loop_pool(x, mode, (2, 3), False) * 1e6, atol=1e-6)


@pytest.mark.parametrize("settings", BORDERS, ids=str)
def test_shapes_without_computing(rng, settings):
    x = T.tensor4()
    y = pool_2d(x, **settings)
    f = theano.function([x], [y.shape, T.grad(y.sum(), x).shape])
    assert not any(isinstance(n.op, Pool) for n in f.maker.fgraph.toposort())
    for shape in [(2, 3, 7, 8), (1, 2, 9, 4)]:
        pooled, gradient = f(np.zeros(shape))
        assert tuple(gradient) == shape
        assert tuple(pooled) == theano.function([x], y)(np.zeros(shape)).shape


@pytest.mark.parametrize("ignore", [True, False])
def test_windows_given_at_run_time(rng, ignore):
    x, ws, stride, pad = T.ftensor4(), T.ivector(), T.ivector(), T.ivector()
    y = pool_2d(x, ws, ignore, stride, pad)
    f = theano.function([x, ws, stride, pad], [y, T.grad(y.sum(), x), y.shape])
    image = rng.randn(1, 1, 5, 5).astype("float32")
    for w, s, p in itertools.product((4, 2, 5), (2, 3), (0, 1) if ignore else (0,)):
        found, gradient, shape = f(image, (w, w), (s, s), (p, p))
        np.testing.assert_array_equal(found, loop_pool(image, "max", (w, w), ignore, (s, s), (p, p)).astype("float32"))
        assert found.dtype == gradient.dtype == "float32" and tuple(shape) == found.shape
    with pytest.raises(NotImplementedError, match="padding"):
        f(image, (2, 2), (2, 2), (2, 2))


def test_integers_and_equal_values():
    x = np.array([[3, 3, 1], [0, 3, 2]], dtype="int32")
    np.testing.assert_array_equal(values(lambda v: pool_2d(v, (2, 2)), x), [[3, 2]])
    gradient = values(lambda v: T.grad(pool_2d(v, (2, 2)).sum(), v), x.astype("float64"))
    np.testing.assert_array_equal(gradient, [[1, 1, 0], [0, 1, 1]])


def test_largest_in_place():
    x = np.array([[[[1.0, 2, 3, 4], [5, 6, 7, 8]]]])
    found = values(lambda v: max_pool_2d_same_size(v, (2, 2)), x)
    np.testing.assert_array_equal(found, [[[[0, 0, 0, 0], [0, 6, 0, 8]]]])


def test_old_names(rng):
    x = rng.randn(2, 6, 7)
    old = values(lambda v: downsample.max_pool_2d(v, ds=(2, 3), st=(1, 2), padding=(1, 1), ignore_border=True), x)
    np.testing.assert_array_equal(old, loop_pool(x, "max", (2, 3), True, (1, 2), (1, 1)))


@pytest.mark.parametrize(("call", "error"), [
    (lambda x: pool_2d(x, (2, 2), pad=(1, 1)), NotImplementedError),
    (lambda x: pool_2d(x, (2, 2), True, pad=(2, 0)), NotImplementedError),
    (lambda x: pool_2d(x[0, 0], (2, 2)), NotImplementedError),
    (lambda x: pool_2d(x), ValueError),
    (lambda x: pool_2d(x, (2, 2, 2), True), ValueError),
    (lambda x: pool_2d(x, (2, 2), True, stride=(1,)), ValueError),
    (lambda x: pool_2d(x, (2, 2), ds=(2, 2)), ValueError),
    (lambda x: Pool(mode="median"), ValueError),
    (lambda x: Pool()(x, (1.5, 2)), TypeError),
    (lambda x: Pool()(x), TypeError)])
def test_wrong_arguments(call, error):
    with pytest.raises(error):
        call(T.tensor3())


@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_windows_of_nothing_are_refused(linker):
    x, ws = T.dmatrix(), T.ivector()
    f = theano.function([x, ws], Pool(True)(x, ws), mode=theano.Mode(linker=linker))
    with pytest.raises(ValueError, match="at least 1"):
        f(np.ones((4, 4)), [2, 0])
