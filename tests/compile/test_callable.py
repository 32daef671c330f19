"""Functions as callables: inputs with updates, copies, pickles, storage."""

import copy
import gc
import os
import pickle
import signal
import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import scalar
from theano.compile.function import function_dump, pfunc

MODES = ["FAST_RUN", "FAST_COMPILE"]
mode = pytest.mark.parametrize("mode", MODES)


def accumulator(mode):
    state, step = theano.shared(np.zeros(3), name="state"), T.dvector("step")
    return theano.function([step], state.sum(), updates=[(state, state + step)], mode=mode), state


@mode
def test_an_input_with_update_keeps_its_state(mode):
    a, x = T.dscalar("a"), T.dscalar("x")
    f = theano.function([x, theano.In(a, value=1.0, update=a * x)], a, mode=mode)
    assert [float(f(2)), float(f(3)), float(f(5)), float(f[a])] == [1, 2, 6, 30]
    assert float(f(2, 10)) == 10 and float(f[a]) == 20
    f[a] = 7
    assert float(f(1)) == 7


@mode
def test_copies_share_variables_that_are_not_swapped(mode):
    f, state = accumulator(mode)
    other = theano.shared(np.ones(3))
    same, swapped, fixed = f.copy(), f.copy(swap={state: other}), f.copy(delete_updates=True)
    f(np.ones(3))
    assert [float(r) for r in same(np.ones(3))] == [3]
    assert [float(r) for r in swapped(np.ones(3))] == [3]
    assert [float(r) for r in fixed(np.ones(3))] == [float(r) for r in fixed(np.ones(3))] == [6]
    np.testing.assert_array_equal(other.get_value(), [2, 2, 2])
    with pytest.raises(RuntimeError, match="not a shared variable"):
        f.copy(swap={theano.shared(np.ones(3)): other})


def test_a_copy_runs_natively_when_the_function_does():
    f, _ = accumulator("FAST_RUN")
    assert type(f.copy().fn) is type(f.fn)


