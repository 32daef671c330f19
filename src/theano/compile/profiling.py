"""Where functions spend their time and memory.

The machine measures each of its instructions, the interpreter each node. One instruction can do the work of several
nodes, which were fused; it counts as the last of them, which its line names. What prepares an instruction, such as the
extents of a product, has lines of its own, called by the kind of the instruction.
"""

import atexit
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

from theano.codegen.overwrite import VIEWS
from theano.compile.profile_sections import KB, memory_lines, rewriting_lines, tip_lines, write_trace
from theano.config import config
from theano.graph import origin
from theano.graph.text import debugprint
from theano.graph.units import duration
from theano.graph.variable import Apply
from theano.graph.walk import toposort
from theano.inner.graph import InnerGraph, graphs_of

_started = time.time()
_printers = []
_to_print = []


@dataclass(frozen=True)
class Record:
    """What was measured of one instruction or node.

    what : Apply, or the kind of an instruction that belongs to none
    fused : how many further nodes it computes.
    nbytes : size of its results in the last call.
    native : whether it ran as native code.
    inside : tuple of `ScanProfileStats`, of the steps of a loop, of branches, of other graphs that it runs.
    """

    what: object
    calls: int
    seconds: float
    nbytes: int
    native: bool
    fused: int = 0
    inside: tuple = ()

    @property
    def op(self):
        """The op, or the kind of the instruction."""
        return self.what.op if isinstance(self.what, Apply) else self.what

    @property
    def group(self):
        """The class of the op, or the kind of the instruction."""
        return type(self.op) if isinstance(self.what, Apply) else self.what

    @property
    def line(self):
        """Where the user wrote it, as ``file:line``, None where that is unknown."""
        for variable in self.what.outputs if isinstance(self.what, Apply) else ():
            found = origin.frames(getattr(variable.tag, "trace", ()))
            if found:
                return f"{found[0].filename}:{found[0].lineno}  {found[0].line}"
        return None

    def __str__(self):
        return str(self.what) + (f" and {self.fused} fused with it" if self.fused else "")


class _Machine:
    """Measures a function that runs natively."""

    def __init__(self, function):
        self.function, self.program = function, function.fn
        function._measure(int(config.profiling.ignore_first_call))

    def totals(self):
        """Calls, seconds in them, seconds in the program."""
        calls, inside, running = self.program.timing()
        return calls, inside * 1e-9, running * 1e-9

    def records(self):
        """A `Record` for each instruction."""
        return [_record(*measured) for measured in self.program.measured()]

    def memory(self):
        """Lines about the memory of the last call."""
        return memory_lines(self.function)


def _record(task, timing, nbytes, inside, factor=1.0):
    """The `Record` of an instruction; factor: of its time, which is that of samples where it is one of a step."""
    calls, seconds = timing[0], timing[1] * 1e-9 * factor
    what = task.kind if task.node is None else task.node
    fused = max(len(task.nodes) - 1, 0) if task.kind == "loop" else 0
    if task.kind in VIEWS or task.node is None:     # no memory, or that of the instruction to come
        nbytes = 0
    spent = 1e-9 * sum(ns for part in inside for _, (_, ns), *_ in part)        # samples may say more than there was
    within = factor * (min(seconds / factor, spent) / spent if spent and factor else 1.0)
    parts = [[_record(*measured, within) for measured in part] for part in inside]
    if task.kind == "steps":                        # one generated function makes all steps
        *others, last = toposort(task.node.op.outputs)
        parts = [[Record(last, calls, seconds, 0, True, len(others))]]
    more = tuple(ScanProfileStats.of(task.node.op, ", otherwise" * k, part, calls, seconds)
                 for k, part in enumerate(parts))
    return Record(what, calls, seconds, nbytes, task.kind != "python", fused, more)


class _Steps:
    """What was measured of a sub-program."""

    function = None

    def __init__(self, records, calls, seconds):
        self.measured = records
        self.calls = max((r.calls for r in records), default=calls), seconds, sum(r.seconds for r in records)

    def totals(self):
        """How often it ran, seconds in the instruction that it belongs to, seconds in its own instructions."""
        return self.calls

    def records(self):
        """A `Record` for each instruction."""
        return self.measured

    def memory(self):
        """Lines about the memory of the last step."""
        return [f"    Results of the last step (KB) {sum(r.nbytes for r in self.measured) // 1024}"]


