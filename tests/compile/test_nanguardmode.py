"""NanGuardMode names the op and the line that made the first nan, inf or large number, and is silent else."""

import logging
import pickle
import textwrap

import numpy as np
import pytest
import theano.ifelse

import theano
import theano.tensor as tt
from theano.compile.nanguardmode import NanGuardMode, NotFiniteError, contains_inf, contains_nan, flatten

NAN = np.nan


def case(name, program, args, op, error="NaN"):
    return pytest.param(program, args, op, error, id=name)


CASES = [
    case("log of a negative number", """
        x = tt.dvector("x")
        y = tt.log(x)  # BUG
        f = theano.function([x], tt.exp(y) * 2)""", ([1.0, -1.0],), "log"),
    case("log of zero", """
        x = tt.dvector("x")
        y = x * 2
        z = tt.log(y)  # BUG
        f = theano.function([x], (z * 3).sum())""", ([1.0, 0.0],), "log", "Inf"),
    case("division by zero", """
        x, y = tt.dvectors("x", "y")
        z = tt.exp(x)
        w = z / y  # BUG
        f = theano.function([x, y], w + 1)""", ([1.0, 1.0], [1.0, 0.0]), "true_div", "Inf"),
    case("zero by zero", """
        x, y = tt.fvectors("x", "y")
        w = x / y  # BUG
        f = theano.function([x, y], tt.tanh(w))""", (np.zeros(2, "f"), np.zeros(2, "f")), "true_div"),
    case("root", """
        x = tt.dmatrix("x")
        centred = x - x.mean(axis=0)
        r = tt.sqrt(centred)  # BUG
        f = theano.function([x], r.sum())""", (np.arange(6.0).reshape(3, 2),), "sqrt"),
    case("overflow of exp", """
        x = tt.fvector("x")
        e = tt.exp(x)  # BUG
        f = theano.function([x], e + x)""", (np.array([1, 100], "f"),), "exp", "Inf"),
    case("large", """
        x = tt.dvector("x")
        y = x * 1e9
        z = y * y  # BUG
        f = theano.function([x], z.sum())""", ([1.0, 2.0],), "", "Big value"),
    case("power", """
        x, y = tt.dvectors("x", "y")
        z = x ** y  # BUG
        f = theano.function([x, y], z + x)""", ([-2.0], [0.5]), "pow"),
    case("product of matrices", """
        x, y = tt.fmatrices("x", "y")
        z = tt.dot(x, y)  # BUG
        f = theano.function([x, y], tt.tanh(z))""", (np.full((2, 2), 1e9, "f"), np.full((2, 2), 1e9, "f")), "ot",
         "Big value"),
    case("arcsin, then hidden", """
        x = tt.dvector("x")
        y = tt.arcsin(x)  # BUG
        f = theano.function([x], tt.switch(tt.isnan(y), 0.0, y))""", ([0.0, 2.0],), "arcsin"),
    case("in a loop", """
        x = tt.dvector("x")
        def step(a, b):
            c = a + b
            return tt.log(c)  # BUG
        y, _ = theano.scan(step, sequences=x, outputs_info=tt.constant(1.0))
        f = theano.function([x], y[-1])""", ([1.0, -3.0, 1.0],), "log"),
    case("in an op of a graph", """
        a = tt.dvector("a")
        b = a - 2
        op = theano.OpFromGraph([a], [tt.sqrt(b)])  # BUG
        x = tt.dvector("x")
        f = theano.function([x], op(x * 1) + 1)""", ([1.0],), "sqrt"),
    case("in a branch", """
        c, x = tt.iscalar("c"), tt.dvector("x")
        y = tt.log(x)  # BUG
        f = theano.function([c, x], theano.ifelse.ifelse(c, y * 2, x) + 1)
        f(0, [-1.0, 1.0])""", (1, [-1.0, 1.0]), "log"),
    case("gradient", """
        x = tt.dvector("x")
        r = tt.sqrt(x)  # BUG
        f = theano.function([x], theano.grad(r.sum(), x) + 1)""", ([1.0, 0.0],), "", "Inf"),
    case("training step", """
        x, y = tt.dmatrix("x"), tt.dvector("y")
        w = theano.shared(np.ones(3), name="w")
        p = tt.dot(x, w)
        loss = -tt.log(p)  # BUG
        cost = (loss * y).mean()
        f = theano.function([x, y], cost, updates=[(w, w - 0.1 * theano.grad(cost, w))])""",
         (-np.ones((2, 3)), np.ones(2)), "log"),
    case("an op of the user", """
        class Twice(theano.Op):
            itypes = otypes = [tt.dvector]
            def perform(self, node, inputs, outputs):
                outputs[0][0] = inputs[0] * np.nan
        x = tt.dvector("x")
        y = tt.exp(x)
        z = Twice()(y)  # BUG
        f = theano.function([x], z * 2)""", ([1.0],), "Twice"),
    case("variance of nothing", """
        x = tt.dmatrix("x")
        m = x.mean(axis=0)  # BUG
        f = theano.function([x], x - m)""", (np.zeros((0, 2)),), "div"),
    case("a shared variable", """
        x = tt.dvector("x")
        w = theano.shared(np.array([1.0, np.nan]), name="w")
        z = x * w
        f = theano.function([x], z)""", ([1.0, 1.0],), "the input w"),
    case("an argument", """
        x = tt.dvector("x")
        f = theano.function([x], x * 2)""", ([1.0, np.inf],), "the input x", "Inf"),
]


