"""Gradients of parts are added to what they are added to, without an array of zeros in between."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.advanced import AdvancedIncSubtensor, AdvancedIncSubtensor1
from theano.tensor.careduce import CAReduce
from theano.tensor.elemwise import Elemwise
from theano.tensor.index import IncSubtensor
from theano.tensor.type import TensorType

PLAIN = theano.Mode("py", None)
INCREMENTS = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor)
x, i, j, m = T.dmatrix("x"), T.lvector("i"), T.lvector("j"), TensorType("bool", (False, False))("m")
GIVEN = {x: np.arange(20.0).reshape(5, 4), i: np.array([0, 3, 0]), j: np.array([1, 1, 2]),
         m: np.arange(20).reshape(5, 4) % 3 == 0}


def cost(*parts):
    """A gradient by x of what the parts make."""
    return T.grad(sum((p ** 3).sum() for p in parts), x)


CASES = {                       # name -> an expression, and how many increments are left of it
    "rows": (x - 0.1 * cost(x[i]), 1),
    "divided": (x - cost(x[i]) / 7, 1),
    "negated": (x + -cost(x[i]), 1),
    "scaled by a variable": (x - x[0, 0] * cost(x[i]), 1),
    "columns": (x - 0.1 * cost(x[:, j]), 1),
    "pairs": (x - 0.1 * cost(x[i, j]), 1),
    "mask": (x - 0.1 * cost(x[m]), 1),
    "slices": (x - 0.1 * cost(x[1:3, ::-2]), 1),
    "two parts": (x - 0.1 * cost(x[i], x[1:3]), 2),
    "three terms": (2 * x + cost(x[i]) + T.exp(x), 1),
}
KEPT = {                        # where zeros are needed
    "read otherwise": (lambda g: [x - 0.1 * g, g.sum()]),
    "squared": (lambda g: [x - g ** 2]),
    "scaled by rows": (lambda g: [x - g * x[:1]]),
    "of another shape": (lambda g: [x[:1] - g]),
    "a sum of nothing else": (lambda g: [T.add(g)]),
}


def compiled(outputs):
    return theano.function(list(GIVEN), outputs, on_unused_input="ignore")


@pytest.mark.parametrize("name", CASES)
def test_zeros_are_not_written(name):
    expression, left = CASES[name]
    f = compiled(expression)
    nodes = f.maker.fgraph.toposort()
    found = [n for n in nodes if isinstance(n.op, INCREMENTS)]
    assert len(found) == left
    for node in nodes:                              # no constant array, but in what is computed from x
        if isinstance(node.op, Elemwise) and node.op.scalar_op.name == "second":
            raise AssertionError(f"{node} makes zeros")
    plain = theano.function(list(GIVEN), expression, mode=PLAIN, on_unused_input="ignore")
    np.testing.assert_allclose(f(*GIVEN.values()), plain(*GIVEN.values()))


@pytest.mark.parametrize("name", KEPT)
def test_zeros_that_are_needed_stay(name):
    outputs = KEPT[name](cost(x[i]))
    f = compiled(outputs)
    plain = theano.function(list(GIVEN), outputs, mode=PLAIN, on_unused_input="ignore")
    for found, wanted in zip(f(*GIVEN.values()), plain(*GIVEN.values()), strict=True):
        np.testing.assert_allclose(found, wanted)


def test_shapes_that_differ_still_broadcast():
    a = T.dmatrix()
    f = theano.function([a, x, i], a - 0.1 * cost(x[i]))
    value = GIVEN[x]
    wanted = np.zeros((5, 4))
    np.add.at(wanted, GIVEN[i], 0.3 * value[GIVEN[i]] ** 2)
    for given in (np.ones((5, 4)), np.ones((1, 4)), np.ones((5, 1)), np.ones((1, 1))):
        np.testing.assert_allclose(f(given, value, GIVEN[i]), given - wanted)


def test_momentum_of_an_embedding():
    table, speed = theano.shared(GIVEN[x].copy()), theano.shared(np.zeros((5, 4)))
    loss = (table[i] ** 2).sum()
    later = 0.9 * speed - 0.1 * T.grad(loss, table)
    step = theano.function([i], loss, updates={speed: later, table: table + later})
    assert not any(isinstance(n.op, CAReduce) and n.outputs[0].type.ndim for n in step.maker.fgraph.toposort())
    value, moved = GIVEN[x].copy(), np.zeros((5, 4))
    for _ in range(3):
        step(GIVEN[i])
        moved *= 0.9
        np.add.at(moved, GIVEN[i], -0.2 * value[GIVEN[i]])
        value += moved
        np.testing.assert_allclose(table.get_value(), value)
        np.testing.assert_allclose(speed.get_value(), moved)
