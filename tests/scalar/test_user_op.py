"""Scalar ops that users write, and the rules for their result types."""

import pickle

import numpy as np
import pytest

import theano
import theano.scalar as ts
import theano.tensor as T
from theano.errors import MethodNotDefined
from theano.gradient import NullTypeGradError, grad_not_implemented


class TimesN(ts.UnaryScalarOp):
    def __init__(self, n, *args, **kwargs):
        self.n = n
        super().__init__(*args, **kwargs)

    def __eq__(self, other):
        return super().__eq__(other) and self.n == other.n

    def __hash__(self):
        return super().__hash__() ^ hash(self.n)

    def impl(self, x):
        return x * self.n

    def grad(self, inputs, output_grads):
        return [output_grads[0] * self.n]


class Hypotenuse(ts.BinaryScalarOp):
    nfunc_spec = ("hypot", 2, 1)
    __props__ = ()

    def impl(self, x, y):
        raise AssertionError("the NumPy function serves arrays")


def times(n, name=None):
    return T.Elemwise(TimesN(n, ts.upgrade_to_float, name=name))


@pytest.mark.parametrize("name", ["times", "exp"])                # the name of a row makes no op that row
def test_values_and_gradient(name):
    x = T.fvector("x")
    y = times(3)(times(2, name)(x))
    assert y.dtype == "float32" and times(2, name)(T.lvector()).dtype == "float64"
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    np.testing.assert_array_equal(f([1, 2, 3]), [[6, 12, 18], [6, 6, 6]])


def test_equality_and_pickling():
    assert times(2) == times(2) and hash(times(2)) == hash(times(2))
    assert times(2) != times(3) and TimesN(2, ts.same_out) != TimesN(2, ts.upcast_out)
    assert pickle.loads(pickle.dumps(times(2))) == times(2)
    assert pickle.loads(pickle.dumps(ts.add)) is ts.add


def test_numpy_function():
    x, y = T.dvectors("xy")
    out = T.Elemwise(Hypotenuse(ts.upcast_out))(x, y)
    np.testing.assert_allclose(out.eval({x: [3, 5], y: [4, 12]}), [5, 13])


def test_no_gradient():
    x = T.dvector()
    with pytest.raises(MethodNotDefined):
        T.grad(T.Elemwise(Hypotenuse(ts.upcast_out))(x, x).sum(), x)

    class Half(ts.ScalarOp):
        def __init__(self):
            self.output_types_preference = ts.upgrade_to_float

        def impl(self, n, x):
            return x * n

        def grad(self, inputs, output_grads):
            return [grad_not_implemented(self, 0, inputs[0]), output_grads[0] * inputs[0]]

    op, z = T.Elemwise(Half()), T.dscalar()
    assert T.grad(op(2, z), z).eval({z: 5.}) == 2
    with pytest.raises(NullTypeGradError):
        T.grad(op(z, 2), z)


def test_a_row_with_another_result_type():
    x, y = T.fvector(), T.dvector()
    add = T.Elemwise(ts.Add(ts.transfer_type(0), name="first"))
    assert add(x, y).dtype == "float32"
    np.testing.assert_array_equal(add(x, y).eval({x: [1, 2], y: [.5, 1]}), np.float32([1.5, 3]))


PREFERENCES = [
    (ts.upcast_out, ("int8", "float32"), "float32"), (ts.upcast_out_min8, ("bool", "bool"), "int8"),
    (ts.upcast_out_nobool, ("bool", "bool"), TypeError), (ts.upcast_out_no_complex, ("int8", "complex64"), TypeError),
    (ts.same_out, ("int16",), "int16"), (ts.same_out_nobool, ("bool",), TypeError),
    (ts.same_out_float_only, ("int8",), TypeError), (ts.same_out_min8, ("bool",), "int8"),
    (ts.same_out_nocomplex, ("complex64",), TypeError), (ts.upgrade_to_float, ("int8",), "float32"),
    (ts.upgrade_to_float64, ("int8",), "float64"), (ts.upgrade_to_float_no_complex, ("complex64",), TypeError),
    (ts.int_out, ("float32",), "int64"), (ts.float_out, ("int8",), "float64"), (ts.real_out, ("complex64",), "float32"),
    (ts.int_out_nocomplex, ("complex64",), TypeError), (ts.float_out_nocomplex, ("complex64",), TypeError),
    (ts.transfer_type(1), ("int8", "float32"), "float32"), (ts.transfer_type(None), ("int8", "float32"), "float32"),
    (ts.transfer_type(ts.int32), ("int8",), "int32"), (ts.specific_out(ts.int32), ("int8",), "int32"),
    (ts.unary_out_lookup({ts.int8: ts.int32}), ("int8",), "int32"),
    (ts.unary_out_lookup({ts.int8: ts.int32}), ("int16",), TypeError)]


