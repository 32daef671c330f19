"""NumPy's products and linear algebra.

Factors and inverses are those of one matrix; `theano.inner.batch.stacks` makes them those of stacks.
"""

from collections import namedtuple
from string import ascii_letters

import numpy as np

from theano.graph.variable import Variable
from theano.scalar.dtype import finfo, kind_of
from theano.tensor.axis import axes_of
from theano.tensor.constant import as_tensor_variable
from theano.tensor.counterpart.reduction import merged
from theano.tensor.counterpart.shape import known_extent, moved, transposed
from theano.tensor.counterpart.ufunc import inexact, vecdot
from theano.tensor.diagonal import diagonal
from theano.tensor.dot import batched_dot, batched_product, dot, outer, tensordot
from theano.tensor.elemwise import abs_, gt, maximum, neq, sqrt, switch
from theano.tensor.join import stack
from theano.tensor.linalg.cholesky import Cholesky
from theano.tensor.linalg.decompose import qr, svd
from theano.tensor.linalg.eigen import Eigvalsh, eig, eigh
from theano.tensor.linalg.inverse import det, lstsq, matrix_inverse, pinv, slogdet, tensorinv, tensorsolve
from theano.tensor.linalg.product import kron, matrix_dot, matrix_power, norm
from theano.tensor.linalg.solve import solve
from theano.tensor.reduce import any as any_of
from theano.tensor.reduce import makeKeepDims, sum
from theano.tensor.reduce import max as max_of
from theano.tensor.reduce import min as min_of
from theano.tensor.type import TensorType
from theano.tensor.variable import NUMPY, UFUNCS, counterpart, method

NAMES = {"linalg.eig": "eigenvalues eigenvectors", "linalg.eigh": "eigenvalues eigenvectors", "linalg.qr": "Q R",
         "linalg.slogdet": "sign logabsdet", "linalg.svd": "U S Vh"}                 # of results, as NumPy has them

counterpart("dot")(dot)
counterpart("outer")(lambda a, b: outer(a, b))
counterpart("linalg.outer")(lambda x1, x2: outer(x1, x2))
counterpart("tensordot")(lambda a, b, axes=2: tensordot(a, b, axes))
counterpart("linalg.tensordot")(lambda x1, x2, axes=2: tensordot(x1, x2, axes))
counterpart("vdot")(lambda a, b: dot(as_tensor_variable(a).flatten().conj(), as_tensor_variable(b).flatten()))
counterpart("trace")(lambda a, offset=0, axis1=0, axis2=1, dtype=None: sum(
    diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype))
counterpart("linalg.trace")(lambda x, offset=0, dtype=None: sum(diagonal(x, offset, -2, -1), axis=-1, dtype=dtype))
counterpart("linalg.diagonal")(lambda x, offset=0: diagonal(x, offset, -2, -1))
counterpart("linalg.vecdot")(lambda x1, x2, axis=-1: vecdot(*(moved(x, axis, -1) for x in (x1, x2))))
counterpart("linalg.multi_dot")(lambda arrays: matrix_dot(*map(as_tensor_variable, arrays)))
counterpart("linalg.matrix_power")(matrix_power)
counterpart("linalg.inv")(matrix_inverse)
counterpart("linalg.pinv")(lambda a, rcond=None, hermitian=False, *, rtol=None: _pseudoinverse(
    a, rtol if rcond is None else rcond))
counterpart("linalg.det")(det)
counterpart("linalg.slogdet")(slogdet)
counterpart("linalg.solve")(solve)
counterpart("linalg.cholesky")(lambda a, upper=False: Cholesky(lower=not upper)(a))
counterpart("linalg.qr")(qr)
counterpart("linalg.svd")(lambda a, full_matrices=True, compute_uv=True, hermitian=False: svd(
    a, full_matrices, compute_uv))
counterpart("linalg.svdvals")(lambda x: svd(x, compute_uv=False))
counterpart("linalg.eig")(eig)
counterpart("linalg.eigvals")(lambda a: eig(a)[0])
counterpart("linalg.eigh")(eigh)
counterpart("linalg.eigvalsh")(lambda a, UPLO="L": Eigvalsh(UPLO == "L")(a, None))                  # noqa: N803
counterpart("linalg.lstsq")(lambda a, b, rcond=None: lstsq()(a, b, _least(a) if rcond is None else rcond))
counterpart("linalg.tensorinv")(tensorinv)
counterpart("linalg.tensorsolve")(tensorsolve)
counterpart("linalg.matrix_norm")(lambda x, keepdims=False, ord="fro": _norm(x, ord, (-2, -1), keepdims))


