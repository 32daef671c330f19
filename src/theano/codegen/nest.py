"""Loop nests: one representation for elementwise work, reductions, fills and softmax-like rows.

A nest walks an index space of `ndim` axes. Each operand says which of its dimensions each axis walks,
so transposes and broadcasts cost nothing. A phase is a list of scalar values in SSA form, some of which are
stored or accumulated. With several phases, all phases run for one point of the axes that are
not reduced before the next point is begun; a later phase loads what an earlier one accumulated or stored.

Extents, broadcasting, allocation, axis order and threads belong to the driver, runtime/loop.c.
`run_numpy` says what a nest means.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theano.scalar.dtype import SMALL, computed_in, itemsize_of, numpy_dtype

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128", "object",
)  # fmt: skip
ROLES = ("in", "out", "acc", "temp")
REDUCTIONS = ("none", "add", "mul", "maximum", "minimum", "and", "or", "supremum")
EXTREMES = {"maximum", "minimum", "supremum"}         # what floats of 16 bits are reduced by as they are

MAX_NDIM = 32
MAX_OPERANDS = 64
HEAD = 8                    # TH_HEAD in runtime/vm.h
MOVES, SINGLE, SPREADS = 2, 4, 8            # TH_MOVES, TH_SINGLE and TH_SPREADS there
CHEAP = 4                   # the most that a row of the scalar table costs that is a few instructions
ROOT = 6                    # the most that one costs whose time the CPU's divider sets: a quotient or a root
LONG = 20                   # the least that one costs that is a long chain of them, each of which waits for the last
STAGES = 4                  # the most loops that the points of a row are computed in, one after the other


@dataclass(frozen=True)
class Operand:
    """An array that a nest reads or writes.

    axes[d] is the dimension that loop axis d walks, -1 where it stays in place: a broadcast, or for an
    accumulator an axis that it sums over.
    role: "in"; "out"; "acc", an accumulator that becomes an array, which may have narrower elements (loops.NARROWED);
    "temp", one that only later phases read, or what is stored for these (its axes tell where it stays in place, any
    other number will do elsewhere).
    inplace: for "out", the number of the "in" operand, with the same dtype and axes, that it overwrites; or of one that
    has no axes here, of the same dtype and rank, that it is written to when the extents are those of the points.
    """

    dtype: str
    axes: tuple[int, ...]
    role: str = "in"
    inplace: int | None = None


@dataclass(frozen=True)
class Load:
    """Reads operand number `operand`; an accumulator gives its finished value."""

    operand: int


@dataclass(frozen=True)
class Literal:
    """A constant. Equality tells 0.0 from -0.0 and 1 from True, and nan equals itself."""

    value: Any = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "key", repr(self.value))


@dataclass(frozen=True)
class Value:
    """One scalar: op is a Load, a Literal or a row of the scalar table, applied to earlier values.

    dtype: float16 and bfloat16 stand for float32 here; what is loaded is widened, and rounded by casts and stores.
    """

    op: Any
    args: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Phase:
    """Scalar values, and where they go.

    stores: (value, operand); accumulations: (value, operand, reduction). The value is cast to the operand's
    dtype. One operand takes at most one accumulation in a nest.
    head: the phase only takes `HEAD` points at one end of each reduced axis.
    unless: an operand of bools, or None. The phase may be left out where all of them are set.
    tries: all phases with this mark may be left out where they do not pay; then no phase heeds ``unless``.
    """

    body: tuple[Value, ...]
    stores: tuple[tuple[int, int], ...] = ()
    accumulations: tuple[tuple[int, int, str], ...] = ()
    head: bool = False
    unless: int | None = None
    tries: bool = False


@dataclass(frozen=True)
class LoopNest:
    """An index space, its operands, and what happens at each point.

    reduced: per axis, whether each phase runs over it by itself. This matters with several phases only: then an
    accumulator that a later phase loads stays in place on exactly these axes, and a phase that
    touches no operand walking one of these axes is a scalar epilogue: it runs once per outer point.
    extents: per axis None, or the number of the int64 scalar argument that gives the extent; those arguments follow
    the operands. Other extents come from the inputs by NumPy's broadcasting.
    Operands with role "temp" come last and are no arguments.
    """

    ndim: int
    reduced: tuple[bool, ...]
    operands: tuple[Operand, ...]
    phases: tuple[Phase, ...]
    extents: tuple[int | None, ...] = ()

    def __post_init__(self):
        if not self.extents:
            object.__setattr__(self, "extents", (None,) * self.ndim)
        check(self)


def load(operand, nest_operands):
    """The value that loads operand number `operand` of these operands."""
    return Value(Load(operand), (), nest_operands[operand].dtype)


def literal(value, dtype):
    """The value of a constant of that dtype."""
    return Value(Literal(value), (), dtype)


def check(nest):
    """Raises ValueError where a nest breaks a rule that the driver relies on."""
    count = len(nest.operands)
    require(nest.ndim <= MAX_NDIM, "a nest has at most 32 axes")
    require(count <= MAX_OPERANDS, "a nest has at most 64 operands")
    require(len(nest.reduced) == len(nest.extents) == nest.ndim, "one flag and extent per axis")
    require(all(len(o.axes) == nest.ndim for o in nest.operands), "one entry of axes per loop axis")
    roles = [o.role for o in nest.operands]
    require(roles == sorted(roles, key=lambda r: r == "temp"), "temporaries come last")
    for operand in nest.operands:
        check_operand(nest, operand)
    targets = [k for phase in nest.phases for _, k, _ in phase.accumulations]
    require(len(targets) == len(set(targets)), "an operand is accumulated into once")
    require(
        {k for k, role in enumerate(roles) if role == "acc"} <= set(targets)
        <= {k for k, role in enumerate(roles) if role in ("acc", "temp")},
        "accumulators are accumulated into, and no other operands",
    )
    require(
        all(kind in EXTREMES or nest.operands[k].dtype not in SMALL
            for phase in nest.phases for _, k, kind in phase.accumulations),
        "floats of 16 bits are accumulated in wider ones",
    )
    for phase in nest.phases:
        for position, value in enumerate(phase.body):
            require(all(0 <= a < position for a in value.args), "values use earlier values")
        require(not (phase.head and phase.stores), "the head of a row is only accumulated")
        require(phase.unless is None or (roles[phase.unless] == "temp" and nest.operands[phase.unless].dtype == "bool"
                                         and stays(nest, phase.unless)), "phases are left out for one bool a row")
        for k in loads(phase):
            require(roles[k] not in ("acc", "temp") or stays(nest, k), "wrong axes of an accumulator")


def stays(nest, k):
    """Whether operand k stays in place on exactly the reduced axes."""
    return tuple(axis < 0 for axis in nest.operands[k].axes) == tuple(nest.reduced)


def check_operand(nest, operand):
    walked = [axis for axis in operand.axes if axis >= 0]
    require(operand.role in ROLES, f"no such role: {operand.role}")
    require(operand.dtype in DTYPES[:-1], f"no loop over dtype {operand.dtype}")
    require(len(walked) == len(set(walked)), "two loop axes cannot walk one dimension")
    if operand.inplace is not None:
        other = nest.operands[operand.inplace]
        require(operand.role == "out" and other.role == "in", "an output overwrites an input")
        same = operand.dtype == other.dtype and (operand.axes == other.axes or max(other.axes, default=-1) < 0)
        require(same, "an output overwrites an operand of the same dtype and axes")


def require(condition, message):
    if not condition:
        raise ValueError(f"malformed loop nest: {message}")


# What the driver and the emitter derive from a phase


def loads(phase):
    """The operands that a phase loads, ascending."""
    return sorted({v.op.operand for v in phase.body if isinstance(v.op, Load)})


def is_scalar(operand):
    """Whether the operand is one element for the whole nest."""
    return all(axis < 0 for axis in operand.axes)


# What a reduction also takes from memory where its accumulators are wider: (dtype in memory, accumulator, reduction)
WIDENINGS = {
    ("float32", "float64", "add"), ("float32", "float64", "mul"),
    *((small, wide, "add") for small, wide in SMALL.items()),
    *((small, "int64", "add") for small in ("bool", "int8", "int16", "int32")),
    *((small, "uint64", "add") for small in ("uint8", "uint16", "uint32")),
}  # fmt: skip


def source(nest, phase, value, target, reduction):
    """The operand that holds the accumulated values in memory, or None if only the kernel knows them."""
    dtype = nest.operands[target].dtype
    given = phase.body[value]

    def serves(k):
        operand = nest.operands[k]
        fits = operand.dtype == dtype or (operand.dtype == given.dtype and (given.dtype, dtype, reduction) in WIDENINGS)
        return fits and not is_scalar(operand)

    if isinstance(given.op, Load) and nest.operands[given.op.operand].role == "in" and serves(given.op.operand):
        return given.op.operand
    return next((k for stored, k in phase.stores if stored == value and serves(k)), None)


def computed(nest, phase):
    """The accumulations of a phase whose values the kernel computes."""
    return [a for a in phase.accumulations if source(nest, phase, *a) is None]


def live(nest, phase):
    """The numbers of the values that the kernel computes, ascending."""
    wanted = {v for v, _ in phase.stores} | {v for v, _, _ in computed(nest, phase)}
    for position in range(len(phase.body) - 1, -1, -1):
        if position in wanted:
            wanted.update(phase.body[position].args)
    return sorted(wanted)


def stages(nest, phase):
    """When each live value is computed, by number: 0 for what needs no long function, or one; 1 for what needs one of
    what others gave; and so on. All at once where that would be more than `STAGES` times: compilers take their time for
    every loop.
    """
    depth = {}                  # long functions one behind the other
    for number in live(nest, phase):
        value = phase.body[number]
        depth[number] = max((depth[a] for a in value.args), default=0) + (getattr(value.op, "cost", 0) >= LONG)
    cut = max(depth.values(), default=0) <= STAGES
    return {number: max(0, n - 1) if cut else 0 for number, n in depth.items()}


def kernel_loads(nest, phase):
    """The operands that the kernel loads, ascending."""
    ops = [phase.body[position].op for position in live(nest, phase)]
    return sorted({op.operand for op in ops if isinstance(op, Load)})


def calls_kernel(nest, phase):
    """Whether a phase does more than accumulate what is already in memory."""
    return bool(phase.stores or computed(nest, phase))


def needs_kernel(nest):
    """Whether a nest needs generated code at all; sums and maxima of an input do not."""
    return any(calls_kernel(nest, phase) for phase in nest.phases)


def loops(nest, phase):
    """Whether a phase runs over the reduced axes too (False for a scalar epilogue)."""
    if len(nest.phases) == 1:
        return True
    touched = loads(phase) + [k for _, k in phase.stores]
    return any(
        axis >= 0 and reduced
        for k in touched
        for axis, reduced in zip(nest.operands[k].axes, nest.reduced, strict=True)
    )


def moved(nest):
    """The operand of which a nest only writes the elements to another one, and that one; or None."""
    phase, *more = nest.phases
    if more or phase.accumulations or len(phase.stores) != 1:
        return None
    (number, k), = phase.stores
    value = phase.body[number]
    if not isinstance(value.op, Load):
        return None
    source, target = nest.operands[value.op.operand], nest.operands[k]
    return (source, target) if source.dtype == target.dtype else None


def is_move(nest):
    """Whether all that a nest does is to write one operand's elements to another one."""
    found = moved(nest)
    return found is not None and found[0].axes == found[1].axes


