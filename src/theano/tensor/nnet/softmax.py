"""Softmax along rows, its logarithm and their gradients."""

import numpy as np

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import float_dtypes
from theano.tensor.advanced import set_subtensor
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import arange
from theano.tensor.elemwise import exp, sum_to_shape_of
from theano.tensor.half import in_single
from theano.tensor.shape import shape_padleft
from theano.tensor.type import tensor


def as_rows(x, what):
    """``x`` as a float matrix, a vector as a row; TypeError for anything else."""
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2) or x.type.dtype not in float_dtypes:
        raise ValueError(f"{what} must be 1-d or 2-d tensor of floats. Got {x.type}")
    return shape_padleft(x) if x.type.ndim == 1 else x


def softmax_of(x):
    """Values: exp(x - max) / sum(exp(x - max)) along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True)) if x.size else x.copy()
    return (e / e.sum(axis=-1, keepdims=True)).astype(x.dtype, copy=False)


def log_softmax_of(x):
    """Values: x - max - log(sum(exp(x - max))) along the last axis."""
    if not x.size:
        return x.copy()
    shifted = x - x.max(axis=-1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))).astype(x.dtype, copy=False)


class _RowOp(Op):
    """An op from a float matrix to one of the same shape and dtype, row by row."""

    __props__ = ()
    nin = 1
    nout = 1

    def make_node(self, x):
        x = as_rows(x, "x")
        return Apply(self, [x], [x.type.make_variable()])

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def R_op(self, inputs, eval_points):
        if None in eval_points:
            return [None]
        return self.L_op(inputs, [self(*inputs)], eval_points)

    def __str__(self):
        return type(self).__name__


class Softmax(_RowOp):
    """softmax of each row: exp(x) / sum(exp(x)).

    x: (n, k)   ->   (n, k)
    """

    __props__ = ()

    @in_single
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = softmax_of(inputs[0])

    def L_op(self, inputs, outputs, output_grads):
        return [softmax_grad(output_grads[0], outputs[0])]


class LogSoftmax(_RowOp):
    """log of the softmax of each row, without underflow.

    x: (n, k)   ->   (n, k)
    """

    __props__ = ()

    @in_single
    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = log_softmax_of(inputs[0])

    def L_op(self, inputs, outputs, output_grads):
        g, = output_grads
        sm = softmax_op(inputs[0])
        return [g - g.sum(axis=1, keepdims=True) * sm]

    def R_op(self, inputs, eval_points):
        if None in eval_points:
            return [None]
        e, = eval_points
        return [e - (e * softmax_op(inputs[0])).sum(axis=1, keepdims=True)]


class SoftmaxGrad(Op):
    """Gradient of a softmax: (g - sum(g * sm)) * sm for each row.

    g: (n, k)   sm: (n, k)   ->   (n, k)
    """

    __props__ = ()

    def make_node(self, dy, sm):
        dy, sm = as_tensor_variable(dy), as_tensor_variable(sm)
        return Apply(self, [dy, sm], [sm.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        dy, sm = inputs
        scaled = dy * sm
        output_storage[0][0] = (scaled - scaled.sum(axis=1, keepdims=True) * sm).astype(sm.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def L_op(self, inputs, outputs, output_grads):
        dy, sm = inputs
        g, = output_grads
        tmp = g + (-(g * sm).sum(axis=1)).dimshuffle(0, "x")
        g_dy = tmp * sm
        g_sm = tmp * dy + (dy * sm).sum(axis=1).dimshuffle(0, "x") * (-g)
        return [g_dy, g_sm]

    def R_op(self, inputs, eval_points):
        if None in eval_points:
            return [None]
        (dy, sm), (ddy, dsm) = inputs, eval_points
        inner = (dy * sm).sum(axis=1, keepdims=True)
        dinner = (ddy * sm + dy * dsm).sum(axis=1, keepdims=True)
        return [ddy * sm + dy * dsm - dinner * sm - inner * dsm]

    def __str__(self):
        return type(self).__name__


def _biased(x, b):
    """Values: x + b; ValueError where they have not as many columns, and neither has a single one."""
    if b.shape[0] != x.shape[1] and 1 not in (b.shape[0], x.shape[1]):
        raise ValueError(f"b must have same number of columns as x, got {b.shape} and {x.shape}")
    return x + b


def _grads_of_biased(x, b, g):
    """Gradients of x + b by both, of the shapes that they have when the function runs."""
    return [sum_to_shape_of(g, x), sum_to_shape_of(g.sum(axis=0), b)]


class SoftmaxWithBias(Op):
    """softmax of x + b for each row.

    x: (n, k)   b: (k,)   ->   (n, k); a single column is broadcast, as in any sum
    """

    __props__ = ()

    def make_node(self, x, b):
        x, b = as_rows(x, "x"), as_tensor_variable(b)
        if b.type.ndim != 1 or b.type.dtype not in float_dtypes:
            raise ValueError(f"b must be 1-d tensor of floats, got {b.type}")
        return Apply(self, [x, b], [x.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, b = inputs
        output_storage[0][0] = softmax_of(_biased(x, b)).astype(x.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def L_op(self, inputs, outputs, output_grads):
        return _grads_of_biased(*inputs, softmax_grad(output_grads[0], outputs[0]))

    def __str__(self):
        return type(self).__name__


softmax_op = Softmax()
log_softmax_op = LogSoftmax()
softmax_grad = SoftmaxGrad()
softmax_with_bias = SoftmaxWithBias()


def softmax(c):
    """softmax of each row of a matrix; a vector counts as one row."""
    return softmax_op(c)


def logsoftmax(c):
    """log of the softmax of each row of a matrix; a vector counts as one row."""
    return log_softmax_op(c)


def softmax_graph(c):
    """softmax written with elementwise ops and a sum."""
    e = exp(as_tensor_variable(c))
    return e / e.sum(axis=-1, keepdims=True)


class CrossentropyCategorical1Hot(Op):
    """-log(coding_dist[i, true_one_of_n[i]]) for each row i.

    coding_dist: (n, k)   true_one_of_n: int (n,)   ->   (n,)
    """

    __props__ = ()

    def make_node(self, coding_dist, true_one_of_n):
        coding, true = as_tensor_variable(coding_dist), as_tensor_variable(true_one_of_n)
        if coding.type.ndim != 2:
            raise TypeError(f"coding_dist must be a matrix, got a {coding.type}")
        if true.type.ndim != 1 or not true.type.dtype.startswith(("int", "uint")):
            raise TypeError(f"true_one_of_n must be a vector of integers, got a {true.type}")
        return Apply(self, [coding, true], [tensor(coding.type.dtype, (coding.type.broadcastable[0],))])

    @in_single
    def perform(self, node, inputs, output_storage):
        coding, true = inputs
        output_storage[0][0] = -np.log(coding[np.arange(len(true)), true]).astype(coding.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [(shapes[0][0],)]

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        coding, true = inputs
        return [crossentropy_categorical_1hot_grad(output_grads[0], coding, true), DisconnectedType()()]

    def __str__(self):
        return type(self).__name__


class CrossentropyCategorical1HotGrad(Op):
    """Gradient of `CrossentropyCategorical1Hot`: -g[i] / coding_dist[i, true[i]], zero elsewhere."""

    __props__ = ()

    def make_node(self, g_y, coding_dist, true_one_of_n):
        return Apply(self, [g_y, coding_dist, true_one_of_n], [coding_dist.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        g, coding, true = inputs
        result = np.zeros_like(coding)
        rows = np.arange(len(true))
        result[rows, true] = -g / coding[rows, true]
        output_storage[0][0] = result

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def grad(self, inputs, output_grads):
        (g, coding, true), (gg,) = inputs, output_grads
        rows = arange(true.shape[0])
        by_g = -gg[rows, true] / coding[rows, true]
        by_coding = set_subtensor(coding.zeros_like()[rows, true], -by_g * g / coding[rows, true])
        return [by_g, by_coding, DisconnectedType()()]

    def __str__(self):
        return type(self).__name__


crossentropy_categorical_1hot = CrossentropyCategorical1Hot()
crossentropy_categorical_1hot_grad = CrossentropyCategorical1HotGrad()


class CrossentropySoftmaxArgmax1HotWithBias(Op):
    """-log(softmax(x + b)[i, y[i]]), softmax(x + b) and its argmax, row by row.

    x: (n, k)   b: (k,)   y_idx: int (n,)   ->   nll (n,), sm (n, k), am (n,)
    """

    __props__ = ()
    nin, nout = 3, 3

    def make_node(self, x, b, y_idx):
        x, b, y = map(as_tensor_variable, (x, b, y_idx))
        if x.type.ndim != 2 or x.type.dtype not in float_dtypes:
            raise ValueError(f"x must be 2-d tensor of floats, got {x.type}")
        if b.type.ndim != 1 or b.type.dtype not in float_dtypes:
            raise ValueError(f"b must be 1-d tensor of floats, got {b.type}")
        if y.type.ndim != 1 or not y.type.dtype.startswith(("int", "uint")):
            raise ValueError(f"y_idx must be 1-d tensor of integers, got {y.type}")
        rows = x.type.broadcastable[:1]
        return Apply(self, [x, b, y], [tensor(x.type.dtype, rows), x.type(), tensor(y.type.dtype, rows)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, b, y = inputs
        if y.shape[0] != x.shape[0]:
            raise ValueError("y_idx must have same number of rows as x")
        z = _biased(x, b)
        if (y < 0).any() or (y >= z.shape[1]).any():
            raise ValueError("y_i value out of bounds")
        log_sm = log_softmax_of(z)
        output_storage[0][0] = -log_sm[np.arange(len(y)), y].astype(x.dtype, copy=False)
        output_storage[1][0] = softmax_of(z).astype(x.dtype, copy=False)
        output_storage[2][0] = z.argmax(axis=1).astype(node.outputs[2].type.dtype, copy=False)

    def infer_shape(self, node, shapes):
        rows = (shapes[0][0],)
        return [rows, shapes[0], rows]

    def connection_pattern(self, node):
        return [[True, True, True], [True, True, True], [False, False, True]]

    def L_op(self, inputs, outputs, output_grads):
        x, b, y = inputs
        g_nll, g_sm, g_am = output_grads
        sm = outputs[1]
        terms = []
        if not isinstance(g_am.type, DisconnectedType):
            terms.append(x.zeros_like())
        if not isinstance(g_sm.type, DisconnectedType):
            terms.append(softmax_grad(g_sm, sm))
        if not isinstance(g_nll.type, DisconnectedType):
            terms.append(crossentropy_softmax_1hot_with_bias_dx(g_nll, sm, y))
        if not terms:
            return [DisconnectedType()()] * 3
        dx = terms[0]
        for term in terms[1:]:
            dx = dx + term
        return [*_grads_of_biased(x, b, dx), DisconnectedType()()]

    def __str__(self):
        return type(self).__name__


class CrossentropySoftmax1HotWithBiasDx(Op):
    """Gradient of the cross-entropy of a softmax: dy[i] * (sm[i] - onehot(y[i])).

    dy: (n,) or scalar   sm: (n, k)   y_idx: int (n,)   ->   (n, k)
    """

    __props__ = ()
    nin, nout = 3, 1

    def make_node(self, dy, sm, y_idx):
        dy, sm, y = map(as_tensor_variable, (dy, sm, y_idx))
        if dy.type.ndim > 1 or dy.type.dtype not in float_dtypes:
            raise ValueError(f"dy must be 0-d or 1-d tensor of floats, got {dy.type}")
        if dy.type.ndim == 0:
            dy = dy.dimshuffle("x")
        if sm.type.ndim != 2 or sm.type.dtype not in float_dtypes:
            raise ValueError(f"sm must be 2-d tensor of floats, got {sm.type}")
        if y.type.ndim != 1 or not y.type.dtype.startswith(("int", "uint")):
            raise ValueError(f"y_idx must be 1-d tensor of integers, got {y.type}")
        return Apply(self, [dy, sm, y], [sm.type()])

    @in_single
    def perform(self, node, inputs, output_storage):
        dy, sm, y = inputs
        if (y < 0).any() or (y >= sm.shape[1]).any():
            raise ValueError("y_i value out of bounds")
        result = sm * dy[:, None]
        result[np.arange(len(y)), y] -= dy if dy.shape[0] == len(y) else dy[0]
        output_storage[0][0] = result.astype(sm.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [True], [False]]

    def L_op(self, inputs, outputs, output_grads):
        dy, sm, y = inputs
        g, = output_grads
        one_hot = crossentropy_categorical_1hot_grad(sm.sum(axis=1).zeros_like() - 1, sm.ones_like(), y)
        g_dy = (g * (sm - one_hot)).sum(axis=1)
        if dy.type.broadcastable[0]:
            g_dy = g_dy.sum(keepdims=True)
        return [g_dy, dy.dimshuffle(0, "x") * g, DisconnectedType()()]

    def __str__(self):
        return type(self).__name__


crossentropy_softmax_argmax_1hot_with_bias = CrossentropySoftmaxArgmax1HotWithBias()
crossentropy_softmax_1hot_with_bias_dx = CrossentropySoftmax1HotWithBiasDx()


def crossentropy_softmax_1hot_with_bias(x, b, y_idx, **kwargs):
    """-log(softmax(x + b)[i, y[i]]) and the softmax."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)[0:2]


def crossentropy_softmax_1hot(x, y_idx, **kwargs):
    """-log(softmax(x)[i, y[i]]) and the softmax."""
    b = as_tensor_variable(x)[0, :].zeros_like()
    return crossentropy_softmax_1hot_with_bias(x, b, y_idx, **kwargs)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, y_idx, **kwargs):
    """nll, softmax, largest probability and its index."""
    nll, sm, am = crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)
    return nll, sm, sm.max(axis=-1), am


def crossentropy_softmax_max_and_argmax_1hot(x, y_idx, **kwargs):
    """nll, softmax, largest probability and its index, without bias."""
    b = as_tensor_variable(x)[0, :].zeros_like()
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, y_idx, **kwargs)
