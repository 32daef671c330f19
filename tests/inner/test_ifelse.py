import numpy as np
import pytest
from theano.gof import FunctionGraph
from theano.gof.opt import in2out, out2in
from theano.ifelse import CondMerge, IfElse, cond_make_inplace, cond_merge_random_op, ifelse
from theano.tensor.opt import Assert

import theano
import theano.tensor as T

MODES = {"native": "FAST_RUN", "prebuilt": "FAST_COMPILE", "plain": theano.Mode("py", None),
         "python": theano.Mode("py", "fast_run"), "vm": theano.Mode("vm", "fast_run"),
         "opwise": theano.Mode("c|py", "fast_run")}
modes = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
c, x, y = T.iscalar("c"), T.dvector("x"), T.dvector("y")
A, B = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])


def refused(v):
    """``v``, but computing it raises."""
    return Assert("was computed")(v, T.lt(v.sum(), -1e9))


@modes
def test_each_branch_has_its_own_shape(mode):
    f = theano.function([c, x, y], ifelse(c, x * 2, T.exp(y)), mode=mode)
    np.testing.assert_allclose(f(1, A, B), A * 2)
    np.testing.assert_allclose(f(0, A, B), np.exp(B))


@modes
def test_results_are_not_the_arguments(mode):
    f = theano.function([c, x, y], ifelse(c, x, y), mode=mode)
    a = A.copy()
    f(1, a, B)[0] = 7
    assert a[0] == 1


@modes
def test_a_branch_that_is_not_taken_is_not_computed(mode):
    f = theano.function([c, x, y], [ifelse(c, refused(x) * 2, y), ifelse(c, x, T.tanh(refused(y)))], mode=mode)
    with pytest.raises(AssertionError, match="was computed"):
        f(1, A, B)
    with pytest.raises(AssertionError, match="was computed"):
        f(0, A, B)
    g = theano.function([c, x, y], ifelse(c, refused(x) * 2, y), mode=mode)
    np.testing.assert_allclose(g(0, A, B), B)


@modes
def test_nothing_of_it_is_computed_for_gradients(mode):
    inner = T.exp(refused(x))
    z = ifelse(c, (inner * T.tanh(inner)).sum(), (y ** 2).sum())
    f = theano.function([c, x, y], [z, *T.grad(z, [x, y])], mode=mode)
    value, gx, gy = f(0, A, B)
    np.testing.assert_allclose(value, (B ** 2).sum())
    np.testing.assert_array_equal(gx, np.zeros(2))
    np.testing.assert_allclose(gy, 2 * B)
    with pytest.raises(AssertionError, match="was computed"):
        f(1, A, B)


@modes
def test_second_gradients_are_those_of_the_branch(mode):
    z = ifelse(c, (x ** 3).sum(), T.exp(refused(x)).sum())
    gx = T.grad((T.grad(z, x) ** 2).sum(), x)
    np.testing.assert_allclose(theano.function([c, x], gx, mode=mode)(1, A), 36 * A ** 3)


@modes
def test_a_node_that_two_choices_on_one_condition_need(mode):
    h = T.exp(refused(x))
    first = ifelse(c, h.sum(), y.sum())
    second = ifelse(c, (h * first).sum(), first)
    f = theano.function([c, x, y], second, mode=mode)
    np.testing.assert_allclose(f(0, A, B), B.sum())
    plain = theano.function([c, x, y], theano.clone(second, {x: x}).sum(), mode=mode)
    with pytest.raises(AssertionError):
        plain(1, A, B)
    h = T.exp(x)
    first = ifelse(c, h.sum(), y.sum())
    f = theano.function([c, x, y], ifelse(c, (h * first).sum(), first), mode=mode)
    np.testing.assert_allclose(f(1, A, B), np.exp(A).sum() ** 2)
    np.testing.assert_allclose(f(0, A, B), B.sum())


