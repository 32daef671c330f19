"""Calls of NumPy's functions, as text: what they build of variables has the values that NumPy gives for arrays."""

import re
import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T

RNG = np.random.RandomState(1)
ARRAYS = {
    "x": RNG.randn(3, 4), "v": RNG.randn(5), "w": RNG.randn(5) + 2, "t": RNG.randn(2, 3, 4),
    "i": RNG.randint(-5, 6, (3, 4)), "k": RNG.randint(0, 6, 5), "b": RNG.rand(3, 4) > 0.5, "e": np.zeros((0, 4)),
    "f": RNG.randn(3, 4).astype("float32"), "n": np.where(RNG.rand(3, 4) > 0.6, np.nan, RNG.randn(3, 4)),
    "z": RNG.randn(3, 4) + 1j * RNG.randn(3, 4), "s": np.float64(1.5), "o": np.array([2.0]),
    "m": RNG.randn(4, 4) + 4 * np.eye(4), "q": RNG.randn(2, 3, 4, 4) + 4 * np.eye(4), "c": np.sort(RNG.rand(5)),
    "r": np.cumsum(RNG.rand(4) + 0.1), "u": RNG.randint(0, 9, 5).astype("uint8"),
    "g": np.array([0.0, 0, 1, 0, 2, 0, 0])}
ARRAYS["p"] = ARRAYS["q"] @ ARRAYS["q"].swapaxes(-1, -2)
PLAIN = theano.Mode("py", None)


def listed(text):
    """The calls of a text."""
    return text.replace("\n", "; ").strip("; ").split("; ")


def used(call):
    """The arrays that a call names."""
    return {name: ARRAYS[name] for name in ARRAYS if re.search(rf"\b{name}\b(?!=)", call)}


def parts(value):
    """The results of a call as a list."""
    return list(value) if isinstance(value, (tuple, list)) else [value]


def agrees(call):
    """Compare a call of variables with one of arrays."""
    arrays = used(call)
    variables = {name: T.TensorType(str(a.dtype), [n == 1 for n in a.shape])(name) for name, a in arrays.items()}
    built = [T.as_tensor_variable(y) for y in parts(eval(call, {"np": np, **variables}))]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = theano.function(list(variables.values()), built, mode=PLAIN, on_unused_input="ignore")(*arrays.values())
        wanted = parts(eval(call, {"np": np, **arrays}))
    for value, expected in zip(found, map(np.asarray, wanted), strict=True):
        assert value.shape == expected.shape
        assert (value.dtype.kind == "b") == (expected.dtype.kind == "b")
        assert (value.dtype.kind == "c") == (expected.dtype.kind == "c")
        near = 2e-5 if expected.dtype in ("float32", "complex64") else 1e-7
        np.testing.assert_allclose(value, expected, rtol=near, atol=near / 1000)


def derives(call, rng):
    """Compare the gradient of a call with differences of its values."""
    arrays = {name: a for name, a in used(call).items() if a.dtype == "float64"}
    whole = {name: a for name, a in used(call).items() if a.dtype != "float64"}
    T.verify_grad(lambda *args: eval(call, {"np": np, **whole, **dict(zip(arrays, args, strict=True))}),
                  list(arrays.values()), rng=rng)


def compared(calls, derived=""):
    """The tests of a file: that its calls have the values of NumPy's, and some the gradients that differences have."""
    @pytest.mark.parametrize("call", listed(calls))
    def values(call):
        agrees(call)

    @pytest.mark.parametrize("call", listed(derived))
    def gradients(call, rng):
        derives(call, rng)
    return values, gradients
