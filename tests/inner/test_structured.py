from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import toposort
from theano.inner.scan.op import Scan

a, k, v, w, M, W = T.dscalar("a"), T.lscalar("k"), T.dvector("v"), T.dvector("w"), T.dmatrix("M"), T.dmatrix("W")
MATRIX, SQUARE = np.arange(12.0).reshape(4, 3) / 10, np.eye(3) * 0.5 + 0.1

# name: (by scan, by loop, arguments and values); both give a list of rows
TUTORIAL = {
    "power": (lambda: [theano.scan(lambda p, v: p * v, None, T.ones_like(v), v, n_steps=k)[0]],
              lambda: [theano.loop(lambda p: (p * v, p * v), T.ones_like(v), n_steps=k)[1]],
              [(v, [1.0, 2, 3]), (k, 4)]),
    "sums": (lambda: [theano.scan(lambda x, s: s + x, M, T.zeros_like(M[0]))[0]],
             lambda: [theano.loop(lambda s, x: (s + x, s + x), T.zeros_like(M[0]), M)[1]], [(M, MATRIX)]),
    "map": (lambda: [theano.scan(lambda x: T.tanh(x).sum(), M)[0]],
            lambda: [theano.loop(lambda c, x: (c, T.tanh(x).sum()), None, M)[1]], [(M, MATRIX)]),
    "polynomial": (lambda: [theano.scan(lambda c, i, a: c * a ** i, [v, T.arange(10000)], None, a)[0]],
                   lambda: [theano.loop(lambda _, x: (None, x[0] * a ** x[1]), None, (v, T.arange(10000)))[1]],
                   [(v, [1.0, 0, 2]), (a, 3.0)]),
    "rnn": (lambda: [theano.scan(lambda x, h, W: T.tanh(x + T.dot(h, W)), M, w, W)[0]],
            lambda: [theano.loop(lambda h, x: (lambda n: (n, n))(T.tanh(x + T.dot(h, W))), w, M)[1]],
            [(M, MATRIX), (w, np.ones(3)), (W, SQUARE)]),
    "two states": (lambda: theano.scan(lambda x, h, c: [T.tanh(x * c), c + h], M, [w, v])[0],
                   lambda: list(theano.loop(lambda s, x: (lambda n: (n, n))((T.tanh(x * s[1]), s[1] + s[0])), (w, v),
                                            M)[1]), [(M, MATRIX), (w, np.ones(3)), (v, np.zeros(3))]),
    "state and output": (lambda: theano.scan(lambda x, h: [h + x, (h * x).sum()], M, [w, None])[0],
                         lambda: list(theano.loop(lambda h, x: (lambda n: (n, (n, (h * x).sum())))(h + x), w, M)[1]),
                         [(M, MATRIX), (w, np.ones(3))]),
    "diagonal": (lambda: [theano.scan(lambda i, s: T.set_subtensor(s[i, i], v[i]), T.arange(v.shape[0]), W)[0][-1]],
                 lambda: [theano.loop(lambda s, i: (T.set_subtensor(s[i, i], v[i]), None), W, T.arange(v.shape[0]))[0]],
                 [(v, [1.0, 2, 3]), (W, SQUARE)]),
    "until": (lambda: [theano.scan(lambda p, a: (p * 2, theano.scan_module.until(p * 2 > a)), None,
                                   np.float64(1), a, n_steps=1024)[0]],
              lambda: [theano.loop(lambda p: (p * 2, p * 2), np.float64(1), n_steps=1024, until=lambda p: p > a)[1]],
              [(a, 45.0)]),
    "fibonacci": (lambda: theano.scan(lambda p, q: [q, p + q], None, [np.int64(0), np.int64(1)], n_steps=k)[0],
                  lambda: list(theano.loop(lambda s: (lambda n: (n, n))((s[1], s[0] + s[1])),
                                           (np.int64(0), np.int64(1)), n_steps=k)[1]), [(k, 10)]),
    "two sequences": (lambda: [theano.scan(lambda x, y, s: s + T.dot(x, y), [M, M[::-1]], np.float64(0))[0]],
                      lambda: [theano.loop(lambda s, x: (lambda n: (n, n))(s + T.dot(x["x"], x["y"])), np.float64(0),
                                           {"x": M, "y": M[::-1]})[1]], [(M, MATRIX)]),
    "jacobian": (lambda: [theano.scan(lambda i: T.grad((v ** 2 * w)[i], v), T.arange(v.shape[0]))[0]],
                 lambda: [theano.loop(lambda _, i: (None, T.grad((v ** 2 * w)[i], v)), None, T.arange(v.shape[0]))[1]],
                 [(v, [1.0, 2, 3]), (w, [3.0, 2, 1])]),
}


