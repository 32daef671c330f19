"""The programs of the founding documents run, and give the numbers that the documents print.

`BLOCKS` lists every code block of every document: the test that covers it, or what it waits for.
"""

import importlib.util
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import profiling

EXAMPLES = Path(__file__).parents[2] / "examples"
F = [1.79048354, 0.03158954, -0.26423186]                       # as printed
G = [0.9421594, 0.73722395, 0.67606977]
PRINTED = {                                                     # without addresses, and the branches as they are now
    "dot": """dot
 |x
 |W""",
    "out": """sigmoid
 |Elemwise{add,no_inplace}
   |dot
   | |x
   | |W
   |b""",
    "f": """Gemv{inplace}
 |AllocEmpty{dtype='float64'}
 | |Shape_i{1}
 |   |W
 |TensorConstant{1.0}
 |InplaceDimShuffle{1,0} 'W.T'
 | |W
 |x
 |TensorConstant{0.0}""",
    "g": """Elemwise{ScalarSigmoid}[(0, 0)]
 |Gemv{no_inplace}
   |b
   |TensorConstant{1.0}
   |InplaceDimShuffle{1,0} 'W.T'
   | |W
   |x
   |TensorConstant{1.0}""",
    "prediction": """Elemwise{gt,no_inplace}
 |Elemwise{true_div,no_inplace}
 | |InplaceDimShuffle{x}
 | | |TensorConstant{1}
 | |Elemwise{add,no_inplace}
 |   |InplaceDimShuffle{x}
 |   | |TensorConstant{1}
 |   |Elemwise{exp,no_inplace}
 |     |Elemwise{sub,no_inplace}
 |       |Elemwise{neg,no_inplace}
 |       | |dot
 |       |   |x
 |       |   |w
 |       |InplaceDimShuffle{x}
 |         |b
 |InplaceDimShuffle{x}
   |TensorConstant{0.5}""",
}
PPRINTED = r"gt((TensorConstant{1} / (TensorConstant{1} + exp(((-(x \dot w)) - b)))), TensorConstant{0.5})"
DOT_PLUS_B = [2.79048354, 1.03158954, 0.73576814]
STANDARDIZED = [1.90651511, 0.60431744, -0.64253361]

