import os
import subprocess
import sys

import numpy as np
import pytest
from theano.compile.ops import as_op

import theano
import theano.tensor as T
from theano.inner.scan.checkpoint import shrinking

xs, h0, W, n = T.dmatrix("xs"), T.dvector("h0"), T.dmatrix("W"), T.lscalar("n")
EVERY = ["sqrt", 1, 3, 100]
RNG = np.random.RandomState(4)
H, WEIGHTS = RNG.randn(4), RNG.randn(4, 4) / 2


def cost(*rows):
    """Depends on all rows, and on the last ones once more."""
    return sum((r * T.arange(1, r.shape[0] + 1, dtype="float64").dimshuffle(0, *["x"] * (r.ndim - 1))).sum()
               + (r[-1] ** 2).sum() for r in rows)


def compared(build, inputs, values, every):
    """With and without checkpoints the outputs and gradients are the same."""
    fs = []
    for checkpoint in (None, every):
        rows = build(checkpoint)
        wrt = [x for x in inputs if x.type.dtype == "float64"]
        fs.append(theano.function(inputs, [*rows, *T.grad(cost(*rows), wrt)]))
    for given in values:
        for x, y in zip(fs[0](*given), fs[1](*given), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("every", EVERY)
def test_any_number_of_steps_and_several_outputs(every):
    def build(checkpoint):
        return theano.scan(lambda x, h, W: [T.tanh(x + T.dot(h, W)), (h * x).sum()], xs, [h0, None], W,
                           checkpoint=checkpoint)[0]
    compared(build, [xs, h0, W], [(RNG.randn(m, 4), H, WEIGHTS) for m in (1, 2, 3, 9, 10, 16, 23)], every)


def test_all_small_numbers_of_steps():
    def build(checkpoint):
        return theano.scan(lambda x, h: [T.tanh(x + h), T.exp(-h), (x * h).sum()], xs, [h0, None, None],
                           checkpoint=checkpoint)[0]
    for every in ("sqrt", 4):
        compared(build, [xs, h0], [(RNG.randn(m, 4), H) for m in range(1, 41)], every)


@pytest.mark.parametrize("kept", [1.0, 1.5, 2.0, 4.0, 20.0])
def test_shrinking_chunks_cover_all_steps_in_little_memory(kept):
    bounds = theano.function([n], shrinking(n, kept))
    for m in [*range(200), 1000, 12345, 10 ** 6]:
        found = bounds(m)
        lengths = np.diff(found)
        assert found[0] == 0 and found[-1] == m and (lengths > 0).all()
        values = np.arange(len(lengths)) + kept * lengths                   # in memory while a chunk goes backwards
        assert m == 0 or values.max() < 1.04 * (2 * kept * m) ** 0.5 + 2 * kept
        if m >= 1000 * kept:
            assert 3 * lengths[-1] < lengths[0] == lengths.max()


@pytest.mark.parametrize("every", EVERY)
def test_taps_of_sequences_and_outputs(every):
    def build(checkpoint):
        return [theano.scan(lambda a, b, p, q: T.sin(a * b + p) * q, dict(input=xs, taps=[-1, 1]),
                            dict(initial=W, taps=[-3, -1]), checkpoint=checkpoint)[0]]
    compared(build, [xs, W], [(RNG.randn(m, 4), WEIGHTS) for m in (3, 4, 11)], every)


@pytest.mark.parametrize("every", EVERY)
def test_loops_that_stop_by_themselves(every):
    def build(checkpoint):
        return [theano.scan(lambda h: (h * 1.5, theano.scan_module.until(h.sum() > 50)), None, h0, n_steps=40,
                            checkpoint=checkpoint)[0]]
    compared(build, [h0], [(np.full(4, c),) for c in (0.1, 1.0, 10.0)], every)


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_backwards_and_by_a_symbolic_number(every):
    step = T.iscalar("step")
    rows = [theano.scan(lambda x, h: h * 0.5 + x, xs, h0, n_steps=n, go_backwards=True, checkpoint=c)[0]
            for c in (None, step if every == 3 else every)]
    fs = [theano.function([xs, h0, n, step], [r, T.grad(cost(r), xs)], on_unused_input="ignore") for r in rows]
    x = RNG.randn(9, 4)
    for m in (1, 5, 9):
        for a, b in zip(fs[0](x, H, m, 3), fs[1](x, H, m, 3), strict=True):
            np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("every", ["sqrt", 4])
def test_random_streams_give_the_same_numbers(every):
    made = []
    for checkpoint in (None, every):
        rng = T.shared_randomstreams.RandomStreams(7)
        (rows, more), updates = theano.scan(lambda h, rng=rng: [h * rng.uniform((4,)), rng.normal((2,))], None,
                                            [h0, None], n_steps=n, checkpoint=checkpoint)
        slope = T.grad((rows[-1] ** 2).sum() + rows.sum(), h0)
        made.append(theano.function([h0, n], [rows, more, slope], updates=updates))
    for m in (10, 10, 1, 8, 16):
        for a, b in zip(made[0](H, m), made[1](H, m), strict=True):
            np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_rows_whose_extents_only_a_step_tells(every):
    twice = as_op([T.dvector], [T.dvector])(lambda x: np.concatenate([x, x]))
    rows = [theano.scan(lambda x, h: [T.tanh(h + x), twice(h * x)], xs, [h0, None], checkpoint=c)[0]
            for c in (None, every)]
    fs = [theano.function([xs, h0], [h, y, T.grad(h.sum(), h0)]) for h, y in rows]
    for m in (0, 1, 7):
        x = RNG.randn(m, 4)
        for a, b in zip(fs[0](x, H), fs[1](x, H), strict=True):
            np.testing.assert_allclose(a, b)


def test_shared_variables_have_their_last_value():
    total = theano.shared(np.zeros(4))
    rows, updates = theano.scan(lambda x, h: (h + x, {total: total + x}), xs, h0, checkpoint=4)
    theano.function([xs, h0], rows, updates=updates)(np.ones((11, 4)), H)
    np.testing.assert_allclose(total.get_value(), np.full(4, 11.0))


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_second_derivatives_and_forward_mode(every):
    rows = [theano.scan(lambda h: T.sin(h * h0 + 1), None, h0, n_steps=7, checkpoint=c)[0] for c in (None, every)]
    fs = []
    for r in rows:
        g = T.grad((r[-1] ** 2).sum(), h0)
        fs.append(theano.function([h0], [T.grad((g ** 2).sum(), h0), T.Rop(r, h0, T.ones_like(h0))]))
    for a, b in zip(fs[0](H), fs[1](H), strict=True):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("m", [1, 9, 10, 11, 20])
def test_scan_checkpoints_gives_the_row_after_every_chunk(m):
    def step(x, h):
        return h * 0.5 + x, h.sum()

    whole, _ = theano.scan(step, xs, [h0, None])
    ends, _ = theano.scan_checkpoints(step, xs, [h0, None], save_every_N=10)
    f = theano.function([xs, h0], [*whole, *ends, *(T.grad((r[0][-1] ** 2).sum(), xs) for r in (whole, ends))])
    a, b, c, d, g, e = f(RNG.randn(m, 4), H)
    places = [*range(9, m, 10), *([m - 1] if m % 10 else [])]
    np.testing.assert_allclose(c, a[places])
    np.testing.assert_allclose(d, b[places])
    np.testing.assert_allclose(g, e)


BAD = [
    (lambda: theano.scan_checkpoints(lambda a: a, [], dict(initial=W, taps=[-2]), n_steps=3), RuntimeError,
     "no taps but -1"),
    (lambda: theano.scan(lambda h: h, None, h0, n_steps=3, checkpoint="root"), ValueError,
     "'sqrt' or None, got 'root'"),
    (lambda: theano.scan(lambda h: h, None, h0, n_steps=3, checkpoint=2.5), TypeError, "integer number of steps"),
    (lambda: theano.scan(lambda h: h, None, h0, n_steps=3, checkpoint=2, truncate_gradient=2), ValueError, "exclude"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD)
def test_what_does_not_fit_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_no_steps_at_all(every):
    rows, _ = theano.scan(lambda x, h: T.tanh(h + x), xs[:n], h0, checkpoint=every)
    carry, _ = theano.loop(lambda h, x: (T.tanh(h + x), None), h0, xs[:n], checkpoint=every)
    f = theano.function([xs, h0, n], [rows, carry, *T.grad((rows ** 2).sum() + (carry ** 2).sum(), [xs, h0])])
    found = f(np.ones((4, 4)), H, 0)
    for x, y in zip(found, [np.zeros((0, 4)), H, np.zeros((4, 4)), 2 * H], strict=True):
        np.testing.assert_allclose(x, y)


@pytest.mark.parametrize("every", ["sqrt", 3])
@pytest.mark.parametrize("draws", [False, True])
def test_no_steps_leave_no_last_row(every, draws):
    """The initial value is no row, for gradients neither."""
    rng = T.shared_randomstreams.RandomStreams(7)
    rows, updates = theano.scan(lambda h: T.tanh(h) + (rng.uniform((4,)) if draws else 1), None, h0, n_steps=n,
                                checkpoint=every)
    for result in (rows[-1], rows[-1, 2], T.grad(rows[-1].sum(), h0)):
        f = theano.function([h0, n], result, updates=updates)
        assert f(H, 1).shape == f(H, 6).shape == result.type.ndim * (4,)
        with pytest.raises(IndexError, match="index -1 is out of bounds"):
            f(H, 0)
    slope = theano.function([h0, n], T.grad(rows.sum(), h0), updates=updates, mode=theano.Mode("py", None))
    np.testing.assert_array_equal(slope(H, 0), np.zeros(4))


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_negative_numbers_of_steps_are_refused(every):
    ends, _ = theano.scan_checkpoints(lambda h: h * 2, [], h0, n_steps=n, save_every_N=3)
    carry, _ = theano.loop(lambda h: (h * 2, None), h0, n_steps=n, checkpoint=every)
    for result in (ends, carry):
        f = theano.function([h0, n], result)
        for steps in (-1, -2, -3, -7):
            with pytest.raises(ValueError, match="cannot run -1 steps|negative dimensions"):
                f(H, steps)


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_states_without_elements(every):
    rows, _ = theano.scan(lambda h, W: T.tanh(T.dot(h, W)), None, h0, W, n_steps=n, checkpoint=every)
    f = theano.function([h0, W, n], [rows, *T.grad(rows[-1].sum(), [h0, W])])
    for x, shape in zip(f(np.ones(0), np.ones((0, 0)), 9), [(9, 0), (0,), (0, 0)], strict=True):
        assert x.shape == shape


@pytest.mark.parametrize("every", ["sqrt", 3])
def test_loops_of_structures(every):
    def build(checkpoint):
        def step(s, x):
            h = T.tanh(T.dot(s["h"], W) + x)
            return {"h": h, "total": s["total"] + h.sum()}, h * x
        carry, ys = theano.loop(step, {"h": h0, "total": T.constant(0.0)}, xs, checkpoint=checkpoint)
        return [ys, T.shape_padleft(carry["h"]), T.shape_padleft(carry["total"])]
    compared(build, [xs, h0, W], [(RNG.randn(m, 4), H, WEIGHTS) for m in (1, 4, 7)], every)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [0, 1, 3, 5, 20])
def test_products_of_few_rows_are_added_up(dtype, rows):
    """Gradients by weights are sums over steps, of one row each or of several; they are added some steps at a time."""
    start, w = (T.matrix if rows else T.vector)(dtype=dtype), T.matrix(dtype=dtype)
    fs = []
    for checkpoint in (None, 7):
        out, _ = theano.scan(lambda h, w: T.tanh(T.dot(T.tanh(T.dot(h, w)), w)), None, start, w, n_steps=30,
                             checkpoint=checkpoint)
        fs.append(theano.function([start, w], T.grad((out[-1] ** 2).sum() + out.sum(), [start, w])))
    given = RNG.randn(*([rows] if rows else []), 4).astype(dtype), (WEIGHTS * 1.2).astype(dtype)
    tolerance = 1e-4 if dtype == "float32" else 1e-10
    for a, b in zip(fs[0](*given), fs[1](*given), strict=True):
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance)


