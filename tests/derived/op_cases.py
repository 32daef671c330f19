"""THE TABLE of op instances that the derived tests, and the page `docs/ops.md`, are made from.

To add an op, add a row: ``Case("name", build, [arguments], numpy)``. `build` makes the output, or a list of outputs,
from variables; `numpy` does the same for arrays. An argument is `A("mn")`: letters are extents that tests change,
to 0 and 1 too, digits are extents that stay. `I("k", "m")` are integers below the extent m. The rest of `Case`
says where the op differs from the others, with the reason in words; what is not said is tested: values for every dtype
and layout, natively and in Python, first and second derivatives, forward mode, shapes, pickling.
`tests/derived/test_complete.py` fails for an op class that is in no row and not in `EXEMPT`.
"""

import numpy as np
import op_references as ref
from draws import ALL, COMPLEX, DISCRETE, FLOATS, REAL
from op_case import BLAS, INEXACT, NUMBERS, SIGNED, A, Case, I, distinct, fixed
from op_cases_linalg import LINALG_CASES
from op_cases_nnet import NNET_CASES

import theano.tensor as T
from theano import gradient
from theano.graph.copying import DeepCopyOp, ViewOp
from theano.graph.printout import Print
from theano.scalar.op import ScalarOp
from theano.tensor.advanced import advanced_inc_subtensor1, advanced_set_subtensor1
from theano.tensor.assertion import Assert, KeptChecks
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.breakpoint import PdbBreakpoint
from theano.tensor.careduce import CAReduce, CAReduceDtype, ProdWithoutZeros
from theano.tensor.contiguous import CpuContiguous
from theano.tensor.create import Bartlett, Eye, Tri
from theano.tensor.cumulate import diff
from theano.tensor.diagonal import AllocDiag, ExtractDiag, fill_diagonal, fill_diagonal_offset
from theano.tensor.elemwise import ELEMWISE, DimShuffle, sum_to_shape_of
from theano.tensor.multiindex import ravel_multi_index, unravel_index
from theano.tensor.reduce import Mean, logsumexp
from theano.tensor.repeat import Choose, RepeatOp, Tile, bincount
from theano.tensor.shape import (
    Flatten,
    Shape_i,
    addbroadcast,
    scalar_from_tensor,
    specify_shape,
    tensor_from_scalar,
    unbroadcast,
)
from theano.tensor.sort import Unique, argsort, argtopk, searchsorted, sort, topk, topk_and_argtopk

LATE = "made by rewriting, after gradients were taken"
WHOLE_NUMBERS = "the result is integers"
PLACES = tuple(d for d in DISCRETE if d != "bool")
NUMBERS_REAL = tuple(d for d in REAL if d != "bool")
WORD = "by design not the derivative of its value"

# -- elementwise --------------------------------------------------------------------------------------------------


# As in the original, graphs of these are made for complex numbers, and can't be computed.
NO_COMPLEX_VALUES = ("int_div", "mod", "arctan2", "tri_gamma")
APPROXIMATE = {"ultra_fast_sigmoid": "its gradient is that of the sigmoid that it approximates"}
REAL_DERIVATIVES = dict.fromkeys(("gamma", "gammaln", "psi", "j0", "j1"),
                                 "SciPy has no complex values of what its derivatives are made of")


def accepted(name, args, dtype):
    """Whether a row has values for a dtype."""
    if name in NO_COMPLEX_VALUES and dtype in COMPLEX:
        return False
    try:
        ELEMWISE[name](*(a.variable(dtype) for a in args))
    except TypeError:
        return False
    return True


def row_cases():
    """A case for every row of the scalar table."""
    for name, row in sorted(ScalarOp.table.items()):
        if name not in ELEMWISE or name.startswith("cast_") and name not in ("cast_float64", "cast_complex128"):
            continue
        count = 2 if row.nin < 0 else row.nin
        bounds = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
        args = [A("mn", *b, dtype="bool" if k in row.conditions else None) for k, b in enumerate(bounds)]
        dtypes = tuple(d for d in ("float64", "complex128", "int64") if accepted(name, args, d))
        yield Case(name, ELEMWISE[name], args, row.numpy, dtypes=dtypes, undefined=dict(row.missing),
                   real_only=REAL_DERIVATIVES.get(name, ""), own_gradient=APPROXIMATE.get(name, ""), rough=1e3,
                   flat="the result is piecewise constant" if row.gradient is None else "")


