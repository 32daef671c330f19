"""Fourier transforms against NumPy; their gradients are tested with those of linear algebra."""

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.tensor import fft, fourier

NATIVE = theano.Mode("cvm", "fast_run")
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


LENGTHS = (*range(1, 201), 211, 997, 1001, 1009, 1023, 1024, 1147, 1331, 1998, 3375, 4096, 7919, 30030)


def close(found, expected):
    """Equal to 12 digits of the largest number."""
    assert abs(found - expected).max() <= 1e-12 * max(abs(expected).max(), 1e-300)


def test_lengths_and_numbers_of_lines(rng):
    """Every radix, convolutions for large primes, more and fewer lines than are transformed together."""
    x, z, y = T.dmatrix(), T.zmatrix(), T.dtensor3()
    real = theano.function([x], fft.rfft(x), mode=NATIVE)
    whole = theano.function([z], fourier.fft(z, None, None), mode=NATIVE)
    back = [theano.function([y], fft.irfft(y, "no_norm", is_odd=odd), mode=NATIVE) for odd in (False, True)]
    assert not any(f.maker.compiled.program.performs for f in (real, whole, *back))
    for n in LENGTHS:
        for lines in (1, 19) if n < 300 else (2, 9):
            value, other = rng.normal(size=(2, lines, n))
            expected, found = np.fft.rfft(value), real(value)
            close(found[..., 0] + 1j * found[..., 1], expected)
            close(whole(value + 1j * other), np.fft.fft(value + 1j * other))
            spectrum = rng.normal(size=(*expected.shape, 2))        # imaginary parts of the ends don't count
            if n > 1:
                close(back[n % 2](spectrum), np.fft.irfft(spectrum[..., 0] + 1j * spectrum[..., 1], n) * n)


def test_odd_lengths_in_single_precision(rng):
    """The passes over real lines keep half of what they find; vectors of 16 numbers, and what is left of a row."""
    x = T.fmatrix()
    f = theano.function([x], fft.rfft(x), mode=NATIVE)
    for n in (1, 3, 7, 11, 15, 77, 121, 143, 1001, 1147):
        for lines in (1, 5, 16, 19):
            value = rng.normal(size=(lines, n)).astype("float32")
            expected, found = np.fft.rfft(value.astype("float64")), f(value)
            assert abs(found[..., 0] + 1j * found[..., 1] - expected).max() <= 2e-6 * abs(expected).max()


def test_lines_do_not_touch_one_another(rng):
    """Numbers that are not finite, or much larger, stay in their line."""
    x, value = T.dmatrix(), rng.normal(size=(6, 15))
    value[1, 3], value[2, 4] = np.nan, np.inf
    value[3] *= 1e30
    found = theano.function([x], fft.rfft(x), mode=NATIVE)(value)
    assert not np.isfinite(found[1:3]).all(-1).any()
    for row in (0, 3, 4, 5):
        close(found[row, :, 0] + 1j * found[row, :, 1], np.fft.rfft(value[row]))


def test_other_axes_strides_and_points(rng):
    z, x = T.ztensor3(), T.dtensor3()
    value = rng.normal(size=(4, 6, 10)) + 1j * rng.normal(size=(4, 6, 10))
    for axis in range(3):
        for n in (None, 3, 12):
            f = theano.function([z], fourier.fft(z, n, axis), mode=NATIVE)
            close(f(value), np.fft.fft(value, n, axis))
            close(f(value[::-1, ::2, ::3]), np.fft.fft(value[::-1, ::2, ::3], n, axis))
    close(theano.function([x], fourier.fft(x, None, None), mode=NATIVE)(value.real), np.fft.fft(value.real))
    for extents in ([6, 10], [3, 4], [9, 13]):
        there = theano.function([x], fft.rfft_op(x, extents), mode=NATIVE)
        for given in (value.real, value.real[::2, ::-1]):
            found = there(given)
            close(found[..., 0] + 1j * found[..., 1], np.fft.rfftn(given, extents, axes=(1, 2)))
        back = theano.function([z], fft.irfft_op(T.stack([z.real, z.imag], axis=-1), extents), mode=NATIVE)
        close(back(value), np.fft.irfftn(value, extents, axes=(1, 2), norm="forward"))


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
