"""Fourier transforms."""

from numpy_calls import compared

CALLS = """
np.fft.fftn(x); np.fft.fftn(t, axes=(0, 2)); np.fft.fftn(t, s=(2, 5)); np.fft.ifftn(t, norm='ortho'); np.fft.fft2(t)
np.fft.ifft2(t); np.fft.rfft2(t); np.fft.rfftn(t); np.fft.rfftn(t, s=(4, 4), axes=(0, 2)); np.fft.irfft2(z)
np.fft.irfftn(z, s=(3, 5), axes=(0, 1)); np.fft.irfftn(z); np.fft.irfft(z); np.fft.irfft(z, 7)
np.fft.irfft(z, 3, axis=0); np.fft.irfft(z, 5); np.fft.irfft(z, 12, norm='ortho'); np.fft.irfft(v, norm='forward')
np.fft.hfft(z); np.fft.hfft(z, 5, norm='ortho'); np.fft.ihfft(v); np.fft.ihfft(x, 3, axis=0)
np.fft.fft(v, norm='ortho'); np.fft.fft(x, 3, 0, 'forward'); np.fft.ifft(z, norm='forward'); np.fft.rfft(x, 7)
np.fft.rfft(v, norm='ortho'); np.fft.fftshift(x); np.fft.ifftshift(x, axes=1); np.fft.irfft2(z, norm='ortho')
np.fft.irfft(z, 1); np.fft.irfft(z, 2)
"""
DERIVED = """
np.fft.irfft(np.fft.rfft(x), 4); np.fft.irfft(x + 1j * x ** 2, 5); abs(np.fft.fft2(x)) ** 2
np.fft.irfftn(np.fft.rfftn(t), s=(2, 3, 4), axes=(0, 1, 2)); np.fft.hfft(v + 1j * w)
"""

test_values, test_gradients = compared(CALLS, DERIVED)