# -- what is written out -------------------------------------------------------------------------------------------


def reductions():
    """Reductions of every rank, along some of their axes."""
    kinds = {
        "sum": (lambda x, axis: x.sum(axis=axis), lambda x, axis: ref.total(x, axis), ALL, ""),
        "prod": (lambda x, axis: x.prod(axis=axis), lambda x, axis: ref.product(x, axis), ALL, ""),
        "max": (lambda x, axis: T.max(x, axis=axis), lambda x, axis: x.max(axis=axis), REAL, ""),
        "min": (lambda x, axis: T.min(x, axis=axis), lambda x, axis: x.min(axis=axis), REAL, ""),
        "all": (lambda x, axis: x.all(axis=axis), lambda x, axis: (x != 0).all(axis=axis), ALL, "the result is bool"),
        "any": (lambda x, axis: x.any(axis=axis), lambda x, axis: (x != 0).any(axis=axis), ALL, "the result is bool"),
    }
    axes = (("", None), ("m", 0), ("mn", 0), ("mn", 1), ("bmn", (0, 2)), ("bmnk", (1, 3)), ("bm1n", None))
    for name, (build, numpy, dtypes, flat) in kinds.items():
        for shape, axis in axes:
            arg = distinct(shape) if name in ("max", "min") else A(shape, 0.5, 1.5) if name == "prod" else A(shape)
            yield Case(f"{name}{len(shape)}_{axis}", lambda x, build=build, axis=axis: build(x, axis), [arg],
                       lambda x, numpy=numpy, axis=axis: numpy(x, axis), dtypes=dtypes, flat=flat)


