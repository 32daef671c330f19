"""The names that programs use most, each called as they call it."""

import numpy as np
import pytest
import scipy.sparse
import scipy.special
import scipy.stats
import theano.gof
import theano.gof.graph
import theano.sandbox.rng_mrg
import theano.scan_module
import theano.tensor.extra_ops
import theano.tensor.nnet.abstract_conv
import theano.tensor.shared_randomstreams
import theano.tensor.sharedvar
from theano.compile.ops import as_op

import theano
import theano.sparse
import theano.tensor as T
import theano.tensor.nnet.conv
import theano.tensor.signal.pool

RNG = np.random.RandomState(3)
ARRAYS = {"x": RNG.rand(3, 4) + 0.1, "y": RNG.rand(3, 4) - 0.5, "v": RNG.rand(4), "k": np.array([2, 0, 1]),
          "i": RNG.rand(1, 1, 4, 4), "f": RNG.rand(1, 1, 2, 2), "p": RNG.rand(3),
          "q": (RNG.rand(3) > 0.5).astype(float)}
X, Y, V, K, IMAGE, FILTER, P, Q = ARRAYS.values()
SHARP = 1 / (1 + np.exp(-Y))


def valid(image, kernel):
    """The convolution of one image, where the kernel lies inside."""
    flipped = kernel[0, 0, ::-1, ::-1]
    return np.array([[[[(image[0, 0, r:r + 2, c:c + 2] * flipped).sum() for c in range(3)] for r in range(3)]]])


VALUES = {                      # expression: what it is in NumPy
    **{f"T.{name}(x)": getattr(np, name)(X) for name in (
        "sqrt", "log", "sum", "tanh", "exp", "mean", "argmax", "max", "zeros_like", "ones_like", "prod",
        "square", "round",
        "transpose", "min", "sin", "isnan", "isinf", "floor", "cos", "var", "ceil", "sort")},
    "T.dot(x, x.T)": X @ X.T, "T.cast(x, 'int32')": X.astype(int), "T.arange(5)": np.arange(5),
    "T.concatenate([x, y], axis=1)": np.concatenate([X, Y], 1), "T.abs_(y)": abs(Y),
    "T.switch(y > 0, x, y)": np.where(Y > 0, X, Y), "T.sqr(y)": Y ** 2,
    "T.maximum(x, y)": np.maximum(X, Y), "T.minimum(x, y)": np.minimum(X, Y),
    "T.alloc(v, 2, 4)": np.tile(V, (2, 1)), "T.clip(y, -0.1, 0.1)": Y.clip(-0.1, 0.1),
    "T.eq(k, 1)": K == 1, "T.neq(k, 1)": K != 1, "T.gt(y, 0)": Y > 0, "T.ge(k, 1)": K >= 1,
    "T.lt(y, 0)": Y < 0, "T.le(k, 1)": K <= 1, "T.zeros((2, 3))": np.zeros((2, 3)), "T.ones(2)": np.ones(2),
    "T.set_subtensor(v[1:3], 0)": np.r_[V[0], 0, 0, V[3]], "T.stack([v, v])": np.stack([V] * 2),
    "T.inc_subtensor(v[:1], 1)": V + [1, 0, 0, 0], "T.reshape(x, (4, 3))": X.reshape(4, 3),
    "T.flatten(x)": X.ravel(), "T.repeat(v, 2)": V.repeat(2), "T.sgn(y)": np.sign(Y),
    "T.extra_ops.repeat(x, 2, axis=1)": X.repeat(2, 1), "T.add(x, y)": X + Y,
    "T.mul(x, y)": X * Y, "T.pow(x, 2)": X ** 2, "T.inv(x)": 1 / X,
    "T.shape_padleft(v)": V[None], "T.shape_padright(v)": V[:, None], "T.eye(3)": np.eye(3),
    "T.tile(v, (2,))": np.tile(V, 2), "T.tensordot(x, x, [[1], [1]])": X @ X.T,
    "T.all(x > 0)": True, "T.or_(y > 0, y < -1)": Y > 0, "T.constant([1, 2])": np.array([1, 2]),
    "T.as_tensor_variable(3.5) + T.as_tensor(1)": 4.5, "T.grad(T.sqr(v).sum(), v)": 2 * V,
    "theano.grad(T.dot(v, v), v)": 2 * V, "T.Rop(v ** 2, v, v)": 2 * V ** 2,
    "T.patternbroadcast(v.reshape((1, 4)), (True, False)) + x": V + X,
    "T.addbroadcast(v.reshape((1, 4)), 0) + x": V + X,
    "T.unbroadcast(T.shape_padleft(v), 0)": V[None], "T.extra_ops.to_one_hot(k, 4)": np.eye(4)[K],
    "T.nnet.sigmoid(y)": SHARP, "T.nnet.hard_sigmoid(y)": np.clip(0.2 * Y + 0.5, 0, 1),
    "T.nnet.softplus(y)": np.log1p(np.exp(Y)), "T.nnet.relu(y)": np.maximum(Y, 0),
    "T.nnet.softmax(y)": scipy.special.softmax(Y, axis=1),
    "T.nnet.binary_crossentropy(p, q)": -(Q * np.log(P) + (1 - Q) * np.log(1 - P)),
    "T.nnet.categorical_crossentropy(T.nnet.softmax(y), k)":
        -np.log(scipy.special.softmax(Y, axis=1))[np.arange(3), K],
    "T.nnet.conv2d(i, f)": valid(IMAGE, FILTER), "T.nnet.conv.conv2d(i, f)": valid(IMAGE, FILTER),
    "T.signal.pool.pool_2d(i, (2, 2), ignore_border=True)": IMAGE.reshape(1, 1, 2, 2, 2, 2).max((3, 5)),
    "theano.ifelse.ifelse(T.gt(v[0], 2), v, -v)": -V, "theano.printing.Print('v', global_fn=print_nothing)(v)": V,
    "theano.scan(lambda a, s: a + s, sequences=v, outputs_info=T.constant(0.0))[0]": np.cumsum(V),
    "theano.scan(lambda s: (s + 1, theano.scan_module.until(s > 2)), outputs_info=T.constant(0.0), n_steps=9)[0]":
        np.arange(1.0, 5),
    "theano.gradient.disconnected_grad(v)": V, "T.grad(theano.gradient.grad_clip(v, -1, 1).sum() * 9, v)": np.ones(4),
    "theano.clone(v + 1, replace={v: 2 * v})": 2 * V + 1, "T.Elemwise(theano.scalar.add)(x, y)": X + Y,
}