class _Interpreter:
    """Measures a function that runs in Python."""

    def __init__(self, function):
        self.function, self.interpreter = function, function.fn
        self.interpreter.measure()
        self.inside = {node: tuple(_watched(running)) for node, running in self.interpreter.running.items()}
        self.calls = [0, 0.0, 0.0]
        self.unmeasured = int(config.profiling.ignore_first_call)

    def count(self, seconds, inside):
        """Add a call."""
        if self.unmeasured:
            self.unmeasured -= 1
            for record in self.interpreter.measured:
                record[:] = 0, 0, 0
        else:
            self.calls = [self.calls[0] + 1, self.calls[1] + seconds, self.calls[2] + inside]

    def totals(self):
        """Calls, seconds in them, seconds in nodes and between them."""
        return self.calls

    def records(self):
        """A `Record` for each node."""
        return [Record(node, calls, nanoseconds * 1e-9, nbytes, False, 0, self.inside.get(node, ()))
                for node, (calls, nanoseconds, nbytes)
                in zip(self.interpreter.nodes, self.interpreter.measured, strict=True)]

    def memory(self):
        """Lines about the memory of the last call, in which every node gave new arrays."""
        whole = sum(r.nbytes for r in self.records()) // KB
        return [f"  Theano fct: {self.function.name}", f"    {'Max without gc, inplace and view (KB)':<38} {whole:>9}"]


def _watched(node):
    """Profiles of the graphs inside of the op of a node, which are measured from the first time that they run."""
    for graph in graphs_of(node.op).values():
        graph.profile = ScanProfileStats(False, str(node.op))
        graph.profile.op = node.op
        yield graph.profile


