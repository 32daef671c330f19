"""How ops that are no loops become instructions: a function for each op class, by topic."""

from theano.codegen.kernels.blas import BLAS
from theano.codegen.kernels.fourier import FOURIER
from theano.codegen.kernels.index import INDEX
from theano.codegen.kernels.linalg import LINALG
from theano.codegen.kernels.loop import LOOP
from theano.codegen.kernels.network import NETWORK
from theano.codegen.kernels.order import ORDER
from theano.codegen.kernels.prebuilt import PREBUILT
from theano.codegen.kernels.shape import SHAPE

KERNELS = {**SHAPE, **INDEX, **BLAS, **PREBUILT, **ORDER, **NETWORK, **LOOP, **LINALG, **FOURIER}


def find_kernel(node):
    """The function for a node, or None."""
    for cls in type(node.op).__mro__:
        if cls in KERNELS:
            return KERNELS[cls]
    return None
