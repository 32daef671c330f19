"""Random streams in what is vectorized: all slices draw from one state, each what it would draw alone."""

from theano.graph import origin
from theano.graph.shared import default_updates
from theano.graph.walk import ancestors
from theano.inner.batch.core import batch_graph, padded, rule
from theano.inner.scan.loop import is_tensor
from theano.inner.scan.op import Scan
from theano.tensor.random.function import RandomFunction
from theano.tensor.random.mrg import mrg_uniform
from theano.tensor.type import TensorType

SCALED = {"normal": lambda unit, mean, deviation: mean + deviation * unit,
          "uniform": lambda unit, low, high: low + (high - low) * unit}


def is_state(after):
    """Whether a variable is the state of a random stream from which numbers were drawn."""
    if not is_tensor(after):
        return True
    node = after.owner
    if node is not None and isinstance(node.op, Scan):
        k = node.outputs.index(after)
        loop = node.op.loop(node.inputs)
        first = len(loop.carries)
        return first <= k < first + len(loop.states) and is_state(loop.states[k - first].after)
    return node is not None and isinstance(node.op, mrg_uniform) and after is node.outputs[0]


def refuse(state, why):
    """Raise the TypeError for a stream whose state would differ from slice to slice."""
    where = origin.describe(state)
    made = f", made at {where}" if where else ""
    raise TypeError(f"vectorize: all slices draw from one random stream, {state}{made}, but {why}. Draw the numbers of "
                    "all slices at once outside of the vectorized function, with a size that counts them, and give "
                    "them to it as an argument; or draw uniform or normal numbers of one size, and compute from these.")


@rule(RandomFunction)
def drawn(node, inputs, batched):
    """Numbers with parameters of their own: one sample, moved and scaled."""
    state, shape, *parameters = inputs
    if batched[0]:
        refuse(node.inputs[0], "there is a state for each slice")
    if batched[1]:
        refuse(node.inputs[0], "samples would differ in size")
    if node.op.fn not in SCALED or node.op.inplace:
        refuse(node.inputs[0], f"the parameters of {node.op} differ between slices")
    kind = node.op.outtype
    unit = RandomFunction(node.op.fn, TensorType("float64", kind.broadcastable))
    after, sample = unit(state, shape, 0.0, 1.0)
    return [after, SCALED[node.op.fn](padded(sample, False, kind.ndim), *(
        padded(p, b, kind.ndim) for p, b in zip(parameters, batched[2:], strict=True)))]


@rule(mrg_uniform)
def drawn_by_mrg(node, inputs, batched):
    """Nothing: the numbers have no parameters."""
    refuse(node.inputs[0], "there is a state for each slice" if batched[0] else "samples would differ in size")


def batch_with_streams(outputs, replace):
    """`batch_graph`, after which the random streams of ``outputs`` go on as in what it gives."""
    streams = default_updates(outputs)
    moving = [v for v, after in streams.items() if not replace.keys().isdisjoint(ancestors([after]))]
    made = batch_graph([*outputs, *(streams[v] for v in moving)], replace)
    for stream, after in zip(moving, made[len(outputs):], strict=True):
        if getattr(after.type, "ndim", 0) > getattr(stream.type, "ndim", 0):
            refuse(stream, "it would go on from another state after each of them")
        stream.default_update = stream.type.filter_variable(after)
    return made[:len(outputs)]
