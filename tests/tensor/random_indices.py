"""Random arrays with indices into them, and what NumPy reads, writes and accumulates there."""

import numpy as np

import theano
import theano.tensor as T

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
UFUNCS = {"add": np.add, "mul": np.multiply, "min": np.minimum, "max": np.maximum}
OPERATIONS = ("get", "set", *UFUNCS)


class Drawn:
    """A random array and an index into it, as NumPy takes it and as variables, with their values."""

    def __init__(self, rng):
        self.rng = rng
        self.variables, self.values = [], []
        self.index = None
        while self.index is None:
            self.shape = tuple(rng.choice([0, 1, 2, 3, 5], rng.randint(0, 5), p=[.05, .15, .3, .3, .2]))
            self.x = rng.randint(-9, 9, self.shape).astype("float64")
            self.joint = tuple(rng.randint(1, 4, rng.randint(1, 3)))
            self.variables, self.values = [], []
            self._draw()

    def _draw(self):
        rng, d, entries = self.rng, 0, []
        dots = rng.randint(0, 8)
        while d < len(self.shape) and rng.rand() < 0.85:
            if len(entries) == dots:
                d += rng.randint(0, len(self.shape) - d + 1)
                entries.append(((Ellipsis,), (Ellipsis,)))
                self.behind = d
                dots = -1
                continue
            kind = rng.choice(["int", "slice", "array", "mask", "new", "bool"], p=[.2, .3, .25, .1, .1, .05])
            width, *entry = getattr(self, "_" + kind)(d)
            entries.append(([entry[0]], [entry[1]]))
            d += width
        if dots == -1 and d < len(self.shape):          # what follows the dots counts from the end
            entries += [([slice(None)], [slice(None)])] * (len(self.shape) - d)
        numpy_index = tuple(e[0][0] for e in entries)
        index = tuple(e[1][0] for e in entries)
        try:
            self.part = self.x[numpy_index]
        except IndexError:
            return
        self.numpy_index, self.index = numpy_index, index
        if len(index) == 1 and rng.rand() < 0.5 and not isinstance(index[0], (list, bool)):
            self.numpy_index, self.index = numpy_index[0], index[0]
        shape = tuple(n if rng.rand() < 0.8 else 1 for n in self.part.shape)
        count = np.zeros(self.shape)
        np.add.at(count, numpy_index, 1)
        arrays = [e for e in numpy_index if isinstance(e, (np.ndarray, list))]
        if (count > 1).any() and (len(arrays) > 1 or np.ndim(arrays[0]) > 1):
            shape = ()                                  # NumPy does not say which of several comes last
        self.y = rng.randint(-9, 9, shape[rng.randint(0, len(shape) + 1) if rng.rand() < .3 else 0:]) * 1.0

    def _symbolic(self, value):
        """A variable, with that value, a constant array, or the value."""
        value = np.asarray(value)
        if self.rng.rand() < 0.5:
            return value
        self.variables.append(T.TensorType(value.dtype.name, (False,) * value.ndim)())
        self.values.append(value)
        return self.variables[-1]

    def _int(self, d):
        n = self.shape[d]
        value = int(self.rng.randint(-n, n)) if n else 0
        return 1, value, value if self.rng.rand() < 0.5 else self._symbolic(np.int64(value))

    def _slice(self, d):
        bounds = [None if self.rng.rand() < 0.4 else int(self.rng.randint(-7, 8)) for _ in range(2)]
        bounds.append(None if self.rng.rand() < 0.5 else int(self.rng.choice([-3, -2, -1, 1, 2, 3])))
        if self.rng.rand() < 0.1:
            self.variables.append(T.slicetype())
            self.values.append(slice(*bounds))
            return 1, slice(*bounds), self.variables[-1]
        ours = [b if b is None or self.rng.rand() < 0.6 else self._symbolic(np.int32(b)) for b in bounds]
        return 1, slice(*bounds), slice(*ours)

    def _array(self, d):
        n = self.shape[d]
        shape = tuple(k if self.rng.rand() < 0.8 else 1 for k in self.joint[self.rng.randint(0, len(self.joint)):])
        dtype = self.rng.choice(INTEGERS)
        value = self.rng.randint(0 if dtype[0] == "u" else -n, n, shape).astype(dtype) if n else np.zeros(
            (0,), dtype)
        if self.rng.rand() < 0.2 and value.size:
            return 1, value.tolist(), value.tolist()
        return 1, value, self._symbolic(value)

    def _mask(self, d):
        width = self.rng.randint(1, len(self.shape) - d + 1)
        value = self.rng.rand(*self.shape[d:d + width]) < 0.5
        return width, value, value.tolist() if self.rng.rand() < 0.2 and value.size else self._symbolic(value)

    def _new(self, d):
        return 0, None, None

    def _bool(self, d):
        value = np.bool_(self.rng.rand() < 0.7)
        return 0, value, bool(value) if self.rng.rand() < 0.3 else self._symbolic(value)

    def __str__(self):
        return f"x of shape {self.shape}, index {self.numpy_index}, given as {self.index}, y {self.y.shape}"


