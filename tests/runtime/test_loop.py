"""The loop driver against the meaning of nests, over dtypes, layouts, broadcasts and phases."""

import itertools
import math
import os

import ml_dtypes  # noqa: F401  with it NumPy knows bfloat16
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nest_runner import NestError, Runner, driver

from theano.codegen import nest as ir
from theano.codegen.nest import LoopNest, Operand, Phase, Value, literal, load, run_numpy
from theano.scalar.dtype import SMALL, computed_in, is_small, kind_of
from theano.scalar.table import TABLE

DTYPES = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
]  # fmt: skip
TOLERANCE = {"float16": 4e-3, "bfloat16": 2e-2, "float32": 1e-5, "complex64": 1e-5}


def apply(name, dtype, *args):
    return Value(TABLE[name], args, dtype)


def elementwise(dtype, ndim=2, inplace=None):
    """x * y + x, in the order of x."""
    axes = tuple(range(ndim))
    operands = (Operand(dtype, axes), Operand(dtype, axes), Operand(dtype, axes, "out", inplace))
    body = (load(0, operands), load(1, operands), apply("mul", dtype, 0, 1), apply("add", dtype, 2, 0))
    return LoopNest(ndim, (False,) * ndim, operands, (Phase(body, ((3, 2),)),))


def kept(ndim, reduced):
    rest = [d for d in range(ndim) if d not in reduced]
    return tuple(rest.index(d) if d in rest else -1 for d in range(ndim))


def reduction(dtype, kind, ndim, reduced):
    """The reduction of an input as it is."""
    total = dtype if kind in ("maximum", "minimum") else computed_in(dtype)
    operands = (Operand(dtype, tuple(range(ndim))), Operand(total, kept(ndim, reduced), "acc"))
    phase = Phase((load(0, operands),), (), ((0, 1, kind),))
    return LoopNest(ndim, tuple(d in reduced for d in range(ndim)), operands, (phase,))


def fused(dtype, ndim, first, second):
    """d = x - y.T; sum(d * d, first), max(d, second) and d itself."""
    axes, flipped = tuple(range(ndim)), tuple(range(ndim))[::-1]
    operands = (
        Operand(dtype, axes), Operand(dtype, flipped), Operand(dtype, kept(ndim, first), "acc"),
        Operand(dtype, kept(ndim, second), "acc"), Operand(dtype, axes, "out"),
    )  # fmt: skip
    body = (load(0, operands), load(1, operands), apply("sub", dtype, 0, 1), apply("mul", dtype, 2, 2))
    phase = Phase(body, ((2, 4),), ((3, 2, "add"), (2, 3, "maximum")))
    return LoopNest(ndim, tuple(d in {*first, *second} for d in range(ndim)), operands, (phase,))


def softmax(dtype, ndim, reduced):
    """Softmax over some axes, with the logarithm of the sum and the total of all those as further results."""
    axes, inner = tuple(range(ndim)), tuple(d in reduced for d in range(ndim))
    row = kept(ndim, reduced)
    operands = (
        Operand(dtype, axes), Operand(dtype, axes, "out"), Operand(dtype, row, "out"),
        Operand(dtype, (-1,) * ndim, "acc"), Operand(dtype, row, "temp"), Operand(dtype, row, "temp"),
    )  # fmt: skip
    shifted = (load(0, operands), load(4, operands), apply("sub", dtype, 0, 1), apply("exp", dtype, 2))
    logarithm = (load(5, operands), apply("log", dtype, 0), load(4, operands), apply("add", dtype, 1, 2))
    phases = (
        Phase((load(0, operands),), (), ((0, 4, "maximum"),)),
        Phase(shifted, ((3, 1),), ((3, 5, "add"),)),
        Phase((load(1, operands), load(5, operands), apply("true_div", dtype, 0, 1)), ((2, 1),)),
        Phase(logarithm, ((3, 2),), ((3, 3, "add"),)),
    )
    return LoopNest(ndim, inner, operands, phases)


