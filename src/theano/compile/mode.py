"""How a function is rewritten and run: optimizers by name, linkers by name, modes."""

import copy

from theano.compile.linker import LINKERS, VM_Linker
from theano.config import config
from theano.rewrite.database import optdb  # noqa: F401  its old place
from theano.rewrite.pipeline import optimize
from theano.rewrite.query import Query

predefined_linkers = LINKERS

OPTIMIZERS = {
    None: Query(include=()),
    "None": Query(include=()),
    "merge": Query(include=("merge",)),
    "fast_compile": Query(include=("fast_compile",)),
    "fast_run": Query(include=("fast_run",)),
    "fast_run_stable": Query(include=("fast_run",), exclude=("unsafe",)),
    "o1": Query(include=("fast_compile",)),
    "o2": Query(include=("fast_run",), exclude=("inplace", "fusion")),
    "o3": Query(include=("fast_run",), exclude=("inplace",)),
    "o4": Query(include=("fast_run",)),
    "unsafe": Query(include=("fast_run", "unsafe")),
}
predefined_optimizers = OPTIMIZERS


def register_linker(name, linker):
    """Make ``linker`` available under ``name``; ValueError when the name is taken."""
    if name in LINKERS:
        raise ValueError(f"Linker name already taken: {name}")
    LINKERS[name] = linker


def register_optimizer(name, optimizer):
    """Make ``optimizer`` (a Query) available under ``name``; ValueError when the name is taken."""
    if name in OPTIMIZERS:
        raise ValueError(f"Optimizer name already taken: {name}")
    OPTIMIZERS[name] = optimizer


class Mode:
    """How a function is rewritten and run.

    Parameters
    ----------
    linker : str or Linker, optional
        Key of `LINKERS`; default: the flag ``linker``.
    optimizer : str, Query or object with ``optimize(fgraph)``, optional
        Key of `OPTIMIZERS`; "default": the flag ``optimizer``.

    Attributes
    ----------
    remakes_graphs : bool
        Whether functions that are pickled leave their rewritten graph behind, and make it again when they are loaded.
    """

    remakes_graphs = False

    def __init__(self, linker=None, optimizer="default"):
        if linker is None:
            linker = config.linker
        if isinstance(optimizer, str) and optimizer == "default":
            optimizer = config.optimizer
        self.provided_linker, self.provided_optimizer = linker, optimizer
        self._linker, self._optimizer = linker, optimizer
        self.call_time = 0
        self.fn_time = 0

    @property
    def linker(self):
        """The linker object."""
        if isinstance(self._linker, str) or self._linker is None:
            if self._linker not in LINKERS:
                raise ValueError(f"unknown linker {self._linker!r}; one of {sorted(LINKERS)}")
            return LINKERS[self._linker]
        return self._linker

    @property
    def query(self):
        """The rewrites selected, as a Query."""
        if isinstance(self._optimizer, Query):
            return self._optimizer
        if self._optimizer not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer {self._optimizer!r}; one of "
                             f"{sorted(map(str, OPTIMIZERS))}")
        return OPTIMIZERS[self._optimizer]

    @property
    def optimizer(self):
        """The rewrites selected, or the user's own optimizer object."""
        if hasattr(self._optimizer, "optimize"):
            return self._optimizer
        return self.query.excluding(*_names(config.optimizer_excluding)).including(
            *_names(config.optimizer_including)).requiring(*_names(config.optimizer_requiring))

    def rewrite(self, fgraph):
        """Rewrite ``fgraph`` as this mode says."""
        optimizer = self.optimizer
        if hasattr(optimizer, "optimize"):
            optimizer.optimize(fgraph)
        else:
            optimize(fgraph, optimizer)

    @property
    def inner_optimizer(self):
        """The rewrites selected for graphs inside of ops, where these become a part of the program."""
        return self.optimizer

    def explain(self, maker, inputs, error):
        """A better error for one that ended a call of a function of this mode; None: there is none.

        maker: of the function. inputs: values of all its inputs.
        """
        return None

    def new_profile(self, name):
        """What measures a function of this mode of that name which nobody else measures, or None."""
        return None

    def get_linker_optimizer(self, linker, optimizer):
        """The linker and the optimizer for their names; other things are given back."""
        mode = Mode(linker, optimizer)
        return mode.linker, mode.optimizer

    def clone(self, link_kwargs=None, optimizer="", **kwargs):
        """A mode with another optimizer and linker options (``allow_gc``)."""
        linker = self.linker
        linker = linker.clone(allow_gc={**(link_kwargs or {}), **kwargs}.get("allow_gc", linker.allow_gc))
        return type(self)(linker=linker, optimizer=self._optimizer if optimizer == "" else optimizer)

    def including(self, *tags):
        """This mode with the rewrites of these names or tags added."""
        return self._with(self.query.including(*tags))

    def excluding(self, *tags):
        """This mode without the rewrites of these names or tags."""
        return self._with(self.query.excluding(*tags))

    def requiring(self, *tags):
        """This mode with only those rewrites that have all these tags."""
        return self._with(self.query.requiring(*tags))

    def register(self, *optimizations):
        """A mode that runs these rewrites of the user too."""
        return self._with(self.query.register(*optimizations))

    def _with(self, query):
        twin = copy.copy(self)
        twin.provided_optimizer = twin._optimizer = query
        twin.call_time = twin.fn_time = 0
        return twin

    def __str__(self):
        return (f"{type(self).__name__}(linker = {self.provided_linker}, "
                f"optimizer = {self.provided_optimizer})")

    __repr__ = __str__


def _names(flag):
    return [name for name in flag.split(":") if name]


FAST_RUN = Mode("cvm", "fast_run")
FAST_COMPILE = Mode(VM_Linker(c_thunks=False), "fast_compile")
JUST_PY = Mode("py", None)
predefined_modes = {"FAST_COMPILE": FAST_COMPILE, "FAST_RUN": FAST_RUN}
_default_mode = {}


def register_mode(name, mode):
    """Make ``mode`` available under ``name``; ValueError when the name is taken."""
    if name in predefined_modes:
        raise ValueError(f"Mode name already taken: {name}")
    predefined_modes[name] = mode


def get_mode(orig_string=None):
    """A mode by name; None means the flag ``mode``; modes are returned as they are."""
    if isinstance(orig_string, Mode):
        return orig_string
    name = config.mode if orig_string is None else orig_string
    if name == "Mode":
        key = (config.linker, config.optimizer)
        if key not in _default_mode:
            _default_mode.clear()
            _default_mode[key] = Mode(*key)
        return _default_mode[key]
    if hasattr(name, "linker"):
        return name
    if name not in predefined_modes:
        raise ValueError(f"No predefined mode exist for string: {name!r}; one of "
                         f"{sorted(predefined_modes)}")
    return predefined_modes[name]


def get_default_mode():
    """The mode that functions use when none is given."""
    return get_mode(None)


def mode_not_slow(mode):
    """The mode of this name, and FAST_RUN where that would be FAST_COMPILE."""
    found = get_mode(mode)
    return FAST_RUN if found is FAST_COMPILE else found
