"""The flags: a table, and where their values come from.

The environment variable THEANO_FLAGS (``"floatX=float32,blas.ldflags="``) goes before the files
that THEANORC names (``~/.theanorc`` by default), which go before the defaults of the table.
A name that is no flag is an error wherever it stands.
"""

import contextlib
import functools
import os
from dataclasses import dataclass

from theano.errors import FlagError
from theano.late import configparser, difflib, shutil

TRUTH = {"true": True, "1": True, "yes": True, "on": True,
         "false": False, "0": False, "no": False, "off": False}


@dataclass(frozen=True)
class Flag:
    """One flag.

    kind: bool, int, float, str, a tuple of the words allowed, or a function that returns the value
    or raises. default: a value, or a function that works it out when it is first needed.
    frozen: it can't be changed once the package is imported. A descriptor of its value, for programs that go
    through all flags.
    """

    name: str
    kind: object
    default: object
    doc: str
    frozen: bool = False

    def convert(self, value):
        """``value``, possibly text, as a value of this flag; FlagError where it isn't one."""
        if isinstance(self.kind, tuple):
            return self._word("None" if value is None else value)
        if self.kind is bool:
            return self._truth(value)
        if self.kind not in (int, float, str):
            return self.kind(value)
        if isinstance(value, bool) and self.kind is not str:
            raise self._wrong("a number", value)
        try:
            return self.kind(value)
        except (TypeError, ValueError):
            raise self._wrong(f"a value of type {self.kind.__name__}", value) from None

    @property
    def fullname(self):
        """The name."""
        return self.name

    def __get__(self, instance, owner=None):
        return self if instance is None else config.get(self.name)

    def __set__(self, instance, value):
        config.assign(self.name, value, "code")

    def first(self):
        """The default, worked out and checked."""
        return self.convert(self.default() if callable(self.default) else self.default)

    def _word(self, value):
        if value not in self.kind:
            raise FlagError(f"flag {self.name} can't be {value!r}: use one of "
                            f"{', '.join(self.kind)}")
        return value

    def _truth(self, value):
        if isinstance(value, bool):
            return value
        known = TRUTH.get(str(value).strip().lower())
        if known is None:
            raise self._wrong("True or False", value)
        return known

    def _wrong(self, needed, value):
        return FlagError(f"flag {self.name} needs {needed}, got {value!r}")


def default_base():
    """The user's folder for what is kept between processes."""
    return os.path.join("~", ".theano")


def default_dir():
    """The folder of compiled functions, which is made so that programs can write to it; no home is made for it."""
    path = os.path.join(os.path.expanduser(config.base_compiledir), "v2")
    if config.base_compiledir.startswith("~") and not os.path.isdir(os.path.expanduser("~")):
        return path
    with contextlib.suppress(OSError):                  # where nothing can be written nothing needs to be
        os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def default_cxx():
    """The first compiler on the path."""
    names = ("g++", "clang++", "gcc", "clang", "cc")
    return next((path for name in names if (path := shutil.which(name))), "")


def default_blas():
    """BLAS is reached through NumPy and SciPy, without linking."""
    return "-lopenblas"


def default_linker():
    """The machine, with a compiler or without."""
    return "cvm"


ACTIONS = ("ignore", "warn", "raise", "pdb")
CHECKS = ("off", *ACTIONS)
ERROR_STATES = ("None", "ignore", "warn", "raise", "call", "print", "log")
TIMED_CONVOLUTIONS = ("guess_once", "guess_on_shape_change", "time_once", "time_on_shape_change")
FORWARD_CONVOLUTIONS = ("small", "none", "large", "fft", "fft_tiling", "winograd",
                        "winograd_non_fused", *TIMED_CONVOLUTIONS)
DATA_CONVOLUTIONS = ("none", "deterministic", "fft", "fft_tiling", "winograd",
                     "winograd_non_fused", *TIMED_CONVOLUTIONS)
FILTER_CONVOLUTIONS = ("none", "deterministic", "fft", "small", "winograd_non_fused", "fft_tiling",
                       *TIMED_CONVOLUTIONS)
