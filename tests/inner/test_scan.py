"""Loops against the same loops in NumPy."""

import operator
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from theano.scan_module import until
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.compile.mode import Mode
from theano.errors import AsTensorError, DisconnectedInputError, MissingInputError
from theano.graph.walk import connection_pattern, toposort
from theano.inner.graph import InnerGraph
from theano.inner.scan.op import Scan

MODES = ["FAST_RUN", "FAST_COMPILE", Mode("py", None)]


@pytest.fixture
def rng():
    return np.random.RandomState(11)


def scans(f):
    """The loops in the graph that a function runs."""
    return [node for node in f.maker.fgraph.toposort() if isinstance(node.op, Scan)]


def node_of(variable):
    """The loop that ``variable`` is computed from."""
    return next(n for n in reversed(toposort([variable])) if isinstance(n.op, Scan))


# -- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_running_sum(rng, mode):
    x = T.dmatrix("x")
    total, updates = theano.scan(lambda row, before: before + row, x, T.zeros_like(x[0]))
    f = theano.function([x], [total, total.shape], mode=mode)
    assert not updates
    for n in (5, 1, 0):
        at = rng.rand(n, 3) if n else np.ones((1, 3))
        found, shape = f(at)
        np.testing.assert_allclose(found, at.cumsum(0))
        assert tuple(shape) == at.shape


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("taps", "needed"), [([-2], 2), ([-1, -3], 3)])
@pytest.mark.parametrize("checkpoint", [None, 2])
def test_fewer_initial_rows_than_taps_reach_back_are_refused(mode, taps, needed, checkpoint):
    x = T.dmatrix("x")
    rows, _ = theano.scan(lambda *before: sum(before) * 2, outputs_info={"initial": x, "taps": taps}, n_steps=3,
                          checkpoint=checkpoint)
    f = theano.function([x], [rows, T.grad(rows.sum(), x)], mode=mode)
    for count in range(needed):
        with pytest.raises(ValueError, match=rf"\({count}, 2\).*\({needed}, 2\)"):
            f(np.ones((count, 2)))
    for count in (needed, needed + 1):
        at = np.arange(2.0 * count).reshape(count, 2)
        expected = list(at[:needed])
        for _ in range(3):
            expected.append(2 * sum(expected[len(expected) + tap] for tap in taps))
        found, gradient = f(at)
        np.testing.assert_allclose(found, expected[needed:])
        assert gradient.shape == at.shape and not gradient[needed:].any()


def test_one_initial_row_for_more_taps_is_refused_when_the_loop_is_written():
    with pytest.raises(ValueError, match="a row for each of 2 steps, but has one"):
        theano.scan(lambda before: before * 2, outputs_info={"initial": T.ones((1, 3)), "taps": [-2]}, n_steps=3)


@pytest.mark.parametrize("mode", MODES)
def test_power(rng, mode):
    k, a = T.iscalar("k"), T.dvector("a")
    result, updates = theano.scan(lambda before, a: before * a, outputs_info=T.ones_like(a), non_sequences=a,
                                  n_steps=k)
    f = theano.function([a, k], result[-1], updates=updates, mode=mode)
    at = rng.rand(4)
    for n in (1, 2, 7):
        np.testing.assert_allclose(f(at, n), at ** n)
    with pytest.raises(IndexError):
        f(at, 0)


def test_polynomial(rng):
    c, x = T.dvector("c"), T.dscalar("x")
    terms, _ = theano.scan(lambda c, power, x: c * x ** power, [c, T.arange(1000)], non_sequences=x)
    f = theano.function([c, x], terms.sum())
    at = rng.rand(6)
    np.testing.assert_allclose(f(at, 0.7), np.polyval(at[::-1], 0.7))


@pytest.mark.parametrize("taps", [[-2, -1], [-1, -2], [-3, -1], [-2]])
def test_taps_of_outputs(taps):
    start = T.lvector()
    values, _ = theano.scan(lambda *earlier: earlier[0] + 2 * earlier[-1], n_steps=6,
                            outputs_info=dict(initial=start, taps=taps))
    expected = [0, 1, 2]
    for _ in range(6):
        expected.append(expected[taps[0]] + 2 * expected[taps[-1]])
    assert values.eval({start: expected[3 + min(taps):3]}).tolist() == expected[3:]


@pytest.mark.parametrize("taps", [[0], [-1, 0, 1], [-2], [2], [1, -1]])
@pytest.mark.parametrize("backwards", [False, True])
def test_taps_of_sequences(rng, taps, backwards):
    x, y = T.dvector("x"), T.dvector("y")
    f = theano.function([x, y], theano.scan(
        lambda *rows: sum((k + 1) * row for k, row in enumerate(rows)), [dict(input=x, taps=taps), y],
        go_backwards=backwards)[0])
    at, other = rng.rand(7), rng.rand(9)
    low, high = min(0, *taps), max(0, *taps)
    steps = range(-low, 7 - high)
    order = reversed(steps) if backwards else steps
    others = other[::-1] if backwards else other
    expected = [sum((k + 1) * at[t + tap] for k, tap in enumerate(taps)) + (len(taps) + 1) * others[j]
                for j, t in enumerate(order)]
    np.testing.assert_allclose(f(at, other), expected)


