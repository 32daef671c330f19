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
    """Processes that start together on an empty cache; returns seconds, and what went wrong."""
    empty()
    logs = [os.path.join(ROOT, f"log{k}") for k in range(processes)]
    begin = time.perf_counter()
    pids = [start(functions, log) for log in logs]
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
    seconds = time.perf_counter() - begin
    wrong = complaints(logs) + [f"{name} is damaged" for name in damaged()]
    return seconds, wrong + ([f"{failed} processes failed"] if failed else [])


def killed(times, functions, rng, longest):
    """Kill processes at random moments; what is left must serve the next. Returns what went wrong."""
    empty()
    log, wrong = os.path.join(ROOT, "log"), []
    for k in range(times):
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
        if k % 20 == 19:
            say(f"{k + 1} processes killed, {len(wrong)} things wrong")
    if os.waitpid(start(functions, log), 0)[1]:
        wrong.append("the process after those killed failed")
    return wrong + complaints([log])


def say(text):
    print(text, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--processes", type=int, default=32, help="how many start together")
    parser.add_argument("--functions", type=int, default=50, help="how many each of them compiles")
    parser.add_argument("--rounds", type=int, default=3, help="how often they do")
    parser.add_argument("--kills", type=int, default=200, help="how many processes are killed")
    parser.add_argument("--seed", type=int, default=0, help="of the moments when they are killed")
    options = parser.parse_args()
    wrong, alone = [], 0
    for k in range(options.rounds):
        one, errors = crowd(1, options.functions)
        together, more = crowd(options.processes, options.functions)
        wrong += errors + more
        alone += one
        say(f"round {k + 1}: {options.functions} functions take one process {one:.2f} s, {options.processes} processes "
            f"{together:.2f} s ({together / one:.1f} times); {len(wrong)} things wrong")
    if options.kills:                       # moments within the time that some functions take
        longest = 4 * alone / (options.rounds * options.functions)
        wrong += killed(options.kills, options.functions, random.Random(options.seed), longest)
    shutil.rmtree(ROOT, ignore_errors=True)
    say(f"{options.rounds} rounds, {options.kills} processes killed, {len(wrong)} things wrong")
    for text in wrong:
        say(text)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
