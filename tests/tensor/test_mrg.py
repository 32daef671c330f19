"""Streams of MRG31k3p: against the recurrences in plain integers, and against recorded draws of the original."""

import itertools
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

import theano
from theano import tensor as T
from theano.errors import NullTypeGradError
from theano.tensor.random import recurrence
from theano.tensor.random.categorical import ChoiceFromUniform, MultinomialFromUniform
from theano.tensor.random.mrg import MRG_RandomStreams, mrg_uniform, multMatVect

RECORDED = np.load(Path(__file__).parent.parent / "data" / "random.npz")
PVALS = np.array([[0.2, 0.3, 0.5], [0.8, 0.15, 0.05]])      # any that fit the recorded draws
VARIABLES = {           # name in the record -> how it was made
    "uniform": lambda rng, dtype: rng.uniform((3, 7), dtype=dtype, nstreams=7),
    "uniform_default_streams": lambda rng, dtype: rng.uniform((5, 5), dtype=dtype),
    "normal": lambda rng, dtype: rng.normal((4, 6), dtype=dtype, nstreams=12),
    "binomial": lambda rng, dtype: rng.binomial((3, 7), p=0.3, dtype=dtype, nstreams=7),
    "multinomial": lambda rng, dtype: rng.multinomial(pvals=PVALS.astype(dtype), dtype=dtype),
}
SEEDS = sorted({int(key.split("/")[2]) for key in RECORDED if key.startswith("mrg/")})
M1, M2 = 2**31 - 1, 2**31 - 21069


class Reference:
    """One substream, in Python's integers, as the paper writes it: x and y in the order in which they came."""

    def __init__(self, state):
        state = [int(n) for n in state]
        self.x, self.y = state[2::-1], state[:2:-1]

    def __next__(self):
        self.x.append((2**22 * self.x[-2] + (2**7 + 1) * self.x[-3]) % M1)
        self.y.append((2**15 * self.y[-1] + (2**15 + 1) * self.y[-3]) % M2)
        z = (self.x[-1] - self.y[-1]) % M1
        return (z or M1) * 2.0**-31

    @property
    def state(self):
        return [*self.x[:-4:-1], *self.y[:-4:-1]]


@pytest.mark.parametrize("width", [1, 3, 7, 20])
@pytest.mark.parametrize("seed", [1, 12345, M2 - 1])
def test_draws_are_those_of_the_recurrences(seed, width):
    states = recurrence.substreams([seed] * 6, width)
    references = [Reference(state) for state in states]
    for _ in range(3):
        draws, states = recurrence.draw(states, 18)
        expected = [next(reference) for reference, _ in zip(itertools.cycle(references), range(18))]
        assert list(recurrence.as_uniform(draws, "float64")) == expected
    assert [list(state) for state in states] == [r.state for r in references]


def power_of_two(matrix, exponent, modulus):
    """``matrix`` to the power ``2**exponent``."""
    for _ in range(exponent):
        matrix = recurrence.product(matrix, matrix, modulus)
    return matrix


def test_matrices_of_jumps_are_powers():
    for matrix, modulus, streams, substreams in ((recurrence.A1, M1, recurrence.A1p134, recurrence.A1p72),
                                                 (recurrence.A2, M2, recurrence.A2p134, recurrence.A2p72)):
        assert (power_of_two(matrix, 72, modulus) == substreams).all()
        assert (power_of_two(matrix, 134, modulus) == streams).all()