def test_several_outputs_of_all_kinds(rng):
    x, h0, w = T.dmatrix(), T.dvector(), T.dmatrix()
    (h, n, squares), _ = theano.scan(
        lambda row, h, n, w: [T.tanh(T.dot(h, w) + row), n + 1, row ** 2], x, [h0, np.int64(5), None], w)
    f = theano.function([x, h0, w], [h, n, squares])
    rows, at, weights = rng.rand(4, 3), rng.rand(3), rng.rand(3, 3)
    expected = []
    for row in rows:
        expected.append(np.tanh((expected[-1] if expected else at) @ weights + row))
    for found, right in zip(f(rows, at, weights), (expected, [6, 7, 8, 9], rows ** 2), strict=True):
        np.testing.assert_allclose(found, right)


@pytest.mark.parametrize("mode", MODES)
def test_no_steps(mode):
    x, n = T.dmatrix(), T.iscalar()
    (total, rows), _ = theano.scan(lambda row, before: (before + row, T.concatenate([row, row])), x,
                                   [T.zeros_like(x[0]), None], n_steps=n)
    found = theano.function([x, n], [total, rows, total.sum(0), rows.sum(0)], mode=mode)(np.ones((2, 3)), 0)
    assert [v.shape for v in found] == [(0, 3), (0, 6), (3,), (6,)]
    assert not found[2].any() and not found[3].any()


def test_until(rng):
    x, limit = T.dvector(), T.dscalar()
    (total, double), _ = theano.scan(
        lambda row, before: ([before + row, 2 * row], until(before + row > limit)), x, [np.float64(0), None])
    f = theano.function([x, limit], [total, double, total.shape[0], T.grad(total.sum(), x)])
    at = np.ones(10)
    for limit_at, steps in ((2.5, 3), (100, 10), (-1, 1)):
        found, doubles, length, gradient = f(at, limit_at)
        assert found.tolist() == list(range(1, steps + 1)) and len(doubles) == steps == length
        assert gradient.tolist() == [*range(steps, 0, -1), *[0] * (10 - steps)]


def test_a_loop_in_a_loop(rng):
    x, k = T.dmatrix(), T.iscalar()

    def power(row):
        return theano.scan(lambda before, row: before * row, outputs_info=T.ones_like(row), non_sequences=row,
                           n_steps=k)[0][-1]

    powers, _ = theano.scan(power, x)
    f = theano.function([x, k], [powers, T.grad(powers.sum(), x)])
    at = rng.rand(3, 2)
    found, gradient = f(at, 4)
    np.testing.assert_allclose(found, at ** 4)
    np.testing.assert_allclose(gradient, 4 * at ** 3)


def test_jacobian_of_a_loop(rng):
    x, w = T.dvector(), T.dmatrix()
    y, _ = theano.scan(lambda i, x, w: (w[i, :x.shape[0]] * x).sum(), T.arange(w.shape[0]), non_sequences=[x, w])
    at, weights = rng.rand(3), rng.rand(4, 5)
    np.testing.assert_allclose(T.jacobian(y, x).eval({x: at, w: weights}), weights[:, :3])
    rows, _ = theano.scan(lambda i, y, x: T.grad(y[i], x), T.arange(y.shape[0]), non_sequences=[y, x])
    np.testing.assert_allclose(rows.eval({x: at, w: weights}), weights[:, :3])


def test_short_forms(rng):
    x = T.dvector()
    at = rng.rand(5)
    np.testing.assert_allclose(theano.map(lambda a: a ** 2, x)[0].eval({x: at}), at ** 2)
    for form, start in ((theano.reduce, 0), (theano.foldl, 0), (theano.foldr, 0)):
        assert np.isclose(form(lambda a, total: total / 2 + a, x, np.float64(start))[0].eval({x: at}),
                          sum(v / 2.0 ** k for k, v in enumerate(at if form is theano.foldr else at[::-1])))


def test_what_is_returned():
    x = T.dvector()
    one, _ = theano.scan(lambda a: a, x, return_list=True)
    assert isinstance(one, list) and len(one) == 1
    assert not isinstance(theano.scan(lambda a: [a], x)[0], list)
    assert len(theano.scan(lambda a: (a, a), x)[0]) == 2
    counter = theano.shared(0)
    for answer in ({counter: counter + 1}, [(counter, counter + 1)], ([], {counter: counter + 1})):
        outputs, updates = theano.scan(lambda answer=answer: answer, n_steps=3)
        assert outputs in (None, []) and list(updates) == [counter]
    (a, b), updates = theano.scan(lambda: ([T.zeros(()), T.ones(())], {counter: counter + 1}, until(counter > 3)),
                                  n_steps=30)
    assert len(a.eval()) == 5


def test_fewer_rows_than_steps():
    x, n = T.dvector(), T.iscalar()
    f = theano.function([x, n], theano.scan(lambda a: a, x, n_steps=n)[0])
    assert f([1., 2., 3.], 2).tolist() == [1, 2]
    with pytest.raises(ValueError, match="was to run 4 steps, but its sequence .* has only 3 rows"):
        f([1., 2., 3.], 4)
    with pytest.raises(ValueError, match="-1 steps"):
        f([1., 2., 3.], -1)


def test_buffers_that_keep_the_last_rows(rng):
    x = T.dvector()
    op = node_of(theano.scan(lambda a, b, x: a + b * x, outputs_info=dict(initial=x, taps=[-2, -1]), n_steps=5,
                             non_sequences=rng.rand())[0]).op
    whole = np.concatenate([[1., 2.], np.zeros(5)])
    expected = op(5, whole).eval()
    assert len(expected) == 7 and expected[-1] > 0
    for rows in range(2, 8):
        np.testing.assert_allclose(op(5, whole[:rows]).eval(), expected[-rows:])
    for rows in (1, 8):
        with pytest.raises(ValueError, match="needs 2 initial rows for carry 0"):
            op(5, np.zeros(rows)).eval()


