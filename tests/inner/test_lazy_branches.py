"""What a branch that is not taken needs is never computed: in loops, in gradients, in all modes."""

import numpy as np
import pytest
from theano.ifelse import ifelse
from theano.scan_module import until
from theano.tensor.opt import Assert

import theano
import theano.tensor as tt
from theano.compile.linker import DualLinker

c, x, w = tt.iscalar("c"), tt.dvector("x"), tt.dmatrix("w")
ONE = tt.constant(np.float64(1))
VALUES = 0, np.array([1.0, 2.0, 3.0]), np.eye(3) / 2


def refused(v):
    """A function of ``v``, but computing it raises."""
    return Assert("was computed")(tt.exp(v) * 2, tt.eq(v.shape[0], 99))


def chosen_in_steps():
    return theano.scan(lambda a: ifelse(tt.gt(a, 100), refused(x * a).sum(), a * 2), x)[0]


def chosen_in_steps_that_hand_on():
    return theano.scan(lambda a, h: ifelse(tt.gt(a, 100), refused(x * h).sum(), h * a * 2), x, ONE)[0][-1]


def products_in_steps():
    def step(a, h):
        return ifelse(tt.gt(a, 100), tt.tanh(tt.dot(w, refused(h))), tt.tanh(tt.dot(w, h * a)))
    return theano.scan(step, x, x * 1.0)[0][-1].sum()


def a_condition_outside():
    return theano.scan(lambda a: ifelse(c, refused(x * a).sum(), a * 2), x)[0]


def the_same_in_all_steps():
    return theano.scan(lambda a, h: ifelse(a > 100, refused(x), x * h) * a, x, x)[0]


def a_loop_in_a_branch():
    return ifelse(c, theano.scan(lambda a, h: refused(h) * a, x, x)[0][-1], x * 2)


def a_long_loop_in_a_branch():
    long, _ = theano.scan(lambda h: (h * 1.5, until(h.sum() < 0)), None, x, n_steps=10 ** 12)
    return ifelse(c, long[-1], x)


def branches_in_branches():
    return ifelse(c, refused(x), ifelse(c + 1, x * 3, refused(x)))


LOOPS = (chosen_in_steps, chosen_in_steps_that_hand_on, products_in_steps, a_condition_outside, the_same_in_all_steps,
         a_loop_in_a_branch, branches_in_branches)
MODES = {"FAST_RUN": "FAST_RUN", "FAST_COMPILE": "FAST_COMPILE", "plain": theano.Mode("py", None),
         "python": theano.Mode("py", "fast_run"), "vm": theano.Mode("vm", "fast_run"),
         "opwise": theano.Mode("c|py", None), "both": theano.Mode("c&py", "fast_run"), "Debug": "DebugMode",
         "NanGuard": "NanGuardMode", "Monitor": "MonitorMode"}


def call(outputs, mode):
    return theano.function([c, x, w], outputs, mode=mode, on_unused_input="ignore")(*VALUES)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_in_all_modes(mode):
    y = chosen_in_steps_that_hand_on()
    value, gradient = call([y, tt.grad(y, x)], mode)
    np.testing.assert_allclose(value, 8 * 6)
    np.testing.assert_allclose(gradient, 8 * 6 / VALUES[1])


@pytest.mark.parametrize("build", LOOPS)
@pytest.mark.parametrize("mode", ["FAST_COMPILE", theano.Mode("py", None)], ids=["FAST_COMPILE", "plain"])
def test_values_and_gradients(build, mode):
    y = build()
    call([y, tt.grad(y.sum(), x), tt.Rop(y, x, x)], mode)


@pytest.mark.parametrize("build", [products_in_steps, a_loop_in_a_branch])
def test_gradients_in_compiled_programs(build):
    y = build()
    gradient = tt.grad(y.sum(), x)
    call([gradient, tt.grad((gradient ** 2).sum(), x)], "FAST_RUN")


@pytest.mark.parametrize("build", [a_condition_outside, a_loop_in_a_branch])
def test_debug_mode_computes_only_what_is_taken(build):
    call([build(), tt.grad(build().sum(), x)], "DebugMode")


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode", theano.Mode("py", None)])
def test_loops_that_would_take_days(mode):
    np.testing.assert_array_equal(call(a_long_loop_in_a_branch(), mode), VALUES[1])


def test_debug_mode_checks_the_branch_that_is_taken():
    @theano.gof.local_optimizer([tt.tanh])
    def wrong(node):
        return [tt.sin(node.inputs[0])] if node.op == tt.tanh else None
    mode = theano.compile.debugmode.DebugMode().register((theano.gof.opt.in2out(wrong, name="wrong"), 48))
    f = theano.function([c, x], ifelse(c, tt.tanh(x), x * 2), mode=mode)
    np.testing.assert_array_equal(f(0, [1.0]), [2.0])
    with pytest.raises(theano.compile.debugmode.BadOptimization, match="wrong"):
        f(1, [1.0])


def test_both_ways_of_computing_are_compared_where_values_are_known():
    with pytest.raises(ValueError, match="another"):
        def checker(left, right):
            raise ValueError("another")
        theano.function([x], tt.exp(x), mode=theano.Mode(DualLinker(checker), None))([1.0])
