"""Sums, products, comparisons and functions of the elements of sparse matrices.

A function of the elements that are stored leaves out those that are not: it is *structured* where it would not be 0
for 0.
"""

import operator

import numpy as np

from theano.graph.op import Op
from theano.graph.variable import Apply
from theano.scalar.table import TABLE
from theano.scalar.type import upcast
from theano.sparse.convert import CSM, as_gradient_of, csm_properties, dense_from_sparse
from theano.sparse.type import SparseType, format_cls
from theano.sparse.variable import (
    as_sparse_or_tensor_variable,
    as_sparse_variable,
    is_sparse_variable,
    method,
)
from theano.tensor.constant import as_tensor_variable
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.elemwise import add as add_tensors
from theano.tensor.reduce import sum as sum_tensor
from theano.tensor.type import tensor


class Neg(Op):
    """The negative of a sparse matrix."""

    __props__ = ()

    def make_node(self, x):
        x = as_sparse_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = -inputs[0]

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        return [-output_grads[0]]

    def __str__(self):
        return "SparseNeg"


neg = Neg()


@method("__neg__")
def _negative(x):
    """The negative of the matrix."""
    return neg(x)


class _TwoSparse(Op):
    """An op on two sparse matrices of one shape; the result has the format of the first."""

    __props__ = ()
    dtype = None                # of the result; None: by promotion

    def make_node(self, x, y):
        x, y = as_sparse_variable(x), as_sparse_variable(y)
        dtype = self.dtype or upcast(x.type.dtype, y.type.dtype)
        return Apply(self, [x, y], [SparseType(x.type.format, dtype)()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        if x.shape != y.shape:
            raise ValueError(f"{self} needs matrices of one shape, got {x.shape} and {y.shape}")
        kind = node.outputs[0].type
        output_storage[0][0] = self.combine(x, y).asformat(kind.format).astype(kind.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0]]


class AddSS(_TwoSparse):
    """The sum of two sparse matrices."""

    @staticmethod
    def combine(x, y):
        """The sum of two values."""
        return x + y

    def grad(self, inputs, output_grads):
        return [as_gradient_of(v, output_grads[0]) for v in inputs]


class AddSSData(_TwoSparse):
    """The sum of two sparse matrices that store elements at the same places."""

    @staticmethod
    def combine(x, y):
        """The sum of two values; ValueError where the places differ."""
        if not (np.array_equal(x.indptr, y.indptr) and np.array_equal(x.indices, y.indices)):
            raise ValueError("the two matrices store elements at different places: use add")
        return type(x)((x.data + y.data, x.indices.copy(), x.indptr.copy()), shape=x.shape)

    def grad(self, inputs, output_grads):
        return [as_gradient_of(v, output_grads[0]) for v in inputs]


class MulSS(_TwoSparse):
    """The product, element by element, of two sparse matrices."""

    @staticmethod
    def combine(x, y):
        """The product of two values."""
        return x.multiply(y)

    def grad(self, inputs, output_grads):
        x, y = inputs
        g, = output_grads
        return [as_gradient_of(x, y * g), as_gradient_of(y, x * g)]


class AddSD(Op):
    """The sum of a sparse matrix and an array.

    x: sparse (m, n)   y: (m, n)   ->   (m, n)
    """

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        if y.type.ndim != 2:
            raise TypeError(f"AddSD needs a matrix, got {y} of type {y.type}")
        return Apply(self, [x, y], [tensor(upcast(x.type.dtype, y.type.dtype), y.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        if x.shape != y.shape:
            raise ValueError(f"AddSD needs a sparse and a dense matrix of one shape, got {x.shape} and {y.shape}")
        output_storage[0][0] = np.add(x.toarray(), y, dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def grad(self, inputs, output_grads):
        g, = output_grads
        return [mul(SparseType.make_ones(inputs[0], g.type.dtype), g), g]


class MulSD(Op):
    """The product, element by element, of a sparse matrix and an array.

    x: sparse (m, n)   y: (m, n) or scalar   ->   sparse (m, n), with elements where x has them
    """

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        if y.type.ndim not in (0, 2):
            raise TypeError(f"MulSD needs a matrix or scalar, got {y} of type {y.type}")
        return Apply(self, [x, y], [SparseType(x.type.format, upcast(x.type.dtype, y.type.dtype))()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        kind = node.outputs[0].type
        if y.ndim == 0:
            output_storage[0][0] = (x.astype(kind.dtype, copy=False) * y[()]).astype(kind.dtype, copy=False)
            return
        if x.shape != y.shape:
            raise ValueError(f"MulSD needs a sparse and a dense matrix of one shape, got {x.shape} and {y.shape}")
        output_storage[0][0] = x.multiply(y).asformat(kind.format).astype(kind.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        x, y = inputs
        g, = output_grads
        if y.type.ndim == 0:
            return [g * y, sum_tensor(column_sums(x * g))]
        return [g * y, as_gradient_of(y, x * g)]


class _SparseVector(Op):
    """An op on a sparse matrix and a vector that holds one number for each column; the result is sparse."""

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        if y.type.ndim != 1:
            raise TypeError(f"{self} needs a vector, got {y} of type {y.type}")
        return Apply(self, [x, y], [SparseType(x.type.format, upcast(x.type.dtype, y.type.dtype))()])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        kind = node.outputs[0].type
        if y.shape[0] != x.shape[1]:
            raise ValueError(f"{self}: a matrix of shape {x.shape} needs a vector of {x.shape[1]}, got {y.shape[0]}")
        output_storage[0][0] = self.combine(x, y).asformat(kind.format).astype(kind.dtype, copy=False)

    def infer_shape(self, node, shapes):
        return [shapes[0]]


def column_sums(x):
    """Sums of the stored elements of each column."""
    return SparseType.row_functions["column_sums"](x)


class MulSV(_SparseVector):
    """The columns of a sparse matrix times the elements of a vector."""

    @staticmethod
    def combine(x, y):
        """The product of two values."""
        return x.multiply(y[None, :])

    def grad(self, inputs, output_grads):
        x, y = inputs
        g, = output_grads
        return [mul_s_v(g, y), column_sums(x * g)]


class StructuredAddSV(_SparseVector):
    """The stored elements of a sparse matrix plus the element of a vector that belongs to their column."""

    @staticmethod
    def combine(x, y):
        """The sum of two values."""
        placed = x.tocoo()
        placed.data = placed.data + y[placed.col]
        return placed

    def grad(self, inputs, output_grads):
        g, = output_grads
        return [g, column_sums(g)]


add_s_s, add_s_s_data, add_s_d = AddSS(), AddSSData(), AddSD()
mul_s_s, mul_s_d, mul_s_v, structured_add_s_v = MulSS(), MulSD(), MulSV(), StructuredAddSV()


def _pair(name, x, y):
    """Two values as variables, at least one of them sparse."""
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    if not (is_sparse_variable(x) or is_sparse_variable(y)):
        raise NotImplementedError(f"sparse.{name} needs a sparse matrix, got a {x.type} and a {y.type}")
    return x, y


@method("__add__")
def add(x, y):
    """The sum: sparse of two sparse matrices, dense where one is dense.

    Raises NotImplementedError where none is sparse.
    """
    x, y = _pair("add", x, y)
    if is_sparse_variable(x) and is_sparse_variable(y):
        return add_s_s(x, y)
    sparse, dense = (x, y) if is_sparse_variable(x) else (y, x)
    if dense.type.ndim == 2 and not any(dense.type.broadcastable):
        return add_s_d(sparse, dense)
    return add_tensors(dense_from_sparse(sparse), dense)


@method("__sub__")
def sub(x, y):
    """The difference; like `add`."""
    x, y = _pair("sub", x, y)
    return add(x, -y.astype(upcast(x.type.dtype, y.type.dtype)))        # so that unsigned numbers get signs first


@method("__mul__")
def mul(x, y):
    """The product, element by element: always sparse. A vector is one factor for each column.

    Raises NotImplementedError where none is sparse.
    """
    x, y = _pair("mul", x, y)
    if is_sparse_variable(x) and is_sparse_variable(y):
        return mul_s_s(x, y)
    sparse, dense = (x, y) if is_sparse_variable(x) else (y, x)
    if dense.type.ndim == 1:
        return mul_s_v(sparse, dense)
    if dense.type.ndim == 2 and any(dense.type.broadcastable):
        return _broadcast_product(sparse, dense)
    return mul_s_d(sparse, dense)


def _broadcast_product(sparse, dense):
    """A sparse matrix times a row, a column, or a matrix of one element."""
    row, column = dense.type.broadcastable[0], dense.type.broadcastable[1]
    if row and column:
        return mul_s_d(sparse, dense[0, 0])
    if row:
        return mul_s_v(sparse, dense[0])
    return mul_s_v(sparse.T, dense[:, 0]).T


@method("__radd__")
def _swapped_add(right, left):
    """The sum with the variable at the right."""
    return add(left, right)


@method("__rsub__")
def _swapped_sub(right, left):
    """The difference with the variable at the right."""
    return sub(left, right)


@method("__rmul__")
def _swapped_mul(right, left):
    """The product with the variable at the right."""
    return mul(left, right)


def _add_all(first, *others):
    for other in others:
        first = add(first, other)
    return first


SparseType.row_functions.update(add=_add_all, sub=sub, mul=mul, neg=neg)


# -- comparisons -------------------------------------------------------------------------------------------

COMPARISONS = {         # class name -> name of the op, of the function, operator, the function with arguments swapped
    "Equal": ("equal", "eq", operator.eq, "eq"),
    "NotEqual": ("not_equal", "neq", operator.ne, "neq"),
    "LessThan": ("less_than", "lt", operator.lt, "gt"),
    "GreaterThan": ("greater_than", "gt", operator.gt, "lt"),
    "LessEqual": ("less_equal", "le", operator.le, "ge"),
    "GreaterEqual": ("greater_equal", "ge", operator.ge, "le"),
}


class ComparisonSS(_TwoSparse):
    """A comparison, element by element, of two sparse matrices: sparse, uint8."""

    dtype = "uint8"

    def combine(self, x, y):
        """The comparison of two values; by arrays where most elements of the result are not 0."""
        if self.comparison(0, 0):
            return format_cls["csr"](self.comparison(x.toarray(), y.toarray()))
        return self.comparison(x, y)

    def grad(self, inputs, output_grads):
        return [v.type.zeros_like(v) for v in inputs]


class ComparisonSD(Op):
    """A comparison, element by element, of a sparse matrix and an array: dense, uint8."""

    __props__ = ()

    def make_node(self, x, y):
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        if y.type.ndim not in (0, 2):
            raise TypeError(f"{self} needs a matrix or scalar, got {y} of type {y.type}")
        return Apply(self, [x, y], [tensor("uint8", (False, False))])

    def perform(self, node, inputs, output_storage):
        x, y = inputs
        output_storage[0][0] = self.comparison(x.toarray(), y).astype("uint8")

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def grad(self, inputs, output_grads):
        return [v.type.zeros_like(v) for v in inputs]


def _comparison(name, compare, both, one, other):
    """The function that picks the op: ``both`` sparse, ``one``: the first, ``other``: the second."""
    def function(x, y):
        x, y = _pair(name, x, y)
        if is_sparse_variable(x):
            return both(x, y) if is_sparse_variable(y) else one(x, y)
        return other(y, x)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Elementwise ``{compare.__name__}``, uint8: sparse of two sparse matrices, else dense."
    return function


def _declare():
    """Classes, ops and functions of all comparisons by name."""
    made = {}
    for prefix, (name, _, compare, _) in COMPARISONS.items():
        for suffix, base in (("SS", ComparisonSS), ("SD", ComparisonSD)):
            members = {"comparison": staticmethod(compare), "__props__": (), "__module__": __name__,
                       "__doc__": f"Elementwise ``{compare.__name__}``. {base.__doc__}"}
            cls = made[prefix + suffix] = type(prefix + suffix, (base,), members)
            made[f"{name}_s_{suffix[1].lower()}"] = cls()
    by_function = {function: name for name, function, _, _ in COMPARISONS.values()}
    for name, function, compare, swapped in COMPARISONS.values():
        made[function] = _comparison(function, compare, made[f"{name}_s_s"], made[f"{name}_s_d"],
                                     made[f"{by_function[swapped]}_s_d"])
    return made


DECLARED = _declare()
globals().update(DECLARED)
for _function in ("lt", "le", "gt", "ge"):
    method(f"__{_function}__")(DECLARED[_function])


# -- functions of the stored elements ------------------------------------------------------------------------


def structured_monoid(tensor_op):
    """Turns a function of tensors into one of sparse matrices that is applied to the stored elements.

    Further arguments are scalars.
    """
    def decorate(function):
        def structured(*args):
            x = as_sparse_variable(args[0])
            data, *places = csm_properties(x)
            return CSM(x.type.format)(tensor_op(data, *map(as_tensor_variable, args[1:])), *places)
        structured.__name__ = structured.__qualname__ = function.__name__
        structured.__doc__ = function.__doc__
        return structured
    return decorate


NOT_FUNCTIONS = ("neg", "identity")          # the first is an op, the second does nothing
KEEP_ZERO = {name: name for name, row in TABLE.items()          # function -> row of the scalar table
             if row.zero and row.nin == 1 and name not in NOT_FUNCTIONS and not name.startswith("cast_")}
KEEP_ZERO["rint"] = "round_half_to_even"
STRUCTURED = {f"structured_{name}": name for name in ("sigmoid", "exp", "log", "pow", "minimum", "maximum", "add")}


def _named(name, doc):
    def function():
        pass
    function.__name__, function.__doc__ = name, doc
    return function


FUNCTIONS = {name: structured_monoid(ELEMWISE[row])(_named(
    name, f"Elementwise ``{row}`` of the stored elements" + ("." if name == row else "; the others stay 0.")))
    for name, row in (KEEP_ZERO | STRUCTURED).items()}
globals().update(FUNCTIONS)
