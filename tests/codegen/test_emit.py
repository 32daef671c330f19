"""What is printed for a loop nest, and that compilers take it."""

import math
import shutil
import subprocess

import numpy as np
import pytest

from theano.codegen import nest as ir
from theano.codegen.dialects import c
from theano.codegen.emit import computation_dtype, emit_library
from theano.codegen.nest import Literal, LoopNest, Operand, Phase, Value, encode, literal, load
from theano.scalar.table import TABLE


def unary(name, dtype, out=None, ndim=1):
    """out = row(x)"""
    axes = tuple(range(ndim))
    operands = (Operand(dtype, axes), Operand(out or dtype, axes, "out"))
    body = (load(0, operands), Value(TABLE[name], (0,), out or dtype))
    return LoopNest(ndim, (False,) * ndim, operands, (Phase(body, ((1, 1),)),))


def total(dtype, acc=None, name=None):
    """sum(row(x)), in another dtype perhaps"""
    operands = (Operand(dtype, (0,)), Operand(acc or dtype, (-1,), "acc"))
    body = [load(0, operands)]
    if name:
        body.append(Value(TABLE[name], (0,), dtype))
    phase = Phase(tuple(body), (), ((len(body) - 1, 1, "add"),))
    return LoopNest(1, (True,), operands, (phase,))


def compared(dtype, name="lt"):
    """out = row(x, y)"""
    operands = (*(Operand(dtype, (0,)) for _ in range(2)), Operand("bool", (0,), "out"))
    body = (load(0, operands), load(1, operands), Value(TABLE[name], (0, 1), "bool"))
    return LoopNest(1, (False,), operands, (Phase(body, ((2, 2),)),))


def constant(value, dtype):
    operands = (Operand(dtype, (0,), "out"),)
    return LoopNest(1, (False,), operands, (Phase((literal(value, dtype),), ((0, 0),)),), (0,))


SAMPLES = [
    unary("exp", "float64"), unary("exp", "float32"), unary("exp", "float16"), unary("sqrt", "complex64"),
    unary("abs_", "complex128", "float64"), unary("isnan", "float32", "bool"), unary("neg", "int8"),
    unary("cast_bool", "float64", "bool"), unary("cast_float16", "int64", "float16"), unary("floor", "float64"),
    total("float32", "float64"), total("float64", name="sqr"), constant(math.nan, "float32"),
    constant(-math.inf, "float64"), constant(complex(1, -math.inf), "complex64"), constant(-(2**63), "int64"),
    constant(2**64 - 1, "uint64"), constant(True, "bool"), constant(0.1, "float16"),
    *(compared(dtype) for dtype in ("float64", "float32", "float16", "int64", "int32", "uint8")),
]  # fmt: skip


@pytest.mark.parametrize("machine", [[], ["-march=native"]])
@pytest.mark.parametrize("command", [name for name in ("gcc", "clang") if shutil.which(name)])
def test_source_compiles_without_a_warning(command, machine, tmp_path):
    source, _ = emit_library(SAMPLES)
    assert "#include" not in source
    warnings = ["-Wall", "-Wextra", "-Werror"]
    call = [command, *c.FLAGS, *machine, *warnings, "-fPIC", "-c", "-x", "c", "-", "-o", str(tmp_path / "k.o")]
    subprocess.run(call, input=source, text=True, check=True)


def test_text_depends_on_the_nests_only():
    again = [unary("exp", "float64"), total("float64", name="sqr")]
    assert emit_library(again) == emit_library([unary("exp", "float64"), total("float64", name="sqr")])


def test_identical_kernels_are_printed_once():
    flat, deep = unary("exp", "float64"), unary("exp", "float64", ndim=3)
    source, symbols = emit_library([flat, deep, unary("exp", "float64")])
    assert symbols == {flat: "k0", deep: "k0"}
    assert source.count("int k") == 1


def test_reductions_of_what_is_in_memory_need_no_kernel():
    assert not ir.needs_kernel(total("float64"))
    assert emit_library([total("float64")])[1] == {}
    assert not ir.needs_kernel(total("float32", "float64"))
    assert ir.needs_kernel(total("int32", "float64"))


def test_kernels_whose_time_memory_sets_are_marked():
    operands = (Operand("float64", (0,)), Operand("float64", (0,), "out"))
    for name, words in (("neg", "TH_LIGHT TH_SINGLE "), ("sqrt", "TH_SINGLE "), ("exp", "")):
        phase = Phase((load(0, operands), Value(TABLE[name], (0,), "float64")), ((1, 1),))
        assert f"\n{words}int " in emit_library([LoopNest(1, (False,), operands, (phase,))])[0]


@pytest.mark.parametrize(("condition", "dtype", "words"), [
    ("int8", "float64", ()), ("int8", "int8", ("light", "single")), ("float64", "float64", ("light", "single"))])
def test_kernels_that_load_conditions_smaller_than_what_they_choose_are_not_marked(condition, dtype, words):
    operands = (Operand(condition, (0,)), Operand(dtype, (0,)), Operand(dtype, (0,)), Operand(dtype, (0,), "out"))
    body = (*(load(k, operands) for k in range(3)), Value(TABLE["switch"], (0, 1, 2), dtype))
    assert ir.work_of(LoopNest(1, (False,), operands, (Phase(body, ((3, 3),)),))) == words


