"""THE printer: a graph as an indented listing, one line for each variable.

Nothing here recurses, and a line's bars are drawn for the nearest levels only, so that the cost is linear in the
size of a graph, however deep it is.
"""

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from theano.graph.units import duration
from theano.graph.variable import Apply, Variable

WIDEST = 200            # characters of bars before a line; what is deeper tells its level instead
IDS = ("CHAR", "int", "id", "auto", "")
TITLE = "Inner graphs of the scan ops:"


def char_from_number(number):
    """``number`` in base 26 with A for 0: A ... Z, BA, BB ..."""
    text = ""
    while number or not text:
        number, digit = divmod(number, 26)
        text = chr(ord("A") + digit) + text
    return text


def indented(bars, level):
    """The start of a line ``level`` levels deep, where ``bars`` holds the nearest of them."""
    return bars if len(bars) < WIDEST else f" <{level}>{bars}"


@dataclass(frozen=True)
class Place:
    """A variable in the listing: what stands before its line and before those of its inputs."""

    variable: Variable
    bars: str = ""
    below: str = ""
    level: int = 1

    def inputs(self):
        """Places of the inputs of the variable's node."""
        variables = self.variable.owner.inputs
        bars = (self.below + " |")[-WIDEST:]
        last = (self.below + "  ")[-WIDEST:]
        return [Place(v, bars, last if k == len(variables) else bars, self.level + 1)
                for k, v in enumerate(variables, 1)]


@dataclass
class Listing:
    """Writes listings that share their ids.

    order: number of each node in the order of execution   storage: cell of each variable
    outer: variable that feeds each input of the inner graph being written
    maps: attributes of ops that are told, each with the letter that begins it   profile: `ProfileStats`, or None
    """

    write: Callable
    ids: str = "CHAR"
    depth: int = -1
    print_type: bool = False
    print_clients: bool = False
    stop_on_name: bool = False
    done: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    order: Mapping = field(default_factory=dict)
    storage: Mapping = field(default_factory=dict)
    outer: Mapping = field(default_factory=dict)
    maps: Mapping = field(default_factory=dict)
    profile: object = None
    holders: list = field(default_factory=list)

    def label(self, thing, variable=None):
        """The id of a node or variable, given at its first mention."""
        if thing not in self.labels:
            number = len(self.labels)
            shown = {"CHAR": lambda: char_from_number(number), "int": lambda: number, "id": lambda: id(thing),
                     "auto": lambda: getattr(variable, "auto_name", number), "": lambda: None}[self.ids]()
            self.labels[thing] = "" if shown is None else f"[id {shown}]"
        return self.labels[thing]

    def label_of(self, variable):
        """The id of a variable, which is that of its node where it has one."""
        return self.label(variable.owner or variable, variable)

    def users(self, variable):
        """Who uses the variable, where there are several: ids and numbers in the order of execution."""
        clients = getattr(variable, "clients", ())
        if not self.print_clients or len(clients) < 2:
            return ""
        labels = [(self.label(node), node) for node, _ in clients]                      # outputs take an id too
        named = [("output" if node == "output" else label, self.order.get(node, "")) for label, node in labels]
        return f" clients:{named}"

    def line(self, variable):
        """The text of one variable without its inputs."""
        node = variable.owner
        label = self.label_of(variable)
        kind = f" <{variable.type}>" if self.print_type else ""
        cell = f" {self.storage[variable]}" if variable in self.storage else ""
        if node is None:
            feeds = f" -> {self.label_of(self.outer[variable])}" if variable in self.outer else ""
            return f"{variable} {label}{kind}{cell}{self.users(variable)}{feeds}"
        name = str(node.op) if len(node.outputs) == 1 else f"{node.op}.{variable.index}"
        told = {letter: getattr(node.op, attribute) for attribute, letter in self.maps.items()}
        marks = [f"{letter}={found}" if found else "" for letter, found in told.items()]
        words = " ".join([*marks, *[""] * (2 - len(marks)), str(self.order.get(node, ""))])
        return f"{name} {label}{kind} '{variable.name or ''}' {words}{cell}{self.users(variable)}{self.time(node)}"

    def time(self, node):
        """What was measured of a node."""
        seconds = self.profile.apply_time.get(node) if self.profile is not None else None
        if seconds is None:
            return ""
        whole = self.profile.fct_call_time
        return f" --> {duration(seconds)}" + (f" {100 * seconds / whole:.1f}%" if whole else "")

    def tree(self, place):
        """Write a variable and below it what it is computed from, each node's inputs once."""
        stack = [place]
        while stack:
            place = stack.pop()
            variable, node = place.variable, place.variable.owner
            self.write(indented(place.bars, place.level) + self.line(variable))
            if node is None:
                continue
            if hasattr(node.op, "inner_graph"):
                self.holders.append(variable)
            named = self.stop_on_name and variable.name is not None
            if node not in self.done and place.level != self.depth and not named:
                stack.extend(reversed(place.inputs()))
            self.done[node] = self.label(node)

    def inner_graphs(self):
        """Write the graphs inside ops met so far, and inside those met on the way.

        Such an op has ``inner_graph(node)``, which gives the outputs of the graph and a dict from its inputs to the
        variables of ``node`` that feed them.
        """
        if self.holders:
            self.write("")
            self.write(TITLE)
        self.order = self.storage = {}
        for variable in self.holders:           # grows while it is read
            outputs, self.outer = variable.owner.op.inner_graph(variable.owner)
            self.write("")
            self.write(self.line(variable))
            for output in outputs:
                self.tree(Place(output, " >", " >"))