def test_jumps_add_up():
    state = np.array([1, 2, 3, 4, 5, 6])
    powers = {e: (power_of_two(recurrence.A1, e, M1), power_of_two(recurrence.A2, e, M2)) for e in (0, 3)}
    eight = state
    for _ in range(8):
        eight = recurrence.jumped(eight, *powers[0])
    assert (recurrence.jumped(state, *powers[3]) == eight).all()
    reference = Reference(state)
    for _ in range(8):
        next(reference)
    assert list(eight) == reference.state
    assert (recurrence.substreams(state, 5)[4] == recurrence.ff_2p72(recurrence.ff_2p72(recurrence.ff_2p72(
        recurrence.ff_2p72(state))))).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_draw_is_zero_or_one(dtype):
    extremes = recurrence.as_uniform(np.array([1, 2, 2**30, M1 - 1, M1]), dtype)
    assert extremes.dtype == dtype and (extremes > 0).all() and (extremes < 1).all()
    assert (np.diff(extremes.astype("float64")) >= 0).all()


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", VARIABLES)
def test_recorded_draws(name, seed, dtype, mode):
    f = theano.function([], VARIABLES[name](MRG_RandomStreams(seed), dtype), mode=mode)
    for call in ("call1", "call2"):
        expected, found = RECORDED[f"mrg/{name}/{seed}/{dtype}/{call}"], f()
        assert found.dtype == expected.dtype
        if name == "normal":
            np.testing.assert_allclose(found, expected, rtol=100 * np.finfo(dtype).eps)
        else:
            np.testing.assert_array_equal(found, expected)


def test_each_variable_has_a_stream_of_its_own():
    rng = MRG_RandomStreams(7)
    first, second = rng.uniform((4,), nstreams=2), rng.uniform((4,), nstreams=2)
    states = recurrence.substreams([7] * 6, 2), recurrence.substreams(recurrence.ff_2p134(np.array([7] * 6)), 2)
    for variable, state in zip((first, second), states, strict=True):
        assert (variable.rstate.get_value() == state).all()
        assert variable.update[0] is variable.rstate and variable.rstate.default_update is variable.update[1]
    assert [u[:2] for u in rng.updates()] == [first.update, second.update]
    assert rng.state_updates is not MRG_RandomStreams(7).state_updates


def test_functions_advance_the_state_unless_told_not_to():
    u = MRG_RandomStreams(3).uniform((3,))
    assert not np.array_equal(*(lambda f: (f(), f()))(theano.function([], u)))
    for how in (True, [u.rstate]):
        f = theano.function([], u, no_default_updates=how)
        assert np.array_equal(f(), f())
    before = u.rstate.get_value()
    f = theano.function([], u, updates=[(u.rstate, u.rstate)])
    assert np.array_equal(f(), f()) and (u.rstate.get_value() == before).all()
    theano.function([], u)()
    assert not (u.rstate.get_value() == before).all()


def test_one_function_draws_once_for_all_its_outputs():
    u = MRG_RandomStreams(3).uniform((3,))
    f = theano.function([], [u, u - u, u + 1])
    a, zero, b = f()
    assert (zero == 0).all() and (b == a + 1).all()


def test_seed_begins_again():
    rng, idx = MRG_RandomStreams(234), T.ivector()
    functions = [theano.function([], rng.uniform((2, 2))), theano.function([], rng.normal((3,), nstreams=2)),
                 theano.function([idx], rng.uniform(idx, ndim=1, nstreams=3))]

    def calls():
        return [f(*([[4]] if k == 2 else [])) for k, f in enumerate(functions) for _ in range(2)]
    first = calls()
    for seed, same in ((234, True), (None, True), (23, False), ([1, 2, 3, 4, 5, 6], False)):
        rng.seed(seed)
        assert [np.array_equal(a, b) for a, b in zip(first, calls(), strict=True)] == [same] * 6


def test_state_goes_from_one_graph_to_another():
    rngs = [MRG_RandomStreams(seed) for seed in (123, 987)]
    functions = [theano.function([], rng.uniform((1,))) for rng in rngs]
    for one, other in zip(rngs[0].state_updates, rngs[1].state_updates, strict=True):
        other[0].set_value(one[0].get_value())
    assert functions[0]() == functions[1]()


def test_functions_and_streams_pickle():
    rng = MRG_RandomStreams(5)
    f = theano.function([], rng.uniform((3,)))
    f()
    twin, again = pickle.loads(pickle.dumps(f)), pickle.loads(pickle.dumps(rng))
    assert np.array_equal(f(), twin())
    assert (again.rstate == rng.rstate).all() and len(again.state_updates) == 1