@mode
@pytest.mark.parametrize("twin", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_pickles_have_their_own_state(mode, twin):
    f, state = accumulator(mode)
    f(np.ones(3))
    g = twin(f)
    assert float(g(np.ones(3))) == 3 == float(f(np.zeros(3)))
    assert float(g(np.zeros(3))) == 6
    np.testing.assert_array_equal(state.get_value(), np.ones(3))
    assert g.name == f.name and type(g.fn) is type(f.fn)


@mode
def test_storage_maps_show_shared_values_and_free_keeps_them(mode):
    f, state = accumulator(mode)
    f(np.ones(3))
    cell, = [cell for v, cell in f.fn.storage_map.items() if v.name == "state"]
    assert cell is state.container.storage
    f.free()
    assert float(f(np.ones(3))) == 3


@mode
def test_numbers_go_in_and_come_out(mode):
    a, b = scalar.int32("a"), scalar.float64("b")
    f = theano.function([a, b], [a + b, a * 2], mode=mode)
    results = f(2, 3.5)
    assert results == [5.5, 4] and [type(r) for r in results] == [np.float64, np.int32]


def test_the_name_is_where_it_was_made():
    x = T.dvector()
    f = theano.function([x], x)
    assert f.name.startswith(f"{__file__}:")
    assert theano.function([x], x, name="mine").name == "mine"


@pytest.mark.parametrize("dropped", [None, "note"])
def test_dumped_arguments_make_the_same_function(tmp_path, dropped):
    x = T.dvector("x")
    x.tag.note = "text"
    path = os.fspath(tmp_path / "dump.pkl")
    function_dump(path, [x], x + 1, extra_tag_to_remove=dropped)
    with open(path, "rb") as file:
        arguments = pickle.load(file)
    assert hasattr(arguments["inputs"][0].tag, "note") == (dropped is None)
    np.testing.assert_array_equal(theano.function(**arguments)(np.zeros(2)), [1, 1])


def test_updates_and_values_that_are_none():
    x, state = T.dscalar("x"), theano.shared(0.0, "state")
    for updates, error, match in [(3, TypeError, "updates must be a dict, or pairs .*, got 3"),
                                  ([(x, x)], TypeError, "update target must be a SharedVariable, got x"),
                                  ([(state, x), (state, -x)], ValueError, "state becomes x, and can't also become")]:
        with pytest.raises(error, match=match):
            theano.function([x], x, updates=updates)
    with pytest.raises(TypeError, match="eval expects a dict"):
        (x + 1).eval([2.0])


def test_an_update_of_another_type_is_refused():
    s = theano.shared(np.ones((2, 2)))
    with pytest.raises(TypeError, match="the variable.s type"):
        theano.function([], [], updates={s: s.sum().dimshuffle("x", "x")})


def test_givens_may_change_types_when_asked():
    w, x = T.imatrix(), T.ivector()
    f = theano.function([w], x * 2, givens=[(x, w)], rebuild_strict=False)
    assert f(np.ones((2, 3), "int32")).shape == (2, 3)
    with pytest.raises(TypeError):
        theano.function([w], x * 2, givens=[(x, w)])


def test_the_older_name_of_function():
    x = T.dscalar()
    assert float(pfunc(params=[x], outputs=x + 1)(1)) == 2
    assert {k: float(v) for k, v in pfunc([x], [x, -x], output_keys=["b", "a"])(1).items()} == {"a": -1, "b": 1}


@mode
def test_outputs_are_shown_without_the_copies_of_arguments(mode):
    x, y = T.scalar("x"), T.scalar("y")
    f = theano.function([x, y], {"b": x, "a": y + 1}, mode=mode)
    assert [str(v) for v in f.outputs][1] == "x"


def test_errors_that_numpy_raises_in_c_keep_their_type_and_place():
    class Failing(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            np.random.RandomState(1).uniform(inputs[0], np.ones(3))       # its error is text until someone looks

    x = T.dvector()
    f = theano.function([x], Failing()(x))
    for _ in range(50):
        with pytest.raises(ValueError, match="broadcast") as caught:
            f(np.zeros(2))
        assert "perform" in [entry.name for entry in caught.traceback]
        assert "Apply node that caused the error" in str(caught.value)
    gc.collect()


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", None), "DebugMode"])
def test_fn_calls_again_with_the_values_that_are_there(mode):
    total, x = theano.shared(np.zeros(2)), theano.tensor.dvector("x")
    count = theano.function([], [], updates=[(total, total + 1)], mode=mode)
    count.fn()
    count.fn(n_calls=4)
    assert total.get_value().tolist() == [5, 5]
    add = theano.function([x], x.sum(), updates=[(total, total + x)], mode=mode)
    with pytest.raises(TypeError, match="but x has no value"):
        add.fn()
    add.input_storage[0].value = np.array([1.0, 2.0])
    add.fn(n_calls=2)
    assert total.get_value().tolist() == [7, 9]
    fn = count.fn
    del count
    with pytest.raises(ReferenceError, match="keep f as long"):
        fn()


def test_many_calls_can_be_interrupted():
    total = theano.shared(0.0)
    count = theano.function([], [], updates=[(total, total + 1)])

    def stop(number, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(TimeoutError):
            count.fn(n_calls=10**12)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    done = total.get_value()
    count()
    assert total.get_value() == done + 1 > 1


def test_only_the_last_of_repeated_calls_gives_results():
    total, x = theano.shared(np.zeros(2)), T.dvector("x")
    f = theano.function([x], [total, x * 2], updates=[(total, total + x)])
    before, twice = f.repeat(3, np.ones(2))
    assert before.tolist() == [2, 2] and twice.tolist() == [2, 2] and total.get_value().tolist() == [3, 3]
    with pytest.raises(ValueError, match="x, can.t be used"):
        f.repeat(2, "no array")


# -- numbers as arguments ---------------------------------------------------------------------------------

NUMBERS = [3, -3, 0, 255, 256, 2 ** 31, 2 ** 53 + 1, 2 ** 63, -2 ** 63, 10 ** 30, True, 0.5, 2.0, -0.0, 0.1, 1e300,
           np.inf, -np.inf, np.nan, np.float64(0.1), np.float32(0.5), np.int64(7), np.int8(-7), np.uint16(40000),
           np.bool_(True), 1j, "text", [1.0], np.array(2.0), np.array(2, "int16"), np.array([2.0]),
           np.array(3, np.longlong)]


@pytest.mark.parametrize("options", [{}, {"allow_downcast": True}, {"allow_downcast": False}, {"strict": True}],
                         ids=str)
@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "uint64", "float16", "float32", "float64", "complex128",
                                   "bool"])
def test_numbers_are_taken_as_filter_takes_them(dtype, options):
    x = T.scalar(dtype=dtype)
    f = theano.function([theano.In(x, **options)], x)
    for given in NUMBERS:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wanted = x.type.filter(given, **{"strict": False, **options})
            except (TypeError, ValueError, OverflowError) as error:
                with pytest.raises(type(error)):
                    f(given)
                continue
            found = f(given)
        assert type(found) is np.ndarray and found.dtype == wanted.dtype
        assert found.tobytes() == wanted.tobytes(), given


def test_floats_are_rounded_to_floatx():
    x, n = T.fscalar(), T.lscalar()
    with theano.config.change_flags(floatX="float32"):
        f = theano.function([x, n], x * T.cast(n, "float32"))
        assert f(0.1, 3) == np.float32(0.1) * np.float32(3)
    g = theano.function([x, n], x * n)
    with pytest.raises(TypeError):
        g(0.1, 3)


def test_numbers_beside_arrays_that_do_not_fit():
    x, a = T.dvector(), T.dscalar()
    f = theano.function([x, a], x * a)
    assert f([1, 2], 3).tolist() == [3, 6]                  # neither is an array
    assert f(np.ones(2), 3).tolist() == f(np.ones(2), np.array(3.0)).tolist() == [3, 3]
    with pytest.raises(TypeError):
        f(np.ones((2, 2)), 3)
    many = [T.dscalar() for _ in range(20)]
    assert theano.function(many, sum(many))(*range(20)) == 190
