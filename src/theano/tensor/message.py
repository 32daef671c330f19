"""Arrays sent between processes with MPI, where mpi4py is installed.

A message is two nodes, one that starts it and one that waits for its end, so that computation goes on between them.
"""

import importlib.util

import numpy as np

from theano.graph.op import Op
from theano.graph.type import Generic
from theano.graph.variable import Apply
from theano.scalar.type import resolve
from theano.tensor.constant import as_tensor_variable
from theano.tensor.type import tensor

mpi_enabled = importlib.util.find_spec("mpi4py") is not None


def _world():
    """All processes; RuntimeError where mpi4py is not installed."""
    if not mpi_enabled:
        raise RuntimeError("messages between processes need mpi4py: pip install mpi4py, with an MPI beside it")
    return importlib.import_module("mpi4py.MPI").COMM_WORLD


class _Message(Op):
    """What sends or receives: its result depends on more than its inputs."""

    def do_constant_folding(self, node):
        return False


class MPIRecv(_Message):
    """Begin to receive an array: (request, the array that is being filled).

    source, tag: from whom and under which number   shape, dtype: of the array
    """

    __props__ = ("source", "tag", "shape", "dtype")

    def __init__(self, source, tag, shape, dtype):
        self.source, self.tag, self.shape = source, tag, tuple(shape)
        self.dtype = resolve(dtype)
        self.broadcastable = (False,) * len(self.shape)

    def make_node(self):
        return Apply(self, [], [Generic()(), tensor(self.dtype, self.broadcastable)])

    def perform(self, node, inputs, output_storage):
        data = np.zeros(self.shape, dtype=self.dtype)
        output_storage[0][0] = _world().Irecv(data, self.source, self.tag)
        output_storage[1][0] = data

    def infer_shape(self, node, shapes):
        return [None, tuple(as_tensor_variable(np.int64(n)) for n in self.shape)]


class MPIRecvWait(_Message):
    """The array of `MPIRecv`, when it is there."""

    __props__ = ("tag",)
    view_map = {0: [1]}

    def __init__(self, tag):
        self.tag = tag

    def make_node(self, request, data):
        return Apply(self, [request, data], [tensor(data.type.dtype, data.type.broadcastable)])

    def perform(self, node, inputs, output_storage):
        request, data = inputs
        request.wait()
        output_storage[0][0] = data

    def infer_shape(self, node, shapes):
        return [shapes[1]]


class MPISend(_Message):
    """Begin to send an array: (request, the array, which must stay as it is until the end)."""

    __props__ = ("dest", "tag")
    view_map = {1: [0]}

    def __init__(self, dest, tag):
        self.dest, self.tag = dest, tag

    def make_node(self, data):
        data = as_tensor_variable(data)
        return Apply(self, [data], [Generic()(), data.type()])

    def perform(self, node, inputs, output_storage):
        data, = inputs
        output_storage[0][0] = _world().Isend(np.ascontiguousarray(data), self.dest, self.tag)
        output_storage[1][0] = data


class MPISendWait(_Message):
    """True, when the array of `MPISend` is on its way."""

    __props__ = ("tag",)

    def __init__(self, tag):
        self.tag = tag

    def make_node(self, request, data):
        return Apply(self, [request, data], [Generic()()])

    def perform(self, node, inputs, output_storage):
        inputs[0].wait()
        output_storage[0][0] = True


def irecv(shape, dtype, source, tag):
    """Begin to receive an array: the request and the array that is being filled."""
    return MPIRecv(source, tag, shape, dtype)()


def recv(shape, dtype, source, tag):
    """An array that process ``source`` sends with the number ``tag``."""
    return MPIRecvWait(tag)(*irecv(shape, dtype, source, tag))


def isend(var, dest, tag):
    """Begin to send an array to process ``dest``: the request and the array."""
    return MPISend(dest, tag)(var)


def send(var, dest, tag):
    """Send an array to process ``dest``: a variable that is True when it is on its way."""
    return MPISendWait(tag)(*isend(var, dest, tag))


# -- in which order nodes run -----------------------------------------------------------------------------------


def mpi_send_wait_key(a):
    """Beginnings of messages early, waiting for them late."""
    op = getattr(a, "op", None)
    return 1 if isinstance(op, (MPIRecvWait, MPISendWait)) else -1 if isinstance(op, (MPIRecv, MPISend)) else 0


def mpi_tag_key(a):
    """Messages of the same kind by their numbers."""
    op = getattr(a, "op", None)
    return op.tag if isinstance(op, _Message) else 0


def key_to_cmp(key):
    """The comparison that goes with a sorting key: negative, zero or positive."""
    def key_cmp(a, b):
        a, b = key(a), key(b)
        return (a > b) - (a < b)
    return key_cmp


mpi_keys = (mpi_send_wait_key, mpi_tag_key)
mpi_cmps = mpi_send_wait_cmp, mpi_tag_cmp = tuple(map(key_to_cmp, mpi_keys))
