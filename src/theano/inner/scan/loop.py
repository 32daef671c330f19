"""The description of a loop: its step, and what feeds it from outside."""

from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from theano.config import config
from theano.graph.need import ALWAYS, needs
from theano.graph.op import Op
from theano.graph.testvalue import get_test_value
from theano.graph.variable import Apply, Constant, Variable
from theano.graph.walk import ancestors, substitute, toposort
from theano.inner.graph import InnerGraph
from theano.scalar.type import continuous_dtypes
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import constant
from theano.tensor.create import AllocEmpty
from theano.tensor.index import IncSubtensor
from theano.tensor.shape import patternbroadcast
from theano.tensor.type import tensor

ENDLESS = np.iinfo(np.int64).max        # steps of a loop that ends by itself alone


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
    variables outside of it. A ``lean`` loop keeps no rows only to make one product of them later. A ``freeing`` one
    gives memory back while it runs: that of rows of its sequences which nothing reads again.
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
    lean: bool = False
    profile: object = None
    freeing: bool = False

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

    def closed(self, pruned=True, given=None):
        """This loop with all that its step needs among its inputs; with ``pruned`` without sequences and others that
        it doesn't need.

        All inputs of the step are new variables: graphs that shared some would not be compared rightly.
        given: dict of variables of the step to what stands in their place, made of inputs of the step.
        """
        given = given or {}
        above, bound = ancestors(self.outputs, [*self.inputs, *given]), set(self.inputs)
        above += ancestors([given[v] for v in above if v in given], self.inputs)
        bound.update(given)
        free = [v for v in reversed(above) if v.owner is None and v not in bound and not isinstance(v, Constant)]
        used = set(above) if pruned else bound
        others = [o for o in self.others if o.inner in used and not isinstance(o.inner, Constant)]
        others += [Other(v, v) for v in dict.fromkeys(free)]
        copies = {v: twin(v, v.name) for v in self.bound}
        copies |= {o.inner: twin(o.inner, copied_name(o.inner) if o.inner is o.outer else o.inner.name) for o in others}
        for v, copy in copies.items():
            copy.tag.original = original_of(v)
        placed = dict(zip(given, substitute(list(given.values()), copies), strict=True))
        loop = self.with_outputs(substitute(self.outputs, copies | placed))
        loop.others = [Other(copies[o.inner], o.outer) for o in others]
        loop.sequences = [Sequence(copies[s.row], s.array) for s in self.sequences if s.row in used]
        for c in loop.carries:
            c.rows = [copies[row] for row in c.rows]
        for s in loop.states:
            s.before = copies[s.before]
        return loop

    def hoisted(self):
        """This loop with what is the same in all steps computed outside, as further others, and the variables of the
        step that these stand for.
        """
        order = toposort(self.outputs, self.inputs)
        inside, outside = set(self.bound), {o.inner for o in self.others}
        for node in order:
            for found in (inside, outside):
                if not found.isdisjoint(node.inputs):
                    found.update(node.outputs)
        given = {v for v in outside if v in inside or v.owner is None}
        needed = [v for node in order if not inside.isdisjoint(node.outputs) for v in node.inputs] + self.outputs
        cases = needs(order, self.outputs) or {}        # what only a branch needs may fail where that is not taken
        moved = [v for v in dict.fromkeys(needed) if v in outside and v not in given
                 and cases.get(v, ALWAYS) == ALWAYS]
        if not moved:
            return self, []
        constants = {v: v.clone() for v in ancestors(moved, self.inputs) if isinstance(v, Constant)}
        outer = substitute(moved, constants | {o.inner: o.outer for o in self.others})
        within = {v: twin(v) for v in moved}
        loop = self.with_outputs(substitute(self.outputs, within))
        loop.others = self.others + [Other(within[v], x) for v, x in zip(moved, outer, strict=True)]
        return loop, moved

    def graph(self):
        """A step as a value."""
        return InnerGraph(self.inputs, self.outputs, self.mode)


def original_of(variable):
    """The variable that the user had for this input of a step."""
    return getattr(variable.tag, "original", variable)


def twin(variable, name=None):
    """A new variable of the same type, with the same test value where these are on."""
    copy = variable.type.make_variable(name)
    if config.compute_test_value != "off":
        with suppress(AttributeError):                  # who uses it says that the value is missing
            copy.tag.test_value = get_test_value(variable)
    return copy


def row_of(array, name=None):
    """A variable that stands for a row of ``array``."""
    row = array.type.clone(broadcastable=array.type.broadcastable[1:]).make_variable(name)
    if config.compute_test_value != "off":
        with suppress(AttributeError, IndexError):
            row.tag.test_value = get_test_value(array)[0]
    return row


def copied_name(variable):
    """The name of what stands within a loop for a variable outside."""
    return variable.name and f"{variable.name}_copy"


def fitted(value, kind):
    """``value`` with the dtype and the broadcast pattern of the type ``kind``, which has its rank."""
    if value.type == kind:
        return value
    if value.type.dtype != kind.dtype:
        value = value.astype(kind.dtype)
    return patternbroadcast(value, kind.broadcastable) if hasattr(kind, "broadcastable") else value


def rows_of(kind, leading=(False,)):
    """The type of arrays whose rows are of type ``kind``."""
    return tensor(kind.dtype, (*leading, *kind.broadcastable)).type


def buffer_of(initial, n, rows=None):
    """A buffer with the rows of ``initial``, of which there are ``rows``, and room for ``n`` more."""
    rows = initial.shape[0] if rows is None else constant(rows, dtype="int64")
    empty = AllocEmpty(initial.type.dtype)(n + rows, *(initial.shape[d] for d in range(1, initial.type.ndim)))
    return set_subtensor(empty[:rows], initial)


def initial_rows(carry):
    """The rows that the buffer of a carry begins with, not taken from the buffer where it was made of them."""
    node, rows = carry.buffer.owner, carry.buffer
    if node is not None and isinstance(node.op, IncSubtensor) and node.op.set_instead_of_inc \
            and isinstance(getattr(node.inputs[0].owner, "op", None), AllocEmpty):
        entry, *more = node.op.idx_list
        if isinstance(entry, slice) and entry.start is None and entry.step is None and not more:
            rows = fitted(node.inputs[1], rows_of(carry.rows[0].type, node.inputs[1].type.broadcastable[:1]))
    return rows[:carry.reach]


def is_tensor(variable):
    """Whether a variable has dtype and rank."""
    return hasattr(variable.type, "ndim") and hasattr(variable.type, "dtype")


def is_smooth(variable):
    """Whether gradients by a variable make sense."""
    return is_tensor(variable) and variable.type.dtype in continuous_dtypes


class FirstOfTwo(Op):
    """The first of two values; the second one is what gradients go to, as subclasses say."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, value, other):
        return Apply(self, [value, other], [value.type()])

    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = inputs[0]

    def do_constant_folding(self, node):
        return False

    def infer_shape(self, node, shapes):
        return shapes[:1]
