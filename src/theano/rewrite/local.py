"""Rewrites of one node: a `LocalOptimizer` tells what a node becomes; `local_optimizer` makes one of a function."""

import sys

from theano.graph.features import ReplaceValidate
from theano.graph.op import Op
from theano.graph.variable import Constant, Variable
from theano.rewrite.traces import copy_stack_trace


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
