"""Shared variables and the storage cells that functions read and write."""

import copy

from theano.graph.variable import Variable
from theano.graph.walk import ancestors


class Container:
    """A typed cell: ``storage`` is a one-element list that compiled functions read.

    Parameters
    ----------
    r : Variable or Type
        What the cell may hold.
    storage : list
        One element.
    readonly, strict, allow_downcast : bool
        How values are accepted; see `Type.filter`.
    """

    def __init__(self, r, storage, readonly=False, strict=False, allow_downcast=None, name=None):
        if not isinstance(storage, list) or not len(storage) >= 1:
            raise TypeError(f"storage must be a list of length at least one, which holds the value, got {storage!r}")
        self.type = getattr(r, "type", r)
        self.name = getattr(r, "name", None) if name is None else name
        self.storage = storage
        self.readonly = readonly
        self.strict = strict
        self.allow_downcast = allow_downcast

    def get(self):
        """The value."""
        return self.storage[0]

    def set(self, value):
        """Store ``value`` after filtering it by the type."""
        if self.readonly:
            raise TypeError(f"Cannot set readonly storage: {self.name}")
        if value is not None:
            wanted = {"strict": self.strict or None, "allow_downcast": self.allow_downcast}
            value = self.type.filter(value, **{k: v for k, v in wanted.items() if v is not None})
        self.storage[0] = value

    data = property(get, set)
    value = property(get, set)

    def __str__(self):
        return f"<{self.storage[0]}>"

    def __repr__(self):
        return f"<{self.storage[0]!r}>"

    def __deepcopy__(self, memo):
        known = id(self.storage) in memo
        twin = type(self)(copy.deepcopy(self.type, memo), copy.deepcopy(self.storage, memo),
                          self.readonly, self.strict, self.allow_downcast, self.name)
        if twin.storage[0] is not None and not known:
            twin.storage[0] = twin.type.filter(twin.storage[0], strict=False, allow_downcast=False)
        return twin


class SharedVariable(Variable):
    """A variable whose value lives between calls and is shared by all functions that use it.

    Parameters
    ----------
    name : str or None
    type : Type
    value : object
    strict : bool
        Accept only values of exactly this type.
    allow_downcast : bool or None
    container : Container or None
        Share the cell of another variable instead of taking ``value``.
    """

    default_update = None

    def __init__(self, name, type, value, strict, allow_downcast=None, container=None):
        super().__init__(type=type, owner=None, index=None, name=name)
        if container is None:
            data = value if value is None else type.filter(value, strict=strict,
                                                           allow_downcast=allow_downcast)
            container = Container(self, storage=[data], readonly=False, strict=strict,
                                  allow_downcast=allow_downcast)
        elif value is not None or strict is not None:
            raise TypeError("value and strict are ignored if you pass a container here")
        self.container = container

    def get_value(self, borrow=False, return_internal_type=False):
        """The value; a copy unless ``borrow``."""
        return self.container.value if borrow else copy.deepcopy(self.container.value)

    def set_value(self, new_value, borrow=False):
        """Replace the value; with ``borrow`` the given object itself may become the storage."""
        self.container.value = new_value if borrow else copy.deepcopy(new_value)

    def zero(self, borrow=False):
        """Set the value to zeros of its shape."""
        if borrow:
            self.container.value[...] = 0
        else:
            self.container.value = 0 * self.container.value

    def clone(self):
        """A variable that shares this one's storage."""
        copy_ = self.__class__(name=self.name, type=self.type, value=None, strict=None,
                               container=self.container)
        copy_.tag.__dict__.update(self.tag.__dict__)
        if self.default_update is not None:
            copy_.default_update = self.default_update
        return copy_

    @property
    def value(self):
        """Removed; raises."""
        raise RuntimeError("sharedvar.value does not exist anymore. Use sharedvar.get_value() or "
                           "sharedvar.set_value() instead.")

    @value.setter
    def value(self, _):
        raise RuntimeError("sharedvar.value does not exist anymore. Use sharedvar.get_value() or "
                           "sharedvar.set_value() instead.")


def default_updates(outputs):
    """The shared variables with a ``default_update`` that ``outputs``, or these updates, need: {variable: update}."""
    found, roots = {}, list(outputs)
    while roots:
        more = {v: v.default_update for v in ancestors(roots) if isinstance(v, SharedVariable) and v not in found
                and v.default_update is not None}
        found |= more
        roots = list(more.values())
    return found
