"""Products in steps of loops: those added to each other, and those that a first or last step does without."""

import numpy as np
import pytest

import theano
import theano.tensor as T

PLAIN = theano.Mode("py", None)


@pytest.fixture
def rng():
    return np.random.RandomState(8)


def network(dtype, step, by=("w", "u")):
    """The states of a recurrent network, and gradients by some of its arguments."""
    names = {"x": T.tensor3("x", dtype=dtype), "h": T.matrix("h", dtype=dtype), "w": T.matrix("w", dtype=dtype),
             "u": T.matrix("u", dtype=dtype), "b": T.vector("b", dtype=dtype)}
    x, h, *others = names.values()
    rows, _ = theano.scan(step, x, h, others, strict=True)
    return list(names.values()), [rows, *T.grad((rows ** 2).sum(), [names[n] for n in by])]


STEPS = {
    "sum": lambda x, h, w, u, b: T.tanh(T.dot(x, w) + T.dot(h, u) + b),
    "turned": lambda x, h, w, u, b: T.tanh(b + T.dot(h, u) + T.dot(x, w)),
    "parts": lambda x, h, w, u, b: T.tanh((T.dot(x, w) + T.dot(h, u) + b)[:, ::-1]) + h / 4,
    "of no sequence": lambda x, h, w, u, b: T.tanh(T.dot(h, u) + T.dot(h / 2, u.T) + T.dot(x, w)),
    "difference": lambda x, h, w, u, b: T.tanh(T.dot(x, w) - T.dot(h, u) + b),
}


def instructions(f, kind="gemm"):
    """How many inputs and which parameters the products in loops have."""
    parts = [part for parts in f.maker.compiled.program.parts.values() for part in parts]
    return [(len(i[1]), tuple(i[3])) for part in parts for i in part.code if i[0] == kind]


def given(rng, dtype, steps, batch, width, units):
    shapes = [(steps, batch, width), (batch, units), (width, units), (units, units), (units,)]
    return [(rng.randn(*s) / np.sqrt(s[-1])).astype(dtype) for s in shapes]


def agree(f, plain, values, dtype):
    for a, b in zip(f(*values), plain(*values), strict=True):
        scale = 1 + np.nanmax(abs(b), initial=0, where=np.isfinite(b))
        np.testing.assert_allclose(a / scale, b / scale, atol=3e-4 if dtype == "float32" else 1e-10)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_of_products(rng, dtype, step, threads):
    """Batches that fill tiles or do not, extents beyond what a panel holds, states of nothing."""
    inputs, outputs = network(dtype, STEPS[step])
    f, plain = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, PLAIN))
    assert max(n for n, _ in instructions(f)) == (6 if step == "difference" else 9)
    before = theano.get_num_threads()
    theano.set_num_threads(threads)
    try:
        for size in [(3, 32, 16, 48), (2, 33, 7, 5), (4, 1, 3, 20), (3, 2, 401, 9), (2, 5, 6, 401), (2, 200, 130, 150),
                     (0, 4, 3, 2), (3, 0, 3, 2), (2, 3, 0, 4), (2, 3, 4, 0), (30, 2, 5, 33)]:
            agree(f, plain, given(rng, dtype, *size), dtype)
    finally:
        theano.set_num_threads(before)


@pytest.mark.parametrize("wrong", [2, 3])
def test_factors_that_do_not_fit_are_named(rng, wrong):
    inputs, outputs = network("float64", STEPS["sum"])
    f = theano.function(inputs, outputs[0])
    values = given(rng, "float64", 3, 32, 4, 5)
    values[wrong] = values[wrong][1:]
    with pytest.raises(ValueError, match="(?i)shape|align|dimension"):
        f(*values)


@pytest.mark.parametrize("weights", ["finite", "infinite", "nan"])
@pytest.mark.parametrize("start", [0.0, -0.0, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_first_steps_with_zeros(rng, dtype, start, weights):
    """A product with zeros is left out, unless something else than zero comes of it."""
    both, _ = network(dtype, lambda x, h, w, u, b: T.dot(x, w) + T.dot(h, u) + b)
    x, h, w, u, b = both
    sums, _ = theano.scan(lambda x, h, w, u, b: T.dot(x, w) + T.dot(h, u) + b, x, h, [w, u, b])
    alone, _ = theano.scan(lambda h, u: T.dot(h, u) + 1, None, h, u, n_steps=3)
    f, plain = (theano.function(both, [sums, alone], mode=mode) for mode in (None, PLAIN))
    for size in [(2, 32, 16, 40), (3, 3, 5, 7)]:
        values = given(rng, dtype, *size)
        values[1][:] = start
        if weights != "finite":
            values[3][-1, -1] = np.inf if weights == "infinite" else np.nan
        with np.errstate(invalid="ignore"):
            agree(f, plain, values, dtype)
        assert np.isnan(f(*values)[0][0]).any() == (weights == "nan" or weights == "infinite" and start == 0)
    values[1][0, -1] = 1                         # not all of them zeros
    agree(f, plain, values, dtype)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
@pytest.mark.parametrize(("by", "passing"), [(("w", "u"), 1), (("w", "u", "h"), 0)])
def test_last_steps_make_no_product_for_a_next_one(rng, steps, by, passing):
    """Of a gradient by weights the last step makes one by a state before the first, which nobody reads."""
    inputs, outputs = network("float64", STEPS["sum"], by)
    f, plain = (theano.function(inputs, outputs, mode=mode) for mode in (None, PLAIN))
    assert sum(params[2:] == (1,) for _, params in instructions(f)) == passing
    for _ in range(2):
        agree(f, plain, given(rng, "float64", steps, 12, 4, 16), "float64")
