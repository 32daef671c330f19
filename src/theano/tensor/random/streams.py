"""Random streams of NumPy's RandomState, kept in shared variables."""

import copy

import numpy as np

from theano.graph.shared import SharedVariable
from theano.tensor.advanced import advanced_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.random import function as draws
from theano.tensor.random.function import random_state_type
from theano.tensor.shape import shape_i
from theano.tensor.shared import shared_constructor


class RandomStateSharedVariable(SharedVariable):
    """A shared random state."""


@shared_constructor
def randomstate_constructor(value, name=None, strict=False, allow_downcast=None, borrow=False):
    """A shared variable for a RandomState of NumPy, a copy of it unless ``borrow``; TypeError for anything else."""
    if not isinstance(value, np.random.RandomState):
        raise TypeError(f"expected a numpy.random.RandomState, got {type(value)}")
    return RandomStateSharedVariable(type=random_state_type, value=value if borrow else copy.deepcopy(value), name=name,
                                     strict=strict, allow_downcast=allow_downcast)


class RandomStreamsBase:
    """A method for each distribution of `theano.tensor.random.function`; a subclass has ``gen``, which keeps states."""

    def binomial(self, size=None, n=1, p=0.5, ndim=None, dtype="int64", prob=None):
        """How many of ``n`` attempts succeed, each with probability ``p``; see `function.binomial`."""
        return self.gen(draws.binomial, size, n, p if prob is None else prob, ndim=ndim, dtype=dtype)

    def uniform(self, size=None, low=0.0, high=1.0, ndim=None, dtype=None):
        """Numbers from ``low`` to ``high``, the latter excluded; see `function.uniform`."""
        return self.gen(draws.uniform, size, low, high, ndim=ndim, dtype=dtype)

    def normal(self, size=None, avg=0.0, std=1.0, ndim=None, dtype=None):
        """Normal numbers of mean ``avg`` and standard deviation ``std``; see `function.normal`."""
        return self.gen(draws.normal, size, avg, std, ndim=ndim, dtype=dtype)

    def random_integers(self, size=None, low=0, high=1, ndim=None, dtype="int64"):
        """Integers from ``low`` to ``high``, both included; see `function.random_integers`."""
        return self.gen(draws.random_integers, size, low, high, ndim=ndim, dtype=dtype)

    def choice(self, size=None, a=2, replace=True, p=None, ndim=None, dtype="int64"):
        """Elements of ``a``, or numbers below it; see `function.choice`."""
        return self.gen(draws.choice, size, a, replace, p, ndim=ndim, dtype=dtype)

    def poisson(self, size=None, lam=None, ndim=None, dtype="int64"):
        """Numbers of events of which ``lam`` are expected; see `function.poisson`."""
        return self.gen(draws.poisson, size, 1.0 if lam is None else lam, ndim=ndim, dtype=dtype)

    def permutation(self, size=None, n=1, ndim=None, dtype="int64"):
        """Permutations of the numbers below ``n``; see `function.permutation`."""
        return self.gen(draws.permutation, size, n, ndim=ndim, dtype=dtype)

    def multinomial(self, size=None, n=1, pvals=(0.5, 0.5), ndim=None, dtype="int64"):
        """How often each category comes in ``n`` choices; see `function.multinomial`."""
        return self.gen(draws.multinomial, size, n, pvals, ndim=ndim, dtype=dtype)

    def shuffle_row_elements(self, input):
        """``input`` with the elements of each row - along the last axis - in random order."""
        input = as_tensor_variable(input)
        ndim = input.type.ndim
        extents = [shape_i(input, d) for d in range(ndim)]
        order = self.permutation(size=tuple(extents[:-1]), n=extents[-1], ndim=ndim - 1)
        index = [arange(n).dimshuffle(0, *["x"] * (ndim - 1 - d)) for d, n in enumerate(extents[:-1])]
        shuffled = advanced_subtensor(input, *index, order) if index else input[order]
        shuffled.permutation = order
        return shuffled


class RandomStreams(RandomStreamsBase):
    """Random variables, each with a RandomState of its own in a shared variable.

    Parameters
    ----------
    seed : int, optional
        What the seeds of the states are drawn from; a new one in every process unless given.

    Attributes
    ----------
    state_updates : list of (shared state, state afterwards)
    """

    def __init__(self, seed=None):
        self.state_updates = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self):
        """The ``state_updates``: what default updates would do."""
        return list(self.state_updates)

    def seed(self, seed=None):
        """Let all states begin again, in the order in which they were made; None: by the seed given first."""
        seeds = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for old, _ in self.state_updates:
            old.set_value(_new_state(seeds), borrow=True)

    def __getitem__(self, item):
        """The RandomState of a shared state."""
        return item.get_value(borrow=True)

    def __setitem__(self, item, val):
        """Replace the RandomState of a shared state."""
        item.set_value(val, borrow=True)

    def gen(self, op, *args, **kwargs):
        """The sample of ``op``, a function of a random state and these arguments that gives state and sample."""
        state = randomstate_constructor(_new_state(self.gen_seedgen), borrow=True)
        new, sample = op(state, *args, **kwargs)
        sample.rng, sample.update = state, (state, new)
        self.state_updates.append(sample.update)
        state.default_update = new
        return sample


def _new_state(seeds):
    return np.random.RandomState(int(seeds.randint(2**30)))