FLAGS = (
    Flag("DebugMode.check_c", bool, True, "DebugMode also runs each op's C code and compares"),
    Flag("DebugMode.check_finite", bool, True, "DebugMode rejects nan/inf results"),
    Flag("DebugMode.check_input_layouts", bool, True,
         "DebugMode also runs each op on inputs in Fortran order, with steps, and reversed"),
    Flag("DebugMode.check_preallocated_output", str, "",
         "DebugMode: which kinds of preallocated output buffers to try (ALL, initial, "
         "previous, c_contiguous, f_contiguous, strided, wrong_size; joined with :)"),
    Flag("DebugMode.check_preallocated_output_ndim", int, 4,
         "DebugMode: strided-output trials only for this many leading dims"),
    Flag("DebugMode.check_py", bool, True,
         "DebugMode also runs each op's Python perform and compares"),
    Flag("DebugMode.check_strides", int, 0,
         "DebugMode on stride mismatch between C and Python outputs: 0 ignore, 1 warn, 2 error"),
    Flag("DebugMode.patience", int, 10,
         "DebugMode optimizes this many times to catch unstable rewriting"),
    Flag("DebugMode.warn_input_not_reused", bool, True,
         "DebugMode warns when an op declares inplace/view but returns fresh memory"),
    Flag("ProfileMode.min_memory_size", int, 1024, "smallest result that the mode ProfileMode lists"),
    Flag("ProfileMode.n_apply_to_print", int, 15, "how many nodes the mode ProfileMode lists"),
    Flag("ProfileMode.n_ops_to_print", int, 20, "how many ops the mode ProfileMode lists"),
    Flag("ProfileMode.profile_memory", bool, False, "the mode ProfileMode tells memory too"),
    Flag("NanGuardMode.action", ("raise", "warn", "pdb"), "raise",
         "what NanGuardMode does on a bad value"),
    Flag("NanGuardMode.big_is_error", bool, True, "NanGuardMode rejects magnitudes over 1e10"),
    Flag("NanGuardMode.inf_is_error", bool, True, "NanGuardMode rejects infinities"),
    Flag("NanGuardMode.nan_is_error", bool, True, "NanGuardMode rejects nan"),
    Flag("allow_gc", bool, True,
         "free intermediate results between calls (False keeps them: faster, more memory)"),
    Flag("assert_no_cpu_op", ACTIONS, "ignore",
         "on GPU graphs: what to do when an op stays on the CPU"),
    Flag("base_compiledir", str, default_base, "root folder for compiled modules", frozen=True),
    Flag("blas.check_openmp", bool, True, "check that the BLAS used is compatible with OpenMP"),
    Flag("blas.ldflags", str, default_blas,
         "linker flags for BLAS ('' = none found); default is probed from NumPy/MKL/openblas"),
    Flag("cache_optimizations", bool, False,
         "keep optimized graphs on disk and reuse them (experimental)"),
    Flag("cast_policy", ("custom", "numpy+floatX", "numpy2", "floatX"), "custom",
         "rules for the dtype of Python/NumPy scalars combined with tensors"),
    Flag("check_input", bool, True, "C code checks the types of its inputs"),
    Flag("check_stack_trace", ("off", "log", "warn", "raise"), "off",
         "verify rewrites keep creation stack traces"),
    Flag("cmodule.age_thresh_use", int, 2073600,
         "seconds after which a cached module is no longer loaded", frozen=True),
    Flag("cmodule.compilation_warning", bool, False,
         "print a warning when compilation prints something"),
    Flag("cmodule.debug", bool, False, "debug checks in the module cache"),
    Flag("cmodule.preload_cache", bool, False, "load all cached modules at import", frozen=True),
    Flag("cmodule.remove_gxx_opt", bool, False,
         "strip optimization flags from the C++ command line"),
    Flag("cmodule.warn_no_version", bool, False,
         "warn when an op without a cache version is compiled"),
    Flag("compile.timeout", int, 120,
         "seconds before a dead compile lock is taken over", frozen=True),
    Flag("compile.wait", int, 5, "seconds between attempts at the compile lock", frozen=True),
    Flag("compiledir", str, default_dir,
         "full path of the folder for compiled modules", frozen=True),
    Flag("compiledir_format", str,
         "compiledir_%(short_platform)s-%(processor)s-%(python_version)s-%(python_bitwidth)s",
         "template for the folder name under base_compiledir", frozen=True),
    Flag("compute_test_value", CHECKS, "off", "evaluate tag.test_value while the graph is built"),
    Flag("compute_test_value_opt", CHECKS, "off", "the same, while it is rewritten (debugging)"),
    Flag("contexts", str, "", "named GPU contexts, name->device, joined with ;", frozen=True),
    Flag("conv.assert_shape", bool, False,
         "assert that declared conv shapes equal the real ones at run time"),
    Flag("ctc.root", str, "", "folder of the warp-ctc library", frozen=True),
    Flag("cuda.include_path", str, "/usr/local/include", "CUDA headers"),
    Flag("cuda.root", str, "/usr/local", "CUDA installation"),
    Flag("cxx", str, default_cxx, "C++ compiler command; empty = no C code, pure Python"),
    Flag("cycle_detection", ("regular", "fast"), "regular",
         "algorithm that checks inplace cycles: full or quick approximation"),
    Flag("deterministic", ("default", "more"), "default",
         "default, or more deterministic (slower) algorithms"),
    Flag("device", str, "cpu",
         "cpu, cuda[N] or opencl[N:N]: where shared variables live and graphs run", frozen=True),
    Flag("dnn.base_path", str, "", "cuDNN root"),
    Flag("dnn.bin_path", str, "", "cuDNN binaries"),
    Flag("dnn.conv.algo_bwd", str, "", "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.conv.algo_bwd_data", DATA_CONVOLUTIONS, "none",
         "cuDNN algorithm for gradient wrt inputs"),
    Flag("dnn.conv.algo_bwd_filter", FILTER_CONVOLUTIONS, "none",
         "cuDNN algorithm for gradient wrt filters"),
    Flag("dnn.conv.algo_fwd", FORWARD_CONVOLUTIONS, "small", "cuDNN forward convolution algorithm"),
    Flag("dnn.conv.precision", ("as_input_f32", "as_input", "float16", "float32", "float64"),
         "as_input_f32",
         "accumulation dtype of cuDNN convolutions"),
    Flag("dnn.conv.workmem", str, "", "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.conv.workmem_bwd", str, "", "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.enabled", ("auto", "True", "False", "no_check"), "auto",
         "whether cuDNN must, may or must not be used"),
    Flag("dnn.include_path", str, "", "cuDNN headers"),
    Flag("dnn.library_path", str, "", "cuDNN library folder"),
    Flag("exception_verbosity", ("low", "high"), "low",
         "low, or high: run-time errors list storage and the graph"),
    Flag("experimental.local_alloc_elemwise", bool, True,
         "enable removing alloc inputs of elemwise (deprecated switch)"),
    Flag("experimental.local_alloc_elemwise_assert", bool, True,
         "add shape asserts when that rewrite fires"),
    Flag("experimental.unpickle_gpu_on_cpu", bool, False, "unpickle GPU arrays as NumPy arrays"),
    Flag("floatX", ("float64", "float32", "float16", "bfloat16"), "float64",
         "default float dtype of theano.tensor.scalar()/vector()/matrix()... and shared casts"),
    Flag("force_device", bool, False,
         "error instead of falling back to CPU when the device is missing", frozen=True),
    Flag("gcc.cxxflags", str, "", "extra compiler flags"),
    Flag("gpu.local_elemwise_fusion", bool, True, "fuse elementwise ops on the GPU"),
    Flag("gpuarray.cache_path", str, default_dir, "kernel cache folder", frozen=True),
    Flag("gpuarray.preallocate", float, 0.0,
         "GPU memory to reserve: fraction below 1, else MB; negative disables the cache",
         frozen=True),
    Flag("gpuarray.sched", ("default", "multi", "single"), "default",
         "GPU scheduling policy passed to the driver"),
    Flag("gpuarray.single_stream", bool, True, "use one stream only"),
    Flag("gpuarray.sync", bool, False,
         "synchronize after every GPU op (for profiling)", frozen=True),
    Flag("gpuelemwise.sync", bool, True, "old flag: wait after GPU elemwise kernels"),
    Flag("init_gpu_device", str, "",
         "initialize the GPU without moving anything to it", frozen=True),
    Flag("int_division", ("int", "raise", "floatX"), "int",
         "result of int/int: int, floatX, or raise"),
    Flag("lib.amdlibm", bool, False, "use AMD's libm"),
    Flag("linker", ("cvm", "c", "c|py", "c|py_nogc", "py", "vm", "vm_nogc", "cvm_nogc"),
         default_linker,
         "default linker of Mode"),
    Flag("magma.enabled", bool, False, "use MAGMA on GPU"),
    Flag("magma.include_path", str, "", "MAGMA headers"),
    Flag("magma.library_path", str, "", "MAGMA library folder"),
    Flag("metaopt.optimizer_excluding", str, "", "(meta-optimizer) tags to exclude"),
    Flag("metaopt.optimizer_including", str, "", "(meta-optimizer) tags to include"),
    Flag("metaopt.verbose", int, 0, "(meta-optimizer) verbosity"),
    Flag("mode", str, "Mode",
         "default compilation mode: Mode, FAST_RUN, FAST_COMPILE, DebugMode, NanGuardMode,"
         " MonitorMode..."),
    Flag("nocleanup", bool, False, "keep temporary compilation files"),
    Flag("numpy.seterr_all", ERROR_STATES, "ignore", "passed to numpy.seterr(all=)", frozen=True),
    Flag("numpy.seterr_divide", ERROR_STATES, "None",
         "passed to numpy.seterr(divide=)", frozen=True),
    Flag("numpy.seterr_invalid", ERROR_STATES, "None",
         "passed to numpy.seterr(invalid=)", frozen=True),
    Flag("numpy.seterr_over", ERROR_STATES, "None", "passed to numpy.seterr(over=)", frozen=True),
    Flag("numpy.seterr_under", ERROR_STATES, "None", "passed to numpy.seterr(under=)", frozen=True),
    Flag("on_opt_error", ("warn", "raise", "pdb", "ignore"), "warn",
         "a rewrite that throws: warn and go on, raise, debugger, or ignore"),
    Flag("on_shape_error", ("warn", "raise"), "warn", "an infer_shape that throws: warn or raise"),
    Flag("on_unused_input", ("raise", "warn", "ignore"), "raise",
         "a theano.function input the outputs do not need: raise, warn or ignore"),
    Flag("openmp", bool, False, "use OpenMP in C ops that support it"),
    Flag("openmp_elemwise_minsize", int, 200000,
         "elementwise loops shorter than this stay single threaded"),
    Flag("optdb.max_use_ratio", int, 8,
         "a rewrite may fire at most this many times the node count before the fixed point"
         " gives up"),
    Flag("optdb.position_cutoff", float, float("inf"), "stop rewriting at this position"),
    Flag("optimizer", ("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge",
         "None"), "o4",
         "default rewrite level of Mode"),
    Flag("optimizer_excluding", str, "", "rewrite tags to leave out, joined with :", frozen=True),
    Flag("optimizer_including", str, "", "rewrite tags to add", frozen=True),
    Flag("optimizer_requiring", str, "", "only rewrites with these tags", frozen=True),
    Flag("optimizer_verbose", bool, False, "print each rewrite applied"),
    Flag("pickle_test_value", bool, True, "keep tag.test_value when pickling"),
    Flag("print_active_device", bool, True, "print the device at start", frozen=True),
    Flag("print_global_stats", bool, False, "print global statistics at exit"),
    Flag("print_test_value", bool, False, "show test values in printed graphs"),
    Flag("profile", bool, False, "collect and print run-time profiles"),
    Flag("profile_memory", bool, False, "with profile: memory too"),
    Flag("profile_optimizer", bool, False, "with profile: rewrite times too"),
    Flag("profiling.debugprint", bool, False, "also debugprint profiled functions"),
    Flag("profiling.destination", str, "stderr", "stderr, stdout or a file for profiles"),
    Flag("profiling.ignore_first_call", bool, False, "leave the first call out of profiles"),
    Flag("profiling.min_memory_size", int, 1024, "smallest variable listed in memory profiles"),
    Flag("profiling.min_peak_memory", bool, False, "search the lowest peak memory order"),
    Flag("profiling.n_apply", int, 20, "how many apply nodes to list"),
    Flag("profiling.n_ops", int, 20, "how many ops to list"),
    Flag("profiling.output_line_width", int, 512, "width of profile lines"),
    Flag("profiling.time_thunks", bool, True, "time each node"),
    Flag("reoptimize_unpickled_function", bool, False,
         "rewrite again when a pickled function is loaded"),
    Flag("scan.allow_gc", bool, False, "free inner results within scan"),
    Flag("scan.allow_output_prealloc", bool, True, "scan writes straight into its output buffer"),
    Flag("scan.debug", bool, False, "scan prints more"),
    Flag("tensor.cmp_sloppy", int, 0,
         "how loosely DebugMode/tests compare tensors (0,1,2)", frozen=True),
    Flag("tensor.insert_inplace_optimizer_validate_nb", int, -1,
         "inplace rewrite: validate every N nodes (-1: automatic)"),
    Flag("tensor.local_elemwise_fusion", bool, True, "fuse elementwise ops on the CPU"),
    Flag("traceback.compile_limit", int, 0, "frames kept for the line that called theano.function"),
    Flag("traceback.limit", int, 8, "frames kept for where a variable was made"),
    Flag("unittests.rseed", int, 666, "seed that the tests use"),
    Flag("unpickle_function", bool, True, "load pickled functions (False: load as None)"),
    Flag("vm.lazy", str, "None", "force lazy evaluation on/off; None decides per graph"),
    Flag("warn.argmax_pushdown_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.gpu_set_subtensor1", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.gpusum_01_011_0111_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.identify_1pexp_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.ignore_bug_before", ("0.9", "None", "all", "0.3", "0.4", "0.4.1", "0.5", "0.6",
         "0.7", "0.8", "0.8.1", "0.8.2", "0.10", "1.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4",
         "1.0.5"), "0.9",
         "silence warnings about bugs fixed before this version", frozen=True),
    Flag("warn.inc_set_subtensor1", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.inc_subtensor1_opt", bool, True,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.reduce_join", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.round", bool, False, "warn that tensor.round now rounds half to even"),
    Flag("warn.signal_conv2d_interface", bool, False,
         "warn that signal.conv.conv2d got a new interface"),
    Flag("warn.subtensor_merge_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.sum_div_dimshuffle_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.sum_sum_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.vm_gc_bug", bool, False,
         "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn_float64", ACTIONS, "ignore",
         "what to do when a float64 variable is made (for float32 users)"),
    Flag("num_threads", int, 0,
         "threads for loops and products at the start, see theano.set_num_threads; 0: OMP_NUM_THREADS, else"
         " all processors for products, and for loops one, or all with the flag openmp"),
)
BY_NAME = {flag.name: flag for flag in FLAGS}


