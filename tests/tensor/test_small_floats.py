"""float16 and bfloat16: stored in 16 bits, computed in float32. What single ops give is tested in tests/derived."""

import io
import itertools
import os
import pickle
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from scipy import special

import theano
import theano.tensor as T
from theano.compile.persistence import dump, load
from theano.config import config
from theano.scalar.dtype import DTYPES, SMALL, can_cast, kind_of, result_type
from theano.tensor.constant import hash_from_ndarray

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
MODES = {"native": None, "loops": theano.Mode("vm"), "py": theano.Mode("py")}
every_mode = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
both = pytest.mark.parametrize("dtype", SMALL)


def numbers(rng, shape, dtype):
    return rng.standard_normal(shape).astype(dtype)


def apart(result, exact):
    """By how many units in the last place of its dtype a result differs from numbers of a wider dtype, at most."""
    info = ml_dtypes.finfo(result.dtype)
    unit = 2.0 ** np.floor(np.log2(np.maximum(abs(exact), float(info.tiny)))) * float(info.eps)
    return float((abs(result.astype("float64") - exact) / unit).max(initial=0))


# -- the package that bfloat16 needs ---------------------------------------------------------------------------------


def run(code):
    return subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)


def test_nothing_imports_it_before_it_is_needed():
    done = run("import sys, theano, theano.tensor as T\n"
               "theano.function([], T.constant(1.5, dtype='float16') + 1)()\n"
               "assert 'ml_dtypes' not in sys.modules\n"
               "T.tensor('bfloat16', (False,))\n"
               "assert 'ml_dtypes' in sys.modules")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("asks", [
    "T.tensor('bfloat16', (False,))", "T.fvector().astype('bfloat16')", "T.cast(T.dscalar(), 'bfloat16')",
    "T.constant(1, dtype='bfloat16')", "T.zeros((2,), dtype='bfloat16')",
])
def test_without_it_one_error_says_what_to_install(asks):
    done = run(f"import sys; sys.modules['ml_dtypes'] = None\nimport theano.tensor as T\n{asks}")
    assert done.stderr.splitlines()[-1] == ("ImportError: bfloat16 needs the package ml_dtypes, which gives NumPy this "
                                            "dtype: pip install ml_dtypes")


# -- result types ------------------------------------------------------------------------------------------------------


def like_float16(dtypes, result):
    """The dtype that takes the place of ``result``, the one for float16, where dtypes have bfloat16."""
    return "bfloat16" if result == "float16" and "float16" not in dtypes else result


@pytest.mark.parametrize("policy", ["custom", "numpy+floatX", "numpy2", "floatX"])
@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_results_have_the_dtypes_of_float16(policy, floatx):
    with config.change_flags(cast_policy=policy, floatX=floatx):
        for row, other in itertools.product(("add", "true_div", "pow", "int_div", "mod", "arctan2"), DTYPES):
            if other in SMALL:
                continue
            x, h, y = (T.tensor(d, (False,)) for d in ("bfloat16", "float16", other))
            op = getattr(T, row)
            try:
                wanted = op(h, y).dtype
            except TypeError:
                with pytest.raises(TypeError):
                    op(x, y)
                continue
            assert op(x, y).dtype == op(y, x).dtype == like_float16(("bfloat16", other), wanted), (row, other)
        for number in (2, 0.5, -3, 300, np.float32(2), 2j):
            assert (x * number).dtype == like_float16((), (h * number).dtype), number
            assert (number / x).dtype == like_float16((), (number / h).dtype), number
        for name in ("exp", "sqr", "neg", "isnan", "floor", "sgn", "arccosh", "sum", "prod", "mean", "var", "max"):
            assert getattr(T, name)(x).dtype == like_float16((), getattr(T, name)(h).dtype), name


def test_the_two_together_are_float32():
    x, h = T.tensor("bfloat16", (False,)), T.tensor("float16", (False,))
    for policy in ("custom", "numpy2", "floatX"):
        with config.change_flags(cast_policy=policy, floatX="float32"):
            assert [y.dtype for y in (x + h, h * x, T.dot(x, h), T.concatenate([x, h]), T.switch(x > 0, x, h))] == \
                ["float32"] * 5


