"""Reverse mode: every option of `grad`, its rules, its errors."""

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import DisconnectedInputError, NullTypeGradError
from theano.gradient import DisconnectedType, NullType


def value(expression, **given):
    """The value of an expression, with its inputs given by name."""
    inputs = {v.name: v for v in theano.graph.walk.inputs([expression]) if v.name in given}
    return expression.eval({inputs[name]: x for name, x in given.items() if name in inputs})


@pytest.fixture
def x():
    return T.dvector("x")


@pytest.fixture
def y():
    return T.dvector("y")


# -- what is asked for ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple])
def test_gradients_come_as_wrt(kind, x, y):
    found = T.grad((x * y).sum(), kind([x, y]))
    assert type(found) is kind
    assert value(found[0], x=[1., 2], y=[3., 4]).tolist() == [3, 4]
    assert T.grad((x * y).sum(), kind([])) == kind([])


def test_gradients_are_named(x):
    cost = (x ** 2).sum()
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost * 1, x).name is None
    other = (x ** 3).sum()
    other.name = "other"
    assert T.grad(other, x, add_names=False).name is None


def test_gradient_of_the_cost_by_itself_is_one():
    for dtype in ("int32", "float32"):
        c = T.scalar(dtype=dtype)
        assert T.grad(c, c).eval({c: 12}) == 1


def test_by_an_intermediate_variable(x):
    z = x * 2
    assert value(T.grad((z ** 2).sum(), z), x=[1., 2]).tolist() == [4, 8]


def test_by_an_expression_made_again(x):
    """``x[1:]`` made once more means the one in the graph; where there are several, all of them."""
    assert value(T.grad((x[1:] ** 2).sum(), x[1:]), x=[1., 2, 3]).tolist() == [4, 6]
    assert value(T.grad((x[1:] ** 2).sum() + x[1:].sum(), x[1:]), x=[1., 2, 3]).tolist() == [5, 7]
    part = x[1:]
    cost = (part ** 2).sum() + x[1:].sum()
    assert value(T.grad(cost, part), x=[1., 2, 3]).tolist() == [4, 6]
    with pytest.raises(DisconnectedInputError):
        T.grad((x[1:] ** 2).sum(), x[2:])


def test_variables_used_often_and_twice_in_a_node(x):
    z = x * x
    assert value(T.grad((z * z + z + x).sum(), x), x=[1., 2]).tolist() == [4 + 2 + 1, 32 + 4 + 1]


def test_depth_is_no_limit():
    s = z = T.dscalar("s")
    for _ in range(3000):
        z = z * 1.0001
    assert T.grad(z, s).eval({s: 1.0}) == pytest.approx(1.0001 ** 3000)


# -- known gradients, constants ----------------------------------------------------------------------------------


def test_known_gradients_replace_what_would_be_computed(x):
    z = x ** 2
    cost = (z * 3).sum()
    assert value(T.grad(cost, x, known_grads={z: T.ones_like(z)}), x=[1., 2]).tolist() == [2, 4]
    assert value(T.grad(None, x, known_grads={z: x}), x=[1., 2]).tolist() == [2, 8]
    assert value(T.grad(None, [z, x], known_grads={z: x})[0], x=[1., 2]).tolist() == [1, 2]


def test_known_gradients_add_to_the_cost(x):
    z = x ** 2
    assert value(T.grad(x.sum(), x, known_grads={z: T.ones_like(z)}), x=[1., 2]).tolist() == [3, 5]


def test_a_known_number_counts_for_every_element(x):
    assert value(T.grad(None, x, known_grads={x ** 2: T.constant(2.0)}), x=[1., 2]).tolist() == [4, 8]


def test_known_gradients_of_integers():
    k, g = T.iscalar("k"), T.dscalar("g")
    assert T.grad(None, k, known_grads={k: g}).eval({g: .6}) == .6


def test_known_gradients_that_do_not_exist(x):
    z = x * 2
    with pytest.raises(DisconnectedInputError):
        T.grad(None, x, known_grads={z: DisconnectedType()()})
    with pytest.raises(NullTypeGradError, match="mine"):
        T.grad(None, x, known_grads={z: NullType("mine")()})


