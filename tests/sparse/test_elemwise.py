"""Sums, products, comparisons and functions of stored elements, against NumPy."""

import operator

import numpy as np
import pytest

import theano
from theano import sparse
from theano import tensor as T
from theano.sparse import elemwise
from theano.tensor.elemwise import ELEMWISE

SHAPE = (4, 5)
DTYPES = [("float64", "float64"), ("float32", "float64"), ("int8", "float32"), ("complex64", "float64"),
          ("int16", "uint8")]
PAIRS = [("csr", "csr"), ("csc", "csc"), ("csr", "csc"), ("csc", "csr"), ("bsr", "csr"), ("csr", "bsr")]
ARITHMETIC = {"add": (sparse.add, operator.add), "sub": (sparse.sub, operator.sub), "mul": (sparse.mul, operator.mul)}


def dense(x):
    return x.toarray() if hasattr(x, "toarray") else x


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("formats", PAIRS)
@pytest.mark.parametrize("name", ARITHMETIC)
def test_two_sparse_matrices(checks, name, formats, dtypes):
    function, reference = ARITHMETIC[name]
    values = [checks.matrix(f, SHAPE, d) for f, d in zip(formats, dtypes, strict=True)]
    inputs = [sparse.SparseType(f, d)() for f, d in zip(formats, dtypes, strict=True)]
    output = function(*inputs)
    result = theano.function(inputs, output)(*values)
    assert output.type == sparse.SparseType(formats[0], np.result_type(*dtypes).name)
    assert output.type.is_valid_value(result)
    np.testing.assert_allclose(result.toarray(), reference(*map(dense, values)), rtol=1e-6)


@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("format", ["csr", "csc", "bsr"])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", ARITHMETIC)
def test_sparse_and_dense(checks, rng, name, swapped, format, dtypes):
    function, reference = ARITHMETIC[name]
    values = [checks.matrix(format, SHAPE, dtypes[0]), rng.randint(1, 9, SHAPE).astype(dtypes[1])]
    inputs = [sparse.SparseType(format, dtypes[0])(), T.matrix(dtype=dtypes[1])]
    if swapped:
        values, inputs = values[::-1], inputs[::-1]
    output = function(*inputs)
    result = theano.function(inputs, output)(*values)
    assert isinstance(output.type, sparse.SparseType) == (name == "mul")
    assert output.type.is_valid_value(result) and result.dtype == np.result_type(*dtypes)
    np.testing.assert_allclose(dense(result), reference(*map(dense, values)), rtol=1e-6)


@pytest.mark.parametrize("other", [3.0, np.float64(2), np.arange(5.0), np.arange(5.0)[None], np.arange(4.0)[:, None],
                                   np.ones((1, 1))], ids=np.shape)
@pytest.mark.parametrize("sign", [operator.add, operator.sub, operator.mul])
def test_operators_broadcast_what_is_dense(checks, sign, other):
    x, m = sparse.csr_dmatrix("x"), checks.matrix("csr", SHAPE)
    found = theano.function([x], [sign(x, other), sign(other, x), -x])(m)
    np.testing.assert_allclose(dense(found[0]), sign(m.toarray(), other))
    np.testing.assert_allclose(dense(found[1]), sign(other, m.toarray()))
    np.testing.assert_allclose(dense(found[2]), -m.toarray())


def test_operators_with_tensors_and_matrices_of_scipy(checks):
    x, y, m = sparse.csr_dmatrix("x"), T.dmatrix("y"), checks.matrix("csr", SHAPE)
    f = theano.function([x, y], [x + y, y + x, y * x, y - x, x - m, x * m])
    results = f(m, np.ones(SHAPE))
    d = m.toarray()
    for result, expected in zip(results, [d + 1, 1 + d, d, 1 - d, 0 * d, d * d], strict=True):
        np.testing.assert_allclose(dense(result), expected)


def test_nothing_sparse_is_an_error():
    for function in (sparse.add, sparse.mul, sparse.sub, sparse.eq):
        with pytest.raises(NotImplementedError, match="needs a sparse matrix"):
            function(T.matrix(), T.matrix())


