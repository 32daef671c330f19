"""`scan` and its short forms: from functions of steps to loops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce as fold
from inspect import signature

import numpy as np

from theano.errors import AsTensorError, MissingInputError
from theano.gradient import disconnected_grad
from theano.graph import origin
from theano.graph.shared import SharedVariable
from theano.graph.updates import OrderedUpdates
from theano.graph.variable import Constant, Variable, nodes_constructed
from theano.graph.walk import ancestors, substitute
from theano.inner.scan.checkpoint import run_in_chunks
from theano.inner.scan.loop import (
    Carry,
    Loop,
    Other,
    Sequence,
    Stack,
    State,
    buffer_of,
    copied_name,
    fitted,
    row_of,
    rows_of,
    twin,
)
from theano.inner.scan.op import run
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import minimum
from theano.tensor.shape import shape_padleft, unbroadcast
from theano.tensor.type import tensor


class until:                                                                                     # noqa: N801
    """Returned by the function of a step: stop after the first step for which ``condition`` is true."""

    def __init__(self, condition):
        self.condition = as_tensor_variable(condition)
        if self.condition.type.ndim:
            raise TypeError(f"until needs a scalar condition, but got {condition}, a {self.condition.type}")


def scan(fn, sequences=None, outputs_info=None, non_sequences=None, n_steps=None, truncate_gradient=-1,
         go_backwards=False, mode=None, name=None, profile=False, allow_gc=None, strict=False, return_list=False,
         checkpoint=None):
    """Repeat ``fn`` over the rows of sequences, with results of earlier steps at hand.

    Parameters
    ----------
    fn : callable
        Builds the graph of one step. Its arguments are a row for each tap of each sequence, then an earlier value for
        each tap of each output that has some, then ``non_sequences``. It returns the outputs of the step, one or a
        list, and besides in any order a dict or pairs of updates of shared variables, and an `until`.
    sequences : tensor, dict(input=tensor, taps=[...]), or list of these
        Tap k is row t + k at step t; default: [0]. Steps are those for which all rows exist.
    outputs_info : None, tensor, dict(initial=tensor, taps=[...]), or list of these
        For each output its initial value, or None where steps don't need it. Tap -k is the value k steps ago; default:
        [-1]. Where a tap is before -1, ``initial`` has a row for each of that many steps before the first.
    non_sequences : variable or list
        The last arguments of ``fn``, the same in all steps.
    n_steps : int or integer scalar, optional
        Default: as many as the shortest sequence allows.
    truncate_gradient : int
        Through how many of the last steps gradients go; -1: all.
    go_backwards : bool
        Begin with the last rows of the sequences.
    mode : str or Mode, optional
        How the step is compiled.
    name : str, optional
        Name of the loop in texts.
    profile : bool or str
        Measure the steps, by node, op and class, in every function; the profile, of this name if it is a string, is
        printed when the program ends. ``f.profile.loops`` of functions with a profile of their own has all loops.
    allow_gc
        Has no effect.
    strict : bool
        Raise MissingInputError where ``fn`` uses a shared variable that isn't among its arguments; other variables
        are always found.
    return_list : bool
        Return a list of outputs also where there is one.
    checkpoint : None, "sqrt", int or integer scalar
        Let gradients keep only the states of every so many steps, and make those between again; with "sqrt" those
        with which the least is in memory: the number of states is a multiple of the root of the number of steps. A
        gradient that costs as much as three forward passes then costs four.

    Returns
    -------
    outputs : tensor, list of tensors, or None
        The rows of all steps, for each output, by its order.
    updates : OrderedUpdates
        The new values of shared variables, to be given to `theano.function`. Shared variables that ``fn`` makes,
        as those of random streams, also have them as their default updates.

    Raises
    ------
    TypeError
        When an output has not the rank of its initial value. Patterns of broadcasting and dtypes may differ: what is
        carried has a pattern and a dtype that fit both.
    ValueError
        When arguments don't fit each other or the number of steps is unknown.
    """
    return build(fn, sequences, outputs_info, non_sequences, n_steps, truncate_gradient, go_backwards, mode, name,
                 strict, checkpoint, profile=profile).presented(return_list)


@dataclass
class Made:
    """What `build` makes of a loop: its rows, what it carries last, the new values of shared variables."""

    loop: Loop
    outputs: list
    lasts: list
    updates: OrderedUpdates
    finals: list = field(default_factory=list)      # the last or initial value of each output; None: it is not carried

    def presented(self, return_list=False):
        """What `scan` returns."""
        if return_list or len(self.outputs) > 1:
            return self.outputs, self.updates
        return self.outputs[0] if self.outputs else None, self.updates


def build(fn, sequences, outputs_info, non_sequences, n_steps, truncate_gradient=-1, go_backwards=False, mode=None,
          name=None, strict=False, checkpoint=None, ends=False, structured=False, running=True, profile=None):
    """Make a loop of a function of a step; the parameters are those of `scan`, but for

    ends: with ``checkpoint`` only the rows after each of these steps come out
    structured: ``fn`` returns more outputs than ``outputs_info`` tells of; ``lasts`` is wanted
    running: otherwise the loop is described only
    """
    if isinstance(checkpoint, (int, np.integer)) and checkpoint < 1:
        raise ValueError(f"checkpoint must be a positive number of steps, 'sqrt' or None, got {checkpoint}")
    step = _Step(go_backwards, n_steps)
    for k, entry in enumerate(_listed(sequences)):
        step.add_sequence(k, entry)
    loop = Loop(step.count(), truncate=int(truncate_gradient), name=name, mode=mode,
                profile=profile or None)
    loop.sequences = [Sequence(row_of(x, label), x[:loop.n]) for x, label in step.slices]
    infos = [_info(k, entry) for k, entry in enumerate(_listed(outputs_info))]
    fixed = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in _listed(non_sequences)]
    loop.others = [Other(v, v) for v in dict.fromkeys(fixed)]
    with nodes_constructed() as made:
        earlier = [row for info in infos if info for row in info.rows]
        answer = Answer(called(fn, [*(s.row for s in loop.sequences), *earlier, *fixed], "fn of scan", lambda: [
            *step.labels, *(f"{i.label} at t{tap}" for i in infos if i for tap in i.taps),
            *(f"non_sequences {k}" for k in range(len(fixed)))]))
    if structured or not infos:
        infos += [None] * (len(answer.outputs) - len(infos))
    if len(infos) != len(answer.outputs):
        raise ValueError(f"scan has outputs_info for {len(infos)} outputs, but fn returned {len(answer.outputs)}: "
                         f"give None for outputs that steps don't need")
    loop.states, results = _states(answer, loop.others, [*(s.row for s in loop.sequences), *earlier], strict)
    loop.until = answer.until
    _join(infos, results)
    if not structured:
        _disconnect_unread(infos, results)
    outputs = results[:len(infos)]
    loop.carries = [Carry(i.taps, i.rows, i.buffer(loop.n), v) for i, v in zip(infos, outputs, strict=True) if i]
    loop.stacks = [Stack(v, loop.n) for i, v in zip(infos, outputs, strict=True) if not i]
    for state, after in zip(loop.states, results[len(infos):], strict=False):
        state.after = after
    if loop.until is not None:
        loop.until = results[-1]
    return _results(loop, infos, set(made), checkpoint, ends) if running else Made(loop, [], [], OrderedUpdates())


def _results(loop, infos, made, checkpoint, ends):
    """Run the loop."""
    if checkpoint is None:
        found = run(loop, pruned=False)     # what was given is an input of the graph, used or not
        first = len(loop.carries) + len(loop.states)
        carried, last, stacked = found[:len(loop.carries)], found[len(loop.carries):first], found[first:]
        lasts = [x[-1] for x in carried]
        carried = [x[c.reach:] for x, c in zip(carried, loop.carries, strict=True)]
    else:
        carried, lasts, last, stacked = run_in_chunks(loop, checkpoint, ends)
    carried, stacked, final = iter(carried), iter(stacked), iter(lasts)
    finals = [next(final) if i else None for i in infos]
    outputs = [next(carried) if i else next(stacked) for i in infos]
    updates = OrderedUpdates()
    for state, value in zip(loop.states, last, strict=True):
        updates[state.start] = value
        if state.start in made:
            state.start.default_update = value
    return Made(loop, outputs, lasts, updates, finals)


def _listed(value):
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _taps(given, what):
    taps = [given] if isinstance(given, (int, np.integer)) else list(given)
    if len(set(taps)) != len(taps) or not taps:
        raise ValueError(f"taps of {what} must differ from each other, got {taps}")
    return tuple(int(tap) for tap in taps)


def _checked_keys(entry, known, what):
    wrong = set(entry) - set(known)
    if wrong:
        raise ValueError(f"{what} has unknown keys {sorted(wrong)}; there are {', '.join(known)}")


class _Step:
    """Slices of sequences: those of one tap have row t at step t. ``slices`` are pairs (slice, name of its row)."""

    def __init__(self, backwards, n_steps):
        self.backwards, self.n_steps, self.slices = backwards, n_steps, []
        if isinstance(n_steps, float) and n_steps == int(n_steps):
            self.n_steps = int(n_steps)
        self.lengths, self.labels = [], []

    def add_sequence(self, k, entry):
        """Add the slices for all taps."""
        if not isinstance(entry, Mapping):
            entry = {"input": entry}
        _checked_keys(entry, ("input", "taps"), f"sequence {k}")
        x = as_tensor_variable(entry["input"])
        if not x.type.ndim:
            raise TypeError(f"sequence {k} must have rows, but {x} is a scalar; make it one of non_sequences")
        taps = entry.get("taps")
        taps = (0,) if taps is None else _taps(taps, f"sequence {k}")
        first, last = min(0, *taps), max(0, *taps)
        for tap in taps:
            end = tap - last or None
            part = x[tap - first:end]
            if x.name:
                part.name = f"{x.name}[{tap - first}:{end or ''}]"
            self.lengths.append(part)
            label = x.name and f"{x.name}[t{format(tap, '+') if tap else ''}]"
            self.labels.append(f"sequence {k} at t{format(tap, '+') if tap else ''}")
            self.slices.append((part[::-1] if self.backwards else part, label))

    def count(self):
        """The number of steps."""
        if self.n_steps is not None:
            n = as_tensor_variable(self.n_steps)
            if n.type.ndim or not n.type.dtype.startswith(("int", "uint")):
                raise TypeError(f"n_steps must be an integer scalar, but {n} is a {n.type}")
            if isinstance(n, Constant) and n.data < 0:
                raise ValueError(f"n_steps must not be negative, got {n.data}")
            return n.astype("int64") if n.type.dtype == "uint64" else n     # with int64, uint64 becomes float64
        if not self.lengths:
            raise ValueError("scan doesn't know how many steps to make: give it n_steps, or sequences")
        return fold(minimum, [x.shape[0] for x in self.lengths])


@dataclass
class _Info:
    """What steps get of an output: ``initial`` is a row for the only tap -1, otherwise rows."""

    initial: Variable
    taps: tuple
    rows: list
    label: str

    @property
    def reach(self):
        return -min(self.taps)

    def buffer(self, n):
        """The initial rows, and room for ``n`` more."""
        kind = self.rows[0].type
        leading = self.initial.type.broadcastable[:1]
        initial = fitted(self.initial, kind if self.taps == (-1,) else rows_of(kind, leading))
        if self.taps == (-1,):
            return fitted(buffer_of(unbroadcast(shape_padleft(initial), 0), n), rows_of(kind))
        first = unbroadcast(initial[:self.reach], 0)
        first = first.reshape((self.reach, *first.shape[1:]))           # refuses fewer rows, one would be repeated
        return fitted(buffer_of(first, n, self.reach), rows_of(kind))


def _info(k, entry):
    """What outputs_info says of output ``k``; None where steps don't need it."""
    if not isinstance(entry, Mapping):
        entry = {"initial": entry}
    _checked_keys(entry, ("initial", "taps", "inplace", "membuf", "return_steps"), f"outputs_info {k}")
    initial, taps = entry.get("initial"), entry.get("taps")
    if initial is None:
        if taps is not None:
            raise ValueError(f"outputs_info {k} has taps but no initial value")
        return None
    taps = (-1,) if taps is None else _taps(taps, f"outputs_info {k}")
    if max(taps) >= 0:
        raise ValueError(f"taps of outputs_info {k} must be negative, as later values don't exist yet; got {taps}")
    initial = as_tensor_variable(initial)
    label = f"output {k}" + (f" ({initial.name})" if initial.name else "")
    names = [initial.name and f"{initial.name}[t{tap}]" for tap in taps]
    if taps == (-1,):
        rows = [twin(initial, names[0])]
    elif initial.type.ndim:
        rows = [row_of(initial, own) for own in names]
        if min(taps) < -1 and initial.type.broadcastable[0]:
            raise ValueError(f"the initial value of {label} must have a row for each of {-min(taps)} steps, but has "
                             "one")
    else:
        raise TypeError(f"the initial value of {label} must have a row for each of {-min(taps)} steps, but is a scalar")
    return _Info(initial, taps, rows, label)