@pytest.mark.parametrize("given, error, match", [
    (3.0, TypeError, "map to variables"), (T.lvector(), TypeError, "real or complex"),
    (T.dmatrix(), TypeError, "Ndim")])
def test_bad_known_gradients(x, given, error, match):
    with pytest.raises(error, match=match):
        T.grad(None, x, known_grads={x: given})


def test_gradients_stop_at_constants(x):
    z = x ** 2
    cost = (x * z).sum()
    assert value(T.grad(cost, x, consider_constant=[z]), x=[1., 3]).tolist() == [1, 9]
    assert value(T.grad(cost, z, consider_constant=[z]), x=[1., 3]).tolist() == [1, 3]
    with pytest.raises(DisconnectedInputError):
        T.grad(z.sum(), x, consider_constant=[z])


# -- what is not connected ---------------------------------------------------------------------------------------


def test_disconnected_inputs(x, y):
    cost = x.sum()
    with pytest.raises(DisconnectedInputError, match="y"):
        T.grad(cost, y)
    with pytest.warns(UserWarning, match="y"):
        T.grad(cost, y, disconnected_inputs="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = T.grad(cost, [x, y], disconnected_inputs="ignore")
    assert value(found[1], y=[1., 2]).tolist() == [0, 0]


def test_what_stands_for_disconnected(x, y):
    options = {"disconnected_inputs": "ignore"}
    assert T.grad(x.sum(), y, return_disconnected="None", **options) is None
    assert T.grad(x.sum(), y, return_disconnected=None, **options) is None
    assert isinstance(T.grad(x.sum(), y, return_disconnected="Disconnected", **options).type, DisconnectedType)
    assert value(T.grad(x.sum(), y, return_disconnected="zero", **options), y=[1.]).tolist() == [0]


CUTS = {                                # what the cost uses x for -> the op that the message names
    "shape": (lambda x: x.shape[0] * 1.0, "Shape"),
    "fill": (lambda x: T.zeros_like(x).sum(), "second"),
    "disconnected": (lambda x: theano.gradient.disconnected_grad(x).sum(), "DisconnectedGrad"),
    "index": (lambda x: T.constant([1., 2.])[T.cast(x, "int32")].sum(), "AdvancedSubtensor1"),
    "size": (lambda x: x.size * 1.0, "Shape"),
    "ones": (lambda x: T.ones_like(x).sum(), "second"),
    "slice": (lambda x: T.constant([1., 2.])[:T.cast(x[0], "int32")].sum(), r"Subtensor\{:int32:\}"),
    "pairs": (lambda x: T.constant([[1.]])[T.cast(x, "int32"), T.cast(x, "int32")].sum(), "AdvancedSubtensor"),
    "extent": (lambda x: T.alloc(1.0, T.cast(x[0], "int64")).sum(), "Alloc"),
    "range": (lambda x: (T.arange(x.shape[0]) * 1.0).sum(), "Shape"),
    "new shape": (lambda x: T.constant(np.ones(4)).reshape((T.cast(x[0], "int64"), 2)).sum(), "Reshape"),
    "size of a sample": (lambda x: T.shared_randomstreams.RandomStreams(1).uniform(x.shape).sum(), "Shape"),
    "labels": (lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(np.ones((2, 2))), T.cast(x, "int64")).sum(),
               "CrossentropyCategorical1Hot"),
    "repeats": (lambda x: T.repeat(T.constant([1.0]), T.cast(x, "int64")).sum(), "RepeatOp"),
    "promised shape": (lambda x: T.specify_shape(T.constant([1.0]), T.cast(x, "int64")).sum(), "SpecifyShape"),
    "number of steps": (lambda x: theano.scan(lambda v: v * 2, outputs_info=T.constant(1.0),
                                              n_steps=T.cast(x[0], "int64"))[0][-1], "AllocEmpty"),
}


def test_there_are_a_dozen_ways_to_cut_a_path():
    assert len(CUTS) >= 12


@pytest.mark.parametrize("name", CUTS)
def test_the_message_names_the_op_that_cut_the_path_and_its_line(name, x):
    build, op = CUTS[name]
    with pytest.raises(DisconnectedInputError, match=rf"{op}.* cut the path") as caught:
        T.grad(build(x), x)
    text = str(caught.value)
    assert "x was made at" in text and f"It was applied at {__file__}" in text


