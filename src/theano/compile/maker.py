"""From wrapped inputs and outputs to a rewritten graph, and from that to functions."""

import copy
import time
import warnings

from theano.compile.callable import Function
from theano.compile.copies import insert_copies
from theano.compile.io import In, Out, wrap_in, wrap_out
from theano.compile.linker import DualLinker
from theano.compile.mode import get_mode
from theano.compile.native import compile_native
from theano.compile.profiling import profile_of
from theano.config import config
from theano.errors import UnusedInputError
from theano.graph import origin
from theano.graph.destroy import DestroyHandler, destroyed_roots
from theano.graph.fgraph import FunctionGraph
from theano.graph.progress import progress
from theano.graph.shared import Container
from theano.graph.walk import ancestors, substitute, toposort
from theano.rewrite.pipeline import FAST
from theano.scalar.type import Scalar


class FunctionMaker:
    """Holds the graph of a function and makes the callables that run it.

    Parameters
    ----------
    inputs, outputs : lists
        Of variables or of their wrappers; see `compile.io`.
    mode : Mode, str or None
    accept_inplace : bool
        Whether the graph given may contain ops that work in place.
    on_unused_input : {"raise", "warn", "ignore"} or None
    output_keys : list of str or None
        Keys of the results when the function returns a dict.
    """

    def __init__(self, inputs, outputs, mode=None, accept_inplace=False, function_builder=Function,
                 profile=None, on_unused_input=None, fgraph=None, output_keys=None, name=None):
        self.mode = get_mode(mode)
        self.output_keys = output_keys
        self.function_builder = function_builder
        self.on_unused_input = on_unused_input
        self.accept_inplace = accept_inplace
        self.return_none = outputs is None
        self.unpack_single = outputs is not None and not isinstance(outputs, (list, tuple))
        entries = [] if outputs is None else [outputs] if self.unpack_single else list(outputs)
        self.inputs = [wrap_in(entry) for entry in inputs]
        self.outputs = [wrap_out(entry) for entry in entries]
        self.name = name
        updates = [entry.update for entry in self.inputs if entry.update is not None]
        self.profile = profile_of(profile, name, [o.variable for o in self.outputs] + updates) \
            or self.mode.new_profile(name)
        if on_unused_input is None:
            on_unused_input = config.on_unused_input
        self._check_inputs(on_unused_input)
        start, self.optimize_seconds, self.fired = time.perf_counter(), 0.0, None
        with progress(name or "a function"):
            self._build(fgraph)
        self.seconds = time.perf_counter() - start

    # -- checks -------------------------------------------------------------------------------------

    def _check_inputs(self, action):
        variables = [entry.variable for entry in self.inputs]
        duplicates = [v for i, v in enumerate(variables) if v in variables[:i]]
        if duplicates:
            raise UnusedInputError(
                f"theano.function was given {duplicates[0]} twice: each input must be a distinct "
                "variable. Give the second one a new variable, or drop it.")
        if action == "ignore":
            return
        if action not in ("warn", "raise"):
            raise ValueError(f"on_unused_input must be 'raise', 'warn' or 'ignore', got {action!r}")
        used = set(ancestors([o.variable for o in self.outputs]
                             + [i.update for i in self.inputs if i.update is not None],
                             blockers=variables))
        for position, entry in enumerate(self.inputs):
            if entry.variable not in used and entry.update is None and not getattr(entry, "shared", False):
                text = (f"no output and no update of this function needs its input {position}, {entry.variable}: "
                        "drop it, or accept it with on_unused_input='ignore'")
                if action == "raise":
                    raise UnusedInputError(text)
                warnings.warn(text, stacklevel=4)

    # -- the graph ------------------------------------------------------------------------------------

    def _build(self, fgraph):
        self.optional = self._optional_inputs()
        self.updated = [i for i, entry in enumerate(self.inputs) if entry.update is not None]
        self.compiled = compile_native(self) if fgraph is None and self._wants_native() else None
        if self.compiled is not None:
            self._fgraph, self._shown = self.compiled.fgraph, False
            return
        if fgraph is None:
            fgraph = self.new_graph()
            self.optimize(fgraph)
        insert_copies(fgraph, self.inputs, self.outputs)
        self._fgraph, self._shown = fgraph, True

    def _optional_inputs(self):
        """Which inputs may be None, as an op puts something else in their place."""
        positions = {entry.variable: k for k, entry in enumerate(self.inputs)}
        computed = [o.variable for o in self.outputs] + [e.update for e in self.inputs if e.update is not None]
        return {positions[node.inputs[k]] for node in toposort(computed, positions)
                for k in node.op.takes_none if node.inputs[k] in positions}

    def _wants_native(self):
        return self.mode.linker.native and hasattr(self.mode.optimizer, "include") \
            and not self.accept_inplace and FAST & set(self.mode.optimizer.include) \
            and not any(getattr(e, "shared", False) and isinstance(e.variable.type, Scalar)     # no arrays in cells
                        for e in self.inputs)

    @property
    def expanded_inputs(self):
        """All inputs, shared variables with their cells included."""
        return self.inputs

    @property
    def fgraph(self):
        """The rewritten graph."""
        if not self._shown:
            self._shown = True
            self._fgraph = self.compiled.shown_graph()
        return self._fgraph

    @fgraph.setter
    def fgraph(self, graph):
        self._fgraph, self._shown = graph, True

    @property
    def linker(self):
        """The mode's linker, for the rewritten graph."""
        return self.mode.linker.clone().accept(self.fgraph)

    @property
    def computed(self):
        """What the user's graph computes: the outputs, then the new values of inputs."""
        return [o.variable for o in self.outputs] + [self.inputs[i].update for i in self.updated]

    def new_graph(self):
        """A copy of the graph as the user wrote it."""
        mapping = {len(self.outputs) + k: i for k, i in enumerate(self.updated)}
        fgraph = FunctionGraph([i.variable for i in self.inputs], self.computed, update_mapping=mapping)
        fgraph.attach_feature(DestroyHandler())
        overwritten = destroyed_roots(fgraph) if self.accept_inplace else ()     # by what the user wrote
        fgraph.protected = [v for v, entry in zip(fgraph.inputs, self.inputs, strict=True)
                            if not entry.mutable and v not in overwritten]
        fgraph.name = self.name
        return fgraph

    def optimize(self, fgraph):
        """Rewrite ``fgraph`` as the mode says."""
        start = time.perf_counter()
        with origin.inherited(()):
            self.mode.rewrite(fgraph)
        self.fired = getattr(fgraph, "rewriting", None)
        self.optimize_seconds = time.perf_counter() - start

    def copy_with(self, swap, delete_updates, name, profile=None):
        """A maker of the same graph with other shared variables; RuntimeError for one that isn't used."""
        known = {e.variable for e in self.inputs if getattr(e, "shared", False)}
        by_name = {v.name: v for v in known}
        swap = {by_name.get(old, old) if isinstance(old, str) else old: new for old, new in swap.items()}
        for old, new in swap.items():
            if old not in known:
                raise RuntimeError(f"Variable to swap, {old}, is not a shared variable of the function, which uses "
                                   f"{', '.join(sorted(map(str, known))) or 'none'}")
            if new.type != old.type:
                raise TypeError(f"cannot swap {old} ({old.type}) for {new} ({new.type}): the types must be equal")
        entries = [copy.copy(entry) for entry in self.inputs]
        updated = [] if delete_updates else [entries[i] for i in self.updated]
        graph = substitute([*(o.variable for o in self.outputs), *(e.update for e in updated)], swap)
        for entry in entries:
            if entry.variable in swap:
                entry.variable = swap[entry.variable]
                entry.value = entry.variable.container
            if getattr(entry, "shared", False):
                entry.update = None
        for entry, update in zip(updated, graph[len(self.outputs):], strict=True):
            entry.update = update
        outputs = None if self.return_none else [
            Out(variable, borrow=o.borrow) for variable, o in zip(graph, self.outputs, strict=False)]
        return FunctionMaker(entries, outputs, self.mode, self.accept_inplace, self.function_builder, profile,
                             "ignore", None, self.output_keys, self.name if name is None else name)

    def __getstate__(self):
        """All but native code, and graphs that know how they were rewritten, which are made again."""
        state = dict(self.__dict__)
        if state["compiled"] is not None or self.mode.remakes_graphs:
            state.update(compiled=None, _fgraph=None, _shown=False)
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        if self._fgraph is None:
            self._build(None)

    # -- functions ----------------------------------------------------------------------------------

    def create(self, input_storage=None, trustme=False, storage_map=None):
        """A callable with its own storage for the inputs.

        input_storage: for each input a Container to share, a default value, or None.
        """
        if input_storage is None:
            input_storage = [None] * len(self.inputs)
        cells, defaults = [], []
        for entry, given in zip(self.inputs, input_storage, strict=True):
            cell, default = _storage(entry, given)
            cells.append(cell)
            defaults.append(default)
        return self.function_builder(self._executor(cells, storage_map or {}), cells, defaults, self)

    def general_executor(self, cells):
        """Runs the function without the assumptions that native code makes; cells: its containers of the inputs."""
        graph = self.new_graph()
        self.optimize(graph)
        insert_copies(graph, self.inputs, self.outputs)
        return self.mode.linker.interpreter(graph, True, self._shared_cells(graph, cells), self.mode)

    def _executor(self, cells, storage_map):
        if self.compiled is not None:
            return self.compiled.executor(storage_map)
        allow_gc = self.mode.linker.allow_gc
        return self.mode.linker.interpreter(self._fgraph, config.allow_gc if allow_gc is None else allow_gc,
                                            {**storage_map, **self._shared_cells(self._fgraph, cells)}, self.mode)

    def _shared_cells(self, graph, cells):
        """Cells of shared variables, which an executor uses as they are, by input of ``graph``."""
        return {variable: cell.storage for variable, entry, cell in zip(graph.inputs, self.inputs, cells, strict=True)
                if getattr(entry, "shared", False)}