def debugprint(obj, depth=-1, print_type=False, file=None, ids="CHAR", stop_on_name=False, done=None,
               print_storage=False, print_clients=False, used_ids=None):
    """Print a graph as a listing, one line for each variable with its inputs indented below it.

    Parameters
    ----------
    obj : Variable, Apply, FunctionGraph, compiled function, or list of these
    depth : int
        How many levels to show; -1 for all.
    print_type : bool
        Show the type of every variable.
    file : None, "str" or a file
        Where to print; None is standard output, "str" returns the text.
    ids : {"CHAR", "int", "id", "auto", ""}
        How variables are told apart: letters, numbers, ``id()``, `auto_name`, not at all.
    stop_on_name : bool
        Show nothing below a variable that has a name.
    done, used_ids : dict, optional
        Nodes printed before and ids given before; give the same to several calls to go on.
    print_storage : bool
        Show what the storage of a compiled function holds.
    print_clients : bool
        Show who uses a variable where there are several. Only graphs of functions know that.

    Returns
    -------
    str or file
        The text for ``file="str"``, else the file.

    Raises TypeError for other objects, ValueError for other ``ids``.
    """
    if not isinstance(depth, int):
        raise TypeError(f"depth must be an int, got {depth!r}")
    if ids not in IDS:
        raise ValueError(f"ids must be one of {IDS}, got {ids!r}")
    target = io.StringIO() if file == "str" else sys.stdout if file is None else file
    parts = [part for each in (obj if isinstance(obj, (list, tuple, set)) else [obj])
             for part in _printable(each, print_storage)]
    listing = Listing(lambda text: target.write(text + "\n"), ids, depth, print_type, print_clients, stop_on_name,
                      {} if done is None else done, {} if used_ids is None else used_ids)
    for outputs, listing.order, listing.storage in parts:
        for variable in outputs if depth else ():
            listing.tree(Place(variable))
    listing.inner_graphs()
    target.flush()
    return target.getvalue() if file == "str" else target


def print_listing(r, prefix="", depth=-1, done=None, print_type=False, file=None, print_destroy_map=False,
                  print_view_map=False, order=None, ids="CHAR", stop_on_name=False, prefix_child=None, scan_ops=None,
                  profile=None, scan_inner_to_outer_inputs=None, smap=None, used_ids=None, print_clients=False):
    """Print what one variable is computed from; `debugprint` is made for users.

    Parameters beyond those of `debugprint`
    ---------------------------------------
    r : Variable or Apply
    prefix, prefix_child : str
        Begin the first line, and those below it; default of the second: ``prefix``.
    print_destroy_map, print_view_map : bool
        Tell which outputs of an op are in the memory of which inputs, overwritten (``d=``) or seen (``v=``).
    order : list of Apply, optional
        Nodes are told by their place in it.
    scan_ops : list, optional
        Is given the variables of loops that were met, whose graphs are not printed here.
    profile : ProfileStats, optional
        Tell the time that nodes took.
    scan_inner_to_outer_inputs : dict, optional
        The variable outside that feeds an input of the graph of a loop.
    smap : dict, optional
        The cells of variables, whose contents are told.

    Returns the file. Raises ValueError for other ``ids``, TypeError for what is neither variable nor node.
    """
    if ids not in IDS:
        raise ValueError(f"ids must be one of {IDS}, got {ids!r}")
    if not isinstance(r, (Variable, Apply)):
        raise TypeError(f"a variable or a node has a listing, got {r!r}")
    target = sys.stdout if file is None else file
    maps = {**({"destroy_map": "d"} if print_destroy_map else {}), **({"view_map": "v"} if print_view_map else {})}
    listing = Listing(lambda text: target.write(text + "\n"), ids, depth, print_type, print_clients, stop_on_name,
                      {} if done is None else done, {} if used_ids is None else used_ids,
                      {node: k for k, node in enumerate(order or ())}, smap or {}, scan_inner_to_outer_inputs or {},
                      maps, profile)
    for variable in ([r] if isinstance(r, Variable) else r.outputs) if depth else ():
        listing.tree(Place(variable, prefix, prefix if prefix_child is None else prefix_child))
    if scan_ops is not None:
        scan_ops.extend(listing.holders)
    target.flush()
    return target


def _printable(obj, with_storage):
    """Variables to print for ``obj``, the numbers of their nodes, and their storage."""
    if isinstance(obj, Variable):
        return [([obj], {}, {})]
    if isinstance(obj, Apply):
        return [(obj.outputs, {}, {})]
    fgraph = obj if hasattr(obj, "apply_nodes") else getattr(getattr(obj, "maker", None), "fgraph", None)
    if fgraph is None:
        raise TypeError(f"debugprint cannot print an object of this type: {type(obj).__name__}, {obj!r}. Give it a "
                        "variable, a node, a FunctionGraph or a compiled function")
    order = {node: number for number, node in enumerate(fgraph.toposort())}
    return [(fgraph.outputs, order, obj.fn.storage_map if with_storage and obj is not fgraph else {})]
