"""`NanGuardMode`: functions that refuse nan, inf and very large numbers, and say where the first of them came from.

What is checked becomes a part of the function: for each value one truth value, computed in the same loop as the value,
and one assertion for all of them, which runs before any shared variable is updated. Only where that fails the
function runs once more, op by op, to find the first op whose result is at fault.
"""

import copy
import logging
import pdb

import numpy as np

from theano.compile.linker import PerformLinker
from theano.compile.mode import Mode, register_mode
from theano.compile.replay import Replay
from theano.config import config
from theano.graph import origin
from theano.graph.need import ALWAYS, needs
from theano.graph.op import Op
from theano.graph.variable import Apply, Constant
from theano.rewrite.database import FUSION
from theano.rewrite.optimizer import Optimizer, SeqOptimizer
from theano.rewrite.pipeline import optimize
from theano.rewrite.rules.inplace import INCREMENTS
from theano.runtime.report import describe_failure
from theano.scalar.dtype import kind_of
from theano.tensor.blas import Dot22, Gemm, Gemv, Ger
from theano.tensor.constant import constant
from theano.tensor.create import Alloc
from theano.tensor.dot import Dot
from theano.tensor.elemwise import ELEMWISE, DimShuffle, Elemwise
from theano.tensor.type import TensorType

logger = logging.getLogger("theano.compile.nanguardmode")
BIG = 1e10
PRODUCTS = (Dot, Dot22, Gemm, Gemv, Ger)            # of what isn't finite these make what isn't finite
# What can't have elements that are refused where what it is computed from has none.
SAFE = {"tanh", "sigmoid", "sin", "cos", "erf", "erfc", "arctan", "sgn", "neg", "abs_", "switch", "maximum", "minimum",
        "second", "clip", "identity", "ceil", "floor", "trunc", "round_half_to_even"}
FINITE_ONLY = {"sin", "cos"}                # of those, what makes nan of inf
SHOWING = {"sqr", "add", "sub"}             # of one array, and constants of at most 1


class NotFiniteError(AssertionError):
    """A value that `NanGuardMode` refuses.

    Attributes: node, what computed it, or None for an argument; value.
    """

    def __init__(self, message, node=None, value=None):
        super().__init__(message)
        self.node, self.value = node, value


class Guard(Op):
    """A truth value that must be true: raises NotFiniteError, which says nothing of where, for a false one."""

    __props__ = ()

    def make_node(self, fine):
        return Apply(self, [fine], [fine.type()])

    def perform(self, node, inputs, output_storage):
        if not inputs[0]:
            raise NotFiniteError("NanGuardMode found nan, inf or a very large number, but not where: when the "
                                 "function ran again op by op there was none")
        output_storage[0][0] = inputs[0]


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
        query, empty = super().optimizer, set()

        def prepare(fgraph):
            with origin.inherited(()):
                if hasattr(query, "optimize"):
                    query.optimize(fgraph)
                else:
                    optimize(fgraph, query.excluding("fusion", "inplace"))
            empty.update(unfilled(fgraph.toposort()))

        def look(variable, value, node, values):
            if variable not in empty:
                self.check(variable, value, node, values)
        try:
            Replay(look, prepare).run(maker.new_graph(), inputs)
        except NotFiniteError as found:
            return found.with_traceback(None)
        return error


