"""Elementwise nodes, reductions and fills as loop nests."""

from dataclasses import dataclass

from theano.codegen import nest as ir
from theano.codegen.access import access, aligned, literal_of
from theano.rewrite.extents import Symbol
from theano.scalar.composite import scalar_steps
from theano.scalar.dtype import computed_in
from theano.scalar.exact import compared_exactly
from theano.tensor.careduce import CAReduce
from theano.tensor.create import Alloc
from theano.tensor.elemwise import Elemwise

REDUCTIONS = {"add": "add", "mul": "mul", "maximum": "maximum", "scalar_maximum": "maximum",
              "minimum": "minimum", "scalar_minimum": "minimum", "supremum": "supremum", "and_": "and", "or_": "or"}
NARROWED = {("float64", "float32"), ("complex128", "complex64")}    # accumulator, result: narrow.h
MAX_NDIM = 16
MAX_TYPES = 60              # inputs and outputs of one node


@dataclass(eq=False)
class LoopNode:
    """What `cluster` needs to know of a node that can be part of a nest.

    space: extents of the points it works on. bases: variables it reads, behind DimShuffle. pointwise: those
    of them read at the very point. reads: those that are arrays in memory or other nodes' results.
    size: about how many scalar operations it has. elementwise: its result has a value at every point. needs:
    variables that say how many points there are.
    """

    space: tuple
    bases: tuple
    pointwise: frozenset
    reads: frozenset
    size: int
    elementwise: bool
    needs: tuple = ()


def loop_node(lowering, node):
    """The `LoopNode` of ``node``, or None when it can't be part of a nest."""
    op = node.op
    if isinstance(op, Elemwise):
        return _elementwise(lowering, node)
    if isinstance(op, CAReduce):
        return _reduction(lowering, node)
    if type(op) is Alloc:
        found = _describe(lowering, node, node.outputs[0], node.inputs[:1], 1, True)
        found.needs = tuple(e.variable for e in lowering.extents[node.outputs[0]] if isinstance(e, Symbol))
        return found
    return None


def _elementwise(lowering, node):
    types = [v.type for v in [*node.inputs, *node.outputs]]
    if types[0].ndim > MAX_NDIM or len(types) > MAX_TYPES or any(t.dtype not in ir.DTYPES[:-1] for t in types):
        return None
    steps = steps_of(node)
    if steps is None or not _can_apply(lowering, node, steps):
        return None
    return _describe(lowering, node, node.outputs[0], node.inputs, sum(map(_size, steps.steps)), True)


