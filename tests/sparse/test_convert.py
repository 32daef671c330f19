"""Conversions, parts, casts, shapes, indices and sums of sparse matrices."""

import numpy as np
import pytest
import scipy.sparse

import theano
from theano import sparse
from theano import tensor as T
from theano.sparse.convert import AsFormat
from theano.sparse.type import format_cls

FORMATS = ["csr", "csc"]
SHAPE = (4, 5)


def evaluate(function, *values):
    """``function`` of sparse or dense values."""
    inputs = [sparse.SparseType(v.format, v.dtype.name)() if hasattr(v, "format") else
              T.TensorType(v.dtype, (False,) * v.ndim)() for v in values]
    return theano.function(inputs, function(*inputs))(*values)


def dense(x):
    return x.toarray() if hasattr(x, "toarray") else x


@pytest.mark.parametrize("dtype", sorted(sparse.all_dtypes))
@pytest.mark.parametrize("format", ["csr", "csc", "bsr"])
def test_dense_and_back(checks, format, dtype):
    m = checks.matrix(format, SHAPE, dtype)
    d = evaluate(sparse.dense_from_sparse, m)
    assert type(d) is np.ndarray and d.dtype == dtype and (d == m.toarray()).all()
    back = evaluate(sparse.SparseFromDense(format), d)
    assert back.format == format and back.dtype == dtype and (back != m).nnz == 0
    assert (evaluate(lambda x: x.toarray(), m) == d).all()


@pytest.mark.parametrize("ndim", [0, 1, 2])
def test_arrays_of_lower_rank_are_one_row(checks, rng, ndim):
    d = np.asarray(rng.uniform(1, 2, (3,) * ndim))
    assert (evaluate(sparse.csr_from_dense, d).toarray() == np.atleast_2d(d)).all()
    checks.gradient(lambda x: sparse.dense_from_sparse(-sparse.csc_from_dense(x)), d)
    with pytest.raises(TypeError, match="only matrices"):
        sparse.csr_from_dense(T.tensor3())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("structured", [True, False])
def test_gradient_of_dense_from_sparse(checks, format, structured):
    m = checks.matrix(format, SHAPE)
    checks.gradient(lambda x: T.sqr(sparse.DenseFromSparse(structured)(x)), m, structured=structured)


@pytest.mark.parametrize("format", FORMATS)
def test_parts_and_the_matrix_they_make(checks, format):
    m = checks.matrix(format, SHAPE)
    parts = evaluate(lambda x: list(sparse.csm_properties(x)), m)
    for part, expected in zip(parts, (m.data, m.indices, m.indptr, m.shape), strict=True):
        assert (part == expected).all()
    assert [p.dtype.name for p in parts] == ["float64", "int32", "int32", "int32"]
    named = evaluate(lambda x: [sparse.csm_data(x), sparse.csm_indices(x), sparse.csm_indptr(x), sparse.csm_shape(x)],
                     m)
    assert all((a == b).all() for a, b in zip(parts, named, strict=True))
    made = evaluate(sparse.CSM(format), *parts)
    assert made.format == format and (made != m).nnz == 0
    data = T.dvector()
    assert sparse.csm_data(sparse.CSM(format)(data, *parts[1:])) is data
    checks.gradient(lambda x: x[0:3] if format == "csr" else x[:, 0:3], m)


def test_gradient_of_data_that_another_matrix_covers_in_part(checks):
    m, other = checks.matrix("csr", SHAPE), checks.matrix("csr", SHAPE, density=0.4)
    m.indices[:2] = m.indices[:2][::-1].copy()
    m.has_sorted_indices = False
    checks.gradient(lambda x: x * other, m)


@pytest.mark.parametrize(("wrong", "error"), [
    (lambda: sparse.CSM("bsr"), ValueError), (lambda: sparse.CSM("csr", kmap=1), NotImplementedError),
    (lambda: sparse.CSR(T.matrix(), T.ivector(), T.ivector(), T.ivector()), TypeError),
    (lambda: sparse.CSR(T.vector(), T.vector(), T.ivector(), T.ivector()), TypeError),
    (lambda: sparse.csm_properties(sparse.bsr_matrix()), TypeError),
    (lambda: sparse.transpose(sparse.bsr_matrix()), TypeError)])
def test_wrong_parts(wrong, error):
    with pytest.raises(error):
        wrong()


