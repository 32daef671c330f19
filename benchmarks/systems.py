"""The systems that are compared, behind one interface; importing this module imports none of them."""

import importlib
import string
from types import SimpleNamespace

LETTERS = string.ascii_lowercase


def function_of(expression, names, count):
    """The Python function of ``count`` arguments a, b, ... that an expression is, with the names of a system."""
    return eval(f"lambda {', '.join(LETTERS[:count])}: {expression}", vars(names))


def step_of(loop, names):
    """The step of a `Recurrence` as a function of a list of rows and of earlier values."""
    return eval(f"lambda x, {', '.join(LETTERS[:len(loop.taps)])}: {loop.step}", vars(names))


class System:
    """What a system can do. Each method returns a function without arguments, to be called again and again.

    evaluate: the value of an expression. gradient: a loss and its gradient.
    descend: one step of gradient descent on parameters that the system keeps; it gives the loss. recur: a
    `benchmarks.cases.Recurrence` over an array. Losses may call ``names.repeat(step, count, n)``, which gives what
    ``count`` numbers, zeros at first, are after n steps.
    """

    modules = ()

    def evaluate(self, expression, arrays, trusted):
        """Raises NotImplementedError where the system has no such operation."""
        raise NotImplementedError

    def gradient(self, loss, parameters, data):
        """Raises NotImplementedError where the system does not differentiate."""
        raise NotImplementedError

    def descend(self, loss, parameters, data, rate):
        """Raises NotImplementedError where the system does not differentiate."""
        raise NotImplementedError

    def recur(self, loop, x):
        """Raises NotImplementedError where the system has no loops."""
        raise NotImplementedError


class NumPy(System):
    """NumPy, with SciPy's special functions."""

    modules = ("numpy",)

    def __init__(self):
        import numpy as np
        import scipy.special
        self.names = SimpleNamespace(**{k: getattr(np, k) for k in (
            "exp log log1p tanh sin cos sqrt where sum mean max dot maximum").split()},
            softmax=lambda x: scipy.special.softmax(x, axis=-1))

    def recur(self, loop, x):
        """A Python loop over rows in NumPy, for arrays whose rows are no numbers."""
        if x.ndim == 1 or loop.gradient:
            raise NotImplementedError("a Python loop over numbers")
        step, reach = step_of(loop, self.names), -min(loop.taps)
        import numpy as np

        def call():
            values = np.zeros((len(x) + reach, *x.shape[1:]))
            for t, row in enumerate(x):
                values[t + reach] = step([row], *(values[t + reach + tap] for tap in loop.taps))
            return values[-1] if loop.last else values[reach:]
        return call

    def evaluate(self, expression, arrays, trusted):
        """The expression as NumPy evaluates it."""
        function = function_of(expression, self.names, len(arrays))
        return lambda: function(*arrays)


class NumExpr(System):
    """numexpr: elementwise expressions only."""

    modules = ("numexpr",)

    def __init__(self):
        import numexpr
        self.numexpr = numexpr

    def evaluate(self, expression, arrays, trusted):
        """The expression compiled once for numexpr's machine."""
        if any(word in expression for word in ("sum(", "mean(", "max(", "dot(", "softmax(", ".T")):
            raise NotImplementedError("elementwise only")
        values = dict(zip(LETTERS, arrays, strict=False))
        self.numexpr.evaluate(expression, values)
        return lambda: self.numexpr.re_evaluate(values)


class Jax(System):
    """JAX, compiled; arrays are on its device before."""

    modules = ("jax",)

    def __init__(self):
        import jax
        import jax.numpy as jnp
        jax.config.update("jax_enable_x64", True)
        self.jax, self.jnp = jax, jnp
        self.names = SimpleNamespace(**{k: getattr(jnp, k) for k in (
            "exp log log1p tanh sin cos sqrt where sum mean max dot maximum").split()}, softmax=jax.nn.softmax,
            repeat=self.repeat)

    def repeat(self, step, count, n):
        """A loop under lax.scan."""
        zeros = [self.jnp.zeros(()) for _ in range(count)]
        return self.jax.lax.scan(lambda h, _: (step(h), None), zeros, None, length=n)[0]

    def recur(self, loop, x):
        """lax.scan under jit."""
        step = step_of(loop, self.names)
        zeros = tuple(self.jnp.zeros(x.shape[1:]) for _ in range(-min(loop.taps)))

        def move(rows, row):
            value = step([row], *(rows[tap] for tap in loop.taps))
            return (*rows[1:], value), None if loop.last else value

        def function(x):
            rows, values = self.jax.lax.scan(move, zeros, x)
            return rows[-1] if loop.last else values
        wanted = self.jax.jit(self.jax.grad(function) if loop.gradient else function)
        there = self.jnp.asarray(x)
        return lambda: wanted(there).block_until_ready()

    def evaluate(self, expression, arrays, trusted):
        """The expression under jit."""
        function = self.jax.jit(function_of(expression, self.names, len(arrays)))
        there = [self.jnp.asarray(a) for a in arrays]
        return lambda: function(*there).block_until_ready()

    def gradient(self, loss, parameters, data):
        """value_and_grad under jit."""
        there = [self.jnp.asarray(a) for a in data]
        function = self.jax.jit(self.jax.value_and_grad(lambda p: loss(self.names, p, there)))
        values = [self.jnp.asarray(p) for p in parameters]
        return lambda: self.jax.block_until_ready(function(values))[0]

    def descend(self, loss, parameters, data, rate):
        """A whole step under jit."""
        there = [self.jnp.asarray(a) for a in data]
        state = [[self.jnp.asarray(p) for p in parameters]]

        def step(values, arrays):
            cost, slopes = self.jax.value_and_grad(lambda p: loss(self.names, p, arrays))(values)
            return cost, [p - rate * g for p, g in zip(values, slopes, strict=True)]
        step = self.jax.jit(step)

        def call():
            cost, state[0] = self.jax.block_until_ready(step(state[0], there))
            return cost
        return call


