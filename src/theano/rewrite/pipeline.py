"""THE ORDER in which graphs are rewritten, and which rules a mode selects."""

import math

from theano.config import config
from theano.graph.features import ReplaceValidate
from theano.graph.progress import report
from theano.rewrite.database import FUSION, optdb
from theano.rewrite.engine import Engine, Merger, Phase
from theano.rewrite.query import RUN, Query  # noqa: F401  Query is imported from here
from theano.rewrite.rules.batch import rewrite_rows
from theano.rewrite.rules.blas import BLAS, sum_of_products
from theano.rewrite.rules.branch import BRANCH, merge_choices, view_choices
from theano.rewrite.rules.canonical import CANONICAL, FOLDING
from theano.rewrite.rules.checkpoint import CHECKPOINT
from theano.rewrite.rules.diagonal import DIAGONAL
from theano.rewrite.rules.factor import DEFINITE, FACTOR
from theano.rewrite.rules.fuse import fuse
from theano.rewrite.rules.guards import keep_checks
from theano.rewrite.rules.increment import INCREMENT
from theano.rewrite.rules.index import INDEX, MACHINE
from theano.rewrite.rules.inner import INNER, graph_as_op
from theano.rewrite.rules.inplace import inplace, overwrite
from theano.rewrite.rules.join import JOIN
from theano.rewrite.rules.kron_gradient import KRON
from theano.rewrite.rules.linalg import LINALG
from theano.rewrite.rules.mask import MASK
from theano.rewrite.rules.nnet import BIASED, NNET
from theano.rewrite.rules.scan import PRODUCTS, SCAN, last_rows_of_scan, scan_with_unused
from theano.rewrite.rules.shape import SHAPE, attach_shapes, detach_shapes
from theano.rewrite.rules.sparse import SPARSE
from theano.rewrite.rules.special import SPECIAL
from theano.rewrite.rules.stable import STABLE
from theano.rewrite.rules.sums import SUMS
from theano.rewrite.structure import attach_hints, detach_hints

FAST = frozenset({"fast_run", "fast_compile"})

PHASES = (
    Phase("inline", (graph_as_op,), tags=FAST),
    Phase("keep_checks", whole=keep_checks, tags=FAST),
    Phase("batched_linalg", whole=rewrite_rows, tags=RUN),
    Phase("HintsOpt", whole=attach_hints, tags=FAST),
    Phase("ShapeOpt", whole=attach_shapes, tags=FAST),
    Phase("stabilize", (*KRON, *LINALG, *DEFINITE, *STABLE, *NNET, *CANONICAL, *SHAPE, *INDEX), tags=RUN),
    Phase("canonicalize", (*CANONICAL, *SHAPE, *INDEX, *STABLE, *NNET, *SPARSE, *INNER, *BRANCH, *CHECKPOINT,
                           *SCAN, *KRON, *LINALG, *DEFINITE, *DIAGONAL, *JOIN, *FOLDING), tags=FAST),
    Phase("scan", (*PRODUCTS, *SUMS, *SCAN, *CANONICAL, *SHAPE, *INDEX), tags=RUN),
    Phase("scan_rows", (last_rows_of_scan, *SCAN), tags=FAST),
    Phase("specialize", (*SPECIAL, *KRON, *LINALG, *FACTOR, *SPARSE, *FOLDING, *SHAPE, sum_of_products, *INDEX, *JOIN,
                         *INCREMENT, *MACHINE, scan_with_unused), tags=RUN),
    Phase("UnHintsOpt", whole=detach_hints, tags=FAST),
    Phase("cond_merge", whole=merge_choices, tags=frozenset({"ifelse"})),
    Phase("BlasOpt", (*BLAS, *FOLDING), tags=FAST),
    Phase("mask", (*MASK, *FOLDING), tags=RUN),
    Phase("UnShapeOpt", whole=detach_shapes, tags=FAST),
    Phase("biased", BIASED, tags=RUN),
    Phase("elemwise_fusion", whole=fuse, tags=RUN | {"fusion", "FusionOptimizer", "local_elemwise_fusion"}),
    Phase("overwrite", whole=overwrite, tags=RUN | {"inplace"}),
    Phase("inplace", whole=inplace, tags=RUN | {"inplace", "inplace_elemwise_optimizer"}),
    Phase("cond_make_inplace", whole=view_choices, tags=RUN | {"inplace"}),
)
GUARDED = ("keep_checks",)          # native code tests this with its assumptions
SHOWN_ONLY = ("biased", "elemwise_fusion", "inplace", "cond_make_inplace")     # native code has these in its own way


def optimize(fgraph, query, native=False):
    """Rewrite ``fgraph`` in place; returns what fired.

    native: leave out what the native runtime decides for itself, fusing and working in place.
    """
    if query.include and ("merge" in query.include or FAST & set(query.include)
                          or len(query.include) > 0) and "merge" not in query.exclude:
        fgraph.attach_feature(Merger())
    engine = Engine(fgraph, query.takes_rule)
    engine._settle()
    done = False
    for phase in PHASES:
        if phase.name == "elemwise_fusion":
            done = apply_users(fgraph, query, 0, FUSION)
        if query.takes_phase(phase) and not (native and phase.name in GUARDED + SHOWN_ONLY):
            report(phase.name, len(fgraph.apply_nodes))
            engine.run(phase)
    done |= apply_users(fgraph, query, FUSION, math.inf)
    if done:
        engine._settle()
    merger = getattr(fgraph, "merger", None)
    if merger is not None:
        fgraph.remove_feature(merger)
    if config.profile_optimizer:
        fgraph.rewriting = engine.fired
    return engine.fired


def apply_users(fgraph, query, first, last):
    """Run what users registered with positions from ``first`` up to ``last``; whether there was anything."""
    extra = [(position, one) for one, position in query.extra_optimizations]
    found = [*optdb.between(first, min(last, query.position_cutoff), query),
             *(one for position, one in sorted(extra, key=lambda e: e[0]) if first <= position < last)]
    for one in found:
        one.optimize(fgraph)
    for feature in [f for f in fgraph._features if type(f) is ReplaceValidate] if found else ():
        fgraph.remove_feature(feature)
    return bool(found)


def present(fgraph, query):
    """Fuse and mark in place a graph that was rewritten for the native runtime, as users expect to see it."""
    engine = Engine(fgraph, query.takes_rule)
    for phase in PHASES:
        if phase.name in SHOWN_ONLY and query.takes_phase(phase):
            engine.run(phase)
