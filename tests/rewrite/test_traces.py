"""Traces of rewritten graphs."""

import re

import pytest

import theano
import theano.tensor as T
from theano.rewrite.traces import check_stack_trace, copy_stack_trace
from theano.tensor.elemwise import Elemwise


def graph():
    x = T.vector("x")
    return theano.FunctionGraph([x], [T.exp(x) + 1])


@pytest.mark.parametrize("which", ["last", "all", Elemwise, T.exp, [T.exp, T.add]])
def test_lost_traces_are_found(which):
    fgraph = graph()
    assert check_stack_trace(fgraph, which)
    for node in fgraph.toposort():
        node.outputs[0].tag.trace = ()
    assert not check_stack_trace(fgraph, which, bug_print="ignore")
    with pytest.raises(Exception, match="where they come from"):
        check_stack_trace(fgraph, which)
    with pytest.warns(UserWarning, match="where they come from"):
        check_stack_trace(fgraph, which, bug_print="warn")


def test_ops_that_are_not_there_have_lost_nothing():
    fgraph = graph()
    fgraph.outputs[0].tag.trace = ()
    assert check_stack_trace(fgraph, T.exp)


@pytest.mark.parametrize("bad", [{"ops_to_check": "some"}, {"bug_print": "shout"}])
def test_bad_choices(bad):
    with pytest.raises(ValueError, match="must be"):
        check_stack_trace(graph(), **bad)


def test_a_copied_trace_comes_first():
    a, b, c = T.vectors("abc")
    own = c.tag.trace
    assert copy_stack_trace([a, b], c) is c
    assert set(c.tag.trace) == {*a.tag.trace, *b.tag.trace, *own} and c.tag.trace[0] == a.tag.trace[0]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_compiled_functions_keep_them(mode):
    x, y = T.vectors("xy")
    f = theano.function([x, y], [T.nnet.sigmoid(x) * 2 + y, T.log(1 + x), T.dot(x, y)], mode=mode)
    assert check_stack_trace(f, "all")


def test_each_rewrite_is_printed_on_demand(capsys):
    x = T.dvector("x")
    with theano.change_flags(optimizer_verbose=True):
        theano.function([x], T.log(1 + x) * 1)
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"rewriting: rule local_log1p replaces .*log.*\(.*\) by Elemwise\{log1p,.*\}\(x\)", line)
               for line in lines)
    assert len(lines) >= 2 and all(" replaces " in line and " by " in line for line in lines)
    theano.function([x], T.log(1 + x) * 1)
    assert capsys.readouterr().out == ""
