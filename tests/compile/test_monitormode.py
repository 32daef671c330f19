"""MonitorMode calls functions around every op."""

import pickle

import numpy as np
import theano.ifelse

import theano
import theano.tensor as tt
from theano.compile import MonitorMode
from theano.compile.monitormode import detect_nan

x = tt.dvector("x")


def test_functions_see_each_op_before_and_after_it_runs():
    seen = []
    mode = MonitorMode(pre_func=lambda i, node, fn: seen.append((i, "before", [c[0] for c in fn.inputs])),
                       post_func=lambda i, node, fn: seen.append((i, node.op, [c[0] for c in fn.outputs])))
    f = theano.function([x], tt.exp(x) * 3, mode=mode.excluding("fusion", "inplace"))
    np.testing.assert_allclose(f([0.0]), [3.0])
    assert [i for i, *_ in seen] == [0, 0, 1, 1] and seen[0][1] == "before"
    assert seen[1][1] == tt.exp and seen[1][2] == [[1.0]] and seen[2][2][0].size == 1


def test_nan_is_shown(capsys):
    f = theano.function([x], tt.log(x) * x, mode=MonitorMode(post_func=detect_nan))
    f([1.0])
    assert capsys.readouterr().out == ""
    f([-1.0])
    out = capsys.readouterr().out
    assert "NaN detected" in out and "Inputs : [array([-1.])" in out and "log" in out


def test_branches():
    c = tt.iscalar("c")
    f = theano.function([c, x], theano.ifelse.ifelse(c, tt.log(x) * 2, x * 3) + 1, mode="MonitorMode")
    assert f(1, [1.0]) == [1.0] and f(0, [1.0]) == [4.0]


def test_copies_keep_their_functions():
    mode = MonitorMode(post_func=detect_nan)
    assert mode.including("a").post_func is mode.clone().post_func is detect_nan
    assert mode.clone(post_func=None).post_func is None and mode.clone(allow_gc=False).linker.allow_gc is False
    assert pickle.loads(pickle.dumps(mode)).post_func is detect_nan
    assert isinstance(theano.compile.get_mode("MonitorMode"), MonitorMode)
