"""Runs rules over a graph until none applies.

Every rule is filed under the op it looks at; a worklist holds the nodes still to be looked at. Equal computations are
found by a table of (op, inputs) when a node comes in, so that merging costs one look-up a node.
"""

import time
import warnings
from collections import deque
from dataclasses import dataclass, field
from itertools import chain

from theano.config import config
from theano.graph import origin
from theano.graph.variable import Constant
from theano.tensor.elemwise import ELEMWISE, Elemwise


def key_of(op):
    """What rules are filed under: the name of an elementwise op's row, else the op's key or class."""
    return op.scalar_op.row_name if type(op) is Elemwise else op.rule_key or type(op)


@dataclass(frozen=True)
class Rule:
    """One rewrite.

    apply: function of a node, gives None, or a replacement for each output (one variable, list, or dict).
    tracks: keys of the ops it looks at (see `key_of`); empty for all. tags: by which modes select it.
    """

    name: str
    apply: object
    tracks: tuple = ()
    tags: frozenset = frozenset()
    needs_fgraph: bool = False

    def transform(self, node):
        """What the rule makes of ``node``: a list with a variable for each output (or a dict), or False."""
        result = self.apply(node.fgraph, node) if self.needs_fgraph else self.apply(node)
        if result is None or result is False:
            return False
        return result if isinstance(result, dict) else list(result) if isinstance(result, (list, tuple)) else [result]

    def __str__(self):
        return self.name


def rule(*tracks, name=None, tags=(), fgraph=False):
    """Make a function a `Rule`; ``tracks`` are row names, op classes or their keys."""
    def make(function):
        return Rule(name or function.__name__, function, tracks, frozenset(tags), fgraph)
    return make


@dataclass(frozen=True)
class Phase:
    """Rules that run together.

    repeat: until nothing changes any more. whole: a function of the graph instead of rules,
    and of the engine where its attribute ``takes_engine`` is true.
    """

    name: str
    rules: tuple = ()
    tags: frozenset = frozenset()
    repeat: bool = True
    whole: object = None


@dataclass
class Fired:
    """What happened: how often each rule fired, and how long each phase took."""

    rules: dict = field(default_factory=dict)
    phases: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)     # in each rule; measured where the flag profile_optimizer is set


class Merger:
    """Listener that notices nodes equal to ones already in the graph, and equal constants."""

    def __init__(self):
        self.table = {}
        self.constants = {}
        self.pending = []           # (old variable, variable to use instead)

    def on_attach(self, fgraph):
        fgraph.merger = self
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "attach")

    def on_detach(self, fgraph):
        del fgraph.merger           # the table knows nodes that are long gone

    def signature(self, node):
        return (node.op, *map(id, node.inputs))

    def on_import(self, fgraph, node, reason):
        for variable in node.inputs:
            if isinstance(variable, Constant):
                self._constant(variable)
        self._file(node)

    def _constant(self, variable):
        try:
            key = (variable.type, variable.merge_signature())
            first = self.constants.setdefault(key, variable)
        except TypeError:
            return
        if first is not variable:
            if getattr(first, "fgraph", None) is None:
                self.constants[key] = variable
            else:
                self.pending.append((variable, first))

    def _file(self, node):
        key = self.signature(node)
        first = self.table.setdefault(key, node)
        if first is node:
            return
        if getattr(first, "fgraph", None) is None or self.signature(first) != key:
            self.table[key] = node
        elif [v.type for v in node.outputs] == [v.type for v in first.outputs]:     # what is known may have grown
            self.pending.extend(zip(node.outputs, first.outputs, strict=True))

    def on_change_input(self, fgraph, node, position, old, new, reason=None):
        if node == "output":
            return
        if isinstance(new, Constant):
            self._constant(new)
        self._file(node)

    def settle(self, fgraph):
        """Use the first of equal computations everywhere; whether anything changed."""
        changed = False
        while self.pending:
            old, new = self.pending.pop()
            if getattr(old, "fgraph", None) is fgraph and getattr(new, "fgraph", None) is fgraph and old is not new:
                if old.name and not new.name:
                    new.name = old.name
                fgraph.replace(old, new, reason="merge")
                changed = True
        return changed


