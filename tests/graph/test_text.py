"""Graphs as listings."""

import io
import re
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.op import Op
from theano.graph.text import char_from_number, debugprint, print_listing
from theano.graph.variable import Apply


def summed():
    """(a + b) + (d + e), where the first sum is called c."""
    a, b, d, e = T.dmatrices("a", "b", "d", "e")
    c = a + b
    c.name = "c"
    return c + (d + e)


ADD = "Elemwise{add,no_inplace}"
TYPE = "<TensorType(float64, matrix)>"
CASES = {
    "letters": ({}, f"{ADD} [id A] ''   \n |{ADD} [id B] 'c'   \n | |a [id C]\n | |b [id D]\n"
                    f" |{ADD} [id E] ''   \n   |d [id F]\n   |e [id G]\n"),
    "numbers": ({"ids": "int"}, f"{ADD} [id 0] ''   \n |{ADD} [id 1] 'c'   \n | |a [id 2]\n | |b [id 3]\n"
                                f" |{ADD} [id 4] ''   \n   |d [id 5]\n   |e [id 6]\n"),
    "no ids": ({"ids": ""}, f"{ADD}  ''   \n |{ADD}  'c'   \n | |a \n | |b \n |{ADD}  ''   \n   |d \n   |e \n"),
    "names": ({"stop_on_name": True}, f"{ADD} [id A] ''   \n |{ADD} [id B] 'c'   \n"
                                      f" |{ADD} [id C] ''   \n   |d [id D]\n   |e [id E]\n"),
    "types": ({"print_type": True, "depth": 2},
              f"{ADD} [id A] {TYPE} ''   \n |{ADD} [id B] {TYPE} 'c'   \n |{ADD} [id C] {TYPE} ''   \n"),
    "depth 1": ({"depth": 1}, f"{ADD} [id A] ''   \n"),
    "depth 0": ({"depth": 0}, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_options(case):
    options, expected = CASES[case]
    assert debugprint(summed(), file="str", **options) == expected


def test_a_leaf_shows_its_type():
    assert debugprint(T.dmatrix("x"), file="str", print_type=True) == f"x [id A] {TYPE}\n"


def test_ids_of_python_and_automatic_names():
    x = T.dvector("x")
    assert debugprint(x, file="str", ids="id") == f"x [id {id(x)}]\n"
    assert debugprint(x, file="str", ids="auto") == f"x [id {x.auto_name}]\n"


def listed(variable, **options):
    """What `theano.compile.debugmode.debugprint` prints."""
    file = io.StringIO()
    assert print_listing(variable, file=file, **options) is file
    return file.getvalue()


def test_the_listing_of_one_variable():
    c = summed().owner.inputs[0]
    assert listed(c) == f"{ADD} [id A] 'c'   \n |a [id B]\n |b [id C]\n" == listed(c.owner)
    assert listed(c, prefix=">", ids="int") == f">{ADD} [id 0] 'c'   \n> |a [id 1]\n> |b [id 2]\n"
    assert listed(c, prefix=">", prefix_child="*", ids="") == f">{ADD}  'c'   \n* |a \n* |b \n"
    assert listed(c, depth=1) == f"{ADD} [id A] 'c'   \n" == listed(c, stop_on_name=True)
    assert listed(c, print_type=True, depth=1) == f"{ADD} [id A] {TYPE} 'c'   \n"
    assert listed(c, order=[c.owner], depth=1) == f"{ADD} [id A] 'c'   0\n"
    assert listed(c, smap={c.owner.inputs[0]: [3]}).splitlines()[1] == " |a [id B] [3]"
    done, ids = {}, {}
    listed(c, done=done, used_ids=ids)
    assert listed(c, done=done, used_ids=ids) == f"{ADD} [id A] 'c'   \n"
    with pytest.raises(ValueError, match="ids must be one of"):
        listed(c, ids="letters")
    with pytest.raises(TypeError, match="a variable or a node"):
        listed(3)


def test_the_listing_tells_views_and_what_is_overwritten():
    x = T.dvector("x")
    node = T.inplace.exp_inplace(x.dimshuffle("x", 0)).owner
    view = node.inputs[0].owner
    assert node.op.destroy_map and view.op.view_map
    text = listed(node, ids="", print_destroy_map=True, print_view_map=True)
    assert text == f"{node.op}  '' d={{0: [0]}}  \n |{view.op}  ''  v={{0: [0]}} \n   |x \n"
    assert "v=" not in listed(node, print_destroy_map=True) and "d=" not in listed(node, print_view_map=True)


def test_the_listing_tells_times_and_who_uses_what():
    x = T.dvector("x")
    f = theano.function([x], [T.exp(x).sum(), T.exp(x)], profile=theano.ProfileStats(False), mode=theano.Mode("py"))
    f([1.0])
    graph = f.maker.fgraph
    text = listed(graph.outputs[0], profile=f.profile, print_clients=True)
    assert re.search(r"Sum.* --> [\d.]+[um]?s [\d.]+%\n", text) and "clients:[" in text
    assert "-->" not in listed(graph.outputs[0]) and "clients" not in listed(graph.outputs[0])


def test_the_listing_leaves_loops_to_others():
    a = T.dvector("a")
    rows, _ = theano.scan(lambda v: v * 2, sequences=a)
    loops = []
    assert "Inner graphs" not in listed(rows, scan_ops=loops)
    outputs, feeds = loops[0].owner.op.inner_graph(loops[0].owner)
    inner = listed(outputs[0], scan_inner_to_outer_inputs=feeds)
    assert re.search(r"\[id \w+\] -> \[id \w+\]", inner)


@pytest.mark.parametrize(("number", "text"), [(0, "A"), (25, "Z"), (26, "BA"), (51, "BZ"), (52, "CA"), (676, "BAA")])
def test_letters_count_in_base_26(number, text):
    assert char_from_number(number) == text


def test_a_node_is_shown_with_its_inputs_once():
    x = T.dvector("x")
    y = T.exp(x)
    assert debugprint(y + y, file="str") == (
        f"{ADD} [id A] ''   \n |Elemwise{{exp,no_inplace}} [id B] ''   \n | |x [id C]\n"
        " |Elemwise{exp,no_inplace} [id B] ''   \n")


def test_several_calls_share_ids_and_what_was_shown():
    x = T.dvector("x")
    y, done, used = T.exp(x), {}, {}
    debugprint(y, file="str", done=done, used_ids=used)
    assert debugprint([y, x + x], file="str", done=done, used_ids=used) == (
        f"Elemwise{{exp,no_inplace}} [id A] ''   \n{ADD} [id C] ''   \n |x [id B]\n |x [id B]\n")


def test_nodes_graphs_and_lists_print_their_outputs(capsys):
    x = T.dvector("x")
    y = T.exp(x)
    text = "Elemwise{exp,no_inplace} [id A] ''   \n |x [id B]\n"
    assert debugprint(y.owner, file="str") == text
    assert debugprint([y], file="str") == text
    assert debugprint(theano.FunctionGraph([x], [y]), file="str") == text.replace("''   ", "''   0")
    assert debugprint(y) is sys.stdout and capsys.readouterr().out == text


def test_outputs_of_one_node_are_told_apart():
    x = T.dvector("x")
    assert debugprint(T.max_and_argmax(x), file="str") == (
        "MaxAndArgmax{axis=(0,)}.0 [id A] ''   \n |x [id B]\nMaxAndArgmax{axis=(0,)}.1 [id A] ''   \n")


@pytest.mark.parametrize(("arguments", "error"), [((3,), TypeError), ((T.dvector(), 1.5), TypeError)])
def test_what_cannot_be_printed(arguments, error):
    with pytest.raises(error):
        debugprint(*arguments)
    with pytest.raises(ValueError, match="CHAR"):
        debugprint(T.dvector(), ids="letters")


def test_a_deep_graph_prints_within_the_recursion_limit():
    x = T.dvector("x")
    y = x
    for _ in range(50_000):
        y = T.exp(y)
    lines = debugprint(y, file="str").splitlines()
    assert sys.getrecursionlimit() <= 1000
    assert len(lines) == 50_001 and lines[-1].strip(" |").startswith("<50001>") and lines[-1].split("|")[-1][0] == "x"
    assert max(map(len, lines)) < 300                       # so that the cost is linear


class Twice(Op):
    """Applies a graph of one input twice."""

    __props__ = ()

    def __init__(self, inner_input, inner_output):
        self.inside = inner_input, inner_output

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def inner_graph(self, node):
        """What `debugprint` shows."""
        return [self.inside[1]], {self.inside[0]: node.inputs[0]}


def test_graphs_inside_ops_follow():
    i, x, k = T.dvector("i"), T.dvector("x"), T.dvector("k")
    inner = Twice(k, T.exp(k))
    y = Twice(i, inner(i) + 1)(x)
    assert debugprint(y, file="str") == (
        "Twice [id A] ''   \n"
        " |x [id B]\n"
        "\n"
        "Inner graphs of the scan ops:\n"
        "\n"
        "Twice [id A] ''   \n"
        f" >{ADD} [id C] ''   \n"
        " > |Twice [id D] ''   \n"
        " > | |i [id E] -> [id B]\n"
        " > |InplaceDimShuffle{x} [id F] ''   \n"
        " >   |TensorConstant{1} [id G]\n"
        "\n"
        "Twice [id D] ''   \n"
        " >Elemwise{exp,no_inplace} [id H] ''   \n"
        " > |k [id I] -> [id E]\n")


# -- names of variables and constants -----------------------------------------------------------------------

CONSTANTS = [(2.0, "TensorConstant{2.0}"), ([2, 3], "TensorConstant{[2 3]}"), ([-1], "TensorConstant{(1,) of -1}"),
             ([[0.5, 0.5]], "TensorConstant{(1, 2) of 0.5}"), ([], "TensorConstant{[]}"),
             (np.array([1.49e-8]), "TensorConstant{(1,) of 1.49e-08}"),
             (np.float64(0.123456789012345), "TensorConstant{0.123456789012345}"),
             (np.arange(30), "TensorConstant{[ 0  1  2 .. 27 28 29]}")]


@pytest.mark.parametrize(("value", "text"), CONSTANTS, ids=str)
def test_text_of_constants(value, text):
    assert str(T.constant(value)) == text


@theano.change_flags(print_test_value=True)
def test_test_values_are_shown_on_demand():
    x = T.dscalar("x")
    assert repr(x) == "x"
    x.tag.test_value = 42
    assert repr(x) == "x\narray(42.)" and str(x) == "x"


def test_text_of_an_op_is_made_of_its_properties_unless_a_base_class_has_one():
    class Plain(Op):
        pass

    class Named(Op):
        __props__ = ("mode", "inner")
        mode, inner = "half", Plain()

    class Own(Op):
        def __str__(self):
            return "own"

    class Derived(Own):
        __props__ = ("mode",)
        mode = 1

    assert [str(op()) for op in (Plain, Named, Own, Derived)] == [
        "Plain", "Named{mode='half', inner=Plain}", "own", "own"]
