"""Sorting, running sums, repetition, diagonals and indices against NumPy; gradients and shapes."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor import extra_ops, nnet
from theano.tensor.diagonal import AllocDiag, ExtractDiag, fill_diagonal, fill_diagonal_offset
from theano.tensor.repeat import RepeatOp, compress
from theano.tensor.sort import SearchsortedOp, Unique
from theano.tensor.variable import FUNCTIONS

X = 1.0 * np.random.RandomState(3).permutation(24).reshape(2, 3, 4)
M, V = X[0], X[0, 0]
K = np.array([2, 0, 1])

CASES = {                                   # name: (ours, NumPy's, arrays); the first is what is differentiated by
    "sort": (T.sort, np.sort, [X]), "sort_0": (lambda x: T.sort(x, 0), lambda x: np.sort(x, 0), [X]),
    "sort_flat": (lambda x: T.sort(x, None), lambda x: np.sort(x, None), [X]),
    "argsort": (T.argsort, np.argsort, [X]), "argsort_1": (lambda x: x.argsort(1), lambda x: x.argsort(1), [X]),
    "cumsum": (T.cumsum, np.cumsum, [X]), "cumsum_1": (lambda x: x.cumsum(1), lambda x: x.cumsum(1), [X]),
    "cumprod": (lambda x: T.cumprod(x / 9), lambda x: np.cumprod(x / 9), [M + 1]),
    "cumprod_-2": (lambda x: (x / 9).cumprod(-2), lambda x: (x / 9).cumprod(-2), [X + 1]),
    "diff": (T.diff, np.diff, [X]),
    "diff_2": (lambda x: T.diff(x, 2, 1), lambda x: np.diff(x, 2, 1), [X]),
    "diff_0": (lambda x: T.diff(x, 0, 0), lambda x: np.diff(x, 0, 0), [X]),
    "repeat": (lambda x: T.repeat(x, 3), lambda x: np.repeat(x, 3), [X]),
    "repeat_1": (lambda x: x.repeat(2, axis=1), lambda x: x.repeat(2, axis=1), [X]),
    "repeat_each": (lambda x, k: T.repeat(x, k, 1), lambda x, k: np.repeat(x, k, 1), [X, K]),
    "repeat_each_flat": (lambda x, k: T.repeat(x, k), lambda x, k: np.repeat(x, k), [V[:3], K]),
    "repeat_op": (lambda x: RepeatOp(2)(x, 3), lambda x: np.repeat(x, 3, 2), [X]),
    "tile": (lambda x: T.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), [X]),
    "tile_last": (lambda x: T.tile(x, 2), lambda x: np.tile(x, 2), [M]),
    "tile_more": (lambda x: T.tile(x, [2, 3, 1], 4), lambda x: np.tile(x, [1, 2, 3, 1]), [M]),
    "tile_vector": (lambda x, k: T.tile(x, k[:2] + 1, 2), lambda x, k: np.tile(x, k[:2] + 1), [M, K]),
    "compress": (lambda x: compress([0, 1, 1], x, 1), lambda x: np.compress([0, 1, 1], x, 1), [X]),
    "choose": (lambda c, k: T.choose(k, c), lambda c, k: np.choose(k, c), [M, np.array([2, 0, 1, 1])]),
    "choose_wrap": (lambda c, k: T.choose(k, c, mode="wrap"), lambda c, k: np.choose(k, c, mode="wrap"),
                    [X, np.arange(12).reshape(3, 4)]),
    "diag_of_matrix": (T.diag, np.diag, [M]), "diag_above": (lambda x: T.diag(x, 2), lambda x: np.diag(x, 2), [M]),
    "diag_below": (lambda x: T.diag(x, -2), lambda x: np.diag(x, -2), [M]),
    "diag_outside": (lambda x: T.diag(x, 5), lambda x: np.diag(x, 5), [M]),
    "diag_of_vector": (T.diag, np.diag, [V]), "diag_offset": (lambda x: T.diag(x, -1), lambda x: np.diag(x, -1), [V]),
    "diagonal": (lambda x: x.diagonal(1, 2, 0), lambda x: x.diagonal(1, 2, 0), [X]), "trace": (
        lambda x: x.trace(), np.trace, [M]),
    "ravel": (lambda x: x.ravel(), np.ravel, [X]),
    "topk": (lambda x: T.sort(T.topk(x, 2, 1), 1), lambda x: np.sort(x, 1)[:, -2:], [X]),
    "lowest": (lambda x: T.sort(T.topk(x, -3)), lambda x: np.sort(x)[..., :3], [X]),
    "topk_flat": (lambda x: T.sort(T.topk(x, 5, None)), lambda x: np.sort(x, None)[-5:], [X]),
    "searchsorted": (lambda x, v: T.searchsorted(x, v), np.searchsorted, [np.sort(V), M]),
    "fill_diagonal": (lambda x: fill_diagonal(x, x[0, 1]), lambda x: np.where(np.eye(3, 4), x[0, 1], x), [M]),
    "fill_above": (lambda x: fill_diagonal_offset(x, x.sum(), 1), lambda x: np.where(np.eye(3, 4, 1), x.sum(), x), [M]),
    "bartlett": (lambda k: T.bartlett(k[0] + 4), lambda k: np.bartlett(k[0] + 4), [K]),
    "bincount": (lambda k: T.bincount(k, minlength=6), lambda k: np.bincount(k, minlength=6), [K]),
    "isclose": (lambda x: T.isclose(x, M + 1e-9), lambda x: np.isclose(x, M + 1e-9), [M]),
    "contiguous": (lambda x: extra_ops.cpu_contiguous(x.T), lambda x: x.T, [M]),
}
FLAT = {"argsort", "argsort_1", "searchsorted", "isclose", "choose", "choose_wrap"}              # no gradient, or zero


def compiled(build, arrays):
    """The inputs of ``build``, its output, and the output's value."""
    inputs = [T.TensorType(a.dtype.name, (False,) * a.ndim)() for a in arrays]
    output = build(*inputs)
    return inputs, output, theano.function(inputs, output)(*arrays)


