"""A graph that can be changed: who uses what, replacement, undo, listeners."""

from collections import OrderedDict
from itertools import islice

from theano.config import config
from theano.errors import BadReplacement, CachedConstantError, MissingInputError, NullTypeGradError
from theano.graph import origin
from theano.graph.inline import as_string
from theano.graph.outline import min_informative_str
from theano.graph.pickling import table
from theano.graph.variable import Apply, Constant
from theano.graph.walk import clone_get_equiv, io_toposort, toposort

# Attributes that listeners add when attached.
ADDED = ("destroy_handler", "has_destroyers", "get_nodes", "checkpoint", "revert", "validate", "consistent",
         "replace_validate", "replace_all_validate", "replace_all_validate_remove")


class Clients(dict):
    """Users of a variable: an ordered set of (node or "output", position) that also takes an index."""

    def __getitem__(self, index):
        return next(islice(self, index, None)) if index >= 0 else list(self)[index]


class FunctionGraph:
    """The part of a graph between inputs and outputs, with the clients of every variable.

    Every variable in it has ``clients``, a list of ``(node, position)``; an output of the graph has
    the client ``("output", position)``.

    Parameters
    ----------
    inputs, outputs : lists of Variable
    features : iterable of listeners, optional
    clone : bool
        Work on a copy of the graph; otherwise its variables are owned by this object from now on.
    update_mapping : dict, optional
        Number of an output that is an update -> number of the input it updates.

    Raises MissingInputError for a variable without value and owner that is no input.
    """

    def __init__(self, inputs, outputs, features=None, clone=True, update_mapping=None):
        if clone:
            memo = clone_get_equiv(inputs, outputs)
            inputs, outputs = [memo[v] for v in inputs], [memo[v] for v in outputs]
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.update_mapping = update_mapping
        self.apply_nodes = OrderedDict()      # used as an ordered set
        self.variables = OrderedDict()
        self._features = []
        self.profile = None
        for position, variable in enumerate(self.inputs):
            if variable.owner is not None:
                raise ValueError(f"input {position}, {variable}, is computed by a node: clone the graph, or cut the "
                                 "variable off (owner = None)")
            self._setup(variable)
        for variable in self.outputs:
            self._import(variable, "init")
        for position, variable in enumerate(self.outputs):
            variable.clients["output", position] = None
        for feature in features or ():
            self.attach_feature(feature)

    # -- membership -------------------------------------------------------------------------------

    def _setup(self, variable):
        owner = getattr(variable, "fgraph", None)
        if owner is not None and owner is not self:
            raise ValueError(f"{variable} is already owned by another FunctionGraph: make this one with "
                             "clone=True")
        if getattr(variable, "cached", False):
            raise CachedConstantError(f"constant {variable} is shared by many graphs, so no FunctionGraph can own it: "
                                      "make the FunctionGraph of a copy, with clone=True")
        variable.fgraph = self
        variable.clients = Clients()
        self.variables[variable] = None

    def _import(self, variable, reason):
        """Take in ``variable`` and all it needs; the variable to use, a copy for a shared constant."""
        if variable in self.variables:
            return variable
        if reason != "init" and getattr(variable, "cached", False):
            variable = variable.clone()
        for node in toposort([variable], self.variables):
            if node in self.apply_nodes:
                continue
            self._import_node(node, reason)
        if variable not in self.variables:
            self._import_leaf(variable, None)
        return variable

    def _import_leaf(self, variable, node):
        if variable.owner is None and not isinstance(variable, Constant) \
                and variable not in self.variables:
            if hasattr(variable.type, "why_null"):          # a gradient that doesn't exist
                raise NullTypeGradError(f"The graph contains a gradient that does not exist. {variable.type.why_null}")
            raise MissingInputError(_missing(variable, node), variable=variable)
        self._setup(variable)

    def _import_node(self, node, reason):
        for position, variable in enumerate(node.inputs):
            if variable not in self.variables:
                if reason != "init" and getattr(variable, "cached", False):
                    # A constant that serves all graphs: this one gets its own.
                    variable = node.inputs[position] = variable.clone()
                self._import_leaf(variable, node)
        self.apply_nodes[node] = None
        node.fgraph = self
        for variable in node.outputs:
            if variable not in self.variables:
                self._setup(variable)
        for position, variable in enumerate(node.inputs):
            variable.clients[node, position] = None
        for feature in self._features:
            if hasattr(feature, "on_import"):
                feature.on_import(self, node, reason)

    def _remove_client(self, variable, client, reason):
        del variable.clients[client]
        if variable.clients:
            return
        stack = [variable]
        while stack:
            dead = stack.pop()
            if dead.clients:
                continue
            node = dead.owner
            if node is None:
                if dead not in self.inputs:
                    self._forget(dead)
                continue
            if node not in self.apply_nodes or any(v.clients for v in node.outputs):
                continue
            self._prune(node, reason)
            for position, v in enumerate(node.inputs):
                del v.clients[node, position]
                if not v.clients:
                    stack.append(v)

    def _prune(self, node, reason):
        del self.apply_nodes[node]
        node.fgraph = None
        for v in node.outputs:
            self._forget(v)
        for feature in self._features:
            if hasattr(feature, "on_prune"):
                feature.on_prune(self, node, reason)

    def _forget(self, variable):
        if self.variables.pop(variable, self) is not self:
            variable.fgraph = None
            variable.clients = ()

    def clients(self, r):
        """Users of the variable ``r``: a list of (node or "output", position)."""
        return r.clients

    def add_input(self, input):                                                   # noqa: A002
        """Make the variable ``input`` a further input."""
        if input not in self.inputs:
            self.inputs.append(input)
            if input not in self.variables:
                self._setup(input)

    def add_output(self, variable):
        """Make ``variable`` a further output."""
        variable = self._import(variable, "add_output")
        variable.clients["output", len(self.outputs)] = None
        self.outputs.append(variable)

    def remove_output(self, position):
        """Drop output ``position`` and what only it needs; later outputs move up."""
        variable = self.outputs[position]
        self._remove_client(variable, ("output", position), "remove_output")
        moved = self.outputs[position + 1:]
        for k, v in enumerate(moved, position + 1):
            del v.clients["output", k]
            v.clients["output", k - 1] = None
        del self.outputs[position]

    def disown(self):
        """Release all variables and nodes."""
        for feature in list(self._features):
            self.remove_feature(feature)
        for variable in self.variables:
            variable.fgraph, variable.clients = None, ()
        for node in self.apply_nodes:
            node.fgraph = None
        self.apply_nodes.clear()
        self.variables.clear()

    # -- change -----------------------------------------------------------------------------------

    def change_input(self, node, i, new_r, reason=None):
        """Make ``new_r`` the input ``i`` of ``node`` (or of "output")."""
        position, new = i, new_r
        old = self.outputs[position] if node == "output" else node.inputs[position]
        if old is new:
            return
        if new.type != old.type and old.type.convert_variable(new) is None:
            raise TypeError(f"{new}, a {new.type}, can't take the place of {old}, a {old.type}")
        new = self._import(new, reason)
        if node == "output":
            self.outputs[position] = new
        else:
            node.inputs[position] = new
        new.clients[node, position] = None
        self._remove_client(old, (node, position), reason)
        for feature in self._features:
            if hasattr(feature, "on_change_input"):
                feature.on_change_input(self, node, position, old, new, reason)

    def replace(self, r, new_r, reason=None, verbose=None):
        """Use ``new_r`` wherever ``r`` is used.

        The origin of the old variable is kept by those new ones that have none. Raises BadReplacement, a TypeError,
        when the types disagree.
        """
        old, new = r, new_r
        if old is new or getattr(old, "fgraph", None) is not self:
            return
        if new.type != old.type:
            converted = old.type.convert_variable(new)
            if converted is None:
                raise BadReplacement(old, new, reason=f"{reason}, which must keep types,")
            new = converted
        if verbose:
            print(f"{reason}: {old} -> {new}")
        if new.owner is not None and not new.tag.trace:
            new.tag.trace = old.tag.trace
        clients = list(old.clients)         # without those inside the replacement
        new = self._import(new, reason)
        for node, position in clients:
            if node == "output" or node.inputs[position] is old:
                self.change_input(node, position, new, reason)

    def replace_all(self, pairs, reason=None):
        """Replace every pair (old, new)."""
        for old, new in pairs:
            self.replace(old, new, reason=reason)

    # -- features ---------------------------------------------------------------------------------

    def attach_feature(self, feature):
        """Add a listener (``on_attach``, ``on_import``, ``on_change_input``, ``on_prune``, ...)."""
        if feature in self._features:
            return
        if hasattr(feature, "on_attach"):
            try:
                feature.on_attach(self)
            except AlreadyThere:
                return
        self._features.append(feature)

    def remove_feature(self, feature):
        """Remove a listener."""
        if feature not in self._features:
            return
        self._features.remove(feature)
        if hasattr(feature, "on_detach"):
            feature.on_detach(self)

    def execute_callbacks(self, name, *args, **kwargs):
        """Call method ``name`` of every listener that has it."""
        for feature in self._features:
            method = getattr(feature, name, None)
            if method is not None:
                method(self, *args, **kwargs)

    def collect_callbacks(self, name, *args):
        """Results of method ``name`` by listener."""
        return {f: getattr(f, name)(self, *args) for f in self._features if hasattr(f, name)}

    # -- reading ----------------------------------------------------------------------------------

    def orderings(self):
        """Dict from a node to the nodes that must run before it, besides data flow."""
        merged = {}
        for feature in self._features:
            method = getattr(feature, "orderings", None)
            for node, before in (method(self) if method is not None else {}).items():
                merged.setdefault(node, []).extend(before)
        return merged

    def toposort(self):
        """Nodes in an order in which they can run."""
        return io_toposort(self.inputs, self.outputs, self.orderings())

    def check_integrity(self):
        """Raise when clients, nodes and variables disagree."""
        nodes = set(toposort(self.outputs, self.inputs))
        missing = nodes - set(self.apply_nodes)
        if missing:
            raise ValueError(f"nodes are missing from the FunctionGraph: {', '.join(sorted(map(str, missing)))}")
        for node in self.apply_nodes:
            for position, variable in enumerate(node.inputs):
                if (node, position) not in variable.clients:
                    raise ValueError(f"{node} is missing from the clients of {variable}")
        for position, variable in enumerate(self.outputs):
            if ("output", position) not in variable.clients:
                raise ValueError(f"output {position} is missing from the clients of {variable}")

    def clone(self, check_integrity=True):
        """A copy of the graph without its listeners."""
        return self.clone_get_equiv(check_integrity)[0]

    def clone_get_equiv(self, check_integrity=True, attach_feature=True):
        """A copy, and the dict from old to new variables and nodes."""
        memo = clone_get_equiv(self.inputs, self.outputs)
        copy = FunctionGraph([memo[v] for v in self.inputs], [memo[v] for v in self.outputs],
                             clone=False, update_mapping=self.update_mapping)
        if check_integrity:
            copy.check_integrity()
        if attach_feature:
            for feature in self._features:
                if hasattr(feature, "clone"):
                    copy.attach_feature(feature.clone())
        return copy, memo

    def __getstate__(self):
        state = {k: v for k, v in self.__dict__.items() if k not in ADDED}
        del state["variables"]
        state["_features"] = [f for f in self._features if getattr(f, "pickles", False)]
        return {"nodes": table(toposort(self.outputs)), **state}

    def __setstate__(self, state):
        del state["nodes"]
        self.__dict__.update(state, _features=[], variables=OrderedDict())
        for variable in [*self.inputs, *(v for node in self.apply_nodes for v in [*node.inputs, *node.outputs]),
                         *self.outputs]:
            if variable not in self.variables:
                self._setup(variable)
        for node in self.apply_nodes:
            node.fgraph = self
            for position, variable in enumerate(node.inputs):
                variable.clients[node, position] = None
        for position, variable in enumerate(self.outputs):
            variable.clients["output", position] = None
        for feature in state["_features"]:
            self.attach_feature(feature)

    def __str__(self):
        return f"[{', '.join(as_string(self.inputs, self.outputs))}]"

    __repr__ = __str__


class AlreadyThere(Exception):
    """Raised by ``on_attach`` when an equal listener is attached already."""


def _more(node):
    """What is computed with ``node``, where the user wants to know."""
    if config.exception_verbosity == "high":
        return "\n" + min_informative_str(node.outputs[0])
    return "(More with exception_verbosity=high.)"


def _missing(variable, node):
    where = origin.describe(variable)
    text = (f"Missing input: {node} needs {variable}, its input {node.inputs.index(variable)}, which is no input of "
            f"the graph and has no value. {_more(node)}"
            if isinstance(node, Apply) else
            f"Undeclared input: {variable} is an output of the graph but no input of it.")
    text = f"{text}\n    {variable} is a {variable.type}"
    if where:
        text += f" made at {where}"
    return text + "\n    Add it to the inputs of the function, or give it a value with givens."
