"""Fourier transforms against NumPy; their gradients are tested with those of linear algebra."""

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.tensor import fft, fourier

SHAPES = [(2, 6), (2, 5), (1, 4, 6), (3, 3, 5), (2, 2, 3, 4), (1, 1), (2, 1, 3)]



@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm", [None, "ortho", "no_norm"])
@pytest.mark.parametrize("shape", SHAPES)
def test_there_and_back(shape, norm, dtype, rng):
    x = T.TensorType(dtype, (False,) * len(shape))()
    there = fft.rfft(x, norm)
    back = fft.irfft(there, norm, is_odd=shape[-1] % 2 == 1)
    value, size = rng.normal(size=shape).astype(dtype), np.prod(shape[1:])
    found, again = theano.function([x], [there, back])(value)
    expected = np.fft.rfftn(value.astype("float64"), axes=range(1, len(shape)))
    expected = expected / np.sqrt(size) if norm == "ortho" else expected
    assert found.dtype == again.dtype == dtype
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(found[..., 0] + 1j * found[..., 1], expected, atol=tolerance * size)
    np.testing.assert_allclose(again, value * (size if norm == "no_norm" else 1), atol=tolerance * size)


def test_inverse_of_what_is_no_transform(rng):
    x, value = T.dtensor3(), rng.normal(size=(2, 4, 2))
    found = theano.function([x], fft.irfft(x))(value)
    np.testing.assert_allclose(found, np.fft.irfft(value[..., 0] + 1j * value[..., 1]))


def test_ops_and_given_shapes(rng):
    x, z, value = T.dmatrix(), T.dtensor3(), rng.normal(size=(2, 7))
    forward = fft.rfft_op(x, [5])
    np.testing.assert_allclose(theano.function([x], forward)(value)[..., 1], np.fft.rfft(value, 5).imag)
    np.testing.assert_allclose(theano.function([x], fft.rfft_op(x))(value)[..., 0], np.fft.rfft(value).real)
    spectrum = rng.normal(size=(2, 3, 2))
    expected = np.fft.irfft(spectrum[..., 0] + 1j * spectrum[..., 1], 4) * 4
    np.testing.assert_allclose(theano.function([z], fft.irfft_op(z))(spectrum), expected)
    for y, v, given in ((forward, value, x), (fft.irfft_op(z, [5]), spectrum, z)):
        f = theano.function([given], y.shape, mode="FAST_RUN")
        assert not any(isinstance(n.op, (fft.RFFTOp, fft.IRFFTOp)) for n in f.maker.fgraph.toposort())
        assert tuple(f(v)) == y.eval({given: v}).shape


def test_wrong_arguments():
    x = T.dmatrix()
    for call, error, words in [
            (lambda: fft.rfft(x, norm=123), ValueError, "norm"),
            (lambda: fft.irfft(x, norm="n"), ValueError, "norm"),
            (lambda: fft.irfft(x, is_odd=123), ValueError, "is_odd"),
            (lambda: fft.irfft_op(x), TypeError, "at least 3"),
            (lambda: fft.rfft_op(T.dvector()), TypeError, "at least 2"),
            (lambda: fft.rfft_op(x, x), TypeError, "vector"),
            (lambda: fft.rfft_op(x, [1.5]), TypeError, "integers"),
            (lambda: fourier.fft(T.dscalar(), 1, 0), TypeError, "vec"),
            (lambda: fourier.fft(x, 0.5, 0), TypeError, "n must"),
            (lambda: fourier.fft(x, 0, 0), TypeError, "at least 1"),
            (lambda: fourier.fft(x, 2, 2), TypeError, "axis 2"),
            (lambda: fourier.fft(x, 2, x), TypeError, "axis must")]:
        with pytest.raises(error, match=words):
            call()
    z = T.dtensor3()
    with pytest.raises(ValueError, match="imaginary"):
        theano.function([z], fft.irfft_op(z, [4]))(np.ones((2, 3, 3)))


@pytest.mark.parametrize("n", [None, 3, 9])
@pytest.mark.parametrize("axis", [None, 0, 1, -2])
@pytest.mark.parametrize("dtype", ["float32", "int64", "complex128"])
def test_fourier(n, axis, dtype, rng):
    x, value = T.TensorType(dtype, (False, False))(), (10 * rng.normal(size=(6, 5))).astype(dtype)
    k, m = T.iscalar(), T.iscalar()
    expected = np.fft.fft(value, n, -1 if axis is None else axis)
    y = fourier.fft(x, n, axis)
    f = theano.function([x], [y, y.shape])
    np.testing.assert_allclose(f(value)[0], expected, atol=1e-5)
    assert tuple(f(value)[1]) == expected.shape and y.dtype == "complex128"
    if n is not None and axis is not None:
        y = fourier.fft(x, m, k)
        found, shape = theano.function([x, m, k], [y, y.shape])(value, n, axis)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert tuple(shape) == expected.shape
