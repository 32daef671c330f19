"""Parts of an array that nests write where they belong, rather than to storage of their own to be copied from there.

These are parts that `Assemble` puts together, and parts that are set (`IncSubtensor`). What is set may turn out to have
another shape than the part: then the nest does write to storage of its own. So the loop that sets the part stays, and
has nothing to do where the elements lie in it already.
"""

import math
from dataclasses import replace

from theano.codegen.kernels.index import encode_index
from theano.codegen.nest import Operand, is_move
from theano.codegen.task import Place, Task

MOST = 48                   # operands of a nest


def set_directly(tasks, kept):
    """The list ``tasks`` with values that are set as parts of arrays written there by the nests that compute them.

    kept: places that somebody else looks at.
    """
    order, chains = _Order(tasks, kept), {}
    for task in tasks:          # chains: id of the array after some parts were set -> the loops that did so, in order
        if task.sets:
            copy, _ = task.sets
            before, seen = chains.get(id(copy.inputs[0]), []), order.readers[id(copy.inputs[0])]
            if before and all(t is copy or t is before[-1].sets[1] for t in seen):
                del chains[id(copy.inputs[0])]
            else:
                before = []
            chains[id(copy.outputs[0])] = [*before, task]
    moved, added = set(), {}    # ids of tasks that run earlier; id of a nest -> what runs before it
    for chain in chains.values():
        _write_chain(chain, order, moved, added)
    if not added:
        return tasks
    found = []
    for task in tasks:
        found += added.get(id(task), ())
        if id(task) not in moved:
            found.append(task)
    return found


class _Order:
    """Which tasks make, write to and read what, and when."""

    def __init__(self, tasks, kept):
        self.at = {id(task): n for n, task in enumerate(tasks)}
        self.made, self.readers, self.writers = {}, {}, {}
        for task in tasks:
            for place in task.outputs:
                self.made[id(place)] = task
                self.writers.setdefault(id(place.root()), []).append(task)
            for place in task.inputs:
                self.readers.setdefault(id(place), []).append(task)
        for place in kept:
            self.readers.setdefault(id(place), []).append(None)

    def ready(self, task):
        """The number of the last task that writes what this one reads; -1 where none does."""
        roots = {id(p.root()) for p in task.inputs}
        found = [self.at[id(t)] for root in roots for t in self.writers.get(root, ())]
        return max((n for n in found if n < self.at[id(task)]), default=-1)


def _write_chain(chain, order, moved, added):
    """Have nests write what the loops of a chain would set, where that is possible."""
    at, (copy, _) = order.at, chain[0].sets
    whole, = copy.outputs
    makers = [_maker(task, order) for task in chain]
    if not any(makers) or copy.inputs[0].root().kind in ("shared", "mutable"):
        return
    ready, targets = order.ready(copy), []
    for number, (task, maker) in enumerate(zip(chain, makers, strict=True)):
        if maker is None or at[id(maker)] <= ready or len(maker.nest.operands) >= MOST:
            continue
        params = task.sets[1].params
        if any(at[id(other)] > at[id(maker)] and not _are_apart(other.sets[1].params, params)
               for other in chain[:number]):
            continue
        view = Place(whole.dtype, task.inputs[1].ndim, "view", of=whole, size=task.inputs[1].size)
        targets.append((at[id(maker)], maker, Task("subtensor", [whole], [view], params, node=task.node)))
        _write_to(maker, task.inputs[1], view, (-1,) * maker.nest.ndim)
    if not targets:
        return
    number, maker, _ = min(targets, key=lambda target: target[0])
    if at[id(copy)] > number:
        moved.add(id(copy))
        added.setdefault(id(maker), []).append(copy)
    for _, maker, view in targets:
        added.setdefault(id(maker), []).append(view)


def _maker(task, order):
    """The nest that computes what a loop sets, if it can write it to that part; else None."""
    part, value = task.inputs[:2]
    maker, (_, view) = order.made.get(id(value)), task.sets
    if not is_move(task.nest) or len(view.inputs) > 1 or len(order.readers[id(value)]) > 1:
        return None
    if maker is None or maker.nest is None or len(maker.nest.phases) > 1:
        return None
    if value.kind != "temp" or value.of is not None or value.array or value.foreign or value.ndim != part.ndim:
        return None
    operand = maker.nest.operands[_operand_of(maker, value)]
    return maker if operand.role == "out" and operand.inplace is None else None