RESIDENT = """
import sys
import numpy as np, theano, theano.tensor as T
def resident(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name)) * 1024
def peak(f, *given):
    open("/proc/self/clear_refs", "w").write("5")
    before = resident("VmRSS")
    result = f(*given)
    return resident("VmHWM") - before
"""
GRADIENT = """
m, n = {m}, T.lscalar()
h0, w = T.dvectors("h0", "w")
rows, _ = theano.scan(lambda h, w: T.tanh(h * w) + h, None, h0, w, n_steps=n, checkpoint={every!r})
f = theano.function([h0, w, n], [T.grad({cost}, w), *{more}])
at = np.full(m, 0.1), np.full(m, 0.01)
f(*at, {steps})
peaks = [peak(f, *at, k) for k in (16, {steps})]
print((peaks[1] - peaks[0]) / (8 * m))
"""
GATED = """
n, start = T.lscalar(), T.dmatrix()
weights = [theano.shared(np.random.RandomState(k).randn(64, 64) / 8) for k in range(3)]
def step(h, *w):
    z, r = T.nnet.sigmoid(T.dot(h, w[0])), T.nnet.sigmoid(T.dot(h, w[1]))
    return z * h + (1 - z) * T.tanh(T.dot(r * h, w[2]))
rows, _ = theano.scan(step, None, start, weights, n_steps=n, checkpoint="sqrt")
f = theano.function([start, n], T.grad(T.sqr(rows[-1]).sum(), weights))
at, most = np.ones((16, 64)), []
for k in (16, 10000):
    f(at, k)
    peak(f, at, k)
    most.append(resident("VmHWM"))
print((most[1] - most[0]) / at.nbytes)
"""
STOPPING = """
from theano.scan_module import until
x = T.dvector("x")
rows, _ = theano.scan(lambda h: (h * 1.01, until(h.max() > 2)), None, x, n_steps=10 ** 6)
f = theano.function([x], rows[-1])
f(np.full(4, 2.0))
x0 = np.ones(2 ** 19)
print(peak(f, x0))
"""


