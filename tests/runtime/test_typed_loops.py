"""The loops that are built with this package, and nests run with them, against NumPy: on every level of this CPU."""

import subprocess
import sys

import ml_dtypes  # noqa: F401  with it NumPy knows bfloat16
import numpy as np
import pytest

from theano.codegen import nest as ir
from theano.codegen.blocks import LoopSet, Uncovered
from theano.codegen.nest import Literal, LoopNest, Operand, Phase, Value, load, run_numpy
from theano.codegen.program import Program
from theano.codegen.typed import COMPUTED, LEVELS, typed_loops
from theano.runtime import native
from theano.runtime.native import _machine
from theano.scalar.dtype import SMALL, kind_of
from theano.scalar.table import TABLE

LENGTHS = (0, 1, 15, 16, 1023, 1024, 1025, 2500)
LOOPS = typed_loops()
LISTED = 2                  # what a machine's callable returns: a list
ULPS = {"float16": 4e-3, "bfloat16": 2e-2, "float32": 2e-6, "float64": 1e-13, "complex128": 1e-13}


@pytest.fixture(params=range(len(LEVELS)), ids=list(LEVELS))
def level(request):
    """Loops of each level that this CPU has."""
    if _machine.limit_level(request.param) == request.param:
        yield request.param
    else:
        yield 0
    _machine.limit_level(len(LEVELS) - 1)


class Runner:
    """A nest on a machine of its own."""

    def __init__(self, nest):
        roles = [o.role for o in nest.operands]
        operands = [k for k, role in enumerate(roles) if role != "temp"]
        extents = sum(e is not None for e in nest.extents)
        slots = [slot(k, o) for k, o in enumerate(nest.operands) if o.role != "temp"]
        slots += [("int64", 0, "input", -1, len(operands) + e, 0) for e in range(extents)]
        numbers = list(range(len(slots)))
        ins = [k for k in numbers if k >= len(operands) or roles[k] == "in"]
        outs = [k for k in numbers if k not in ins]
        code = [("loop", ins, outs, numbers, ir.encode(nest), native.loop_set().assemble(nest), 0)]
        overwritten = sorted({o.inplace for o in nest.operands} - {None})
        program = Program(slots, code, ins, outs, [], [], 0, overwritten, -1, [])
        self.machine = native.make_machine(program, [None] * len(ins), len(ins), None)
        self.callable = _machine.Callable()
        self.callable._attach(self.machine, 0, 0, LISTED)

    def __call__(self, arrays):
        return self.callable._run([np.asarray(a) for a in arrays])


def slot(k, operand):
    ndim = sum(axis >= 0 for axis in operand.axes)
    if operand.inplace is not None:
        return (operand.dtype, ndim, "view", -1, operand.inplace, 0)
    return (operand.dtype, ndim, "input" if operand.role == "in" else "array", -1, k, 0)


def check(nest, runner, arrays, tolerance=None):
    """In-place outputs overwrite copies."""
    wanted = run_numpy(nest, [np.array(a) for a in arrays])
    got = runner([np.array(a) for a in arrays])
    for g, w in zip(got, wanted, strict=True):
        assert g.dtype == w.dtype and g.shape == w.shape
        rtol = ULPS.get(w.dtype.name, 0) if tolerance is None else tolerance
        if g.dtype == "bfloat16":
            g, w = g.astype("float32"), w.astype("float32")
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol)


def draw(rng, dtype, shape, low=-9.0, high=9.0):
    kind = kind_of(dtype)
    numbers = rng.uniform(low, high, shape)
    if kind in "iu":
        return (np.abs(np.round(numbers)) if kind == "u" else np.round(numbers)).astype(dtype)
    return (numbers > 0).astype(dtype) if kind == "b" else numbers.astype(dtype)


# -- loops --------------------------------------------------------------------------------------------------


def test_the_extension_has_the_loops_of_the_tables():
    assert list(_machine.loop_names()) == list(LOOPS)
    assert set(_machine.loop_names()) == set(native.loop_set().numbers)


