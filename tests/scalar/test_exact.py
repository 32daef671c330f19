"""Unsigned and signed integers are compared as numbers, however large."""

from itertools import product

import numpy as np
import pytest

import theano
import theano.scalar as scalar
import theano.tensor as tt
from theano.tensor.elemwise import Elemwise

UNSIGNED = np.array([0, 1, 5, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1], "uint64")
SIGNED = np.array([-2**63, -2**53 - 1, -1, 0, 1, 5, 2**53, 2**53 + 1, 2**63 - 1], "int64")
COMPARISONS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
               "neq": np.not_equal}
COMPILED = [{"cxx": theano.config.cxx}, {"cxx": "", "mode": "FAST_COMPILE"}, {"mode": "FAST_COMPILE"}]


@pytest.mark.parametrize("flags", COMPILED, ids=["FAST_RUN", "prebuilt", "FAST_COMPILE"])
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_of_two_integers(name, flags):
    x, y = tt.col("x", "int64"), tt.row("y", "uint64")
    signed, unsigned = SIGNED[:, None], UNSIGNED[None]
    row, expected = getattr(tt, name), COMPARISONS[name]
    with theano.config.change_flags(**flags):
        f = theano.function([x, y], [row(x, y), row(y, x), row(x, np.uint64(2**63)), row(5, y)])
    given = [(signed, unsigned), (unsigned, signed), (signed, np.uint64(2**63)), (np.int8(5), unsigned)]
    for found, pair in zip(f(signed, unsigned), given, strict=True):
        np.testing.assert_array_equal(found, expected(*pair), strict=True)


@pytest.mark.parametrize("flags", COMPILED, ids=["FAST_RUN", "prebuilt", "FAST_COMPILE"])
@pytest.mark.parametrize(("openlow", "openhi"), list(product([False, True], repeat=2)))
def test_intervals(openlow, openhi, flags):
    x, low, high = tt.lvector("x"), tt.TensorType("uint64", ())("low"), tt.lscalar("high")
    with theano.config.change_flags(**flags):
        f = theano.function([x, low, high], Elemwise(scalar.InRange(openlow, openhi))(x, low, high))
    for bound in (5, 2**53, 2**63):
        expected = [(bound < n if openlow else bound <= n) and (n < 2**63 - 1 if openhi else n <= 2**63 - 1)
                    for n in SIGNED.tolist()]
        assert f(SIGNED, np.uint64(bound), 2**63 - 1).tolist() == expected


def test_inside_of_loops_and_composites():
    numbers = tt.TensorType("uint64", (False,))("numbers")
    counts, _ = theano.scan(lambda n, count: count + tt.lt(count + (2**53 - 1), n), [numbers],
                            tt.as_tensor_variable(np.int64(0)))
    f = theano.function([numbers], counts)
    assert f(np.array([2**53, 2**53 + 1, 1, 2**63], "uint64")).tolist() == [1, 2, 2, 3]

    a, b = scalar.int64("a"), scalar.uint64("b")
    op = Elemwise(scalar.Composite([a, b], [scalar.switch(scalar.lt(a, b), a, a - 1)]))
    x, y = tt.lvector("x"), tt.TensorType("uint64", (False,))("y")
    assert theano.function([x, y], op(x, y))(SIGNED[-2:], UNSIGNED[3:5]).tolist() == [2**53, 2**63 - 2]
