"""The C compiler: which one, one call, and the library it makes, loaded."""

import _ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

from theano.codegen.dialects import c
from theano.config import config
from theano.errors import CompileError

SYSTEM_COMPILERS = ("gcc", "cc", "clang")
TIMEOUT = 300           # seconds a compiler may take for one function


def compiler():
    """The compiler's command as a tuple, or None where there is none or the flag ``cxx`` is empty.

    ``$CC``, else the first of gcc, cc and clang, else the compiler of the package ziglang.
    """
    if config.cxx == "":
        return None
    return _find(os.environ.get("CC"), os.environ.get("PATH"))


@functools.lru_cache(maxsize=8)
def _find(wanted, path):
    if wanted:
        words = tuple(wanted.split()) if shutil.which(wanted) is None else (wanted,)
        if shutil.which(words[0]):
            return (shutil.which(words[0]), *words[1:])
    for name in SYSTEM_COMPILERS:
        found = shutil.which(name)
        if found:
            return (found,)
    try:
        import ziglang  # noqa: F401  an optional package
    except ImportError:
        return None
    return (sys.executable, "-m", "ziglang", "cc")


@functools.lru_cache(maxsize=8)
def identity(command):
    """What tells this compiler from another, without running it: path, size and time of the program."""
    real = os.path.realpath(command[0])
    try:
        info = os.stat(real)
    except OSError:
        return real
    return f"{' '.join(command)} {real} {info.st_size} {info.st_mtime_ns}"


@functools.lru_cache(maxsize=1)
def cpu():
    """The instruction sets of this CPU, as text: what decides whether a library runs here."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(("flags", "Features")):
                    return " ".join(sorted(set(line.partition(":")[2].split())))
    except OSError:
        pass
    return " ".join(os.uname()) if hasattr(os, "uname") else sys.platform


def flags():
    """Options of the compiler call, without files."""
    return (*c.DIALECT.flags, "-march=native", "-fPIC", "-shared", *config.gcc.cxxflags.split())


@functools.lru_cache(maxsize=64)
def fingerprint(command, options):
    """Digest of all that decides what a compiler makes of a source."""
    text = "\n".join([identity(command), " ".join(options), cpu(), sys.platform])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def compile_library(source):
    """The shared library of C ``source``, as bytes.

    Raises CompileError with the command, what the compiler said and the numbered source.
    """
    command = compiler()
    if command is None:
        raise CompileError("no C compiler was found: set CC, or install gcc, clang or the package ziglang")
    with tempfile.TemporaryDirectory(prefix="theano-") as folder:
        path, target = os.path.join(folder, "f.c"), os.path.join(folder, "f.so")
        with open(path, "w", encoding="ascii") as file:
            file.write(source)
        call = [*command, *flags(), "-o", target, path, "-lm"]
        try:
            done = subprocess.run(call, capture_output=True, text=True, timeout=TIMEOUT, check=False,
                                  stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CompileError(f"the C compiler could not be run: {error}\ncommand: {' '.join(call)}") \
                from error
        if done.returncode != 0 or not os.path.exists(target):
            raise CompileError(_complaint(call, done, source))
        with open(target, "rb") as file:
            return file.read()


def _complaint(call, done, source):
    numbered = "\n".join(f"{k:4d}  {line}" for k, line in enumerate(source.splitlines(), 1))
    ended = f"was killed by signal {-done.returncode}" if done.returncode < 0 else \
        f"ended with status {done.returncode}"
    return f"the C compiler {ended}\ncommand: {' '.join(call)}\n{done.stderr}\nsource:\n{numbered}"


class Library:
    """A loaded shared library, closed when nothing refers to it any more."""

    def __init__(self, path=None, content=None):
        self._handle = self._file = None
        self._handle, self._file = _open(path, content)

    def address(self, symbol):
        """Address of a function."""
        return _ctypes.dlsym(self._handle, symbol)

    def __del__(self):
        if self._handle is not None:
            _ctypes.dlclose(self._handle)
        if self._file is not None:
            os.close(self._file)


def _open(path, content):
    """Handle of the library at ``path``; where that can't be run from, of a copy in memory or elsewhere.

    Also the descriptor of the copy in memory: it stays open, as the loader knows libraries by name.
    """
    mode = os.RTLD_NOW | os.RTLD_LOCAL
    if path is not None:
        try:
            return _ctypes.dlopen(path, mode), None
        except OSError:
            if content is None:
                raise
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("theano")
        try:
            os.write(file, content)
            return _ctypes.dlopen(f"/proc/self/fd/{file}", mode), file
        except OSError:
            os.close(file)
    with tempfile.TemporaryDirectory(prefix="theano-") as folder:
        copy = os.path.join(folder, "f.so")
        with open(copy, "wb") as file:
            file.write(content)
        return _ctypes.dlopen(copy, mode), None
