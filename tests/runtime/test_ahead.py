"""Products of rows of sequences that steps make for the next ones too: runtime/ahead.c."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.blas import _dot22scalar, gemm_no_inplace

PLAIN = theano.Mode("py", None)


@pytest.fixture
def rng():
    return np.random.RandomState(5)


# Of the second, products are passing values; of the first, a product is written where the state belongs.
STEPS = {"plain": lambda x, h, w, u: T.tanh(T.dot(x, w) + T.dot(h, u)),
         "turned": lambda x, h, w, u: T.tanh(T.dot(x, w) + T.dot(h, u))[:, ::-1] + h / 2}


def network(dtype="float64", step="turned", **options):
    """The states of a recurrent network, and their gradients."""
    x, h = T.tensor3("x", dtype=dtype), T.matrix("h", dtype=dtype)
    w, u = T.matrix("w", dtype=dtype), T.matrix("u", dtype=dtype)
    rows, _ = theano.scan(STEPS[step], x, h, [w, u], **options)
    return [x, h, w, u], [rows, *T.grad(abs(rows ** 2).sum(), [w, u])]


def sequences_of(f):
    """The numbers of the sequences whose products the steps of a function make, for each of them."""
    parts = [part for parts in f.maker.compiled.program.parts.values() for part in parts]
    return [params[1] for part in parts for kind, _, _, params, *_ in part.code
            if kind == "gemm" and len(params) > 1 and params[1] >= 0]


def given(rng, dtype, steps, batch, width=7, units=5):
    return [(rng.randn(*s) / 3).astype(dtype)
            for s in [(steps, batch, width), (batch, units), (width, units), (units, units)]]


def agree(rng, inputs, outputs, arguments, count=1):
    """A function, which makes ``count`` products ahead, called twice, and the graph as it is."""
    f, plain = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, PLAIN))
    assert len(sequences_of(f)) == count
    for values in (*arguments, arguments[0]):
        for a, b in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3 if b.dtype == "float32" else 1e-9, atol=1e-5)
    return f


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backwards", [False, True])
def test_recurrent_networks(dtype, backwards, step, rng):
    """Batches from one row on, which are made together, to those that are as good on their own."""
    inputs, outputs = network(dtype, step, go_backwards=backwards)
    sizes = [(0, 3), (1, 1), (100, 1), (5, 2), (50, 3), (49, 12), (7, 24), (3, 25), (2, 200), (4, 0)]
    agree(rng, inputs, outputs, [given(rng, dtype, *size) for size in sizes])


@pytest.mark.parametrize("layout", [
    lambda x: x[::2], lambda x: x[::-1], lambda x: x[:, ::2], lambda x: x[:, :, ::-1], lambda x: x[:, ::-1],
    lambda x: x[::-1, ::-1], lambda x: x[::-1, :1], lambda x: x[::3, ::2], lambda x: x[:, :2],
    lambda x: np.asfortranarray(x), lambda x: x.transpose(1, 0, 2), lambda x: x[:, :1], lambda x: x[:1].repeat(30, 0),
    lambda x: np.broadcast_to(x[:1], x.shape), lambda x: np.broadcast_to(x[:, :1], x.shape)])
def test_layouts_of_sequences(layout, rng):
    inputs, outputs = network()
    whole = rng.randn(30, 6, 7)
    x = layout(whole)
    agree(rng, inputs, outputs, [[x, *given(rng, "float64", 1, x.shape[1])[1:]]])


def test_rows_that_lie_backwards(rng):
    """Of a sequence that is turned by the program, which the steps read from its end on."""
    x, (h, w, u) = T.tensor3("x"), T.dmatrices("hwu")
    flat = T.dot(x.reshape((x.shape[0] * x.shape[1], x.shape[2])), w).reshape((x.shape[0], x.shape[1], w.shape[1]))
    rows, _ = theano.scan(lambda x, h, u: T.tanh(x + T.dot(h, u)), flat, h, u)
    for size in ((40, 3), (3, 40)):
        values = given(rng, "float64", *size)
        values[0] = values[0][::-1]
        agree(rng, [x, h, w, u], [rows], [values])


def test_loops_in_loops_and_calls_begin_anew(rng):
    """What one run of the inner loop made must not serve the next one."""
    x, w, scale = T.tensor3("x"), T.dmatrix("w"), T.dvector("scale")

    def inner(factor, x, w):
        rows, _ = theano.scan(lambda row, total, w: total + T.dot(row, w), x, T.zeros((x.shape[1], w.shape[1])),
                              w * factor)
        return T.tanh(rows[-1])

    rows, _ = theano.scan(inner, scale, None, [x, w])
    values = [rng.randn(9, 2, 4), rng.randn(4, 3), rng.randn(5)]
    f, plain = (theano.function([x, w, scale], rows, mode=mode) for mode in (None, PLAIN))
    for _ in range(2):
        np.testing.assert_allclose(f(*values), plain(*values))


def test_loops_that_stop_early(rng):
    x, w = T.tensor3("x"), T.dmatrix("w")

    def step(row, total, w):
        total = total + T.dot(row, w)
        return total, theano.scan_module.until(total.sum() > 3)

    rows, _ = theano.scan(step, x, T.zeros((x.shape[1], w.shape[1])), w)
    values = [abs(rng.randn(60, 2, 4)) / 40, abs(rng.randn(4, 3))]
    f, plain = (theano.function([x, w], rows, mode=mode) for mode in (None, PLAIN))
    np.testing.assert_allclose(f(*values), plain(*values))
    assert 1 < len(f(*values)) < 60


def test_products_that_are_results_themselves(rng):
    x, w = T.tensor3("x"), T.dmatrix("w")
    (products, squares), _ = theano.scan(lambda row, w: [T.dot(row, w), T.dot(row, w) ** 2], x, None, w)
    f, plain = (theano.function([x, w], [products, squares], mode=mode) for mode in (None, PLAIN))
    values = rng.randn(20, 3, 4), rng.randn(4, 5)
    for a, b in zip(f(*values), plain(*values), strict=True):
        np.testing.assert_allclose(a, b)


def test_a_product_that_others_want_is_made_once(rng):
    """Then it is no work of the steps."""
    x, w, h = T.tensor3("x"), T.dmatrix("w"), T.dmatrix("h")
    product = T.dot(x.reshape((x.shape[0] * x.shape[1], x.shape[2])), w)
    sequence = product.reshape((x.shape[0], x.shape[1], w.shape[1]))
    rows, _ = theano.scan(lambda row, h: T.tanh(row + h), sequence, h)
    values = rng.randn(20, 3, 4), rng.randn(4, 5), rng.randn(3, 5)
    agree(rng, [x, w, h], [rows, product], [values], count=0)


@pytest.mark.parametrize("shape", [lambda x, w: (x.shape[1], x.shape[0], w.shape[1]), lambda x, w: (-1, 2, w.shape[1]),
                                   lambda x, w: (x.shape[0], w.shape[1], x.shape[1])])
def test_other_rows_than_those_of_the_sequence_stay_outside(shape, rng):
    x, w = T.tensor3("x"), T.dmatrix("w")
    flat = T.dot(x.reshape((x.shape[0] * x.shape[1], x.shape[2])), w)
    rows, _ = theano.scan(lambda row, h: T.tanh(row.sum() + h), flat.reshape(shape(x, w), ndim=3), T.zeros(()))
    agree(rng, [x, w], [rows], [(rng.randn(6, 4, 3), rng.randn(3, 5))], count=0)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype, rng):
    x, w = T.tensor3("x", dtype=dtype), T.matrix("w", dtype=dtype)
    rows, _ = theano.scan(lambda row, total, w: total + T.dot(row, w), x, T.zeros((2, 5), dtype), w)
    values = [(rng.randn(*s) + 1j * rng.randn(*s)).astype(dtype) for s in ((30, 2, 4), (4, 5))]
    f, plain = (theano.function([x, w], rows, mode=mode) for mode in (None, PLAIN))
    np.testing.assert_allclose(f(*values), plain(*values), rtol=1e-4)


def test_products_that_are_scaled_or_overwrite(rng):
    """By a number that changes with the steps; where something else was, which does not count."""
    inputs, _ = network()
    one, zero = T.constant(np.float64(1)), T.constant(np.float64(0))
    values = given(rng, "float64", 30, 3)
    for step in (lambda x, h, w, u: T.tanh(_dot22scalar(x, w, h[0, 0]) + T.dot(h, u))[:, ::-1] + h / 2,
                 lambda x, h, w, u: gemm_no_inplace(T.dot(h, u), one, x, w, zero),
                 lambda x, h, w, u: T.tanh(gemm_no_inplace(T.dot(h, u), one, x, w, zero))[:, ::-1] + h / 2):
        x, h, w, u = inputs
        rows, _ = theano.scan(step, x, h, [w, u])
        f, plain = (theano.function(inputs, rows, mode=mode) for mode in (None, PLAIN))
        np.testing.assert_allclose(f(*values), plain(*values))


def test_errors_name_the_shapes(rng):
    inputs, outputs = network()
    f = theano.function(inputs, outputs)
    x, h, w, u = given(rng, "float64", 9, 3)
    with pytest.raises(ValueError, match="not aligned: 7"):
        f(x, h, w[:6], u)
    with pytest.raises(ValueError):
        f(x, h[:2], w, u)
    f(x, h, w, u)
