"""Derivatives of loops, which are loops again.

``run`` is the function that turns a `Loop` into its outputs.
"""

from dataclasses import replace

from theano.config import config
from theano.gradient import DisconnectedType, NullType, Rop, grad
from theano.graph.copying import view_op
from theano.graph.need import ALWAYS, needs
from theano.graph.walk import ancestors, io_connection_pattern, substitute, toposort
from theano.inner.graph import depending, extents_of, read, with_light_shapes
from theano.inner.scan.ends import is_below_zeros, rows_from, rows_from_end
from theano.inner.scan.loop import (
    Carry,
    Loop,
    Other,
    Sequence,
    Stack,
    State,
    fitted,
    initial_rows,
    is_smooth,
    is_tensor,
    twin,
)
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import zeros_like
from theano.tensor.dot import BatchedDot, Dot
from theano.tensor.elemwise import Elemwise, minimum, switch
from theano.tensor.join import join
from theano.tensor.shape import shape_padleft
from theano.tensor.type import scalar

KEPT = {"tanh", "sigmoid"}          # functions of which derivatives are polynomials of the result


def _none(variable):
    return variable is None or isinstance(variable.type, DisconnectedType)


def _recurrent(loop):
    """Pairs (variables of earlier values, variable of the new one) of carries and states."""
    return [(c.rows, c.value) for c in loop.carries] + [([s.before], s.after) for s in loop.states]


def is_kept(node):
    """Whether a gradient keeps what this node gives, in place of computing it again."""
    return type(node.op) is Elemwise and node.op.scalar_op.row_name in KEPT


def _of_equal_rows(loop, values):
    """Those of the ``values`` of a step whose extents are known to be the same in all steps: they can be stacked."""
    known = {v: tuple(constant(1) if b else scalar(dtype="int64") for b in v.type.broadcastable)
             for v in loop.inputs if hasattr(v.type, "broadcastable")}
    bound = set(loop.bound)
    try:
        extents = extents_of(values, known)
    except Exception:                       # of an op of a user, which compiling tells
        return []
    return [v for v, e in zip(values, extents, strict=True) if bound.isdisjoint(ancestors(map(as_tensor_variable, e)))]


# -- reverse mode ---------------------------------------------------------------------------------------


def adjoint(loop, results, gradients, run):
    """Gradients of the inputs of a loop: backpropagation through time, as a loop that runs backwards.

    What steps compute is computed again, from the values that carries kept; values of states, what random states gave,
    and what is long to compute are kept by running the loop with these as further outputs. What is the same in all
    steps is computed and differentiated outside.
    """
    hoisted, moved = loop.hoisted()
    found = _adjoint(hoisted, results, gradients, run)
    return _through(loop, moved, found) if moved else found


def _through(loop, moved, found):
    """Gradients of the inputs of ``loop``, from those of the loop with ``moved`` outside, which are the last ones."""
    given = {v: g for v, g in zip(moved, found[len(found) - len(moved):], strict=True) if not _none(g)}
    found = found[:len(found) - len(moved)]
    if not given:
        return found
    null = next((g for g in given.values() if isinstance(g.type, NullType)), None)
    others = [o for o in loop.others if is_smooth(o.inner)]
    reached = set(ancestors(list(given)))
    if null is not None:
        more = {o.inner: null for o in others if o.inner in reached}
    else:
        known = {view_op(v): g for v, g in given.items()}       # views, because one may be computed from another one
        terms = grad(None, [o.inner for o in others], known_grads=known, disconnected_inputs="ignore",
                     null_gradients="return", return_disconnected="Disconnected") if others else []
        more = {o.inner: g for o, g in zip(others, terms, strict=True) if not _none(g)}
    outside = {o.inner: o.outer for o in loop.others}
    first = len(loop.outer) - len(loop.others)
    for k, o in enumerate(loop.others, first):
        if o.inner in more:
            term = substitute([more[o.inner]], outside, strict=False)[0]
            found[k] = _sum(found[k], term)
    return found


def _sum(a, b):
    """The sum of two gradients, one of which may be missing or unknown."""
    if _none(a) or isinstance(b.type, NullType):
        return b
    return a if isinstance(a.type, NullType) else a + b