def test_kinds_and_conversions():
    kinds = {"bfloat16": "f", BFLOAT16: "f", "float16": "f", "int8": "i", "uint8": "u", "bool": "b", "complex64": "c"}
    assert {dtype: kind_of(dtype) for dtype in kinds} == kinds
    assert result_type("bfloat16", "int8") == BFLOAT16 and result_type("bfloat16", "int16") == "float32"
    assert result_type(BFLOAT16, 2.5) == BFLOAT16 and result_type("bfloat16", "complex64") == "complex64"
    assert can_cast("bfloat16", "float32") and can_cast("uint8", "bfloat16") and not can_cast("bfloat16", "float16")
    assert can_cast("float32", "bfloat16", "same_kind") and not can_cast("bfloat16", "int8", "same_kind")


# -- values ----------------------------------------------------------------------------------------------------------


@every_mode
def test_a_conversion_takes_digits_away_wherever_it_stands(mode):
    x = T.vector(dtype="float32")
    outputs = [T.cast(T.cast(x, d), "float32") - x for d in SMALL] + [T.exp(T.cast(x * 3, d)) for d in SMALL] + \
        [T.cast(x, d).astype("float32").sum() for d in SMALL] + [T.cast(x, d) for d in SMALL]
    value = np.linspace(0.1, 1.9, 1001).astype("float32")
    small = [value.astype(d) for d in SMALL]
    results = theano.function([x], outputs, mode=mode)(value)
    for k, s in enumerate(small):
        np.testing.assert_array_equal(results[k], s.astype("float32") - value)
        assert apart(results[2 + k], np.exp((value * 3).astype(s.dtype).astype("float64"))) <= 1
        np.testing.assert_allclose(results[4 + k], s.astype("float64").sum(), rtol=1e-6)
        np.testing.assert_array_equal(results[6 + k], s)


@every_mode
@both
def test_sums_are_made_in_single_precision(mode, dtype, rng):
    m = T.tensor(dtype, (False, False))
    count = 40000
    ones, value = np.ones((2, count), dtype), numbers(rng, (300, 70), dtype)
    assert float(theano.function([m], m.mean(), mode=mode)(ones)) == 1
    total = theano.function([m], m.sum(axis=1), mode=mode)(ones)
    np.testing.assert_array_equal(total, np.full(2, count).astype(dtype))
    names = ("sum", "mean", "var", "std", "max", "min")
    outputs = [getattr(m, name)(axis=axis) for name in names for axis in (0, 1, None)]
    outputs += [m.sum(acc_dtype=dtype), T.cumsum(m, axis=0), T.dot(m, m[0]), T.dot(m.T, m)]
    wide = value.astype("float64")
    wanted = [getattr(wide, name)(axis=axis) for name in names for axis in (0, 1, None)]
    wanted += [wide.sum(), np.cumsum(wide, axis=0), wide @ wide[0], wide.T @ wide]
    slack = [1e-5 * np.sqrt(wide.size)] * len(wanted)               # sums cancel
    for result, exact, near in zip(theano.function([m], outputs, mode=mode)(value), wanted, slack, strict=True):
        assert result.dtype == dtype and result.shape == np.shape(exact)
        far = abs(result.astype("float64") - exact) > near
        assert apart(np.asarray(result)[far], np.asarray(exact)[far]) <= 1


@every_mode
@both
def test_layouts_and_sizes(mode, dtype, rng):
    x, m, s = T.tensor(dtype, (False,)), T.tensor(dtype, (False, False)), T.tensor(dtype, ())
    f = theano.function([x, m, s], [T.tanh(m) * x + s, m.sum(0), T.dot(m, x), T.exp(s), T.dot(x, x)], mode=mode)
    for n, k in ((0, 3), (3, 0), (1, 1), (7, 300), (2, 1025)):
        big = numbers(rng, (2 * n, 2 * k), dtype)
        for value in (big[:n, :k], big[::2, ::2], big[::-2, ::-2], np.asfortranarray(big[:n, :k])):
            row, one = numbers(rng, k, dtype)[::-1], np.asarray(0.75, dtype)
            a, b = value.astype("float64"), row.astype("float64")
            wanted = [np.tanh(a) * b + 0.75, a.sum(0), a @ b, np.exp(0.75), b @ b]
            for result, exact in zip(f(row, value, one), wanted, strict=True):
                assert result.dtype == dtype and result.shape == np.shape(exact)
                far = abs(result.astype("float64") - exact) > 1e-5
                assert apart(np.asarray(result)[far], np.asarray(exact)[far]) <= 1


