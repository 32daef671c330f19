"""pydotprint: files, options, colours, missing programs; graphs of pydot."""

import importlib
import logging
import re
import shutil

import numpy as np
import pytest
import theano.d3viz
import theano.ifelse

import theano
import theano.tensor as tt
from theano.drawing import dot, formatting
from theano.printing import default_colorCodes, pydotprint, pydotprint_variables

graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def drawn(thing, **options):
    """The picture in Graphviz's language."""
    return pydotprint(thing, format="dot", return_image=True, **options).decode()


def node_lines(text):
    return [line for line in text.splitlines() if "shape=" in line]


@pytest.fixture
def function():
    x, w = tt.dmatrix("x"), theano.shared(np.ones((3, 2)), name="w")
    return theano.function([x], tt.tanh(tt.dot(x, w)), updates=[(w, w * 2)], name="layer")


def test_inputs_are_green_and_outputs_blue_boxes(function):
    lines = node_lines(drawn(function))
    assert [line for line in lines if 'fillcolor="limegreen"' in line and 'shape="box"' in line and "x Tensor" in line]
    assert len([line for line in lines if 'fillcolor="dodgerblue"' in line]) == 2
    assert [line for line in lines if f'fillcolor="{default_colorCodes["Elemwise"]}"' in line and "ellipse" in line]


def test_edges_say_argument_and_type():
    x, y = tt.matrices("xy")
    text = drawn(x - y)
    assert re.search(r'-> \d+ \[label=" 0 ", color="black"\]', text)
    assert re.search(r'label="TensorType\(float64, matrix\)"', text)


def test_values_overwritten_and_viewed_are_coloured(function):
    x = tt.dmatrix("x")
    f = theano.function([x], tt.exp(tt.dot(x, x.T)))
    assert 'color="dodgerblue"];' in drawn(f)           # the transpose
    assert 'color="red"];' in drawn(f)                  # the product


def test_options(function):
    x = tt.dvector("a_long_name")
    y = tt.exp(x)
    y.name = "inside"
    z = [y * 2]
    assert "inside" in drawn(z) and "inside TensorType" not in drawn(z, var_with_name_simple=True)
    assert len(node_lines(drawn(z, compact=False))) > len(node_lines(drawn(z)))
    assert 'label="a_..."' in drawn(z, max_label_size=5)
    assert " id=0" in drawn(function, with_ids=True)
    assert "fillcolor" not in drawn(function, high_contrast=False)
    assert 'fillcolor="gold"' in drawn(z, colorCodes={"Elemwise": "gold"})


def test_quotes_in_names():
    x = tt.vector('say "x" \\ y')
    assert r'say \"x\" \\ y' in drawn(x + 1)


def test_branches_are_coloured_on_demand():
    c, x, y = tt.iscalar("c"), tt.dvector("x"), tt.dvector("y")
    chosen = theano.ifelse.ifelse(c, tt.exp(x), tt.log(y))
    text = drawn(chosen, cond_highlight=True)
    first, second = dot.BRANCHES
    colours = {re.search(r'label="(.*?)"', line)[1]: re.search(r'fillcolor="(.*?)"', line)[1]
               for line in node_lines(text) if "fillcolor" in line}
    assert colours["x TensorType(float64, vector)"] == first == colours["Elemwise{exp,no_inplace}"]
    assert colours["y TensorType(float64, vector)"] == second == colours["Elemwise{log,no_inplace}"]
    assert first not in drawn(chosen) and second not in drawn(chosen)


@graphviz
@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures_as_bytes(format, start):
    assert pydotprint(tt.dvector() + 1, format=format, return_image=True).startswith(start)


def test_the_place_of_a_file_is_printed_unless_that_is_not_wanted(tmp_path, capsys):
    x = tt.dvector("x") + 1
    pydotprint(x, tmp_path / "a.dot")
    assert str(tmp_path / "a.dot") in capsys.readouterr().out
    pydotprint(x, tmp_path / "b.dot", print_output_file=False)
    assert capsys.readouterr().out == "" and (tmp_path / "b.dot").exists()


