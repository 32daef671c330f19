"""Threads: their number can change at any time and changes no result; functions may be called from many at once."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import theano
import theano.tensor as tt

ROWS = 3001, 1801           # enough elements for loops to be shared out


@pytest.fixture
def threads():
    """`theano.set_num_threads`; one thread again after the test."""
    before = theano.get_num_threads()
    yield theano.set_num_threads
    theano.set_num_threads(before)


def test_the_number_of_threads(threads):
    for n in (1, 3, np.int64(2), 1):
        threads(n)
        assert theano.get_num_threads() == n
    for wrong, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError), (None, TypeError)):
        with pytest.raises(error):
            threads(wrong)
    assert theano.get_num_threads() == 1


@pytest.mark.parametrize("flags, omp, expected", [
    ("", None, "1"), ("", "3", "3"), ("", "2,4", "2"), ("", "x", "1"), ("", "0", "1"),
    ("num_threads=5", "3", "5"), ("openmp=True", None, str(len(os.sched_getaffinity(0)))), ("openmp=True", "4", "4"),
    ("openmp=False", "4", "4"), ("cxx=", "3", "3")])
def test_where_the_number_comes_from(flags, omp, expected):
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | {"THEANO_FLAGS": flags}
    if omp is not None:
        environment["OMP_NUM_THREADS"] = omp
    done = subprocess.run([sys.executable, "-c", "import theano; print(theano.get_num_threads())"], check=True,
                          capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == expected


def test_results_do_not_depend_on_the_number_of_threads(threads, rng):
    x, y = tt.dmatrix("x"), tt.dmatrix("y")
    value = tt.exp(x * y) + tt.tanh(x)
    outputs = [value, value.sum(), value.sum(0), value.sum(1), (x + y).max(0), x.prod(1), x.mean(), x.var(axis=0),
               tt.exp(x - x.max(1, keepdims=True)).sum(1), x[::2].sum(), x.T.sum(0), (x * y)[:, ::3].sum(),
               tt.argmax(x, axis=1), tt.sqr(x - x.mean()).sum()]
    f = theano.function([x, y], outputs)
    a, b = rng.normal(size=(2, *ROWS))
    expected = f(a, b)
    np.testing.assert_allclose(expected[1], (np.exp(a * b) + np.tanh(a)).sum(), rtol=1e-12)
    for n in (2, 3, 5, 40):
        threads(n)
        for k, (one, many) in enumerate(zip(expected, f(a, b), strict=True)):
            assert one.tobytes() == many.tobytes(), (n, k)


def test_loops_use_the_threads(threads):
    """In a process of its own, as the pool keeps its threads."""
    program = f"""
import os, numpy as np, theano, theano.tensor as tt
theano.runtime.native._openblas_libraries = lambda: ()      # they have threads of their own
x = tt.dmatrix()
f = theano.function([x], tt.exp(x))
value = np.ones({ROWS})
before = len(os.listdir("/proc/self/task"))
f(value)
print(len(os.listdir("/proc/self/task")) - before)
theano.set_num_threads(4)
f(value)
print(len(os.listdir("/proc/self/task")) - before)
if os.fork() == 0:
    f(value)
    print(len(os.listdir("/proc/self/task")), flush=True)
    os._exit(0)
os.wait()
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "THEANO_FLAGS": "base_compiledir="}
    done = subprocess.run([sys.executable, "-u", "-W", "ignore", "-c", program], check=True, capture_output=True,
                          text=True, env=environment)     # -u: the child must not write its parent's lines
    assert done.stdout.split() == ["0", "3", "4"]


def test_blas_follows(threads):
    names = ("scipy_openblas_get_num_threads64_", "scipy_openblas_get_num_threads", "openblas_get_num_threads")
    libraries = list(theano.runtime.native._openblas_libraries())
    ask = [getattr(library, name) for library in libraries for name in names if hasattr(library, name)]
    for n in (2, 1):
        threads(n)
        assert [get() for get in ask] == [n] * len(ask)


# -- calls from many Python threads ---------------------------------------------------------------------------


def at_once(work, count=8):
    """Run ``work(number)`` in threads that start together; raises what they raise."""
    errors, ready = [], threading.Barrier(count)

    def run(number):
        try:
            ready.wait()
            work(number)
        except BaseException as error:
            errors.append(error)
    pool = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.parametrize("size, calls", [(3, 2000), (50_000, 20), (300_000, 4)])
@pytest.mark.parametrize("n", [1, 2])
def test_one_function_called_by_eight_threads(threads, n, size, calls):
    threads(n)
    x, k = tt.dvector("x"), tt.dscalar("k")
    f = theano.function([x, k], [tt.exp(x * 0.5) * k + x[::-1], (x * k).sum(), tt.dot(x, x) + k])
    def work(number):
        value = np.linspace(0, number, size)
        first, second = np.exp(value * 0.5) * number + value[::-1], (value * number).sum()
        third = value @ value + number
        for _ in range(calls):
            a, b, c = f(value, number)
            np.testing.assert_allclose(a, first, rtol=1e-12)
            np.testing.assert_allclose([b, c], [second, third], rtol=1e-9)
    at_once(work)


def test_updates_of_shared_variables_are_not_lost():
    """A function with updates runs in one thread at a time."""
    count, total = theano.shared(0), theano.shared(np.zeros(100_000))
    step = tt.dscalar("step")
    f = theano.function([step], count, updates=[(count, count + 1), (total, total + step)])
    seen = []
    at_once(lambda number: [seen.append(int(f(0.5))) for _ in range(100)])
    assert sorted(seen) == list(range(800))
    assert count.get_value() == 800
    np.testing.assert_array_equal(total.get_value(), np.full(100_000, 400.0))


def test_python_ops_and_errors_in_many_threads():
    x, k = tt.dmatrix("x"), tt.lvector("k")
    f = theano.function([x, k], [tt.nnet.softmax(x), x[k, k], x[k[0]]])
    def work(number):
        value, index = np.eye(8) * number, np.array([number, 0])
        for call in range(200):
            if call % 10 == number:
                with pytest.raises(IndexError):
                    f(value, [8 + number, 0])
                continue
            soft, picked, row = f(value, index)
            np.testing.assert_allclose(soft.sum(1), 1)
            np.testing.assert_array_equal(picked, [number, number])
            np.testing.assert_array_equal(row, value[number])
    at_once(work)


def test_functions_made_by_eight_threads():
    def work(number):
        for k in range(3):
            x = tt.dvector("x")
            f = theano.function([x], tt.exp(x * (k + 3)) + number)
            np.testing.assert_allclose(f([0.5]), np.exp(0.5 * (k + 3)) + number)
    at_once(work)
