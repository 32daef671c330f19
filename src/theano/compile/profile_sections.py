"""Sections of a profile beside its tables: what rewriting did, where memory went, tips; and traces for browsers."""

import time

from theano.codegen.overwrite import VIEWS
from theano.compile.peak_memory import Needs
from theano.config import config
from theano.graph.units import duration
from theano.late import json
from theano.runtime import native

KB = 1024
SLOW_PYTHON = 0.1       # share of the time of nodes from which what runs in Python is worth a tip
LARGE = 1 << 23         # bytes of a result from which threads are worth a try
LONG_OVERHEAD = 0.3     # share of the time of calls from which what surrounds the program is worth one


def rewriting_lines(makers):
    """What rewriting did for these functions: phases with their time, and how often each rule changed something."""
    lines = ["Optimizer Profile", "---"]
    for maker in makers:
        fired = maker.fired
        if fired is None:
            lines.append(f"  {maker.name}: the program came from the cache, nothing was rewritten")
            continue
        seconds = f"{duration(maker.optimize_seconds)} for rewriting, of {duration(maker.seconds)} in all"
        lines.append(f"  {maker.name}: {seconds}")
        lines.append("  <% time>    <time>  <#changes>  <Phase>")
        whole = sum(seconds for _, _, seconds in fired.phases) or 1.0
        for name, count, seconds in sorted(fired.phases, key=lambda phase: -phase[2]):
            lines.append(f"   {100 * seconds / whole:5.1f}%  {duration(seconds):>8}  {count:>10}  {name}")
        lines.append("  <#changes>    <time>  <Rule>")
        for name, count in sorted(fired.rules.items(), key=lambda rule: -fired.seconds.get(rule[0], 0.0)):
            lines.append(f"  {count:>10}  {duration(fired.seconds.get(name, 0.0)):>8}  {name}")
    return [*lines, ""]


def memory_of(function):
    """Bytes of the last call of a native function, as a dict.

    all: every result with memory of its own. view, inplace: what views and work in place saved of it. held: what was
    used, as intermediate values share buffers. sharing: what that saved.
    """
    program = function.fn.program
    buffers, sizes = function.fn._machine.memory()
    found = {"all": 0, "view": 0, "inplace": 0}
    roots = set()
    for kind, _, written, *_ in program.code:
        for slot in written:
            found["all"] += sizes[slot]
            if kind in VIEWS:
                found["view"] += sizes[slot]
            elif program.slots[slot][4] != slot:
                found["inplace"] += sizes[slot]
            else:
                roots.add(slot)
    arrays = sum(sizes[slot] for slot in roots if program.slots[slot][2] == "array")
    found["held"] = sum(buffers) + arrays
    found["sharing"] = max(found["all"] - found["view"] - found["inplace"] - found["held"], 0)
    return found


def memory_lines(function):
    """The memory of a native function, with and without what saves some."""
    found = memory_of(function)
    alone = found["all"] - found["view"] - found["inplace"]
    rows = [("Max without gc, inplace and view (KB)", found["all"]), ("Max FAST_RUN_NO_GC (KB)", alone),
            ("Max FAST_RUN (KB)", found["held"]), ("Memory saved by view (KB)", found["view"]),
            ("Memory saved by inplace (KB)", found["inplace"]), ("Memory saved by GC (KB)", found["sharing"])]
    lines = [f"    {text:<38} {round(nbytes / KB):>9}" for text, nbytes in rows]
    peak = peak_lines(function) if config.profiling.min_peak_memory else []
    return [f"  Theano fct: {function.name}", *lines, *peak]


def peak_lines(function):
    """The largest amount in use at a time, in the order in which instructions run and in the best one."""
    begun = time.perf_counter()
    needs = Needs(function.fn.program, function.fn._machine.memory()[1])
    least, sure = needs.least_peak()
    spent = duration(time.perf_counter() - begun)
    words = "from all valid apply node order" if sure else "of the orders that were tried"
    return [f"    Peak in the order in which nodes run is {round(needs.peak(range(len(needs.after))) / KB)}KB",
            f"    Minimum peak {words} is {round(least / KB)}KB (took {spent} to compute)"]