def nearest(name):
    """The flag that ``name`` most probably stands for, or None: alike as a whole or at its end."""
    def likeness(known):
        last, known_last = name.rpartition(".")[2].lower(), known.rpartition(".")[2].lower()
        return max(difflib.SequenceMatcher(None, name.lower(), known.lower()).ratio(),
                   0.97 * difflib.SequenceMatcher(None, last, known_last).ratio())
    best = max(BY_NAME, key=likeness)
    return best if likeness(best) >= 0.6 else None


def unknown(name, where=""):
    """The error for a flag that doesn't exist, with the nearest that does."""
    found = nearest(name)
    hint = f" Did you mean {found}?" if found else ""
    return FlagError(f"{where}unknown flag {name!r}.{hint} theano.config.show() lists all flags.")


class Section:
    """Flags that share a prefix, as attributes; ``theano.config`` is the section without one.

    A flag's value is an ordinary attribute from its first use on, so that reading it is quick.
    """

    def __init__(self, root, prefix):
        object.__setattr__(self, "_root", root if root is not None else self)
        object.__setattr__(self, "_prefix", prefix)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._root._first_read(self._prefix + name)

    def __setattr__(self, name, value):
        self._root.assign(self._prefix + name, value, "code")

    def __delattr__(self, name):
        raise FlagError(f"flag {self._prefix + name} can't be deleted")

    def __copy__(self):
        """Itself: flags are those of the process."""
        return self

    def __deepcopy__(self, memo):
        return self


