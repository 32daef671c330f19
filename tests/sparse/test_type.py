"""Sparse types, variables, constants and shared variables."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse

import theano
from theano import sparse
from theano import tensor as T
from theano.sparse.type import format_cls

FORMATS = sorted(format_cls)
DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])


def value(format="csr", dtype="float64", dense=DENSE):
    return format_cls[format](dense.astype(dtype))


@pytest.mark.parametrize("dtype", sorted(sparse.all_dtypes))
@pytest.mark.parametrize("format", FORMATS)
def test_type_takes_its_values_only(format, dtype):
    kind = sparse.SparseType(format, dtype)
    given = value(format, dtype)
    assert kind.filter(given, strict=True) is given
    assert kind.is_valid_value(given) and not kind.is_valid_value(given.toarray())
    for other in sparse.all_dtypes - {dtype}:
        assert not kind.is_valid_value(value(format, other))
    assert kind == sparse.SparseType(format, dtype) and hash(kind) == hash(sparse.SparseType(format, dtype))
    assert kind == pickle.loads(pickle.dumps(kind))
    assert str(kind) == f"Sparse[{dtype}, {format}]"


@pytest.mark.parametrize(("have", "want", "fits"), [
    ("float32", "float64", True), ("float64", "float32", False), ("int8", "int64", True), ("int64", "int8", False),
    ("float64", "complex128", True), ("complex128", "float64", False), ("int32", "float32", False)])
def test_filter_keeps_precision_unless_told(have, want, fits):
    kind, given = sparse.SparseType("csr", want), value("csr", have)
    if fits:
        assert kind.filter(given).dtype == want
    else:
        with pytest.raises(TypeError, match="without loss"):
            kind.filter(given)
    if not have.startswith("complex"):
        assert kind.filter(given, allow_downcast=True).dtype == want
    with pytest.raises(TypeError, match=f"expected a csr_matrix of dtype {want}"):
        kind.filter(given, strict=True)


def test_filter_converts_formats_arrays_and_sparse_arrays():
    kind = sparse.csr_dmatrix
    for given in (value("csc"), DENSE, scipy.sparse.csr_array(DENSE), scipy.sparse.coo_matrix(DENSE)):
        found = kind.filter(given)
        assert type(found) is scipy.sparse.csr_matrix and (found.toarray() == DENSE).all()


@pytest.mark.parametrize("wrong", [3, "text", np.zeros(3), np.zeros((2, 2, 2)), None, [1, 2]])
def test_filter_refuses_what_is_no_matrix(wrong):
    with pytest.raises(TypeError, match="expected a"):
        sparse.csr_dmatrix.filter(wrong)


@pytest.mark.parametrize(("format", "dtype"), [("lil", "float64"), ("csr", "float16"), ("csr", "bool"), (1, "int8"),
                                               ("csr", "text")])
def test_types_that_do_not_exist(format, dtype):
    with pytest.raises(NotImplementedError, match="supported|unsupported"):
        sparse.SparseType(format, dtype)


def test_values_eq():
    kind, a, b = sparse.csr_dmatrix, value(), value()
    b.data[0] += 1e-9
    assert kind.values_eq(a, a.copy()) and not kind.values_eq(a, b)
    assert kind.values_eq_approx(a, b) and not kind.values_eq_approx(a, 2 * b)
    assert not kind.values_eq_approx(a, b.tocsc()) and not kind.values_eq_approx(a, b.astype("float32"))
    assert not kind.values_eq(a, a[:1]) and not kind.values_eq(a, a.toarray())


def test_size_in_bytes():
    m = value()
    assert sparse.csr_dmatrix.get_size(sparse.csr_dmatrix.get_shape_info(m)) == \
        m.data.nbytes + m.indices.nbytes + m.indptr.nbytes


@pytest.mark.parametrize("name", ["csr_matrix", "csc_matrix", "bsr_matrix"])
def test_constructors(name):
    x = getattr(sparse, name)("x")
    assert (x.name, x.type.dtype, x.type.format, x.ndim) == ("x", theano.config.floatX, name[:3], 2)
    assert getattr(sparse, name)(dtype="int16").dtype == "int16"
    assert sparse.matrix(name[:3], "y", "float32").type == sparse.SparseType(name[:3], "float32")
    assert getattr(sparse, f"{name[:3]}_fmatrix")("z").type.dtype == "float32"


def test_variables_are_there_and_refuse_loops():
    x = sparse.csr_matrix("x")
    assert x
    with pytest.raises(TypeError, match="iterated"):
        list(x)
    assert not hasattr(x, "sum")


def test_constants():
    m = value()
    x = sparse.as_sparse(m, name="m")
    assert x.data is not m and (x.data != m).nnz == 0 and str(x) == "m"
    same, other = sparse.constant(m), sparse.constant(2 * m)
    assert same.equals(x) and not same.equals(other) and hash(same.signature()) == hash(x.signature())
    assert not same.equals(sparse.constant(m.tocsc()))
    assert "nnz=3" in str(same)
    with pytest.raises(TypeError, match="spmatrix"):
        sparse.constant(DENSE)
    with pytest.raises(TypeError, match="csr_from_dense"):
        sparse.as_sparse_variable(T.matrix())
    assert sparse.as_sparse_or_tensor_variable(DENSE).type == T.dmatrix


def test_equal_constants_are_merged():
    m = value()
    f = theano.function([], [sparse.sp_sum(sparse.constant(m)), sparse.sp_sum(sparse.constant(m.copy()))])
    assert len({v for node in f.maker.fgraph.toposort() for v in node.inputs
                if isinstance(v, sparse.SparseConstant)}) <= 1
    assert f() == [6.0, 6.0]


@pytest.mark.parametrize("format", FORMATS)
def test_functions_take_and_give_matrices(format):
    x = sparse.matrix(format, "x", "float64")
    f = theano.function([x], [x, x])
    m = value(format)
    first, second = f(m)
    assert type(first) is format_cls[format] and (first != m).nnz == 0
    kind = sparse.SparseType
    assert not kind.may_share_memory(first, m) and not kind.may_share_memory(first, second)


def test_functions_check_their_arguments():
    x = sparse.csr_fmatrix("x")
    f = theano.function([x], sparse.sp_sum(x))
    assert f(value(dtype="float32")) == 6
    with pytest.raises(TypeError, match="without loss"):
        f(value())
    with pytest.raises(TypeError, match="expected a matrix"):
        f(3)
    assert theano.function([x], x, allow_input_downcast=True)(value()).dtype == "float32"


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("format", FORMATS)
def test_shared(format, mode):
    m = value(format)
    x = theano.shared(m, name="x")
    assert isinstance(x, sparse.SparseTensorSharedVariable) and x.type == sparse.SparseType(format, "float64")
    m.data[...] = 0
    assert (x.get_value().toarray() == DENSE).all()
    f = theano.function([], x, updates=[(x, x * 2.0)], mode=mode)
    assert (f().toarray() == DENSE).all() and (f().toarray() == 2 * DENSE).all()
    assert (x.get_value().toarray() == 4 * DENSE).all()
    x.get_value().data[...] = 0
    assert (x.get_value().toarray() == 4 * DENSE).all()
    x.get_value(borrow=True).data[...] = 7
    assert x.get_value().max() == 7
    x.set_value(value(format))
    assert (f().toarray() == DENSE).all()
    with pytest.raises(TypeError):
        x.set_value(value(format, "complex128"))


def test_shared_borrows_when_told():
    m = value()
    x = sparse.shared(m, borrow=True)
    assert x.get_value(borrow=True) is m
    assert sparse.shared(m, format="csc").type.format == "csc"
    assert sparse.shared(scipy.sparse.coo_matrix(DENSE)).type.format == "csr"
    assert sparse.shared(scipy.sparse.csc_array(DENSE)).type.format == "csc"
    x.zero()
    assert x.get_value().nnz == 0 and m.nnz == 3
    y = sparse.shared(m, borrow=True)
    y.zero(borrow=True)
    assert m.nnz == 0


def test_shared_copies_and_pickles():
    x = sparse.shared(value(), name="x")
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.type == x.type and (twin.get_value() != x.get_value()).nnz == 0
        twin.set_value(2 * value())
        assert x.get_value().max() == 3


def test_two_shared_matrices_swap():
    a, b = sparse.shared(value()), sparse.shared(2 * value())
    f = theano.function([], updates=[(a, b), (b, a)])
    for factor in (2, 1, 2):
        f()
        assert a.get_value().max() == 3 * factor
        assert not sparse.SparseType.may_share_memory(a.get_value(borrow=True), b.get_value(borrow=True))


@pytest.mark.parametrize("change", [lambda m: m.tocsc(), lambda m: 2 * m, lambda m: m.astype("float32"),
                                    lambda m: m[:1], lambda m: m[:, :2]])
def test_hash_tells_matrices_apart(change):
    m = value()
    assert sparse.hash_from_sparse(m) == sparse.hash_from_sparse(m.copy())
    assert sparse.hash_from_sparse(m) != sparse.hash_from_sparse(change(m))
