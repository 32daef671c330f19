"""Rewrites of sparse matrices: what they remove, and that values stay."""

import numpy as np
import pytest

import theano
from theano import sparse
from theano import tensor as T
from theano.sparse.type import format_cls

DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])


def ops(f):
    return [type(node.op).__name__ for node in f.maker.fgraph.toposort()]


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_dense_of_sparse_of_dense(format):
    x = T.dmatrix()
    f = theano.function([x], sparse.dense_from_sparse(sparse.SparseFromDense(format)(x)) + 1)
    assert ops(f) == ["Elemwise"]
    np.testing.assert_array_equal(f(DENSE), DENSE + 1)
    v = T.dvector()
    f = theano.function([v], sparse.dense_from_sparse(sparse.csr_from_dense(v)))
    assert "DenseFromSparse" in ops(f) and f(np.ones(2)).shape == (1, 2)


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_parts_of_made(format):
    data, parts = T.dvector(), [T.ivector() for _ in range(3)]
    f = theano.function([data, *parts], list(sparse.csm_properties(sparse.CSM(format)(data, *parts))))
    assert set(ops(f)) == {"DeepCopyOp"}
    m = format_cls[format](DENSE)
    given = [m.data, m.indices, m.indptr, np.array(m.shape, "int32")]
    for found, expected in zip(f(*given), given, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert not np.may_share_memory(found, expected)


def test_gradient_of_a_function_of_stored_elements_makes_no_matrix_in_between():
    x = sparse.csr_dmatrix()
    cost = sparse.csm_data(sparse.sin(sparse.sqr(x))).sum()
    f = theano.function([x], sparse.csm_data(theano.grad(cost, x)))
    assert "CSM" not in ops(f)
    m = format_cls["csr"](DENSE)
    np.testing.assert_allclose(f(m), 2 * m.data * np.cos(m.data**2))


def test_rules_can_be_left_out():
    x = T.dmatrix()
    mode = theano.compile.get_default_mode().excluding("local_dense_from_sparse_sparse_from_dense")
    f = theano.function([x], sparse.dense_from_sparse(sparse.csr_from_dense(x)), mode=mode)
    assert "DenseFromSparse" in ops(f) and (f(DENSE) == DENSE).all()
