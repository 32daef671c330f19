import pytest

from theano.graph.need import ALWAYS, gated, implies, joined, narrowed, needs, without
from theano.graph.walk import toposort
from theano.inner.ifelse import ifelse
from theano.tensor import dscalar, exp, iscalars

C, NOT_C, D = ("c", True), ("c", False), ("d", True)

JOINED = [
    (None, ((C,),), ((C,),)), (((C,),), None, ((C,),)), (((C,),), ((D,),), ((C,), (D,))),
    (((C,),), ((C, D),), ((C,),)), (((C,),), ALWAYS, ALWAYS), (((C, D),), ((D, C),), ((C, D),)),
]


@pytest.mark.parametrize(("a", "b", "cases"), JOINED)
def test_cases_are_joined_without_what_is_implied(a, b, cases):
    assert joined(a, b) == cases


def test_more_cases_than_are_told_apart_are_always():
    cases = tuple(((k, True),) for k in range(8))
    assert joined(cases[:7], cases[7:]) == cases
    assert joined(cases, (((8, True),),)) == ALWAYS


def test_a_branch_narrows_the_cases():
    assert narrowed(ALWAYS, C) == ((C,),)
    assert narrowed(((C,), (D,)), C) == ((C,), )
    assert narrowed(((NOT_C,), (D,)), C) == ((D, C),)
    assert narrowed(((NOT_C,),), C) == ()
    assert without(((C, D),), C) == ((D,),) and without(((C,), (D,)), C) == ALWAYS
    assert implies(((C, D),), ((D,),)) and not implies(((C,),), ((D,),)) and implies((), ((D,),))


def test_needs_of_a_graph():
    c, d = iscalars("c", "d")
    x = dscalar("x")
    h, always = exp(x), x + 1
    out = ifelse(c, h * always, ifelse(d, h + 2, always))
    found = needs(toposort([out, always]), [out, always])
    assert found[h.owner] == (((c, True),), ((c, False), (d, True)))
    assert found[always.owner] == ALWAYS
    assert needs(toposort([h]), [h]) is None


def test_a_gate_for_each_case():
    def choose(condition, truth, value, other):
        return (condition, truth, value, other)

    assert gated(choose, ((C, D), (NOT_C,)), "v", "o") == (
        "c", True, ("d", True, "v", ("c", False, "v", "o")), ("c", False, "v", "o"))
