"""Branches of `ifelse`: choices made early, and graphs of what only one branch needs."""

from theano.graph import origin
from theano.graph.destroy import destroyed_inputs, storages
from theano.graph.need import ALWAYS, gated, needs, without
from theano.graph.variable import Constant
from theano.graph.walk import substitute
from theano.inner.branch import Branch, absent, is_choice
from theano.inner.graph import InnerGraph
from theano.inner.ifelse import IfElse
from theano.rewrite.engine import rule
from theano.scalar.type import Scalar
from theano.tensor.careduce import CAReduce
from theano.tensor.create import Alloc
from theano.tensor.elemwise import DimShuffle
from theano.tensor.index import Subtensor
from theano.tensor.reduce import Argmax, MaxAndArgmax
from theano.tensor.shape import Shape, Shape_i, scalar_from_tensor, tensor_from_scalar


@rule(IfElse, tags=("canonicalize",))
def constant_condition(node):
    """ifelse(constant, x, y) >> x, or y"""
    condition, true, false = node.op.parts(node.inputs)
    return None if not isinstance(condition, Constant) else true if condition.data else false


@rule(IfElse, name="cond_remove_identical", tags=("canonicalize",))
def equal_values(node):
    """ifelse(c, (x, y, y), (x, z, z)) >> x, ifelse(c, y, z); also without results that nobody uses"""
    condition, true, false = node.op.parts(node.inputs)
    found, kept = {}, {}
    for output, a, b in zip(node.outputs, true, false, strict=True):
        if a is b:
            found[output] = a
        elif output.clients:
            kept.setdefault((a, b), []).append(output)
    if len(kept) == len(node.outputs):
        return None
    if kept:
        made = IfElse(len(kept), name=node.op.name)(condition, *(a for a, _ in kept), *(b for _, b in kept),
                                                    return_list=True)
        found |= {output: v for v, outputs in zip(made, kept.values(), strict=True) for output in outputs}
    return {output: v for output, v in found.items() if output.clients} or None


@rule(IfElse, name="cond_merge_ifs", tags=("canonicalize",))
def same_condition_within(node):
    """ifelse(c, ifelse(c, x, y), z) >> ifelse(c, x, z), and the same for the other branch"""
    condition, true, false = node.op.parts(node.inputs)
    short = [[_chosen(v, condition, truth) for v in values] for values, truth in ((true, True), (false, False))]
    if short == [true, false]:
        return None
    return IfElse(node.op.n_outs, name=node.op.name)(condition, *short[0], *short[1], return_list=True)


LIFTED = (Subtensor, CAReduce, Argmax, MaxAndArgmax, Shape, Shape_i)        # what gives less than it gets


@rule(*LIFTED, name="ifelse_lift_single_if_through_acceptable_ops", tags=("canonicalize", "ifelse"))
def part_of_choice(node):
    """op(ifelse(c, x, y)) >> ifelse(c, op(x), op(y)) for rows, reductions and shapes, where nothing needs all of it

    A branch then computes what is wanted of it: of a loop the last row, of a sum no terms.
    """
    value, choice = node.inputs[0], node.inputs[0].owner
    if choice is None or not is_choice(choice) or len(node.outputs) > 1:
        return None
    if any(client == "output" or not isinstance(client.op, LIFTED) or at for client, at in value.clients):
        return None
    condition, *branches = choice.op.parts(choice.inputs)
    pair = [values[choice.outputs.index(value)] for values in branches]
    if all(v.owner is None or isinstance(v.owner.op, (Alloc, DimShuffle)) for v in pair):
        return None                                     # nothing is computed in the branches
    made = [node.op(v, *node.inputs[1:]) for v in pair]
    found = IfElse(1, name=choice.op.name)(condition, *made)
    return found if found.type == node.outputs[0].type else None


def _chosen(variable, condition, truth):
    """What ``variable`` is where ``condition`` has the truth value ``truth``."""
    while variable.owner is not None and is_choice(variable.owner) and variable.owner.inputs[0] is condition:
        _, true, false = variable.owner.op.parts(variable.owner.inputs)
        variable = (true if truth else false)[variable.owner.outputs.index(variable)]
    return variable


