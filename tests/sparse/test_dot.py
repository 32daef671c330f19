"""Products of sparse matrices, against NumPy."""

import numpy as np
import pytest

import theano
from theano import sparse
from theano import tensor as T

DTYPES = [("float64", "float64"), ("float32", "float64"), ("int8", "float32"), ("complex64", "float64"),
          ("int32", "int64")]
FORMATS = ["csr", "csc"]


def dense(x):
    return x.toarray() if hasattr(x, "toarray") else x


@pytest.mark.parametrize("function", [sparse.dot, sparse.structured_dot, sparse.true_dot, theano.dot])
@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("formats", [("csr", "csr"), ("csc", "csc"), ("csr", "csc"), ("csr", None), (None, "csc"),
                                     ("csc", None), (None, "csr")])
def test_products(checks, rng, function, dtypes, formats):
    values, inputs = [], []
    for format, dtype, shape in zip(formats, dtypes, [(3, 4), (4, 2)], strict=True):
        values.append(rng.randint(0, 5, shape).astype(dtype) if format is None else
                      checks.matrix(format, shape, dtype))
        inputs.append(T.matrix(dtype=dtype) if format is None else sparse.SparseType(format, dtype)())
    output = function(*inputs)
    result = theano.function(inputs, output)(*values)
    assert output.type.is_valid_value(result) and result.dtype == np.result_type(*dtypes)
    assert isinstance(output.type, sparse.SparseType) == (None not in formats or function is sparse.true_dot)
    np.testing.assert_allclose(dense(result), dense(values[0]) @ dense(values[1]), rtol=1e-6)


@pytest.mark.parametrize("format", FORMATS)
def test_products_with_vectors(checks, rng, format):
    m, u, v = checks.matrix(format, (3, 4)), rng.uniform(size=3), rng.uniform(size=4)
    x, y, z = sparse.SparseType(format, "float64")(), T.dvector(), T.dvector()
    f = theano.function([x, y, z], [sparse.dot(y, x), sparse.dot(x, z), theano.dot(x, z), y @ x, x @ z])
    left, right = u @ m.toarray(), m.toarray() @ v
    for result, expected in zip(f(m, u, v), [left, right, right, left, right], strict=True):
        np.testing.assert_allclose(result, expected)
    checks.gradient(sparse.dot, m, v, structured=False)
    checks.gradient(sparse.dot, u, m, structured=False)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kinds", ["ss", "sd", "ds"])
@pytest.mark.parametrize(("function", "structured"), [
    (sparse.structured_dot, True), (sparse.dot, False), (sparse.true_dot, False)])
def test_gradients(checks, rng, function, structured, kinds, format):
    values = [checks.matrix(format, shape) if kind == "s" else rng.uniform(size=shape)
              for kind, shape in zip(kinds, [(3, 4), (4, 2)], strict=True)]
    checks.gradient(function, *values, structured=structured)


def test_gradients_of_matrices_in_two_formats(checks):
    checks.gradient(sparse.dot, checks.matrix("csr", (3, 4)), checks.matrix("csc", (4, 2)), structured=False)


def test_gradient_of_a_dense_factor_needs_no_dense_matrix(checks):
    x, w = sparse.csr_dmatrix("x"), theano.shared(np.ones((4, 2)))
    g = theano.grad(sparse.structured_dot(x, w).sum(), w)
    f = theano.function([x], g)
    assert not any(isinstance(n.op, sparse.DenseFromSparse) for n in f.maker.fgraph.toposort())
    m = checks.matrix("csr", (3, 4))
    np.testing.assert_allclose(f(m), m.toarray().T @ np.ones((3, 2)))


def test_true_dot_may_give_sparse_gradients(checks):
    x, y = sparse.csr_dmatrix(), T.dmatrix()
    for keep, kind in ((True, T.TensorType), (False, sparse.SparseType)):
        cost = sparse.sp_sum(sparse.true_dot(x, y, grad_preserves_dense=keep))
        gy, = sparse.TrueDot(keep).grad([x, y], [sparse.csr_dmatrix()])[1:]
        assert isinstance(gy.type, kind) and cost.ndim == 0


@pytest.mark.parametrize("format", FORMATS)
def test_sampling_dot(checks, rng, format):
    a, b, p = rng.uniform(size=(3, 2)), rng.uniform(size=(4, 2)), checks.matrix(format, (3, 4))
    x, y, z = T.dmatrix(), T.dmatrix(), sparse.SparseType(format, "float64")()
    result = theano.function([x, y, z], sparse.sampling_dot(x, y, z))(a, b, p)
    np.testing.assert_allclose(result.toarray(), p.toarray() * (a @ b.T))
    checks.gradient(lambda x, y: sparse.sampling_dot(x, y, p), a, b)


@pytest.mark.parametrize(("left", "right"), [("csr", None), ("csc", None), (None, "csc"), ("csr", "csr")])
def test_usmm(checks, rng, left, right):
    values = [np.array(1.5), *(rng.uniform(size=shape) if format is None else checks.matrix(format, shape)
              for format, shape in ((left, (3, 4)), (right, (4, 2)), (None, (3, 2))))]
    inputs = [T.dscalar(), *(T.dmatrix() if format is None else sparse.matrix(format, dtype="float64")
              for format in (left, right, None))]
    result = theano.function(inputs, sparse.usmm(*inputs))(*values)
    alpha, x, y, z = map(dense, values)
    np.testing.assert_allclose(result, alpha * (x @ y) + z)
    checks.gradient(sparse.usmm, *values, structured=False)


@pytest.mark.parametrize("function", [sparse.structured_dot, sparse.true_dot, sparse.Dot(), sparse.usmm])
def test_nothing_sparse_is_an_error(function):
    more = (T.scalar(), T.matrix()) if function is sparse.usmm else ()
    with pytest.raises(TypeError, match="sparse"):
        function(*more[:1], T.matrix(), T.matrix(), *more[1:])


@pytest.mark.parametrize("function", [sparse.structured_dot, sparse.true_dot, sparse.dot])
def test_extents_must_agree(checks, function):
    x, y = sparse.csr_dmatrix(), T.dmatrix()
    with pytest.raises(ValueError, match=r"shapes \(3, 4\) and \(3, 4\) don't fit"):
        theano.function([x, y], function(x, y))(checks.matrix("csr", (3, 4)), np.ones((3, 4)))


def test_logistic_regression_on_sparse_data_learns(checks, rng):
    data = checks.matrix("csr", (60, 10), density=0.3)
    labels = (data @ rng.normal(size=10) > 0).astype("float64")
    x, y, w = sparse.csr_dmatrix(), T.dvector(), theano.shared(np.zeros(10))
    cost = T.nnet.softplus((1 - 2 * y) * sparse.dot(x, w)).mean()
    step = theano.function([x, y], cost, updates=[(w, w - theano.grad(cost, w))])
    costs = [step(data, labels) for _ in range(50)]
    assert costs[-1] < 0.6 * costs[0]
