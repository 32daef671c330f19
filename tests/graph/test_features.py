"""Listeners of graphs."""

import pickle

import pytest

import theano
import theano.tensor as T
from theano.errors import InconsistencyError
from theano.graph.features import Feature, NodeFinder, NoOutputFromInplace, PrintListener
from theano.tensor.inplace import exp_inplace


class Recorder(Feature):
    def __init__(self):
        self.heard = []

    def on_import(self, fgraph, node, reason):
        self.heard.append(("import", node.op))

    def on_prune(self, fgraph, node, reason):
        self.heard.append(("prune", node.op))


def graph():
    x = T.vector("x")
    y = T.exp(x)
    return theano.FunctionGraph([x], [y], clone=False), y


def test_a_listener_hears_what_comes_and_goes():
    fgraph, y = graph()
    recorder = Recorder()
    fgraph.attach_feature(recorder)
    fgraph.replace(y, T.log(fgraph.inputs[0]))
    assert recorder.heard == [("import", T.log), ("prune", T.exp)]
    fgraph.remove_feature(recorder)
    fgraph.replace(fgraph.outputs[0], T.exp(fgraph.inputs[0]))
    assert len(recorder.heard) == 2 and fgraph.orderings() == {}


def test_nodes_are_found_also_after_a_pickle():
    fgraph, y = graph()
    fgraph.attach_feature(NodeFinder())
    fgraph.attach_feature(NodeFinder())             # there already: nothing happens
    assert fgraph.get_nodes(T.exp) == [y.owner] and fgraph.get_nodes(T.log) == []
    new = T.log(fgraph.inputs[0])
    fgraph.replace(y, new)
    assert fgraph.get_nodes(T.exp) == [] and fgraph.get_nodes(T.log) == [new.owner]
    again = pickle.loads(pickle.dumps(fgraph))
    assert again.get_nodes(T.log) == [again.outputs[0].owner]


def test_printing(capsys):
    fgraph, y = graph()
    listener = PrintListener()
    fgraph.attach_feature(listener)
    fgraph.replace(y, T.log(fgraph.inputs[0]), reason="why")
    said = capsys.readouterr().out
    for word in ("attaching", "importing", "changing", "pruning", "why"):
        assert word in said
    listener.active = False
    fgraph.remove_feature(listener)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(("first", "fails"), [(0, True), (1, False)])
def test_outputs_in_place(first, fails):
    x = T.vector("x")
    fgraph = theano.FunctionGraph([x], [exp_inplace(x)])
    feature = NoOutputFromInplace(first)
    if fails:
        with pytest.raises(InconsistencyError, match="in place"):
            feature.validate(fgraph)
    else:
        feature.validate(fgraph)
