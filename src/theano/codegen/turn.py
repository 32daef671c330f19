"""Phases of a nest in the making, and the operands they share."""

from dataclasses import dataclass, field

from theano.codegen import nest as ir
from theano.scalar.table import TABLE


@dataclass(eq=False)
class Slot:
    """One operand of the nest; number: its place among the operands, known when all are."""

    operand: ir.Operand
    place: object = None
    first_store: int = -1
    last_load: int = -1
    number: int = -1


@dataclass(eq=False)
class Turn:
    """One phase in the making."""

    number: int
    head: bool = False
    tries: bool = False
    unless: Slot | None = None
    body: list = field(default_factory=list)
    seen: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)          # variable -> number of its value
    stores: list = field(default_factory=list)
    accumulations: list = field(default_factory=list)

    def value(self, op, args, dtype):
        """The number of a scalar value; equal ones are computed once. ``op`` may be a Slot that is loaded."""
        key = (op.key if isinstance(op, ir.Literal) else op, args, dtype)
        if key not in self.seen:
            self.seen[key] = len(self.body)
            self.body.append((op, args, dtype))
        return self.seen[key]

    def load(self, slot):
        """The number of what a slot holds."""
        return self.value(slot, (), slot.operand.dtype)

    def compare(self, name, number, with_what):
        """The number of a comparison with a constant."""
        dtype = self.body[number][2]
        return self.value(TABLE[name], (number, self.value(ir.Literal(with_what), (), dtype)), "bool")

    def both(self, one, other):
        """The number of whether both are true."""
        return self.value(TABLE["and_"], (one, other), "bool")

    def finished(self):
        """The phase, when slots have their numbers."""
        body = tuple(ir.Value(ir.Load(op.number) if isinstance(op, Slot) else op, args, dtype)
                     for op, args, dtype in self.body)
        return ir.Phase(body, tuple((v, s.number) for v, s in self.stores),
                        tuple((v, s.number, name) for v, s, name in self.accumulations),
                        self.head, None if self.unless is None else self.unless.number, self.tries)