class Config(Section):
    """All flags.

    Read and set them as attributes; ``config.change_flags(floatX="float32")`` changes them for a
    ``with`` block or a decorated function. Raises FlagError for a flag that doesn't exist and for
    a value that it can't have.
    """

    def __init__(self):
        super().__init__(None, "")
        object.__setattr__(self, "origins", {})
        object.__setattr__(self, "_frozen", False)
        object.__setattr__(self, "_sections", {})
        for flag in FLAGS:
            self._section(flag.name.rpartition(".")[0])

    def _section(self, prefix):
        if not prefix:
            return self
        if prefix not in self._sections:
            above, _, last = prefix.rpartition(".")
            made = self._sections[prefix] = Section(self, prefix + ".")
            object.__setattr__(self._section(above), last, made)
        return self._sections[prefix]

    def _first_read(self, name):
        flag = BY_NAME.get(name)
        if flag is None:
            raise unknown(name)
        value = flag.first()
        self._store(name, value, "default")
        return value

    def _store(self, name, value, origin):
        above, _, last = name.rpartition(".")
        object.__setattr__(self._section(above), last, value)
        self.origins[name] = origin

    def checked(self, name, value, where=""):
        """``value`` as flag ``name`` takes it; FlagError if it can't be set to that now."""
        flag = BY_NAME.get(name)
        if flag is None:
            raise unknown(name, where)
        value = flag.convert(value)
        if flag.frozen and self._frozen and value != self.get(name):
            raise FlagError(f"flag {name} can't be changed after import: set it in THEANO_FLAGS or "
                            "in ~/.theanorc")
        return value

    def assign(self, name, value, origin, where=""):
        """Set a flag by its full name. origin: "env", "rc" or "code"."""
        self._store(name, self.checked(name, value, where), origin)

    def declare(self, flag, value=None):
        """Add a flag; ``value``, where there is one, goes before its default."""
        if flag.name in BY_NAME:
            raise FlagError(f"flag {flag.name} exists already")
        first = flag.first() if value is None else flag.convert(value)
        BY_NAME[flag.name] = flag
        self._store(flag.name, first, "default" if value is None else "code")

    def get(self, name):
        """Value of a flag by its full name."""
        above, _, last = name.rpartition(".")
        if above and above not in self._sections:
            raise unknown(name)
        return getattr(self._section(above), last)

    def change_flags(self, args=(), **flags):
        """Other values for a while: context manager and decorator.

        ``change_flags(floatX="float32", **{"blas.ldflags": ""})``, or with a dict.
        """
        return ChangeFlags(args, **flags)

    __call__ = change_flags

    def __str__(self, print_doc=True):
        """A line for each flag: name, value, where the value comes from; then what it means."""
        lines = []
        for name, flag in BY_NAME.items():
            lines.append(f"{name} = {self.get(name)!r}  ({self.origins[name]})")
            if print_doc:
                lines.append(f"    {flag.doc}")
        return "\n".join(lines)

    def show(self, file=None):
        """Print all flags: values, where they come from, what they mean."""
        print(self, file=file)


