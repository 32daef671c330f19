"""Two programs of ocean models against NumPy, JAX and numba: ``python -m benchmarks.ocean [--size N] [--threads 1]``.

"state" is the derivative of dynamic enthalpy by temperature (`benchmarks.seawater`), "by grad" the same as the
gradient of dynamic enthalpy; "slopes" are those of surfaces of equal density, "mixing" is mixing along them
(`benchmarks.isoneutral`). The arrays have the shapes that the benchmark pyhpc gives them for a number of elements.
Every system runs the same text, but numba, for which loops are written. Results are compared first; then the median
microseconds of interleaved calls are printed, and the best of JAX and numba divided by ours.
"""

import argparse
import importlib
import math
import os
import statistics
import time
from types import SimpleNamespace

import numpy as np

import theano
import theano.tensor as tt
from benchmarks import isoneutral, seawater

SIZES = (4096, 65_536, 1_048_576)
SECONDS = 2.0           # of measurements of one program at one size


def shape_of(size):
    """A wide and flat box of about ``size`` cells."""
    side = size ** (1 / 3)
    return math.ceil(2 * side), math.ceil(2 * side), math.ceil(0.25 * side)


# -- NumPy ----------------------------------------------------------------------------------------------

def put(x, index, values):
    """In place."""
    x[index] = values
    return x


def add(x, index, values):
    """In place."""
    x[index] += values
    return x


def numpy_columns(lower, diagonal, upper, right_sides):
    """A loop over layers."""
    layers = range(lower.shape[2])
    before = [np.zeros_like(lower[:, :, 0])] * 3
    rows = [before := isoneutral.eliminate([x[:, :, k] for x in (lower, diagonal, upper, *right_sides)], before)
            for k in layers]
    after = [np.zeros_like(lower[:, :, 0])] * 2
    results = [after := isoneutral.insert(row, after) for row in rows[::-1]][::-1]
    return [np.stack(values, axis=2) for values in zip(*results, strict=True)]


NUMPY = SimpleNamespace(
    abs=np.abs, tanh=np.tanh, maximum=np.maximum, minimum=np.minimum, zeros=np.zeros_like, put=put, add=add,
    zeros_of_triads=lambda x: np.zeros((*x.shape, 2, 2)), columns=numpy_columns)


class NumPy:
    """The text as NumPy runs it."""

    def __init__(self):
        self.programs = {"state": seawater.function_of(seawater.DERIVATIVE, np.sqrt, np.log)}
        for name in ("slopes", "mixing"):
            self.programs[name] = lambda *arrays, run=getattr(isoneutral, name): run(NUMPY, *arrays)

    def prepare(self, name, arrays):
        """A function without arguments."""
        function = self.programs[name]
        return lambda: function(*arrays)


# -- ours -----------------------------------------------------------------------------------------------

def theano_columns(lower, diagonal, upper, right_sides):
    """Two loops over layers."""
    def rows(x):
        return x.dimshuffle(2, 0, 1)

    zero = tt.zeros_like(lower[:, :, 0])
    down, _ = theano.scan(lambda a, b, c, t, s, *before: isoneutral.eliminate([a, b, c, t, s], before),
                          sequences=[rows(x) for x in (lower, diagonal, upper, *right_sides)],
                          outputs_info=[zero, zero, zero])
    up, _ = theano.scan(lambda f, t, s, *after: isoneutral.insert([f, t, s], after), sequences=down,
                        outputs_info=[zero, zero], go_backwards=True)
    return [x[::-1].dimshuffle(1, 2, 0) for x in up]


THEANO = SimpleNamespace(
    abs=tt.abs_, tanh=tt.tanh, maximum=tt.maximum, minimum=tt.minimum, zeros=tt.zeros_like,
    put=lambda x, index, values: tt.set_subtensor(x[index], values),
    add=lambda x, index, values: tt.inc_subtensor(x[index], values),
    zeros_of_triads=lambda x: tt.zeros((*x.shape, 2, 2)), columns=theano_columns)


def theano_program(name, symbols):
    """The outputs of a program as expressions."""
    if name in ("slopes", "mixing"):
        return getattr(isoneutral, name)(THEANO, *symbols)
    if name == "state":
        return seawater.function_of(seawater.DERIVATIVE, tt.sqrt, tt.log)(*symbols)
    return tt.grad(seawater.function_of(seawater.ENTHALPY, tt.sqrt, tt.log)(*symbols).sum(), symbols[1])


class Theano:
    """This project."""

    def compile(self, name, arrays, mode=None):
        """The compiled function."""
        symbols = [tt.TensorType("float64", [n == 1 for n in a.shape])() for a in arrays]
        return theano.function(symbols, theano_program(name, symbols), mode=mode)

    def prepare(self, name, arrays):
        """A function without arguments."""
        function = self.compile(name, arrays)
        return lambda: function(*arrays)


# -- JAX and numba --------------------------------------------------------------------------------------

