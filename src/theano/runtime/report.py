"""What is said when a function fails while it runs."""

import sys
import warnings

from theano.config import config
from theano.errors import extended as with_text
from theano.graph import origin
from theano.graph.text import debugprint

CAUSE, AROUND = "Apply node that caused the error:", "That ran inside of:"
HINT = "(exception_verbosity=high adds a debugprint of this node.)"


def describe_failure(node, values, position=None):
    """Text about a failing node: the node, its inputs' types, shapes and strides, the user's line.

    node: Apply. values: what its inputs held, as far as known. position: place in the order of execution.
    """
    lines = [f"\n{CAUSE} {node}"]
    if position is not None:
        lines.append(f"Toposort index: {position}")
    lines.append(f"Inputs types: {[v.type for v in node.inputs]}")
    lines.append(f"Inputs shapes: {[getattr(v, 'shape', 'No shapes') for v in values]}")
    lines.append(f"Inputs strides: {[getattr(v, 'strides', 'No strides') for v in values]}")
    lines.append(f"Inputs values: {[_small(v) for v in values]}")
    clients = [[c for c, _ in getattr(v, "clients", ())] for v in node.outputs]
    lines.append(f"Outputs clients: {clients}")
    lines.append(user_lines(node))
    if config.exception_verbosity == "high":
        lines.append("\nDebugprint of the apply node:\n" + debugprint(node, file="str", print_type=True))
    else:
        lines.append(HINT)
    return "\n".join(lines)


def user_lines(node):
    """Where the outputs of ``node`` were written by the user."""
    for variable in node.outputs:
        found = origin.frames(getattr(variable.tag, "trace", ()))
        if found:
            text = [f"  File \"{f.filename}\", line {f.lineno}, in {f.function}\n    {f.line}"
                    for f in reversed(found)]
            return "\nBacktrace when the node is created (innermost last):\n" + "\n".join(text)
    return "\nNo line of yours is known for this node."


def _small(value):
    size = getattr(value, "size", None)
    return value if size is None or size <= 5 else "not shown"


def extended(error, text):
    """An error like ``error`` whose message ends with ``text``."""
    if CAUSE in str(error):             # a node of a graph inside of this one failed, which said so itself
        text = text.replace(CAUSE, AROUND, 1).replace("\n" + HINT, "")
    return with_text(error, text)


_said = set()


def say_once(text):
    """Warn, once in a process, at the user's line."""
    if text in _said:
        return
    _said.add(text)
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(origin.PACKAGE):
        frame = frame.f_back
    warnings.warn_explicit(text, UserWarning, frame.f_code.co_filename, frame.f_lineno)
