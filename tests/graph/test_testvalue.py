"""Test values: what a missing one does."""

import numpy as np
import pytest

import theano
import theano.tensor as T


def test_values_travel_with_the_graph():
    with theano.change_flags(compute_test_value="raise"):
        x = T.dvector("x")
        x.tag.test_value = np.arange(3.0)
        np.testing.assert_array_equal((x * 2).tag.test_value, [0, 2, 4])


@pytest.mark.parametrize("action", ["raise", "warn", "ignore", "off"])
def test_a_missing_value(action):
    x = T.dvector("x")
    with theano.change_flags(compute_test_value=action):
        if action == "raise":
            with pytest.raises(ValueError, match="no test value for .* input 0"):
                T.exp(x)
        elif action == "warn":
            with pytest.warns(UserWarning, match="no test value for .* input 0"):
                T.exp(x)
        else:
            assert not hasattr(T.exp(x).tag, "test_value")


@pytest.mark.parametrize("optimizer", ["fast_run", "fast_compile"])
def test_graphs_are_rewritten_without_values(optimizer):
    x, y = T.dmatrix("x"), T.dvector("y")
    x.tag.test_value, y.tag.test_value = np.ones((3, 4)), np.ones(4)
    with theano.change_flags(compute_test_value="raise", on_opt_error="raise"):
        z = T.dot(x, y) * 0 * x[:, 0] + x[:, 1] + x[:, 2]       # rewritten by nodes without values
        f = theano.function([x, y], z, mode=theano.Mode("cvm", optimizer))
        np.testing.assert_array_equal(f(x.tag.test_value, y.tag.test_value), z.tag.test_value)
        assert f.maker.fgraph.outputs                           # shown, and run in general form, as rewritten later
        f.maker.general_executor(f.input_storage)


def test_rewriting_has_a_flag_of_its_own():
    x, y = T.dmatrix("x"), T.dvector("y")
    z = T.dot(x, y) * 0 * x[:, 0] + x[:, 1] + x[:, 2]
    with theano.change_flags(compute_test_value_opt="raise", on_opt_error="raise"):
        T.exp(x)
        with pytest.raises(ValueError, match="no test value for .* has none"):
            theano.function([x, y], z, mode=theano.Mode("py", "fast_run"))