@modes
def test_choices_within_choices(mode):
    d = T.iscalar("d")
    h = T.exp(refused(x))
    z = ifelse(c, ifelse(d, h.sum(), x.sum()), ifelse(d, y.sum(), h.sum() + 1))
    f = theano.function([c, d, x, y], [z, *T.grad(z, [x, y])], mode=mode)
    for cond, other, value, gx, gy in ((1, 0, A.sum(), 1, 0), (0, 1, B.sum(), 0, 1)):
        found = f(cond, other, A, B)
        np.testing.assert_allclose(found[0], value)
        np.testing.assert_allclose(found[1], np.full(2, gx))
        np.testing.assert_allclose(found[2], np.full(3, gy))
    for both in (0, 1):
        with pytest.raises(AssertionError, match="was computed"):
            f(both, both, A, B)


@modes
def test_a_node_in_branches_of_different_conditions(mode):
    d = T.iscalar("d")
    h = T.exp(refused(x)).sum()
    f = theano.function([c, d, x], ifelse(c, ifelse(d, h, x.sum()), 1.0) + ifelse(d, ifelse(c, h, 2.0), 3.0), mode=mode)
    assert f(0, 0, A) == 4 and f(1, 0, A) == 6 and f(0, 1, A) == 3
    with pytest.raises(AssertionError, match="was computed"):
        f(1, 1, A)


@modes
def test_what_both_branches_need_of_a_shared_condition(mode):
    d, e = T.iscalars("d", "e")
    h = T.exp(refused(x)).sum()
    z = ifelse(d, ifelse(c, h, 1.0), 2.0) * ifelse(e, ifelse(c, h * 2, 3.0), 4.0)
    f = theano.function([c, d, e, x], z, mode=mode)
    assert f(0, 1, 1, A) == 3 and f(1, 0, 0, A) == 8
    with pytest.raises(AssertionError, match="was computed"):
        f(1, 1, 0, A)


@modes
def test_shapes_may_disagree_in_the_branch_that_is_not_taken(mode):
    f = theano.function([c, x, y], [ifelse(c, x + y, y), y * 2, x * 3], mode=mode)
    for got, want in zip(f(0, A, B), (B, B * 2, A * 3), strict=True):
        np.testing.assert_allclose(got, want)
    with pytest.raises(ValueError):
        f(1, A, B)


@modes
def test_several_results_and_updates(mode):
    s = theano.shared(np.zeros(2))
    p, q = ifelse(c, [x, x.sum()], [s + 1, y.sum()])
    f = theano.function([c, x, y], q, updates=[(s, p)], mode=mode)
    assert f(0, A, B) == 12
    np.testing.assert_allclose(s.get_value(), [1, 1])
    assert f(1, A, B) == 3
    np.testing.assert_allclose(s.get_value(), A)


@modes
def test_forward_mode(mode):
    v = T.dvector("v")
    f = theano.function([c, x, v], T.Rop(ifelse(c, x ** 2, T.exp(refused(x))), x, v), mode=mode)
    np.testing.assert_allclose(f(1, A, A), 2 * A * A)


