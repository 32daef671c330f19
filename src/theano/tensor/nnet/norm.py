"""Batch normalization."""

from theano.scalar.type import float_dtypes, upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE, cast
from theano.tensor.reduce import mean, prod, var
from theano.tensor.shape import addbroadcast, shape

inv, sqrt = ELEMWISE["inv"], ELEMWISE["sqrt"]


def batch_normalization(inputs, gamma, beta, mean, std, mode="low_mem"):
    """``(inputs - mean) * gamma / std + beta``, where all but ``inputs`` broadcast to its shape.

    mode: "low_mem" or "high_mem", the order in which it is multiplied.
    """
    if mode == "low_mem":
        return (inputs - mean) * (gamma / std) + beta
    if mode == "high_mem":
        return (inputs - mean) / std * gamma + beta
    raise ValueError(f'mode must be either "low_mem" or "high_mem", got {mode!r}')


def normalized_axes(axes, ndim):
    """The axes that statistics are taken over: "per-activation", "spatial", or a sorted tuple of ints."""
    if axes == "per-activation":
        return (0,)
    if axes == "spatial":
        return (0, *range(2, ndim))
    found = tuple(sorted(map(int, axes))) if isinstance(axes, (tuple, list)) else None
    if not found or len(set(found)) < len(found) or not 0 <= found[0] <= found[-1] < ndim:
        raise ValueError(f"invalid axes {axes!r}: 'per-activation', 'spatial', or different axes below {ndim}")
    return found


def _parameters(inputs, axes, *given):
    """``inputs`` and parameters in one dtype and in the rank of ``inputs``, these broadcastable along ``axes``.

    Axes that parameters don't have are those of the statistics. None stays None.
    """
    given = [None if p is None else as_tensor_variable(p) for p in given]
    dtype = upcast(inputs.type.dtype, *(p.type.dtype for p in given if p is not None))
    ndim, found = inputs.type.ndim, [cast(inputs, dtype)]
    kept = [d for d in range(ndim) if d not in axes]
    for p in given:
        if p is None:
            found.append(None)
            continue
        if p.type.ndim != ndim:
            if p.type.ndim != len(kept):
                raise ValueError(f"parameters must have {ndim} or {len(kept)} dimensions, got {p.type}")
            p = p.dimshuffle([kept.index(d) if d in kept else "x" for d in range(ndim)])
        found.append(addbroadcast(cast(p, dtype), *axes))
    return found


def _like(number, x):
    """A number that does not change the dtype of a tensor of floats."""
    return cast(as_tensor_variable(number), x.type.dtype) if x.type.dtype in float_dtypes else number


def batch_normalization_train(inputs, gamma, beta, axes="per-activation", epsilon=1e-4, running_average_factor=0.1,
                              running_mean=None, running_var=None):
    """``inputs`` normalized by mean and variance over ``axes``, scaled by ``gamma`` and shifted by ``beta``.

    Parameters
    ----------
    inputs : tensor of n dimensions, the first for the examples
        Numbers don't change the dtype of floats, which is that of inputs and tensors given, promoted.
    gamma, beta : of n dimensions, with extent 1 along ``axes``, or without these axes
    axes : "per-activation" (the first axis), "spatial" (all but the second) or a tuple of ints
    epsilon : number added to the variance, at least 1e-5
    running_average_factor : how much of the new statistics goes into the running ones
    running_mean, running_var : like gamma, optional
        Averages over the calls before.

    Returns
    -------
    out, mean, 1 / sqrt(var + epsilon), and the new running mean and variance where the old ones were given: statistics
    have the dimensions that gamma has
    """
    inputs = as_tensor_variable(inputs)
    axes = normalized_axes(axes, inputs.type.ndim)
    gamma = as_tensor_variable(gamma)
    kept = [d for d in range(inputs.type.ndim) if gamma.type.ndim == inputs.type.ndim or d not in axes]
    inputs, gamma, beta, running_mean, running_var = _parameters(inputs, axes, gamma, beta, running_mean, running_var)
    _check_epsilon(epsilon)
    center, spread = mean(inputs, axis=axes, keepdims=True), var(inputs, axis=axes, keepdims=True)
    invstd = inv(sqrt(spread + _like(epsilon, inputs)))
    statistics = [center, invstd]
    part = _like(running_average_factor, inputs)
    if running_mean is not None:
        statistics.append(running_mean * (1 - part) + center * part)
    if running_var is not None:
        count = cast(prod(shape(inputs)) / prod(shape(gamma)), inputs.type.dtype)
        statistics.append(running_var * (1 - part) + count / (count - 1) * spread * part)
    if len(kept) < inputs.type.ndim:
        statistics = [s.dimshuffle(kept) for s in statistics]
    return ((inputs - center) * (gamma * invstd) + beta, *statistics)


def _check_epsilon(epsilon):
    if not isinstance(epsilon, (int, float)) or epsilon < 1e-5:
        raise ValueError(f"epsilon must be a number, at least 1e-5, got {epsilon!r}")


def batch_normalization_test(inputs, gamma, beta, mean, var, axes="per-activation", epsilon=1e-4):
    """``inputs`` normalized by given statistics: ``(inputs - mean) * gamma / sqrt(var + epsilon) + beta``."""
    inputs = as_tensor_variable(inputs)
    axes = normalized_axes(axes, inputs.type.ndim)
    _check_epsilon(epsilon)
    inputs, gamma, beta, mean, var = _parameters(inputs, axes, gamma, beta, mean, var)
    return (inputs - mean) * (gamma / sqrt(var + _like(epsilon, inputs))) + beta
