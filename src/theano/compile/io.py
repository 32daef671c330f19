"""How a function takes its inputs and gives its outputs."""

from theano.graph.variable import Variable


class SymbolicInput:
    """An input of a function.

    Parameters
    ----------
    variable : Variable
    name : str, optional
        Keyword under which the input may be given; defaults to the variable's name.
    update : Variable, optional
        Its value replaces the input's default after each call.
    mutable : bool
        Whether the function may overwrite the value given (implied by ``update``).
    strict : bool
        Accept only values of exactly the variable's type.
    allow_downcast : bool or None
        Whether precision may be lost; None: only for Python floats into floatX.
    autoname : bool
        Take the name of the variable.
    implicit : bool
        The input is not given positionally.
    """

    def __init__(self, variable, name=None, update=None, mutable=None, strict=False,
                 allow_downcast=None, autoname=True, implicit=False):
        if implicit is None:
            raise TypeError("implicit must be True or False, got None: leave it out for False")
        self.variable = variable
        self.name = variable.name if name is None and autoname else name
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string! (got: {self.name!r})")
        self.update = update
        if update is not None and not variable.type == update.type:
            raise TypeError(f"the update of {variable}, a {variable.type}, is a {update.type}: cast it, e.g. "
                            f"update.astype({getattr(variable.type, 'dtype', None)!r})")
        self.mutable = mutable if mutable is not None else update is not None
        self.strict = strict
        self.allow_downcast = allow_downcast
        self.implicit = implicit

    def __str__(self):
        return f"In({self.variable})" if self.update is None else f"In({self.variable} -> {self.update})"

    __repr__ = __str__


class In(SymbolicInput):
    """A `SymbolicInput` with a default value.

    value : object or Container, optional
        The default. A container is shared with the function it belongs to.
    borrow : bool, optional
        Whether outputs may alias the value given; defaults to ``mutable``.
    shared : bool
        Whether the value lives in a shared variable's cell.
    """

    def __init__(self, variable, name=None, value=None, update=None, mutable=None, strict=False,
                 allow_downcast=None, autoname=True, implicit=None, borrow=None, shared=False):
        if borrow is None:
            borrow = bool(mutable)
        elif mutable and not borrow:
            raise AssertionError(
                f"input {variable} (name={name!r}) is mutable, so that the argument itself may be overwritten, but "
                "borrow=False asks for a copy of it: drop one of the two")
        if implicit is None:
            implicit = hasattr(value, "storage") or hasattr(value, "container")
        super().__init__(variable=variable, name=name, update=update, mutable=mutable, strict=strict,
                         allow_downcast=allow_downcast, autoname=autoname, implicit=implicit)
        self.borrow = borrow
        self.shared = shared
        self.value = getattr(value, "container", value)


def memory_kind(entry):
    """What a function may do with the memory of an input.

    "shared": overwrite it with the variable's new value; "mutable": overwrite it with anything; "lent": return views of
    it as borrowed outputs; "input": read it.
    """
    if entry.update is not None:
        return "shared"
    if entry.mutable:
        return "mutable"
    return "lent" if getattr(entry, "shared", False) or getattr(entry, "borrow", False) else "input"


def Param(variable, default=None, name=None, mutable=False, strict=False,            # noqa: N802
          allow_downcast=None, implicit=None, borrow=None):
    """An `In` with the value ``default``; what inputs were called before."""
    return In(variable, name=name, value=default, mutable=mutable, strict=strict, allow_downcast=allow_downcast,
              implicit=implicit, borrow=borrow)


class SymbolicOutput:
    """An output of a function.

    borrow : bool
        Whether the result may be storage that the function uses again at its next call.
    """

    def __init__(self, variable, borrow=False):
        self.variable = variable
        self.borrow = borrow

    def __str__(self):
        return f"Out({self.variable},{self.borrow})"

    __repr__ = __str__


Out = SymbolicOutput


def wrap_in(entry):
    """``entry`` as a `SymbolicInput`: a variable, (variable, default), ((name, variable), default)..."""
    if isinstance(entry, SymbolicInput):
        return entry
    if isinstance(entry, Variable):
        return In(entry)
    if isinstance(entry, (list, tuple)):
        return _wrap_sequence(entry)
    raise TypeError(f"Unknown input type: {type(entry)} ({entry}), expected Variable or In instance")


def _wrap_sequence(entry):
    if len(entry) == 2:
        first, second = entry
        if isinstance(first, SymbolicInput):
            first.value = second
            return first
        if isinstance(first, str):
            return In(second, name=first)
        if isinstance(first, Variable):
            return In(first, update=second) if isinstance(second, Variable) else In(first, value=second)
    raise TypeError(f"The inputs specification is not valid: {entry!r}; give a Variable or "
                    "In(variable, value=...)")


def wrap_out(entry):
    """``entry`` as a `SymbolicOutput`; TypeError for anything but a variable or Out."""
    if isinstance(entry, SymbolicOutput):
        return entry
    if isinstance(entry, Variable):
        return SymbolicOutput(entry)
    raise TypeError(f"Unknown output type: {type(entry)} ({entry}), expected Variable or Out instance")
