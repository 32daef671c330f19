"""Sub-programs: the steps of loops, and the sides of branches; see runtime/subprogram.c.

Their results have no storage of their own: they are rows, or all, of values of the program around, and what computes
one writes it there. What is the same in all steps is computed in the first one.
"""

from collections import Counter
from dataclasses import dataclass, field

from theano.codegen.memory import copy_of, plan
from theano.codegen.overwrite import VIEWS
from theano.codegen.task import Place, Task
from theano.graph.destroy import DestroyHandler
from theano.graph.fgraph import FunctionGraph
from theano.rewrite.pipeline import optimize
from theano.rewrite.rules.guards import assume_equal_extents

# Instructions whose results have extents that follow from those of the inputs alone; and kernels of which that holds
REGULAR = {"dimshuffle", "copy", "alias", "gemm", "gemv", "ger", "dot", "make_vector", "pick", "put", "shape_i",
           "scatter"}
PACKED = {"float32", "float64"}         # dtypes of products that are not left to BLAS
NEAR, LEAN = 256, 24        # rows that steps put aside: they stay in the cache; few, but worth a product of matrices
REGULAR_KERNELS = {"join", "argmax", "alloc_diag", "diagonal", "fill_diagonal", "cumulate", "sort", "batched_dot",
                   "rebroadcast"}


@dataclass
class Part:
    """A sub-program before its values have numbers.

    tasks: in order, of which the first step of a loop runs all, later ones all but the first ``once``. inputs, outputs:
    places; those of the program around come in the same order. rows: how many outputs are storage of the program
    around. labels: how messages call its inputs and outputs; the first is the op.
    """

    tasks: list
    inputs: list
    outputs: list
    extents: list
    once: int = 0
    rows: int = 0
    labels: list = field(default_factory=list)

    def all_tasks(self):
        """Its tasks and those of sub-programs within."""
        for task in self.tasks:
            yield task
            for part in task.parts:
                yield from part.all_tasks()

    @property
    def runs_python(self):
        """Whether any of it is Python code."""
        return any(task.kind == "python" for task in self.all_tasks())

    @property
    def may_give_up(self):
        """Whether it may find that it is for the interpreter to run."""
        return any(task.kind in ("guard", "for", "steps", "branch") for task in self.all_tasks())


def lower_part(lowering, inputs, outputs, query, states=()):
    """Rewrite and lower the graph between ``inputs`` and ``outputs``; a `Lowering`.

    states: pairs (number of an output, number of the input that is its value in the next step).
    """
    graph = FunctionGraph(inputs, outputs, update_mapping=dict(states))
    graph.attach_feature(DestroyHandler())
    updated = {i for _, i in states}
    graph.protected = [v for k, v in enumerate(graph.inputs) if k not in updated]
    n_guards = assume_equal_extents(graph)
    optimize(graph, query, native=True)
    kinds = ["shared" if k in updated else "input" for k in range(len(graph.inputs))]
    return type(lowering)(graph, kinds, n_guards, lowering.loop_set, lowering.query_of)


def plan_part(inner, states=(), kept=0, fixed=(), labels=(), dropped=(), lean=False, sequences=0, passing=()):
    """The `Part` of a lowered graph.

    states: as for `lower_part`. kept: how many of the last outputs are read by the loop itself. fixed: numbers of
    inputs that are the same in all steps. dropped: numbers of outputs, after those of states, that nobody needs. lean:
    steps put few rows aside. sequences: how many of the first inputs are rows of sequences. passing: numbers of outputs
    that only the next step reads.
    """
    chosen = [k for k in range(len(inner.outputs)) if k not in dropped]
    inner.outputs = [inner.outputs[k] for k in chosen]
    places = [inner.places[v] for v in inner.fgraph.inputs]
    last = len(inner.outputs) - kept
    following = dict(states)
    _pack_factors(inner.tasks, {id(places[k]) for k in fixed})
    _join_products(inner.tasks, {id(places[k]) for k in range(sequences)}, {id(p) for p in inner.outputs})
    own = _OwnStorage(inner.tasks)
    outputs = [own(place, places[following[k]] if k in following else None) if k < last else place
               for k, place in enumerate(inner.outputs)]
    rows = [p for k, p in enumerate(outputs[:last]) if k not in following]
    updates = [(outputs[k], places[i]) for k, i in states]
    steady = _Steady(inner.tasks, [places[k] for k in fixed], places, {id(p.root()) for p in outputs[:last]})
    tasks, rows, updates, _ = plan(inner.tasks, rows, updates, inner.guards, [False] * len(rows),
                                   [*outputs[last:], *steady.lasting], careful=False)
    rows, updates = iter(rows), iter(updates)
    outputs[:last] = [next(updates)[0] if k in following else next(rows) for k in range(last)]
    _delay_products(tasks, {id(places[i]) for _, i in states}, LEAN if lean else NEAR)
    _make_products_ahead(tasks, {id(places[k]): k for k in range(sequences)}, {id(places[k]) for k in fixed})
    _skip_last_products(tasks, [outputs[k] for k in passing], outputs)
    once = [t for t in tasks if steady.is_once(t)]
    known = set(map(id, once))
    count = 0
    for place in outputs[:last]:
        root = place.root()
        if root.kind == "temp" and root.dtype != "object":
            root.array, root.row, count = False, count, count + 1
    extents = [inner.extents.canonical(v) if hasattr(v.type, "broadcastable") else ()
               for v in (inner.fgraph.outputs[k] for k in chosen)]
    numbers = {v: k for k, v in enumerate(inner.fgraph.inputs)}
    found = [[e if isinstance(e, int) else (numbers[e.variable], e.axis) if e.variable in numbers and e.axis >= 0
              else None for e in one] for one in extents]
    return Part([*once, *(t for t in tasks if id(t) not in known)], places, outputs, found, len(once), count,
                [text for k, text in enumerate(labels) if k + len(chosen) + len(dropped) - len(labels) not in dropped])


