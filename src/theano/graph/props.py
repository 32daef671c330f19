"""Value semantics from a list of attribute names: equality, hash and text of ops and types."""


class WithProps:
    """Objects that are equal when their class and the attributes named in ``__props__`` are.

    A subclass that defines ``__props__`` gets ``__eq__`` and ``__hash__`` unless its own body defines them.
    Without ``__props__`` equality is identity. The text names the class and the properties.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if isinstance(own.get("__props__"), (tuple, list)):
            cls.__props__ = tuple(own["__props__"])
            if "__eq__" not in own:
                cls.__eq__ = _props_eq
                if "__hash__" not in own:
                    cls.__hash__ = _props_hash
            elif "__hash__" not in own:
                cls.__hash__ = _props_hash
        elif "__eq__" in own and "__hash__" not in own:
            cls.__hash__ = _class_hash

    def _props(self):
        """Values of the properties, in the order of ``__props__``."""
        return tuple(getattr(self, name) for name in self.__props__)

    def _props_dict(self):
        """Names and values of the properties; builds an equal object when they are its arguments."""
        return {name: getattr(self, name) for name in self.__props__}

    def __str__(self):
        props = getattr(self, "__props__", None)
        if not props:
            return type(self).__name__
        values = ", ".join(f"{name}={_shown(getattr(self, name))}" for name in props)
        return f"{type(self).__name__}{{{values}}}"


def _props_eq(self, other):
    if self is other:
        return True
    return type(self) is type(other) and self._props() == other._props()


def _props_hash(self):
    try:
        return self.__dict__["_hash"]
    except KeyError:
        value = hash((type(self), self._props()))
        self.__dict__["_hash"] = value
        return value


def _class_hash(self):
    return hash(type(self))


def _shown(value):
    """A property as text; that of an op inside another has no address in it."""
    return str(value) if isinstance(value, WithProps) else repr(value)


class Scratchpad:
    """A bag of attributes that users and rewrites hang on variables and nodes."""

    def clear(self):
        self.__dict__.clear()

    def info(self):
        """Print the attributes."""
        print(self)

    def __update__(self, other):
        self.__dict__.update(other.__dict__)
        return self

    def __str__(self):
        return "scratchpad" + str(self.__dict__)

    def __repr__(self):
        return "scratchpad" + repr(self.__dict__)
