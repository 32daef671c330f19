"""Cast policies: NumPy 2's dtypes for every row and pair of dtypes, literals as NumPy takes them, and no float wider
than floatX that nobody asked for."""

import itertools
import operator

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.dtype_report import all_nodes
from theano.config import config
from theano.scalar.dtype import DTYPES, SMALL
from theano.scalar.table import TABLE
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.signal.pool import pool_2d

NOT_NUMPYS = {"round_half_away_from_zero", "complex", "complex_from_polar"}     # no function of NumPy is the same
ROWS = {name: row for name, row in TABLE.items() if name in ELEMWISE and not name.startswith("cast_")
        and name not in NOT_NUMPYS and row.nin in (-1, 1, 2)}
OPERATORS = {name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow",
                                                         "lt", "ge", "eq", "and_", "or_", "xor")}
LITERALS = (0, 2, -1, 300, 70000, 0.5, -2.0, 1e40, 1 + 2j)


@pytest.fixture
def numpy2():
    with config.change_flags(cast_policy="numpy2"):
        yield


@pytest.fixture
def floatx():
    with config.change_flags(cast_policy="floatX", floatX="float32"):
        yield


def outcome(function, *args):
    """dtype of a result, or the class of the error."""
    with np.errstate(all="ignore"):
        try:
            result = function(*args)
        except TypeError:
            return "TypeError"
        except OverflowError:
            return "OverflowError"
    return np.dtype(getattr(result, "dtype", None) or np.asarray(result).dtype).name


def numpys_outcome(function, *args):
    """`outcome` for NumPy's arrays and numbers, by the rules of float16 for "bfloat16", which NumPy doesn't have."""
    found = outcome(function, *("float16" if x == "bfloat16" else x for x in args))
    return "bfloat16" if found == "float16" and "bfloat16" in args else found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_row_has_numpys_dtypes(numpy2, name):
    row, wrong = ROWS[name], []
    for dtypes in itertools.product(DTYPES, repeat=2 if row.nin == -1 else row.nin):
        ours = outcome(ELEMWISE[name], *(T.vector(dtype=d) for d in dtypes))
        if set(SMALL) <= set(dtypes):
            continue                    # these two NumPy doesn't bring together
        numpys = numpys_outcome(lambda *given, row=row: row.numpy(*(np.ones(1, d) for d in given)), *dtypes)
        if ours != numpys:
            wrong.append((dtypes, ours, numpys))
    assert not wrong


@pytest.mark.parametrize("name", sorted(OPERATORS))
@pytest.mark.parametrize("swapped", [False, True])
def test_literals_have_numpys_dtypes(numpy2, name, swapped):
    wrong = []
    for dtype, number in itertools.product(DTYPES, LITERALS):
        looks_at_value = name == "pow" and (number == -1 and DTYPES[dtype].kind != "float" or dtype == "bool")
        if looks_at_value or name == "eq" and swapped:          # there Python asks the number first
            continue
        order = (lambda x, n=number: (n, x)) if swapped else (lambda x, n=number: (x, n))
        function = OPERATORS[name] if name != "eq" else lambda x, n: T.eq(x, n) if hasattr(x, "owner") else x == n
        ours = outcome(function, *order(T.vector(dtype=dtype)))
        numpys = numpys_outcome(lambda d, to=function, order=order: to(*order(np.ones(1, d))), dtype)
        if ours != numpys:
            wrong.append((dtype, number, ours, numpys))
    assert not wrong


NARROW = ("int8", "uint8", "int16", "int32", "float16", "float32")


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_values_are_numpys(numpy2, mode):
    """Arithmetic that overflows in narrow integers, and functions of integers, which are narrow floats."""
    xs = {d: T.vector(d, dtype=d) for d in NARROW}
    values = {d: np.array([1, 3, 100], d) for d in NARROW}
    names = [n for n in ("add", "mul", "true_div", "int_div", "mod", "maximum", "exp", "sqrt", "tanh", "sqr", "sub")]
    cases = [(n, d) for n in names for d in itertools.product(NARROW, repeat=max(ROWS[n].nin, 1 + (ROWS[n].nin == -1)))]
    f = theano.function(list(xs.values()), [ELEMWISE[n](*(xs[d] for d in dtypes)) for n, dtypes in cases], mode=mode)
    for (name, dtypes), result in zip(cases, f(*values.values()), strict=True):
        with np.errstate(all="ignore"):
            expected = ROWS[name].numpy(*(values[d] for d in dtypes))
        assert result.dtype == expected.dtype, (name, dtypes)
        tolerance = {"f2": 2e-3, "f4": 1e-6, "f8": 1e-14}.get(result.dtype.str[1:], 0)
        np.testing.assert_allclose(result, expected, rtol=tolerance, err_msg=f"{name} {dtypes}")


