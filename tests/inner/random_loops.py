"""Random loops: of all kinds of sequences and results, with taps, inside of one another and of branches, and gradients.

Everything that goes around is a vector of 3 numbers; how many steps a loop makes may change from call to call and, of
one inside of another one, from step to step.
"""

import numpy as np
from theano.ifelse import ifelse

import theano
import theano.tensor as tt

REFERENCE = theano.Mode("py", None)             # every loop as it was written, each step op by op in Python
TOLERANCE = {"float64": 1e-7, "float32": 2e-3}
ROWS, HALF = 5, np.float32(0.5)


def disagreements(seed, modes, checkpoints=False, handed=False):
    """[(mode, which call, which result, value, expected), ...] of the loop that ``seed`` makes, in the given modes.

    Where the reference raises an error, the mode may do anything. checkpoints: some loops have them, which those of the
    reference have not. handed: some steps hand values on as they are, to other results too, and add up numbers.
    """
    dtype = ("float64", "float32")[seed % 4 == 3]

    def made(checkpoints):
        more = [np.random.RandomState(seed) if wanted else None for wanted in (checkpoints, handed)]
        maker = Maker(np.random.RandomState(seed), dtype, *more)
        return maker, maker.outputs()

    maker, outputs = written = made(False)
    calls = maker.calls()

    def results(mode, maker, outputs):
        restored = [(state, state.get_value()) for state in maker.updates]
        f = theano.function(maker.inputs, outputs, mode=mode, updates=maker.updates, on_unused_input="ignore")
        found = [_called(f, values) for values in calls]
        for state, value in restored:
            state.set_value(value)
        return found

    expected, found = results(REFERENCE, *written), []
    given = made(True) if checkpoints else written
    for mode in modes:
        for call, (got, wanted) in enumerate(zip(results(mode, *given), expected, strict=True)):
            if isinstance(wanted, Exception):           # rewriting may drop what raises
                continue
            if isinstance(got, Exception):
                found.append((mode, call, None, got, wanted))
                continue
            found += [(mode, call, k, a, b) for k, (a, b) in enumerate(zip(got, wanted, strict=True))
                      if not _alike(a, b, TOLERANCE[maker.dtype])]
    return found


def _called(f, values):
    with np.errstate(all="ignore"):
        try:
            return f(*values)
        except (ValueError, IndexError) as error:
            return error


def _alike(a, b, tolerance):
    return a.shape == b.shape and a.dtype == b.dtype and np.allclose(a, b, tolerance, tolerance, equal_nan=True)


