"""Derivatives of products of any order, with and without zeros, and the ops that they are made of."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.cumulate import Recurrence, recurrence
from theano.tensor.others import ProdOfOthers

QUICK = theano.Mode(linker="py", optimizer="fast_compile")
VALUES = {
    "none": [0.5, 2.0, -1.5, 3.0], "one": [0.5, 0.0, -1.5, 3.0], "two": [0.0, 2.0, 0.0, 3.0],
    "three": [0.0, 2.0, 0.0, 0.0], "all": [0.0, 0.0, 0.0, 0.0]}


def derivative(values, places):
    """Of the product by elements at ``places``: it is linear in each of them."""
    if len(set(places)) < len(places):
        return 0.0
    return np.prod([v for k, v in enumerate(values) if k not in places])


def derivatives(cost, x, order):
    """All derivatives of that order, by taking gradients of elements of gradients."""
    levels = {(): cost}
    for _ in range(order):
        levels = {(*places, k): slope[k] for places, value in levels.items()
                  for slope in [T.grad(value, x)] for k in range(4)}
    return levels


@pytest.mark.parametrize("mode", [None, QUICK])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("zeros", VALUES)
def test_derivatives_of_prod(zeros, order, mode):
    x = T.dvector("x")
    found = derivatives(T.prod(x), x, order)
    made = theano.function([x], list(found.values()), mode=mode)(VALUES[zeros])
    np.testing.assert_allclose(made, [derivative(VALUES[zeros], p) for p in found])


def test_derivatives_of_prod_of_third_and_fourth_order():
    x = T.dvector("x")
    for places in itertools.combinations(range(4), 3):
        slope = T.prod(x)
        for k in places:
            slope = T.grad(slope, x)[k]
        last = T.grad(slope, x)
        f = theano.function([x], [slope, last], mode=QUICK)
        for values in VALUES.values():
            third, fourth = f(values)
            np.testing.assert_allclose(third, derivative(values, places))
            np.testing.assert_allclose(fourth, [derivative(values, (*places, k)) for k in range(4)], atol=1e-12)


@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 2), (1, 2)])
def test_gradients_along_axes(axis, rng):
    x = T.dtensor3("x")
    value = rng.rand(2, 3, 4)
    value[0, :2, 1] = value[1, 2, 0] = value[1, 2, 3] = 0
    cost = T.sin(T.prod(x, axis=axis) + 1).sum()
    first = T.grad(cost, x)
    weight = T.constant(rng.rand(2, 3, 4))
    f = theano.function([x], [first, T.grad((first * weight).sum(), x)])
    slope = theano.function([x], cost)
    for g, h in zip(f(value)[:1], [slope], strict=True):
        for place in itertools.product(range(2), range(3), range(4)):
            move = np.zeros((2, 3, 4))
            move[place] = 1e-6
            np.testing.assert_allclose(g[place], (h(value + move) - h(value - move)) / 2e-6, atol=1e-7)
            second = ((f(value + move)[0] - f(value - move)[0]) * weight.data).sum() / 2e-6
            np.testing.assert_allclose(f(value)[1][place], second, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(0,), (1,), (3, 0), (0, 3), (2, 3)])
def test_products_of_others(shape, dtype, rng):
    for axis in [(0,), *([(1,), (0, 1)] if len(shape) == 2 else [])]:
        x = T.TensorType(dtype, (False,) * len(shape))("x")
        out = ProdOfOthers(axis)(x)
        both = ProdOfOthers(axis).written_out(x)
        value = rng.rand(*shape).astype(dtype)
        for _ in range(3):
            for mode in (None, QUICK):
                one, two = theano.function([x], [out, both], mode=mode)(value)
                assert one.dtype == dtype and one.shape == two.shape == shape
                np.testing.assert_allclose(one, two, rtol=1e-5)
            if value.size:
                value.flat[rng.randint(value.size)] = 0


def test_products_that_vanish_without_zeros():
    x = T.dvector()
    out = theano.function([x], ProdOfOthers((0,))(x), mode=QUICK)([1e-200, 1e-200, 2.0])
    np.testing.assert_allclose(out, [2e-200, 2e-200, 0])


def test_gradient_of_a_product_is_one_op():
    x = T.dvector()
    f = theano.function([x], T.grad(T.prod(x), x))
    rows = [n.op for n in f.maker.fgraph.toposort()]
    assert any(isinstance(op, ProdOfOthers) for op in rows)
    assert f([1., 2, 3]).tolist() == [6, 3, 2] and f([0., 2, 3]).tolist() == [6, 0, 0]
    assert f([0., 0, 3]).tolist() == [0, 0, 0] and f([]).tolist() == []


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("mode", ["add", "mul"])
def test_derivatives_of_running_sums_and_products(mode, axis, rng):
    x = T.dmatrix("x")
    value = rng.rand(3, 4)
    value[0, 1] = value[2, 1] = value[2, 3] = 0
    out = (T.cumsum if mode == "add" else T.cumprod)(x, axis)
    cost = (out * T.constant(np.arange(1, 13.).reshape(value.shape if axis is not None else -1))).sum()
    for _ in range(3):
        slope = T.grad(cost, x) if cost.owner else None
        f = theano.function([x], [cost, slope], mode=QUICK)
        for place in itertools.product(range(3), range(4)):
            move = np.zeros((3, 4))
            move[place] = 1e-5
            expected = (f(value + move)[0] - f(value - move)[0]) / 2e-5
            np.testing.assert_allclose(f(value)[1][place], expected, rtol=1e-6, atol=1e-5)
        cost = (slope * T.constant(rng.rand(3, 4))).sum() + (x.sum() if mode == "add" else 0)


@pytest.mark.parametrize("shapes, axis", [
    (((3, 4), (3, 4)), 0), (((3, 4), (3, 4)), 1), (((1, 4), (3, 4)), 1), (((3, 4), (3, 1)), 0)])
def test_recurrences(shapes, axis, rng):
    a, b = (T.TensorType("float64", [n == 1 for n in s])() for s in shapes)
    values = [rng.rand(*s) for s in shapes]
    found = recurrence(a, b, axis).eval(dict(zip((a, b), values, strict=True)))
    wide = [np.moveaxis(np.broadcast_to(v, (3, 4)), axis, 0) for v in values]
    last, expected = 0, []
    for s, t in zip(*wide, strict=True):
        last = s * last + t
        expected.append(last)
    np.testing.assert_allclose(np.moveaxis(found, axis, 0), expected)
    T.verify_grad(lambda a, b: recurrence(T.patternbroadcast(a, [n == 1 for n in shapes[0]]), T.patternbroadcast(
        b, [n == 1 for n in shapes[1]]), axis), values, rng=rng)


def test_recurrences_of_nothing_and_errors():
    a, b = T.dvectors("ab")
    assert recurrence(a, b, 0).eval({a: [], b: []}).shape == (0,)
    assert str(Recurrence(0)) == "Recurrence{0}"
    with pytest.raises(ValueError, match="one rank"):
        recurrence(a, T.dmatrix(), 0)
    with pytest.raises(ValueError, match="axis 1"):
        recurrence(a, b, 1)
