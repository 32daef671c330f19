"""Instructions and values before they have numbers."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Place:
    """Where a value lives while the function runs; becomes a slot of the program.

    kind: "input", "lent" (an input that a borrowed output may share storage with), "mutable" (an input that may be
    overwritten), "shared" (the value of a variable that the function updates), "const", "temp" (storage to be chosen)
    or "view".
    of: for a view or a result in place, the place whose storage it uses.
    array: it must be an ndarray object, because Python code or the caller sees it.
    """

    dtype: str
    ndim: int
    kind: str
    of: "Place | None" = None
    array: bool = False
    size: tuple = ()                # extents, by which storage is shared
    value: object = None            # of a constant
    ones: int = 0                   # of an input: bit d set where dimension d is broadcastable
    foreign: bool = False           # it may be a view that Python code made, or be seen through one
    overwrites: bool = False        # it is all of ``of``, computed in place
    row: int = -1                   # number of the result of a sub-program whose storage it is

    def whole(self):
        """The place of which this one is all, computed in place; else itself."""
        place = self
        while place.overwrites:
            place = place.of
        return place

    def root(self):
        """The place whose storage this one uses."""
        place = self
        while place.of is not None:
            place = place.of
        return place


@dataclass(eq=False)
class Task:
    """One instruction before places have numbers.

    inplace: candidates (output, input) of places of which the output may take over the storage.
    overwriting: the node to run instead when that happens, for a Python op. parts: sub-programs, see `codegen.parts`.
    sets: of a loop that sets or increases a part of an array, the tasks that copy this array and view the part.
    """

    kind: str
    inputs: list
    outputs: list
    params: tuple = ()
    nest: object = None
    recurrence: object = None
    kernel: str | None = None
    node: object = None             # whose line is told when it fails; and whose perform runs
    nodes: tuple = ()
    inplace: list = field(default_factory=list)
    overwriting: object = None
    parts: tuple = ()
    sets: tuple = ()

    def forget(self):
        """Keep what tells what the instruction does and where it came from, not its places."""
        self.inputs = self.outputs = self.inplace = self.sets = ()
