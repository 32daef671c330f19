"""Graphs as pages for a browser."""

import os
from importlib import resources
from pathlib import Path

from theano.drawing.dot import pydotprint
from theano.drawing.formatting import PyDotFormatter
from theano.drawing.picture import brief, picture_of
from theano.late import json

__all__ = ["PyDotFormatter", "d3viz", "d3write", "replace_patterns", "safe_json"]
STYLES, SCRIPTS = ("page.css",), ("layout.js", "viewer.js")
TEMPLATE = "page.html"


def d3viz(fct, outfile, copy_deps=True, *args, **kwargs):
    """Write a page on which the graph of a function can be looked at: zoom, drag, unfold, search.

    Parameters
    ----------
    fct : compiled function, variable, list of variables, or FunctionGraph
        What the function's profile measured, when it has one, is shown too.
    outfile : str or path
        The HTML file; its folder is made when there is none.
    copy_deps : bool
        Whether scripts and styles are part of the page. Otherwise the page reads them from where this package is
        installed, and is smaller.
    *args, **kwargs
        Accepted for programs that pass options of a formatter.

    Raises TypeError for what has no graph, OSError where the file cannot be written.
    """
    graph = describe(picture_of(fct, constants="each"))
    replaced = {"%% TITLE %%": escaped(graph["name"]), "%% GRAPH %%": safe_json(graph),
                "%% STYLE %%": "\n".join(_style(name, copy_deps) for name in STYLES),
                "%% SCRIPT %%": "\n".join(_script(name, copy_deps) for name in SCRIPTS)}
    path = Path(os.path.expanduser(outfile))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(replace_patterns(_asset(TEMPLATE).read_text(encoding="utf-8"), replaced), encoding="utf-8")


def d3write(fct, path, *args, **kwargs):
    """Write the graph of a function to the file ``path`` in Graphviz's language; see `d3viz` for the arguments."""
    Path(os.path.expanduser(path)).write_bytes(pydotprint(fct, format="dot", return_image=True))


def describe(picture):
    """A picture as what JSON can hold."""
    profile = picture.profile
    found = {"name": picture.name, "graph": _graph(picture)}
    if profile is not None and profile.fct_callcount:
        found["profile"] = {"calls": profile.fct_callcount, "seconds": profile.fct_call_time}
    return found


def _graph(picture):
    nodes = [{"id": n.key, "kind": n.kind, "label": brief(n), "details": n.details,
              "inner": None if n.inner is None else _graph(n.inner),
              "seconds": None if n.record is None else n.record.seconds,
              "nbytes": None if n.record is None else n.record.nbytes} for n in picture.nodes.values()]
    edges = [{"source": e.source, "target": e.target, "label": e.label, "out": e.out, "arguments": e.arguments,
              "kind": e.kind} for e in picture.edges]
    return {"nodes": nodes, "edges": edges, "feeds": picture.feeds, "results": picture.results}


def replace_patterns(x, replace):
    """The text ``x`` with each key of ``replace`` replaced by its value; values are not searched again."""
    parts = [x]
    for pattern, value in replace.items():
        parts = [piece for part in parts for piece in (
            _joined(part.split(pattern), value) if isinstance(part, str) else [part])]
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def _joined(pieces, value):
    """The pieces with a value, marked as done by a tuple, between each two of them."""
    found = [pieces[0]]
    for piece in pieces[1:]:
        found += [(value,), piece]
    return found


def safe_json(obj):
    """``obj`` as JSON that can stand within a page: nothing in it ends a script."""
    return json.dumps(obj).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def escaped(text):
    """``text`` as it is written in HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _asset(name):
    return resources.files("theano.drawing") / "page" / name


def _style(name, inside):
    if inside:
        return f"<style>\n{_asset(name).read_text(encoding='utf-8')}</style>"
    return f'<link rel="stylesheet" href="{Path(str(_asset(name))).as_uri()}">'


def _script(name, inside):
    if inside:
        return f"<script>\n{_asset(name).read_text(encoding='utf-8')}</script>"
    return f'<script src="{Path(str(_asset(name))).as_uri()}"></script>'
