"""Gradients of parts, written in one go: `codegen.expand.Assemble`."""

import numpy as np
import pytest

import theano
import theano.tensor as T

PLAIN = theano.Mode("py", None)
x, y = T.dmatrices("x", "y")
GIVEN = np.arange(42.0).reshape(6, 7) / 10


def sliced(*parts):
    """A gradient that is put together from those of parts."""
    return T.grad(sum((k + 1) * (p ** 3).sum() for k, p in enumerate(parts)), x)


def filled(left, right):
    """Zeros to which two parts are added."""
    return T.inc_subtensor(T.inc_subtensor(T.zeros_like(x)[:, :3], left)[:, 3:], right)


WRITTEN = {                 # by the nests that compute the parts
    "all of it": sliced(x[:, :2], x[:, 5:], x[:, 2:5]),
    "all rows": sliced(x[:2], x[2:]),
    "of one value": T.grad(sum(T.exp(x[:, k:k + 2] * y[:, :2]).sum() for k in (0, 2)) + (x[:, 4:] ** 2).sum(), x),
}
PUT_TOGETHER = {
    "seen": filled(T.exp(x[:, :3]), T.exp(x[:, 3:])) + T.sort(T.exp(x[:, :3]), axis=None).sum(),
    "twice the same": filled(T.exp(x[:, :1]), T.exp(x[:, :1])),
    "a gap": sliced(x[:, 1:2], x[:, 4:6]),
    "rows": sliced(x[2:], x[:1]),
    "one part": sliced(x[:, 3:]),
    "beyond the end": sliced(x[:, :6], x[:, 6:100]),
    "nothing left": sliced(x[:, 7:20], x[:, 20:30]),
    "broadcast": T.inc_subtensor(T.inc_subtensor(T.zeros_like(x)[:, :3], y[:1, :1])[:, 3:], y[0, 0]),
}
OTHERWISE = {
    "overlap": sliced(x[:, :4], x[:, 3:]),
    "twice": sliced(x[:, :4], T.exp(x[:, :4])),
    "two axes": sliced(x[:3], x[:, 3:]),
    "steps": sliced(x[:, ::2]),
    "from the end": sliced(x[:, -2:]),
    "set": T.set_subtensor(T.zeros_like(x)[:, 2:], y[:, 2:]),
}


def kernels(f):
    """The names of the prebuilt kernels that the program of a function calls."""
    return [kernel for *_, kernel, _ in f.maker.compiled.program.code]


def kinds(f):
    """The kinds of the instructions of a function."""
    return [kind for kind, *_ in f.maker.compiled.program.code]


ALL = WRITTEN | PUT_TOGETHER | OTHERWISE


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(6, 7), (0, 7), (6, 0), (1, 1)])
def test_as_one_after_the_other(name, shape):
    expression = ALL[name]
    values = np.resize(GIVEN, shape), np.resize(GIVEN, shape)
    if name == "broadcast" and 0 in shape:
        values = values[0], np.ones((1, 1))
    native, plain = (theano.function([x, y], expression, mode=mode, on_unused_input="ignore") for mode in (None, PLAIN))
    np.testing.assert_allclose(native(*values), plain(*values), rtol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_which_are(name):
    f = theano.function([x, y], ALL[name], on_unused_input="ignore")
    assert ("assemble" in kernels(f)) is (name in PUT_TOGETHER)
    assert ("empty" in kinds(f)) is (name in WRITTEN)


@pytest.mark.parametrize("shape", [(4, 2), (2, 3), (4, 1)])
def test_what_nests_write_must_fit(shape):
    """The parts are those of x, what is computed has the shape of y."""
    f = theano.function([x, y], filled(T.exp(y), T.exp(2 * y)))
    assert "empty" in kinds(f)
    y0 = np.arange(12.0).reshape(4, 3) / 7
    np.testing.assert_allclose(f(np.ones((4, 6)), y0), np.hstack([np.exp(y0), np.exp(2 * y0)]), rtol=1e-13)
    np.testing.assert_allclose(f(np.ones((4, 6)), y0[:1]), np.hstack([np.exp(y0[:1]), np.exp(2 * y0[:1])]).repeat(4, 0),
                               rtol=1e-13)
    for whole in ((4, 6), (1, 6)):
        if shape != (4, 1) or whole == (1, 6):
            with pytest.raises(ValueError, match="shape|fit"):
                f(np.ones(whole), np.ones(shape))


def test_a_part_of_another_extent_is_an_error():
    f = theano.function([x, y], T.inc_subtensor(T.zeros_like(x)[:, :3], y))
    with pytest.raises(ValueError, match=r"\(4, ?3\) \(4, ?2\)"):
        f(np.ones((4, 5)), np.ones((4, 2)))