class Maker:
    """Makes one loop, and arguments for it.

    Attributes: inputs, of functions; updates, of shared variables that steps change. checkpoints, handed: what chooses
    them, and values that are handed on, or None without any.
    """

    def __init__(self, rng, dtype, checkpoints=None, handed=None):
        self.rng, self.dtype, self.updates, self.checkpoints, self.handed = rng, dtype, {}, checkpoints, handed
        self.x, self.y, self.w = (tt.matrix(name, dtype) for name in "xyw")
        self.h = tt.vector("h", dtype)
        self.lengths, self.n = tt.lvector("lengths"), tt.lscalar("n")
        self.inputs = [self.x, self.y, self.w, self.h, self.lengths, self.n]

    def calls(self):
        """Arguments for some calls."""
        def numbers(*shape):
            return self.rng.uniform(-1, 1, shape).astype(self.dtype)
        found = []
        for n, lengths in ((3, self.rng.randint(0, 4, ROWS)), (1, [0, 2, 0, 1, 3]), (4, [2, 0, 1, 3, 0]),
                           (0, [1] * ROWS)):
            found.append([numbers(ROWS, 3), numbers(ROWS, 3), numbers(3, 3), numbers(3),
                          np.asarray(lengths, "int64"), n])
        return [*found, found[0]]                   # the last one in memory that was used

    def outputs(self):
        """The results of the outer loop, and gradients."""
        outer = self._loop(self.x, self.y, self.h, self.lengths[0], depth=1 + self._chance(0.5), outermost=True)
        found = [v for v in outer if self._chance(0.7)] or outer[:1]
        kept = [v if self._chance(0.6) or v.ndim < 2 else v[-1] for v in found]
        if self._chance(0.5):
            cost = sum((v * v).sum() if self._chance(0.5) else v[-1].sum() for v in outer)
            kept += tt.grad(cost, [self.w, self.x, self.h], disconnected_inputs="ignore")
        return kept

    # -- choices --------------------------------------------------------------------------------------------

    def _chance(self, probability):
        return bool(self.rng.uniform() < probability)

    def _one_of(self, *choices):
        return choices[self.rng.randint(len(choices))]

    # -- loops ----------------------------------------------------------------------------------------------

    def _loop(self, rows, others, start, count, depth, outermost=False):
        """The results of a loop, as a list.

        rows, others: matrices. start: a vector. count: an integer scalar, small. depth: how many loops may be inside.
        """
        sequences = [self._sequence(rows), *([self._sequence(others)] if self._chance(0.4) else [])]
        counter = self._chance(0.5)
        arguments = {"sequences": sequences + [tt.arange(ROWS)] * counter, "go_backwards": self._chance(0.25),
                     "n_steps": self._one_of(None, None, self.n if outermost else count),
                     "truncate_gradient": self._one_of(-1, -1, -1, 2)}
        if self.checkpoints is not None and arguments["truncate_gradient"] < 0:
            arguments["checkpoint"] = (None, "sqrt", "sqrt", 1, 2, 3)[self.checkpoints.randint(6)]
        infos = [self._info(start) for _ in range(1 + self._chance(0.3))]
        infos += [start] * (0 if self.handed is None else self.handed.randint(3))
        infos += [None] if self._chance(0.4) else []
        if self._chance(0.1):
            infos = [None]
        stops = self._chance(0.2)
        state = theano.shared(np.zeros(3, self.dtype)) if outermost and self._chance(0.15) else None

        def step(*given):
            vectors = [v for v in given if v.ndim == 1]
            number = next((v for v in given if v.ndim == 0), None)
            results = []
            for info in infos:
                value = self._handed(vectors, not results)
                value = self._value(vectors, number, count, depth) if value is None else value
                results.append(value if info is not None or self._chance(0.8) else value.sum())
                vectors.append(value)
            last = [theano.scan_module.until(results[0].sum() > self._one_of(0.5, 2.0))] if stops else []
            updates = [] if state is None else [{state: state * HALF + vectors[-1]}]
            return [results, *updates, *last] if updates or last else results
        found, updates = theano.scan(step, outputs_info=infos, return_list=True, **arguments)
        self.updates.update(updates)
        return found

    def _sequence(self, rows):
        kind = self.rng.randint(5)
        if kind == 0:
            return dict(input=rows, taps=[self._one_of(-1, 1)])
        if kind == 1:
            return dict(input=rows, taps=[-1, 0, 1])
        return rows if kind < 4 else rows[:, ::-1]

    def _info(self, start):
        kind = self.rng.randint(4)
        if kind == 0:
            return dict(initial=tt.stack([start, self.h]), taps=[-1, -2])
        return dict(initial=tt.outer(np.array([0.5, -1.0, 2.0], self.dtype), start), taps=[-3]) if kind == 1 else start

    def _value(self, vectors, number, count, depth):
        """A vector made of vectors, and perhaps of a loop over rows of the arguments."""
        a, b = self._one_of(*vectors), self._one_of(*vectors, self.h)
        if depth and self._chance(0.5):
            return self._inner(a, b, count if number is None else number, depth - 1)
        kind = self.rng.randint(9)
        if kind == 0:
            return tt.tanh(tt.dot(a, self.w) + b)
        if kind == 1:
            return tt.set_subtensor(a[0], b[1]) * HALF
        if kind == 2:
            return tt.inc_subtensor(a[1:], b[:-1]) * HALF
        if kind == 3:
            return tt.switch(a > 0, a, b)
        if kind == 4:
            return tt.nnet.sigmoid(tt.dot(self.w, a)) + HALF * b
        if kind == 5:
            return ifelse(a.sum() > 0, tt.tanh(b), a)
        if kind == 6:
            return tt.sin(a) * b if number is None else a * HALF + self.y[number] * b
        return a * HALF + b

    def _handed(self, vectors, first):
        """One of the vectors, which had another place perhaps, or as the first result a function of two; or nothing."""
        if self.handed is None or self.handed.randint(2):
            return None
        a, b = (vectors[self.handed.randint(len(vectors))] for _ in range(2))
        return tt.tanh(a * vectors[0].sum() + b) if first else a

    def _inner(self, a, b, count, depth):
        """A vector from a loop whose number of steps is that of the arguments, or changes."""
        rows = self._one_of(self.x, self.y, self.x[count:], self.y[:count], tt.outer(self.h, a))
        count = tt.maximum(tt.minimum(count, rows.shape[0] - 2), 0)         # as many as there are with any taps
        found = [v for v in self._loop(rows, rows * HALF, b, count, depth) if v.ndim == 2]
        if not found:
            return a * HALF + b
        found = self._one_of(*found)
        value = self._one_of(lambda: found.sum(axis=0), lambda: tt.concatenate([b[None], found])[-1],
                             lambda: tt.concatenate([found, a[None] * b[None]])[0],
                             lambda: ifelse(tt.lt(0, found.shape[0]), found[-1], a))()
        value = tt.tanh(value)
        if self._chance(0.3):
            wrt = self._one_of(self.w, a, b)
            gradient = tt.grad(value.sum(), wrt, disconnected_inputs="ignore")
            value = value + HALF * (gradient.sum(axis=0) if wrt is self.w else gradient)
        return value