class Answer:
    """What the function of a step returned: outputs, updates (a dict) and until."""

    def __init__(self, returned):
        self.outputs, self.updates, self.until = [], OrderedUpdates(), None
        self._take(returned)

    def _take(self, thing):
        if isinstance(thing, until):
            if self.until is not None:
                raise ValueError("fn returned until twice")
            self.until = thing.condition
        elif isinstance(thing, Mapping):
            self.updates.update(thing)
        elif isinstance(thing, (list, tuple)):
            if thing and all(isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], SharedVariable) for e in thing):
                self.updates.update(thing)
            else:
                for each in thing:
                    self._take(each)
        elif thing is not None:
            try:
                self.outputs.append(as_tensor_variable(thing))
            except AsTensorError as error:
                raise AsTensorError(f"a step must return tensors, and besides updates (a dict or pairs) and until, but "
                                    f"fn returned {thing!r}, of type {type(thing).__name__}") from error


def called(function, arguments, name, labels):
    """The answer of a user's function; TypeError that lists the arguments by their ``labels()`` if it takes others."""
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {function!r}")
    try:
        takes = signature(function)
    except ValueError:                                  # of some that are written in C nobody knows
        return function(*arguments)
    try:
        takes.bind(*arguments)
    except TypeError as error:
        given = labels()
        raise TypeError(f"{name} takes {takes}, but gets {len(given)} arguments ({', '.join(given) or 'none'}): "
                        f"{error}") from None
    return function(*arguments)


