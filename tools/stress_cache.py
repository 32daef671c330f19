"""Many processes on one empty cache, and processes killed at any moment: ``python tools/stress_cache.py --help``.

Prints what it did and what was wrong; ends with status 1 when something was.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

ROOT = tempfile.mkdtemp(prefix="theano-stress-")
os.environ["THEANO_FLAGS"] = f"{os.environ.get('THEANO_FLAGS', '')},base_compiledir={ROOT}"

import numpy as np  # noqa: E402

import theano  # noqa: E402
import theano.tensor as tt  # noqa: E402
from theano.codegen import cache  # noqa: E402


def work(count):
    """Compile ``count`` functions and check what they compute."""
    value = np.linspace(0.1, 1, 1000)
    for k in range(count):
        x, y = tt.dvectors("x", "y")
        function = theano.function([x, y], [tt.exp(x * (k + 0.5)) + y, (x * y).sum() * k])
        first, second = function(value, value)
        np.testing.assert_allclose(first, np.exp(value * (k + 0.5)) + value)
        np.testing.assert_allclose(second, (value * value).sum() * k)


def start(count, log):
    """A process group that does `work`; what it says goes to the file ``log``."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        with open(log, "wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        work(count)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def empty():
    """Take everything out of the cache."""
    shutil.rmtree(os.path.join(ROOT, "v2"), ignore_errors=True)


def damaged():
    """Entries that can't be read."""
    folder = os.path.join(ROOT, "v2")
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with open(os.path.join(folder, name), "rb") as file:
            if name.endswith(".so") and cache.unpack(file.read()) is None:
                found.append(name)
    return found


def complaints(logs):
    """What the processes said."""
    found = []
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            found += filter(None, [file.read().strip()])
    return found


def crowd(processes, functions):
    """Processes that start together on an empty cache; returns what went wrong."""
    empty()
    logs = [os.path.join(ROOT, f"log{k}") for k in range(processes)]
    pids = [start(functions, log) for log in logs]
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
    wrong = complaints(logs) + [f"{name} is damaged" for name in damaged()]
    return wrong + ([f"{failed} processes failed"] if failed else [])


def killed(times, functions, rng, longest):
    """Kill processes at random moments; what is left must serve the next. Returns what went wrong."""
    empty()
    log, wrong = os.path.join(ROOT, "log"), []
    for _ in range(times):
        pid = start(functions, log)
        time.sleep(rng.uniform(0, longest))
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        wrong += complaints([log]) + [f"{name} is damaged" for name in damaged()]
        if rng.random() < 0.2:
            empty()
    if os.waitpid(start(functions, log), 0)[1]:
        wrong.append("the process after those killed failed")
    return wrong + complaints([log])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--functions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong = []
    begin = time.perf_counter()
    for _ in range(options.rounds):
        wrong += crowd(1, options.functions)
    alone, begin = time.perf_counter() - begin, time.perf_counter()
    for _ in range(options.rounds):
        wrong += crowd(options.processes, options.functions)
    together = time.perf_counter() - begin
    wrong += killed(options.kills, options.functions, random.Random(options.seed), alone / options.rounds)
    shutil.rmtree(ROOT, ignore_errors=True)
    print(f"{options.rounds} rounds of {options.functions} functions: one process {alone:.2f} s, {options.processes} "
          f"processes {together:.2f} s; {options.kills} processes killed; {len(wrong)} things wrong")
    for text in wrong:
        print(text)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
