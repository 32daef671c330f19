"""An ordered dict of updates that refuses what is no shared variable."""

from collections import OrderedDict

from theano.graph.shared import SharedVariable


class OrderedUpdates(OrderedDict):
    """Shared variable -> its new value, in the order in which they were added.

    Raises TypeError for a key that is no shared variable, KeyError when `update` meets a conflicting value.
    """

    def __init__(self, *key, **kwargs):
        super().__init__(*key, **kwargs)
        for variable in self:
            self._check(variable)

    @staticmethod
    def _check(key):
        if not isinstance(key, SharedVariable):
            raise TypeError(f"OrderedUpdates keys must inherit from SharedVariable, but {key!r} is a "
                            f"{type(key).__name__}: only shared variables can be updated")

    def __setitem__(self, key, value):
        self._check(key)
        super().__setitem__(key, value)

    def update(self, other=None):
        """Add the updates of ``other``; KeyError where it has another value for the same variable."""
        for key, value in dict(other or {}).items():
            if key in self and self[key] is not value and self[key] != value:
                raise KeyError(f"Collision: {key} is updated to {self[key]}, and can't also be updated to {value}")
            self[key] = value

    def __add__(self, other):
        result = OrderedUpdates()
        result.update(self)
        result.update(other)
        return result

    def __radd__(self, other):
        result = OrderedUpdates()
        result.update(other)
        result.update(self)
        return result