def _storage(entry, given):
    """The container of an input, and (required, refeed, value) of its default."""
    value = given if given is not None else getattr(entry, "value", None)
    if isinstance(value, Container):
        cell = Container(entry.variable, value.storage, strict=entry.strict,
                         allow_downcast=entry.allow_downcast, name=entry.name)
        cell.source = value
        return cell, (False, False, None)
    cell = Container(entry.variable, [None], strict=entry.strict, allow_downcast=entry.allow_downcast,
                     name=entry.name)
    if value is None:
        return cell, (True, False, None)
    cell.value = value if not entry.mutable else _copied(entry.variable.type.filter(value))
    refeed = entry.update is None
    return cell, (False, refeed, cell.value if refeed else None)


def compile_node(node):
    """A native function of the inputs of ``node`` that lists its outputs; None where nothing of it is native."""
    twins = [v.type() if not hasattr(v, "data") else v.clone() for v in node.inputs]
    outputs = node.clone_with_new_inputs(twins).outputs
    destroyed = {twins[i] for positions in node.op.destroy_map.values() for i in positions}
    inputs = [v for v in twins if not hasattr(v, "data")]
    maker = FunctionMaker([In(v, mutable=v in destroyed) for v in inputs], [Out(v, borrow=True) for v in outputs],
                          "FAST_RUN", on_unused_input="ignore")
    if maker.compiled is None or not maker.compiled.program.code or all(
            kind == "python" for kind, *_ in maker.compiled.program.code):
        return None
    function = maker.create()
    return lambda *values: function(*(value for value, v in zip(values, twins, strict=True) if v in inputs))


DualLinker.compiled = staticmethod(compile_node)


def _copied(value):
    return value.copy() if hasattr(value, "copy") else copy.deepcopy(value)


