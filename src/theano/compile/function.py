"""`function`: from symbolic inputs and outputs to a callable."""

import copy
from collections.abc import Mapping

from theano.compile.io import In, SymbolicInput, wrap_in
from theano.compile.maker import FunctionMaker
from theano.compile.persistence import StripPickler
from theano.compile.rebuild import collect
from theano.graph import origin
from theano.graph.variable import Variable


def function(inputs, outputs=None, mode=None, updates=None, givens=None, no_default_updates=False,
             accept_inplace=False, name=None, rebuild_strict=True, allow_input_downcast=None,
             profile=None, on_unused_input=None):
    """A callable that computes ``outputs`` from ``inputs`` as native code.

    Parameters
    ----------
    inputs : list of Variable or In
    outputs : Variable, Out, list or dict of them, or None
        Decides what a call returns: one value, a list, a dict (string keys), or None.
    mode : str or Mode, optional
        How to rewrite and run; default: the flag ``mode``.
    updates : dict, or list of (shared variable, expression)
        New values of shared variables. All are computed before any is stored.
    givens : dict, or list of (variable, replacement)
        Replacements made in the graph; both must have the same type.
    no_default_updates : bool or list of shared variables
        Whether, or of which variables, to leave out ``default_update``.
    accept_inplace : bool
        The graph may contain ops that work in place.
    name : str, optional
        Default: the file and line of the call.
    rebuild_strict : bool
        ``givens`` must keep types.
    allow_input_downcast : bool, optional
        Let arguments lose precision; None only lets Python floats become floatX.
    profile : bool or ProfileStats, optional
    on_unused_input : {"raise", "warn", "ignore"}, optional

    Raises
    ------
    MissingInputError
        When the outputs need a variable that is no input and has no value.
    UnusedInputError
        When an input is not needed, or given twice.
    TypeError, ValueError
        For anything else that is not as described.
    """
    if isinstance(inputs, tuple):
        inputs = list(inputs)
    if not isinstance(inputs, list):
        raise TypeError(f"theano.function takes a list of inputs, also of one: [x]. Got {inputs!r}")
    if isinstance(outputs, dict):
        outputs, keys = _ordered(outputs)
    else:
        keys = None
    if isinstance(outputs, tuple):
        outputs = list(outputs)
    if name is None:
        name = _place()
    inputs = [_as_input(entry, allow_input_downcast) for entry in inputs]
    found = collect(outputs if outputs is not None else [], inputs, givens, updates, rebuild_strict,
                    copy_inputs_over=True, no_default_updates=no_default_updates)
    inputs = [_with_update(entry, found.clone) for entry in inputs]
    entries = inputs + [_shared_input(v, found.updates) for v in found.shared]
    maker = FunctionMaker(entries, None if outputs is None else found.outputs, mode=mode,
                          accept_inplace=accept_inplace, profile=profile,
                          on_unused_input=on_unused_input, output_keys=keys, name=name)
    return maker.create()


def pfunc(params, outputs=None, *args, output_keys=None, **kwargs):
    """`function` under an older name, which calls its inputs ``params``; output_keys: return a dict with these keys."""
    if output_keys is not None:
        outputs = dict(zip(output_keys, outputs, strict=True))
    return function(params, outputs, *args, **kwargs)


def _place():
    """File and line of the user's call, None where that is unknown."""
    found = origin.frames(origin.trace(limit=1))
    return f"{found[0].filename}:{found[0].lineno}" if found else None


def function_dump(filename, inputs, outputs=None, mode=None, updates=None, givens=None, no_default_updates=False,
                  accept_inplace=False, name=None, rebuild_strict=True, allow_input_downcast=None, profile=None,
                  on_unused_input=None, extra_tag_to_remove=None):
    """Write the arguments of `function` to a file, as a pickled dict, so that a problem can be reported.

    Where variables were made is left out. extra_tag_to_remove: name of a tag to leave out of the file.
    """
    described = dict(inputs=inputs, outputs=outputs, mode=mode, updates=updates, givens=givens,
                     no_default_updates=no_default_updates, accept_inplace=accept_inplace, name=name,
                     rebuild_strict=rebuild_strict, allow_input_downcast=allow_input_downcast, profile=profile,
                     on_unused_input=on_unused_input)
    with open(filename, "wb") as file:
        StripPickler(file, -1, extra_tag_to_remove).dump(described)


def _ordered(outputs):
    """Values and keys of a dict of outputs, ordered by key; AssertionError for keys other than strings."""
    for key in outputs:
        if not isinstance(key, str):
            raise AssertionError(f"output keys must be strings, got {key!r}")
    keys = sorted(outputs)
    return [outputs[key] for key in keys], keys


def _as_input(entry, allow_downcast):
    if isinstance(entry, Variable):
        return In(entry, allow_downcast=allow_downcast)
    if isinstance(entry, SymbolicInput):
        twin = copy.copy(entry)
        if twin.allow_downcast is None:
            twin.allow_downcast = allow_downcast
        return twin
    if isinstance(entry, (list, tuple)):
        return wrap_in(entry)
    raise TypeError(f"Unknown input type: {type(entry)} ({entry}), expected Variable or In instance")


def _with_update(entry, memo):
    if entry.update is not None and entry.update in memo:
        entry.update = memo[entry.update]
    return entry


def _shared_input(variable, updates):
    update = updates.get(variable)
    return In(variable=variable, value=variable.container, update=update, mutable=update is not None,
              borrow=True if update is not None else None, shared=True, implicit=True,
              autoname=True)


def evaluate(variable, inputs_to_values=None):
    """Value of ``variable``; see `Variable.eval`."""
    if inputs_to_values is not None and not isinstance(inputs_to_values, Mapping):
        raise TypeError(f"eval expects a dict from variables to values, got {inputs_to_values!r}")
    given = dict(inputs_to_values or {})
    for key in given:
        if not isinstance(key, Variable):
            raise TypeError(f"eval expects a dict from variables to values, got key {key!r}")
    cache = variable.__dict__.setdefault("_fn_cache", {})
    inputs = tuple(sorted(given, key=id))
    if inputs not in cache:
        cache[inputs] = function(list(inputs), variable)
    return cache[inputs](*(given[v] for v in inputs))