def expected(drawn, x, y):
    """What NumPy reads and writes, for each of OPERATIONS."""
    results = [x[drawn.numpy_index]]
    for operation in OPERATIONS[1:]:
        changed = x.copy()
        if operation == "set":
            changed[drawn.numpy_index] = y
        else:
            UFUNCS[operation].at(changed, drawn.numpy_index, y)
        results.append(changed)
    return results


def expressions(drawn, x, y):
    """The same as variables."""
    part, at = x[drawn.index], x.at[drawn.index]
    return [part, T.set_subtensor(part, y), T.inc_subtensor(part, y), at.mul(y), at.min(y), at.max(y)]


def slope(drawn, weights, x, y, dx, dy, e=1e-6):
    """The derivative of NumPy's weighted results along a direction, by differences."""
    above, below = (expected(drawn, np.asarray(x + k * dx), y + k * dy) for k in (e, -e))
    return sum((w * (a - b)).sum() for w, a, b in zip(weights, above, below, strict=True)) / (2 * e)


class Batch:
    """Random indices, compared in one function.

    inputs, values: of the function. outputs: its outputs. tests: for each what it should be, what it is, and when the
    two count as equal.
    """

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.RandomState(seed)
        self.inputs, self.values, self.outputs, self.tests = [], [], [], []

    def _made(self, drawn, x, y):
        variables = [T.TensorType("float64", (False,) * a.ndim)() for a in (x, y)]
        try:
            made = expressions(drawn, *variables)
        except Exception as error:
            raise AssertionError(f"seed {self.seed}: {drawn}") from error
        self.inputs += [*variables, *drawn.variables]
        self.values += [x, y, *drawn.values]
        return variables, made

    def add_values(self, drawn):
        """Compare what is read and written with NumPy."""
        _, made = self._made(drawn, drawn.x, drawn.y)
        for operation, output, wanted in zip(OPERATIONS, made, expected(drawn, drawn.x, drawn.y), strict=True):
            self.outputs.append(output)
            self.tests.append((wanted, f"{operation}: {drawn}", np.array_equal))

    def add_gradients(self, drawn):
        """Compare the gradient of all operations together, along a random direction, with that of differences."""
        size = drawn.x.size + drawn.y.size              # numbers that differ, so that min and max have derivatives
        numbers = self.rng.permutation(size) / max(size, 1) + 0.5
        x, y = numbers[:drawn.x.size].reshape(drawn.x.shape), numbers[drawn.x.size:].reshape(drawn.y.shape)
        variables, made = self._made(drawn, x, y)
        weights = [self.rng.rand(*np.shape(v)) for v in expected(drawn, x, y)]
        dx, dy = self.rng.rand(*x.shape), self.rng.rand(*y.shape)
        cost = sum((T.constant(w) * v).sum() for w, v in zip(weights, made, strict=True))
        gx, gy = T.grad(cost, variables)
        self.outputs.append((gx * dx).sum() + (gy * dy).sum())
        self.tests.append((slope(drawn, weights, x, y, dx, dy), f"gradient: {drawn}",
                           lambda a, b: np.allclose(a, b, rtol=1e-5, atol=1e-6)))

    def wrong(self, mode=None):
        """What differs from NumPy, in words."""
        f = theano.function(self.inputs, self.outputs, mode=mode, on_unused_input="ignore")
        found = f(*self.values)
        return [f"seed {self.seed}: {text}: {value!r} for {wanted!r}"
                for value, (wanted, text, same) in zip(found, self.tests, strict=True)
                if np.shape(value) != np.shape(wanted) or not same(value, wanted)]


def check(seed, count, mode=None, gradients=0):
    """What differs from NumPy for ``count`` random indices, and for the gradients of some more; all in one function."""
    batch = Batch(seed)
    for k in range(count + gradients):
        drawn = Drawn(batch.rng)
        if k < count:
            batch.add_values(drawn)
        else:
            batch.add_gradients(drawn)
    return batch.wrong(mode)