REDUCED = [
    Case("max_and_argmax", lambda x: T.max_and_argmax(x, axis=1), [distinct("mn")],
         lambda x: [x.max(axis=1), x.argmax(axis=1)], dtypes=REAL),
    Case("argmax", lambda x: T.argmax(x, axis=0), [distinct("mn")], lambda x: x.argmax(axis=0), dtypes=REAL,
         flat=WHOLE_NUMBERS),
    Case("argmin", lambda x: T.argmin(x, axis=1), [distinct("mn")], lambda x: x.argmin(axis=1), dtypes=REAL,
         flat=WHOLE_NUMBERS),
    Case("prod_without_zeros", lambda x: ProdWithoutZeros(axis=0)(x), [A("mn", 0.5, 1.5)],
         lambda x: ref.product(np.where(x == 0, 1, x), 0), dtypes=NUMBERS),
    Case("reduce_minimum", lambda x: CAReduce(ScalarOp.table["minimum"], 1)(x), [distinct("mn")],
         lambda x: x.min(axis=1), dtypes=REAL),
    *(Case(f"reduce_{name}", lambda x, name=name: CAReduce(ScalarOp.table[name], 0)(x), [A("mn")],
           lambda x, f=f: f.reduce(x, axis=0), dtypes=DISCRETE)
      for name, f in (("and_", np.bitwise_and), ("or_", np.bitwise_or), ("xor", np.bitwise_xor))),
    Case("reduce_in_dtype", lambda x: CAReduceDtype(ScalarOp.table["add"], 0)(x), [A("mn")],
         lambda x: ref.total(x, 0), dtypes=ALL),
    Case("sum_to_shape", sum_to_shape_of, [A("mn"), A("1n", moves=False)], lambda g, x: g.sum(axis=0, keepdims=True),
         dtypes=INEXACT),
    Case("mean", lambda x: x.mean(axis=0), [A("mn")], lambda x: x.mean(axis=0)),
    Case("mean_of_all", lambda x: x.mean(), [A("bmn")], lambda x: x.mean(), rough=10),
    Case("var", lambda x: x.var(axis=1), [A("mn")], lambda x: x.var(axis=1), dtypes=NUMBERS_REAL),
    Case("std", lambda x: x.std(ddof=1), [A("5n")], lambda x: x.std(ddof=1),
         dtypes=tuple(d for d in NUMBERS_REAL if d != "float16"), rough=10),     # that becomes float32
    Case("max_of_scalar", lambda x: T.max_and_argmax(x), [A("")], lambda x: [x, np.zeros((), int)], dtypes=REAL),
    Case("argmax_of_all", lambda x: T.argmax(x), [distinct("bmn")], lambda x: np.argmax(x), dtypes=REAL,
         flat=WHOLE_NUMBERS),
    Case("ptp", lambda x: T.ptp(x, axis=1), [distinct("mn")], lambda x: np.ptp(x, axis=1), dtypes=NUMBERS_REAL),
    Case("sum_keeping_axes", lambda x: x.sum(axis=(0, 2), keepdims=True), [A("bmn")],
         lambda x: ref.total(x, (0, 2)).reshape(1, x.shape[1], 1)),
    Case("sum_along_none", lambda x: x.sum(axis=()), [A("mn")],
         lambda x: x.astype(ref.SUMS.get(x.dtype.kind, x.dtype))),
    Case("logsumexp", lambda x: logsumexp(x, axis=1), [A("mn")], lambda x: np.log(np.exp(x).sum(1)) + 0 * x.max(1),
         dtypes=("float32", "float64")),
    Case("cumsum", lambda x: T.cumsum(x, axis=1), [A("mn")], lambda x: ref.running(np.cumsum, x, 1), dtypes=NUMBERS),
    Case("cumsum_flat", lambda x: T.cumsum(x), [A("mn")], lambda x: ref.running(np.cumsum, x, None), dtypes=NUMBERS,
         rough=50),
    Case("cumsum_middle", lambda x: T.cumsum(x, axis=1), [A("bmn")], lambda x: ref.running(np.cumsum, x, 1),
         dtypes=NUMBERS),
    Case("cumsum_first", lambda x: T.cumsum(x, axis=-3), [A("bmn")], lambda x: ref.running(np.cumsum, x, 0),
         dtypes=NUMBERS),
    Case("cumprod_flat", lambda x: T.cumprod(x), [A("mn", 0.5, 1.5)], lambda x: ref.running(np.cumprod, x, None),
         dtypes=NUMBERS, rough=50),
    Case("cumprod", lambda x: T.cumprod(x, axis=0), [A("mn", 0.5, 1.5)], lambda x: ref.running(np.cumprod, x, 0),
         dtypes=NUMBERS),
    Case("cumprod_with_zeros", lambda x: T.cumprod(x, axis=1), [fixed([[1.5, 0, 2, -1], [0, 3, 0, 0.5]], None)],
         lambda x: ref.running(np.cumprod, x, 1), dtypes=("float32", "float64"), sizes=False),
    Case("diff", lambda x: diff(x, n=2, axis=0), [A("kn")], lambda x: np.diff(x, n=2, axis=0),
         dtypes=NUMBERS),
    Case("diff_of_rows", lambda x: diff(x), [A("bm4")], lambda x: np.diff(x), dtypes=NUMBERS),
]

