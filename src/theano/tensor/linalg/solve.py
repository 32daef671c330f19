"""Systems of linear equations."""

import numpy as np
from numpy.linalg import LinAlgError

from theano.gradient import DisconnectedType
from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.type import upcast
from theano.tensor.constant import as_tensor_variable
from theano.tensor.create import tril, triu
from theano.tensor.dot import dot, outer
from theano.tensor.linalg import lapack
from theano.tensor.linalg.adjoint import (
    adjoint,
    conjugate,
    fold,
    gradients_like,
    inexact,
    is_complex,
    matrix_argument,
)
from theano.tensor.type import tensor

MATRIX_STRUCTURES = ("general", "symmetric", "lower_triangular", "upper_triangular", "hermitian", "banded", "diagonal",
                     "toeplitz")
TRANSPOSED = {"lower_triangular": "upper_triangular", "upper_triangular": "lower_triangular"}
SYMMETRIC = ("symmetric", "hermitian")


def right_side(name, b):
    """``b`` as a variable; TypeError unless it is a vector or matrix."""
    b = as_tensor_variable(b)
    if b.type.ndim not in (1, 2):
        raise TypeError(f"{name} needs a vector or matrix at the right side, but {b} is a {b.type}")
    return b


class Solve(Op):
    """x with ``A @ x == b``.

    A: (n, n)   b: (n,) or (n, k)   ->   shape of ``b``; dtype by promotion, float64 for integers
    Raises LinAlgError where ``A`` is singular or shapes don't fit, also where it is known to be diagonal and the
    solution is a division.  Reference: scipy.linalg.solve

    Parameters
    ----------
    A_structure : one of MATRIX_STRUCTURES
        What is known about ``A``. Of a triangular one that triangle is read, of a symmetric (Hermitian) one the
        triangle that ``lower`` says; all others are solved as general ones.
    lower : bool
    overwrite_A, overwrite_b : bool
        Permissions that are not used: arguments keep their values.
    """

    __props__ = ("A_structure", "lower", "overwrite_A", "overwrite_b")

    def __init__(self, A_structure="general", lower=False, overwrite_A=False, overwrite_b=False):    # noqa: N803
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError(f"Invalid matrix structure argument {A_structure!r}: one of {MATRIX_STRUCTURES}")
        self.A_structure, self.lower = A_structure, bool(lower)
        self.overwrite_A, self.overwrite_b = bool(overwrite_A), bool(overwrite_b)

    def make_node(self, A, b):                                                                       # noqa: N803
        a, b = matrix_argument("solve", A), right_side("solve", b)
        return Apply(self, [a, b], [tensor(inexact(upcast(a.type.dtype, b.type.dtype)), b.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        dtype = node.outputs[0].type.numpy_dtype
        a, b = (np.asarray(x, dtype) for x in inputs)
        lapack.fitting("solve", a, b)
        if self.A_structure in TRANSPOSED:
            x = lapack.solve_triangular(a, b, self.A_structure == "lower_triangular")
        elif self.A_structure in SYMMETRIC and (self.A_structure == "hermitian" or dtype.kind != "c"):
            x = lapack.solve_symmetric(a, b, self.lower)
        else:
            x = lapack.lu_solve(*lapack.lu_factor(a), b, False)
        output_storage[0][0] = x

    def infer_shape(self, node, shapes):
        return [(shapes[0][1], *shapes[1][1:])]

    def extents(self, extents, node):
        return extents[node.inputs[1]]

    def adjoint(self):
        """The op that solves with the conjugate transpose."""
        return Solve(TRANSPOSED.get(self.A_structure, self.A_structure),
                     self.lower if self.A_structure in SYMMETRIC else not self.lower)

    def L_op(self, inputs, outputs, output_grads):
        (a, _), (x,), (g,) = inputs, outputs, output_grads
        of_b = self.adjoint()(adjoint(a), g)
        of_a = -outer(of_b, conjugate(x)) if x.type.ndim == 1 else -dot(of_b, adjoint(x))
        if self.A_structure == "lower_triangular":
            of_a = tril(of_a)
        elif self.A_structure == "upper_triangular":
            of_a = triu(of_a)
        elif self.A_structure in SYMMETRIC and (self.A_structure == "hermitian" or not is_complex(a)):
            of_a = fold(of_a, self.lower)
        return gradients_like(inputs, [of_a, of_b])


solve = Solve()
solve_symmetric = Solve(A_structure="symmetric")
solve_lower_triangular = Solve(A_structure="lower_triangular", lower=True)
solve_upper_triangular = Solve(A_structure="upper_triangular", lower=False)


class LUFactor(Op):
    """The factors of a square matrix that all of its solutions, inverse and determinant share.

    A: (n, n)   ->   lu (n, n), what LAPACK gives for the transpose of ``A``, transposed; pivots (n,), the column that
    each was exchanged with. The product of the diagonal is the determinant up to its sign.
    Reference: scipy.linalg.lu_factor
    """

    __props__ = ()

    def make_node(self, a):
        a = matrix_argument("lu_factor", a)
        return Apply(self, [a], [tensor(inexact(a.type.dtype), (False, False)), tensor("int64", (False,))])

    def perform(self, node, inputs, output_storage):
        a = np.asarray(lapack.square("lu_factor", inputs[0]), node.outputs[0].type.numpy_dtype)
        output_storage[0][0], output_storage[1][0] = lapack.lu_factor(a)

    def infer_shape(self, node, shapes):
        return [shapes[0], (shapes[0][0],)]

    def extents(self, extents, node):
        return extents[node.inputs[0]]


class LUSolve(Op):
    """x with ``A @ x == b``, or with the transpose of ``A``, from the factors of ``A``.

    lu, pivots: see `LUFactor`   b: (n,) or (n, k)   ->   shape of ``b``
    """

    __props__ = ("transposed",)

    def __init__(self, transposed=False):
        self.transposed = bool(transposed)

    def make_node(self, lu, pivots, b):
        lu, b = matrix_argument("lu_solve", lu), right_side("lu_solve", b)
        return Apply(self, [lu, as_tensor_variable(pivots), b],
                     [tensor(inexact(upcast(lu.type.dtype, b.type.dtype)), b.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        lu, pivots, b = inputs
        dtype = node.outputs[0].type.numpy_dtype
        lapack.fitting("solve", lu, b)
        output_storage[0][0] = lapack.lu_solve(np.asarray(lu, dtype), pivots, np.asarray(b, dtype), self.transposed)

    def infer_shape(self, node, shapes):
        return [shapes[2]]

    def extents(self, extents, node):
        return extents[node.inputs[2]]


class LUInverse(Op):
    """The inverse of a matrix from its factors.

    lu, pivots: see `LUFactor`   ->   (n, n)
    """

    __props__ = ()

    def make_node(self, lu, pivots):
        lu = matrix_argument("lu_inverse", lu)
        return Apply(self, [lu, as_tensor_variable(pivots)], [lu.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = lapack.lu_inverse(*inputs)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]


class Divisors(Op):
    """The diagonal of a matrix, after checks that systems of equations with it have a solution.

    v: (..., n)   rows: integer scalar, how many the right side has   ->   v
    Raises LinAlgError where ``rows`` is not n, or an element is 0, as a solver does; what divides by the result is as
    good as one.

    Parameters
    ----------
    name : str
        Of the operation, for messages.
    """

    __props__ = ("name",)
    view_map = {0: [0]}
    names = ("solve", "inverse")

    def __init__(self, name="solve"):
        self.name = name

    def make_node(self, v, rows):
        v, rows = as_tensor_variable(v), as_tensor_variable(rows)
        if not v.type.ndim:
            raise TypeError(f"Divisors needs diagonals, but {v} is a scalar")
        return Apply(self, [v, rows], [v.type()])

    def perform(self, node, inputs, output_storage):
        v, rows = inputs
        if v.shape[-1] != rows:
            raise LinAlgError(f"{self.name}: a diagonal matrix of {v.shape[-1]} rows and a right side of {rows} don't "
                              "fit, both need the same number of rows")
        if not v.all():
            raise LinAlgError(f"{self.name}: the diagonal matrix is singular, pivot "
                              f"{int(np.argwhere(v == 0)[0, -1]) + 1} is zero")
        output_storage[0][0] = v

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def extents(self, extents, node):
        return extents[node.inputs[0]]

    def connection_pattern(self, node):
        return [[True], [False]]

    def L_op(self, inputs, outputs, output_grads):
        return [output_grads[0], DisconnectedType()()]

    def R_op(self, inputs, eval_points):
        return eval_points[:1]
