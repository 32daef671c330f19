"""Functions as programs of the machine: rewriting, lowering, the C compiler or prebuilt loops, the cache."""

import copy
import functools
import logging
import os
import time

from numpy.linalg import LinAlgError

from theano.codegen import build, cache, cops  # noqa: F401  cops lets ops with C code run it
from theano.codegen.blocks import Uncovered
from theano.codegen.key import NoKey, graph_key
from theano.codegen.lower import Lowering
from theano.codegen.program import Program, make_program
from theano.codegen.recipe import NoRecipe
from theano.compile.copies import insert_copies
from theano.compile.diagnosis import explain, is_foreign
from theano.compile.io import memory_kind
from theano.compile.memory_plan import plan_of
from theano.compile.mode import get_mode
from theano.config import config
from theano.errors import CompileError
from theano.graph import origin
from theano.graph.pause import paused_gc
from theano.graph.progress import report
from theano.late import hashlib
from theano.rewrite.database import registered
from theano.rewrite.pipeline import FAST, optimize, present
from theano.rewrite.rules.guards import assume_equal_extents
from theano.runtime import native
from theano.runtime.report import describe_failure, extended, say_once

_useless = set()            # commands of compilers that can't compile anything


class NativeProgram:
    """A compiled function's program, and where it came from.

    Attributes
    ----------
    fgraph : FunctionGraph or None
        The rewritten graph; None until somebody asks for that of a program from the cache.
    program : Program
    library : Library or None
        The kernels; None when there are none.
    loops : LoopSet or None
        The prebuilt loops that stand for compiled kernels.
    cached : bool
        Whether it came from the cache.
    seconds : float
        What making it took.
    """

    def __init__(self, maker, fgraph, program, library, loops, cached, seconds, n_guards):
        self.maker, self.fgraph = maker, fgraph
        self.program, self.library, self.loops = program, library, loops
        self.cached, self.seconds, self.n_guards = cached, seconds, n_guards
        self._last_guard = max((at for at, (kind, *_) in enumerate(program.code) if kind == "guard"), default=-1)
        self._machine = None
        self._storage_map = None
        allow_gc = maker.mode.linker.allow_gc
        self._allow_gc = config.allow_gc if allow_gc is None else allow_gc

    def __call__(self, n_calls=1):
        """Call the function of this executor with the values that its inputs have, so many times."""
        self.again(n_calls)

    def executor(self, storage_map):
        """This program for one more function, with cells of its own but for those given."""
        twin = copy.copy(self)
        twin._storage_map, twin._given = None, storage_map or {}
        return twin

    def machine(self, storage, kept, n_positional):
        """A machine that reads the inputs marked in ``kept``, those that outlive a call, from their storage."""
        self.storage = storage
        cells = [cell if keep else None for cell, keep in zip(storage, kept, strict=True)]
        self._machine = native.make_machine(self.program, cells, n_positional, self.library, self.maker.mode)
        self._machine.keep = not self._allow_gc
        return self._machine

    @property
    def allow_gc(self):
        """Whether results belong to the caller alone; if not, borrowed ones are written again by the next call."""
        return self._allow_gc

    @allow_gc.setter
    def allow_gc(self, value):
        self._allow_gc = bool(value)
        self._machine.keep = not self._allow_gc

    def shown_graph(self):
        """The rewritten graph as users expect to see it."""
        graph = self.fgraph
        if self.cached:
            graph = self.maker.new_graph()
            with origin.inherited(()):
                self.n_guards = _rewrite(self.maker, graph)
        for _ in range(self.n_guards):
            graph.remove_output(len(graph.outputs) - 1)
        with origin.inherited(()):
            present(graph, self.maker.mode.optimizer)
            insert_copies(graph, self.maker.inputs, self.maker.outputs)
        return graph

    def nodes(self):
        """Per instruction the task it came from; worked out again for a program from the cache."""
        if not self.program.nodes:
            with origin.inherited(()):
                graph = self.maker.new_graph()
                n_guards = _rewrite(self.maker, graph)
                self.program.nodes = _lower(self.maker, graph, n_guards, self.loops).nodes
        return self.program.nodes

    def running(self):
        """(graph, outputs, nodes) as it runs: for each instruction the nodes it computes.

        The graph is a new one; what only guards need is no part of ``outputs``.
        """
        lowering, n_guards, program = self._again()
        tasks = program.nodes
        nodes = [tuple(task.nodes) or ((task.node,) if task.node is not None else ()) for task in tasks]
        outputs = lowering.fgraph.outputs
        return lowering.fgraph, outputs[:len(outputs) - n_guards], nodes

    def memory_plan(self, given):
        """The `MemoryPlan`; given: function of the user's arguments that lists the values of all inputs."""
        lowering, _, program = self._again()
        return plan_of(program, lowering.fgraph.inputs, given)

    def _again(self):
        """The lowering and the program, made anew."""
        with origin.inherited(()):
            graph = self.maker.new_graph()
            n_guards = _rewrite(self.maker, graph)
            lowering = _lowering(self.maker, graph, n_guards, self.loops)
            return lowering, n_guards, _program(self.maker, lowering)

    def is_guard(self, at):
        """Whether a failure of instruction ``at`` may mean that an assumption does not hold.

        Before the last guard an op may meet arrays that it would not meet if those checked later were checked already.
        """
        run = self.program.performs.get(at)
        return at <= self._last_guard and (run is None or not is_foreign(run.op))

    def failure(self, at, code, text, axis, a, b, operands, error, inputs, path):
        """The exception for instruction ``at``: what failed, on which shapes, written where.

        path: from there to the one in the sub-programs, (which of them, instruction, step of the loop) for each.
        """
        if "{" in text:
            text = _labelled(self.program, at, path, text, axis)
        failed = error if error is not None else _exception(code, text, axis, a, b, operands)
        run = self.program.performs.get(at)
        if run is None or not is_foreign(run.op):
            explained = explain(self.maker, inputs, failed)
            if explained is not failed:
                return explained
        try:
            task = self.nodes()[at]
            for side, at, _ in path:
                task = task.parts[side].tasks[at]
        except (IndexError, NoKey):
            task = None
        node = None if task is None else task.node
        within = "".join(f"\nIn step {step} of a loop." for _, _, step in path if step >= 0)
        if node is None:
            return extended(failed, within) if within else failed
        values = [_Described(shape, stride) for shape, stride in operands]
        return extended(failed, describe_failure(node, values, at) + within)

    @property
    def storage_map(self):
        """Cells of the graph's variables.

        Those of results are filled, unless ``allow_gc``, when this is read. Those of other intermediate values are
        empty: the machine has memory of its own for them, which they share.
        """
        graph = self.maker.fgraph
        if self._storage_map is None:
            self._storage_map = {v: [getattr(v, "data", None)] for v in graph.variables}
            self._storage_map.update(zip(graph.inputs, self.storage, strict=True))
            self._storage_map.update(self._given)
        results = self._machine.results()
        for variable, value in zip(graph.outputs, results, strict=False):
            if variable.owner is not None:
                self._storage_map[variable][0] = None if self._allow_gc else value
        return self._storage_map

    def timing(self):
        """Calls, nanoseconds in them, nanoseconds in the program."""
        return self._machine.timing()

    def measured(self):
        """For each instruction its task, (calls, nanoseconds), the bytes of its results in the last call, and the same
        for the instructions of each of its sub-programs.
        """
        return _measured(self.nodes(), self._machine, self._machine, self.program)

    def buffers(self):
        """Bytes of each buffer for intermediate values."""
        return self._machine.memory()[0]

    def free(self):
        """Release buffers and kept results."""
        if self._machine is not None:
            self._machine.release()
        lent = {id(cell) for cell in [*self.storage, *self._given.values()]}
        for variable, cell in (self._storage_map or {}).items():
            if not hasattr(variable, "data") and id(cell) not in lent:
                cell[0] = None


