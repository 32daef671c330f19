"""Linkers that hold a graph, and what raises while a function runs."""

import numpy as np
import pytest
from theano.raise_op import Raise

import theano
import theano.tensor as T
from theano.compile.linker import LINKERS, VM_Linker


def graph():
    x, y = T.dvectors("xy")
    return theano.FunctionGraph([x, y], [x + y, x * y])


@pytest.mark.parametrize("make", [theano.PerformLinker, theano.CLinker, theano.OpWiseCLinker, theano.DualLinker,
                                  VM_Linker])
def test_function_and_thunk(make):
    f = make().accept(graph()).make_function()
    np.testing.assert_array_equal(f([1., 2], [3., 4]), [[4, 6], [3, 8]])
    thunk, inputs, outputs = make().accept(graph()).make_thunk()
    for cell, value in zip(inputs, ([1., 2], [3., 4]), strict=True):
        cell.data = np.asarray(value)
    thunk()
    np.testing.assert_array_equal([c.value for c in outputs], [[4, 6], [3, 8]])


def test_one_output_is_unpacked():
    x = theano.scalar.float64()
    linker = theano.DualLinker().accept(theano.FunctionGraph([x], [x * 2]))
    assert linker.make_function()(3.) == 6 and linker.make_function(unpack_single=False)(3.) == [6]
    assert linker.accept(graph()) is not linker


def test_dual_linker_asks_the_checker():
    seen = []
    f = theano.DualLinker(lambda x, y: seen.append((x, y))).accept(graph()).make_function()
    f([1.], [2.])
    assert seen == [(3, 3), (2, 2)]


def test_names_and_refusals():
    assert all(linker.name == name for name, linker in LINKERS.items()) and len(LINKERS) == 8
    with pytest.raises(NotImplementedError, match="schedule"):
        theano.PerformLinker(schedule=sorted)
    with pytest.raises(ValueError, match="accept"):
        theano.PerformLinker().make_function()


def test_raise():
    x = T.dvector()
    f = theano.function([x], Raise("no way", KeyError)(x).sum())
    with pytest.raises(KeyError, match="no way"):
        f([1.])
    with pytest.raises(NotImplementedError):
        theano.function([x], T.grad(Raise()(x).sum(), x))([1.])


def test_param():
    x = T.dscalar()
    assert theano.function([theano.Param(x, default=2.)], x + 1)() == 3
