"""Graphs as objects of the package pydot, for programs that go on with them."""

import importlib.util
from collections import Counter
from functools import cache

from theano.compile.callable import Function
from theano.drawing.dot import COLORS, EDGES, PROGRAM, VARIABLES
from theano.drawing.picture import label_of, picture_of, shortened
from theano.graph import origin
from theano.late import shutil
from theano.scalar.composite import Composite

pydot_imported_msg = (f"Drawing needs the package pydot and the program '{PROGRAM}' of Graphviz: "
                      "pip install pydot, and install graphviz with your system's packages.")
APPLY, EDGE = "#DFE7F5", "#555555"


@cache
def can_draw():
    """Whether pydot and Graphviz are installed."""
    return importlib.util.find_spec("pydot") is not None and shutil.which(PROGRAM) is not None


def __getattr__(name):
    if name == "pydot_imported":                # asked for when it is needed, not when Theano is imported
        return can_draw()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class PyDotFormatter:
    """Makes pydot graphs.

    Parameters
    ----------
    compact : bool
        Leave out intermediate variables that have no name.

    Attributes
    ----------
    apply_colors : dict from the name of an op's class to a colour
    node_colors : dict from "input", "shared", "constant", "variable", "output" to a colour
    """

    def __init__(self, compact=True):
        self.compact = compact
        self.node_colors = dict(VARIABLES)
        self.apply_colors = dict(COLORS)
        self.max_label_size = 70

    def __call__(self, fct, graph=None):
        """A ``pydot.Dot`` of a compiled function or variables, or ``graph`` with what is drawn added.

        Every node has an attribute ``node_type``: "apply", "input", "shared_input", "constant_input", "intermediate" or
        "output". Graphs inside ops are clusters, but for fused operations.

        Raises ImportError without pydot, TypeError for what has no graph.
        """
        picture = picture_of(fct, lambda v: bool(v.name) or not self.compact)
        graph = _pydot().Dot() if graph is None else graph
        self._fill(graph, picture, "n")
        return graph

    def _fill(self, graph, picture, prefix):
        users = Counter(edge.source for edge in picture.edges)
        for node in picture.nodes.values():
            name = f"{prefix}{node.key}"
            # programs count on a variable being declared where it is used
            for _ in range(1 if node.kind == "apply" else max(users[node.key], 1)):
                graph.add_node(self._node(node, name))
            if node.inner is not None and not isinstance(getattr(node.thing.op, "scalar_op", None), Composite):
                name += "_"
                inside = _pydot().Cluster(name, label=shortened(node.label, self.max_label_size))
                self._fill(inside, node.inner, name)
                graph.add_subgraph(inside)
        for edge in picture.edges:
            graph.add_edge(_pydot().Edge(f"{prefix}{edge.source}", f"{prefix}{edge.target}", label=_quoted(edge.label),
                                         color=EDGES[edge.kind] if edge.kind else EDGE))

    def _node(self, node, name):
        kinds = {"shared": "shared_input", "constant": "constant_input", "variable": "intermediate"}
        color = self.apply_colors.get(type(node.thing.op).__name__, APPLY) if node.kind == "apply" else \
            self.node_colors[node.kind]
        more = {} if node.record is None else {"profile": f"{node.record.seconds:e}"}
        return _pydot().Node(name, label=_quoted(shortened(node.label, self.max_label_size)), style="filled",
                             fillcolor=color, shape="ellipse" if node.kind == "apply" else "box",
                             node_type=kinds.get(node.kind, node.kind), **more)


def _pydot():
    try:
        import pydot
    except ImportError:
        raise ImportError(pydot_imported_msg) from None
    return pydot


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def var_label(var, precision=3):
    """The label of a variable; numbers that are constants get ``precision`` digits."""
    data = getattr(var, "data", None)
    if not var.name and getattr(data, "size", 0) == 1 and isinstance(data.item(), float):
        return f"{data.item():.{precision}g}"
    return label_of(var)


def var_tag(var):
    """Where a variable was written, as (file, line, code), or None."""
    frames = origin.frames(getattr(var.tag, "trace", ()))
    return (frames[0].filename, frames[0].lineno, frames[0].line) if frames else None


def apply_label(node):
    """The label of an application of an op."""
    return str(node.op)


def apply_profile(node, profile):
    """[seconds of the node, seconds in calls], as measured, or None."""
    if not profile or not profile.fct_callcount:
        return None
    return [profile.apply_time.get(node, 0.0), profile.fct_call_time]


def broadcastable_to_str(b):
    """A pattern as text: what it is called, or the pattern."""
    names = {(): "scalar", (False,): "vector", (False, True): "col", (True, False): "row", (False, False): "matrix"}
    return names.get(tuple(b), str(tuple(b)))


def dtype_to_char(dtype):
    """The letter of a dtype in names like ``dmatrix``, or the dtype."""
    chars = {"complex64": "c", "complex128": "z", "float32": "f", "float64": "d", "int8": "b", "int16": "w",
             "int32": "i", "int64": "l"}
    return chars.get(dtype, dtype)


def type_to_str(t):
    """A type as text: its short name where it has one."""
    if hasattr(t, "broadcastable"):
        return dtype_to_char(t.dtype) + broadcastable_to_str(t.broadcastable)
    return str(t)


def dict_to_pdnode(d):
    """A pydot node with the items of ``d`` as its attributes; ``name`` is its name."""
    given = {key: _quoted(str(value)) for key, value in d.items() if key != "name" and value is not None}
    return _pydot().Node(str(d.get("name", "")), **given)


__all__ = ["Function", "PyDotFormatter", "apply_label", "apply_profile", "broadcastable_to_str", "dict_to_pdnode",
           "dtype_to_char", "pydot_imported_msg", "type_to_str", "var_label", "var_tag"]
