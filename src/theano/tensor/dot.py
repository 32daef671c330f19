"""Products of vectors, matrices and tensors."""

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply, Variable
from theano.scalar.dtype import computed_in
from theano.scalar.type import complex_dtypes, continuous_dtypes, upcast
from theano.tensor.constant import as_tensor_variable, constant
from theano.tensor.elemwise import conjugate, eq, mul, sum_to_shape_of, switch
from theano.tensor.half import in_single
from theano.tensor.shape import shape_i
from theano.tensor.type import TensorType, tensor
from theano.tensor.variable import FUNCTIONS, method


class Dot(Op):
    """Product of vectors and matrices.

    x: (k,) or (m, k)   y: (k,) or (k, n)   ->   (), (n,), (m,) or (m, n); dtype by promotion
    Reference: numpy.dot
    """

    __props__ = ()

    def make_node(self, *inputs):
        if len(inputs) != 2:
            raise TypeError(f"Theano dot needs two arguments, {len(inputs)} given")
        inputs = [as_tensor_variable(x) for x in inputs]
        for x in inputs:
            if x.type.ndim not in (1, 2):
                raise TypeError(f"dot needs vectors or matrices, but {x} is a {x.type}. Use tensordot or "
                                "batched_dot for tensors of higher rank.")
        x, y = inputs
        pattern = (*x.type.broadcastable[:-1], *(y.type.broadcastable[1:] if y.type.ndim == 2 else ()))
        return Apply(self, inputs, [tensor(upcast(x.type.dtype, y.type.dtype), pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, y = inputs
        dtype = computed_in(node.outputs[0].type.dtype)
        output_storage[0][0] = np.asarray(np.dot(x.astype(dtype, copy=False), y.astype(dtype, copy=False)),
                                          dtype=dtype)

    def infer_shape(self, node, shapes):
        a, b = shapes
        return [(*a[:-1], *(b[1:] if len(b) == 2 else ()))]

    def L_op(self, inputs, outputs, output_grads):
        x, y = inputs
        g, = output_grads
        xc, yc = conjugate(x), conjugate(y)
        gx, gy = {(1, 1): lambda: (g * yc, g * xc),
                  (1, 2): lambda: (dot(g, yc.T), _outer(xc, g)),
                  (2, 1): lambda: (_outer(g, yc), dot(xc.T, g)),
                  (2, 2): lambda: (dot(g, yc.T), dot(xc.T, g))}[x.type.ndim, y.type.ndim]()
        return [in_pattern(v, t) for v, t in zip(inputs, (gx, gy), strict=True)]

    def R_op(self, inputs, eval_points):
        if None in eval_points and eval_points[0] is None and eval_points[1] is None:
            return [None]
        terms = []
        if eval_points[0] is not None:
            terms.append(self(eval_points[0], inputs[1]))
        if eval_points[1] is not None:
            terms.append(self(inputs[0], eval_points[1]))
        return [terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def __str__(self):
        return "dot"


def in_pattern(variable, gradient):
    """``gradient`` with the broadcast pattern and kind of dtype of ``variable``."""
    if gradient.type.broadcastable != variable.type.broadcastable:
        gradient = variable.type.rebroadcast(gradient, variable.type.broadcastable)
    if gradient.type.dtype in complex_dtypes and variable.type.dtype not in complex_dtypes:
        gradient = gradient.real
    if gradient.type.dtype != variable.type.dtype and variable.type.dtype in continuous_dtypes:
        gradient = gradient.astype(variable.type.dtype)
    return gradient


def _outer(x, y):
    return mul(x.dimshuffle(0, "x"), y.dimshuffle("x", 0))


_dot = Dot()


def dot(a, b):
    """Product of two tensors: of scalars and anything the elementwise one, of vectors and matrices the usual one,
    for higher ranks the sum over the last axis of ``a`` and the last but one of ``b``.

    Reference: numpy.dot
    """
    for x, other, name in ((a, b, "__dot__"), (b, a, "__rdot__")):
        if isinstance(x, Variable) and not isinstance(x.type, TensorType) and hasattr(x, name):
            return getattr(x, name)(other)              # sparse variables know better
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        return a * b
    if a.type.ndim > 2 or b.type.ndim > 2:
        return tensordot(a, b, [[a.type.ndim - 1], [max(0, b.type.ndim - 2)]])
    return _dot(a, b)


FUNCTIONS["dot"] = dot
method("dot", "__dot__")(lambda left, right: dot(left, right))


@method("__rdot__")
def _swapped_dot(right, left):
    """Product with the variable at the right."""
    return dot(left, right)


def outer(x, y):
    """Products of all elements of one vector with all of another; other ranks are flattened.

    Reference: numpy.outer
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    x = x.flatten() if x.type.ndim != 1 else x
    y = y.flatten() if y.type.ndim != 1 else y
    return dot(x.dimshuffle(0, "x"), y.dimshuffle("x", 0))


def _product(extents):
    total = constant(1, dtype="int64")
    for n in extents:
        total = n * total
    return total


def tensordot(a, b, axes=2):
    """Sum of products over several axes.

    axes: how many of the last of ``a`` and the first of ``b``, or the pair of lists of axes. Raises ValueError when
    they don't fit.  Reference: numpy.tensordot
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    left, right = _contracted(a, b, axes)
    keep_a = [d for d in range(a.type.ndim) if d not in left]
    keep_b = [d for d in range(b.type.ndim) if d not in right]
    a_shape, b_shape = ([shape_i(v, d) for d in range(v.type.ndim)] for v in (a, b))
    a2, b2 = _as_matrix(a, a_shape, keep_a, left), _as_matrix(b, b_shape, right, keep_b)
    shape = [a_shape[d] for d in keep_a] + [b_shape[d] for d in keep_b]
    result = _dot(a2, b2).reshape(tuple(shape), ndim=len(shape))
    pattern = tuple([a.type.broadcastable[d] for d in keep_a] + [b.type.broadcastable[d] for d in keep_b])
    return result if result.type.broadcastable == pattern else result.type.rebroadcast(result, pattern)


def _as_matrix(x, shape, rows, columns):
    """``x`` with some axes as the rows and the others as the columns of a matrix; no copy where one is avoidable."""
    if rows + columns != sorted(rows + columns) and columns + rows == sorted(rows + columns):
        return _as_matrix(x, shape, columns, rows).T
    extents = (_product(shape[d] for d in rows), _product(shape[d] for d in columns))
    return x.dimshuffle(rows + columns).reshape(extents, ndim=2)


def _contracted(a, b, axes):
    if not isinstance(axes, (list, tuple)) and np.ndim(axes) == 0:
        n = int(axes)
        if n < 0 or n > min(a.type.ndim, b.type.ndim):
            raise ValueError(f"tensordot can't sum over {n} axes of tensors with {a.type.ndim} and {b.type.ndim}")
        return list(range(a.type.ndim - n, a.type.ndim)), list(range(n))
    if len(axes) != 2:
        raise ValueError(f"Axes should be an integer or a list/tuple of len 2 ({axes} was provided)")
    left, right = ([int(d) for d in np.atleast_1d(part)] for part in axes)
    if len(left) != len(right):
        raise ValueError(f"tensordot needs as many axes of one as of the other, got {axes}")
    for name, tensor_, part in (("a", a, left), ("b", b, right)):
        if any(not -tensor_.type.ndim <= d < tensor_.type.ndim for d in part):
            raise ValueError(f"axes {part} of {name} are out of range: it has {tensor_.type.ndim} dimensions")
    return [d % a.type.ndim for d in left], [d % b.type.ndim for d in right]


class BatchedDot(Op):
    """Matrix products along leading axes, which broadcast: ``out[i] = dot(x[i], y[i])``.

    x: (b, k) or (..., m, k)   y: (b, k) or (..., k, n)   ->   (..., m, n) without the axes that vectors lack
    Both have the same leading axes: one, or as many as matrices of rank 4 and more have. Raises ValueError where their
    extents are neither equal nor 1.  Reference: numpy.matmul
    """

    __props__ = ()

    def make_node(self, *inputs):
        if len(inputs) != 2:
            raise TypeError(f"Two arguments required, but {len(inputs)} given.")
        x, y = inputs = [as_tensor_variable(v) for v in inputs]
        batch = count_of_batch_axes(x, y)
        for v in inputs:
            if v.type.ndim - batch not in (1, 2):
                raise TypeError(f"batched_dot needs tensors of 2 or 3 dimensions, or of the same number, but got a "
                                f"{x.type} and a {y.type}")
        of_x, of_y = x.type.broadcastable, y.type.broadcastable
        pattern = (*(a and b for a, b in zip(of_x[:batch], of_y[:batch], strict=True)), *of_x[batch:-1],
                   *of_y[batch + 1:])
        return Apply(self, inputs, [tensor(upcast(x.type.dtype, y.type.dtype), pattern)])

    @in_single
    def perform(self, node, inputs, output_storage):
        x, y = inputs
        batch = count_of_batch_axes(*node.inputs)
        for d, (m, n) in enumerate(zip(x.shape[:batch], y.shape[:batch], strict=True)):
            if m != n and 1 not in (m, n):
                raise ValueError(f"batched_dot: shapes {x.shape} and {y.shape} don't fit: {m} products with {n} along "
                                 f"axis {d}, which must be equal, or one of them 1")
        if x.shape[-1] != y.shape[batch]:
            raise ValueError(f"batched_dot: shapes {x.shape} and {y.shape} don't fit: rows of length {x.shape[-1]} "
                             f"with columns of length {y.shape[batch]}, which must be equal")
        of_vectors = x.ndim == batch + 1, y.ndim == batch + 1
        result = np.matmul(x[..., None, :] if of_vectors[0] else x, y[..., None] if of_vectors[1] else y)
        if of_vectors[1]:
            result = result[..., 0]
        if of_vectors[0]:
            result = result.squeeze(batch)
        output_storage[0][0] = np.asarray(result, dtype=computed_in(node.outputs[0].type.dtype))

    def infer_shape(self, node, shapes):
        a, b = shapes
        batch = count_of_batch_axes(*node.inputs)
        return [(*(map(broadcast_extents, zip(a[:batch], b[:batch], strict=True))), *a[batch:-1],
                 *b[batch + 1:])]

    def L_op(self, inputs, outputs, output_grads):
        x, y = conjugate(inputs[0]), conjugate(inputs[1])
        g, = output_grads
        batch = count_of_batch_axes(x, y)
        of_vectors = x.type.ndim == batch + 1, y.type.ndim == batch + 1
        if all(of_vectors):
            column = g.dimshuffle(*range(batch), "x")
            terms = column * y, column * x
        else:
            terms = (_outer_of_rows(g, y) if of_vectors[1] else batched_product(g, _turned(y)),
                     _outer_of_rows(x, g) if of_vectors[0] else batched_product(_turned(x), g))
        return [in_pattern(v, _summed_over_batch(v, t, batch)) for v, t in zip(inputs, terms, strict=True)]

    def R_op(self, inputs, eval_points):
        terms = []
        if eval_points[0] is not None:
            terms.append(self(eval_points[0], inputs[1]))
        if eval_points[1] is not None:
            terms.append(self(inputs[0], eval_points[1]))
        if not terms:
            return [None]
        return [terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def __str__(self):
        return type(self).__name__


def count_of_batch_axes(x, y):
    """How many leading axes of two factors of a `BatchedDot` number its products."""
    return max(x.type.ndim - 2, y.type.ndim - 2, 1)


def broadcast_extents(extents):
    """The extent of what broadcasts to ``extents``: what is not 1 among them."""
    result, *others = extents
    for n in others:
        if result is n or getattr(n, "data", n) == 1:
            continue
        result = n if getattr(result, "data", result) == 1 else result if hasattr(result, "data") else \
            n if hasattr(n, "data") else switch(eq(result, 1), n, result)
    return result


def _turned(x):
    """Transposes of the matrices of ``x``."""
    n = x.type.ndim
    return x.dimshuffle(*range(n - 2), n - 1, n - 2)


def _outer_of_rows(x, y):
    """All products of elements of a vector of ``x`` and of one of ``y``."""
    n = x.type.ndim
    return x.dimshuffle(*range(n), "x") * y.dimshuffle(*range(n - 1), "x", n - 1)


def _summed_over_batch(variable, gradient, batch):
    """``gradient`` summed over the batch axes along which ``variable`` was broadcast."""
    pattern, given = variable.type.broadcastable, gradient.type.broadcastable
    axes = [d for d in range(batch) if pattern[d] and not given[d]]
    if axes:
        gradient = gradient.sum(axis=axes, keepdims=True)
    if any(not (pattern[d] or given[d]) for d in range(batch)):
        gradient = sum_to_shape_of(gradient, variable)
    return gradient


batched_product = _batched_dot = BatchedDot()


def batched_dot(a, b):
    """``out[i] = dot(a[i], b[i])`` for tensors of any rank from 1.

    Where one of the leading axes has extent 1 it serves for all of the other's. Raises TypeError for scalars.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim == 0 or b.type.ndim == 0:
        raise TypeError(f"batched_dot: a and b must have at least one (batch) axis, got {a.type} and {b.type}")
    if a.type.ndim == 1:
        return a.dimshuffle(*([0] + ["x"] * (b.type.ndim - 1))) * b
    if b.type.ndim == 1:
        return a * b.dimshuffle(*([0] + ["x"] * (a.type.ndim - 1)))
    if a.type.ndim > 3 or b.type.ndim > 3:
        return batched_tensordot(a, b, [[a.type.ndim - 1], [max(1, b.type.ndim - 2)]])
    return _batched_dot(a, b)


def batched_tensordot(x, y, axes=2):
    """`tensordot` for each element of the leading axes; ``axes`` count from the whole tensors."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if np.ndim(axes) == 0:
        n = int(axes)
        left, right = list(range(x.type.ndim - n, x.type.ndim)), list(range(1, n + 1))
    else:
        left, right = ([int(d) for d in np.atleast_1d(part)] for part in axes)
    keep_x = [d for d in range(1, x.type.ndim) if d not in left]
    keep_y = [d for d in range(1, y.type.ndim) if d not in right]
    sx, sy = [shape_i(x, d) for d in range(x.type.ndim)], [shape_i(y, d) for d in range(y.type.ndim)]
    x3 = x.dimshuffle([0] + keep_x + left).reshape((sx[0], _product(sx[d] for d in keep_x),
                                                    _product(sx[d] for d in left)), ndim=3)
    y3 = y.dimshuffle([0] + right + keep_y).reshape((sy[0], _product(sy[d] for d in right),
                                                     _product(sy[d] for d in keep_y)), ndim=3)
    found = batched_product(x3, y3)
    shape = [shape_i(found, 0)] + [sx[d] for d in keep_x] + [sy[d] for d in keep_y]
    return found.reshape(shape, ndim=len(shape))


