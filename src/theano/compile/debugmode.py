"""`DebugMode`: every op and every rewrite of a function is checked while it runs.

Each node is computed by its `perform` and natively, on memory laid out in several ways, and with memory given for the
results; what rewrites replaced is computed too and compared with what took its place. See `theano.compile.complaints`
for what is found.
"""

import copy

from theano.compile.checked import CheckedRun
from theano.compile.complaints import (  # noqa: F401  their public place
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugModeError,
    InvalidValueError,
    StochasticOrder,
)
from theano.compile.equivalence import Equivalences, rewritten_alike
from theano.compile.io import In, Out
from theano.compile.layouts import OUTPUT_KINDS
from theano.compile.linker import Linker
from theano.compile.maker import FunctionMaker, compile_node
from theano.compile.mode import Mode, register_mode
from theano.config import config
from theano.graph import text
from theano.graph.text import print_listing as debugprint  # noqa: F401  its public place


class _Flag:
    """An attribute that has the value of a flag until it is assigned."""

    def __init__(self, name, convert=lambda value: value):
        self.flag, self.convert = name, convert

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        given = None if instance is None else instance.__dict__.get(self.name)
        return self.convert(config.get(self.flag) if given is None else given)

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


def _kinds(value):
    """Kinds of memory for outputs, of names in a list or in a text with colons."""
    names = value.split(":") if isinstance(value, str) else list(value)
    names = list(OUTPUT_KINDS) if "ALL" in names else [name for name in names if name]
    unknown = [name for name in names if name not in OUTPUT_KINDS]
    if unknown:
        raise ValueError(f"unknown kind of preallocated output {unknown[0]!r}; one of {(*OUTPUT_KINDS, 'ALL')}")
    return names


class DebugMode(Mode):
    """The mode that checks each op and each rewrite of a function while it runs.

    What is None has the value of its flag.

    Parameters
    ----------
    optimizer : str, Query or object with ``optimize(fgraph)``
        The rewrites.
    stability_patience : int, optional
        How often the graph is rewritten, to see whether the result is the same; flag ``DebugMode.patience``.
    check_c_code, check_py_code : bool, optional
        Whether nodes run natively, and by `perform`; ``DebugMode.check_c``, ``check_py``.
    check_isfinite : bool, optional
        Whether nan and inf are errors; ``DebugMode.check_finite``.
    check_preallocated_output : list of str, optional
        Memory for outputs that ops are given: "initial", "previous", "c_contiguous", "f_contiguous", "strided",
        "wrong_size" or "ALL"; ``DebugMode.check_preallocated_output``.
    require_matching_strides : int, optional
        What to do where `perform` and C code give other strides: 0 nothing, 1 warn, 2 raise;
        ``DebugMode.check_strides``.
    linker : None
        This mode has its own.
    check_input_layouts : bool, optional
        Whether nodes also run on inputs in Fortran order, with steps, and reversed; ``DebugMode.check_input_layouts``.

    Raises
    ------
    DebugModeError : when such a function is made or called, of the kinds that `theano.compile.complaints` lists
    """

    stability_patience = _Flag("DebugMode.patience")
    check_c_code = _Flag("DebugMode.check_c")
    check_py_code = _Flag("DebugMode.check_py")
    check_isfinite = _Flag("DebugMode.check_finite")
    check_preallocated_output = _Flag("DebugMode.check_preallocated_output", _kinds)
    check_preallocated_output_ndim = _Flag("DebugMode.check_preallocated_output_ndim")
    require_matching_strides = _Flag("DebugMode.check_strides")
    check_input_layouts = _Flag("DebugMode.check_input_layouts")
    warn_input_not_reused = _Flag("DebugMode.warn_input_not_reused")
    remakes_graphs = True                           # what rewrites did is not pickled

    def __init__(self, optimizer="fast_run", stability_patience=None, check_c_code=None, check_py_code=None,
                 check_isfinite=None, check_preallocated_output=None, require_matching_strides=None, linker=None,
                 check_input_layouts=None):
        if linker is not None:
            raise ValueError(f"DebugMode runs functions by itself, so that it takes no linker, got {linker!r}")
        super().__init__("py", optimizer)
        self.stability_patience, self.check_isfinite = stability_patience, check_isfinite
        self.check_c_code, self.check_py_code = check_c_code, check_py_code
        self.check_preallocated_output = check_preallocated_output
        self.require_matching_strides = require_matching_strides
        self.check_input_layouts = check_input_layouts
        if not (self.check_c_code or self.check_py_code):
            raise ValueError("DebugMode has to check at least one of check_c_code and check_py_code")
        if self.stability_patience < 1:
            raise ValueError(f"stability_patience must be at least 1, got {self.stability_patience}")

    @property
    def linker(self):
        """What makes functions of this mode."""
        return CheckingLinker(self)

    def rewrite(self, fgraph):
        """Rewrite ``fgraph`` and remember what replaced what; StochasticOrder where a copy becomes another graph."""
        untouched = _copy_of(fgraph)
        fgraph.attach_feature(Equivalences(untouched))
        super().rewrite(fgraph)
        for attempt in range(1, self.stability_patience):
            again = _copy_of(untouched)
            super().rewrite(again)
            if not rewritten_alike(fgraph, again):
                raise StochasticOrder(
                    f"rewriting the same graph again, for the time {attempt + 1}, gave another one:\n"
                    + "\nand\n".join(text.debugprint(g.outputs, file="str") for g in (fgraph, again)))

    def clone(self, link_kwargs=None, optimizer="", **kwargs):
        """This mode with another optimizer and other values of the arguments of `DebugMode`."""
        twin = copy.copy(self) if optimizer == "" else self._with(optimizer)
        for name, value in kwargs.items():
            if name != "allow_gc":
                setattr(twin, name, value)
        return twin

    def __str__(self):
        return f"DebugMode(linker = checks, optimizer = {self.provided_optimizer})"

    __repr__ = __str__


class CheckingLinker(Linker):
    """The linker of `DebugMode`: functions run as `CheckedRun`."""

    name, allow_gc = "checks", None

    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def interpreter(self, fgraph, allow_gc, storage_map=None, mode=None):
        """What runs and checks ``fgraph``."""
        return CheckedRun(fgraph, self.mode, compile_node, lambda written: whole_function(written, self.mode))


def whole_function(fgraph, mode):
    """A native function of the values of all inputs of a graph as it was written that lists its outputs.

    None where there is none, or where the graph is written to overwrite its inputs.
    """
    if any(node.op.destroy_map for node in fgraph.apply_nodes):
        return None
    maker = FunctionMaker([In(v) for v in fgraph.inputs], [Out(v) for v in fgraph.outputs],
                          Mode("cvm", mode.optimizer), on_unused_input="ignore")
    if maker.compiled is None:
        return None
    function = maker.create()
    return lambda values: function(*values)


def _copy_of(fgraph):
    """A copy of a graph, with what it says of its inputs."""
    twin, memo = fgraph.clone_get_equiv()
    twin.name = getattr(fgraph, "name", None)
    twin.protected = [memo[v] for v in getattr(fgraph, "protected", ())]
    return twin


for _name in ("DebugMode", "DEBUG_MODE"):
    register_mode(_name, DebugMode())
