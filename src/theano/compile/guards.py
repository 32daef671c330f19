"""The checks that `NanGuardMode` adds to a graph, and to those of its loops and of what runs for every row.

What only a branch of `ifelse` needs is checked where that branch is taken.
"""

import operator
from functools import reduce

import numpy as np

from theano.graph.need import ALWAYS, gated, needs
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.inner.batch.each_row import EachRow
from theano.inner.graph import InnerGraph
from theano.inner.ifelse import IfElse
from theano.inner.rowwise import Rowwise
from theano.inner.scan.op import Scan, row_extents
from theano.rewrite.optimizer import Optimizer
from theano.rewrite.rules.inplace import INCREMENTS
from theano.tensor.blas import Dot22, Gemm, Gemv, Ger
from theano.tensor.constant import constant
from theano.tensor.create import Alloc, zeros
from theano.tensor.dot import Dot
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise
from theano.tensor.shape import patternbroadcast, shape_i

PRODUCTS = (Dot, Dot22, Gemm, Gemv, Ger)            # of what isn't finite these make what isn't finite
# What can't have elements that are refused where what it is computed from has none.
SAFE = {"tanh", "sigmoid", "sin", "cos", "erf", "erfc", "arctan", "sgn", "neg", "abs_", "switch", "maximum", "minimum",
        "second", "clip", "identity", "ceil", "floor", "trunc", "round_half_to_even"}
FINITE_ONLY = {"sin", "cos"}                # of those, what makes nan of inf
SHOWING = {"sqr", "add", "sub"}             # of one array, and constants of at most 1
WATCHED = (Scan, Rowwise, EachRow)          # ops that run a graph again and again
ZERO = constant(np.zeros((), "float64"))


class NotFiniteError(AssertionError):
    """A value that `NanGuardMode` refuses.

    Attributes: node, what computed it, or None for an argument; value.
    """

    def __init__(self, message, node=None, value=None):
        super().__init__(message)
        self.node, self.value = node, value


class Guard(Op):
    """A truth value that must be true: raises NotFiniteError, which says nothing of where, for a false one."""

    __props__ = ()

    def make_node(self, fine):
        return Apply(self, [fine], [fine.type()])

    def perform(self, node, inputs, output_storage):
        if not inputs[0]:
            raise NotFiniteError("NanGuardMode found nan, inf or a very large number, but not where: when the "
                                 "function ran again op by op there was none")
        output_storage[0][0] = inputs[0]


