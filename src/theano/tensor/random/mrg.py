"""Random streams of the generator MRG31k3p: quick, and the same on every machine."""

import math

import numpy as np

from theano.config import config
from theano.errors import NotScalarConstantError
from theano.gradient import grad_undefined, undefined_grad
from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.scalar.type import float_dtypes, upcast
from theano.tensor.constant import as_tensor_variable, constant, get_scalar_constant_value
from theano.tensor.elemwise import ELEMWISE, cast
from theano.tensor.join import concatenate, join
from theano.tensor.random.categorical import ChoiceFromUniform, MultinomialFromUniform
from theano.tensor.random.recurrence import (
    M2,
    as_uniform,
    draw,
    ff_2p134,
    guess_n_streams,
    matVecModM,
    substreams,
)
from theano.tensor.reduce import prod
from theano.tensor.shape import get_vector_length, patternbroadcast, vector_item
from theano.tensor.shared import shared
from theano.tensor.type import TensorType

log, sqrt, cos, sin, erfinv, lt = (ELEMWISE[name] for name in ("log", "sqrt", "cos", "sin", "erfinv", "lt"))

LARGEST = 2**31 - 1                     # elements of one sample
TRUNCATED_AT = 2.0                      # standard deviations
INSIDE = math.erf(TRUNCATED_AT / math.sqrt(2))          # share of the normal distribution that truncation leaves
TRUNCATED_STD = math.sqrt(1 - 2 * TRUNCATED_AT * math.exp(-TRUNCATED_AT**2 / 2) / math.sqrt(2 * math.pi) / INSIDE)


class DotModulo(Op):
    """Two products of matrix and vector, each modulo a number, one after the other.

    A: (n, 3)   s: (3,)   m: ()   A2: (k, 3)   s2: (3,)   m2: ()   ->   (n + k,), dtype of s
    """

    __props__ = ()

    def make_node(self, A, s, m, A2, s2, m2):                                     # noqa: N803
        return Apply(self, [as_tensor_variable(x) for x in (A, s, m, A2, s2, m2)], [s.type()])

    def perform(self, node, inputs, output_storage):
        parts = [matVecModM(*inputs[:3]), matVecModM(*inputs[3:])]
        output_storage[0][0] = np.concatenate(parts).astype(node.outputs[0].type.dtype)

    def infer_shape(self, node, shapes):
        return [(shapes[0][0] + shapes[3][0],)]


def multMatVect(v, A, m1, B, m2):                                                 # noqa: N802, N803
    """``A @ v[:3]`` modulo ``m1``, then ``B @ v[3:]`` modulo ``m2``."""
    return DotModulo()(A, v[:3], m1, B, v[3:], m2)


class mrg_uniform(Op):                                                            # noqa: N801
    """Uniform numbers of the open interval (0, 1), and the states after they were drawn.

    rstate: (n, 6), the substreams   size: (ndim,)   ->   (n, 6), and an array of shape ``size``
    Element i, in C order, is drawn from substream ``i % n``. Raises ValueError for 2**31 elements or more.
    """

    __props__ = ("output_type", "inplace")
    _f16_ok = True
    overwrites = 0

    def __init__(self, output_type, inplace=False):
        self.output_type, self.inplace = output_type, bool(inplace)
        if inplace:
            self.destroy_map = {0: [0]}

    @classmethod
    def new(cls, rstate, ndim, dtype, size):
        """New states and the sample; ndim: length of ``size`` where that can't be known."""
        size = as_tensor_variable(size, ndim=1) if not _is_empty(size) else constant(np.zeros(0, "int64"))
        pattern = _pattern(size, ndim)
        return cls(TensorType(dtype, pattern))(rstate, cast(size, "int32") if size.type.dtype == "uint64" else size)

    def make_node(self, rstate, size):
        rstate, size = as_tensor_variable(rstate), as_tensor_variable(size)
        if rstate.type.ndim != 2 or rstate.type.dtype != "int32":
            raise TypeError(f"mrg_uniform needs a matrix of int32 as states, got {rstate} of type {rstate.type}")
        if size.type.ndim != 1 or not size.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"size must be a vector of integers, got {size} of type {size.type}")
        return Apply(self, [rstate, size], [rstate.type(), self.output_type()])

    def perform(self, node, inputs, output_storage):
        rstate, size = inputs
        extents = tuple(map(int, size))
        n = math.prod(extents)
        if len(extents) != self.output_type.ndim:
            raise ValueError(f"size argument to mrg_uniform should have length {self.output_type.ndim}, got {extents}")
        if n > LARGEST or any(extent < 0 for extent in extents):
            raise ValueError(f"rng_mrg does not support samples of shape {extents}: at most {LARGEST} elements")
        draws, states = draw(rstate, n)
        if self.inplace:
            rstate[...] = states
            states = rstate
        output_storage[0][0] = states
        output_storage[1][0] = as_uniform(draws, self.output_type.dtype).reshape(extents)

    def infer_shape(self, node, shapes):
        return [shapes[0], [vector_item(node.inputs[1], d) for d in range(self.output_type.ndim)]]

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, k, x, "No gradient defined through random sampling op")
                for k, x in enumerate(inputs)]

    def R_op(self, inputs, eval_points):
        return [None for _ in eval_points]

    def __str__(self):
        return f"mrg_uniform{{{self.output_type},{'inplace' if self.inplace else 'no_inplace'}}}"