def guessed(reduced):
    """Sums of x - the largest of the first points where that is less than 1, to show what is tried; else sums of x."""
    axes, inner = (0, 1), tuple(d in reduced for d in range(2))
    row = kept(2, reduced)
    operands = (
        Operand("float64", axes), Operand("float64", row, "acc"), Operand("float64", row, "temp"),
        Operand("bool", row, "temp"), Operand("float64", row, "temp"),
    )  # fmt: skip
    top = (load(2, operands), literal(1.0, "float64"), Value(TABLE["lt"], (0, 1), "bool"))
    shifted = (load(0, operands), load(2, operands), apply("sub", "float64", 0, 1))
    choice = (load(3, operands), load(4, operands), load(1, operands), apply("switch", "float64", 0, 1, 2))
    phases = (
        Phase((load(0, operands),), (), ((0, 2, "maximum"),), head=True, tries=True),
        Phase(top, ((2, 3),), tries=True),
        Phase(shifted, (), ((2, 4, "add"),), tries=True),
        Phase((load(0, operands),), (), ((0, 1, "add"),), unless=3),
        Phase(choice, ((3, 1),), tries=True),
    )
    return LoopNest(2, inner, operands, phases)


def fill(dtype):
    """alloc(x, n, m), and 3 * nan beside it."""
    operands = (Operand(dtype, (-1, 0)), Operand(dtype, (0, 1), "out"), Operand("float64", (1, 0), "out"))
    body = (load(0, operands), literal(math.nan, "float64"))
    return LoopNest(2, (False, False), operands, (Phase(body, ((0, 1), (1, 2))),), (0, 1))


def cast(source, target):
    operands = (Operand(source, (0,)), Operand(target, (0,), "out"))
    return LoopNest(1, (False,), operands, (Phase((load(0, operands),), ((0, 1),)),))



class Compiled:
    """Nests by name, compiled in one library; call it with a name and the inputs."""

    def __init__(self, table):
        self.table = table
        self.runner = Runner(list(table.values()))
        self.numbers = {name: number for number, name in enumerate(table)}

    def __call__(self, name, *arrays):
        return self.runner(self.numbers[name], *arrays)


@pytest.fixture(scope="module")
def nests():
    """All nests of this file but plain reductions."""
    table = {("elementwise", dtype): elementwise(dtype) for dtype in DTYPES}
    table |= {("elementwise", "float64", n): elementwise("float64", n) for n in (0, 1, 3)}
    table |= {("inplace",): elementwise("float64", 2, inplace=0)}
    table |= {("fill", dtype): fill(dtype) for dtype in ("float64", "int8", "complex128")}
    for reduced in ((0,), (1,), (0, 1), (2,), (0, 2), (0, 1, 2)):
        table[("softmax", reduced)] = softmax("float64", 3, reduced)
        table[("fused", reduced)] = fused("float64", 3, reduced, (1,))
    table |= {("guessed", reduced): guessed(reduced) for reduced in ((0,), (1,))}
    table |= {("cast", s, t): cast(s, t) for s in ("float64", *SMALL, "int32", "complex64")
              for t in (*SMALL, "bool", "float32", "int64")}  # fmt: skip
    return Compiled(table)


def draw_array(rng, shape, dtype, layout):
    """Random numbers of any dtype with the given memory layout."""
    kind = np.dtype(dtype).kind
    if kind in "iub":
        big = rng.integers(0, 2 if kind == "b" else 9, [2 * n for n in shape]).astype(dtype)
    else:
        big = rng.standard_normal([2 * n for n in shape]).astype(dtype)
    x = big[tuple(slice(0, n) for n in shape)]
    if layout == "C":
        return np.ascontiguousarray(x)
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "step":
        return big[tuple(slice(0, None, 2) for _ in shape)]
    return np.ascontiguousarray(x)[tuple(slice(None, None, -1) for _ in shape)]


LAYOUTS = st.sampled_from(["C", "F", "step", "back"])
EXTENTS = st.sampled_from([0, 1, 2, 3, 7, 20, 33])


