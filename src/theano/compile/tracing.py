"""`trace`: what every line of yours computes in one call of a function."""

from typing import NamedTuple

import numpy as np

from theano.compile.replay import Replay
from theano.graph import origin
from theano.graph.variable import Variable

SHOWN = 75                          # characters of a value in a listing


class Traced(NamedTuple):
    """One value of a trace.

    Attributes: variable; value, of a variable inside of a loop a list with that of every step; node, what computed it,
    None for an input; filename, lineno, function and line of the user's that made it, None and empty where unknown.
    """

    variable: Variable
    value: object
    node: object
    filename: str | None
    lineno: int | None
    function: str
    line: str


class Trace(list):
    """The values of one call, `Traced`, in the order in which they were computed; printed by the user's lines."""

    def at(self, lineno, filename=None):
        """Values of the variables that line ``lineno`` made, of the file whose name ends with ``filename``."""
        return [t.value for t in self if t.lineno == lineno and (t.filename or "").endswith(filename or "")]

    def named(self, name):
        """The value of the variable with this name; KeyError where there is none."""
        for t in self:
            if t.variable.name == name:
                return t.value
        known = sorted({t.variable.name for t in self if t.variable.name})
        raise KeyError(f"no variable of this call is called {name!r}; there are {', '.join(known) or 'no names'}")

    @property
    def lines(self):
        """Dict from (filename, lineno), in the order of computation, to what was traced there."""
        found = {}
        for t in self:
            found.setdefault((t.filename, t.lineno), []).append(t)
        return found

    def __str__(self):
        rows = []
        for (filename, lineno), traced in self.lines.items():
            rows.append(f"{filename}:{lineno}:  {traced[0].line}" if filename else "(no line of yours)")
            rows += [f"    {_text(t)}" for t in traced]
        return "\n".join(rows)


def _text(traced):
    """A variable and its value in one line."""
    value, what = traced.value, traced.variable.name or (traced.variable if traced.node is None else traced.node.op)
    if isinstance(value, list):
        what = f"{what}, {len(value)} times, at last"
        value = value[-1]
    shape = f"{value.dtype}{list(value.shape)} " if isinstance(value, np.ndarray) else ""
    text = " ".join(str(value).split())
    return f"{what} = {shape}{text if len(text) <= SHOWN else text[:SHOWN - 3] + '...'}"


def trace(f, *args, **kwargs):
    """Every intermediate value of one call of ``f``, by the lines that wrote it: a `Trace`.

    The graph is computed as it was written, op by op in Python, those of loops too. Shared variables are not updated.

    Parameters
    ----------
    f : Function
    args, kwargs
        Its arguments. Raises what a call with them raises.
    """
    order, values = [], {}

    def look(variable, value, node, inputs):
        if variable not in values:
            order.append((variable, node))
        values.setdefault(variable, []).append(value)
    Replay(look).run(f.maker.new_graph(), f._bind(args, kwargs))
    found = Trace()
    for variable, node in order:
        frame = next(iter(origin.frames(getattr(variable.tag, "trace", ()))), None)
        where = (None, None, "", "") if frame is None else (frame.filename, frame.lineno, frame.function, frame.line)
        several = values[variable]
        found.append(Traced(variable, several if len(several) > 1 else several[0], node, *where))
    return found
