"""Lists of values of one type."""

import numpy as np
import pytest
import theano.typed_list as tl
from theano.tensor.type_other import SliceType

import theano
import theano.tensor as T

VECTORS = tl.TypedListType(T.dvector)
A, B, C = np.array([1., 2.]), np.array([3., 4., 5.]), np.array([6.])


def same(xs, ys):
    return len(xs) == len(ys) and all(np.array_equal(x, y) for x, y in zip(xs, ys, strict=True))


def test_type():
    assert VECTORS == tl.TypedListType(T.dvector) != tl.TypedListType(T.dmatrix)
    deep = tl.TypedListType(T.dvector, 2)
    assert deep == tl.TypedListType(tl.TypedListType(VECTORS)) and deep.get_depth() == 2
    assert (VECTORS.dtype, VECTORS.ndim, VECTORS.get_depth()) == ("float64", 2, 0)
    assert same(VECTORS.filter([A, [1, 2]]), [A, [1, 2]])
    assert VECTORS.values_eq([A, B], [A, B]) and not VECTORS.values_eq([A], [B]) and not VECTORS.values_eq([A], [A, B])
    assert VECTORS.values_eq_approx([A], [A + 1e-14]) and not VECTORS.values_eq_approx([A], [A + 1])
    assert VECTORS.may_share_memory([A], [B, A[:1]]) and not VECTORS.may_share_memory([A], [B])


@pytest.mark.parametrize("make", [lambda: tl.TypedListType(None), lambda: VECTORS.filter(4),
                                  lambda: VECTORS.filter([[[1.]]]), lambda: tl.length(T.dvector()),
                                  lambda: VECTORS().append(T.dmatrix()), lambda: VECTORS()[T.dscalar()],
                                  lambda: VECTORS().extend(tl.TypedListType(T.dmatrix)()), lambda: tl.make_list([]),
                                  lambda: tl.make_list([T.dvector(), T.dmatrix()]), lambda: list(VECTORS())])
def test_refused(make):
    with pytest.raises(TypeError):
        make()


CHANGES = [
    (lambda x, v, i: x.append(v), [A, B, C], [A, B, C, A]), (lambda x, v, i: x.extend(x), [A, B], [A, B, A, B]),
    (lambda x, v, i: x.insert(i, v), [B, C], [B, A, C]), (lambda x, v, i: x.insert(0, v), [B], [A, B]),
    (lambda x, v, i: x.remove(v), [B, A, A], [B, A]), (lambda x, v, i: x.reverse(), [A, B, C], [C, B, A]),
    (lambda x, v, i: x[1:], [A, B, C], [B, C]), (lambda x, v, i: x[i:], [A, B, C], [B, C]),
    (lambda x, v, i: x[i::-i], [A, B, C], [B, A])]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("change, before, after", CHANGES)
def test_changes_make_new_lists(change, before, after, mode):
    x, v, i = VECTORS(), T.dvector(), T.lscalar()
    f = theano.function([x, v, i], change(x, v, i), mode=mode, on_unused_input="ignore")
    given = [a.copy() for a in before]
    assert same(f(given, A, 1), after) and same(given, before)
    result = f(given, A, 1)
    result[0][...] = 0                                      # what the caller gets is the caller's
    assert same(given, before)


@pytest.mark.parametrize("op", [tl.Append, tl.Extend, tl.Insert, tl.Remove, tl.Reverse])
def test_in_place(op):
    x, v, w, i = VECTORS(), T.dvector(), VECTORS(), T.lscalar()
    arguments = {tl.Extend: [w], tl.Insert: [i, v], tl.Reverse: []}.get(op, [v])
    values = {tl.Extend: [[A]], tl.Insert: [1, A], tl.Reverse: []}.get(op, [A])
    out = op()(x, *arguments)
    f = theano.function([theano.In(x, mutable=True), *arguments], out)
    assert [n.op.inplace for n in f.maker.fgraph.toposort() if isinstance(n.op, op)] == [True]
    expected = theano.function([x, *arguments], out)([A, B], *values)
    assert same(f([A.copy(), B.copy()], *values), expected)
    g = theano.function([x, *arguments], op(True)(x, *arguments), accept_inplace=True)
    given = [A.copy(), B.copy()]
    assert same(g(given, *values), expected)


def test_numbers():
    x, v, i = VECTORS(), T.dvector(), T.lscalar()
    f = theano.function([x, v, i], [x.ind(v), x.count(v), tl.length(x), x.__len__(), x[i], x[0]])
    index, count, length, again, item, first = f([A, B, A], A, 1)
    assert (index, count, length, again) == (0, 2, 3, 3) and length.dtype == "int64"
    assert same([item, first], [B, A])
    with pytest.raises(ValueError, match="no element"):
        f([A], B, 0)


def test_nested_and_slices():
    x, y, s = tl.TypedListType(T.dvector, 1)(), VECTORS(), SliceType()()
    f = theano.function([x, y, s], [tl.index_(x, y), x[0][s]])
    index, part = f([[A], [A, B]], [A, B], slice(0, 1))
    assert index == 1 and same(part, [A])


def test_make_list():
    v = T.dvector()
    f = theano.function([v], tl.make_list([v, v + 1]))
    assert same(f(A), [A, A + 1])
    assert same(theano.function([], tl.make_list([T.constant(A), T.constant(A)]))(), [A, A])
    one, two, other = (tl.TypedListConstant(VECTORS, [a]) for a in (A, A, B))
    assert one.equals(two) and not one.equals(other)
