"""Random graphs of all kinds of ops, and their values with and without rewriting.

Arguments have the shapes (3, 4), (1, 4), (3, 1), (4,) and (), so that anything broadcasts with anything; the extents of
1 are known to the types of some arguments only.
"""

import numpy as np

import theano
import theano.tensor as T
from theano.graph.variable import Constant
from theano.graph.walk import io_toposort
from theano.tensor.elemwise import ELEMWISE

REFERENCE = theano.Mode("py", None)
UNARY = ("neg exp exp2 tanh sqr sigmoid softplus abs_ inv log1p expm1 sin cos arctan sqrt log log2 log10 erf erfc sgn "
         "ceil floor deg2rad cosh sinh").split()
BINARY = "add sub mul true_div maximum minimum pow mod arctan2 add mul sub".split()
COMPARISONS = "lt gt le ge eq neq".split()
INTEGER = "add sub mul maximum minimum and_ or_ xor int_div mod".split()
NUMBERS = (0, 1, 2, -1, 0.5, 3.0)
SHAPES = ((3, 4), (1, 4), (3, 1), (4,), ())
TOLERANCE = {"float64": 1e-7, "float32": 1e-3}


def arguments(rng, dtype):
    """Variables and values: of ``dtype`` in every shape, a matrix of integers and one of the other float dtype."""
    pairs = []
    for shape in SHAPES:
        known = bool(rng.randint(2))
        variable = T.TensorType(dtype, [n == 1 and known for n in shape])()
        pairs.append((variable, np.asarray(rng.uniform(0.3, 1.5, shape), dtype)))
    pairs.append((T.imatrix(), rng.randint(1, 5, (3, 4)).astype("int32")))
    other = "float32" if dtype == "float64" else "float64"
    pairs.append((T.TensorType(other, (False, False))(), rng.uniform(0.3, 1.5, (3, 4)).astype(other)))
    return [variable for variable, _ in pairs], [value for _, value in pairs]


def _choice(rng, pool):
    return pool[rng.randint(len(pool))]


def _wide(x):
    """``x`` with two dimensions, (3, 4) at run time."""
    return x + T.zeros((3, 4), dtype=x.dtype)


def _unary(rng, pool):
    return ELEMWISE[_choice(rng, UNARY)](_choice(rng, pool))


def _binary(rng, pool):
    name, x = _choice(rng, BINARY), _choice(rng, pool)
    if name == "pow":                           # integers have no negative powers
        x = T.cast(x, pool[0].dtype)
    y = _choice(rng, pool) if rng.randint(3) else _choice(rng, NUMBERS)
    return ELEMWISE[name](*((x, y) if rng.randint(2) else (y, x)))


def _switch(rng, pool):
    condition = ELEMWISE[_choice(rng, COMPARISONS)](_choice(rng, pool), _choice(rng, pool))
    return T.switch(condition, _choice(rng, pool), _choice(rng, pool))


def _reduce(rng, pool):
    x = _wide(_choice(rng, pool))
    function = getattr(T, _choice(rng, ("sum", "max", "min", "mean", "prod", "var")))
    return function(x, axis=_choice(rng, (0, 1, (0, 1))), keepdims=True)


def _integers(rng, pool):
    whole = T.cast(T.clip(_choice(rng, pool), 1, 9), "int64")
    return T.cast(ELEMWISE[_choice(rng, INTEGER)](whole, _choice(rng, (3, 5, whole + 1))), pool[0].dtype)


def _rearranged(rng, pool):
    x = _wide(_choice(rng, pool))
    return _choice(rng, (lambda: x[::-1], lambda: x[:, ::-1], lambda: T.concatenate([x, x[:1]], axis=0)[1:],
                         lambda: x.T[::-1].T, lambda: x.reshape((4, 3)).reshape((3, 4)),
                         lambda: T.set_subtensor(x[1], x[0]), lambda: T.inc_subtensor(x[:, 1:], x[:, :1]),
                         lambda: x[[2, 0, 1]], lambda: T.roll(x, 1, axis=1), lambda: x.flatten().reshape(x.shape)))()


