"""Graphs in one line."""

import sys

import theano
import theano.tensor as T
from theano.graph.inline import as_string, op_as_string
from theano.graph.op import Op
from theano.graph.variable import Apply, nodes_constructed


class Named(Op):
    """An op with a name, any number of inputs and outputs."""

    __props__ = ("name", "n")

    def __init__(self, name, n=1):
        self.name, self.n = name, n

    def make_node(self, *inputs):
        return Apply(self, inputs, [inputs[0].type() for _ in range(self.n)])

    def __str__(self):
        return self.name


f, g, pair = Named("f"), Named("g"), Named("pair", 2)
x, y, z = T.dvectors("x", "y", "z")


def test_parts_used_once_are_nested():
    assert as_string([x, y], [f(g(x, y), z)]) == ["f(g(x, y), z)"]
    assert op_as_string([x], f(g(x), y).owner) == "f(g(x), y)"


def test_parts_used_again_are_numbered_where_they_are_first_read():
    inner, other = g(x), g(y)
    assert as_string([x], [f(f(other), inner, other, inner)]) == ["f(f(*1 -> g(y)), *2 -> g(x), *1, *2)"]
    assert str(theano.FunctionGraph([x], [inner, inner])) == "[*1 -> g(x), *1]"


def test_inputs_end_the_graph():
    inner = g(x, y)
    assert as_string([inner], [f(inner, inner)], leaf_formatter=lambda v: "leaf") == ["f(leaf, leaf)"]
    assert as_string([x], [x]) == ["x"]


def test_outputs_of_one_node_have_numbers():
    first, second = pair(x)
    assert as_string([x], [second]) == ["pair(x)::1"]
    assert as_string([x], [f(first, second)]) == ["f(*1 -> pair(x), *1::1)"]
    assert as_string([x], [f(second, first)]) == ["f(*1::1 -> pair(x), *1::0)"]


def test_own_formatters():
    text, = as_string([x], [f(g(x), x)], lambda v: v.name.upper(), lambda node, parts: f"<{'|'.join(parts)}>")
    assert text == "<<X>|X>"


def test_a_deep_graph_is_written_within_the_recursion_limit():
    v = x
    for _ in range(10_000):
        v = f(v, x)
    assert sys.getrecursionlimit() <= 1000
    assert str(theano.FunctionGraph([x], [v])) == "[" + "f(" * 10_000 + "x" + ", x)" * 10_000 + "]"


def test_variables_made_can_be_watched():
    with nodes_constructed() as made:
        v = f(x)
    g(x)
    assert made == [v]