def printed(code):
    """The number that a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", RESIDENT + code], check=True, capture_output=True, text=True)
    return float(done.stdout)


@pytest.mark.parametrize("more", ["[]", "[rows[-1]]"])
def test_a_gradient_keeps_a_few_roots_of_the_number_of_states(more):
    """Two values are read of every step, so that the least is sqrt(2 * 2 * n); in every call, not only the first."""
    kept = [printed(GRADIENT.format(m=16384, every=every, steps=2500, cost="rows[-1].sum()", more=more))
            for every in ("sqrt", None)]
    assert kept[0] < 2.3 * 2500 ** 0.5 < 2500 < kept[1]


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="a sanitizer keeps what is freed for a while")
def test_the_gradient_of_a_gated_unit_keeps_three_roots_of_its_states():
    assert printed(GATED) < 3 * 10000 ** 0.5


def test_a_gradient_of_all_rows_keeps_them_and_their_gradient():
    assert printed(GRADIENT.format(m=16384, every="sqrt", steps=400, cost="(rows ** 2).sum()", more="[]")) < 2.5 * 400


def test_a_loop_that_stops_needs_no_room_for_the_steps_it_might_make():
    """The last of at most a million states of 4 MB."""
    assert printed(STOPPING) < 20e6


@pytest.mark.parametrize("every", EVERY)
def test_steps_that_would_never_end_are_not_made_where_there_are_none(every):
    """The extents of rows, which only a step tells, are not asked of one that isn't made."""
    x, rows = T.dvector(), T.dmatrix()

    def step(carry, row):
        total = theano.loop(lambda v: (v + row.sum(), None), T.constant(0.), until=lambda v: v >= 5)[0]
        return carry + 1, T.arange(12.)[T.arange(12.) < T.switch(total >= 0, 2, 3)]

    f = theano.function([x, rows], theano.loop(step, x, xs=rows, checkpoint=every))
    last, found = f(np.ones(3), np.ones((4, 3)))
    np.testing.assert_allclose(last, np.full(3, 5.))
    np.testing.assert_allclose(found, [[0, 1]] * 4)
    last, found = f(np.ones(3), np.ones((0, 3)))
    np.testing.assert_allclose(last, np.ones(3))
    assert found.shape == (0, 2)
