"""Elements, slices and lists of rows of sparse matrices."""

import numpy as np

from theano.gradient import grad_not_implemented
from theano.graph.op import Op
from theano.graph.type import generic
from theano.graph.variable import Apply, Constant, Variable
from theano.sparse.convert import disconnected
from theano.sparse.type import format_cls
from theano.sparse.variable import as_sparse_variable, method
from theano.tensor.constant import as_tensor_variable
from theano.tensor.type import tensor

NO_INDEX = Constant(generic, None)          # a bound of a slice that is left out


def _as_integer(index):
    """A scalar integer variable; ValueError for anything else."""
    try:
        index = as_tensor_variable(index)
    except TypeError as error:
        raise ValueError(f"sparse matrices are indexed by integers and slices of them, got {index!r}") from error
    if index.type.ndim or not index.type.dtype.startswith(("int", "uint")):
        raise ValueError(f"sparse matrices are indexed by integers and slices of them, got {index} "
                         f"of type {index.type}")
    return index


def _as_list(index):
    """A vector of integers; TypeError for anything else."""
    index = as_tensor_variable(index)
    if index.type.ndim != 1 or not index.type.dtype.startswith(("int", "uint")):
        raise TypeError(f"expected a vector of integers, got {index} of type {index.type}")
    return index


def _check_bounds(index, extent, axis):
    if len(index) and (index.max() >= extent or index.min() < -extent):
        wrong = index[(index >= extent) | (index < -extent)][0]
        raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {extent}")