# -- shared variables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_updates_in_steps(mode):
    a, b = theano.shared(np.int64(1), "a"), theano.shared(np.float64(2), "b")
    values, updates = theano.scan(lambda: (a * 10, {a: a + 1, b: b * a}), n_steps=4)
    after = updates[a] + 1
    f = theano.function([], [values, after], updates=updates, mode=mode)
    assert [v.tolist() for v in f()] == [[10, 20, 30, 40], 6]
    assert a.get_value() == 5 and b.get_value() == 48
    assert theano.function([], [values], mode=mode)()[0].tolist() == [50, 60, 70, 80] and a.get_value() == 5


def test_default_updates_in_steps():
    a = theano.shared(np.int64(0))
    a.default_update = a + 2
    values, updates = theano.scan(lambda: a, n_steps=3)
    f = theano.function([], values, updates=updates)
    assert f().tolist() == [0, 2, 4] and f().tolist() == [6, 8, 10]


@pytest.mark.parametrize("streams", [RandomStreams, theano.sandbox.rng_mrg.MRG_RandomStreams])
@pytest.mark.parametrize("given", [True, False])
def test_random_streams(streams, given):
    stream = streams(3)
    x = T.dvector()
    values, updates = theano.scan(lambda a: stream.uniform(size=()) + 0 * a, x)
    f = theano.function([x], values, updates=updates if given else None)
    found = np.concatenate([f(np.ones(4)), f(np.ones(3))])
    assert len(set(found.tolist())) == 7 and 0 < found.min() and found.max() < 1


@pytest.mark.parametrize("streams", [RandomStreams, theano.sandbox.rng_mrg.MRG_RandomStreams])
def test_gradients_use_the_numbers_that_were_drawn(streams):
    stream = streams(3)
    w = T.dscalar()

    def step(h, w):
        number = stream.uniform(size=(), low=0.5, high=2.0)
        return w * h * number, number

    (values, drawn), updates = theano.scan(step, outputs_info=[np.float64(1), None], non_sequences=w, n_steps=3)
    f = theano.function([w], [drawn, values[-1], T.grad(values[-1], w)], updates=updates)
    for _ in range(2):
        numbers, last, gradient = f(2.0)
        np.testing.assert_allclose([last, gradient], [8 * numbers.prod(), 12 * numbers.prod()], rtol=1e-5)


def test_random_numbers_in_a_loop_in_a_loop():
    stream, w = RandomStreams(5), T.dscalar()

    def inner(g, w):
        number = stream.uniform(low=0.5, high=2.0)
        return g * w * number, number

    def outer(h, w):
        (g, numbers), _ = theano.scan(inner, outputs_info=[h, None], non_sequences=w, n_steps=2)
        return g[-1], numbers

    (h, numbers), updates = theano.scan(outer, outputs_info=[T.ones(()), None], non_sequences=w, n_steps=3)
    f = theano.function([w], [h[-1], T.grad(h[-1], w), numbers], updates=updates)
    seen = set()
    for _ in range(2):
        last, gradient, drawn = f(1.5)
        seen.update(drawn.ravel().tolist())
        np.testing.assert_allclose([last, gradient], [1.5 ** 6 * drawn.prod(), 6 * 1.5 ** 5 * drawn.prod()])
    assert len(seen) == 12


def test_replaced_shared_variables():
    w, v = theano.shared(np.ones(2), "w"), T.dvector()
    power, _ = theano.scan(lambda p: p * w, outputs_info=v, n_steps=2)
    assert theano.function([v], power, givens={w: w * 3})([1., 2.]).tolist() == [[3, 6], [9, 18]]
    assert theano.clone(power, replace={w: v}).eval({v: [1., 2.]}).tolist() == [[1, 4], [1, 8]]


def test_sparse_matrices(rng):
    m, x = theano.sparse.csr_matrix("m"), T.dmatrix()
    y, _ = theano.scan(lambda v, m: theano.sparse.dot(m, v), outputs_info=x, non_sequences=m, n_steps=3)
    matrix, at = rng.rand(3, 3) * (rng.rand(3, 3) < 0.7), rng.rand(3, 2)
    found, gradient = theano.function([x, m], [y[-1], T.grad(y[-1].sum(), x)])(at, csr_matrix(matrix))
    power = np.linalg.matrix_power(matrix, 3)
    np.testing.assert_allclose(found, power @ at)
    np.testing.assert_allclose(gradient, power.T @ np.ones((3, 2)))


def test_strict():
    w, x = theano.shared(np.ones(2), "w"), T.dvector()
    with pytest.raises(MissingInputError, match="w"):
        theano.scan(lambda a: a * w, outputs_info=x, n_steps=2, strict=True)
    theano.scan(lambda a, w: a * w, outputs_info=x, non_sequences=w, n_steps=2, strict=True)


def test_a_carry_that_no_step_reads():
    x, start = T.dvector(), T.dscalar()
    y, _ = theano.scan(lambda a, h: 2 * a, x, start)
    whole = y.owner.inputs[0]                           # programs look for the rows before the first step
    assert y.owner.op.idx_list[0].start is not None and whole.owner.op.__class__.__name__ == "Scan"
    f = theano.function([x, start], [y, whole])
    assert f([1.0, 2.0], 5.0)[0].tolist() == [2, 4] and f([1.0, 2.0], 5.0)[1].tolist() == [5, 2, 4]
    assert theano.function([x, start], y)([], 5.0).tolist() == []
    with pytest.raises(DisconnectedInputError):
        T.grad(y.sum(), start)