class Engine:
    """Runs phases over one graph."""

    def __init__(self, fgraph, selected):
        self.fgraph = fgraph
        self.selected = selected            # function(rule, phase) -> whether it runs
        self.fired = Fired()
        self.timed = config.profile_optimizer
        self.givers = ShapeGivers()
        self.budget = config.optdb.max_use_ratio * max(len(fgraph.apply_nodes), 20)

    def run(self, phase):
        """Run a phase; how many replacements it made."""
        start = time.perf_counter()
        if phase.whole is not None:
            given = (self.fgraph, self) if getattr(phase.whole, "takes_engine", False) else (self.fgraph,)
            count = phase.whole(*given) or 0
            self._settle()
        else:
            count = self._run_rules(phase)
        self.fired.phases.append((phase.name, count, time.perf_counter() - start))
        return count

    def _settle(self):
        merger = getattr(self.fgraph, "merger", None)
        return merger is not None and merger.settle(self.fgraph)

    def _index(self, phase):
        """Rules by key, and those for all ops."""
        by_key, general = {}, []
        for item in phase.rules:
            if not self.selected(item, phase):
                continue
            for key in item.tracks:
                by_key.setdefault(key, []).append(item)
            if not item.tracks:
                general.append(item)
        return by_key, general

    def _run_rules(self, phase):
        by_key, general = self._index(phase)
        if not by_key and not general:
            return 0
        fgraph = self.fgraph
        queue = deque(fgraph.toposort())
        waiting = set(queue)
        watcher = _Watcher(queue, waiting)
        fgraph.attach_feature(watcher)
        count = 0
        try:
            while queue:
                node = queue.popleft()
                waiting.discard(node)
                if node not in fgraph.apply_nodes:
                    continue
                if self._visit(node, by_key.get(key_of(node.op), ()), general):
                    count += 1
                    self._settle()
                    if count > self.budget:
                        warnings.warn(f"rewriting stopped in phase {phase.name}: {count} replacements in a "
                                      f"graph of {len(fgraph.apply_nodes)} nodes", stacklevel=2)
                        break
                    if not phase.repeat:
                        watcher.forget()
        finally:
            fgraph.remove_feature(watcher)
        return count

    def _visit(self, node, rules, general):
        trace = next((v.tag.trace for v in node.outputs if v.tag.trace), ())
        with origin.inherited(trace):
            return any(self._try(item, node) for item in chain(rules, general))

    def _try(self, item, node):
        try:
            result = self._timed(item, node) if self.timed else \
                item.apply(self.fgraph, node) if item.needs_fgraph else item.apply(node)
        except Exception as error:
            self._failed(item, node, error)
            return False
        if result is None or result is False:
            return False
        pairs = self._pairs(node, result)
        changed = False
        for old, new in pairs:
            if old is new or (new.owner is not None and new.owner.op == node.op
                              and new.owner.inputs == node.inputs):
                continue
            if new.type != old.type and not (hasattr(old.type, "broadcastable") and new.type.dtype == old.type.dtype
                                             and new.type.ndim == old.type.ndim):
                self._failed(item, node, TypeError(f"{old.type} would become {new.type}"))
                return False
            if new.type != old.type:
                fixed = old.type.convert_variable(new)
                if fixed is None:
                    fixed = old.type.rebroadcast(new, old.type.broadcastable)
                new = fixed
            if type(node.op) is Elemwise and not getattr(self.fgraph, "extents_agree", False):
                new = self.givers.fill(old, new)
                if new.owner is not None and new.owner.op == node.op and new.owner.inputs == node.inputs:
                    continue
            if old.name and not new.name and new.owner is not None:
                new.name = old.name
            if config.optimizer_verbose:
                print(f"rewriting: rule {item.name} replaces {old.owner or old} by {new.owner or new}")
            self.fgraph.replace(old, new, reason=item.name)
            changed = True
        if changed:
            self.fired.rules[item.name] = self.fired.rules.get(item.name, 0) + 1
        return changed

    def _timed(self, item, node):
        start = time.perf_counter()
        try:
            return item.apply(self.fgraph, node) if item.needs_fgraph else item.apply(node)
        finally:
            spent = time.perf_counter() - start
            self.fired.seconds[item.name] = self.fired.seconds.get(item.name, 0.0) + spent

    @staticmethod
    def _pairs(node, result):
        if isinstance(result, dict):
            return list(result.items())
        if not isinstance(result, (list, tuple)):
            result = [result]
        return [(old, new) for old, new in zip(node.outputs, result, strict=True) if new is not None]

    @staticmethod
    def _failed(item, node, error):
        if config.on_opt_error == "raise":
            error.add_note(f"while rule {item.name} looked at {node}")
            raise error
        if config.on_opt_error != "ignore":
            warnings.warn(f"rule {item.name} failed on {node}: {type(error).__name__}: {error}", stacklevel=3)


class ShapeGivers:
    """Which arrays decide the shape of elementwise expressions.

    An extent that its type does not say to be 1 may be 1 all the same, so every array that gives an expression its
    shape must give it to what replaces the expression too.
    """

    MOST = 256                          # of an expression with more the others are taken to agree

    def __init__(self):
        self._of = {}

    def __getitem__(self, variable):
        stack = [variable]
        while stack:
            v = stack[-1]
            if v in self._of:
                stack.pop()
            elif v.owner is None or type(v.owner.op) is not Elemwise:
                self._of[v] = () if all(v.type.broadcastable) else (v,)
            else:
                missing = [x for x in v.owner.inputs if x not in self._of]
                stack.extend(missing)
                if not missing:
                    self._of[v] = self._together(v.owner.inputs)
        return self._of[variable]

    def _together(self, inputs):
        sets = dict.fromkeys(self._of[x] for x in inputs)       # in order, so that graphs come out the same every time
        if len(sets) == 1:
            return next(iter(sets))
        return tuple(dict.fromkeys(v for one in sets for v in one))[:self.MOST]

    def fill(self, old, new):
        """``new``, filled to the shape of the elementwise result ``old`` that it replaces."""
        kept = self[new]
        extents = list(zip(*(v.data.shape for v in kept if isinstance(v, Constant)), strict=True))
        for v in self[old]:
            if isinstance(v, Constant) and extents and all(n == 1 or n in known for n, known in
                                                           zip(v.data.shape, extents, strict=True)):
                continue
            if v not in kept:
                new = ELEMWISE["second"](v, new)
        return new


class _Watcher:
    """Listener that puts what changed on the worklist."""

    def __init__(self, queue, waiting):
        self.queue, self.waiting = queue, waiting
        self.active = True

    def _add(self, node):
        if self.active and node != "output" and node not in self.waiting:
            self.waiting.add(node)
            self.queue.append(node)

    def on_import(self, fgraph, node, reason):
        self._add(node)

    def on_change_input(self, fgraph, node, position, old, new, reason=None):
        self._add(node)
        if node != "output":
            for output in node.outputs:
                for client, _ in output.clients:
                    self._add(client)

    def on_prune(self, fgraph, node, reason):
        for variable in node.inputs:
            if len(variable.clients) <= 2:
                for client, _ in variable.clients:
                    self._add(client)

    def forget(self):
        """Look at nothing new any more."""
        self.active = False
