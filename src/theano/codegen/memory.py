"""Where every value lives: results in place, storage shared by values that are never alive together."""

import heapq
import math
from bisect import bisect, insort
from dataclasses import replace

from theano.codegen.overwrite import VIEWS, overwriting_last
from theano.codegen.task import Task
from theano.graph.copying import deep_copy_op
from theano.graph.type import generic

FEW = 64                # numbers
COPY_OF_OBJECT = deep_copy_op.make_node(generic())


def plan(tasks, outputs, updates, guards, borrowed, lasting=(), careful=True):
    """Choose storage for all places of ``tasks``.

    outputs: places that the caller gets. updates: list of (place, place of the shared variable). guards: places
    checked early. borrowed: for each output whether it may share storage. Adds copies where an output would share
    storage that it must not. Returns the tasks in their final order, the final ``(outputs, updates)``, and the number
    of the first of the tasks that must be checked before they run, or None. lasting: places that nothing may overwrite.
    careful: see `overwriting_last`.
    """
    first = _needed_for(guards, tasks)
    known = set(map(id, first))
    rest = [t for t in tasks if id(t) not in known]
    tasks = [*first, *(Task("guard", [place], []) for place in guards), *rest]
    outputs, updates = _Owners(tasks, updates).settle(outputs, borrowed)
    tasks = _read_early(tasks)
    tasks, start, overwritten = overwriting_last(tasks, updates, careful)
    last = _last_uses(tasks, [*outputs, *guards, *lasting], updates)
    private = {id(place) for place, lent in zip(outputs, borrowed, strict=True) if not lent}
    _take_over(tasks, last, overwritten, private, {id(place) for place, _ in updates})
    _give_back(tasks, last)
    for place in [*outputs, *(place for place, _ in updates)]:
        if place.root().kind == "temp":
            place.root().array = True
    return tasks, outputs, updates, start


def _needed_for(places, tasks):
    """The tasks that compute ``places``, in order."""
    wanted = {id(p.root()) for p in places}
    found = []
    for task in reversed(tasks):
        if any(id(p.root()) in wanted or id(p) in wanted for p in task.outputs):
            found.append(task)
            wanted |= {i for p in task.inputs for i in (id(p), id(p.root()))}
    return found[::-1]


class _Owners:
    """Decides which outputs and new values have storage of their own already; the others get copies."""

    def __init__(self, tasks, updates):
        self.tasks, self.updates = tasks, updates
        self.taken = set()
        self.made = {id(p): task for task in tasks for p in task.outputs}
        self.views = {id(p) for t in tasks if t.kind in VIEWS - {"alias"} for p in t.outputs}
        self.replaced = {id(shared) for _, shared in updates}
        last_use = {id(p.root()): number for number, task in enumerate(tasks) for p in task.inputs}
        self.used = set(last_use)
        self.in_argument = set()            # what may be computed in the memory of an argument, step by step
        for number, task in enumerate(tasks):
            self.in_argument |= {id(out) for out, source in task.inplace if last_use[id(source.root())] == number
                                 and (source.kind == "mutable" or id(source) in self.in_argument)}

    def settle(self, outputs, borrowed):
        """The final places of the outputs and the final updates.

        New values come first: to compute one in the memory of its variable and copy it for the caller is no more work
        than the other way round.
        """
        self.taken |= {id(place) for place, shared in self.updates if place is shared}
        updates = [(place if place is shared or self._moves(place, shared) else self._own(place), shared)
                   for place, shared in self.updates]
        outputs = [place if lent and self._may_alias(place) or self._is_reshaped(place) else self._own(place, lent)
                   for place, lent in zip(outputs, borrowed, strict=True)]
        return outputs, updates

    def _moves(self, place, shared):
        """Whether a variable takes over the array of another one that gets a new array itself."""
        root = place.root()
        if root.kind != "shared" or root is shared or id(root) not in self.replaced or id(root) in self.taken:
            return False
        if not self._is_plain_view(place, root):
            return False
        self.taken.add(id(root))
        return True

    def _may_alias(self, place):
        root = place.root()
        if root.kind == "const" and root is place and id(root) not in self.used and root.dtype != "object":
            place.value = place.value.copy()
            return True
        return root.kind in ("lent", "mutable") and self._is_plain_view(place, root)

    def _is_plain_view(self, place, root):
        while place is not root:
            if id(place) not in self.views:
                return False
            place = place.of
        return True

    def _is_reshaped(self, place):
        """Whether a place is a new array under another shape; the result is then a view of that array."""
        root = place.root()
        if place.of is not root or root.kind != "temp" or root.foreign or id(root) in self.taken | self.in_argument:
            return False
        if self.made[id(place)].kind != "reshape" or self.made[id(root)].kind == "python":
            return False                # what Python makes may be in any order
        self.taken.add(id(root))
        return True

    def _own(self, place, lent=True):
        """The place, or a copy where it has no storage of its own, or will have that of an argument and isn't lent."""
        maker = self.made.get(id(place))
        if maker is not None and maker.kind == "reshape":       # it copies into an array of its own
            place.kind, place.of = "temp", None
        root = place.root()
        if root.kind == "temp" and id(root) not in self.taken and root is place and not root.foreign \
                and (lent or id(place) not in self.in_argument):
            self.taken.add(id(root))
            return place
        copy, task = copy_of(place)
        self.tasks.append(task)
        self.taken.add(id(copy))
        return copy


