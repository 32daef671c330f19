"""When values are needed: ops that choose need some of their inputs only under conditions.

Such an op has a method ``branches(node)``: for each input None, or the pair (condition, truth) for which it is needed.
A *case* is a tuple of such pairs that all hold, outermost first; *cases* are a tuple of them, of which one must hold.
"""

from theano.graph.variable import Constant

ALWAYS = ((),)
MOST = 8                # cases that are told apart; what has more counts as needed always


def chooses(node):
    """Whether a node needs some of its inputs only under conditions."""
    return hasattr(node.op, "branches")


def marks_of(node):
    """For each input of ``node`` the pair (condition, truth) for which it is needed, or None."""
    return node.op.branches(node) if chooses(node) else [None] * len(node.inputs)


def joined(a, b):
    """Cases of something that is needed in the cases ``a`` and in the cases ``b``; None stands for none."""
    if a is None or b is None or a == b:
        return b if a is None else a
    return _distinct([*a, *b])


def _distinct(cases):
    """``cases`` without those in which another one holds too."""
    kept = []
    for case in sorted(cases, key=len):
        if not any(set(other) <= set(case) for other in kept):
            kept.append(case)
    return tuple(kept) if len(kept) <= MOST else ALWAYS


def narrowed(cases, mark):
    """The cases in which besides the pair ``mark`` holds; None: nothing besides."""
    if mark is None:
        return cases
    opposite = (mark[0], not mark[1])
    return _distinct([case if mark in case else (*case, mark) for case in cases if opposite not in case])


def without(cases, mark):
    """``cases`` where ``mark`` is known to hold."""
    return _distinct([tuple(m for m in case if m != mark) for case in cases])


def implies(cases, others):
    """Whether one of ``others`` holds whenever one of ``cases`` does."""
    return all(any(set(other) <= set(case) for other in others) for case in cases)


def needs(nodes, outputs):
    """The cases in which nodes and variables are needed: a dict; None where no node of ``nodes`` chooses.

    nodes: all that ``outputs`` need, in an order in which they can run.
    """
    if not any(map(chooses, nodes)):
        return None
    found = dict.fromkeys(outputs, ALWAYS)
    for node in reversed(nodes):
        cases = None
        for v in node.outputs:
            cases = joined(cases, found.get(v))
        cases = ALWAYS if cases is None or node.op.destroy_map else cases       # its order must stay as it is
        found[node] = cases
        for v, mark in zip(node.inputs, marks_of(node), strict=True):
            found[v] = joined(found.get(v), narrowed(cases, mark))
    return found


def gated(choose, cases, value, other):
    """``value`` in the given cases, else ``other``; choose: function(condition, truth, value, other)."""
    result = other
    for case in reversed(cases):
        within = value
        for condition, truth in reversed(case):
            within = choose(condition, truth, within, result)
        result = within
    return result


# -- running what is needed ---------------------------------------------------------------------------------


def compute_needed(variables, known, compute):
    """Call ``compute(node)`` for all that ``variables`` need, what a node needs before it, conditions first.

    known: dict with values, at first of the inputs; ``compute`` must put those of the node's outputs into it. Constants
    need not be in it.
    """
    stack = [v.owner for v in reversed(variables) if v.owner is not None]
    while stack:
        node = stack[-1]
        done = node.outputs[0] in known
        missing = [] if done else _missing(node, known)
        if missing:
            stack.extend(v.owner for v in reversed(missing))
            continue
        stack.pop()
        if not done:
            compute(node)


def _missing(node, known):
    """Inputs of ``node`` that it needs and that are not computed; conditions come before what depends on them."""
    marks = marks_of(node)
    for under_conditions in (False, True):
        found = [v for i, (v, mark) in enumerate(zip(node.inputs, marks, strict=True)) if not isinstance(v, Constant)
                 and v not in known and (mark is None or under_conditions and needs_input(node, i, known))]
        if found:
            return found
    return []


def needs_input(node, i, known):
    """Whether ``node`` needs its input ``i``; ``known`` has the value of the condition for that, if it has one."""
    mark = marks_of(node)[i]
    if mark is None:
        return True
    condition, truth = mark
    return bool(condition.data if isinstance(condition, Constant) else known[condition]) == truth