class ProfileStats:
    """What the functions made with ``profile=`` this object did; many functions may share one.

    Parameters
    ----------
    atexit_print : bool
        Print the summary when the program ends.
    flag_time_thunks : bool, optional
        Whether to list nodes; default: the flag ``profiling.time_thunks``.
    gpu_checks : bool
        Accepted for programs that give it.
    message : str, optional
        Title of the summary.
    **kwargs
        Values of further attributes, such as ``line_width``. Raises TypeError for what is none.
    """

    def __init__(self, atexit_print=True, flag_time_thunks=None, gpu_checks=True, message=None, **kwargs):
        self.atexit_print, self.message = atexit_print, message
        self.flag_time_thunks = config.profiling.time_thunks if flag_time_thunks is None else flag_time_thunks
        self.line_width = config.profiling.output_line_width
        self.sources, self.makers = [], []
        self.optimizer_profile = None
        self.import_time = 0.0
        if not kwargs.keys() <= vars(self).keys():
            raise TypeError(f"a profile has no attributes {sorted(kwargs.keys() - vars(self).keys())}; there are "
                            f"{sorted(vars(self))}")
        vars(self).update(kwargs)
        if atexit_print:
            _to_print.append(self)

    def __getstate__(self):
        return {"atexit_print": False, "flag_time_thunks": self.flag_time_thunks, "message": self.message}

    def __setstate__(self, state):
        self.__init__(**state)

    def watch(self, function):
        """Measure the calls of ``function``."""
        if function.maker not in self.makers:
            self.makers.append(function.maker)
        source = _Machine(function) if function.runs_natively else _Interpreter(function)
        self.sources.append(source)
        return source

    # -- totals ---------------------------------------------------------------------------------------

    def _total(self, index):
        return sum(source.totals()[index] for source in self.sources)

    @property
    def fct_callcount(self):
        """How many calls there were."""
        return self._total(0)

    @property
    def fct_call_time(self):
        """Seconds in calls of the functions."""
        return float(self._total(1))

    @property
    def vm_call_time(self):
        """Seconds in the machine or the interpreter: calls without checks of arguments."""
        return float(self._total(2))

    @property
    def compile_time(self):
        """Seconds that making the functions took."""
        return sum(maker.seconds for maker in self.makers)

    @property
    def optimizer_time(self):
        """Seconds of it for rewriting."""
        return sum(maker.optimize_seconds for maker in self.makers)

    @property
    def linker_time(self):
        """Seconds of it for all else: lowering, the C compiler, the cache."""
        return self.compile_time - self.optimizer_time

    @property
    def nb_nodes(self):
        """How many instructions and nodes the functions have."""
        return len(self.records())

    # -- by instruction, op and class -----------------------------------------------------------------

    def records(self):
        """A `Record` for each instruction or node of the functions."""
        return [record for source in self.sources for record in source.records()]

    @property
    def loops(self):
        """A `ScanProfileStats` for each loop, branch and other graph inside of the ops of these functions."""
        return [profile for record in self.records() for inside in record.inside for profile in (inside, *inside.loops)]

    def _sums(self, key, value):
        found = defaultdict(type(value(Record(None, 0, 0.0, 0, True))))
        for record in self.records():
            found[key(record)] += value(record)
        return dict(found)

    def _impl(self, key):
        found = {}
        for record in self.records():
            found[key(record)] = "C" if record.native and found.get(key(record)) != "Py" else "Py"
        return found

    @property
    def apply_time(self):
        """Seconds by node."""
        return self._sums(lambda r: r.what, lambda r: r.seconds)

    @property
    def apply_callcount(self):
        """Calls by node."""
        return self._sums(lambda r: r.what, lambda r: r.calls)

    @property
    def apply_cimpl(self):
        """Whether a node ran as native code."""
        return {what: kind == "C" for what, kind in self._impl(lambda r: r.what).items()}

    def op_time(self):
        """Seconds by op."""
        return self._sums(lambda r: r.op, lambda r: r.seconds)

    def op_callcount(self):
        """Calls by op."""
        return self._sums(lambda r: r.op, lambda r: r.calls)

    def op_nodes(self):
        """Number of instructions or nodes by op."""
        return self._sums(lambda r: r.op, lambda r: 1)

    def op_impl(self):
        """"C" or "Py" by op."""
        return self._impl(lambda r: r.op)

    def class_time(self):
        """Seconds by class of the op."""
        return self._sums(lambda r: r.group, lambda r: r.seconds)

    def class_callcount(self):
        """Calls by class of the op."""
        return self._sums(lambda r: r.group, lambda r: r.calls)

    def class_nodes(self):
        """Number of instructions or nodes by class of the op."""
        return self._sums(lambda r: r.group, lambda r: 1)

    def class_impl(self):
        """"C" or "Py" by class of the op."""
        return self._impl(lambda r: r.group)

    # -- text -------------------------------------------------------------------------------------------

    def summary(self, file=None, n_ops_to_print=None, n_apply_to_print=None):
        """Print all sections; file: default stderr. The numbers say how many lines the sections get."""
        file = sys.stderr if file is None else file
        self.summary_function(file)
        self.summary_globals(file)
        if config.profiling.debugprint:
            self.summary_graphs(file)
        if self.flag_time_thunks and self.fct_callcount:
            n_ops = config.profiling.n_ops if n_ops_to_print is None else n_ops_to_print
            self.summary_class(file, n_ops)
            self.summary_ops(file, n_ops)
            self.summary_lines(file, n_ops)
            n_nodes = config.profiling.n_apply if n_apply_to_print is None else n_apply_to_print
            self.summary_nodes(file, n_nodes)
            for profile in self.loops:
                profile.summary_inside(file, n_ops, n_nodes)
        if config.profile_optimizer:
            self._print(file, *rewriting_lines(self.makers))
        if config.profile_memory:
            self.summary_memory(file, config.profiling.n_apply)
        if self.flag_time_thunks and self.fct_callcount:
            self.print_tips(file)
        self.print_extra(file)

    def to_chrome_trace(self, path):
        """Write a file for chrome://tracing or Perfetto: of each function one average call, instruction by instruction.

        Raises OSError where the file cannot be written.
        """
        write_trace(self, path)

    def summary_function(self, file):
        """Print the title, calls, and the time of making the functions."""
        names = self.message or ", ".join(str(m.name) for m in self.makers if m.name)
        self._print(file, "Function profiling", "==================", f"  Message: {names or None}")
        total = self.fct_call_time
        self._print(file, f"  Time in {self.fct_callcount} calls to Function.__call__: {duration(total)}")
        if total:
            thunks = sum(record.seconds for record in self.records())
            for label, seconds in (("Function.fn.__call__", self.vm_call_time), ("thunks", thunks)):
                self._print(file, f"  Time in {label}: {duration(seconds)} ({100 * seconds / total:.1f}%)")
        self._print(file, f"  Total compile time: {duration(self.compile_time)}",
                    f"    Number of Apply nodes: {self.nb_nodes}",
                    f"    Theano Optimizer time: {duration(self.optimizer_time)}",
                    f"    Theano Linker time (includes code generation and compiling): {duration(self.linker_time)}",
                    "")

    def summary_graphs(self, file):
        """Print the graph of each function."""
        for source in self.sources:
            debugprint(source.function, file=file)
            self._print(file, "")

    def summary_globals(self, file):
        """Print how long the program has run since Theano was imported."""
        self._print(file, f"Time since theano was imported: {duration(time.time() - _started)}", "")

    def summary_class(self, file=None, N=None):                                                   # noqa: N803
        """Print times by class of the op."""
        self._table(file, "Class", ("<type>", "<#call>", "<#apply>", "<Class name>"), self.class_time(), N,
                    self.class_impl(), self.class_callcount(), self.class_nodes(), name=_class_name)

    def summary_ops(self, file=None, N=None):                                                     # noqa: N803
        """Print times by op."""
        self._table(file, "Ops", ("<type>", "<#call>", "<#apply>", "<Op name>"), self.op_time(), N, self.op_impl(),
                    self.op_callcount(), self.op_nodes())

    def summary_lines(self, file=None, N=None):                                                   # noqa: N803
        """Print times by the line of the user's program."""
        times = self._sums(lambda r: r.line, lambda r: r.seconds)
        self._table(file, "Lines", ("<#call>", "<#apply>", "<Line>"), times, N,
                    self._sums(lambda r: r.line, lambda r: r.calls), self._sums(lambda r: r.line, lambda r: 1),
                    name=lambda line: line or "(checks and extents, which no line of yours made)")

    def summary_nodes(self, file=None, N=None):                                                   # noqa: N803
        """Print times by node, with the node's place in the order of execution."""
        numbered = {(position, str(record)): record for position, record in enumerate(self.records())}
        self._table(file, "Apply", ("<#call>", "<id>", "<Apply name>"), {k: r.seconds for k, r in numbered.items()}, N,
                    {k: r.calls for k, r in numbered.items()}, {k: k[0] for k in numbered}, name=lambda key: key[1])

    def _table(self, file, title, columns, times, limit, *cells, name=str):
        """Print a table with the largest times first; cells: one dict for each column but the last, ``name``."""
        file = sys.stderr if file is None else file
        heads = ["<% time>", "<sum %>", "<apply time>", "<time per call>", *columns]
        self._print(file, title, "---", "  " + "  ".join(heads))
        calls = cells[columns.index("<#call>")]
        whole, shown = sum(times.values()) or 1.0, 0.0
        order = sorted(times, key=times.get, reverse=True)
        for key in order[:limit]:
            shown += times[key]
            texts = [f"{100 * times[key] / whole:.1f}%", f"{100 * shown / whole:.1f}%", duration(times[key]),
                     duration(times[key] / calls[key] if calls[key] else 0.0), *(str(values[key]) for values in cells)]
            row = [f"{text:>{len(head)}}" for text, head in zip(texts, heads, strict=False)]
            self._print(file, ("  " + "  ".join([*row, name(key).rstrip()]))[:self.line_width])
        rest = order[limit:] if limit is not None else []
        left = sum(times[key] for key in rest)
        if rest:
            self._print(file, f"  ... (remaining {len(rest)} {title} account for {100 * left / whole:.2f}%"
                              f"({duration(left)}) of the runtime)")
        self._print(file, "")

    def summary_memory(self, file=None, N=None):                                                  # noqa: N803
        """Print the memory of intermediate values and results in the last call, the largest first."""
        file = sys.stderr if file is None else file
        self._print(file, "Memory profile", "---")
        for source in self.sources:
            self._print(file, *source.memory())
        large = sorted((r for r in self.records() if r.nbytes >= config.profiling.min_memory_size),
                       key=lambda r: -r.nbytes)
        left = max(len(large) - (len(large) if N is None else N), 0)
        self._print(file, "  <Sum apply outputs (bytes)>  <Apply name>",
                    *(f"  {r.nbytes:>26}B  {r}"[:self.line_width] for r in large[:N]),
                    f"  ... (remaining {left} and those smaller than {config.profiling.min_memory_size}B are not "
                    "shown)", "")

    def print_tips(self, file):
        """Print what may make the functions faster."""
        self._print(file, *tip_lines(self))

    @staticmethod
    def print_extra(file):
        """Print what the functions given to `register_profiler_printer` say."""
        for printer in _printers:
            printer(file)

    @staticmethod
    def _print(file, *lines):
        for line in lines:
            print(line, file=file)


