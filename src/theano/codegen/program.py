"""Programs: what a function does at run time, as plain data that can be written to a file."""

from dataclasses import dataclass, field

from theano.codegen import nest as ir
from theano.codegen.emit import emit_library
from theano.codegen.memory import color, plan
from theano.codegen.overwrite import VIEWS
from theano.codegen.recipe import build, build_node, describe, describe_node
from theano.codegen.recurrence_text import emit_recurrence
from theano.late import json

STORAGE = ("input", "const", "buffer", "array", "view", "row")
KINDS = ("loop", "dimshuffle", "subtensor", "reshape", "shape_i", "make_vector", "copy", "gemm", "gemv", "ger",
         "dot", "guard", "python", "alias", "empty", "pick", "put", "call", "parts", "scatter", "steps", "for",
         "branch")
KERNELS = {"call", "parts", "scatter"}  # run a prebuilt kernel; the results of "parts" are views of the first input
BLAS = {"gemm", "gemv", "ger", "dot"}


@dataclass
class Program:
    """Slots, and instructions on them.

    slots: (dtype, ndim, storage, buffer, root slot, mask of broadcastable dimensions)
    code: (kind, inputs, outputs, params, words of the nest or None, kernel, origin); kernel: a symbol of the
    library, the name of a prebuilt kernel, the integers of a program of typed loops (`codegen.blocks`), or None
    inputs, outputs: slot numbers. updates: (slot, number of the input, whether in place).
    constants: (slot, value). buffers: how many there are. source: C of the kernels; not part of the file.
    overwritten: numbers of the inputs whose memory is written to. checked: number of the first of the last
    instructions, which must be checked together before they run, or -1. borrowed: slots of results that need not
    outlive the next call. performs: number of an instruction that runs Python code -> the node that it runs.
    nodes: per instruction the task it came from; sizes: per slot the extents; not part of the file. parts: number of
    an instruction -> its sub-programs. once, rows, labels: of a sub-program, see `parts.Part`.
    """

    slots: list
    code: list
    inputs: list
    outputs: list
    updates: list
    constants: list
    buffers: int
    overwritten: list
    checked: int
    borrowed: list
    source: str = ""
    performs: dict = field(default_factory=dict)
    nodes: list = field(default_factory=list)
    parts: dict = field(default_factory=dict)
    once: int = 0
    rows: int = 0
    labels: list = field(default_factory=list)
    sizes: list = field(default_factory=list)

    def dump(self):
        """The program as bytes; raises `recipe.NoRecipe` where an op can't be written."""
        return json.dumps(self._plain(), separators=(",", ":")).encode()

    def _plain(self):
        constants = [(slot, describe(value)) for slot, value in self.constants]
        performs = [(number, describe_node(node)) for number, node in self.performs.items()]
        parts = [(number, [p._plain() for p in some]) for number, some in self.parts.items()]
        return [self.slots, self.code, self.inputs, self.outputs, self.updates, constants, self.buffers,
                self.overwritten, self.checked, self.borrowed, self.once, self.rows, self.labels, parts, performs]

    @staticmethod
    def load(data):
        """A program from bytes; ValueError, KeyError, TypeError or AttributeError when they make none."""
        return Program._made(json.loads(data))

    @staticmethod
    def _made(data):
        slots, code, inputs, outputs, updates, constants, *more, once, rows, labels, parts, performs = data
        return Program(slots, code, inputs, outputs, updates, [(slot, build(value)) for slot, value in constants],
                       *more, performs={number: build_node(node) for number, node in performs}, once=once, rows=rows,
                       labels=labels, parts={number: list(map(Program._made, some)) for number, some in parts})


class _Numbering:
    """Gives places slot numbers."""

    def __init__(self, colors):
        self.colors = colors
        self.slots, self.constants, self.sizes = [], [], []
        self.known = {}

    def __call__(self, place):
        number = self.known.get(id(place))
        if number is None:
            root = place if place.of is None else self(place.of)
            number = self.known[id(place)] = len(self.slots)
            self.slots.append(None)
            self.sizes.append(place.size)
            self.slots[number] = self._describe(place, number, root)
        return number

    def _describe(self, place, number, root):
        if place.of is not None:
            base = self.slots[root]
            return (place.dtype, place.ndim, "view", -1, base[4], 0)
        if place.kind == "const":
            self.constants.append((number, place.value))
            return (place.dtype, place.ndim, "const", -1, number, 0)
        if place.kind in ("input", "lent", "mutable", "shared"):
            return (place.dtype, place.ndim, "input", -1, number, place.ones)
        if place.row >= 0:
            return (place.dtype, place.ndim, "row", place.row, number, 0)
        if place.array:
            return (place.dtype, place.ndim, "array", -1, number, 0)
        return (place.dtype, place.ndim, "buffer", self.colors.get(id(place), 0), number, 0)


