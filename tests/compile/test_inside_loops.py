"""Modes reach into graphs inside of ops: the steps of loops, branches, ops of a graph."""

import textwrap

import numpy as np
import pytest
from theano.ifelse import ifelse

import theano
import theano.tensor as tt
from theano.compile import MonitorMode, debugmode
from theano.compile.debugmode import DebugMode
from theano.compile.nanguardmode import NanGuardMode, NotFiniteError
from theano.inner.rowwise import map_rows
from theano.inner.scan.op import Scan

x, s = tt.dvectors("x", "s")
ONE = tt.constant(np.float64(1))
PY = theano.Mode("py", None)


class Counted(theano.Op):
    """Twice a scalar, by ``perform`` and C code, which may differ; counts the calls of ``perform``."""

    __props__ = ("c",)

    def __init__(self, c="2 * x", calls=None):
        self.c, self.calls = c, [] if calls is None else calls

    def make_node(self, a):
        return theano.Apply(self, [a], [a.type()])

    def perform(self, node, inputs, outputs):
        self.calls.append(float(inputs[0]))
        outputs[0][0] = np.asarray(2 * inputs[0])

    def c_code(self, node, name, inputs, outputs, sub):
        return f"""
            double x = *(double *)PyArray_DATA({inputs[0]});
            Py_XDECREF({outputs[0]});
            {outputs[0]} = (PyArrayObject *)PyArray_SimpleNew(0, NULL, NPY_DOUBLE);
            *(double *)PyArray_DATA({outputs[0]}) = {self.c};"""


def running(op, start=ONE, steps=3, depth=1):
    """``op`` over and over, in loops within loops."""
    def step(a):
        return op(a) if depth == 1 else running(op, a, 1, depth - 1)[-1]
    return theano.scan(step, outputs_info=start, n_steps=steps)[0]


@pytest.mark.parametrize("depth", [1, 2])
def test_the_linker_py_calls_perform_in_steps(depth):
    op = Counted(c="3 * x")
    np.testing.assert_array_equal(theano.function([], running(op, depth=depth), mode=PY)(), [2, 4, 8])
    assert op.calls == [1, 2, 4]
    np.testing.assert_array_equal(theano.function([], running(op, depth=depth), mode=theano.Mode("c|py", None))(),
                                  [3, 9, 27])
    assert len(op.calls) == 3


def test_a_mode_of_the_steps_is_kept():
    op = Counted(c="3 * x")
    y, _ = theano.scan(op, outputs_info=ONE, n_steps=2, mode=theano.Mode("c|py", None))
    np.testing.assert_array_equal(theano.function([], y, mode=PY)(), [3, 9])
    assert not op.calls


def test_branches_and_ops_of_graphs_follow_too():
    op, c = Counted(c="3 * x"), tt.iscalar("c")
    a = tt.dscalar("a")
    f = theano.function([c, a], ifelse(c, theano.OpFromGraph([a], [op(a)])(a), a), mode=PY)
    assert f(1, 5.0) == 10 and f(0, 5.0) == 5 and op.calls == [5]


def test_monitors_see_the_ops_of_steps():
    seen = []
    mode = MonitorMode(post_func=lambda i, node, fn: seen.append((type(node.op), fn.outputs[0][0])), optimizer=None)
    theano.function([], running(Counted(), depth=2), mode=mode)()
    assert [float(value) for op, value in seen if op is Counted] == [2, 4, 8]
    assert [op for op, _ in seen].count(Scan) == 4


# -- DebugMode ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2])
def test_ops_in_steps_are_checked(depth):
    with pytest.raises(debugmode.BadThunkOutput, match="Counted") as caught:
        theano.function([], running(Counted(c="3 * x"), depth=depth), mode="DebugMode")()
    assert "In step 0 of for{cpu" in str(caught.value) + "".join(caught.value.__notes__)


def test_rewrites_of_steps_are_checked():
    @theano.gof.local_optimizer([tt.tanh])
    def wrong(node):
        return [tt.sin(node.inputs[0])] if node.op == tt.tanh else None
    mode = DebugMode().register((theano.gof.opt.in2out(wrong, name="wrong"), 48))
    y, _ = theano.scan(lambda a, h: tt.tanh(a) + h, s, tt.constant(0.0))
    f = theano.function([s], y, mode=mode)
    f([0.0, 0.0])
    with pytest.raises(debugmode.BadOptimization, match="wrong"):
        f([0.0, 1.0])


def test_what_is_not_finite_in_a_step():
    y, _ = theano.scan(lambda a: tt.switch(a > 0, tt.log(a), 0.0), s)
    assert theano.function([s], y, mode=DebugMode(None, check_isfinite=False))([1.0, -1.0]).sum() == 0
    with pytest.raises(debugmode.InvalidValueError, match="log"):
        theano.function([s], y, mode=DebugMode(None))([1.0, -1.0])


@pytest.mark.parametrize("depth", [1, 2])
def test_right_loops_pass(depth):
    y = running(tt.tanh, x.sum(), depth=depth)
    f, g = (theano.function([x], [y, tt.grad(y.sum(), x)], mode=mode) for mode in ("DebugMode", None))
    for got, expected in zip(f([0.3, 0.4]), g([0.3, 0.4]), strict=True):
        np.testing.assert_allclose(got, expected)


# -- NanGuardMode: the value that is at fault comes out of no loop and no branch ------------------------------


def hidden(y):
    """A variable of which nobody sees whether it is finite."""
    return tt.switch(tt.isnan(y) | tt.isinf(y), 0.0, y)


