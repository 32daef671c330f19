"""Where dtypes grow: the nodes of a function whose result is wider than what the user gave them."""

from dataclasses import dataclass

from theano.graph import origin
from theano.graph.variable import Apply
from theano.graph.walk import toposort
from theano.inner.graph import InnerGraph
from theano.scalar.dtype import can_cast
from theano.scalar.op import fixed_number
from theano.scalar.table import CASTS
from theano.tensor.careduce import CAReduce
from theano.tensor.dot import Dot
from theano.tensor.elemwise import Elemwise
from theano.tensor.join import Join
from theano.tensor.shape import MakeVector

COMBINING = (Elemwise, CAReduce, Dot, Join, MakeVector)      # ops whose result has a dtype by promotion
CAST_ROWS = frozenset(CASTS.values())


@dataclass(frozen=True)
class Promotion:
    """One node whose result has another dtype than some of its inputs.

    node : Apply
    given : tuple of str
        dtypes of the inputs.
    made : str
        dtype of the result.
    where : str
        File, line and text of the user's line, "" where it is unknown.
    """

    node: Apply
    given: tuple
    made: str
    where: str

    def __str__(self):
        op = str(self.node.op).removeprefix("Elemwise{").removesuffix("}").removesuffix(",no_inplace")
        return f"{self.made:10} from {', '.join(self.given)} by {op}" + (f"\n    at {self.where}" if self.where else "")


class DtypeReport(list):
    """`Promotion` of each node, in the order in which they run; prints as a table."""

    def of(self, dtype):
        """Those that make this dtype."""
        return DtypeReport(p for p in self if p.made == dtype)

    def __str__(self):
        return "\n".join(map(str, self)) if self else "no dtype is promoted"


def dtype_report(fgraph):
    """The promotions in a graph as the user wrote it, loops included; explicit casts and truth values are none."""
    return DtypeReport(found for node in all_nodes(fgraph.toposort()) if (found := _promotion(node)) is not None)


def all_nodes(nodes):
    """``nodes``, each followed by those of the graph that its op holds."""
    for node in nodes:
        yield node
        inner = getattr(node.op, "graph", None)
        if isinstance(inner, InnerGraph):
            yield from all_nodes(toposort(inner.outputs, inner.inputs))


def _promotion(node):
    if not isinstance(node.op, COMBINING) or getattr(node.op, "scalar_op", None) in CAST_ROWS:
        return None
    out = node.outputs[0]
    operands = node.inputs[1:] if isinstance(node.op, Join) else node.inputs
    if isinstance(node.op, Elemwise):
        operands = [x for k, x in enumerate(operands)
                    if k not in (*node.op.scalar_op.conditions, *node.op.scalar_op.unread)]
    given = tuple(x.type.dtype for x in operands)
    made = out.type.dtype
    if made == "bool" or not any(_grows(x, made) for x in operands):
        return None
    return Promotion(node, given, made, origin.describe(out))


def _grows(x, made):
    """Whether ``made`` is a wider dtype than that of an operand; a literal becomes what it meets."""
    return x.type.dtype != made and fixed_number(x) is None and can_cast(x.type.dtype, made)
