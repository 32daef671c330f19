"""Random numbers by NumPy's RandomState: its type, the op that draws, and a function for each distribution.

Each function takes a random state and gives a pair: the state afterwards, and the sample. ``size`` is a tuple of
numbers and variables, where -1 means what the parameters say, a symbolic shape, or None: the shape of the parameters;
``ndim`` is the length of ``size`` where that can't be known.
"""

import copy

import numpy as np

from theano.config import config
from theano.gradient import grad_undefined
from theano.graph.op import Op
from theano.graph.type import Type
from theano.graph.variable import Apply, Variable
from theano.scalar.dtype import is_small
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.elemwise import ELEMWISE, cast
from theano.tensor.shape import shape_i, static_extent, vector_item, vector_length
from theano.tensor.type import TensorType

largest = ELEMWISE["maximum"]


class RandomStateType(Type):
    """NumPy's RandomState."""

    __props__ = ()

    def filter(self, data, strict=False, allow_downcast=None):
        """``data`` where it is a RandomState of NumPy; TypeError otherwise."""
        if not isinstance(data, np.random.RandomState):
            raise TypeError(f"expected a numpy.random.RandomState, got {data!r}")
        return data

    @staticmethod
    def values_eq(a, b):
        """Whether two generators will draw the same numbers."""
        return all(np.array_equal(x, y) for x, y in zip(a.get_state(), b.get_state(), strict=True))

    @staticmethod
    def may_share_memory(a, b):
        """Whether two generators are one."""
        return a is b

    @staticmethod
    def get_shape_info(obj):
        """Nothing: all generators have one size."""
        return None

    @staticmethod
    def get_size(shape_info):
        """Bytes of a generator."""
        return sum(np.asarray(part).nbytes for part in np.random.RandomState(1).get_state())

    def __str__(self):
        return "RandomStateType"

    __repr__ = __str__


random_state_type = RandomStateType()


