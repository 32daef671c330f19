"""What is measured: one row each."""

import itertools
from dataclasses import dataclass

import numpy as np

WIDTH = 50              # groups of the hierarchical model


@dataclass(frozen=True)
class Case:
    """One benchmark.

    expression: NumPy-like text in `inputs`, a `Recurrence` over the only input, or, where `parameters` are given, a
    function ``loss(names, parameters, data)`` of which a step of gradient descent is measured, or where `rate` is None,
    its value and gradient. inputs(rng) and parameters(rng) make the arrays.
    fresh: each measurement has a process of its own, and what is measured is the time to the first result
    ("cold" with an empty cache, "warm" with that of the process before) or memory in MB ("peak", "growth").
    systems: only these.
    """

    name: str
    family: str
    expression: object
    inputs: object
    parameters: object = None
    rate: float | None = None
    trusted: bool = False
    fresh: str = ""
    systems: tuple = ()


@dataclass(frozen=True)
class Recurrence:
    """A loop over the rows of one array: text of a step in x[0], its row, and a, b ..., the values at ``taps``.

    All values begin as zeros. last: only the last value is wanted. gradient: that of the last value by the array.
    """

    step: str
    taps: tuple
    last: bool = True
    gradient: bool = False


def vectors(size, dtype="float64", count=2):
    """A function that makes ``count`` vectors; numbers of at least 0.1 and below 1.1, or small integers."""
    def make(rng):
        if np.dtype(dtype).kind == "i":
            return [rng.randint(1, 9, size).astype(dtype) for _ in range(count)]
        return [(rng.rand(size) + 0.1).astype(dtype) for _ in range(count)]
    return make


def normal(*shapes, dtype="float64", scale=1.0):
    """A function that makes arrays of normal numbers."""
    return lambda rng: [(scale * rng.randn(*shape)).astype(dtype) for shape in shapes]


def overhead():
    """Functions that do next to nothing."""
    for trusted, label in ((False, ""), (True, "_trusted")):
        yield Case(f"overhead_0d{label}", "overhead", "a + 1", lambda rng: [np.asarray(1.5)], trusted=trusted)
        yield Case(f"overhead_100{label}", "overhead", "a + 1", vectors(100, count=1), trusted=trusted)
    yield Case("overhead_10_inputs", "overhead", "a + b + c + d + e + f + g + h + i + j", vectors(10, count=10))


ELEMENTWISE = {
    "increment": "a + 1",
    "linear": "2*a + 3*b",
    "square": "a**2 + b**2 + 2*a*b",
    "power10": "2*a + b**10",
    "gauss": "exp(-a*a)*b",
    "mixed": "exp(-a*a)*b + tanh(b)*log1p(a*a)",
    "logistic": "1/(1 + exp(-a - b))",
    "trigonometry": "sin(a)*cos(b) + sqrt(a)",
    "choice": "where(a > b, a*a, b)",
}


def elementwise():
    """Expressions over vectors, by size and dtype."""
    for name, expression in ELEMENTWISE.items():
        for power in range(1, 8):
            yield Case(f"{name}_1e{power}", "elementwise", expression, vectors(10**power))
        for power in (3, 5):
            yield Case(f"{name}_float32_1e{power}", "elementwise", expression, vectors(10**power, "float32"))
    for name in ("increment", "linear", "square", "choice"):
        yield Case(f"{name}_int32_1e5", "elementwise", ELEMENTWISE[name], vectors(10**5, "int32"))


