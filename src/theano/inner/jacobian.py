"""Jacobians and Hessians as one expression: all rows at once, or all columns, or a diagonal."""

from theano.config import config
from theano.gradient import GradientOp, Rop, as_list, grad
from theano.graph.copying import ViewOp, view_op
from theano.graph.testvalue import afterwards
from theano.graph.variable import Variable
from theano.graph.walk import connection_pattern, toposort
from theano.inner.batch.core import batch_graph, broadcast
from theano.inner.graph import extents_of, graphs_of
from theano.inner.rowwise import map_rows
from theano.scalar.type import discrete_dtypes
from theano.tensor.constant import constant
from theano.tensor.create import arange, eye
from theano.tensor.diagonal import AllocDiag
from theano.tensor.elemwise import ELEMWISE, Elemwise, SumToShapeOf, cast, eq, switch
from theano.tensor.shape import patternbroadcast, shape_i, static_extent
from theano.tensor.type import TensorType, tensor

LARGEST = 2 ** 27               # numbers in a result: where more are known to be wanted, they are found chunk by chunk
CHUNK = 2 ** 22                 # numbers of the result in a chunk


@afterwards
def jacobian(expression, wrt, consider_constant=None, disconnected_inputs="raise", chunk_size=None):
    """Derivatives of every element of ``expression`` by every element of ``wrt``.

    Parameters
    ----------
    expression : real tensor of any rank
    wrt : variable, or list or tuple of variables, of any rank
    consider_constant : list of variables, optional
        Gradients don't go through these.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when ``expression`` does not depend on one of ``wrt``; its derivatives are zero.
    chunk_size : int, optional
        How many elements of ``expression`` are differentiated at once, to save memory; default: all, unless extents
        are known that make the result larger than 2 ** 27 numbers.

    Returns
    -------
    variable, list or tuple, as ``wrt``
        The axes of ``expression``, then those of ``wrt``: ``J[i, j, ...]`` is the derivative of ``expression[i]`` by
        ``wrt[j, ...]``; for a scalar ``expression`` the gradient.

    Raises
    ------
    TypeError
        When ``expression`` is no tensor, or not real, or one of ``wrt`` is no variable.
    ValueError
        When ``chunk_size`` is less than 1.
    DisconnectedInputError

    Notes
    -----
    Where elements of ``expression`` depend on the same elements of ``wrt`` alone, one derivative each is computed and
    put on the diagonal. Where ``wrt`` is known to be shorter, all columns are found at once by `Rop`; otherwise all
    rows, by `Lop`: for both the graph of one is batched as by `theano.vectorize`.
    """
    _require(expression, "tensor.jacobian", "expression", None, "")
    if expression.type.dtype.startswith("complex"):
        raise TypeError(f"tensor.jacobian needs a real expression, but {expression} is {expression.type.dtype}")
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"tensor.jacobian: chunk_size must be at least 1, got {chunk_size}")
    if expression.type.ndim == 0:
        return grad(expression, wrt, consider_constant, disconnected_inputs)
    variables, kind = as_list(wrt)
    direction, rows = _one_row(expression, variables, consider_constant, disconnected_inputs)
    found = {}
    if not consider_constant and chunk_size is None:
        found = {k: made for k, x in enumerate(variables) if (made := _short_cut(expression, x)) is not None}
    rest = [k for k in range(len(variables)) if k not in found]
    made = _by_rows(expression, [variables[k] for k in rest], direction, [rows[k] for k in rest], chunk_size)
    found |= dict(zip(rest, made, strict=True))
    results = [_presented(expression, x, found[k]) for k, x in enumerate(variables)]
    return results[0] if kind is None else kind(results)


def _presented(expression, x, result):
    return patternbroadcast(result, (*expression.type.broadcastable, *x.type.broadcastable))


def _extents(x):
    return [shape_i(x, d) for d in range(x.type.ndim)]


def _size(x):
    total = constant(1, dtype="int64")
    for n in _extents(x):
        total = total * n
    return total


def _static_size(x):
    """How many elements ``x`` has, where its type and the graph say that; else None."""
    extents = x.type.shape if x.owner is None and not hasattr(x, "data") else \
        [static_extent(e) for e in extents_of([x], {})[0]]
    total = 1
    for n in extents:
        if n is None:
            return None
        total *= n
    return total


# -- by rows: reverse mode ---------------------------------------------------------------------------------


def _one_row(expression, variables, consider_constant, disconnected_inputs):
    """A gradient of ``expression``, and those of the variables that follow from it."""
    dtype = config.floatX if expression.type.dtype in discrete_dtypes else expression.type.dtype
    direction = TensorType(dtype, (False,) * expression.type.ndim)("direction")
    fitting = patternbroadcast(direction, expression.type.broadcastable)
    # A view, because a variable may be the expression itself.
    return direction, grad(None, variables, consider_constant, disconnected_inputs,
                           known_grads={view_op(expression): fitting})