GRADIENTS = {
    "add": (sparse.add, "ss"), "sub": (sparse.sub, "ss"), "mul": (sparse.mul, "ss"), "add_d": (sparse.add, "sd"),
    "mul_d": (sparse.mul, "sd"), "sub_d": (lambda x, y: y - x, "sd"), "mul_v": (sparse.mul, "sv"),
    "mul_0": (sparse.mul, "s0"), "add_v": (sparse.structured_add_s_v, "sv"), "neg": (sparse.neg, "s"),
    "data": (lambda x: sparse.add_s_s_data(x, x * 2.0), "s"),
}


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(checks, rng, name, structured, format):
    function, kinds = GRADIENTS[name]
    if not structured and name in ("add_d", "sub_d", "add_v", "data"):
        structured = True               # their gradients are those of stored elements only
    shapes = {"d": SHAPE, "v": SHAPE[1:], "0": ()}
    values = [checks.matrix(format, SHAPE) if kind == "s" else np.asarray(rng.uniform(1, 2, shapes[kind]))
              for kind in kinds]
    checks.gradient(function, *values, structured=structured)


def test_gradient_of_a_sum_of_formats(checks):
    values = checks.matrix("csr", SHAPE), checks.matrix("csc", SHAPE)
    checks.gradient(lambda x, y: x + y * x, *values, structured=False)


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("name", ["eq", "neq", "lt", "gt", "le", "ge"])
def test_comparisons(checks, rng, name, format):
    compare = {"eq": operator.eq, "neq": operator.ne}.get(name) or getattr(operator, name)
    function, kind = getattr(sparse, name), sparse.SparseType(format, "int8")
    a, b = checks.matrix(format, SHAPE, "int8"), checks.matrix(format, SHAPE, "int8")
    d = rng.randint(0, 3, SHAPE).astype("int8")
    x, y, z = kind(), kind(), T.bmatrix()
    both, one, other = theano.function([x, y, z], [function(x, y), function(x, z), function(z, x)])(a, b, d)
    assert both.dtype == one.dtype == "uint8" and both.format == format
    assert (both.toarray() == compare(a.toarray(), b.toarray())).all()
    assert (one == compare(a.toarray(), d)).all()
    assert (other == compare(d, a.toarray())).all()
    if name not in ("eq", "neq"):
        assert (theano.function([x, y], compare(x, y))(a, b) != both).nnz == 0


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("name", sorted(elemwise.KEEP_ZERO))
def test_functions_that_keep_zero(checks, name, format):
    m, x, d = checks.matrix(format, SHAPE), sparse.SparseType(format, "float64")(), T.dmatrix()
    m.data /= 4
    result = theano.function([x], getattr(sparse, name)(x))(m)
    row = ELEMWISE[elemwise.KEEP_ZERO[name]]
    assert result.format == format and (result.indices == m.indices).all()
    expected = getattr(np, name)(m.toarray()) if hasattr(np, name) else theano.function([d], row(d))(m.toarray())
    np.testing.assert_allclose(result.toarray(), expected, rtol=1e-12)


STRUCTURED = {"structured_sigmoid": lambda x: 1 / (1 + np.exp(-x)), "structured_exp": np.exp,
              "structured_log": np.log, "structured_pow": lambda x: x**2.0,
              "structured_minimum": lambda x: np.minimum(x, 2.0), "structured_maximum": lambda x: np.maximum(x, 2.0),
              "structured_add": lambda x: x + 2.0}


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_functions(checks, name):
    m = checks.matrix("csr", SHAPE)
    more = (2.0,) if name.rpartition("_")[2] in ("pow", "minimum", "maximum", "add") else ()
    x = sparse.csr_dmatrix()
    result = theano.function([x], getattr(sparse, name)(x, *more))(m)
    np.testing.assert_allclose(result.data, STRUCTURED[name](m.data))
    assert (result.indptr == m.indptr).all() and (result.indices == m.indices).all()
    checks.gradient(lambda x: getattr(sparse, name)(x, *more), m)


def test_arguments_are_never_overwritten(checks):
    m = checks.matrix("csr", SHAPE)
    x, before = sparse.csr_dmatrix(), m.copy()
    theano.function([x], [sparse.sin(x), x.T, sparse.structured_exp(x.T), sparse.csm_data(x) * 2])(m)
    assert (m != before).nnz == 0


def test_shapes_must_agree(checks):
    x, y = sparse.csr_dmatrix(), sparse.csr_dmatrix()
    f = theano.function([x, y], x * y)
    with pytest.raises(ValueError, match="one shape"):
        f(checks.matrix("csr", SHAPE), checks.matrix("csr", (5, 4)))
