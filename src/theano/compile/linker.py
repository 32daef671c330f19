"""Linkers: how a rewritten graph runs, and how to run a graph without `function`.

``Mode(linker=...)`` takes their names or objects. A linker that accepted a graph makes callables of it:
``PerformLinker().accept(fgraph).make_function()``.
"""

import copy

import numpy as np

from theano.errors import MethodNotDefined
from theano.graph.op import thunk_of
from theano.graph.shared import Container
from theano.runtime.interpreter import Interpreter

UNDEFINED = object()


class Linker:
    """How a rewritten graph runs.

    Attributes
    ----------
    native : bool
        Functions are compiled to C where compiler and runtime are there; else nodes run one by one.
    impl : str or None
        What of an op runs where nodes run one by one: "py" its `perform`, None its C code where it has some.
    allow_gc : bool or None
        Free intermediate results after each call; None follows the flag.
    compiles : bool
        Whether programs have compiled kernels where there is a compiler; else they run on prebuilt loops.
    fgraph : FunctionGraph or None
        The graph that was accepted.
    """

    name = "linker"
    native, compiles = False, True
    impl = fgraph = callback = callback_input = None

    def __init__(self, allow_gc=None, schedule=None):
        self.allow_gc = allow_gc
        if schedule is not None:
            self.schedule = schedule

    def __str__(self):
        return self.name

    def clone(self, allow_gc=UNDEFINED):
        """A copy without a graph."""
        twin = copy.copy(self)
        twin.fgraph = None
        if allow_gc is not UNDEFINED:
            twin.allow_gc = allow_gc
        return twin

    @staticmethod
    def schedule(fgraph):
        """Nodes in the order in which they run."""
        return fgraph.toposort()

    def accept(self, fgraph, no_recycling=None, profile=None):
        """This linker, or a copy where it has a graph already, for ``fgraph``.

        no_recycling: results that later calls must not write again; none is written while anybody else has it.
        """
        if self.fgraph is not None and self.fgraph is not fgraph:
            return self.clone().accept(fgraph, no_recycling, profile)
        self.fgraph, self.no_recycling = fgraph, no_recycling or []
        return self

    def interpreter(self, fgraph, allow_gc, storage_map=None, mode=None):
        """What runs the nodes of ``fgraph`` one by one; mode: of the function, and of the graphs inside of its ops."""
        return Interpreter(fgraph, allow_gc, storage_map, self.impl, self.schedule(fgraph), self.wrap, self.callback,
                           self.callback_input, mode)

    def wrap(self, i, node, thunk, storage_map):
        """What runs in the place of the thunk of a node, the i-th."""
        return thunk

    def make_all(self, input_storage=None, output_storage=None, storage_map=None):
        """``(function, input containers, output containers, thunks, nodes)`` of the accepted graph."""
        fgraph = self.fgraph
        cells = dict(storage_map or {})
        inputs = _cells(fgraph.inputs, input_storage, cells)
        run = self.interpreter(fgraph, bool(self.allow_gc), cells)
        outputs = _cells(fgraph.outputs, output_storage, dict(run.storage_map))

        def function():
            for cell, value in zip(outputs, run([cell[0] for cell in inputs]), strict=True):
                cell[0] = value
        return (function, _containers(fgraph.inputs, inputs), _containers(fgraph.outputs, outputs), run.thunks,
                run.nodes)

    def make_thunk(self, input_storage=None, output_storage=None, storage_map=None):
        """``(function, input containers, output containers)``: fill these, call it, read those."""
        return self.make_all(input_storage, output_storage, storage_map)[:3]

    def make_function(self, unpack_single=True, **kwargs):
        """A function of the values of the inputs that returns a list of values, or the only one of them.

        Raises TypeError for a wrong number of arguments.
        """
        run, inputs, outputs = self.make_thunk(**kwargs)

        def call(*values):
            if len(values) != len(inputs):
                raise TypeError(f"this function needs {len(inputs)} arguments, got {len(values)}")
            for container, value in zip(inputs, values, strict=True):
                container.data = value
            run()
            results = [container.data for container in outputs]
            return results[0] if unpack_single and len(results) == 1 else results
        return call


def _cells(variables, given, known):
    """A cell for each variable: the one given, else the one that a map has already."""
    if given is None:
        return [known.setdefault(v, [None]) for v in variables]
    cells = [getattr(c, "storage", c) for c in given]
    known.update(zip(variables, cells, strict=True))
    return cells


def _containers(variables, cells):
    return [c if isinstance(c, Container) else Container(v, c) for v, c in zip(variables, cells, strict=True)]


class LocalLinker(Linker):
    """A linker that runs node by node."""


class PerformLinker(LocalLinker):
    """Every node runs its `perform`; one that has none its C code."""

    name, impl = "py", "py"