def _entries(params):
    """The entries of an encoded index of numbers: a number, or (first, end) of a slice as far as they are known."""
    numbers, entries = list(params[2 + params[0]::2]), []
    for code in params[1:1 + params[0]]:
        if not code:
            entries.append(numbers.pop(0))
            continue
        start, stop, step = (numbers.pop(0) if code >> k & 1 else None for k in (1, 2, 3))
        known = step in (None, 1)
        entries.append((start if known and start is not None and start >= 0 else 0,
                        stop if known and stop is not None and stop >= 0 else math.inf))
    return entries


def _are_apart(one, other):
    """Whether two encoded indices of numbers select no element twice, whatever the extents."""
    for pair in zip(_entries(one), _entries(other), strict=False):
        if all(isinstance(e, int) for e in pair) and (pair[0] < 0) == (pair[1] < 0):
            if pair[0] != pair[1]:
                return True
            continue
        if any(isinstance(e, int) and e < 0 for e in pair):
            continue
        (a, b), (c, d) = ((e, e + 1) if isinstance(e, int) else e for e in pair)
        if b <= c or d <= a:
            return True
    return False


def write_directly(tasks, kept):
    """The list ``tasks`` with the parts of arrays written by the nests that compute them, where that is possible.

    kept: places that somebody else looks at.
    """
    found = [task for task in tasks if task.kernel == "assemble"]
    if not found:
        return tasks
    reads = {}
    for task in tasks:
        for place in task.inputs:
            reads[id(place)] = reads.get(id(place), 0) + 1
            if place.of is not None:
                reads[id(place.root())] = 2
    for place in kept:
        reads[id(place)] = 2
    for task in found:
        made = {id(p): n for n, t in enumerate(tasks) for p in t.outputs}
        tasks = _without(tasks, task, made, reads)
    return tasks


def _without(tasks, task, made, reads):
    """The tasks without ``task``, an "assemble"; all of them where it stays."""
    whole, = task.outputs
    extents, parts = task.inputs[:whole.ndim], task.inputs[whole.ndim:]
    axis, bounds = task.params[0], list(zip(task.params[1::2], task.params[2::2], strict=True))
    ends = [0, *(end for _, end in bounds)]
    if ends[-1] != -1 or any(begin != end for (begin, _), end in zip(bounds, ends, strict=False)) \
            or len({id(p) for p in parts}) < len(parts):
        return tasks
    makers = [tasks[made[id(p)]] if id(p) in made else None for p in parts]
    if not all(_can_write(p, maker, whole) and reads[id(p)] == 1 for p, maker in zip(parts, makers, strict=True)):
        return tasks
    first = min(made[id(p)] for p in parts)
    if any(made.get(id(p), -1) >= first for p in extents) \
            or any(len(m.nest.operands) + makers.count(m) > MOST for m in makers):
        return tasks
    views = []
    for p, maker, (begin, end) in zip(parts, makers, bounds, strict=True):
        view = Place(whole.dtype, whole.ndim, "view", of=whole, size=p.size)
        part = [slice(None)] * axis + [slice(begin or None, end if end >= 0 else None)]
        views.append(Task("subtensor", [whole], [view], encode_index(None, part)[0], node=task.node))
        _write_to(maker, p, view)
    start = Task("empty", extents, [whole], node=task.node, nodes=task.nodes)
    return [*tasks[:first], start, *views, *(t for t in tasks[first:] if t is not task)]


def _can_write(place, maker, whole):
    """Whether ``maker`` computes the place by a nest, for all places of its own."""
    if maker is None or maker.nest is None or place.kind != "temp" or place.of is not None or place.array \
            or place.foreign or (place.dtype, place.ndim) != (whole.dtype, whole.ndim) or 1 in place.size:
        return False
    operand = maker.nest.operands[_operand_of(maker, place)]
    return operand.role == "out" and operand.inplace is None and maker.nest.operands[-1].role != "temp"


def _operand_of(maker, place):
    """The number of the operand that is written to the place."""
    made = [k for k, o in enumerate(maker.nest.operands) if o.role in ("out", "acc")]
    return made[next(k for k, p in enumerate(maker.outputs) if p is place)]


def _write_to(maker, place, view, axes=None):
    """Have the nest write a result to a view, in place of an operand that it never reads, of these axes or its own."""
    at, operands = _operand_of(maker, place), list(maker.nest.operands)
    operands[at] = replace(operands[at], inplace=len(operands))
    operands.append(Operand(operands[at].dtype, operands[at].axes if axes is None else axes))
    maker.inputs.insert(sum(o.role == "in" for o in maker.nest.operands), view)
    maker.nest = replace(maker.nest, operands=tuple(operands))
    maker.inplace = [(out, source) for out, source in maker.inplace if out is not place]
    if axes is not None:
        return
    place.of, place.kind, place.overwrites = view, "view", True
