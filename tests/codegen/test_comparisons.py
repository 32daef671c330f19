"""Comparisons of rows, which take 64 points at a time and may overlap at the ends."""

import numpy as np
import pytest

import theano
import theano.tensor as tt

SIZES = [0, 1, 63, 64, 65, 72, 127, 128, 129, 200, 1001]
DTYPES = ["float64", "float32", "float16", "int64", "int32", "uint64", "int8"]
RELATIONS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
             "neq": np.not_equal}


def numbers(n, dtype, seed=0):
    """Numbers of which many are the same; of floats some are nan, infinite or a zero with a sign."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, n).astype(dtype)
    if np.dtype(dtype).kind == "f":
        for value in (np.nan, np.inf, -np.inf, -0.0):
            x[rng.random(n) < 0.2] = value
    return x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("relation", RELATIONS)
def test_relations_agree_with_numpy(relation, dtype):
    x, y, z = tt.vector(dtype=dtype), tt.vector(dtype=dtype), tt.scalar(dtype=dtype)
    ours, theirs = getattr(tt, relation), RELATIONS[relation]
    f = theano.function([x, y, z], [ours(x, y), ours(x, z), ours(z, y), ours(x, 1), ours(x, x)])
    for n in SIZES:
        for start in (0, 1, 3):
            a, b, c = numbers(n + start, dtype)[start:], numbers(n, dtype, 1), numbers(1, dtype, 2)[0]
            given = [(a, b), (a, c), (c, b), (a, np.ones((), dtype)), (a, a)]
            for got, pair in zip(f(a, b, c), given, strict=True):
                assert got.dtype == bool
                np.testing.assert_array_equal(got, theirs(*pair))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["isnan", "isinf"])
def test_classes_agree_with_numpy(name, dtype):
    x = tt.vector(dtype=dtype)
    f = theano.function([x], getattr(tt, name)(x))
    for n in SIZES:
        a = numbers(n + 1, dtype)
        for given in (a, a[1:], a[::-1]):
            np.testing.assert_array_equal(f(given), getattr(np, name)(given))


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_an_operand_that_stays_along_rows(dtype):
    x, column, row = tt.matrix(dtype=dtype), tt.col(dtype=dtype), tt.row(dtype=dtype)
    f = theano.function([x, column, row], [tt.lt(x, column), tt.ge(column, x), tt.lt(row, x), tt.eq(column, row)])
    for n in SIZES[1:]:
        a, c, r = numbers(3 * n, dtype).reshape(3, n), numbers(3, dtype, 1)[:, None], numbers(n, dtype, 2)[None]
        for given in (a, np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2]):
            got = f(given, c, r)
            for ours, theirs in zip(got, (given < c, c >= given, r < given, c == r), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_numbers_of_two_dtypes_and_complex_ones():
    x, y, z = tt.fvector(), tt.dvector(), tt.zvector()
    f = theano.function([x, y, z], [tt.lt(x, y), tt.eq(z, y), tt.isnan(z), tt.gt(y, tt.cast(x, "int64"))])
    a, b = np.arange(100, dtype="float32"), np.linspace(0, 90, 100)
    c = b + 1j * (np.arange(100) % 2)
    c[3] = complex(0, np.nan)
    for got, wanted in zip(f(a, b, c), (a < b, c == b, np.isnan(c), b > a.astype("int64")), strict=True):
        np.testing.assert_array_equal(got, wanted)
