"""How a rewritten graph runs: in Python, or natively where that is possible."""

import copy

import numpy as np


class Linker:
    """How a rewritten graph runs, and with `accept` a graph that runs in this way.

    Parameters
    ----------
    allow_gc : bool, optional
        Free intermediate results after each call; None follows the flag.
    schedule : None
        The order of nodes is chosen here: NotImplementedError for anything else.

    Attributes
    ----------
    native : bool
        Run programs of the machine where the C part of this package is there; else every node runs its ``perform``.
    compiles : bool
        Whether the programs have compiled kernels where there is a compiler; else they run on prebuilt loops.
    """

    kind, native, compiles = "py", False, True
    fgraph = None
    builder = None              # function(inputs, outputs, linker) -> callable with a list of values as its result

    def __init__(self, allow_gc=None, schedule=None):
        if schedule is not None:
            raise NotImplementedError("nodes run in an order that the runtime chooses: a schedule can't be given")
        self.allow_gc = allow_gc

    @property
    def name(self):
        """The key of `LINKERS` under which there is such a linker."""
        return self.kind + ("_nogc" if self.allow_gc is False else "")

    def clone(self, allow_gc=None):
        """A linker like this one without a graph, with another ``allow_gc`` unless None."""
        twin = copy.copy(self)
        twin.fgraph, twin.allow_gc = None, self.allow_gc if allow_gc is None else allow_gc
        return twin

    def accept(self, fgraph, no_recycling=None, profile=None):
        """A linker of this kind that holds the graph: this one where it has none yet."""
        if self.fgraph not in (None, fgraph):
            return self.clone().accept(fgraph)
        self.fgraph = fgraph
        return self

    def _compiled(self):
        if self.fgraph is None:
            raise ValueError(f"{type(self).__name__} has no graph: give it one with accept(fgraph)")
        return Linker.builder(self.fgraph.inputs, self.fgraph.outputs, self)

    def make_function(self, unpack_single=True, **kwargs):
        """A function of the values of the graph's inputs: a list of results, or with ``unpack_single`` the only one."""
        run, one = self._compiled(), unpack_single and len(self.fgraph.outputs) == 1

        def function(*values):
            """The outputs of the graph."""
            results = run(*values)
            return results[0] if one else list(results)
        return function

    def make_thunk(self, **kwargs):
        """(thunk, cells of inputs, cells of outputs): the thunk reads what the cells hold, and fills the others."""
        run = self._compiled()
        inputs, outputs = ([_Cell(v) for v in some] for some in (self.fgraph.inputs, self.fgraph.outputs))

        def thunk():
            """Compute the outputs once."""
            for cell, value in zip(outputs, run(*(c.data for c in inputs)), strict=True):
                cell.data = value
        return thunk, inputs, outputs

    def __str__(self):
        return self.name


class _Cell:
    """Holds the value of a variable."""

    def __init__(self, variable):
        self.variable, self.type, self.name, self.data = variable, variable.type, variable.name, None

    value = property(lambda self: self.data, lambda self, value: setattr(self, "data", value), doc="The value.")


class LocalLinker(Linker):
    """A linker that makes something to run for each node."""


class PerformLinker(LocalLinker):
    """Every node runs its ``perform``."""


class OpWiseCLinker(LocalLinker):
    """Native code where there is some, ``perform`` elsewhere."""

    kind, native = "c|py", True

    def __init__(self, fallback_on_perform=True, allow_gc=None, nice_errors=True, schedule=None):
        super().__init__(allow_gc, schedule)
        self.fallback_on_perform, self.nice_errors = fallback_on_perform, nice_errors


class CLinker(Linker):
    """Native code."""

    kind, native = "c", True

    def __init__(self, schedule=None):
        super().__init__(None, schedule)


class VM_Linker(LocalLinker):                                                     # noqa: N801
    """The virtual machine: with compiled kernels if ``use_cloop``, else on prebuilt loops."""

    native = True

    def __init__(self, allow_gc=None, use_cloop=False, schedule=None):
        super().__init__(allow_gc, schedule)
        self.compiles, self.kind = bool(use_cloop), "cvm" if use_cloop else "vm"
        self.native = self.compiles or allow_gc is not False


def _default_checker(x, y):
    """Raise an exception where two values are not the same."""
    if not np.array_equal(x, y):
        raise ValueError(f"Output mismatch: {x} by perform, {y} natively")


class DualLinker(Linker):
    """Every call runs by ``perform`` and natively; ``checker`` gets both values of each output.

    checker: function of two values that raises an exception where they differ too much.
    """

    kind, native = "c&py", True

    def __init__(self, checker=_default_checker, schedule=None):
        super().__init__(None, schedule)
        self.checker = checker

    def _compiled(self):
        plain, native = (linker.accept(self.fgraph)._compiled() for linker in (PerformLinker(), OpWiseCLinker()))

        def run(*values):
            results = plain(*values)
            for x, y in zip(results, native(*values), strict=True):
                self.checker(x, y)
            return results
        return run


LINKERS = {linker.name: linker for linker in (
    PerformLinker(), CLinker(), OpWiseCLinker(), OpWiseCLinker(allow_gc=False), VM_Linker(), VM_Linker(allow_gc=False),
    VM_Linker(use_cloop=True), VM_Linker(allow_gc=False, use_cloop=True))}