def _measured(tasks, machine, outermost, program, path=()):
    """See `NativeProgram.measured`; path: from the outermost program, instruction, number of its sub-program, ..."""
    sizes = outermost.memory(*path)[1]
    results = [sum(sizes[slot] for slot in code[2]) if sizes else 0 for code in program.code]
    inside = [[_measured(part.tasks, sub, outermost, program.parts[i][k], (*path, i, k))
               for k, (part, sub) in enumerate(zip(task.parts, machine.parts(i), strict=True))]
              for i, task in enumerate(tasks)]
    return list(zip(tasks, machine.profile(), results, inside, strict=True))


def _labelled(program, at, path, text, number):
    """A message of a sub-program, with the names that its op and its inputs and outputs have."""
    part = None
    for side, inside, _ in path:
        part = program.parts[at][side]
        program, at = part, inside
    part = program.parts[at][0] if at in program.parts else part
    return text.format(op=part.labels[0], part=part.labels[1 + number])


class _Described:
    """Shape and strides of a value that is gone."""

    size = 100

    def __init__(self, shape, strides):
        self.shape, self.strides = shape, strides


def _exception(code, text, axis, a, b, operands):
    shapes = [shape for shape, _ in operands]
    if code == 1:
        if text:
            return ValueError(f"{text} (shapes {shapes})")
        return ValueError(f"Input dimension mis-match: extents {a} and {b} meet on axis {axis} of operands of "
                          f"shapes {shapes}")
    if code == 2:
        return MemoryError(text or "out of memory")
    if code == 3:
        if text:
            return IndexError(f"{text} (shapes {shapes})")
        return IndexError(f"index {a} is out of bounds for axis {axis} with size {b}")
    if code == 6:
        return LinAlgError(text)
    if code == 101:
        return TypeError(text)
    return ValueError(f"{text or 'bad value'} (shapes {shapes})")


