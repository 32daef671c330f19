"""Optimizers that take local ones over a graph: in one pass, by op, or until nothing changes."""

import logging
import traceback
from collections import deque

from theano.config import config
from theano.errors import InconsistencyError
from theano.graph.features import Feature, ReplacementDidntRemovedError, ReplaceValidate
from theano.graph.walk import io_toposort
from theano.rewrite.local import LocalOptGroup, LocalOptimizer
from theano.rewrite.optimizer import Optimizer, pre_constant_merge

_logger = logging.getLogger("theano.gof.opt")


class NavigatorOptimizer(Optimizer):
    """Applies a local optimizer to nodes of a graph.

    Parameters
    ----------
    local_opt : LocalOptimizer or None
    ignore_newtrees : bool or "auto"
        Whether nodes that come by a replacement are left alone; "auto": as the local optimizer's ``reentrant`` says.
    failure_callback : function, optional
        Called with ``error, self, pairs, local optimizer, node``; without it errors are raised.
    """

    def __init__(self, local_opt, ignore_newtrees="auto", failure_callback=None):
        self.local_opt, self.failure_callback = local_opt, failure_callback
        self.ignore_newtrees = not getattr(local_opt, "reentrant", True) if ignore_newtrees == "auto" \
            else ignore_newtrees
        self.name = getattr(local_opt, "name", None)

    @staticmethod
    def warn(exc, nav, repl_pairs, local_opt, node):
        """Treat an error as the flag ``on_opt_error`` says."""
        if config.on_opt_error == "raise":
            raise exc
        if config.on_opt_error != "ignore":
            _logger.error("rewrite %s failed on %s\n%s", local_opt, node, "".join(traceback.format_exception(exc)))

    @staticmethod
    def warn_inplace(exc, nav, repl_pairs, local_opt, node):
        """Like `warn`, but what can't be in place is no error."""
        if not isinstance(exc, InconsistencyError):
            NavigatorOptimizer.warn(exc, nav, repl_pairs, local_opt, node)

    @staticmethod
    def warn_ignore(exc, nav, repl_pairs, local_opt, node):
        """Errors are nothing."""

    def add_requirements(self, fgraph):
        fgraph.attach_feature(ReplaceValidate())
        if self.local_opt is not None:
            self.local_opt.add_requirements(fgraph)

    def process_node(self, fgraph, node, lopt=None):
        """Apply the local optimizer to one node; whether it changed something."""
        lopt = lopt or self.local_opt
        if not lopt.takes(node):
            return False
        try:
            made = lopt.transform(node)
        except Exception as error:
            return self._failed(error, [], lopt, node)
        if made is False or made is None:
            return False
        remove = []
        if isinstance(made, dict):
            made = dict(made)
            remove = made.pop("remove", [])
            pairs = list(made.items())
        else:
            if not isinstance(made, (list, tuple)) or len(made) != len(node.outputs):
                raise TypeError(f"{lopt} gave {made!r} for {node}: a list with a variable for each output is needed")
            pairs = list(zip(node.outputs, made, strict=True))
        pairs = [(old, new) for old, new in pairs if new is not None and new is not old]
        if not pairs:
            return False
        try:
            if remove:
                fgraph.replace_all_validate_remove(pairs, remove, reason=lopt)
            else:
                fgraph.replace_all_validate(pairs, reason=lopt)
        except ReplacementDidntRemovedError:
            return False
        except Exception as error:
            return self._failed(error, pairs, lopt, node)
        return True

    def _failed(self, error, pairs, lopt, node):
        if self.failure_callback is None:
            raise error
        self.failure_callback(error, self, pairs, lopt, node)
        return False

    def _walk(self, fgraph, nodes, last_first):
        """Process nodes, and those that come in meanwhile unless these are ignored; how many changed something."""
        queue = deque(nodes)
        arrivals = None if self.ignore_newtrees else _Arrivals(queue)
        if arrivals is not None:
            fgraph.attach_feature(arrivals)
        changed = 0
        try:
            while queue:
                node = queue.pop() if last_first else queue.popleft()
                if node in fgraph.apply_nodes:
                    changed += self.process_node(fgraph, node)
        finally:
            if arrivals is not None:
                fgraph.remove_feature(arrivals)
        return changed

    def parts(self):
        return () if self.local_opt is None else (self.local_opt,)


class _Arrivals(Feature):
    """Puts nodes that come into a graph on a queue."""

    def __init__(self, queue):
        self.queue = queue

    def on_import(self, fgraph, node, reason):
        self.queue.append(node)


class TopoOptimizer(NavigatorOptimizer):
    """Visits all nodes in the order in which they run, or against it (``order="out_to_in"``)."""

    def __init__(self, local_opt, order="in_to_out", ignore_newtrees=False, failure_callback=None):
        if order not in ("in_to_out", "out_to_in"):
            raise ValueError(f"order must be 'in_to_out' or 'out_to_in', got {order!r}")
        super().__init__(local_opt, ignore_newtrees, failure_callback)
        self.order = order

    def apply(self, fgraph, start_from=None):
        # Not the order of execution: what has none, for its destroyers and readers, may be what is to be rewritten.
        nodes = io_toposort(fgraph.inputs, fgraph.outputs if start_from is None else start_from)
        self._walk(fgraph, nodes, last_first=self.order == "out_to_in")

    def __str__(self):
        return f"TopoOptimizer({self.local_opt})"


