"""NumPy's products, linear algebra and Fourier transforms.

Linear algebra is that of one matrix: `theano.vectorize` makes batches.
"""


from theano.graph.variable import Variable
from theano.scalar.dtype import finfo, kind_of
from theano.tensor.axis import axes_of, axis_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.shape import transposed
from theano.tensor.counterpart.ufunc import vecdot
from theano.tensor.diagonal import diagonal
from theano.tensor.dot import batched_dot, batched_product, dot, outer, tensordot
from theano.tensor.elemwise import abs_, gt
from theano.tensor.fourier import fft
from theano.tensor.join import stack
from theano.tensor.linalg.cholesky import Cholesky
from theano.tensor.linalg.decompose import qr, svd
from theano.tensor.linalg.eigen import Eigvalsh, eig, eigh
from theano.tensor.linalg.inverse import det, lstsq, matrix_inverse, pinv, slogdet, tensorinv, tensorsolve
from theano.tensor.linalg.product import kron, matrix_dot, matrix_power, norm
from theano.tensor.linalg.solve import solve
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import min as min_of
from theano.tensor.reduce import sum
from theano.tensor.type import TensorType
from theano.tensor.variable import UFUNCS, counterpart, method

counterpart("dot")(dot)
counterpart("outer", "linalg.outer")(outer)
counterpart("tensordot", "linalg.tensordot")(tensordot)
counterpart("vdot")(lambda a, b: dot(as_tensor_variable(a).flatten().conj(), as_tensor_variable(b).flatten()))
counterpart("trace")(lambda a, offset=0, axis1=0, axis2=1: sum(diagonal(a, offset, axis1, axis2), axis=-1))
counterpart("linalg.trace")(lambda x, offset=0: sum(diagonal(x, offset, -2, -1), axis=-1))
counterpart("linalg.diagonal")(lambda x, offset=0: diagonal(x, offset, -2, -1))
counterpart("linalg.vecdot")(lambda x1, x2: vecdot(as_tensor_variable(x1), as_tensor_variable(x2)))
counterpart("linalg.multi_dot")(lambda arrays: matrix_dot(*map(as_tensor_variable, arrays)))
counterpart("linalg.matrix_power")(matrix_power)
counterpart("linalg.inv")(matrix_inverse)
counterpart("linalg.pinv")(lambda a: pinv(a))
counterpart("linalg.det")(det)
counterpart("linalg.slogdet")(slogdet)
counterpart("linalg.solve")(solve)
counterpart("linalg.cholesky")(lambda a, upper=False: Cholesky(lower=not upper)(a))
counterpart("linalg.qr")(qr)
counterpart("linalg.svd")(svd)
counterpart("linalg.svdvals")(lambda x: svd(x, compute_uv=False))
counterpart("linalg.eig")(eig)
counterpart("linalg.eigvals")(lambda a: eig(a)[0])
counterpart("linalg.eigh")(eigh)
counterpart("linalg.eigvalsh")(lambda a, UPLO="L": Eigvalsh(UPLO == "L")(a, None))                  # noqa: N803
counterpart("linalg.lstsq")(lambda a, b, rcond=None: lstsq()(a, b, _least(a) if rcond is None else rcond))
counterpart("linalg.tensorinv")(tensorinv)
counterpart("linalg.tensorsolve")(tensorsolve)
counterpart("linalg.matrix_norm")(lambda x, ord="fro", keepdims=False: _norm(x, ord, (-2, -1), keepdims))
counterpart("linalg.vector_norm")(lambda x, axis=None, keepdims=False, ord=2: _norm(
    x.flatten() if axis is None else x, ord, 0 if axis is None else axis, keepdims))
counterpart("fft.fft")(lambda a, n=None, axis=-1: fft(a, n, axis))
counterpart("fft.ifft")(lambda a, n=None, axis=-1: _inverse_transform(as_tensor_variable(a), n, axis))
counterpart("fft.rfft")(lambda a, n=None, axis=-1: _half_transform(as_tensor_variable(a), n, axis))


@counterpart("matmul", "linalg.matmul")
@method("__matmul__")
def matmul(x1, x2):
    """The product of matrices along the last two axes; the axes before broadcast.  Reference: numpy.matmul"""
    if any(isinstance(v, Variable) and not isinstance(v.type, TensorType) for v in (x1, x2)):
        return dot(x1, x2)                              # sparse
    x, y = as_tensor_variable(x1), as_tensor_variable(x2)
    if not x.type.ndim or not y.type.ndim:
        raise TypeError(f"matmul needs vectors, matrices or stacks of them, got {x.type} and {y.type}")
    if y.type.ndim <= 2:
        return dot(x, y)
    if x.type.ndim == 1:
        return dot(transposed(y), x)
    if x.type.ndim == 2:
        return transposed(dot(transposed(y), x.T))
    count = max(x.type.ndim, y.type.ndim)
    x, y = (v.dimshuffle(*["x"] * (count - v.type.ndim), *range(v.type.ndim)) for v in (x, y))
    return batched_product(x, y)


@method("__rmatmul__")
def _swapped_matmul(right, left):
    return matmul(left, right)


UFUNCS["matmul"] = matmul


@counterpart("inner")
def _inner(a, b):
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    return a * b if not a.type.ndim or not b.type.ndim else tensordot(a, b, [[a.type.ndim - 1], [b.type.ndim - 1]])


