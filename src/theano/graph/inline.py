"""A graph in one line: ``Op1(*1 -> Op2(x, y), *1)``."""

import math
import re

from theano.graph.walk import toposort

MARK = re.compile("\x00([0-9]+)\x00")


class Marks:
    """Marks in a text that stand for texts written later, so that deep nesting needs no recursion."""

    def __init__(self):
        self.pending = []

    def mark(self, *thing):
        """A text that stands for that of ``thing``."""
        self.pending.append(thing)
        return f"\x00{len(self.pending) - 1}\x00"

    def finished(self, text, text_of, longest=math.inf):
        """``text`` with every mark replaced by ``text_of(*thing)``, from left to right, and the marks in that too.

        longest: after that many characters there is only ``...``
        """
        out, stack, length = [], [text], 0
        while stack and length <= longest:
            piece = stack.pop()
            if not isinstance(piece, str):
                piece = text_of(*piece)
            first, *rest = MARK.split(piece)
            out.append(first)
            length += len(first)
            stack += [self.pending[int(part)] if k % 2 else part for k, part in enumerate(reversed(rest))]
        return "".join([*out, "..."] if stack else out)


def default_node_formatter(op, argstrings):
    """``op(a, b)`` for a node."""
    return f"{op.op}({', '.join(argstrings)})"


def as_string(i, o, leaf_formatter=str, node_formatter=default_node_formatter):
    """Texts of the outputs ``o`` as functions of the inputs ``i``; a node used again is written once: ``*1 -> ...``.

    leaf_formatter: the text of a variable   node_formatter: that of a node, from the texts of its inputs
    """
    given, marks = set(i), Marks()
    shared = _used_often(given, i, o)
    numbers = {}

    def text_of(variable):
        node = variable.owner
        if node is None or variable in given:
            return leaf_formatter(variable)
        suffix = "" if len(node.outputs) == 1 else f"::{variable.index}"
        if node in numbers:
            return f"*{numbers[node]}{suffix}"
        start = ""
        if node in shared:
            numbers[node] = len(numbers) + 1
            start = f"*{numbers[node]}{suffix if variable.index else ''} -> "
        text = start + node_formatter(node, [marks.mark(v) for v in node.inputs])
        return text if start else text + suffix

    return [marks.finished(text_of(variable), text_of) for variable in o]


def _used_often(given, inputs, outputs):
    """Nodes of which more than one thing uses the outputs."""
    seen, often = set(), set()
    users = [outputs, *(node.inputs for node in toposort(outputs, inputs))]
    for node in (v.owner for variables in users for v in variables if v not in given):
        (often if node in seen else seen).add(node)
    return often - {None}


def op_as_string(i, op, leaf_formatter=str, node_formatter=default_node_formatter):
    """Text of one node, ``op``, as a function of the inputs ``i``."""
    return node_formatter(op, as_string(i, op.inputs, leaf_formatter, node_formatter))
