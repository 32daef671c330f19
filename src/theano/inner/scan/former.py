"""Functions that programs took from the original's module of tools for loops."""

import numpy as np

from theano.errors import NotScalarConstantError
from theano.graph.updates import OrderedUpdates
from theano.graph.variable import Constant, Variable
from theano.graph.walk import clone, substitute
from theano.inner.graph import extents_of
from theano.inner.scan.front import Answer
from theano.tensor.constant import as_tensor_variable, get_scalar_constant_value
from theano.tensor.create import AllocEmpty
from theano.tensor.join import join


def safe_new(x, tag="", dtype=None):
    """A new variable, or a copy of a constant, of the type of ``x``, with another dtype and a longer name if wanted."""
    if isinstance(x, Constant):
        return x.clone()
    x = x if isinstance(x, Variable) else as_tensor_variable(x)
    kind = x.type.clone(dtype=dtype) if dtype is not None and dtype != getattr(x.type, "dtype", None) else x.type
    return kind.make_variable(x.name and x.name + tag)


def expand_empty(tensor_var, size):
    """``tensor_var`` with ``size`` more rows, which may hold anything."""
    if isinstance(size, int) and size == 0:
        return tensor_var
    shape = [size, *(tensor_var.shape[d] for d in range(1, tensor_var.type.ndim))]
    return join(0, tensor_var, AllocEmpty(tensor_var.type.dtype)(*shape))


def isNaN_or_Inf_or_None(x):                                                      # noqa: N802
    """Whether ``x`` is None, or a number or constant that is nan or infinite."""
    if x is None:
        return True
    try:
        return not bool(np.isfinite(get_scalar_constant_value(x) if isinstance(x, Variable) else x).all())
    except (NotScalarConstantError, TypeError):
        return False


def get_updates_and_outputs(ls):
    """What a function of a step returned: (condition of `until` or None, list of outputs, updates)."""
    answer = Answer(ls)
    return answer.until, answer.outputs, OrderedUpdates(answer.updates)


def forced_replace(out, x, y):
    """``out`` with ``x`` replaced by ``y`` wherever it is used; None stays None."""
    return None if out is None else substitute([out], {x: y}, strict=False)[0]


def reconstruct_graph(inputs, outputs, tag=None):
    """A copy of the graph with new inputs, whose names end with ``tag``: (inputs, outputs)."""
    found = clone(inputs, outputs)
    for old, new in zip(inputs, found[0], strict=True):
        new.name = old.name and old.name + (tag or "")
    return [list(found[0]), list(found[1])]


def infer_shape(outs, inputs, input_shapes):
    """Extents of ``outs`` in terms of those of ``inputs``; None for what has no extents."""
    return extents_of(outs, {v: tuple(s) for v, s in zip(inputs, input_shapes, strict=True) if s is not None})


def hash_listsDictsTuples(x):                                                     # noqa: N802
    """A hash of nested lists, dicts and tuples."""
    if isinstance(x, dict):
        return hash(frozenset((hash_listsDictsTuples(k), hash_listsDictsTuples(v)) for k, v in x.items()))
    if isinstance(x, (list, tuple)):
        return hash(tuple(map(hash_listsDictsTuples, x)))
    return hash(x)
