"""The walk that gives variables of a graph a leading axis, and what rules have in common.

A variable is *batched* when it stands for many values, its rows: it has one axis more than the variable it takes the
place of, the first one. `RULES` says for each class of ops what its nodes become, `EXPANSIONS` how they are written
with ops that have rules. An op may bring its own rule, a method ``batch_op``. Everything else is done row by row.
"""

from contextlib import nullcontext

from theano.graph import origin
from theano.graph.testvalue import afterwards
from theano.graph.variable import Variable
from theano.graph.walk import toposort
from theano.inner.batch.each_row import EachRow, each_row
from theano.scalar.type import Scalar
from theano.tensor.create import alloc
from theano.tensor.elemwise import cast
from theano.tensor.shape import patternbroadcast, shape_i, tensor_from_scalar
from theano.tensor.type import TensorType

RULES = {}              # op class -> function(node, inputs, batched) -> what takes the place of the outputs, or None
EXPANSIONS = {}         # op class -> function(node) -> the outputs of the node, written with other ops, or None


def rule(*classes):
    """A decorator: the function is the rule of these classes of ops."""
    def add(function):
        RULES.update(dict.fromkeys(classes, function))
        return function
    return add


def expansion(*classes):
    """A decorator: the function writes nodes of these classes of ops out."""
    def add(function):
        EXPANSIONS.update(dict.fromkeys(classes, function))
        return function
    return add


@afterwards
def batch_graph(outputs, replace):
    """What ``outputs`` become where variables are replaced.

    replace: dict from variables to what takes their place, batched or not. Outputs that don't depend on anything
    batched come back without a leading axis.
    """
    memo = dict(replace)
    _walk(outputs, memo)
    return [memo.get(v, v) for v in outputs]


def _walk(outputs, memo):
    for node in toposort(outputs, memo):
        inputs = [memo.get(v, v) for v in node.inputs]
        if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
            continue
        batched = [is_batched(new, old) for new, old in zip(inputs, node.inputs, strict=True)]
        trace = getattr(node.outputs[0].tag, "trace", ()) if node.outputs else ()
        with origin.inherited(trace) if trace else nullcontext():       # errors name the line of one row
            found = _batched(node, inputs, batched, memo) if any(batched) else \
                node.clone_with_new_inputs(inputs).outputs
        for old, new in zip(node.outputs, found, strict=True):
            memo.setdefault(old, _fitting(node, old, new))


def _batched(node, inputs, batched, memo):
    """What the outputs of ``node`` become, some of whose inputs are batched."""
    own = getattr(node.op, "batch_op", None)
    found = own(node, inputs, batched) if callable(own) else None
    if found is None:
        apply_rule = RULES.get(type(node.op))
        found = apply_rule(node, inputs, batched) if apply_rule else None
    if found is None and type(node.op) in EXPANSIONS:
        written = EXPANSIONS[type(node.op)](node)
        if written is not None:
            _walk(written, memo)
            found = [memo.get(v, v) for v in written]
    return each_row(node, inputs, batched) if found is None else found


def _fitting(node, old, new):
    """``new`` with the dtype and the pattern of ``old``, below the leading axis."""
    if not isinstance(new, Variable):
        raise TypeError(f"the batch rule of {node.op} must give variables, but gave {new!r}")
    if not isinstance(new.type, TensorType):
        return new
    extra = new.type.ndim - old.type.ndim
    if extra not in (0, 1):
        raise TypeError(f"the batch rule of {node.op} gave {new.type.ndim} dimensions for {old}, which has "
                        f"{old.type.ndim}: there must be one more, or as many for what is the same in all rows")
    if new.type.dtype != old.type.dtype:
        new = cast(new, old.type.dtype)
    if not extra and isinstance(old.type, Scalar):
        return old.type.filter_variable(TensorType.as_scalar(new))
    return patternbroadcast(new, (False,) * extra + getattr(old.type, "broadcastable", ()))


def is_batched(new, old):
    """Whether ``new``, which takes the place of ``old``, has a leading axis."""
    return new is not old and getattr(new.type, "ndim", 0) > getattr(old.type, "ndim", 0)


def count_of(inputs, batched):
    """How many rows there are: an integer scalar."""
    return shape_i(next(x for x, b in zip(inputs, batched, strict=True) if b), 0)


def broadcast(x, n):
    """``n`` times ``x``, as rows."""
    if isinstance(x.type, Scalar):
        x = tensor_from_scalar(x)
    return alloc(x, n, *(shape_i(x, d) for d in range(x.type.ndim)))


def broadcast_to(x, is_batch, n):
    """``x`` with a leading axis, if need be of ``n`` times the same."""
    return x if is_batch else broadcast(x, n)


def all_batched(inputs, batched):
    """All of ``inputs`` with a leading axis."""
    n = count_of(inputs, batched)
    return [broadcast_to(x, b, n) for x, b in zip(inputs, batched, strict=True)]


def padded(x, is_batch, ndim):
    """``x``, whose rows get ``ndim`` dimensions by new ones in front; unbatched it gets a leading axis of extent 1."""
    if isinstance(x.type, Scalar):
        x = tensor_from_scalar(x)
    rank = x.type.ndim - is_batch
    return x.dimshuffle([0] * is_batch + ["x"] * (ndim - rank + (not is_batch)) +
                        list(range(int(is_batch), x.type.ndim)))


def row_extents(x, is_batch):
    """The extents of a row of ``x``."""
    return [shape_i(x, d) for d in range(int(is_batch), x.type.ndim)]


def flat_rows(x, axes):
    """``x`` with ``axes`` + 1 leading axes made one."""
    shape = [shape_i(x, d) for d in range(x.type.ndim)]
    total = shape[0]
    for n in shape[1:axes + 1]:
        total = total * n
    return x.reshape((total, *shape[axes + 1:]), ndim=x.type.ndim - axes)


def unflat_rows(x, extents):
    """``x`` with its leading axis made axes of the given ``extents``."""
    return x.reshape((*extents, *(shape_i(x, d) for d in range(1, x.type.ndim))), ndim=x.type.ndim + len(extents) - 1)


def moved(x, source, target):
    """``x`` with one axis at another place."""
    if source == target:
        return x
    order = [d for d in range(x.type.ndim) if d != source]
    order.insert(target, source)
    return x.dimshuffle(order)


EachRow.batch_graph = staticmethod(batch_graph)
