"""Graphs as pictures by Graphviz."""

import logging
import os
from collections import Counter
from pathlib import Path

from theano.config import config
from theano.drawing.picture import picture_of, shortened
from theano.graph.units import duration
from theano.graph.walk import ancestors
from theano.late import shutil, subprocess

PROGRAM = "dot"
COLORS = {"GpuFromHost": "red", "HostFromGpu": "red", "Scan": "yellow", "Shape": "brown", "IfElse": "magenta",
          "Elemwise": "#FFAABB", "Subtensor": "#FFAAFF", "Alloc": "#FFAA22", "Output": "lightblue"}
VARIABLES = {"input": "limegreen", "shared": "cyan", "constant": "grey85", "variable": "grey", "output": "dodgerblue"}
EDGES = {"inplace": "red", "view": "dodgerblue", "": "black"}
BRANCHES = "blueviolet", "sienna"       # what only the first or the second value of an ifelse needs
FONT = '"Helvetica,Arial,sans-serif"'
TEXTS = {"dot", "canon", "gv"}          # formats that need no program


def pydotprint(fct, outfile=None, compact=True, format="png", with_ids=False, high_contrast=True, cond_highlight=None,
               colorCodes=None, max_label_size=70, scan_graphs=False, var_with_name_simple=False,         # noqa: N803
               print_output_file=True, return_image=False):
    """Draw a graph: ellipses are operations, boxes are variables, green ones inputs, blue ones outputs.

    Arrows into an operation tell the number of the argument and its type; red ones stand for values that the operation
    overwrites, blue ones for values of which its result is a view. For a function with a profile the operations tell
    their time.

    Parameters
    ----------
    fct : compiled function, variable, list of variables, node, or FunctionGraph
    outfile : str or path, optional
        The file; its ending says the format where Graphviz knows it. Default: a file in ``config.compiledir``.
    compact : bool
        Leave out intermediate variables that have no name.
    format : str
        A format of Graphviz, such as png, svg, pdf; "dot" is its language, for which no program is needed.
    with_ids : bool
        Tell the number of each operation in the order of execution.
    high_contrast : bool
        Fill nodes with their colour instead of drawing their border in it.
    cond_highlight : bool, optional
        Colour what only one of the two values of an ifelse needs.
    colorCodes : dict, optional
        Name of an op's class -> colour; default: `default_colorCodes`.
    max_label_size : int
        Characters of a label; longer ones are cut.
    scan_graphs : bool
        Draw the graph inside every loop too, in files of their own.
    var_with_name_simple : bool
        Give variables that have a name no type.
    print_output_file : bool
        Print where the file is.
    return_image : bool
        Return the picture as bytes instead of writing a file.

    Raises RuntimeError where Graphviz is needed and not installed, TypeError for what has no graph.
    """
    writer = _Writer(with_ids, high_contrast, colorCodes or COLORS, max_label_size, var_with_name_simple)
    picture = picture_of(fct, lambda v: bool(v.name) or not compact)
    if cond_highlight:
        writer.highlight(picture)
    if return_image:
        return render(writer.text(picture), format)
    path, format = _place(fct, outfile, format)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(writer.text(picture), format))
    if print_output_file:
        print("The output file is available at", path)
    if scan_graphs:
        loops = [n.inner for n in picture.nodes.values() if n.inner is not None and hasattr(n.thing.op, "inner_graph")]
        for number, inner in enumerate(loops):
            name = path.with_name(f"{path.stem}_scan_{number}{path.suffix}")
            name.write_bytes(render(writer.text(inner), format))
            if print_output_file:
                print("The graph inside a loop is available at", name)
    return None


def pydotprint_variables(vars, outfile=None, format="png", depth=-1, high_contrast=True, colorCodes=None,  # noqa: N803
                         max_label_size=50, var_with_name_simple=False):
    """Draw the graph of variables with all intermediate ones, see `pydotprint`; ``depth`` is accepted."""
    return pydotprint(vars, outfile, False, format, high_contrast=high_contrast, colorCodes=colorCodes,
                      max_label_size=max_label_size, var_with_name_simple=var_with_name_simple)


