"""Sums of floats are sums of doubles, rounded once, wherever the accumulators lie."""

import numpy as np
import pytest

import theano
import theano.tensor as tt

LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "middle": lambda x: np.ascontiguousarray(x.transpose(1, 0, 2)).transpose(1, 0, 2),
    "backwards": lambda x: np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1],
    "parts": lambda x: np.repeat(x, 2, axis=2)[..., ::2],
}
AXES = [0, 1, 2, (0, 1), (0, 2), (1, 2), None]


def compiled(build, dtype, ndim=3):
    x = tt.TensorType(dtype, (False,) * ndim)("x")
    return theano.function([x], build(x))


def values(shape, dtype):
    rng = np.random.default_rng(len(shape) + sum(shape))
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype == "complex64" else x).astype(dtype)


def wide(dtype):
    return {"float32": "float64", "complex64": "complex128"}[dtype]


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("axis", AXES)
def test_sums_are_rounded_once(axis, dtype):
    f = compiled(lambda x: x.sum(axis=axis), dtype)
    for shape in [(70, 41, 3), (3, 5, 2), (1, 6, 4), (5, 0, 3), (2, 3, 200)]:
        x = values(shape, dtype)
        exact = x.astype(wide(dtype)).sum(axis=axis)
        for layout in LAYOUTS.values():
            found = f(layout(x))
            assert found.dtype == dtype and found.shape == exact.shape
            np.testing.assert_allclose(found, exact.astype(dtype), rtol=1.2e-7, atol=1e-12)


@pytest.mark.parametrize("rows", [2, 3, 4, 7, 127, 128, 200])
def test_a_few_rows_of_many_columns(rows):
    f = compiled(lambda x: x.sum(axis=0), "float32", 2)
    g = compiled(lambda x: tt.exp(x).prod(axis=0), "float32", 2)
    for columns in (2047, 2048, 5000):
        x = values((rows, columns), "float32") / 16
        np.testing.assert_allclose(f(x), x.astype("float64").sum(axis=0), rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(g(x), np.exp(x).astype("float64").prod(axis=0), rtol=1e-5)


def test_rounding_errors_do_not_add_up():
    x = np.full((127, 3000), 0.1, "float32")
    x[0] = 2.0**24
    f = compiled(lambda x: x.sum(axis=0), "float32", 2)
    assert (f(x) == np.float32(x.astype("float64").sum(axis=0))).all()
    assert (f(np.asfortranarray(x)) == f(x)).all()


@pytest.mark.parametrize("axis", AXES[:-1])
def test_results_lie_as_numpys_do(axis):
    f = compiled(lambda x: x.sum(axis=axis), "float32")
    for layout in ("C", "F", "middle"):
        x = LAYOUTS[layout](values((6, 5, 4), "float32"))
        assert f(x).strides == x.sum(axis=axis).strides


def test_several_accumulators_of_one_loop():
    def build(x):
        return [x.sum(axis=0), (x * x).sum(axis=0), tt.exp(x).sum(axis=1), x.max(axis=0)]
    x = values((9, 2100), "float32")
    found = compiled(build, "float32", 2)(x)
    d = x.astype("float64")
    exact = [d.sum(axis=0), (d * d).sum(axis=0), np.exp(d).sum(axis=1), d.max(axis=0)]
    for got, wanted in zip(found, exact, strict=True):
        assert got.dtype == "float32"
        np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-6)


def test_threads_do_not_change_sums():
    f = compiled(lambda x: [x.sum(axis=0), x.sum(axis=1)], "float32", 2)
    before = theano.get_num_threads()
    try:
        for shape in [(9, 600_000), (600_000, 9), (150, 40_000)]:
            found = []
            for threads in (1, 3):
                theano.set_num_threads(threads)
                found.append([y.copy() for y in f(values(shape, "float32"))])
            assert all((a == b).all() for a, b in zip(*found, strict=True))
    finally:
        theano.set_num_threads(before)


def test_sums_in_every_step_of_a_loop():
    x = tt.ftensor3("x")
    y, _ = theano.scan(lambda m, s: s + m.sum(axis=0), sequences=[x], outputs_info=[tt.zeros_like(x[0, 0])])
    value = values((4, 3, 2500), "float32")
    np.testing.assert_allclose(theano.function([x], y)(value), value.sum(axis=1).cumsum(axis=0), rtol=1e-4, atol=1e-5)


def test_accumulators_too_many_to_count_are_an_error():
    """2**60 floats can be counted in bytes, as many doubles can't."""
    f = compiled(lambda x: x.sum(axis=2), "float32")
    with pytest.raises(MemoryError):
        f(np.broadcast_to(np.float32(1), (2**30, 2**30, 1)))
    assert f(np.ones((2, 2, 1), "float32")).tolist() == [[1, 1], [1, 1]]
