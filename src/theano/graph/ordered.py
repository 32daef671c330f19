"""Collections that programs import from ``theano.gof`` and ``theano.misc``: ordered sets, results of calls."""

import contextlib
import os
import pickle
from collections import defaultdict
from collections.abc import MutableSet


class OrderedSet(MutableSet):
    """A set whose elements come in the order in which they were added."""

    def __init__(self, iterable=None):
        self._elements = dict.fromkeys(() if iterable is None else iterable)

    def __contains__(self, element):
        return element in self._elements

    def __iter__(self):
        return iter(self._elements)

    def __reversed__(self):
        return reversed(self._elements)

    def __len__(self):
        return len(self._elements)

    def __eq__(self, other):
        return list(self) == list(other) if isinstance(other, OrderedSet) else set(self) == other

    __hash__ = None

    def __repr__(self):
        return f"OrderedSet({list(self)!r})"

    def add(self, element):
        """Add an element at the end, unless it is there."""
        self._elements.setdefault(element)

    def discard(self, element):
        """Remove an element, if it is there."""
        self._elements.pop(element, None)

    def pop(self, last=True):
        """Remove and return the last element, or the first; KeyError where there is none."""
        element = next(reversed(self) if last else iter(self), self)
        if element is self:
            raise KeyError("the set is empty")
        del self._elements[element]
        return element

    def copy(self):
        """Another set with the same elements."""
        return OrderedSet(self)

    def update(self, iterable):
        """Add all elements of ``iterable``."""
        self._elements.update(dict.fromkeys(iterable))

    def difference_update(self, other):
        """Remove all elements of ``other``."""
        self._elements = {e: None for e in self if e not in set(other)}

    def union(self, other):
        """A set of the elements of this one, then of ``other``."""
        return OrderedSet([*self, *other])


class DefaultOrderedDict(defaultdict):
    """A dict in the order of arrival that makes missing values by ``default_factory``."""

    def __init__(self, default_factory=None, *a, **kw):
        super().__init__(default_factory, *a, **kw)

    def copy(self):
        """A copy with the same factory."""
        return type(self)(self.default_factory, self)

    __copy__ = copy


class CallCache:
    """Results of functions by their arguments, kept in a file between processes where one is given.

    filename: a pickle, which need not exist. Raises what reading it raises.
    """

    def __init__(self, filename=None):
        self.filename, self.cache, self.changed = filename, {}, False
        if filename is not None and os.path.exists(filename):
            with open(filename, "rb") as file:
                self.cache = pickle.load(file)

    def __del__(self):
        if self.filename is not None and self.changed:
            with contextlib.suppress(Exception):            # when Python ends, much is gone already
                self.persist()

    def persist(self, filename=None):
        """Write the results to a file, by default the one that they came from."""
        with open(filename or self.filename, "wb") as file:
            pickle.dump(self.cache, file, protocol=pickle.HIGHEST_PROTOCOL)
        self.changed = False

    def call(self, fn, args=(), key=None):
        """``fn(*args)``, computed when it is first asked for. key: what stands for the arguments, else they do."""
        key = (fn, tuple(args)) if key is None else key
        if key not in self.cache:
            self.cache[key], self.changed = fn(*args), True
        return self.cache[key]
