"""Sets in the order of arrival, dicts with defaults, kept results."""

import copy
import gc
import math
import pickle

import pytest
from theano.gof.callcache import CallCache
from theano.gof.optdb import DefaultOrderedDict
from theano.misc.ordered_set import OrderedSet


def test_sets_keep_the_order():
    s = OrderedSet([3, 1, 2, 3])
    s.add(1)
    s.update([0, 2])
    assert list(s) == [3, 1, 2, 0] and list(reversed(s)) == [0, 2, 1, 3] and len(s) == 4 and 2 in s and 5 not in s
    assert s.pop() == 0 and s.pop(last=False) == 3 and s == {1, 2} and s == OrderedSet([1, 2]) != OrderedSet([2, 1])
    assert list(s | [7]) == list(s.union([7])) == [1, 2, 7]
    s.difference_update([1])
    s.discard(9)
    assert s == s.copy() and repr(s) == "OrderedSet([2])" and list(pickle.loads(pickle.dumps(s))) == [2]
    with pytest.raises(KeyError, match="empty"):
        OrderedSet().pop()
    with pytest.raises(KeyError):
        s.remove(9)


def test_dicts_make_what_is_missing():
    d = DefaultOrderedDict(list, {"b": [1]})
    d["a"].append(2)
    assert dict(d) == dict(copy.copy(d)) == {"b": [1], "a": [2]} and d.copy()["c"] == [] and "c" not in d
    assert pickle.loads(pickle.dumps(d)) == d


def test_results_are_computed_once(tmp_path):
    calls = []

    def count(x):
        calls.append(x)
        return x + 1
    cache = CallCache()
    assert [cache.call(count, (2,)), cache.call(count, (2,)), cache.call(count, (3,), key="any")] == [3, 3, 4]
    assert cache.call(count, (5,), key="any") == 4 and calls == [2, 3]


def test_results_are_kept_in_a_file(tmp_path):
    path = str(tmp_path / "results")
    kept = CallCache(path)
    assert kept.call(math.factorial, (5,)) == 120
    del kept
    gc.collect()
    again = CallCache(path)
    assert again.cache == {(math.factorial, (5,)): 120}
    again.persist(path + "2")
    assert CallCache(path + "2").cache == again.cache
