"""The flags: a table, and where their values come from.

The environment variable THEANO_FLAGS (``"floatX=float32,blas.ldflags="``) goes before the files that THEANORC
names (``~/.theanorc`` by default), which go before the defaults of the table.
"""

import configparser
import difflib
import functools
import os
import shutil
from dataclasses import dataclass

from theano.errors import FlagError


@dataclass(frozen=True)
class Flag:
    """One flag.

    kind: bool, int, float, str, or a tuple of the values allowed. default: a value, or a function that works it out
    when it is first needed. frozen: it can't be changed once the package is imported.
    """

    name: str
    kind: object
    default: object
    doc: str
    frozen: bool = False

    def convert(self, value):
        """``value``, possibly text, as a value of this flag; FlagError where it isn't one."""
        if isinstance(self.kind, tuple):
            if value is None:
                value = "None"
            if value not in self.kind:
                raise FlagError(f"flag {self.name} can't be {value!r}: use one of {', '.join(self.kind)}")
            return value
        if self.kind is bool:
            return self._truth(value)
        if isinstance(value, bool) and self.kind in (int, float):
            raise FlagError(f"flag {self.name} needs a number, got {value!r}")
        try:
            return self.kind(value)
        except (TypeError, ValueError):
            raise FlagError(f"flag {self.name} needs a value of type {self.kind.__name__}, got {value!r}") from None

    def _truth(self, value):
        if isinstance(value, bool):
            return value
        known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False,
                 "off": False}.get(str(value).strip().lower())
        if known is None:
            raise FlagError(f"flag {self.name} needs True or False, got {value!r}")
        return known


def default_base():
    """The user's folder for what is kept between processes."""
    return os.path.join("~", ".theano")


def default_dir():
    """The folder of compiled functions."""
    return os.path.join(os.path.expanduser(config.base_compiledir), "v2")


def default_cxx():
    """The first compiler on the path."""
    return next((path for name in ("g++", "clang++", "gcc", "clang", "cc") if (path := shutil.which(name))), "")


def default_blas():
    """BLAS is reached through NumPy and SciPy, without linking."""
    return "-lopenblas"


def default_linker():
    """Native where there is a compiler."""
    return "cvm" if config.cxx else "vm"