@pytest.mark.parametrize("preference, dtypes, expected", PREFERENCES)
def test_preference(preference, dtypes, expected):
    types = [ts.Scalar(d) for d in dtypes]
    if expected is TypeError:
        with pytest.raises(TypeError):
            preference(*types)
    else:
        assert list(preference(*types)) == [ts.Scalar(expected)]


def test_wrong_preferences():
    with pytest.raises(TypeError, match="callable"):
        TimesN(2, "float32")
    with pytest.raises(TypeError, match="tuple of types"):
        times(2).scalar_op.__class__(2, lambda *types: "float32")(ts.float32())
    with pytest.raises(NotImplementedError, match="output_types_preference"):
        TimesN(2)(ts.float32())
    with pytest.raises(TypeError, match="numbers of inputs"):
        ts.transfer_type("x")


@pytest.mark.parametrize("row, named, expected", [
    (ts.add, None, 5), (ts.switch, dict(cond=True, ift=2, iff=3), 2), (ts.clip, dict(x=5, min=0, max=2), 2),
    (ts.arctan2, dict(y=0., x=1.), 0), (ts.gammainc, dict(k=1., x=0.), 0), (ts.identity, dict(input=3), 3)])
def test_impl_takes_numbers(row, named, expected):
    assert (row.impl(2, 3) if named is None else row.impl(**named)) == expected


def test_cast_and_interval():
    assert ts.Cast(ts.int8) is ts.convert_to_int8 and ts.Cast(ts.float16).clone_float32() is ts.convert_to_float32
    x = ts.float64()
    for op, expected in ((ts.InRange(True, False), [False, True, True]),
                         (ts.InRange(False, True), [True, True, False])):
        f = theano.function([x], op(x, 0., 1.))
        assert [bool(f(v)) for v in (0., .5, 1.)] == expected
        assert isinstance(op, ts.InRange)


def test_remainder_of_complex_numbers():
    for x in (ts.complex64(), T.cvector()):
        with pytest.raises(ts.ComplexError):
            x % 2
    assert (T.dscalar() % 2).dtype == "float64"


def test_division_as_the_flag_says():
    i, x = ts.int8(), ts.float32()
    assert ts.div_proxy(i, i).dtype == "int8" and ts.div_proxy(i, x).owner.op is ts.true_div
    with theano.config.change_flags(int_division="raise"), pytest.raises(ts.IntegerDivisionError):
        ts.div_proxy(i, i)
    with theano.config.change_flags(int_division="floatX"):
        assert ts.div_proxy(i, i).owner.op is ts.true_div
    assert [v.dtype for v in ts.as_common_dtype(i, x)] == ["float32"] * 2


def test_rounding_away_from_zero():
    values = [-1.5, -.5, .5, 1.4]
    assert [ts.round_half_away_from_zero_(v) for v in values] == [-2, -1, 1, 1]
    rounded = ts.round_half_away_from_zero_vec(np.float32(values))
    assert rounded.dtype == "float32" and list(rounded) == [-2, -1, 1, 1]


def test_composite_without_float16():
    x, y = ts.float16(), ts.float32()
    inner = ts.Composite([x, y], [ts.tanh(x + ts.cast(y, "float16"))])
    outer = ts.Composite([x, y], [inner(x, y) * ts.constant(np.float16(2))])
    assert any(v.type == ts.float16 for v in outer.fgraph.variables)
    wide = outer.clone_float32()
    assert not any(v.type == ts.float16 for v in wide.fgraph.variables)
    assert np.isclose(wide.impl(np.float32(.5), np.float32(.25)), 2 * np.tanh(.75))


def test_c_code_of_a_composite():
    x, y = ts.float64(), ts.float64()
    op = ts.Composite([x, y], [(x + 70.0) * y])
    code = op.c_code(op.make_node(x, y), "n", ["a", "b"], ["z"], {})
    assert "70.0" in code and "z =" in code
    assert ts.add.c_code(ts.add.make_node(x, y), "n", ["a", "b"], ["z"], {}) == "z = a + b;"
    assert ts.add.supports_c_code([x, y], [x]) and not ts.pow.supports_c_code([ts.int8()] * 2, [ts.int8()])


def test_scalar_type_members():
    assert ts.float32.c_element_type() == "npy_float32" and ts.int8.c_literal(3) == "3"
    assert ts.float64.get_size(ts.float64.get_shape_info(np.float64(1))) == 8