def _with_names(name, function):
    kind = namedtuple(name.removeprefix("linalg.").capitalize() + "Result", NAMES[name])

    def named(*args, **kwargs):
        found = function(*args, **kwargs)
        return kind(*found) if isinstance(found, (list, tuple)) else found
    return named


for _name in NAMES:
    counterpart(_name)(_with_names(_name, NUMPY[_name]))


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
    if max(a.type.ndim, b.type.ndim) == 2:
        return kron(*(x.dimshuffle("x", 0) if x.type.ndim == 1 else x for x in (a, b)))
    ndim = max(a.type.ndim, b.type.ndim)
    a, b = (x.dimshuffle(*["x"] * (ndim - x.type.ndim), *range(x.type.ndim)) for x in (a, b))
    pairs = (a.dimshuffle(*(p for d in range(ndim) for p in (d, "x"))) *
             b.dimshuffle(*(p for d in range(ndim) for p in ("x", d))))
    return pairs.reshape([a.shape[d] * b.shape[d] for d in range(ndim)], ndim=ndim)


@counterpart("cross")
def _cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The product of vectors with three elements; with two only where that is known when the graph is made."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    p, q = ([moved(x, d, -1)[..., k] for k in range(2 if known_extent(x, d) == 2 else 3)]
            for x, d in ((as_tensor_variable(a), axisa), (as_tensor_variable(b), axisb)))
    last = p[0] * q[1] - p[1] * q[0]
    if len(p) == len(q) == 2:
        return last
    p, q = (v if len(v) == 3 else [*v, v[0].zeros_like()] for v in (p, q))
    found = stack([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], last], axis=-1)
    return moved(found, -1, axisc)


counterpart("linalg.cross")(lambda x1, x2, axis=-1: _cross(x1, x2, axis=axis))


@counterpart("einsum")
def _einsum(subscripts, *operands, optimize=None):
    """Sums of products by letters, two operands at a time.  Reference: numpy.einsum"""
    if not isinstance(subscripts, str):
        subscripts, operands = _spelled(subscripts, *operands)
    operands = [as_tensor_variable(x) for x in operands]
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"numpy.einsum: {subscripts!r} has {len(terms)} terms for {len(operands)} operands")
    if not arrow:
        out = "".join(sorted(c for c in set(left) - set(",.") if left.count(c) == 1))
        out = "..." + out if "." in left else out
    if "." in left:
        terms, out = _with_letters(terms, out, operands)
    left = [_without_repeats(t, x) for t, x in _without_single(list(zip(terms, operands, strict=True)))]
    while len(left) > 1:
        (a, x), (b, y), *rest = left
        needed = set(out).union(*(t for t, _ in rest))
        left = [_pair(*_summed(a, x, needed | set(b)), *_summed(b, y, needed | set(a)), needed), *rest]
    labels, x = _summed(*left[0], set(out))
    return x.dimshuffle([labels.index(c) for c in out])


def _spelled(*arguments):
    """Operands each with its list of labels, as text."""
    def word(labels):
        return "".join("..." if k is Ellipsis else ascii_letters[k] for k in labels)
    count = len(arguments) // 2
    text = ",".join(word(labels) for labels in arguments[1:2 * count:2])
    return text + ("->" + word(arguments[-1]) if len(arguments) % 2 else ""), arguments[:2 * count:2]


def _with_letters(terms, out, operands):
    """Letters for the axes that an ellipsis stands for, which are counted from the right."""
    if "..." not in out:
        raise ValueError(f"numpy.einsum: operands have an ellipsis and the output {out!r} has none")
    counts = [x.type.ndim - len(t) + 3 if "..." in t else 0 for t, x in zip(terms, operands, strict=True)]
    free = [c for c in ascii_letters if c not in "".join([*terms, out])][:max(counts)]
    return ([t.replace("...", "".join(free[len(free) - count:])) for t, count in zip(terms, counts, strict=True)],
            out.replace("...", "".join(free)))


