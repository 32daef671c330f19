"""Parameter types: equality, aliases, what they refuse."""

import copy
import pickle

import pytest

from theano.graph.enum import CDataType, CEnumType, EnumList, EnumType


def test_numbers_and_booleans_are_equal():
    left = EnumType(A=True, B=12, C=0.0, ctype="int")
    right = EnumType(B=12.0, A=1, C=False, ctype="int")
    assert left == right and hash(left) == hash(right)
    assert left != EnumType(A=1, B=12, C=0, ctype="double")


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
@pytest.mark.parametrize("kind", [EnumList, CEnumType])
def test_constants(kind, twin):
    e = twin(kind("A", ("B", "beta")))
    assert (e.A, e.B, e.fromalias("beta"), e.fromalias("B")) == (0, 1, 1, 1)
    assert e.filter("beta") == e.filter("B") == e.filter(1) == 1
    assert e.get_aliases() == ("beta",) and e.has_alias("beta") and not e.has_alias("B")
    assert repr(e) == f"{kind.__name__}<int>(A:0, B(beta):1)"
    with pytest.raises(AttributeError, match="'C'"):
        _ = e.C


@pytest.mark.parametrize("value", ["gamma", 2, None])
def test_refused_values(value):
    with pytest.raises(ValueError, match=repr(value)):
        EnumList("A", "B").filter(value)


@pytest.mark.parametrize(("names", "error"), [
    (["a"], AttributeError), (["_A"], AttributeError), (["0"], AttributeError), (["A", "A"], AttributeError),
    ([("A", "a"), ("B", "B")], TypeError), ([("A", "x"), ("B", "x")], TypeError), ([("A", 1)], TypeError)])
def test_refused_names(names, error):
    with pytest.raises(error):
        EnumList(*names)


def test_no_number():
    with pytest.raises(TypeError, match="number"):
        EnumType(A="text")


def test_pointer_type():
    kind = CDataType("void *", "free", headers=["a.h"])
    assert kind == CDataType("void *", "free", headers=("a.h",)) != CDataType("void *")
    capsule = kind.make_value(1)
    assert kind.filter(capsule) is capsule and kind.filter(None) is None
    with pytest.raises(TypeError, match="capsule"):
        kind.filter(1)
