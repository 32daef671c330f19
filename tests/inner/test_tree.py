from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass

import pytest

from theano.inner.tree import flatten, like, rebuild

Pair = namedtuple("Pair", "x y")


@dataclass
class Cell:
    h: object
    c: object


TREES = [
    (3, [3]), (None, []), ([], []), ((1, [2, 3]), [1, 2, 3]), ({"b": 1, "a": {"c": 2}}, [1, 2]),
    (Pair(1, (2,)), [1, 2]), (Cell(1, Pair(2, None)), [1, 2]),
    (OrderedDict(b=1, a=2), [1, 2]), (defaultdict(list, b=1, a=2), [1, 2]),
]


@pytest.mark.parametrize(("tree", "leaves"), TREES, ids=str)
def test_trees_are_put_together_again(tree, leaves):
    assert flatten(tree) == leaves
    assert rebuild(tree, iter(leaves)) == tree
    doubled = rebuild(tree, iter([2 * v for v in leaves]))
    assert type(doubled) is type(tree) or tree == 3
    assert flatten(doubled) == [2 * v for v in leaves]


def test_dicts_are_matched_by_their_keys():
    assert like({"a": 1, "b": (2, 3)}, {"b": (20, 30), "a": 10}, "it") == [10, 20, 30]


BAD = [
    ((1, 2), [1, 2], "it is tuple of .0, 1. before a step, but list of .0, 1. after it"),
    ({"a": 1}, {"b": 1}, "it is dict of .'a'. before a step, but dict of .'b'. after it"),
    ({"a": (1, 2)}, {"a": 1}, "it.'a'. is tuple before a step, but a value after it"),
    ((1, None), (1, 2), "it.1. is None before a step, but a value after it"),
    ((1, 2), (1, 2, 3), "it is tuple of .0, 1. before a step, but tuple of .0, 1, 2. after it"),
]


@pytest.mark.parametrize(("model", "tree", "text"), BAD)
def test_other_trees_are_refused(model, tree, text):
    with pytest.raises(TypeError, match=text):
        like(model, tree, "it")
