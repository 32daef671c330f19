"""Every member of tensor types, scalar variables and sparse variables, called as programs call it."""

import pickle

import numpy as np
import pytest
import scipy.sparse

import theano
import theano.scalar
import theano.sparse
import theano.tensor as T


def test_tensor_types():
    kind, a = T.TensorType("float32", (False, True), name="k"), np.ones((3, 1), "float32")
    x = kind("x")
    assert x.type == kind and kind.make_variable("y").name == "y" and isinstance(x, kind.Variable)
    assert isinstance(kind.make_constant(a), kind.Constant) and kind.make_constant(a).data.shape == (3, 1)
    assert (kind.ndim, kind.dtype, kind.broadcastable) == (2, "float32", (False, True))
    assert kind == T.TensorType("float32", (False, True)) and kind != T.fmatrix and hash(kind) == hash(kind.clone())
    assert kind.clone(dtype="int8").dtype == "int8" and kind.clone(broadcastable=(True,)).ndim == 1
    assert kind.convert_variable(T.fmatrix("m")) is None and kind.convert_variable(x) is x
    assert T.fmatrix.convert_variable(x).type == T.fmatrix
    assert kind.dtype_specs()[1] == "npy_float32" and kind.to_scalar_type() == theano.scalar.float32
    assert kind.filter([[1], [2]], allow_downcast=True).dtype == "float32" and kind.filter(a, strict=True) is a
    assert kind.filter_variable(x) is x and kind.filter_variable(a).type == kind
    with pytest.raises(TypeError):
        kind.filter(np.ones((3, 2), "float32"))
    with pytest.raises(TypeError, match="True or False for each dimension"):
        T.TensorType("float32", 2)
    assert kind.is_valid_value(a) and not kind.is_valid_value(np.ones(3)) and kind.value_validity_msg(a)
    assert kind.get_shape_info(a) == (3, 1) and kind.get_size((3, 1)) == 12
    assert kind.may_share_memory(a, a[1:]) and not kind.may_share_memory(a, a.copy())
    assert kind.value_zeros((2, 1)).dtype == "float32" and not kind.value_zeros((2, 1)).any()
    assert kind.values_eq(a, a.copy()) and not kind.values_eq(a, 2 * a)
    assert kind.values_eq_approx(a, a + np.float32(1e-6))
    assert str(kind) == repr(kind) == "k" and "float32" in str(T.fmatrix)
    assert pickle.loads(pickle.dumps(kind)) == kind


SCALARS = {
    "__abs__": lambda x: abs(x), "__add__": lambda x: x + 2, "__radd__": lambda x: 2 + x, "__sub__": lambda x: x - 2,
    "__rsub__": lambda x: 2 - x, "__mul__": lambda x: x * 3, "__rmul__": lambda x: 3 * x,
    "__truediv__": lambda x: x / 4,
    "__div__": lambda x: x.__div__(4) if hasattr(x, "__div__") else x / 4,
    "__rdiv__": lambda x: x.__rdiv__(4) if hasattr(x, "__rdiv__") else 4 / x,
    "__floordiv__": lambda x: x // 2, "__mod__": lambda x: x % 2, "__rmod__": lambda x: 7 % x,
    "__pow__": lambda x: x ** 2,
    "__rpow__": lambda x: 2 ** x, "__neg__": lambda x: -x, "__lt__": lambda x: x < 2,
    "__le__": lambda x: x <= 3,
    "__gt__": lambda x: x > 2, "__ge__": lambda x: x >= 4, "astype": lambda x: x.astype("int16")}
INTEGERS = {"__and__": lambda i: i & 5, "__rand__": lambda i: 5 & i, "__or__": lambda i: i | 8,
            "__ror__": lambda i: 8 | i,
            "__xor__": lambda i: i ^ 5, "__rxor__": lambda i: 5 ^ i, "__invert__": lambda i: ~i}


def test_scalar_variables():
    x, i = theano.scalar.float64("x"), theano.scalar.int64("i")
    cases = [(f, x, 3.0) for f in SCALARS.values()] + [(f, i, 3) for f in INTEGERS.values()]
    for f, v, number in cases:
        assert f(v).eval({v: v.type.filter(number)}) == f(np.asarray(number))[()]
    assert (x.dtype, x.ndim, x.get_parents(), x.clone().type) == ("float64", 0, [], x.type)
    assert theano.function([x], [x.zeros_like() + x, x.ones_like()], mode="FAST_COMPILE")(2.5) == [2.5, 1]
    assert "x" in str(x) + repr(x) and isinstance(x.__getstate__(), dict) and x != i


@pytest.mark.parametrize("form", ["csc", "csr"])
def test_sparse_variables(form):
    x = theano.sparse.matrix(form, "x", "float64")
    a = getattr(scipy.sparse, form + "_matrix")(np.array([[0, 2.0, 0], [1, 0, 3]]))
    dense, m = a.toarray(), np.arange(6.0).reshape(2, 3)
    expressions = {
        "T": (x.T, a.T), "__add__": (x + x, a + a), "__radd__": (m + x, m + dense), "__sub__": (x - x * 3, a - 3 * a),
        "__mul__": (x * 2, a * 2), "__rmul__": (2 * x, 2 * a), "__neg__": (-x, -a), "__rsub__": (x.__rsub__(x * 2), a),
        "__getitem__": (x[0:1, 1:], a[0:1, 1:]), "element": (x[1, 2], 3.0), "toarray": (x.toarray(), dense),
        "__dot__": (theano.sparse.dot(x, m.T), dense @ m.T), "__rdot__": (x.__rdot__(m.T), m.T @ dense),
        "astype": (x.astype("float32"), a), "zeros_like": (x.zeros_like(), 0 * dense), "__lt__": (x < m, dense < m),
        "__le__": (x <= m, dense <= m), "__gt__": (x > m, dense > m), "__ge__": (x >= m, dense >= m),
        "shape": (T.as_tensor_variable(x.shape), [2, 3]), "size": (x.size, None)}
    found = theano.function([x], [y for y, _ in expressions.values()], mode="FAST_COMPILE")(a)
    for name, value, (_, expected) in zip(expressions, found, expressions.values(), strict=True):
        value, expected = (v.toarray() if scipy.sparse.issparse(v) else v for v in (value, expected))
        if expected is not None:
            np.testing.assert_allclose(value, expected, err_msg=name)
    assert (x.format, x.dtype, x.ndim, x.get_parents()) == (form, "float64", 2, []) and x.clone().type == x.type
    assert x.eval({x: a}).shape == (2, 3) and "x" in str(x) + repr(x)


def test_names_of_dtypes_are_plain():
    """NumPy's choice among names gives strings of its own, which it takes for values elsewhere."""
    x = T.vector("x", np.str_("int64"))
    assert type(x.type.dtype) is str
    assert theano.function([x], T.set_subtensor(T.zeros(3, "int64")[:2], x))([1, 2]).tolist() == [1, 2, 0]
