"""Memory plans: the formula, and how near it comes to what is measured."""

import numpy as np
import pytest

import theano
import theano.tensor as tt

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def native_mode():
    """Whatever mode the tests run in."""
    with theano.config.change_flags(mode="Mode", linker="cvm"):
        yield


def values(*shapes, dtype="float64"):
    return [RNG.uniform(0.1, 1, shape).astype(dtype) for shape in shapes]


def network(depth):
    x, y = tt.dmatrix("x"), tt.lvector("y")
    weights = [theano.shared(RNG.normal(size=(30, 30)), name=f"w{k}") for k in range(depth)]
    h = x
    for w in weights:
        h = tt.tanh(tt.dot(h, w))
    cost = tt.nnet.categorical_crossentropy(tt.nnet.softmax(h), y).mean()
    steps = [(w, w - 0.1 * g) for w, g in zip(weights, tt.grad(cost, weights), strict=True)]
    return theano.function([x, y], cost, updates=steps), [*values((400, 30)), RNG.integers(0, 30, 400)]


def product_chain(n):
    x = tt.dmatrix("x")
    y = x
    for _ in range(n):
        y = tt.dot(tt.exp(y / 100), y) / 100
    return theano.function([x], y), values((120, 120))


def simple(build, *shapes, dtype="float64"):
    inputs = [tt.TensorType(dtype, (False,) * len(shape))(name) for name, shape in zip("xyz", shapes, strict=False)]
    return theano.function(inputs, build(*inputs)), values(*shapes, dtype=dtype)


CASES = {
    "exp": lambda: simple(tt.exp, (300, 40)),
    "two results": lambda: simple(lambda x: [tt.exp(x), tt.log(x)], (300, 40)),
    "float32": lambda: simple(lambda x, y: tt.dot(x, y) + 1, (200, 50), (50, 80), dtype="float32"),
    "sum": lambda: simple(lambda x: tt.sqr(x).sum(axis=0), (300, 40)),
    "product and sum": lambda: simple(lambda x: tt.dot(x, x.T).sum(axis=1), (200, 30)),
    "products": lambda: product_chain(1),
    "chain of 3": lambda: product_chain(3),
    "chain of 8": lambda: product_chain(8),
    "network": lambda: network(1),
    "deeper network": lambda: network(3),
    "deep network": lambda: network(8),
    "softmax": lambda: simple(lambda x: tt.nnet.softmax(x).max(axis=1), (300, 40)),
    "join": lambda: simple(lambda x, y: tt.concatenate([tt.dot(x, y), x], axis=1), (100, 60), (60, 60)),
    "gather": lambda: simple(lambda x: tt.exp(tt.dot(x, x))[::2] + 1, (100, 100)),
    "transposed": lambda: simple(lambda x: tt.dot(tt.exp(x.T), x), (100, 70)),
    "reshape": lambda: simple(lambda x: tt.dot(tt.exp(x).reshape((50, 140)), tt.log(x).reshape((140, 50))), (100, 70)),
    "gradient": lambda: simple(lambda x: tt.grad(tt.sum(tt.dot(tt.tanh(tt.dot(x, x)), x)), x), (90, 90)),
    "several dims": lambda: simple(lambda x: tt.exp(x).sum(axis=(0, 2)) + x.max(axis=(0, 2)), (30, 40, 20)),
    "vector": lambda: simple(lambda x, y: tt.dot(tt.exp(tt.dot(y, x)), x), (100, 100), (150, 100)),
    "sorted": lambda: simple(lambda x: tt.sort(tt.dot(x, x), axis=1) * 2, (100, 100)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_plan_is_what_is_measured(name):
    function, arguments = CASES[name]()
    plan = function.memory_plan()
    function(*arguments)
    function(*arguments)
    buffers, slots = function.fn._machine.memory()
    arrays = sum(slots[k] for k, slot in enumerate(function.fn.program.slots) if slot[2] == "array")
    measured = sum(buffers) + arrays
    assert plan.bytes(*arguments) == pytest.approx(measured, rel=0.1, abs=256)
    assert plan.bytes(*arguments) <= 1.2 * plan.lower_bound(*arguments) + 256


def test_the_formula_has_the_names_of_the_inputs():
    x, y = tt.dmatrices("x", "y")
    plan = theano.function([x, y], tt.dot(tt.exp(x), y).sum(axis=1)).memory_plan()
    environment = {"x": np.ones((7, 5)), "y": np.ones((5, 3)), "max": max}
    assert eval(plan.formula, environment) == plan.bytes(environment["x"], environment["y"])
    assert "x.shape[0]" in plan.formula and "y.shape[1]" in plan.formula
    text = str(plan)
    assert text.startswith(f"bytes = {plan.formula}") and "arrays made in every call" in text


def test_extents_that_depend_on_values():
    n, x = tt.lscalar("n"), tt.dvector("x")
    function = theano.function([n, x], tt.outer(tt.exp(tt.arange(n, dtype="float64")), x[:n]))
    plan = function.memory_plan()
    small, large = plan.bytes(10, np.ones(100)), plan.bytes(100, np.ones(100))
    assert large > 50 * small > 0
    assert all(name in plan.formula or name not in plan.origins for name in plan.origins)


def test_extents_inside_of_functions_with_shared_variables():
    x, w = tt.dvector("x"), theano.shared(np.ones(1000))
    plan = theano.function([x], tt.outer(tt.exp(w), x[:x.shape[0] // 2]).sum(axis=1)[::2].copy()).memory_plan()
    assert plan.bytes(np.ones(100)) >= 500 * 8


def test_values_in_one_buffer_count_once():
    function, arguments = product_chain(8)
    plan = function.memory_plan()
    assert len(plan.buffers) < len(plan.lives)
    assert plan.bytes(*arguments) < sum(size.bytes({s: 120 for s in plan.names}) for _, _, size in plan.lives)


def test_functions_without_a_plan_say_so():
    x = tt.dvector("x")
    function = theano.function([x], x + 1, mode=theano.Mode("py", "fast_run"))
    with pytest.raises(TypeError, match="has no memory plan"):
        function.memory_plan()


def test_programs_from_the_cache_have_one_too():
    x = tt.dmatrix("x")
    plans = [theano.function([x], tt.dot(tt.exp(x), x)).memory_plan() for _ in range(2)]
    assert plans[0].formula == plans[1].formula