def _adjoint(loop, results, gradients, run):
    """Gradients of the inputs of a loop whose steps compute nothing that is the same in all of them."""
    live = _live(loop, gradients)
    weights = [twin(v) if k in live else None for k, v in enumerate(loop.values)]
    wrt = [v for v in loop.inputs if is_smooth(v)]
    # Views, because an output of a step may be computed from another one, or be the same.
    known = {view_op(v): w for v, w in zip(loop.values, weights, strict=True) if w is not None}
    found = grad(None, wrt, known_grads=known, disconnected_inputs="ignore", null_gradients="return",
                 return_disconnected="Disconnected") if known and wrt else []
    terms = dict(zip(wrt, found, strict=False))
    null = {v: g for v, g in terms.items() if isinstance(g.type, NullType)}
    lost = next((null[v] for rows, _ in _recurrent(loop) for v in rows if v in null), None)
    if lost is not None:
        return [lost if is_smooth(v) else DisconnectedType()() for v in loop.outer]
    finite = {v: g for v, g in terms.items() if not isinstance(g.type, (DisconnectedType, NullType))}
    reverse = _Reverse(loop, results, gradients, weights, finite, run)
    return reverse.gradients(null)


def _live(loop, gradients):
    """Positions of the values of a step that have a gradient, directly or through later steps."""
    live = {k for k, g in enumerate(gradients) if not _none(g) and is_smooth(loop.values[k])}
    recurrent = range(len(loop.carries) + len(loop.states))
    if all(k in live or not is_smooth(loop.values[k]) for k in recurrent):
        return live
    pattern = dict(zip(loop.inputs, io_connection_pattern(loop.inputs, loop.values), strict=True))
    while True:
        more = {k for k, (rows, value) in enumerate(_recurrent(loop)) if is_smooth(value)
                and any(pattern[row][j] for row in rows for j in live)}
        if more <= live:
            return live
        live |= more


