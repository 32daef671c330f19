"""Compare random indices of every kind with NumPy: read, set, and added, multiplied, minimum and maximum where equal.

``python tools/fuzz_index.py --expressions 100000`` prints every disagreement with the seed that makes it again, and
ends with status 1 when there was one. Of every sixth index the gradients are compared too, with differences.
"""

import argparse
import pathlib
import sys
import time
import warnings

import theano

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "tensor"))
from random_indices import OPERATIONS, check  # noqa: E402

MODES = {"run": None, "compile": "FAST_COMPILE", "machine": theano.Mode("cvm", None), "python": theano.Mode("py", None)}
TOGETHER, GRADIENTS = 40, 8             # indices in one function


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expressions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--modes", default=",".join(MODES), help="of these every seed takes one")
    options = parser.parse_args()
    warnings.simplefilter("error")
    modes = options.modes.split(",")
    seed, done, wrong, start = options.seed, 0, 0, time.perf_counter()
    while done < options.expressions:
        try:
            found = check(seed, TOGETHER, MODES[modes[seed % len(modes)]], GRADIENTS)
        except Exception as error:
            found = [f"seed {seed}: {error!r} caused by {error.__cause__!r}"[:2000]]
        for what in found:
            print(what, flush=True)
        wrong += len(found)
        done += TOGETHER * len(OPERATIONS) + GRADIENTS
        seed += 1
        if seed % 50 == 0:
            print(f"{done} expressions, {wrong} disagreements, {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{done} expressions, {wrong} disagreements, {time.perf_counter() - start:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