def tips(profile):
    """Texts: what may make the functions of a profile faster, by what was measured."""
    records = [r for r in profile.records() if r.calls]
    seconds = sum(r.seconds for r in records)
    found = []
    wide = sum(r.seconds for r in records if "float64" in _dtypes(r))
    if wide > 0.5 * seconds:
        found.append("Try the flag floatX=float32: most of the time goes into operations on float64. "
                     "f.dtype_report() tells where a graph in single precision becomes wider")
    python = [r for r in records if not r.native]
    if seconds and sum(r.seconds for r in python) > SLOW_PYTHON * seconds:
        names = ", ".join(sorted({str(r.op) for r in sorted(python, key=lambda r: -r.seconds)[:3]}))
        how = "python -m theano doctor tells why nothing is compiled" if len(python) == len(records) else \
            "give them C code (see docs/c_ops.md) or write them with other operations"
        share = 100 * sum(r.seconds for r in python) / seconds
        found.append(f"{share:.0f} % of the time goes into operations that run in Python ({names}): {how}")
    inside, whole = profile.vm_call_time, profile.fct_call_time
    if whole and whole - inside > LONG_OVERHEAD * whole:
        found.append("Much of the time of calls goes into checking arguments: give arrays of exactly the right dtype, "
                     "and set f.trust_input = True once that is sure")
    elif whole and inside - seconds > LONG_OVERHEAD * whole:
        found.append("The operations are so small that going from one to the next takes much of the time: compute more "
                     "in one call, for example on a batch")
    if native.available() and native.get_num_threads() == 1 and any(r.nbytes >= LARGE for r in records):
        found.append("Arrays are large and one thread works on them: try theano.set_num_threads(n) or the flag "
                     "openmp=True")
    return found


def tip_lines(profile):
    """The section of tips."""
    found = tips(profile)
    return ["Here are tips to potentially make your code run faster", "(test them first, as they are not guaranteed to "
            "always provide a speedup):",
            *(f"  - {tip}" for tip in found), *([] if found else ["  Sorry, no tip for today."]), ""]


def _dtypes(record):
    return {getattr(v.type, "dtype", "") for v in getattr(record.what, "outputs", ())}


def chrome_trace(profile):
    """A profile as a dict in the Trace Event Format, which chrome://tracing and Perfetto show.

    Every function is a row with one average call: its instructions one after the other, each with the time that it took
    in the mean; within a loop those of all its steps together.
    Source: "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
    """
    events = []
    for row, source in enumerate(profile.sources):
        calls, whole, _ = source.totals()
        name = str(source.function.name)
        events.append({"ph": "M", "pid": 1, "tid": row, "name": "thread_name", "args": {"name": name}})
        records = [r for r in source.records() if r.calls]
        spans = [r.seconds / r.calls * 1e6 for r in records]
        longest = max(sum(spans), whole / calls * 1e6 if calls else 0.0)
        events.append({"ph": "X", "pid": 1, "tid": row, "ts": 0.0, "dur": longest, "name": name, "cat": "call",
                       "args": {"calls": calls}})
        start = 0.0
        for span, record in zip(spans, records, strict=True):
            events += _spans(row, record, start, record.calls)
            start += span
    return {"traceEvents": events, "displayTimeUnit": "ns"}


def _spans(row, record, start, calls):
    """The events of a record, and of what it has inside; calls: of the instruction of the function that they are in."""
    what = {"what": str(record), "calls": record.calls, "bytes": record.nbytes, "line": record.line}
    found = [{"ph": "X", "pid": 1, "tid": row, "ts": start, "dur": record.seconds / calls * 1e6,
              "name": str(record.op), "cat": "C" if record.native else "Python", "args": what}]
    for part in (r for inside in record.inside for r in inside.records() if r.calls):
        found += _spans(row, part, start, calls)
        start += part.seconds / calls * 1e6
    return found


def write_trace(profile, path):
    """Write `chrome_trace` to the file ``path``."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(chrome_trace(profile)))

