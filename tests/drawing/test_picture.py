"""What is drawn: nodes, edges, graphs inside ops, what profiles measured."""

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.drawing.picture import label_of, picture_of, shortened


def kinds(picture):
    return [node.kind for node in picture.nodes.values()]


def labels(picture, kind):
    return [node.label for node in picture.nodes.values() if node.kind == kind]


def test_variables_as_written():
    x, y = tt.vectors("xy")
    picture = picture_of(tt.exp(x) * y + 1)
    assert sorted(labels(picture, "input")) == ["x", "y"]
    assert labels(picture, "constant") == ["1"]
    assert len(labels(picture, "output")) == 1
    assert {type(n.thing.op) for n in picture.nodes.values() if n.kind == "apply"} == {tt.Elemwise, tt.DimShuffle}
    for edge in picture.edges:
        source, target = picture.nodes[edge.source], picture.nodes[edge.target]
        if target.kind == "apply":
            given = [target.thing.inputs[i] for i in edge.arguments]
            assert all((v.owner or v) is source.thing for v in given) and given


def test_edges_join_equal_arguments():
    x = tt.vector("x")
    picture = picture_of(x * x)
    assert [e.arguments for e in picture.edges if e.arguments] == [(0, 1)]


def test_function_with_update_and_shared_variable():
    w, x = theano.shared(np.zeros((3, 2)), name="w"), tt.dmatrix("x")
    f = theano.function([x], updates=[(w, w - 0.1 * tt.dot(x.T, tt.dot(x, w)))])
    picture = picture_of(f)
    assert labels(picture, "shared") == ["w"] and labels(picture, "input") == ["x"]
    new, = (n for n in picture.nodes.values() if n.kind == "output")
    assert new.label == "w" and ("new value of", "w") in new.details
    into = [e for e in picture.edges if e.kind == "inplace"]
    assert "shared" in {picture.nodes[e.source].kind for e in into}         # the product is added in place


def test_each_user_of_a_constant_may_have_its_own():
    x = tt.vector("x")
    c = tt.constant(np.arange(3.0))
    both = [x * c, x + c]
    assert len(labels(picture_of(both), "constant")) == 1
    assert len(labels(picture_of(both, constants="each"), "constant")) == 2


def test_intermediate_variables_are_shown_where_asked():
    x = tt.vector("x")
    y = tt.exp(x)
    y.name = "y"
    cost = tt.log(1 + y).sum()
    assert "variable" not in kinds(picture_of(cost))
    assert labels(picture_of(cost, lambda v: bool(v.name)), "variable") == ["y"]


def test_graphs_inside_ops():
    x, y = tt.scalars("xy")
    op = theano.OpFromGraph([x, y], [tt.exp(x) * y])
    f = theano.function([x, y], op(y, x) + x)
    picture = picture_of(f)
    inner, = (n.inner for n in picture.nodes.values() if n.inner is not None)
    assert len(labels(inner, "input")) == 2 and len(labels(inner, "output")) == 1
    assert sorted(places for found in inner.feeds.values() for places in found) == [0, 1]


def test_steps_of_loops():
    a, k = tt.vector("a"), tt.iscalar("k")
    rows, _ = theano.scan(lambda before, v: before * v, outputs_info=tt.ones_like(a), non_sequences=a, n_steps=k)
    picture = picture_of(rows[-1])
    loop, = (n for n in picture.nodes.values() if n.kind == "apply" and type(n.thing.op).__name__ == "Scan")
    assert loop.inner is not None and len(loop.inner.feeds) == 2


def test_fused_operations_unfold():
    x, y = tt.vectors("xy")
    f = theano.function([x, y], tt.exp(x) * y + tt.tanh(y))
    fused, = (n for n in picture_of(f).nodes.values() if n.kind == "apply")
    assert len(labels(fused.inner, "apply")) == 4 and len(labels(fused.inner, "input")) == 2


@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_profiled_functions_tell_time_and_memory(linker):
    x, w = tt.dmatrix("x"), theano.shared(np.ones((20, 5)), name="w")
    y = tt.nnet.softmax(tt.tanh(tt.dot(x, w)))
    profile = theano.ProfileStats(atexit_print=False)
    f = theano.function([x], [y, y.sum()], profile=profile, mode=theano.Mode(linker, "fast_run"))
    for _ in range(3):
        f(np.ones((50, 20)))
    picture = picture_of(f)
    measured = [n.record for n in picture.nodes.values() if n.record is not None]
    assert measured and all(r.calls == 3 for r in measured)
    assert sum(r.seconds for r in measured) <= profile.fct_call_time
    assert max(r.nbytes for r in measured) >= 50 * 5 * 8
    assert len(picture.results) == 2
    reached = {e.target for e in picture.edges}
    assert all(key in reached for key in picture.results)


def test_a_profiled_function_has_no_cycles():
    """Views between the nodes of one instruction belong to it."""
    rng = np.random.default_rng(0)
    x, y = tt.dmatrix("x"), tt.lvector("y")
    w, b = theano.shared(rng.normal(size=(6, 4)), name="w"), theano.shared(np.zeros(4), name="b")
    cost = tt.nnet.categorical_crossentropy(tt.nnet.softmax(tt.dot(x, w) + b), y).mean()
    steps = [(v, v - 0.1 * g) for v, g in zip([w, b], tt.grad(cost, [w, b]), strict=True)]
    f = theano.function([x, y], cost, updates=steps, profile=theano.ProfileStats(atexit_print=False))
    f(rng.normal(size=(5, 6)), rng.integers(0, 4, 5))
    picture = picture_of(f)
    waiting = {key: {e.source for e in picture.edges if e.target == key} for key in picture.nodes}
    while ready := [key for key, before in waiting.items() if not before]:
        for key in ready:
            del waiting[key]
        for before in waiting.values():
            before.difference_update(ready)
    assert not waiting


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match="cannot draw an object of type int"):
        picture_of(3)


@pytest.mark.parametrize(("variable", "label"), [
    (tt.constant(2.5), "2.5"), (tt.vector("v"), "v"), (tt.fmatrix(), "TensorType(float32, matrix)"),
    (tt.constant(np.arange(1000)), str(tt.constant(np.arange(1000)))[:37] + "...")])
def test_labels(variable, label):
    assert label_of(variable) == label or label.endswith("...") and len(label_of(variable)) <= 40


def test_long_texts_are_cut():
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 1000)) == 200
