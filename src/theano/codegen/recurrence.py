"""Loops of scalar work: what one step computes, as a list of scalar values, and how that becomes a kernel.

The step of a `Scan` whose values are all numbers, or arrays of one shape of which no element needs another one,
becomes one C function: `recurrence_text` prints it, runtime/steps.c calls it.
"""

from dataclasses import dataclass

from theano.codegen import nest as ir
from theano.codegen.access import access, literal_of
from theano.codegen.loops import steps_of
from theano.graph.copying import ViewOp
from theano.graph.fgraph import FunctionGraph
from theano.graph.variable import Constant
from theano.graph.walk import toposort
from theano.inner.custom import CustomGradient
from theano.rewrite.pipeline import optimize
from theano.tensor.careduce import CAReduce
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle, Elemwise, SumToShapeOf
from theano.tensor.index import Subtensor
from theano.tensor.shape import (
    MakeVector,
    Rebroadcast,
    Reshape,
    ScalarFromTensor,
    Shape,
    Shape_i,
    TensorFromScalar,
)

LANES = (64, 1024)      # least and most elements at a time where steps work on arrays
BLOCK_BYTES = 1 << 14   # that all rows of a block should have
MAX_NDIM = 16
MAX_REACH = 1024        # steps that taps may look back
MAX_NODES = 20000

# What a step may consist of before it was rewritten; afterwards the first six are left.
HOPEFUL = (Elemwise, DimShuffle, SumToShapeOf, ViewOp, Rebroadcast, CustomGradient, CAReduce, Alloc, Shape, Shape_i,
           Reshape, MakeVector, Subtensor, ScalarFromTensor, TensorFromScalar)


@dataclass(frozen=True)
class Row:
    """Reads this step's row of a sequence."""

    number: int


@dataclass(frozen=True)
class Fixed:
    """Reads what is the same in all steps."""

    number: int


@dataclass(frozen=True)
class Earlier:
    """Reads what a carry or a state was ``back`` steps ago."""

    number: int
    back: int


@dataclass(frozen=True)
class Feed:
    """A sequence or a fixed array: its dtype, and whether elements have values of their own."""

    dtype: str
    lane: bool


@dataclass(frozen=True)
class Kept:
    """A carry, a state or a stack, which gets ``value``; reach: steps it looks back, 0 for a stack."""

    dtype: str
    lane: bool
    reach: int
    value: int


@dataclass(frozen=True)
class Recurrence:
    """One step: scalar values in SSA form, as in a `nest.Phase`, that begin with `Row`, `Fixed` and `Earlier`.

    lanes: for each value whether elements have values of their own. states: which of those kept don't store
    their values step by step. until: the value that ends the loop, or None. width: elements at a time, 0 where there
    are only single numbers.
    """

    body: tuple
    lanes: tuple
    sequences: tuple
    fixed: tuple
    kept: tuple
    states: frozenset
    until: int | None
    width: int


class Unfit(Exception):
    """A loop is no such recurrence."""


def lower_scan(lowering, node):
    """Make a loop one instruction, or NotImplemented."""
    query = lowering.query_of(node.op.mode)
    if lowering.loop_set is not None or query is None:
        return NotImplemented
    loop = node.op.loop(node.inputs)
    try:
        _check(loop)
        step = _Step(lowering, loop, query)
        step.build()
    except Unfit:
        return NotImplemented
    if step.space:                      # extents may turn out to differ, and then the general graph is run
        lowering.keep_arguments()
    step.add(node)
    return None


def _check(loop):
    """Raise Unfit for a loop that can't become a recurrence, whatever rewriting makes of its step."""
    for v in [*loop.inputs, *loop.outputs]:
        if not hasattr(v.type, "broadcastable") or v.type.dtype not in ir.DTYPES[:-1] or v.type.ndim > MAX_NDIM:
            raise Unfit
    if any(c.reach > MAX_REACH for c in loop.carries):
        raise Unfit
    nodes = toposort(loop.outputs, loop.inputs)
    if len(nodes) > MAX_NODES or not all(isinstance(node.op, HOPEFUL) for node in nodes):
        raise Unfit