def agree(got, wanted, dtype="float64", scale=1.0):
    rtol = TOLERANCE.get(dtype, 1e-11) * scale
    for g, w in zip(got, wanted, strict=True):
        assert g.shape == w.shape and g.dtype == w.dtype
        if g.dtype == "bfloat16":
            g, w = g.astype("float32"), w.astype("float32")
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(dtype=st.sampled_from(DTYPES), shape=st.tuples(EXTENTS, EXTENTS), layouts=st.tuples(LAYOUTS, LAYOUTS),
       ones=st.tuples(*[st.booleans()] * 4))  # fmt: skip
def test_elementwise_loops_agree_with_numpy(nests, dtype, shape, layouts, ones):
    table, run = nests.table, nests
    rng = np.random.default_rng(1)
    shapes = [[1 if one else n for one, n in zip(o, shape, strict=True)] for o in (ones[:2], ones[2:])]
    arrays = [draw_array(rng, s, dtype, layout) for s, layout in zip(shapes, layouts, strict=True)]
    name = ("elementwise", dtype)
    agree(run(name, *arrays), run_numpy(table[name], arrays), dtype)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(reduced=st.sampled_from([(0,), (1,), (0, 1), (2,), (0, 2), (0, 1, 2)]),
       shape=st.tuples(EXTENTS, EXTENTS, EXTENTS), layouts=st.tuples(LAYOUTS, LAYOUTS))  # fmt: skip
def test_fused_reductions_agree_with_numpy(nests, reduced, shape, layouts):
    table, run = nests.table, nests
    rng = np.random.default_rng(2)
    x, y = draw_array(rng, shape, "float64", layouts[0]), draw_array(rng, shape[::-1], "float64", layouts[1])
    name = ("fused", reduced)
    if shape[1] == 0:
        with pytest.raises(NestError, match="bad value"):
            run(name, x, y)
        return
    agree(run(name, x, y), run_numpy(table[name], [x, y]))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(reduced=st.sampled_from([(0,), (1,), (0, 1), (2,), (0, 2), (0, 1, 2)]),
       shape=st.tuples(*[EXTENTS.filter(bool)] * 3), layout=LAYOUTS)  # fmt: skip
def test_phases_agree_with_numpy(nests, reduced, shape, layout):
    table, run = nests.table, nests
    x = draw_array(np.random.default_rng(3), shape, "float64", layout)
    name = ("softmax", reduced)
    agree(run(name, x), run_numpy(table[name], [x]))


KINDS = {"add": DTYPES, "mul": DTYPES, "maximum": DTYPES, "minimum": DTYPES, "and": DTYPES[:9], "or": DTYPES[:9]}


@pytest.mark.parametrize(("kind", "dtype"), [(kind, dtype) for kind in KINDS for dtype in KINDS[kind]])
def test_reductions_agree_with_numpy(kind, dtype):
    subsets = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    runner = Runner([reduction(dtype, kind, 3, reduced) for reduced in subsets])
    rng = np.random.default_rng(4)
    for shape in ((3, 5, 7), (2, 70, 3), (40, 3, 130), (1, 1, 2000), (5, 1, 1)):
        for layout in ("C", "F", "step", "back"):
            x = draw_array(rng, shape, dtype, layout)
            if kind == "mul" and kind_of(dtype) in "fc":
                x = (x / (2 * abs(x) + x.dtype.type(0.1)) + x.dtype.type(0.6)).astype(dtype)
            for number, nest in enumerate(runner.nests):
                got, wanted = runner(number, x), run_numpy(nest, [x])
                agree(got, wanted, dtype, scale=100 if is_small(dtype) else 10)


def test_zero_dimensional_and_empty(nests):
    run = nests
    assert run(("elementwise", "float64", 0), np.array(3.0), np.array(2.0)) == [9.0]
    for shape in ((0, 4), (4, 0)):
        x = np.zeros(shape)
        assert run(("elementwise", "float64"), x, x)[0].shape == shape
    runner = Runner([reduction("float64", "mul", 2, (0,)), reduction("float64", "minimum", 2, (0,))])
    np.testing.assert_array_equal(runner(0, np.zeros((0, 4)))[0], np.ones(4))
    assert runner(1, np.zeros((3, 0)))[0].shape == (0,)
    with pytest.raises(NestError, match="bad value"):
        runner(1, np.zeros((0, 4)))