def _states(answer, others, rows, strict):
    """Shared variables that steps update, as states, and all results of a step in terms of them: outputs, new values,
    until.
    """
    updates = dict(answer.updates)
    last = [] if answer.until is None else [answer.until]
    given = [o.inner for o in others]
    while True:
        roots = [*answer.outputs, *(_as_update(s, v) for s, v in updates.items()), *last]
        shared = [v for v in reversed(ancestors(roots, given)) if isinstance(v, SharedVariable)]
        shared += [v for v in given if isinstance(v, SharedVariable)]
        more = {v: v.default_update for v in shared if v.default_update is not None and v not in updates}
        if not more:
            break
        updates |= more
    if strict:
        arguments = {*given, *rows}
        for v in ancestors(roots, arguments):
            if isinstance(v, SharedVariable) and v not in arguments and v not in updates:
                raise MissingInputError(f"fn uses the shared variable {v}, which with strict=True must be among "
                                        "non_sequences")
    states = [State(twin(s, copied_name(s)), s, None) for s in updates]
    return states, substitute(roots, {**{v: v for v in given}, **{s.start: s.before for s in states}})


def _as_update(shared, value):
    try:
        return shared.type.filter_variable(value)
    except TypeError as error:
        raise TypeError(f"the update of {shared} in a step must have its type, {shared.type}, but {value} is a "
                        f"{getattr(value, 'type', type(value))}") from error