@every_mode
def test_bfloat16_in_and_out_of_arrays(mode, rng):
    x, m, h = T.tensor("bfloat16", (False,)), T.tensor("bfloat16", (False, False)), T.tensor("float16", (False,))
    v, w = numbers(rng, 6, BFLOAT16), numbers(rng, (3, 4), BFLOAT16)
    one = T.constant(1, dtype="bfloat16")
    outputs = [x[::-2], x[[2, 0, 2]], m[1:, ::2], x[x > 0], T.set_subtensor(x[1:3], one), T.inc_subtensor(x[1:3], one),
               T.inc_subtensor(x[[0, 0, 1]], one), T.stack([x, x]), T.concatenate([x, h]), m.reshape((4, 3)).T,
               T.alloc(x[0], 2, 2), T.eye(3, dtype="bfloat16"), T.arange(4, dtype="bfloat16"), T.sort(x), T.argsort(x),
               T.argmax(m, axis=1), m.repeat(2, axis=0), T.switch(x > 0, x, 0), T.clip(x, -1, 1), x.astype("int32")]
    a, b = v.astype("float32"), w.astype("float32")
    put, added, twice = a.copy(), a.copy(), a.copy()
    put[1:3] = 1
    added[1:3] += 1
    np.add.at(twice, [0, 0, 1], 1)
    wanted = [a[::-2], a[[2, 0, 2]], b[1:, ::2], a[a > 0], put, added, twice, np.stack([a, a]),
              np.concatenate([a, a]), b.reshape(4, 3).T, np.full((2, 2), a[0]), np.eye(3), np.arange(4), np.sort(a),
              np.argsort(a), b.argmax(1), b.repeat(2, 0), np.where(a > 0, a, 0), np.clip(a, -1, 1), a.astype("int32")]
    f = theano.function([x, m, h], outputs, mode=mode)
    for variable, result, value in zip(outputs, f(v, w, a.astype("float16")), wanted, strict=True):
        assert result.dtype == variable.dtype
        np.testing.assert_array_equal(result.astype("float32"),
                                      value.astype(variable.type.numpy_dtype).astype("float32"))


@every_mode
def test_loops_and_branches(mode, rng):
    x = T.tensor("bfloat16", (False,))
    states, _ = theano.scan(lambda v, s: T.tanh(s + v), x, T.zeros((3,), dtype="bfloat16"))
    chosen = theano.ifelse.ifelse(x[0] > 0, x * 2, x)
    f = theano.function([x], [states, T.grad(states[-1].sum(), x), chosen], mode=mode)
    v = numbers(rng, 5, BFLOAT16)
    state, wanted = np.zeros(3, "float32"), []
    for number in v.astype("float32"):
        state = np.tanh(state + number)
        wanted.append(state)
    states, slopes, chosen = f(v)
    assert states.dtype == slopes.dtype == chosen.dtype == BFLOAT16 and slopes.shape == (5,)
    np.testing.assert_allclose(states.astype("float32"), wanted, atol=0.02)
    np.testing.assert_array_equal(chosen, v * np.array(2, BFLOAT16) if v[0] > 0 else v)


@both
def test_random_numbers_are_below_one(dtype):
    streams = [T.shared_randomstreams.RandomStreams(1), theano.sandbox.rng_mrg.MRG_RandomStreams(1)]
    for stream in streams:
        value = theano.function([], stream.uniform((20000,), dtype=dtype))()
        assert value.dtype == dtype and 0 <= value.min() and value.max() < 1
        assert abs(value.astype("float32").mean() - 0.5) < 0.02


# -- gradients ---------------------------------------------------------------------------------------------------------


@both
def test_gradients_are_of_the_dtype_of_the_input(dtype, rng):
    m, w = T.tensor(dtype, (False, False)), T.tensor("float32", (False, False))
    cost = (T.tanh(T.dot(m, w.astype(dtype))).astype("float32") ** 2).mean()
    slopes = T.grad(cost, [m, w])
    assert [g.dtype for g in slopes] == [dtype, "float32"]
    a, b = numbers(rng, (5, 4), dtype), rng.standard_normal((4, 3)).astype("float32")
    wide = T.fmatrix()
    exact = theano.function([wide, w], T.grad((T.tanh(T.dot(wide, w)) ** 2).mean(), [wide, w]))(a.astype("float32"), b)
    for result, value in zip(theano.function([m, w], slopes)(a, b), exact, strict=True):
        np.testing.assert_allclose(result.astype("float32"), value, rtol=0.1, atol=0.01)
    theano.gradient.verify_grad(lambda x: T.exp(x) * x, [a], rng=np.random.RandomState(1))