class OpKeyOptimizer(NavigatorOptimizer):
    """Visits the nodes with the op that the local optimizer looks at."""

    def __init__(self, local_opt, ignore_newtrees=False, failure_callback=None):
        if not hasattr(local_opt, "op_key"):
            raise TypeError(f"OpKeyOptimizer needs a local optimizer with op_key, got {local_opt}")
        super().__init__(local_opt, ignore_newtrees, failure_callback)

    def apply(self, fgraph):
        self._walk(fgraph, fgraph.toposort(), last_first=False)


def _navigator(order, local_opts, kwargs):
    name = kwargs.pop("name", None)
    if not local_opts:
        raise ValueError("at least one local optimizer is needed")
    one = local_opts[0] if len(local_opts) == 1 else LocalOptGroup(*local_opts)
    made = TopoOptimizer(one, order=order, failure_callback=TopoOptimizer.warn, **kwargs)
    made.name = name or getattr(local_opts[0], "__name__", None) or made.name
    return made


def in2out(*local_opts, **kwargs):
    """A `TopoOptimizer` of local optimizers, from the inputs to the outputs."""
    return _navigator("in_to_out", local_opts, kwargs)


def out2in(*local_opts, **kwargs):
    """A `TopoOptimizer` of local optimizers, from the outputs to the inputs."""
    return _navigator("out_to_in", local_opts, kwargs)


class EquilibriumOptimizer(NavigatorOptimizer):
    """Applies optimizers, local ones and others, until nothing changes any more.

    max_use_ratio: how often, per node of the graph, one may change something.
    """

    def __init__(self, optimizers, failure_callback=None, ignore_newtrees=True, tracks_on_change_inputs=False,
                 max_use_ratio=None, final_optimizers=None, cleanup_optimizers=None):
        super().__init__(None, ignore_newtrees, failure_callback)
        self.max_use_ratio = config.optdb.max_use_ratio if max_use_ratio is None else max_use_ratio
        self.local_optimizers = [o for o in optimizers if isinstance(o, LocalOptimizer)]
        self.global_optimizers = [o for o in optimizers if not isinstance(o, LocalOptimizer)]
        self.final_optimizers, self.cleanup_optimizers = list(final_optimizers or ()), list(cleanup_optimizers or ())

    def get_local_optimizers(self):
        """The local ones."""
        return iter(self.local_optimizers)

    def add_requirements(self, fgraph):
        super().add_requirements(fgraph)
        for one in self.parts():
            one.add_requirements(fgraph)

    def apply(self, fgraph, start_from=None):
        watcher = _Changes()
        fgraph.attach_feature(watcher)
        used, budget = {}, self.max_use_ratio * max(len(fgraph.apply_nodes), 1)
        try:
            before = -1
            while before != watcher.count:
                before = watcher.count
                for one in (*self.global_optimizers, *self.final_optimizers):
                    one.apply(fgraph)
                for node in fgraph.toposort():
                    self._at(fgraph, node, used, budget)
                for one in self.cleanup_optimizers:
                    one.apply(fgraph)
                if any(n > budget for n in used.values()):
                    _logger.error("rewriting stopped: %s changed too much; see the flag optdb.max_use_ratio",
                                  max(used, key=used.get))
                    break
        finally:
            fgraph.remove_feature(watcher)

    def _at(self, fgraph, node, used, budget):
        for one in self.local_optimizers:
            if node not in fgraph.apply_nodes:
                return
            if used.get(one, 0) <= budget and self.process_node(fgraph, node, one):
                used[one] = used.get(one, 0) + 1

    def parts(self):
        return (*self.local_optimizers, *self.global_optimizers, *self.final_optimizers, *self.cleanup_optimizers)


class _Changes(Feature):
    """Counts changes of a graph."""

    count = 0

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self.count += 1


def pre_greedy_local_optimizer(list_optimizations, out):
    """``out`` with local optimizers applied to its graph, from the inputs on, until none applies.

    The graph must not belong to a FunctionGraph; it is changed, and nothing checks whether that is right.
    """
    done = {}

    def better(variable):
        if variable.owner is None or getattr(variable, "fgraph", None) is not None:
            return variable
        if variable in done:
            return done[variable]
        node = variable.owner
        node.inputs = [better(x) for x in node.inputs]
        for one in list_optimizations:
            made = one.transform(node) if one.takes(node) else False
            if isinstance(made, (list, tuple)) and made[variable.index] is not None:
                done[variable] = better(made[variable.index])
                return done[variable]
        done[variable] = variable
        return variable
    return pre_constant_merge([better(out)])[0]