@modes
def test_forward_mode_where_tangents_have_another_dtype(mode):
    a, b = T.fvector("a"), T.fvector("b")
    kept = ifelse(c, T.sin(a), a * 2)
    rounded = ifelse(c, T.sin(a), T.cast(a * x, "float32"))
    f = theano.function([c, x, a, b], [T.Rop(T.grad((kept * x).sum(), a), a, b), T.Rop(rounded, a, b)], mode=mode)
    at, tangent = np.array([1, 2, 3], "float32"), np.array([1, 1, 2], "float32")
    value = np.array([0.5, -1, 2])
    for found, expected in zip(f(1, value, at, tangent), [-np.sin(at) * value * tangent, np.cos(at) * tangent],
                               strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(f(0, value, at, tangent)[1], value * tangent, rtol=1e-6)


@modes
def test_within_the_steps_of_a_scan(mode):
    total, _ = theano.scan(lambda a, acc: ifelse(a > 0, acc + a, T.exp(acc * 0) * acc), x, np.float64(0), n_steps=3)
    f = theano.function([x], [total[-1], T.grad(total[-1], x)], mode=mode)
    value, g = f(np.array([1.0, -2.0, 3.0]))
    assert value == 4
    np.testing.assert_allclose(g, [1, 0, 1])


@modes
def test_a_scan_within_a_branch(mode):
    rows, _ = theano.scan(lambda a, acc: acc * a, refused(x), np.float64(1))
    z = ifelse(c, rows[-1], y.sum())
    f = theano.function([c, x, y], [z, T.grad(z, x)], mode=mode)
    value, g = f(0, A, B)
    assert value == 12
    np.testing.assert_allclose(g, [0, 0])


@modes
def test_a_branch_of_random_numbers(mode):
    streams = T.shared_randomstreams.RandomStreams(3)
    f = theano.function([c], ifelse(c, streams.uniform((2,)), T.zeros((2,))), mode=mode)
    assert (f(0) == 0).all()
    assert ((f(1) > 0) & (f(1) < 1)).all()


CONDITIONS = [(T.bscalar("c"), 0, 2), (T.dscalar("c"), 0.0, -0.5), (T.fscalar("c"), 0.0, 1.0), (T.lscalar("c"), 0, -1)]


@pytest.mark.parametrize(("condition", "no", "yes"), CONDITIONS)
def test_every_number_but_zero_is_true(condition, no, yes):
    f = theano.function([condition, x, y], ifelse(condition, x + 1, y + 1))
    np.testing.assert_allclose(f(yes, A, B), A + 1)
    np.testing.assert_allclose(f(no, A, B), B + 1)


def test_branches_get_one_type():
    row = T.row("row", dtype="float64")
    m = T.dmatrix("m")
    assert ifelse(c, row, m).type.broadcastable == (False, False)
    assert ifelse(c, m, row).type.broadcastable == (False, False)
    assert ifelse(c, x.sum(), 0).type.dtype == "float64"
    assert ifelse(c, 1, x.sum()).type.dtype == "float64"
    assert isinstance(ifelse(c, (x, x), (y, y)), tuple) and isinstance(ifelse(c, [x], [y]), list)


BAD = [
    (lambda: ifelse(c, x, T.cast(x, "int8")), TypeError, "result 0: x is a .*Cast or reshape"),
    (lambda: ifelse(c, x, T.dmatrix()), TypeError, "different types"),
    (lambda: ifelse(x, x, y), TypeError, "scalar condition.*switch"),
    (lambda: ifelse(c, [x, y], [x]), ValueError, "as many values, got 2 and 1"),
    (lambda: IfElse(2)(c, x, y, x), ValueError, "needs 2 values for each branch"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD)
def test_what_does_not_fit_is_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


def ops(f):
    return [node.op for node in f.maker.fgraph.toposort()]


def test_constant_conditions_and_equal_values_are_decided_when_compiling():
    assert not any(isinstance(op, IfElse) for op in ops(theano.function([x, y], ifelse(T.constant(1), x, y))))
    f = theano.function([c, x, y], ifelse(c, (x, y, y, x), (x, x, x, x)))
    assert [op.n_outs for op in ops(f) if isinstance(op, IfElse)] == [1]
    assert [v.shape for v in f(1, A, B)] == [(2,), (3,), (3,), (2,)]


def test_choices_on_one_condition_become_one_where_asked_for():
    z = ifelse(c, x + 1, y + 1).sum() + ifelse(c, x + 2, y + 2).sum()
    f = theano.function([c, x, y], z, mode=theano.compile.get_mode("FAST_RUN").including("ifelse"))
    assert [op.n_outs for op in ops(f) if isinstance(op, IfElse)] == [2]
    assert f(1, A, B) == 12 and f(0, A, B) == 33


def test_a_choice_within_a_branch_of_the_same_condition_is_decided():
    f = theano.function([c, x, y], ifelse(c, ifelse(c, x, y), y))
    assert len([op for op in ops(f) if isinstance(op, IfElse)]) == 1


def last_row(v):
    return theano.scan(lambda a: T.tanh(a) + 1, outputs_info=v, n_steps=20)[0]


LIFTED = {"row": lambda v: ifelse(c, last_row(v), T.outer(v, v))[-1],
          "both": lambda v: [w(ifelse(c, last_row(v), T.outer(v, v))) for w in (lambda m: m[-1], lambda m: m.sum(0))],
          "sum": lambda v: ifelse(c, T.exp(v), v).sum(), "argmax": lambda v: T.argmax(ifelse(c, -T.exp(v), v)),
          "shape": lambda v: ifelse(c, T.exp(v), v[:1]).shape,
          "several": lambda v: ifelse(c, [v[1:], -v], [-v, v])[1][0]}


@modes
@pytest.mark.parametrize("name", sorted(LIFTED))
def test_branches_compute_what_is_wanted_of_them(name, mode):
    given = np.array([0.5, 2.0, 1.0])
    outputs = LIFTED[name](x)
    f = theano.function([c, x], outputs, mode=mode)
    plain = theano.function([c, x], outputs, mode=theano.Mode("py", None))
    for value in (0, 1):
        for found, expected in zip(np.atleast_1d(f(value, given)), np.atleast_1d(plain(value, given)), strict=True):
            np.testing.assert_allclose(found, expected)


def test_of_a_loop_in_a_branch_the_last_row_is_kept_where_it_is_wanted():
    f = theano.function([c, x], LIFTED["row"](x), mode=theano.Mode("py", "fast_run"))
    assert type(f.maker.fgraph.outputs[0].owner.op) is IfElse
    mode = theano.Mode("py", "fast_run").excluding("ifelse_lift_single_if_through_acceptable_ops")
    f = theano.function([c, x], LIFTED["row"](x), mode=mode)
    assert type(f.maker.fgraph.outputs[0].owner.op) is not IfElse


def test_what_is_wanted_as_a_whole_is_computed_as_a_whole():
    whole = ifelse(c, T.exp(x), x)
    f = theano.function([c, x], [whole, whole.sum()], mode=theano.Mode("py", "fast_run"))
    assert sum(isinstance(n.op, IfElse) for n in f.maker.fgraph.toposort()) == 1
    assert f(0, A)[1] == 3


def test_optimizers_of_old_merge_choices():
    first, second = ifelse(c, x, y), ifelse(c, x * 2, y * 2)
    other = ifelse(c, first + 1, y)
    for run, left in ((CondMerge(), 2), (out2in(cond_merge_random_op), 3)):
        fgraph = FunctionGraph([c, x, y], [first + second, first + other], clone=True)
        run.optimize(fgraph)
        assert sum(isinstance(n.op, IfElse) for n in fgraph.toposort()) == left
        f = theano.function(fgraph.inputs, fgraph.outputs, mode=theano.Mode("py", None))
        for found, expected in zip(f(1, A, B[:2]), (3 * A, 2 * A + 1), strict=True):
            np.testing.assert_allclose(found, expected)
    fgraph = FunctionGraph([c, x, y], [first], clone=True)
    in2out(cond_make_inplace).optimize(fgraph)
    assert fgraph.outputs[0].owner.op.as_view


def test_values_of_any_type():
    a, b = theano.generic("a"), theano.generic("b")
    f = theano.function([c, a, b], ifelse(c, a, b))
    assert f(1, "one", ["two"]) == "one" and f(0, "one", ["two"]) == ["two"]


def test_batched_conditions_choose_row_by_row():
    flags, rows = T.ivector("flags"), T.dmatrix("rows")
    many = theano.vectorize(lambda c, a: ifelse(c, a * 2, T.exp(a).sum() + a))(flags, rows)
    f = theano.function([flags, rows], many)
    a = np.array([A, A + 1, A * 3])
    np.testing.assert_allclose(f([1, 0, 1], a), [a[0] * 2, np.exp(a[1]).sum() + a[1], a[2] * 2])


def test_one_condition_for_all_rows_stays_a_choice():
    rows = T.dmatrix("rows")
    many = theano.vectorize(lambda a: ifelse(c, a * 2, refused(a)))(rows)
    f = theano.function([c, rows], many)
    np.testing.assert_allclose(f(1, [A, A + 1]), [A * 2, A * 2 + 2])
