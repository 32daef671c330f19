"""Clusters that share rows (`rows`) as one loop nest with phases.

Phases take turns: even ones run along rows, odd ones compute a value a row. A value that several phases use is computed
again where that is cheap; else it waits in memory, if possible where the result of a later phase will be.
"""

from theano.codegen import nest as ir
from theano.codegen.access import literal_of
from theano.codegen.guess import guess_shifts
from theano.codegen.loops import accumulator, accumulator_dtype, cast_place, extents_of, reduction_name, steps_of
from theano.codegen.rows import CHEAP
from theano.codegen.turn import Slot, Turn
from theano.scalar.table import TABLE
from theano.tensor.careduce import CAReduce
from theano.tensor.elemwise import Elemwise


def build_rows(lowering, rows):
    """Add the instruction of ``rows``; False, with nothing added, where phases cannot say it."""
    work = _Schedule(lowering, rows)
    builder = _Builder(lowering, rows, work)
    for number in work.turns:
        builder.run(number)
    return builder.finish()


class _Schedule:
    """Which phases compute a node, and which variables go through memory."""

    def __init__(self, lowering, rows):
        self.rows = rows
        self.loops = lowering.loops
        self.inside = set(rows.axes)
        self.needed = {v for v in rows.axes if lowering.is_needed(v, rows)}
        self.ready = {}                             # variable -> the first phase that can compute it
        for node in rows.nodes:
            self._rank(node)
        self.wanted = {}                            # variable -> phases that use it
        self.at = {}                                # node -> phases that compute it
        self.waiting = set()                        # variables in memory for later phases only
        for node in reversed(rows.nodes):
            self._choose(node)
        self.turns = sorted(set().union(*self.at.values()))

    def reads(self, node):
        """Variables of these nodes that ``node`` reads."""
        bases = (self.rows.axes_of(v, self.loops[node])[0] for v in node.inputs if literal_of(v) is None)
        return [base for base in bases if base in self.inside]

    def whole(self, node):
        """Whether a node runs along rows."""
        return self.loops[node].space == self.rows.space

    def _rank(self, node):
        first = 0 if self.whole(node) else 1
        for base in self.reads(node):
            first = max(first, self.ready[base] + isinstance(base.owner.op, CAReduce))
        first += (first % 2 == 1) if self.whole(node) else (first % 2 == 0)
        for variable in node.outputs:
            self.ready[variable] = first

    def _choose(self, node):
        first = self.ready[node.outputs[0]]
        needed = any(v in self.needed for v in node.outputs)
        wanted = set().union(*(self.wanted.get(v, ()) for v in node.outputs))
        if needed or isinstance(node.op, CAReduce) or not self.whole(node):
            phases = {first}
        elif len(wanted) <= 1 or self._cost(node, CHEAP + 1) < CHEAP:
            phases = wanted
        else:
            phases = {min(wanted)}
        if not isinstance(node.op, CAReduce) and wanted - phases:
            self.waiting.update(v for v in node.outputs if self.wanted.get(v, set()) - phases)
        self.at[node] = phases
        for base in self.reads(node):
            self.wanted.setdefault(base, set()).update(phases)

    def _cost(self, node, limit):
        """What a node costs together with those of these nodes that it needs at the same point."""
        if isinstance(node.op, CAReduce) or not self.whole(node) or limit <= 0:
            return 0
        steps = steps_of(node).steps if isinstance(node.op, Elemwise) else ()
        total = sum(getattr(step.row, "cost", 0) for step in steps)
        for base in self.reads(node):
            if total < limit and base not in self.needed:
                total += self._cost(base.owner, limit - total)
        return total


