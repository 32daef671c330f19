"""What an operation refuses is refused too where rewriting needs only the shape of its value, or nothing of it."""

import numpy as np
import pytest
import theano.ifelse

import theano
import theano.tensor as tt
from theano.errors import DroppedCheckError
from theano.rewrite.checks import dropped_checks
from theano.rewrite.rules.guards import keep_checks

X, Y, V, U, K, L = (*tt.dmatrices("x", "y"), *tt.dvectors("v", "u"), tt.lscalar("i"), tt.lvector("l"))
A23, A54, NONE = np.ones((2, 3)), np.ones((5, 4)), np.ones((0, 3))
PAIR = {X: A23, Y: A54}
VECTORS = {V: np.ones(3), U: np.ones(4)}
ROW = {X: A23, V: np.ones(4)}
S = X + Y
CASES = {                               # expression, values for which it must raise
    "join, shape": (tt.join(0, X, Y).shape, PAIR),
    "join, rows": (tt.join(0, X, Y).shape[0], PAIR),
    "join, part": (tt.join(0, X, Y)[0], PAIR),
    "join along columns": (tt.concatenate([X, Y], axis=1)[:, 0], PAIR),
    "stack": (tt.stack([V, U]).shape, VECTORS),
    "sum, shape": (S.shape, PAIR),
    "sum, rows": (S.shape[0], PAIR),
    "sum, size": (S.size, PAIR),
    "sum, flat": (S.reshape((-1,)).shape, PAIR),
    "sum, part": (S[0], PAIR),
    "sum, element": ((V + U)[0], VECTORS),
    "zeros like a sum": (tt.zeros_like(S), PAIR),
    "ones like a sum": (tt.ones_like(S).sum(), PAIR),
    "zeros like a product": (tt.zeros_like(V * U).sum(), VECTORS),
    "times 0": (S * 0, PAIR),
    "minus itself": ((S - S).sum(), PAIR),
    "over itself": ((S / S).sum(), PAIR),
    "to the power 0": ((S ** 0).sum(), PAIR),
    "equal to itself": (tt.eq(S, S).sum(), PAIR),
    "switch that is known": (tt.switch(0, S, X), PAIR),
    "and False": (tt.and_(tt.gt(S, 0), np.array(False)), PAIR),
    "reduced, shape": (S.sum(axis=0).shape, PAIR),
    "sorted, shape": (tt.sort(S).shape, PAIR),
    "cumulative sum, shape": (tt.extra_ops.cumsum(S, axis=0).shape, PAIR),
    "tiled, shape": (tt.tile(S, (2, 2)).shape, PAIR),
    "dot, shape": (tt.dot(X, Y).shape, PAIR),
    "dot of vectors times 0": (tt.dot(V, U) * 0, VECTORS),
    "dot, part": (tt.dot(X, Y)[0], PAIR),
    "batched dot, shape": (tt.batched_dot(X.dimshuffle(0, 1, "x"), Y.dimshuffle(0, "x", 1)).shape, PAIR),
    "batched dot, inner": (tt.batched_dot(X.dimshuffle("x", 0, 1), Y.dimshuffle("x", 0, 1)).shape, PAIR),
    "reshape, shape": (X.reshape((4, 2)).shape, {X: A23}),
    "reshape with -1, shape": (X.reshape((4, -1)).shape, {X: A23}),
    "reshape of nothing with -1": (X.reshape((0, -1)).shape, {X: NONE}),
    "reshape with two unknown extents": (X.reshape(L, ndim=2).shape, {X: A23, L: np.array([-1, -1])}),
    "reshape twice": (X.reshape((4, 2)).reshape((-1, 1)), {X: A23}),
    "index, shape": (X[5].shape, {X: A23}),
    "negative index, shape": (X[-3].shape, {X: A23}),
    "variable index, shape": (X[K].shape, {X: A23, K: 7}),
    "rows, shape": (X[L].shape, {X: A23, L: np.array([0, 7])}),
    "set part, shape": (tt.set_subtensor(X[0], V).shape, ROW),
    "set row that is not there, shape": (tt.set_subtensor(X[7], V).shape, {X: A23, V: np.ones(3)}),
    "set part, part": (tt.set_subtensor(X[0], V)[1], ROW),
    "set twice": (tt.set_subtensor(tt.set_subtensor(X[0], V)[0], U), {**ROW, U: np.ones(3)}),
    "read what was set": (tt.set_subtensor(V[:2], U)[:2], VECTORS),
    "said to be broadcastable": (tt.addbroadcast(X, 0).shape, {X: A23}),
    "dropped dimension": (tt.addbroadcast(X, 0).dimshuffle(1).shape, {X: A23}),
    "alloc, shape": (tt.alloc(V, 2, 4).shape, {V: np.ones(3)}),
    "alloc of a negative extent": (tt.zeros((K, 2)).shape, {K: -1}),
    "softmax, shape": (tt.nnet.softmax(X + V).shape, ROW),
    "largest of nothing, shape": (X.max(axis=0).shape, {X: NONE}),
    "largest of nothing times 0": (X.max(axis=0) * 0, {X: NONE}),
    "place of the largest of nothing": (X.argmax(axis=0).shape, {X: NONE}),
    "split, shape": (tt.split(V, [2, 2], 2, axis=0)[0].shape, {V: np.ones(3)}),
    "split into negative parts": (tt.split(V, [-1, 4], 2, axis=0)[1].shape, {V: np.ones(3)}),
    "largest of nothing in no columns": (X.max(axis=0).shape, {X: np.ones((0, 0))}),
    "inverse, shape": (tt.nlinalg.matrix_inverse(X).shape, {X: A23}),
    "gradient of a sum": (tt.grad(S.sum(), X), PAIR),
    "gradient of a dot": (tt.grad(tt.dot(X, Y).sum(), X), PAIR),
    "gradient of a join": (tt.grad(tt.join(0, X, Y).sum(), X), PAIR),
    "gradient of a reshape": (tt.grad(X.reshape((4, 2)).sum(), X), {X: A23}),
    "gradient of a part": (tt.grad(X[5].sum(), X), {X: A23}),
    "diagonal of one number times a matrix": (tt.dot(tt.diag(V), X), {X: A23, V: np.ones(1)}),
    "matrix times a diagonal of one number": (tt.dot(X, tt.diag(V)), {X: A23, V: np.ones(1)}),
    "vector times a diagonal of one number": (tt.dot(U, tt.diag(V)), {U: np.ones(3), V: np.ones(1)}),
    "solution for another identity": (tt.slinalg.solve(X, tt.eye(4)), {X: np.eye(3)}),
    "determinant of a triangle that is not square": (tt.nlinalg.det(tt.tril(X)), {X: A23}),
    "vector as a shorter one": (V.reshape((5,)) * 2, {V: np.ones(6)}),
    "vector as a longer one": (V.reshape((K,)).sum(), {V: np.ones(6), K: 7}),
}
MODES = {"native": None, "FAST_COMPILE": "FAST_COMPILE", "python": theano.Mode("py", "fast_run")}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("name", CASES)
def test_what_is_refused_stays_refused(name, mode):
    expression, values = CASES[name]
    inputs = list(values)
    kinds = (ValueError, IndexError, AssertionError, TypeError, np.linalg.LinAlgError)
    with pytest.raises(kinds) as as_written:
        theano.function(inputs, expression, mode=theano.Mode("py", None))(*values.values())
    with pytest.raises(type(as_written.value)) as rewritten:
        theano.function(inputs, expression, mode=mode)(*values.values())
    assert not isinstance(rewritten.value, DroppedCheckError)           # the operation itself says what is wrong