def test_options_of_the_picture_of_variables(tmp_path):
    x = tt.dvector("a_long_name")
    y = [tt.exp(x * 2)]

    def written(**options):
        pydotprint_variables(y, tmp_path / "v.dot", **options)
        return (tmp_path / "v.dot").read_text()
    plain = written()
    assert len(node_lines(plain)) > len(node_lines(drawn(y)))               # values between operations are shown
    assert "a_long_name TensorType" in plain and "a_long_name TensorType" not in written(var_with_name_simple=True)
    assert 'label="a_..."' in written(max_label_size=5) and "fillcolor" not in written(high_contrast=False)
    assert 'fillcolor="gold"' in written(colorCodes={"Elemwise": "gold"})


def test_warns_where_there_is_no_ifelse(caplog):
    with caplog.at_level(logging.WARNING, "theano.printing"):
        drawn(tt.vector() * 2, cond_highlight=True)
    assert "no IfElse" in caplog.text


def test_profile_is_written_into_the_nodes():
    x = tt.dvector("x")
    f = theano.function([x], tt.exp(x) + 1, profile=theano.ProfileStats(atexit_print=False))
    assert "s in " not in drawn(f)
    f(np.ones(3))
    assert re.search(r"\d[num]?s in 1 calls", drawn(f))


def test_files(tmp_path, capsys):
    x = tt.dvector("x")
    pydotprint(x + 1, tmp_path / "new" / "graph.dot")
    assert (tmp_path / "new" / "graph.dot").read_text().startswith("digraph {")
    assert "available at" in capsys.readouterr().out
    pydotprint(x + 1, tmp_path / "quiet.dot", print_output_file=False)
    assert capsys.readouterr().out == ""
    theano.d3viz.d3write(theano.function([x], x + 1), tmp_path / "function.txt")
    assert (tmp_path / "function.txt").read_text().startswith("digraph {")


def test_loops_get_files_of_their_own(tmp_path):
    a, k = tt.vector("a"), tt.iscalar("k")
    rows, _ = theano.scan(lambda before, v: before * v, outputs_info=tt.ones_like(a), non_sequences=a, n_steps=k)
    pydotprint(rows, tmp_path / "power.dot", scan_graphs=True, print_output_file=False)
    assert "mul" in (tmp_path / "power_scan_0.dot").read_text()


@graphviz
def test_founding_pictures(tmp_path):
    """The two drawings of ``a + a ** 10``."""
    a = tt.vector("a")
    b = a + a ** 10
    pydotprint_variables(b, outfile=tmp_path / "unoptimized.png", var_with_name_simple=True)
    pydotprint(theano.function([a], b), outfile=tmp_path / "optimized.svg", var_with_name_simple=True)
    assert (tmp_path / "unoptimized.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "optimized.svg").read_bytes()


@graphviz
def test_unknown_formats_are_told():
    with pytest.raises(RuntimeError, match="could not draw the graph as zzz"):
        pydotprint(tt.vector() + 1, format="zzz", return_image=True)


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setattr(dot, "PROGRAM", "no-such-program")
    with pytest.raises(RuntimeError, match="needs the program 'no-such-program' of Graphviz.*format='dot'"):
        pydotprint(tt.vector() + 1, return_image=True)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(importlib.import_module("sys").modules, "pydot", None)
    with pytest.raises(ImportError, match="pip install pydot"):
        formatting.PyDotFormatter()(tt.vector() + 1)


def test_graphs_of_pydot():
    x, y = tt.scalars("xy")
    op = theano.OpFromGraph([x, y], [x * y])
    graph = theano.d3viz.formatting.PyDotFormatter()(theano.function([x, y], op(x, y) + 1))
    types = [node.get_attributes()["node_type"] for node in graph.get_nodes()]
    assert sorted(set(types)) == ["apply", "constant_input", "input", "output"]
    inside, = graph.get_subgraph_list()
    assert len(inside.get_nodes()) == 4


def test_texts_of_types():
    assert formatting.type_to_str(tt.dmatrix().type) == "dmatrix"
    assert formatting.var_label(tt.constant(np.pi)) == "3.14"
    assert formatting.var_tag(tt.vector())[0].endswith("test_graphviz.py")
    assert formatting.dict_to_pdnode({"name": "a", "label": "b"}).get_label() == '"b"'
