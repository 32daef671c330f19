"""The order of a program's instructions in which the largest amount of memory in use at a time is least."""

import heapq

MOST_STATES = 5000          # sets of finished instructions that are looked at before the best order so far is taken


class Needs:
    """What the instructions of a program need of one another, and the memory that they use.

    program : Program
    sizes : list of int
        Bytes of its slots.
    """

    def __init__(self, program, sizes):
        self.sizes = {}                                 # root slot -> bytes
        self.touched = []                               # for each instruction the roots that it reads and writes
        self.after = []                                 # for each instruction those that must come before it
        written, read = {}, {}
        for number, (_, inputs, outputs, *_) in enumerate(program.code):
            sources, targets = ({program.slots[s][4] for s in slots} for slots in (inputs, outputs))
            before = {written[r] for r in sources | targets if r in written}
            before.update(*(read.get(r, ()) for r in targets))
            before.discard(number)
            self.after.append(before)
            self.touched.append(sources | targets)
            for root in sources:
                read.setdefault(root, set()).add(number)
            for root in targets:
                written[root], read[root] = number, set()
            for slot in outputs:
                root = program.slots[slot][4]
                if program.slots[root][2] in ("buffer", "array"):
                    self.sizes[root] = max(self.sizes.get(root, 0), sizes[slot])
        last = {program.slots[s][4] for s in program.outputs} | {program.slots[u[0]][4] for u in program.updates}
        self.kept = last & self.sizes.keys()            # results, which are there until the end
        self.users = {r: {n for n, t in enumerate(self.touched) if r in t} for r in self.sizes}

    def peak(self, order):
        """The largest number of bytes in use at a time when instructions run in this order."""
        done, alive, most = set(), 0, 0
        for number in order:
            grown, done = alive + self._new(number, done), done | {number}
            most, alive = max(most, grown), grown - self._freed(number, done)
        return most

    def least_peak(self):
        """(the least peak of all orders, whether it is sure to be the least)."""
        count = len(self.after)
        best = self.peak(range(count))
        # The state with the lowest peak so far comes first: the first one that is complete has the lowest of all.
        queue, seen, tie = [(0, 0, 0, frozenset(), 0)], set(), 0
        while queue:
            most, left, _, done, alive = heapq.heappop(queue)
            if most >= best:
                return best, True
            if not left and len(done) == count:
                return most, True
            if done in seen:
                continue
            seen.add(done)
            if len(seen) > MOST_STATES:
                return best, False
            for number in range(count):
                if number not in done and self.after[number] <= done:
                    grown, now = alive + self._new(number, done), done | {number}
                    tie += 1
                    heapq.heappush(queue, (max(most, grown), count - len(now), tie, now,
                                           grown - self._freed(number, now)))
        return best, True

    def _new(self, number, done):
        """Bytes that come into use with an instruction."""
        return sum(self.sizes[r] for r in self.touched[number] if r in self.sizes and not self.users[r] & done)

    def _freed(self, number, done):
        """Bytes that nobody needs after it."""
        return sum(self.sizes[r] for r in self.touched[number]
                   if r in self.sizes and r not in self.kept and self.users[r] <= done)