def test_the_error_of_what_was_dropped_names_the_line():
    f = theano.function([X, Y], tt.join(0, X, Y).shape)
    assert f(A23, np.ones((5, 3))).tolist() == [7, 3]
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(5, 4\)") as caught:
        f(A23, A54)
    assert "test_checks.py" in str(caught.value) and "tt.join(0, X, Y).shape" in str(caught.value)
    assert f(A23, np.ones((5, 3))).tolist() == [7, 3]


FITTING = {
    "broadcast rows": (S.shape, {X: np.ones((1, 3)), Y: np.ones((5, 3))}, [5, 3]),
    "broadcast both": ((S ** 0).sum(), {X: np.ones((1, 3)), Y: np.ones((5, 1))}, 15),
    "broadcast nothing": (S.shape, {X: np.ones((1, 3)), Y: np.ones((0, 3))}, [0, 3]),
    "largest of nothing in no rows": (X.max(axis=1).shape, {X: NONE}, [0]),
    "one value set in a row": (tt.set_subtensor(X[0], V).shape, {X: A23, V: np.ones(1)}, [2, 3]),
    "reshape with -1": (X.reshape((-1, 1, 2)).shape, {X: A23}, [3, 1, 2]),
    "reshape of nothing": (X.reshape((-1, 3)).shape, {X: NONE}, [0, 3]),
    "largest in no columns": (X.max(axis=0).shape, {X: np.ones((3, 0))}, [0]),
    "last row": (X[-2].shape, {X: A23}, [3]),
    "no rows": (X[L].shape, {X: NONE, L: np.zeros(0, "int64")}, [0, 3]),
    "alloc of one": (tt.alloc(V, 2, 4).shape, {V: np.ones(1)}, [2, 4]),
    "diagonal times a matrix": (tt.dot(tt.diag(V), X), {X: A23, V: np.arange(2.0)}, [[0, 0, 0], [1, 1, 1]]),
    "solution for the identity": (tt.slinalg.solve(X, tt.eye(2)), {X: 2 * np.eye(2)}, [[0.5, 0], [0, 0.5]]),
    "determinant of a triangle": (tt.nlinalg.det(tt.tril(X)), {X: 2 * np.ones((3, 3))}, 8),
    "vector as one of its length": (V.reshape((K,)), {V: np.ones(2), K: 2}, [1, 1]),
    "vector as one of any length": (V.reshape((-1,)), {V: np.ones(2)}, [1, 1]),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@pytest.mark.parametrize("name", FITTING)
def test_what_fits_is_not_refused(name, mode):
    expression, values, expected = FITTING[name]
    found = theano.function(list(values), expression, mode=mode)(*values.values())
    assert np.asarray(found).tolist() == expected


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_branches_that_are_not_taken_demand_nothing(mode):
    f = theano.function([K, X, Y], theano.ifelse.ifelse(K, tt.join(0, X, Y).shape[0], Y.shape[0]), mode=mode)
    assert f(0, A23, A54) == 5 and f(1, A23, np.ones((5, 3))) == 7
    with pytest.raises(ValueError):
        f(1, A23, A54)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_a_refused_call_updates_nothing(mode):
    w = theano.shared(np.zeros(3))
    f = theano.function([X, Y], [], updates=[(w, w + tt.join(0, X, Y).shape[0])], mode=mode)
    with pytest.raises(ValueError):
        f(A23, A54)
    assert w.get_value().tolist() == [0, 0, 0]
    f(A23, A23)
    assert w.get_value().tolist() == [4, 4, 4]


def test_values_that_are_computed_anyway_are_not_checked_twice():
    joined = tt.join(0, X, Y)
    for output, count in ((joined.sum() / joined.shape[0], 0), (joined.shape[0], 1)):
        graph = theano.FunctionGraph([X, Y], [output], clone=True)
        assert len(dropped_checks(graph, graph.toposort(), {})) == count
        before = graph.outputs[0]
        keep_checks(graph)
        assert (graph.outputs[0] is before) == (count == 0)


def test_conditions_compute_no_arrays():
    row = tt.cast(X.sum(), "int64")
    for index, count in ((row, 0), (K + 1, 1)):
        graph = theano.FunctionGraph([X, Y, K], [X[index].shape])
        assert len(dropped_checks(graph, graph.toposort(), {})) == count