@functools.lru_cache(maxsize=1)
def version():
    """Digest of the names, sizes and times of this package's sources: other sources, other keys."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders, seen = [package], []
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".h", ".so")):
                    info = entry.stat()
                    seen.append(f"{entry.path[len(package):]} {info.st_size} {info.st_mtime_ns}")
                elif entry.name != "__pycache__" and entry.is_dir():
                    folders.append(entry.path)
    return hashlib.blake2b("\n".join(sorted(seen)).encode(), digest_size=16).hexdigest()


def compile_native(maker):
    """The `NativeProgram` of a function, or None where it must run in Python."""
    command = build.compiler() if maker.mode.linker.compiles else None
    if command in _useless:
        command = None
    elif maker.mode.linker.compiles and (command is None or not native.available()):
        _say_why()
    if not native.available():
        return None
    with paused_gc(), origin.inherited(()):
        return _make(maker, command, time.perf_counter())


def _make(maker, command, start):
    """A program with kernels that this compiler makes, or of prebuilt loops where it is None; None if it can't be."""
    loops = native.loop_set() if command is None else None
    key = _key(maker, command)
    store = cache.current()
    wanted = key is not None and not config.optimizer_verbose       # which shows what rewriting does
    found = store.read(key) if wanted else None
    if found is not None:
        made = _from_cache(maker, found, store, key, loops, start)
        if made is not None:
            return made
    begun = time.perf_counter()
    fgraph = maker.new_graph()
    n_guards = _rewrite(maker, fgraph)
    maker.optimize_seconds = time.perf_counter() - begun
    try:
        report("writing C", len(fgraph.apply_nodes))
        program = _lower(maker, fgraph, n_guards, loops)
        report("C compiler" if program.source else "loading", len(fgraph.apply_nodes))
        library, content = _kernels(program, store, command)
    except Uncovered:
        return None
    except (CompileError, OSError) as error:
        _give_up(command, error)
        return _make(maker, None, start)
    if key is not None:
        _keep(store, key, content, program)
    return NativeProgram(maker, fgraph, program, library, loops, False, time.perf_counter() - start, n_guards)


