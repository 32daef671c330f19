"""The op that stops in the debugger where a condition holds."""

import numpy as np
import pytest
from theano.tests.breakpoint import PdbBreakpoint

import theano
import theano.tensor as tt

x, y = tt.dvector("x"), tt.dscalar("y")


@pytest.fixture
def stops(monkeypatch):
    """The values watched, whenever the debugger starts."""
    found = []

    def stop():
        import sys
        found.append(sys._getframe(1).f_locals["monitored"])
    monkeypatch.setattr("pdb.set_trace", stop)
    return found


def test_it_stops_where_the_condition_holds(stops, capsys):
    a, b = PdbBreakpoint("too high")(x.sum() > 10, tt.exp(x), y)
    f = theano.function([x, y], (a * 2 + b).sum())
    np.testing.assert_allclose(f([0.0, 0.0], 1.0), 6)
    assert not stops and capsys.readouterr().out == ""
    f([0.0, 11.0], 1.0)
    assert len(stops) == 1 and stops[0][1] == 1.0 and "too high" in capsys.readouterr().out


def test_what_is_changed_in_the_debugger_stays_changed(monkeypatch):
    def change():
        import sys
        sys._getframe(1).f_locals["monitored"][0][:] = 7
    monkeypatch.setattr("pdb.set_trace", change)
    f = theano.function([x], PdbBreakpoint("change")(True, x * 1) + 1)
    np.testing.assert_array_equal(f([1.0, 2.0]), [8.0, 8.0])


def test_derivatives_go_through():
    a, b = PdbBreakpoint("never")(y > 10, x, y)
    gx, gy = theano.grad((a * b).sum(), [x, y])
    np.testing.assert_array_equal(gx.eval({x: [1.0, 2.0], y: 3.0}), [3.0, 3.0])
    np.testing.assert_array_equal(gy.eval({x: [1.0, 2.0], y: 3.0}), 3.0)
    forward = theano.Rop(a * b, [x, y], [x, y])
    np.testing.assert_array_equal(forward.eval({x: [1.0, 2.0], y: 3.0}), [6.0, 12.0])


def test_what_it_takes():
    with pytest.raises(TypeError, match="scalar condition"):
        PdbBreakpoint("x")(x > 0, x)
    with pytest.raises(ValueError, match="at least one variable"):
        PdbBreakpoint("x")(y > 0)