def test_the_message_names_the_nearest_ancestor_that_is_used(x):
    part = (x * 2)[1:]
    with pytest.raises(DisconnectedInputError, match="computed from x, which") as caught:
        T.grad(x.sum(), part)
    assert f"was made at {__file__}" in str(caught.value)


# -- gradients that do not exist ---------------------------------------------------------------------------------


class Doubled(theano.Op):
    """Twice the input; `derivative` says what grad gives."""

    __props__ = ()
    derivative = None

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def grad(self, inputs, output_grads):
        return type(self).derivative(self, inputs, output_grads)


def op(rule):
    """An instance of `Doubled` whose grad is ``rule``."""
    return type("Doubled", (Doubled,), {"derivative": staticmethod(rule)})()


@pytest.mark.parametrize("make, word", [(theano.gradient.grad_undefined, "not defined"),
                                        (theano.gradient.grad_not_implemented, "not implemented")])
def test_missing_gradients_name_op_and_input(make, word, x):
    cost = op(lambda self, inputs, grads: [make(self, 0, inputs[0], "Because.")])(x).sum()
    message = rf"Doubled by its input 0 \(x\) is {word}.*Because.*\n +It was applied at {__file__}:\d+:  cost = op"
    with pytest.raises(NullTypeGradError, match=message):
        T.grad(cost, x)
    found = T.grad(cost, x, null_gradients="return")
    assert isinstance(found.type, NullType) and word in found.type.why_null
    with pytest.raises(TypeError, match=word):
        theano.function([x], found, on_unused_input="ignore")
    null = T.grad(cost + (x ** 2).sum(), x, null_gradients="return")
    assert isinstance(null.type, NullType)              # a sum with something that does not exist
    with pytest.raises(ValueError, match="NaN cost"):
        T.grad(found, x)


@pytest.mark.parametrize("rule, error, match", [
    (lambda self, i, g: None, TypeError, "must return a list"),
    (lambda self, i, g: [], ValueError, "wrong number"),
    (lambda self, i, g: [None], ValueError, "returned None for input 0"),
    (lambda self, i, g: [i[0].astype("int32")], TypeError, "whole numbers"),
    (lambda self, i, g: [g[0].sum()], ValueError, "0 dimensions"),
])
def test_ops_with_bad_gradients(rule, error, match, x):
    with pytest.raises(error, match=match):
        T.grad(op(rule)(x).sum(), x)


@pytest.mark.parametrize("pattern", [[True], [], [[True, True]], [[True], [False]]])
def test_ops_with_bad_connection_patterns(pattern, x):
    class Unconnected(Doubled):
        def connection_pattern(self, node):
            return pattern

    with pytest.raises(ValueError, match="Unconnected.connection_pattern must return"):
        T.grad(Unconnected()(x).sum(), x)


def test_ops_without_gradient(x):
    class Nothing(Doubled):
        grad = None
    with pytest.raises(theano.errors.MethodNotDefined, match="no gradient") as caught:
        T.grad(Nothing()(x).sum(), x)
    assert isinstance(caught.value, AttributeError)         # PyMC3 looks for a minimum without gradients then


@pytest.mark.parametrize("options, match", [
    ({"disconnected_inputs": "maybe"}, "disconnected_inputs"), ({"null_gradients": "maybe"}, "null_gradients"),
    ({"return_disconnected": "maybe"}, "return_disconnected")])
def test_options_that_do_not_exist(options, match, x):
    with pytest.raises(ValueError, match=match):
        T.grad(x.sum(), x, **options)


@pytest.mark.parametrize("cost, wrt, error, match", [
    (T.dvector(), T.dvector(), TypeError, "scalar"), (T.zscalar(), T.zscalar(), TypeError, "real"),
    (None, T.dvector(), ValueError, "known_grads"), (3.0, T.dvector(), TypeError, "variable"),
    (T.dscalar(), 3.0, TypeError, "Expected Variable")])
def test_bad_requests(cost, wrt, error, match):
    with pytest.raises(error, match=match):
        T.grad(cost, wrt)
    with pytest.raises(TypeError, match="known_grads must be a dict"):
        T.grad(None, T.dvector(), known_grads=[T.dvector()])


