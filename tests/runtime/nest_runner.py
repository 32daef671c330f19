"""Runs loop nests without a virtual machine: compiles the driver with a small shim and calls it by ctypes."""

import ctypes
import math
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from theano.codegen import nest as ir
from theano.codegen.build import compiler
from theano.codegen.dialects import c
from theano.codegen.emit import emit_library

RUNTIME = Path(ir.__file__).parents[1] / "runtime"
HERE = Path(__file__).parent
SOURCES = [RUNTIME / name for name in ("copy.c", "interpret.c", "loop.c", "nest.c", "walk.c", "reduce.c",
                                      "threads.c")]
CODES = {1: "shape mismatch", 2: "out of memory", 3: "index", 4: "bad value", 5: "python"}


class Slot(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("stride", ctypes.POINTER(ctypes.c_int64)),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_int16),
        ("itemsize", ctypes.c_int16),
    ]


class NestError(Exception):
    """The driver refused: args are what it said, the axis and the two operands."""


@cache
def driver(*options):
    """The loop driver as a ctypes library."""
    path = Path(mkdtemp()) / "driver.so"
    flags = ["-std=gnu11", "-shared", "-fPIC", "-fopenmp-simd", "-fwrapv", "-fno-trapping-math"]
    options = options or ("-O1", "-DTH_BASELINE")
    command = [*compiler(), *flags, "-Wall", "-Werror", *options, f"-I{RUNTIME}"]
    subprocess.run([*command, *map(str, SOURCES), str(HERE / "nest_shim.c"), "-o", str(path), "-lpthread"], check=True)
    library = ctypes.CDLL(str(path))
    library.th_nest_new.restype = ctypes.c_void_p
    library.th_nest_new.argtypes = [ctypes.POINTER(ctypes.c_int64), ctypes.c_int64]
    library.th_nest_free.argtypes = [ctypes.c_void_p]
    library.shim_run.argtypes = [ctypes.c_void_p] * 4
    library.shim_time.argtypes = [*[ctypes.c_void_p] * 3, ctypes.c_int64]
    library.shim_time.restype = ctypes.c_double
    library.shim_parallel.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.th_set_num_threads(1, 1)
    return library


def compile_source(source, options=("-Wall", "-Wextra", "-Werror", "-O1", "-ffp-contract=off")):
    """A ctypes library of generated source."""
    path = Path(mkdtemp()) / "kernels.so"
    command = [*compiler(), *c.FLAGS, "-march=native", *options, "-shared", "-fPIC", "-x", "c", "-", "-o", str(path)]
    subprocess.run([*command, "-lm"], input=source, text=True, check=True)
    return ctypes.CDLL(str(path))


class Runner:
    """A compiled set of nests; call it with the number of one and its input arrays."""

    def __init__(self, nests, library=None, options=()):
        self.nests = nests
        self.driver = library or driver()
        self.source, symbols = emit_library(nests)
        kernels = compile_source(self.source, *options) if symbols else None
        self.inner = [getattr(kernels, symbols[n]) if n in symbols else None for n in nests]
        self.handles = []
        for nest in nests:
            words = ir.encode(nest)
            handle = self.driver.th_nest_new((ctypes.c_int64 * len(words))(*words), len(words))
            assert handle
            self.handles.append(handle)

    def __call__(self, number, *arrays):
        """The outputs and accumulators of a nest; in-place outputs are the input arrays themselves."""
        slots, results, keep = self.slots(number, arrays)
        error = (ctypes.c_int64 * 3)()
        code = self.driver.shim_run(self.handles[number], self.inner[number], slots, error)
        if code:
            raise NestError(CODES[code], *error)
        return [result() for result in results]

    def time(self, number, *arrays, repeat=1, rounds=5):
        """Seconds of the fastest of some rounds of calls."""
        slots, _, keep = self.slots(number, arrays)
        args = self.handles[number], self.inner[number], slots, repeat
        return min(self.driver.shim_time(*args) for _ in range(rounds))

    def slots(self, number, arrays):
        nest = self.nests[number]
        inputs = [k for k, o in enumerate(nest.operands) if o.role == "in"]
        given = dict(zip(inputs, arrays, strict=False))
        slots, keep, results = [], [], []
        for k, operand in enumerate(nest.operands):
            if operand.role == "temp":
                continue
            if k in given:
                slots.append(slot_of(given[k], keep))
                continue
            slot, result = output_slot(nest, operand, given, arrays[len(inputs) :], keep)
            slots.append(slot)
            results.append(result)
        slots += [slot_of(np.asarray(n, "int64"), keep) for n in arrays[len(inputs) :]]
        pointers = (ctypes.POINTER(Slot) * len(slots))(*map(ctypes.pointer, slots))
        return pointers, results, [keep, slots]


def make_slot(array, keep, ndim):
    shape = (ctypes.c_int64 * max(1, ndim))(*array.shape)
    stride = (ctypes.c_int64 * max(1, ndim))(*array.strides)
    keep += [array, shape, stride]
    number = ir.DTYPES.index(array.dtype.name)
    slot = Slot(array.ctypes.data, None, None, ndim, number, array.itemsize)
    slot.shape = ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64))
    slot.stride = ctypes.cast(stride, ctypes.POINTER(ctypes.c_int64))
    return slot


def slot_of(array, keep):
    return make_slot(array, keep, array.ndim)


def output_slot(nest, operand, given, extents, keep):
    """A slot with memory for the result, and a function that gives the result."""
    ndim = sum(axis >= 0 for axis in operand.axes)
    space = [longest(nest, d, given, extents) for d in range(nest.ndim)]
    walked = [n for n, axis in zip(space, operand.axes, strict=True) if axis >= 0]
    storage = np.empty(max(1, math.prod(walked)), operand.dtype)
    slot = make_slot(storage.reshape((1,) * (ndim - 1) + (-1,)) if ndim else storage[0:1].reshape(()), keep, ndim)
    keep.append(storage)

    def result():
        if operand.inplace is not None and slot.data != storage.ctypes.data:
            return given[operand.inplace]
        shape, strides = ([values[i] for i in range(ndim)] for values in (slot.shape, slot.stride))
        return np.lib.stride_tricks.as_strided(storage, shape, strides)

    return slot, result


def longest(nest, d, given, extents):
    """The extent of a loop axis."""
    if nest.extents[d] is not None:
        return max(0, int(extents[nest.extents[d]]))
    walked = [a.shape[nest.operands[k].axes[d]] for k, a in given.items() if nest.operands[k].axes[d] >= 0]
    return 0 if 0 in walked else max(walked, default=1)