SCAN, GPU, DEBUG = "scan", "GPU arrays", "DebugMode"
BLOCKS = {
    "introduction (2011)": [
        ("network trained by NumPy", "test_two_layer_network"),
        ("the same network in Theano", "test_two_layer_network"),
    ],
    "tutorial (2011)": [
        ("a + a**10 at the prompt", "test_simple_example"),
        ("exercise 1: the program", "test_simple_example"),
        ("exercise 1: a**2 + b**2 + 2*a*b", "test_simple_example"),
        ("exercise 1: pydotprint", "test_drawings"),
        ("logistic regression", "test_logistic_regression_is_gradient_descent"),
        ("what is rewritten: log(1 + exp), sigmoid, log(1 - sigmoid)", "test_rewrites_of_the_logistic_regression"),
        ("flags by environment and file", "test_flags"),
        ("exercise 2: names, test values, floatX", "test_logistic_regression_in_single_precision"),
        ("exercise 2: which operation does the product", "test_products_are_blas_calls"),
        ("exercise 2: pydotprint", "test_drawings"),
        ("dtypes, broadcastable patterns", "test_constructors"),
        ("gw, gb = T.grad(cost, [w, b])", "test_logistic_regression_is_gradient_descent"),
    ],
    "HPCS slides (2011)": [
        ("simple example", "test_simple_example"),
        ("its optimized graph: no pow, one fused operation", "test_simple_example"),
        ("logistic regression in five steps", "test_logistic_regression_is_gradient_descent"),
        ("its optimizations", "test_rewrites_of_the_logistic_regression"),
        ("flags", "test_flags"),
        ("casts: int32 with float32, the mean of integers", "test_casts"),
        ("exercise 2", "test_logistic_regression_in_single_precision"),
        ("dtypes, broadcastable patterns", "test_constructors"),
        ("pprint and debugprint of a variable", "test_printed_prediction"),
        ("debugprint of a function", "test_printed_function"),
        ("profile of functions, ops and nodes", "test_profile_of_the_logistic_regression"),
        ("exercise 4: where is the time spent", "test_profile_of_the_logistic_regression"),
        ("pydotprint of the graphs", "test_drawings"),
        ("mode=DebugMode", DEBUG),
        ("compute_test_value", "test_test_values_find_errors_early"),
        ("mode=FAST_COMPILE", "test_modes_agree"),
        ("scan: power", "test_power_as_a_loop"),
        ("scan: polynomial", "test_polynomial_as_a_loop"),
        ("exercise 5: the reduction by scan", "test_polynomial_as_a_loop"),
        ("PyCUDA", GPU),
        ("the contract of an op", "test_user_ops"),
        ("an op that doubles, and its test", "test_user_ops"),
        ("exercise 7: x * y, and x + y with x - y", "test_user_ops"),
        ("an op that makes a thunk", "test_user_ops"),
        ("the same on a GPU", GPU),
    ],
    "stack slides (2014)": [
        ("simple example", "test_simple_example"),
        ("its graph before and after", "test_drawings"),
        ("the right answer for log(1 + x)", "test_rewrites_of_the_logistic_regression"),
    ],
    "summer school slides (2015)": [
        ("symbolic inputs, an expression", "test_functions_of_one_layer"),
        ("debugprint of variables", "test_printed_layer"),
        ("debugprint of functions", "test_printed_layer"),
        ("compiling f, g, h and i", "test_functions_of_one_layer"),
        ("the operations of f and g", "test_operations_of_one_layer"),
        ("pydotprint of f, g and h", "test_drawings"),
        ("executing f, g, h and i", "test_functions_of_one_layer"),
        ("rows and columns", "test_broadcasting"),
        ("no side effects: inc_subtensor, set_subtensor", "test_new_variables_instead_of_assignments"),
        ("Python keywords", "test_python_statements_are_refused"),
        ("ifelse, scan in their place", SCAN),
        ("givens", "test_givens_and_clone"),
        ("clone with replacement", "test_givens_and_clone"),
        ("theano.grad", "test_gradients_of_one_layer"),
        ("cost_and_grads, cost_and_upd", "test_gradients_of_one_layer"),
        ("updating values by hand", "test_updates"),
        ("shared variables", "test_updates"),
        ("updating shared variables", "test_updates"),
        ("x / x, log(1 + x), merging, constants", "test_rewrites_of_expressions"),
        ("modes", "test_modes_agree"),
        ("device=gpu", GPU),
        ("flags in the shell, in Python and in a file", "test_flags"),
        ("as_op", "test_user_ops"),
    ],
}


