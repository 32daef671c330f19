"""Logarithms of sums of exponentials in which the largest value of a row is guessed first.

log(sum(exp(x))) is ``g + log(sum(exp(x - g)))``, where g = max(x) keeps sums from overflowing. To find it takes a pass
over the data of its own, which waits for memory. But any g near the largest value serves, and the largest of
`nest.HEAD` points at one end of a row mostly is: then the sum is between 1 and `LIMIT`, where its logarithm is as exact
as that of as many equal terms. Only where it is not for some row, the driver goes on to look for the largest values of
these rows. What a row gives depends on nothing else than that row and the order in which it is walked.

This is done where a program says log(sum(exp(x))), in double precision: who subtracts the largest value himself may
rely on what that gives, and fewer digits leave no room.
"""

from theano.codegen import nest as ir
from theano.codegen.access import access
from theano.codegen.loops import steps_of
from theano.codegen.turn import Slot, Turn
from theano.scalar.table import TABLE
from theano.tensor.elemwise import DimShuffle, Elemwise

LIMIT = float(1 << 24)
SPREAD = 16.0               # of the first points, from which on the largest value is not guessed
NEW_SLOTS = ("float64", "float64", "float64", "bool", "bool")


def guess_shifts(builder):
    """Change the phases of a builder of `phases` where they say max, exp and sum as above."""
    if len(builder.inputs) + len(set(builder.homes.values())) + len(NEW_SLOTS) > ir.MAX_OPERANDS:
        return
    for first in range(len(builder.phases) - 2):
        turns = builder.phases[first:first + 3]
        if _can_guess(builder, *turns):
            _add_guess(builder, first, *turns)
            return


def _can_guess(builder, largest, safe, total):
    """Whether all these turns do is to accumulate a maximum, replace an infinite one, and accumulate a shifted sum."""
    if any(len(turn.accumulations) != 1 or turn.stores for turn in (largest, total)):
        return False
    (given, top, most), (power, result, kind) = largest.accumulations[0], total.accumulations[0]
    if most not in ("maximum", "supremum") or kind != "add" or not _stores_finite(safe, top) or \
            total.body[power][2] != "float64":
        return False
    others = [turn for turn in builder.phases if turn is not safe]
    if top.operand.role != "temp" or any(op is top for turn in others for op, _, _ in turn.body):
        return False
    (_, shift), = safe.stores
    difference = _arguments(total, power, "exp")
    terms = difference and _arguments(total, difference[0], "sub")
    if not terms or total.body[terms[1]][0] is not shift or sum(op is shift for op, _, _ in total.body) != 1:
        return False
    return _equal(largest, given, total, terms[0]) and _only_joined(builder, total, shift, result)


def _arguments(turn, number, name):
    """The arguments of a value that applies the operation with this name, or None."""
    op, args, _ = turn.body[number]
    return args if op is TABLE[name] else None


def _stores_finite(turn, top):
    """Whether all a turn does is to store the accumulated maximum, or 0 where that is infinite."""
    if len(turn.stores) != 1 or turn.accumulations:
        return False
    parts = _arguments(turn, turn.stores[0][0], "switch")
    if not parts or turn.body[parts[2]][0] is not top or _arguments(turn, parts[0], "isinf") != (parts[2],):
        return False
    zero = turn.body[parts[1]][0]
    return isinstance(zero, ir.Literal) and zero.value == 0


def _equal(one, number, other, twin):
    """Whether values of two turns, which are computed again as they cost little, are the same."""
    pairs = [(number, twin)]
    while pairs:
        k, m = pairs.pop()
        (op, args, dtype), (op2, args2, dtype2) = one.body[k], other.body[m]
        if op != op2 or dtype != dtype2 or len(args) != len(args2):
            return False
        pairs.extend(zip(args, args2, strict=True))
    return True


def _only_joined(builder, total, shift, result):
    """Whether shift and sum are used in ``shift + log(sum)`` only, which is the same for every shift."""
    names = {slot: variable for variable, slot in builder.homes.items()}
    shift, result = names[shift], names[result]
    inside = {node for node, phases in builder.work.at.items() if phases == {total.number}}
    users = [*_users(result), *(node for node in _users(shift) if node not in inside)]
    logs = {v for node in users if node != "output" for v in _logarithms(node, result)}
    users += [node for v in logs for node in _users(v)]
    return all(node != "output" and _joins(node, shift, result, logs) for node in users)


def _users(variable):
    """What uses a variable, also in another order of its dimensions."""
    for client, _ in variable.clients:
        if client != "output" and isinstance(client.op, DimShuffle):
            yield from _users(client.outputs[0])
        else:
            yield client


