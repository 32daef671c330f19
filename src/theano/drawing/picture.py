"""What is drawn of a graph: nodes and edges as plain data."""

from dataclasses import dataclass, field, replace

import numpy as np

from theano.graph import origin
from theano.graph.shared import SharedVariable
from theano.graph.units import duration, size
from theano.graph.variable import Apply, Constant, Variable
from theano.graph.walk import toposort
from theano.inner.graph import InnerGraph
from theano.scalar.composite import Composite
from theano.tensor.elemwise import Elemwise

LONGEST = 200           # characters of a value or of a line of the user's program


@dataclass
class Node:
    """An application of an op, or a variable.

    kind : "apply", "input", "shared", "constant", "variable" or "output"
    details : pairs of what it is and a text.
    thing : the Apply or Variable itself.
    inner : the picture of the graph inside the op, None for others.
    record : what the profile measured of it (`compile.profiling.Record`), or None.
    """

    key: int
    kind: str
    label: str
    details: list
    thing: object
    inner: object = None
    record: object = None


@dataclass
class Edge:
    """A value on its way from a node to another.

    out : which output of ``source`` it is. arguments : which inputs of ``target``, none where that is a variable.
    kind : "inplace" where ``target`` overwrites it, "view" where its result is a view of it, else "".
    """

    source: int
    target: int
    label: str
    out: int = 0
    arguments: tuple = ()
    kind: str = ""


@dataclass
class Picture:
    """Nodes by key, and edges.

    feeds : for pictures of what is inside an op: key of an input -> which inputs of the op's node feed it.
    profile : `ProfileStats` of the function, or None.
    """

    name: str
    nodes: dict = field(default_factory=dict)
    edges: list = field(default_factory=list)
    feeds: dict = field(default_factory=dict)
    results: list = field(default_factory=list)
    profile: object = None


def picture_of(obj, shown=lambda variable: False, constants=None):
    """The picture of a variable, a list of variables, a node, a FunctionGraph or a compiled function.

    A function with a profile that was called is drawn as it runs: what one instruction computes is one node.

    Parameters
    ----------
    shown : function of a variable to bool
        Which results of ops that are neither inputs nor outputs have a node of their own.
    constants : "each" or None
        Whether a constant has one node, or one for each of its users.

    Raises TypeError for other objects.
    """
    options = shown, constants
    if hasattr(obj, "apply_nodes"):
        return _of_graph(obj, _Drawing("function", *options), obj.outputs)
    if hasattr(obj, "maker"):
        return _of_function(obj, options)
    outputs = obj.outputs if isinstance(obj, Apply) else list(obj) if isinstance(obj, (list, tuple, set)) else [obj]
    wrong = [v for v in outputs if not isinstance(v, Variable)]
    if wrong:
        raise TypeError(f"cannot draw an object of type {type(wrong[0]).__name__}, {wrong[0]!r}: give a variable, a "
                        "list of variables, a node, a FunctionGraph or a compiled function")
    name = ", ".join(v.name for v in outputs if v.name) or "graph"
    return _Drawing(name, *options).draw(map(_unit, toposort(outputs)), [], outputs)


def _of_function(function, options):
    profile = function.profile or None
    drawing = _Drawing(function.name or "function", *options, profile)
    fgraph, outputs, units = function.maker.fgraph, None, None
    if profile is not None and profile.fct_callcount:
        if function.runs_natively:
            fgraph, outputs, computed = function.fn.running()
            measured = next(source for source in profile.sources if source.function is function).records()
            units = _instructions(outputs, list(zip(computed, measured, strict=True)))
        else:
            records = {r.what: r for r in profile.records()}
            units = [replace(_unit(node), record=records.get(node)) for node in fgraph.toposort()]
    entries = zip(function.maker.inputs, fgraph.inputs, strict=False)
    drawing.shared, drawing.compiled = {v for entry, v in entries if entry.shared}, True
    return _of_graph(fgraph, drawing, outputs or fgraph.outputs, units)