def _class_name(kind):
    return f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else str(kind)


class ScanProfileStats(ProfileStats):
    """The profile of a loop, or of another graph inside of an op: `ProfileStats` under a name.

    Calls are steps; of a program some of them are measured, and the times are those of all.
    """

    def __init__(self, atexit_print=True, name=None, **kwargs):
        super().__init__(atexit_print, message=kwargs.pop("message", name), **kwargs)
        self.name, self.op = name, None

    @classmethod
    def of(cls, op, which, records, calls, seconds):
        """The profile of a sub-program; which: of those of an op; calls, seconds: of the instruction that runs it."""
        profile = cls(False, f"{op}{which}")
        profile.op = op
        profile.sources.append(_Steps(records, calls, seconds))
        return profile

    def summary_inside(self, file, n_ops=None, n_nodes=None):
        """Print where the time of the steps went."""
        steps, whole, within = self.fct_callcount, self.fct_call_time, self.vm_call_time
        if not steps:
            return
        share = f" ({100 * within / whole:.1f}% of its {duration(whole)})" if whole else ""
        self._print(file, f"Inside {self.name}", "==================",
                    f"  Time in {steps} steps: {duration(within)}{share}", "")
        self.summary_class(file, n_ops)
        self.summary_ops(file, n_ops)
        self.summary_lines(file, n_ops)
        self.summary_nodes(file, n_nodes)
        if config.profile_memory:
            self.summary_memory(file, n_nodes)