@pytest.mark.parametrize("name", CASES)
def test_value_and_shape(name):
    ours, numpys, arrays = CASES[name]
    inputs, output, found = compiled(ours, arrays)
    expected = numpys(*arrays)
    np.testing.assert_allclose(found, expected)
    assert found.dtype == output.type.dtype and found.shape == np.shape(expected)
    shape = theano.function(inputs, output.shape, on_unused_input="ignore")(*arrays)
    assert tuple(shape) == found.shape


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n][2][0].dtype == float and n not in FLAT])
def test_gradient(name, rng):
    ours, _, (x, *rest) = CASES[name]
    theano.gradient.verify_grad(lambda v: ours(v, *map(T.as_tensor_variable, rest)), [x], rng=rng)


@pytest.mark.parametrize("name", ["sort", "argsort", "cumsum", "cumprod", "repeat", "diagonal", "trace", "ravel",
                                  "searchsorted", "choose", "compress"])
def test_numpy_functions_build_graph(name):
    assert FUNCTIONS[name] is not None and hasattr(T.TensorVariable, name)


def test_sorting_along_a_variable_axis():
    a, axis = T.matrix(), T.lscalar()
    f = theano.function([a, axis], [T.sort(a, axis, "mergesort"), T.argsort(a, axis)])
    for k in (0, 1, -1):
        found, index = f(M, k)
        np.testing.assert_array_equal(found, np.sort(M, k))
        np.testing.assert_array_equal(index, np.argsort(M, k))


def test_topk_values_and_indices():
    x = T.matrix()
    values, index = theano.function([x], T.topk_and_argtopk(x, 2, 0, idx_dtype="int32"))(M)
    assert index.dtype == "int32" and values.shape == (2, 4)
    np.testing.assert_array_equal(np.take_along_axis(M, index, 0), values)
    np.testing.assert_array_equal(np.sort(values, 0), np.sort(M, 0)[-2:])
    f = theano.function([x, k := T.iscalar()], T.topk(x, k))
    assert f(M, -1).ravel().tolist() == M.min(axis=1).tolist()
    for wrong in (0, 5):
        with pytest.raises(ValueError, match="kth must be"):
            f(M, wrong)


def test_one_hot():
    y = T.ivector()
    np.testing.assert_array_equal(theano.function([y], extra_ops.to_one_hot(y, 4))([2, 0]), np.eye(4)[[2, 0]])
    assert extra_ops.to_one_hot(y, 4, dtype="int8").type.dtype == "int8"


