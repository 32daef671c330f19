"""The C compiler: which one, one call, and the library it makes, loaded."""

import _ctypes
import functools
import itertools
import os
import re
import signal
import sys

from theano.codegen.dialects import c
from theano.config import config
from theano.errors import CompileError
from theano.late import hashlib, shutil, subprocess, tempfile

SYSTEM_COMPILERS = ("gcc", "cc", "clang")
CPP_COMPILERS = ("g++", "c++", "clang++")
TIMEOUT = 300           # seconds a compiler may take for one function
PROBE_TIMEOUT = 20      # and for one line
# The flags of /proc/cpuinfo that code can need.
ISA = re.compile("mmx|3dnow|sse|ssse|pni|avx|amx|apx|fma|xop|f16c|bmi|tbm|abm|lzcnt|popcnt|movbe|movdir|adx|aes|vaes|"
                 "sha|sm[34]|gfni|pclmul|vpclmul|cx16|lahf|rdpid|lm$")


def compiler():
    """The compiler's command as a tuple, or None where there is none or somebody set the flag ``cxx`` empty.

    The one that the flag ``cxx`` was set to, else ``$CC``, else the first of gcc, cc and clang, else the compiler of
    the package ziglang.
    """
    if turned_off():
        return None
    if config.origins["cxx"] != "default":
        return _find(config.cxx, os.environ.get("PATH"), ("-x", "c"))
    return _find(os.environ.get("CC"), os.environ.get("PATH"))


def cpp_compiler():
    """The C++ compiler's command, for C code that users' ops bring; None where there is none or none is wanted.

    The one that the flag ``cxx`` was set to, else ``$CXX``, else the first of g++, c++ and clang++, else ziglang's.
    """
    if turned_off():
        return None
    chosen = config.cxx if config.origins["cxx"] != "default" else os.environ.get("CXX")
    return _find_cpp(chosen, os.environ.get("PATH"))


@functools.lru_cache(maxsize=8)
def _find_cpp(wanted, path):
    for words in ([wanted.split()] if wanted else []) + [[name] for name in CPP_COMPILERS]:
        if shutil.which(words[0]):
            return (shutil.which(words[0]), *words[1:])
    try:
        import ziglang  # noqa: F401  an optional package
    except ImportError:
        return None
    return (sys.executable, "-m", "ziglang", "c++")


def turned_off():
    """Whether somebody asked for no compiler."""
    return config.cxx == "" and config.origins["cxx"] != "default"


@functools.lru_cache(maxsize=8)
def _find(wanted, path, options=()):
    if wanted:
        words = tuple(wanted.split()) if shutil.which(wanted) is None else (wanted,)
        if shutil.which(words[0]):
            return (shutil.which(words[0]), *words[1:], *options)
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
def processor(path="/proc/cpuinfo"):
    """What Linux tells of the first processor: {name: text}, nothing elsewhere."""
    found = {}
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in itertools.takewhile(str.strip, file):
                name, _, text = line.partition(":")
                found[name.strip()] = text.strip()
    except OSError:
        pass
    return found


def cpu():
    """The instruction sets of this CPU, as text: what decides whether a library runs here."""
    known = processor()
    if "flags" in known:
        return " ".join(sorted(set(filter(ISA.match, known["flags"].split()))))
    if "Features" in known:
        return " ".join(sorted(set(known["Features"].split())))
    return " ".join(os.uname()) if hasattr(os, "uname") else sys.platform


def halves_vectors():
    """Whether this CPU, a Zen 4, works on vectors of 512 bits by halves.

    Functions still gain from them, by fewer instructions. What memory sets the time of loses: half of the 512 bits that
    are loaded lie on two lines of the cache, as NumPy aligns arrays (a product of vectors of 300,000 takes 81 us, else
    73).
    """
    known = processor()
    return (known.get("vendor_id"), known.get("cpu family")) == ("AuthenticAMD", "25") \
        and "avx512f" in known.get("flags", "").split()


def gains_by_width():
    """Whether this CPU is one of Intel's that work on 512 bits at once and hardly slow down for it, from Ice Lake on.

    Compilers don't know it of CPUs that are newer than they are, and take vectors of 256 bits.
    """
    known = processor()
    return known.get("vendor_id") == "GenuineIntel" and "avx512_vbmi2" in known.get("flags", "").split()


def flags():
    """Options of the compiler call, without files."""
    own = ["-DTH_HALF_VECTORS"] if halves_vectors() else []
    if gains_by_width():
        own = ["-mprefer-vector-width=512", "-DTH_FULL_VECTORS"]
    return (*c.DIALECT.flags, "-march=native", *own, "-fPIC", "-shared", *config.gcc.cxxflags.split())