class LoopProfiles(ProfileStats):
    """The profile of a function with loops that are to be measured, by ``scan(..., profile=)``; shows these only."""

    def summary(self, file=None, n_ops_to_print=None, n_apply_to_print=None):
        """Print the sections of these loops; file: default stderr."""
        for profile in self.loops:
            wanted = getattr(profile.op, "profile", None)
            if wanted:
                profile.name = profile.name if wanted is True else wanted
                profile.summary_inside(sys.stderr if file is None else file, n_ops_to_print, n_apply_to_print)


def register_profiler_printer(fct):
    """Call ``fct(file)`` at the end of every summary; returns ``fct``."""
    _printers.append(fct)
    return fct


def profile_of(profile, name, computed=()):
    """The `ProfileStats` that an argument ``profile`` of a function means, or None; computed: what it computes."""
    if profile is None:
        profile = config.profile or (LoopProfiles(message=name) if _has_profiled_loop(computed) else None)
    if isinstance(profile, str):
        return ProfileStats(message=profile)
    if profile is True:
        return ProfileStats(message=name)
    return profile or None


def _has_profiled_loop(outputs):
    """Whether the graph of ``outputs`` has a loop that is to be measured, at any depth."""
    return any(getattr(node.op, "profile", None) or _has_profiled_loop(node.op.graph.outputs)
               for node in toposort(outputs) if isinstance(getattr(node.op, "graph", None), InnerGraph))


@contextmanager
def _destination():
    where = config.profiling.destination
    if where in ("stderr", "stdout"):
        yield getattr(sys, where)
    else:
        with open(where, "w", encoding="utf-8") as file:
            yield file


def print_global_stats():
    """Print the summaries of all profiles that ask for it, and their sum, to ``profiling.destination``."""
    used = [profile for profile in _to_print if profile.fct_callcount]
    if not used:
        return
    with _destination() as file:
        for profile in used:
            profile.summary(file)
        if len(used) > 1:
            whole = ProfileStats(atexit_print=False, message=f"Sum of all({len(used)}) printed profiles at exit.")
            whole.sources = [source for profile in used for source in profile.sources]
            whole.makers = [maker for profile in used for maker in profile.makers]
            whole.summary(file)


atexit.register(print_global_stats)