def test_counts_of_negative_and_weighted():
    k, w = T.lvector(), T.vector()
    weighted = theano.function([k, w], T.bincount(k, weights=w))
    np.testing.assert_allclose(weighted(K, V[:3]), np.bincount(K, V[:3]))
    with pytest.raises(AssertionError, match="negative"):
        theano.function([k], T.bincount(k, assert_nonneg=True))([1, -1])


@pytest.mark.parametrize("order", ["C", "F"])
def test_indices_of_flat_arrays(order):
    flat, dims = np.arange(24).reshape(4, 6), (2, 3, 4)
    i = T.lmatrix()
    f = theano.function([i], list(T.unravel_index(i, dims, order)))
    np.testing.assert_array_equal(f(flat), np.unravel_index(flat, dims, order))
    back = T.ravel_multi_index(T.unravel_index(i, dims, order), dims, order=order)
    np.testing.assert_array_equal(theano.function([i], back)(flat), flat)
    clipped = theano.function([i], T.ravel_multi_index((i, i), (3, 5), "clip", order))
    np.testing.assert_array_equal(clipped(flat), np.ravel_multi_index((flat, flat), (3, 5), "clip", order))
    with pytest.raises(ValueError, match="ndim"):
        T.unravel_index(i, T.lvector())
    with pytest.raises(TypeError, match="integers"):
        T.unravel_index(T.fvector(), dims)


def test_unique():
    x = T.vector()
    values, first, inverse, counts = theano.function([x], Unique(True, True, True)(x))([2, 1, 3, 2])
    assert (values.tolist(), first.tolist(), inverse.tolist(), counts.tolist()) == \
        ([1, 2, 3], [1, 0, 2], [1, 0, 2, 1], [1, 2, 1])
    rows = theano.function([m := T.matrix()], Unique(axis=0)(m))([[2, 1], [0, 1], [2, 1]])
    assert rows.tolist() == [[0, 1], [2, 1]]


@pytest.mark.parametrize(("offset", "axis1", "axis2"), [(0, 0, 1), (1, 2, 0), (-2, 1, 2)])
def test_diagonals_put_back(offset, axis1, axis2, rng):
    x = rng.randn(3, 4)
    op = AllocDiag(offset, axis1, axis2)
    inputs, output, found = compiled(op, [x])
    np.testing.assert_array_equal(np.diagonal(found, offset, axis1, axis2), x)
    assert np.count_nonzero(found) == x.size
    assert tuple(theano.function(inputs, output.shape)(x)) == found.shape
    theano.gradient.verify_grad(op, [x], rng=rng)
    v, e = T.matrix(), T.matrix()
    slope = theano.Rop(ExtractDiag(offset, axis1, axis2)(op(v)), v, e)
    np.testing.assert_array_equal(theano.function([e], slope)(x + 1), x + 1)


@pytest.mark.parametrize(("call", "error"), [
    (lambda: T.cumsum(T.matrix(), axis=2), ValueError), (lambda: T.diff(T.matrix(), axis=2), ValueError),
    (lambda: T.repeat(T.matrix(), T.vector(dtype="uint64")), TypeError), (lambda: T.diag(T.scalar()), ValueError),
    (lambda: T.tile(T.matrix(), T.ivector()), ValueError), (lambda: T.tile(T.matrix(), 2.5), ValueError),
    (lambda: T.tile(T.matrix(), [1, 2, 3], 2), ValueError), (lambda: T.tile(T.matrix(), 2, 1), ValueError),
    (lambda: SearchsortedOp("middle"), ValueError), (lambda: T.searchsorted(T.matrix(), 1), ValueError),
    (lambda: T.diagonal(T.matrix(), 0, 1, 1), ValueError), (lambda: T.topk(T.matrix(), 1.5), TypeError),
    (lambda: Unique(axis=2)(T.matrix()), RuntimeError), (lambda: fill_diagonal(T.vector(), 1), TypeError),
    (lambda: T.take(T.vector(), T.lvector(), mode="around"), ValueError),
    (lambda: T.matrix().dimshuffle(0, 1, "y"), ValueError), (lambda: T.matrix().norm("fro"), TypeError),
    (lambda: fill_diagonal(T.lmatrix(), 1.5), TypeError), (lambda: fill_diagonal(T.dmatrix(), T.zscalar()), TypeError),
    (lambda: fill_diagonal_offset(T.lmatrix(), 1.5, 1), TypeError)])