# -- derivatives ----------------------------------------------------------------------------------------


def rnn(u, h0, w, v):
    """A small recurrent network, and a cost."""
    h, _ = theano.scan(lambda u, h, w, v: T.tanh(T.dot(h, w) + T.dot(u, v)), u, h0, [w, v])
    return (h ** 2).sum() + h[-1].sum()


def test_gradients_of_a_recurrent_network(rng):
    at = [rng.rand(4, 2), rng.rand(3), rng.rand(3, 3) - 0.5, rng.rand(2, 3) - 0.5]
    theano.tensor.verify_grad(rnn, at, rng=rng)
    theano.tensor.verify_grad(
        lambda *x: sum((g ** 2).sum() for g in T.grad(rnn(*x), list(x))), at, rng=rng)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("step", [
    lambda k, h, w: T.tanh(w[k:, 0] * h[0]).sum() * h,
    lambda k, h, w: T.tanh(T.dot(T.dot(w[k:], h), T.tanh(w[k:]))),
    lambda k, h, w: T.nnet.sigmoid(T.concatenate([w[0, :k] * h[1], h[k:] + T.dot(w[k], h)])),
    lambda k, h, w: T.tanh(theano.scan(lambda row, h: h * row, w[:k + 1], h)[0]).sum(axis=0)],
    ids=["part of a vector", "products of parts", "parts put together", "steps of an inner loop"])
def test_gradients_where_extents_change_from_step_to_step(rng, mode, step):
    theano.gradient.verify_grad(lambda w, h: (theano.scan(step, T.arange(3), h, w)[0] ** 2).sum(),
                                [rng.rand(3, 3) - 0.5, rng.rand(3)], rng=rng, mode=mode)


def test_third_derivative():
    x = T.dscalar()
    y = theano.scan(lambda p, x: p * x, outputs_info=T.ones_like(x), non_sequences=x, n_steps=5)[0][-1]
    for factor, power in ((5, 4), (20, 3), (60, 2), (120, 1)):
        y = T.grad(y, x)
        np.testing.assert_allclose(y.eval({x: 1.5}), factor * 1.5 ** power)