def test_training_with_weights_in_float32_and_work_in_bfloat16(rng):
    given, wanted = T.tensor("bfloat16", (False, False)), T.tensor("bfloat16", (False,))
    weights = theano.shared(np.zeros(3, "float32"))
    error = T.dot(given, weights.astype("bfloat16")) - wanted
    cost = T.sqr(error.astype("float32")).mean()
    better = weights - np.float32(0.1) * T.grad(cost, weights)
    step = theano.function([given, wanted], cost, updates=[(weights, better)])
    a, true = numbers(rng, (200, 3), BFLOAT16), np.array([1, -2, 0.5], BFLOAT16)
    target = (a.astype("float32") @ true.astype("float32")).astype(BFLOAT16)
    costs = [float(step(a, target)) for _ in range(60)]
    assert costs[-1] < 1e-3 * costs[0]
    np.testing.assert_allclose(weights.get_value(), true.astype("float32"), atol=0.02)


def test_functions_of_numpy_take_bfloat16():
    x = T.tensor("bfloat16", (False,))
    v = np.array([1.5, -0.0, np.nan, np.inf, -np.inf], BFLOAT16)
    outputs = [np.nan_to_num(x), np.signbit(x), np.fabs(x), np.isfinite(x)]
    found = theano.function([x], outputs)(v)
    assert [y.dtype.name for y in found] == ["bfloat16", "bool", "bfloat16", "bool"]
    large = float(ml_dtypes.finfo("bfloat16").max)
    assert found[0].astype("float64").tolist() == [1.5, 0, 0, large, -large]
    assert found[1][[0, 1, 3, 4]].tolist() == [False, True, False, True]
    assert found[3].tolist() == [True, True, False, False, False]
    assert np.result_type(x, T.bvector()) == BFLOAT16


# -- what holds values -------------------------------------------------------------------------------------------------


def test_values_that_fit_are_taken():
    x = T.tensor("bfloat16", (False,))
    f = theano.function([x], x * 2)
    for value in ([1.0, 2.5], np.array([1, 2], "uint8"), np.array([1, 2.5], BFLOAT16)):
        assert f(value).dtype == BFLOAT16
    for value in ([1.001], np.ones(2, "float32"), np.ones(2, "float16"), np.ones((2, 2), BFLOAT16)):
        with pytest.raises(TypeError):
            f(value)
    assert theano.function([x], x, allow_input_downcast=True)(np.array([1.001]))[0] == 1


def test_shared_variables_and_constants():
    value = np.arange(6).astype(BFLOAT16)
    s, one = theano.shared(value, name="s"), theano.shared(BFLOAT16.type(1.5))
    assert s.dtype == one.dtype == T.constant(value[2]).dtype == T.as_tensor_variable(value).dtype == "bfloat16"
    f = theano.function([], s.sum() * one, updates=[(s, (s + 1).astype("bfloat16"))])
    assert float(f()) == 22.5 and float(f()) == 31.5
    s.set_value(value * value)
    with pytest.raises(TypeError):
        s.set_value(np.ones(6, "float32"))
    assert T.constant(1.5, dtype="bfloat16") is T.constant(1.5, dtype="bfloat16")
    assert str(s.type) == "TensorType(bfloat16, vector)"
    assert str(T.constant(1.5, dtype="bfloat16")) == "TensorConstant{1.5}"
    assert hash_from_ndarray(value) != hash_from_ndarray(value.view("float16"))


def test_pickles_and_files(rng):
    x, s = T.tensor("bfloat16", (False,)), theano.shared(numbers(rng, 3, BFLOAT16), name="s")
    value = numbers(rng, 3, BFLOAT16)
    f = theano.function([x], T.exp(x) * s + np.arange(3).astype(BFLOAT16))
    kept = io.BytesIO()
    dump([f, s, value], kept)
    for g, t, v in (pickle.loads(pickle.dumps([f, s, value])), load(kept)):
        assert t.type == s.type and v.dtype == BFLOAT16
        np.testing.assert_array_equal(g(value), f(value))
        np.testing.assert_array_equal(t.get_value(), s.get_value())
        np.testing.assert_array_equal(v, value)