def _say_why():
    """Say once why functions are not compiled, unless somebody asked for that."""
    if build.turned_off():
        return
    if not native.available():
        say_once("the C part of this package was not built when it was installed, so functions run in Python. "
                 "Install it again where there is a C compiler; theano.config.cxx = '' silences this.")
    else:
        say_once("no C compiler was found, so functions run on prebuilt loops, which is slower. Install gcc or clang, "
                 "or the package ziglang; theano.config.cxx = '' silences this.")


def _give_up(command, error):
    """Say why a function could not be compiled; a compiler that fails on one line is not called again."""
    logging.getLogger(__name__).debug("%s", error)
    useless = build.complaint(command)
    if useless is None:
        say_once(f"{str(error).partition(chr(10))[0]}; so this function runs on prebuilt loops.")
        return
    _useless.add(command)
    say_once(f"{useless}; so functions run on prebuilt loops. theano.config.cxx = '' silences this.")


def _rewrite(maker, fgraph):
    """Rewrite a graph for this way of running; how many outputs were added that are checked and not returned."""
    own = len(fgraph.outputs)
    assume_equal_extents(fgraph)
    fired = optimize(fgraph, maker.mode.optimizer, native=True)
    maker.fired = fired if maker.fired is None else maker.fired
    return len(fgraph.outputs) - own


def _lowering(maker, fgraph, n_guards, loops):
    return Lowering(fgraph, [memory_kind(entry) for entry in maker.inputs], n_guards, loops,
                    functools.partial(_query_of, maker.mode))


def _program(maker, lowering):
    return make_program(lowering, [bool(o.borrow) for o in maker.outputs], maker.updated)


def _lower(maker, fgraph, n_guards, loops):
    return _program(maker, _lowering(maker, fgraph, n_guards, loops))


def _query_of(around, mode):
    """By which rewrites the graph inside an op is made part of a program; None where its mode wants it to run apart."""
    if mode is None:
        return around.inner_optimizer
    mode = get_mode(mode)
    whole = mode.linker.native and hasattr(mode.optimizer, "include") and FAST & set(mode.optimizer.include)
    return mode.inner_optimizer if whole else None


def _key(maker, command):
    query = maker.mode.optimizer
    if registered() or query.extra_optimizations:       # rewrites of users, of which nothing else is known
        return None
    kernels = "prebuilt" if command is None else build.fingerprint(command, build.flags())
    extra = (version(), kernels, query.include, query.exclude, query.require,
             len(maker.outputs), tuple(maker.updated), tuple(map(memory_kind, maker.inputs)),
             tuple(bool(o.borrow) for o in maker.outputs), config.floatX, config.cast_policy)
    try:
        return graph_key([e.variable for e in maker.inputs], maker.computed, extra)
    except (NoKey, TypeError):
        return None


def _from_cache(maker, found, store, key, loops, start):
    content, data = found
    try:
        program = Program.load(data)
        library = build.Library(content, store.path(key)) if content else None
    except (ValueError, OSError, KeyError, TypeError, AttributeError, ImportError):
        return None
    return NativeProgram(maker, None, program, library, loops, True, time.perf_counter() - start, 0)


def _keep(store, key, content, program):
    """Put a program into the cache, where it can be written as plain data."""
    try:
        data = program.dump()
    except NoRecipe:
        return
    store.write(key, content, data)


def _kernels(program, store, command):
    """The library of a program's kernels, and its bytes; compiled, or found by the source."""
    if not program.source:
        return None, b""
    key = "c" + hashlib.blake2b((build.fingerprint(command, build.flags()) + program.source).encode(),
                                digest_size=20).hexdigest()
    found = store.read(key)
    if found is not None:
        try:
            return build.Library(found[0], store.path(key)), found[0]
        except OSError:
            store.discard(key)          # not loadable: made again
    with store.claim(key) as found:
        content = build.compile_library(program.source) if found is None else found[0]
        if found is None:
            store.write(key, content, b"")
    try:
        return build.Library(content, store.path(key)), content
    except OSError:
        store.discard(key)
        raise