def reductions():
    """Reductions of a cube over every set of axes; of elementwise work; of arrays in odd layouts."""
    axes = [axis for n in (1, 2, 3) for axis in itertools.combinations(range(3), n)]
    for operation, dtype in itertools.product(("sum", "max", "mean"), ("float64", "float32")):
        for axis in axes:
            label = "".join(map(str, axis))
            yield Case(f"{operation}_{label}_{dtype}", "reduction", f"{operation}(a, {axis})",
                       normal((100, 100, 100), dtype=dtype))
    for label, change in (("fortran", np.asfortranarray), ("strided", lambda x: x[::2, ::2, ::2]),
                          ("reversed", lambda x: x[::-1, :, ::-1])):
        for axis in ((0,), (2,), (0, 1, 2)):
            yield Case(f"sum_{''.join(map(str, axis))}_{label}", "reduction", f"sum(a, {axis})",
                       lambda rng, change=change: [change(rng.randn(100, 100, 100))])
    fused = {"squared_distance": "sum((a - b)**2)", "variance": "mean((a - mean(a))**2)",
             "exponentials": "log(sum(exp(a)))", "product_sum": "sum(a*b)"}
    for (name, expression), power in itertools.product(fused.items(), (3, 5, 7)):
        yield Case(f"{name}_1e{power}", "reduction", expression, vectors(10**power))
    for rows, columns in ((32, 10), (1000, 1000)):
        yield Case(f"softmax_{rows}x{columns}", "reduction", "softmax(a)", normal((rows, columns)))
        yield Case(f"logsumexp_{rows}x{columns}", "reduction", "log(sum(exp(a), 1))", normal((rows, columns)))


def blas():
    """Products of matrices and vectors."""
    for size in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024):
        yield Case(f"gemm_{size}", "blas", "dot(a, b)", normal((size, size), (size, size)))
        yield Case(f"gemv_{size}", "blas", "dot(a, b)", normal((size, size), (size,)))
    for size in (16, 256):
        yield Case(f"affine_{size}", "blas", "tanh(dot(a, b) + c)", normal((size, size), (size, size), (size,)))
        yield Case(f"transposed_{size}", "blas", "0.5*dot(a.T, b) + c", normal(*[(size, size)] * 3))


def logistic_loss(n, parameters, data):
    """Penalised cross-entropy of a logistic regression, as in the founding documents."""
    w, b = parameters
    x, y = data
    p = 1 / (1 + n.exp(-n.dot(x, w) - b))
    return n.mean(-y * n.log(p) - (1 - y) * n.log(1 - p)) + 0.01 * n.sum(w**2)


def labelled(rows, columns, dtype="float64"):
    """A function that makes a matrix and a vector of classes 0 and 1."""
    return lambda rng: [rng.randn(rows, columns).astype(dtype), rng.randint(0, 2, rows).astype(dtype)]


def network_loss(n, parameters, data):
    """Cross-entropy of a network with one hidden layer of tanh, against rows of probabilities."""
    w, b, v, c = parameters
    x, y = data
    p = n.softmax(n.dot(n.tanh(n.dot(x, w) + b), v) + c)
    return -n.mean(n.sum(y * n.log(p), 1))


def network(inputs, hidden, outputs, dtype="float32"):
    """A function that makes the parameters of a network."""
    def make(rng):
        sizes = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))
        return [(0.05 * rng.randn(*size) * (len(size) > 1)).astype(dtype) for size in sizes]
    return make


def classified(rows, columns, classes, dtype="float32"):
    """A function that makes a matrix, and rows with a one where the class is."""
    return lambda rng: [rng.randn(rows, columns).astype(dtype),
                        np.eye(classes, dtype=dtype)[rng.randint(0, classes, rows)]]


def hierarchy_loss(n, parameters, data):
    """Log-density of a normal hierarchy with parameters theta (one a group), mu and log tau in one vector."""
    q, = parameters
    y, s = data
    theta, mu, log_tau = q[:WIDTH], q[WIDTH], q[WIDTH + 1]
    tau = n.exp(log_tau)
    groups = n.sum(-0.5 * ((y - mu - tau * theta) / s)**2 - n.log(s))
    return groups - 0.5 * n.sum(theta**2) - 0.02 * mu**2 + log_tau - n.log1p(tau**2 / 25)


def training():
    """Steps of gradient descent, and a log-density with its gradient."""
    weights = lambda size: lambda rng: [0.1 * rng.randn(size), np.zeros(())]                     # noqa: E731
    for rows, columns in ((400, 100), (400, 784), (32, 30)):
        yield Case(f"logreg_{rows}x{columns}", "training", logistic_loss, labelled(rows, columns), weights(columns),
                   0.1)
    for rows, hidden in ((60, 500), (16, 64)):
        yield Case(f"mlp_{rows}x784x{hidden}", "training", network_loss, classified(rows, 784, 10),
                   network(784, hidden, 10), 0.01)
    yield Case("logp", "training", hierarchy_loss, lambda rng: [rng.randn(WIDTH), rng.rand(WIDTH) + 0.5],
               normal((WIDTH + 2,), scale=0.3))