class VM_Linker(LocalLinker):                                                     # noqa: N801
    """One program; with ``use_cloop`` it is compiled, else it runs on prebuilt loops.

    Parameters
    ----------
    allow_gc : bool, optional
    use_cloop : bool
    callback : function, optional
        Called with ``node, thunk, storage_map, compute_map`` after each node.
    callback_input : function, optional
        Called with ``variable, value`` for each input before the first node.
    lazy : bool, optional
        Accepted: what ``ifelse`` doesn't need is never computed.
    schedule : function, optional
        From a graph to the order of its nodes.
    c_thunks : bool, optional
        Whether ops run their C code.
    allow_partial_eval : bool, optional
        Accepted: a call with ``output_subset`` works always.
    """

    def __init__(self, allow_gc=None, use_cloop=False, callback=None, callback_input=None, lazy=None, schedule=None,
                 c_thunks=None, allow_partial_eval=None):
        super().__init__(allow_gc, schedule)
        whole = callback is None and callback_input is None and schedule is None
        self.native = whole and (use_cloop or allow_gc is None)
        self.compiles = use_cloop
        self.name = "cvm" if use_cloop else "vm"
        self.impl = "py" if c_thunks is False else None
        self.use_cloop, self.callback, self.callback_input = use_cloop, callback, callback_input
        self.lazy, self.c_thunks, self.allow_partial_eval = lazy, c_thunks, allow_partial_eval


class OpWiseCLinker(LocalLinker):
    """C code where there is some, `perform` elsewhere; functions are compiled to one program."""

    name = "c|py"

    def __init__(self, fallback_on_perform=True, allow_gc=None, nice_errors=True, schedule=None):
        super().__init__(allow_gc, schedule)
        self.native = schedule is None


class CLinker(Linker):
    """C code where there is some, `perform` elsewhere; functions are compiled to one program."""

    name = "c"

    def __init__(self, schedule=None):
        super().__init__(schedule=schedule)
        self.native = schedule is None


def same_values(left, right):
    """Raise ValueError where two cells have different values; the default of `DualLinker`."""
    a, b = left[0], right[0]
    equal = np.allclose(a, b, equal_nan=True) if isinstance(a, np.ndarray) else a == b
    if not equal:
        raise ValueError(f"C code and perform disagree: {b!r} is not {a!r}")


class DualLinker(Linker):
    """Each node runs both its `perform` and C code, and a function compares the results.

    Parameters
    ----------
    checker : function, optional
        Called with two cells, of `perform` and of C code; raises an error where they differ.
    """

    name, impl = "c&py", "py"
    compiled = staticmethod(lambda node: None)      # function of a node of our own ops, filled by the maker

    def __init__(self, checker=same_values, schedule=None):
        super().__init__(False, schedule)
        self.checker = checker

    def wrap(self, i, node, thunk, storage_map):
        """The thunk, then the C code on the same inputs, then the comparison."""
        if node.op.destroy_map or getattr(thunk, "lazy", False):    # the inputs are gone after the first, or not there
            return thunk
        cells = {v: [None] for v in node.outputs}
        computed = {v: [True] for v in (*node.inputs, *node.outputs)}
        try:
            second = node.op.make_c_thunk(node, {**storage_map, **cells}, computed, [])
        except (MethodNotDefined, NotImplementedError, AttributeError):
            native = self.compiled(node)
            if native is None:
                return thunk

            def second():
                for cell, value in zip(cells.values(), native(*(storage_map[v][0] for v in node.inputs)), strict=True):
                    cell[0] = value

        def both():
            thunk()
            second()
            for variable, cell in cells.items():
                if getattr(variable.tag, "nan_guard_mode_check", True):     # else the values may be anything
                    self.checker(storage_map[variable], cell)
        both.__dict__.update(thunk.__dict__)
        return both


class WrapLinker(Linker):
    """Runs several linkers side by side and lets a function call their thunks.

    Parameters
    ----------
    linkers : list of LocalLinker
    wrapper : function
        Called as ``wrapper(i, node, *thunks)`` for each node: it must call the thunks.
    """

    name = "wrap"

    def __init__(self, linkers, wrapper):
        super().__init__(linkers[0].allow_gc)
        self.linkers, self.wrapper, self.impl = list(linkers), wrapper, linkers[0].impl

    def wrap(self, i, node, thunk, storage_map):
        """A call of the wrapper, with the thunk and those of the other linkers, which have outputs of their own."""
        thunks = [thunk]
        for linker in self.linkers[1:] if not node.op.destroy_map else ():
            cells = {v: [None] for v in node.outputs}
            computed = {v: [True] for v in (*node.inputs, *node.outputs)}
            thunks.append(thunk_of(node, {**storage_map, **cells}, computed, linker.impl))

        def wrapped():
            missing = thunk() if getattr(thunk, "lazy", False) else None
            if not missing:                         # what is lazy asks for inputs first
                self.wrapper(i, node, *thunks)
            return missing
        wrapped.__dict__.update(thunk.__dict__)
        return wrapped


def WrapLinkerMany(linkers, wrappers):                                            # noqa: N802
    """A `WrapLinker` that calls several wrappers for each node."""
    def wrapper(*args):
        for function in wrappers:
            function(*args)
    return WrapLinker(linkers, wrapper)


LINKERS = {
    "py": PerformLinker(),
    "c": CLinker(),
    "c|py": OpWiseCLinker(),
    "c|py_nogc": OpWiseCLinker(allow_gc=False),
    "vm": VM_Linker(),
    "vm_nogc": VM_Linker(allow_gc=False),
    "cvm": VM_Linker(use_cloop=True),
    "cvm_nogc": VM_Linker(allow_gc=False, use_cloop=True),
    "c&py": DualLinker(),
}
