"""Which input or output of a loop belongs to which input or output of its step: the tables of the original."""


def mappings(op):
    """Dict of dicts ``{b}_from_{a}`` between the outer and inner inputs and outputs of a `Scan` op, by their numbers.

    Values of ``outer_..`` tables are a number, -1 for none; those of ``inner_..`` tables are lists of numbers.
    """
    groups = _groups(op)
    found = {}
    for a in PLACES:
        for b in PLACES:
            if a != b:
                found[f"{b}_from_{a}"] = {
                    k: _value(group[b], b) for group in groups for k in group[a]}
    return {name: dict(sorted(table.items())) for name, table in found.items() if name in NAMES}


PLACES = ("outer_inp", "inner_inp", "inner_out", "outer_out")
NAMES = {
    "inner_inp_from_outer_inp", "inner_out_from_outer_inp", "outer_out_from_outer_inp", "outer_inp_from_inner_inp",
    "inner_out_from_inner_inp", "outer_out_from_inner_inp", "outer_inp_from_inner_out", "inner_inp_from_inner_out",
    "outer_out_from_inner_out", "outer_inp_from_outer_out", "inner_inp_from_outer_out", "inner_out_from_outer_out"}


def _value(numbers, place):
    return numbers if place.startswith("inner") else numbers[0] if numbers else -1


def _groups(op):
    """What belongs together, for each place the numbers of its inputs or outputs."""
    outer, inner, out = 1, 0, 0
    groups = [dict(zip(PLACES, ([0], [], [], []), strict=True))]
    rows = [1] * op.sequences + [len(taps) for taps in op.taps] + [1] * op.states + [0] * op.stacks
    rest = len(op.inputs) - sum(rows)
    for k, count in enumerate(rows + [1] * rest):
        gives = op.sequences <= k < len(rows)
        results = [out] if gives else []
        groups.append(dict(zip(PLACES, ([outer], list(range(inner, inner + count)), results, results), strict=True)))
        outer, inner, out = outer + 1, inner + count, out + gives
    return groups
