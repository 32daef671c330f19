"""Batch rules of products and convolutions: one product of larger matrices where only one factor is batched."""

from theano.inner.batch.core import expansion, flat_rows, moved, padded, rule, unflat_rows
from theano.tensor.blas import Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.dot import BatchedDot, Dot, batched_dot, batched_product, count_of_batch_axes, dot
from theano.tensor.nnet import conv
from theano.tensor.shape import shape_i


@rule(Dot)
def product(node, inputs, batched):
    """dot(x[i], y[i])"""
    x, y = inputs
    if all(batched):
        if node.inputs[0].type.ndim == node.inputs[1].type.ndim == 1:
            return [(x * y).sum(axis=1)]
        return [batched_dot(x, y)]
    if batched[0]:
        if x.type.ndim == 2:
            return [dot(x, y)]
        return [unflat_rows(dot(flat_rows(x, 1), y), [shape_i(x, 0), shape_i(x, 1)])]
    if y.type.ndim == 2:
        return [dot(y, x.T) if x.type.ndim == 2 else dot(y, x)]
    n, p = shape_i(y, 0), shape_i(y, 2)
    wide = y.dimshuffle(1, 0, 2).reshape((shape_i(y, 1), n * p), ndim=2)
    found = dot(x, wide)
    if x.type.ndim == 1:
        return [found.reshape((n, p), ndim=2)]
    return [found.reshape((shape_i(x, 0), n, p), ndim=3).dimshuffle(1, 0, 2)]


@rule(BatchedDot)
def products_of_rows(node, inputs, batched):
    """Products of all rows, or of larger matrices where one factor is the same in all of them."""
    (x, y), of_one = inputs, [v.type.ndim for v in node.inputs]
    if of_one == [2, 2] and any(batched):                           # both are rows of vectors
        return [(padded(x, batched[0], 2) * padded(y, batched[1], 2)).sum(axis=-1)]
    if all(batched):
        return [batched_product(x, y)]
    n = count_of_batch_axes(*node.inputs)
    if batched[0]:
        if of_one[0] == n + 1:                                      # (r, ..., k) -> (..., r, k)
            return [moved(batched_product(moved(x, 0, n), y), n, 0)]
        found = batched_product(_as_one_axis(moved(x, 0, n), n), y)      # (..., r * m, p)
        return [moved(_as_two_axes(found, n, shape_i(x, 0), shape_i(x, n + 1)), n, 0)]
    if of_one[1] == n + 1:                                          # (r, ..., k) -> (..., k, r)
        return [moved(batched_product(x, moved(y, 0, n + 1)), of_one[0] - 1, 0)]
    found = batched_product(x, _as_one_axis(moved(y, 0, n + 1), n + 1))
    axis = of_one[0] - 1
    return [moved(_as_two_axes(found, axis, shape_i(y, 0), shape_i(y, n + 2)), axis, 0)]


def _as_one_axis(x, axis):
    """``x`` with an axis and the one behind it made one."""
    shape = [shape_i(x, d) for d in range(x.type.ndim)]
    return x.reshape((*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2:]), ndim=x.type.ndim - 1)


def _as_two_axes(x, axis, n, m):
    """``x`` with an axis made two, of these extents: ``m`` does not follow from ``x`` where there are no rows."""
    shape = [shape_i(x, d) for d in range(x.type.ndim)]
    return x.reshape((*shape[:axis], n, m, *shape[axis + 1:]), ndim=x.type.ndim + 1)


@expansion(Dot22)
def of_matrices(node):
    """dot(x, y)"""
    return [dot(*node.inputs)]


@expansion(Dot22Scalar)
def of_matrices_scaled(node):
    """a * dot(x, y)"""
    x, y, a = node.inputs
    return [a * dot(x, y)]


@expansion(Gemm)
def gemm(node):
    """b * z + a * dot(x, y)"""
    z, a, x, y, b = node.inputs
    return [b * z + a * dot(x, y)]


@expansion(Gemv)
def gemv(node):
    """b * y + a * dot(A, x)"""
    y, alpha, matrix, x, beta = node.inputs
    return [beta * y + alpha * dot(matrix, x)]


@expansion(Ger)
def ger(node):
    """A + a * outer(x, y)"""
    matrix, alpha, x, y = node.inputs
    return [matrix + alpha * x.dimshuffle(0, "x") * y.dimshuffle("x", 0)]


# -- convolutions ------------------------------------------------------------------------------------------
# Each map has two arrays with two leading axes each. Rows are put into an axis that one array alone has: images into
# their number, filters and outputs into that of the features, where channels form a single group.

FORWARD = (conv.AbstractConv, conv.AbstractConv2d, conv.AbstractConv3d, conv.ConvOp)
BY_WEIGHTS = (conv.AbstractConv_gradWeights, conv.AbstractConv2d_gradWeights, conv.AbstractConv3d_gradWeights)
BY_INPUTS = (conv.AbstractConv_gradInputs, conv.AbstractConv2d_gradInputs, conv.AbstractConv3d_gradInputs)


def _free_of_shapes(op):
    """The op without declared shapes, which are those of a row."""
    made = op.like(type(op))
    made.imshp = (None,) * len(op.imshp)
    made.kshp = (None,) * len(op.kshp)
    return made


def _merged(x, axis):
    """The leading axis of ``x`` put into that axis of its rows."""
    x = moved(x, 0, axis)
    shape = [shape_i(x, d) for d in range(x.type.ndim)]
    return x.reshape((*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2:]), ndim=x.type.ndim - 1)


def _apart(x, axis, n, extent):
    """The inverse of `_merged`, of ``n`` rows with an axis of that extent."""
    shape = [shape_i(x, d) for d in range(x.type.ndim)]
    return moved(x.reshape((*shape[:axis], n, extent, *shape[axis + 1:]), ndim=x.type.ndim + 1), axis, 0)


def _conv(node, inputs, batched, axes):
    """A map with one batched array: ``axes`` says for each array where its rows go, there and in the result."""
    op = node.op
    if sum(batched[:2]) != 1 or any(batched[2:]) or op.unshared:
        return None
    k = batched.index(True)
    there, after = axes[k]
    if op.num_groups > 1 and (there, after) != (0, 0):
        return None
    arrays, rows = list(inputs), inputs[k]
    arrays[k] = _merged(rows, there)
    return [_apart(_free_of_shapes(op)(*arrays), after, shape_i(rows, 0), shape_i(rows, there + 1))]


@rule(*FORWARD)
def convolution(node, inputs, batched):
    """img (b, c) and kern (n, c) -> (b, n)"""
    return _conv(node, inputs, batched, [(0, 0), (0, 1)])


@rule(*BY_WEIGHTS)
def gradient_by_filters(node, inputs, batched):
    """img (b, c) and topgrad (b, n) -> (n, c)"""
    return _conv(node, inputs, batched, [(1, 1), (1, 0)])


@rule(*BY_INPUTS)
def gradient_by_images(node, inputs, batched):
    """kern (n, c) and topgrad (b, n) -> (b, c)"""
    return _conv(node, inputs, batched, [(1, 1), (0, 0)])