def _product(rng, pool):
    x, y = _wide(_choice(rng, pool)), _wide(_choice(rng, pool))
    return _choice(rng, (lambda: T.dot(x, T.dot(x.T, y)), lambda: T.outer(x[:, 0], y[0]),
                         lambda: T.dot(x, y[0]).dimshuffle(0, "x"), lambda: x + 0.5 * T.dot(y, T.dot(y.T, x))))()


def _network(rng, pool):
    x = _wide(T.cast(_choice(rng, pool), pool[0].dtype))
    return _choice(rng, (lambda: T.nnet.softmax(x), lambda: T.log(T.nnet.softmax(x)), lambda: T.nnet.relu(x),
                         lambda: T.log(T.exp(x).sum(axis=1, keepdims=True)), lambda: 1 / (1 + T.exp(-x)),
                         lambda: T.log(1 + T.exp(x)), lambda: T.log(1 - T.nnet.sigmoid(T.clip(x, -4, 4))),
                         lambda: T.nnet.binary_crossentropy(T.nnet.sigmoid(T.clip(x, -4, 4)), 0.3),
                         lambda: T.clip(x, -1, 1)))()           # clipped where the graph as written is inaccurate


MAKERS = (_unary,) * 4 + (_binary,) * 5 + (_switch, _reduce, _reduce, _integers, _rearranged, _product, _network)


def grow(rng, inputs, steps):
    """The last few of ``steps`` expressions that are made of the inputs and of one another."""
    dtype = inputs[0].dtype
    pool = list(inputs)
    for _ in range(steps):
        y = _choice(rng, MAKERS)(rng, pool)
        pool.append(y if y.dtype == dtype else T.cast(y, dtype))
    return pool[-3:]


def disagreements(graphs, inputs, values, modes):
    """[(mode, number of the graph, result, expected), ...] where a mode gives another value than the graph as written.

    What is not finite, or comes of such values, or is sensitive to the last bits of the arguments and of what is
    computed on the way, may differ.
    """
    def run(mode, values):
        return theano.function(inputs, graphs, mode=mode, on_unused_input="ignore")(*values)

    found = []
    with np.errstate(all="ignore"):
        reference = theano.function(inputs, graphs, mode=REFERENCE, on_unused_input="ignore")
        expected = reference(*values)
        moved = [reference(*(v * (1 + sign * 4 * np.finfo(v.dtype).eps) if v.dtype.kind == "f" else v
                             for v in values)) for sign in (-1, 1)]
        for mode in modes:
            for k, (a, b, *near) in enumerate(zip(run(mode, values), expected, *moved, strict=True)):
                assert a.shape == b.shape and a.dtype == b.dtype, (mode, k)
                slack = TOLERANCE[b.dtype.name] * (1 + np.abs(b)) + sum(1e3 * np.abs(n - b) for n in near)
                wrong = np.isfinite(b) & np.isfinite(slack) & (np.abs(b) < 1e8) & ~(np.abs(a - b) <= slack)
                if wrong.any():
                    moves = noise(graphs[k], inputs, values)
                    wrong &= (moves < 1e-2 * (1 + np.abs(b))) & ~(np.abs(a - b) <= 1e3 * moves)
                if wrong.any():
                    found.append((mode, k, a[wrong], b[wrong]))
    return found


def noise(graph, inputs, values, rounds=8):
    """How far elements of a graph move when all its ops' results do so by an ulp or two; inf for those that come of nan
    where what is not finite is nan from the beginning, so that it does not hide behind arctan or 1 / x.
    """
    rng = np.random.RandomState(0)
    nodes, results = io_toposort(inputs, [graph]), []
    for amount in [0] + [2] * rounds:
        known = dict(zip(inputs, values, strict=True))
        for node in nodes:
            cells = [[None] for _ in node.outputs]
            node.op.perform(node, [v.data if isinstance(v, Constant) else known[v] for v in node.inputs], cells)
            for variable, (value,) in zip(node.outputs, cells, strict=True):
                if value.dtype.kind == "f":
                    factor = 1 + amount * np.finfo(value.dtype).eps * rng.uniform(-1, 1, value.shape)
                    value = np.where(np.isfinite(value), value, np.nan) * factor
                known[variable] = np.asarray(value, variable.dtype)
        results.append(known[graph])
    return np.nan_to_num(sum(np.abs(r - results[0]) for r in results[1:]), nan=np.inf)