PRODUCTS = [
    Case("dot_vectors", T.dot, [A("k"), A("k")], ref.dot, dtypes=NUMBERS),
    Case("dot_row", T.dot, [A("k"), A("kn")], ref.dot, dtypes=NUMBERS),
    Case("dot_column", T.dot, [A("mk"), A("k")], ref.dot, dtypes=NUMBERS),
    Case("dot", T.dot, [A("mk"), A("kn")], ref.dot, dtypes=NUMBERS),
    Case("dot_of_one_column", T.dot, [A("mk", ones=(1,)), A("kn", ones=(0,))], ref.dot, dtypes=INEXACT),
    Case("tensordot", lambda x, y: T.tensordot(x, y, [[1, 2], [1, 0]]), [A("bmn"), A("nmk")],
         lambda x, y: np.tensordot(x, y, [[1, 2], [1, 0]]), dtypes=NUMBERS, rough=10),
    Case("dot_of_scalar", T.dot, [A(""), A("mn")], lambda x, y: x * y, dtypes=NUMBERS),
    Case("dot_of_stack", T.dot, [A("bmk"), A("kn")], ref.dot, dtypes=NUMBERS),
    Case("dot_of_dtypes", T.dot, [A("mk"), A("kn", dtype="int8")], ref.dot, dtypes=NUMBERS, rough=20),
    Case("outer", T.outer, [A("m"), A("n")], np.outer, dtypes=NUMBERS),
    Case("batched_dot_22", T.batched_dot, [A("bk"), A("bk")], lambda x, y: np.einsum("bk,bk->b", x, y), dtypes=NUMBERS),
    Case("batched_dot_23", T.batched_dot, [A("bk"), A("bkn")], lambda x, y: np.einsum("bk,bkn->bn", x, y),
         dtypes=NUMBERS),
    Case("batched_dot_32", T.batched_dot, [A("bmk"), A("bk")], lambda x, y: np.einsum("bmk,bk->bm", x, y),
         dtypes=NUMBERS),
    Case("batched_dot_33", T.batched_dot, [A("bmk"), A("bkn")], lambda x, y: np.einsum("bmk,bkn->bmn", x, y),
         dtypes=NUMBERS),
    Case("batched_dot_44", BatchedDot(), [A("3bmk"), A("3bkn")], np.matmul, dtypes=NUMBERS, rough=10),
    Case("matmul", lambda x, y: x @ y, [A("3bmk"), A("bkn")], np.matmul, dtypes=NUMBERS, rough=10),
    Case("dot22", Dot22(), [A("mk"), A("kn")], ref.dot, dtypes=BLAS, flat=LATE),
    Case("dot22scalar", Dot22Scalar(), [A("mk"), A("kn"), A("")], lambda x, y, a: a * ref.dot(x, y), dtypes=BLAS,
         flat=LATE, rough=10),
    Case("gemm", Gemm(), [A("mn"), A(""), A("mk"), A("kn"), A("")], lambda z, a, x, y, b: b * z + a * ref.dot(x, y),
         dtypes=BLAS, flat=LATE),
    Case("gemv", Gemv(), [A("m"), A(""), A("mk"), A("k"), A("")], lambda z, a, x, y, b: b * z + a * ref.dot(x, y),
         dtypes=BLAS, flat=LATE),
    Case("ger", Ger(), [A("mn"), A(""), A("m"), A("n")], lambda z, a, x, y: z + a * np.outer(x, y), dtypes=BLAS,
         flat=LATE),
]


SHAPES = [
    Case("transpose", lambda x: x.dimshuffle(2, "x", 0, 1), [A("bmn")], lambda x: x.transpose(2, 0, 1)[:, None]),
    Case("dropped_axis", lambda x: DimShuffle((False, True), (0,))(x), [A("mn", ones=(1,))], lambda x: x[:, 0]),
    Case("shape", lambda x: x.shape, [A("mn")], lambda x: np.array(x.shape), flat=WHOLE_NUMBERS),
    Case("shape_i", Shape_i(1), [A("mn")], lambda x: np.array(x.shape[1]), flat=WHOLE_NUMBERS),
    Case("make_vector", lambda x, y: T.stack([x, y]), [A(""), A("")], lambda x, y: np.stack([x, y])),
    Case("through_scalar", lambda x: tensor_from_scalar(scalar_from_tensor(x)), [A("")], lambda x: x),
    Case("reshape", lambda x: x.reshape((x.shape[1], x.shape[0])), [A("mn")], lambda x: x.reshape(x.shape[::-1])),
    Case("reshape_of_scalar", lambda x: x.reshape((1, 1)), [A("")], lambda x: x.reshape(1, 1)),
    Case("flatten_of_scalar", lambda x: x.flatten(), [A("")], lambda x: x.reshape(1)),
    Case("reshape_backwards", lambda x: x[::-1, ::-1].reshape((-1,)), [A("mn")], lambda x: x[::-1, ::-1].reshape(-1)),
    Case("transpose_of_five", lambda x: x.dimshuffle(4, 2, 0, 1, 3), [A("b1mn2")],
         lambda x: x.transpose(4, 2, 0, 1, 3)),
    Case("flatten", lambda x: x.flatten(2), [A("bmn")], lambda x: x.reshape(len(x), x.shape[1] * x.shape[2])),
    Case("mean_op", Mean(1), [A("m3")], lambda x: x.mean(1), dtypes=FLOATS),
    Case("flatten_op", Flatten(2), [A("bmn")], lambda x: x.reshape(len(x), x.shape[1] * x.shape[2])),
    Case("rebroadcast", lambda x: addbroadcast(x, 0), [A("1n")], lambda x: x),
    Case("unbroadcast", lambda x: unbroadcast(x, 0), [A("mn", ones=(0,))], lambda x: x),
    Case("specify_shape", lambda x: specify_shape(x, (2, 3)), [A("23")], lambda x: x),
    Case("contiguous", CpuContiguous(), [A("mn")], lambda x: x),
    Case("assert", lambda x, n: Assert("n is positive")(x, n > 0), [A("mn"), fixed(1)], lambda x, n: x),
    Case("kept checks", lambda x, n: KeptChecks()(x, n > 0), [A("mn"), fixed(1)], lambda x, n: x),
    Case("view", ViewOp(), [A("mn")], lambda x: x),
    Case("copy", DeepCopyOp(), [A("mn")], lambda x: x),
    Case("print", Print("x", global_fn=ref.silent), [A("mn")], lambda x: x),
    Case("breakpoint", lambda x: PdbBreakpoint("never")(T.constant(False), x), [A("mn")], lambda x: x),
    *(Case(name, op, [A("mn")], lambda x: x, dtypes=("float32", "float64"), own_gradient=WORD) for name, op in (
        ("consider_constant", gradient.consider_constant_), ("zero_grad", gradient.zero_grad_),
        ("disconnected_grad", gradient.disconnected_grad_), ("undefined_grad", gradient.undefined_grad_),
        ("grad_clip", gradient.GradClip(-1, 1)), ("grad_scale", gradient.GradScale(2.0)))),
]

