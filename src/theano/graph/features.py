"""Listeners of a FunctionGraph that users attach or derive from."""

import functools

from theano.errors import BadOptimization, InconsistencyError  # noqa: F401  the first is seen through old names
from theano.graph.fgraph import AlreadyThere


class Feature:
    """A listener that does nothing; subclasses override what they want to hear."""

    def on_attach(self, function_graph):
        """The listener was attached to ``function_graph``; raise AlreadyThere to refuse."""

    def on_detach(self, function_graph):
        """The listener was removed."""

    def on_import(self, function_graph, node, reason):
        """``node`` came into the graph."""

    def on_change_input(self, function_graph, node, i, r, new_r, reason=None):
        """Input ``i`` of ``node`` (or output ``i`` of the graph, then ``node`` is "output") is now ``new_r``."""

    def on_prune(self, function_graph, node, reason):
        """``node`` left the graph."""

    def orderings(self, function_graph):
        """Dict from a node to nodes that must run before it."""
        return {}


class NodeFinder(Feature):
    """Gives a graph ``get_nodes(op)``: its nodes with that op, in the order in which they came."""

    pickles = True

    def __init__(self):
        self.by_op = {}

    def on_attach(self, fgraph):
        if hasattr(fgraph, "get_nodes"):
            raise AlreadyThere("the graph has get_nodes already")
        self.by_op = {}
        fgraph.get_nodes = functools.partial(self.query, fgraph)
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph):
        del fgraph.get_nodes
        self.by_op = {}

    def on_import(self, fgraph, node, reason):
        self.by_op.setdefault(node.op, {})[node] = None

    def on_prune(self, fgraph, node, reason):
        del self.by_op[node.op][node]

    def query(self, fgraph, op):
        """The nodes with ``op``."""
        return list(self.by_op.get(op, ()))


class PrintListener(Feature):
    """Prints what happens to a graph while ``active``."""

    def __init__(self, active=True):
        self.active = active

    def _print(self, *words):
        if self.active:
            print("--", *words)

    def on_attach(self, fgraph):
        self._print("attaching to", fgraph)

    def on_detach(self, fgraph):
        self._print("detaching from", fgraph)

    def on_import(self, fgraph, node, reason):
        self._print("importing", node, "because of", reason)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self._print("changing", (node, i), "from", r, "to", new_r, "because of", reason)

    def on_prune(self, fgraph, node, reason):
        self._print("pruning", node, "because of", reason)


class NoOutputFromInplace(Feature):
    """Forbids that outputs of a graph are computed in place, those from ``first`` up to ``last``."""

    def __init__(self, first_output_idx=0, last_output_idx=None):
        self.first, self.last = first_output_idx, last_output_idx

    def validate(self, fgraph):
        """Raise InconsistencyError when one is."""
        for variable in fgraph.outputs[self.first:self.last]:
            node = variable.owner
            if node is not None and variable.index in (getattr(node.op, "destroy_map", None) or {}):
                raise InconsistencyError(f"output {variable} of the graph is computed in place by {node}")


class Bookkeeper(Feature):
    """A listener that hears of every node: of those in a graph when it is attached, and of those left at the end."""

    def on_attach(self, fgraph):
        for node in fgraph.toposort():
            self.on_import(fgraph, node, "on_attach")

    def on_detach(self, fgraph):
        for node in fgraph.toposort():
            self.on_prune(fgraph, node, "Bookkeeper.detach")


class _Methods(Feature):
    """A listener that gives a graph methods, named in ``pickle_rm_attr``."""

    pickle_rm_attr = ()

    def on_attach(self, fgraph):
        if any(hasattr(fgraph, name) for name in self.pickle_rm_attr):
            raise AlreadyThere(f"the graph has {', '.join(self.pickle_rm_attr)} already, or a part of them")
        self.unpickle(fgraph)

    def on_detach(self, fgraph):
        for name in self.pickle_rm_attr:
            fgraph.__dict__.pop(name, None)


class GetCheckpoint:
    """What a graph's ``checkpoint()`` is: how many changes ``history`` knows."""

    def __init__(self, history, fgraph):
        self.history, self.fgraph = history, fgraph

    def __call__(self):
        return len(self.history.changes)


class LambdExtract:
    """A call that undoes one change of a graph: input ``i`` of ``node`` is ``r`` again."""

    def __init__(self, fgraph, node, i, r, reason=None):
        self.fgraph, self.node, self.i, self.r, self.reason = fgraph, node, i, r, reason

    def __call__(self):
        return self.fgraph.change_input(self.node, self.i, self.r, reason=("revert", self.reason))


class History(_Methods):
    """Gives a graph ``checkpoint()`` and ``revert(checkpoint)``, which undoes all replacements since then."""

    pickle_rm_attr = ("checkpoint", "revert")

    def __init__(self):
        self.changes = []

    def unpickle(self, fgraph):
        """Give a graph the methods."""
        self.changes = []
        fgraph.checkpoint = GetCheckpoint(self, fgraph)
        fgraph.revert = lambda checkpoint: self.revert(fgraph, checkpoint)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if self.changes is not None:
            self.changes.append(LambdExtract(fgraph, node, i, r, reason))

    def revert(self, fgraph, checkpoint):
        """Undo the replacements since ``checkpoint``."""
        changes, self.changes = self.changes, None
        try:
            while len(changes) > checkpoint:
                changes.pop()()
        finally:
            self.changes = changes


