"""`NanGuardMode`: functions that refuse nan, inf and very large numbers, and say where the first of them came from.

What is checked becomes a part of the function: for each value one truth value, computed in the same loop as the value,
and one assertion for all of them, which runs before any shared variable is updated. Only where that fails the
function runs once more, op by op, to find the first op whose result is at fault.
"""

import copy
import logging

import numpy as np

from theano.compile.guards import Guards, NotFiniteError, unfilled
from theano.compile.linker import PerformLinker
from theano.compile.mode import Mode, register_mode
from theano.compile.replay import Replay
from theano.config import config
from theano.graph import origin
from theano.graph.variable import Constant
from theano.late import pdb
from theano.rewrite.database import FUSION
from theano.rewrite.optimizer import SeqOptimizer
from theano.rewrite.pipeline import optimize
from theano.runtime.report import describe_failure
from theano.scalar.dtype import kind_of
from theano.tensor.constant import constant
from theano.tensor.elemwise import ELEMWISE
from theano.tensor.type import TensorType

logger = logging.getLogger("theano.compile.nanguardmode")
BIG = 1e10


class NanGuardMode(Mode):
    """The mode whose functions raise AssertionError for nan, inf, and numbers above 1e10 in size.

    All results of ops of the rewritten graph are checked, and arguments unless only products read them, but for memory
    that is not filled yet and for variables whose ``tag.nan_guard_mode_check`` is False. The error names the op, its
    shapes and your line. The flag ``NanGuardMode.action`` says what else may happen: "warn" logs the error, "pdb"
    starts the debugger; the function then runs op by op.

    Parameters
    ----------
    nan_is_error, inf_is_error, big_is_error : bool, optional
        What to refuse; default: the flags of these names.
    optimizer : str or Query
    linker : str or Linker, optional
    """

    def __init__(self, nan_is_error=None, inf_is_error=None, big_is_error=None, optimizer="default", linker=None):
        super().__init__(linker, optimizer)
        self.nan_is_error = config.NanGuardMode.nan_is_error if nan_is_error is None else nan_is_error
        self.inf_is_error = config.NanGuardMode.inf_is_error if inf_is_error is None else inf_is_error
        self.big_is_error = config.NanGuardMode.big_is_error if big_is_error is None else big_is_error
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            raise ValueError("NanGuardMode needs something to refuse: nan_is_error, inf_is_error or big_is_error")

    @property
    def linker(self):
        """The linker; one that runs op by op where errors don't end a call."""
        return super().linker if config.NanGuardMode.action == "raise" else WatchingLinker(self)

    @property
    def optimizer(self):
        """The rewrites, and after them the checks where errors end a call."""
        rewrites = super().optimizer
        if config.NanGuardMode.action != "raise":
            return rewrites
        if hasattr(rewrites, "optimize"):
            return SeqOptimizer(rewrites, Guards(self))
        return rewrites.register((Guards(self), FUSION - 1))

    @property
    def inner_optimizer(self):
        """The rewrites without the checks, which are for the outermost graph: it checks what comes out of others."""
        return super().optimizer

    def clone(self, link_kwargs=None, optimizer="", **kwargs):
        """This mode with another optimizer, and other values of the arguments of `NanGuardMode`."""
        twin = copy.copy(self) if optimizer == "" else self._with(optimizer)
        twin._linker = super().clone(link_kwargs, **{k: v for k, v in kwargs.items() if k == "allow_gc"}).linker \
            if link_kwargs or "allow_gc" in kwargs else self._linker
        twin.__dict__.update((k, v) for k, v in kwargs.items() if k != "allow_gc")
        return twin

    def rewrite_for_checks(self, fgraph, *excluded):
        """Rewrite a graph, of a function or inside of an op, to what is checked: without fusing and work in place."""
        query = self.inner_optimizer
        if hasattr(query, "optimize"):
            query.optimize(fgraph)
        else:
            optimize(fgraph, query.excluding("fusion", "inplace", "keep_checks", *excluded))

    # -- what is refused ------------------------------------------------------------------------------------

    def refused(self, variable):
        """1 where an element of ``variable`` is refused, else 0, of its dtype; None where nothing of it is checked."""
        if not isinstance(variable.type, TensorType) or kind_of(variable.type.dtype) not in "fc" \
                or getattr(variable.tag, "nan_guard_mode_check", True) is False or isinstance(variable, Constant):
            return None
        size = ELEMWISE["abs_"](variable)
        limit, zero, one = (constant(np.full((1,) * size.type.ndim, number, size.type.dtype))
                            for number in (self._limit(), 0, 1))
        if self.nan_is_error:                       # what is compared with nan is false
            below = "lt" if self.inf_is_error and not self.big_is_error else "le"
            return ELEMWISE["switch"](ELEMWISE[below](size, limit), zero, one)
        return ELEMWISE["switch"](ELEMWISE["gt" if self.big_is_error else "ge"](size, limit), one, zero)

    def _limit(self):
        return BIG if self.big_is_error else np.inf

    def complaint(self, value):
        """What is wrong with a value, in words, or None."""
        data = getattr(value, "data", None) if hasattr(value, "tocsr") else value
        if not isinstance(data, (np.ndarray, np.generic)) or kind_of(data.dtype) not in "fc" or not data.size:
            return None
        if self.nan_is_error and np.isnan(data).any():
            return "NaN detected"
        if self.inf_is_error and np.isinf(data).any():
            return "Inf detected"
        size = np.abs(data)
        return "Big value detected" if self.big_is_error and (size > BIG).any() else None

    def check(self, variable, value, node=None, inputs=()):
        """Raise NotFiniteError for a value of ``variable`` that is refused; inputs: values that ``node`` had."""
        if getattr(variable.tag, "nan_guard_mode_check", True) is False:
            return
        found = self.complaint(value)
        if found is None:
            return
        if node is None:
            raise NotFiniteError(f"{found} in the input {variable}, of shape {np.shape(value)}", None, value)
        where = describe_failure(node, inputs).replace("that caused the error", "that made it")
        raise NotFiniteError(f"{found} in output {variable.index} of {node}, of shape {np.shape(value)}{where}", node,
                             value)

    # -- where it came from ---------------------------------------------------------------------------------

    def explain(self, maker, inputs, error):
        """The error that says where the first value came from that is refused, for an error of `Guard`."""
        if not isinstance(error, NotFiniteError):
            return None
        empty = set()

        def prepare(fgraph):
            with origin.inherited(()):
                self.rewrite_for_checks(fgraph)
            empty.update(unfilled(fgraph.toposort()))

        def look(variable, value, node, values):
            if variable not in empty:
                self.check(variable, value, node, values)
        try:
            Replay(look, prepare).run(maker.new_graph(), inputs)
        except NotFiniteError as found:
            return found.with_traceback(None)
        return error