COUNT = I("", "n")
CREATED = [
    Case("alloc", lambda x, n: T.alloc(x, n, x.shape[0]), [A("m"), COUNT], lambda x, n: np.tile(x, (n, 1))),
    Case("alloc_broadcast", lambda x, n: T.alloc(x, x.shape[0], n), [A("mn", ones=(1,)), COUNT],
         lambda x, n: np.tile(x, (1, n))),
    Case("arange", lambda a, n: T.arange(a, a + n), [A("", -3, 3), A("", 2.6, 4.4)],
         lambda a, n: np.arange(a, a + n), dtypes=("float64",), sizes=False),
    Case("arange_step", lambda a, b: T.arange(a, b, 2), [fixed(-3), fixed(6)], lambda a, b: np.arange(a, b, 2),
         dtypes=("int64",)),
    *(Case(f"eye_{d}", lambda n, m, d=d: Eye(d)(n, m, 1), [COUNT, I("", "k")],
           lambda n, m, d=d: np.eye(n, m, 1, dtype=d), dtypes=(d,))
      for d in ALL),
    Case("tri", lambda n, m: Tri("float64")(n, m, -1), [COUNT, I("", "k")], lambda n, m: np.tri(n, m, -1),
         dtypes=("float64",)),
    Case("bartlett", Bartlett(), [I("", 9)], lambda n: np.bartlett(n), dtypes=("float64",)),
]

