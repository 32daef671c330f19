"""Nests with phases give what the same graph gives in NumPy, and are made where they should be."""

import numpy as np
import pytest
import scipy.special

import theano
import theano.tensor as T

PLAIN = theano.Mode(linker="py", optimizer="fast_run")
NATIVE = theano.Mode(linker="cvm", optimizer="fast_run")


def phases(f):
    """How many phases each loop nest of a function has."""
    return [len(task.nest.phases) for task in f.maker.compiled.nodes() if task.nest is not None]


def centred(x, axis):
    return x - x.mean(axis=axis, keepdims=True)


PROGRAMS = {
    "softmax": lambda x: T.exp(x - x.max(axis=1, keepdims=True)) / T.exp(x - x.max(axis=1, keepdims=True)).sum(
        axis=1, keepdims=True),
    "softmax of columns": lambda x: T.exp(x) / T.exp(x).sum(axis=0, keepdims=True),
    "logsumexp": lambda x: T.log(T.exp(x).sum(axis=1)),
    "log softmax": lambda x: x - T.log(T.exp(x).sum(axis=1, keepdims=True)),
    "normalised": lambda x: centred(x, 1) / T.sqrt((centred(x, 1) ** 2).mean(axis=1, keepdims=True) + 1e-5),
    "normalised columns": lambda x: centred(x, 0) / T.sqrt((centred(x, 0) ** 2).mean(axis=0, keepdims=True) + 1e-5),
    "largest twice": lambda x: (x / (1 + x.max(axis=1, keepdims=True) ** 2)).sum(axis=1) * x.min(axis=1),
    "both axes": lambda x: (x - x.sum(axis=1, keepdims=True)).sum(axis=0),
    "sums of sums": lambda x: (x - x.mean()).sum(axis=1, keepdims=True) * x,
    "one value a row": lambda x: T.exp(x.sum(axis=1))[:, None] * x.sum(axis=1)[:, None],
    "put before": lambda x: T.concatenate([T.alloc(x.mean(axis=0, keepdims=True), 1, x.shape[1]), x]),
    "without data": lambda x: T.zeros_like(x) + x.sum(axis=1, keepdims=True),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_programs(name, dtype):
    x = T.matrix("x", dtype=dtype)
    y = PROGRAMS[name](x)
    outputs = [y, T.grad((y ** 2).sum(), x)]
    f, plain = theano.function([x], outputs, mode=NATIVE), theano.function([x], outputs, mode=PLAIN)
    rng = np.random.default_rng(0)
    for shape in ((5, 7), (1, 9), (6, 1), (1, 1), (3, 1500), (1500, 3), (40, 40)):
        value = rng.standard_normal(shape).astype(dtype)
        for given in (value, np.asfortranarray(value), value[::-1, ::-1]):
            for got, expected in zip(f(given), plain(given), strict=True):
                np.testing.assert_allclose(got, expected, rtol=2e-4 if dtype == "float32" else 1e-9, atol=1e-4
                                           if dtype == "float32" else 1e-10)


@pytest.mark.parametrize(("name", "least"), [
    ("softmax", 3), ("logsumexp", 3), ("log softmax", 3), ("normalised", 3), ("softmax of columns", 2)])
def test_rows_are_read_in_one_nest(name, least):
    x = T.dmatrix("x")
    found = phases(theano.function([x], PROGRAMS[name](x), mode=NATIVE))
    assert max(found) >= least
    assert len(found) <= 2


def test_rows_of_a_cube():
    x = T.dtensor3("x")
    f = theano.function([x], T.exp(x) / T.exp(x).sum(axis=2, keepdims=True), mode=NATIVE)
    value = np.random.default_rng(1).standard_normal((3, 4, 5))
    np.testing.assert_allclose(f(value), scipy.special.softmax(value, axis=2))
    f = theano.function([x], T.exp(x) / T.exp(x).sum(axis=(0, 2), keepdims=True), mode=NATIVE)
    np.testing.assert_allclose(f(value), scipy.special.softmax(value, axis=(0, 2)))
    assert max(phases(f)) >= 2


def test_no_rows_and_empty_rows():
    x = T.dmatrix("x")
    total = theano.function([x], x / (1 + x.sum(axis=1, keepdims=True)), mode=NATIVE)
    assert total(np.ones((0, 4))).shape == (0, 4)
    assert total(np.ones((4, 0))).shape == (4, 0)
    softmax = theano.function([x], T.nnet.softmax(x), mode=NATIVE)
    assert softmax(np.ones((0, 4))).shape == (0, 4)


def test_an_update_of_what_later_phases_read():
    w = theano.shared(np.arange(12.0).reshape(3, 4))
    f = theano.function([], w.sum(axis=1), updates=[(w, w / w.sum(axis=1, keepdims=True))], mode=NATIVE)
    before = w.get_value()
    np.testing.assert_allclose(f(), before.sum(axis=1))
    np.testing.assert_allclose(w.get_value(), before / before.sum(axis=1, keepdims=True))


def test_a_step_between_that_needs_another_op():
    """A group that depends on one phase and is needed by another can't be in between."""
    x = T.dmatrix("x")
    s = x.sum(axis=1)
    y = (x - T.sort(s)[:, None]).sum(axis=1, keepdims=True) + x - s[:, None]
    value = np.random.default_rng(2).standard_normal((4, 6))
    expected = (value - np.sort(value.sum(1))[:, None]).sum(1, keepdims=True) + value - value.sum(1)[:, None]
    np.testing.assert_allclose(theano.function([x], y, mode=NATIVE)(value), expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads(threads):
    before = theano.get_num_threads()
    theano.set_num_threads(threads)
    try:
        x = T.dmatrix("x")
        value = np.random.default_rng(3).standard_normal((700, 900))
        f = theano.function([x], T.nnet.softmax(x), mode=NATIVE)
        np.testing.assert_allclose(f(value), scipy.special.softmax(value, 1))
    finally:
        theano.set_num_threads(before)


class TestLosses:
    """Ops that lowering writes out: see `theano.codegen.expand`."""

    def setup_method(self):
        rng = np.random.default_rng(4)
        self.x, self.b, self.y = T.dmatrix("x"), T.dvector("b"), T.lvector("y")
        self.values = rng.standard_normal((9, 5)), rng.standard_normal(5), rng.integers(0, 5, 9)

    def compare(self, outputs, inputs, values):
        f, plain = theano.function(inputs, outputs, mode=NATIVE), theano.function(inputs, outputs, mode=PLAIN)
        for got, expected in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)
        assert not any(task.kind == "python" for task in f.maker.compiled.nodes())
        return f

    def test_softmax_family(self):
        x, b = self.x, self.b
        outputs = [T.nnet.softmax(x), T.nnet.logsoftmax(x), T.nnet.softmax_with_bias(x, b)]
        outputs += [T.grad((o ** 3).sum(), x) for o in outputs]
        self.compare(outputs, [x, b], self.values[:2])

    @pytest.mark.parametrize("dtype", ["int64", "int8", "uint16"])
    def test_cross_entropy(self, dtype):
        y = T.vector("y", dtype=dtype)
        values = (*self.values[:2], self.values[2].astype(dtype))
        nll, sm = T.nnet.crossentropy_softmax_1hot_with_bias(self.x, self.b, y)
        picked = -T.log(T.nnet.softmax(self.x + self.b)[T.arange(y.shape[0]), y]).mean()
        plain = T.nnet.categorical_crossentropy(T.exp(self.x), y).sum()
        outputs = [nll, sm, picked, plain, *T.grad(nll.sum(), [self.x, self.b]), *T.grad(picked, [self.x, self.b]),
                   T.grad(plain, self.x)]
        self.compare(outputs, [self.x, self.b, y], values)

    def test_places_of_the_largest(self):
        nll, sm, best = T.nnet.crossentropy_softmax_argmax_1hot_with_bias(self.x, self.b, self.y)
        f = theano.function([self.x, self.b, self.y], [nll, best], mode=NATIVE)
        x, b, y = self.values
        np.testing.assert_array_equal(f(x, b, y)[1], (x + b).argmax(1))

    def test_the_loss_and_its_gradient_share_one_softmax(self):
        cost = -T.log(T.nnet.softmax(self.x)[T.arange(self.y.shape[0]), self.y]).mean()
        f = self.compare([cost, T.grad(cost, self.x)], [self.x, self.y], (self.values[0], self.values[2]))
        bodies = [value.op.name for task in f.maker.compiled.nodes() if task.nest is not None
                  for phase in task.nest.phases for value in phase.body if hasattr(value.op, "name")]
        assert bodies.count("exp") == 1

    @pytest.mark.parametrize("wrong", [5, -1])
    def test_classes_that_are_none(self, wrong):
        cost = T.nnet.crossentropy_softmax_1hot(self.x, self.y)[0].sum()
        f = theano.function([self.x, self.y], [cost, T.grad(cost, self.x)], mode=NATIVE)
        y = self.values[2].copy()
        y[3] = wrong
        with pytest.raises(ValueError, match="y_i value out of bounds"):
            f(self.values[0], y)
        with pytest.raises(ValueError, match="rows"):
            f(self.values[0], y[:4])

    def test_large_numbers(self):
        x = np.array([[1e4, 0.0, -1e4], [-np.inf, 0.0, 1.0]])
        f = theano.function([self.x], [T.nnet.softmax(self.x), T.nnet.logsoftmax(self.x)], mode=NATIVE)
        for got, expected in zip(f(x), (scipy.special.softmax(x, 1), scipy.special.log_softmax(x, 1)), strict=True):
            np.testing.assert_allclose(got, expected)