def _is_empty(size):
    return isinstance(size, (tuple, list, np.ndarray)) and len(size) == 0


def _pattern(size, ndim):
    """Which extents of ``size`` are always 1."""
    if ndim is None:
        ndim = get_vector_length(size)
    try:
        known = get_vector_length(size)
    except ValueError:
        return (False,) * ndim
    if known != ndim:
        raise ValueError(f"size has {known} elements, but ndim is {ndim}")
    return tuple(_always(vector_item(size, d)) == 1 for d in range(ndim))


def _always(value):
    """The number that a variable or number always is, or None."""
    try:
        return int(get_scalar_constant_value(value))
    except NotScalarConstantError:
        return None


def _checked_size(size):
    """``size`` as a tuple of numbers and variables, or an integer vector; ValueError for extents below 1."""
    if isinstance(size, Variable):
        if size.type.ndim == 0:
            return (size,)
        if size.type.ndim == 1:
            return size
        raise TypeError(f"a size must be a vector, got {size}, a {size.type}")
    if isinstance(size, (int, np.integer)):
        size = (size,)
    if not isinstance(size, (tuple, list, np.ndarray)):
        raise TypeError(f"Size must be a int, tuple, list or Theano variable, got {size!r}")
    for extent in size:
        if isinstance(extent, Variable):
            if extent.type.ndim:
                raise TypeError(f"Theano variable must have 0 dimensions to be an extent, got {extent}")
        elif int(extent) != extent or extent <= 0:
            raise ValueError(f"The specified size contains a dimension with value <= 0, or a fraction, got {size}")
    return tuple(size)


def _elements(size):
    """How many elements ``size`` means, a number where that is known."""
    if not isinstance(size, Variable) and not any(isinstance(n, Variable) for n in size):
        return math.prod(map(int, size))
    return prod(as_tensor_variable(size), dtype="int64")


