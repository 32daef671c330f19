"""Arrays that are read from files while a function runs."""

import numpy as np

from theano.graph.op import Op
from theano.graph.type import Generic
from theano.graph.variable import Apply, Constant, Variable
from theano.scalar.type import resolve
from theano.tensor.type import tensor


class LoadFromDisk(Op):
    """The array in a file of NumPy's format ``.npy``.

    path: a generic variable, or text   ->   an array of the dtype and pattern of the op
    mmap_mode: None reads the file, "c" maps it into memory and copies what is written to.

    Raises ValueError for another mmap_mode: results may be overwritten, and files must not; at run time TypeError for
    a file of another dtype or rank.
    """

    __props__ = ("dtype", "broadcastable", "mmap_mode")

    def __init__(self, dtype, broadcastable, mmap_mode=None):
        if mmap_mode not in (None, "c"):
            raise ValueError(f"mmap_mode must be None or 'c', got {mmap_mode!r}: the array may be overwritten, the "
                             "file must not be")
        self.dtype = resolve(dtype)
        self.broadcastable = tuple(map(bool, broadcastable))
        self.mmap_mode = mmap_mode

    def make_node(self, path):
        if isinstance(path, str):
            path = Constant(Generic(), path)
        if not (isinstance(path, Variable) and isinstance(path.type, Generic)):
            raise TypeError(f"a path must be a text or a generic variable, got {path!r}")
        return Apply(self, [path], [tensor(self.dtype, self.broadcastable)])

    def perform(self, node, inputs, output_storage):
        path, = inputs
        found = np.load(path, mmap_mode=self.mmap_mode)
        if found.dtype.name != self.dtype or found.ndim != len(self.broadcastable) or any(
                b and n != 1 for n, b in zip(found.shape, self.broadcastable, strict=True)):
            raise TypeError(f"expected an array of {self.dtype} with the pattern {self.broadcastable}, but {path} has "
                            f"{found.dtype} of shape {found.shape}")
        output_storage[0][0] = found

    def do_constant_folding(self, node):
        return False                                # the file may be another one when the function is called

    def __str__(self):
        return f"Load{{dtype: {self.dtype}, broadcastable: {self.broadcastable}, mmap: {self.mmap_mode}}}"


def load(path, dtype, broadcastable, mmap_mode=None):
    """The array in the file ``path``, a generic variable; see `LoadFromDisk`."""
    return LoadFromDisk(dtype, broadcastable, mmap_mode)(path)
