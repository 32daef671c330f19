"""Listeners of graphs."""

import pickle

import pytest
from theano.gof import opt, toolbox

import theano
import theano.tensor as T
from theano.errors import InconsistencyError
from theano.graph.features import Feature, NodeFinder, NoOutputFromInplace, PrintListener
from theano.graph.fgraph import FunctionGraph
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


def test_checkpoints_and_changes_are_objects():
    x, y = T.dvectors("x", "y")
    fgraph = FunctionGraph([x, y], [x + y, x * y], clone=False)
    fgraph.attach_feature(toolbox.History())
    node = fgraph.outputs[0].owner
    assert isinstance(fgraph.checkpoint, toolbox.GetCheckpoint)
    start = fgraph.checkpoint()
    position, old = 0, x
    fgraph.change_input(node, position, T.exp(y), reason="test")
    assert fgraph.checkpoint() == start + 1
    fgraph.revert(start)
    assert node.inputs[position] is old and fgraph.checkpoint() == start
    fgraph.change_input(node, position, T.exp(y))
    toolbox.LambdExtract(fgraph, node, position, old, "by hand")()
    assert node.inputs[position] is old


def test_changes_are_noted():
    x = T.dvector("x")
    fgraph = FunctionGraph([x], [x + x], clone=False)
    tracker, heard = opt.ChangeTracker(), []
    fgraph.attach_feature(tracker)
    fgraph.attach_feature(opt.Updater(lambda node: heard.append("in"), lambda node: heard.append("out"),
                                      lambda node, i, r, new, reason: heard.append("changed"), name="ears"))
    assert fgraph.change_tracker is tracker and not tracker.changed
    with pytest.raises(toolbox.AlreadyThere):
        opt.ChangeTracker().on_attach(fgraph)
    fgraph.replace(fgraph.outputs[0], T.exp(x))
    assert tracker.changed and tracker.nb_imported == 1 and sorted(heard) == ["changed", "in", "out"]
    tracker.reset()
    assert not tracker.changed and str(opt.Updater(None, None, None, "ears")) == "ears"
    fgraph.remove_feature(tracker)
    assert not hasattr(fgraph, "change_tracker")
