"""Values in dicts, lists, tuples, named tuples and dataclasses: taken apart and put together again."""

from copy import copy
from dataclasses import fields, is_dataclass, replace


def flatten(tree):
    """The leaves of ``tree``: what is no dict, list, tuple or dataclass. None has no leaves."""
    return [leaf for part in _parts(tree) for leaf in flatten(part)] if _is_node(tree) else \
        [] if tree is None else [tree]


def rebuild(tree, leaves):
    """A tree like ``tree`` with other leaves, taken from the iterator ``leaves``."""
    if tree is None:
        return None
    if not _is_node(tree):
        return next(leaves)
    parts = [rebuild(part, leaves) for part in _parts(tree)]
    if isinstance(tree, dict):
        found = copy(tree)                      # others are made of more than their items, as defaultdict
        found.update(zip(tree, parts, strict=True))
        return found
    if is_dataclass(tree):
        return replace(tree, **dict(zip(_names(tree), parts, strict=True)))
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def like(model, tree, what):
    """The leaves of ``tree`` in the order of those of ``model``; TypeError where it is built in another way."""
    found = []
    _match(model, tree, what, found)
    return found


def _match(model, tree, place, found):
    if model is None and tree is None:
        return
    if not _is_node(model) or not _is_node(tree):
        if model is None or tree is None or _is_node(model) or _is_node(tree):
            raise TypeError(f"{place} is {_kind(model)} before a step, but {_kind(tree)} after it")
        found.append(tree)
        return
    if _kind(model) != _kind(tree) or _keys(model) != _keys(tree) and set(_keys(model)) != set(_keys(tree)):
        raise TypeError(f"{place} is {_described(model)} before a step, but {_described(tree)} after it")
    after = dict(zip(_keys(tree), _parts(tree), strict=True))
    for key, part in zip(_keys(model), _parts(model), strict=True):
        _match(part, after[key], f"{place}[{key!r}]", found)


def _is_node(tree):
    return isinstance(tree, (dict, list, tuple)) or is_dataclass(tree) and not isinstance(tree, type)


def _names(tree):
    return [field.name for field in fields(tree) if field.init]


def _keys(tree):
    return list(tree) if isinstance(tree, dict) else _names(tree) if is_dataclass(tree) else list(range(len(tree)))


def _parts(tree):
    if isinstance(tree, dict):
        return list(tree.values())
    return [getattr(tree, name) for name in _names(tree)] if is_dataclass(tree) else list(tree)


def _kind(tree):
    return type(tree).__name__ if _is_node(tree) else "None" if tree is None else "a value"


def _described(tree):
    return f"{_kind(tree)} of {_keys(tree)}"