def is_spread(nest):
    """Whether all that a nest does is to write elements of an operand to several places each."""
    found = moved(nest)
    return found is not None and found[1].role == "out" and found[1].inplace is None and not is_scalar(found[0]) \
        and any(a < 0 <= b for a, b in zip(found[0].axes, found[1].axes, strict=True))


def still(nest, phase):
    """The operands that the kernel loads which stay in place on the last axis, where others walk it."""
    touched = kernel_loads(nest, phase) + [k for _, k in phase.stores]
    written = [k for _, k in kernel_stores(nest, phase)]
    if not any(nest.operands[k].axes[-1:] >= (0,) for k in touched):
        return []
    return [
        k
        for k in kernel_loads(nest, phase)
        if k not in written and nest.operands[k].axes[-1] < 0 and not is_scalar(nest.operands[k])
    ]


def kernel_stores(nest, phase):
    """The (value, operand) pairs that the kernel writes: results, and values for the driver to accumulate."""
    return [*phase.stores, *((v, k) for v, k, _ in computed(nest, phase))]


def is_light(nest):
    """Whether its kernels compute so little that memory sets their time: of doubles, they divide none."""
    values = [v for phase in nest.phases for v in phase.body]
    return all(getattr(v.op, "cost", 0) * (2 if v.dtype == "float64" else 1) <= CHEAP for v in values)


