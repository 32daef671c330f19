"""Rewrites of linear algebra: each fires where it should, and changes no value; what is known about matrices."""

import pickle

import numpy as np
import pytest
from theano.sandbox.linalg import psd
from theano.sandbox.linalg.ops import Hint, hints
from theano.tensor.nlinalg import alloc_diag, det, diag, eigh, matrix_dot, matrix_inverse, pinv, qr, svd, trace
from theano.tensor.slinalg import Cholesky, Solve, cholesky, expm, kron, solve, solve_lower_triangular, solve_symmetric

import theano
from theano import tensor as T
from theano.graph.fgraph import FunctionGraph
from theano.graph.walk import toposort
from theano.inner.batch.each_row import EachRow
from theano.rewrite.pipeline import Query, optimize
from theano.rewrite.rules.factor import FACTOR
from theano.rewrite.rules.kron_gradient import KRON
from theano.rewrite.rules.linalg import LINALG
from theano.rewrite.structure import HintsFeature, facts, is_psd, is_symmetric, nonnegative
from theano.tensor.linalg.inverse import slogdet
from theano.tensor.linalg.product import KronGrad

PLAIN, NATIVE = theano.compile.Mode(linker="py", optimizer=None), theano.compile.Mode("c|py", "fast_run")
A, B, S = T.dmatrix("A"), T.dmatrix("B"), T.dmatrix("S")          # S is positive definite
x, y, v = T.dvector("x"), T.dvector("y"), T.dvector("v")          # v is positive
long, tall = T.tile(x, 3) * T.arange(9), T.tile(A, (3, 1))        # with as many rows as kron(A, B) has
c = T.dscalar("c")


def lower(a):
    return cholesky(a.dot(a.T) + T.eye(3))


def orthogonal(a):
    return qr(a, "complete")[0]


def slopes(*costs):
    """Gradients of the sum of costs by both matrices."""
    return theano.grad(sum(costs), [A, B])


