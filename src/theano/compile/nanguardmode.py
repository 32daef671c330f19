"""`NanGuardMode`: functions that refuse nan, inf and very large numbers, and say where the first of them came from.

What is checked becomes a part of the function: for each value one truth value, computed in the same loop as the value,
and one assertion for all of them, which runs before any shared variable is updated. Only where that fails the
function runs once more, op by op, to find the first op whose result is at fault.
"""

import copy
import logging
import pdb
from contextlib import contextmanager

import numpy as np

from theano.compile.linker import PerformLinker
from theano.compile.mode import Mode, register_mode
from theano.config import config
from theano.graph import origin
from theano.graph.op import performer
from theano.graph.variable import Constant
from theano.inner.graph import InnerGraph
from theano.rewrite.database import FUSION
from theano.rewrite.optimizer import Optimizer, SeqOptimizer
from theano.rewrite.pipeline import optimize
from theano.runtime.report import describe_failure
from theano.tensor.assertion import Assert
from theano.tensor.constant import constant
from theano.tensor.create import Alloc
from theano.tensor.elemwise import ELEMWISE, CAReduce
from theano.tensor.type import TensorType

logger = logging.getLogger("theano.compile.nanguardmode")
BIG = 1e10
ALL = CAReduce(ELEMWISE["and_"].scalar_op)


class NotFiniteError(AssertionError):
    """A value that `NanGuardMode` refuses.

    Attributes: node, what computed it, or None for an argument; value.
    """

    def __init__(self, message, node=None, value=None):
        super().__init__(message)
        self.node, self.value = node, value


class Guard(Assert):
    """``value``, after a check that all conditions hold; what it raises says nothing of where."""

    def perform(self, node, inputs, output_storage):
        value, *conds = inputs
        if not all(conds):
            raise NotFiniteError("NanGuardMode found nan, inf or a very large number, but not where: when the "
                                 "function ran again op by op there was none")
        output_storage[0][0] = value


class NanGuardMode(Mode):
    """The mode whose functions raise AssertionError for nan, inf, and numbers above 1e10 in size.

    All arguments and results of ops of the rewritten graph are checked, but for memory that is not filled yet and for
    variables whose ``tag.nan_guard_mode_check`` is False. The error names the op, its shapes and your line. The flag
    ``NanGuardMode.action`` says what else may happen: "warn" logs the error, "pdb" starts the debugger; the function
    then runs op by op.

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

    def clone(self, link_kwargs=None, optimizer="", **kwargs):
        """This mode with another optimizer, and other values of the arguments of `NanGuardMode`."""
        twin = copy.copy(self) if optimizer == "" else self._with(optimizer)
        twin._linker = super().clone(link_kwargs, **{k: v for k, v in kwargs.items() if k == "allow_gc"}).linker \
            if link_kwargs or "allow_gc" in kwargs else self._linker
        twin.__dict__.update((k, v) for k, v in kwargs.items() if k != "allow_gc")
        return twin

    # -- what is refused ------------------------------------------------------------------------------------

    def condition(self, variable):
        """A truth value that holds where ``variable`` has nothing to refuse, None where it can't have."""
        if not isinstance(variable.type, TensorType) or variable.type.numpy_dtype.kind not in "fc" \
                or getattr(variable.tag, "nan_guard_mode_check", True) is False:
            return None
        size = ELEMWISE["abs_"](variable)
        limit = constant(np.asarray(self._limit(), size.type.dtype))
        limit = limit.dimshuffle(["x"] * size.type.ndim)
        if self.nan_is_error:                       # what is compared with nan is false
            fine = ELEMWISE["le"](size, limit) if self._limit() < np.inf or not self.inf_is_error else \
                ELEMWISE["lt"](size, limit)
        else:
            fine = ELEMWISE["invert"](ELEMWISE["gt" if self._limit() < np.inf else "ge"](size, limit))
        return ALL(fine) if fine.type.ndim else fine

    def _limit(self):
        return BIG if self.big_is_error else np.inf

    def complaint(self, value):
        """What is wrong with a value, in words, or None."""
        data = getattr(value, "data", None) if hasattr(value, "tocsr") else value
        if not isinstance(data, (np.ndarray, np.generic)) or data.dtype.kind not in "fc" or not data.size:
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
        graph = maker.new_graph()
        query = super().optimizer
        with origin.inherited(()):
            if hasattr(query, "optimize"):
                query.optimize(graph)
            else:
                optimize(graph, query.excluding("fusion", "inplace"))
        try:
            Replay(self).run(graph, inputs)
        except NotFiniteError as found:
            return found.with_traceback(None)
        return error