def example(name):
    """A program of the examples as a module."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def operations(function):
    """Names of the operations of a compiled function."""
    return [str(node.op) for node in function.maker.fgraph.toposort()]


def tree(thing):
    """What debugprint says, without addresses and positions."""
    lines = theano.printing.debugprint(thing, file="str").rstrip().split("\n")
    return "\n".join(re.sub(r" \[id \w+\]| ''| +\d*$", "", re.sub(r" +\d*$", "", line)) for line in lines)


def printed(name, **flags):
    """What an example prints when it runs as a program."""
    environment = dict(os.environ)
    environment["THEANO_FLAGS"] += "".join(f",{k}={v}" for k, v in flags.items())
    environment["PYTHONPATH"] = str(Path(theano.__file__).parents[1])
    done = subprocess.run([sys.executable, "-W", "error", EXAMPLES / f"{name}.py"], env=environment, text=True,
                          capture_output=True, check=True)
    return done.stdout


def test_every_block_has_a_test_or_a_reason():
    reasons = {SCAN, GPU, DEBUG}
    for rows in BLOCKS.values():
        for block, covered_by in rows:
            assert covered_by in reasons or callable(globals().get(covered_by)), block


# -- the simple example -------------------------------------------------------------------------------------


@theano.change_flags(mode="FAST_RUN")
def test_simple_example():
    module = example("simple_example")
    f = module.powers()
    assert f([0, 1, 2]).tolist() == [0, 2, 1026]
    name, = operations(f)
    assert name.startswith("Elemwise{Composite{") and "pow" not in name
    g = module.square_of_sum()
    np.testing.assert_allclose(g([1, 2, 3], [4, 5, 6]), [25, 49, 81])
    assert len(operations(g)) == 1
    assert "1026" in printed("simple_example")


def test_two_layer_network():
    module = example("two_layer_network")
    x, y = module.data()
    errors, found = module.by_theano(x, y, 5)
    expected_errors, expected = module.by_numpy(x, y, 5)
    np.testing.assert_allclose(errors, expected_errors)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


@theano.change_flags(mode="FAST_RUN")
def test_power_as_a_loop():
    f = example("scan_pow").power()
    assert f(range(10), 2).tolist() == [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
    at = np.random.RandomState(0).rand(3000).astype(theano.config.floatX)
    np.testing.assert_allclose(f(at, 7), at**7, rtol=1e-5)
    with pytest.raises(IndexError):
        f([1], 0)
    assert "81" in printed("scan_pow")


@theano.change_flags(mode="FAST_RUN")
def test_polynomial_as_a_loop():
    module = example("scan_poly")
    coefficients = np.asarray([1, 0, 2], theano.config.floatX)
    for f in (module.sum_outside(), module.sum_inside()):
        assert f(coefficients, 3) == 19
        np.testing.assert_allclose(f(coefficients[:1], 0.3), 1)
    assert module.slope()(coefficients, 3) == 12
    assert printed("scan_poly").count("19.0") == 2


def test_drawings(tmp_path):
    module = example("drawing")
    written = {path.stem: path for path in module.draw(tmp_path)}
    assert set(written) == {"power_as_written", "power_optimised", "prediction", "predict", "train"}
    page = (tmp_path / "train.html").read_text(encoding="utf-8")
    assert "gemv" in page.lower() and '"seconds": null' in page
    b, f = module.power()
    count = [theano.printing.pydotprint(v, format="dot", return_image=True).count(b"ellipse") for v in (b, f)]
    assert count == [3, 1]                              # a power, a sum and a view; one fused operation
    assert "written" in printed("drawing")


# -- logistic regression ------------------------------------------------------------------------------------


def descent(x, y, w, b, steps, rate):
    """Weights and bias after gradient descent, derivatives by hand."""
    for _ in range(steps):
        wrong = (1 / (1 + np.exp(-(x @ w + b))) - y) / len(y)
        w, b = w - rate * (x.T @ wrong + 0.02 * w), b - rate * wrong.sum()
    return w, b


def test_logistic_regression_is_gradient_descent():
    module = example("logistic_regression")
    x, y = module.data()
    train, predict, w, b = module.build()
    w_expected, b_expected = descent(x, y, w.get_value(), b.get_value(), 30, 0.1)
    for _ in range(30):
        prediction, xent = train(x, y)
    assert prediction.dtype == bool and xent.shape == y.shape
    np.testing.assert_allclose(w.get_value(), w_expected)
    np.testing.assert_allclose(b.get_value(), b_expected)
    for _ in range(970):
        train(x, y)
    assert (predict(x) == y).all()
    text = printed("logistic_regression")
    assert "matrix products by BLAS" in text and text.endswith("all right\n")


def test_logistic_regression_in_single_precision():
    module = example("logistic_regression")
    with theano.change_flags(floatX="float32", compute_test_value="raise"):
        x, y = module.data()
        train, predict, w, b = module.build(rate=0.01)
        w_expected, _ = descent(x, y, w.get_value(), b.get_value(), 10, 0.01)
        for _ in range(10):
            _, xent = train(x, y)
    assert xent.dtype == w.get_value().dtype == b.get_value().dtype == "float32"
    np.testing.assert_allclose(w.get_value(), w_expected, rtol=1e-3, atol=1e-4)
    assert all(getattr(v.type, "dtype", "") != "float64" for v in train.maker.fgraph.variables)
    assert "all right" in printed("logistic_regression", floatX="float32")


def test_profile_of_the_logistic_regression():
    module = example("logistic_regression")
    mode, text = theano.ProfileMode("cvm", "fast_run"), io.StringIO()
    with theano.change_flags({"ProfileMode.profile_memory": True}):
        x, y = module.data()
        train, predict, _, _ = module.build(mode=mode)
        for _ in range(20):
            train(x, y)
        predict(x)
        mode.print_summary(file=text)
    profiling._to_print[:] = [p for p in profiling._to_print if p not in mode.profiles]     # nothing at exit
    said = text.getvalue()
    functions = said.split("<fct name>")[1].split("\n\n")[0].splitlines()[1:]
    assert [line.split()[-2:] for line in functions] == [["20", "train"], ["1", "predict"]]
    assert "Time in 21 calls to Function.__call__" in said
    for section in ("Class\n---", "Ops\n---", "Apply\n---", "Memory profile\n---", "saved by inplace (KB)", "tips"):
        assert section in said
    assert "Gemv" in said.split("Ops\n---")[1].split("Apply\n---")[0]


@theano.change_flags(mode="FAST_RUN")
def test_products_are_blas_calls():
    module = example("logistic_regression")
    train, predict, _, _ = module.build()
    assert module.uses_blas(train)
    assert any(name.startswith(("Gemv{", "dot")) for name in operations(predict))
    assert operations(predict)[-1].startswith("Elemwise{Composite{GT(scalar_sigmoid(")


@theano.change_flags(mode="FAST_RUN")
def test_rewrites_of_the_logistic_regression():
    x = T.vector("x")
    for expression, name in [(T.log(1 + T.exp(x)), "softplus"), (1 / (1 + T.exp(-x)), "sigmoid"),
                             (T.log(1 + x), "Elemwise{log1p,no_inplace}")]:
        assert operations(theano.function([x], expression)) == [name]
    name, = operations(theano.function([x], T.log(1 - T.nnet.sigmoid(x))))
    assert "softplus" in name and "log(" not in name
    tiny = np.array([1e-30, 1e-300])
    np.testing.assert_array_equal(theano.function([x], T.log(1 + x))(tiny), tiny)
    large = np.array([-800.0, 800.0])
    np.testing.assert_array_equal(theano.function([x], T.log(1 - T.nnet.sigmoid(x)))(large), [0, -800])


def test_test_values_find_errors_early():
    with theano.change_flags(compute_test_value="raise"):
        x = T.matrix("x")
        x.tag.test_value = np.zeros((5, 10))
        w = theano.shared(np.zeros(7), name="w")
        with pytest.raises(ValueError, match="not aligned"):
            T.dot(x, w)


def test_casts():
    with theano.change_flags(floatX="float32"):
        assert (T.ivector() * T.fvector()).dtype == "float64"
        assert (T.bvector() * T.fvector()).dtype == (T.wvector() * T.fvector()).dtype == "float32"
        assert T.cast(T.ivector(), "float32").mean().dtype == "float32"


def test_constructors():
    vectors, custom = example("typing_and_effects").constructors()
    assert [v.dtype for v in vectors.values()] == ["float32", "float64", "complex64", "complex128", "int8", "int16",
                                                   "int32", "int64"]
    assert [(v.dtype, v.broadcastable) for v in custom] == [
        ("uint16", (False, False)), ("float32", (False, True)), ("float32", (False,) * 2), ("float32", (False,) * 2)]
    assert [getattr(T, name)().ndim for name in ("scalar", "vector", "matrix", "tensor3", "tensor4")] == [0, 1, 2, 3, 4]
    with theano.change_flags(floatX="float32"):
        assert T.vector().dtype == "float32"


def test_flags(tmp_path):
    show = "import theano; print(theano.config.floatX, theano.config.mode)"
    settings = tmp_path / ".theanorc"
    environment = dict(os.environ, PYTHONPATH=str(Path(theano.__file__).parents[1]), THEANORC=str(settings))
    settings.write_text("[global]\ndevice = cpu\nfloatX = float32\n")
    for flags, expected in [("", "float32 Mode"), ("mode=FAST_COMPILE", "float32 FAST_COMPILE"),
                            ("mode=FAST_RUN,floatX=float64", "float64 FAST_RUN")]:
        environment["THEANO_FLAGS"] = flags
        done = subprocess.run([sys.executable, "-c", show], env=environment, text=True, capture_output=True, check=True)
        assert done.stdout.split() == expected.split()
    with theano.change_flags(floatX="float64"):                         # puts back what the next lines change
        theano.config.floatX = "float32"
        assert T.matrix().dtype == "float32"


# -- one layer ----------------------------------------------------------------------------------------------


def test_functions_of_one_layer():
    f, g, h, i = example("tutorial_basics").forward()
    for found, expected in [(f, F), (g, G), (h[0], F), (h[1], G), (i[0], DOT_PLUS_B), (i[1], G)]:
        np.testing.assert_allclose(found, expected, atol=5e-9)
    text = printed("tutorial_basics")
    assert "f -> [ 1.79048354  0.03158954 -0.26423186]" in text
    assert "g -> [0.9421594  0.73722395 0.67606977]" in text


@theano.change_flags(mode="FAST_RUN")
def test_operations_of_one_layer():
    x, W, b, dot, out = example("tutorial_basics").layer()
    assert [str(v.owner.op) for v in (dot, out, out.owner.inputs[0])] == ["dot", "sigmoid", "Elemwise{add,no_inplace}"]
    names = operations(theano.function([x, W], dot))
    assert sorted(names) == ["AllocEmpty{dtype='float64'}", "Gemv{inplace}", "InplaceDimShuffle{1,0}", "Shape_i{1}"]
    assert operations(theano.function([x, W, b], out)) == ["InplaceDimShuffle{1,0}", "Gemv{no_inplace}",
                                                           "Elemwise{ScalarSigmoid}[(0, 0)]"]


def test_broadcasting():
    row, column, total = example("typing_and_effects").row_plus_column()
    assert (row, column) == ((True, False), (False, True))
    np.testing.assert_allclose(total, [[1.1, 2.1, 3.1], [1.2, 2.2, 3.2]])


def test_new_variables_instead_of_assignments():
    found = example("typing_and_effects").new_variables()
    assert [v.tolist() for v in found] == [[1, 2, 3], [2, 3, 4], [2, 4, 5], [0, 4, 5]]


def test_python_statements_are_refused():
    said = example("typing_and_effects").refused()
    for text, hint in [("a[:] = 0", "set_subtensor"), ("if a > b", "ifelse"), ("for i in a", "scan"),
                       ("len(a)", r"x.shape[0]")]:
        assert hint in said[text]


def test_givens_and_clone():
    for found in example("tutorial_basics").standardized():
        np.testing.assert_allclose(found, STANDARDIZED, atol=5e-9)


def by_hand(x, W, b, y):
    """The cost and its gradients by W and b."""
    out = 1 / (1 + np.exp(-(x @ W + b)))
    db = 2 * (out - y) * out * (1 - out)
    return ((out - y) ** 2).sum(), np.outer(x, db), db


def test_gradients_of_one_layer():
    module = example("tutorial_basics")
    x, W, b, y = module.example_values()
    (C, dW, db), (again, next_W, next_b) = module.gradients()
    expected = by_hand(x, W, b, y)
    for found, wanted in zip((C, dW, db, again, next_W, next_b),
                             (*expected, C, W - 0.1 * expected[1], b - 0.1 * expected[2]), strict=True):
        np.testing.assert_allclose(found, wanted)


def test_updates():
    module = example("tutorial_basics")
    x, W, b, y = module.example_values()
    (f, g), costs, W_found, b_found = module.training(steps=4)
    np.testing.assert_allclose(f, F, atol=5e-9)
    np.testing.assert_allclose(g, G, atol=5e-9)
    for cost in costs:
        expected, dW, db = by_hand(x, W, b, y)
        np.testing.assert_allclose(cost, expected)                      # that of before the update
        W, b = W - 0.1 * dW, b - 0.1 * db
    np.testing.assert_allclose(W_found, W)
    np.testing.assert_allclose(b_found, b)


@theano.change_flags(mode="FAST_RUN")
def test_rewrites_of_expressions():
    x = T.vector("x")
    assert "div" not in "".join(operations(theano.function([x], x / x))).lower()
    twice = theano.function([x], [T.exp(x) + 1, T.exp(x) * 2])
    assert "".join(operations(twice)).count("exp") == 1 or len(operations(twice)) < 4
    folded = theano.function([x], x + T.constant(2.0) * T.constant(3.0))
    assert len(operations(folded)) == 1


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_modes_agree(mode):
    x, W, b, dot, out = example("tutorial_basics").layer()
    values = example("tutorial_basics").example_values()[:3]
    found = theano.function([x, W, b], [dot, out], mode=mode)(*values)
    np.testing.assert_allclose(found, [F, G], atol=5e-9)


# -- what is printed ----------------------------------------------------------------------------------------


def prediction_of_the_documents():
    """The prediction of the logistic regression, as an expression."""
    x, w, b = T.matrix("x"), theano.shared(np.zeros(4), name="w"), theano.shared(0., name="b")
    return x, 1 / (1 + T.exp(-T.dot(x, w) - b)) > 0.5


def test_printed_prediction():
    _, prediction = prediction_of_the_documents()
    assert theano.printing.pprint(prediction) == theano.pp(prediction) == PPRINTED
    assert tree(prediction) == PRINTED["prediction"]


@theano.change_flags(mode="FAST_RUN", floatX="float64")
def test_printed_function():
    x, prediction = prediction_of_the_documents()
    lines = tree(theano.function([x], prediction)).split("\n")
    assert re.fullmatch(r"Elemwise\{Composite\{GT\(scalar_sigmoid\(.*\), Constant\{0\.5\}\)\}\}", lines[0])
    assert {"InplaceDimShuffle{x}", "b", "x", "w"} <= {line.lstrip(" |") for line in lines}
    a = T.vector("a")
    name, leaf = tree(theano.function([a], a + a ** 10)).split("\n")
    assert name.startswith("Elemwise{Composite{") and leaf == " |a"


@theano.change_flags(mode="FAST_RUN", floatX="float64")
def test_printed_layer():
    x, W, b, dot, out = example("tutorial_basics").layer()
    for name, thing in {"dot": dot, "out": out, "f": theano.function([x, W], dot),
                        "g": theano.function([x, W, b], out)}.items():
        assert tree(thing) == PRINTED[name]


# -- ops of users -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linker", ["c|py", "py"])
def test_user_ops(rng, linker):
    module = example("user_ops")
    mode = theano.Mode(linker=linker, optimizer="fast_run")
    v, w = rng.rand(5, 5), rng.rand(5, 5)
    x, y = T.matrices("x", "y")
    total, difference = module.SumAndDifference()(x, y)
    for inputs, output, expected in [
            ([x], module.Double()(x), 2 * v), ([x], module.DoubleByThunk()(x) + 1, 2 * v + 1),
            ([x, y], module.Product()(x, y), v * w), ([x, y], total, v + w), ([x, y], difference, v - w),
            ([x, y], T.grad((total * difference).sum(), y), -2 * w), ([x], module.Scale(3)(x), 3 * v)]:
        found = theano.function(inputs, output, mode=mode)(*(v, w)[:len(inputs)])
        np.testing.assert_allclose(found, expected)
    a, b = T.fmatrices("a", "b")
    factors = rng.rand(2, 3).astype("float32"), rng.rand(3, 4).astype("float32")
    np.testing.assert_array_equal(theano.function([a, b], module.numpy_dot(a, b), mode=mode)(*factors),
                                  np.dot(*factors))
    constant = theano.function([], module.DoubleByThunk()(T.constant([1.0, 2.0])), mode=mode)
    assert constant().tolist() == [2, 4]


def test_gradients_of_user_ops(rng):
    module = example("user_ops")
    theano.gradient.verify_grad(module.Scale(3), [rng.rand(5, 4)], rng=rng)
    both = module.SumAndDifference()
    theano.gradient.verify_grad(lambda x, y: T.mul(*both(x, y)), [rng.rand(3), rng.rand(3)], rng=rng)
    x, e = T.dmatrix("x"), T.dmatrix("e")
    slope = theano.function([x, e], theano.Rop(module.Scale(3)(x) ** 2, x, e))
    v, d = rng.rand(2, 3), rng.rand(2, 3)
    np.testing.assert_allclose(slope(v, d), 18 * v * d)
    with pytest.raises(TypeError, match="factor must be an int"):
        module.Scale(2.5)


def test_shapes_of_user_ops(rng):
    module = example("user_ops")
    x, y = T.dmatrices("x", "y")
    a, b = T.fmatrices("a", "b")
    for inputs, output, expected in [([x], module.Scale(2)(x), (4, 3)), ([a, b], module.numpy_dot(a, b), (4, 5)),
                                     ([x, y], module.SumAndDifference()(x, y)[1], (4, 3))]:
        values = [np.ones(s, v.dtype) for v, s in zip(inputs, [(4, 3), (3, 5) if len(inputs) == 2 and inputs[0] is a
                                                                       else (4, 3)], strict=False)]
        f = theano.function(inputs, output.shape, on_unused_input="ignore")
        assert tuple(f(*values)) == expected == theano.function(inputs, output)(*values).shape
        assert type(output.owner.op) not in {type(node.op) for node in f.maker.fgraph.toposort()}


def test_user_ops_are_equal_by_their_properties():
    module = example("user_ops")
    assert module.Scale(2) == module.Scale(2) != module.Scale(3)
    assert module.Double() == module.Double() and hash(module.Double()) == hash(module.Double())
    x = T.dmatrix("x")
    f = theano.function([x], [module.Scale(2)(x), module.Scale(2)(x) + 1])
    assert sum(isinstance(node.op, module.Scale) for node in f.maker.fgraph.toposort()) == 1


def test_programs_of_ops_and_types_print():
    assert printed("user_ops").count("[[") >= 8
    assert "TensorType(float32, col)" in printed("typing_and_effects")
    assert "step 9" in printed("two_layer_network")