def test_kernels_that_compare_are_marked_as_light_only():
    operands = (Operand("float64", (0,)), Operand("float64", (0,)), Operand("bool", (0,), "out"))
    body = (load(0, operands), load(1, operands), Value(TABLE["lt"], (0, 1), "bool"))
    assert ir.work_of(LoopNest(1, (False,), operands, (Phase(body, ((2, 2),)),))) == ("light",)


def test_a_stored_value_is_accumulated_from_where_it_was_stored():
    operands = (Operand("float64", (0,)), Operand("float64", (0,), "out"), Operand("float64", (-1,), "acc"))
    phase = Phase((load(0, operands), Value(TABLE["log1p"], (0,), "float64")), ((1, 1),), ((1, 2, "add"),))
    nest = LoopNest(1, (True,), operands, (phase,))
    assert ir.source(nest, phase, 1, 2, "add") == 1
    assert emit_library([nest])[0].count("[j] =") == 1


@pytest.mark.parametrize(("value", "dtype", "text"), [
    (0.1, "float64", "0x1.999999999999ap-4"), (0.1, "float32", "0x1.99999a0000000p-4f"),
    (math.inf, "float64", "__builtin_inf()"), (-math.inf, "float32", "-__builtin_inff()"),
    (math.nan, "float64", '__builtin_nan("")'), (-0.0, "float64", "-0x0.0p+0"), (7, "int64", "7LL"),
    (-(2**63), "int64", "(-9223372036854775807LL - 1)"), (2**64 - 1, "uint64", "18446744073709551615ULL"),
    (-128, "int8", "(-127 - 1)"), (np.float64(2), "bool", "1"), (300, "uint8", "44"),
    (1 + 2j, "complex64", "__builtin_complex(0x1.0000000000000p+0f, 0x1.0000000000000p+1f)"),
])  # fmt: skip
def test_constants_are_exact(value, dtype, text):
    assert c.literal(value, dtype) == text


def test_literals_tell_signed_zeros_and_types_apart():
    assert Literal(0.0) != Literal(-0.0)
    assert Literal(1) != Literal(True)
    assert Literal(math.nan) == Literal(float("nan"))
    assert constant(0.0, "float64") != constant(-0.0, "float64")


@pytest.mark.parametrize(("dtypes", "out", "wanted"), [
    (("int8", "float32"), "float32", "float32"), (("int32", "float32"), "bool", "float64"),
    (("bool", "bool"), "bool", "bool"), (("complex64",), "float32", "complex64"),
    (("float32",), "complex64", "complex64"), (("int8", "int8"), "float64", "float64"),
])  # fmt: skip
def test_dtype_of_the_computation(dtypes, out, wanted):
    assert computation_dtype(TABLE["add"], dtypes, out) == wanted


def test_conditions_have_no_part_in_the_dtype_of_the_computation():
    assert computation_dtype(TABLE["switch"], ("complex64", "uint64", "uint64"), "uint64") == "uint64"


def test_rows_without_c_are_refused():
    with pytest.raises(NotImplementedError, match="sgn"):
        emit_library([unary("sgn", "complex128", "complex128")])


MALFORMED = [
    (lambda: LoopNest(1, (False,), (Operand("object", (0,)),), ()), "dtype object"),
    (lambda: LoopNest(1, (False,), (Operand("float64", (0, 1)),), ()), "one entry of axes"),
    (lambda: LoopNest(2, (False,) * 2, (Operand("float64", (0, 0)),), ()), "two loop axes"),
    (lambda: LoopNest(1, (True,), (Operand("float64", (-1,), "acc"),), ()), "accumulators are accumulated"),
    (lambda: LoopNest(1, (False,), (Operand("int8", (0,)), Operand("float64", (0,), "out", 0)), ()), "same dtype"),
    (lambda: LoopNest(1, (False,), (Operand("float64", (-1,), "temp"), Operand("float64", (0,))), ()), "come last"),
]


@pytest.mark.parametrize(("make", "message"), MALFORMED)
def test_malformed_nests_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_encoding_is_plain_integers():
    for nest in SAMPLES:
        words = encode(nest)
        assert all(type(w) is int for w in words)
        ndim, count = nest.ndim, len(nest.operands)
        assert len(words) == 5 + 2 * ndim + count * (5 + ndim) + 8 * len(nest.phases)


def chain(*names, dtype="float32", ndim=1):
    """out = f(g(... (x))) of the rows with these names, the innermost first"""
    axes = tuple(range(ndim))
    operands = (Operand(dtype, axes), Operand(dtype, axes, "out"))
    body = [load(0, operands)]
    for name in names:
        body.append(Value(TABLE[name], (len(body) - 1,), dtype))
    return LoopNest(ndim, (False,) * ndim, operands, (Phase(tuple(body), ((len(body) - 1, 1),)),))


@pytest.mark.parametrize("names, loops", [
    (["tanh"], 1), (["neg", "tanh", "neg"], 1), (["tanh", "sigmoid"], 2), (["tanh", "neg", "sigmoid", "neg", "erf"], 3),
    (["tanh"] * 4, 4), (["tanh"] * 5, 1),
])  # fmt: skip
def test_long_functions_of_long_functions_have_loops_of_their_own(names, loops):
    source, symbols = emit_library([chain(*names)])
    kernel = source[source.index(f"int {next(iter(symbols.values()))}("):]
    assert kernel.count("#pragma omp simd") == loops