def make_program(lowering, borrowed, updated):
    """The program of a lowered graph; raises `blocks.Uncovered` where there are no prebuilt loops for a nest.

    borrowed: for each output that the caller gets whether it may share storage; the rest of the outputs are new values
    of the inputs numbered ``updated``.
    """
    n_returned = len(borrowed)
    inputs = [lowering.places[v] for v in lowering.fgraph.inputs]
    updates = list(zip(lowering.outputs[n_returned:], (inputs[i] for i in updated), strict=True))
    tasks, outputs, updates, start = plan(lowering.tasks, lowering.outputs[:n_returned], updates, lowering.guards,
                                          borrowed)
    colors, count = color(tasks, start)
    number = _Numbering(colors)
    input_slots = [number(p) for p in inputs]
    kernels = _Kernels(tasks, lowering.loop_set)
    code, parts, count = _encode(tasks, number, kernels, count)
    performs = _performs(tasks)
    positions = {id(place): position for position, place in enumerate(inputs)}
    result_updates = [(number(place.whole()), positions[id(shared)], int(place.root() is shared))
                      for place, shared in updates]
    results = [number(place.whole()) for place in outputs]
    overwritten = {positions[id(p.root())] for t in tasks for p in t.outputs
                   if t.kind not in VIEWS and t.kind != "reshape" and p.dtype != "object" and id(p.root()) in positions}
    lent = [slot for slot, may_share in zip(results, borrowed, strict=True) if may_share]
    for task in tasks:
        task.forget()
    return Program(number.slots, code, input_slots, results, result_updates, number.constants, count,
                   sorted(overwritten), -1 if start is None else start, lent, kernels.source, performs, tasks, parts,
                   sizes=number.sizes)


class _Kernels:
    """The kernels of all nests of some tasks, those of sub-programs included; and what the file says of each nest."""

    def __init__(self, tasks, loop_set):
        nests = [t.nest for t in _all_tasks(tasks) if t.nest is not None]
        self.words = {nest: ir.encode(nest) for nest in dict.fromkeys(nests)}
        if loop_set is None:
            loops = {t.recurrence: emit_recurrence(t.recurrence) for t in _all_tasks(tasks) if t.recurrence is not None}
            source, self.of = emit_library(nests, others=loops)
            self.source = source if self.of else ""
        else:
            self.source, self.of = "", {nest: loop_set.assemble(nest) for nest in self.words}


def _all_tasks(tasks):
    for task in tasks:
        yield task
        for part in task.parts:
            yield from _all_tasks(part.tasks)


def _encode(tasks, number, kernels, count):
    """Instructions, their sub-programs, and how many buffers there are now."""
    code, parts = [], {}
    for position, task in enumerate(tasks):
        ins, outs = [number(p) for p in task.inputs], [number(p) for p in task.outputs]
        params, encoded, kernel = list(task.params), None, task.kernel
        if task.nest is not None:
            encoded, kernel = kernels.words[task.nest], kernels.of.get(task.nest)
            params = _operand_slots(task, ins, outs)
        elif task.recurrence is not None:
            kernel = kernels.of[task.recurrence]
        elif task.kind == "reshape":
            params = [count]
            count += 1
        if task.parts:
            parts[position] = [_sub_program(part, kernels) for part in task.parts]
        code.append((task.kind, ins, outs, params, encoded, kernel, position))
    return code, parts, count


def _performs(tasks):
    return {number: task.overwriting if task.params else task.node for number, task in enumerate(tasks)
            if task.kind == "python"}


def _sub_program(part, kernels):
    colors, count = color(part.tasks, None, part.once, part.outputs)
    number = _Numbering(colors)
    inputs = [number(p) for p in part.inputs]
    code, parts, count = _encode(part.tasks, number, kernels, count)
    outputs = [number(p.whole()) for p in part.outputs]
    for task in part.tasks:
        task.forget()
    return Program(number.slots, code, inputs, outputs, [], number.constants, count, [], -1, [], "",
                   _performs(part.tasks), part.tasks, parts, part.once, part.rows, part.labels)


def _operand_slots(task, ins, outs):
    """Slots of a nest's operands in order, then those of its extents."""
    n_inputs = sum(o.role == "in" for o in task.nest.operands)
    given, made = iter(ins[:n_inputs]), iter(outs)
    operands = [next(given) if o.role == "in" else next(made) for o in task.nest.operands if o.role != "temp"]
    return operands + ins[n_inputs:]
