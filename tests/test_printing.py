"""Printed graphs are those of the original, and the op that prints."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.printing import Print, debugprint, pp, pprint

DATA = Path(__file__).parent / "data"
FORMS = json.loads((DATA / "printed.json").read_text())["forms"]
OPTIMISED = json.loads((DATA / "optimised-ops.json").read_text())
FUSED_OTHERWISE = {             # rewriting takes other decisions here about what to fuse, simplify or do in place
    "1/(1+T.exp(-T.dot(x,w)-b))", "1/(1+T.exp(-T.dot(x,w)-b)) > 0.5", "T.dot(x, w) + b", "T.switch(x > 0, x, 0)"}


def setting():
    """The names that the recorded expressions use."""
    return {"T": T, "x": T.dmatrix("x"), "y": T.dvector("y"), "w": theano.shared(np.zeros(4), "w"),
            "b": theano.shared(0.0, "b"), "i": T.iscalar("i"), "s": T.dscalar("s"), "t3": T.dtensor3("t3")}


def built(form):
    return eval(form, setting())


@pytest.mark.parametrize("form", FORMS)
def test_expressions_print_as_recorded(form):
    variable, recorded = built(form), FORMS[form]
    assert debugprint(variable, file="str") == recorded["debugprint"]
    assert pprint(variable) == recorded["pprint"]
    assert str(variable) == recorded["str"]
    assert str(variable.type) == recorded["type"]
    assert repr(variable.type) == recorded["repr_type"]


@pytest.mark.parametrize("form", OPTIMISED)
def test_ops_of_functions_have_the_recorded_names(form):
    names = setting()
    inputs = [v for k, v in names.items() if k in ("x", "y", "i", "s", "t3")]
    f = theano.function(inputs, eval(form, names), mode="FAST_RUN", on_unused_input="ignore")
    ours = Counter(str(node.op) for node in f.maker.fgraph.toposort())
    recorded = Counter(OPTIMISED[form])
    if form in FUSED_OTHERWISE:
        ours, recorded = (Counter({k: n for k, n in found.items() if not k.startswith("Elemwise")})
                          for found in (ours, recorded))
    assert ours == recorded


NAMES = [
    (lambda x, k: T.unbroadcast(x.dimshuffle("x", 0, 1), 0), "Rebroadcast{0}"),
    (lambda x, k: T.addbroadcast(x, 1), "Rebroadcast{?,1}"),
    (lambda x, k: T.stack([k, k]), "MakeVector{dtype='int64'}"),
    (lambda x, k: T.inc_subtensor(x[k:], 1), "IncSubtensor{Inc;int64::}"),
    (lambda x, k: T.set_subtensor(x[:k], 1), "IncSubtensor{Set;:int64:}"),
    (lambda x, k: T.blas._dot22(x, x), "Dot22"),
    (lambda x, k: T.blas.gemm_inplace(x, x.sum(), x, x, x.sum()), "Gemm{inplace}"),
    (lambda x, k: T.inplace.exp_inplace(x), "exp_inplace"),
    (lambda x, k: T.prod(x, axis=1), "Prod{axis=[1], acc_dtype=float64}"),
    (lambda x, k: T.min(x, axis=0), "Reduce{minimum}{0}"),
]


@pytest.mark.parametrize(("build", "name"), NAMES, ids=[name for _, name in NAMES])
def test_names_of_ops(build, name):
    assert str(build(T.dmatrix("x"), T.lscalar("k")).owner.op) == name


def test_names_of_the_package():
    assert theano.pp is pp is pprint is theano.pprint is T.pprint is theano.scalar.pprint
    assert T.printing is theano.scalar.printing is theano.printing
    assert T.min_informative_str is theano.printing.min_informative_str


# -- functions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_function_prints_with_the_order_of_execution(mode):
    x = T.dmatrix("x")
    f = theano.function([x], T.exp(T.dot(x, x)).sum(), mode=mode)
    lines = debugprint(f, file="str").splitlines()
    order = f.maker.fgraph.toposort()
    shown = {int(line.rsplit("'   ")[1]) for line in lines if "'   " in line}
    assert shown == set(range(len(order)))
    assert lines[0].endswith(f"''   {len(order) - 1}")
    assert debugprint(f.maker.fgraph, file="str") == "\n".join(lines) + "\n"


@theano.change_flags(allow_gc=False)
def test_storage_of_a_function_is_shown():
    x = T.dvector("x")
    f = theano.function([x], T.exp(x - x), mode=theano.Mode(linker="py", optimizer=None))
    assert debugprint(f, file="str", ids="", print_storage=True) == (
        "Elemwise{exp,no_inplace}  ''   1 [None]\n"
        " |Elemwise{sub,no_inplace}  ''   0 [None]\n"
        "   |x  [None]\n"
        "   |x  [None]\n")
    f([1.5])
    assert debugprint(f, file="str", ids="", print_storage=True) == (
        "Elemwise{exp,no_inplace}  ''   1 [array([1.])]\n"
        " |Elemwise{sub,no_inplace}  ''   0 [array([0.])]\n"
        "   |x  [array([1.5])]\n"
        "   |x  [array([1.5])]\n")


def test_clients_are_shown_where_there_are_several():
    a, b, d = T.dmatrices("a", "b", "d")
    f = theano.function([a, b, d], [a + b, a + b - d], mode="FAST_COMPILE")
    target = StringIO()
    assert debugprint(f, file=target, print_clients=True) is target
    assert target.getvalue() == (
        "Elemwise{add,no_inplace} [id A] ''   0 clients:[('output', ''), ('[id C]', 1)]\n"
        " |a [id D]\n"
        " |b [id E]\n"
        "Elemwise{sub,no_inplace} [id C] ''   1\n"
        " |Elemwise{add,no_inplace} [id A] ''   0 clients:[('output', ''), ('[id C]', 1)]\n"
        " |d [id F]\n")


def test_a_long_fused_expression_is_short_to_print():
    x = T.dvector("x")
    y = x
    for _ in range(60):
        y = T.sqrt(y * y + y)
    f = theano.function([x], y, mode="FAST_RUN")
    text = debugprint(f, file="str")
    assert "*1 -> sqrt(" in text and len(text) < 10_000


# -- errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_failing_node_is_listed_on_demand(mode):
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], T.dot(x, y), mode=mode)
    with theano.change_flags(exception_verbosity="high"), pytest.raises(ValueError) as caught:
        f([1, 2], [1, 2, 3])
    kind = "<TensorType(float64, vector)>"
    listing = str(caught.value).partition("Debugprint of the apply node:\n")[2]
    assert f" |x [id B] {kind}\n |y [id C] {kind}\n" in listing
    with pytest.raises(ValueError, match="exception_verbosity=high"):
        f([1, 2], [1, 2, 3])


@theano.change_flags(exception_verbosity="high")
def test_a_missing_input_is_shown_in_its_place_on_demand():
    x, y = T.dvectors("x", "y")
    with pytest.raises(theano.MissingInputError, match=r"A\. Elemwise\{add,no_inplace\}\n B\. x\n C\. y"):
        theano.function([x], x + y)


# -- Print ----------------------------------------------------------------------------------------------------

EVERY_MODE = ["FAST_RUN", "FAST_COMPILE"]


@pytest.mark.parametrize("mode", EVERY_MODE)
def test_print_prints_when_the_function_runs(mode, capsys):
    x = T.dvector("x")
    f = theano.function([x], Print("hello world")(x) * 5, mode=mode)
    assert capsys.readouterr().out == ""
    assert np.array_equal(f([1, 2, 3]), [5, 10, 15])
    assert capsys.readouterr().out == "hello world __str__ = [1. 2. 3.]\n"


@pytest.mark.parametrize("mode", EVERY_MODE)
def test_print_shows_attributes_and_results_of_methods(mode, capsys):
    x = T.dmatrix("x")
    f = theano.function([x], Print("m", attrs=["shape", "sum", "dtype"])(T.exp(x)), mode=mode)
    f(np.zeros((2, 3)))
    assert capsys.readouterr().out == "m shape = (2, 3)\nm sum = 6.0\nm dtype = float64\n"


def test_print_calls_the_given_function():
    heard = []
    op = Print("message", global_fn=lambda op, value: heard.append((op.message, value.tolist())))
    x = T.dvector("x")
    theano.function([x], op(x + 1))([1, 2])
    assert heard == [("message", [2.0, 3.0])]


def test_a_constant_is_printed_at_every_call(capsys):
    f = theano.function([], Print("c")(T.constant([1.0, 2.0])) * 2)
    assert capsys.readouterr().out == ""
    f()
    f()
    assert capsys.readouterr().out == "c __str__ = [1. 2.]\n" * 2


def test_the_output_of_a_function_may_be_printed(capsys):
    x = T.dvector("x")
    f = theano.function([x], Print("x")(x))
    value = np.array([1.0, 2.0])
    result = f(value)
    result += 1
    assert value.tolist() == [1, 2] and capsys.readouterr().out == "x __str__ = [1. 2.]\n"


def test_gradients_pass_through_print(capsys):
    x = T.dvector("x")
    y = Print("x")(x) ** 2
    g = theano.function([x], T.grad(y.sum(), x))
    assert g([1.0, 3.0]).tolist() == [2, 6]
    v = T.dvector("v")
    assert theano.function([x, v], T.Rop(y, x, v))([1.0, 3.0], [1.0, 2.0]).tolist() == [2, 12]
    assert "x __str__ = [1. 3.]\n" in capsys.readouterr().out


def test_equal_prints_are_one_op():
    assert Print("a") == Print("a") and hash(Print("a")) == hash(Print("a")) and Print("a") != Print("b")
    assert str(Print("a", attrs=["shape"])) == "Print{message='a', attrs=('shape',)}"
