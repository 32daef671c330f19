"""Where a variable was made: the user's frames, captured in about a microsecond.

A trace is a tuple of ``(code, instruction)`` pairs, innermost user frame first; lines are looked up
only when somebody asks (``frames``), because looking them up costs more than making the variable.
Frames of this package are left out.
"""

import functools
import linecache
import os
import sys
from contextlib import contextmanager
from typing import NamedTuple

from theano.config import config

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_inside = {}            # file name -> whether it belongs to this package
_given = []             # traces that stand for the caller's, innermost last (see `inherited`)


class Frame(NamedTuple):
    """One resolved line of a trace."""

    filename: str
    lineno: int
    function: str

    @property
    def line(self):
        """Source text of the line, without indentation; empty where the file can't be read."""
        return linecache.getline(self.filename, self.lineno).strip()


@contextmanager
def inherited(captured):
    """Variables made inside get the trace ``captured``: a rewrite hands on what it replaces."""
    _given.append(captured)
    try:
        yield
    finally:
        _given.pop()


def rewriting():
    """Whether what is made now comes from a rewrite, which begins with an empty trace."""
    return bool(_given) and not _given[0]


def trace(limit=None):
    """The user's frames that led here, innermost first, at most ``limit`` of them."""
    if _given:
        return _given[-1]
    if limit is None:
        limit = config.traceback.limit
    found = []
    frame = sys._getframe(1)
    while frame is not None and len(found) < limit:
        code = frame.f_code
        name = code.co_filename
        inside = _inside.get(name)
        if inside is None:
            inside = _inside[name] = name.startswith(PACKAGE) or name.startswith("<frozen")
        if not inside:
            found.append((code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def frames(captured):
    """Resolve a trace to a list of `Frame`, innermost first."""
    return [item if isinstance(item, Frame) else _resolve(*item) for item in captured or ()]


def _resolve(code, lasti):
    return _found(code, lasti, code.co_filename, code.co_linetable)


@functools.lru_cache(maxsize=4096)
def _found(code, lasti, *more):
    """more: what may differ between code objects that are equal."""
    for start, stop, line in code.co_lines():
        if start <= lasti < stop and line is not None:
            return Frame(code.co_filename, line, code.co_qualname)
    return Frame(code.co_filename, code.co_firstlineno, code.co_qualname)


def describe(variable):
    """One line that tells where ``variable`` was made, or an empty string when that is unknown."""
    found = frames(getattr(variable.tag, "trace", ()))
    if not found:
        return ""
    frame = found[0]
    text = f"{frame.filename}:{frame.lineno}"
    return f"{text}:  {frame.line}" if frame.line else text
