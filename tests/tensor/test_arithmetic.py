"""Statistics, divisions, tolerances and what stands for None."""

import numpy as np
import pytest
import theano.tensor.basic as basic

import theano
import theano.tensor as T


@pytest.mark.parametrize("options", [{}, {"rowvar": False}, {"bias": True}, {"ddof": 2}])
@pytest.mark.parametrize("with_y", [False, True])
def test_cov(options, with_y, rng):
    x, y = T.dmatrices("xy")
    data, more = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    given = {x: data, y: more} if with_y else {x: data}
    result = T.cov(x, y if with_y else None, **options).eval(given)
    np.testing.assert_allclose(result, np.cov(data, more if with_y else None, **options))


@pytest.mark.parametrize("ddof", [0, 1, 2])
@pytest.mark.parametrize("names", [("fweights",), ("aweights",), ("fweights", "aweights")])
def test_cov_with_weights(names, ddof, rng):
    x, w, a = T.dmatrix(), T.lvector(), T.dvector()
    data, often, much = rng.normal(size=(3, 5)), np.array([1, 2, 3, 1, 2]), rng.uniform(.5, 1, 5)
    symbols, values = {"fweights": w, "aweights": a}, {"fweights": often, "aweights": much}
    f = theano.function([x, w, a], T.cov(x, ddof=ddof, **{n: symbols[n] for n in names}), on_unused_input="ignore")
    np.testing.assert_allclose(f(data, often, much), np.cov(data, ddof=ddof, **{n: values[n] for n in names}))


def test_cov_of_one_variable_and_complex_numbers(rng):
    x = T.dvector()
    data = rng.normal(size=7)
    np.testing.assert_allclose(T.cov(x).eval({x: data}), [[np.cov(data)]])
    z = T.zmatrix()
    data = rng.normal(size=(2, 5)) + 1j * rng.normal(size=(2, 5))
    np.testing.assert_allclose(T.cov(z).eval({z: data}), np.cov(data))


@pytest.mark.parametrize("make, error", [
    (lambda: T.cov(T.dtensor3()), ValueError), (lambda: T.cov(T.dmatrix(), ddof=.5), ValueError),
    (lambda: T.cov(T.dmatrix(), fweights=T.dvector()), TypeError),
    (lambda: T.cov(T.dmatrix(), aweights=T.dmatrix()), ValueError)])
def test_cov_refuses(make, error):
    with pytest.raises(error):
        make()


def test_whole_quotients():
    x, y = T.lvectors("xy")
    values = {x: [7, -7, 8, 0], y: [2, 2, 4, 3]}
    assert list(T.ceil_intdiv(x, y).eval(values)) == [4, -3, 2, 0]
    assert T.ceil_intdiv(x, y).dtype == "int64"
    quotient, rest = T.divmod(x, y)
    assert list(quotient.eval(values)) == [3, -4, 2, 0] and list(rest.eval(values)) == [1, 1, 0, 0]
    with pytest.raises(theano.scalar.ComplexError):
        T.mod_check(T.zscalar(), 2)


def test_division_as_the_flag_says():
    i, x = T.lscalars("ix")
    assert T.div_proxy(i, x).dtype == "int64" and i.__div__(x).eval({i: 7, x: 2}) == 3
    assert i.__rdiv__(x).eval({i: 2, x: 7}) == 3
    with theano.config.change_flags(int_division="floatX"):
        assert T.div_proxy(i, x).eval({i: 7, x: 2}) == 3.5


