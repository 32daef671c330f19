"""Walks over graphs, by the names and arguments of the original."""

import numpy as np
from theano.gof import destroyhandler, opt, sched, utils
from theano.gof import graph as walks

import theano
import theano.tensor as T
from theano.tensor.inplace import exp_inplace


def test_arguments_by_name():
    x, y = T.dvectors("x", "y")
    z = x * y
    out = z + 1
    assert set(walks.inputs(variable_list=[z])) == {x, y} == set(walks.orphans(i=[], o=[z]))
    assert walks.ancestors(variable_list=[z], blockers=[x])[0] is z
    assert set(walks.variables(i=[x, y], o=[z])) == {x, y, z}
    assert walks.ops(i=[x, y], o=[z]) == {z.owner} and walks.is_in_ancestors(l_node=out.owner, f_node=z.owner)
    (a, b), (copied,) = walks.clone(i=[x, y], o=[z])
    assert copied is not z and copied.owner.inputs == [a, b]
    assert walks.as_string(i=[x, y], o=[z]) == [walks.op_as_string(i=[x, y], op=z.owner)]
    assert walks.view_roots(r=x.T) == [x]


def test_chains_of_ops():
    x = T.dvector("x")
    y = T.log(T.exp(x) + x)
    assert opt.check_chain(y, T.log, T.add, T.exp) and opt.check_chain(y.owner, T.Elemwise, None)
    assert opt.check_chain(y, lambda node: node.op == T.log)
    assert not opt.check_chain(y, T.exp) and not opt.check_chain(x, None) and not opt.check_chain(y, *[None] * 4)


def test_traces_are_inherited():
    x = T.dvector("x")
    source, other = T.exp(x), T.log(x)
    with opt.inherit_stack_trace(source):
        made = T.sin(x)
    with opt.inherit_stack_trace([source, other]):
        both = T.sin(x)
    assert made.tag.trace == source.tag.trace != T.sin(x).tag.trace
    assert set(both.tag.trace) == {*source.tag.trace, *other.tag.trace}


def test_what_may_be_overwritten():
    x, y = T.dvectors("x", "y")
    one = T.constant(np.ones(2))
    fgraph = theano.FunctionGraph([x, y], [exp_inplace(x) + one, y * y], clone=False)
    fgraph.attach_feature(destroyhandler.DestroyHandler(do_imports_on_attach=True, algo=None))
    assert destroyhandler.fast_inplace_check([x, y, one]) == [y] and destroyhandler.fast_inplace_check([]) == []
    fgraph.protected = [y]
    assert destroyhandler.fast_inplace_check([x, y]) == []


def test_small_helpers(capsys):
    assert utils.D(a=1, b=2).b == 2 and opt.merge_dict({1: 2, 3: 4}, {3: 5}) == {1: 2, 3: 5}
    found = utils.simple_extract_stack()
    assert found[-1][0] == __file__ and found[-1][2] == "test_small_helpers" and "simple_extract" in found[-1][3]
    assert all("test_walk" not in name for name, *_ in utils.simple_extract_stack(skips=["test_walk"])[-1:])
    pad = utils.scratchpad()
    pad.mark = 3
    pad.info()
    assert "'mark': 3" in capsys.readouterr().out
    calls = []
    twice = sched.memodict(f=lambda v: calls.append(v) or 2 * v)
    assert (twice(4), twice(4), calls) == (8, 8, [4])
