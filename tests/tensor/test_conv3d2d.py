"""Convolutions of videos against SciPy."""

import numpy as np
import pytest
import scipy.signal

import theano
import theano.tensor as T
from theano.tensor.nnet.conv3d2d import conv3d

BORDERS = ["valid", "half", "full", ("valid", "half", "full"), ("full", "valid", "valid"), ("half", 1, (0, 2))]


def reference(signals, filters, border):
    """The definition, one channel at a time."""
    modes = border if isinstance(border, tuple) else (border,) * 3
    kernel = filters.shape[1], *filters.shape[3:]
    pads = [{"valid": (0, 0), "half": (k // 2, k // 2), "full": (k - 1, k - 1), 1: (1, 1)}.get(mode, mode)
            for mode, k in zip(modes, kernel, strict=True)]
    padded = np.pad(signals, [(0, 0), pads[0], (0, 0), *pads[1:]])
    return np.stack([np.stack([sum(scipy.signal.convolve(video[:, c], w[:, c], "valid") for c in range(w.shape[1]))
                               for w in filters], axis=1) for video in padded])


@pytest.mark.parametrize("border", BORDERS, ids=str)
@pytest.mark.parametrize("kernel", [(2, 3, 2), (1, 2, 3)])
def test_videos(border, kernel, rng):
    signals, filters = rng.rand(2, 4, 3, 5, 6), rng.rand(4, kernel[0], 3, *kernel[1:])
    s, f = T.tensor5(), T.tensor5()
    expected = reference(signals, filters, border)
    for shapes in ((None, None), (signals.shape, filters.shape), ((2, None, 3, None, 6), (4, *[None] * 4))):
        y = conv3d(s, f, *shapes, border)
        np.testing.assert_allclose(theano.function([s, f], y)(signals, filters), expected)
        assert theano.function([s, f], y.shape)(signals, filters).tolist() == list(expected.shape)
    theano.gradient.verify_grad(lambda s, f: conv3d(s, f, border_mode=border), [signals, filters], rng=rng)


def test_the_extents_of_a_valid_convolution(rng):
    found = T.nnet.conv3d2d.conv3d(rng.rand(3, 10, 2, 8, 7), rng.rand(5, 3, 2, 4, 2)).eval()
    assert found.shape == (3, 10 - 3 + 1, 5, 8 - 4 + 1, 7 - 2 + 1)


def test_declared_shapes_are_checked(rng):
    s, f = T.tensor5(), T.tensor5()
    convolve = theano.function([s, f], conv3d(s, f, (1, 4, 2, 5, 5), (1, 2, 2, 2, 2)))
    with pytest.raises(ValueError, match="imshp"):
        convolve(rng.rand(1, 5, 2, 5, 5), rng.rand(1, 2, 2, 2, 2))
    with pytest.raises(ValueError, match="border_mode"):
        conv3d(s, f, border_mode="same")
