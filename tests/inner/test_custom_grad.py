"""Gradients that functions say themselves."""

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError
from theano.graph.walk import toposort
from theano.inner.custom import CustomGradient


@theano.custom_grad
def rounded(x):
    """A straight-through estimator."""
    return T.round(x), lambda g: g


@theano.custom_grad
def softer(x):
    """log(1 + exp(x)), whose gradient reuses what the value needs."""
    e = T.exp(x)
    return T.log(1 + e), lambda g: g * (1 - 1 / (1 + e))


@theano.custom_grad
def halves(x, y, k):
    """Two results of three arguments, the last without gradient; half of each right gradient."""
    return [x * y, T.dot(x, y) * k], lambda g, h: ((g * y + h * k * y) / 2, (g * x + h * k * x) / 2, None)


@pytest.fixture
def rng():
    return np.random.RandomState(8)


def test_the_gradient_is_the_one_that_is_given(rng):
    x = T.dvector("x")
    value = rng.rand(5) * 4
    f = theano.function([x], [rounded(x), T.grad((rounded(x) ** 2).sum(), x)])
    np.testing.assert_allclose(f(value)[0], np.round(value))
    np.testing.assert_allclose(f(value)[1], 2 * np.round(value))
    assert rounded.__name__ == "rounded" and rounded.__doc__ == "A straight-through estimator."


def test_it_costs_nothing_when_the_function_runs():
    x = T.dvector("x")
    f = theano.function([x], rounded(x))
    assert [str(n.op) for n in f.maker.fgraph.toposort()] == ["Elemwise{round_half_to_even,no_inplace}"]
    plain = theano.function([x], rounded(x), mode=theano.Mode("py", None))
    assert plain([0.4, 1.6]).tolist() == [0, 2]


def test_second_derivatives_are_those_of_the_gradient(rng):
    x = T.dvector("x")
    value = rng.randn(4)
    first = T.grad(softer(x).sum(), x)
    sigmoid = 1 / (1 + np.exp(-value))
    np.testing.assert_allclose(first.eval({x: value}), sigmoid)
    np.testing.assert_allclose(T.grad(first.sum(), x).eval({x: value}), sigmoid * (1 - sigmoid))
    np.testing.assert_allclose(T.hessian(softer(x).sum(), x).eval({x: value}), np.diag(sigmoid * (1 - sigmoid)))
    assert not T.grad(T.grad(rounded(x).sum(), x).sum(), x, disconnected_inputs="ignore").eval({x: value}).any()
    theano.verify_grad(softer, [value], rng=rng)


def test_several_arguments_and_results(rng):
    x, y, k = T.dvectors("xyk"[:2]) + [T.dscalar("k")]
    product, total = halves(x, y, k)
    a, b = rng.rand(3), rng.rand(3)
    f = theano.function([x, y, k], [*T.grad((product * 3).sum() + total, [x, y]), *T.grad(total, [x, y])])
    for made, expected in zip(f(a, b, 2.0), (2.5 * b, 2.5 * a, b, a), strict=True):
        np.testing.assert_allclose(made, expected)
    with pytest.raises(DisconnectedInputError):
        T.grad(total, k)


def test_forward_mode_is_the_transpose_of_the_gradient(rng):
    x, v = T.dvectors("xv")
    value, direction = rng.rand(3), rng.rand(3)
    f = theano.function([x, v], T.Rop([rounded(x) * 2, softer(x)], x, v), on_unused_input="ignore")
    np.testing.assert_allclose(f(value, direction), [2 * direction, direction / (1 + np.exp(-value))])


def test_jacobians(rng):
    x = T.dvector("x")
    value = rng.rand(3)
    np.testing.assert_allclose(T.jacobian(rounded(x) * x, x).eval({x: value}), np.diag(np.round(value) + value))