def is_single(nest, phase, most=CHEAP):
    """Whether every point takes one row of the scalar table at most, which gives the same wherever arrays lie.

    most: what that row may cost.
    """
    rows = [phase.body[k].op for k in live(nest, phase) if not isinstance(phase.body[k].op, (Load, Literal))]
    return len(rows) <= 1 and all(getattr(op, "cost", 0) <= most for op in rows)


def work_of(nest):
    """How little its kernels compute: words for a dialect, which may choose vectors by them.

    "light": so little that memory sets their time. "single": one row at most, whose time memory sets, or the CPU's
    divider. Neither is said of what mixes elements of two sizes in a way for which GCC knows long vectors only.
    """
    if any(loads_mask(phase) for phase in nest.phases):
        return ()
    single = all(is_single(nest, phase, ROOT) and not narrows(nest, phase) for phase in nest.phases)
    return ("light",) * is_light(nest) + ("single",) * single


def loads_mask(phase):
    """Whether a condition is loaded that is smaller than what it chooses."""
    return any(isinstance(phase.body[v.args[k]].op, Load)
               and itemsize_of(phase.body[v.args[k]].dtype) < itemsize_of(v.dtype)
               for v in phase.body for k in getattr(v.op, "conditions", ()))


def narrows(nest, phase):
    """Whether some result of a phase has smaller elements than some operand."""
    given = [itemsize_of(nest.operands[k].dtype) for k in kernel_loads(nest, phase)]
    made = [itemsize_of(nest.operands[k].dtype) for _, k in kernel_stores(nest, phase)]
    return min(made, default=0) < max(given, default=0)