def _join(infos, results):
    """Give outputs and their earlier values one type each: repeat until all agree. Works on the lists in place."""
    changed = True
    while changed:
        changed = False
        for k, info in enumerate(infos):
            if not info:
                continue
            want, have = _common(info, results[k]), info.rows[0].type
            if want != have:
                rows = [_retyped(row, want) for row in info.rows]
                try:
                    results[:] = substitute(results, dict(zip(info.rows, rows, strict=True)), strict=False)
                except (TypeError, ValueError) as error:
                    raise TypeError(_differing(info, results[k], f"is a {have} in its initial value, but a {want} "
                                               f"after a step, which can't go on with that: {error}")) from error
                info.rows, changed = rows, True
            if results[k].type.dtype != want.dtype:
                results[k] = results[k].astype(want.dtype)
    for k, info in enumerate(infos):
        if info:
            results[k] = info.rows[0].type.filter_variable(results[k])


def _disconnect_unread(infos, results):
    """Rows don't depend on initial values of outputs whose earlier values no step reads."""
    read = set(ancestors(results))
    for info in infos:
        if info and read.isdisjoint(info.rows):
            info.initial = disconnected_grad(info.initial)


def _retyped(row, kind):
    """A variable of type ``kind`` instead of ``row``."""
    new = kind.make_variable(row.name)
    if hasattr(row.tag, "test_value"):
        new.tag.test_value = kind.filter(row.tag.test_value, allow_downcast=True)
    return new


