"""Variables of a graph replaced by others, within the graphs that ops hold too."""

from theano.graph.shared import SharedVariable
from theano.graph.variable import Constant
from theano.graph.walk import ancestors, substitute, toposort
from theano.graph.walk import inputs as leaves
from theano.inner.scan.loop import original_of
from theano.inner.scan.op import Scan, run
from theano.inner.subgraph import OpFromGraph


def map_variables(replacer, graphs, additional_inputs=()):
    """``graphs`` with every variable v replaced by ``replacer(v)``, in the graphs of loops and `OpFromGraph` too.

    Parameters
    ----------
    replacer : callable
        From a variable to what takes its place, itself where it stays. Replacements may be computed from any variables,
        those of a step of a loop only within that step. They are not looked at again.
    graphs : list of Variable
    additional_inputs : list of Variable
        Have no effect: what replacements need is found.

    Returns
    -------
    list of Variable

    Raises
    ------
    NotImplementedError
        Where a replacement within a graph of an op meets a shared variable that has an update there.
    """
    return _mapped(replacer, list(graphs), ())[0]


def _mapped(replacer, outputs, bound):
    """The outputs in terms of replacements, and whether anything was replaced; ``bound`` variables stay."""
    memo, changed = {v: v for v in bound}, False

    def put(old, new):
        nonlocal changed
        chosen = replacer(old)
        changed |= chosen is not old
        memo[old] = new if chosen is old else old.type.filter_variable(chosen)

    for v in leaves(outputs, blockers=bound):
        if v not in memo:
            put(v, v)
    for node in toposort(outputs, bound):
        inputs = [memo.get(v, v) for v in node.inputs]
        for old, new in zip(node.outputs, _applied(replacer, node, inputs), strict=True):
            changed |= new.owner is None or new.owner.op is not node.op
            put(old, new)
    return [memo.get(v, v) for v in outputs], changed


def _applied(replacer, node, inputs):
    """The outputs of ``node`` applied to ``inputs``, with replacements within."""
    if isinstance(node.op, Scan):
        loop = node.op.loop(inputs)
        found = _within(replacer, loop.outputs, loop.inputs, [o.outer for o in loop.others])
        if found is not None:
            return run(loop.with_outputs(found), pruned=False)
    elif isinstance(node.op, OpFromGraph):
        own = node.op.graph.inputs
        found = _within(replacer, node.op.graph.outputs, own, inputs)
        if found is not None:
            free = [v for v in leaves(found, blockers=own)
                    if not isinstance(v, (Constant, SharedVariable)) and v not in own]
            op = OpFromGraph([*own, *free], found, inline=node.op.is_inline, name=node.op.name, **node.op.kwargs)
            return op(*inputs, *free, return_list=True)
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node.outputs
    return node.clone_with_new_inputs(inputs).outputs


def _within(replacer, outputs, own, outer):
    """``outputs`` of a graph inside an op, in terms of replacements; None where nothing is replaced."""
    found, changed = _mapped(replacer, outputs, own)
    if not changed:
        return None
    found = substitute(found, {original_of(v): v for v in own if original_of(v) is not v})
    for v in [*ancestors(found, own), *outer]:
        if isinstance(v, SharedVariable) and (getattr(v, "update", None) is not None or v.default_update is not None):
            raise NotImplementedError(f"a graph that uses the shared variable {v}, which has an update, can't have "
                                      "variables replaced: the update would have to change too")
    return found