def test_programs_of_other_processes_are_found(tmp_path):
    code = ("import numpy as np, theano, theano.tensor as T\n"
            "x, y = T.tensor('bfloat16', (False,)), T.tensor('float16', (False,))\n"
            "c = np.arange(8).astype(x.type.numpy_dtype)\n"
            "f = theano.function([x, y], [x + c, T.sort(x), y + c, x * y])\n"
            "print(f(c, c.astype('float16'))[0], f(c, c.astype('float16'))[3].dtype)\n")
    env = {**os.environ, "THEANO_FLAGS": f"base_compiledir={tmp_path}"}
    first, second = (subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
                     for _ in range(2))
    assert (first.returncode, first.stderr, first.stdout) == (0, "", second.stdout)
    assert first.stdout.startswith("[0 2 4 6 8 10 12 14]")


def test_modes_that_look_at_values(rng):
    x = T.tensor("bfloat16", (False,))
    value = abs(numbers(rng, 5, BFLOAT16))
    assert theano.function([x], T.log(x + 1).sum(), mode="DebugMode")(value).dtype == BFLOAT16
    f = theano.function([x], T.log(x), mode=theano.compile.nanguardmode.NanGuardMode(True, True))
    f(value + BFLOAT16.type(1))
    with pytest.raises(AssertionError, match="NaN"):
        f(-value)


def half(expression, *values):
    x = T.TensorType("float16", (False,) * np.ndim(values[0]))("x")
    others = [T.lvector() for _ in values[1:]]
    f = theano.function([x, *others], expression(x, *others))
    return f(np.asarray(values[0], "float16"), *values[1:])


def test_many_equal_numbers_are_counted_in_single_precision():
    many = np.ones(70000)
    assert half(lambda x: T.fill(x, np.float16(1e-3)).sum(), many) == np.float16(70)
    assert half(lambda x: T.alloc(np.float16(1e-3), x.shape[0]).sum(), many) == np.float16(70)


def test_numbers_that_have_no_inverse_divide():
    assert half(lambda x: x / np.float16(2 ** -20), [2 ** -10]) == 1024
    assert half(lambda x: x / np.float16(2 ** 15), [2.0 ** 15]) == 1


def test_losses_of_no_rows():
    def loss(x, y):
        return T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)

    assert half(loss, np.zeros((0, 3)), np.zeros(0, "int64")).shape == (0,)


def test_logarithms_of_what_is_nearly_nothing(rng):
    x = rng.uniform(-3, 12, 50).astype("float16")
    np.testing.assert_allclose(half(lambda v: T.log(T.erfc(v)), x), special.log_ndtr(-x.astype("float64") * 2 ** 0.5)
                               + np.log(2), rtol=4e-3, atol=1e-3)


@both
def test_it_may_be_the_default_of_everything(dtype, rng):
    with config.change_flags(floatX=dtype, cast_policy="floatX"):
        x, y = T.matrix("x"), T.ivector("y")
        w = theano.shared(rng.standard_normal((4, 3)).astype(config.floatX))
        p = T.nnet.softmax(T.dot(x, w) * 0.5)
        cost = -T.log(p)[T.arange(y.shape[0]), y].mean()
        f = theano.function([x, y], cost, updates=[(w, w - 0.1 * T.grad(cost, w))])
        assert f.dtype_report().of("float64") == []
        noise = T.shared_randomstreams.RandomStreams(1).normal((3,))
        steps, _ = theano.scan(lambda row, h: T.tanh(row + h), x, T.zeros(4))
        assert {v.dtype for v in (x, p, cost, noise, steps, T.mean(y), T.eye(2), T.arange(3) / 2)} == {dtype}
        given = rng.standard_normal((6, 4)).astype(dtype)
        costs = [f(given, np.arange(6, dtype="int32") % 3) for _ in range(10)]
    assert costs[0].dtype == dtype and costs[-1] < costs[0]


def test_as_default_it_says_what_it_needs():
    program = ("import sys; sys.modules['ml_dtypes'] = None\n"
               "import theano\n"
               "try:\n    theano.tensor.matrix()\n"
               "except ImportError as error:\n    print(error)\n")
    env = {**os.environ, "THEANO_FLAGS": f"{os.environ.get('THEANO_FLAGS', '')},floatX=bfloat16".lstrip(",")}
    found = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith("pip install ml_dtypes")
