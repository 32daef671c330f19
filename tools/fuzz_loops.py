"""Compare random loops, rewritten and compiled, with the same loops as written, run step by step in Python.

``python tools/fuzz_loops.py --loops 10000`` prints every disagreement with the seed that makes it again, and ends with
status 1 when there was one.
"""

import argparse
import pathlib
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "inner"))
from random_loops import disagreements  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loops", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to stop")
    parser.add_argument("--width", type=int, default=2000, help="how much is printed of a disagreement")
    parser.add_argument("--checkpoints", action="store_true", help="some loops have them")
    parser.add_argument("--handed", action="store_true", help="some steps hand values on as they are")
    parser.add_argument("--modes", default="FAST_RUN,FAST_COMPILE")
    options = parser.parse_args()
    warnings.simplefilter("error")      # rewriting without end gives one
    wrong, done, start = 0, 0, time.perf_counter()
    for seed in range(options.seed, options.seed + options.loops):
        if time.perf_counter() - start > options.seconds:
            break
        try:
            found = disagreements(seed, options.modes.split(","), options.checkpoints, options.handed)
        except Exception as error:
            found = [("error", repr(error)[:2000])]
        for what in found[:1]:
            print(f"seed {seed}: {str(what)[:options.width]}", flush=True)
        wrong, done = wrong + len(found), done + 1
        if done % 100 == 0:
            print(f"{done} loops, {wrong} disagreements, {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{done} loops, {wrong} disagreements, {time.perf_counter() - start:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
