"""The op of loops."""

import copy

import numpy as np

from theano.errors import extended
from theano.graph.op import Op
from theano.graph.testvalue import afterwards
from theano.graph.variable import Apply, Constant
from theano.graph.walk import ancestors, io_connection_pattern, substitute, toposort
from theano.inner.graph import InnerGraph
from theano.inner.scan.derivative import adjoint, tangent
from theano.inner.scan.loop import ENDLESS, Carry, Loop, Other, Sequence, Stack, State, rows_of
from theano.inner.scan.mapping import mappings
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.index import IncSubtensor
from theano.tensor.shape import shape_i
from theano.tensor.type import values_eq_approx_always_true


class Scan(Op):
    """A loop whose step is a graph; `Loop` says what it reads and keeps.

    Inputs of a node: n, sequences, buffers of carries, starts of states, lengths of stacks, others. Outputs: the
    buffers, the last states, the stacks.

    Parameters
    ----------
    graph : InnerGraph
        One step. Inputs: a row of each sequence, a row for each tap of each carry, states, others. Outputs: values
        of carries, of states, rows of stacks, and with ``until`` whether to stop after this step.
    sequences, states, stacks : int
        How many there are.
    taps : tuple of tuples of negative int
        For each carry the steps it looks back.
    until : bool
    truncate : int
        Through how many of the last steps gradients go, or -1.
    name : str, optional
        For texts only; ``mode`` is how the step is compiled.
    lean : bool
        Whether to sum products up in the steps, in place of one product of rows that the steps leave.
    freeing : bool
        Whether to give memory back while it runs, that of rows of sequences which nothing reads again.
    profile : bool or str, optional
        Whether functions measure the steps, and what the profile is called.
    """

    __props__ = ("graph", "sequences", "taps", "states", "stacks", "until", "truncate", "lean", "freeing")
    rop_takes_none = True

    def __init__(self, graph, sequences, taps, states, stacks, until=False, truncate=-1, name=None, mode=None,
                 lean=False, profile=None, freeing=False):
        self.graph, self.sequences, self.states, self.stacks = graph, sequences, states, stacks
        self.lean, self.freeing = lean, freeing
        self.taps = tuple(map(tuple, taps))
        self.until, self.truncate, self.name, self.mode, self.profile = until, truncate, name, mode, profile
        self._empty = self._pattern = None

    def __getstate__(self):
        return {**super().__getstate__(), "_empty": None, "_pattern": None}

    def key_props(self):
        """What makes programs with this op differ: its properties, and what messages say."""
        return (*self._props(), self.mode, *self.labels())

    @property
    def inputs(self):
        """Inputs of the graph of a step."""
        return self.graph.inputs

    @property
    def outputs(self):
        """Outputs of the graph of a step."""
        return self.graph.outputs

    @property
    def var_mappings(self):
        """Which inputs and outputs of a node and of the step belong together; see `mapping.mappings`."""
        return mappings(self)

    def get_oinp_iinp_iout_oout_mappings(self):
        """The same as ``var_mappings``."""
        return mappings(self)

    @property
    def fn(self):
        """A step as a compiled function; compiled when first asked for."""
        return self.graph.function

    def parts(self, values):
        """Inputs of a node, or something for each: (of n, arrays, buffers, starts, lengths, others)."""
        left, found = list(values[1:]), [values[0]]
        for count in (self.sequences, len(self.taps), self.states, self.stacks):
            found.append(left[:count])
            left = left[count:]
        return (*found, left)

    def loop(self, inputs):
        """The description of this op applied to ``inputs``."""
        n, arrays, buffers, starts, lengths, others = self.parts(inputs)
        within, results = iter(self.graph.inputs), iter(self.graph.outputs)
        return Loop(
            n, [Sequence(next(within), x) for x in arrays],
            [Carry(taps, [next(within) for _ in taps], x, next(results))
             for taps, x in zip(self.taps, buffers, strict=True)],
            [State(next(within), x, next(results)) for x in starts],
            [Stack(next(results), x) for x in lengths],
            [Other(next(within), x) for x in others],
            next(results) if self.until else None, self.truncate, self.name, self.mode, self.lean, self.profile,
            self.freeing)

    def make_node(self, *inputs):
        loop = self.loop(inputs)
        for owner, key in [(loop, "n"), *((s, "length") for s in loop.stacks)]:
            count = as_tensor_variable(getattr(owner, key))
            setattr(owner, key, count)
            if count.type.ndim or not count.type.dtype.startswith(("int", "uint")):
                raise TypeError(f"{self} needs an integer scalar as number of steps, but got {count}, a {count.type}")
        for s in loop.sequences:
            s.array = as_tensor_variable(s.array)
            s.array = rows_of(s.row.type, s.array.type.broadcastable[:1]).filter_variable(s.array)
        for c in loop.carries:
            c.buffer = rows_of(c.rows[0].type).filter_variable(as_tensor_variable(c.buffer))
        for s in loop.states:
            s.start = s.before.type.filter_variable(s.start)
        for o in loop.others:
            o.outer = o.inner.type.filter_variable(o.outer)
        stacks = [rows_of(s.value.type)() for s in loop.stacks]
        for s, stack in zip(loop.stacks, stacks, strict=True):
            if _is_partly_filled(s.value):
                stack.tag.values_eq_approx = values_eq_approx_always_true
        return Apply(self, loop.outer, [
            *(c.buffer.type() for c in loop.carries), *(s.before.type() for s in loop.states), *stacks])

    # -- running ----------------------------------------------------------------------------------------

    def perform(self, node, inputs, output_storage, params=None):
        n, arrays, buffers, states, lengths, others = self.parts(inputs)
        n = int(n)
        self._check(n, arrays, buffers)
        buffers, stacks = [np.array(b) for b in buffers], [None] * self.stacks
        first_state, first_stack = len(self.taps), len(self.taps) + self.states
        done = 0
        while done < n:
            rows = [x[done, ...] for x in arrays]
            rows += [b[(done - min(taps) + tap) % len(b), ...]
                     for b, taps in zip(buffers, self.taps, strict=True) for tap in taps]
            try:
                results = self.graph(*rows, *states, *others)
            except Exception as error:
                raise extended(error, f"In step {done} of {self}.") from error
            for k, (b, taps) in enumerate(zip(buffers, self.taps, strict=True)):
                self._same_shape(f"{self._carry(k)} has values", b.shape[1:], results[k], done)
                b[(done - min(taps)) % len(b)] = results[k]
            states = [copy.deepcopy(v) for v in results[first_state:first_stack]]     # results live until the next step
            for k, row in enumerate(results[first_stack:first_stack + self.stacks]):
                if stacks[k] is None:
                    stacks[k] = np.empty((min(n, int(lengths[k])), *row.shape), row.dtype)
                self._same_shape(f"output {first_stack + k} has rows", stacks[k].shape[1:], row, done)
                if len(stacks[k]):
                    stacks[k][done % len(stacks[k])] = row
            done += 1
            if self.until and results[-1]:
                break
        if not done:
            stacks = self._no_rows(arrays, buffers, states, others)
            states = copy.deepcopy(states)              # what reads them may work in place
        filled = [-min(taps) + done for taps in self.taps] + [done] * self.stacks
        kept = [_in_order(b, m) for b, m in zip([*buffers, *stacks], filled, strict=True)]
        for cell, value in zip(output_storage, [*kept[:first_state], *states, *kept[first_state:]], strict=True):
            cell[0] = value

    def _check(self, n, arrays, buffers):
        """Raise ValueError unless the inputs of a call have enough rows."""
        if n < 0:
            raise ValueError(f"{self} cannot run {n} steps")
        for row, x in zip(self.graph.inputs, arrays, strict=False):
            if len(x) < n:
                raise ValueError(f"{self} was to run {n} steps, but its sequence {row} has only {len(x)} rows")
        for k, (b, taps) in enumerate(zip(buffers, self.taps, strict=True)):
            if not -min(taps) <= len(b) <= n - min(taps):
                raise ValueError(f"{self} needs {-min(taps)} initial rows for {self._carry(k)}, and for {n} steps not "
                                 f"more than {n - min(taps)} rows, but got {len(b)}")

    def _same_shape(self, what, shape, value, step):
        if value.shape != shape:
            raise ValueError(f"could not broadcast input in {self}: {what} of shape {shape}, but step {step} gave "
                             f"one of shape {value.shape}")

    def _carry(self, k):
        """How messages call a carry."""
        row = self.graph.inputs[self.sequences + sum(map(len, self.taps[:k]))]
        return f"carry {k}" + (f" ({row.name})" if row.name else "")

    def labels(self):
        """How messages call the op, its sequences, its carries, and its results."""
        rows, n_carries = self.graph.inputs[:self.sequences], len(self.taps)
        n_values = len(self.graph.outputs) - self.until
        carries = [self._carry(k) for k in range(n_carries)]
        return [str(self), *map(str, rows), *carries, *(f"{name} has values" for name in carries),
                *(f"output {k} has values" for k in range(n_carries, n_carries + self.states)),
                *(f"output {k} has rows" for k in range(n_carries + self.states, n_values)),
                *(["until"] if self.until else [])]

    def _no_rows(self, arrays, buffers, states, others):
        """Stacks of no steps: extents of their rows are worked out from rows of zeros."""
        if not self.stacks:
            return []
        rows = self.graph.outputs[len(self.taps) + self.states:][:self.stacks]
        if self._empty is None:
            self._empty = InnerGraph(self.graph.inputs, [row.shape for row in ending(rows, self.graph.inputs)])
        given = [np.zeros(x.shape[1:], x.dtype) for x in arrays]
        given += [b[0, ...] for b, taps in zip(buffers, self.taps, strict=True) for _ in taps]
        return [np.empty((0, *shape), row.type.dtype)
                for row, shape in zip(rows, self._empty(*given, *states, *others), strict=True)]

    def do_constant_folding(self, node):
        return False                    # it would compile the step while the graph around is rewritten

    # -- what is known without running ------------------------------------------------------------------

    def infer_shape(self, node, shapes):
        loop, given = self.loop(node.inputs), self.parts(shapes)
        found = [*given[2], *given[3]]
        found += [(s.length, *row) for s, row in zip(loop.stacks, row_extents(loop, given), strict=True)]
        for k, output in enumerate(node.outputs):
            if hasattr(output.type, "ndim"):
                moving = self.until and not len(self.taps) <= k < len(self.taps) + self.states
                found[k] = tuple(shape_i(output, d) if n is None or (moving and not d) else n
                                 for d, n in enumerate(found[k]))
        return found

    def connection_pattern(self, node):
        if self._pattern is None:
            self._pattern = self._connections(self.loop(node.inputs), len(node.outputs))
        return self._pattern

    @staticmethod
    def _connections(loop, n_outputs):
        """The pattern of all nodes with an op."""
        within = io_connection_pattern(loop.inputs, loop.values)
        reaching = dict(zip(loop.inputs, within, strict=True))
        fed = [[s.row] for s in loop.sequences] + [c.rows for c in loop.carries] + [[s.before] for s in loop.states]
        pattern = [[any(column) for column in zip(*(reaching[v] for v in rows), strict=True)] for rows in fed]
        recurrent = pattern[len(loop.sequences):]
        for k, row in enumerate(recurrent):
            row[k] = True                               # initial values come out where there are no steps
        pattern += [[False] * n_outputs for _ in loop.stacks] + [list(reaching[o.inner]) for o in loop.others]
        changed = True
        while changed:
            before = [list(row) for row in pattern]
            for row in pattern:
                for k, further in enumerate(recurrent):
                    if row[k]:
                        row[:] = [a or b for a, b in zip(row, further, strict=True)]
            changed = before != pattern
        return [[False] * n_outputs, *pattern]

    # -- derivatives ------------------------------------------------------------------------------------

    @afterwards
    def L_op(self, inputs, outputs, output_grads):
        return adjoint(self.loop(inputs), outputs, output_grads, run)

    @afterwards
    def R_op(self, inputs, eval_points):
        return tangent(self.loop(inputs), self.loop(eval_points), run)

    # -- texts ------------------------------------------------------------------------------------------

    def inner_graph(self, node):
        """The outputs of a step, and which inputs of ``node`` feed its inputs; for listings."""
        loop = self.loop(node.inputs)
        feeds = {s.row: s.array for s in loop.sequences}
        feeds |= {row: c.buffer for c in loop.carries for row in c.rows}
        feeds |= {s.before: s.start for s in loop.states}
        return self.graph.outputs, feeds | {o.inner: o.outer for o in loop.others}

    def __str__(self):
        return f"{'do_while' if self.until else 'for'}{{cpu,{self.name or 'scan_fn'}}}"


