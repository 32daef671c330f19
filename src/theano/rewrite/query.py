"""Which rewrites a mode takes."""

import math
from dataclasses import dataclass, replace

RUN = frozenset({"fast_run"})


@dataclass(frozen=True)
class Query:
    """Which rewrites run: tags or names, of which one must be had (include), all (require), none (exclude).

    position_cutoff: of those registered with a position only the ones below it.
    """

    include: tuple = ("fast_run",)
    require: tuple | None = None
    exclude: tuple | None = None
    subquery: dict | None = None
    position_cutoff: float = math.inf
    extra_optimizations: tuple | None = None

    def __post_init__(self):
        for name in ("include", "require", "exclude", "extra_optimizations"):
            object.__setattr__(self, name, tuple(getattr(self, name) or ()))

    def including(self, *tags):
        """With these too."""
        return replace(self, include=(*self.include, *tags))

    def excluding(self, *tags):
        """Without these."""
        return replace(self, exclude=(*self.exclude, *tags))

    def requiring(self, *tags):
        """Only what has all of these."""
        return replace(self, require=(*self.require, *tags))

    def register(self, *optimizations):
        """With further optimizers: pairs of an `Optimizer` and a position, which run wherever this query is used."""
        return replace(self, extra_optimizations=(*self.extra_optimizations, *optimizations))

    def takes_phase(self, phase):
        """Whether a phase runs at all."""
        names = phase.tags | {phase.name}
        return bool(names & set(self.include)) and not names & (set(self.exclude) - RUN)

    def takes_rule(self, rule, phase):
        """Whether a rule of a phase runs."""
        names = rule.tags | {rule.name, phase.name}
        if names & set(self.exclude):
            return False
        return set(self.require) <= names | phase.tags