def cost(nest):
    """Rough work at one point, in additions."""
    values = [v for phase in nest.phases for v in phase.body]
    return max(1, sum(getattr(v.op, "cost", 1) for v in values if not isinstance(v.op, Literal)))


def encode(nest):
    """The nest without its scalar expressions, as the integers that th_nest_new (runtime/nest.c) reads."""
    reductions = {k: r for phase in nest.phases for _, k, r in phase.accumulations}
    sources = {
        k: source(nest, phase, v, k, r) for phase in nest.phases for v, k, r in phase.accumulations
    }
    nslots = sum(o.role != "temp" for o in nest.operands)
    words = [nest.ndim, len(nest.operands), nslots, len(nest.phases), cost(nest)]
    words += [int(r) for r in nest.reduced]
    words += [number(e) for e in nest.extents]
    for k, operand in enumerate(nest.operands):
        words += [
            ROLES.index(operand.role),
            REDUCTIONS.index(reductions.get(k, "none")),
            DTYPES.index(operand.dtype),
            number(operand.inplace),
            number(sources.get(k)),
            *operand.axes,
        ]
    for phase in nest.phases:
        kernel = calls_kernel(nest, phase)
        words += [
            bits(kernel_loads(nest, phase)),
            bits(k for _, k in phase.stores),
            bits(k for _, k, _ in phase.accumulations),
            HEAD if phase.head else int(loops(nest, phase)),
            kernel + MOVES * is_move(nest) + SINGLE * (kernel and is_single(nest, phase)) + SPREADS * is_spread(nest),
            bits(still(nest, phase)),
            number(phase.unless),
            int(phase.tries),
        ]
    return words


