"""Programs on the virtual machine, where the extension was built."""

import ctypes
import functools
import operator
import os
from importlib import import_module

import numpy as np

from theano.codegen import nest as ir
from theano.codegen.blocks import LoopSet
from theano.codegen.kernels.linalg import LAPACK_KERNELS
from theano.codegen.program import BLAS, KERNELS, KINDS, STORAGE
from theano.config import config
from theano.graph.op import performer
from theano.inner.graph import run_in
from theano.late import glob
from theano.scalar.dtype import numpy_dtype

try:
    from theano.runtime import _machine
except ImportError:                 # installed without a C compiler
    _machine = None



class _PythonCallable:
    """Stands for the machine's callable where the extension is missing."""

    trust_input = False

    def __call__(self, *args, **kwargs):
        return self._slow_call(*args, **kwargs)

    def repeat(self, n, *args):
        """The last result of n calls."""
        result = None
        for _ in range(n):
            result = self(*args)
        return result


Callable = _PythonCallable if _machine is None else _machine.Callable
DECLINED = 100              # the code of an instruction that leaves a call to the general graph
ROUTINES = [f"{letter}{name}" for name in ("gemm", "gemv", "ger", "dot") for letter in "sdcz"]
SPECIAL = {"cger": "cgeru", "zger": "zgeru", "cdot": "cgemm", "zdot": "zgemm"}   # complex dot is not called
BLAS_NAMES = tuple(SPECIAL.get(name, name) for name in ROUTINES)
_blas = {}
_threads = {"loops": 1, "blas": None}       # of BLAS where somebody set it


def available():
    """Whether programs can run natively."""
    return _machine is not None


@functools.cache
def loop_set():
    """The loops that were built with this package, for functions that are not compiled."""
    return LoopSet(_machine.loop_names())


def use_blas():
    """Hand the machine the addresses of BLAS, once; whether there is one."""
    if "ready" not in _blas:
        found = bundled_blas() or _scipy(BLAS_NAMES)
        _blas["ready"] = found is not None
        if found is not None:
            addresses, wide, _blas["library"] = found
            _machine.set_blas(addresses, wide)
            if _threads["blas"]:
                set_num_threads(_threads["blas"])       # SciPy's may have been loaded just now
    return _blas["ready"]


def use_lapack():
    """Hand the machine the addresses of LAPACK, once; whether there is one."""
    if "lapack" not in _blas:
        names = _machine.lapack_names()
        found = bundled_blas(names) or _scipy(names, "cython_lapack")
        _blas["lapack"] = found is not None
        if found is not None:
            addresses, wide, _ = found
            _machine.set_lapack(addresses, wide)
            if _threads["blas"]:
                set_num_threads(_threads["blas"])
    return _blas["lapack"]


def blas_name():
    """What computes products of matrices, in words."""
    if not available():
        return "NumPy"
    path = getattr(_blas["library"], "_name", "SciPy's BLAS") if use_blas() else "no BLAS"
    own = "; loops of our own with AVX-512 for float32 and float64" if _machine.OWN_PRODUCTS else ""
    return os.path.basename(path) + own


def bundled_blas(names=BLAS_NAMES):
    """Routines of the OpenBLAS inside NumPy's package, which is loaded already."""
    folder = os.path.join(os.path.dirname(os.path.dirname(np.__file__)), "numpy.libs")
    for path in glob.glob(os.path.join(folder, "libscipy_openblas64_*")):
        try:
            library = ctypes.CDLL(path)
            addresses = [ctypes.cast(getattr(library, f"scipy_{name}_64_"), ctypes.c_void_p).value for name in names]
        except (OSError, AttributeError):
            continue
        return addresses, 1, library
    return None


def _scipy(names, module="cython_blas"):
    """The function pointers that SciPy exports for Cython; those of BLAS also where LAPACK's are asked for."""
    exported = {**import_module("scipy.linalg.cython_blas").__pyx_capi__,
                **import_module(f"scipy.linalg.{module}").__pyx_capi__}     # slow to import: only where they must be
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    capsules = [exported[name] for name in names]
    return [get(c, name_of(c)) for c in capsules], 0, import_module(f"scipy.linalg.{module}")


def set_num_threads(n):
    """Use ``n`` threads in loops, and in products of matrices, from now on.

    Results of loops don't depend on it. Calls from several Python threads, or from within such loops, share these
    threads: who finds them busy computes alone. Raises ValueError for a number below one.
    """
    n = operator.index(n)
    if n < 1:
        raise ValueError(f"the number of threads must be at least 1, got {n}")
    _threads["loops"] = _threads["blas"] = n
    if _machine is not None:
        _machine.set_num_threads(n, n)
    for library in _openblas_libraries():
        _limit(library, n)


def get_num_threads():
    """How many threads loops use."""
    return _threads["loops"]


def _start_threads():
    """Take the numbers from the flag ``num_threads``, else from ``OMP_NUM_THREADS``.

    Where neither says anything, products use all processors, and so do loops with the flag ``openmp``. BLAS reads
    the environment itself.
    """
    if config.num_threads > 0:
        set_num_threads(config.num_threads)
        return
    text = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if text.isdecimal() and int(text) > 0:
        loops = products = int(text)
    else:
        products = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        loops = products if config.openmp else 1
    _threads["loops"] = loops
    if _machine is not None:
        _machine.set_num_threads(loops, products)


def _openblas_libraries():
    """The OpenBLAS of NumPy and that of SciPy, where they are loaded."""
    site = os.path.dirname(os.path.dirname(np.__file__))
    for package in ("numpy", "scipy"):
        for path in glob.glob(os.path.join(site, f"{package}.libs", "*openblas*")):
            try:
                yield ctypes.CDLL(path, mode=getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_NOW", 0))
            except OSError:         # not loaded
                continue


def _limit(library, n):
    """Tell an OpenBLAS how many threads to use; whatever name its builders gave the function."""
    for name in ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads", "openblas_set_num_threads"):
        if hasattr(library, name):
            getattr(library, name)(ctypes.c_int(n))
            return


def make_machine(program, cells, n_positional, library, mode=None):
    """The machine of a program.

    cells: for each input the list that holds a shared value, or None. library: where the kernels are, or None.
    mode: of the function; graphs in ops that run in Python run in it too.
    """
    slots = [(ir.DTYPES.index(dtype), ndim, STORAGE.index(storage), buffer, root, ones,
              None if dtype == "object" else numpy_dtype(dtype))
             for dtype, ndim, storage, buffer, root, ones in program.slots]
    code = []
    for kind, ins, outs, params, words, kernel, origin in program.code:
        address, loops = 0, None
        if kind in KERNELS:
            address = _machine.kernels[kernel]
        elif isinstance(kernel, str):
            address = library.address(kernel)
        else:
            loops = kernel
        node = program.performs.get(origin)
        perform = None if node is None else performer(run_in(node, mode))
        parts = tuple(make_machine(part, [None] * len(part.inputs), 0, library, mode)
                      for part in program.parts.get(origin, ()))
        code.append((KINDS.index(kind), ins, outs, params, words, loops, address, perform, node, parts))
        if kind in BLAS or kernel == "batched_dot":
            use_blas()
        if kind in KERNELS and kernel in LAPACK_KERNELS:
            use_lapack()
    return _machine.Machine(slots, code, program.inputs, cells, n_positional, program.outputs,
                            [tuple(u) for u in program.updates], program.constants, program.buffers,
                            program.overwritten, program.checked, program.borrowed, program.once, program.rows)


_start_threads()