def test_python_numbers_do_not_wrap(numpy2):
    x = T.constant(2)
    assert x.dtype == "int64" and (x ** 7).eval() == 128 and (T.constant(100) + 100).eval() == 200
    total = sum([T.constant(1)] * 300)
    assert total.dtype == "int64" and total.eval() == 300
    u = T.vector(dtype="uint8")
    assert (u + 0).dtype == "uint8" and (-T.constant(200)).eval() == -200
    assert T.constant(1 << 63).dtype == "uint64" and T.constant(0.1).dtype == "float64"
    with pytest.raises(OverflowError, match="uint8 can't hold it"):
        u + 300
    assert T.lt(u, 300).eval({u: np.array([255], "uint8")}).all()


def test_default_is_the_originals():
    assert config.cast_policy == "custom"
    assert T.constant(2).dtype == "int8" and (T.constant(2) ** 7).eval() == -128


@pytest.mark.parametrize(("make", "dtype"), [
    (lambda x, i: x * i, "float32"), (lambda x, i: x + 0.1, "float32"), (lambda x, i: x * x.shape[0], "float32"),
    (lambda x, i: i / 3, "float32"), (lambda x, i: T.exp(i), "float32"), (lambda x, i: i.mean(), "float32"),
    (lambda x, i: x - 0.5 * np.log(2 * np.pi), "float32"), (lambda x, i: T.constant(0.1), "float32"),
    (lambda x, i: i * np.float64(0.5), "float32"), (lambda x, i: x.var(ddof=1), "float32"),
    (lambda x, i: T.cast(x, "float64") * 2, "float64"), (lambda x, i: x * T.dvector(), "float64"),
    (lambda x, i: x * np.ones(3), "float64"), (lambda x, i: T.arange(0, 1, 0.1), "float32"),
    (lambda x, i: x * T.fvector() * 1j, "complex64"), (lambda x, i: i + 1, "int32"),
    (lambda x, i: T.grad(T.sum(x ** 2 / i), x), "float32")])
def test_floatx(floatx, make, dtype):
    assert make(T.fvector(), T.ivector()).dtype == dtype


def wide(function):
    """Nodes of a function as written and as rewritten that make float64."""
    graphs = [function.maker.new_graph().toposort(), function.maker.fgraph.toposort()]
    return [node for graph in graphs for node in all_nodes(graph)
            for v in (*node.inputs, *node.outputs) if getattr(v.type, "dtype", "") in ("float64", "complex128")]


def weights(rng, *shape):
    return theano.shared(rng.randn(*shape).astype("float32") * np.float32(0.1))


def perceptron(rng):
    x, y = T.matrix(), T.ivector()
    w, b, v = weights(rng, 5, 4), weights(rng, 4), weights(rng, 4, 3)
    p = T.nnet.softmax(T.dot(T.tanh(T.dot(x, w) + b), v))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y]) + 0.01 * sum((q ** 2).sum() for q in (w, v)) / x.shape[0]
    return [x, y], cost, [w, b, v], [rng.randn(6, 5).astype("float32"), rng.randint(0, 3, 6).astype("int32")]


def autoencoder(rng):
    x = T.matrix()
    w, m, s, v = weights(rng, 5, 4), weights(rng, 4, 2), weights(rng, 4, 2), weights(rng, 2, 5)
    h = T.nnet.softplus(T.dot(x, w))
    mean, log_variance = T.dot(h, m), T.dot(h, s)
    z = mean + T.exp(0.5 * log_variance) * theano.tensor.shared_randomstreams.RandomStreams(1).normal(mean.shape)
    likelihood = T.sum(-0.5 * np.log(2 * np.pi) - (x - T.dot(z, v)) ** 2 / 2, axis=1)
    divergence = -0.5 * T.sum(1 + log_variance - mean ** 2 - T.exp(log_variance), axis=1)
    return [x], T.mean(divergence - likelihood), [w, m, s, v], [rng.randn(6, 5).astype("float32")]


