"""`loop`: loops that carry structures along, with or without a known number of steps."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.shared import default_updates
from theano.graph.variable import Apply
from theano.graph.walk import same_graph, substitute
from theano.inner.scan.front import build, called, until
from theano.inner.scan.loop import ENDLESS, FirstOfTwo, Loop, State, twin
from theano.inner.scan.op import run
from theano.inner.tree import flatten, like, rebuild
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.create import arange
from theano.tensor.elemwise import switch
from theano.tensor.type import TensorType


class Recorded(FirstOfTwo):
    """``value``; its gradient goes to ``again``, which is the same, computed in another way.

    Of a loop whose number of steps nobody knows beforehand the one is the loop itself, which keeps nothing, and the
    other one a loop of as many steps. Rewriting takes ``value`` alone.
    """

    def L_op(self, inputs, outputs, output_grads):
        return [DisconnectedType()(), output_grads[0]]

    def R_op(self, inputs, eval_points):
        return eval_points[1:]

    def connection_pattern(self, node):
        return [[False], [True]]


class Longest(Op):
    """A number of steps, for lengths: where it differs from row to row of a batch, all rows have the greatest."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, n):
        return Apply(self, [n], [n.type()])

    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node, shapes):
        return shapes

    def connection_pattern(self, node):
        return [[False]]

    def L_op(self, inputs, outputs, output_grads):
        return [DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None]


