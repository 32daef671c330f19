"""Every exception.

    Exception
    +-- MethodNotDefined            an op or type lacks a method that was needed (an AttributeError too)
    +-- InconsistencyError          a graph whose in-place operations can't be ordered
    +-- CachedConstantError         a constant shared by all graphs was put into one
    +-- MissingInputError           a variable has no value and is no input
    +-- UnusedInputError            an input is not needed, or given twice
    +-- AliasedMemoryError          memory is shared where it must not be
    +-- ShapeError                  an extent that the type promises is another
    |   +-- DimensionError          extents that are known while a graph is built can't fit (a ValueError too)
    +-- NotScalarConstantError      a variable is not known to be one number
    |   +-- EmptyConstantError
    +-- CompileError                the C compiler failed
    +-- GradientError               a gradient differs from the numerical one
    +-- IntegerDivisionError        integers were divided where it is not said how
    +-- DebugModeError              an op or a rewrite is wrong; see `theano.compile.debugmode` for its other kinds
    |   +-- BadOptimization         a rewrite changed a value
    |       +-- BadReplacement      a rewrite put in a variable of another type (a TypeError too)
    +-- TypeError
    |   +-- ComplexError            complex numbers lack an operation (a NotImplementedError too)
    |   +-- AsTensorError           something can't be a tensor variable
    |   |   (TensorConversionError is the same)
    |   +-- AdvancedIndexingError   an index needs advanced indexing
    |   +-- AdvancedBooleanIndexingError    an index needs masks
    |   +-- NullTypeGradError       a gradient that doesn't exist was needed
    +-- ValueError
        +-- DroppedCheckError       what an operation demands does not hold, and its value is not computed
        +-- DisconnectedInputError  a cost does not depend on what it is differentiated by
        +-- FlagError               an unknown flag, or a value that a flag can't have
"""


class MethodNotDefined(AttributeError):
    """An op or type lacks a method that was needed: arguments are the method, the class and its name.

    An AttributeError, as programs expect of an op without a gradient.
    """


class InconsistencyError(Exception):
    """A graph whose in-place operations can't be ordered."""


class CachedConstantError(Exception):
    """A constant that serves all graphs was put into one graph without being copied."""


class MissingInputError(Exception):
    """A variable has no value and is no input; ``variable`` is that variable."""

    def __init__(self, *args, variable=None):
        super().__init__(*args)
        self.variable = variable


class UnusedInputError(Exception):
    """An input of a function is not needed, or given twice."""


class AliasedMemoryError(Exception):
    """Memory is shared where it must not be."""


class ShapeError(Exception):
    """An extent differs from what the type promises."""


class DimensionError(ShapeError, ValueError):
    """Extents that are known while a graph is built can't fit."""


class NotScalarConstantError(Exception):
    """A variable is not known to be one number."""


class EmptyConstantError(NotScalarConstantError):
    """A constant has no elements."""


class CompileError(Exception):
    """The C compiler failed; the message has the command, what it said and the source."""


class GradientError(Exception):
    """A symbolic gradient differs from the numerical one.

    Attributes: arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol.
    """

    def __init__(self, arg=None, err_pos=None, shape=None, val1=None, val2=None, abs_err=None, rel_err=None,
                 abs_tol=None, rel_tol=None):
        super().__init__(arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol)
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2 = val1, val2
        self.abs_err, self.rel_err, self.abs_tol, self.rel_tol = abs_err, rel_err, abs_tol, rel_tol

    def __str__(self):
        return (f"gradient of argument {self.arg} of shape {self.shape} is wrong at position {self.err_pos}: numeric "
                f"{self.val2}, symbolic {self.val1}; absolute error {self.abs_err} (tolerance {self.abs_tol}), "
                f"relative error {self.rel_err} (tolerance {self.rel_tol})")


class DebugModeError(Exception):
    """An op or a rewrite is wrong."""


class BadOptimization(DebugModeError):
    """A rewrite changed a value.

    Attributes: old_r, new_r, old_r_val, new_r_val, reason (the rewrite), old_graph, new_graph (texts).
    """

    def __init__(self, old_r, new_r=None, old_r_val=None, new_r_val=None, reason=None, old_graph=None, new_graph=None):
        super().__init__(old_r)
        self.old_r, self.new_r, self.old_r_val, self.new_r_val = old_r, new_r, old_r_val, new_r_val
        self.reason, self.old_graph, self.new_graph = reason, old_graph, new_graph

    def __str__(self):
        if isinstance(self.old_r, str):                 # a message, when somebody raises the error once more
            return self.old_r
        lines = [f"the rewrite {self.reason} put {self.new_r} in the place of {self.old_r}, which is not the same",
                 *(f"  {word}: {variable.type}, {graph or variable.owner or variable}\n    value {described(value)}"
                   for word, variable, graph, value in (("before", self.old_r, self.old_graph, self.old_r_val),
                                                        ("after", self.new_r, self.new_graph, self.new_r_val))),
                 *differences(self.old_r_val, self.new_r_val)]
        return "\n".join(lines)


class BadReplacement(BadOptimization, TypeError):
    """A rewrite put a variable of another type into a graph."""


def described(value):
    """A value in one line, with its shape, dtype and strides where it is an array."""
    text = " ".join(str(value).split())
    text = text if len(text) <= 200 else text[:197] + "..."
    if not hasattr(value, "strides"):
        return text
    return f"{text} (shape {value.shape}, {value.dtype}, strides {value.strides})"


def differences(a, b):
    """A line on how much two arrays of one shape differ, where they can be compared; else none."""
    if not hasattr(a, "shape") or not hasattr(b, "shape") or a.shape != b.shape or a.size == 0:
        return []
    try:
        difference = abs(a * 1.0 - b)
        return [f"  greatest difference {difference.max()}, in {int((difference != 0).sum())} of {a.size} elements"]
    except TypeError:
        return []


class ComplexError(NotImplementedError, TypeError):
    """Complex numbers lack an operation."""


class IntegerDivisionError(Exception):
    """Integers were divided where it is not said how."""


class AsTensorError(TypeError):
    """Something can't be a tensor variable."""


TensorConversionError = AsTensorError


class AdvancedIndexingError(TypeError):
    """An index needs advanced indexing."""


class AdvancedBooleanIndexingError(TypeError):
    """An index needs masks; kept for programs that catch it."""


class NullTypeGradError(TypeError):
    """A gradient that does not exist was needed."""


class DisconnectedInputError(ValueError):
    """A cost does not depend on what it is differentiated by."""


class DroppedCheckError(ValueError):
    """What an operation demands of extents or an index does not hold; only the shape of its value was computed."""


class FlagError(ValueError, AttributeError, KeyError):
    """An unknown flag, or a value that a flag can't have."""

    def __str__(self):
        return str(self.args[0]) if self.args else ""


def extended(error, text):
    """An error like ``error``, with its attributes, whose message ends with ``text``."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return error
    message = f"{error}\n{text}" if str(error) else text
    try:
        fresh = type(error)(message)
    except Exception:           # an exception class with its own signature keeps its message
        error.add_note(text)
        return error
    fresh.__dict__.update(vars(error))
    return fresh.with_traceback(error.__traceback__)
