"""Orders by comparison, and the helpers of old programs for sequences and names."""

import itertools
import random

import pytest

import theano.tensor as T
from theano.graph.fgraph import FunctionGraph
from theano.graph.schedule import (
    _toposort,
    key_to_cmp,
    make_dependence_cmp,
    make_depends,
    posort,
    reverse_dict,
    sort_apply_nodes,
    sort_schedule_fn,
)
from theano.graph.sequence import (
    difference,
    flatten,
    from_return_values,
    give_variables_names,
    hash_from_code,
    hist,
    remove,
    to_return_values,
    toposort,
    uniq,
    unique,
)


def nodes():
    x = T.matrix("x")
    y = T.dot(T.exp(x), T.cos(T.exp(x)))
    return x, y, [y.owner, y.owner.inputs[0].owner, y.owner.inputs[1].owner]


def test_dependence():
    _, _, (dot, exp, cos) = nodes()
    depends, compare = make_depends(), make_dependence_cmp()
    assert depends((dot, exp)) and not depends((exp, dot)) and not depends((cos, exp))
    assert compare(dot, cos) == 1 and compare(cos, dot) == -1 and compare(exp, cos) == 0


def test_nodes_in_order():
    x, y, _ = nodes()
    for key in (str, lambda n: str(n)[::-1]):
        order = sort_apply_nodes([x], [y], [key_to_cmp(key)])
        assert order[-1] is y.owner and len(order) == 4
        assert order == sort_schedule_fn(key_to_cmp(key))(FunctionGraph([x], [y], clone=False))
        FunctionGraph([], []).disown()
        for v in {v for n in order for v in (*n.inputs, *n.outputs)}:
            v.fgraph = None


@pytest.mark.parametrize("seed", range(20))
def test_first_comparison_weighs_most(seed):
    items = list(range(8))
    random.Random(seed).shuffle(items)
    order = posort(items, lambda a, b: a % 2 - b % 2, lambda a, b: a - b)
    assert order == [0, 2, 4, 6, 1, 3, 5, 7]
    assert posort(items) == items
    partial = posort(items, lambda a, b: (a - b) if abs(a - b) == 1 else 0)
    assert all(partial.index(a) < partial.index(a + 1) for a in range(7))


def test_graphs_of_keys():
    edges = {1: {4, 6}, 2: {4}, 4: {6}}
    order = _toposort(edges)
    assert all(order.index(a) < order.index(b) for a in edges for b in edges[a]) and set(order) == {1, 2, 4, 6}
    assert reverse_dict(edges) == {4: (1, 2), 6: (1, 4)}
    order = toposort(edges)
    assert all(order.index(b) < order.index(a) for a in edges for b in edges[a])
    for sort in (_toposort, toposort):
        with pytest.raises(ValueError, match="cycle|one another"):
            sort({1: [2], 2: [1]})


def test_sequences():
    assert uniq("abca") == list("abc") and unique("abc") and not unique("aa") and hist("aab") == {"a": 2, "b": 1}
    assert difference([1, 2, 3], [2]) == [1, 3] and list(remove(lambda x: x > 1, [1, 2])) == [1]
    assert flatten([1, (2, [3])]) == [1, 2, 3] and to_return_values([1]) == 1 and from_return_values(1) == [1]
    assert hash_from_code("a") == hash_from_code(b"a") != hash_from_code("b")


def test_names():
    variables = [T.scalar(), T.scalar("var_0"), T.scalar("a"), T.scalar("a"), T.scalar()]
    names = [v.name for v in give_variables_names(variables)]
    assert unique(names) and names[1] == "var_0"
    assert names == [v.name for v in give_variables_names(variables)]
    assert all(a != b for a, b in itertools.combinations(names, 2))