def test_mismatch_names_axis_and_operands(nests):
    run = nests
    with pytest.raises(NestError) as info:
        run(("elementwise", "float64"), np.zeros((3, 4)), np.zeros((3, 5)))
    assert info.value.args == ("shape mismatch", 1, 0, 1)


@pytest.mark.parametrize("rows", [1, 2, 40, 3000])
@pytest.mark.parametrize("reduced", [(0,), (1,)])
def test_phases_are_left_out_where_another_one_says_so(nests, reduced, rows):
    rng = np.random.default_rng(rows)
    for scale in (0.1, 1, 10):
        x = scale * rng.standard_normal((rows, 100))
        x = x if reduced == (1,) else x.T
        for value in (x, np.asfortranarray(x), np.flip(x, 1 - reduced[0])):
            got, = nests(("guessed", reduced), value)
            np.testing.assert_allclose(got, run_numpy(guessed(reduced), [value])[0], 1e-12, 1e-11)


@pytest.mark.parametrize("reduced", [(0,), (1,)])
def test_nothing_is_tried_for_short_rows(nests, reduced):
    for n in (0, 3, 63):
        x = np.random.default_rng(0).standard_normal((50, n) if reduced == (1,) else (n, 50))
        np.testing.assert_allclose(nests(("guessed", reduced), x)[0], x.sum(reduced), 1e-12, 1e-12)