class Guards(Optimizer):
    """Adds an output to a graph, after its own: that of the checks of a `NanGuardMode`, which raises."""

    name = "NanGuard"

    def __init__(self, mode):
        self.mode = mode

    def apply(self, fgraph):
        """Change ``fgraph``."""
        totals = [_gated(case, _added(found)) for case, found in self._counts(fgraph).items() if found]
        if totals:
            fine = ELEMWISE["eq"](_added(totals), ZERO)
            native = getattr(fgraph, "extents_agree", False)    # the machine takes such outputs for what must be true
            fgraph.add_output(fine if native else Guard()(fine))

    def _counts(self, fgraph, given=()):
        """Arrays of how many elements are refused: for each of the cases in which that is known, a list.

        given: variables that are known to be fine.
        """
        loops = self._watch_loops(fgraph)
        order = fgraph.toposort()
        cases = needs(order, fgraph.outputs) or {}
        fine = {*given, *(v for node in loops for v in node.outputs)}
        counts = {ALWAYS: list(self._places(fgraph, order, cases, fine).values())}
        for node, found in loops.items():
            counts.setdefault(cases.get(node, ALWAYS), []).extend(found)
        unsure = unfilled(order)
        for v in (v for node in order if not node.op.view_map and node not in loops for v in node.outputs):
            count = None if cases.get(v, ALWAYS) == ALWAYS or v in unsure else self.mode.refused(v)
            if count is not None:
                counts.setdefault(cases[v], []).append(count)
        return counts

    def _watch_loops(self, fgraph):
        """Give loops results that count what is refused within: dict from the new nodes to these results."""
        found = {}
        for node in fgraph.toposort():
            if isinstance(node.op, WATCHED) and node.op.graph.mode is None:
                results, counts = (self._watched if isinstance(node.op, Scan) else self._watched_rows)(node)
                if counts:
                    fgraph.replace_all(list(zip(node.outputs, results, strict=True)), reason="NanGuard")
                    found[counts[0].owner] = counts
        return found

    def _watched(self, node):
        """The outputs of a loop that has states more, and these states.

        What is counted is added up element by element where the extents are the same in all steps, as that needs no
        reduction in every step.
        """
        op = node.op
        step = op.graph.unoptimized()
        self.mode.rewrite_for_checks(step, "BlasOpt")      # products of rows leave the loop later
        counts = self._counts(step, step.inputs)
        arrays, others = counts.pop(ALWAYS), [_gated(case, _added(found)) for case, found in counts.items() if found]
        starts = _zeros_like(arrays, node, step)
        others += [_added([x]) for x, start in zip(arrays, starts, strict=True) if start is None]
        more = [(start, x) for x, start in zip(arrays, starts, strict=True) if start is not None]
        more += [(ZERO, _added(others))] if others else []
        if not more:
            return node.outputs, []
        outside = op.parts(node.inputs)[-1]
        first, at = len(op.taps) + op.states, len(step.inputs) - len(outside)
        before = [start.type() for start, _ in more]
        graph = InnerGraph([*step.inputs[:at], *before, *step.inputs[at:]],
                           [*step.outputs[:first], *(b + x for b, (_, x) in zip(before, more, strict=True)),
                            *step.outputs[first:]])
        twin = Scan(graph, op.sequences, op.taps, op.states + len(more), op.stacks, op.until, op.truncate, op.name)
        at = len(node.inputs) - len(outside) - op.stacks
        made = twin(*node.inputs[:at], *(start for start, _ in more), *node.inputs[at:], return_list=True)
        last = first + len(more)
        return [*made[:first], *made[last:]], made[first:last]

    def _watched_rows(self, node):
        """The outputs of a graph that runs for every row and counts besides, and this count.

        Where there are no values but the outputs, as in a graph of one op, these are looked at outside.
        """
        op = node.op
        step = op.graph.unoptimized()
        self.mode.rewrite_for_checks(step, "BlasOpt")
        if all(set(inner.outputs) <= set(step.outputs) and not isinstance(inner.op, WATCHED)
               for inner in step.apply_nodes):
            return node.outputs, []
        found = [_gated(case, _added(counts)) for case, counts in self._counts(step, step.inputs).items() if counts]
        if not found:
            return node.outputs, []
        graph = InnerGraph(step.inputs, [*step.outputs, _added(found)])
        twin = Rowwise(graph, (*op.summed, True)) if isinstance(op, Rowwise) else EachRow(graph, op.batched)
        *made, count = twin(*node.inputs, return_list=True)
        return made, [count]

    def _places(self, fgraph, order, cases, given):
        """Arrays that count, for every place, how many elements there are refused, by the variables they are like.

        What only a branch needs is left out, as is what was ``given``.
        What an elementwise operation reads is counted together with its result, in the loop that computes that.
        """
        empty = unfilled(order) | {v for node in order for v in (*node.inputs, *node.outputs)
                                   if cases.get(v, ALWAYS) != ALWAYS}
        safe = SAFE if self.mode.inf_is_error else SAFE - FINITE_ONLY
        shown, later = self._shown(order), self._next_time(fgraph)
        waiting, fine = {}, set(given)
        for v in fgraph.inputs:
            if v in empty or v in fine:
                continue
            if v in shown:
                fine.add(v)
            elif v in later.values() or any(client == "output" or not isinstance(client.op, PRODUCTS)
                                            for client, _ in v.clients):
                waiting[v] = self.mode.refused(v)
                if waiting[v] is not None:
                    fine.add(v)
        for node in order:
            row = node.op.scalar_op.row_name if isinstance(node.op, Elemwise) else None
            if all(v in fine or self._harmless(v) for v in node.inputs) and empty.isdisjoint(node.outputs) \
                    and (node.op.view_map or row in safe):
                fine.update(node.outputs)
                continue
            for v in node.outputs:
                if v in shown or v in later:
                    fine.add(v)
                if v in fine or v in empty:
                    continue
                if not node.op.view_map and not isinstance(node.op, Alloc):
                    waiting[v] = self.mode.refused(v)
                if waiting.get(v) is None:
                    continue
                fine.add(v)
                for x in node.inputs if row is not None else ():
                    waiting[v] = self._with(waiting, v, x)
        return {v: count for v, count in waiting.items() if count is not None}

    def _shown(self, order):
        """Variables of which every element that is refused makes an element that is refused, of another variable."""
        found = set()
        for node in reversed(order):
            if not isinstance(node.op, Elemwise) or node.op.scalar_op.row_name not in SHOWING \
                    or self.mode.refused(node.outputs[0]) is None:
                continue
            others = [x for x in node.inputs if not isinstance(x, Constant)]
            small = all(abs(x.data).max(initial=0) <= 1 for x in node.inputs if isinstance(x, Constant))
            if len(others) == 1 and small and others[0].type.broadcastable == node.outputs[0].type.broadcastable:
                found.add(others[0])
        return found

    @staticmethod
    def _next_time(fgraph):
        """New values of shared variables that are checked by the next call, as they may overwrite the old ones in this.

        They are sums of the old value and a product. Where what these are computed from is fine, so are they, unless
        they are very large.
        """
        updates = {fgraph.outputs[o]: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
        return {v: old for v, old in updates.items() if v.owner is not None and isinstance(v.owner.op, PRODUCTS)
                and v.owner.inputs[0] is old and len(v.clients) == 1}

    def _harmless(self, v):
        """Whether a variable can't be refused: a constant that is fine, or a truth value."""
        if isinstance(v, Constant):
            return self.mode.complaint(v.data) is None
        return getattr(v.type, "dtype", None) == "bool"

    def _with(self, waiting, v, x):
        """The count for ``v``, with that for what its input ``x`` is, if it still waits."""
        source = x.owner.inputs[0] if x.owner is not None and isinstance(x.owner.op, DimShuffle) else x
        if waiting.get(source) is None:
            return waiting[v]
        if source is x:
            return waiting[v] + waiting.pop(x)
        if source.owner is not None and isinstance(source.owner.op, Elemwise):
            return waiting[v]
        del waiting[source]
        return waiting[v] + self.mode.refused(x)


def _added(counts):
    """The sum of all elements of ``counts``, as a float64 scalar."""
    scalars = [ELEMWISE["cast_float64"](c.sum(acc_dtype=c.type.dtype) if c.type.ndim else c) for c in counts]
    return reduce(operator.add, scalars)


def _zeros_like(variables, node, step):
    """For variables of the step of a loop zeros that are made outside, None where their extents are not known there."""
    op = node.op
    n = len(step.outputs) - op.until
    rows = Scan(InnerGraph(step.inputs, [*step.outputs[:n], *variables, *step.outputs[n:]]), op.sequences, op.taps,
                op.states, op.stacks + len(variables), op.until)
    at = len(node.inputs) - len(op.parts(node.inputs)[-1])
    loop = rows.loop([*node.inputs[:at], *[node.inputs[0]] * len(variables), *node.inputs[at:]])
    extents = [tuple(shape_i(v, d) for d in range(v.type.ndim)) if hasattr(v.type, "ndim") else None
               for v in loop.outer]
    found = row_extents(loop, rows.parts(extents))[op.stacks:]
    return [None if None in shape else patternbroadcast(zeros(shape, v.type.dtype), v.type.broadcastable)
            for v, shape in zip(variables, found, strict=True)]


def _gated(cases, count):
    """``count`` in the given cases, else 0, without computing it."""
    return count if cases == ALWAYS else gated(IfElse.gated, cases, count, ZERO)


def unfilled(order):
    """Variables computed by the nodes ``order`` that may hold anything, as part of their memory is not filled yet."""
    found = set()
    for node in order:
        if any(getattr(v.tag, "nan_guard_mode_check", True) is False for v in node.outputs) or \
                isinstance(node.op, INCREMENTS) and node.op.set_instead_of_inc and node.inputs[0] in found or \
                node.op.view_map and not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found
