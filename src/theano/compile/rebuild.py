"""Preparing a graph for a function: givens, updates and the shared variables it uses."""

import warnings
from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass

from theano.compile.io import SymbolicInput, SymbolicOutput
from theano.graph.shared import SharedVariable
from theano.graph.variable import Constant, Variable
from theano.graph.walk import ancestors, substitute, toposort


@dataclass
class Collected:
    """A copy of a graph with givens applied, and what it was copied from."""

    inputs: list            # copies of the inputs, as given: variables or SymbolicInput
    outputs: object         # in the structure of the outputs given
    updates: dict           # shared variable -> new value, in the copy
    shared: list            # shared variables the copy uses, in order of first use
    clone: dict             # old variable -> new one


class _Cloner:
    """Copies a graph, replacing variables and noting the shared ones."""

    def __init__(self, replace, rebuild_strict, copy_inputs_over):
        self.memo = {}
        self.shared = {}
        self.replace = replace
        self.strict = rebuild_strict
        self.copy_inputs = not copy_inputs_over

    def __call__(self, variable):
        """The copy of ``variable`` and of all it needs."""
        for node in toposort([variable], ChainMap(self.memo, self.replace)):
            inputs = [self._leaf(v) for v in node.inputs]
            if all(a is b for a, b in zip(inputs, node.inputs, strict=True)):
                for output in node.outputs:
                    self.memo.setdefault(output, output)
                continue
            new = node.clone_with_new_inputs(inputs, strict=self.strict)
            for old, fresh in zip(node.outputs, new.outputs, strict=True):
                self.memo.setdefault(old, fresh)
        return self._leaf(variable)

    def _replaced(self, old):
        new = self.replace[old]
        self.memo[old] = old              # inside its own replacement a variable means itself
        if isinstance(old, SharedVariable) and old is not new and old in ancestors([new]):
            self.shared.setdefault(old)
        self.memo[old] = self(new)

    def _leaf(self, variable):
        if variable in self.memo:
            return self.memo[variable]
        if variable in self.replace:
            self._replaced(variable)
        elif isinstance(variable, SharedVariable):
            self.shared.setdefault(variable)
            self.memo[variable] = variable
        elif variable.owner is None and self.copy_inputs and not isinstance(variable, Constant):
            self.memo[variable] = variable.clone()
        else:
            self.memo[variable] = variable
        return self.memo[variable]


def rebuild_collect_shared(outputs, inputs=None, replace=None, updates=None, rebuild_strict=True,
                           copy_inputs_over=True, no_default_updates=False):
    """Copy the graph of ``outputs`` with replacements, updates and default updates.

    outputs: variable, Out, list of those, or dict. replace: dict or pairs (old, new). updates: dict or
    pairs (shared, new value). Returns a `Collected`-like tuple ``(inputs, outputs, [clone, update map,
    update expressions, shared])`` as the original.
    """
    found = collect(outputs, inputs, replace, updates, rebuild_strict, copy_inputs_over,
                    no_default_updates)
    return found.inputs, found.outputs, [found.clone, found.updates, list(found.updates.values()),
                                         found.shared]


def collect(outputs, inputs=None, replace=None, updates=None, rebuild_strict=True,
            copy_inputs_over=True, no_default_updates=False):
    """Copy a graph with givens and updates; a `Collected`."""
    inputs = list(inputs or ())
    cloner = _Cloner(_replacements(replace, rebuild_strict), rebuild_strict, copy_inputs_over)
    for entry in inputs:
        _check_input(entry)
        variable = getattr(entry, "variable", entry)
        if copy_inputs_over:
            cloner.memo[variable] = variable
        else:
            cloner.memo[variable] = variable.clone()
        if variable in cloner.replace:
            raise RuntimeError(f"givens replaces {variable}, which is an input of the function: drop it "
                               "from the inputs, or give the replacement another variable.")
    new_updates = _collect_updates(updates, cloner, no_default_updates)
    new_outputs = _map_outputs(outputs, cloner)
    _default_updates(new_updates, cloner, no_default_updates)
    shared = [*cloner.shared]
    shared += [v for v in new_updates if v not in cloner.shared]
    return Collected([cloner.memo[getattr(e, "variable", e)] if isinstance(e, Variable) else
                      _with_variable(e, cloner) for e in inputs],
                     new_outputs, new_updates, shared, cloner.memo)


