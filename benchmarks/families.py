"""Every family of ops against NumPy and SciPy: ``python -m benchmarks.families [--family NAME] [--size N] [--dtype D]``

Prints, for every op, NumPy's microseconds divided by ours at each number of elements, 1 thread; then the
geometric mean of each family and the ops that are slower than NumPy's. Elementwise ops come from the
scalar table, the others from the tables below. Results are freshly allocated on both sides, and compared.

What is bound by memory takes longer or less long depending on where its arrays lie, and on what else the machine
does, which may last for seconds: cells in which neither side is clearly faster are measured some more times, after all
others and in turns, with arrays in other places, and the median counts. For those that are slower then, the last lines
say in how many of these measurements they were.
"""

import argparse
import importlib
import math
import statistics
import sys
import time
from functools import partial
from types import SimpleNamespace

import numpy as np

import theano
import theano.tensor as tt
from theano.scalar.op import ScalarOp
from theano.tensor.elemwise import ELEMWISE

SIZES = (100, 10_000, 1_000_000)
ROUNDS = 10
SECONDS = 2e-3          # of one round
CLOSE = 1.1             # a cell in which we are not that much faster is measured again,
AGAIN = 10              # that many times
CLOSENESS = {"float64": (1e-6, 1e-8), "float32": (1e-2, 1e-2)}


def module(name):
    """A module loaded when a row first needs it."""
    return importlib.import_module(name)


# -- arguments ------------------------------------------------------------------------------------------

def vector(rng, n):
    return rng.uniform(0.1, 1.1, n)


def matrix(rng, n):
    """Square, of about n elements."""
    side = math.isqrt(n)
    return rng.standard_normal((side, side))


