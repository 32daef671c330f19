"""Batched graphs against loops over rows: every rule, every row of the table of scalars, and their gradients."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.walk import toposort
from theano.inner.batch.core import EXPANSIONS, RULES
from theano.inner.batch.each_row import EachRow
from theano.scalar.op import ScalarOp
from theano.tensor import blas, nnet
from theano.tensor.assertion import assert_op
from theano.tensor.contiguous import cpu_contiguous
from theano.tensor.cumulate import recurrence
from theano.tensor.elemwise import ELEMWISE, sum_to_shape_of
from theano.tensor.multiindex import ravel_multi_index, unravel_index
from theano.tensor.nnet import conv
from theano.tensor.nnet.softmax import crossentropy_categorical_1hot_grad
from theano.tensor.signal.pool import pool_2d

N = 3                       # rows of a batch
QUICK = theano.Mode(linker="py", optimizer="fast_compile")
INTEGER = {"i": 2, "I": 3}  # kinds of integer arguments: numbers below 2 or 3


def variable(kind, shape):
    """A variable for values of a shape: broadcastable where that says 1; "f" floats, "b" bools, else integers."""
    dtype = {"f": "float64", "b": "bool"}.get(kind, "int64")
    return T.TensorType(dtype, [n == 1 for n in shape])()


def value(kind, shape, rng):
    """Random values."""
    if kind == "b":
        return rng.rand(*shape) > 0.5
    if kind == "f":
        return np.asarray(0.2 + rng.rand(*shape))
    return np.asarray(rng.randint(0, INTEGER[kind], shape))


def by_rows(arguments, outputs, values, batched):
    """Outputs for each row, stacked."""
    f = theano.function(arguments, outputs, mode=QUICK, on_unused_input="ignore")
    found = [[np.array(v) for v in f(*(x[i] if b else x for x, b in zip(values, batched, strict=True)))]
             for i in range(N)]
    return [np.stack(column) for column in zip(*found, strict=True)]


def check(build, kinds, shapes, batched, rng, loops=False, gradients=True, mode=QUICK):
    """``build`` batched is right, its gradients too, and no loop is in it unless ``loops``."""
    rows = [variable(k, s) for k, s in zip(kinds, shapes, strict=True)]
    whole = [variable(k, ((N, *s) if b else s)) for k, s, b in zip(kinds, shapes, batched, strict=True)]
    values = [value(k, (N, *s) if b else s, rng) for k, s, b in zip(kinds, shapes, batched, strict=True)]
    outputs = build(*rows)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    f = theano.vectorize(lambda *args: (lambda y: list(y) if isinstance(y, (list, tuple)) else [y])(build(*args)),
                         in_axes=[0 if b else None for b in batched])
    found = f(*whole)
    assert any(isinstance(n.op, EachRow) for n in toposort(found)) == loops
    assert [v.type.dtype for v in found] == [v.type.dtype for v in outputs]
    assert [v.type.broadcastable[1:] for v in found] == [v.type.broadcastable for v in outputs]
    made = theano.function(whole, found, mode=mode, on_unused_input="ignore")(*values)
    for one, other in zip(made, by_rows(rows, outputs, values, batched), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    smooth = [k for k, (kind, v) in enumerate(zip(kinds, rows, strict=True)) if kind == "f"]
    costs = [y for y in outputs if y.type.dtype == "float64"]
    if gradients and smooth and costs:
        check_gradients(rows, whole, outputs, found, values, batched, smooth, mode)


def cost_of(outputs):
    """A number that all of the float ``outputs`` change."""
    return sum((T.sin(y) * (k + 1)).sum() for k, y in enumerate(outputs) if y.type.dtype == "float64")


def check_gradients(rows, whole, outputs, found, values, batched, smooth, mode):
    """Gradients of all rows: one each, and added up for what is the same in all of them."""
    options = {"disconnected_inputs": "ignore"}
    expected = by_rows(rows, T.grad(cost_of(outputs), [rows[k] for k in smooth], **options), values, batched)
    gradients = T.grad(cost_of(found), [whole[k] for k in smooth], **options)
    made = theano.function(whole, gradients, mode=mode, on_unused_input="ignore")(*values)
    for k, one, other in zip(smooth, made, expected, strict=True):
        np.testing.assert_allclose(one, other if batched[k] else other.sum(axis=0), rtol=1e-8, atol=1e-10)


def subsets(count):
    """All ways to batch some arguments."""
    return [b for b in itertools.product([True, False], repeat=count) if any(b)]


M = (3, 4)
TWO = T.constant(np.float64(2))
A, B = theano.scalar.float64("a"), theano.scalar.float64("b")
PAIR = theano.scalar.Composite([A, B], [A * B + theano.scalar.exp(A)])
CONV, CONV3 = ("ff", [(2, 2, 5, 5), (3, 2, 2, 2)]), ("ff", [(1, 2, 4, 4, 3), (2, 2, 2, 2, 2)])
TOPS = [(2, 2, 5, 5), (2, 3, 4, 4)]
CASES = {                   # name -> (function, kinds, shapes)
    "dimshuffle": (lambda x: x.dimshuffle(1, "x", 0), "f", [M]),
    "dropped axis": (lambda x: x.dimshuffle(1), "f", [(1, 4)]),
    "transposed": (lambda x, y: x.T + y, "ff", [M, (4, 3)]),
    "sum to shape": (lambda x, y: sum_to_shape_of(x, y), "ff", [M, M]),
    "assert": (lambda x, y: assert_op(x * 2, y.sum() > -1), "ff", [M, M]),
    "print": (lambda x: theano.printing.Print(global_fn=lambda op, v: None)(x) * 2, "f", [M]),
    "stopped": (lambda x: theano.gradient.disconnected_grad(x) * x + theano.gradient.zero_grad(x), "f", [M]),
    "constant": (lambda x: theano.gradient.consider_constant(x) * x, "f", [M]),
    "clipped": (lambda x: theano.gradient.grad_clip(x, -0.5, 0.5) ** 2 + theano.gradient.grad_scale(x, 3), "f", [M]),
    "contiguous": (lambda x: cpu_contiguous(x.T) * 2, "f", [M]),
    "copied": (lambda x: theano.compile.deep_copy_op(x) + theano.compile.view_op(x), "f", [M]),
    "cumsum": (lambda x: T.cumsum(x, 1), "f", [M]),
    "cumsum of all": (lambda x: T.cumsum(x), "f", [M]),
    "cumsum of one": (lambda x: T.cumsum(x), "f", [()]),
    "cumprod": (lambda x: T.cumprod(x, -2), "f", [M]),
    "recurrence": (lambda x, y: recurrence(x, y, 1), "ff", [M, M]),
    "differences": (lambda x: T.diff(x, 1, -2), "f", [M]),
    "argmax": (lambda x: [T.argmax(x), T.argmax(x, 1), T.argmax(x, (0, 1))], "f", [M]),
    "max and argmax": (lambda x: [*T.max_and_argmax(x), *T.max_and_argmax(x, 0)], "f", [M]),
    "max of one": (lambda x: [*T.max_and_argmax(x), T.argmax(x)], "f", [()]),
    "min": (lambda x: [x.min(), x.min(axis=1, keepdims=True)], "f", [M]),
    "mean": (lambda x: [x.mean(), x.mean(axis=0)], "f", [M]),
    "prod": (lambda x: [x.prod(), x.prod(axis=-1)], "f", [M]),
    "prod without zeros": (lambda x: T.ProdWithoutZeros(axis=1)(x), "f", [M]),
    "norm": (lambda x: x.norm(2, axis=0), "f", [M]),
    "logsumexp": (lambda x: T.logsumexp(x, axis=1), "f", [M]),
    "truth": (lambda x: [x.all(), x.any(axis=0)], "b", [M]),
    "sum of bools": (lambda x: x.sum(axis=0), "b", [M]),
    "sum of one": (lambda x: [x.sum(), x.prod(), x.max()], "f", [()]),
    "shape": (lambda x: [x.shape, x.shape[0] * x, x.size], "f", [M]),
    "shape of a number": (lambda x: x * x.shape.sum(), "f", [()]),
    "vector": (lambda x, y: T.stack([x, y, 2.0]), "ff", [(), ()]),
    "reshape": (lambda x: x.reshape((2, -1)), "f", [M]),
    "reshape by another": (lambda x, y: x.reshape((y.shape[1], y.shape[0])), "ff", [M, M]),
    "reshape to a number": (lambda x: x.reshape(()), "f", [(1, 1)]),
    "flatten": (lambda x: [x.flatten(), T.flatten(x, 2)], "f", [(2, 3, 2)]),
    "specify shape": (lambda x: T.specify_shape(x, (3, 4)) * 2, "f", [M]),
    "rebroadcast": (lambda x: T.unbroadcast(x, 0) * 2, "f", [(1, 4)]),
    "add broadcast": (lambda x: T.addbroadcast(x[:1], 0).dimshuffle(1), "f", [M]),
    "alloc": (lambda x: T.alloc(x, 2, 3, 4), "f", [(4,)]),
    "alloc by shape": (lambda x, y: T.alloc(x, y.shape[0], 2), "ff", [(), M]),
    "zeros": (lambda x: T.zeros_like(x) + T.ones((3, 4)) * x, "f", [M]),
    "eye": (lambda x: T.eye(x.shape[0]) + x[:, :3], "f", [M]),
    "triangle": (lambda x: T.tril(x) + T.triu(x, 1), "f", [M]),
    "arange": (lambda x: T.arange(x.shape[0]) * x.sum(axis=1), "f", [M]),
    "join": (lambda x, y: T.concatenate([x, y, T.constant(np.ones((1, 4)))]), "ff", [M, (2, 4)]),
    "join by last axis": (lambda x, y: T.join(-1, x, y), "ff", [M, (3, 1)]),
    "stack": (lambda x, y: T.stack([x, y], axis=1), "ff", [M, M]),
    "split": (lambda x: T.split(x, [1, 3], 2, axis=1), "f", [M]),
    "roll": (lambda x: T.roll(x, 1, axis=1), "f", [M]),
    "repeat": (lambda x: [T.repeat(x, 2, axis=1), T.repeat(x, [1, 0, 2], axis=0)], "f", [M]),
    "repeat of all": (lambda x: T.repeat(x, T.constant([1, 0, 2] * 4)), "f", [M]),
    "tile": (lambda x: T.tile(x, (2, 1)), "f", [M]),
    "diagonal": (lambda x: [T.diagonal(x), T.diagonal(x, 1, 1, 0)], "f", [M]),
    "diagonal matrix": (lambda x: T.diag(x), "f", [(3,)]),
    "trace": (lambda x: x.trace(), "f", [M]),
    "fill diagonal": (lambda x, y: T.fill_diagonal(x, y), "ff", [M, ()]),
    "fill diagonal of rank 3": (lambda x, y: T.fill_diagonal(x, y), "ff", [(3, 3, 3), ()]),
    "fill another diagonal": (lambda x, y, k: T.fill_diagonal_offset(x, y, k), "ffi", [M, (), ()]),
    "part": (lambda x: [x[1], x[:, -1], x[::-2, 1:], x[None, ..., 0]], "f", [M]),
    "part by a number": (lambda x, i: x[i], "fi", [M, ()]),
    "part by a column": (lambda x, i: x[1:, i], "fi", [M, ()]),
    "part by numbers": (lambda x, i, j: x[i, :, j], "fii", [(2, 3, 4), (), ()]),
    "element": (lambda x, i, j: x[i, j], "fii", [M, (), ()]),
    "written part": (lambda x, y: [T.set_subtensor(x[1:], y), T.inc_subtensor(x[:2, :], y)], "ff", [M, (2, 4)]),
    "written number": (lambda x, y: T.set_subtensor(x[:, 1], y), "ff", [M, ()]),
    "written row": (lambda x, y: T.inc_subtensor(x[1:], y), "ff", [M, (4,)]),
    "written by a number": (lambda x, y, i: [T.set_subtensor(x[i], y), T.inc_subtensor(x[1:, i], y[0])], "ffi",
                            [M, (4,), ()]),
    "written element": (lambda x, y, i, j: T.inc_subtensor(x[i, 0, j], y), "ffii", [(2, 3, 2), (), (), ()]),
    "rows": (lambda x, i: x[i], "fi", [M, (5,)]),
    "rows of a vector": (lambda x, i: x[i], "fi", [(4,), (5,)]),
    "rows by a matrix": (lambda x, i: x[i], "fi", [M, (2, 2)]),
    "columns": (lambda x, i: T.take(x, i, axis=1), "fi", [M, (5,)]),
    "written rows": (lambda x, y, i: T.inc_subtensor(x[i], y), "ffi", [M, (5, 4), (5,)]),
    "written rows by a row": (lambda x, y, i: T.inc_subtensor(x[i], y), "ffi", [M, (4,), (5,)]),
    "set rows": (lambda x, y: T.set_subtensor(x[[2, 0]], y), "ff", [M, (2, 4)]),
    "elements": (lambda x, i, j: x[i, j], "fii", [M, (5,), (5,)]),
    "elements in the middle": (lambda x, i, j: x[:, i, j], "fii", [(2, 2, 3), (5,), (1,)]),
    "elements apart": (lambda x, i, j: x[i, :, j], "fii", [(2, 3, 2), (2, 2), (2,)]),
    "elements and a new axis": (lambda x, i: x[i, None, i], "fi", [M, (2,)]),
    "written elements": (lambda x, y, i: T.inc_subtensor(x[i, i], y), "ffi", [M, (5,), (5,)]),
    "written in the middle": (lambda x, y, i: T.inc_subtensor(x[:, i, i], y), "ffi", [(2, 2, 3), (2, 5), (5,)]),
    "written apart": (lambda x, y, i: T.inc_subtensor(x[i, :, i], y), "ffi", [(2, 3, 2), (), (5,)]),
    "masked": (lambda x: x[:, np.array([True, False, True, True])], "f", [M]),
    "mask of all": (lambda x: x[np.arange(12).reshape(3, 4) % 5 == 0], "f", [M]),
    "masked and counted": (lambda x, i: x[np.array([True, False, True]), i], "fi", [M, (2,)]),
    "written by a mask": (lambda x, y, m: [T.set_subtensor(x[m], y), T.inc_subtensor(x[m], y)], "ffb", [M, (), M]),
    "written rows by a mask": (lambda x, y, m: T.set_subtensor(x[m], y), "ffb", [M, (), (3,)]),
    "written by a fixed mask": (lambda x, y: T.inc_subtensor(x[np.array([True, False, True])], y), "ff", [M, (2, 4)]),
    "vector . vector": (T.dot, "ff", [(4,), (4,)]),
    "matrix . vector": (T.dot, "ff", [M, (4,)]),
    "vector . matrix": (T.dot, "ff", [(3,), M]),
    "matrix . matrix": (T.dot, "ff", [M, (4, 2)]),
    "row . column": (T.dot, "ff", [(1, 4), (4, 1)]),
    "integers . floats": (T.dot, "If", [M, (4, 2)]),
    "outer": (T.outer, "ff", [(3,), (4,)]),
    "tensordot": (lambda x, y: T.tensordot(x, y, [[1], [0]]), "ff", [(2, 3, 2), (3, 2)]),
    "divisors": (lambda v: theano.tensor.linalg.solve.Divisors()(v, 3), "f", [(3,)]),
    "batched 3, 3": (T.batched_dot, "ff", [(2, 3, 4), (2, 4, 2)]),
    "batched 2, 3": (T.batched_dot, "ff", [(2, 4), (2, 4, 2)]),
    "batched 3, 2": (T.batched_dot, "ff", [(2, 3, 4), (2, 4)]),
    "batched 2, 2": (T.batched_dot, "ff", [(2, 4), (2, 4)]),
    "softmax": (nnet.softmax, "f", [M]),
    "softmax of a vector": (nnet.softmax, "f", [(4,)]),
    "log softmax": (nnet.logsoftmax, "f", [M]),
    "softmax with bias": (lambda x, b: nnet.softmax_with_bias(x, b), "ff", [M, (4,)]),
    "cross-entropy": (lambda x, i: nnet.categorical_crossentropy(nnet.softmax(x), i), "fI", [M, (3,)]),
    "cross-entropy of softmax": (lambda x, b, i: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, i), "ffI",
                                 [M, (4,), (3,)]),
    "sort": (lambda x: [T.sort(x, axis=0), T.argsort(x), T.sort(x, axis=None)], "f", [M]),
    "largest": (lambda x: T.sort(T.topk(x, 2, axis=0), axis=0), "f", [M]),
    "unravel": (lambda i: list(unravel_index(i, (2, 2))), "I", [(3,)]),
    "ravel": (lambda i, j: ravel_multi_index((i, j), (2, 3)), "iI", [(3,), (3,)]),
    "pool": (lambda x: pool_2d(x, (2, 2), ignore_border=True), "f", [(1, 4, 4)]),
    "average pool": (lambda x: pool_2d(x, (2, 2), ignore_border=True, mode="average_inc_pad"), "f", [(4, 4)]),
    "one hot": (lambda i: T.to_one_hot(i, 3), "I", [(4,)]),
    "rop": (lambda x, v: T.Rop(T.tanh(T.dot(x, x.T)), x, v), "ff", [M, M]),
    "rop of pool": (lambda x, v: T.Rop(pool_2d(x, (2, 2), ignore_border=True), x, v), "ff", [(4, 4), (4, 4)]),
    "inner vectorize": (lambda x, y: theano.vectorize(T.dot, in_axes=(0, None))(x, y), "ff", [M, (4,)]),
}
ONE_OF_TWO = {              # both arguments batched make a loop
    "convolution": (lambda x, w: nnet.conv2d(x, w), *CONV),
    "correlation": (lambda x, w: nnet.conv2d(x, w, filter_flip=False, border_mode="half", input_shape=(2, 2, 5, 5),
                                             filter_shape=(3, 2, 2, 2)), *CONV),
    "convolution in 3d": (lambda x, w: nnet.conv3d(x, w), *CONV3),
    "convolution of any rank": (conv.AbstractConv(2, filter_dilation=(2, 1)), *CONV),
    "first convolution": (conv.ConvOp((2, 5, 5), (2, 2), 3, 2), *CONV),
    "filters of any rank": (lambda x, t: conv.AbstractConv_gradWeights(2)(x, t, [2, 2]), "ff", TOPS),
    "images of any rank": (lambda w, t: conv.AbstractConv_gradInputs(2)(w, t, [5, 5]), "ff",
                           [(3, 2, 2, 2), (2, 3, 4, 4)]),
    "of filters": (lambda x, t: conv.AbstractConv2d_gradWeights()(x, t, [2, 2]), "ff", TOPS),
    "of images": (lambda w, t: conv.AbstractConv2d_gradInputs()(w, t, [5, 5]), "ff", [(3, 2, 2, 2), (2, 3, 4, 4)]),
    "of filters in 3d": (lambda x, t: conv.AbstractConv3d_gradWeights()(x, t, [2, 2, 2]), "ff",
                         [(1, 2, 4, 4, 3), (1, 2, 3, 3, 2)]),
    "of images in 3d": (lambda w, t: conv.AbstractConv3d_gradInputs()(w, t, [4, 4, 3]), "ff",
                        [(2, 2, 2, 2, 2), (1, 2, 3, 3, 2)]),
}
NO_GRADIENT = {             # what the rewriter makes of products
    "gemm": (lambda z, x, y, a: blas.gemm(z, a, x, y, TWO), "ffff", [(3, 2), M, (4, 2), ()]),
    "gemv": (lambda y, m, x: blas.gemv(y, TWO, m, x, TWO), "fff", [(3,), M, (4,)]),
    "ger": (lambda m, x, y: blas.ger(m, TWO, x, y), "fff", [M, (3,), (4,)]),
    "dot22": (lambda x, y: blas._dot22(x, y), "ff", [M, (4, 2)]),
    "dot22 scaled": (lambda x, y, a: blas._dot22scalar(x, y, a), "fff", [M, (4, 2), ()]),
    "hot cross-entropy gradient": (lambda g, x, i: crossentropy_categorical_1hot_grad(g, x, i), "ffI",
                                   [(3,), M, (3,)]),
    "scalars": (lambda x, y: T.tensor_from_scalar(PAIR(T.scalar_from_tensor(x), T.scalar_from_tensor(y)) +
                                                  T.scalar_from_tensor(y)), "ff", [(), ()]),
    "reduction with dtypes": (T.CAReduceDtype(theano.scalar.add, 0, acc_dtype="float64"), "f", [M]),
    "undefined": (lambda x: theano.gradient.undefined_grad(x) * 2, "f", [M]),
    "inplace": (lambda x, y: T.inplace.add_inplace(T.exp(x), y), "ff", [M, M]),
}
LOOPS = {                   # name -> (function, kinds, shapes, what is batched)
    "counted": (lambda n, x: T.arange(n + 1 - n) * x, "if", [(), (1,)], (True, False)),
    "placed in several vectors": (lambda x, v: T.searchsorted(T.sort(x), v), "ff", [(4,), (2,)], (True, True)),
    "chosen": (lambda i, x: T.choose(i, x), "if", [(3,), (2, 3)], (True, True)),
    "distinct": (lambda x: theano.tensor.extra_ops.Unique()(T.eq(x, x).astype("int64")), "f", [M], (True,)),
    "convolution": (nnet.conv2d, *CONV, (True, True)),
}


@pytest.fixture
def rng():
    return np.random.RandomState(7)


def cases(table):
    """A parameter for each way to batch each row of a table."""
    return [pytest.param(name, b, id=f"{name}-{''.join('.x'[f] for f in b)}") for name, row in table.items()
            for b in subsets(len(row[1]))]


@pytest.mark.parametrize("name, batched", cases(CASES))
def test_batched_is_row_by_row(name, batched, rng):
    build, kinds, shapes = CASES[name]
    masks = any(k == "b" and b for k, b in zip(kinds, batched, strict=True))
    check(build, kinds, shapes, batched, rng, gradients=not masks)


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)])
@pytest.mark.parametrize("build, first, second, expected", [
    (T.batched_dot, (2, 3, 4), (2, 4, 5), (2, 3, 5)), (T.batched_dot, (2, 4), (2, 4, 5), (2, 5)),
    (T.batched_dot, (2, 3, 4), (2, 4), (2, 3)), (T.dot, (3, 4), (4, 5), (3, 5)), (nnet.conv2d, *CONV[1], (2, 3, 4, 4))])
def test_products_of_no_rows_have_the_extents_of_a_row(build, first, second, expected, axes):
    values = [np.zeros(shape if axis is None else (0, *shape)) for axis, shape in zip(axes, (first, second),
                                                                                      strict=True)]
    args = [T.TensorType("float64", (False,) * v.ndim)() for v in values]
    f = theano.function(args, theano.vectorize(build, in_axes=axes)(*args), mode=QUICK)
    assert f(*values).shape == (0, *expected)


@pytest.mark.parametrize("name, batched", cases(NO_GRADIENT))
def test_ops_without_gradient(name, batched, rng):
    check(NO_GRADIENT[name][0], *NO_GRADIENT[name][1:], batched, rng, gradients=False)


@pytest.mark.parametrize("name, batched", cases(ONE_OF_TWO))
def test_convolutions(name, batched, rng):
    check(ONE_OF_TWO[name][0], *ONE_OF_TWO[name][1:], batched, rng, loops=all(batched),
          gradients=not all(batched))


@pytest.mark.parametrize("name", LOOPS)
def test_loops(name, rng):
    build, kinds, shapes, batched = LOOPS[name]
    check(build, kinds, shapes, batched, rng, loops=True, gradients=name != "chosen")


ROWS = sorted(name for name, row in ScalarOp.table.items() if name in ELEMWISE and not name.startswith("cast_"))


@pytest.mark.parametrize("name", ROWS)
def test_elementwise_of_random_ranks_and_patterns(name, rng):
    row = ScalarOp.table[name]
    count = 2 if row.nin < 0 else row.nin
    domains = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
    for dtype in ("float64", "int64"):
        rank = rng.randint(3)
        shapes = [tuple(rng.choice([1, n]) for n in (2, 4)[:rank]) for _ in range(count)]
        batched = [True] + [bool(b) for b in rng.randint(2, size=count - 1)]
        rng.shuffle(batched)
        values = [np.asarray(rng.uniform(*d, (N, *s) if b else s) * (1 if dtype == "float64" else 3)).astype(dtype)
                  for d, s, b in zip(domains, shapes, batched, strict=True)]
        rows = [T.TensorType(dtype, [n == 1 for n in s])() for s in shapes]
        try:
            outputs = ELEMWISE[name](*rows, return_list=True)
            theano.function(rows, outputs, mode=QUICK)(*(np.ones(s, dtype) for s in shapes))
        except TypeError:                               # not for this dtype
            continue
        whole = [T.TensorType(dtype, [False] * b + [n == 1 for n in s])() for s, b in zip(shapes, batched, strict=True)]
        found = theano.vectorize(lambda *xs: ELEMWISE[name](*xs), in_axes=[0 if b else None for b in batched])(*whole)
        made = theano.function(whole, found, mode=QUICK)(*values)
        expected, = by_rows(rows, outputs, values, batched)
        np.testing.assert_allclose(made, expected, rtol=1e-12)


REDUCTIONS = ("sum", "prod", "max", "min", "mean", "any", "all", "argmax", "var")


@pytest.mark.parametrize("seed", range(30))
def test_reductions_of_random_ranks(seed):
    rng = np.random.RandomState(seed)
    rank = rng.randint(1, 4)
    axes = tuple(int(d) for d in rng.permutation(rank)[:rng.randint(1, rank + 1)])
    name = REDUCTIONS[seed % len(REDUCTIONS)]
    shape = tuple(rng.choice([1, 2, 3], rank))
    smooth = name not in ("any", "all", "argmax")
    axes = axes if rng.randint(3) else None
    check(lambda x: getattr(T, name)(x, axis=axes), "f", [shape], (True,), rng,
          gradients=smooth)


STEPS = (lambda a, b: a * b, lambda a, b: T.tanh(a) + b, lambda a, b: T.switch(a > b, a, b),
         lambda a, b: a.sum(axis=0, keepdims=True) if a.ndim else a,
         lambda a, b: T.dot(a, b.T) if a.ndim == b.ndim == 2 else a - b,
         lambda a, b: a.dimshuffle("x", 0, 1)[0] if a.ndim == 2 else a,
         lambda a, b: T.inc_subtensor(a[1:], 2.0) if a.ndim else a ** 2)


@pytest.mark.parametrize("seed", range(21))
def test_random_graphs(seed):
    """Chains of ops whose outputs go into others, some of them the same in all rows, compiled as users do."""
    rng = np.random.RandomState(seed)

    def build(x, y, s):
        pool = [x, y, s]
        for _ in range(6):
            a, b = (pool[rng.randint(len(pool))] for _ in range(2))
            pool.append(STEPS[rng.randint(len(STEPS))](a, b))
        return [v for v in pool[3:] if v.ndim < 2 or v.type.broadcastable == (False, False)][-3:]

    state = rng.get_state()

    def again(*args):
        rng.set_state(state)
        return build(*args)

    batched = subsets(3)[seed % 7]
    check(again, "fff", [(3, 3), (3, 3), ()], batched, np.random.RandomState(seed), mode=None)


def _classes(*outputs):
    return {type(n.op) for n in toposort(outputs)}


def test_every_rule_has_a_case():
    """What the tables above do not reach is here, or has a test of its own."""
    elsewhere = {theano.inner.rowwise.Rowwise, theano.inner.scan.op.Scan, theano.inner.ifelse.IfElse, EachRow,
                 theano.inner.scan.structured.Recorded, theano.inner.scan.structured.Longest,
                 theano.inner.scan.structured.Going, theano.tensor.random.function.RandomFunction,
                 theano.tensor.random.mrg.mrg_uniform}
    seen = set()
    for table in (CASES, NO_GRADIENT, ONE_OF_TWO, LOOPS):
        for build, kinds, shapes, *_ in table.values():
            made = build(*(variable(k, s) for k, s in zip(kinds, shapes, strict=True)))
            made = list(made) if isinstance(made, (list, tuple)) else [made]
            seen |= _classes(*made)
            costs = [y.sum() for y in made if y.type.dtype == "float64"]
            if table is CASES and costs:
                leaves = [v for v in theano.graph.walk.inputs(costs) if v.type.dtype == "float64"
                          and not isinstance(v, theano.Constant)]
                seen |= _classes(*T.grad(sum(costs), leaves, disconnected_inputs="ignore", null_gradients="return"))
    scalars = {type(row) for row in ScalarOp.table.values()}
    missing = (set(RULES) | set(EXPANSIONS)) - seen - scalars - elsewhere
    assert not sorted(c.__name__ for c in missing)


@pytest.mark.parametrize("change", [T.set_subtensor, T.inc_subtensor])
@pytest.mark.parametrize("part", [
    lambda x, m: x[m], lambda x, m: x[m[:, 0]], lambda x, m: x[1:, m[0]], lambda x, m: x[m[:, 1], ::2],
    lambda x, m: x[1, m[0]], lambda x, m: x[None, m[:, 0]]])
def test_gradients_of_one_number_put_where_masks_are_true(change, part):
    rng = np.random.default_rng(3)
    x, y, mask = T.matrix(), T.scalar(), T.matrix(dtype="bool")

    def slopes(x, y, mask):
        return T.grad((change(part(x, mask), y) ** 3).sum(), [x, y])

    values = rng.standard_normal((2, 3, 4)), rng.standard_normal(2), rng.random((2, 3, 4)) > 0.4
    one = theano.function([x, y, mask], slopes(x, y, mask))
    rows = T.tensor3(), T.vector(), T.TensorType("bool", (False,) * 3)()
    found = theano.function(rows, theano.vectorize(slopes)(*rows))(*values)
    expected = [np.stack(v) for v in zip(*(one(*row) for row in zip(*values, strict=True)), strict=True)]
    for result, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-6)
    cost = (change(part(x, mask), y) ** 3).sum()
    step, row = 1e-3, [v[0] for v in values]
    at = theano.function([x, y, mask], cost)
    np.testing.assert_allclose(found[1][0], (at(row[0], row[1] + step, row[2]) - at(row[0], row[1] - step, row[2]))
                               / (2 * step), rtol=1e-3, atol=1e-4)
