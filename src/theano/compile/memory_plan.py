"""How much memory a compiled function needs, as a formula of the shapes of its arguments."""

import math
from dataclasses import dataclass, field

import numpy as np

from theano.graph.walk import substitute
from theano.inner.graph import InnerGraph
from theano.rewrite.extents import Symbol
from theano.tensor.shape import shape_i


@dataclass(frozen=True)
class Size:
    """Bytes of an array: ``itemsize`` times its extents, which are ints or `Symbol`."""

    itemsize: int
    extents: tuple

    def symbols(self):
        """Extents that are no numbers."""
        return [e for e in self.extents if isinstance(e, Symbol)]

    def bytes(self, values):
        """The number, where ``values`` has those of the symbols."""
        return self.itemsize * math.prod(values[e] if isinstance(e, Symbol) else e for e in self.extents)

    def text(self, names):
        """The formula, where ``names`` has those of the symbols."""
        known = self.itemsize * math.prod(e for e in self.extents if not isinstance(e, Symbol))
        powers = {}
        for symbol in self.symbols():
            powers[names[symbol]] = powers.get(names[symbol], 0) + 1
        factors = [name if n == 1 else f"{name}**{n}" for name, n in sorted(powers.items())]
        return "*".join([str(known), *factors] if known != 1 or not factors else factors)


@dataclass
class MemoryPlan:
    """What `Function.memory_plan` gives; ``print`` it for the whole.

    Attributes
    ----------
    buffers : list of list of Size
        Memory for intermediate values, kept from call to call. What is in one list is in the same memory, at different
        times.
    arrays : list of Size
        What every call makes anew: results, and what Python code computes.
    formula : str
        Bytes of all of it. ``x.shape[0]`` is that of the input called x.
    names : dict from Symbol to str
        What the formula calls the extents; those of values inside the function have their origin in ``origins``.
    """

    buffers: list
    arrays: list
    lives: list                         # (first instruction, last instruction, Size) of all intermediate values
    inputs: list                        # variables of the graph that runs
    given: object                       # function of the user's arguments: the values of all inputs
    names: dict = field(init=False)
    origins: dict = field(init=False)

    def __post_init__(self):
        place = {v: v.name or f"input_{k}" for k, v in enumerate(self.inputs)}
        symbols = dict.fromkeys(s for size in self._sizes() for s in size.symbols())
        self.names, self.origins = {}, {}
        for symbol in symbols:
            v, axis = symbol
            if v in place:
                self.names[symbol] = f"{place[v]}.shape[{axis}]" if axis >= 0 else place[v]
            else:
                name = self.names[symbol] = f"n{len(self.origins)}"
                self.origins[name] = f"the value of {v}" if axis < 0 else f"dimension {axis} of {v}"
        self._extents = None

    def _sizes(self):
        return [size for group in self.buffers for size in group] + self.arrays

    @property
    def formula(self):
        """Bytes, as a text."""
        constant, terms = 0, {}
        for group in [*self.buffers, *([size] for size in self.arrays)]:
            if all(not size.symbols() for size in group):
                constant += max(size.bytes({}) for size in group)
                continue
            texts = self._texts(group)
            term = next(iter(texts)) if len(texts) == 1 else f"max({', '.join(texts)})"
            terms[term] = terms.get(term, 0) + 1
        parts = [term if n == 1 else f"{n}*{term}" for term, n in terms.items()]
        return " + ".join([*parts, *([str(constant)] if constant or not parts else [])])

    def _texts(self, group):
        """The formulas of what shares a buffer; single numbers beside arrays are left out."""
        arrays = [size for size in group if size.symbols()]
        return dict.fromkeys(size.text(self.names) for size in arrays or group)

    def bytes(self, *args):
        """Bytes that a call with these arguments needs, beyond those of its inputs; they are not computed with."""
        values = self._values(args)
        return sum(max(size.bytes(values) for size in group) for group in self.buffers) + \
            sum(size.bytes(values) for size in self.arrays)

    def lower_bound(self, *args):
        """Bytes that are needed in this order of instructions whatever shares memory."""
        values = self._values(args)
        steps = 1 + max((last for _, last, _ in self.lives), default=0)
        change = np.zeros(steps + 1, np.int64)
        for first, last, size in self.lives:
            change[first] += size.bytes(values)
            change[last + 1] -= size.bytes(values)
        return int(change.cumsum().max()) + sum(size.bytes(values) for size in self.arrays)

    def _values(self, args):
        """The value of every symbol."""
        given = self.given(args)
        shapes = {v: np.shape(value) for v, value in zip(self.inputs, given, strict=True)}
        values, inside = {}, []
        for symbol in self.names:
            v, axis = symbol
            if v in shapes:
                values[symbol] = shapes[v][axis] if axis >= 0 else int(given[self.inputs.index(v)])
            else:
                inside.append(symbol)
        if inside:
            if self._extents is None:           # extents that depend on what inputs are, not on their shapes alone
                self._extents = self._extents_of(inside)
            values.update(zip(inside, map(int, self._extents(*given)), strict=True))
        return values

    def _extents_of(self, symbols):
        """A function of the values of all inputs; shared variables are inputs like others."""
        places = {v: v.type() for v in self.inputs}
        wanted = [v if axis < 0 else shape_i(v, axis) for v, axis in symbols]
        return InnerGraph(list(places.values()), substitute(wanted, places))

    def __str__(self):
        lines = [f"bytes = {self.formula}", f"  {len(self.buffers)} buffers for intermediate values:"]
        for number, group in enumerate(self.buffers):
            texts = self._texts(group)
            lines.append(f"    {number}: {', '.join(texts)}" + (f"   ({len(group)} values)" if len(group) > 1 else ""))
        lines.append(f"  {len(self.arrays)} arrays made in every call:")
        lines += [f"    {size.text(self.names)}" for size in self.arrays]
        return "\n".join([*lines, *(f"  {name} is {origin}" for name, origin in self.origins.items())])


def plan_of(program, inputs, given):
    """The `MemoryPlan` of a `Program` that was just made, of the graph with these ``inputs``."""
    groups, arrays, first, last = {}, [], {}, {}
    for number, (_, read, written, *_) in enumerate(program.code):
        for slot in [*read, *written]:
            root = program.slots[slot][4]
            first.setdefault(root, number)
            last[root] = number
    lives = []
    for slot, (dtype, _, storage, buffer, _, _) in enumerate(program.slots):
        if dtype == "object" or storage not in ("buffer", "array") or slot not in first:
            continue
        size = Size(np.dtype(dtype).itemsize, tuple(program.sizes[slot]))
        if storage == "buffer":
            groups.setdefault(buffer, []).append(size)
            lives.append((first[slot], last[slot], size))
        else:
            arrays.append(size)
    return MemoryPlan([groups[k] for k in sorted(groups)], arrays, lives, inputs, given)