@pytest.mark.parametrize("batched", [(0, 0, 0), (0, None, None), (None, 0, None), (None, None, 0)])
def test_vectorized(batched, rng):
    variables = [T.dmatrix(), T.dmatrix(), T.dvector()]
    rows = [T.dvector(), T.dvector(), T.dscalar()]
    given = [w if b == 0 else r for w, r, b in zip(variables, rows, batched, strict=True)]
    values = [rng.rand(*[4] * (b == 0), *s) for b, s in zip(batched, [(3,), (3,), ()], strict=True)]
    both = theano.vectorize(halves, in_axes=batched)(*given)
    made = theano.function(given, T.grad(sum((y ** 2).sum() for y in both), given[:2]))(*values)
    one = T.grad(sum((y ** 2).sum() for y in halves(*rows)), rows[:2])
    f = theano.function(rows, one)
    each = [f(*(v[i] if b == 0 else v for v, b in zip(values, batched, strict=True))) for i in range(4)]
    for k in range(2):
        stacked = np.stack([np.array(row[k]) for row in each])
        np.testing.assert_allclose(made[k], stacked if batched[k] == 0 else stacked.sum(axis=0))


def test_in_a_scan(rng):
    x = T.dvector("x")
    out, _ = theano.scan(lambda row, last: rounded(row * 3) + last, sequences=x, outputs_info=T.zeros(()))
    value = rng.rand(4)
    np.testing.assert_allclose(out.eval({x: value}), np.cumsum(np.round(3 * value)))
    np.testing.assert_allclose(T.grad(out[-1], x).eval({x: value}), [3, 3, 3, 3])


def test_other_variables_get_no_gradient(rng):
    x, w = T.dvectors("xw")

    @theano.custom_grad
    def scaled(x):
        return x * w, lambda g: g * w

    y = scaled(x)
    np.testing.assert_allclose(T.grad(y.sum(), x).eval({x: [1.], w: [5.]}), [5])
    with pytest.raises(DisconnectedInputError):
        T.grad(y.sum(), w)
    second = T.grad(T.grad((y ** 2).sum(), x).sum(), w)
    np.testing.assert_allclose(second.eval({x: [3.], w: [5.]}), [30])           # of 2 * y * w by w, where y is fixed


def test_clones_and_pickles():
    x, z = T.dvectors("xz")
    y = softer(x)
    other = theano.clone(y, replace={x: z * 2})
    np.testing.assert_allclose(T.grad(other.sum(), z).eval({z: [0.0]}), [1])
    arguments, result = pickle.loads(pickle.dumps(([x], y)))
    np.testing.assert_allclose(T.grad(result.sum(), arguments).pop().eval({arguments[0]: [0.0]}), [0.5])
    assert pickle.loads(pickle.dumps(y.owner.op)) == y.owner.op and str(y.owner.op) == "CustomGradient"


def test_dtypes_and_patterns():
    x = T.fcol("x")
    g = T.grad(rounded(x * 2).sum(), x)
    assert g.type == x.type
    k = T.lvector("k")
    assert T.grad(softer(k).sum(), k).dtype == "float64"


def test_integer_results():
    """A hard choice, made smooth by its gradient."""
    @theano.custom_grad
    def positive(x):
        return T.gt(x, 0).astype("int8"), lambda g: g * T.exp(-T.sqr(x))

    x = T.dvector("x")
    np.testing.assert_allclose(T.grad((positive(x) * 2.5).sum(), x).eval({x: [0.0, 1.0]}), [2.5, 2.5 / np.e], rtol=1e-6)


@pytest.mark.parametrize("function, error, match", [
    (lambda x: x, TypeError, "function of their gradients"),
    (lambda x: (x, x), TypeError, "function of their gradients"),
    (lambda x: (x, lambda g: (g, g)), ValueError, "1 arguments, but gave 2"),
    (lambda x: (x, lambda g: g.sum()), ValueError, "0 dimensions"),
])
def test_errors(function, error, match):
    with pytest.raises(error, match=match):
        theano.custom_grad(function)(T.dvector())


def test_nodes_stay_for_graphs_that_are_not_rewritten():
    x = T.dvector()
    assert any(isinstance(n.op, CustomGradient) for n in toposort([rounded(x)]))