@pytest.mark.parametrize("other", ["alike", "compact", "one row", "one column", "strided", "wider"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize(("n", "gap"), [(1, 1), (3, 1), (4, 1), (8, 1), (8, 2), (10, 3), (15, 3), (16, 2)])
@pytest.mark.parametrize(("rows", "shift"), [(1, False), (2, True), (3, False), (90, True), (90, False), (400, True)])
def test_short_rows_with_gaps(nests, n, gap, rows, shift, other, dtype):
    """What lies between rows is neither used nor changed."""
    rng = np.random.default_rng([n, gap, rows])
    around = (100 * rng.standard_normal((rows, n + gap))).astype(dtype)
    inside = slice(gap, None) if shift else slice(n)
    x = around[:, inside]
    y = {
        "alike": np.array(around)[:, inside], "compact": np.array(x),
        "one row": np.broadcast_to(np.array(x[0]), (rows, n)),
        "one column": np.broadcast_to(np.array(x[:, :1]), (rows, n)), "strided": np.repeat(x, 2, axis=1)[:, ::2],
        "wider": np.zeros((rows, n + gap + 1), dtype)[:, 1:n + 1],
    }[other]
    expected = x * y + x
    np.testing.assert_array_equal(nests(("elementwise", dtype), x, y)[0], expected)
    if dtype == "float64":
        before = around.copy()
        got, = nests(("inplace",), x, y)
        assert np.shares_memory(got, around)
        np.testing.assert_array_equal(got, expected)
        before[:, inside] = expected
        np.testing.assert_array_equal(around, before)


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex128"])
def test_extents_from_arguments(nests, dtype):
    table, run = nests.table, nests
    for x in (np.arange(5).astype(dtype), np.ones(1, dtype)):
        agree(run(("fill", dtype), x, 3, 5), run_numpy(table["fill", dtype], [x, 3, 5]))
    with pytest.raises(NestError, match="mismatch"):
        run(("fill", dtype), np.ones(4, dtype), 3, 5)
    with pytest.raises(NestError, match="bad value"):
        run(("fill", dtype), np.ones(1, dtype), 3, -1)


@pytest.mark.parametrize("view", [
    lambda m: (m[:50, :50], m[:50, :50].T), lambda m: (m[:50], m[1:51]), lambda m: (m[1:], m[:-1]),
    lambda m: (m[:, :30], m[:, :30]), lambda m: (m, m[:1]), lambda m: (m[::-1], m),
])  # fmt: skip
def test_in_place_with_overlapping_inputs(nests, view):
    table, run = nests.table, nests
    memory = np.random.default_rng(5).standard_normal((60, 50))
    x, y = view(memory)
    wanted = run_numpy(table["inplace",], [x.copy(), y.copy()])[0]
    run(("inplace",), x, y)
    np.testing.assert_allclose(x, wanted)


def test_in_place_falls_back_where_the_input_is_broadcast(nests):
    table, run = nests.table, nests
    x, y = np.ones((1, 4)), np.arange(12.0).reshape(3, 4)
    agree(run(("inplace",), x, y), run_numpy(table["inplace",], [x, y]))
    np.testing.assert_array_equal(x, np.ones((1, 4)))


@pytest.mark.parametrize("dtype", SMALL)
def test_conversions_of_floats_of_16_bits_are_exact(nests, dtype):
    run = nests
    every = np.arange(1 << 16, dtype="uint16").view(dtype)
    wide = run(("cast", dtype, "float32"), every)[0]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(wide, every.astype("float32"))
        floats = np.concatenate([wide.astype("float64") * f for f in (1.0, 1 + 2.0**-8, 1 + 2.0**-9, 1 + 2.0**-11,
                                                                      1 + 2.0**-12, 0.75)])
        rounded = floats.astype("float32").astype(dtype)
    got = run(("cast", "float64", dtype), floats)[0]
    is_nan = np.isnan(floats)
    np.testing.assert_array_equal(got.view("uint16")[~is_nan], rounded.view("uint16")[~is_nan])
    assert np.isnan(got[is_nan].astype("float64")).all()



def test_casts_are_those_of_astype(nests):
    table, run = nests.table, nests
    rng = np.random.default_rng(6)
    for name in table:
        if name[0] == "cast":
            x = draw_array(rng, (100,), name[1], "C")
            x[:3] = 0
            wanted = x.real.astype(name[2]) if name[2] != "bool" else x.astype("bool")
            np.testing.assert_array_equal(run(name, x)[0], wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [100, 1000, 10**5, 10**6])
def test_sums_are_at_least_as_exact_as_pairwise_ones(dtype, n):
    runner = Runner([reduction(dtype, "add", 1, (0,))])
    rng = np.random.default_rng(n)
    ours = theirs = 0.0
    for _ in range(10):
        x = (rng.random(n) + 0.5).astype(dtype)
        exact = math.fsum(x)
        ours += abs(float(runner(0, x)[0]) - exact)
        theirs += abs(float(x.sum()) - exact)
    assert ours <= theirs + 10 * np.spacing(x.dtype.type(exact)) / 2


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("kind", ["add", "maximum", "minimum"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_in_reductions(dtype, kind, value):
    runner = Runner([reduction(dtype, kind, 2, reduced) for reduced in ((0,), (1,), (0, 1))])
    for position in (0, 5, 2000, -1):
        for shape in ((3, 5000), (5000, 3), (15000, 1)):
            x = np.ones(shape, dtype)
            x.reshape(-1)[position] = value
            for number, nest in enumerate(runner.nests):
                with np.errstate(all="ignore"):
                    agree(runner(number, x), run_numpy(nest, [x]), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["maximum", "minimum"])
@pytest.mark.parametrize("rows, columns", [(4, 5), (9, 1030), (1023, 40), (64, 3)])
def test_extremes_of_columns(dtype, kind, rows, columns):
    """Infinities of both signs look like nan to the quick way, and a nan counts wherever it stands."""
    runner = Runner([reduction(dtype, kind, 2, (0,))])
    rng = np.random.default_rng(rows)
    plain = rng.standard_normal((rows, columns)).astype(dtype)
    infinite, missing = plain.copy(), plain.copy()
    infinite[rng.integers(0, rows, 6), rng.integers(0, columns, 6)] = [np.inf, -np.inf] * 3
    infinite[1, 0], infinite[2, 0] = np.inf, -np.inf
    missing[rng.integers(0, rows, 3), rng.integers(0, columns, 3)] = np.nan
    missing[rows - 1, columns - 1] = np.nan
    for value in (plain, infinite, missing, missing[::-1], np.full_like(plain, -np.inf)):
        np.testing.assert_array_equal(runner(0, value)[0].reshape(-1), getattr(np, kind).reduce(value, axis=0))


# -- threads


@pytest.fixture
def threads():
    """Sets the number of threads of the driver; back to one afterwards."""
    yield lambda n: driver().th_set_num_threads(n, n)
    driver().th_set_num_threads(1, 1)


def test_threads_give_the_same_results_every_time(nests, threads):
    run = nests
    rng = np.random.default_rng(7)
    cases = [(("elementwise", "float64"), [rng.random((2000, 600)), rng.random((1, 600))]),
             (("fused", (0, 1)), [rng.random((50, 60, 400)), rng.random((400, 60, 50))]),
             (("fused", (0, 1, 2)), [rng.random((500, 600, 4)), rng.random((4, 600, 500))]),
             (("softmax", (2,)), [rng.random((300, 20, 200))])]  # fmt: skip
    for name, arrays in cases:
        threads(1)
        alone = run(name, *arrays)
        threads(3)
        first, second = run(name, *arrays), run(name, *arrays)
        agree(first, alone)
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)


def test_each_piece_runs_once_also_after_a_fork(threads):
    threads(4)
    check_pieces()
    child = os.fork()
    if child == 0:
        try:
            check_pieces()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def check_pieces():
    for n in (0, 1, 3, 100):
        seen = np.zeros(n, "int64")
        driver().shim_parallel(seen.ctypes.data, n)
        assert (seen == 1).all()


@pytest.mark.parametrize("narrow, wide, kind", sorted(ir.WIDENINGS))
@pytest.mark.parametrize("shape", [(3, 5, 7), (40, 3, 90), (2, 600, 5)])
def test_narrow_elements_are_widened_before_they_are_reduced(narrow, wide, kind, shape):
    subsets = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    nests = []
    for reduced in subsets:
        operands = (Operand(narrow, (0, 1, 2)), Operand(wide, kept(3, reduced), "acc"))
        phase = Phase((load(0, operands),), (), ((0, 1, kind),))
        nests.append(LoopNest(3, tuple(d in reduced for d in range(3)), operands, (phase,)))
    runner = Runner(nests)
    assert not any(map(ir.needs_kernel, nests))
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, shape) if narrow.startswith("float") else rng.integers(0, 120, shape)
    x = x.astype(narrow)
    for number, nest in enumerate(nests):
        for view in (x, np.asfortranarray(x), x[::-1, ::2]):
            expected, = run_numpy(nest, [view])
            np.testing.assert_allclose(runner(number, view)[0], expected, rtol=1e-5 if wide == "float32" else 1e-12)


def test_new_values_are_laid_out_as_the_loop_runs():
    runner = Runner([reduction("float64", "maximum", 3, (1,))])
    x = np.asfortranarray(np.random.default_rng(0).normal(size=(4, 5, 6)))
    found, = runner(0, x)
    np.testing.assert_array_equal(found, x.max(axis=1))
    assert found.flags.f_contiguous


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex64"])
def test_reductions_of_reversed_axes(dtype, threads):
    """Arrays are read forwards; results that come out backwards are turned around."""
    subsets = [s for k in range(1, 4) for s in itertools.combinations(range(3), k)]
    kinds = ("add", "mul") if dtype.startswith("complex") else ("add", "maximum")
    nests = [reduction(dtype, kind, 3, reduced) for reduced in subsets for kind in kinds]
    runner = Runner(nests)
    rng = np.random.default_rng(0)
    for shape in ((4, 5, 6), (3, 70, 40), (40, 1, 3)):
        x = (1 + 0.1 * rng.normal(size=shape)).astype(dtype)
        views = [given[s] for given in (x, np.asfortranarray(x), x.transpose(1, 0, 2).copy().transpose(1, 0, 2))
                 for s in itertools.product((slice(None), slice(None, None, -1)), repeat=3)]
        for number, nest in enumerate(nests):
            for view in views:
                agree(runner(number, view), run_numpy(nest, [view]), dtype)
    threads(3)
    x = (1 + 0.1 * rng.normal(size=(200, 40, 600))).astype(dtype)[::-1, ::-1, ::-1]     # in pieces
    for number in (0, 2 * len(kinds)):
        agree(runner(number, x), run_numpy(nests[number], [x]), dtype)