def test_iround():
    x = T.dvector()
    assert T.iround(x).dtype == "int64"
    assert list(T.iround(x).eval({x: [.5, 1.5, -2.4]})) == [0, 2, -2]
    assert list(T.iround(x, "half_away_from_zero").eval({x: [.5, 1.5]})) == [1, 2]


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_corners_of_masks_may_be_none(mode):
    n, m, k = T.iscalars(3)
    f = theano.function([n, m, k], [T.eye(n, m, k), T.tri(n, m, k)], mode=mode)
    for arguments in ((3, None, None), (2, 3, None), (3, None, -1), (3, 3, 1)):
        corners = arguments[0], arguments[1] or arguments[0], arguments[2] or 0
        eye, tri = f(*arguments)
        np.testing.assert_array_equal(eye, np.eye(*corners))
        np.testing.assert_array_equal(tri, np.tri(*corners))
    np.testing.assert_array_equal(T.eye(3, None, None).eval(), np.eye(3))
    with pytest.raises(TypeError, match="expected numbers, got None"):
        f(None, 1, 1)


def test_default():
    x, y = T.dscalars("xy")
    f = theano.function([x, y], T.default(x, y) + 1)
    assert f(1, 2) == 2 and f(None, 2) == 3 and f(1, None) == 2
    with pytest.raises(ValueError, match="both None"):
        f(None, None)
    with pytest.raises(TypeError, match="None"):
        theano.function([x, y], x + y)(None, 2)
    more = y + T.default(x, np.float64(3.5))
    f = theano.function([y, theano.In(x, update=more, value=12.)], more)
    assert f(3) == 15
    f["x"] = None
    assert f(1) == 4.5 and f(2) == 6.5
    with pytest.raises(TypeError, match="same type"):
        T.default(x, T.fscalar())


def test_tolerances_that_are_assigned_are_used():
    a, b = np.float32([1]), np.float32([1.01])
    assert not basic._allclose(a, b)
    before = T.float32_rtol
    for module in (T, basic):
        module.float32_rtol = .1
        try:
            assert basic._allclose(a, b) and T.fvector.values_eq_approx(a, b)
        finally:
            module.float32_rtol = before
    assert not basic._allclose(a, b)


def test_equality_of_arrays_and_other_things():
    assert T.check_equal_numpy(np.arange(3), np.arange(3)) and T.check_equal_numpy("a", "a")
    assert not T.check_equal_numpy(np.arange(3), np.arange(3.)) and T.values_eq_approx_always_true(1, 2)


def test_transfer():
    x = T.dvector()
    assert T.transfer(x, "cpu") is x and x.transfer("cpu") is x
    with pytest.raises(ValueError, match="nowhere"):
        x.transfer("nowhere")
    T.register_transfer(lambda variable, target: variable + 1 if target == "nowhere" else None)
    try:
        assert list(x.transfer("nowhere").eval({x: [1]})) == [2]
    finally:
        T.arithmetic.TRANSFERS.pop()


def test_groups_of_types():
    assert T.int_vector_types == (T.bvector, T.wvector, T.ivector, T.lvector)
    assert T.float_types == T.float_scalar_types == (T.fscalar, T.dscalar)
    assert T.complex_matrix_types == (T.cmatrix, T.zmatrix) and "bool" in T.all_dtypes


@pytest.mark.parametrize("part", [np.s_[2:4], np.s_[2:], np.s_[2:2], np.s_[1:10], np.s_[1:10:2], np.s_[-1:4],
                                  np.s_[::-1], np.s_[-6:4], np.s_[1:-2]])
def test_how_long_a_part_of_a_shape_is(part):
    x = T.dtensor4()
    assert len(list(x.shape[part])) == T.get_vector_length(x.shape[part]) == len(range(4)[part])
    with pytest.raises(ValueError, match="not known"):
        T.get_vector_length(x.shape[:T.lscalar()])


def test_old_forms():
    x, y = T.lscalars("xy")
    with pytest.warns(DeprecationWarning, match="old form"):
        assert list(T.stack(x, y).eval({x: 1, y: 2})) == [1, 2]
    with pytest.warns(DeprecationWarning, match="share_inputs"):
        assert theano.clone(x + 1, {x: y}, copy_inputs=True).eval({y: 2}) == 3
    assert T.arange(x).owner.op is T.arange(y, dtype="int64").owner.op
    assert [v.shape for v in theano.function([], T.max_and_argmax(T.zeros((0, 4)), axis=1))()] == [(0,), (0,)]


