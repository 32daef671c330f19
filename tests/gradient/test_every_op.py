"""Forward mode of every op that has a gradient, against differences of values."""

import importlib
import pkgutil

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import sparse
from theano.gradient import GradientOp
from theano.graph.op import Op
from theano.graph.walk import toposort
from theano.inner.rowwise import map_rows
from theano.scalar.op import ScalarOp
from theano.tensor import nnet
from theano.tensor.assertion import assert_op
from theano.tensor.breakpoint import PdbBreakpoint
from theano.tensor.contiguous import cpu_contiguous
from theano.tensor.cumulate import recurrence
from theano.tensor.elemwise import ELEMWISE, sum_to_shape_of
from theano.tensor.nnet import conv
from theano.tensor.signal.pool import pool_2d
from theano.tensor.sort import Unique

QUICK = theano.Mode(linker="py", optimizer="fast_compile")
M, V = (3, 4), (4,)


def graded(build, *wrt):
    """The gradients of a number made of ``build(*args)`` by some of the arguments."""
    def gradients(*args):
        return T.grad(T.sin(build(*args)).sum(), [args[k] for k in wrt])
    return gradients


def sparse_of(build, formats="c"):
    """``build`` of sparse matrices, made of dense ones and back where the result is sparse."""
    def dense(*args):
        args = [{"c": sparse.csc_from_dense, "r": sparse.csr_from_dense, "d": lambda x: x}[f](x)
                for f, x in zip(formats, args, strict=True)]
        out = build(*args)
        return sparse.dense_from_sparse(out) if isinstance(out.type, sparse.SparseType) else out
    return dense


def step(row, last):
    return T.tanh(row * last)


