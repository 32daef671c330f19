"""Loops of scalar work, compiled, against the same loops step by step in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from theano.scan_module import until

import theano
import theano.tensor as T
from theano.compile.mode import Mode

PYTHON = Mode("py", None)
DTYPES = ("float64", "float32", "int64", "int32", "int8", "uint8", "bool", "complex128")


def kinds(f):
    """The instructions of a compiled function."""
    return [code[0] for code in f.fn.program.code]


def is_one_kernel(f):
    """Whether all loops of a function are generated functions."""
    return "steps" in kinds(f) and not {"python", "for"} & set(kinds(f))


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
    scale = 0.3 + 0.1j if dtype.startswith("complex") else 0.3 if dtype.startswith("float") else 1
    return (made * scale).astype(dtype)


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