def test_wrong_arguments(call, error):
    with pytest.raises(error):
        call()


def test_closeness_of_infinite_values():
    a = np.array([0, 1, -1, 0, np.nan, np.inf, -np.inf, np.inf])
    b = np.array([0, 1.0001, -1.000000000001, np.nan, np.nan, np.inf, np.inf, 0])
    x, y = T.vector(), T.vector()
    for equal_nan in (False, True):
        np.testing.assert_array_equal(theano.function([x, y], T.isclose(x, y, equal_nan=equal_nan))(a, b),
                                      np.isclose(a, b, equal_nan=equal_nan))
    f = theano.function([x, y], T.allclose(x, y))
    assert f(a[:1], b[:1]) and not f(a, b)


def test_repeated_arrays_whose_extents_are_computed():
    n = T.lscalar()
    twice = RepeatOp(0)
    product = twice(T.alloc(1.0, n) * n, 1)
    for y, expected in [(T.alloc(2.0, n) + product, 5), (product + T.ones((n,)), 4)]:
        assert theano.function([n], y)(3).tolist() == [expected] * 3
    v = T.lvector()
    one_for_all = theano.function([v, n], RepeatOp(1)(T.zeros((2, n)), v).shape)
    assert [one_for_all(counts, 3).tolist() for counts in ([4], [1, 0, 2])] == [[2, 12], [2, 3]]
    f = theano.function([v], T.alloc(2.0, T.sort(v)[0]) + T.alloc(1.0, T.sort(v)[0]) * v[1])
    assert f([3, 2]).tolist() == [4, 4]


def test_a_shape_with_its_rank():
    x = T.matrix()
    assert [x.reshape((3, 2), 2).ndim, x.reshape(T.lvector(), 3).ndim, x.reshape(T.lscalar(), 2).ndim] == [2, 3, 2]


@pytest.mark.parametrize("alpha", [0, 0.25, np.array([0.5, 1], "float32")], ids=str)
def test_the_rectifier_of_an_array_is_an_array(alpha):
    x = np.array([[-2, 3], [4, -5]], "float32")
    found = nnet.relu(x, alpha)
    assert isinstance(found, np.ndarray) and found.dtype == "float32"
    np.testing.assert_allclose(found, np.maximum(x, alpha * x))
    np.testing.assert_allclose(nnet.relu(T.as_tensor_variable(x), alpha).eval(), found)


@pytest.mark.parametrize(("axes", "over"), [("per-activation", (0,)), ("spatial", (0, 2, 3)), ((0, 3), (0, 3))])
def test_batch_normalization(axes, over, rng):
    x = rng.randn(3, 2, 4, 5)
    shape = tuple(1 if d in over else n for d, n in enumerate(x.shape))
    gamma, beta, mean, var = (rng.rand(*shape) + 0.5 for _ in range(4))
    inputs = [T.tensor4() for _ in range(5)]
    train = nnet.bn.batch_normalization_train(*inputs[:3], axes, 1e-3, 0.3, *inputs[3:])
    out, m, invstd, new_mean, new_var = theano.function(inputs, list(train))(x, gamma, beta, mean, var)
    center, spread = x.mean(over, keepdims=True), x.var(over, keepdims=True)
    n = x.size / gamma.size
    for found, expected in [(out, (x - center) / np.sqrt(spread + 1e-3) * gamma + beta), (m, center),
                            (invstd, 1 / np.sqrt(spread + 1e-3)), (new_mean, 0.7 * mean + 0.3 * center),
                            (new_var, 0.7 * var + 0.3 * n / (n - 1) * spread)]:
        np.testing.assert_allclose(found, expected)
    test = theano.function(inputs, nnet.bn.batch_normalization_test(*inputs, axes, 1e-3))(x, gamma, beta, mean, var)
    expected = (x - mean) / np.sqrt(var + 1e-3) * gamma + beta
    np.testing.assert_allclose(test, expected)
    for mode in ("low_mem", "high_mem"):
        y = nnet.batch_normalization(*map(T.as_tensor_variable, (x, gamma, beta, mean, np.sqrt(var + 1e-3))), mode=mode)
        np.testing.assert_allclose(y.eval(), expected)
    with pytest.raises(ValueError, match="axes"):
        nnet.bn.batch_normalization_train(*inputs[:3], axes="everything")
    theano.gradient.verify_grad(lambda *v: nnet.bn.batch_normalization_train(*v, axes=axes)[0], [x, gamma, beta],
                                rng=rng)