@pytest.mark.parametrize(("size", "expected"), [((), 1), ((6,), 6), ((7,), 1), ((5, 5), 4), ((1000, 1000), 15360),
                                                (T.lvector(), 15360), ((2, T.lscalar()), 15360)])
def test_guess_n_streams(size, expected):
    assert recurrence.guess_n_streams(size) == expected == MRG_RandomStreams().n_streams(size)


DISTRIBUTIONS = {
    "uniform": (lambda rng, size: rng.uniform(size, low=-1, high=3), scipy.stats.uniform(-1, 4)),
    "normal": (lambda rng, size: rng.normal(size, avg=2, std=3), scipy.stats.norm(2, 3)),
    "normal cut off": (lambda rng, size: rng.normal(size, avg=2, std=3, truncate=True),
                       scipy.stats.truncnorm(-2, 2, 2, 3)),
    "truncated normal": (lambda rng, size: rng.truncated_normal(size, avg=1, std=0.5),
                         scipy.stats.truncnorm(-2, 2, 1, 0.5 / scipy.stats.truncnorm(-2, 2).std())),
}


@pytest.mark.parametrize("floatx", ["float32", "float64"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name, floatx):
    make, expected = DISTRIBUTIONS[name]
    with theano.change_flags(floatX=floatx):
        sample = theano.function([], make(MRG_RandomStreams(11), (200, 100)))()
    assert sample.dtype == floatx and sample.shape == (200, 100)
    assert scipy.stats.kstest(sample.ravel(), expected.cdf).pvalue > 0.01
    assert abs(sample.std() - expected.std()) < 0.02 * expected.std()


@pytest.mark.parametrize("n", [1, 5])
def test_binomial(n):
    f = theano.function([], MRG_RandomStreams(3).binomial((100, 50), n=n, p=0.3))
    sample = f()
    assert sample.dtype == "int64" and sample.shape == (100, 50) and sample.min() == 0 and sample.max() == n
    assert abs(sample.mean() - 0.3 * n) < 0.02 * n
    p = T.dvector()
    f = theano.function([p], MRG_RandomStreams(3).binomial((2000, 3), n=n, p=p))
    np.testing.assert_allclose(f([0.1, 0.5, 0.9]).mean(0) / n, [0.1, 0.5, 0.9], atol=0.04)


SIZES = {"tuple": (lambda x: (4, 1), (False, True)), "shape": (lambda x: x.shape, (False, False)),
         "mixed": (lambda x: (x.shape[0], 1), (False, True)), "empty": (lambda x: (), ()),
         "number": (lambda x: 3, (False,)), "ints of NumPy": (lambda x: (np.int32(2), np.int64(3)), (False, False))}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("distribution", ["uniform", "normal", "truncated_normal", "binomial"])
def test_sizes(name, distribution):
    size, pattern = SIZES[name]
    x = T.dmatrix("x")
    variable = getattr(MRG_RandomStreams(2), distribution)(size(x))
    assert variable.broadcastable == pattern
    sample = theano.function([x], variable, on_unused_input="ignore")(np.zeros((4, 1)))
    expected = {"number": (3,), "empty": (), "ints of NumPy": (2, 3)}.get(name, (4, 1))
    assert sample.shape == expected


@pytest.mark.parametrize("size", [(0, 100), (-1, 100), (1, 0)])
@pytest.mark.parametrize("distribution", ["uniform", "normal", "truncated_normal", "binomial"])
def test_sizes_below_one_are_errors(distribution, size):
    with pytest.raises(ValueError, match="dimension with value <= 0"):
        getattr(MRG_RandomStreams(2), distribution)(size)


def test_too_large_samples_are_errors_when_run():
    for size in ((2**31,), (2**15, 2**16)):
        with pytest.raises(ValueError, match="at most 2147483647 elements"):
            theano.function([], MRG_RandomStreams(2).uniform(size))()


def test_shape_needs_no_sample():
    x = T.dmatrix()
    f = theano.function([x], MRG_RandomStreams(2).uniform(x.shape).shape, no_default_updates=True)
    assert not any(isinstance(node.op, mrg_uniform) for node in f.maker.fgraph.toposort())
    assert tuple(f(np.zeros((2, 5)))) == (2, 5)


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: MRG_RandomStreams(0), ValueError, "should not be 0"),
    (lambda: MRG_RandomStreams(M2), ValueError, "less than"),
    (lambda: MRG_RandomStreams([1, 2]), TypeError, "one number or six"),
    (lambda: MRG_RandomStreams([0, 0, 0, 1, 2, 3]), ValueError, "not all 0"),
    (lambda: MRG_RandomStreams("text"), ValueError, "invalid literal"),
    (lambda: MRG_RandomStreams(1.5), TypeError, "one number or six"),
    (lambda: MRG_RandomStreams().uniform("text"), TypeError, "Size must be"),
    (lambda: MRG_RandomStreams().uniform(T.matrix()), TypeError, "must be a vector"),
    (lambda: MRG_RandomStreams().uniform((T.vector(),)), TypeError, "0 dimensions"),
    (lambda: MRG_RandomStreams().uniform((2,), low=T.vector(), high=T.matrix()), ValueError, "more dimensions"),
    (lambda: MRG_RandomStreams().uniform((2,), target="cuda"), ValueError, "'cpu' only"),
    (lambda: MRG_RandomStreams().uniform((2,), colour="red"), TypeError, "unknown arguments: colour"),
    (lambda: MRG_RandomStreams().uniform((2,), nstreams=0), TypeError, "positive integer"),
    (lambda: MRG_RandomStreams().uniform((2, 3), ndim=1), ValueError, "ndim is 1"),
    (lambda: MRG_RandomStreams().binomial((2,), n=0), ValueError, "number of attempts"),
    (lambda: MRG_RandomStreams().multinomial(), TypeError, "needs pvals"),
    (lambda: MRG_RandomStreams().multinomial((0, 2), 1, PVALS), ValueError, "value <= 0"),
    (lambda: MRG_RandomStreams().multinomial(pvals=PVALS, ndim=2), ValueError, "takes no ndim"),
    (lambda: MRG_RandomStreams().multinomial(pvals=PVALS[0]), NotImplementedError, "matrix of probabilities"),
    (lambda: MRG_RandomStreams().choice(p=PVALS, a=3), TypeError, "takes no a"),
    (lambda: MRG_RandomStreams().choice(), TypeError, "choice needs p"),
    (lambda: MRG_RandomStreams().multinomial_wo_replacement(size=2, pvals=PVALS), ValueError, "takes no size"),
])
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("make", [
    lambda rng, p: rng.uniform((), low=p), lambda rng, p: rng.uniform((), low=-1, high=p),
    lambda rng, p: rng.binomial((), p=p), lambda rng, p: rng.normal((), avg=p),
    lambda rng, p: rng.normal((), std=p), lambda rng, p: rng.truncated_normal((), avg=p),
    lambda rng, p: rng.multinomial(pvals=[T.as_tensor_variable([p, 0.5])], dtype="float64").sum(),
    lambda rng, p: rng.choice(p=[T.as_tensor_variable([p, 0.5])], replace=False, dtype="float64").sum()])
