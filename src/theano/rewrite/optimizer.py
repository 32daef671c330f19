"""Rewrites as users write them: an `Optimizer` changes a whole graph; local ones (`rewrite.local`) tell what one node
becomes, and `rewrite.navigator` takes them over a graph.

``optimize(fgraph)`` runs one, and as ``Mode(optimizer=...)`` it is what a function gets.
"""

import logging
import sys

from theano.config import config
from theano.graph.variable import Constant, Variable
from theano.rewrite.engine import Merger

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