def _delay_products(tasks, states, rows):
    """Let steps put products aside that are added, in place, to what is not looked at before the loop ends.

    states: ids of the places of inputs that steps hand on. rows: how many are put aside before they are added.
    """
    adding = {}
    for task in tasks:
        for number in states.intersection(id(p.root()) for p in [*task.inputs, *task.outputs]):
            if task.kind != "shape_i":
                adding.setdefault(number, []).append(task)
    for number, found in adding.items():
        if all(_is_sum(task, number) for task in found):
            for task in found:
                task.params = (rows,)


def _is_sum(task, number):
    """Whether a task adds a product, of other things, to the place with this id and does nothing else."""
    return (task.kind == "ger" or task.kind == "gemm" and _is_number(task.inputs[4], 1)) and task.params == (1,) \
        and _is_number(task.inputs[1]) and [id(p.root()) for p in task.inputs].count(number) == 1 \
        and id(task.inputs[0].root()) == number


def _join_products(tasks, sequences, results):
    """Make a product at once with one that is added to it: the tile that holds their sum is written once.

    sequences: ids of places of rows of sequences, whose products may be made ahead and come first. results: of outputs.
    """
    uses = Counter(id(p) for task in tasks for p in task.inputs)
    made = {id(task.outputs[0]): task for task in tasks if _is_product(task, 0)}
    for task in [t for t in tasks if _is_product(t, 1)]:
        first = made.get(id(task.inputs[0]))
        if first is None or uses[id(task.inputs[0])] > 1 or id(task.inputs[0]) in results:
            continue
        pairs = [[*t.inputs[2:4], t.inputs[5]] for t in (first, task)]
        pairs.sort(key=lambda pair: id(pair[0]) not in sequences)
        task.inputs = [*first.inputs[:2], *pairs[0][:2], first.inputs[4], pairs[0][2], *pairs[1]]
        task.inplace = [(task.outputs[0], first.inputs[0])]
        del made[id(first.outputs[0])]
        tasks[:] = [t for t in tasks if t is not first]


def _is_product(task, beta):
    """Whether a task adds a product, of factors as `_pack_factors` lays them out, to ``beta`` times something."""
    return task.kind == "gemm" and len(task.inputs) == 6 and _is_number(task.inputs[1], 1) \
        and _is_number(task.inputs[4], beta)


def _make_products_ahead(tasks, sequences, fixed):
    """Let steps make products of rows with what is ``fixed`` for the next steps too, see runtime/ahead.c.

    sequences: {id of the place of a row: number of its sequence}.
    """
    if any(task.kind == "python" or any(part.runs_python for part in task.parts) for task in tasks):
        return                                                  # Python sees values where they are kept
    for task in tasks:
        if task.kind == "gemm" and task.params == (1,) and id(task.inputs[2]) in sequences \
                and id(task.inputs[3]) in fixed and _is_number(task.inputs[1]) and _is_number(task.inputs[4], 0):
            task.params = (1, sequences[id(task.inputs[2])])