CONV, TOPS, KERNELS = [(2, 2, 5, 5), (3, 2, 2, 2)], [(2, 2, 5, 5), (2, 3, 4, 4)], [(3, 2, 2, 2), (2, 3, 4, 4)]
LABELS = T.constant(np.array([1, 0, 3]))
X = T.dmatrix()
squares = theano.OpFromGraph([X], [X ** 2])
EXAMPLES = {                # op class -> (function, shapes of its float arguments)
    "DimShuffle": (lambda x: x.dimshuffle(1, "x", 0) ** 2, [M]),
    "Sum": (lambda x: T.sin(x.sum(axis=0)), [M]),
    "Prod": (lambda x: x.prod(axis=1), [M]),
    "ProdOfOthers": (graded(lambda x: x.prod(axis=1), 0), [M]),
    "ProdWithoutZeros": (lambda x: T.ProdWithoutZeros(axis=1)(x), [M]),
    "CAReduce": (lambda x: x.min(axis=1) * 2, [M]),
    "CAReduceDtype": (lambda x: T.CAReduceDtype(theano.scalar.maximum, 0, dtype="float64")(x), [M]),
    "SumToShapeOf": (sum_to_shape_of, [M, M]),
    "MaxAndArgmax": (lambda x: T.max_and_argmax(x, axis=1)[0], [M]),
    "Reshape": (lambda x: x.reshape((2, 6)) ** 2, [M]),
    "Rebroadcast": (lambda x: T.addbroadcast(x[:1], 0) ** 2, [M]),
    "SpecifyShape": (lambda x: T.specify_shape(x, (3, 4)) ** 2, [M]),
    "MakeVector": (lambda x: T.stack([x[0], x[1] * x[0], 2.0]), [V]),
    "ScalarFromTensor": (lambda x: T.tensor_from_scalar(T.scalar_from_tensor(x[0])) * x, [V]),
    "TensorFromScalar": (lambda x: T.tensor_from_scalar(T.scalar_from_tensor(x[0])) ** 2, [V]),
    "Alloc": (lambda x: T.alloc(x, 2, 3, 4) ** 2, [V]),
    "Join": (lambda x, y: T.concatenate([x ** 2, y]), [M, M]),
    "Split": (lambda x: T.split(x, [1, 3], 2, axis=1)[1] ** 2, [M]),
    "Subtensor": (lambda x: x[::-1, 1] ** 2, [M]),
    "IncSubtensor": (lambda x, y: T.inc_subtensor(x[:2], y) * T.set_subtensor(x[1:], y), [M, (2, 4)]),
    "AdvancedSubtensor1": (lambda x: x[[2, 0, 2]] ** 2, [M]),
    "AdvancedIncSubtensor1": (lambda x, y: T.inc_subtensor(x[[2, 0, 2]], y) ** 2, [M, M]),
    "AdvancedSubtensor": (lambda x: x[[2, 0, 2], [1, 1, 0]] ** 2, [M]),
    "AdvancedIncSubtensor": (lambda x, y: T.inc_subtensor(x[[2, 0, 2, 1], [1, 1, 0, 0]], y) ** 2, [M, V]),
    "AdvancedBooleanSubtensor": (lambda x: x[np.eye(3, 4) > 0] ** 2, [M]),
    "AdvancedBooleanIncSubtensor": (lambda x, y: T.inc_subtensor(x[np.eye(3, 4) > 0], y) ** 2, [M, (3,)]),
    "CumOp": (lambda x: T.cumsum(x, 0) * T.cumprod(x, 1), [M]),
    "Recurrence": (lambda x, y: recurrence(x, y, 0), [M, M]),
    "DiffOp": (lambda x: T.diff(x, 2, axis=1) ** 2, [M]),
    "ExtractDiag": (lambda x: T.diagonal(x, 1) ** 2, [M]),
    "AllocDiag": (lambda x: T.diag(x) ** 2, [V]),
    "FillDiagonal": (lambda x, y: T.fill_diagonal(x, y[0]) ** 2, [M, V]),
    "FillDiagonalOffset": (lambda x, y: T.fill_diagonal_offset(x, y[0], 1) ** 2, [M, V]),
    "Choose": (lambda x: T.choose(T.constant([2, 0, 1, 1]), x), [M]),
    "RepeatOp": (lambda x: T.repeat(x, [1, 0, 2], axis=0) ** 2, [M]),
    "SortOp": (lambda x: T.sort(x, axis=0) * T.sort(x, axis=1), [M]),
    "Unique": (lambda x: T.sqr(Unique()(x)), [M]),
    "TopKOp": (lambda x: T.sort(T.topk(x, 2)) ** 2, [M]),
    "ARange": (lambda x: T.arange(x[0], x[0] + 3.5, 1.0) * x[1], [V]),
    "Dot": (lambda x, y: T.dot(x, y.T) + T.dot(y, x.T), [M, M]),
    "BatchedDot": (T.batched_dot, [(2, 3, 4), (2, 4, 3)]),
    "Assert": (lambda x: assert_op(x ** 2, x.sum() > -100), [M]),
    "CpuContiguous": (lambda x: cpu_contiguous(x.T) ** 2, [M]),
    "PdbBreakpoint": (lambda x: PdbBreakpoint("never")(x.sum() < -100, x ** 2), [M]),
    "Print": (lambda x: theano.printing.Print(global_fn=lambda op, v: None)(x) ** 2, [M]),
    "DeepCopyOp": (lambda x: theano.compile.deep_copy_op(x) ** 2, [M]),
    "ViewOp": (lambda x: theano.compile.view_op(x) ** 2, [M]),
    "Softmax": (nnet.softmax, [M]),
    "LogSoftmax": (nnet.logsoftmax, [M]),
    "SoftmaxGrad": (graded(nnet.softmax, 0), [M]),
    "SoftmaxWithBias": (nnet.softmax_with_bias, [M, V]),
    "CrossentropyCategorical1Hot": (lambda x: nnet.categorical_crossentropy(x, LABELS), [M]),
    "CrossentropyCategorical1HotGrad": (graded(lambda x: nnet.categorical_crossentropy(x, LABELS), 0), [M]),
    "CrossentropySoftmaxArgmax1HotWithBias": (
        lambda x, b: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, LABELS)[0], [M, V]),
    "CrossentropySoftmax1HotWithBiasDx": (
        graded(lambda x, b: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, LABELS)[0], 0, 1), [M, V]),
    "AbstractConv2d": (nnet.conv2d, CONV),
    "AbstractConv2d_gradWeights": (lambda x, t: conv.AbstractConv2d_gradWeights()(x, t, [2, 2]), TOPS),
    "AbstractConv2d_gradInputs": (lambda w, t: conv.AbstractConv2d_gradInputs()(w, t, [5, 5]), KERNELS),
    "AbstractConv": (conv.AbstractConv(2), CONV),
    "AbstractConv_gradWeights": (lambda x, t: conv.AbstractConv_gradWeights(2)(x, t, [2, 2]), TOPS),
    "AbstractConv_gradInputs": (lambda w, t: conv.AbstractConv_gradInputs(2)(w, t, [5, 5]), KERNELS),
    "AbstractConv3d": (nnet.conv3d, [(1, 2, 4, 4, 3), (2, 2, 2, 2, 2)]),
    "AbstractConv3d_gradWeights": (lambda x, t: conv.AbstractConv3d_gradWeights()(x, t, [2, 2, 2]),
                                   [(1, 2, 4, 4, 3), (1, 2, 3, 3, 2)]),
    "AbstractConv3d_gradInputs": (lambda w, t: conv.AbstractConv3d_gradInputs()(w, t, [4, 4, 3]),
                                  [(2, 2, 2, 2, 2), (1, 2, 3, 3, 2)]),
    "ConvOp": (conv.ConvOp((2, 5, 5), (2, 2), 3, 2), CONV),
    "Pool": (lambda x: pool_2d(x, (2, 2), ignore_border=True) * pool_2d(x, (2, 2), True, mode="sum"), [(4, 4)]),
    "MaxPoolGrad": (graded(lambda x: pool_2d(x, (2, 2), ignore_border=True), 0), [(4, 4)]),
    "AveragePoolGrad": (graded(lambda x: pool_2d(x, (2, 2), True, mode="average_inc_pad"), 0), [(4, 4)]),
    "DownsampleFactorMaxGradGrad": (lambda x, v: T.Rop(pool_2d(x, (2, 2), ignore_border=True), x, v), [(4, 4)] * 2),
    "Rows": (lambda x, h: theano.scan(step, sequences=x, outputs_info=h, checkpoint=2)[0], [M, V]),
    "Recorded": (lambda x: theano.loop(lambda h: (h * x + h, None), x, until=lambda h: h.sum() > 20)[0], [V]),
    "IfElse": (lambda x: theano.ifelse.ifelse(x[0] > 0, T.exp(x) * x, T.tanh(x)), [V]),
    "Scan": (lambda x, h: theano.scan(step, sequences=x, outputs_info=h)[0], [M, V]),
    "Rowwise": (lambda x, i=T.lscalar(): map_rows(i, [T.sin(x * i)], T.constant(3), [x.shape])[0], [V]),
    "EachRow": (lambda x: theano.vectorize(lambda x: T.repeat(x, T.gt(x, 0) + 1))(x), [M]),
    "CustomGradient": (theano.custom_grad(lambda x: (T.exp(x), lambda g: g * T.exp(x))), [M]),
    "AsFormat": (sparse_of(lambda x: sparse.AsFormat("csr")(x * x)), [M]),
    "SparseFromDense": (sparse_of(lambda x: x), [M]),
    "DenseFromSparse": (sparse_of(lambda x: sparse.dense_from_sparse(x) ** 2), [M]),
    "CSM": (lambda x: sparse.dense_from_sparse(sparse.CSC(x, [0, 2, 1, 0], [0, 1, 2, 4], [3, 3])), [V]),
    "CSMProperties": (sparse_of(lambda x: sparse.csm_data(x) ** 2), [M]),
    "CSMGrad": (graded(lambda x: sparse.dense_from_sparse(sparse.CSC(x ** 2, [0, 2, 1, 0], [0, 1, 2, 4], [3, 3])), 0),
                [V]),
    "sparse.Cast": (sparse_of(lambda x: sparse.cast(sparse.cast(x * x, "float32"), "float64")), [M]),
    "ConstructSparseFromList": (lambda x, y: sparse.dense_from_sparse(
        sparse.construct_sparse_from_list(x, y, T.constant([2, 0]))), [M, (2, 4)]),
    "sparse.Dot": (sparse_of(lambda x, y: sparse.dot(x, y), "cd"), [M, (4, 2)]),
    "SamplingDot": (sparse_of(lambda x, y, p: sparse.sampling_dot(x, y, p), "ddr"), [M, (2, 4), (3, 2)]),
    "StructuredDot": (sparse_of(lambda x, y: sparse.structured_dot(x, y), "cd"), [M, (4, 2)]),
    "StructuredDotGradCSC": (graded(sparse_of(sparse.structured_dot, "cd"), 0, 1), [M, (4, 2)]),
    "StructuredDotGradCSR": (graded(sparse_of(sparse.structured_dot, "rd"), 0, 1), [M, (4, 2)]),
    "TrueDot": (sparse_of(lambda x, y: sparse.true_dot(x, y), "cc"), [M, (4, 2)]),
    "Usmm": (sparse_of(lambda z, x, y: sparse.usmm(T.constant(2.5), x, y, z), "dcd"), [(3, 2), M, (4, 2)]),
    "AddSD": (sparse_of(lambda x, y: sparse.add(x, y), "cd"), [M, M]),
    "AddSS": (sparse_of(lambda x, y: sparse.add(x, y), "cc"), [M, M]),
    "AddSSData": (sparse_of(lambda x: sparse.add_s_s_data(x, x * x)), [M]),
    "MulSD": (sparse_of(lambda x, y: sparse.mul(x, y), "cd"), [M, M]),
    "MulSS": (sparse_of(lambda x, y: sparse.mul(x, y), "cc"), [M, M]),
    "MulSV": (sparse_of(lambda x, y: sparse.mul_s_v(x, y), "cd"), [M, V]),
    "sparse.Neg": (sparse_of(lambda x: -(x * x)), [M]),
    "StructuredAddSV": (sparse_of(lambda x, y: sparse.structured_add_s_v(x, y), "cd"), [M, V]),
    "GetItem2Lists": (sparse_of(lambda x: (x * x)[[2, 0], [1, 1]]), [M]),
    "GetItem2ListsGrad": (graded(sparse_of(lambda x: (x * x)[[2, 0], [1, 1]]), 0), [M]),
    "GetItem2d": (sparse_of(lambda x: (x * x)[1:, ::2]), [M]),
    "GetItem2dGrad": (graded(sparse_of(lambda x: (x * x)[1:, ::2]), 0), [M]),
    "GetItemList": (sparse_of(lambda x: (x * x)[[2, 0]], "r"), [M]),
    "GetItemListGrad": (graded(sparse_of(lambda x: (x * x)[[2, 0]], "r"), 0), [M]),
    "GetItemScalar": (sparse_of(lambda x: (x * x)[1, 2]), [M]),
    "ColScaleCSC": (sparse_of(lambda x, y: sparse.col_scale(x, y), "cd"), [M, V]),
    "RowScaleCSC": (sparse_of(lambda x, y: sparse.row_scale(x, y), "cd"), [M, (3,)]),
    "Diag": (sparse_of(lambda x: sparse.diag(x * x)), [(3, 3)]),
    "EnsureSortedIndices": (sparse_of(lambda x: sparse.ensure_sorted_indices(x * x)), [M]),
    "Remove0": (sparse_of(lambda x: sparse.remove0(x * x)), [M]),
    "HStack": (sparse_of(lambda x, y: sparse.hstack([x, y]), "cc"), [M, M]),
    "VStack": (sparse_of(lambda x, y: sparse.vstack([x, y]), "rr"), [M, M]),
    "SpSum": (sparse_of(lambda x: sparse.sp_sum(x * x, axis=1)), [M]),
    "SquareDiagonal": (sparse_of(lambda x: sparse.square_diagonal(x ** 2), "d"), [V]),
    "Flatten": (lambda x: T.Flatten(1)(x) ** 2, [M]),
    "Mean": (lambda x: T.Mean(1)(x ** 2), [M]),
    "Tile": (lambda x: T.Tile(2)(x, T.constant([2, 1])) ** 2, [M]),
    "PermuteRowElements": (lambda x: T.permute_row_elements(x, T.constant([1, 0, 3, 2])) ** 2, [M]),
    "OpFromGraph": (lambda x: squares(x) * x, [M]),
    "AdvancedUpdate": (lambda x, y: x.at[[1, 0, 1]].mul(y), [(2,), (3,)]),
    "Transpose": (sparse_of(lambda x: sparse.transpose(x * x)), [M]),
}
FLAT = {                    # ops whose gradient is zero or does not exist, whatever they are given
    "Raise", "All", "Any", "Argmax", "ArgSortOp", "AllocEmpty", "Bartlett", "Eye", "Tri", "MakeSlice", "Nonzero",
    "Bincount", "SearchsortedOp", "Shape", "Shape_i", "Going", "Longest",
    *(f"{name}{kind}" for kind in ("SS", "SD") for name in (
        "Comparison", "Equal", "NotEqual", "Less", "LessEqual", "LessThan", "Greater", "GreaterEqual", "GreaterThan"))}