class Guards(Optimizer):
    """Adds an output to a graph, after its own: that of the checks of a `NanGuardMode`, which raises."""

    name = "NanGuard"

    def __init__(self, mode):
        self.mode = mode

    def apply(self, fgraph):
        """Change ``fgraph``."""
        counts = [ELEMWISE["cast_float64"](c.sum(acc_dtype=c.type.dtype) if c.type.ndim else c)
                  for c in self._places(fgraph).values()]
        if counts:
            total = counts[0]
            for count in counts[1:]:
                total = total + count
            fine = ELEMWISE["eq"](total, constant(np.zeros((), "float64")))
            native = getattr(fgraph, "extents_agree", False)    # the machine takes such outputs for what must be true
            fgraph.add_output(fine if native else Guard()(fine))

    def _places(self, fgraph):
        """Arrays that count, for every place, how many elements there are refused, by the variables they are like.

        What an elementwise operation reads is counted together with its result, in the loop that computes that.
        """
        order = fgraph.toposort()
        empty = unfilled(order) | not_always_needed(order, fgraph.outputs)
        safe = SAFE if self.mode.inf_is_error else SAFE - FINITE_ONLY
        shown, later = self._shown(order), self._next_time(fgraph)
        waiting, fine = {}, set()
        for v in fgraph.inputs:
            if v in empty:
                continue
            if v in shown:
                fine.add(v)
            elif v in later.values() or any(client == "output" or not isinstance(client.op, PRODUCTS)
                                            for client, _ in v.clients):
                waiting[v] = self.mode.refused(v)
                if waiting[v] is not None:
                    fine.add(v)
        for node in order:
            row = node.op.scalar_op.row_name if isinstance(node.op, Elemwise) else None
            if all(v in fine or self._harmless(v) for v in node.inputs) and empty.isdisjoint(node.outputs) \
                    and (node.op.view_map or row in safe):
                fine.update(node.outputs)
                continue
            for v in node.outputs:
                if v in shown or v in later:
                    fine.add(v)
                if v in fine or v in empty:
                    continue
                if not node.op.view_map and not isinstance(node.op, Alloc):
                    waiting[v] = self.mode.refused(v)
                if waiting.get(v) is None:
                    continue
                fine.add(v)
                for x in node.inputs if row is not None else ():
                    waiting[v] = self._with(waiting, v, x)
        return {v: count for v, count in waiting.items() if count is not None}

    def _shown(self, order):
        """Variables of which every element that is refused makes an element that is refused, of another variable."""
        found = set()
        for node in reversed(order):
            if not isinstance(node.op, Elemwise) or node.op.scalar_op.row_name not in SHOWING \
                    or self.mode.refused(node.outputs[0]) is None:
                continue
            others = [x for x in node.inputs if not isinstance(x, Constant)]
            small = all(abs(x.data).max(initial=0) <= 1 for x in node.inputs if isinstance(x, Constant))
            if len(others) == 1 and small and others[0].type.broadcastable == node.outputs[0].type.broadcastable:
                found.add(others[0])
        return found

    @staticmethod
    def _next_time(fgraph):
        """New values of shared variables that are checked by the next call, as they may overwrite the old ones in this.

        They are sums of the old value and a product. Where what these are computed from is fine, so are they, unless
        they are very large.
        """
        updates = {fgraph.outputs[o]: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
        return {v: old for v, old in updates.items() if v.owner is not None and isinstance(v.owner.op, PRODUCTS)
                and v.owner.inputs[0] is old and len(v.clients) == 1}

    def _harmless(self, v):
        """Whether a variable can't be refused: a constant that is fine, or a truth value."""
        if isinstance(v, Constant):
            return self.mode.complaint(v.data) is None
        return getattr(v.type, "dtype", None) == "bool"

    def _with(self, waiting, v, x):
        """The count for ``v``, with that for what its input ``x`` is, if it still waits."""
        source = x.owner.inputs[0] if x.owner is not None and isinstance(x.owner.op, DimShuffle) else x
        if waiting.get(source) is None:
            return waiting[v]
        if source is x:
            return waiting[v] + waiting.pop(x)
        if source.owner is not None and isinstance(source.owner.op, Elemwise):
            return waiting[v]
        del waiting[source]
        return waiting[v] + self.mode.refused(x)


def not_always_needed(order, outputs):
    """Variables that only a branch needs: checks must not have them computed. What the branch gives is checked."""
    cases = needs(order, outputs) or {}
    return {v for node in order for v in (*node.inputs, *node.outputs) if cases.get(v, ALWAYS) != ALWAYS}


def unfilled(order):
    """Variables computed by the nodes ``order`` that may hold anything, as part of their memory is not filled yet."""
    found = set()
    for node in order:
        if any(getattr(v.tag, "nan_guard_mode_check", True) is False for v in node.outputs) or \
                isinstance(node.op, INCREMENTS) and node.op.set_instead_of_inc and node.inputs[0] in found or \
                node.op.view_map and not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


class WatchingLinker(PerformLinker):
    """Runs op by op, and does what the flag ``NanGuardMode.action`` says about values that are refused."""

    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.callback_input = self._look

    def interpreter(self, fgraph, allow_gc, storage_map=None):
        """What runs the nodes of ``fgraph`` one by one."""
        self.empty = unfilled(self.schedule(fgraph))
        return super().interpreter(fgraph, allow_gc, storage_map)

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