def _inputs(node, wanted):
    """The numbers of the inputs of a node that are one of these variables."""
    return {k for k, v in enumerate(node.inputs) if access(v)[0] in wanted}


def _steps(node):
    """The steps of an elementwise node, or None."""
    return steps_of(node) if isinstance(node.op, Elemwise) else None


def _inner_logarithms(node, steps, totals):
    """The numbers of the values of a node that are logarithms of these inputs."""
    return {k for k, step in enumerate(steps.steps, len(node.inputs))
            if step.row is TABLE["log"] and set(step.args) <= totals}


def _logarithms(node, result):
    """The outputs of a node that are logarithms of this variable."""
    steps = _steps(node)
    if steps is None:
        return []
    inner = _inner_logarithms(node, steps, _inputs(node, {result}))
    return [v for v, k in zip(node.outputs, steps.outputs, strict=True) if k in inner]


def _joins(node, shift, result, logs):
    """Whether a node only takes logarithms of the one, and adds them to the other."""
    steps = _steps(node)
    if steps is None:
        return False
    shifts, totals, known = (_inputs(node, wanted) for wanted in ({shift}, {result}, logs))
    walks = {_walk(node.inputs[k]) for k in shifts | totals | known}
    if len(walks) != 1 or None in walks:
        return False
    inner = _inner_logarithms(node, steps, totals)
    kinds = (shifts, known | inner, totals)
    used = set(steps.outputs) - inner
    for k, step in enumerate(steps.steps, len(node.inputs)):
        args = set(step.args)
        joined = (step.row is TABLE["add"] and len(step.args) == len(args)
                  and [len(args & kind) for kind in kinds] == [1, 1, 0])
        if k not in inner and not joined:
            used |= args
    return used.isdisjoint(set().union(*kinds))


def _walk(variable):
    """Which dimensions of a variable walk those of its base, or None where they do it in another order."""
    _, axes = access(variable)
    walked = [a for a in axes if a >= 0]
    return tuple(a >= 0 for a in axes) if walked == sorted(walked) else None


def _add_guess(builder, first, largest, safe, total):
    """Put phases that guess before those that were found, which are left out where the guess was good."""
    (_, shift), (_, result, _) = safe.stores[0], total.accumulations[0]
    new = [Slot(ir.Operand(dtype, result.operand.axes, "temp")) for dtype in NEW_SLOTS]
    guess, least, guessed_sum, wide, good = new
    builder.more.extend(new)

    head, value = _copy(largest, {})                            # the largest and the least of a few points
    head.head = True
    head.accumulations = [(value, guess, "maximum"), (value, least, "minimum")]
    look = Turn(safe.number)                                    # whether they are so far apart that to try is idle
    look.stores = [(look.compare("ge", _spread(look, guess, least), SPREAD), wide)]
    attempt, value = _copy(total, {shift: guess})               # the sum with that shift
    attempt.accumulations = [(value, guessed_sum, "add")]
    attempt.unless = wide
    judge = Turn(safe.number)                                   # whether it will do; nan will not
    found, spread = judge.load(guessed_sum), _spread(judge, guess, least)
    good_sum = judge.both(judge.compare("ge", found, 1.0), judge.compare("lt", found, LIMIT))
    judge.stores = [(judge.both(good_sum, judge.compare("lt", spread, SPREAD)), good)]
    choose = Turn(safe.number)                                  # between what was guessed and what was sought
    for ours, slot in ((guess, shift), (guessed_sum, result)):
        args = [choose.load(one) for one in (good, ours, slot)]
        choose.stores.append((choose.value(TABLE["switch"], tuple(args), ours.operand.dtype), slot))
    tries, sought = (head, look, attempt, judge, choose), (largest, safe, total)
    for turn in tries:
        turn.tries = True
    for turn in sought:
        turn.unless = good
    builder.phases[first:first + len(sought)] = [*tries[:-1], *sought, choose]


def _spread(turn, most, least):
    """The number of a difference."""
    return turn.value(TABLE["sub"], (turn.load(most), turn.load(least)), most.operand.dtype)


def _copy(turn, other):
    """A turn with the same values, where slots give way to others, and the number of what the old one accumulates."""
    made, numbers = Turn(turn.number), []
    for op, args, dtype in turn.body:
        op = other.get(op, op) if isinstance(op, Slot) else op
        numbers.append(made.value(op, tuple(numbers[k] for k in args), dtype))
    return made, numbers[turn.accumulations[0][0]]