def test_nan_and_infinity_of_integers_and_names():
    for x in (T.lvector(), T.dvector()):
        for f, expected in ((T.isnan, [False, False]), (T.isinf, [False, False])):
            assert f(x).dtype == "bool" and list(f(x).eval({x: [1, 2]})) == expected
    assert list(T.isnan(T.constant([1., np.nan])).eval()) == [False, True]
    assert T.transpose(T.dtensor3("x")).name == "x.T" and T.as_tensor_variable([]).dtype == theano.config.floatX
    z = T.dmatrix()
    assert T.unbroadcast(T.addbroadcast(z, 0), 0) is z and T.addbroadcast(T.addbroadcast(z, 0), 1).owner.inputs[0] is z
    with pytest.raises(ValueError, match="dimensions"):
        T.addbroadcast(z, 2)
    with pytest.raises(TypeError, match="complex"):
        T.clip(T.zvector(), 0, 1)


def test_gradient_of_an_op_that_overwrites(rng):
    T.verify_grad(T.inplace.exp_inplace, [rng.uniform(size=(2, 3))], rng=rng)


def test_elements_that_are_always_the_same_number():
    data, b = np.arange(6.).reshape(2, 3), T.lscalar()
    assert T.get_scalar_constant_value(T.constant(data)[1, 2]) == 5
    parts = T.stack([b, 2, 3])
    assert [T.get_scalar_constant_value(parts[k]) for k in (1, 2, np.int32(-1))] == [2, 3, 3]
    for unknown in (parts[0], parts[b], parts[7], T.constant(data)[1], T.constant(data)[1, 5], T.lvector()[0]):
        with pytest.raises(T.NotScalarConstantError):
            T.get_scalar_constant_value(unknown)


def test_conversions_tell_their_type():
    assert [op.scalar_op.output_types_preference.spec[0].dtype for op in (
        basic._convert_to_int32, basic._convert_to_float32)] == ["int32", "float32"]


@pytest.mark.parametrize("dtype", ["bool", "int8", "float32", "float64"])
def test_real_parts_and_conjugates_of_real_numbers_are_copies(dtype, rng):
    x = T.vector(dtype=dtype)
    value = rng.randint(0, 2, 9).astype(dtype)
    for expression in (T.real(x), T.conj(x)):
        if expression.type.dtype != dtype:
            continue
        f = theano.function([x], expression)
        assert not any(isinstance(n.op, T.Elemwise) for n in f.maker.fgraph.toposort())
        found = f(value)
        np.testing.assert_array_equal(found, value)
        assert found.dtype == value.dtype and not np.shares_memory(found, value)


def test_conjugates_of_complex_numbers_are_computed(rng):
    z = T.zvector()
    value = rng.normal(size=5) + 1j * rng.normal(size=5)
    for found, expected in zip(theano.function([z], [T.conj(z), T.real(z)])(value), (value.conj(), value.real),
                               strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", None)], ids=["run", "fast", "python"])
def test_floats_are_rounded_down_where_they_are_divided_by_one(mode):
    x, n = T.dvector(), T.lvector()
    f = theano.function([x, n], [x // 1, x // T.ones_like(x), T.int_div(x, 1.0), n // 1], mode=mode)
    values = np.array([1.5, -1.5, 0.3, -7.0])
    for found in f(values, np.array([3, -3])):
        np.testing.assert_array_equal(found, np.floor(values) if found.dtype == "float64" else [3, -3])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int8", "int64", "bool"])
def test_the_logarithm_of_a_logistic_function_of_integers(dtype):
    x = T.TensorType(dtype, (False,))()
    values = np.array([3, 1, 100, -128 if dtype == "int8" else 0]).astype(dtype)
    found = theano.function([x], T.log(T.nnet.sigmoid(x)))(values)
    np.testing.assert_allclose(found, -np.logaddexp(0, -values.astype("float64")), rtol=1e-6, atol=1e-12)
