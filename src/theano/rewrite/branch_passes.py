"""Rewrites of `ifelse` by the names that they had: what ``optdb`` and users register.

A function gets the same by its mode, where these names select them too, as in ``mode.including("cond_merge")``.
"""

from theano.graph.walk import ancestors
from theano.inner.branch import is_choice
from theano.inner.ifelse import IfElse
from theano.rewrite.local import local_optimizer
from theano.rewrite.optimizer import Optimizer
from theano.rewrite.rules.branch import LIFTED, merge_choices

acceptable_ops = LIFTED


class CondMerge(Optimizer):
    """Choices by the same condition become one, where none needs the other."""

    def apply(self, fgraph):
        """Change ``fgraph``."""
        merge_choices(fgraph)


@local_optimizer(None)
def cond_merge_random_op(node):
    """op(ifelse(c, x, y), ifelse(c, z, w)) >> op of the results of one choice"""
    groups = {}
    for choice in dict.fromkeys(v.owner for v in node.inputs if v.owner is not None and is_choice(v.owner)):
        groups.setdefault(choice.inputs[0], []).append(choice)
    for condition, group in groups.items():
        needed = set(ancestors([v for choice in group for v in choice.inputs]))
        if len(group) < 2 or any(v in needed for choice in group for v in choice.outputs):
            continue
        parts = [choice.op.parts(choice.inputs) for choice in group]
        made = IfElse(sum(choice.op.n_outs for choice in group))(
            condition, *(v for _, true, _ in parts for v in true), *(v for _, _, false in parts for v in false),
            return_list=True)
        known = dict(zip((v for choice in group for v in choice.outputs), made, strict=True))
        return node.op(*(known.get(v, v) for v in node.inputs), return_list=True)
    return False


@local_optimizer([IfElse], inplace=True)
def cond_make_inplace(node):
    """ifelse >> ifelse that gives the chosen values themselves"""
    if node.op.as_view:
        return False
    return IfElse(node.op.n_outs, as_view=True, name=node.op.name)(*node.inputs, return_list=True)
