"""Graphs of any depth pickle and copy; what is shared stays shared."""

import copy
import pickle
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T

DEPTH = 5_000
TWINS = pytest.mark.parametrize("twin", [lambda v: pickle.loads(pickle.dumps(v, -1)), copy.deepcopy],
                                ids=["pickle", "deepcopy"])


@pytest.fixture
def chain():
    x = T.vector("x")
    y = x
    for _ in range(DEPTH):
        y = T.tanh(y)
    y.name = "y"
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(min(limit, 1000))
    yield x, y
    sys.setrecursionlimit(limit)


def depth_of(variable):
    steps = 0
    while variable.owner is not None:
        variable, steps = variable.owner.inputs[0], steps + 1
    return steps


@TWINS
def test_deep_chain(chain, twin):
    x, y = chain
    x2, y2 = twin([x, y])
    assert depth_of(y2) == DEPTH
    assert (x2.name, y2.name) == ("x", "y")
    assert theano.graph.walk.inputs([y2]) == [x2]
    assert x2 is not x


@TWINS
def test_function_graph(chain, twin):
    x, y = chain
    graph = twin(theano.FunctionGraph([x], [y], clone=True))
    assert len(graph.apply_nodes) == DEPTH
    assert list(graph.inputs[0].clients) == [(graph.toposort()[0], 0)]
    graph.check_integrity()


def test_function_of_a_deep_chain(chain):
    x, y = chain
    f = pickle.loads(pickle.dumps(theano.function([x], y, mode=theano.Mode(optimizer=None)), -1))
    assert np.isfinite(f([0.5])).all()


def test_shared_parts_stay_shared():
    x = T.vector("x")
    middle = T.exp(x)
    a, b = pickle.loads(pickle.dumps([middle + 1, middle * 2]))
    assert a.owner.inputs[0] is b.owner.inputs[0]


def test_several_outputs_of_one_node():
    values, places = T.max_and_argmax(T.matrix(), axis=1)
    for twin in (pickle.loads(pickle.dumps([values, places])), copy.deepcopy([values, places])):
        assert twin[0].owner is twin[1].owner
        assert twin[0].owner.outputs == twin


def test_tag_that_refers_back():
    y = T.exp(T.vector())
    y.tag.me = y
    y.owner.tag.node = y.owner
    twin = pickle.loads(pickle.dumps(y))
    assert twin.tag.me is twin
    assert twin.owner.tag.node is twin.owner


def test_shallow_copy_stands_for_the_same_result():
    y = T.exp(T.vector("x"))
    assert copy.copy(y).owner is y.owner
    assert copy.copy(y.owner).inputs == y.owner.inputs


def test_giving_up_half_way_leaves_nothing_behind(chain):
    x, y = chain
    y.tag.bad = (i for i in ())                              # a generator cannot be pickled
    with pytest.raises(TypeError):
        pickle.dumps(y, -1)
    del y.tag.bad
    assert depth_of(pickle.loads(pickle.dumps(y, -1))) == DEPTH
