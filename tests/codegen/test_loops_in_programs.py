"""Loops as sub-programs of the machine, against the same loops run step by step in Python."""

import numpy as np
import pytest
import theano.ifelse
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.inner.scan.op import Scan


def matrices(dtype="float64"):
    return T.matrix("x", dtype=dtype), T.vector("v", dtype=dtype)


def scanned(step, **kwargs):
    """The outputs of a loop as a list."""
    return theano.scan(step, return_list=True, **kwargs)[0]


# -- the table: name -> function that gives (inputs, outputs, values) ------------------------------------

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


@case
def recurrent(rng):
    x, h = matrices()
    w = T.matrix("w")
    out = scanned(lambda row, h, w: T.tanh(row + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, h, w], out, [rng.randn(7, 3), rng.randn(3), rng.randn(3, 3)]


@case
def last_value(rng):
    x, h = matrices()
    out, = scanned(lambda row, h: T.tanh(row * h + h.sum()), sequences=x, outputs_info=h)
    return [x, h], [out[-1], out[-2:].sum()], [rng.randn(7, 3), rng.randn(3)]


@case
def taps(rng):
    x, h = matrices()
    out = scanned(lambda a, b, p, q: (a - b) * p + q, sequences=dict(input=x, taps=[-1, 1]),
                  outputs_info=dict(initial=x[:3], taps=[-3, -1]))
    return [x], out, [rng.randn(9, 2)]


@case
def ring_of_taps(rng):
    x, h = matrices()
    out, = scanned(lambda row, p, q: row - p * q, sequences=x, outputs_info=dict(initial=x[:4], taps=[-4, -2]))
    return [x], [out[-1], out[-3]], [rng.randn(9, 2)]


@case
def several_carries(rng):
    x, h = matrices()
    out = scanned(lambda row, a, b: (b, a + row, a * b, row.sum()), sequences=x, outputs_info=[h, h + 1, None, None])
    return [x, h], out, [rng.randn(6, 2), rng.randn(2)]


@case
def exchanged_carries(rng):
    h, n = T.vector("h"), T.iscalar("n")
    out = scanned(lambda a, b: (b, a), outputs_info=[h, 2 * h], n_steps=n)
    return [h, n], [*out, out[0][-1]], [rng.randn(3), 5]


@case
def same_value_twice(rng):
    x, h = matrices()

    def step(row, a, b):
        new = T.tanh(row + a + b)
        return new, new, new, a
    return [x, h], scanned(step, sequences=x, outputs_info=[h, h * 2, None, None]), [rng.randn(5, 2), rng.randn(2)]


@case
def stops(rng):
    x, h = matrices()

    def step(row, a):
        new = a + row
        return (new, row * 2), theano.scan_module.until(new.sum() > 2)
    out = scanned(step, sequences=x, outputs_info=[h, None])
    return [x, h], [*out, out[0][-1], out[0].shape[0]], [np.ones((9, 2)) / 3, np.zeros(2)]


@case
def stops_never(rng):
    x, h = matrices()
    out = scanned(lambda row, a: (a + row, theano.scan_module.until(T.lt(a.sum(), -100))), sequences=x, outputs_info=h)
    return [x, h], out, [rng.rand(4, 2), np.zeros(2)]


@case
def no_steps(rng):
    x, h = matrices()
    w = T.matrix("w")
    out = scanned(lambda row, a, w: (a + row.sum(), T.dot(row, w), T.outer(row, a)), sequences=x,
                  outputs_info=[h, None, None], non_sequences=w)
    return [x, h, w], out, [np.zeros((0, 3)), rng.randn(2), rng.randn(3, 4)]


@case
def nested(rng):
    x, h = matrices()

    def inner(v, a):
        return T.tanh(a * v)

    def outer(row, a):
        values, _ = theano.scan(inner, sequences=row, outputs_info=a)
        return values[-1] + a, values.sum(axis=0), values
    return [x, h], scanned(outer, sequences=x, outputs_info=[h, None, None]), [rng.randn(4, 3), rng.randn(2)]


@case
def nested_of_growing_length(rng):
    n = T.iscalar("n")

    def outer(k):
        values, _ = theano.scan(lambda i, total: total + i * k, sequences=T.arange(k), outputs_info=np.zeros(()))
        return values.sum()
    return [n], scanned(outer, sequences=T.arange(n).astype("int64")), [5]


@case
def nested_until(rng):
    x = T.vector("x")

    def outer(v):
        values, _ = theano.scan(lambda a: (a * 2, theano.scan_module.until(a > 5)), outputs_info=v, n_steps=20)
        return values[-1], values.shape[0]
    return [x], scanned(outer, sequences=x), [np.array([1.0, 7.0, 0.01])]


@case
def integers(rng):
    x, h = matrices("int32")
    out = scanned(lambda row, a: (a * 3 + row, row % 3, T.gt(row, a)), sequences=x, outputs_info=[h, None, None])
    return [x, h], out, [rng.randint(-9, 9, (6, 3)), rng.randint(0, 5, 3)]


@case
def truth_values(rng):
    x = T.matrix("x", dtype="bool")
    out = scanned(lambda row, a: T.xor(row, a), sequences=x, outputs_info=T.zeros((3,), dtype="bool"))
    return [x], out, [rng.rand(6, 3) > 0.5]


@case
def complex_numbers(rng):
    x, h = matrices("complex128")
    out = scanned(lambda row, a: a * row + 1j * row, sequences=x, outputs_info=h)
    return [x, h], out, [rng.randn(4, 2) + 1j * rng.randn(4, 2), rng.randn(2) + 0j]


@case
def half_precision(rng):
    x, h = matrices("float16")
    return [x, h], scanned(lambda row, a: a + row, sequences=x, outputs_info=h), [rng.randn(4, 2), rng.randn(2)]


@case
def strided_sequences(rng):
    x, h = matrices()
    out = scanned(lambda a, b, c, h: h * a + b - c, sequences=[x[::-1], x.T[:4], x[::2]], outputs_info=h, n_steps=3)
    return [x, h], out, [rng.randn(6, 6), rng.randn(6)]


@case
def backwards(rng):
    x, h = matrices()
    return [x, h], scanned(lambda row, a: a * 0.5 + row, sequences=x, outputs_info=h, go_backwards=True), \
        [rng.randn(6, 2), rng.randn(2)]


@case
def gradients(rng):
    x, h = matrices()
    w = T.matrix("w")
    out, = scanned(lambda row, h, w: T.tanh(row + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, h, w], T.grad((out ** 2).sum() + out[-1].sum(), [x, h, w]), \
        [rng.randn(6, 3), rng.randn(3), rng.randn(3, 3)]


@case
def gradients_of_rows_of_matrices(rng):
    x, h = T.tensor3("x"), T.matrix("h")
    w, u = T.matrix("w"), T.matrix("u")
    out, = scanned(lambda row, h, w, u: T.tanh(T.dot(row, w) + T.dot(h, u)), sequences=x, outputs_info=h,
                   non_sequences=[w, u])
    return [x, h, w, u], [out, *T.grad((out ** 2).sum(), [x, h, w, u])], \
        [rng.randn(5, 4, 2), rng.randn(4, 3), rng.randn(2, 3), rng.randn(3, 3)]


@case
def second_derivatives(rng):
    x, v = T.scalar("x"), T.vector("v")
    out, = scanned(lambda row, a: T.sin(a * row), sequences=v, outputs_info=x)
    slope = T.grad(out[-1], x)
    return [x, v], [slope, T.grad(slope, x)], [0.7, rng.randn(5)]


@case
def indices_that_move(rng):
    x, k = T.matrix("x"), T.ivector("k")
    out = scanned(lambda i, x: (x[i], x[:, i].sum(), x[:2 + i % 1].sum()), sequences=k, non_sequences=x)
    return [x, k], out, [rng.randn(4, 4), np.array([3, 0, 2], "int32")]


@case
def same_in_all_steps(rng):
    x, h = matrices()
    out = scanned(lambda row, a, x: (a + x.sum() + T.exp(x[0]), x.shape[0] * row), sequences=x,
                  outputs_info=[h, None], non_sequences=x)
    return [x, h], out, [rng.randn(3, 2), rng.randn(2)]


@case
def parts_that_run_in_python(rng):
    x, h = matrices()
    out = scanned(lambda row, a: (a + T.nlinalg.matrix_inverse(T.outer(row, row) + T.eye(2))[0], T.repeat(row, 2)),
                  sequences=x, outputs_info=[h, None])
    return [x, h], out, [rng.randn(3, 2), rng.randn(2)]


@case
def broadcast_steps(rng):
    x, h = T.col("x"), T.matrix("h")
    out = scanned(lambda row, a: a * row, sequences=x, outputs_info=h)
    return [x, h], out, [rng.randn(3, 1), rng.randn(1, 4)]


@case
def changed_places(rng):
    x, h = matrices()
    out = scanned(lambda row, a: T.set_subtensor(a[1:], row[:-1] + a[0]), sequences=x, outputs_info=h)
    return [x, h], out, [rng.randn(4, 3), rng.randn(3)]


@case
def transposed_results(rng):
    x, h = T.tensor3("x"), T.matrix("h")
    out = scanned(lambda row, a: (row.T + a, T.dot(a, row).T), sequences=x, outputs_info=[h, None])
    return [x, h], out, [rng.randn(4, 3, 3), np.asfortranarray(rng.randn(3, 3))]


@case
def rows_of_a_jacobian(rng):
    u, w, h = T.matrix("u"), T.matrix("w"), T.vector("h")
    o = scanned(lambda row, a, w: T.tanh(row + T.dot(a, w)), sequences=u, outputs_info=h, non_sequences=w)[0]
    out = scanned(lambda i, o, u, h, w: T.grad(o[i].sum(), w), sequences=T.arange(4), non_sequences=[o, u, h, w])
    return [u, h, w], out, [rng.randn(4, 3), rng.randn(3), rng.randn(3, 3)]


@case
def gradients_of_loops_over_what_is_left(rng):
    """A state of the inner gradient's loop is what its rows are computed from: these must not overwrite it."""
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")

    def outer(i, row):
        o = scanned(lambda v, a: T.sin(a) * v + T.dot(w, v), sequences=x[i:], outputs_info=h)[0]
        return T.grad(o.sum(0).sum(), w).sum(0) + o.sum(0) + row
    out = scanned(outer, sequences=[T.arange(4), x])
    return [x, h, w], [*out, *T.grad((out[0] ** 2).sum(), [x, w, h])], [rng.randn(4, 3), rng.randn(3), rng.randn(3, 3)]


@pytest.fixture
def general(monkeypatch):
    """A mode in which loops of scalar work are sub-programs like others."""
    monkeypatch.setattr("theano.codegen.kernels.loop.lower_scan", lambda lowering, node: NotImplemented)
    return theano.Mode("cvm", "fast_run").excluding("scalar loops")         # a key of its own in the cache


@pytest.mark.parametrize("name", CASES)
def test_loops_agree_with_python(name, general):
    inputs, outputs, values = CASES[name](np.random.RandomState(3))
    fast = theano.function(inputs, outputs, mode=general)
    slow = theano.function(inputs, outputs, mode=theano.Mode("py", "fast_run"))
    values = [np.asarray(v, i.dtype) for v, i in zip(values, inputs, strict=True)]
    for _ in range(2):                                  # the second call finds memory that was used before
        for got, wanted in zip(fast(*values), slow(*values), strict=True):
            assert got.shape == wanted.shape and got.dtype == wanted.dtype
            np.testing.assert_allclose(got, wanted, rtol=3e-3 if got.dtype == "float16" else 1e-10)


def instructions(f):
    """The kinds of all instructions, those of sub-programs included."""
    found, programs = [], [f.maker.compiled.program]
    while programs:
        program = programs.pop()
        found += [kind for kind, *_ in program.code]
        programs += [part for parts in program.parts.values() for part in parts]
    return found


@pytest.mark.parametrize("name", sorted(set(CASES) - {"parts_that_run_in_python"}))
def test_no_step_runs_python(name, general):
    inputs, outputs, _ = CASES[name](np.random.RandomState(3))
    f = theano.function(inputs, outputs, mode=general)
    assert "python" not in instructions(f)


def test_a_step_works_in_the_rows_of_its_results():
    inputs, outputs, _ = CASES["recurrent"](np.random.RandomState(3))
    f = theano.function(inputs, outputs)
    part, = next(iter(f.maker.compiled.program.parts.values()))
    kinds = [kind for kind, *_ in part.code[part.once:]]
    assert "copy" not in kinds and "shape_i" not in kinds and "guard" not in kinds
    assert "copy" not in [kind for kind, *_ in f.maker.compiled.program.code][:-1]      # but for the result


def test_shared_variables_updated_in_steps(general):
    total, n = theano.shared(np.zeros(3), "total"), T.iscalar("n")
    _, updates = theano.scan(lambda: {total: total * 2 + 1}, n_steps=n)
    f = theano.function([n], total.sum(), updates=updates, mode=general)
    assert f(4) == 0 and f(2) == 45.0
    np.testing.assert_array_equal(total.get_value(), np.full(3, 63.0))


def test_a_state_that_changes_its_shape(general):
    rows, n = theano.shared(np.ones(1), "rows"), T.iscalar("n")
    _, updates = theano.scan(lambda: {rows: T.concatenate([rows, rows[:1] + 1])}, n_steps=n)
    f = theano.function([n], [], updates=updates, mode=general)
    f(3)
    np.testing.assert_array_equal(rows.get_value(), [1, 2, 2, 2])


def test_random_streams_go_on():
    def draw(mode):
        stream = RandomStreams(7)
        values, updates = theano.scan(lambda: stream.uniform(size=(2,)), n_steps=3)
        f = theano.function([], values, updates=updates, mode=mode)
        return np.array([f(), f()])

    np.testing.assert_array_equal(draw(theano.Mode("cvm", "fast_run")), draw(theano.Mode("py", "fast_run")))


def test_extents_that_broadcast_at_run_time(general):
    x, h = matrices()
    out, = scanned(lambda row, a: a * 2 + row.sum() * a[:1] + (row + a), sequences=x, outputs_info=h)
    f = theano.function([x, h], out, mode=general)
    given, start = np.arange(6.0).reshape(6, 1), np.array([1.0, 2.0])      # rows of one element, where two are expected
    want, a = [], start
    for row in given:
        a = a * 2 + row.sum() * a[:1] + (row + a)
        want.append(a)
    np.testing.assert_allclose(f(given, start), want)


def test_errors_tell_line_and_step():
    x, k = T.vector("x"), T.ivector("k")
    out, _ = theano.scan(lambda i, x: x[i] * 2, sequences=k, non_sequences=x)       # the line that fails
    f = theano.function([x, k], out)
    with pytest.raises(IndexError) as caught:
        f(np.ones(3), np.array([0, 1, 7], "int32"))
    text = str(caught.value)
    assert "the line that fails" in text and "step 2" in text
    np.testing.assert_array_equal(f(np.ones(3), np.array([0, 1], "int32")), [2, 2])


def test_loops_come_from_the_cache():
    inputs, outputs, values = CASES["nested"](np.random.RandomState(3))
    first, second = (theano.function(inputs, outputs) for _ in range(2))
    assert second.maker.compiled.cached
    for a, b in zip(first(*values), second(*values), strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_a_compiler():
    inputs, outputs, values = CASES["recurrent"](np.random.RandomState(3))
    f = theano.function(inputs, outputs, mode="FAST_COMPILE")
    assert "for" in instructions(f)
    np.testing.assert_allclose(f(*values), theano.function(inputs, outputs)(*values))


def test_steps_of_a_mode_of_their_own():
    x, h = matrices()
    out = scanned(lambda row, a: row + a, sequences=x, outputs_info=h, mode=theano.Mode("py", None))
    f = theano.function([x, h], out)
    assert "for" not in instructions(f) and any(isinstance(n.op, Scan) for n in f.maker.fgraph.toposort())
    np.testing.assert_array_equal(f(np.ones((2, 3)), np.zeros(3))[0], [[1] * 3, [2] * 3])


def test_branches_are_instructions():
    c, x, y = T.iscalar("c"), T.vector("x"), T.vector("y")
    chosen = theano.ifelse.ifelse(c, T.exp(x) * 2, y[:1] + 1)
    f = theano.function([c, x, y], [chosen, T.grad(chosen.sum(), x)])
    assert "branch" in instructions(f) and "python" not in instructions(f)
    a, b = np.array([0.5, 1.0]), np.array([3.0, 4.0])
    np.testing.assert_allclose(f(1, a, b)[0], np.exp(a) * 2)
    np.testing.assert_allclose(f(1, a, b)[1], np.exp(a) * 2)
    for got, wanted in zip(f(0, a, b), ([4.0], [0.0, 0.0]), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_branches_in_steps():
    x, h = matrices()
    out = scanned(lambda row, a: theano.ifelse.ifelse(T.gt(row[0], 0), T.tanh(a + row), a * 0.5), sequences=x,
                  outputs_info=h)
    f = theano.function([x, h], out)
    assert {"for", "branch"} <= set(instructions(f)) and "python" not in instructions(f)
    rng = np.random.RandomState(1)
    given, a = rng.randn(6, 3), rng.randn(3)
    for row, got in zip(given, f(given, a)[0], strict=True):
        a = np.tanh(a + row) if row[0] > 0 else a * 0.5
        np.testing.assert_allclose(got, a)


def test_rows_of_a_step_do_not_overwrite_its_states():
    """What an unrewritten step adds to a state is a row of its own, and the next state is made of it."""
    inputs, outputs, values = CASES["gradients_of_loops_over_what_is_left"](np.random.RandomState(0))
    plain = theano.function(inputs, outputs, mode=theano.Mode("py", None))(*values)
    for found, wanted in zip(theano.function(inputs, outputs)(*values), plain, strict=True):
        np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("step", [
    lambda rows, a, b: (T.tanh(a * rows.sum(0) + b), a), lambda rows, a, b: (b, T.tanh(a + rows.sum(0) * b)),
    lambda rows, a, b: (T.exp(-a * rows.max(0)) * b, T.tanh(b))], ids=["handed on", "exchanged", "used twice"])
def test_gradients_where_values_change_places(step):
    """Going backwards, the new value of one state is a term of another's: neither may take the other one's memory."""
    x, a, b = T.dtensor3("x"), T.dvector("a"), T.dvector("b")
    last = scanned(step, sequences=x, outputs_info=[a, b])
    slopes = T.grad((last[0][-1] ** 2).sum() + last[1].sum(), [x, a, b])
    rng = np.random.RandomState(2)
    given = rng.randn(4, 3, 2), rng.randn(2), rng.randn(2)
    plain = theano.function([x, a, b], slopes, mode=theano.Mode("py", None))(*given)
    f = theano.function([x, a, b], slopes)
    for _ in range(2):
        for found, wanted in zip(f(*given), plain, strict=True):
            np.testing.assert_allclose(found, wanted)
