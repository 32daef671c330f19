"""Short and reproducible texts of variables and arrays: no ids, no addresses."""


import numpy as np

from theano.graph.text import WIDEST, char_from_number, indented
from theano.graph.variable import Constant, Variable
from theano.late import hashlib


class _TagGenerator:
    """Gives A, B, C ... one after the other."""

    def __init__(self):
        self.count = 0

    def get_tag(self):
        """The next one."""
        self.count += 1
        return char_from_number(self.count - 1)


def min_informative_str(obj, indent_level=0, _prev_obs=None, _tag_generator=None):
    """How ``obj`` is computed, down to what has a name: one line each, labelled ``A.``, ``B.`` ...

    What was shown before appears as its label: ``<A>``.
    """
    known = {} if _prev_obs is None else _prev_obs
    tags = _tag_generator or _TagGenerator()
    lines, stack = [], [(obj, indent_level)]
    while stack:
        item, level = stack.pop()
        bars = indented(" " * min(level, WIDEST), level)
        if _key(item) in known:
            lines.append(f"{bars}<{known[_key(item)]}>")
            continue
        known[_key(item)] = tag = tags.get_tag()
        node = getattr(item, "owner", None)
        if isinstance(item, np.ndarray):
            text = "<ndarray>"
        elif getattr(item, "name", None) is not None:
            text = item.name
        elif node is not None:
            text = str(node.op)
            stack.extend((v, level + 1) for v in reversed(node.inputs))
        else:
            text = str(item)
        lines.append(f"{bars}{tag}. {text}")
    return "\n".join(lines)


def _key(obj):
    """What ``obj`` is known by: itself if it is a variable, else its identity."""
    return obj if isinstance(obj, Variable) else id(obj)


def var_descriptor(obj, _prev_obs=None, _tag_generator=None):
    """How ``obj`` is computed, in full and in one line, the same in every run.

    Every part has a label, ``A=op(B=x,C=y)``; where it appears again there is only ``<A>``.
    """
    known = {} if _prev_obs is None else _prev_obs
    tags = _tag_generator or _TagGenerator()
    pieces, stack = [], [obj]
    while stack:
        item = stack.pop()
        if type(item) is _Text:
            pieces.append(item)
            continue
        if _key(item) in known:
            pieces.append(f"<{known[_key(item)]}>")
            continue
        known[_key(item)] = tag = tags.get_tag()
        node = getattr(item, "owner", None)
        if node is None:
            pieces.append(f"{tag}={_leaf(item)}")
            continue
        output = "" if len(node.outputs) == 1 else f".{item.index}"
        pieces.append(f"{tag}={_one_line(node.op)}{output}(")
        stack.append(_Text(")"))
        for position, variable in reversed(list(enumerate(node.inputs))):
            stack.extend([variable, _Text(",")] if position else [variable])
    return "".join(pieces)


class _Text(str):
    """A piece of the result among things still to be described."""


def _one_line(obj):
    return " ".join(str(obj).split())


def _leaf(obj):
    """A leaf without what changes from run to run."""
    if isinstance(obj, np.ndarray):
        return hex_digest(obj)
    if isinstance(obj, Constant) and isinstance(obj.data, np.ndarray):
        return f"{_one_line(obj.type)}{{{hex_digest(obj.data)}}}"
    if getattr(obj, "name", None) is not None:
        return obj.name
    return position_independent_str(obj)


def position_independent_str(obj):
    """A text of ``obj`` that does not depend on where it lies in memory."""
    if isinstance(obj, Variable) and not isinstance(obj, Constant):
        return f"theano_var{{type={_one_line(obj.type)}}}"
    return _one_line(obj)


def hex_digest(x):
    """A text that tells an array from others: digest of its content, strides and shape.

    Raises TypeError for anything but an ndarray.
    """
    if not isinstance(x, np.ndarray):
        raise TypeError(f"hex_digest needs a numpy.ndarray, got {type(x).__name__}")
    digest = hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()
    strides = ",".join(map(str, x.strides))
    shape = ",".join(map(str, x.shape))
    return f"{digest}|strides=[{strides}]|shape=[{shape}]|dtype={x.dtype}"