JOINED = [
    Case("join_of_dtypes", lambda x, y: T.join(0, x, y), [A("mn"), A("kn", dtype="int8")],
         lambda x, y: np.concatenate([x, y]), dtypes=tuple(d for d in ALL if d != "float16")),
    Case("join_of_three", lambda x, y: T.join(2, x, y, x), [A("bmn"), A("bmk")],
         lambda x, y: np.concatenate([x, y, x], 2)),
    Case("join_backwards", lambda x, y: T.join(0, x[::-1], y.T), [A("mn"), A("nk")],
         lambda x, y: np.concatenate([x[::-1], y.T])),
    Case("roll_back", lambda x: T.roll(x, -1, axis=0), [A("bmn")], lambda x: np.roll(x, -1, axis=0)),
    Case("tile_to_more_axes", lambda x: T.tile(x, (2, 1, 3)), [A("mn")], lambda x: np.tile(x, (2, 1, 3))),
    Case("join", lambda x, y: T.join(1, x, y), [A("mn"), A("mk")], lambda x, y: np.concatenate([x, y], 1)),
    Case("join_symbolic_axis", lambda axis, x, y: T.join(axis, x, y), [fixed(0), A("mn"), A("kn")],
         lambda axis, x, y: np.concatenate([x, y], axis)),
    Case("stack", lambda x, y: T.stack([x, y], axis=1), [A("mn"), A("mn")], lambda x, y: np.stack([x, y], 1)),
    Case("split", lambda x: T.split(x, [1, 2, x.shape[1] - 3], 3, axis=1), [A("m5")],
         lambda x: np.split(x, [1, 3], axis=1)),
    Case("roll", lambda x: T.roll(x, 2, axis=1), [A("mn")], lambda x: np.roll(x, 2, axis=1)),
    Case("repeat", RepeatOp(1), [A("mn"), I("n", 3)], lambda x, n: np.repeat(x, n, 1),
         no_shape="the sum of the repeats, and not the op, is asked: it stays"),
    Case("repeat_same", lambda x: RepeatOp(0)(x, 3), [A("mn")], lambda x: np.repeat(x, 3, 0)),
    Case("repeat_flat", lambda x: RepeatOp(None)(x, 2), [A("mn")], lambda x: np.repeat(x, 2)),
    Case("tile", lambda x: T.tile(x, (2, 3)), [A("mn")], lambda x: np.tile(x, (2, 3))),
    Case("tile_op", lambda x: Tile(2)(x, [2, 3]), [A("mn")], lambda x: np.tile(x, (2, 3))),
    Case("permute_row_elements", lambda x, y: T.permute_row_elements(x, y, 1), [A("m3"), fixed([2, 0, 1])],
         lambda x, y: x[:, np.argsort(y)]),
    Case("extract_diag", lambda x: ExtractDiag(1, 0, 2)(x), [A("mbn")], lambda x: x.diagonal(1, 0, 2)),
    Case("alloc_diag", AllocDiag(-1), [A("m")], lambda x: np.diag(x, -1)),
    Case("fill_diagonal", fill_diagonal, [A("mn"), A("")], ref.fill_diagonal),
    Case("fill_diagonal_offset", fill_diagonal_offset, [A("mn"), A(""), fixed(-1)], ref.fill_diagonal),
    Case("choose", Choose("clip"), [I("mn", "b"), A("bmn")], lambda a, c: np.choose(a, c, mode="clip")),
    Case("choose_of_several", Choose("wrap"), [I("m1", 3), A("n"), A("mn"), A("1n")],
         lambda a, *c: np.choose(a, c, mode="wrap")),
    Case("choose_broadcast", Choose("wrap"), [I("n", 9), A("3m1", ones=(2,))],
         lambda a, c: np.choose(a, list(c), mode="wrap")),
]

