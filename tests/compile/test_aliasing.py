"""Who owns which memory: what functions overwrite, move, lend and give away; natively and in Python."""

import numpy as np
import pytest
import theano.ifelse

import theano
import theano.tensor as T
from theano.compile.io import In, Out
from theano.compile.mode import Mode

RUNS = {"native": Mode("cvm", "fast_run"), "python": Mode("py", "fast_run")}
NOGC = {"native": Mode("c|py_nogc", "fast_run"), "python": Mode("vm_nogc", "fast_run")}
run = pytest.mark.parametrize("mode", RUNS.values(), ids=RUNS)
M, V = (4, 3), (3,)


def shared(shape=M, seed=0):
    return theano.shared(np.random.default_rng(seed).uniform(1, 2, shape))


def array_of(variable):
    return variable.get_value(borrow=True)


# -- updates in place --------------------------------------------------------------------------------------------

def descent(w):
    return w - 0.1 * T.grad((T.exp(w) ** 2).sum(), w)


def step(w):
    x, y = T.constant(np.ones((4, 2))), T.constant(np.ones((2, 3)))
    return w - 0.5 * T.dot(x, y)


IN_PLACE = {
    "elementwise": lambda w: w * 2 + 1,
    "descent": descent,
    "gemm": step,
    "ger": lambda w: w + T.outer(T.constant(np.arange(4.0)), T.constant(np.arange(3.0))),
    "increment of a part": lambda w: T.inc_subtensor(w[1:3], 5.0),
    "part set": lambda w: T.set_subtensor(w[:, 0], 7.0),
    "rows by a vector": lambda w: T.inc_subtensor(w[T.constant([0, 2, 0])], 1.0),
}


@run
@pytest.mark.parametrize("expression", IN_PLACE.values(), ids=IN_PLACE)
def test_an_update_overwrites_the_array_of_its_variable(mode, expression):
    w = shared()
    before, copied = array_of(w), w.get_value()
    expected = theano.function([], expression(w), mode="FAST_COMPILE")()
    f = theano.function([], [], updates=[(w, expression(w))], mode=mode)
    f()
    assert np.may_share_memory(array_of(w), before)
    np.testing.assert_allclose(array_of(w), expected)
    np.testing.assert_array_equal(copied, np.random.default_rng(0).uniform(1, 2, M))


@run
def test_values_obtained_earlier_never_change(mode):
    w = shared()
    f = theano.function([], w, updates=[(w, w + 1)], mode=mode)
    seen = [w.get_value(), f(), w.get_value(), f(), w.get_value()]
    start = np.random.default_rng(0).uniform(1, 2, M)
    for value, added in zip(seen, [0, 0, 1, 1, 2], strict=True):
        np.testing.assert_allclose(value, start + added)


@run
def test_a_result_that_is_also_a_new_value_is_the_callers(mode):
    w = shared()
    memory = array_of(w)
    f = theano.function([], w * 2, updates=[(w, w * 2)], mode=mode)
    first = f()
    kept = first.copy()
    assert array_of(w) is memory and not np.may_share_memory(first, memory)
    f()
    np.testing.assert_array_equal(first, kept)


@run
def test_updates_read_only_old_values(mode):
    v, w, n = shared(), shared(seed=1), theano.shared(1.0)
    old = [s.get_value() for s in (v, w, n)]
    f = theano.function([], [(v * w).sum()],
                        updates=[(v, v * 0.5 + w.T.T * n), (w, w - v + n), (n, n + v.sum() * w.sum())], mode=mode)
    for _ in range(2):
        a, b, c = old
        np.testing.assert_allclose(f()[0], (a * b).sum())
        old = [a * 0.5 + b * c, b - a + c, c + a.sum() * b.sum()]
        for variable, expected in zip((v, w, n), old, strict=True):
            np.testing.assert_allclose(variable.get_value(), expected)