def cube(rng, n):
    """A batch of matrices of 8 x 8, of about n elements."""
    return rng.standard_normal((max(n // 64, 1), 8, 8))


def positions(rng, n):
    """As many valid indices as there are elements, in no order and with repetitions."""
    return rng.integers(0, n, n)


def row_positions(rng, n):
    """Indices into the rows of a matrix."""
    side = math.isqrt(n)
    return rng.integers(0, side, side)


def mask(rng, n):
    return rng.random(n) < 0.5


def row_mask(rng, n):
    """A mask of the rows of a matrix."""
    return rng.random(math.isqrt(n)) < 0.5


def table(rng, n):
    """Rows of 64 numbers, as embeddings have."""
    return rng.standard_normal((max(n // 64, 1), 64))


def words(rng, n):
    """Rows of a table, some of them more than once, less than a tenth of all of a large one."""
    rows = max(n // 64, 1)
    return rng.integers(0, rows, max(rows // 10, 8))


def block_positions(rng, n):
    """Indices into the first axis of a batch of matrices, and as many below 8."""
    count = max(n // 64, 1)
    return rng.integers(0, count, count)


def small_positions(rng, n):
    return rng.integers(0, 8, max(n // 64, 1))


def picked(rng, n):
    """A row of 8 for every matrix of a batch."""
    return rng.standard_normal((max(n // 64, 1), 8))


def points(rng, n):
    """Rows of three coordinates."""
    return rng.standard_normal((max(n // 3, 1), 3))


def point_positions(rng, n):
    return positions(rng, max(n // 3, 1))


def definite(rng, n):
    """A symmetric positive definite matrix, never larger than 316 x 316: factorisations are cubic."""
    x = matrix(rng, min(n, 100_000))
    return x @ x.T + len(x) * np.eye(len(x))


def small(rng, n):
    """A square matrix of at most 316 x 316."""
    return matrix(rng, min(n, 100_000))


def triangle(rng, n):
    return np.linalg.cholesky(definite(rng, n))


def right_side(rng, n):
    return rng.standard_normal((math.isqrt(min(n, 100_000)), 3))


def labels(rng, n):
    """A class for every row of a matrix."""
    side = math.isqrt(n)
    return rng.integers(0, side, side)


def images(rng, n):
    """Two images of three colours."""
    side = max(8, math.isqrt(n // 6))
    return rng.standard_normal((2, 3, side, side))


def filters(rng, n):
    return rng.standard_normal((4, 3, 3, 3))


# -- rows -----------------------------------------------------------------------------------------------
# family -> op -> (arguments, ours, NumPy's; one function for both where they are written alike, several of NumPy's
# where it has more than one way, of which the fastest counts), or a function (rng, n) that gives what is to be timed,
# ours and NumPy's, where something is changed in place

def both(arguments, function):
    """A row whose expression reads the same for us and for NumPy; `n` stands for either."""
    return arguments, lambda *xs: function(tt, *xs), lambda *xs: function(np, *xs)


def with_copy(change):
    """NumPy's way to a changed copy."""
    def function(a, *others):
        a = a.copy()
        change(a, *others)
        return a
    return function


def reductions():
    """Reductions of vectors, and of matrices over each axis."""
    for name in ("sum", "prod", "max", "min", "mean", "var", "std", "argmax", "argmin", "all", "any"):
        numpy = getattr(np, name)
        yield name, ((vector,), getattr(tt, name), numpy)
        for axis in (0, 1):
            yield f"{name}, axis {axis}", ((matrix,), lambda a, f=getattr(tt, name), axis=axis: f(a, axis=axis),
                                           lambda a, f=numpy, axis=axis: f(a, axis=axis))
    yield "sum of squares", both((vector,), lambda n, a: n.sum(a ** 2))
    yield "norm", both((vector,), lambda n, a: n.sqrt(n.sum(a * a)))
    yield "ptp", ((vector,), lambda a: a.ptp(), np.ptp)


def embedding_update(rng, n):
    """A step of gradient descent on the rows of a shared table that are used; the peer does the same by hand."""
    given, index = table(rng, n), words(rng, n)
    ours, numpys = theano.shared(given), given.copy()
    i, rate = tt.lvector(), 1e-3
    cost = tt.sqr(ours[i]).sum()
    step = theano.function([i], [], updates=[(ours, ours - rate * tt.grad(cost, ours))])

    def by_hand():
        np.add.at(numpys, index, -rate * 2 * numpys[index])
    step(index)
    by_hand()
    np.testing.assert_allclose(ours.get_value(borrow=True), numpys)
    return lambda: step(index), by_hand


def special(name):
    return lambda *xs, **kw: getattr(module("scipy.special"), name)(*xs, **kw)


def linalg(name):
    return lambda *xs, **kw: getattr(module("scipy.linalg"), name)(*xs, **kw)


def ours(path):
    """A function of a submodule of theano.tensor."""
    where, _, name = path.rpartition(".")
    return lambda *xs, **kw: getattr(module(f"theano.tensor.{where}"), name)(*xs, **kw)


def cross_entropy(p, y):
    return -np.log(p[np.arange(len(y)), y])


def correlate(x, w):
    """Convolution of images with filters, by SciPy: one call for every pair of planes."""
    convolve = module("scipy.signal").convolve2d
    return np.stack([np.stack([sum(convolve(x[b, c], w[f, c], "valid") for c in range(x.shape[1]))
                               for f in range(len(w))]) for b in range(len(x))])


def max_pool(x):
    n, c, h, w = x.shape
    return x[:, :, :h // 2 * 2, :w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))


def average_pool(x):
    n, c, h, w = x.shape
    return x[:, :, :h // 2 * 2, :w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))


def pooled(x, mode):
    return module("theano.tensor.signal.pool").pool_2d(x, (2, 2), ignore_border=True, mode=mode)


def max_pool_gradient(x):
    """The gradient of the sum of the largest of each window of 2 x 2, at all places that are as large."""
    n, c, h, w = x.shape
    found = np.zeros_like(x)
    inside = found[:, :, :h // 2 * 2, :w // 2 * 2]
    inside[...] = x[:, :, :h // 2 * 2, :w // 2 * 2] == max_pool(x).repeat(2, axis=2).repeat(2, axis=3)
    return found


def embedding_gradient(a, i):
    found = np.zeros_like(a)
    np.add.at(found, i, 2 * a[i])
    return found


def cumsum_gradient(a):
    return np.cumsum(2 * np.cumsum(a)[::-1])[::-1]


def largest(a):
    return np.sort(np.partition(a, len(a) - 10)[-10:])


FAMILIES = {
    "reduction": dict(reductions()),
    "shape": {
        "broadcast": both((matrix, row_positions), lambda n, a, b: a + b[:, None]),
        "transposed copy": both((matrix,), lambda n, a: a.T.flatten()),
        "reversed copy": ((vector,), lambda a: a[::-1].copy(), lambda a: a[::-1].copy()),
        "concatenate": both((vector, vector), lambda n, a, b: n.concatenate([a, b])),
        "stack": both((vector, vector), lambda n, a, b: n.stack([a, b])),
        "join of columns": both((matrix, matrix), lambda n, a, b: n.concatenate([a, b], axis=1)),
        "tile": ((vector,), lambda a: tt.tile(a, 3), lambda a: np.tile(a, 3)),
        "repeat": both((vector,), lambda n, a: n.repeat(a, 3)),
        "roll": both((vector,), lambda n, a: n.roll(a, 5)),
        "zeros": ((vector,), lambda a: tt.zeros(a.shape), lambda a: np.zeros(a.shape)),
        "full": ((vector,), lambda a: tt.alloc(2.5, a.shape[0]), lambda a: np.full(a.shape, 2.5)),
        "ones_like": both((vector,), lambda n, a: n.ones_like(a)),
        "arange": both((vector,), lambda n, a: n.arange(a.shape[0])),
        "eye": both((matrix,), lambda n, a: n.eye(a.shape[0])),
        "diagonal matrix": ((row_positions,), tt.diag, np.diag),
        "lower triangle": both((matrix,), lambda n, a: n.tril(a)),
        "one hot": ((row_positions,), lambda i: tt.extra_ops.to_one_hot(i, i.shape[0]),
                    lambda i: np.eye(len(i))[i]),
        "cast": ((vector,), lambda a: tt.cast(a, "float32"), lambda a: a.astype("float32")),
    },
    "index": {
        "take": ((vector, positions), lambda a, i: a[i], (lambda a, i: a[i], lambda a, i: a.take(i))),
        "take rows": ((matrix, row_positions), lambda a, i: a[i], (lambda a, i: a[i], lambda a, i: a.take(i, axis=0))),
        "take columns": ((matrix, row_positions), lambda a, i: a[:, i],
                         (lambda a, i: a[:, i], lambda a, i: a.take(i, axis=1))),
        "embedding": ((table, words), lambda a, i: a[i], (lambda a, i: a[i], lambda a, i: a.take(i, axis=0))),
        "set rows": ((matrix, row_positions, matrix), lambda a, i, b: tt.set_subtensor(a[i], b),
                     with_copy(lambda a, i, b: a.__setitem__(i, b))),
        "points": ((points, point_positions), lambda a, i: a[i], (lambda a, i: a[i], lambda a, i: a.take(i, axis=0))),
        "set points": ((points, point_positions, points), lambda a, i, b: tt.set_subtensor(a[i], b),
                       with_copy(lambda a, i, b: a.__setitem__(i, b))),
        "pick": both((matrix, row_positions, row_positions), lambda n, a, i, j: a[i, j]),
        "mask": ((vector, mask), lambda a, m: a[m], (lambda a, m: a[m], lambda a, m: a.compress(m))),
        "strided": ((vector,), lambda a: a[1:-1:2].copy(), lambda a: a[1:-1:2].copy()),
        "set slice": ((vector,), lambda a: tt.set_subtensor(a[1:-1], 0.0),
                      with_copy(lambda a: a.__setitem__(slice(1, -1), 0))),
        "set": ((vector, positions), lambda a, i: tt.set_subtensor(a[i], 1.5),
                with_copy(lambda a, i: a.__setitem__(i, 1.5))),
        "set mask": ((vector, mask), lambda a, m: tt.set_subtensor(a[m], 1.5),
                     with_copy(lambda a, m: a.__setitem__(m, 1.5))),
        "increment": ((vector, positions, vector), lambda a, i, b: tt.inc_subtensor(a[i], b),
                      with_copy(lambda a, i, b: np.add.at(a, i, b))),
        "increment rows": ((matrix, row_positions, matrix), lambda a, i, b: tt.inc_subtensor(a[i], b),
                           with_copy(lambda a, i, b: np.add.at(a, i, b))),
        "put": ((vector, positions, vector), lambda a, i, b: tt.set_subtensor(a[i], b),
                with_copy(lambda a, i, b: a.__setitem__(i, b))),
        "rows and slice": both((matrix, row_positions), lambda n, a, i: a[i, 2:5]),
        "rows between": both((cube, block_positions, small_positions), lambda n, a, i, j: a[i, :, j]),
        "pick of slices": both((cube, small_positions), lambda n, a, j: a[2:-1, 1:, j[:8]]),
        "mask of rows": ((matrix, row_mask), lambda a, m: a[m],
                         (lambda a, m: a[m], lambda a, m: a.compress(m, axis=0))),
        "mask of columns": ((matrix, row_mask), lambda a, m: a[:, m],
                            (lambda a, m: a[:, m], lambda a, m: a.compress(m, axis=1))),
        "increment mask": ((vector, mask), lambda a, m: tt.inc_subtensor(a[m], 1.5),
                           with_copy(lambda a, m: np.add.at(a, m, 1.5))),
        "set values of mask": ((vector, mask, vector), lambda a, m, b: tt.set_subtensor(a[m], b[m]),
                               with_copy(lambda a, m, b: a.__setitem__(m, b[m]))),
        "set mask of rows": ((matrix, row_mask), lambda a, m: tt.set_subtensor(a[m], 1.5),
                             with_copy(lambda a, m: a.__setitem__(m, 1.5))),
        "increment columns": ((matrix, row_positions, matrix), lambda a, i, b: tt.inc_subtensor(a[:, i], b),
                              with_copy(lambda a, i, b: np.add.at(a, (slice(None), i), b))),
        "increment rows and slice": ((matrix, row_positions), lambda a, i: tt.inc_subtensor(a[i, 2:5], 1.5),
                                     with_copy(lambda a, i: np.add.at(a, (i, slice(2, 5)), 1.5))),
        "increment rows between": ((cube, block_positions, small_positions, picked),
                                   lambda a, i, j, b: tt.inc_subtensor(a[i, :, j], b),
                                   with_copy(lambda a, i, j, b: np.add.at(a, (i, slice(None), j), b))),
        "increment pairs": ((matrix, row_positions, row_positions), lambda a, i, j: tt.inc_subtensor(a[i, j], 1.5),
                            with_copy(lambda a, i, j: np.add.at(a, (i, j), 1.5))),
        "gradient of embedding": ((table, words), lambda a, i: tt.grad(tt.sqr(a[i]).sum(), a), embedding_gradient),
        "update of embedding": embedding_update,
        "nonzero": ((mask,), lambda m: tt.nonzero(m)[0], lambda m: np.nonzero(m)[0]),
        "choose": ((mask, vector, vector), lambda m, a, b: tt.choose(tt.cast(m, "int64"), [a, b]),
                   lambda m, a, b: np.choose(m.astype("int64"), [a, b])),
    },
    "order": {
        "sort": ((vector,), tt.sort, np.sort),
        "sort rows": both((matrix,), lambda n, a: n.sort(a, axis=1)),
        "argsort": ((vector,), tt.argsort, np.argsort),
        "topk": ((vector,), lambda a: tt.sort(tt.topk(a, 10)), largest),
        "searchsorted": ((vector, vector), lambda a, b: tt.extra_ops.searchsorted(tt.sort(a), b),
                         lambda a, b: np.searchsorted(np.sort(a), b)),
        "unique": ((positions,), lambda a: tt.extra_ops.Unique()(a), np.unique),
        "bincount": ((positions,), lambda a: tt.extra_ops.bincount(a), np.bincount),
        "cumsum": ((vector,), tt.cumsum, np.cumsum),
        "cumsum, axis 0": both((matrix,), lambda n, a: n.cumsum(a, axis=0)),
        "cumprod": ((vector,), tt.cumprod, np.cumprod),
        "unique, all": ((positions,), lambda a: tt.extra_ops.Unique(True, True, True)(a)[2],
                        lambda a: np.unique(a, True, True, True)[2]),
        "gradient of cumsum": ((vector,), lambda a: tt.grad(tt.sqr(tt.cumsum(a)).sum(), a), cumsum_gradient),
        "diff": ((vector,), tt.extra_ops.diff, np.diff),
    },
    "product": {
        "vector vector": both((vector, vector), lambda n, a, b: n.dot(a, b)),
        "matrix vector": ((matrix,), lambda a: tt.dot(a, a[0]), lambda a: a @ a[0]),
        "matrix matrix": both((small, small), lambda n, a, b: n.dot(a, b)),
        "transposed matrix": both((small, small), lambda n, a, b: n.dot(a.T, b)),
        "two columns": both((matrix, matrix), lambda n, a, b: n.dot(a, b[:2].T)),
        "transposed, four": both((matrix, matrix), lambda n, a, b: n.dot(a.T, b[:, :4])),
        "outer": ((row_positions, row_positions), lambda a, b: tt.outer(a, b), np.outer),
        "tensordot": both((cube, cube), lambda n, a, b: n.tensordot(a, b, ((0, 1), (0, 1)))),
        "batched": ((cube, cube), lambda a, b: tt.batched_dot(a, b), np.matmul),
    },
    "linalg": {
        "solve": ((definite, right_side), ours("slinalg.solve"), linalg("solve")),
        "solve triangular": ((triangle, right_side), ours("slinalg.solve_lower_triangular"),
                             lambda a, b: module("scipy.linalg").solve_triangular(a, b, lower=True)),
        "inverse": ((definite,), ours("nlinalg.matrix_inverse"), np.linalg.inv),
        "determinant": ((small,), ours("nlinalg.det"), np.linalg.det),
        "cholesky": ((definite,), ours("slinalg.cholesky"), np.linalg.cholesky),
        "eigenvalues": ((definite,), lambda a: ours("nlinalg.eigh")(a)[0], lambda a: np.linalg.eigh(a)[0]),
        "singular values": ((small,), lambda a: ours("nlinalg.svd")(a)[1], lambda a: np.linalg.svd(a)[1]),
        "qr": ((small,), lambda a: abs(ours("nlinalg.qr")(a)[1]), lambda a: abs(np.linalg.qr(a)[1])),
        "pseudo-inverse": ((definite,), ours("nlinalg.pinv"), np.linalg.pinv),
        "matrix exponential": ((lambda rng, n: small(rng, n) / n,), ours("slinalg.expm"), linalg("expm")),
        "fft": ((matrix,), ours("fft.rfft"),
                lambda a: np.stack([(f := np.fft.rfft(a)).real, f.imag], axis=-1)),
    },
    "network": {
        "softmax": ((matrix,), tt.nnet.softmax, lambda a: special("softmax")(a, axis=1)),
        "log softmax": ((matrix,), tt.nnet.logsoftmax, lambda a: special("log_softmax")(a, axis=1)),
        "cross-entropy": ((matrix, labels), lambda a, y: tt.nnet.categorical_crossentropy(tt.nnet.softmax(a), y),
                          lambda a, y: cross_entropy(special("softmax")(a, axis=1), y)),
        "relu": ((matrix,), tt.nnet.relu, lambda a: np.maximum(a, 0)),
        "log of a sum of exp": ((matrix,), lambda a: tt.log(tt.sum(tt.exp(a), axis=1)),
                                lambda a: special("logsumexp")(a, axis=1)),
        "convolution": ((images, filters), lambda x, w: tt.nnet.conv2d(x, w), correlate),
        "max pool": ((images,), lambda x: pooled(x, "max"), max_pool),
        "average pool": ((images,), lambda x: pooled(x, "average_exc_pad"), average_pool),
        "gradient of max pool": ((images,), lambda x: tt.grad(pooled(x, "max").sum(), x), max_pool_gradient),
    },
}


def drawn(domain, complex_):
    """Arguments within the domain of a row of the scalar table."""
    def make(rng, n):
        x = rng.uniform(*domain, n)
        return x + 1j * rng.uniform(-0.5, 0.5, n) if complex_ else x
    return make


def whole(rng, n):
    return rng.integers(1, 9, n)


VIEWS = {"real": lambda x: x.copy(), "imag": lambda x: np.imag(x).copy()}      # where NumPy computes nothing


def elementwise():
    """Every row of the scalar table that has a NumPy function: on float64, integers where it takes no others."""
    for name, row in sorted(ScalarOp.table.items()):
        if name not in ELEMWISE or name in ("second", "identity", "composite") or name.startswith("cast_"):
            continue
        count = 2 if row.nin < 0 else row.nin
        domains = row.domain if isinstance(row.domain[0], tuple) else [row.domain] * count
        for arguments in (tuple(drawn(d, False) for d in domains), (whole,) * count,
                          tuple(drawn(d, True) for d in domains)):
            try:
                ELEMWISE[name](*(tt.tensor(make(np.random.default_rng(0), 1).dtype, (False,)) for make in arguments))
            except TypeError:
                continue
            yield name, (arguments, ELEMWISE[name], VIEWS.get(name, row.numpy))
            break


FAMILIES = {"elementwise": dict(elementwise()), **FAMILIES}


# -- measuring ------------------------------------------------------------------------------------------

def rounds(functions):
    """Seconds a call of each function, the least of several rounds that take turns, each first as often as last."""
    counts = []
    for function in functions:
        start = time.perf_counter()
        function()
        counts.append(max(1, min(10_000, int(SECONDS / max(time.perf_counter() - start, 1e-7)))))
    best = [math.inf] * len(functions)
    for turn in range(ROUNDS):
        for k, function in list(enumerate(functions))[::1 if turn % 2 else -1]:
            function()                      # what the others left in the caches is not for this one
            count = counts[k]
            start = time.perf_counter()
            for _ in range(count):
                function()
            best[k] = min(best[k], (time.perf_counter() - start) / count)
    return best


def measure(row, size, dtype):
    """Seconds of ours and of NumPy's; raises AssertionError where the results differ. dtype: of floating arguments."""
    rng = np.random.default_rng(0)
    if callable(row):                       # makes both functions itself, of double precision
        ours, numpy = rounds(row(rng, size))
        return SimpleNamespace(ours=ours, numpy=numpy)
    makers, expression, peers = row
    peers = peers if isinstance(peers, tuple) else (peers,)
    arrays = [make(rng, size) for make in makers]
    arrays = [a.astype(dtype) if a.dtype == "float64" else a for a in arrays]
    inputs = [tt.tensor(a.dtype, (False,) * a.ndim) for a in arrays]
    function = theano.function(inputs, expression(*inputs))
    found = function(*arrays)
    if dtype == "float64" or found.dtype.kind == "f":       # numbers of single precision are equal too often to sort
        for peer in peers:
            np.testing.assert_allclose(found, peer(*arrays), *CLOSENESS[dtype])
    ours, *others = rounds([partial(way, *arrays) for way in (function, *peers)])
    return SimpleNamespace(ours=ours, numpy=min(others))


def settled(cells):
    """What measure gives of each (row, size, dtype), and `behind` in how many of `count` cases: the median where
    neither is clearly faster. These are measured in turns, as what else the machine does may last for seconds."""
    found = {}
    for k, cell in enumerate(cells):
        found[k] = [measure(*cell)]
        if k % 50 == 49:
            print(f"{k + 1} of {len(cells)} measured", file=sys.stderr)
    close = [k for k, (times,) in found.items() if times.numpy < CLOSE * times.ours]
    kept = []
    for turn in range(AGAIN if close else 0):
        print(f"{len(close)} once more, {turn + 1} of {AGAIN}", file=sys.stderr)
        for k in close:
            kept[:] = [np.empty(cells[k][1] // 2 + 1024 * turn)]        # arrays come to lie elsewhere
            found[k].append(measure(*cells[k]))
    for measured in found.values():
        behind = sum(times.numpy < times.ours for times in measured)
        median = sorted(measured, key=lambda times: times.numpy / times.ours)[len(measured) // 2]
        yield SimpleNamespace(**vars(median), behind=behind, count=len(measured))


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def report(families, sizes, dtype):
    """Print the table, and what is slower than NumPy."""
    slower, means = [], {}
    rows = [row for family in families for row in FAMILIES[family].values()]
    times_of = settled([(row, size, dtype) for row in rows for size in sizes])
    print(f"{'NumPy / ours, at':32s}" + "".join(f"{size:>12,d}" for size in sizes) + "   elements")
    for family in families:
        ratios = []
        print(family)
        for name in FAMILIES[family]:
            line = f"  {name:30s}"
            for size in sizes:
                times = next(times_of)
                ratio = times.numpy / times.ours
                ratios.append(ratio)
                line += f"{ratio:12.2f}"
                if ratio < 1:
                    slower.append((ratio, f"{family}: {name}", size, times))
            print(line)
        means[family] = geometric_mean(ratios)
    print("\ngeometric means: " + ", ".join(f"{family} {mean:.2f}" for family, mean in means.items()))
    for ratio, name, size, times in sorted(slower, key=lambda s: s[0]):
        print(f"slower: {name}, {size:,d}: {ratio:.2f} ({times.numpy * 1e6:.1f} us, ours {times.ours * 1e6:.1f}; "
              f"behind in {times.behind} of {times.count})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument("--dtype", choices=CLOSENESS, default="float64")
    options = parser.parse_args()
    module("scipy.linalg")                  # loads its BLAS, which is told about threads too
    theano.set_num_threads(1)
    np.seterr(all="ignore")
    report(options.family or list(FAMILIES), tuple(options.size or SIZES), options.dtype)


if __name__ == "__main__":
    sys.exit(main())
