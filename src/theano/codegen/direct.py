"""Parts of an array that nests write where they belong, rather than to storage of their own for `Assemble` to copy."""

from dataclasses import replace

from theano.codegen.kernels.index import encode_index
from theano.codegen.task import Place, Task

MOST = 48                   # operands of a nest


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


def _write_to(maker, place, view):
    """Have the nest write a result to a view: in place of an operand that it never reads."""
    at, operands = _operand_of(maker, place), list(maker.nest.operands)
    operands[at] = replace(operands[at], inplace=len(operands))
    operands.append(replace(operands[at], role="in", inplace=None))
    maker.inputs.insert(sum(o.role == "in" for o in maker.nest.operands), view)
    maker.nest = replace(maker.nest, operands=tuple(operands))
    maker.inplace = [(out, source) for out, source in maker.inplace if out is not place]
    place.of, place.kind, place.overwrites = view, "view", True
