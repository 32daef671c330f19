"""Expressions as mathematics."""

import sys

import pytest

import theano
import theano.tensor as T
from theano.graph.pretty import (
    LONGEST,
    FunctionPrinter,
    IgnorePrinter,
    LeafPrinter,
    OperatorPrinter,
    PatternPrinter,
    PPrinter,
    PrinterState,
    default_printer,
    pprint,
)
from theano.tensor.elemwise import Elemwise
from theano.tensor.inplace import add_inplace, exp_inplace

x, y = T.dvectors("x", "y")
m = T.dmatrix("m")
EXPRESSIONS = [
    (x + y, "(x + y)"),
    (T.add(x, y, x), "(x + y + x)"),
    (-(x - y), "(-(x - y))"),
    (x // y ** x, "(x // (y ** x))"),
    (m.dimshuffle("x", 1, 0), "m.T"),
    (m.dimshuffle("x", 0, 1), "m"),
    (m.dimshuffle(1, "x", 0), "DimShuffle{1, x, 0}(m)"),
    (m[:, 0], "m[:, Constant{0}]"),
    (m[1:, :2], "m[int64:, :int64]"),
    (T.cast(x, "int8"), "int8(x)"),
    (T.zeros_like(x), "fill(x, TensorConstant{0.0})"),
    (T.dvector(), "<TensorType(float64, vector)>"),
    (T.dvector("alpha"), "\\alpha"),
    (exp_inplace(x), "exp_inplace(x)"),
    (add_inplace(x, y), "(x += y)"),
    (T.max_and_argmax(x)[1], "MaxAndArgmax{axis=(0,)}(x)"),
]


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS, ids=[text for _, text in EXPRESSIONS])
def test_expressions(expression, text):
    assert pprint(expression) == text


PRINTERS = [(OperatorPrinter("@", 3, "right"), "(x @ y)"), (PatternPrinter("[%(1)s; %(0)s]"), "[y; x]"),
            (PatternPrinter(("<%(0)s>", 4, 5)), "<x>"), (FunctionPrinter("plus"), "plus(x, y)"),
            (IgnorePrinter(), "Elemwise{add,no_inplace}(x, y)"), (LeafPrinter(), "Elemwise{add,no_inplace}.0"),
            (default_printer, "Elemwise{add,no_inplace}(x, y)")]


@pytest.mark.parametrize(("printer", "text"), PRINTERS, ids=[type(p).__name__ + t for p, t in PRINTERS])
def test_printers(printer, text):
    assert pprint.clone_assign(T.add, printer)(x + y) == text


def test_an_ignored_op_shows_its_input():
    assert pprint.clone_assign(T.exp, IgnorePrinter())(T.exp(x) + y) == "(x + y)"


def test_the_newest_assignment_that_fits_counts():
    mine = PPrinter()
    mine.assign(Elemwise, FunctionPrinter("elementwise"))
    mine.assign(T.exp, FunctionPrinter("e"))
    assert mine(T.exp(x) + y) == "elementwise(e(x), y)"
    mine.assign(lambda state, r: r.owner is not None and r.owner.op == T.exp, FunctionPrinter("newer"))
    assert mine(T.exp(x)) == "newer(x)"
    mine.assign(T.exp, FunctionPrinter("newest"))
    assert mine(T.exp(x)) == "newest(x)"
    assert pprint(T.exp(x)) == "exp(x)"


def test_printers_hear_the_precedence_around_them():
    class Listener:
        def process(self, output, pstate):
            return f"{output.name}:{pstate.precedence}"

    mine = pprint.clone_assign(lambda state, r: r.owner is None, Listener())
    assert mine(T.exp(x)) == "exp(x:-1000)"
    assert mine(x * y) == "(x:-1 * y:-1)"
    assert mine.process(x, PrinterState(precedence=7)) == "x:7"


def test_several_arguments_print_a_graph():
    w = theano.shared(1.0, "w")
    z = x + y
    z.name = "z"
    assert pprint([x, y], [z, x - y], {w: w * 2}, True) == (
        "inputs: x, y\nz = (x + y)\n1 = (x - y)\nw <- (w * TensorConstant{2})")
    assert pprint([x, y], [x]) == "x = x"


def test_wrong_use():
    with pytest.raises(ValueError, match="assoc"):
        OperatorPrinter("+", 0, "middle")
    with pytest.raises(TypeError, match="no owner"):
        OperatorPrinter("+", 0).process(x, PrinterState(pprinter=pprint))
    assert vars(PrinterState({"a": 1}, b=2)) == {"a": 1, "b": 2}


def test_a_deep_expression_prints_within_the_recursion_limit():
    v = x
    for _ in range(50_000):
        v = v + y
    assert sys.getrecursionlimit() <= 1000
    assert pprint(v) == "(" * 50_000 + "x" + " + y)" * 50_000


def test_endless_expressions_are_cut():
    v = x
    for _ in range(100):
        v = v * v
    text = pprint(v)
    assert text.startswith("((((") and text.endswith("...") and len(text) < 1.1 * LONGEST
