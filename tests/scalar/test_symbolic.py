"""Scalar ops from expressions of SymPy."""

import pickle

import numpy as np
import pytest
import sympy
from theano.gof import CLinker, FunctionGraph
from theano.scalar.basic_sympy import SymPyCCode

import theano
import theano.tensor as T
from theano import scalar
from theano.scalar import symbolic
from theano.tensor.elemwise import Elemwise

A, B = sympy.symbols("a b")
EXPRESSIONS = [A + B, A ** 2 * sympy.sin(B) / 3, sympy.Piecewise((A, A > B), (B, True)), sympy.exp(-A ** 2) + sympy.pi,
               sympy.Max(A, B) - sympy.sqrt(B), sympy.Integer(2) * A / B]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_values_and_gradients(expression, rng):
    op = SymPyCCode([A, B], expression)
    x, y = scalar.float64("x"), scalar.float64("y")
    out = op(x, y)
    assert out.type.dtype == "float64"
    wanted = float(expression.subs({A: 0.75, B: 1.5}))
    run = CLinker().accept(FunctionGraph([x, y], [out])).make_function()
    assert float(run(0.75, 1.5)) == pytest.approx(wanted) and float(op.impl(0.75, 1.5)) == pytest.approx(wanted)
    u, v = T.dvectors("u", "v")
    a, b = rng.rand(5), rng.rand(5)
    for mode in (None, "FAST_COMPILE"):
        f = theano.function([u, v], Elemwise(op)(u, v), mode=mode)
        np.testing.assert_allclose(f(a, b), [float(expression.subs({A: p, B: q})) for p, q in zip(a, b, strict=True)])
    T.verify_grad(Elemwise(op), [a, b], rng=rng)


def test_derivatives_are_expressions():
    x, y = scalar.float64("x"), scalar.float64("y")
    z = SymPyCCode([A, B], A ** 2 + B ** 3)(x, y)
    by_x, by_y = theano.grad(z, [x, y])
    assert by_x.owner.op.expr == 2 * A and by_y.owner.op.expr == 3 * B ** 2
    outer = theano.grad(z * z, x)
    assert theano.function([x, y], outer, mode="FAST_COMPILE")(2., 1.) == 2 * (4 + 1) * 4


def test_equality_and_pickles():
    op = SymPyCCode([A, B], A + B)
    assert op == SymPyCCode([A, B], B + A) != SymPyCCode([B, A], A + B) and hash(op) == hash(SymPyCCode([A, B], B + A))
    again = pickle.loads(pickle.dumps(op))
    assert again == op and float(again.impl(1, 2)) == 3 and str(op) == "SymPyCCode{a + b}"
    with pytest.raises(ValueError, match="no inputs"):
        SymPyCCode([A], A + B)


def test_without_sympy(monkeypatch):
    def missing(name):
        raise ImportError(name)
    monkeypatch.setattr(symbolic.importlib, "import_module", missing)
    with pytest.raises(ImportError, match="pip install sympy"):
        SymPyCCode([A], A)
