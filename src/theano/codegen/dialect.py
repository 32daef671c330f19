"""What the languages of kernels have in common, as a dataclass.

The emitter turns scalar values into expressions; a dialect says how a type, a constant, a function and the loop
around the expressions look in its language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Stands among statements where those that follow may have a loop of their own, a few points behind the first one's: a
# function that waits for what another one gave keeps the processor from working on the next points meanwhile.
CUT = "cut"


@dataclass(frozen=True)
class Function:
    """How a function of the scalar table is called for one dtype.

    declaration: its prototype, or "" for one that the compiler or Dialect.library knows.
    """

    name: str
    declaration: str = ""


@dataclass(frozen=True)
class Access:
    """One operand as the code around a loop body sees it.

    scalar: it is one element for the whole nest.
    still: it stays in place on the last axis of the nest, while others walk it.
    writes: the phase stores into it.
    reads: the phase loads it.
    """

    number: int
    dtype: str
    scalar: bool
    writes: bool
    reads: bool = True
    still: bool = False


@dataclass(frozen=True)
class Quick:
    """Another way to compute a phase, right only where its checks hold.

    statements: those of the phase with faster functions. checks: expressions. staged: operands whose old values a
    second attempt needs, or would have been overwritten.
    """

    statements: tuple[str, ...]
    checks: tuple[str, ...]
    staged: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """What a phase is that only chooses one of two values at each point: often many points of a row choose the same.

    given: statements that the condition needs. condition: an expression. held, failed: the statements of the phase
    where it holds, and where it does not. dtype: what the condition is loaded as.
    """

    given: tuple[str, ...]
    condition: str
    held: tuple[str, ...]
    failed: tuple[str, ...]
    dtype: str


@dataclass(frozen=True)
class Comparison:
    """What a phase is that only stores whether a relation holds between two values, or of one (then both are the same).

    left, right: expressions, of that dtype. relation: a row of the scalar table. target: the number of the operand.
    """

    left: str
    right: str
    dtype: str
    relation: str
    target: int


@dataclass(frozen=True)
class Dialect:
    """One language.

    storage: type of an array element by dtype.
    arithmetic: type that values are computed in by dtype.
    literal(value, dtype): a constant.
    operators(row, count, dtype): the expression of a row for that many arguments where operators of the language don't
    serve that dtype, else None.
    function(name, dtype): how the scalar table's `name` is called, or None if the language has no such function.
    cast(text, old, new): an expression of dtype `old` converted to `new`; from None it is any number that C
    gave, made a proper value of its dtype.
    load(access), store(access, text): an element of an operand as a value; a value put back.
    rounded(text, dtype): a value rounded to what a float of 16 bits holds.
    library(names): the sources of those functions among `names` that we bring along.
    twin(name): names of a faster function and of the one that tells where it is right, or None.
    kernel(symbol, phases, work): one function; phases holds (accesses, statements, way), `CUT` among the statements;
    way: a Quick, Choice or Comparison, or None. work: what `nest.work_of` says of it.
    helpers: functions of that library that loads, stores and loops call.
    flags: compiler options that the emitted source counts on.
    """

    name: str
    storage: Mapping[str, str]
    arithmetic: Mapping[str, str]
    literal: Callable[[object, str], str]
    operators: Callable[[str, int, str], str | None]
    function: Callable[[str, str], Function | None]
    cast: Callable[[str, str, str], str]
    load: Callable[[Access], str]
    store: Callable[[Access, str], str]
    rounded: Callable[[str, str], str]
    library: Callable[[list], str]
    twin: Callable[[str], tuple[str, str] | None]
    kernel: Callable[[str, list, tuple], str]
    helpers: frozenset[str]
    header: str
    flags: tuple[str, ...]