class GetItemList(Op):
    """Some rows of a sparse matrix.

    x: sparse (m, n)   index: (k,)   ->   sparse (k, n)
    """

    __props__ = ()

    def make_node(self, x, index):
        x, index = as_sparse_variable(x), _as_list(index)
        return Apply(self, [x, index], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, index = inputs
        _check_bounds(index, x.shape[0], 0)
        output_storage[0][0] = x[index]

    def infer_shape(self, node, shapes):
        return [(shapes[1][0], shapes[0][1])]

    def connection_pattern(self, node):
        return [[True], [False]]

    def grad(self, inputs, output_grads):
        return [get_item_list_grad(*inputs, output_grads[0]), disconnected()]


class GetItemListGrad(Op):
    """The gradient of `GetItemList`: the rows of ``g`` where they came from, those that come twice added up.

    x: sparse (m, n)   index: (k,)   g: sparse (k, n)   ->   sparse (m, n)
    """

    __props__ = ()

    def make_node(self, x, index, gz):
        x, index, gz = as_sparse_variable(x), _as_list(index), as_sparse_variable(gz)
        return Apply(self, [x, index, gz], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, index, g = inputs
        placed = g.tocoo()
        output_storage[0][0] = _scattered(node.outputs[0].type, placed.data, index[placed.row], placed.col, x.shape)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[False], [False], [True]]

    def grad(self, inputs, output_grads):
        return [disconnected(), disconnected(), get_item_list(output_grads[0], inputs[1])]


def _scattered(kind, data, rows, columns, shape):
    """The matrix of type ``kind`` with ``data`` at these places."""
    rows, columns = rows % shape[0], columns % shape[1]
    return format_cls[kind.format]((data, (rows, columns)), shape=shape, dtype=kind.dtype)


class GetItem2Lists(Op):
    """Some elements of a sparse matrix.

    x: sparse (m, n)   ind1: (k,)   ind2: (k,)   ->   (k,)
    """

    __props__ = ()

    def make_node(self, x, ind1, ind2):
        x, ind1, ind2 = as_sparse_variable(x), _as_list(ind1), _as_list(ind2)
        return Apply(self, [x, ind1, ind2], [tensor(x.type.dtype, ind1.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        x, *lists = inputs
        for axis, index in enumerate(lists):
            _check_bounds(index, x.shape[axis], axis)
        output_storage[0][0] = np.asarray(x[tuple(lists)], dtype=node.outputs[0].type.dtype).reshape(-1)

    def infer_shape(self, node, shapes):
        return [shapes[1]]

    def connection_pattern(self, node):
        return [[True], [False], [False]]

    def grad(self, inputs, output_grads):
        return [get_item_2lists_grad(*inputs, output_grads[0]), disconnected(), disconnected()]


class GetItem2ListsGrad(Op):
    """The gradient of `GetItem2Lists`: the elements of ``g`` where they came from, those that come twice added up.

    x: sparse (m, n)   ind1: (k,)   ind2: (k,)   g: (k,)   ->   sparse (m, n)
    """

    __props__ = ()

    def make_node(self, x, ind1, ind2, gz):
        x, ind1, ind2, gz = as_sparse_variable(x), _as_list(ind1), _as_list(ind2), as_tensor_variable(gz)
        return Apply(self, [x, ind1, ind2, gz], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, ind1, ind2, g = inputs
        output_storage[0][0] = _scattered(node.outputs[0].type, g, ind1, ind2, x.shape)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[False], [False], [False], [True]]

    def grad(self, inputs, output_grads):
        return [disconnected(), disconnected(), disconnected(), get_item_2lists(output_grads[0], *inputs[1:3])]


class GetItem2d(Op):
    """A rectangle of a sparse matrix.

    x: sparse (m, n)   index: two slices   ->   sparse
    """

    __props__ = ()

    def make_node(self, x, index):
        x = as_sparse_variable(x)
        bounds = [_bound(b) for part in self.slices(index) for b in (part.start, part.stop, part.step)]
        return Apply(self, [x, *bounds], [x.type()])

    @staticmethod
    def slices(index):
        """``index`` as two slices; raises NotImplementedError or ValueError for anything else."""
        index = index if isinstance(index, tuple) else (index,)
        if len(index) > 2:
            raise NotImplementedError(f"a sparse matrix has two dimensions, got {len(index)} indices")
        index = index + (slice(None),) * (2 - len(index))
        for part in index:
            if isinstance(part, slice):
                continue
            if (part.type.ndim if isinstance(part, Variable) else np.ndim(part)) == 0:
                raise NotImplementedError("Theano has no sparse vector. Use X[a:b, c:d], X[a:b, c:c+1] or X[a:b] "
                                          "instead.")
            raise ValueError(f"Advanced indexing is not implemented for sparse matrices: {part}")
        return index

    def perform(self, node, inputs, output_storage):
        x, *bounds = inputs
        output_storage[0][0] = x[_slices(bounds)]

    def connection_pattern(self, node):
        return [[True]] + [[False]] * 6

    def grad(self, inputs, output_grads):
        return [GetItem2dGrad()(*inputs, output_grads[0]), *(disconnected() for _ in inputs[1:])]


def _bound(value):
    if value is None:
        return NO_INDEX
    return value if isinstance(value, Variable) and value.type == generic else _as_integer(value)


def _slices(bounds):
    """Two slices of six values."""
    start, stop, step, start2, stop2, step2 = (None if b is None else int(b) for b in bounds)
    return slice(start, stop, step), slice(start2, stop2, step2)


class GetItem2dGrad(Op):
    """The gradient of `GetItem2d`: zeros but for the rectangle.

    x: sparse (m, n)   six bounds   g: sparse   ->   sparse (m, n)
    """

    __props__ = ()

    def make_node(self, x, *rest):
        return Apply(self, [x, *rest], [x.type()])

    def perform(self, node, inputs, output_storage):
        x, *bounds, g = inputs
        rows, columns = (np.arange(n)[part] for n, part in zip(x.shape, _slices(bounds), strict=True))
        placed = g.tocoo()
        output_storage[0][0] = _scattered(node.outputs[0].type, placed.data, rows[placed.row], columns[placed.col],
                                          x.shape)

    def infer_shape(self, node, shapes):
        return [shapes[0]]

    def connection_pattern(self, node):
        return [[False]] * 7 + [[True]]

    def grad(self, inputs, output_grads):
        _, a, b, c, d, e, f, _ = inputs
        part = get_item_2d(output_grads[0], (slice(a, b, c), slice(d, e, f)))
        return [*(disconnected() for _ in range(7)), part]


class GetItemScalar(Op):
    """One element of a sparse matrix.

    x: sparse (m, n)   index: two integers   ->   ()
    """

    __props__ = ()

    def make_node(self, x, index):
        x = as_sparse_variable(x)
        if len(index) != 2:
            raise NotImplementedError(f"an element of a sparse matrix needs two indices, got {index}")
        if any(isinstance(part, slice) for part in index):
            raise NotImplementedError(f"GetItemScalar takes integers only, got {index}")
        return Apply(self, [x, *map(_as_integer, index)], [tensor(x.type.dtype, ())])

    def perform(self, node, inputs, output_storage):
        x, row, column = inputs
        output_storage[0][0] = np.asarray(x[int(row), int(column)], dtype=node.outputs[0].type.dtype)

    def infer_shape(self, node, shapes):
        return [()]

    def connection_pattern(self, node):
        return [[True], [False], [False]]

    def grad(self, inputs, output_grads):
        if inputs[0].type.format not in ("csr", "csc"):
            return [grad_not_implemented(self, 0, inputs[0]), disconnected(), disconnected()]
        x, row, column = inputs
        lists = (row.dimshuffle("x"), column.dimshuffle("x"))
        return [get_item_2lists_grad(x, *lists, output_grads[0].dimshuffle("x")), disconnected(), disconnected()]


get_item_list, get_item_list_grad = GetItemList(), GetItemListGrad()
get_item_2lists, get_item_2lists_grad = GetItem2Lists(), GetItem2ListsGrad()
get_item_2d, get_item_scalar = GetItem2d(), GetItemScalar()


def _is_list(part):
    """Whether an index is a list or vector of integers."""
    if isinstance(part, Variable):
        return getattr(part.type, "ndim", 0) == 1 and part.type.dtype.startswith(("int", "uint"))
    return isinstance(part, (list, np.ndarray)) and np.ndim(part) == 1


@method("__getitem__")
def getitem(x, args):
    """Rows, elements or a rectangle of a sparse matrix, by what the index is.

    A list of rows; two lists: elements; two integers: one element; slices: a rectangle. Raises NotImplementedError or
    ValueError for anything else.
    """
    index = args if isinstance(args, tuple) else (args,)
    if len(index) == 1 and _is_list(index[0]):
        return get_item_list(x, index[0])
    if len(index) == 2 and all(map(_is_list, index)):
        return get_item_2lists(x, *index)
    if len(index) == 2 and not any(isinstance(part, slice) or _is_list(part) for part in index):
        return get_item_scalar(x, index)
    return get_item_2d(x, index)


