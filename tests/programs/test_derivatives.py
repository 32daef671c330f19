"""The programs of docs/derivatives.md."""

import re
from pathlib import Path

import numpy as np

import theano
import theano.tensor as T

PAGE = Path(__file__).parents[2] / "docs" / "derivatives.md"


def programs():
    """The indented blocks of the page."""
    return [re.sub("^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+",
                                                                          PAGE.read_text(), flags=re.M)]


def test_the_page_runs():
    rng = np.random.RandomState(0)
    names = {"theano": theano, "T": T, "A": T.dmatrix("A"), "B": T.dmatrix("B"), "x": T.dvector("x")}
    for source in programs():
        if "class Scaled" not in source and "python -m" not in source:
            exec(compile(source, str(PAGE), "exec"), names)                                         # noqa: S102
    X, w, x = names["X"], names["w"], names["x"]                                                    # noqa: N806
    a, b = rng.rand(4, 3), rng.rand(3)
    f = theano.function([X, w], [names["each"], names["slopes"]])
    np.testing.assert_allclose(f(a, b)[0], (a @ b) ** 2)
    np.testing.assert_allclose(f(a, b)[1], 2 * (a @ b)[:, None] * a)
    pairs = names["pairs"].eval({names["A"]: a, names["B"]: a[:2]})
    np.testing.assert_allclose(pairs, ((a[:, None] - a[:2]) ** 2).sum(axis=2))
    assert names["slope"].eval({x: [0.4, 1.6]}).tolist() == [0, 4]
    np.testing.assert_allclose(T.grad(names["softplus"](x).sum(), x).eval({x: [0.0]}), [0.5])
