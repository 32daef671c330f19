"""Closeness follows the less precise dtype."""

import numpy as np
import pytest

from theano.tensor.compare import _allclose


@pytest.mark.parametrize(("dtype", "error", "expected"), [
    ("float16", 1e-3, True), ("float16", 5e-3, False), ("float32", 1e-5, True), ("float32", 1e-4, False),
    ("complex64", 1e-5, True), ("float64", 5e-6, True), ("float64", 1e-4, False)])
def test_relative_errors(dtype, error, expected):
    assert _allclose(np.ones(3, dtype), np.ones(3) + error) is expected


def test_small_numbers_are_told_apart_in_double_precision_only():
    assert _allclose(np.float32(0), np.float64(1e-6)) and not _allclose(np.float64(0), np.float64(1e-6))
    assert _allclose(np.float64(0), np.float64(1e-6), atol=1e-5)
    assert not _allclose(np.float32(1), np.float32(1.001)) and _allclose(np.float32(1), np.float32(1.001), rtol=1e-2)
