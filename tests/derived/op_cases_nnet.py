"""The table of `op_cases`, continued: neural networks, choices by random numbers, sparse matrices."""

import numpy as np
import op_references as ref
import scipy.sparse
import scipy.special
from draws import FLOATS
from op_case import A, Case, I, distinct, fixed

from theano.sparse import convert
from theano.sparse import elemwise as sparse_elemwise
from theano.sparse import index as sparse_index
from theano.sparse import shape as sparse_shape
from theano.sparse.dot import Dot, SamplingDot, Usmm, structured_dot, true_dot
from theano.sparse.variable import is_sparse_variable
from theano.tensor.nnet import conv
from theano.tensor.nnet.softmax import (
    crossentropy_categorical_1hot,
    crossentropy_categorical_1hot_grad,
    crossentropy_softmax_1hot_with_bias_dx,
    crossentropy_softmax_argmax_1hot_with_bias,
    log_softmax_op,
    softmax_grad,
    softmax_op,
    softmax_with_bias,
)
from theano.tensor.random import categorical
from theano.tensor.random.mrg import DotModulo
from theano.tensor.signal import pool

FLAT_CHOICE = "the result is piecewise constant"
ZERO_OR_ONE = "the result is 0 or 1"


def probabilities(shape, dtype=None):
    """Rows that sum to one."""
    def draw(rng, shape, dtype, sizes):
        p = rng.uniform(0.5, 1, shape)
        return p / p.sum(axis=-1, keepdims=True)
    return A(shape, kind=draw, dtype=dtype)


ROWS = [
    Case("softmax", softmax_op, [A("mn")], lambda x: scipy.special.softmax(x, axis=1), dtypes=FLOATS),
    Case("log_softmax", log_softmax_op, [A("mn")], lambda x: scipy.special.log_softmax(x, axis=1), dtypes=FLOATS),
    Case("softmax_grad", softmax_grad, [A("mn"), probabilities("mn")],
         lambda g, s: (g - (g * s).sum(1, keepdims=True)) * s, dtypes=FLOATS),
    Case("softmax_with_bias", softmax_with_bias, [A("mn"), A("n")],
         lambda x, b: scipy.special.softmax(x + b, axis=1), dtypes=FLOATS),
    Case("crossentropy_1hot", crossentropy_categorical_1hot, [probabilities("mn"), I("m", "n")],
         lambda p, y: -np.log(p[np.arange(len(y)), y]), dtypes=FLOATS),
    Case("crossentropy_1hot_grad", crossentropy_categorical_1hot_grad, [A("m"), probabilities("mn"), I("m", "n")],
         ref.crossentropy_grad, dtypes=FLOATS),
    Case("crossentropy_softmax", crossentropy_softmax_argmax_1hot_with_bias, [distinct("mn"), A("n", -.1, .1),
         I("m", "n")], ref.crossentropy_softmax, dtypes=FLOATS),
    Case("crossentropy_softmax_dx", crossentropy_softmax_1hot_with_bias_dx, [A("m"), probabilities("mn"),
         I("m", "n")], lambda g, s, y: g[:, None] * (s - np.eye(s.shape[1])[y]), dtypes=FLOATS),
]

PADDED = {"border_mode": (1, (0, 2)), "subsample": (2, 1), "filter_dilation": (1, 2)}
CONVOLVED = [
    *(Case(f"conv{n}d{tag}", getattr(conv, f"AbstractConv{n}d")(**options), [A("24" + "6" * n), A(kernel + "3" * n)],
           lambda x, w, options=options: ref.convolved(x, w, **options), dtypes=FLOATS, rough=10)
      for n, tag, kernel, options in ((2, "", "34", {}), (2, "_padded", "34", PADDED),
                                      (2, "_full_correlation", "34", {"border_mode": "full", "filter_flip": False}),
                                      (2, "_groups", "42", {"num_groups": 2, "border_mode": "half"}),
                                      (3, "", "34", {"border_mode": "half"}))),
    Case("conv_op", conv.ConvOp(output_mode="full"), [A("2255"), A("3222")],
         lambda x, w: ref.convolved(x, w, border_mode="full"), dtypes=FLOATS, rough=10),
    *(Case(f"conv{n}d_by_weights", lambda x, g, n=n: getattr(conv, f"AbstractConv{n}d_gradWeights")()(x, g, [3] * n),
           [A("22" + "6" * n), A("23" + "4" * n)], ref.by_weights, dtypes=FLOATS, rough=10) for n in (2, 3)),
    *(Case(f"conv{n}d_by_inputs", lambda w, g, n=n: getattr(conv, f"AbstractConv{n}d_gradInputs")()(w, g, [6] * n),
           [A("32" + "3" * n), A("23" + "4" * n)], ref.by_inputs, dtypes=FLOATS, rough=10) for n in (2, 3)),
]

