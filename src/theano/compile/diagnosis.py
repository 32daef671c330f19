"""Finds the user's line when compiled code fails: the graph is run as it was written, node by node.

Fused and rewritten code knows that extents differ, but not always which of the user's operations is to blame; the
graph as written does. It runs only after something failed, and its error is taken only where it is of the same kind.
"""

import numpy as np

from theano.errors import DroppedCheckError, MethodNotDefined
from theano.runtime.interpreter import Interpreter
from theano.scalar.type import Scalar

PACKAGE = __name__.partition(".")[0] + "."


def is_foreign(op):
    """Whether an op is a user's: its error needs no better place, and running it twice may do harm."""
    return not type(op).__module__.startswith(PACKAGE)


def explain(maker, inputs, error):
    """The error of the graph as written for these inputs, where it is like ``error``; else ``error``.

    inputs: values of all inputs, with those of shared variables.
    """
    found = maker.mode.explain(maker, inputs, error)
    if found is not None:
        return found
    if isinstance(error, (MemoryError, MethodNotDefined, NotImplementedError)):
        return error
    try:
        graph = maker.new_graph()
        values = [np.asarray(value)[()] if isinstance(v.type, Scalar) and value is not None else value
                  for v, value in zip(graph.inputs, inputs, strict=True)]
        Interpreter(graph)(values)
    except Exception as found:
        if isinstance(found, type(error)) or isinstance(error, (type(found), DroppedCheckError)):
            return found.with_traceback(None)
    return error
