"""Which updates overwrite the memory of their shared variable, and an order in which that is safe.

All that overwrites a shared variable runs last, after everything that can fail: when a call raises, no shared variable
has changed. The machine checks the shapes, and the numbers of an index, of these last tasks together before it runs the
first of them, so only tasks can be among them of which these decide whether they fail. A Python op can't be checked;
one may be the first. What the steps of a loop hand on is nobody else's: there any task may make a new value in the
memory of the one before.
"""

import heapq

CHECKED = {"loop", "copy", "alias", "subtensor", "dimshuffle", "scatter"}
BLAS = {"gemm", "gemv", "ger"}
VIEWS = {"alias", "subtensor", "dimshuffle", "parts"}        # nothing is computed


def overwriting_last(tasks, updates, careful=True):
    """Order ``tasks`` so that those that overwrite shared variables come last.

    updates: list of (place, place of the shared variable). careful: none may fail after one has overwritten something.
    Returns the tasks, the number of the first of the last ones where they must be checked together, else None, and what
    may overwrite what: pairs (id(place), id(place of the shared variable)).
    """
    search = _Search(tasks, updates, careful)
    order = search.run()
    if not order:
        return tasks, None, set()
    chosen = {(id(c.out), id(c.shared)) for c in search.candidates}
    chosen |= {(id(out), shared) for n in order for out, source in tasks[n].inplace if source.kind == "temp"
               for shared in search.becoming.get(id(out), ())}
    late = set(order)
    early = [t for n, t in enumerate(tasks) if n not in late]
    # A scatter looks at its index while it writes.
    together = careful and (sum(tasks[n].kind not in VIEWS for n in order) > 1
                            or any(tasks[n].kind == "scatter" for n in order))
    return [*early, *(tasks[n] for n in order)], len(early) if together else None, chosen


class _Candidate:
    """Task ``number`` could write ``out`` to the memory of ``shared``.

    group: numbers of that task and of all that then must come after it.
    """

    def __init__(self, number, out, shared, group):
        self.number, self.out, self.shared, self.group = number, out, shared, group


class _Search:
    """Finds the candidates that can all be had at once."""

    def __init__(self, tasks, updates, careful):
        self.tasks, self.careful = tasks, careful
        self.becoming = _becoming(tasks, updates)
        self.moved = {id(place.root()) for place, shared in updates if place.root() is not shared}
        self.touching = {}              # id of a root -> numbers of the tasks that read or write it, ascending
        for number, task in enumerate(tasks):
            for root in {id(p.root()) for p in [*task.inputs, *task.outputs]}:
                self.touching.setdefault(root, []).append(number)
        self.candidates = [c for n, task in enumerate(tasks) for c in self._candidates(n, task)]

    def _candidates(self, number, task):
        for out, source in task.inplace:
            becoming = self.becoming.get(id(out), ())
            if id(source) not in becoming or id(source) in self.moved or source.foreign:
                continue
            group = self._group(number)
            if group is not None:
                yield _Candidate(number, out, source, group)

    def _group(self, number):
        """Task ``number`` and all that use its results; None when not all of them can be checked and must be."""
        group, stack = {number}, [number]
        while stack:
            current = stack.pop()
            for root in {id(p.root()) for p in self.tasks[current].outputs}:
                for other in self.touching[root]:
                    if other <= current or other in group:
                        continue
                    if self.careful and self.tasks[other].kind not in CHECKED:
                        return None
                    group.add(other)
                    stack.append(other)
        kind = self.tasks[number].kind
        checked = kind in CHECKED | BLAS or kind == "python" and len(group) == 1
        return group if checked or not self.careful else None

    def run(self):
        """Drop candidates until the rest agree; numbers of their tasks in order."""
        while self.candidates:
            late = set().union(*(c.group for c in self.candidates))
            wrong = self._unknown_when_checked(late) | self._surplus_python() if self.careful else set()
            order, left = self._sorted(late) if not wrong else ([], wrong)
            if not left:
                return order
            worst = max(c.number for c in self.candidates if c.group & left)
            self.candidates = [c for c in self.candidates if c.number != worst]
        return []

    def _surplus_python(self):
        numbers = sorted({c.number for c in self.candidates if self.tasks[c.number].kind == "python"})
        return set(numbers[1:])

    def _unknown_when_checked(self, late):
        """Tasks whose shapes depend on numbers that late tasks compute."""
        made = {id(p.root()) for n in late for p in self.tasks[n].outputs}
        return {n for n in late if any(id(p.root()) in made for p in _numbers(self.tasks[n]))}

    def _sorted(self, late):
        """Late tasks in an order that every reader of a shared variable and the data allow; those left in cycles."""
        before = {n: set() for n in late}
        for root, numbers in self.touching.items():
            self._chain(root, [n for n in numbers if n in late], before)
        for c in self.candidates:
            before[c.number] |= {n for n in self.touching[id(c.shared)] if n in late and n != c.number}
            if self.tasks[c.number].kind == "python":
                for n in late - {c.number}:
                    before[n].add(c.number)
        return _by_number(before)

    def _chain(self, root, numbers, before):
        """Tasks that touch a root keep their order, but for those that only read it."""
        writer, readers = None, []
        for n in numbers:
            if any(id(p.root()) == root for p in self.tasks[n].outputs):
                before[n].update(readers if readers else () if writer is None else (writer,))
                writer, readers = n, []
            else:
                readers.append(n)
                if writer is not None:
                    before[n].add(writer)


def _becoming(tasks, updates):
    """Whose storage may become that of new values, step by step: {id(place): ids of the variables' places}.

    What is a new value itself stays where it is, so that no other one takes its place.
    """
    found = {id(place): {id(shared)} for place, shared in updates}
    new = set(found)
    for task in reversed(tasks):
        for out, source in task.inplace:
            if id(out) in found and source.kind == "temp" and id(source) not in new:
                found.setdefault(id(source), set()).update(found[id(out)])
    return found


def _numbers(task):
    """Inputs of which the values are shapes or indices."""
    if task.kind in ("subtensor", "copy"):
        return task.inputs[1:]
    if task.kind == "scatter":
        return task.inputs[2:]
    if task.kind == "loop":
        return task.inputs[sum(o.role == "in" for o in task.nest.operands):]
    return ()


def _by_number(before):
    """Topological order, smallest numbers first, and what is left in cycles."""
    after = {n: [] for n in before}
    for n, needed in before.items():
        for other in needed:
            after[other].append(n)
    waiting = {n: len(needed) for n, needed in before.items()}
    ready = [n for n, count in waiting.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        n = heapq.heappop(ready)
        order.append(n)
        for other in after[n]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, other)
    return order, set(before) - set(order)
