"""One system in one process: reads names of benchmarks, writes a JSON row for each.

``python -m benchmarks.worker SYSTEM``; the parent sets threads and folders in the environment.
"""

import json
import os
import resource
import statistics
import sys
import time
import warnings

import numpy as np

from benchmarks.cases import CASES, Recurrence
from benchmarks.systems import SYSTEMS

BATCHES, LEAST = 7, 0.015       # so many batches of at least so many seconds


def prepare(system, case):
    """The function to call again and again."""
    rng = np.random.RandomState(0)
    data = case.inputs(rng)
    if isinstance(case.expression, Recurrence):
        return system.recur(case.expression, data[0])
    if case.parameters is None:
        return system.evaluate(case.expression, data, case.trusted)
    parameters = case.parameters(rng)
    if case.rate is None:
        return system.gradient(case.expression, parameters, data)
    return system.descend(case.expression, parameters, data, case.rate)


def per_call(call):
    """Median over batches of the microseconds that one call takes."""
    call()
    start = time.perf_counter()
    call()
    once = max(time.perf_counter() - start, 1e-7)
    count = max(1, int(LEAST / once))
    times = []
    for _ in range(BATCHES):
        start = time.perf_counter()
        for _ in range(count):
            call()
        times.append((time.perf_counter() - start) / count)
    return 1e6 * statistics.median(times)


def megabytes():
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def current():
    """The memory that this process has now, in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def grown(system, case, count=500, first=100):
    """MB by which the process grows while it makes, calls and drops functions, after the ``first``."""
    data = case.inputs(np.random.RandomState(0))
    for k in range(count):
        if k == first:
            before = current()
        system.evaluate(case.expression.format(number=k + 0.5), data, False)()
    return current() - before


def measure(system, case, kept):
    """A row of results for one benchmark; ``kept`` holds the functions made so far."""
    if case.fresh == "growth":
        return {"value": grown(system, case), "unit": "MB"}
    start = time.perf_counter()
    known = case.name in kept
    if not known:
        kept.clear()                                    # one function at a time: large arrays go
        kept[case.name] = prepare(system, case)
    call = kept[case.name]
    before = megabytes()
    result = call()
    first = time.perf_counter() - start
    row = {"check": float(np.sum(np.asarray(result, dtype="float64")))}
    if case.fresh == "peak":
        return {**row, "value": megabytes() - before, "unit": "MB"}
    if case.fresh:
        return {**row, "value": first, "unit": "s"}
    return {**row, "value": per_call(call), "unit": "us", **({} if known else {"first_s": first})}


def main():
    """Serve until the standard input ends."""
    warnings.simplefilter("ignore")
    name = sys.argv[1]
    rows = {case.name: case for case in CASES}
    system, kept = SYSTEMS[name](), {}
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        case = rows[line.strip()]
        try:
            row = measure(system, case, kept)
        except Exception as error:                      # a system that can't do it has no figure
            kept.clear()
            row = {"error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps({"benchmark": case.name, "system": name, **row}), flush=True)


if __name__ == "__main__":
    main()