INDEXED = [
    Case("take_flat", lambda x, i: x.take(i), [A("54"), I("m", 20)], lambda x, i: x.take(i)),
    Case("take_clipped", lambda x, i: x.take(i, axis=1, mode="clip"), [A("m4"), I("bm", 9)],
         lambda x, i: x.take(i, axis=1, mode="clip")),
    Case("take_wrapped", lambda x, i: x.take(i, axis=0, mode="wrap"), [A("4n"), I("k", 9, negative=True)],
         lambda x, i: x.take(i, axis=0, mode="wrap")),
    *(Case(f"rows_by_{d}", lambda x, i: x[i], [A("5n"), I("k", 5, dtype=d)], lambda x, i: x[i])
      for d in ("uint8", "int8", "int16", "uint32", "uint64")),
    Case("set_of_dtypes", lambda x, y: T.set_subtensor(x[1:3], y), [A("5n"), A("2n", dtype="bool")],
         lambda x, y: ref.written(x, np.s_[1:3], y)),
    Case("add_of_dtypes", lambda x, y, i: T.inc_subtensor(x[i], y), [A("5n"), A("kn", dtype="int8"), I("k", 5)],
         lambda x, y, i: ref.written(x, i, y, np.add), dtypes=("int8", *SIGNED[1:], *COMPLEX)),
    Case("least_of_rows", lambda x, y, i: x.at[i].min(y), [A("5n"), A("kn"), I("k", 5)],
         lambda x, y, i: ref.written(x, i, y, np.minimum), dtypes=REAL),
    Case("greatest_of_rows", lambda x, y, i: x.at[i].max(y), [A("5n"), A("kn"), I("k", 5)],
         lambda x, y, i: ref.written(x, i, y, np.maximum), dtypes=REAL),
    Case("subtensor_backwards", lambda x: x[::-1, ::-2, 1], [A("bm3")], lambda x: x[::-1, ::-2, 1]),
    Case("subtensor", lambda x, i: x[i, ::-2], [A("5n"), I("", 5)], lambda x, i: x[i, ::-2]),
    Case("subtensor_slices", lambda x, i: x[1:, i:-1], [A("mn"), I("", 3)], lambda x, i: x[1:, i:-1]),
    Case("inc_subtensor", lambda x, y: T.inc_subtensor(x[1:, ::2], y), [A("55"), A("43")],
         lambda x, y: ref.written(x, np.s_[1:, ::2], y, np.add)),
    Case("inc_subtensor_by_row", lambda x, y: T.inc_subtensor(x[1:], y), [A("mn"), A("n")],
         lambda x, y: ref.written(x, np.s_[1:], y, np.add)),
    Case("set_subtensor", lambda x, y: T.set_subtensor(x[:, 1], y), [A("m4"), A("m")],
         lambda x, y: ref.written(x, np.s_[:, 1], y)),
    Case("rows", lambda x, i: x[i], [A("5n"), I("k", 5, negative=True)], lambda x, i: x[i]),
    Case("add_to_rows", advanced_inc_subtensor1, [A("5n"), A("kn"), I("k", 5)],
         lambda x, y, i: ref.written(x, i, y, np.add)),
    Case("set_rows", advanced_set_subtensor1, [A("5n"), A("3n"), fixed([3, 0, 2])],
         lambda x, y, i: ref.written(x, i, y)),
    Case("elements", lambda x, i, j: x[i, :, j], [A("5nk"), I("bm", 5), I("m", "k")], lambda x, i, j: x[i, :, j]),
    Case("elements_joined", lambda x, i, j, n: x[:n, i, j], [A("m54"), I("bm", 5), I("m", 4), I("", 3)],
         lambda x, i, j, n: x[:n, i, j]),
    Case("elements_with_new_axis", lambda x, i: x[i, None, ::-2], [A("5n"), I("bm", 5)], lambda x, i: x[i, None, ::-2]),
    Case("add_to_elements", lambda x, y, i, j: T.inc_subtensor(x[i, j], y), [A("54"), A("bm"), I("bm", 5), I("bm", 4)],
         lambda x, y, i, j: ref.written(x, (i, j), y, np.add)),
    Case("set_elements", lambda x, y, i, j: T.set_subtensor(x[i, j], y), [A("54"), A("3"), fixed([4, 0, 2]),
         fixed([1, 1, 3])], lambda x, y, i, j: ref.written(x, (i, j), y)),
    Case("multiply_rows", lambda x, y, i: x.at[i].mul(y), [A("5n"), A("kn"), I("k", 5)],
         lambda x, y, i: ref.written(x, i, y, np.multiply)),
    Case("masked", lambda x, mask: x[mask], [A("mn"), A("mn", dtype="bool")], lambda x, mask: x[mask]),
    Case("add_to_masked", lambda x, y, mask: T.inc_subtensor(x[mask], y), [A("mn"), A(""), A("mn", dtype="bool")],
         lambda x, y, mask: ref.written(x, mask, y, np.add)),
    Case("set_masked", lambda x, y, mask: T.set_subtensor(x[mask], y), [A("mn"), A("n"), A("m", dtype="bool")],
         lambda x, y, mask: ref.written(x, mask, y)),
    Case("nonzero", lambda x: T.nonzero(x), [A("mn")], lambda x: list(np.nonzero(x)), flat=WHOLE_NUMBERS,
         no_shape="how many elements are not zero is known when they are counted"),
    Case("unravel_index", lambda i: list(unravel_index(i, (5, 4))), [I("mn", 20, dtype=None)],
         lambda i: list(np.unravel_index(i, (5, 4))), dtypes=PLACES),
    Case("unravel_index_by_columns", lambda i: list(unravel_index(i, (5, 4), order="F")), [I("mn", 20, dtype=None)],
         lambda i: list(np.unravel_index(i, (5, 4), order="F")), dtypes=PLACES),
    Case("ravel_multi_index", lambda i, j: ravel_multi_index((i, j), (5, 4)),
         [I("m", 5, dtype=None), I("m", 4, dtype=None)], lambda i, j: np.ravel_multi_index((i, j), (5, 4)),
         dtypes=PLACES),
    Case("ravel_multi_index_clipped", lambda i, j: ravel_multi_index((i, j), (5, 4), mode="clip", order="F"),
         [I("m", 9, dtype=None), I("m", 9, dtype=None)],
         lambda i, j: np.ravel_multi_index((i, j), (5, 4), mode="clip", order="F"), dtypes=PLACES),
]