class _Builder:
    """The nest of a schedule."""

    def __init__(self, lowering, rows, work):
        self.lowering, self.rows, self.work = lowering, rows, work
        self.ndim = len(rows.space)
        self.inputs = {}                            # (variable, axes) -> Slot
        self.homes = {}                             # variable -> Slot that holds it between phases, or for others
        self.phases, self.casts = [], []
        self.more = []                              # slots that hold no variable
        self.lent = set()

    def run(self, number):
        """The phase with that number."""
        turn = Turn(number)
        for node in self.rows.nodes:
            if number in self.work.at[node]:
                self._compute(turn, node)
        self.phases.append(turn)

    def _compute(self, turn, node):
        op = node.op
        if isinstance(op, CAReduce):
            slot = self._home(node.outputs[0], "acc" if node.outputs[0] in self.work.needed else "temp",
                              accumulator_dtype(node))
            turn.accumulations.append((self._read(turn, node, node.inputs[0]), slot, reduction_name(op)))
            return
        if isinstance(op, Elemwise):
            listing = steps_of(node)
            numbers = [self._read(turn, node, v) for v in node.inputs]
            for step in listing.steps:
                args = tuple(numbers[a] for a in step.args)
                numbers.append(turn.value(ir.Literal(step.value) if step.row is None else step.row, args, step.dtype))
            results = [numbers[n] for n in listing.outputs]
        else:
            results = [self._read(turn, node, node.inputs[0])]
        for variable, number in zip(node.outputs, results, strict=True):
            turn.values[variable] = number
            if turn.number == min(self.work.at[node]) and (variable in self.work.needed
                                                           or variable in self.work.waiting):
                slot = self._home(variable, "out", variable.type.dtype)
                turn.stores.append((number, slot))
                slot.first_store = turn.number if slot.first_store < 0 else slot.first_store

    def _read(self, turn, node, variable):
        known = literal_of(variable)
        if known is not None:
            return turn.value(ir.Literal(known), (), variable.type.dtype)
        base, axes = self.rows.axes_of(variable, self.work.loops[node])
        if base in turn.values:
            return turn.values[base]
        if base in self.homes:
            slot = self.homes[base]
        else:
            slot = self.inputs.get((base, axes))
            if slot is None:
                slot = self.inputs[base, axes] = Slot(ir.Operand(base.type.dtype, axes), self.lowering.place(base))
        slot.last_load = turn.number
        number = turn.load(slot)
        if slot.operand.dtype != base.type.dtype:
            number = turn.value(TABLE["identity"], (number,), base.type.dtype)
        return number

    def _home(self, variable, role, dtype):
        """The slot of a variable."""
        if variable in self.homes:
            return self.homes[variable]
        operand = ir.Operand(dtype, self.rows.axes[variable], role)
        if variable in self.work.needed or role == "temp":
            slot = Slot(operand)
        else:
            later = self._lender(variable)
            slot = Slot(operand) if later is None else self._home(later, "out", later.type.dtype)
        self.homes[variable] = slot
        if role == "temp" or slot.place is not None:
            return slot
        if role == "acc":
            slot.place, _ = accumulator(self.lowering, variable.owner, self.casts)
        else:
            slot.place = self.lowering.temp(variable)
        return slot

    def _lender(self, variable):
        """A result of a later phase whose memory can hold ``variable`` until then."""
        for other in self.work.needed:
            if (other not in self.lent and not isinstance(other.owner.op, CAReduce)
                    and other.type.dtype == variable.type.dtype and self.rows.axes[other] == self.rows.axes[variable]
                    and min(self.work.at[other.owner]) >= max(self.work.wanted[variable])):
                self.lent.add(other)
                return other
        return None

    def finish(self):
        """Add the task; whether the nest means what was wanted."""
        guess_shifts(self)
        made = list(dict.fromkeys([*self.homes.values(), *self.more]))
        temporary = [s for s in made if s.operand.role == "temp"]
        lasting = [s for s in made if s.operand.role != "temp"]
        slots = [*self.inputs.values(), *lasting, *temporary]
        for number, slot in enumerate(slots):
            slot.number = number
        if len(slots) > ir.MAX_OPERANDS:
            return False
        operands = tuple(s.operand for s in slots)
        extents, arguments = extents_of(self.lowering, self.rows.space, operands, self.rows.nodes)
        reduced = tuple(d in self.rows.reduced for d in range(self.ndim))
        nest = ir.LoopNest(self.ndim, reduced, operands, tuple(t.finished() for t in self.phases), extents)
        if any(ir.loops(nest, phase) != (turn.number % 2 == 0)
               for phase, turn in zip(nest.phases, self.phases, strict=True)):
            return False
        self.lowering.add("loop", [*(s.place for s in self.inputs.values()), *arguments], [s.place for s in lasting],
                          nest=nest, nodes=tuple(self.rows.nodes), node=self.rows.nodes[-1],
                          inplace=self._takeovers(lasting))
        for place, variable in self.casts:
            cast_place(self.lowering, place, variable)
        return True

    def _takeovers(self, lasting):
        """Pairs of a result and an input that is read for the last time before the result is written."""
        return [(out.place, given.place) for out in lasting for given in self.inputs.values()
                if out.operand.role == "out" and (out.operand.dtype, out.operand.axes) == (
                    given.operand.dtype, given.operand.axes) and given.last_load <= out.first_store]