def test_parameters_have_no_gradient(make):
    p = T.dscalar()
    with pytest.raises(NullTypeGradError):
        theano.grad(make(MRG_RandomStreams(1), p), p)


def test_gradients_go_past_a_sample():
    w = T.dscalar()
    u = MRG_RandomStreams(4).uniform((3,), dtype="float64")
    f = theano.function([w], [theano.grad((w**2 * u).sum(), w), u.sum()])
    gradient, total = f(3.0)
    assert abs(gradient - 6 * total) < 1e-12


# -- categories ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 4, 50])
def test_multinomial_counts_what_the_uniform_numbers_fall_on(rng, n):
    pvals = rng.dirichlet(np.ones(5), 7)
    unis = rng.uniform(size=7 * n)
    p, u = T.dmatrix(), T.dvector()
    found = theano.function([p, u], MultinomialFromUniform("auto")(p, u, n))(pvals, unis)
    expected = np.zeros((7, 5))
    for choice, row in itertools.product(range(n), range(7)):
        expected[row, next(k for k in range(5) if pvals[row, :k + 1].sum() > unis[choice * 7 + row])] += 1
    assert found.dtype == "float64" and (found == expected).all()


@pytest.mark.parametrize("n", [1, 3, 5])
def test_choice_without_replacement_renormalises_what_is_left(rng, n):
    pvals = rng.dirichlet(np.ones(5), 7)
    unis = rng.uniform(size=7 * n)
    p, u = T.dmatrix(), T.dvector()
    found = theano.function([p, u], ChoiceFromUniform("auto")(p, u, n))(pvals, unis)
    for row in range(7):
        left = {k: pvals[row, k] for k in range(5)}
        for choice in range(n):
            total, above = sum(left.values()), unis[choice * 7 + row]
            keys = sorted(left)
            chosen = next((k for i, k in enumerate(keys) if sum(left[j] for j in keys[:i + 1]) / total > above),
                          keys[-1])
            assert found[row, choice] == chosen
            del left[chosen]
    assert found.dtype == "int64" and all(len(set(row)) == n for row in found)