@run
def test_a_new_value_is_used_by_what_the_function_computes_from_it(mode):
    w, x = shared(), T.dvector("x")
    new = T.inc_subtensor(w[0], x)
    f = theano.function([x], [new.sum(), T.exp(new), w.sum()], updates=[(w, new)], mode=mode)
    before = w.get_value()
    after = before + np.array([[1, 2, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    total, exps, old = f([1, 2, 3])
    np.testing.assert_allclose(total, after.sum())
    np.testing.assert_allclose(exps, np.exp(after))
    np.testing.assert_allclose(old, before.sum())
    np.testing.assert_allclose(w.get_value(), after)


@run
def test_steps_with_momentum_stay_in_place(mode):
    w, m, x = shared(), shared(seed=1), T.dmatrix("x")
    g = T.grad((T.dot(x, w) ** 2).sum(), w)
    new = 0.9 * m - 0.1 * g
    f = theano.function([x], [], updates=[(m, new), (w, w + 0.9 * new - 0.1 * g)], mode=mode)
    memory = array_of(w), array_of(m)
    a, b, value = w.get_value(), m.get_value(), np.random.default_rng(2).uniform(size=(5, 4))
    for _ in range(3):
        f(value)
        slope = 2 * value.T @ (value @ a)
        b = 0.9 * b - 0.1 * slope
        a = a + 0.9 * b - 0.1 * slope
    np.testing.assert_allclose(array_of(w), a)
    np.testing.assert_allclose(array_of(m), b)
    if mode is RUNS["native"]:
        assert array_of(w) is memory[0] and array_of(m) is memory[1]


# -- nothing changes when something fails ------------------------------------------------------------------------

class Positive(theano.Op):
    """Its argument, where that is positive; else it fails."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, cells):
        if inputs[0] <= 0:
            raise ValueError("not positive")
        cells[0][0] = inputs[0].copy()


def failures():
    """name: function of (mode) -> (f, variables, wrong argument, right argument)"""
    def two_products(mode):
        v, w, x = shared(), shared(seed=1), T.dmatrix("x")
        return theano.function([x], [], updates=[(v, v + T.dot(x, x[:3])), (w, w * 3 + T.dot(x, x[:3, :3]))],
                               mode=mode), (v, w), np.ones((4, 2)), np.ones((4, 3))

    def late_shapes(mode):
        v, w, x = shared(), shared(seed=1), T.dmatrix("x")
        return theano.function([x], [], updates=[(v, v + 1), (w, T.dot(x, x) + w)], mode=mode), (v, w), \
            np.ones((2, 2)), None

    def part(mode):
        v, w, x = shared(), shared(seed=1), T.dvector("x")
        return theano.function([x], [], updates=[(v, v * 2), (w, T.set_subtensor(w[1], x))], mode=mode), (v, w), \
            np.ones(4), np.ones(3)

    def index(mode):
        v, w, i = shared(), shared(seed=1), T.lvector("i")
        return theano.function([i], [], updates=[(v, T.inc_subtensor(v[i], 1.0)), (w, w * 2)], mode=mode), (v, w), \
            np.array([0, 9]), np.array([0, 1])

    def two_indices(mode):
        v, w, i = shared(), shared((3, 3), 1), T.lvector("i")
        return theano.function([i], [], updates=[(v, T.inc_subtensor(v[i], 1.0)), (w, T.inc_subtensor(w[i], 1.0))],
                               mode=mode), (v, w), np.array([0, 3]), np.array([0, 1])

    def checked(mode):
        v, w, x = shared(), shared(seed=1), T.dscalar("x")
        return theano.function([x], Positive()(x), updates=[(v, v + x), (w, w * x)], mode=mode), (v, w), -1.0, 2.0

    def part_of_itself(mode):
        v, w, i = shared(), shared(seed=1), T.lscalar("i")
        return theano.function([i], [], updates=[(v, v + 1), (w, T.set_subtensor(w[:, 0], w[:, i]))], mode=mode), \
            (v, w), 3, 2

    return [two_products, late_shapes, part, index, two_indices, checked, part_of_itself]


@run
@pytest.mark.parametrize("make", failures(), ids=lambda make: make.__name__)
def test_a_call_that_raises_updates_nothing(mode, make):
    f, variables, wrong, right = make(mode)
    before = [v.get_value() for v in variables]
    arrays = [array_of(v) for v in variables]
    with pytest.raises((ValueError, IndexError, AssertionError)):
        f(wrong)
    for variable, value, array in zip(variables, before, arrays, strict=True):
        np.testing.assert_array_equal(variable.get_value(), value)
        np.testing.assert_array_equal(array, value)
    if right is not None:
        f(right)
        assert all((v.get_value() != value).any() for v, value in zip(variables, before, strict=True))


@run
def test_a_variable_may_be_set_to_parts_of_itself(mode):
    w = shared()
    f = theano.function([], [], updates=[(w, T.set_subtensor(w[:, 1:], w[:, :-1]))], mode=mode)
    before = w.get_value()
    f()
    np.testing.assert_array_equal(w.get_value(), before[:, [0, 0, 1]])


# -- arrays that move --------------------------------------------------------------------------------------------

@run
def test_variables_that_take_one_anothers_values_exchange_their_arrays(mode):
    a, b, c = (shared((2, 2), seed) for seed in range(3))
    x, y, z = map(array_of, (a, b, c))
    f = theano.function([], [], updates=[(a, b), (b, c), (c, a)], mode=mode)
    f()
    assert [array_of(v) for v in (a, b, c)] == [pytest.approx(m) for m in (y, z, x)]
    assert array_of(a) is y and array_of(b) is z and array_of(c) is x
    f()
    assert array_of(a) is z and array_of(b) is x and array_of(c) is y


@run
def test_views_of_other_variables_move_too(mode):
    a, b = shared((2, 2)), shared((2, 2), 1)
    x, y = a.get_value(), b.get_value()
    memory = array_of(a), array_of(b)
    f = theano.function([], [], updates=[(a, b[:, ::-1]), (b, a.T)], mode=mode)
    for _ in range(3):
        f()
        x, y = y[:, ::-1], x.T
        np.testing.assert_array_equal(array_of(a), x)
        np.testing.assert_array_equal(array_of(b), y)
        assert not np.may_share_memory(array_of(a), array_of(b))
        assert {np.may_share_memory(array_of(a), m) for m in memory} == {True, False}


COPIED = {
    "one that stays": lambda a, b, c: [(a, b)],
    "one that two take": lambda a, b, c: [(a, b), (c, b), (b, b + 1)],
    "one that is replaced by itself": lambda a, b, c: [(a, b), (b, b)],
    "one that is overwritten": lambda a, b, c: [(a, b), (b, T.inc_subtensor(b[0], 1.0))],
    "views of one": lambda a, b, c: [(a, b.T), (c, b[::-1]), (b, a)],
    "a view of itself": lambda a, b, c: [(a, a.T), (b, a)],
}


@run
@pytest.mark.parametrize("updates", COPIED.values(), ids=COPIED)
def test_variables_never_share_memory(mode, updates):
    variables = [shared((2, 2), seed) for seed in range(3)]
    f = theano.function([], [], updates=updates(*variables), mode=mode)
    new = {v: theano.function([], e, mode="FAST_COMPILE") for v, e in updates(*variables)}
    for _ in range(3):
        expected = {v: g() for v, g in new.items()}
        f()
        for variable, value in expected.items():
            np.testing.assert_array_equal(array_of(variable), value)
        for i, v in enumerate(variables):
            assert not any(np.may_share_memory(array_of(v), array_of(w)) for w in variables[:i])


@run
def test_a_history_moves_along(mode):
    x = T.dvector("x")
    history = [shared(V, seed) for seed in range(3)]
    f = theano.function([x], [], updates=[(history[2], history[1]), (history[1], history[0]), (history[0], x * 2)],
                        mode=mode)
    for k in range(6):
        newest = array_of(history[0])
        f(np.full(3, float(k)))
        assert array_of(history[1]) is newest
    assert [array_of(h)[0] for h in history] == [10, 8, 6]


# -- arguments ---------------------------------------------------------------------------------------------------

@run
def test_a_mutable_argument_is_workspace_and_others_are_not(mode):
    x = T.dvector("x")
    for mutable in (True, False):
        f = theano.function([In(x, mutable=mutable)], T.exp(x * 2), mode=mode)
        given = np.arange(3.0)
        result = f(given)
        np.testing.assert_allclose(result, np.exp(2 * np.arange(3.0)))
        assert np.array_equal(given, np.arange(3.0)) == (not mutable)
        assert not np.may_share_memory(result, given)


@run
def test_a_borrowed_result_may_be_the_mutable_argument(mode):
    x = T.dvector("x")
    f = theano.function([In(x, mutable=True)], Out(x * 2, borrow=True), mode=mode)
    given = np.arange(3.0)
    assert f(given) is given
    np.testing.assert_array_equal(given, [0, 2, 4])


@run
@pytest.mark.parametrize("given", [np.broadcast_to(1.0, (3,)), [1.0, 1.0, 1.0], np.ones(3, "float32")],
                         ids=["read-only", "list", "other dtype"])
def test_what_cannot_be_overwritten_is_copied(mode, given):
    x = T.dvector("x")
    f = theano.function([In(x, mutable=True)], x * 2, mode=mode)
    np.testing.assert_array_equal(f(given), [2, 2, 2])
    np.testing.assert_array_equal(given, [1, 1, 1])


@run
def test_a_shared_value_that_cannot_be_overwritten_gets_memory_of_its_own(mode):
    w = shared(V)
    w.set_value(np.broadcast_to(1.0, (3,)), borrow=True)
    f = theano.function([], [], updates=[(w, w + T.constant([0.0, 1.0, 2.0]))], mode=mode)
    f()
    f()
    np.testing.assert_array_equal(w.get_value(), [1, 3, 5])


@run
def test_state_of_a_function_is_nobody_elses(mode):
    x, s = T.dvector("x"), T.dvector("s")
    f = theano.function([x, In(s, value=np.zeros(2), update=s + x)], s.sum(), mode=mode)
    given, assigned = np.ones(2), np.full(2, 7.0)
    f(np.ones(2), given)
    f(np.ones(2))
    np.testing.assert_array_equal(f[s], [3, 3])
    np.testing.assert_array_equal(given, [1, 1])
    f[s] = assigned
    f(np.ones(2))
    np.testing.assert_array_equal(assigned, [7, 7])


# -- results -----------------------------------------------------------------------------------------------------

LENT = {"itself": lambda w: w, "transposed": lambda w: w.T, "a part": lambda w: w[1:, ::2]}


@run
@pytest.mark.parametrize("view", LENT.values(), ids=LENT)
def test_only_borrowed_results_share_the_memory_of_shared_variables(mode, view):
    w = shared()
    for borrow in (True, False):
        result = theano.function([], Out(view(w), borrow=borrow), mode=mode)()
        np.testing.assert_array_equal(result, view(w.get_value()))
        assert np.may_share_memory(result, array_of(w)) == borrow


@run
def test_a_borrowed_result_is_the_old_value_of_a_variable_that_is_updated(mode):
    w = shared(V)
    f = theano.function([], Out(w, borrow=True), updates=[(w, w + 1)], mode=mode)
    old = w.get_value()
    np.testing.assert_array_equal(f(), old)
    np.testing.assert_array_equal(w.get_value(), old + 1)


@run
def test_an_argument_is_lent_only_when_both_sides_say_so(mode):
    x = T.dvector("x")
    given = np.arange(3.0)
    for inside in (True, False):
        for outside in (True, False):
            f = theano.function([In(x, borrow=inside)], Out(x[::-1], borrow=outside), mode=mode)
            result = f(given)
            np.testing.assert_array_equal(result, given[::-1])
            assert np.may_share_memory(result, given) == (inside and outside)


def test_borrowed_results_are_written_again_without_gc():
    x = T.dvector("x")
    f = theano.function([x], Out(x * 4, borrow=True), mode=NOGC["native"])
    first = f(np.ones(3))
    assert f(np.zeros(3)) is first and not first.any()
    second = f(np.ones(4))
    assert second is not first and first.shape == (3,)


@pytest.mark.parametrize("mode", [RUNS["native"], RUNS["python"], NOGC["python"]], ids=["native", "python", "no gc"])
@pytest.mark.parametrize("borrow", [True, False])
def test_results_that_are_held_stay_as_they_are(mode, borrow):
    x = T.dvector("x")
    f = theano.function([x], Out(x * 4, borrow=borrow), mode=mode)
    first = f(np.ones(3))
    f(np.zeros(3))
    np.testing.assert_array_equal(first, [4, 4, 4])


def test_results_that_are_not_borrowed_stay_without_gc():
    x = T.dvector("x")
    f = theano.function([x], x * 4, mode=NOGC["native"])
    first = f(np.ones(3))
    f(np.zeros(3))
    np.testing.assert_array_equal(first, [4, 4, 4])


# -- storage between calls -----------------------------------------------------------------------------------------

@run
def test_the_storage_of_results_is_empty_unless_gc_is_off(mode):
    x = T.dvector("x")
    f = theano.function([x], x + 1, mode=mode)
    result = f.maker.fgraph.outputs[0]
    f(np.ones(2))
    assert f.fn.allow_gc is True and f.fn.storage_map[result][0] is None
    f.fn.allow_gc = False
    f(np.ones(2))
    np.testing.assert_array_equal(f.fn.storage_map[result][0], [2, 2])
    f.free()
    assert all(cell[0] is None for v, cell in f.fn.storage_map.items() if not isinstance(v, theano.gof.Constant))
    f.fn.allow_gc = True
    f(np.ones(2))
    assert f.fn.storage_map[result][0] is None


@pytest.mark.parametrize("mode", NOGC.values(), ids=NOGC)
def test_linkers_without_gc_say_so(mode):
    x = T.dvector("x")
    f = theano.function([x], x + 1, mode=mode)
    assert f.fn.allow_gc is False and theano.function([x], x + 1).fn.allow_gc is True


def test_the_interpreter_keeps_intermediate_values_without_gc():
    x = T.dvector("x")
    f = theano.function([x], T.dot(x, T.exp(x)), mode=NOGC["python"])
    f(np.ones(2))
    inner = [v for v in f.fn.storage_map if v.owner is not None]
    assert len(inner) > 1 and all(f.fn.storage_map[v][0] is not None for v in inner)


# -- all together ------------------------------------------------------------------------------------------------

STEPS = [lambda a, b, x: a + b, lambda a, b, x: a * 2 - x, lambda a, b, x: T.dot(a, b) * 0.1, lambda a, b, x: a.T,
         lambda a, b, x: a[::-1], lambda a, b, x: T.tanh(a) + b.T, lambda a, b, x: T.inc_subtensor(a[1:], b[:2]),
         lambda a, b, x: T.set_subtensor(a[:, 0], b[0]), lambda a, b, x: a - 0.1 * T.dot(x, b),
         lambda a, b, x: T.inc_subtensor(a[T.constant([0, 2, 2])], 0.5), lambda a, b, x: a - b.sum(axis=0),
         lambda a, b, x: b, lambda a, b, x: T.exp(-a ** 2)]


def random_program(rng):
    """Variables, arguments, outputs and updates of a random function."""
    variables = [shared((3, 3), seed) for seed in range(4)]
    x = T.dmatrix("x")
    known = [*variables, x]
    for _ in range(rng.integers(2, 9)):
        a, b = (known[i] for i in rng.integers(len(known), size=2))
        known.append(STEPS[rng.integers(len(STEPS))](a, b, x))
    updates = [(v, known[rng.integers(len(known))]) for v in variables if rng.random() < 0.8]
    outputs = [known[rng.integers(len(known))] for _ in range(rng.integers(1, 4))]
    return variables, x, outputs, updates


def compare(seed, mode):
    """Run a random function and the same one that computes only, without in-place work, and compare memory."""
    rng = np.random.default_rng(seed)
    variables, x, outputs, updates = random_program(rng)
    borrow = [bool(rng.random() < 0.3) for _ in outputs]
    f = theano.function([In(x, mutable=bool(rng.random() < 0.5))],
                        [Out(o, borrow=b) for o, b in zip(outputs, borrow, strict=True)],
                        updates=updates, mode=mode, on_unused_input="ignore")
    plain = theano.function([x], [*outputs, *(e for _, e in updates)], mode="FAST_COMPILE", on_unused_input="ignore")
    held = []
    for _ in range(3):
        given = rng.uniform(-1, 1, (3, 3))
        expected = plain(given.copy())
        results = f(given)
        for result, value in zip(results, expected, strict=False):
            np.testing.assert_allclose(result, value, rtol=1e-9)
        for (variable, _), value in zip(updates, expected[len(outputs):], strict=True):
            np.testing.assert_allclose(array_of(variable), value, rtol=1e-9)
        for i, v in enumerate(variables):
            assert not any(np.may_share_memory(array_of(v), m) for m in [given, *map(array_of, variables[:i])])
        own = [r for r, b in zip(results, borrow, strict=True) if not b]
        for result in own:
            assert not any(np.may_share_memory(result, other)
                           for other in [given, *map(array_of, variables), *(r for r in results if r is not result)])
        held += [(r, r.copy()) for r in own]
    for result, value in held:
        np.testing.assert_array_equal(result, value)


@run
@pytest.mark.parametrize("seed", range(12))
def test_random_functions_keep_the_rules(mode, seed):
    compare(seed, mode)


# -- results under another shape ---------------------------------------------------------------------------------

RESHAPED = {
    "reshaped": lambda x: T.exp(x).reshape((6, 4)),
    "flat": lambda x: (x + 1).flatten(),
    "repeated": lambda x: T.repeat(x, 2, axis=2),
    "summed": lambda x: (x + 1).sum(axis=0).flatten(),
    "of single precision": lambda x: T.cast(x, "float32").sum(axis=0).flatten(),
    "two": lambda x: T.exp(x).flatten() + (x + 1).flatten(),
    "in a branch": lambda x: theano.ifelse.ifelse(x.sum() > 0, (x + 1).flatten(), (x + 2).flatten()),
    "in a loop": lambda x: theano.map(lambda row: (row + 1).flatten(), x)[0],
}


@run
@pytest.mark.parametrize("name", RESHAPED)
def test_results_that_are_reshaped_stay_where_arguments_are_in_any_order(name, mode):
    x = T.dtensor3()
    value = np.random.default_rng(0).uniform(1, 2, (2, 3, 4))
    f = theano.function([x], RESHAPED[name](x), mode=mode)
    expected = f(value)
    for order in ((2, 1, 0), (0, 2, 1), (1, 0, 2)):
        first = f(np.ascontiguousarray(value.transpose(order)).transpose(np.argsort(order)))
        f(np.asfortranarray(value + 1))
        np.testing.assert_allclose(first, expected, rtol=1e-6)