def _of_graph(fgraph, drawing, outputs, units=None):
    drawing.updated = {o: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
    return drawing.draw(map(_unit, fgraph.toposort()) if units is None else units, fgraph.inputs, outputs)


@dataclass
class Unit:
    """What becomes one node of a picture: an application of an op, or several that one instruction computes."""

    nodes: list
    inputs: list
    outputs: list
    record: object = None

    @property
    def node(self):
        """The application that gives the unit its name."""
        return self.nodes[-1]

    @property
    def label(self):
        """The op, and how many others are fused with it."""
        more = len(self.nodes) - 1
        return str(self.node.op) + (f" and {more} fused" if more else "")

    def marks(self, which):
        """Positions of inputs that the op's ``destroy_map`` or ``view_map`` names; nothing fused has any."""
        if len(self.nodes) > 1:
            return set()
        return {i for places in getattr(self.node.op, which).values() for i in places}


def _unit(node):
    return Unit([node], node.inputs, node.outputs)


def _instructions(outputs, tasks):
    """Units for the nodes that ``outputs`` need, with what was measured; tasks: (nodes, record) by instruction."""
    order, number = toposort(outputs), {}
    for k, (nodes, _) in enumerate(tasks):
        for node in nodes:
            number.setdefault(node, k)
    users = {}
    for node in reversed(order):
        if node not in number:          # a view through which an instruction reads belongs to it
            reading = set().union(*(users.get(v, ()) for v in node.outputs))
            making = {number.get(v.owner, v.owner) for v in node.inputs} & reading
            number[node] = next(iter(making or reading)) if making or len(reading) == 1 else node
        for v in node.inputs:
            users.setdefault(v, set()).add(number[node])
    groups = {}                         # in the order in which the last of their nodes comes
    for node in order:
        groups[number[node]] = [*groups.pop(number[node], ()), node]
    results, units = set(outputs), []
    for key, nodes in groups.items():
        unit = _unit(nodes[-1])
        if len(nodes) > 1:
            made = [v for node in nodes for v in node.outputs]
            read = dict.fromkeys(v for node in nodes for v in node.inputs)
            given = [v for v in made if v in results or users.get(v, set()) - {key}]
            unit = Unit(nodes, [v for v in read if v not in set(made)], given)
        units.append(replace(unit, record=tasks[key][1] if isinstance(key, int) else None))
    return units


class _Drawing:
    """Makes one picture, and those of the graphs inside its ops."""

    def __init__(self, name, shown, constants, profile=None):
        self.picture = Picture(name, profile=profile)
        self.shown, self.constants, self.updated = shown, constants, {}
        self.sources = {}               # variable -> (key of the node where its edges start, which output)
        self.shared = ()                # inputs of a function that stand for shared variables
        self.compiled = False           # whether this is the graph of a function

    def draw(self, units, inputs, outputs):
        """The picture of ``units``, which are in the order of execution."""
        units, results = list(units), set(outputs)
        for v in inputs:
            self.source(v)
        keys = [self.apply(position, unit, results) for position, unit in enumerate(units)]
        for key, unit in zip(keys, units, strict=True):
            self.arguments(key, unit)
        for position, v in enumerate(outputs):
            self.picture.results.append(self.output(position, v))
        return self.picture

    def add(self, kind, label, details, thing, **more):
        """A new node's key."""
        key = len(self.picture.nodes)
        self.picture.nodes[key] = Node(key, kind, label, details, thing, **more)
        return key

    def source(self, variable):
        """Where the edges of a variable start; one that nothing computes gets its node at its first mention."""
        each = isinstance(variable, Constant) and self.constants == "each"
        if variable not in self.sources or each:
            kind = "constant" if isinstance(variable, Constant) else \
                "shared" if isinstance(variable, SharedVariable) or variable in self.shared else "input"
            key = self.add(kind, label_of(variable), details_of(variable), variable)
            self.sources[variable] = key, 0
        return self.sources[variable]

    def apply(self, position, unit, results):
        """The key of a new node for a unit."""
        op = unit.node.op
        details = [("op", str(op)), ("class", type(op).__name__), ("position", str(position)),
                   ("inputs", ", ".join(str(v.type) for v in unit.inputs)),
                   ("outputs", ", ".join(str(v.type) for v in unit.outputs)), *_line(unit.node.outputs)]
        if unit.record is not None:
            details += _measured(unit.record, self.picture.profile)
        key = self.add("apply", unit.label, details, unit.node, record=unit.record, inner=self.inside(unit))
        for out, v in enumerate(unit.outputs):
            self.sources[v] = key, out
            if self.shown(v) and v not in results:
                variable = self.add("variable", label_of(v), details_of(v), v)
                self.picture.edges.append(Edge(key, variable, str(v.type), out))
                self.sources[v] = variable, 0
        return key

    def arguments(self, key, unit):
        """Add the edges that come to a unit."""
        overwritten, viewed = unit.marks("destroy_map"), unit.marks("view_map")
        arguments = {}
        for i, v in enumerate(unit.inputs):
            arguments.setdefault((v, "inplace" if i in overwritten else "view" if i in viewed else ""), []).append(i)
        for (v, kind), places in arguments.items():
            source, out = self.source(v)
            self.picture.edges.append(Edge(source, key, str(v.type), out, tuple(places), kind))

    def output(self, position, variable):
        """The key of a new node for a result of the whole graph."""
        source, out = self.source(variable)
        updated = self.updated.get(position)
        details = [("result", str(position)), *details_of(variable)]
        if updated is not None:
            details.append(("new value of", str(updated)))
        key = self.add("output", str(updated) if updated is not None else label_of(variable), details, variable)
        self.picture.edges.append(Edge(source, key, str(variable.type), out))
        return key

    def inside(self, unit):
        """The picture of the graph in a unit, or None."""
        if len(unit.nodes) > 1:
            outputs, feeds, units = unit.outputs, {v: v for v in unit.inputs}, map(_unit, unit.nodes)
        else:
            found = inner_graph(unit.node, self.compiled)
            if found is None:
                return None
            outputs, feeds = found
            units = map(_unit, toposort(outputs, list(feeds)))
        drawing = _Drawing(unit.label, self.shown, self.constants)
        drawing.compiled = self.compiled
        picture = drawing.draw(units, [v for v in feeds if not isinstance(v, Constant)], outputs)
        for v, outer in feeds.items():
            if v in drawing.sources:
                picture.feeds[drawing.sources[v][0]] = [i for i, given in enumerate(unit.inputs) if given is outer]
        return picture


def inner_graph(node, compiled=False):
    """The outputs of the graph in a node's op, and which inputs of the node feed its inputs; None for other ops.

    compiled : show a graph that the op compiles for itself as it runs, which compiles it now if need be.
    """
    op = node.op
    if hasattr(op, "inner_graph"):
        return op.inner_graph(node)
    graph = getattr(op, "graph", None)
    graph = graph if isinstance(graph, InnerGraph) else getattr(op, "scalar_op", None)
    if not isinstance(graph, (InnerGraph, Composite)):
        return None
    if compiled and isinstance(graph, InnerGraph):
        graph = graph.function.maker.fgraph
    return graph.outputs, dict(zip(graph.inputs, node.inputs, strict=False))


def brief(node):
    """A shorter text for a node: of elementwise operations the name alone."""
    op = getattr(node.thing, "op", None)
    if node.kind != "apply" or type(op) is not Elemwise or isinstance(op.scalar_op, Composite):
        return node.label
    return node.label.replace(str(op), op.scalar_op.row_name or str(op), 1)


def label_of(variable):
    """A short text for a variable: its name, its value, or its type."""
    if variable.name:
        return variable.name
    if isinstance(variable, Constant):
        data = variable.data
        if isinstance(data, (np.ndarray, np.generic)) and np.size(data) == 1:
            return str(np.asarray(data).reshape(())[()])
        return shortened(str(variable), 40)
    return str(variable.type)


def details_of(variable):
    """Pairs of texts about a variable."""
    found = [("type", str(variable.type)), *([("name", variable.name)] if variable.name else [])]
    if isinstance(variable, Constant):
        found.append(("value", shortened(str(variable.data))))
    return found + _line([variable])


def shortened(text, longest=LONGEST):
    """``text`` on one line with at most ``longest`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[:longest - 3] + "..."


def _line(variables):
    for variable in variables:
        for frame in origin.frames(getattr(variable.tag, "trace", ()))[:1]:
            return [("written at", f"{frame.filename}:{frame.lineno}"), ("line", shortened(frame.line))]
    return []


def _measured(record, profile):
    share = record.seconds / profile.fct_call_time if profile.fct_call_time else 0.0
    each = f", {duration(record.seconds / record.calls)} each" if record.calls > 1 else ""
    calls = f"{record.calls} call{'s' * (record.calls != 1)}"
    return [("time", f"{duration(record.seconds)} in {calls}{each}, {100 * share:.1f} % of all"),
            ("memory of results", size(record.nbytes)), ("runs as", "C" if record.native else "Python")]

