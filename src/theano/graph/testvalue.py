"""Values that travel with the graph while it is built (flag ``compute_test_value``)."""

import functools
import warnings

import numpy as np

from theano.config import config
from theano.errors import MethodNotDefined
from theano.graph import origin
from theano.graph.variable import Constant, Variable
from theano.graph.walk import ancestors, toposort


def get_test_value(v):
    """Test value of a variable, or the value of a constant or shared variable.

    Anything that is not a variable counts as an array. Raises AttributeError where there is none.
    """
    if not isinstance(v, Variable):
        return np.asarray(v)
    if hasattr(v.tag, "test_value"):
        return v.type.filter(v.tag.test_value)
    if isinstance(v, Constant):
        return v.data
    if hasattr(v, "get_value"):
        return v.get_value(borrow=True, return_internal_type=True)
    where = origin.describe(v)
    raise AttributeError(f"{v} has no test value" + (f" (made at {where})" if where else ""))


def _action():
    """What the flag says: ``compute_test_value_opt`` for what rewriting makes, as new nodes have no values."""
    return config.compute_test_value_opt if origin.rewriting() else config.compute_test_value


def missing_test_message(msg):
    """React to a missing test value as the flag says: nothing, a warning, or AttributeError."""
    action = _action()
    if action == "raise":
        raise AttributeError(msg)
    if action == "warn":
        warnings.warn(msg, stacklevel=2)


def debug_error_message(msg):
    """Report an error found with test values: ValueError, or a warning where the flag says so."""
    action = _action()
    if action in ("raise", "ignore"):
        raise ValueError(msg)
    warnings.warn(msg, stacklevel=2)


def debug_assert(condition, msg=None):
    """Report a false condition found with test values."""
    if not condition:
        debug_error_message(msg or "debug_assert failed")


def get_debug_values(*args):
    """A list with one tuple of the test values of ``args``, empty where debugging is off or one is missing."""
    if _action() == "off":
        return []
    values = []
    for position, arg in enumerate(args):
        try:
            values.append(get_test_value(arg))
        except AttributeError:
            missing_test_message(f"Argument {position} ({arg!r}) has no test value")
            return []
    return [values[0]] if len(args) == 1 else [tuple(values)]


def compute(node):
    """Give the outputs of ``node`` test values computed from those of its inputs, where the flag says so."""
    if _action() == "off":
        return
    storage, computed = {}, {}
    for position, variable in enumerate(node.inputs):
        try:
            storage[variable] = [get_test_value(variable)]
        except AttributeError:
            text = f"no test value for {node}: its input {position}, {variable}, has none"
            if _action() == "raise":
                raise ValueError(text) from None
            missing_test_message(text)
            return
        computed[variable] = [True]
    if node.op.destroy_map:
        for variable, cell in storage.items():
            if isinstance(cell[0], np.ndarray):
                storage[variable] = [cell[0].copy()]
    for variable in node.outputs:
        storage[variable], computed[variable] = [None], [False]
    try:
        node.op.make_thunk(node, storage, computed, [])()
    except (NotImplementedError, MethodNotDefined):
        return
    for variable in node.outputs:
        variable.tag.test_value = storage[variable][0]


def afterwards(function):
    """A decorator for what builds graphs out of graphs inside ops, whose variables have no test values.

    ``function`` runs without test values; then those of its results, and of all new variables they need, are computed.
    """
    @functools.wraps(function)
    def building(*args, **kwargs):
        if config.compute_test_value == "off":
            return function(*args, **kwargs)
        with config.change_flags(compute_test_value="off"):
            results = function(*args, **kwargs)
        found = list(_variables(results))
        known = {v for v in ancestors(found) if hasattr(v.tag, "test_value")}
        for node in toposort(found, known):
            compute(node)
        return results
    return building


def _variables(results):
    """The variables among nested lists and tuples."""
    if isinstance(results, Variable):
        yield results
    elif isinstance(results, (list, tuple)):
        for entry in results:
            yield from _variables(entry)