class RandomFunction(Op):
    """Numbers drawn from a random state.

    random state   shape: vector of integers, empty for the shape of the parameters   parameters of the distribution
    ->   random state, sample

    Parameters
    ----------
    fn : str or callable
        Name of a method of RandomState, or a function of the state, the parameters, and the shape or None.
    outtype : TensorType
    inplace : bool
        Whether the given state is advanced itself.
    ndim_added : int
        How many more dimensions the sample has than the shape has elements.
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")
    overwrites = 0

    def __init__(self, fn, outtype, inplace=False, ndim_added=0):
        self.fn, self.outtype = fn, outtype
        self.inplace, self.ndim_added = bool(inplace), ndim_added
        if self.inplace:
            self.destroy_map = {0: [0]}

    def make_node(self, r, shape, *args):
        shape = as_tensor_variable(shape, ndim=1) if not _is_empty(shape) else constant(np.zeros(0, "int64"))
        if shape.type.ndim != 1 or not shape.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"shape must be a vector of integers, got {shape} of type {shape.type}")
        if r.type != random_state_type:
            raise TypeError(f"expected a random state, got {r} of type {r.type}")
        return Apply(self, [r, shape, *map(as_tensor_variable, args)], [r.type(), self.outtype()])

    def perform(self, node, inputs, output_storage):
        state, shape, *parameters = inputs
        if not self.inplace:
            state = copy.deepcopy(state)
        if len(shape) and len(shape) != self.outtype.ndim - self.ndim_added:
            raise ValueError(f"shape mismatch: expected shape of length {self.outtype.ndim - self.ndim_added}, got "
                             f"{tuple(shape)}")
        draw = getattr(np.random.RandomState, self.fn) if isinstance(self.fn, str) else self.fn
        sample = np.asarray(draw(state, *parameters, tuple(map(int, shape)) if len(shape) else None))
        if sample.ndim != self.outtype.ndim:
            raise ValueError(f"random function {self.fn} gave a sample of {sample.ndim} dimensions, expected "
                             f"{self.outtype.ndim}: with ndim_added={self.ndim_added}, the shape should have "
                             f"{self.outtype.ndim - self.ndim_added} elements")
        output_storage[0][0] = state
        output_storage[1][0] = self._rounded(sample, parameters)

    def _rounded(self, sample, parameters):
        """A sample in the dtype of the result; uniform numbers stay below their bound when they lose many digits."""
        found = sample.astype(self.outtype.numpy_dtype, copy=False)
        if self.fn == "uniform" and is_small(self.outtype.dtype):
            low, high = (np.asarray(p).astype(found.dtype) for p in parameters)
            found = np.where(found == high, np.nextafter(high, low), found)
        return found

    def infer_shape(self, node, shapes):
        length = vector_length(node.inputs[1])
        if self.ndim_added or length is None or length != self.outtype.ndim:
            return [None, None]
        return [None, [vector_item(node.inputs[1], d) for d in range(length)]]

    def grad(self, inputs, output_grads):
        return [grad_undefined(self, k, x, "No gradient defined through raw random numbers op")
                for k, x in enumerate(inputs)]

    def R_op(self, inputs, eval_points):
        return [None for _ in eval_points]

    def __str__(self):
        name = self.fn if isinstance(self.fn, str) else self.fn.__name__
        return f"RandomFunction{{{name}}}"


def _is_empty(shape):
    return shape is None or not isinstance(shape, Variable) and len(shape) == 0


# -- shapes ----------------------------------------------------------------------------------------------------


def _infer_ndim_bcast(ndim, shape, *args):
    """Rank, shape vector and broadcast pattern of a sample of parameters ``args``; see the head of this module.

    Raises TypeError where nothing says the rank, ValueError where ``ndim`` and ``shape`` disagree.
    """
    rank = max((x.type.ndim for x in args), default=0)
    if isinstance(shape, (tuple, list)):
        return _from_tuple(ndim, shape, rank, args)
    if shape is None:
        if not args:
            raise TypeError("cannot infer shape of a random sample: give size, or parameters that have one")
        return _from_tuple(None, (-1,) * rank, rank, args)
    vector = as_tensor_variable(shape)
    if vector.type.ndim != 1 or not vector.type.dtype.startswith(("int", "uint")):
        raise TypeError(f"shape must be an integer vector or list, got {vector} of type {vector.type}")
    length = vector_length(vector)
    if length is None and ndim is None:
        raise TypeError(f"the length of {shape} is not known: give ndim")
    if None not in (length, ndim) and length != ndim:
        raise ValueError(f"ndim should be {ndim}, but len(shape) is {length}, shape='{shape}'")
    ndim = length if ndim is None else ndim
    _check_rank(ndim, rank)
    pattern = (False,) * ndim if length is None else tuple(
        static_extent(vector_item(vector, d)) == 1 for d in range(ndim))
    return ndim, vector, pattern


def _from_tuple(ndim, shape, rank, args):
    if ndim is not None and len(shape) != ndim:
        raise ValueError(f"ndim should be {len(shape)}, but given {ndim}")
    ndim = len(shape)
    _check_rank(ndim, rank)
    extents, pattern = [], []
    for d, extent in enumerate(shape):
        if not isinstance(extent, Variable) and extent == -1:
            extent, fixed = _extent_of(args, d - ndim)
        else:
            extent = as_tensor_variable(extent)
            if extent.type.ndim or not extent.type.dtype.startswith(("int", "uint")):
                raise TypeError(f"shape must be an integer vector or list, got {shape}")
            fixed = static_extent(extent) == 1
        extents.append(extent)
        pattern.append(fixed)
    vector = as_tensor_variable(extents) if extents else constant(np.zeros(0, "int64"))
    return ndim, cast(vector, "int64") if vector.type.dtype != "int64" else vector, tuple(pattern)


def _extent_of(args, d):
    """Extent ``d``, counted from the end, of all parameters together, and whether it always is 1."""
    having = [x for x in args if x.type.ndim >= -d]
    wide = [x for x in having if not x.type.broadcastable[d]]
    extents = [shape_i(x, x.type.ndim + d) for x in wide]
    if not extents:
        if not having:
            raise ValueError("a shape of -1 needs parameters that say it")
        return constant(1, dtype="int64"), True
    extent = extents[0]
    for other in extents[1:]:
        extent = largest(extent, other)
    return extent, False


def _check_rank(ndim, rank):
    if rank > ndim:
        raise ValueError(f"ndim should be at least as big as required by args value, {ndim} < {rank}")


# -- distributions ---------------------------------------------------------------------------------------------


def _drawn(fn, random_state, size, ndim, dtype, parameters, ndim_added=0, shaping=None, more=()):
    """State and sample of ``fn``; shaping: parameters that tell the shape where ``size`` doesn't."""
    _, vector, pattern = _infer_ndim_bcast(ndim, size, *(parameters if shaping is None else shaping))
    op = RandomFunction(fn, TensorType(dtype, pattern + tuple(more)), ndim_added=ndim_added)
    return op(random_state, vector, *parameters)


def _floats(dtype, *parameters):
    """Parameters as variables, and the dtype of the sample."""
    parameters = [as_tensor_variable(x) for x in parameters]
    return parameters, upcast(config.floatX, *(x.type.dtype for x in parameters)) if dtype is None else dtype


def uniform(random_state, size=None, low=0.0, high=1.0, ndim=None, dtype=None):
    """Numbers from ``low`` to ``high``, the latter excluded; dtype floatX, or the wider one of the bounds."""
    parameters, dtype = _floats(dtype, low, high)
    return _drawn("uniform", random_state, size, ndim, dtype, parameters)


def normal(random_state, size=None, avg=0.0, std=1.0, ndim=None, dtype=None):
    """Normal numbers of mean ``avg`` and standard deviation ``std``; dtype as `uniform`."""
    parameters, dtype = _floats(dtype, avg, std)
    return _drawn("normal", random_state, size, ndim, dtype, parameters)


