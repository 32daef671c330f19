"""Copies of outputs that would share storage with something else."""

from theano.compile.io import memory_kind
from theano.graph.copying import deep_copy_op
from theano.graph.destroy import destroyed_inputs, storages
from theano.graph.variable import Constant


def insert_copies(fgraph, inputs, outputs):
    """Let every output of ``fgraph`` have storage of its own, but for those that may share it.

    inputs, outputs: what `compile.io` says of them. A new value may be in the storage of its variable, or take over
    that of another variable which gets a new value too. A borrowed output may share storage with a constant, and with
    inputs that may be lent.
    """
    owners = _Owners(fgraph, inputs)
    positions = range(len(fgraph.outputs))
    for position in sorted(positions, key=lambda p: p not in owners.updated):       # new values first
        lent = position < len(outputs) and getattr(outputs[position], "borrow", False)
        if not owners.take(position, lent):
            copied = deep_copy_op(fgraph.outputs[position])
            fgraph.change_input("output", position, copied, reason="insert_deepcopy")


class _Owners:
    """Who has which storage."""

    def __init__(self, fgraph, inputs):
        self.fgraph, self.storage = fgraph, storages(fgraph)
        self.inputs = set(fgraph.inputs)
        self.updated = {o: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
        self.lendable = {v for v, entry in zip(fgraph.inputs, inputs, strict=True)
                         if memory_kind(entry) in ("lent", "mutable")}
        self.overwritten = {root for node, i in destroyed_inputs(fgraph) for root in self.storage[node.inputs[i]]}
        self.replaced = set(self.updated.values())
        self.taken = {own for position, own in self.updated.items() if fgraph.outputs[position] is own}

    def take(self, position, lent):
        """Whether the output at ``position`` can keep its storage, which then belongs to it."""
        variable = self.fgraph.outputs[position]
        roots = self.storage[variable]
        if not (self._updates(variable, roots, self.updated.get(position)) or lent and self._may_alias(roots)
                or not roots & (self.taken | self.inputs) and not any(isinstance(r, Constant) for r in roots)):
            return False
        self.taken |= roots
        return True

    def _updates(self, variable, roots, own):
        if own is None or len(roots) != 1:
            return False
        if own in roots:
            return variable is own or own in self.overwritten and bool(variable.owner.op.destroy_map)
        return roots <= self.replaced and not roots & (self.taken | self.overwritten)

    def _may_alias(self, roots):
        return roots <= self.lendable or all(isinstance(r, Constant) for r in roots)
