"""Comparisons of unsigned with signed integers, written out: no dtype holds both, and doubles round large ones.

NumPy compares the numbers themselves (since 2.0), so that 2 ** 63 - 1 < 2 ** 63 in int64 and uint64.
"""

from theano.scalar.composite import Step, Steps
from theano.scalar.dtype import kind_of
from theano.scalar.table import TABLE, InRange, LogicalComparison

MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "neq": "neq"}
BELOW = ("lt", "le", "neq")         # what is true of a negative number and an unsigned one


def is_inexact(step, dtypes):
    """Whether a step compares uint64 with a signed integer; dtypes: of its arguments."""
    return "uint64" in dtypes and isinstance(step.row, LogicalComparison) and "i" in map(kind_of, dtypes)


def compared_exactly(listing, input_dtypes):
    """`Steps` that give the same, but compare integers as they are; the listing itself where all its steps do."""
    dtypes = [*input_dtypes, *(step.dtype for step in listing.steps)]
    if "uint64" not in dtypes or not any(is_inexact(s, [dtypes[a] for a in s.args]) for s in listing.steps):
        return listing
    writer = _Writer(input_dtypes)
    for step in listing.steps:
        args = tuple(writer.numbers[a] for a in step.args)
        if is_inexact(step, [dtypes[a] for a in step.args]):
            writer.numbers.append(writer.comparison(step.row, args))
        else:
            writer.numbers.append(writer.add(step.row, args, step.dtype, step.value))
    return Steps(tuple(writer.steps), tuple(writer.numbers[k] for k in listing.outputs))


class _Writer:
    """Steps in the making; numbers: those of the values of the listing that they replace."""

    def __init__(self, input_dtypes):
        self.dtypes, self.steps = list(input_dtypes), []
        self.numbers = list(range(len(self.dtypes)))

    def add(self, row, args, dtype, value=None):
        """The number of a new value."""
        self.steps.append(Step(row, args, dtype, value))
        self.dtypes.append(dtype)
        return len(self.dtypes) - 1

    def comparison(self, row, args):
        """The number of what a comparison gives."""
        if isinstance(row, InRange):
            x, low, high = args
            above = self.pair("gt" if row.openlow else "ge", x, low)
            return self.add(TABLE["and_"], (above, self.pair("lt" if row.openhi else "le", x, high)), "bool")
        return self.pair(row.name, *args)

    def pair(self, name, x, y):
        """The number of a comparison of two values."""
        dtypes = {self.dtypes[x], self.dtypes[y]}
        if "uint64" not in dtypes or not any(kind_of(d) == "i" for d in dtypes):
            return self.add(TABLE[name], (x, y), "bool")
        if self.dtypes[x] == "uint64":
            return self.pair(MIRRORED[name], y, x)
        zero = self.add(None, (), self.dtypes[x], 0)
        unsigned = self.add(TABLE["cast_uint64"], (x,), "uint64")
        numbers = self.add(TABLE[name], (unsigned, y), "bool")
        sign = self.add(TABLE["lt" if name in BELOW else "ge"], (x, zero), "bool")
        return self.add(TABLE["or_" if name in BELOW else "and_"], (sign, numbers), "bool")