def test_choice_with_replacement():
    sample = theano.function([], MRG_RandomStreams(9).choice(size=4000, p=PVALS))()
    assert sample.shape == (2, 4000) and sample.dtype == "int64"
    for row, p in zip(sample, PVALS, strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / 4000, p, atol=0.03)
    assert theano.function([], MRG_RandomStreams(9).choice(size=1, p=PVALS))().shape == (2, 1)
    assert MRG_RandomStreams(9).choice(size=1, p=PVALS).broadcastable == (False, True)


def test_choices_take_symbolic_numbers():
    p, n = T.dmatrix(), T.lscalar()
    rng = MRG_RandomStreams(8)
    f = theano.function([p, n], [rng.multinomial(pvals=p, n=n), rng.multinomial_wo_replacement(pvals=p, n=n)])
    counts, chosen = f(PVALS, 3)
    assert (counts.sum(1) == 3).all() and (np.sort(chosen) == [[0, 1, 2]] * 2).all()
    with pytest.raises(ValueError, match="without replacement 4 samples from 3"):
        f(PVALS, 4)


def test_numbers_of_uniform_draws_must_fit():
    p, u = T.dmatrix(), T.dvector()
    with pytest.raises(ValueError, match="unis.shape"):
        theano.function([p, u], MultinomialFromUniform("auto")(p, u))(PVALS, np.ones(3))
    with pytest.raises(NotImplementedError, match="pvals should have 2 dimensions"):
        MultinomialFromUniform("auto")(u, u)


def test_categories_that_rounding_leaves_out_are_never_chosen():
    p = T.fmatrix()
    f = theano.function([p], ChoiceFromUniform("auto")(p, np.full(3, 0.9999999, "float32"), 3))
    assert sorted(f(np.array([[0.5, 0.2, 0.3]], "float32"))[0]) == [0, 1, 2]


def test_products_modulo(rng):
    a, b = rng.randint(0, M1, (2, 3, 3))
    v = rng.randint(0, M1, 6).astype("int32")
    m1, m2 = np.int32(M1), np.int32(M2)
    x = T.ivector()
    found = theano.function([x], multMatVect(x, a, m1, b, m2))(v)
    expected = [sum(int(p) * int(q) for p, q in zip(row, v[:3])) % M1 for row in a] + \
        [sum(int(p) * int(q) for p, q in zip(row, v[3:])) % M2 for row in b]
    assert list(found) == expected and found.dtype == "int32"
    assert list(recurrence.matVecModM(a, v[:3], M1)) == expected[:3]