def test_there_are_many_programs():
    assert len(CASES) >= 15


@pytest.mark.parametrize("program, args, op, error", CASES)
def test_the_error_names_op_and_line(program, args, op, error, tmp_path):
    source = textwrap.dedent(program).strip() + "\n"
    path = tmp_path / "program.py"
    path.write_text(source)
    names = {"theano": theano, "tt": tt, "np": np}
    with theano.change_flags(mode="NanGuardMode"):
        exec(compile(source, str(path), "exec"), names)
    with pytest.raises(AssertionError, match=f"{error} detected in .*{op}") as caught:
        names["f"](*args)
    bug = [k for k, line in enumerate(source.splitlines(), 1) if "# BUG" in line]
    assert not bug or f'File "{path}", line {bug[0]}' in str(caught.value), caught.value


def test_a_call_that_raises_changes_nothing():
    x, w = tt.dvector("x"), theano.shared(np.ones((2, 2)), "w")
    f = theano.function([x], [], updates=[(w, w + tt.outer(x, tt.log(x)))], mode="NanGuardMode")
    f([1.0, 2.0])
    before = w.get_value()
    for value in ([-1.0, 1.0], [0.0, 1.0]):
        with pytest.raises(NotFiniteError):
            f(value)
    np.testing.assert_array_equal(w.get_value(), before)
    f([1.0, 1.0])


def test_a_large_weight_is_found_by_the_next_call():
    x, w = tt.dmatrix("x"), theano.shared(np.full((2, 2), 9e9), "w")
    f = theano.function([x], [], updates=[(w, w + tt.dot(x, x))], mode="NanGuardMode")
    f(np.full((2, 2), 9e4))
    with pytest.raises(NotFiniteError, match="Big value detected in the input w"):
        f(np.zeros((2, 2)))


CLEAN = [
    ("random numbers", lambda: theano.tensor.shared_randomstreams.RandomStreams(1).normal((5,)) + 1),
    ("random numbers of another kind", lambda: theano.sandbox.rng_mrg.MRG_RandomStreams(1).uniform((5,)) * 2),
    ("memory that is not filled", lambda: tt.set_subtensor(tt.AllocEmpty("float64")(4)[:], 1.0).sum()),
    ("product with a vector", lambda: tt.dot(tt.constant(np.eye(3)) * theano.shared(1.0), theano.shared(np.ones(3)))),
    ("loop", lambda: theano.scan(lambda a: a / 2, outputs_info=tt.constant(1.0), n_steps=3 + theano.shared(0))[0]),
    ("constants that are not finite", lambda: tt.switch(theano.shared(1.0) > 0, 1.0, -np.inf)),
    ("stable rewrites", lambda: tt.log(tt.nnet.softmax(theano.shared(np.array([[0.0, 900.0, 3.0]])))).sum()),
    ("integers", lambda: theano.shared(10 ** 12) * 2),
    ("nothing", lambda: (theano.shared(np.zeros((0, 3))) + 1).sum(axis=1)),
    ("complex", lambda: tt.exp(theano.shared(np.ones(2) * 1j))),
]


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in CLEAN])
def test_no_alarm(build):
    expression = build()
    f, g = (theano.function([], expression, mode=mode, no_default_updates=True) for mode in ("NanGuardMode", None))
    np.testing.assert_array_equal(f(), g())