class _Reverse:
    """The loop that runs backwards.

    weights: variables for the gradients of the values of a step, or None   terms: gradients of its inputs by these
    placed: what a backward step has for weights, and for what forward steps kept
    """

    def __init__(self, loop, results, gradients, weights, terms, run):
        self.loop, self.given, self.weights = loop, list(gradients), weights
        rows = self._keep(terms, results, run)
        self.steps = self._steps()
        self.back = self.steps if loop.truncate < 0 else minimum(self.steps, loop.truncate)
        self.reverse = Loop(self.back, truncate=-1, name=f"grad_of_{loop.name or 'scan_fn'}", mode=loop.mode,
                            others=list(loop.others), lean=loop.lean, freeing=loop.freeing)
        self._read(rows)
        self._hand_on()
        self.made = run(self.reverse, given=self.placed)

    def _keep(self, terms, results, run):
        """Have what the terms need kept; pairs (row, array of all steps)."""
        loop, kept = self.loop, []
        terms = dict(zip(terms, with_light_shapes(list(terms.values()), set(loop.inputs)), strict=True))
        random = {s.before for s in loop.states if not is_tensor(s.before)}
        recurrent = depending([row for rows, _ in _recurrent(loop) for row in rows], loop.values)
        order = toposort(list(terms.values()), loop.inputs)
        for node in order if random else ():
            if not random.isdisjoint(node.inputs):
                kept += [v for v in node.outputs if is_tensor(v)]
                random.update(v for v in node.outputs if not is_tensor(v))
        carried = {c.value: c for c in loop.carries}
        long = [v for v in self._long(order) if v in recurrent and v not in carried]
        results_too = [*terms.values(), *loop.outputs]
        cases = needs(toposort(results_too, loop.inputs), results_too) or {}
        long = [v for v in long if cases.get(v, ALWAYS) == ALWAYS]
        long = _of_equal_rows(loop, long)
        seen = read(list(terms.values()), {*loop.inputs, *carried, *kept, *long})
        kept += [v for v in long if v in seen]
        needed = set(ancestors(list(terms.values()), [*loop.inputs, *carried, *kept]))
        kept = [v for v in dict.fromkeys([*kept, *(s.before for s in loop.states)]) if v in needed]
        carried = {v: c for v, c in carried.items() if v in needed and v not in loop.inputs and v not in kept}
        if loop.until is not None and not (kept or loop.carries or loop.stacks):
            kept = [constant(0)]                                        # so that the steps are counted
        if kept:
            longer = replace(loop, stacks=loop.stacks + [Stack(v, loop.n) for v in kept])
            results = run(longer)
        self.results = results
        rows = {v: twin(v) for v in [*kept, *carried]}
        self.terms, self.placed = terms, rows
        found = [Sequence(rows[v], x) for v, x in zip(kept, results[len(loop.values):], strict=True)]
        buffers = dict(zip(map(id, loop.carries), results, strict=False))
        return found + [Sequence(rows[v], buffers[id(c)][c.reach:]) for v, c in carried.items()]

    @staticmethod
    def _long(order):
        """What the nodes of the terms need of the forward steps that is slow to compute again.

        Of functions only those with simple derivatives: where the derivatives of others are computed together with
        them, rewriting finds stable forms. What only a branch needs is computed again where that is taken.
        """
        return [v for node in order if is_kept(node) or isinstance(node.op, (Dot, BatchedDot)) for v in node.outputs]

    def _steps(self):
        """How many steps there were."""
        loop = self.loop
        if loop.until is None:
            return loop.n.astype("int64")
        if loop.carries:
            return self.results[0].shape[0] - loop.carries[0].reach
        return self.results[-1].shape[0]

    def _backwards(self, array):
        """Rows of the last steps, last first, of an array with a row for each step."""
        return array[::-1] if self.loop.truncate < 0 else array[::-1][:self.back]

    def _read(self, kept):
        """What the backward steps read: the rows that the forward steps read and gave."""
        loop = self.loop
        pairs = kept + [Sequence(s.row, s.array[:self.steps]) for s in loop.sequences]
        for c, buffer in zip(loop.carries, self.results, strict=False):
            for row, begin in zip(c.rows, (c.reach + tap for tap in c.taps), strict=True):
                pairs.append(Sequence(row, buffer[begin:begin + self.steps if begin else self.steps]))
        self.reverse.sequences = [Sequence(s.row, self._backwards(s.array)) for s in pairs]

    def _term(self, variable):
        """The gradient of an input of a step, of its type; None where there is none."""
        term = self.terms.get(variable)
        return None if term is None else fitted(term, variable.type)

    def _state(self, like, start):
        """A state of the backward loop, of the type of ``like``; its new value is set later."""
        self.reverse.states.append(State(twin(like), fitted(start, like.type), None))
        return self.reverse.states[-1]

    def _incoming(self, k, skip):
        """A row of the gradient given for output ``k``, whose first ``skip`` rows are no steps; None without one."""
        if _none(self.given[k]):
            return None
        row = twin(self.loop.values[k])
        array = rows_from(self.given[k], skip)
        self.reverse.sequences.append(Sequence(row, self._backwards(fitted(array, array.type.clone(
            broadcastable=(False, *row.type.broadcastable))))))
        return row

    def _hand_on(self):
        """What the backward steps hand on: gradients of values of earlier steps, and sums for what all steps use."""
        loop, totals = self.loop, {}
        position = iter(range(len(loop.values)))
        self.pending = [self._carry(next(position), c, totals) for c in loop.carries]
        self.before = [self._through_state(next(position), s, totals) for s in loop.states]
        for k in position:
            if self.weights[k] is not None:
                totals[self.weights[k]] = self._incoming(k, 0)
        self.rows = {s.row: Stack(self._term(s.row), self.back) for s in loop.sequences if s.row in self.terms}
        self.reverse.stacks = list(self.rows.values())
        self.sums = {}
        for o in loop.others:
            if o.inner in self.terms:
                self.sums[o.inner] = state = self._state(o.inner, o.outer.type.zeros_like(o.outer))
                state.after = fitted(state.before + self._term(o.inner), state.before.type)
        self.placed = self.placed | totals
        self.place = {s.before: k for k, s in enumerate(self.reverse.states)}

    def _carry(self, k, carry, totals):
        """States for the gradients of the values 1, 2, ... steps back, so far."""
        if self.weights[k] is None:
            return []
        kind, starts = carry.value.type, [zeros_like(initial_rows(carry)[0])] * carry.reach
        if not _none(self.given[k]):
            self._take_ends(k, starts)
        states = [self._state(carry.value, start) for start in starts]
        incoming = self._incoming(k, carry.reach)
        totals[self.weights[k]] = states[0].before if incoming is None else \
            fitted(incoming + states[0].before, kind)
        terms = dict(zip(carry.taps, map(self._term, carry.rows), strict=True))
        for j, state in enumerate(states, 1):
            parts = [x for x in (states[j].before if j < len(states) else None, terms.get(-j)) if x is not None]
            state.after = fitted(sum(parts[1:], parts[0]) if parts else zeros_like(state.before), kind)
        return states

    def _take_ends(self, k, starts):
        """Let gradients of the last rows of a carry be what the backward steps begin with, in place of many zeros."""
        rows, rest = rows_from_end(self.given[k], starts[0], len(starts))
        if rows and max(rows) <= len(starts):
            for j, value in rows.items():
                starts[j - 1] = starts[j - 1] + value
            self.given[k] = rest

    def _through_state(self, k, forward, totals):
        """The state for the gradient of a state, None without one."""
        if self.weights[k] is None:
            return None
        start = zeros_like(forward.start) if _none(self.given[k]) else self.given[k]
        state = self._state(forward.before, start)
        totals[self.weights[k]] = state.before
        term = self._term(forward.before)
        state.after = zeros_like(state.before) if term is None else term
        return state

    # -- what comes out ---------------------------------------------------------------------------------

    def _last(self, state):
        return self.made[self.place[state.before]]

    def _reaching_back(self, value):
        """``value``, or zero where the gradient was cut off before the first step."""
        if self.loop.truncate < 0:
            return value
        return switch(self.steps <= self.loop.truncate, value, zeros_like(value))

    def gradients(self, null):
        """A gradient for each input of the forward loop."""
        loop = self.loop
        stacked = dict(zip(self.rows, self.made[len(self.reverse.states):], strict=True))
        found = [None]
        for s in loop.sequences:
            g = stacked.get(s.row)
            found.append(null.get(s.row) if g is None else set_subtensor(
                zeros_like(s.array)[self.steps - self.back:self.steps], g[::-1]))
        found += [self._of_buffer(k, c) for k, c in enumerate(loop.carries)]
        found += [None if state is None else self._reaching_back(self._last(state)) for state in self.before]
        found += [None] * len(loop.stacks)
        found += [self._last(self.sums[o.inner]) if o.inner in self.sums else null.get(o.inner) for o in loop.others]
        return [self._checked(x, g) for x, g in zip(loop.outer, found, strict=True)]

    def _of_buffer(self, k, carry):
        """The gradient of the initial rows, in a buffer of zeros."""
        if self.weights[k] is None:
            return None
        rows = join(0, *(shape_padleft(self._reaching_back(self._last(s))) for s in reversed(self.pending[k])))
        if not _none(self.given[k]) and not is_below_zeros(self.given[k], carry.reach):
            rows = rows + self.given[k][:carry.reach]
        return set_subtensor(zeros_like(carry.buffer)[:carry.reach], rows)

    @staticmethod
    def _checked(variable, gradient):
        if gradient is not None:
            return gradient
        if is_tensor(variable) and not is_smooth(variable) and variable.type.ndim:
            return zeros_like(variable, dtype=config.floatX)
        return DisconnectedType()()


