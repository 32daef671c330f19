"""Where users register rewrites of their own, with tags by which modes select them.

``optdb`` is what functions use. Local optimizers go into one of its databases, ``optdb["canonicalize"].register(name,
local_optimizer, "fast_run")``, and run after our rules of that phase; optimizers of whole graphs go into it with a
position: ``optdb.register(name, optimizer, 2.5, "fast_run")``.
"""

import sys

from theano.config import config
from theano.rewrite.local import LocalOptGroup, LocalOptimizer
from theano.rewrite.navigator import EquilibriumOptimizer, TopoOptimizer
from theano.rewrite.optimizer import SeqOptimizer
from theano.rewrite.query import Query


class DB:
    """Rewrites by name, each with tags."""

    def __init__(self):
        self.entries = {}               # name -> what was registered
        self.tags = {}                  # name -> its tags
        self.name = None

    __hash__ = object.__hash__

    def __contains__(self, name):
        return name in self.entries or any(name in tags for tags in self.tags.values())

    def __getitem__(self, name):
        """What has this name, or the only one that has this tag; KeyError for none or several."""
        if name in self.entries:
            return self.entries[name]
        found = [self.entries[n] for n, tags in self.tags.items() if name in tags]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rewrites are called {name!r}")
        return found[0]

    def register(self, name, obj, *tags, **kwargs):
        """Add a rewrite or a database under a new name; ValueError where the name or a tag is taken."""
        if name in self:
            raise ValueError(f"The name of the rewrite, {name}, is taken, as a name or as a tag")
        taken = [tag for tag in tags if tag in self.entries]
        if taken:
            raise ValueError(f"The tag of the rewrite {name} is the name of another: {', '.join(taken)}")
        if getattr(obj, "name", None) is None:
            obj.name = name
        self.entries[name] = obj
        self.tags[name] = {tag for tag in tags if isinstance(tag, str)} | {name, type(obj).__name__}

    def add_tags(self, name, *tags):
        """Give what is called ``name`` further tags."""
        self.tags[name] |= set(tags)

    def remove_tags(self, name, *tags):
        """Take tags from what is called ``name``."""
        self.tags[name] -= set(tags)

    def selected(self, query):
        """Names of the entries that a `Query` takes, with what they are: databases stand for their own selection."""
        found = []
        for name, obj in self.entries.items():
            if set(query.exclude) & self.tags[name] or not set(query.require) <= self.tags[name]:
                continue
            if isinstance(obj, DB):
                if set(query.include) & self.tags[name] and (inner := obj.query(query)) is not None:
                    found.append((name, inner))
            elif set(query.include) & self.tags[name]:
                found.append((name, obj))
        return found

    def query(self, *tags, **kwtags):
        """The rewrites that a `Query` takes, or tags: ``"+one"``, ``"&needed"``, ``"-not"``."""
        return [obj for _, obj in self.selected(as_query(tags))]

    __query__ = selected

    def print_summary(self, stream=sys.stdout):
        """Write names and tags."""
        for name in self.entries:
            print(name, sorted(self.tags[name]), file=stream)


def as_query(tags):
    """A `Query`: the one given, or that of tags with signs."""
    if len(tags) == 1 and isinstance(tags[0], Query):
        return tags[0]
    if any(tag[0] not in "+-&" for tag in tags):
        raise ValueError(f"tags begin with +, & or -, got {tags}")
    by_sign = {sign: tuple(tag[1:] for tag in tags if tag[0] == sign) for sign in "+&-"}
    return Query(include=by_sign["+"], require=by_sign["&"], exclude=by_sign["-"])


class EquilibriumDB(DB):
    """Local optimizers, and others, that run together until nothing changes; see `EquilibriumOptimizer`."""

    def __init__(self, ignore_newtrees=True, tracks_on_change_inputs=False):
        super().__init__()
        self.ignore_newtrees, self.tracks_on_change_inputs = ignore_newtrees, tracks_on_change_inputs
        self.last = {}

    def register(self, name, obj, *tags, **kwtags):
        """Like `DB.register`; final_opt, cleanup: it runs once per round, after the local ones."""
        self.last[name] = "cleanup" if kwtags.pop("cleanup", False) else "final" if kwtags.pop("final_opt", False) \
            else None
        super().register(name, obj, *tags, **kwtags)

    def query(self, *tags, **kwtags):
        """An `EquilibriumOptimizer` of those taken, None for none."""
        found = self.selected(as_query(tags))
        by_kind = {kind: [o for name, o in found if self.last[name] == kind] for kind in (None, "final", "cleanup")}
        return EquilibriumOptimizer(by_kind[None], EquilibriumOptimizer.warn, self.ignore_newtrees,
                                    self.tracks_on_change_inputs, config.optdb.max_use_ratio, by_kind["final"],
                                    by_kind["cleanup"]) if found else None


