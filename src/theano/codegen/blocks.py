"""Nests as programs of prebuilt loops, which runtime/interpret.c runs block by block.

Each phase becomes steps on cells: operands, constants, single values, and registers that hold a block. What is the
same for a whole row is computed once, the rest for one block after the other.
"""

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np

from theano.codegen import nest as ir
from theano.codegen.emit import computation_dtype, phase_accesses
from theano.codegen.typed import (
    SUMMED,
    argument_dtypes,
    cast_name,
    copy_name,
    is_plain,
    loop_dtype,
    row_name,
    sum_name,
)
from theano.scalar.dtype import computed_in, is_small, kind_of, numpy_dtype
from theano.scalar.table import TABLE

MAX_BYTES = 4096                # of all registers together for one point: a block has at least 16 points


class Uncovered(Exception):
    """A nest needs a loop that was not built."""


class LoopSet:
    """The prebuilt loops, and what can be made of them.

    names: those of the loops, by number.
    """

    def __init__(self, names):
        self.numbers = {name: number for number, name in enumerate(names)}
        self._rows = {}

    def assemble(self, nest):
        """The program of a nest as integers, None where the driver alone runs it; raises `Uncovered`."""
        return _assemble(nest, self.numbers) if ir.needs_kernel(nest) else None

    def has_row(self, row, dtypes, out):
        """Whether there are loops for a row of the scalar table with arguments of these dtypes."""
        key = (row, dtypes, out)
        if key not in self._rows:
            operands = (*(ir.Operand(d, (0,)) for d in dtypes), ir.Operand(out, (0,), "out"))
            n = len(dtypes)
            body = (*(ir.load(k, operands) for k in range(n)), ir.Value(row, tuple(range(n)), out))
            try:
                _assemble(ir.LoopNest(1, (False,), operands, (ir.Phase(body, ((n, n),)),), () if n else (0,)),
                          self.numbers)
                self._rows[key] = True
            except Uncovered:
                self._rows[key] = False
        return self._rows[key]


def _assemble(nest, numbers):
    """constants, then for each phase what to do where its still operands are arrays, and where they are not."""
    constants, phases = [], []
    for phase in nest.phases:
        ways = []
        if ir.calls_kernel(nest, phase):
            still = any(access.still for access in phase_accesses(nest, phase).values())
            ways = [_Assembler(nest, phase, numbers, constants, fixed) for fixed in (False, True)[:1 + still]]
        phases.append(ways)
    words = [len(constants), *(word for bits in constants for word in bits), len(phases)]
    for ways in phases:
        words.append(len(ways))
        for way in ways:
            words += way.words()
    return words


@dataclass(eq=False)
class _Node:
    """A value: of an operand, a constant, or what the loop called name(pattern) makes of others.

    same: it is one number for a whole row. cell: where it is, as (kind, number).
    twice: its loop may read an argument again after it has written. row: the name of a row of the scalar table.
    """

    dtype: str
    same: bool
    name: object = None
    args: tuple = ()
    cell: tuple | None = None
    twice: bool = False
    row: str = ""

    @property
    def size(self):
        """Bytes of one number."""
        return numpy_dtype(self.dtype).itemsize