def recurrent(rng):
    x = T.tensor3()
    w, u, b = weights(rng, 5, 12), weights(rng, 3, 12), weights(rng, 12)

    def step(row, hidden, cell):
        pre = T.dot(row, w) + T.dot(hidden, u) + b
        i, f, o, g = (pre[:, k * 3:(k + 1) * 3] for k in range(4))
        cell = T.nnet.sigmoid(f + 1.0) * cell + T.nnet.sigmoid(i) * T.tanh(g)
        return T.nnet.sigmoid(o) * T.tanh(cell), cell
    start = T.zeros((x.shape[1], 3))
    (hidden, _), _ = theano.scan(step, sequences=x, outputs_info=[start, start])
    return [x], (hidden[-1] ** 2).mean() / x.shape[0], [w, u, b], [rng.randn(4, 6, 5).astype("float32")]


def convolutional(rng):
    x, y = T.tensor4(), T.ivector()
    kernel, b, w = weights(rng, 4, 1, 3, 3), weights(rng, 4), weights(rng, 16, 3)
    h = T.nnet.relu(T.nnet.conv2d(x, kernel) + b.dimshuffle("x", 0, "x", "x"), 0.1)
    h = pool_2d(h, (2, 2), ignore_border=True).flatten(2)
    mask = theano.tensor.shared_randomstreams.RandomStreams(1).binomial(h.shape, p=0.8)
    h = h * T.cast(mask, theano.config.floatX) / 0.8
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(h, w)), y).mean() + 0.001 * T.sqr(kernel).sum()
    return [x, y], cost, [kernel, b, w], [rng.randn(6, 1, 6, 6).astype("float32"), rng.randint(0, 3, 6).astype("int32")]


@pytest.mark.parametrize("model", [perceptron, convolutional, autoencoder, recurrent], ids=lambda m: m.__name__)
def test_models_have_no_float64(floatx, model, rng):
    inputs, cost, parameters, values = model(rng)
    steps = T.iscalar()
    rate = 0.1 / (1 + 0.5 * steps)
    f = theano.function([*inputs, steps], cost, updates=[(p, p - rate * T.grad(cost, p)) for p in parameters])
    assert wide(f) == [] and f.dtype_report().of("float64") == []
    first = f(*values, 1)
    assert first.dtype == "float32" and f(*values, 1) < first or model in (autoencoder, convolutional)


def test_report_names_the_line():
    x, i = T.fvector("x"), T.ivector("i")
    f = theano.function([x, i], [T.sqrt(x * i) + 1, T.cast(x, "float64"), T.switch(i > 0, x, 0), x[i]])
    report = f.dtype_report()
    assert [(p.given, p.made) for p in report] == [(("float32", "int32"), "float64")]
    assert "T.sqrt(x * i)" in report[0].where and "float64    from float32, int32 by mul" in str(report)
    assert str(theano.function([x], x + 1).dtype_report()) == "no dtype is promoted"
    steps, _ = theano.scan(lambda row: row * i.sum(), sequences=x)
    assert [p.made for p in theano.function([x, i], steps).dtype_report()] == ["int64", "float64"]


def test_policies_do_not_share_compiled_functions():
    x = T.ivector("x")
    for policy, dtype in (("custom", "float64"), ("floatX", "float32"), ("numpy2", "float64")):
        with config.change_flags(cast_policy=policy, floatX="float32"):
            assert theano.function([x], T.exp(x))([1]).dtype == dtype


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_numbers_are_those_of_numpy(floatX):                                      # noqa: N803
    with config.change_flags(cast_policy="numpy+floatX", floatX=floatX):
        for number in (0, 1, -1, 300, 2**40, 2**63 - 1):
            assert T.constant(number).dtype == np.asarray(number).dtype == "int64"
            assert T.constant(float(number)).dtype == floatX
        assert T.constant(np.float64(0.5)).dtype == "float64" and T.constant(np.int8(1)).dtype == "int8"
