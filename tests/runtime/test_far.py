"""Arrays that outlast the second cache: their pages and lines are asked for ahead of time, some past the end."""

import numpy as np
import pytest

import theano
import theano.tensor as T

MANY = (5 << 20) // 8 + 77          # doubles; sixteen times TH_FAR in runtime/arrays.h, and three TH_KNOWN in vm.h
rng = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
@pytest.mark.parametrize("start", [0, 1, 5])
def test_long_rows(dtype, start):
    x, y = T.vector("x", dtype), T.vector("y", dtype)
    f = theano.function([x, y], [-x, x + y, T.cast(x, "float64")])
    a = rng.integers(-100, 100, 3 * MANY + start).astype(dtype)[start:]
    for found, expected in zip(f(a, a[::-1].copy()), [-a, a + a[::-1], a.astype("float64")], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_long_rows_in_place():
    w = theano.shared(np.arange(3 * MANY, dtype="float64"))
    f = theano.function([], [], updates=[(w, w * 2 + 1)])
    for times in (2, 4, 8):                 # by turns from the first block of points on, and from the last one
        f()
        np.testing.assert_array_equal(w.get_value(), np.arange(3 * MANY) * float(times) + times - 1)


@pytest.mark.parametrize("expression", [T.exp, lambda x: T.tanh(x) * x, lambda x: x.copy()])
@pytest.mark.parametrize("points", [3 * MANY, 64 * 32768, 64 * 32768 + 1])
def test_long_rows_come_out_the_same_in_both_directions(expression, points):
    x = T.dvector("x")
    f = theano.function([x], expression(x))
    a = rng.standard_normal(points + 1)[1:]
    parts = np.concatenate([f(part) for part in np.array_split(a, 7)])
    for _ in range(2):
        np.testing.assert_array_equal(f(a), parts)


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex128"])
def test_far_elements_are_taken_and_written(dtype):
    n = 6 << 20 if dtype == "int8" else MANY
    x, y, i = T.vector("x", dtype), T.vector("y", dtype), T.lvector("i")
    f = theano.function([x, y, i], [x[i], T.set_subtensor(x[i], y), T.inc_subtensor(x[i], y)])
    a = rng.integers(0, 3, n).astype(dtype)
    for count in (1, 64, 65, 5000):
        places, values = rng.integers(-n, n, count), rng.integers(0, 3, count).astype(dtype)
        put, added = a.copy(), a.copy()
        put[places] = values
        np.add.at(added, places, values)
        for found, expected in zip(f(a, values, places), [a[places], put, added], strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("step", [1, 3, -2])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "int8", "complex128"])
def test_elements_beyond_the_first_cache(dtype, step):
    """Counted from the first, from the last or either way, by the group and what remains; side by side and apart."""
    x, i = T.vector("x", dtype), T.lvector("i")
    f = theano.function([x, i], x[i])
    a = rng.integers(-100, 100, 3 << 18).astype(dtype)[::step]
    for count in (1, 7, 8, 9, 1003):
        for lowest, highest in ((0, len(a)), (-len(a), 0), (-len(a), len(a))):
            places = rng.integers(lowest, highest, count)
            np.testing.assert_array_equal(f(a, places), a[places])


@pytest.mark.parametrize("many", [MANY, MANY // 8])
@pytest.mark.parametrize("at", [0, 3, 170, 295, 299])
def test_far_elements_that_are_none(many, at):
    """A place is asked for before it is checked, whatever it is."""
    x, i = T.dvector("x"), T.lvector("i")
    functions = [theano.function([x, i], result) for result in (x[i], T.inc_subtensor(x[i], 1.0))]
    for wrong in (many, -many - 1, 2**62, -(2**63)):
        places = rng.integers(-many, many, 300)
        places[at] = wrong
        for f in functions:
            with pytest.raises(IndexError, match=str(wrong)):
                f(np.zeros(many), places)


@pytest.mark.parametrize("columns", [40, 700, 1500])
def test_long_rows_are_taken_and_joined(columns):
    x, i, m = T.dmatrix("x"), T.lvector("i"), T.vector("m", "bool")
    f = theano.function([x, i, m], [x[i], x[m], T.concatenate([x, x[:3]]), T.concatenate([x, x], axis=1), x.copy()])
    a = rng.standard_normal((MANY // columns, columns))
    places, mask = rng.integers(-len(a), len(a), len(a) // 2), rng.random(len(a)) < 0.5
    expected = [a[places], a[mask], np.concatenate([a, a[:3]]), np.concatenate([a, a], axis=1), a]
    for found, wanted in zip(f(a, places, mask), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("start", [0, 1, 31])
@pytest.mark.parametrize("columns", [500, 511, 512, 513, 543, 639, 640, 641, 672, 1100])
def test_rows_that_registers_do_not_fill_are_copied_whole(columns, start):
    x, i, m = T.tensor("uint8", (False, False)), T.lvector("i"), T.vector("m", "bool")
    f = theano.function([x, i, m], [x[i], x[m], T.concatenate([x, x], axis=1), x.copy()])
    a = rng.integers(0, 256, 9 * columns + start).astype("uint8")[start:].reshape(9, columns)
    places, mask = rng.integers(0, 9, 5), np.arange(9) % 4 < 2
    twice = np.concatenate([a, a], axis=1)
    for found, expected in zip(f(a, places, mask), [a[places], a[mask], twice, a], strict=True):
        np.testing.assert_array_equal(found, expected)
