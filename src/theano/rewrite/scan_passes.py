"""Rewrites of loops as optimizers for a whole graph, by the names that they had: what ``optdb`` and users register.

A function gets the same rules by its mode, where these names select them too, as in ``mode.excluding("scanOp_merge")``.
"""

from theano.inner.scan.op import Scan
from theano.rewrite.engine import Engine, Phase
from theano.rewrite.optimizer import Optimizer
from theano.rewrite.rules.scan import (
    elementwise_of_rows,
    equal_rows_of_scan,
    invariants_of_scan,
    last_rows_of_scan,
    part_of_another_scan,
    products_of_rows,
    rows_of_sequences_and_carries,
    scan_with_unused,
    steps_in,
)
from theano.rewrite.rules.sums import sums_of_products

remove_constants_and_unused_inputs_scan = scan_with_unused
scan_merge_inouts = rows_of_sequences_and_carries


class ScanPass(Optimizer):
    """Runs ``rules`` on the loops of a graph until none changes anything."""

    rules = ()

    def apply(self, fgraph):
        """Change ``fgraph``."""
        Engine(fgraph, lambda rule, phase: True).run(Phase(type(self).__name__, self.rules))


class PushOutNonSeqScan(ScanPass):
    """What is the same in all steps is computed once, outside of the loop."""

    rules = (invariants_of_scan, equal_rows_of_scan)


class PushOutSeqScan(ScanPass):
    """What needs rows of sequences only is computed for all of them at once."""

    rules = (elementwise_of_rows, products_of_rows)


class PushOutScanOutput(ScanPass):
    """Sums of products over the steps become one product."""

    rules = (sums_of_products,)


class PushOutDot1(PushOutScanOutput):
    """The same as `PushOutScanOutput`."""


class ScanSaveMem(ScanPass):
    """Only rows that somebody reads are kept."""

    rules = (last_rows_of_scan,)


class ScanMerge(ScanPass):
    """A loop that another one makes already is made once."""

    rules = (part_of_another_scan,)

    @staticmethod
    def belongs_to_set(node, set_nodes):
        """Whether one of the loops ``set_nodes`` computes all that the loop ``node`` does."""
        return any(isinstance(other.op, Scan) and bool(steps_in(node, other)) for other in set_nodes)
