"""Loops give the same in all modes as step by step in Python; `tools/fuzz_loops.py` looks at as many as one likes."""

import numpy as np
import pytest
from random_loops import REFERENCE, disagreements
from theano.ifelse import ifelse
from theano.scan_module import until

import theano
import theano.tensor as tt


@pytest.mark.parametrize("seed", range(24))
def test_loops_on_prebuilt_loops(seed):
    assert not disagreements(seed, ["FAST_COMPILE"])


@pytest.mark.parametrize("seed", range(4))
def test_compiled_loops(seed):
    assert not disagreements(100 + seed, ["FAST_RUN"])


@pytest.mark.parametrize("seed", [200, 201, 202, 203, 5038])
def test_loops_with_checkpoints(seed):
    assert not disagreements(seed, ["FAST_RUN"], checkpoints=True)


@pytest.mark.parametrize("seed", [355, 392, 405, *range(10)])
def test_loops_that_hand_values_on(seed):
    assert not disagreements(seed, ["FAST_COMPILE"], handed=True)


def _counts_of_a_loop_that_stops(s, n):
    """The condition that stops the outer loop is computed before the inner loop."""
    def step(a):
        inner = theano.scan(lambda r, h: (h / 2 + r, until(h > 0.5)), s, a)[0]
        return inner.shape[0] * a, until(a > 3)
    return theano.scan(step, s)[0]


def _choice_of_an_element_that_is_not_there(s, n):
    """What only one branch needs, and is the same in all steps, is not taken out of the loop."""
    return theano.scan(lambda a: ifelse(n > 0, s[:n][-1] * a, a), s)[0]


def _index_that_is_needed_in_a_branch(s, n):
    def step(a, h):
        position = tt.iround(a) % 3
        return ifelse(a > 2, ifelse(h > 0, s[:position + 1].sum(), s[position:].sum()) + s[position], h)
    return theano.scan(step, s, tt.constant(np.float64(1)))[0]


@pytest.mark.parametrize("build", [_counts_of_a_loop_that_stops, _choice_of_an_element_that_is_not_there,
                                   _index_that_is_needed_in_a_branch])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_what_random_loops_found(build, mode):
    s, n = tt.dvector("s"), tt.lscalar("n")
    f, g = (theano.function([s, n], build(s, n), mode=m, on_unused_input="ignore") for m in (mode, REFERENCE))
    for count in (0, 2):
        np.testing.assert_allclose(f(np.arange(1.0, 6), count), g(np.arange(1.0, 6), count))