# name of the rule: (outputs, ops that must be in the graph, ops that must not)
CASES = {
    "remove_hint_nodes": ([psd(S) + 1], "", "Hint"),
    "no_transpose_symmetric": ([psd(S).T.dot(x), (A + A.T).T.dot(y)], "", "Hint"),
    "transinv_to_invtrans": ([matrix_inverse(A).T + 1], "MatrixInverse", ""),
    "inv_as_solve": ([matrix_inverse(A).dot(x), matrix_inverse(A).dot(B), B.dot(matrix_inverse(A)),
                      x.dot(matrix_inverse(B))], "Solve LUSolve", "MatrixInverse"),
    "tag_solve_triangular": ([solve(lower(A), x), solve(lower(A).T, B), solve(T.tril(A), x), solve(T.triu(B), x),
                              solve(Cholesky(lower=False)(psd(S)), y)], "", "LUFactor"),
    "solve_of_orthogonal": ([solve(orthogonal(A), x), solve(eigh(S)[1].T, B)], "", "Solve"),
    "solve_of_identity": ([solve(A, T.eye(A.shape[0]))], "MatrixInverse", "Solve"),
    "inverse_of_inverse": ([matrix_inverse(matrix_inverse(A)) + 1], "", "MatrixInverse"),
    "inverse_with_structure": ([matrix_inverse(orthogonal(A)), matrix_inverse(lower(B)), matrix_inverse(T.triu(A))],
                               "Solve", "MatrixInverse"),
    "product_with_outer": ([A.dot(T.outer(x, y)), T.outer(x, c * y).dot(A), matrix_dot(A, T.outer(x, y).T, B)],
                           "", "Dot22 Dot"),
    "column_times_row": ([A * T.outer(x, y), T.outer(x, y).sum()], "", "Dot22 Dot"),
    "solve_of_outer": ([solve(A, T.outer(x, y))], "Solve", ""),
    "solve_of_scaled": ([solve(A, x) + solve(A, c * x) + solve(A, -x)], "Solve", "LUSolve"),
    "product_of_orthonormal": ([qr(A)[0].T.dot(qr(A)[0]), svd(A)[2].dot(svd(A)[2].T)], "", "Dot22 SVD QRFull"),
    "det_with_structure": ([det(A.T), det(matrix_inverse(B)), det(lower(A))], "Det", "MatrixInverse LUFactor"),
    "log_of_det": ([T.log(det(A)), T.log(abs(det(B)))], "SLogDet", "Det"),
    "slogdet_with_structure": ([*slogdet(A.T), *slogdet(matrix_inverse(B)), *slogdet(T.tril(A) - 3 * T.eye(3))],
                               "SLogDet", "MatrixInverse"),
    "local_log_pow": ([T.log(x ** 2), T.log(v ** 3.5), T.log(T.sqr(x)), T.log(T.sqrt(v)), T.log(x ** -2)], "", ""),
    "local_log_prod_sqr": ([T.log(T.prod(T.exp(x))), T.log(abs(T.prod(x))), T.log(T.prod(T.sqr(A) + 1, axis=1))],
                           "Sum", "Prod"),
    "diagonal_of_diagonal": ([diag(alloc_diag(x)) + 1, diag(A.T) + 1, trace(alloc_diag(v))], "", "AllocDiag"),
    "diagonal_of_product": ([trace(A.dot(B)), diag(A.dot(B)), trace(A[:2].dot(B)), diag(A.dot(B[:, :1]))], "Sum",
                            "Dot22 Dot"),
    "diagonal_of_function": ([trace(T.exp(A) * c), diag(A.dot(B) * c)], "Sum", "Dot22"),
    "sum_of_diagonal_matrix": ([alloc_diag(x).sum()], "Sum", "AllocDiag"),
    "solve_of_diagonal": ([solve(alloc_diag(v), x), solve_lower_triangular(alloc_diag(v), A),
                           solve_symmetric(alloc_diag(v) + alloc_diag(v), y), matrix_inverse(alloc_diag(v)).dot(B),
                           x.dot(matrix_inverse(c * alloc_diag(v))), solve_lower_triangular(T.triu(A), y),
                           solve(alloc_diag(v), T.arange(3)), solve(c * T.eye(3), x)],
                          "Divisors", "Solve MatrixInverse AllocDiag LUSolve"),
    "inverse_of_diagonal": ([matrix_inverse(alloc_diag(v)), matrix_inverse(2 * alloc_diag(v)) + A],
                            "Divisors", "MatrixInverse Solve"),
    "vector_on_diagonal": (theano.grad(T.exp(trace(A.dot(A.T).dot(S.dot(S.T)))), [A, S]), "", "AdvancedIncSubtensor"),
    "solution_for_diagonal": ([solve(A, alloc_diag(v)), solve(psd(S), alloc_diag(x)).dot(y)],
                              "MatrixInverse Cholesky", "AllocDiag"),
    "diagonal_of_triangle": ([diag(T.tril(A)) + 1, diag(T.triu(A * c)), trace(T.tril(A, 1))], "", "Tri"),
    "second_cholesky": ([cholesky(psd(S)) + Cholesky(lower=False)(psd(S)), Cholesky(on_error="semidefinite")(psd(S))],
                        "Cholesky", ""),
    "psd_solve_with_chol": ([solve(psd(S), x), solve(A.dot(A.T), B), solve_symmetric(T.dot(B.T, B) + T.eye(3), y)],
                            "Cholesky Solve", "Hint LUFactor"),
    "slogdet_of_definite": ([T.log(det(psd(S))), slogdet(A.dot(A.T))[1]], "Cholesky", "SLogDet Det"),
    "product_with_solved_identity": ([matrix_inverse(lower(A)).dot(x), x.dot(matrix_inverse(lower(A))),
                                      matrix_inverse(T.triu(A)).dot(B), B.dot(matrix_inverse(lower(A)).T)],
                                     "Solve", "Gemv MatrixInverse"),
    "product_with_diagonal": ([alloc_diag(x).dot(A), A.dot(alloc_diag(y)), y.dot(alloc_diag(x)), alloc_diag(x).dot(v)],
                              "", "Dot22 Gemv"),
    "cholesky_of_square": ([cholesky(lower(A).dot(lower(A).T)) + 1, Cholesky(lower=False)(lower(A).dot(lower(A).T)),
                            solve(lower(B).dot(lower(B).T), x)], "Cholesky Solve", "LUFactor"),
    "sum_of_quadratic_forms": ([(solve(psd(S), x) * x).sum(), (A * solve(psd(S), A)).sum(axis=0),
                                (matrix_inverse(psd(S)).dot(y) * y).sum()], "Cholesky Solve", "MatrixInverse"),
    "quadratic_form": ([x.dot(solve(psd(S), x)), T.dot(T.dot(y, matrix_inverse(psd(S))), y)], "Cholesky", ""),
    "local_det_chol": ([det(psd(S)), det(A.dot(A.T)), cholesky(B.dot(B.T)), det(B.dot(B.T))], "Cholesky", "Det"),
    "inverse_of_definite": ([matrix_inverse(psd(S)), det(psd(S))], "CholeskyInverse Cholesky", "MatrixInverse Det"),
    "transpose_of_kron": ([solve(kron(A, B).T, long)], "Solve", "Kron"),
    "scaled_kron": ([solve(3 * kron(A, B), long), det(-kron(A, B)), det(c * kron(psd(S), psd(S)))], "Solve", "Kron"),
    "inverse_of_kron": ([matrix_inverse(kron(A, B)), pinv(kron(A, B))], "MatrixInverse MatrixPinv Kron", ""),
    "cholesky_of_kron": ([cholesky(kron(psd(S), A.dot(A.T) + T.eye(3)))], "Cholesky Kron", "Hint"),
    "solve_of_kron": ([solve(kron(A, B), long), solve(kron(A, B), tall), solve(kron(A, B), long.dimshuffle(0, "x")),
                       solve_lower_triangular(kron(lower(A), lower(B)), tall),
                       solve_symmetric(kron(psd(S), A + A.T), long),
                       matrix_inverse(kron(A, kron(T.eye(1), B))).dot(long)], "Solve LUSolve", "Kron MatrixInverse"),
    "product_with_kron": ([kron(A, B).dot(long), kron(A, tall).T.dot(T.tile(tall, (3, 1))),
                           long.dot(kron(A, B)), tall.T.dot(kron(A, B)), kron(A, x.dimshuffle("x", 0)).dot(long),
                           kron(A, B).dot(long.dimshuffle(0, "x"))],
                          "", "Kron"),
    "slogdet_of_kron": ([T.log(det(kron(A, B))), *slogdet(kron(B, psd(S)))],
                        "SLogDet", "Kron Det"),
    "det_of_kron": ([det(kron(A, B)), det(kron(psd(S), B)), det(kron(tall[:2], tall[:3, :2]))], "SLogDet", "Kron Det"),
    "diagonal_of_kron": ([trace(kron(A, psd(S))), diag(kron(tall, T.eye(2)))], "", "Kron"),
    "kron_gradient_of_kron": (slopes(T.log(abs(det(kron(A, B))))), "", "Kron KronGrad"),
    "kron_gradient_through_kron": (slopes(trace(matrix_inverse(kron(A, B)))), "", "Kron KronGrad"),
    "kron_gradient_of_product": (slopes(T.sin(solve(kron(A, B), tall)).sum(), long.dot(solve(kron(A, B), long))), "",
                                 "Kron KronGrad"),
    "kron_gradient_of_scaled": (slopes(3 * T.tanh(long.dot(kron(A, B)).dot(long)), trace(-kron(A, B))), "",
                                "Kron KronGrad"),
    "kron_gradient_of_choice": (slopes(T.sqrt(T.sqr(kron(A, B)).sum())), "", "Kron KronGrad"),
    "kron_gradient_of_fill": (slopes(kron(A, B).sum()), "", "Kron KronGrad"),
    "kron_gradient_of_diagonal": (slopes(trace(kron(A, B)), T.sin(diag(kron(A, tall))).sum()), "", "Kron KronGrad"),
    "kron_gradient_of_sum": ([KronGrad(True)(tall.dot(tall.T) + T.exp(tall.dot(tall.T)), B, 3, 3)], "KronGrad", ""),
    "kron_gradient_of_transpose": (slopes(T.sin(solve(kron(A, B).T, tall)).sum()), "", "Kron KronGrad"),
    "diagonal_of_any_kron": ([trace(kron(A, B)), diag(kron(tall, B)), diag(kron(A, tall)) + 1], "", "Kron"),
    "sum_of_kron": ([kron(A, B).sum(), kron(tall, x.dimshuffle(0, "x")).sum()], "Sum", "Kron"),
    "function_of_kron": ([T.sqr(kron(A, B)).sum(), abs(kron(A, B)).sum()], "Sum", "Kron"),
    "solve_with_shared_factors": ([solve(A, x), solve(A.T, x), solve(A, B)], "LUFactor LUSolve", "Solve"),
    "inverse_with_shared_factors": ([matrix_inverse(A), solve(A.T, x)], "LUFactor LUInverse LUSolve", "MatrixInverse"),
    "det_with_shared_factors": ([det(A), solve(A, x), det(B), matrix_inverse(B.T)], "LUFactor", "Det"),
    "slogdet_with_shared_factors": ([*slogdet(A), solve(A, x), *slogdet(B), matrix_inverse(B.T)], "LUFactor",
                                    "SLogDet Det"),
    "part_of_decomposition": ([svd(A, compute_uv=0), *map(abs, svd(A)), qr(B, "r"), *qr(B)], "SVD QRFull",
                              "QRIncomplete"),
    "decomposition_without_vectors": ([svd(A)[1], qr(B)[1], eigh(A.dot(A.T))[0]], "SVD QRIncomplete Eigvalsh",
                                      "QRFull Eigh"),
}