WINDOW = ((2, 3), (2, 2), (1, 0))
POOLED = [
    Case("pool_max", lambda x: pool.pool_2d(x, (2, 2), ignore_border=True), [distinct("bm66")],
         lambda x: ref.pooled(x, (2, 2), np.max), dtypes=FLOATS),
    *(Case(f"pool_{mode}", lambda x, mode=mode: pool.pool_2d(x, *WINDOW[:1], True, *WINDOW[1:], mode=mode), [A("b67")],
           lambda x, mode=mode: ref.pooled_padded(x, *WINDOW, mode), dtypes=FLOATS, rough=4)
      for mode in ("sum", "average_inc_pad", "average_exc_pad")),
    Case("pool_max_border", lambda x: pool.pool_2d(x, (2, 3), ignore_border=False), [distinct("b57")],
         lambda x: ref.pooled_with_border(x, (2, 3)), dtypes=FLOATS),
    Case("pool_3d", lambda x: pool.pool_3d(x, (2, 2, 2), ignore_border=True), [distinct("2444")],
         lambda x: ref.pooled(x, (2, 2, 2), np.max), dtypes=FLOATS),
    Case("pool_max_grad", lambda x, g: pool.MaxPoolGrad(True)(x, pool.pool_2d(x, (2, 2), True), g, (2, 2)),
         [distinct("b66"), A("b33")], ref.max_pool_grad, dtypes=FLOATS),
    Case("pool_max_grad_grad", lambda x, g: pool.DownsampleFactorMaxGradGrad(True, "max")(
        x, pool.pool_2d(x, (2, 2), True), g, (2, 2)), [distinct("b66"), A("b66")], ref.max_pool_grad_grad,
        dtypes=FLOATS),
    Case("pool_average_grad", lambda x, g: pool.AveragePoolGrad(True, "sum")(x, g, (2, 2)), [A("b66"), A("b33")],
         lambda x, g: g.repeat(2, axis=1).repeat(2, axis=2), dtypes=FLOATS),
]

CHOSEN = [
    Case("choice", lambda p, u: categorical.ChoiceFromUniform("auto", replace=True)(p, u, 2),
         [probabilities("34", "float64"), A("6", 0, 1, dtype="float64")], ref.choice, dtypes=("float64",),
         flat=FLAT_CHOICE),
    Case("choice_old_name", lambda p, u: categorical.MultinomialWOReplacementFromUniform("auto", replace=True)(p, u, 2),
         [probabilities("34", "float64"), A("6", 0, 1, dtype="float64")], ref.choice, dtypes=("float64",),
         flat=FLAT_CHOICE),
    Case("multinomial", lambda p, u: categorical.MultinomialFromUniform("auto")(p, u, 2),
         [probabilities("34", "float64"), A("6", 0, 1, dtype="float64")], ref.multinomial, dtypes=("float64",),
         flat=FLAT_CHOICE),
    Case("dot_modulo", DotModulo(), [I("33", 9), I("3", 9), fixed(7), I("33", 9), I("3", 9), fixed(5)],
         lambda a, s, m, b, t, n: np.concatenate([a @ s % m, b @ t % n]), dtypes=("int64",)),
]

# -- sparse matrices, whose elements are all stored, from arrays and back to them ---------------------------------

FULL = ("float32", "float64")


def full(shape):
    """Numbers none of which is zero."""
    return A(shape, 0.5, 2)


def through(name, function, args, numpy, kind="csc", **options):
    """A case of a function of a sparse matrix, which gets the first array as one."""
    def build(x, *rest):
        found = function(convert.SparseFromDense(kind)(x), *rest)
        return convert.dense_from_sparse(found) if is_sparse_variable(found) else found
    return Case("sparse_" + name, build, args, numpy, **{"dtypes": FULL, "sparse": True, **options})


def paired(function):
    """The same for a function of two sparse matrices."""
    return lambda x, y: function(x, convert.csc_from_dense(y))


ONE_PLACE = "the places of a matrix change nowhere near these values"
COMPARISONS = {"Equal": np.equal, "NotEqual": np.not_equal, "LessThan": np.less, "GreaterThan": np.greater,
               "LessEqual": np.less_equal, "GreaterEqual": np.greater_equal}
