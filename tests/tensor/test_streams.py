"""Random streams of NumPy's RandomState: against NumPy, and against recorded draws of the original."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.errors import NullTypeGradError
from theano.tensor.random import function as draws
from theano.tensor.random.function import RandomFunction, random_state_type
from theano.tensor.random.streams import RandomStateSharedVariable, RandomStreams

RECORDED = np.load(Path(__file__).parent.parent / "data" / "random.npz")
SEEDS = sorted({int(key.split("/")[2]) for key in RECORDED if key.startswith("shared/")})
ROWS = np.arange(12.0).reshape(3, 4)
PVALS = [0.2, 0.3, 0.5]
VARIABLES = {           # name in the record -> how it was made
    "uniform": lambda rng: rng.uniform((3, 4), dtype="float64"),
    "normal": lambda rng: rng.normal((3, 4), avg=1.0, std=2.0, dtype="float64"),
    "binomial": lambda rng: rng.binomial((3, 4), n=5, p=0.3),
    "random_integers": lambda rng: rng.random_integers((3, 4), low=0, high=9),
    "permutation": lambda rng: rng.permutation((2,), n=6), "choice": lambda rng: rng.choice((5,), a=8),
    "poisson": lambda rng: rng.poisson((4,), lam=3.0),
    "multinomial": lambda rng: rng.multinomial((3,), n=4, pvals=PVALS),
    "shuffle_row_elements": lambda rng: rng.shuffle_row_elements(T.constant(ROWS)),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", VARIABLES)
def test_recorded_draws(name, seed, mode):
    f = theano.function([], VARIABLES[name](RandomStreams(seed)), mode=mode)
    for call in ("call1", "call2"):
        expected, found = RECORDED[f"shared/{name}/{seed}/{call}"], f()
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_recorded_draws_of_two_variables_before_and_after_a_new_seed(seed):
    rng = RandomStreams(seed)
    f = theano.function([], [rng.uniform((2, 2), dtype="float64"), rng.normal((2, 2), dtype="float64")])
    for found, name in zip(f(), "ab", strict=True):
        np.testing.assert_array_equal(found, RECORDED[f"shared/two/{seed}/{name}"])
    rng.seed(7)
    for found, name in zip(f(), "ab", strict=True):
        np.testing.assert_array_equal(found, RECORDED[f"shared/two/{seed}/reseed7/{name}"])


def test_updates_are_made_unless_refused():
    rng = RandomStreams(3)
    u = rng.uniform((2,))
    assert rng.updates() == [u.update] and u.rng.default_update is u.update[1]
    assert isinstance(u.rng, RandomStateSharedVariable)
    for how in (True, [u.rng]):
        f = theano.function([], u, no_default_updates=how)
        assert np.array_equal(f(), f())
    for how in (rng.updates(), [u.update], None):
        f = theano.function([], u, updates=how)
        assert not np.array_equal(f(), f())


def test_states_are_read_and_replaced():
    rng = RandomStreams(3)
    u = rng.uniform((2,), dtype="float64")
    f = theano.function([], u)
    rng[u.rng] = np.random.RandomState(99)
    assert rng[u.rng] is u.rng.get_value(borrow=True)
    np.testing.assert_array_equal(f(), np.random.RandomState(99).uniform(size=2))
    assert not np.array_equal(f(), np.random.RandomState(99).uniform(size=2))


def test_shared_takes_random_states():
    given = np.random.RandomState(5)
    state = theano.shared(given)
    assert state.type == random_state_type and state.get_value(borrow=True) is not given
    assert theano.shared(given, borrow=True).get_value(borrow=True) is given
    new, sample = draws.uniform(state, (3,), dtype="float64")
    f = theano.function([], sample, updates=[(state, new)])
    expected = np.random.RandomState(5)
    for _ in range(2):
        np.testing.assert_array_equal(f(), expected.uniform(size=3))
    np.testing.assert_array_equal(given.uniform(size=3), np.random.RandomState(5).uniform(size=3))


def test_states_given_as_arguments_are_not_advanced():
    state = random_state_type("state")
    new, sample = draws.normal(state, (2,), 1.0, 3.0, dtype="float64")
    f = theano.function([state], [new, sample])
    given = np.random.RandomState(5)
    after, first = f(given)
    _, second = f(after)
    expected = np.random.RandomState(5)
    assert random_state_type.values_eq(given, expected)
    np.testing.assert_array_equal(first, expected.normal(1, 3, 2))
    assert random_state_type.values_eq(after, expected) and not random_state_type.values_eq(after, given)
    np.testing.assert_array_equal(second, expected.normal(1, 3, 2))
    with pytest.raises(TypeError, match="expected a numpy.random.RandomState"):
        f(3)


def test_functions_and_states_pickle_and_copy():
    rng = RandomStreams(5)
    f = theano.function([], rng.uniform((3,)))
    f()
    for twin in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        np.testing.assert_array_equal(twin(), theano.function([], f.maker.outputs[0].variable,
                                                              no_default_updates=True)())
    assert pickle.loads(pickle.dumps(random_state_type)) == random_state_type


LOW, HIGH = np.array([-4.0, -2.0]), np.array([[1.0], [2.0], [3.0]])
INTEGERS = np.array([[1], [5]])
BROADCAST = {           # function, parameters, size, what NumPy draws
    "uniform": (draws.uniform, (LOW, HIGH), None, lambda r: r.uniform(LOW, HIGH)),
    "uniform in a size": (draws.uniform, (LOW, HIGH), (3, 2), lambda r: r.uniform(LOW, HIGH, (3, 2))),
    "uniform in part of a size": (draws.uniform, (LOW, 1.0), (4, -1), lambda r: r.uniform(LOW, 1, (4, 2))),
    "normal": (draws.normal, (LOW, HIGH), None, lambda r: r.normal(LOW, HIGH)),
    "binomial": (draws.binomial, (INTEGERS, np.array([0.1, 0.9])), None, lambda r: r.binomial(INTEGERS, [0.1, 0.9])),
    "poisson": (draws.poisson, (INTEGERS,), None, lambda r: r.poisson(INTEGERS)),
    "integers": (draws.random_integers, (INTEGERS, np.array([9, 20])), None,
                 lambda r: [[r.randint(a, b + 1) for b in (9, 20)] for a in (1, 5)]),
    "choice": (draws.choice, (np.array([3, 5, 9]), False, np.array(PVALS)), (2,),
               lambda r: r.choice([3, 5, 9], 2, False, PVALS)),
    "one permutation": (draws.permutation, (5,), None, lambda r: r.permutation(5)),
    "permutations": (draws.permutation, (5,), (2, 3), lambda r: [[r.permutation(5) for _ in "123"] for _ in "12"]),
    "multinomial": (draws.multinomial, (np.array([3, 4]), np.array([PVALS, PVALS[::-1]])), None,
                    lambda r: [r.multinomial(3, PVALS), r.multinomial(4, PVALS[::-1])]),
    "multinomial in part of a size": (draws.multinomial, (9, np.array([[PVALS, PVALS[::-1]]])), (2, 1, -1),
                                      lambda r: [[[r.multinomial(9, p) for p in (PVALS, PVALS[::-1])]] for _ in "12"]),
}


@pytest.mark.parametrize("name", BROADCAST)
def test_parameters_broadcast(name):
    function, parameters, size, reference = BROADCAST[name]
    state = random_state_type()
    inputs = [T.TensorType(p.dtype, [n == 1 for n in p.shape])() if isinstance(p, np.ndarray) else p
              for p in parameters]
    variables = [x for x in inputs if hasattr(x, "type")]
    _, sample = function(state, size, *inputs)
    found = theano.function([state, *variables], sample)(
        np.random.RandomState(8), *(p for p in parameters if isinstance(p, np.ndarray)))
    expected = np.asarray(reference(np.random.RandomState(8)))
    np.testing.assert_array_equal(found, expected)
    assert all(n == 1 for n, b in zip(expected.shape, sample.broadcastable, strict=True) if b)


def test_symbolic_sizes():
    size, n = T.lvector(), T.lscalar()
    rng = RandomStreams(1)
    f = theano.function([size], rng.uniform(size, ndim=2))
    assert f([2, 3]).shape == (2, 3)
    with pytest.raises(ValueError, match="length 2"):
        f([4])
    u = rng.uniform((n, 1))
    assert u.broadcastable == (False, True) and theano.function([n], u)(3).shape == (3, 1)
    shape = theano.function([n], rng.uniform((n, 4)).shape, no_default_updates=True)
    assert tuple(shape(2)) == (2, 4)
    assert not any(isinstance(node.op, RandomFunction) for node in shape.maker.fgraph.toposort())


@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_dtypes(floatx):
    with theano.change_flags(floatX=floatx):
        rng = RandomStreams(1)
        assert rng.uniform().dtype == rng.normal().dtype == floatx
        assert rng.uniform(low=T.dscalar()).dtype == "float64"
        assert rng.uniform(dtype="float16").dtype == "float16"
        sample = theano.function([], rng.random_integers((200,), 0, 300, dtype="int8"))()
        assert sample.dtype == "int8" and sample.min() < 0
        assert rng.binomial(prob=0.5).dtype == "int64"


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda s: draws.uniform(s, (2, 2), ndim=1), ValueError, "ndim should be 2"),
    (lambda s: draws.uniform(s, T.lvector()), TypeError, "give ndim"),
    (lambda s: draws.uniform(s, T.dvector(), ndim=1), TypeError, "integer vector"),
    (lambda s: draws.uniform(s, (2.5,)), TypeError, "integer vector"),
    (lambda s: draws.uniform(s, (2,), low=T.matrix()), ValueError, "at least as big"),
    (lambda s: draws.uniform(s, (-1,)), ValueError, "parameters that say it"),
    (lambda s: draws.poisson(s), TypeError, "cannot infer shape"),
    (lambda s: draws.permutation(s, ndim=2), TypeError, "one dimension"),
    (lambda s: draws.uniform(T.scalar(), (2,)), TypeError, "random state"),
])
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make(random_state_type())


@pytest.mark.parametrize("added", [0, 2])
def test_a_wrong_rank_of_the_sample_is_an_error(added):
    op = RandomFunction(draws.permutation_helper, T.lmatrix, ndim_added=added)
    state = random_state_type()
    f = theano.function([state], op(state, (7,), 8)[1])
    with pytest.raises(ValueError, match="dimensions|length"):
        f(np.random.RandomState(1))


def test_in_place_form_advances_the_state_given():
    op = RandomFunction("uniform", T.dvector, inplace=True)
    assert op.destroy_map == {0: [0]} and RandomFunction("uniform", T.dvector).destroy_map == {}
    state = random_state_type()
    f = theano.function([theano.In(state, mutable=True)], op(state, (2,), 0.0, 1.0)[1], accept_inplace=True)
    given, expected = np.random.RandomState(4), np.random.RandomState(4)
    for _ in range(2):
        np.testing.assert_array_equal(f(given), expected.uniform(size=2))


def test_parameters_have_no_gradient():
    low = T.dscalar()
    with pytest.raises(NullTypeGradError):
        theano.grad(RandomStreams(1).uniform((), low=low), low)


def test_shuffled_rows_keep_their_elements(rng):
    x = T.dtensor3()
    shuffled = RandomStreams(4).shuffle_row_elements(x)
    values = rng.normal(size=(2, 3, 6))
    found, order = theano.function([x], [shuffled, shuffled.permutation])(values)
    np.testing.assert_array_equal(np.sort(found), np.sort(values))
    np.testing.assert_array_equal(found, np.take_along_axis(values, order, -1))


def test_probabilities_rounded_to_float32_are_accepted():
    p = np.full(7, np.float32(1) / 7, "float32") * np.float32(1 + 3e-7)
    sample = theano.function([], RandomStreams(2).multinomial((5,), n=10, pvals=p))()
    assert (sample.sum(1) == 10).all()


@pytest.mark.parametrize("mode", ["FAST_RUN", theano.Mode("py", "fast_run")])
def test_a_state_that_nothing_else_reads_is_advanced_itself(mode):
    rng = RandomStreams(5)
    u = rng.uniform((2,), dtype="float64")
    held = u.rng.get_value(borrow=True)
    f = theano.function([], u, mode=mode)
    assert [n.op.inplace for n in f.maker.fgraph.toposort() if isinstance(n.op, RandomFunction)] == [True]
    expected = copy.deepcopy(held)
    for _ in range(3):
        np.testing.assert_array_equal(f(), expected.uniform(size=2))
    assert u.rng.get_value(borrow=True) is held and random_state_type.values_eq(held, expected)


@pytest.mark.parametrize("mode", ["FAST_RUN", theano.Mode("py", "fast_run")])
def test_a_state_that_something_else_reads_is_not(mode):
    rng = RandomStreams(5)
    u = rng.uniform((2,), dtype="float64")
    again = draws.uniform(u.rng, (2,), dtype="float64", high=2.0)[1]
    f = theano.function([], [u, again, u.rng, u.update[1]], mode=mode)
    expected = copy.deepcopy(u.rng.get_value(borrow=True))
    for _ in range(2):
        first, second, before, after = f()
        assert random_state_type.values_eq(before, expected)
        np.testing.assert_array_equal(first, expected.uniform(size=2))
        np.testing.assert_array_equal(second, 2 * first)
        assert random_state_type.values_eq(after, expected) and after is not u.rng.get_value(borrow=True)
