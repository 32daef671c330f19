"""Sums and products of a dtype that is asked for."""

import numpy as np
import pytest

import theano
import theano.tensor as T

INTEGERS = ("int8", "int32", "int64", "uint8", "uint32", "uint64")
MODES = {"native": None, "py": theano.Mode("py", None)}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_reduced_to_any_other_kind_of_integers_as_by_numpy(dtype, mode):
    limits = np.iinfo(dtype)
    value = np.array([[limits.max, 1, 3], [limits.min, limits.max - 5, 7]], dtype)
    x = T.matrix(dtype=dtype)
    wanted = [(function, out) for function in ("sum", "prod") for out in INTEGERS]
    results = theano.function([x], [getattr(x, function)(axis=0, dtype=out) for function, out in wanted],
                              mode=MODES[mode])(value)
    for (function, out), result in zip(wanted, results, strict=True):
        expected = getattr(np, function)(value, axis=0, dtype=out)
        assert result.dtype == out and np.array_equal(result, expected), (function, out, result, expected)


@pytest.mark.parametrize("function", ["sum", "prod"])
def test_complex_numbers_are_not_reduced_to_real_ones(function):
    with pytest.raises(TypeError, match=r"real\(\)"):
        getattr(T.zvector(), function)(dtype="float64")
