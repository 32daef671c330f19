"""Pickling and deep copies of graphs of any depth.

Pickle and deepcopy recurse into what an object refers to, so a long chain of nodes would exhaust the stack. Here a
node first hands over a table of the nodes above it, inputs first: when its own inputs are reached they are known
already. The table decides about depth only; what is pickled, and that shared parts stay shared, does not depend on it.

A node is made empty and gets its contents as state, so that tags may refer back to the node they hang on.
"""

import threading


class Session(threading.local):
    """What one thread is pickling: how many tables are open, and numbers of the nodes that were reached."""

    def __init__(self):
        self.depth, self.reached = 0, set()

    def leave(self, depth):
        """Go back to ``depth`` open tables."""
        self.depth = depth
        if not depth:
            self.reached = set()


session = Session()


class Mark:
    """First or last item of a table."""

    def __init__(self, first=None):
        self.first, self.open = first, False

    def __reduce_ex__(self, protocol):
        if self.first is None:
            session.depth += 1
            self.open = True
        else:
            session.leave(session.depth - 1)
            self.first.open = False
        return bool, ()

    def __del__(self):
        if self.open:                   # pickling was given up half way
            session.leave(0)


def table(nodes):
    """A list that pickles ``nodes``, which must come inputs first, without deep recursion: ``table(nodes)[1:-1]``."""
    first = Mark()
    return [first, *nodes, Mark(first)]


def reduce_node(node):
    """What `Apply.__reduce_ex__` returns."""
    above = nodes_above(node, session.reached)
    if session.depth:
        session.reached.add(id(node))
    classes = tuple(type(variable) for variable in node.outputs)
    return new_node, (table(above) if above else (), type(node), classes), node.__getstate__()


def nodes_above(node, reached=()):
    """Nodes that ``node`` needs, inputs first, without itself and without those whose numbers are in ``reached``."""
    order, seen = [], {node}
    stack = [(node, iter(node.inputs))]
    while stack:
        current, pending = stack[-1]
        for variable in pending:
            owner = variable.owner
            if owner is not None and owner not in seen and id(owner) not in reached:
                seen.add(owner)
                stack.append((owner, iter(owner.inputs)))
                break
        else:
            stack.pop()
            order.append(current)
    order.pop()
    return order


def new_node(above, cls, classes):
    """A node without contents whose outputs are of ``classes``."""
    node = cls.__new__(cls)
    node.outputs = []
    for index, kind in enumerate(classes):
        variable = kind.__new__(kind)
        variable.owner, variable.index = node, index
        node.outputs.append(variable)
    return node


def output_of(node, index):
    """Output ``index`` of ``node``."""
    return node.outputs[index]


def state_of_node(node):
    """Attributes of a node, with the states of its outputs; what a FunctionGraph added is left out."""
    state = {k: v for k, v in node.__dict__.items() if k != "fgraph"}
    state["outputs"] = [variable.__getstate__() for variable in node.outputs]
    return state


def fill_node(node, state):
    """Give an empty node the attributes that `state_of_node` told, or those in a pickle of Theano 1.0."""
    if "outputs" not in node.__dict__:
        node.__dict__.update(state)
        return
    states = state["outputs"]
    node.__dict__.update((k, v) for k, v in state.items() if k != "outputs")
    for variable, known in zip(node.outputs, states, strict=True):
        variable.__setstate__(known)