@pytest.mark.parametrize("name", TUTORIAL)
def test_loops_of_the_tutorial_are_the_same_graph_in_both_forms(name):
    by_scan, by_loop, given = TUTORIAL[name]
    both = [by_scan(), by_loop()]
    nodes = [next(n for n in toposort(outputs) if isinstance(n.op, Scan) and n.op.name is None) for outputs in both]
    assert nodes[0].op == nodes[1].op
    fs = [theano.function([x for x, _ in given], outputs, on_unused_input="ignore") for outputs in both]
    values = [value for _, value in given]
    for x, y in zip(fs[0](*values), fs[1](*values), strict=True):
        np.testing.assert_array_equal(x, y)
    kinds = [sorted(str(n.op) for n in f.maker.fgraph.toposort() if isinstance(n.op, Scan)) for f in fs]
    assert kinds[0] == kinds[1]


Cell = namedtuple("Cell", "h c")


@dataclass
class Weights:
    scale: object
    shift: object


def test_structures_come_back_as_they_were_given():
    def step(state, x):
        cell = Cell(T.tanh(state["cell"].h + x), state["cell"].c * 2)
        p = state["p"]
        return {"p": Weights(p.scale, p.shift + 1), "cell": cell, "n": state["n"] + 1}, [cell, {"sum": cell.h.sum()}]

    last, ys = theano.loop(step, {"cell": Cell(w, np.float64(1)), "p": Weights(a, np.float64(0)), "n": 0}, M)
    assert set(last) == {"cell", "p", "n"} and isinstance(last["cell"], Cell) and isinstance(last["p"], Weights)
    f = theano.function([w, a, M], [last["cell"].h, last["cell"].c, last["p"].scale, last["p"].shift, last["n"],
                                    ys[0].h, ys[1]["sum"]])
    h, c, scale, shift, n, rows, sums = f(np.zeros(3), 7.0, MATRIX)
    assert (c, scale, shift, n) == (16, 7, 4, 4)
    want = np.zeros(3)
    for t in range(4):
        want = np.tanh(want + MATRIX[t])
        np.testing.assert_allclose(rows[t], want)
    np.testing.assert_allclose(h, want)
    np.testing.assert_allclose(sums, rows.sum(axis=1))


def test_truth_values_are_carried():
    def step(state, x):
        done, total = state
        return (done | T.gt(x, 2), total + T.switch(done, 0, x)), done

    (done, total), ys = theano.loop(step, (False, 0.0), v)
    done, total, before = theano.function([v], [done, total, ys])([1.0, 3.0, 1.0])
    assert done.dtype == before.dtype == bool and done and total == 4
    assert before.tolist() == [False, False, True]


def test_no_steps_give_back_the_start():
    last, ys = theano.loop(lambda h: (h * 2, h), v, n_steps=k)
    f = theano.function([v, k], [last, ys])
    got, rows = f([1.0, 2], 0)
    np.testing.assert_array_equal(got, [1, 2])
    assert rows.shape == (0, 2)


def newton(tolerance=1e-13, checkpoint=None):
    def step(s):
        x, _ = s
        new = x - (x ** 3 - a * x - 1) / (3 * x ** 2 - a)
        return (new, abs(new - x)), None

    last, _ = theano.loop(step, (a + 1, np.float64(1)), until=lambda s: s[1] < tolerance, checkpoint=checkpoint)
    return last[0]


MODES = [None, "FAST_COMPILE", theano.Mode("py", None)]


@pytest.mark.parametrize(("mode", "checkpoint"), [*((mode, None) for mode in MODES), (None, "sqrt"), (None, 2)],
                         ids=str)
def test_newtons_iteration_has_the_gradient_of_the_implicit_function(mode, checkpoint):
    """x solves x**3 - a x - 1 = 0, so that dx/da = x / (3 x**2 - a)."""
    x = newton(checkpoint=checkpoint)
    f = theano.function([a], [x, T.grad(x, a)], mode=mode)
    for value in (0.5, 2.0, 5.0):
        root, slope = f(value)
        assert abs(root ** 3 - value * root - 1) < 1e-9
        assert abs(slope - root / (3 * root ** 2 - value)) < 1e-6