def clone_replace(output, replace=None, strict=True, share_inputs=True, copy_inputs=None):
    """Expressions with some of their variables replaced: ``theano.clone``.

    output: variable, or list or dict of variables. replace: dict or pairs (old, new); replacements stay as they are,
    so that inside its own a variable means itself. strict: a replacement must have the type of what it replaces.
    share_inputs: inputs and shared variables are those of ``output``, otherwise copies, which share their values.
    copy_inputs: the old name of share_inputs.
    """
    if copy_inputs is not None:
        warnings.warn("clone: copy_inputs is now called share_inputs", DeprecationWarning, stacklevel=2)
        share_inputs = copy_inputs
    keys = list(output) if isinstance(output, dict) else None
    single = isinstance(output, Variable)
    given = [output] if single else [output[key] for key in keys] if keys is not None else list(output)
    found = substitute(given, _replacements(replace, strict), strict)
    if not share_inputs:
        leaves = [v for v in ancestors(found) if v.owner is None and not isinstance(v, Constant)]
        found = substitute(found, {v: v.clone() for v in leaves})
    return found[0] if single else dict(zip(keys, found, strict=True)) if keys is not None else found


def _with_variable(entry, cloner):
    entry.variable = cloner.memo[entry.variable]
    if entry.update is not None:
        entry.update = cloner(entry.update)
    return entry


def _check_input(entry):
    if not isinstance(entry, (Variable, SymbolicInput)):
        raise TypeError(f"Unknown input type: {type(entry)} ({entry}), expected Variable or In instance")
    variable = getattr(entry, "variable", entry)
    if isinstance(variable, SharedVariable):
        raise TypeError(f"Cannot use a shared variable ({variable}) as explicit input: functions find it by "
                        "themselves. To pass a value instead, put another variable in its place with givens.")


def _replacements(replace, strict):
    pairs = replace.items() if hasattr(replace, "items") else replace or ()
    found = {}
    for old, new in pairs:
        if not isinstance(old, Variable):
            raise TypeError(f"givens: expected a variable to replace, got {old!r}")
        if not isinstance(new, Variable):
            new = old.type.filter_variable(old.type.make_constant(old.type.filter(new)))
        if old in found and found[old] is not new:
            raise AssertionError(f"givens replaces {old} twice")
        if strict and new.type != old.type:
            new = old.type.filter_variable(new)
        found[old] = new
    return found


def _collect_updates(updates, cloner, no_default_updates):
    if updates is None:
        updates = ()
    if not hasattr(updates, "items") and not isinstance(updates, Iterable):
        raise TypeError(f"updates must be a dict, or pairs (shared variable, new value), got {updates!r}")
    pairs = list(updates.items()) if hasattr(updates, "items") else list(updates)
    if not isinstance(no_default_updates, (bool, list)):
        raise TypeError(f"no_default_update should be either a bool or a list, got "
                        f"{no_default_updates!r}")
    wanted = {}
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"updates must be pairs (shared variable, new value), got {pair!r}")
        target, value = pair
        if not isinstance(target, SharedVariable):
            raise TypeError(f"update target must be a SharedVariable, got {target!r}")
        if target in wanted:
            raise ValueError(f"this shared variable already has an update expression: {target!r} becomes "
                             f"{wanted[target]!r}, and can't also become {value!r}")
        wanted[target] = _as_update(target, value)
    result = {}
    for target, value in wanted.items():
        cloner._leaf(target)
        cloner.shared.setdefault(target)
        result[target] = cloner(value)
    return result


def _as_update(target, value):
    """``value`` as a variable of the type of ``target``; TypeError with a way out otherwise."""
    try:
        return target.type.filter_variable(value, allow_convert=False) \
            if isinstance(value, Variable) else target.type.filter_variable(value)
    except TypeError as error:
        raise TypeError(
            f"the update of {target}, a {target.type}, is {value}, of type {getattr(value, 'type', None)}: it must "
            "have the variable's type. Cast it, or where only broadcastable dimensions differ use "
            "theano.tensor.unbroadcast.") from error


def _map_outputs(outputs, cloner):
    if outputs is None:
        return []
    if isinstance(outputs, dict):
        return {key: _map_output(value, cloner) for key, value in outputs.items()}
    if isinstance(outputs, (list, tuple)):
        return [_map_output(value, cloner) for value in outputs]
    return _map_output(outputs, cloner)


def _map_output(entry, cloner):
    if isinstance(entry, SymbolicOutput):
        return SymbolicOutput(cloner(entry.variable), borrow=entry.borrow)
    if isinstance(entry, Variable):
        return cloner(entry)
    raise TypeError("Outputs must be theano Variable or Out instances. Received " + str(entry)
                    + " of type " + str(type(entry)))


def _default_updates(updates, cloner, no_default_updates):
    """Add the default updates of shared variables, until no further one comes in."""
    if no_default_updates is True:
        return
    skipped = set(no_default_updates or ())
    done = set()
    while True:
        todo = [v for v in cloner.shared if v not in done]
        if not todo:
            return
        for variable in todo:
            done.add(variable)
            if variable in skipped or variable in updates:
                continue
            value = getattr(variable, "default_update", None)
            if value is not None:
                updates[variable] = cloner(_as_update(variable, value))