def _skip_last_products(tasks, passing, results):
    """Let the last step do without products that only a next one would read: places ``passing``, of all ``results``."""
    for task in tasks:
        if task.kind not in ("gemm", "gemv") or task.params[0] != 1 or not any(p is task.outputs[0] for p in passing):
            continue
        root = task.outputs[0].root()
        read = any(p.root() is root for t in tasks if t is not task and t.kind != "shape_i" for p in t.inputs)
        if not read and sum(p.root() is root for p in results) == 1:
            task.params = (1, task.params[1] if len(task.params) > 1 else -1, 1)


def _is_number(place, number=None):
    """Whether a value is a constant, and which."""
    return place.kind == "const" and (number is None or place.value == number)


def _pack_factors(tasks, fixed):
    """Have second factors that are the same in all steps, ``fixed`` ids of places, laid out for products once."""
    packed, found = {}, []
    for task in tasks:
        if task.kind != "gemm" or task.inputs[3].dtype not in PACKED:
            continue
        factor = task.inputs[3]
        if id(factor) in fixed or factor.kind == "const":
            if id(factor) not in packed:
                packed[id(factor)] = Place(factor.dtype, 1, "temp", size=factor.size)
                found.append(Task("call", [factor], [packed[id(factor)]], kernel="pack_factor"))
            task.inputs.append(packed[id(factor)])
    tasks[:0] = found


class _OwnStorage:
    """Gives every result of a step storage that nothing else is seen through, with a copy where it has none."""

    def __init__(self, tasks):
        self.tasks, self.taken = tasks, set()
        self.made = {id(p): task for task in tasks for p in task.outputs}

    def __call__(self, place, state=None):
        if place is state or place.dtype == "object" and self._is_plain(place):
            return place
        if self._is_plain(place) and not place.array:
            self.taken.add(id(place))
            return place
        copy, task = copy_of(place)
        self.tasks.append(task)
        return copy

    def _is_plain(self, place):
        if place.kind != "temp" or place.of is not None or id(place) in self.taken:
            return False
        maker = self.made[id(place)]
        shortened = maker.kind == "for" and bool(maker.params[4])       # by an until: then its shape is its own
        return (place.dtype == "object" or not place.foreign) and not shortened


class _Steady:
    """Which tasks of a step do the same in all steps, as far as can be told without running.

    The extents of what a step is given and gives never change; so those of most other values don't either.
    """

    def __init__(self, tasks, fixed, inputs, results):
        self.given = {id(p) for p in inputs if p.dtype != "object"}
        self.moving = set(results)          # roots that some task writes anew in every step
        before = -1
        while len(self.moving) != before:   # what is written late may be read early: begin again, knowing it
            before = len(self.moving)
            self.values, self.shapes = {id(p) for p in fixed}, set(self.given)
            for task in tasks:
                self._visit(task)
        self.lasting = [p for task in tasks if self.is_once(task) for p in task.outputs]

    def is_once(self, task):
        """Whether only the first step runs a task."""
        if task.kind in ("python", "empty", "for", "branch"):
            return False
        if not all(id(p) in self.values or p.kind == "const" for p in self._read(task)):
            return False
        return all(id(p.root()) not in self.moving for p in task.outputs)

    def _read(self, task):
        """Inputs whose values matter."""
        return [p for p in task.inputs if task.kind != "shape_i" or id(p) not in self.given]

    def _visit(self, task):
        once = self.is_once(task)
        if once:
            self.values.update(id(p) for p in task.outputs)
        elif task.kind not in VIEWS:
            self.moving.update(id(p.root()) for p in task.outputs)
        if once or self._is_regular(task):
            self.shapes.update(id(p) for p in task.outputs)

    def _is_regular(self, task):
        """Whether the extents of the results are the same in all steps."""
        def all_known(places, known):
            return all(id(p) in known or p.kind == "const" for p in places)

        if task.kind in REGULAR or task.kernel in REGULAR_KERNELS:
            return all_known(task.inputs, self.shapes)
        if task.kind == "loop":
            operands = sum(o.role == "in" for o in task.nest.operands)
            return all_known(task.inputs[:operands], self.shapes) and all_known(task.inputs[operands:], self.values)
        if task.kind in ("subtensor", "reshape"):
            single = task.kind == "subtensor" and not any(task.params[1:1 + task.params[0]])
            return all_known(task.inputs[:1], self.shapes) and (single or all_known(task.inputs[1:], self.values))
        extents = task.inputs[:task.outputs[0].ndim] if task.kind == "empty" or task.kernel == "assemble" else ()
        return bool(extents) and all_known(extents, self.values)