class Torch(System):
    """PyTorch, eager."""

    modules = ("torch",)

    def __init__(self):
        import torch
        self.torch = torch

        def over(name):
            function = getattr(torch, name)
            return lambda x, axis=None: function(x) if axis is None else function(x, dim=axis)
        self.names = SimpleNamespace(**{k: getattr(torch, k) for k in (
            "exp log log1p tanh sin cos sqrt where maximum").split()}, dot=torch.matmul, sum=over("sum"),
            mean=over("mean"), max=over("amax"), softmax=lambda x: torch.softmax(x, -1))

    def evaluate(self, expression, arrays, trusted):
        """The expression, operation by operation."""
        there = [self.torch.tensor(a) for a in arrays]
        function = function_of(expression, self.names, len(there))
        return lambda: function(*there)

    def gradient(self, loss, parameters, data):
        """The loss and autograd.grad."""
        there = [self.torch.tensor(a) for a in data]
        values = [self.torch.tensor(p, requires_grad=True) for p in parameters]

        def call():
            cost = loss(self.names, values, there)
            self.torch.autograd.grad(cost, values)
            return cost
        return call

    def descend(self, loss, parameters, data, rate):
        """The gradient, then updates in place."""
        there = [self.torch.tensor(a) for a in data]
        values = [self.torch.tensor(p, requires_grad=True) for p in parameters]

        def call():
            cost = loss(self.names, values, there)
            slopes = self.torch.autograd.grad(cost, values)
            with self.torch.no_grad():
                for value, slope in zip(values, slopes, strict=True):
                    value -= rate * slope
            return cost
        return call


class Symbolic(System):
    """What Theano and PyTensor share."""

    def __init__(self):
        self.package = importlib.import_module(self.modules[0])
        self.tensor = T = importlib.import_module(self.modules[0] + ".tensor")
        self.names = SimpleNamespace(**{k: getattr(T, k) for k in (
            "exp log log1p tanh sin cos sqrt sum mean max dot maximum").split()}, where=T.switch, softmax=self.softmax,
            repeat=self.repeat)

    def repeat(self, step, count, n):
        """The last values of a scan."""
        zeros = [self.tensor.constant(0, dtype="float64") for _ in range(count)]
        return [rows[-1] for rows in self.package.scan(lambda *h: step(h), outputs_info=zeros, n_steps=n)[0]]

    def recur(self, loop, x):
        """A scan over the rows of an input."""
        T, step = self.tensor, step_of(loop, self.names)
        rows, = self.symbols([x])
        start = T.zeros((-min(loop.taps), *(rows.shape[d] for d in range(1, x.ndim))))
        info = start[0] if loop.taps == (-1,) else {"initial": start, "taps": list(loop.taps)}
        values, _ = self.package.scan(lambda row, *earlier: step([row], *earlier), sequences=rows, outputs_info=[info])
        wanted = values[-1] if loop.last else values
        function = self.package.function([rows], T.grad(wanted, rows) if loop.gradient else wanted)
        return lambda: function(x)

    def softmax(self, x):
        """Softmax over the last axis."""
        return self.tensor.nnet.softmax(x)

    def symbols(self, arrays):
        """One symbolic input for each array."""
        return [self.tensor.TensorType(a.dtype.name, (False,) * a.ndim)(LETTERS[k]) for k, a in enumerate(arrays)]

    def evaluate(self, expression, arrays, trusted):
        """A compiled function of the arrays."""
        inputs = self.symbols(arrays)
        function = self.package.function(inputs, function_of(expression, self.names, len(inputs))(*inputs))
        function.trust_input = trusted
        return lambda: function(*arrays)

    def gradient(self, loss, parameters, data):
        """A function of the parameters that gives the loss and its gradient; the data are constants."""
        inputs = self.symbols(parameters)
        cost = loss(self.names, inputs, [self.tensor.as_tensor_variable(d) for d in data])
        function = self.package.function(inputs, [cost, *self.tensor.grad(cost, inputs)])
        return lambda: function(*parameters)[0]

    def descend(self, loss, parameters, data, rate):
        """A function with updates of shared variables."""
        inputs, values = self.symbols(data), [self.package.shared(p) for p in parameters]
        cost = loss(self.names, values, inputs)
        slopes = self.tensor.grad(cost, values)
        updates = [(p, (p - rate * g).astype(p.dtype)) for p, g in zip(values, slopes, strict=True)]
        function = self.package.function(inputs, cost, updates=updates)
        return lambda: function(*data)


class Theano(Symbolic):
    """This project."""

    modules = ("theano",)


class PyTensor(Symbolic):
    """PyTensor with its default linker."""

    modules = ("pytensor",)

    def softmax(self, x):
        """Softmax over the last axis."""
        return self.tensor.special.softmax(x, axis=-1)

    def symbols(self, arrays):
        """One symbolic input for each array."""
        return [self.tensor.tensor(LETTERS[k], dtype=a.dtype.name, shape=(None,) * a.ndim)
                for k, a in enumerate(arrays)]


SYSTEMS = {"theano": Theano, "numpy": NumPy, "numexpr": NumExpr, "jax": Jax, "torch": Torch, "pytensor": PyTensor}


def installed():
    """Names of the systems that can be imported here."""
    return [name for name, system in SYSTEMS.items()
            if all(importlib.util.find_spec(module) for module in system.modules)]