class Going(Op):
    """Whether step ``t`` is one of ``n``: true, but in batches for rows that have fewer steps than others."""

    __props__ = ()

    def make_node(self, t, n):
        return Apply(self, [t, n], [TensorType("bool", ())()])

    def perform(self, node, inputs, output_storage, params=None):
        t, n = inputs
        output_storage[0][0] = np.asarray(t < n)

    def infer_shape(self, node, shapes):
        return [()]

    def connection_pattern(self, node):
        return [[False], [False]]

    def L_op(self, inputs, outputs, output_grads):
        return [DisconnectedType()(), DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return [None]


def loop(step, init, xs=None, n_steps=None, until=None, checkpoint=None, name=None):
    """Repeat ``step``, which takes a state and gives the next one.

    Parameters
    ----------
    step : callable
        ``step(carry)``, or ``step(carry, x)`` with ``xs``, returns the pair (next carry, what this step gives), of
        which the second may be None. The carry is built like ``init``, ``x`` like ``xs``.
    init : tree of variables
        What the first step gets. A tree is a variable or number, or a dict, list, tuple, named tuple or dataclass of
        trees, or None.
    xs : tree of tensors, optional
        Step t gets row t of each. There are as many steps as the shortest has rows, if ``n_steps`` is not given.
    n_steps : int or integer scalar, optional
    until : callable, optional
        A scalar condition, as a function of the carry after a step: true after the last step.
        Without ``xs`` and ``n_steps`` it alone ends the loop.
    checkpoint : None, "sqrt", int or integer scalar
        As in `scan`: let gradients keep only the states of every so many steps.
    name : str, optional

    Returns
    -------
    carry : tree
        What the last step gave; ``init`` where there are no steps.
    ys : tree
        What steps gave, stacked: its leaves have a row for each step.

    Raises
    ------
    TypeError
        Where a step's carry is built in another way than ``init``, or has other types.
    ValueError
        Where nothing says when to stop.

    Notes
    -----
    Random streams used in a step go on in the next call by themselves. It is `scan` in other words: loops written in
    both forms have equal graphs.
    """
    body = _Body(step, init, xs, until)
    if xs is None and n_steps is None:
        if until is None:
            raise ValueError("loop doesn't know when to stop: give it xs, n_steps or until")
        return body.unbounded(checkpoint, name)
    return body.results(n_steps, checkpoint, name)


class _Body:
    """A step as functions of lists of variables."""

    def __init__(self, step, init, xs, until):
        self.step, self.until = step, until
        self.init, self.xs, self.ys = init, xs, None
        self.count = self.known = None          # of steps, where these are made again; what the first of them made
        self.starts = [_start(leaf) for leaf in flatten(init)]
        self.arrays = [as_tensor_variable(leaf) for leaf in flatten(xs)]

    def __call__(self, *values):
        """What a step of `scan` returns: carries, results that are no carries, perhaps when to stop."""
        if self.count is not None:
            return self._again(*values)
        rows, before = iter(values), iter(values[len(self.arrays):])
        x = [] if self.xs is None else [rebuild(self.xs, rows)]
        answer = called(self.step, [rebuild(self.init, before), *x], "step of loop",
                        lambda: ["the carry", "a row of xs"][:1 + len(x)])
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise TypeError("a step of loop must return the pair (next carry, what this step gives or None), but got "
                            f"{answer!r}")
        after, self.ys = answer
        carries = [as_tensor_variable(v) for v in like(self.init, after, "the carry")]
        self.known = values, carries, [as_tensor_variable(v) for v in flatten(self.ys)]
        found = self._results_of(*self.known[1:])
        return found if self.until is None else [*found, until(self.until(after))]

    def _again(self, t, *values_and_count):
        """The step that there is already, for other values: a second one would draw from random streams of its own."""
        earlier, carries, given = self.known
        *values, count = values_and_count
        replace, roots = dict(zip(earlier, values, strict=True)), [*carries, *given]
        updates = default_updates(roots)
        new = substitute([*roots, *updates.values()], replace)
        going, n = Going()(t, count), len(carries)
        found = [switch(going, after, before) for after, before in zip(new[:n], values, strict=True)]
        return [*self._results_of(found, new[n:len(roots)]), dict(zip(updates, new[len(roots):], strict=True))]

    def _results_of(self, carries, given):
        """Carries, and what steps give besides; ``places`` tells where among them all that they give is."""
        found, self.places = carries, []
        for v in given:                                     # what is carried anyway is no further result
            place = next((k for k, known in enumerate(found) if same_graph([v], [known])), len(found))
            found = found if place < len(found) else [*found, v]
            self.places.append(place)
        return found

    def results(self, n_steps, checkpoint, name):
        """The pair that `loop` returns."""
        arrays = self.arrays if self.count is None else [arange(n_steps)]
        made = build(self, arrays, self.starts, self.count, n_steps, name=name, checkpoint=checkpoint, structured=True)
        for shared, value in made.updates.items():
            shared.default_update = value
        rows = [made.outputs[place] for place in self.places]
        return rebuild(self.init, iter(made.lasts)), rebuild(self.ys, iter(rows))

    def unbounded(self, checkpoint, name):
        """The same, where only ``until`` ends the loop."""
        lasts, count, streams = self._stopped(name)
        stop, self.until, self.count = self.until, None, count
        carry, ys = self.results(Longest()(count), checkpoint, name)
        for shared, value in streams.items():
            shared.default_update = value
        self.until, self.count = stop, None
        ys = rebuild(ys, (y[:count] for y in flatten(ys)))
        again = [fit if v.type == fit.type else v.type.filter_variable(fit)
                 for v, fit in zip(lasts, flatten(carry), strict=True)]
        return rebuild(self.init, iter([Recorded()(v, w) for v, w in zip(lasts, again, strict=True)])), ys

    def _stopped(self, name):
        """Of a loop that keeps nothing else: what is carried by the last step, the number of steps, and a dict of the
        random states that it leaves.
        """
        made = build(self, [], self.starts, None, 1, name=name, structured=True, running=False)
        found = made.loop
        count = constant(0, dtype="int64")
        own = twin(count)
        states = [State(c.rows[0], c.buffer[0], c.value) for c in found.carries]
        counting = Loop(
            constant(ENDLESS), states=[*states, *found.states, State(own, count, own + 1)],
            others=found.others, until=found.until, name=name)
        results = run(counting)
        streams = dict(zip([s.start for s in found.states], results[len(states):-1], strict=True))
        return results[:len(states)], results[-1], streams


def _start(leaf):
    if isinstance(leaf, bool):                          # elsewhere one is refused, as what ``v == w`` gave
        return as_tensor_variable(np.asarray(leaf))
    return leaf if isinstance(leaf, (int, float)) else as_tensor_variable(leaf)