class Guards(Optimizer):
    """Puts the checks of a `NanGuardMode` into a graph, and one assertion at one of its outputs."""

    name = "NanGuard"

    def __init__(self, mode):
        self.mode = mode

    def apply(self, fgraph):
        """Change ``fgraph``."""
        if not fgraph.outputs:
            return
        made = [v for v in fgraph.inputs if v.clients]
        made += [v for node in fgraph.toposort() if not node.op.view_map and not isinstance(node.op, (Alloc, Guard))
                 for v in node.outputs]
        found = [c for v in made for c in [self.mode.condition(v)] if c is not None and not isinstance(v, Constant)]
        if found:
            together = found[0]
            for condition in found[1:]:
                together = ELEMWISE["and_"](together, condition)
            fgraph.change_input("output", 0, Guard("nan guard")(fgraph.outputs[0], together), reason=self.name)


class Replay:
    """Runs graphs node by node, and those inside of ops too, until a value is refused."""

    def __init__(self, mode):
        self.mode = mode

    def run(self, fgraph, inputs):
        """The values of the outputs for those of the inputs; raises NotFiniteError."""
        known = {}
        for variable, value in zip(fgraph.inputs, inputs, strict=True):
            self.mode.check(variable, value)
            known[variable] = value
        for node in fgraph.toposort():
            values = [v.data if isinstance(v, Constant) else known[v] for v in node.inputs]
            cells = [[None] for _ in node.outputs]
            with self._inside(node.op), np.errstate(all="ignore"):
                performer(node, "py")(node, values, cells)
            for variable, cell in zip(node.outputs, cells, strict=True):
                known[variable] = cell[0]
                self.mode.check(variable, cell[0], node, values)
        return [v.data if isinstance(v, Constant) else known[v] for v in fgraph.outputs]

    @contextmanager
    def _inside(self, op):
        """Let the graph in ``op``, if there is one, run here too."""
        graph = getattr(op, "graph", None)
        if not isinstance(graph, InnerGraph):
            yield
            return
        before, written = graph._function, graph.unoptimized()
        with origin.inherited(()):
            optimize(written, self.mode.query.excluding("fusion", "inplace"))
        graph._function = lambda *values: self.run(written, values)
        try:
            yield
        finally:
            graph._function = before


class WatchingLinker(PerformLinker):
    """Runs op by op, and does what the flag ``NanGuardMode.action`` says about values that are refused."""

    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.callback_input = self._look

    def wrap(self, i, node, thunk, storage_map):
        """The thunk, and then a look at its results."""
        def watched():
            values = [storage_map[v][0] for v in node.inputs]
            thunk()
            for variable in node.outputs:
                self._look(variable, storage_map[variable][0], node, values)
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
    return not skipped and isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind in "fc" \
        and bool(test(data).any())


def contains_nan(arr, node=None, var=None):
    """Whether an array has elements that are nan; False for what can't have any, or isn't to be checked."""
    return _has(np.isnan, arr, var)


def contains_inf(arr, node=None, var=None):
    """Whether an array has elements that are infinite; False for what can't have any, or isn't to be checked."""
    return _has(np.isinf, arr, var)


register_mode("NanGuardMode", NanGuardMode(True, True, True))