def _by_rows(expression, variables, direction, rows, chunk_size):
    """All rows: the graph of one, batched over the directions of all elements of ``expression``."""
    if not rows:
        return []
    count, extents = _size(expression), _extents(expression)
    chunk_size = chunk_size or _chunk_size(expression, variables)
    if chunk_size is None:
        units = eye(count, dtype=direction.type.dtype)
        found = [_stacked(v, row, count) for v, row in zip(
            batch_graph(rows, {direction: _as_shape(units, [count], extents)}), rows, strict=True)]
    else:
        found = _by_chunks(count, extents, direction, rows, variables, chunk_size)
    return [_as_shape(v, extents, _extents(x)) for v, x in zip(found, variables, strict=True)]


def _stacked(batched, row, count):
    return batched if batched.type.ndim > row.type.ndim else broadcast(batched, count)


def _as_shape(x, front, back):
    """``x`` with axes of the given extents, unless it has as many already."""
    return x if x.type.ndim == len(front) + len(back) else x.reshape((*front, *back), ndim=len(front) + len(back))


def _by_chunks(count, extents, direction, rows, variables, size):
    index = tensor("int64", (), name="chunk")
    numbers = arange(size) + index * size
    units = cast(eq(numbers.dimshuffle(0, "x"), arange(count).dimshuffle("x", 0)), direction.type.dtype)
    chunk = [_stacked(v, row, constant(size, dtype="int64")) for v, row in zip(
        batch_graph(rows, {direction: _as_shape(units, [size], extents)}), rows, strict=True)]
    chunks = (count + size - 1) // size
    shapes = [[constant(size, dtype="int64"), *_extents(x)] for x in variables]
    found = map_rows(index, chunk, chunks, shapes)
    return [v.reshape((chunks * size, *shape[1:]), ndim=v.type.ndim - 1)[:count]
            for v, shape in zip(found, shapes, strict=True)]