class _Step:
    """A recurrence in the making, and the instruction that runs it."""

    def __init__(self, lowering, loop, query):
        self.lowering = lowering
        graph = FunctionGraph(loop.inputs, loop.outputs, clone=True)
        graph.extents_agree = True          # runtime/steps.c checks that elements are in the same places everywhere
        optimize(graph, query, native=True)
        self.graph = graph
        within = dict(zip(loop.inputs, graph.inputs, strict=True))
        results = iter(graph.outputs)
        self.loop = loop
        self.rows = {within[s.row]: k for k, s in enumerate(loop.sequences)}
        self.fixed = {within[o.inner]: o.outer for o in loop.others}
        recurrent = [(dict(zip(c.taps, c.rows, strict=True)), c.reach) for c in loop.carries]
        recurrent += [({-1: s.before}, 1) for s in loop.states]
        self.earlier = {within[row]: (k, -tap) for k, (rows, _) in enumerate(recurrent) for tap, row in rows.items()}
        self.reaches = [reach for _, reach in recurrent] + [0] * len(loop.stacks)
        self.results = [next(results) for _ in loop.values]
        self.until = None if loop.until is None else next(results)
        self.ndim = max((v.type.ndim for v in graph.inputs + graph.outputs), default=0)
        self.feeds = {}                     # (variable, axes) -> number among rows or among fixed
        self.body, self.lanes, self.seen, self.values = [], [], {}, {}

    # -- values -----------------------------------------------------------------------------------------

    def value(self, op, args, dtype, lane):
        """The number of a scalar value; equal ones are computed once."""
        key = (op.key if isinstance(op, ir.Literal) else op, args, dtype)
        if key not in self.seen:
            self.seen[key] = len(self.body)
            self.body.append(ir.Value(op, args, dtype))
            self.lanes.append(lane)
        return self.seen[key]

    def read(self, variable):
        """The value of ``variable`` for an element."""
        number = literal_of(variable)
        if number is not None:
            return self.value(ir.Literal(number), (), variable.type.dtype, False)
        base, axes = access(variable)
        walked = [a for a in axes if a >= 0]
        if len(walked) != sum(not b for b in base.type.broadcastable) or walked and len(axes) != self.ndim:
            raise Unfit                     # not every element is in one place
        if base in self.values or base in self.earlier:
            if any(a not in (-1, d) for d, a in enumerate(axes)):
                raise Unfit
            if base not in self.values:
                k, back = self.earlier[base]
                self.values[base] = self.value(Earlier(k, back), (), base.type.dtype, bool(walked))
            return self.values[base]
        if base not in self.rows and base not in self.fixed and not isinstance(base, Constant):
            raise Unfit
        kind = Row if base in self.rows else Fixed
        mine = [key for key, (cls, _) in self.feeds.items() if cls is kind]
        if (base, axes) not in self.feeds:
            self.feeds[base, axes] = (kind, len(mine))
        return self.value(kind(self.feeds[base, axes][1]), (), base.type.dtype, bool(walked))

    def compute(self, node):
        """Add the values of a node."""
        op, out = node.op, node.outputs[0]
        if isinstance(op, Elemwise):
            self._apply(node)
        elif isinstance(op, DimShuffle):
            pass                            # read through
        elif isinstance(op, (SumToShapeOf, ViewOp, Rebroadcast, ScalarFromTensor, TensorFromScalar)):
            if hasattr(out.type, "broadcastable") and out.type.broadcastable != node.inputs[0].type.broadcastable:
                raise Unfit
            if isinstance(op, SumToShapeOf) and any(b and not a for a, b in zip(
                    node.inputs[0].type.broadcastable, node.inputs[1].type.broadcastable, strict=True)):
                raise Unfit
            self.values[out] = self.read(node.inputs[0])
        else:
            raise Unfit

    def _apply(self, node):
        types = [v.type.dtype for v in [*node.inputs, *node.outputs]]
        listing = None if any(t not in ir.DTYPES[:-1] for t in types) else steps_of(node)
        if listing is None:
            raise Unfit
        numbers = [self.read(v) for v in node.inputs]
        for step in listing.steps:
            args = tuple(numbers[a] for a in step.args)
            op = ir.Literal(step.value) if step.row is None else step.row
            numbers.append(self.value(op, args, step.dtype, any(self.lanes[a] for a in args)))
        for variable, number in zip(node.outputs, listing.outputs, strict=True):
            self.values[variable] = numbers[number]

    # -- the whole ----------------------------------------------------------------------------------------

    def build(self):
        """Compute everything; raises Unfit."""
        for node in self.graph.toposort():
            self.compute(node)
        numbers = [self.read(v) for v in self.results]
        until = None if self.until is None else self.read(self.until)
        for variable, k in self.rows.items():           # those that nothing reads are checked all the same
            if not any(base is variable for base, _ in self.feeds):
                self._unread(variable, Row)
        for variable in self.fixed:
            if not any(base is variable for base, _ in self.feeds):
                self._unread(variable, Fixed)
        self.space = sorted({d for _, axes in self.feeds for d, a in enumerate(axes) if a >= 0}
                            | {d for v in [*self.earlier, *self.results] for d in self._walked(v)})
        for v in [*self.earlier, *self.results]:
            if self._walked(v) not in ([], self.space) or self.space and self._walked(v) and v.type.ndim != self.ndim:
                raise Unfit
        for variable, number in zip(self.results, numbers, strict=True):
            if bool(self._walked(variable)) and not self.lanes[number]:
                raise Unfit
        if self.space and until is not None or until is not None and self.body[until].dtype != "bool":
            raise Unfit
        kept = tuple(Kept(v.type.dtype, bool(self._walked(v)), reach, number)
                     for v, reach, number in zip(self.results, self.reaches, numbers, strict=True))
        first = len(self.loop.carries)
        states = frozenset(range(first, first + len(self.loop.states)))
        self.recurrence = Recurrence(
            tuple(self.body), tuple(self.lanes), self._feeds(Row), self._feeds(Fixed), kept, states, until,
            self._width(kept) if self.space else 0)

    def _width(self, kept):
        """How many elements a block has: as many as stay in the first cache from step to step."""
        rows = sum(feed.lane for feed in [*self._feeds(Row), *self._feeds(Fixed)])
        rows += sum((k.reach + 1) * k.lane for k in kept)
        return min(LANES[1], max(LANES[0], 1 << (BLOCK_BYTES // 8 // rows).bit_length() - 1))

    def _unread(self, variable, kind):
        if variable.type.ndim != self.ndim and self._walked(variable):
            raise Unfit
        axes = tuple(-1 if b else d for d, b in enumerate(variable.type.broadcastable))
        self.feeds[variable, axes] = (kind, sum(cls is kind for cls, _ in self.feeds.values()))

    @staticmethod
    def _walked(variable):
        return [d for d, b in enumerate(variable.type.broadcastable) if not b]

    def _feeds(self, kind):
        return tuple(Feed(base.type.dtype, any(a >= 0 for a in axes))
                     for (base, axes), (cls, _) in self.feeds.items() if cls is kind)

    def add(self, node):
        """Add the instruction."""
        loop, place = self.loop, self.lowering.place
        rows = [(base, axes) for (base, axes), (cls, _) in self.feeds.items() if cls is Row]
        fixed = [(base, axes) for (base, axes), (cls, _) in self.feeds.items() if cls is Fixed]
        inputs = [place(loop.n), *(place(loop.sequences[self.rows[base]].array) for base, _ in rows),
                  *(place(c.buffer) for c in loop.carries), *(place(s.start) for s in loop.states),
                  *(place(s.length) for s in loop.stacks),
                  *(place(self.fixed.get(base, base)) for base, _ in fixed)]
        recurrence = self.recurrence
        params = [int(loop.until is not None), recurrence.width, len(self.space), len(rows), len(loop.carries),
                  len(loop.states), len(loop.stacks), len(fixed), *(c.reach for c in loop.carries)]
        for _, axes in rows:
            params += [-1 if self._at(axes, d) < 0 else axes[d] + 1 for d in self.space]
        for k, kept in enumerate(recurrence.kept):
            leading = k not in recurrence.states
            params += [d + leading if kept.lane else -1 for d in self.space]
        for _, axes in fixed:
            params += [self._at(axes, d) for d in self.space]
        outputs = [self.lowering.temp(v) for v in node.outputs]
        self.lowering.add("steps", inputs, outputs, params, recurrence=recurrence, node=node, nodes=(node,))

    @staticmethod
    def _at(axes, d):
        return axes[d] if axes else -1
