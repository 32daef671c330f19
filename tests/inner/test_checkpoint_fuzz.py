"""Random loops give the same with and without checkpoints, whatever is used of them."""

import numpy as np
import pytest
from theano.scan_module import until

import theano
import theano.tensor as T

WIDTH = 3
TAPS = [(-1,), (-2, -1), (-3, -1), (-2,)]
SEQUENCE_TAPS = [(0,), (-1, 0), (-1, 1), (2,)]
FUNCTIONS = [T.tanh, T.nnet.sigmoid, T.sin, lambda v: v / (1 + v ** 2), lambda v: T.sqrt(1 + v ** 2)]


class Case:
    """A loop drawn by a number, and what is used of it."""

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)
        self.matrix = self.rng.rand() < 0.4                      # a state is a vector or a matrix
        self.taps = [self.pick(TAPS) for _ in range(self.rng.randint(1, 3))]
        self.sequence_taps = [self.pick(SEQUENCE_TAPS) for _ in range(self.rng.randint(0, 3))]
        self.stacks, self.stops, self.counts = (self.rng.rand() < p for p in (0.5, 0.25, 0.3))
        self.uses = [self.pick(("last", "all", "both", "before")) for _ in range(len(self.taps) + self.stacks)]
        self.functions = [self.pick(FUNCTIONS) for _ in range(4)]
        self.backwards = self.rng.rand() < 0.3
        self.kind = T.dmatrix if self.matrix else T.dvector

    def pick(self, choices):
        return choices[self.rng.randint(len(choices))]

    def step(self, *given):
        """Every carry takes in all that there is."""
        given = list(given)
        rows = [given.pop(0) for taps in self.sequence_taps for _ in taps]
        earlier = [[given.pop(0) for _ in taps] for taps in self.taps]
        weights, scale = given[:2]
        total, outputs = sum(rows, 0), []
        for k, values in enumerate(earlier):
            mixed = T.dot(sum(values), weights) if k == 0 else values[0] * scale
            outputs.append(self.functions[k](mixed + total) + 0.3 * values[-1] * scale.sum())
            total = outputs[-1] * 0.5
        if self.stacks:
            outputs.append(self.functions[3](outputs[0] * outputs[-1]))
        found = [outputs]
        if self.counts:
            found.append({self.counter: self.counter + 1})
        if self.stops:
            found.append(until(abs(outputs[0]).sum() > 1.1 * WIDTH))
        return tuple(found)

    def function(self, checkpoint):
        """Outputs and gradients by everything."""
        self.counter = theano.shared(np.float64(0))
        row = (0,) if self.matrix else ()
        arrays = [T.TensorType("float64", (False,) * (2 + len(row)))() for _ in self.sequence_taps]
        starts = [(self.kind if taps == (-1,) else T.dtensor3 if self.matrix else T.dmatrix)() for taps in self.taps]
        weights, scale, n = T.dmatrix(), T.dvector(), T.lscalar()
        outputs, updates = theano.scan(
            self.step, [dict(input=x, taps=list(t)) for x, t in zip(arrays, self.sequence_taps, strict=True)],
            [dict(initial=s, taps=list(t)) for s, t in zip(starts, self.taps, strict=True)] + [None] * self.stacks,
            [weights, scale], n_steps=n, go_backwards=self.backwards, checkpoint=checkpoint, return_list=True)
        cost = sum(self.used(x, use) for x, use in zip(outputs, self.uses, strict=True))
        wrt = [*arrays, *starts, weights, scale]
        return theano.function([*wrt, n], [*outputs, cost, *T.grad(cost, wrt)], updates=updates,
                               on_unused_input="ignore")

    @staticmethod
    def used(x, use):
        weight = T.arange(1, x.shape[0] + 1, dtype="float64").dimshuffle(0, *["x"] * (x.ndim - 1))
        parts = {"last": lambda: T.sin(x[-1]).sum(), "all": lambda: (x ** 2 * weight).sum(),
                 "both": lambda: (x * weight).sum() + (x[-1] ** 2).sum(), "before": lambda: (x[-2:] ** 2).sum()}
        return parts[use]()

    def values(self, n):
        row = (2, WIDTH) if self.matrix else (WIDTH,)
        arrays = [self.rng.randn(n + max(0, *t) - min(0, *t), *row) * 0.5 for t in self.sequence_taps]
        starts = [self.rng.randn(*(() if t == (-1,) else (-min(t),)), *row) * 0.5 for t in self.taps]
        return [*arrays, *starts, self.rng.randn(WIDTH, WIDTH) / 2, self.rng.rand(WIDTH) / 3, n]


@pytest.mark.parametrize("seed", range(8))
def test_checkpoints_change_nothing(seed):
    case = Case(seed)
    every = ["sqrt", 1, 3, 4, 100][seed % 5]
    plain, kept = case.function(None), case.function(every)
    for n in (1, 2, 7, 12):
        given = case.values(n)
        for a, b in zip(plain(*given), kept(*given), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-11)
