"""Rewrites as users write them: an `Optimizer` changes a whole graph, a `LocalOptimizer` tells what one node becomes.

`local_optimizer` and `optimizer` make them of functions; `TopoOptimizer`, `OpKeyOptimizer`, `EquilibriumOptimizer` and
`SeqOptimizer` run them. ``optimize(fgraph)`` runs one, and as ``Mode(optimizer=...)`` it is what a function gets.
"""

import logging
import sys
import traceback
from collections import deque

from theano.config import config
from theano.errors import InconsistencyError
from theano.graph.features import Feature, ReplacementDidntRemovedError, ReplaceValidate
from theano.graph.op import Op
from theano.graph.variable import Constant, Variable
from theano.graph.walk import io_toposort
from theano.rewrite.engine import Merger
from theano.rewrite.traces import copy_stack_trace

_logger = logging.getLogger("theano.gof.opt")


class Optimizer:
    """Changes a graph: subclasses define ``apply(fgraph)`` and what features that needs."""

    name = None

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)

    def add_requirements(self, fgraph):
        """Attach the features to ``fgraph`` that `apply` needs."""

    def apply(self, fgraph):
        """Change ``fgraph``."""

    def optimize(self, fgraph, *args, **kwargs):
        """Attach what is needed, then change ``fgraph``."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    __call__ = optimize

    def print_summary(self, stream=sys.stdout, level=0, depth=-1):
        """Write the name, and inside it what it consists of."""
        print(f"{' ' * level}{type(self).__name__} {self.name or ''} id={id(self)}", file=stream)
        if depth:
            for part in self.parts():
                part.print_summary(stream, level + 2, depth - 1)

    def parts(self):
        """The rewrites that this one consists of."""
        return ()


class _Function(Optimizer):
    """An optimizer made of a function."""

    def __init__(self, fn, requirements=()):
        self.fn, self.requirements = fn, requirements
        self.apply = fn
        self.name, self.__doc__ = fn.__name__, fn.__doc__

    def add_requirements(self, fgraph):
        for requirement in self.requirements:
            requirement(fgraph)

    def __str__(self):
        return self.name


FromFunctionOptimizer = _Function


def optimizer(f):
    """An `Optimizer` of a function of a graph."""
    return FromFunctionOptimizer(f)


def inplace_optimizer(f):
    """An `Optimizer` of a function of a graph that puts ops into it which work in place."""
    return FromFunctionOptimizer(f)


class SeqOptimizer(Optimizer, list):
    """Optimizers one after the other."""

    __hash__ = Optimizer.__hash__

    def __init__(self, *opts, **kw):
        super().__init__(opts[0] if len(opts) == 1 and isinstance(opts[0], (list, tuple)) else opts)
        self.name = kw.get("name")
        self.failure_callback = kw.get("failure_callback")

    @staticmethod
    def warn(exc, self, optimizer):
        """Treat an error as the flag ``on_opt_error`` says; the default of ``failure_callback``."""
        if config.on_opt_error == "raise":
            raise exc
        _logger.error("rewrite %s failed: %s", optimizer, exc)

    def apply(self, fgraph):
        for part in self:
            try:
                part.optimize(fgraph)
            except Exception as error:
                if self.failure_callback is None:
                    raise
                self.failure_callback(error, self, part)

    def parts(self):
        return tuple(self)

    def __repr__(self):
        return f"SeqOpt({list(self)})"

    __str__ = __repr__

    def __eq__(self, other):
        return self is other


class MergeOptimizer(Optimizer):
    """Nodes that compute the same become one."""

    def apply(self, fgraph):
        merger = Merger()
        fgraph.attach_feature(merger)
        try:
            while merger.settle(fgraph):
                pass
        finally:
            fgraph.remove_feature(merger)
            fgraph.__dict__.pop("merger", None)

    def __str__(self):
        return type(self).__name__


def pre_constant_merge(vars):
    """``vars`` with equal constants in their graphs made one; graphs that belong to a FunctionGraph are left alone."""
    seen, known = set(), {}

    def merged(variable):
        if variable in seen or getattr(variable, "fgraph", None) is not None:
            return variable
        seen.add(variable)
        if isinstance(variable, Constant):
            try:
                return known.setdefault((variable.type, variable.signature()), variable)
            except (TypeError, NotImplementedError):
                return variable
        if variable.owner is not None:
            variable.owner.inputs = [merged(x) if isinstance(x, Variable) else x for x in variable.owner.inputs]
        return variable
    return [merged(v) for v in vars]


# -- one node at a time -------------------------------------------------------------------------------------------


class LocalOptimizer:
    """Tells what one node becomes: ``transform(node)`` gives False, or a list or dict of new variables."""

    name = None

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other

    def tracks(self):
        """Ops or classes of ops that it looks at; None for all."""
        return None

    def transform(self, node):
        """False, or for each output of ``node`` what takes its place."""
        raise NotImplementedError(f"{type(self).__name__} defines no transform")

    def add_requirements(self, fgraph):
        """Attach the features that it needs."""
        fgraph.attach_feature(ReplaceValidate())

    def takes(self, node):
        """Whether it looks at ``node``."""
        tracked = self.tracks()
        return tracked is None or any(isinstance(node.op, t) if isinstance(t, type) else node.op == t for t in tracked)

    def print_summary(self, stream=sys.stdout, level=0, depth=-1):
        """Write the name."""
        print(f"{' ' * level}{type(self).__name__} {self.name or ''} id={id(self)}", file=stream)


class FromFunctionLocalOptimizer(LocalOptimizer):
    """A local optimizer made of a function of a node."""

    def __init__(self, fn, tracks=None, requirements=()):
        self.fn, self._tracks, self.requirements = fn, tracks, requirements
        self.transform, self.name, self.__doc__ = fn, fn.__name__, fn.__doc__

    def tracks(self):
        return self._tracks

    def add_requirements(self, fgraph):
        super().add_requirements(fgraph)
        for requirement in self.requirements:
            requirement(fgraph)

    def __call__(self, node):
        return self.fn(node)

    def __str__(self):
        return self.name


def local_optimizer(tracks, inplace=False, requirements=()):
    """Make a function of a node a `LocalOptimizer` of the ops or classes ``tracks`` (None: of all).

    Raises ValueError for an empty list.
    """
    if tracks is not None and not len(tracks):
        raise ValueError("an empty list of tracks means that it is never used; use None for all ops")
    for track in tracks or ():
        if not isinstance(track, Op) and not (isinstance(track, type) and issubclass(track, Op)):
            raise ValueError(f"a track must be an op or a class of ops, got {track!r}")

    def make(function):
        return FromFunctionLocalOptimizer(function, tracks, requirements)
    return make


class LocalOptGroup(LocalOptimizer):
    """Local optimizers as one: what the first says that has something to say."""

    def __init__(self, *optimizers, **kwargs):
        self.opts = list(optimizers[0] if len(optimizers) == 1 and isinstance(optimizers[0], list) else optimizers)
        self.name = kwargs.get("name") or "LocalOptGroup"

    def tracks(self):
        found = [o.tracks() for o in self.opts]
        return None if any(t is None for t in found) else [t for tracks in found for t in tracks]

    def transform(self, node):
        for one in self.opts:
            result = one.transform(node) if one.takes(node) else False
            if result is not False and result is not None:
                return result
        return False

    def add_requirements(self, fgraph):
        for one in self.opts:
            one.add_requirements(fgraph)

    def __str__(self):
        return f"LocalOptGroup({','.join(map(str, self.opts))})"


class OpSub(LocalOptimizer):
    """``op1`` becomes ``op2``, with the same inputs."""

    reentrant, retains_inputs = False, True

    def __init__(self, op1, op2, transfer_tags=True):
        self.op1, self.op2, self.transfer_tags = op1, op2, transfer_tags

    def op_key(self):
        """The op that it looks at."""
        return self.op1

    def tracks(self):
        return [self.op1]

    def transform(self, node):
        if node.op != self.op1:
            return False
        made = self.op2.make_node(*node.inputs)
        if self.transfer_tags:
            for old, new in zip([node, *node.outputs], [made, *made.outputs], strict=True):
                new.tag.__dict__.update(old.tag.__dict__)
        return made.outputs

    def __str__(self):
        return f"{self.op1} -> {self.op2}"


class OpRemove(LocalOptimizer):
    """``op`` goes: its inputs, as many as it has outputs, take the place of these."""

    reentrant = False

    def __init__(self, op):
        self.op = op

    def op_key(self):
        """The op that it looks at."""
        return self.op

    def tracks(self):
        return [self.op]

    def transform(self, node):
        return list(node.inputs) if node.op == self.op and node.nin == node.nout else False

    def __str__(self):
        return f"{self.op}(x) -> x"


class PatternSub(LocalOptimizer):
    """What matches ``in_pattern`` becomes ``out_pattern``.

    A pattern is a tuple ``(op, pattern, ...)``; a text, which matches anything, but the same everywhere; a variable or
    a number, which match equal constants; or ``{"pattern": p, "constraint": function of the variable}``.

    Parameters
    ----------
    in_pattern, out_pattern : patterns
    allow_multiple_clients : bool
        Whether what is inside the pattern may be used elsewhere too.
    skip_identities_fn : function, optional
        Gives the variable to look at instead of one, or None.
    get_nodes : function, optional
        From a node of ``tracks`` to nodes that may match.
    values_eq_approx : function, optional
        Put on the tag of the result.
    """

    def __init__(self, in_pattern, out_pattern, allow_multiple_clients=False, skip_identities_fn=None, name=None,
                 pdb=False, tracks=(), get_nodes=None, values_eq_approx=None):
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.allow_multiple_clients, self.skip_identities_fn = allow_multiple_clients, skip_identities_fn
        self._tracks, self.get_nodes, self.values_eq_approx = tracks, get_nodes, values_eq_approx
        pattern = in_pattern["pattern"] if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(pattern, (tuple, list)):
            raise TypeError(f"the pattern to search for must begin with an op, got {in_pattern!r}")
        self.op = pattern[0]
        self.name = name or f"PatternSub({in_pattern} -> {out_pattern})"

    def op_key(self):
        """The op that it looks at."""
        return self.op

    def tracks(self):
        return list(self._tracks) or [self.op]

    def transform(self, node, get_nodes=True):
        if get_nodes and self.get_nodes is not None:
            for other in self.get_nodes(node):
                found = self.transform(other, get_nodes=False) if other != "output" else False
                if found:
                    return {other.outputs[0]: found[0]}
        if node.op != self.op or len(node.outputs) != 1:
            return False
        bound = self._match(self.in_pattern, node.outputs[0], {}, root=True)
        if bound is None:
            return False
        made = self._build(self.out_pattern, bound)
        if made.type != node.outputs[0].type and node.outputs[0].type.convert_variable(made) is None:
            return False
        if self.values_eq_approx is not None:
            made.tag.values_eq_approx = self.values_eq_approx
        if made.owner is not None:
            copy_stack_trace(node.outputs[0], made)
        return [made]

    def _match(self, pattern, variable, bound, root=False):
        """``bound`` with what the pattern binds in ``variable``, None where it doesn't match."""
        if isinstance(pattern, dict):
            found = self._match(pattern["pattern"], variable, bound, root)
            return found if found is not None and pattern.get("constraint", lambda v: True)(variable) else None
        if isinstance(pattern, (tuple, list)):
            return self._match_node(pattern, variable, bound, root)
        if isinstance(pattern, str):
            same = pattern not in bound or bound[pattern] is variable
            return {**bound, pattern: variable} if same else None
        if isinstance(pattern, Constant):
            return bound if pattern.equals(variable) else None
        if isinstance(pattern, Variable):
            return bound if pattern is variable else None
        if isinstance(pattern, (int, float)) and isinstance(variable, Constant):
            data = variable.data
            return bound if getattr(data, "size", 1) == 1 and data == pattern else None
        return None

    def _match_node(self, pattern, variable, bound, root):
        node = variable.owner
        if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            seen = self.skip_identities_fn(variable) if self.skip_identities_fn is not None else None
            return None if seen is None else self._match_node(pattern, seen, bound, root)
        if not root and not self.allow_multiple_clients and getattr(variable, "fgraph", None) is not None \
                and len(variable.clients) > 1:
            return None
        for part, x in zip(pattern[1:], node.inputs, strict=True):
            bound = self._match(part, x, bound)
            if bound is None:
                return None
        return bound

    def _build(self, pattern, bound):
        if isinstance(pattern, (tuple, list)):
            return pattern[0](*(self._build(part, bound) for part in pattern[1:]))
        return bound[pattern] if isinstance(pattern, str) else pattern

    def __str__(self):
        return self.name

    __repr__ = __str__


# -- over a graph ---------------------------------------------------------------------------------------------------


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