def merge_choices(fgraph):
    """ifelse(c, x, y), ifelse(c, z, w) >> ifelse(c, (x, z), (y, w)) where none needs the other; how many went."""
    count = 0
    for condition in dict.fromkeys(n.inputs[0] for n in fgraph.toposort() if is_choice(n)):
        for group in _levels(fgraph, condition):
            if len(group) > 1:
                _merge(fgraph, condition, group)
                count += len(group) - 1
    return count


def _levels(fgraph, condition, truly=lambda node: True):
    """The choices on ``condition`` in groups of which each may need earlier ones only."""
    level, groups = {}, []
    for node in fgraph.toposort():
        below = max((level.get(v.owner, 0) for v in node.inputs if v.owner is not None), default=0)
        if is_choice(node) and node.inputs[0] is condition and truly(node):
            if below == len(groups):
                groups.append([])
            groups[below].append(node)
            below += 1
        level[node] = below
    return groups


def _merge(fgraph, condition, group):
    parts = [node.op.parts(node.inputs) for node in group]
    with origin.inherited(_trace(group)):
        made = IfElse(sum(n.op.n_outs for n in group), name=next((n.op.name for n in group if n.op.name), None))(
            condition, *(v for _, true, _ in parts for v in true), *(v for _, _, false in parts for v in false),
            return_list=True)
    fgraph.replace_all(list(zip((v for n in group for v in n.outputs), made, strict=True)), reason="cond_merge")


def _trace(group):
    return next((v.tag.trace for n in group for v in n.outputs if getattr(v.tag, "trace", ())), ())


def view_choices(fgraph):
    """ifelse >> ifelse that gives the chosen values themselves, where nobody overwrites them; how many."""
    count = 0
    if not any(map(is_choice, fgraph.apply_nodes)):         # a graph that can't be sorted now has none either
        return count
    for node in fgraph.toposort():
        if not is_choice(node) or node.op.as_view:
            continue
        made = IfElse(node.op.n_outs, as_view=True, name=node.op.name)(*node.inputs, return_list=True)
        pairs = list(zip(node.outputs, made, strict=True))
        fgraph.replace_all(pairs, reason="cond_make_inplace")
        if _is_overwritten(fgraph, made):
            fgraph.replace_all([(new, old) for old, new in pairs], reason="cond_make_inplace")
        else:
            count += 1
    return count


def _is_overwritten(fgraph, variables):
    storage = storages(fgraph)
    roots = {root for v in variables for root in storage[v]}
    return any(roots & storage[node.inputs[i]] for node, i in destroyed_inputs(fgraph))


# -- graphs of branches ---------------------------------------------------------------------------------


def close_branches(fgraph):
    """A copy of the graph that has the branches of choices as graphs; the graph itself where there are no choices."""
    if not any(map(is_choice, fgraph.apply_nodes)):
        return fgraph
    fgraph = fgraph.clone(check_integrity=False)
    while True:
        order = fgraph.toposort()
        when = needs(order, fgraph.outputs)
        first = next((n for n in order if is_choice(n) and when[n] == ALWAYS), None)
        if first is None:
            return fgraph
        gates = {}
        for group in _levels(fgraph, first.inputs[0], lambda node, when=when: when.get(node, ALWAYS) == ALWAYS):
            _Closing(fgraph, group, when, gates).replace()


