"""Where every value lives: results in place, storage shared by values that are never alive together."""

import math
from dataclasses import replace

from theano.codegen.task import Task
from theano.graph.copying import deep_copy_op
from theano.graph.type import generic

COPY_OF_OBJECT = deep_copy_op.make_node(generic())


def plan(tasks, outputs, updates, guards):
    """Choose storage for all places of ``tasks``.

    outputs: places that the caller gets. updates: list of (place, place of the shared variable).
    guards: places checked early. Adds copies where an output would share storage with something else; returns the
    tasks in their final order and the final ``(outputs, updates)``.
    """
    early, late = _updates_last(tasks, updates)
    first = _needed_for(guards, early)
    known = set(map(id, first))
    rest = [t for t in early if id(t) not in known]
    tasks = [*first, *(Task("guard", [place], []) for place in guards), *rest, *late]
    outputs, updates = _own_storage(tasks, outputs, updates)
    last = _last_uses(tasks, [*outputs, *guards], updates)
    _take_over(tasks, last, {id(place): shared for place, shared in updates})
    for place in [*outputs, *(p for p, shared in updates if p.root() is not shared)]:
        place.root().array = True
    return tasks, outputs, updates


def _needed_for(places, tasks):
    """The tasks that compute ``places``, in order."""
    wanted = {id(p.root()) for p in places}
    found = []
    for task in reversed(tasks):
        if any(id(p.root()) in wanted or id(p) in wanted for p in task.outputs):
            found.append(task)
            wanted |= {i for p in task.inputs for i in (id(p), id(p.root()))}
    return found[::-1]


def _updates_last(tasks, updates):
    """Tasks apart from, and those whose results only become new values of shared variables."""
    used = {id(p.root()) for task in tasks for p in task.inputs}
    final = {id(place.root()) for place, _ in updates}

    def late(task):
        roots = [id(p.root()) for p in task.outputs]
        return bool(roots) and task.kind != "python" and all(r in final and r not in used for r in roots)

    return [t for t in tasks if not late(t)], [t for t in tasks if late(t)]


def _own_storage(tasks, outputs, updates):
    """Copies for outputs that share storage with an input, a constant or each other."""
    taken = set()

    def own(place, shared=None):
        root = place.root()
        if root is shared and place is shared:
            return place
        if root.kind == "temp" and id(root) not in taken and root is place and not root.foreign:
            taken.add(id(root))
            return place
        copy = type(place)(place.dtype, place.ndim, "temp", size=place.size)
        tasks.append(_copy(place, copy))
        taken.add(id(copy))
        return copy

    outputs = [own(place) for place in outputs]
    return outputs, [(own(place, shared), shared) for place, shared in updates]


def _copy(place, copy):
    """The task that copies ``place``: of arrays the machine makes it itself."""
    if place.dtype != "object":
        return Task("copy", [place], [copy])
    copy.array = True
    return Task("python", [place], [copy], node=COPY_OF_OBJECT, nodes=(COPY_OF_OBJECT,))


def _last_uses(tasks, kept, updates):
    """Number of the last task that needs each root; infinity for what outlives the tasks."""
    last = {}
    for number, task in enumerate(tasks):
        for place in [*task.inputs, *task.outputs]:
            last[id(place.root())] = number
    for place in [*kept, *(place for place, _ in updates)]:
        last[id(place.root())] = math.inf
    return last


def _take_over(tasks, last, updated):
    """Let outputs use the storage of inputs that nobody needs afterwards."""
    for number, task in enumerate(tasks):
        used = set()
        for out, source in task.inplace:
            root = source.root()
            if out.of is not None or id(root) in used or source is not root:
                continue
            if not _may_take(task, out, source, root, last, number, updated):
                continue
            used.add(id(root))
            last[id(root)] = max(last[id(root)], last.get(id(out), number))
            out.of, out.kind = source, "view"
            _mark(task, out, source)


def _mark(task, out, source):
    """Tell the instruction that ``out`` is the storage of ``source``."""
    if task.kind == "copy":
        task.kind = "alias"
    elif task.nest is None:
        task.params = (1,)
    else:
        inputs = [k for k, o in enumerate(task.nest.operands) if o.role == "in"]
        outputs = [k for k, o in enumerate(task.nest.operands) if o.role in ("out", "acc")]
        target = outputs[next(i for i, p in enumerate(task.outputs) if p is out)]
        taken = inputs[next(i for i, p in enumerate(task.inputs) if p is source)]
        operands = list(task.nest.operands)
        operands[target] = replace(operands[target], inplace=taken)
        task.nest = replace(task.nest, operands=tuple(operands))


def _may_take(task, out, source, root, last, number, updated):
    if sum(place.root() is root for place in task.inputs) != 1 or root.size != out.size and root.size:
        return False
    if root.kind == "shared":
        return updated.get(id(out)) is root and last[id(root)] <= number
    return root.kind == "temp" and not root.foreign and last[id(root)] == number \
        and not (root.array and not out.array)


def color(tasks, places):
    """Buffer numbers for temporaries that are no arrays: {id(root): number}.

    A value takes a buffer that is free, one of equal size first.
    """
    first, last = {}, {}
    for number, task in enumerate(tasks):
        for place in [*task.inputs, *task.outputs]:
            root = place.root()
            if root.kind == "temp" and not root.array:
                first.setdefault(id(root), (number, root))
                last[id(root)] = number
    ends = {}
    for key, number in last.items():
        ends.setdefault(number, []).append(key)
    starts = {}
    for key, (number, root) in first.items():
        starts.setdefault(number, []).append(root)
    free, chosen, count = {}, {}, 0
    for number in range(len(tasks)):
        for root in starts.get(number, ()):
            pool = free.get((root.dtype, root.size)) or next((p for p in free.values() if p), None)
            if pool:
                chosen[id(root)] = pool.pop()
            else:
                chosen[id(root)] = count
                count += 1
        for key in ends.get(number, ()):
            root = first[key][1]
            free.setdefault((root.dtype, root.size), []).append(chosen[key])
    return chosen, count