def run(loop, pruned=True, given=None):
    """The outputs of a loop, as a list; ``pruned`` and ``given`` are those of `Loop.closed`."""
    loop = loop.closed(pruned, given)
    op = Scan(loop.graph(), len(loop.sequences), [c.taps for c in loop.carries], len(loop.states), len(loop.stacks),
              loop.until is not None, loop.truncate, loop.name, loop.mode, loop.lean, loop.profile,
              loop.freeing)
    return op(*loop.outer, return_list=True)


def ending(outputs, inputs):
    """``outputs`` with one step of each loop that ends by itself alone, which for zeros it might never do."""
    known = {}
    for node in toposort(outputs, inputs):
        if isinstance(node.op, Scan):
            loop = node.op.loop(substitute(node.inputs, known))
            if isinstance(loop.n, Constant) and loop.n.data == ENDLESS:
                loop.n = constant(1)
            loop = loop.with_outputs(ending(loop.outputs, loop.inputs))
            known.update(zip(node.outputs, run(loop, pruned=False), strict=True))
    return substitute(outputs, known)


def _is_partly_filled(v):
    """Whether a value has elements that may be anything, as what is put into memory that is not filled yet."""
    node = v.owner
    return node is not None and isinstance(node.op, IncSubtensor) and node.op.set_instead_of_inc \
        and getattr(node.inputs[0].tag, "nan_guard_mode_check", True) is False


