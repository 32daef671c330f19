"""Functions that nobody needs any more leave nothing behind; calls keep nothing; new shapes compile nothing."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.codegen import build


def resident():
    """Bytes of memory this process uses."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def trainer(k):
    """A function with shared variables, a gradient and updates; one of few sources, so that most are cached."""
    x = tt.dmatrix("x")
    w = theano.shared(np.zeros(4), name="w")
    cost = tt.sqr(tt.tanh(tt.dot(x, w) * (k % 3 + 1)) - 1).mean()
    return theano.function([x], cost, updates=[(w, w - 0.1 * theano.grad(cost, w))]), w


def test_functions_that_nobody_needs_are_gone():
    f, w = trainer(0)
    f(np.ones((3, 4)))
    assert f.maker.fgraph.apply_nodes   # also with the graph that is shown
    gone = [weakref.ref(thing) for thing in (f, f.maker, w, f.fn, f.maker.fgraph)]
    del f, w
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)


def test_functions_that_failed_are_gone():
    f, w = trainer(0)
    for value in (np.ones((3, 5)), np.ones(3), None):
        with pytest.raises((ValueError, TypeError)):
            f(value)
    gone = [weakref.ref(thing) for thing in (f, f.maker, w)]
    del f, w
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)


def test_compiling_in_a_loop_does_not_grow():
    """``python -m benchmarks.memory`` makes thousands."""
    value = np.ones((300, 4))

    def make(times):
        for k in range(times):
            trainer(k)[0](value)
            if k % 20 == 19:
                gc.collect()        # how long garbage waits is no matter of this test
        return resident()

    before, loaded = make(20), libraries()
    assert make(200) - before < 4 << 20
    assert libraries() <= loaded + 2


def libraries():
    """How many libraries of ours are loaded."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        return sum("memfd:theano" in line and " r-xp " in line for line in file)


def test_dropped_variables_and_graphs_are_gone():
    x = tt.dvector("x")
    y = tt.exp(x) + x
    g = theano.grad(y.sum(), x)
    gone = [weakref.ref(v) for v in (x, y, g, y.owner)]
    del x, y, g
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)


@pytest.mark.parametrize("linker, calls", [("cvm", 20_000), ("py", 500)])
def test_calls_keep_nothing(linker, calls):
    x, k = tt.dmatrix("x"), tt.lvector("k")
    w = theano.shared(np.zeros((3, 4)))
    f = theano.function([x, k], [tt.exp(x).sum(), x[k], tt.nnet.softmax(x), tt.dot(x, x.T)], updates=[(w, w + x)],
                        mode=theano.Mode(linker, "fast_run"))
    value, index = np.ones((3, 4)), np.array([0, 1])
    for _ in range(50):
        f(value, index)
    gc.collect()
    tracemalloc.start()
    try:
        f(value, index)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(calls):
            f(value, index)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < (4000 if linker == "cvm" else 10_000)


def test_failing_calls_keep_nothing():
    x, y = tt.dmatrix("x"), tt.dvector("y")
    f = theano.function([x, y], tt.exp(x) + y)
    def fail():
        for wrong in ((np.ones((3, 4)), np.ones(3)), (np.ones(3), np.ones(4)), (None, np.ones(4))):
            with pytest.raises((ValueError, TypeError)):
                f(*wrong)
    for _ in range(5):
        fail()
    gc.collect()
    tracemalloc.start()
    try:
        fail()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(20):
            fail()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 60 * 250         # an array, a frame or a node would be more; NumPy's own errors leave some 100 bytes


def test_a_thousand_shapes_compile_once(monkeypatch, rng):
    compiled = []
    monkeypatch.setattr(build, "compile_library", lambda source, original=build.compile_library:
                        (compiled.append(source), original(source))[1])
    monkeypatch.setattr("theano.compile.native._key", lambda *more: None)
    monkeypatch.setattr("theano.codegen.cache.Cache.read", lambda self, key: None)
    x, y = tt.dmatrix("x"), tt.dvector("y")
    with theano.config.change_flags(mode="Mode", linker="cvm"):
        f = theano.function([x, y], [tt.exp(x) + y, x.sum(axis=0), tt.dot(x, y), x[1:, ::2], tt.nnet.softmax(x)])
    for _ in range(1000):
        a = rng.normal(size=rng.randint(0, 12, size=2) + (0, 1))
        b = rng.normal(size=a.shape[1])
        first, second, third, fourth, fifth = f(a, b)
        np.testing.assert_allclose(first, np.exp(a) + b)
        np.testing.assert_allclose(second, a.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(third, a @ b, atol=1e-12)
        np.testing.assert_array_equal(fourth, a[1:, ::2])
        np.testing.assert_allclose(fifth.sum(axis=1), 1)
    assert len(compiled) == (build.compiler() is not None)
