"""Products with Jacobians: R-op and L-op against differences, whole or with directions for some inputs."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError


@pytest.fixture
def rng():
    return np.random.RandomState(5)


W = T.constant(np.arange(12.).reshape(3, 4) / 10)
CASES = {                               # of x (3,), y (3, 4)
    "elementwise": lambda x, y: T.exp(x) * y[:, 0] + x / 3,
    "broadcast": lambda x, y: (x.dimshuffle(0, "x") * y).flatten(),
    "one argument": lambda x, y: T.sin(y).sum(axis=1),
    "dot": lambda x, y: T.dot(x, y) ** 2,
    "dots": lambda x, y: T.dot(T.dot(y, y.T), x),
    "sum": lambda x, y: y.sum(axis=0) * x.sum(),
    "prod": lambda x, y: y.prod(axis=0) + x.prod(),
    "max": lambda x, y: y.max(axis=1) * x,
    "mean": lambda x, y: y.mean(axis=0) - x.mean(),
    "index": lambda x, y: x[::-1] * y[:, 1],
    "gather": lambda x, y: x[[2, 0, 0]] * y[[1, 1, 0], [0, 1, 2]],
    "set": lambda x, y: T.set_subtensor(x[:2], y[0, :2]) ** 2,
    "inc": lambda x, y: T.inc_subtensor(y[1], T.dot(x, y)).flatten(),
    "join": lambda x, y: T.concatenate([x ** 2, y.flatten(), x]),
    "stack": lambda x, y: T.stack([x[0], y[0, 0] * x[1]]),
    "reshape": lambda x, y: y.reshape((6, 2))[:, 0] * x.sum(),
    "softmax": lambda x, y: T.nnet.softmax(y)[0] * x[0],
    "choice": lambda x, y: T.switch(x > 0.5, x ** 2, y[:, 0]),
    "larger": lambda x, y: T.maximum(x, y[:, 0]),
    "fill": lambda x, y: T.alloc(x[0] * y[0, 0], 4),
    "linear": lambda x, y: T.grad(T.dot(x, W).sum() + x.sum(), x) + x,
    "split": lambda x, y: T.split(x, [1, 2], 2)[1] * y[0, 0],
}


def inputs():
    return T.dvector("x"), T.dmatrix("y")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("which", ["x", "y", "xy"])
def test_directional_derivatives(name, which, rng):
    x, y = inputs()
    given = {"x": [x], "y": [y], "xy": [x, y]}[which]
    out = CASES[name](x, y)
    points = [v.type(f"d{v.name}") for v in given]
    at, step = {x: rng.rand(3), y: rng.rand(3, 4)}, 1e-6
    moves = {v: rng.randn(*at[v].shape) for v in given}
    f = theano.function([x, y], out, on_unused_input="ignore")
    slope = (f(*(at[v] + step * moves.get(v, 0) for v in (x, y))) -
             f(*(at[v] - step * moves.get(v, 0) for v in (x, y)))) / (2 * step)
    try:
        forward = T.Rop(out, given, points)
    except DisconnectedInputError:
        assert given[0] not in theano.graph.walk.ancestors([out])
        return
    r = theano.function([x, y, *points], forward, on_unused_input="ignore")
    np.testing.assert_allclose(r(at[x], at[y], *(moves[v] for v in given)), slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_both_modes_agree(name, rng):
    """u' (J v) is (u' J) v."""
    x, y = inputs()
    out = CASES[name](x, y)
    dx, dy, u = T.dvector("dx"), T.dmatrix("dy"), out.type("u")
    forward = (T.Rop(out, [x, y], [dx, dy]) * u).sum()
    lx, ly = T.Lop(out, [x, y], u, disconnected_inputs="ignore")
    f = theano.function([x, y, dx, dy], out.shape, on_unused_input="ignore")
    at = rng.rand(3), rng.rand(3, 4), rng.rand(3), rng.rand(3, 4)
    g = theano.function([x, y, dx, dy, u], [forward, (lx * dx).sum() + (ly * dy).sum()], on_unused_input="ignore")
    np.testing.assert_allclose(*g(*at, rng.rand(*f(*at))))


def test_products_with_hessians(rng):
    x, v = T.dvectors("xv")
    cost = T.log1p(T.exp(T.dot(x, W))).sum() * x.prod()
    slope = T.grad(cost, x)
    f = theano.function([x, v], [T.Rop(slope, x, v), T.grad((slope * v).sum(), x), T.dot(T.hessian(cost, x), v)])
    one, two, three = f(rng.rand(3), rng.rand(3))
    np.testing.assert_allclose(one, two)
    np.testing.assert_allclose(one, three)


def test_a_linear_cost_has_no_curvature():
    x, v = T.dvectors("xv")
    assert T.Rop(T.grad((x * 3).sum(), x), x, v).eval({x: [1., 2.]}).tolist() == [0, 0]


@pytest.mark.parametrize("kind", [list, tuple])
def test_results_come_as_f_or_wrt(kind):
    x, v = T.dvectors("xv")
    assert type(T.Rop(kind([x * 2, x ** 2]), x, v)) is kind
    assert type(T.Lop(x * 2, kind([x]), v)) is kind


def test_wrt_itself_and_outputs_of_one_another():
    x, v = T.dvectors("xv")
    z = x ** 2
    a, b, c = T.Rop([x, z, z * x], x, v)
    assert a is v
    assert b.eval({x: [3.], v: [2.]}) == 12 and c.eval({x: [3.], v: [2.]}) == 54
    assert T.Lop([z, z * x], x, [v, v]).eval({x: [3.], v: [2.]}) == 2 * (6 + 27)


def test_disconnected_outputs():
    x, y, v = T.dvectors("xyv")
    for out in (y * 2, x.shape[0] * 1.0, T.argmax(x), theano.gradient.disconnected_grad(x)):
        with pytest.raises(DisconnectedInputError, match="Rop"):
            T.Rop(out, x, v)
    options = {"disconnected_outputs": "ignore"}
    assert T.Rop(y, x, v, return_disconnected="None", **options) is None
    assert T.Rop(y * 2, x, v, **options).eval({y: [1., 2.]}).tolist() == [0, 0]


@pytest.mark.parametrize("call, error, match", [
    (lambda x, m: T.Rop(x, [x], [x, x]), ValueError, "1 wrt and 2"),
    (lambda x, m: T.Rop(x, x, m), ValueError, "mismatched dimensionality"),
    (lambda x, m: T.Rop(x, x, 3.0), TypeError, "must be variables"),
    (lambda x, m: T.Lop(x, x, [x, x]), ValueError, "1 outputs and 2"),
    (lambda x, m: T.Lop(x, x, m), TypeError, "Ndim"),
    (lambda x, m: T.Lop(x, m, x), DisconnectedInputError, "m"),
])
def test_bad_requests(call, error, match):
    with pytest.raises(error, match=match):
        call(T.dvector("x"), T.dmatrix("m"))


def test_forward_mode_costs_grow_with_the_graph_only():
    """Ops without an R_op are taken one by one, not with all that is above them."""
    x, v = T.dvectors("xv")
    z = x
    for _ in range(150):
        z = T.nnet.softmax(z)[0] + T.concatenate([z[:1], z[1:]])
    seen = theano.graph.walk.toposort([T.Rop(z, x, v)])
    assert len(seen) < 150 * 100


NARROW = {                              # of x (3, 3), in ways that need all elements of a direction
    "transpose": lambda x: x.T,
    "sum": lambda x: x.sum(axis=0),
    "rows": lambda x: x[1:],
    "gather": lambda x: x[[0, 2, 2]],
    "dot": lambda x: T.dot(x, x),
    "reshape": lambda x: x.flatten(),
    "join": lambda x: T.concatenate([x, x ** 2]),
    "loop": lambda x: theano.scan(lambda row, total: total * row + row, sequences=x, outputs_info=T.ones(3))[0],
    "loop with a matrix": lambda x: theano.scan(lambda a: T.tanh(T.dot(a, x)), outputs_info=x, n_steps=2)[0],
}


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (1, 1)])
@pytest.mark.parametrize("name", NARROW)
def test_directions_are_repeated_along_axes_where_only_they_are_broadcastable(name, shape, rng):
    x, whole, narrow = T.matrix(), T.matrix(), T.TensorType(theano.config.floatX, [n == 1 for n in shape])()
    y = NARROW[name](x)
    value, direction = rng.standard_normal((3, 3)), rng.standard_normal(shape)
    forward = theano.function([x, narrow, whole], [T.Rop(y, x, narrow), T.Rop(y, x, whole)], on_unused_input="ignore")
    result, expected = forward(value, direction, direction + np.zeros((3, 3)))
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_gradients_given_for_an_output_are_repeated_along_its_axes():
    x, g = T.matrix(), T.row()
    back = theano.function([x, g], T.Lop(T.dot(x, x), x, g))
    value = np.arange(9.).reshape(3, 3)
    whole = np.tile([[1., 2, 3]], (3, 1))
    np.testing.assert_allclose(back(value, [[1, 2, 3]]), whole @ value.T + value.T @ whole)


def test_a_direction_of_a_row_that_has_more_rows_is_refused_where_it_is_used():
    x, v = T.row(), T.matrix()
    forward = theano.function([x, v], T.Rop(x.T * 2, x, v))
    np.testing.assert_allclose(forward([[1, 2]], [[3, 4]]), [[6], [8]])
    with pytest.raises(ValueError):
        forward([[1, 2]], [[3, 4], [5, 6]])
