"""Test values (flag ``compute_test_value``) of what is built out of graphs inside ops."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.config import config
from theano.graph.testvalue import afterwards

STACK = np.random.default_rng(2).standard_normal((2, 3, 3)) / 2


def given(value):
    variable = T.TensorType("float64", (False,) * value.ndim)()
    variable.tag.test_value = value
    return variable


def last_of_loop(x, m, **options):
    return theano.loop(lambda v: (T.tanh(T.dot(m, v)), None), x, n_steps=4, **options)[0]


def until_large(x):
    return theano.scan(lambda v: (v * 2, theano.scan_module.until(abs(v).sum() > 9)), outputs_info=x, n_steps=20)[0]


CASES = {                               # of x (3,), m (3, 3), s (2, 3, 3)
    "function": lambda x, m, s: [T.nnet.softmax(T.dot(m, m) + x), *T.grad(T.nnet.softmax(T.dot(m, x))[0, 0], [x, m])],
    "jacobian by rows": lambda x, m, s: T.jacobian(T.tanh(x * x.sum()), x),
    "jacobian with a diagonal": lambda x, m, s: T.jacobian(T.tanh(x), x),
    "jacobian in chunks": lambda x, m, s: T.jacobian(T.dot(m, m), m, chunk_size=4),
    "hessian": lambda x, m, s: T.hessian((x ** 3).sum() * x.prod(), x),
    "vectorize": lambda x, m, s: theano.vectorize(lambda a: T.tanh(T.dot(a, x)))(s),
    "gradients in rows": lambda x, m, s: theano.vectorize(lambda a: T.grad(T.tanh(T.dot(a, x)).sum(), a))(s),
    "vectorize_graph": lambda x, m, s: theano.vectorize_graph(T.tanh(m).sum(), {m: s}),
    "row by row": lambda x, m, s: [y := theano.vectorize(T.slinalg.expm)(s), T.grad(y.sum(), s), T.Rop(y, s, s)],
    "loops in rows": lambda x, m, s: theano.vectorize(lambda a: last_of_loop(x, a))(s),
    "gradients of loops": lambda x, m, s: T.grad((last_of_loop(x, m) ** 2).sum(), [x, m]),
    "directions of loops": lambda x, m, s: T.Rop(last_of_loop(x, m), [x, m], [x, m]),
    "second derivatives of loops": lambda x, m, s: [T.hessian(last_of_loop(x, m).sum(), x),
                                                   T.jacobian(last_of_loop(x, m), x)],
    "loops that end": lambda x, m, s: [y := until_large(x), T.grad(y.sum(), x), T.Rop(y, x, x)],
    "checkpoints": lambda x, m, s: [y := last_of_loop(x, m, checkpoint=2), *T.grad((y ** 2).sum(), [x, m]),
                                    T.Rop(y, x, x)],
    "checkpoints of scan": lambda x, m, s: T.grad(theano.scan_checkpoints(
        lambda v: T.tanh(T.dot(m, v)), outputs_info=x, n_steps=4, save_every_N=2)[0].sum(), m),
    "nested loops": lambda x, m, s: T.grad(theano.map(lambda a: last_of_loop(x, a), s)[0].sum(), s),
}


@pytest.mark.parametrize("name", CASES)
def test_they_are_what_the_function_gives(name):
    with config.change_flags(compute_test_value="raise"):
        inputs = [given(STACK[0, 0]), given(STACK[0]), given(STACK)]
        found = CASES[name](*inputs)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        f = theano.function(inputs, found, on_unused_input="ignore")
    for variable, expected in zip(found, f(*(x.tag.test_value for x in inputs)), strict=True):
        assert variable.tag.test_value.shape == expected.shape
        np.testing.assert_allclose(variable.tag.test_value, expected, rtol=1e-6, atol=1e-9)


def test_functions_are_built_of_graphs_without_them():
    x = T.dmatrix()
    y = T.log(T.nnet.softmax(T.dot(x, x.T))).sum()
    with config.change_flags(compute_test_value="raise"):
        f = theano.function([x], y)
        assert f.maker.fgraph.toposort()
    assert np.isfinite(f(STACK[0]))


def test_a_value_that_is_missing_is_told():
    with config.change_flags(compute_test_value="raise"), pytest.raises(ValueError, match="has no|has none"):
        T.jacobian(given(STACK[0, 0]) * 2 * afterwards(lambda x: x + 1)(T.dvector("nothing")), T.dvector())