RANDOM = {"RandomFunction", "mrg_uniform", "ChoiceFromUniform", "MultinomialFromUniform",
          "MultinomialWOReplacementFromUniform"}
ELSEWHERE = ("theano.tensor.linalg", "theano.tensor.fourier", "theano.tensor.fft")      # with tests of their own
MADE_LATER = {"Composite", "KeptChecks"}  # by rewriting, after gradients


def subclasses(cls):
    """All of them."""
    for each in cls.__subclasses__():
        yield each
        yield from subclasses(each)


def differentiable():
    """The op classes of the package that define a gradient, by name."""
    for module in pkgutil.walk_packages(theano.__path__, "theano."):
        importlib.import_module(module.name)
    found = {}
    for cls in set(subclasses(Op)):
        own = cls.L_op is not Op.L_op or getattr(cls, "grad", None) is not None
        inside = cls.__module__.startswith("theano.") and not cls.__module__.startswith(ELSEWHERE)
        if own and inside and not cls.__name__.startswith("_") \
                and not issubclass(cls, (ScalarOp, GradientOp)):
            twice = cls.__module__.startswith("theano.sparse") and any(
                o.__name__ == cls.__name__ and not o.__module__.startswith("theano.sparse") for o in subclasses(Op))
            found[f"sparse.{cls.__name__}" if twice else cls.__name__] = cls
    return found


