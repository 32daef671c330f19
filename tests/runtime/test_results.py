"""The memory of results: it begins on a line of the cache, and is NumPy's own in all that users do with it."""

import gc
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import theano
import theano.tensor as tt

LARGE = [300, 4096, 70_001, 600_000]            # 2.4 KB to 4.8 MB of doubles


@pytest.fixture(scope="module")
def negated():
    x = tt.dvector()
    return theano.function([x], -x)


@pytest.mark.parametrize("n", LARGE)
def test_results_begin_on_a_line_of_the_cache_and_own_their_memory(negated, n):
    results = [negated(np.arange(float(n))) for _ in range(3)]
    for y in results:
        assert y.ctypes.data % 64 == 0
        assert y.flags.owndata and y.flags.writeable and y.flags.c_contiguous and y.base is None
        np.testing.assert_array_equal(y, -np.arange(float(n)))
    assert len({y.ctypes.data for y in results}) == 3


@pytest.mark.parametrize("n", LARGE)
@pytest.mark.parametrize("after", [1, 10, 200, 5000, 900_000])
def test_results_can_be_resized(negated, n, after):
    y = negated(np.arange(float(n)))
    y.resize(after, refcheck=False)
    wanted = -np.arange(float(n))
    wanted.resize(after, refcheck=False)
    np.testing.assert_array_equal(y, wanted)


def test_results_are_copied_pickled_and_sorted_as_any(negated):
    y = negated(np.arange(5000.0))
    for other in (y.copy(), pickle.loads(pickle.dumps(y)), pickle.loads(pickle.dumps(y, protocol=5))):
        np.testing.assert_array_equal(other, y)
    part = y[10:20]
    y.sort()
    del y
    gc.collect()
    np.testing.assert_array_equal(part, np.arange(-4989.0, -4979.0))


def test_tracemalloc_counts_results(negated):
    first = negated(np.ones(100_000))           # held, or else the next call writes to its memory
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [negated(np.ones(100_000)) for _ in range(4)]
        held = tracemalloc.get_traced_memory()[0] - before
        kept.clear()
        left = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 3_200_000 <= held < 3_300_000
    assert left < 900_000 and first[0] == -1, "a function keeps its last result, to write to it again"


def test_results_are_freed_by_other_threads(negated):
    def work(seed):
        x = np.random.default_rng(seed).standard_normal(20_000)
        return [negated(x) for _ in range(20)], x

    with ThreadPoolExecutor(4) as pool:
        for results, x in pool.map(work, range(8)):
            assert all(np.array_equal(y, -x) for y in results)


def test_results_outlive_their_function():
    x = tt.dvector()
    f = theano.function([x], x * 2)
    y = f(np.arange(3000.0))
    del f
    gc.collect()
    y += 1
    y.resize(6000, refcheck=False)
    np.testing.assert_array_equal(y[:3000], 2 * np.arange(3000.0) + 1)