def chain_loss(steps):
    """A loss of about ``2*steps`` operations, one after the other."""
    def loss(n, parameters, data):
        h, = parameters
        for _ in range(steps):
            h = n.tanh(h) + data[0]
        return n.sum(h)
    return loss


def loops():
    """Loops over scalars and over elements, and gradients through them; systems have loops of their own for these."""
    yield Case("ar2", "loops", Recurrence("0.5*b - 0.3*a + x[0]", (-2, -1)), normal((10**6,)))
    yield Case("scan_all_rows", "loops", Recurrence("0.5*b - 0.3*a + x[0]", (-2, -1), last=False), normal((10**6,)))
    yield Case("scan_average", "loops", Recurrence("a + 0.1*(x[0] - a)", (-1,)), normal((10**6,)))
    yield Case("scan_logistic_map", "loops", Recurrence("3.6*a*(1 - a) + 0.001*x[0]*x[0]", (-1,)), normal((10**6,)))
    yield Case("scan_tanh_1000x1000", "loops", Recurrence("tanh(0.9*a + x[0])", (-1,)), normal((1000, 1000)))
    yield Case("scan_power_1e4x20", "loops", Recurrence("a*x[0]", (-1,)), normal((20, 10**4), scale=0.5))
    yield Case("scan_gradient", "loops", Recurrence("0.5*b - 0.3*a + x[0]", (-2, -1), gradient=True), normal((10**5,)))
    yield Case("carries", "loops", ring_loss, lambda rng: [], lambda rng: [0.1 * rng.rand(60)])
    for kind in ("cold", "warm"):
        yield Case(f"{kind}_ar2", "loops", Recurrence("0.5*b - 0.3*a + x[0]", (-2, -1)), normal((1000,)), fresh=kind)
        yield Case(f"{kind}_carries", "loops", ring_loss, lambda rng: [], lambda rng: [0.1 * rng.rand(60)],
                   fresh=kind)


def ring_loss(n, parameters, data):
    """The sum of 60 carries after 614 steps, each of which needs the one beside it."""
    p, = parameters

    def step(h):
        return [n.tanh(0.9 * h[k] + p[k] + 0.1 * h[(k + 1) % 60]) for k in range(60)]
    return sum(n.repeat(step, 60, 614))


def compilation():
    """Seconds from the first line of the model to the first result."""
    weights = lambda rng: [0.1 * rng.randn(784), np.zeros(())]                                   # noqa: E731
    for kind in ("cold", "warm"):
        yield Case(f"{kind}_elementwise", "compile", "exp(2*a*b + b)", vectors(1000), fresh=kind)
        yield Case(f"{kind}_logreg", "compile", logistic_loss, labelled(400, 784), weights, 0.1, fresh=kind)
        yield Case(f"{kind}_mlp", "compile", network_loss, classified(60, 784, 10), network(784, 500, 10), 0.01,
                   fresh=kind)
        yield Case(f"{kind}_chain_100", "compile", chain_loss(50), normal((8,)), normal((8,)), fresh=kind)
    for nodes in (1000, 2000, 4000, 8000, 16000):
        yield Case(f"cold_chain_{nodes}", "compile", chain_loss(nodes // 2), normal((8,)), normal((8,)), fresh="cold",
                   systems=("theano", "jax") if nodes <= 1000 else ("theano",))


def memory():
    """Memory beyond the arguments at the peak of a call; growth over many functions."""
    for name, expression in (("squared_distance", "sum((a - b)**2)"), ("variance", "mean((a - mean(a))**2)"),
                             ("mixed", ELEMENTWISE["mixed"])):
        yield Case(f"peak_{name}_1e7", "memory", expression, vectors(10**7), fresh="peak")
    yield Case("growth_500_functions", "memory", "exp(a)*{number} + b", vectors(10), fresh="growth",
               systems=("theano", "jax"))


CASES = [*overhead(), *elementwise(), *reductions(), *blas(), *training(), *loops(), *compilation(), *memory()]
FAMILIES = tuple(dict.fromkeys(case.family for case in CASES))