class _Closing:
    """Choices on one condition, of which none needs another one, about to become one `Branch`.

    when: see `needs`   gates: variables -> what stands for them outside of where they are needed
    """

    def __init__(self, fgraph, group, when, gates):
        self.fgraph, self.group, self.when, self.gates = fgraph, group, when, gates
        self.condition = group[0].inputs[0]
        parts = [node.op.parts(node.inputs) for node in group]
        self.values = {True: [v for _, true, _ in parts for v in true],
                       False: [v for _, _, false in parts for v in false]}
        self.nodes = {truth: self._nodes(truth) for truth in (True, False)}
        self.left = {truth: self._needed_later(truth) for truth in (True, False)}

    def _nodes(self, truth):
        """The nodes that the branch ``truth`` computes: what nobody else needs, and copies of what others need too,
        but only in other cases.
        """
        found, stack, mark = set(), list(self.values[truth]), (self.condition, truth)
        while stack:
            node = stack.pop().owner
            if node is not None and node not in found and any(
                    mark in case for case in self.when.get(node, ALWAYS)):
                found.add(node)
                stack.extend(node.inputs)
        return found

    def _needed_later(self, truth):
        """Variables of a branch that are needed after it too, by other choices on its condition."""
        mark = (self.condition, truth)
        own = [node for node in self.fgraph.toposort() if node in self.nodes[truth]
               and all(mark in case for case in self.when[node])]
        return [v for node in own for v in node.outputs
                if any(self._is_outside(user, position, truth) for user, position in v.clients)]

    def _is_outside(self, user, position, truth):
        return user not in self.nodes[truth] and (user not in self.group or position == 0)

    def replace(self):
        """Put the branch in the place of the choices."""
        outputs = {}
        for truth in (True, False):
            later = [self._gated(v, (self.condition, truth)) for v in self.left[truth]]
            empty = [absent(v) for v in self.left[not truth]]
            outputs[truth] = [*self.values[truth], *(later + empty if truth else empty + later)]
        bodies = {truth: self._simplified(outputs[truth], truth) for truth in outputs}
        outer = self._outer(bodies)
        graphs = {truth: self._graph(bodies[truth], outer) for truth in bodies}
        op = Branch(graphs[True], graphs[False], next((n.op.name for n in self.group if n.op.name), None))
        with origin.inherited(_trace(self.group)):
            made = op(self.condition, *(self._gated(v) for v in outer), return_list=True)
        old = [*(v for n in self.group for v in n.outputs), *self.left[True], *self.left[False]]
        self.fgraph.replace_all(list(zip(old, made, strict=True)), reason="branch")

    def _gated(self, variable, mark=None):
        """``variable`` computed only where it is needed, else absent; ``mark`` is known to hold."""
        cases = self.when.get(variable.owner, ALWAYS)
        if mark is not None:
            cases = without(cases, mark)
        if variable.owner is None or cases == ALWAYS:
            return variable
        if mark is not None:
            return _computed_in(cases, variable)
        if variable not in self.gates:
            self.gates[variable] = _computed_in(cases, variable)
        return self.gates[variable]

    def _simplified(self, outputs, truth):
        """``outputs`` where the truth of the condition is known."""
        known = {}
        for node in self.fgraph.toposort():
            if node in self.nodes[truth] and is_choice(node) and node.inputs[0] is self.condition:
                known |= {v: _chosen(v, self.condition, truth) for v in node.outputs}
        return substitute([_chosen(v, self.condition, truth) for v in outputs], known) if known else outputs

    def _outer(self, bodies):
        """What the graphs need from outside."""
        found = {}
        for truth, outputs in bodies.items():
            stack, seen = list(outputs), set()
            while stack:
                v = stack.pop()
                if v in seen or isinstance(v, Constant):
                    continue
                seen.add(v)
                inside = v.owner is not None and (v.owner in self.nodes[truth] or v not in self.fgraph.variables)
                if inside:
                    stack.extend(v.owner.inputs)
                else:
                    found[v] = None
        return list(found)

    @staticmethod
    def _graph(outputs, outer):
        copies = {v: v.type.make_variable(v.name) for v in outer}
        constants = {v: v.clone() for v in outputs if isinstance(v, Constant)}
        return InnerGraph(copies.values(), substitute(outputs, copies | constants))


def _computed_in(cases, variable):
    """``variable`` in the given cases, else absent."""
    if isinstance(variable.type, Scalar):           # choices are among tensors
        return scalar_from_tensor(_computed_in(cases, tensor_from_scalar(variable)))
    return gated(IfElse.gated, cases, variable, absent(variable))


BRANCH = (constant_condition, equal_values, same_condition_within, part_of_choice)
