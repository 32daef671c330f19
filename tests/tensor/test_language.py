"""The tensor language against NumPy: shapes, indexing, joins, reductions, products."""

import numpy as np
import pytest

import theano
import theano.tensor as T

X3 = np.arange(24, dtype="float64").reshape(2, 3, 4) / 7
X2 = np.arange(12, dtype="float64").reshape(3, 4) - 5.5
CASES = {                               # name -> (expression of a tensor, the same of an array, the array)
    "transpose": (lambda x: x.T, lambda x: x.T, X2),
    "dimshuffle": (lambda x: x.dimshuffle(2, "x", 0, 1), lambda x: x.transpose(2, 0, 1)[:, None], X3),
    "reshape": (lambda x: x.reshape((4, 6)), lambda x: x.reshape(4, 6), X3),
    "reshape -1": (lambda x: x.reshape((-1, 2)), lambda x: x.reshape(-1, 2), X3),
    "reshape transposed": (lambda x: x.T.reshape((6, 2)), lambda x: x.T.reshape(6, 2), X2),
    "flatten": (lambda x: x.flatten(), np.ravel, X3),
    "flatten 2": (lambda x: x.flatten(2), lambda x: x.reshape(2, 12), X3),
    "shape": (lambda x: x.shape, lambda x: np.array(x.shape), X3),
    "size": (lambda x: x.size, lambda x: np.array(x.size), X3),
    "slice": (lambda x: x[1:, ::-2], lambda x: x[1:, ::-2], X2),
    "negative": (lambda x: x[-1, -3:-1], lambda x: x[-1, -3:-1], X2),
    "newaxis": (lambda x: x[:, None, 1], lambda x: x[:, None, 1], X2),
    "ellipsis": (lambda x: x[..., 1], lambda x: x[..., 1], X3),
    "rows": (lambda x: x[np.array([2, 0, 0])], lambda x: x[[2, 0, 0]], X2),
    "columns": (lambda x: x[:, np.array([2, 0, 0])], lambda x: x[:, [2, 0, 0]], X2),
    "pairs": (lambda x: x[np.array([0, 1]), np.array([2, 3])], lambda x: x[[0, 1], [2, 3]], X2),
    "mask": (lambda x: x[x > 0], lambda x: x[x > 0], X2),
    "take": (lambda x: x.take(np.array([[0, 1], [2, 0]]), axis=1), lambda x: x.take([[0, 1], [2, 0]], axis=1), X2),
    "set": (lambda x: T.set_subtensor(x[1, ::2], 7.0), lambda x: np.where(
        (np.arange(3)[:, None] == 1) & (np.arange(4) % 2 == 0), 7.0, x), X2),
    "inc": (lambda x: T.inc_subtensor(x[:, 1:3], x[:, :1]), lambda x: np.c_[
        x[:, :1], x[:, 1:3] + x[:, :1], x[:, 3:]], X2),
    "inc rows": (lambda x: T.inc_subtensor(x[np.array([0, 0, 2])], 1.0),
                 lambda x: x + np.array([[2], [0], [1]]), X2),
    "join": (lambda x: T.join(1, x, x * 2), lambda x: np.concatenate([x, x * 2], 1), X2),
    "stack": (lambda x: T.stack([x[0], x[1]], axis=1), lambda x: np.stack([x[0], x[1]], 1), X2),
    "split": (lambda x: T.split(x, [1, 3], 2, axis=1)[1], lambda x: x[:, 1:], X2),
    "roll": (lambda x: T.roll(x, 1, axis=0), lambda x: np.roll(x, 1, 0), X2),
    "sum": (lambda x: x.sum(), np.sum, X3),
    "sum 0": (lambda x: x.sum(axis=0), lambda x: x.sum(0), X3),
    "sum 1": (lambda x: x.sum(axis=1, keepdims=True), lambda x: x.sum(1, keepdims=True), X3),
    "sum (0, 2)": (lambda x: x.sum(axis=(0, 2)), lambda x: x.sum((0, 2)), X3),
    "prod": (lambda x: x.prod(axis=-1), lambda x: x.prod(-1), X3),
    "mean": (lambda x: x.mean(axis=1), lambda x: x.mean(1), X3),
    "var": (lambda x: x.var(axis=0), lambda x: x.var(0), X3),
    "std": (lambda x: x.std(ddof=1), lambda x: x.std(ddof=1), X3),
    "max": (lambda x: x.max(axis=1), lambda x: x.max(1), X3),
    "min": (lambda x: x.min(), np.min, X3),
    "argmax": (lambda x: x.argmax(axis=1), lambda x: x.argmax(1), X3),
    "argmin": (lambda x: x.argmin(), lambda x: np.array(x.argmin()), X3),
    "any": (lambda x: (x > 1).any(axis=0), lambda x: (x > 1).any(0), X3),
    "all": (lambda x: (x > -9).all(), lambda x: np.all(x > -9), X3),
    "ptp": (lambda x: x.ptp(axis=0) if hasattr(x, "ptp") else x, lambda x: np.ptp(x, 0), X3),
    "dot": (lambda x: T.dot(x, x.T), lambda x: x @ x.T, X2),
    "dot vector": (lambda x: T.dot(x, x[0]), lambda x: x @ x[0], X2),
    "vector dot": (lambda x: T.dot(x[:, 0], x), lambda x: x[:, 0] @ x, X2),
    "inner": (lambda x: T.dot(x[0], x[1]), lambda x: x[0] @ x[1], X2),
    "outer": (lambda x: T.outer(x[0], x[:, 1]), lambda x: np.outer(x[0], x[:, 1]), X2),
    "tensordot": (lambda x: T.tensordot(x, x, [[1, 2], [1, 2]]), lambda x: np.tensordot(x, x, [[1, 2], [1, 2]]), X3),
    "batched_dot": (lambda x: T.batched_dot(x, x.dimshuffle(0, 2, 1)),
                    lambda x: x @ x.transpose(0, 2, 1), X3),
    "gemm": (lambda x: 2 * x - 0.5 * T.dot(T.dot(x, x.T), x), lambda x: 2 * x - 0.5 * (x @ x.T @ x), X2),
    "softmax": (lambda x: T.nnet.softmax(x), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True), X2),
    "logsumexp": (lambda x: T.log(T.exp(x).sum(axis=1)), lambda x: np.log(np.exp(x).sum(1)), X2),
    "where": (lambda x: T.where(x > 0, x, 0), lambda x: np.where(x > 0, x, 0), X2),
    "alloc": (lambda x: T.alloc(x[0], 3, x.shape[1]), lambda x: np.tile(x[0], (3, 1)), X2),
    "zeros_like": (lambda x: T.zeros_like(x) + 1, lambda x: np.ones_like(x), X2),
    "arange": (lambda x: T.arange(x.shape[1]) * 2, lambda x: np.arange(x.shape[1]) * 2, X2),
    "eye": (lambda x: T.eye(3, 4, 1) * x, lambda x: np.eye(3, 4, 1) * x, X2),
    "tril": (lambda x: T.tril(x), np.tril, X2),
    "nonzero": (lambda x: (x > 0).nonzero()[1], lambda x: (x > 0).nonzero()[1], X2),
    "cast": (lambda x: x.astype("int32"), lambda x: x.astype("int32"), X2),
    "clip": (lambda x: x.clip(-1, 2), lambda x: x.clip(-1, 2), X2),
    "norm": (lambda x: x.norm(2), np.linalg.norm, X2),
    "numpy functions": (lambda x: np.exp(np.add(x, 1)) + np.sum(x), lambda x: np.exp(x + 1) + np.sum(x), X2),
}
LAYOUTS = {"C": np.ascontiguousarray, "F": np.asfortranarray,
           "negative": lambda x: np.ascontiguousarray(x[::-1])[::-1],
           "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2]}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CASES)
def test_value_is_numpys(name, layout):
    symbolic, numeric, value = CASES[name]
    value = LAYOUTS[layout](value)
    x = T.tensor("float64", (False,) * value.ndim)
    expected = np.asarray(numeric(value))
    for mode in (None, theano.Mode("py", None)):
        result = theano.function([x], symbolic(x), mode=mode)(value)
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


SMOOTH = [name for name in CASES if name not in (
    "shape", "size", "argmax", "argmin", "any", "all", "nonzero", "cast", "arange", "mask", "clip", "where", "ptp",
    "numpy functions")]


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient_is_the_derivative(name, rng):
    symbolic, _, value = CASES[name]
    T.verify_grad(symbolic, [value / 5 + 1.3], rng=rng)


@pytest.mark.parametrize("shapes", [((3, 1), (1, 4)), ((1, 4), (3, 4)), ((1, 1), (3, 4)), ((0, 4), (1, 4))])
def test_extents_of_one_broadcast_when_the_function_runs(shapes, rng):
    x, y = T.dmatrices("x", "y")
    z = x * y + T.exp(x)
    a, b = (rng.rand(*s) for s in shapes)
    f = theano.function([x, y], [z, *T.grad((z ** 2).sum(), [x, y])])
    value, gx, gy = f(a, b)
    np.testing.assert_allclose(value, a * b + np.exp(a))
    assert gx.shape == a.shape and gy.shape == b.shape
    plain = a * b + np.exp(a)
    wide = 2 * plain * a
    axes = tuple(d for d in range(2) if b.shape[d] == 1 and wide.shape[d] != 1)
    np.testing.assert_allclose(gy, wide.sum(axes, keepdims=True))
    same = rng.rand(3, 4), rng.rand(3, 4)
    np.testing.assert_allclose(f(*same)[0], same[0] * same[1] + np.exp(same[0]))
