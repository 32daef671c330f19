"""Loops of scalar work, compiled, against the same loops step by step in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from theano.scan_module import until

import theano
import theano.tensor as T
from theano.compile.mode import Mode
from theano.inner.scan.op import Scan

PYTHON = Mode("py", None)
DTYPES = ("float64", "float32", "int64", "int32", "int8", "uint8", "bool", "complex128")


def kinds(f):
    """The instructions of a compiled function."""
    return [code[0] for code in f.fn.program.code]


def is_one_kernel(f):
    """Whether all loops of a function are generated functions."""
    return "steps" in kinds(f) and not any(task.kind != "steps" and getattr(task.node, "op", None).__class__ is Scan
                                           for task in f.fn.nodes())


def check(inputs, outputs, *arguments, steps=True):
    """Both ways give the same, also the same shapes; the compiled one through one kernel."""
    outputs = list(outputs)
    f, g = theano.function(inputs, outputs), theano.function(inputs, outputs, mode=PYTHON)
    assert is_one_kernel(f) == steps
    for _ in range(2):
        for found, right in zip(f(*arguments), g(*arguments), strict=True):
            assert found.dtype == right.dtype
            np.testing.assert_allclose(found, right, rtol=2e-5 if right.dtype.char in "fFe" else 1e-9)
            assert found.shape == right.shape
    return f


def both_fail(inputs, output, *arguments):
    """Both ways raise the same error; its text."""
    texts = []
    for mode in (None, PYTHON):
        f = theano.function(inputs, output, mode=mode)
        with pytest.raises((ValueError, IndexError)) as caught:
            f(*arguments)
        texts.append(str(caught.value).partition("\n")[0])
    assert texts[0] == texts[1]
    return texts[0]


# -- a generated table of loops -----------------------------------------------------------------------------


@st.composite
def loops(draw):
    """A description of a loop: sequences, carries with taps, their dtypes, an end, steps, what is read of it."""
    dtype = st.sampled_from(DTYPES)
    taps = st.lists(st.integers(-11, -1), min_size=1, max_size=3, unique=True)
    return {
        "n": draw(st.sampled_from([0, 1, 2, 3, 7, 40])),
        "sequences": draw(st.lists(st.tuples(dtype, st.sampled_from([1, -1, 2, -3])), max_size=2)),
        "carries": draw(st.lists(st.tuples(dtype, taps), min_size=1, max_size=3)),
        "extent": draw(st.sampled_from([None, None, (), (5,), (0,), (2, 3), (70,)])),
        "until": draw(st.sampled_from([None, None, 0, 3, 1000])),
        "stack": draw(st.booleans()),
        "last": draw(st.booleans()),
        "seed": draw(st.integers(0, 99)),
    }


def numbers(rng, shape, dtype):
    """Small numbers of any dtype."""
    made = rng.randint(0, 4, shape)
    unit = 0.3 + 0.1j if dtype.startswith("complex") else 0.3 if dtype.startswith("float") else 1
    return (unit * made).astype(dtype)


def build(row):
    """Inputs, outputs and arguments of the loop that a row of the table describes."""
    rng = np.random.RandomState(row["seed"])
    extent = row["extent"] or ()
    lanes = row["extent"] is not None and len(extent) > 0
    n, inputs, arguments = T.iscalar("n"), [], [row["n"]]
    sequences, infos = [], []
    for dtype, step in row["sequences"]:
        x = T.TensorType(dtype, (False,) * (1 + len(extent)))()
        sequences.append(x[::step])
        inputs.append(x)
        arguments.append(numbers(rng, (abs(step) * (row["n"] + 1), *extent), dtype))
    for dtype, taps in row["carries"]:
        x = T.TensorType(dtype, (False,) * (1 + len(extent)))()
        reach = -min(taps)
        inputs.append(x)
        arguments.append(numbers(rng, (reach, *extent), dtype))
        infos.append(x[0] if taps == [-1] else dict(initial=x, taps=taps))
    dtypes = [d for d, _ in row["carries"]]
    counts = [len(t) for _, t in row["carries"]]
    ends = row["until"] is not None and not lanes
    if ends:
        infos.append(T.constant(0, dtype="int32"))

    def step(*rows):
        rows = list(rows)
        xs, earlier = rows[:len(sequences)], rows[len(sequences):]
        values, at = [], 0
        for k, count in enumerate(counts):
            own, at = earlier[at:at + count], at + count
            total = sum(own[1:], own[0]) + (earlier[at % sum(counts)] if k else 0)
            for x in xs:
                total = total + x
            if dtypes[k].startswith("float"):
                total = T.tanh(total.real if "complex" in total.dtype else total)
            elif dtypes[k].startswith("complex"):
                total = 0.5 * total
            elif "complex" in total.dtype:
                total = total.real
            values.append(T.neq(total, 0) if dtypes[k] == "bool" else total.astype(dtypes[k]))
        if ends:
            values.append(earlier[at] + np.int32(1))
        if row["stack"]:
            values.append(values[0] + values[0])
        return (values, until(values[len(counts)] > row["until"])) if ends else values

    outputs, _ = theano.scan(step, sequences, infos + [None] * row["stack"], n_steps=n, return_list=True)
    if row["last"] and row["n"]:
        outputs = [x[-1] for x in outputs]
    return [n, *inputs], outputs, arguments


@settings(max_examples=60, deadline=None, derandomize=True)
@given(loops())
def test_generated_loops(row):
    inputs, outputs, arguments = build(row)
    check(inputs, outputs, *arguments)


# -- loops by hand ------------------------------------------------------------------------------------------


def autoregression(x, start):
    """Two steps back."""
    return theano.scan(lambda e, a, b: 0.5 * b - 0.3 * a + e, x, dict(initial=start, taps=[-2, -1]))[0]


def test_last_row_only():
    x, start = T.dvectors("x", "start")
    rng = np.random.RandomState(0)
    check([x, start], [autoregression(x, start)[-1]], rng.randn(500), rng.randn(2))


def test_matrix_columns_one_by_one():
    """Rows of a transposed matrix, and of one read backwards."""
    x, start = T.dmatrix(), T.dvector()
    y = theano.scan(lambda row, h: T.tanh(h + row), x.T[::-1], start)[0]
    rng = np.random.RandomState(1)
    check([x, start], [y, y[-1]], rng.randn(200, 9), rng.randn(200))


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (2, 130), (0, 4)])
def test_broadcast_operands(shape):
    """A column, a row and a number with a matrix that is carried."""
    column, row, scale = T.dcol(), T.drow(), T.dscalar()
    start = T.dmatrix()
    y = theano.scan(lambda h, c, r, s: h * s + c - r, outputs_info=start, non_sequences=[column, row, scale],
                    n_steps=4)[0]
    rng = np.random.RandomState(2)
    check([start, column, row, scale], [y], rng.randn(*shape), rng.randn(shape[0], 1), rng.randn(1, shape[1]), 0.7)


def test_extent_of_one_at_run_time():
    """A value whose extent turns out to be 1 broadcasts in the general way, or the error is the usual one."""
    a, b = T.dvectors("a", "b")
    y = theano.scan(lambda h, b: h * 0.5 + b, outputs_info=a, non_sequences=b, n_steps=3)[0]
    check([a, b], [y], np.ones(4), np.array([2.0]))
    both_fail([a, b], y, np.ones(4), np.ones(3))
    both_fail([a, b], y, np.ones(1), np.ones(3))


def test_too_few_rows_and_negative_steps():
    x, n, start = T.dvector("x"), T.iscalar("n"), T.dvector("start")
    y = theano.scan(lambda e, a, b: a + b + e, x, dict(initial=start, taps=[-2, -1]), n_steps=n)[0]
    assert "has only 3 rows" in both_fail([x, n, start], y, np.ones(3), 4, np.ones(2))
    squares = theano.scan(lambda e: e * e, x, n_steps=n)[0]
    assert "cannot run" in both_fail([x, n], squares, np.ones(5), -1)


def test_updates_stay_as_they_were_after_an_error():
    total = theano.shared(1.0)
    n, x = T.iscalar(), T.dvector()
    y = theano.scan(lambda e, h: h + e, x, T.constant(0.0), n_steps=n)[0]
    f = theano.function([x, n], y, updates=[(total, total + y[-1])])
    with pytest.raises(ValueError, match="rows"):
        f(np.ones(2), 3)
    assert total.get_value() == 1
    f(np.ones(2), 2)
    assert total.get_value() == 3


@pytest.mark.parametrize("n", [0, 1, 300, 20000])
def test_rows_kept_of_a_loop_that_ends_early(n):
    """The last rows lie in a ring until the number of steps is known."""
    steps, limit = T.iscalar(), T.iscalar()

    def step(a, b, k):
        return [a + b, k + np.int64(1)], until(k >= limit)
    (y, k), _ = theano.scan(step, outputs_info=[dict(initial=T.constant(np.array([0.0, 1e-300])), taps=[-2, -1]),
                                                np.int64(0)], n_steps=steps)
    for end in (2, 290, 5000, 10**6):
        check([steps, limit], [y[-2:], k[-1:], k], n, end)


def test_shared_variables_as_states():
    total, count = theano.shared(0.0), theano.shared(np.int8(0))
    x = T.dvector()
    rows, updates = theano.scan(lambda e: (total + e, {total: total + e, count: count + np.int8(1)}), x)
    f = theano.function([x], rows, updates=updates)
    assert is_one_kernel(f)
    np.testing.assert_allclose(f(np.arange(5.0)), np.cumsum(np.arange(5.0)))
    assert (total.get_value(), count.get_value()) == (10, 5)


def test_half_precision_rounds_each_step():
    x = T.TensorType("float16", (False,))()
    y = theano.scan(lambda e, h: h * np.float16(1.001) + e, x, T.constant(np.float16(1)))[0]
    f, g = theano.function([x], y), theano.function([x], y, mode=PYTHON)
    assert is_one_kernel(f)
    at = np.random.RandomState(3).rand(50).astype("float16")
    np.testing.assert_allclose(f(at), g(at), rtol=4e-3)             # Python rounds after each operation


def test_calls_of_one_function_side_by_side():
    """Enough of them that they are made together, some of what others gave."""
    starts = [T.constant(0.1 * k) for k in range(6)]
    rows, _ = theano.scan(lambda *h: [T.tanh(h[k] + T.exp(-h[(k + 1) % 6])) for k in range(6)], outputs_info=starts,
                          n_steps=20)
    check([], rows)


def test_gradient_of_a_loop_is_a_loop_of_that_kind():
    """Sums over steps are carried along, and what is the same in all steps is differentiated outside."""
    p, x = T.dvector("p"), T.dvector("x")
    starts = [T.constant(0.0) for _ in range(5)]
    rows, _ = theano.scan(lambda e, *h: [T.tanh(0.9 * h[k] + p[k] * e + 0.1 * h[(k + 1) % 5]) for k in range(5)], x,
                          starts)
    cost = sum(y[-1] for y in rows)
    rng = np.random.RandomState(4)
    f = check([p, x], [cost, *T.grad(cost, [p, x])], rng.rand(5), rng.randn(30))
    assert kinds(f).count("steps") == 2


def test_gradient_through_the_end_of_a_loop():
    x = T.dscalar()
    y, _ = theano.scan(lambda h: (h * h, until(h > 100)), outputs_info=x, n_steps=50)
    check([x], [y[-1], T.grad(y[-1], x)], 1.7)


def test_without_a_compiler():
    x, start = T.dvectors("x", "start")
    f = theano.function([x, start], autoregression(x, start), mode=Mode("vm", "fast_run"))
    assert "steps" not in kinds(f)
    np.testing.assert_allclose(f(np.ones(3), np.ones(2)), [1.2, 1.3, 1.29])


def test_programs_with_loops_are_kept():
    """Also those in which each process makes its own objects of the step."""
    def make():
        p = T.dvector()
        rows, _ = theano.scan(lambda a, b: [a * p[0] + b, T.sin(b) * p[1]], outputs_info=[T.constant(1.0)] * 2,
                              n_steps=10)
        return theano.function([p], T.grad(rows[0][-1] + rows[1][-1], p))
    first, second = make(), make()
    assert second.fn.cached
    at = np.array([0.3, 0.4])
    np.testing.assert_array_equal(first(at), second(at))
