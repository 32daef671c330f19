"""No garbage collection while a graph is made."""

import gc
from contextlib import contextmanager


@contextmanager
def paused_gc():
    """No garbage collection inside: making a graph makes many objects and no garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
