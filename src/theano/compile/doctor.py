"""What works here, and why not: ``theano.doctor()``."""

import importlib.util
import os
import sys
from contextlib import suppress

import numpy as np

from theano.codegen import build, cache
from theano.late import platform, shutil
from theano.runtime import native

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS")


def doctor(file=None):
    """Print which way functions run on this machine, and what that rests on.

    Parameters
    ----------
    file : file object, optional
        Where to print; the standard output by default.

    Returns
    -------
    str
        "native" where functions are compiled to C, "prebuilt" where they run on loops that were built with this
        package, "python" where NumPy runs them.
    """
    command = build.compiler()
    works = command and build.complaint(command) is None
    tier = "python" if not native.available() else "native" if works else "prebuilt"
    text = {"native": "compiled to C", "prebuilt": "run block by block on prebuilt loops",
            "python": "run by NumPy, op by op"}[tier]
    lines = [f"functions are     {text}",
             f"C compiler        {_compiler(command)}",
             f"C extension       {_extension()}",
             f"matrix products   {native.blas_name()}{_blas_threads()}",
             f"threads           {native.get_num_threads()} for loops, of {_processors()} processors",
             f"cache             {_cache()}",
             f"GPU               {_gpu()}",
             f"drawing           {_drawing()}",
             f"processor         {platform.machine()} {_instruction_sets()}",
             f"versions          Python {platform.python_version()}, NumPy {np.__version__}, {sys.platform}"]
    print("\n".join(lines), file=file)
    return tier


def _compiler(command):
    if command:
        return " ".join(command) + (f", which fails: {reason}" if (reason := build.complaint(command)) else "")
    if build.turned_off():
        return "none: the flag cxx is empty"
    return "none found: install gcc or clang, or the package ziglang, or set CC"


def _extension():
    if native.available():
        return "built"
    return "missing: reinstall with a C compiler (pip install --force-reinstall Theano)"


def _blas_threads():
    """What the environment says about threads in BLAS, which reads it when it is loaded."""
    found = [f"{name}={os.environ[name]}" for name in BLAS_THREADS if os.environ.get(name)]
    return f", with {', '.join(found)}" if found else ", as many threads as there are processors"


def _gpu():
    devices = shutil.which("nvidia-smi") or shutil.which("clinfo")
    return f"not used: functions run on the processor{'' if devices else '; no driver was found either'}"


def _drawing():
    program, package = shutil.which("dot"), importlib.util.find_spec("pydot")
    missing = [*([] if program else ["the program dot of Graphviz"]), *([] if package else ["the package pydot"])]
    return f"pages; pictures need {' and '.join(missing)}" if missing else "pages and pictures"


def _processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cache():
    store = cache.current()
    if store.folder is None:
        folder = cache.default_folder()
        return f"in memory only: {'there is no home folder' if folder is None else cache.unsafe(folder)}"
    sizes = []
    for name in os.listdir(store.folder) if os.path.isdir(store.folder) else ():
        if name.endswith(".so"):
            with suppress(OSError):                 # another process may have thrown it away
                sizes.append(os.stat(os.path.join(store.folder, name)).st_size)
    size = sum(sizes) / 2**20
    return f"{store.folder} ({len(sizes)} entries, {size:.1f} of {store.limit / 2**20:.0f} MB)"


def _instruction_sets():
    known = build.cpu().split()
    return " ".join(name for name in ("sse4_2", "avx2", "fma", "avx512f", "avx512bw", "neon", "asimd", "sve")
                    if name in known)
