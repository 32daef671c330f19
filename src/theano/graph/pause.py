"""No garbage collection while a graph is made."""

import gc
import sys
from contextlib import contextmanager

BLOCKS = 4          # of memory, to an object that the collector knows; about as many as in a program with NumPy
_known = 0          # objects at the last time they were counted
_unseen = 0         # objects made since then that went to the oldest generation unseen


@contextmanager
def paused_gc():
    """No garbage collection inside: making a graph makes many objects and no garbage.

    What was made counts as old afterwards. Otherwise the young collections that follow would go through all of it,
    twice. Everything is looked at before the next graph is made, where there is as much of it as there was
    before.
    """
    was = gc.isenabled()
    if was:
        _collect_where_due()
    gc.disable()
    try:
        yield
    finally:
        if was:
            _grow_old()
            gc.enable()


def _collect_where_due():
    global _known, _unseen
    if _unseen > _known > 0:
        gc.collect()
    elif _known:
        return
    _known, _unseen = sys.getallocatedblocks() // BLOCKS, 0       # to count them would take milliseconds


def _grow_old():
    """Move all young objects to the oldest generation."""
    global _unseen
    if gc.get_freeze_count():
        return                      # somebody uses the permanent generation, through which the way leads
    _unseen += gc.get_count()[0]
    gc.freeze()
    gc.unfreeze()