FLAGS = (
    Flag("DebugMode.check_c", bool, True, "DebugMode also runs each op's C code and compares"),
    Flag("DebugMode.check_finite", bool, True, "DebugMode rejects nan/inf results"),
    Flag("DebugMode.check_preallocated_output", str, '', "DebugMode: which kinds of preallocated output buffers to try (ALL, initial, previous, c_contiguous, f_contiguous, strided, wrong_size; joined with :)"),
    Flag("DebugMode.check_preallocated_output_ndim", int, 4, "DebugMode: strided-output trials only for this many leading dims"),
    Flag("DebugMode.check_py", bool, True, "DebugMode also runs each op's Python perform and compares"),
    Flag("DebugMode.check_strides", int, 0, "DebugMode on stride mismatch between C and Python outputs: 0 ignore, 1 warn, 2 error"),
    Flag("DebugMode.patience", int, 10, "DebugMode optimizes this many times to catch unstable rewriting"),
    Flag("DebugMode.warn_input_not_reused", bool, True, "DebugMode warns when an op declares inplace/view but returns fresh memory"),
    Flag("NanGuardMode.action", ('raise', 'warn', 'pdb'), 'raise', "what NanGuardMode does on a bad value"),
    Flag("NanGuardMode.big_is_error", bool, True, "NanGuardMode rejects magnitudes over 1e10"),
    Flag("NanGuardMode.inf_is_error", bool, True, "NanGuardMode rejects infinities"),
    Flag("NanGuardMode.nan_is_error", bool, True, "NanGuardMode rejects nan"),
    Flag("allow_gc", bool, True, "free intermediate results between calls (False keeps them: faster, more memory)"),
    Flag("assert_no_cpu_op", ('ignore', 'warn', 'raise', 'pdb'), 'ignore', "on GPU graphs: what to do when an op stays on the CPU"),
    Flag("base_compiledir", str, default_base, "root folder for compiled modules", frozen=True),
    Flag("blas.check_openmp", bool, True, "check that the BLAS used is compatible with OpenMP"),
    Flag("blas.ldflags", str, default_blas, "linker flags for BLAS ('' = none found); default is probed from NumPy/MKL/openblas"),
    Flag("cache_optimizations", bool, False, "keep optimized graphs on disk and reuse them (experimental)"),
    Flag("cast_policy", ('custom', 'numpy+floatX', 'numpy2'), 'custom', "rules for the dtype of Python/NumPy scalars combined with tensors"),
    Flag("check_input", bool, True, "C code checks the types of its inputs"),
    Flag("check_stack_trace", ('off', 'log', 'warn', 'raise'), 'off', "verify rewrites keep creation stack traces"),
    Flag("cmodule.age_thresh_use", int, 2073600, "seconds after which a cached module is no longer loaded", frozen=True),
    Flag("cmodule.compilation_warning", bool, False, "print a warning when compilation prints something"),
    Flag("cmodule.debug", bool, False, "debug checks in the module cache"),
    Flag("cmodule.preload_cache", bool, False, "load all cached modules at import", frozen=True),
    Flag("cmodule.remove_gxx_opt", bool, False, "strip optimization flags from the C++ command line"),
    Flag("cmodule.warn_no_version", bool, False, "warn when an op without a cache version is compiled"),
    Flag("compile.timeout", int, 120, "seconds before a dead compile lock is taken over", frozen=True),
    Flag("compile.wait", int, 5, "seconds between attempts at the compile lock", frozen=True),
    Flag("compiledir", str, default_dir, "full path of the folder for compiled modules", frozen=True),
    Flag("compiledir_format", str, 'compiledir_%(short_platform)s-%(processor)s-%(python_version)s-%(python_bitwidth)s', "template for the folder name under base_compiledir", frozen=True),
    Flag("compute_test_value", ('off', 'ignore', 'warn', 'raise', 'pdb'), 'off', "evaluate tag.test_value while the graph is built"),
    Flag("compute_test_value_opt", ('off', 'ignore', 'warn', 'raise', 'pdb'), 'off', "the same, while it is rewritten (debugging)"),
    Flag("contexts", str, '', "named GPU contexts, name->device, joined with ;", frozen=True),
    Flag("conv.assert_shape", bool, False, "assert that declared conv shapes equal the real ones at run time"),
    Flag("ctc.root", str, '', "folder of the warp-ctc library", frozen=True),
    Flag("cuda.include_path", str, '/usr/local/include', "CUDA headers"),
    Flag("cuda.root", str, '/usr/local', "CUDA installation"),
    Flag("cxx", str, default_cxx, "C++ compiler command; empty = no C code, pure Python"),
    Flag("cycle_detection", ('regular', 'fast'), 'regular', "algorithm that checks inplace cycles: full or quick approximation"),
    Flag("deterministic", ('default', 'more'), 'default', "default, or more deterministic (slower) algorithms"),
    Flag("device", str, 'cpu', "cpu, cuda[N] or opencl[N:N]: where shared variables live and graphs run", frozen=True),
    Flag("dnn.base_path", str, '', "cuDNN root"),
    Flag("dnn.bin_path", str, '', "cuDNN binaries"),
    Flag("dnn.conv.algo_bwd", str, '', "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.conv.algo_bwd_data", ('none', 'deterministic', 'fft', 'fft_tiling', 'winograd', 'winograd_non_fused', 'guess_once', 'guess_on_shape_change', 'time_once', 'time_on_shape_change'), 'none', "cuDNN algorithm for gradient wrt inputs"),
    Flag("dnn.conv.algo_bwd_filter", ('none', 'deterministic', 'fft', 'small', 'winograd_non_fused', 'fft_tiling', 'guess_once', 'guess_on_shape_change', 'time_once', 'time_on_shape_change'), 'none', "cuDNN algorithm for gradient wrt filters"),
    Flag("dnn.conv.algo_fwd", ('small', 'none', 'large', 'fft', 'fft_tiling', 'winograd', 'winograd_non_fused', 'guess_once', 'guess_on_shape_change', 'time_once', 'time_on_shape_change'), 'small', "cuDNN forward convolution algorithm"),
    Flag("dnn.conv.precision", ('as_input_f32', 'as_input', 'float16', 'float32', 'float64'), 'as_input_f32', "accumulation dtype of cuDNN convolutions"),
    Flag("dnn.conv.workmem", str, '', "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.conv.workmem_bwd", str, '', "removed, kept to raise a helpful error", frozen=True),
    Flag("dnn.enabled", ('auto', 'True', 'False', 'no_check'), 'auto', "whether cuDNN must, may or must not be used"),
    Flag("dnn.include_path", str, '', "cuDNN headers"),
    Flag("dnn.library_path", str, '', "cuDNN library folder"),
    Flag("exception_verbosity", ('low', 'high'), 'low', "low, or high: run-time errors list storage and the graph"),
    Flag("experimental.local_alloc_elemwise", bool, True, "enable removing alloc inputs of elemwise (deprecated switch)"),
    Flag("experimental.local_alloc_elemwise_assert", bool, True, "add shape asserts when that rewrite fires"),
    Flag("experimental.unpickle_gpu_on_cpu", bool, False, "unpickle GPU arrays as NumPy arrays"),
    Flag("floatX", ('float64', 'float32', 'float16'), 'float64', "default float dtype of theano.tensor.scalar()/vector()/matrix()... and shared casts"),
    Flag("force_device", bool, False, "error instead of falling back to CPU when the device is missing", frozen=True),
    Flag("gcc.cxxflags", str, '', "extra compiler flags"),
    Flag("gpu.local_elemwise_fusion", bool, True, "fuse elementwise ops on the GPU"),
    Flag("gpuarray.cache_path", str, default_dir, "kernel cache folder", frozen=True),
    Flag("gpuarray.preallocate", int, 0, "GPU memory to reserve: fraction below 1, else MB; negative disables the cache", frozen=True),
    Flag("gpuarray.sched", ('default', 'multi', 'single'), 'default', "GPU scheduling policy passed to the driver"),
    Flag("gpuarray.single_stream", bool, True, "use one stream only"),
    Flag("gpuarray.sync", bool, False, "synchronize after every GPU op (for profiling)", frozen=True),
    Flag("gpuelemwise.sync", bool, True, "old flag: wait after GPU elemwise kernels"),
    Flag("init_gpu_device", str, '', "initialize the GPU without moving anything to it", frozen=True),
    Flag("int_division", ('int', 'raise', 'floatX'), 'int', "result of int/int: int, floatX, or raise"),
    Flag("lib.amdlibm", bool, False, "use AMD's libm"),
    Flag("linker", ('cvm', 'c', 'c|py', 'c|py_nogc', 'py', 'vm', 'vm_nogc', 'cvm_nogc'), default_linker, "default linker of Mode"),
    Flag("magma.enabled", bool, False, "use MAGMA on GPU"),
    Flag("magma.include_path", str, '', "MAGMA headers"),
    Flag("magma.library_path", str, '', "MAGMA library folder"),
    Flag("metaopt.optimizer_excluding", str, '', "(meta-optimizer) tags to exclude"),
    Flag("metaopt.optimizer_including", str, '', "(meta-optimizer) tags to include"),
    Flag("metaopt.verbose", int, 0, "(meta-optimizer) verbosity"),
    Flag("mode", str, 'Mode', "default compilation mode: Mode, FAST_RUN, FAST_COMPILE, DebugMode, NanGuardMode, MonitorMode..."),
    Flag("nocleanup", bool, False, "keep temporary compilation files"),
    Flag("numpy.seterr_all", ('ignore', 'warn', 'raise', 'call', 'print', 'log', 'None'), 'ignore', "passed to numpy.seterr(all=)", frozen=True),
    Flag("numpy.seterr_divide", ('None', 'ignore', 'warn', 'raise', 'call', 'print', 'log'), 'None', "passed to numpy.seterr(divide=)", frozen=True),
    Flag("numpy.seterr_invalid", ('None', 'ignore', 'warn', 'raise', 'call', 'print', 'log'), 'None', "passed to numpy.seterr(invalid=)", frozen=True),
    Flag("numpy.seterr_over", ('None', 'ignore', 'warn', 'raise', 'call', 'print', 'log'), 'None', "passed to numpy.seterr(over=)", frozen=True),
    Flag("numpy.seterr_under", ('None', 'ignore', 'warn', 'raise', 'call', 'print', 'log'), 'None', "passed to numpy.seterr(under=)", frozen=True),
    Flag("on_opt_error", ('warn', 'raise', 'pdb', 'ignore'), 'warn', "a rewrite that throws: warn and go on, raise, debugger, or ignore"),
    Flag("on_shape_error", ('warn', 'raise'), 'warn', "an infer_shape that throws: warn or raise"),
    Flag("on_unused_input", ('raise', 'warn', 'ignore'), 'raise', "a theano.function input the outputs do not need: raise, warn or ignore"),
    Flag("openmp", bool, False, "use OpenMP in C ops that support it"),
    Flag("openmp_elemwise_minsize", int, 200000, "elementwise loops shorter than this stay single threaded"),
    Flag("optdb.max_use_ratio", int, 8, "a rewrite may fire at most this many times the node count before the fixed point gives up"),
    Flag("optdb.position_cutoff", float, float("inf"), "stop rewriting at this position"),
    Flag("optimizer", ('o4', 'o3', 'o2', 'o1', 'unsafe', 'fast_run', 'fast_compile', 'merge', 'None'), 'o4', "default rewrite level of Mode"),
    Flag("optimizer_excluding", str, '', "rewrite tags to leave out, joined with :", frozen=True),
    Flag("optimizer_including", str, '', "rewrite tags to add", frozen=True),
    Flag("optimizer_requiring", str, '', "only rewrites with these tags", frozen=True),
    Flag("optimizer_verbose", bool, False, "print each rewrite applied"),
    Flag("pickle_test_value", bool, True, "keep tag.test_value when pickling"),
    Flag("print_active_device", bool, True, "print the device at start", frozen=True),
    Flag("print_global_stats", bool, False, "print global statistics at exit"),
    Flag("print_test_value", bool, False, "show test values in printed graphs"),
    Flag("profile", bool, False, "collect and print run-time profiles"),
    Flag("profile_memory", bool, False, "with profile: memory too"),
    Flag("profile_optimizer", bool, False, "with profile: rewrite times too"),
    Flag("profiling.debugprint", bool, False, "also debugprint profiled functions"),
    Flag("profiling.destination", str, 'stderr', "stderr, stdout or a file for profiles"),
    Flag("profiling.ignore_first_call", bool, False, "leave the first call out of profiles"),
    Flag("profiling.min_memory_size", int, 1024, "smallest variable listed in memory profiles"),
    Flag("profiling.min_peak_memory", bool, False, "search the lowest peak memory order"),
    Flag("profiling.n_apply", int, 20, "how many apply nodes to list"),
    Flag("profiling.n_ops", int, 20, "how many ops to list"),
    Flag("profiling.output_line_width", int, 512, "width of profile lines"),
    Flag("profiling.time_thunks", bool, True, "time each node"),
    Flag("reoptimize_unpickled_function", bool, False, "rewrite again when a pickled function is loaded"),
    Flag("scan.allow_gc", bool, False, "free inner results within scan"),
    Flag("scan.allow_output_prealloc", bool, True, "scan writes straight into its output buffer"),
    Flag("scan.debug", bool, False, "scan prints more"),
    Flag("tensor.cmp_sloppy", int, 0, "how loosely DebugMode/tests compare tensors (0,1,2)", frozen=True),
    Flag("tensor.insert_inplace_optimizer_validate_nb", int, -1, "inplace rewrite: validate every N nodes (-1: automatic)"),
    Flag("tensor.local_elemwise_fusion", bool, True, "fuse elementwise ops on the CPU"),
    Flag("traceback.compile_limit", int, 0, "frames kept for the line that called theano.function"),
    Flag("traceback.limit", int, 8, "frames kept for where a variable was made"),
    Flag("unittests.rseed", int, 666, "seed that the tests use"),
    Flag("unpickle_function", bool, True, "load pickled functions (False: load as None)"),
    Flag("vm.lazy", str, 'None', "force lazy evaluation on/off; None decides per graph"),
    Flag("warn.argmax_pushdown_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.gpu_set_subtensor1", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.gpusum_01_011_0111_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.identify_1pexp_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.ignore_bug_before", ('0.9', 'None', 'all', '0.3', '0.4', '0.4.1', '0.5', '0.6', '0.7', '0.8', '0.8.1', '0.8.2', '0.9', '0.10', '1.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5'), '0.9', "silence warnings about bugs fixed before this version", frozen=True),
    Flag("warn.inc_set_subtensor1", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.inc_subtensor1_opt", bool, True, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.reduce_join", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.round", bool, False, "warn that tensor.round now rounds half to even"),
    Flag("warn.signal_conv2d_interface", bool, False, "warn that signal.conv.conv2d got a new interface"),
    Flag("warn.subtensor_merge_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.sum_div_dimshuffle_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.sum_sum_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn.vm_gc_bug", bool, False, "warn about results changed by a bug fixed long ago (see name)"),
    Flag("warn_float64", ('ignore', 'warn', 'raise', 'pdb'), 'ignore', "what to do when a float64 variable is made (for float32 users)"),
    Flag("num_threads", int, 0, "threads for loops and BLAS; 0 follows OMP_NUM_THREADS, else one"),
)
BY_NAME = {flag.name: flag for flag in FLAGS}


def unknown(name):
    """The error for a flag that doesn't exist, with the nearest that does."""
    near = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.5) or difflib.get_close_matches(
        name.lower(), [n.lower() for n in BY_NAME], n=1, cutoff=0.5)
    found = next((n for n in BY_NAME if near and n.lower() == near[0].lower()), None)
    hint = f" Did you mean {found}?" if found else ""
    return FlagError(f"unknown flag {name!r}.{hint} theano.config.show() lists all flags.")


class Section:
    """Flags that share a prefix, as attributes; ``theano.config`` is the section without one."""

    def __init__(self, root, prefix):
        object.__setattr__(self, "_root", root if root is not None else self)
        object.__setattr__(self, "_prefix", prefix)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._root._first_read(self, self._prefix + name)

    def __setattr__(self, name, value):
        self._root._assign(self._prefix + name, value, "code")

    def __delattr__(self, name):
        raise FlagError(f"flag {self._prefix + name} can't be deleted")


class Config(Section):
    """All flags.

    Read and set them as attributes; ``config.change_flags(floatX="float32")`` changes them for a ``with`` block or
    a decorated function. Raises FlagError for a flag that doesn't exist and for a value it can't have.
    """

    def __init__(self):
        super().__init__(None, "")
        object.__setattr__(self, "origins", {})
        object.__setattr__(self, "_given", {})
        object.__setattr__(self, "_frozen", False)
        object.__setattr__(self, "_sections", {})
        for flag in FLAGS:
            self._section(flag.name.rpartition(".")[0])

    def _section(self, prefix):
        if not prefix:
            return self
        if prefix not in self._sections:
            parent = self._section(prefix.rpartition(".")[0])
            made = self._sections[prefix] = Section(self, prefix + ".")
            object.__setattr__(parent, prefix.rpartition(".")[2], made)
        return self._sections[prefix]

    def _first_read(self, section, name):
        flag = BY_NAME.get(name)
        if flag is None:
            raise unknown(name)
        value = flag.default() if callable(flag.default) else flag.default
        self._store(name, value, "default")
        return value

    def _store(self, name, value, origin):
        prefix, _, last = name.rpartition(".")
        object.__setattr__(self._section(prefix), last, value)
        self.origins[name] = origin

    def _assign(self, name, value, origin):
        flag = BY_NAME.get(name)
        if flag is None:
            raise unknown(name)
        if flag.frozen and self._frozen and origin == "code" and flag.convert(value) != self.get(name):
            raise FlagError(f"flag {name} can't be changed after import: set it in THEANO_FLAGS or in ~/.theanorc")
        self._store(name, flag.convert(value), origin)

    def get(self, name):
        """Value of a flag by its full name."""
        target = self
        *path, last = name.split(".")
        for part in path:
            target = getattr(target, part)
        return getattr(target, last)

    def change_flags(self, args=(), **flags):
        """Context manager and decorator: other values for a while. ``{"blas.ldflags": ""}`` by ``**`` or as a dict."""
        return ChangeFlags({**dict(args), **flags})

    __call__ = change_flags

    def show(self):
        """A line for each flag: name, value, where the value comes from, what it means."""
        lines = []
        for flag in FLAGS:
            value = self.get(flag.name)
            lines.append(f"{flag.name} = {value!r}  ({self.origins[flag.name]})\n    {flag.doc}")
        return "\n".join(lines)

    __str__ = show


class ChangeFlags:
    """Other values of flags inside a ``with`` block or a decorated function."""

    def __init__(self, args=(), **flags):
        self.flags = {**dict(args), **flags}
        for name in self.flags:
            if name not in BY_NAME:
                raise unknown(name)
        self.before = []

    def __enter__(self):
        self.before.append({name: config.get(name) for name in self.flags})
        for name, value in self.flags.items():
            config._store(name, BY_NAME[name].convert(value), "code")
        return self

    def __exit__(self, *error):
        for name, value in self.before.pop().items():
            config._store(name, value, "code")

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


def read_files(paths):
    """Flags of the configuration files as a dict; ``[blas] ldflags = x`` is ``blas.ldflags``."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read([os.path.expanduser(path) for path in paths])
    found = {}
    for section in parser.sections():
        prefix = "" if section == "global" else section + "."
        for name, value in parser.items(section):
            found[prefix + name] = value
    return found


config = Config()


def load():
    """Take the values from the files and the environment."""
    paths = os.environ.get("THEANORC", "~/.theanorc").split(os.pathsep)
    for name, value in read_files(paths).items():
        config._assign(name, value, "rc")
    for name, value in read_environment(os.environ.get("THEANO_FLAGS", "")).items():
        config._assign(name, value, "env")
    object.__setattr__(config, "_frozen", True)


load()
