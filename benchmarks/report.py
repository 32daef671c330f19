"""Tables of results.

``python -m benchmarks.report FILE`` prints a Markdown table of what ``python -m benchmarks --out FILE`` wrote;
with a second file, how the first compares with it. Rows in the form of JSON lines with "system", "workload",
"compile_s" and "call_us" are understood too.
"""

import json
import math
import sys

OURS = "theano"
TOLERANCE = 1e-3


def ratio_of(values):
    """Ours divided by the best of the others; None where there is nothing to compare."""
    others = [v for name, v in values.items() if name != OURS]
    return values[OURS] / max(min(others), 1e-12) if OURS in values and others else None


def agreed(rows):
    """Whether all systems computed the same."""
    checks = [row["check"] for row in rows if "check" in row and math.isfinite(row["check"])]
    scale = max(map(abs, checks), default=0)
    return not checks or max(checks) - min(checks) <= TOLERANCE * max(scale, 1)


def heading(names):
    """The first line of the table printed while measuring."""
    return f"{'':28s}" + "".join(f"{name:>12s}" for name in names) + f"{'ratio':>9s}"


def line_of(benchmark, rows, names):
    """A line of that table: figures, then ours divided by the best of the others."""
    values = {row["system"]: row["value"] for row in rows if "value" in row}
    unit = next((row["unit"] for row in rows if "unit" in row), "")
    cells = "".join(f"{values[name]:12.2f}" if name in values else f"{'-':>12s}" for name in names)
    ratio = ratio_of(values)
    note = "" if agreed(rows) else "  results differ"
    return f"{benchmark:28s}{cells}{'' if ratio is None else format(ratio, '9.2f'):>9s} {unit}{note}"


def read(path):
    """Results of a file: benchmark -> system -> (value, unit), the least where there are several."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in filter(str.strip, file):
            row = json.loads(line)
            name, value = row.get("benchmark", row.get("workload")), row.get("value", row.get("call_us"))
            if value is None:
                continue
            systems = found.setdefault(name, {})
            if row["system"] not in systems or value < systems[row["system"]][0]:
                systems[row["system"]] = value, row.get("unit", "us")
    return found


def short(value, unit):
    """A figure with three digits and a unit that suits it."""
    scales = {"us": ((1e6, "s"), (1e3, "ms"), (1, "us")), "s": ((1, "s"), (1e-3, "ms"))}.get(unit, ((1, unit),))
    scale, name = next((pair for pair in scales if abs(value) >= pair[0]), scales[-1])
    return f"{value / scale:.3g} {name}"


def markdown(found):
    """Lines of a Markdown table."""
    names = list(dict.fromkeys(system for systems in found.values() for system in systems))
    names.sort(key=lambda name: name != OURS)
    yield "| | " + " | ".join(names) + " | best other / ours |"
    yield "|---" * (len(names) + 1) + "|---|"
    for benchmark, systems in found.items():
        ratio = ratio_of({name: value for name, (value, _) in systems.items()})
        cells = [short(*systems[name]) if name in systems else "" for name in names]
        yield f"| {benchmark} | " + " | ".join(cells) + f" | {f'{1 / ratio:.3g}x' if ratio else ''} |"


def compared(new, old):
    """Lines that tell how our figures changed."""
    for benchmark, systems in new.items():
        if OURS in systems and OURS in old.get(benchmark, {}):
            (now, unit), (then, _) = systems[OURS], old[benchmark][OURS]
            yield f"{benchmark:28s}{short(then, unit):>12s}{short(now, unit):>12s}{now / then:9.2f}"


def main():
    """Print."""
    tables = [read(path) for path in sys.argv[1:3]]
    if not tables:
        sys.exit(__doc__)
    print("\n".join(compared(*tables) if len(tables) == 2 else markdown(tables[0])))


if __name__ == "__main__":
    main()