def _in_order(rows, written):
    """Rows in the order in which they were written, ``written`` of them, around and around."""
    if written <= len(rows):
        return rows[:written]
    return np.roll(rows, -(written % len(rows)), axis=0) if len(rows) else rows


def row_extents(loop, shapes):
    """Extents of the rows of stacks in terms of variables outside, each None where it changes from step to step."""
    _, arrays, buffers, starts, _, others = shapes
    values = [s.value for s in loop.stacks]
    given = [s[1:] for s in arrays] + [s[1:] for s, c in zip(buffers, loop.carries, strict=True) for _ in c.rows]
    known = dict(zip(loop.inputs, [*given, *starts, *others], strict=True))

    def extents(v):
        if v not in known and hasattr(v.type, "ndim"):
            known[v] = tuple(shape_i(v, d) for d in range(v.type.ndim))
        return known.get(v)

    for node in toposort(values, loop.inputs):
        if hasattr(node.op, "infer_shape"):
            found = node.op.infer_shape(node, [extents(v) for v in node.inputs])
            known.update((v, e) for v, e in zip(node.outputs, found, strict=True) if e is not None and v not in known)
    moving, outside = set(loop.bound), {o.inner: o.outer for o in loop.others}

    def lifted(extent):
        extent = as_tensor_variable(extent)
        above = ancestors([extent])
        constants = {v: v.clone() for v in above if isinstance(v, Constant)}        # they may belong to another graph
        return None if moving.intersection(above) else substitute([extent], outside | constants)[0]
    return [[lifted(n) for n in extents(v)] for v in values]
