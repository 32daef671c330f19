"""Files that hold objects with their arrays: pickles in a zip file, of which NumPy can read the arrays."""

import io
import pickle
from collections import defaultdict

import numpy as np

from theano.graph.shared import SharedVariable
from theano.graph.variable import Tag
from theano.late import zipfile
from theano.scalar.dtype import numpy_dtype, text_of

DEFAULT_PROTOCOL = pickle.DEFAULT_PROTOCOL
HIGHEST_PROTOCOL = pickle.HIGHEST_PROTOCOL
PICKLE = "pkl"                  # the member of the zip file that holds the pickle
KIND = "ndarray"


class StripPickler(pickle.Pickler):
    """A pickler that leaves out where variables were made.

    protocol : int
    extra_tag_to_remove : str, optional
        Name of a further tag that is left out of every variable.
    """

    def __init__(self, file, protocol=0, extra_tag_to_remove=None):
        super().__init__(file, protocol)
        self.dropped = {"trace", extra_tag_to_remove}

    def reducer_override(self, thing):
        """How to pickle ``thing``: tags without some of their entries, all else as usual."""
        if isinstance(thing, Tag):
            return Tag, (), {name: value for name, value in thing.__dict__.items() if name not in self.dropped}
        return NotImplemented


class CompatUnpickler(pickle.Unpickler):
    """An unpickler for files that Python 2 wrote, too: their byte strings become texts."""

    def __init__(self, file, *, fix_imports=True, encoding="latin1", errors="strict"):
        super().__init__(file, fix_imports=fix_imports, encoding=encoding, errors=errors)


def zipadd(func, zip_file, name):
    """Write a member ``name`` of a zip file: ``func`` gets a file object to write to."""
    with zip_file.open(name, "w", force_zip64=True) as member:
        func(member)


class PersistentNdarrayID:
    """Writes arrays that a pickler meets to members of a zip file, ``array_0``, ``array_1`` and so on.

    Called with an object it returns what the pickle says instead of an array, None for anything else.
    """

    def __init__(self, zip_file):
        self.zip_file = zip_file
        self.count = 0
        self.seen = {}                  # id of an array -> what the pickle says
        self._alive = []                # what was seen, so that no id is used again

    def _resolve_name(self, obj):
        name = f"array_{self.count}"
        self.count += 1
        return name

    def __call__(self, obj):
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return None
        if id(obj) not in self.seen:
            name = self._resolve_name(obj)
            kind, plain = (KIND, obj) if text_of(obj.dtype) != "bfloat16" else ("bfloat16", obj.view("uint16"))
            zipadd(lambda member: np.lib.format.write_array(member, plain, allow_pickle=False), self.zip_file, name)
            self.seen[id(obj)] = f"{kind}:{name}"
            self._alive.append(obj)
        return self.seen[id(obj)]


class PersistentSharedVariableID(PersistentNdarrayID):
    """As `PersistentNdarrayID`, but the arrays of named shared variables are called like these.

    Parameters
    ----------
    allow_unnamed : bool
        Whether shared variables without a name may occur; their arrays are numbered.
    allow_duplicates : bool
        Whether a name may occur again; it is continued with ``_2``, ``_3`` and so on.

    Raises ValueError for what is not allowed, and for the name ``pkl``.
    """

    def __init__(self, zip_file, allow_unnamed=True, allow_duplicates=True):
        super().__init__(zip_file)
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates
        self.names = {}                 # id of an array -> its name
        self.uses = defaultdict(int)

    def _resolve_name(self, obj):
        return self.names.get(id(obj)) or super()._resolve_name(obj)

    def __call__(self, obj):
        if isinstance(obj, SharedVariable) and id(obj.container.value) not in self.names:
            self._register(obj)
        return super().__call__(obj)

    def _register(self, variable):
        name = variable.name
        if not name:
            if not self.allow_unnamed:
                raise ValueError(f"the shared variable {variable} has no name, under which its value would be stored: "
                                 "give it one, or allow_unnamed=True")
            return
        if name == PICKLE:
            raise ValueError(f"a shared variable can't be named {PICKLE!r}: the file needs this name for itself")
        self.uses[name] += 1
        if self.uses[name] > 1:
            if not self.allow_duplicates:
                raise ValueError(f"there is more than one shared variable of the name {name!r}, under which its value "
                                 "would be stored: rename one, or allow_duplicates=True")
            name = f"{name}_{self.uses[name]}"
        self.names[id(variable.container.value)] = name
        self._alive.append(variable.container.value)


class PersistentNdarrayLoad:
    """Reads the arrays that a pickle names from members of the zip file; each one once."""

    def __init__(self, zip_file):
        self.zip_file = zip_file
        self.known = {}

    def __call__(self, persid):
        kind, _, name = persid.partition(":") if isinstance(persid, str) else (persid[0], "", persid[1])
        if kind not in (KIND, "bfloat16"):
            raise pickle.UnpicklingError(f"a pickle refers to {persid!r}, which is no array")
        if name not in self.known:
            with self.zip_file.open(name) as member:
                self.known[name] = np.lib.format.read_array(member, allow_pickle=False)
            if kind == "bfloat16":          # as whole numbers, since the files have no such dtype
                self.known[name] = self.known[name].view(numpy_dtype(kind))
        return self.known[name]


class _Pickler(pickle.Pickler):
    def __init__(self, file, protocol, persistent_id):
        super().__init__(file, protocol)
        self.persistent_id = persistent_id


class _Unpickler(CompatUnpickler):
    def __init__(self, file, persistent_load):
        super().__init__(file)
        self.persistent_load = persistent_load


def dump(obj, file_handler, protocol=DEFAULT_PROTOCOL, persistent_id=PersistentSharedVariableID):
    """Write ``obj`` to a zip file.

    Its arrays become members in the format of ``numpy.save``, so that ``numpy.load`` of the file shows them by name;
    those of shared variables are named like these. The member ``pkl`` is a pickle of all the rest.

    Parameters
    ----------
    obj : object
    file_handler : file
        Open for writing bytes.
    protocol : int
        Of the pickle.
    persistent_id : callable
        Gets the ``zipfile.ZipFile`` and returns what decides about the objects met; `PersistentSharedVariableID`
        or, for numbered arrays only, `PersistentNdarrayID`.
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED) as archive:
        content = io.BytesIO()          # arrays are written while this is made; a zip file takes one at a time
        _Pickler(content, protocol, persistent_id(archive)).dump(obj)
        archive.writestr(PICKLE, content.getvalue())


def load(f, persistent_load=PersistentNdarrayLoad):
    """The object that `dump` wrote.

    Parameters
    ----------
    f : file
        Open for reading bytes, and seekable.
    persistent_load : callable
        Gets the ``zipfile.ZipFile`` and returns what finds the objects that the pickle refers to.
    """
    with zipfile.ZipFile(f, "r") as archive:
        content = io.BytesIO(archive.read(PICKLE))
        return _Unpickler(content, persistent_load(archive)).load()
