"""Loops whose step is a sub-program, and branches, which are two."""

from theano.codegen.memory import copy_of
from theano.codegen.parts import lower_part, plan_part
from theano.codegen.recurrence import lower_scan
from theano.inner.branch import Branch
from theano.inner.scan.op import Scan


def scan(lowering, node):
    """A loop in the machine; NotImplemented where the mode of its step asks for something else.

    One generated function where its work is that of numbers, else a step that is a sub-program.
    """
    if lower_scan(lowering, node) is not NotImplemented:
        return None
    op, query = node.op, lowering.query_of(node.op.mode)
    if query is None:
        return NotImplemented
    loop = op.loop(node.inputs)
    handed = range(len(loop.carries) + len(loop.states))
    passing = [k for k in handed if not node.outputs[k].clients and loop.until is None]
    part, twins = _step(lowering, loop, op, query, passing)
    inputs = [lowering.place(v) for v in node.inputs]
    outputs = [None if k in twins else lowering.temp(v) for k, v in enumerate(node.outputs)]
    lowering.places.update((node.outputs[k], outputs[j]) for k, j in twins.items())
    outputs = [place for place in outputs if place is not None]
    first_stack = len(loop.carries) + len(loop.states)
    loop.stacks = [s for k, s in enumerate(loop.stacks, first_stack) if k not in twins]
    lengths = 1 + len(loop.sequences) + first_stack
    inputs = [p for k, p in enumerate(inputs) if k - lengths + first_stack not in twins]
    _copy_objects(lowering, loop, part, inputs)
    python = part.runs_python
    for place in inputs if python else ():
        place.root().array = place.root().foreign = True
    first = 1 + len(loop.sequences)
    inplace = []
    for out, given in zip(outputs, inputs[first:first + len(loop.carries) + len(loop.states)], strict=False):
        if out.dtype == "object":
            out.array = True
        elif loop.until is None:
            out.size = given.size
            inplace.append((out, given))
    for out in outputs if python else ():
        out.array = True
    extents = [n for found in part.extents[len(outputs) - len(loop.stacks):len(outputs)] for n in found]
    if loop.states or None in extents or part.may_give_up:
        lowering.keep_arguments()
    params = [len(loop.sequences), len(loop.carries), len(loop.states), len(loop.stacks), int(loop.until is not None),
              int(op.freeing), *[0] * len(loop.sequences)]
    for c in loop.carries:
        params += [len(c.taps), c.reach, *c.taps]
    for n in extents:
        params += (-2, 0) if n is None else (-1, n) if isinstance(n, int) else n
    lowering.add("for", inputs, outputs, params, node=node, nodes=(node,), parts=(part,), inplace=inplace)
    return None


def _step(lowering, loop, op, query, passing):
    """The step as a `Part`, and which stacks are the same as an earlier one: {number of an output: number}.

    passing: numbers of values handed on that nobody reads after the loop.
    """
    n_carries, n_states = len(loop.carries), len(loop.states)
    first_state = len(loop.bound) - n_states
    states = [(n_carries + k, first_state + k) for k in range(n_states)]
    inner = lower_part(lowering, loop.inputs, loop.outputs, query, states)
    seen, twins = {}, {}
    for k, s in enumerate(loop.stacks, n_carries + n_states):
        first = seen.setdefault((id(inner.outputs[k]), s.length), k)
        if first != k:
            twins[k] = first
    others = range(len(loop.bound), len(loop.inputs))
    return plan_part(inner, states, int(loop.until is not None), others, op.labels(), set(twins), loop.lean,
                     len(loop.sequences), passing), twins


def branch(lowering, node):
    """One of two sub-programs; only that one runs."""
    query = lowering.query_of(None)
    parts = []
    for graph in (node.op.true, node.op.false):
        inner = lower_part(lowering, graph.inputs, graph.outputs, query)
        parts.append(plan_part(inner, labels=[str(node.op), *map(str, graph.outputs)]))
    condition, *others = (lowering.place(v) for v in node.inputs)
    outputs = [lowering.temp(v) for v in node.outputs]
    if any(part.runs_python for part in parts):
        for place in (*others, *outputs):
            place.root().array = True
        for place in others:
            place.root().foreign = True
    for place in outputs:
        place.array = place.array or place.dtype == "object"
    if any(part.may_give_up for part in parts):
        lowering.keep_arguments()
    lowering.add("branch", [condition, *others], outputs, node=node, nodes=(node,), parts=tuple(parts))


def _copy_objects(lowering, loop, part, inputs):
    """Let steps that change an object change a copy of it. Works on the list of inputs."""
    first, within = 1 + len(loop.sequences) + len(loop.carries), len(loop.bound) - len(loop.states)
    for k in range(len(loop.states)):
        if inputs[first + k].dtype == "object" and part.outputs[len(loop.carries) + k] is part.inputs[within + k]:
            inputs[first + k], task = copy_of(inputs[first + k])
            lowering.tasks.append(task)


LOOP = {Scan: scan, Branch: branch}