def test_forward_mode_and_second_derivatives_of_an_unbounded_loop():
    x = newton()
    g = T.grad(x, a)
    f = theano.function([a], [g, T.Rop(x, a, T.ones_like(a)), T.grad(g, a)])
    first, along, second = f(2.0)
    assert abs(first - along) < 1e-9
    slopes = theano.function([a], g)
    assert abs(second - (slopes(2 + 1e-5) - slopes(2 - 1e-5)) / 2e-5) < 1e-4


def test_an_unbounded_loop_has_rows():
    last, ys = theano.loop(lambda x: (x / 2, {"x": x, "square": x * x}), a, until=lambda x: x < 1)
    f = theano.function([a], [last, ys["x"], ys["square"], T.grad(ys["square"].sum(), a)])
    x, rows, squares, g = f(5.0)
    assert x == 0.625
    np.testing.assert_allclose(rows, [5, 2.5, 1.25])
    np.testing.assert_allclose(squares, rows ** 2)
    np.testing.assert_allclose(g, 2 * (rows ** 2).sum() / 5)


def test_without_gradient_an_unbounded_loop_is_one_loop_that_keeps_nothing():
    f = theano.function([a], newton())
    loops = [n.op for n in f.maker.fgraph.toposort() if isinstance(n.op, Scan)]
    assert len(loops) == 1 and not loops[0].taps and not loops[0].stacks and loops[0].until


def test_random_streams_go_on_from_call_to_call():
    rng = T.shared_randomstreams.RandomStreams(5)
    last, ys = theano.loop(lambda h: (h + 1, rng.uniform((2,))), 0, n_steps=3)
    f = theano.function([], ys)
    first, second = f(), f()
    assert first.shape == (3, 2) and len(np.unique([first, second])) == 12


@pytest.mark.parametrize("checkpoint", ["sqrt", 3])
def test_loops_with_checkpoints(checkpoint):
    def step(h, x):
        return T.tanh(h + x), h.sum()

    made = [theano.loop(step, w, M, checkpoint=c) for c in (None, checkpoint)]
    fs = [theano.function([w, M], [h, ys, *T.grad((h ** 2).sum() + ys.sum(), [w, M])]) for h, ys in made]
    for x, y in zip(fs[0](np.ones(3), MATRIX), fs[1](np.ones(3), MATRIX), strict=True):
        np.testing.assert_allclose(x, y)
    x, _ = theano.loop(lambda x: (x / 2 + 1 / x, None), a, n_steps=7, checkpoint=checkpoint)
    assert abs(theano.function([a], x)(2.0) - 2 ** 0.5) < 1e-9


BAD = [
    (lambda: theano.loop(lambda h: h, v, n_steps=3), TypeError, "must return the pair"),
    (lambda: theano.loop(lambda h: (h, None), v), ValueError, "doesn't know when to stop"),
    (lambda: theano.loop(lambda h: ((h, h), None), v, n_steps=3), TypeError, "the carry is a value before a step"),
    (lambda: theano.loop(lambda h: (h.sum(), None), v, n_steps=3), TypeError, "1 dimensions in its initial value"),
    (lambda: theano.loop(lambda h: (h, None), v, n_steps=3, until=lambda h: h > 1), TypeError, "scalar condition"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD)
def test_what_does_not_fit_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_loops_that_zeros_would_keep_going_are_not_run_for_the_shape_of_no_rows(mode):
    def step(x, h):
        (s, _), _ = theano.loop(lambda c: ((c[0] * 2 + x, c[1] + 1), None), (h, 0), until=lambda c: c[0].sum() > 4)
        doubled = theano.loop(lambda s: (s * 2, s), x, until=lambda s: s.sum() > 4)[1]
        return T.tanh(s), doubled.sum(axis=0), doubled[:2]

    rows, _ = theano.scan(step, M, [v, None, None])
    g = T.grad((rows[0] ** 2).sum() + rows[1].sum(), [M, v])
    f = theano.function([M, v], [*rows, *T.grad(sum((x * x).sum() for x in g), [M, v])], mode=mode)
    assert [len(x) for x in f(np.ones((2, 3)), np.ones(3))] == [2, 2, 2, 2, 3]
    assert [x.shape[0] for x in f(np.ones((0, 3)), np.ones(3))] == [0, 0, 0, 0, 3]
