"""``theano.trace`` gives every value of a call by the line that made it."""

import textwrap

import numpy as np
import pytest

import theano
import theano.tensor as tt

NETWORK = """
x = tt.dmatrix("x")
y = tt.lvector("y")
w1 = theano.shared(np.ones((4, 3)) / 3, name="w1")
b1 = theano.shared(np.zeros(3), name="b1")
w2 = theano.shared(np.eye(3, 2), name="w2")
b2 = theano.shared(np.zeros(2), name="b2")
product = tt.dot(x, w1)
shifted = product + b1
hidden = tt.tanh(shifted)
scores = tt.dot(hidden, w2) + b2
p = tt.nnet.softmax(scores)
logs = tt.log(p)
rows = tt.arange(y.shape[0])
picked = logs[rows, y]
loss = -picked.mean()
penalty = 0.1 * (w1 ** 2).sum()
cost = loss + penalty
wrong = tt.neq(tt.argmax(p, axis=1), y).mean()
g1 = theano.grad(cost, w1)
g2 = theano.grad(cost, w2)
new1 = w1 - 0.5 * g1
new2 = w2 - 0.5 * g2
f = theano.function([x, y], [cost, wrong], updates=[(w1, new1), (w2, new2)])
"""


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "network.py"
    path.write_text(NETWORK)
    names = {"theano": theano, "tt": tt, "np": np}
    exec(compile(NETWORK, str(path), "exec"), names)
    return names


def test_every_line_of_a_network_has_its_value(network):
    f, x, y = network["f"], np.arange(8.0).reshape(2, 4), np.array([0, 1])
    before = network["w1"].get_value()
    traced = theano.trace(f, x, y)
    assert (network["w1"].get_value() == before).all()              # nothing is updated
    lines = NETWORK.splitlines()
    made = [k for k, line in enumerate(lines, 1) if "=" in line and "function" not in line]
    found = [k for k in made if traced.at(k, "network.py")]
    assert len(found) >= 0.95 * len(made), sorted(set(made) - set(found))
    checked = 0
    for k in found:
        name = lines[k - 1].partition(" =")[0]
        if name in ("x", "y", "w1", "b1", "w2", "b2"):
            continue
        value = theano.function([network["x"], network["y"]], network[name], on_unused_input="ignore")(x, y)
        values = [t.value for t in traced] if "grad(" in lines[k - 1] else traced.at(k)
        same = [v for v in values if v.shape == value.shape and np.allclose(v, value)]
        assert same, lines[k - 1]                   # what belongs to a gradient is at the line that was differentiated
        checked += 1
    assert checked >= 15
    assert traced.named("w2") is not None and (traced.named("x") == x).all()


def test_the_listing(network):
    text = str(theano.trace(network["f"], np.ones((2, 4)), np.array([0, 1])))
    assert "network.py:8:  product = tt.dot(x, w1)\n    dot = float64[2, 3] [[1.33" in text
    assert "    w1 = float64[4, 3] [[0.33" in text


def test_steps_of_loops():
    x = tt.dscalar("x")

    def step(a):
        doubled = 2 * a
        return doubled + x
    last = theano.scan(step, outputs_info=tt.constant(0.0), n_steps=3)[0][-1]
    traced = theano.trace(theano.function([x], last), 1.0)
    doubled = next(t for t in traced if t.line == "doubled = 2 * a")
    assert list(doubled.value) == [0, 2, 6] and doubled.function.endswith("step")
    assert "3 times, at last = float64[] 6.0" in str(traced)


def test_random_streams_stay_where_they_are():
    stream = tt.shared_randomstreams.RandomStreams(3)
    f = theano.function([], stream.uniform((2,)) * 2)
    first = theano.trace(f)[-1].value
    np.testing.assert_array_equal(first, theano.trace(f)[-1].value)
    np.testing.assert_array_equal(first, f())


def test_names_and_arguments():
    x, y = tt.dvectors("x", "y")
    f = theano.function([x, theano.In(y, value=[1.0])], x * y)
    assert theano.trace(f, x=[3.0]).named("y") == [1.0]
    with pytest.raises(KeyError, match="no variable of this call is called 'z'"):
        theano.trace(f, [2.0]).named("z")
    with pytest.raises(TypeError):
        theano.trace(f, [2.0], [3.0], [4.0])
    with pytest.raises(ValueError):
        theano.trace(f, [2.0, 3.0], [4.0, 5.0, 6.0])


def test_what_is_printed_in_the_middle_of_a_loop_over_elements(capsys):
    x = tt.dvector("x")
    shown = theano.printing.Print("square", attrs=["__str__", "shape"])(tt.exp(x) ** 2)
    f = theano.function([x], tt.tanh(shown * 3 + x).sum())
    assert capsys.readouterr().out == ""
    np.testing.assert_allclose(f([0.0, 1.0]), np.tanh(3 * np.exp([0.0, 2.0]) + [0, 1]).sum())
    assert capsys.readouterr().out == f"square __str__ = {np.exp(np.array([0.0, 1.0])) ** 2}\nsquare shape = (2,)\n"


def test_an_expression_has_its_value_without_a_function():
    x = tt.dvector("x")
    y = tt.exp(x) + 1
    for _ in range(2):
        np.testing.assert_allclose(y.eval({x: [0.0]}), [2.0])
    assert len(y._fn_cache) == 1                                    # compiled once


def test_traces_survive_in_programs_without_files():
    names = {"tt": tt, "theano": theano}
    exec(textwrap.dedent("""
        x = tt.dscalar("x")
        f = theano.function([x], x + 1)"""), names)
    assert "+" not in str(theano.trace(names["f"], 1.0)).splitlines()[0]