@counterpart("kron")
def _kron(a, b):
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if not a.type.ndim or not b.type.ndim:
        return a * b
    if a.type.ndim == b.type.ndim == 1:
        return outer(a, b).flatten()
    if max(a.type.ndim, b.type.ndim) > 2:
        raise TypeError(f"numpy.kron of variables is that of vectors and matrices, got {a.type} and {b.type}")
    return kron(*(x.dimshuffle("x", 0) if x.type.ndim == 1 else x for x in (a, b)))


@counterpart("cross", "linalg.cross")
def _cross(a, b, axis=-1):
    """The product of vectors with three elements."""
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    (p, q), d = (a, b), axis_of(a, axis)
    index = [(*[slice(None)] * d, k) for k in range(3)]
    return stack([p[index[(k + 1) % 3]] * q[index[(k + 2) % 3]] - p[index[(k + 2) % 3]] * q[index[(k + 1) % 3]]
                  for k in range(3)], axis=d)


@counterpart("einsum")
def _einsum(subscripts, *operands, optimize=None):
    """Sums of products by letters, two operands at a time.  Reference: numpy.einsum, without ellipses"""
    text = subscripts.replace(" ", "")
    if "." in text:
        raise TypeError(f"numpy.einsum of variables takes no ellipsis, got {subscripts!r}")
    left, arrow, out = text.partition("->")
    terms = left.split(",")
    if not arrow:
        out = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    left = [_without_repeats(t, as_tensor_variable(x)) for t, x in zip(terms, operands, strict=True)]
    while len(left) > 1:
        (a, x), (b, y), *rest = left
        needed = set(out).union(*(t for t, _ in rest))
        left = [_pair(*_summed(a, x, needed | set(b)), *_summed(b, y, needed | set(a)), needed), *rest]
    labels, x = _summed(*left[0], set(out))
    return x.dimshuffle([labels.index(c) for c in out])


def _without_repeats(labels, x):
    """``x`` with one axis for each letter: the diagonal where one is there twice."""
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            first = labels.index(c)
            second = labels.index(c, first + 1)
            x = diagonal(x, 0, first, second)
            labels = labels[:first] + labels[first + 1:second] + labels[second + 1:] + c
    return labels, x


def _summed(labels, x, needed):
    """``x`` added up along axes that nobody needs."""
    axes = [k for k, c in enumerate(labels) if c not in needed]
    return "".join(c for c in labels if c in needed), sum(x, axis=axes) if axes else x


def _pair(a, x, b, y, needed):
    """The product of two operands as a product of stacks of matrices."""
    batch = [c for c in a if c in b and c in needed]
    inner = [c for c in a if c in b and c not in needed]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    extent = {c: v.shape[k] for labels, v in ((b, y), (a, x)) for k, c in enumerate(labels)}

    def size(labels):
        total = 1
        for c in labels:
            total = total * extent[c]
        return total

    def arranged(v, labels, *groups):
        order = [labels.index(c) for group in groups for c in group]
        return v.dimshuffle(order).reshape([size(group) for group in groups], ndim=len(groups))
    if batch:
        result = batched_dot(arranged(x, a, batch, rows, inner), arranged(y, b, batch, inner, columns))
    else:
        result = dot(arranged(x, a, rows, inner), arranged(y, b, inner, columns))
    labels = [*batch, *rows, *columns]
    return "".join(labels), result.reshape([extent[c] for c in labels], ndim=len(labels))


@counterpart("linalg.norm")
def _norm(x, ord=None, axis=None, keepdims=False):
    x = as_tensor_variable(x)
    axes = None if axis is None else tuple(axes_of(x, axis))
    if axes is None and (ord is None or x.type.ndim == 0):
        found, axes = abs_(x.flatten()).norm(2), tuple(range(x.type.ndim))
    elif axes is not None and len(axes) == 1 and x.type.ndim > 1:
        found = x.norm(2 if ord is None else ord, axis=axes[0])
    elif axes is None or sorted(axes) == list(range(x.type.ndim)):
        found, axes = norm(x, ord), tuple(range(x.type.ndim))
    else:
        raise TypeError(f"numpy.linalg.norm of variables is that of vectors or one matrix, got {x.type}, axis={axis}")
    if not keepdims:
        return found
    left = iter(range(found.type.ndim))
    return found.dimshuffle(["x" if d in axes else next(left) for d in range(x.type.ndim)])


@counterpart("linalg.cond")
def _condition(x, p=None):
    if p in (None, 2, -2):
        values = svd(x, compute_uv=False)
        return max_of(values) / min_of(values) if p != -2 else min_of(values) / max_of(values)
    return norm(x, p) * norm(matrix_inverse(x), p)


@counterpart("linalg.matrix_rank")
def _rank(A):                                                                                        # noqa: N803
    values = svd(A, compute_uv=False)
    return sum(gt(values, max_of(values) * _least(A)))


def _least(a):
    """What part of the largest singular value counts as zero: the larger extent times the rounding unit."""
    a = as_tensor_variable(a)
    dtype = a.type.dtype if kind_of(a.type.dtype) in "fc" else "float64"
    return (max_of(a.shape) * float(finfo(dtype).eps)).astype("float64")


def _inverse_transform(a, n, axis):
    found = fft(a.conj(), n, axis).conj()
    return found / found.shape[axis]


def _half_transform(a, n, axis):
    whole = fft(a, n, axis)
    return whole[(*[slice(None)] * axis_of(a, axis), slice(0, whole.shape[axis] // 2 + 1))]
