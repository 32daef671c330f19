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


PUT_TOGETHER = {
    "all of it": sliced(x[:, :2], x[:, 5:], x[:, 2:5]),
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


@pytest.mark.parametrize("name", [*PUT_TOGETHER, *OTHERWISE])
@pytest.mark.parametrize("shape", [(6, 7), (0, 7), (6, 0), (1, 1)])
def test_as_one_after_the_other(name, shape):
    expression = (PUT_TOGETHER | OTHERWISE)[name]
    values = np.resize(GIVEN, shape), np.resize(GIVEN, shape)
    if name == "broadcast" and 0 in shape:
        values = values[0], np.ones((1, 1))
    native, plain = (theano.function([x, y], expression, mode=mode, on_unused_input="ignore") for mode in (None, PLAIN))
    np.testing.assert_allclose(native(*values), plain(*values), rtol=1e-13)


@pytest.mark.parametrize("name", [*PUT_TOGETHER, *OTHERWISE])
def test_which_are(name):
    f = theano.function([x, y], (PUT_TOGETHER | OTHERWISE)[name], on_unused_input="ignore")
    assert ("assemble" in kernels(f)) is (name in PUT_TOGETHER)


def test_a_part_of_another_extent_is_an_error():
    f = theano.function([x, y], T.inc_subtensor(T.zeros_like(x)[:, :3], y))
    with pytest.raises(ValueError, match=r"\(4, ?3\) \(4, ?2\)"):
        f(np.ones((4, 5)), np.ones((4, 2)))
