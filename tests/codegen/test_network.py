"""Pooling and its gradients as the machine computes them."""

import numpy as np
import pytest
from test_order import LAYOUTS, both

import theano
import theano.tensor as T
from theano.tensor.signal.pool import MODES, AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool

WINDOWS = [((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 2), (0, 0)), ((3, 3), (2, 1), (1, 2)), ((2, 5), (3, 3), (1, 0)),
           ((4, 4), (4, 4), (3, 3)), ((9, 2), (1, 1), (0, 0))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("ignore", [True, False])
def test_pools(mode, windows, ignore, rng):
    if not ignore and any(windows[2]):
        return
    for dtype, shape in (("float64", (2, 3, 8, 7)), ("float32", (5, 11)), ("float64", (2, 0, 6, 6))):
        for layout in LAYOUTS.values():
            x = layout(np.round(rng.randn(*shape), 1).astype(dtype))
            if mode == "max":
                x.flat[:1] = np.nan
            found, plain = both(lambda x: Pool(ignore, mode)(x, *windows), x)
            np.testing.assert_allclose(found, plain, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-6)
            assert found.dtype == plain.dtype == dtype
            g = rng.randn(*found.shape).astype(dtype)
            if mode == "max":
                pairs = [both(lambda x, y, g: MaxPoolGrad(ignore)(x, y, g, *windows), x, found, g),
                         both(lambda x, y, v: DownsampleFactorMaxGradGrad(ignore, "max")(x, y, v, *windows), x, found,
                              layout(rng.randn(*shape).astype(dtype)))]
            else:
                pairs = [both(lambda x, g: AveragePoolGrad(ignore, mode)(x, g, *windows), x, g)]
            for one, other in pairs:
                np.testing.assert_allclose(one, other, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_one_and_three_axes(mode, rng):
    for ndim, shape in ((1, (3, 9)), (3, (2, 6, 5, 7))):
        found, plain = both(lambda x, n=ndim: Pool(True, mode, n)(x, (3,) * n, (2,) * n, (1,) * n), rng.randn(*shape))
        np.testing.assert_allclose(found, plain, rtol=1e-13)


def test_windows_must_fit_the_axes():
    x, ws = T.dmatrix(), T.ivector()
    f = theano.function([x, ws], Pool(True)(x, ws))
    with pytest.raises(ValueError, match="ws, stride and pad"):
        f(np.ones((4, 4)), [2])
    with pytest.raises(ValueError, match="at least 1"):
        f(np.ones((4, 4)), [2, 0])
    f = theano.function([x, ws], Pool(False)(x, ws))
    np.testing.assert_array_equal(f(np.eye(3), [2 ** 31 - 1, 5]), [[1]])