def _common(info, result):
    """The type of a carried value of which a step makes ``result``; TypeError where there is none."""
    have, kind = info.rows[0].type, result.type
    if have.ndim != kind.ndim:
        raise TypeError(_differing(info, result, f"has {have.ndim} dimensions in its initial value, but {kind.ndim} "
                                   "after a step: give both the same"))
    return tensor(upcast(have.dtype, kind.dtype),
                  [a and b for a, b in zip(have.broadcastable, kind.broadcastable, strict=True)]).type


def _differing(info, result, what):
    """A message that names a carry, and the lines that made it."""
    lines = [f"{info.label} {what}"]
    for name, v in (("the initial value", info.initial), ("the value after a step", result)):
        where = origin.describe(v)
        if where:
            lines.append(f"    {name} was made at {where}")
    return "\n".join(lines)


# -- short forms ----------------------------------------------------------------------------------------


def map(fn, sequences, non_sequences=None, truncate_gradient=-1, go_backwards=False, mode=None, name=None):
    """`scan` whose steps don't need earlier ones."""
    return scan(fn, sequences, [], non_sequences, None, truncate_gradient, go_backwards, mode, name)


def reduce(fn, sequences, outputs_info, non_sequences=None, go_backwards=False, mode=None, name=None):
    """`scan`, of which only the last values are returned: of what is carried its initial value if there are no rows."""
    made = build(fn, sequences, outputs_info, non_sequences, None, -1, go_backwards, mode, name)
    found = [x[-1] if last is None else last for x, last in zip(made.outputs, made.finals, strict=True)]
    return found if len(found) > 1 else found[0], made.updates


def foldl(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None):
    """`reduce` from the first row to the last."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(fn, sequences, outputs_info, non_sequences=None, mode=None, name=None):
    """`reduce` from the last row to the first."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


def scan_checkpoints(fn, sequences=[], outputs_info=None, non_sequences=[], name="checkpointscan_fn",  # noqa: B006
                     n_steps=None, save_every_N=10, padding=True):                                     # noqa: N803
    """`scan` whose outputs have a row for every ``save_every_N`` steps, and the last one; gradients keep only these.

    Parameters
    ----------
    fn, sequences, outputs_info, non_sequences, name, n_steps
        As those of `scan`.
    save_every_N : int or integer scalar
    padding : bool
        Has no effect: any number of steps is right.

    Returns
    -------
    outputs, updates
        As `scan`, but for the rows that are left out; ``scan(..., checkpoint=N)`` has all rows.

    Raises
    ------
    RuntimeError
        For outputs with taps other than -1.
    """
    for entry in _listed(outputs_info):
        taps = entry.get("taps") if isinstance(entry, Mapping) else None
        if taps is not None and _taps(taps, "outputs_info") != (-1,):
            raise RuntimeError("scan_checkpoints has no taps but -1, as its outputs don't have all rows: use "
                               "scan(..., checkpoint=N)")
    return build(fn, sequences, outputs_info, non_sequences, n_steps, name=name, checkpoint=save_every_N,
                 ends=True).presented()
