"""Run benchmarks in several systems, interleaved, and print a table of medians and ratios.

Every system has a process of its own; for each benchmark, and in each round, all systems measure in turn, so that
whatever else the machine does meets them alike.
"""

import argparse
import fnmatch
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile

from benchmarks.cases import CASES, FAMILIES
from benchmarks.report import heading, line_of
from benchmarks.systems import installed

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
                    "NUMBA_NUM_THREADS")
FOLDERS = {"theano": "THEANO_FLAGS", "pytensor": "PYTENSOR_FLAGS"}


class Worker:
    """A process that measures in one system; started when first needed."""

    def __init__(self, system, threads, timeout, folder):
        self.system, self.threads, self.timeout, self.folder = system, threads, timeout, folder
        self.process = None

    def environment(self):
        """Threads and folders."""
        env = {**os.environ, **{name: str(self.threads) for name in THREAD_VARIABLES}}
        if self.threads == 1:
            env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        if self.system in FOLDERS:
            env[FOLDERS[self.system]] = f"base_compiledir={self.folder}"
        return env

    def start(self):
        """Start the process, on one CPU where one thread is measured."""
        self.process = subprocess.Popen([sys.executable, "-m", "benchmarks.worker", self.system], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        env=self.environment())
        if self.threads == 1 and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.process.pid, {max(os.sched_getaffinity(0))})
        return self.answer()

    def ask(self, name):
        """The row of one benchmark; one with "error" when there is none."""
        if self.process is None and "error" in (row := self.start()):
            return row
        self.process.stdin.write(name + "\n")
        return self.answer()

    def answer(self):
        """The next line of the process."""
        ready, _, _ = select.select([self.process.stdout], [], [], self.timeout)
        line = self.process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        self.stop()
        return {"error": "no answer in time" if not ready else "the process died"}

    def stop(self):
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None


def rows_of(case, workers, rounds):
    """One row a system: the median over the rounds."""
    found = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            if case.systems and name not in case.systems:
                continue
            if found[name] and "error" in found[name][-1]:
                continue
            found[name].append(worker.ask(case.name))
    return [combined(case, name, rows) for name, rows in found.items() if rows]


def fresh_rows(case, workers, rounds):
    """The same for benchmarks that need a process of their own for each figure."""
    found = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            if case.systems and name not in case.systems:
                continue
            with tempfile.TemporaryDirectory() as folder:
                for last in ((False, True) if case.fresh == "warm" else (True,)):
                    alone = Worker(name, worker.threads, worker.timeout, folder)
                    row = alone.ask(case.name)
                    alone.stop()
                    if last:
                        found[name].append(row)
    return [combined(case, name, rows) for name, rows in found.items() if rows]


def combined(case, name, rows):
    """One row from those of several rounds."""
    good = [row for row in rows if "value" in row]
    if not good:
        return {"benchmark": case.name, "family": case.family, "system": name, "error": rows[-1]["error"]}
    return {**good[0], "benchmark": case.name, "family": case.family, "system": name,
            "value": statistics.median(row["value"] for row in good), "rounds": len(good)}


def chosen(options):
    """The benchmarks that the command line selects."""
    for case in CASES:
        named = any(fnmatch.fnmatch(case.name, pattern) for pattern in options.only)
        if (case.family in options.family or not options.family) and (named or not options.only):
            yield case


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--family", action="append", default=[], choices=FAMILIES, help="only this family (repeatable)")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="only names like 'gemm_*'")
    parser.add_argument("--system", action="append", default=[], choices=installed(), help="only this system")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one figure")
    parser.add_argument("--out", metavar="FILE", help="append one JSON row per benchmark and system")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    return parser.parse_args()


def main():
    """Measure and print."""
    options = parse()
    cases = list(chosen(options))
    if options.list:
        print("\n".join(f"{case.family:12s} {case.name}" for case in cases))
        return
    names = options.system or installed()
    with tempfile.TemporaryDirectory() as folder:
        workers = {name: Worker(name, options.threads, options.timeout, folder) for name in names}
        print(heading(names))
        try:
            for case in cases:
                rows = (fresh_rows if case.fresh else rows_of)(case, workers, options.rounds)
                print(line_of(case.name, rows, names), flush=True)
                if options.out:
                    with open(options.out, "a", encoding="utf-8") as file:
                        file.writelines(json.dumps({**row, "threads": options.threads}) + "\n" for row in rows)
        finally:
            for worker in workers.values():
                worker.stop()


if __name__ == "__main__":
    main()