class ChangeFlags:
    """Other values of flags inside a ``with`` block or a decorated function."""

    def __init__(self, args=(), **flags):
        self.flags = {**dict(args), **flags}
        self.before = []
        for name in self.flags:
            if name not in BY_NAME:
                raise unknown(name)

    def __enter__(self):
        new = {name: config.checked(name, value) for name, value in self.flags.items()}
        self.before.append({name: (config.get(name), config.origins[name]) for name in new})
        for name, value in new.items():
            config._store(name, value, "code")
        return self

    def __exit__(self, *error):
        for name, (value, origin) in self.before.pop().items():
            config._store(name, value, origin)

    def __call__(self, function):
        @functools.wraps(function)
        def changed(*args, **kwargs):
            with ChangeFlags(self.flags):
                return function(*args, **kwargs)
        return changed


def read_environment(text):
    """Flags in the form ``a=b,c.d=e`` as a dict; FlagError for a word without an equals sign."""
    found = {}
    for word in filter(None, (w.strip() for w in text.split(","))):
        name, sign, value = word.partition("=")
        if not sign:
            raise FlagError(f"THEANO_FLAGS: {word!r} is not of the form name=value")
        found[name.strip()] = value.strip()
    return found


def read_file(path):
    """Flags of a configuration file, if there is one, as a dict; ``[blas] ldflags = x`` is ``blas.ldflags``."""
    if not os.path.exists(path):
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise FlagError(f"{path} can't be read: {error}") from None
    found = {}
    for section in parser.sections():
        prefix = "" if section == "global" else section + "."
        for name, value in parser.items(section):
            found[prefix + name] = value
    return found


config = Config()


def load():
    """Take the values from the files and the environment."""
    for path in os.environ.get("THEANORC", "~/.theanorc").split(os.pathsep):
        for name, value in read_file(os.path.expanduser(path)).items():
            config.assign(name, value, "rc", f"{path}: ")
    for name, value in read_environment(os.environ.get("THEANO_FLAGS", "")).items():
        config.assign(name, value, "env", "THEANO_FLAGS: ")
    object.__setattr__(config, "_frozen", True)


load()