class WatchingLinker(PerformLinker):
    """Runs op by op, and does what the flag ``NanGuardMode.action`` says about values that are refused."""

    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.callback_input = self._look

    def interpreter(self, fgraph, allow_gc, storage_map=None, mode=None):
        """What runs the nodes of ``fgraph`` one by one."""
        self.empty = unfilled(self.schedule(fgraph))
        return super().interpreter(fgraph, allow_gc, storage_map, mode)

    def wrap(self, i, node, thunk, storage_map):
        """The thunk, and then a look at its results."""
        def watched():
            values = [storage_map[v][0] for v in node.inputs]
            missing = thunk()
            if missing:                             # what is lazy asks for inputs first
                return missing
            for variable in (v for v in node.outputs if v not in self.empty):
                self._look(variable, storage_map[variable][0], node, values)
            return missing
        watched.__dict__.update(thunk.__dict__)
        return watched

    def _look(self, variable, value, node=None, inputs=()):
        try:
            self.mode.check(variable, value, node, inputs)
        except NotFiniteError as error:
            if config.NanGuardMode.action == "raise":
                raise
            logger.error("%s", error)
            if config.NanGuardMode.action == "pdb":
                pdb.set_trace()


def flatten(l):                                                                                     # noqa: E741
    """The elements of lists, tuples and sets inside one another, as one list."""
    if isinstance(l, (list, tuple, set)):
        return [x for part in l for x in flatten(part)]
    return [l]


def _has(test, arr, var):
    data = getattr(arr, "data", arr) if hasattr(arr, "tocsr") else arr
    skipped = var is not None and getattr(var.tag, "nan_guard_mode_check", True) is False
    return not skipped and isinstance(data, (np.ndarray, np.generic)) and kind_of(data.dtype) in "fc" \
        and bool(test(data).any())


def contains_nan(arr, node=None, var=None):
    """Whether an array has elements that are nan; False for what can't have any, or isn't to be checked."""
    return _has(np.isnan, arr, var)


def contains_inf(arr, node=None, var=None):
    """Whether an array has elements that are infinite; False for what can't have any, or isn't to be checked."""
    return _has(np.isinf, arr, var)


register_mode("NanGuardMode", NanGuardMode(True, True, True))