class _Assembler:
    """One phase as steps; constants: those of all phases, which this one adds to."""

    def __init__(self, nest, phase, numbers, constants, fixed):
        self.nest, self.phase, self.numbers, self.constants = nest, phase, numbers, constants
        self.accesses = phase_accesses(nest, phase)
        self.single = {k for k, a in self.accesses.items() if a.scalar or (fixed and a.still)}
        self.values, self.known, self.order = {}, {}, []
        self.singles, self.registers = 0, []            # how many single numbers; bytes of each register
        self.free, self.filled = [], {}
        self.once, self.fills, self.body = [], [], []   # steps for a row; for its longest block; for each block
        for number in ir.live(nest, phase):
            if not isinstance(phase.body[number].op, ir.Literal):
                self.values[number] = self.value(phase.body[number])
        self.place([(self.stored(v, nest.operands[k].dtype), k) for v, k in ir.kernel_stores(nest, phase)])

    # -- values --------------------------------------------------------------------------------------------

    def value(self, value):
        """The node of a value of the phase whose arguments have theirs."""
        if isinstance(value.op, ir.Load):
            k = value.op.operand
            return _Node(self.nest.operands[k].dtype, k in self.single, cell=("operand", k))
        dtypes = tuple(self.phase.body[a].dtype for a in value.args)
        row, dtype = value.op, computed_in(computation_dtype(value.op, dtypes, value.dtype))
        out = computed_in(value.dtype)
        template = row.c_for(dtypes, dtype)
        if is_plain(template):
            node = self.cast(self.converted(value.args[int(template[1:-1])], dtype), value.dtype)
            return self.cast(node, out)
        count = len(dtypes)
        wanted = argument_dtypes(row, dtype) if row.nin >= 0 else [dtype] * count
        usual = (loop_dtype(row, dtype), row.c_for(tuple(wanted), dtype))
        if TABLE.get(row.name) is not row or template is None or usual != (out, template):
            raise Uncovered(f"{row.name} of {', '.join(dtypes)}")
        args = [self.converted(a, d) for a, d in zip(value.args, wanted, strict=True)]
        while row.nin < 0 and len(args) > 2:
            args[:2] = [self.apply(row, dtype, out, args[:2])]
        return self.apply(row, dtype, out, args)

    def apply(self, row, dtype, out, args):
        return self.node(out, partial(row_name, row, dtype), args, row.cost > ir.CHEAP, row.name)

    def converted(self, number, dtype):
        """A value of the phase in another dtype."""
        op = self.phase.body[number].op
        return self.literal(op.value, dtype) if isinstance(op, ir.Literal) else self.cast(self.values[number], dtype)

    def literal(self, value, dtype):
        kind = kind_of(dtype)
        if kind != "c" and isinstance(value, complex | np.complexfloating):
            value = value.real
        number = np.asarray(bool(value)) if kind == "b" else np.asarray(value).astype(numpy_dtype(dtype))
        bits = tuple(np.frombuffer(number.tobytes().ljust(16, b"\0"), "int64").tolist())
        if bits not in self.constants:
            self.constants.append(bits)
        if (dtype, bits) not in self.known:
            self.known[dtype, bits] = _Node(dtype, True, cell=("constant", self.constants.index(bits)))
        return self.known[dtype, bits]

    def cast(self, node, dtype):
        """A value in another dtype; floats of 16 bits are converted from and to float32 only."""
        if node.dtype == dtype:
            return node
        if is_small(dtype) and getattr(node.name, "func", None) is cast_name and node.args[0].dtype == dtype:
            return node.args[0]
        if "float32" not in (node.dtype, dtype) and (is_small(node.dtype) or is_small(dtype)):
            return self.cast(self.cast(node, "float32"), dtype)
        return self.node(dtype, partial(cast_name, node.dtype, dtype), [node])

    def node(self, dtype, name, args, twice=False, row=""):
        """A computed value; equal ones are computed once."""
        key = (name("v" * len(args)), *args)
        if key[0] not in self.numbers:
            raise Uncovered(key[0])
        if key not in self.known:
            self.known[key] = _Node(dtype, all(a.same for a in args), name, tuple(args), twice=twice, row=row)
            self.order.append(self.known[key])
        return self.known[key]

    def stored(self, number, dtype):
        """The computed value that goes to an operand of that dtype."""
        node = self.converted(number, dtype)
        if node.name is None or node.same:
            node = _Node(dtype, False, partial(copy_name, node.size), (node,))
            self.order.append(node)
        return node

    # -- cells ---------------------------------------------------------------------------------------------

    def place(self, stores):
        """Make the steps; stores: (node, operand)."""
        needed = {node for node, _ in stores}
        for node in reversed(self.order):
            if node in needed:
                needed.update(node.args)
        self.order = [node for node in self.order if node in needed]
        self.join_products([node for node, _ in stores])
        position = {node: p for p, node in enumerate(self.order)}
        last = {a: p for p, node in enumerate(self.order) for a in node.args}
        later = []
        for node, k in stores:
            if node.cell is None and self.may_be_written(k, node, position[node]):
                node.cell = ("operand", k)
            else:
                later.append((node, k))
                last[node] = len(self.order)
        for p, node in enumerate(self.order):
            self.step(node, {a.cell for a in node.args if last[a] == p and a.cell[0] == "register"})
        for node, k in later:
            self.body.append((self.numbers[copy_name(node.size)], ("operand", k), [node.cell]))
        if sum(self.registers) > MAX_BYTES:
            raise Uncovered("a nest with too many values at once")

    def join_products(self, stored):
        """Let sums compute those products that nobody else needs."""
        uses = Counter([*stored, *(a for node in self.order for a in node.args)])
        joined = set()
        for node in self.order:
            kinds = {"add": ("plus", "plus"), "sub": ("minus", "from")}.get(node.row)
            if kinds is None or node.same or node.dtype not in SUMMED:
                continue
            for k, product in enumerate(node.args):
                if product.row in ("mul", "sqr") and not product.same and uses[product] == 1:
                    a, b = sorted(product.args * (3 - len(product.args)), key=lambda factor: factor.same)
                    node.name = partial(sum_name, kinds[k], node.dtype)
                    node.args, node.row = (a, b, node.args[1 - k]), ""
                    joined.add(product)
                    break
        self.order = [node for node in self.order if node not in joined]

    def may_be_written(self, k, node, position):
        """Whether a value may go to operand k at once: nobody reads what was there before from then on."""
        old, target = {("operand", k)}, self.nest.operands[k]
        if target.inplace is not None and self.nest.operands[target.inplace].axes == target.axes:
            old |= {("operand", j) for j, operand in enumerate(self.nest.operands) if operand.role == "in"}
        rest = self.order[position + (not node.twice):]
        return not any(a.cell in old and not a.same for other in rest for a in other.args)

    def step(self, node, dying):
        """Place a node, and add the step that computes it; dying: registers that nobody else reads."""
        cells, everywhere = [a.cell for a in node.args], "v" * len(node.args)
        if node.same:
            node.cell = ("single", self.singles)
            self.singles += 1
            self.once.append((self.numbers[node.name(everywhere)], node.cell, cells))
            return
        number = self.numbers.get(node.name("".join("s" if a.same else "v" for a in node.args)))
        if number is None:
            number = self.numbers[node.name(everywhere)]
            cells = [self.repeated(a) if a.same else a.cell for a in node.args]
        if node.cell is None and node.twice:
            node.cell = self.register(node.size)
        self.free += sorted(dying)
        if node.cell is None:
            node.cell = self.register(node.size)
        self.body.append((number, node.cell, cells))

    def repeated(self, node):
        """A register that holds one value as often as a block has points."""
        if node.cell not in self.filled:
            self.registers.append(node.size)
            self.filled[node.cell] = ("register", len(self.registers) - 1)
            self.fills.append((self.numbers[copy_name(node.size, "s")], self.filled[node.cell], [node.cell]))
        return self.filled[node.cell]

    def register(self, size):
        """A register for numbers of that size: the one freed last, which the cache has."""
        for cell in reversed(self.free):
            if self.registers[cell[1]] == size:
                self.free.remove(cell)
                return cell
        self.registers.append(size)
        return ("register", len(self.registers) - 1)

    def words(self):
        """Single values, registers, operands, steps: what th_code_new in runtime/interpret.c reads."""
        counts = {"operand": len(self.nest.operands), "constant": len(self.constants), "single": self.singles,
                  "register": len(self.registers)}
        first = dict(zip(counts, itertools.accumulate(counts.values(), initial=0), strict=False))
        words = [self.singles, len(self.registers), *self.registers, len(self.accesses)]
        for k, access in self.accesses.items():
            words += [k, 0 if k in self.single else numpy_dtype(access.dtype).itemsize, int(not access.scalar)]
        for steps in (self.once, self.fills, self.body):
            words.append(len(steps))
            for number, to, cells in steps:
                places = [first[kind] + index for kind, index in [*cells, to]]
                words += [number, len(places), *places]
        return words
