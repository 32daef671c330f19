"""Small helpers for sequences and names that programs import from ``theano.gof.utils``."""

import functools
import sys
import traceback
import warnings
from collections import Counter
from itertools import filterfalse

from theano.graph import origin
from theano.late import hashlib


def memoize(f):
    """``f``, which remembers its results by its arguments."""
    return functools.cache(f)


def deprecated(filename, msg=""):
    """A decorator that lets a function of ``filename`` warn when it is first called."""
    def make(f):
        told = []

        @functools.wraps(f)
        def wrapped(*args, **kwargs):
            if not told:
                told.append(True)
                warnings.warn(f"function {f.__name__} in file {filename} is deprecated: {msg}", stacklevel=2)
            return f(*args, **kwargs)
        return wrapped
    return make


class D:
    """An object with the given attributes."""

    def __init__(self, **d):
        vars(self).update(d)


def merge_dict(d1, d2):
    """A dict with the items of both; those of ``d2`` go before."""
    return {**d1, **d2}


def simple_extract_stack(f=None, limit=None, skips=[]):                               # noqa: B006
    """Where a program is, outermost frame first: (file, line, function, text of the line) of each.

    f: the frame to begin with, by default the caller's. limit: how many of the innermost frames. skips: parts of the
    names of files whose frames at the inner end are left out.
    """
    frames = traceback.extract_stack(f or sys._getframe(1))
    while frames and any(skip in frames[-1].filename for skip in skips):
        frames.pop()
    kept = frames if limit is None else frames[-limit:] if limit else []
    return [(frame.filename, frame.lineno, frame.name, frame.line) for frame in kept]


def uniq(seq):
    """The elements of ``seq``, each once, in the order in which they came first."""
    return list(dict.fromkeys(seq))


def unique(x):
    """Whether no element comes twice."""
    return len(set(x)) == len(x)


def difference(seq1, seq2):
    """The elements of ``seq1`` that are not in ``seq2``, in their order."""
    gone = set(seq2)
    return [x for x in seq1 if x not in gone]


def remove(predicate, coll):
    """The elements for which ``predicate`` is false."""
    return filterfalse(predicate, coll)


def hist(coll):
    """How often each element comes."""
    return dict(Counter(coll))


def flatten(a):
    """The elements of nested lists, tuples and sets as one list; anything else as a list of one."""
    if not isinstance(a, (tuple, list, set)):
        return [a]
    return [x for item in a for x in flatten(item)]


def to_return_values(values):
    """The only value, or all of them."""
    return values[0] if len(values) == 1 else values


def from_return_values(values):
    """A list of the only value, or of all of them."""
    return list(values) if isinstance(values, (list, tuple)) else [values]


def toposort(prereqs_d):
    """Keys of a dict of what each needs, every one after what it needs; ValueError for a cycle."""
    waiting = {key: set(needs) for key, needs in prereqs_d.items()}
    for needs in list(waiting.values()):
        for key in needs:
            waiting.setdefault(key, set())
    order = []
    while waiting:
        ready = [key for key, needs in waiting.items() if not needs]
        if not ready:
            raise ValueError(f"these need one another: {sorted(map(str, waiting))}")
        for key in ready:
            del waiting[key]
        for needs in waiting.values():
            needs.difference_update(ready)
        order += ready
    return order


def give_variables_names(variables):
    """Give variables names that differ, of those that have none or one that another has."""
    taken = Counter(v.name for v in variables)
    bad = [v for v in variables if not v.name or taken[v.name] > 1]
    names = {v.name for v in variables if v not in set(bad)}
    number = 0
    for variable in bad:
        base = variable.name or "var"
        while f"{base}_{number}" in names:
            number += 1
        variable.name = f"{base}_{number}"
        names.add(variable.name)
    return variables


def hash_from_code(msg):
    """A text that is equal for equal texts or bytes."""
    return hashlib.sha256(msg.encode() if isinstance(msg, str) else msg).hexdigest()


def hash_from_file(file_path):
    """`hash_from_code` of what a file holds."""
    with open(file_path, "rb") as file:
        return hash_from_code(file.read())


def get_variable_trace_string(v):
    """Where a variable was made, "" where that is unknown."""
    return origin.describe(v)
