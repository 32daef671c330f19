"""Compare random graphs, rewritten and compiled, with the same graphs as written, run by NumPy.

``python tools/fuzz_graphs.py --graphs 100000`` prints every disagreement with the seed that makes it again, and ends
with status 1 when there was one.
"""

import argparse
import pathlib
import sys
import time
import warnings

import numpy as np

import theano.tensor as tt

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "rewrite"))
from random_graphs import arguments, disagreements, grow  # noqa: E402

TOGETHER = 8                    # calls of grow in one function; each gives three graphs


def one(seed, modes):
    """Disagreements of the graphs that a seed makes, every fourth time of gradients; how many graphs there were."""
    rng = np.random.RandomState(seed)
    inputs, values = arguments(rng, ("float64", "float32")[seed % 2])
    graphs = [g for _ in range(TOGETHER) for g in grow(rng, inputs, 10)]
    if seed % 4 == 0:
        wrt = [v for v in inputs if v.dtype == inputs[0].dtype]
        graphs = [g for cost in graphs[::3] for g in tt.grad(cost.sum(), wrt, disconnected_inputs="ignore")]
    return disagreements(graphs, inputs, values, modes), len(graphs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--modes", default="FAST_RUN,FAST_COMPILE")
    options = parser.parse_args()
    warnings.simplefilter("error")      # rewriting without end gives one
    seed, done, wrong, start = options.seed, 0, 0, time.perf_counter()
    while done < options.graphs:
        try:
            found, count = one(seed, options.modes.split(","))
        except Exception as error:
            found, count = [("error", repr(error)[:2000])], TOGETHER
        for what in found:
            print(f"seed {seed}: {what}", flush=True)
        wrong += len(found)
        done += count
        seed += 1
        if seed % 100 == 0:
            print(f"{done} graphs, {wrong} disagreements, {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{done} graphs, {wrong} disagreements, {time.perf_counter() - start:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