@pytest.mark.parametrize("name", LOOPS)
def test_loop_is_numpys(name, level):
    nest = LOOPS[name]
    op, rng = nest.phases[0].body[-1].op, np.random.default_rng(len(name))
    runner, inputs = Runner(nest), nest.operands[:-1]
    for n in LENGTHS:
        arrays = [draw(rng, o.dtype, (n,) if o.axes == (0,) else (), *domain_of(op, k)) for k, o in enumerate(inputs)]
        if "to uint" in name:                       # C does not say what becomes of negative numbers
            arrays = [abs(a) for a in arrays]
        check(nest, runner, arrays + [n] * ("s" in name.split()[-1] and len(inputs) == 1))


def domain_of(op, k):
    domain = getattr(op, "domain", (-9.0, 9.0))
    return domain[k] if isinstance(domain[0], tuple) else domain


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sin", "cos", "tan", "exp", "log", "sqrt", "true_div", "maximum", "isnan", "isinf"])
def test_special_values(name, dtype, level):
    row = TABLE[name]
    n = row.nin
    special = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-310, 1e30, -1e30], dtype)
    axes = [Operand(dtype, tuple(0 if d == k else -1 for d in range(n))) for k in range(n)]
    out = row.output_dtype(*[dtype] * n)
    operands = (*axes, Operand(out, tuple(range(n)), "out"))
    body = (*(load(k, operands) for k in range(n)), Value(row, tuple(range(n)), out))
    nest = LoopNest(n, (False,) * n, operands, (Phase(body, ((n, n),)),))
    check(nest, Runner(nest), [special.reshape(-1)] * n)


# -- nests --------------------------------------------------------------------------------------------------

EXACT = ("add", "sub", "mul", "maximum", "minimum", "lt", "eq", "switch", "neg", "abs_", "sqr", "second",
         "cast_float16", "cast_bfloat16", "cast_float32", "cast_float64", "cast_int64", "cast_int32", "cast_bool")
KINDS = ("bool", "int8", "int32", "int64", *SMALL, "float32", "float64")


def random_nest(rng):
    """A nest of one phase with rows of the table that are exact for small whole numbers."""
    ndim = int(rng.integers(1, 3))
    whole = tuple(range(ndim))
    operands = []
    for _ in range(rng.integers(1, 4)):
        axes = tuple(d if rng.random() < 0.8 else -1 for d in whole)
        walked = [d for d in axes if d >= 0]
        operands.append(Operand(str(rng.choice(KINDS)), tuple(walked.index(d) if d >= 0 else -1 for d in axes)))
    operands.append(Operand("float64", whole))                      # so that every axis has an extent
    body = [load(k, operands) for k in range(len(operands))]
    body.append(Value(Literal(3), (), "int8"))
    for _ in range(rng.integers(1, 10)):
        add_value(rng, body)
    stores, accumulations = [], []
    for _ in range(rng.integers(1, 4)):
        value = int(rng.integers(len(body)))
        dtype = body[value].dtype if rng.random() < 0.5 else str(rng.choice(COMPUTED))
        same = [k for k, o in enumerate(operands) if (o.role, o.dtype, o.axes) == ("in", dtype, whole)
                and k not in [p.inplace for p in operands]]
        stores.append((value, len(operands)))
        operands.append(Operand(dtype, whole, "out", int(rng.choice(same)) if same else None))
    if rng.random() < 0.5:
        accumulations.append((int(rng.integers(len(body))), len(operands), str(rng.choice(["add", "maximum"]))))
        operands.append(Operand("float64", (-1, 0)[:ndim], "acc"))
    reduced = (bool(accumulations), False)[:ndim]
    return LoopNest(ndim, reduced, tuple(operands), (Phase(tuple(body), tuple(stores), tuple(accumulations)),))


def add_value(rng, body):
    row = TABLE[str(rng.choice(EXACT))]
    count = int(rng.integers(2, 4)) if row.nin < 0 else row.nin
    args = tuple(int(a) for a in rng.integers(len(body), size=count))
    try:
        out = row.output_dtype(*(body[a].dtype for a in args))
    except TypeError:
        return
    value = Value(row, args, out)
    if native.loop_set().has_row(row, tuple(body[a].dtype for a in args), out) and out in KINDS:
        body.append(value)