def print_nothing(op, value):
    """In place of what prints."""


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_values(mode):
    variables = {k: T.TensorType(str(a.dtype), (False,) * a.ndim)(k) for k, a in ARRAYS.items()}
    names = {"theano": theano, "T": T, "print_nothing": print_nothing, **variables}
    outputs = [eval(text, names) for text in VALUES]
    found = theano.function(list(variables.values()), outputs, mode=mode)(*ARRAYS.values())
    for text, value, expected in zip(VALUES, found, VALUES.values(), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-12, err_msg=text)


CONSTRUCTORS = {"matrix": ("floatX", 2), "vector": ("floatX", 1), "scalar": ("floatX", 0), "tensor3": ("floatX", 3),
                "tensor4": ("floatX", 4), "ivector": ("int32", 1), "imatrix": ("int32", 2), "iscalar": ("int32", 0),
                "lscalar": ("int64", 0), "lvector": ("int64", 1), "lmatrix": ("int64", 2), "dmatrix": ("float64", 2),
                "dvector": ("float64", 1), "fmatrix": ("float32", 2)}


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_constructors(name):
    dtype, ndim = CONSTRUCTORS[name]
    x = getattr(T, name)("x")
    assert x.dtype == (theano.config.floatX if dtype == "floatX" else dtype) and x.ndim == ndim and x.name == "x"
    assert isinstance(x, T.TensorVariable) and isinstance(x, (theano.Variable, theano.gof.Variable, T.Variable))
    assert x.type == T.TensorType(x.dtype, (False,) * ndim)


def test_random_streams_are_uniform_and_normal():
    for streams in (theano.sandbox.rng_mrg.MRG_RandomStreams(7), T.shared_randomstreams.RandomStreams(7)):
        uniform, normal = theano.function([], [streams.uniform((2000,)), streams.normal((2000,))])()
        assert scipy.stats.kstest(uniform, "uniform").pvalue > 1e-4 and scipy.stats.kstest(normal, "norm").pvalue > 1e-4
        assert set(theano.function([], streams.binomial((50,), p=0.5))()) == {0, 1}


def test_functions_with_state_and_defaults():
    s, x = theano.shared(np.zeros(2)), T.dvector("x")
    assert isinstance(s, (T.sharedvar.TensorSharedVariable, T.sharedvar.SharedVariable, theano.compile.SharedVariable))
    f = theano.function([theano.In(x, value=np.ones(2))], s.sum(), updates=[(s, s + x)],
                        mode=theano.Mode("cvm", "fast_run"))
    assert f() == 0 and f(np.array([1.0, 2.0])) == 2 and list(s.get_value()) == [2, 3]
    a, b = T.matrices("a", "b")
    assert theano.gof.graph.inputs([a + b + 1])[:2] == [a, b]
    assert isinstance((a + b).owner, (theano.Apply, theano.gof.Apply))
    assert isinstance(T.constant(1), (T.Constant, T.TensorConstant))


def test_ops_of_users():
    @as_op(itypes=[T.dvector], otypes=[T.dvector])
    def doubled(x):
        return 2 * x

    class Halved(theano.Op):
        __props__ = ()

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] / 2

        def grad(self, inputs, output_grads):
            return [theano.gradient.grad_not_implemented(self, 0, inputs[0], "of no use")]
    x = T.dvector("x")
    np.testing.assert_array_equal(theano.function([x], Halved()(doubled(x)))([1.0, 3.0]), [1, 3])
    with pytest.raises(theano.gradient.NullTypeGradError, match="of no use"):
        T.grad(Halved()(x).sum(), x)
    assert theano.gof.Op is theano.Op


def test_gradient_of_a_convolution_by_its_op():
    i, f, g = T.dtensor4(), T.dtensor4(), T.dtensor4()
    op = T.nnet.abstract_conv.AbstractConv2d_gradInputs(imshp=(1, 1, 4, 4), kshp=(1, 1, 2, 2), border_mode="valid")
    top = RNG.rand(1, 1, 3, 3)
    expected = theano.function([i, f, g], T.grad((T.nnet.conv2d(i, f) * g).sum(), i))(IMAGE, FILTER, top)
    found = theano.function([f, g], op(f, g, T.constant([4, 4])))(FILTER, top)
    np.testing.assert_allclose(found, expected)


def test_sparse_matrices(capsys):
    x = theano.sparse.csr_matrix("x", dtype="float64")
    f = theano.function([x], theano.sparse.dense_from_sparse(x * 2))
    np.testing.assert_array_equal(f(scipy.sparse.csr_matrix(np.eye(2))), 2 * np.eye(2))
    theano.printing.debugprint(x * 2)
    assert "Mul" in capsys.readouterr().out


def test_flags_that_programs_read():
    assert theano.config.floatX in ("float64", "float32") and theano.config.device == "cpu"
    assert isinstance(theano.config.mode, str) and theano.config.compute_test_value == "off"