@pytest.mark.parametrize("refused", [{"nan"}, {"inf"}, {"big"}, {"nan", "inf"}, {"nan", "big"}, {"inf", "big"},
                                     {"nan", "inf", "big"}], ids=sorted)
@pytest.mark.parametrize("linker", ["cvm", "vm", "py"])
def test_what_is_refused(refused, linker):
    x = tt.dvector("x")
    mode = NanGuardMode(*(kind in refused for kind in ("nan", "inf", "big")), linker=linker)
    f = theano.function([x], -x, mode=mode)
    assert f([1.0, 1e9]).shape == (2,)
    for value, kinds in ((np.nan, {"nan"}), (np.inf, {"inf", "big"}), (-np.inf, {"inf", "big"}), (1e11, {"big"})):
        if kinds & refused:
            with pytest.raises(AssertionError, match="detected in the input x"):
                f([1.0, value])
        else:
            np.testing.assert_array_equal(f([1.0, value]), [-1.0, -value])


def test_it_refuses_something():
    with pytest.raises(ValueError, match="needs something to refuse"):
        NanGuardMode(False, False, False)


def test_values_that_are_not_to_be_checked():
    x = tt.dvector("x")
    y = tt.log(x)
    y.tag.nan_guard_mode_check = False
    f = theano.function([x], tt.isnan(y), mode="NanGuardMode")
    np.testing.assert_array_equal(f([-1.0, 1.0]), [True, False])


def test_warnings_let_the_call_go_on(caplog, monkeypatch):
    x, stops = tt.dvector("x"), []
    monkeypatch.setattr("pdb.set_trace", lambda: stops.append(1))
    for action, expected in (("warn", 0), ("pdb", 1)):
        with theano.change_flags({"NanGuardMode.action": action}):
            f = theano.function([x], tt.exp(tt.log(x)), mode=NanGuardMode().excluding("fusion", "canonicalize",
                                                                                     "stabilize", "specialize"))
            with caplog.at_level(logging.ERROR, "theano.compile.nanguardmode"):
                assert np.isnan(f([-1.0])).all()
        assert "NaN detected in output 0 of Elemwise{log" in caplog.text and min(len(stops), 1) == expected


def test_shapes_that_do_not_fit_are_named_as_ever():
    x, y = tt.dvectors("x", "y")
    f = theano.function([x, y], tt.exp(x * y), mode="NanGuardMode")
    with pytest.raises(ValueError, match="x . y"):
        f([1.0, 2.0], [1.0, 2.0, 3.0])


def test_functions_are_pickled_with_their_checks():
    x = tt.dvector("x")
    f = pickle.loads(pickle.dumps(theano.function([x], tt.log(x), mode="NanGuardMode")))
    with pytest.raises(AssertionError):
        f([-1.0])


def test_arrays_that_contain_something():
    assert contains_nan(np.array([1, NAN])) and not contains_nan(np.arange(3)) and not contains_nan("nan")
    assert contains_inf(np.array([1, np.inf], "float32")) and not contains_inf(np.array([NAN]))
    skipped = tt.dvector()
    skipped.tag.nan_guard_mode_check = False
    assert not contains_nan(np.array([NAN]), var=skipped)
    assert flatten([1, (2, [3]), [[4]]]) == [1, 2, 3, 4]
