"""Jacobians and Hessians against differences of values, how they are found, and their errors."""

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.graph.walk import toposort
from theano.inner.batch.each_row import EachRow
from theano.inner.rowwise import Rowwise
from theano.tensor.create import Eye
from theano.tensor.diagonal import AllocDiag


@pytest.fixture
def rng():
    return np.random.RandomState(11)


def differences(f, at, step=1e-6):
    """Central differences of ``f`` by every element of ``at``: the axes of ``f``, then those of ``at``."""
    slopes = []
    for k in range(at.size):
        move = np.zeros(at.size)
        move[k] = step
        move = move.reshape(at.shape)
        slopes.append((f(at + move) - f(at - move)) / (2 * step))
    return np.stack(slopes, axis=-1).reshape(np.shape(slopes[0]) + at.shape)


EXPRESSIONS = {                         # name -> an expression of an argument of rank ndim
    "number": (2, lambda x: (x ** 3).sum()),
    "number of a number": (0, lambda x: T.sin(x) * x),
    "matrix": (2, lambda x: T.dot(x, x.T)),
    "matrix of a vector": (1, lambda x: T.outer(x, T.exp(x))),
    "matrix of a number": (0, lambda x: T.stack([x, x ** 2, T.sin(x)]).dimshuffle(0, "x") * np.ones((3, 2))),
    "rank 3 of a matrix": (2, lambda x: x.dimshuffle(0, "x", 1) * x.dimshuffle("x", 0, 1)),
    "elements of a matrix": (2, lambda x: T.tanh(x) * np.arange(3.)),
    "elements and a weight": (1, lambda x: x ** 2 * T.constant([1., 2, 3])),
    "elements and a sum": (1, lambda x: x ** 2 * x.sum()),
    "elements of rank 3": (3, T.sqrt),
    "itself": (2, lambda x: x),
    "sorted": (1, lambda x: T.sort(-x) * x),
    "column": (1, lambda x: x.dimshuffle(0, "x")),
    "scan": (1, lambda x: theano.scan(lambda a, b: a * b + x[0], sequences=x, outputs_info=T.ones(()))[0]),
    "clipped": (1, lambda x: theano.gradient.grad_clip(x, -9, 9) ** 2),
    "elementwise": (1, lambda x: T.exp(x) * x),
    "dot": (1, lambda x: T.tanh(T.dot(T.constant(np.arange(12.).reshape(4, 3) / 10), x))),
    "rows": (2, lambda x: (x ** 2).sum(axis=1) * x[0, 0]),
    "flat": (2, lambda x: T.dot(x, x.T).flatten()),
    "indexed": (1, lambda x: x[::-1][:2] * x[0]),
    "of a number": (0, lambda x: T.stack([x, x ** 2, T.sin(x)])),
    "softmax": (1, lambda x: T.nnet.softmax(x)[0]),
    "rank 3": (3, lambda x: T.sqrt(x).sum(axis=0).flatten()),
    "constant": (1, lambda x: x * 0 + 1),
    "joined": (1, lambda x: T.concatenate([x, x ** 2])),
    "row type": (2, lambda x: T.addbroadcast(x[:1].sum(axis=1), 0)),
}
START = {0: np.array(0.7), 1: np.array([0.3, 0.7, 1.1]), 2: np.arange(1, 7.).reshape(2, 3) / 5,
         3: np.arange(1, 13.).reshape(2, 3, 2)}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_jacobians_are_the_slopes(name):
    ndim, build = EXPRESSIONS[name]
    x = T.TensorType("float64", (False,) * ndim)("x")
    y = build(x)
    jacobian = theano.function([x], T.jacobian(y, x, disconnected_inputs="ignore"))(START[ndim])
    np.testing.assert_allclose(jacobian, differences(theano.function([x], y), START[ndim]), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("name", [n for n in EXPRESSIONS if "number" not in n])
def test_chunks(name, size):
    ndim, build = EXPRESSIONS[name]
    x = T.TensorType("float64", (False,) * ndim)("x")
    both = [T.jacobian(build(x), x, disconnected_inputs="ignore", chunk_size=k) for k in (size, None)]
    f = theano.function([x], both)
    np.testing.assert_allclose(*f(START[ndim]), atol=1e-14)
    assert f(START[ndim])[0].shape == f(START[ndim])[1].shape


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_jacobians_of_jacobians(name):
    ndim, build = EXPRESSIONS[name]
    x = T.TensorType("float64", (False,) * ndim)("x")
    first = T.jacobian(build(x), x, disconnected_inputs="ignore")
    second = theano.function([x], T.jacobian(first, x, disconnected_inputs="ignore"))(START[ndim])
    np.testing.assert_allclose(second, differences(theano.function([x], first), START[ndim]), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_elements_broadcast_when_the_function_runs(n, rng):
    """The shapes of x and w are known to agree, or not, only then."""
    x, w = T.dvectors("xw")
    f = theano.function([x, w], T.jacobian(T.exp(x) * w, x))
    for length in {1, n}:
        value, weight = rng.rand(length), rng.rand(n)
        expected = np.exp(value) * weight
        expected = expected[:, None] if length == 1 else np.diag(expected)
        np.testing.assert_allclose(f(value, weight), expected)


def ops_of(variable):
    return {type(node.op) for node in toposort([variable])}


def test_one_derivative_each_where_elements_depend_on_elements():
    x = T.dvector("x")
    made = T.jacobian(T.exp(x) * 2 + x, x)
    assert AllocDiag in ops_of(made) and Eye not in ops_of(made)
    assert not {AllocDiag, Eye} & ops_of(T.jacobian(T.exp(x) * T.dvector(), x))
    assert Eye in ops_of(T.jacobian(T.exp(x) + x.sum(), x)) and Eye in ops_of(T.jacobian(T.exp(x)[::-1], x))


def test_hessians_of_sums_of_elements(rng):
    """With a weight that may have another shape than x."""
    x, w = T.dvectors("xw")
    made = T.hessian((T.exp(x) * w).sum(), x)
    assert Eye not in ops_of(made)
    f = theano.function([x, w], made)
    a, b = rng.rand(3), rng.rand(3)
    np.testing.assert_allclose(f(a, b), np.diag(np.exp(a) * b))
    np.testing.assert_allclose(f(a[:1], b), [[(np.exp(a[0]) * b).sum()]])
    np.testing.assert_allclose(f(a, b[:1]), np.diag(np.exp(a) * b[0]))


def test_the_diagonal_of_a_hessian_takes_linear_time():
    x = T.dvector("x")
    f = theano.function([x], T.hessian((T.exp(x) * x).sum(), x).diagonal())
    value = np.linspace(0, 1, 10 ** 6)
    np.testing.assert_allclose(f(value), np.exp(value) * (2 + value))


@pytest.mark.parametrize("shape, expected", [((2,), (2,)), ((100,), (50,)), ((None,), (50,))])
def test_the_shorter_side_is_taken(shape, expected):
    """Columns where x is known to be shorter than the expression, rows otherwise."""
    x = T.tensor("float64", shape=shape, name="x")
    w = T.constant(np.ones((shape[0] or 2, 50)))
    made = T.jacobian(T.tanh(T.dot(x, w)), x)
    eye, = (node for node in toposort([made]) if isinstance(node.op, Eye))
    assert eye.inputs[0].eval({x: np.ones(shape[0] or 2)} if not hasattr(eye.inputs[0], "data") else {}) == expected[0]


def test_columns_are_not_taken_where_gradients_were_changed(rng):
    x = T.dscalar("x")
    y = T.stack([theano.gradient.grad_clip(x * 3, -1, 1), theano.gradient.zero_grad(x), x])
    assert T.jacobian(y, x).eval({x: 2.0}).tolist() == [3, 0, 1]
    assert T.jacobian(T.stack([theano.gradient.grad_clip(x, -1, 1) * 3, x]), x).eval({x: 2.0}).tolist() == [1, 1]


def doubled_elsewhere(**overrides):
    v = T.dvector("v")
    return theano.OpFromGraph([v], [2 * v], **overrides)


def scaled(x):
    return theano.gradient.grad_scale(x, 3.0) * 2


def scaled_in_an_op(x):
    v = T.dvector("v")
    return theano.OpFromGraph([v], [scaled(v)])(x)


@pytest.mark.parametrize("twice, slope", [
    (scaled_in_an_op, 6),
    (lambda x: theano.scan(scaled, sequences=x)[0], 6),
    (lambda x: theano.scan(scaled_in_an_op, outputs_info=x, n_steps=1)[0][0], 6),
    (doubled_elsewhere(grad_overrides=lambda inputs, grads: [grads[0] * 7]), 7),
    (doubled_elsewhere(lop_overrides=[lambda inputs, outputs, grads: grads[0] * 5]), 5),
    (doubled_elsewhere(), 2)])
def test_columns_are_not_taken_where_gradients_were_changed_inside_an_op(twice, slope):
    x = T.tensor("float64", shape=(2,))
    w = np.arange(12.0).reshape(6, 2)
    y = T.dot(w, twice(x))
    np.testing.assert_allclose(T.jacobian(y, x).eval({x: [1.0, 2.0]}), slope * w)


class Twice(Op):
    """2 * x, with neither R_op nor a gradient that has one."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.asarray(2 * inputs[0])

    def grad(self, inputs, output_grads):
        return [Twice()(output_grads[0])]


def test_ops_of_users():
    x = T.dscalar("x")
    assert T.jacobian(T.stack([Twice()(x), x ** 2]), x).eval({x: 3.0}).tolist() == [2, 6]
    v = T.dvector("v")
    made = T.jacobian(Twice()(v ** 2), v)
    assert EachRow in ops_of(made)
    assert made.eval({v: [1., 2.]}).tolist() == [[4, 0], [0, 8]]


def test_large_results_are_found_in_chunks():
    x = T.tensor("float64", shape=(20000,), name="x")
    assert Rowwise in ops_of(T.jacobian(T.dot(T.constant(np.ones((10000, 1))), T.sort(x)[:1].dimshuffle(0)), x))


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_the_length_may_be_unknown(n, rng):
    x, w = T.dvector(), T.dmatrix()
    f = theano.function([x, w], T.jacobian(T.dot(w, x) ** 2, x))
    value, matrix = rng.rand(3), rng.rand(n, 3)
    np.testing.assert_allclose(f(value, matrix), 2 * (matrix @ value)[:, None] * matrix)
    assert f(value, matrix).shape == (n, 3)


@pytest.mark.parametrize("kind", [list, tuple])
def test_results_come_as_wrt(kind, rng):
    x, z, s = T.dvector(), T.dvector(), T.dscalar()
    made = T.jacobian(x * z * s, kind([x, z, s]))
    assert type(made) is kind and T.jacobian(x, kind([])) == kind([])
    a, b = rng.rand(4), rng.rand(4)
    jx, jz, js = theano.function([x, z, s], list(made))(a, b, 3.)
    np.testing.assert_allclose(jx, np.diag(3 * b))
    np.testing.assert_allclose(jz, np.diag(3 * a))
    np.testing.assert_allclose(js, a * b)
    assert type(T.hessian((x * z).sum(), kind([x, z]))) is kind


def test_hessians_of_any_rank(rng):
    for ndim in START:
        x = T.TensorType("float64", (False,) * ndim)("x")
        cost = (T.sin(x) * x.sum()).sum()
        found = theano.function([x], T.hessian(cost, x))(START[ndim])
        assert found.shape == 2 * START[ndim].shape
        np.testing.assert_allclose(found, differences(theano.function([x], T.grad(cost, x)), START[ndim]), rtol=1e-6,
                                   atol=1e-8)


def test_of_a_scalar_it_is_the_gradient():
    x = T.dvector()
    assert not any(isinstance(v.owner.op, Rowwise) for v in [T.jacobian((x ** 2).sum(), x)])
    assert T.jacobian((x ** 2).sum(), x).eval({x: [1., 2.]}).tolist() == [2, 4]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes(dtype):
    x = T.vector(dtype=dtype)
    assert T.jacobian(x ** 2, x).type.dtype == T.hessian((x ** 2).sum(), x).type.dtype == dtype
    assert T.jacobian(x ** 2, x).eval({x: np.ones(2, dtype)}).tolist() == [[2, 0], [0, 2]]


COSTS = {
    "square": lambda x: (x ** 2).sum(),
    "product": lambda x: x.prod(),
    "quadratic form": lambda x: T.dot(x, T.dot(T.constant(np.arange(9.).reshape(3, 3)), x)),
    "logistic": lambda x: T.log1p(T.exp(T.dot(T.constant([1., -2, 0.5]), x))),
    "norm": lambda x: T.sqrt((x ** 2).sum()),
    "linear": lambda x: x.sum() * 3,
    "indexed": lambda x: x[0] ** 2 * x[1] + T.exp(x[2] * x[0]),
    "softmax": lambda x: (T.nnet.softmax(x) ** 2).sum(),
}


@pytest.mark.parametrize("name", COSTS)
def test_hessians(name):
    x = T.dvector("x")
    cost = COSTS[name](x)
    hessian = theano.function([x], T.hessian(cost, x))(START[1])
    slopes = differences(theano.function([x], T.grad(cost, x)), START[1])
    np.testing.assert_allclose(hessian, slopes, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)


@pytest.mark.parametrize("name", COSTS)
def test_gradients_through_hessians(name):
    x = T.dvector("x")
    cost = (T.sin(T.hessian(COSTS[name](x), x)) * T.constant(np.arange(9.).reshape(3, 3))).sum() + x.sum()
    found = theano.function([x], T.grad(cost, x))(START[1])
    np.testing.assert_allclose(found, differences(theano.function([x], cost), START[1]), rtol=1e-5, atol=1e-7)


def test_products_with_jacobians(rng):
    x, v, u = T.dvectors("xvu")
    y = T.tanh(T.dot(T.constant(np.arange(12.).reshape(4, 3) / 10), x))
    f = theano.function([x, v, u], [T.jacobian(y, x), T.Rop(y, x, v), T.Lop(y, x, u)])
    at, right, left = rng.rand(3), rng.rand(3), rng.rand(4)
    jacobian, forward, reverse = f(at, right, left)
    np.testing.assert_allclose(jacobian @ right, forward)
    np.testing.assert_allclose(left @ jacobian, reverse)


def test_shared_variables_and_updates(rng):
    w = theano.shared(rng.rand(3), "w")
    f = theano.function([], T.jacobian(w ** 2, w), updates=[(w, w * 2)])
    start = w.get_value()
    np.testing.assert_allclose(f(), np.diag(2 * start))
    np.testing.assert_allclose(f(), np.diag(4 * start))


def test_constants_that_gradients_stop_at():
    x = T.dvector()
    y = x ** 2
    assert T.jacobian(x * y, x, consider_constant=[y]).eval({x: [1., 2.]}).tolist() == [[1, 0], [0, 4]]
    assert T.hessian((x * y).sum(), x, consider_constant=[y]).eval({x: [1., 2.]}).tolist() == [[0, 0], [0, 0]]


def test_disconnected_inputs():
    x, z = T.dvector("x"), T.dvector("z")
    for function, expression in ((T.jacobian, x + 1), (T.hessian, x.sum())):
        with pytest.raises(DisconnectedInputError, match="z"):
            function(expression, z)
        with pytest.warns(UserWarning, match="z"):
            function(expression, z, disconnected_inputs="warn")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            zero = function(expression, z, disconnected_inputs="ignore")
        assert not zero.eval({x: [1., 2.], z: [1., 1.]} if function is T.jacobian else {z: [1., 1.]}).any()


@pytest.mark.parametrize("function, first, wrt, error, match", [
    (T.jacobian, 3.0, T.dvector(), TypeError, "expects a real variable as `expression`"),
    (T.jacobian, T.dmatrix(), T.dvector(), DisconnectedInputError, "does not depend"),
    (lambda y, x: T.jacobian(y, x, chunk_size=0), T.dvector(), T.dvector(), ValueError, "at least 1"),
    (T.jacobian, T.dvector(), "x", TypeError, "Expected Variable"),
    (T.jacobian, T.zvector(), T.zvector(), TypeError, "real"),
    (T.hessian, "c", T.dvector(), TypeError, "`cost`"),
    (T.hessian, T.dvector(), T.dvector(), ValueError, "expects a 0 dimensional variable as `cost`"),
    (T.hessian, T.dscalar(), 1, TypeError, "`wrt`"),
])
def test_errors(function, first, wrt, error, match):
    with pytest.raises(error, match=match):
        function(first, wrt)


def test_names():
    assert theano.gradient.jacobian is T.jacobian and theano.gradient.hessian is T.hessian
    assert T.jacobian.__doc__ and T.hessian.__doc__