# -- whole numbers, complex numbers, broadcasting -------------------------------------------------------------------


def test_integers_are_differentiated_as_floats():
    k, f = T.ivector("k"), T.dvector("f")
    for build in (lambda k: k * f, lambda k: f / k, lambda k: T.sqrt(k) * f, lambda k: f ** k, lambda k: T.exp(k) - f,
                  lambda k: T.switch(f > 1, k, f), lambda k: T.dot(k, f), lambda k: T.sum(k, dtype="float64") * f):
        real = T.dvector("k")
        by_integer, by_real = T.grad(build(k).sum(), k), T.grad(build(real).sum(), real)
        assert by_integer.type.dtype == "float64"
        np.testing.assert_allclose(value(by_integer, k=np.array([2, 3], "int32"), f=[0.5, 1.5]),
                                   value(by_real, k=[2., 3.], f=[0.5, 1.5]))


def test_small_integers_do_not_overflow():
    k = T.bvector("k")
    found = T.grad((1.0 / k).sum(), k)
    np.testing.assert_allclose(found.eval({k: np.array([100], "int8")}), [-1e-4], rtol=1e-5)


@pytest.mark.parametrize("step", [T.floor, T.round, T.sgn, lambda x: T.cast(x, "int32") * 1.0,
                                  lambda x: (x > 1) * 2.0, lambda x: T.argmax(x) * 1.0, lambda x: T.ceil(x) // 2.0])
def test_steps_are_flat(step, x):
    assert value(T.grad(step(x).sum(), x), x=[0.5, 1.5]).tolist() == [0, 0]


def test_what_becomes_an_integer_has_gradient_zero():
    k = T.ivector("k")
    assert T.grad((k * 2).sum() * 1.0, k).eval({k: [1, 2]}).tolist() == [0, 0]


def test_dtypes_follow_the_inputs():
    x, k = T.fscalar(), T.lscalar()
    gx, gk = T.grad(x * 2 + k, [x, k])
    assert gx.type.dtype == "float32" and gk.type.dtype in ("float32", "float64")


COMPLEX = {                             # f of z = a + ib, real
    "abs": lambda z: abs(z), "square": lambda z: (z * z).real, "real": T.real, "imag": T.imag,
    "conjugate": lambda z: (z * T.conj(z) * (1 + 2j)).imag,
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers(name):
    """The gradient by z is that by its real part plus i times that by its imaginary part."""
    z = T.zvector("z")
    cost = COMPLEX[name](z).sum()
    f, at, e = theano.function([z], cost), np.array([1 + 2j, 0.5 - 1j]), 1e-6
    slopes = [(f(at + e * d) - f(at - e * d)) / (2 * e) + 1j * (f(at + 1j * e * d) - f(at - 1j * e * d)) / (2 * e)
              for d in np.eye(2)]
    np.testing.assert_allclose(T.grad(cost, z).eval({z: at}), slopes, rtol=1e-6, atol=1e-8)


PATTERNS = [((3, 2), (3, 2)), ((3, 2), (1, 2)), ((3, 1), (1, 2)), ((1, 1), (3, 2)), ((1, 2), (1, 2)), ((0, 2), (1, 2)),
            ((3, 1), (3, 0)), ((3, 2), (1, 1))]


@pytest.mark.parametrize("shapes", PATTERNS, ids=str)
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_gradients_have_the_shapes_of_what_was_broadcast(shapes, known, mode):
    """Whether an extent of 1 is in the type or comes out at run time."""
    a, b = (T.TensorType("float64", [known and n == 1 for n in shape])(name)
            for shape, name in zip(shapes, "ab", strict=True))
    f = theano.function([a, b], T.grad((T.exp(a) * b ** 2).sum(), [a, b]), mode=mode)
    rng = np.random.RandomState(3)
    va, vb = (rng.rand(*shape) for shape in shapes)
    ga, gb = np.exp(va) * vb ** 2, np.exp(va) * 2 * vb
    for found, full, shape in zip(f(va, vb), (ga, gb), shapes, strict=True):
        axes = tuple(d for d, n in enumerate(shape) if n == 1)
        np.testing.assert_allclose(found, full.sum(axis=axes, keepdims=True))
        assert found.shape == shape
