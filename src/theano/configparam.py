"""Flags that programs add to ours: the declarations of the original's ``theano.configparser``."""

from theano.config import BY_NAME, Flag, config
from theano.errors import FlagError

THEANO_FLAGS_DICT = {}          # values for flags that are not declared yet
_config_var_list = BY_NAME.values()


class ConfigParam:
    """What a flag may be. filter: returns the value to keep, or raises; None keeps any value."""

    def __init__(self, default, filter=None, allow_override=True):
        self.default, self.allow_override = default, allow_override
        self.filter = filter or (lambda value: value)

    def kind(self, name):
        """The ``kind`` of a Flag of this name."""
        return self.filter


class EnumStr(ConfigParam):
    """One of several words: the options and the default, which may be a function that returns one."""

    def __init__(self, default, *options, **kwargs):
        super().__init__(default, None, **kwargs)
        self.all = options if callable(default) else (default, *options)

    def kind(self, name):
        """The words."""
        return self.all


class TypedParam(ConfigParam):
    """A value of type ``mytype`` for which ``is_valid``, where given, is true."""

    def __init__(self, default, mytype, is_valid=None, allow_override=True):
        super().__init__(default, None, allow_override)
        self.mytype, self.is_valid = mytype, is_valid

    def kind(self, name):
        """The type, or a function that converts to it and checks."""
        if self.is_valid is None:
            return self.mytype
        plain = Flag(name, self.mytype, self.default, "")

        def valid(value):
            value = plain.convert(value)
            if not self.is_valid(value):
                raise FlagError(f"flag {name} can't be {value!r}")
            return value
        return valid


def StrParam(default, is_valid=None, allow_override=True):
    """Any text."""
    return TypedParam(default, str, is_valid, allow_override)


def IntParam(default, is_valid=None, allow_override=True):
    """An integer."""
    return TypedParam(default, int, is_valid, allow_override)


def FloatParam(default, is_valid=None, allow_override=True):
    """A number."""
    return TypedParam(default, float, is_valid, allow_override)


def BoolParam(default, is_valid=None, allow_override=True):
    """True or False."""
    return TypedParam(default, bool, is_valid, allow_override)


def AddConfigVar(name, doc, configparam, root=config, in_c_key=True):
    """Add the flag ``name``. The last two arguments are accepted and ignored."""
    flag = Flag(name, configparam.kind(name), configparam.default, doc,
                frozen=not configparam.allow_override)
    config.declare(flag, THEANO_FLAGS_DICT.get(name))
    THEANO_FLAGS_DICT.pop(name, None)