@pytest.mark.parametrize("axes", [(0,), (0, 2), (1, 2), (0, 1, 2)])
def test_statistics_of_batch_normalization_have_the_dimensions_of_gamma(axes, rng):
    x = T.tensor3()
    kept = [d for d in range(3) if d not in axes]
    short = [T.TensorType(x.dtype, (False,) * len(kept))() for _ in range(4)]
    long = [p.dimshuffle([kept.index(d) if d in kept else "x" for d in range(3)]) for p in short]
    some, all_of_them = (nnet.bn.batch_normalization_train(x, *p[:2], axes, 1e-4, 0.2, *p[2:]) for p in (short, long))
    assert [y.broadcastable for y in some[1:]] == [(False,) * len(kept)] * 4
    assert [y.broadcastable for y in all_of_them[1:]] == [tuple(d in axes for d in range(3))] * 4
    values = theano.function([x, *short], [*some, *all_of_them])(rng.rand(3, 4, 5), *(
        rng.rand(*(3 + d for d in kept)) for _ in short))
    for one, other in zip(values[:5], values[5:], strict=True):
        np.testing.assert_array_equal(one.ravel(), other.ravel())


@pytest.mark.parametrize("dtypes", [("float32",) * 5, ("float16",) * 5, ("float32", "float32", "float64", "float32",
                                                                        "float32"), ("float64",) + ("float32",) * 4])
def test_batch_normalization_keeps_the_dtype_of_its_tensors(dtypes):
    """Numbers such as epsilon don't count, whatever floatX is; tensors are promoted."""
    inputs = [T.TensorType(dtype, (False,) * ndim)() for dtype, ndim in zip(dtypes, (2, 1, 1, 1, 1), strict=True)]
    expected = str(np.result_type(*dtypes))
    for factor in (0.1, 0.5, T.dscalar()):
        results = nnet.bn.batch_normalization_train(*inputs[:3], (0,), 1e-3, factor, *inputs[3:])
        assert [y.dtype for y in results] == [expected] * 5
    assert nnet.bn.batch_normalization_test(*inputs).dtype == expected


def test_axes_of_batch_normalization_come_in_any_order():
    x, p = T.tensor3(), T.vector()
    first, second = (nnet.bn.batch_normalization_train(x, p, p, axes)[0] for axes in [(0, 2), [2, 0]])
    assert theano.gof.graph.is_same_graph(first, second)
    for axes in [(0, 0), (), (3,), (-1,)]:
        with pytest.raises(ValueError, match="axes"):
            nnet.bn.batch_normalization_train(x, p, p, axes)


@pytest.mark.parametrize("shape", [(1, 3), (4, 1), (1, 1), (4, 3)])
def test_gradient_of_an_alloc_of_what_is_broadcast(shape, rng):
    x = T.dmatrix()
    cost = (T.alloc(x, 2, 4, 3) ** 2).sum()
    value = rng.normal(size=shape)
    found = theano.function([x], T.grad(cost, x))(value)
    np.testing.assert_allclose(found, 2 * value * 24 / value.size)


def test_choices_that_broadcast_when_the_function_runs():
    a, b, c = T.tensor3(dtype="int32"), T.ftensor3(), T.dtensor3()
    values = (np.array([[[0]], [[1]]], "int32"), np.arange(6, dtype="float32").reshape(1, 6, 1),
              -np.arange(5.).reshape(1, 1, 5))
    out = T.choose(a, (b, c), mode="clip")
    found, shape, *slopes = theano.function([a, b, c], [out, out.shape, *T.grad(out.sum(), [b, c])])(*values)
    np.testing.assert_array_equal(found, np.choose(values[0], values[1:], mode="clip"))
    assert tuple(shape) == found.shape and found.dtype == out.dtype == "float64"
    assert [s.shape for s in slopes] == [v.shape for v in values[1:]] and (slopes[0] == 5).all() and (
        slopes[1] == 6).all()
    with pytest.raises(ValueError, match="nothing to choose"):
        theano.function([a, b], T.choose(a, b))(values[0], np.zeros((0, 1, 1), "float32"))


