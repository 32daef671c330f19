"""Two loops that do the same work, as one."""

from dataclasses import replace

from theano.graph.walk import same_graph, substitute


def merged(a, b):
    """One loop that makes the steps of both, or None where they have no carry or state in common.

    a, b: loops of equally many steps that don't depend on each other.

    Returns
    -------
    Loop, list, list
        The positions of the outputs of ``a`` and of ``b`` among those of the loop.
    """
    b = b.closed(pruned=False)              # variables of its own
    if (a.until is None) != (b.until is None) or a.mode is not b.mode:
        return None
    rows = _same(a.sequences, b.sequences, "array", "row") | _same(a.others, b.others, "outer", "inner")
    carries, states = _agreed(a, b, rows)
    if not carries and not states:
        return None
    for k, j in carries.items():
        rows |= dict(zip(b.carries[k].rows, a.carries[j].rows, strict=True))
    for k, j in states.items():
        rows[b.states[k].before] = a.states[j].before
    if a.until is not None and not same_graph([a.until], [b.until], rows):
        return None
    b = b.with_outputs(substitute(b.outputs, rows))
    stacks = {}
    for k, s in enumerate(b.stacks):
        equal = [j for j, t in enumerate(a.stacks) if t.length is s.length and t.value.type == s.value.type
                 and same_graph([t.value], [s.value])]
        if equal:
            stacks[k] = equal[0]
    loop = replace(
        a, sequences=a.sequences + [s for s in b.sequences if s.row not in rows],
        others=a.others + [o for o in b.others if o.inner not in rows])
    places = []
    for name, found in (("carries", carries), ("states", states), ("stacks", stacks)):
        mine, more = getattr(a, name), getattr(b, name)
        setattr(loop, name, mine + [x for k, x in enumerate(more) if k not in found])
        new = iter(range(len(mine), len(mine) + len(more)))
        places.append([found[k] if k in found else next(new) for k in range(len(more))])
    sizes = [len(loop.carries), len(loop.states), len(loop.stacks)]
    starts = [0, sizes[0], sizes[0] + sizes[1]]
    own = [start + k for start, mine in zip(starts, (a.carries, a.states, a.stacks), strict=True)
           for k in range(len(mine))]
    return loop, own, [start + k for start, part in zip(starts, places, strict=True) for k in part]


def _same(mine, others, outside, inside):
    """Variables of another loop's step that stand for the same as variables of the first one's."""
    known = {getattr(x, outside): getattr(x, inside) for x in reversed(mine)}
    return {getattr(x, inside): known[getattr(x, outside)] for x in others
            if getattr(x, outside) in known and getattr(x, inside).type == known[getattr(x, outside)].type}


def _agreed(a, b, rows):
    """Carries and states of ``b`` that are, step by step, those of ``a``: two dicts of positions.

    All that begin alike are taken as equal; those whose steps then differ are not, until all that are left agree.
    """
    carries = {k: j for k, c in enumerate(b.carries) for j, d in reversed(list(enumerate(a.carries)))
               if c.buffer is d.buffer and c.taps == d.taps and c.rows[0].type == d.rows[0].type}
    states = {k: j for k, s in enumerate(b.states) for j, t in reversed(list(enumerate(a.states)))
              if s.start is t.start and s.before.type == t.before.type}
    while True:
        known = dict(rows)
        for k, j in carries.items():
            known |= dict(zip(b.carries[k].rows, a.carries[j].rows, strict=True))
        known |= {b.states[k].before: a.states[j].before for k, j in states.items()}
        wrong = [k for k, j in carries.items() if not same_graph([a.carries[j].value], [b.carries[k].value], known)]
        odd = [k for k, j in states.items() if not same_graph([a.states[j].after], [b.states[k].after], known)]
        if not wrong and not odd:
            return carries, states
        for k in wrong:
            del carries[k]
        for k in odd:
            del states[k]