def _size(step):
    """How much a scalar operation adds to a kernel: a function of mathematics is many instructions."""
    return 1 if step.row is None else max(1, step.row.cost // 2)


def _can_apply(lowering, node, listing):
    dtypes = [v.type.dtype for v in node.inputs] + [step.dtype for step in listing.steps]
    return all(step.row is None or lowering.can_apply(step.row, [dtypes[a] for a in step.args], step.dtype)
               for step in listing.steps)


def _reduction(lowering, node):
    x = node.inputs[0]
    if reduction_name(node.op) is None or x.type.ndim > MAX_NDIM or x.type.ndim == 0:
        return None
    if x.type.dtype not in ir.DTYPES[:-1] or not lowering.can_apply(
            lowering.row("second"), [x.type.dtype] * 2, accumulator_dtype(node)):
        return None
    return _describe(lowering, node, x, [x], 1, False)


def steps_of(node):
    """The scalar operations of an elementwise node, or None."""
    given, made = ([v.type.dtype for v in variables] for variables in (node.inputs, node.outputs))
    listing = scalar_steps(node.op.scalar_op, given, made)
    return None if listing is None else compared_exactly(listing, given)


def reduction_name(op):
    """The nest's name of a reduction, or None."""
    return REDUCTIONS.get(getattr(op.scalar_op, "name", None))


def _describe(lowering, node, points, inputs, size, elementwise):
    space = lowering.extents.canonical(points)
    identity = tuple(range(len(space)))
    bases, pointwise, reads = [], set(), set()
    for variable in inputs:
        if literal_of(variable) is not None:
            continue
        base, axes = access(variable)
        bases.append(base)
        reads.add(base)
        if base.type.ndim == len(space) and aligned(base, axes, space) == identity:
            pointwise.add(base)
    mixed = {access(v)[0] for v in inputs if aligned(*access(v), space) != identity}
    return LoopNode(space, tuple(bases), frozenset(pointwise - mixed), frozenset(reads), size, elementwise)


class _Builder:
    """One nest in the making."""

    def __init__(self, lowering, cluster):
        self.lowering, self.cluster = lowering, cluster
        self.space = cluster.space
        self.ndim = len(self.space)
        self.operands, self.places = [], []         # in the order of the nest
        self.known = {}                             # (base, axes) -> operand
        self.body, self.seen = [], {}
        self.values = {}                            # variable -> value
        self.stores, self.accumulations = [], []

    def value(self, op, args, dtype):
        """The number of a scalar value; equal ones are computed once."""
        key = (op.key if isinstance(op, ir.Literal) else op, args, dtype)
        if key not in self.seen:
            self.seen[key] = len(self.body)
            self.body.append(ir.Value(op, args, dtype))
        return self.seen[key]

    def read(self, variable):
        """The value of ``variable`` at a point."""
        number = literal_of(variable)
        if number is not None:
            return self.value(ir.Literal(number), (), variable.type.dtype)
        base, axes = access(variable)
        axes = aligned(base, axes, self.space)
        if base in self.values and axes == tuple(range(self.ndim)):
            return self.values[base]
        if (base, axes) not in self.known:
            self.known[base, axes] = len(self.operands)
            self.operands.append(ir.Operand(base.type.dtype, axes))
            self.places.append(self.lowering.place(base))
        return self.value(ir.Load(self.known[base, axes]), (), base.type.dtype)

    def compute(self, node):
        """Add the values of a node."""
        op = node.op
        if isinstance(op, Elemwise):
            self._apply(node)
        elif isinstance(op, CAReduce):
            self._accumulate(node)
        else:
            self.values[node.outputs[0]] = self.read(node.inputs[0])

    def _apply(self, node):
        listing = steps_of(node)
        numbers = [self.read(v) for v in node.inputs]
        for step in listing.steps:
            args = tuple(numbers[a] for a in step.args)
            op = ir.Literal(step.value) if step.row is None else step.row
            numbers.append(self.value(op, args, step.dtype))
        for variable, number in zip(node.outputs, listing.outputs, strict=True):
            self.values[variable] = numbers[number]

    def _accumulate(self, node):
        self.accumulations.append((self.read(node.inputs[0]), node))


def build_nest(lowering, cluster):
    """Add the instruction of a cluster, and those that cast its accumulators."""
    builder = _Builder(lowering, cluster)
    for node in cluster.nodes:
        builder.compute(node)
    ndim = builder.ndim
    stores, accumulations, outputs, inplace = [], [], [], []
    identity = tuple(range(ndim))
    for variable, number in builder.values.items():
        if not lowering.is_needed(variable, cluster):
            continue
        place = lowering.temp(variable)
        stores.append((number, len(builder.operands)))
        _inplace_candidates(lowering, builder, variable, place, identity, inplace)
        builder.operands.append(ir.Operand(variable.type.dtype, identity, "out"))
        outputs.append(place)
    casts = []
    for number, node in builder.accumulations:
        place, dtype = accumulator(lowering, node, casts)
        accumulations.append((number, len(builder.operands), reduction_name(node.op)))
        builder.operands.append(ir.Operand(dtype, kept_axes(node.op, ndim), "acc"))
        outputs.append(place)
    extents, arguments = extents_of(lowering, builder.space, builder.operands, cluster.nodes)
    reduced = tuple(any(kept_axes(n.op, ndim)[d] < 0 for _, n in builder.accumulations)
                    for d in range(ndim))
    nest = ir.LoopNest(ndim, reduced, tuple(builder.operands),
                       (ir.Phase(tuple(builder.body), tuple(stores), tuple(accumulations)),), extents)
    lowering.add("loop", [*builder.places, *arguments], outputs, nest=nest, nodes=tuple(cluster.nodes),
                 node=cluster.nodes[-1], inplace=inplace)
    for place, variable in casts:
        cast_place(lowering, place, variable)


def _inplace_candidates(lowering, builder, variable, place, identity, inplace):
    """Inputs whose storage the output may take over: same dtype, same points."""
    for k, source in enumerate(builder.places):
        operand = builder.operands[k]
        if operand.axes == identity and operand.dtype == variable.type.dtype:
            inplace.append((place, source))


def kept_axes(op, ndim):
    """Loop axis -> dimension of the result of a reduction, -1 for those it reduces."""
    axes = range(ndim) if op.axis is None else op.axis
    kept = [d for d in range(ndim) if d not in axes]
    return tuple(kept.index(d) if d in kept else -1 for d in range(ndim))


def accumulator(lowering, node, casts):
    """Place of a reduction's result and the dtype it accumulates in; with a cast to come where the driver can't narrow
    the one to the other."""
    variable = node.outputs[0]
    dtype = accumulator_dtype(node)
    if dtype == variable.type.dtype or (dtype, variable.type.dtype) in NARROWED:
        return lowering.temp(variable), dtype
    place = lowering.temp(variable, dtype)
    casts.append((place, variable))
    return place, dtype


def accumulator_dtype(node):
    """The dtype that a reduction accumulates in."""
    acc = getattr(node.op, "acc_dtype", None)
    dtype = node.outputs[0].type.dtype if acc is None or acc == "object" else acc
    return dtype if reduction_name(node.op) in ir.EXTREMES else computed_in(dtype)


def cast_place(lowering, place, variable):
    """The value of ``place`` in the dtype of ``variable``."""
    ndim = variable.type.ndim
    axes = tuple(range(ndim))
    operands = (ir.Operand(place.dtype, axes), ir.Operand(variable.type.dtype, axes, "out"))
    phase = ir.Phase((ir.load(0, operands),), ((0, 1),))
    nest = ir.LoopNest(ndim, (False,) * ndim, operands, (phase,))
    lowering.add("loop", [place], [lowering.temp(variable)], nest=nest, node=variable.owner,
                 nodes=(variable.owner,))


def extents_of(lowering, space, operands, nodes):
    """Numbers of extent arguments by axis, and the places of those arguments."""
    fills = [node for node in nodes if type(node.op) is Alloc]
    # the extents that stand for those of a fill may be known later than its own
    own = next((lowering.extents[node.outputs[0]] for node in fills
                if lowering.extents.canonical(node.outputs[0]) == space), space)
    numbers, arguments = [], []
    for axis, extent in enumerate(own):
        walked = any(o.role == "in" and o.axes[axis] >= 0 for o in operands)
        if space[axis] == 1 or (walked and not fills):
            numbers.append(None)
            continue
        numbers.append(len(arguments))
        arguments.append(extent_place(lowering, extent))
    return tuple(numbers), arguments


def extent_place(lowering, extent):
    """The place of a 0-d int64 that holds an extent."""
    if isinstance(extent, Symbol) and extent.axis >= 0:
        place = lowering.scalar()
        lowering.add("shape_i", [lowering.place(extent.variable)], [place], (extent.axis,))
        return place
    if isinstance(extent, Symbol):
        return as_dtype(lowering, extent.variable, "int64")
    return lowering.constant(extent)


def as_dtype(lowering, variable, dtype):
    """The place of a tensor's values as ``dtype``."""
    place = lowering.place(variable)
    if place.dtype == dtype:
        return place
    wide = type(place)(dtype, place.ndim, "temp", size=place.size)
    axes = tuple(range(place.ndim))
    operands = (ir.Operand(place.dtype, axes), ir.Operand(dtype, axes, "out"))
    nest = ir.LoopNest(place.ndim, (False,) * place.ndim, operands, (ir.Phase((ir.load(0, operands),), ((0, 1),)),))
    lowering.add("loop", [place], [wide], nest=nest, node=variable.owner)
    return wide