@pytest.mark.parametrize("axes", [0, (1, 0), (1, (0,)), ((1,), 0), ([], []), ((0, 1), (1, 0))], ids=str)
def test_axes_of_tensordot(axes, rng):
    a, b = rng.rand(3, 3), rng.rand(3, 3)
    same = [[d] if np.ndim(d) == 0 else list(d) for d in axes] if isinstance(axes, (tuple, list)) else axes
    x, y = T.dmatrices("x", "y")
    found = theano.function([x, y], T.tensordot(x, y, axes))(a, b)
    np.testing.assert_allclose(found, np.tensordot(a, b, same))


def test_tensordot_of_vectors_is_a_number(rng):
    x, y = T.dvectors("x", "y")
    a, b = rng.rand(4), rng.rand(4)
    product = T.tensordot(x, y, ((0,), (0,)))
    assert product.ndim == 0
    np.testing.assert_allclose(theano.function([x, y], product)(a, b), a @ b)


def test_the_size_of_a_number_belongs_to_it():
    x = T.dscalar()
    assert theano.function([x], x.size)(7.) == 1


@pytest.mark.parametrize("shape", [[], (), (2, 2), [1]])
def test_shapes_of_another_rank_are_refused(shape):
    x = T.tensor3()
    with pytest.raises(AssertionError, match="dimensions"):
        T.specify_shape(x, shape)
    v = T.lvector()
    with pytest.raises(AssertionError, match="got shape"):
        theano.function([x, v], T.specify_shape(x, v))(np.zeros((2, 2, 2)), np.asarray(shape, "int64"))


def test_choices_by_what_a_loop_computes():
    """The truth values that are widened may be in no memory."""
    x = T.dmatrix()
    y = T.choose(T.cast(x > 0, "int64"), [x, x ** 2])
    given = np.array([[1.5, -2.0], [-3.0, 0.5]])
    found = theano.function([x], [y, T.grad(y.sum(), x)])(given)
    np.testing.assert_array_equal(found[0], np.where(given > 0, given ** 2, given))
    np.testing.assert_array_equal(found[1], np.where(given > 0, 2 * given, 1))


def test_variances_of_complex_numbers_by_numpy_are_real(rng):
    z = T.zmatrix()
    given = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    made = [np.var(z), np.var(z, axis=0, ddof=1), np.std(z, axis=1), T.grad(np.var(z), z)]
    assert [v.dtype for v in made] == ["float64"] * 3 + ["complex128"] and z.var().dtype == "complex128"
    expected = [given.var(), given.var(axis=0, ddof=1), given.std(axis=1), (given - given.mean()) / 6]
    for found, value in zip(theano.function([z], made)(given), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (0, 2), (2, 0)])
def test_derivatives_of_more_differences_than_there_are_neighbours(n, axis, shape, rng):
    x, v = T.dmatrices("xv")
    y = T.diff(x, n, axis)
    f = theano.function([x, v], [T.grad((y ** 2).sum() / 2, x), T.Rop(y, x, v)])
    a, b = rng.normal(size=shape), rng.normal(size=shape)
    gradient, tangent = f(a, b)
    made = np.diff(a, n, axis)
    matrix = np.diff(np.eye(a.size).reshape(a.size, *shape), n, axis + 1).reshape(a.size, made.size)
    np.testing.assert_allclose(gradient, (matrix @ made.ravel()).reshape(shape), atol=1e-12)
    np.testing.assert_allclose(tangent, np.diff(b, n, axis), atol=1e-12)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", None)], ids=["run", "fast", "python"])
def test_nothing_is_flattened_to_known_extents(mode):
    x, rows = T.tensor3(), T.tensor3()
    sums = theano.vectorize(lambda m: T.cumsum(m))(rows)
    f = theano.function([x, rows], [x.flatten(2), x.flatten(), sums], mode=mode)
    for shape in ((0, 2, 3), (2, 0, 3), (2, 3, 4)):
        found = f(np.ones(shape), np.ones((0, 2, 3)))
        assert [v.shape for v in found] == [(shape[0], shape[1] * shape[2]), (np.prod(shape),), (0, 6)]
    with pytest.raises(ValueError, match="annot reshape"):
        theano.function([x], x.reshape((0, -1)), mode=mode)(np.ones((0, 2, 3)))
