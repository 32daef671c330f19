"""Functions that run on the loops built with this package, as they do where there is no C compiler."""

import inspect
import threading

import numpy as np
import pytest

import theano
import theano.tensor as tt
from theano.codegen import build
from theano.runtime import native


@pytest.fixture(autouse=True)
def no_compiler():
    """Machines without one."""
    with theano.config.change_flags(mode="Mode", linker="cvm", cxx=""):
        yield


@pytest.fixture
def compiled():
    """The same function with a compiler: gcc or whatever there is."""
    def make(inputs, outputs):
        name = build._find(None, None)[0]
        with theano.config.change_flags(cxx=name):
            return theano.function(inputs, outputs)
    return make


def kinds(f):
    """What the instructions of a function are."""
    assert f.fn.loops is native.loop_set() and f.fn.library is None
    return [code[0] for code in f.fn.program.code]


def test_results_are_those_of_compiled_functions(compiled, rng):
    x, m, k = tt.dvector("x"), tt.fmatrix("m"), tt.lvector("k")
    outputs = [tt.exp(-x**2) * tt.sin(x), tt.nnet.softmax(m), tt.switch(k > 2, k // 3, -k % 5), (m - m.mean()).std(),
               tt.cast(x, "float32") + m.sum(axis=1), (m - m.mean(axis=1, keepdims=True)) * 2, m * tt.exp(m[:, :1]),
               tt.nnet.sigmoid(m).max(axis=0), tt.log1p(abs(x)) > 0.5]
    ours, theirs = theano.function([x, m, k], outputs), compiled([x, m, k], outputs)
    assert theirs.fn.library is not None and "loop" in kinds(ours) and "python" not in kinds(ours)
    for n, width in ((1, 7), (17, 300), (1000, 16), (40, 2100), (5000, 3)):
        arguments = rng.normal(size=n), rng.normal(size=(n, width)).astype("float32"), rng.randint(-9, 9, n)
        for a, b in zip(ours(*arguments), theirs(*arguments), strict=True):
            assert a.dtype == b.dtype
            tolerance = 16 * np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_what_has_no_loop_runs_in_numpy():
    x, z = tt.bvector("x"), tt.zvector("z")
    f = theano.function([x, z], [x * 3 + 1, tt.exp(z), z.sum(), tt.inc_subtensor(x[1:], 2),
                                 tt.exp(tt.cast(x, "float64"))])
    assert {"python", "loop"} <= set(kinds(f))
    a, c = np.arange(5, dtype="int8"), np.arange(5) + 1j
    first, second, third, fourth, fifth = f(a, c)
    np.testing.assert_array_equal(first, a * 3 + 1)
    np.testing.assert_allclose(second, np.exp(c))
    assert third == c.sum() and first.dtype == fourth.dtype == "int8"
    np.testing.assert_array_equal(fourth, [0, 3, 4, 5, 6])
    np.testing.assert_allclose(fifth, np.exp(a * 1.0))


def test_complex_numbers_are_copied_and_made():
    x, z = tt.dvector("x"), tt.zvector("z")
    f = theano.function([x, z], [tt.join(0, z, tt.cast(x, "complex128")), tt.alloc(z[0], 3), z[::-1].copy()])
    for got, wanted in zip(f([1, 2], [3j, 4]), [[3j, 4, 1, 2], [3j] * 3, [4, 3j]], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_failure_names_the_line_and_changes_nothing():
    x = tt.dvector("x")
    w = theano.shared(np.arange(3.0))
    line = inspect.currentframe().f_lineno + 1
    total = w * 2 + x
    f = theano.function([x], total, updates=[(w, w + x)])
    assert "loop" in kinds(f)
    with pytest.raises(ValueError, match=f"line {line}"):
        f(np.ones(4))
    np.testing.assert_array_equal(w.get_value(), np.arange(3.0))
    np.testing.assert_array_equal(f(np.ones(3)), [1, 3, 5])
    np.testing.assert_array_equal(w.get_value(), [1, 2, 3])


def test_a_guard_that_fails_asks_the_general_graph(rng):
    a, b = tt.dmatrices("ab")
    f = theano.function([a, b], [tt.exp(a) + b, (a * b).sum(axis=0)])
    assert "guard" in kinds(f)
    for shape in ((3, 2), (1, 2), (3, 1)):
        x, y = rng.normal(size=(3, 2)), rng.normal(size=shape)
        first, second = f(x, y)
        np.testing.assert_allclose(first, np.exp(x) + y)
        np.testing.assert_allclose(second, (x * y).sum(axis=0))
    with pytest.raises(ValueError, match="shape|mis-?match"):
        f(np.ones((3, 2)), np.ones((4, 2)))


def test_updates_in_place():
    w = theano.shared(np.arange(2000.0))
    v = theano.shared(np.ones(2000))
    f = theano.function([], [], updates=[(w, w + v), (v, v * 2 - w)])
    a, b = np.arange(2000.0), np.ones(2000)
    for _ in range(3):
        f()
        a, b = a + b, b * 2 - a
    np.testing.assert_array_equal(w.get_value(), a)
    np.testing.assert_array_equal(v.get_value(), b)


def test_threads_do_not_change_results(rng):
    x = tt.dmatrix("x")
    f = theano.function([x], [tt.exp(x).sum(), tt.nnet.softmax(x), tt.tanh(x).sum(axis=0)])
    value = rng.normal(size=(2000, 500))
    alone = f(value)
    theano.set_num_threads(3)
    try:
        found = {}
        workers = [threading.Thread(target=lambda k=k: found.update({k: f(value)})) for k in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        theano.set_num_threads(1)
    for results in found.values():
        for a, b in zip(results, alone, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)
    assert len(found) == 3


def test_programs_are_kept():
    x = tt.dvector("x")
    first, second = (theano.function([x], tt.exp(x) + 0.123456) for _ in range(2))
    assert second.fn.cached and kinds(second) == kinds(first)
    np.testing.assert_array_equal(first([1.0]), second([1.0]))


@pytest.mark.parametrize("n", [0, 1, 7, 2000])
def test_chains_of_a_thousand_ops(n):
    x = tt.dvector("x")
    y = x
    for k in range(1000):
        y = y * 0.5 + k % 3
    f = theano.function([x], y)
    value = np.linspace(0, 1, n)
    wanted = value
    for k in range(1000):
        wanted = wanted * 0.5 + k % 3
    np.testing.assert_allclose(f(value), wanted)


def test_mode_fast_compile_calls_no_compiler(monkeypatch):
    monkeypatch.setattr(build, "compile_library", None)
    x = tt.dvector("x")
    with theano.config.change_flags(cxx="gcc"):
        f = theano.function([x], tt.exp(x) * 2 + 0.25, mode="FAST_COMPILE")
    assert "loop" in kinds(f)
    np.testing.assert_allclose(f([0.0, 1.0]), np.exp([0.0, 1.0]) * 2 + 0.25)
    assert not any("Composite" in str(node.op) for node in f.maker.fgraph.toposort())
