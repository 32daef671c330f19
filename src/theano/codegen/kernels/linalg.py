"""Linear algebra: a prebuilt kernel for each op, for one matrix or a batch of them; see runtime/linalg.h."""

from collections.abc import Callable
from dataclasses import dataclass

from theano.codegen.loops import as_dtype
from theano.inner.batch.each_row import EachRow
from theano.tensor.blas import BLAS_DTYPES
from theano.tensor.linalg.cholesky import ON_ERROR, Cholesky, CholeskyGrad, CholeskyInverse
from theano.tensor.linalg.decompose import MODES, SVD, QRFull, QRIncomplete
from theano.tensor.linalg.eigen import Eig, Eigh, Eigvalsh
from theano.tensor.linalg.inverse import Det, MatrixInverse, MatrixPinv, SLogDet, lstsq
from theano.tensor.linalg.product import Expm
from theano.tensor.linalg.solve import SYMMETRIC, TRANSPOSED, Divisors, LUFactor, LUInverse, LUSolve, Solve
from theano.tensor.slices import NoneConst

REAL_DTYPES = ("float32", "float64")
REAL_PART = {"complex64": "float32", "complex128": "float64"}


@dataclass(frozen=True)
class MatrixKernel:
    """How an op becomes a call of a kernel.

    name: of the kernel. params: its integers, from the op and the dtype that it works in. dtypes: that of each input
    where it is not that dtype. real: whether it takes real numbers alone. first: inputs before it are not passed.
    batch: whether it takes batches.
    """

    name: str
    params: Callable = lambda op, dtype: ()
    dtypes: tuple = ()
    real: bool = False
    first: int = 0
    batch: bool = True


def structure(op, dtype):
    """What `Solve` knows about its matrix: general, lower, upper, symmetric."""
    if op.A_structure in TRANSPOSED:
        kind = 1 if op.A_structure == "lower_triangular" else 2
    else:
        kind = 3 * (op.A_structure in SYMMETRIC and (op.A_structure == "hermitian" or dtype in REAL_DTYPES))
    return kind, int(op.lower)


LINALG_ROWS = {
    Solve: MatrixKernel("solve", structure),
    LUFactor: MatrixKernel("lu_factor"),
    LUSolve: MatrixKernel("lu_solve", lambda op, dtype: (int(op.transposed),), dtypes=(None, "int64", None)),
    LUInverse: MatrixKernel("lu_inverse", dtypes=(None, "int64")),
    MatrixInverse: MatrixKernel("inverse"),
    MatrixPinv: MatrixKernel("pinv"),
    Det: MatrixKernel("det"),
    SLogDet: MatrixKernel("slogdet"),
    lstsq: MatrixKernel("lstsq", dtypes=(None, None, "float64"), batch=False),
    Cholesky: MatrixKernel("cholesky", lambda op, dtype: (int(op.lower), ON_ERROR.index(op.on_error))),
    CholeskyGrad: MatrixKernel("cholesky_grad", lambda op, dtype: (int(op.lower),), real=True, first=1),
    CholeskyInverse: MatrixKernel("cholesky_inverse", lambda op, dtype: (int(op.lower),)),
    QRFull: MatrixKernel("qr", lambda op, dtype: (tuple(MODES).index(op.mode),)),
    QRIncomplete: MatrixKernel("qr", lambda op, dtype: (tuple(MODES).index(op.mode),)),
    SVD: MatrixKernel("svd", lambda op, dtype: (int(op.full_matrices), int(op.compute_uv))),
    Eigh: MatrixKernel("eigh", lambda op, dtype: (int(op.UPLO == "L"),)),
    Eigvalsh: MatrixKernel("eigvalsh", lambda op, dtype: (int(op.lower),)),
    Eig: MatrixKernel("eig"),
    Expm: MatrixKernel("expm"),
}
LAPACK_KERNELS = {row.name for row in LINALG_ROWS.values()}


def working_dtype(node):
    """The dtype in which an op computes, or None where no kernel does."""
    given = [v.type.dtype for v in node.outputs if v.type.dtype in BLAS_DTYPES]
    widest = max(given, key=BLAS_DTYPES.index, default=None)
    complex_in = {v.type.dtype for v in node.inputs if getattr(v.type, "dtype", "") in REAL_PART}
    if widest in REAL_DTYPES and complex_in:                # singular values of complex matrices
        return {"float32": "complex64", "float64": "complex128"}[widest]
    return widest


def lower_matrix_op(lowering, node):
    """One matrix."""
    return _call(lowering, node, node.inputs, node.outputs, 0)


def _call(lowering, node, inputs, outputs, mask):
    row, dtype = LINALG_ROWS.get(type(node.op)), working_dtype(node)
    if row is None or dtype is None or row.real and dtype not in REAL_DTYPES or mask and not row.batch:
        return NotImplemented
    given = list(inputs)[row.first:]
    if type(node.op) is lstsq and (node.inputs[0].type.ndim != 2 or node.inputs[1].type.ndim not in (1, 2)
                                   or node.inputs[2].type.ndim):        # an error
        return NotImplemented
    if given[-1].type == NoneConst.type:
        given.pop()
    wanted = [*row.dtypes, *[None] * len(given)]
    places = [as_dtype(lowering, v, d or dtype) for v, d in zip(given, wanted, strict=False)]
    if any(v.type.dtype in REAL_PART and (d or dtype) not in REAL_PART for v, d in zip(given, wanted, strict=False)):
        return NotImplemented
    lowering.add("call", places, [lowering.temp(v) for v in outputs],
                 (mask >> row.first, *row.params(node.op, dtype)), kernel=row.name, node=outputs[0].owner)
    return None


def lower_each_row(lowering, node):
    """A batch of matrices: one op of the table for every row."""
    graph = node.op.graph
    inner = graph.outputs[0].owner
    if inner is None or type(inner.op) not in LINALG_ROWS or list(inner.outputs) != list(graph.outputs):
        return NotImplemented
    place = {v: k for k, v in enumerate(graph.inputs)}
    used = [v for v in inner.inputs if v.type != NoneConst.type]
    if any(v not in place for v in used):
        return NotImplemented
    row = LINALG_ROWS[type(inner.op)]
    mask = sum(1 << k for k, v in enumerate(inner.inputs) if v in place and node.op.batched[place[v]])
    if not mask >> row.first:
        return NotImplemented
    inputs = [node.inputs[place[v]] if v in place else v for v in inner.inputs]
    return _call(lowering, inner, inputs, node.outputs, mask)


def divisors(lowering, node):
    """The diagonal itself, looked at."""
    v, rows = node.inputs
    if v.type.dtype not in BLAS_DTYPES:
        return NotImplemented
    source = lowering.place(v)
    lowering.add("parts", [source, as_dtype(lowering, rows, "int64")], [lowering.view(node.outputs[0], source)],
                 (Divisors.names.index(node.op.name),), kernel="divisors", node=node)
    return None


LINALG = {Divisors: divisors, **dict.fromkeys(LINALG_ROWS, lower_matrix_op), EachRow: lower_each_row}
