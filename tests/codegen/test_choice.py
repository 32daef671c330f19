"""Choices between two values, where long stretches of a row choose the same."""

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.codegen.dialects.c import FIRST, OUTSIDE, SIDE

SIZES = [1, OUTSIDE - 1, OUTSIDE, OUTSIDE + FIRST - 3, OUTSIDE + SIDE + 7, 3 * OUTSIDE + 1]
CONDITIONS = ["bool", "int8", "int64", "uint16", "float16", "float32", "float64"]


def masks(n, dtype):
    """All and none; every other point; stretches with one point beside them at the ends of what is looked at."""
    held = {"float16": 2 ** -20, "float32": 1e-30, "float64": np.nan}.get(dtype, 1)
    for name in ("all", "none", "mixed", "stretches"):
        mask = np.zeros(n, bool)
        if name == "all":
            mask[:] = True
        elif name == "mixed":
            mask[::2] = True
        elif name == "stretches":
            mask[n // 3:2 * n // 3] = True
            for at in (FIRST - 1, FIRST, SIDE - 1, SIDE, 2 * SIDE + FIRST):
                mask[at % n] ^= True
            mask[-1] ^= True
        yield mask, np.where(mask, held, 0).astype(dtype)


@pytest.mark.parametrize("dtype", CONDITIONS)
@pytest.mark.parametrize("value", ["float64", "float32", "int16", "complex64", "float16"])
def test_choices_agree_with_numpy(dtype, value):
    c, x, y = tt.vector(dtype=dtype), tt.vector(dtype=value), tt.vector(dtype=value)
    f = theano.function([c, x, y], tt.switch(c, x, y))
    for n in SIZES:
        a, b = np.arange(n).astype(value), -np.arange(n).astype(value) - 1
        for mask, given in masks(n, dtype):
            wanted = np.where(mask, a, b)
            np.testing.assert_array_equal(f(given, a, b), wanted)
            np.testing.assert_array_equal(f(given[::-1], a[::-1], b[::-1]), wanted[::-1])


@pytest.mark.parametrize("sides", [("vector", "scalar"), ("scalar", "vector"), ("scalar", "scalar"),
                                   ("number", "vector"), ("vector", "number"), ("wide", "vector")])
def test_sides_of_other_kinds(sides):
    kinds = {"vector": tt.dvector(), "scalar": tt.dscalar(), "wide": tt.lvector(), "number": tt.constant(0.5)}
    given = [tt.bvector(), kinds["vector"], kinds["scalar"], kinds["wide"]]
    f = theano.function(given, tt.switch(given[0], *(kinds[side] for side in sides)), on_unused_input="ignore")
    for n in SIZES:
        values = {"vector": np.linspace(0, 1, n), "scalar": 7.25, "wide": np.arange(n), "number": 0.5}
        wanted = [values[side] for side in sides]
        for mask, condition in masks(n, "int8"):
            got = f(condition, values["vector"], values["scalar"], values["wide"])
            np.testing.assert_array_equal(got, np.where(mask, *wanted))


def test_matrices_and_shared_variables():
    c, x, y = tt.bmatrix(), tt.dmatrix(), tt.dmatrix()
    f = theano.function([c, x, y], tt.switch(c, x, y))
    w = theano.shared(np.zeros((3, 1)))
    update = theano.function([c, y], [], updates=[(w, tt.switch(c, w, y))])
    n = OUTSIDE + 100
    b = np.random.default_rng(0).standard_normal((3, n))
    for _, row in masks(n, "int8"):
        for condition in (np.stack([row, 1 - row, row]), np.stack([row[:1], row[1:2], row[-1:]]).repeat(n, 1)):
            wanted = np.where(condition, b + 1, b)
            np.testing.assert_array_equal(f(condition, b + 1, b), wanted)
            np.testing.assert_array_equal(f(np.asfortranarray(condition), b + 1, np.asfortranarray(b)), wanted)
            w.set_value(b + 1)
            update(condition, b)
            np.testing.assert_array_equal(w.get_value(), wanted)


def test_a_condition_that_stays_along_rows():
    c, x, y = tt.bcol(), tt.dmatrix(), tt.dmatrix()
    f = theano.function([c, x, y], tt.switch(c, x, y))
    a = np.random.default_rng(1).standard_normal((4, OUTSIDE + 3))
    for condition in ([1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]):
        column = np.array(condition, "int8")[:, None]
        np.testing.assert_array_equal(f(column, a, -a), np.where(column, a, -a))