def _chunk_size(expression, variables):
    """Rows in a chunk where the result is known to be large, else None."""
    sizes = [_static_size(x) for x in variables]
    m = None if any(n is None for n in sizes) else _static_size(expression)
    largest = max((n for n in sizes if n is not None), default=0)
    return max(1, CHUNK // max(largest, 1)) if m and m * largest > LARGEST else None


# -- by columns: forward mode ------------------------------------------------------------------------------


def _short_cut(expression, x):
    """The Jacobian where rows are not the best way to it, else None."""
    between = _between(expression, x)
    if not between or any(_changes_gradients(node.op) for node in between):
        return None                                     # forward mode knows nothing of changed gradients
    if _is_elementwise(expression, x, between):
        return _diagonal(expression, x, between)
    n, m = _static_size(x), _static_size(expression)
    if n is not None and (n == 1 or (m is not None and n < m)) and (m or 0) * n <= LARGEST:
        return _by_columns(expression, x)
    return None


def _changes_gradients(op):
    """Whether the gradients of ``op`` may be others than those of its values, its own or those of ops inside it."""
    if isinstance(op, GradientOp) or getattr(op, "is_overridden", False):
        return True
    return any(_changes_gradients(node.op) for graph in graphs_of(op).values()
               for node in toposort(graph.outputs, graph.inputs))


def _between(expression, x):
    """The nodes by which ``expression`` depends on ``x``, in their order."""
    order = toposort([expression], [x])
    patterns = {node: connection_pattern(node) for node in order}
    reached = {x}
    for node in order:
        reached.update(_connected(node.outputs, zip(*patterns[node], strict=True), node.inputs, reached))
    needed = {expression}
    for node in reversed(order):
        needed.update(_connected(node.inputs, patterns[node], node.outputs, needed))
    return [node for node in order if not (reached & needed).isdisjoint(node.outputs)]


def _connected(variables, pattern, others, known):
    """Those of ``variables`` that are connected to one of ``others`` that is known."""
    return [v for v, row in zip(variables, pattern, strict=True)
            if any(c and other in known for c, other in zip(row, others, strict=True))]


def _by_columns(expression, x):
    """All columns: the directional derivative, batched over the directions of all elements of ``x``."""
    direction = TensorType(x.type.dtype, (False,) * x.type.ndim)("direction")
    try:
        column = Rop(expression, x, patternbroadcast(direction, x.type.broadcastable), disconnected_outputs="ignore",
                     return_disconnected="None")
    except NotImplementedError:
        return None
    if column is None:
        return None
    count, extents = _size(x), _extents(x)
    found, = batch_graph([column], {direction: _as_shape(eye(count, dtype=x.type.dtype), [count], extents)})
    found = _stacked(found, column, count)
    found = found.dimshuffle(*range(1, found.type.ndim), 0)
    return _as_shape(cast(found, _dtype_of(x)), _extents(expression), extents)


def _dtype_of(x):
    """The dtype of gradients by ``x``."""
    return config.floatX if x.type.dtype in discrete_dtypes else x.type.dtype


# -- diagonals ---------------------------------------------------------------------------------------------


def _is_elementwise(expression, x, between):
    """Whether every element of ``expression`` depends on one element of ``x``, in the same place."""
    reached, like = {x}.union(*(node.outputs for node in between)), _of_shape(expression, x)
    pattern = x.type.broadcastable
    return all(len(node.outputs) == 1 and node.outputs[0].type.broadcastable == pattern
               and all(v.type.broadcastable == pattern for v in node.inputs if v in reached)
               and (isinstance(node.op, (Elemwise, ViewOp))
                    or (isinstance(node.op, SumToShapeOf) and node.inputs[1] in reached | like))
               for node in between)


def _diagonal(expression, x, between):
    """The derivatives of the elements, each at the places of its own."""
    slopes = Rop(expression, x, x.ones_like(), disconnected_outputs="ignore", return_disconnected="None")
    if slopes is None:
        return None
    slopes = cast(slopes, _dtype_of(x))
    if x.type.ndim == 1 and not x.type.broadcastable[0] and expression in _of_shape(expression, x):
        return AllocDiag()(slopes)
    ndim, same = x.type.ndim, None
    for d in range(ndim):                               # where x has extent 1, it is the same for all places
        rows, columns = arange(shape_i(expression, d)), arange(shape_i(x, d))
        own = eq((rows % shape_i(x, d)).dimshuffle(*(0 if k == d else "x" for k in range(2 * ndim))),
                 columns.dimshuffle(*(0 if k == d + ndim else "x" for k in range(2 * ndim))))
        same = own if same is None else ELEMWISE["and_"](same, own)
    return switch(same, slopes.dimshuffle(*range(ndim), *["x"] * ndim), constant(0, dtype=slopes.type.dtype))


def _of_shape(expression, x):
    """What ``expression`` is computed from that has the shape of ``x`` whatever the other variables are."""
    like = {x}
    for node in toposort([expression], [x]):
        kept = isinstance(node.op, (Elemwise, ViewOp)) and not like.isdisjoint(node.inputs) and all(
            v in like or all(v.type.broadcastable) for v in node.inputs)
        if kept or (isinstance(node.op, SumToShapeOf) and node.inputs[1] in like):
            like.update(node.outputs)
    return like


def hessian(cost, wrt, consider_constant=None, disconnected_inputs="raise", chunk_size=None):
    """Second derivatives of a scalar ``cost`` by every pair of elements of a variable.

    Parameters
    ----------
    cost : scalar
    wrt : variable of any rank, or list or tuple of them
    consider_constant : list of variables, optional
        Gradients don't go through these.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do when ``cost`` does not depend on one of ``wrt``; its second derivatives are zero.
    chunk_size : int, optional
        Of how many elements the second derivatives are found at once; see `jacobian`.

    Returns
    -------
    variable, or list or tuple of them, as ``wrt``
        For each variable its axes twice: a matrix for a vector; mixed derivatives of two variables are not among them.

    Raises
    ------
    TypeError
        When ``cost`` or one of ``wrt`` is no variable, or ``cost`` is not real.
    ValueError
        When ``cost`` is no scalar, or ``chunk_size`` is less than 1.
    DisconnectedInputError
    """
    _require(cost, "tensor.hessian", "cost", 0, " Reduce it, e.g. with .sum().")
    variables, kind = as_list(wrt)
    for x in variables:
        _require(x, "tensor.hessian", "wrt", None, "")
    slopes = grad(cost, variables, consider_constant, disconnected_inputs)
    found = [jacobian(g, x, consider_constant, "ignore", chunk_size) for g, x in zip(slopes, variables, strict=True)]
    return found[0] if kind is None else kind(found)


def _require(variable, function, argument, rank, advice):
    """Raise where an argument is no variable or has another rank."""
    wanted = "real" if rank is None else f"{rank} dimensional"
    if not isinstance(variable, Variable) or not hasattr(variable.type, "ndim"):
        raise TypeError(f"{function} expects a {wanted} variable as `{argument}`, got {variable!r}")
    if rank is not None and variable.type.ndim != rank:
        raise ValueError(f"{function} expects a {wanted} variable as `{argument}`, but {variable} has "
                         f"{variable.type.ndim} dimensions.{advice}")