@pytest.mark.parametrize("taps", [[-1], [-2], [-1, -3], [-3, -2, -1]])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_derivatives_with_taps(rng, taps, n):
    a, b, v = T.dmatrix(), T.dvector(), T.dmatrix()

    def step(*earlier):
        return (sum(earlier) + 1) ** 1.2, sum(earlier[:-1]) * earlier[-1]

    def unrolled():
        x, y = [a[k] for k in range(-min(taps))], b
        for _ in range(n):
            new, y = step(*(x[k] for k in taps), y)
            x.append(new)
        return T.stack(x[-min(taps):]), y

    def looped():
        initial = a if min(taps) < -1 else a[0]
        (x, y), _ = theano.scan(step, outputs_info=[dict(initial=initial, taps=taps), b], n_steps=n)
        return x, y[-1]

    results = []
    for x, y in (looped(), unrolled()):
        first = T.grad((x ** 2).sum() + y.sum(), [a, b])
        second = T.grad(sum((g ** 2).sum() for g in first), [a, b])
        forward = [T.Rop(z, a, v) for z in (x, y, *first)]
        results.append(theano.function([a, b, v], [x, y, *first, *second, *forward]))
    at = rng.rand(-min(taps), 2), rng.rand(2), rng.rand(-min(taps), 2)
    for found, expected in zip(*(f(*at) for f in results), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("k", [1, 3, 6, 9])
def test_truncated_gradients(rng, k):
    u, h0, w = T.dvector(), T.dscalar(), T.dscalar()
    h, _ = theano.scan(lambda u, h, w: w * h + u, u, h0, w, truncate_gradient=k)
    found = theano.function([u, h0, w], T.grad(h[-1], [u, h0, w]))(np.ones(6), 2., 0.5)
    steps, values = min(k, 6), [2.]
    for _ in range(6):
        values.append(0.5 * values[-1] + 1)
    np.testing.assert_allclose(found[0], [*[0] * (6 - steps), *(0.5 ** j for j in reversed(range(steps)))])
    np.testing.assert_allclose(found[1], 0.5 ** 6 if k >= 6 else 0)
    np.testing.assert_allclose(found[2], sum(0.5 ** j * values[5 - j] for j in range(steps)))


def test_gradients_through_updates_and_integers(rng):
    a, x = theano.shared(np.float64(3)), T.dscalar()
    _, updates = theano.scan(lambda x: {a: a * x}, non_sequences=x, n_steps=4)
    np.testing.assert_allclose(theano.function([x], T.grad(updates[a], [x, a]))(2.), [3 * 32, 16])
    n = T.lscalar()
    (_, y), _ = theano.scan(lambda n, y, x: (n + 1, y * n * x), outputs_info=[n, T.ones_like(x)], non_sequences=x,
                            n_steps=3)
    np.testing.assert_allclose(T.grad(y[-1], x).eval({x: 2., n: 1}), 6 * 12)


def test_directional_derivative(rng):
    u, h0, w, v = T.dmatrix(), T.dvector(), T.dmatrix(), T.dmatrix()
    args, directions = [u, h0, w, v], [x.clone() for x in (u, h0, w, v)]
    cost = rnn(*args)
    forward = T.Rop(cost, args, directions)
    reverse = sum((g * d).sum() for g, d in zip(T.grad(cost, args), directions, strict=True))
    f = theano.function(args + directions, [forward, reverse])
    at = [rng.rand(4, 2), rng.rand(3), rng.rand(3, 3), rng.rand(2, 3)]
    np.testing.assert_allclose(*f(*at, *(rng.rand(*x.shape) for x in at)))


def test_disconnected():
    x, y = T.dvector(), T.dvector()
    (a, b), _ = theano.scan(lambda x, y: (x ** 2, y), [x, y])
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(a.sum(), y)
    node = node_of(a)
    pattern = dict(zip(node.inputs[1:3], connection_pattern(node)[1:3], strict=True))
    assert sorted(pattern.values()) == [[False, True], [True, False]]


# -- types ----------------------------------------------------------------------------------------------


def test_types_that_do_not_fit_are_told_by_name():
    x = T.fvector("x")
    with pytest.raises(TypeError, match=r"output 1 \(x\) has 1 dimensions in its initial value, but 0 after"):
        theano.scan(lambda a: (a.sum(), a.sum()), outputs_info=[None, x], n_steps=2)
    grown = theano.scan(lambda a: T.concatenate([a, a]), outputs_info=x, n_steps=2)[0]
    with pytest.raises(ValueError, match=r"carry 0 \(x\[t-1\]\) has values of shape \(3,\), but step 0 gave .* \(6,\)"):
        grown.eval({x: np.ones(3, "float32")})


def test_types_are_joined():
    x, y = T.dmatrix(), T.dvector()
    total, _ = theano.scan(lambda a, before: before + a, y, 0)
    assert total.type == T.dvector and total.eval({y: np.full(2, 0.5)}).tolist() == [0.5, 1]
    small, _ = theano.scan(lambda a: T.cast(a, "float32"), outputs_info=T.dscalar("d"), n_steps=2)
    assert small.type.dtype == "float64"
    row, _ = theano.scan(lambda before, x: before + x, outputs_info=T.zeros((1, 3)), non_sequences=x, n_steps=2)
    assert row.type.broadcastable == (False, False, False)
    assert row.eval({x: np.ones((1, 3))}).tolist() == [[[1, 1, 1]], [[2, 2, 2]]]
    with pytest.raises(ValueError, match="carry 0"):
        row.eval({x: np.ones((2, 3))})


@pytest.mark.parametrize("arguments, error, match", [
    (dict(sequences=T.dscalar("s")), TypeError, "sequence 0 must have rows, but s is a scalar"),
    (dict(), ValueError, "how many steps"),
    (dict(n_steps=-2), ValueError, "negative"),
    (dict(n_steps=1.5), TypeError, "integer"),
    (dict(sequences=dict(input=T.dvector(), tap=[1])), ValueError, "unknown keys \\['tap'\\]"),
    (dict(outputs_info=dict(taps=[-1]), n_steps=2), ValueError, "no initial value"),
    (dict(outputs_info=dict(initial=T.dvector(), taps=[0]), n_steps=2), ValueError, "must be negative"),
    (dict(outputs_info=dict(initial=T.dvector(), taps=[-1, -1]), n_steps=2), ValueError, "differ"),
    (dict(outputs_info=dict(initial=T.dscalar(), taps=[-2]), n_steps=2), TypeError, "a row for each of 2 steps"),
    (dict(outputs_info=[None, None], n_steps=2), ValueError, "2 outputs, but fn returned 1"),
])
def test_wrong_arguments(arguments, error, match):
    with pytest.raises(error, match=match):
        theano.scan(lambda *_: T.zeros(()), **arguments)


def test_until_needs_a_scalar():
    with pytest.raises(TypeError, match="scalar condition"):
        until(T.dvector())


def test_update_of_another_type():
    a = theano.shared(np.int64(1), "a")
    with pytest.raises(TypeError, match="the update of a in a step must have its type"):
        theano.scan(lambda: {a: a + 0.5}, n_steps=2)


# -- the op ---------------------------------------------------------------------------------------------


def test_equal_steps_are_one_op_and_merge(rng):
    x = T.dvector("x")
    first, second, third = (theano.scan(step, x, np.float64(0))[0] for step in (
        lambda a, b: a + b, lambda c, d: c + d, lambda a, b: a - b))
    assert node_of(first).op == node_of(second).op != node_of(third).op
    assert hash(node_of(first).op) == hash(node_of(second).op)
    f = theano.function([x], [first, second, third])
    assert len(scans(f)) == 2
    at = rng.rand(3)
    for found, expected in zip(f(at), (at.cumsum(), at.cumsum(), [at[0], at[1] - at[0], at[2] - at[1] + at[0]]),
                               strict=True):
        np.testing.assert_allclose(found, expected)


def test_pickling(rng):
    x = T.dvector()
    total, _ = theano.scan(lambda a, b: a + b, x, np.float64(0))
    f = theano.function([x], [total, T.grad(total.sum(), x)])
    at = rng.rand(3)
    f(at)
    for found, expected in zip(pickle.loads(pickle.dumps(f))(at), f(at), strict=True):
        np.testing.assert_allclose(found, expected)
    op = node_of(total).op
    assert pickle.loads(pickle.dumps(op)) == op
    assert len(op.inputs) == 2 and len(op.outputs) == 1 and op.fn(1., 2.)[0] == 3


def test_shapes_need_no_loop():
    x, n = T.dmatrix(), T.lscalar()
    (a, b), _ = theano.scan(lambda row, before: (before + row, T.concatenate([row, row])), x,
                            [T.zeros_like(x[0]), None], n_steps=n)
    f = theano.function([x, n], [a.shape, b.shape])
    assert not scans(f) and [v.tolist() for v in f(np.ones((4, 3)), 2)] == [[2, 3], [2, 6]]


def test_what_nobody_uses_is_not_computed(rng):
    x, w = T.dmatrix("x"), T.dvector("w")
    (a, b, c), _ = theano.scan(lambda row, a, b, w: (a + row, b + a * w, T.exp(row)), x,
                               [T.zeros_like(x[0]), T.zeros_like(x[0]), None], w)
    at, weights = rng.rand(4, 2), rng.rand(2)
    for wanted, outputs in ((a, [1]), (b, [2]), (c, [])):
        f = theano.function([x, w], wanted, on_unused_input="ignore")
        assert [len(node.outputs) for node in scans(f)] == outputs
        np.testing.assert_allclose(f(at, weights), theano.function([x, w], [wanted, a, b, c])(at, weights)[0])


def test_arguments_that_steps_do_not_use():
    x, y, w = T.dvectors("x", "y", "w")
    f = theano.function([x, y, w], theano.scan(lambda a, b, w: 2 * a, [x, y], non_sequences=w)[0],
                        mode=theano.compile.get_default_mode().excluding("scanOp_pushout_elemwise"))
    assert [len(node.inputs) for node in scans(f)] == [3]
    assert f([1., 2., 3.], [1., 2.], [5.]).tolist() == [2, 4]


def test_what_is_the_same_in_all_steps_is_computed_once(rng):
    x, w = T.dmatrix("x"), T.dmatrix("w")
    total, _ = theano.scan(lambda row, before, w: before + T.dot(row, T.exp(w) / 2), x, T.zeros_like(x[0]), w)
    f = theano.function([x, w], total)
    inner, = (node.op.graph for node in scans(f))
    assert not any("exp" in str(node.op) or "Div" in str(node.op) for node in toposort(inner.outputs))
    at, weights = rng.rand(4, 2), rng.rand(2, 2)
    np.testing.assert_allclose(f(at, weights), (at @ (np.exp(weights) / 2)).cumsum(0))
    np.testing.assert_allclose(theano.function([x, w], total * 2)(at, weights), 2 * f(at, weights))
    g = theano.function([x, w], T.grad(total.sum(), w))
    np.testing.assert_allclose(g(at, weights), theano.function([x, w], T.grad(total.sum(), w), mode=MODES[2])(
        at, weights))


def test_equal_rows_need_no_loop(rng):
    x, w, n = T.dvector("x"), T.dmatrix("w"), T.lscalar("n")
    same, _ = theano.scan(lambda x, w: T.dot(x, w + 1), non_sequences=[x, w], n_steps=n)
    f = theano.function([x, w, n], [same, T.grad((same ** 2).sum(), x)])
    at, weights = rng.rand(3), rng.rand(3, 2)
    for steps in (0, 4):
        rows, gradient = f(at, weights, steps)
        np.testing.assert_allclose(rows, np.tile(at @ (weights + 1), (steps, 1)))
        np.testing.assert_allclose(gradient, steps * 2 * (weights + 1) @ (at @ (weights + 1)))
    assert not scans(theano.function([x, w, n], same))
    (stopped, _), _ = theano.scan(lambda i, x: ([x, i], until(i > 1)), T.arange(9), non_sequences=x)
    assert stopped.eval({x: at}).shape == (3, 3)


@pytest.mark.parametrize("taps", [[-1], [-2, -1]])
@pytest.mark.parametrize("stops", [False, True])
def test_only_rows_that_are_read_are_kept(rng, taps, stops):
    x, n = T.dmatrix("x"), T.iscalar("n")

    def step(*earlier):
        first, second = earlier[:len(taps)], earlier[len(taps):]
        values = sum(first) / 2, first[-1] + second[-1] / 2
        return (values, until(values[1].sum() > 3)) if stops else values

    start = dict(initial=x if len(taps) > 1 else x[0], taps=taps)
    (a, b), _ = theano.scan(step, outputs_info=[start, start], n_steps=n)
    f = theano.function([x, n], [a[-1], b[-1] + b[-2, 0]])
    whole = theano.function([x, n], [a, b])
    loop, = scans(f)
    rows = theano.function([x, n], [v.shape[0] for v in theano.clone(
        loop.inputs[1:], {v: w for v, w in zip(f.maker.fgraph.inputs, [x, n], strict=True)})])
    at = rng.rand(2, 3)
    for steps in (2, 3, 20):
        (left, right), (all_left, all_right) = f(at, steps), whole(at, steps)
        np.testing.assert_allclose(left, all_left[-1])
        np.testing.assert_allclose(right, all_right[-1] + all_right[-2, 0])
        assert sorted(map(int, rows(at, steps))) == [len(taps) + 1, len(taps) + 2]
    with pytest.raises(IndexError):
        f(at, 0)
    seven = theano.function([x], theano.scan(step, outputs_info=[start, start], n_steps=7)[0][0][-1])
    np.testing.assert_allclose(seven(at), whole(at, 7)[0][-1])


def test_nothing_is_compiled_while_the_graph_is_built(monkeypatch):
    def forbidden(*_):
        raise AssertionError("compiled")
    monkeypatch.setattr(InnerGraph, "builder", forbidden)
    x = T.dvector()
    total, _ = theano.scan(lambda a, b: a * b, x, np.float64(1))
    T.Rop(T.grad(total.sum(), x), x, x)
    theano.function([x], T.grad(total[-1], x))


def test_texts():
    x = T.dvector("x")
    total, _ = theano.scan(lambda a, b: (a + b, until(b > 3)), x, np.float64(0), name="sum")
    assert str(node_of(total).op) == "do_while{cpu,sum}"
    listing = theano.printing.debugprint(total, file="str")
    assert "Inner graphs of the scan ops:" in listing and "x[t] [id" in listing
    plain, _ = theano.scan(lambda a: a, x)
    assert str(node_of(plain).op) == "for{cpu,scan_fn}"
    assert "grad_of_scan_fn" in theano.printing.debugprint(T.grad(plain.sum(), x), file="str")


def test_test_values(rng):
    with theano.change_flags(compute_test_value="raise"):
        x = T.dmatrix()
        x.tag.test_value = rng.rand(4, 3)
        w = theano.shared(rng.rand(3), "w")
        total, _ = theano.scan(lambda a, b: (a + b) * w, x, T.zeros_like(x[0]))
        assert total.tag.test_value.shape == (4, 3)
        gradient = T.grad(total.sum(), x)
        np.testing.assert_allclose(gradient.tag.test_value, theano.function([x], gradient)(x.tag.test_value))


def test_mode_of_steps(rng):
    x = T.dvector()
    total, _ = theano.scan(lambda a, b: a + b, x, np.float64(0), mode="FAST_COMPILE")
    assert node_of(total).op.graph.mode == "FAST_COMPILE"
    np.testing.assert_allclose(total.eval({x: [1., 2.]}), [1, 3])


# -- work that is done once -----------------------------------------------------------------------------


def test_gradient_takes_what_the_forward_steps_computed(rng):
    """There is one forward loop, which keeps the results of functions, and the backward loop calls none."""
    x, w, start = T.dmatrix(), T.dmatrix(), T.dvector()

    def step(row, h, w):
        z = T.dot(h, w) + row
        return T.nnet.sigmoid(z) * T.tanh(2 * z)
    cost = (theano.scan(step, x, start, w)[0] ** 2).sum()
    f = theano.function([x, w, start], [cost, *T.grad(cost, [x, w, start])])
    forward, backward = scans(f)
    assert len(forward.op.taps) == 1 and forward.op.stacks == 2
    names = {str(node.op) for node in toposort(backward.op.outputs) if node.op is not forward.op}
    assert not {"Elemwise{tanh,no_inplace}", "sigmoid"} & names
    at = rng.randn(5, 3), rng.randn(3, 3), rng.randn(3)
    theano.gradient.verify_grad(lambda x, w, h: (theano.scan(step, x, h, w)[0] ** 2).sum(), at, rng=rng)


def test_loops_of_which_one_needs_the_other_are_not_merged():
    x, n = T.dscalar(), T.iscalar()
    y = theano.scan(lambda h: h * 2, outputs_info=x, n_steps=n)[0]
    z = theano.scan(lambda h, t: h * 2 + t, outputs_info=x, non_sequences=y[-1], n_steps=n)[0]
    f = theano.function([x, n], [y, z])
    assert len(scans(f)) == 2
    np.testing.assert_allclose(f(1, 2), [[2, 4], [6, 16]])


def test_gradient_through_the_gradient_of_an_inner_loop(rng):
    """The inner loop reads rows of x forwards, its gradient the same rows backwards: both leave the outer loop."""
    x, y, w = T.dmatrix(), T.dmatrix(), T.dmatrix()

    def step(row):
        inner, _ = theano.scan(lambda q, h: T.tanh(T.dot(q, w) * h), x, row)
        return T.grad(inner[-1].sum(), w)

    cost = (theano.scan(step, y)[0] ** 2).sum()
    f = theano.function([x, y, w], [cost, *T.grad(cost, [x, y, w])])
    given = [rng.rand(4, 3), rng.rand(2, 3), rng.rand(3, 3)]
    for k, g in enumerate(f(*given)[1:]):
        direction = rng.rand(*g.shape)
        ahead, behind = ([x + s * direction if j == k else x for j, x in enumerate(given)] for s in (1e-5, -1e-5))
        np.testing.assert_allclose((f(*ahead)[0] - f(*behind)[0]) / 2e-5, (g * direction).sum(), rtol=1e-6)


def test_gradient_of_what_is_the_same_in_all_steps():
    """A function of a shared argument is differentiated once, not in each step."""
    w, x = T.dvector("w"), T.dvector("x")
    y = theano.scan(lambda e, h, w: h * T.exp(w).sum() + e * w[0], x, T.constant(0.0), w)[0]
    f = theano.function([w, x], T.grad(y[-1], w))
    backward = scans(f)[-1]
    assert not any("exp" in str(node.op) for node in toposort(backward.op.outputs))
    theano.gradient.verify_grad(lambda w: theano.scan(
        lambda e, h, w: h * T.exp(w).sum() + e * w[0], T.constant(np.arange(3.0)), T.constant(0.0), w)[0][-1],
        [np.array([0.1, -0.3])], rng=np.random.RandomState(0))


def test_increments_of_parts_are_made_one_after_the_other():
    p = T.dvector()
    cost = T.tanh(p[0]) * p[1] + p[2] * p[0]
    f = theano.function([p], T.grad(cost, p))
    assert not any("add" in str(node.op) and node.inputs[0].type.ndim for node in f.maker.fgraph.apply_nodes)
    at = np.array([0.2, 0.3, 0.4])
    np.testing.assert_allclose(f(at), [0.3 / np.cosh(0.2) ** 2 + 0.4, np.tanh(0.2), 0.2])


def test_loops_that_need_no_earlier_step_become_elementwise(rng):
    x, y, w = T.dmatrix(), T.dvector(), T.dvector()

    def step(row, number, w):
        return T.exp(row) * number + w.dimshuffle(0), T.sqrt(number)
    outputs, _ = theano.scan(step, [x, y], non_sequences=w)
    f = theano.function([x, y, w], outputs)
    assert not scans(f)
    at = rng.rand(5, 3), rng.rand(4), rng.rand(3)
    found = f(*at)
    np.testing.assert_allclose(found[0], np.exp(at[0][:4]) * at[1][:, None] + at[2])
    np.testing.assert_allclose(found[1], np.sqrt(at[1]))
    assert f(at[0][:0], at[1], at[2])[0].shape == (0, 3)


def test_number_of_steps_that_is_given_is_checked():
    """A loop without earlier steps stays one where rows may be missing."""
    x, n = T.dvector(), T.iscalar()
    f = theano.function([x, n], theano.scan(T.exp, x, n_steps=n)[0])
    assert len(scans(f)) == 1
    with pytest.raises(ValueError, match="has only 2 rows"):
        f([1, 2], 3)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint64"])
def test_numbers_of_steps_are_integers_of_any_kind(dtype):
    n = T.scalar("n", dtype)
    rows, _ = theano.scan(lambda h: 2 * h, None, T.constant(1.0), n_steps=n)
    f = theano.function([n], [rows, rows[-1]])
    np.testing.assert_array_equal(f(3)[0], [2, 4, 8])
    assert f(3)[1] == 8


def test_no_step_is_made_for_a_shape():
    x = T.dvector()
    y = theano.scan(lambda e, h: 0.5 * h + e, x, T.constant(0.0))[0]
    f = theano.function([x], T.grad(y[-1], x))
    assert len(scans(f)) == 1
    np.testing.assert_allclose(f([1, 2, 3]), [0.25, 0.5, 1])


WRONG = {
    "too_few": (lambda x: theano.scan(lambda a: a, x, x[0]), TypeError,
                r"fn of scan takes \(a\), but gets 2 arguments \(sequence 0 at t, output 0 at t-1\)"),
    "too_many": (lambda x: theano.scan(lambda a, b: a, dict(input=x, taps=[1])), TypeError, r"\(sequence 0 at t\+1\)"),
    "no_function": (lambda x: theano.scan(x, x), TypeError, "fn of scan must be a function, got"),
    "text": (lambda x: theano.scan(lambda a: [a, "hi"], x), AsTensorError, "fn returned 'hi', of type str"),
    "step": (lambda x: theano.loop(lambda s: (s, None), x, x), TypeError,
             r"step of loop takes \(s\), but gets 2 arguments \(the carry, a row of xs\)"),
    "strict": (lambda x: theano.scan(lambda a: a + theano.shared(1.0, "w"), x, strict=True), MissingInputError,
               "fn uses the shared variable w, which with strict=True must be among non_sequences"),
    "checkpoint": (lambda x: theano.scan(lambda a: a, x, checkpoint=0), ValueError, "positive number of steps"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_steps_are_told_in_one_sentence(name):
    build, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        build(T.dvector("x"))


def test_steps_that_are_no_functions_of_python():
    x = T.dvector()
    assert theano.function([x], theano.map(T.exp, x)[0])([0.0]) == 1
    assert theano.function([x], theano.map(operator.neg, x)[0])([2.0]) == -2


def test_strict_steps_may_use_all_but_shared_variables():
    x, w = T.dvector("x"), theano.shared(2.0, "w")
    y, _ = theano.scan(lambda a, h, w: a * w + h + T.constant(1.0) + x.sum(), x, x[0] * 2, w, strict=True)
    np.testing.assert_array_equal(theano.function([x], y)([1.0, 2.0]), [8, 16])


def test_reduced_to_the_initial_value_where_there_are_no_rows():
    x, start = T.dvector(), T.dscalar()
    (total, last), _ = theano.reduce(lambda e, h, g: [h + e, e], x, [start, start])
    folded, _ = theano.foldr(lambda e, h: h - e, x, start)
    f = theano.function([x, start], [total, folded, T.grad(total, start)])
    assert [v.item() for v in f([], 3.0)] == [3, 3, 1]
    assert [v.item() for v in f([1.0, 2.0], 3.0)] == [6, 0, 1]
    assert theano.function([x, start], last)([1.0, 2.0], 3.0) == 2


def test_directions_of_another_dtype():
    """As of ones, which are float32 where nothing says more."""
    x, one = T.dvector(), T.fvector()
    powers, _ = theano.scan(lambda h, x: h * x, None, x, x, n_steps=2)
    ended, _ = theano.loop(lambda h: (h * x, None), x, until=lambda h: h.sum() > 5)
    f = theano.function([x, one], [T.Rop(powers, x, one), T.Rop(ended, x, one)])
    rows, last = f([2.0, 1.0], [1.0, 1.0])
    np.testing.assert_allclose(rows, [[4.0, 2.0], [12.0, 3.0]])
    np.testing.assert_allclose(last, [12.0, 3.0])
