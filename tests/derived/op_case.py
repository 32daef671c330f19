"""What a case of the derived tests is, and its arguments."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from draws import ALL, COMPLEX, FLOATS, REAL, numbers

import theano.tensor as T
from theano.scalar.dtype import kind_of

EXTENTS = {"m": 3, "n": 4, "k": 5, "b": 2}
LONG = {"c": 12}            # extents of more than one digit
SIGNED = tuple(d for d in REAL if d != "bool" and not d.startswith("uint"))
NUMBERS = tuple(d for d in ALL if d != "bool")
INEXACT = FLOATS + COMPLEX
BLAS = ("float32", "float64", *COMPLEX)


@dataclass(frozen=True)
class A:
    """An argument.

    shape: letters of `EXTENTS`, and digits. low, high: numbers lie between. dtype: fixed, else the case's.
    ones: axes declared broadcastable, of extent 1. kind: how else to draw, by (rng, shape, dtype, sizes).
    moves: whether derivatives are taken by it, if it holds floats.
    """

    shape: str = ""
    low: float = -2.0
    high: float = 2.0
    dtype: str | None = None
    ones: tuple = ()
    kind: Callable | None = None
    moves: bool = True

    def extents(self, sizes):
        """The shape for extents by letter."""
        known = LONG | sizes
        return tuple(1 if d in self.ones else known[c] if c in known else int(c) for d, c in enumerate(self.shape))

    def variable(self, dtype):
        """A variable for it."""
        return T.tensor(self.dtype or dtype, [d in self.ones for d in range(len(self.shape))])

    def draw(self, rng, dtype, sizes):
        """An array for it."""
        shape, dtype = self.extents(sizes), self.dtype or dtype
        if self.kind is not None:
            return np.asarray(self.kind(rng, shape, dtype, sizes)).astype(dtype)
        return numbers(rng, shape, dtype, self.low, self.high)


def I(shape, below, dtype="int64", negative=False):                               # noqa: E743, N802
    """Integers below an extent, from its negative on if ``negative``."""
    def draw(rng, shape, dtype, sizes):
        n = below if isinstance(below, int) else sizes[below]
        return rng.randint(-n if negative else 0, max(n, 1), shape)
    return A(shape, dtype=dtype, kind=draw)


def distinct(shape, dtype=None):
    """Numbers far enough from one another for an order not to change by a small step."""
    def draw(rng, shape, dtype, sizes):
        count = int(np.prod(shape))
        step = 1 if kind_of(dtype) in "biu" else 0.25
        values = (rng.permutation(count) - (0 if kind_of(dtype) in "bu" else count // 2)) * step
        return values.reshape(shape)
    return A(shape, dtype=dtype, kind=draw)


def fixed(value, dtype="int64"):
    """Always this value."""
    value = np.asarray(value, dtype)
    return A("".join(map(str, value.shape)), dtype=dtype, kind=lambda rng, shape, dtype, sizes: value)


@dataclass(frozen=True, eq=False)
class Case:
    """An instance of an op.

    dtypes: those tested. flat: why there is no derivative although arguments are floats. undefined: argument -> why
    there is none by it. only: where there is one, if not everywhere. own_gradient: why the gradient is something
    else. real_only: why there is none for complex numbers. rough: how many times as much rounding as in one operation
    is allowed. no_shape: why its shape needs its value. sizes: whether extents may change. sparse: it works on sparse
    matrices.
    """

    name: str
    build: Callable
    args: list
    numpy: Callable
    dtypes: tuple = ALL
    flat: str = ""
    undefined: dict = field(default_factory=dict)
    only: str = ""
    rough: float = 1.0
    no_shape: str = ""
    sizes: bool = True
    own_gradient: str = ""
    real_only: str = ""
    sparse: bool = False

    def variables(self, dtype):
        """A variable for each argument."""
        return [a.variable(dtype) for a in self.args]

    def outputs(self, variables):
        """The outputs as a list."""
        found = self.build(*variables)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def draw(self, rng, dtype, sizes=EXTENTS):
        """An array for each argument."""
        return [a.draw(rng, dtype, sizes) for a in self.args]

    def references(self, arrays):
        """The outputs by NumPy, as a list."""
        found = self.numpy(*arrays)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def draw_dtypes(self):
        """The dtypes of arguments that derivatives could be taken by."""
        return [a.dtype or d for a in self.args for d in self.dtypes if a.moves and (a.dtype or d) in FLOATS + COMPLEX]