class SequenceDB(DB):
    """Optimizers and databases that run one after the other, by position."""

    seq_opt = SeqOptimizer

    def __init__(self, failure_callback=SeqOptimizer.warn):
        super().__init__()
        self.positions, self.failure_callback = {}, failure_callback

    def register(self, name, obj, position, *tags):
        """Like `DB.register`; position: a number, or "last"."""
        if position == "last":
            position = max(self.positions.values(), default=0) + 1
        if not isinstance(position, (int, float)):
            raise TypeError(f"the position of {name} must be a number or 'last', got {position!r}")
        super().register(name, obj, *tags)
        self.positions[name] = position

    def query(self, *tags, **kwtags):
        """A `SeqOptimizer` of those taken, in their order, up to ``position_cutoff``."""
        wanted = as_query(tags)
        cutoff = kwtags.get("position_cutoff", min(wanted.position_cutoff, config.optdb.position_cutoff))
        found = sorted(self.selected(wanted), key=lambda entry: (self.positions[entry[0]], entry[0]))
        return self.seq_opt([o for name, o in found if self.positions[name] < cutoff],
                            failure_callback=self.failure_callback)

    def between(self, first, last, query):
        """Those taken whose positions are at least ``first`` and below ``last``, in their order."""
        found = [(self.positions[name], name, o) for name, o in self.selected(query)]
        return [o for position, _, o in sorted(found, key=lambda e: e[:2]) if first <= position < last]

    def __str__(self):
        return "\n".join(f"{position:8} {name} {sorted(self.tags[name])}"
                         for position, name in sorted((p, n) for n, p in self.positions.items()))


class LocalGroupDB(DB):
    """Local optimizers as one: what the first says that has something to say."""

    def __init__(self, apply_all_opts=False, profile=False, local_opt=LocalOptGroup):
        super().__init__()
        self.local_opt, self.positions = local_opt, {}

    def register(self, name, obj, *tags, **kwargs):
        """Like `DB.register`; position: a number by which they are ordered, or "last"."""
        position = kwargs.pop("position", "last")
        super().register(name, obj, *tags, **kwargs)
        self.positions[name] = float("inf") if position == "last" else position

    def query(self, *tags, **kwtags):
        """A `LocalOptGroup` of those taken."""
        found = self.selected(as_query(tags))
        return self.local_opt(*(o for _, o in sorted(found, key=lambda e: self.positions[e[0]])))


class TopoDB(DB):
    """What another database gives, in a `TopoOptimizer`."""

    def __init__(self, db, order="in_to_out", ignore_newtrees=False, failure_callback=None):
        super().__init__()
        self.db, self.options = db, (order, ignore_newtrees, failure_callback)

    def query(self, *tags, **kwtags):
        """A `TopoOptimizer` of what the other database gives."""
        return TopoOptimizer(self.db.query(*tags, **kwtags), *self.options)


class ProxyDB(DB):
    """Another database, under other tags."""

    def __init__(self, db):
        super().__init__()
        if not isinstance(db, DB):
            raise TypeError(f"ProxyDB needs a database, got {db!r}")
        self.db = db

    def query(self, *tags, **kwtags):
        """What the other database gives."""
        return self.db.query(*tags, **kwtags)


# -- what functions use -------------------------------------------------------------------------------------------

POSITIONS = {"canonicalize": 1, "stabilize": 1.5, "specialize": 2, "uncanonicalize": 3}
FUSION = 49                 # what is registered before that runs before operations are fused
optdb = SequenceDB()
for _name, _position in POSITIONS.items():
    optdb.register(_name, EquilibriumDB(ignore_newtrees=False), _position, "fast_run",
                   *(["fast_compile"] if _name == "canonicalize" else []))


def registered():
    """Whether a user has registered anything."""
    return len(optdb.entries) > len(POSITIONS) or any(optdb[name].entries for name in POSITIONS)


def _register_in(phase):
    def register(lopt, *tags, **kwargs):
        if isinstance(lopt, str):
            return lambda actual: register(actual, lopt, *tags, **kwargs)
        if not isinstance(lopt, LocalOptimizer):
            raise TypeError(f"a local optimizer is needed, got {lopt!r}: see theano.gof.local_optimizer")
        name = kwargs.pop("name", None) or lopt.name
        optdb[phase].register(name, lopt, "fast_run", *tags)
        return lopt
    register.__name__ = f"register_{phase}"
    register.__doc__ = f"Let functions use a local optimizer in the phase {phase}; also a decorator, with tags or not."
    return register


register_canonicalize, register_stabilize, register_specialize, register_uncanonicalize = (
    _register_in(phase) for phase in POSITIONS)
register_useless = register_canonicalize
