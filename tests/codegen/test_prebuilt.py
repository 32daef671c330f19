"""Ops with prebuilt kernels against NumPy: dtypes, layouts, empty arrays, errors."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.codegen.kernels.prebuilt import ORDERED

NATIVE = theano.Mode("cvm", "fast_run")
LAYOUTS = {
    "plain": lambda x: x,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: np.ascontiguousarray(x[::-1, ..., ::-1])[::-1, ..., ::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}
SHAPES = ((3, 4, 5), (1, 4, 1), (40, 33, 2), (2, 0, 3), (0, 2, 3))


def draw(rng, shape, dtype="float64"):
    """Numbers of which many are equal."""
    x = rng.randint(-3 if np.dtype(dtype).kind in "if" else 0, 4, shape)
    return x.astype(dtype)


def cube(dtype="float64"):
    return T.TensorType(dtype, (False,) * 3)()


def native(inputs, outputs):
    """A function in which no op runs as Python."""
    f = theano.function(inputs, outputs, mode=NATIVE)
    assert not f.maker.compiled.program.performs
    return f


@pytest.mark.parametrize("layout", LAYOUTS)
def test_join_and_split(layout, rng):
    x, y = cube(), cube()
    for axis in range(3):
        joined = native([x, y], T.concatenate([x, y, x], axis=axis))
        sizes = T.lvector()
        parts = native([x, sizes], [p + 0 for p in T.split(x, sizes, 2, axis=axis)])
        for shape in SHAPES:
            a, b = (LAYOUTS[layout](draw(rng, shape)) for _ in range(2))
            np.testing.assert_array_equal(joined(a, b), np.concatenate([a, b, a], axis=axis))
            cut = shape[axis] // 2
            for found, expected in zip(parts(a, [cut, shape[axis] - cut]), np.split(a, [cut], axis=axis), strict=True):
                np.testing.assert_array_equal(found, expected)


def test_join_of_many_and_of_dtypes(rng):
    xs = [T.vector(dtype=d) for d in ("int8", "float32", "float64", "bool") * 10]
    values = [draw(rng, n + 1, x.dtype) for n, x in enumerate(xs)]
    np.testing.assert_array_equal(native(xs, T.concatenate(xs))(*values), np.concatenate(values))


def test_join_and_split_refuse():
    x, y, sizes = T.dmatrix(), T.dmatrix(), T.lvector()
    with pytest.raises(ValueError, match="size 3 .* size 4"):
        native([x, y], T.concatenate([x, y], axis=1))(np.ones((3, 2)), np.ones((4, 2)))
    f = native([x, sizes], T.split(x, sizes, 2, axis=0))
    for wrong in ([1, 1], [3, 1], [-1, 4], [3]):
        with pytest.raises(ValueError, match="split"):
            f(np.ones((3, 2)), wrong)


@pytest.mark.parametrize("axis", [None, (0,), (1,), (2,), (0, 1), (1, 2), (0, 2)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_argmax_and_argmin(layout, axis, rng):
    x = cube()
    f = native([x], [T.argmax(x, axis), T.argmin(x, axis), *T.max_and_argmax(x, axis)])
    axes = (0, 1, 2) if axis is None else axis
    kept = [d for d in range(3) if d not in axes]
    for shape in SHAPES[:3]:
        a = LAYOUTS[layout](draw(rng, shape))
        flat = a.transpose([*kept, *axes]).reshape([shape[d] for d in kept] + [-1])
        for with_nan in (False, True):
            if with_nan:
                a, flat = a.copy(), flat.copy()
                a[-1, -1, -1] = flat[..., -1][(-1,) * len(kept)] = np.nan
            for found, expected in zip(f(a), (flat.argmax(-1), flat.argmin(-1), flat.max(-1), flat.argmax(-1)),
                                       strict=True):
                np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", sorted(ORDERED))
def test_argmax_of_every_dtype(dtype, rng):
    x = T.TensorType(dtype, (False, False))()
    f = native([x], [T.argmax(x, 0), T.argmax(x, 1), T.argmax(x), T.argmin(x, 1)])
    for shape in ((1, 1), (5, 300), (1500, 3), (2, 1025)):
        a = draw(rng, shape, dtype)
        for found, expected in zip(f(a), (a.argmax(0), a.argmax(1), a.argmax(), a.argmin(1)), strict=True):
            np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="argmax of nothing"):
        f(np.zeros((0, 2), dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_argmax_of_equal_infinite_and_missing_numbers(dtype, rng):
    x = T.matrix(dtype=dtype)
    f = native([x], [T.argmax(x, 1), T.argmin(x, 1)])
    for n in (1, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100, 127, 255, 256, 1000, 4096, 9001, 70_001):
        a = rng.randint(-3, 4, (12, n)).astype(dtype)           # many are equal: the first counts
        a[1, n // 2], a[2, n // 3], a[3, n - 1] = np.inf, -np.inf, np.nan
        a[4, [0, n - 1]] = np.inf, -np.inf
        a[5, [n // 2, n - 1]] = np.nan
        a[6] = -np.inf
        a[7, n // 4:] = np.inf
        a[8, 0] = np.nan
        a[9] = np.nan
        a[10, ::2], a[10, 1::2] = 0.0, -0.0
        for found, expected in zip(f(a), (a.argmax(1), a.argmin(1)), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_arange():
    for dtype, values in (("int64", (0, 1, 7, -5, 1000)), ("float64", (0.0, 0.5, 7.0, -2.25, 10.1)),
                          ("float32", (0.0, 0.5, 7.0, -2.25, 10.1))):
        start, stop, step = T.TensorType(dtype, ())(), T.TensorType(dtype, ())(), T.TensorType(dtype, ())()
        f = native([start, stop, step], T.arange(start, stop, step))
        for a, b, c in itertools.product(values, values, values[1:]):
            a, b, c = (np.dtype(dtype).type(v) for v in (a, b, c))
            found, expected = f(a, b, c), np.arange(a.item(), b.item(), c.item(), dtype)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
        with pytest.raises((ValueError, ZeroDivisionError)):
            f(0, 1, 0)


def test_eye_and_triangles():
    n, m, k = T.lscalars("nmk")
    f = native([n, m, k], [T.eye(n, m, k), T.tri(n, m, k), T.eye(n, m, k, dtype="int8")])
    for shape in itertools.product((0, 1, 4, 7), (0, 1, 5), (-8, -2, 0, 1, 6)):
        for found, expected in zip(f(*shape), (np.eye(*shape), np.tri(*shape), np.eye(*shape, dtype="int8")),
                                   strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="negative"):
        f(-1, 2, 0)


@pytest.mark.parametrize("axes", [(0, 1), (2, 0), (1, 3)])
@pytest.mark.parametrize("offset", [-2, 0, 1])
def test_matrices_with_a_diagonal(offset, axes, rng):
    x = cube()
    op = T.AllocDiag(offset, *axes)
    for shape in SHAPES:
        for layout in LAYOUTS.values():
            a = layout(draw(rng, shape))
            made = native([x], op(x))(a)
            assert np.count_nonzero(made) == np.count_nonzero(a)
            np.testing.assert_array_equal(np.diagonal(made, offset, *axes), a)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("ranks", [(3, 3), (3, 2), (2, 3), (2, 2)])
def test_batched_dot(ranks, dtype, rng):
    x, y = (T.TensorType(dtype, (False,) * n)() for n in ranks)
    f = native([x, y], T.batched_dot(x, y))
    for b, m, k, n in ((3, 4, 5, 6), (1, 1, 1, 1), (2, 30, 17, 13), (0, 2, 3, 4), (2, 3, 0, 4), (2, 0, 3, 4)):
        for layout in (LAYOUTS[name] for name in LAYOUTS if b or name != "broadcast"):
            a = layout(draw(rng, (b, m, k)[:1 + (ranks[0] == 3)] + (k,), dtype))
            c = layout(draw(rng, (b, k, n)[:ranks[1]], dtype))
            left = a if a.ndim == 3 else a[:, None]
            right = c if c.ndim == 3 else c[:, :, None]
            expected = np.matmul(left, right).reshape(f(a, c).shape)
            np.testing.assert_allclose(f(a, c), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="batched_dot"):
        f(np.ones((2, 3, 4)[:1] + (3, 4)[-ranks[0] + 1:], dtype), np.ones((3, 4, 4)[:ranks[1]], dtype))


def test_differences_and_outer_products(rng):
    x = T.dmatrix()
    for n, axis in itertools.product((1, 2), (0, 1)):
        f = native([x], T.diff(x, n, axis))
        for shape in ((5, 6), (1, 1), (0, 3), (2, 2)):
            a = draw(rng, shape)
            np.testing.assert_array_equal(f(a), np.diff(a, n, axis))
    u, v = T.dvectors("uv")
    a, b = draw(rng, 7), draw(rng, 5)
    np.testing.assert_array_equal(native([u, v], T.outer(u, v))(a, b), np.outer(a, b))


@pytest.mark.parametrize("dtype", ["bool", "float16", "int32", "float64", "complex128"])
def test_copies_between_layouts(dtype, rng):
    x = cube(dtype)
    for order in itertools.permutations(range(3)):
        f = native([x], x.dimshuffle(order).flatten())
        for shape in SHAPES:
            for layout in LAYOUTS.values():
                a = layout(draw(rng, shape, dtype))
                np.testing.assert_array_equal(f(a), a.transpose(order).ravel())


def test_reshaped_results_are_the_callers(rng):
    x, n = T.dmatrix(), T.lscalar()
    f = native([x, n], [(x + 1).flatten(), x.T.flatten(), T.tile(x, (n, 1))])
    a, b = rng.randn(3, 4), rng.randn(3, 4)
    first = f(a, 2)
    kept = [v.copy() for v in first]
    second = f(b, 2)
    for found, expected, value in ((first, kept, a), (second, second, b)):
        for one, same, right in zip(found, expected, ((value + 1).ravel(), value.T.ravel(), np.tile(value, (2, 1))),
                                    strict=True):
            np.testing.assert_array_equal(one, same)
            np.testing.assert_array_equal(one, right)
            one += 1                    # writable, and nobody else's
    np.testing.assert_array_equal(f(a, 2)[0], (a + 1).ravel())


def test_tensordot_over_leading_axes(rng):
    x, y = cube(), cube()
    a, b = rng.randn(3, 4, 5), rng.randn(3, 4, 6)
    for axes, (left, right) in {((0, 1), (0, 1)): (a, b), ((1,), (1,)): (a, b), ((2, 0), (2, 0)): (a, a)}.items():
        np.testing.assert_allclose(native([x, y], T.tensordot(x, y, axes))(left, right),
                                   np.tensordot(left, right, axes))


def test_long_rows_that_begin_anywhere_in_a_line(rng):
    """Some points come first, so that the rest begins lines of the cache."""
    x, y, m = T.dvector(), T.dvector(), T.TensorType("bool", (False,))()
    f = native([x, y, m], [x * 2 + y, T.lt(x, y), T.cast(x, "float32"), T.invert(m)])
    for n, starts in itertools.product((1023, 1024, 3001), ((0, 0, 0), (1, 1, 8), (3, 6, 5), (7, 0, 63))):
        a, b, c = (rng.rand(n + 64)[k:k + n] for k in starts)
        mask = (np.append(c, np.zeros(64)) < 0.5)[starts[2]:starts[2] + n]
        for found, wanted in zip(f(a, b, mask), (a * 2 + b, a < b, a.astype("float32"), ~mask), strict=True):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("expression", [
    lambda x, y: T.exp(-x * x) * T.tanh(y + x) - T.sigmoid(x * y - x) / (1 + y * y), lambda x, y: x * y,
    lambda x, y: T.maximum(x, y), lambda x, y: T.lt(x, y)])
def test_results_do_not_depend_on_where_arrays_lie(expression, rng):
    x, y = T.dvector(), T.dvector()
    f, room = native([x, y], expression(x, y)), np.empty((2, 2016 + 8))
    values, found = rng.randn(2, 2003), set()
    first = int(-room.ctypes.data % 64 // 8)
    for start in range(first, first + 8):
        a, b = (r[start:start + 2003] for r in room)
        a[...], b[...] = values
        found.add(f(a, b).tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "complex128"])
def test_columns_repeated_in_short_rows(dtype, rng):
    x, n = T.TensorType(dtype, (False,))(), T.lscalar()
    f, g = native([x, n], T.repeat(x, n)), native([x], T.repeat(x, 3))
    counts = T.lvector()
    h = native([x, counts], T.repeat(x, counts))
    for size in (1, 5, 341, 342, 2000):
        a, times = draw(rng, (size,), dtype), rng.randint(0, 7, size)
        np.testing.assert_array_equal(g(a), np.repeat(a, 3))
        np.testing.assert_array_equal(h(a, times), np.repeat(a, times))
        for k in (0, 1, 2, 4, 5):
            np.testing.assert_array_equal(f(a, k), np.repeat(a, k))


def test_repetition_refuses(rng):
    x, counts = T.dvector(), T.lvector()
    f = native([x, counts], T.repeat(x, counts))
    for n, times, message in ((3, [1, -1, 2], "negative"), (2, [2 ** 62] * 2, "no memory"), (3, [1, 2], "broadcast")):
        with pytest.raises((ValueError, MemoryError), match=message):
            f(np.ones(n), np.array(times))
    assert f(np.ones(0), np.array([-1])).shape == (0,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_larger_and_the_smaller_of_missing_numbers(dtype):
    x, y = T.TensorType(dtype, (False,))(), T.TensorType(dtype, (False,))()
    f = native([x, y], [T.maximum(x, y), T.minimum(x, y)])
    a, b = (v.ravel().astype(dtype) for v in np.meshgrid(*[[np.nan, np.inf, -np.inf, -1, 0, 2.5]] * 2))
    for found, wanted in zip(f(a, b), (np.maximum(a, b), np.minimum(a, b)), strict=True):
        np.testing.assert_array_equal(found, wanted)