class Jax:
    """JAX, compiled; arrays are on its device before."""

    def __init__(self):
        import jax
        import jax.numpy as jnp
        jax.config.update("jax_enable_x64", True)
        self.jax, self.jnp = jax, jnp
        self.names = SimpleNamespace(
            abs=jnp.abs, tanh=jnp.tanh, maximum=jnp.maximum, minimum=jnp.minimum, zeros=jnp.zeros_like,
            put=lambda x, index, values: x.at[index].set(values), add=lambda x, index, values: x.at[index].add(values),
            zeros_of_triads=lambda x: jnp.zeros((*x.shape, 2, 2)), columns=self.columns)

    def columns(self, lower, diagonal, upper, right_sides):
        """Two loops under lax.scan."""
        scan, jnp = self.jax.lax.scan, self.jnp
        rows = [jnp.moveaxis(x, 2, 0) for x in (lower, diagonal, upper, *right_sides)]
        zero = jnp.zeros_like(lower[:, :, 0])

        def down(before, row):
            values = isoneutral.eliminate(row, before)
            return values, values

        def up(after, row):
            values = isoneutral.insert(row, after)
            return values, values
        rows = scan(down, [zero] * 3, rows)[1]
        return [jnp.moveaxis(x, 0, 2) for x in scan(up, [zero] * 2, rows, reverse=True)[1]]

    def prepare(self, name, arrays):
        """A function without arguments."""
        jnp = self.jnp
        if name in ("slopes", "mixing"):
            def program(*arrays):
                return getattr(isoneutral, name)(self.names, *arrays)
        elif name == "state":
            program = seawater.function_of(seawater.DERIVATIVE, jnp.sqrt, jnp.log)
        else:
            enthalpy = seawater.function_of(seawater.ENTHALPY, jnp.sqrt, jnp.log)
            program = self.jax.grad(lambda s, t, p: enthalpy(s, t, p).sum(), argnums=1)
        function, there = self.jax.jit(program), [jnp.asarray(a) for a in arrays]
        return lambda: self.jax.block_until_ready(function(*there))


class Numba:
    """numba: loops over numbers."""

    def __init__(self):
        from numba import njit
        number = njit(seawater.function_of(seawater.DERIVATIVE, math.sqrt, math.log), error_model="numpy")

        @njit(error_model="numpy")
        def state(salt, temp, pressure):
            result = np.empty_like(salt)
            for i in range(salt.shape[0]):
                for j in range(salt.shape[1]):
                    for k in range(salt.shape[2]):
                        result[i, j, k] = number(salt[i, j, k], temp[i, j, k], pressure[0, 0, k])
            return result
        loops = importlib.import_module("benchmarks.isoneutral_loops")
        self.programs = {"state": state, "slopes": loops.slopes, "mixing": loops.mixing}

    def prepare(self, name, arrays):
        """A function without arguments."""
        function = self.programs[name]
        return lambda: function(*arrays)


SYSTEMS = {"theano": Theano, "numpy": NumPy, "jax": Jax, "numba": Numba}
PROGRAMS = ("state", "by grad", "slopes", "mixing")


def arrays_of(name, size):
    """The arguments of a program."""
    rng = np.random.default_rng(17)
    return (isoneutral if name in ("slopes", "mixing") else seawater).inputs(shape_of(size), rng)


def agree(found, expected):
    """Raises AssertionError unless results are equal to 1e-8 of the largest element."""
    found, expected = (x if isinstance(x, list | tuple) else [x] for x in (found, expected))
    for value, other in zip(found, expected, strict=True):
        other = np.asarray(other)
        np.testing.assert_allclose(np.asarray(value), other, rtol=1e-8, atol=1e-8 * np.abs(other).max())


def medians(calls, seconds):
    """Microseconds of each call, measured in turn."""
    times = {name: [] for name in calls}
    end, rounds = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or rounds < 5:
        rounds += 1
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: 1e6 * statistics.median(values) for name, values in times.items()}


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, nargs="+", default=SIZES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--program", nargs="+", default=PROGRAMS, choices=PROGRAMS)
    parser.add_argument("--system", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    if options.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    theano.set_num_threads(options.threads)
    systems = {}
    for name in options.system:
        try:
            systems[name] = SYSTEMS[name]()
        except ImportError as error:
            print(f"without {name}: {error}")
    print(f"{'':10s}{'elements':>10s}" + "".join(f"{name:>12s}" for name in systems) + f"{'ratio':>8s}")
    for program in options.program:
        able = [n for n in systems if program != "by grad" or n in ("theano", "jax")]
        for size in options.size:
            arrays = arrays_of(program, size)
            calls = {name: systems[name].prepare(program, arrays) for name in able}
            expected = NumPy().prepare("state" if program == "by grad" else program, arrays)()
            for call in calls.values():
                agree(call(), expected)
            found = medians(calls, options.seconds)
            best = min((found[n] for n in ("jax", "numba") if n in found), default=math.nan)
            print(f"{program:10s}{size:10d}" + "".join(
                f"{found[n]:12.1f}" if n in found else " " * 12 for n in systems)
                + f"{best / found.get('theano', math.nan):8.2f}", flush=True)


if __name__ == "__main__":
    main()
