"""Garbage collection while graphs are made."""

import gc
import weakref

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import pause


class Loop:
    """Something that only the garbage collector can free."""

    def __init__(self):
        self.me = self


def test_nothing_is_collected_inside_and_what_was_made_is_old_afterwards():
    gc.collect()
    with pause.paused_gc():
        assert not gc.isenabled()
        kept = [[k] for k in range(5000)]
    assert gc.isenabled()
    assert gc.get_count()[0] < 5000
    assert len(kept) == 5000 and any(o is kept for o in gc.get_objects(generation=2))


def test_garbage_is_collected_when_there_is_as_much_as_there_was(monkeypatch):
    monkeypatch.setattr(pause, "_known", 1000)
    monkeypatch.setattr(pause, "_unseen", 0)
    with pause.paused_gc():
        lost = weakref.ref(Loop())
        kept = [[k] for k in range(2000)]
    assert lost() is not None and len(kept) == 2000
    with pause.paused_gc():
        assert lost() is None


@pytest.mark.parametrize("enabled", [True, False])
def test_collection_is_left_as_it_was(enabled):
    try:
        if not enabled:
            gc.disable()
        with pause.paused_gc(), pause.paused_gc():
            pass
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


def test_what_the_user_froze_stays_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        x = T.vector()
        theano.function([x], T.exp(x * 2))(np.ones(3))
        assert frozen - 200 < gc.get_freeze_count() <= frozen
    finally:
        gc.unfreeze()


def test_a_function_keeps_nothing_of_the_graphs_that_rewriting_went_through():
    x = T.vector()
    f = theano.function([x], (x * 2 + 0) * 3)
    assert not hasattr(f.maker.fgraph, "merger")
