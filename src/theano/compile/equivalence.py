"""What replaced what while a graph was rewritten, and whether rewriting it again gives the same graph."""

from theano.graph.features import Feature
from theano.graph.need import needs_input
from theano.graph.variable import Constant
from theano.graph.walk import io_toposort


class Equivalences(Feature):
    """Listener that remembers which variable took the place of which, and by which rewrite.

    Attributes
    ----------
    written : FunctionGraph
        A copy of the graph as it was before.
    pairs : dict
        (old variable, new variable) -> the rewrite. What was undone is not in it.
    places : dict
        (old variable, new variable) -> where that happened: a list of (node or "output", number of its input).
    reasons : dict
        node that came in -> the rewrite that brought it.
    """

    def __init__(self, written):
        self.written, self.pairs, self.places, self.reasons = written, {}, {}, {}

    def on_import(self, fgraph, node, reason):
        self.reasons.setdefault(node, reason)

    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        if reason == "revert":
            self.pairs.pop((new_r, r), None)
        else:
            self.pairs.setdefault((r, new_r), reason)
            self.places.setdefault((r, new_r), []).append((node, i))

    def needed(self, pair, known):
        """Whether what was replaced, or what took its place, is computed or read where ``known`` has all values."""
        return any(v.owner is not None and v in known for v in pair) or any(
            node == "output" or node.outputs[0] in known and needs_input(node, i, known)
            for node, i in self.places[pair])

    def variables(self):
        """All variables that were replaced, or took the place of others."""
        return dict.fromkeys(v for pair in self.pairs for v in pair)


def equivalences(fgraph):
    """The listener of a graph; None where it has none."""
    return next((f for f in fgraph._features if isinstance(f, Equivalences)), None)


def rewritten_alike(first, second):
    """Whether two graphs are the same, node by node."""
    return _listing(first) == _listing(second)


def _listing(fgraph):
    """The graph as a list that is equal for equal graphs; ops without properties count by their texts."""
    numbers = {v: ("input", k) for k, v in enumerate(fgraph.inputs)}
    listed = []
    for k, node in enumerate(io_toposort(fgraph.inputs, fgraph.outputs)):
        listed.append((type(node.op), str(node.op), [_number(v, numbers) for v in node.inputs]))
        numbers.update((v, (k, i)) for i, v in enumerate(node.outputs))
    return [*listed, [_number(v, numbers) for v in fgraph.outputs]]


def _number(variable, numbers):
    if variable in numbers:
        return numbers[variable]
    return str(variable.type), str(variable.data) if isinstance(variable, Constant) else str(variable)
