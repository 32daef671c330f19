"""The description of a loop: its step, and what feeds it from outside."""

from dataclasses import dataclass, field, replace

from theano.graph.variable import Constant, Variable
from theano.graph.walk import ancestors, substitute
from theano.inner.graph import InnerGraph
from theano.tensor.shape import patternbroadcast


@dataclass
class Sequence:
    """An array of which step t reads row t."""

    row: Variable
    array: Variable


@dataclass
class Carry:
    """Values of earlier steps, kept in a buffer that starts with the initial rows.

    A step reads a row for each of ``taps``, which are negative, and writes ``value``. A buffer of m + n rows, m the
    reach of the taps, holds everything; a shorter one, of m rows or more, keeps the last ones.
    """

    taps: tuple
    rows: list
    buffer: Variable
    value: Variable

    @property
    def reach(self):
        """How many steps the taps look back."""
        return -min(self.taps)


@dataclass
class State:
    """A value of any type that steps hand on; only the last one comes out."""

    before: Variable
    start: Variable
    after: Variable


@dataclass
class Stack:
    """A tensor of which every step gives a row; the last ``length`` rows come out."""

    value: Variable
    length: Variable


@dataclass
class Other:
    """A variable that is the same in all steps."""

    inner: Variable
    outer: Variable


@dataclass
class Loop:
    """``n`` steps, or fewer when ``until`` turns true after a step.

    Rows, values and so on are variables of the graph of one step; arrays, buffers, starts, lengths and n are
    variables outside of it.
    """

    n: Variable
    sequences: list = field(default_factory=list)
    carries: list = field(default_factory=list)
    states: list = field(default_factory=list)
    stacks: list = field(default_factory=list)
    others: list = field(default_factory=list)
    until: Variable = None
    truncate: int = -1
    name: str = None
    mode: object = None

    @property
    def bound(self):
        """Variables of a step that stand for rows, values of earlier steps, and states."""
        return [*(s.row for s in self.sequences), *(r for c in self.carries for r in c.rows),
                *(s.before for s in self.states)]

    @property
    def inputs(self):
        """All inputs of the graph of a step."""
        return self.bound + [o.inner for o in self.others]

    @property
    def values(self):
        """What a step computes, without ``until``."""
        return [*(c.value for c in self.carries), *(s.after for s in self.states), *(s.value for s in self.stacks)]

    @property
    def outputs(self):
        """All outputs of the graph of a step."""
        return self.values + ([] if self.until is None else [self.until])

    @property
    def outer(self):
        """Inputs of the node outside, in their order."""
        return [self.n, *(s.array for s in self.sequences), *(c.buffer for c in self.carries),
                *(s.start for s in self.states), *(s.length for s in self.stacks), *(o.outer for o in self.others)]

    def with_outputs(self, outputs):
        """This loop with other ``outputs`` of its step."""
        left = iter(outputs)
        return replace(
            self, carries=[replace(c, value=next(left)) for c in self.carries],
            states=[replace(s, after=next(left)) for s in self.states],
            stacks=[replace(s, value=next(left)) for s in self.stacks],
            until=None if self.until is None else next(left))

    def closed(self):
        """This loop with all that its step needs among its inputs, and nothing it doesn't need.

        Variables from outside get copies within.
        """
        blocked = self.inputs
        above = ancestors(self.outputs, blocked)
        used = set(above)
        free = dict.fromkeys(v for v in reversed(above) if v.owner is None and not isinstance(v, Constant))
        others = [o for o in self.others if o.inner in used and not isinstance(o.inner, Constant)]
        others += [Other(v, v) for v in free if v not in set(blocked)]
        copies = {o.inner: copy_of(o.inner) for o in others if o.inner is o.outer}
        loop = self.with_outputs(substitute(self.outputs, copies))
        loop.others = [Other(copies.get(o.inner, o.inner), o.outer) for o in others]
        loop.sequences = [s for s in self.sequences if s.row in used]
        return loop

    def graph(self):
        """A step as a value."""
        return InnerGraph(self.inputs, self.outputs, self.mode)


def copy_of(variable):
    """A variable of the same type that stands within a loop for one outside."""
    return variable.type.make_variable(variable.name and f"{variable.name}_copy")


def fitted(value, kind):
    """``value`` with the dtype and the broadcast pattern of the type ``kind``, which has its rank."""
    if value.type == kind:
        return value
    if value.type.dtype != kind.dtype:
        value = value.astype(kind.dtype)
    return patternbroadcast(value, kind.broadcastable) if hasattr(kind, "broadcastable") else value


def is_tensor(variable):
    """Whether a variable has dtype and rank."""
    return hasattr(variable.type, "ndim") and hasattr(variable.type, "dtype")


def is_smooth(variable):
    """Whether gradients by a variable make sense."""
    return is_tensor(variable) and variable.type.dtype.startswith(("float", "complex"))
