"""Linkers: names, objects, what they run, and graphs that they accept without a function."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.linker import (
    LINKERS,
    CLinker,
    DualLinker,
    OpWiseCLinker,
    PerformLinker,
    VM_Linker,
    WrapLinker,
    WrapLinkerMany,
)
from theano.compile.mode import Mode
from theano.graph.fgraph import FunctionGraph
from theano.graph.op import Op
from theano.graph.variable import Apply

OBJECTS = [PerformLinker(), CLinker(), OpWiseCLinker(), DualLinker(), VM_Linker(), VM_Linker(use_cloop=True),
           VM_Linker(allow_gc=False, c_thunks=False), WrapLinker([PerformLinker()], lambda i, node, run: run())]


@pytest.mark.parametrize("optimizer", [None, "fast_compile", "fast_run"])
@pytest.mark.parametrize("linker", [*LINKERS, *OBJECTS], ids=lambda k: k if isinstance(k, str) else type(k).__name__)
def test_as_a_mode(linker, optimizer):
    x, total = T.dvector("x"), theano.shared(np.zeros(3))
    f = theano.function([x], [T.exp(x).sum(), x[::2] * 2], updates=[(total, total + x)], mode=Mode(linker, optimizer))
    for k in (1, 2):
        value = np.arange(3.0)
        a, b = f(value)
        np.testing.assert_allclose(a, np.exp(value).sum())
        assert (b == [0, 4]).all() and (total.get_value() == k * value).all()
    assert f.maker.linker.fgraph is f.maker.fgraph


def graph():
    x, y = T.dscalars("xy")
    return FunctionGraph([x, y], [(x + y) * (x / y)])


@pytest.mark.parametrize("linker", OBJECTS, ids=lambda k: type(k).__name__)
def test_graph_without_function(linker):
    accepted = linker.clone().accept(graph())
    call = accepted.make_function()
    assert call(1.0, 2.0) == 1.5 and call(2.0, 2.0) == 4
    with pytest.raises(TypeError, match="needs 2 arguments, got"):
        call(1.0)
    run, inputs, outputs = accepted.make_thunk()
    inputs[0].data, inputs[1].data = 3.0, 1.0
    run()
    assert outputs[0].data == 12 and len(accepted.make_all()[-1]) == 3
    assert accepted.accept(graph()) is not accepted and linker.fgraph is None


def test_wrapper_sees_every_node():
    seen = []

    def wrapper(i, node, first, second):
        seen.append((i, node.op))
        first(), second()
        assert first.outputs[0][0] == second.outputs[0][0]
    linker = WrapLinkerMany([PerformLinker(), OpWiseCLinker()], [wrapper, lambda *_: seen.append("then")])
    g = graph()
    assert linker.accept(g).make_function()(1.0, 2.0) == 1.5
    assert [s for s in seen if s != "then"] == list(enumerate(n.op for n in g.toposort())) and seen[1] == "then"


def test_callbacks():
    seen = []

    def after(node, thunk, storage_map, compute_map):
        seen.append(storage_map[node.outputs[0]][0])
    linker = VM_Linker(callback=after, callback_input=lambda variable, value: seen.append(variable.name))
    x, y = T.dscalars("xy")
    f = theano.function([x, y], (x + y) * 2, mode=Mode(linker, None))
    assert f(1.0, 2.0) == 6
    assert seen[:2] == ["x", "y"] and [float(v) for v in seen[2:] if v.ndim == 0][-1] == 6


def test_order_of_the_schedule():
    x = T.dvector("x")
    linker = OpWiseCLinker(schedule=lambda g: sorted(g.toposort(), key=lambda n: str(n.op), reverse=True))
    f = theano.function([x], [T.exp(x), T.cos(x)], mode=Mode(linker, None))
    np.testing.assert_allclose(f(np.ones(2))[1], np.cos(1))
    ran = f.maker.linker.make_all()[-1]
    assert [str(n.op) for n in ran] == ["Elemwise{exp,no_inplace}", "Elemwise{cos,no_inplace}"]


class Lying(Op):
    """perform and C code disagree."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, cells):
        cells[0][0] = inputs[0] + 1

    def c_code(self, node, name, inputs, outputs, sub):
        return f"{outputs[0]} = {inputs[0]} + 2;"


def test_disagreement():
    x = theano.scalar.float64("x")
    with pytest.raises(ValueError, match="disagree"):
        theano.function([x], Lying()(x), mode=Mode("c&py", None))(1.0)

    class Found(Exception):
        pass

    def check(left, right):
        if left[0] != right[0]:
            raise Found(left[0], right[0])
    with pytest.raises(Found, match="2.0.*3.0"):
        DualLinker(checker=check).accept(FunctionGraph([x], [Lying()(x)])).make_function()(1.0)