@pytest.mark.parametrize("seed", range(150))
def test_random_nests_agree_with_numpy(seed):
    rng = np.random.default_rng(seed)
    nest = random_nest(rng)
    runner = Runner(nest)
    for shape in ((1030, 3), (2, 700), (5, 7), (1, 1), (3000, 1)):
        arrays = []
        for operand in nest.operands:
            if operand.role == "in":
                extents = [n for n, axis in zip(shape, operand.axes) if axis >= 0]
                arrays.append(layout(rng, draw(rng, operand.dtype, extents, 0, 3)))
        check(nest, runner, arrays)


def layout(rng, array):
    """The same numbers, laid out otherwise."""
    if not array.ndim:
        return array
    return (array, np.asfortranarray(array), np.repeat(array, 2, axis=-1)[..., ::2])[rng.integers(3)]


def test_outputs_in_place_of_one_another():
    """x, y = y, x + y: what one store overwrites, another value still needs."""
    operands = (Operand("float64", (0,)), Operand("float64", (0,)), Operand("float64", (0,), "out", 0),
                Operand("float64", (0,), "out", 1))
    body = (load(0, operands), load(1, operands), Value(TABLE["add"], (0, 1), "float64"))
    nest = LoopNest(1, (False,), operands, (Phase(body, ((1, 2), (2, 3))),))
    runner = Runner(nest)
    for n in LENGTHS:
        x, y = np.arange(n) * 1.0, np.arange(n) * 10.0
        got = runner([x, y])
        np.testing.assert_array_equal(got[0], np.arange(n) * 10.0)
        np.testing.assert_array_equal(got[1], np.arange(n) * 11.0)


def test_many_values_at_once_need_short_blocks():
    operands = (Operand("float64", (0,)), Operand("float64", (0,), "out"))
    body = [load(0, operands)] + [Value(TABLE["exp"], (k,), "float64") for k in range(1)]
    body += [Value(TABLE["add"], (0, k), "float64") for k in range(1, 201)]
    for k in range(1, 201):
        body.append(Value(TABLE["maximum"], (len(body) - 1, k), "float64"))
    nest = LoopNest(1, (False,), operands, (Phase(tuple(body), ((len(body) - 1, 1),)),))
    check(nest, Runner(nest), [np.linspace(-1, 0, 3000)])


def test_deep_nests_are_no_recursion():
    operands = (Operand("float64", (0,)), Operand("float64", (0,), "out"))
    body = [load(0, operands)] + [Value(TABLE["neg"], (k,), "float64") for k in range(5000)]
    nest = LoopNest(1, (False,), operands, (Phase(tuple(body), ((5000, 1),)),))
    check(nest, Runner(nest), [np.arange(2000.0)])


def test_what_was_not_built_is_refused():
    operands = (Operand("complex128", (0,)), Operand("complex128", (0,), "out"))
    body = (load(0, operands), Value(TABLE["exp"], (0,), "complex128"))
    nest = LoopNest(1, (False,), operands, (Phase(body, ((1, 1),)),))
    with pytest.raises(Uncovered, match="exp complex128"):
        native.loop_set().assemble(nest)
    assert not native.loop_set().has_row(TABLE["exp"], ("complex128",), "complex128")
    assert not LoopSet([]).has_row(TABLE["exp"], ("float64",), "float64")


@pytest.mark.parametrize("change", [lambda w: w[:-1], lambda w: [*w, 0], lambda w: [-1, *w[1:]],
                                    lambda w: [10**9, *w[1:]], lambda w: [*w[:-1], 99], lambda w: [*w[:-2], -1, 1]])
def test_malformed_programs_are_refused(change):
    nest = LOOPS["neg float64 v"]
    words = change(native.loop_set().assemble(nest))
    slots = [("float64", 1, "input", -1, 0, 0), ("float64", 1, "array", -1, 1, 0)]
    program = Program(slots, [("loop", [0], [1], [0, 1], ir.encode(nest), words, 0)], [0], [1], [], [], 0, [], -1, [])
    with pytest.raises(ValueError, match="malformed loop nest"):
        native.make_machine(program, [None], 1, None)


def test_sources_are_written_without_the_package_that_adds_bfloat16():
    """`pip` builds the package where there is nothing but NumPy."""
    code = "import sys; sys.modules['ml_dtypes'] = None; from theano.codegen.typed import sources; print(sources())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "loops_base.c" in done.stdout
