"""Copies of outputs that would share storage with something else."""

from theano.graph.copying import deep_copy_op
from theano.graph.destroy import storages
from theano.graph.variable import Constant


def insert_copies(fgraph, outputs):
    """Let every output of ``fgraph`` have storage of its own, but for those that may be borrowed.

    An update may keep the storage of the shared variable that it updates.
    """
    storage = storages(fgraph)
    updated = {o: fgraph.inputs[i] for o, i in (fgraph.update_mapping or {}).items()}
    taken = set()
    inputs = set(fgraph.inputs)
    for position, variable in enumerate(list(fgraph.outputs)):
        roots = storage[variable]
        own = updated.get(position)
        aliased = any((r in inputs and r is not own) or isinstance(r, Constant) or r in taken for r in roots)
        if own is not None and own in roots and variable is not own and not _in_place(variable, own):
            aliased = True
        borrowed = position < len(outputs) and getattr(outputs[position], "borrow", False)
        if aliased and borrowed and all(isinstance(r, Constant) for r in roots):
            aliased = False
        if aliased:
            fgraph.change_input("output", position, deep_copy_op(variable), reason="insert_deepcopy")
        else:
            taken |= roots


def _in_place(variable, own):
    """Whether ``variable`` is computed in the storage of ``own``, not a mere view of it."""
    node = variable.owner
    return node is not None and bool(node.op.destroy_map)