def number(index):
    return -1 if index is None else index


def bits(numbers):
    """A set of operand numbers as a signed 64-bit integer."""
    mask = sum(1 << k for k in set(numbers))
    return mask - (1 << 64) if mask >> 63 else mask


# The meaning

UFUNC = {
    "add": np.add, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
    "supremum": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or,
}  # fmt: skip


def run_numpy(nest, arrays):
    """The outputs and accumulators of a nest, in the order of its operands.

    arrays: the "in" operands in order, then the scalar extents.
    """
    inputs = [k for k, o in enumerate(nest.operands) if o.role == "in"]
    extents = arrays[len(inputs) :]
    space = {k: in_loop_order(a, nest.operands[k]) for k, a in zip(inputs, arrays, strict=False)}
    shape = np.broadcast_shapes((1,) * nest.ndim, *(a.shape for a in space.values()))
    fixed = [shape[d] if e is None else int(extents[e]) for d, e in enumerate(nest.extents)]
    for a in space.values():
        np.broadcast_to(a, fixed)
    for phase in nest.phases:
        run_phase(nest, phase, space, fixed)
    results = [k for k, o in enumerate(nest.operands) if o.role in ("out", "acc")]
    return [in_array_order(space[k], nest.operands[k], fixed) for k in results]


def run_phase(nest, phase, space, extents):
    if not loops(nest, phase):
        extents = [1 if reduced else n for n, reduced in zip(extents, nest.reduced, strict=True)]
    seen = space
    if phase.head:
        head = tuple(slice(HEAD if reduced else None) for reduced in nest.reduced)
        extents = [min(n, HEAD) if reduced else n for n, reduced in zip(extents, nest.reduced, strict=True)]
        seen = {k: array[head] for k, array in space.items()}
    with np.errstate(all="ignore"):
        values = []
        for v in phase.body:
            values.append(np.asarray(evaluate(v, values, seen), dtype=computed_in(v.dtype)))
        for value, k in phase.stores:
            space[k] = values[value].astype(numpy_dtype(nest.operands[k].dtype))
        for value, k, reduction in phase.accumulations:
            operand = nest.operands[k]
            full = np.broadcast_to(values[value], extents).astype(operand.dtype)
            still = tuple(d for d, axis in enumerate(operand.axes) if axis < 0)
            space[k] = UFUNC[reduction].reduce(full, axis=still, keepdims=True, dtype=operand.dtype)


def evaluate(value, values, space):
    if isinstance(value.op, Load):
        return space[value.op.operand]
    if isinstance(value.op, Literal):
        return value.op.value
    return value.op.numpy(*(values[a] for a in value.args))


def in_loop_order(array, operand):
    """The array with one dimension per loop axis."""
    walked = [axis for axis in operand.axes if axis >= 0]
    rest = tuple(d for d in range(array.ndim) if d not in walked)
    array = np.squeeze(np.asarray(array), rest) if rest else np.asarray(array)
    ranks = {axis: rank for rank, axis in enumerate(sorted(walked))}
    array = array.transpose([ranks[axis] for axis in walked])
    index = tuple(np.newaxis if axis < 0 else slice(None) for axis in operand.axes)
    return array[index]


def in_array_order(array, operand, shape):
    """The value of an output, from the values at each point of the loop."""
    walked = [d for d, axis in enumerate(operand.axes) if axis >= 0]
    array = np.broadcast_to(array, [n if d in walked else 1 for d, n in enumerate(shape)])
    array = array.reshape([shape[d] for d in walked])
    order = sorted(range(len(walked)), key=lambda i: operand.axes[walked[i]])
    return array.transpose(order).copy()