def test_parts_of_other_lengths_fail_when_run():
    data, where = T.dvector(), T.ivector()
    f = theano.function([data, where], sparse.CSR(data, where, [0, 1, 2], (2, 2)))
    with pytest.raises(ValueError, match="same length"):
        f(np.ones(2), np.zeros(1, "int32"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("to", ["int8", "float32", "float64", "complex128"])
def test_cast(checks, format, to):
    m = checks.matrix(format, SHAPE, "float32")
    for cast in (lambda x: sparse.cast(x, to), lambda x: x.astype(to)):
        result = evaluate(cast, m)
        assert result.dtype == to and result.format == format
        np.testing.assert_array_equal(result.toarray(), m.toarray().astype(to))


def test_gradient_of_cast_and_format(checks):
    m = checks.matrix("csr", SHAPE)
    checks.gradient(AsFormat("csc"), m, structured=False)
    g = theano.grad(sparse.sp_sum(sparse.cast(x := sparse.csr_fmatrix(), "float64"), sparse_grad=True), x)
    assert g.type == x.type
    assert (theano.function([x], g)(m.astype("float32")).data == 1).all()
    result = evaluate(AsFormat("csc"), m)
    assert result.format == "csc" and (result.tocsr() != m).nnz == 0


SHAPES = {          # name -> function of a sparse matrix, function of an array
    "transpose": (sparse.transpose, np.transpose), "T": (lambda x: x.T, np.transpose),
    "ones_like": (sparse.sp_ones_like, lambda d: (d != 0) * 1.0), "zeros_like": (sparse.sp_zeros_like, np.zeros_like),
    "method zeros_like": (lambda x: x.zeros_like(), np.zeros_like),
    "clean": (sparse.clean, np.array), "remove0": (sparse.remove0, np.array),
    "sorted": (sparse.ensure_sorted_indices, np.array),
    "hstack": (lambda x: sparse.hstack([x, -x, x]), lambda d: np.hstack([d, -d, d])),
    "vstack": (lambda x: sparse.vstack([x, -x], format="csr"), lambda d: np.vstack([d, -d])),
    "sum": (sparse.sp_sum, np.sum), "sum 0": (lambda x: sparse.sp_sum(x, 0), lambda d: d.sum(0)),
    "sum 1": (lambda x: sparse.sp_sum(x, axis=1), lambda d: d.sum(1)),
    "rows": (lambda x: x[[0, 2, 0]], lambda d: d[[0, 2, 0]]), "slice": (lambda x: x[1:3], lambda d: d[1:3]),
    "rectangle": (lambda x: x[::2, -2:], lambda d: d[::2, -2:]),
    "elements": (lambda x: x[[0, 1, 1], [2, 3, 3]], lambda d: d[[0, 1, 1], [2, 3, 3]]),
    "element": (lambda x: x[1, -1], lambda d: d[1, -1]),
    "col_scale": (lambda x: sparse.col_scale(x, np.arange(5.0)), lambda d: d * np.arange(5)),
    "row_scale": (lambda x: sparse.row_scale(x, np.arange(4.0)), lambda d: d * np.arange(4)[:, None]),
}
NO_GRADIENT = ("ones_like", "zeros_like", "method zeros_like")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(checks, name, format):
    function, reference = SHAPES[name]
    m = checks.matrix(format, SHAPE)
    np.testing.assert_allclose(dense(evaluate(function, m)), reference(m.toarray()))
    if name not in NO_GRADIENT:
        checks.gradient(lambda x: x * x, m)
        checks.gradient(function, m, structured=False)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", SHAPES)
def test_infer_shape_agrees_with_the_value(checks, name, format):
    function, reference = SHAPES[name]
    m, x = checks.matrix(format, SHAPE), sparse.matrix(format, dtype="float64")
    f = theano.function([x], function(x).shape)
    assert tuple(f(m)) == np.shape(reference(m.toarray()))
    if name not in ("slice", "rectangle"):
        assert not any(type(node.op).__module__.startswith("theano.sparse") for node in f.maker.fgraph.toposort())


@pytest.mark.parametrize("format", FORMATS)
def test_scales_have_gradients_by_their_vectors(checks, rng, format):
    m = checks.matrix(format, SHAPE)
    checks.gradient(sparse.col_scale, m, rng.uniform(1, 2, 5))
    checks.gradient(sparse.row_scale, m, rng.uniform(1, 2, 4))
    with pytest.raises(NotImplementedError, match="bsr"):
        sparse.col_scale(sparse.bsr_matrix(), T.vector())


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("structured", [True, False])
def test_gradient_of_sums(checks, axis, structured):
    checks.gradient(sparse.SpSum(axis, structured), checks.matrix("csc", SHAPE), structured=structured)


@pytest.mark.parametrize("format", FORMATS)
def test_diagonals(checks, rng, format):
    m, v = checks.matrix(format, (4, 4)), rng.uniform(1, 2, 3)
    np.testing.assert_array_equal(evaluate(sparse.diag, m), np.diag(m.toarray()))
    np.testing.assert_array_equal(evaluate(sparse.square_diagonal, v).toarray(), np.diag(v))
    checks.gradient(sparse.diag, m, structured=False)
    checks.gradient(sparse.square_diagonal, v)
    with pytest.raises(ValueError, match="square"):
        evaluate(sparse.diag, checks.matrix(format, SHAPE))


def test_stacks_of_dtypes_and_formats(checks):
    blocks = [checks.matrix("csr", SHAPE, "int8"), checks.matrix("csc", SHAPE, "float32")]
    for function, reference in ((sparse.hstack, scipy.sparse.hstack), (sparse.vstack, scipy.sparse.vstack)):
        result = evaluate(lambda *x: function(x), *blocks)                        # noqa: B023
        assert (result.format, result.dtype) == ("csc", "float32")
        assert (result.toarray() == reference(blocks).toarray()).all()
        assert evaluate(lambda *x: function(x, "csr", "complex128"), *blocks).dtype == "complex128"   # noqa: B023


def test_zeros_are_dropped_and_indices_sorted():
    m = format_cls["csr"]((np.array([0.0, 2, 3]), np.array([2, 0, 1]), np.array([0, 2, 3])), shape=(2, 3))
    x = sparse.csr_dmatrix()
    result = theano.function([x], sparse.clean(x))(m)
    assert list(result.data) == [2, 3] and result.has_sorted_indices and m.nnz == 3
    f = theano.function([theano.In(x, mutable=True, borrow=True)], sparse.remove0(x), mode="FAST_RUN")
    assert [n.op.inplace for n in f.maker.fgraph.toposort() if isinstance(n.op, sparse.Remove0)] == [True]
    assert f(m).nnz == 2


def test_size_and_shape(checks):
    m = checks.matrix("csr", SHAPE)
    size, shape, extent = evaluate(lambda x: [x.size, x.shape, x.shape[1]], m)
    assert (size, tuple(shape), extent) == (m.nnz, SHAPE, 5)


def test_specify_shape(checks):
    x, m = sparse.csr_dmatrix(), checks.matrix("csr", SHAPE)
    f = theano.function([x], T.specify_shape(x, SHAPE) * 2.0)
    assert f(m).shape == SHAPE
    with pytest.raises(AssertionError, match="expected"):
        f(m[:2])


def test_symbolic_indices(checks):
    m, x, i, j = checks.matrix("csr", SHAPE), sparse.csr_dmatrix(), T.lscalar(), T.lvector()
    f = theano.function([x, i, j], [x[i:, :i], x[j], x[j, j], x[i, i]])
    d = m.toarray()
    for result, expected in zip(f(m, 2, [1, 3]), [d[2:, :2], d[[1, 3]], d[[1, 3], [1, 3]], d[2, 2]], strict=True):
        np.testing.assert_array_equal(dense(result), expected)
    with pytest.raises(IndexError, match="out of bounds for axis 0 with size 4"):
        f(m, 0, [4])


@pytest.mark.parametrize(("index", "error"), [
    ((slice(0, 1), 2), NotImplementedError), (3, NotImplementedError), ((0, 0, 0), NotImplementedError),
    (slice(1.5, None), ValueError), ((slice(None), [1, 2]), ValueError)])
def test_indices_that_do_not_exist(index, error):
    with pytest.raises(error):
        sparse.csr_matrix()[index]


def test_sparse_gradient_of_rows(rng):
    m, index = T.dmatrix(), T.lvector()
    g = theano.grad((theano.sparse_grad(m[index]) * 2.0).sum(), m)
    assert g.type == sparse.csc_dmatrix
    result = theano.function([m, index], g)(np.zeros((4, 2)), [1, 3, 1])
    assert (result.toarray() == np.array([[0, 0], [4, 4], [0, 0], [2, 2]])).all()
    assert isinstance(theano.grad(m[index].sum(), m).type, T.TensorType)
    with pytest.raises(TypeError, match="sparse_grad needs rows"):
        theano.sparse_grad(m)
    with pytest.raises(TypeError, match="gradients are those of matrices"):
        x = T.dtensor3()
        theano.grad(theano.sparse_grad(x[index]).sum(), x)