HIDDEN = {
    "in a step": ("""
        def step(a, h):
            y = tt.log(a)  # BUG
            return hidden(y) + h
        out = theano.scan(step, s, tt.constant(0.0))[0]""", "log", "In step 2 of"),
    "of which only the last row is kept": ("""
        def step(a, h):
            y = tt.log(a)  # BUG
            return y + hidden(h)
        out = theano.scan(step, tt.concatenate([s, x * 0 + 1]), tt.constant(0.0))[0][-1]""", "log", "In step 2 of"),
    "in a loop in a loop": ("""
        def step(a):
            def inner(b, h):
                y = tt.sqrt(a - b)  # BUG
                return hidden(y) + h
            return theano.scan(inner, x, a)[0][-1]
        out = theano.scan(step, s)[0]""", "sqrt", "In step 0 of for{cpu,scan_fn}.\nIn step 2 of"),
    "of vectors": ("""
        def step(a, h):
            y = tt.log(x * a)  # BUG
            return hidden(y) * h
        out = theano.scan(step, s, x)[0]""", "log", "In step 2 of"),
    "in a loop that stops": ("""
        def step(a, h):
            y = tt.log(a)  # BUG
            return hidden(y) + h, theano.scan_module.until(h > 100)
        out = theano.scan(step, s, tt.constant(0.0))[0]""", "log", "In step 2 of"),
    "in a gradient": ("""
        def step(a, h):
            y = tt.sqrt(tt.maximum(a, 0))  # BUG
            return y + h
        out = hidden(tt.grad(theano.scan(step, s, tt.constant(0.0))[0][-1], s))""", "", ""),
    "in a branch": ("""
        y = tt.log(s)  # BUG
        out = ifelse(x.sum() > 0, hidden(y) * 2, s)""", "log", ""),
    "in a branch in a step": ("""
        def step(a):
            y = tt.log(a)  # BUG
            return ifelse(a < 0, hidden(y), a * 2)
        out = theano.scan(step, s)[0]""", "log", "In step 2 of"),
    "in a loop in a branch": ("""
        def step(a, h):
            y = tt.log(a)  # BUG
            return hidden(y) + h
        out = ifelse(x.sum() > 0, theano.scan(step, s, tt.constant(0.0))[0], s)""", "log", "In step 2 of"),
    "in a row of chunks": ("""
        i = tt.lscalar()
        y = tt.log(s[i])  # BUG
        out = map_rows(i, [hidden(y) + x], s.shape[0], [x.shape])[0]""", "log", ""),
    "in the gradient by rows": ("""
        y = tt.sqrt(tt.maximum(s, 0)) * x.sum()  # BUG
        out = hidden(tt.jacobian(y, s, chunk_size=2))""", "", ""),
    "in a loop for every row": ("""
        def steps(r):
            def step(h):
                y = tt.log(h)  # BUG
                return hidden(y) * 0 + h + 1, None
            return theano.loop(step, r[0], until=lambda h: h > 5)[0]
        out = theano.vectorize(steps)(s.dimshuffle(0, "x"))""", "log", ""),
    "in a loop of an op of a graph": ("""
        v = tt.dvector("v")
        def step(a, h):
            y = tt.log(a)
            return hidden(y) + h
        op = theano.OpFromGraph([v], [theano.scan(step, v, tt.constant(0.0))[0]])  # BUG
        out = op(s * 1)""", "log", "In step 2 of"),
}


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("linker", ["cvm", "vm", "py"])
def test_what_is_refused_is_found_where_it_is_made(name, linker, tmp_path):
    program, op, where = HIDDEN[name]
    source = textwrap.dedent(program).strip() + "\n"
    path = tmp_path / "program.py"
    path.write_text(source)
    names = {"theano": theano, "tt": tt, "x": x, "s": s, "hidden": hidden, "ifelse": ifelse, "map_rows": map_rows}
    exec(compile(source, str(path), "exec"), names)
    f = theano.function([x, s], names["out"], mode=NanGuardMode(linker=linker), on_unused_input="ignore")
    f([0.5, 1.0], [2.0, 3.0, 4.0])
    with pytest.raises(NotFiniteError, match=f"detected in .*{op}") as caught:
        f([1.0, 3.0], [3.0, 4.0, 0.0 if "gradient" in name else -1.0])
    line = next(k for k, line in enumerate(source.splitlines(), 1) if "# BUG" in line)
    assert f'File "{path}", line {line}' in str(caught.value) and where in str(caught.value), caught.value
    assert caught.value.node is not None and not np.isfinite(caught.value.value).all()


@pytest.mark.parametrize("linker", ["cvm", "vm", "py"])
def test_a_branch_that_is_not_taken_is_not_checked(linker):
    def step(a):
        return ifelse(a < 0, hidden(tt.log(a + 2)), hidden(tt.log(a)))
    f = theano.function([s], theano.scan(step, s)[0], mode=NanGuardMode(linker=linker))
    np.testing.assert_allclose(f([1.0, -1.0]), [0, 0])


def test_warnings_come_from_steps_too(caplog):
    with theano.change_flags({"NanGuardMode.action": "warn"}):
        f = theano.function([s], theano.scan(lambda a: hidden(tt.log(a)), s)[0],
                            mode=NanGuardMode(optimizer=None))
        with caplog.at_level("ERROR", "theano.compile.nanguardmode"):
            np.testing.assert_array_equal(f([1.0, -1.0]), [0, 0])
    assert caplog.text.count("NaN detected") == 1 and "log" in caplog.text