def test_every_op_with_a_gradient_has_an_example():
    missing = set(differentiable()) - set(EXAMPLES) - FLAT - RANDOM - MADE_LATER - {"Elemwise", "PoolGrad"}
    assert not missing, "add examples for these ops above"


def check(build, shapes, rng, mode=QUICK, step=1e-6):
    """Rop of ``build`` is the slope along a direction; returns the ops of its graph."""
    xs = [T.TensorType("float64", (False,) * len(s))() for s in shapes]
    vs = [x.type() for x in xs]
    outputs = build(*xs)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    f = theano.function(xs, outputs, mode=mode, on_unused_input="ignore")
    tangents = T.Rop(outputs, xs, vs, disconnected_outputs="ignore")
    forward = theano.function([*xs, *vs], tangents, mode=mode, on_unused_input="ignore")
    at, along = [0.2 + rng.rand(*s) for s in shapes], [rng.randn(*s) for s in shapes]
    ends = [[np.array(v) for v in f(*(x + move * d for x, d in zip(at, along, strict=True)))] for move in (step, -step)]
    for made, high, low in zip(forward(*at, *along), *ends, strict=True):
        np.testing.assert_allclose(made, (high - low) / (2 * step), rtol=2 * step, atol=step / 5)
    return {type(node.op) for node in toposort(outputs)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_forward_mode(name, rng):
    ops = check(*EXAMPLES[name], rng, step=1e-3 if name == "sparse.Cast" else 1e-6)    # that is in single precision
    cls = differentiable().get(name)
    assert cls in ops if cls is not None else name.removeprefix("sparse.") in {op.__name__ for op in ops}


OF_COMPLEX = {"complex", "complex_from_polar", "angle", "real", "imag", "conj"}
SMOOTH = sorted(name for name, row in ScalarOp.table.items() if name in ELEMWISE and row.gradient is not None
                and not name.startswith("cast_") and name not in OF_COMPLEX | {"ultra_fast_sigmoid"})


@pytest.mark.parametrize("name", SMOOTH)
def test_forward_mode_of_rows(name, rng):
    row = ScalarOp.table[name]
    count = 2 if row.nin < 0 else row.nin
    domains = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
    fixed = [t is None for t in row.gradient(*(T.dvector() for _ in range(count)), T.dvector(), T.dvector())]
    fixed += [False] * (count - len(fixed))
    moving = [k for k in range(count) if not fixed[k]]
    values = [rng.uniform(low, high, 5) for low, high in domains]

    def build(*xs):
        given = dict(zip(moving, xs, strict=True))
        return ELEMWISE[name](*(lows[k] + widths[k] * given[k] if k in given else T.constant(values[k])
                                for k in range(count)))

    lows = [low + 0.01 * (high - low) for low, high in domains]
    widths = [(high - low) * 0.75 for low, high in domains]
    if moving:
        check(build, [(5,)] * len(moving), rng)