def copy_of(place):
    """A new place with the value of ``place``, and the task that copies it: of arrays the machine makes it itself."""
    copy = type(place)(place.dtype, place.ndim, "temp", size=place.size)
    if place.dtype != "object":
        return copy, Task("copy", [place], [copy])
    copy.array = True
    return copy, Task("python", [place], [copy], node=COPY_OF_OBJECT, nodes=(COPY_OF_OBJECT,))


def _last_uses(tasks, kept, updates):
    """Number of the last task that needs each root; infinity for what outlives the tasks."""
    last = {}
    for number, task in enumerate(tasks):
        for place in [*task.inputs, *task.outputs]:
            last[id(place.root())] = number
    for place in [*kept, *(place for place, _ in updates)]:
        last[id(place.root())] = math.inf
    return last


def _take_over(tasks, last, overwritten, private, new):
    """Let outputs use the storage of inputs that nobody needs afterwards.

    overwritten: which places may overwrite which shared variables, pairs of ids. private: ids of the results that must
    be in memory of their own. new: ids of the new values of inputs, which must not be in the memory of an argument.
    """
    for number, task in enumerate(tasks):
        used = set()
        for out, source in sorted(task.inplace, key=lambda pair: pair[1].whole().kind != "shared"):
            root = source.root()
            if out.of is not None or id(root) in used or source.whole() is not root:
                continue
            if not _may_take(task, out, root, last, number, overwritten):
                continue
            if id(out) in private and root.kind in ("mutable", "shared") or id(out) in new and root.kind == "mutable":
                continue
            used.add(id(root))
            last[id(root)] = max(last[id(root)], last.get(id(out), number))
            out.of, out.kind, out.overwrites = source, "view", True
            if out.foreign:             # views that Python code made of ``out`` keep that memory alive
                root.foreign = root.array = True
            _mark(task, out, source)


def _frees(task):
    """Whether this is a loop that gives memory back while it runs."""
    return task.kind == "for" and bool(task.params[5])


def _read_early(tasks):
    """The tasks in an order in which parts of what loops free are taken, and copied for the caller, before they run."""
    for loop in filter(_frees, list(tasks)):
        freed = {id(p.root()) for p in loop.inputs[1:1 + loop.params[0]]}
        number = next(k for k, task in enumerate(tasks) if task is loop)
        late, early, rest = {id(p) for p in loop.outputs}, [], []
        for task in tasks[number + 1:]:
            places = {id(p) for p in task.inputs}
            if task.kind in VIEWS | {"copy"} and late.isdisjoint(places) \
                    and not freed.isdisjoint(id(p.root()) for p in task.inputs):
                early.append(task)
            else:
                rest.append(task)
                late.update(id(p) for p in task.outputs)
        tasks = [*tasks[:number], *early, loop, *rest]
    return tasks


def _give_back(tasks, last):
    """Tell loops that free memory of which sequences nobody needs a row that they have read."""
    for number, task in enumerate(tasks):
        if not _frees(task):
            continue
        roots = [p.root() for p in task.inputs]
        freed = [int(root.kind == "temp" and not root.array and not root.foreign and last[id(root)] == number
                     and sum(r is root for r in roots) == 1) for root in roots[1:1 + task.params[0]]]
        task.params = (*task.params[:6], *freed, *task.params[6 + len(freed):])