def render(text, format):
    """``text``, in Graphviz's language, as bytes of another format.

    Raises RuntimeError where Graphviz is not installed or does not know the format.
    """
    if format in TEXTS:
        return text.encode()
    program = shutil.which(PROGRAM)
    if program is None:
        raise RuntimeError(f"drawing a graph as {format} needs the program '{PROGRAM}' of Graphviz, which was not "
                           "found. Install the package graphviz of your system, or use format='dot', which needs no "
                           "program, theano.d3viz.d3viz, which writes a page for a browser, or "
                           "theano.printing.debugprint")
    done = subprocess.run([program, f"-T{format}"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{PROGRAM} could not draw the graph as {format}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def _place(fct, outfile, format):
    """The file, and the format to write."""
    if outfile is None:
        name = str(getattr(fct, "name", None) or "graph")
        safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[-80:]
        return Path(config.compiledir) / f"theano.pydotprint.{safe}.{format}", format
    path = Path(os.path.expanduser(outfile))
    ending = path.suffix[1:].lower()
    return path, ending if ending.isalpha() and len(ending) <= 4 else format


class _Writer:
    """Writes pictures in Graphviz's language."""

    def __init__(self, with_ids, filled, colors, longest, simple):
        self.with_ids, self.filled, self.colors = with_ids, filled, colors
        self.longest, self.simple = longest, simple
        self.branch = {}                # node or variable -> colour

    def highlight(self, picture):
        """Remember what only one value of an ifelse needs; warn where there is none."""
        choices = [n.thing for n in picture.nodes.values() if n.kind == "apply"
                   and type(n.thing.op).__name__ == "IfElse"]
        if not choices:
            logging.getLogger("theano.printing").warning(
                "pydotprint: cond_highlight is set but there is no IfElse node in the graph")
        for node in choices:
            count = len(node.outputs)
            sides = [set(ancestors(node.inputs[k:k + count])) for k in (1, 1 + count)]
            for side, other, color in zip(sides, reversed(sides), BRANCHES, strict=True):
                self.branch.update((v.owner or v, color) for v in side - other)

    def text(self, picture):
        """A picture as a digraph."""
        lines = ["digraph {", f"node [fontsize=11, fontname={FONT}];",
                 f"edge [fontsize=9, fontname={FONT}, arrowsize=0.7];"]
        position, arriving = 0, Counter(edge.target for edge in picture.edges)
        for node in picture.nodes.values():
            if node.kind == "apply":
                lines.append(self.node(node, f" id={position}" if self.with_ids else ""))
                position += 1
            else:
                lines.append(self.node(node, ""))
        for edge in picture.edges:
            several = arriving[edge.target] > 1 and edge.arguments
            number = f"{','.join(map(str, edge.arguments))} " if several else ""
            ends_at_variable = "apply" != picture.nodes[edge.source].kind or not edge.arguments
            label = number.strip() if ends_at_variable else number + edge.label
            style = _attributes(label=label and f" {label} ", color=EDGES[edge.kind])
            lines.append(f"{edge.source} -> {edge.target} [{style}];")
        return "\n".join([*lines, "}\n"])

    def node(self, node, number):
        """The line of one node."""
        thing = node.thing
        if node.kind == "apply":
            label = shortened(node.label, self.longest) + number
            if node.record is not None:
                label += f"\n{duration(node.record.seconds)} in {node.record.calls} calls"
            color = self.colors.get(type(thing.op).__name__)
        else:
            label = node.label
            if thing.name and not self.simple:
                label = f"{thing.name} {thing.type}"
            label, color = shortened(label, self.longest), VARIABLES[node.kind]
        color = self.branch.get(thing, color)
        style = {} if color is None else {"style": "filled", "fillcolor": color} if self.filled else {"color": color}
        return f"{node.key} [{_attributes(label=label, shape='ellipse' if node.kind == 'apply' else 'box', **style)}];"


def _attributes(**given):
    return ", ".join(f"{key}={_quoted(value)}" for key, value in given.items() if value)


def _quoted(text):
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
