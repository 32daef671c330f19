"""Programs on the virtual machine, where the extension was built."""

import ctypes
import glob
import os

import numpy as np

from theano.codegen import nest as ir
from theano.codegen.program import KINDS, STORAGE

try:
    from theano.runtime import _machine
except ImportError:                 # installed without a C compiler
    _machine = None

GUARD = 100                         # the code of an assumption that doesn't hold


class _PythonCallable:
    """Stands for the machine's callable where the extension is missing."""

    trust_input = False

    def __call__(self, *args, **kwargs):
        return self._slow_call(*args, **kwargs)


Callable = _PythonCallable if _machine is None else _machine.Callable
ROUTINES = [f"{letter}{name}" for name in ("gemm", "gemv", "ger", "dot") for letter in "sdcz"]
SPECIAL = {"cger": "cgeru", "zger": "zgeru", "cdot": "cgemm", "zdot": "zgemm"}   # complex dot is not called
_blas = {}


def available():
    """Whether programs can run natively."""
    return _machine is not None


def use_blas():
    """Hand the machine the addresses of BLAS, once; whether there is one."""
    if "ready" not in _blas:
        found = _bundled() or _scipy()
        _blas["ready"] = found is not None
        if found is not None:
            addresses, wide, _blas["library"] = found
            _machine.set_blas(addresses, wide)
    return _blas["ready"]


def _bundled():
    """The OpenBLAS inside NumPy's package, which is loaded already."""
    folder = os.path.join(os.path.dirname(os.path.dirname(np.__file__)), "numpy.libs")
    for path in glob.glob(os.path.join(folder, "libscipy_openblas64_*")):
        try:
            library = ctypes.CDLL(path)
            addresses = [ctypes.cast(getattr(library, f"scipy_{SPECIAL.get(name, name)}_64_"),
                                     ctypes.c_void_p).value for name in ROUTINES]
        except (OSError, AttributeError):
            continue
        return addresses, 1, library
    return None


def _scipy():
    """The function pointers that SciPy exports for Cython."""
    import scipy.linalg.cython_blas as exported  # slow to import, so only where it must be
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    capsules = [exported.__pyx_capi__[SPECIAL.get(name, name)] for name in ROUTINES]
    return [get(c, name_of(c)) for c in capsules], 0, exported


def set_num_threads(n):
    """Use ``n`` threads in loops and in BLAS."""
    if _machine is not None:
        _machine.set_num_threads(n)
    if use_blas() and hasattr(_blas["library"], "scipy_openblas_set_num_threads64_"):
        _blas["library"].scipy_openblas_set_num_threads64_(n)


def get_num_threads():
    """How many threads loops use."""
    return _machine.get_num_threads() if _machine is not None else 1


def make_machine(program, cells, n_positional, library, performs):
    """The machine of a program.

    cells: for each input the list that holds a shared value, or None. library: where the kernels are, or None.
    performs: for each instruction (perform, node) of a Python op, or None.
    """
    slots = [(ir.DTYPES.index(dtype), ndim, STORAGE.index(storage), buffer, root, ones,
              None if dtype == "object" else np.dtype(dtype))
             for dtype, ndim, storage, buffer, root, ones in program.slots]
    code = []
    for kind, ins, outs, params, words, symbol, origin in program.code:
        address = library.address(symbol) if symbol is not None else 0
        perform, node = performs(origin) if kind == "python" else (None, None)
        code.append((KINDS.index(kind), ins, outs, params, words, address, perform, node))
        if kind in ("gemm", "gemv", "ger", "dot"):
            use_blas()
    return _machine.Machine(slots, code, program.inputs, cells, n_positional, program.outputs,
                            [tuple(u) for u in program.updates], program.constants, program.buffers,
                            program.overwritten, program.checked, program.borrowed)