class MRG_RandomStreams:                                                          # noqa: N801
    """Random variables, each with a stream of its own.

    Each method makes a variable that has other values in every call of a function: the state of its stream is a shared
    variable whose ``default_update`` is the state afterwards.

    Parameters
    ----------
    seed : int or six of them
        Not 0, and below 2147462579.

    Attributes
    ----------
    rstate : array of six int32
        Where the next stream begins.
    state_updates : list of (shared state, state afterwards, size, number of substreams)

    Every method that draws takes ``size`` (an int, a tuple, or a symbolic shape), ``ndim`` (the length of ``size``
    where that can't be known), ``dtype``, and ``nstreams`` (into how many substreams the stream is split, which draw
    side by side; the numbers drawn depend on it).
    """

    def __init__(self, seed=12345):
        self.state_updates = []
        self.default_instance_seed = seed
        self.set_rstate(seed)

    # -- states ---------------------------------------------------------------------------------------------

    def set_rstate(self, seed):
        """Let the next stream begin at ``seed``: a number, or six of them. Raises TypeError or ValueError."""
        if isinstance(seed, (int, np.integer)):
            if seed == 0:
                raise ValueError("seed should not be 0: take a positive number")
            if not 0 < seed < M2:
                raise ValueError(f"seed should be positive and less than {M2}, got {seed}")
            self.rstate = np.array([seed] * 6, dtype="int32")
            return
        try:
            numbers = [int(n) for n in seed]
        except TypeError as error:
            raise TypeError(f"seed should be one number or six, got {seed!r}") from error
        if len(numbers) != 6:
            raise TypeError(f"seed should be one number or six, got {len(numbers)}")
        if not all(0 <= n < M2 for n in numbers) or not any(numbers[:3]) or not any(numbers[3:]):
            raise ValueError(f"the numbers of a seed should be less than {M2}, and not all 0 in either half, "
                             f"got {numbers}")
        self.rstate = np.array(numbers, dtype="int32")

    def seed(self, seed=None):
        """Let all streams begin again, in the order in which they were made; None: at the seed given first."""
        self.set_rstate(self.default_instance_seed if seed is None else seed)
        for old, new, size, nstreams in self.state_updates:
            n = self.n_streams(size) if nstreams is None else nstreams
            old.set_value(self.get_substream_rstates(n, new.owner.outputs[1].type.dtype), borrow=True)

    def inc_rstate(self):
        """Go to the beginning of the next stream."""
        self.rstate = ff_2p134(self.rstate)

    def get_substream_rstates(self, n_streams, dtype, inc_rstate=True):
        """States of ``n_streams`` substreams, (n_streams, 6); goes to the next stream unless told not to."""
        if not isinstance(n_streams, (int, np.integer)) or n_streams <= 0:
            raise TypeError(f"the number of substreams must be a positive integer, got {n_streams!r}")
        states = substreams(self.rstate, n_streams)
        if inc_rstate:
            self.inc_rstate()
        return states

    def n_streams(self, size):
        """How many substreams a variable of this size gets."""
        return guess_n_streams(size)

    def updates(self):
        """The ``state_updates``: what default updates would do."""
        return list(self.state_updates)

    def pretty_return(self, node_rstate, new_rstate, sample, size, nstreams):
        """``sample``, which is to be drawn with these states."""
        sample.rstate = node_rstate
        sample.update = (node_rstate, new_rstate)
        self.state_updates.append((node_rstate, new_rstate, size, nstreams))
        node_rstate.default_update = new_rstate
        return sample

    # -- distributions ----------------------------------------------------------------------------------------

    def uniform(self, size, low=0.0, high=1.0, ndim=None, dtype=None, nstreams=None, **kwargs):
        """Numbers of the open interval from ``low`` to ``high``; dtype floatX, or the wider one of the bounds."""
        _check_target(kwargs)
        size = _checked_size(size)
        low, high = undefined_grad(as_tensor_variable(low)), undefined_grad(as_tensor_variable(high))
        dtype = _dtype(dtype, low, high)
        n = self.n_streams(size) if nstreams is None else nstreams
        state = shared(self.get_substream_rstates(n, dtype), borrow=True)
        new, sample = mrg_uniform.new(state, ndim, dtype, size)
        unit = self.pretty_return(state, new, sample, size, nstreams)
        if _is_number(low, 0) and _is_number(high, 1):
            return unit
        low, high = cast(low, dtype), cast(high, dtype)
        result = unit * (high - low) + low
        if result.type.ndim != unit.type.ndim:
            raise ValueError(f"the bounds have more dimensions than the size {size}")
        return result

    def binomial(self, size=None, n=1, p=0.5, ndim=None, dtype="int64", nstreams=None, **kwargs):
        """How many of ``n`` independent attempts succeed, each with probability ``p``; n is a number."""
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"n must be a number of attempts, got {n!r}")
        p = undefined_grad(as_tensor_variable(p))
        unit_dtype = _dtype(None, p)
        if n == 1:
            unit = self.uniform(size, ndim=ndim, dtype=unit_dtype, nstreams=nstreams, **kwargs)
            return cast(lt(unit, p), dtype)
        size = _checked_size(size)
        attempts = (*size, n) if isinstance(size, tuple) else concatenate([size, constant([n], dtype=size.type.dtype)])
        unit = self.uniform(attempts, ndim=None if ndim is None else ndim + 1, dtype=unit_dtype, nstreams=nstreams,
                            **kwargs)
        chance = p.dimshuffle(*range(p.type.ndim), "x")
        return cast(cast(lt(unit, chance), "int64").sum(axis=-1), dtype)

    def multinomial(self, size=None, n=1, pvals=None, ndim=None, dtype="int64", nstreams=None, **kwargs):
        """How often each category comes in ``n`` choices, for each row of probabilities ``pvals``: (m, k) -> (m, k).

        size: not used, but checked. Raises TypeError without pvals, NotImplementedError for other ranks.
        """
        unis, pvals, n = self._choices("multinomial", size, n, pvals, ndim, nstreams, kwargs)
        return MultinomialFromUniform(dtype)(pvals, unis, n)

    def choice(self, size=1, a=None, replace=True, p=None, ndim=None, dtype="int64", nstreams=None, **kwargs):
        """Numbers of ``size`` categories chosen by the probabilities ``p``, for each row: (m, k) -> (m, size).

        replace: a category may be chosen more than once. Raises TypeError without p, or for ``a``.
        """
        if a is not None:
            raise TypeError("choice takes no a: its samples are numbers of columns of p")
        if p is None:
            raise TypeError("choice needs p")
        unis, p, n = self._choices("choice", None, size, p, ndim, nstreams, kwargs)
        return ChoiceFromUniform(dtype, replace=replace)(p, unis, n)

    def multinomial_wo_replacement(self, size=None, n=1, pvals=None, ndim=None, dtype="int64", nstreams=None,
                                   **kwargs):
        """`choice` of ``n`` categories, each at most once, under an older name."""
        if size is not None:
            raise ValueError("multinomial_wo_replacement takes no size: it has one sample for each row of pvals")
        return self.choice(size=n, replace=False, p=pvals, ndim=ndim, dtype=dtype, nstreams=nstreams, **kwargs)

    def _choices(self, name, size, n, pvals, ndim, nstreams, kwargs):
        """Uniform numbers for ``n`` choices from each row of ``pvals``; these two as variables."""
        if pvals is None:
            raise TypeError(f"{name} needs pvals")
        if size is not None:
            _checked_size(size)
        if ndim is not None:
            raise ValueError(f"{name} takes no ndim")
        pvals = undefined_grad(as_tensor_variable(pvals))
        if pvals.type.ndim != 2:
            raise NotImplementedError(f"{name} needs a matrix of probabilities, got {pvals.type.ndim} dimensions")
        if isinstance(n, Variable) and n.type.ndim:
            raise TypeError(f"the number of choices must be one integer, got {n} of type {n.type}")
        rows = _rows(pvals)
        dtype = pvals.type.dtype if pvals.type.dtype in float_dtypes else config.floatX
        unis = self.uniform((rows * n,), dtype=dtype, nstreams=nstreams, **kwargs)
        return unis, pvals, as_tensor_variable(n)

    def normal(self, size, avg=0.0, std=1.0, ndim=None, dtype=None, nstreams=None, truncate=False, **kwargs):
        """Normal numbers of mean ``avg`` and standard deviation ``std``; dtype as `uniform`.

        truncate: only numbers less than two standard deviations from the mean, which makes theirs less.
        Reference: Box and Muller (1958).
        """
        size = _checked_size(size)
        avg, std = undefined_grad(as_tensor_variable(avg)), undefined_grad(as_tensor_variable(std))
        dtype = _dtype(dtype, avg, std)
        avg, std = cast(avg, dtype), cast(std, dtype)
        make = self._truncated if truncate else self._standard
        result = avg + std * make(size, ndim, dtype, nstreams, kwargs)
        return cast(result, dtype)

    def _standard(self, size, ndim, dtype, nstreams, kwargs):
        """Normal numbers: a radius of the first half of the draws, an angle of the second, two numbers of these."""
        n = _elements(size)
        even = n + n % 2
        unit = self.uniform((even,), dtype=dtype, nstreams=nstreams, **kwargs)
        half = even // 2
        radius = sqrt(-2.0 * log(unit[:half]))
        angle = np.array(2 * np.pi, dtype=dtype) * unit[half:]
        return _shaped(join(0, radius * cos(angle), radius * sin(angle))[:n], size, ndim)

    def _truncated(self, size, ndim, dtype, nstreams, kwargs):
        """Normal numbers between -2 and 2, by the inverse of their distribution."""
        unit = self.uniform(size, ndim=ndim, dtype=dtype, nstreams=nstreams, **kwargs)
        scale = np.array(INSIDE, dtype=dtype)
        return np.array(math.sqrt(2), dtype=dtype) * erfinv((2 * unit - 1) * scale)

    def truncated_normal(self, size, avg=0.0, std=1.0, ndim=None, dtype=None, nstreams=None, **kwargs):
        """Numbers of a normal distribution cut off on both sides, of mean ``avg`` and standard deviation ``std``."""
        wider = as_tensor_variable(std) / np.array(TRUNCATED_STD, dtype=config.floatX)
        return self.normal(size, avg, wider, ndim, dtype, nstreams, truncate=True, **kwargs)


def _check_target(kwargs):
    target = kwargs.pop("target", None)
    if kwargs:
        raise TypeError(f"unknown arguments: {', '.join(kwargs)}")
    if target not in (None, "cpu"):
        raise ValueError(f"random variables can be made on 'cpu' only, not on {target!r}")


def _dtype(dtype, *parameters):
    return upcast(config.floatX, *(p.type.dtype for p in parameters)) if dtype is None else dtype


def _is_number(variable, number):
    """Whether a variable, behind the mark of an undefined gradient, always is ``number``."""
    variable = variable.owner.inputs[0] if variable.owner is not None else variable
    return variable.type.ndim == 0 and getattr(variable, "data", None) == number


def _rows(pvals):
    """How many rows a matrix has, a number where that is known."""
    known = pvals.owner.inputs[0].type.shape[0]
    return pvals.shape[0] if known is None else known


def _shaped(flat, size, ndim):
    """A vector in the shape ``size``."""
    if isinstance(size, tuple):
        if len(size) == 0:
            return flat[0]
        shaped = flat.reshape(size, ndim=len(size))
        return patternbroadcast(shaped, tuple(_always(n) == 1 for n in size))
    return flat.reshape(size, ndim=get_vector_length(size) if ndim is None else ndim)