@functools.lru_cache(maxsize=64)
def fingerprint(command, options):
    """Digest of all that decides what a compiler makes of a source."""
    text = "\n".join([identity(command), " ".join(options), cpu(), sys.platform])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def compile_library(source):
    """The shared library of C ``source``, as bytes.

    Raises CompileError: its first line says what happened; then come the command, what the compiler said and the
    numbered source.
    """
    command = compiler()
    if command is None:
        raise CompileError("no C compiler was found: set CC, or install gcc, clang or the package ziglang")
    return _compile(command, source, TIMEOUT)


def compile_cpp(command, source, options, link):
    """The shared library of C++ ``source``, as bytes; options stand before the file, ``link`` behind it."""
    return _compile(command, source, TIMEOUT, options, link, "f.cpp")


@functools.lru_cache(maxsize=8)
def complaint(command):
    """Why this compiler can't be used at all, or None: what becomes of it when it has one line to compile."""
    try:
        _compile(command, "int theano_probe(void) { return 0; }\n", PROBE_TIMEOUT)
    except CompileError as error:
        return str(error).partition("\n")[0]
    return None


def _compile(command, source, seconds, options=None, link=("-lm",), name="f.c"):
    with _folder() as folder:
        path, target = os.path.join(folder, name), os.path.join(folder, "f.so")
        call = [*command, *(flags() if options is None else options), "-o", target, path, *link]
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(source)
            status, said = _run(call, folder, seconds)
        except subprocess.TimeoutExpired:
            raise CompileError(_report(f"took longer than {seconds} s", call, "", source)) from None
        except OSError as error:
            raise CompileError(_report(f"could not be run: {error}", call, "", source)) from error
        if status < 0:
            raise CompileError(_report(f"was killed by signal {-status}", call, said, source))
        if status > 0:
            raise CompileError(_report(f"ended with status {status}", call, said, source))
        try:
            with open(target, "rb") as file:
                return file.read()
        except OSError:
            raise CompileError(_report("made no library", call, said, source)) from None


def _folder():
    """A temporary folder of our own; CompileError where there is no place for one."""
    for place in (None, "/dev/shm"):
        try:
            return tempfile.TemporaryDirectory(prefix="theano-", dir=place, ignore_cleanup_errors=True)
        except OSError as error:
            failure = error
    raise CompileError(f"there is no place for temporary files: {failure}")


def _run(call, folder, seconds):
    """Status and messages of a command, all of whose processes end when it is not done in time."""
    environment = {**os.environ, "TMPDIR": folder, "LC_ALL": "C"}
    with subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env=environment, start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, said


def _report(what, call, said, source):
    """The text of a CompileError."""
    first = next((line.strip() for line in said.splitlines() if "error" in line), "")
    numbered = "\n".join(f"{k:4d}  {line}" for k, line in enumerate(source.splitlines(), 1))
    return f"the C compiler {call[0]} {what}{': ' if first else ''}{first}\ncommand: {' '.join(call)}\n{said}\n" \
           f"source:\n{numbered}"


class Library:
    """A loaded shared library, closed when nothing refers to it any more.

    Parameters
    ----------
    content : bytes
    path : str or None
        A file with this content, for systems that can't load it from memory.
    """

    def __init__(self, content, path=None):
        self._handle = None
        self._handle = _open(content, path)

    def address(self, symbol):
        """Address of a function; OSError where there is none of this name."""
        return _ctypes.dlsym(self._handle, symbol)

    def __del__(self):
        if self._handle is not None:
            _ctypes.dlclose(self._handle)


def symbol_for_ever(content, path, symbol):
    """Address of a function of a library that stays loaded as long as the process lives."""
    return _ctypes.dlsym(_open(content, path), symbol)


def _open(content, path):
    """Handle of a library: of a copy in memory, which nobody can change or truncate, else of a file."""
    mode = os.RTLD_NOW | os.RTLD_LOCAL
    if hasattr(os, "memfd_create"):
        try:
            return _open_in_memory(content, mode)
        except OSError:
            pass
    if path is not None:
        try:
            return _ctypes.dlopen(path, mode)
        except OSError:
            pass
    with _folder() as folder:
        copy = os.path.join(folder, "f.so")
        with open(copy, "wb") as file:
            file.write(content)
        return _ctypes.dlopen(copy, mode)


_loaded = itertools.count()


def _open_in_memory(content, mode):
    """The loader takes libraries of one name for one library, so each gets a path spelled in a way of its own."""
    file = os.memfd_create("theano")
    try:
        with open(file, "wb", closefd=False) as writer:
            writer.write(content)
        spelling = "".join("./" if bit == "1" else "/" for bit in f"{next(_loaded):b}")
        return _ctypes.dlopen(f"/proc/self/fd/{spelling}{file}", mode)
    finally:
        os.close(file)
