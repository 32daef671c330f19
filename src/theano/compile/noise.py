"""How far rounding can move a value: its graph computed with every result off by its last digit, at random.

A rewrite that is right may change digits that are not known: log(1 - p) has few right ones where p is close to 1. Where
two values differ by more than the usual tolerance, this tells how much of it may be rounding. (Stochastic arithmetic:
J. Vignes, A stochastic arithmetic for reliable scientific computation, 1993.)
"""

import numpy as np

from theano.compile.layouts import private
from theano.graph.op import performer
from theano.graph.walk import toposort
from theano.scalar.dtype import finfo, kind_of

TIMES = 4
MARGIN = 16


class Noise:
    """Runs parts of a graph with rounding errors made larger."""

    def __init__(self):
        self._performers = {}

    def explains(self, variable, a, b, known, blockers=None, becomes_finite=False):
        """Whether rounding on the way to ``variable`` explains that its values ``a`` and ``b`` differ.

        known: dict with the values of all variables above that were computed. blockers: variables above which nothing
        is computed again.
        becomes_finite: elements that are not finite in ``a`` may be anything in ``b``.
        """
        if not all(isinstance(v, np.ndarray) and kind_of(v.dtype) in "fc" for v in (a, b)) or a.shape != b.shape:
            return False
        runs = list(self._runs(variable, known, blockers))
        if any(run is None or run.shape != a.shape for run in runs):
            return False
        with np.errstate(all="ignore"):
            spread = np.max([abs(run - known[variable]) for run in runs], axis=0)
            fine = (abs(a - b) <= MARGIN * spread) | np.isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=True)
        return bool(np.all(fine | (becomes_finite | np.isfinite(a)) & ~np.isfinite(spread)))

    def _runs(self, variable, known, blockers):
        nodes = [node for node in toposort([variable], () if blockers is None else blockers)
                 if node.outputs[0] in known]                  # not what belongs to a branch that was not taken
        rng = np.random.RandomState(0)
        for _ in range(TIMES):
            values = {}
            try:
                for node in nodes:
                    self._run(node, values, known, rng)
            except Exception:               # what is off by a digit may be outside of what an op takes
                yield None
                return
            yield values.get(variable, known[variable])

    def _run(self, node, values, known, rng):
        if node not in self._performers:
            self._performers[node] = performer(node, "py")
        for v in node.inputs:
            if v not in values:
                values[v] = _off(known.get(v), rng) if not hasattr(v, "data") else v.data
        cells = [[None] for _ in node.outputs]
        with np.errstate(all="ignore"):
            self._performers[node](node, [private(values[v]) for v in node.inputs], cells)
        for v, cell in zip(node.outputs, cells, strict=True):
            values[v] = _off(cell[0], rng)


def _off(value, rng):
    """An array of floats with about every second element off by its last digit; other values as they are."""
    if type(value) is not np.ndarray or kind_of(value.dtype) not in "fc":
        return value
    signs = rng.randint(-1, 2, value.shape)
    with np.errstate(all="ignore"):
        return (value * (1 + signs * float(finfo(value.dtype).eps))).astype(value.dtype)