# -- forward mode ---------------------------------------------------------------------------------------


def tangent(loop, points, run):
    """Directional derivatives of the outputs of a loop: a loop that carries them along.

    points: the same loop on directions instead of inputs, None where there is none.
    """
    moved = _moved(loop, points)
    along = {v: twin(v) for v in loop.inputs if v in moved}
    slopes = Rop(loop.values, list(along), list(along.values()), disconnected_outputs="ignore",
                 return_disconnected="None") if along else [None] * len(loop.values)
    slope = dict(enumerate(slopes))
    wide = replace(loop, stacks=[])
    wide.sequences = loop.sequences + [Sequence(along[s.row], _direction(p.array, s.array)) for s, p in zip(
        loop.sequences, points.sequences, strict=True) if s.row in along]
    wide.others = loop.others + [Other(along[o.inner], _direction(p.outer, o.outer)) for o, p in zip(
        loop.others, points.others, strict=True) if o.inner in along]
    first_state, first_stack = len(loop.carries), len(loop.carries) + len(loop.states)
    order = {}
    wide.carries = list(loop.carries)
    for k, (c, p) in enumerate(zip(loop.carries, points.carries, strict=True)):
        if c.rows[0] in along:
            order[k] = len(wide.carries)
            wide.carries.append(Carry(c.taps, [along[r] for r in c.rows], _direction(p.buffer, c.buffer),
                                      _direction(slope[k], c.value)))
    wide.states = list(loop.states)
    for k, (s, p) in enumerate(zip(loop.states, points.states, strict=True), first_state):
        if s.before in along:
            order[k] = len(wide.carries) + len(wide.states)
            wide.states.append(State(along[s.before], _direction(p.start, s.start), _direction(slope[k], s.after)))
    for k, s in enumerate(loop.stacks, first_stack):
        if slope[k] is not None:
            order[k] = len(wide.carries) + len(wide.states) + len(wide.stacks)
            wide.stacks.append(Stack(slope[k], s.length))
    wide.name = f"rop_of_{loop.name or 'scan_fn'}"
    made = run(wide)
    return [made[order[k]] if k in order else None for k in range(len(loop.values))]


def _moved(loop, points):
    """Inputs of a step that move when the inputs of the loop move."""
    given = [p.array for p in points.sequences] + [p.buffer for p in points.carries for _ in p.rows]
    given += [p.start for p in points.states] + [p.outer for p in points.others]
    moved = {v for v, p in zip(loop.inputs, given, strict=True) if not _none(p) and is_smooth(v)}
    pattern = dict(zip(loop.inputs, io_connection_pattern(loop.inputs, loop.values), strict=True))
    while True:
        more = {row for k, (rows, value) in enumerate(_recurrent(loop)) if is_smooth(value)
                and (moved.intersection(rows) or any(pattern[v][k] for v in moved)) for row in rows}
        if more <= moved:
            return moved
        moved |= more


def _direction(value, model):
    """``value``, or zeros, of the type of ``model``: directions may differ from what they belong to in dtype."""
    return zeros_like(model) if _none(value) else fitted(value, model.type)