class Validator(_Methods):
    """Gives a graph ``validate()``, which asks all its listeners, and ``consistent()``: whether all agree."""

    pickle_rm_attr = ("validate", "consistent")

    def unpickle(self, fgraph):
        """Give a graph the methods."""
        fgraph.validate = lambda: self.validate_(fgraph)
        fgraph.consistent = lambda: self.consistent_(fgraph)

    def validate_(self, fgraph):
        """Raise what the first listener raises that finds a fault."""
        fgraph.execute_callbacks("validate")

    def consistent_(self, fgraph):
        """Whether no listener finds a fault."""
        try:
            self.validate_(fgraph)
        except Exception:
            return False
        return True


class ReplacementDidntRemovedError(Exception):                                    # noqa: N818
    """A variable that a rewrite wanted gone is still in the graph."""


class ReplaceValidate(History, Validator):
    """Gives a graph ``replace_validate(old, new)``, ``replace_all_validate(pairs)``: they undo what is not valid."""

    pickle_rm_attr = ("replace_validate", "replace_all_validate", "replace_all_validate_remove",
                      *History.pickle_rm_attr, *Validator.pickle_rm_attr)

    def unpickle(self, fgraph):
        """Give a graph the methods."""
        History.unpickle(self, fgraph)
        Validator.unpickle(self, fgraph)
        for name in self.pickle_rm_attr[:3]:
            setattr(fgraph, name, functools.partial(getattr(self, name), fgraph))

    def validate(self, fgraph):
        """Nothing is wrong for this listener itself."""

    def replace_validate(self, fgraph, r, new_r, reason=None):
        """Replace one variable, or raise what the graph's listeners raise and leave it as it was."""
        self.replace_all_validate(fgraph, [(r, new_r)], reason)

    def replace_all_validate(self, fgraph, replacements, reason=None, verbose=None):
        """Replace pairs of variables, or raise what the graph's listeners raise and leave it as it was."""
        checkpoint = fgraph.checkpoint()
        try:
            for r, new_r in replacements:
                fgraph.replace(r, new_r, reason=reason, verbose=verbose)
            fgraph.validate()
        except Exception:
            fgraph.revert(checkpoint)
            raise
        return checkpoint

    def replace_all_validate_remove(self, fgraph, replacements, remove, reason=None, warn=True):
        """Like `replace_all_validate`; ReplacementDidntRemovedError where one of ``remove`` is still there then."""
        checkpoint = self.replace_all_validate(fgraph, replacements, reason)
        if any(v in fgraph.variables for v in remove):
            fgraph.revert(checkpoint)
            raise ReplacementDidntRemovedError()

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k != "changes"}


class PreserveNames(Feature):
    """Names of replaced variables go over to what replaces them, where that has none."""

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if r.name is not None and new_r.name is None:
            new_r.name = r.name


class PreserveVariableAttributes(Feature):
    """Names and tags of replaced variables go over to what replaces them, where that has none."""

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if r.name is not None and new_r.name is None:
            new_r.name = r.name
        if getattr(r.tag, "nan_guard_mode_check", False) and getattr(new_r.tag, "nan_guard_mode_check", False) is False:
            new_r.tag.nan_guard_mode_check = r.tag.nan_guard_mode_check


class ChangeTracker(Feature):
    """Whether anything changed in a graph: ``changed``, until ``reset()``. The graph has it as ``change_tracker``."""

    def __init__(self):
        self.changed, self.nb_imported = False, 0

    def on_attach(self, fgraph):
        if hasattr(fgraph, "change_tracker"):
            raise AlreadyThere("the graph has a change_tracker already")
        fgraph.change_tracker = self

    def on_detach(self, fgraph):
        del fgraph.change_tracker

    def on_import(self, fgraph, node, reason):
        self.nb_imported += 1
        self.changed = True

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        self.changed = True

    def reset(self):
        """Forget what has changed."""
        self.changed = False


class Updater(Feature):
    """A listener made of functions: for nodes that come, nodes that go, and changed inputs; None for none of these."""

    def __init__(self, importer, pruner, chin, name=None):
        self.importer, self.pruner, self.chin, self.name = importer, pruner, chin, name

    def __str__(self):
        return self.name or f"Updater{{{self.importer}, {self.pruner}, {self.chin}}}"

    def on_import(self, fgraph, node, reason):
        if self.importer:
            self.importer(node)

    def on_prune(self, fgraph, node, reason):
        if self.pruner:
            self.pruner(node)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if self.chin:
            self.chin(node, i, r, new_r, reason)

    def on_detach(self, fgraph):
        self.importer = self.pruner = self.chin = None