def _mark(task, out, source):
    """Tell the instruction that ``out`` is the storage of ``source``."""
    if task.kind == "copy":
        task.kind, task.inputs, task.params = "alias", task.inputs[:1], ()
    elif task.kind == "for":            # which sees it for itself
        pass
    elif task.nest is None:             # of a product or a Python op
        task.params = (1,)
    else:
        inputs = [k for k, o in enumerate(task.nest.operands) if o.role == "in"]
        outputs = [k for k, o in enumerate(task.nest.operands) if o.role in ("out", "acc")]
        target = outputs[next(i for i, p in enumerate(task.outputs) if p is out)]
        taken = inputs[next(i for i, p in enumerate(task.inputs) if p is source)]
        operands = list(task.nest.operands)
        operands[target] = replace(operands[target], inplace=taken)
        task.nest = replace(task.nest, operands=tuple(operands))


def _may_take(task, out, root, last, number, overwritten):
    if sum(place.root() is root for place in task.inputs) != 1 or root.size != out.size and root.size:
        return False
    if last[id(root)] != number or root.foreign:
        return False
    if root.kind == "shared":
        return (id(out), id(root)) in overwritten
    return root.kind == "mutable" or root.kind == "temp" and not (root.array and not out.array)


def color(tasks, start=None, lasting=0, kept=()):
    """Buffer numbers for temporaries that are no arrays, {id(root): number}; and how many there are.

    A value takes a buffer that is free, one of equal size first; numbers and arrays don't take one another's. Values
    of many dimensions choose before those of fewer, which take what is free of theirs as long as they live. From task
    ``start`` on nothing becomes free: these tasks are checked first, which allocates for all of them. The results of
    the first ``lasting`` tasks are needed until the end, and again; the places ``kept`` until the end.
    """
    lives = {}
    for number, task in enumerate(tasks):
        for place in [*task.inputs, *task.outputs]:
            root = place.root()
            if root.kind == "temp" and not root.array and root.row < 0:
                lives.setdefault(id(root), [number, number, root])[1] = number
    for root in (place.root() for place in kept):
        if id(root) in lives:
            lives[id(root)][1] = len(tasks)
    classes = {}
    for life in lives.values():
        if life[0] < lasting or start is not None and life[1] >= start:
            life[1] = len(tasks)
        size = life[2].size
        classes.setdefault(-1 if _is_small(size) else _symbols(size), []).append(life)
    chosen, busy = {}, []           # busy: of each buffer the sorted (first, last) of the tasks that need it
    for kind in sorted(classes, reverse=True):
        _share(classes[kind], chosen, busy, range(len(busy) if kind >= 0 else 0))
    return chosen, len(busy)


def _share(lives, chosen, busy, others):
    """Choose buffers for values in the order in which they are made: new ones, free ones of these, or of ``others``."""
    free, ends = {}, []             # ends: heap of (last task that needs a buffer, its number, kind of value)
    for first, last, root in lives:
        while ends and ends[0][0] < first:
            _, number, kind = heapq.heappop(ends)
            free.setdefault(kind, []).append(number)
        kind = (root.dtype, root.size)
        pool = free.get(kind) or next((p for p in free.values() if p), None)
        if pool:
            number = pool.pop()
        else:
            number = next((k for k in others[:FEW] if _is_idle(busy[k], first, last)), len(busy))
            if number == len(busy):
                busy.append([])
        insort(busy[number], (first, last))
        chosen[id(root)] = number
        if number not in others:
            heapq.heappush(ends, (last, number, kind))


def _is_idle(busy, first, last):
    """Whether nothing needs a buffer from task ``first`` to ``last``."""
    k = bisect(busy, (first, last))
    return (k == 0 or busy[k - 1][1] < first) and (k == len(busy) or busy[k][0] > last)


def _symbols(size):
    """How many extents are no numbers."""
    return sum(not isinstance(n, int) for n in size)


def _is_small(size):
    """Whether these extents are those of few numbers, whatever the arguments of the function are."""
    return all(isinstance(n, int) for n in size) and math.prod(size) <= FEW
