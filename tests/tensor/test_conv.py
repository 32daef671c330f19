"""Convolutions against SciPy and a plain loop; their gradients, directional derivatives and shapes."""

import itertools

import numpy as np
import pytest
import scipy.signal

import theano
import theano.tensor as T
from theano.tensor.nnet import abstract_conv, conv
from theano.tensor.nnet.conv import conv2d, conv3d
from theano.tensor.signal import conv as signal_conv

BORDERS = ["valid", "full", "half", 1, (1, 2), ((1, 0), (0, 2)), ("full", "half"), (1, "valid")]
SETTINGS = [{}, {"subsample": (2, 3)}, {"filter_dilation": (2, 1)}, {"filter_flip": False},
            {"subsample": (3, 2), "filter_dilation": (1, 2), "filter_flip": False}]


def values(f, *arrays):
    """What the expression ``f(*variables)`` is for the arrays."""
    inputs = [T.TensorType(a.dtype.name, (False,) * a.ndim)() for a in arrays]
    return theano.function(inputs, f(*inputs))(*arrays)


def loop_conv(x, w, pads, subsample=(1, 1), filter_dilation=(1, 1), filter_flip=True, num_groups=1):
    """The definition, one output at a time."""
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    (rows, columns), (sr, sc), (dr, dc) = w.shape[2:], subsample, filter_dilation
    high, wide = (rows - 1) * dr + 1, (columns - 1) * dc + 1
    if filter_flip:
        w = w[:, :, ::-1, ::-1]
    out = np.zeros((len(x), len(w), (x.shape[2] - high) // sr + 1, (x.shape[3] - wide) // sc + 1))
    per_group = len(w) // num_groups
    for b, n, r, c in np.ndindex(*out.shape):
        first = n // per_group * w.shape[1]
        patch = x[b, first:first + w.shape[1], r * sr:r * sr + high:dr, c * sc:c * sc + wide:dc]
        out[b, n, r, c] = (patch * w[n]).sum()
    return out


def pads_of(border, kernel, dilation):
    high, wide = ((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    named = [{"valid": (0, 0), "full": (n - 1, n - 1), "half": (n // 2, n // 2), 1: (1, 1), 2: (2, 2)}
             for n in (high, wide)]
    modes = border if isinstance(border, tuple) else (border, border)
    return [pads.get(mode, mode) for pads, mode in zip(named, modes, strict=True)]


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("flip", [True, False])
def test_scipy(rng, mode, flip):
    x, w = rng.randn(2, 3, 7, 6), rng.randn(4, 3, 3, 2)
    reference = scipy.signal.convolve2d if flip else scipy.signal.correlate2d
    expected = [[sum(reference(x[b, c], w[n, c], mode) for c in range(3)) for n in range(4)] for b in range(2)]
    found = values(lambda a, b: conv2d(a, b, border_mode=mode, filter_flip=flip), x, w)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("border", BORDERS, ids=str)
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("groups", [1, 2])
def test_the_definition(rng, border, settings, groups):
    x, w = rng.randn(2, 2 * groups, 8, 7), rng.randn(2 * groups, 2, 3, 2)
    expected = loop_conv(x, w, pads_of(border, (3, 2), settings.get("filter_dilation", (1, 1))), num_groups=groups,
                         **settings)
    found = values(lambda a, b: conv2d(a, b, border_mode=border, num_groups=groups, **settings), x, w)
    np.testing.assert_allclose(found, expected)
    declared = values(lambda a, b: conv2d(a, b, x.shape, w.shape, border_mode=border, num_groups=groups, **settings),
                      x, w)
    np.testing.assert_array_equal(declared, found)


@pytest.mark.parametrize("border", BORDERS, ids=str)
@pytest.mark.parametrize(("settings", "groups"), list(zip(SETTINGS, [1, 2, 1, 1, 2], strict=True)), ids=str)
def test_gradients(rng, border, settings, groups):
    x, w = rng.randn(2, groups, 6, 5), rng.randn(2, 1, 2, 3)
    theano.gradient.verify_grad(lambda a, b: conv2d(a, b, border_mode=border, num_groups=groups, **settings), [x, w],
                                rng=rng)


@pytest.mark.parametrize("border", ["valid", "half", (1, 2)], ids=str)
def test_second_gradients(rng, border):
    x, w = rng.randn(2, 1, 6, 5), rng.randn(2, 1, 2, 3)
    settings = {"border_mode": border, "subsample": (2, 1)}
    top = rng.randn(*abstract_conv.get_conv_output_shape(x.shape, w.shape, border, (2, 1)))
    theano.gradient.verify_grad(lambda a, t: conv.conv2d_grad_wrt_weights(a, t, w.shape, **settings), [x, top], rng=rng)
    theano.gradient.verify_grad(lambda b, t: conv.conv2d_grad_wrt_inputs(t, b, x.shape, **settings), [w, top], rng=rng)


def test_three_dimensions(rng):
    x, w = rng.randn(2, 2, 4, 5, 4), rng.randn(3, 2, 2, 1, 3)
    expected = [[sum(scipy.signal.convolve(x[b, c], w[n, c], "full") for c in range(2)) for n in range(3)]
                for b in range(2)]
    np.testing.assert_allclose(values(lambda a, b: conv3d(a, b, border_mode="full"), x, w), expected)
    theano.gradient.verify_grad(lambda a, b: conv3d(a, b, subsample=(1, 2, 1), border_mode="half"), [x, w], rng=rng)


def test_unshared_filters(rng):
    x, w = rng.randn(2, 2, 4, 5), rng.randn(3, 2, 2)
    everywhere = np.broadcast_to(w[:, None, None, None], (3, 3, 4, 2, 2, 2)).copy()
    found = values(lambda a, b: conv2d(a, b, unshared=True), x, everywhere)
    same = values(conv2d, x, np.stack([w, w], axis=1))
    np.testing.assert_allclose(found, same)
    theano.gradient.verify_grad(lambda a, b: conv2d(a, b, unshared=True), [x, rng.randn(3, 3, 4, 2, 2, 2)], rng=rng)


def test_directional_derivative(rng):
    arrays = [rng.randn(*s) for s in [(2, 2, 5, 4), (3, 2, 2, 2)] * 2]
    x, w, dx, dw = inputs = [T.tensor4(n) for n in ("x", "w", "dx", "dw")]
    y = conv2d(x, w, border_mode="full")
    f = theano.function(inputs, theano.Rop(y, [x, w], [dx, dw]))
    at = theano.function([x, w], y)
    slope = (at(arrays[0] + 1e-6 * arrays[2], arrays[1] + 1e-6 * arrays[3])
             - at(arrays[0] - 1e-6 * arrays[2], arrays[1] - 1e-6 * arrays[3])) / 2e-6
    np.testing.assert_allclose(f(*arrays), slope, atol=1e-7)


@pytest.mark.parametrize("border", BORDERS, ids=str)
def test_shapes_without_computing(rng, border):
    x, w, t = T.tensor4(), T.tensor4(), T.tensor4()
    settings = {"border_mode": border, "subsample": (2, 1), "filter_dilation": (1, 2)}
    outputs = [conv2d(x, w, **settings), conv.conv2d_grad_wrt_inputs(t, w, (None, None, 9, 8), **settings),
               conv.conv2d_grad_wrt_weights(x, t, (None, None, 3, 2), **settings)]
    f = theano.function([x, w, t], [o.shape for o in outputs])
    assert not any(isinstance(n.op, conv.BaseAbstractConv) for n in f.maker.fgraph.toposort())
    images, filters = rng.randn(2, 3, 9, 8), rng.randn(4, 3, 3, 2)
    tops = values(lambda a, b: conv2d(a, b, **settings), images, filters)
    assert [tuple(s) for s in f(images, filters, tops)] == [tops.shape, images.shape, filters.shape]
    assert [v.shape for v in theano.function([x, w, t], outputs)(images, filters, tops)] == \
        [tops.shape, images.shape, filters.shape]


def test_types():
    x, w = T.ftensor4(), T.TensorType("float32", (False, True, False, False))()
    y = conv2d(x, w)
    assert y.type == T.ftensor4().type
    assert [g.type for g in T.grad(y.sum(), [x, w])] == [x.type, w.type]
    assert conv2d(x, T.dtensor4()).type.dtype == "float64"
    assert [g.type.dtype for g in T.grad(conv2d(x, T.dtensor4()).sum(), [x])] == ["float32"]


@pytest.mark.parametrize(("image", "filters"), [((2, 3, 5, 5), (4, 2, 3, 3)), ((2, 2, 2, 5), (4, 2, 3, 3))], ids=str)
def test_shapes_that_do_not_fit(image, filters):
    with pytest.raises(ValueError, match="AbstractConv2d"):
        values(conv2d, np.zeros(image), np.zeros(filters))


def test_declared_shapes_are_checked():
    f = theano.function([x := T.tensor4(), w := T.tensor4()], conv2d(x, w, (None, 2, 5, None), (4, 2, 3, 3)))
    assert f(np.zeros((1, 2, 5, 7)), np.zeros((4, 2, 3, 3))).shape == (1, 4, 3, 5)
    with pytest.raises(ValueError, match=r"declared image_shape \(None, 2, 5, None\)"):
        f(np.zeros((1, 2, 6, 7)), np.zeros((4, 2, 3, 3)))
    with theano.change_flags({"conv.assert_shape": True}):
        checked = conv2d(x, w, (None, 2, 5, None))
    with pytest.raises(AssertionError, match="unexpected input shape"):
        theano.function([x, w], checked)(np.zeros((1, 2, 6, 7)), np.zeros((4, 2, 3, 3)))
    with pytest.raises(AssertionError, match="3 channels"):
        conv2d(x, w, (2, 3, 8, 8), (4, 2, 3, 3))
    with pytest.raises(ValueError, match="constant extents"):
        conv.AbstractConv2d(imshp=(2, T.iscalar(), 8, 8))


@pytest.mark.parametrize(("arguments", "error"), [
    ({"border_mode": "same"}, "border_mode"), ({"border_mode": (1, -1)}, "border_mode"),
    ({"border_mode": ("full", "same")}, "border_mode"), ({"subsample": (0, 1)}, "subsample"),
    ({"filter_dilation": (1,)}, "filter_dilation"), ({"num_groups": 0}, "num_groups")])
def test_wrong_arguments(arguments, error):
    with pytest.raises(ValueError, match=error):
        conv2d(T.tensor4(), T.tensor4(), **arguments)
    with pytest.raises(TypeError, match="4D tensor"):
        conv2d(T.tensor3(), T.tensor4())
    with pytest.raises(TypeError, match="unexpected arguments"):
        conv2d(T.tensor4(), T.tensor4(), filter_size=3)


def test_shape_functions_agree():
    for i, k, border, s, d in itertools.product((6, 9), (1, 2, 3), ("valid", "half", "full", (0, 2)), (1, 2), (1, 2)):
        image, kernel = (5, 3, i, i), (7, 3, k, k)
        top = abstract_conv.get_conv_output_shape(image, kernel, border, (s, s), (d, d))
        assert abstract_conv.check_conv_gradinputs_shape(image, kernel, top, border, (s, s), (d, d))
        assert not abstract_conv.check_conv_gradinputs_shape(image, kernel, (5, 7, top[2] + 1, top[3]), border, (s, s),
                                                             (d, d))
        back = abstract_conv.get_conv_gradinputs_shape(kernel, top, border, (s, s), (d, d))
        assert back == (image if s == 1 else (5, 3, None, None))
        weights = abstract_conv.get_conv_gradweights_shape(image, top, border, (s, s), (d, d))
        assert weights == (kernel if s == 1 and border != "half" else (7, 3, None, None))


def test_transposed_convolution():
    y = conv.conv2d_transpose(T.ones((2, 2, 4, 4)), T.ones((2, 1, 4, 4)), (2, 1, 10, 10), input_dilation=(2, 2))
    line = np.array([1, 1, 2, 2, 2, 2, 2, 2, 1, 1])
    np.testing.assert_array_equal(y.eval(), np.broadcast_to(2 * np.outer(line, line), (2, 1, 10, 10)))


@pytest.mark.parametrize(("image", "filters"), [((2, 4, 5), (3, 2, 3)), ((7, 5), (5, 2, 3)), ((3, 7, 5), (2, 3)),
                                                ((7, 5), (2, 3))], ids=str)
def test_single_images(rng, image, filters):
    x, w = rng.randn(*image), rng.randn(*filters)
    found = values(signal_conv.conv2d, x, w)
    assert found.shape == (*image[:-2], *filters[:-2], image[-2] - filters[-2] + 1, image[-1] - filters[-1] + 1)
    flat = found.reshape(-1, *found.shape[-2:])
    pairs = itertools.product(x.reshape(-1, *image[-2:]), w.reshape(-1, *filters[-2:]))
    np.testing.assert_allclose(flat, [scipy.signal.convolve2d(a, b, "valid") for a, b in pairs])
    theano.gradient.verify_grad(signal_conv.conv2d, [x, w], rng=rng)


def test_the_first_op(rng):
    x, w = rng.randn(2, 3, 6, 5), rng.randn(4, 3, 2, 2)
    op = conv.ConvOp(imshp=(3, 6, 5), kshp=(2, 2), nkern=4, bsize=2, dx=2, dy=1, output_mode="full", unroll_patch=True)
    np.testing.assert_allclose(values(op, x, w), loop_conv(x, w, [(1, 1)] * 2, (2, 1)))
    assert conv.ConvOp.getOutputShape((6, 5), (2, 2), (2, 1), "full") == (4, 6)


@pytest.mark.parametrize("ratio", [2, 3, 5])
def test_upsampling_interpolates(ratio, rng):
    x = rng.rand(2, 1, 3, 4)
    found = values(lambda v: abstract_conv.bilinear_upsampling(v, ratio=ratio), x)
    rows, columns = (np.clip((np.arange(n * ratio) - (ratio - 1) // 2) / ratio, 0, n - 1) for n in (3, 4))
    for b in range(2):
        by_rows = np.array([np.interp(rows, np.arange(3), x[b, 0, :, c]) for c in range(4)]).T
        np.testing.assert_allclose(found[b, 0], [np.interp(columns, np.arange(4), r) for r in by_rows])
    theano.gradient.verify_grad(lambda v: abstract_conv.bilinear_upsampling(v, ratio=ratio), [x], rng=rng)


def test_upsampling_by_fractions_and_kernels():
    ratios = ((7, 4), (5, 3))
    y = values(lambda v: abstract_conv.bilinear_upsampling(v, frac_ratio=ratios), np.array([[[[1.0, 2], [3, 4]]]]))
    rows, columns = np.array([0, 1 / 7, 5 / 7, 1]), np.array([0, 0.2, 0.8, 1])
    np.testing.assert_allclose(y[0, 0], 1 + 2 * rows[:, None] + columns)
    kernel = np.array([1, 2, 3, 2, 1])
    np.testing.assert_allclose(abstract_conv.bilinear_kernel_2D(3, normalize=False).eval(), np.outer(kernel, kernel))
    with pytest.raises(ValueError, match="either"):
        abstract_conv.bilinear_upsampling(T.tensor4())


def test_separable_convolution(rng):
    x, each, mix = rng.randn(2, 3, 6, 5), rng.randn(6, 1, 2, 3), rng.randn(4, 6, 1, 1)
    found = values(lambda a, b, c: abstract_conv.separable_conv2d(a, b, c, 3, border_mode="full"), x, each, mix)
    expected = loop_conv(loop_conv(x, each, [(1, 1), (2, 2)], num_groups=3), mix, [(0, 0)] * 2)
    np.testing.assert_allclose(found, expected)
    deep = values(lambda a, b, c: abstract_conv.separable_conv3d(a, b, c, 3), x[:, :, None], each[:, :, None],
                  mix[:, :, None])
    flat = loop_conv(loop_conv(x, each, [(0, 0)] * 2, num_groups=3), mix, [(0, 0)] * 2)
    np.testing.assert_allclose(deep[:, :, 0], flat)


@pytest.mark.parametrize("dilation", [1, 2])
def test_causal_convolution(dilation, rng):
    x, w = rng.randn(2, 3, 7), rng.randn(4, 3, 3)

    def f(a, b):
        return abstract_conv.causal_conv1d(a, b, w.shape, filter_dilation=dilation)

    expected = [[sum(w[n, :, k] @ x[b, :, t - k * dilation] for k in range(3) if t >= k * dilation) for t in range(7)]
                for b in range(2) for n in range(4)]
    np.testing.assert_allclose(values(f, x, w), np.reshape(expected, (2, 4, 7)))
    theano.gradient.verify_grad(f, [x, w], rng=rng)