SPARSE = [
    through("from_dense", lambda x: x, [full("mn")], lambda x: x),
    through("cast", lambda x: convert.cast(x, "float64"), [full("mn")], lambda x: x.astype("float64")),
    through("format", convert.AsFormat("csr"), [full("mn")], lambda x: x),
    through("parts", lambda x: list(convert.csm_properties(x)), [full("mn")], ref.csc_parts,
            no_shape="how many elements are stored is known when they are"),
    through("made", lambda x, data: convert.CSC(data, *convert.csm_properties(x)[1:]), [full("34"), A("c")],
            lambda x, data: data.reshape(4, 3).T),
    through("neg", sparse_elemwise.Neg(), [full("mn")], np.negative),
    through("transpose", sparse_shape.Transpose(), [full("mn")], np.transpose),
    through("add", paired(sparse_elemwise.AddSS()), [full("mn"), full("mn")], np.add),
    through("add_same_places", paired(sparse_elemwise.AddSSData()), [full("mn"), full("mn")], np.add),
    through("mul", paired(sparse_elemwise.MulSS()), [full("mn"), full("mn")], np.multiply),
    through("add_dense", sparse_elemwise.AddSD(), [full("mn"), full("mn")], np.add),
    through("mul_dense", sparse_elemwise.MulSD(), [full("mn"), full("mn")], np.multiply),
    through("mul_vector", sparse_elemwise.MulSV(), [full("mn"), full("n")], np.multiply),
    through("add_vector", sparse_elemwise.StructuredAddSV(), [full("mn"), full("n")], np.add),
    *(through(f"{name}_sparse", paired(getattr(sparse_elemwise, name + "SS")()), [full("mn"), full("mn")],
              lambda x, y, f=f: f(x, y), flat=ZERO_OR_ONE) for name, f in COMPARISONS.items()),
    *(through(f"{name}_dense", getattr(sparse_elemwise, name + "SD")(), [full("mn"), full("mn")],
              lambda x, y, f=f: f(x, y), flat=ZERO_OR_ONE) for name, f in COMPARISONS.items()),
    through("sum", lambda x: sparse_shape.SpSum(axis=1)(x), [full("mn")], lambda x: x.sum(axis=1)),
    through("sum_all", lambda x: sparse_shape.SpSum(axis=None)(x), [full("mn")], lambda x: x.sum()),
    through("diag", sparse_shape.Diag(), [full("mm")], np.diagonal),
    Case("sparse_from_rows", lambda x, v, i: convert.dense_from_sparse(convert.construct_sparse_from_list(x, v, i)),
         [A("5n", moves=False), full("kn"), I("k", 5)], lambda x, v, i: ref.written(np.zeros_like(x), i, v, np.add),
         dtypes=FULL, sparse=True),
    Case("sparse_square_diagonal", lambda d: convert.dense_from_sparse(sparse_shape.SquareDiagonal()(d)), [full("m")],
         np.diag, dtypes=FULL, sparse=True),
    through("sorted", sparse_shape.EnsureSortedIndices(inplace=False), [full("mn")], lambda x: x),
    through("without_zeros", sparse_shape.Remove0(inplace=False), [full("mn")], lambda x: x),
    through("hstack", paired(lambda x, y: sparse_shape.hstack([x, y])), [full("mn"), full("mk")],
            lambda x, y: np.hstack([x, y])),
    through("vstack", paired(lambda x, y: sparse_shape.vstack([x, y])), [full("mn"), full("kn")],
            lambda x, y: np.vstack([x, y])),
    through("col_scale", sparse_shape.ColScaleCSC(), [full("mn"), full("n")], np.multiply),
    through("row_scale", sparse_shape.RowScaleCSC(), [full("mn"), full("m")], lambda x, s: x * s[:, None]),
    through("structured_dot", structured_dot, [full("mk"), full("kn")], np.dot),
    through("structured_dot_csr", structured_dot, [full("mk"), full("kn")], np.dot, kind="csr"),
    through("dot", Dot(), [full("mk"), full("kn")], np.dot),
    through("true_dot", paired(true_dot), [full("mk"), full("kn")], np.dot),
    through("usmm", lambda x, y, z, a: Usmm()(a, x, y, z), [full("mk"), full("kn"), full("mn"), full("")],
            lambda x, y, z, a: a * (x @ y) + z),
    Case("sparse_sampling_dot", lambda x, y, p: convert.dense_from_sparse(
        SamplingDot()(x, y, convert.csr_from_dense(p))), [full("mk"), full("nk"), full("mn")],
        lambda x, y, p: p * (x @ y.T), dtypes=FULL, sparse=True),
    through("rows", sparse_index.GetItemList(), [full("5n"), I("k", 5)], lambda x, i: x[i], kind="csr"),
    through("elements", sparse_index.GetItem2Lists(), [full("54"), I("k", 5), I("k", 4)], lambda x, i, j: x[i, j]),
    through("block", lambda x: x[1:4, 0:2], [full("54")], lambda x: x[1:4, 0:2]),
    through("element", lambda x: x[2, 1], [full("54")], lambda x: x[2, 1]),
]
NNET_CASES = [*ROWS, *CONVOLVED, *POOLED, *CHOSEN, *SPARSE]