ORDERED = tuple(d for d in REAL if d != "bool")
SORTED = [
    Case("sort_middle", lambda x: sort(x, axis=1), [distinct("bmn")], lambda x: np.sort(x, axis=1)),
    Case("sort_backwards", lambda x: sort(x[::-1, ::-1], axis=-1), [distinct("mn")],
         lambda x: np.sort(x[::-1, ::-1], axis=-1)),
    Case("argsort_flat", lambda x: argsort(x, axis=None, kind="stable"), [distinct("mn")],
         lambda x: np.argsort(x, axis=None, kind="stable"), flat=WHOLE_NUMBERS),
    Case("argsort_first", lambda x: argsort(x, axis=0, kind="stable"), [distinct("bmn")],
         lambda x: np.argsort(x, axis=0, kind="stable"), flat=WHOLE_NUMBERS),
    Case("topk_middle", lambda x: sort(topk(x, 2, axis=1), 1), [distinct("b5n")], lambda x: np.sort(x, 1)[:, -2:],
         dtypes=ORDERED),
    Case("topk_backwards", lambda x: sort(topk(x[:, ::-1], -2)), [distinct("m5")], lambda x: np.sort(x, 1)[:, :2],
         dtypes=ORDERED),
    Case("searchsorted_right", lambda x, v: searchsorted(sort(x), v, side="right"), [distinct("k"), A("mn")],
         lambda x, v: np.searchsorted(np.sort(x), v, side="right"), dtypes=ORDERED, flat=WHOLE_NUMBERS),
    Case("sort", lambda x: sort(x, axis=0), [distinct("mn")], lambda x: np.sort(x, axis=0)),
    Case("sort_flat", lambda x: sort(x, axis=None), [distinct("mn")], lambda x: np.sort(x, axis=None)),
    Case("argsort", lambda x: argsort(x, kind="stable"), [distinct("mn")], lambda x: np.argsort(x, kind="stable"),
         flat=WHOLE_NUMBERS),
    Case("topk", lambda x: sort(topk(x, 2, axis=1)), [distinct("m5")], lambda x: np.sort(x, 1)[:, -2:],
         dtypes=ORDERED),
    Case("argtopk", lambda x: sort(argtopk(x, -2, axis=1)), [distinct("m5")],
         lambda x: np.sort(np.argsort(x, 1)[:, :2], 1), dtypes=ORDERED, flat=WHOLE_NUMBERS),
    Case("topk_and_argtopk", lambda x: [sort(v, 0) for v in topk_and_argtopk(x, 3, axis=0)], [distinct("5n")],
         lambda x: [np.sort(x, 0)[-3:], np.sort(np.argsort(x, 0)[-3:], 0)], dtypes=FLOATS),
    Case("searchsorted", lambda x, v: searchsorted(sort(x), v), [distinct("k"), A("mn")],
         lambda x, v: np.searchsorted(np.sort(x), v), dtypes=ORDERED, flat=WHOLE_NUMBERS),
    Case("bincount", lambda x: bincount(x, minlength=2), [I("n", 7, dtype=None)],
         lambda x: np.bincount(x.astype("int64"), minlength=2), dtypes=PLACES, flat=WHOLE_NUMBERS,
         no_shape="how many numbers there are depends on the largest"),
    Case("unique_values", lambda x: Unique()(x), [distinct("mn")], np.unique, dtypes=ORDERED,
         no_shape="how many elements differ is known when they are compared"),
    Case("unique_rows", lambda x: Unique(axis=0)(x), [distinct("m2")], lambda x: np.unique(x, axis=0), dtypes=ORDERED,
         no_shape="how many elements differ is known when they are compared"),
    Case("unique", lambda x: Unique(True, True, True)(x), [I("mn", 3)],
         lambda x: ref.unique(x), dtypes=("int64",),
         no_shape="how many elements differ is known when they are compared"),
]

CASES = [*row_cases(), *reductions(), *REDUCED, *PRODUCTS, *SHAPES, *CREATED, *JOINED, *INDEXED, *SORTED, *NNET_CASES,
         *LINALG_CASES]