def values_of(rng):
    a, b = rng.normal(size=(3, 3)) + 2 * np.eye(3), rng.normal(size=(3, 3)) - 2 * np.eye(3)
    return {A: a, B: b, S: b @ b.T + np.eye(3), x: rng.normal(size=3), y: rng.normal(size=3), v: rng.random(3) + 0.5,
            c: np.asarray(1.5)}


def names(f):
    return [type(node.op).__name__ for node in f.maker.fgraph.toposort()]


def test_every_rule_has_a_case():
    assert {r.name for r in (*LINALG, *FACTOR, *KRON)} == set(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_rule_fires(name):
    fgraph = FunctionGraph(list(values_of(np.random)), CASES[name][0], clone=True)
    assert name in optimize(fgraph, Query()).rules


@pytest.mark.parametrize("name", sorted(CASES))
def test_values_stay(name, rng):
    outputs, present, absent = CASES[name]
    given = values_of(rng)
    inputs, values = list(given), list(given.values())
    f = theano.function(inputs, outputs, mode=NATIVE, on_unused_input="ignore")
    reference = theano.function(inputs, outputs, mode=PLAIN, on_unused_input="ignore")
    for found, expected in zip(f(*values), reference(*values), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
        assert found.dtype == expected.dtype
    assert set(present.split()) <= set(names(f)) and not set(absent.split()) & set(names(f)), names(f)


@pytest.mark.parametrize("name", sorted(CASES))
def test_rules_can_be_left_out(name, rng):
    mode = theano.compile.get_mode("FAST_RUN").excluding(name)
    given = values_of(rng)
    f = theano.function(list(given), CASES[name][0], mode=mode, on_unused_input="ignore")
    reference = theano.function(list(given), CASES[name][0], mode=PLAIN, on_unused_input="ignore")
    for found, expected in zip(f(*given.values()), reference(*given.values()), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def log_density(covariance):
    return -0.5 * T.dot(T.dot(x - y, matrix_inverse(covariance)), x - y) - 0.5 * T.log(det(covariance))


DENSITIES = {"hint": (psd(S), S), "product": (S.dot(S.T), S), "jitter": (S.dot(S.T) + 0.1 * T.eye(3), S),
             "noise": (psd(S) + c ** 2 * T.eye(3), S), "congruence": (matrix_dot(A, psd(S), A.T), S)}


@pytest.mark.parametrize("name", sorted(DENSITIES))
def test_log_density_is_one_cholesky_and_triangular_solutions(name, rng):
    given = values_of(rng)
    inputs = [x, y, S, A, c]
    f = theano.function(inputs, log_density(DENSITIES[name][0]), mode=NATIVE, on_unused_input="ignore")
    found = [node.op for node in f.maker.fgraph.toposort() if "linalg" in type(node.op).__module__]
    assert sorted(type(op).__name__ for op in found) == ["Cholesky", "Solve"]
    assert found[1].A_structure == "lower_triangular"
    covariance = theano.function(inputs, DENSITIES[name][0], mode=PLAIN, on_unused_input="ignore")
    sigma, d = covariance(*(given[i] for i in inputs)), given[x] - given[y]
    expected = -0.5 * d @ np.linalg.inv(sigma) @ d - 0.5 * np.linalg.slogdet(sigma)[1]
    np.testing.assert_allclose(f(*(given[i] for i in inputs)), expected)


def test_gradient_of_log_density_shares_its_cholesky(rng):
    given = values_of(rng)
    cost = log_density(psd(S))
    f = theano.function([x, y, S], [cost, *theano.grad(cost, [y, S])], mode=NATIVE)
    found = sorted(type(node.op).__name__ for node in f.maker.fgraph.toposort() if "linalg" in type(node.op).__module__)
    assert found == ["Cholesky", "CholeskyInverse", "Solve", "Solve"]
    reference = theano.function([x, y, S], [cost, *theano.grad(cost, [y, S])], mode=PLAIN)
    for value, expected in zip(f(given[x], given[y], given[S]), reference(given[x], given[y], given[S]), strict=True):
        np.testing.assert_allclose(value, expected)


def factorizations(f):
    """By what a function factorizes and solves; those of every row of a batch count as one."""
    nodes = [n for node in f.maker.fgraph.toposort() for n in
             (toposort(node.op.graph.outputs) if isinstance(node.op, EachRow) else [node])]
    return sorted(getattr(n.op, "A_structure", type(n.op).__name__) for n in nodes if "linalg" in type(n.op).__module__)


def test_log_densities_of_many_points_and_of_many_covariances(rng):
    given = values_of(rng)
    many, stack = T.dmatrix(), T.dtensor3()

    def density(point, covariance):
        d = point - y
        return -0.5 * d.dot(matrix_inverse(psd(covariance)).dot(d)) - 0.5 * T.log(det(psd(covariance)))

    def reference(point, covariance):
        d = point - given[y]
        return -0.5 * d @ np.linalg.inv(covariance) @ d - 0.5 * np.linalg.slogdet(covariance)[1]
    points = rng.normal(size=(4, 3))
    f = theano.function([many, y, S], theano.vectorize(lambda p: density(p, S))(many))
    assert factorizations(f) == ["Cholesky", "lower_triangular", "upper_triangular"]
    np.testing.assert_allclose(f(points, given[y], given[S]), [reference(p, given[S]) for p in points])
    covariances = np.stack([given[S] + k * np.eye(3) for k in range(4)])
    f = theano.function([many, y, stack], theano.vectorize(density)(many, stack))
    assert factorizations(f) == ["Cholesky", "lower_triangular"]
    np.testing.assert_allclose(f(points, given[y], covariances), [*map(reference, points, covariances)])
    densities = theano.vectorize(density)(many, stack)
    outputs = [densities, *theano.grad(densities.sum(), [many, y, stack])]
    f = theano.function([many, y, stack], outputs)
    assert factorizations(f) == ["Cholesky", "CholeskyInverse", "lower_triangular", "upper_triangular"]
    plain = theano.function([many, y, stack], outputs, mode=PLAIN)(points, given[y], covariances)
    for found, expected in zip(f(points, given[y], covariances), plain, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-11)


BATCHES = {                 # of one row: (function, ops that the batches are made of)
    "solve": (lambda a, b: matrix_inverse(a).dot(b), "general"),
    "shared": (lambda a, b: solve(a, b).sum() + det(a), "LUFactor LUSolve"),
    "logarithm": (lambda a, b: T.log(abs(det(a))) * b, "SLogDet"),
    "inverse": (lambda a, b: matrix_inverse(matrix_inverse(a)).dot(b), ""),
    "positive": (lambda a, b: solve(a.dot(a.T), b), "Cholesky lower_triangular upper_triangular"),
    "nothing": (lambda a, b: matrix_inverse(a).sum(axis=0) * b, "MatrixInverse"),
}


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_rewritten_as_one_row_is(name, rng):
    function, expected = BATCHES[name]
    a, b = T.dtensor3(), T.dmatrix()
    y = theano.vectorize(function)(a, b)
    f = theano.function([a, b], y)
    assert factorizations(f) == expected.split()
    matrices, columns = rng.normal(size=(4, 3, 3)) + 2 * np.eye(3), rng.normal(size=(4, 3))
    for n in (4, 1, 0):
        given = matrices[:n], columns[:n]
        reference = theano.function([a, b], y, mode=PLAIN)(*given)
        np.testing.assert_allclose(f(*given), reference, rtol=1e-9, atol=1e-11)
    without = theano.function([a, b], y, mode=theano.compile.get_mode("FAST_RUN").excluding("batched_linalg"))
    np.testing.assert_allclose(without(matrices, columns), f(matrices, columns), rtol=1e-9, atol=1e-11)


def test_logarithm_of_large_determinants_does_not_overflow():
    f = theano.function([A], [T.log(det(A)), T.log(abs(det(A))), T.log(det(psd(A)))], mode=NATIVE)
    np.testing.assert_allclose(f(1e10 * np.eye(200)), 200 * np.log(1e10))
    minus = np.diag([-1.0, *[1e10] * 100])
    assert np.isnan(theano.function([A], T.log(det(A)))(minus))
    assert theano.function([A], T.log(det(A)))(np.zeros((2, 2))) == -np.inf


def test_products_that_are_singular(rng):
    """What is only semidefinite gives what it gave without its structure: a tiny determinant, no error."""
    tall = rng.normal(size=(4, 2))
    f = theano.function([A], [det(A.dot(A.T)), slogdet(A.dot(A.T))[1]], mode=NATIVE)
    determinant, logarithm = f(tall)
    assert abs(determinant) < 1e-12 and logarithm < -20
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        theano.function([A, x], solve(A.dot(A.T), x))(np.array([[1.0], [0.0]]), np.ones(2))


def test_nan_stays_nan():
    outputs = [det(A.dot(A.T)), T.log(det(psd(A))), solve(psd(A), x), det(A + 1)]
    for f in (theano.function([A, x], outputs), theano.function([A, x], outputs, mode=PLAIN)):
        for found in f(np.full((2, 2), np.nan), np.ones(2)):
            assert np.isnan(found).all()


def test_hints_that_are_wrong():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        theano.function([A, x], solve(psd(A), x), mode=NATIVE)(np.diag([1.0, -1.0]), np.ones(2))


SYMMETRIC = A + A.T
KNOWN = [
    (psd(S), "psd symmetric"), (A.dot(A.T), "psd symmetric"), (A.T.dot(A), "psd symmetric"), (A.dot(A), ""),
    (SYMMETRIC.dot(SYMMETRIC), "psd symmetric"),
    (A + A.T, "symmetric"), (A - A.T, ""), (A * A.T, "symmetric"), (psd(S) + psd(S) * 2, "psd symmetric"),
    (psd(S) - psd(S) * 2, "symmetric"), (-psd(S), "symmetric"), (psd(S) * c, "symmetric"),
    (psd(S) * T.exp(c), "psd symmetric"), (psd(S) * psd(S), "psd symmetric"), (psd(S) / c ** 2, "psd symmetric"),
    (T.exp(psd(S)), "psd symmetric"), (T.sin(psd(S)), "symmetric"), (psd(S) * x, ""),
    (A.dot(psd(S)).dot(A.T), "psd symmetric"),
    (A.dot(psd(S).dot(A.T)), "psd symmetric"), (A.dot(psd(S)), ""), (matrix_inverse(psd(S)), "psd symmetric"),
    (cholesky(S), "lower"), (cholesky(S).T, "upper"), (Cholesky(lower=False)(S), "upper"), (T.tril(A), "lower"),
    (T.triu(A), "upper"), (T.tril(A, 1), ""), (T.triu(A, -1), ""), (T.tril(A).dot(T.tril(B)), "lower"),
    (T.tril(A) + T.tril(B), "lower"), (T.tril(A) + 1, ""), (T.tril(A) * 2, "lower"), (T.sinh(T.tril(A)), "lower"),
    (T.cos(T.tril(A)), ""), (matrix_inverse(T.tril(A)), "lower"), (T.tril(A) * x, "lower"),
    (solve_lower_triangular(T.tril(A), T.tril(B)), "lower"), (alloc_diag(x), "lower upper symmetric"),
    (alloc_diag(T.exp(x)), "lower upper symmetric psd"), (T.eye(3), "lower upper symmetric psd rows columns"),
    (T.eye(3, 3, 1), ""), (T.eye(3, 4), ""), (qr(A)[0], "columns"), (qr(A)[1], "upper"), (qr(A, "r"), "upper"),
    (qr(A, "complete")[0], "columns rows"), (qr(A, "raw")[0], ""), (svd(A)[0], "columns rows"),
    (svd(A, full_matrices=0)[0], "columns"), (svd(A, full_matrices=0)[2], "rows"), (eigh(A)[1].T, "columns rows"),
    (expm(psd(S)), "psd symmetric"), (expm(A), ""), (Hint(lower_triangular=True)(A), "lower"),
    (Hint(diagonal=True)(A), "lower upper symmetric"), (Hint(orthogonal=True)(A).T, "columns rows"),
    (T.constant(np.array([[2.0, 1], [1, 2]])), "psd symmetric"), (T.constant(np.array([[1.0, 0], [1, 2]])), "lower"),
    (T.constant(np.array([[1.0, 2], [2, 1]])), "symmetric"), (T.zmatrix().dot(T.zmatrix().T), ""),
    (psd(S).astype("float32"), "psd symmetric"), (T.specify_shape(psd(S), (3, 3)), "psd symmetric"),
    (T.opt.assert_op(cholesky(S), c > 0), "lower"), (T.tril(A).astype("float32"), "lower"),
    (psd(S) + alloc_diag(x ** 2), "psd symmetric"), (psd(S) + alloc_diag(x), "symmetric"), (psd(S) + x, ""),
    (Solve()(A, B), ""), (T.tril(T.zmatrix()), "lower"), (kron(psd(S), psd(A)), "psd symmetric"),
    (kron(A + A.T, psd(S)), "symmetric"), (kron(lower(A), lower(B)), "lower"), (kron(lower(A), lower(B)).T, "upper"),
    (kron(T.tril(A), T.tril(B)), ""), (kron(A, T.eye(3)), ""), (kron(qr(A)[0], qr(B)[0]), "columns"),
    (kron(T.eye(3), T.eye(2)), "lower upper symmetric psd rows columns"), (kron(lower(A), psd(S)), ""),
]


@pytest.mark.parametrize("k", range(len(KNOWN)))
def test_facts(k):
    variable, expected = KNOWN[k]
    assert set(facts(variable)) == set(expected.split()), variable


NONNEGATIVE = [(T.exp(x), True), (x ** 2, True), (x * x, True), (x, False), (abs(x) + 1, True), (x + 1, False),
               (T.sqr(x).sum(), True), (T.constant(2.0), True), (T.constant(-2.0), False), (x ** 3, False),
               (v - v, False),
               (T.sqrt(x) / T.exp(y), True), (diag(cholesky(S)), True), (diag(psd(S)), True), (diag(S), False),
               (Hint(positive=True)(x), True), (T.zvector() ** 2, False), (T.minimum(T.exp(x), 1), True)]


@pytest.mark.parametrize("k", range(len(NONNEGATIVE)))
def test_nonnegative(k):
    variable, expected = NONNEGATIVE[k]
    assert nonnegative(variable) is expected, variable


def test_hints_stay_with_what_replaces_a_variable():
    z = T.dmatrix()
    hinted = psd(z * 2)
    assert hints(hinted) == {"psd": True, "symmetric": True} and is_psd(hinted) and is_symmetric(hinted)
    fgraph = FunctionGraph([z], [solve(hinted, z)], clone=True)
    fgraph.attach_feature(HintsFeature())
    inner = fgraph.outputs[0].owner.inputs[0]
    other = fgraph.inputs[0] + fgraph.inputs[0]
    fgraph.replace(inner, other)
    assert is_psd(other) and not is_psd(fgraph.inputs[0])


def test_factors_of_different_triangles_stay_apart(rng):
    half = np.tril(rng.random((3, 3))) + 3 * np.eye(3)
    f = theano.function([A], [cholesky(A), Cholesky(lower=False)(A)])
    whole = half + np.tril(half, -1).T
    np.testing.assert_allclose(f(half)[0], np.linalg.cholesky(whole))
    np.testing.assert_allclose(f(half)[1], np.diag(np.sqrt(half.diagonal())))


def test_functions_with_hints_are_pickled_and_copied(rng):
    given = values_of(rng)
    f = theano.function([S, x], [psd(S), solve(psd(S), x)])
    for g in (f, pickle.loads(pickle.dumps(f)), f.copy()):
        matrix, solution = g(given[S], given[x])
        assert not np.may_share_memory(matrix, given[S])
        np.testing.assert_allclose(given[S] @ solution, given[x])
    assert not hasattr(f.maker.fgraph, "hints")


def test_hint_is_an_identity_with_its_gradient(rng):
    f = theano.function([S], [psd(S), theano.grad((psd(S) ** 2).sum(), S), psd(S).shape], mode=PLAIN)
    value = rng.normal(size=(2, 2))
    found, gradient, shape = f(value)
    assert (found == value).all() and tuple(shape) == (2, 2)
    np.testing.assert_allclose(gradient, 2 * value)
    np.testing.assert_allclose(T.Rop(psd(S) * 3, S, A).eval({A: value, S: value}), 3 * value)


@pytest.mark.parametrize("k", [-1, 0, 2])
def test_masks_are_computed_in_loops(k, rng):
    value = rng.normal(size=(3, 5))
    outputs = [T.tril(A, k), T.triu(A, k), A + T.eye(3, 5, k), (A * T.eye(3, 5, k)).sum(), T.eye(3, 5, k).sum()]
    f = theano.function([A], outputs, mode=NATIVE)
    assert not {"Eye", "Tri"} & set(names(f))
    for found, expected in zip(f(value), [np.tril(value, k), np.triu(value, k), value + np.eye(3, 5, k),
                                          (value * np.eye(3, 5, k)).sum(), np.eye(3, 5, k).sum()], strict=True):
        np.testing.assert_allclose(found, expected)
    assert "Eye" in names(theano.function([A], T.eye(A.shape[0]), mode=NATIVE))


def test_masks_of_other_shapes_fail_as_before():
    f = theano.function([A], A + T.eye(A.shape[0]))
    with pytest.raises(ValueError, match="(?i)mismatch|shape|extent|broadcast"):
        f(np.ones((2, 3)))
    np.testing.assert_array_equal(f(np.ones((2, 1))), 1 + np.eye(2))


def test_outer_products_are_computed_in_loops(rng):
    f = theano.function([A, x, y], T.sqr(A + T.outer(x, y)).sum(), mode=NATIVE)
    assert not {"Ger", "Dot22", "Gemm"} & set(names(f))
    given = values_of(rng)
    np.testing.assert_allclose(f(given[A], given[x], given[y]),
                               ((given[A] + np.outer(given[x], given[y])) ** 2).sum())
    assert "Ger" in names(theano.function([A, x, y], A + T.outer(x, y), mode=NATIVE))


@pytest.mark.parametrize("linker", ["py", "c|py"])
def test_a_matrix_that_is_broadcast_is_not_triangular(linker, rng):
    mode = theano.compile.Mode(linker, "fast_run")
    f = theano.function([A, B, x], [solve(cholesky(A) + B * T.tril(A), x), det(cholesky(A) * B)], mode=mode)
    a, b, value = np.array([[4.0]]), rng.normal(size=(3, 3)), rng.normal(size=3)
    for found, expected in zip(f(a, b, value), [np.linalg.solve(2 + 4 * b, value), np.linalg.det(2 * b)], strict=True):
        np.testing.assert_allclose(found, expected)
    inside = names(theano.function([A, x], solve(T.tril(A), x), mode=mode))
    assert "Solve" in inside and "LUFactor" not in inside
    g = theano.function([A, x], solve(T.tril(A) + 2 * T.tril(A), x), mode=mode)
    assert [n.op.A_structure for n in g.maker.fgraph.toposort() if type(n.op) is Solve] == ["lower_triangular"]


def test_questions_about_shared_expressions_are_answered_quickly():
    z = psd(S)
    for _ in range(40):
        z = z * z + z
    assert not facts(z)                              # further down than anybody looks
    z = psd(S)
    for _ in range(5):
        z = z * z + z
    assert facts(z) == {"psd", "symmetric"}
    n = T.exp(x)
    for _ in range(40):
        n = n * n + n
    assert nonnegative(n) is False


def test_kronecker_product_of_matrices_that_are_not_square_has_no_full_rank():
    f = theano.function([A, B], [det(kron(A, B)), *slogdet(kron(A, B)), T.log(abs(det(kron(A, B))))], mode=NATIVE)
    found = f(np.ones((2, 3)), np.ones((3, 2)))
    assert [v.item() for v in found] == [0, 0, -np.inf, -np.inf]
    np.testing.assert_allclose(f(2 * np.eye(2), 3 * np.eye(3)), [2 ** 6 * 3 ** 6, 1, 6 * np.log(6), 6 * np.log(6)])


def test_negatives_of_unsigned_kronecker_products():
    a = T.matrix(dtype="uint8")
    f = theano.function([a], [-kron(a, a), -a], mode=NATIVE)
    assert [v.item() for v in f([[2]])] == [252, 254]


def test_kronecker_determinant_does_not_overflow():
    f = theano.function([A, B], det(kron(A, B)), mode=NATIVE)
    np.testing.assert_allclose(f(1e-60 * np.eye(6), 1e60 * np.eye(6)), 1, rtol=1e-11)


def test_kronecker_product_of_negative_definite_matrices_has_a_cholesky_factor():
    f = theano.function([A, B], cholesky(kron(A, B)), mode=NATIVE)
    np.testing.assert_allclose(f(-np.eye(2), -4 * np.eye(2)), 2 * np.eye(4))


def test_gaussian_of_kronecker_product_never_makes_it(rng):
    covariance = kron(psd(S), psd(B))
    cost = -0.5 * z.dot(solve(covariance, z)) - 0.5 * T.log(det(covariance))
    inputs, outputs = [S, B, z], [cost, *theano.grad(cost, [z])]
    f, reference = (theano.function(inputs, outputs, mode=mode) for mode in (NATIVE, PLAIN))
    assert "Kron" not in names(f) and names(f).count("Cholesky") == 2
    values = [m @ m.T + np.eye(len(m)) for m in (rng.normal(size=(3, 3)), rng.normal(size=(4, 4)))]
    values.append(rng.normal(size=12))
    for found, expected in zip(f(*values), reference(*values), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


DIAGONALS = {
    "vector": lambda d, b: solve(alloc_diag(d), b[0]), "matrix": lambda d, b: solve(alloc_diag(d), b.T),
    "lower": lambda d, b: solve_lower_triangular(alloc_diag(d), b[0]),
    "upper": lambda d, b: T.slinalg.solve_upper_triangular(alloc_diag(d), b.T),
    "inverse": lambda d, b: matrix_inverse(alloc_diag(d)).dot(b.T),
    "left": lambda d, b: b.dot(matrix_inverse(alloc_diag(d))),
    "sum": lambda d, b: solve(alloc_diag(d) + 2 * alloc_diag(b[1] ** 2), b[0]),
    "density": lambda d, b: -0.5 * b[0].dot(solve(alloc_diag(d), b[0])) - 0.5 * T.log(det(alloc_diag(d))),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize("name", DIAGONALS)
def test_solutions_with_diagonal_matrices_are_divisions(name, dtype, rng):
    if name == "density" and dtype != "float64":
        return
    d, b = T.vector(dtype=dtype), T.matrix(dtype=dtype)
    found = DIAGONALS[name](d, b)
    outputs = [found] if dtype == "complex128" else [found, *T.grad(T.sin(found).sum(), [d, b])]
    f, reference = (theano.function([d, b], outputs, mode=m) for m in (NATIVE, PLAIN))
    assert not set(names(f)) & {"Solve", "MatrixInverse", "AllocDiag", "ExtractDiag", "Tri", "LUFactor", "Det"}
    values = (rng.random(4) + 0.5).astype(dtype), rng.normal(size=(2, 4)).astype(dtype)
    for one, other in zip(f(*values), reference(*values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4 if dtype == "float32" else 1e-10)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("build", [lambda d, b: solve(alloc_diag(d), b),
                                   lambda d, b: matrix_inverse(alloc_diag(d)).dot(b)], ids=["solve", "inverse"])
@pytest.mark.parametrize("ndim", [1, 2])
def test_batches_of_diagonal_matrices(build, ndim, rng):
    d, b = T.dmatrix(), T.TensorType("float64", (False,) * (ndim + 1))()
    found = theano.vectorize(build)(d, b)
    f, reference = (theano.function([d, b], [found, *T.grad(T.sin(found).sum(), [d, b])], mode=m)
                    for m in (NATIVE, PLAIN))
    assert not set(names(f)) & {"EachRow", "AllocDiag", "Solve"}
    values = rng.random((5, 3)) + 0.5, rng.normal(size=(5, 3, 2)[:ndim + 1])
    for one, other in zip(f(*values), reference(*values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)
    values[0][3, 1] = 0
    for g in (f, reference):
        with pytest.raises(np.linalg.LinAlgError, match="singular"):
            g(*values)


@pytest.mark.parametrize("mode", [NATIVE, theano.Mode("py", "fast_run"), PLAIN], ids=["native", "py", "plain"])
def test_errors_of_divisions_are_those_of_a_solver(mode):
    outputs = {name: theano.function([v, B], DIAGONALS[name](v, B), mode=mode) for name in DIAGONALS}
    for name, f in outputs.items():
        if name not in ("sum", "density"):
            with pytest.raises(np.linalg.LinAlgError, match="singular, pivot 2 is zero"):
                f([1, 0, 2], np.ones((2, 3)))
        if name not in ("sum", "density"):
            with pytest.raises((np.linalg.LinAlgError, ValueError), match="rows|aligned"):
                f([2], np.ones((2, 3)))                # one row of a diagonal is not meant for all
        found = f([np.nan, 1, 2], np.ones((2, 3)))
        assert np.isnan(found).any()


def test_gradients_of_traces_have_no_identity_matrix(rng):
    """The divergence of two Gaussians: a factor of each covariance, no product with the gradient of the trace."""
    one, two = psd(S), psd(T.dot(B, B.T) + T.eye(3))
    cost = trace(matrix_inverse(one).dot(two)) + x.dot(matrix_inverse(one)).dot(x) + T.log(det(one)) - T.log(det(two))
    outputs = [cost, *theano.grad(cost, [x, S, B])]
    f, reference = (theano.function([x, S, B], outputs, mode=mode) for mode in (NATIVE, PLAIN))
    assert names(f).count("Cholesky") == 2 and not {"AdvancedIncSubtensor", "AllocDiag"} & set(names(f))
    assert factorizations(f).count("lower_triangular") <= 3
    values = values_of(rng)
    for found, expected in zip(*(g(values[x], values[S], values[B]) for g in (f, reference)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)      # that by B is 0


P, Q, z, Z = T.dmatrix("P"), T.dmatrix("Q"), T.dvector("z"), T.dmatrix("Z")
K = kron(P, Q)
COSTS = {
    "log det": T.log(abs(det(K))), "det": det(K), "slogdet": slogdet(K)[1], "trace": T.exp(trace(K) / 9),
    "solve": T.sqr(solve(K, z)).sum(), "solve matrix": T.sin(solve(K, Z)).sum(),
    "transposed": T.sin(solve(K.T, Z)).sum(),
    "inverse": T.sin(matrix_inverse(K).dot(Z)).sum(), "quadratic": z.dot(matrix_inverse(K)).dot(z),
    "trace of inverse": trace(matrix_inverse(K)), "product": T.tanh(K.dot(z)).sum() + T.tanh(Z.T.dot(K)).sum(),
    "norm": T.sqrt(T.sqr(K).sum()), "diagonal": T.log(abs(diag(K))).sum(), "scaled": T.log(abs(det(-2 * K))) + K.sum(),
    "all": T.log(abs(det(K))) + trace(K) + z.dot(solve(K, z)),
    "density": -0.5 * z.dot(solve(kron(psd(P.dot(P.T)), psd(Q.dot(Q.T))), z))
    - 0.5 * T.log(det(kron(psd(P.dot(P.T)), psd(Q.dot(Q.T))))),
}


@pytest.mark.parametrize("name", COSTS)
def test_gradients_by_factors_never_make_the_product(name, rng):
    inputs, outputs = [P, Q, z, Z], [COSTS[name], *theano.grad(COSTS[name], [P, Q])]
    f, reference = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (NATIVE, PLAIN))
    assert not [n for n in names(f) if "Kron" in n]
    values = [rng.normal(size=(3, 3)) + 2 * np.eye(3), rng.normal(size=(4, 4)) - 2 * np.eye(4), rng.normal(size=12),
              rng.normal(size=(12, 5))]
    for found, expected in zip(f(*values), reference(*values), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
    shapes = theano.function(inputs, [v.shape for v in everything(f, inputs)], mode=PLAIN, on_unused_input="ignore")
    assert max(np.prod(shape) for shape in shapes(*values)) < 12 * 12


def everything(f, inputs):
    """The matrices and larger arrays that a function computes, as graphs of ``inputs``."""
    fgraph = f.maker.fgraph
    found = [v for node in fgraph.toposort() for v in node.outputs if getattr(v.type, "ndim", 0) > 1]
    pairs = [(own, x.type.filter_variable(x) if x.type == own.type else x) for own, x in
             zip(fgraph.inputs, inputs, strict=False)]
    return theano.clone([v for v in found], dict(pairs))


@pytest.mark.parametrize("name", ["log det", "solve matrix", "trace", "trace of inverse", "product"])
def test_second_derivatives_and_other_shapes_of_kronecker_products(name, rng):
    values = [rng.normal(size=(2, 2)) + 2 * np.eye(2), rng.normal(size=(3, 3)) - 3 * np.eye(3)]
    fixed = {z: rng.normal(size=6), Z: rng.normal(size=(6, 2))}

    def cost(p, q):
        return theano.clone(COSTS[name], {P: p, Q: q, **{k: T.constant(v) for k, v in fixed.items()}})
    theano.gradient.verify_grad(cost, values, rng=rng)
    theano.gradient.verify_grad(lambda p, q: T.sin(T.grad(cost(p, q), p)).sum(), values, rng=rng)
    moves = [rng.normal(size=m.shape) for m in values]
    along = T.Rop(cost(P, Q), [P, Q], [T.constant(d) for d in moves])
    found = theano.function([P, Q], along)(*values)
    h = 1e-6
    ends = [cost(*(T.constant(m + k * h * d) for m, d in zip(values, moves, strict=True))).eval() for k in (1, -1)]
    np.testing.assert_allclose(found, (ends[0] - ends[1]) / (2 * h), rtol=1e-5)


@pytest.mark.parametrize("shapes", [((2, 3), (3, 2)), ((2, 3), (4, 1)), ((1, 2), (3, 3)), ((0, 2), (2, 3))])
def test_gradients_of_kronecker_products_of_any_shape(shapes, rng):
    rows, columns = (a * b for a, b in zip(*shapes, strict=True))
    u, w = rng.normal(size=rows), rng.normal(size=(columns, 2))
    cost = (u * T.exp(K.dot(T.constant(w))).T).sum() + T.sqr(diag(K)).sum() + K.sum()
    f, reference = (theano.function([P, Q], [cost, *theano.grad(cost, [P, Q])], mode=m) for m in (NATIVE, PLAIN))
    values = [rng.normal(size=s) for s in shapes]
    for found, expected in zip(f(*values), reference(*values), strict=True):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_gradients_of_kronecker_products_in_batches(rng):
    stacks = [rng.normal(size=(4, n, n)) + 2 * np.eye(n) for n in (2, 3)]
    p, q, zs = T.dtensor3(), T.dtensor3(), T.dmatrix()
    cost = theano.vectorize(lambda a, b, z: T.log(abs(det(kron(a, b)))) + z.dot(solve(kron(a, b), z)))(p, q, zs)
    f = theano.function([p, q, zs], theano.grad(cost.sum(), [p, q]))
    rows = rng.normal(size=(4, 6))
    one = theano.function([P, Q, z], theano.grad(T.log(abs(det(K))) + z.dot(solve(K, z)), [P, Q]), mode=PLAIN)
    for found, expected in zip(f(*stacks, rows), zip(*map(one, *stacks, rows), strict=True), strict=True):
        np.testing.assert_allclose(found, np.stack(expected), rtol=1e-8)


@pytest.mark.parametrize("shared", (False, True))
def test_kronecker_products_of_batches(shared, rng):
    stacks = [rng.normal(size=(4, 3, 3)), rng.normal(size=(3, 3) if shared else (4, 3, 3)), rng.normal(size=(4, 9))]
    one, axes = T.dmatrix() if shared else T.dtensor3(), (0, None if shared else 0, 0)
    inputs = [T.dtensor3(), one, T.dmatrix()]
    products = theano.vectorize(kron, axes[:2])(*inputs[:2])
    solutions = theano.vectorize(lambda a, b, z: solve(kron(a, b), z), axes)(*inputs)
    f = theano.function(inputs, [products, solutions], mode=NATIVE)
    expected = np.array([np.kron(a, stacks[1] if shared else stacks[1][k]) for k, a in enumerate(stacks[0])])
    found = f(*stacks)
    np.testing.assert_allclose(found[0], expected)
    np.testing.assert_allclose(found[1], np.linalg.solve(expected, stacks[2][..., None])[..., 0], rtol=1e-8)