def _without_single(pairs):
    """Operands without axes that broadcast: of extent 1 by their type where another has more."""
    long = {c for t, x in pairs for c, single in zip(t, x.type.broadcastable, strict=True) if not single}
    found = []
    for t, x in pairs:
        kept = [k for k, c in enumerate(t) if not (c in long and x.type.broadcastable[k])]
        found.append(("".join(t[k] for k in kept), x.dimshuffle(kept) if len(kept) < len(t) else x))
    return found


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
    elif axes is None or len(axes) == x.type.ndim <= 2 and (0, 1)[:x.type.ndim] == axes:
        found, axes = norm(x, ord), tuple(range(x.type.ndim))
    elif len(axes) == 1:
        found = _norm_of_vectors(x, ord, axes[0])
    elif len(axes) == 2:
        found = _norm_of_matrices(moved(x, axes, (-2, -1)), ord)
    else:
        raise ValueError(f"a norm is of vectors or of matrices, along one axis or two, got {len(axes)}")
    return makeKeepDims(x, found, axes) if keepdims else found


def _norm_of_vectors(x, order, axis):
    order = 2 if order is None else order
    if isinstance(order, str):
        raise ValueError(f"vectors have no norm of order {order!r}")
    if order == -np.inf:
        return min_of(abs_(x), axis=axis)
    if order < 0:
        return sum(abs_(x) ** order, axis=axis) ** (1.0 / order)
    return sum(neq(x, 0), axis=axis).astype(abs_(inexact(x)).type.dtype) if order == 0 else x.norm(order, axis=axis)


def _norm_of_matrices(x, order):
    """Norms of the matrices along the last two axes."""
    if order is None or order == "fro":
        return sqrt(sum(abs_(x) ** 2, axis=(-2, -1)))
    if order in (2, -2, "nuc"):
        values = NUMPY["linalg.svdvals"](x)
        return sum(values, axis=-1) if order == "nuc" else (max_of if order > 0 else min_of)(values, axis=-1)
    if order not in (1, -1, np.inf, -np.inf):
        raise ValueError(f"matrices have no norm of order {order!r}")
    return (max_of if order > 0 else min_of)(sum(abs_(x), axis=-2 if abs(order) == 1 else -1), axis=-1)


@counterpart("linalg.vector_norm")
def _norm_of_all(x, axis=None, keepdims=False, ord=2):
    """Of one axis, or of the elements along some or all together."""
    x = as_tensor_variable(x)
    found = _norm_of_vectors(merged(x, axis), ord, -1)
    return makeKeepDims(x, found, axis) if keepdims else found


@counterpart("linalg.cond")
def _condition(x, p=None):
    if p in (None, 2, -2):
        values = NUMPY["linalg.svdvals"](x)
        large, small = max_of(values, axis=-1), min_of(values, axis=-1)
        return large / small if p != -2 else small / large
    return _norm_of_matrices(x, p) * _norm_of_matrices(NUMPY["linalg.inv"](x), p)


@counterpart("linalg.matrix_rank")
def _rank(A, tol=None, hermitian=False, *, rtol=None):                                               # noqa: N803
    A = as_tensor_variable(A)                                                                        # noqa: N806
    if A.type.ndim < 2:
        return any_of(neq(A, 0)).astype("int64")
    values = NUMPY["linalg.svdvals"](A)
    least = max_of(values, axis=-1, keepdims=True) * (_least(A) if rtol is None else _for_each(rtol))
    return sum(gt(values, least if tol is None else _for_each(tol)), axis=-1)


def _for_each(x):
    """A number for each matrix, beside its singular values."""
    x = as_tensor_variable(x)
    return x.dimshuffle(*range(x.type.ndim), "x")


def _pseudoinverse(a, rcond):
    """The inverse of singular values that are larger than ``rcond`` of the largest; without it the op's own bound."""
    if rcond is None:
        return pinv(a)
    u, s, vt = svd(a, full_matrices=False)
    large = gt(s, max_of(s) * rcond)
    return dot(vt.T.conj() * switch(large, 1 / switch(large, s, 1), 0), u.T.conj())


def _least(a):
    """What part of the largest singular value counts as zero: the larger extent times the rounding unit."""
    a = as_tensor_variable(a)
    dtype = a.type.dtype if kind_of(a.type.dtype) in "fc" else "float64"
    return (maximum(a.shape[a.type.ndim - 2], a.shape[a.type.ndim - 1]) * float(finfo(dtype).eps)).astype("float64")