def binomial(random_state, size=None, n=1, p=0.5, ndim=None, dtype="int64", prob=None):
    """How many of ``n`` attempts succeed, each with probability ``p``; prob: an older name of p."""
    parameters = [as_tensor_variable(n), as_tensor_variable(p if prob is None else prob)]
    return _drawn("binomial", random_state, size, ndim, dtype, parameters)


def poisson(random_state, size=None, lam=1.0, ndim=None, dtype="int64"):
    """Numbers of events of which ``lam`` are expected; ``size`` can't be left out where ``lam`` is a number."""
    lam = as_tensor_variable(lam)
    return _drawn("poisson", random_state, size, ndim, dtype, [lam], shaping=[lam] if lam.type.ndim else [])


def random_integers(random_state, size=None, low=0, high=1, ndim=None, dtype="int64"):
    """Integers from ``low`` to ``high``, both included."""
    parameters = [as_tensor_variable(low), as_tensor_variable(high)]
    return _drawn(random_integers_helper, random_state, size, ndim, dtype, parameters)


def random_integers_helper(random_state, low, high, size):
    """Values for `random_integers`: one draw after another where the bounds are arrays."""
    if low.ndim == high.ndim == 0:
        return random_state.randint(low, high + 1, size)
    size = np.broadcast_shapes(low.shape, high.shape) if size is None else size
    bounds = zip(np.broadcast_to(low, size).flat, np.broadcast_to(high, size).flat, strict=True)
    return np.array([random_state.randint(a, b + 1) for a, b in bounds], dtype="int64").reshape(size)


def choice(random_state, size=None, a=2, replace=True, p=None, ndim=None, dtype="int64"):
    """Elements of the vector ``a``, or of the numbers below ``a``, by the probabilities ``p`` or all alike."""
    a = as_tensor_variable(a)
    replace = as_tensor_variable(np.asarray(replace) if isinstance(replace, bool) else replace)
    p = as_tensor_variable(0 if p is None else p)
    size = () if size is None else size
    return _drawn(choice_helper, random_state, size, ndim, dtype, [a, replace, p], shaping=[])


def choice_helper(random_state, a, replace, p, size):
    """Values for `choice`; a scalar ``p`` means that all are alike."""
    if a.ndim > 1 or p.ndim > 1 or replace.ndim:
        raise ValueError(f"choice: a and p must be vectors or scalars, replace a scalar; got shapes {a.shape}, "
                         f"{p.shape} and {replace.shape}")
    return random_state.choice(a if a.ndim else int(a), size, bool(replace), p if p.ndim else None)


def permutation(random_state, size=None, n=1, ndim=None, dtype="int64"):
    """Permutations of the numbers below ``n``: as many as ``size`` says, one where it is None."""
    if size is None or not isinstance(size, Variable) and len(size) == 0:
        if ndim not in (None, 0, 1):
            raise TypeError(f"you cannot specify ndim={ndim} without size: the result has one dimension")
        size, ndim = (), 0
    return _drawn(permutation_helper, random_state, size, ndim, dtype, [as_tensor_variable(n)], ndim_added=1,
                  shaping=[], more=(False,))


def permutation_helper(random_state, n, shape):
    """Values for `permutation`: one after another."""
    if n.ndim:
        raise ValueError(f"n must be one number, got shape {n.shape}")
    shape = () if shape is None else tuple(shape)
    count = int(np.prod(shape, dtype="int64"))
    drawn = [random_state.permutation(int(n)) for _ in range(count)]
    return np.array(drawn, dtype="int64").reshape((*shape, int(n)))


def multinomial(random_state, size=None, n=1, pvals=(0.5, 0.5), ndim=None, dtype="int64"):
    """How often each category comes in ``n`` choices by the probabilities along the last axis of ``pvals``."""
    n, pvals = as_tensor_variable(n), as_tensor_variable(pvals)
    leading = pvals.dimshuffle(pvals.type.ndim - 1, *range(pvals.type.ndim - 1))[0]
    return _drawn(multinomial_helper, random_state, size, ndim, dtype, [n, pvals], ndim_added=1,
                  shaping=[n, leading], more=(pvals.type.broadcastable[-1],))


def multinomial_helper(random_state, n, pvals, size):
    """Values for `multinomial`: one draw after another where the parameters are arrays."""
    pvals = _summing_to_one(pvals.astype("float64", copy=False))
    if n.ndim == 0 and pvals.ndim == 1:
        return random_state.multinomial(n, pvals, size)
    size = np.broadcast_shapes(n.shape, pvals.shape[:-1]) if size is None else tuple(size)
    k = pvals.shape[-1]
    rows = np.broadcast_to(pvals, (*size, k)).reshape(-1, k)
    drawn = [random_state.multinomial(m, row) for m, row in zip(np.broadcast_to(n, size).flat, rows, strict=True)]
    return np.array(drawn, dtype="int64").reshape((*size, k))


def _summing_to_one(pvals):
    """Probabilities whose sum is above 1 by no more than the rounding of float32, divided by it."""
    total = pvals.sum(axis=-1, keepdims=True)
    return np.where((total > 1) & (total < 1 + 1e-4), pvals / np.where(total > 0, total, 1), pvals)
